"""The worked examples W1 to W10 of the field, by the interpreter alone; and what must hold of any deal it plays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.reference.interpreter import ReferenceCase, Result
from tests.strategies import cases

from stagegate import model
from stagegate.conditions import Environment, FactType, compile, parse
from stagegate.engine import EVENT_KINDS, REASON_CODES
from stagegate.engine import commands as c
from stagegate.engine.commands import Command
from stagegate.errors import UnknownNameError

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Deal:
    """A case whose clock moves on by an hour with each command."""

    def __init__(self, definition: model.Definition, opening: Command | None = None) -> None:
        self.at = NOON
        self.case = ReferenceCase(definition, opening or c.open_case(NOON))

    def do(self, make: Callable[..., Command], *args: Any, **more: Any) -> Result:
        self.at += timedelta(hours=1)
        result = self.case.step(make(*args, at=self.at, **more))
        assert result.accepted, result.reasons
        return result

    def refused(self, make: Callable[..., Command], *args: Any, **more: Any) -> set[tuple[str, str]]:
        self.at += timedelta(hours=1)
        result = self.case.step(make(*args, at=self.at, **more))
        assert not result.accepted
        return set(result.reasons)

    def meet(self, *criteria: str) -> list[tuple[str, str]]:
        """Meet them all; what followed from the last, as (kind, subject)."""
        followed: list[tuple[str, str]] = []
        for criterion in criteria:
            followed = [(e.kind, e.subject) for e in self.do(c.meet, criterion).events]
        return followed

    @property
    def selling(self) -> tuple[str, str, str]:
        return self.case.position("selling")


def items(kind: model.ItemKind, stage: str, names: Sequence[str] | None, track: str = "selling") -> Any:
    return None if names is None else tuple(model.Criterion(x, kind, track, stage) for x in names)


def stage(
    id: str, milestone: Sequence[str] = (), exits: Sequence[str] | None = (), track: str = "selling", **more: Any
) -> model.Stage:
    return model.Stage(
        id,
        track,
        entry_milestone=items("milestone", id, milestone, track),
        exit_criteria=items("exit", id, exits, track),
        **more,
    )


def process(*stages: model.Stage, **more: Any) -> model.Definition:
    """One earned track, with whatever else the track or the process has."""
    of_track = {k: more.pop(k) for k in list(more) if k in ("decision_points", "jumps", "loops", "cycle", "manual")}
    track = model.Track("selling", tuple(stages), **of_track)
    before = more.pop("before", ())
    return model.Definition("example", "1.0.0", (*before, track), **more)


LADDER = [0.10, 0.20, 0.25, 0.30, 0.40, 0.50, 0.65, 0.80]


def project_sales() -> model.Definition:
    """Eight stages, one item of each gate, but stage 5 as in W1; the buyer's stages observed beside them."""
    stages = []
    for n, p in enumerate(LADDER, start=1):
        milestone = ["analysis_done", "solution_designed"] if n == 5 else [f"m{n}"]
        exits = ["submitted", "approved"] if n == 5 else [f"e{n}"]
        stages.append(stage(f"s{n}", milestone, exits, chance=model.Chance(p, p), pairs_with=f"b{n}"))
    buying = tuple(model.Stage(f"b{n}", "buying") for n in range(1, 9))
    return process(
        *stages,
        before=(model.Track("buying", buying, side="buyer", observed=True),),
        ends=(model.End("won", "won"), model.End("given_up", "given_up", by_command=True)),
        gap=model.GapPolicy(give_up_at=3),
    )


def at_stage_4_completed() -> Deal:
    deal = Deal(project_sales())
    deal.meet(*(f"{g}{n}" for n in range(1, 5) for g in "me"))
    return deal


def test_w1_all_of_a_milestone_or_nothing() -> None:
    deal = at_stage_4_completed()
    assert (deal.selling, deal.case.chance()) == (("completed", "s4", "s5"), 0.30)
    assert deal.meet("analysis_done") == []
    assert (deal.selling, deal.case.chance()) == (("completed", "s4", "s5"), 0.30)
    assert deal.meet("solution_designed") == [("entered", "s5")]
    assert (deal.selling, deal.case.chance()) == (("in_progress", "s5", ""), 0.40)
    assert deal.meet("submitted") == []
    assert deal.meet("approved") == [("completed", "s5")]
    assert (deal.selling, deal.case.chance()) == (("completed", "s5", "s6"), 0.40)


def test_w2_time_and_the_buyers_wish_move_nothing() -> None:
    deal = at_stage_4_completed()
    deal.at += timedelta(weeks=5)
    assert deal.do(c.tick).events == []
    assert (deal.selling, deal.case.chance()) == (("completed", "s4", "s5"), 0.30)


def test_w3_the_gap() -> None:
    deal = Deal(project_sales())
    assert deal.case.gap() == ("unknown", None)
    deal.meet("m1", "e1", "m2")
    followed = deal.do(c.observe, "b4", source="call").events
    assert [(e.kind, e.subject, dict(e.data)) for e in followed] == [
        ("observed", "b4", {"track": "buying"}),
        ("gap_changed", "behind", {"gap": 2}),
    ]
    deal.meet("e2", "m3", "e3", "m4")
    assert deal.case.gap() == ("in_step", 0)
    deal.do(c.observe, "b1", source="call")
    assert deal.case.gap() == ("ahead", -3)
    assert deal.refused(c.observe, "b1") == {("source_required", "b1")}
    deal.do(c.end, "given_up")
    assert (deal.case.gap(), deal.case.chance()) == (("", None), 0.0)


def buying_cycle(skipped: model.Skipped) -> model.Definition:
    names = ["problem_found", "problem_analysed", "priorities_set", "seller_evaluated"]
    return process(
        *(stage(s, [f"m_{s}"] if n else [], [f"e_{s}"]) for n, s in enumerate(names)),
        decision_points=(
            model.DecisionPoint(
                "d1",
                "selling",
                "problem_analysed",
                "problem_analysed",
                (model.Outcome("solve", "advance", "priorities_set"), model.Outcome("later", "hold")),
            ),
        ),
        jumps=(
            model.Jump(
                "look",
                "selling",
                ("problem_analysed",),
                "seller_evaluated",
                probe=model.Probe("willing"),
                skipped=skipped,
            ),
        ),
    )


def test_w4_a_jump_and_its_probe() -> None:
    deal = Deal(buying_cycle("owed"))
    deal.meet("e_problem_found", "m_problem_analysed")
    assert deal.refused(c.jump, "look") == {("answer_required", "look")}
    assert [e.kind for e in deal.do(c.jump, "look", answer="unwilling").events] == ["unwilling"]
    assert deal.selling == ("in_progress", "problem_analysed", "")
    assert [e.kind for e in deal.do(c.jump, "look", answer="willing").events] == ["jumped"]
    assert deal.selling == ("left", "problem_analysed", "seller_evaluated")
    assert deal.case.debts() == ["e_problem_analysed", "m_priorities_set", "e_priorities_set"]
    deal.meet("m_priorities_set")
    assert deal.case.debts() == ["e_problem_analysed", "e_priorities_set"]
    assert deal.meet("m_seller_evaluated") == [("entered", "seller_evaluated")]
    assert deal.refused(c.decide, "d1", "solve") == {("not_asked", "d1")}

    dropped = Deal(buying_cycle("dropped"))
    dropped.meet("e_problem_found", "m_problem_analysed")
    dropped.do(c.jump, "look", answer="willing")
    assert (dropped.case.debts(), dropped.case.statuses()["m_priorities_set"]) == ([], "skipped")


def test_w5_a_loop_back_keeps_the_records_and_both_visits() -> None:
    stages = [
        stage(s, [f"m_{s}"], [f"e_{s}"], chance=model.Chance(p, p))
        for s, p in (("solution", 0.3), ("seller", 0.6), ("contract", 0.9))
    ]
    loop = model.Loop("fit", "selling", ("seller",), "solution", keep=("m_seller",), max=1)
    deal = Deal(process(*stages, loops=(loop,)))
    deal.meet("m_solution", "e_solution", "m_seller", "e_contract")
    events = deal.do(c.loop_back, "fit").events
    assert [(e.kind, e.subject, e.data.get("visit")) for e in events] == [
        ("looped_back", "fit", None),
        ("entered", "solution", 2),
    ]
    assert (deal.selling, deal.case.chance()) == (("in_progress", "solution", ""), 0.3)
    assert deal.case.statuses() == {
        "m_solution": "stale",
        "e_solution": "stale",
        "m_seller": "met",
        "e_seller": "unmet",
        "m_contract": "unmet",
        "e_contract": "met",
    }
    assert deal.case.early() == ["m_seller", "e_contract"]
    assert deal.meet("e_solution") == []  # landed: its milestone is to be confirmed too
    assert deal.meet("m_solution") == [("completed", "solution"), ("entered", "seller")]
    assert deal.refused(c.loop_back, "fit") == {("max_reached", "fit")}


def test_w6_no_go() -> None:
    leave = model.Outcome("no_go", "end", "no_chance")
    point = model.DecisionPoint("d1", "selling", "s1", "s1", (model.Outcome("go", "advance", "s2"), leave))
    ends = (model.End("no_chance", "terminated"),)
    deal = Deal(process(stage("s1", exits=["e1"]), stage("s2", ["m2"]), decision_points=(point,), ends=ends))
    assert deal.meet("e1") == [("completed", "s1")]
    assert deal.selling == ("completed", "s1", "d1")
    assert [(e.kind, e.subject) for e in deal.do(c.decide, "d1", "no_go").events] == [
        ("decided", "d1"),
        ("ended", "no_chance"),
    ]
    assert deal.case.chance() == 0
    assert deal.refused(c.meet, "m2") == {("ended", "")}
    assert [e.kind for e in deal.do(c.reopen, "s1").events] == ["reopened", "entered"]
    assert deal.case.statuses() == {"e1": "stale", "m2": "unmet"}


def test_w7_evidence_of_an_appraisal_item() -> None:
    appraisal = (model.Criterion("approves", "appraisal", "selling", "s1", evidence=("opinion_form",)),)
    deal = Deal(process(stage("s1", exits=["e1"], appraisal=appraisal), documents=(model.Document("opinion_form"),)))
    deal.meet("approves")
    assert deal.case.statuses()["approves"] == "unmet"
    deal.do(c.attach, "approves", evidence={"opinion_form": "crm://9"})
    assert deal.case.statuses()["approves"] == "met"
    assert deal.selling == ("in_progress", "s1", "")
    deal.do(c.attach, "approves", evidence={"opinion_form": None})
    assert deal.case.statuses()["approves"] == "unmet"


def test_w8_repair_with_two_entries_and_rework() -> None:
    names = ["survey", "request", "centre", "repair", "record", "follow_up"]
    stages = [
        stage(
            s,
            exits=None if s == "follow_up" else [f"e_{s}"],
            start=s in ("survey", "request"),
            next="centre" if s == "survey" else "",
        )
        for s in names
    ]
    point = model.DecisionPoint(
        "qualified",
        "selling",
        "follow_up",
        "follow_up",
        (model.Outcome("yes", "end", "archive"), model.Outcome("no", "loop_back", "repair")),
    )
    definition = process(*stages, decision_points=(point,), ends=(model.End("archive", "archived"),))
    for start in ("survey", "request"):
        deal = Deal(definition, c.open_case(NOON, start=start))
        deal.meet(f"e_{start}", "e_centre", "e_repair")
        assert deal.meet("e_record") == [("completed", "record"), ("entered", "follow_up")]
        events = deal.do(c.decide, "qualified", "no").events
        assert [(e.kind, e.subject, e.data.get("visit")) for e in events] == [
            ("decided", "qualified", None),
            ("looped_back", "qualified", None),
            ("entered", "repair", 2),
        ]
        deal.meet("e_repair", "e_record")
        events = deal.do(c.decide, "qualified", "yes").events
        assert [(e.kind, e.subject) for e in events] == [
            ("decided", "qualified"),
            ("completed", "follow_up"),
            ("ended", "archive"),
        ]
        assert deal.case.chance() is None


def test_w9_evidence_withdrawn_moves_back_and_given_again_forward() -> None:
    deal = Deal(project_sales())
    deal.meet("m1", "e1", "m2", "e2", "m3")
    events = deal.do(c.retract, "e2").events
    assert [(e.kind, e.subject) for e in events] == [("moved_back", "s2")]
    assert (deal.selling, deal.case.chance()) == (("in_progress", "s2", ""), 0.20)
    assert deal.meet("e2") == [("completed", "s2"), ("entered", "s3")]


def test_w10_pending_is_not_arrival() -> None:
    deal = at_stage_4_completed()
    deal.do(c.observe, "b5", source="visit")
    assert deal.selling == ("completed", "s4", "s5")
    assert deal.case.gap() == ("behind", 1)


# Further rules that are easy to get wrong


def decision(automatic: bool, *outcomes: model.Outcome) -> model.DecisionPoint:
    return model.DecisionPoint("d", "selling", "s1", "s1", outcomes, automatic=automatic)


FACTS = {"budget": FactType("number")}


def when(text: str, criteria: Sequence[str] = (), outcomes: Sequence[str] = ()) -> Any:
    tree = parse(text).tree
    assert tree is not None
    return compile(tree, Environment(facts=FACTS, criteria=criteria, tracks={"selling": ["s1"]}, outcomes=outcomes))


FACT = (model.Fact("budget", FACTS["budget"], minimum=0),)


def test_an_automatic_decision_is_computed_anew() -> None:
    point = decision(
        True,
        model.Outcome("rich", "jump", "s3", when=when("budget > 10")),
        model.Outcome("poor", "advance", "s2", otherwise=True),
    )
    definition = process(
        stage("s1"), stage("s2", exits=["e2"]), stage("s3", exits=["e3"]), decision_points=(point,), facts=FACT
    )
    deal = Deal(definition)
    assert deal.selling == ("completed", "s1", "d")
    assert deal.refused(c.decide, "d", "poor") == {("automatic", "d")}
    assert [e.kind for e in deal.do(c.set_facts, {"budget": 3}).events] == ["decided", "entered"]
    assert deal.selling == ("in_progress", "s2", "")
    events = deal.do(c.set_facts, {"budget": 30}).events
    assert [(e.kind, e.subject) for e in events] == [("moved_back", "s1"), ("decided", "d"), ("entered", "s3")]
    assert [e.kind for e in deal.do(c.set_facts, {"budget": None}).events] == ["moved_back"]
    assert deal.refused(c.set_facts, {"budget": -1}) == {("fact_range", "budget")}


def test_a_waiver_expires_into_a_debt_once_its_gate_is_crossed() -> None:
    def waivable(id: str, kind: model.ItemKind, of: str) -> model.Criterion:
        return model.Criterion(id, kind, "selling", of, waivable=("boss",))

    first = model.Stage("s1", "selling", exit_criteria=(waivable("e1", "exit", "s1"),))
    second = model.Stage(
        "s2", "selling", entry_milestone=(waivable("m2", "milestone", "s2"),), exit_criteria=items("exit", "s2", ["e2"])
    )
    deal = Deal(process(first, second))
    assert deal.refused(c.waive, "e1", until=NOON, role="clerk") == {
        ("role_not_allowed", "e1"),
        ("reason_required", "e1"),
        ("until_passed", "e1"),
    }
    until = NOON + timedelta(hours=9)
    assert [e.kind for e in deal.do(c.waive, "e1", reason="trust", until=until, role="boss").events] == ["completed"]
    assert deal.case.next_due() == until
    deal.at = until - timedelta(hours=1)
    assert [(e.kind, dict(e.data)) for e in deal.do(c.tick).events] == [("waiver_expired", {"owed": True})]
    assert (deal.selling, deal.case.debts()) == (("completed", "s1", "s2"), ["e1"])
    deal.do(c.waive, "m2", reason="trust", until=deal.at + timedelta(hours=2), role="boss")
    assert deal.selling == ("in_progress", "s2", "")


def test_a_cycle_begins_a_new_round_once_within_a_command() -> None:
    definition = process(stage("s1"), stage("s2", exits=["e2"]), cycle=True)
    deal = Deal(definition)
    assert deal.meet("e2") == [("completed", "s2"), ("new_round", "selling"), ("entered", "s1")] + [
        ("completed", "s1"),
        ("entered", "s2"),
    ]
    assert deal.case.statuses() == {"e2": "stale"}
    empty = Deal(process(stage("s1"), cycle=True))
    assert [e.kind for e in empty.case.opened.events] == [
        "entered",
        "completed",
        "new_round",
        "entered",
        "completed",
    ]


def test_a_manual_track_moves_one_step_at_a_time() -> None:
    deal = Deal(process(stage("s1", ["m1"], ["e1"]), stage("s2", [], None), manual=True, ends=(model.End("w", "won"),)))
    deal.meet("m1", "e1")
    assert deal.selling == ("not_started", "", "s1")
    assert [e.kind for e in deal.do(c.advance).events] == ["entered"]
    assert [e.kind for e in deal.do(c.advance).events] == ["completed"]
    deal.do(c.retract, "e1")
    assert (deal.selling, deal.case.broken_behind()) == (("completed", "s1", "s2"), ["e1"])
    deal.do(c.advance)
    assert deal.refused(c.advance) == {("needs_complete", "s2")}
    assert [(e.kind, e.subject) for e in deal.do(c.complete, "s2").events] == [("completed", "s2"), ("ended", "w")]


def test_a_time_limit_stands_still_on_hold_and_goes_on_after_moving_back() -> None:
    deal = Deal(process(stage("s1", exits=["e1"], time_limit=timedelta(hours=10)), stage("s2", exits=["e2"])))
    assert deal.case.next_due() == NOON + timedelta(hours=10)
    deal.do(c.hold)  # one hour has run
    assert deal.case.next_due() is None
    deal.at += timedelta(days=3)
    deal.do(c.resume)
    assert deal.case.next_due() == deal.at + timedelta(hours=9)
    deal.meet("e1")  # two hours
    deal.at += timedelta(days=3)
    deal.do(c.retract, "e1")
    assert deal.case.next_due() == deal.at + timedelta(hours=8)
    deal.at += timedelta(hours=7)
    assert [e.kind for e in deal.do(c.tick).events] == ["overdue"]
    assert deal.do(c.tick).events == []


def test_names_the_process_does_not_have_are_misuse() -> None:
    deal = Deal(project_sales())
    for make, name in ((c.meet, "nothing"), (c.complete, "nothing"), (c.end, "nothing"), (c.jump, "nothing")):
        with pytest.raises(UnknownNameError):
            deal.do(make, name)


# Whatever is played


patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@patient
@given(cases())
def test_any_deal_can_be_played_and_looked_at(case: tuple[model.Definition, list[Command]]) -> None:
    definition, journal = case
    deal = ReferenceCase(definition, journal[0])
    for command in journal[1:]:
        before = repr(deal.memory)
        result = deal.step(command)
        assert {e.kind for e in result.events} <= set(EVENT_KINDS)
        assert {code for code, _ in result.reasons} <= set(REASON_CODES)
        assert result.accepted == (not result.reasons)
        if not result.accepted or result.repeated:
            assert not result.events or result.repeated
            assert repr(deal.memory) == before
        for track in definition.tracks:
            phase, current, _ = deal.position(track.id)
            assert (phase == "not_started") == (current == "")
        chance = deal.chance()
        assert chance is None or 0 <= chance <= 1
        assert set(deal.debts()) == {x for x, status in deal.statuses().items() if status == "owed"}
        due = deal.next_due()
        assert due is None or due >= deal.memory.at
        deal.gap(), deal.early(), deal.broken_behind()


@patient
@given(cases())
def test_a_deal_played_again_is_the_same(case: tuple[model.Definition, list[Command]]) -> None:
    definition, journal = case
    one = ReferenceCase(definition, journal[0])
    accepted = [x for x in journal[1:] if (r := one.step(x)).accepted and not r.repeated]
    other = ReferenceCase(definition, journal[0])
    for command in accepted:
        assert other.step(command).accepted
    assert repr(other.memory) == repr(one.memory)


@patient
@given(cases())
def test_a_tick_when_something_is_due_reports_it_and_not_before(case: tuple[model.Definition, list[Command]]) -> None:
    definition, journal = case
    deal = ReferenceCase(definition, journal[0])
    for command in journal[1:]:
        deal.step(command)
        due = deal.next_due()
        if due is None:
            assert deal.step(c.tick(deal.memory.at + timedelta(days=900))).events == []
            continue
        if due > deal.memory.at:
            assert ReferenceCase.step(deal, c.tick(due - timedelta(microseconds=1))).events == []
        other = ReferenceCase(definition, journal[0])
        other.memory = deal.memory
        assert other.step(c.tick(due)).events
