"""What stands inside a node: its texts and marks, about its own centre, and the shape around them."""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from stagegate.model import Criterion, Stage
from stagegate.render.picture import text
from stagegate.render.picture.scene import Glyph, Words
from stagegate.render.picture.shapes import Outline, around
from stagegate.render.picture.text import Block
from stagegate.render.picture.words import at_most, chance, duration

TITLE, PLAIN, SMALL = 13.0, 11.0, 10.5
_ROW = 15.0  # a row of marks
_PAD_X, _PAD_Y = 8.0, 6.0
Lines = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Face:
    """The inside of a node: content of a size, its centre at (0, 0)."""

    outline: Outline
    words: tuple[Words, ...] = ()
    glyphs: tuple[Glyph, ...] = ()


@dataclass(frozen=True, slots=True)
class _Mark:
    """A glyph, a text, or both, in a row."""

    glyph: str
    text: str
    tone: str = "muted"

    @property
    def width(self) -> float:
        wide = text.width(self.text, SMALL)
        return wide + (13 if self.glyph else 0) if self.text else 11


@dataclass(frozen=True, slots=True)
class StageFace:
    """What a stage shows, before its size is known."""

    label: str
    head: tuple[_Mark, ...]  # its number, its chance, its time limit
    foot: tuple[_Mark, ...]  # items of the milestone, repeats, exit criteria
    won: str
    phase: str

    @property
    def least(self) -> float:
        """The width below which words would be broken."""
        words = [
            text.longest(self.label, TITLE, bold=True),
            text.longest(self.won, SMALL),
            text.width(self.phase, SMALL),
        ]
        return max(*words, *(mark.width for mark in (*self.head, *self.foot)), self._foot_width, 40.0)

    @property
    def _foot_width(self) -> float:
        return sum(mark.width for mark in self.foot) + 8 * max(0, len(self.foot) - 1)

    def lines(self, width: float) -> int:
        """How many lines the title takes."""
        return len(text.wrap(self.label, width, TITLE, bold=True).lines)

    def height(self, width: float) -> float:
        """How high the content is at this width."""
        blocks = [text.wrap(self.label, width, TITLE, bold=True)]
        blocks += [text.wrap(self.won, width, SMALL)] if self.won else []
        rows = len(self._head_rows(width)) + bool(self.foot) + bool(self.phase)
        return sum(block.height for block in blocks) + rows * _ROW + 6

    def _head_rows(self, width: float) -> list[list[_Mark]]:
        rows: list[list[_Mark]] = [[]]
        for mark in self.head:
            taken = sum(m.width + 8 for m in rows[-1])
            if rows[-1] and taken + mark.width > width:
                rows.append([])
            rows[-1].append(mark)
        return rows

    def face(self, shape: str, width: float, height: float) -> Face:
        """The stage at a size of its content."""
        outline = around(shape, width + 2 * _PAD_X, height + 2 * _PAD_Y)
        left, top, drop = -width / 2, -height / 2, outline.drop
        words: list[Words] = []
        glyphs: list[Glyph] = []
        at = top
        if self.phase:
            words.append(Words(Block((self.phase,), SMALL, True), 0, at - 1, "middle", "on_dark"))
            glyphs.append(Glyph("band", 0, at + _ROW / 2 - 1.5, width + 8, _ROW + 1, "strong"))
            at += _ROW + 2
        for row in self._head_rows(width):
            _row(row, left, at, width, words, glyphs, first_left=row[0] is self.head[0])
            at += _ROW
        blocks = [(text.wrap(self.label, width, TITLE, bold=True), "ink")]
        blocks += [(text.wrap(self.won, width, SMALL), "won")] if self.won else []
        bottom = -top - (_ROW if self.foot else 0)
        tall = sum(block.height for block, _ in blocks)
        at = max(at, min(-tall / 2, bottom - tall))
        for block, tone in blocks:
            words.append(Words(block, 0, at, "middle", tone))
            at += block.height
        self._foot_row(left, bottom, width, words, glyphs)
        return Face(outline, tuple(w.moved(0, drop) for w in words), tuple(g.moved(0, drop) for g in glyphs))

    def _foot_row(self, left: float, top: float, width: float, words: list[Words], glyphs: list[Glyph]) -> None:
        places = {"flag": 0.0, "loop": 0.5, "check": 1.0}
        for mark in self.foot:
            share = places[mark.glyph]
            _put(mark, left + (width - mark.width) * share, top, words, glyphs)


def _row(
    row: Iterable[_Mark],
    left: float,
    top: float,
    width: float,
    words: list[Words],
    glyphs: list[Glyph],
    *,
    first_left: bool,
) -> None:
    marks = list(row)
    if first_left:
        _put(marks[0], left, top, words, glyphs)
        marks = marks[1:]
    at = left + width - sum(mark.width for mark in marks) - 8 * max(0, len(marks) - 1)
    for mark in marks:
        _put(mark, at, top, words, glyphs)
        at += mark.width + 8


def _put(mark: _Mark, left: float, top: float, words: list[Words], glyphs: list[Glyph]) -> None:
    if mark.glyph:
        glyphs.append(Glyph(mark.glyph, left + 5, top + _ROW / 2 - 0.5, tone=mark.tone))
        left += 13
    if mark.text:
        words.append(Words(Block((mark.text,), SMALL), left, top + (_ROW - SMALL * 1.28) / 2, "start", mark.tone))


def required(items: Iterable[Criterion]) -> int:
    """How many items of a gate must be met."""
    return sum(not item.optional for item in items)


def stage(number: int, label: str, of: Stage, won: str, phase: str, language: str) -> StageFace:
    """What a stage shows."""
    head = [_Mark("", str(number), "muted")]
    head += [_Mark("", chance(of.chance), "chance")] if of.chance else []
    head += [_Mark("clock", duration(of.time_limit, language))] if of.time_limit else []
    asked, exits = required(of.entry_milestone), required(of.exit_criteria or ())
    foot = [_Mark("flag", str(asked))] if asked else []
    if of.repeatable:
        foot.append(_Mark("loop", at_most(of.repeatable.max, language).strip(" ()")))
    foot += [_Mark("check", str(exits))] if exits else []
    return StageFace(label, tuple(head), tuple(foot), won, phase)


@functools.lru_cache(maxsize=1024)
def decision(label: str, shape: str) -> Face:
    """A question in its shape; in a diamond the lines follow the shape."""
    if shape != "diamond":
        block = text.wrap(label, 108, PLAIN + 0.5)
        outline = around(shape, block.width + 2 * _PAD_X, block.height + 2 * _PAD_Y)
        return Face(outline, (Words(block, 0, outline.drop - block.height / 2),))
    best = min(_diamonds(text.clean(label)), key=lambda found: found[0])
    _, block, outline = best
    return Face(outline, (Words(block, 0, -block.height / 2),))


def _diamonds(label: str) -> Iterable[tuple[float, Block, Outline]]:
    """The diamonds that hold the text, with what each costs: size, above all width, and lines of a single sign."""
    size = PLAIN + 0.5
    pitch = Block((label,), size).pitch
    for lines in range(1, 9):
        for spare in (16.0, 22.0, 28.0):
            tall = max(lines * pitch / 2 + spare, 32.0)
            wide = _half_width(label, size, lines, tall, pitch)
            block = Block(_in_diamond(label, size, lines, tall, wide, pitch, whole=False) or (), size)
            if len(block.lines) == lines or lines == 1:
                lone = sum(text.width(line, size) < 1.9 * size for line in block.lines)
                cost = wide * 1.25 + tall + lone * 14 + max(0.0, wide - 82) * 4
                yield cost, block, Outline("diamond", wide * 2, tall * 2)


def _room(line: int, lines: int, tall: float, wide: float, pitch: float) -> float:
    """How wide a line of text may be inside a diamond."""
    away = abs(line - (lines - 1) / 2) * pitch + pitch * 0.36
    return 2 * wide * (1 - away / tall) - 8


def _in_diamond(label: str, size: float, lines: int, tall: float, wide: float, pitch: float, *, whole: bool) -> Lines:
    def room(line: int) -> float:
        return _room(line, lines, tall, wide, pitch) if line < lines else 1.0

    return text.fill(label, room, size, whole=whole)


def _half_width(label: str, size: float, lines: int, tall: float, pitch: float) -> float:
    """The least half width at which the text takes at most that many lines, no word broken if it can be."""
    whole = text.longest(label, size) < 220

    def fits(wide: float) -> bool:
        found = _in_diamond(label, size, lines, tall, wide, pitch, whole=whole)
        return found is not None and len(found) <= lines and _held(found, size, lines, tall, wide, pitch)

    widths = range(46, 1200, 3)
    return float(widths[min(bisect_left(widths, True, key=fits), len(widths) - 1)])


def _held(found: tuple[str, ...], size: float, lines: int, tall: float, wide: float, pitch: float) -> bool:
    return all(text.width(part, size) <= _room(i, lines, tall, wide, pitch) + 0.01 for i, part in enumerate(found))
