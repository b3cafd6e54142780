"""What one can ask of a case: position, statuses, what is missing, chance, gap, debts, what is due.

Every question is a function of tables and snapshot, and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stagegate.conditions import Unknown
from stagegate.engine import casewide
from stagegate.engine.commands import Command
from stagegate.engine.marks import Status, passed_marks, status_of
from stagegate.engine.names import known
from stagegate.engine.parts import NOWHERE, DecisionTable, StageTable, TrackTable
from stagegate.engine.place import COMPLETED, COMPLETED_PHASE, ENTERED, IN, LEFT_PHASE, NOT_STARTED_PHASE, PHASES, Place
from stagegate.engine.reasons import bits, lacks, where_criterion
from stagegate.engine.work import Work, is_end

if TYPE_CHECKING:
    from datetime import datetime

    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.model import Criterion

LOST: Final = frozenset({"lost", "terminated", "given_up"})


class Position:
    """Where a case stands on one track (R14, R15).

    `phase` is not_started, in_progress, completed or left; `stage` the current stage ("" before the
    first), `pending` the stage, decision point or end that comes next ("" when in progress).
    """

    __slots__ = ("pending", "phase", "round", "stage", "track", "visit")

    def __init__(self, track: str, stage: str, phase: str, pending: str, visit: int, round: int) -> None:
        self.track: Final = track
        self.stage: Final = stage
        self.phase: Final = phase
        self.pending: Final = pending
        self.visit: Final = visit
        self.round: Final = round

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Position):
            return NotImplemented
        return all(getattr(self, n) == getattr(other, n) for n in Position.__slots__)

    def __hash__(self) -> int:
        return hash((self.track, self.stage, self.phase, self.pending, self.visit, self.round))

    def __str__(self) -> str:
        words = {"not_started": "not started", "in_progress": "in progress"}.get(self.phase, self.phase)
        where = f"{self.stage}, {words}" if self.stage else words
        return f"{self.track}: {where}" + (f"; pending {self.pending}" if self.pending else "")

    def __repr__(self) -> str:
        return f"Position({str(self)!r})"


class Item:
    """A criterion of a case: what it is, its status, what it lacks, and where the file demands it."""

    __slots__ = ("criterion", "lacking", "status", "where")

    def __init__(self, criterion: Criterion, status: Status, lacking: tuple[str, ...], where: str) -> None:
        self.criterion: Final = criterion
        self.status: Final = status
        self.lacking: Final = lacking
        self.where: Final = where

    @property
    def id(self) -> str:
        """The criterion's id."""
        return self.criterion.id

    def __repr__(self) -> str:
        return f"Item({self.criterion.id!r}, {self.status!r})"


def viewing(tables: Tables, snapshot: Snapshot) -> Work:
    """A `Work` to look with; nothing it does reaches the snapshot."""
    work = Work(tables, snapshot, Command("tick", "", snapshot.at))
    work.look()
    return work


# -- position -----------------------------------------------------------------------------------------


def position(tables: Tables, snapshot: Snapshot, track: str) -> Position:
    """Where the case stands on a track; raises `UnknownNameError`."""
    known("track", track, tables.track_of)
    table = tables.track_of[track]
    memory = snapshot.rest.tracks[table.index]
    if table.observed:
        stage, phase = memory.stage, PHASES[IN if memory.stage >= 0 else NOT_STARTED_PHASE]
        return Position(track, tables.name(table, stage) if stage >= 0 else "", phase, "", 1, 1)
    place = snapshot.places[table.index]
    pending = place.pending
    if snapshot.rest.ended and table.primary and is_end(pending):
        pending = NOWHERE
    visit = memory.visits.get(place.stage, 0) + 1
    stage_name = tables.name(table, place.stage) if place.stage >= 0 else ""
    return Position(track, stage_name, PHASES[place.phase], tables.name(table, pending), visit, memory.round)


def stage_states(tables: Tables, snapshot: Snapshot, track: str) -> dict[str, str]:
    """Each stage of a track: completed, current, left, skipped or ahead; passed for an observed track.

    Raises `UnknownNameError`.
    """
    known("track", track, tables.track_of)
    table = tables.track_of[track]
    place = snapshot.places[table.index]
    current = snapshot.rest.tracks[table.index].stage if table.observed else place.stage
    return {s.stage.id: stage_state(table, place, s.index, current) for s in table.stages}


def stage_state(table: TrackTable, place: Place, index: int, current: int) -> str:
    """The state of one stage."""
    if index == current:
        return "completed" if not table.observed and place.phase == COMPLETED_PHASE else "current"
    if index > current:
        return "ahead"
    if table.observed:
        return "passed"
    if 3 * index + COMPLETED in place.trail:
        return "completed"
    return "left" if 3 * index + ENTERED in place.trail else "skipped"


def decision_states(tables: Tables, snapshot: Snapshot, track: str) -> dict[str, str]:
    """Each decision point of a track: taken, asked, skipped (passed over by a jump) or ahead (R34).

    Raises `UnknownNameError`.
    """
    known("track", track, tables.track_of)
    table = tables.track_of[track]
    place, memory = snapshot.places[table.index], snapshot.rest.tracks[table.index]

    def state(decision: DecisionTable) -> str:
        if decision.node in memory.taken:
            return "taken"
        here = decision.place == place.stage
        if place.pending == decision.node or (
            here and place.phase == IN and decision.after == place.stage and table.stages[place.stage].marked
        ):
            return "asked"
        passed = decision.place < place.stage or (here and place.phase == LEFT_PHASE)
        return "skipped" if passed else "ahead"

    return {d.id: state(d) for d in table.decisions}


# -- criteria -----------------------------------------------------------------------------------------


def statuses(tables: Tables, snapshot: Snapshot) -> dict[str, Status]:
    """The status of every criterion, condition and appraisal item (semantics 1)."""
    work = viewing(tables, snapshot)
    owed, skipped = passed_marks(work)
    return {c.id: status_of(work, i, owed, skipped) for i, c in enumerate(tables.criteria)}


def items(work: Work, mask: int) -> tuple[Item, ...]:
    """The criteria of a mask, with their statuses."""
    owed, skipped = passed_marks(work)
    tables = work.tables
    return tuple(
        Item(tables.criteria[i], status_of(work, i, owed, skipped), lacks(work, i), where_criterion(tables, i))
        for i in bits(mask)
    )


def missing(tables: Tables, snapshot: Snapshot, track: str = "") -> tuple[Item, ...]:
    """Every criterion that closes the gate in front of the case, of one track or of all (R8)."""
    if track:
        known("track", track, tables.track_of)
    work = viewing(tables, snapshot)
    if snapshot.rest.ended:
        return ()
    mask = 0
    for table in tables.tracks:
        if not table.observed and track in ("", table.track.id):
            mask |= gate_in_front(work, table)
    return items(work, mask & ~work.passes)


def gate_in_front(work: Work, table: TrackTable) -> int:
    """The criteria of the next gate: the pending milestone, or the exit of the current stage."""
    place = work.places[table.index]
    if 0 <= place.pending < table.first_decision:
        return table.stages[place.pending].entry
    if place.phase != IN:
        return 0
    stage = table.stages[place.stage]
    landed = work.memory(table).landed >> place.stage & 1
    return stage.exit | (stage.entry if landed else 0)


def debts(tables: Tables, snapshot: Snapshot) -> tuple[Item, ...]:
    """What was passed over as owed and is neither met nor waived (R34)."""
    work = viewing(tables, snapshot)
    owed, _ = passed_marks(work)
    return items(work, owed & ~work.met_mask & ~work.rest.waived)


def early(tables: Tables, snapshot: Snapshot) -> tuple[Item, ...]:
    """Met criteria of stages that lie ahead (R12, R16)."""
    work = viewing(tables, snapshot)
    mask = 0
    for table in tables.tracks:
        if table.observed:
            continue
        place = work.places[table.index]
        for stage in table.stages[place.stage + 1 :]:
            mask |= stage.gates
            if stage.index == place.pending:
                for criterion in stage.stage.entry_milestone:
                    mask &= ~(1 << tables.bit_of[criterion.id])
    return items(work, mask & work.met_mask)


def broken_behind(tables: Tables, snapshot: Snapshot) -> tuple[Item, ...]:
    """Criteria of gates a manual track has crossed that do not hold any more (semantics 2)."""
    work = viewing(tables, snapshot)
    mask = 0
    for table in tables.tracks:
        if not table.manual:
            continue
        landed = work.memory(table).landed
        for code in work.places[table.index].trail:
            stage = table.stages[code // 3]
            if code % 3 == ENTERED and not landed >> stage.index & 1:
                mask |= stage.entry
            if code % 3 == COMPLETED:
                mask |= stage.exit | (stage.entry if landed >> stage.index & 1 else 0)
    return items(work, mask & ~work.passes)


def open_conditions(tables: Tables, snapshot: Snapshot, stage: str) -> tuple[Item, ...]:
    """The stage conditions that are not met (R45, R46)."""
    known("stage", stage, tables.stage_of)
    work = viewing(tables, snapshot)
    mask = 0
    for id in work.open_conditions(tables.stage_of[stage]):
        mask |= 1 << tables.bit_of[id]
    return items(work, mask)


# -- figures ------------------------------------------------------------------------------------------


def chance(tables: Tables, snapshot: Snapshot) -> float | None:
    """The chance of winning, from 0 to 1; None where the process gives none (R19 to R23)."""
    rest = snapshot.rest
    if rest.won:
        return 1.0
    if rest.ended:
        return 0.0 if tables.end_of[rest.ended].kind in LOST else None
    table = tables.primary
    if table is None or snapshot.places[table.index].stage < 0:
        return None
    place = snapshot.places[table.index]
    stage = table.stages[place.stage]
    figures = stage.stage.chance
    if figures is None:
        return None
    done = place.phase == COMPLETED_PHASE or (place.phase == LEFT_PHASE and exit_holds(tables, snapshot, table, stage))
    return figures.completed if done else figures.reached


def exit_holds(tables: Tables, snapshot: Snapshot, table: TrackTable, stage: StageTable) -> bool:
    """Whether a stage left by a jump would count as completed."""
    if not stage.marked:
        return not stage.exit & ~viewing(tables, snapshot).passes
    memory = snapshot.rest.tracks[table.index]
    decided = stage.decision is not None and stage.decision.node in memory.taken
    return bool(memory.marked >> stage.index & 1) or decided


def credit(tables: Tables, snapshot: Snapshot) -> tuple[float, float, tuple[str, ...]]:
    """Appraisal: the weights earned, the weights there are, and the items no document can prove (R50, R51)."""
    work = viewing(tables, snapshot)
    earned = total = 0.0
    unprovable = []
    for i, criterion in enumerate(tables.criteria):
        if criterion.kind != "appraisal":
            continue
        total += criterion.weight
        of = tables.appraised.get(i)
        if not criterion.evidence and (of is None or not tables.criteria[of].evidence):
            unprovable.append(criterion.id)
        elif work.met_mask >> i & 1:
            earned += criterion.weight
    return earned, total, tuple(unprovable)


def next_due(tables: Tables, snapshot: Snapshot) -> datetime | None:
    """The earliest time at which a tick would report something (semantics 12)."""
    return casewide.next_due(tables, snapshot.rest, [p.stage for p in snapshot.places], snapshot.at)


def facts_lacking(work: Work, i: int) -> set[str]:
    """The facts an unknown criterion lacks."""
    when = work.tables.criteria[i].when
    value = None if when is None else when.evaluate(work)
    return set(value.facts) if isinstance(value, Unknown) else set()
