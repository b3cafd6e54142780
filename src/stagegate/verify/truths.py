"""Conditions that can never hold, or always do, within the declared types and ranges of their facts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stagegate.conditions import FactsOnly, Unknown
from stagegate.conditions.syntax import Binary, Logical
from stagegate.verify.answers import Answer
from stagegate.verify.facts import clusters
from stagegate.verify.focus import counts_to_try, why_uncounted

if TYPE_CHECKING:
    from stagegate.conditions import Condition
    from stagegate.engine.tables import Tables
    from stagegate.model import Definition

MOST_TRIED: Final = 20_000


class Asked(NamedTuple):
    """A condition, whose it is, and the key of its place in `Definition.where`."""

    name: str
    where: str
    condition: Condition


def conditions_of(definition: Definition) -> Iterator[Asked]:
    """The conditions that read facts: `x` is the `when` of x, `x.applies_when` says itself; outcomes are `d.o`."""
    for name, where, condition in _conditions(definition):
        if condition is not None and condition.reads.facts:
            yield Asked(name, where, condition)


def _conditions(definition: Definition) -> Iterator[tuple[str, str, Condition | None]]:
    for stage in definition.stages():
        yield f"{stage.id}.applies_when", f"stage:{stage.id}", stage.applies_when
        for criterion in stage.criteria():
            yield criterion.id, f"criterion:{criterion.id}", criterion.when
            yield f"{criterion.id}.applies_when", f"criterion:{criterion.id}", criterion.applies_when
    for track in definition.tracks:
        for point in track.decision_points:
            for outcome in point.outcomes:
                yield f"{point.id}.{outcome.id}", f"outcome:{point.id}.{outcome.id}", outcome.when
        for jump in track.jumps:
            yield jump.id, f"jump:{jump.id}", jump.when
        for loop in track.loops:
            yield loop.id, f"loop:{loop.id}", loop.when
    for end in definition.ends:
        yield end.id, f"end:{end.id}", end.when


def says_more(asked: Asked) -> bool:
    """Whether a condition is more than comparisons that must all hold: `discount >= 0` may only ask whether it is given."""
    root = asked.condition.tree.root
    parts = root.operands if isinstance(root, Logical) and root.op == "&&" else (root,)
    return not all(isinstance(part, Binary) for part in parts)


def can_come_out(tables: Tables, asked: Asked, wanted: bool) -> Answer:
    """Whether a condition can be true (`can_hold`), or can be false once its facts are given (`can_fail`).

    What it asks of the process itself, such as `met('x')`, is left unknown: only what is decided by facts alone is told.
    """
    kind = "can_hold" if wanted else "can_fail"
    groups = clusters([asked.condition], tables.fact_of)
    where = tables.definition.place_of(asked.where)
    times = counts_to_try(asked.condition) if asked.condition.reads.outcomes else (0,)
    for chosen, taken in islice(product(product(*(c.choices for c in groups)), times), MOST_TRIED):
        facts = {name: value for values in chosen for name, value in values.items() if value is not None}
        value = asked.condition.evaluate(FactsOnly(facts, taken))
        if value is wanted or (
            isinstance(value, Unknown) and not value.facts
        ):  # no fact is lacking: the process decides
            return Answer(kind, asked.name, "proved", given_as(facts), where=where)
    why = next((c.why for c in groups if c.why), "") or why_uncounted([asked.condition])
    if why:
        return Answer(kind, asked.name, "undecided", f"no such values were found, but {why}", where=where)
    never = "is never true, whatever its facts are" if wanted else "is always true once its facts are given"
    return Answer(kind, asked.name, "broken", f"`{asked.condition.text}` {never}", where=where)


def given_as(facts: dict[str, Any]) -> str:
    """The witness: with these facts."""
    told = ", ".join(f"{name} = {value}" for name, value in sorted(facts.items()))
    return f"with {told}" if told else ""
