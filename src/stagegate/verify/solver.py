"""Conditions over several facts, handed to z3 (extra `verify`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stagegate.conditions import Condition
from stagegate.model import Fact


def solutions(
    names: Sequence[str], conditions: Sequence[Condition], facts: Mapping[str, Fact]
) -> list[dict[str, Any]] | None:
    """Values for every way these conditions can come out; None where that cannot be said."""
    return None
