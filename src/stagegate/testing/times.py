"""When drawn commands are given: they are made at one time, and moved to another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from stagegate.engine.commands import Command

EPOCH: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def moved(command: Command, at: datetime) -> Command:
    """A command made at EPOCH, given at another time; the dates it names move with it."""
    by = at - EPOCH
    args: dict[str, Any] = dict(command.args)
    if "until" in args:
        args["until"] += by
    happened = None if command.happened is None else command.happened + by
    return Command(
        command.kind, command.subject, at, args, command.by, command.role, command.note, command.key, happened
    )
