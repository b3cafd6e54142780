"""The gap between the buyer and the seller, and what would close it (semantics 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stagegate.engine.pairs import gap_of, gap_state
from stagegate.engine.place import IN
from stagegate.engine.questions import Item, gate_in_front, items, viewing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stagegate.engine.parts import TrackTable
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables

RESPONSES: Final[Mapping[str, tuple[str, ...]]] = {
    "in_step": ("carry_on",),
    "behind": ("catch_up", "give_up"),
    "ahead": (),
    "unknown": (),
    "": (),
}


class Gap:
    """How far the buyer is ahead of the seller (R24 to R29).

    `state` is in_step, behind, ahead or unknown ("" where nothing is paired, or after an end);
    `gap` the difference in stages, `since` when this state began, `closing` the open criteria that
    would close it, in order, `responses` what may be done, `give_up_reached` whether the declared limit is.
    """

    __slots__ = ("buyer", "closing", "gap", "give_up_reached", "responses", "seller", "since", "state")

    def __init__(
        self,
        state: str,
        gap: int | None,
        since: datetime | None,
        closing: tuple[Item, ...],
        responses: tuple[str, ...],
        give_up_reached: bool,
        buyer: str,
        seller: str,
    ) -> None:
        self.state: Final = state
        self.gap: Final = gap
        self.since: Final = since
        self.closing: Final = closing
        self.responses: Final = responses
        self.give_up_reached: Final = give_up_reached
        self.buyer: Final = buyer  # the buyer's stage
        self.seller: Final = seller  # the seller's stage

    def __repr__(self) -> str:
        return f"Gap({self.state!r}, {self.gap})"


def gap(tables: Tables, snapshot: Snapshot) -> Gap:
    """The gap between the buyer and the seller (semantics 10)."""
    rest = snapshot.rest
    if tables.gap_tracks is None or rest.ended:
        return Gap("", None, None, (), (), False, "", "")
    buyer, seller = tables.gap_tracks
    value = gap_of(tables, snapshot.places, rest)
    state = gap_state(value)
    buyer_stage = rest.tracks[buyer.index].stage if buyer.observed else snapshot.places[buyer.index].stage
    limit = tables.definition.gap.give_up_at
    closing: tuple[Item, ...] = ()
    if value is not None and value > 0:
        closing = catch_up(tables, snapshot, seller, buyer_stage)
    return Gap(
        state,
        value,
        rest.gap_since,
        closing,
        RESPONSES[state],
        limit is not None and value is not None and value >= limit,
        tables.name(buyer, buyer_stage) if buyer_stage >= 0 else "",
        tables.name(seller, snapshot.places[seller.index].stage) if snapshot.places[seller.index].stage >= 0 else "",
    )


def catch_up(tables: Tables, snapshot: Snapshot, seller: TrackTable, buyer_stage: int) -> tuple[Item, ...]:
    """The open criteria that would close a gap, stage by stage (R27)."""
    work = viewing(tables, snapshot)
    place = snapshot.places[seller.index]
    goal = next((s for s in range(len(seller.stages)) if seller.pairs[s][1] >= buyer_stage), len(seller.stages) - 1)
    masks = []
    if place.phase == IN:
        masks.append(gate_in_front(work, seller))
    for stage in seller.stages[place.stage + 1 : goal + 1]:
        masks.append(stage.entry)
        if stage.index < goal:
            masks.append(stage.exit)
    return tuple(item for mask in masks for item in items(work, mask & ~work.passes))
