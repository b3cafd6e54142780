"""One case, carried from one version of its process to another by a plan.

The snapshot is told by names (decision 0011), so carrying it is renaming it: evidence, facts, documents, decisions, jumps, visits, rounds and clocks
go by their new names, what has none is listed as lost, and then the case settles in the new process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from stagegate.engine import plain, questions
from stagegate.engine.carry import carried
from stagegate.engine.commands import MIGRATE, Command
from stagegate.errors import SnapshotError
from stagegate.versions.telling import Telling

if TYPE_CHECKING:
    from datetime import datetime

    from stagegate.engine.events import Event
    from stagegate.engine.questions import Position
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.process import Process
    from stagegate.versions.naming import Loss
    from stagegate.versions.plan import Plan


@frozen
class Carried:
    """A case after it was carried over: its snapshot, the command for its journal, what followed, where it stood and stands, what is lost.

    `person` says why a person has to decide; then nothing else is there.
    """

    snapshot: Snapshot | None = field(default=None, repr=False)
    command: Command | None = field(default=None, repr=False)
    events: tuple[Event, ...] = field(default=(), repr=False)
    before: tuple[Position, ...] = ()
    after: tuple[Position, ...] = ()
    losses: tuple[Loss, ...] = ()
    person: str = ""

    @property
    def moved(self) -> bool:
        """Whether the case stands elsewhere than the plan's names say it stood."""
        return any(event.kind != "migrated" for event in self.events)


def carry(
    old: Process, new: Process, plan: Plan, case: str, snapshot: Snapshot, *, at: datetime, by: str = "", note: str = ""
) -> Carried:
    """Carries a case over. Raises `SnapshotError` where the plan does not fit the two versions."""
    if (old.flow, new.flow) != (plan.old.flow, plan.new.flow):
        raise SnapshotError(
            f"the plan leads from {plan.old.version} to {plan.new.version}, whose flows are others than those given"
        )
    before = positions(old.tables, snapshot)
    person = person_for(new, plan, case, before, snapshot.rest.ended)
    if person:
        return Carried(before=before, person=person)
    command = Command(
        MIGRATE, plan.new.version, max(at, snapshot.at), {"plan": plan.for_one(case).to_plain()}, by=by, note=note
    )
    return carried_by(old, new, plan, case, snapshot, command)


def carried_by(old: Process, new: Process, plan: Plan, case: str, snapshot: Snapshot, command: Command) -> Carried:
    """Carries a case over with the command that its journal tells."""
    before = positions(old.tables, snapshot)
    telling = Telling(old.tables, new.tables, plan, case, snapshot, command)
    renamed = plain.snapshot_of(new.tables, telling.snapshot())
    done = carried(new.tables, renamed, command, telling.landing)
    telling.compare(renamed, done.snapshot)
    return Carried(done.snapshot, command, done.events, before, positions(new.tables, done.snapshot), telling.losses)


def positions(tables: Tables, snapshot: Snapshot) -> tuple[Position, ...]:
    """Where a case stands on each track."""
    return tuple(questions.position(tables, snapshot, table.track.id) for table in tables.tracks)


def person_for(new: Process, plan: Plan, case: str, before: tuple[Position, ...], ended: str) -> str:
    """Why a person has to decide where this case goes on; "" when nobody needs to."""
    if ended:
        gone = not set(plan.new_names("ends", ended)) & new.tables.end_of.keys()
        return f"it has ended with `{ended}`, which the new version has not" if gone else ""
    here = next((p.stage for p in before if p.stage in plan.by_hand), "")
    return f"it stands in `{here}`" if here and case not in plan.decide else ""
