"""A commands file that was written is read back as the same commands."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.helpers import EXAMPLES, NAMES
from tests.meaning.texts import load

import stagegate
from stagegate.diagnostics import Source
from stagegate.engine import commands
from stagegate.engine.commands import KINDS, Command
from stagegate.errors import CommandError
from stagegate.language.script_writer import written
from stagegate.language.scripts import read_script
from stagegate.process import Process

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
OPEN = commands.open_case(AT)
FACTS = load("""
    facts:
      yes: {type: boolean}
      whole: {type: integer}
      number: {type: number}
      text: {type: string}
      since: {type: timestamp}
      length: {type: duration}
      words: {type: list, of: string}
    tracks: [{id: t, stages: [{id: a}]}]
    """)
EVERYTHING = load("""
    documents: {minutes: {}}
    roles: {manager: {}}
    activities: [{id: review, results: [good, bad]}]
    tracks:
      - {id: buying, side: buyer, position: observed, stages: [{id: seen}]}
      - id: t
        advance: manual
        stages:
          - {id: a, exit_criteria: [{id: x, evidence: [minutes], waivable: [manager]}], prohibitions: [{id: shouting}],
             procedures: [{process: after-sales-repair, on_end: {done: [x]}}]}
          - {id: b, optional: true}
          - {id: c}
        decision_points: [{id: d, after: b, outcomes: [{id: "on", to: c}, {id: off, to: lost}]}]
        jumps: [{id: ahead, from: [a], to_any_later: true}]
        loops: [{id: back, from: [b], to: a}]
    ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true, reasons: [dear]}]
    """)


def read_back(process: Process, told: list[Command], case: str = "A-1") -> list[Command]:
    text = written(process.name, case, told, remark="how it came\nabout \x1b[31m")
    script, report = read_script(Source("c.yaml", text), process.definition)
    assert script is not None, (text, report.findings)
    assert not report.findings, text
    assert (script.process, script.case) == (process.name, case)
    return [script.open.command, *(line.command for line in script.lines)]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_come_back(name: str) -> None:
    process = stagegate.load(name)
    path = Path(EXAMPLES / f"{name}.commands.yaml")
    script, _ = read_script(Source(path.name, path.read_text(encoding="utf-8")), process.definition)
    assert script is not None
    told = [script.open.command, *(line.command for line in script.lines)]
    assert len(told) > 3
    assert read_back(process, told, script.case) == told


def test_every_command_comes_back() -> None:
    later = datetime(2026, 3, 1, 10, 5, 1, 999, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    told = [
        commands.open_case(AT, start="a", by="li wei", note="# no: remark"),
        commands.meet("x", later, evidence={"minutes": "crm://1, 2"}, role="manager", key="1"),
        commands.retract("x", later, happened=AT),
        commands.attach("x", later, evidence={"minutes": None}),
        commands.waive("x", later, reason="yes", until=later),
        commands.observe("seen", later, source="null"),
        commands.complete("a", later),
        commands.advance(later),
        commands.advance(later, track="t"),
        commands.decide("d", "on", later, reason="it: was"),
        commands.jump("ahead", later, answer="willing"),
        commands.jump("ahead", later, to="b"),
        commands.loop_back("back", later),
        commands.skip("b", later),
        commands.begin("review", later),
        commands.finish("review", later, result="good"),
        commands.report("after-sales-repair", "done", later),
        commands.breach("shouting", later),
        commands.hold(later),
        commands.hold(later, until=later),
        commands.resume(later),
        commands.end("lost", later, reason="dear"),
        commands.reopen("a", later),
        commands.tick(later),
    ]
    assert {command.kind for command in told} == set(KINDS) - {"set_facts"}
    assert read_back(EVERYTHING, told) == told


@pytest.mark.parametrize(
    "told", [[OPEN], [commands.open_case(AT, at_stage="a", skipped="owed")]], ids=["open", "placed"]
)
def test_an_opening_alone_comes_back(told: list[Command]) -> None:
    assert read_back(FACTS, told) == told


def test_a_file_begins_with_the_opening() -> None:
    with pytest.raises(CommandError):
        written("p", "c", [commands.tick(AT)])


@pytest.mark.parametrize("told", [commands.attach("x", AT, evidence={}), commands.set_facts({}, AT)], ids=repr)
def test_what_a_file_cannot_say_is_no_file(told: Command) -> None:
    with pytest.raises(CommandError):
        written("p", "c", [OPEN, told])


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=12) | st.sampled_from(
    ["", "yes", "null", "~", "1", "1e3", "0x1f", "true", "- a", "a: b", "{", "2026-01-01", "a # b", " a ", "é\u2028\x85\ufeff", "項目\U0001f600"]
)  # fmt: skip
TIMES = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))
LENGTHS = st.timedeltas() | st.integers(-(10**9), 10**9).map(lambda n: timedelta(microseconds=n))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "yes": st.booleans() | st.none(),
    "whole": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1),
    "text": TEXTS,
    "since": TIMES,
    "length": LENGTHS,
    "words": st.lists(TEXTS, max_size=3).map(tuple),
}


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({}, optional=VALUES).filter(bool))
def test_every_fact_comes_back(facts: dict[str, Any]) -> None:
    told = [OPEN, commands.set_facts(facts, AT)]
    back = read_back(FACTS, told)
    assert back == told
    for name, value in back[1].args["facts"].items():
        assert type(value) is type(facts[name])
