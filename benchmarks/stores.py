"""The store beside the bare driver doing the same writes: the same statements on the same tables, the same JSON encoded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import stagegate
from stagegate import commands
from stagegate.case import Case
from stagegate.store import Store
from stagegate.store.unit import Addition, written_down

AT = datetime(2026, 1, 5, tzinfo=UTC)
BATCH = 500


def loaded(store: Store, cases: int, name: str) -> list[Case]:
    """That many cases, written down and ready for their next command."""
    process = stagegate.load("project-sales")
    store.open_many(process, ((f"{name}{n}", commands.open_case(AT), []) for n in range(cases)))
    return [store.load(f"{name}{n}") for n in range(cases)]


def with_one_more(cases: list[Case], minute: int) -> None:
    """Does one more command in each handle, not yet written down."""
    for case in cases:
        case.observe("problem_found", at=AT + timedelta(minutes=minute), source="a visit")


def in_plain(cases: list[Case], outbox: bool = True) -> list[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]]:
    """What is to be written for each case, as plain values whose JSON is still to be encoded."""
    found = []
    for case in cases:
        assert case.kept is not None
        row = written_down(Addition(case.tables, case.id, case.kept, case.snapshot, case.journal_after(case.kept[0])), outbox)
        values = {**row.values, "new_snapshot": json.loads(row.values["new_snapshot"])}
        entries = [{**e, "entry": json.loads(e["entry"])} for e in row.entries]
        events = [{**e, "body": json.loads(e["body"])} for e in row.events]
        found.append((values, {}, entries, events))
    return found


def encoded(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Raw:
    """The statements of the store, told to a driver directly."""

    def __init__(self, connection: Any, mark: Callable[[str], str], begin: str) -> None:
        self.connection = connection
        self.begin = begin
        names = [
            "process", "version", "flow", "figures", "stage", "phase", "pending", "chance", "gap", "gap_state", "won", "ended",
            "on_hold", "overdue", "changed_at", "limit_due", "next_due", "snapshot", "seq", "hash",
        ]  # fmt: skip
        new = ", ".join(f"{name}={mark(f'new_{name}')}" for name in names)
        self.update = f'UPDATE stagegate_cases SET {new} WHERE "case"={mark("of_case")} AND seq={mark("expected")}'
        self.entry = self.insert("journal", ["case", "seq", "at", "kind", "hash", "entry"], mark)
        self.event = self.insert("outbox", ["case", "seq", "n", "at", "process", "version", "kind", "body"], mark)

    def insert(self, table: str, names: list[str], mark: Callable[[str], str]) -> str:
        columns = ", ".join(f'"{n}"' for n in names)
        return f"INSERT INTO stagegate_{table} ({columns}) VALUES ({', '.join(mark(n) for n in names)})"

    def write(self, rows: list[Any]) -> None:
        """One transaction."""
        cursor = self.connection.cursor()
        cursor.execute(self.begin)
        cases = [{**values, "new_snapshot": encoded(values["new_snapshot"])} for values, _, _, _ in rows]
        entries = [{**e, "entry": encoded(e["entry"])} for row in rows for e in row[2]]
        events = [{**e, "body": encoded(e["body"])} for row in rows for e in row[3]]
        if len(rows) == 1:
            cursor.execute(self.update, cases[0])
            assert cursor.rowcount == 1
        else:
            cursor.executemany(self.update, cases)
        cursor.executemany(self.entry, entries)
        if events:
            cursor.executemany(self.event, events)
        cursor.execute("COMMIT")
        cursor.close()


def raw_sqlite(path: str) -> Raw:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return Raw(connection, lambda name: f":{name}", "BEGIN IMMEDIATE")


def raw_postgres(url: str) -> Raw:
    import psycopg

    return Raw(psycopg.connect(url, autocommit=True), lambda name: f"%({name})s", "BEGIN")


def seconds(work: Callable[[], None]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def measured(url: str, raw: Raw, cases: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Commands a second by the store and by the driver, one commit for each and in batches; the best of some rounds, taken in turn."""
    store = Store(url)
    ours, theirs = loaded(store, cases, "ours"), loaded(store, cases, "raw")
    best: dict[str, tuple[float, float]] = {}
    minute = 0
    for _ in range(rounds):
        for how in ("single", "batch"):
            minute += 1
            with_one_more(ours, minute)
            with_one_more(theirs, minute)
            rows = in_plain(theirs)
            size = 1 if how == "single" else BATCH
            parts = [slice(n, n + size) for n in range(0, cases, size)]
            mine = seconds(lambda: [store.save(*ours[p]) for p in parts] and None)
            bare = seconds(lambda: [raw.write(rows[p]) for p in parts] and None)
            for case, row in zip(theirs, rows, strict=True):
                case.kept = (case.seq, row[0]["new_hash"])
            old = best.get(how, (0.0, 0.0))
            best[how] = (max(old[0], cases / mine), max(old[1], cases / bare))
    store.close()
    raw.connection.close()
    return best
