"""The values of a command that is written in YAML: what it is about, its arguments, who told it, and its times.

For mappings that have been checked: what had a finding is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from stagegate.conditions import FactType
from stagegate.language.tree import Mapping as MappingNode
from stagegate.language.tree import Node, Scalar, to_plain

# The key under which a command says what it is about.
SUBJECTS: Final[Mapping[str, str]] = {
    "jump": "jump",
    "report": "process",
    "loop_back": "loop",
    **dict.fromkeys(("meet", "retract", "attach", "waive"), "criterion"),
    **dict.fromkeys(("observe", "complete", "skip", "reopen"), "stage"),
    **dict.fromkeys(("begin", "finish"), "activity"),
    "advance": "track",
    "decide": "decision",
    "breach": "prohibition",
    "end": "end",
}
_WORDS: Final = ("outcome", "reason", "source", "result", "answer", "to")
_TOLD: Final = ("by", "role", "note", "key")


def subject_of(kind: str, node: MappingNode) -> str:
    """The id that the command is about, "" where it has none."""
    return word(node, SUBJECTS[kind]) if kind in SUBJECTS else ""


def args_of(kind: str, node: MappingNode, types: Mapping[str, FactType]) -> dict[str, Any]:
    """The arguments of the command by name, as `engine.commands` makes them; facts as values of their types."""
    given = node.get("evidence")
    args: dict[str, Any] = {"evidence": None if given is None else to_plain(given), "until": moment(node, "until")}
    args.update((key, word(node, key)) for key in _WORDS)
    if kind == "report":
        args.update({"end": word(node, "end"), "stage": word(node, "stage")})
    if kind == "set_facts":
        args["facts"] = facts(node.get("facts"), types)
    return {key: value for key, value in args.items() if value not in (None, "")}


def told(node: MappingNode) -> dict[str, Any]:
    """Who told it, and how: of by, role, note, key and happened those that are given."""
    given: dict[str, Any] = {key: word(node, key) for key in _TOLD}
    given["happened"] = moment(node, "happened")
    return {key: value for key, value in given.items() if value not in (None, "")}


def word(node: MappingNode, key: str) -> str:
    """A text or id, "" where it is not given."""
    value = node.get(key)
    return value.text if isinstance(value, Scalar) and value.value is not None else ""


def moment(node: MappingNode, key: str) -> datetime | None:
    """A time with its zone, None where none is given."""
    return _moment(word(node, key))


def facts(node: Node | None, types: Mapping[str, FactType]) -> dict[str, Any]:
    """The facts given, each as a value of its declared type where it can be one."""
    if not isinstance(node, MappingNode):
        return {}
    return {e.key.text: value_of(types.get(e.key.text), to_plain(e.value)) for e in node.entries}


# --- single values ----------------------------------------------------------------------------------------

_DURATION: Final = re.compile(r"(-?)(\d{1,20})(ms|us|s|m|h|d|w)")
_UNITS: Final = {
    "us": timedelta(microseconds=1),
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def value_of(type: FactType | None, value: Any) -> Any:
    """A plain value as one of a fact's type: times and durations are written as text.

    What does not fit stays as it is; the engine says why it cannot be taken.
    """
    if type is None or not isinstance(value, str):
        return value
    convert: Callable[[str], Any] | None = {"timestamp": _moment, "duration": _duration}.get(type.kind)
    found = None if convert is None else convert(value)
    return value if found is None else found


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found


def _duration(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    try:
        length = int(found[2]) * _UNITS[found[3]]
    except OverflowError:
        return None
    return -length if found[1] else length
