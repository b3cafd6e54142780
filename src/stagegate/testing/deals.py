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
from stagegate.testing.menu import Menu
from stagegate.testing.suggestions import Adviser
from stagegate.testing.times import moved

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.engine.commands import Command
    from stagegate.process import Process

Draw = Callable[[st.SearchStrategy[Any]], Any]

WAITS: Final = st.sampled_from(  # between commands; None: until something becomes due
    (*(timedelta(hours=hours) for hours in (1, 0, 5, 30, 24 * 20)), None)
)
GROUPS: Final = st.sampled_from(  # how often suggestions are of each group; None: any command
    (*[0] * 10, *[1] * 5, *[2] * 4, *[3] * 5, 4, *[None] * 3)
)
MORE: Final = st.sampled_from((False, *(True,) * 40))  # how often there is another command


def journals(
    process: Process, *, most: int = 25, kinds: Iterable[str] | None = None, plain: bool = False
) -> st.SearchStrategy[list[Command]]:
    """Deals: lists of up to `most` commands, the first of them `open`, with times that rise.

    Mostly what could be done next, asked of the process: what its actions allow, with the roles, answers and
    reasons they need; facts, waivers, withdrawals, holds, activities, ends, reopening, and time that passes. About one
    in eight is any command of `commands`, and is mostly refused. `kinds` says which kinds of command to draw after the
    opening; `plain` is that of `commands`. What fails shrinks to few commands and simple values.

        @given(journals(process))
        def test_no_price_is_told_in_the_visit(journal):
            deal = process.opened("x", journal[0])
            for command in journal[1:]:
                deal.do(command)
                assert not ("price" in deal.facts and deal.position.stage == "visit")

    Raises ValueError where the process has no command of these kinds.
    """
    return deals(process, Wanted(most, _kinds(kinds), plain)).map(lambda deal: deal.journal)


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
    plain: bool = False
    placed: bool = True  # whether it may be opened at any stage


@frozen
class Deal:
    """A journal, commands that were refused included, and the case that came of it."""

    journal: list[Command]
    case: Case


def deals(process: Process, wanted: Wanted) -> st.SearchStrategy[Deal]:
    """Journals with the cases that came of them."""
    anything = commands(process, kinds=wanted.kinds - {"open"}, plain=wanted.plain)
    return _deals(process, Table(wanted, Adviser(process.tables, likely_values(process.tables)), anything))


class Table:
    """What the commands of a deal are drawn from."""

    def __init__(self, wanted: Wanted, adviser: Adviser, anything: st.SearchStrategy[Command]) -> None:
        openings = adviser.openings(placed=wanted.placed)
        self.wanted = wanted
        self.adviser = adviser
        self.anything = anything
        self.menu = Menu(adviser)
        self.openings = st.one_of(st.just(openings[0]), st.sampled_from(openings))

    def sensible(self, case: Case, group: int) -> list[Command]:
        """The suggestions of a group, as far as they are wanted; those of the next one where it has none."""
        groups = self.adviser.groups
        for suggest in (*groups[group:], *groups[:group]):
            some = [command for command in suggest(case) if command.kind in self.wanted.kinds]
            if some:
                return some
        return []


@st.composite
def _deals(draw: Draw, process: Process, table: Table) -> Deal:
    journal: list[Command] = [draw(table.openings)]
    case = process.opened("drawn", journal[0])
    while len(journal) < table.wanted.most:
        command = draw(_next(table, case, journal[-1].at))
        if command is None:
            break
        case.do(command)
        journal.append(command)
    return Deal(journal, case)


@st.composite
def _next(draw: Draw, table: Table, case: Case, before: datetime) -> Command | None:
    """What is told next: something sensible, anything, or nothing more."""
    if not draw(MORE):
        return None
    wait, due = draw(WAITS), case.next_due
    if wait is None:
        wait = due - before if due is not None and due > before else timedelta(0)
    group = draw(GROUPS)
    some = [] if group is None else table.sensible(case, group)
    command: Command = draw(table.menu.one_of(some) if some else table.anything)
    return moved(command, before + wait)
