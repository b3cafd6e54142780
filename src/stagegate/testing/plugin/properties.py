"""What holds of every case, whatever is told to it: properties, each held against one journal of commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from stagegate.case import Case
from stagegate.engine.commands import Command
from stagegate.process import Process
from stagegate.testing import laws
from stagegate.testing.likely import likely_values
from stagegate.testing.suggestions import Adviser

Property = Callable[[Process, Sequence[Command]], None]
"""Raises AssertionError that says what is wrong. The journal begins with `open`; what follows may be refused."""

CASE: Final = "random-deal"


def replay_equals_live(process: Process, told: Sequence[Command]) -> None:
    """The case that its journal gives is the case itself, and nothing follows otherwise than it did."""
    *_, case = moments(process, told)
    laws.replays(process, case)


def snapshot_round_trip(process: Process, told: Sequence[Command]) -> None:
    """A case restored from its snapshot is the same, and goes on in the same way."""
    case = process.opened(CASE, told[0])
    laws.survives_being_kept(process, case)
    for command in told[1:]:
        again = process.restore(json.loads(json.dumps(case.to_dict())))
        live, restored = case.do(command), again.do(command)
        same = (live.accepted, live.events) == (restored.accepted, restored.events)
        assert same, "told the same command, the restored case gives another answer"
        assert again.to_dict() == case.to_dict(), "told the same command, the restored case becomes another"
        laws.survives_being_kept(process, case)


def refusals_change_nothing(process: Process, told: Sequence[Command]) -> None:
    """A refused command leaves the case as it was, and says why."""
    case = process.opened(CASE, told[0])
    for command in told[1:]:
        before, ended, length = case.to_dict(), case.ended, len(case.journal)
        done = case.do(command)
        laws.answers_properly(before, ended, command, done, case)
        assert done.accepted or len(case.journal) == length, "the refused command stands in the journal"


def allowed_actions_are_accepted(process: Process, told: Sequence[Command]) -> None:
    """What the next actions call allowed is accepted when it is done."""
    adviser = Adviser(process.tables, likely_values(process.tables))
    for case in moments(process, told):
        laws.keeps_its_promises(adviser, case)


PROPERTIES: Final[Mapping[str, Property]] = {
    "replay equals live": replay_equals_live,
    "snapshot round trip": snapshot_round_trip,
    "refusals change nothing": refusals_change_nothing,
    "allowed actions are accepted": allowed_actions_are_accepted,
}


def moments(process: Process, told: Sequence[Command]) -> Iterator[Case]:
    """The case after its opening and after every command: one handle, that moves on."""
    case = process.opened(CASE, told[0])
    yield case
    for command in told[1:]:
        case.do(command)
        yield case
