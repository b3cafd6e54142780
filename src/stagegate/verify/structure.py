"""What holds by the shape of a process alone, without a search: quick, however large the process is.

Where a case stands is found anew after every command, by walking from the start with the evidence there is. So whoever stands in a
stage of an automatic track has all that closed the stages completed on the way there. What is on *every* way to a
stage always holds when it is entered (semantics 2); waived criteria, jumps over a stage and landings in it are taken into account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from stagegate.engine.parts import NOWHERE

if TYPE_CHECKING:
    from stagegate.engine.parts import StageTable, TrackTable
    from stagegate.engine.tables import Tables
    from stagegate.model import Invariant


class Leg(NamedTuple):
    """One leg of a way: from a node to a node, and what is gained on it. A start is a leg from NOWHERE.

    What is gained are the criteria that close a stage, and beyond their bits that of its completion.
    """

    origin: int
    target: int
    gained: int


def holds_by_shape(tables: Tables, invariant: Invariant) -> bool:
    """Whether a `before` holds because its criteria are on every way to what is entered. False says nothing."""
    if invariant.kind != "before":
        return False
    wanted = 0
    for name in invariant.criteria:
        criterion = tables.criteria[tables.bit_of[name]]
        if criterion.applies_when is not None or criterion.waivable:
            return False  # it need not apply; or a waiver, also one that has expired, opens its gate
        wanted |= 1 << tables.bit_of[name]
    reopened = "reopen" not in invariant.without
    return all(not wanted & ~gained_before(tables, name, reopened) for name in invariant.entering)


def gained_before(tables: Tables, name: str, reopened: bool) -> int:
    """The criteria on every way to a stage or end; 0 where nothing can be said. `reopened` says whether cases may be."""
    stage = tables.stage_of.get(name)
    if stage is not None:
        table = tables.tracks[stage.track]
        if table.observed or table.manual:
            return 0
        landed_in = landings(tables, table, reopened) >> stage.index & 1
        own = 0 if landed_in else always_asked(tables, stage.entry)
        return own | on_every_way(tables, table, reopened).get(stage.index, 0)
    if tables.end_of[name].by_command or tables.primary is None or tables.primary.manual:
        return 0
    return gained_before_end(tables, tables.primary, name, reopened)


def gained_before_end(tables: Tables, table: TrackTable, end: str, reopened: bool) -> int:
    """What is gained on every way to an end of the track that ends the case, on its last stage too."""
    every = on_every_way(tables, table, reopened)
    found = -1
    for leg in legs(tables, table, reopened):
        last = leg.target == NOWHERE and not table.track.cycle
        if (last and end in finals(tables)) or (leg.target < NOWHERE and tables.name(table, leg.target) == end):
            found &= every.get(leg.origin, 0) | leg.gained
    return 0 if found == -1 else found


def finals(tables: Tables) -> set[str]:
    """The ends that a case may come to when nothing follows (R13)."""
    return {end.id for end in tables.ends if end.kind == "won" or end.id == "completed"}


def on_every_way(tables: Tables, table: TrackTable, reopened: bool) -> Mapping[int, int]:
    """For each node that can be come to: what is gained on every way there."""
    legs_from: dict[int, list[Leg]] = {}
    for leg in legs(tables, table, reopened):
        legs_from.setdefault(leg.origin, []).append(leg)
    found: dict[int, int] = {}
    waiting = [leg._replace(gained=0) for leg in legs_from.get(NOWHERE, ())]
    while waiting:
        leg = waiting.pop()
        if leg.target < 0:
            continue
        before = found.get(leg.target)
        now = leg.gained if before is None else before & leg.gained
        if now != before:
            found[leg.target] = now
            waiting += [
                Leg(leg.target, further.target, now | further.gained) for further in legs_from.get(leg.target, ())
            ]
    return found


def legs(tables: Tables, table: TrackTable, reopened: bool) -> Iterator[Leg]:
    """Every leg that a walk of a track may take, whatever was recorded: also those that a landing has bent to a stage before."""
    plain = list(plain_legs(tables, table))
    yield from plain
    landable = landings(tables, table, reopened)
    for leg in plain:
        start = -1 if leg.origin == NOWHERE else tables.place_index(table, leg.origin)
        end = len(table.stages) if leg.target < 0 else tables.place_index(table, leg.target)
        if 0 <= leg.target >= table.first_decision:
            end += 1
        for index in range(start + 1, end):
            if landable >> index & 1:
                yield Leg(leg.origin, index, leg.gained)


def plain_legs(tables: Tables, table: TrackTable) -> Iterator[Leg]:
    """The legs as they are declared."""
    for index in {*table.starts, 0, *round_starts(table)}:
        yield Leg(NOWHERE, index, 0)
    for stage in table.stages:
        gained = closing(tables, stage) | completion(tables, stage)
        default = stage.decision.node if stage.decision is not None else stage.next
        if stage.stage.completes:
            yield Leg(stage.index, tables.node(table, stage.stage.completes), gained)
        yield Leg(stage.index, default, gained)
        if stage.stage.optional or stage.stage.applies_when is not None:
            yield Leg(stage.index, default, 0)
        for jump in table.track.jumps:
            if stage.stage.id in jump.origins:
                for target in [tables.node(table, jump.to)] if jump.to else later(tables, table, stage.index):
                    yield Leg(stage.index, target, 0)
    for decision in table.decisions:
        for outcome in decision.outcomes:
            if outcome.outcome.kind in ("advance", "jump", "end"):
                yield Leg(decision.node, outcome.target, 0)


def round_starts(table: TrackTable) -> set[int]:
    """The stages at which a new round may begin."""
    found = {table.round_start} if table.track.cycle else set[int]()
    return found | {o.target for d in table.decisions for o in d.outcomes if o.outcome.kind == "new_round"}


def later(tables: Tables, table: TrackTable, index: int) -> Iterator[int]:
    """The nodes that a jump to any later place may lead to."""
    yield from (stage.index for stage in table.stages if stage.index > index)
    yield from (decision.node for decision in table.decisions if decision.place >= index)


def closing(tables: Tables, stage: StageTable) -> int:
    """The criteria that are all met or waived, or lapsed, when a stage is completed: both its gates."""
    return always_asked(tables, stage.entry | (0 if stage.marked else stage.exit))


def completion(tables: Tables, stage: StageTable) -> int:
    """The bit that says of a way of its track that it completes the stage."""
    return 1 << (len(tables.criteria) + stage.index)


def always_asked(tables: Tables, mask: int) -> int:
    """Those of some criteria that always apply."""
    return sum(1 << i for i, c in enumerate(tables.criteria) if mask >> i & 1 and c.applies_when is None)


def landings(tables: Tables, table: TrackTable, reopened: bool) -> int:
    """The stages in which a case may land: targets of loops, outcomes that lead back, and of reopening."""
    if table.primary and reopened:
        return (1 << len(table.stages)) - 1
    found = 0
    for owner, loop in tables.loop_of.values():
        if owner is table:
            found |= 1 << tables.stage_of[loop.to].index
    for decision in table.decisions:
        for outcome in decision.outcomes:
            if outcome.outcome.kind in ("loop_back", "repeat", "new_round"):
                found |= 1 << outcome.target
    return found
