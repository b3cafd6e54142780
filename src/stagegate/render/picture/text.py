"""Text in a picture: how wide it is, and where its lines may break.

No font is opened. The widths are the greater of two common families' (a Latin part of a CJK font,
and Arial), so a text measured here fits with either.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

FONTS = "'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', 'Helvetica Neue', Arial, sans-serif"

# Thousandths of the size for U+0020 to U+007E.
_REGULAR = (
    278, 323, 474, 556, 556, 921, 680, 278, 338, 338, 467, 584, 278, 347, 278, 392, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 728, 293, 535, 667, 556, 833,
    723, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 338, 392, 338, 555, 559, 606, 563, 618, 510, 620,
    556, 325, 564, 607, 275, 275, 552, 284, 926, 610, 606, 620, 620, 388, 500, 377, 607, 521, 802, 500, 521, 500, 338,
    270, 338, 584,
)  # fmt: skip
_BOLD = (
    278, 370, 574, 590, 590, 963, 740, 325, 378, 378, 507, 590, 325, 370, 325, 387, 590, 590, 590, 590, 590, 590, 590,
    590, 590, 590, 333, 333, 590, 590, 590, 611, 1007, 722, 722, 722, 722, 667, 611, 778, 757, 330, 568, 722, 611, 853,
    749, 778, 667, 778, 722, 667, 625, 748, 667, 944, 667, 667, 613, 378, 387, 378, 590, 567, 626, 591, 644, 556, 644,
    581, 372, 611, 640, 304, 306, 604, 315, 964, 641, 626, 644, 644, 436, 556, 421, 637, 576, 863, 562, 574, 511, 389,
    296, 389, 590,
)  # fmt: skip
_LINE = 1.28  # the height of a line over the size
_CLOSING = set("，。、；：！？）」』】》〉］｝”’…—％‰·,.;:!?)]}%°")
_OPENING = set("（「『【《〈［｛“‘([{")
_BREAK_AFTER = set("-/_–")
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean(text: str) -> str:
    """The text without control characters, on one line."""
    return " ".join(_CONTROL.sub("", text).split())


@functools.lru_cache(maxsize=8192)
def _char(char: str, bold: bool) -> float:
    code = ord(char)
    if 0x20 <= code <= 0x7E:
        return (_BOLD if bold else _REGULAR)[code - 0x20] / 1000
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.25 if code >= 0x1F000 else 1.0
    return 0.72


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide the text is at this size."""
    return size * sum([_char(char, bold) for char in text])


@dataclass(frozen=True, slots=True)
class Block:
    """Wrapped lines of one size and weight."""

    lines: tuple[str, ...]
    size: float
    bold: bool = False

    @property
    def width(self) -> float:
        """The widest line."""
        return max((width(line, self.size, bold=self.bold) for line in self.lines), default=0.0)

    @property
    def pitch(self) -> float:
        """From one line to the next."""
        return self.size * _LINE

    @property
    def height(self) -> float:
        """All lines together."""
        return self.pitch * len(self.lines)


_STOPS: Final = "、，；："
_SMALL_WORDS: Final = "与和及或的"  # and, and, and, or, of: a phrase has ended
_WORDS: Final = frozenset({"及时", "和谐", "或许", "的确"})  # here they are part of a word


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _pieces(word: str) -> Iterator[str]:
    """The parts of a word between which a line may break."""
    piece = ""
    for char in word:
        before = piece[-1:]
        loose = before and (_is_wide(before) or _is_wide(char) or before in _BREAK_AFTER)
        if loose and char not in _CLOSING and before not in _OPENING and unicodedata.category(char) not in ("Mn", "Me"):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


@functools.lru_cache(maxsize=4096)
def _atoms(text: str) -> tuple[tuple[str, str], ...]:
    """Unbreakable parts, each with the space before it."""
    found: list[tuple[str, str]] = []
    for word in text.split():
        space = " " if found else ""
        for piece in _pieces(word):
            found.append((space, piece))
            space = ""
    return tuple(found)


def _cut(piece: str, limit: float, size: float, bold: bool) -> Iterator[str]:
    """A part that is too long for any line, in parts that are not."""
    part, wide = "", 0.0
    for char in piece:
        more = size * _char(char, bold)
        if part and wide + more > limit:
            yield part
            part, wide = "", 0.0
        part += char
        wide += more
    yield part


def fill(
    text: str, room: Callable[[int], float], size: float, *, bold: bool = False, whole: bool = False
) -> tuple[str, ...] | None:
    """Break the text so that line i is at most room(i) wide.

    A part too long for its line is cut in two; with `whole` the answer is None instead.
    """
    lines: list[str] = []
    line, wide = "", 0.0
    for space, piece in _atoms(text):
        own, before = width(piece, size, bold=bold), width(space, size, bold=bold)
        if line and wide + before + own <= room(len(lines)):
            line += space + piece
            wide += before + own
            continue
        if line:
            lines.append(line)
        line, wide = piece, own
        limit = max(room(len(lines)), size)
        if own > limit:
            if whole:
                return None
            *full, line = _cut(piece, limit, size, bold)
            lines.extend(full)
            wide = width(line, size, bold=bold)
    return (*lines, line) if line else tuple(lines)


def _split_phrases(text: str, after: str = _STOPS) -> list[str]:
    """The text cut after Chinese commas and before brackets, never inside brackets."""
    parts, deep = [""], 0
    for before, char in zip(" " + text, text, strict=False):
        if deep == 0 and ((before in after and before + char not in _WORDS) or char == "（") and parts[-1]:
            parts.append("")
        deep += (char == "（") - (char == "）")
        parts[-1] += char
    return parts


def _phrases(text: str, limit: float, size: float, bold: bool) -> tuple[str, ...]:
    """Chinese text broken at its punctuation, else after its small words; () where that would take more lines than elsewhere."""
    return _at(_split_phrases(text), text, limit, size, bold) or _at(
        _split_phrases(text, _STOPS + _SMALL_WORDS), text, limit, size, bold
    )


def _at(parts: list[str], text: str, limit: float, size: float, bold: bool) -> tuple[str, ...]:
    """The text broken between some of these parts, () where that would take more lines than breaking anywhere."""
    if len(parts) < 2 or width(text, size, bold=bold) <= limit or any(width(p, size, bold=bold) > limit for p in parts):
        return ()
    lines = [parts[0]]
    for part in parts[1:]:
        if width(lines[-1] + part, size, bold=bold) <= limit:
            lines[-1] += part
        else:
            lines.append(part)
    anywhere = fill(text, lambda _: limit, size, bold=bold) or ()
    return tuple(line.strip() for line in lines) if len(lines) <= len(anywhere) else ()


@functools.lru_cache(maxsize=4096)
def wrap(text: str, limit: float, size: float, *, bold: bool = False) -> Block:
    """Break the text into as few lines as the limit allows, of much the same length."""
    text = clean(text)
    lines = _phrases(text, limit, size, bold)
    if lines:
        return Block(lines, size, bold)
    lines = fill(text, lambda _: limit, size, bold=bold) or ()
    narrow, least = limit, max(size * 3, longest(text, size, bold=bold))
    while len(lines) > 1 and narrow - size / 2 >= least:
        narrow -= size / 2
        tighter = fill(text, lambda _: narrow, size, bold=bold) or ()  # noqa: B023
        if len(tighter) > len(lines):
            break
        lines = tighter
    return Block(lines, size, bold)


@functools.lru_cache(maxsize=4096)
def longest(text: str, size: float, *, bold: bool = False) -> float:
    """The width of the longest part that should not be broken."""
    return max((width(piece, size, bold=bold) for _, piece in _atoms(clean(text))), default=0.0)


def stack(*blocks: Block) -> Block:
    """Blocks of one size, one under the other."""
    return Block(tuple(line for block in blocks for line in block.lines), blocks[0].size, blocks[0].bold)
