"""What has become due: claimed by one worker at a time, ticked once, told."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from tests.store.conftest import AT
from tests.store.timed import small_deal

from stagegate import commands
from stagegate.errors import CommandError
from stagegate.store import Happened, Store, Ticked
from stagegate.store.due import run, run_async
from stagegate.store.schema import CASES

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LATE = AT + 8 * DAY


@pytest.fixture
def ten(store: Store) -> Store:
    """A store with ten cases, opened a minute after each other, limited to seven days."""
    for n in range(10):
        store.open(f"D{n}", small_deal(), at=AT + n * MINUTE)
    return store


def test_what_is_due_is_claimed_once(ten: Store) -> None:
    assert ten.claim_due(at=AT + 6 * DAY, worker="a") == ()
    first = ten.claim_due(at=AT + 7 * DAY + 5 * MINUTE, worker="a", limit=4)
    assert first == ("D0", "D1", "D2", "D3")
    assert ten.claim_due(at=AT + 7 * DAY + 5 * MINUTE, worker="b") == ("D4", "D5")
    assert ten.claim_due(at=AT + 7 * DAY + 5 * MINUTE, worker="c") == ()


def test_a_lease_runs_out(ten: Store) -> None:
    assert len(ten.claim_due(at=LATE, worker="a", lease=2 * MINUTE)) == 10
    assert ten.claim_due(at=LATE + MINUTE, worker="b") == ()
    assert len(ten.claim_due(at=LATE + 2 * MINUTE, worker="b")) == 10


def test_it_is_ticked_once_and_told(ten: Store) -> None:
    done = ten.tick_due(at=LATE, worker="a")
    assert [each.case for each in done] == [f"D{n}" for n in range(10)]
    (overdue,) = done[0].events
    assert (overdue.kind, overdue.subject, overdue.data["visit"]) == ("overdue", "visit", 1)
    assert ten.tick_due(at=LATE, worker="b") == ()
    assert [e["command"]["kind"] for e in ten.journal("D0")] == ["open", "tick"]
    ten.do("D0", commands.meet("asked", LATE))  # no claim is left over: it is due again without a wait
    assert ten.claim_due(at=LATE + 14 * DAY, worker="b") == ("D0",)
    assert not list(ten.verify())


def test_two_workers_at_once_share_the_work(ten: Store, url: str) -> None:
    done: dict[str, tuple[Ticked, ...]] = {}
    start = threading.Barrier(4)

    def work(name: str) -> None:
        with Store(url) as mine:
            start.wait()
            found: tuple[Ticked, ...] = ()
            while some := mine.tick_due(at=LATE, worker=name, limit=2):
                found += some
            done[name] = found

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    told = sorted(each.case for found in done.values() for each in found)
    assert told == [f"D{n}" for n in range(10)]
    assert all(len(ten.journal(f"D{n}")) == 2 for n in range(10))


def test_inside_the_transaction_of_the_host(ten: Store) -> None:
    with ten.engine.connect() as connection, connection.begin() as transaction:
        assert len(ten.on(connection).tick_due(at=LATE, worker="a")) == 10
        transaction.rollback()
    assert len(ten.tick_due(at=LATE, worker="a", limit=3)) == 3


def test_a_damaged_case_does_not_hold_the_others_up(ten: Store) -> None:
    with ten.engine.begin() as connection:
        connection.execute(update(CASES).where(CASES.c.case == "D3").values(snapshot="{}"))
    done = {each.case: each for each in ten.tick_due(at=LATE, worker="a")}
    assert len(done) == 10
    assert done["D3"].error is not None
    assert [case for case, each in done.items() if not each.events] == ["D3"]
    assert ten.tick_due(at=LATE, worker="a") == ()
    assert [each.case for each in ten.tick_due(at=LATE + MINUTE, worker="a")] == ["D3"]


def test_what_cannot_be_meant_is_refused(store: Store) -> None:
    for bad in ({"limit": 0}, {"limit": 1_001}, {"lease": timedelta()}):
        with pytest.raises(CommandError):
            store.claim_due(at=AT, worker="a", **bad)
    with pytest.raises(CommandError):
        store.claim_due(at=datetime(2026, 1, 1), worker="a")


def test_the_loop_ticks_and_delivers_until_it_is_stopped(ten: Store) -> None:
    clock, ticked, delivered, waits = [AT], list[str](), list[str](), list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += 4 * DAY

    run(
        ten,
        worker="a",
        handler=lambda happened: delivered.append(happened.id),
        clock=lambda: clock[0],
        stop=lambda: len(waits) == 3,
        wait=wait,
        every=MINUTE,
        limit=3,
        told=lambda each: ticked.append(each.case),
    )
    assert waits == [60.0] * 3
    assert ticked == [f"D{n}" for n in range(10)]
    assert sorted(delivered) == sorted(f"D{n}/{seq}/1" for n in range(10) for seq in (1, 2))
    assert ten.waiting() == 0


def test_the_loop_goes_on_after_errors_where_somebody_hears_of_them(ten: Store) -> None:
    waits, errors = list[float](), list[Exception]()

    def broken(_: object) -> None:
        raise ValueError("no mail server")

    def loop(**more: object) -> None:
        run(
            ten, worker="a", handler=broken, clock=lambda: LATE, stop=lambda: len(waits) == 2, wait=waits.append, **more
        )

    loop(failed=errors.append)
    assert len(errors) == 2
    assert "no mail server" in str(errors[0])
    waits.clear()
    with pytest.raises(Exception, match="no mail server"):
        loop()


def test_the_loop_on_asyncio(url: str) -> None:
    pytest.importorskip("aiosqlite")
    from stagegate.store.aio import AsyncStore

    waits, delivered, ticked = list[float](), list[str](), list[str]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def handler(happened: Happened) -> None:
        delivered.append(happened.id)

    async def main() -> None:
        async with await AsyncStore.at(url) as store:
            await store.open("A", small_deal(), at=AT)
            await run_async(
                store,
                worker="a",
                handler=handler,
                clock=lambda: LATE,
                stop=lambda: bool(waits),
                wait=wait,
                told=lambda each: ticked.append(each.case),
            )

    asyncio.run(main())
    assert (ticked, delivered, waits) == (["A"], ["A/1/1", "A/2/1"], [30.0])
