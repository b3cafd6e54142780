"""What followed from a command, as a host is told of it: one value for subscribers and for the outbox, and its CloudEvents envelope."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import frozen

from stagegate.engine.event_data import DATA_VERSION, schema_id
from stagegate.engine.plain import event_of, event_to_plain
from stagegate.store.schema import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from stagegate.engine.events import Event
    from stagegate.engine.journal import Entry
    from stagegate.engine.tables import Tables


@frozen
class Happened:
    """One event of one case: the `n`-th that followed from entry `seq` of its journal, recorded `at`.

    `process` and `version` are those of the case after the command.
    """

    case: str
    process: str
    version: str
    seq: int
    n: int
    at: datetime
    event: Event

    @property
    def id(self) -> str:
        """The same whenever and however often it is told: `CASE/SEQ/N`. To deduplicate by."""
        return f"{self.case}/{self.seq}/{self.n}"

    @property
    def kind(self) -> str:
        """A key of `engine.EVENT_KINDS`."""
        return self.event.kind

    @property
    def subject(self) -> str:
        """The id of what it is about."""
        return self.event.subject

    @property
    def data(self) -> Mapping[str, Any]:
        """More, by name."""
        return self.event.data


def happenings(tables: Tables, case: str, entries: Sequence[Entry]) -> Iterator[Happened]:
    """Everything that followed from these entries, in order."""
    definition = tables.definition
    for entry in entries:
        for n, event in enumerate(entry.events, start=1):
            yield Happened(case, definition.name, definition.version, entry.seq, n, entry.command.at, event)


def happened_of(row: Row[Any]) -> Happened:
    """A row of the outbox."""
    told = event_of(json.loads(row.body))
    return Happened(row.case, row.process, row.version, row.seq, row.n, moment(row.at), told)


def cloud_event(happened: Happened) -> dict[str, Any]:
    """The event in an envelope of CloudEvents 1.0, as JSON can hold it.

    `id` is `CASE/SEQ/N`, `subject` the case, `type` ends with the version of the data, whose JSON Schema `dataschema` names.
    """
    kind = happened.kind
    body = event_to_plain(happened.event)
    return {
        "specversion": "1.0",
        "id": happened.id,
        "source": f"/stagegate/{happened.process}",
        "type": f"stagegate.case.{kind}.v{DATA_VERSION}",
        "subject": happened.case,
        "time": happened.at.isoformat(),
        "datacontenttype": "application/json",
        "dataschema": schema_id(kind),
        "data": {
            "case": happened.case,
            "version": happened.version,
            "seq": happened.seq,
            "n": happened.n,
            "subject": body.get("subject", ""),
            **body.get("data", {}),
        },
    }
