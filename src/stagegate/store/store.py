"""The store a host opens: each verb in a transaction of its own, committed when it returns."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, Unpack

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from stagegate.case import Case
from stagegate.doors import demand, whole
from stagegate.errors import ConflictError, StagegateError, StoreError, SubscriberError
from stagegate.store import migrating
from stagegate.store.database import WRITING, Durability, engine_for
from stagegate.store.definitions import Library
from stagegate.store.due import AT_ONCE, LEASE, Ticked
from stagegate.store.migrating import BATCH, Migration, Run, copied
from stagegate.store.schema import bring_up
from stagegate.store.telling import Subscriber, checked, committed, not_awaited, tell
from stagegate.store.unit import Opened, Opening, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Engine

    from stagegate.engine.commands import Command, Told
    from stagegate.engine.results import Step
    from stagegate.process import Process
    from stagegate.store.checking import Damage
    from stagegate.store.finding import Order, Sought
    from stagegate.store.migrating import Each, Progress
    from stagegate.store.outbox import Batch
    from stagegate.store.rows import CaseRow
    from stagegate.store.telling import Handler, Pending
    from stagegate.versions.plan import Plan
    from stagegate.versions.report import Report

T = TypeVar("T")
ATTEMPTS: Final = 5


@contextmanager
def kept_unless_saved(cases: Iterable[Case]) -> Generator[None, None, None]:
    """Leaves the handles as they were where the transaction could not be committed."""
    before = [(case, case.kept) for case in cases if hasattr(case, "kept")]
    try:
        yield
    except SubscriberError:
        raise  # it is committed all the same
    except BaseException:
        for case, kept in before:
            case.kept = kept
        raise


class Store:
    """Cases in SQLite or PostgreSQL. Safe for any number of threads and processes.

    `where` is a URL (`sqlite:///deals.db`, `postgresql://...`) or an engine of the host's, used as it is. `durability` is that of
    SQLite (see `stagegate.store.database`). `subscribers` are told in this process of what followed, after each commit; where one raises,
    the verb has done what it should and raises `SubscriberError`, with what it would have given as `result`. With `outbox` off, what follows from commands is not kept to be delivered. With `create`
    off, missing tables are an error. Raises `StoreError`.
    """

    __slots__ = ("_library", "_outbox", "_own", "_subscribers", "engine")

    def __init__(
        self,
        where: str | Engine,
        *,
        durability: Durability = "full",
        subscribers: Iterable[Subscriber] = (),
        outbox: bool = True,
        create: bool = True,
    ) -> None:
        self.engine: Final = engine_for(where, durability)
        self._own: Final = self.engine is not where
        self._outbox: Final = outbox
        self._subscribers: Final = checked(subscribers)
        self._library: Final = Library()
        try:
            with self._writing() as unit:
                bring_up(unit.connection, create=create)
        except DBAPIError as error:
            self.close()
            raise StoreError(f"cannot open a store at {self.engine.url}: {error.orig}") from error
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
        """The same verbs inside the host's connection and transaction; the host commits, or rolls back.

        Subscribers are told when the host has committed and gives the connection back to its pool, or calls `Unit.tell`.
        """
        what = "a Connection of SQLAlchemy, as `with engine.begin() as connection` or `session.connection()` gives one"
        demand(isinstance(connection, Connection), "connection", what, connection)
        return Unit(connection, self._library, self._outbox, self._subscribers)

    @contextmanager
    def begin(self) -> Generator[Unit, None, None]:
        """Several verbs in one transaction, committed at the end, rolled back where an exception leaves it.

        The host may write what is its own with `unit.connection`. Subscribers are told after the commit; raises `SubscriberError`.
        """
        with self._writing() as unit:
            yield unit

    @contextmanager
    def _writing(self) -> Generator[Unit, None, None]:
        """A unit in a transaction that writes, committed at the end."""
        told: Pending = []
        with self.engine.connect().execution_options(**{WRITING: True}) as connection:
            with connection.begin():
                yield Unit(connection, self._library, self._outbox, self._subscribers)
            if self._subscribers:
                told = committed(connection.info)
        tell(told, not_awaited)

    def _write(self, verb: Callable[[Unit], T]) -> T:
        """What a verb gives, in a transaction that writes. A `SubscriberError` carries it, too."""
        result: T | None = None
        try:
            with self._writing() as unit:
                result = verb(unit)
        except SubscriberError as error:
            raise SubscriberError(error.errors, result) from error.errors[0][1]
        return result

    def _read(self, verb: Callable[[Unit], T]) -> T:
        """What a verb gives, in a transaction that reads."""
        with self._reading() as unit:
            return verb(unit)

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
        return self._write(
            lambda unit: unit.open(case, process, at=at, start=start, at_stage=at_stage, skipped=skipped, **told)
        )

    def add(self, case: Case, process: Process) -> None:
        """See `Unit.add`."""
        with self._writing() as unit:
            unit.add(case, process)

    def open_many(self, process: Process, openings: Iterable[Opening]) -> Opened:
        """See `Unit.open_many`; all of them in one transaction."""
        return self._write(lambda unit: unit.open_many(process, openings))

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
        whole(attempts, "attempts")
        while True:
            attempts -= 1
            try:
                return self._write(lambda unit: unit.do(case, *commands))
            except ConflictError:
                if not attempts:
                    raise

    def journal(self, case: str) -> list[dict[str, Any]]:
        """See `Unit.journal`."""
        with self._reading() as unit:
            return unit.journal(case)

    # -- what has become due, and what followed ---------------------------------------------------------

    def claim_due(
        self, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> tuple[str, ...]:
        """See `Unit.claim_due`."""
        return self._write(lambda unit: unit.claim_due(at=at, worker=worker, limit=limit, lease=lease))

    def tick_due(
        self, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> tuple[Ticked, ...]:
        """Claims what is due and ticks it, each case in a transaction of its own; what followed, or what is wrong with the case.

        Where subscribers raise, all are ticked first; then one `SubscriberError` with all errors.
        """
        done: list[Ticked] = []
        errors: list[tuple[str, Exception]] = []
        for case in self.claim_due(at=at, worker=worker, limit=limit, lease=lease):
            try:
                done.append(self._tick(case, at, worker))
            except SubscriberError as error:
                done.append(error.result)
                errors += error.errors
            except StagegateError as error:
                done.append(Ticked(case, error=error))
        if errors:
            raise SubscriberError(errors, tuple(done))
        return tuple(done)

    def _tick(self, case: str, at: datetime, worker: str) -> Ticked:
        """Ticks one case; after a conflict once more."""
        try:
            return self._write(lambda unit: unit.tick(case, at=at, worker=worker))
        except ConflictError:
            return self._write(lambda unit: unit.tick(case, at=at, worker=worker))

    def deliver(
        self, handler: Handler, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> int:
        """Gives events of the outbox to a handler, at least once each and in order within a case; how many were delivered.

        A handler that raises leaves its event and the later ones of that case for the next time, and the other cases go on; then one
        `SubscriberError` with all errors is raised, its `result` how many were delivered. Deduplicate by `Happened.id`: who dies after
        its handler was called, or takes longer than the lease, has delivered what another will deliver again.
        """
        subscribers, delivered = (Subscriber(handler),), 0
        errors: list[tuple[str, Exception]] = []
        for taken in self._write(lambda unit: unit.claim_events(at=at, worker=worker, limit=limit, lease=lease)):
            done = 0
            try:
                for happened in taken.happened:
                    tell([(subscribers, happened)], not_awaited)
                    done += 1
            except SubscriberError as error:
                errors += error.errors
            finally:
                self._settle(taken, done, at)
            delivered += done
        if errors:
            raise SubscriberError(errors, delivered)
        return delivered

    def _settle(self, taken: Batch, done: int, at: datetime) -> None:
        """Notes what was delivered of a batch."""
        self._write(lambda unit: unit.settle(taken, done, at=at))

    def waiting(self) -> int:
        """See `Unit.waiting`."""
        with self._reading() as unit:
            return unit.waiting()

    def forget_delivered(self, *, before: datetime) -> int:
        """See `Unit.forget_delivered`."""
        return self._write(lambda unit: unit.forget_delivered(before=before))

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
        versions do not belong together; what is wrong with one case is in the report. Where subscribers raise, all is done first; then one `SubscriberError`
        with the first hundred errors is raised, the report its `result`.
        """
        migration = Migration(plan, old, new, at, by)
        run = Run(migration, rehearsed=rehearse, batch=batch, progress=progress, each=each)
        if not rehearse:
            return migrating.migrate(run, self._read, self._write)
        if self.engine.dialect.name != "sqlite":
            return migrating.migrate(run, self._read, self._try)
        with copied(self.engine) as path, Store(f"sqlite:///{path}", durability="normal") as copy:
            return migrating.migrate(run, copy._read, copy._write)

    def _try(self, verb: Callable[[Unit], T]) -> T:
        """What a verb gives, in a transaction that is rolled back whatever happens in it."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            result = verb(Unit(connection, self._library, self._outbox))
            transaction.rollback()
        return result

    # -- mending, on demand -------------------------------------------------------------------------------

    def redact(self, case: str, entries: Sequence[int]) -> None:
        """See `Unit.redact`."""
        with self._writing() as unit:
            unit.redact(case, entries)

    def refresh(self, process: Process) -> int:
        """See `Unit.refresh`; all of them, in transactions of 500."""
        done = 0
        while number := self._write(lambda unit: unit.refresh(process)):
            done += number
        return done

    def rebuild(self, case: str) -> None:
        """See `Unit.rebuild`."""
        with self._writing() as unit:
            unit.rebuild(case)
