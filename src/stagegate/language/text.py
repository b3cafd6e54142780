"""Bytes -> text -> located tree -> findings: the first floor of the language.

`read_source` reads a file, `parse` gives the tree with every mistake that YAML itself knows of.
"""

from __future__ import annotations

import os
import re

from stagegate.diagnostics import Finding, Source, Span
from stagegate.language.builder import build
from stagegate.language.lines import Lines
from stagegate.language.mistakes import Mistakes, TooManyMistakesError
from stagegate.language.tree import Node

__all__ = ["LARGEST_FILE", "TEXT_RULES", "parse", "read_source", "source_of"]

LARGEST_FILE = 1024 * 1024

# The rules of this floor; no comment in a file can silence them.
TEXT_RULES = frozenset(
    ("yaml-syntax", "duplicate-key", "forbidden-yaml", "too-deep", "too-large", "not-utf8", "empty-file")
)

_BOM = "\ufeff"
_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
# What no YAML text may hold: control characters, lone surrogates, non-characters, a BOM inside. Written as what is
# forbidden, and in three sets: one set of what is allowed takes six times as long to compile.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff]|[\ufeff\ufffe\uffff]")
# YAML 1.1 parsers take these for line breaks and YAML 1.2 and editors do not: nobody agrees on lines.
_ODD_BREAKS = re.compile("[\x85\u2028\u2029]")
# Blanks and comments only; possessive, so that it never goes back over a long text.
_NOTHING = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+\Z")


def read_source(path: str | os.PathLike[str]) -> tuple[Source | None, list[Finding]]:
    """The text of the file at `path`, or None and the reason why it is no text.

    A missing, unreadable or non-regular file is not a finding: the OSError is raised as it comes.
    """
    with open(path, "rb") as file:
        return source_of(file.read(LARGEST_FILE + 1), os.fspath(path))


def source_of(data: bytes, name: str) -> tuple[Source | None, list[Finding]]:
    """The text in `data`, which goes by `name`, or None and the reason why it is no text.

    A byte order mark of UTF-8 is dropped, so that columns count from the first real character.
    """
    if len(data) > LARGEST_FILE:
        return None, [_too_large(name)]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(data, error, name)]
    source = Source(name, text.removeprefix(_BOM))
    refused = _refusals(source)
    return (None, refused) if refused else (source, [])


def parse(source: Source) -> tuple[Node | None, list[Finding]]:
    """The located tree of `source` and every mistake found on the way; the file's are told together.

    The tree is None where the text cannot be read to its end (or holds nothing); there is always a
    finding then. A node marked `broken` has had its finding.
    """
    refused = _refusals(source)
    if refused:
        return None, refused
    text = source.text.removeprefix(_BOM)
    if not _ODD_BREAKS.search(text):
        return build(Lines(text, source.name))
    mistakes = Mistakes(Lines(text, source.name))
    try:
        _tell_odd_breaks(mistakes)
    except TooManyMistakesError:
        return None, mistakes.all()
    tree, found = build(Lines(_ODD_BREAKS.sub(" ", text), source.name))
    return tree, mistakes.all() + found


def _refusals(source: Source) -> list[Finding]:
    """Why the text is not read at all."""
    text = source.text.removeprefix(_BOM)
    if len(text) > LARGEST_FILE:
        return [_too_large(source.name)]
    bad = _FORBIDDEN.search(text)
    if bad is not None:
        return [_bad_character(text, bad.start(), source.name)]
    if _NOTHING.match(text):
        return [_empty(source.name)]
    return []


def _too_large(name: str) -> Finding:
    message = f"the file is larger than {LARGEST_FILE // 1024:,} KiB"
    return Finding("too-large", "error", message, name, Span.at(1, 1, 0), help="split the definition")


def _empty(name: str) -> Finding:
    message = "the file holds no definition"
    return Finding("empty-file", "error", message, name, Span.at(1, 1, 0), help="`stagegate new` starts one")


def _not_utf8(data: bytes, error: UnicodeDecodeError, name: str) -> Finding:
    for beginning, encoding in _OTHER_ENCODINGS:
        if data.startswith(beginning):
            message = f"the file is {encoding}, not UTF-8"
            return Finding("not-utf8", "error", message, name, Span.at(1, 1), help="save it as UTF-8")
    before = data[: error.start].decode("utf-8").removeprefix(_BOM)
    span = Lines(before).span(len(before), len(before))
    message = f"the byte 0x{data[error.start]:02X} is not UTF-8"
    return Finding("not-utf8", "error", message, name, Span.at(span.line, span.column), help="save the file as UTF-8")


def _bad_character(text: str, at: int, name: str) -> Finding:
    code = ord(text[at])
    message = f"the character U+{code:04X} may not stand in a definition"
    if code == 0:
        message += " (is the file UTF-16?)"
    help_text = "remove it; in double quotes it can be written as an escape"
    return Finding("not-utf8", "error", message, name, Lines(text).span(at, at + 1), help=help_text)


def _tell_odd_breaks(mistakes: Mistakes) -> None:
    for found in _ODD_BREAKS.finditer(mistakes.lines.text):
        mistakes.add(
            "yaml-syntax",
            f"the line separator U+{ord(found.group()):04X} is a line break for some programs and none for others",
            *found.span(),
            help="write a space or a plain line break",
            fix=(" ", "write a space"),
        )
