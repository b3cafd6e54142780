"""Whether an invariant is broken at a moment, or by what happened on the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.conditions import Unknown
from stagegate.engine.commands import Command
from stagegate.engine.marks import passed_marks, status_of
from stagegate.engine.work import Work, met_mask

if TYPE_CHECKING:
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

    def stands(self, snapshot: Snapshot) -> str:
        """Moments show nothing: only what is entered counts."""
        return ""

    def happened(self, done: Done) -> str:
        """What the events of a command show."""
        for number, event in enumerate(done.step.events):
            if event.kind in ("entered", "ended", "observed") and event.subject in self.targets:
                later = any(e.kind in BACKWARD for e in done.step.events[number + 1 :])
                for criterion in self.invariant.criteria:
                    status = (
                        self._status_then(done, criterion) if later else self._status(done.step.snapshot, criterion)
                    )
                    if status != "met" and not (self.invariant.or_waived and status == "waived"):
                        return f"`{event.subject}` is {event.kind} while `{criterion}` is {status}"
        return ""

    def _status(self, snapshot: Snapshot, criterion: str) -> str:
        work = opened(self.tables, snapshot)
        return status_of(work, self.tables.bit_of[criterion], *passed_marks(work))

    def _status_then(self, done: Done, criterion: str) -> str:
        """The status before an automatic decision led back: what was there, with what the command brought."""
        i = self.tables.bit_of[criterion]
        work = opened(self.tables, done.before)
        after = done.step.snapshot.rest
        work.rest.facts = after.facts
        work.rest.documents, work.rest.attached = after.documents, after.attached
        if done.command.kind == "meet":
            work.done |= 1 << self.tables.bit_of[done.command.subject]
            work.rest.stale &= ~(1 << self.tables.bit_of[done.command.subject])
        elif done.command.kind == "set_facts":
            for name, value in done.command.args["facts"].items():
                if value is not None:
                    work.rest.stale &= ~self.tables.readers.get(name, 0)
        elif done.command.kind == "waive" and done.command.subject == criterion:
            work.rest.waived |= 1 << i
        work.look()
        if met_mask(self.tables, work.done, work.rest) >> i & 1:
            return "met"
        return "waived" if work.rest.waived >> i & 1 else "unmet"


class Arrives:
    """Tells the commands that come by one of some stages or ends (`from_everywhere`)."""

    def __init__(self, tables: Tables, targets: frozenset[str]) -> None:
        self.tables = tables
        self.targets = targets

    def stands(self, snapshot: Snapshot) -> str:
        """Nothing is found: the search goes on through every state."""
        return ""

    def happened(self, done: Done) -> str:
        """Which target a command comes by."""
        if done.command.kind == "reopen":
            return ""
        for event in done.step.events:
            if event.kind in ("entered", "ended", "observed") and event.subject in self.targets:
                return event.subject
        return ""

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
