"""The tables of a store, their version, and how an older one is brought up in place.

The journal is the truth. All that stands in `cases`, the claim apart, can be computed from it; `definitions` holds the text of
every version that a case was ever opened with. Times are whole microseconds since 1970 in UTC, so that every database orders
and compares them alike; entries, snapshots and events are JSON texts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)

from stagegate.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

SCHEMA_VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LOCK: Final = 0x57A6E6A7  # any number, the same in every process that brings a PostgreSQL schema up
_SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite

METADATA: Final = MetaData()

META: Final = Table(
    "stagegate_meta",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", String(256), nullable=False),
)

DEFINITIONS: Final = Table(
    "stagegate_definitions",
    METADATA,
    Column("flow", String(80), primary_key=True),
    Column("figures", String(80), primary_key=True),
    Column("process", String(256), nullable=False),
    Column("version", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("number", Integer, nullable=False),  # the order in which they were kept
    Index("stagegate_definitions_by_name", "process", "version"),
)

CASES: Final = Table(
    "stagegate_cases",
    METADATA,
    Column("case", String(256), primary_key=True),
    Column("opened_at", BigInteger, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(80), nullable=False),  # of the last entry
    Column("process", String(256), nullable=False),
    Column("version", String(64), nullable=False),
    Column("flow", String(80), nullable=False),
    Column("figures", String(80), nullable=False),
    Column("stage", String(64), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("pending", String(64), nullable=False),
    Column("chance", Float),
    Column("gap", Integer),
    Column("gap_state", String(16), nullable=False),
    Column("won", String(64), nullable=False),
    Column("ended", String(64), nullable=False),
    Column("on_hold", Integer, nullable=False),
    Column(
        "overdue_told", Integer, nullable=False
    ),  # whether a tick told that this visit of the present stage is overdue
    Column("changed_at", BigInteger, nullable=False),
    Column("limit_due", BigInteger),  # when the running time limit of the present stage is reached
    Column("next_due", BigInteger),  # when a tick would next report something
    Column("claimed_by", String(256)),
    Column("claimed_until", BigInteger),
    Column("snapshot", Text, nullable=False),
    Index("stagegate_cases_by_stage", "process", "stage", "case"),
    Index("stagegate_cases_by_change", "changed_at", "case"),
    Index("stagegate_cases_by_due", "next_due"),
    Index("stagegate_cases_by_flow", "flow", "case"),
)

JOURNAL: Final = Table(
    "stagegate_journal",
    METADATA,
    Column("case", String(256), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("hash", String(80), nullable=False),
    Column("entry", Text, nullable=False),
)

OUTBOX: Final = Table(
    "stagegate_outbox",
    METADATA,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("case", String(256), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("n", Integer, nullable=False),  # the number of the event within its entry, from 1
    Column("at", BigInteger, nullable=False),
    Column("process", String(256), nullable=False),
    Column("version", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("claimed_by", String(256)),
    Column("claimed_until", BigInteger),
    Column("delivered_at", BigInteger),
    Index("stagegate_outbox_by_state", "delivered_at", "id"),
    Index("stagegate_outbox_by_case", "case", "seq", "n", unique=True),
)

# One function for each step from a version to the next: the first brings version 1 to 2. None has been needed yet.
UPGRADES: Final[tuple[Callable[[Connection], None], ...]] = ()


def stamp(at: datetime) -> int:
    """A time as whole microseconds since 1970 in UTC."""
    return (at - _EPOCH) // _MICROSECOND


def moment(stamped: int) -> datetime:
    """The time of such a number, in UTC."""
    return _EPOCH + stamped * _MICROSECOND


def bring_up(
    connection: Connection, *, create: bool = True, upgrades: Sequence[Callable[[Connection], None]] = UPGRADES
) -> None:
    """Makes the tables where there are none, and brings older ones to the version of this library.

    Several processes may start at once: one does it, the others wait. Raises `StoreError` for tables of a newer version, and
    where there are none and `create` says not to make them.
    """
    wanted = len(upgrades) + 1
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if not inspect(connection).has_table(META.name):
        if not create:
            raise StoreError(f"there are no tables of a store at {connection.engine.url}")
        METADATA.create_all(connection)
        connection.execute(insert(META).values(name="schema", value=str(wanted)))
        return
    found = int(connection.execute(select(META.c.value).where(META.c.name == "schema")).scalar_one())
    if found > wanted:
        raise StoreError(
            f"the tables are of version {found}, this library knows {wanted}: use the newer stagegate that made them"
        )
    for step in upgrades[found - 1 :]:
        step(connection)
    if found < wanted:
        connection.execute(update(META).where(META.c.name == "schema").values(value=str(wanted)))
