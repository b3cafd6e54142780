"""Moments that no way leads to, by the shape of a process alone: a stage is not completed, though every way to here completes it.

Such moments are what an invariant with `completed(...)` forbids: that the case has ended with x, stands in a stage or has reached it,
while a stage before is not completed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from stagegate.conditions.syntax import Binary, Call, Expr, Literal, Logical, Unary
from stagegate.verify.structure import completion, gained_before_end, on_every_way

if TYPE_CHECKING:
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.tables import Tables
    from stagegate.model import Invariant

MOST_ALTERNATIVES: Final = 64


class Said(NamedTuple):
    """A part of a condition, and whether it is said to be so."""

    part: Expr
    true: bool


Moment = tuple[Said, ...]  # what is said of it


def no_way_there(tables: Tables, invariant: Invariant) -> bool:
    """Whether no way leads to what a `never` or `always` forbids. False says nothing."""
    if invariant.condition is None or invariant.kind not in ("never", "always"):
        return False
    if not invariant.condition.reads.completed:
        return False
    forbidden = alternatives(invariant.condition.tree.root, invariant.kind == "never")
    return forbidden is not None and all(is_impossible(tables, invariant, moment) for moment in forbidden)


def alternatives(part: Expr, true: bool) -> list[Moment] | None:
    """The moments at which a part of a condition is so, each by all that must be said of it; None for too many."""
    if isinstance(part, Unary) and part.op == "!":
        return alternatives(part.operand, not true)
    if not isinstance(part, Logical):
        return [(Said(part, true),)]
    found: list[Moment] = []
    inner = [alternatives(operand, true) for operand in part.operands]
    if (part.op == "&&") is not true:
        for each in inner:
            if each is None:
                return None
            found += each
        return found if len(found) <= MOST_ALTERNATIVES else None
    found = [()]
    for each in inner:
        if each is None or len(found) * len(each) > MOST_ALTERNATIVES:
            return None
        found = [(*one, *other) for one, other in product(found, each)]
    return found


def is_impossible(tables: Tables, invariant: Invariant, moment: Moment) -> bool:
    """Whether something is said not to be completed that stands on every way to where the moment says the case is."""
    for name in not_completed(moment):
        stage = tables.stage_of[name]
        table = tables.tracks[stage.track]
        wanted = completion(tables, stage)
        inside = [tables.stage_of[each] for each in invariant.inside]
        if inside and all(s.track == table.index for s in inside):
            every = on_every_way(tables, table, "reopen" not in invariant.without)
            if all(every.get(s.index, 0) & wanted for s in inside):
                return True
        if any(said.true and leads_by(tables, invariant, table, said.part, wanted) for said in moment):
            return True
    return False


def not_completed(moment: Moment) -> Iterator[str]:
    """The stages that are said not to be completed."""
    for said in moment:
        if not said.true and isinstance(said.part, Call) and said.part.name == "completed":
            yield ids(said.part)[1]


def leads_by(tables: Tables, invariant: Invariant, table: TrackTable, part: Expr, wanted: int) -> bool:
    """Whether every way of a track to what is said here comes by the completion that is wanted."""
    reopened = "reopen" not in invariant.without
    if isinstance(part, Call) and part.name == "ended":
        (end,) = ids(part)
        if not table.primary or tables.end_of[end].by_command:
            return False
        return bool(gained_before_end(tables, table, end, reopened) & wanted)
    stages = standing(tables, part)
    if not stages or tables.stage_of[stages[0]].track != table.index:
        return False
    every = on_every_way(tables, table, reopened)
    indexes = [tables.stage_of[name].index for name in stages]
    return all(every[index] & wanted for index in indexes if index in every)


def standing(tables: Tables, part: Expr) -> list[str]:
    """The stages one of which is said to be the current one; none where nothing of the kind is said."""
    if isinstance(part, Call) and part.name == "reached":
        track, first = ids(part)
        stages = tables.track_of[track].stages
        return [stage.stage.id for stage in stages[tables.stage_of[first].index :]]
    if isinstance(part, Binary) and part.op == "==":
        for call, name in ((part.left, part.right), (part.right, part.left)):
            if isinstance(call, Call) and call.name == "stage" and isinstance(name, Literal) and name.value:
                return [str(name.value)]
    return []


def ids(call: Call) -> tuple[str, ...]:
    """The ids that a function of the process is asked with."""
    return tuple(str(argument.value) for argument in call.arguments if isinstance(argument, Literal))
