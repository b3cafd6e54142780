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

    def taken(self, outcome: str, /) -> int:
        """How often the outcome has been taken."""
        ...

    def ended(self, end: str, /) -> bool:
        """Whether the case has ended with this end; asked by invariants only."""
        ...

    def waived(self, criterion: str, /) -> bool:
        """Whether a waiver of the criterion is in force; asked by invariants only."""
        ...
