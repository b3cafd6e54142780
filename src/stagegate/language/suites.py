"""The scenarios and invariants of a process, looked at when its model is there.

They speak of the process from outside: what they name is looked up in the model, counts as no use of it, and
changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from stagegate.language.build_scenarios import invariants, scenarios
from stagegate.language.fact_values import check_values
from stagegate.language.process_names import ProcessNames
from stagegate.language.shape_check import Mention, Mentions
from stagegate.language.tree import Mapping
from stagegate.language.view import View
from stagegate.model import Invariant, Scenario

KEYS = ("scenarios", "invariants")
_RECORDS = ("scenario", "invariant")


class Suite(NamedTuple):
    """Scenarios and invariants that stand together in one file."""

    scenarios: tuple[Scenario, ...]
    invariants: tuple[Invariant, ...]


def apart(mentions: Mentions, root: Mapping) -> tuple[Mentions, list[Mention]]:
    """What the definition itself mentions, and the names that its scenarios and invariants say."""
    if not any(key in root for key in KEYS):
        return mentions, []
    own = [m for m in mentions.referred if m.scope.enclosing(*_RECORDS) is None]
    said = [m for m in mentions.referred if m.scope.enclosing(*_RECORDS) is not None]
    return mentions._replace(referred=own), said


def suite(root: View, said: Collection[Mention], known: ProcessNames, file: str = "") -> Suite:
    """The scenarios and invariants under `root`; names in them that lead nowhere go to the desk."""
    types = {fact.id: fact.type for fact in known.definition.facts}
    known.resolve(said, root.desk)
    check_values(said, types, root.desk)
    return Suite(tuple(scenarios(root, types, file)), tuple(invariants(root, file)))
