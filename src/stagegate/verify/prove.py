"""Proofs: every invariant answered.

`prove` answers invariants, those to which the same matters in one search. What "proved" rests on stands in docs/explanation/proofs.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import evolve

from stagegate.verify.answers import Answer
from stagegate.verify.focus import Question, focus_on
from stagegate.verify.inquiries import Everywhere, Inquiry, Together
from stagegate.verify.structure import holds_by_shape
from stagegate.verify.ways import no_way_there

if TYPE_CHECKING:
    from stagegate.engine.tables import Tables
    from stagegate.model import Invariant
    from stagegate.process import Process

EFFORT: Final = 100_000


def prove(
    process: Process, invariants: Iterable[Invariant] | None = None, *, effort: int = EFFORT
) -> tuple[Answer, ...]:
    """The answers to these invariants, by default those of the definition.

    `effort` is the most steps of the engine that all of them may take together: each its share of one half, then those that
    are still undecided share what is left and go on. The same effort gives the same answers on every machine.
    """
    tables = process.tables
    chosen = tuple(process.definition.invariants if invariants is None else invariants)
    answers = {number: BY_SHAPE for number, invariant in enumerate(chosen) if is_by_shape(tables, invariant)}
    asked = inquiries(tables, {n: invariant for n, invariant in enumerate(chosen) if n not in answers})
    share_out(asked, effort // 2, last=False)
    left = effort - sum(each.steps for each in asked)
    share_out([each for each in asked if each.is_open], left, last=True)
    for each in asked:
        answers.update(each.answers())
    return tuple(named(tables, invariant, answers[number]) for number, invariant in enumerate(chosen))


BY_SHAPE: Final = Answer("", "", "proved", "it stands on every way there")


def is_by_shape(tables: Tables, invariant: Invariant) -> bool:
    """Whether an invariant holds by the shape of its process, so that no search is needed."""
    return holds_by_shape(tables, invariant) or no_way_there(tables, invariant)


def named(tables: Tables, invariant: Invariant, found: Answer) -> Answer:
    """An answer with the name and place of the invariant it answers."""
    return evolve(found, kind=invariant.kind, id=invariant.id, title=invariant.title, where=place_of(tables, invariant))


def inquiries(tables: Tables, invariants: Mapping[int, Invariant]) -> list[Inquiry]:
    """What has to be searched for invariants: those to which the same matters together."""
    found: list[Inquiry] = []
    shared: list[Together] = []
    for number, invariant in invariants.items():
        question = question_of(tables, invariant)
        if invariant.kind == "from_everywhere":
            found.append(Everywhere(tables, question, number))
            continue
        focus = focus_on(tables, question)
        together = next((each for each in shared if each.focus == focus), None)
        if together is None:
            together = Together(tables, focus)
            shared.append(together)
            found.append(together)
        together.add(number, invariant)
    return found


def share_out(asked: Sequence[Inquiry], effort: int, *, last: bool) -> None:
    """Goes on with inquiries that share an effort: each invariant may take an equal part of what those before have left."""
    many = sum(len(each.numbers) for each in asked)
    for each in asked:
        before = each.steps
        each.go_on(effort * len(each.numbers) // many, last=last)
        effort -= each.steps - before
        many -= len(each.numbers)


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
