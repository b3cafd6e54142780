"""Stores as commands open them: what is wrong with one becomes a line without its password."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stagegate.cli.terminal import Misuse

if TYPE_CHECKING:
    from stagegate.store import Store

STORE: Final = click.option(
    "--store", "url", metavar="URL", required=True, help="The store: sqlite:///deals.db, postgresql://..."
)


def is_there(url: str) -> bool:
    """Whether there may be a store: only of an SQLite file it is known beforehand."""
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///").partition("?")[0]).is_file()


@contextlib.contextmanager
def opened(url: str, *, create: bool = False, outbox: bool = True) -> Generator[Store]:
    """The store at a URL. It must be there, unless it is to be made."""
    try:
        from stagegate.store import Store
        from stagegate.store.database import DatabaseError
    except ModuleNotFoundError as missing:
        raise Misuse(str(missing)) from None
    from stagegate.errors import StoreError

    if not create and not is_there(url):
        raise Misuse(f"there is no store at `{url}`; check the path")
    try:
        with Store(url, create=create, outbox=outbox) as store:
            yield store
    except StoreError as error:
        raise Misuse(" ".join(str(error).split())) from None
    except DatabaseError as error:
        raise Misuse(f"cannot use the store `{hidden(url)}`: {str(error).splitlines()[0]:.300}") from None
    except ModuleNotFoundError as missing:
        raise Misuse(str(missing)) from None


def hidden(url: str) -> str:
    """A URL without its password."""
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", url)
