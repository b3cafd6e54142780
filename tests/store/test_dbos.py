"""Time limits as workflows of DBOS. Nobody waits for a limit: what lies waiting is woken, and the clock is the test's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("dbos", reason="the extra `dbos` is not installed")

from dbos import DBOS, DBOSConfig
from tests.store.conftest import AT
from tests.store.timed import small_deal

from stagegate import commands
from stagegate.adapters.dbos import TimeLimits, limits_of
from stagegate.store import Store, Subscriber

DAY = timedelta(days=1)
FIRST = "stagegate:A:selling:visit:1"

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # DBOS takes long to make its tables in PostgreSQL

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


class Running:
    """A store whose limits DBOS watches over, and the clock of both."""

    def __init__(self, store: Store, limits: TimeLimits, clock: list[datetime], heard: list[str]) -> None:
        self.store, self.limits, self.clock, self.heard = store, limits, clock, heard

    def wake(self, workflow: str, at: datetime) -> str:
        """What becomes of a workflow that lies waiting when it is that time."""
        self.clock[0] = at
        assert waiting(workflow)
        DBOS.set_workflow_delay(workflow, delay_seconds=0)
        return DBOS.retrieve_workflow(workflow).get_result()


def waiting(workflow: str) -> bool:
    """Whether there is such a workflow, and it lies waiting."""
    status = DBOS.get_workflow_status(workflow)
    return status is not None and status.status == "DELAYED"


@pytest.fixture
def running(url: str, tmp_path: Path) -> Iterator[Running]:
    clock = [AT]
    system = (
        f"sqlite:///{tmp_path}/dbos.db"
        if url.startswith("sqlite")
        else url.replace("postgresql://", "postgresql+psycopg://")
    )
    config: DBOSConfig = {
        "name": "stagegate-test",
        "system_database_url": system,
        "application_version": "1",
        "log_level": "ERROR",
        "notification_listener_polling_interval_sec": 0.01,
        "run_admin_server": False,
    }
    DBOS.destroy(destroy_registry=True)
    DBOS(config=config)
    heard: list[str] = []
    watched = Store(url, subscribers=[Subscriber(lambda happened: heard.append(happened.id))])
    limits = TimeLimits(watched, clock=lambda: clock[0])
    DBOS.launch()
    limits.launch()
    DBOS.register_queue("stagegate_time_limits", polling_interval_sec=0.05, on_conflict="always_update")
    with Store(url, subscribers=[limits.subscriber]) as store, watched:
        yield Running(store, limits, clock, heard)
        DBOS.destroy(destroy_registry=True)


def test_a_stage_entered_is_watched_and_ticked(running: Running) -> None:
    running.store.open("A", small_deal(), at=AT)
    status = DBOS.get_workflow_status(FIRST)
    assert status is not None
    assert status.status == "DELAYED"
    assert running.wake(FIRST, AT + 7 * DAY) == "ticked"
    assert running.heard == ["A/2/1"]
    (event,) = running.store.journal("A")[-1]["events"]
    assert (event["kind"], event["subject"]) == ("overdue", "visit")
    running.limits.watch("A")
    assert not [w for w in DBOS.list_workflows() if w.status == "DELAYED"]


@SQLITE
def test_a_case_that_has_moved_on_is_left_alone(running: Running) -> None:
    running.store.open("A", small_deal(), at=AT)
    running.store.do("A", commands.meet("asked", AT + DAY))
    assert waiting("stagegate:A:selling:offer:1")
    assert running.wake(FIRST, AT + 7 * DAY) == "over"
    assert running.store.row("A").seq == 2
    running.store.do("A", commands.loop_back("again", AT + 7 * DAY))
    assert waiting("stagegate:A:selling:visit:2")
    running.store.do("A", commands.end("lost", AT + 8 * DAY))
    assert running.wake("stagegate:A:selling:visit:2", AT + 20 * DAY) == "over"


def test_a_hold_stops_the_clock(running: Running) -> None:
    running.store.open("A", small_deal(), at=AT)
    running.store.do("A", commands.hold(AT + 3 * DAY))
    assert running.wake(FIRST, AT + 7 * DAY) == "waits"
    assert running.wake(f"{FIRST}+2", AT + 11 * DAY) == "waits"
    running.store.do("A", commands.resume(AT + 13 * DAY))
    again = f"{FIRST}:3"  # the resumption is told: this one knows when
    assert waiting(again)
    assert running.wake(again, AT + 17 * DAY) == "ticked"
    assert running.wake(f"{FIRST}+3", AT + 17 * DAY) == "over"
    assert [e["command"]["kind"] for e in running.store.journal("A")] == ["open", "hold", "resume", "tick"]


@SQLITE
def test_told_twice_it_is_watched_once(running: Running) -> None:
    with Store(str(running.store.engine.url.render_as_string(hide_password=False))) as silent:
        silent.open("A", small_deal(), at=AT)
        told = []
        silent.deliver(told.append, at=AT, worker="w")
    for _ in range(3):
        running.limits.heard(told[0])
    assert [w.workflow_id for w in DBOS.list_workflows()] == [FIRST]


def test_the_limits_of_a_case() -> None:
    case = small_deal().open("A", at=AT)
    (limit,) = limits_of(case)
    assert (limit.stage, limit.visit, limit.due, limit.left) == ("visit", 1, AT + 7 * DAY, 7 * DAY)
    case.hold(at=AT + 2 * DAY)
    (limit,) = limits_of(case)
    assert (limit.due, limit.left) == (None, 5 * DAY)
    case.resume(at=AT + 3 * DAY)
    case.tick(at=AT + 9 * DAY)
    assert not list(limits_of(case))
