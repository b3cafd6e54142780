"""D13 to D19: what was decided about two tracks, the chance, time, refusals, the journal, idempotency and identity."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.meaning.texts import DAY, HOUR, START, Deal, codes, day, ids, line_of, load, opened, rules, told

import stagegate
from stagegate import CommandError, SnapshotError, UnknownNameError, commands

# -- 13. two tracks -----------------------------------------------------------------------------------------

TWO = """
    tracks:
      - id: buying
        side: buyer
        position: observed
        stages: [{id: b1}, {id: b2}, {id: b3}]
      - id: selling
        stages:
          - {id: s1, pairs_with: b1, exit_criteria: [{id: e1, actor: buyer}]}
          - {id: s1b, exit_criteria: [{id: e1b, actor: buyer}]}  # stagegate: ignore[unpaired-stage]
          - {id: s2, pairs_with: b2, exit_criteria: [{id: e2, when: "reached('buying', 'b3')", actor: buyer}]}
          - {id: s3, pairs_with: b3, entry_milestone: [{id: m3}]}
    ends: [{id: lost, kind: lost, by_command: true}]
    """


def test_d13_an_observed_track_is_moved_only_by_observing_with_a_source():
    deal = opened(TWO)
    assert codes(deal.observe("b1")) == ["source_required"]
    assert told(deal.observe("b1", source="call")) == ["observed b1", "gap_changed in_step"]
    with pytest.raises(CommandError):
        deal.complete("b1")


def test_d13_the_gap_counts_from_the_last_paired_stage_the_seller_has_reached():
    deal = opened(TWO)
    deal.observe("b2", source="call")
    assert deal.gap.gap == 1
    deal.meet("e1")
    assert (deal.stands, deal.gap.gap) == ("s1b, in progress", 1)
    deal.meet("e1b")
    assert (deal.stands, deal.gap.gap) == ("s2, in progress", 0)


def test_d13_a_seller_that_has_not_started_counts_as_nought():
    deal = opened(TWO.replace("{id: s1, pairs_with: b1,", "{id: s1, pairs_with: b1, entry_milestone: [{id: m1}],"))
    deal.observe("b2", source="call")
    assert (deal.stands, deal.gap.gap) == ("not started; pending s1", 2)


def test_d13_there_is_no_gap_after_an_end():
    deal = opened(TWO)
    deal.observe("b2", source="call")
    assert told(deal.end("lost")) == ["ended lost"]
    assert (deal.gap.state, deal.gap.gap) == ("", None)


def test_d13_nor_where_nothing_is_paired():
    assert opened("tracks: [{id: t, stages: [{id: s}]}]").gap.state == ""


def test_d13_since_when_the_gap_is_in_its_state():
    deal = opened(TWO)
    deal.observe("b2", source="call", at=day(1))
    deal.observe("b3", source="call", at=day(2))
    assert (deal.gap.state, deal.gap.gap, deal.gap.since) == ("behind", 2, day(1))


def test_d13_a_change_of_state_is_told_once():
    deal = opened(TWO)
    assert told(deal.observe("b2", source="call")) == ["observed b2", "gap_changed behind"]
    assert told(deal.observe("b3", source="call")) == ["observed b3"]


def test_d13_a_criterion_may_read_the_other_track():
    deal = opened(TWO)
    deal.meet_all("e1", "e1b")
    (item,) = deal.missing()
    assert (item.id, item.status) == ("e2", "unknown")
    deal.observe("b2", source="call")
    assert deal.status("e2") == "unmet"
    assert told(deal.observe("b3", source="call"))[:2] == ["observed b3", "completed s2"]


def test_d13_but_never_in_a_circle():
    text = """
        tracks:
          - {id: buying, side: buyer, stages: [{id: b1, exit_criteria: [{id: be, when: "stage('selling') == 's2'"}]}, {id: b2}]}
          - {id: selling, stages: [{id: s1, exit_criteria: [{id: se, when: "stage('buying') == 'b2'"}]}, {id: s2}]}
        """
    assert rules(text)["circular-condition"] == "error"
    own = "tracks: [{id: t, stages: [{id: s1, exit_criteria: [{id: e, when: \"stage('t') == 's1'\"}]}]}]"
    assert rules(own)["circular-condition"] == "error"
    itself = "tracks: [{id: t, stages: [{id: s1, exit_criteria: [{id: e, when: \"!met('e')\"}]}]}]"
    assert rules(itself)["circular-condition"] == "error"


def test_d13_an_earned_buyers_track_is_moved_by_evidence_and_decisions():
    deal = opened(
        """
        tracks:
          - id: buying
            side: buyer
            stages: [{id: b1, exit_criteria: [{id: decided}]}, {id: b2, exit_criteria: [{id: signed}]}]
          - id: selling
            stages:
              - {id: s1, pairs_with: b1, exit_criteria: [{id: asked, actor: buyer}]}
              - {id: s2, pairs_with: b2, exit_criteria: [{id: sold, actor: buyer}]}
        """
    )
    assert (deal.stands_on("buying"), deal.gap.gap) == ("b1, in progress", 0)
    assert told(deal.meet("decided")) == ["completed b1", "entered b2", "gap_changed behind"]
    assert codes(deal.observe("b1", source="call")) == ["not_observed"]


# -- 14. chance ---------------------------------------------------------------------------------------------

CHANCES = """
    tracks:
      - id: selling
        stages:
          - {id: s1, exit_criteria: [{id: e1}], chance: {reached: 0.1, completed: 0.2}}
          - {id: s2, exit_criteria: [{id: e2}], chance: 0.4}
          - {id: s3, entry_milestone: [{id: m3}], exit_criteria: [{id: e3}], chance: {reached: 0.5, completed: 0.6}}
        jumps: [{id: ahead, from: [s1], to: s3}]
        loops: [{id: back, from: [s3], to: s1}]
    ends: [{id: won, kind: won}, {id: merged, kind: merged, by_command: true}]
    """


def test_d14_the_chance_moves_with_entered_and_completed():
    deal = opened(CHANCES)
    seen = [deal.chance]
    for item in ("e1", "m3", "e2", "e3"):
        deal.meet(item)
        seen.append(deal.chance)
    assert seen == [0.1, 0.4, 0.4, 0.5, 1]


def test_d14_after_a_jump_it_stays_and_after_a_loop_back_it_is_that_of_the_stage_landed_on():
    deal = opened(CHANCES)
    deal.jump("ahead")
    assert deal.chance == 0.1
    deal.meet("m3")
    assert deal.chance == 0.5
    deal.loop_back("back")
    assert deal.chance == 0.1


def test_d14_none_before_the_first_stage_and_none_after_a_free_end():
    text = CHANCES.replace("{id: s1, exit", "{id: s1, entry_milestone: [{id: m1}], exit")
    deal = opened(text)
    assert deal.chance is None
    deal.meet("m1")
    assert deal.chance == 0.1
    deal.end("merged")
    assert deal.chance is None


# -- 15. time -----------------------------------------------------------------------------------------------

LIMITS = """
    roles: {manager: {side: seller}}
    tracks:
      - id: selling
        stages:
          - {id: s1, entry_milestone: [{id: m1}], exit_criteria: [{id: e1}], time_limit: 10d, repeatable: true}
          - {id: s2, entry_milestone: [{id: m2}], exit_criteria: [{id: e2}], time_limit: 4d}
    """


def entered(at: float = 0) -> Deal:
    deal = opened(LIMITS)
    deal.meet("m1", at=day(at))
    return deal


def test_d15_at_is_a_time_with_a_zone():
    deal = opened(LIMITS)
    with pytest.raises(CommandError):
        deal.meet("m1", at=datetime(2026, 3, 3, 9, 0))
    with pytest.raises(CommandError):
        deal.meet("m1", at=day(1), happened=datetime(2026, 3, 2, 9, 0))
    assert deal.meet("m1", at=datetime(2026, 3, 3, 17, 0, tzinfo=timezone(timedelta(hours=8)))).accepted


def test_d15_earlier_than_the_last_is_refused_and_the_same_time_is_not():
    deal = entered(at=2)
    assert codes(deal.meet("e1", at=day(1))) == ["too_early"]
    assert deal.meet("e1", at=day(2)).accepted


def test_d15_happened_says_that_it_took_place_before():
    deal = entered(at=2)
    assert codes(deal.meet("e1", at=day(3), happened=day(4))) == ["happened_later"]
    assert deal.meet("e1", at=day(3), happened=day(-5)).accepted
    assert deal.at == day(3)


def test_d15_a_limit_runs_from_entering_until_the_next_stage_is_entered():
    deal = entered(at=2)
    assert deal.next_due == day(12)
    deal.meet("e1", at=day(5))
    assert (deal.stands, deal.next_due) == ("s1, completed; pending s2", day(12))
    deal.meet("m2", at=day(6))
    assert deal.next_due == day(10)


def test_d15_tick_reports_each_overdue_visit_once():
    deal = entered()
    assert told(deal.tick(at=day(10) - timedelta(seconds=1))) == []
    step = deal.tick(at=day(10))
    assert (told(step), step.events[0].data) == (["overdue s1"], {"track": "selling", "visit": 1})
    assert told(deal.tick(at=day(20))) == []
    assert deal.next_due is None


def test_d15_a_tick_that_reports_nothing_is_not_journalled():
    deal = entered()
    before = deal.to_dict()
    assert deal.tick(at=day(3)).accepted
    assert deal.to_dict() == before
    assert deal.tick(at=day(11)).accepted
    assert deal.seq == before["seq"] + 1


def test_d15_a_new_visit_starts_anew():
    deal = entered()
    deal.tick(at=day(10))
    deal.loop_back("s1", at=day(11))
    assert deal.next_due == day(21)
    step = deal.tick(at=day(21))
    assert step.events[0].data["visit"] == 2


def test_d15_a_retraction_returns_to_the_old_visit_and_its_clock_goes_on():
    deal = entered()
    deal.meet("e1", at=day(3))
    deal.meet("m2", at=day(4))
    deal.retract("m2", at=day(6))
    assert deal.position.visit == 1
    # Four days were used before, none while the case was in the next stage.
    assert deal.next_due == day(12)
    assert told(deal.tick(at=day(12))) == ["overdue s1"]


def test_d15_next_due_is_the_earliest_of_all():
    deal = opened(LIMITS.replace("{id: e1}", "{id: e1, waivable: [manager]}"))
    assert deal.next_due is None
    deal.meet("m1", at=day(0))
    deal.waive("e1", at=day(1), reason="hurry", role="manager", until=day(7))
    assert deal.next_due == day(7)
    assert deal.hold(at=day(2), until=day(5)).accepted
    assert deal.next_due == day(5)


# -- 16. refusals -------------------------------------------------------------------------------------------

GATE = """
    facts: {budget: {type: number}, count: {type: integer, minimum: 1}}
    documents: {minutes: {}}
    tracks:
      - id: selling
        advance: manual
        stages:
          - id: s1
            entry_milestone:
              - {id: seen}
              - {id: asked, evidence: [minutes]}
              - {id: rich, when: budget > 100}
            exit_criteria: [{id: agreed}]
    """


def test_d16_a_refusal_names_every_reason_and_where_the_file_demands_it():
    deal = opened(GATE)
    deal.meet("asked")
    step = deal.advance()
    assert not step
    assert [(r.code, r.subject, r.status, r.lacking) for r in step.reasons] == [
        ("criterion_open", "seen", "unmet", ()),
        ("criterion_open", "asked", "unmet", ("document minutes",)),
        ("criterion_open", "rich", "unknown", ("fact budget",)),
    ]
    lines = [int(r.where.split(":")[-2]) for r in step.reasons]
    assert lines == [line_of(GATE, f"id: {c}") for c in ("seen", "asked", "rich")]
    assert all("example.yaml:" in r.where and r.message for r in step.reasons)


def test_d16_a_refused_command_changes_nothing():
    deal = opened(GATE)
    before = deal.to_dict()
    assert not deal.advance(at=day(5)).accepted
    assert deal.to_dict() == before
    assert len(deal.journal) == 1


def test_d16_values_of_facts_are_refused_with_every_reason():
    deal = opened(GATE)
    assert codes(deal.set_facts({"budget": "much", "count": 0})) == ["fact_type", "fact_range"]
    assert deal.facts == {}


def test_d16_exceptions_are_for_misuse():
    deal = opened(GATE)
    with pytest.raises(UnknownNameError) as caught:
        deal.meet("agred")
    assert caught.value.suggestion == "agreed"
    with pytest.raises(UnknownNameError):
        deal.set_facts({"weather": 1})
    with pytest.raises(SnapshotError):
        load(TWO).restore(opened(LIMITS).to_dict() | {"process": "another"})


def test_d16_a_batch_is_all_or_nothing():
    deal = opened(GATE)
    before = deal.to_dict()
    late = START + HOUR
    steps = deal.do_all([commands.meet("seen", late), commands.advance(late), commands.meet("asked", late)])
    assert [s.accepted for s in steps] == [False]
    assert [r.subject for r in steps[0].reasons] == ["asked", "rich"]
    assert deal.to_dict() == before
    good = deal.do_all(
        [
            commands.meet("seen", late),
            commands.meet("asked", late, evidence={"minutes": "crm://1"}),
            commands.set_facts({"budget": 500}, late),
            commands.advance(late),
        ]
    )
    assert [s.accepted for s in good] == [True] * 4
    assert deal.stands == "s1, in progress"
    assert deal.seq == before["seq"] + 4


# -- 17. the journal ----------------------------------------------------------------------------------------

JOURNAL = """
    documents: {minutes: {}}
    tracks:
      - id: selling
        stages:
          - {id: s1, start: true, exit_criteria: [{id: e1, evidence: [minutes]}]}
          - {id: s2, start: true, exit_criteria: [{id: e2}]}
          - {id: s3, exit_criteria: [{id: e3}]}
    """


def written():
    deal = opened(JOURNAL)
    deal.meet("e1", by="li.wei", role="salesperson", note="over lunch", evidence={"minutes": "crm://people/17"})
    deal.meet("e2", by="li.wei")
    deal.meet("e3")
    return deal, deal.to_journal()


def test_d17_the_first_entry_is_the_opening():
    deal = opened(JOURNAL)
    (entry,) = deal.journal
    assert (entry.seq, entry.command.kind, told(entry.events)) == (1, "open", ["entered s1"])


def test_d17_opening_at_a_start_or_placing_an_existing_deal():
    started = opened(JOURNAL, start="s2")
    assert started.stands == "s2, in progress"
    assert started.status("e1") == "unmet"
    dropped = opened(JOURNAL, at_stage="s3")
    assert (dropped.stands, dropped.status("e1"), dropped.debts()) == ("s3, in progress", "skipped", ())
    owed = opened(JOURNAL, at_stage="s3", skipped="owed")
    assert (owed.stands, ids(owed.debts())) == ("s3, in progress", ["e1", "e2"])
    with pytest.raises(CommandError):
        opened(JOURNAL, start="s3")


def test_d17_each_entry_says_when_who_what_and_what_followed():
    deal, _ = written()
    entry = deal.journal[1]
    assert (entry.seq, entry.command.at, entry.command.by, entry.command.role) == (
        2,
        START + HOUR,
        "li.wei",
        "salesperson",
    )
    assert told(entry.events) == ["completed s1", "entered s2"]
    assert [e.seq for e in deal.journal] == [1, 2, 3, 4]


def test_d17_a_snapshot_is_the_fold_of_the_journal():
    deal, journal = written()
    replayed, differences = deal.process.replay(journal)
    assert differences == ()
    assert replayed.to_dict() == deal.to_dict()
    assert replayed.to_journal() == journal


def broken(journal, change):
    journal = copy.deepcopy(journal)
    change(journal)
    with pytest.raises(SnapshotError) as caught:
        load(JOURNAL).replay(journal)
    return str(caught.value)


def test_d17_a_changed_entry_is_named():
    _, journal = written()

    def other_criterion(entries):
        entries[2]["command"]["subject"] = "e3"

    def other_event(entries):
        entries[1]["events"].clear()

    def other_person(entries):
        entries[1]["personal"]["by"] = "somebody.else"

    assert "entry 3" in broken(journal, other_criterion)
    assert "entry 2" in broken(journal, other_event)
    assert "entry 2" in broken(journal, other_person)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_d17_a_missing_entry_is_named(missing):
    _, journal = written()
    assert f"entry {missing}" in broken(journal, lambda entries: entries.pop(missing - 1))


def test_d17_reordered_entries_are_named():
    _, journal = written()
    assert "entry 2" in broken(journal, lambda entries: entries.insert(1, entries.pop(2)))


def test_d17_a_changed_entry_that_hides_its_change_breaks_the_chain_after_it():
    from stagegate.engine.identity import digest

    _, journal = written()

    def forged(entries):
        entries[1]["events"] = []
        entries[1]["hash"] = digest({k: v for k, v in entries[1].items() if k not in ("personal", "hash")})

    assert "entry 3" in broken(journal, forged)


def test_d17_personal_data_is_redacted_and_the_chain_still_holds():
    deal, journal = written()
    redacted = deal.process.redact(journal, [2, 3])
    text = str(redacted)
    assert "li.wei" not in text
    assert "over lunch" not in text
    assert "crm://people/17" not in text
    again, differences = deal.process.replay(redacted)
    assert differences == ()
    assert again.position == deal.position
    assert again.ended == deal.ended


def test_d17_replay_reports_any_difference():
    _, journal = written()
    changed = load(JOURNAL.replace("exit_criteria: [{id: e2}]", "exit_criteria: [{id: e2}, {id: e2b}]"))
    case, differences = changed.replay(journal)
    assert [d.seq for d in differences] == [3, 4]
    assert told(differences[0].told) == ["completed s2", "entered s3"]
    assert differences[0].now == ()
    assert str(case.position) == "selling: s2, in progress"


# -- 18. idempotency ----------------------------------------------------------------------------------------


def test_d18_the_same_key_and_command_give_the_original_result():
    deal = opened(JOURNAL)
    first = deal.meet("e1", key="k1", evidence={"minutes": "crm://1"})
    seq = deal.seq
    again = deal.meet("e1", key="k1", evidence={"minutes": "crm://1"}, at=day(3))
    assert again.accepted
    assert again.repeated
    assert again.events == first.events
    assert (deal.seq, deal.at) == (seq, START + HOUR)


def test_d18_the_key_is_looked_at_first_even_when_the_case_has_ended_or_time_has_passed():
    deal = opened(JOURNAL, at_stage="s3")
    deal.meet("e3", key="k1", at=day(2))
    assert deal.ended == "completed"
    assert deal.meet("e3", key="k1", at=day(1)).repeated


def test_d18_another_command_under_the_same_key_is_refused():
    deal = opened(JOURNAL)
    deal.meet("e1", key="k1")
    assert codes(deal.meet("e2", key="k1")) == ["key_reused"]
    assert codes(deal.meet("e1", key="k1", by="li.wei")) == ["key_reused"]


def test_d18_a_refused_command_uses_up_no_key():
    deal = opened(JOURNAL)
    assert codes(deal.retract("e1", key="k1")) == ["not_met"]
    assert deal.meet("e1", key="k1").accepted


def test_d18_keys_outlive_a_snapshot():
    deal = opened(JOURNAL)
    first = deal.meet("e2", key="k1")
    restored = Deal(deal.process, deal.process.restore(deal.to_dict()))
    again = restored.meet("e2", key="k1")
    assert (again.repeated, again.events) == (True, first.events)


# -- 19. identity -------------------------------------------------------------------------------------------


def test_d19_the_digest_of_the_flow_refuses_a_snapshot_of_another_flow():
    saved = opened(JOURNAL).to_dict()
    for other in (
        JOURNAL.replace("{id: e3}", "{id: e3, optional: true}"),
        JOURNAL.replace("- {id: s3, exit_criteria: [{id: e3}]}", "- {id: s3}"),
        JOURNAL.replace("{id: s2, start: true", "{id: s2, start: true, entry_milestone: [{id: m2}]"),
    ):
        assert load(other).flow != load(JOURNAL).flow
        with pytest.raises(SnapshotError):
            load(other).restore(saved)


FIGURES = JOURNAL.replace("{id: s3, ", "{id: s3, title: Third, chance: 0.5, time_limit: 3d, ").replace(
    "{id: s1,", "{id: s1, chance: 0.1,"
)


def test_d19_the_digest_of_the_figures_only_reports():
    deal = opened(JOURNAL)
    deal.meet("e2")
    saved = deal.to_dict()
    other = load(FIGURES)
    assert other.flow == deal.process.flow
    assert other.figures_changed(saved)
    assert not deal.process.figures_changed(saved)
    restored = other.restore(saved)
    assert restored.position == deal.position
    assert restored.chance == 0.1


def test_d19_a_snapshot_of_another_process_or_format_is_refused():
    saved = opened(JOURNAL).to_dict()
    for damage in ({"process": "another"}, {"format": "csv"}, {"format_version": 99}, {"seq": "many"}):
        with pytest.raises(SnapshotError):
            load(JOURNAL).restore({**saved, **damage})
    assert load(JOURNAL).restore(saved).id == "ACME-42"


def test_d19_name_and_semantic_version_are_required():
    assert (load(JOURNAL).name, load(JOURNAL).version) == ("example", "1.0.0")
    head = "stagegate: 1\nprocess: {}\nversion: {}\ntracks: [{{id: t, stages: [{{id: s}}]}}]\n"
    assert "bad-value" in rules(head.format("example", "'1.0'"))
    assert "bad-value" in rules(head.format("Not_A_Name", "1.0.0"))


def test_d19_a_retired_id_is_not_used_again():
    assert rules(JOURNAL + "\n    retired: [e3]")["retired-id"] == "error"
    assert "retired-id" not in rules(JOURNAL + "\n    retired: [e4]")


def test_d19_the_versions_of_the_package_and_the_language_are_apart():
    assert stagegate.__version__
    assert "unsupported-language-version" in rules("stagegate: 2\nprocess: example\nversion: 1.0.0\ntracks: []\n")


def test_times_in_a_snapshot_keep_their_moment():
    deal = opened(JOURNAL)
    deal.meet("e1", at=datetime(2026, 3, 3, 17, 0, tzinfo=timezone(timedelta(hours=8))))
    restored = deal.process.restore(deal.to_dict())
    assert restored.at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC) == START + DAY
