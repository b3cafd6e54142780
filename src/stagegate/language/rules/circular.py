"""The rule about circles: no criterion may depend on itself, nor on the stage of its own track."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from stagegate.conditions import Condition
from stagegate.diagnostics import Label
from stagegate.language.rules.base import Draft, Rule, Told
from stagegate.language.rules.graph import knots, ring_through
from stagegate.language.tree import Node
from stagegate.model import Criterion, Definition, Track

_MOST_SHOWN = 12  # of the things in one circle

Edges = dict[str, list[str]]


def circular_condition(draft: Draft) -> Iterator[Told]:
    """A criterion that depends on itself, or on the stage of its own track, directly or through others."""
    edges = _edges(draft.definition)
    told: set[str] = set()
    for knot in knots(edges):
        first = min((node for node in knot), key=lambda node: (not _is_condition(node), _place(draft, node).start))
        ring = ring_through({node: [t for t in edges[node] if t in knot] for node in knot}, first)
        told |= knot
        yield _tell(draft, ring)
    for item in draft.definition.criteria():
        key = f"criterion:{item.id}"
        if key not in told and item.track in _tracks_read(item):
            message = f"criterion `{item.id}` reads the stage of its own track `{item.track}`"
            yield Told(_place(draft, key), message, help="a criterion may read the stage of another track only")


def _tell(draft: Draft, ring: tuple[str, ...]) -> Told:
    names = [_words(node) for node in ring]
    if len(ring) == 1:
        message = f"{names[0]} depends on itself"
    elif len(ring) == 2 and ring[1].startswith("track:"):
        message = f"{names[0]} reads the stage of its own {names[1]}"
    else:
        shown = (
            names if len(names) <= _MOST_SHOWN else [*names[: _MOST_SHOWN - 1], f"{len(names) - _MOST_SHOWN + 1} more"]
        )
        message = f"{names[0]} depends on itself: " + " -> ".join([*shown, names[0]])
    labels = tuple(
        Label(_place(draft, node).span, f"{words} depends on {after}")
        for node, words, after in islice(zip(ring[1:], names[1:], [*names[2:], names[0]], strict=False), _MOST_SHOWN)
    )
    help_text = "what a criterion says must come from facts, other criteria or the other track"
    return Told(_place(draft, ring[0]), message, labels=labels, help=help_text)


def _is_condition(node: str) -> bool:
    return node.startswith("criterion:")


def _words(node: str) -> str:
    kind, _, name = node.partition(":")
    return f"decision point `{name}`" if kind == "decision" else f"{kind} `{name}`"


def _place(draft: Draft, node: str) -> Node:
    if not _is_condition(node):
        return draft.id(node)
    record = draft.record(node)
    return record.get("when") or record.get("applies_when") or draft.id(node)


# --- the graph --------------------------------------------------------------------------------------


def _edges(definition: Definition) -> Edges:
    """Who depends on whom: criteria, tracks (their position) and automatic decision points."""
    automatic = _automatic(definition)
    edges: Edges = {}
    for item in definition.criteria():
        of = [f"criterion:{item.of}"] if item.of else []
        edges[f"criterion:{item.id}"] = of + list(_reads((item.when, item.applies_when), automatic))
    for track in definition.tracks:
        edges[f"track:{track.id}"] = [] if track.observed else list(_track_depends(track, automatic))
        for decision in track.decision_points:
            conditions = [outcome.when for outcome in decision.outcomes]
            required = [f"criterion:{name}" for outcome in decision.outcomes for name in outcome.requires]
            edges[f"decision:{decision.id}"] = required + list(_reads(conditions, automatic))
    return edges


def _automatic(definition: Definition) -> dict[str, str]:
    """The automatic decision points by what a condition may call their outcomes: `d.o`, or `o` if only one has it."""
    counted = Counter(outcome.id for decision in definition.decision_points() for outcome in decision.outcomes)
    found: dict[str, str] = {}
    for decision in definition.decision_points():
        for outcome in decision.outcomes if decision.automatic else ():
            found[f"{decision.id}.{outcome.id}"] = decision.id
            if counted[outcome.id] == 1:
                found[outcome.id] = decision.id
    return found


def _track_depends(track: Track, automatic: Mapping[str, str]) -> Iterator[str]:
    for stage in track.stages:
        yield from _reads((stage.applies_when,), automatic)
        yield from (f"criterion:{item.id}" for item in (*stage.entry_milestone, *(stage.exit_criteria or ())))
    yield from (f"decision:{decision.id}" for decision in track.decision_points if decision.automatic)


def _reads(conditions: Iterable[Condition | None], automatic: Mapping[str, str]) -> Iterator[str]:
    for condition in conditions:
        if condition is not None:
            yield from (f"criterion:{name}" for name in sorted(condition.reads.criteria))
            yield from (f"track:{name}" for name in sorted(condition.reads.tracks))
            counted = {automatic[name] for name in condition.reads.outcomes if name in automatic}
            yield from (f"decision:{name}" for name in sorted(counted))


def _tracks_read(item: Criterion) -> frozenset[str]:
    conditions = [condition for condition in (item.when, item.applies_when) if condition is not None]
    return frozenset(track for condition in conditions for track in condition.reads.tracks)


RULES: Final = (Rule("circular-condition", "error", "conditions", "a criterion depends on itself", circular_condition),)
