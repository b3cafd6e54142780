"""`stagegate prove`: answers shown, counterexamples that play, exit codes."""

import json
from pathlib import Path

import pytest
from tests.cli.helpers import call, one_line
from tests.cli.test_test import SMALL
from tests.meaning.texts import load

from stagegate.verify.examine import questions

Capsys = pytest.CaptureFixture[str]

INVARIANTS = """\
invariants:
  - {id: can_be_won, title: {en: It can be won, zh: 可以赢单}, possible: "ended('won')"}
  - {id: budget_before_won, before: budget_known, entering: won}
"""
BROKEN = """\
  - {id: not_agreed_in_first, title: {en: Too early, zh: 过早}, never: met('agreed'), in: [first]}
"""
QUESTIONS = questions(load(SMALL).definition)
"""What is asked of the process without being asked for; all of it is proved."""
ALL = 2 + len(QUESTIONS)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "small.yaml").write_text(SMALL + INVARIANTS, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text(SMALL + INVARIANTS + BROKEN, encoding="utf-8")
    return tmp_path


def test_what_is_proved(capsys: Capsys) -> None:
    done = call(capsys, "prove", "small.yaml")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:3] == [
        "small 1.0.0, small.yaml",
        "  proved     possible[can_be_won]: It can be won",
        "  proved     before[budget_before_won]",
    ]
    assert lines[3].startswith(f"  proved     {len(QUESTIONS)} general questions: stages and ends can be reached (3), ")
    assert lines[-1] == f"{ALL} proved in 1 process"


def test_only_invariants(capsys: Capsys) -> None:
    assert call(capsys, "prove", "small.yaml", "--only-invariants").out.endswith("\n\n2 proved in 1 process\n")


def test_what_is_broken_shows_how(capsys: Capsys) -> None:
    done = call(capsys, "prove", "broken.yaml", "--only-invariants")
    assert (done.code, done.err) == (1, "")
    broken = done.out[done.out.index("  BROKEN") :]
    assert broken.startswith(
        "  BROKEN     never[not_agreed_in_first]: Too early\n"
        "    broken.yaml:21:10: `not_agreed_in_first` is broken\n"
        "       |\n"
        "    21 |   - {id: not_agreed_in_first, title:"
    )
    assert (
        "    1. open\n       -> entered First [first]\n    2. meet agreed\n       now: selling first, in progress\n"
        in broken
    )
    assert "\n    why: " in broken
    assert broken.endswith("\n\n2 proved, 1 broken in 1 process\n")


def test_in_chinese(capsys: Capsys) -> None:
    out = call(capsys, "prove", "broken.yaml", "--lang", "zh").out
    assert "  成立    possible[can_be_won]：可以赢单\n" in out
    assert "  不成立  never[not_agreed_in_first]：过早\n" in out
    assert out.endswith(f"\n1 个流程中 {ALL} 个成立、1 个不成立\n")


def test_only_some(capsys: Capsys) -> None:
    for word, number in (("can_be", 1), ("possible[", 1), ("可以", 1), ("reaches[", 3), ("small", ALL)):
        out = call(capsys, "prove", "small.yaml", "-k", word).out
        assert out.endswith(f"\n\n{number} proved in 1 process\n"), word
    done = call(capsys, "prove", "small.yaml", "-k", "nothing")
    assert (done.code, done.out) == (2, "")
    assert "`nothing`" in one_line(done.err)


def test_what_is_undecided_is_counted(capsys: Capsys) -> None:
    done = call(capsys, "prove", "small.yaml", "--effort", "1")
    assert done.code == 0
    assert " undecided in 1 process\n" in done.out
    assert call(capsys, "prove", "small.yaml", "--effort", "1", "--strict").code == 1
    assert call(capsys, "prove", "small.yaml", "--strict").code == 0
    assert call(capsys, "prove", "small.yaml", "--effort", "0").code == 2


def test_the_help_says_what_the_effort_is_for_and_what_is_asked(capsys: Capsys) -> None:
    told = " ".join(call(capsys, "prove", "--help").out.split())
    assert "that all invariants of a process share; the general questions have as many again" in told
    assert "whether each condition can come out true" in told


def test_a_saved_journal_plays(here: Path, capsys: Capsys) -> None:
    done = call(capsys, "prove", "broken.yaml", "--save", "found/here")
    path = "found/here/small.never.not_agreed_in_first.commands.yaml"
    assert f"    play it: stagegate run broken.yaml {path}\n" in done.out
    assert [str(file.relative_to(here)) for file in here.glob("found/here/*")] == [path]
    played = call(capsys, "run", "broken.yaml", path)
    assert (played.code, played.err) == (0, "")
    assert "meet agreed" in played.out
    assert "refused" not in played.out


def test_nothing_is_saved_where_nothing_is_broken(here: Path, capsys: Capsys) -> None:
    assert call(capsys, "prove", "small.yaml", "--save", "found").code == 0
    assert not (here / "found").exists()


def test_a_place_that_cannot_be_written(capsys: Capsys) -> None:
    done = call(capsys, "prove", "broken.yaml", "--save", "small.yaml")
    assert (done.code, done.out) == (2, "")
    one_line(done.err)


def test_a_file_beside_the_definition(here: Path, capsys: Capsys) -> None:
    beside = "process: small\ninvariants:\n  - {id: mine, never: met('agreed')}\n"
    (here / "broken.yaml").unlink()
    (here / "x.scenarios.yaml").write_text(beside, encoding="utf-8")
    out = call(capsys, "prove", "x.scenarios.yaml", "--only-invariants").out
    assert "x.scenarios.yaml:3:10: `mine` is broken\n" in out
    assert "\n    3 |   - {id: mine," in out
    assert out.endswith("\n1 broken in 1 process\n")
    assert call(capsys, "prove", "small.yaml", "--only-invariants").out.endswith("\n2 proved, 1 broken in 1 process\n")


def test_mistakes_and_what_cannot_be_read(here: Path, capsys: Capsys) -> None:
    (here / "broken.yaml").write_text(SMALL.replace("budget > 0", "bugdet > 0"), encoding="utf-8")
    done = call(capsys, "prove", "broken.yaml")
    assert done.code == 1
    assert "error[unknown-fact]" in done.err
    assert done.out == "nothing to prove in 0 processes; 1 process has mistakes\n"
    assert call(capsys, "prove", "nothing.yaml").code == 2


def test_json(capsys: Capsys) -> None:
    done = call(capsys, "prove", "broken.yaml", "--json", "--save", "found")
    assert done.code == 1
    assert done.out.isascii()
    told = json.loads(done.out)
    assert (told["proved"], told["broken"], told["undecided"], told["with_mistakes"]) == (ALL, 1, 0, 0)
    (small,) = told["processes"]
    answer = small["invariants"][2]
    assert (answer["name"], answer["verdict"]) == ("never[not_agreed_in_first]", "broken")
    assert [entry["command"]["kind"] for entry in answer["journal"]] == ["open", "meet"]
    assert answer["where"] == "broken.yaml:21:10"
    assert answer["saved"] == "found/small.never.not_agreed_in_first.commands.yaml"
    assert {each["kind"] for each in small["questions"]} == {"reaches", "completes", "way_out", "can_hold"}
