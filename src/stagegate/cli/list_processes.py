"""`stagegate list`: the bundled processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from stagegate.cli import terminal
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import Misuse, is_terminal, say

if TYPE_CHECKING:
    from stagegate.language.tree import Mapping, Node
    from stagegate.render.words import Say

ROOM: Final = 24
"""A title that has fewer columns stands on a line of its own."""


class Line(NamedTuple):
    """What the list says of one process."""

    name: str
    version: str
    size: str
    family: str
    title: str


@click.command(
    "list",
    cls=Command,
    short_help="Name the bundled processes.",
    examples=("stagegate list", "stagegate list --lang zh"),
)
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of titles.")
def command(lang: str) -> None:
    """Name the bundled processes, which every command takes in place of a path."""
    from stagegate.bundled import bundled_names, bundled_path
    from stagegate.render.wrap import padded, width

    paths = [path for name in bundled_names() if (path := bundled_path(name)) is not None]
    lines = [line for path in paths if (line := described(path, lang)) is not None]
    if not lines:
        raise Misuse("this installation has no bundled processes; install stagegate again")
    wide = [max(width(line[i]) for line in lines) for i in range(len(Line._fields) - 1)]
    for line in lines:
        cells = [padded(text, wide) for text, wide in zip(line, wide, strict=False)]
        say("\n".join(fitted("  ".join(cells), line.title)))


def fitted(head: str, title: str) -> list[str]:
    """The cells and the title behind them, below them where there is no room; one line for who reads no terminal."""
    from stagegate.render.wrap import bulleted, indented, width

    if not is_terminal(sys.stdout) and not os.environ.get("COLUMNS"):
        return [f"{head}  {title}".rstrip()]
    columns = terminal.width()
    if columns - width(head) >= ROOM:
        return [line.rstrip() for line in bulleted(f"{head}  ", title, columns, 0)]
    cells = [head.rstrip()] if width(head.rstrip()) <= columns else indented(head, columns, 0, 2)
    return [*cells, *indented(title, columns, 2)]


def described(path: Path, language: str) -> Line | None:
    """One process. Only the tree is read: they are checked when stagegate is built, and this is asked often."""
    from stagegate.language.text import parse, read_source
    from stagegate.language.tree import Mapping, Sequence
    from stagegate.render.words import Say

    try:
        source, _ = read_source(path)
    except OSError:
        return None
    root = None if source is None else parse(source)[0]
    if not isinstance(root, Mapping):
        return None
    found = root.get("tracks")
    tracks = [track for track in found if isinstance(track, Mapping)] if isinstance(found, Sequence) else []
    lists = [track.get("stages") for track in tracks]
    stages = sum(len(each) for each in lists if isinstance(each, Sequence))
    words = Say(language)
    size = words.comma.join((counted(words, len(tracks), "track"), counted(words, stages, "stage")))
    family, title = (text(root, key, language) for key in ("family", "title"))
    return Line(path.stem, plain(root.get("version")), size, family, title)


def counted(words: Say, number: int, noun: str) -> str:
    """`1 track`, `2 tracks`."""
    return words(f"one_{noun}") if number == 1 else words(f"{noun}s", number)


def text(root: Mapping, key: str, language: str) -> str:
    """The text under a key in a language, in the other one if it has only that."""
    from stagegate.language.tree import Mapping

    found = root.get(key)
    if isinstance(found, Mapping):
        return plain(found.get(language)) or plain(found.get("en")) or plain(found.get("zh"))
    return plain(found)


def plain(node: Node | None) -> str:
    """The characters of a scalar that a terminal may show."""
    from stagegate.language.tree import Scalar
    from stagegate.render.findings.display import clean

    return clean(node.text) if isinstance(node, Scalar) else ""
