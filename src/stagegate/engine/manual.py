"""Putting a manual track in place: into a stage, out of it, and before what comes next (semantics 2)."""

from __future__ import annotations

from stagegate.engine.parts import NOWHERE, StageTable, TrackTable
from stagegate.engine.place import (
    COMPLETED,
    COMPLETED_PHASE,
    ENTERED,
    IN,
    Place,
)
from stagegate.engine.work import Work, is_end


def enter(work: Work, table: TrackTable, stage: int, trail: tuple[int, ...]) -> None:
    """Puts a manual track into a stage and tells it."""
    code = 3 * stage + ENTERED
    work.tell_crossing(table, code)
    work.put(table, Place(stage, IN, NOWHERE, (*trail, code)))


def finish_stage(work: Work, table: TrackTable, stage: StageTable) -> None:
    """Completes the stage a manual track is in, and arrives at what follows."""
    code = 3 * stage.index + COMPLETED
    trail = (*work.places[table.index].trail, code)
    work.tell_crossing(table, code)
    arrive(work, table, Place(stage.index, COMPLETED_PHASE, work.after_completion(table, stage), trail))


def arrive(work: Work, table: TrackTable, place: Place) -> None:
    """Puts a manual track before a node: stages that do not apply are passed over for good, an end ends."""
    node = place.pending
    while node >= 0:
        further = beyond(work, table, node)
        if further is None:
            break
        node = further
    work.put(table, Place(place.stage, place.phase, node, place.trail))
    if not table.primary:
        return
    if is_end(node):
        work.finish(work.tables.end_of[work.tables.name(table, node)])
    elif node == NOWHERE and place.phase == COMPLETED_PHASE and not table.track.cycle:
        work.finish(work.last_end())


def beyond(work: Work, table: TrackTable, node: int) -> int | None:
    """Where a manual track goes on at once from a node it has come to; None where it must stop."""
    if node >= table.first_decision:
        taken = work.memory(table).taken.get(node)
        return None if taken is None or table.decisions[node - table.first_decision].automatic else taken[1]
    stage = table.stages[node]
    if not work.passed_over(table, stage):
        return None
    work.own(table).skipped |= 1 << node
    return work.default_exit(table, stage)
