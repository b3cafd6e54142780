"""Comments that silence findings."""

from __future__ import annotations

import pytest

from stagegate.diagnostics import Finding, Source, Span
from stagegate.language.ignores import Ignore, apply_ignores, ignores

KNOWN = {"rule-a", "rule-b", "yaml-syntax"}


def read(text: str) -> list[Ignore]:
    return ignores(Source("f.yaml", text))


def finding(rule: str, line: int, file: str = "f.yaml") -> Finding:
    return Finding(rule, "error", "something", file, Span.at(line, 3))


def apply(findings: list[Finding], text: str) -> list[tuple[str, str, int]]:
    return [(each.rule, each.severity, each.span.line) for each in apply_ignores(findings, read(text), KNOWN)]


def test_a_comment_behind_a_value() -> None:
    (found,) = read("a: 1\n中: 😀 # stagegate: ignore[rule-a, rule-b] because\n")
    assert found.rules == ("rule-a", "rule-b")
    assert found.line == found.applies_to_line == 2
    assert found.spans == (Span.at(2, 26, 6), Span.at(2, 34, 6))
    assert found.span == Span(2, 6, 2, 41)


def test_a_comment_on_its_own_line_speaks_of_the_next() -> None:
    (found,) = read("a: 1\n  # stagegate: ignore[rule-a]\n\n# more words\nb: 2\n")
    assert (found.line, found.applies_to_line) == (2, 5)


def test_two_comments_above_one_line() -> None:
    found = read("# stagegate: ignore[rule-a]\n#stagegate:ignore [rule-b]\nb: 2\n# stagegate: ignore[rule-c]\nc: 1")
    assert [(each.rules, each.applies_to_line) for each in found] == [
        (("rule-a",), 3),
        (("rule-b",), 3),
        (("rule-c",), 5),
    ]


def test_a_comment_with_nothing_below_it() -> None:
    (found,) = read("b: 2\n# stagegate: ignore[rule-a]\n# end")
    assert found.applies_to_line == 2


@pytest.mark.parametrize(
    "text",
    [
        "a: '# stagegate: ignore[rule-a]'",
        'a: "x # stagegate: ignore[rule-a]"',
        "a: 'x\n  # stagegate: ignore[rule-a]\n  y'",
        "a: |\n  # stagegate: ignore[rule-a]\nb: 1",
        "a: >-\n  x\n  y # stagegate: ignore[rule-a]\nb: 1",
        "a: x# stagegate: ignore[rule-a]",
        "'# stagegate: ignore[rule-a]': 1",
        "a: 1 # the comment `# stagegate ignore[rule-a]` would",
        "a: 1 # stagegate: ignored",
        "a: [ # stagegate: ignore[rule-a]",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: | # stagegate: ignore[rule-a]\n  # no\nb: 1", 1),
        ("a: |\n  x\n# stagegate: ignore[rule-a]\nb: 1", 3),
        ("a: [1, # stagegate: ignore[rule-a]\n  2]", 1),
        ("a: '#' # stagegate: ignore[rule-a]", 1),
        ("\ufeffa: 1 # stagegate: ignore[rule-a]", 1),
        ("a: 1\r\nb: 2\t# stagegate: ignore[rule-a]\r\n", 2),
    ],
)
def test_what_is_one(text: str, line: int) -> None:
    (found,) = read(text)
    assert found.line == line


def test_a_named_finding_on_the_line_is_silenced() -> None:
    text = "a: 1 # stagegate: ignore[rule-a]\nb: 2\n"
    assert apply([finding("rule-a", 1), finding("rule-b", 1), finding("rule-a", 2)], text) == [
        ("rule-b", "error", 1),
        ("rule-a", "error", 2),
    ]


def test_other_files_are_left_alone() -> None:
    text = "a: 1 # stagegate: ignore[rule-a]\n"
    kept = apply_ignores([finding("rule-a", 1, "g.yaml"), finding("rule-a", 1)], read(text), KNOWN)
    assert [each.file for each in kept] == ["g.yaml"]


def test_names_that_silence_nothing() -> None:
    assert apply([], "a: 1 # stagegate: ignore[rule-a]\n") == [("unused-ignore", "warning", 1)]
    assert apply([], "a: 1 # stagegate: ignore[rule-x]\n") == [("unknown-rule", "note", 1)]
    assert apply([], "a: 1 # stagegate: ignore[]\n") == [("unused-ignore", "warning", 1)]
    assert apply([], "a: 1 # stagegate: ignore\n") == [("unused-ignore", "warning", 1)]
    twice = "a: 1 # stagegate: ignore[rule-a, rule-a]\n"
    assert apply([finding("rule-a", 1)], twice) == [("unused-ignore", "warning", 1)]


def test_mistakes_in_the_text_cannot_be_silenced() -> None:
    text = "a: 1 # stagegate: ignore[duplicate-key]\n"
    assert apply([finding("duplicate-key", 1)], text) == [
        ("duplicate-key", "error", 1),
        ("unused-ignore", "warning", 1),
    ]


def test_without_comments_nothing_changes() -> None:
    findings = [finding("rule-a", 1)]
    assert apply_ignores(findings, [], KNOWN) == findings
