"""`AsyncStore` means the same as `Store`: one story of every verb, played to both, gives the same answers and leaves the same rows."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sqlite3
from collections.abc import Awaitable, Callable, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiosqlite", reason="the extra `async` is not installed")
pytest.importorskip("greenlet", reason="the extra `async` is not installed")

from sqlalchemy import func, select, text
from tests.store.conftest import AT

from stagegate import Case, commands
from stagegate.engine.results import Step
from stagegate.errors import CaseExistsError, ConflictError, StagegateError, StoreError
from stagegate.process import Process
from stagegate.store import AsyncStore, Happened, Store
from stagegate.store.aio import async_engine
from stagegate.store.schema import CASES, JOURNAL, METADATA
from stagegate.store.unit import Unit

HOUR = timedelta(hours=1)
LATE = AT + timedelta(days=400)
APART = {"begin", "on", "engine", "at", "tell"}  # a host's transaction is another thing on each side; see below
Asked = tuple[str, tuple[Any, ...], dict[str, Any]]


def ask(verb: str, *args: Any, **options: Any) -> Asked:
    return verb, args, options


def story(process: Process, heard: list[str]) -> Generator[Asked, Any, None]:
    """Every verb, what it refuses too; what a verb gave, or raised, is sent in."""

    def handler(happened: Happened) -> None:
        if happened.case == "B":
            raise RuntimeError("not now")
        heard.append(happened.id)

    yield ask("keep", process)
    yield ask("process", "project-sales")
    yield ask("process", "nobody's")
    yield ask("open", "A", process, at=AT, by="li.wei", key="first")
    yield ask("open", "A", process, at=AT)
    yield ask("open", "B", process, at=AT, at_stage="visit_and_survey", skipped="owed")
    yield ask("add", process.open("C", at=AT), process)
    openings = [(f"D{n}", commands.open_case(AT), [commands.meet("interest_aroused", AT)]) for n in range(3)]
    yield ask("open_many", process, [*openings, ("A", commands.open_case(AT), [])])
    yield ask("do", "A", commands.meet("interest_aroused", AT + HOUR, key="k"))
    yield ask("do", "A", commands.meet("interest_aroused", AT + HOUR, key="k"))
    yield ask("do", "A", commands.end("given_up", AT + HOUR, reason="no such"))
    yield ask("do", "nobody", commands.hold(AT))
    mine = yield ask("load", "A")
    yours = yield ask("load", "A")
    mine.observe("problem_found", at=AT + 2 * HOUR, source="a visit")
    yours.hold(at=AT + 2 * HOUR)
    yield ask("save", mine)
    yield ask("save", yours)
    yield ask("load", "A")
    yield ask("journal", "A")
    yield ask("row", "A")
    yield ask("row", "nobody")
    first = yield ask("find", limit=2)
    yield ask("find", order="changed", limit=2, after=first[-1], ended=False)
    yield ask("find", limit=0)
    yield ask("count", stage="plan_and_invite", overdue_at=LATE)
    yield ask("waiting")
    yield ask("deliver", handler, at=AT, worker="w", limit=1000)
    yield ask("waiting")
    yield ask("forget_delivered", before=AT + HOUR)
    yield ask("claim_due", at=LATE, worker="w", limit=1)
    yield ask("tick_due", at=LATE, worker="v")
    yield ask("find", due_by=LATE)
    yield ask("redact", "A", [1])
    yield ask("rebuild", "A")
    yield ask("refresh", process)
    yield ask("journal", "A")
    yield ask("verify")
    yield ask("verify", "nobody")


def plain(value: Any) -> Any:
    """What was given as something to compare: without salts and what is computed from them."""
    if isinstance(value, Case):
        return value.to_dict(), None if value.kept is None else value.kept[0]
    if isinstance(value, Step):
        return value.accepted, value.repeated, [repr(e) for e in value.events], [str(r) for r in value.reasons]
    if isinstance(value, Process):
        return value.flow
    if isinstance(value, StagegateError):
        return type(value), str(value)
    if isinstance(value, dict):
        salted = ("hash", "previous", "personal_digest", "salt")
        return {k: plain(v) for k, v in value.items() if k not in salted}
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def played(told: Generator[Asked, Any, None], run: Callable[[Asked], Any]) -> list[Any]:
    """What each verb of a story gave."""
    given = []
    asked = next(told)
    while True:
        try:
            result = run(asked)
        except StagegateError as error:
            result = error
        given.append((asked[0], plain(result)))
        try:
            asked = told.send(result)
        except StopIteration:
            return given


def rows(store: Store) -> tuple[Any, ...]:
    """How much stands in the tables."""
    with store.engine.connect() as connection:
        journal = connection.execute(select(JOURNAL.c.case, JOURNAL.c.seq, JOURNAL.c.kind).order_by("case", "seq"))
        cases = connection.execute(select(CASES.c.case, CASES.c.snapshot, CASES.c.claimed_by).order_by("case"))
        return [tuple(row) for row in journal], [tuple(row) for row in cases]


def test_a_story_of_every_verb(url: str, project_sales: Process) -> None:
    heard: list[str] = []
    with Store(url) as store:

        def ask_store(asked: Asked) -> Any:
            verb, args, options = asked
            result = getattr(store, verb)(*args, **options)
            return tuple(result) if verb == "verify" else result

        expected = played(story(project_sales, heard), ask_store)
        left = rows(store)
        METADATA.drop_all(store.engine)
    heard_awaited: list[str] = []

    async def awaited() -> list[Any]:
        async with await AsyncStore.at(url) as store:
            told = story(project_sales, heard_awaited)
            given = []
            asked = next(told)
            while True:
                verb, args, options = asked
                try:
                    result = await getattr(store, verb)(*args, **options)
                except StagegateError as error:
                    result = error
                given.append((verb, plain(result)))
                try:
                    asked = told.send(result)
                except StopIteration:
                    return given

    given = asyncio.run(awaited())
    for there, here in zip(expected, given, strict=True):
        assert here == there
    with Store(url) as store:
        assert rows(store) == left
    assert heard_awaited == heard != []
    assert {verb for verb, _ in expected} == public(Unit) & public(Store) - {"close"} | {"deliver", "tick_due"}


def public(kind: type) -> set[str]:
    """The verbs of a store."""
    return {n for n, m in vars(kind).items() if not n.startswith("_") and callable(m)} - APART


def test_every_verb_of_a_store_can_be_awaited() -> None:
    assert public(Store) == public(AsyncStore)
    for verb in public(Store):
        one, other = (inspect.signature(getattr(kind, verb)) for kind in (Store, AsyncStore))
        assert one.parameters == other.parameters, verb
        assert inspect.iscoroutinefunction(getattr(AsyncStore, verb)), verb


def run(story: Callable[[AsyncStore], Awaitable[None]], url: str, **options: Any) -> None:
    async def opened() -> None:
        async with await AsyncStore.at(url, **options) as store:
            await story(store)

    asyncio.run(opened())


def test_inside_the_connection_of_the_host(url: str, project_sales: Process) -> None:
    async def host(store: AsyncStore) -> None:
        await store.open("A", project_sales, at=AT)
        meet = commands.meet("interest_aroused", AT + HOUR)
        async with store.engine.connect() as connection:
            await connection.execute(text("CREATE TABLE host_notes (note TEXT)"))
            await connection.commit()
            async with connection.begin() as transaction:
                await connection.execute(text("INSERT INTO host_notes VALUES ('gone')"))
                (step,) = await store.on(connection, lambda unit: unit.do("A", meet))
                assert step.accepted
                await transaction.rollback()
        assert (await store.load("A")).seq == 1
        async with store.engine.begin() as connection:
            with pytest.raises(CaseExistsError):
                await store.on(connection, lambda unit: unit.open("A", project_sales, at=AT))
            stale = await store.on(connection, lambda unit: unit.load("A"))
            await store.on(connection, lambda unit: unit.do("A", meet))
            stale.hold(at=AT + HOUR)
            with pytest.raises(ConflictError):
                await store.on(connection, lambda unit: unit.save(stale))
            await connection.execute(text("INSERT INTO host_notes VALUES ('the transaction is still in order')"))
        assert (await store.load("A")).seq == 2
        async with store.engine.connect() as connection:
            notes = (await connection.execute(text("SELECT note FROM host_notes"))).scalars().all()
            await connection.execute(text("DROP TABLE host_notes"))
            await connection.commit()
        assert notes == ["the transaction is still in order"]

    run(host, url)


def test_an_engine_of_the_host_stays_open(url: str, project_sales: Process) -> None:
    async def host() -> None:
        engine = async_engine(url, "full")
        async with await AsyncStore.at(engine) as store:
            await store.open("A", project_sales, at=AT)
        async with engine.connect() as connection:
            assert (await connection.execute(select(func.count()).select_from(CASES))).scalar_one() == 1
        await engine.dispose()

    asyncio.run(host())


def test_many_tasks_write_to_one_case(url: str, project_sales: Process) -> None:
    async def host(store: AsyncStore) -> None:
        await store.open("A", project_sales, at=AT)
        told = [commands.set_facts({"budget": float(n)}, AT + HOUR, key=f"k{n}") for n in range(12)]
        done = await asyncio.gather(*(store.do("A", each, attempts=50) for each in told))
        assert all(step.accepted for (step,) in done)
        assert [entry["seq"] for entry in await store.journal("A")] == list(range(1, 14))
        assert await store.verify() == ()

    run(host, url)


def test_many_tasks_tell_the_same_under_one_key(url: str, project_sales: Process) -> None:
    async def host(store: AsyncStore) -> None:
        await store.open("A", project_sales, at=AT)
        told = [commands.meet("interest_aroused", AT + n * HOUR, key="mail-1") for n in range(8)]
        steps = [step for (step,) in await asyncio.gather(*(store.do("A", each, attempts=20) for each in told))]
        assert sorted(step.repeated for step in steps) == [False] + [True] * 7
        assert [[event.kind for event in step.events] for step in steps] == [["entered"]] * 8
        assert (await store.load("A")).seq == 2

    run(host, url)


def test_a_verb_that_is_cancelled_leaves_no_lock_behind(tmp_path: Path, project_sales: Process) -> None:
    free = sqlite3.connect(tmp_path / "deals.db", timeout=0, isolation_level=None)

    async def host() -> None:
        async with await AsyncStore.at(f"sqlite:///{tmp_path}/deals.db") as store:
            for n in range(250):
                begun = asyncio.create_task(store.open(f"A{n}", project_sales, at=AT))
                for _ in range(2 * n):  # to all the places where it waits
                    await asyncio.sleep(0)
                begun.cancel()
                await asyncio.wait([begun])
                free.execute("BEGIN IMMEDIATE")  # raises where somebody holds the lock
                free.execute("ROLLBACK")
            assert await store.verify() == ()

    gc.disable()  # it would close what nobody holds any more, some day
    try:
        asyncio.run(host())
    finally:
        gc.enable()
        free.close()


def test_a_store_that_cannot_be_opened(url: str) -> None:
    async def host() -> None:
        with pytest.raises(StoreError, match="no tables"):
            await AsyncStore.at(url, create=False)
        with pytest.raises(StoreError, match="SQLite and PostgreSQL"):
            await AsyncStore.at("mysql://nobody@nowhere/none")
        with pytest.raises(StoreError, match="durability"):
            await AsyncStore.at("sqlite://", durability="perhaps")  # type: ignore[arg-type]

    asyncio.run(host())
