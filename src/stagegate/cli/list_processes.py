"""`stagegate list`: the bundled processes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
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
INDENT: Final = "  "


class Line(NamedTuple):
    """What the list says of one process."""

    name: str
    version: str
    size: str
    title: str


class Listed(NamedTuple):
    """One process: what its file says of it, with the stages of each track by their number."""

    name: str
    version: str
    family: str  # in English, where there is any: families are told apart and ordered by it
    family_title: str
    title: str
    tracks: tuple[tuple[str, int], ...]


@click.command(
    "list",
    cls=Command,
    short_help="Name the bundled processes.",
    examples=("stagegate list", "stagegate list --lang zh", "stagegate list --json"),
)
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of titles.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(lang: str, as_json: bool) -> None:
    """Name the bundled processes by family, which every command takes in place of a path.

    Each with its version, the stages of its tracks, and its title.
    """
    from stagegate.bundled import bundled_names, bundled_path

    paths = [path for name in bundled_names() if (path := bundled_path(name)) is not None]
    listed = [each for path in paths if (each := described(path, lang)) is not None]
    if not listed:
        raise Misuse("this installation has no bundled processes; install stagegate again")
    listed.sort(key=lambda each: (not each.family, each.family.casefold(), each.name))
    if as_json:
        say(json.dumps([to_plain(each) for each in listed], indent=2))
    else:
        for line in by_family(listed, lang):
            say(line)


def by_family(listed: list[Listed], language: str) -> Iterator[str]:
    """A heading for each family, and its processes below."""
    from stagegate.render.words import Say
    from stagegate.render.wrap import padded, width

    words = Say(language)
    lines = [Line(each.name, each.version, size(words, each), each.title) for each in listed]
    wide = [max(width(line[i]) for line in lines) for i in range(len(Line._fields) - 1)]
    family = None
    for each, line in zip(listed, lines, strict=True):
        if each.family != family:
            yield from ([] if family is None else [""])
            yield each.family_title or words("other")
            family = each.family
        cells = [padded(text, wide) for text, wide in zip(line, wide, strict=False)]
        yield from fitted(INDENT + INDENT.join(cells), line.title)


def size(words: Say, listed: Listed) -> str:
    """How many stages each track has: `8 + 8 stages`."""
    stages = [stages for _, stages in listed.tracks]
    return words("one_stage") if stages == [1] else words("stages", " + ".join(map(str, stages)))


def to_plain(listed: Listed) -> dict[str, object]:
    """One process for a program."""
    tracks = [{"id": id, "stages": stages} for id, stages in listed.tracks]
    return {
        "name": listed.name,
        "version": listed.version,
        "family": listed.family_title,
        "title": listed.title,
        "tracks": tracks,
    }


def fitted(head: str, title: str) -> list[str]:
    """The cells and the title behind them, below them where there is no room; one line for who reads no terminal."""
    from stagegate.render.wrap import bulleted, indented, width

    if not is_terminal(sys.stdout) and not os.environ.get("COLUMNS"):
        return [f"{head}  {title}".rstrip()]
    columns = terminal.width()
    if columns - width(head) >= ROOM:
        return [line.rstrip() for line in bulleted(f"{head}  ", title, columns, 0)]
    cells = [head.rstrip()] if width(head.rstrip()) <= columns else indented(head, columns, 2, 4)
    return [*cells, *indented(title, columns, 4)]


def described(path: Path, language: str) -> Listed | None:
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
    lists = [(plain(track.get("id")), track.get("stages")) for track in tracks]
    return Listed(
        path.stem,
        plain(root.get("version")),
        text(root, "family", "en"),
        text(root, "family", language),
        text(root, "title", language),
        tuple((id, len(stages)) for id, stages in lists if isinstance(stages, Sequence)),
    )


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
