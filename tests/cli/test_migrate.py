"""`stagegate diff` and `stagegate migrate`: graded, drafted, rehearsed, applied, and every mistake told."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra `store` is not installed")

from tests.cli.helpers import GOOD, call, one_line
from tests.versions.leads import NEW, OLD, PLAN, fill

from stagegate.store import Store

Capsys = pytest.CaptureFixture[str]
VERSIONS = (str(OLD), str(NEW))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_changes_are_graded(capsys: Capsys) -> None:
    done = call(capsys, "diff", *VERSIONS)
    said = " ".join(done.out.split())  # however it is folded
    assert done.code == 1
    assert "1 breaking, 4 in need of a plan, 1 compatible, 1 without effect on cases" in said
    assert "stage `answer` of `intake` seems to be `first_reply` now (a guess: the same title)" in said
    assert "lead-intake-1.yaml:9:13 -> " in said
    chinese = call(capsys, "diff", *VERSIONS, "--lang", "zh").out
    assert "阶段 `answer`（属于 `intake`）现在似乎叫 `first_reply`（推测：标题相同）" in chinese
    table = call(capsys, "diff", *VERSIONS, "--format", "markdown").out
    assert "| breaking | stage `check` of `intake` is gone |" in table
    told = json.loads(call(capsys, "diff", *VERSIONS, "--format", "json").out)
    assert (told["grade"], len(told["changes"]), told["changes"][0]["old_place"]) == ("breaking", 7, [18, 13])


@pytest.mark.parametrize(("language", "said"), [("en", ": 1 change: 1 "), ("zh", "：1 处变化：1 ")])
def test_one_change_is_not_several(capsys: Capsys, tmp_path: Path, language: str, said: str) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(OLD.read_text("utf-8").replace("Somebody has answered", "Somebody has replied"), "utf-8")
    assert said in call(capsys, "diff", str(OLD), str(other), "--lang", language).out


def test_nothing_has_changed(capsys: Capsys) -> None:
    done = call(capsys, "diff", str(OLD), str(OLD))
    assert done == (0, "lead-intake 1.0.0 -> 1.0.0: nothing has changed\n", "")


def test_the_plan_of_the_examples_is_the_one_drafted(capsys: Capsys, tmp_path: Path) -> None:
    assert call(capsys, "migrate", "plan", *VERSIONS).out == PLAN.read_text("utf-8")
    assert call(capsys, "migrate", "plan", *VERSIONS, "-o", str(tmp_path / "p.yaml")) == (0, "", "")
    assert (tmp_path / "p.yaml").read_text("utf-8") == PLAN.read_text("utf-8")


def test_rehearsed_and_applied(capsys: Capsys, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/leads.db"
    fill(url)
    arguments = (str(PLAN), *VERSIONS, "--store", url)
    done = call(capsys, "migrate", "rehearse", *arguments)
    assert (done.code, done.err) == (0, "")
    assert "rehearsed, nothing was changed" in done.out
    assert "6 cases accounted for" in done.out
    with Store(url) as store:
        assert store.count(version="1.0.0") == 6
    rows = tmp_path / "rows.csv"
    done = call(capsys, "migrate", "apply", *arguments, "--by", "li.wei", "--report", str(rows), "--json")
    assert done.code == 0
    report = json.loads(done.out)
    assert report["fates"] == {"kept": 3, "moved": 2, "person": 0, "conflict": 0, "failed": 0, "ended": 1, "there": 0}
    with rows.open(encoding="utf-8", newline="") as file:
        told = {row["case"]: row for row in csv.DictReader(file)}
    assert len(told) == 6
    assert told["check"]["shifts"] == "intake: check (in_progress) -> hand_over (in_progress)"
    with Store(url) as store:
        assert store.count(version="2.0.0") == 5
        assert not list(store.verify())
    lines = tmp_path / "rows.jsonl"
    done = call(capsys, "migrate", "apply", *arguments, "--report", str(lines), "--lang", "zh")
    assert "已在新版本" in done.out
    assert [json.loads(line) for line in lines.read_text("utf-8").splitlines()] == [{"case": "old", "fate": "ended"}]


def test_what_is_lost_is_told(capsys: Capsys, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/leads.db"
    fill(url, looked_up=True)
    done = call(capsys, "migrate", "rehearse", str(PLAN), *VERSIONS, "--store", url)
    assert done.code == 1
    assert "hand_over: criterion `looked_up`: the new version has none" in done.out


def test_every_mistake_of_a_plan_is_told_at_once(capsys: Capsys, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    text = PLAN.read_text("utf-8").replace("answer: first", "anwser: first").replace("hand_over  #", "hand_ower  #")
    plan.write_text(text.replace("owed:", "owned:").replace("process: lead-intake", "process: leads"), "utf-8")
    done = call(capsys, "migrate", "apply", str(plan), *VERSIONS, "--store", "sqlite:///none.db")
    assert done.code == 1
    for message in (
        "did you mean `answer`",
        "did you mean `hand_over`",
        "did you mean `owed`",
        "this plan is for `leads`",
    ):
        assert message in done.err
    plan.write_text(PLAN.read_text("utf-8"), "utf-8")
    done = call(capsys, "migrate", "apply", str(plan), str(NEW), str(OLD), "--store", "sqlite:///none.db")
    assert "the plan says version `1.0.0`" in done.err


def test_misuse(capsys: Capsys, tmp_path: Path, here: Path) -> None:
    (here / "other.yaml").write_text(GOOD, encoding="utf-8")
    (here / "no.db").write_text("no database " * 99, encoding="utf-8")
    for url, told in (
        ("sqlite:///nowhere.db", "there is no store"),
        ("sqlite:///no.db", "not a database"),
        ("mysql://x:secret@h/y", "not with mysql"),
        ("nonsense", "did you mean `sqlite:///nonsense`"),
        ("postgresql://u:secret@127.0.0.1:1/x", "refused"),
    ):
        done = call(capsys, "migrate", "rehearse", str(PLAN), *VERSIONS, "--store", url)
        assert done.code == 2
        assert told in one_line(done.err)
        assert "secret" not in done.err
    done = call(capsys, "migrate", "plan", str(OLD), "other.yaml")
    assert (done.code, "two versions of one process" in one_line(done.err)) == (2, True)
    done = call(capsys, "diff", str(OLD), "other.yaml")
    assert (done.code, "two versions of one process" in one_line(done.err)) == (2, True)
    done = call(capsys, "migrate", "rehears")
    assert done.code == 2
    assert "?;" not in one_line(done.err)
    assert one_line(call(capsys, "migrate").err) == "stagegate: missing command; see `stagegate migrate --help`"
    fill(f"sqlite:///{here}/leads.db")
    done = call(
        capsys, "migrate", "apply", str(PLAN), *VERSIONS, "--store", "sqlite:///leads.db", "--report", "no/where.csv"
    )
    assert (done.code, "cannot write" in one_line(done.err)) == (2, True)
