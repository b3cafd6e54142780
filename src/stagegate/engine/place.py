"""Where a case stands on one earned track: the stage, the phase, what is pending, and the trail so far.

A trail is a tuple of codes, `3 * stage + crossing`: what the walk passed, in order (semantics 2).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from stagegate.engine.events import Event

ENTERED: Final = 0
COMPLETED: Final = 1
LEFT: Final = 2
CROSSINGS: Final = ("entered", "completed", "left")

NOT_STARTED_PHASE: Final = 0
IN: Final = 1
COMPLETED_PHASE: Final = 2
LEFT_PHASE: Final = 3
PHASES: Final = ("not_started", "in_progress", "completed", "left")


class FastGate:
    """The next gate of the plain way: what it needs, where it leads, and the events that follow.

    `places` is the case's whole tuple of places after it; `over` says that the case ends there.
    """

    __slots__ = ("events", "need", "over", "places")

    def __init__(self, need: int, places: tuple[Place, ...], events: tuple[Event, ...], over: bool = False) -> None:
        self.need: Final = need
        self.places: Final = places
        self.events: Final = events
        self.over: Final = over


class Place:
    """One place on a track; immutable once it is handed out. `fast` is set on the plain way only."""

    __slots__ = ("fast", "pending", "phase", "stage", "trail")

    stage: int
    phase: int
    pending: int
    trail: tuple[int, ...]
    fast: FastGate | None

    def __init__(self, stage: int, phase: int, pending: int, trail: tuple[int, ...]) -> None:
        self.stage = stage
        self.phase = phase
        self.pending = pending
        self.trail = trail
        self.fast = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Place):
            return NotImplemented
        return (self.stage, self.phase, self.pending, self.trail) == (
            other.stage,
            other.phase,
            other.pending,
            other.trail,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Place({self.stage}, {PHASES[self.phase]}, {self.pending}, {self.trail})"


NOT_STARTED: Final = Place(-1, NOT_STARTED_PHASE, -1, ())


def last_entered(trail: tuple[int, ...]) -> int:
    """The stage entered last, -1 when none was."""
    return trail[-1] // 3 if trail else -1


def shared(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """How many first entries two trails share."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def crossing_event(track: str, stage: str, crossing: int, visit: int = 1) -> Event:
    """The event of one entry of a trail."""
    data = {"track": track, "visit": visit} if crossing == ENTERED else {"track": track}
    return Event(CROSSINGS[crossing], stage, MappingProxyType(data))
