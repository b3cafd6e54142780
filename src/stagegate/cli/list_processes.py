"""`stagegate list`: the bundled processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import Misuse, say

if TYPE_CHECKING:
    from stagegate.language.tree import Mapping, Node


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
    columns = [max(width(line[i]) for line in lines) for i in range(len(Line._fields) - 1)]
    for line in lines:
        cells = [padded(text, wide) for text, wide in zip(line, columns, strict=False)]
        say("  ".join([*cells, line.title]).rstrip())


def described(path: Path, language: str) -> Line | None:
    """One process. Only the tree is read: they are checked when stagegate is built, and this is asked often."""
    from stagegate.language.text import parse, read_source
    from stagegate.language.tree import Mapping, Sequence

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
    size = f"{counted(len(tracks), 'track')}, {counted(stages, 'stage')}"
    return Line(path.stem, text(root, "version"), size, text(root, "family"), title(root, language))


def counted(number: int, noun: str) -> str:
    """`1 track`, `2 tracks`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def text(root: Mapping, key: str) -> str:
    """The text under a key."""
    return plain(root.get(key))


def title(root: Mapping, language: str) -> str:
    """The title in a language, in the other one if it has only that."""
    from stagegate.language.tree import Mapping

    found = root.get("title")
    if isinstance(found, Mapping):
        return plain(found.get(language)) or plain(found.get("en")) or plain(found.get("zh"))
    return plain(found)


def plain(node: Node | None) -> str:
    """The characters of a scalar that a terminal may show."""
    from stagegate.language.tree import Scalar
    from stagegate.render.findings.display import clean

    return clean(node.text) if isinstance(node, Scalar) else ""
