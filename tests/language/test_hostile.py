"""Texts written to hurt: each is read or refused, none crashes, and the answer stays small."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stagegate.diagnostics import Report, Source
from stagegate.language import check_source
from stagegate.language.ignores import apply_ignores, ignores
from stagegate.language.mistakes import MOST_FINDINGS
from stagegate.language.text import parse
from stagegate.render.findings import render

SIZE = 1024 * 1024


def full(piece: str, before: str = "", after: str = "") -> str:
    return before + piece * ((SIZE - len(before) - len(after)) // len(piece)) + after


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{', '.join([f'*{chr(97 + level)}'] * 9)}]\n" for level in range(20)
)

REFUSED = {
    "brackets": (full("["), "too-deep"),
    "braces": (full("{"), "too-deep"),
    "balanced brackets": ("[" * 500_000 + "]" * 500_000, "too-deep"),
    "dashes": (full("- "), "too-deep"),
    "question marks": (full("? "), "too-deep"),
    "dashes and question marks": (full("- ? "), "too-deep"),
    "nested mappings": ("\n".join(" " * level + "a:" for level in range(1400)), "too-deep"),
    "colons": (full(": "), "yaml-syntax"),
    "closing brackets": (full("]"), "yaml-syntax"),
    "commas": (full(",", "[", "]"), "yaml-syntax"),
    "keys": ("\n".join(f"k{number}: 1" for number in range(100_000)), "too-large"),
    "keys on one line": ("{" + ", ".join(f"k{number}: 1" for number in range(90_000)) + "}", "too-large"),
    "equal keys": ("k: 1\n" * 100_000, "duplicate-key"),
    "equal keys on one line": (full("k: 1, ", "{", "}"), "duplicate-key"),
    "items": (full("- a\r"), "too-large"),
    "empty items": (full("-\n"), "too-large"),
    "aliases": (full("*a, ", "a: &a b\nc: [", "]"), "forbidden-yaml"),
    "anchors": (full("- &a b\n"), "forbidden-yaml"),
    "tags": (full("- !t b\n"), "forbidden-yaml"),
    "a long tag": (full("!"), "forbidden-yaml"),
    "billion laughs": (LAUGHS, "forbidden-yaml"),
    "documents": (full("---\n"), "forbidden-yaml"),
    "directives": (full("%TAG !a! b\n"), "yaml-syntax"),
    "a plain text": (full("x", "a: "), "too-large"),
    "a quoted text": (full("x", 'a: "', '"'), "too-large"),
    "a text of many lines": (full("x\n  ", "a: "), "too-large"),
    "blank lines in a text": (full("\n", "a: x", "  y\n"), "too-large"),
    "a block": (full("  x\n", "a: |\n"), "too-large"),
    "a folded block": (full("  x\n", "a: >\n"), "too-large"),
    "a quote not closed": (full("x\n  ", "a: '"), "yaml-syntax"),
    "a long key": (full("x", "? ", "\n: 1"), "too-large"),
    "blanks": (full(" "), "empty-file"),
    "tabs": (full("\t"), "empty-file"),
    "line ends": (full("\n"), "empty-file"),
    "old line ends": (full("\r"), "empty-file"),
    "comments": (full("# x\n"), "empty-file"),
    "one comment": (full("#"), "empty-file"),
    "line separators": (full("\u2028", "a: "), "yaml-syntax"),
    "too much": (full("a") + "a", "too-large"),
    "silencing comments only": (full("# stagegate: ignore[x]\n"), "empty-file"),
}
READ = {
    "blanks before a key": full(" ", "", "a: b"),
    "a long comment": full("#", "a: b "),
    "digits": "a: " + "9" * 60_000,
    "almost a float": "a: " + "1" * 60_000 + "e",
    "escapes": 'a: "' + "\\u4e2d" * 60_000 + '"',
    "silencing comments": "- a # stagegate: ignore[x]\n" * 20_000,
    "a silencing comment with many names": full("x,", "a: b # stagegate: ignore["),
}


def answer(text: str) -> tuple[list[str], str]:
    source = Source("f.yaml", text)
    tree, findings = parse(source)
    assert tree is not None or findings
    silenced = apply_ignores(findings, ignores(source), set())
    return [finding.rule for finding in findings], render(Report.of(silenced, [source]), "full")


@pytest.mark.parametrize(("text", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str, rule: str) -> None:
    rules, shown = answer(text)
    assert rules[0] == rule
    assert len(rules) <= MOST_FINDINGS + 2
    assert len(shown) < 400_000


@pytest.mark.parametrize("text", READ.values(), ids=READ.keys())
def test_read(text: str) -> None:
    rules, shown = answer(text)
    assert rules == []
    assert len(shown) < 1_000_000


# --- definitions: as large as the reader takes them, and built so that a careless walk would be quadratic -------

HEAD = "stagegate: 1\nprocess: hostile\nversion: 1.0.0\n"
STAGE = "tracks:\n  - id: t\n    stages:\n      - id: a\n        exit_criteria:\n"
LONG = "criterion_of_a_very_long_name_indeed_"


def lines(form: str, count: int) -> str:
    return "".join(form.format(n=number, after=number + 1) for number in range(count))


def items(form: str, count: int) -> str:
    return "[" + ", ".join(form.format(n=number) for number in range(count)) + "]"


def decisions_in_a_row() -> Iterator[str]:
    """Each leads to the one written before it, so that their places are found one at a time."""
    targets = ", ".join(f"{{id: o{number}, to: s{number}}}" for number in range(1, 9))
    for track in range(2):
        yield (
            f"  - id: t{track}\n    stages:\n"
            + lines(f"      - {{{{id: s{{n}}_{track}}}}}\n", 200)
            + "    decision_points:\n"
        )
        for number in range(199, -1, -1):
            after = f"after: s0_{track}, " if number == 0 else ""
            outs = targets.replace("}", f"_{track}}}")
            yield f"      - {{id: d{number}_{track}, {after}outcomes: [{{id: x, to: d{min(number + 1, 199)}_{track}}}, {outs}]}}\n"


def dense_moves() -> Iterator[str]:
    for track in range(8):
        yield f"  - id: t{track}\n    stages:\n" + lines(f"      - {{{{id: s{{n}}_{track}}}}}\n", 200)
        yield "    jumps:\n" + lines(f"      - {{{{id: j{{n}}_{track}, from: all, to_any_later: true}}}}\n", 200)
        yield "    loops:\n" + lines(f"      - {{{{id: l{{n}}_{track}, from: all, to: s{{n}}_{track}}}}}\n", 200)


DEFINITIONS = {
    "decisions in a row": HEAD + "tracks:\n" + "".join(decisions_in_a_row()),
    "dense moves": HEAD + "tracks:\n" + "".join(dense_moves()),
    "a long keep": HEAD + STAGE + lines("          - {{id: c{n}}}\n", 4_000) + "      - {id: b}\n    loops:\n"
    + "      - {id: l, from: [b], to: a, keep: " + items("c{n}", 4_000) + "}\n",
    "long names, all misspelt": HEAD + STAGE + lines("          - {{id: " + LONG + "{n}}}\n", 4_000) + "      - {id: b}\n"
    + "    loops:\n      - {id: l, from: [b], to: a, keep: " + items(LONG.replace("name", "nmae") + "{n}", 4_000) + "}\n",
    "facts read and facts not there": HEAD + "facts:\n" + lines("  f{n}: {{type: number}}\n", 4_000) + STAGE
    + lines("          - {{id: c{n}, when: f{n} > 1 && g{n} < 2 && h{n} == 3}}\n", 1_200),
    "facts not used": HEAD + "facts:\n" + lines("  f{n}: {{type: number}}\n", 6_000) + STAGE + "          - {id: c}\n",
    "a ring of criteria": HEAD + STAGE + lines("          - {{id: c{n}, when: met('c{after}')}}\n", 2_900)
    + "          - {id: c2900, when: met('c0')}\n",
    "too many conditions": HEAD + STAGE + lines("          - {{id: c{n}, when: true}}\n", 4_000),
    "long conditions": HEAD + STAGE + lines("          - {{id: c{n}, when: " + " || ".join(["1 > 2"] * 200) + "}}\n", 500),
    "nexts": HEAD + "tracks:\n  - id: t\n    stages:\n" + lines("      - {{id: s{n}, next: s{after}}}\n", 199) + "      - {id: s199}\n",
    "a thousand procedures": HEAD + STAGE + "          - {id: c}\n        procedures:\n"
    + lines("          - {{process: p-{n}, on_end: {{done: [c]}}}}\n", 2_000),
}  # fmt: skip


@pytest.mark.parametrize("text", DEFINITIONS.values(), ids=DEFINITIONS.keys())
def test_a_hostile_definition_is_checked_within_bounds(text: str) -> None:
    _, report = check_source(Source("f.yaml", text), processes={"other"})
    shown = render(report, "full")
    assert len(report) <= 1_000
    assert len(shown) < 2_000_000
    assert not [finding for finding in report if finding.rule == "too-large"]
