"""What has changed between two versions: told whole, graded, with guesses that say they are guesses."""

from __future__ import annotations

import attrs
import pytest
from tests.versions.changed import process_of, versions
from tests.versions.leads import NEW, OLD

import stagegate
from stagegate import model
from stagegate.process import Process
from stagegate.render.diff_text import WHY, DiffText
from stagegate.versions import grades
from stagegate.versions.diff import Change, diff, gravest, rising
from stagegate.versions.things import things

BASE = """\
stagegate: 1
process: small
version: 1.0.0
facts:
  size: {type: enum, values: [big, small]}
  amount: {type: integer, minimum: 0, maximum: 10}
documents:
  offer: {title: {en: The offer}}
roles:
  boss: {title: {en: The boss}}
tracks:
  - id: way
    stages:
      - id: first
        title: {en: The first}
        exit_criteria:
          - {id: seen, title: {en: Seen by somebody}}
          - {id: sized, when: size == 'big', title: {en: It is big}}
      - id: second
        title: {en: The second}
        exit_criteria:
          - {id: told, evidence: [offer], title: {en: Told to all}}
          - {id: agreed, waivable: [boss], title: {en: Agreed by them}}
      - id: third
        title: {en: The third}
        exit_criteria: [{id: done, title: {en: All is done}}]
        completes: won
    decision_points:
      - id: go_on
        after: second
        question: {en: On?}
        outcomes:
          - {id: on, to: third}
          - {id: back, to: first}
          - {id: later, hold: true}
    jumps:
      - {id: ahead, from: [first], to: third}
ends:
  - {id: won, kind: won}
  - {id: lost, kind: lost, by_command: true}
"""

# What is written otherwise, and each change: what, of which sort, its name, the field, the grade.
CHANGES = [
    ("Seen by somebody", "Seen by anybody", [("changed", "criterion", "seen", "title", "none")]),
    ("title: {en: The second}", "title: {en: The second}\n        chance: 0.3", [("changed", "stage", "second", "chance", "compatible")]),
    ("The second}", "The second}\n        time_limit: 3d", [("changed", "stage", "second", "time_limit", "compatible")]),
    ("size == 'big'", "size != 'big'", [("changed", "criterion", "sized", "when", "plan")]),
    ("{id: seen,", "{id: seen, optional: true,", [("changed", "criterion", "seen", "optional", "compatible")]),
    ("{id: seen,", "{id: seen, evidence: [offer],", [("changed", "criterion", "seen", "evidence", "plan")]),
    ("evidence: [offer], ", "", [("changed", "criterion", "told", "evidence", "compatible")]),
    ("waivable: [boss], ", "", [("changed", "criterion", "agreed", "waivable", "plan")]),
    ("values: [big, small]", "values: [big, small, tiny]", [("changed", "fact", "size", "type", "compatible"), ("changed", "fact", "size", "values", "none")]),
    ("values: [big, small]", "values: [big, tiny]", [("changed", "fact", "size", "type", "breaking"), ("changed", "fact", "size", "values", "none")]),
    ("maximum: 10", "maximum: 20", [("changed", "fact", "amount", "maximum", "compatible")]),
    ("maximum: 10", "maximum: 5", [("changed", "fact", "amount", "maximum", "plan")]),
    ("{id: back, to: first}", "{id: back, to: second}", [("changed", "outcome", "go_on.back", "to", "plan")]),
    ("          - {id: back, to: first}\n", "", [("removed", "outcome", "go_on.back", "", "plan")]),
    ("- {id: back, to: first}", "- {id: back, to: first}\n          - {id: over, to: lost}", [("added", "outcome", "go_on.over", "", "compatible")]),
    ("          - {id: told", "          - {id: paid, title: {en: Money is here}}\n          - {id: told", [("added", "criterion", "paid", "", "plan")]),
    ("          - {id: seen, title: {en: Seen by somebody}}\n", "", [("removed", "criterion", "seen", "", "plan")]),
    ("    jumps:\n      - {id: ahead, from: [first], to: third}\n", "", [("removed", "jump", "ahead", "", "plan")]),
    ("kind: lost, by_command: true}", "kind: lost, by_command: true}\n  - {id: gone, kind: lost, by_command: true, title: {en: Nobody there}}", [("added", "end", "gone", "", "compatible")]),
    ("      - id: second", "      - {id: middle, title: {en: Between}, exit_criteria: []}\n      - id: second", [("added", "stage", "middle", "", "plan")]),
    ("        exit_criteria: [{id: done, title: {en: All is done}}]\n", "", [("removed", "criterion", "done", "", "plan"), ("changed", "stage", "third", "exit_criteria", "plan")]),
    ("id: third\n", "id: last\n", [("renamed", "stage", "third", "", "plan")]),
    ("id: go_on\n", "id: go_ahead\n", [("renamed", "decision", "go_on", "", "plan")]),
    ("summary", "summary", []),
]  # fmt: skip


@pytest.fixture(scope="module")
def base() -> Process:
    return process_of(BASE, "old.yaml")


def told(changes: tuple[Change, ...]) -> set[tuple[str, str, str, str, str]]:
    return {(c.what, c.sort, c.name, c.field, c.grade) for c in changes}


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES)
def test_each_change_is_told_and_graded(base: Process, old: str, new: str, expected: list[tuple[str, ...]]) -> None:
    text = BASE.replace(old, new)
    if new == "id: last\n":
        text = text.replace("to: third", "to: last")
    changes = diff(base.definition, process_of(text, "new.yaml").definition)
    if "renamed" in str(expected):
        assert set(expected) <= told(changes)
    else:
        assert told(changes) == set(expected)
    for change in changes:
        assert change.old_place or change.new_place
        for language in ("en", "zh"):
            assert WHY[change.why](language)
            assert DiffText(base.definition, base.definition, (change,), language=language).sentence(change)


def test_a_moved_stage_and_a_moved_criterion(base: Process) -> None:
    text = BASE.replace("          - {id: seen, title: {en: Seen by somebody}}\n", "")
    text = text.replace(
        "          - {id: told", "          - {id: seen, title: {en: Seen by somebody}}\n          - {id: told"
    )
    assert told(diff(base.definition, process_of(text).definition)) == {("moved", "criterion", "seen", "", "plan")}
    text = BASE.replace(
        "        title: {en: The first}\n",
        "        title: {en: The first}\n        stage_conditions: {process: [{id: calm}]}\n",
    )
    other = BASE.replace(
        "        title: {en: The second}\n",
        "        title: {en: The second}\n        stage_conditions: {process: [{id: calm}]}\n",
    )
    (change,) = diff(process_of(text).definition, process_of(other).definition)
    assert (change.what, change.name, change.grade) == ("moved", "calm", "compatible")
    assert rising([0, 3, 1, 2]) == {0, 2, 3}
    assert rising([]) == set()
    head = "stagegate: 1\nprocess: small\nversion: 1.0.0\ntracks:\n  - id: way\n    stages:\n"
    old, new = (head + "".join(f"      - {{id: {s}, exit_criteria: []}}\n" for s in order) for order in ("abc", "bac"))
    (change,) = [c for c in diff(process_of(old).definition, process_of(new).definition) if c.what == "moved"]
    assert (change.grade, change.why) == ("breaking", "order")


def test_one_line_each_and_the_gravest_first() -> None:
    old, new = (stagegate.load(path).definition for path in (OLD, NEW))
    changes = diff(old, new)
    assert [c.grade for c in changes] == ["breaking", "plan", "plan", "plan", "plan", "compatible", "none"]
    assert gravest(changes) == "breaking"
    assert gravest(()) == "none"
    assert {c.clue for c in changes if c.what == "renamed"} == {"title", "likeness"}


def test_what_is_renamed_is_not_told_where_it_is_named() -> None:
    old, new = versions()
    assert not [c for c in diff(old.definition, new.definition) if c.what == "changed" and c.field != "title"]


@pytest.mark.parametrize(
    "name", ["project-sales", "after-sales-repair", "decision-point-buying-cycle", "b2b-qualification"]
)
def test_nothing_has_changed_in_the_same(name: str) -> None:
    definition = stagegate.load(name).definition
    assert diff(definition, definition) == ()


def test_every_field_of_the_model_is_judged() -> None:
    sorts = {
        "track": model.Track, "stage": model.Stage, "criterion": model.Criterion, "prohibition": model.Prohibition,
        "decision": model.DecisionPoint, "outcome": model.Outcome, "jump": model.Jump, "loop": model.Loop, "end": model.End,
        "activity": model.Activity, "fact": model.Fact, "role": model.Role, "document": model.Document, "metric": model.Metric,
        "catalogue": model.Catalogue, "reasons": model.ReasonTree, "process": model.Definition,
    }  # fmt: skip
    for sort, kind in sorts.items():
        for field in attrs.fields(kind):
            known = field.name in grades.APART | grades.TOLD or (sort, field.name) in grades.FIELDS
            assert known, f"say in stagegate.versions.grades what `{field.name}` of a {sort} means for running cases"


def test_every_reason_has_its_sentence(base: Process) -> None:
    tables = (grades.FIELDS, grades.ADDED, grades.REMOVED, grades.RENAMED)
    words = {why for table in tables for _, why in table.values()} | {"new_gate", "completing", "order", "unjudged"}
    words |= {grades.ONLY_TOLD[1], grades.AN_OFFER[1], grades.TEXT[1], grades.GATE[1], grades.SHAPE[1]}
    assert words == set(WHY)
    assert {t.sort for t in things(base.definition)} <= set(grades.REMOVED) | {"process", "role"}
