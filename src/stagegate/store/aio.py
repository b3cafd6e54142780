"""The store for hosts on asyncio: the same verbs, awaited. Each runs the one `Unit` there is, through SQLAlchemy's bridge."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, Unpack

from stagegate.doors import called, demand, lacking, whole

try:
    import greenlet  # type: ignore[import-untyped]  # noqa: F401  what SQLAlchemy awaits with
except ModuleNotFoundError as missing:  # pragma: no cover - a test runs it in another interpreter
    raise lacking(missing, "an `AsyncStore`", "async") from None

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from stagegate.errors import ConflictError, StagegateError, StoreError, SubscriberError
from stagegate.store.database import WRITING, Durability, in_memory, made, set_up, url_of, works_with
from stagegate.store.definitions import Library
from stagegate.store.due import AT_ONCE, LEASE, Ticked
from stagegate.store.migrating import BATCH, Migration, Run
from stagegate.store.schema import bring_up
from stagegate.store.store import ATTEMPTS, kept_unless_saved
from stagegate.store.telling import Subscriber, checked, committed, tell_awaited
from stagegate.store.unit import Opened, Opening, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence
    from datetime import datetime, timedelta

    from stagegate.case import Case
    from stagegate.engine.commands import Command, Told
    from stagegate.engine.results import Step
    from stagegate.process import Process
    from stagegate.store.checking import Damage
    from stagegate.store.finding import Order, Sought
    from stagegate.store.migrating import Each, Progress
    from stagegate.store.outbox import Batch
    from stagegate.store.rows import CaseRow
    from stagegate.store.telling import Handler
    from stagegate.versions.plan import Plan
    from stagegate.versions.report import Report

T = TypeVar("T")


class AsyncStore:
    """A `Store` whose verbs are awaited; make one with `await AsyncStore.at(where)`. Belongs to one event loop.

    A transaction that was begun is brought to its end, also where the task that awaits it is cancelled.
    `sqlite:///...` is opened with aiosqlite, `postgresql://...` with psycopg 3.
    """

    __slots__ = ("_library", "_outbox", "_own", "_subscribers", "engine")

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        subscribers: Iterable[Subscriber] = (),
        outbox: bool = True,
        own: bool = False,
    ) -> None:
        if not isinstance(engine, AsyncEngine):
            raise StoreError("an `AsyncStore` is made with `await AsyncStore.at(where)`: a URL, or an AsyncEngine")
        self.engine: Final = engine
        self._outbox: Final = outbox
        self._subscribers: Final = checked(subscribers)
        self._own: Final = own
        self._library: Final = Library()

    @classmethod
    async def at(
        cls,
        where: str | AsyncEngine,
        *,
        durability: Durability = "full",
        subscribers: Iterable[Subscriber] = (),
        outbox: bool = True,
        create: bool = True,
    ) -> Self:
        """The store at a URL, or in an engine of the host's, which is used as it is. Raises `StoreError`."""
        if isinstance(where, Engine):
            raise StoreError(
                "an `AsyncStore` works with an AsyncEngine, of `create_async_engine`; for an Engine there is `Store`"
            )
        engine = where if isinstance(where, AsyncEngine) else async_engine(where, durability)
        works_with(engine.dialect.name)
        store = cls(engine, subscribers=subscribers, outbox=outbox, own=engine is not where)
        try:
            await store._write(lambda unit: bring_up(unit.connection, create=create))
        except DBAPIError as error:
            await store.close()
            raise StoreError(f"cannot open a store at {engine.url}: {error.orig}") from error
        except BaseException:
            await store.close()
            raise
        return store

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections that are not in use; those of a host's engine are the host's."""
        if self._own:
            await self.engine.dispose()

    async def on(self, connection: AsyncConnection, verb: Callable[[Unit], T]) -> T:
        """Does something with a `Unit` inside the host's connection and transaction: `await store.on(c, lambda u: u.load("A"))`."""
        what = "an AsyncConnection of SQLAlchemy, as `async with engine.begin() as connection` gives one"
        demand(isinstance(connection, AsyncConnection), "connection", what, connection)
        called(verb, "verb")
        return await connection.run_sync(lambda sync: verb(Unit(sync, self._library, self._outbox, self._subscribers)))

    async def _write(self, verb: Callable[[Unit], T]) -> T:
        """What a verb gives, in a transaction that writes."""
        return await to_the_end(self._written(verb))

    async def _written(self, verb: Callable[[Unit], T]) -> T:
        async with self.engine.connect() as connection:
            await connection.execution_options(**{WRITING: True})
            async with connection.begin():
                result = await self.on(connection, verb)
            told = committed(connection.sync_connection.info) if connection.sync_connection is not None else []
        try:
            await tell_awaited(told)
        except SubscriberError as error:
            raise SubscriberError(error.errors, result) from error.errors[0][1]
        return result

    async def tell(self, connection: AsyncConnection) -> None:
        """Tells the subscribers of what was committed on a host's connection, without waiting until it is given back. See `Unit.tell`."""
        if connection.sync_connection is not None:
            await tell_awaited(committed(connection.sync_connection.info))

    async def _read(self, verb: Callable[[Unit], T]) -> T:
        """What a verb gives, in a transaction that reads."""
        return await to_the_end(self._seen(verb))

    async def _seen(self, verb: Callable[[Unit], T]) -> T:
        async with self.engine.connect() as connection, connection.begin():
            return await self.on(connection, verb)

    # -- definitions ------------------------------------------------------------------------------------

    async def keep(self, process: Process, text: str = "") -> None:
        """See `Unit.keep`."""
        await self._write(lambda unit: unit.keep(process, text))

    async def process(self, name: str, version: str | None = None) -> Process:
        """See `Unit.process`."""
        return await self._read(lambda unit: unit.process(name, version))

    # -- cases ------------------------------------------------------------------------------------------

    async def open(
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
        return await self._write(
            lambda unit: unit.open(case, process, at=at, start=start, at_stage=at_stage, skipped=skipped, **told)
        )

    async def add(self, case: Case, process: Process) -> None:
        """See `Unit.add`."""
        await self._write(lambda unit: unit.add(case, process))

    async def open_many(self, process: Process, openings: Iterable[Opening]) -> Opened:
        """See `Unit.open_many`."""
        return await self._write(lambda unit: unit.open_many(process, openings))

    async def load(self, case: str) -> Case:
        """See `Unit.load`."""
        return await self._read(lambda unit: unit.load(case))

    async def save(self, *cases: Case) -> None:
        """See `Unit.save`."""
        with kept_unless_saved(cases):
            await self._write(lambda unit: unit.save(*cases))

    async def do(self, case: str, *commands: Command, attempts: int = ATTEMPTS) -> tuple[Step, ...]:
        """See `Store.do`."""
        whole(attempts, "attempts")
        while True:
            attempts -= 1
            try:
                return await self._write(lambda unit: unit.do(case, *commands))
            except ConflictError:
                if not attempts:
                    raise

    async def journal(self, case: str) -> list[dict[str, Any]]:
        """See `Unit.journal`."""
        return await self._read(lambda unit: unit.journal(case))

    # -- what has become due, and what followed ---------------------------------------------------------

    async def claim_due(
        self, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> tuple[str, ...]:
        """See `Unit.claim_due`."""
        return await self._write(lambda unit: unit.claim_due(at=at, worker=worker, limit=limit, lease=lease))

    async def tick_due(
        self, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> tuple[Ticked, ...]:
        """See `Store.tick_due`."""
        done: list[Ticked] = []
        errors: list[tuple[str, Exception]] = []
        for case in await self.claim_due(at=at, worker=worker, limit=limit, lease=lease):
            try:
                done.append(await self._tick(case, at, worker))
            except SubscriberError as error:
                done.append(error.result)
                errors += error.errors
            except StagegateError as error:
                done.append(Ticked(case, error=error))
        if errors:
            raise SubscriberError(errors, tuple(done))
        return tuple(done)

    async def _tick(self, case: str, at: datetime, worker: str) -> Ticked:
        """Ticks one case; after a conflict once more."""
        try:
            return await self._write(lambda unit: unit.tick(case, at=at, worker=worker))
        except ConflictError:
            return await self._write(lambda unit: unit.tick(case, at=at, worker=worker))

    async def deliver(
        self, handler: Handler, *, at: datetime, worker: str, limit: int = AT_ONCE, lease: timedelta = LEASE
    ) -> int:
        """See `Store.deliver`; the handler may be a coroutine function."""
        subscribers, delivered = (Subscriber(handler),), 0
        errors: list[tuple[str, Exception]] = []
        for taken in await self._write(lambda unit: unit.claim_events(at=at, worker=worker, limit=limit, lease=lease)):
            done = 0
            try:
                for happened in taken.happened:
                    await tell_awaited([(subscribers, happened)])
                    done += 1
            except SubscriberError as error:
                errors += error.errors
            finally:
                await self._settle(taken, done, at)
            delivered += done
        if errors:
            raise SubscriberError(errors, delivered)
        return delivered

    async def _settle(self, taken: Batch, done: int, at: datetime) -> None:
        """Notes what was delivered of a batch."""
        await self._write(lambda unit: unit.settle(taken, done, at=at))

    async def waiting(self) -> int:
        """See `Unit.waiting`."""
        return await self._read(lambda unit: unit.waiting())

    async def forget_delivered(self, *, before: datetime) -> int:
        """See `Unit.forget_delivered`."""
        return await self._write(lambda unit: unit.forget_delivered(before=before))

    # -- looking ------------------------------------------------------------------------------------------

    async def row(self, case: str) -> CaseRow:
        """See `Unit.row`."""
        return await self._read(lambda unit: unit.row(case))

    async def find(
        self, *, order: Order = "case", limit: int = 100, after: CaseRow | None = None, **sought: Unpack[Sought]
    ) -> tuple[CaseRow, ...]:
        """See `Unit.find`."""
        return await self._read(lambda unit: unit.find(order=order, limit=limit, after=after, **sought))

    async def count(self, **sought: Unpack[Sought]) -> int:
        """See `Unit.count`."""
        return await self._read(lambda unit: unit.count(**sought))

    async def verify(self, case: str | None = None) -> tuple[Damage, ...]:
        """See `Unit.verify`; all of it at once."""
        return await self._read(lambda unit: tuple(unit.verify(case)))

    # -- versions ---------------------------------------------------------------------------------------------

    async def migrate(
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
        """See `Store.migrate`; a rehearsal is rolled back on SQLite, too. Cases are carried over in a thread, so that others go on meanwhile."""
        run = Run(Migration(plan, old, new, at, by), rehearsed=rehearse, batch=batch, progress=progress, each=each)
        await self._write(run.begin)
        while heads := await self._read(run.next_page):
            found = await asyncio.to_thread(run.carried, heads)
            written = partial(run.written, found=found)
            try:
                results = await (self._try(written) if rehearse else self._write(written))
            except SubscriberError as error:
                results = run.heard(error)
            run.told(heads, results)
        return run.closed(await self._read(run.report))

    async def _try(self, verb: Callable[[Unit], T]) -> T:
        """What a verb gives, in a transaction that is rolled back whatever happens in it."""
        return await to_the_end(self._tried(verb))

    async def _tried(self, verb: Callable[[Unit], T]) -> T:
        async with self.engine.connect() as connection:
            await connection.execution_options(**{WRITING: True})
            async with connection.begin() as transaction:
                result = await connection.run_sync(lambda sync: verb(Unit(sync, self._library, self._outbox)))
                await transaction.rollback()
        return result

    # -- mending, on demand -------------------------------------------------------------------------------

    async def redact(self, case: str, entries: Sequence[int]) -> None:
        """See `Unit.redact`."""
        await self._write(lambda unit: unit.redact(case, entries))

    async def refresh(self, process: Process) -> int:
        """See `Store.refresh`."""
        done = 0
        while number := await self._write(lambda unit: unit.refresh(process)):
            done += number
        return done

    async def rebuild(self, case: str) -> None:
        """See `Unit.rebuild`."""
        await self._write(lambda unit: unit.rebuild(case))


async def to_the_end(transaction: Coroutine[Any, Any, T]) -> T:
    """What a transaction gives; it ends before the caller does, also where that is cancelled meanwhile.

    A connection to SQLite that is given up half way goes on holding its lock until it is collected as garbage.
    """
    task = asyncio.ensure_future(transaction)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


def async_engine(where: str, durability: Durability) -> AsyncEngine:
    """The engine for a URL, with a driver that can be awaited, set up like that of a `Store`."""
    url = url_of(where)
    if url.drivername == "sqlite":
        url = url.set(drivername="sqlite+aiosqlite")
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        from sqlalchemy.pool import StaticPool

        options = {"connect_args": {"timeout": 30.0}, **({"poolclass": StaticPool} if in_memory(url) else {})}
    engine = made(create_async_engine, url, options)
    set_up(engine.sync_engine, durability)
    return engine
