"""What of a process was seen: by stages, gates, moves, ends, and both sides of criteria and conditions."""

from __future__ import annotations

import pytest
from tests.meaning.texts import DAY, START, load

from stagegate.engine import commands as c
from stagegate.verify.coverage import Count, Coverage, Thing

SMALL = """\
facts: {budget: {type: number, minimum: 0}}
tracks:
  - id: selling
    stages:
      - {id: visit, exit_criteria: [{id: budget_known, when: budget > 10}, {id: asked_for}]}
      - {id: bid, entry_milestone: [{id: written}], exit_criteria: [{id: signed}]}
    decision_points:
      - id: worth_it
        after: visit
        outcomes: [{id: go, to: bid, when: budget > 100}, {id: no_go, to: lost}]
    loops: [{id: rework, from: [bid], to: visit}]
ends: [{id: won, kind: won}, {id: lost, kind: lost}]
"""


def names(coverage: Coverage, *, seen: bool) -> set[str]:
    return {str(thing) for thing in coverage.things if coverage.seen(thing) is seen}


def journal(*told):
    return [c.open_case(START), *(command(START + n * DAY) for n, command in enumerate(told, start=1))]


def facts(budget):
    return lambda at: c.set_facts({"budget": budget}, at)


def meet(criterion):
    return lambda at: c.meet(criterion, at)


def decide(outcome):
    return lambda at: c.decide("worth_it", outcome, at)


TO_THE_DECISION = (facts(50), meet("asked_for"))


@pytest.fixture
def coverage() -> Coverage:
    return Coverage(load(SMALL).tables)


def test_all_there_is_to_see(coverage):
    assert [str(thing) for thing in coverage.things] == [
        "stage visit", "stage bid",
        "gate visit.exit_criteria", "gate bid.entry_milestone", "gate bid.exit_criteria",
        "outcome worth_it.go", "outcome worth_it.no_go", "loop rework", "end won", "end lost",
        "criterion asked_for met", "criterion asked_for not met",
        "criterion written met", "criterion written not met",
        "criterion signed met", "criterion signed not met",
        "condition budget_known true", "condition budget_known false",
        "condition worth_it.go true", "condition worth_it.go false",
    ]  # fmt: skip


def test_nothing_is_seen_at_first(coverage):
    assert coverage.never() == coverage.things
    assert [(n.kind, n.seen, n.total) for n in coverage.counts()] == [
        ("stage", 0, 2), ("gate", 0, 3), ("outcome", 0, 2), ("loop", 0, 1), ("end", 0, 2), ("criterion", 0, 3),
        ("condition", 0, 2),
    ]  # fmt: skip


def test_the_opening_shows_the_first_stage_and_what_is_not_met(coverage):
    coverage.see_all(journal())
    assert names(coverage, seen=True) == {
        "stage visit", "criterion asked_for not met", "criterion written not met", "criterion signed not met",
    }  # fmt: skip


def test_unknown_is_neither_side(coverage):
    coverage.see_all(journal())
    assert {"condition budget_known true", "condition budget_known false"} <= names(coverage, seen=False)
    coverage.see_all(journal(facts(5)))
    assert "condition budget_known false" in names(coverage, seen=True)
    coverage.see_all(journal(facts(50)))
    assert "condition budget_known true" in names(coverage, seen=True)


def test_the_condition_of_an_outcome_is_seen_when_it_is_tried(coverage):
    coverage.see_all(journal(*TO_THE_DECISION))
    assert {"condition worth_it.go true", "condition worth_it.go false"} <= names(coverage, seen=False)
    coverage.see_all(journal(*TO_THE_DECISION, decide("go")))
    assert "condition worth_it.go false" in names(coverage, seen=True)
    assert "outcome worth_it.go" in names(coverage, seen=False)
    coverage.see_all(journal(*TO_THE_DECISION, facts(500), decide("go")))
    assert {"condition worth_it.go true", "outcome worth_it.go"} <= names(coverage, seen=True)


def test_gates_moves_and_ends(coverage):
    way = (facts(500), meet("asked_for"), decide("go"), meet("written"))
    coverage.see_all(journal(*way, lambda at: c.loop_back("rework", at)))
    coverage.see_all(journal(*way, meet("signed")))
    assert {str(thing) for thing in coverage.never()} == {
        "outcome worth_it.no_go", "end lost", "condition budget_known false", "condition worth_it.go false",
    }  # fmt: skip
    assert Count("criterion", 3, 3) in coverage.counts()
    assert Count("condition", 0, 2) in coverage.counts()


def test_a_refused_command_shows_nothing_else(coverage):
    coverage.see_all(journal(decide("no_go")))
    other = Coverage(load(SMALL).tables)
    other.see_all(journal())
    assert coverage.never() == other.never()


def test_what_several_runs_saw_is_put_together(coverage):
    other = Coverage(load(SMALL).tables)
    coverage.see_all(journal(facts(5)))
    other.see_all(journal(*TO_THE_DECISION, decide("no_go")))
    coverage.merge(other)
    assert {"condition budget_known false", "end lost", "outcome worth_it.no_go"} <= names(coverage, seen=True)


def test_it_is_written_and_read(coverage):
    coverage.see_all(journal(*TO_THE_DECISION, decide("no_go")))
    other = Coverage(load(SMALL).tables)
    other.read(coverage.written())
    assert other.never() == coverage.never()
    assert other.written() == coverage.written()


@pytest.mark.parametrize("text", ["", "no number", "-1", "f" * 99])
def test_what_was_written_for_another_is_refused(coverage, text):
    with pytest.raises(ValueError):
        coverage.read(text)


AUTOMATIC = """\
facts: {amount: {type: integer}}
tracks:
  - id: selling
    stages: [{id: visit, exit_criteria: [{id: told}]}, {id: talk, exit_criteria: []}, {id: bid}]
    decision_points:
      - id: size
        after: visit
        automatic: true
        outcomes: [{id: big, to: bid, when: amount > 10}, {id: small, to: talk, when: amount <= 10}]
"""


def test_both_outcomes_of_an_automatic_decision_are_looked_at_when_one_is_taken():
    coverage = Coverage(load(AUTOMATIC).tables)
    coverage.see_all(journal(meet("told"), lambda at: c.set_facts({"amount": 50}, at)))
    assert {"outcome size.big", "condition size.big true", "condition size.small false"} <= names(coverage, seen=True)
    assert {"outcome size.small", "condition size.big false"} <= names(coverage, seen=False)


def test_stages_of_an_observed_track_are_seen_when_observed():
    text = """\
tracks:
  - {id: buying, side: buyer, position: observed, stages: [{id: need}, {id: choice}]}
  - {id: selling, stages: [{id: visit, exit_criteria: [{id: told}]}]}
"""
    coverage = Coverage(load(text).tables)
    coverage.see_all(journal(lambda at: c.observe("choice", at, source="a talk")))
    assert coverage.seen(Thing("stage", "choice"))
    assert not coverage.seen(Thing("stage", "need"))
