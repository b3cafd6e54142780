"""A case as a row: what a host looks for without opening the case, all of it computed from tables and snapshot."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from stagegate.doors import aware
from stagegate.engine import plain, questions
from stagegate.engine.casewide import limit_reached
from stagegate.engine.pairs import gap_of
from stagegate.store.schema import moment, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables


_COMPACT: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)


@frozen
class CaseRow:
    """What a store knows of a case at a glance; times are aware, in UTC.

    `stage`, `phase` and `pending` are of the track that ends the case; `limit_due` is when its running time limit is reached,
    `overdue_told` whether a tick told that it was, `next_due` when a tick would next report anything. `gap_state`, `won`, `ended` and
    `pending` are "" where there is none.
    """

    case: str
    process: str
    version: str
    flow: str
    seq: int
    stage: str
    phase: str
    pending: str
    chance: float | None
    gap: int | None
    gap_state: str
    won: str
    ended: str
    on_hold: bool
    overdue_told: bool
    opened_at: datetime
    changed_at: datetime
    limit_due: datetime | None
    next_due: datetime | None

    def overdue_at(self, at: datetime) -> bool:
        """Whether the case is open, and the time limit of its stage reached at that time or told before: what `find(overdue_at=at)` asks.

        Raises `CommandError` for a time without a time zone.
        """
        at = aware(at)
        reached = self.limit_due is not None and self.limit_due <= at
        return not self.ended and (self.overdue_told or reached)


COLUMNS: Final = (
    "process", "version", "flow", "figures", "stage", "phase", "pending", "chance", "gap", "gap_state", "won", "ended",
    "on_hold", "overdue_told", "changed_at", "limit_due", "next_due", "snapshot",
)  # fmt: skip


def columns(tables: Tables, snapshot: Snapshot, case: str) -> tuple[Any, ...]:
    """The values of `COLUMNS`: all of a case that follows from its snapshot."""
    rest = snapshot.rest
    table = tables.primary or tables.tracks[0]
    position = questions.position(tables, snapshot, table.track.id)
    stage = snapshot.places[table.index].stage
    limit = None if rest.ended or rest.held else limit_reached(table, rest.tracks[table.index], stage)
    due = questions.next_due(tables, snapshot)
    return (
        tables.definition.name,
        tables.definition.version,
        tables.flow,
        tables.figures,
        position.stage,
        position.phase,
        position.pending,
        questions.chance(tables, snapshot),
        None if tables.gap_tracks is None or rest.ended else gap_of(tables, snapshot.places, rest),
        rest.gap_state,
        rest.won,
        rest.ended,
        int(rest.held is not None),
        int(stage >= 0 and rest.tracks[table.index].overdue >> stage & 1),
        stamp(snapshot.at),
        None if limit is None else stamp(limit),
        None if due is None else stamp(due),
        snapshot_text(tables, snapshot, case),
    )


def named_columns(tables: Tables, snapshot: Snapshot, case: str) -> dict[str, Any]:
    """The values of `COLUMNS` by their names."""
    return dict(zip(COLUMNS, columns(tables, snapshot, case), strict=True))


def snapshot_text(tables: Tables, snapshot: Snapshot, case: str) -> str:
    """The snapshot of a case as `Case.to_dict` gives it, as a JSON text."""
    body = _COMPACT.encode(plain.body_to_plain(tables, snapshot))
    return storable(f'{{"case":{_COMPACT.encode(case)},{head_text(tables)},{body[1:]}')


@lru_cache(maxsize=64)
def head_text(tables: Tables) -> str:
    """What every snapshot of a process begins with, without the braces."""
    return _COMPACT.encode(plain.head_to_plain(tables))[1:-1]


def row_of(got: RowMapping) -> CaseRow:
    """The row of a result over all columns of `CASES`, the snapshot apart."""
    return CaseRow(
        **{name: got[name] for name in ("case", "process", "version", "flow", "seq", "stage", "phase", "pending")},
        **{name: got[name] for name in ("chance", "gap", "gap_state", "won", "ended")},
        on_hold=bool(got["on_hold"]),
        overdue_told=bool(got["overdue_told"]),
        opened_at=moment(got["opened_at"]),
        changed_at=moment(got["changed_at"]),
        limit_due=None if got["limit_due"] is None else moment(got["limit_due"]),
        next_due=None if got["next_due"] is None else moment(got["next_due"]),
    )


def written(value: Any) -> str:
    """A plain value as JSON text that every database can hold."""
    return storable(_COMPACT.encode(value))


def storable(text: str) -> str:
    """A JSON text that every database can hold."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half a character of UTF-16, which only an escape can carry
            return json.dumps(json.loads(text), separators=(",", ":"))
    return text
