"""The two streams of a command: text that any terminal can take, colours only where they are wanted.

Nothing else in the package prints.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Final, NoReturn, TextIO

import click

NARROWEST: Final = 40
WIDEST: Final = 120


class Misuse(click.ClickException):
    """The call cannot be done as it stands: one line that says what, where, and what to do. Exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        """Prints the line."""
        complain(self.message)


def prepare() -> None:
    """Has characters that a stream cannot take written as escapes, so that no output ever fails for them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Writes to the standard output, and a line break."""
    sys.stdout.write(f"{text}\n")


def tell(text: str) -> None:
    """Writes to the standard error, and a line break; if nobody listens there, so be it."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        pass


def complain(message: str) -> None:
    """One line on the standard error that begins with the name of the program."""
    from stagegate.render.findings.display import clean

    tell(f"stagegate: {clean(message)}")


def leave(code: int) -> NoReturn:
    """Ends the command with an exit code."""
    raise click.exceptions.Exit(code)


def give_up_output() -> None:
    """Sends what is still to be written nowhere, so that nothing fails again while the program ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # a stream without a file, as in tests
        pass
    finally:
        os.close(nowhere)


def colored(stream: TextIO) -> bool:
    """Whether to use colours there: a terminal, and nobody has said no (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads this stream."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def width() -> int:
    """How many columns there are to write in; 100 where nobody knows."""
    import shutil  # only what wraps text asks

    columns = shutil.get_terminal_size((100, 40)).columns
    return max(NARROWEST, min(columns, WIDEST))


def is_utf8(stream: TextIO) -> bool:
    """Whether every character can be written there as it is."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"


class Progress:
    """A line on the standard error that says how far a long work is; nothing unless it is a terminal."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.shown = is_terminal(sys.stderr)

    def at(self, done: int, of: int | None = None) -> None:
        """Shows how much is done."""
        if self.shown:
            sys.stderr.write(f"\r{self.what} {done:,}{'' if of is None else f' of {of:,}'} ")
            sys.stderr.flush()

    def over(self) -> None:
        """Takes the line away."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
