"""What conditions of invariants ask of a case: whether it has ended, and whether a waiver is in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.language.said import good

from stagegate.engine import Command
from stagegate.engine.commands import end, retract, tick, waive
from stagegate.engine.work import Work
from stagegate.process import Process

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
INVARIANTS = """\
invariants:
  - {id: lost, possible: "ended('lost')"}
  - {id: won, possible: "ended('won')"}
  - {id: waived, possible: "waived('known')"}
"""


def later(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("commands", "true"),
    [
        ([], set[str]()),
        ([waive("known", later(1), role="boss", reason="known anyway")], {"waived"}),
        ([waive("known", later(1), role="boss", reason="known anyway"), retract("known", later(2))], set[str]()),
        ([waive("known", later(1), role="boss", reason="known anyway", until=later(5)), tick(later(9))], set[str]()),
        ([end("lost", later(1))], {"lost"}),
        ([waive("known", later(1), role="boss", reason="known anyway"), end("lost", later(2))], {"waived", "lost"}),
    ],
)
def test_ended_and_waived(commands: list[Command], true: set[str]) -> None:
    process = Process(good(INVARIANTS))
    case = process.open("case", at=AT)
    for command in commands:
        assert case.do(command).accepted
    work = Work(process.tables, case.snapshot, tick(later(20)))
    found = {i.id: i.condition.evaluate(work) for i in process.definition.invariants if i.condition is not None}
    assert {name for name, value in found.items() if value is True} == true
    assert set(found.values()) <= {True, False}
