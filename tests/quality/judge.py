"""A small, obvious judge: plays a journal command by command and says whether an answer's fault shows at a moment.

It knows nothing of proofs. Conditions are evaluated by the engine on the case as it stands; `before` is read from the
events of one command and the statuses after it. Whether no way leads on (`from_everywhere`, `way_out`) is not looked
at: such a journal only claims it, and the judge says whether the case is open and not at one of the targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stagegate.case import Case
from stagegate.engine.commands import Command
from stagegate.engine.events import Event
from stagegate.engine.questions import viewing
from stagegate.engine.walk import automatic_outcome, verdicts
from stagegate.engine.work import Work
from stagegate.model import DecisionPoint, Invariant
from stagegate.process import Process

CLAIMED = ("from_everywhere", "way_out")
"""The kinds of which a journal shows the moment only, and not that nothing can follow."""


class Moment(NamedTuple):
    """A case after its opening or an accepted command, with what followed from that command."""

    process: Process
    case: Case
    events: tuple[Event, ...]

    @property
    def scope(self) -> Work:
        """What conditions are evaluated in."""
        return viewing(self.process.tables, self.case.snapshot)

    @property
    def stages(self) -> set[str]:
        """The current stage of every track."""
        return {position.stage for position in self.case.positions.values()}


class RefusedError(AssertionError):
    """A command of the journal was refused."""


def moments(process: Process, journal: Sequence[Command]) -> Iterator[Moment]:
    """The moments of a journal, that of the opening first; raises `RefusedError`."""
    opening, *commands = journal
    case = process.opened("judged", opening)
    yield Moment(process, case, case.events())
    for command in commands:
        step = case.do(command)
        if not step.accepted:
            raise RefusedError(f"{command.kind} {command.subject}: {[reason.message for reason in step.reasons]}")
        yield Moment(process, case, step.events)


def is_broken(name: str, moment: Moment) -> bool:
    """Whether the fault named `kind[id]` shows at this moment."""
    kind, _, id = name.rstrip("]").partition("[")
    match kind:
        case "rests":
            return any(goes_on_by_itself(moment, d) for d in moment.process.definition.decision_points())
        case "one_outcome":
            return verdicts_now(moment, id).count(True) > 1
        case "some_outcome":
            told = verdicts_now(moment, id)
            return bool(told) and set(told) == {False}
        case "way_out":
            return not moment.case.ended
        case _:
            invariant = next(i for i in moment.process.definition.invariants if i.id == id)
            assert invariant.kind == kind, f"{id} is of kind {invariant.kind}, not {kind}"
            return breaks(invariant, moment)


def breaks(invariant: Invariant, moment: Moment) -> bool:
    """Whether an invariant is broken at this moment."""
    match invariant.kind:
        case "before":
            return enters(invariant, moment) and not holds_before(invariant, moment)
        case "from_everywhere":
            return not moment.case.ended and not moment.stages & set(invariant.targets)
        case "never" | "always":
            assert invariant.condition is not None
            looked_at = not invariant.inside or bool(moment.stages & set(invariant.inside))
            value = invariant.condition.evaluate(moment.scope)
            return looked_at and (value is True if invariant.kind == "never" else value is not True)
        case _:
            raise AssertionError(f"no moment shows that `{invariant.kind}` is broken")


def enters(invariant: Invariant, moment: Moment) -> bool:
    """Whether one of the stages is entered, or the case comes to one of the ends, by the last command."""
    return any(e.kind in ("entered", "ended") and e.subject in invariant.entering for e in moment.events)


def holds_before(invariant: Invariant, moment: Moment) -> bool:
    """Whether every criterion is met, or waived where that will do."""
    enough = ("met", "waived") if invariant.or_waived else ("met",)
    return all(moment.case.status(criterion) in enough for criterion in invariant.criteria)


# --- automatic decisions --------------------------------------------------------------------------------


def verdicts_now(moment: Moment, id: str) -> list[bool | None]:
    """What each outcome of an automatic decision says, nothing when the case does not stop there."""
    decision = moment.process.tables.decision_of[id]
    if moment.case.on_hold or all(position.pending != id for position in moment.case.positions.values()):
        return []
    return [value for _, value in verdicts(moment.scope, decision, "")]


def goes_on_by_itself(moment: Moment, point: DecisionPoint) -> bool:
    """Whether the case stops at an automatic decision that is clear: the next command would take it again."""
    if not point.automatic or all(position.pending != point.id for position in moment.case.positions.values()):
        return False
    decision = moment.process.tables.decision_of[point.id]
    return not moment.case.on_hold and automatic_outcome(moment.scope, decision, "") is not None
