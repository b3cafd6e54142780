"""stagegate mutate: score, survivors at their lines, hints that can be played, exit codes."""

import json
from pathlib import Path

import pytest
import yaml
from tests.cli.helpers import call, one_line

from stagegate import load
from stagegate.loading import suites
from stagegate.render.command_yaml import flow, scenario_lines
from stagegate.verify.mutation import Judge
from stagegate.verify.scenarios import play

Capsys = pytest.CaptureFixture[str]

PROCESS = """\
stagegate: 1
process: small
version: 1.0.0
title: {en: Small, zh: 小}
facts: {budget: {type: integer, minimum: 0, title: {en: Budget, zh: 预算}}}
tracks:
  - id: selling
    title: {en: Selling, zh: 销售}
    stages:
      - id: visit
        title: {en: Visit, zh: 拜访}
        exit_criteria: [{id: budget_known, actor: buyer, when: budget > 10, title: {en: Budget known, zh: 已知预算}}]
ends: [{id: won, kind: won, title: {en: Won, zh: 赢单}}]
"""
SCENARIOS = """\
process: small
scenarios:
  - id: won
    when: [{do: set_facts, facts: {budget: 11}}]
    then: {ended: won}
  - id: too_small
    when: [{do: set_facts, facts: {budget: 10}}]
    then: {position: {stage: visit, phase: in_progress}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "small.yaml").write_text(PROCESS, encoding="utf-8")
    (tmp_path / "small.scenarios.yaml").write_text(SCENARIOS, encoding="utf-8")
    return tmp_path


def test_survivors_stand_at_their_lines_with_what_would_tell_them(here: Path, capsys: Capsys) -> None:
    done = call(capsys, "mutate", "small.yaml")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "small 1.0.0, small.yaml\n8 mutants: 6 noticed, 0 equivalent, 2 survived; score 75.0 %\n"
    )
    assert ["optional-stage", "1", "0", "0", "1"] in [line.split() for line in done.out.splitlines()]
    assert (
        """\
small.yaml:10:13: survived: `visit` can be skipped (optional-stage)
       |
    10 |       - id: visit
       |             ^^^^^
    would be told by: the last command: refused, not_optional visit; in the mutant accepted
      - {do: skip, stage: visit}
"""
        in done.out
    )


@pytest.mark.parametrize(("least", "code"), [("75", 0), ("75.1", 1), ("0", 0), ("100", 1)])
def test_the_score_decides_the_exit_code(here: Path, capsys: Capsys, least: str, code: int) -> None:
    assert call(capsys, "mutate", "small.yaml", "--at-least", least).code == code


def test_list_shows_every_mutant_and_who_noticed_it(here: Path, capsys: Capsys) -> None:
    out = call(capsys, "mutate", "small.yaml", "--list").out
    line = "noticed small.yaml:12:30: `budget_known` made optional (optional-criterion), by scenario[won]"
    assert line in " ".join(out.split())
    assert len([line for line in out.splitlines() if line.startswith(("noticed", "survived"))]) == 8


def test_in_chinese(here: Path, capsys: Capsys) -> None:
    out = call(capsys, "mutate", "small.yaml", "--lang", "zh").out
    assert "8 变体：6 发现、0 等价、2 存活；得分 75.0 %" in out
    assert "small.yaml:10:13: 存活: `visit` 可跳过（optional-stage）" in out
    assert "    可由此区分：最后的命令：拒绝, not_optional visit；变体中为 接受\n" in out


def test_json(here: Path, capsys: Capsys) -> None:
    found = json.loads(call(capsys, "mutate", "small.yaml", "--json").out)
    assert (found["process"], found["score"], found["mutants"], found["survived"]) == ("small", 0.75, 8, 2)
    assert sum(each["mutants"] for each in found["operators"]) == len(found["all"]) == 8
    survivor = next(each for each in found["all"] if each["operator"] == "by-command")
    assert (survivor["line"], survivor["fate"]) == (13, "survived")
    assert [command["kind"] for command in survivor["hint"]["commands"]] == ["open", "end"]


def test_what_fails_on_the_process_itself_is_told(here: Path, capsys: Capsys) -> None:
    (here / "small.scenarios.yaml").write_text(SCENARIOS.replace("budget: 11", "budget: 9"), encoding="utf-8")
    out = call(capsys, "mutate", "small.yaml").out
    assert "of no use, not so on the original itself: scenario[won]" in out


def test_mistakes_and_misuse(here: Path, capsys: Capsys) -> None:
    (here / "bad.yaml").write_text(PROCESS.replace("kind: won", "kinds: won"), encoding="utf-8")
    done = call(capsys, "mutate", "bad.yaml")
    assert done.code == 1
    assert "unknown-key" in done.err
    assert call(capsys, "mutate", "nowhere.yaml").code == 2
    (here / "other.yaml").write_text(PROCESS.replace("process: small", "process: other"), encoding="utf-8")
    (here / "bad.yaml").unlink()
    done = call(capsys, "mutate", ".")
    assert (done.code, one_line(done.err)) == (2, "stagegate: `.` holds 2 definitions; name one of them")


@pytest.mark.parametrize("name", ["after-sales-repair", "decision-point-buying-cycle"])
def test_the_lines_of_a_hint_are_a_scenario(here: Path, name: str) -> None:
    """What is shown can be put into a file of scenarios, and does there what the hint says."""
    judge = Judge(load(name), (), ())
    shown = [each for m in judge.mutants[::5] if (each := judge.judged(m)) and each.hint and len(each.hint.journal) > 1]
    assert len(shown) > 10
    text = [f"process: {name}", "scenarios:"]
    for number, each in enumerate(shown):
        assert each.hint is not None
        lines = list(scenario_lines(each.hint.journal))
        given = [line for line in lines if not line.startswith("- ")]
        when = [f"  {line}" for line in lines if line.startswith("- ")]
        text += [
            f"  - id: s{number}",
            *(f"    {line}" for line in (*given, "when:", *when, "then: {refused: [not_asked]}")),
        ]
    (here / f"{name}.scenarios.yaml").write_text("\n".join(text), encoding="utf-8")
    (suite,) = suites([here / f"{name}.scenarios.yaml"])
    assert not suite.report.has_errors, [f.message for f in suite.report]
    for each, scenario in zip(shown, suite.scenarios, strict=True):
        assert each.hint is not None
        done = [command.kind for command, _ in play(judge.process, scenario).steps]
        assert done == [command.kind for command in each.hint.journal[1:]][: len(done)]
        assert [i.kind for i in scenario.steps[0].when] == [command.kind for command in each.hint.journal[1:]]


def test_values_in_yaml() -> None:
    values = {"a": "yes", "b": ["x y", None], "c": {"d": True, "e": 1.5}, "f": "2026"}
    assert yaml.safe_load(flow(values)) == values
