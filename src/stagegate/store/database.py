"""Engines for the databases a store works with, and the settings that durability rests on.

SQLite: write-ahead log, and `synchronous` by the durability asked for. `full`: what was acknowledged survives a loss of power.
`normal`: it survives a crash of the process, but the last commits before a loss of power may be gone; the file stays whole
either way. A transaction that writes begins with `BEGIN IMMEDIATE`, so that two writers wait for each other instead of
failing half way. PostgreSQL: psycopg 3, its own settings.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from stagegate.doors import lacking
from stagegate.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection

E = TypeVar("E")
Durability = Literal["full", "normal"]
WRITING: Final = "stagegate_writing"  # the option of a connection whose transaction writes
DatabaseError: Final = SQLAlchemyError  # whatever the database and its driver raise
_EXTRAS: Final = {"psycopg": "postgres", "aiosqlite": "async", "greenlet": "async"}
_PATIENCE: Final = 30.0  # seconds that a writer waits for another in SQLite


def engine_for(where: str | Engine, durability: Durability) -> Engine:
    """The engine for a URL, set up; an engine of the host's is taken as it is."""
    if isinstance(where, Engine):
        works_with(where.dialect.name)
        return synchronous(where)
    url = url_of(where)
    options: dict[str, Any] = {"poolclass": StaticPool} if in_memory(url) else {}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": _PATIENCE, "check_same_thread": False}
    engine = synchronous(made(create_engine, url, options))
    set_up(engine, durability)
    return engine


def synchronous(engine: Engine) -> Engine:
    """The engine; raises `StoreError` for one with a driver that is awaited."""
    if engine.dialect.is_async:
        raise StoreError(
            f"the driver {engine.dialect.driver} is awaited: use `AsyncStore`, or a URL without `+{engine.dialect.driver}`"
        )
    return engine


def made(make: Callable[..., E], url: URL, options: dict[str, Any]) -> E:
    """The engine that `make` makes; raises `ModuleNotFoundError` that names the extra, `StoreError` for a driver that will not do."""
    try:
        return make(url, **options)
    except ModuleNotFoundError as missing:
        name = missing.name or ""
        if name in _EXTRAS:
            raise lacking(missing, f"a store at {url.drivername}", _EXTRAS[name]) from None
        raise StoreError(
            f"the driver {name} is not installed; a URL without `+{name}` takes psycopg 3 or SQLite's own"
        ) from None
    except (NoSuchModuleError, InvalidRequestError) as error:
        raise StoreError(f"`{url.drivername}` will not do here: {error}; leave the driver out of the URL") from None


def url_of(where: str) -> URL:
    """The URL, with psycopg 3 for PostgreSQL; raises `StoreError` for what is none, and for another database than the two."""
    if isinstance(where, os.PathLike):
        where = os.fspath(where)  # told below how to say it as a URL
    if isinstance(getattr(where, "sync_engine", None), Engine):
        raise StoreError("a `Store` works with an Engine; an AsyncEngine is for `await AsyncStore.at(engine)`")
    if not isinstance(where, str):
        raise StoreError(f"a store is at a URL, such as `sqlite:///deals.db`, or in an engine; given: {where!r:.60}")
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        url = None
    if url is None or (url.get_backend_name() == "sqlite" and url.host):
        path = where.removeprefix("sqlite:").removeprefix("//")
        hint = f"; did you mean `sqlite:///{path}`?" if path and ":" not in path else ", such as `sqlite:///deals.db`"
        raise StoreError(f"`{where:.80}` is not the URL of a database{hint}")
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    works_with(url.get_backend_name())
    return url


def works_with(database: str) -> None:
    """Raises `StoreError` for another database than the two."""
    if database not in ("sqlite", "postgresql"):
        raise StoreError(f"a store works with SQLite and PostgreSQL, not with {database}")


def in_memory(url: URL) -> bool:
    """Whether this is an SQLite database that lives in memory only."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def set_up(engine: Engine, durability: Durability) -> None:
    """Sets the pragmas of each new SQLite connection, and begins transactions as they are meant."""
    if durability not in ("full", "normal"):
        raise StoreError(f"durability is `full` or `normal`, not {durability!r:.40}")
    if engine.dialect.name != "sqlite":
        return
    in_file = not in_memory(engine.url)

    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver shall not begin anything by itself
        cursor = connection.cursor()
        if in_file:
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={durability.upper()}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    def begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
