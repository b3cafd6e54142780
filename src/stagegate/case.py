"""The handle a host holds on one case: the present snapshot, the journal so far, and friendly verbs.

Every verb gives a `Step`: what followed, or every reason against. Nothing raises for what a deal may
not do; `UnknownNameError` and `CommandError` are for mistakes of the host.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Unpack

from stagegate.doors import demand
from stagegate.engine import actions, commands, journal, plain, questions
from stagegate.engine.actions import Action, Explanation
from stagegate.engine.commands import Command
from stagegate.engine.gap import gap as gap_now
from stagegate.engine.journal import Entry
from stagegate.engine.names import known
from stagegate.engine.step import step, step_all
from stagegate.errors import SnapshotError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from stagegate.engine.commands import Answer, FactValue, Told
    from stagegate.engine.events import Event
    from stagegate.engine.gap import Gap
    from stagegate.engine.marks import Status
    from stagegate.engine.questions import Item, Position
    from stagegate.engine.results import Step
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.model import Definition


class Case:
    """One case of a process. Made by `Process.open`, `Process.restore` and `Process.replay`.

    A handle belongs to one thread at a time; a `Process` may be shared by any number.

    `at` in every verb is an aware datetime: when it is recorded. The other options of every verb are
    `by`, `role`, `note`, `key` (idempotency) and `happened` (see `stagegate.engine.commands.Told`).
    """

    __slots__ = ("_entries", "_snapshot", "_tables", "_watchers", "id", "kept")

    kept: tuple[int, str] | None
    """The number and the hash of the last entry that a store has written down; None for a case that is in none."""

    def __init__(
        self,
        tables: Tables,
        id: str,
        snapshot: Snapshot,
        entries: Iterable[Entry | tuple[Command, tuple[Event, ...]]] = (),
    ) -> None:
        self.id = id
        self.kept = None
        self._tables = tables
        self._snapshot = snapshot
        self._entries: list[Entry | tuple[Command, tuple[Event, ...]]] = list(entries)
        self._watchers: tuple[Callable[[Command, Step], None], ...] = ()

    def __repr__(self) -> str:
        return f"<Case {self.id} of {self._tables.definition.name}: {self.position}>"

    # -- telling what happened ----------------------------------------------------------------------

    def do(self, command: Command) -> Step:
        """Does one command; the verbs below build it."""
        is_command(command)
        done = step(self._tables, self._snapshot, command)
        if done.snapshot is not self._snapshot:
            self._snapshot = done.snapshot
            self._entries.append((command, done.events))
            if self._watchers:
                self._tell(((command, done),))
        return done

    def would(self, command: Command) -> Step:
        """What a command would do now; nothing is done."""
        is_command(command)
        return step(self._tables, self._snapshot, command)

    def do_all(self, batch: Iterable[Command]) -> tuple[Step, ...]:
        """Does a batch, all or nothing: every step, or only the one that was refused (semantics 13)."""
        told = tuple(batch)
        for each in told:
            is_command(each)
        steps = step_all(self._tables, self._snapshot, told)
        if steps and steps[-1].accepted:
            changes: list[tuple[Command, Step]] = []
            for command, done in zip(told, steps, strict=True):
                if done.snapshot is not self._snapshot:
                    self._snapshot = done.snapshot
                    self._entries.append((command, done.events))
                    changes.append((command, done))
            self._tell(changes)
        return steps

    def watch(self, watcher: Callable[[Command, Step], None]) -> Callable[[], None]:
        """Calls `watcher` with every command that changes the case from now on; gives the function that ends it.

        It is called when the change is done, after a batch once for each command. What it raises reaches the caller
        of the verb, and undoes nothing.
        """
        self._watchers = (*self._watchers, watcher)

        def end() -> None:
            self._watchers = tuple(w for w in self._watchers if w is not watcher)

        return end

    def _tell(self, changes: Iterable[tuple[Command, Step]]) -> None:
        for command, done in changes:
            for watcher in self._watchers:
                watcher(command, done)

    def meet(
        self, criterion: str, *, at: datetime, evidence: Mapping[str, str] | None = None, **told: Unpack[Told]
    ) -> Step:
        """Reports a criterion as done; `evidence` says where each document is."""
        return self.do(Command("meet", criterion, at, commands.with_evidence(evidence), **told))

    def retract(self, criterion: str, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Takes a report or a waiver back; the case may move back (R18)."""
        return self.do(commands.retract(criterion, at, **told))

    def attach(self, criterion: str, *, at: datetime, evidence: Mapping[str, str | None], **told: Unpack[Told]) -> Step:
        """Attaches documents to a criterion or appraisal item; None takes one away."""
        return self.do(commands.attach(criterion, at, evidence=evidence, **told))

    def waive(
        self,
        criterion: str,
        *,
        at: datetime,
        reason: str = "",
        until: datetime | None = None,
        **told: Unpack[Told],
    ) -> Step:
        """Does without a criterion, for a reason, perhaps until a date."""
        return self.do(commands.waive(criterion, at, reason=reason, until=until, **told))

    def set_facts(self, facts: Mapping[str, FactValue], *, at: datetime, **told: Unpack[Told]) -> Step:
        """Gives facts; None forgets one."""
        return self.do(commands.set_facts(facts, at, **told))

    def observe(self, stage: str, *, at: datetime, source: str = "", **told: Unpack[Told]) -> Step:
        """Records where the buyer stands, and how that is known (R28)."""
        return self.do(commands.observe(stage, at, source=source, **told))

    def complete(self, stage: str, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Marks a stage without exit criteria as completed (R4)."""
        return self.do(commands.complete(stage, at, **told))

    def advance(self, *, at: datetime, track: str = "", **told: Unpack[Told]) -> Step:
        """Tries the next step of a manual track."""
        return self.do(Command("advance", track, at, None, **told))

    def decide(self, decision: str, outcome: str, *, at: datetime, reason: str = "", **told: Unpack[Told]) -> Step:
        """Takes an outcome of a decision point."""
        return self.do(commands.decide(decision, outcome, at, reason=reason, **told))

    def jump(
        self, jump: str, *, at: datetime, answer: Answer | None = None, to: str = "", **told: Unpack[Told]
    ) -> Step:
        """Jumps ahead if the buyer is willing; records it if not (R31)."""
        return self.do(commands.jump(jump, at, answer=answer, to=to, **told))

    def loop_back(self, loop: str, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Goes back by a declared loop, or repeats a repeatable stage (R32, R35)."""
        return self.do(commands.loop_back(loop, at, **told))

    def skip(self, stage: str, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Passes an optional stage over."""
        return self.do(commands.skip(stage, at, **told))

    def begin(self, activity: str, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Begins an activity (R39)."""
        return self.do(commands.begin(activity, at, **told))

    def finish(self, activity: str, *, at: datetime, result: str = "", **told: Unpack[Told]) -> Step:
        """Finishes an activity, with its result."""
        return self.do(commands.finish(activity, at, result=result, **told))

    def report(self, process: str, end: str, *, at: datetime, stage: str = "", **told: Unpack[Told]) -> Step:
        """Reports the end of a sub-procedure; it may meet criteria.

        Where several stages or activities have the sub-procedure, `stage` says which of them is meant; without it all are.
        """
        return self.do(commands.report(process, end, at, stage=stage, **told))

    def breach(self, prohibition: str, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Records that a prohibition was broken: a warning, never a move (R48)."""
        return self.do(commands.breach(prohibition, at, **told))

    def hold(self, *, at: datetime, until: datetime | None = None, **told: Unpack[Told]) -> Step:
        """Holds the case; `until` only reminds."""
        return self.do(commands.hold(at, until=until, **told))

    def resume(self, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Goes on after a hold."""
        return self.do(commands.resume(at, **told))

    def end(self, end: str, *, at: datetime, reason: str = "", **told: Unpack[Told]) -> Step:
        """Ends the case by command, where the end allows it (R41)."""
        return self.do(commands.end(end, at, reason=reason, **told))

    def reopen(self, stage: str, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Opens an ended case again at a stage it had reached (R42)."""
        return self.do(commands.reopen(stage, at, **told))

    def tick(self, *, at: datetime, **told: Unpack[Told]) -> Step:
        """Asks what has become due; journalled only when it reports something."""
        return self.do(commands.tick(at, **told))

    # -- asking -------------------------------------------------------------------------------------

    @property
    def definition(self) -> Definition:
        """The definition of the process this is a case of."""
        return self._tables.definition

    @property
    def tables(self) -> Tables:
        """What the pure engine works with: `engine.step(case.tables, case.snapshot, command)`."""
        return self._tables

    @property
    def seq(self) -> int:
        """How many commands were accepted, the opening included."""
        return self._snapshot.seq

    @property
    def at(self) -> datetime:
        """When the last accepted command was recorded."""
        return self._snapshot.at

    @property
    def snapshot(self) -> Snapshot:
        """The present snapshot, for the pure form `engine.step`."""
        return self._snapshot

    @property
    def position(self) -> Position:
        """Where the case stands on the track that ends it; the only track's, where nothing is earned."""
        table = self._tables.primary or self._tables.tracks[0]
        return questions.position(self._tables, self._snapshot, table.track.id)

    @property
    def positions(self) -> dict[str, Position]:
        """Where the case stands on each track."""
        tracks = [t.track.id for t in self._tables.tracks]
        return {t: questions.position(self._tables, self._snapshot, t) for t in tracks}

    @property
    def chance(self) -> float | None:
        """The chance of winning, from 0 to 1; None where the process gives none (R19 to R23)."""
        return questions.chance(self._tables, self._snapshot)

    @property
    def gap(self) -> Gap:
        """How far the buyer is ahead, since when, and what would close it (R24 to R29)."""
        return gap_now(self._tables, self._snapshot)

    @property
    def won(self) -> str:
        """The end of kind won that was reached, "" if none (R44)."""
        return self._snapshot.rest.won

    @property
    def ended(self) -> str:
        """The end the case has come to, "" while it is open."""
        return self._snapshot.rest.ended

    @property
    def end_reason(self) -> str:
        """The reason given for the end, if any."""
        return self._snapshot.rest.end_reason

    @property
    def on_hold(self) -> bool:
        """Whether the case is on hold."""
        return self._snapshot.rest.held is not None

    @property
    def facts(self) -> dict[str, FactValue]:
        """The facts given so far."""
        return dict(self._snapshot.rest.facts)

    @property
    def next_due(self) -> datetime | None:
        """The earliest time at which `tick` would report something; None when nothing is to come."""
        return questions.next_due(self._tables, self._snapshot)

    def status(self, criterion: str) -> Status:
        """The status of one criterion; raises `UnknownNameError` for one the process does not have."""
        known("criterion", criterion, self._tables.bit_of)
        return self.statuses()[criterion]

    def statuses(self) -> dict[str, Status]:
        """The status of every criterion, condition and appraisal item."""
        return questions.statuses(self._tables, self._snapshot)

    def missing(self, track: str = "") -> tuple[Item, ...]:
        """Every criterion that closes the gate in front of the case, on one track or on all."""
        return questions.missing(self._tables, self._snapshot, track)

    def open_conditions(self, stage: str = "") -> tuple[Item, ...]:
        """The stage conditions not met, of a stage or of the present one (R46)."""
        stage = stage or self.position.stage
        return questions.open_conditions(self._tables, self._snapshot, stage) if stage else ()

    def debts(self) -> tuple[Item, ...]:
        """What was passed over as owed and is still to be done (R34)."""
        return questions.debts(self._tables, self._snapshot)

    def early(self) -> tuple[Item, ...]:
        """What was met before its stage was reached (R16)."""
        return questions.early(self._tables, self._snapshot)

    def broken_behind(self) -> tuple[Item, ...]:
        """Criteria of gates a manual track has crossed that do not hold any more."""
        return questions.broken_behind(self._tables, self._snapshot)

    def credit(self) -> tuple[float, float, tuple[str, ...]]:
        """Appraisal: weights earned, weights there are, and the items that no document proves (R50, R51)."""
        return questions.credit(self._tables, self._snapshot)

    def next_actions(self) -> tuple[Action, ...]:
        """Everything that would bring the case on, with what speaks against it now."""
        return actions.next_actions(self._tables, self._snapshot)

    def explain(self) -> Explanation:
        """The case from all sides at once."""
        return Explanation(self._tables, self._snapshot)

    # -- keeping ------------------------------------------------------------------------------------

    @property
    def journal(self) -> tuple[Entry, ...]:
        """What was accepted through this handle, in order; since the restore, for a case restored from a snapshot."""
        return self.journal_after(0)

    def journal_after(self, seq: int) -> tuple[Entry, ...]:
        """The entries after one, as far as they are known here; those never asked for are made now, with their salt."""
        first = self._snapshot.seq - len(self._entries) + 1
        begin = max(0, seq - first + 1)
        found: list[Entry] = []
        for index in range(begin, len(self._entries)):
            entry = self._entries[index]
            if not isinstance(entry, Entry):
                self._entries[index] = entry = Entry(first + index, *entry, os.urandom(16).hex())
            found.append(entry)
        return tuple(found)

    def events(self) -> tuple[Event, ...]:
        """Everything that followed, in order, as far as this handle's journal goes."""
        return tuple(event for entry in self.journal for event in entry.events)

    def to_dict(self) -> dict[str, Any]:
        """The snapshot as plain JSON, with the case id; `Process.restore` gives the case back."""
        return {"case": self.id, **plain.snapshot_to_plain(self._tables, self._snapshot)}

    def to_journal(self, *, after: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The journal as plain JSON, one object an entry, chained by hashes; `Process.replay` reads it.

        A case restored from a snapshot knows only what came since; give `after`, the last entry that the host has
        kept, and get the entries that follow it. Raises `SnapshotError` where they would not follow.
        """
        last, before = (0, journal.NOTHING_BEFORE) if after is None else journal.hash_to_follow(self.id, after)
        entries = self.journal_after(last)
        if (entries[0].seq if entries else self.seq + 1) != last + 1:
            raise SnapshotError(
                f"entry {last + 1} is not known here: the case was restored from a snapshot; give the last entry kept as `after`"
            )
        return journal.write(self._tables, self.id, entries, lambda _: os.urandom(16).hex(), before)


def is_command(command: object) -> None:
    """Raises `CommandError` for what is no command."""
    if not isinstance(command, Command):
        demand(False, "command", "made by a function of `stagegate.commands`", command)
