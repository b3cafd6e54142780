"""show, draw, list, rules, new, schema, help and the reference page."""

import json
import re
import shlex
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.cli.helpers import EXAMPLES, GOOD, NAMES, ROOT, call, one_line

from stagegate import bundled_names, load
from stagegate.cli import reference
from stagegate.cli.entry import COMMANDS
from stagegate.language import RULES
from stagegate.render.findings.display import width

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", bundled_names())
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", ["60", "100"])
def test_show_fits_the_terminal(
    name: str, language: str, columns: str, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = call(capsys, "show", name, "--lang", language)
    assert (done.code, done.err) == (0, "")
    wide = [line for line in done.out.splitlines() if width(line) > int(columns)]
    assert not [line for line in wide if len(line.split()) > 2], wide


def test_show_has_every_stage_criterion_and_move(capsys: Capsys) -> None:
    from stagegate import load

    for name in NAMES:
        out = "".join(call(capsys, "show", name).out.split())
        definition = load(name).definition
        ids = [s.id for s in definition.stages()] + [c.id for c in definition.criteria()]
        ids += [o.id for d in definition.decision_points() for o in d.outcomes] + [e.id for e in definition.ends]
        ids += [m.id for t in definition.tracks for m in (*t.jumps, *t.loops)] + [a.id for a in definition.activities]
        assert not [id for id in ids if f"[{id}]" not in out]


def test_a_title_steers_no_terminal(here: Path, capsys: Capsys) -> None:
    (here / "p.yaml").write_text(GOOD.replace("en: Small", 'en: "Sm\\e[31mall\\u202e"'), encoding="utf-8")
    for arguments in (
        ["show", "p.yaml"],
        ["draw", "p.yaml", "-o", "-"],
        ["draw", "p.yaml", "-o", "-", "--format", "dot"],
    ):
        done = call(capsys, *arguments)
        assert "\x1b" not in done.out + done.err
        assert "\u202e" not in done.err


def families(lines: list[str]) -> dict[str, list[str]]:
    """The names below each heading of `list`."""
    found: dict[str, list[str]] = {}
    for line in filter(None, lines):
        if not line.startswith(" "):
            heading = line
        elif not line.startswith("   "):
            found.setdefault(heading, []).append(line.split()[0])
    return found


def test_list(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = call(capsys, "list").out.splitlines()
    found = families(lines)
    assert sorted(name for names in found.values() for name in names) == bundled_names()
    assert list(found) == sorted(found, key=str.casefold)
    assert {"project-sales", "customer-visit"} <= set(found["Project sales"])
    assert re.search(r"^  project-sales +1\.\S+  8 \+ 8 stages +Project sales$", "\n".join(lines), re.MULTILINE)
    chinese = call(capsys, "list", "--lang", "zh").out
    assert families(chinese.splitlines())["项目型销售"] == found["Project sales"]
    assert re.search(r"8 \+ 8 个阶段 +项目型销售推进流程", chinese)


def test_list_in_a_narrow_terminal(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (60, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = call(capsys, "list").out.splitlines()
        assert sorted(name for names in families(lines).values() for name in names) == bundled_names()
        assert max(map(width, lines)) <= columns
    assert any(re.fullmatch(r"  project-sales .*8 stages +Project sales", line) for line in lines)


def test_list_for_programs(capsys: Capsys) -> None:
    told = {each["name"]: each for each in json.loads(call(capsys, "list", "--lang", "zh", "--json").out)}
    assert sorted(told) == bundled_names()
    assert told["project-sales"] == {
        "name": "project-sales",
        "version": load("project-sales").definition.version,
        "family": "项目型销售",
        "title": "项目型销售推进流程",
        "tracks": [{"id": "buying", "stages": 8}, {"id": "selling", "stages": 8}],
    }


def test_rules(capsys: Capsys) -> None:
    out = call(capsys, "rules").out
    for rule in RULES:
        assert f"  {rule.name} " in out
        page = call(capsys, "rules", rule.name).out
        assert page == (ROOT / "docs" / "reference" / "rules" / f"{rule.name}.md").read_text(encoding="utf-8")
    done = call(capsys, "rules", "unknown-stge")
    assert done.code == 2
    assert "no rule named `unknown-stge` (did you mean `unknown-stage`?)" in one_line(done.err)


def test_new_gives_a_clean_process_that_runs(here: Path, capsys: Capsys) -> None:
    done = call(capsys, "new", "lead-intake")
    assert (done.code, done.out) == (0, "wrote lead-intake.yaml; next: stagegate check lead-intake.yaml\n")
    assert call(capsys, "check", "--strict", "lead-intake.yaml") == (0, "no findings\n", "")
    (here / "c.yaml").write_text(
        "open: {at: 2026-01-01T00:00:00Z}\ncommands:\n"
        "  - {do: meet, criterion: meeting_agreed, at: 2026-01-01T00:00:00Z}\n"
        "  - {do: set_facts, facts: {budget: 5}, at: 2026-01-01T00:00:00Z}\n"
        "  - {do: meet, criterion: need_confirmed, evidence: {visit_record: x}, at: 2026-01-01T00:00:00Z}\n"
        "  - {do: meet, criterion: proposal_requested, at: 2026-01-01T00:00:00Z}\n"
        "  - {do: meet, criterion: proposal_accepted, at: 2026-01-01T00:00:00Z}\n",
        encoding="utf-8",
    )
    assert "ended: Won [won]" in call(capsys, "run", "lead-intake.yaml", "c.yaml").out
    again = call(capsys, "new", "lead-intake")
    assert again.code == 2
    assert "it is there already" in one_line(again.err)
    assert call(capsys, "new", "lead-intake", "-o", "-").out.startswith("# A process")


@pytest.mark.parametrize("name", ["Lead Intake", "", "x" * 65, "../up", "-x", "línea", "a\nb"])
def test_new_refuses_a_name_that_is_none(name: str, here: Path, capsys: Capsys) -> None:
    done = call(capsys, "new", "--", name)
    assert done.code == 2
    one_line(done.err)
    assert not list(here.iterdir())


def test_schema(here: Path, capsys: Capsys) -> None:
    schema = json.loads(call(capsys, "schema").out)
    assert schema["properties"]["process"]
    call(capsys, "schema", "-o", "s.json")
    assert json.loads((here / "s.json").read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize("name", bundled_names())
def test_draw(name: str, here: Path, capsys: Capsys) -> None:
    assert call(capsys, "draw", name, "-o", "p.svg", "--lang", "zh") == (0, "", "")
    assert ET.parse(here / "p.svg").getroot().tag.endswith("svg")
    assert call(capsys, "draw", name, "-o", "p.dot").code == 0
    assert (here / "p.dot").read_text(encoding="utf-8").startswith(f'digraph "{name}" {{')
    assert call(capsys, "draw", name, "-o", "-", "--format", "mermaid").out.startswith("flowchart LR\n")


def test_an_unknown_ending_is_refused(here: Path, capsys: Capsys) -> None:
    for name in ("x.pdf", "x.svgz", "v1.0"):
        done = call(capsys, "draw", "after-sales-repair", "-o", name)
        assert done.code == 2
        assert "or give --format" in one_line(done.err)
    assert not list(here.iterdir())
    assert call(capsys, "draw", "after-sales-repair", "-o", "x.txt", "--format", "dot").code == 0
    assert call(capsys, "draw", "after-sales-repair", "-o", "picture").code == 0
    assert (here / "picture").read_text(encoding="utf-8").startswith("<svg")


def test_draw_shows_where_a_case_stands(here: Path, capsys: Capsys) -> None:
    commands = EXAMPLES / "decision-point-buying-cycle.commands.yaml"
    call(capsys, "run", "decision-point-buying-cycle", commands, "--journal", "j.jsonl")
    call(capsys, "draw", "decision-point-buying-cycle", "-o", "plain.svg")
    call(capsys, "draw", "decision-point-buying-cycle", "-o", "a.svg", "--journal", commands)
    assert call(capsys, "draw", "decision-point-buying-cycle", "-o", "b.svg", "--journal", "j.jsonl") == (0, "", "")
    assert (here / "a.svg").read_bytes() == (here / "b.svg").read_bytes() != (here / "plain.svg").read_bytes()
    assert re.search(r"decision-point-buying-cycle [0-9.]+ · C-2001<", (here / "a.svg").read_text(encoding="utf-8"))
    (here / "j.jsonl").write_text((here / "j.jsonl").read_text(encoding="utf-8").replace("willing", "wi11ing"))
    done = call(capsys, "draw", "decision-point-buying-cycle", "-o", "b.svg", "--journal", "j.jsonl")
    assert done.code == 2
    assert "was changed" in one_line(done.err)


def test_a_picture_of_an_ended_case(here: Path, capsys: Capsys) -> None:
    ends = "  - {id: lost, kind: lost, by_command: true, title: {en: Lost, zh: 丢单}}\n"
    (here / "p.yaml").write_text(GOOD + ends, encoding="utf-8")
    (here / "c.yaml").write_text(
        "case: A-7\nopen: {at: 2026-01-01T00:00:00Z}\ncommands:\n  - {do: end, end: lost, at: 2026-01-02T00:00:00Z}\n",
        encoding="utf-8",
    )
    assert call(capsys, "draw", "p.yaml", "-o", "p.svg", "--journal", "c.yaml") == (0, "", "")
    svg = (here / "p.svg").read_text(encoding="utf-8")
    assert "small 1.0.0 · A-7" in svg
    assert ("in progress" in svg, "end reached" in svg, "sg-pending" in svg) == (False, True, False)


def test_the_words_of_show_and_of_a_picture_are_the_same() -> None:
    from stagegate.render import words
    from stagegate.render.picture.words import word

    for said, shown in (("chance", "l_chance"), ("jumps", "l_jump"), ("ends", "other_ends"), ("manual", "manual")):
        assert words.WORDS[said][1] in word(shown, "zh")


def test_png(here: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py")
    assert call(capsys, "draw", "after-sales-repair", "-o", "p.png").code == 0
    assert (here / "p.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    done = call(capsys, "draw", "after-sales-repair", "-o", "p.png")
    assert done.code == 2
    assert "pip install resvg_py (" in one_line(done.err)


# --- help and the reference ----------------------------------------------------------------------------


def test_help_shows_an_example_for_each(capsys: Capsys) -> None:
    out = call(capsys, "--help").out
    assert call(capsys).out == out
    for name, command in reference.commands():
        assert name.split()[0] in COMMANDS
        assert f"  {name.split()[0]} " in out
        said = call(capsys, *name.split(), "--help").out
        assert command.examples
        assert all(f"  {example}\n" in said for example in command.examples)


def test_version(capsys: Capsys) -> None:
    from stagegate import __version__

    assert call(capsys, "--version") == (0, f"stagegate {__version__}\n", "")


def test_an_unknown_command(capsys: Capsys) -> None:
    done = call(capsys, "chekc")
    assert done.code == 2
    assert "no command `chekc` (did you mean `check`?)" in one_line(done.err)


def test_the_reference_page_is_the_help() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert page == reference.page(), "write it anew: python -m stagegate.cli.reference > docs/reference/cli.md"


@pytest.mark.parametrize("example", [example for _, command in reference.commands() for example in command.examples])
def test_every_example_of_the_reference_runs(example: str, here: Path, capsys: Capsys) -> None:
    shutil.copytree(ROOT / "definitions", here / "definitions")
    shutil.copytree(EXAMPLES, here / "examples")
    if "sqlite:///" in example:
        pytest.importorskip("sqlalchemy", reason="the extra `store` is not installed")
        from tests.versions.leads import fill

        fill("sqlite:///leads.db")
    program, *arguments = shlex.split(example)
    assert program == "stagegate"
    done = call(capsys, *arguments)
    assert done.code == (1 if arguments[0] == "diff" else 0), done.err  # it has found what needs a plan
    assert done.err == ""


def test_new_from_a_bundled_process(here: Path, capsys: Capsys) -> None:
    done = call(capsys, "new", "our-order-flow", "--from", "sales-order-flow", "processes")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("wrote processes/our-order-flow.yaml and processes/our-order-flow.scenarios.yaml\n")
    written = (here / "processes/our-order-flow.yaml").read_text(encoding="utf-8")
    first, *_ = written.split("\n")
    schema = here / "processes" / first.partition("$schema=")[2]
    assert json.loads(schema.read_text(encoding="utf-8"))["$schema"].startswith("http")
    assert "\nprocess: our-order-flow\nversion: 1.0.0\n" in written
    beside = (here / "processes/our-order-flow.scenarios.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(?m)^(process:|#).*sales-order-flow", written + beside)
    assert call(capsys, "check", "--strict", "processes").code == 0
    passed = call(capsys, "test", "processes").out.splitlines()[-1]
    assert passed == call(capsys, "test", "sales-order-flow").out.splitlines()[-1]
    assert passed.startswith("16 passed")
    again = call(capsys, "new", "our-order-flow", "--from", "sales-order-flow", "processes")
    assert (again.code, "it is there already" in again.err) == (2, True)


@pytest.mark.parametrize("name", ["adapt-questions", "dealer-standard", "needs-discovery"])
def test_a_copy_finds_the_catalogues_of_other_definitions(name: str, here: Path, capsys: Capsys) -> None:
    assert call(capsys, "new", "mine", "--from", name).code == 0
    assert call(capsys, "check", "--strict", "mine.yaml", "mine.scenarios.yaml").code == 0
    assert load("./mine.yaml").version == "1.0.0"


def test_new_from_a_file(here: Path, capsys: Capsys) -> None:
    (here / "small.yaml").write_text(GOOD, encoding="utf-8")
    assert call(capsys, "new", "mine", "--from", "small.yaml").out.startswith("wrote mine.yaml\n")
    assert load("mine.yaml").name == "mine"


def test_new_from_a_file_that_leans_on_another(here: Path, capsys: Capsys) -> None:
    """What it takes a catalogue from stands beside it and not beside the copy."""
    (here / "there").mkdir()
    shutil.copy(ROOT / "definitions/dealer-standard.yaml", here / "there/mine.yaml")
    text = (here / "there/mine.yaml").read_text(encoding="utf-8")
    text = text.replace("process: dealer-standard", "process: mine").replace("from: dealer-experiential", "from: other")
    (here / "there/mine.yaml").write_text(text, encoding="utf-8")
    other = (ROOT / "definitions/dealer-experiential.yaml").read_text(encoding="utf-8")
    (here / "there/other.yaml").write_text(
        other.replace("process: dealer-experiential", "process: other"), encoding="utf-8"
    )
    done = call(capsys, "new", "copied", "--from", "there/mine.yaml", "elsewhere")
    assert done.code == 1
    assert "unknown-process" in done.err
    assert "copy that, too" in done.err
    assert call(capsys, "new", "copied", "--from", "there/mine.yaml", "there").code == 0


def test_new_from_nothing(here: Path, capsys: Capsys) -> None:
    done = call(capsys, "new", "mine", "--from", "sales-order-flaw")
    assert (done.code, "did you mean `sales-order-flow`?" in done.err) == (2, True)
    assert call(capsys, "new", "mine", "--from", "sales-order-flow", "-o", "x.yaml").code == 2
    assert not list(here.iterdir())


def test_new_writes_what_its_first_line_names(here: Path, capsys: Capsys) -> None:
    assert call(capsys, "new", "mine", "deep/down").code == 0
    first = (here / "deep/down/mine.yaml").read_text(encoding="utf-8").split("\n")[0]
    assert (here / "deep/down" / first.partition("$schema=")[2]).is_file()
    assert "$schema" not in call(capsys, "new", "mine", "-o", "-").out
