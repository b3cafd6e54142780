"""Statements for many rows at once, compiled once for each database and handed to its driver as they are.

All columns of a store are texts, numbers and nulls that drivers take as they come, so that the conversions SQLAlchemy would look for in each
row are left out, and rows are tuples: half the time of a batch.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Dialect, Insert, Update

Row = tuple[Any, ...]


class Many:
    """A statement for many rows, and what the values of a row are called in it, in their order."""

    __slots__ = ("names", "statement")

    def __init__(self, statement: Insert | Update, *names: str) -> None:
        self.statement: Final = statement
        self.names: Final = names

    def run(self, connection: Connection, rows: list[Row]) -> int:
        """Runs the statement for each row; how many rows of tables it touched in all."""
        text, parameters = compiled(self, connection.dialect)
        given = rows if parameters is None else [*map(parameters, rows)]
        return connection.exec_driver_sql(text, given[0] if len(given) == 1 else given).rowcount


@lru_cache(maxsize=64)
def compiled(many: Many, dialect: Dialect) -> tuple[str, Callable[[Row], Any] | None]:
    """The text of a statement for a database, and what makes its parameters of a row; None where they are the row itself."""
    names = many.names
    done = many.statement.compile(dialect=dialect, column_keys=[n for n in names if n in many.statement.table.columns])
    if not done.positional or done.positiontup is None:
        return str(done), lambda row: dict(zip(names, row, strict=True))
    order = tuple(done.positiontup)
    return str(done), None if order == names else itemgetter(*map(names.index, order))
