"""Which column gives which fact: by the fact's id or one of its aliases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stagegate.model import Definition, Fact


class Columns(NamedTuple):
    """The facts of a table by column, the column of the deal ids (-1 if none), and what was left aside."""

    facts: tuple[tuple[int, Fact], ...]
    id: int
    unmatched: tuple[str, ...]  # columns that give no fact
    duplicates: tuple[tuple[str, str], ...]  # columns whose fact an earlier column gives: (column, that column)
    absent: tuple[str, ...]  # facts that conditions may read and no column gives


def match(definition: Definition, header: Sequence[str], id_column: str = "") -> Columns:
    """Finds the fact of each column. Raises KeyError for an `id_column` that the table does not have."""
    names = _names(definition)
    id = -1
    if id_column:
        id = next((i for i, name in enumerate(header) if name == id_column), -1)
        if id < 0:
            raise KeyError(id_column)
    facts: dict[str, tuple[int, Fact]] = {}
    unmatched: list[str] = []
    duplicates: list[tuple[str, str]] = []
    for index, name in enumerate(header):
        fact = names.get(name) or names.get(_folded(name))
        if fact is None:
            if index != id:
                unmatched.append(name)
        elif fact.id in facts:
            duplicates.append((name, header[facts[fact.id][0]]))
        else:
            facts[fact.id] = (index, fact)
    absent = tuple(fact.id for fact in definition.facts if fact.id not in facts)
    return Columns(tuple(facts.values()), id, tuple(unmatched), tuple(duplicates), absent)


def _names(definition: Definition) -> dict[str, Fact]:
    """Every name of a fact; what is written as declared goes before what differs in case only, ids before aliases."""
    names: dict[str, Fact] = {}
    for fact in definition.facts:
        names.setdefault(fact.id, fact)
    for fact in definition.facts:
        for alias in fact.notes.aliases:
            names.setdefault(alias, fact)
    for name, fact in list(names.items()):
        names.setdefault(_folded(name), fact)
    return names


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())
