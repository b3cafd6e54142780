"""Which column gives which fact: by the fact's id, one of its aliases or its title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stagegate.model import Definition, Fact
from stagegate.portfolio.naming import named, names_of


class Columns(NamedTuple):
    """The facts of a table by column, the column of the deal ids (-1 if none), and what was left aside."""

    facts: tuple[tuple[int, Fact], ...]
    id: int
    unmatched: tuple[str, ...]  # columns that give no fact
    duplicates: tuple[tuple[str, str], ...]  # columns whose fact an earlier column gives: (column, that column)
    absent: tuple[str, ...]  # facts that conditions read and no column gives


def match(definition: Definition, header: Sequence[str], id_column: str = "") -> Columns:
    """Finds the fact of each column. Raises KeyError for an `id_column` that the table does not have."""
    names = names_of(definition.facts)
    id = -1
    if id_column:
        id = next((i for i, name in enumerate(header) if name == id_column), -1)
        if id < 0:
            raise KeyError(id_column)
    facts: dict[str, tuple[int, Fact]] = {}
    unmatched: list[str] = []
    duplicates: list[tuple[str, str]] = []
    for index, name in enumerate(header):
        fact = named(names, name)
        if fact is None:
            if index != id:
                unmatched.append(name)
        elif fact.id in facts:
            duplicates.append((name, header[facts[fact.id][0]]))
        else:
            facts[fact.id] = (index, fact)
    absent = tuple(name for name in read_facts(definition) if name not in facts)
    return Columns(tuple(facts.values()), id, tuple(unmatched), tuple(duplicates), absent)


def read_facts(definition: Definition) -> tuple[str, ...]:
    """The facts that some condition of the process reads, in the order of the file."""
    conditions = [c.when for c in definition.criteria()] + [c.applies_when for c in definition.criteria()]
    conditions += [stage.applies_when for stage in definition.stages()]
    conditions += [o.when for point in definition.decision_points() for o in point.outcomes]
    conditions += [jump.when for track in definition.tracks for jump in track.jumps]
    conditions += [loop.when for track in definition.tracks for loop in track.loops]
    read = {name for condition in conditions if condition is not None for name in condition.reads.facts}
    return tuple(fact.id for fact in definition.facts if fact.id in read)
