"""Strategies for whole deals: journals, and cases played through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from hypothesis import strategies as st

from stagegate.engine.commands import KINDS
from stagegate.testing.any_command import commands
from stagegate.testing.likely import likely_values
from stagegate.testing.suggestions import Adviser
from stagegate.testing.times import moved

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.engine.commands import Command
    from stagegate.process import Process

Draw = Callable[[st.SearchStrategy[Any]], Any]

WAITS: Final = tuple(timedelta(hours=hours) for hours in (1, 0, 5, 30, 24 * 20))  # between commands
GROUPS: Final = st.sampled_from(
    (0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4)
)  # how often each group of suggestions is drawn from
ONE_IN: Final = 8  # commands is any command
STOP_ONE_IN: Final = 20


def journals(
    process: Process, *, most: int = 25, kinds: Iterable[str] | None = None, keys: bool = True
) -> st.SearchStrategy[list[Command]]:
    """Deals: lists of up to `most` commands, the first of them `open`, with times that rise.

    Mostly what could be done next, asked of the process: what its actions allow, with the roles, answers and
    reasons they need; facts, waivers, withdrawals, holds, activities, ends, reopening, and time that passes. About one
    in eight is any command of `commands`, and is mostly refused. `kinds` says which kinds of command to draw after the
    opening; without `keys` none bears an idempotency key. What fails shrinks to few commands and simple values.

        @given(journals(process))
        def test_no_price_is_told_in_the_visit(journal):
            deal = process.opened("x", journal[0])
            for command in journal[1:]:
                deal.do(command)
                assert not ("price" in deal.facts and deal.position.stage == "visit")

    Raises ValueError where the process has no command of these kinds.
    """
    return deals(process, Wanted(most, _kinds(kinds), keys)).map(lambda deal: deal.journal)


def cases(process: Process, *, most: int = 25, kinds: Iterable[str] | None = None) -> st.SearchStrategy[Case]:
    """Cases of the process in the middle of things: each has played a journal as `journals` draws them.

        @given(cases(process))
        def test_every_case_can_be_told(deal):
            assert my_report(deal)

    Raises ValueError where the process has no command of these kinds.
    """
    return deals(process, Wanted(most, _kinds(kinds))).map(lambda deal: deal.case)


def _kinds(kinds: Iterable[str] | None) -> frozenset[str]:
    return frozenset(KINDS if kinds is None else kinds)


@frozen
class Wanted:
    """What a deal may be made of."""

    most: int  # commands
    kinds: frozenset[str]
    keys: bool = True
    placed: bool = True  # whether it may be opened at any stage


@frozen
class Deal:
    """A journal, commands that were refused included, and the case that came of it."""

    journal: list[Command]
    case: Case


def deals(process: Process, wanted: Wanted) -> st.SearchStrategy[Deal]:
    """Journals with the cases that came of them."""
    anything = commands(process, kinds=wanted.kinds - {"open"}, keys=wanted.keys)
    return _deals(process, wanted, Adviser(process.tables, likely_values(process.tables)), anything)


@st.composite
def _deals(
    draw: Draw, process: Process, wanted: Wanted, adviser: Adviser, anything: st.SearchStrategy[Command]
) -> Deal:
    openings = adviser.openings(placed=wanted.placed)
    journal = [draw(st.one_of(st.just(openings[0]), st.sampled_from(openings)))]
    case = process.opened("drawn", journal[0])
    while len(journal) < wanted.most and draw(st.integers(0, STOP_ONE_IN - 1)):
        command = draw(_next(case, journal[-1].at, wanted, adviser, anything))
        case.do(command)
        journal.append(command)
    return Deal(journal, case)


@st.composite
def _next(
    draw: Draw,
    case: Case,
    before: datetime,
    wanted: Wanted,
    adviser: Adviser,
    anything: st.SearchStrategy[Command],
) -> Command:
    """What is told next: something sensible, or anything."""
    at = draw(_times(case, before))
    some = () if draw(st.integers(0, ONE_IN - 1)) == ONE_IN - 1 else _sensible(case, draw(GROUPS), wanted, adviser)
    command: Command = draw(st.sampled_from(some) if some else anything)
    return moved(command, at)


def _sensible(case: Case, group: int, wanted: Wanted, adviser: Adviser) -> list[Command]:
    """The suggestions of a group, as far as they are wanted; those of the next one where it has none."""
    groups = adviser.groups
    for suggest in (*groups[group:], *groups[:group]):
        some = [command for command in suggest(case) if command.kind in wanted.kinds]
        if some:
            return some
    return []


def _times(case: Case, before: datetime) -> st.SearchStrategy[datetime]:
    """A while after the command before, or when something becomes due."""
    times = [before + wait for wait in WAITS]
    due = case.next_due
    return st.sampled_from([*times, due] if due is not None and due > before else times)
