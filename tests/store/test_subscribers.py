"""Who is told in this process: after the commit, never after a rollback, and every error at once."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from tests.store.conftest import AT
from tests.store.timed import small_deal

from stagegate import commands
from stagegate.errors import CommandError, SubscriberError
from stagegate.store import Happened, Store, Subscriber

pytest.importorskip("sqlalchemy")
MINUTE = timedelta(minutes=1)
MEET = commands.meet("asked", AT + MINUTE)


class Ears:
    """A handler that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Happened] = []

    def __call__(self, happened: Happened) -> None:
        self.told.append(happened)

    @property
    def kinds(self) -> list[str]:
        return [each.kind for each in self.told]


def test_they_are_told_after_the_commit(url: str) -> None:
    ears = Ears()
    with Store(url, subscribers=[Subscriber(ears)]) as store, Store(url) as other:
        there: list[int] = []
        with Store(url, subscribers=[Subscriber(lambda h: there.append(other.row(h.case).seq))]) as watched:
            watched.open("B", small_deal(), at=AT)
        assert there == [1]
        store.open("A", small_deal(), at=AT)
        store.do("A", MEET)
        (opened, completed, entered) = ears.told
        assert (opened.id, opened.kind, opened.subject, opened.process, opened.at) == (
            "A/1/1",
            "entered",
            "visit",
            "small-deal",
            AT,
        )
        assert (completed.id, completed.kind) == ("A/2/1", "completed")
        assert (entered.id, entered.kind, entered.data["visit"]) == ("A/2/2", "entered", 1)
        store.do("A", commands.end("lost", AT))  # refused: too early
        case = store.load("A")
        case.end("lost", at=AT + MINUTE)
        assert len(ears.told) == 3
        store.save(case)
        assert ears.kinds[3:] == ["ended"]
        store.open_many(small_deal(), [("C", commands.open_case(AT), [MEET]), ("A", commands.open_case(AT), [])])
        assert [each.id for each in ears.told[4:]] == ["C/1/1", "C/2/1", "C/2/2"]
        assert [each.events[0].kind for each in store.tick_due(at=AT + timedelta(days=30), worker="w")] == [
            "overdue"
        ] * 2
        assert sorted(each.id for each in ears.told[7:]) == ["B/2/1", "C/3/1"]


def test_only_of_what_they_ask_for(url: str) -> None:
    ears = Ears()
    with Store(url, subscribers=[Subscriber(ears, kinds=["completed"])]) as store:
        store.open("A", small_deal(), at=AT)
        store.do("A", MEET)
        assert ears.kinds == ["completed"]
    with pytest.raises(CommandError, match="no kind of event `finish`"):
        Subscriber(ears, kinds=("finish",))


def test_all_are_called_and_all_errors_told_and_what_was_done_is_done(url: str) -> None:
    ears = Ears()

    def broken(happened: Happened) -> None:
        raise ValueError(f"no mail for {happened.subject}")

    def also_broken(happened: Happened) -> None:
        raise KeyError(happened.kind)

    with Store(url) as quiet:
        quiet.open("A", small_deal(), at=AT)
    with Store(url, subscribers=[Subscriber(broken), Subscriber(also_broken), Subscriber(ears)]) as store:
        with pytest.raises(SubscriberError) as told:
            store.do("A", MEET)
        assert [(at, type(error)) for at, error in told.value.errors] == [
            ("A/2/1", ValueError), ("A/2/1", KeyError), ("A/2/2", ValueError), ("A/2/2", KeyError),
        ]  # fmt: skip
        (step,) = told.value.result
        assert [each.kind for each in step.events] == ears.kinds == ["completed", "entered"]
        assert store.row("A").seq == 2
        case = store.load("A")
        case.end("lost", at=AT + MINUTE)
        with pytest.raises(SubscriberError):
            store.save(case)
        store.save(case)  # nothing is left to be written
        assert store.row("A").seq == 3
        with pytest.raises(SubscriberError) as told:
            store.open("B", small_deal(), at=AT)
        assert told.value.result.id == "B"
        with pytest.raises(SubscriberError) as told:
            store.tick_due(at=AT + timedelta(days=30), worker="w")
        assert [each.case for each in told.value.result] == ["B"]


def test_a_coroutine_function_is_refused_without_asyncio(url: str) -> None:
    async def late(_: Happened) -> None: ...

    with Store(url, subscribers=[Subscriber(late)]) as store, pytest.raises(SubscriberError, match="AsyncStore"):
        store.open("A", small_deal(), at=AT)


# -- in the transaction of a host ---------------------------------------------------------------------------


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def store(url: str, ears: Ears) -> Store:
    with Store(url, subscribers=[Subscriber(ears)]) as opened:
        opened.open("A", small_deal(), at=AT)
        ears.told.clear()
        yield opened


def test_after_the_commit_of_the_host(store: Store, ears: Ears) -> None:
    with store.engine.begin() as connection:
        store.on(connection).do("A", MEET)
        store.on(connection).open("B", small_deal(), at=AT)
        assert ears.told == []
    assert [each.id for each in ears.told] == ["A/2/1", "A/2/2", "B/1/1"]


def test_never_after_a_rollback(store: Store, ears: Ears) -> None:
    with store.engine.connect() as connection:
        unit = store.on(connection)
        unit.do("A", MEET)
        connection.rollback()
        unit.open("B", small_deal(), at=AT)
        connection.commit()
        unit.open("C", small_deal(), at=AT)
    assert [each.id for each in ears.told] == ["B/1/1"]

    def failing() -> None:
        with store.begin() as unit:
            unit.do("A", MEET)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert len(ears.told) == 1


def test_a_savepoint_that_is_rolled_back_takes_its_events_along(store: Store, ears: Ears) -> None:
    with store.begin() as unit:
        connection = unit.connection
        with connection.begin_nested():
            unit.open("B", small_deal(), at=AT)
            with connection.begin_nested() as inner:
                unit.open("C", small_deal(), at=AT)
                inner.rollback()
            unit.open("D", small_deal(), at=AT)
        with connection.begin_nested() as outer:
            unit.open("E", small_deal(), at=AT)
            with connection.begin_nested():
                unit.open("F", small_deal(), at=AT)
            outer.rollback()
        unit.open("G", small_deal(), at=AT)
        assert ears.told == []
    assert [each.case for each in ears.told] == ["B", "D", "G"]
    assert [row.case for row in store.find()] == ["A", "B", "D", "G"]


def test_a_savepoint_older_than_the_unit(store: Store, ears: Ears) -> None:
    with store.engine.begin() as connection:
        with connection.begin_nested() as nested:
            store.on(connection).open("B", small_deal(), at=AT)
            nested.rollback()
        store.on(connection).open("C", small_deal(), at=AT)
    assert [each.case for each in ears.told] == ["C"]


def test_a_host_that_keeps_its_connection_may_ask_at_once(store: Store, ears: Ears) -> None:
    with store.engine.connect() as connection:
        unit = store.on(connection)
        unit.do("A", MEET)
        unit.tell()
        assert ears.told == []
        connection.commit()
        unit.tell()
        assert ears.kinds == ["completed", "entered"]
    assert len(ears.told) == 2


def test_an_error_that_cannot_reach_the_host_is_logged(url: str, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Happened) -> None:
        raise ValueError("no mail server")

    with Store(url, subscribers=[Subscriber(broken)]) as store:
        with caplog.at_level(logging.ERROR, "stagegate.store"), store.engine.begin() as connection:
            store.on(connection).open("A", small_deal(), at=AT)
        assert "no mail server" in caplog.text
        with store.begin() as unit:
            assert unit.row("A").seq == 1


def test_a_commit_that_fails_is_not_told(store: Store, ears: Ears) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import IntegrityError

    with store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE host (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE line (host INTEGER REFERENCES host (id) DEFERRABLE INITIALLY DEFERRED)"))

    def failing() -> None:
        with store.engine.begin() as connection:
            store.on(connection).do("A", MEET)
            connection.execute(text("INSERT INTO line VALUES (7)"))

    with pytest.raises(IntegrityError):
        failing()
    assert ears.told == []
    assert store.row("A").seq == 1


# -- on asyncio ---------------------------------------------------------------------------------------------


def test_coroutine_functions_on_asyncio(url: str) -> None:
    pytest.importorskip("aiosqlite")
    from stagegate.store.aio import AsyncStore

    told: list[str] = []

    async def slow(happened: Happened) -> None:
        await asyncio.sleep(0)
        told.append(happened.id)

    async def broken(_: Happened) -> None:
        raise ValueError("no mail server")

    async def main() -> None:
        async with await AsyncStore.at(url, subscribers=[Subscriber(slow)]) as store:
            await store.open("A", small_deal(), at=AT)
            await store.do("A", MEET)
            assert told == ["A/1/1", "A/2/1", "A/2/2"]
            async with store.engine.begin() as connection:
                await store.on(connection, lambda unit: unit.open("B", small_deal(), at=AT))
                assert len(told) == 3
            assert told[3:] == ["B/1/1"]
            async with store.engine.connect() as connection:
                await store.on(connection, lambda unit: unit.open("C", small_deal(), at=AT))
                await connection.commit()
                await store.tell(connection)
                assert told[4:] == ["C/1/1"]
            ticked = await store.tick_due(at=AT + timedelta(days=40), worker="w")
            assert sorted(each.case for each in ticked) == ["A", "B", "C"]
            delivered: list[str] = []

            async def post(happened: Happened) -> None:
                delivered.append(happened.id)

            assert await store.deliver(post, at=AT, worker="w") == len(told) == len(delivered)
            assert await store.waiting() == 0
            assert await store.forget_delivered(before=AT + MINUTE) == len(told)
        async with await AsyncStore.at(url, subscribers=[Subscriber(broken)]) as store:
            with pytest.raises(SubscriberError) as error:
                await store.open("D", small_deal(), at=AT)
            assert error.value.result.id == "D"

    asyncio.run(main())


def test_a_migration_is_done_before_errors_are_told(url: str) -> None:
    from tests.versions.changed import plan_between, versions

    old, new = versions()
    told: list[str] = []

    def broken(happened: Happened) -> None:
        told.append(happened.case)
        raise ValueError("no mail server")

    with Store(url, subscribers=[Subscriber(broken, kinds=["migrated"])]) as store:
        store.open_many(old, [(f"D{n}", commands.open_case(AT), []) for n in range(5)])
        with pytest.raises(SubscriberError) as error:
            store.migrate(plan_between(old, new), old, new, at=AT + MINUTE, batch=2)
        assert told == [f"D{n}" for n in range(5)]
        assert len(error.value.errors) == error.value.result.total == 5
        assert store.count(flow=new.flow) == 5


def test_threads_are_told_of_all_that_is_their_own(store: Store, ears: Ears) -> None:
    import threading

    def work(name: str) -> None:
        for n in range(15):
            store.open(f"{name}{n}", small_deal(), at=AT)
            with store.engine.connect().execution_options(stagegate_writing=True) as connection, connection.begin():
                store.on(connection).do(f"{name}{n}", MEET)

    threads = [threading.Thread(target=work, args=(name,)) for name in "XYZ"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ears.told) == len({each.id for each in ears.told}) == 3 * 15 * 3
