"""Answers to invariants: what is proved by shape, what by search, what stays undecided and says why."""

from __future__ import annotations

from textwrap import dedent

import pytest

from stagegate.case import Case
from stagegate.diagnostics import Source
from stagegate.language import check_source
from stagegate.model import Definition
from stagegate.process import Process
from stagegate.verify.answers import Answer
from stagegate.verify.examine import examine, questions
from stagegate.verify.focus import focus_on
from stagegate.verify.prove import prove, question_of
from stagegate.verify.structure import holds_by_shape


def read(text: str) -> Definition:
    definition, report = check_source(
        Source("example.yaml", "stagegate: 1\nprocess: example\nversion: 1.0.0\n" + dedent(text))
    )
    assert definition is not None, [str(f) for f in report.findings]
    return definition


def answers(text: str, *, effort: int = 100_000) -> dict[str, Answer]:
    return {answer.name: answer for answer in prove(Process(read(text)), effort=effort)}


def played(process: Process, answer: Answer) -> Case:
    case = process.opened("case", answer.journal[0])
    for command in answer.journal[1:]:
        assert case.do(command).accepted, command
    return case


PROJECT = """
    facts: {budget: {type: number, minimum: 0}, price: {type: number, minimum: 0}}
    roles: {boss: {side: seller}}
    tracks:
      - id: selling
        stages:
          - {id: visit, exit_criteria: [{id: need_known}, {id: asked, waivable: [boss]}]}
          - {id: offer, entry_milestone: [{id: survey_done}], exit_criteria: [{id: accepted}]}
          - {id: contract, exit_criteria: [{id: signed}]}
        decision_points:
          - {id: worth_it, after: offer, outcomes: [{id: go, to: contract}, {id: back, to: visit, max: 2}, {id: stop, to: lost}]}
    ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]
    invariants:
    """


def project(*invariants: str, effort: int = 100_000) -> dict[str, Answer]:
    return answers(PROJECT + "".join(f"  - {{{each}}}\n    " for each in invariants), effort=effort)


def test_the_answer_carries_name_title_and_place() -> None:
    found = project("id: signed_first, title: Signed first, before: signed, entering: won")["before[signed_first]"]
    assert (found.verdict, str(found.title), found.where) == ("proved", "Signed first", "example.yaml:17:10")


def test_what_stands_on_every_way_is_proved_without_a_search() -> None:
    found = project("id: i, before: [need_known, survey_done, accepted, signed], entering: won")["before[i]"]
    assert (found.verdict, found.steps, found.reason) == ("proved", 0, "it stands on every way there")


@pytest.mark.parametrize(
    ("invariant", "shape"),
    [
        ("before: need_known, entering: offer", True),
        ("before: accepted, entering: contract", True),
        ("before: survey_done, entering: contract", True),
        ("before: asked, entering: offer", False),  # it may be waived
        ("before: survey_done, entering: offer", False),  # a reopened case lands without it
        ("before: survey_done, entering: offer, without: [reopen]", True),
        ("before: need_known, entering: visit", False),
        ("before: need_known, entering: lost", False),  # ended by command
        ("never: met('signed')", False),
    ],
)
def test_the_shape_says_yes_only_where_it_is_sure(invariant: str, shape: bool) -> None:
    definition = read(PROJECT + f"  - {{id: i, {invariant}}}\n")
    process = Process(definition)
    assert holds_by_shape(process.tables, definition.invariants[0]) is shape
    if shape:
        without = prove(process, definition.invariants)[0]
        assert without.verdict == "proved"


@pytest.mark.parametrize(
    ("invariant", "verdict", "shape"),
    [
        ("never: \"ended('won') && !completed('selling', 'visit')\"", "proved", True),
        ("always: \"!ended('won') || completed('selling', 'contract')\"", "proved", True),
        ("always: \"completed('selling', 'visit')\", in: [offer, contract]", "proved", True),
        ("never: \"!completed('selling', 'visit') && reached('selling', 'offer')\"", "proved", True),
        ("never: \"stage('selling') == 'contract' && !completed('selling', 'offer')\"", "proved", True),
        ("never: \"!(completed('selling', 'visit') || !reached('selling', 'offer'))\"", "proved", True),
        ("never: \"ended('lost') && !completed('selling', 'visit')\"", "broken", False),  # ended by command
        ("always: \"completed('selling', 'offer')\", in: [offer, contract]", "broken", False),
        ("always: \"completed('selling', 'visit')\"", "broken", False),
        ("never: \"completed('selling', 'offer') && !completed('selling', 'visit')\"", "proved", False),  # by a search
        ("possible: \"completed('selling', 'contract') && budget > 0\"", "proved", False),
    ],
)
def test_what_is_completed_on_every_way(invariant: str, verdict: str, shape: bool) -> None:
    (found,) = project(f"id: i, {invariant}").values()
    assert (found.verdict, found.reason == "it stands on every way there") == (verdict, shape)


@pytest.mark.parametrize(
    "more",
    [
        "jumps: [{id: j, from: [visit], to: contract}]",
        "loops: [{id: l, from: [contract], to: offer}], jumps: [{id: j, from: all, to_any_later: true}]",
    ],
)
def test_a_jump_leads_past_what_is_completed(more: str) -> None:
    tracks = (
        "tracks: [{id: selling, stages: [{id: visit}, {id: offer, exit_criteria: [{id: accepted}]}, {id: contract, "
        f"exit_criteria: [{{id: signed}}]}}], {more}}}]\n"
    )
    ends = "ends: [{id: won, kind: won}]\n"
    (found,) = answers(
        tracks + ends + "invariants: [{id: i, never: \"ended('won') && !completed('selling', 'offer')\"}]\n"
    ).values()
    assert found.verdict == "broken"


@pytest.mark.parametrize("optional", [True, False])
def test_a_criterion_that_reads_what_is_completed_is_looked_at_when_a_stage_is_entered(optional: bool) -> None:
    text = f"""
    tracks:
      - id: delivery
        side: other
        stages: [{{id: packed}}, {{id: sent, exit_criteria: [{{id: checked}}]}}]
      - id: selling
        stages:
          - {{id: visit, exit_criteria: [{{id: ready, optional: {str(optional).lower()}, when: "completed('delivery', 'packed')"}}]}}
          - {{id: paid, exit_criteria: [{{id: money}}]}}
    ends: [{{id: won, kind: won}}]
    invariants: [{{id: i, before: ready, entering: paid, without: [hold, reopen]}}]
    """
    (found,) = answers(text).values()
    assert found.verdict == ("broken" if optional else "proved")


def test_a_broken_one_is_shown_by_its_shortest_journal() -> None:
    found = project("id: i, before: asked, entering: offer")["before[i]"]
    assert sorted(c.kind for c in found.journal[1:]) == ["meet", "meet", "waive"]
    assert found.reason == "`offer` is entered while `asked` is waived"
    case = played(Process(read(PROJECT + "  - {id: i, possible: budget > 0}\n")), found)
    assert case.position.stage == "offer"


def test_or_waived() -> None:
    found = project("id: i, before: asked, entering: offer, or_waived: true, without: [tick]")["before[i]"]
    assert [c.kind for c in found.journal][-1] != "waive"  # only a waiver that has expired breaks it now
    assert found.reason == "`offer` is entered while `asked` is owed"


@pytest.mark.parametrize(
    ("invariant", "verdict"),
    [
        ("never: \"stage('selling') == 'offer' && !met('need_known')\"", "broken"),
        ("never: \"stage('selling') == 'offer' && !met('need_known')\", without: [hold]", "proved"),
        ("always: met('need_known'), in: [offer, contract]", "broken"),
        ("always: met('need_known'), in: [offer, contract], without: [hold]", "proved"),
        ("before: survey_done, entering: offer", "broken"),
        ("before: survey_done, entering: offer, without: [reopen]", "proved"),
        ("never: taken('back') > 2", "proved"),
        ("never: taken('back') > 1", "broken"),
        ("possible: \"ended('won') && taken('back') == 2\"", "proved"),
        ("possible: \"ended('won') && !met('signed')\"", "broken"),
        ("from_everywhere: won", "proved"),
        ("from_everywhere: offer, without: [loop_back]", "proved"),
    ],
)
def test_holds_reopenings_and_counts(invariant: str, verdict: str) -> None:
    (found,) = project(f"id: i, {invariant}").values()
    assert found.verdict == verdict, found


def test_an_activity_that_blocks_freezes_a_case_like_a_hold() -> None:
    never = "id: i, never: \"stage('selling') == 'offer' && !met('need_known')\", without: [hold]"
    blocked = PROJECT.replace("    ends:", "    activities: [{id: survey, blocks: true, results: [done]}]\n    ends:")
    (found,) = answers(blocked + f"  - {{{never}}}\n").values()
    assert (found.verdict, [c.kind for c in found.journal][-2:]) == ("broken", ["begin", "retract"])
    (found,) = answers(blocked + f"  - {{{never.replace('[hold]', '[hold, begin]')}}}\n").values()
    assert found.verdict == "proved"


def test_effort_is_shared_and_what_is_beyond_it_is_undecided() -> None:
    one, other = project("id: a, never: taken('back') > 2", "id: b, possible: budget > price", effort=240).values()
    assert (one.verdict, other.verdict) == ("undecided", "proved")
    assert one.reason.startswith("the search was ended after ") and one.reason.endswith(" steps")


def test_the_same_effort_gives_the_same_answers() -> None:
    asked = ("id: a, never: taken('back') > 1", "id: b, before: asked, entering: won", "id: c, from_everywhere: won")
    assert project(*asked, effort=900) == project(*asked, effort=900)


def test_conditions_that_are_not_known_leave_it_undecided() -> None:
    text = (
        PROJECT.replace("price: {type", "name: {type: string}, price: {type") + "  - {id: i, never: size(name) < 0}\n"
    )
    (found,) = answers(text).values()
    assert found.verdict == "undecided"
    assert "`size(name) < 0` is more than comparisons" in found.reason


def test_questions_are_answered_in_their_order() -> None:
    process = Process(read(PROJECT + "  - {id: i, possible: budget > price}\n"))
    found = examine(process)
    assert [(answer.kind, answer.id) for answer in found] == list(questions(process.definition))
    assert {answer.verdict for answer in found} == {"proved"}
    assert [answer.name for answer in found][:3] == ["reaches[visit]", "reaches[offer]", "reaches[contract]"]


def test_a_process_that_is_only_observed_is_asked_nothing() -> None:
    observed = read("tracks: [{id: buying, side: buyer, position: observed, stages: [{id: need}, {id: budget}]}]\n")
    assert questions(observed) == ()
    assert examine(Process(observed)) == ()


def large(stages: int) -> str:
    """Many stages of five criteria, jumps over three of them, decisions that lead back: too much to try everything."""
    lines = ["tracks:", "  - id: selling", "    stages:"]
    for n in range(stages):
        criteria = ", ".join(f"{{id: c{n}_{k}, actor: buyer}}" for k in range(1, 5))
        lines.append(f"      - {{id: s{n}, entry_milestone: [{{id: c{n}_0}}], exit_criteria: [{criteria}]}}")
    lines.append("    decision_points:")
    for n in range(2, stages - 4, 6):
        lines.append(
            f"      - {{id: d{n}, after: s{n}, outcomes: [{{id: go, to: s{n + 1}}}, {{id: far, to: s{n + 3}}}, {{id: back, to: s{n - 2}, max: 2}}]}}"
        )
    lines.append(
        "    jumps: [" + ", ".join(f"{{id: j{n}, from: [s{n}], to: s{n + 4}}}" for n in range(4, stages - 4, 7)) + "]"
    )
    lines.append("ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]")
    return "\n".join(lines) + "\n"


def test_a_large_process_is_answered_where_it_can_be() -> None:
    last = 59
    found = answers(
        large(60)
        + f"""invariants:
  - {{id: shape, before: [c0_1, c{last}_1], entering: won}}
  - {{id: jumped, before: c5_1, entering: s{last}}}
  - {{id: can_be_won, possible: "ended('won')"}}
  - {{id: trapped, from_everywhere: won}}
""",
        effort=40_000,
    )
    assert {name: answer.verdict for name, answer in found.items()} == {
        "before[shape]": "proved",
        "before[jumped]": "broken",
        "possible[can_be_won]": "proved",
        "from_everywhere[trapped]": "undecided",
    }
    assert found["before[jumped]"].reason.endswith("; there may be a shorter journal")
    process = Process(read(large(60)))
    assert "c5_1" not in [c.subject for c in found["before[jumped]"].journal]
    assert played(process, found["possible[can_be_won]"]).ended == "won"


def test_completed_is_an_end_to_which_a_way_out_may_lead() -> None:
    definition = read("""
    tracks: [{id: selling, stages: [{id: visit}, {id: offer, exit_criteria: [{id: accepted}]}]}]
    ends: [{id: lost, kind: lost, by_command: true, from: [visit]}]
    """)
    (found,) = [answer for answer in examine(Process(definition)) if answer.kind == "way_out"]
    assert found.verdict == "proved"


def test_invariants_to_which_the_same_matters_share_a_search_that_goes_on_where_it_stopped() -> None:
    asked = ("id: a, never: taken('back') > 2", "id: b, always: taken('back') <= 2")
    (alone,) = project(asked[0]).values()
    assert alone.verdict == "proved"
    both = project(*asked, effort=2 * alone.steps).values()
    assert [(each.verdict, each.states, each.steps) for each in both] == 2 * [("proved", alone.states, alone.steps)]


def test_a_find_for_one_ends_the_search_for_that_one_only() -> None:
    one, other = project("id: a, never: taken('back') == 2", "id: b, never: taken('back') > 2").values()
    (alone,) = project("id: a, never: taken('back') == 2").values()
    assert (one.verdict, one.journal, other.verdict) == ("broken", alone.journal, "proved")
    assert one.states < other.states


NOT_TWICE = "never: \"stage('selling') == 'visit' && reached('selling', 'offer')\""
GUARDED = """
    facts: {budget: {type: number}}
    tracks: [{id: selling, stages: [{id: visit, exit_criteria: [{id: need_known}]}, {id: offer, exit_criteria: [{id: accepted}]}]}]
    """


@pytest.mark.parametrize(
    ("ends", "invariant", "matters"),
    [
        ("{id: lost, kind: lost, by_command: true, when: budget > 5}", "never: budget > 9 && budget < 5", True),
        ("{id: lost, kind: lost, by_command: true, when: budget > 5}", NOT_TWICE, True),
        ("{id: lost, kind: lost, by_command: true, when: budget > 5}", f"{NOT_TWICE}, without: [reopen]", False),
        ("{id: lost, kind: lost, by_command: true, when: budget > 5}, {id: off, kind: terminated, by_command: true}", NOT_TWICE, False),
    ],
)  # fmt: skip
def test_the_guard_of_an_end_is_left_out_where_it_cannot_matter(ends: str, invariant: str, matters: bool) -> None:
    definition = read(f"{GUARDED}ends: [{ends}]\n    invariants: [{{id: i, {invariant}}}]\n")
    tables = Process(definition).tables
    (asked,) = definition.invariants
    focus = focus_on(tables, question_of(tables, asked))
    assert bool(focus.kept or focus.asked) is matters
    (found,) = prove(Process(definition))
    assert found.verdict == "proved"
