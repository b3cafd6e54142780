"""`stagegate import` and `stagegate store`: deals brought in, and looked at; whatever is refused is named."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra `store` is not installed")

from tests.cli.helpers import GOOD, call, one_line
from tests.portfolio.test_placing import PROCESS

from stagegate.store import Store

Capsys = pytest.CaptureFixture[str]
URL = "sqlite:///deals.db"
SALVIRT = Path(__file__).resolve().parents[3] / "shared" / "data" / "salvirt-b2b" / "deals.csv"
MAVEN = Path(__file__).resolve().parents[3] / "shared" / "data" / "maven-crm" / "sales_pipeline.csv"
DEALS = """\
Deal,Phase,Buyer,Since,Amount,talked,Colour
A-1,First talk,looking,2026-02-01,,no,red
A-2,再谈,choosing,2026-02-02,,yes,blue
A-3,third,,2026-02-03,-1,,green
A-4,second,,,10,no,
A-1,second,,,10,no,
"""
COLUMNS = ("--case-column", "Deal", "--stage-column", "Phase", "--buyer-column", "Buyer", "--at-column", "Since")
REFUSED = """\
deals.csv:4: row 3, deal A-3, column Phase: `third`: it must be one of `first`, `second`
deals.csv:4: row 3, deal A-3, column Amount: `-1`: it must be at least 0
deals.csv:6: row 5, deal A-1, column Deal: `A-1`: the row of line 2 has the same id
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline.yaml").write_text(PROCESS, encoding="utf-8")
    (tmp_path / "deals.csv").write_text(DEALS, encoding="utf-8")
    return tmp_path


def bring(capsys: Capsys, *more: str, deals: str = "deals.csv"):
    return call(capsys, "import", "pipeline.yaml", deals, "--store", URL, *COLUMNS, *more)


def test_deals_come_in_and_every_refused_row_is_named(capsys: Capsys) -> None:
    done = bring(capsys, "--by", "li.wei")
    assert done.code == 1
    assert done.err == "stagegate: columns that are neither facts nor criteria of pipeline: `Colour`\n" + REFUSED
    assert done.out == (
        "pipeline 1.0.0: 3 deals brought in\n        1  First talk [first]\n        2  Second talk [second]\n"
        "        2  rows refused; the standard error names each\n"
    )
    with Store(URL) as store:
        assert [(row.case, row.stage, row.gap_state) for row in store.find()] == [
            ("A-1", "first", "in_step"),
            ("A-2", "second", "in_step"),
            ("A-4", "second", "unknown"),
        ]
        assert [item.id for item in store.load("A-4").debts()] == ["talked"]
        assert store.load("A-2").debts() == ()
        assert store.journal("A-2")[0]["personal"]["by"] == "li.wei"
        assert list(store.verify()) == []
        assert store.waiting() > 0


def test_a_row_that_is_refused_by_the_store_is_named_too(capsys: Capsys) -> None:
    assert bring(capsys).code == 1
    again = json.loads(bring(capsys, "--json").out)
    assert again["opened"] == 0
    assert [row["row"] for row in again["refused"]] == [1, 2, 3, 4, 5]
    assert again["refused"][0]["reasons"] == [{"column": None, "value": "", "why": "the id `A-1` is taken"}]
    assert again["refused"][2]["reasons"][1] == {"column": "Amount", "value": "-1", "why": "it must be at least 0"}


def test_what_was_skipped_may_be_dropped_and_events_left_out(capsys: Capsys) -> None:
    bring(capsys, "--skipped", "dropped", "--no-events")
    with Store(URL) as store:
        assert store.load("A-4").debts() == ()
        assert store.waiting() == 0


def test_a_dry_run_writes_nothing(capsys: Capsys, here: Path) -> None:
    done = bring(capsys, "--dry-run")
    assert (done.code, done.out.splitlines()[0]) == (
        1,
        "pipeline 1.0.0: 3 deals would be brought in; nothing was written",
    )
    assert done.err.endswith(REFUSED)
    assert not (here / "deals.db").exists()
    bring(capsys)
    (here / "more.csv").write_text("Deal,Phase,Buyer,Since\nA-1,first,,\nA-9,first,,\n", encoding="utf-8")
    tried = bring(capsys, "--dry-run", "--json", deals="more.csv")
    assert [row["case"] for row in json.loads(tried.out)["refused"]] == ["A-1"]
    with Store(URL) as store:
        assert store.count() == 3


def test_in_chinese(capsys: Capsys) -> None:
    assert bring(capsys, "--lang", "zh").out.startswith("pipeline 1.0.0：3 个商机已导入\n        1  初谈 [first]\n")


def test_five_thousand_deals_at_once(capsys: Capsys, here: Path) -> None:
    stages = ("first", "Prospecting", "Second talk", "再谈")
    lines = [
        f"D-{n},{stages[n % 4]},,2026-01-{n % 28 + 1:02},{n % 7 or ''},{'yes' if n % 3 else ''}" for n in range(5000)
    ]
    lines[4000] = "D-4000,nowhere,,2026-01-01,1,yes"
    (here / "many.csv").write_text("Deal,Phase,Buyer,Since,Amount,talked\n" + "\n".join(lines) + "\n", encoding="utf-8")
    done = bring(capsys, "--no-events", deals="many.csv")
    assert done.code == 1
    assert (
        done.err
        == "many.csv:4002: row 4001, deal D-4000, column Phase: `nowhere`: it must be one of `first`, `second`\n"
    )
    with Store(URL) as store:
        assert store.count() == 4999
        assert store.count(stage="second") == 2500 + sum(1 for n in range(5000) if n % 4 < 2 and n % 3 and n != 4000)


def test_a_table_that_breaks_off_brings_nothing_in(capsys: Capsys, here: Path) -> None:
    (here / "broken.csv").write_text('Deal,Phase,Buyer,Since\nA-1,first,,\nA-2,"first,,\n', encoding="utf-8")
    done = bring(capsys, deals="broken.csv")
    assert done.code == 2
    assert "a quote is opened and never closed" in one_line(done.err)
    with Store(URL) as store:
        assert store.count() == 0


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--case-column", "Nr"), "there is no column `Nr`"),
        (("--at", "yesterday"), "--at `yesterday`: it must be a date"),
        (("--store", "mysql://x"), "a store works with SQLite and PostgreSQL"),
        (("--store", "sqlite:///no/where.db"), "unable to open database file"),
        (("--delimiter", "ab"), "cannot be a delimiter"),
    ],
)
def test_misuse(capsys: Capsys, more: tuple[str, str], told: str) -> None:
    done = bring(capsys, *more)
    assert done.code == 2
    assert told in done.err.splitlines()[-1]


@pytest.mark.skipif(not SALVIRT.is_file(), reason="the data of the neighbouring folder is not here")
def test_real_deals_without_ids_or_stages(capsys: Capsys) -> None:
    done = call(capsys, "import", "b2b-qualification", SALVIRT, "--store", URL, "--at", "2026-01-01", "--json")
    told = json.loads(done.out)
    assert (done.code, told["opened"], told["refused"]) == (0, 299, [])
    with Store(URL) as store:
        assert store.count() == 299
        assert len({row.stage for row in store.find(limit=1000)}) > 1
        assert list(store.verify()) == []


@pytest.mark.skipif(not MAVEN.is_file(), reason="the data of the neighbouring folder is not here")
def test_real_deals_at_their_stages(capsys: Capsys, here: Path) -> None:
    """A pipeline of 8,800 rows: those that are over, and those without a date of their own, are told apart."""
    (here / "pipeline.yaml").write_text(
        PROCESS.replace("再谈}", "再谈}\n        aliases: [Engaging]"), encoding="utf-8"
    )
    columns = ("--case-column", "opportunity_id", "--stage-column", "deal_stage", "--at-column", "engage_date")
    done = call(capsys, "import", "pipeline.yaml", MAVEN, "--store", URL, *columns, "--no-events", "--json")
    told = json.loads(done.out)
    lines = MAVEN.read_text(encoding="utf-8").splitlines()[1:]
    open_ = sum(line.split(",")[4] in ("Prospecting", "Engaging") for line in lines)
    assert (done.code, told["opened"], len(told["refused"])) == (1, open_, len(lines) - open_)
    assert {row["reasons"][0]["value"] for row in told["refused"]} == {"Won", "Lost"}


# -- looking into a store -----------------------------------------------------------------------------------------


def test_cases_are_listed(capsys: Capsys) -> None:
    bring(capsys)
    assert call(capsys, "store", "list", URL).out == (
        "A-1  pipeline 1.0.0  first, in progress; in step with the buyer\n"
        "A-2  pipeline 1.0.0  second, in progress; in step with the buyer\n"
        "A-4  pipeline 1.0.0  second, in progress; unknown: the buyer was not observed\n"
    )
    done = call(capsys, "store", "list", URL, "--stage", "second", "--open", "--limit", "1")
    assert done.out.startswith("A-2 ")
    assert done.err == "stagegate: 1 more; --limit shows them\n"
    asked = ("--process", "pipeline", "--version", "1.0.0", "--changed-since", "2026-02-10", "--json")
    told = json.loads(call(capsys, "store", "list", URL, *asked).out)
    assert (told["total"], [row["case"] for row in told["cases"]]) == (1, ["A-4"])
    assert (
        call(capsys, "store", "list", URL, "--behind").out
        == call(capsys, "store", "list", URL, "--overdue").out
        == "0 cases\n"
    )
    assert call(capsys, "store", "list", URL, "--changed-since", "x").code == 2


def test_overdue_is_as_of_now_in_every_list(capsys: Capsys, here: Path) -> None:
    definition = PROCESS.replace("- id: second\n", "- id: second\n        time_limit: 2w\n")
    (here / "pipeline.yaml").write_text(definition, encoding="utf-8")
    bring(capsys)
    listed = call(capsys, "store", "list", URL).out.splitlines()
    assert [line[:3] for line in listed if "; overdue;" in line] == ["A-2"]
    assert call(capsys, "store", "list", URL, "--overdue").out.splitlines() == [listed[1]]
    cases = json.loads(call(capsys, "store", "list", URL, "--json").out)["cases"]
    assert [(row["case"], row["overdue"], row["overdue_told"]) for row in cases] == [
        ("A-1", False, False),
        ("A-2", True, False),
        ("A-4", False, False),
    ]


def test_a_journal_is_written_as_process_replay_reads_it(capsys: Capsys) -> None:
    from stagegate import load

    bring(capsys)
    case, differences = load("pipeline.yaml").replay(json.loads(call(capsys, "store", "journal", URL, "A-2").out))
    assert (case.id, case.position.stage, differences) == ("A-2", "second", ())
    missing = call(capsys, "store", "journal", URL, "A-7")
    assert (missing.code, one_line(missing.err)) == (2, "stagegate: there is no case `A-7`")


def test_a_store_is_verified(capsys: Capsys, here: Path) -> None:
    bring(capsys)
    assert call(capsys, "store", "verify", URL) == (0, "3 cases, nothing damaged\n", "")
    with sqlite3.connect(here / "deals.db") as raw:
        raw.execute("UPDATE stagegate_cases SET stage = 'first' WHERE \"case\" = 'A-2'")
    raw.close()
    done = call(capsys, "store", "verify", URL)
    assert (done.code, done.out) == (
        1,
        "A-2: row: `stage` is 'first', the journal gives 'second'\n3 cases, 1 damaged\n",
    )
    assert call(capsys, "store", "verify", URL, "A-1", "A-4") == (0, "2 cases, nothing damaged\n", "")
    told = json.loads(call(capsys, "store", "verify", URL, "A-2", "--json").out)
    assert (told["cases"], told["damaged"], told["damages"][0]["kind"]) == (1, 1, "row")
    assert call(capsys, "store", "verify", URL, "A-7").code == 2
    assert call(capsys, "store", "verify", "sqlite:///nowhere.db").code == 2


def test_the_fact_of_a_process_may_be_named_like_a_criterion(capsys: Capsys, here: Path) -> None:
    """What is a fact gives the fact."""
    (here / "small.yaml").write_text(GOOD, encoding="utf-8")
    (here / "small.csv").write_text("Nr,Budget EUR,State,agreed\nA-1,10,Yes,no\n", encoding="utf-8")
    asked = ("--store", URL, "--case-column", "Nr", "--json")
    told = json.loads(call(capsys, "import", "small.yaml", "small.csv", *asked).out)
    assert (told["facts"], told["criteria"]) == ({"Budget EUR": "budget", "State": "state"}, {"agreed": "agreed"})
    assert told["stages"] == [{"stage": None, "deals": 1}]
