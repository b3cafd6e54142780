"""How far apart two paired tracks are (R24 to R29)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.engine.parts import NOWHERE, TrackTable
from stagegate.engine.place import ENTERED, Place

if TYPE_CHECKING:
    from stagegate.engine.snapshot import Rest
    from stagegate.engine.tables import Tables


def gap_of(tables: Tables, places: list[Place] | tuple[Place, ...], rest: Rest) -> int | None:
    """Index of the buyer's stage minus that of the stage paired with the seller's; None when unknown.

    Beside a run of stages the seller is in step anywhere in it: behind counts from its last, ahead from its first.
    """
    assert tables.gap_tracks is not None
    buyer, seller = tables.gap_tracks
    if buyer.observed:
        there = rest.tracks[buyer.index].stage + 1
        if there == 0:
            return None
    else:
        there = places[buyer.index].stage + 1
    first, last = paired_run(seller, places[seller.index].trail)
    return there - min(max(there, first), last)


def paired_run(seller: TrackTable, trail: tuple[int, ...]) -> tuple[int, int]:
    """The indexes from 1 of the first and last buyer's stage paired with the last paired stage entered, 0 if none."""
    for code in reversed(trail):
        if code % 3 == ENTERED and seller.pairs[code // 3][0] != NOWHERE:
            first, last = seller.pairs[code // 3]
            return first + 1, last + 1
    return 0, 0


def gap_state(gap: int | None) -> str:
    """The state of a gap (R26)."""
    if gap is None:
        return "unknown"
    return "in_step" if gap == 0 else "behind" if gap > 0 else "ahead"
