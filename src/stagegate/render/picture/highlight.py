"""The position of a case, as far as a picture shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["not_started", "in_progress", "completed", "left", "ended"]


@dataclass(frozen=True, slots=True)
class TrackHighlight:
    """Where a case stands on one track.

    `current` is the stage it is in, "" before the first. `passed` holds the stages (and, if wished, the decision
    points) that lie behind it, `skipped` those it passed over, `pending` is the stage or decision point it waits for. The
    phase `ended` is that of a stage in which the case stood when it ended.
    """

    current: str = ""
    phase: Phase = "not_started"
    passed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    pending: str = ""


@dataclass(frozen=True, slots=True)
class Highlight:
    """Where a case stands: by track id, the end it has reached or "", what is said of the gap, and the case's name."""

    tracks: Mapping[str, TrackHighlight] = field(default_factory=dict[str, TrackHighlight])
    end: str = ""
    gap: str = ""
    case: str = ""
