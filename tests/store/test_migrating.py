"""The cases of a store go to another version: each is accounted for, nothing is lost on the way, and it may be killed at any time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import text
from tests.store.conftest import AT
from tests.versions.changed import plan_between, process_of, versions

from stagegate import commands
from stagegate.errors import StoreError, SubscriberError
from stagegate.process import Process
from stagegate.store import Happened, Store, Subscriber, Unit
from stagegate.store.aio import AsyncStore
from stagegate.store.migrating import Migration, Run, migrate
from stagegate.versions.draft import draft
from stagegate.versions.plan import Plan, plan_of
from stagegate.versions.report import Became

LATER = AT + timedelta(days=1)


@pytest.fixture(scope="module")
def old_and_new() -> tuple[Process, Process]:
    return versions()


@pytest.fixture
def old(old_and_new: tuple[Process, Process]) -> Process:
    return old_and_new[0]


@pytest.fixture
def new(old_and_new: tuple[Process, Process]) -> Process:
    return old_and_new[1]


@pytest.fixture
def plan(old: Process, new: Process) -> Plan:
    return plan_between(old, new)


def fill(store: Store, old: Process, number: int) -> None:
    """Cases at every stage in turn; each tenth has ended."""
    stages = [s.id for s in old.definition.tracks[1].stages]

    def openings() -> Iterator[tuple[str, commands.Command, list[commands.Command]]]:
        for n in range(number):
            at_stage = stages[n % len(stages)]
            following = [commands.end("given_up", AT, reason="no_budget")] if n % 10 == 9 else []
            yield (
                f"D{n:04d}",
                commands.open_case(AT, at_stage=at_stage, skipped="owed" if n % 2 else "dropped"),
                following,
            )

    assert not store.open_many(old, openings()).refused


def standing(store: Store) -> list[tuple[str, str, int, str]]:
    return [(r.case, r.flow, r.seq, r.stage) for r in store.find(limit=1_000)]


def test_every_case_is_accounted_for(store: Store, old: Process, new: Process, plan: Plan) -> None:
    fill(store, old, 80)
    before, told = standing(store), list[Became]()
    rehearsed = store.migrate(plan, old, new, at=LATER, rehearse=True, batch=7, each=told.append)
    assert standing(store) == before
    assert not list(store.verify())
    assert rehearsed.fates == {"kept": 64, "moved": 8, "person": 0, "conflict": 0, "failed": 0, "ended": 8, "there": 0}
    assert (rehearsed.total, len(told)) == (80, 80)
    assert rehearsed.shifts == {"selling: project_evaluation (in_progress) -> negotiation (in_progress)": 8}
    assert rehearsed.owed == {"budget_range_known": 44}
    seen: list[tuple[int, int]] = []
    report = store.migrate(plan, old, new, at=LATER, by="li.wei", batch=30, progress=lambda *at: seen.append(at))
    assert (report.fates, report.shifts, report.owed) == (rehearsed.fates, rehearsed.shifts, rehearsed.owed)
    assert seen == [(30, 80), (60, 80), (80, 80)]
    assert not list(store.verify())
    assert store.count(flow=new.flow) == 72
    entry = store.journal("D0000")[-1]
    assert (entry["command"]["kind"], entry["personal"]["by"]) == ("migrate", "li.wei")
    assert store.load("D0005").position.stage == "negotiation"
    store.do("D0004", commands.meet("needs_analysis_done", LATER))
    assert not list(store.verify("D0004"))
    again = store.migrate(plan, old, new, at=LATER)
    assert (again.fates["ended"], again.fates["there"], again.total) == (8, 72, 80)


def test_who_writes_meanwhile_is_not_overwritten(store: Store, old: Process, new: Process, plan: Plan) -> None:
    fill(store, old, 6)
    busy = iter([True, False, False])

    def write(verb: Callable[[Unit], Any]) -> Any:
        if next(busy, False):
            store.migrate(plan, old, new, at=LATER, batch=2)  # another worker does the same
            store.do("D0003", commands.observe("tender_screening", LATER, source="a call"))
        return store._write(verb)

    store.keep(new)
    told: list[Became] = []
    migration = Migration(plan, old, new, LATER, "")
    report = migrate(Run(migration, rehearsed=False, each=told.append), store._read, write)
    assert [
        (b.case, b.fate) for b in told
    ] == []  # the first transaction keeps the definition: all were carried over there
    assert report.fates["there"] == 6
    assert not list(store.verify())


def test_a_conflict_is_taken_anew(store: Store, old: Process, new: Process, plan: Plan) -> None:
    fill(store, old, 6)
    writes = 0

    def write(verb: Callable[[Unit], Any]) -> Any:
        nonlocal writes
        writes += 1
        if writes == 2:
            store.do("D0003", commands.observe("tender_screening", LATER, source="a call"))
            store.do("D0004", commands.end("given_up", LATER, reason="no_budget"))
            store.migrate(
                evolve(plan, by_hand=tuple(s.id for s in old.definition.stages() if s.id != "formal_solution")),
                old,
                new,
                at=LATER,
            )
            store.migrate(evolve(plan, by_hand=("plan_and_invite", "preliminary_solution")), old, new, at=LATER)
        return store._write(verb)

    told: list[Became] = []
    migration = Migration(plan, old, new, LATER, "")
    report = migrate(Run(migration, rehearsed=False, each=told.append), store._read, write)
    assert {b.case: b.fate for b in told} == {
        "D0000": "kept", "D0001": "there", "D0002": "kept", "D0003": "there", "D0004": "ended", "D0005": "there",
    }  # fmt: skip
    assert report.total == 6
    assert not list(store.verify())
    assert [len(store.journal(f"D000{n}")) for n in range(6)] == [2, 2, 2, 3, 2, 2]


def test_one_bad_case_does_not_stop_the_rest(store: Store, old: Process, new: Process, plan: Plan) -> None:
    fill(store, old, 6)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE stagegate_cases SET snapshot='{}' WHERE \"case\"='D0001'"))
        connection.execute(text("UPDATE stagegate_cases SET snapshot='nonsense' WHERE \"case\"='D0002'"))
        other = "(SELECT c.snapshot FROM stagegate_cases c WHERE c.\"case\"='D0004')"
        connection.execute(text(f"UPDATE stagegate_cases SET snapshot={other} WHERE \"case\"='D0003'"))
    report = store.migrate(plan, old, new, at=LATER)
    assert (report.fates["failed"], report.fates["kept"], report.fates["moved"]) == (3, 2, 1)
    assert [b.case for b in report.examples["failed"]] == ["D0001", "D0002", "D0003"]
    assert "D0004" in report.examples["failed"][2].reason
    assert not report.fine


def test_a_person_decides(store: Store, old: Process, new: Process, plan: Plan) -> None:
    fill(store, old, 6)
    asking = evolve(plan, by_hand=("project_evaluation",), land={})
    report = store.migrate(asking, old, new, at=LATER)
    assert [(b.case, b.reason) for b in report.examples["person"]] == [("D0005", "it stands in `project_evaluation`")]
    decided = evolve(asking, decide={"D0005": "full_solution"})
    report = store.migrate(decided, old, new, at=LATER)
    assert (report.fates["moved"], report.fates["there"]) == (1, 5)
    assert store.load("D0005").position.stage == "full_solution"
    assert not list(store.verify())


def test_a_plan_for_other_versions_is_refused(store: Store, old: Process, new: Process, plan: Plan) -> None:
    for rehearse in (False, True):
        with pytest.raises(StoreError, match=r"2\.0\.0"):
            store.migrate(plan, new, old, at=LATER, rehearse=rehearse)


KILLED = """
import os, signal, sys
from datetime import datetime
from stagegate.store import Store
from tests.versions.changed import plan_between, process_of, versions

old, new = versions()
done = 0
def progress(cases, of):
    global done
    done += 1
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
Store(sys.argv[1]).migrate(plan_between(old, new), old, new, at=datetime.fromisoformat(sys.argv[3]), batch=11, progress=progress)
"""


def test_it_is_killed_and_started_again(store: Store, url: str, old: Process, new: Process, plan: Plan) -> None:
    fill(store, old, 60)
    command = [sys.executable, "-c", KILLED, url, "2", LATER.isoformat()]
    for _ in range(2):
        assert subprocess.run(command, check=False, env={"PYTHONPATH": ":".join(sys.path)}).returncode == -9
        assert not list(store.verify())
    assert store.count(flow=new.flow) == 38  # of the first 42 cases four have ended
    report = store.migrate(plan, old, new, at=LATER)
    assert (report.total, report.fates["there"], report.carried, report.fates["ended"]) == (60, 38, 16, 6)
    assert not list(store.verify())
    assert all(len(store.journal(f"D{n:04d}")) == 2 for n in range(60))


def test_handlers_that_raise_stop_nothing(url: str, old: Process, new: Process, plan: Plan) -> None:
    heard = []

    def handler(happened: Happened) -> None:
        heard.append(happened.case)
        raise ValueError("the host's own")

    with Store(url, subscribers=[Subscriber(handler, {"migrated"})]) as store:
        fill(store, old, 8)
        assert store.migrate(plan, old, new, at=LATER, rehearse=True).carried == 8
        assert not heard
        with pytest.raises(SubscriberError) as told:
            store.migrate(plan, old, new, at=LATER, batch=3)
        assert (told.value.result.carried, len(told.value.errors), len(heard)) == (8, 8, 8)
        assert not list(store.verify())


def test_awaited(url: str, old: Process, new: Process, plan: Plan) -> None:
    with Store(url) as store:
        fill(store, old, 8)

    async def whole() -> None:
        async with await AsyncStore.at(url) as store:
            rehearsed = await store.migrate(plan, old, new, at=LATER, rehearse=True, batch=3)
            assert await store.count(flow=old.flow) == 8
            report = await store.migrate(plan, old, new, at=LATER, batch=3)
            assert report.fates == rehearsed.fates
            assert report.carried == await store.count(flow=new.flow) == 8
            assert not await store.verify()

    asyncio.run(whole())


SMALL = """\
stagegate: 1
process: small
version: 1.0.0
tracks:
  - id: way
    stages:
{}
ends:
  - {{id: won, kind: won}}
  - {{id: lost, kind: lost, by_command: true}}
"""


def small(version: str, *stages: str) -> Process:
    """A process of stages told as `name: criterion criterion`."""
    lines = []
    for stage in stages:
        name, _, criteria = stage.partition(":")
        listed = ", ".join(f"{{id: {c}, title: {{en: The {c}}}}}" for c in criteria.split())
        lines.append(f"      - {{id: {name}, title: {{en: Stage {name}}}, exit_criteria: [{listed}]}}")
    return process_of(SMALL.format("\n".join(lines)).replace("1.0.0", version))


FOUR = ("a: a1 a2", "b: b1", "c: c1", "d: d1")
# What the new version has, the plan, and for a case that stands at each stage: where it stands then, and what it owes.
RESHAPED = {
    "merged": (("a: a1 a2", "bc: b1 c1", "d: d1"), {"stages": {"b": "bc", "c": "bc"}}, ("a", "bc", "bc", "d"), ()),
    "split": (("a: a1", "a_more: a2", *FOUR[1:]), {"stages": {"a": ["a", "a_more"]}}, ("a", "b", "c", "d"), ()),
    "removed": (("a: a1 a2", "c: c1", "d: d1"), {"stages": {"b": None}, "land": {"b": "c"}}, ("a", "c", "c", "d"), ()),
    "added": ((*FOUR[:2], "new: n1", *FOUR[2:]), {"passed": {"new": "owed"}}, ("a", "b", "c", "d"), ("n1",)),
    "added and dropped": ((*FOUR[:2], "new: n1", *FOUR[2:]), {"passed": {"new": "dropped"}}, ("a", "b", "c", "d"), ()),
    "added, all go back": ((*FOUR[:2], "new: n1", *FOUR[2:]), {}, ("a", "b", "new", "new"), ()),
    "another gate": (("a: a1 a2", "b: b1 b2", *FOUR[2:]), {"owed": ["b2"]}, ("a", "b", "c", "d"), ("b2",)),
    "confirmed again": (("a: a1 a2 a3", *FOUR[1:]), {"owed": ["a3"], "stale": ["a1"]}, ("a", "a", "a", "a"), ("a3",)),
    "renamed": (("a: a1 a2", "b: b1", "e: e1", "d: d1"), {"stages": {"c": "e"}, "criteria": {"c1": "e1"}}, ("a", "b", "e", "d"), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", RESHAPED)
def test_stages_are_reshaped(store: Store, name: str) -> None:
    stages, said, expected, owed = RESHAPED[name]
    old, new = small("1.0.0", *FOUR), small("2.0.0", *stages)
    given = [[], ["a1", "a2"], ["a1", "a2", "b1"], ["a1", "a2", "b1", "c1"]]
    for case, met in zip("abcd", given, strict=True):
        store.open(case, old, at=AT)
        store.do(case, *(commands.meet(c, AT) for c in met))
        assert store.load(case).position.stage == case
    told = {"migrate": 1, "process": "small", **said}
    for key, process in (("from", old), ("to", new)):
        told[key] = {"version": process.version, "flow": process.flow}
    report = store.migrate(plan_of(told), old, new, at=LATER)
    assert (report.carried, report.lost) == (4, 2 if name == "removed" else 0)
    assert tuple(store.load(case).position.stage for case in "abcd") == expected
    assert tuple(item.id for item in store.load("d").debts()) == owed
    assert not list(store.verify())


@pytest.mark.parametrize("name", ["merged", "split", "removed", "added", "another gate"])
def test_what_is_drafted_loses_no_position_that_it_need_not(store: Store, name: str) -> None:
    stages = RESHAPED[name][0]
    old, new = small("1.0.0", *FOUR), small("2.0.0", *stages)
    for case in "abcd":
        store.open(case, old, at=AT, at_stage=case)
    report = store.migrate(draft(old, new).plan, old, new, at=LATER)
    assert (report.fates["moved"], report.carried) == (int(name == "removed"), 4)
    assert not list(store.verify())
