"""A state machine for Hypothesis that tries to bring any process out of order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stagegate.engine.commands import set_facts, tick
from stagegate.testing import laws
from stagegate.testing.any_command import commands
from stagegate.testing.likely import likely_values
from stagegate.testing.menu import Menu
from stagegate.testing.moments import of_moments
from stagegate.testing.suggestions import Adviser
from stagegate.testing.times import moved
from stagegate.testing.values import facts

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.engine.commands import Command
    from stagegate.model import Invariant
    from stagegate.process import Process


def machine(process: Process, *, invariants: Iterable[Invariant] | None = None) -> type[CaseMachine]:
    """A stateful test of a process: one case, rules that do anything with it, and laws that hold after each of them.

    The rules bring the case on, give evidence and facts, take back, waive, jump, hold, end and reopen, let time
    pass, and do what makes no sense. After each of them: replaying the journal gives the same snapshot, a snapshot survives being
    kept as JSON, a refused command has changed nothing and says why, what the next actions allow is accepted, the case can be
    explained, its chance is from 0 to 1, an ended case accepts only `reopen`, and the `never` and `always` among
    `invariants`, by default those of the definition, hold. The other kinds of invariants are left to `stagegate prove`.

        TestMyProcess = machine(stagegate.load("my.yaml")).TestCase

    How long Hypothesis looks is said as of every state machine: `TestMyProcess.settings = settings(max_examples=500)`.
    """
    watched = of_moments(process.definition.invariants if invariants is None else invariants)
    name = "".join(word.capitalize() for word in process.name.replace("_", "-").split("-"))
    drawn = Drawn(process)
    return type(f"{name}Machine", (CaseMachine,), {"process": process, "watched": watched, "drawn": drawn})


class Drawn:
    """What the rules of one process draw from."""

    def __init__(self, process: Process) -> None:
        self.adviser = Adviser(process.tables, likely_values(process.tables))
        self.menu = Menu(self.adviser)
        self.openings = st.sampled_from(self.adviser.openings())
        self.anything = commands(process)
        self.facts = facts(process)
        self.has_facts = bool(process.definition.facts)


class CaseMachine(RuleBasedStateMachine):
    """The rules and laws; `machine` makes one for a process."""

    process: ClassVar[Process]
    watched: ClassVar[tuple[Invariant, ...]]
    drawn: ClassVar[Drawn]
    case: Case

    @initialize(data=st.data())
    def opened(self, data: st.DataObject) -> None:
        """A case is opened, at the start or anywhere."""
        self.case = self.process.opened("tested", data.draw(self.drawn.openings))

    # --- rules --------------------------------------------------------------------------------------

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """What the next actions allow."""
        self.one_of(self.drawn.adviser.on(self.case), data)

    @precondition(lambda self: not self.case.ended)
    @rule(data=st.data())
    def give_evidence(self, data: st.DataObject) -> None:
        """A criterion, a document, an observation, or a fact that matters."""
        self.one_of(self.drawn.adviser.evidence(self.case), data)

    @precondition(lambda self: self.drawn.has_facts and not self.case.ended)
    @rule(data=st.data())
    def give_facts(self, data: st.DataObject) -> None:
        """Any facts."""
        self.do(set_facts(data.draw(self.drawn.facts, "facts"), self.case.at))

    @precondition(lambda self: not self.case.ended)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        """A report taken back, a fact forgotten, a criterion waived."""
        self.one_of(self.drawn.adviser.back(self.case), data)

    @precondition(lambda self: not self.case.ended)
    @rule(data=st.data())
    def do_beside(self, data: st.DataObject) -> None:
        """An activity, a sub-procedure, a breach, a hold or its end."""
        self.one_of(self.drawn.adviser.beside(self.case), data)

    @precondition(lambda self: not self.case.ended)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """An end by command."""
        self.one_of(self.drawn.adviser.ends(self.case), data)

    @rule(hours=st.integers(0, 24 * 60))
    def wait(self, hours: int) -> None:
        """Time passes, and is asked what has become due."""
        self.do(tick(self.case.at + timedelta(hours=hours)))

    @rule(data=st.data())
    def do_anything(self, data: st.DataObject) -> None:
        """Any command, whether anybody would do it or not."""
        self.do(moved(data.draw(self.drawn.anything, "command"), self.case.at))

    def one_of(self, some: Sequence[Command], data: st.DataObject) -> None:
        """Does one of these commands, if there are any."""
        if some:
            self.do(moved(data.draw(self.drawn.menu.one_of(some), "command"), self.case.at))

    def do(self, command: Command) -> None:
        """Does a command and looks at the answer."""
        before, ended = self.case.to_dict(), self.case.ended
        done = self.case.do(command)
        note(f"{command!r}: {'accepted' if done.accepted else 'refused: ' + ', '.join(r.code for r in done.reasons)}")
        laws.answers_properly(before, ended, command, done, self.case)

    # --- laws ---------------------------------------------------------------------------------------

    @invariant()
    def replays(self) -> None:
        """The journal gives the same case again."""
        laws.replays(self.process, self.case)

    @invariant()
    def survives_being_kept(self) -> None:
        """So does the snapshot."""
        laws.survives_being_kept(self.process, self.case)

    @invariant()
    def can_be_explained(self) -> None:
        """Every question has an answer."""
        laws.can_be_explained(self.case)

    @invariant()
    def keeps_its_promises(self) -> None:
        """What is allowed is accepted."""
        laws.keeps_its_promises(self.drawn.adviser, self.case)

    @invariant()
    def invariants_hold(self) -> None:
        """Every `never` and `always` holds."""
        laws.holds(self.process, self.watched, self.case)
