"""Searches with what is asked of them: invariants to which the same matters share one, and it can be gone on with.

Only where a search has spent its effort without an end, another one runs ahead.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from attrs import evolve

from stagegate.verify.answers import Answer, Verdict
from stagegate.verify.focus import Question, focus_on
from stagegate.verify.moments import Arrives, Enters, Holds
from stagegate.verify.search import Result, Search, Watcher
from stagegate.verify.shorten import shortened

if TYPE_CHECKING:
    from stagegate.engine.tables import Tables
    from stagegate.model import Invariant
    from stagegate.verify.focus import Focus

LONGER: Final = "; there may be a shorter journal"


class Inquiry(Protocol):
    """What is asked of one search; `numbers` are those of the invariants, `steps` what it has taken so far."""

    numbers: list[int]

    @property
    def steps(self) -> int:
        """The steps of the engine taken so far."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether more effort may decide more."""
        ...

    def go_on(self, effort: int, *, last: bool) -> None:
        """Searches on, with about so much effort; the `last` time another search may run ahead."""
        ...

    def answers(self) -> Mapping[int, Answer]:
        """The answers so far, by the numbers of the invariants."""
        ...


class Together:
    """Invariants about single moments and entries, to which the same matters: one search for all."""

    def __init__(self, tables: Tables, focus: Focus) -> None:
        self.tables = tables
        self.focus = focus
        self.numbers: list[int] = []
        self.invariants: list[Invariant] = []
        self.watchers: list[Watcher] = []
        self.ahead: dict[int, Result] = {}  # by position: what was found ahead
        self.more = 0  # the steps this took
        self._search: Search | None = None

    def add(self, number: int, invariant: Invariant) -> None:
        """Takes an invariant in, before the search."""
        self.numbers.append(number)
        self.invariants.append(invariant)
        kind = Enters if invariant.kind == "before" else Holds
        self.watchers.append(kind(self.tables, invariant))

    @property
    def search(self) -> Search:
        """The search, made when it is first needed."""
        if self._search is None:
            self._search = Search(self.tables, self.focus, self.watchers)
        return self._search

    @property
    def steps(self) -> int:
        """The steps of the engine taken so far."""
        return self.search.steps + self.more

    @property
    def is_open(self) -> bool:
        """Whether more effort may decide more."""
        return not self.search.finished

    def go_on(self, effort: int, *, last: bool) -> None:
        """Searches on with half of the effort; the `last` time runs ahead with the other half for what is not found by then."""
        self.search.run(effort // 2)
        if last and not self.search.finished:
            self._run_ahead(effort // 2)

    def _run_ahead(self, effort: int) -> None:
        """Finds what lies far ahead, and makes the journals shorter."""
        left = list(self.search.sought)
        eager = Search(self.tables, self.focus, [self.watchers[each] for each in left], eager=True)
        eager.run(effort // 2)
        self.more = eager.steps
        for number, place in enumerate(left):
            result = eager.result(number)
            if result.found:
                room = (effort - eager.steps) // len(eager.finds)
                journal, steps = shortened(self.tables, self.watchers[place], result.journal, room)
                self.more += steps
                self.ahead[place] = result._replace(journal=journal, steps=self.search.steps + result.steps + steps)

    def answers(self) -> dict[int, Answer]:
        """The answers so far, by the numbers of the invariants."""
        return {number: self._answer(place) for place, number in enumerate(self.numbers)}

    def _answer(self, place: int) -> Answer:
        shown, hidden = SENTENCES[self.invariants[place].kind == "possible"]
        if place in self.ahead:
            found = self.ahead[place]
            return found.answer(shown, found.found + LONGER)
        result = self.search.result(place)
        if result.found:
            return result.answer(shown, result.found)
        return exhausted(result, self.focus, *hidden)


# By whether it is asked for what is possible: the verdict when something is found, verdict and sentence when nothing is.
SENTENCES: Final[Mapping[bool, tuple[Verdict, tuple[Verdict, str]]]] = {
    False: ("broken", ("proved", "it holds in every state")),
    True: ("proved", ("broken", "it is so in none of the states")),
}


def exhausted(result: Result, focus: Focus, verdict: Verdict, sentence: str) -> Answer:
    """The answer when nothing was found: it holds for all that was searched."""
    if not result.finished or focus.why:
        return result.answer("undecided", result.how_far(focus.why))
    return result.answer(verdict, f"{sentence} ({result.states})")


class Everywhere:
    """`from_everywhere`: from every open state some way leads to one of the question's stages and ends.

    First every count that only bars moves is taken as unused on the way to a state and as used up from there on, and it is left
    out how stages were entered: what holds then holds always. Only where it does not, all this is followed exactly.
    `watchers` see the first search; it goes through every state.
    """

    def __init__(self, tables: Tables, question: Question, number: int = 0, watchers: Sequence[Watcher] = ()) -> None:
        self.tables = tables
        self.question = question
        self.numbers = [number]
        self.arrives = Arrives(tables, question.targets)
        self.search = self.first = Search(tables, focus_on(tables, question), watchers, arrives=self.arrives)
        self.answer: Answer | None = None

    @property
    def steps(self) -> int:
        """The steps of the engine taken so far."""
        return self.first.steps if self.search is self.first else self.first.steps + self.search.steps

    @property
    def is_open(self) -> bool:
        """Whether more effort may decide more."""
        return self.answer is None

    def go_on(self, effort: int, *, last: bool = False) -> None:
        """Searches on; where there seems to be no way, once more exactly."""
        before = self.steps
        self.search.run(effort)
        self._conclude()
        if self.answer is not None and self.answer.verdict == "broken" and self.search is self.first:
            exactly = focus_on(self.tables, evolve(self.question, exact=True))
            self.search, self.answer = Search(self.tables, exactly, (), arrives=self.arrives), None
            self.search.run(effort - (self.steps - before))
            self._conclude()

    def _conclude(self) -> None:
        """Takes the answer of a search that is finished."""
        if not self.search.finished:
            return
        result, focus = self.search.result(), self.search.focus
        number = stranded(self.search, self.arrives)
        if number < 0 or focus.why:
            self.answer = exhausted(result, focus, "proved", "there is a way from every open state")
        else:
            found = result._replace(journal=self.search.journal(number))
            self.answer = found.answer("broken", "from here on there is no way any more")

    def answers(self) -> dict[int, Answer]:
        """The answer so far, by the number of the invariant."""
        found = self.answer
        if found is None:
            result = self.search.result()
            found = result.answer("undecided", result.how_far(""))
        return {self.numbers[0]: evolve(found, steps=self.steps)}


def stranded(search: Search, arrives: Arrives) -> int:
    """The node of the first open state from which no way leads to a target, -1 if there is none."""
    ended = {name for name, node in search.reached() if node.snapshot.rest.ended}
    safe = {name for name, node in search.reached() if arrives.is_at(node.snapshot)}
    backward: dict[Hashable, list[Hashable]] = {}
    for edge in search.edges:
        if not edge.sure or edge.origin in ended:
            continue  # a count may bar it, or it would reopen the case
        if edge.arrived:
            safe.add(edge.origin)
        else:
            backward.setdefault(edge.target, []).append(edge.origin)
    waiting = list(safe)
    while waiting:
        for origin in backward.get(waiting.pop(), ()):
            if origin not in safe:
                safe.add(origin)
                waiting.append(origin)
    return search.shortest(lambda name: name not in safe and name not in ended)
