"""The position of a deal from its facts, and the funnel of many.

Deals with the same facts stand at the same place, so what was computed once is kept, a bounded number of times.
Only the facts that some condition reads count for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from stagegate.engine import (
    Item,
    Position,
    Snapshot,
    Tables,
    chance,
    commands,
    missing,
    position,
    stage_states,
    start,
    step,
)
from stagegate.model import Definition, Fact
from stagegate.portfolio.columns import Columns, read_facts
from stagegate.portfolio.table import Row
from stagegate.portfolio.values import NoValue, value_of

MOST_KEPT: Final = 20_000
MOST_VALUES: Final = 2_000
_LONGEST_SHOWN: Final = 40


class Unfit(NamedTuple):
    """A cell that does not hold a value of its fact, or a row with the wrong number of cells (no column then)."""

    row: int
    line: int
    column: str
    text: str
    why: str


class Standing(NamedTuple):
    """Where a deal stands: per earned track the position and the state of each stage, and what it lacks."""

    positions: tuple[Position, ...]
    states: tuple[tuple[str, str], ...]  # (stage, state), all earned tracks
    missing: tuple[Item, ...]
    chance: float | None
    ended: str
    snapshot: Snapshot


class Deal(NamedTuple):
    """One row: its id (the row number if no column gives one), its facts, where it stands, and what did not fit."""

    id: str
    row: int
    facts: dict[str, Any]
    standing: Standing
    unfit: tuple[Unfit, ...]


class Assessor:
    """Gives each row of a table its place in a process. `at` is the time the assessment is said to happen."""

    def __init__(self, tables: Tables, columns: Columns, header: list[str], at: datetime) -> None:
        self.tables: Final = tables
        self.columns: Final = columns
        self._header = header
        self._at = at
        self._opened = start(tables, commands.open_case(at)).snapshot
        self._cells: list[tuple[int, Fact, dict[str, Any]]] = [(i, fact, {}) for i, fact in columns.facts]
        self._read = read_facts(tables.definition)
        self._known: dict[tuple[Any, ...], Standing] = {}

    def deal(self, row: Row) -> Deal:
        """The deal of one row."""
        facts, unfit = self.facts(row)
        id = row.cells[self.columns.id].strip() if 0 <= self.columns.id < len(row.cells) else ""
        return Deal(id or str(row.number), row.number, facts, self.standing(facts), unfit)

    def facts(self, row: Row) -> tuple[dict[str, Any], tuple[Unfit, ...]]:
        """The facts a row gives; an empty cell gives none."""
        cells = row.cells
        facts: dict[str, Any] = {}
        unfit: list[Unfit] = []
        if len(cells) != len(self._header):
            rest = "is unknown" if len(cells) < len(self._header) else "counts for nothing"
            why = f"it has {told(len(cells))}, the header {len(self._header)}; the row is used, the rest {rest}"
            unfit.append(Unfit(row.number, row.line, "", "", why))
            cells = cells + [""] * len(self._header)
        for index, fact, known in self._cells:
            text = cells[index]
            value = known[text] if text in known else kept(known, fact, text)
            if value.__class__ is NoValue:
                unfit.append(Unfit(row.number, row.line, self._header[index], short(text), str(value)))
            elif value is not None:
                facts[fact.id] = value
        return facts, tuple(unfit)

    def standing(self, facts: dict[str, Any]) -> Standing:
        """Where a deal with these facts stands."""
        key = tuple(facts.get(name) for name in self._read)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            found = self._known[key] = self._stand({name: facts[name] for name in self._read if name in facts})
        return found

    def _stand(self, facts: dict[str, Any]) -> Standing:
        tables = self.tables
        snapshot = self._opened
        if facts:
            snapshot = step(tables, snapshot, commands.set_facts(facts, self._at)).snapshot
        earned = [table.track.id for table in tables.tracks if not table.observed]
        return Standing(
            tuple(position(tables, snapshot, track) for track in earned),
            tuple(state for track in earned for state in stage_states(tables, snapshot, track).items()),
            missing(tables, snapshot),
            chance(tables, snapshot),
            snapshot.rest.ended,
            snapshot,
        )


def kept(known: dict[str, Any], fact: Fact, text: str) -> Any:
    """The value of a cell, None for an empty one, the `NoValue` for one that does not fit; noted in `known`."""
    if len(known) >= MOST_VALUES:
        known.clear()
    try:
        value = value_of(fact, text) if text.strip() else None
    except NoValue as error:
        value = error.with_traceback(None)
    known[text] = value
    return value


def told(cells: int) -> str:
    """So many cells."""
    return "1 cell" if cells == 1 else f"{cells} cells"


def short(text: str) -> str:
    """The beginning of a cell, for a message."""
    text = text.strip()
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


class Step(NamedTuple):
    """One stage of a funnel: how many deals have reached it and how many have completed it."""

    track: str
    stage: str
    reached: int
    completed: int


class Funnel:
    """Counts, deal by deal, how many have reached and completed each stage."""

    def __init__(self, definition: Definition) -> None:
        self._stages = [
            (track.id, stage.id) for track in definition.tracks if not track.observed for stage in track.stages
        ]
        self._reached: Counter[str] = Counter()
        self._completed: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.deals = 0

    def add(self, standing: Standing) -> None:
        """Counts one deal."""
        self.deals += 1
        for stage, state in standing.states:
            if state in ("completed", "current", "left"):
                self._reached[stage] += 1
                if state == "completed":
                    self._completed[stage] += 1
        if standing.ended:
            self.ends[standing.ended] += 1

    def add_all(self, standings: Iterable[Standing]) -> None:
        """Counts many."""
        for standing in standings:
            self.add(standing)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The stages in order."""
        return tuple(Step(t, s, self._reached[s], self._completed[s]) for t, s in self._stages)


class Recorded(NamedTuple):
    """The criteria of a stage's gates that people record: no fact, so no table, can meet them."""

    track: str
    stage: str
    criteria: tuple[str, ...]


def recorded(definition: Definition) -> tuple[Recorded, ...]:
    """The stages whose gates ask for such criteria, in order; optional ones close no gate."""
    found: list[Recorded] = []
    for track in definition.tracks:
        for stage in () if track.observed else track.stages:
            gates = (*stage.entry_milestone, *(stage.exit_criteria or ()))
            criteria = tuple(item.id for item in gates if item.when is None and not item.optional)
            if criteria:
                found.append(Recorded(track.id, stage.id, criteria))
    return tuple(found)


def fact_named(definition: Definition, id: str) -> Fact | None:
    """The fact of this id, if there is one."""
    return next((fact for fact in definition.facts if fact.id == id), None)
