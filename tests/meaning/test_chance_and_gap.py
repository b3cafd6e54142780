"""R19 to R29: the chance of winning along the stages, and the gap between the buyer and the seller."""

from __future__ import annotations

import pytest
from tests.meaning.texts import codes, day, ids, load, opened, rules, told

from stagegate import StagegateError

LADDER = """
    tracks:
      - id: selling
        stages:
          - {id: s1, entry_milestone: [{id: m1}], exit_criteria: [{id: e1}], chance: {reached: 0.1, completed: 0.15}}
          - {id: s2, entry_milestone: [{id: m2}], exit_criteria: [{id: e2}], chance: 0.3}
          - {id: s3, entry_milestone: [{id: m3}], exit_criteria: [{id: e3}], chance: {reached: 0.5, completed: 0.7}}
        jumps: [{id: to_last, from: [s1], to: s3}]
        loops: [{id: back, from: [s2, s3], to: s1}]
    ends:
      - {id: won, kind: won}
      - {id: lost, kind: lost, by_command: true}
      - {id: terminated, kind: terminated, by_command: true}
      - {id: given_up, kind: given_up, by_command: true}
      - {id: merged, kind: merged, by_command: true}
    """


def with_chances(first: str, second: str) -> dict[str, str]:
    return rules(f"tracks: [{{id: selling, stages: [{{id: s1, chance: {first}}}, {{id: s2, chance: {second}}}]}}]")


# -- E. success chance ----------------------------------------------------------------------------------


def test_r19_the_chance_rises_along_the_stages():
    assert with_chances("0.4", "0.2")["chance-decreases"] == "error"
    assert with_chances("0.1", "{reached: 0.3, completed: 0.2}")["chance-decreases"] == "error"
    assert with_chances("{reached: 0.1, completed: 0.4}", "0.3")["chance-decreases"] == "error"
    assert "chance-decreases" not in with_chances("0.2", "0.2")
    assert "bad-value" in with_chances("0.2", "1.2")


@pytest.mark.parametrize(("end", "chance"), [("lost", 0), ("terminated", 0), ("given_up", 0), ("merged", None)])
def test_r19_lost_and_terminated_are_nought(end, chance):
    deal = opened(LADDER)
    deal.meet("m1")
    deal.end(end)
    assert deal.chance == chance


def test_r19_won_is_one():
    deal = opened(LADDER)
    deal.meet_all("m1", "e1", "m2", "e2", "m3", "e3")
    assert deal.ended == "won"
    assert deal.chance == 1


def test_r20_completing_a_stage_does_not_give_the_chance_of_the_next():
    deal = opened(LADDER)
    deal.meet_all("m1", "e1")
    assert deal.chance == 0.15
    deal.meet("e2")
    assert deal.chance == 0.15
    deal.meet("m2")
    assert deal.chance == 0.3


def test_r21_two_values_for_each_stage():
    deal = opened(LADDER)
    seen = []
    for item in ("m1", "e1", "m2", "e2", "m3"):
        deal.meet(item)
        seen.append(deal.chance)
    assert seen == [0.1, 0.15, 0.3, 0.3, 0.5]


def test_r21_one_value_is_used_for_both_phases():
    chance = load(LADDER).tables.stage_of["s2"].stage.chance
    assert chance is not None
    assert (chance.reached, chance.completed) == (0.3, 0.3)


def test_r22_definitions_give_figures_or_none():
    none = opened("tracks: [{id: selling, stages: [{id: s1}, {id: s2}]}]")
    assert none.chance is None
    none.complete("s1")
    assert none.chance is None
    assert "chance-missing" not in rules("tracks: [{id: selling, stages: [{id: s1}, {id: s2}]}]")
    assert rules("tracks: [{id: selling, stages: [{id: s1, chance: 0.1}, {id: s2}]}]")["chance-missing"] == "warning"


def test_r22_there_is_no_chance_before_the_first_stage():
    assert opened(LADDER).chance is None


def test_r23_after_a_jump_the_chance_stays_until_the_targets_milestone_holds():
    deal = opened(LADDER)
    deal.meet("m1")
    deal.jump("to_last")
    assert deal.stands == "s1, left; pending s3"
    assert deal.chance == 0.1
    deal.meet("m3")
    assert deal.chance == 0.5


def test_r23_a_stage_left_by_a_jump_with_its_exit_criteria_met_counts_as_completed():
    deal = opened(LADDER)
    deal.meet_all("m1", "e1")
    deal.jump("to_last")
    assert deal.chance == 0.15


def test_r23_a_loop_back_takes_the_chance_of_the_stage_returned_to():
    deal = opened(LADDER)
    deal.meet_all("m1", "e1", "m2", "e2", "m3")
    assert deal.chance == 0.5
    deal.loop_back("back")
    assert deal.stands == "s1, in progress"
    assert deal.chance == 0.1


# -- F. gap ---------------------------------------------------------------------------------------------

PAIRED = """
    gap: {give_up_at: 3, guidance: {behind: Catch up or give up., ahead: Help the buyer to move.}}
    tracks:
      - id: buying
        side: buyer
        position: observed
        stages: [{id: b1}, {id: b2}, {id: b3}, {id: b4}]
      - id: selling
        stages:
          - {id: s1, pairs_with: b1, entry_milestone: [{id: m1}], exit_criteria: [{id: e1, actor: buyer}]}
          - {id: s2, pairs_with: b2, entry_milestone: [{id: m2}], exit_criteria: [{id: e2, actor: buyer}]}
          - {id: s3, pairs_with: b3, entry_milestone: [{id: m3}], exit_criteria: [{id: e3, actor: buyer}]}
          - {id: s4, pairs_with: b4, entry_milestone: [{id: m4}], exit_criteria: [{id: e4, actor: buyer}]}
    ends:
      - {id: won, kind: won}
      - {id: given_up, kind: given_up, by_command: true}
    """


def at(seller: int, buyer: int = 0):
    """A deal in the seller's stage of this index, with the buyer in the one of that index."""
    deal = opened(PAIRED)
    for k in range(1, seller + 1):
        deal.meet_all(*([f"e{k - 1}"] if k > 1 else []), f"m{k}")
    if buyer:
        deal.observe(f"b{buyer}", source="visit")
    return deal


def test_r24_both_positions_are_found_and_compared():
    deal = at(seller=2, buyer=4)
    assert deal.stands == "s2, in progress"
    assert deal.stands_on("buying") == "b4, in progress"
    assert (deal.gap.seller, deal.gap.buyer, deal.gap.gap) == ("s2", "b4", 2)


@pytest.mark.parametrize("seller", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("buyer", [1, 2, 3, 4])
def test_r25_the_gap_is_the_buyers_index_less_the_sellers(seller, buyer):
    assert at(seller, buyer).gap.gap == buyer - seller


def test_r25_completed_does_not_count_as_the_next():
    deal = at(seller=2, buyer=3)
    deal.meet("e2")
    assert deal.stands == "s2, completed; pending s3"
    assert deal.gap.gap == 1


@pytest.mark.parametrize(
    ("seller", "buyer", "state"), [(2, 2, "in_step"), (2, 3, "behind"), (3, 1, "ahead"), (2, 0, "unknown")]
)
def test_r26_the_states_of_the_gap(seller, buyer, state):
    assert at(seller, buyer).gap.state == state


def test_r26_guidance_may_stand_on_each_state():
    guidance = load(PAIRED).definition.gap.guidance
    assert set(guidance) == {"behind", "ahead"}


@pytest.mark.parametrize(
    ("seller", "buyer", "responses"),
    [(2, 2, ("carry_on",)), (2, 3, ("catch_up", "give_up")), (3, 1, ()), (2, 0, ())],
)
def test_r27_the_responses_are_carry_on_catch_up_and_give_up(seller, buyer, responses):
    assert at(seller, buyer).gap.responses == responses


def test_r27_the_catch_up_list_goes_from_the_open_exit_to_the_milestone_of_the_buyers_stage():
    assert ids(at(seller=2, buyer=4).gap.closing) == ["e2", "m3", "e3", "m4"]
    assert ids(at(seller=2, buyer=3).gap.closing) == ["e2", "m3"]
    assert ids(at(seller=2, buyer=2).gap.closing) == []


def test_r27_what_is_done_already_is_not_in_the_list():
    deal = at(seller=2, buyer=4)
    deal.meet_all("e2", "e3")
    assert ids(deal.gap.closing) == ["m3", "m4"]


def test_r27_give_up_at_is_told_and_the_choice_stays_a_persons():
    assert not at(seller=2, buyer=4).gap.give_up_reached
    deal = at(seller=1, buyer=4)
    assert deal.gap.give_up_reached
    assert deal.ended == ""
    assert told(deal.end("given_up")) == ["ended given_up"]


def test_r27_without_give_up_at_it_is_never_reached():
    deal = opened(PAIRED.replace("give_up_at: 3, ", ""))
    deal.observe("b4", source="visit")
    assert not deal.gap.give_up_reached


def test_r28_the_buyers_position_is_observed_with_a_date_and_a_source():
    deal = at(seller=1)
    assert codes(deal.observe("b2")) == ["source_required"]
    assert told(deal.observe("b2", source="minutes of 3 March", at=day(3), happened=day(1))) == [
        "observed b2",
        "gap_changed behind",
    ]
    entry = deal.journal[-1].command
    assert (entry.at, entry.happened, entry.args["source"]) == (day(3), day(1), "minutes of 3 March")


def test_r28_the_buyer_may_be_observed_in_any_direction():
    deal = at(seller=1, buyer=3)
    deal.observe("b1", source="call")
    assert deal.gap.state == "in_step"


def test_r28_seller_items_never_compute_the_buyers_position():
    deal = at(seller=4)
    assert deal.stands_on("buying") == "not started"
    assert codes(deal.observe("s1", source="visit")) == ["not_observed"]
    with pytest.raises(StagegateError):
        deal.complete("b1")


def test_r28_an_observed_track_has_no_gates():
    found = rules(
        "tracks: [{id: buying, side: buyer, position: observed, stages: [{id: b1, exit_criteria: [{id: e1}]}]},"
        " {id: selling, stages: [{id: s1}]}]"
    )
    assert found["misplaced-key"] == "error"


def test_r29_an_unknown_buyer_position_is_an_unknown_gap_not_nought():
    deal = at(seller=2)
    assert (deal.gap.state, deal.gap.gap) == ("unknown", None)
    assert opened(PAIRED).gap.gap is None


RUN = """
    tracks:
      - {id: buying, side: buyer, position: observed, stages: [{id: b1}, {id: b2}, {id: b3}, {id: b4}]}
      - id: selling
        stages:
          - {id: s1, pairs_with: b1, exit_criteria: [{id: e1, actor: buyer}]}
          - {id: s2, pairs_with: [b2, b3], exit_criteria: [{id: e2, actor: buyer}]}
          - {id: s3, pairs_with: b4, exit_criteria: [{id: e3, actor: buyer}]}
    ends: [{id: lost, kind: lost, by_command: true}]
    """


def test_beside_a_run_of_stages_the_seller_is_in_step_anywhere_in_it():
    deal = opened(RUN)
    deal.meet("e1")
    found = []
    for stage in ("b1", "b2", "b3", "b4"):
        deal.observe(stage, source="a call")
        found.append((deal.gap.state, deal.gap.gap))
    assert found == [("ahead", -1), ("in_step", 0), ("in_step", 0), ("behind", 1)]


def test_a_gap_behind_a_run_closes_with_the_stage_that_faces_it():
    deal = opened(RUN)
    deal.observe("b3", source="a call")
    assert (deal.gap.gap, [item.id for item in deal.gap.closing]) == (2, ["e1"])
    deal.meet("e1")
    assert deal.gap.state == "in_step"


def test_a_run_of_one_is_a_single_stage():
    single = RUN.replace("[b2, b3]", "b2")
    assert load(single.replace("pairs_with: b2", "pairs_with: [b2]")).flow == load(single).flow
    assert load(RUN).flow != load(single).flow
