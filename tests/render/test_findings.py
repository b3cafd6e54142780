"""One report in every format."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from stagegate.diagnostics import Finding, Fix, Label, Report, Severity, Source, Span
from stagegate.render.findings import FORMATS, Format, render

TEXT = """\
stagegate: 1
stages:
  - id: feasibility_budget
    title: {zh: 研究可行性😀, to: nowhere}
\tx: 1
"""
SOURCE = Source("defs/a b.yaml", TEXT)
FINDING = Finding(
    "unknown-stage",
    "error",
    "no stage named `nowhere`",
    SOURCE.name,
    Span.at(4, 29, 7),
    mark="not declared",
    help="did you mean `feasibility_budget` (line 3)?",
)


def full(*findings: Finding, source: Source = SOURCE, color: bool = False) -> list[str]:
    return render(Report.of(findings, [source]), "full", color=color).split("\n")


def test_full() -> None:
    assert full(FINDING) == [
        "defs/a b.yaml:4:29: error[unknown-stage]: no stage named `nowhere`",
        "  |",
        "4 |     title: {zh: 研究可行性😀, to: nowhere}",
        "  |                                   ^^^^^^^ not declared",
        "  = help: did you mean `feasibility_budget` (line 3)?",
        "  = more: stagegate rules unknown-stage",
        "",
        "1 error in 1 file",
    ]


def test_full_without_the_source() -> None:
    assert render(Report.of([FINDING]), "full").split("\n")[:3] == [
        "defs/a b.yaml:4:29: error[unknown-stage]: no stage named `nowhere`",
        " = help: did you mean `feasibility_budget` (line 3)?",
        " = more: stagegate rules unknown-stage",
    ]


def test_labels_on_this_and_other_lines() -> None:
    labels = (Label(Span.at(1, 1, 9), "first"), Label(Span.at(4, 5, 5), "here"), Label(Span.at(3, 5, 2), "there"))
    assert full(evolve(FINDING, labels=labels))[1:10] == [
        "  |",
        "1 | stagegate: 1",
        "  | --------- first",
        "...",
        "3 |   - id: feasibility_budget",
        "  |     -- there",
        "4 |     title: {zh: 研究可行性😀, to: nowhere}",
        "  |                                   ^^^^^^^ not declared",
        "  |     ----- here",
    ]


def test_tabs_are_shown_as_blanks() -> None:
    assert full(evolve(FINDING, span=Span.at(5, 2, 1), mark=""))[2:4] == ["5 |     x: 1", "  |     ^"]


def test_of_several_lines_the_first_is_shown() -> None:
    assert full(evolve(FINDING, span=Span(3, 5, 4, 9), mark="all"))[2:4] == [
        "3 |   - id: feasibility_budget",
        "  |     ^^^^^^^^^^^^^^^^^^^^^^ all",
    ]


def test_an_empty_piece_has_one_caret() -> None:
    assert full(evolve(FINDING, span=Span.at(1, 13, 0), mark="missing"))[3] == "  |             ^ missing"


def test_a_place_outside_of_the_text_shows_no_line() -> None:
    assert full(evolve(FINDING, span=Span.at(99, 1)))[1].startswith(" = help")


def test_line_numbers_are_aligned() -> None:
    source = Source("f", "a: 1\n" * 12)
    lines = full(Finding("r", "note", "m", "f", Span.at(12, 1), labels=(Label(Span.at(9, 1), "x"),)), source=source)
    assert lines[1:7] == ["   |", " 9 | a: 1", "   | - x", "...", "12 | a: 1", "   | ^"]


def test_long_lines_are_cut_around_the_place() -> None:
    text = "x" * 500 + "中" * 10 + "HERE" + "y" * 500
    lines = full(Finding("r", "error", "m", "f", Span.at(1, 511, 4)), source=Source("f", text))
    assert len(lines[2]) < 130
    assert lines[2].startswith("1 | ...x")
    assert lines[2].endswith("y...")
    shown, carets = lines[2], lines[3]
    before = shown[: shown.index("HERE")]
    assert carets == "  |" + " " * (len(before) + before.count("中") - 3) + "^^^^"


def test_control_characters_do_not_reach_the_terminal() -> None:
    source = Source("a\x1b[31m.yaml", "k: \x1b]0;x\x07 \u202e abc\n")
    found = Finding("r", "error", "bad `\x9b1m`\nnext", source.name, Span.at(1, 4), mark="\x00", help="\u2066")
    lines = full(found, source=source)
    assert lines[:6] == [
        "a\\x1b[31m.yaml:1:4: error[r]: bad `\\x9b1m`\\nnext",
        "  |",
        "1 | k: \\x1b]0;x\\x07 \\u202e abc",
        "  |    ^^^^ \\x00",
        "  = help: \\u2066",
        "  = more: stagegate rules r",
    ]


def test_colours_only_where_asked_for() -> None:
    plain, coloured = "\n".join(full(FINDING)), "\n".join(full(FINDING, color=True))
    assert "\x1b" not in plain
    assert "\x1b[1;31merror[unknown-stage]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_concise_and_the_summary() -> None:
    others: list[tuple[Severity, str, int]] = [("warning", "b.yaml", 2), ("note", "b.yaml", 1), ("error", "b.yaml", 3)]
    findings = [Finding("r", severity, "m", file, Span.at(line, 1)) for severity, file, line in others]
    assert render(Report.of([FINDING, *findings]), "concise").split("\n") == [
        "b.yaml:1:1: note[r]: m",
        "b.yaml:2:1: warning[r]: m",
        "b.yaml:3:1: error[r]: m",
        "defs/a b.yaml:4:29: error[unknown-stage]: no stage named `nowhere`",
        "2 errors, 1 warning, 1 note in 2 files",
    ]


def test_nothing_found() -> None:
    assert [render(Report(), format) for format in ("full", "concise", "json", "github")] == [
        "no findings",
        "no findings",
        "[]",
        "",
    ]


def test_json() -> None:
    assert json.loads(render(Report.of([FINDING]), "json")) == [
        {
            "file": "defs/a b.yaml",
            "line": 4,
            "column": 29,
            "end_line": 4,
            "end_column": 36,
            "rule": "unknown-stage",
            "severity": "error",
            "message": "no stage named `nowhere`",
            "help": "did you mean `feasibility_budget` (line 3)?",
        }
    ]


def test_github_escapes() -> None:
    found = evolve(FINDING, file="a,b:c%.yaml", message="100 % of\n`x::y`", severity="note")
    assert render(Report.of([found]), "github") == (
        "::notice file=a%2Cb%3Ac%25.yaml,line=4,col=29,endLine=4,endColumn=36,title=stagegate unknown-stage"
        "::100 %25 of\\n`x::y`"
    )


def sarif(*findings: Finding) -> dict[str, Any]:
    document = json.loads(render(Report.of(findings), "sarif"))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    return cast("dict[str, Any]", run)


def test_sarif() -> None:
    found = evolve(
        FINDING,
        labels=(Label(Span.at(3, 5, 2), "there"),),
        fix=Fix(FINDING.span, "feasibility_budget", "use `feasibility_budget`"),
    )
    run = sarif(found, evolve(found, rule="a-rule", severity="warning"))
    assert run["tool"]["driver"] == {"name": "stagegate", "rules": [{"id": "a-rule"}, {"id": "unknown-stage"}]}
    result = next(result for result in run["results"] if result["ruleId"] == "unknown-stage")
    place = {
        "artifactLocation": {"uri": "defs/a%20b.yaml"},
        "region": result["locations"][0]["physicalLocation"]["region"],
    }
    assert place["region"] == {"startLine": 4, "startColumn": 29, "endLine": 4, "endColumn": 36}
    assert result["ruleIndex"] == 1
    assert result["level"] == "error"
    assert result["locations"] == [{"physicalLocation": place}]
    assert result["relatedLocations"][0]["message"] == {"text": "there"}
    (replacement,) = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement == {"deletedRegion": place["region"], "insertedContent": {"text": "feasibility_budget"}}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a/b.yaml", "a/b.yaml"),
        ("项目.yaml", "%E9%A1%B9%E7%9B%AE.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("/a b.yaml", "file:///a%20b.yaml"),
        ("C:\\a\\b.yaml", "file:///C:/a/b.yaml"),
        ("a\\b.yaml", "a/b.yaml"),
    ],
)
def test_sarif_addresses(file: str, uri: str) -> None:
    (result,) = sarif(evolve(FINDING, file=file))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_an_unknown_format_is_a_mistake_of_the_host() -> None:
    with pytest.raises(ValueError, match="no format `xml`"):
        render(Report(), cast(Format, "xml"))


SPANS = st.builds(
    lambda line, column, lines, columns: Span(line, column, line + lines, column + columns),
    st.integers(1, 5),
    st.integers(1, 300),
    st.integers(0, 2),
    st.integers(0, 300),
)
ANY_TEXT = st.text(max_size=200)


@given(
    st.lists(st.text(max_size=300), max_size=5).map("\n".join),
    st.lists(st.builds(Label, SPANS, ANY_TEXT), max_size=3),
    SPANS,
    ANY_TEXT,
    st.sampled_from(FORMATS),
)
def test_whatever_stands_there_is_shown_harmlessly(
    text: str, labels: list[Label], span: Span, words: str, format: Format
) -> None:
    found = Finding("rule", "error", words, "f" + words, span, mark=words, labels=tuple(labels), help=words)
    shown = render(Report.of([found], [Source(found.file, text)]), format)
    shown.encode("utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", shown)
