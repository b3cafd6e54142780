"""The located tree: what a YAML file holds, each piece with the place where it is written.

Nodes keep offsets into the text; lines and columns are computed when a finding asks for them. They
are made once, by `stagegate.language.text.parse`, and not changed afterwards. A `broken` node has
already had its finding (an alias, say), so later rules should say nothing more about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from stagegate.diagnostics import Span
from stagegate.language.lines import Lines
from stagegate.language.offsets import Offsets, offsets_of

Value: TypeAlias = str | int | float | bool | None


def _span(lines: Lines, start: int, end: int) -> Span:
    """The piece from `start` to `end` without the blank lines that YAML counts to a block's end."""
    text = lines.text
    while end > start and text[end - 1] in " \t\r\n":
        end -= 1
    return lines.span(start, end)


class Scalar:
    """A single value. `text` is the value as characters, `value` by the YAML 1.2 core schema.

    `style` is `""` (plain), `"'"`, `'"'`, `"|"` or `">"`.
    """

    __slots__ = ("_offsets", "broken", "end", "lines", "start", "style", "text", "value")

    def __init__(self, value: Value, text: str, style: str, lines: Lines, start: int, end: int) -> None:
        self.value = value
        self.text = text
        self.style = style
        self.lines = lines
        self.start = start
        self.end = end
        self.broken = False
        self._offsets: Offsets | None = None

    def __repr__(self) -> str:
        return f"Scalar({self.value!r})"

    @property
    def span(self) -> Span:
        """The whole scalar in the file, quotes or block header included."""
        return _span(self.lines, self.start, self.end)

    @property
    def offsets(self) -> Offsets:
        """Where each character of `text` begins and ends in the file."""
        if self._offsets is None:
            self._offsets = offsets_of(self.lines.text, self.start, self.end, self.style, self.text)
        return self._offsets

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column in the file of the character at `offset` in `text`.

        The end of the text gives the place just after its last character.
        """
        return self.lines.position(self.offsets.start(offset))

    def span_of(self, start: int, end: int) -> Span:
        """The piece of the file in which `text[start:end]` is written."""
        offsets = self.offsets
        first = offsets.start(start)
        return self.lines.span(first, offsets.end(end) if end > start else first)


class Sequence:
    """A list."""

    __slots__ = ("broken", "end", "items", "lines", "start")

    def __init__(self, items: tuple[Node, ...], lines: Lines, start: int, end: int) -> None:
        self.items = items
        self.lines = lines
        self.start = start
        self.end = end
        self.broken = False

    def __repr__(self) -> str:
        return f"Sequence({list(self.items)!r})"

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def span(self) -> Span:
        """From the first dash or bracket to the end of the last item or bracket."""
        return _span(self.lines, self.start, self.end)


class Entry:
    """One `key: value` of a mapping."""

    __slots__ = ("key", "value")

    def __init__(self, key: Scalar, value: Node) -> None:
        self.key = key
        self.value = value

    def __repr__(self) -> str:
        return f"Entry({self.key.text!r}, {self.value!r})"


class Mapping:
    """A mapping; of two equal keys it holds the first."""

    __slots__ = ("_index", "broken", "end", "lines", "start")

    def __init__(self, index: dict[str, Entry], lines: Lines, start: int, end: int) -> None:
        self._index = index
        self.lines = lines
        self.start = start
        self.end = end
        self.broken = False

    def __repr__(self) -> str:
        return f"Mapping({list(self.entries)!r})"

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def __len__(self) -> int:
        return len(self._index)

    @property
    def span(self) -> Span:
        """From the first key or brace to the end of the last value or brace."""
        return _span(self.lines, self.start, self.end)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries in the order of the file."""
        return tuple(self._index.values())

    def keys(self) -> tuple[str, ...]:
        """All keys in the order of the file."""
        return tuple(self._index)

    def entry(self, key: str) -> Entry | None:
        """The entry of `key`, or None."""
        return self._index.get(key)

    def get(self, key: str) -> Node | None:
        """The value of `key`, or None where the mapping has no such key."""
        found = self._index.get(key)
        return None if found is None else found.value


Node: TypeAlias = Scalar | Sequence | Mapping


def to_plain(node: Node) -> object:
    """The tree as dictionaries, lists and values. Depth is bounded by the parser."""
    match node:
        case Mapping():
            return {entry.key.text: to_plain(entry.value) for entry in node.entries}
        case Sequence():
            return [to_plain(item) for item in node.items]
        case _:
            return node.value


def node_at(root: Node, path: Iterable[str | int]) -> Node:
    """The node that `path` (keys and indexes, as jsonschema gives it) leads to.

    Where the path leads out of the tree, the last node on it that exists.
    """
    node = root
    for step in path:
        below = _child(node, step)
        if below is None:
            break
        node = below
    return node


def entry_at(root: Node, path: Iterable[str | int]) -> Entry | None:
    """The mapping entry that `path` ends in; None when it ends in a list, at the root or nowhere."""
    steps = list(path)
    if not steps or not isinstance(steps[-1], str):
        return None
    parent: Node | None = root
    for step in steps[:-1]:
        parent = None if parent is None else _child(parent, step)
    return parent.entry(steps[-1]) if isinstance(parent, Mapping) else None


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(str(step))
    if isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None
