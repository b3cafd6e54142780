"""The bound machine and a case of its own, given the same commands, tell the same: for every bundled definition."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stagegate
from stagegate.binding import Binding, RefusedError
from stagegate.engine.commands import Command
from stagegate.engine.results import Step
from stagegate.errors import CommandError, UnknownNameError
from stagegate.process import Process
from stagegate.testing import definition_from_seed, journals

transitions = pytest.importorskip("transitions")
FEW = settings.default.max_examples // 25  # for each of the many definitions


class Deal:
    """A host's object; `walked` are the states it was told to leave and to enter, `told` the triggers."""

    state: str

    def __init__(self) -> None:
        self.walked: list[tuple[str, str]] = []
        self.told: list[str] = []


def bound(process: Process, opening: Command, **options: Any) -> tuple[Deal, Binding]:
    """A deal bound to a new case, which notes all it is told."""
    deal = Deal()
    case = process.opened("x", opening)
    binding = process.bind(deal, case, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC), send_event=True, **options)
    machine = binding.machine
    for state in machine.states:
        getattr(machine, f"on_exit_{state}")(lambda event: deal.walked.append(("exit", event.state.name)))
        getattr(machine, f"on_enter_{state}")(lambda event: deal.walked.append(("enter", event.state.name)))
    for trigger in machine.events:
        getattr(machine, f"before_{trigger}")(lambda event: deal.told.append(f"before {event.event.name}"))
        getattr(machine, f"after_{trigger}")(lambda event: deal.told.append(f"after {event.event.name}"))
    return deal, binding


def tried(do: Any, command: Command) -> Step | str:
    """What comes of a command; the mistake of the host, if it is one."""
    try:
        return do(command)
    except (UnknownNameError, CommandError) as error:
        return f"{type(error).__name__}: {error}"


def through(binding: Binding, command: Command) -> Step:
    """The step that a command makes, given through its trigger."""
    deal: Deal = binding.model
    deal.walked, deal.told = [], []
    name, args, kwargs = binding.machine.triggers.call(command) if checked(binding, command) else ("", (), {})
    before, may = deal.state, False
    if name:
        may = getattr(deal, f"may_{name}")(*args, **kwargs)
        against = binding.why_not(name, *args, **kwargs)
        assert may is (against == ())
    try:
        done = binding.do(command)
    except RefusedError as error:
        done, refused = False, error.step
    else:
        refused = None
    step = binding.step
    assert step is not None
    assert refused is (step if not done and name not in binding.machine.get_triggers(before) else None)
    assert done == step.accepted == may
    assert binding.reasons == step.reasons
    walked_alike(deal, before, step)
    return step


def checked(binding: Binding, command: Command) -> bool:
    """Whether the process has what the command names."""
    try:
        binding.case.would(command)
    except (UnknownNameError, CommandError):
        return False
    return True


def walked_alike(deal: Deal, before: str, step: Step) -> None:
    """States are left and entered in turns, from the one before to the present one; refused, nothing is called."""
    states = [state for _, state in deal.walked]
    assert [what for what, _ in deal.walked] == ["exit", "enter"] * (len(states) // 2)
    assert states[:1] in ([], [before])
    assert states[1:-1:2] == states[2::2]
    assert (states or [before])[-1] == deal.state
    kinds = [told.split(" ")[0] for told in deal.told]
    assert kinds == (["before", "after"] if step.accepted and not step.repeated else [])


def same_trace(process: Process, journal: list[Command]) -> None:
    """Plays a journal both ways, and compares after every command."""
    plain = process.opened("x", journal[0])
    deal, binding = bound(process, journal[0])
    for command in journal[1:]:
        alone, by_trigger = tried(plain.do, command), tried(lambda c: through(binding, c), command)
        assert type(alone) is type(by_trigger), (command, alone, by_trigger)
        if isinstance(alone, Step) and isinstance(by_trigger, Step):
            assert by_trigger.events == alone.events
            assert by_trigger.reasons == alone.reasons
        else:
            assert by_trigger == alone
        assert binding.case.positions == plain.positions
        assert binding.case.to_dict() == plain.to_dict()
        assert deal.state == (plain.ended or plain.position.stage or "not_started")
        assert getattr(deal, f"is_{deal.state}")()
        assert binding.machine.get_model_state(deal).name == deal.state
    assert [(e.command, e.events) for e in binding.case.journal] == [(e.command, e.events) for e in plain.journal]


@pytest.mark.parametrize("name", stagegate.bundled_names())
def test_the_machine_and_the_case_tell_the_same(name: str) -> None:
    process = stagegate.load(name)

    @settings(max_examples=FEW)
    @given(journals(process))
    def runs(journal: list[Command]) -> None:
        same_trace(process, journal)

    runs()


@settings(max_examples=15 * FEW)
@given(st.data())
def test_so_they_do_for_definitions_nobody_wrote(data: st.DataObject) -> None:
    process = Process(definition_from_seed(data.draw(st.integers(0, 10_000))))
    same_trace(process, data.draw(journals(process)))
