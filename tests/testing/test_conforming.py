"""A host's own implementation is held beside stagegate, and parts from it at a journal as short as can be."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.meaning.texts import load
from tests.testing.texts import RICH, SMALL

from stagegate import Case, Command, Process
from stagegate.testing import assert_conforms


class Wrapped:
    """A host that is stagegate in disguise."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.case: Case | None = None

    def do(self, command: Command) -> bool:
        if self.case is None:
            self.case = self.process.opened("host", command)
            return True
        return self.case.do(command).accepted

    def position(self) -> Mapping[str, str]:
        assert self.case is not None
        return {track: position.stage for track, position in self.case.positions.items()}

    def ended(self) -> str:
        assert self.case is not None
        return self.case.ended


class TwoStages:
    """What somebody may write who knows the process SMALL: a set of what is done, and two ifs."""

    def __init__(self) -> None:
        self.done: set[str] = set()

    def do(self, command: Command) -> bool:
        if command.kind == "open":
            return True
        if self.ended():
            return False
        if command.kind == "meet":
            self.done.add(command.subject)
        elif command.subject in self.done:
            self.done.discard(command.subject)
        else:
            return False
        return True

    def position(self) -> Mapping[str, str]:
        return {"t": "b" if "a_done" in self.done else "a"}

    def ended(self) -> str:
        return "completed" if {"a_done", "b_done"} <= self.done else ""


class Sticky(TwoStages):
    """Never goes back."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = "a"

    def position(self) -> Mapping[str, str]:
        if super().position()["t"] == "b":
            self.reached = "b"
        return {"t": self.reached}


class Hasty(TwoStages):
    """Ends with the last stage, whatever became of the first."""

    def ended(self) -> str:
        return "completed" if "b_done" in self.done else ""


class Obliging(TwoStages):
    """Accepts everything."""

    def do(self, command: Command) -> bool:
        super().do(command)
        return True


class Silent(TwoStages):
    """Tells the stage of no track."""

    def position(self) -> Mapping[str, str]:
        return {}


class OfAnother(TwoStages):
    """Tells of a track that is not there."""

    def position(self) -> Mapping[str, str]:
        return {"u": "a"}


KINDS = ("meet", "retract")


def test_stagegate_in_disguise_conforms() -> None:
    process = load(RICH)
    assert_conforms(process, lambda: Wrapped(process), examples=25, seed=1)


def test_a_host_that_is_right_conforms() -> None:
    assert_conforms(load(SMALL), TwoStages, kinds=KINDS, examples=30, seed=1)


@pytest.mark.parametrize("seed", range(2))
def test_a_wrong_host_is_told_with_the_shortest_journal(seed: int) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_conforms(load(SMALL), Sticky, kinds=KINDS, seed=seed, most=8)
    assert str(caught.value).splitlines() == [
        "the host differs after 3 commands:",
        "  1. open(at=2026-03-02T09:00:00+00:00)",
        "  2. meet('a_done', at=2026-03-02T10:00:00+00:00)",
        "  3. retract('a_done', at=2026-03-02T11:00:00+00:00)",
        "track `t`: stagegate is in `a`, the host in `b`",
        "stagegate: t: a, in progress",
    ]


def test_ends_are_compared_where_the_host_knows_them() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_conforms(load(SMALL), Hasty, kinds=KINDS, seed=1, most=6)
    assert "after 2 commands" in str(caught.value)
    assert "the end: stagegate has none, the host `completed`" in str(caught.value)


def test_a_refusal_is_told_with_its_reasons() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_conforms(load(SMALL), Obliging, kinds=("retract",), seed=1)
    assert str(caught.value).splitlines()[2:] == [
        "  2. retract('a_done', at=2026-03-02T10:00:00+00:00)",
        "stagegate refuses it, the host accepts it",
        "stagegate: t: a, in progress",
        "  not_met: `a_done` is not met, there is nothing to take back",
    ]


def test_a_host_that_tells_nothing_is_no_host() -> None:
    with pytest.raises(AssertionError, match="the stage of no track"):
        assert_conforms(load(SMALL), Silent, kinds=KINDS, seed=1)
    with pytest.raises(AssertionError, match="track `u`; there are t"):
        assert_conforms(load(SMALL), OfAnother, kinds=KINDS, seed=1)


def test_a_process_without_such_commands_is_told() -> None:
    with pytest.raises(ValueError, match="no command of these kinds"):
        assert_conforms(load(SMALL), TwoStages, kinds=("decide",))
