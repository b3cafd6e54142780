"""`stagegate assess`: the deals of a table, what does not fit, the funnel."""

import json
import re
import tracemalloc
from pathlib import Path

import pytest
from tests.cli.helpers import EXAMPLES, GOOD, call, one_line, process

Capsys = pytest.CaptureFixture[str]
DEALS = """\
Nr;Budget EUR;State;Colour
A-1;10;Yes;red
A-2;;Yes;
A-3;5;Unknown;blue
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "deals.csv").write_text(DEALS, encoding="utf-8")
    return tmp_path


def funnel(out: str) -> dict[str, tuple[int, int]]:
    """What the funnel says of each stage: reached, completed."""
    rows = re.findall(r"^  .*\[(\w+)\] +([\d,]+) +([\d,]+)", out, re.MULTILINE)
    return {stage: (int(reached.replace(",", "")), int(done.replace(",", ""))) for stage, reached, done in rows}


def test_deals_and_funnel(capsys: Capsys) -> None:
    done = call(capsys, "assess", "small.yaml", "deals.csv", "--id", "Nr")
    assert done.code == 0
    assert done.err == "stagegate: columns that are no facts of small: `Colour`\n"
    lines = [" ".join(line.split()) for line in done.out.splitlines()[:3]]
    assert lines == [
        "A-1 third, in progress; lacks agreed",
        "A-2 first, in progress; lacks budget_known",
        "A-3 second, in progress; lacks state_is_yes",
    ]
    assert funnel(done.out) == {"first": (3, 2), "second": (2, 1), "third": (1, 0)}


def test_without_an_id_column_deals_go_by_their_row(capsys: Capsys) -> None:
    out = call(capsys, "assess", "small.yaml", "deals.csv").out
    assert out.startswith("1  ")


def test_json(capsys: Capsys) -> None:
    plain = json.loads(call(capsys, "assess", "small.yaml", "deals.csv", "--id", "Nr", "--json").out)
    assert [deal["id"] for deal in plain["deals"]] == ["A-1", "A-2", "A-3"]
    assert plain["deals"][1]["missing"] == ["budget_known"]
    assert plain["columns"] == {"Budget EUR": "budget", "State": "state"}
    assert [(step["reached"], step["completed"]) for step in plain["funnel"]] == [(3, 2), (2, 1), (1, 0)]
    assert (plain["total"], plain["listed"], plain["unfit"]) == (3, 3, 0)


def test_one_deal_in_full(capsys: Capsys) -> None:
    done = call(capsys, "assess", "small.yaml", "deals.csv", "--id", "Nr", "--deal", "A-3")
    assert "deal A-3" in done.out
    assert "- state: Unknown" in done.out
    said = " ".join(done.out.split())
    assert "[ ] The state is yes [state_is_yes]: not met" in said
    assert "state == 'Yes') - small.yaml:24:18" in said
    plain = json.loads(call(capsys, "assess", "small.yaml", "deals.csv", "--deal", "2", "--json").out)
    assert plain["facts"] == {"state": "Yes"}
    assert plain["missing"][0]["lacking"] == ["fact budget"]
    done = call(capsys, "assess", "small.yaml", "deals.csv", "--deal", "17")
    assert done.code == 2
    assert "has no deal `17`; deals go by their row number" in done.err.splitlines()[-1]


def test_a_limit_lists_fewer_and_counts_all(capsys: Capsys) -> None:
    out = call(capsys, "assess", "small.yaml", "deals.csv", "--limit", "1").out
    assert "2 more deals are not listed" in out
    assert funnel(out)["first"] == (3, 2)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str, here: Path, capsys: Capsys) -> None:
    rows = ['"Budget EUR"{d}State{d}"a;b,c|d"', '10{d}Yes{d}"x;,|y"', '5{d}Unknown{d}"1,2;3"']
    (here / "t.csv").write_text("\n".join(row.format(d=delimiter) for row in rows), encoding="utf-8")
    assert funnel(call(capsys, "assess", "small.yaml", "t.csv").out)["first"] == (2, 2)


def test_the_delimiter_can_be_given(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_text("budget#state\n10#Yes\n", encoding="utf-8")
    assert call(capsys, "assess", "small.yaml", "t.csv", "--delimiter", "#").code == 0
    (here / "t.csv").write_text("budget\tstate\n10\tYes\n", encoding="utf-8")
    assert call(capsys, "assess", "small.yaml", "t.csv", "--delimiter", "tab").code == 0
    assert "cannot be a delimiter" in one_line(call(capsys, "assess", "small.yaml", "t.csv", "--delimiter", "ab").err)


def test_what_does_not_fit_is_named_and_the_rest_goes_on(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_text("budget;state;count\nmuch;Yse;1.5\n-1;Yes;2\n7;Yes;3;4\n", encoding="utf-8")
    done = call(capsys, "assess", "small.yaml", "t.csv")
    assert done.code == 1
    number = "it must be a number such as 1250000 or 0.5, without separators of thousands"
    choice = "it must be one of `Yes`, `No`, `Unknown`; did you mean `Yes`?"
    assert [line.split(": ", 1)[1] for line in done.err.splitlines()] == [
        f"row 1, column budget: `much` does not fit, {number}; the fact stays unknown",
        f"row 1, column state: `Yse` does not fit, {choice}; the fact stays unknown",
        "row 1, column count: `1.5` does not fit, it must be a whole number; the fact stays unknown",
        "row 2, column budget: `-1` does not fit, it must be at least 0; the fact stays unknown",
        "row 3: it has 4 cells, the header 3; the row is used, the rest counts for nothing",
    ]
    assert done.err.startswith("t.csv:2: row 1")
    assert funnel(done.out) == {"first": (3, 1), "second": (1, 1), "third": (1, 0)}


def test_many_that_do_not_fit_are_counted(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_text("budget;state\n" + "x;Yes\n" * 500, encoding="utf-8")
    err = call(capsys, "assess", "small.yaml", "t.csv").err.splitlines()
    assert len(err) == 21
    assert err[-1] == "... and 480 more that do not fit"


def test_every_type_of_fact(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_text(
        "budget,state,count,urgent,since,length,topics\n"
        "1.5e3,unknown,3.0,TRUE,2026-01-01T00:00:00Z,14d,price; quality\n",
        encoding="utf-8",
    )
    done = call(capsys, "assess", "small.yaml", "t.csv", "--deal", "1", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["facts"] == {
        "budget": 1500.0,
        "state": "Unknown",
        "count": 3,
        "urgent": True,
        "since": "2026-01-01T00:00:00+00:00",
        "length": "1209600s",
        "topics": ["price", "quality"],
    }


def test_aliases_in_chinese_and_a_byte_order_mark(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_bytes("预算金额,STATE\r\n10,Yes\r\n".encode("utf-8-sig"))
    assert funnel(call(capsys, "assess", "small.yaml", "t.csv").out)["second"] == (1, 1)


def test_two_columns_for_one_fact(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_text("budget,Budget EUR\n10,0\n", encoding="utf-8")
    done = call(capsys, "assess", "small.yaml", "t.csv")
    assert "column `Budget EUR` gives the same fact as column `budget` and is left aside" in done.err
    assert funnel(done.out)["first"] == (1, 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the table is empty"),
        (b"\n\n", "the table is empty"),
        (b"budget;state\n10;\xe9\n", "not UTF-8"),
        ("budget;state\n10;Yes\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (
            "预算;state\n10;Yes\n".encode("gbk"),
            "not UTF-8; save it as UTF-8 (in Excel: `CSV UTF-8`), or give its --encoding",
        ),
        (b"budget\0;state\n", "NUL"),
        (b"a;b\n1;2\n", "no column of `t.csv` is a fact of small"),
        (b'budget;state\n"10;Yes\n5;No\n', "a quote is opened and never closed"),
        (b"budget;state\n" + b"x" * 3_000_000, "longer than 1,024 KiB"),
        (b'budget;state\n"' + b"x\n" * 200_000 + b'";1\n', "longer than 128 KiB"),
    ],
    ids=["empty", "blank", "latin1", "utf16", "gbk", "nul", "others", "quote", "long-line", "long-cell"],
)
def test_what_is_no_table_is_told_in_one_line(data: bytes, said: str, here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_bytes(data)
    done = call(capsys, "assess", "small.yaml", "t.csv")
    assert done.code == 2
    assert said in one_line(done.err)


def test_what_cannot_be_read(capsys: Capsys) -> None:
    assert "no such file" in one_line(call(capsys, "assess", "small.yaml", "no.csv").err)
    assert "it is a folder" in one_line(call(capsys, "assess", "small.yaml", ".").err)
    assert "has no column `Id`; it has `Nr`" in one_line(
        call(capsys, "assess", "small.yaml", "deals.csv", "--id", "Id").err
    )


def test_cells_steer_no_terminal(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_text("\x1b[1mNr,budget\n\x1b[31mred\x07,\x1b[2Jx\n", encoding="utf-8")
    done = call(capsys, "assess", "small.yaml", "t.csv", "--id", "\x1b[1mNr")
    assert "\x1b" not in done.out + done.err
    assert "\x07" not in done.out + done.err


def test_the_standard_input(here: Path) -> None:
    done = process("assess", "small.yaml", "-", cwd=here, stdin=DEALS.encode("utf-8-sig"))
    assert done.returncode == 0
    assert b"Funnel (3 deals)" in done.stdout


def test_facts_without_a_column_are_named(here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_text("budget\n10\n", encoding="utf-8")
    said = "facts that conditions read and no column gives: `state`; they stay unknown"
    done = call(capsys, "assess", "small.yaml", "t.csv")
    assert said in one_line(done.err)
    assert "Funnel (1 deal) " in done.out
    plain = json.loads(call(capsys, "assess", "small.yaml", "t.csv", "--json").out)
    assert plain["absent"] == ["state"]


def test_criteria_that_no_table_can_meet_are_told(capsys: Capsys) -> None:
    out = " ".join(call(capsys, "assess", "small.yaml", "deals.csv").out.split())
    assert out.endswith(
        "1 criterion is recorded, not derived from facts: a table cannot meet it; "
        "deals stop at the first such gate: Third [third]"
    )
    out = "".join(call(capsys, "assess", "small.yaml", "deals.csv", "--lang", "zh").out.split())
    assert "有1项标准由人记录" in out
    plain = json.loads(call(capsys, "assess", "small.yaml", "deals.csv", "--json").out)
    assert plain["recorded"] == [{"track": "selling", "stage": "third", "criteria": ["agreed"]}]
    assert "recorded" not in call(capsys, "assess", "b2b-qualification", EXAMPLES / "b2b-deals.csv").out


def test_of_two_tracks_both_first_gates_are_named(here: Path, capsys: Capsys) -> None:
    other = "  - {id: serving, stages: [{id: fit, exit_criteria: [{id: fitted, actor: seller}]}, {id: run_in}]}\n"
    (here / "p.yaml").write_text(GOOD.replace("ends:\n", other + "ends:\n"), encoding="utf-8")
    out = " ".join(call(capsys, "assess", "p.yaml", "deals.csv").out.split())
    assert "2 criteria are recorded" in out
    assert out.endswith("first such gate: Third [third], fit")


def test_chinese_lines_have_titles(capsys: Capsys) -> None:
    out = call(capsys, "assess", "small.yaml", "deals.csv", "--lang", "zh").out
    assert [line.split("  ")[-1].strip() for line in out.splitlines()[:2]] == [
        "第三，进行中；缺 已商定",
        "第一，进行中；缺 已知预算",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "gb18030", "gbk", "utf-16"])
def test_encodings(encoding: str, here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_bytes("预算,STATE\r\n10,Yes\r\n".encode(encoding))
    done = call(capsys, "assess", "small.yaml", "t.csv", "--encoding", encoding)
    assert (done.code, done.err) == (0, "")
    assert funnel(done.out)["second"] == (1, 1)


@pytest.mark.parametrize("encoding", ["hex", "rot13", "no-such", "", "a\0b"])
def test_what_is_no_encoding_of_text(encoding: str, capsys: Capsys) -> None:
    done = call(capsys, "assess", "small.yaml", "deals.csv", "--encoding", encoding)
    assert done.code == 2
    assert "is no encoding of text" in one_line(done.err)


@pytest.mark.parametrize("encoding", ["ascii", "utf-16", "utf-32", "gb18030"])
def test_the_wrong_encoding_is_told_in_one_line(encoding: str, here: Path, capsys: Capsys) -> None:
    (here / "t.csv").write_bytes("预算,STATE\r\n10,é\r\n".encode("utf-8-sig"))
    done = call(capsys, "assess", "small.yaml", "t.csv", "--encoding", encoding)
    assert done.code == 2
    one_line(done.err)


def test_memory_does_not_grow_with_the_table(here: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every deal has other facts, so that nothing is known from the one before."""
    monkeypatch.setattr("stagegate.portfolio.assess.MOST_KEPT", 100)
    call(capsys, "assess", "small.yaml", "deals.csv")
    peaks = []
    for deals in (1_000, 5_000):
        rows = "".join(f"{number},Yes\n" for number in range(deals))
        (here / "t.csv").write_text(f"budget,state\n{rows}", encoding="utf-8")
        tracemalloc.start()
        done = call(capsys, "assess", "small.yaml", "t.csv", "--limit", "0")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert funnel(done.out)["first"] == (deals, deals - 1)
    assert peaks[1] < peaks[0] + 512 * 1024
