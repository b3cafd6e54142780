"""`stagegate check`: which files, which exit code, which format."""

import io
import json
import os
from pathlib import Path

import pytest
from tests.cli.helpers import COMMANDS, EXAMPLES, GOOD, ROOT, call, one_line, process

BAD = GOOD.replace("exit_criteria:", "exit_criterias:", 1)
WARNING = GOOD.replace("facts:\n", "documents:\n  unused_paper: {title: {en: Paper, zh: 纸}}\nfacts:\n")

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_that_comes_along_is_clean(capsys: Capsys) -> None:
    done = call(capsys, "check", ROOT / "definitions", EXAMPLES)
    assert done == (0, "no findings\n", "")


def test_exit_codes(here: Path, capsys: Capsys) -> None:
    for name, text in (("good", GOOD), ("bad", BAD), ("warning", WARNING)):
        (here / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert call(capsys, "check", "good.yaml").code == 0
    assert call(capsys, "check", "bad.yaml").code == 1
    assert call(capsys, "check", "warning.yaml").code == 0
    assert "warning[unused-name]" in call(capsys, "check", "warning.yaml").out
    assert call(capsys, "check", "warning.yaml", "--strict").code == 1
    assert call(capsys, "check", "project-sales", "--strict").code == 0
    assert call(capsys, "check", "bad.yaml", "good.yaml").code == 1


def test_a_finding_is_shown_as_in_the_design(here: Path, capsys: Capsys) -> None:
    (here / "bad.yaml").write_text(BAD, encoding="utf-8")
    out = call(capsys, "check", "bad.yaml").out
    assert "bad.yaml:19:9: error[unknown-key]: unknown key `exit_criterias`" in out
    assert "19 |         exit_criterias:\n" in out
    assert "^^^^^^^^^^^^^^" in out
    assert "did you mean `exit_criteria`?" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("form", ["json", "sarif", "github", "concise"])
def test_formats(form: str, here: Path, capsys: Capsys) -> None:
    (here / "bad.yaml").write_text(BAD, encoding="utf-8")
    done = call(capsys, "check", "bad.yaml", "--format", form)
    assert done.code == 1
    if form == "json":
        found = json.loads(done.out)
        keys = {"file", "line", "column", "end_line", "end_column", "rule", "severity", "message", "help"}
        assert found
        assert all(set(each) == keys for each in found)
    elif form == "sarif":
        assert json.loads(done.out)["version"] == "2.1.0"
    else:
        assert "unknown-key" in done.out


def test_json_of_nothing_is_an_empty_list(capsys: Capsys) -> None:
    assert json.loads(call(capsys, "check", "project-sales", "--format", "json").out) == []


def test_a_folder_is_all_the_yaml_below_it_but_what_is_hidden_or_linked(here: Path, capsys: Capsys) -> None:
    for path in ("a/one.yaml", "a/b/two.yaml", "a/.git/three.yaml", "a/four.yml", "a/five.txt"):
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_text(BAD, encoding="utf-8")
    (here / "a" / "b" / "round").symlink_to(here / "a", target_is_directory=True)
    os.mkfifo(here / "a" / "pipe.yaml")
    found = json.loads(call(capsys, "check", "a", "--format", "json").out)
    assert list(dict.fromkeys(each["file"] for each in found)) == ["a/b/two.yaml", "a/one.yaml"]
    assert call(capsys, "check", "a/.git").code == 1


def test_a_folder_without_yaml_is_misuse(here: Path, capsys: Capsys) -> None:
    (here / "empty").mkdir()
    done = call(capsys, "check", "empty")
    assert done.code == 2
    assert "no .yaml file below `empty`" in one_line(done.err)


def test_what_cannot_be_read_is_told_and_the_rest_is_checked(here: Path, capsys: Capsys) -> None:
    (here / "bad.yaml").write_text(BAD, encoding="utf-8")
    (here / "loop.yaml").symlink_to(here / "loop.yaml")
    done = call(capsys, "check", "nowhere.yaml", "bad.yaml", "loop.yaml", "no-such-process")
    assert done.code == 2
    assert "error[unknown-key]" in done.out
    first, second, third = done.err.splitlines()
    assert first == "stagegate: cannot read `nowhere.yaml`: there is no such file; check the path"
    assert "go round in a circle" in second
    assert "no bundled process is named `no-such-process`" in third


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(here: Path, capsys: Capsys) -> None:
    (here / "closed.yaml").write_text(GOOD, encoding="utf-8")
    (here / "closed.yaml").chmod(0)
    done = call(capsys, "check", "closed.yaml")
    assert done.code == 2
    assert "permission denied" in one_line(done.err)


def test_a_file_named_twice_is_checked_once(here: Path, capsys: Capsys) -> None:
    (here / "bad.yaml").write_text(BAD, encoding="utf-8")
    one = call(capsys, "check", "bad.yaml").out
    assert call(capsys, "check", "bad.yaml", "bad.yaml").out == one


def test_the_standard_input(here: Path) -> None:
    assert process("check", "-", stdin=GOOD.encode()).returncode == 0
    done = process("check", "-", stdin=BAD.encode())
    assert done.returncode == 1
    assert b"<stdin>:19:9: error[unknown-key]" in done.stdout


def test_a_commands_file_is_checked_against_the_process_it_names(here: Path, capsys: Capsys) -> None:
    (here / "small.yaml").write_text(GOOD, encoding="utf-8")
    (here / "deal.yaml").write_text(COMMANDS.replace("criterion: agreed", "criterion: agred"), encoding="utf-8")
    done = call(capsys, "check", ".", "--format", "concise")
    assert done.code == 1
    assert "deal.yaml:5:27: error[unknown-criterion]: no criterion named `agred`" in done.out


def test_a_commands_file_of_an_unknown_process_is_checked_for_its_shape(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(COMMANDS.replace("do: meet", "do: met"), encoding="utf-8")
    done = call(capsys, "check", "deal.yaml", "--format", "concise")
    assert done.code == 1
    assert "deal.yaml:5:10: error[bad-value]: no command named `met`" in done.out
    assert "note[unknown-process]: no process named `small` is known here" in done.out


def test_misuse(capsys: Capsys) -> None:
    for arguments in (["check"], ["check", "project-sales", "--format", "xml"], ["check", "--no-such-option", "x"]):
        done = call(capsys, *arguments)
        assert done.code == 2
        assert done.out == ""
        assert "see `stagegate check --help`" in one_line(done.err)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b"a: &x [*x]\n",
        b"[" * 100_000,
        b'stagegate: 1\nprocess: "\x1b]0;owned\x07"\n',
        b"process: '" + b"x" * 2_000_000 + b"'",
        "stagegate: 1\nprocess: \u202eevil\nnonsense: \x9b31m\n".encode(),
    ],
    ids=["empty", "utf16", "nul", "alias", "deep", "escape", "large", "bidi"],
)
def test_hostile_files_are_refused_and_steer_no_terminal(text: bytes, here: Path, capsys: Capsys) -> None:
    (here / "hostile.yaml").write_bytes(text)
    for form in ("full", "concise", "github"):
        done = call(capsys, "check", "hostile.yaml", "--format", form)
        assert done.code == 1
        assert not set(done.out + done.err) & {chr(c) for c in (*range(9), *range(11, 32), 127, 0x9B, 0x202E)}


def test_file_names_steer_no_terminal(here: Path, capsys: Capsys) -> None:
    done = call(capsys, "check", "\x1b[31mred\n.yaml")
    assert done.code == 2
    assert "\x1b" not in one_line(done.err)
    (here / "\x1b[31mred.yaml").write_text(BAD, encoding="utf-8")
    assert "\x1b" not in call(capsys, "check", ".").out


def test_colours_on_a_terminal_only(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from stagegate.cli import main

    (here / "bad.yaml").write_text(BAD, encoding="utf-8")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for no_color, colored in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", no_color)
        terminal = Terminal()
        monkeypatch.setattr("sys.stdout", terminal)
        assert main(["check", "bad.yaml"]) == 1
        assert ("\x1b[1;31m" in terminal.getvalue()) is colored


# --- scenarios beside a definition ------------------------------------------------------------------------

SCENARIOS = "process: project-sales\nscenarios:\n  - {id: s, when: [{do: tick}], then: {position: KNOWN}}\n"


def test_a_file_of_scenarios_is_checked_against_the_definition_in_its_folder(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(GOOD, encoding="utf-8")
    beside = SCENARIOS.replace("project-sales", "small")
    (here / "deal.scenarios.yaml").write_text(beside.replace("KNOWN", "''"), encoding="utf-8")
    assert call(capsys, "check", here).code == 0
    (here / "deal.scenarios.yaml").write_text(beside.replace("KNOWN", "zzz"), encoding="utf-8")
    done = call(capsys, "check", "deal.scenarios.yaml", "--format", "concise")
    assert done.code == 1
    assert "deal.scenarios.yaml:3:50: error[unknown-stage]: no stage named `zzz`" in done.out


def test_else_it_is_checked_against_the_bundled_one(here: Path, capsys: Capsys) -> None:
    (here / "a.scenarios.yaml").write_text(SCENARIOS.replace("KNOWN", "signing"), encoding="utf-8")
    assert call(capsys, "check", "a.scenarios.yaml") == (0, "no findings\n", "")
    (here / "a.scenarios.yaml").write_text(SCENARIOS.replace("project-sales", "nothing"), encoding="utf-8")
    done = call(capsys, "check", "a.scenarios.yaml", "--format", "concise")
    assert (done.code, "1:10: error[unknown-process]" in done.out) == (1, True)


def test_a_copy_renamed_in_one_place_only_is_told(here: Path, capsys: Capsys) -> None:
    (here / "small.yaml").write_text(GOOD, encoding="utf-8")
    (here / "small.scenarios.yaml").write_text(SCENARIOS.replace("KNOWN", "signing"), encoding="utf-8")
    for paths in (["small.yaml"], ["small.scenarios.yaml"], ["."], ["small.yaml", "small.scenarios.yaml"]):
        done = call(capsys, "check", *paths, "--format", "concise")
        assert done.code == 1
        assert done.out.count("unknown-process") == 1
        assert "small.scenarios.yaml:1:10: error[unknown-process]: `small.yaml` beside this file is `small`" in done.out


def test_a_definition_with_mistakes_beside_it_is_not_taken(here: Path, capsys: Capsys) -> None:
    (here / "deal.yaml").write_text(BAD, encoding="utf-8")
    (here / "a.scenarios.yaml").write_text(SCENARIOS.replace("project-sales", "small"), encoding="utf-8")
    done = call(capsys, "check", "a.scenarios.yaml", "--format", "concise")
    assert (done.code, "error[unknown-process]" in done.out) == (1, True)
