"""Anchors, tags and directives in the source: the parser tells that they are there, not where."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GAP = re.compile(r"(?:[ \t\r\n]+(?:#[^\r\n]*)?)+")
_ANCHOR = re.compile(r"&[^\s,\[\]{}]*")
_TAG = re.compile(r"!(?:<[^>\s]*>|[^\s,\[\]{}]*)")
_DIRECTIVE = re.compile(r"^%[^\r\n]*", re.MULTILINE)


def properties(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The properties of the node that begins at `start`: `anchor` or `tag`, and where each stands."""
    at = start
    while True:
        kind = {"&": "anchor", "!": "tag"}.get(text[at : at + 1])
        if kind is None:
            return
        found = (_ANCHOR if kind == "anchor" else _TAG).match(text, at)
        after = at + 1 if found is None else found.end()
        yield kind, at, after
        at = _after_gap(text, after)


def content_start(text: str, start: int) -> int:
    """Where the node that begins at `start` begins without its properties."""
    at = start
    for _, _, after in properties(text, start):
        at = _after_gap(text, after)
    return at


def _after_gap(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return at if gap is None else gap.end()


def directives(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The lines that begin with `%` in the head of a document."""
    for found in _DIRECTIVE.finditer(text, start, end):
        yield found.span()
