"""How large a definition may become, and how often what is rare comes into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from attrs import frozen

SizeName = Literal["small", "medium"]
Layout = Literal["one", "manual", "observed", "two", "three"]


@frozen
class Size:
    """Choices are drawn from the tuples, the first being the simplest; numbers ending in `_chance` are percent."""

    layouts: tuple[Layout, ...]
    stages: int  # at most, on the track that ends the case
    other_stages: int  # at most, on any other
    milestones: tuple[int, ...]  # how many criteria
    exits: tuple[int, ...]
    decision_chance: int  # after each stage
    outcomes: tuple[int, ...]
    jumps: tuple[int, ...]
    loops: tuple[int, ...]
    extra_chance: int  # stage conditions, appraisal, prohibitions
    facts: tuple[str, ...]


SIZES: Final[Mapping[str, Size]] = {
    "small": Size(
        layouts=("one", "one", "manual", "observed", "two"),
        stages=3,
        other_stages=2,
        milestones=(0, 0, 1),
        exits=(1, 0, 1),
        decision_chance=35,
        outcomes=(2, 2, 3),
        jumps=(0, 0, 1),
        loops=(0, 0, 1),
        extra_chance=0,
        facts=("flag", "amount"),
    ),
    "medium": Size(
        layouts=("one", "one", "observed", "observed", "two", "two", "manual", "three"),
        stages=5,
        other_stages=4,
        milestones=(0, 0, 1, 1, 2),
        exits=(1, 0, 1, 2),
        decision_chance=35,
        outcomes=(2, 2, 3, 4),
        jumps=(0, 1, 1, 2),
        loops=(0, 1, 1, 2),
        extra_chance=10,
        facts=("flag", "ready", "amount", "parts", "rate", "size"),
    ),
}
