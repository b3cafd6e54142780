"""Time limits of cases as durable workflows of DBOS: for several machines, without a loop of one's own.

    limits = TimeLimits(store)          # before DBOS.launch()
    DBOS.launch()
    limits.launch()                     # after it
    Store(url, subscribers=[limits.subscriber])

For every visit of a stage with a `time_limit` one workflow lies waiting in DBOS's database, by the name `stagegate:CASE:TRACK:STAGE:VISIT`, and no
thread waits with it. When the limit is reached it ticks the case. Where the case has moved on it does nothing; where a hold has stopped the clock
it lies down again for what is left. Needs the extra `dbos`.
"""

from __future__ import annotations

from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from attrs import frozen

from stagegate.doors import called, demand, lacking, lasting, text

try:
    from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, StepOptions
except ModuleNotFoundError as missing:  # pragma: no cover - a test runs it in another interpreter
    raise lacking(missing, "the adapter to DBOS", "dbos") from None

from stagegate.engine.casewide import limit_reached
from stagegate.engine.commands import tick
from stagegate.errors import UnknownCaseError
from stagegate.store.store import Store
from stagegate.store.telling import Subscriber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stagegate.case import Case
    from stagegate.store.events import Happened

QUEUE: Final = "stagegate_time_limits"
WORKFLOW: Final = "stagegate.time_limit"
# The events after which another limit may run, or one may run again.
STARTING: Final = ("entered", "reopened", "resumed", "observed", "moved_back", "repeated", "migrated")
_LIVE: Final = ("PENDING", "ENQUEUED", "DELAYED")
_STEP: Final[StepOptions] = {
    "name": "stagegate.time_limit.ask",
    "retries_allowed": True,
    "max_attempts": 8,
    "interval_seconds": 1.0,
    "backoff_rate": 2.0,
}


@frozen
class Limit:
    """A time limit of the visit that a case is on: when it is reached, None while the clock stands still; what is left of it."""

    track: str
    stage: str
    visit: int
    due: datetime | None
    left: timedelta


def limits_of(case: Case) -> Iterator[Limit]:
    """The time limits that are neither reached nor over, one for each track at most."""
    rest = case.snapshot.rest
    for table in case.tables.tracks:
        place, memory = case.snapshot.places[table.index].stage, rest.tracks[table.index]
        if rest.ended or place < 0 or memory.overdue >> place & 1:
            continue
        stage = table.stages[place].stage
        if stage.time_limit is None or (memory.ticking is None and rest.held is None):
            continue
        due = limit_reached(table, memory, place)
        left = stage.time_limit - memory.clocks.get(place, timedelta())
        yield Limit(table.track.id, stage.id, memory.visits.get(place, 0) + 1, due, left)


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class TimeLimits:
    """Has DBOS tick the cases of a store when their time limits are reached. Make one before `DBOS.launch()`.

    `patience` is how long a workflow waits at least before it asks a case on hold again (a `resumed` that is told starts another at once). `clock`
    is the time that ticks are recorded at; DBOS counts by its own.
    """

    __slots__ = ("_clock", "_patience", "_queue", "_store", "_workflow", "subscriber")

    def __init__(
        self,
        store: Store,
        *,
        queue: str = QUEUE,
        patience: timedelta = timedelta(hours=1),
        clock: Callable[[], datetime] = now,
    ) -> None:
        demand(isinstance(store, Store), "store", "a Store (there is no adapter for an AsyncStore)", store)
        text(queue, "queue")
        lasting(patience, "patience")
        called(clock, "clock")
        self._store: Final = store
        self._queue: Final = queue
        self._patience: Final = patience
        self._clock: Final = clock

        def time_limit(root: str, turn: int, case: str, track: str, stage: str, visit: int) -> str:
            return self._time_limit(root, turn, case, track, stage, visit)

        self._workflow: Final = DBOS.workflow(name=WORKFLOW)(
            time_limit
        )  # DBOS marks a function, which a bound method cannot be
        self.subscriber: Final = Subscriber(self.heard, kinds=STARTING)

    def launch(self) -> None:
        """Makes the queue known to DBOS; to be called after `DBOS.launch()`, in every process."""
        DBOS.register_queue(self._queue)

    def heard(self, happened: Happened) -> None:
        """Starts a workflow for each limit that runs now; for a subscriber, or as the handler of `Store.deliver` (other kinds are passed over)."""
        if happened.kind in STARTING:
            self.watch(happened.case)

    def watch(self, case: str) -> None:
        """Starts a workflow for each time limit of a case that is still to be reached, unless there is one."""
        # A tick of ours may be what is told of: DBOS must not take this for a part of that step.
        Context().run(self._watch, case)

    def _watch(self, case: str) -> None:
        try:
            found = self._store.load(case)
        except UnknownCaseError:
            return
        for limit in limits_of(found):
            root = f"stagegate:{case}:{limit.track}:{limit.stage}:{limit.visit}"
            there = DBOS.get_workflow_status(root)
            if there is not None and there.status not in _LIVE:
                root = f"{root}:{found.seq}"  # the case went away from this visit and came back to it
            elif there is not None:
                continue
            self._enqueue(root, 1, case, limit, self._waits(limit))

    def _enqueue(self, root: str, turn: int, case: str, limit: Limit, wait: float) -> None:
        """Lays a workflow down for so many seconds; nothing where its id is known."""
        name = root if turn == 1 else f"{root}+{turn}"
        with SetWorkflowID(name), SetEnqueueOptions(delay_seconds=wait):
            DBOS.enqueue_workflow(self._queue, self._workflow, root, turn, case, limit.track, limit.stage, limit.visit)

    def _waits(self, limit: Limit) -> float:
        """In how many seconds the limit can be reached at the earliest; on hold not before what is left of it, and with patience."""
        left = max(limit.left, self._patience) if limit.due is None else limit.due - self._clock()
        return max(left.total_seconds(), 0.0)

    def _time_limit(self, root: str, turn: int, case: str, track: str, stage: str, visit: int) -> str:
        """The workflow: what became of it, in a word."""
        wait = DBOS.run_step(_STEP, self._ask, case, track, stage, visit)
        if wait < 0:
            return "over"
        if wait == 0:
            return "ticked"
        self._enqueue(root, turn + 1, case, Limit(track, stage, visit, None, timedelta()), wait)
        return "waits"

    def _ask(self, case: str, track: str, stage: str, visit: int) -> float:
        """Ticks the case if the limit is reached: 0. How many seconds to wait if it is still to come; -1 if it will not come."""
        try:
            found = self._store.load(case)
        except UnknownCaseError:
            return -1
        limit = next((m for m in limits_of(found) if (m.track, m.stage, m.visit) == (track, stage, visit)), None)
        if limit is None:
            return -1
        at = self._clock()
        if limit.due is None or limit.due > at:
            return self._waits(limit)
        self._store.do(case, tick(at))
        self.watch(case)  # what followed from the tick may have led the case on
        return 0
