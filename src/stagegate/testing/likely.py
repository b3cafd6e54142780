"""The values of facts on which the conditions of a process turn: what they compare with, and what lies next to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from stagegate.conditions.syntax import Call, walk
from stagegate.conditions.syntax import Literal as Written
from stagegate.conditions.texts import BadText, to_duration, to_timestamp
from stagegate.engine.evidence import wrong_value

if TYPE_CHECKING:
    from stagegate.conditions import Condition
    from stagegate.engine.tables import Tables
    from stagegate.model import Definition, Fact

MOST: Final = 40  # of the values of one fact; more are no likelier than any other


def likely_values(tables: Tables) -> Mapping[str, tuple[Any, ...]]:
    """For each fact the values worth trying first: constants, their neighbours, bounds, and the values of enumerations.

    All of them are values that a case accepts.
    """
    written: dict[str, list[Any]] = {}
    for condition in conditions_of(tables.definition):
        for name in condition.reads.facts:
            written.setdefault(name, []).extend(constants(condition))
    return {fact.id: _values(fact, written.get(fact.id, ()), tables) for fact in tables.definition.facts}


def conditions_of(definition: Definition) -> Iterator[Condition]:
    """Every condition of a definition, those of its invariants too."""
    for stage in definition.stages():
        yield from _given(stage.applies_when)
        for item in stage.criteria():
            yield from _given(item.when, item.applies_when)
    for track in definition.tracks:
        for point in track.decision_points:
            yield from _given(*(outcome.when for outcome in point.outcomes))
        yield from _given(*(jump.when for jump in track.jumps), *(loop.when for loop in track.loops))
    yield from _given(*(end.when for end in definition.ends))
    yield from _given(*(invariant.condition for invariant in definition.invariants))


def _given(*conditions: Condition | None) -> Iterator[Condition]:
    return (condition for condition in conditions if condition is not None)


def constants(condition: Condition) -> Iterator[Any]:
    """The values written in a condition, as the facts they are compared with would be given."""
    for node in walk(condition.tree.root):
        if isinstance(node, Written):
            yield node.value
        elif isinstance(node, Call) and node.name in ("timestamp", "duration"):
            yield from _moment(node)


def _moment(node: Call) -> Iterator[datetime | timedelta]:
    for argument in node.arguments:
        if isinstance(argument, Written) and isinstance(argument.value, str):
            try:
                yield (to_timestamp if node.name == "timestamp" else to_duration)(argument.value)
            except (BadText, ValueError, OverflowError):  # a condition in a definition has none; one made by hand may
                continue


def _values(fact: Fact, written: Iterable[Any], tables: Tables) -> tuple[Any, ...]:
    """The likely values of one fact, each once, as far as a case takes them."""
    found: list[Any] = []
    for value in (*written, fact.minimum, fact.maximum, *ALWAYS.get(fact.type.kind, ()), *fact.type.values):
        found += _neighbours(fact, value)
    kept: list[Any] = []
    for value in found:
        if value is not None and value not in kept and wrong_value(fact, value, tables) is None:
            kept.append(value)
    return tuple(kept[:MOST])


ALWAYS: Final[Mapping[str, tuple[Any, ...]]] = {
    "boolean": (False, True),
    "integer": (0, 1),
    "number": (0.0, 1.0),
    "string": ("",),
    "list": ((),),
    "duration": (timedelta(0),),
}


def _neighbours(fact: Fact, value: Any) -> Iterator[Any]:
    """A value and those just beside it, as values of this fact; nothing where it is of another kind."""
    kind = fact.type.kind
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind == "integer" and number:
        yield from (int(value), int(value) + 1, int(value) - 1)
    elif kind == "number" and number:
        near = float(value)
        yield from (near, near + 1, near - 1, math.nextafter(near, math.inf), math.nextafter(near, -math.inf))
    elif (kind == "timestamp" and isinstance(value, datetime)) or (kind == "duration" and isinstance(value, timedelta)):
        yield from (value, value + timedelta(microseconds=1), value - timedelta(microseconds=1))
    elif kind == "list" and not isinstance(value, tuple):
        yield from ((value,), (value, value))
    elif kind == "string" and isinstance(value, str):
        yield from (value, f"{value}_")
    elif kind in ("boolean", "enum", "list"):
        yield value
