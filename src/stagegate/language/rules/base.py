"""What a rule is: a name, a severity, a group, one line, and for rules over the model a function.

A rule of the flow and domain groups looks at a `Draft`, the model with the places of its things, and
yields what it has to say as `Told`. The other groups are told while the file is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Literal, NamedTuple

from stagegate.diagnostics import Label, Severity
from stagegate.language.build import Place
from stagegate.language.desk import MOST_FINDINGS, Desk
from stagegate.language.names import Names
from stagegate.language.tree import Mapping as MappingNode
from stagegate.language.tree import Node, Scalar, Sequence
from stagegate.model import Definition

Group = Literal["text", "shape", "names", "conditions", "flow", "domain"]


class Told(NamedTuple):
    """One thing a rule says, at the node `at`.

    It stays unsaid where something inside one of `about` already had a finding, since it may follow from that.
    """

    at: Node
    message: str
    about: tuple[Node, ...] = ()
    mark: str = ""
    labels: tuple[Label, ...] = ()
    help: str = ""
    severity: Severity | None = None


class Draft(NamedTuple):
    """A model that was just built, with the place in the file of each of its things."""

    definition: Definition
    places: Mapping[str, Place]
    names: Names
    root: MappingNode
    used: Collection[tuple[str, str]] = ()  # what is referred to, as (kind, name)

    def id(self, key: str) -> Node:
        """Where the id of the thing under `key` (`stage:visit`) is written."""
        place = self.places.get(key)
        return place.id if place is not None else self.root

    def record(self, key: str) -> MappingNode:
        """The mapping that the thing under `key` is."""
        place = self.places.get(key)
        return place.record if place is not None else self.root

    def value(self, key: str, field: str) -> Node:
        """Where the value of a field of the thing is written; its id where it has no such field."""
        return self.record(key).get(field) or self.id(key)

    def key(self, key: str, field: str) -> Node:
        """Where the key of a field of the thing is written; its id where it has no such field."""
        entry = self.record(key).entry(field)
        return self.id(key) if entry is None else entry.key

    def items(self, key: str, field: str) -> dict[str, Node]:
        """The scalars in a list under a field of the thing (for a stage, of its `repeatable`), by their text."""
        record = self.record(key)
        found = record.get(field)
        inside = record.get("repeatable")
        if found is None and isinstance(inside, MappingNode):
            found = inside.get(field)
        items = found.items if isinstance(found, Sequence) else ()
        return {item.text: item for item in items if isinstance(item, Scalar)}


class Rule(NamedTuple):
    """One rule. `check` is None for the rules that are told while the file is read."""

    name: str
    severity: Severity
    group: Group
    summary: str
    check: Callable[[Draft], Iterable[Told]] | None = None


def apply(rules: Iterable[Rule], draft: Draft, desk: Desk) -> None:
    """Has each rule look at the draft; what they say goes to the desk."""
    asked = ((rule, rule.check) for rule in rules if rule.check is not None)
    told = [(rule, said) for rule, check in asked for said in islice(check(draft), MOST_FINDINGS)]
    told = [(rule, said) for rule, said in told if not any(map(desk.touched, said.about))]
    for rule, said in told:
        desk.add(
            rule.name, said.at, said.message, mark=said.mark, labels=said.labels, help=said.help, severity=said.severity
        )
