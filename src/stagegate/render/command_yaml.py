"""Commands as one writes them in YAML, each in a line: `{do: meet, criterion: survey_done}`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from stagegate.engine import Command
from stagegate.language.command_shapes import commands

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_OTHER_MEANING: Final = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_WAIT: Final = timedelta(minutes=2)  # a shorter time between two commands says nothing
_RECORDS: Final = commands({})


def scenario_lines(journal: Sequence[Command]) -> Iterator[str]:
    """A journal as the beginning of a scenario: how the case is opened, unless at the start, and the commands."""
    opening, *rest = journal
    if opening.args:
        yield f"given: {flow(opening.args)}"
    before = opening.at
    for command in rest:
        yield f"- {flow(mapping(command, command.at - before))}"
        before = command.at


def mapping(command: Command, wait: timedelta = timedelta()) -> dict[str, Any]:
    """A command as the mapping that a scenario holds; `wait` is the time since the one before."""
    written: dict[str, Any] = {"do": command.kind}
    if command.subject:
        written[subject_key(command.kind)] = command.subject
    written |= {name: value for name, value in command.args.items() if value not in ("", {})}
    told = {name: getattr(command, name) for name in ("by", "role", "note", "key", "happened")}
    written |= {name: value for name, value in told.items() if value}
    if wait >= _WAIT:
        written["after"] = duration(wait)
    return written


def subject_key(kind: str) -> str:
    """The key under which a command of this kind names what it is about."""
    fields = _RECORDS[f"do_{kind}"].fields
    return next(name for name in fields if name != "do")


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case datetime():
            return value.isoformat()
        case timedelta():
            return duration(value)
        case str():
            plain = _PLAIN.fullmatch(value) and value.lower() not in _OTHER_MEANING
            return value if plain else json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def duration(value: timedelta) -> str:
    """A length of time in whole minutes, hours or days, as the language writes it."""
    minutes = int(value.total_seconds() // 60)
    if minutes % (24 * 60) == 0:
        return f"{minutes // (24 * 60)}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
