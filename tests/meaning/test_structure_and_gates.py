"""R1 to R18: what a definition consists of, entry milestones, exit criteria, and the position of a deal."""

from __future__ import annotations

import itertools

import pytest
from tests.meaning.texts import check, codes, ids, load, opened, rules, told

import stagegate

# Stage k has the milestone mk and the exit criteria ek.
THREE = """
    tracks:
      - id: selling
        stages:
          - {id: s1, entry_milestone: [{id: m1}], exit_criteria: [{id: e1, actor: buyer}]}
          - {id: s2, entry_milestone: [{id: m2a}, {id: m2b}], exit_criteria: [{id: e2a}, {id: e2b, actor: buyer}]}
          - {id: s3, entry_milestone: [{id: m3}], exit_criteria: [{id: e3, actor: buyer}]}
    """


def paired(seller_stages: str) -> str:
    return f"""
    tracks:
      - id: buying
        side: buyer
        position: observed
        stages: [{{id: b1}}, {{id: b2}}]
      - id: selling
        stages: {seller_stages}
    """


# -- A. structure ---------------------------------------------------------------------------------------


def test_r01_a_definition_has_tracks_with_stages():
    assert rules("tracks: []")["bad-value"] == "error"
    assert rules("tracks: [{id: selling, stages: []}]")["bad-value"] == "error"
    assert rules("title: Nothing else")["missing-key"] == "error"


def test_r01_stage_ids_are_unique_in_the_process():
    assert rules("tracks: [{id: selling, stages: [{id: visit}, {id: visit}]}]")["duplicate-id"] == "error"
    two = "tracks: [{id: buying, side: buyer, stages: [{id: visit}]}, {id: selling, stages: [{id: visit}]}]"
    assert rules(two)["duplicate-id"] == "error"


def test_r01_stages_are_in_the_order_in_which_they_are_written():
    process = load("tracks: [{id: selling, stages: [{id: zeta}, {id: alpha}, {id: mid}]}]")
    assert [s.id for s in process.definition.stages()] == ["zeta", "alpha", "mid"]


def test_r02_each_stage_of_paired_tracks_has_its_pair():
    each = paired("[{id: s1, pairs_with: b1}, {id: s2, pairs_with: b2}]")
    assert "unpaired-stage" not in rules(each)
    one_left = paired("[{id: s1, pairs_with: b1}, {id: s2}]")
    assert rules(one_left)["unpaired-stage"] == "warning"


def test_r02_tracks_of_unequal_length_are_fine_when_each_pair_is_listed():
    unequal = paired("[{id: s1, pairs_with: b1}, {id: s2, pairs_with: b1}, {id: s3, pairs_with: b2}]")
    assert "unpaired-stage" not in rules(unequal)
    crossed = paired("[{id: s1, pairs_with: b2}, {id: s2, pairs_with: b1}]")
    assert rules(crossed)["pairs-cross"] == "warning"


@pytest.mark.parametrize(("actor", "found"), [("seller", True), ("buyer", False), ("both", False)])
def test_r03_every_selling_stage_needs_something_of_the_buyer(actor, found):
    text = paired(
        f"[{{id: s1, pairs_with: b1, exit_criteria: [{{id: e1, actor: {actor}}}]}}, {{id: s2, pairs_with: b2}}]"
    )
    assert ("no-buyer-evidence" in rules(text)) is found


def test_r03_an_exception_is_marked():
    text = """
        tracks:
          - id: buying
            side: buyer
            position: observed
            stages: [{id: b1}]
          - id: selling
            stages:
              - id: s1
                pairs_with: b1
                exit_criteria:  # stagegate: ignore[no-buyer-evidence]
                  - {id: e1, actor: seller}
        """
    assert "no-buyer-evidence" not in rules(text)
    assert "unused-ignore" not in rules(text)


def test_r04_a_missing_milestone_is_met_at_once():
    deal = opened("tracks: [{id: selling, stages: [{id: s1, exit_criteria: [{id: e1}]}, {id: s2}]}]")
    assert deal.stands == "s1, in progress"
    deal.meet("e1")
    assert deal.stands == "s2, in progress"


def test_r04_missing_exit_criteria_never_complete_by_themselves():
    text = "tracks: [{id: selling, stages: [{id: s1}, {id: s2, entry_milestone: [{id: m2}]}]}]"
    deal = opened(text)
    deal.meet("m2")
    assert deal.stands == "s1, in progress"
    assert told(deal.complete("s1")) == ["completed s1", "entered s2"]


def test_r04_missing_exit_criteria_are_completed_by_the_decision_after_the_stage():
    deal = opened(
        """
        tracks:
          - id: selling
            stages: [{id: s1}, {id: s2}]
            decision_points:
              - {id: d1, after: s1, outcomes: [{id: go, to: s2}, {id: no, to: stopped}]}
        ends: [{id: stopped, kind: terminated}]
        """
    )
    assert deal.stands == "s1, in progress"
    assert told(deal.decide("d1", "go")) == ["decided d1", "completed s1", "entered s2"]


def test_r04_an_empty_list_that_is_written_down_is_met_at_once():
    deal = opened(
        """
        tracks:
          - id: selling
            stages:
              - {id: s1, entry_milestone: [], exit_criteria: []}
              - {id: s2, entry_milestone: [], exit_criteria: []}
              - {id: s3}
        """
    )
    assert deal.stands == "s3, in progress"
    assert told(deal.events()) == ["entered s1", "completed s1", "entered s2", "completed s2", "entered s3"]


# -- B. entry milestone ---------------------------------------------------------------------------------


def test_r05_all_milestone_items_must_be_done():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "m2a")
    assert deal.stands == "s1, completed; pending s2"
    deal.meet("m2b")
    assert deal.stands == "s2, in progress"


def test_r06_completing_a_stage_does_not_imply_the_next_milestone():
    deal = opened(THREE)
    deal.meet_all("m1", "e1")
    assert deal.stands == "s1, completed; pending s2"
    assert deal.status("m2a") == "unmet"


def test_r06_a_milestone_does_not_imply_the_exit_criteria():
    deal = opened(THREE)
    deal.meet("m1")
    assert deal.stands == "s1, in progress"
    assert deal.status("e1") == "unmet"


def test_r07_the_milestone_means_really_inside_not_success():
    deal = opened(THREE)
    step = deal.meet("m1")
    assert told(step) == ["entered s1"]
    assert deal.explain().stages["selling"]["s1"] == "current"


def test_r08_no_partial_credit_and_the_rest_is_listed():
    text = """
        tracks:
          - id: selling
            stages:
              - {id: s1, exit_criteria: [{id: e1}], chance: 0.1}
              - {id: s2, entry_milestone: [{id: a}, {id: b}, {id: c}], chance: 0.2}
        """
    none, two = opened(text), opened(text)
    none.meet("e1")
    two.meet_all("e1", "a", "c")
    assert none.position == two.position
    assert none.chance == two.chance
    assert ids(none.missing()) == ["a", "b", "c"]
    assert ids(two.missing()) == ["b"]


# -- C. exit criteria -----------------------------------------------------------------------------------


def test_r09_all_exit_criteria_must_be_done():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "m2a", "m2b", "e2a")
    assert deal.stands == "s2, in progress"
    assert ids(deal.missing()) == ["e2b"]
    assert told(deal.meet("e2b")) == ["completed s2"]


def test_r10_seller_activity_alone_completes_nothing_without_the_sign_of_the_buyer():
    deal = opened(
        """
        tracks:
          - id: selling
            stages:
              - {id: invite, exit_criteria: []}
              - id: visit
                exit_criteria:
                  - {id: visit_made, actor: seller}
                  - {id: needs_told, actor: both}
                  - {id: preliminary_solution_requested, actor: buyer}
              - {id: preliminary_solution, entry_milestone: [{id: solution_written}]}
        """
    )
    # The customer talks at length of troubles, takes advice and asks for nothing.
    deal.meet_all("visit_made", "needs_told")
    assert deal.stands == "visit, in progress"
    deal.meet("preliminary_solution_requested")
    assert deal.stands == "visit, completed; pending preliminary_solution"


def test_r11_completing_a_stage_is_not_starting_the_next():
    deal = opened(THREE)
    deal.meet("m1")
    assert told(deal.meet("e1")) == ["completed s1"]
    assert (deal.position.stage, deal.position.phase, deal.position.pending) == ("s1", "completed", "s2")


def test_r12_exit_criteria_may_be_done_first_and_complete_only_once_the_stage_is_entered():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "e2a", "e2b", "m2a")
    assert deal.stands == "s1, completed; pending s2"
    assert told(deal.meet("m2b")) == ["entered s2", "completed s2"]


ENDING = "tracks: [{{id: selling, stages: [{{id: s1, exit_criteria: [{{id: e1}}]{completes}}}]}}]\n{ends}"


@pytest.mark.parametrize(
    ("completes", "ends", "end"),
    [
        ("", "ends: [{id: order, kind: won}, {id: no_order, kind: lost, by_command: true}]", "order"),
        (", completes: filed", "ends: [{id: order, kind: won}, {id: filed, kind: closed}]", "filed"),
        ("", "", "completed"),
    ],
)
def test_r13_completing_the_last_stage_ends_the_deal(completes, ends, end):
    deal = opened(ENDING.format(completes=completes, ends=ends))
    assert told(deal.meet("e1")) == ["completed s1", f"ended {end}"]
    assert deal.ended == end


def test_r13_which_won_end_is_meant_must_be_clear():
    ends = "ends: [{id: order, kind: won}, {id: framework_order, kind: won}]"
    assert rules(ENDING.format(completes="", ends=ends))["ambiguous-end"] == "error"


# -- D. position ----------------------------------------------------------------------------------------


def test_r14_position_is_the_furthest_stage_reached_with_its_phase():
    deal = opened(THREE)
    seen = [deal.stands]
    for item in ("m1", "e1", "m2a", "m2b", "e2a", "e2b", "m3"):
        deal.meet(item)
        seen.append(deal.stands)
    assert seen == [
        "not started; pending s1",
        "s1, in progress",
        "s1, completed; pending s2",
        "s1, completed; pending s2",
        "s2, in progress",
        "s2, in progress",
        "s2, completed; pending s3",
        "s3, in progress",
    ]


def test_r15_completed_and_pending_the_next():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "m2a", "m2b", "e2a", "e2b")
    assert (deal.position.stage, deal.position.phase, deal.position.pending) == ("s2", "completed", "s3")


def test_r16_items_out_of_order_are_kept_do_not_move_and_are_listed():
    deal = opened(THREE)
    deal.meet_all("m1", "m3", "e3")
    assert deal.stands == "s1, in progress"
    assert ids(deal.early()) == ["m3", "e3"]
    assert told(deal.meet_all("e1", "m2a", "m2b", "e2a", "e2b"))[-3:] == [
        "entered s3",
        "completed s3",
        "ended completed",
    ]


def test_r16_the_milestone_of_the_pending_stage_is_not_early():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "m2a", "m3")
    assert ids(deal.early()) == ["m3"]


def test_r17_position_depends_on_what_is_done_and_not_on_its_order():
    items = ("m1", "e1", "m2a", "m2b", "e2b")
    seen = set()
    for order in itertools.islice(itertools.permutations(items), 0, None, 7):
        deal = opened(THREE)
        deal.meet_all(*order)
        seen.add(deal.position)
    assert {str(p) for p in seen} == {"selling: s2, in progress"}


def test_r17_recomputing_gives_the_same_position():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "m2a", "m2b", "e2a", "m3")
    deal.retract("m2a")
    restored = deal.process.restore(deal.to_dict())
    replayed, differences = deal.process.replay(deal.to_journal())
    assert restored.position == replayed.position == deal.position
    assert differences == ()


def test_r18_undoing_an_item_may_lower_the_position():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "m2a", "m2b")
    step = deal.retract("m2a")
    assert told(step) == ["moved_back s1"]
    assert deal.stands == "s1, completed; pending s2"
    assert told(deal.retract("m1")) == ["moved_back"]
    assert deal.stands == "not started; pending s1"


def test_r18_what_was_undone_and_is_done_again_brings_the_position_back():
    deal = opened(THREE)
    deal.meet_all("m1", "e1", "m2a", "m2b", "e2a", "e2b", "m3")
    deal.retract("m1")
    assert told(deal.meet("m1")) == [
        "entered s1", "completed s1", "entered s2", "completed s2", "entered s3",
    ]  # fmt: skip
    assert deal.stands == "s3, in progress"


def test_r18_only_what_is_done_can_be_undone():
    deal = opened(THREE)
    assert codes(deal.retract("m1")) == ["not_met"]


def test_a_definition_that_breaks_a_rule_is_not_loaded_and_every_finding_is_there(tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text("stagegate: 1\nprocess: example\nversion: 1.0.0\ntracks: [{id: selling, stages: []}]\n")
    with pytest.raises(stagegate.DefinitionError) as caught:
        stagegate.load(path)
    assert caught.value.report.findings == stagegate.check(path).findings
    assert check("tracks: []").has_errors
