"""The types of facts and what a condition may refer to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from attrs import field, frozen

Kind = Literal["boolean", "integer", "number", "string", "enum", "timestamp", "duration", "list"]


class FactType(NamedTuple):
    """The type of a fact or of a piece of a condition.

    `values` are the ids an `enum` allows. `of` is the type of a list's elements; a list without it
    is the empty list literal, which fits every list.
    """

    kind: Kind
    values: tuple[str, ...] = ()
    of: FactType | None = None

    def describe(self) -> str:
        """The type in words with an article, for messages: `a number`, `a list of strings`."""
        if self.kind != "list":
            return _WORDS[self.kind][0]
        return f"a list of {self.of.plural()}" if self.of is not None else "an empty list"

    def plural(self) -> str:
        """The type in words for several: `numbers`, `lists of strings`."""
        if self.kind != "list":
            return _WORDS[self.kind][1]
        return f"lists of {self.of.plural()}" if self.of is not None else "empty lists"


_WORDS: dict[str, tuple[str, str]] = {
    "boolean": ("a boolean", "booleans"),
    "integer": ("an integer", "integers"),
    "number": ("a number", "numbers"),
    "string": ("a string", "strings"),
    "enum": ("an enum", "enums"),
    "timestamp": ("a timestamp", "timestamps"),
    "duration": ("a duration", "durations"),
}

BOOL = FactType("boolean")
INT = FactType("integer")
DOUBLE = FactType("number")
STRING = FactType("string")
TIMESTAMP = FactType("timestamp")
DURATION = FactType("duration")


def ListType(of: FactType) -> FactType:
    """The type of a list whose elements are `of`."""
    return FactType("list", of=of)


def EnumType(*values: str) -> FactType:
    """The type of a fact that is one of `values`; it behaves as a string, without an order."""
    return FactType("enum", values)


@frozen
class Environment:
    """What the conditions of one process may refer to.

    `tracks` maps each track to its stage ids; `observed` names those of which it is only observed where they stand: their stages are
    not completed. `outcomes` holds every form that `taken()` accepts,
    `outcome` and `decision_point.outcome`; `ambiguous_outcomes` the bare names that several decision
    points share, and that must be written in the longer form. `ends` are those that `ended()` may name.
    `ended()` and `waived()` look at a case from outside: they may stand where `invariant` is true only.
    """

    facts: Mapping[str, FactType] = field(factory=dict[str, FactType])
    criteria: Collection[str] = ()
    tracks: Mapping[str, Collection[str]] = field(factory=dict[str, Collection[str]])
    outcomes: Collection[str] = ()
    ambiguous_outcomes: Collection[str] = ()
    ends: Collection[str] = ()
    invariant: bool = False
    observed: Collection[str] = ()
