"""The lines of the source that a finding speaks of, with markers that stand right below."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    cells = _Cells(line)
    groups = [marks] if cells.width <= _WIDEST else [[mark] for mark in marks]
    for group in groups:
        first, last = cells.window(group[0].span.column - 1)
        yield Row(number=str(number), text=cells.text(first, last))
        for mark in group:
            yield _marker(mark, number, cells, first, last)


def _marker(mark: _Mark, number: int, cells: _Cells, first: int, last: int) -> Row:
    start = mark.span.column - 1
    end = mark.span.end_column - 1 if mark.span.end_line == number else len(cells)
    indent = cells.columns(first, start) + (len(_CUT) if first else 0)
    length = max(1, cells.columns(start, min(end, last)))
    sign = "^" if mark.primary else "-"
    return Row(indent=indent, marker=sign * length, remark=clean(mark.remark), primary=mark.primary)


class _Cells:
    """A line of the source as a terminal shows it, character by character."""

    def __init__(self, line: str) -> None:
        self._shown = [shown(char) for char in line]
        self._edges = [0, *accumulate(map(width, self._shown))]

    def __len__(self) -> int:
        return len(self._shown)

    @property
    def width(self) -> int:
        return self._edges[-1]

    def columns(self, start: int, end: int) -> int:
        """How wide the characters from `start` to `end` are."""
        most = len(self._shown)
        return self._edges[min(max(end, 0), most)] - self._edges[min(max(start, 0), most)]

    def window(self, at: int) -> tuple[int, int]:
        """The first and the last (not included) character to show, so that `at` is seen."""
        if self.width <= _WIDEST:
            return 0, len(self)
        at = min(max(at, 0), len(self))
        first = at
        while first > 0 and self._edges[at] - self._edges[first - 1] <= _BEFORE:
            first -= 1
        last = at
        while last < len(self) and self._edges[last + 1] - self._edges[first] <= _WIDEST - 2 * len(_CUT):
            last += 1
        return first, last

    def text(self, first: int, last: int) -> str:
        """The characters to show, with dots where the line is cut."""
        before = _CUT if first > 0 else ""
        after = _CUT if last < len(self) else ""
        return f"{before}{''.join(self._shown[first:last])}{after}".rstrip()
