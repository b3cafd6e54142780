"""Texts written to hurt: each is read or refused, none crashes, and the answer stays small."""

from __future__ import annotations

import pytest

from stagegate.diagnostics import Report, Source
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
