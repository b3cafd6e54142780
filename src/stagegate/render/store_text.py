"""The cases of a store as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from stagegate.render.case_text import gap_words
from stagegate.render.words import Say, percent
from stagegate.render.wrap import clean, padded, width


class Glance(Protocol):
    """A case at a glance, as a store tells it."""

    @property
    def case(self) -> str:
        """Its id."""
        ...

    @property
    def process(self) -> str:
        """The name of its process."""
        ...

    @property
    def version(self) -> str:
        """The version of its process."""
        ...

    @property
    def stage(self) -> str:
        """Where it stands."""
        ...

    @property
    def phase(self) -> str:
        """How far."""
        ...

    @property
    def chance(self) -> float | None:
        """Of winning."""
        ...

    @property
    def gap(self) -> int | None:
        """To the buyer."""
        ...

    @property
    def gap_state(self) -> str:
        """In a word."""
        ...

    @property
    def ended(self) -> str:
        """The end it has come to."""
        ...

    @property
    def on_hold(self) -> bool:
        """Whether it is."""
        ...

    def overdue_at(self, at: datetime) -> bool:
        """Whether it is too late by then."""
        ...


class StoreText:
    """Tells cases as they are at one time, in one language; stages go by their ids, for a store has cases of many processes."""

    def __init__(self, language: str, at: datetime) -> None:
        self.say = Say(language)
        self.at = at

    def table(self, rows: Sequence[Glance]) -> Iterator[str]:
        """A line for each case."""
        cells = [(clean(row.case), clean(f"{row.process} {row.version}"), self.where(row)) for row in rows]
        wide = [max((width(line[i]) for line in cells), default=0) for i in range(2)]
        for case, process, where in cells:
            yield f"{padded(case, wide[0])}  {padded(process, wide[1])}  {where}"

    def where(self, row: Glance) -> str:
        """Where a case stands, and what is to be said of it."""
        told = [f"{clean(row.stage)}{self.say.then}{self.say(row.phase)}" if row.stage else self.say(row.phase)]
        if row.ended:
            told.append(self.say.labelled("ended", clean(row.ended)))
        else:
            held_or_late = {"on_hold": row.on_hold, "is_overdue": row.overdue_at(self.at)}
            told += [self.say(name) for name, so in held_or_late.items() if so]
        if row.chance is not None:
            told.append(f"{self.say('chance').lower()} {percent(row.chance)}")
        if row.gap_state and not row.ended:
            told.append(gap_words(self.say, row.gap_state, row.gap))
        return self.say.semicolon.join(told)
