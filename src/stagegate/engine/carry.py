"""A case that comes over from another version of its process settles in this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.engine.back import land
from stagegate.engine.casewide import expire_waivers
from stagegate.engine.manual import arrive, enter
from stagegate.engine.place import COMPLETED_PHASE, IN, LEFT_PHASE, Place
from stagegate.engine.results import Step
from stagegate.engine.step import settle
from stagegate.engine.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stagegate.engine.commands import Command
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables


def carried(tables: Tables, snapshot: Snapshot, command: Command, landing: Mapping[str, str]) -> Step:
    """What follows when a case, its snapshot already told in the names of these tables, goes on by them.

    `landing` puts it into a stage of a track, as a loop-back does, where the stage it stood in is no more. After the waivers that expire the first
    event is `migrated`; the others tell what moved by it.
    """
    work = Work(tables, snapshot, command)
    work.look()
    expire_waivers(work)
    work.tell("migrated", command.subject)
    for track, stage in landing.items():
        put_into(work, tables.track_of[track], tables.stage_of[stage].index)
    for table in tables.tracks:
        if (table.manual or (work.frozen and not table.observed)) and not work.rest.ended:
            wait(work, table)
    settle(work)
    return Step(work.close(snapshot), tuple(work.events))


def put_into(work: Work, table: TrackTable, target: int) -> None:
    """Puts a case into a stage, to stay there until its gate is open; the clock of the stage it stood in has run."""
    memory = work.own(table)
    memory.exits = {stage: way for stage, way in memory.exits.items() if stage != target}
    memory.marked &= ~(1 << target)
    memory.ticking = None
    land(work, table, target, target - 1, ())
    if work.frozen and not table.manual:  # nothing walks there by itself now
        enter(work, table, target, work.trails[table.index])
        work.trails[table.index] = work.places[table.index].trail


def wait(work: Work, table: TrackTable) -> None:
    """Lets a track that does not walk by itself wait before what follows now on its way, where that is something else than before."""
    place = work.places[table.index]
    if place.phase == IN:
        return
    on = work.memory(table).start
    if place.phase == LEFT_PHASE:
        on = work.memory(table).exits[place.stage][1]
    elif place.phase == COMPLETED_PHASE:
        on = work.after_completion(table, table.stages[place.stage])
    node: int | None = on
    while node is not None and node != place.pending and node >= 0:
        node = further(work, table, node)
    if node == place.pending:
        return
    if table.manual:
        arrive(work, table, Place(place.stage, place.phase, on, place.trail))
    else:
        work.put(table, Place(place.stage, place.phase, on, place.trail))


def further(work: Work, table: TrackTable, node: int) -> int | None:
    """Where the way goes on at once from a stage or decision point; None where a case waits."""
    if node < table.first_decision:
        stage = table.stages[node]
        return work.default_exit(table, stage) if work.passed_over(table, stage) else None
    taken = work.memory(table).taken.get(node)
    return None if taken is None else taken[1]
