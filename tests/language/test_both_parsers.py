"""With libyaml or without it, PyYAML reads the same text the same way."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stagegate.bundled import COMPANION, bundled_names, bundled_path
from stagegate.diagnostics import Source
from stagegate.language import check_source, events, read_companion
from stagegate.language.text import parse
from stagegate.language.tree import to_plain

pytestmark = pytest.mark.skipif(not events.HAS_C_PARSER, reason="PyYAML has no C parser here")

FLOW = (
    "{en: What is it?, zh: x}",
    "{en: What?}",
    "{en: is it? yes, zh: b}",
    "{en: is it?\n  yes, zh: b}",
    "{en: What?\n}",
    "[a?, b?c, d ?]",
    "{a?b: c}",
    "{a? : b}",
    "[a:b?]",
    "{?a: b}",
    "{a: ? , b: c}",
    "{a: ?b}",
    "[a:]",
    "{a:,b: c}",
    "{a: b:, c: d}",
    "{a: x:?, b: c}",
    "{a: b # c?\n}",
    "{a: b#c?}",
    "{a: http://x?y=z}",
    "{a: x: y}",
    "{?: a}",
    "a: What?",
    "- ?x",
    "?x: b",
)


def outcome(text: str) -> object:
    tree, findings = parse(Source("f.yaml", text))
    told = [(finding.rule, finding.span.line, finding.message) for finding in findings]
    return told or (None if tree is None else to_plain(tree))


def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HAS_C_PARSER", False)


@pytest.mark.parametrize("text", FLOW)
def test_one_text_read_twice(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = outcome(text)
    without_libyaml(monkeypatch)
    assert outcome(text) == fast


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_definitions_need_no_libyaml(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor our mending of the other parser: other programs read these files with PyYAML as it is."""
    path = bundled_path(name)
    assert path is not None
    fast = read_whole(path)
    without_libyaml(monkeypatch)
    monkeypatch.setattr(events, "PureLoader", yaml.SafeLoader)
    assert read_whole(path) == fast


def read_whole(path: Path) -> object:
    """The definition and what stands beside it."""
    text = path.read_text(encoding="utf-8")
    definition, report = check_source(Source(path.name, text), processes=bundled_names, find=bundled_path)
    assert definition is not None, report
    beside = path.with_name(f"{path.stem}{COMPANION}")
    companion = read_companion(beside, {definition.name: definition}.get) if beside.exists() else None
    return definition, report, companion
