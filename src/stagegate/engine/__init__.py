"""The engine: a definition becomes tables; a snapshot and a command give the next snapshot.

Pure: nothing here opens a file, reads a clock, prints, or draws a random number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.engine import commands
from stagegate.engine.actions import ACTION_KINDS, Action, Explanation, next_actions
from stagegate.engine.commands import Command
from stagegate.engine.events import EVENT_KINDS, Event
from stagegate.engine.gap import Gap, gap
from stagegate.engine.identity import figures_digest, flow_digest
from stagegate.engine.journal import Difference, Entry, replay
from stagegate.engine.plain import snapshot_of as from_dict
from stagegate.engine.plain import snapshot_to_plain as to_dict
from stagegate.engine.questions import (
    Item,
    Position,
    broken_behind,
    chance,
    credit,
    debts,
    decision_states,
    early,
    missing,
    next_due,
    open_conditions,
    position,
    stage_states,
    statuses,
)
from stagegate.engine.results import REASON_CODES, Reason, Refused, Step
from stagegate.engine.snapshot import Snapshot
from stagegate.engine.step import start, step, step_all
from stagegate.engine.tables import Tables

if TYPE_CHECKING:
    from stagegate.model import Definition


def compile_tables(definition: Definition) -> Tables:
    """The integer tables of a definition, shared by all its cases."""
    return Tables(definition)


__all__ = [
    "ACTION_KINDS",
    "EVENT_KINDS",
    "REASON_CODES",
    "Action",
    "Command",
    "Difference",
    "Entry",
    "Event",
    "Explanation",
    "Gap",
    "Item",
    "Position",
    "Reason",
    "Refused",
    "Snapshot",
    "Step",
    "Tables",
    "broken_behind",
    "chance",
    "commands",
    "compile_tables",
    "credit",
    "debts",
    "decision_states",
    "early",
    "gap",
    "figures_digest",
    "flow_digest",
    "from_dict",
    "missing",
    "next_actions",
    "next_due",
    "open_conditions",
    "position",
    "replay",
    "stage_states",
    "start",
    "statuses",
    "step",
    "step_all",
    "to_dict",
]
