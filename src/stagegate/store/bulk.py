"""Statements for many rows at once, compiled once for each database and handed to its driver as they are.

All columns of a store are texts, numbers and nulls that drivers take as they come, so that the conversions SQLAlchemy would look for in each
row are left out: half the time of a batch.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Dialect, Insert, Update

    Statement = Insert | Update


def run(connection: Connection, statement: Statement, rows: Sequence[dict[str, Any]]) -> int:
    """Runs a statement for each row; how many rows of tables it touched in all."""
    text, names = compiled(statement, connection.dialect, tuple(rows[0]))
    given = rows if names is None else [tuple(map(row.__getitem__, names)) for row in rows]
    return connection.exec_driver_sql(text, list(given) if len(given) > 1 else given[0]).rowcount


@lru_cache(maxsize=64)
def compiled(statement: Statement, dialect: Dialect, keys: tuple[str, ...]) -> tuple[str, tuple[str, ...] | None]:
    """The text of a statement for a database, and the order of its parameters where they go by position."""
    names = [key for key in keys if key in statement.table.columns]
    done = statement.compile(dialect=dialect, column_keys=names if statement.is_insert else None)
    return str(done), tuple(done.positiontup) if done.positional and done.positiontup is not None else None
