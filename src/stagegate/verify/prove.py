"""Proofs: every invariant answered.

`prove` answers invariants one by one, each with a search over what matters to it. What "proved" rests on stands in docs/explanation/proofs.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from attrs import evolve

from stagegate.verify.answers import Answer, Verdict
from stagegate.verify.focus import Question, focus_on
from stagegate.verify.moments import Arrives, Enters, Holds
from stagegate.verify.search import Result, Search, Watcher
from stagegate.verify.shorten import shortened
from stagegate.verify.structure import holds_by_shape
from stagegate.verify.ways import no_way_there

if TYPE_CHECKING:
    from stagegate.engine.tables import Tables
    from stagegate.model import Invariant
    from stagegate.process import Process
    from stagegate.verify.focus import Focus

EFFORT: Final = 100_000
LONGER: Final = "; there may be a shorter journal"


def prove(
    process: Process, invariants: Iterable[Invariant] | None = None, *, effort: int = EFFORT
) -> tuple[Answer, ...]:
    """The answers to these invariants, by default those of the definition.

    `effort` is the most steps of the engine that all of them may take together: each its share of one half, then those that
    are still undecided share what is left. The same effort gives the same answers on every machine.
    """
    chosen = tuple(process.definition.invariants if invariants is None else invariants)
    answers = shared_out(process.tables, dict(enumerate(chosen)), effort // 2)
    left = effort - sum(found.steps for found in answers.values())
    undecided = {number: chosen[number] for number, found in answers.items() if found.verdict == "undecided"}
    again = shared_out(process.tables, undecided, left)
    return tuple(again.get(number, answers[number]) for number in range(len(chosen)))


def shared_out(tables: Tables, invariants: Mapping[int, Invariant], effort: int) -> dict[int, Answer]:
    """The answers to invariants that share an effort: each may take an equal part of what those before it have left."""
    answers: dict[int, Answer] = {}
    for number, invariant in invariants.items():
        answers[number] = answer(tables, invariant, effort // (len(invariants) - len(answers)))
        effort -= answers[number].steps
    return answers


def answer(tables: Tables, invariant: Invariant, effort: int = EFFORT) -> Answer:
    """The answer to one invariant."""
    if holds_by_shape(tables, invariant) or no_way_there(tables, invariant):
        found = Answer("", "", "proved", "it stands on every way there")
    elif invariant.kind == "from_everywhere":
        found = everywhere(tables, question_of(tables, invariant), effort)
    elif invariant.kind == "possible":
        found = sought(tables, invariant, effort)
    else:
        found = avoided(tables, invariant, effort)
    return evolve(found, kind=invariant.kind, id=invariant.id, title=invariant.title, where=place_of(tables, invariant))


def place_of(tables: Tables, invariant: Invariant) -> str:
    """Where an invariant is written."""
    line, column = invariant.where
    return f"{invariant.file or tables.definition.file}:{line}:{column}" if line else ""


def question_of(tables: Tables, invariant: Invariant) -> Question:
    """What an invariant looks at."""
    conditions = () if invariant.condition is None else (invariant.condition,)
    targets = frozenset((*invariant.entering, *invariant.targets))
    return Question(
        conditions,
        frozenset(invariant.criteria),
        targets,
        tracks_of(tables, (*targets, *invariant.inside)),
        frozenset(invariant.without),
    )


def tracks_of(tables: Tables, names: Iterable[str]) -> frozenset[str]:
    """The tracks of those of these names that are stages."""
    stages = (tables.stage_of.get(name) for name in names)
    return frozenset(tables.tracks[stage.track].track.id for stage in stages if stage is not None)


def avoided(tables: Tables, invariant: Invariant, effort: int) -> Answer:
    """`never`, `always` and `before`: nothing that breaks them is found in any state."""
    focus = focus_on(tables, question_of(tables, invariant))
    watcher = Enters(tables, invariant) if invariant.kind == "before" else Holds(tables, invariant)
    result, shortest = found_first(tables, focus, watcher, effort)
    if result.found:
        return result.answer("broken", result.found + ("" if shortest else LONGER))
    return exhausted(result, focus, "proved", "it holds in every state")


def sought(tables: Tables, invariant: Invariant, effort: int) -> Answer:
    """`possible`: a moment is found."""
    focus = focus_on(tables, question_of(tables, invariant))
    result, shortest = found_first(tables, focus, Holds(tables, invariant), effort)
    if result.found:
        return result.answer("proved", result.found + ("" if shortest else LONGER))
    return exhausted(result, focus, "broken", "it is so in none of the states")


def found_first(tables: Tables, focus: Focus, watcher: Watcher, effort: int) -> tuple[Result, bool]:
    """A search for the shortest way, and where it takes too long one for any way; whether what is found is the shortest."""
    result = Search(tables, focus, watcher, effort // 2).run()
    if result.found or result.finished:
        return result, True
    eager = Search(tables, focus, watcher, effort // 4, eager=True).run()
    steps = result.steps + eager.steps
    if not eager.found:
        return result._replace(steps=steps), True
    journal, more = shortened(tables, watcher, eager.journal, effort - steps)
    return eager._replace(journal=journal, steps=steps + more, finished=False), False


def exhausted(result: Result, focus: Focus, verdict: Verdict, sentence: str) -> Answer:
    """The answer when nothing was found: it holds for all that was searched."""
    if not result.finished or focus.why:
        return result.answer("undecided", result.how_far(focus.why))
    return result.answer(verdict, f"{sentence} ({result.states})")


# --- from everywhere ------------------------------------------------------------------------------------


def everywhere(tables: Tables, question: Question, effort: int) -> Answer:
    """`from_everywhere`: from every open state some way leads to one of the question's stages and ends.

    First every count that only bars moves is taken as unused on the way to a state and as used up from there on, and it is left
    out how stages were entered: what holds then holds always. Only where it does not, all this is followed exactly.
    """
    first = every_state(tables, question, effort)
    if first.verdict != "broken":
        return first
    second = every_state(tables, evolve(question, exact=True), effort - first.steps)
    return evolve(second, steps=first.steps + second.steps)


def every_state(tables: Tables, question: Question, effort: int) -> Answer:
    """Whether a way leads from every open state, as far as the question is exact."""
    focus = focus_on(tables, question)
    arrives = Arrives(tables, question.targets)
    search = Search(tables, focus, arrives, effort, keep_edges=True)
    result = search.run()
    number = stranded(search, arrives) if result.finished else -1
    if number < 0 or focus.why:
        return exhausted(result, focus, "proved", "there is a way from every open state")
    return result._replace(journal=search.journal(number)).answer("broken", "from here on there is no way any more")


def stranded(search: Search, arrives: Arrives) -> int:
    """The node of the first open state from which no way leads to a target, -1 if there is none."""
    ended = {name for name, node in search.reached() if node.snapshot.rest.ended}
    safe = {name for name, node in search.reached() if arrives.is_at(node.snapshot)}
    backward: dict[Hashable, list[Hashable]] = {}
    for edge in search.edges or ():
        if not edge.sure or edge.origin in ended:
            continue  # a count may bar it, or it would reopen the case
        if edge.found:
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
