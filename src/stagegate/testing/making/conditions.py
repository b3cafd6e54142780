"""Conditions over what may be read at a place, so that nothing comes to depend on itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from stagegate.conditions import Condition, Environment, compile, parse
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.plan import Plan, TrackPlan
from stagegate.testing.making.vocabulary import conditions_over


@frozen
class Readable:
    """The names that a condition may use beside facts."""

    criteria: tuple[str, ...] = ()
    tracks: tuple[TrackPlan, ...] = ()
    outcomes: tuple[str, ...] = ()


def compiled(text: str, environment: Environment) -> Condition:
    """The condition of a text; raises ValueError for one with mistakes."""
    tree = parse(text).tree
    if tree is None:
        raise ValueError(f"not a condition: `{text}`")
    return compile(tree, environment)


def watched(dice: Dice, plan: Plan, track: str, before: Iterable[str]) -> Condition:
    """A condition that every walk of a track looks at: it reads tracks that walk earlier, and criteria `before` it.

    What was taken on the track itself may be read too, as long as people take it.
    """
    lower = plan.lower(track)
    outcomes = outcome_keys(lower)
    if dice.chance(10):
        outcomes += taken_by_people(plan.track(track))
    criteria = tuple(item for each in lower for item in each.items())
    return condition(dice, plan, Readable((*criteria, *before), lower, outcomes))


def asked(dice: Dice, plan: Plan) -> Condition:
    """A condition asked once, when a command comes: it may read everything."""
    return condition(dice, plan, everything(plan))


def everything(plan: Plan) -> Readable:
    """All names of the plan."""
    return Readable(plan.criteria, plan.tracks, outcome_keys(plan.tracks))


def outcome_keys(tracks: Iterable[TrackPlan]) -> tuple[str, ...]:
    """The outcomes of these tracks as conditions name them."""
    return tuple(f"{point.id}.{outcome}" for track in tracks for point in track.points for outcome in point.outcomes)


def taken_by_people(track: TrackPlan) -> tuple[str, ...]:
    """The outcomes of a track that are never taken by themselves."""
    return tuple(f"{p.id}.{outcome}" for p in track.points if not p.automatic for outcome in p.outcomes)


def condition(dice: Dice, plan: Plan, readable: Readable) -> Condition:
    """One atom, or two of them joined."""
    text = atom(dice, readable, conditions_over(plan.facts))
    if dice.chance(20):
        text = f"{text} {dice.pick(['&&', '||'])} {atom(dice, readable, conditions_over(plan.facts))}"
    return compiled(text, plan.environment)


def atom(dice: Dice, readable: Readable, over_facts: Sequence[str]) -> str:
    """The text of one comparison, or of its opposite."""
    kinds = ["fact", "fact", "fact"]
    kinds += ["met"] if readable.criteria else []
    kinds += ["stage", "reached"] if readable.tracks else []
    earned = [track for track in readable.tracks if not track.observed]
    kinds += ["completed"] if earned else []
    kinds += ["taken"] if readable.outcomes else []
    kind = dice.pick(kinds)
    no = "!" if dice.chance(25) else ""
    if kind == "met":
        return f"{no}met('{dice.pick(readable.criteria)}')"
    if kind == "stage":
        track = dice.pick(readable.tracks)
        return f"stage('{track.id}') == '{dice.pick(['', *track.stage_ids])}'"
    if kind == "reached":
        track = dice.pick(readable.tracks)
        return f"{no}reached('{track.id}', '{dice.pick(track.stage_ids)}')"
    if kind == "completed":
        track = dice.pick(earned)
        return f"{no}completed('{track.id}', '{dice.pick(track.stage_ids)}')"
    if kind == "taken":
        return f"taken('{dice.pick(readable.outcomes)}') {dice.pick(['> 0', '< 1', '== 1', '< 2'])}"
    return f"({dice.pick(over_facts)})"
