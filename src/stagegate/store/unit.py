"""What a store does inside one connection and one transaction, whoever's it is.

`Store` opens a transaction of its own for each verb and commits it; a host that hands over its connection gets a `Unit` from
`Store.on`, and commits or rolls back itself. `AsyncStore` runs the same `Unit`. Nothing here commits.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Unpack

from attrs import frozen
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from stagegate.case import Case
from stagegate.doors import demand, text
from stagegate.engine import journal, plain
from stagegate.engine.commands import Command, tick
from stagegate.engine.journal import Entry, Line
from stagegate.engine.step import start as start_case
from stagegate.engine.step import step
from stagegate.errors import CaseExistsError, ConflictError, StagegateError, StoreError, UnknownCaseError
from stagegate.process import Process
from stagegate.store import checking, due, finding, outbox
from stagegate.store.bulk import Many
from stagegate.store.due import AT_ONCE, LEASE, Ticked
from stagegate.store.events import happenings
from stagegate.store.outbox import INTO_OUTBOX, event_rows
from stagegate.store.rows import COLUMNS, columns, named_columns, row_of, storable, written
from stagegate.store.schema import CASES, JOURNAL, stamp
from stagegate.store.telling import committed, heard_on, not_awaited, tell

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from stagegate.engine.commands import Told
    from stagegate.engine.results import Step
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.store.bulk import Row
    from stagegate.store.checking import Damage
    from stagegate.store.definitions import Library
    from stagegate.store.finding import Order, Sought
    from stagegate.store.outbox import Batch
    from stagegate.store.rows import CaseRow
    from stagegate.store.telling import Subscribers

LONGEST_ID: Final = 256
_OPENING: Final = "a list of (id of a case, `open` command, list of the commands that follow)"
BATCH: Final = 500  # cases written at once
Opening = tuple[str, Command, Sequence[Command]]  # case id, the `open` command, what follows it

_INTO_CASES: Final = Many(insert(CASES), "case", "opened_at", "seq", "hash", *COLUMNS)
_INTO_JOURNAL: Final = Many(insert(JOURNAL), "case", "seq", "at", "kind", "hash", "entry")
_ADVANCE: Final = Many(
    update(CASES).where(CASES.c.case == bindparam("of_case"), CASES.c.seq == bindparam("expected")),
    *("seq", "hash", *COLUMNS, "of_case", "expected"),
)
_HEAD: Final = select(CASES.c.flow, CASES.c.seq, CASES.c.hash, CASES.c.snapshot).where(
    CASES.c.case == bindparam("of_case")
)


class Addition(NamedTuple):
    """What is to be appended to a case: its entries after the one that is `kept` (number and hash), and where they lead."""

    tables: Tables
    case: str
    kept: tuple[int, str]
    snapshot: Snapshot
    entries: Sequence[Entry]


class Written(NamedTuple):
    """An addition as rows: for `_ADVANCE`, for `_INTO_JOURNAL`, for `INTO_OUTBOX`."""

    case: Row
    entries: list[Row]
    events: list[Row]


@frozen
class Turned:
    """An opening that was refused: the case id, and every reason as a sentence."""

    case: str
    reasons: tuple[str, ...]


@frozen
class Opened:
    """What became of many openings: the ids opened, in order, and those refused with every reason."""

    opened: tuple[str, ...]
    refused: tuple[Turned, ...]


class Unit:
    """The verbs of a store inside one connection. Made by `Store.on`; belongs to the thread of its connection."""

    __slots__ = ("_heard", "_library", "_outbox", "connection")

    def __init__(
        self, connection: Connection, library: Library, outbox: bool = True, subscribers: Subscribers = ()
    ) -> None:
        self.connection = connection
        self._library = library
        self._outbox = outbox
        self._heard = heard_on(connection, subscribers)

    # -- definitions ----------------------------------------------------------------------------------

    def keep(self, process: Process, text: str = "") -> None:
        """Keeps the text of a process, so that its cases can be loaded; `open` does it, too."""
        is_process(process)
        self._library.keep(self.connection, process, text)

    def process(self, name: str, version: str | None = None) -> Process:
        """The process of a name, in a version or the one kept last; a flow digest will do for a name."""
        text(name, "name")
        if name.startswith("sha256:"):
            return self._library.process(self.connection, name)
        return self._library.named(self.connection, name, version)

    # -- opening --------------------------------------------------------------------------------------

    def open(
        self,
        case: str,
        process: Process,
        *,
        at: datetime,
        start: str = "",
        at_stage: str = "",
        skipped: Literal["dropped", "owed"] = "dropped",
        **told: Unpack[Told],
    ) -> Case:
        """Opens a case and writes it down; see `Process.open`. Raises `CaseExistsError` for an id that is taken."""
        good_id(case)
        is_process(process)
        opened = process.open(case, at=at, start=start, at_stage=at_stage, skipped=skipped, **told)
        self.add(opened, process)
        return opened

    def add(self, case: Case, process: Process) -> None:
        """Writes down a case that the host has opened itself, with all that was done with it since.

        Raises `CaseExistsError` for an id that is taken, `StoreError` for a case whose journal does not begin with its opening.
        """
        is_case(case)
        good_id(case.id)
        self.keep(process)
        if case.tables.flow != process.flow:
            raise StoreError(f"the case `{case.id}` is not one of this version of `{process.name}`")
        entries = case.journal
        if not entries or entries[0].seq != 1:
            raise StoreError(
                f"the journal of `{case.id}` does not begin with its opening: `save` a case that was loaded"
            )
        (last,) = self._insert(process.tables, [(case.id, case.snapshot, entries)])
        case.kept = (case.seq, last)

    def open_many(self, process: Process, openings: Iterable[Opening]) -> Opened:
        """Opens many cases at once, each with the commands that follow its opening, all of it or nothing of a case.

        An id that is taken or given twice, a name that the process does not have and a command that is refused turn that case
        away, with every reason; the others are opened. Bounded in memory: written in batches.
        """
        self.keep(process)
        opened: list[str] = []
        refused: list[Turned] = []
        seen: set[str] = set()
        demand(isinstance(openings, Iterable), "openings", _OPENING, openings)
        rest = iter(openings)
        while batch := [opening_of(each) for each in islice(rest, BATCH)]:
            taken = self._taken(case for case, _, _ in batch)
            made = []
            for case, command, following in batch:
                result = (
                    [f"the id `{case}` is taken"]
                    if case in taken or case in seen
                    else attempt(process, case, command, following)
                )
                if isinstance(result, list):
                    refused.append(Turned(case, tuple(result)))
                    continue
                seen.add(case)
                made.append((case, *result))
            self._insert(process.tables, made)
            opened += [case for case, _, _ in made]
        return Opened(tuple(opened), tuple(refused))

    def _taken(self, cases: Iterable[str]) -> frozenset[str]:
        """Those of these ids that are taken."""
        found = self.connection.execute(select(CASES.c.case).where(CASES.c.case.in_(list(cases))))
        return frozenset(found.scalars())

    def _insert(self, tables: Tables, cases: Sequence[tuple[str, Snapshot, Sequence[Entry]]]) -> list[str]:
        """Writes new cases down; their last hashes. Raises `CaseExistsError`, with the host's transaction still in order."""
        rows: list[Row] = []
        entries: list[Row] = []
        events: list[Row] = []
        for case, snapshot, made in cases:
            lines = list(journal.lines(tables, case, made, salt))
            head = (case, stamp(made[0].command.at), snapshot.seq, lines[-1].hash)
            rows.append((*head, *columns(tables, snapshot, case)))
            entries += entry_rows(case, made, lines)
            events += event_rows(tables, case, made, lines) if self._outbox else ()
        if not rows:
            return []
        try:
            with self.connection.begin_nested():
                _INTO_CASES.run(self.connection, rows)
        except IntegrityError as error:
            taken = self._taken(case for case, _, _ in cases)
            if not taken:
                raise
            raise CaseExistsError(min(taken)) from error
        self._record(entries, events, [(tables, case, made) for case, _, made in cases])
        return [row[3] for row in rows]

    def _record(
        self,
        entries: list[Row],
        events: list[Row],
        told: Iterable[tuple[Tables, str, Sequence[Entry]]],
    ) -> None:
        """Writes entries and events down, and has the subscribers told of what followed when it is committed."""
        _INTO_JOURNAL.run(self.connection, entries)
        if events:
            INTO_OUTBOX.run(self.connection, events)
        if self._heard is not None:
            for tables, case, made in told:
                self._heard.add(happenings(tables, case, made))

    # -- loading and saving ---------------------------------------------------------------------------

    def load(self, case: str) -> Case:
        """The case as it stands. Raises `UnknownCaseError`, `UnknownProcessError`, and `SnapshotError` or `StoreError` for a damaged one."""
        flow, seq, last, snapshot = self._head(case)
        try:
            told = json.loads(snapshot)
        except (ValueError, RecursionError) as error:
            raise StoreError(f"the snapshot of `{case}` cannot be read: {error!s:.100}; see `verify`") from error
        found = self._library.process(self.connection, flow).restore(told)
        if (found.id, found.seq) != (case, seq):
            raise StoreError(f"the snapshot of `{case}` is of `{found.id}` at entry {found.seq}; see `verify`")
        found.kept = (seq, last)
        return found

    def _head(self, case: str) -> tuple[str, int, str, str]:
        """Flow, sequence, last hash and snapshot of a case."""
        row = self.connection.execute(_HEAD, {"of_case": looked_for(case)}).first()
        if row is None:
            raise UnknownCaseError(case)
        return row.flow, row.seq, row.hash, row.snapshot

    def save(self, *cases: Case) -> None:
        """Writes down what was done with cases since they were loaded or saved, all or nothing.

        Raises `ConflictError` where somebody else has written to one meanwhile: load it again, and do it again.
        """
        changed = []
        for case in cases:
            is_case(case)
            if case.kept is None:
                raise StoreError(f"`{case.id}` was not loaded from a store: `add` it")
            if entries := case.journal_after(case.kept[0]):
                changed.append(Addition(case.tables, case.id, case.kept, case.snapshot, entries))
        done = dict(zip((a.case for a in changed), self.append(changed), strict=True))
        for case in cases:
            if case.id in done:
                case.kept = (case.seq, done[case.id])

    def append(self, additions: Sequence[Addition]) -> list[str]:
        """Appends entries to cases, each at most once, with the snapshots they lead to; the new last hashes.

        Raises `ConflictError`; the transaction stays in order.
        """
        rows = [written_down(addition, self._outbox) for addition in additions]
        if not rows:
            return []
        if len(rows) == 1:
            self._advance(rows)
        else:
            with self.connection.begin_nested():
                self._advance(rows)
        self._record(
            [entry for row in rows for entry in row.entries],
            [event for row in rows for event in row.events],
            [(each.tables, each.case, each.entries) for each in additions],
        )
        return [row.case[1] for row in rows]

    def _advance(self, rows: Sequence[Written]) -> None:
        """Puts the cases forward, each from the entry it is expected at. Raises `ConflictError` for the first that is elsewhere."""
        if _ADVANCE.run(self.connection, [each.case for each in rows]) == len(rows):
            return
        for each in rows:
            case, expected = each.case[-2:]
            found = self._head(case)
            if found[1:3] != each.case[:2] or len(rows) == 1:
                raise ConflictError(case, expected, found[1])

    # -- doing ----------------------------------------------------------------------------------------

    def do(self, case: str, *commands: Command) -> tuple[Step, ...]:
        """Loads a case, does the commands, all or nothing, and writes them down: one step each, or only the one refused.

        A refusal writes nothing. A key that is known gives the original step. Raises `ConflictError`.
        """
        found = self.load(case)
        steps = found.do_all(commands)
        self.save(found)
        return steps

    def journal(self, case: str) -> list[dict[str, Any]]:
        """The journal of a case as plain JSON; `Process.replay` reads it. Raises `UnknownCaseError`, `StoreError` for a damaged one."""
        query = select(JOURNAL.c.entry).where(JOURNAL.c.case == looked_for(case)).order_by(JOURNAL.c.seq)
        try:
            found = [json.loads(entry) for entry in self.connection.execute(query).scalars()]
        except (ValueError, RecursionError) as error:
            raise StoreError(f"the journal of `{case}` cannot be read: {error!s:.100}; see `verify`") from error
        if not found:
            raise UnknownCaseError(case)
        return found

    # -- what has become due, and what followed ---------------------------------------------------------

    def claim_due(
        self, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> tuple[str, ...]:
        """Takes cases on which a tick would report something at that time; the longest due first. No two workers take the same.

        A claim ends with its lease, and with the tick. Raises `CommandError` for a limit that is not from 1 to 1,000.
        """
        return due.claim(self.connection, at=at, worker=worker, limit=limit, lease=lease)

    def tick(self, case: str, *, at: datetime, worker: str) -> Ticked:
        """Ticks a case and gives up the claim on it. Raises `ConflictError`, and what `load` raises."""
        (step,) = self.do(case, tick(at))
        if not step.events:  # its row was written with other figures: nothing is due by those of now
            self._reckon(case)
        due.release(self.connection, case, worker)
        return Ticked(case, step.events)

    def tick_due(
        self, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> tuple[Ticked, ...]:
        """Claims what is due and ticks it, each case by compare-and-set; what followed, or what is wrong with the case."""
        done = []
        for case in self.claim_due(at=at, worker=worker, limit=limit, lease=lease):
            try:
                done.append(self.tick(case, at=at, worker=worker))
            except StagegateError as error:
                done.append(Ticked(case, error=error))
        return tuple(done)

    def claim_events(
        self, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> tuple[Batch, ...]:
        """Takes events out of the outbox to deliver them, in order within a case; see `Store.deliver`, which does all of it."""
        return outbox.claim(self.connection, at=at, worker=worker, limit=limit, lease=lease)

    def settle(self, taken: Batch, delivered: int, *, at: datetime) -> None:
        """The first so many events of a batch are delivered; the others are free for the next time."""
        outbox.settle(self.connection, taken, delivered, at=at)

    def waiting(self) -> int:
        """How many events of the outbox are still to be delivered."""
        return outbox.waiting(self.connection)

    def forget_delivered(self, *, before: datetime) -> int:
        """Deletes the events of the outbox that were delivered before a time; how many. The journals keep them."""
        return outbox.forget(self.connection, before)

    def tell(self) -> None:
        """Tells the subscribers of what was committed on this connection; for a host that does not want to wait until it gives it back.

        To be called after the commit. Raises `SubscriberError`. On asyncio see `AsyncStore.tell`.
        """
        tell(committed(self.connection.info), not_awaited)

    # -- looking ------------------------------------------------------------------------------------------

    def row(self, case: str) -> CaseRow:
        """What is known of a case at a glance. Raises `UnknownCaseError`."""
        row = self.connection.execute(select(CASES).where(CASES.c.case == looked_for(case))).mappings().first()
        if row is None:
            raise UnknownCaseError(case)
        return row_of(row)

    def find(
        self, *, order: Order = "case", limit: int = 100, after: CaseRow | None = None, **sought: Unpack[Sought]
    ) -> tuple[CaseRow, ...]:
        """One page of the cases that fulfil every argument given (see `Sought`), at most `limit` of 1 to 1,000.

        The next page comes `after` the last row of this one. Ordered by id, or by the time of the last change.
        """
        return finding.find(self.connection, finding.conditions(**sought), order=order, limit=limit, after=after)

    def count(self, **sought: Unpack[Sought]) -> int:
        """How many cases fulfil every argument given (see `Sought`)."""
        return finding.count(self.connection, finding.conditions(**sought))

    def verify(self, case: str | None = None) -> Iterator[Damage]:
        """Everything wrong with what is stored of a case, or of all; nothing is repaired. Raises `UnknownCaseError`."""
        for each in checking.every_case(self.connection) if case is None else (looked_for(case),):
            yield from checking.damages(self.connection, self._library, each)

    # -- mending, on demand -------------------------------------------------------------------------------

    def redact(self, case: str, entries: Sequence[int]) -> None:
        """Takes what may be personal out of these entries, and out of the snapshot, which is made anew.

        The chain still holds. Raises `UnknownCaseError`, and `SnapshotError` for entries that are not there or a damaged journal.
        """
        demand(isinstance(entries, Sequence), "entries", "a list of their numbers", entries)
        for entry in journal.redact(self.journal(case), entries):
            if entry["seq"] in entries:
                where = (JOURNAL.c.case == case) & (JOURNAL.c.seq == entry["seq"])
                self.connection.execute(update(JOURNAL).where(where).values(entry=written(entry)))
        self.rebuild(case)

    def refresh(self, process: Process) -> int:
        """Reckons rows anew that were written with other figures than those kept last: chance, time limit, when a tick is due.

        At most 500 at once; how many. To be called until it gives 0, after a release that changed only figures.
        """
        is_process(process)
        figures = self._library.latest(self.connection, process.flow).figures
        stale = select(CASES.c.case).where(CASES.c.flow == process.flow, CASES.c.figures != figures).limit(BATCH)
        cases = self.connection.execute(stale).scalars().all()
        for case in cases:
            self._reckon(case)
        return len(cases)

    def _reckon(self, case: str) -> None:
        """Writes the row of a case anew from its snapshot, unless somebody has written to it meanwhile."""
        found = self.load(case)
        values = named_columns(found.tables, found.snapshot, case)
        here = (CASES.c.case == case) & (CASES.c.seq == found.seq)
        self.connection.execute(update(CASES).where(here).values(values))

    def rebuild(self, case: str) -> None:
        """Makes the snapshot and the row of a case anew from its journal.

        Raises `SnapshotError` where the journal is damaged, `StoreError` where what followed is not what follows now.
        """
        plains = self.journal(case)
        tables, snapshot, differences = checking.replayed(self.connection, self._library, plains)
        if differences:
            raise StoreError(f"the journal of `{case}` does not give again what it tells: {differences[0]}")
        head = {
            "seq": snapshot.seq,
            "hash": plains[-1]["hash"],
            "opened_at": stamp(plain.time_of(plains[0]["command"]["at"])),
        }
        values = {**head, **named_columns(tables, snapshot, case)}
        if self.connection.execute(update(CASES).where(CASES.c.case == case).values(values)).rowcount != 1:
            self.connection.execute(insert(CASES).values(case=case, **values))


def attempt(
    process: Process, case: str, command: Command, following: Sequence[Command]
) -> tuple[Snapshot, list[Entry]] | list[str]:
    """A new case after its opening and what follows, with its entries; else every reason against it."""
    try:
        good_id(case)
        done = start_case(process.tables, command)
        entries = [Entry(1, command, done.events)]
        for each in following:
            before, done = done.snapshot, step(process.tables, done.snapshot, each)
            if not done.accepted:
                return [str(reason) for reason in done.reasons]
            if done.snapshot is not before:
                entries.append(Entry(len(entries) + 1, each, done.events))
    except StagegateError as error:
        return [str(error)]
    return done.snapshot, entries


def is_process(process: object) -> None:
    """Raises `CommandError` for what is no process: a name or a path is loaded first."""
    demand(isinstance(process, Process), "process", "a Process, as `stagegate.load` gives one", process)


def is_case(case: object) -> None:
    """Raises `CommandError` for what is no case: an id is loaded first."""
    demand(isinstance(case, Case), "case", "a Case, as `load` gives one", case)


def opening_of(given: Any) -> Opening:
    """One of many openings; raises `CommandError` for what is none."""
    demand(isinstance(given, tuple) and len(given) == 3, "openings", _OPENING, given)
    case, command, following = given
    good = isinstance(case, str) and isinstance(command, Command) and isinstance(following, Sequence)
    demand(good and all(isinstance(each, Command) for each in following), "openings", _OPENING, given)
    return case, command, following


def is_id(case: object) -> bool:
    """Whether this can be the id of a case in a database; some raise for half a character or a NUL."""
    return isinstance(case, str) and 0 < len(case) <= LONGEST_ID and case.isprintable()


def looked_for(case: str) -> str:
    """The id of a case that is looked for; raises `UnknownCaseError` for a text that cannot be one, `CommandError` for no text."""
    text(case, "case")
    if not is_id(case):
        raise UnknownCaseError(case)
    return case


def good_id(case: object) -> None:
    """Raises `CommandError` unless this can be the id of a case in a database."""
    demand(is_id(case), "case", f"the id of a case, 1 to {LONGEST_ID} printable characters", case)


def written_down(addition: Addition, keep_events: bool) -> Written:
    """An addition as rows."""
    tables, case, entries = addition.tables, addition.case, addition.entries
    seq, last = addition.kept
    lines = list(journal.lines(tables, case, entries, salt, last))
    row = (entries[-1].seq, lines[-1].hash, *columns(tables, addition.snapshot, case), case, seq)
    events = event_rows(tables, case, entries, lines) if keep_events else []
    return Written(row, entry_rows(case, entries, lines), events)


def entry_rows(case: str, entries: Sequence[Entry], lines: Sequence[Line]) -> list[Row]:
    """Entries as rows for `_INTO_JOURNAL`."""
    return [
        (case, entry.seq, stamp(entry.command.at), entry.command.kind, line.hash, storable(line.text))
        for entry, line in zip(entries, lines, strict=True)
    ]


def salt(_: int) -> str:
    """A random salt for the personal part of an entry."""
    return os.urandom(16).hex()
