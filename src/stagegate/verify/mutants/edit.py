"""A definition with one thing replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from attrs import evolve

from stagegate.model import Criterion, DecisionPoint, Definition, End, Jump, Loop, Outcome, Stage, Track

T = TypeVar("T")


def replaced(items: Iterable[T], old: T, *new: T) -> tuple[T, ...]:
    """The items with one of them replaced, or dropped."""
    return tuple(each for item in items for each in (new if item is old else (item,)))


def without(items: Iterable[T], index: int) -> tuple[T, ...]:
    """The items without that of an index."""
    return tuple(item for i, item in enumerate(items) if i != index)


def swapped(items: tuple[T, ...], index: int) -> tuple[T, ...]:
    """The items with that of an index and the one after it swapped."""
    return (*items[:index], items[index + 1], items[index], *items[index + 2 :])


def with_track(definition: Definition, old: Track, **changes: Any) -> Definition:
    """The definition with one track changed."""
    return evolve(definition, tracks=replaced(definition.tracks, old, evolve(old, **changes)))


def with_stage(definition: Definition, old: Stage, **changes: Any) -> Definition:
    """The definition with one stage changed."""
    track = next(t for t in definition.tracks if any(s is old for s in t.stages))
    return with_track(definition, track, stages=replaced(track.stages, old, evolve(old, **changes)))


def with_criterion(definition: Definition, old: Criterion, **changes: Any) -> Definition:
    """The definition with one criterion, condition or appraisal item changed."""
    stage = next(s for s in definition.stages() if any(c is old for c in s.criteria()))
    new = evolve(old, **changes)
    return with_stage(
        definition,
        stage,
        entry_milestone=replaced(stage.entry_milestone, old, new),
        exit_criteria=None if stage.exit_criteria is None else replaced(stage.exit_criteria, old, new),
        conditions=replaced(stage.conditions, old, new),
        appraisal=replaced(stage.appraisal, old, new),
    )


def with_decision(definition: Definition, old: DecisionPoint, **changes: Any) -> Definition:
    """The definition with one decision point changed."""
    track = next(t for t in definition.tracks if any(d is old for d in t.decision_points))
    return with_track(definition, track, decision_points=replaced(track.decision_points, old, evolve(old, **changes)))


def with_outcome(definition: Definition, point: DecisionPoint, old: Outcome, **changes: Any) -> Definition:
    """The definition with one outcome changed."""
    return with_decision(definition, point, outcomes=replaced(point.outcomes, old, evolve(old, **changes)))


def with_end(definition: Definition, old: End, **changes: Any) -> Definition:
    """The definition with one end changed."""
    return evolve(definition, ends=replaced(definition.ends, old, evolve(old, **changes)))


def with_jump(definition: Definition, old: Jump, **changes: Any) -> Definition:
    """The definition with one jump changed."""
    track = next(t for t in definition.tracks if any(j is old for j in t.jumps))
    return with_track(definition, track, jumps=replaced(track.jumps, old, evolve(old, **changes)))


def with_loop(definition: Definition, old: Loop, **changes: Any) -> Definition:
    """The definition with one loop changed: a declared one, or that of a repeatable stage."""
    for track in definition.tracks:
        if any(loop is old for loop in track.loops):
            return with_track(definition, track, loops=replaced(track.loops, old, evolve(old, **changes)))
    stage = next(s for s in definition.stages() if s.repeatable is old)
    return with_stage(definition, stage, repeatable=evolve(old, **changes))


Change = Callable[..., Definition]
Guard = tuple[str, Outcome | Jump | Loop, Change]
AnyGuard = tuple[str, Outcome | Jump | Loop | End, Change]


def guards(definition: Definition) -> Iterator[Guard]:
    """Every move with a guard: its key in `Definition.where`, itself, and the function that changes it."""
    for point in definition.decision_points():
        for outcome in point.outcomes:
            yield f"outcome:{point.id}.{outcome.id}", outcome, changing_outcome(definition, point, outcome)
    for track in definition.tracks:
        for jump in track.jumps:
            yield f"jump:{jump.id}", jump, changing_jump(definition, jump)
    for key, loop in every_loop(definition):
        yield key, loop, changing_loop(definition, loop)


def every_guard(definition: Definition) -> Iterator[AnyGuard]:
    """The moves, and the ends by command."""
    yield from guards(definition)
    for end in definition.ends:
        if end.by_command:
            yield f"end:{end.id}", end, changing_end(definition, end)


def every_loop(definition: Definition) -> Iterator[tuple[str, Loop]]:
    """The declared loops and those of repeatable stages, with their keys in `Definition.where`."""
    for track in definition.tracks:
        for loop in track.loops:
            yield f"loop:{loop.id}", loop
        for stage in track.stages:
            if stage.repeatable is not None:
                yield f"stage:{stage.id}", stage.repeatable


def changing_outcome(definition: Definition, point: DecisionPoint, outcome: Outcome) -> Change:
    """The function that changes this outcome."""
    return lambda **changes: with_outcome(definition, point, outcome, **changes)


def changing_jump(definition: Definition, jump: Jump) -> Change:
    """The function that changes this jump."""
    return lambda **changes: with_jump(definition, jump, **changes)


def changing_end(definition: Definition, end: End) -> Change:
    """The function that changes this end."""
    return lambda **changes: with_end(definition, end, **changes)


def changing_loop(definition: Definition, loop: Loop) -> Change:
    """The function that changes this loop."""
    return lambda **changes: with_loop(definition, loop, **changes)
