"""The outbox: written with the journal, delivered at least once, in order within a case."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import timedelta

import pytest
from tests.store.conftest import AT
from tests.store.timed import small_deal

from stagegate import commands
from stagegate.errors import SubscriberError
from stagegate.store import Happened, Store

MINUTE = timedelta(minutes=1)


def moved(store: Store, *cases: str, rounds: int = 2) -> None:
    """Opens cases and moves them to and fro: 1 + 5 events for each of the rounds."""
    for case in cases:
        store.open(case, small_deal(), at=AT)
        for n in range(rounds):
            at = AT + (n + 1) * MINUTE
            store.do(case, commands.meet("asked", at), commands.loop_back("again", at))


def told_in_order(told: list[Happened]) -> dict[str, list[tuple[int, int]]]:
    """The numbers of the events of each case as they came."""
    by_case = defaultdict(list)
    for happened in told:
        by_case[happened.case].append((happened.seq, happened.n))
    return by_case


def test_everything_is_delivered_in_order_within_a_case(store: Store) -> None:
    moved(store, "A", "B", "C")
    waiting = store.waiting()
    told: list[Happened] = []
    while some := store.deliver(told.append, at=AT, worker="w", limit=4):
        assert some <= 4
    assert len(told) == waiting
    for case, numbers in told_in_order(told).items():
        assert numbers == sorted(set(numbers))
        events = [e for entry in store.journal(case) for e in entry["events"]]
        assert [each.kind for each in told if each.case == case] == [e["kind"] for e in events]
    assert (store.waiting(), store.deliver(told.append, at=AT, worker="w")) == (0, 0)


def test_a_handler_that_raises_stops_its_case_only(store: Store) -> None:
    moved(store, "A", "B")
    told: list[Happened] = []

    def handler(happened: Happened) -> None:
        if happened.id == "A/2/1":
            raise ValueError("no mail server")
        told.append(happened)

    with pytest.raises(SubscriberError) as error:
        store.deliver(handler, at=AT, worker="w")
    assert [event for event, _ in error.value.errors] == ["A/2/1"]
    assert error.value.result == len(told)
    assert [each.id for each in told if each.case == "A"] == ["A/1/1"]
    assert store.waiting() == len(told) - 2  # all of B came, one of A
    again: list[Happened] = []
    store.deliver(again.append, at=AT, worker="other")
    assert again[0].id == "A/2/1"
    assert {each.case for each in again} == {"A"}


def test_what_fails_does_not_starve_the_others(store: Store) -> None:
    moved(store, "A", "B", "C", rounds=0)

    def handler(happened: Happened) -> None:
        if happened.case < "C":
            raise ValueError(happened.case)

    tried: list[str] = []
    for _ in range(3):
        try:
            store.deliver(handler, at=AT, worker="w", limit=1)
        except SubscriberError as error:
            tried.append(error.errors[0][0])
    assert tried == ["A/1/1", "B/1/1"]
    assert store.waiting() == 2


def test_nobody_begins_in_the_middle_and_a_lease_runs_out(store: Store) -> None:
    moved(store, "A")
    with store.begin() as unit:
        (batch,) = unit.claim_events(at=AT, worker="dies", limit=2, lease=2 * MINUTE)
    assert [each.id for each in batch.happened] == ["A/1/1", "A/2/1"]
    told: list[Happened] = []
    assert store.deliver(told.append, at=AT + MINUTE, worker="w") == 0
    assert store.deliver(told.append, at=AT + 2 * MINUTE, worker="w") > 2
    assert told[0].id == "A/1/1"
    with store.begin() as unit:
        unit.settle(batch, 0, at=AT + 3 * MINUTE)  # back from the dead: it holds nothing any more
    assert store.waiting() == 0


def test_workers_at_once_share_the_work_and_keep_the_order(store: Store, url: str) -> None:
    moved(store, *(f"D{n}" for n in range(8)))
    waiting = store.waiting()
    told: list[Happened] = []  # append is one step, whatever the thread
    start = threading.Barrier(4)

    def work(name: str) -> None:
        with Store(url) as mine:
            start.wait()
            while mine.waiting():
                mine.deliver(told.append, at=AT, worker=name, limit=5)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == waiting
    assert all(numbers == sorted(set(numbers)) for numbers in told_in_order(told).values())


def test_what_was_delivered_can_be_forgotten(store: Store) -> None:
    moved(store, "A", rounds=0)
    assert store.forget_delivered(before=AT + MINUTE) == 0
    store.deliver(lambda _: None, at=AT, worker="w")
    assert store.forget_delivered(before=AT) == 0
    assert store.forget_delivered(before=AT + MINUTE) == 1
    assert not list(store.verify())


def test_without_an_outbox_nothing_is_kept(url: str) -> None:
    with Store(url, outbox=False) as store:
        moved(store, "A")
        assert store.waiting() == 0
