"""Where a case stands, as a picture wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stagegate.render.case_text import gap_words
from stagegate.render.picture import Highlight, Phase, TrackHighlight
from stagegate.render.words import Say

if TYPE_CHECKING:
    from stagegate.case import Case

PHASES: Final[dict[str, Phase]] = {
    "not_started": "not_started",
    "in_progress": "in_progress",
    "completed": "completed",
    "left": "left",
    "ended": "ended",
}


def highlight(case: Case, language: str = "en") -> Highlight:
    """The position of a case on every track, its end and its gap, for `stagegate.render.picture.draw`."""
    explained = case.explain()
    tracks: dict[str, TrackHighlight] = {}
    for position in explained.positions:
        states = explained.stages[position.track]
        tracks[position.track] = TrackHighlight(
            current=position.stage,
            phase="ended" if explained.end and position.phase == "in_progress" else PHASES[position.phase],
            passed=frozenset(id for id, state in states.items() if state in ("completed", "passed", "left")),
            skipped=frozenset(id for id, state in states.items() if state == "skipped"),
            pending="" if explained.end else position.pending,
        )
    words = gap_words(Say(language), explained.gap.state, explained.gap.gap)
    return Highlight(tracks=tracks, end=explained.end or explained.won, gap=words, case=case.id)
