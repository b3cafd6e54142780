"""The graph of a track: where the walk may go from each stage and decision point."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from stagegate.model import Stage, Track

# What a path may end in besides an end: the last stage completed, or a new round begun.
COMPLETED: Final = "(completed)"
NEW_ROUND: Final = "(new round)"

Graph = Mapping[str, Collection[str]]


def graph(track: Track) -> Graph:
    """The nodes that each stage and decision point of an earned track leads to."""
    edges: dict[str, list[str]] = {stage.id: [] for stage in track.stages}
    for index, stage in enumerate(track.stages):
        edges[stage.id] += _ways_on(track, index, stage)
    for decision in track.decision_points:
        edges.setdefault(decision.id, [])
        for outcome in decision.outcomes:
            edges[decision.id] += [NEW_ROUND] if outcome.kind == "new_round" else []
            edges[decision.id] += [outcome.to] if outcome.to else []
    _add_moves(track, edges)
    return edges


def _ways_on(track: Track, index: int, stage: Stage) -> Iterator[str]:
    if stage.completes:
        yield stage.completes
        return
    decisions = [decision.id for decision in track.decision_points if decision.after == stage.id]
    if decisions:
        yield from decisions
    elif stage.next and stage.next not in {earlier.id for earlier in track.stages[: index + 1]}:
        yield stage.next  # one that leads back has its own finding
    elif index + 1 < len(track.stages):
        yield track.stages[index + 1].id
    elif track.cycle:
        yield NEW_ROUND
        yield track.closing.to or track.stages[0].id
    else:
        yield COMPLETED


def _add_moves(track: Track, edges: dict[str, list[str]]) -> None:
    index = {stage.id: place for place, stage in enumerate(track.stages)}
    for jump in track.jumps:
        for origin in jump.origins if jump.to else ():
            edges.setdefault(origin, []).append(jump.to)
    for origin in {origin for jump in track.jumps if not jump.to for origin in jump.origins}:
        edges.setdefault(origin, []).extend(_later(track, index, origin))
    for loop in track.loops:
        for origin in loop.origins:
            edges.setdefault(origin, []).append(loop.to)


def _later(track: Track, index: Mapping[str, int], origin: str) -> list[str]:
    here = index.get(origin, 0)
    ahead = [decision.id for decision in track.decision_points if index.get(decision.place, 0) >= here]
    return [stage.id for stage in track.stages[here + 1 :]] + ahead


def reach(edges: Graph, starts: Iterable[str]) -> set[str]:
    """Everything that can be reached from `starts`, these included."""
    seen = set(starts)
    todo = list(seen)
    while todo:
        for target in edges.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def turned(edges: Graph) -> Graph:
    """The same graph with every edge the other way round."""
    back: dict[str, list[str]] = {}
    for origin, targets in edges.items():
        for target in targets:
            back.setdefault(target, []).append(origin)
    return back


def ring_through(edges: Graph, start: str) -> tuple[str, ...]:
    """The shortest way from `start` back to itself, `start` first; empty if there is none."""
    came_from: dict[str, str] = {}
    todo = [start]
    for node in todo:  # grows while it is walked: breadth first
        for target in edges.get(node, ()):
            if target == start:
                return _way(came_from, start, node)
            if target not in came_from:
                came_from[target] = node
                todo.append(target)
    return ()


def _way(came_from: Mapping[str, str], start: str, end: str) -> tuple[str, ...]:
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def knots(edges: Graph) -> list[set[str]]:
    """The strong components that hold a ring, in time linear in the edges (Kosaraju)."""
    back = turned(edges)
    found: list[set[str]] = []
    seen: set[str] = set()
    for root in reversed(_by_finish(edges)):
        component = _fresh(back, root, seen)
        if len(component) > 1 or (component and root in edges.get(root, ())):
            found.append(component)
    return found


def _by_finish(edges: Graph) -> list[str]:
    """All nodes, each after everything that a walk in depth finds behind it."""
    done: list[str] = []
    seen: set[str] = set()
    for root in edges:
        todo = [(root, iter(edges[root]))] if root not in seen else []
        seen.add(root)
        while todo:
            node, targets = todo[-1]
            following = next((target for target in targets if target not in seen), None)
            if following is None:
                done.append(node)
                todo.pop()
            else:
                seen.add(following)
                todo.append((following, iter(edges.get(following, ()))))
    return done


def _fresh(edges: Graph, root: str, seen: set[str]) -> set[str]:
    """What can be reached from `root` without passing what was seen, which it becomes."""
    found = {root} - seen
    todo = list(found)
    while todo:
        for target in edges.get(todo.pop(), ()):
            if target not in seen and target not in found:
                found.add(target)
                todo.append(target)
    seen |= found
    return found
