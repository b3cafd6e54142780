"""R30 to R44: decisions, jumps, loops, activities, entries, and how deals end."""

from __future__ import annotations

import pytest
from tests.meaning.texts import codes, ids, load, opened, rules, told

from stagegate import UnknownNameError

CYCLE = """
    tracks:
      - id: cycle
        stages:
          - {id: problem, exit_criteria: []}
          - {id: analysed, exit_criteria: [{id: causes_found}]}
          - {id: prioritised, entry_milestone: [{id: list_made}], exit_criteria: [{id: list_agreed}]}
          - {id: evaluated, entry_milestone: [{id: offer_seen}, {id: site_visited}], exit_criteria: [{id: fit_shown}]}
          - {id: chosen, exit_criteria: [{id: choice_made}]}
        decision_points:
          - id: d1
            after: analysed
            question: Is it to be solved?
            outcomes: [{id: solve, to: prioritised}, {id: leave_it, to: no_need}, {id: ask_the_board, to: board}]
          - id: board
            question: Does the board agree?
            outcomes: [{id: agrees, to: prioritised}, {id: refuses, to: no_need}]
          - id: d4
            after: chosen
            outcomes:
              - {id: close, to: bought}
              - {id: objection, to: evaluated, keep: [site_visited]}
              - {id: price_only, to: chosen, max: 2}
        jumps:
          - id: look_at_offers
            from: [analysed]
            to: evaluated
            probe: {id: willing_to_look, question: Would you look at an offer?}
          - {id: in_debt, from: [analysed], to: evaluated, skipped: owed}
          - {id: straight_to_d4, from: [analysed], to: d4}
        loops:
          - {id: think_again, from: [prioritised, evaluated], to: analysed, max: 1}
    ends: [{id: bought, kind: won}, {id: no_need, kind: terminated}]
    """


def analysed():
    deal = opened(CYCLE)
    deal.meet("causes_found")
    return deal


def evaluated():
    deal = analysed()
    deal.decide("d1", "solve")
    deal.meet_all("list_made", "list_agreed", "offer_seen", "site_visited")
    return deal


def chosen():
    deal = evaluated()
    deal.meet_all("fit_shown", "choice_made")
    return deal


# -- G. decisions, jumps, loops ----------------------------------------------------------------------------


def test_r30_a_decision_has_at_least_two_outcomes_with_targets():
    one = "tracks: [{id: t, stages: [{id: s1}, {id: s2}], decision_points: [{id: d, after: s1, outcomes: [{id: go, to: s2}]}]}]"
    assert rules(one)["too-few-outcomes"] == "error"
    none = one.replace("[{id: go, to: s2}]", "[{id: go, to: s2}, {id: no}]")
    assert rules(none)["missing-key"] == "error"


def test_r30_a_target_is_a_stage_a_decision_or_an_end():
    deal = analysed()
    assert deal.stands == "analysed, completed; pending d1"
    deal.decide("d1", "ask_the_board")
    assert deal.stands == "analysed, completed; pending board"
    deal.decide("board", "agrees")
    assert deal.stands == "analysed, completed; pending prioritised"
    other = analysed()
    other.decide("d1", "leave_it")
    assert other.ended == "no_need"


def test_r30_a_target_must_exist():
    assert "unknown-target" in rules(CYCLE.replace("to: no_need", "to: nirvana"))


def test_r31_a_jump_goes_forward_past_stages_and_decisions():
    deal = analysed()
    deal.jump("look_at_offers", answer="willing")
    assert deal.stands == "analysed, left; pending evaluated"
    assert "jump-not-forward" in rules(CYCLE.replace("from: [analysed], to: d4", "from: [chosen], to: analysed"))


def test_r31_a_jump_may_lead_to_a_decision():
    deal = analysed()
    deal.jump("straight_to_d4")
    assert deal.stands == "analysed, left; pending d4"
    assert told(deal.decide("d4", "close")) == ["decided d4", "ended bought"]


def test_r31_the_special_question_must_be_asked():
    deal = analysed()
    assert codes(deal.jump("look_at_offers")) == ["answer_required"]


def test_r31_not_willing_is_written_down_and_nothing_moves():
    deal = analysed()
    before = deal.position
    step = deal.jump("look_at_offers", answer="unwilling")
    assert told(step) == ["unwilling look_at_offers"]
    assert deal.position == before
    assert deal.journal[-1].command.args["answer"] == "unwilling"


def test_r32_a_loop_goes_back_to_an_earlier_stage_that_is_declared():
    deal = evaluated()
    assert told(deal.loop_back("think_again")) == ["looped_back think_again", "entered analysed"]
    assert "loop-not-backward" in rules(CYCLE.replace("to: analysed, max: 1", "to: chosen, max: 1"))


def test_r32_only_declared_targets_from_declared_origins():
    deal = chosen()
    assert codes(deal.loop_back("think_again")) == ["wrong_origin"]
    with pytest.raises(UnknownNameError):
        deal.loop_back("problem")


def test_r33_on_a_loop_back_the_items_become_stale_except_those_kept():
    deal = chosen()
    deal.decide("d4", "objection")
    assert deal.stands == "evaluated, in progress"
    statuses = deal.statuses()
    assert {k: statuses[k] for k in ("offer_seen", "fit_shown", "choice_made")} == dict.fromkeys(
        ("offer_seen", "fit_shown", "choice_made"), "stale"
    )
    assert statuses["site_visited"] == "met"
    assert statuses["list_agreed"] == "met"
    deal.meet_all("offer_seen", "fit_shown")
    assert deal.stands == "chosen, in progress"


def test_r33_stale_items_do_not_count_until_confirmed():
    deal = chosen()
    deal.decide("d4", "objection")
    assert ids(deal.missing()) == ["offer_seen", "fit_shown"]
    deal.meet("fit_shown")
    assert deal.stands == "evaluated, in progress"
    deal.meet("offer_seen")
    assert deal.status("offer_seen") == "met"


def test_r33_early_evidence_for_later_stages_stays_and_so_does_every_record():
    deal = evaluated()
    deal.meet("choice_made")
    length = deal.seq
    deal.loop_back("think_again")
    assert deal.status("choice_made") == "met"
    assert deal.seq == length + 1
    assert "entered evaluated" in told(deal.events())


def test_r34_what_a_jump_passes_over_is_skipped():
    deal = opened(CYCLE)
    deal.jump("look_at_offers", answer="willing")
    deal.meet_all("offer_seen", "site_visited")
    assert deal.stands == "evaluated, in progress"
    assert deal.explain().stages["cycle"]["prioritised"] == "skipped"
    assert [deal.status(c) for c in ("causes_found", "list_made", "list_agreed")] == ["skipped"] * 3
    assert deal.debts() == ()


def test_r34_or_owed():
    deal = opened(CYCLE)
    deal.jump("in_debt")
    assert ids(deal.debts()) == ["causes_found", "list_made", "list_agreed"]
    deal.meet("list_made")
    assert ids(deal.debts()) == ["causes_found", "list_agreed"]


def test_r35_a_stage_may_repeat_until_both_agree_up_to_a_maximum():
    deal = chosen()
    for visit in (2, 3):
        assert told(deal.decide("d4", "price_only"))[:2] == ["decided d4", "repeated d4"]
        assert (deal.stands, deal.position.visit) == ("chosen, in progress", visit)
        assert deal.status("choice_made") == "stale"
        deal.meet("choice_made")
    assert codes(deal.decide("d4", "price_only")) == ["max_reached"]
    assert deal.decide("d4", "close").accepted


def test_r35_a_repeatable_stage_needs_no_decision():
    deal = opened(
        "tracks: [{id: t, stages: [{id: revise, repeatable: {max: 1}, exit_criteria: [{id: a}, {id: b}]}, {id: s2}]}]"
    )
    deal.meet("a")
    assert told(deal.loop_back("revise")) == ["repeated revise", "entered revise"]
    assert deal.status("a") == "stale"
    assert codes(deal.loop_back("revise")) == ["max_reached"]


def test_r36_questions_that_make_tense_go_back_to_open_ones_and_forward_again():
    # A procedure is a process of its own.
    deal = opened(
        """
        facts: {tone: {type: enum, values: [friendly, tense]}}
        tracks:
          - id: questions
            stages:
              - {id: open_questions, exit_criteria: [{id: talks_freely, when: tone == 'friendly'}]}
              - {id: control_questions, exit_criteria: [{id: need_confirmed}]}
            loops: [{id: tense, from: [control_questions], to: open_questions, when: tone == 'tense'}]
        """
    )
    deal.set_facts({"tone": "friendly"})
    assert deal.stands == "control_questions, in progress"
    assert codes(deal.loop_back("tense")) == ["condition_false"]
    deal.set_facts({"tone": "tense"})
    # The gate is watched, so the case is back already.
    assert deal.stands == "open_questions, in progress"
    assert told(deal.set_facts({"tone": "friendly"})) == ["completed open_questions", "entered control_questions"]


def test_r36_the_same_by_an_explicit_loop():
    deal = opened(
        """
        tracks:
          - id: questions
            stages:
              - {id: open_questions, exit_criteria: [{id: talks_freely}]}
              - {id: control_questions, exit_criteria: [{id: need_confirmed}]}
            loops: [{id: tense, from: [control_questions], to: open_questions}]
        """
    )
    deal.meet("talks_freely")
    assert told(deal.loop_back("tense")) == ["looped_back tense", "entered open_questions"]
    assert told(deal.meet("talks_freely")) == ["completed open_questions", "entered control_questions"]


REPAIR = """
    tracks:
      - id: repair
        stages:
          - {id: survey, start: true, next: service_centre, exit_criteria: [{id: fault_reported}]}
          - {id: request, start: true, exit_criteria: [{id: repair_asked_for}]}
          - {id: service_centre, exit_criteria: [{id: deadline_fixed}]}
          - {id: repairing, exit_criteria: [{id: repaired}]}
          - {id: follow_up, exit_criteria: [{id: called_back}]}
          - {id: archive, exit_criteria: [{id: filed}]}
        decision_points:
          - id: quality
            after: follow_up
            outcomes: [{id: qualified, to: archive}, {id: not_qualified, to: repairing, max: 3}]
    """


def test_r37_not_qualified_goes_back_and_qualified_to_the_archive():
    deal = opened(REPAIR)
    deal.meet_all("fault_reported", "deadline_fixed", "repaired", "called_back")
    assert told(deal.decide("quality", "not_qualified")) == [
        "decided quality",
        "looped_back quality",
        "entered repairing",
    ]
    assert deal.position.visit == 2
    deal.meet_all("repaired", "called_back")
    deal.decide("quality", "qualified")
    assert deal.stands == "archive, in progress"


RING = """
    tracks:
      - id: ring
        cycle: true
        stages:
          - {id: plan, entry_milestone: [{id: goal_set}], exit_criteria: [{id: planned}]}
          - {id: act, exit_criteria: [{id: done}]}
    ends: [{id: stopped, kind: stopped, by_command: true}]
    """


def test_r38_the_last_stage_leads_to_the_first_as_a_new_round_with_fresh_items():
    deal = opened(RING)
    deal.meet_all("goal_set", "planned")
    assert told(deal.meet("done")) == ["completed act", "new_round ring"]
    assert deal.position.round == 2
    assert deal.stands == "not started; pending plan"
    assert set(deal.statuses().values()) == {"stale"}
    deal.meet("goal_set")
    assert (deal.stands, deal.position.visit) == ("plan, in progress", 2)


def test_r38_a_ring_is_no_dead_end():
    assert "no-way-out" not in rules(RING)


YEARLY = """
    tracks:
      - id: selling
        cycle: {to: delivery, forgets_win: true, basis: field}
        stages:
          - {id: visit, chance: 0.2, exit_criteria: [{id: asked}]}
          - {id: delivery, chance: 0.5, exit_criteria: [{id: delivered}], wins: renewed}
          - {id: review, chance: 0.9, exit_criteria: [{id: reviewed}]}
    ends: [{id: renewed, kind: won}, {id: gone, kind: lost, by_command: true}]
    """


def test_r38_a_cycle_may_close_at_another_stage_and_forget_the_win():
    deal = opened(YEARLY)
    deal.meet_all("asked", "delivered")
    assert (deal.won, deal.chance) == ("renewed", 1.0)
    assert told(deal.meet("reviewed")) == ["completed review", "new_round selling", "entered delivery"]
    assert (deal.won, deal.chance, deal.position.round) == ("", 0.5, 2)
    assert "won renewed" in told(deal.meet("delivered"))


def test_r38_without_forgets_win_a_case_stays_won_through_all_rounds():
    deal = opened(YEARLY.replace(" forgets_win: true,", ""))
    deal.meet_all("asked", "delivered", "reviewed")
    assert (deal.won, deal.chance, deal.stands) == ("renewed", 1.0, "delivery, in progress")
    assert "won renewed" not in told(deal.meet("delivered"))


def test_r38_a_manual_cycle_closes_there_too_when_told_to():
    deal = opened(YEARLY.replace("cycle:", "advance: manual\n        cycle:"))
    for criterion in ("", "asked", "", "delivered", "", "reviewed"):
        if criterion:
            deal.meet(criterion)
        deal.advance()
    assert told(deal.advance()) == ["new_round selling"]
    assert (deal.stands, deal.won) == ("not started; pending delivery", "")


WINNING = """
    tracks:
      - id: buying
        side: buyer
        stages: [{id: b1, exit_criteria: [{id: be1}]}, {id: b2, exit_criteria: [{id: be2}]}]
        decision_points: [{id: buys, after: b1, outcomes: [{id: on, to: b2}, {id: again, to: b1}]}]
      - id: selling
        stages:
          - {id: s1, chance: 0.1, exit_criteria: [{id: e1}]}
          - {id: s2, chance: 0.4, exit_criteria: [{id: e2}]}
          - {id: s3, chance: 0.8, exit_criteria: [{id: e3}]}
        decision_points:
          - id: signed
            after: s2
            outcomes:
              - {id: yes, to: s3, wins: order}
              - {id: more, to: s1, wins: order}
              - {id: anew, to: s2, new_round: true, forgets_win: true}
              - {id: both, to: s2, new_round: true, forgets_win: true, wins: order}
              - {id: no, to: lost}
    ends: [{id: order, kind: won}, {id: lost, kind: lost}]
    """


def at_signed():
    deal = opened(WINNING)
    deal.meet_all("e1", "e2")
    return deal


def test_r44_an_outcome_may_win_and_the_case_goes_on():
    deal = at_signed()
    assert told(deal.decide("signed", "yes")) == ["decided signed", "won order", "entered s3"]
    assert (deal.won, deal.chance, deal.ended) == ("order", 1.0, "")
    deal.retract("e2")
    assert deal.won == "order"
    deal.meet("e2")
    assert told(deal.meet("e3")) == ["completed s3", "ended order"]


def test_r44_a_win_that_is_latched_is_not_told_again():
    deal = at_signed()
    assert told(deal.decide("signed", "more")) == ["decided signed", "won order", "looped_back signed", "entered s1"]
    deal.meet_all("e1", "e2")
    assert told(deal.decide("signed", "more")) == ["decided signed", "looped_back signed", "entered s1"]


def test_r38_a_new_round_may_begin_at_any_stage_and_forget_the_win():
    deal = at_signed()
    deal.decide("signed", "more")
    deal.meet_all("e1", "e2")
    assert told(deal.decide("signed", "anew")) == ["decided signed", "new_round selling", "entered s2"]
    assert (deal.won, deal.chance, deal.position.round) == ("", 0.4, 2)
    assert deal.status("e1") == "stale"
    deal.meet("e2")
    assert told(deal.decide("signed", "both"))[:3] == ["decided signed", "won order", "new_round selling"]
    assert deal.won == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{id: no, to: lost}", "{id: no, to: lost, wins: order}"),
        ("{id: yes, to: s3, wins: order}", "{id: yes, to: s3, forgets_win: true}"),
        ("{id: on, to: b2}", "{id: on, to: b2, wins: order}"),
        ("{id: again, to: b1}", "{id: again, to: b1, new_round: true, forgets_win: true}"),
        ("side: buyer\n", "side: buyer\n        cycle: {forgets_win: true}\n"),
        ("{id: no, to: lost}", "{id: no, to: lost, new_round: true}"),
    ],
)
def test_r44_keys_of_wins_and_rounds_that_have_no_meaning_where_they_stand(old, new):
    assert "misplaced-key" not in rules(WINNING)
    assert old in WINNING
    assert "misplaced-key" in rules(WINNING.replace(old, new, 1))


OBJECTIONS = """
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, exit_criteria: [{id: e2}]}
          - {id: s3, exit_criteria: [{id: e3}]}
    activities:
      - {id: objection_handling, from: [s1, s2], results: [resolved, open]}
      - {id: self_cultivation, from: all, standing: true}
    """


@pytest.mark.parametrize("done", [(), ("e1",)])
def test_r39_an_activity_is_entered_from_any_listed_stage_and_returns_there(done):
    deal = opened(OBJECTIONS)
    deal.meet_all(*done)
    before = deal.position
    assert told(deal.begin("objection_handling")) == ["begun objection_handling"]
    assert deal.position == before
    assert told(deal.finish("objection_handling", result="resolved")) == ["finished objection_handling"]
    assert deal.position == before


def test_r39_an_activity_is_not_entered_from_elsewhere():
    deal = opened(OBJECTIONS)
    deal.meet_all("e1", "e2")
    assert codes(deal.begin("objection_handling")) == ["wrong_origin"]


def test_r40_two_starts_reach_the_same_stage():
    by_survey, by_request = opened(REPAIR), opened(REPAIR, start="request")
    by_survey.meet("fault_reported")
    by_request.meet("repair_asked_for")
    assert by_survey.stands == by_request.stands == "service_centre, in progress"
    assert by_request.explain().stages["repair"]["survey"] == "skipped"


# -- H. ends --------------------------------------------------------------------------------------------

ENDS = """
    facts: {fits: {type: boolean}}
    tracks:
      - id: selling
        stages:
          - {id: screen, exit_criteria: [{id: screened}]}
          - {id: propose, exit_criteria: [{id: proposed}]}
          - {id: sign, exit_criteria: [{id: signed}]}
        decision_points:
          - id: go
            after: screen
            question: Is there a chance of closing?
            outcomes: [{id: go, to: propose}, {id: no_go, to: no_chance}]
          - id: fit
            after: propose
            automatic: true
            outcomes: [{id: fits, to: sign, when: fits}, {id: does_not, to: misfit, when: "!fits"}]
    ends:
      - {id: won, kind: won}
      - {id: no_chance, kind: terminated}
      - {id: misfit, kind: terminated}
      - {id: lost, kind: lost, by_command: true, reasons: {use: loss}}
      - {id: given_up, kind: given_up, by_command: true}
      - {id: merged, kind: customer_merged, by_command: true}
    reason_trees:
      loss:
        reasons:
          - id: untouched
            reasons: [never_called, called_too_late]
          - price
    """


def test_r41_no_go_terminates():
    deal = opened(ENDS)
    deal.meet("screened")
    step = deal.decide("go", "no_go")
    assert told(step) == ["decided go", "ended no_chance"]
    assert step.events[-1].data["end_kind"] == "terminated"
    assert deal.chance == 0


def test_r41_a_solution_that_does_not_fit_ends_the_deal():
    deal = opened(ENDS)
    deal.meet("screened")
    deal.decide("go", "go")
    deal.meet("proposed")
    assert told(deal.set_facts({"fits": False})) == ["decided fit", "ended misfit"]


def test_r41_giving_up_is_a_command():
    deal = opened(ENDS)
    assert told(deal.end("given_up")) == ["ended given_up"]
    assert codes(opened(ENDS).end("won")) == ["not_by_command"]


def test_r42_ended_deals_accept_nothing_but_reopening():
    deal = opened(ENDS)
    deal.meet("screened")
    deal.decide("go", "go")
    deal.end("given_up")
    seq = deal.seq
    for step in (
        deal.meet("proposed"),
        deal.retract("screened"),
        deal.set_facts({"fits": True}),
        deal.decide("go", "no_go"),
        deal.hold(),
        deal.end("merged"),
    ):
        assert codes(step) == ["ended"]
    assert deal.seq == seq
    assert deal.next_due is None


def test_r42_reopening_is_explicit_and_at_a_named_stage():
    deal = opened(ENDS)
    assert codes(deal.reopen("screen")) == ["not_ended"]
    deal.meet("screened")
    deal.decide("go", "go")
    deal.end("given_up")
    assert codes(deal.reopen("sign")) == ["not_reached"]
    assert told(deal.reopen("propose")) == ["reopened propose", "entered propose"]
    assert (deal.ended, deal.stands) == ("", "propose, in progress")


def test_r43_ends_carry_a_kind_and_free_ones_too():
    kinds = {e.id: e.kind for e in load(ENDS).definition.ends}
    assert kinds == {
        "won": "won",
        "no_chance": "terminated",
        "misfit": "terminated",
        "lost": "lost",
        "given_up": "given_up",
        "merged": "customer_merged",
    }


def test_r43_the_reason_is_a_leaf_of_the_tree():
    deal = opened(ENDS)
    assert codes(deal.end("lost")) == ["reason_required"]
    assert codes(deal.end("lost", reason="untouched")) == ["unknown_reason"]
    assert codes(deal.end("lost", reason="weather")) == ["unknown_reason"]
    step = deal.end("lost", reason="called_too_late")
    assert step.events[-1].data == {"end_kind": "lost", "reason": "called_too_late"}
    assert deal.end_reason == "called_too_late"


SERVICE = """
    tracks:
      - id: selling
        stages:
          - {id: negotiate, exit_criteria: [{id: agreed}], chance: 0.6}
          - {id: close, exit_criteria: [{id: signed}], wins: won, chance: 0.8}
          - {id: follow_up, exit_criteria: [{id: satisfied}], chance: 0.9}
    ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]
    """


def test_r44_a_winning_stage_records_the_win_and_the_deal_goes_on():
    deal = opened(SERVICE)
    deal.meet("agreed")
    assert told(deal.meet("signed")) == ["completed close", "won won", "entered follow_up"]
    assert (deal.won, deal.ended, deal.chance) == ("won", "", 1)
    assert told(deal.meet("satisfied")) == ["completed follow_up", "ended won"]
    assert codes(deal.meet("satisfied")) == ["ended"]
