"""The order of a track: which way an outcome leads, and whether every target still lies where it must."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from stagegate.model import DecisionPoint, Definition, Outcome, OutcomeKind, Track


def indexes(track: Track) -> Mapping[str, int]:
    """The index of each stage, and of each decision point that of its place."""
    stages = {stage.id: i for i, stage in enumerate(track.stages)}
    return {**{d.id: stages.get(d.place, 0) for d in track.decision_points}, **stages}


def kind_of(track: Track, point: DecisionPoint, outcome: Outcome, to: str) -> OutcomeKind:
    """What an outcome of a decision point would be if it led there."""
    index = indexes(track)
    if not to:
        return "hold"
    if to not in index:
        return "end"
    here, there = index[point.id], index[to]
    if any(d.id == to for d in track.decision_points):
        return "advance" if there == here else "jump" if there > here else "loop_back"
    if outcome.kind == "new_round":
        return "new_round"
    if there > here:
        return "advance" if there == here + 1 else "jump"
    return "repeat" if there == here else "loop_back"


def led(track: Track, point: DecisionPoint, outcome: Outcome, to: str) -> Outcome:
    """The outcome leading there; what is only said of ways back is left out on a way forward."""
    kind = kind_of(track, point, outcome, to)
    keep = outcome.keep if kind in ("loop_back", "repeat", "new_round") else ()
    return evolve(
        outcome,
        to=to,
        kind=kind,
        keep=keep,
        hold=outcome.hold if kind == "hold" else None,
        wins=outcome.wins if kind != "end" else "",
        forgets_win=outcome.forgets_win and kind == "new_round",
    )


def reordered(definition: Definition) -> Definition:
    """The definition with the kind of every outcome as the order of the stages now makes it."""
    tracks = []
    for track in definition.tracks:
        points = tuple(
            evolve(d, outcomes=tuple(led(track, d, o, o.to) if o.to else o for o in d.outcomes))
            for d in track.decision_points
        )
        tracks.append(evolve(track, decision_points=points))
    return evolve(definition, tracks=tuple(tracks))


def is_ordered(definition: Definition) -> bool:
    """Whether steps and jumps lead ahead and loops back, as the rules ask of a file."""
    return all(
        steps_lead_ahead(track) and jumps_lead_ahead(track) and loops_lead_back(track) for track in definition.tracks
    )


def steps_lead_ahead(track: Track) -> bool:
    """Whether `next` leads ahead, and no outcome leads back to a decision point."""
    index, points = indexes(track), {d.id for d in track.decision_points}
    for stage in track.stages:
        if stage.next in index and index[stage.next] < index[stage.id] + (stage.next not in points):
            return False
    return not any(o.kind == "loop_back" and o.to in points for d in track.decision_points for o in d.outcomes)


def jumps_lead_ahead(track: Track) -> bool:
    """Whether each jump leads ahead of all its origins."""
    index, points = indexes(track), {d.id for d in track.decision_points}
    return all(
        bool(jump.origins)
        and all(not jump.to or index[jump.to] >= index[o] + (jump.to not in points) for o in jump.origins)
        for jump in track.jumps
    )


def loops_lead_back(track: Track) -> bool:
    """Whether each loop leads to its origins or before them."""
    index = indexes(track)
    return all(bool(loop.origins) and all(index[loop.to] <= index[o] for o in loop.origins) for loop in track.loops)
