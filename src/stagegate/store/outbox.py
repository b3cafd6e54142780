"""What followed from commands, kept in the same transaction to be delivered later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stagegate.engine.plain import event_to_plain
from stagegate.store.rows import written
from stagegate.store.schema import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stagegate.engine.journal import Entry
    from stagegate.engine.tables import Tables


def event_rows(tables: Tables, case: str, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The events of entries as rows of the outbox."""
    definition = tables.definition
    head = {"case": case, "process": definition.name, "version": definition.version}
    return [
        {
            **head,
            "seq": e.seq,
            "n": n,
            "at": stamp(e.command.at),
            "kind": event.kind,
            "body": written(event_to_plain(event)),
        }
        for e in entries
        for n, event in enumerate(e.events, start=1)
    ]
