"""The store a host opens: each verb in a transaction of its own, committed when it returns."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, Self, Unpack

from stagegate.errors import ConflictError
from stagegate.store import migrating
from stagegate.store.database import WRITING, Durability, engine_for
from stagegate.store.library import Library
from stagegate.store.migrating import BATCH, Migration, copied
from stagegate.store.schema import bring_up
from stagegate.store.unit import Opened, Opening, Unit

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from stagegate.case import Case
    from stagegate.engine.commands import Command, Told
    from stagegate.engine.results import Step
    from stagegate.process import Process
    from stagegate.store.checking import Damage
    from stagegate.store.finding import Order, Sought
    from stagegate.store.migrating import Each, Progress
    from stagegate.store.rows import CaseRow
    from stagegate.versions.plan import Plan
    from stagegate.versions.report import Report

ATTEMPTS: Final = 5


@contextmanager
def kept_unless_saved(cases: Iterable[Case]) -> Generator[None, None, None]:
    """Leaves the handles as they were where the transaction could not be committed."""
    before = [(case, case.kept) for case in cases]
    try:
        yield
    except BaseException:
        for case, kept in before:
            case.kept = kept
        raise


class Store:
    """Cases in SQLite or PostgreSQL. Safe for any number of threads and processes.

    `where` is a URL (`sqlite:///deals.db`, `postgresql://...`) or an engine of the host's, used as it is. `durability` is that of
    SQLite (see `stagegate.store.database`). With `outbox` off, what follows from commands is not kept to be delivered. With `create`
    off, missing tables are an error. Raises `StoreError`.
    """

    __slots__ = ("_library", "_outbox", "_own", "engine")

    def __init__(
        self, where: str | Engine, *, durability: Durability = "full", outbox: bool = True, create: bool = True
    ) -> None:
        self.engine: Final = engine_for(where, durability)
        self._own: Final = self.engine is not where
        self._outbox: Final = outbox
        self._library: Final = Library()
        try:
            with self._writing() as unit:
                bring_up(unit.connection, create=create)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections that are not in use; those of a host's engine are the host's."""
        if self._own:
            self.engine.dispose()

    def on(self, connection: Connection) -> Unit:
        """The same verbs inside the host's connection and transaction; the host commits, or rolls back."""
        return Unit(connection, self._library, self._outbox)

    @contextmanager
    def _writing(self) -> Generator[Unit, None, None]:
        """A unit in a transaction that writes, committed at the end."""
        with self.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            yield Unit(connection, self._library, self._outbox)

    @contextmanager
    def _reading(self) -> Generator[Unit, None, None]:
        """A unit in a transaction that reads."""
        with self.engine.connect() as connection, connection.begin():
            yield Unit(connection, self._library, self._outbox)

    # -- definitions ------------------------------------------------------------------------------------

    def keep(self, process: Process, text: str = "") -> None:
        """See `Unit.keep`."""
        with self._writing() as unit:
            unit.keep(process, text)

    def process(self, name: str, version: str | None = None) -> Process:
        """See `Unit.process`."""
        with self._reading() as unit:
            return unit.process(name, version)

    # -- cases ------------------------------------------------------------------------------------------

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
        """See `Unit.open`."""
        with self._writing() as unit:
            return unit.open(case, process, at=at, start=start, at_stage=at_stage, skipped=skipped, **told)

    def add(self, case: Case, process: Process) -> None:
        """See `Unit.add`."""
        with self._writing() as unit:
            unit.add(case, process)

    def open_many(self, process: Process, openings: Iterable[Opening]) -> Opened:
        """See `Unit.open_many`; all of them in one transaction."""
        with self._writing() as unit:
            return unit.open_many(process, openings)

    def load(self, case: str) -> Case:
        """See `Unit.load`."""
        with self._reading() as unit:
            return unit.load(case)

    def save(self, *cases: Case) -> None:
        """See `Unit.save`."""
        with kept_unless_saved(cases), self._writing() as unit:
            unit.save(*cases)

    def do(self, case: str, *commands: Command, attempts: int = ATTEMPTS) -> tuple[Step, ...]:
        """See `Unit.do`; after a conflict it is tried anew, `attempts` times in all, then `ConflictError` is raised."""
        for left in reversed(range(attempts)):
            try:
                with self._writing() as unit:
                    return unit.do(case, *commands)
            except ConflictError:
                if not left:
                    raise
        raise ValueError("`attempts` is at least 1")

    def journal(self, case: str) -> list[dict[str, Any]]:
        """See `Unit.journal`."""
        with self._reading() as unit:
            return unit.journal(case)

    # -- looking ------------------------------------------------------------------------------------------

    def row(self, case: str) -> CaseRow:
        """See `Unit.row`."""
        with self._reading() as unit:
            return unit.row(case)

    def find(
        self, *, order: Order = "case", limit: int = 100, after: CaseRow | None = None, **sought: Unpack[Sought]
    ) -> tuple[CaseRow, ...]:
        """See `Unit.find`."""
        with self._reading() as unit:
            return unit.find(order=order, limit=limit, after=after, **sought)

    def count(self, **sought: Unpack[Sought]) -> int:
        """See `Unit.count`."""
        with self._reading() as unit:
            return unit.count(**sought)

    def verify(self, case: str | None = None) -> Iterator[Damage]:
        """See `Unit.verify`."""
        with self._reading() as unit:
            yield from unit.verify(case)

    # -- versions ---------------------------------------------------------------------------------------------

    def migrate(
        self,
        plan: Plan,
        old: Process,
        new: Process,
        *,
        at: datetime,
        by: str = "",
        rehearse: bool = False,
        batch: int = BATCH,
        progress: Progress | None = None,
        each: Each | None = None,
    ) -> Report:
        """Carries the open cases of one version over to another, each with an entry in its journal, and accounts for every case.

        In batches with a transaction each, and little in memory. Killed half way, it goes on where it stopped when it is called again. Cases that
        ended stay where they are. With `rehearse` nothing in the store changes: SQLite is copied into a temporary file, PostgreSQL rolled back.
        `progress` hears how many cases of how many are done, `each` of every case of the old version. Raises `StoreError` where plan and
        versions do not belong together; what is wrong with one case is in the report.
        """
        migration = Migration(plan, old, new, at, by)
        if not rehearse:
            return migrating.migrate(
                migration, self._reading, self._writing, rehearsed=False, batch=batch, progress=progress, each=each
            )
        if self.engine.dialect.name != "sqlite":
            return migrating.migrate(
                migration, self._reading, self._trying, rehearsed=True, batch=batch, progress=progress, each=each
            )
        migration.check()
        with copied(self.engine) as path, Store(f"sqlite:///{path}", durability="normal") as copy:
            return migrating.migrate(
                migration, copy._reading, copy._writing, rehearsed=True, batch=batch, progress=progress, each=each
            )

    @contextmanager
    def _trying(self) -> Generator[Unit, None, None]:
        """A unit in a transaction that is rolled back whatever happens in it."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            yield Unit(connection, self._library, self._outbox)
            transaction.rollback()

    # -- mending, on demand -------------------------------------------------------------------------------

    def redact(self, case: str, entries: Sequence[int]) -> None:
        """See `Unit.redact`."""
        with self._writing() as unit:
            unit.redact(case, entries)

    def rebuild(self, case: str) -> None:
        """See `Unit.rebuild`."""
        with self._writing() as unit:
            unit.rebuild(case)
