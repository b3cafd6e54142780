"""What must hold of every case at every moment, whatever its process: each law raises AssertionError where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from stagegate.engine.results import REASON_CODES
from stagegate.testing.moments import broken
from stagegate.testing.times import moved

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.engine.commands import Command
    from stagegate.engine.results import Step
    from stagegate.model import Invariant
    from stagegate.process import Process
    from stagegate.testing.suggestions import Adviser


def answers_properly(before: dict[str, Any], was_ended: str, command: Command, done: Step, case: Case) -> None:
    """A refused command changes nothing and says why in known words; what has ended accepts nothing but `reopen`."""
    if not done.accepted:
        assert case.to_dict() == before, f"{command!r} was refused and has changed the case"
        assert done.reasons, f"{command!r} was refused without a reason"
        unknown = [reason.code for reason in done.reasons if reason.code not in REASON_CODES]
        assert not unknown, f"{command!r} was refused for reasons nobody knows: {', '.join(unknown)}"
        assert not done.events, f"{command!r} was refused, and something followed: {done.events!r}"
    elif was_ended and command.kind != "reopen":
        assert case.to_dict() == before, f"{command!r} was accepted though the case had ended with `{was_ended}`"


def replays(process: Process, case: Case) -> None:
    """The journal of the case gives the same snapshot again, and the same events."""
    again, differences = process.replay(case.to_journal())
    assert not differences, f"replaying the journal differs: {differences[0]!r}"
    assert again.to_dict() == case.to_dict(), "replaying the journal gives another snapshot"


def survives_being_kept(process: Process, case: Case) -> None:
    """A snapshot written as JSON and read again is the same snapshot."""
    kept = json.loads(json.dumps(case.to_dict()))
    assert process.restore(kept).to_dict() == kept, "a snapshot that is kept and restored is another one"


def can_be_explained(case: Case) -> None:
    """Every question has an answer, and a chance is from 0 to 1."""
    seen = case.explain()
    assert seen.chance is None or 0 <= seen.chance <= 1, f"a chance of {seen.chance}"
    assert not seen.won or seen.won in [end.id for end in case.definition.every_end()], f"won by `{seen.won}`"


def keeps_its_promises(adviser: Adviser, case: Case) -> None:
    """What the next actions call allowed is accepted, with the role, answer and reason it asks for."""
    for action in case.next_actions():
        for command in adviser.for_action(action, case) if action.allowed else ():
            done = case.would(moved(command, case.at))
            reasons = ", ".join(reason.code for reason in done.reasons)
            assert done.accepted, f"{action!r} is said to be allowed, and {command!r} is refused: {reasons}"


def holds(process: Process, invariants: Iterable[Invariant], case: Case) -> None:
    """Every `never` and `always` holds now."""
    for invariant in broken(invariants, case, process.tables):
        condition = "" if invariant.condition is None else invariant.condition.text
        raise AssertionError(f"invariant `{invariant.id}` is broken: {invariant.kind} {condition}\n{told(case)}")


def told(case: Case) -> str:
    """The journal of a case, a command a line, and where it stands now."""
    return "\n".join([*lines([entry.command for entry in case.journal]), f"now: {standing(case)}"])


def lines(commands: Sequence[Command]) -> list[str]:
    """The commands of a journal, numbered."""
    return [f"{number:>3}. {command!r}" for number, command in enumerate(commands, start=1)]


def standing(case: Case) -> str:
    """Where a case stands on each track, and its end."""
    places = "; ".join(str(position) for position in case.positions.values())
    return f"{places}; ended: {case.ended}" if case.ended else places
