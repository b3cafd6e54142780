"""The lines of the source that a finding speaks of, with markers that stand right below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from attrs import frozen

from stagegate.diagnostics import Finding, Span
from stagegate.render.findings.display import clean, shown, width

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# A longer line is cut around the place that is meant.
_WIDEST = 120
_BEFORE = 40
_CUT = "..."


@frozen
class Row:
    """One row of an excerpt: a line of the source, a marker below one, or a gap between lines."""

    number: str = ""
    text: str = ""
    indent: int = 0
    marker: str = ""
    remark: str = ""
    primary: bool = False
    gap: bool = False


@frozen
class _Mark:
    span: Span
    remark: str
    primary: bool


def split_lines(text: str) -> list[str]:
    """The lines of `text` as findings count them: LF, CR LF and a lone CR end a line."""
    return _LINE_BREAK.split(text.removeprefix("\ufeff"))


def excerpt(finding: Finding, lines: list[str]) -> list[Row]:
    """The lines that `finding` and its labels stand on, in order; nothing without a source.

    Of a piece over several lines the first is shown.
    """
    marks = [_Mark(finding.span, finding.mark, primary=True)]
    marks.extend(_Mark(label.span, label.text, primary=False) for label in finding.labels)
    by_line: dict[int, list[_Mark]] = {}
    for mark in sorted(marks, key=lambda mark: mark.span.line):
        if 0 < mark.span.line <= len(lines):
            by_line.setdefault(mark.span.line, []).append(mark)
    return list(_rows(by_line, lines))


def _rows(by_line: dict[int, list[_Mark]], lines: list[str]) -> Iterator[Row]:
    before: int | None = None
    for number, marks in by_line.items():
        if before is not None and number > before + 1:
            yield Row(gap=True)
        yield from _line_rows(number, lines[number - 1], marks)
        before = number


def _line_rows(number: int, line: str, marks: list[_Mark]) -> Iterator[Row]:
    """The line with its markers; a line that has to be cut is shown anew for each of them."""
    whole = _Piece(line, 0, len(line)) if len(line) <= _WIDEST else None
    if whole is not None and whole.width <= _WIDEST:
        yield Row(number=str(number), text=whole.text)
        yield from (_marker(mark, number, whole) for mark in marks)
        return
    for mark in marks:
        piece = _piece_around(line, mark.span.column - 1)
        yield Row(number=str(number), text=piece.text)
        yield _marker(mark, number, piece)


def _marker(mark: _Mark, number: int, piece: _Piece) -> Row:
    start = mark.span.column - 1
    end = mark.span.end_column - 1 if mark.span.end_line == number else piece.last
    sign = "^" if mark.primary else "-"
    marker = sign * max(1, piece.columns_before(end) - piece.columns_before(start))
    indent = piece.columns_before(start)
    return Row(indent=indent, marker=marker, remark=clean(mark.remark), primary=mark.primary)


class _Piece:
    """A part of a source line as a terminal shows it, with dots where something is cut off."""

    def __init__(self, line: str, first: int, last: int) -> None:
        self.first = first
        self.last = last
        cells = [shown(char) for char in line[first:last]]
        before = _CUT if first > 0 else ""
        after = _CUT if last < len(line) else ""
        self.text = f"{before}{''.join(cells)}{after}".rstrip()
        self._edges = list(accumulate(map(width, cells), initial=len(before)))

    @property
    def width(self) -> int:
        return self._edges[-1]

    def columns_before(self, at: int) -> int:
        """How many columns stand before the character at `at` of the line; clipped to the piece."""
        return self._edges[min(max(at, self.first), self.last) - self.first]


def _piece_around(line: str, at: int) -> _Piece:
    """As much of `line` as fits, so that the character at `at` is seen."""
    at = min(max(at, 0), len(line))
    first = at - _fitting(reversed(line[max(0, at - _BEFORE) : at]), _BEFORE)
    room = _WIDEST - 2 * len(_CUT) - sum(width(shown(char)) for char in line[first:at])
    return _Piece(line, first, at + _fitting(line[at : at + _WIDEST], room))


def _fitting(chars: Iterable[str], room: int) -> int:
    """How many of `chars` fit into `room` columns."""
    edges = accumulate(width(shown(char)) for char in chars)
    return sum(1 for edge in edges if edge <= room)
