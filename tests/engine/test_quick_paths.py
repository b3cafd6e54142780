"""The short ways of `step` and `start` give what the long way gives, step for step."""

from datetime import UTC, datetime, timedelta

import pytest

from stagegate import engine
from stagegate.engine import commands as c
from stagegate.engine.step import full_step
from stagegate.model import Criterion, Definition, End, Stage, Track

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def definition(manual: bool) -> Definition:
    """Three stages of two gates with two criteria each, nothing else."""
    stages = []
    for k in range(3):
        gates = {
            kind: tuple(Criterion(f"{kind}_{k}_{i}", kind, "t", f"s{k}") for i in range(2))
            for kind in ("milestone", "exit")
        }
        stages.append(Stage(f"s{k}", "t", entry_milestone=gates["milestone"], exit_criteria=gates["exit"]))
    return Definition("plain", "1.0.0", (Track("t", tuple(stages), manual=manual),), ends=(End("won", "won"),))


def commands_of(process: Definition) -> list[engine.Command]:
    """Every criterion in order, and a try to advance before and after each."""
    found = []
    at = NOW
    for criterion in process.criteria():
        for command in (c.advance(at), c.meet(criterion.id, at), c.advance(at)):
            found.append(command)
            at += timedelta(hours=1)
    return found


@pytest.mark.parametrize("manual", [True, False])
def test_the_short_way_is_the_long_way(manual: bool) -> None:
    process = definition(manual)
    tables = engine.compile_tables(process)
    short = engine.start(tables, c.open_case(NOW)).snapshot
    for command in commands_of(process):
        if short.rest.ended:
            break
        quick = engine.step(tables, short, command)
        slow = full_step(tables, short, command)
        assert quick.accepted == slow.accepted
        assert quick.events == slow.events
        assert quick.reasons == slow.reasons
        assert engine.to_dict(tables, quick.snapshot) == engine.to_dict(tables, slow.snapshot)
        assert engine.statuses(tables, quick.snapshot) == engine.statuses(tables, slow.snapshot)
        short = quick.snapshot
    assert short.rest.ended == "won"


def test_a_second_opening_is_the_first() -> None:
    process = definition(manual=True)
    tables = engine.compile_tables(process)
    first, second = (engine.start(tables, c.open_case(NOW)) for _ in range(2))
    assert first.events == second.events
    assert engine.to_dict(tables, first.snapshot) == engine.to_dict(tables, second.snapshot)


def test_cases_that_share_do_not_touch_each_other() -> None:
    process = definition(manual=True)
    tables = engine.compile_tables(process)
    one, two = (engine.start(tables, c.open_case(NOW)).snapshot for _ in range(2))
    assert one.rest is two.rest
    held = engine.step(tables, one, c.hold(NOW)).snapshot
    assert held.rest.held is not None
    assert two.rest.held is None
    assert one.rest.held is None
