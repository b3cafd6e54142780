"""Which names of two versions mean the same thing: those that are equal, and guesses for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, Literal

from attrs import frozen

if TYPE_CHECKING:
    from stagegate.versions.things import Thing

Clue = Literal["title", "alias", "criteria", "likeness", "place"]
LIKE_ENOUGH: Final = 0.62
MOST_PAIRS: Final = 20_000  # compared in one sort; beyond that only titles and aliases are looked at
SAME_TITLE: Final = 3.0
ALIAS: Final = 2.5
SAME_CRITERIA: Final = 1.5


@frozen
class Renaming:
    """A guess that a thing goes by another name now, and what speaks for it."""

    old: Thing
    new: Thing
    clue: Clue


def renamings(gone: Sequence[Thing], come: Sequence[Thing], renamed: Mapping[str, str]) -> list[Renaming]:
    """Guesses among things of one sort that one version alone has, the most certain first; each thing at most once.

    `renamed` says what the things they belong to are called now.
    """
    thorough = len(gone) * len(come) <= MOST_PAIRS
    found: list[tuple[float, Thing, Thing, Clue]] = [
        (score, old, new, clue)
        for old in gone
        for new in come
        for score, clue in [likeness(old, new, renamed, thorough)]
        if score >= LIKE_ENOUGH
    ]
    found.sort(key=lambda each: (-each[0], each[1].number, each[2].number))
    olds, news = set[str](), set[str]()
    guesses = []
    for _, old, new, clue in found:
        if old.name not in olds and new.name not in news:
            olds.add(old.name)
            news.add(new.name)
            guesses.append(Renaming(old, new, clue))
    return guesses


def likeness(old: Thing, new: Thing, renamed: Mapping[str, str], thorough: bool = True) -> tuple[float, Clue]:
    """How much speaks for two things being the same, and what most of all."""
    family = renamed.get(old.parent, old.parent) == new.parent
    beside = 0.1 * family + 0.05 * (family and old.number == new.number)
    # the outcomes of a decision point are its own: `go` here and `go` there are two things
    if old.sort == "outcome" and not family:
        return 0.0, "place"
    ids = old.name.rpartition(".")[2], new.name.rpartition(".")[2]
    if old.sort == "outcome" and ids[0] == ids[1]:
        return SAME_TITLE, "place"
    titles = [(a, b) for a, b in ((old.title.en, new.title.en), (old.title.zh, new.title.zh)) if a and b]
    if any(a == b for a, b in titles):
        return SAME_TITLE + beside, "title"
    others = {ids[1], new.title.en, new.title.zh} - {""}, {ids[0], old.title.en, old.title.zh} - {""}
    if others[0] & set(old.aliases) or others[1] & set(new.aliases):
        return ALIAS + beside, "alias"
    if old.sort == "stage":
        here, there = criteria_of(old), criteria_of(new)
        if 2 * len(here & there) > max(len(here), len(there)):
            return SAME_CRITERIA + beside, "criteria"
    if not thorough:
        return 0.0, "likeness"
    by_name = alike(*ids)
    by_title = max((alike(a, b) for a, b in titles), default=by_name)
    return 0.45 * by_name + 0.4 * by_title + beside, "likeness"


def criteria_of(stage: Thing) -> frozenset[str]:
    """The names of a stage's criteria."""
    return frozenset(criterion.id for criterion in stage.value.criteria())


def alike(a: str, b: str) -> float:
    """How alike two texts are, from 0 to 1."""
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.4 and matcher.quick_ratio() > 0.4 else 0.0
