"""Whether an invariant is broken at a moment, or by what happened on the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.conditions import Unknown
from stagegate.engine.back import trail_before
from stagegate.engine.commands import Command
from stagegate.engine.marks import passed_marks, status_of
from stagegate.engine.parts import NOWHERE
from stagegate.engine.place import CROSSINGS, ENTERED, Place
from stagegate.engine.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stagegate.engine.events import Event
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.model import Invariant
    from stagegate.verify.moves import Done

BACKWARD = ("looped_back", "repeated", "new_round")


def opened(tables: Tables, snapshot: Snapshot) -> Work:
    """A snapshot as a scope that conditions are evaluated in."""
    work = Work(tables, snapshot, Command("tick", "", snapshot.at))
    work.look()
    return work


class Holds:
    """Looks for a moment at which a condition is true (`never`, `possible`) or not true (`always`)."""

    def __init__(self, tables: Tables, invariant: Invariant) -> None:
        self.tables = tables
        self.invariant = invariant
        self.stages = [tables.stage_of[name] for name in invariant.inside]
        self.wanted = invariant.kind != "always"

    def happened(self, done: Done) -> str:
        """Commands show nothing: only moments count."""
        return ""

    def stands(self, snapshot: Snapshot) -> str:
        """What a moment shows."""
        condition = self.invariant.condition
        if condition is None or not self._inside(snapshot):
            return ""
        value = condition.evaluate(opened(self.tables, snapshot))
        if (value is True) is not self.wanted:
            return ""
        if isinstance(value, Unknown):
            lacks = ", ".join((*sorted(value.facts), *value.causes))
            return f"`{condition.text}` is unknown here (lacks {lacks})"
        return f"`{condition.text}` is {'true' if value else 'false'} here"

    def _inside(self, snapshot: Snapshot) -> bool:
        if not self.stages:
            return True
        for stage in self.stages:
            table = self.tables.tracks[stage.track]
            here = snapshot.rest.tracks[table.index].stage if table.observed else snapshot.places[table.index].stage
            if here == stage.index:
                return True
        return False


class Enters:
    """Looks for a stage or end that is entered while a criterion does not hold (`before`)."""

    def __init__(self, tables: Tables, invariant: Invariant) -> None:
        self.tables = tables
        self.invariant = invariant
        self.targets = frozenset(invariant.entering)
        self.reads_tracks = any(reads_tracks(tables, criterion) for criterion in invariant.criteria)

    def stands(self, snapshot: Snapshot) -> str:
        """Moments show nothing: only what is entered counts."""
        return ""

    def happened(self, done: Done) -> str:
        """What the events of a command show."""
        for number, event in enumerate(done.step.events):
            if event.kind in ("entered", "ended", "observed") and event.subject in self.targets:
                work = self._then(done, number)
                marks = passed_marks(work)
                for criterion in self.invariant.criteria:
                    status = status_of(work, self.tables.bit_of[criterion], *marks)
                    if status != "met" and not (self.invariant.or_waived and status == "waived"):
                        return f"`{event.subject}` is {event.kind} while `{criterion}` is {status}"
        return ""

    def _then(self, done: Done, number: int) -> Work:
        """The case as it was when an event happened: before an automatic decision led back, with the positions of then."""
        after = done.step.snapshot
        led_back = any(event.kind in BACKWARD for event in done.step.events[number + 1 :])
        work = opened(self.tables, done.before if led_back else after)
        if led_back:
            self._bring(work, done)
        if self.reads_tracks:
            self._place(work, done, number)
        return work

    def _bring(self, work: Work, done: Done) -> None:
        """Brings into a case what its command brought, and nothing that followed from it."""
        command, after = done.command, done.step.snapshot.rest
        work.rest.facts = after.facts
        work.rest.documents, work.rest.attached = after.documents, after.attached
        if command.kind == "meet":
            bit = 1 << self.tables.bit_of[command.subject]
            work.done |= bit
            work.rest.stale &= ~bit
        elif command.kind == "set_facts":
            for name, value in command.args["facts"].items():
                if value is not None:
                    work.rest.stale &= ~self.tables.readers.get(name, 0)
        elif command.kind == "waive":
            work.rest.waived |= 1 << self.tables.bit_of[command.subject]
        elif command.kind == "retract":
            bit = 1 << self.tables.bit_of[command.subject]
            work.done &= ~bit
            work.rest.waived &= ~bit
        work.look()

    def _place(self, work: Work, done: Done, number: int) -> None:
        """Puts the tracks where they stood at an event; a stage that is entered is the current one."""
        here = [place.stage for place in done.before.places]
        trails = [trail_then(done, table, number) for table in self.tables.tracks]
        for event in done.step.events[: number + 1]:
            table = self.tables.track_of.get(track_of(event))
            if table is None or table.observed:
                continue
            if event.kind == "entered" or (event.kind == "moved_back" and event.subject):
                here[table.index] = self.tables.stage_of[event.subject].index
            elif event.kind in ("moved_back", "new_round"):
                here[table.index] = -1
        stands = zip(here, work.places, trails, strict=True)
        work.places = [Place(stage, p.phase, p.pending, trail) for stage, p, trail in stands]
        work.look()


def track_of(event: Event) -> str:
    """The track that an event is about, "" where it is about none."""
    return str(event.data.get("track", event.subject if event.kind == "new_round" else ""))


def trail_then(done: Done, table: TrackTable, number: int) -> tuple[int, ...]:
    """The trail of a track as it was at an event of a command."""
    events = done.step.events
    own = [n for n, event in enumerate(events) if track_of(event) == table.track.id]
    if not own or own[0] > number:
        return done.before.places[table.index].trail
    if own[-1] <= number:
        return done.step.snapshot.places[table.index].trail
    return told_trail(done.before.places[table.index].trail, table, (events[n] for n in own if n <= number))


def told_trail(trail: tuple[int, ...], table: TrackTable, events: Iterable[Event]) -> tuple[int, ...]:
    """A trail after the events that tell how a track went on."""
    index_of = {stage.stage.id: stage.index for stage in table.stages}
    for event in events:
        if event.kind in CROSSINGS:
            index, crossing = index_of[event.subject], CROSSINGS.index(event.kind)
            entered = () if crossing == ENTERED else (3 * index + ENTERED,)
            trail = (*trail_before(trail, index), *entered, 3 * index + crossing)
        elif event.kind == "moved_back":
            trail = trail_before(trail, index_of.get(event.subject, NOWHERE) + 1)
        elif event.kind == "new_round":
            trail = ()
    return trail


def reads_tracks(tables: Tables, criterion: str) -> bool:
    """Whether a criterion depends on where tracks stand, through others too."""
    waiting, seen = [criterion], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = tables.criteria[tables.bit_of[name]]
        waiting += [found.of] if found.of else []
        for condition in (found.when, found.applies_when):
            if condition is not None:
                if condition.reads.tracks:
                    return True
                waiting += condition.reads.criteria
    return False


class Arrives:
    """Tells the commands that come by one of some stages or ends (`from_everywhere`)."""

    def __init__(self, tables: Tables, targets: frozenset[str]) -> None:
        self.tables = tables
        self.targets = targets

    def at(self, done: Done) -> bool:
        """Whether a command comes by a target."""
        if done.command.kind == "reopen":
            return False
        events = done.step.events
        return any(e.kind in ("entered", "ended", "observed") and e.subject in self.targets for e in events)

    def is_at(self, snapshot: Snapshot) -> bool:
        """Whether a case stands at a target now."""
        for name in self.targets:
            stage = self.tables.stage_of.get(name)
            if stage is not None:
                table = self.tables.tracks[stage.track]
                here = snapshot.rest.tracks[table.index].stage if table.observed else snapshot.places[table.index].stage
                if here == stage.index:
                    return True
        return False
