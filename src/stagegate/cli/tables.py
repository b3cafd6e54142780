"""Tables of deals as commands read them: the file, its encoding and delimiter, and what may be wrong with it in one line."""

from __future__ import annotations

import codecs
import contextlib
import sys
from collections.abc import Generator
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

import click

from stagegate.cli.files import cannot_read
from stagegate.cli.terminal import Misuse

STDIN: Final = "-"
NAMES: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

DELIMITER: Final = click.option(
    "--delimiter", metavar="X", help="What stands between cells: a character, or `tab`. [default: found out]"
)
ENCODING: Final = click.option(
    "--encoding",
    metavar="NAME",
    default="utf-8",
    show_default=True,
    help="How the table is encoded: gb18030 (also GBK), utf-16, ...",
)


def separator(delimiter: str | None) -> str:
    """The delimiter that was asked for, "" to find it out."""
    if delimiter is None:
        return ""
    found = NAMES.get(delimiter, delimiter)
    if len(found) != 1 or found in '"\r\n':
        raise Misuse(f"`{delimiter}` cannot be a delimiter; give one character, or `tab`")
    return found


def known(encoding: str) -> str:
    """The encoding that was asked for, if it is one of text; of UTF-8 the one that takes a byte order mark."""
    try:
        found = codecs.lookup(encoding).name
        "".encode(found)  # some codecs are not of text
    except (LookupError, ValueError):
        raise Misuse(f"`{encoding}` is no encoding of text; give one such as utf-8, gb18030 or utf-16") from None
    return "utf-8-sig" if found == "utf-8" else found


@contextlib.contextmanager
def opened(path: str, encoding: str) -> Generator[TextIO]:
    """The table as a stream of text."""
    if path == STDIN:
        yield TextIOWrapper(sys.stdin.buffer, encoding=encoding, newline="")
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115
    except OSError as error:
        raise Misuse(cannot_read(path, error)) from None
    with file, TextIOWrapper(file, encoding=encoding, newline="") as stream:
        yield stream


@contextlib.contextmanager
def readable(name: str) -> Generator[None]:
    """What may be wrong with a table ends the command with one line."""
    from stagegate.portfolio import TableError, undecodable

    try:
        yield
    except TableError as error:
        raise Misuse(f"cannot read `{name}`: {error}") from None
    except UnicodeDecodeError as error:
        raise Misuse(f"cannot read `{name}`: {undecodable(error)}") from None
    except UnicodeError as error:  # UTF-16 without a byte order mark
        raise Misuse(f"cannot read `{name}`: {error}; give another --encoding") from None
    except OSError as error:
        raise Misuse(cannot_read(name, error)) from None


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Some names in a row."""
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(f"`{name}`" for name in names[:12]) + more
