"""Where each character of a scalar's value is written, for every style of scalar.

Each style has one walk over the source that says again what the YAML scanner said, keeping offsets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_BREAK = re.compile(r"\r\n|\r|\n")
_BLANKS = " \t"
_SPACE_RUN = re.compile(r"[ \t\r\n]+")
_HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
    "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
# How many indentations are tried for a block that holds nothing but blanks.
_INDENTS_TRIED = 64


class Offsets:
    """For each character of a value the piece of the source in which it is written."""

    __slots__ = ("_ends", "_starts", "chars")

    def __init__(self, empty: int) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = [empty]
        self.chars: list[str] = []

    def put(self, char: str, start: int, end: int) -> None:
        """Adds a character of the value, written in the source from `start` to `end`."""
        self.chars.append(char)
        self._starts.append(start)
        self._ends.append(end)

    def start(self, offset: int) -> int:
        """The source offset of the value's character at `offset`; at its end, that of the end."""
        if offset >= len(self._starts):
            return self._ends[-1]
        return self._starts[max(offset, 0)]

    def end(self, offset: int) -> int:
        """The source offset after the value's character before `offset`."""
        return self._ends[max(0, min(offset, len(self._starts)))]


def offsets_of(source: str, start: int, end: int, style: str, value: str) -> Offsets:
    """The offsets of `value`, written in `source[start:end]` in `style`.

    Should the walk not give the value again, all of it is placed at the start of the scalar.
    """
    for found in _WALKS[style](source, start, end, value):
        if "".join(found.chars) == value:
            return found
    return _everything_at(start, value)


def _everything_at(start: int, value: str) -> Offsets:
    found = Offsets(start)
    for char in value:
        found.put(char, start, start)
    return found


def _plain(source: str, start: int, end: int, _value: str) -> Iterator[Offsets]:
    found = Offsets(start)
    at = start
    while at < end:
        at = _one_or_run(found, source, at, end)
    yield found


def _single_quoted(source: str, start: int, end: int, _value: str) -> Iterator[Offsets]:
    found = Offsets(start + 1)
    at, end = start + 1, end - 1
    while at < end:
        if source[at] == "'":
            found.put("'", at, at + 2)
            at += 2
        else:
            at = _one_or_run(found, source, at, end)
    yield found


def _double_quoted(source: str, start: int, end: int, _value: str) -> Iterator[Offsets]:
    found = Offsets(start + 1)
    at, end = start + 1, end - 1
    while at < end:
        at = _escape(found, source, at, end) if source[at] == "\\" else _one_or_run(found, source, at, end)
    yield found


def _one_or_run(found: Offsets, source: str, at: int, end: int) -> int:
    """Takes one character, or a run of white space (folded if it holds line breaks); where it ends."""
    run = _SPACE_RUN.match(source, at, end)
    if run is None:
        found.put(source[at], at, at + 1)
        return at + 1
    breaks = list(_BREAK.finditer(source, at, run.end()))
    if not breaks:
        for blank in range(at, run.end()):
            found.put(source[blank], blank, blank + 1)
    elif len(breaks) == 1:
        found.put(" ", at, run.end())
    else:
        _put_breaks(found, breaks[1:])
    return run.end()


def _put_breaks(found: Offsets, breaks: list[re.Match[str]]) -> None:
    for each in breaks:
        found.put("\n", each.start(), each.end())


def _escape(found: Offsets, source: str, at: int, end: int) -> int:
    """Takes an escape of a double-quoted scalar, an escaped line break among them; where it ends."""
    line_break = _BREAK.match(source, at + 1, end)
    if line_break is not None:
        run = _SPACE_RUN.match(source, at + 1, end)
        after = line_break.end() if run is None else run.end()
        _put_breaks(found, list(_BREAK.finditer(source, line_break.end(), after)))
        return after
    code = source[at + 1]
    width = _HEX_ESCAPES.get(code)
    if width is None:
        found.put(_ESCAPES.get(code, code), at, at + 2)
        return at + 2
    after = at + 2 + width
    found.put(chr(int(source[at + 2 : after], 16)), at, after)
    return after


def _literal(source: str, start: int, end: int, value: str) -> Iterator[Offsets]:
    return _block(source, start, end, value, folded=False)


def _folded(source: str, start: int, end: int, value: str) -> Iterator[Offsets]:
    return _block(source, start, end, value, folded=True)


def _block(source: str, start: int, end: int, value: str, *, folded: bool) -> Iterator[Offsets]:
    header = _BREAK.search(source, start, end)
    if header is None:
        yield Offsets(end)
        return
    chomp = _chomping(source[start : header.start()])
    for indent in _indents(source, header.end(), end, value):
        yield _BlockWalk(source, header.end(), end, indent, folded=folded).run(chomp)


def _chomping(header: str) -> str:
    indicators = header.split("#", 1)[0]
    return "-" if "-" in indicators else "+" if "+" in indicators else ""


def _indents(source: str, start: int, end: int, value: str) -> Iterator[int]:
    """The indentations a block may have, the likeliest first.

    The first line with ink loses its indentation and keeps the spaces that the value begins with.
    """
    written = next((line for line in _BREAK.split(source[start:end]) if line.strip(_BLANKS)), None)
    kept = next((line for line in value.split("\n") if line.strip(_BLANKS)), None)
    if written is not None and kept is not None:
        yield _leading_spaces(written) - _leading_spaces(kept)
    else:
        yield from range(1, _INDENTS_TRIED)


def _leading_spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


class _BlockWalk:
    """One walk over the lines of a literal or folded block."""

    def __init__(self, source: str, at: int, end: int, indent: int, *, folded: bool) -> None:
        self.source = source
        self.at = at
        self.end = end
        self.indent = indent
        self.folded = folded
        self.found = Offsets(at)

    def run(self, chomp: str) -> Offsets:
        """Takes every line; `chomp` is `-`, `+` or nothing."""
        last: re.Match[str] | None = None
        blank_before = False
        breaks = self._skip_blank_lines()
        while self.at < self.end:
            blank = self.source[self.at] in _BLANKS
            self._join(last, breaks, keep=not self.folded or blank or blank_before)
            blank_before = blank
            last = self._line()
            breaks = self._skip_blank_lines()
        if last is not None and chomp != "-":
            _put_breaks(self.found, [last])
        if chomp == "+":
            _put_breaks(self.found, breaks)
        return self.found

    def _join(self, last: re.Match[str] | None, breaks: list[re.Match[str]], *, keep: bool) -> None:
        if last is not None and (keep or not breaks):
            self.found.put("\n" if keep else " ", last.start(), last.end())
        _put_breaks(self.found, breaks)

    def _line(self) -> re.Match[str] | None:
        line_break = _BREAK.search(self.source, self.at, self.end)
        stop = self.end if line_break is None else line_break.start()
        for at in range(self.at, stop):
            self.found.put(self.source[at], at, at + 1)
        self.at = stop if line_break is None else line_break.end()
        return line_break

    def _skip_blank_lines(self) -> list[re.Match[str]]:
        """Steps over indentation and empty lines to the next line's content; the breaks passed."""
        breaks: list[re.Match[str]] = []
        while True:
            limit = min(self.at + self.indent, self.end)
            while self.at < limit and self.source[self.at] == " ":
                self.at += 1
            line_break = _BREAK.match(self.source, self.at, self.end)
            if line_break is None:
                return breaks
            breaks.append(line_break)
            self.at = line_break.end()


_WALKS: dict[str, Callable[[str, int, int, str], Iterator[Offsets]]] = {
    "": _plain,
    "'": _single_quoted,
    '"': _double_quoted,
    "|": _literal,
    ">": _folded,
}
