"""The plan of a definition: every id there will be, before anything that names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import frozen

from stagegate.conditions import Environment
from stagegate.model import CatalogueEntry, End, ReasonTree, Side
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.size import Size
from stagegate.testing.making.vocabulary import FACTS


@frozen
class StagePlan:
    """The criteria of a stage; `exits` is None where the key will be missing."""

    id: str
    milestone: tuple[str, ...] = ()
    exits: tuple[str, ...] | None = None
    conditions: tuple[str, ...] = ()
    appraisal: tuple[str, ...] = ()

    @property
    def gates(self) -> tuple[str, ...]:
        """The criteria of both gates."""
        return (*self.milestone, *(self.exits or ()))

    @property
    def items(self) -> tuple[str, ...]:
        """All criteria, in the order of the file."""
        return (*self.gates, *self.conditions, *self.appraisal)


@frozen
class PointPlan:
    """A decision point at the index `place`. `owner` is the decision point one of whose outcomes leads here."""

    id: str
    place: int
    outcomes: tuple[str, ...]
    automatic: bool
    after: str = ""
    by_next: bool = False  # reached by `next` of the stage at its place
    owner: str = ""


@frozen
class TrackPlan:
    """A track: its stages and decision points in order."""

    id: str
    side: Side
    stages: tuple[StagePlan, ...]
    observed: bool = False
    manual: bool = False
    points: tuple[PointPlan, ...] = ()

    @property
    def stage_ids(self) -> tuple[str, ...]:
        """The ids of its stages."""
        return tuple(stage.id for stage in self.stages)

    def items(self, first: int = 0, beyond: int | None = None) -> tuple[str, ...]:
        """All criteria of the stages from `first` to before `beyond`."""
        return tuple(item for stage in self.stages[first:beyond] for item in stage.items)

    def gates(self, first: int = 0, beyond: int | None = None) -> tuple[str, ...]:
        """The gate criteria of the stages from `first` to before `beyond`."""
        return tuple(item for stage in self.stages[first:beyond] for item in stage.gates)


@frozen
class Plan:
    """All ids. A track may read the stages of those that stand before it in `read_order`."""

    tracks: tuple[TrackPlan, ...]
    ends: tuple[End, ...]
    read_order: tuple[str, ...]
    facts: tuple[str, ...]
    environment: Environment

    @property
    def primary(self) -> TrackPlan:
        """The track that ends the case: there is always one of the seller's that is earned."""
        return next(track for track in self.tracks if track.side == "seller")

    def track(self, id: str) -> TrackPlan:
        """The track of this name."""
        return next(track for track in self.tracks if track.id == id)

    def lower(self, track: str) -> tuple[TrackPlan, ...]:
        """The tracks that what is always watched on this one may read."""
        return tuple(self.track(id) for id in self.read_order[: self.read_order.index(track)])

    @property
    def criteria(self) -> tuple[str, ...]:
        """Every criterion of every track."""
        return tuple(item for track in self.tracks for item in track.items())


def make_plan(dice: Dice, size: Size) -> Plan:
    """Draws the tracks with their stages and decision points, and the ends."""
    tracks = tuple(_with_points(dice, size, track) for track in _tracks(dice, size))
    order = [track.id for track in tracks]
    if dice.chance(40):
        order.reverse()
    return Plan(tracks, _ends(dice), tuple(order), size.facts, _environment(tracks, size.facts))


# --- tracks -----------------------------------------------------------------------------------------


def _tracks(dice: Dice, size: Size) -> list[TrackPlan]:
    layout = dice.pick(size.layouts)
    found: list[TrackPlan] = []
    if layout == "observed" or (layout == "three" and dice.chance(50)):
        found.append(TrackPlan("buying", "buyer", _stages(dice, size, "b", size.other_stages, None), observed=True))
    elif layout in ("two", "three"):
        side: Side = "buyer" if dice.chance(70) else "other"
        stages = _stages(dice, size, "b", min(3, size.other_stages), dice)
        found.append(TrackPlan("buying", side, stages, manual=dice.chance(15)))
    manual = layout == "manual" or (layout != "one" and dice.chance(15))
    found.append(TrackPlan("selling", "seller", _stages(dice, size, "s", size.stages, dice), manual=manual))
    if layout == "three":
        stages = _stages(dice, size, "p", 2, dice)
        found.append(TrackPlan("partner", "other", stages, manual=dice.chance(30)))
    return found


def _stages(dice: Dice, size: Size, letter: str, most: int, gated: Dice | None) -> tuple[StagePlan, ...]:
    """Stages with the ids of their criteria; without any where nothing is `gated`."""
    ids = [f"{letter}{number}" for number in range(1, dice.number(1, most) + 1)]
    return tuple(StagePlan(id) if gated is None else _stage(gated, size, id) for id in ids)


def _stage(dice: Dice, size: Size, id: str) -> StagePlan:
    milestone = _numbered(f"{id}_m", dice.pick(size.milestones))
    exits = None if dice.chance(25) else _numbered(f"{id}_e", dice.pick(size.exits))
    conditions = _numbered(f"{id}_c", int(dice.chance(size.extra_chance * 3 // 2)))
    return StagePlan(id, milestone, exits, conditions, _numbered(f"{id}_a", int(dice.chance(size.extra_chance))))


def _numbered(stem: str, many: int) -> tuple[str, ...]:
    return tuple(f"{stem}{number}" for number in range(1, many + 1))


# --- decision points --------------------------------------------------------------------------------

OUTCOMES = ("yes", "no", "back", "later")


def _with_points(dice: Dice, size: Size, track: TrackPlan) -> TrackPlan:
    """The track with its decision points: after stages, reached by `next`, or only as the target of another."""
    if track.observed:
        return track
    found: list[PointPlan] = []
    for place, stage in enumerate(track.stages):
        if dice.chance(size.decision_chance):
            found.append(_point(dice, size, f"d_{stage.id}", place, after=stage.id))
        elif dice.chance(6):
            found.append(_point(dice, size, f"f_{stage.id}", place, by_next=True))
    for number in range(2):
        if found and dice.chance(25):
            free = [p for p in found if all(other.owner != p.id for other in found)]
            owner = dice.pick(free)
            found.append(_point(dice, size, f"g{number}_{owner.id}", owner.place, owner=owner.id))
    return TrackPlan(track.id, track.side, track.stages, track.observed, track.manual, tuple(found))


def _point(
    dice: Dice, size: Size, id: str, place: int, *, after: str = "", by_next: bool = False, owner: str = ""
) -> PointPlan:
    outcomes = OUTCOMES[: dice.pick(size.outcomes)]
    return PointPlan(id, place, outcomes, dice.chance(35), after=after, by_next=by_next, owner=owner)


# --- ends -------------------------------------------------------------------------------------------


def _ends(dice: Dice) -> tuple[End, ...]:
    tree = ReasonTree(
        "why",
        reasons=(
            CatalogueEntry("price"),
            CatalogueEntry("rival", entries=(CatalogueEntry("close"), CatalogueEntry("far"))),
        ),
    )
    ends = [
        End("won", "won"),
        End("lost", "lost", by_command=True, reasons=tree if dice.chance(40) else None),
        End("parked", "parked", by_command=dice.chance(50)),
    ]
    if dice.chance(15):
        return tuple(ends[1:])
    return (*ends, End("won_more", "won")) if dice.chance(10) else tuple(ends)


# --- what conditions may read -----------------------------------------------------------------------


def _environment(tracks: Iterable[TrackPlan], facts: Iterable[str]) -> Environment:
    tracks = tuple(tracks)
    keys = [f"{point.id}.{outcome}" for track in tracks for point in track.points for outcome in point.outcomes]
    counted: Mapping[str, int] = Counter(key.partition(".")[2] for key in keys)
    return Environment(
        facts={name: FACTS[name] for name in facts},
        criteria=tuple(item for track in tracks for item in track.items()),
        tracks={track.id: track.stage_ids for track in tracks},
        outcomes=(*keys, *counted),
        ambiguous_outcomes=tuple(name for name, many in counted.items() if many > 1),
        observed=tuple(track.id for track in tracks if track.observed),
    )
