"""Invariants about the names of a definition, true or not: what a prover is tried with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve, frozen

from stagegate.conditions import Condition, Environment
from stagegate.language.expressions import environment_of
from stagegate.model import Definition, Fact, Invariant, InvariantKind
from stagegate.testing.making.conditions import compiled
from stagegate.testing.making.dice import Dice

KINDS: Final[tuple[InvariantKind, ...]] = ("never", "always", "possible", "from_everywhere", "before")


@frozen
class Names:
    """What invariants may name, in the order of the file."""

    facts: tuple[Fact, ...]
    criteria: tuple[str, ...]
    tracks: Mapping[str, tuple[str, ...]]  # with their stages
    outcomes: tuple[str, ...]
    ends: tuple[str, ...]
    entered: tuple[str, ...]  # stages of earned tracks, and ends
    environment: Environment


def make_invariants(dice: Dice, definition: Definition, most: int = 4) -> tuple[Invariant, ...]:
    """From one to `most` invariants of any kind over names of the definition."""
    names = _names(definition)
    return tuple(make_invariant(dice, names, f"drawn_{number}") for number in range(1, dice.number(1, most) + 1))


def _names(definition: Definition) -> Names:
    ends = tuple(end.id for end in definition.every_end())
    earned = tuple(stage.id for track in definition.tracks if not track.observed for stage in track.stages)
    return Names(
        facts=definition.facts,
        criteria=tuple(item.id for item in definition.criteria()),
        tracks={track.id: tuple(stage.id for stage in track.stages) for track in definition.tracks},
        outcomes=tuple(f"{point.id}.{o.id}" for point in definition.decision_points() for o in point.outcomes),
        ends=ends,
        entered=(*earned, *ends),
        environment=evolve(environment_of(definition), invariant=True),
    )


def make_invariant(dice: Dice, names: Names, id: str) -> Invariant:
    """One invariant."""
    kind = dice.pick(KINDS if names.criteria else KINDS[:-1])
    if kind == "from_everywhere":
        return Invariant(id, kind, targets=_few(dice, names.entered))
    if kind == "before":
        entering = _few(dice, names.entered)
        return Invariant(id, kind, criteria=_few(dice, names.criteria), entering=entering, or_waived=dice.chance(40))
    stages = tuple(stage for track in names.tracks.values() for stage in track)
    inside = _few(dice, stages) if kind != "possible" and dice.chance(25) else ()
    return Invariant(id, kind, condition=_condition(dice, names), inside=inside)


def _few(dice: Dice, items: tuple[str, ...]) -> tuple[str, ...]:
    """One item, sometimes two."""
    first = dice.pick(items)
    second = dice.pick(items) if dice.chance(25) else first
    return tuple(dict.fromkeys((first, second)))


def _condition(dice: Dice, names: Names) -> Condition:
    """One atom, or up to three joined by `&&` or by `||`."""
    atoms = [_atom(dice, names) for _ in range(dice.pick([1, 2, 2, 3]))]
    return compiled(dice.pick([" && ", " && ", " || "]).join(atoms), names.environment)


def _atom(dice: Dice, names: Names) -> str:
    kinds = ["ended", "stage", "reached"]
    earned = [track for track in names.tracks if track not in names.environment.observed]
    kinds += ["completed"] if earned else []
    kinds += ["fact"] if names.facts else []
    kinds += ["met", "met", "waived"] if names.criteria else []
    kinds += ["taken"] if names.outcomes else []
    no = "!" if dice.chance(25) else ""
    match dice.pick(kinds):
        case "fact":
            return f"{no}({_over_fact(dice, dice.pick(names.facts))})"
        case "met":
            return f"{no}met('{dice.pick(names.criteria)}')"
        case "waived":
            return f"{no}waived('{dice.pick(names.criteria)}')"
        case "taken":
            return f"taken('{dice.pick(names.outcomes)}') {dice.pick(['> 0', '< 1', '> 1'])}"
        case "ended":
            return f"{no}ended('{dice.pick(names.ends)}')"
        case "completed":
            track = dice.pick(earned)
            return f"{no}completed('{track}', '{dice.pick(names.tracks[track])}')"
        case "stage":
            track = dice.pick(list(names.tracks))
            return f"stage('{track}') {'!=' if no else '=='} '{dice.pick(names.tracks[track])}'"
        case _:
            track = dice.pick(list(names.tracks))
            return f"{no}reached('{track}', '{dice.pick(names.tracks[track])}')"


def _over_fact(dice: Dice, fact: Fact) -> str:
    """A comparison of a fact with a constant; for kinds that need literals of their own, of the fact with itself."""
    match fact.type.kind:
        case "boolean":
            return fact.id
        case "enum":
            value = dice.pick(fact.type.values).replace("\\", "\\\\").replace("'", "\\'")
            return f"{fact.id} == '{value}'"
        case "integer":
            return f"{fact.id} {dice.pick(['>', '<=', '=='])} {dice.number(0, 9)}"
        case "number":
            return f"{fact.id} {dice.pick(['>=', '<'])} {dice.pick(['0.5', '0.1', '1.0'])}"
        case _:
            return f"{fact.id} == {fact.id}"
