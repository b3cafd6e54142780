"""The tables of a store as lines of a page, made from `stagegate.store.schema`; what a column means stands here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Column
from sqlalchemy.dialects import postgresql, sqlite

from stagegate.store.schema import METADATA

TABLES: Mapping[str, str] = {
    "meta": "What the store itself is: one row.",
    "definitions": "The text of every version that a case was ever opened with.",
    "cases": "Where each case stands. All of it but the claim can be computed from the journal; it is there to be looked for.",
    "journal": "The truth: every accepted command with what followed. Rows are only ever added; `redact` alone writes one anew.",
    "outbox": "What followed, until it is delivered and forgotten.",
}
COLUMNS: Mapping[str, str] = {
    "meta.name": "`schema`",
    "meta.value": "the version of the tables",
    "definitions.flow": "digest of everything that can move a case",
    "definitions.figures": "digest of chances, limits, weights and titles",
    "definitions.process": "name",
    "definitions.version": "version",
    "definitions.text": "the YAML text",
    "definitions.number": "the order in which they were kept",
    "cases.case": "id",
    "cases.process": "name of its process",
    "cases.version": "version it is on",
    "cases.flow": "digest of that version; its text is in `definitions`",
    "cases.figures": "digest of the figures it was last written with",
    "cases.seq": "number of its last entry; every write compares it and sets it",
    "cases.hash": "hash of its last entry",
    "cases.stage": "where it stands on the track that ends it, `''` before the first stage",
    "cases.phase": "as `Position.phase`",
    "cases.pending": "the decision point it waits for, or `''`",
    "cases.chance": "of winning, from 0 to 1",
    "cases.gap": "how many stages the buyer is ahead",
    "cases.gap_state": "as `Gap.state`",
    "cases.won": "the end of kind won that was reached, or `''`",
    "cases.ended": "the end it has come to, or `''`",
    "cases.on_hold": "1 or 0",
    "cases.overdue_told": "1 when a tick told that this visit of the stage is overdue",
    "cases.opened_at": "time of the first entry",
    "cases.changed_at": "time of the last entry",
    "cases.limit_due": "when the running time limit of the stage is reached",
    "cases.next_due": "when a tick would next report something",
    "cases.claimed_by": "the worker that is about to tick it",
    "cases.claimed_until": "until when nobody else will",
    "cases.snapshot": "JSON, as `Case.to_dict`",
    "journal.case": "id of the case",
    "journal.seq": "1, 2, 3 ... without a gap",
    "journal.at": "time of the command",
    "journal.kind": "kind of the command",
    "journal.hash": "hash of the entry, which holds that of the one before",
    "journal.entry": "JSON, as an entry of `Case.to_journal`",
    "outbox.id": "the order of writing",
    "outbox.case": "id of the case",
    "outbox.seq": "number of the entry it followed from",
    "outbox.n": "its number within that entry, from 1; `CASE/SEQ/N` is the id of the event",
    "outbox.at": "time of the command",
    "outbox.process": "name of the process",
    "outbox.version": "version of the process",
    "outbox.kind": "kind of the event",
    "outbox.body": "JSON: the event",
    "outbox.claimed_by": "the worker that is about to deliver it",
    "outbox.claimed_until": "until when nobody else will",
    "outbox.delivered_at": "when it was delivered",
}


def table_lines() -> Iterator[str]:
    """Every table with its columns and indexes."""
    for table in METADATA.sorted_tables:
        name = table.name.removeprefix("stagegate_")
        yield f"\n### {table.name}\n"
        yield TABLES[name] + "\n"
        yield "| column | type | | |"
        yield "| --- | --- | --- | --- |"
        for column in table.columns:
            yield f"| `{column.name}` | {kind(column)} | {marks(column)} | {COLUMNS[f'{name}.{column.name}']} |"
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            columns = ", ".join(f"`{column.name}`" for column in index.columns)
            yield f"\nIndex `{index.name}`: {columns}{', unique' if index.unique else ''}."


def kind(column: Column[object]) -> str:
    """The type in both databases."""
    there = [column.type.compile(dialect=dialect) for dialect in (sqlite.dialect(), postgresql.dialect())]
    return " / ".join(dict.fromkeys(there))


def marks(column: Column[object]) -> str:
    """Whether it is part of the key, or may be missing."""
    return "key" if column.primary_key else "may be null" if column.nullable else ""
