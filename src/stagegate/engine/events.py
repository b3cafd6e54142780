"""What follows from commands: events, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_DATA: Final[Mapping[str, Any]] = {}

EVENT_KINDS: Final[Mapping[str, str]] = {
    "entered": "a stage was entered; data: track, visit",
    "completed": "a stage was completed; data: track, open_conditions if any",
    "left": "a stage was left again by the jump recorded before; data: track",
    "moved_back": "the trail no longer holds; subject: the stage the case is in now, '' if none; data: track",
    "decided": "an outcome was taken; subject: decision point; data: track, outcome",
    "jumped": "data: track, to",
    "unwilling": "the buyer answered a jump's probe with no; data: track",
    "looped_back": "subject: loop, or decision point; data: track, to",
    "repeated": "subject: loop, repeatable stage or decision point; data: track, to",
    "new_round": "subject: track; data: round",
    "skipped": "an optional stage was passed over; data: track",
    "won": "subject: the end; the case goes on",
    "ended": "subject: the end; data: end_kind, reason if any",
    "reopened": "subject: the stage; data: track",
    "held": "data: until if any",
    "resumed": "",
    "observed": "subject: the stage; data: track",
    "begun": "subject: activity",
    "finished": "subject: activity; data: result if any",
    "reported": "subject: process; data: end, stage",
    "breached": "subject: prohibition",
    "waiver_expired": "subject: criterion; data: owed (bool)",
    "overdue": "subject: stage; data: track, visit",
    "reminder": "a hold's date has come",
    "migrated": "the case goes on in another version of the process; subject: the version",
    "gap_changed": "subject: the new state; data: gap if known",
}


class Event:
    """Something that followed from a command: its kind (a key of `EVENT_KINDS`), subject and data."""

    __slots__ = ("data", "kind", "subject")

    kind: str
    subject: str
    data: Mapping[str, Any]

    def __init__(self, kind: str, subject: str = "", data: Mapping[str, Any] = NO_DATA) -> None:
        self.kind = kind
        self.subject = subject
        self.data = data

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return self.kind == other.kind and self.subject == other.subject and self.data == other.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        data = "".join(f", {k}={v!r}" for k, v in self.data.items())
        return f"Event({self.kind!r}, {self.subject!r}{data})"
