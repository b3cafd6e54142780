"""The scenarios and invariants of a process, looked at when its model is there.

They speak of the process from outside: what they name is looked up in the model, counts as no use of it, and
changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Mapping_
from typing import NamedTuple

from stagegate.conditions import FactType
from stagegate.language.build_scenarios import invariants, scenarios
from stagegate.language.desk import Desk
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


def is_firm(root: Mapping, desk: Desk) -> bool:
    """Whether nothing is wrong with the definition but for its scenarios and invariants."""
    own = (entry for entry in root.entries if entry.key.text not in KEYS)
    return not any(desk.is_bad(entry.key) or desk.touched(entry.value) for entry in own)


def suite(
    root: View, said: Collection[Mention], known: ProcessNames, types: Mapping_[str, FactType], file: str = ""
) -> Suite:
    """The scenarios and invariants under `root`; names and values in them that are wrong go to the desk."""
    known.resolve(said, root.desk)
    check_values(said, types, root.desk)
    return Suite(tuple(scenarios(root, types, file)), tuple(invariants(root, file)))
