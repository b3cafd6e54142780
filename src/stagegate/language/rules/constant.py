"""Conditions that come out the same whatever the facts are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stagegate.conditions import Condition


class _Nothing:
    """A scope in which nothing is known."""

    facts: Mapping[str, object] = MappingProxyType({})

    def met(self, criterion: str, /) -> bool | None:
        return None

    def stage(self, track: str, /) -> str | None:
        return None

    def reached(self, track: str, stage: str, /) -> bool | None:
        return None

    def taken(self, outcome: str, /) -> int:
        return 0

    def ended(self, end: str, /) -> bool:
        return False

    def waived(self, criterion: str, /) -> bool:
        return False


_NOTHING = _Nothing()


def constant(condition: Condition | None) -> bool | None:
    """The value of a condition that is the same with nothing known; None where it depends on something."""
    if condition is None or condition.reads.outcomes:  # a count is always known, and is not constant
        return None
    value = condition.evaluate(_NOTHING)
    return value if isinstance(value, bool) else None
