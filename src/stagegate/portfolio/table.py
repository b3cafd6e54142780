"""Delimited text as rows: the delimiter found or given, quotes respected, one row in memory at a time."""

from __future__ import annotations

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final, NamedTuple, TextIO

from stagegate.errors import StagegateError

DELIMITERS: Final = (";", ",", "\t", "|")
LONGEST_LINE: Final = 1024 * 1024
MOST_COLUMNS: Final = 10_000
_SAMPLE: Final = 50


class TableError(StagegateError):
    """The text is not a table, from some line on."""


class Row(NamedTuple):
    """One row: its number from 1 (the header does not count), the line it ends on, and its cells."""

    number: int
    line: int
    cells: list[str]


class Table:
    """The rows of a text with a header; empty lines do not count.

    Raises `TableError` for a text without a header, and while iterating for a text that stops being a table.
    """

    def __init__(self, stream: TextIO, delimiter: str = "") -> None:
        lines = _lines(stream)
        if not delimiter:
            sample = list(islice(lines, _SAMPLE))
            delimiter = guess_delimiter(sample)
            lines = chain(sample, lines)
        self.delimiter: Final = delimiter
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)
        self.header: Final = [cell.strip() for cell in next(self._rows(), [])]
        if not any(self.header):
            raise TableError("the table is empty: its first line must name the columns")
        if len(self.header) > MOST_COLUMNS:
            raise TableError(f"the table has {len(self.header):,} columns, more than {MOST_COLUMNS:,}")

    def __iter__(self) -> Iterator[Row]:
        for number, cells in enumerate(self._rows(), start=1):
            yield Row(number, self._reader.line_num, cells)

    def _rows(self) -> Iterator[list[str]]:
        while True:
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise TableError(f"line {self._reader.line_num}: {_plain(error)}") from None
            except UnicodeDecodeError as error:
                raise TableError(undecodable(error, self._reader.line_num)) from None
            if any(cell and not cell.isspace() for cell in cells):
                yield cells


def undecodable(error: UnicodeDecodeError, line: int = 0) -> str:
    """What bytes that are no text in the encoding are told as; they stand after `line`."""
    if error.start == 0 and error.object[:2] in (BOM_UTF16_LE, BOM_UTF16_BE):
        return "the table is UTF-16; save it as UTF-8 (in Excel: `CSV UTF-8`), or give `--encoding utf-16`"
    name = error.encoding.upper().removesuffix("-SIG")
    place = f" after line {line}" if line else ""
    hint = (
        "save it as UTF-8 (in Excel: `CSV UTF-8`), or give its --encoding, such as gb18030"
        if name == "UTF-8"
        else "give another --encoding"
    )
    return f"the byte 0x{error.object[error.start]:02X}{place} is not {name}; {hint}"


def _plain(error: csv.Error) -> str:
    """What the csv module complains of, in plain words."""
    text = str(error)
    if "field larger" in text:
        return "a cell is longer than 128 KiB; is a quote not closed?"
    if "unexpected end of data" in text:
        return "a quote is opened and never closed"
    if "expected after" in text:
        return "a closing quote is not followed by the delimiter; write a quote inside quotes twice"
    return text


def _lines(stream: TextIO) -> Iterator[str]:
    """The lines of a text, none of them endless; without a byte order mark and without NUL characters."""
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise TableError(f"line {number} is longer than {LONGEST_LINE // 1024:,} KiB; is this a table?")
        if "\0" in line:
            raise TableError(
                f"line {number} holds a NUL character; is this a table? (UTF-16 is to be saved as UTF-8, or told by --encoding)"
            )
        yield line.removeprefix("\ufeff") if number == 1 else line


def guess_delimiter(lines: Iterable[str]) -> str:
    """The delimiter that splits these lines into the same number of cells, quotes respected; `,` when none does.

    The one that most rows agree on counts; of equals the one that gives more cells.
    """
    sample = list(lines)
    scores = [(_agreement(sample, delimiter), -index, delimiter) for index, delimiter in enumerate(DELIMITERS)]
    best = max(scores)
    return best[2] if best[0] > (0.0, 0) else ","


def _agreement(lines: list[str], delimiter: str) -> tuple[float, int]:
    """The share of rows with as many cells as the first, and how many cells that are; (0, 0) for one cell."""
    counts: list[int] = []
    try:
        counts.extend(len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells)
    except csv.Error:
        pass
    if not counts or counts[0] < 2:
        return (0.0, 0)
    return (Counter(counts)[counts[0]] / len(counts), counts[0])
