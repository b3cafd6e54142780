"""Scenarios played: each key of `then`, passing and failing; what must be accepted; time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.meaning.texts import load

from stagegate.case import Case
from stagegate.errors import CommandError
from stagegate.model import Expectation, Instruction, Scenario, ScenarioStep
from stagegate.process import Process
from stagegate.testing import cases, processes
from stagegate.verify.expectations import CHECKS, of_action, of_event
from stagegate.verify.scenarios import OPENED, Failure, Played, command_of, play

PROJECT = """\
facts: {budget: {type: number, minimum: 0}}
roles: {manager: {side: seller}}
documents: {minutes: {}}
tracks:
  - id: buying
    side: buyer
    position: observed
    stages: [{id: need_raised}, {id: budget_set}, {id: criteria_set}, {id: bids_compared}]
  - id: selling
    stages:
      - id: visit
        pairs_with: need_raised
        chance: {reached: 0.1, completed: 0.15}
        time_limit: 14d
        exit_criteria:
          - {id: budget_known, when: budget > 0}
          - {id: solution_asked_for, actor: buyer, evidence: [minutes]}
      - id: solution
        pairs_with: budget_set
        chance: 0.3
        entry_milestone: [{id: survey_done}, {id: solution_written}]
        exit_criteria:
          - {id: solution_accepted, actor: buyer}
          - {id: references_seen, actor: buyer, waivable: [manager]}
      - id: demonstration
        pairs_with: criteria_set
        chance: 0.5
        entry_milestone: [{id: demo_held}]
        exit_criteria: [{id: bid_invited, actor: buyer}]
      - id: bid
        pairs_with: bids_compared
        chance: {reached: 0.6, completed: 0.8}
        exit_criteria: [{id: contract_signed, actor: buyer}]
    decision_points:
      - id: worth_a_bid
        after: demonstration
        outcomes:
          - {id: go, to: bid, when: budget >= 50000, roles: [manager]}
          - {id: improve, to: solution, keep: [references_seen], max: 2}
          - {id: later, hold: 30d}
          - {id: no_go, to: given_up}
    jumps:
      - {id: show_it_now, from: [visit], to: demonstration, skipped: owed}
ends:
  - {id: won, kind: won}
  - {id: lost, kind: lost, by_command: true}
  - {id: given_up, kind: given_up, by_command: true}
"""


@pytest.fixture
def project() -> Process:
    return load(PROJECT)


def do(kind: str, subject: str = "", *, at: datetime | None = None, after: timedelta | None = None, **args: Any) -> Instruction:  # fmt: skip
    told = {name: args.pop(name) for name in ("by", "role", "note", "key", "happened") if name in args}
    return Instruction(kind, subject, args, told, at, after, (7, 3))


def budget(value: object) -> Instruction:
    return do("set_facts", facts={"budget": value})


def meet(*criteria: str) -> tuple[Instruction, ...]:
    return tuple(do("meet", each) for each in criteria)


def expect(**then: Any) -> tuple[Expectation, ...]:
    return tuple(Expectation(key, value, (20 + n, 5)) for n, (key, value) in enumerate(then.items()))


def scenario(*given: Instruction, when: tuple[Instruction, ...] = (), then: Any = None, **how: Any) -> Scenario:
    return Scenario("s", given=given, steps=(ScenarioStep(when, expect(**(then or {}))),), **how)


def only(played: Played) -> Failure:
    """The one thing that failed."""
    assert not played.passed
    assert len(played.failures) == 1, played.failures
    return played.failures[0]


GO = do("decide", "worth_a_bid", outcome="go", role="manager")
BEFORE_GO = (budget(20000), *meet("demo_held", "bid_invited"))
SOLD = do("meet", "solution_asked_for", evidence={"minutes": "file"})

# What was given, the commands, and for each key of `then` a value that holds and one that does not.
HOLDS_AND_NOT: dict[str, tuple[dict[str, Any], tuple[Instruction, ...], Any, Any]] = {
    "refused with its subject": ({"at_stage": "demonstration"}, (*BEFORE_GO, GO), {"refused": ("condition_false worth_a_bid.go",)}, {"refused": ("condition_false worth_a_bid.improve",)}),
    "refused by its code": ({"at_stage": "demonstration"}, (*BEFORE_GO, GO), {"refused": ("condition_false",)}, {"refused": ("condition_false", "max_reached")}),
    "refused with all reasons": ({}, (do("end", "won", role=""),), {"refused": ("not_by_command won",)}, {"refused": ("ended",)}),
    "refused, and is not": ({}, (budget(1),), {}, {"refused": ("condition_false",)}),
    "events": ({}, (budget(1), SOLD), {"events": ("completed visit",)}, {"events": ("completed visit", "entered solution")}),
    "no events": ({}, (budget(1),), {"events": ()}, {"events": ("completed visit",)}),
    "events by their kind": ({}, (budget(1), SOLD), {"events": ("completed",)}, {"events": ("entered",)}),
    "position": ({}, (budget(1), SOLD), {"position": ({"stage": "visit", "phase": "completed", "pending": "solution"},)}, {"position": ({"stage": "visit", "phase": "in_progress"},)}),
    "position before the first stage": ({}, (), {"position": ({"track": "buying", "stage": ""},)}, {"position": ({"stage": ""},)}),
    "position on another track": ({}, (do("observe", "budget_set", source="call"),), {"position": ({"stage": "budget_set"}, {"stage": "visit"})}, {"position": ({"stage": "criteria_set"}, {"stage": "visit"})}),
    "position with its visit": ({}, (), {"position": ({"visit": 1},)}, {"position": ({"visit": 2},)}),
    "ended": ({}, (do("end", "lost"),), {"ended": "lost"}, {"ended": "given_up"}),
    "not ended": ({}, (budget(1),), {"ended": ""}, {"ended": "lost"}),
    "won": ({"at_stage": "bid"}, meet("contract_signed"), {"won": "won"}, {"won": ""}),
    "not won": ({}, (budget(1),), {"won": ""}, {"won": "won"}),
    "chance": ({}, (budget(1), SOLD), {"chance": 0.15}, {"chance": 0.1}),
    "a lost chance": ({}, (do("end", "lost"),), {"chance": 0}, {"chance": ""}),
    "gap as a number": ({}, (do("observe", "criteria_set", source="call"),), {"gap": 2}, {"gap": 1}),
    "gap as a state": ({}, (do("observe", "criteria_set", source="call"),), {"gap": "behind"}, {"gap": "ahead"}),
    "gap unknown": ({}, (budget(1),), {"gap": "unknown"}, {"gap": 0}),
    "no gap": ({}, (do("end", "lost"),), {"gap": ""}, {"gap": "unknown"}),
    "criteria": ({}, (budget(1),), {"criteria": {"budget_known": "met", "survey_done": "unmet"}}, {"criteria": {"budget_known": "unknown"}}),
    "missing": ({}, (budget(1), SOLD), {"missing": ("solution_written", "survey_done")}, {"missing": ("survey_done",)}),
    "missing nothing": ({}, (do("end", "lost"),), {"missing": ()}, {"missing": ("survey_done",)}),
    "debts": ({}, (do("jump", "show_it_now"), *meet("demo_held", "survey_done")), {"debts": ("budget_known", "solution_asked_for", "solution_written", "solution_accepted", "references_seen")}, {"debts": ("budget_known",)}),
    "actions": ({"at_stage": "demonstration"}, BEFORE_GO, {"actions": ("decide worth_a_bid.improve", "decide", "decide worth_a_bid")}, {"actions": ("decide worth_a_bid.go",)}),
    "actions that are not there": ({}, (budget(1),), {"actions": ("meet solution_asked_for",)}, {"actions": ("decide worth_a_bid.go",)}),
    "no actions": ({"at_stage": "demonstration"}, BEFORE_GO, {"no_actions": ("decide worth_a_bid.go", "advance")}, {"no_actions": ("decide worth_a_bid.improve",)}),
}  # fmt: skip


@pytest.mark.parametrize("case", HOLDS_AND_NOT)
def test_an_expectation_holds(project: Process, case: str) -> None:
    how, when, then, _ = HOLDS_AND_NOT[case]
    played = play(project, scenario(when=when, then=then, **how))
    assert played.passed, played.failures


@pytest.mark.parametrize("case", HOLDS_AND_NOT)
def test_an_expectation_does_not_hold(project: Process, case: str) -> None:
    how, when, _, then = HOLDS_AND_NOT[case]
    failure = only(play(project, scenario(when=when, then=then, **how)))
    assert failure.key == next(iter(then))
    assert failure.where == (20, 5)
    assert failure.message
    assert any(not row.holds for row in failure.rows)


def test_every_key_is_tested() -> None:
    told = {key for _, _, good, bad in HOLDS_AND_NOT.values() for key in {**good, **bad}}
    assert told == set(CHECKS)


def test_what_was_expected_stands_beside_what_was_found(project: Process) -> None:
    then = {"position": ({"stage": "visit", "phase": "in_progress"},)}
    failure = only(play(project, scenario(when=(budget(1), SOLD), then=then)))
    assert [(row.expected, row.found, row.holds) for row in failure.rows] == [
        ("stage visit", "stage visit", True),
        ("phase in_progress", "phase completed", False),
    ]
    assert failure.expected == "stage visit, phase in_progress"
    assert failure.actual == "stage visit, phase completed"


def test_lists_are_compared_as_lists(project: Process) -> None:
    when = (*meet("survey_done", "solution_written"), budget(1), SOLD)
    failure = only(
        play(project, scenario(when=when, then={"events": ("completed", "entered bid", "entered solution")}))
    )
    assert [(row.expected, row.found, row.holds) for row in failure.rows] == [
        ("completed", "completed visit", True),
        ("entered bid", "", False),
        ("entered solution", "entered solution", True),
    ]


def test_each_reason_is_expected_once(project: Process) -> None:
    """A code alone stands for one reason, whatever it is about."""
    deal = load("tracks: [{id: t, advance: manual, stages: [{id: a, exit_criteria: [{id: x}, {id: y}]}, {id: b}]}]")
    for codes, passes in (
        (("criterion_open", "criterion_open x"), True),
        (("criterion_open y", "criterion_open x"), True),
        (("criterion_open",), False),
        (("criterion_open x", "criterion_open x"), False),
    ):
        assert play(deal, scenario(do("advance"), when=(do("advance"),), then={"refused": codes})).passed is passes, (
            codes
        )


def test_every_failure_is_told(project: Process) -> None:
    then = {"chance": 0.9, "ended": "", "won": "won", "missing": ()}
    played = play(project, scenario(when=(budget(1),), then=then))
    assert [(f.key, f.where) for f in played.failures] == [("chance", (20, 5)), ("won", (22, 5)), ("missing", (23, 5))]


# -- what must be accepted ------------------------------------------------------------------------------------


def test_what_is_given_must_be_accepted(project: Process) -> None:
    played = play(project, scenario(do("advance"), budget(1), then={"chance": 0.1}))
    failure = only(played)
    assert (failure.key, failure.where, failure.expected) == ("given", (7, 3), "accepted")
    assert failure.command is not None
    assert [reason.code for reason in failure.reasons] == [row.found.split()[0] for row in failure.rows]
    assert len(played.steps) == 1


def test_a_refusal_nobody_expects(project: Process) -> None:
    failure = only(play(project, scenario(*BEFORE_GO, when=(GO,), then={"chance": 0.5}, at_stage="demonstration")))
    assert failure.key == "when"
    assert failure.actual == "condition_false worth_a_bid.go"
    assert failure.message.startswith("`decide worth_a_bid` is refused: ")


def test_only_the_last_may_be_refused(project: Process) -> None:
    failure = only(play(project, scenario(when=(GO, GO), then={"refused": ("not_asked worth_a_bid",)})))
    assert failure.key == "when"


@pytest.mark.parametrize(
    "instruction",
    [do("meet", "nothing"), do("dance"), do("set_facts", facts=5), do("decide", "worth_a_bid", outcome="x"), do("meet", "survey_done", by=3), do("open")],
    ids=repr,
)  # fmt: skip
def test_a_command_that_means_nothing_is_a_failure(project: Process, instruction: Instruction) -> None:
    for played in (
        play(project, scenario(instruction)),
        play(project, scenario(when=(instruction,), then={"refused": ("x",)})),
    ):
        failure = only(played)
        assert failure.where == (7, 3)
        assert failure.message


@pytest.mark.parametrize("how", [{"start": "bid"}, {"start": "nothing"}, {"at_stage": "nothing"}], ids=str)
def test_a_case_that_cannot_be_opened(project: Process, how: dict[str, str]) -> None:
    played = play(project, scenario(where=(3, 9), **how))
    assert only(played).key == "given"
    assert only(played).where == (3, 9)
    assert played.case is None


def test_a_placed_case_owes_what_lies_before(project: Process) -> None:
    then = {"debts": ("budget_known", "solution_asked_for")}
    assert play(project, scenario(then=then, at_stage="solution", skipped="owed")).passed
    assert play(project, scenario(then={"debts": ()}, at_stage="solution")).passed


# -- stories, and time ------------------------------------------------------------------------------------------


def test_a_story_goes_on_after_a_step(project: Process) -> None:
    steps = (
        ScenarioStep((budget(1),), expect(chance=0.9)),
        ScenarioStep((SOLD,), expect(events=("completed visit",))),
        ScenarioStep((GO,), expect(refused=("not_asked", "condition_false"))),
        ScenarioStep((do("end", "lost"),), expect(ended="lost", events=("ended lost",), chance=1.0)),
    )
    played = play(project, Scenario("s", steps=steps))
    assert [failure.key for failure in played.failures] == ["chance", "chance"]
    assert len(played.steps) == 4


def test_without_commands_the_opening_is_looked_at(project: Process) -> None:
    assert play(project, scenario(then={"events": ("entered visit",)})).passed


def test_without_commands_the_last_that_was_given_is_looked_at(project: Process) -> None:
    given = (budget(1), SOLD)
    assert play(
        project, scenario(*given, then={"events": ("completed visit",), "position": ({"pending": "solution"},)})
    ).passed
    assert only(play(project, scenario(*given, then={"events": ("entered visit",)}))).key == "events"


def test_a_later_step_without_commands_looks_at_the_last_command(project: Process) -> None:
    steps = (
        ScenarioStep((budget(1), SOLD), expect(chance=0.15)),
        ScenarioStep((), expect(events=("completed visit",), chance=0.15)),
    )
    assert play(project, Scenario("s", steps=steps)).passed


@pytest.mark.parametrize("before", [(), (ScenarioStep((GO,), expect(refused=("not_asked", "condition_unknown"))),)])
def test_where_nothing_happens_nothing_is_refused(project: Process, before: tuple[ScenarioStep, ...]) -> None:
    steps = (*before, ScenarioStep((), expect(refused=("not_asked", "condition_unknown"))))
    failure = only(play(project, Scenario("s", steps=steps)))
    assert (failure.key, failure.where) == ("refused", (20, 5))
    assert failure.message == "`refused` should be not_asked, condition_unknown, and is without a command"


def test_a_document_is_taken_away(project: Process) -> None:
    away = do("attach", "solution_asked_for", evidence={"minutes": None})
    gone = {"criteria": {"solution_asked_for": "unmet"}, "events": ()}
    played = play(project, scenario(SOLD, when=(away,), then=gone))
    assert played.passed, played.failures


def test_a_command_comes_a_minute_after_the_one_before(project: Process) -> None:
    day = timedelta(days=1)
    at = datetime(2026, 5, 1, tzinfo=UTC)
    commands = (do("tick"), do("tick", after=14 * day), do("tick"), do("tick", at=at), do("tick"))
    times = [command.at for command, _ in play(project, scenario(*commands)).steps]
    minute = timedelta(minutes=1)
    waited = OPENED + 14 * day + 2 * minute
    assert times == [OPENED + minute, waited, waited + minute, at, at + minute]


def test_waiting_makes_a_stage_overdue(project: Process) -> None:
    def waits(days: int, *events: str) -> Played:
        when = (do("tick", after=timedelta(days=days)),)
        return play(project, scenario(when=when, then={"events": events}))

    assert waits(13).passed
    assert waits(14, "overdue visit").passed


def test_time_comes_to_an_end(project: Process) -> None:
    failure = only(play(project, scenario(do("tick", after=timedelta(days=3_000_000)))))
    assert "9999" in failure.message


def test_an_instruction_is_a_command() -> None:
    command = command_of(do("meet", "x", evidence={"minutes": "file"}, by="li.wei", role="manager"), OPENED)
    assert (command.kind, command.subject, command.args) == ("meet", "x", {"evidence": {"minutes": "file"}})
    assert (command.by, command.role, command.at) == ("li.wei", "manager", OPENED)
    with pytest.raises(CommandError):
        command_of(do("meet", "x"), datetime(2026, 1, 1))


# -- any case ---------------------------------------------------------------------------------------------------


def told_from(case: Case) -> Scenario:
    """The scenario of a case: how it was opened, what was done, and everything that can be said of it now."""
    opening, *others = [entry.command for entry in case.journal]
    before = [Instruction(c.kind, c.subject, c.args, {"role": c.role, "by": c.by}, c.at) for c in others]
    open_, shut = [], []
    for action in case.next_actions():
        (open_ if action.allowed else shut).append(of_action(action))
    gap = case.gap
    then = {
        "events": [of_event(event) for event in case.journal[-1].events],
        "position": [
            {"track": p.track, "stage": p.stage, "phase": p.phase, "pending": p.pending, "visit": p.visit}
            for p in case.positions.values()
        ],
        "ended": case.ended,
        "won": case.won,
        "chance": "" if case.chance is None else case.chance,
        "gap": gap.state if gap.gap is None else gap.gap,
        "criteria": case.statuses(),
        "missing": [item.id for item in case.missing()],
        "debts": [item.id for item in case.debts()],
        "actions": open_,
        "no_actions": [each for each in shut if each not in open_],
    }
    return Scenario("s", given=tuple(before), steps=(ScenarioStep((), expect(**then)),), **opening.args)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_what_can_be_said_of_a_case_holds_when_it_is_played(data: st.DataObject) -> None:
    process = data.draw(processes())
    played = play(process, told_from(data.draw(cases(process))))
    assert played.passed, [failure.message for failure in played.failures]
