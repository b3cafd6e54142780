"""A journal made shorter: what can be left out of it is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.engine.commands import Command
from stagegate.engine.step import start, step
from stagegate.verify.moves import Done

if TYPE_CHECKING:
    from stagegate.engine.tables import Tables
    from stagegate.verify.search import Watcher


def shortened(
    tables: Tables, watcher: Watcher, journal: tuple[Command, ...], effort: int
) -> tuple[tuple[Command, ...], int]:
    """The journal without what can be left out, larger pieces first, and how many steps of the engine that took.

    Every command of what is left is accepted and its last one shows what the journal shows. No shorter journal need exist;
    there may be one that is quite different.
    """
    opening, commands, steps = journal[0], list(journal[1:]), 0
    size = len(commands) // 2
    while size:
        at = len(commands) - 1 - size
        while at >= 0:
            fewer = commands[:at] + commands[at + size :]
            shows, taken = still_shows(tables, watcher, opening, fewer)
            steps += taken
            if shows:
                commands = fewer
            at -= size
            if steps > effort:
                return (opening, *commands), steps
        size //= 2
    return (opening, *commands), steps


def still_shows(tables: Tables, watcher: Watcher, opening: Command, commands: list[Command]) -> tuple[bool, int]:
    """Whether commands are all accepted and the last one shows what is looked for; the steps it took."""
    current = start(tables, opening).snapshot
    for number, command in enumerate(commands, start=1):
        made = step(tables, current, command)
        if not made.accepted:
            return False, number
        found = watcher.happened(Done(command, current, made)) or watcher.stands(made.snapshot)
        current = made.snapshot
        if found:
            return number == len(commands), number
    return False, len(commands)
