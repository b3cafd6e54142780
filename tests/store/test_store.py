"""The store by itself: what is written is there, conflicts are told, what a host looks for is found."""

from __future__ import annotations

import threading
from datetime import timedelta, timezone
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from tests.store.conftest import AT

import stagegate
from stagegate import commands
from stagegate.diagnostics import Source
from stagegate.errors import (
    CaseExistsError,
    CommandError,
    ConflictError,
    StoreError,
    UnknownCaseError,
    UnknownProcessError,
)
from stagegate.language import check_source
from stagegate.process import Process
from stagegate.store import Store
from stagegate.store.schema import bring_up

MINUTE = timedelta(minutes=1)


def test_what_was_done_is_there_for_another_store(store: Store, url: str, project_sales: Process) -> None:
    case = store.open("ACME-42", project_sales, at=AT, by="li.wei")
    (step,) = store.do("ACME-42", commands.meet("interest_aroused", AT + MINUTE))
    assert [e.kind for e in step.events] == ["entered"]
    with Store(url) as other:
        again = other.load("ACME-42")
        assert (again.position.stage, again.seq) == ("plan_and_invite", 2)
        replayed, differences = project_sales.replay(other.journal("ACME-42"))
        assert not differences
        assert replayed.to_dict() == again.to_dict()
        assert not list(other.verify())
    assert case.seq == 1  # the handle is the caller's own


def test_a_handle_is_saved_by_compare_and_set(store: Store, project_sales: Process) -> None:
    store.open("A", project_sales, at=AT)
    mine, yours = store.load("A"), store.load("A")
    yours.observe("problem_found", at=AT + MINUTE, source="a visit")
    store.save(yours)
    mine.meet("interest_aroused", at=AT + MINUTE)
    with pytest.raises(ConflictError) as told:
        store.save(mine)
    assert (told.value.case, told.value.expected, told.value.found) == ("A", 1, 2)
    assert [e["command"]["kind"] for e in store.journal("A")] == ["open", "observe"]
    yours.meet("interest_aroused", at=AT + 2 * MINUTE)
    store.save(yours)
    store.save(yours)  # nothing new
    assert len(store.journal("A")) == 3


def test_a_refusal_writes_nothing(store: Store, project_sales: Process) -> None:
    store.open("A", project_sales, at=AT)
    before = store.row("A")
    steps = store.do(
        "A", commands.meet("interest_aroused", AT + MINUTE), commands.end("given_up", AT + MINUTE, reason="no such")
    )
    assert len(steps) == 1
    assert not steps[0].accepted
    assert store.row("A") == before


def test_a_key_is_done_once(store: Store, project_sales: Process) -> None:
    store.open("A", project_sales, at=AT)
    command = commands.meet("interest_aroused", AT + MINUTE, key="mail-77")
    first, second = store.do("A", command), store.do("A", command)
    assert second[0].repeated
    assert first[0].events == second[0].events
    assert len(store.journal("A")) == 2


def test_an_id_is_given_once(store: Store, project_sales: Process) -> None:
    store.open("A", project_sales, at=AT)
    with pytest.raises(CaseExistsError):
        store.open("A", project_sales, at=AT)
    with pytest.raises(CommandError):
        store.open("a\nb", project_sales, at=AT)
    with pytest.raises(UnknownCaseError):
        store.load("B")
    with pytest.raises(UnknownCaseError):
        store.do("B", commands.meet("interest_aroused", AT))


def test_inside_the_transaction_of_the_host(store: Store, project_sales: Process) -> None:
    store.open("A", project_sales, at=AT)
    with store.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("CREATE TABLE host (note TEXT)"))
        store.on(connection).do("A", commands.meet("interest_aroused", AT + MINUTE))
        transaction.rollback()
    assert store.load("A").seq == 1
    with store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE host (note TEXT)"))
        unit = store.on(connection)
        with pytest.raises(CaseExistsError):
            unit.open("A", project_sales, at=AT)
        stale = unit.load("A")
        unit.do("A", commands.meet("interest_aroused", AT + MINUTE))
        stale.observe("problem_found", at=AT + MINUTE, source="a visit")
        with pytest.raises(ConflictError):
            unit.save(stale)
        connection.execute(text("INSERT INTO host VALUES ('the transaction is still in order')"))
    assert store.load("A").seq == 2


def test_many_are_opened_at_once_and_each_refusal_is_named(store: Store, project_sales: Process) -> None:
    store.open("D7", project_sales, at=AT)
    good = [(f"D{n}", commands.open_case(AT, at_stage="visit_and_survey", skipped="owed"), []) for n in range(1_203)]
    bad = [
        ("E1", commands.open_case(AT, at_stage="nowhere"), []),
        ("E2", commands.open_case(AT), [commands.meet("budget_known", AT - MINUTE)]),
        ("D9", commands.open_case(AT), []),
    ]
    told = store.open_many(project_sales, [*good, *bad])
    assert len(told.opened) == 1_202
    assert [t.case for t in told.refused] == ["D7", "E1", "E2", "D9"]
    assert all(t.reasons for t in told.refused)
    assert store.count(process="project-sales", stage="visit_and_survey") == 1_202
    assert store.load("D1202").debts()


def test_what_a_host_looks_for_is_found(store: Store, project_sales: Process) -> None:
    for n in range(5):
        store.open(f"A{n}", project_sales, at=AT + n * MINUTE)
    store.do("A1", commands.meet("interest_aroused", AT + timedelta(hours=1)))
    assert [r.case for r in store.find(stage="plan_and_invite")] == ["A1"]
    assert [r.case for r in store.find(changed_since=AT + 4 * MINUTE)] == ["A1", "A4"]
    assert [r.case for r in store.find(changed_since=AT + 4 * MINUTE, order="changed")] == ["A4", "A1"]
    first = store.find(limit=2)
    assert [r.case for r in store.find(limit=2, after=first[-1])] == ["A2", "A3"]
    by_change = store.find(order="changed", limit=3)
    assert [r.case for r in store.find(order="changed", after=by_change[-1])] == ["A4", "A1"]
    limit = store.row("A1").limit_due
    assert limit is not None
    assert [r.case for r in store.find(overdue_at=limit)] == ["A1"]
    assert not store.find(overdue_at=limit - MINUTE)
    assert [r.case for r in store.find(due_by=limit)] == ["A1"]
    assert not store.find(due_by=limit - MINUTE)
    store.do("A1", commands.tick(limit))
    assert store.row("A1").overdue_told
    assert [r.case for r in store.find(overdue_at=limit - MINUTE)] == ["A1"]
    assert store.count(ended=False) == 5
    assert store.count(on_hold=True) == 0
    with pytest.raises(CommandError, match="zone"):
        store.find(changed_since=AT.replace(tzinfo=None))
    with pytest.raises(CommandError, match="colour"):
        store.find(colour="red")  # type: ignore[call-arg]


@pytest.mark.parametrize("text_of", ["\0", "A\0", "\ud800", "A\n"])
def test_what_no_database_can_hold_is_not_there(store: Store, text_of: str) -> None:
    verbs = (store.load, store.row, store.journal, store.rebuild, lambda case: list(store.verify(case)))
    for verb in (*verbs, lambda case: store.do(case, commands.hold(AT)), lambda case: store.redact(case, [1])):
        with pytest.raises(UnknownCaseError):
            verb(text_of)
    with pytest.raises(CommandError, match="`stage` is a text of printable characters"):
        store.find(stage=text_of)
    with pytest.raises(CommandError, match="`ended` is a text of printable characters"):
        store.count(ended=text_of)


def test_overdue_in_python_and_in_a_query_mean_the_same(store: Store, project_sales: Process) -> None:
    dice = Random(7)
    with store.begin() as unit:
        for n in range(90):
            case = project_sales.open(f"A{n}", at=AT, at_stage=dice.choice(["", "plan_and_invite", "plan_and_invite"]))
            at = AT
            for _ in range(dice.randrange(6)):
                at += timedelta(days=dice.randrange(40))
                case.do(dice.choice([commands.tick(at), commands.hold(at), commands.resume(at)]))
            if dice.random() < 0.3:
                case.end("lost", at=at, reason="price_too_high")
            unit.add(case, project_sales)
    rows = store.find()
    limits = {row.limit_due for row in rows if row.limit_due}
    tick = timedelta(microseconds=1)
    times = [AT, AT + timedelta(days=400), *(limit + near for limit in limits for near in (-tick, 0 * tick, tick))]
    for time in [*times, times[-2].astimezone(timezone(timedelta(hours=8)))]:
        assert [row for row in rows if row.overdue_at(time)] == list(store.find(overdue_at=time))
    seen = {(bool(r.ended), r.on_hold, r.overdue_told, r.limit_due is not None) for r in rows}
    assert {(False, False, False, True), (False, True, False, False), (False, False, True, False)} <= seen
    assert {(False, True, True, False), (True, False, True, False), (True, False, False, False)} <= seen
    with pytest.raises(CommandError, match="zone"):
        rows[0].overdue_at(AT.replace(tzinfo=None))


def test_old_versions_stay_loadable(store: Store, url: str, tmp_path: Path) -> None:
    text_of = "stagegate: 1\nprocess: visit\nversion: {}\ntracks:\n  - id: selling\n    stages:\n      - id: call\n        exit_criteria: [{{id: agreed}}]\n      - id: see\n        exit_criteria: [{{id: seen}}{}]\n"
    (tmp_path / "v1.yaml").write_text(text_of.format("1.0.0", ""))
    (tmp_path / "v2.yaml").write_text(text_of.format("2.0.0", ", {id: thanked}"))
    one, two = stagegate.load(tmp_path / "v1.yaml"), stagegate.load(tmp_path / "v2.yaml")
    store.open("A", one, at=AT)
    store.open("B", two, at=AT)
    (tmp_path / "v1.yaml").unlink()
    with Store(url) as other:
        assert other.load("A").definition.version == "1.0.0"
        assert other.load("B").definition.version == "2.0.0"
        assert other.process("visit").version == "2.0.0"
        assert other.process("visit", "1.0.0").flow == one.flow
        with pytest.raises(UnknownProcessError):
            other.process("visit", "3.0.0")
        assert not list(other.verify())


def test_a_process_without_a_text_is_not_kept(store: Store, project_sales: Process) -> None:
    with pytest.raises(StoreError, match="text"):
        store.open("A", Process(project_sales.definition), at=AT)
    with pytest.raises(StoreError, match="not that of"):
        store.keep(Process(project_sales.definition), stagegate.load("pdca").text)
    store.keep(Process(project_sales.definition), project_sales.text)


def test_two_keep_the_same_process_at_the_same_time(store: Store, url: str, project_sales: Process) -> None:
    if url.startswith("sqlite"):
        pytest.skip("there is one writer at a time")

    others = [Store(url)]

    def quicker(_: object, __: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO stagegate_definitions") and others:
            with others.pop() as other:
                other.keep(project_sales)

    event.listen(store.engine, "before_cursor_execute", quicker)
    store.open("A", project_sales, at=AT)
    assert not others
    assert store.load("A").definition.version == project_sales.version
    assert not list(store.verify())


def test_personal_things_can_be_taken_out(store: Store, project_sales: Process) -> None:
    store.open("A", project_sales, at=AT, by="li.wei")
    store.do(
        "A", commands.observe("problem_found", AT + MINUTE, source="told by Mr Wang", by="li.wei", note="at lunch")
    )
    store.redact("A", [1, 2])
    with store.engine.connect() as connection:
        for table in ("journal", "cases"):
            rows = connection.execute(text(f"SELECT * FROM stagegate_{table}")).all()
            assert not [w for w in ("li.wei", "Wang", "lunch") if w in str(rows)]
    assert not list(store.verify())
    assert store.load("A").seq == 2


def test_no_database_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="SQLite and PostgreSQL"):
        Store("mysql://localhost/deals")
    with pytest.raises(StoreError, match="durability"):
        Store(f"sqlite:///{tmp_path}/a.db", durability="some")  # type: ignore[arg-type]


def test_the_settings_of_sqlite(tmp_path: Path) -> None:
    for durability, wanted in (("full", 2), ("normal", 1)):
        with (
            Store(f"sqlite:///{tmp_path}/{durability}.db", durability=durability) as store,
            store.engine.connect() as connection,
        ):  # type: ignore[arg-type]
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == wanted
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_in_memory(project_sales: Process) -> None:
    with Store("sqlite://") as store:
        store.open("A", project_sales, at=AT)
        assert store.load("A").seq == 1


# -- the tables themselves ------------------------------------------------------------------------------


def test_tables_are_not_made_unasked(url: str) -> None:
    with pytest.raises(StoreError, match="no tables"):
        Store(url, create=False)


def test_tables_of_a_newer_version_are_refused(store: Store, url: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE stagegate_meta SET value = '99'"))
    with pytest.raises(StoreError, match="newer"):
        Store(url)


def test_older_tables_are_brought_up_in_place_and_once(store: Store, url: str, project_sales: Process) -> None:
    store.open("A", project_sales, at=AT)
    done = []

    def to_two(connection: object) -> None:
        done.append(2)
        connection.execute(text("ALTER TABLE stagegate_cases ADD COLUMN colour VARCHAR(10)"))  # type: ignore[attr-defined]

    for _ in range(2):
        with store.engine.begin() as connection:
            bring_up(connection, upgrades=(to_two,))
    assert done == [2]
    assert store.load("A").seq == 1


def test_several_processes_may_start_at_once(url: str) -> None:
    failed = []

    def begin() -> None:
        try:
            Store(url).close()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_an_engine_of_the_host_is_used_as_it_is(url: str, project_sales: Process) -> None:
    given = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(given)
    with Store(engine) as store:
        store.open("A", project_sales, at=AT)
        assert store.load("A").seq == 1
    engine.dispose()


# -- what a host gets wrong -----------------------------------------------------------------------------


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database at all, but a text that is long enough to be looked at\n" * 30)
    for where, said in (
        ("deals.db", "did you mean `sqlite:///deals.db`"),
        ("", "not the URL"),
        (f"sqlite:///{tmp_path}/no/such/folder/a.db", "cannot open a store"),
        (f"sqlite:///{tmp_path}/text.db", "cannot open a store"),
    ):
        with pytest.raises(StoreError, match=said):
            Store(where)
    with pytest.raises(StoreError, match="URL"):
        Store(None)  # type: ignore[arg-type]


def test_one_version_has_one_flow(store: Store, project_sales: Process, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(
        f"stagegate: 1\nprocess: project-sales\nversion: {project_sales.version}\ntracks: [{{id: t, stages: [{{id: s, exit_criteria: []}}]}}]\n"
    )
    store.keep(project_sales)
    with pytest.raises(StoreError, match="version of its own"):
        store.open("B", stagegate.load(tmp_path / "other.yaml"), at=AT)


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_in_a_transaction_of_the_host_a_conflict_is_rolled_back_and_done_anew(
    url: str, project_sales: Process, isolation: str
) -> None:
    """As the page on stores shows it, however the database says that somebody was quicker."""
    with Store(url) as store:
        store.open("A", project_sales, at=AT)
        engine = store.engine
        said: type[Exception] = OperationalError
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level=isolation)
            said = ConflictError if isolation == "READ COMMITTED" else OperationalError
        elif isolation != "READ COMMITTED":
            pytest.skip("SQLite has one isolation")
        told = []
        for attempt in range(2):
            try:
                with engine.begin() as connection:
                    case = store.on(connection).load("A")
                    if attempt == 0:
                        store.do("A", commands.meet("interest_aroused", AT))
                    case.hold(at=AT)
                    store.on(connection).save(case)
            except (ConflictError, OperationalError) as error:
                told.append(type(error))
        assert told == [said]
        assert [entry["command"]["kind"] for entry in store.journal("A")] == ["open", "meet", "hold"]
        assert not list(store.verify())


def test_a_version_that_differs_in_figures_alone(store: Store, url: str) -> None:
    old = small_with("1.0.0", "4w")
    for case in ("A", "B"):
        store.open(case, old, at=AT)
    store.do("B", commands.end("lost", AT))
    for version, limit, days in (("1.1.0", "6w", 42), ("1.2.0", "1w", 7)):
        new = small_with(version, limit)
        store.keep(new)
        with Store(url) as again:
            assert again.load("A").next_due == AT + timedelta(days=days)
            assert not list(again.verify())
            assert again.row("A").next_due != again.load("A").next_due
            assert again.refresh(new) == 2
            assert again.refresh(new) == 0
            row = again.row("A")
            assert (row.version, row.next_due, row.limit_due) == (version, AT + timedelta(days=days), row.next_due)
            assert not list(again.verify())
        store.refresh(new)


def test_what_is_not_due_by_the_figures_of_now_is_not_claimed_again(store: Store, url: str) -> None:
    store.open("A", small_with("1.0.0", "1w"), at=AT)
    store.keep(small_with("1.1.0", "6w"))
    later = AT + timedelta(days=8)
    with Store(url) as again:
        assert [(t.case, t.events, t.error) for t in again.tick_due(at=later, worker="w")] == [("A", (), None)]
        assert again.tick_due(at=later, worker="w") == ()
        assert again.row("A").next_due == AT + timedelta(days=42)


def small_with(version: str, limit: str) -> Process:
    """A process of one stage with a time limit."""
    text = (
        f"stagegate: 1\nprocess: timed\nversion: {version}\ntracks:\n  - id: way\n    stages:\n"
        f"      - {{id: first, time_limit: {limit}, exit_criteria: [{{id: done}}], completes: won}}\n"
        "ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]\n"
    )
    definition, report = check_source(Source("timed.yaml", text))
    assert definition is not None, list(report.findings)
    return Process(definition, text)
