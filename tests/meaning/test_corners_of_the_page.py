"""Corners of `docs/explanation/semantics.md` that no rule or decision names; the number is that of the section."""

from __future__ import annotations

import pytest
from tests.meaning.texts import codes, day, ids, opened, told

from stagegate import CommandError

CONDITIONS = """
    facts: {{a: {{type: boolean}}, n: {{type: integer}}}}
    roles: {{manager: {{side: seller}}}}
    tracks:
      - {{id: buying, side: buyer, position: observed, stages: [{{id: b1}}, {{id: b2}}]}}
      - id: selling
        stages:
          - {{id: s1, exit_criteria: [{{id: plain, waivable: [manager]}}, {{id: derived, when: a}}]}}
          - {{id: s2, exit_criteria: [{{id: e2}}]}}
      - id: watching
        side: other
        stages:
          - {{id: w1, exit_criteria: [{{id: looked_at, when: "{condition}"}}]}}
          - {{id: w2}}
    """


def looking(condition: str):
    return opened(CONDITIONS.format(condition=condition))


def test_s01_met_in_a_condition():
    deal = looking("met('plain')")
    assert deal.status("looked_at") == "unmet"
    deal.waive("plain", reason="small", role="manager")
    assert deal.status("looked_at") == "met"
    unknown = looking("met('derived')")
    assert unknown.status("looked_at") == "unknown"
    unknown.set_facts({"a": True})
    assert unknown.status("looked_at") == "met"


def test_s01_stage_and_reached_in_a_condition():
    deal = looking("stage('selling') == 's2'")
    assert deal.status("looked_at") == "unmet"
    deal.meet("plain")
    assert told(deal.set_facts({"a": True})) == ["completed s1", "entered s2", "completed w1", "entered w2"]
    observed = looking("reached('buying', 'b2')")
    assert observed.status("looked_at") == "unknown"
    observed.observe("b1", source="call")
    assert observed.status("looked_at") == "unmet"
    observed.observe("b2", source="call")
    assert observed.status("looked_at") == "met"


def test_s01_completed_in_a_condition():
    deal = looking("completed('selling', 's1')")
    deal.meet("plain")
    assert deal.status("looked_at") == "unmet"
    assert told(deal.set_facts({"a": True})) == ["completed s1", "entered s2", "completed w1", "entered w2"]
    assert told(deal.retract("plain")) == ["moved_back s1", "moved_back w1"]
    assert deal.status("looked_at") == "unmet"


COMPLETED = """
    tracks:
      - id: selling
        stages: [{id: s1}, {id: s2, optional: true}, {id: s3}, {id: s4}]
        jumps: [{id: j, from: [s1], to: s3}]
        loops: [{id: again, from: [s3, s4], to: s1}]
      - id: watching
        side: other
        stages:
          - id: w1
            exit_criteria: [{id: one, when: "completed('selling', 's1')"}, {id: two, when: "completed('selling', 's2')"}]
    """


def test_s01_completed_by_a_mark_until_a_loop_leads_back_over_it():
    deal = opened(COMPLETED)
    deal.complete("s1")
    assert (deal.status("one"), deal.status("two")) == ("met", "unmet")
    deal.skip("s2")
    assert (deal.position.stage, deal.status("two")) == ("s3", "unmet")
    deal.complete("s3")
    deal.loop_back("again")
    assert deal.status("one") == "unmet"


def test_s01_a_stage_left_by_a_jump_is_not_completed():
    deal = opened(COMPLETED)
    deal.complete("s1")
    assert deal.status("one") == "met"
    deal = opened(COMPLETED)
    deal.jump("j")
    assert deal.position.stage == "s3"
    assert (deal.status("one"), deal.status("two")) == ("unmet", "unmet")


def test_s01_unknown_and_false_is_false():
    deal = looking("a && n > 5")
    deal.set_facts({"a": False})
    assert deal.status("looked_at") == "unmet"
    deal.set_facts({"a": True})
    assert deal.status("looked_at") == "unknown"


def test_s01_documents_stay_when_a_criterion_is_retracted():
    deal = opened(
        "documents: {d: {}}\ntracks: [{id: t, stages: [{id: s, exit_criteria: [{id: e, evidence: [d]}, {id: f}]}]}]"
    )
    deal.meet("e", evidence={"d": "crm://1"})
    deal.retract("e")
    assert deal.status("e") == "unmet"
    deal.meet("e")
    assert deal.status("e") == "met"


def test_s01_an_appraisal_item_of_a_waived_criterion_is_not_met():
    deal = opened(
        """
        roles: {manager: {side: seller}}
        documents: {d: {}}
        tracks:
          - id: t
            stages: [{id: s, exit_criteria: [{id: e, waivable: [manager]}, {id: f}], appraisal: [{of: e, evidence: [d]}]}]
        """
    )
    deal.attach("appraise_e", evidence={"d": "crm://1"})
    deal.waive("e", reason="small", role="manager")
    assert (deal.status("appraise_e"), deal.credit()[0]) == ("unmet", 0)
    deal.meet("e")
    assert (deal.status("appraise_e"), deal.credit()[0]) == ("met", 1)


APPLIES = """
    facts: {export: {type: boolean}}
    tracks:
      - id: t
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: licence, applies_when: export, exit_criteria: [{id: licence_there}]}
          - {id: s3, exit_criteria: [{id: e3}]}
    """


def test_s02_a_stage_that_does_not_apply_is_passed_over():
    deal = opened(APPLIES)
    deal.set_facts({"export": False})
    deal.meet("e1")
    assert (deal.stands, deal.status("licence_there")) == ("s3, in progress", "skipped")
    assert told(deal.set_facts({"export": True})) == ["moved_back s1", "entered licence"]


def test_s02_a_stage_applies_while_that_is_unknown():
    deal = opened(APPLIES)
    deal.meet("e1")
    assert deal.stands == "licence, in progress"


def test_s02_when_the_last_stages_do_not_apply_the_case_ends():
    text = APPLIES.replace("{id: s3, exit", "{id: s3, applies_when: '!export', exit")
    deal = opened(text.replace("applies_when: export,", "optional: true,"))
    deal.set_facts({"export": True})
    deal.skip("licence")
    assert told(deal.meet("e1")) == ["completed s1", "ended completed"]


def test_s02_an_optional_stage_ahead_may_be_skipped_in_advance_but_not_one_behind():
    deal = opened(
        """
        tracks:
          - id: t
            stages:
              - {id: s1, exit_criteria: [{id: e1}]}
              - {id: s2, optional: true, exit_criteria: [{id: e2}]}
              - {id: s3, exit_criteria: [{id: e3}]}
        """
    )
    assert told(deal.skip("s2")) == ["skipped s2"]
    assert codes(deal.skip("s2")) == ["already_skipped"]
    assert codes(deal.skip("s3")) == ["not_optional"]
    assert told(deal.meet("e1")) == ["completed s1", "entered s3"]


MANUAL = """
    facts: {route: {type: enum, values: [north, south]}}
    tracks:
      - id: t
        advance: manual
        cycle: true
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2}
          - {id: s3, exit_criteria: []}
        decision_points:
          - id: way
            after: s1
            automatic: true
            outcomes: [{id: north, to: s2, when: route == 'north'}, {id: south, to: s3, when: route == 'south'}]
    """


def test_s02_manual_tracks_step_by_step():
    deal = opened(MANUAL)
    assert told(deal.advance()) == ["entered s1"]
    deal.meet("e1")
    assert told(deal.advance()) == ["completed s1"]
    assert deal.stands == "s1, completed; pending way"
    assert codes(deal.advance())[0] == "automatic"
    deal.set_facts({"route": "north"})
    assert told(deal.advance()) == ["decided way"]
    assert told(deal.advance()) == ["entered s2"]
    assert codes(deal.advance()) == ["needs_complete"]
    assert told(deal.complete("s2")) == ["completed s2"]
    assert told(deal.advance()) == ["entered s3"]
    assert told(deal.advance()) == ["completed s3"]
    assert told(deal.advance()) == ["new_round t"]
    assert (deal.stands, deal.position.round) == ("not started; pending s1", 2)


def test_s04_automatic_decisions_change_their_mind_at_most_once_in_a_command():
    deal = opened(
        """
        facts: {n: {type: integer}}
        tracks:
          - id: t
            stages: [{id: s1, exit_criteria: []}, {id: s2, exit_criteria: [{id: e2}]}]
            decision_points:
              - id: again
                after: s1
                automatic: true
                outcomes: [{id: once_more, to: s1, when: n > 5, max: 3}, {id: on, to: s2, otherwise: true}]
        """
    )
    for _ in range(2):
        assert told(deal.set_facts({"n": 9})) == ["decided again", "repeated again", "entered s1", "completed s1"]
    assert deal.stands == "s1, completed; pending again"
    assert told(deal.set_facts({"n": 1}))[0] == "decided again"
    assert deal.stands == "s2, in progress"


def test_s04_taken_counts_in_this_round():
    deal = opened(
        """
        tracks:
          - id: t
            stages: [{id: s1, exit_criteria: [{id: e1}]}, {id: s2}]
            decision_points:
              - id: d
                after: s1
                outcomes:
                  - {id: again, to: s1}
                  - {id: on, to: s2, when: "taken('d.again') >= 1"}
                  - {id: afresh, to: s1, new_round: true}
        """
    )
    deal.meet("e1")
    assert codes(deal.decide("d", "on")) == ["condition_false"]
    deal.decide("d", "again")
    deal.meet("e1")
    deal.decide("d", "afresh")
    deal.meet("e1")
    assert codes(deal.decide("d", "on")) == ["condition_false"]
    deal.decide("d", "again")
    deal.meet("e1")
    assert deal.decide("d", "on").accepted


JUMPED = """
    tracks:
      - id: t
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, exit_criteria: [{id: e2}]}
          - {id: s3, exit_criteria: [{id: e3}]}
          - {id: s4, exit_criteria: [{id: e4}]}
        jumps: [{id: far, from: [s1], to: s4, skipped: owed}]
        loops: [{id: to_s3, from: [s4], to: s3}, {id: to_s1, from: [s4], to: s1}]
    """


def test_s06_going_back_to_a_stage_that_was_jumped_over_shortens_the_jump():
    deal = opened(JUMPED)
    deal.jump("far")
    assert ids(deal.debts()) == ["e1", "e2", "e3"]
    assert told(deal.loop_back("to_s3")) == ["looped_back to_s3", "entered s3"]
    assert deal.stands == "s3, in progress"
    assert ids(deal.debts()) == ["e1", "e2"]
    assert deal.status("e3") == "unmet"
    assert told(deal.meet("e3")) == ["completed s3", "entered s4"]


def test_s06_going_back_to_the_origin_of_a_jump_undoes_it():
    deal = opened(JUMPED)
    deal.jump("far")
    deal.loop_back("to_s1")
    assert (deal.stands, deal.debts()) == ("s1, in progress", ())
    assert told(deal.meet("e1")) == ["completed s1", "entered s2"]


def test_s06_going_back_before_the_placing_of_a_case():
    text = JUMPED.replace("{id: to_s3, from: [s4], to: s3}", "{id: to_s3, from: [s4, s3], to: s2}")
    deal = opened(text, at_stage="s3", skipped="owed")
    assert ids(deal.debts()) == ["e1", "e2"]
    deal.loop_back("to_s3")
    assert (deal.stands, ids(deal.debts())) == ("s2, in progress", ["e1"])


def test_s06_a_cycle_begins_a_new_round_by_itself_once_in_a_command():
    deal = opened(
        "tracks: [{id: t, cycle: true, stages: [{id: s1, exit_criteria: [{id: e1, optional: true}]}, {id: s2, exit_criteria: [{id: e2}]}]}]"
    )
    assert deal.stands == "s2, in progress"
    assert told(deal.meet("e2")) == ["completed s2", "new_round t", "entered s1", "completed s1", "entered s2"]
    assert deal.status("e2") == "stale"


def test_s07_ending_by_command_after_a_win_leaves_the_chance_at_one():
    deal = opened(
        """
        tracks: [{id: t, stages: [{id: s1, exit_criteria: [{id: e1}], wins: won}, {id: s2, exit_criteria: [{id: e2}]}]}]
        ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]
        """
    )
    deal.meet("e1")
    deal.end("lost")
    assert (deal.won, deal.ended, deal.chance) == ("won", "lost", 1)
    deal.reopen("s1")
    assert (deal.won, deal.ended, deal.chance) == ("", "", None)


def test_s07_running_activities_end_with_the_case():
    deal = opened(
        """
        tracks: [{id: t, stages: [{id: s1, exit_criteria: [{id: e1}]}]}]
        activities: [{id: review, from: all, blocks: true}]
        ends: [{id: lost, kind: lost, by_command: true}]
        """
    )
    deal.begin("review")
    assert deal.end("lost").accepted
    deal.reopen("s1")
    assert codes(deal.finish("review")) == ["not_running"]


def test_s08_an_activity_from_all_may_begin_before_the_first_stage():
    deal = opened(
        "tracks: [{id: t, stages: [{id: s1, entry_milestone: [{id: m1}]}]}]\nactivities: [{id: review, from: all}]"
    )
    assert deal.stands == "not started; pending s1"
    assert deal.begin("review").accepted


def test_s08_an_outcome_that_holds_leaves_the_decision_to_be_taken():
    deal = opened(
        """
        tracks:
          - id: t
            stages: [{id: s1}, {id: s2}]
            decision_points: [{id: d, after: s1, outcomes: [{id: on, to: s2}, {id: later, hold: 10d}]}]
        """
    )
    step = deal.decide("d", "later", at=day(1))
    assert (told(step), step.events[1].data) == (["decided d", "held"], {"until": day(11)})
    assert codes(deal.decide("d", "on")) == ["on_hold"]
    deal.resume()
    assert deal.stands == "s1, in progress"
    assert told(deal.decide("d", "on")) == ["decided d", "completed s1", "entered s2"]


WAIVED = """
    roles: {manager: {side: seller}}
    tracks:
      - id: t
        stages:
          - {id: s1, exit_criteria: [{id: e1, waivable: [manager]}, {id: f1}]}
          - {id: s2, exit_criteria: [{id: e2, when: "met('e1')"}]}
          - {id: s3}
    """


def test_s09_a_refused_command_lets_no_waiver_expire():
    deal = opened(WAIVED)
    deal.waive("e1", reason="small", role="manager", until=day(5))
    assert codes(deal.retract("f1", at=day(6))) == ["not_met"]
    assert deal.status("e1") == "waived"
    assert told(deal.meet("f1", at=day(7))) == ["waiver_expired e1"]


def test_s09_the_gate_counts_a_lapsed_criterion_as_open_but_met_does_not():
    deal = opened(WAIVED)
    deal.waive("e1", reason="small", role="manager", until=day(5))
    assert told(deal.meet("f1")) == ["completed s1", "entered s2", "completed s2", "entered s3"]
    # The waiver ends: s1 stays crossed, s2 reads met('e1'), which an owed criterion does not satisfy.
    assert told(deal.tick(at=day(5))) == ["waiver_expired e1", "moved_back s2"]
    assert told(deal.waive("e1", reason="still small", role="manager")) == ["completed s2", "entered s3"]
    assert deal.debts() == ()


@pytest.mark.parametrize(("role", "accepted"), [("manager", True), ("", False)])
def test_s09_a_waiver_needs_the_role(role, accepted):
    assert opened(WAIVED).waive("e1", reason="small", role=role).accepted is accepted


def test_s14_the_order_of_events():
    deal = opened(
        """
        roles: {manager: {side: seller}}
        tracks:
          - {id: buying, side: buyer, position: observed, stages: [{id: b1}, {id: b2}]}
          - id: watching
            side: other
            stages: [{id: w1, exit_criteria: [{id: seen, when: "reached('selling', 's2')"}]}, {id: w2}]
          - id: selling
            stages:
              - {id: s1, pairs_with: b1, exit_criteria: [{id: e1}, {id: spare, optional: true, waivable: [manager]}], wins: won}
              - {id: s2, pairs_with: b2, exit_criteria: [{id: e2}]}
        ends: [{id: won, kind: won}]
        """
    )
    deal.observe("b2", source="call")
    deal.waive("spare", reason="small", role="manager", until=day(3))
    assert told(deal.meet("e1", at=day(4))) == [
        "waiver_expired spare",
        "completed s1",
        "won won",
        "entered s2",
        "completed w1",
        "entered w2",
        "gap_changed in_step",
    ]


TWO = """
    facts: {share: {type: number, minimum: 0, maximum: 1}}
    tracks:
      - id: t
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, entry_milestone: [{id: m2}], exit_criteria: [{id: e2}], optional: true}
          - {id: s3, entry_milestone: [{id: m3}]}
          - {id: s4}
    """


@pytest.mark.parametrize(("value", "found"), [(-0.1, ["fact_range"]), (0, []), (1, []), (1.1, ["fact_range"])])
def test_s01_facts_stay_within_their_bounds(value, found):
    step = opened(TWO).set_facts({"share": value})
    assert [r.code for r in step.reasons] == found


def test_s02_what_is_completed_is_neither_completed_nor_skipped_again():
    deal = opened(TWO)
    assert codes(deal.complete("s2")) == ["not_current"]
    deal.meet_all("e1", "m2", "e2")
    assert deal.stands == "s2, completed; pending s3"
    assert codes(deal.skip("s2")) == ["already_passed"]
    deal.meet("m3")
    assert codes(deal.skip("s2")) == ["already_passed"]
    deal.complete("s3")
    assert deal.stands == "s4, in progress"
    assert codes(deal.complete("s3")) == ["not_current"]


def test_s02_completing_twice_is_refused_by_its_own_reason():
    deal = opened(TWO.replace("- {id: s4}", "- {id: s4, entry_milestone: [{id: m4}]}"))
    deal.meet_all("e1", "m2", "e2", "m3")
    deal.complete("s3")
    assert codes(deal.complete("s3")) == ["already_completed"]


def test_s02_the_stage_the_case_is_in_may_be_skipped():
    deal = opened(TWO)
    deal.meet_all("e1", "m2", "m3")
    assert deal.stands == "s2, in progress"
    assert told(deal.skip("s2")) == ["skipped s2", "entered s3"]


def test_s02_broken_behind_are_only_the_gates_that_were_crossed():
    deal = opened(TWO.replace("- id: t", "- id: t\n        advance: manual"))
    deal.meet_all("e1", "m2")
    for _ in range(3):
        assert deal.advance().accepted
    assert deal.stands == "s2, in progress"
    deal.retract("m2")
    deal.retract("e1")
    # e2 is open as well, but nobody has crossed it.
    assert ids(deal.broken_behind()) == ["e1", "m2"]


def test_s03_the_exit_of_the_pending_stage_is_early_its_milestone_is_not():
    deal = opened(TWO.replace("{id: m2}", "{id: m2}, {id: n2}"))
    deal.meet_all("e1", "m2", "e2", "m3")
    assert deal.stands == "s1, completed; pending s2"
    assert ids(deal.early()) == ["e2", "m3"]


def test_s04_a_decision_remembered_on_a_manual_track_is_not_asked_twice_after_a_jump_to_it():
    deal = opened(
        """
        tracks:
          - id: t
            advance: manual
            stages: [{id: s1, exit_criteria: [{id: e1}]}, {id: s2, entry_milestone: [{id: m2}]}]
            decision_points: [{id: d, after: s1, outcomes: [{id: on, to: s2}, {id: no, to: lost}]}]
            jumps: [{id: ask, from: [s1], to: d}]
        ends: [{id: lost, kind: lost}]
        """
    )
    deal.advance()
    deal.jump("ask")
    assert deal.stands == "s1, left; pending d"
    deal.decide("d", "on")
    deal.jump("ask")
    assert deal.stands == "s1, left; pending s2"


def test_s12_a_case_is_not_opened_for_a_time_that_is_to_come():
    process = opened(TWO).process
    with pytest.raises(CommandError):
        process.open("ACME-48", at=day(1), happened=day(2))
    assert process.open("ACME-48", at=day(1), happened=day(0)).at == day(1)
