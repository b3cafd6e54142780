"""How much the scenarios and invariants of a process would notice: its mutants judged one by one, and the score.

A mutant is noticed when a scenario that passes fails on it, or when an invariant that is proved is broken by it. One that
nobody can tell from the original is equivalent. The others survive, each with commands that tell it from the original
where some were found: the beginning of the scenario that is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from attrs import field, frozen

from stagegate.errors import StagegateError
from stagegate.model import NO_TEXT, Invariant, Scenario, Text
from stagegate.process import Process
from stagegate.verify.mutants import OPERATORS, Mutant, mutants
from stagegate.verify.mutants.alike import equivalent
from stagegate.verify.mutants.closure import never_apart
from stagegate.verify.mutants.tour import Hint, Tour, hint
from stagegate.verify.prove import prove
from stagegate.verify.scenarios import play

EFFORT: Final = 20_000
"""The most steps of the engine that one invariant may take on one mutant."""
TOUR: Final = 4_000
"""The most steps that a tour of the original takes."""
CAPS: Final = ("lift-cap", "other-cap")

Fate = Literal["noticed", "equivalent", "survived"]


@frozen
class Judged:
    """What became of a mutant.

    `by` is who noticed it first, `scenario[id]` or the name of an invariant such as `never[id]`; `why` says why it is
    equivalent; `hint` tells a survivor from the original, None where nothing was found.
    """

    mutant: Mutant
    fate: Fate
    by: str = ""
    why: Text = NO_TEXT
    hint: Hint | None = None


@frozen
class Count:
    """How many mutants an operator made, and what became of them."""

    operator: str
    noticed: int
    equivalent: int
    survived: int

    @property
    def all(self) -> int:
        """How many there are."""
        return self.noticed + self.equivalent + self.survived


@frozen
class MutationReport:
    """What became of every mutant of a process, operator by operator.

    `unusable` names the scenarios that fail and the invariants that are not proved on the original: they notice nothing.
    """

    process: Process = field(repr=False)
    judged: tuple[Judged, ...] = field(repr=False)
    unusable: tuple[str, ...] = ()

    def of(self, fate: Fate) -> tuple[Judged, ...]:
        """The mutants of one fate."""
        return tuple(each for each in self.judged if each.fate == fate)

    @property
    def survivors(self) -> tuple[Judged, ...]:
        """The mutants that nothing noticed, in the order of the file."""
        return tuple(sorted(self.of("survived"), key=lambda each: each.mutant.where))

    @property
    def score(self) -> float:
        """Noticed mutants as a share of those that could be, from 0 to 1; 1 where there are none."""
        possible = len(self.judged) - len(self.of("equivalent"))
        return len(self.of("noticed")) / possible if possible else 1.0

    def counts(self) -> tuple[Count, ...]:
        """The operators that made mutants, in their order."""
        fates: Mapping[str, list[Fate]] = {operator.name: [] for operator in OPERATORS}
        for each in self.judged:
            fates[each.mutant.operator].append(each.fate)
        return tuple(
            Count(name, found.count("noticed"), found.count("equivalent"), found.count("survived"))
            for name, found in fates.items()
            if found
        )


def mutation(
    process: Process,
    scenarios: Iterable[Scenario] | None = None,
    invariants: Iterable[Invariant] | None = None,
    *,
    effort: int = EFFORT,
) -> MutationReport:
    """The fate of every mutant of a process, with these scenarios and invariants, by default those of its definition.

    `effort` is the most steps of the engine that one invariant may take; one that is undecided notices nothing.
    """
    judge = Judge(process, scenarios, invariants, effort=effort)
    return judge.report(each for mutant in judge.mutants if (each := judge.judged(mutant)) is not None)


class Judge:
    """Judges the mutants of one process, one by one."""

    def __init__(
        self,
        process: Process,
        scenarios: Iterable[Scenario] | None = None,
        invariants: Iterable[Invariant] | None = None,
        *,
        effort: int = EFFORT,
    ) -> None:
        self.process = process
        self.effort = effort
        self.mutants: tuple[Mutant, ...] = mutants(process.definition)
        every = tuple(process.definition.scenarios if scenarios is None else scenarios)
        self.scenarios: tuple[Scenario, ...] = tuple(each for each in every if play(process, each).passed)
        asked = tuple(process.definition.invariants if invariants is None else invariants)
        self.invariants: tuple[Invariant, ...] = tuple(each for each in asked if self._says(process, each) == "proved")
        self.unusable: tuple[str, ...] = (
            *(f"scenario[{each.id}]" for each in every if each not in self.scenarios),
            *(name_of(each) for each in asked if each not in self.invariants),
        )
        self._tours: dict[str, Tour] = {}

    def report(self, judged: Iterable[Judged]) -> MutationReport:
        """The report of mutants that were judged."""
        return MutationReport(self.process, tuple(judged), self.unusable)

    def judged(self, mutant: Mutant) -> Judged | None:
        """What becomes of a mutant; None where no process can be made of it, which counts neither way."""
        try:
            changed = Process(mutant.definition)
        except (StagegateError, LookupError, ValueError):
            return None
        by = self._scenario(changed)
        if by:
            return Judged(mutant, "noticed", by)
        why = equivalent(self.process.definition, mutant)
        if why is not None:
            return Judged(mutant, "equivalent", why=why)
        by = self._invariant(changed)
        if by:
            return Judged(mutant, "noticed", by)
        return self._survivor(mutant, changed)

    def _scenario(self, changed: Process) -> str:
        """The first scenario that fails on a mutant, "" if none does."""
        found = next((each for each in self.scenarios if not play(changed, each).passed), None)
        return "" if found is None else f"scenario[{found.id}]"

    def _invariant(self, changed: Process) -> str:
        """The first invariant that a mutant breaks, "" if it breaks none."""
        found = next((each for each in self.invariants if self._says(changed, each) == "broken"), None)
        return "" if found is None else name_of(found)

    def _says(self, process: Process, invariant: Invariant) -> str:
        """What is proved of an invariant."""
        return prove(process, (invariant,), effort=self.effort)[0].verdict

    def _survivor(self, mutant: Mutant, changed: Process) -> Judged:
        """A mutant that nothing has noticed: told from the original by some commands, or by none there are."""
        found = next((found for tour in self._ways(mutant) if (found := hint(tour, mutant, changed.tables))), None)
        if found is None and never_apart(self.process.tables, changed.tables, mutant):
            why = Text("no command in any state is answered otherwise", "在任何状态下，任何命令的结果都相同")
            return Judged(mutant, "equivalent", why=why)
        return Judged(mutant, "survived", hint=found)

    def _ways(self, mutant: Mutant) -> Iterable[Tour]:
        """The tours on which a mutant may show: where it is about a cap, one that goes up to it."""
        yield self._tour("")
        if mutant.operator in CAPS:
            yield self._tour(mutant.key.partition(":")[2])

    def _tour(self, counted: str) -> Tour:
        """A tour, made when it is first needed."""
        if counted not in self._tours:
            self._tours[counted] = Tour(self.process.tables, TOUR, counted)
        return self._tours[counted]


def name_of(invariant: Invariant) -> str:
    """`kind[id]`."""
    return f"{invariant.kind}[{invariant.id}]"
