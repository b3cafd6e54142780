"""D1 to D5: what was decided about positions beyond the rules: statuses, evidence, the walk, gates and guards, no exit."""

from __future__ import annotations

import pytest
from tests.meaning.texts import codes, day, ids, opened, told

# -- 1. the status of a criterion -------------------------------------------------------------------------

STATUSES = """
    facts: {budget: {type: number}, members: {type: integer}}
    roles: {manager: {side: seller}}
    documents: {record: {}}
    tracks:
      - id: selling
        stages:
          - id: s1
            entry_milestone: [{id: m1}]
            exit_criteria:
              - {id: plain}
              - {id: proven, evidence: [record]}
              - {id: rich, when: budget > 100}
              - {id: share, when: 100 / members > 20}
              - {id: dispensable, waivable: [manager]}
          - {id: s2, entry_milestone: [{id: m2}], exit_criteria: [{id: e2}]}
          - {id: s3, entry_milestone: [{id: m3}], exit_criteria: [{id: e3}]}
        jumps:
          - {id: dropping, from: [s1], to: s3}
          - {id: owing, from: [s1], to: s3, skipped: owed}
        loops: [{id: again, from: [s1, s3], to: s1}]
    """


def test_d01_met_and_unmet():
    deal = opened(STATUSES)
    assert deal.status("m1") == "unmet"
    deal.meet("m1")
    assert deal.status("m1") == "met"
    deal.retract("m1")
    assert deal.status("m1") == "unmet"


def test_d01_unknown_names_its_cause():
    deal = opened(STATUSES)
    deal.meet("m1")
    lacking = {i.id: i.lacking for i in deal.missing() if i.status == "unknown"}
    assert lacking == {"rich": ("fact budget",), "share": ("fact members",)}


def test_d01_a_division_of_integers_by_zero_is_unknown_and_named():
    deal = opened(STATUSES)
    deal.meet("m1")
    deal.set_facts({"budget": 50, "members": 0})
    assert deal.status("rich") == "unmet"
    assert deal.status("share") == "unknown"
    (share,) = [i for i in deal.missing() if i.id == "share"]
    assert any("zero" in cause for cause in share.lacking), share.lacking


def test_d01_waived():
    deal = opened(STATUSES)
    deal.waive("dispensable", reason="small deal", role="manager")
    assert deal.status("dispensable") == "waived"


def test_d01_stale_after_a_loop_back():
    deal = opened(STATUSES)
    deal.meet_all("m1", "plain")
    deal.loop_back("again")
    assert (deal.status("plain"), deal.status("m1")) == ("stale", "stale")


def test_d01_skipped_and_owed_after_a_jump():
    dropped, owed = opened(STATUSES), opened(STATUSES)
    for deal, jump in ((dropped, "dropping"), (owed, "owing")):
        deal.meet_all("m1", "plain")
        deal.jump(jump)
    assert [dropped.status(c) for c in ("plain", "proven", "m2", "e2", "m3")] == [
        "met", "skipped", "skipped", "skipped", "unmet",
    ]  # fmt: skip
    assert [owed.status(c) for c in ("plain", "proven", "m2", "e2", "m3")] == ["met", "owed", "owed", "owed", "unmet"]


def test_d01_a_gate_is_open_when_each_criterion_is_met_or_waived_and_unknown_is_closed():
    deal = opened(STATUSES)
    deal.meet_all("m1", "plain")
    deal.meet("proven", evidence={"record": "crm://1"})
    deal.waive("dispensable", reason="small deal", role="manager")
    deal.set_facts({"budget": 200})
    assert [(i.id, i.status) for i in deal.missing()] == [("share", "unknown")]
    assert deal.stands == "s1, in progress"
    assert told(deal.set_facts({"members": 4})) == ["completed s1"]


# -- 2. recorded or derived -------------------------------------------------------------------------------

EVIDENCE = """
    facts: {export: {type: boolean}, budget: {type: number}, price: {type: number}}
    documents: {minutes: {}, attendance_list: {}}
    tracks:
      - id: selling
        stages:
          - id: s1
            exit_criteria:
              - {id: demo_held, evidence: [minutes, attendance_list]}
              - {id: licence, applies_when: export}
              - {id: nice_to_have, optional: true}
              - {id: affordable, when: price <= budget}
              - {id: approved_once, when: budget > 100, once: true}
          - {id: s2}
    """


def test_d02_a_recorded_criterion_carries_time_person_role_and_evidence():
    deal = opened(EVIDENCE)
    deal.meet("demo_held", by="li.wei", role="salesperson", at=day(2), happened=day(1), evidence={"minutes": "crm://1"})
    command = deal.journal[-1].command
    assert (command.by, command.role, command.at, command.happened) == ("li.wei", "salesperson", day(2), day(1))
    assert command.args["evidence"] == {"minutes": "crm://1"}


def test_d02_unmet_until_every_document_it_names_is_attached():
    deal = opened(EVIDENCE)
    deal.meet("demo_held", evidence={"minutes": "crm://1"})
    assert deal.status("demo_held") == "unmet"
    (demo,) = [i for i in deal.missing() if i.id == "demo_held"]
    assert demo.lacking == ("document attendance_list",)
    deal.attach("demo_held", evidence={"attendance_list": "crm://2"})
    assert deal.status("demo_held") == "met"
    deal.attach("demo_held", evidence={"minutes": None})
    assert deal.status("demo_held") == "unmet"


def test_d02_a_derived_criterion_holds_a_condition_over_facts_and_is_not_reported():
    deal = opened(EVIDENCE)
    assert codes(deal.meet("affordable")) == ["derived"]
    deal.set_facts({"price": 90, "budget": 100})
    assert deal.status("affordable") == "met"
    deal.set_facts({"price": 110})
    assert deal.status("affordable") == "unmet"
    deal.set_facts({"price": None})
    assert deal.status("affordable") == "unknown"


def test_d02_optional_never_closes_a_gate():
    deal = opened(EVIDENCE)
    assert "nice_to_have" not in ids(deal.missing())


@pytest.mark.parametrize(("export", "asked"), [(None, True), (True, True), (False, False)])
def test_d02_applies_when_unknown_counts_as_applying(export, asked):
    deal = opened(EVIDENCE)
    if export is not None:
        deal.set_facts({"export": export})
    assert ("licence" in ids(deal.missing())) is asked


def test_d02_once_latches_a_derived_criterion():
    deal = opened(EVIDENCE)
    deal.set_facts({"budget": 200})
    assert deal.status("approved_once") == "met"
    deal.set_facts({"budget": 50})
    assert deal.status("approved_once") == "met"


# -- 3. the walk --------------------------------------------------------------------------------------------

WALK = """
    tracks:
      - id: selling
        stages:
          - {id: s1, start: true, entry_milestone: [{id: m1}], exit_criteria: [{id: e1}], next: s3}
          - {id: s2, start: true, entry_milestone: [{id: m2}], exit_criteria: [{id: e2}]}
          - {id: s3, start: true, entry_milestone: [{id: m3}], exit_criteria: [{id: e3}], repeatable: true}
          - {id: s4, entry_milestone: [{id: m4}], exit_criteria: [{id: e4}]}
        jumps: [{id: ahead, from: [s1, s2], to: s4}]
    ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]
    """


def test_d03_next_leads_past_a_stage():
    deal = opened(WALK)
    assert told(deal.meet_all("m1", "e1", "m3")) == ["entered s1", "completed s1", "entered s3"]


def test_d03_a_stage_is_entered_by_its_milestone():
    deal = opened(WALK)
    deal.meet_all("e1", "m3", "e3")
    assert deal.stands == "not started; pending s1"
    assert told(deal.meet("m1")) == ["entered s1", "completed s1", "entered s3", "completed s3"]


def test_d03_or_by_a_repeat_a_reopening_or_a_placing_that_landed_there():
    placed = opened(WALK, at_stage="s3")
    assert placed.stands == "s3, in progress"
    repeated = opened(WALK)
    repeated.meet_all("m1", "e1", "m3", "e3")
    assert repeated.stands == "s3, completed; pending s4"
    repeated.loop_back("s3")
    assert (repeated.stands, repeated.status("m3")) == ("s3, in progress", "stale")
    repeated.end("lost")
    repeated.reopen("s1")
    assert (repeated.stands, repeated.status("m1")) == ("s1, in progress", "stale")


def test_d03_a_landed_stage_is_completed_when_its_milestone_holds_again_too():
    deal = opened(WALK, at_stage="s3")
    deal.meet("e3")
    assert deal.stands == "s3, in progress"
    assert ids(deal.missing()) == ["m3"]
    assert told(deal.meet("m3")) == ["completed s3"]


def test_d03_after_a_jump_the_stage_is_left_and_the_target_pending():
    deal = opened(WALK)
    deal.meet("m1")
    deal.jump("ahead")
    assert (deal.position.stage, deal.position.phase, deal.position.pending) == ("s1", "left", "s4")
    assert ids(deal.missing()) == ["m4"]
    assert told(deal.meet("m4")) == ["entered s4"]


def test_d03_a_jump_is_taken_up_again_after_the_milestone_was_withdrawn_and_given_back():
    deal = opened(WALK)
    deal.meet_all("m1", "m4")
    deal.jump("ahead")
    assert deal.stands == "s4, in progress"
    assert told(deal.retract("m1")) == ["moved_back"]
    assert told(deal.meet("m1")) == ["entered s1", "left s1", "entered s4"]


def test_d03_the_walk_stops_at_the_first_thing_lacking():
    deal = opened(WALK)
    deal.meet_all("m1", "e1", "m3", "e3", "m4")
    deal.retract("e1")
    assert deal.stands == "s1, in progress"
    assert ids(deal.missing()) == ["e1"]


# -- 4. gates hold, guards are asked once -------------------------------------------------------------------

GUARDS = """
    facts: {budget: {type: number}, route: {type: enum, values: [tender, direct]}}
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}]}
          - {id: s2, exit_criteria: [{id: e2}], wins: won}
          - {id: s3, exit_criteria: [{id: e3}]}
          - {id: s4, exit_criteria: [{id: e4}]}
        decision_points:
          - id: go
            after: s1
            outcomes: [{id: go, to: s2, when: budget > 100, requires: [e4]}, {id: stop, to: lost}]
          - id: how
            after: s2
            automatic: true
            outcomes:
              - {id: by_tender, to: s3, when: route == 'tender'}
              - {id: directly, to: s4, when: route == 'direct'}
    ends: [{id: won, kind: won}, {id: lost, kind: lost}]
    """


def decided():
    deal = opened(GUARDS)
    deal.meet_all("e1", "e4")
    deal.set_facts({"budget": 200})
    deal.decide("go", "go")
    return deal


def test_d04_evidence_withdrawn_moves_back_and_forward_without_asking_again():
    deal = decided()
    assert told(deal.retract("e1")) == ["moved_back s1"]
    assert told(deal.meet("e1")) == ["completed s1", "entered s2"]


def test_d04_a_changed_fact_may_move_a_case_back():
    text = """
        facts: {budget: {type: number}}
        tracks: [{id: t, stages: [{id: s1, exit_criteria: [{id: rich, when: budget > 100}]}, {id: s2}]}]
        """
    deal = opened(text)
    deal.set_facts({"budget": 200})
    assert deal.stands == "s2, in progress"
    assert told(deal.set_facts({"budget": 50})) == ["moved_back s1"]


def test_d04_the_guard_of_an_outcome_is_asked_only_when_it_is_taken():
    deal = decided()
    assert told(deal.set_facts({"budget": 10})) == []
    assert told(deal.retract("e4")) == []
    assert deal.stands == "s2, in progress"


def test_d04_automatic_decisions_are_computed_anew():
    deal = decided()
    deal.meet_all("e2")
    assert deal.stands == "s2, completed; pending how"
    assert told(deal.set_facts({"route": "tender"})) == ["decided how", "entered s3"]
    step = deal.set_facts({"route": "direct"})
    assert "decided how" in told(step)
    assert deal.position.stage == "s4"


def test_d04_a_win_latches_and_only_reopening_undoes_it():
    deal = decided()
    assert told(deal.meet("e2")) == ["completed s2", "won won"]
    deal.retract("e2")
    assert (deal.stands, deal.won, deal.chance) == ("s2, in progress", "won", 1)
    assert told(deal.meet("e2")) == ["completed s2"]
    deal.retract("e4")
    deal.set_facts({"route": "direct"})
    assert told(deal.meet("e4"))[-1] == "ended won"
    deal.reopen("s1")
    assert (deal.won, deal.ended) == ("", "")


MANUAL = """
    tracks:
      - id: selling
        advance: manual
        stages:
          - {id: s1, entry_milestone: [{id: m1}], exit_criteria: [{id: e1}]}
          - {id: s2, entry_milestone: [{id: m2}], exit_criteria: [{id: e2}]}
          - {id: s3}
    """


def test_d04_on_a_manual_track_nothing_moves_by_itself():
    deal = opened(MANUAL)
    deal.meet_all("m1", "e1", "m2")
    assert deal.stands == "not started; pending s1"
    assert told(deal.advance()) == ["entered s1"]
    assert told(deal.advance()) == ["completed s1"]
    assert told(deal.advance()) == ["entered s2"]
    assert codes(deal.advance()) == ["criterion_open"]
    assert deal.stands == "s2, in progress"


def test_d04_what_no_longer_holds_behind_a_manual_track_is_listed():
    deal = opened(MANUAL)
    deal.meet_all("m1", "e1")
    deal.advance()
    deal.advance()
    deal.retract("e1")
    deal.retract("m1")
    assert deal.stands == "s1, completed; pending s2"
    assert ids(deal.broken_behind()) == ["m1", "e1"]


# -- 5. no exit criteria --------------------------------------------------------------------------------------

NO_EXIT = """
    tracks:
      - id: selling
        stages:
          - {id: s1, entry_milestone: [{id: m1}], repeatable: true}
          - {id: s2, exit_criteria: []}
          - {id: s3, exit_criteria: [{id: e3}]}
    """


def test_d05_a_missing_key_is_closed_by_complete_and_an_empty_list_is_open_at_once():
    deal = opened(NO_EXIT)
    assert codes(deal.complete("s1")) == ["not_current"]
    deal.meet("m1")
    assert told(deal.complete("s1")) == ["completed s1", "entered s2", "completed s2", "entered s3"]
    assert codes(deal.complete("s3")) == ["has_exit_criteria", "criterion_open"]


def test_d05_a_mark_is_remembered_when_the_case_moves_back():
    deal = opened(NO_EXIT)
    deal.meet("m1")
    deal.complete("s1")
    deal.retract("m1")
    assert deal.stands == "not started; pending s1"
    assert told(deal.meet("m1"))[:2] == ["entered s1", "completed s1"]


def test_d05_a_repeat_ends_the_mark_and_the_milestone_must_hold_again():
    deal = opened(NO_EXIT.replace("exit_criteria: []", "entry_milestone: [{id: m2}], exit_criteria: []"))
    deal.meet("m1")
    deal.complete("s1")
    deal.loop_back("s1")
    assert deal.stands == "s1, in progress"
    assert codes(deal.complete("s1")) == ["criterion_open"]
    deal.meet("m1")
    assert deal.complete("s1").accepted


def test_d05_so_does_the_decision_after_it():
    deal = opened(
        """
        tracks:
          - id: selling
            stages: [{id: s1, entry_milestone: [{id: m1}], repeatable: true}, {id: s2}]
            decision_points: [{id: d, after: s1, outcomes: [{id: go, to: s2}, {id: no, to: stopped}]}]
        ends: [{id: stopped, kind: terminated}]
        """
    )
    deal.meet("m1")
    deal.loop_back("s1")
    assert codes(deal.decide("d", "go")) == ["criterion_open"]
    deal.meet("m1")
    assert told(deal.decide("d", "go")) == ["decided d", "completed s1", "entered s2"]
