"""Groups of criteria in a stage, and ends that another process takes up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.language.test_reader import HEAD, findings, model

from stagegate import load
from stagegate.diagnostics import Finding
from stagegate.engine.identity import figures_digest, flow_digest
from stagegate.model import Group, Text
from stagegate.render.case_text import CaseText

STAGES = """\
tracks:
  - id: t
    stages:
      - id: a
        groups: {{one: {one}, two: {{basis: proposed}}}}
        entry_milestone: [{{id: m, group: two}}]
        exit_criteria: [{{id: x, group: one}}, {{id: y, group: {group}}}, {{id: z}}]
      - {{id: b, groups: {{one: {{}}}}, stage_conditions: {{information: [{{id: w, group: {other}}}]}}}}
"""


def text(one: str = "{title: The first}", group: str = "one", other: str = "one") -> str:
    return STAGES.format(one=one, group=group, other=other)


def said(found: list[Finding]) -> list[tuple[str, str]]:
    return [(f.rule, f.message) for f in found if f.rule != "missing-title"]


def test_criteria_know_their_group() -> None:
    stages = model(text()).tracks[0].stages
    assert [group.id for group in stages[0].groups] == ["one", "two"]
    assert stages[0].groups[0] == Group("one", Text("The first"))
    assert [item.group for item in stages[0].criteria()] == ["two", "one", "one", ""]
    assert [item.group for item in stages[1].criteria()] == ["one"]
    assert said(findings(HEAD + text())) == []


def test_no_gate_asks_for_them() -> None:
    plain = "tracks: [{id: t, stages: [{id: a, exit_criteria: [{id: x}]}]}]\n"
    grouped = "tracks: [{id: t, stages: [{id: a, groups: {g: {}}, exit_criteria: [{id: x, group: g}]}]}]\n"
    assert flow_digest(model(plain)) == flow_digest(model(grouped))
    assert figures_digest(model(plain)) == figures_digest(model(grouped))


def test_a_group_belongs_to_its_stage() -> None:
    assert said(findings(HEAD + text(other="two"))) == [
        ("unused-name", "group `one` is declared and never used"),
        ("unknown-group", "stage `b` has no group named `two`"),
    ]
    assert said(findings(HEAD + text(group="oen"))) == [("unknown-group", "stage `a` has no group named `oen`")]


def test_a_group_that_nothing_stands_in_is_told_for_its_stage() -> None:
    unused = "tracks: [{id: t, stages: [{id: a, groups: {g: {}}, exit_criteria: [{id: x, group: g}]}, {id: b, groups: {g: {}}}]}]\n"
    found = [f for f in findings(HEAD + unused) if f.rule == "unused-name"]
    assert [f.message for f in found] == ["group `g` is declared and never used"]
    assert found[0].span.column > unused.index("id: b")


# --- ends ----------------------------------------------------------------------------------------------

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = "tracks: [{{id: t, stages: [{{id: a, exit_criteria: [{{id: x}}], completes: won}}]}}]\nends: [{{id: won, kind: won, continues_in: {}}}]\n"


@pytest.mark.parametrize(("name", "known", "rules"), [
    ("other", {"other"}, []), ("other", None, []), ("example", {"other"}, []), ("othr", {"other"}, ["unknown-process"]),
])  # fmt: skip
def test_the_process_is_checked_where_it_is_known_what_exists(
    name: str, known: set[str] | None, rules: list[str]
) -> None:
    assert [rule for rule, _ in said(findings(HEAD + END.format(name), known))] == rules


def test_a_case_that_ended_so_says_where_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(HEAD + END.format("customer-visit"))
    process = load(path)
    case = process.open("c", at=NOW)
    pages = {language: CaseText(process.definition, language=language) for language in ("en", "zh")}
    assert "customer-visit" not in "".join(pages["en"].state(case))
    assert case.meet("x", at=NOW).accepted
    assert "goes on in the process customer-visit" in pages["en"].state(case)
    assert "转入流程 customer-visit" in pages["zh"].state(case)
