"""Commands from plain JSON, as a host gets them from outside: what is wrong is said, with what there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import stagegate
from stagegate.engine.plain import command_of, time_text
from stagegate.errors import CommandError, UnknownNameError

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT_TEXT = AT.isoformat()


@pytest.fixture(scope="module")
def process() -> stagegate.Process:
    return stagegate.load("project-sales")


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ({"at": AT_TEXT}, "it has no `kind`"),
        ([], "it has no `kind`"),
        ({"kind": "hold"}, "it has no `at`"),
        ({"kind": "dance", "at": AT_TEXT}, "no command `dance`; there are open, meet, retract, "),
        ({"kind": "hold", "at": AT_TEXT, "b": 1, "a": 2}, "unknown key `a`; there are kind, subject, at, args, by, "),
        ({"kind": "hold", "at": AT_TEXT, "args": [1]}, "`args` is a mapping, not [1]"),
        ({"kind": "hold", "at": "today"}, "not a time such as 2026-03-02T09:00:00+08:00: 'today'"),
        ({"kind": "hold", "at": "2026-03-02"}, "a time without a time zone: 2026-03-02"),
        ({"kind": "hold", "at": AT_TEXT, "args": {"until": 3}}, "not a time such as 2026-03-02T09:00:00+08:00: 3"),
    ],
)
def test_what_is_not_a_command_is_told(process: stagegate.Process, plain: Any, told: str) -> None:
    with pytest.raises(CommandError) as raised:
        command_of(process.tables, plain)
    assert f"not a command: {told}" in str(raised.value)


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ({"kind": "set_facts"}, "`set_facts` needs `facts`"),
        ({"kind": "set_facts", "args": {"facts": 3}}, "`facts` of `set_facts` is a mapping, not 3"),
        ({"kind": "hold", "args": {"till": "x"}}, "`hold` has no argument `till`; it takes until"),
        ({"kind": "resume", "args": {"till": "x"}}, "`resume` has no argument `till`; it takes none"),
    ],
)
def test_what_a_command_lacks_is_told_when_it_is_done(process: stagegate.Process, plain: Any, told: str) -> None:
    case = process.open("A", at=AT)
    with pytest.raises(CommandError) as raised:
        case.do(command_of(process.tables, {**plain, "at": AT_TEXT}))
    assert str(raised.value) == told


def test_a_name_left_out_is_not_quoted(process: stagegate.Process) -> None:
    case = process.open("A", at=AT)
    with pytest.raises(UnknownNameError, match=r"^no criterion is named$"):
        case.do(command_of(process.tables, {"kind": "meet", "at": AT_TEXT}))


def test_both_hours_of_one_zone_when_its_clocks_are_put_back() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    second = first.replace(fold=1)
    assert first == second
    assert [time_text(at) for at in (first, second, first)] == [at.isoformat() for at in (first, second, first)]
