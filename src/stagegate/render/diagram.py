"""A process as a graph for other programs: DOT for Graphviz, Mermaid for web pages and wikis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from stagegate.model import Definition, Stage, Text, Track
from stagegate.render.findings.display import clean
from stagegate.render.words import Say

Shape = Literal["stage", "decision", "end"]


class Node(NamedTuple):
    """A stage, decision point or end."""

    id: str
    shape: Shape
    label: str


class Edge(NamedTuple):
    """A way from one node to another; `kind` is flow, jump or loop."""

    source: str
    target: str
    label: str
    kind: str


def dot(definition: Definition, *, language: str = "en") -> str:
    """The process for Graphviz: a cluster for each track."""
    shapes = {"stage": "box, style=rounded", "decision": "diamond", "end": "doublecircle"}
    styles = {"flow": "", "jump": ", style=dashed", "loop": ", style=dotted, constraint=false"}
    lines = [f"digraph {_quoted(definition.name)} {{", "  rankdir=LR;", "  node [fontname=sans]; edge [fontname=sans];"]
    for track in definition.tracks:
        lines += [
            f"  subgraph {_quoted(f'cluster_{track.id}')} {{",
            f"    label={_quoted(_title(track.title, track.id, language))};",
        ]
        lines += [
            f"    {_quoted(n.id)} [shape={shapes[n.shape]}, label={_quoted(n.label)}];" for n in _nodes(track, language)
        ]
        lines.append("  }")
    lines += [
        f"  {_quoted(n.id)} [shape={shapes[n.shape]}, label={_quoted(n.label)}];" for n in _ends(definition, language)
    ]
    for edge in _edges(definition, language):
        label = f"label={_quoted(edge.label)}{styles[edge.kind]}"
        lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [{label}];")
    lines += [f"  // {line}" for line in _unsaid(definition, language)]
    return "\n".join([*lines, "}", ""])


def mermaid(definition: Definition, *, language: str = "en") -> str:
    """The process for Mermaid: a subgraph for each track."""
    shapes = {"stage": "({})", "decision": "{{{}}}", "end": "((({})))"}
    arrows = {"flow": "-->", "jump": "-.->", "loop": "-.->"}
    lines = ["flowchart LR"]
    for track in definition.tracks:
        lines.append(f"  subgraph track_{track.id}[{_mermaid(_title(track.title, track.id, language))}]")
        lines += [f"    n_{n.id}{shapes[n.shape].format(_mermaid(n.label))}" for n in _nodes(track, language)]
        lines.append("  end")
    lines += [f"  n_{n.id}{shapes[n.shape].format(_mermaid(n.label))}" for n in _ends(definition, language)]
    for edge in _edges(definition, language):
        label = f"|{_mermaid(edge.label)}|" if edge.label else ""
        lines.append(f"  n_{edge.source} {arrows[edge.kind]}{label} n_{edge.target}")
    lines += [f"  %% {line}" for line in _unsaid(definition, language)]
    return "\n".join([*lines, ""])


def _nodes(track: Track, language: str) -> Iterator[Node]:
    for stage in track.stages:
        yield Node(stage.id, "stage", _title(stage.title, stage.id, language))
    for point in track.decision_points:
        yield Node(point.id, "decision", _title(point.question or point.title, point.id, language))


def _ends(definition: Definition, language: str) -> Iterator[Node]:
    for end in definition.ends:
        yield Node(end.id, "end", _title(end.title, end.id, language))


def _edges(definition: Definition, language: str) -> Iterator[Edge]:
    for track in definition.tracks:
        yield from _flow(definition, track)
        yield from _outcomes(track, language)
        yield from _moves(track, language)


def _flow(definition: Definition, track: Track) -> Iterator[Edge]:
    """What follows a completed stage."""
    after = {point.after: point.id for point in track.decision_points if point.after}
    for stage, following in zip(track.stages, [*track.stages[1:], None], strict=True):
        target = after.get(stage.id) or stage.next or stage.completes or (following.id if following else "")
        target = target or _last(definition, track, stage)
        if target:
            yield Edge(stage.id, target, "", "flow")


def _last(definition: Definition, track: Track, stage: Stage) -> str:
    """Where the last stage leads: round again, or to the one end that wins."""
    if track.cycle:
        return track.closing.to or track.stages[0].id
    won = [end.id for end in definition.ends if end.kind == "won"]
    return (stage.wins or (won[0] if len(won) == 1 else "")) if track is definition.primary else ""


def _outcomes(track: Track, language: str) -> Iterator[Edge]:
    kinds = {"jump": "jump", "loop_back": "loop", "repeat": "loop", "new_round": "loop"}
    for point in track.decision_points:
        for outcome in point.outcomes:
            target = outcome.to or point.id
            label = _title(outcome.title, outcome.id, language)
            kind = "loop" if outcome.kind == "hold" else kinds.get(outcome.kind, "flow")
            yield Edge(point.id, target, label, kind)


def _moves(track: Track, language: str) -> Iterator[Edge]:
    for jump in track.jumps:
        label = _title(jump.title, jump.id, language)
        for origin in jump.origins if jump.to else ():
            yield Edge(origin, jump.to, label, "jump")
    for loop in track.loops:
        for origin in loop.origins:
            yield Edge(origin, loop.to, _title(loop.title, loop.id, language), "loop")


def _unsaid(definition: Definition, language: str) -> Iterator[str]:
    """The jumps that may lead to any later place: a line for each would hide all others."""
    for track in definition.tracks:
        for jump in track.jumps:
            if not jump.to:
                yield f"{_title(jump.title, jump.id, language)}: {', '.join(jump.origins)} -> {Say(language)('any_later')}"


def _title(title: Text, id: str, language: str) -> str:
    return clean(title(language)) or id


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid(text: str) -> str:
    """A label in quotes; what Mermaid or a page would read as markup becomes an entity."""
    return '"' + re.sub(r'[#"<>&`|\\]', lambda found: f"#{ord(found.group())};", text) + '"'
