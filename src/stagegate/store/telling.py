"""Subscribers in process: who is told what, and when. Never before a transaction is committed, never after it was rolled back.

What followed is gathered while a transaction runs. A savepoint that is rolled back takes with it what was gathered since.
SQLAlchemy tells of a commit just before it is done; so what is committed is only put by then, and told when the connection
goes back to its pool, or by whoever knows that the commit is done.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from attrs import field, frozen
from sqlalchemy import event

from stagegate.doors import called, demand
from stagegate.engine.events import EVENT_KINDS
from stagegate.errors import CommandError, SubscriberError

if TYPE_CHECKING:
    from sqlalchemy import Connection, ExceptionContext

    from stagegate.store.events import Happened

Handler = Callable[["Happened"], object]
_PUT_BY: Final = "stagegate.told_when_committed"  # the name in `Connection.info`
_GATHERS: Final = "stagegate.gathers_what_followed"
_LOG: Final = logging.getLogger("stagegate.store")


def _kinds(given: Iterable[str]) -> frozenset[str]:
    demand(isinstance(given, Iterable), "kinds", "names of kinds of events", given)
    return frozenset([given] if isinstance(given, str) else given)


@frozen
class Subscriber:
    """Who is told of events in this process, after the commit: of these kinds, of all if none is named.

    `handler` is called with one `Happened` after another, in the order of each case; in an `AsyncStore` it may be a coroutine
    function. Raises `CommandError` for a kind that there is not.
    """

    handler: Handler
    kinds: frozenset[str] = field(default=frozenset(), converter=_kinds)

    def __attrs_post_init__(self) -> None:
        called(self.handler, "handler")
        unknown = self.kinds - EVENT_KINDS.keys()
        if unknown:
            raise CommandError(f"there is no kind of event `{min(unknown):.60}`: one of {', '.join(EVENT_KINDS)}")

    def wants(self, kind: str) -> bool:
        """Whether it is to be told of events of this kind."""
        return not self.kinds or kind in self.kinds


Subscribers = tuple[Subscriber, ...]


def checked(subscribers: Iterable[Subscriber]) -> Subscribers:
    """The subscribers; raises `CommandError` for what is none."""
    what = "a list of `Subscriber(handler)`"
    demand(isinstance(subscribers, Iterable), "subscribers", what, subscribers)
    found = tuple(subscribers)
    demand(all(isinstance(each, Subscriber) for each in found), "subscribers", what, found)
    return found


Pending = list[tuple[Subscribers, "Happened"]]


class Heard:
    """What followed in the transaction of one connection, until it is committed or rolled back."""

    __slots__ = ("_connection", "_marks", "_pending", "_subscribers")

    def __init__(self, connection: Connection, subscribers: Subscribers) -> None:
        self._connection = ref(connection)
        self._subscribers = subscribers
        self._pending: Pending = []
        self._marks: list[int] = []  # for each savepoint that is open, how much was pending when it was set
        told_of: dict[str, Callable[..., None]] = {
            "commit": self._committed,
            "commit_twophase": self._committed,
            "rollback": self._rolled_back,
            "rollback_twophase": self._rolled_back,
            "savepoint": self._marked,
            "rollback_savepoint": self._back_to_mark,
            "release_savepoint": self._unmarked,
        }
        for name, listener in told_of.items():
            event.listen(connection, name, listener)
        engine = connection.engine
        if not event.contains(engine, "checkin", given_back):
            event.listen(engine, "checkin", given_back)
            event.listen(engine, "handle_error", went_wrong)

    def fits(self, connection: Connection, subscribers: Subscribers) -> bool:
        """Whether it is that of this connection, for these subscribers."""
        return self._connection() is connection and self._subscribers is subscribers

    def add(self, happened: Iterable[Happened]) -> None:
        """Something followed."""
        for each in happened:
            if wanting := tuple(s for s in self._subscribers if s.wants(each.kind)):
                self._pending.append((wanting, each))

    def _committed(self, connection: Connection, *_: object) -> None:
        """The transaction is about to be committed."""
        if self._pending:
            connection.info.setdefault(_PUT_BY, []).extend(self._pending)
        self._rolled_back()

    def _rolled_back(self, *_: object) -> None:
        self._pending, self._marks = [], []

    def _marked(self, *_: object) -> None:
        self._marks.append(len(self._pending))

    def _back_to_mark(self, *_: object) -> None:
        """Savepoints are undone in the order in which they were set; one that is older than this undoes everything."""
        del self._pending[self._marks.pop() if self._marks else 0 :]

    def _unmarked(self, *_: object) -> None:
        if self._marks:
            self._marks.pop()


def heard_on(connection: Connection, subscribers: Subscribers) -> Heard | None:
    """What gathers for these subscribers on a connection, one for all units on it; None where nobody listens."""
    if not subscribers:
        return None
    there = connection.info.get(_GATHERS)
    if isinstance(there, Heard) and there.fits(connection, subscribers):
        return there
    heard = connection.info[_GATHERS] = Heard(connection, subscribers)
    return heard


def committed(info: dict[Any, Any]) -> Pending:
    """What was committed on a connection and is not told yet; afterwards it counts as told."""
    told: Pending = info.pop(_PUT_BY, [])
    return told


def went_wrong(context: ExceptionContext) -> None:
    """A commit has failed: nothing is told of it. (An error without a statement is one of the transaction itself.)"""
    if context.connection is not None and context.statement is None:
        committed(context.connection.info)


def given_back(connection: Any, record: Any) -> None:
    """A connection goes back to its pool: what was committed on it is told now. An error cannot reach the host any more: it is logged."""
    told = committed(record.info)

    def settled(awaited: Awaitable[object]) -> None:
        connection.run_async(lambda _: awaited)  # only an asyncio driver can do so: `AsyncStore`

    try:
        tell(told, settled)
    except SubscriberError as error:
        _LOG.exception("%s", error)


def tell(told: Pending, settled: Callable[[Awaitable[object]], object]) -> None:
    """Tells every subscriber of everything it wants. Raises one `SubscriberError` with all errors when all were told."""
    errors: list[tuple[str, Exception]] = []
    for subscribers, happened in told:
        for subscriber in subscribers:
            try:
                result = subscriber.handler(happened)
                if inspect.isawaitable(result):
                    settled(result)
            except Exception as error:  # noqa: BLE001 whatever a host's handler raises
                errors.append((happened.id, error))
    if errors:
        raise SubscriberError(errors)


async def tell_awaited(told: Pending) -> None:
    """The same for handlers that may be coroutine functions."""
    errors: list[tuple[str, Exception]] = []
    for subscribers, happened in told:
        for subscriber in subscribers:
            try:
                result = subscriber.handler(happened)
                if inspect.isawaitable(result):
                    await result
            except Exception as error:  # noqa: BLE001 whatever a host's handler raises
                errors.append((happened.id, error))
    if errors:
        raise SubscriberError(errors)


def not_awaited(awaited: Awaitable[object]) -> None:
    """Raises `CommandError`: a `Store` has nobody who could await."""
    if inspect.iscoroutine(awaited):
        awaited.close()
    raise CommandError("a handler of a `Store` is a plain function; coroutine functions are for `AsyncStore`")
