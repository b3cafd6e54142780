"""What a condition looks at."""

from __future__ import annotations

from typing import NamedTuple

from stagegate.conditions.syntax import Call, Literal, Name, Tree, walk


class Reads(NamedTuple):
    """The ids a condition may ask for, whatever its facts turn out to be."""

    facts: frozenset[str] = frozenset()
    criteria: frozenset[str] = frozenset()
    tracks: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    waived: frozenset[str] = frozenset()
    completed: frozenset[str] = frozenset()  # the stages


def reads(tree: Tree) -> Reads:
    """What each function asks for: the tracks of `stage`, `reached` and `completed`, the criteria of `met` and of `waived` apart."""
    facts: list[str] = []
    stages: list[str] = []  # that `completed` asks about
    functions = ("met", "stage", "reached", "completed", "taken", "ended", "waived")
    asked: dict[str, list[str]] = {function: [] for function in functions}
    for node in walk(tree.root):
        if isinstance(node, Name):
            facts.append(node.name)
        elif isinstance(node, Call) and node.name in asked and not node.method and node.arguments:
            first, last = node.arguments[0], node.arguments[-1]
            if isinstance(first, Literal) and isinstance(first.value, str):
                asked[node.name].append(first.value)
            if node.name == "completed" and isinstance(last, Literal) and isinstance(last.value, str):
                stages.append(last.value)
    return Reads(
        frozenset(facts),
        frozenset(asked["met"]),
        frozenset(asked["stage"] + asked["reached"] + asked["completed"]),
        frozenset(asked["taken"]),
        frozenset(asked["ended"]),
        frozenset(asked["waived"]),
        frozenset(stages),
    )
