"""The rules of the language: one tuple of all of them, in the order of their groups."""

from __future__ import annotations

from typing import Final

from stagegate.language.rules import circular, domain, flow, titles, use
from stagegate.language.rules.base import Draft, Rule, Told, apply
from stagegate.language.rules.reading import CONDITIONS, NAMES, SHAPE, TEXT

__all__ = ["RULES", "Draft", "Rule", "Told", "apply", "rule"]

_ALL = (*TEXT, *SHAPE, *NAMES, *CONDITIONS, *use.RULES, *circular.RULES, *flow.RULES, *domain.RULES, *titles.RULES)
_GROUPS = ("text", "shape", "names", "conditions", "flow", "domain")

RULES: Final[tuple[Rule, ...]] = tuple(sorted(_ALL, key=lambda rule: _GROUPS.index(rule.group)))


def rule(name: str) -> Rule | None:
    """The rule of this name, if there is one."""
    return next((found for found in RULES if found.name == name), None)
