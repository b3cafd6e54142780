"""What a condition is evaluated against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Scope(Protocol):
    """What a condition is evaluated against.

    `facts` holds values of the declared types: bool, int, float, str, aware datetime, timedelta, and
    lists or tuples of them. A fact that is absent or None has not been given.
    """

    @property
    def facts(self) -> Mapping[str, object]: ...

    def met(self, criterion: str, /) -> bool | None:
        """Whether the criterion is met or waived; None when that is unknown."""
        ...

    def stage(self, track: str, /) -> str | None:
        """The stage the track is in, `''` before its first; None when nothing has been observed."""
        ...

    def reached(self, track: str, stage: str, /) -> bool | None:
        """Whether the track has reached the stage; None when nothing has been observed."""
        ...

    def completed(self, track: str, stage: str, /) -> bool | None:
        """Whether the stage is completed on the present way of the track; None when that is not known."""
        ...

    def taken(self, outcome: str, /) -> int:
        """How often the outcome has been taken."""
        ...

    def ended(self, end: str, /) -> bool:
        """Whether the case has ended with this end; asked by invariants only."""
        ...

    def waived(self, criterion: str, /) -> bool:
        """Whether a waiver of the criterion is in force; asked by invariants only."""
        ...


class FactsOnly:
    """A scope of facts alone: what a condition asks of the process is unknown, and outcomes were taken `times` times."""

    __slots__ = ("facts", "times")

    def __init__(self, facts: Mapping[str, object], times: int = 0) -> None:
        self.facts = facts
        self.times = times

    def met(self, criterion: str, /) -> bool | None:
        """Unknown."""
        return None

    def stage(self, track: str, /) -> str | None:
        """Unknown."""
        return None

    def reached(self, track: str, stage: str, /) -> bool | None:
        """Unknown."""
        return None

    def completed(self, track: str, stage: str, /) -> bool | None:
        """Unknown."""
        return None

    def taken(self, outcome: str, /) -> int:
        """The same for every outcome."""
        return self.times

    def ended(self, end: str, /) -> bool:
        """No case has ended."""
        return False

    def waived(self, criterion: str, /) -> bool:
        """No waiver is in force."""
        return False
