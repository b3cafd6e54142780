"""What followed from commands, kept in the same transaction, and its delivery: at least once, in order within a case.

Who delivers takes the oldest event of a case and those behind it. As long as that oldest one is neither delivered nor given up, nobody
else can begin in the middle: that is what keeps the order. A claim has an end, so that what a dead worker held is delivered by another.
"""

from __future__ import annotations

import secrets
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import delete, func, insert, select, tuple_, update

from stagegate.doors import aware
from stagegate.store.bulk import Many
from stagegate.store.due import is_name, lock, until
from stagegate.store.events import happened_of
from stagegate.store.rows import storable
from stagegate.store.schema import OUTBOX, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Column, ColumnElement, Connection

    from stagegate.engine.journal import Entry, Line
    from stagegate.engine.tables import Tables
    from stagegate.store.bulk import Row
    from stagegate.store.events import Happened

INTO_OUTBOX: Final = Many(insert(OUTBOX), "case", "seq", "n", "at", "process", "version", "kind", "body")
_O: Final = OUTBOX.c
_EARLIER: Final = OUTBOX.alias("earlier")
_IS_HEAD: Final = ~(
    select(_EARLIER.c.id)
    .where(
        _EARLIER.c.case == _O.case,
        _EARLIER.c.delivered_at.is_(None),
        tuple_(_EARLIER.c.seq, _EARLIER.c.n) < tuple_(_O.seq, _O.n),
    )
    .exists()
)


@frozen
class Batch:
    """The events of one case that a worker has taken, in order; `claim` is the name it has taken them under."""

    claim: str
    happened: tuple[Happened, ...]
    rows: tuple[int, ...]


def event_rows(tables: Tables, case: str, entries: Sequence[Entry], lines: Sequence[Line]) -> list[Row]:
    """The events of entries as rows for `INTO_OUTBOX`."""
    process, version = tables.definition.name, tables.definition.version
    rows: list[Row] = []
    for entry, line in zip(entries, lines, strict=True):
        at = stamp(entry.command.at)
        for n, (event, body) in enumerate(zip(entry.events, line.events, strict=True), start=1):
            rows.append((case, entry.seq, n, at, process, version, event.kind, storable(body)))
    return rows


def claim(connection: Connection, *, at: datetime, worker: str, limit: int, lease: timedelta) -> tuple[Batch, ...]:
    """Takes events that nobody has delivered or is delivering, at most `limit`: of each case the oldest ones, in order.

    Cases whose delivery failed come after those that were not tried.
    """
    is_name(worker)
    now, end = until(at, limit, lease)
    lock(connection)
    cases = heads(connection, _O.claimed_until.is_(None), limit, _O.id)  # along the index: it stops at the limit
    if len(cases) < limit:
        cases += heads(connection, _O.claimed_until <= now, limit - len(cases), _O.claimed_until, _O.id)
    if not cases:
        return ()
    rank = func.row_number().over(partition_by=_O.case, order_by=(_O.seq, _O.n)).label("rank")
    waiting = select(_O.id, rank).where(_O.delivered_at.is_(None), _O.case.in_(cases)).subquery()
    taken = connection.execute(select(waiting.c.id).order_by(waiting.c.rank, waiting.c.id).limit(limit)).scalars().all()
    name = f"{worker}#{secrets.token_hex(8)}"
    mine = _O.id.in_(taken)
    connection.execute(update(OUTBOX).where(mine).values(claimed_by=name, claimed_until=end))
    rows = connection.execute(select(OUTBOX).where(mine).order_by(_O.case, _O.seq, _O.n))
    return tuple(batch(name, list(of_case)) for _, of_case in groupby(rows.all(), key=lambda row: row.case))


def heads(connection: Connection, free: ColumnElement[bool], limit: int, *order: Column[int]) -> list[str]:
    """Cases whose oldest event is free, locked so that nobody else takes them; the longest waiting first."""
    found = (
        select(_O.case)
        .where(_O.delivered_at.is_(None), free, _IS_HEAD)
        .order_by(*order)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(connection.execute(found).scalars())


def batch(name: str, rows: Sequence[Any]) -> Batch:
    """The events of one case."""
    return Batch(name, tuple(map(happened_of, rows)), tuple(row.id for row in rows))


def settle(connection: Connection, taken: Batch, delivered: int, *, at: datetime) -> None:
    """The first so many events of a batch are delivered, the others are given up for the next time."""
    now = stamp(aware(at))
    mine = _O.claimed_by == taken.claim
    if done := taken.rows[:delivered]:
        connection.execute(
            update(OUTBOX).where(_O.id.in_(done), mine).values(delivered_at=now, claimed_by=None, claimed_until=None)
        )
    if left := taken.rows[delivered:]:
        connection.execute(update(OUTBOX).where(_O.id.in_(left), mine).values(claimed_by=None, claimed_until=now))


def forget(connection: Connection, before: datetime) -> int:
    """Deletes the events that were delivered before a time; how many."""
    return connection.execute(delete(OUTBOX).where(_O.delivered_at < stamp(aware(before, "before")))).rowcount


def waiting(connection: Connection) -> int:
    """How many events are still to be delivered."""
    return int(connection.execute(select(func.count()).where(_O.delivered_at.is_(None))).scalar_one())
