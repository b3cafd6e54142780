"""The third value: neither true nor false, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Unknown:
    """Neither true nor false, and everything that is lacking for an answer.

    `facts` are the facts nobody has given. `causes` are sentences about all else: a division by zero,
    an overflow, a criterion or a track of which nothing is known. Using it as a truth value raises
    TypeError: compare a result with `is True`, `is False`.
    """

    __slots__ = ("causes", "facts")

    facts: frozenset[str]
    causes: tuple[str, ...]

    def __init__(self, facts: Iterable[str] = (), causes: Iterable[str] = ()) -> None:
        self.facts = frozenset(facts)
        self.causes = tuple(causes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unknown):
            return NotImplemented
        return self.facts == other.facts and self.causes == other.causes

    def __hash__(self) -> int:
        return hash((self.facts, self.causes))

    def __repr__(self) -> str:
        return f"Unknown(facts={sorted(self.facts)}, causes={list(self.causes)})"

    def __bool__(self) -> bool:
        raise TypeError("an unknown result is neither true nor false; compare it with `is True` or `is False`")


def lacking(found: Iterable[Any]) -> Unknown:
    """Everything that the unknown ones among the values lack; at least one is unknown."""
    unknown: list[Unknown] = [value for value in found if value.__class__ is Unknown]
    if len(unknown) == 1:
        return unknown[0]
    return Unknown(
        frozenset[str]().union(*[one.facts for one in unknown]),
        dict.fromkeys(cause for one in unknown for cause in one.causes),
    )


def both(left: Any, right: Any) -> Any:
    """What two values lack of which at least one is unknown."""
    if left.__class__ is not Unknown:
        return right
    if right.__class__ is not Unknown or left is right:
        return left
    if left.causes or right.causes:
        return lacking((left, right))
    return Unknown(left.facts | right.facts)
