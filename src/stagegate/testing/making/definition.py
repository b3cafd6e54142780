"""A whole definition, within the static rules of the language, that nobody wrote."""

from __future__ import annotations

from random import Random

from attrs import evolve

from stagegate.language.rules.graph import graph, reach
from stagegate.model import TO_THE_FIRST, Activity, Definition, Document, GapPolicy, Role, Stage, Track
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.moves import MoveMaker, guarded_end
from stagegate.testing.making.plan import Plan, TrackPlan, make_plan
from stagegate.testing.making.size import SIZES, Size, SizeName
from stagegate.testing.making.stages import StageMaker
from stagegate.testing.making.vocabulary import DOCUMENTS, ROLES, facts


def definition_from_seed(seed: int, size: SizeName = "medium") -> Definition:
    """The definition of a number: quicker than a strategy and the same every time, for long runs.

    `small` ones have at most two tracks and three stages to a track, with few criteria, so that everything that can
    happen can be tried; `medium` ones have up to three tracks and everything that the language knows. Which definition
    a number gives may change with a version of this package.

        definition = definition_from_seed(42, "small")
        process = stagegate.Process(definition)
    """
    return make_definition(Dice(Random(seed).randint), size)  # noqa: S311 - chance, not secrets


def make_definition(dice: Dice, size: SizeName = "medium") -> Definition:
    """The definition that these dice make."""
    limits = SIZES[size]
    plan = make_plan(dice, limits)
    maker = StageMaker(dice, limits, plan)
    stages = {track.id: maker.stages(track) for track in plan.tracks}
    derived = frozenset(item.id for row in stages.values() for s in row for item in s.criteria() if item.when)
    return Definition(
        name="random",
        version="1.0.0",
        tracks=tuple(_track(dice, limits, plan, track, stages[track.id], derived) for track in plan.tracks),
        facts=facts(limits.facts),
        roles=tuple(Role(name) for name in ROLES),
        documents=tuple(Document(name) for name in DOCUMENTS),
        activities=_activities(dice, plan, maker),
        ends=tuple(guarded_end(dice, plan, end) for end in plan.ends),
        gap=GapPolicy(give_up_at=2 if dice.chance(30) else None),
    )


def _track(
    dice: Dice, size: Size, plan: Plan, track: TrackPlan, stages: tuple[Stage, ...], derived: frozenset[str]
) -> Track:
    if track.observed:
        return Track(track.id, stages, side=track.side, observed=True)
    moves = MoveMaker(dice, plan, track, derived)
    points = tuple(moves.decision(point) for point in track.points)
    closing = moves.closing(stages)
    first = next((n for n, stage in enumerate(stages) if stage.id == closing.to), 0)
    rests = bool(points) or not all(_always_open(stage) for stage in stages[first:])
    cycle = rests and dice.chance(25 if points else 15)
    made = Track(
        track.id,
        stages,
        side=track.side,
        manual=track.manual,
        cycle=cycle,
        closing=closing if cycle else TO_THE_FIRST,
        decision_points=points,
        jumps=moves.jumps(dice.pick(size.jumps)),
        loops=moves.loops(dice.pick(size.loops)),
    )
    return _all_reached(made)


def _always_open(stage: Stage) -> bool:
    """Whether nothing stops a case in a stage, so that a cycle of such stages would never rest."""
    required = [item for item in (*stage.entry_milestone, *(stage.exit_criteria or ())) if not item.optional]
    return stage.exit_criteria is not None and not required


def _all_reached(track: Track) -> Track:
    """The track, in which a case may start at the stages that nothing leads to."""
    edges = graph(track)
    starts = {stage.id for stage in track.stages if stage.start} or {track.stages[0].id}
    for stage in track.stages:
        if stage.id not in reach(edges, starts):
            starts.add(stage.id)
    return evolve(track, stages=tuple(evolve(stage, start=stage.id in starts) for stage in track.stages))


def _activities(dice: Dice, plan: Plan, maker: StageMaker) -> tuple[Activity, ...]:
    """Activities beside the stages; oftener where a track moves only when told to."""
    manual = any(track.manual for track in plan.tracks)
    found: list[Activity] = []
    if dice.chance(50 if manual else 40):
        found.append(Activity("objection", results=("solved", "open") if dice.chance(50) else ()))
    if dice.chance(50 if manual else 30):
        origins = dice.some(plan.primary.stage_ids, 60)
        found.append(Activity("check", origins=origins, blocks=True, procedures=maker.procedures()))
    if dice.chance(10):
        found.append(Activity("manners", standing=True))
    return tuple(found)
