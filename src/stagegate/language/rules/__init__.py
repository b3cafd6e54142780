"""The rules of the language: one tuple of all of them, in the order of their groups."""

from __future__ import annotations

from typing import Final

from stagegate.language.rules.base import Draft, Rule, Told, apply
from stagegate.language.rules.reading import CONDITIONS, NAMES, SHAPE, TEXT

__all__ = ["RULES", "Draft", "Rule", "Told", "apply", "rule"]

RULES: Final[tuple[Rule, ...]] = (*TEXT, *SHAPE, *NAMES, *CONDITIONS)


def rule(name: str) -> Rule | None:
    """The rule of this name, if there is one."""
    return next((found for found in RULES if found.name == name), None)
