"""Rows of a table as openings: each deal put at the stage where it already is.

A row is placed whole or not at all; what does not fit is told with all its reasons at once. Nothing here opens a case: an opening
is the `open` command and those that follow it, as `stagegate.store.Store.open_many` takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeVar

from stagegate.engine.commands import Command, meet, observe, open_case, set_facts
from stagegate.model import Criterion, Definition, Fact, Stage
from stagegate.portfolio.assess import Unfit, kept, short, told
from stagegate.portfolio.columns import match
from stagegate.portfolio.naming import Named, named, names_of
from stagegate.portfolio.table import Row, TableError
from stagegate.portfolio.values import NoValue, moment_of, near, truth_of

T = TypeVar("T", bound=Named)
MOST_LISTED: Final = 12


class Asked(NamedTuple):
    """Which columns say what a deal is and where it stands; "" for none."""

    case: str = ""  # without it a deal goes by the number of its row
    stage: str = ""  # without it every deal begins at the start
    buyer: str = ""  # the stage of an observed track
    at: str = ""  # since when; an empty cell is the time for all


class Placed(NamedTuple):
    """A row as an opening: the id of the case, the `open` command, and what follows it."""

    row: int
    line: int
    case: str
    command: Command
    following: tuple[Command, ...]


class Misplaced(NamedTuple):
    """A row that cannot be placed, with everything that does not fit. `case` is "" where the row has none."""

    row: int
    line: int
    case: str
    unfit: tuple[Unfit, ...]


class Placer:
    """Makes openings of the rows of a table, one after the other.

    `asked` names the columns; every other one is a fact or a criterion by its name, or is left aside. `at` is the time for rows that have
    none of their own; none may be later. What lies before a stage is owed, or with `skipped` as `dropped` forgotten. `source` says how
    the buyer's stage is known, `by` who brings the deals in, `unnamed` what goes before the row number where no column has ids. Raises `TableError` for a column that is not there, or cannot be used.
    """

    def __init__(
        self,
        definition: Definition,
        header: Sequence[str],
        asked: Asked,
        *,
        at: datetime,
        skipped: Literal["dropped", "owed"] = "owed",
        source: str = "import",
        by: str = "",
        unnamed: str = "",
    ) -> None:
        self.asked: Final = asked
        self._header: Final = header
        self._at, self._source, self._by, self._unnamed = at, source, by, unnamed
        self._skipped: Final = skipped
        index = {name: self._index(name) for name in asked if name}
        rest = ["" if i in index.values() else name for i, name in enumerate(header)]
        columns = match(definition, rest)
        taken = {i for i, _ in columns.facts} | set(index.values())
        criteria = names_of(c for c in definition.criteria() if c.when is None and not c.of)
        found = [(i, c) for i, name in enumerate(rest) if i not in taken and name and (c := named(criteria, name))]
        self._case, self._stage, self._buyer, self._time = (index.get(name, -1) for name in asked)
        self._facts: list[tuple[int, Fact, dict[str, Any]]] = [(i, fact, {}) for i, fact in columns.facts]
        self._criteria: Final[list[tuple[int, Criterion]]] = found
        self._earned = names_of(s for t in definition.tracks if not t.observed for s in t.stages)
        self._observed = names_of(s for t in definition.tracks if t.observed for s in t.stages)
        self._ends = names_of(definition.every_end())
        if asked.buyer and not self._observed:
            raise TableError(f"{definition.name} has no observed track: column `{asked.buyer}` cannot be used")
        known = {header[i] for i, _ in found} | {name for name, _ in columns.duplicates}
        self.unmatched: Final = tuple(name for name in columns.unmatched if name and name not in known)
        self.duplicates: Final = columns.duplicates
        self._lines: dict[str, int] = {}

    @property
    def facts(self) -> dict[str, str]:
        """The columns that give facts, with the fact of each."""
        return {self._header[i]: fact.id for i, fact, _ in self._facts}

    @property
    def criteria(self) -> dict[str, str]:
        """The columns that meet criteria, with the criterion of each."""
        return {self._header[i]: criterion.id for i, criterion in self._criteria}

    def _index(self, name: str) -> int:
        try:
            return list(self._header).index(name)
        except ValueError:
            raise TableError(f"there is no column `{name}`; there are {listed(self._header)}") from None

    def place(self, row: Row) -> Placed | Misplaced:
        """The opening of a row, or everything that does not fit."""
        reading = Reading(row, self._header)
        if len(row.cells) != len(self._header):
            reading.wrong(-1, "", f"it has {told(len(row.cells))}, the header {len(self._header)}")
            return reading.misplaced(row.cells[self._case].strip() if 0 <= self._case < len(row.cells) else "")
        case = self._id(reading)
        stage = self._at_stage(reading)
        buyer = self._buyers(reading)
        at = self._since(reading)
        facts = self._given(reading)
        met = [criterion for i, criterion in self._criteria if reading.truth(i)]
        if reading.unfit:
            return reading.misplaced(case)
        command = open_case(at, at_stage=stage.id if stage else "", skipped=self._skipped, by=self._by)
        following: list[Command] = []
        if buyer is not None:
            following.append(observe(buyer.id, at, source=self._source, by=self._by))
        if facts:
            following.append(set_facts(facts, at, by=self._by))
        following += [meet(criterion.id, at, by=self._by) for criterion in met]
        return Placed(row.number, row.line, case, command, tuple(following))

    def _id(self, reading: Reading) -> str:
        """The id of the case, which no earlier row has."""
        if self._case < 0:
            return f"{self._unnamed}{reading.row.number}"
        case = reading.text(self._case)
        if not case:
            reading.wrong(self._case, "", "a deal needs an id")
        elif case in self._lines:
            reading.wrong(self._case, case, f"the row of line {self._lines[case]} has the same id")
        else:
            self._lines[case] = reading.row.line
        return case

    def _at_stage(self, reading: Reading) -> Stage | None:
        """The stage a deal stands at; None where no column tells it."""
        if self._stage < 0:
            return None
        text = reading.text(self._stage)
        found = named(self._earned, text)
        if found is None:
            reading.wrong(self._stage, text, self._no_stage(text))
        return found

    def _no_stage(self, text: str) -> str:
        if not text:
            return "it must name the stage the deal stands at"
        if end := named(self._ends, text):
            return f"it is the end `{end.id}`, not a stage: what is over is not brought in"
        if named(self._observed, text):
            return "it is a stage of the buyer, who is observed: it belongs into a column of its own"
        return one_of(text, self._earned)

    def _buyers(self, reading: Reading) -> Stage | None:
        """The stage the buyer was seen at; None for an empty cell."""
        text = reading.text(self._buyer)
        found = named(self._observed, text) if text else None
        if text and found is None:
            reading.wrong(self._buyer, text, one_of(text, self._observed))
        return found

    def _since(self, reading: Reading) -> datetime:
        """The time of the opening."""
        text = reading.text(self._time)
        if not text:
            return self._at
        try:
            at = moment_of(text)
        except NoValue as error:
            reading.wrong(self._time, text, str(error))
            return self._at
        if at > self._at:
            reading.wrong(self._time, text, f"it lies after {self._at.isoformat(timespec='seconds')}")
        return at

    def _given(self, reading: Reading) -> dict[str, Any]:
        """The facts a row gives; an empty cell gives none."""
        facts: dict[str, Any] = {}
        for i, fact, known in self._facts:
            text = reading.row.cells[i]
            value = known[text] if text in known else kept(known, fact, text)
            if isinstance(value, NoValue):
                reading.wrong(i, text, str(value))
            elif value is not None:
                facts[fact.id] = value
        return facts


class Reading:
    """One row while it is read, and what does not fit."""

    __slots__ = ("_header", "row", "unfit")

    def __init__(self, row: Row, header: Sequence[str]) -> None:
        self.row: Final = row
        self._header = header
        self.unfit: Final[list[Unfit]] = []

    def text(self, index: int) -> str:
        """A cell without spaces around it; "" for a column that there is not."""
        return self.row.cells[index].strip() if index >= 0 else ""

    def truth(self, index: int) -> bool:
        """Whether a cell says yes; an empty one does not."""
        text = self.text(index)
        try:
            return bool(text) and truth_of(text)
        except NoValue as error:
            self.wrong(index, text, str(error))
            return False

    def wrong(self, index: int, text: str, why: str) -> None:
        """A cell does not fit; -1 for the whole row."""
        column = self._header[index] if index >= 0 else ""
        self.unfit.append(Unfit(self.row.number, self.row.line, column, short(text), why))

    def misplaced(self, case: str) -> Misplaced:
        """The row, which cannot be placed."""
        return Misplaced(self.row.number, self.row.line, case, tuple(self.unfit))


def one_of(text: str, names: dict[str, T]) -> str:
    """What a cell must name."""
    ids = tuple(dict.fromkeys(thing.id for thing in names.values()))
    return f"it must be one of {listed(ids)}{near(text, tuple(names))}"


def listed(names: Sequence[str]) -> str:
    """Some names in a row."""
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(f"`{name}`" for name in names[:MOST_LISTED]) + more
