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


def reads(tree: Tree) -> Reads:
    """What each function asks for: the tracks of `stage` and `reached`, the criteria of `met` and of `waived` apart."""
    facts: list[str] = []
    functions = ("met", "stage", "reached", "taken", "ended", "waived")
    asked: dict[str, list[str]] = {function: [] for function in functions}
    for node in walk(tree.root):
        if isinstance(node, Name):
            facts.append(node.name)
        elif isinstance(node, Call) and node.name in asked and not node.method and node.arguments:
            first = node.arguments[0]
            if isinstance(first, Literal) and isinstance(first.value, str):
                asked[node.name].append(first.value)
    return Reads(
        frozenset(facts),
        frozenset(asked["met"]),
        frozenset(asked["stage"] + asked["reached"]),
        frozenset(asked["taken"]),
        frozenset(asked["ended"]),
        frozenset(asked["waived"]),
    )
