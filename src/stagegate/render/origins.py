"""What of a definition its source states, what is common in the field, what is proposed, and what the source leaves open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from stagegate.conditions import Condition
from stagegate.model import NO_NOTES, Basis, Catalogue, Criterion, Definition, Notes, Stage, Text, Track

BASES: Final[tuple[Basis, ...]] = ("stated", "field", "proposed")
_NOT_OF_THE_SOURCE: Final = frozenset({"scenarios", "invariants", "where", "closing"})
_SAY_THEMSELVES: Final = frozenset({"definition", "question"})  # texts that may come from elsewhere than their thing


def things(definition: Definition) -> Iterator[Any]:
    """Everything that a definition is made of, itself included: each thing once, in the order of the model."""
    seen: set[int] = set()

    def walk(value: Any) -> Iterator[Any]:
        if isinstance(value, tuple):
            for each in value:
                if isinstance(each, Text):  # one of a list stands for itself, a title belongs to its thing
                    yield each
                yield from walk(each)
        elif isinstance(value, Text | Condition) or (isinstance(value, Catalogue) and value.origin):
            pass  # what comes from another definition is counted there
        elif isinstance(value, Mapping):
            for each in value.values():
                yield from walk(each)
        elif attrs.has(type(value)) and id(value) not in seen:
            seen.add(id(value))
            if not isinstance(value, Notes):
                yield value
            for part in attrs.fields(type(value)):
                inner = getattr(value, part.name)
                if part.name in _SAY_THEMSELVES and inner:
                    yield inner
                elif part.name not in _NOT_OF_THE_SOURCE:
                    yield from walk(inner)

    yield from walk(definition)


def kind_of(thing: Any) -> str:
    """What a thing is called in a count: `stage`, `outcome`; a criterion by the gate it belongs to."""
    if isinstance(thing, Criterion):
        return thing.kind if thing.kind in ("milestone", "exit", "appraisal") else "condition"
    return type(thing).__name__.lower()


def basis_of(thing: Any) -> Basis | None:
    """Where a thing comes from; None for what says nothing of it."""
    notes = getattr(thing, "notes", None)
    found: Basis | None = getattr(thing if notes is None else notes, "basis", None)
    return found


def counted(definition: Definition) -> Mapping[str, Counter[Basis]]:
    """By kind, how many things are stated, from the field and proposed."""
    counts: dict[str, Counter[Basis]] = {}
    for thing in things(definition):
        basis = basis_of(thing)
        if basis is not None and thing is not definition:
            counts.setdefault(kind_of(thing), Counter())[basis] += 1
        for kind, notes in small_print(thing):
            counts.setdefault(kind, Counter())[notes.basis] += 1
    return counts


def small_print(thing: Any) -> Iterator[tuple[str, Notes]]:
    """What of a track or stage is no thing by itself, with its notes."""
    if isinstance(thing, Track) and thing.cycle:  # others have a closing edge only in the model
        yield "closing", thing.closing.notes
    if isinstance(thing, Stage):
        yield from _of_stage(thing)


def _of_stage(stage: Stage) -> Iterator[tuple[str, Notes]]:
    if stage.time_limit is not None:
        yield "time_limit", stage.limit_notes
    for kind, ids, notes in (
        ("participant", stage.participants, stage.participant_notes),
        ("tool", stage.tools, stage.tool_notes),
    ):
        yield from ((kind, notes.get(id, NO_NOTES)) for id in ids)


def left_open(definition: Definition) -> Iterator[tuple[Any, str]]:
    """The things of which the source tells not all (`incomplete`) or only the name (`undescribed`)."""
    for thing in things(definition):
        for mark in ("incomplete", "undescribed"):
            if getattr(thing, mark, False):
                yield thing, mark
