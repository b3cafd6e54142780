"""What the data of each kind of event holds: one table, of which the JSON Schema and the page of events are made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from stagegate.engine.events import EVENT_KINDS

DATA_VERSION: Final = (
    1  # in the `type` of an envelope; a field added does not change it, one taken away or changed does
)
SCHEMA: Final = "https://stagegate.dev/schema/stagegate-events"
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

_ID: Final[Mapping[str, Any]] = {"type": "string"}
_COUNT: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 1}

# Every name that may stand in the data, with what it holds.
FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "track": {**_ID, "description": "the track"},
    "stage": {**_ID, "description": "the stage or activity that the report is for"},
    "visit": {**_COUNT, "description": "which visit of the stage this is, from 1"},
    "open_conditions": {
        "type": "array",
        "items": {"type": "string"},
        "description": "the stage conditions that were not met",
    },
    "outcome": {**_ID, "description": "the outcome taken"},
    "to": {**_ID, "description": "the stage, decision point or end it leads to"},
    "round": {**_COUNT, "description": "the number of the round that begins"},
    "end_kind": {**_ID, "description": "the kind of the end: won, lost, ..."},
    "reason": {**_ID, "description": "the reason given for the end"},
    "until": {"type": "string", "format": "date-time", "description": "when to be reminded of the hold"},
    "result": {**_ID, "description": "the result of the activity"},
    "end": {**_ID, "description": "the end that the procedure came to"},
    "owed": {"type": "boolean", "description": "whether a debt is left"},
    "gap": {"type": "integer", "description": "by how many stages the buyer is ahead"},
}

# What the data of each kind holds; `?` behind what may be missing.
EVENT_DATA: Final[Mapping[str, tuple[str, ...]]] = {
    "entered": ("track", "visit"),
    "completed": ("track", "open_conditions?"),
    "left": ("track",),
    "moved_back": ("track",),
    "decided": ("track", "outcome"),
    "jumped": ("track", "to"),
    "unwilling": ("track",),
    "looped_back": ("track", "to"),
    "repeated": ("track", "to"),
    "new_round": ("round",),
    "skipped": ("track",),
    "won": (),
    "ended": ("end_kind", "reason?"),
    "reopened": ("track",),
    "held": ("until?",),
    "resumed": (),
    "observed": ("track",),
    "begun": (),
    "finished": ("result?",),
    "reported": ("end", "stage?"),
    "breached": (),
    "waiver_expired": ("owed",),
    "overdue": ("track", "visit"),
    "reminder": (),
    "migrated": (),
    "gap_changed": ("gap?",),
}

# What stands in the data of every envelope, whatever the kind.
ENVELOPE: Final[Mapping[str, Mapping[str, Any]]] = {
    "case": {"type": "string", "minLength": 1, "description": "the id of the case"},
    "version": {**_ID, "description": "the version of the process that the case is on"},
    "seq": {**_COUNT, "description": "the number of the entry in the journal of the case"},
    "n": {**_COUNT, "description": "which event of that entry this is, from 1"},
    "subject": {**_ID, "description": "the id of what the event is about, empty where it is about the case"},
}


def schema_id(kind: str) -> str:
    """The address of the schema of the data of a kind of event: a name, not a promise that something is served there."""
    return f"{SCHEMA}-{DATA_VERSION}.json#/$defs/{kind}"


def data_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of the `data` of one kind of event. What is added later is allowed: readers ignore what they do not know."""
    names = EVENT_DATA[kind]
    fields = {name.removesuffix("?"): FIELDS[name.removesuffix("?")] for name in names}
    return {
        "description": EVENT_KINDS[kind] or "subject: none",
        "type": "object",
        "properties": {**ENVELOPE, **fields},
        "required": [*ENVELOPE, *(name for name in names if not name.endswith("?"))],
    }


def events_schema() -> dict[str, Any]:
    """The JSON Schema of the data of every kind of event, one definition for each."""
    return {
        "$schema": DRAFT,
        "$id": f"{SCHEMA}-{DATA_VERSION}.json",
        "title": "data of stagegate events",
        "description": "The `data` of a CloudEvent of stagegate, by the kind of event: `$defs/KIND`.",
        "$defs": {kind: data_schema(kind) for kind in EVENT_DATA},
    }


def schema_text() -> str:
    """That schema as the text of a file."""
    return json.dumps(events_schema(), ensure_ascii=False, indent=2) + "\n"
