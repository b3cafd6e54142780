"""From an offset in a text to the line and column a reader sees, computed only when somebody asks."""

from __future__ import annotations

import re
from bisect import bisect_right

from stagegate.diagnostics import Span

LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Lines:
    """A text that knows where its lines begin.

    A line ends with LF, CR LF or a lone CR; lines and columns count from 1, columns in characters.
    """

    __slots__ = ("_starts", "name", "text")

    def __init__(self, text: str, name: str = "") -> None:
        self.text = text
        self.name = name
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """The offset of the first character of each line."""
        if self._starts is None:
            self._starts = [0, *(found.end() for found in LINE_BREAK.finditer(self.text))]
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of the character at `offset`; beyond the text, those of its end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The piece from `start` up to, not including, `end`."""
        return Span(*self.position(start), *self.position(max(start, end)))
