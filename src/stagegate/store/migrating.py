"""The cases of a store go to another version of their process: in batches, each in its own short transaction, and again from where it stopped.

A batch is read, every case of it is carried over outside of any transaction, and what came of it is appended by compare-and-set. A case that
somebody wrote to meanwhile is taken anew from where it stands now. A case that is over has the new flow and is not found again: a migration
that was killed is simply started once more.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from attrs import frozen
from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy import case as when

from stagegate.doors import aware, called, demand, text, whole
from stagegate.engine import plain
from stagegate.engine.journal import Entry
from stagegate.errors import ConflictError, StagegateError, StoreError, SubscriberError
from stagegate.process import Process
from stagegate.store.schema import CASES
from stagegate.store.unit import Addition, Unit
from stagegate.versions.carry import carry
from stagegate.versions.plan import Plan
from stagegate.versions.report import Became, Report, Tally, became

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


BATCH: Final = 500
ATTEMPTS: Final = 5
MOST_ERRORS: Final = 100  # of handlers, kept until the end
_PAGES: Final = 1_000  # pages of a database file copied at once, between which others may write

T = TypeVar("T")
Progress = Callable[[int, int], object]  # how many cases are done, and of how many
Each = Callable[[Became], object]


class Doing(Protocol):
    """What does something with a unit in a transaction, and gives what came of it."""

    def __call__(self, verb: Callable[[Unit], T], /) -> T:
        """What the verb gives."""
        ...


# An ended case stays where it is: its snapshot, which may be long, is not asked for.
_SNAPSHOT: Final = when((CASES.c.ended == "", CASES.c.snapshot), else_="")
_WHAT: Final = select(CASES.c.case, CASES.c.flow, CASES.c.seq, CASES.c.hash, _SNAPSHOT.label("snapshot"))
_PAGE: Final = (
    _WHAT.where(CASES.c.flow == bindparam("of_flow"), CASES.c.case > bindparam("after"))
    .order_by(CASES.c.case)
    .limit(bindparam("most"))
)
_ONE: Final = _WHAT.where(CASES.c.case == bindparam("of_case"))


@frozen
class Head:
    """A case as it stands in the store: flow, last entry, and its snapshot as text, "" for one that has ended."""

    case: str
    flow: str
    seq: int
    hash: str
    snapshot: str


@frozen
class Migration:
    """Everything that the cases of one migration have in common."""

    plan: Plan
    old: Process
    new: Process
    at: datetime
    by: str

    def check(self) -> None:
        """Raises `StoreError` where plan and versions do not belong together, `CommandError` for what is none."""
        demand(
            isinstance(self.plan, Plan), "plan", "a Plan, as `versions.draft.draft(old, new).plan` is one", self.plan
        )
        for name in ("old", "new"):
            process = getattr(self, name)
            demand(isinstance(process, Process), name, "a Process, as `stagegate.load` gives one", process)
        aware(self.at)
        text(self.by, "by")
        if (self.old.flow, self.new.flow) != (self.plan.old.flow, self.plan.new.flow):
            raise StoreError(
                f"the plan leads from {self.plan.old.version} to {self.plan.new.version}, whose flows are others than those given"
            )
        if not self.old.name == self.new.name == self.plan.process:
            raise StoreError(f"the plan is for `{self.plan.process}`, not for `{self.old.name}` and `{self.new.name}`")

    def carried(self, head: Head) -> tuple[Became, Addition | None]:
        """What becomes of one case, and what is to be appended to it."""
        if head.flow != self.old.flow:  # somebody else has carried it over meanwhile
            if head.flow == self.new.flow:
                return Became(head.case, "there"), None
            return Became(head.case, "failed", reason=f"it is on another version by now, of flow {head.flow}"), None
        if not head.snapshot:
            return Became(head.case, "ended"), None
        try:
            told = json.loads(head.snapshot)
            snapshot = plain.snapshot_of(self.old.tables, told)
            if (told.get("case"), snapshot.seq) != (head.case, head.seq):
                raise StoreError(f"its snapshot is of `{told.get('case')}` at entry {snapshot.seq}; see `verify`")
            done = carry(self.old, self.new, self.plan, head.case, snapshot, at=self.at, by=self.by)
            what = became(self.old, self.new, self.plan, head.case, snapshot, done)
        except StagegateError as error:
            return Became(head.case, "failed", reason=f"{error!s:.300}"), None
        except Exception as error:  # noqa: BLE001  one case that nobody foresaw must not stop the others
            return Became(head.case, "failed", reason=f"{type(error).__name__}: {error!s:.300}"), None
        if done.snapshot is None or done.command is None:
            return what, None
        entry = Entry(done.snapshot.seq, done.command, done.events)
        return what, Addition(self.new.tables, head.case, (head.seq, head.hash), done.snapshot, [entry])


class Run:
    """One migration on its way: what is done in a transaction takes its unit, the rest is done outside of any.

    `begin`, then as long as `next_page` finds cases: `carried`, `written`, `told`; at last `report`.
    """

    def __init__(
        self,
        migration: Migration,
        *,
        rehearsed: bool,
        batch: int = BATCH,
        progress: Progress | None = None,
        each: Each | None = None,
    ) -> None:
        migration.check()
        whole(batch, "batch")
        for name, given in (("progress", progress), ("each", each)):
            if given is not None:
                called(given, name)
        self.migration = migration
        self.rehearsed = rehearsed
        self.batch = batch
        self.progress = progress
        self.each = each
        self.tally = Tally()
        self.errors: list[tuple[str, Exception]] = []
        self.after = ""
        self.total = self.there = self.done = 0

    def begin(self, unit: Unit) -> None:
        """Keeps the new definition, and counts."""
        if not self.rehearsed:
            unit.keep(self.migration.new)
        versions = (self.migration.old, self.migration.new)
        self.total, self.there = (number_of(unit.connection, process.flow) for process in versions)

    def next_page(self, unit: Unit) -> list[Head]:
        """The next cases; none at the end, and where only figures have changed: all are there already."""
        if self.migration.old.flow == self.migration.new.flow:
            return []
        return page(unit.connection, self.migration.old.flow, self.after, self.batch)

    def carried(self, heads: Sequence[Head]) -> list[tuple[Became, Addition | None]]:
        """What becomes of these cases."""
        return [self.migration.carried(head) for head in heads]

    def written(self, unit: Unit, found: Sequence[tuple[Became, Addition | None]]) -> list[Became]:
        """Appends what is to be appended; a batch in which somebody was quicker is done case by case."""
        try:
            unit.append([addition for _, addition in found if addition is not None])
        except ConflictError:
            return [one(unit, self.migration, *pair) for pair in found]
        return [what for what, _ in found]

    def told(self, heads: Sequence[Head], results: Sequence[Became]) -> None:
        """Counts what has come of a page, once it is certain."""
        for result in results:
            if (
                result.fate != "there"
            ):  # what others have carried over is counted at the end, with all the rest that is there
                self.tally.add(result)
            if self.each is not None:
                self.each(result)
        self.after, self.done = heads[-1].case, self.done + len(heads)
        if self.progress is not None:
            self.progress(self.done, max(self.total, self.done))

    def heard(self, error: SubscriberError) -> list[Became]:
        """What a batch has come to all the same, when handlers have raised; the first of their errors are kept."""
        self.errors += error.errors[: MOST_ERRORS - len(self.errors)]
        results: list[Became] = error.result
        return results

    def report(self, unit: Unit) -> Report:
        """The report; others may have carried cases over, too."""
        there = self.there
        if not self.rehearsed:
            fates = self.tally.fates
            there = number_of(unit.connection, self.migration.new.flow) - fates["kept"] - fates["moved"]
        return self.tally.report(self.migration.plan, there=max(there, 0), rehearsed=self.rehearsed)

    def closed(self, report: Report) -> Report:
        """The report; raises `SubscriberError` that carries it where handlers have raised."""
        if self.errors:
            raise SubscriberError(self.errors, report) from self.errors[0][1]
        return report


def migrate(run: Run, read: Doing, write: Doing) -> Report:
    """Carries every open case of the old version over, and accounts for every one.

    `read` and `write` do something with a unit in a transaction. Raises `SubscriberError` at the end, with the report, where handlers have raised.
    """
    write(run.begin)
    while heads := read(run.next_page):
        try:
            results = write(partial(run.written, found=run.carried(heads)))
        except SubscriberError as error:
            results = run.heard(error)
        run.told(heads, results)
    return run.closed(read(run.report))


def page(connection: Connection, flow: str, after: str, most: int) -> list[Head]:
    """The next cases of a flow by their ids."""
    return [Head(*row) for row in connection.execute(_PAGE, {"of_flow": flow, "after": after, "most": most})]


def number_of(connection: Connection, flow: str) -> int:
    """How many cases are of this flow."""
    return int(connection.execute(select(func.count()).select_from(CASES).where(CASES.c.flow == flow)).scalar_one())


def one(unit: Unit, migration: Migration, what: Became, addition: Addition | None) -> Became:
    """Appends to one case; after a conflict from where it stands now, a few times."""
    for _ in range(ATTEMPTS):
        if addition is None:
            return what
        try:
            unit.append([addition])
        except ConflictError:
            row = unit.connection.execute(_ONE, {"of_case": addition.case}).first()
            if row is None:
                return Became(addition.case, "failed", reason="it is not in the store any more")
            what, addition = migration.carried(Head(*row))
        else:
            return what
    return Became(what.case, "conflict", reason=f"others wrote to it {ATTEMPTS} times meanwhile")


@contextmanager
def copied(engine: Engine) -> Generator[Path]:
    """A copy of an SQLite database in a temporary file, made by SQLite's backup while others may go on writing; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="stagegate-rehearsal-") as folder:
        path = Path(folder) / "copy.db"
        with closing(engine.raw_connection()) as pooled, closing(sqlite3.connect(path)) as target:
            source: Any = pooled.driver_connection
            source.backup(target, pages=_PAGES)
        yield path
