"""The facts, roles and documents that made definitions speak of, and the conditions they are read by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from stagegate.conditions import BOOL, DOUBLE, INT, EnumType, FactType
from stagegate.model import NO_TEXT, Fact

FACTS: Final[Mapping[str, FactType]] = {
    "flag": BOOL,
    "ready": BOOL,
    "amount": INT,
    "parts": INT,
    "rate": DOUBLE,
    "size": EnumType("small", "big"),
}
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {"amount": (0, 9), "rate": (0.0, 1.0)}
FACT_CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = {  # by the facts they read
    "flag": ("flag", "!flag"),
    "ready": ("ready",),
    "amount": ("amount > 3",),
    "flag amount": ("amount <= 5 && flag",),
    "amount parts": ("amount / parts > 1",),
    "size": ("size == 'big'",),
    "ready size": ("size in ['small'] || ready",),
    "rate": ("rate >= 0.5",),
    "flag ready": ("flag || ready",),
}
ROLES: Final = ("boss", "clerk")
DOCUMENTS: Final = ("minutes", "offer")
SIDE_JOB: Final = "side-job"  # the process of every sub-procedure, and its two ends
SIDE_JOB_ENDS: Final = ("done", "failed")


def facts(names: Iterable[str]) -> tuple[Fact, ...]:
    """The declarations of these facts."""
    return tuple(_fact(name, FACTS[name]) for name in names)


def _fact(name: str, type: FactType) -> Fact:
    least, most = BOUNDS.get(name, (None, None))
    return Fact(name, type, minimum=least, maximum=most, values=dict.fromkeys(type.values, NO_TEXT))


def conditions_over(names: Iterable[str]) -> tuple[str, ...]:
    """The conditions that read no other facts than these."""
    there = set(names)
    return tuple(text for read, texts in FACT_CONDITIONS.items() if there >= set(read.split()) for text in texts)
