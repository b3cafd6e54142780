"""Conditions that come out the same whatever the facts are."""

from __future__ import annotations

from types import MappingProxyType

from stagegate.conditions import Condition, FactsOnly

_NOTHING = FactsOnly(MappingProxyType({}))


def constant(condition: Condition | None) -> bool | None:
    """The value of a condition that is the same with nothing known; None where it depends on something."""
    if condition is None or condition.reads.outcomes:  # a count is always known, and is not constant
        return None
    value = condition.evaluate(_NOTHING)
    return value if isinstance(value, bool) else None
