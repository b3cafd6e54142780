"""`Case.watch`: who watches a case is told of every change, and of nothing else."""

import pytest
from tests.binding.conftest import Clock

from stagegate import commands
from stagegate.process import Process


def test_a_watcher_is_told_what_changed(process: Process, clock: Clock) -> None:
    case = process.open("ACME-42", at=clock())
    told: list[tuple[str, int]] = []
    end = case.watch(lambda command, step: told.append((command.kind, step.snapshot.seq)))
    case.meet("solution_asked_for", at=clock(), key="k")
    case.meet("solution_asked_for", at=clock(), key="k")  # known already
    case.end("lost", at=clock())  # refused: without a reason
    case.tick(at=clock())  # reports nothing
    case.would(commands.hold(clock()))
    assert told == [("meet", 2)]
    case.do_all([commands.hold(clock()), commands.end("lost", clock())])
    assert told == [("meet", 2)], "a batch that is refused"
    case.do_all([commands.hold(clock()), commands.resume(clock())])
    assert told == [("meet", 2), ("hold", 3), ("resume", 4)]
    end()
    end()
    case.hold(at=clock())
    assert len(told) == 3


def test_what_a_watcher_raises_reaches_the_caller_and_undoes_nothing(process: Process, clock: Clock) -> None:
    case = process.open("ACME-42", at=clock())

    def fails(*_: object) -> None:
        raise KeyError("host")

    case.watch(fails)
    with pytest.raises(KeyError, match="host"):
        case.hold(at=clock())
    assert case.on_hold
    assert case.seq == 2
