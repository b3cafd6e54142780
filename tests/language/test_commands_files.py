"""Commands files with mistakes in their YAML: what had its finding is not built."""

from __future__ import annotations

import pytest

from stagegate.diagnostics import Source
from stagegate.language.scripts import read_script

OPEN = "open: {at: 2026-03-02T09:00:00Z}\n"


@pytest.mark.parametrize(
    "command",
    [
        "do: meet, criterion: agreed, at: *a",
        "do: meet, criterion: *a, at: 2026-03-02T09:00:00Z",
        "do: set_facts, facts: *a, at: 2026-03-02T09:00:00Z",
        "do: jump, jump: ahead, answer: *a, at: 2026-03-02T09:00:00Z",
        "do: meet, criterion: agreed, at: 2026-03-02T09:00:00Z, [x]: y",
        "do: *a, at: 2026-03-02T09:00:00Z",
    ],
)
def test_a_command_that_is_broken_yaml_is_told_and_not_built(command: str) -> None:
    script, report = read_script(Source("c.yaml", f"{OPEN}commands: [{{{command}}}]\n"), lambda _: None)
    assert script is None
    assert report.has_errors
    assert {finding.rule for finding in report if finding.severity == "error"} <= {"forbidden-yaml", "yaml-syntax"}


def test_a_broken_opening_is_told_and_not_built() -> None:
    script, report = read_script(Source("c.yaml", "open: {at: *a}\ncommands: []\n"), lambda _: None)
    assert script is None
    assert [finding.rule for finding in report if finding.severity == "error"] == ["forbidden-yaml"]


@pytest.mark.parametrize(("kind", "mistakes"), [("attach", []), ("meet", ["wrong-type"])])
def test_a_document_is_taken_away_by_attach_alone(kind: str, mistakes: list[str]) -> None:
    command = f"{{do: {kind}, criterion: agreed, evidence: {{minutes: null}}, at: 2026-03-02T09:00:00Z}}"
    script, report = read_script(Source("c.yaml", f"{OPEN}commands: [{command}]\n"), lambda _: None)
    assert [finding.rule for finding in report if finding.severity == "error"] == mistakes
    if not mistakes:
        assert script is not None
        assert script.lines[0].command.args == {"evidence": {"minutes": None}}
