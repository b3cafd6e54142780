"""A case that comes over from another version of its process settles in this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.engine.back import land
from stagegate.engine.manual import arrive
from stagegate.engine.parts import NOWHERE
from stagegate.engine.place import COMPLETED_PHASE, Place
from stagegate.engine.results import Step
from stagegate.engine.step import settle
from stagegate.engine.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stagegate.engine.commands import Command
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables


def carried(tables: Tables, snapshot: Snapshot, command: Command, landing: Mapping[str, str]) -> Step:
    """What follows when a case, its snapshot already told in the names of these tables, goes on by them.

    `landing` puts it into a stage of a track, as a loop-back does, where the stage it stood in is no more. The first event is
    `migrated`; the others tell what moved by it.
    """
    work = Work(tables, snapshot, command)
    work.look()
    work.tell("migrated", command.subject)
    for track, stage in landing.items():
        table, target = tables.track_of[track], tables.stage_of[stage].index
        land(work, table, target, target - 1, ())
    for table in tables.tracks:
        place = work.places[table.index]
        waits = place.phase == COMPLETED_PHASE and place.pending == NOWHERE
        if table.manual and waits and not work.rest.ended:
            on = work.after_completion(table, table.stages[place.stage])
            arrive(work, table, Place(place.stage, place.phase, on, place.trail))
    settle(work)
    return Step(work.close(snapshot), tuple(work.events))
