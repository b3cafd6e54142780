"""What can be wrong with a condition, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Rule = Literal[
    "condition-syntax",
    "condition-type",
    "condition-too-complex",
    "unknown-fact",
    "unknown-criterion",
    "unknown-track",
    "unknown-stage",
    "unknown-outcome",
    "unknown-end",
]


class Problem(NamedTuple):
    """One mistake in a condition.

    `start`, `end` are character offsets in the condition's text. `message` is one sentence in lower
    case without a full stop, names in backticks. `help` says what to do, or is empty. `name` is the
    wrong name, if the mistake is one.
    """

    rule: Rule
    start: int
    end: int
    message: str
    help: str = ""
    name: str = ""


# Looking for a near miss costs up to a millisecond, and a hostile text may hold hundreds of names.
_SUGGESTIONS_PER_CONDITION = 20
_LONGEST_NAME = 80
_MOST_CANDIDATES = 500


class Suggester:
    """Finds `did you mean` for the names of one condition, a bounded number of times."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def near(self, name: str, candidates: Iterable[str]) -> str:
        """The candidate that `name` was probably meant to be, or an empty string."""
        if name in self._known:
            return self._known[name]
        if len(self._known) >= _SUGGESTIONS_PER_CONDITION or len(name) > _LONGEST_NAME:
            return ""
        # Imported here because only files with mistakes pay for it.
        from difflib import get_close_matches

        pool: dict[str, str] = {}
        for candidate in candidates:
            if candidate and len(pool) < _MOST_CANDIDATES:
                pool.setdefault(candidate.lower(), candidate)
        found = get_close_matches(name.lower(), pool, 1, 0.6)
        self._known[name] = pool[found[0]] if found else ""
        return self._known[name]

    def help(self, name: str, candidates: Iterable[str]) -> str:
        """``did you mean `x`?`` or an empty string."""
        near = self.near(name, candidates)
        return f"did you mean `{near}`?" if near else ""
