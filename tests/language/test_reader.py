"""Definitions read from end to end: exact places of mistakes, all of them at once, and the model that comes out."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from stagegate.bundled import bundled_names
from stagegate.diagnostics import Finding, Source
from stagegate.language import check_source, read, siblings
from stagegate.model import Definition, Text

ROOT = Path(__file__).resolve().parent.parent.parent
HEAD = "stagegate: 1\nprocess: example\nversion: 1.0.0\n"


def findings(text: str, processes: Iterable[str] | None = None) -> list[Finding]:
    return list(check_source(Source("x.yaml", text), processes=None if processes is None else set(processes))[1])


def told(text: str) -> list[tuple[int, int, str]]:
    return [(f.span.line, f.span.column, f.rule) for f in findings(HEAD + text)]


def model(text: str) -> Definition:
    definition, report = check_source(Source("x.yaml", HEAD + text))
    assert definition is not None, [f"{f.span.line}: {f.message}" for f in report]
    return definition


# --- where a mistake is ------------------------------------------------------------------------------

BLOCK = """\
facts:
  budget:
    type: number
    title: 预算
tracks:
  - id: selling
    stages:
      - id: visit
        title: 拜访客户
        {key}: {value}
"""
FLOW = "facts: {{budget: {{type: number, title: 预算}}}}\ntracks: [{{id: selling, stages: [{{title: 拜访，客户, id: visit, {key}: {value}}}]}}]\n"


def at(text: str, wanted: str) -> tuple[int, int]:
    """The line and column of the first place of `wanted` in a text, columns in characters."""
    before = (HEAD + text)[: (HEAD + text).index(wanted)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("style", [BLOCK, FLOW], ids=["block", "flow"])
@pytest.mark.parametrize(
    ("key", "value", "wanted", "rule"),
    [
        ("pairs_with", "nowhere", "nowhere", "unknown-stage"),
        ("next", "nowhere", "nowhere", "unknown-target"),
        ("wins", "nowhere", "nowhere", "unknown-end"),
        ("tools", "[nowhere]", "nowhere", "unknown-document"),
        ("participants", "[nowhere]", "nowhere", "unknown-role"),
        ("checklists", "[nowhere]", "nowhere", "unknown-catalogue"),
        ("guidance", "{use: nowhere}", "nowhere", "unknown-catalogue"),
        ("guidance", "[{use: nowhere.first}]", "nowhere", "unknown-catalogue"),
        ("guidance", "{use: visit.}", "visit.", "bad-value"),
        ("time_limit", "14", "14", "wrong-type"),
        ("time_limit", "", None, "wrong-type"),
        ("chance", "1.5", "1.5", "bad-value"),
        ("optinal", "true", "optinal", "unknown-key"),
        ("exit_criteria", "[{title: 客户同意}]", "title: 客户同意", "missing-key"),
        ("exit_criteria", "[{id: known, when: 'bugdet > 0'}]", "bugdet", "unknown-fact"),
        ("exit_criteria", "[{id: known, title: 预算已知, when: budget > 'x'}]", "budget > 'x'", "condition-type"),
        ("exit_criteria", "[{id: known, when: budget >}]", None, "condition-syntax"),
        ("exit_criteria", "[{id: known, when: \"budget > 0 && met('knwon')\"}]", "'knwon'", "unknown-criterion"),
        ("exit_criteria", "[{id: known}, {id: known}]", None, "duplicate-id"),
    ],
)
def test_a_mistake_has_its_rule_and_its_place(style: str, key: str, value: str, wanted: str | None, rule: str) -> None:
    text = style.format(key=key, value=value)
    found = [place for place in told(text) if place[2] not in {"unused-name", "missing-title"}]
    assert [each[2] for each in found] == [rule]
    if wanted is not None:
        assert found[0][:2] == at(text, wanted)


@pytest.mark.parametrize(
    "style",
    [
        "when: >-\n              budget > 0 &&\n              bugdet > 1\n",
        "when: |\n              budget > 0 &&\n              bugdet > 1\n",
        "when: >-\n              size('预算，已知') > 0 &&\n              bugdet > 1\n",
        "when: budget > 0 &&\n              bugdet > 1\n",
        'when: "budget > 0 &&\n              bugdet > 1"\n',
        'when: "\\u0062udget > 0 && bugdet > 1"\n',
        "when: 'size(''预算'') > 0 && bugdet > 1'\n",
    ],
)
def test_a_mistake_in_a_condition_is_found_through_every_style(style: str) -> None:
    text = "facts: {budget: {type: number}}\ntracks:\n  - id: selling\n    stages:\n      - {id: visit, title: 拜访}\n"
    text += f"      - id: offer\n        exit_criteria:\n          - id: known\n            {style}"
    found = [place[:2] for place in told(text) if place[2] == "unknown-fact"]
    assert found == [at(text, "bugdet")]


def test_ten_mistakes_in_one_file_give_ten_findings_in_one_run() -> None:
    text = """\
facts:
  budget: {type: numbr}
documents:
  record: {}
tracks:
  - id: selling
    stages:
      - id: visit
        titel: 拜访
        exit_criteria:
          - {id: known, when: bugdet > 0, evidence: [recrd]}
          - {id: agreed, actor: customer}
      - id: offer
        next: nowhere
        time_limit: two weeks
        participants: [boss]
      - title: nothing
      - id: visit
        chance: 120
"""
    assert [(line, rule) for line, _, rule in told(text)] == [
        (5, "bad-value"),
        (12, "unknown-key"),
        (14, "unknown-fact"),
        (14, "unknown-document"),
        (15, "bad-value"),
        (17, "unknown-target"),
        (18, "bad-value"),
        (19, "unknown-role"),
        (20, "missing-key"),
        (21, "duplicate-id"),
        (22, "bad-value"),
    ]


def test_a_file_of_another_language_version_is_not_looked_at_further() -> None:
    text = "stagegate: 7\nprocess: 5\ntracks: [{id: t, stages: [{id: a, time_limit: two weeks, chance: x}]}]\n"
    definition, report = check_source(Source("x", text))
    assert definition is None
    assert [finding.rule for finding in report] == ["unsupported-language-version"]


def test_a_line_break_at_its_end_makes_no_id_and_no_duration() -> None:
    text = (
        HEAD + "tracks:\n  - id: t\n    stages:\n      - id: |\n          visit\n        time_limit: |\n          14d\n"
    )
    assert [(finding.rule, finding.span.line) for finding in findings(text)] == [("bad-value", 7), ("bad-value", 9)]


def test_the_near_miss_is_told_with_its_line() -> None:
    text = """\
tracks:
  - {id: buying, side: buyer, position: observed, stages: [{id: feasibility_budget}]}
  - {id: selling, stages: [{id: visit, pairs_with: feasibilty_budget}]}
"""
    (found,) = findings(HEAD + text)
    assert found.message == "no stage named `feasibilty_budget` in track `buying`"
    assert found.mark == "not declared"
    assert found.help == "did you mean `feasibility_budget` (line 5)?"


def test_two_places_are_shown_where_two_matter() -> None:
    (found,) = findings(HEAD + "tracks: [{id: t, stages: [{id: a}, {id: a}]}]\n")
    assert found.rule == "duplicate-id"
    assert [(label.span.line, label.text) for label in found.labels] == [(4, "first declared here")]


def test_without_errors_there_is_a_definition_and_with_one_there_is_none() -> None:
    good = HEAD + "tracks: [{id: t, stages: [{id: a}]}]\n"
    assert check_source(Source("x", good))[0] is not None
    assert check_source(Source("x", good.replace("{id: a}", "{id: a, tools: [b]}")))[0] is None


# --- silencing ---------------------------------------------------------------------------------------

UNUSED = "documents:\n  record: {}%s\ntracks: [{id: t, stages: [{id: a}]}]\n"


def test_a_comment_silences_a_warning() -> None:
    assert [rule for _, _, rule in told(UNUSED % "")] == ["unused-name"]
    assert not told(UNUSED % "  # stagegate: ignore[unused-name]")


def test_an_error_without_which_nothing_can_be_built_is_not_silenced() -> None:
    text = (
        HEAD
        + "tracks:\n  - id: t\n    stages:\n      - id: a\n        tools: [b]  # stagegate: ignore[unknown-document]\n"
    )
    definition, report = check_source(Source("x", text))
    assert definition is None
    assert sorted(f.rule for f in report) == ["unknown-document", "unused-ignore"]
    assert "this error cannot be silenced" in {f.message for f in report}


def test_an_error_about_figures_is_silenced() -> None:
    text = "tracks:\n  - id: t\n    stages:\n      - {id: a, chance: 0.5}\n      - {id: b, chance: 0.4}  # stagegate: ignore[chance-decreases]\n"
    assert model(text).tracks[0].stages[1].chance is not None


# --- procedures --------------------------------------------------------------------------------------

CALLS = HEAD + "tracks: [{id: t, stages: [{id: a, procedures: [{process: other-process}]}]}]\n"


def test_procedures_are_checked_where_it_is_known_what_exists() -> None:
    assert not findings(CALLS)
    assert not findings(CALLS, {"other-process"})
    assert [f.rule for f in findings(CALLS, {"another-process"})] == ["unknown-process"]


def test_files_of_the_same_folder_count(tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(CALLS)
    assert [f.rule for f in read(tmp_path / "example.yaml", processes=())[1]] == ["unknown-process"]
    (tmp_path / "whatever.yaml").write_text("stagegate: 1\nprocess: other-process\n")
    assert siblings(tmp_path / "example.yaml") == {"example", "other-process"}
    assert not read(tmp_path / "example.yaml", processes=())[1].findings


def test_an_unreadable_path_is_no_finding(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nothing.yaml")


# --- the model ---------------------------------------------------------------------------------------

DECISIONS = """\
tracks:
  - id: cycle
    stages: [{id: s0}, {id: s1}, {id: s2, next: by_next}, {id: s3}]
    decision_points:
      - id: first
        after: s0
        outcomes:
          - {id: advance, to: s1}
          - {id: jump, to: s2}
          - {id: repeat, to: s0}
          - {id: hold, hold: 90d}
          - {id: stop, to: lost}
          - {id: chain, to: by_outcome}
          - {id: ahead, to: by_next}
      - id: by_outcome
        outcomes: [{id: a, to: s1}, {id: b, hold: true}]
      - id: by_next
        outcomes: [{id: on, to: s3}, {id: back, to: s1, keep: [c1]}, {id: round, to: s0, new_round: true}]
      - id: by_jump
        outcomes: [{id: a, to: s2}, {id: b, to: s3}, {id: c, to: s0}]
    jumps:
      - {id: leap, from: all, to: s2}
      - {id: anywhere, from: all, to_any_later: true}
      - {id: ask, from: [s0], to: by_jump, probe: {id: willing}}
    loops:
      - {id: back, from: all, to: s1, keep: [c1], max: 3}
ends:
  - {id: lost, kind: lost}
""".replace("{id: s1}", "{id: s1, exit_criteria: [{id: c1}]}", 1)


def test_places_and_kinds_follow_from_targets() -> None:
    (track,) = model(DECISIONS).tracks
    assert {d.id: (d.after, d.place) for d in track.decision_points} == {
        "first": ("s0", "s0"),
        "by_outcome": ("", "s0"),
        "by_next": ("", "s2"),
        "by_jump": ("", "s1"),
    }
    kinds = {f"{d.id}.{o.id}": o.kind for d in track.decision_points for o in d.outcomes}
    assert kinds == {
        "first.advance": "advance", "first.jump": "jump", "first.repeat": "repeat", "first.hold": "hold", "first.stop": "end",
        "first.chain": "advance", "first.ahead": "jump", "by_outcome.a": "advance", "by_outcome.b": "hold",
        "by_next.on": "advance", "by_next.back": "loop_back", "by_next.round": "new_round",
        "by_jump.a": "advance", "by_jump.b": "jump", "by_jump.c": "loop_back",
    }  # fmt: skip


def test_all_stands_for_the_stages_that_make_sense() -> None:
    (track,) = model(DECISIONS).tracks
    assert {jump.id: jump.origins for jump in track.jumps} == {
        "leap": ("s0", "s1"),
        "anywhere": ("s0", "s1", "s2", "s3"),
        "ask": ("s0",),
    }
    assert [loop.origins for loop in track.loops] == [("s1", "s2", "s3")]
    assert track.decision_points[0].outcomes[3].hold == timedelta(days=90)


STAGES = """\
documents: {record: {}}
tracks:
  - id: selling
    stages:
      - id: a
        exit_criteria: []
        chance: 0.25
        repeatable: true
      - id: b
        exit_criteria: [{id: known}]
        appraisal: [{of: known, evidence: [record]}]
        chance: {reached: 0.3, completed: 0.5}
        repeatable: {max: 2, keep: [known]}
        time_limit: 36h
        next: won
ends: [{id: won, kind: won}]
"""


def test_stages_are_built_with_their_defaults() -> None:
    first, second = model(STAGES).tracks[0].stages
    assert (first.exit_criteria, first.start, second.start) == ((), True, False)
    assert first.chance is not None
    assert (first.chance.reached, first.chance.completed) == (0.25, 0.25)
    assert first.repeatable is not None
    assert (first.repeatable.id, first.repeatable.origins, first.repeatable.to) == ("a", ("a",), "a")
    assert second.repeatable is not None
    assert (second.repeatable.max, second.repeatable.keep) == (2, ("known",))
    assert second.time_limit == timedelta(hours=36)
    assert (second.next, second.completes) == ("", "won")
    assert [item.id for item in second.appraisal] == ["appraise_known"]


def test_a_missing_list_of_exit_criteria_is_not_an_empty_one() -> None:
    assert model("tracks: [{id: t, stages: [{id: a}]}]\n").tracks[0].stages[0].exit_criteria is None


def test_places_are_kept() -> None:
    where = model(DECISIONS).where
    written = {
        "stage:s1": "s1, exit_criteria",
        "criterion:c1": "c1}]}",
        "decision:by_next": "by_next\n        outcomes",
        "outcome:by_next.back": "back, to: s1, keep",
        "jump:leap": "leap",
        "loop:back": "back, from",
        "end:lost": "lost, kind",
        "track:cycle": "cycle",
    }
    assert {key: where[key] for key in written} == {key: at(DECISIONS, text) for key, text in written.items()}
    assert model(STAGES).where["loop:a"] == model(STAGES).where["stage:a"]
    assert model(DECISIONS).place_of("track:cycle") == "x.yaml:5:9"
    assert model(DECISIONS).place_of("track:nothing") == ""


def test_a_text_in_one_language_is_known_by_its_characters() -> None:
    assert model("title: 流程\ntracks: [{id: t, stages: [{id: a}]}]\n").title == Text(zh="流程")
    assert model("title: Process\ntracks: [{id: t, stages: [{id: a}]}]\n").title == Text(en="Process")


@pytest.mark.parametrize(
    "path", [ROOT / "definitions" / f"{n}.yaml" for n in bundled_names()], ids=lambda path: path.stem
)
def test_the_bundled_definitions_have_no_errors(path: Path) -> None:
    names = set(bundled_names())
    definition, report = read(path, processes=names)
    assert definition is not None, [f"{f.span.line}: {f.message}" for f in report]
    assert definition.name == path.stem


@pytest.mark.parametrize(("side", "rule"), [("side: [buyer]", "wrong-type"), ("sied: buyer", "unknown-key")])
def test_a_wrong_side_of_a_track_is_told_once_and_not_for_every_pair(side: str, rule: str) -> None:
    text = f"tracks:\n  - {{id: b, {side}, position: observed, stages: [{{id: need}}]}}\n"
    text += "  - {id: s, side: seller, stages: [{id: visit, pairs_with: need}]}\n"
    assert [finding.rule for finding in findings(HEAD + text)] == [rule]
