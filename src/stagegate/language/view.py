"""Reading values out of a checked mapping: what had a finding, or is not there, reads as its default."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple, cast

from stagegate.conditions import Condition
from stagegate.language.desk import Desk
from stagegate.language.expressions import Expressions
from stagegate.language.tree import Mapping, Node, Scalar, Sequence
from stagegate.model import NO_TEXT, Basis, Text

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class View(NamedTuple):
    """A mapping of the file, read key by key."""

    mapping: Mapping
    desk: Desk
    expressions: Expressions

    def node(self, key: str) -> Node | None:
        """The value of `key` as a node, None where it had a finding."""
        node = self.mapping.get(key)
        return None if node is None or id(node) in self.desk.bad else node

    def scalar(self, key: str) -> Scalar | None:
        """The value of `key` where it is a scalar that may be used."""
        node = self.node(key)
        return node if isinstance(node, Scalar) and not node.broken else None

    def word(self, key: str, default: str = "") -> str:
        """A string or an id."""
        node = self.scalar(key)
        return default if node is None else node.text

    def flag(self, key: str) -> bool:
        """A boolean."""
        node = self.scalar(key)
        return node is not None and node.value is True

    def number(self, key: str) -> float | None:
        """A number."""
        return _number(self.scalar(key))

    def numbers(self, key: str) -> float | tuple[float, ...] | None:
        """A number, or several in a row."""
        if not isinstance(self.node(key), Sequence):
            return self.number(key)
        found = (_number(item) for item in self.items(key) if isinstance(item, Scalar))
        return tuple(number for number in found if number is not None)

    def whole(self, key: str) -> int | None:
        """A whole number."""
        number = self.number(key)
        return None if number is None else int(number)

    def duration(self, key: str) -> timedelta | None:
        """A duration."""
        node = self.scalar(key)
        if node is None or not isinstance(node.value, str):
            return None
        return timedelta(**{_UNITS[node.text[-1]]: int(node.text[:-1])})

    def text(self, key: str) -> Text:
        """A text in one or two languages."""
        return self.as_text(self.node(key))

    def texts(self, key: str) -> tuple[Text, ...]:
        """A list of texts."""
        return tuple(self.as_text(item) for item in self.items(key))

    def words(self, key: str) -> tuple[str, ...]:
        """A list of strings or ids."""
        return tuple(item.text for item in self.items(key) if isinstance(item, Scalar))

    def items(self, key: str) -> tuple[Node, ...]:
        """The items of a list that may be used."""
        node = self.node(key)
        if not isinstance(node, Sequence):
            return ()
        return tuple(item for item in node if not self.desk.is_bad(item) or isinstance(item, Mapping))

    def condition(self, key: str) -> Condition | None:
        """A condition."""
        node = self.scalar(key)
        return None if node is None else self.expressions.at(node)

    def view(self, key: str) -> View | None:
        """A mapping."""
        node = self.node(key)
        return self.of(node) if isinstance(node, Mapping) else None

    def views(self, key: str) -> tuple[View, ...]:
        """A list of mappings."""
        return tuple(self.of(item) for item in self.items(key) if isinstance(item, Mapping))

    def entries(self, key: str) -> tuple[tuple[str, Node], ...]:
        """The entries of a mapping whose values may be used."""
        node = self.node(key)
        if not isinstance(node, Mapping):
            return ()
        return tuple((e.key.text, e.value) for e in node.entries if id(e.value) not in self.desk.bad)

    def of(self, mapping: Mapping) -> View:
        """The view of another mapping of the same file."""
        return View(mapping, self.desk, self.expressions)

    def as_text(self, node: Node | None) -> Text:
        """A node as a text."""
        if isinstance(node, Mapping):
            view = self.of(node)
            basis, aliases = cast(Basis, view.word("basis", "stated")), view.words("aliases")
            return Text(view.word("en"), view.word("zh"), basis, view.text("source") or None, aliases)
        if isinstance(node, Scalar) and isinstance(node.value, str) and not self.desk.is_bad(node):
            # A text of one language serves both: `Text` falls back from one to the other.
            return Text(zh=node.text) if _is_chinese(node.text) else Text(en=node.text)
        return NO_TEXT


def _number(node: Scalar | None) -> float | None:
    if node is None or isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return None
    return node.value


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)
