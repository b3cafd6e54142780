"""`stagegate run`: commands played, refusals with every reason, mistakes of the file as findings."""

import json
from pathlib import Path

import pytest
from tests.cli.helpers import COMMANDS, EXAMPLES, GOOD, NAMES, call, one_line

import stagegate

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "deal.yaml").write_text(COMMANDS, encoding="utf-8")
    return tmp_path


def wrong(here: Path, capsys: Capsys, old: str, new: str) -> str:
    """What is found in the commands file with a change."""
    assert old in COMMANDS
    (here / "deal.yaml").write_text(COMMANDS.replace(old, new), encoding="utf-8")
    done = call(capsys, "run", "small.yaml", "deal.yaml")
    assert (done.code, done.out) == (1, "")
    return done.err


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_examples_play(name: str, language: str, capsys: Capsys) -> None:
    done = call(capsys, "run", name, EXAMPLES / f"{name}.commands.yaml", "--lang", language)
    assert done.code == 0
    assert done.err == ""
    assert name in done.out


def test_what_followed_and_why_not(capsys: Capsys) -> None:
    out = call(capsys, "run", "small.yaml", "deal.yaml").out
    assert out.startswith("small 1.0.0, case A-1\n")
    assert "2026-03-02 10:30Z complete first\n  refused:\n" in out
    # Every reason, each with the line of the definition that makes the demand.
    said = " ".join(out.split())
    assert "- `first` is completed by its exit criteria, not by a mark - small.yaml:17:13 -" in said
    assert "`budget_known` The budget is known" in said
    assert "fact budget) - small.yaml:20:18" in said
    assert "  -> completed Second [second]\n" in out
    assert "ended: Won [won]\n" in out


def test_the_state_at_the_end_names_all_that_is_missing(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(COMMANDS.rsplit("  - ", 1)[0], encoding="utf-8")
    out = call(capsys, "run", "small.yaml", "deal.yaml").out
    state = " ".join(out[out.index("Position:") :].split())
    assert "Selling [selling]: First [first], in progress" in state
    assert "Missing (1): [ ] The budget is known [budget_known]: unknown" in state
    assert "fact budget) - small.yaml:20:18" in state
    assert "Met early (1): [x] It is agreed [agreed]: met" in state


def test_chinese(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(COMMANDS.rsplit("  - ", 1)[0], encoding="utf-8")
    out = call(capsys, "run", "small.yaml", "deal.yaml", "--lang", "zh").out
    assert "销售 [selling]：第一 [first]，进行中" in out
    assert "已知预算 [budget_known]：未知" in out


def test_json(capsys: Capsys) -> None:
    done = call(capsys, "run", "small.yaml", "deal.yaml", "--json")
    assert done.out.isascii()
    plain = json.loads(done.out)
    assert [each["accepted"] for each in plain["commands"]] == [True, True, False, True]
    assert [each["line"] for each in plain["commands"]] == [3, 5, 6, 7]
    refused = plain["commands"][2]
    assert [reason["code"] for reason in refused["reasons"]] == ["has_exit_criteria", "criterion_open"]
    assert refused["positions"]["selling"]["stage"] == "first"
    assert plain["state"]["ended"] == "won"
    assert plain["state"]["missing"] == []


def test_the_journal_and_the_snapshot_can_be_read_again(here: Path, capsys: Capsys) -> None:
    done = call(capsys, "run", "small.yaml", "deal.yaml", "--journal", "j.jsonl", "--save", "s.json")
    assert done.code == 0
    process = stagegate.load("small.yaml")
    entries = [json.loads(line) for line in (here / "j.jsonl").read_text(encoding="utf-8").splitlines()]
    case, differences = process.replay(entries)
    assert differences == ()
    assert (case.id, case.ended) == ("A-1", "won")
    saved = json.loads((here / "s.json").read_text(encoding="utf-8"))
    assert process.restore(saved).ended == "won"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("do: meet", "do: meat", "5:10: error[bad-value]: no command named `meat`"),
        ("do: meet, ", "", "5:6: error[missing-key]: a command needs the key `do`"),
        ("criterion: agreed", "criterio: agreed", "error[unknown-key]: unknown key `criterio` in the command `meet`"),
        ("criterion: agreed, ", "", "error[missing-key]: the command `meet` needs the key `criterion`"),
        ("criterion: agreed", "criterion: agred", "5:27: error[unknown-criterion]: no criterion named `agred`"),
        ("stage: first", "stage: frist", "error[unknown-stage]: no stage of an earned track named `frist`"),
        ("budget: 10", "budgt: 10", "error[unknown-fact]: no fact named `budgt`"),
        ("10:00:00Z", "10:00:00", "error[bad-value]: `at` is a time without a zone"),
        ("2026-03-02T10:00:00Z", "yesterday", "error[bad-value]: `at` takes a time, not `yesterday`"),
        ("2026-03-02T10:00:00Z", "12", "error[wrong-type]: `at` takes a time"),
        (", at: 2026-03-02T10:00:00Z", "", "error[missing-key]: the command `meet` needs the key `at`"),
        ("process: small", "process: other", "1:10: error[unknown-process]: these commands are for `other`"),
        ("open: {at: 2026-03-02T09:00:00Z}", "", "error[missing-key]: a commands file needs the key `open`"),
        ("{at: 2026-03-02T09", "{start: third, at: 2026-03-02T09", "no stage to start at named `third`"),
        ("commands:\n", "comands:\n", "error[unknown-key]: unknown key `comands`"),
        ("by: li.wei", "evidence: {paper: x}", "error[unknown-document]: no document named `paper`"),
        ("by: li.wei", "by: &a li.wei", "error[forbidden-yaml]"),
        ("by: li.wei}", "by: li.wei", "error[yaml-syntax]"),
    ],
)
def test_mistakes_of_the_file_are_findings(old: str, new: str, found: str, here: Path, capsys: Capsys) -> None:
    said = wrong(here, capsys, old, new)
    assert "deal.yaml:" in said
    assert found in said


def test_a_near_miss_is_suggested_with_the_line_of_the_definition(here: Path, capsys: Capsys) -> None:
    assert "did you mean `agreed` (small.yaml:28)?" in wrong(here, capsys, "criterion: agreed", "criterion: agred")
    assert "did you mean `meet`?" in wrong(here, capsys, "do: meet", "do: meat")


def test_all_mistakes_are_shown_at_once(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(COMMANDS.replace("agreed", "agred").replace("budget", "budgt"), encoding="utf-8")
    err = call(capsys, "run", "small.yaml", "deal.yaml").err
    assert "2 errors in 1 file" in err


def test_a_time_that_goes_back_is_a_refusal_and_no_mistake(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(COMMANDS.replace("T11:00", "T08:00"), encoding="utf-8")
    done = call(capsys, "run", "small.yaml", "deal.yaml")
    assert done.code == 0
    assert "is before the last command" in done.out


def test_a_value_that_does_not_fit_is_a_refusal(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(COMMANDS.replace("length: 14d", "length: long"), encoding="utf-8")
    done = call(capsys, "run", "small.yaml", "deal.yaml")
    assert done.code == 0
    assert "`length` must be a duration, given: 'long'" in done.out


def test_a_process_with_mistakes(here: Path, capsys: Capsys) -> None:
    (here / "small.yaml").write_text(GOOD.replace("stagegate: 1\n", ""), encoding="utf-8")
    done = call(capsys, "run", "small.yaml", "deal.yaml")
    assert done.code == 1
    assert "error[missing-key]" in done.err
    assert "`small.yaml` has mistakes" in done.err


def test_what_cannot_be_read(here: Path, capsys: Capsys) -> None:
    assert "no such file" in one_line(call(capsys, "run", "small.yaml", "nowhere.yaml").err)
    assert "it is a folder" in one_line(call(capsys, "run", "small.yaml", ".").err)
    assert "it is a folder" in one_line(call(capsys, "run", ".", "deal.yaml").err)
    done = call(capsys, "run", "small.yaml", "deal.yaml", "--journal", "no/where.jsonl")
    assert done.code == 2
    assert "cannot write `no/where.jsonl`" in one_line(done.err)


def test_notes_of_the_file_steer_no_terminal(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(COMMANDS.replace("by: li.wei", 'note: "\\e[31mred\\a"'), encoding="utf-8")
    done = call(capsys, "run", "small.yaml", "deal.yaml")
    assert "\x1b" not in done.out + done.err
    assert "red" in done.out + done.err


@pytest.mark.parametrize(
    "line",
    [
        "  - {do: meet}\n",
        "  - {do: meet, criterion: agred, at: now, evidence: {a: b}}\n",
        "  - 1\n",
        "  - {}\n",
        "  - {do: [meet]}\n",
        "  - {do: set_facts, facts: {x: {y: [1]}}, at: 2026-01-01T00:00:00Z, happened: [1]}\n",
        "  - {do: meet, criterion: agreed, at: 2026-13-01T00:00:00Z}\n",
        "  - {do: hold, until: 0001-01-01T00:00:00+23:59, at: 9999-12-31T23:59:59-23:59}\n",
    ],
)
def test_hostile_commands_are_refused_soon(line: str, here: Path, capsys: Capsys) -> None:
    many = 900_000 // len(line)
    (here / "deal.yaml").write_text("open: {at: 2026-01-01T00:00:00Z}\ncommands:\n" + line * many, encoding="utf-8")
    done = call(capsys, "check", "deal.yaml", "small.yaml", "--format", "concise")
    assert "Traceback" not in done.err
    if "9999" not in line:
        assert done.code == 1
        (here / "deal.yaml").write_text("open: {at: 2026-01-01T00:00:00Z}\ncommands:\n" + line, encoding="utf-8")
        assert call(capsys, "run", "small.yaml", "deal.yaml").code == 1
