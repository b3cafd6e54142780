"""Cases on which a time limit, a reminder or a waiver has become due: who takes them, and a plain loop that ticks them.

A claim is a courtesy between workers: it keeps two of them from doing the same work. That nothing is done twice does not rest on it
but on the compare-and-set of every command; so clocks that differ, or a lease that runs out too early, cost work and nothing else.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import false, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from stagegate.doors import aware, called, demand, lasting, whole
from stagegate.errors import StagegateError, SubscriberError
from stagegate.store.schema import CASES, stamp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

    from stagegate.engine.events import Event
    from stagegate.store.aio import AsyncStore
    from stagegate.store.store import Store
    from stagegate.store.telling import Handler

LEASE: Final = timedelta(minutes=1)
AT_ONCE: Final = 100
MOST: Final = 1_000
LONGEST_NAME: Final = 200
_C: Final = CASES.c


@frozen
class Ticked:
    """A case that was due: what followed from the tick, or why it could not be ticked (a damaged snapshot, say; it is tried again when the
    lease has run out). Nothing follows where somebody else was quicker.
    """

    case: str
    events: tuple[Event, ...] = ()
    error: StagegateError | None = None


def until(at: datetime, limit: int, lease: timedelta) -> tuple[int, int]:
    """Now and the end of a lease as stamps. Raises `CommandError` for what cannot be meant."""
    whole(limit, "limit", MOST)
    lasting(lease, "lease")
    return stamp(aware(at)), stamp(at + lease)


def is_name(worker: object) -> None:
    """Raises `CommandError` for the name of a worker that says nothing."""
    good = isinstance(worker, str) and 0 < len(worker) <= LONGEST_NAME and worker.isprintable()
    demand(good, "worker", f"a name of 1 to {LONGEST_NAME} printable characters", worker)


def claim(connection: Connection, *, at: datetime, worker: str, limit: int, lease: timedelta) -> tuple[str, ...]:
    """Takes cases that are due and that nobody holds; the longest due first."""
    is_name(worker)
    now, end = until(at, limit, lease)
    lock(connection)
    free = (_C.next_due <= now) & or_(_C.claimed_until.is_(None), _C.claimed_until <= now)
    order = (func.coalesce(_C.claimed_until, 0), _C.next_due, _C.case)  # what was tried in vain comes last
    query = select(_C.case).where(free).order_by(*order).limit(limit).with_for_update(skip_locked=True)
    found = connection.execute(query).scalars().all()
    if not found:
        return ()
    mine = update(CASES).where(_C.case.in_(found))
    connection.execute(mine.values(claimed_by=worker, claimed_until=end))
    return tuple(found)


def lock(connection: Connection) -> None:
    """Makes sure that nobody claims between looking and claiming: PostgreSQL locks the rows, SQLite the file by the first write.

    A `Store` begins that way by itself; a host's own connection may not.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(update(CASES).where(false()).values(claimed_by=None))


def release(connection: Connection, case: str, worker: str) -> None:
    """Gives a case up, if this worker still holds it."""
    held = (_C.case == case) & (_C.claimed_by == worker)
    connection.execute(update(CASES).where(held).values(claimed_by=None, claimed_until=None))


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def never() -> bool:
    """A loop that nobody stops."""
    return False


def run(
    store: Store,
    *,
    worker: str,
    handler: Handler | None = None,
    clock: Callable[[], datetime] = now,
    stop: Callable[[], bool] = never,
    wait: Callable[[float], object] = time.sleep,
    every: timedelta = timedelta(seconds=30),
    limit: int = AT_ONCE,
    lease: timedelta = LEASE,
    told: Callable[[Ticked], object] | None = None,
    failed: Callable[[Exception], object] | None = None,
) -> None:
    """A worker: ticks what is due, and with a `handler` delivers the outbox; then waits, until `stop` says so.

    `wait` is given seconds. With a `threading.Event`: `stop=event.is_set, wait=event.wait`. `told` hears of each case that was ticked.
    `failed` hears of errors of the store, the database and the handlers, and the loop goes on; without it they are raised.
    """
    from stagegate.store.store import Store

    demand(isinstance(store, Store), "store", "a Store (for an AsyncStore there is `run_async`)", store)
    check_loop(every, clock=clock, stop=stop, wait=wait, handler=handler, told=told, failed=failed)

    def tick() -> int:
        return ticked(store.tick_due(at=clock(), worker=worker, limit=limit, lease=lease), told)

    def deliver() -> int:
        return 0 if handler is None else store.deliver(handler, at=clock(), worker=worker, limit=limit, lease=lease)

    while not stop():
        for work in (tick, deliver):
            try:
                while not stop() and work() == limit:
                    pass
            except (StagegateError, SQLAlchemyError) as error:
                heed(error, told, failed)
        if not stop():
            wait(every.total_seconds())


async def run_async(
    store: AsyncStore,
    *,
    worker: str,
    wait: Callable[[float], Awaitable[object]],
    handler: Handler | None = None,
    clock: Callable[[], datetime] = now,
    stop: Callable[[], bool] = never,
    every: timedelta = timedelta(seconds=30),
    limit: int = AT_ONCE,
    lease: timedelta = LEASE,
    told: Callable[[Ticked], object] | None = None,
    failed: Callable[[Exception], object] | None = None,
) -> None:
    """The same on asyncio; `wait` may be `asyncio.sleep`, `handler` a coroutine function. Cancel the task to end it at once."""
    from stagegate.store.aio import AsyncStore

    demand(isinstance(store, AsyncStore), "store", "an AsyncStore (for a Store there is `run`)", store)
    check_loop(every, clock=clock, stop=stop, wait=wait, handler=handler, told=told, failed=failed)

    async def tick() -> int:
        return ticked(await store.tick_due(at=clock(), worker=worker, limit=limit, lease=lease), told)

    async def deliver() -> int:
        if handler is None:
            return 0
        return await store.deliver(handler, at=clock(), worker=worker, limit=limit, lease=lease)

    while not stop():
        for work in (tick, deliver):
            try:
                while not stop() and await work() == limit:
                    pass
            except (StagegateError, SQLAlchemyError) as error:
                heed(error, told, failed)
        if not stop():
            await wait(every.total_seconds())


def check_loop(every: timedelta, **functions: object) -> None:
    """Raises `CommandError` for what a loop cannot go on with; a function that is not given is None."""
    lasting(every, "every")
    for name, given in functions.items():
        if given is not None:
            called(given, name)


def ticked(done: tuple[Ticked, ...], told: Callable[[Ticked], object] | None) -> int:
    """Tells of cases that were ticked; how many."""
    if told is not None:
        for each in done:
            told(each)
    return len(done)


def heed(
    error: Exception, told: Callable[[Ticked], object] | None, failed: Callable[[Exception], object] | None
) -> None:
    """Tells of an error, and of what was done all the same; raises it where nobody wants to hear."""
    result: Any = error.result if isinstance(error, SubscriberError) else None
    if isinstance(result, tuple):
        ticked(tuple(each for each in result if isinstance(each, Ticked)), told)
    if failed is None:
        raise error
    failed(error)
