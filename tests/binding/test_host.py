"""A host that uses transitions, and binds its own object: what it knows of a machine holds."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.binding.conftest import SMALL, Clock, loaded

from stagegate.binding import Binding, CaseEventData, RefusedError
from stagegate.errors import CommandError, UnknownNameError
from stagegate.process import Process

transitions = pytest.importorskip("transitions")


class Deal:
    """A host's object."""

    state: str

    def __init__(self) -> None:
        self.seen: list[str] = []

    def note(self, what: str) -> Any:
        return lambda *args, **kwargs: self.seen.append(f"{what} {self.state}")


def bound(process: Process, clock: Clock, **options: Any) -> tuple[Any, Binding]:
    deal = Deal()
    return deal, process.bind(deal, case_id="ACME-42", clock=clock, **options)


# -- where it stands


def test_the_machine_is_one_of_transitions(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    assert isinstance(binding.machine, transitions.Machine)
    assert binding.machine.model is deal
    assert list(binding.machine.states) == [
        "not_started", "visit", "solution", "bid", "won", "lost", "given_up", "completed",
    ]  # fmt: skip
    assert [name for name, state in binding.machine.states.items() if state.final] == [
        "won", "lost", "given_up", "completed",
    ]  # fmt: skip


def test_the_state_is_the_position(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    assert deal.state == "visit"
    assert deal.is_visit()
    assert deal.meet("solution_asked_for")
    assert deal.state == "visit"
    assert deal.set_facts({"budget": 10})
    assert deal.state == "visit", "completed, and still in it"
    assert str(binding.case.position) == "selling: visit, completed; pending solution"
    assert deal.meet("survey_done")
    assert deal.state == "solution"
    assert deal.is_solution()
    assert not deal.is_visit()


def test_the_state_follows_commands_given_to_the_case_itself(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    case = binding.case
    case.jump("offer_at_once", at=clock(), answer="willing")
    case.meet("survey_done", at=clock())
    assert deal.state == "solution"
    case.do_all([stagegate_end(clock)])
    assert deal.state == "lost"
    assert deal.reopen_visit()
    assert deal.state == "visit" == case.position.stage


def stagegate_end(clock: Clock) -> Any:
    from stagegate import commands

    return commands.end("lost", clock(), reason="rival")


def test_the_state_cannot_be_set(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    with pytest.raises(transitions.MachineError, match="the case is in visit"):
        binding.machine.set_state("bid", deal)
    assert deal.state == "visit"
    binding.machine.set_state("visit", deal)
    deal.state = "bid"  # nobody can hinder a host; the machine does not look there, and puts it right
    assert deal.is_visit()
    assert deal.state == "visit"
    assert not hasattr(deal, "to_bid")


def test_a_property_of_the_host_may_be_the_state(process: Process, clock: Clock) -> None:
    class Strict:
        def __init__(self, case: Any) -> None:
            self.case = case

        @property
        def state(self) -> str:
            return str(self.case.ended or self.case.position.stage)

    deal: Any = Strict(process.open("ACME-42", at=clock()))
    process.bind(deal, deal.case, clock=clock)
    assert deal.end_lost(reason="rival")
    assert deal.state == "lost"
    with pytest.raises(AttributeError):
        deal.state = "visit"


def test_one_model_is_one_case(process: Process, clock: Clock) -> None:
    _, binding = bound(process, clock)
    with pytest.raises(transitions.MachineError, match="one model is one case"):
        binding.machine.add_model(Deal())
    with pytest.raises(transitions.MachineError, match="states"):
        binding.machine.add_states("elsewhere")


def test_a_case_that_is_there_already_is_bound_where_it_stands(process: Process, clock: Clock) -> None:
    deal = Deal()
    case = process.open("ACME-43", at=clock(), at_stage="bid")
    binding = process.bind(deal, case, clock=clock)
    assert deal.state == "bid"
    assert binding.case is case


def test_what_cannot_be_bound(process: Process, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="a case has an id"):
        process.bind(Deal(), clock=clock)
    other = loaded(tmp_path, SMALL.replace("max: 2", "max: 3")).open("x", at=clock())
    with pytest.raises(CommandError, match="not one of this version of `small-project`"):
        process.bind(Deal(), other, clock=clock)
    with pytest.raises(CommandError, match="`states` is not for the host to say"):
        process.bind(Deal(), case_id="x", clock=clock, states=["a"])


def test_another_attribute_may_hold_the_state(process: Process, clock: Clock) -> None:
    deal, _ = bound(process, clock, model_attribute="stage")
    assert deal.stage == "visit"
    assert deal.is_stage_visit()
    assert not hasattr(deal, "state")


def test_released_it_stays_where_it_was(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    binding.release()
    binding.case.end("lost", at=clock(), reason="rival")
    assert deal.state == "visit"
    assert binding.machine.models == []


def test_a_model_may_be_bound_again_when_it_is_released(process: Process, clock: Clock) -> None:
    deal, first = bound(process, clock)
    with pytest.raises(transitions.MachineError, match="bound to a case already"):
        process.bind(deal, case_id="ACME-43", clock=clock)
    assert deal.state == "visit"
    first.release()
    assert set(vars(deal)) == {"seen", "state"}
    second = process.bind(deal, process.open("ACME-43", at=clock(), at_stage="bid"), clock=clock)
    assert deal.state == "bid"
    assert deal.meet("contract_signed")
    assert (deal.state, second.case.ended, first.case.ended) == ("won", "won", "")


def test_what_the_model_has_already_is_left_alone(process: Process, clock: Clock) -> None:
    class Own(Deal):
        def hold(self) -> str:
            return "mine"

    deal: Any = Own()
    binding = process.bind(deal, case_id="ACME-42", clock=clock)
    assert deal.hold() == "mine"
    assert deal.trigger("hold")
    assert binding.case.on_hold


def test_with_model_override_only_what_is_declared_is_given(process: Process, clock: Clock) -> None:
    class Declared(Deal):
        def meet(self, criterion: str) -> bool:
            raise NotImplementedError

    deal: Any = Declared()
    process.bind(deal, case_id="ACME-42", clock=clock, model_override=True)
    assert deal.meet("survey_done")
    assert not hasattr(deal, "hold")


def test_names_that_are_taken_are_made_longer(tmp_path: Path, clock: Clock) -> None:
    text = """
stagegate: 1
process: clash
version: 1.0.0
title: Clash
tracks:
  - id: only
    stages:
      - {id: not_started, exit_criteria: [{id: one}]}
      - {id: then, exit_criteria: [{id: two}]}
      - {id: last, exit_criteria: [{id: three}]}
    decision_points:
      - {id: a_b, after: not_started, question: Q, outcomes: [{id: c, to: then}, {id: d, to: lost}]}
      - {id: a, after: then, question: Q, outcomes: [{id: b_c, to: last}, {id: d, to: lost}]}
ends: [{id: won, kind: won}, {id: lost, kind: lost}]
"""
    deal, binding = bound(loaded(tmp_path, text), clock)
    assert next(iter(binding.machine.states)) == "not_started_"
    assert deal.state == "not_started"
    deal.meet("one")
    assert deal.decide_a_b_c()
    assert deal.state == "then"
    deal.meet("two")
    assert deal.decide_a__b_c()
    assert deal.state == "last"


# -- refusals


def test_a_condition_that_fails_gives_false_and_the_reasons(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    assert not deal.may_end_lost()
    assert not deal.end_lost()
    assert [r.code for r in binding.reasons] == ["reason_required"]
    assert [r.code for r in binding.why_not("end_lost", reason="weather")] == ["unknown_reason"]
    assert deal.may_end_lost(reason="rival")
    assert binding.why_not("end_lost", reason="rival") == ()
    assert deal.end_lost(reason="rival")
    assert binding.reasons == ()


def test_a_trigger_that_the_state_does_not_have_raises(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    assert not deal.may_decide_worth_a_bid_go()
    with pytest.raises(
        transitions.MachineError, match="Can't trigger event decide_worth_a_bid_go from state visit"
    ) as told:
        deal.decide_worth_a_bid_go()
    assert isinstance(told.value, RefusedError)
    assert told.value.reasons[0].code == "not_asked"
    assert told.value.reasons == binding.reasons
    assert deal.state == "visit"


def test_invalid_triggers_are_ignored_where_the_host_says_so(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock, ignore_invalid_triggers=True)
    assert deal.decide_worth_a_bid_go() is False
    assert binding.reasons[0].code == "not_asked"


def test_mistakes_of_the_host_raise_what_the_case_raises(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    with pytest.raises(UnknownNameError, match="did you mean `survey_done`"):
        deal.meet("survey_don")
    with pytest.raises(TypeError):
        deal.end_lost("rival", "no_budget", "more")
    with pytest.raises(UnknownNameError, match="no trigger `fly`"):
        binding.why_not("fly")
    with pytest.raises(AttributeError, match="fly"):
        deal.trigger("fly")
    assert deal.may_trigger("fly") is False


def test_the_clock_tells_the_time_and_a_command_may_have_its_own(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    clock.turn(days=2)
    deal.meet("solution_asked_for", by="li.wei", note="on the phone")
    entry = binding.case.journal[-1]
    assert (entry.command.at, entry.command.by) == (clock(), "li.wei")
    assert not deal.meet("survey_done", at=process.open("x", at=clock()).at.replace(year=2025))
    assert [r.code for r in binding.reasons] == ["too_early"]


# -- triggers and transitions that are listed


def test_triggers_and_transitions_are_the_declared_ones(process: Process, clock: Clock) -> None:
    _, binding = bound(process, clock)
    machine = binding.machine
    assert set(machine.get_triggers("visit")) == {
        "meet", "retract", "attach", "waive", "set_facts", "observe", "hold", "resume", "tick",
        "jump_offer_at_once", "end_lost",
    }  # fmt: skip
    decisions = {t for t in machine.get_triggers("solution") if t.startswith("decide")}
    assert decisions == {f"decide_worth_a_bid_{o}" for o in ("go", "improve", "later", "no_go")}
    assert set(machine.get_triggers("won")) == {"tick", "reopen_visit", "reopen_solution", "reopen_bid"}
    assert {(t.source, t.dest) for t in machine.get_transitions("jump_offer_at_once")} == {("visit", "solution")}
    assert {(t.source, t.dest) for t in machine.get_transitions("decide_worth_a_bid_improve")} == {
        ("solution", "solution")
    }
    assert {(t.source, t.dest) for t in machine.get_transitions("end_lost")} == {
        (source, "lost") for source in ("not_started", "visit", "solution", "bid")
    }
    assert {t.source for t in machine.get_transitions(dest="bid") if t.dest == "bid"} >= {"solution"}


def test_the_conditions_of_a_transition_ask_the_case(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    (way,) = (t for t in binding.machine.get_transitions("meet", "visit") if t.dest == "solution")
    held = {c.func.__name__: c.func() for c in way.conditions}
    assert held == {"solution_asked_for": False, "budget_known": False, "survey_done": False}
    deal.set_facts({"budget": 10})
    assert {c.func.__name__: c.func() for c in way.conditions}["budget_known"]
    (go,) = binding.machine.get_transitions("decide_worth_a_bid_go")
    assert [c.func.__name__ for c in go.conditions] == ["budget >= 50000"]


def test_a_host_may_add_triggers_of_its_own_that_lead_nowhere(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    binding.machine.add_transition("call", "*", None, after=deal.note("called in"))
    assert deal.may_call()
    assert deal.call()
    assert deal.seen == ["called in visit"]
    for trigger, dest in (("meet", None), ("fly", "bid")):
        with pytest.raises(transitions.MachineError, match="declared in its process"):
            binding.machine.add_transition(trigger, "visit", dest)
    with pytest.raises(transitions.MachineError, match="declared in its process"):
        binding.machine.remove_transition("meet")
    binding.machine.remove_transition("call")
    assert not hasattr(deal, "call")


# -- callbacks

POINTS = ("prepare_event", "before_state_change", "after_state_change", "finalize_event", "on_final")


def by_hand(clock: Clock) -> tuple[Deal, Any]:
    """What a host would have written for two of the stages."""
    deal = Deal()
    machine = transitions.Machine(
        deal, states=["visit", "solution", {"name": "given_up", "final": True}], initial="visit", auto_transitions=False,
        **{point: deal.note(point) for point in POINTS},
    )  # fmt: skip
    machine.add_transition("meet", "visit", "solution")
    machine.add_transition("decide_worth_a_bid_improve", "solution", "solution")
    machine.add_transition("decide_worth_a_bid_no_go", "solution", "given_up")
    machine.add_transition("decide_worth_a_bid_go", "solution", "given_up", conditions=lambda: False)
    return deal, machine


def watched(deal: Deal, machine: Any) -> None:
    for state in ("visit", "solution", "given_up"):
        getattr(machine, f"on_exit_{state}")(deal.note(f"exit {state}"))
        getattr(machine, f"on_enter_{state}")(deal.note(f"enter {state}"))
    for trigger in ("meet", "decide_worth_a_bid_go", "decide_worth_a_bid_improve", "decide_worth_a_bid_no_go"):
        for when in ("prepare", "before", "after"):
            getattr(machine, f"{when}_{trigger}")(deal.note(f"{when} {trigger}"))


def test_callbacks_come_as_from_a_machine_written_by_hand(process: Process, clock: Clock) -> None:
    hand, machine = by_hand(clock)
    watched(hand, machine)
    deal: Any = Deal()
    binding = process.bind(deal, case_id="x", clock=clock, **{point: deal.note(point) for point in POINTS})
    deal.meet("solution_asked_for")
    deal.set_facts({"budget": 10})
    deal.seen.clear()
    watched(deal, binding.machine)
    deal.meet("survey_done")
    binding.case.meet("solution_accepted", at=clock())
    deal.decide_worth_a_bid_improve()
    binding.case.meet("survey_done", at=clock())
    binding.case.meet("solution_accepted", at=clock())
    assert deal.decide_worth_a_bid_go() is False
    deal.decide_worth_a_bid_no_go()
    same: Any = hand
    same.meet()
    same.decide_worth_a_bid_improve()
    assert same.decide_worth_a_bid_go() is False
    same.decide_worth_a_bid_no_go()
    assert deal.seen == hand.seen
    assert deal.state == hand.state == "given_up"


def test_methods_of_the_model_are_found_by_their_names(process: Process, clock: Clock) -> None:
    class Written(Deal):
        def on_enter_solution(self, *args: str, **kwargs: str) -> None:
            self.seen.append(f"entered with {args} {kwargs}")

        def on_complete_visit(self, *args: Any) -> None:
            self.seen.append("completed")

        def on_exit_visit(self, *args: Any, **kwargs: Any) -> None:
            self.seen.append("left")

    deal: Any = Written()
    process.bind(deal, case_id="x", clock=clock)
    deal.meet("solution_asked_for")
    deal.set_facts({"budget": 10})
    assert deal.seen == ["completed"]
    deal.meet("survey_done", by="li.wei")
    assert deal.seen == ["completed", "left", "entered with ('survey_done',) {'by': 'li.wei'}"]


def test_the_event_data_hold_the_command_and_the_step(process: Process, clock: Clock) -> None:
    seen: list[Any] = []

    def note(event: CaseEventData) -> None:
        seen.append((event.state.name, event.transition.source, event.transition.dest, event.command, event.step))

    deal, binding = bound(process, clock, send_event=True)
    binding.machine.before_meet(note)
    binding.machine.after_meet(note)
    deal.set_facts({"budget": 10})
    deal.meet("survey_done")
    deal.meet("solution_asked_for", by="li.wei")
    (*_, before, after) = seen
    assert before[:3] == ("visit", "visit", "solution")
    assert after[:3] == ("solution", "visit", "solution")
    assert after[3].by == "li.wei"
    assert (
        [e.kind for e in after[4].events]
        == ["completed", "entered", "gap_changed"][:2]
        == [e.kind for e in before[4].events]
    )
    assert after[4] is binding.step
    assert seen[0][2] is None, "evidence that moves nothing is an internal transition"


def test_every_state_on_the_way_is_entered_and_left(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    for criterion in ("solution_asked_for", "survey_done", "solution_accepted"):
        deal.meet(criterion)
    seen: list[str] = []
    for state in ("visit", "solution"):
        getattr(binding.machine, f"on_enter_{state}")(lambda *_, s=state, **__: seen.append(f"enter {s}"))
        getattr(binding.machine, f"on_exit_{state}")(lambda *_, s=state, **__: seen.append(f"exit {s}"))
        getattr(binding.machine, f"on_complete_{state}")(lambda *_, s=state, **__: seen.append(f"complete {s}"))
    deal.set_facts({"budget": 80_000})
    assert seen == ["exit visit", "complete visit", "enter solution", "complete solution"]
    assert deal.decide_worth_a_bid_go(role="manager")
    assert deal.state == "bid"
    seen.clear()
    deal.retract("survey_done")
    assert deal.state == "visit"
    assert seen == ["enter visit"], "withdrawn evidence moves the case back"


def test_what_a_callback_raises_before_the_state_changes_stops_it(process: Process, clock: Clock) -> None:
    for when in ("prepare_jump_offer_at_once", "before_end_lost", "on_exit_visit"):
        deal, binding = bound(process, clock)

        def fails(*_: Any, **__: Any) -> None:
            raise KeyError("host")

        getattr(binding.machine, when)(fails)
        with pytest.raises(KeyError, match="host"):
            deal.jump_offer_at_once(answer="willing") if "jump" in when else deal.end_lost(reason="rival")
        assert deal.state == "visit"
        assert binding.case.seq == 1


def test_what_a_callback_raises_afterwards_undoes_nothing(process: Process, clock: Clock) -> None:
    caught: list[str] = []
    deal, binding = bound(process, clock, send_event=True, on_exception=lambda event: caught.append(repr(event.error)))
    binding.machine.on_enter_lost(lambda event: {}["host"])
    deal.end_lost(reason="rival")
    assert caught == ["KeyError('host')"]
    assert deal.state == "lost" == binding.case.ended


def test_a_callback_may_tell_the_case_something_first(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    deal.set_facts({"budget": 10})
    for criterion in ("solution_asked_for", "survey_done", "solution_accepted"):
        deal.meet(criterion)

    def look_up(**_: Any) -> None:
        clock.turn(hours=1)
        binding.case.set_facts({"budget": 90_000}, at=clock())

    assert not deal.may_decide_worth_a_bid_go(role="manager")
    binding.machine.prepare_decide_worth_a_bid_go(look_up)
    assert deal.may_decide_worth_a_bid_go(role="manager")
    assert deal.decide_worth_a_bid_go(role="manager")
    assert deal.state == "bid"


def test_the_case_has_the_last_word_when_a_callback_changes_it(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    binding.machine.before_jump_offer_at_once(lambda **_: binding.case.hold(at=clock()))
    assert deal.jump_offer_at_once(answer="willing") is False
    assert [r.code for r in binding.reasons] == ["on_hold"]
    assert deal.state == "visit"


def test_triggers_in_callbacks_wait_in_a_queue_where_the_host_says_so(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock, queued=True)
    binding.machine.on_enter_lost(lambda **_: deal.reopen_visit())
    binding.machine.after_end_lost(deal.note("after"))
    assert deal.end_lost(reason="rival")
    assert deal.seen == ["after lost"]
    assert deal.state == "visit"


def test_the_same_key_again_is_no_second_move(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    binding.machine.after_meet(deal.note("after"))
    assert deal.meet("survey_done", key="mail-1")
    assert deal.meet("survey_done", key="mail-1")
    assert deal.seen == ["after visit"]
    assert binding.case.seq == 2


def test_a_command_is_given_through_its_trigger(process: Process, clock: Clock) -> None:
    from stagegate import commands

    deal, binding = bound(process, clock)
    binding.machine.after_meet(deal.note("after"))
    assert binding.do(commands.meet("survey_done", clock()))
    assert deal.seen == ["after visit"]
    with pytest.raises(RefusedError, match="not optional"):
        binding.do(commands.skip("solution", clock()))


def test_without_the_package_the_error_tells_what_to_install() -> None:
    program = (
        "import sys; sys.modules['transitions'] = None\n"
        "import stagegate\n"
        "process = stagegate.load('project-sales')\n"
        "try: process.bind(object(), case_id='x', clock=lambda: None)\n"
        "except ModuleNotFoundError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "binding a model needs the package transitions: pip install 'stagegate[transitions]'\n"
