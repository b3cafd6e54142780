"""Scenarios as text: expected beside found, aligned, in both languages and at any width."""

import re
from typing import Any

import pytest
from tests.meaning.texts import load
from tests.verify.test_scenarios import BEFORE_GO, GO, PROJECT, budget, do, expect, scenario

from stagegate.diagnostics import Source
from stagegate.model import Scenario, ScenarioStep, Text
from stagegate.render.findings.display import width
from stagegate.render.scenario_text import ScenarioText, summary
from stagegate.render.words import Say
from stagegate.verify.scenarios import play

# Line 20, where `expect` puts its first expectation.
FILE = "\n" * 19 + "    position: {stage: visit}  # here\n    events: []\n"


def written(told: Scenario, **how: Any) -> list[str]:
    process = load(PROJECT)
    text = ScenarioText(process.definition, [Source(process.definition.file, FILE)], **how)
    played = play(process, told)
    return [*text.line(played), *text.failures(played)]


def failing(**then: Any) -> Scenario:
    return scenario(when=(budget(1),), then=then, title=Text("A visit", "拜访"))


def test_a_scenario_that_passed_is_one_line() -> None:
    assert written(failing(chance=0.1)) == ["  passed  s: A visit"]
    assert written(failing(chance=0.1), language="zh") == ["  通过  s：拜访"]


def test_expected_stands_beside_found() -> None:
    first, place, *rest = written(failing(position=({"stage": "visit", "phase": "completed"},)))
    assert first == "  FAILED  s: A visit"
    assert place.endswith("example.yaml:20:5: `position` is not as expected")
    assert rest == [
        "       |",
        "    20 |     position: {stage: visit}  # here",
        "       |     ^^^^^^^^",
        "        expected         found",
        "        stage visit      stage visit",
        "      ! phase completed  phase in_progress",
    ]


def test_in_chinese() -> None:
    lines = written(failing(position=({"stage": "solution"},)), language="zh")
    assert lines[0] == "  失败  s：拜访"
    assert lines[1].endswith(":20:5: `position` 与预期不符")
    assert lines[-2:] == ["        预期            实际", "      ! stage solution  stage visit"]


def test_where_nothing_happens_no_refusal_is_found() -> None:
    told = scenario(then={"refused": ("ended",)})
    assert written(told)[-1] == "      ! ended     without a command"
    assert written(told, language="zh")[-1] == "      ! ended  没有命令"


def test_what_is_not_there_is_a_dash() -> None:
    told = failing(events=("entered solution",), missing=("solution_asked_for", "references_seen"))
    lines = written(told)
    assert "      ! entered solution  -" in lines
    assert "        solution_asked_for  solution_asked_for" in lines
    assert "      ! references_seen     -" in lines


def test_a_refusal_says_why() -> None:
    told = scenario(*BEFORE_GO, when=(GO,), then={"chance": 1}, at_stage="demonstration")
    lines = written(told)
    assert lines[1].endswith(":7:3: `decide worth_a_bid -> go` should be accepted, and is refused")
    assert lines[5].startswith("      - `worth_a_bid.go`: `budget >= 50000` is false (seen budget = 20000.0)")
    zh = written(told, language="zh")
    assert zh[1].endswith(": `decide worth_a_bid -> go` 应被接受，却被拒绝")
    assert "条件不成立" in zh[5]


def test_a_command_that_means_nothing_says_so() -> None:
    lines = written(scenario(do("meet", "visti")))
    assert lines[1].endswith(": a command that does not fit this process: the process has no criterion `visti`")


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_long_cells_are_wrapped(columns: int, language: str) -> None:
    wanted = ("decide worth_a_bid.go", "decide worth_a_bid.improve", "meet contract_signed")
    told = scenario(*BEFORE_GO, then={"actions": wanted}, at_stage="demonstration")
    lines = written(told, columns=columns, language=language)
    table = lines[lines.index(next(line for line in lines if "^" in line)) + 1 :]
    assert max(map(width, table)) <= columns
    second = width(re.split("found|实际", table[0])[0])
    assert width(re.split("not allowed|不可行", table[1])[0]) == second
    assert [line[6] for line in table if "decide" in line or "meet" in line] == ["!", " ", "!"]


def test_the_words_beside_ids_are_in_the_language() -> None:
    wanted = {"refused": ("ended",), "no_actions": ("end",), "actions": ("decide worth_a_bid.go",)}
    told = scenario(*BEFORE_GO, when=(budget(1),), then=wanted, at_stage="demonstration")
    zh = " ".join(" ".join(written(told, language="zh")).split())
    assert "! ended 已接受" in zh
    assert "不可行：condition_false worth_a_bid.go" in zh
    assert "role_not_allowed" not in zh


def test_colours_only_where_they_are_wanted() -> None:
    told = failing(chance=0.5)
    plain = written(told)
    painted = written(told, color=True)
    assert "\x1b[" not in "\n".join(plain)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in painted] == plain
    assert "\x1b[1;31mFAILED" in painted[0]


def test_nothing_of_a_file_steers_the_terminal() -> None:
    told = Scenario("s\x1b[2J", title=Text("a\x07"), steps=(ScenarioStep((), expect(ended="\x1b[31mx")),))
    assert "\x1b" not in "".join(written(told))


def test_the_summary() -> None:
    en, zh = Say("en"), Say("zh")
    assert summary(en, 12, 1, 5) == "12 passed, 1 failed in 5 processes"
    assert summary(en, 1, 0, 1, 1) == "1 passed in 1 process; 1 process has mistakes"
    assert summary(en, 0, 0, 2) == "no scenarios in 2 processes; write some under `scenarios:`"
    assert summary(en, 0, 0, 0, 1) == "no scenarios in 0 processes; 1 process has mistakes"
    assert summary(zh, 12, 1, 5) == "5 个流程中 12 个通过、1 个失败"
