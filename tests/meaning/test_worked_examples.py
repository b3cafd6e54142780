"""W1 to W10: the worked examples of the rules, with the positions, chances and gaps of their tables."""

from __future__ import annotations

import pytest
from tests.meaning.texts import Deal, codes, day, ids, opened, told

# Eight selling stages beside eight buying ones; stage k has the milestone mk and the exit criterion ek, but for those
# that the examples name. The chances are the ladder of the examples.
EIGHT = """
    gap: {guidance: {ahead: Help the buyer to move.}}
    tracks:
      - id: buying
        side: buyer
        position: observed
        stages: [{id: b1}, {id: b2}, {id: b3}, {id: b4}, {id: b5}, {id: b6}, {id: b7}, {id: b8}]
      - id: selling
        stages:
          - {id: s1, pairs_with: b1, chance: 0.10, entry_milestone: [{id: m1}], exit_criteria: [{id: e1, actor: buyer}]}
          - {id: s2, pairs_with: b2, chance: 0.20, entry_milestone: [{id: m2}],
             exit_criteria: [{id: visit_made}, {id: prelim_solution_requested, actor: buyer}]}
          - {id: s3, pairs_with: b3, chance: 0.25, entry_milestone: [{id: m3}], exit_criteria: [{id: e3, actor: buyer}]}
          - {id: s4, pairs_with: b4, chance: 0.30, entry_milestone: [{id: m4}],
             exit_criteria: [{id: exchange_held}, {id: formal_design_requested, actor: buyer}]}
          - {id: s5, pairs_with: b5, chance: 0.40,
             entry_milestone: [{id: needs_analysis_done}, {id: formal_solution_designed}],
             exit_criteria: [{id: formal_solution_submitted}, {id: formal_solution_approved, actor: buyer}]}
          - {id: s6, pairs_with: b6, chance: 0.50, entry_milestone: [{id: m6}], exit_criteria: [{id: e6, actor: buyer}]}
          - {id: s7, pairs_with: b7, chance: 0.65, entry_milestone: [{id: m7}], exit_criteria: [{id: e7, actor: buyer}]}
          - {id: s8, pairs_with: b8, chance: 0.80, entry_milestone: [{id: m8}], exit_criteria: [{id: e8, actor: buyer}]}
    ends: [{id: won, kind: won}, {id: given_up, kind: given_up, by_command: true}]
    """
UP_TO = (
    ("m1", "e1"),
    ("m2", "visit_made", "prelim_solution_requested"),
    ("m3", "e3"),
    ("m4", "exchange_held", "formal_design_requested"),
)


def completed(stages: int) -> Deal:
    """A deal that has completed so many stages."""
    deal = opened(EIGHT)
    for items in UP_TO[:stages]:
        deal.meet_all(*items)
    return deal


@pytest.mark.parametrize(
    ("done", "position", "chance", "missing"),
    [
        ((), "s4, completed; pending s5", 0.30, ["needs_analysis_done", "formal_solution_designed"]),
        (("needs_analysis_done",), "s4, completed; pending s5", 0.30, ["formal_solution_designed"]),
        (
            ("needs_analysis_done", "formal_solution_designed"),
            "s5, in progress",
            0.40,
            ["formal_solution_submitted", "formal_solution_approved"],
        ),
        (
            ("needs_analysis_done", "formal_solution_designed", "formal_solution_submitted"),
            "s5, in progress",
            0.40,
            ["formal_solution_approved"],
        ),
        (
            (
                "needs_analysis_done",
                "formal_solution_designed",
                "formal_solution_submitted",
                "formal_solution_approved",
            ),
            "s5, completed; pending s6",
            0.40,
            ["m6"],
        ),
    ],
)
def test_w01_all_of_the_milestone(done, position, chance, missing):
    deal = completed(4)
    deal.meet_all(*done)
    assert deal.stands == position
    assert deal.chance == chance
    assert ids(deal.missing()) == missing


def test_w02_time_passing_or_the_buyers_request_alone_does_not_move_the_deal():
    deal = completed(3)
    deal.meet_all("m4", "exchange_held")
    assert deal.stands == "s4, in progress"
    deal.meet("formal_design_requested")
    assert (deal.stands, deal.chance) == ("s4, completed; pending s5", 0.30)
    # Weeks later neither the analysis nor the design is done.
    assert told(deal.tick(at=day(60))) == []
    assert (deal.stands, deal.chance) == ("s4, completed; pending s5", 0.30)


def test_w03_gap_of_two_and_what_would_close_it():
    deal = completed(1)
    deal.meet_all("m2", "visit_made")
    deal.observe("b4", source="draft criteria seen")
    assert deal.stands == "s2, in progress"
    assert (deal.gap.gap, deal.gap.state) == (2, "behind")
    assert ids(deal.gap.closing) == ["prelim_solution_requested", "m3", "e3", "m4"]
    assert deal.gap.responses == ("catch_up", "give_up")


def test_w03_management_may_give_up():
    deal = completed(1)
    deal.meet("m2")
    deal.observe("b4", source="draft criteria seen")
    deal.end("given_up")
    assert deal.ended == "given_up"
    assert deal.gap.state == ""


def test_w03_in_step():
    deal = completed(3)
    deal.meet("m4")
    deal.observe("b4", source="draft criteria seen")
    assert (deal.gap.gap, deal.gap.state) == (0, "in_step")


def test_w03_ahead():
    deal = completed(2)
    deal.meet("m3")
    deal.observe("b1", source="call")
    assert (deal.gap.gap, deal.gap.state) == (-2, "ahead")


CYCLE = """
    tracks:
      - id: cycle
        side: buyer
        position: earned
        stages:
          - {id: problem_discovered}
          - {id: problem_analysed}
          - {id: priorities_set, exit_criteria: [{id: order_agreed}]}
          - {id: seller_evaluated}
          - {id: solution_evaluated, exit_criteria: [{id: demonstrated}, {id: references_checked}], chance: 0.5}
          - {id: seller_chosen, exit_criteria: [{id: chosen}], chance: 0.8}
        decision_points:
          - {id: d1, after: problem_analysed, outcomes: [{id: solve, to: priorities_set}, {id: leave_it, to: no_need}]}
          - {id: d2, after: priorities_set, outcomes: [{id: act, to: seller_evaluated}, {id: drop, to: no_need}]}
          - {id: d4, after: seller_chosen, outcomes: [{id: close, to: bought}, {id: fit_objection, to: solution_evaluated}]}
        jumps:
          - id: look_at_sellers
            from: [problem_analysed]
            to: seller_evaluated
            probe:
              id: willing_to_look
              question: If it could be solved this month, would you look at a supplier?
    ends: [{id: bought, kind: won}, {id: no_need, kind: terminated}]
    """


def test_w04_jump_when_willing():
    deal = opened(CYCLE)
    deal.complete("problem_discovered")
    step = deal.jump("look_at_sellers", answer="willing")
    assert told(step) == ["jumped look_at_sellers", "entered seller_evaluated"]
    assert deal.stands == "seller_evaluated, in progress"
    assert deal.explain().stages["cycle"]["priorities_set"] == "skipped"
    assert deal.status("order_agreed") == "skipped"
    # Neither decision on the way was taken, and neither is asked any more.
    assert "decided d1" not in told(deal.events())
    assert codes(deal.decide("d1", "solve")) == ["not_asked"]
    assert codes(deal.decide("d2", "act")) == ["not_asked"]


def test_w04_stay_when_not_willing():
    deal = opened(CYCLE)
    deal.complete("problem_discovered")
    deal.jump("look_at_sellers", answer="unwilling")
    assert deal.stands == "problem_analysed, in progress"
    assert deal.status("order_agreed") == "unmet"


def test_w05_loop_back():
    deal = opened(CYCLE)
    deal.complete("problem_discovered")
    deal.jump("look_at_sellers", answer="willing")
    deal.complete("seller_evaluated")
    deal.meet_all("demonstrated", "references_checked", "chosen")
    assert (deal.stands, deal.chance) == ("seller_chosen, completed; pending d4", 0.8)
    deal.decide("d4", "fit_objection")
    assert (deal.stands, deal.chance) == ("solution_evaluated, in progress", 0.5)
    assert [deal.status(c) for c in ("demonstrated", "references_checked", "chosen")] == ["stale"] * 3
    visits = [e.data["visit"] for e in deal.events() if e.kind == "entered" and e.subject == "solution_evaluated"]
    assert visits == [1, 2]


def test_w06_no_go():
    deal = opened(
        """
        tracks:
          - id: development
            stages: [{id: screening, exit_criteria: [{id: judged}]}, {id: contact, exit_criteria: [{id: met_in_person}]}]
            decision_points:
              - id: go
                after: screening
                question: Is there a chance?
                outcomes: [{id: chance, to: contact}, {id: no_chance, to: terminated}]
        ends: [{id: terminated, kind: terminated}]
        """
    )
    deal.meet("judged")
    deal.decide("go", "no_chance")
    assert (deal.ended, deal.chance) == ("terminated", 0)
    assert codes(deal.meet("met_in_person")) == ["ended"]
    assert deal.status("met_in_person") == "unmet"


APPRAISED = """
    documents: {{customer_opinion_form: {{}}}}
    tracks:
      - id: selling
        stages:
          - id: preliminary_solution
            exit_criteria: [{{id: handler_approves, actor: buyer{evidence}}}]
            appraisal: [{{of: handler_approves, evidence: [customer_opinion_form]}}]
          - {{id: demonstration}}
    """


def test_w07_evidence_of_an_appraisal_item():
    deal = opened(APPRAISED.format(evidence=""))
    deal.meet("handler_approves")
    assert deal.credit()[0] == 0
    assert deal.stands == "demonstration, in progress"
    deal.attach("handler_approves", evidence={"customer_opinion_form": "crm://forms/1"})
    assert deal.credit()[0] == 1
    assert deal.stands == "demonstration, in progress"


def test_w07_the_position_is_affected_where_the_item_itself_asks_for_the_document():
    deal = opened(APPRAISED.format(evidence=", evidence: [customer_opinion_form]"))
    deal.meet("handler_approves")
    assert (deal.credit()[0], deal.stands) == (0, "preliminary_solution, in progress")
    deal.attach("handler_approves", evidence={"customer_opinion_form": "crm://forms/1"})
    assert (deal.credit()[0], deal.stands) == (1, "demonstration, in progress")


REPAIR = """
    tracks:
      - id: repair
        stages:
          - {id: survey, start: true, next: service_centre, exit_criteria: [{id: fault_found}]}
          - {id: request, start: true, exit_criteria: [{id: repair_requested}]}
          - {id: service_centre, exit_criteria: [{id: accepted}]}
          - {id: deadline, exit_criteria: [{id: deadline_confirmed}]}
          - {id: repairing, exit_criteria: [{id: repaired}]}
          - {id: record, exit_criteria: [{id: recorded}]}
          - {id: follow_up, exit_criteria: [{id: visited_again}]}
          - {id: archive, exit_criteria: [{id: filed}], completes: archived}
        decision_points:
          - {id: quality, after: follow_up, outcomes: [{id: qualified, to: archive}, {id: not_qualified, to: repairing}]}
    ends: [{id: archived, kind: closed}]
    """


@pytest.mark.parametrize(("start", "first"), [("survey", "fault_found"), ("request", "repair_requested")])
def test_w08_repair(start, first):
    deal = opened(REPAIR, start=start)
    deal.meet_all(first, "accepted", "deadline_confirmed", "repaired", "recorded", "visited_again")
    deal.decide("quality", "not_qualified")
    assert (deal.stands, deal.position.visit) == ("repairing, in progress", 2)
    deal.meet_all("repaired", "recorded", "visited_again")
    deal.decide("quality", "qualified")
    assert told(deal.meet("filed")) == ["completed archive", "ended archived"]


def test_w09_evidence_retracted():
    deal = completed(2)
    deal.meet("m3")
    assert (deal.stands, deal.chance) == ("s3, in progress", 0.25)
    step = deal.retract("prelim_solution_requested", by="handler")
    assert told(step) == ["moved_back s2"]
    assert (deal.stands, deal.chance) == ("s2, in progress", 0.20)


def test_w10_pending_versus_gap():
    deal = completed(4)
    deal.observe("b5", source="invitation to tender")
    assert deal.stands == "s4, completed; pending s5"
    assert (deal.gap.gap, deal.gap.state) == (1, "behind")
    assert ids(deal.gap.closing) == ["needs_analysis_done", "formal_solution_designed"]
