"""What a mutant is, and what an operator makes of a definition before it is known to be one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from attrs import field, frozen

from stagegate.conditions import Condition
from stagegate.model import Definition, Text


class Draft(NamedTuple):
    """A changed definition that may turn out to be unsound, or the same.

    `key` is that of `Definition.where`, of the thing changed; `conditions` the condition before and after, where
    that is all that was changed.
    """

    key: str
    what: Text
    definition: Definition
    conditions: tuple[Condition, Condition] | None = None


@frozen
class Mutant:
    """A definition that differs from the original in one small thing.

    `operator` is the name of an `Operator`, `what` says in both languages what was changed, `key` and `where` at which
    thing (line and column in the file of the definition, (0, 0) where that is not known). `conditions` holds a
    condition before and after where nothing else was changed.
    """

    operator: str
    what: Text
    key: str
    where: tuple[int, int]
    definition: Definition = field(repr=False)
    conditions: tuple[Condition, Condition] | None = field(default=None, repr=False)

    @property
    def description(self) -> str:
        """What was changed, in English."""
        return self.what("en")


@frozen
class Operator:
    """One way of changing a definition: a stable name, what it does to a process, and all it makes of one."""

    name: str
    meaning: Text
    drafts: Callable[[Definition], Iterable[Draft]] = field(repr=False)
