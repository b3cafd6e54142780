"""`stagegate test`: scenarios played, failures shown where they stand, mistakes told, exit codes."""

import json
from pathlib import Path

import pytest
from tests.cli.helpers import call, one_line, process

Capsys = pytest.CaptureFixture[str]

SMALL = """\
stagegate: 1
process: small
version: 1.0.0
title: {en: Small, zh: 小}
facts: {budget: {type: number, minimum: 0}}
tracks:
  - id: selling
    title: {en: Selling, zh: 销售}
    stages:
      - id: first
        title: {en: First, zh: 第一}
        exit_criteria: [{id: budget_known, actor: buyer, when: budget > 0, title: {en: Budget, zh: 预算}}]
      - id: second
        title: {en: Second, zh: 第二}
        exit_criteria: [{id: agreed, actor: buyer, title: {en: Agreed, zh: 已商定}}]
ends:
  - {id: won, kind: won, title: {en: Won, zh: 赢单}}
"""
SCENARIOS = """\
scenarios:
  - id: budget_first
    title: {en: The budget comes first, zh: 先有预算}
    when:
      - {do: meet, criterion: agreed}
    then:
      position: {stage: first, phase: in_progress}
      missing: [budget_known]
  - id: sold
    title: {en: A small deal is won, zh: 小单赢单}
    given:
      facts: {budget: 10}
    when: [{do: meet, criterion: agreed}]
    then:
      ended: won
"""
WRONG = """\
  - id: too_hopeful
    title: {en: Hope, zh: 希望}
    when:
      - {do: set_facts, facts: {budget: 10}}
    then:
      ended: won
      position: {stage: second, phase: completed}
  - id: nobody_may
    given:
      commands: [{do: resume}]
    when: [{do: tick}]
    then: {ended: won}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL + SCENARIOS, encoding="utf-8")
    return tmp_path


def write_wrong(here: Path) -> None:
    (here / "small.yaml").write_text(SMALL + SCENARIOS + WRONG, encoding="utf-8")


def test_what_passes_is_one_line_each(capsys: Capsys) -> None:
    done = call(capsys, "test", "small.yaml")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "small 1.0.0, small.yaml\n"
        "  passed  budget_first: The budget comes first\n"
        "  passed  sold: A small deal is won\n"
        "\n"
        "2 passed in 1 process\n"
    )


def test_in_chinese(capsys: Capsys) -> None:
    out = call(capsys, "test", "small.yaml", "--lang", "zh").out
    assert "  通过  sold：小单赢单\n" in out
    assert out.endswith("\n1 个流程中 2 个通过\n")


def test_what_fails_is_shown_where_it_stands(here: Path, capsys: Capsys) -> None:
    write_wrong(here)
    done = call(capsys, "test", "small.yaml")
    assert (done.code, done.err) == (1, "")
    failed = done.out[done.out.index("  FAILED  too_hopeful") :]
    assert failed == (
        "  FAILED  too_hopeful: Hope\n"
        "    small.yaml:38:7: `ended` is not as expected\n"
        "       |\n"
        "    38 |       ended: won\n"
        "       |       ^^^^^\n"
        "        expected  found\n"
        "      ! won       ''\n"
        "    small.yaml:39:7: `position` is not as expected\n"
        "       |\n"
        "    39 |       position: {stage: second, phase: completed}\n"
        "       |       ^^^^^^^^\n"
        "        expected         found\n"
        "        stage second     stage second\n"
        "      ! phase completed  phase in_progress\n"
        "  FAILED  nobody_may\n"
        "    small.yaml:42:18: `resume` should be accepted, and is refused\n"
        "       |\n"
        "    42 |       commands: [{do: resume}]\n"
        "       |                  ^\n"
        "      - the case is not on hold\n"
        "\n"
        "2 passed, 2 failed in 1 process\n"
    )


def test_only_some(here: Path, capsys: Capsys) -> None:
    write_wrong(here)
    for word in ("SOLD", "deal is won", "小单"):
        done = call(capsys, "test", "small.yaml", "-k", word)
        assert done.code == 0
        assert done.out.endswith("\n\n1 passed in 1 process\n")
    assert call(capsys, "test", "small.yaml", "-k", "small").out.endswith("2 passed, 2 failed in 1 process\n")


def test_a_word_that_nothing_has(capsys: Capsys) -> None:
    done = call(capsys, "test", "small.yaml", "-k", "nothing")
    assert (done.code, done.out) == (2, "")
    assert "`nothing`" in one_line(done.err)


def test_without_a_scenario_it_says_so(here: Path, capsys: Capsys) -> None:
    (here / "small.yaml").write_text(SMALL, encoding="utf-8")
    done = call(capsys, "test", "small.yaml")
    assert (done.code, done.out) == (0, "no scenarios in 1 process; write some under `scenarios:`\n")


def test_a_folder_with_a_file_beside_and_mistakes(here: Path, capsys: Capsys) -> None:
    beside = "process: small\nscenarios: [{id: waits, when: [{do: tick}], then: {ended: ''}}]\n"
    (here / "small.scenarios.yaml").write_text(beside, encoding="utf-8")
    (here / "bad.yaml").write_text(SMALL.replace("budget > 0", "bugdet > 0").replace("small", "bad"), encoding="utf-8")
    done = call(capsys, "test", ".")
    assert done.code == 1
    assert "bad.yaml:12:" in done.err
    assert "error[unknown-fact]" in done.err
    assert "  passed  waits\n" in done.out
    assert done.out.endswith("3 passed in 1 process; 1 process has mistakes\n")


def test_the_file_of_a_failure_is_the_one_it_stands_in(here: Path, capsys: Capsys) -> None:
    beside = "process: small\nscenarios:\n  - {id: wins, when: [{do: tick}], then: {ended: won}}\n"
    (here / "small.scenarios.yaml").write_text(beside, encoding="utf-8")
    out = call(capsys, "test", "small.scenarios.yaml").out
    assert "small.scenarios.yaml:3:43: `ended`" in out
    assert "\n    3 |   - {id: wins," in out
    assert "sold" not in out


@pytest.mark.parametrize("path", ["nothing.yaml", "nothing", "empty"])
def test_what_cannot_be_read(here: Path, capsys: Capsys, path: str) -> None:
    (here / "empty").mkdir()
    done = call(capsys, "test", path)
    assert (done.code, done.out) == (2, "")
    one_line(done.err)


def test_without_a_path_all_bundled_processes(capsys: Capsys) -> None:
    done = call(capsys, "test")
    assert (done.code, done.err) == (0, "")


def test_json(here: Path, capsys: Capsys) -> None:
    write_wrong(here)
    done = call(capsys, "test", "small.yaml", "--json")
    assert done.code == 1
    assert done.out.isascii()
    told = json.loads(done.out)
    assert (told["passed"], told["failed"]) == (2, 2)
    (small,) = told["processes"]
    assert (small["path"], small["process"], small["version"], small["errors"]) == ("small.yaml", "small", "1.0.0", 0)
    hopeful = small["scenarios"][2]
    assert (hopeful["id"], hopeful["passed"], hopeful["title"]["zh"]) == ("too_hopeful", False, "希望")
    assert hopeful["failures"][1] == {
        "key": "position",
        "line": 39,
        "column": 7,
        "message": "`position` should be stage second, phase completed, and is stage second, phase in_progress",
        "expected": ["stage second", "phase completed"],
        "found": ["stage second", "phase in_progress"],
    }


def test_colours_only_on_a_terminal(here: Path) -> None:
    write_wrong(here)
    assert b"\x1b[" not in process("test", "small.yaml", cwd=here).stdout
