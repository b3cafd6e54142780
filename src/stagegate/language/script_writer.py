"""Commands as a commands file: what `stagegate.language.scripts` reads back as the same commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import yaml

from stagegate.engine.commands import Command
from stagegate.errors import CommandError
from stagegate.language.command_values import SUBJECTS
from stagegate.language.scalars import resolve

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_UNITS: Final = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("us", 1))


def written(process: str, case: str, commands: Iterable[Command], *, remark: str = "") -> str:
    """A commands file that plays `commands`, the first of which opens the case, one on a line.

    `remark` is put above it as a comment. Raises `CommandError` when the first does not open a case, and for facts or
    documents where none are given, which a commands file cannot say.
    """
    commands = tuple(commands)
    opening, *others = commands
    if opening.kind != "open":
        raise CommandError(f"a commands file begins with `open`, not with `{opening.kind}`")
    for command in commands:
        if any(not command.args.get(name, True) for name in ("facts", "evidence")):
            raise CommandError(f"`{command.kind}` gives nothing: a commands file cannot say that")
    lines = [f"# {line}" for line in _printable(remark).splitlines()]
    lines.append(f"process: {_value(process)}")
    if case:
        lines.append(f"case: {_value(case)}")
    lines.append(f"open: {_mapping(_told(opening))}")
    lines.append("commands:" if others else "commands: []")
    lines.extend(f"  - {_mapping(_told(each))}" for each in others)
    return "\n".join(lines) + "\n"


def _told(command: Command) -> Iterator[tuple[str, Any]]:
    """The keys and values of one command, in the order in which one writes them."""
    if command.kind != "open":
        yield "do", command.kind
    if command.subject:
        yield SUBJECTS[command.kind], command.subject
    yield from command.args.items()
    yield "at", command.at
    for name in ("happened", "by", "role", "note", "key"):
        value = getattr(command, name)
        if value:
            yield name, value


def _mapping(entries: Iterable[tuple[str, Any]]) -> str:
    return "{" + ", ".join(f"{_value(key)}: {_value(value)}" for key, value in entries) + "}"


def _value(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return yaml_text(value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case Mapping():
            return _mapping(value.items())
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case _:
            return repr(value)


def yaml_text(text: str) -> str:
    """A text in double quotes where anything in it could be read as something else."""
    if _PLAIN.fullmatch(text) and resolve(text) == text:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return quoted.rstrip("\n")


def _duration(value: timedelta) -> str:
    """A length of time in the largest unit that is exact."""
    length = value // timedelta(microseconds=1)
    unit, size = next((unit, size) for unit, size in _UNITS if length % size == 0)
    return f"{length // size}{unit}"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)
