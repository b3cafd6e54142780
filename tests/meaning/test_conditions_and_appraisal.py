"""R45 to R53: stage conditions, prohibitions, appraisal and evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.meaning.texts import ids, load, opened, rules, told

from stagegate import UnknownNameError

VISIT = """
    roles:
      handler: {side: buyer}
      manager: {side: seller}
      hr: {side: seller}
      salesperson:
        side: seller
        kpis: [visits_a_week]
        reviewers: [manager, hr]
        period: 90d
    metrics: {visits_a_week: {target: 8}}
    documents: {call_sheet: {}, visit_record: {}, opinion_form: {}}
    tracks:
      - id: selling
        stages:
          - id: visit
            tools: [call_sheet, visit_record]
            participants: [salesperson]
            exit_criteria:
              - {id: budget_known, actor: buyer}
              - {id: meeting_fixed, actor: buyer, evidence: [visit_record]}
            stage_conditions:
              process: [{id: right_level}]
              relationship: [{id: handler_trusts, with: handler, level: 2, content: [product, company]}]
              information: [{id: organisation_known}]
            appraisal:
              - {of: meeting_fixed, weight: 2}
              - {of: budget_known, weight: 3, evidence: [opinion_form]}
              - {of: organisation_known, weight: 1, evidence: [call_sheet]}
              - {id: cheerful, weight: 5}  # stagegate: ignore[appraisal-without-proof]
            prohibitions: [{id: sold_on_the_phone}, {id: rival_criticised}]
          - {id: offer, exit_criteria: [{id: order_given}]}
    ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]
    """


def relationship(first: str, second: str) -> dict[str, str]:
    return rules(
        "roles: {handler: {side: buyer}, leader: {side: buyer}}\n"
        "tracks:\n"
        "  - id: selling\n"
        "    stages:\n"
        f"      - {{id: s1, stage_conditions: {{relationship: [{{id: r1, {first}}}]}}}}\n"
        f"      - {{id: s2, stage_conditions: {{relationship: [{{id: r2, {second}}}]}}}}\n"
    )


# -- I. stage conditions --------------------------------------------------------------------------------


def test_r45_conditions_stand_in_three_categories():
    stage = load(VISIT).tables.stage_of["visit"].stage
    assert [(c.id, c.kind) for c in stage.conditions] == [
        ("right_level", "process"),
        ("handler_trusts", "relationship"),
        ("organisation_known", "information"),
    ]
    fourth = "tracks: [{id: t, stages: [{id: s, stage_conditions: {weather: [{id: sunny}]}}]}]"
    assert rules(fourth)["unknown-key"] == "error"


def test_r46_open_conditions_do_not_hold_the_position_and_are_reported():
    deal = opened(VISIT)
    deal.meet_all("budget_known", "right_level")
    step = deal.meet("meeting_fixed", evidence={"visit_record": "crm://7"})
    assert told(step) == ["completed visit", "entered offer"]
    assert step.events[0].data["open_conditions"] == ("handler_trusts", "organisation_known")
    assert ids(deal.open_conditions("visit")) == ["handler_trusts", "organisation_known"]


def test_r46_a_stage_completed_with_every_condition_met_has_none_open():
    deal = opened(VISIT)
    deal.meet_all("budget_known", "right_level", "handler_trusts", "organisation_known")
    step = deal.meet("meeting_fixed", evidence={"visit_record": "crm://7"})
    assert "open_conditions" not in step.events[0].data


def test_r47_relationship_conditions_name_person_level_and_content():
    condition = load(VISIT).tables.stage_of["visit"].stage.conditions[1]
    assert (condition.with_roles, condition.levels, condition.content) == (("handler",), (2,), ("product", "company"))
    fine = "with: handler, level: 1, content: product"
    assert "bad-value" in relationship("with: handler, level: 4, content: product", fine)
    assert "bad-value" in relationship("with: handler, level: 0, content: product", fine)
    assert "bad-value" in relationship("with: handler, level: 1, content: weather", fine)
    assert "unknown-role" in relationship("with: stranger, level: 1, content: product", fine)


def test_r47_one_condition_may_name_several_people_and_levels():
    several = "with: [handler, leader], level: [1, 2], content: product"
    assert "relationship-level-drops" not in relationship(several, "with: leader, level: 2, content: product")
    assert "relationship-level-drops" in relationship(several, "with: leader, level: 1, content: product")
    assert "relationship-level-drops" not in relationship("with: leader, level: 1, content: product", several)
    assert "unknown-role" in relationship("with: [handler, stranger], level: 1, content: product", several)
    assert "bad-value" in relationship("with: handler, level: [1, 4], content: product", several)
    assert "bad-value" in relationship("with: [handler, handler], level: 1, content: product", several)
    assert "bad-value" in relationship("with: handler, level: [], content: product", several)


def test_r47_the_level_does_not_go_down_for_the_same_person():
    high, low = "with: handler, level: 2, content: product", "with: handler, level: 1, content: product"
    assert relationship(high, low)["relationship-level-drops"] == "warning"
    assert "relationship-level-drops" not in relationship(low, high)
    assert "relationship-level-drops" not in relationship(high, low.replace("handler", "leader"))


def test_r48_a_violated_prohibition_is_a_warning_and_not_a_move():
    deal = opened(VISIT)
    before, statuses = deal.position, deal.statuses()
    step = deal.breach("sold_on_the_phone", by="li.wei", note="quoted a price at once")
    assert told(step) == ["breached sold_on_the_phone"]
    assert deal.position == before
    assert deal.statuses() == statuses
    assert deal.journal[-1].command.note == "quoted a price at once"


# -- J. appraisal and evidence ----------------------------------------------------------------------------


def test_r49_the_process_is_appraised_without_any_order():
    deal = opened(VISIT)
    deal.meet("meeting_fixed", evidence={"visit_record": "crm://7"})
    earned, total, _ = deal.credit()
    assert (earned, total) == (2, 11)
    assert (deal.won, deal.ended) == ("", "")


CHOICE = """
    documents: {minutes: {}, letter: {}, summary: {}, plan: {}}
    tracks:
      - id: selling
        stages:
          - id: visit
            exit_criteria: [{id: asked, actor: buyer, evidence: [minutes, {any_of: [letter, summary]}]}]
            appraisal:
              - {of: asked, evidence: [any_of: [summary, plan]]}
          - {id: offer, exit_criteria: [{id: ordered}]}
    """


@pytest.mark.parametrize("enough", ["letter", "summary"])
def test_one_of_several_documents_serves_an_entry_of_evidence(enough: str):
    deal = opened(CHOICE)
    deal.meet("asked", evidence={enough: "crm://1"})
    assert (deal.status("asked"), deal.missing()[0].lacking) == ("unmet", ("document minutes",))
    deal.attach("asked", evidence={"minutes": "crm://2"})
    assert (deal.status("asked"), deal.stands) == ("met", "offer, in progress")
    assert deal.status("appraise_asked") == ("met" if enough == "summary" else "unmet")
    deal.attach("asked", evidence={enough: None})
    assert (deal.status("asked"), deal.stands) == ("unmet", "visit, in progress")
    assert deal.missing()[0].lacking == ("document letter or summary",)


def test_what_is_lacking_of_a_choice_is_told_together():
    deal = opened(CHOICE)
    deal.meet("asked")
    told_actions = [(a.kind, a.subject, a.item.lacking) for a in deal.next_actions() if a.kind == "attach"]
    assert told_actions == [("attach", "asked", ("document minutes", "document letter or summary"))]
    restored = load(CHOICE).restore(deal.to_dict())
    assert restored.status("asked") == "unmet"


def test_a_choice_is_part_of_what_a_snapshot_is_restored_with():
    other = CHOICE.replace("{any_of: [letter, summary]}", "letter")
    assert load(other).flow != load(CHOICE).flow


def test_r50_an_item_counts_only_when_its_documents_are_there():
    deal = opened(VISIT)
    deal.meet("budget_known")
    assert (deal.status("appraise_budget_known"), deal.credit()[0]) == ("unmet", 0)
    deal.attach("appraise_budget_known", evidence={"opinion_form": "crm://8"})
    assert (deal.status("appraise_budget_known"), deal.credit()[0]) == ("met", 3)
    deal.attach("appraise_budget_known", evidence={"opinion_form": None})
    assert (deal.status("appraise_budget_known"), deal.credit()[0]) == ("unmet", 0)


def test_r50_the_document_alone_does_not_count_either():
    deal = opened(VISIT)
    deal.attach("appraise_budget_known", evidence={"opinion_form": "crm://8"})
    assert deal.credit()[0] == 0
    deal.meet("budget_known")
    assert deal.credit()[0] == 3


def test_r50_a_document_of_the_criterion_proves_the_item_too():
    deal = opened(VISIT)
    deal.meet("budget_known", evidence={"opinion_form": "crm://8"})
    assert deal.credit()[0] == 3


def test_r50_an_item_without_a_document_is_unprovable():
    deal = opened(VISIT)
    deal.meet("cheerful")
    assert deal.credit() == (0, 11, ("cheerful",))
    without = "tracks: [{id: t, stages: [{id: s, exit_criteria: [{id: e}], appraisal: [{of: e}]}]}]"
    assert rules(without)["appraisal-without-proof"] == "warning"


def test_r51_progress_is_conditions_done_and_stages_completed_whatever_the_outcome():
    deal = opened(VISIT)
    deal.meet_all("budget_known")
    deal.meet("organisation_known", evidence={"call_sheet": "crm://6"})
    deal.meet("meeting_fixed", evidence={"visit_record": "crm://7"})
    deal.end("lost")
    assert deal.credit() == (3, 11, ("cheerful",))
    seen = deal.explain()
    assert seen.stages["selling"]["visit"] == "completed"
    assert seen.statuses["organisation_known"] == "met"


def test_r52_reviews_have_a_period_and_reviewers():
    role = next(r for r in load(VISIT).definition.roles if r.id == "salesperson")
    assert role.reviewers == ("manager", "hr")
    assert role.period == timedelta(days=90)
    assert [k.id for k in role.kpis] == ["visits_a_week"]
    assert "unknown-role" in rules(VISIT.replace("reviewers: [manager, hr]", "reviewers: [manager, board]"))


def test_r53_a_tool_is_attached_to_a_stage():
    assert load(VISIT).tables.stage_of["visit"].stage.tools == ("call_sheet", "visit_record")
    assert "unknown-document" in rules(VISIT.replace("tools: [call_sheet, visit_record]", "tools: [hammer]"))


def test_r53_the_presence_of_a_tool_proves_nothing_unless_it_is_named_as_evidence():
    deal = opened(VISIT)
    # The call sheet is a tool of the stage, not the evidence of this criterion.
    deal.meet("meeting_fixed", evidence={"call_sheet": "crm://6"})
    assert deal.status("meeting_fixed") == "unmet"
    deal.attach("meeting_fixed", evidence={"visit_record": "crm://7"})
    assert deal.status("meeting_fixed") == "met"


def test_r53_only_declared_documents_are_attached():
    with pytest.raises(UnknownNameError):
        opened(VISIT).attach("meeting_fixed", evidence={"hammer": "crm://6"})
