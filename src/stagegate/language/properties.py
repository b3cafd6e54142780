"""Anchors, tags and directives in the source: the parser tells that they are there, not where."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GAP = re.compile(r"(?:[ \t\r\n]+(?:#[^\r\n]*)?)+")
_ANCHOR = re.compile(r"&[0-9A-Za-z_-]*")
_TAG = re.compile(r"![^ \t\r\n]*")
_DIRECTIVE = re.compile(r"^%[^\r\n]*", re.MULTILINE)


def properties(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The properties of the node in `text[start:end]`: `anchor` or `tag`, and where each stands.

    A node has at most one of each, so what follows may begin with `!` or `&` again.
    """
    at = start
    kinds = {"&": ("anchor", _ANCHOR), "!": ("tag", _TAG)}
    while at < end and text[at] in kinds:
        kind, pattern = kinds.pop(text[at])
        found = pattern.match(text, at, end)
        after = at + 1 if found is None else found.end()
        yield kind, at, after
        at = _after_gap(text, after, end)


def content_start(text: str, start: int, end: int) -> int:
    """Where the node in `text[start:end]` begins without its properties."""
    at = start
    for _, _, after in properties(text, start, end):
        at = _after_gap(text, after, end)
    return at


def _after_gap(text: str, at: int, end: int) -> int:
    gap = _GAP.match(text, at, end)
    return at if gap is None else gap.end()


def directives(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The lines that begin with `%` in the head of a document."""
    for found in _DIRECTIVE.finditer(text, start, end):
        yield found.span()
