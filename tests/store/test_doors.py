"""What a host gets wrong is told where it hands it over, in one sentence: never later, never as an error of the machinery."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from tests.store.conftest import AT

import stagegate
from stagegate import commands
from stagegate.errors import CommandError, StoreError
from stagegate.process import Process
from stagegate.store import AsyncStore, Store, Subscriber
from stagegate.store.due import run, run_async
from stagegate.versions.diff import diff
from stagegate.versions.draft import draft

NAIVE = datetime(2026, 3, 2, 9, 0)
TICK = commands.tick(AT)


@pytest.fixture
def host(url: str, project_sales: Process) -> Any:
    """What a host has at hand: a store with one case, its process, a plan."""
    with Store(url) as store:
        store.open("A", project_sales, at=AT)
        yield SimpleNamespace(store=store, process=project_sales, plan=draft(project_sales, project_sales).plan)


def loop(host: Any, **given: Any) -> object:
    """A loop that would end after one round."""
    rounds = iter([False] * 3)
    usual: dict[str, Any] = {"worker": "w", "clock": lambda: AT, "stop": lambda: next(rounds, True), "wait": bool}
    return run(host.store, **usual | given)


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "on_engine": (lambda h: h.store.on(h.store.engine), "`connection` is a Connection"),
    "on_nothing": (lambda h: h.store.on(None), "`connection` is a Connection"),
    "load_number": (lambda h: h.store.load(42), "`case` is a text, not 42"),
    "do_number": (lambda h: h.store.do(42, TICK), "`case` is a text, not 42"),
    "row_number": (lambda h: h.store.row(42), "`case` is a text"),
    "journal_number": (lambda h: h.store.journal(42), "`case` is a text"),
    "verify_number": (lambda h: list(h.store.verify(42)), "`case` is a text"),
    "rebuild_number": (lambda h: h.store.rebuild(42), "`case` is a text"),
    "redact_number": (lambda h: h.store.redact("A", 1), "`entries` is a list"),
    "do_text": (lambda h: h.store.do("A", "tick"), "`command` is made by"),
    "do_list": (lambda h: h.store.do("A", [TICK]), "`command` is made by"),
    "attempts_0": (lambda h: h.store.do("A", TICK, attempts=0), "`attempts` is a whole number, at least 1, not 0"),
    "attempts_text": (lambda h: h.store.do("A", TICK, attempts="3"), "`attempts` is a whole number"),
    "open_name": (lambda h: h.store.open("B", "project-sales", at=AT), "`process` is a Process"),
    "open_definition": (lambda h: h.store.open("B", h.process.definition, at=AT), "`process` is a Process"),
    "open_naive": (lambda h: h.store.open("B", h.process, at=NAIVE), "time zone"),
    "open_date": (lambda h: h.store.open("B", h.process, at=date(2026, 3, 2)), "datetime"),
    "add_id": (lambda h: h.store.add("A", h.process), "`case` is a Case"),
    "add_name": (lambda h: h.store.add(h.process.open("B", at=AT), "project-sales"), "`process` is a Process"),
    "save_id": (lambda h: h.store.save("A"), "`case` is a Case"),
    "keep_name": (lambda h: h.store.keep("project-sales"), "`process` is a Process"),
    "process_process": (lambda h: h.store.process(h.process), "`name` is a text"),
    "many_none": (lambda h: h.store.open_many(h.process, None), "`openings` is a list of"),
    "many_ids": (lambda h: h.store.open_many(h.process, ["B"]), "`openings` is a list of"),
    "many_pairs": (lambda h: h.store.open_many(h.process, [("B", commands.open_case(AT))]), "`openings` is a list of"),
    "many_texts": (lambda h: h.store.open_many(h.process, [("B", "open", ())]), "`openings` is a list of"),
    "many_numbers": (lambda h: h.store.open_many(h.process, [(4, commands.open_case(AT), ())]), "`openings` is a list"),
    "find_limit": (lambda h: h.store.find(limit="10"), "`limit` is a whole number from 1 to 1,000, not '10'"),
    "find_many": (lambda h: h.store.find(limit=1_001), "`limit` is a whole number from 1 to 1,000, not 1001"),
    "find_order": (lambda h: h.store.find(order="name"), "`order` is `case` or `changed`"),
    "find_after": (lambda h: h.store.find(after="A"), "`after` is the last row"),
    "find_naive": (lambda h: h.store.find(overdue_at=NAIVE), "`overdue_at` is a datetime with a time zone"),
    "find_date": (lambda h: h.store.find(due_by=date(2026, 3, 2)), "`due_by` is a datetime"),
    "find_time": (lambda h: h.store.count(changed_since="2026-03-02"), "`changed_since` is a datetime"),
    "find_process": (lambda h: h.store.find(process=h.process), "`process` is a text"),
    "find_gap": (
        lambda h: h.store.find(gap_state="behnd"),
        "`gap_state` is one of in_step, behind, ahead, unknown, or '' for none, not 'behnd'",
    ),
    "count_gap": (lambda h: h.store.count(gap_state="late"), "`gap_state` is one of in_step"),
    "find_ended": (lambda h: h.store.find(ended=3), "`ended` is True, False or"),
    "find_won": (lambda h: h.store.find(won="yes"), "`won` is True or False"),
    "claim_limit": (lambda h: h.store.claim_due(at=AT, worker="w", limit="10"), "`limit` is a whole number"),
    "claim_lease": (lambda h: h.store.claim_due(at=AT, worker="w", lease=60), "`lease` is a timedelta"),
    "claim_naive": (lambda h: h.store.claim_due(at=NAIVE, worker="w"), "`at` is a datetime with a time zone"),
    "claim_worker": (lambda h: h.store.claim_due(at=AT, worker=None), "`worker` is a name"),
    "tick_text": (lambda h: h.store.tick_due(at="now", worker="w"), "`at` is a datetime"),
    "deliver_naive": (lambda h: h.store.deliver(print, at=NAIVE, worker="w"), "`at` is a datetime with a time zone"),
    "deliver_text": (lambda h: h.store.deliver("print", at=AT, worker="w"), "`handler` is a function"),
    "deliver_subscriber": (lambda h: h.store.deliver(Subscriber(print), at=AT, worker="w"), "`handler` is a function"),
    "deliver_worker": (lambda h: h.store.deliver(print, at=AT, worker=""), "`worker` is a name"),
    "forget_naive": (lambda h: h.store.forget_delivered(before=NAIVE), "`before` is a datetime"),
    "forget_days": (lambda h: h.store.forget_delivered(before=timedelta(days=9)), "`before` is a datetime"),
    "loop_every": (lambda h: loop(h, every=30), "`every` is a timedelta"),
    "loop_never": (lambda h: loop(h, every=timedelta()), "`every` is a timedelta longer"),
    "loop_limit": (lambda h: loop(h, limit="10"), "`limit` is a whole number"),
    "loop_worker": (lambda h: loop(h, worker=3), "`worker` is a name"),
    "loop_handler": (lambda h: loop(h, handler="print"), "`handler` is a function"),
    "loop_clock": (lambda h: loop(h, clock=AT), "`clock` is a function"),
    "loop_naive": (lambda h: loop(h, clock=lambda: NAIVE), "time zone"),
    "loop_stop": (lambda h: loop(h, stop=False), "`stop` is a function"),
    "loop_wait": (lambda h: loop(h, wait=3), "`wait` is a function"),
    "loop_told": (lambda h: loop(h, told=[]), "`told` is a function"),
    "loop_url": (lambda h: run("sqlite://", worker="w"), "`store` is a Store"),  # type: ignore[arg-type]
    "loop_async": (
        lambda h: asyncio.run(run_async(h.store, worker="w", wait=asyncio.sleep)),
        "`store` is an AsyncStore",
    ),
    "subscriber": (lambda h: Subscriber("print"), "`handler` is a function"),  # type: ignore[arg-type]
    "kinds": (lambda h: Subscriber(print, kinds=3), "`kinds` is"),  # type: ignore[arg-type]
    "one_subscriber": (lambda h: Store("sqlite://", subscribers=Subscriber(print)), "`subscribers` is a list"),  # type: ignore[arg-type]
    "functions": (lambda h: Store("sqlite://", subscribers=[print]), "`Subscriber\\(handler\\)`"),  # type: ignore[list-item]
    "migrate_naive": (lambda h: h.store.migrate(h.plan, h.process, h.process, at=NAIVE), "`at` is a datetime"),
    "migrate_file": (lambda h: h.store.migrate("plan.yaml", h.process, h.process, at=AT), "`plan` is a Plan"),
    "migrate_name": (lambda h: h.store.migrate(h.plan, "project-sales", h.process, at=AT), "`old` is a Process"),
    "migrate_batch": (lambda h: h.store.migrate(h.plan, h.process, h.process, at=AT, batch="9"), "`batch` is a whole"),
    "migrate_none": (lambda h: h.store.migrate(h.plan, h.process, h.process, at=AT, batch=0), "at least 1, not 0"),
    "migrate_by": (lambda h: h.store.migrate(h.plan, h.process, h.process, at=AT, by=3), "`by` is a text"),
    "migrate_told": (
        lambda h: h.store.migrate(h.plan, h.process, h.process, at=AT, progress=3),
        "`progress` is a function",
    ),
    "draft_names": (lambda h: draft("a.yaml", "b.yaml"), "`old` is a Process"),  # type: ignore[arg-type]
    "diff_processes": (lambda h: diff(h.process, h.process), "`old` is a Definition"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_of_the_host_is_told_at_once(host: Any, wrong: str) -> None:
    call, said = WRONG[wrong]
    with pytest.raises(CommandError, match=said):
        call(host)
    assert host.store.count() == 1
    assert [entry["seq"] for entry in host.store.journal("A")] == [1]


def test_a_case_is_added_with_its_own_process(host: Any) -> None:
    with pytest.raises(StoreError, match="not one of this version of `pdca`"):
        host.store.add(host.process.open("B", at=AT), stagegate.load("pdca"))


def test_the_adapter_to_dbos_looks_at_what_it_is_handed(tmp_path: Path) -> None:
    pytest.importorskip("dbos", reason="the extra `dbos` is not installed")
    from stagegate.adapters.dbos import TimeLimits

    with pytest.raises(CommandError, match="`store` is a Store"):
        TimeLimits("sqlite:///deals.db")  # type: ignore[arg-type]
    with Store(f"sqlite:///{tmp_path}/a.db") as store, pytest.raises(CommandError, match="`patience` is a timedelta"):
        TimeLimits(store, patience=60)  # type: ignore[arg-type]


# -- databases and engines ------------------------------------------------------------------------------------


def at(where: Any, **options: Any) -> object:
    """Opens an `AsyncStore`."""

    async def opened() -> None:
        async with await AsyncStore.at(where, **options):
            pass

    return asyncio.run(opened())


ELSEWHERE: dict[str, tuple[Callable[[Path], object], str]] = {
    "none": (lambda _: Store(None), "a store is at a URL"),  # type: ignore[arg-type]
    "path": (lambda f: Store(f / "a.db"), "did you mean `sqlite:///.*a.db`"),  # type: ignore[arg-type]
    "host": (lambda _: Store("sqlite://deals.db"), "did you mean `sqlite:///deals.db`"),
    "absolute": (lambda _: Store("/var/deals.db"), "did you mean `sqlite:////var/deals.db`"),
    "folder": (lambda f: Store(f"sqlite:///{f}"), "unable to open"),
    "other": (lambda _: Store("mysql://host/deals"), "SQLite and PostgreSQL, not with mysql"),
    "awaited_url": (lambda f: Store(f"sqlite+aiosqlite:///{f}/a.db"), "use `AsyncStore`"),
    "awaited_engine": (lambda _: Store(create_async_engine("sqlite+aiosqlite://")), r"AsyncStore\.at\(engine\)"),  # type: ignore[arg-type]
    "no_driver": (lambda _: Store("sqlite+foo:///a.db"), "leave the driver out"),
    "driver_missing": (lambda _: Store("postgresql+psycopg2://host/deals"), "psycopg2 is not installed"),
    "nobody_there": (lambda _: Store("postgresql://localhost:1/deals"), "cannot open a store at"),
    "async_none": (lambda _: at(None), "a store is at a URL"),
    "async_nobody_there": (lambda _: at("postgresql://localhost:1/deals"), "cannot open a store at"),
    "sync_engine": (lambda _: at(create_engine("sqlite://")), "for an Engine there is `Store`"),
    "sync_url": (lambda f: at(f"sqlite+pysqlite:///{f}/a.db"), "leave the driver out"),
    "made_of_url": (lambda _: AsyncStore("sqlite://"), r"await AsyncStore\.at"),  # type: ignore[arg-type]
    "made_of_engine": (lambda _: AsyncStore(create_engine("sqlite://")), r"await AsyncStore\.at"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("wrong", ELSEWHERE)
def test_what_a_store_cannot_be_at_is_told_at_once(tmp_path: Path, wrong: str) -> None:
    call, said = ELSEWHERE[wrong]
    with pytest.raises(StoreError, match=said):
        call(tmp_path)


def test_an_async_store_looks_at_what_it_is_handed(tmp_path: Path) -> None:
    async def host() -> None:
        async with await AsyncStore.at(f"sqlite:///{tmp_path}/a.db") as store:
            with pytest.raises(CommandError, match="`connection` is an AsyncConnection"):
                await store.on(store.engine, lambda unit: unit.load("A"))  # type: ignore[arg-type]
            with pytest.raises(CommandError, match="`attempts` is a whole number"):
                await store.do("A", TICK, attempts=0)
            with pytest.raises(CommandError, match="`store` is a Store"):
                run(store, worker="w", wait=time.sleep)  # type: ignore[arg-type]
            with pytest.raises(CommandError, match="`every` is a timedelta"):
                await run_async(store, worker="w", wait=asyncio.sleep, every=30)  # type: ignore[arg-type]
            async with store.engine.connect() as connection:
                with pytest.raises(CommandError, match="`verb` is a function"):
                    await store.on(connection, "load")  # type: ignore[arg-type]

    asyncio.run(host())


# -- extras that are not installed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "program", "extra"),
    [
        ("sqlalchemy", "import stagegate.store", "store"),
        ("sqlalchemy", "from stagegate.store import Store", "store"),
        ("sqlalchemy", "import stagegate.store.due", "store"),
        ("psycopg", "from stagegate.store import Store; Store('postgresql://localhost:1/deals')", "postgres"),
        ("greenlet", "from stagegate.store import AsyncStore", "async"),
        (
            "aiosqlite",
            "import asyncio; from stagegate.store import AsyncStore; asyncio.run(AsyncStore.at('sqlite://'))",
            "async",
        ),
        ("dbos", "import stagegate.adapters.dbos", "dbos"),
        ("sqlalchemy", "import stagegate.adapters.dbos", "dbos"),
    ],
)
def test_without_a_package_the_error_tells_what_to_install(missing: str, program: str, extra: str) -> None:
    done = without(missing, program)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    assert last.endswith(f" needs the package {missing}: pip install 'stagegate[{extra}]'")


@pytest.mark.parametrize(
    ("missing", "command", "extra"),
    [
        ("sqlalchemy", ["store", "list", "sqlite:///deals.db"], "store"),
        ("psycopg", ["store", "verify", "postgresql://localhost:1/deals"], "postgres"),
    ],
)
def test_the_command_line_tells_it_in_one_line(missing: str, command: list[str], extra: str) -> None:
    done = without(missing, f"from stagegate.cli import main; sys.exit(main({command}))")
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"needs the package {missing}: pip install 'stagegate[{extra}]'")
    assert done.returncode == 2


def without(package: str, program: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a program where a package is not installed."""
    text = f"import sys; sys.modules['{package}'] = None; sys.path[:] = {sys.path!r}\n{program}"
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
