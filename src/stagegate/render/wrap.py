"""Text on a terminal: how wide it is, where it may be broken, and how a column is filled.

Chinese may be broken between any two characters, but a line does not begin with a closing mark nor end
with an opening one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stagegate.render.findings.display import clean, width

__all__ = ["bulleted", "clean", "indented", "padded", "width", "wrap"]

_NOT_FIRST = frozenset("，。、；：？！）》」』】〉”’…,.;:?!)]}%")
_NOT_LAST = frozenset("（《「『【〈“‘([{")
_WORDS = re.compile(r"[ \t\n]+|[^ \t\n]+")


def wrap(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns`, at least one line; only a word that is longer stands out."""
    columns = max(columns, 1)
    lines: list[str] = []
    line, used = "", 0
    for piece in _pieces(text):
        wide = width(piece.rstrip())
        if used and used + wide > columns:
            lines.append(line.rstrip())
            line, used = "", 0
            piece = piece.lstrip()
        line += piece
        used = width(line)
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    """What a line may not be broken within: a word with the blank after it, or a wide character with its marks."""
    word = ""
    for found in _WORDS.findall(clean(" ".join(text.split()))):
        if found.isspace():
            yield word + " "
            word = ""
            continue
        for char in found:
            if word and _may_break(word[-1], char):
                yield word
                word = ""
            word += char
    if word:
        yield word


def _may_break(before: str, after: str) -> bool:
    if before in _NOT_LAST or after in _NOT_FIRST:
        return False
    return width(before) == 2 or width(after) == 2


def indented(text: str, columns: int, indent: int, hanging: int | None = None) -> list[str]:
    """`text` wrapped, the first line behind `indent` blanks and the others behind `hanging`."""
    hanging = indent if hanging is None else hanging
    first, *rest = wrap(text, columns - max(indent, hanging))
    return [" " * indent + first, *(" " * hanging + line for line in rest)]


def bulleted(bullet: str, text: str, columns: int, indent: int) -> list[str]:
    """`text` wrapped behind a bullet, its lines one below the other."""
    first, *rest = indented(text, columns, indent + width(bullet))
    return [" " * indent + bullet + first.lstrip(" "), *rest]


def padded(text: str, columns: int) -> str:
    """`text` filled with blanks to so many columns."""
    return text + " " * max(0, columns - width(text))
