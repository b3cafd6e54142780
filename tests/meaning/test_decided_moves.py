"""D6 to D12: what was decided about moves: decisions, jumps, going back, waivers, holds, ends, activities."""

from __future__ import annotations

import pytest
from tests.meaning.texts import check, codes, day, ids, load, opened, rules, told

from stagegate import CommandError, UnknownNameError
from stagegate.engine.identity import flow_of_end

# -- 6. decision points -----------------------------------------------------------------------------------

KINDS = """
    facts: {budget: {type: number}}
    roles: {manager: {side: seller}}
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, exit_criteria: [{id: e2}]}
          - {id: s3, exit_criteria: [{id: e3}]}
          - {id: s4, exit_criteria: [{id: e4}]}
        decision_points:
          - id: d
            after: s2
            outcomes:
              - {id: on, to: s3}
              - {id: further, to: s4, skipped: owed}
              - {id: same, to: s2}
              - {id: first, to: s1}
              - {id: afresh, to: s1, new_round: true}
              - {id: out, to: lost}
              - {id: later, hold: 90d}
              - {id: some_day, hold: true}
              - {id: other, to: d2}
              - {id: guarded, to: s3, when: budget > 100, requires: [e3, e4], roles: [manager], max: 1}
          - id: d2
            outcomes: [{id: yes_go, to: s3}, {id: no_go, to: lost}]
    ends: [{id: won, kind: won}, {id: lost, kind: lost}]
    """


def asked():
    deal = opened(KINDS)
    deal.meet_all("e1", "e2")
    assert deal.stands == "s2, completed; pending d"
    return deal


def test_d06_the_kind_of_an_outcome_follows_from_its_target():
    decision = next(d for d in load(KINDS).definition.decision_points() if d.id == "d")
    assert {o.id: o.kind for o in decision.outcomes} == {
        "on": "advance",
        "further": "jump",
        "same": "repeat",
        "first": "loop_back",
        "afresh": "new_round",
        "out": "end",
        "later": "hold",
        "some_day": "hold",
        "other": "advance",
        "guarded": "advance",
    }


@pytest.mark.parametrize(
    ("outcome", "events"),
    [
        ("on", ["decided d", "entered s3"]),
        ("further", ["decided d", "entered s4"]),
        ("same", ["decided d", "repeated d", "entered s2"]),
        ("first", ["decided d", "looped_back d", "entered s1"]),
        ("afresh", ["decided d", "new_round selling", "entered s1"]),
        ("out", ["decided d", "ended lost"]),
        ("later", ["decided d", "held"]),
        ("other", ["decided d"]),
    ],
)
def test_d06_what_each_kind_does(outcome, events):
    assert told(asked().decide("d", outcome)) == events


def test_d06_an_outcome_past_stages_skips_them_or_leaves_a_debt():
    deal = asked()
    deal.decide("d", "further")
    assert (deal.status("e3"), ids(deal.debts())) == ("owed", ["e3"])


def test_d06_a_decision_point_may_be_reached_as_a_target_only():
    deal = asked()
    assert codes(deal.decide("d2", "yes_go")) == ["not_asked"]
    deal.decide("d", "other")
    assert deal.stands == "s2, completed; pending d2"
    assert told(deal.decide("d2", "yes_go")) == ["decided d2", "entered s3"]


def test_d06_an_outcome_is_refused_with_every_reason():
    deal = asked()
    assert codes(deal.decide("d", "guarded")) == [
        "condition_unknown", "criterion_open", "criterion_open", "role_not_allowed",
    ]  # fmt: skip
    deal.set_facts({"budget": 10})
    deal.meet("e3")
    assert codes(deal.decide("d", "guarded", role="manager")) == ["condition_false", "criterion_open"]
    deal.set_facts({"budget": 200})
    deal.meet("e4")
    assert deal.decide("d", "guarded", role="manager").accepted


def test_d06_max_counts_how_often_an_outcome_was_taken():
    text = KINDS.replace("{id: same, to: s2}", "{id: same, to: s2, max: 2}")
    deal = opened(text)
    deal.meet_all("e1", "e2")
    for _ in range(2):
        assert deal.decide("d", "same").accepted
        deal.meet("e2")
    assert codes(deal.decide("d", "same")) == ["max_reached"]
    deal.decide("d", "afresh")
    deal.meet_all("e1", "e2")
    assert deal.decide("d", "same").accepted


def test_d06_after_a_hold_the_decision_is_asked_again():
    deal = asked()
    deal.decide("d", "later", at=day(1))
    assert deal.next_due == day(91)
    deal.resume()
    assert deal.stands == "s2, completed; pending d"
    assert told(deal.decide("d", "on")) == ["decided d", "entered s3"]


AUTOMATIC = """
    facts: {{amount: {{type: number}}, urgent: {{type: boolean}}}}
    tracks:
      - id: selling
        stages:
          - {{id: s1, exit_criteria: [{{id: e1}}]}}
          - {{id: s2, exit_criteria: [{{id: e2}}]}}
          - {{id: s3, exit_criteria: [{{id: e3}}]}}
        decision_points:
          - id: route
            after: s1
            automatic: true
            outcomes:
              - {{id: small, to: s2, when: amount < 1000}}
              - {{id: fast, to: s3, when: urgent}}
              {third}
    ends: [{{id: lost, kind: lost}}]
    """


def automatic(third: str = "", **facts):
    deal = opened(AUTOMATIC.format(third=third))
    deal.meet("e1")
    if facts:
        deal.set_facts(facts)
    return deal


def test_d06_automatic_is_taken_when_one_is_allowed_and_every_other_definitely_not():
    assert automatic(amount=10, urgent=False).stands == "s2, in progress"
    assert automatic(amount=5000, urgent=True).stands == "s3, in progress"


@pytest.mark.parametrize(
    "facts", [{}, {"amount": 10}, {"amount": 10, "urgent": True}, {"amount": 5000, "urgent": False}]
)
def test_d06_automatic_waits_while_something_is_unknown_or_two_are_allowed_or_none(facts):
    deal = automatic(**facts)
    assert deal.stands == "s1, completed; pending route"


def test_d06_an_automatic_decision_that_waits_says_why():
    actions = automatic(amount=10).next_actions()
    (waiting,) = [a for a in actions if a.kind == "await"]
    assert waiting.subject == "route"
    assert {(r.code, r.subject) for r in waiting.reasons} >= {
        ("automatic", "route"),
        ("condition_unknown", "route.fast"),
    }
    assert [a.subject for a in actions if a.kind == "give_fact"] == ["urgent"]


def test_d06_an_automatic_decision_is_never_taken_by_command():
    assert codes(automatic().decide("route", "small")) == ["automatic"]


@pytest.mark.parametrize(
    ("facts", "stands"),
    [
        ({"amount": 5000, "urgent": False}, ""),
        ({"amount": 10, "urgent": False}, "s2, in progress"),
        ({"amount": 5000}, "s1, completed; pending route"),
    ],
)
def test_d06_otherwise_is_allowed_when_all_others_are_definitely_false(facts, stands):
    deal = automatic("- {id: neither, to: lost, otherwise: true}", **facts)
    if stands:
        assert deal.stands == stands
    else:
        assert deal.ended == "lost"


# -- 7. jumps -----------------------------------------------------------------------------------------------

JUMPS = """
    facts: {budget: {type: number}}
    tracks:
      - id: selling
        stages:
          - {id: s1, entry_milestone: [{id: m1}], exit_criteria: [{id: e1}]}
          - {id: s2, entry_milestone: [{id: m2}], exit_criteria: [{id: e2}, {id: nice, optional: true}]}
          - {id: s3, entry_milestone: [{id: m3}], exit_criteria: [{id: e3}]}
          - {id: s4, exit_criteria: [{id: paid_up, when: "met('e2')"}]}
        decision_points:
          - {id: d2, after: s2, outcomes: [{id: on, to: s3}, {id: no, to: lost}]}
        jumps:
          - {id: dropping, from: [s1], to: s3, probe: {id: willing, question: Would you?}, when: budget > 100, max: 1}
          - {id: owing, from: [s1], to: s3, skipped: owed}
          - {id: anywhere, from: all, to_any_later: true}
    ends: [{id: lost, kind: lost}]
    """


def test_d07_unwilling_is_journalled_its_guard_is_not_asked_and_nothing_moves():
    deal = opened(JUMPS)
    deal.meet("m1")
    assert told(deal.jump("dropping", answer="unwilling")) == ["unwilling dropping"]
    assert deal.stands == "s1, in progress"
    assert codes(deal.jump("dropping", answer="willing")) == ["condition_unknown"]
    deal.set_facts({"budget": 500})
    assert told(deal.jump("dropping", answer="willing")) == ["jumped dropping"]


def test_d07_the_open_exit_of_the_origin_and_everything_between_are_dropped():
    deal = opened(JUMPS)
    deal.meet_all("m1", "m2")
    deal.set_facts({"budget": 500})
    deal.jump("dropping", answer="willing")
    assert [deal.status(c) for c in ("m1", "e1", "m2", "e2", "m3")] == ["met", "skipped", "met", "skipped", "unmet"]
    deal.meet("m3")
    assert deal.stands == "s3, in progress"
    assert codes(deal.decide("d2", "no")) == ["not_asked"]


def test_d07_or_owed_and_listed_until_met():
    deal = opened(JUMPS)
    deal.meet("m1")
    deal.jump("owing")
    assert ids(deal.debts()) == ["e1", "m2", "e2"]
    assert deal.status("nice") == "skipped"
    deal.meet_all("e1", "m2")
    assert ids(deal.debts()) == ["e2"]
    deal.meet("e2")
    assert deal.debts() == ()


def test_d07_a_later_gate_may_name_a_debt_which_an_owed_one_does_not_satisfy():
    deal = opened(JUMPS)
    deal.meet("m1")
    deal.jump("owing")
    deal.meet_all("m3", "e3")
    assert deal.stands == "s4, in progress"
    assert ids(deal.missing()) == ["paid_up"]
    assert told(deal.meet("e2")) == ["completed s4", "ended completed"]


def test_d07_any_later_target_must_be_named_and_lie_ahead():
    deal = opened(JUMPS)
    deal.meet("m1")
    assert codes(deal.jump("anywhere")) == ["target_required"]
    assert codes(deal.jump("anywhere", to="s1")) == ["not_ahead"]
    assert told(deal.jump("anywhere", to="d2")) == ["jumped anywhere"]
    assert deal.stands == "s1, left; pending d2"


def test_d07_a_jump_has_declared_origins():
    deal = opened(JUMPS)
    assert codes(deal.jump("owing")) == ["wrong_origin"]


# -- 8. loop-back, repeat, new round, reopening -------------------------------------------------------------

BACK = """
    facts: {budget: {type: number}, terms: {type: string}}
    roles: {manager: {side: seller}}
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, exit_criteria: [{id: e2}, {id: rich, when: budget > 100}, {id: excused, waivable: [manager]}]}
          - {id: s3, optional: true, entry_milestone: [{id: m3}]}
          - {id: s4, exit_criteria: [{id: e4}, {id: latched, when: budget > 100, once: true}]}
          - {id: s5, exit_criteria: [{id: e5}, {id: soon}]}
        decision_points:
          - id: d4
            after: s4
            outcomes:
              - {id: on, to: s5}
              - {id: afresh, to: s1, new_round: true}
              - {id: lost, to: lost}
        loops:
          - {id: back, from: [s4, s5], to: s2}
          - {id: back_keeping, from: [s4, s5], to: s2, keep: [e2, rich, excused], max: 1}
    ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]
    """


def in_s5():
    deal = opened(BACK)
    deal.set_facts({"budget": 200})
    deal.meet_all("e1", "e2")
    deal.waive("excused", reason="small", role="manager")
    deal.meet("m3")
    deal.complete("s3")
    deal.meet("e4")
    deal.decide("d4", "on")
    assert deal.stands == "s5, in progress"
    return deal


def test_d08_a_loop_back_clears_from_target_to_origin():
    deal = in_s5()
    deal.meet("soon")
    assert told(deal.loop_back("back")) == ["looped_back back", "entered s2"]
    assert deal.statuses() == {
        "e1": "met",
        "e2": "stale",  # recorded: to be reported again
        "rich": "stale",  # derived: until a fact it reads is given again
        "excused": "unmet",  # the waiver has ended
        "m3": "stale",
        "e4": "stale",
        "latched": "stale",
        "e5": "unmet",
        "soon": "stale",
    }


def test_d08_marks_decisions_and_skips_end_too():
    deal = in_s5()
    deal.loop_back("back")
    deal.set_facts({"budget": 200})
    deal.waive("excused", reason="small", role="manager")
    deal.meet("e2")
    deal.meet("m3")
    assert deal.stands == "s3, in progress"
    deal.complete("s3")
    deal.meet("e4")
    assert deal.stands == "s4, completed; pending d4"


def test_d08_a_derived_criterion_is_confirmed_by_the_same_value_given_again():
    deal = in_s5()
    deal.loop_back("back")
    deal.set_facts({"terms": "net 30"})
    assert deal.status("rich") == "stale"
    deal.set_facts({"budget": 200})
    assert (deal.status("rich"), deal.status("latched")) == ("met", "met")


def test_d08_forgetting_a_fact_confirms_nothing():
    deal = in_s5()
    deal.loop_back("back")
    deal.set_facts({"budget": None})
    assert deal.status("rich") == "stale"


def test_d08_keep_names_what_stays():
    deal = in_s5()
    deal.loop_back("back_keeping")
    assert [deal.status(c) for c in ("e2", "rich", "excused", "m3")] == ["met", "met", "waived", "stale"]
    # So the walk goes on through s2 at once.
    assert deal.stands == "s2, completed; pending s3"


def test_d08_max_refuses_the_next():
    deal = in_s5()
    deal.loop_back("back_keeping")
    deal.meet("m3")
    deal.complete("s3")
    assert codes(deal.loop_back("back_keeping")) == ["max_reached"]
    assert deal.loop_back("back").accepted


def test_d08_early_evidence_for_later_stages_stays():
    deal = opened(BACK)
    deal.set_facts({"budget": 200})
    deal.meet_all("e1", "e2", "soon")
    deal.waive("excused", reason="small", role="manager")
    deal.meet("m3")
    deal.complete("s3")
    deal.loop_back("back")
    assert (deal.status("soon"), deal.status("e4")) == ("met", "unmet")


def test_d08_each_starts_a_new_visit():
    deal = in_s5()
    step = deal.loop_back("back")
    assert step.events[-1].data["visit"] == 2
    assert (deal.position.visit, deal.position.round) == (2, 1)


def test_d08_a_new_round_covers_all_stages_and_raises_the_round():
    deal = in_s5()
    deal.retract("e4")
    deal.meet("soon")
    deal.loop_back("back")
    deal.set_facts({"budget": 200})
    deal.waive("excused", reason="small", role="manager")
    deal.meet_all("e2", "m3")
    deal.complete("s3")
    deal.meet("e4")
    step = deal.decide("d4", "afresh")
    assert told(step) == ["decided d4", "new_round selling", "entered s1"]
    assert step.events[1].data["round"] == 2
    assert deal.position.round == 2
    assert set(deal.statuses().values()) == {"stale", "unmet"}
    assert [c for c, s in deal.statuses().items() if s == "unmet"] == ["excused", "e5"]


def test_d08_a_skipped_stage_is_there_again_after_a_loop_back():
    deal = opened(BACK)
    deal.set_facts({"budget": 200})
    deal.meet_all("e1", "e2")
    deal.waive("excused", reason="small", role="manager")
    assert told(deal.skip("s3")) == ["skipped s3", "entered s4"]
    assert deal.status("m3") == "skipped"
    deal.loop_back("back")
    assert deal.status("m3") == "unmet"


def test_d08_reopening_clears_to_the_named_stage():
    deal = in_s5()
    deal.end("lost")
    assert told(deal.reopen("s4")) == ["reopened s4", "entered s4"]
    assert (deal.status("e2"), deal.status("e4")) == ("met", "stale")
    assert deal.position.visit == 2


# -- 9. waivers ---------------------------------------------------------------------------------------------

WAIVERS = """
    facts: {ready: {type: boolean}}
    roles: {manager: {side: seller}, salesperson: {side: seller}}
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}, {id: references, waivable: [manager]}, {id: fit, when: ready, waivable: [manager]}]}
          - {id: s2, exit_criteria: [{id: e2}]}
        loops: [{id: back, from: [s2], to: s1}]
    """


def test_d09_only_where_declared_by_the_roles_with_a_reason():
    deal = opened(WAIVERS)
    assert codes(deal.waive("e1", reason="hurry", role="manager")) == ["not_waivable"]
    assert codes(deal.waive("references", role="salesperson")) == ["role_not_allowed", "reason_required"]
    assert codes(deal.waive("references", reason="new market", role="manager", until=day(-1))) == ["until_passed"]
    assert deal.waive("references", reason="new market", role="manager").accepted
    assert deal.status("references") == "waived"


def test_d09_a_derived_criterion_may_be_waived_and_the_waiver_taken_back():
    deal = opened(WAIVERS)
    deal.waive("fit", reason="known customer", role="manager")
    assert deal.status("fit") == "waived"
    assert deal.retract("fit").accepted
    assert deal.status("fit") == "unknown"


def test_d09_expired_before_the_gate_is_crossed_it_is_unmet_again():
    deal = opened(WAIVERS)
    deal.waive("references", reason="new market", role="manager", until=day(10), at=day(1))
    assert deal.next_due == day(10)
    step = deal.meet("e1", at=day(10))
    assert told(step) == ["waiver_expired references"]
    assert step.events[0].data["owed"] is False
    assert deal.status("references") == "unmet"


def test_d09_expired_after_the_gate_was_crossed_it_is_owed_and_the_case_stays():
    deal = opened(WAIVERS)
    deal.meet("e1")
    deal.set_facts({"ready": True})
    deal.waive("references", reason="new market", role="manager", until=day(10), at=day(1))
    assert deal.stands == "s2, in progress"
    step = deal.tick(at=day(12))
    assert told(step) == ["waiver_expired references"]
    assert step.events[0].data["owed"] is True
    assert (deal.stands, deal.status("references"), ids(deal.debts())) == ("s2, in progress", "owed", ["references"])
    deal.meet("references")
    assert deal.debts() == ()


def test_d09_a_case_that_moves_back_over_an_expired_waiver_comes_forward_again():
    deal = opened(WAIVERS)
    deal.meet("e1")
    deal.set_facts({"ready": True})
    deal.waive("references", reason="new market", role="manager", until=day(10), at=day(1))
    deal.tick(at=day(12))
    deal.retract("e1")
    assert told(deal.meet("e1")) == ["completed s1", "entered s2"]


def test_d09_a_loop_back_ends_the_debt():
    deal = opened(WAIVERS)
    deal.meet("e1")
    deal.set_facts({"ready": True})
    deal.waive("references", reason="new market", role="manager", until=day(10), at=day(1))
    deal.tick(at=day(12))
    deal.loop_back("back")
    assert (deal.status("references"), deal.debts()) == ("unmet", ())


# -- 10. hold and resume ------------------------------------------------------------------------------------

HOLD = """
    facts: {budget: {type: number}}
    tracks:
      - {id: buying, side: buyer, position: observed, stages: [{id: b1}, {id: b2}]}
      - id: selling
        stages:
          - {id: s1, pairs_with: b1, time_limit: 10d, exit_criteria: [{id: e1, actor: buyer}], prohibitions: [{id: pushed}]}
          - {id: s2, pairs_with: b2, exit_criteria: [{id: e2, actor: buyer}]}
          - {id: s3, optional: true}
        jumps: [{id: ahead, from: all, to: s3}]
    activities: [{id: review, from: all}]
    ends: [{id: given_up, kind: given_up, by_command: true}]
    """


def test_d10_position_is_frozen_and_evidence_is_kept():
    deal = opened(HOLD)
    assert told(deal.hold()) == ["held"]
    assert deal.on_hold
    assert told(deal.meet("e1")) == []
    assert deal.stands == "s1, in progress"
    assert deal.status("e1") == "met"
    assert told(deal.resume()) == ["resumed", "completed s1", "entered s2"]


def test_d10_moves_are_refused():
    deal = opened(HOLD)
    deal.hold()
    for step in (deal.jump("ahead"), deal.skip("s3"), deal.complete("s1"), deal.advance(), deal.hold()):
        assert "on_hold" in codes(step)


def test_d10_evidence_observation_activities_and_giving_up_are_not():
    deal = opened(HOLD)
    deal.hold()
    assert deal.set_facts({"budget": 5}).accepted
    assert deal.breach("pushed").accepted
    assert deal.begin("review").accepted
    assert deal.finish("review").accepted
    assert told(deal.observe("b2", source="call")) == ["observed b2", "gap_changed behind"]
    assert told(deal.end("given_up")) == ["ended given_up"]


def test_d10_a_date_only_reminds():
    deal = opened(HOLD)
    deal.hold(until=day(30))
    assert deal.next_due == day(30)
    assert told(deal.tick(at=day(29))) == []
    assert told(deal.tick(at=day(31))) == ["reminder"]
    assert told(deal.tick(at=day(32))) == []
    assert deal.on_hold


def test_d10_the_clocks_are_paused():
    deal = opened(HOLD)
    deal.hold(at=day(4))
    assert deal.next_due is None
    deal.resume(at=day(34))
    assert deal.next_due == day(40)
    assert told(deal.tick(at=day(39))) == []
    assert told(deal.tick(at=day(40))) == ["overdue s1"]


def test_d10_only_what_is_held_is_resumed():
    assert codes(opened(HOLD).resume()) == ["not_on_hold"]


# -- 11. ends -----------------------------------------------------------------------------------------------

ENDS = """
    tracks:
      - id: buying
        side: buyer
        stages: [{id: b1, exit_criteria: [{id: be1}]}, {id: b2, exit_criteria: [{id: be2}]}]
        decision_points:
          - {id: buyer_goes_on, after: b1, outcomes: [{id: on, to: b2}, {id: leaves, to: gone}]}
      - id: selling
        side: seller
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, exit_criteria: [{id: e2}], completes: won}
        decision_points:
          - {id: go, after: s1, outcomes: [{id: go, to: s2}, {id: no, to: lost}, {id: straight, to: won}]}
    reason_trees: {why: {reasons: [{id: price, reasons: [too_high, too_late]}, rival]}}
    ends:
      - {id: won, kind: won}
      - {id: gone, kind: terminated}
      - {id: lost, kind: lost, by_command: true, reasons: {use: why}}
    """


def test_d11_a_won_end_is_reached_by_completing_a_stage_or_by_an_outcome():
    by_stage, by_outcome = opened(ENDS), opened(ENDS)
    for deal in (by_stage, by_outcome):
        deal.meet("e1")
    by_stage.decide("go", "go")
    assert told(by_stage.meet("e2")) == ["completed s2", "ended won"]
    assert told(by_outcome.decide("go", "straight")) == ["decided go", "ended won"]
    assert (by_stage.won, by_outcome.won) == ("won", "won")
    assert codes(opened(ENDS).end("won")) == ["not_by_command"]


def test_d11_where_reasons_are_declared_a_leaf_is_required_also_by_an_outcome():
    deal = opened(ENDS)
    deal.meet("e1")
    assert codes(deal.decide("go", "no")) == ["reason_required"]
    assert codes(deal.decide("go", "no", reason="price")) == ["unknown_reason"]
    assert told(deal.decide("go", "no", reason="too_late")) == ["decided go", "ended lost"]
    assert deal.end_reason == "too_late"


def test_d11_only_the_sellers_track_ends_the_case():
    deal = opened(ENDS)
    deal.meet("be1")
    assert told(deal.decide("buyer_goes_on", "leaves")) == ["decided buyer_goes_on"]
    assert deal.ended == ""
    assert deal.stands_on("buying") == "b1, completed; pending gone"
    other = opened(ENDS)
    other.meet("be1")
    other.decide("buyer_goes_on", "on")
    other.meet("be2")
    assert (other.stands_on("buying"), other.ended) == ("b2, completed", "")


def test_d11_ended_cases_accept_nothing_but_reopening_at_a_named_stage():
    deal = opened(ENDS)
    deal.end("lost", reason="rival")
    for step in (deal.meet("e1"), deal.end("lost", reason="rival"), deal.resume()):
        assert codes(step) == ["ended"]
    assert told(deal.tick(at=day(100))) == []
    with pytest.raises(UnknownNameError):
        deal.reopen("b1")
    assert told(deal.reopen("s1")) == ["reopened s1", "entered s1"]


GUARDED_ENDS = """
    facts: {budget: {type: number}}
    roles: {manager: {}}
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, exit_criteria: [{id: e2}, {id: tried, optional: true}]}
    ends:
      - {id: won, kind: won}
      - id: stopped
        kind: stopped
        by_command: true
        from: [s2]
        when: budget < 10
        requires: [tried]
        roles: [manager]
        reasons: [dear]
    """


def test_d11_an_end_by_command_is_guarded_like_a_jump():
    deal = opened(GUARDED_ENDS)
    assert codes(deal.end("stopped")) == [
        "wrong_origin", "condition_unknown", "criterion_open", "role_not_allowed", "reason_required"
    ]  # fmt: skip
    deal.meet("e1")
    deal.set_facts({"budget": 10})
    assert codes(deal.end("stopped", role="manager", reason="dear")) == ["condition_false", "criterion_open"]
    deal.set_facts({"budget": 9})
    deal.meet("tried")
    assert told(deal.end("stopped", role="manager", reason="dear")) == ["ended stopped"]


def test_d11_a_guarded_end_is_told_among_the_next_actions_where_it_may_be_brought_about():
    deal = opened(GUARDED_ENDS)
    assert not [a for a in deal.next_actions() if a.kind == "end"]
    deal.meet("e1")
    action = next(a for a in deal.next_actions() if a.kind == "end")
    assert (action.subject, action.allowed) == ("stopped", False)
    assert [r.code for r in action.reasons][:2] == ["condition_unknown", "criterion_open"]
    deal.set_facts({"budget": 1})
    deal.meet("tried")
    assert next(a.allowed for a in deal.next_actions() if a.kind == "end")
    deal.hold()
    assert next(a.allowed for a in deal.next_actions() if a.kind == "end")


def test_d11_a_guard_has_no_meaning_on_an_end_that_no_command_brings_about():
    assert rules(GUARDED_ENDS.replace("by_command: true", "by_command: false")) == {"misplaced-key": "error"}
    other = GUARDED_ENDS.replace(
        "- id: selling", "- {id: buying, side: buyer, position: observed, stages: [{id: b1}]}\n      - id: selling"
    )
    found = [f for f in check(other.replace("from: [s2]", "from: [b1]")).findings if f.rule == "misplaced-key"]
    assert [f.message for f in found] == ["`from` names `b1`, which is no stage of the track that ends the case"]


def test_d11_digests_of_ends_without_a_guard_are_as_before():
    definition = load(ENDS).definition
    assert [flow_of_end(e) for e in definition.ends][1] == ["gone", "terminated", False, None]


# -- 12. activities, sub-procedures, prohibitions -------------------------------------------------------------

AROUND = """
    documents: {proof: {}}
    tracks:
      - id: selling
        stages:
          - id: s1
            exit_criteria: [{id: e1}, {id: visited}, {id: visit_report, evidence: [proof]}]
            procedures: [{process: decision-point-buying-cycle, on_end: {bought: [visited, visit_report], no_need: []}}]
            prohibitions: [{id: pushed}]
            time_limit: 5d
          - {id: s2, exit_criteria: [{id: e2}]}
          - {id: s3}
    activities:
      - {id: gap_review, from: [s1], blocks: true, results: [catch_up, give_up]}
      - {id: objection, from: [s1, s2]}
      - {id: courtesy, from: all, standing: true}
    """


def test_d12_an_activity_begins_and_finishes_with_a_result():
    deal = opened(AROUND)
    assert codes(deal.finish("gap_review", result="catch_up")) == ["not_running"]
    assert told(deal.begin("gap_review")) == ["begun gap_review"]
    assert codes(deal.begin("gap_review")) == ["already_running"]
    assert codes(deal.finish("gap_review")) == ["result_required"]
    with pytest.raises(UnknownNameError):
        deal.finish("gap_review", result="shrug")
    step = deal.finish("gap_review", result="catch_up")
    assert (told(step), step.events[0].data) == (["finished gap_review"], {"result": "catch_up"})


def test_d12_one_that_blocks_closes_the_gates_meanwhile_and_the_clocks_go_on():
    deal = opened(AROUND)
    deal.begin("gap_review")
    deal.meet_all("e1", "visited")
    assert told(deal.meet("visit_report", evidence={"proof": "crm://1"})) == []
    assert codes(deal.complete("s1")) == ["blocked"]
    assert deal.next_due == day(5)
    assert told(deal.finish("gap_review", result="catch_up")) == ["finished gap_review", "completed s1", "entered s2"]


def test_d12_one_that_does_not_block_changes_nothing():
    deal = opened(AROUND)
    deal.begin("objection")
    deal.meet_all("e1", "visited")
    deal.meet("visit_report", evidence={"proof": "crm://1"})
    assert deal.stands == "s2, in progress"
    assert told(deal.finish("objection")) == ["finished objection"]


def test_d12_standing_conduct_is_never_begun():
    assert codes(opened(AROUND).begin("courtesy")) == ["standing"]


def test_d12_the_end_of_a_sub_procedure_is_reported_and_meets_criteria():
    deal = opened(AROUND)
    deal.attach("visit_report", evidence={"proof": "crm://1"})
    deal.meet("e1")
    step = deal.report("decision-point-buying-cycle", "bought")
    assert told(step) == ["reported decision-point-buying-cycle", "completed s1", "entered s2"]
    assert step.events[0].data == {"end": "bought"}


SHARED = """
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}], procedures: [{process: question-types, on_end: {asked: [e1]}}]}
          - {id: s2, exit_criteria: [{id: e2}], procedures: [{process: question-types, on_end: {asked: [e2]}}]}
          - {id: s3, exit_criteria: [{id: e3}]}
    activities: [{id: objection, procedures: [{process: question-types, on_end: {asked: [e3]}}]}]
    """


def test_d12_a_report_may_say_for_which_stage_or_activity():
    deal = opened(SHARED)
    step = deal.report("question-types", "asked", stage="s1")
    assert told(step) == ["reported question-types", "completed s1", "entered s2"]
    assert step.events[0].data == {"end": "asked", "stage": "s1"}
    deal.report("question-types", "asked", stage="objection")
    assert (deal.status("e2"), deal.status("e3")) == ("unmet", "met")
    every = opened(SHARED)
    every.report("question-types", "asked")
    assert [every.status(c) for c in ("e1", "e2", "e3")] == ["met"] * 3


def test_d12_a_report_for_a_stage_without_the_sub_procedure_is_a_mistake():
    deal = opened(SHARED)
    with pytest.raises(
        CommandError, match=r"`s3` \(.*:9:14\) has no sub-procedure `question-types`: `s1`, `s2`, `objection` have it"
    ):
        deal.report("question-types", "asked", stage="s3")
    with pytest.raises(UnknownNameError, match="did you mean `s1`"):
        deal.report("question-types", "asked", stage="s11")


def test_d12_an_end_that_meets_nothing_is_reported_all_the_same():
    deal = opened(AROUND)
    assert told(deal.report("decision-point-buying-cycle", "no_need")) == ["reported decision-point-buying-cycle"]
    assert deal.status("visited") == "unmet"


def test_d12_recursion_is_a_finding():
    text = "tracks: [{id: t, stages: [{id: s, procedures: [{process: example}]}]}]"
    assert rules(text)["recursive-procedure"] == "error"


def test_d12_prohibitions_are_declared_by_stage():
    deal = opened(AROUND)
    assert told(deal.breach("pushed")) == ["breached pushed"]
    with pytest.raises(UnknownNameError):
        deal.breach("shouted")


def test_d07_a_jump_to_any_later_place_is_no_next_action_where_nothing_lies_ahead():
    deal = opened("""
        tracks:
          - id: selling
            stages:
              - {id: visit, exit_criteria: [{id: budget_known}]}
              - {id: offer, exit_criteria: [{id: offer_written}]}
            jumps: [{id: ahead, from: all, to_any_later: true}]
        """)
    assert "ahead" in [action.subject for action in deal.next_actions()]
    deal.meet("budget_known")
    assert "ahead" not in [action.subject for action in deal.next_actions()]
