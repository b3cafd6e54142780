"""A command kept under an idempotency key, told in the names of another version: sent again, it is known there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from stagegate.versions.naming import Naming
    from stagegate.versions.plan import Kind

Plain = dict[str, Any]

# What a command is about. Those about the whole case, and about what no plan renames (prohibitions, other processes), are not here.
SUBJECTS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("meet", "retract", "attach", "waive"), "criteria"),
    **dict.fromkeys(("observe", "complete", "skip", "reopen"), "stages"),
    **dict.fromkeys(("begin", "finish"), "activities"),
    "advance": "tracks",
    "jump": "jumps",
    "end": "ends",
}


def retold(naming: Naming, command: Plain) -> Plain:
    """A command, told plainly, in the new names. Raises `LookupError` where it cannot be said: a name is gone, or has become several."""
    kind, subject, args = command["kind"], command.get("subject", ""), dict(command.get("args", {}))
    if kind == "decide":
        subject, args["outcome"] = the_one(naming.outcomes(subject, args["outcome"]))
    elif kind == "loop_back":
        subject = the_one(naming.loops(subject))
    elif subject and kind in SUBJECTS:
        subject = the_one(naming.of(SUBJECTS[kind], subject))
    for name, value in args.items():
        args[name] = argument(naming, name, value)
    told = {**command, "subject": subject, "args": args}
    return {name: value for name, value in told.items() if name in command}


def argument(naming: Naming, name: str, value: Any) -> Any:
    """One argument in the new names."""
    match name:
        case "start" | "at_stage":
            return the_one(naming.of("stages", value))
        case "evidence":
            return renamed_keys(naming, "documents", value)
        case "facts":
            return renamed_keys(naming, "facts", value)
        case "to":
            return the_one(naming.nodes(value))
        case "stage" if value:
            return the_one(naming.of("stages", value) or naming.of("activities", value))
        case _:
            return value


def renamed_keys(naming: Naming, kind: Kind, values: Mapping[str, Any]) -> Plain:
    """Values by their new names; two that have become one cannot be said."""
    told = {the_one(naming.of(kind, name)): value for name, value in values.items()}
    if len(told) < len(values):
        raise LookupError(f"two {kind} have become one")
    return told


def the_one(names: Iterable[Any]) -> Any:
    """The one name there is; raises `LookupError` for none, or several."""
    found = list(names)
    if len(found) != 1:
        raise LookupError("it has no one name")
    return found[0]
