"""Short words for drawing, whoever draws: Hypothesis, or a random number generator with a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws numbers and choices; everything shrinks towards "no" and the first choice.

    `number(low, high)` gives a whole number from the first to the second, both included.
    """

    __slots__ = ("number",)

    def __init__(self, number: Callable[[int, int], int]) -> None:
        self.number = number

    def chance(self, percent: int) -> bool:
        """Whether something comes about that does so in `percent` of a hundred cases."""
        return self.number(0, 99) >= 100 - percent

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, of which there is at least one."""
        return items[0] if len(items) == 1 else items[self.number(0, len(items) - 1)]

    def some(self, items: Sequence[T], percent: int = 40) -> tuple[T, ...]:
        """Those of the items that chance lets stay, in their order."""
        return tuple(item for item in items if self.chance(percent))
