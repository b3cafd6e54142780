"""Events -> located tree: a loop over the parser's events, without recursion.

Every mistake that leaves the rest readable becomes a finding and the tree goes on: an alias becomes
a broken null, the second of two equal keys is dropped. What cannot be read on ends the loop.
"""

from __future__ import annotations

from typing import NoReturn, Protocol

from stagegate.diagnostics import Finding
from stagegate.language import events as yaml_events
from stagegate.language.lines import Lines
from stagegate.language.mistakes import Mistakes, TooManyMistakesError
from stagegate.language.properties import content_start, directives, properties
from stagegate.language.scalars import resolve
from stagegate.language.syntax import explain
from stagegate.language.tree import Entry, Mapping, Node, Scalar, Sequence

DEEPEST = 30
MOST_NODES = 30_000  # seven times the largest bundled definition
LONGEST_SCALAR = 64 * 1024

_TEXT_TAGS = frozenset(("!", "tag:yaml.org,2002:str"))
_SURROGATES = ("\ud800", "\udfff")
_WRITE_OUT = {
    "anchor": ("anchors (`&`)", "write the value out where it is needed; put a text beginning with `&` in quotes"),
    "tag": ("tags (`!`)", "remove the tag; put a text beginning with `!` in quotes"),
}


def build(lines: Lines) -> tuple[Node | None, list[Finding]]:
    """The tree of the text, None where it cannot be read to its end, and what is wrong with it."""
    mistakes = Mistakes(lines)
    builder = _Builder(lines, mistakes)
    try:
        for event, start, end in yaml_events.events(lines.text):
            builder.take(event, start, end)
    except yaml_events.BrokenYamlError as error:
        _tell(error.problem, lines, mistakes)
        return None, mistakes.all()
    except (_StopReadingError, TooManyMistakesError):
        return None, mistakes.all()
    root = builder.root()
    if root is None:
        mistakes.add_last("empty-file", "the file holds no definition", 0, 0, help="`stagegate new` starts one")
    return root, mistakes.all()


def _tell(problem: yaml_events.Problem, lines: Lines, mistakes: Mistakes) -> None:
    told = explain(problem, lines.text)
    opening = problem.at if problem.since is None else problem.since
    at = opening if told.at_opening else problem.at
    label = (opening, opening + 1, told.opening) if told.opening else None
    mistakes.add_last("yaml-syntax", told.message, at, _one_character(lines, at), help=told.help, label=label)


def _one_character(lines: Lines, at: int) -> int:
    """The offset after the character at `at`; `at` itself at the end of a line."""
    return at + len(lines.text[at : at + 1].strip("\r\n"))


class _StopReadingError(Exception):
    """Raised inside this module to leave the loop; the finding is already told."""


class _Open(Protocol):
    """A collection whose end has not come yet, or the file itself."""

    def add(self, node: Node) -> None:
        """Takes the next node in it."""

    def close(self, end: int) -> Node:
        """The finished node; `end` is 0 where only the last child tells it."""
        ...


class _OpenSequence:
    __slots__ = ("items", "lines", "start")

    def __init__(self, lines: Lines, start: int) -> None:
        self.lines = lines
        self.start = start
        self.items: list[Node] = []

    def add(self, node: Node) -> None:
        self.items.append(node)

    def close(self, end: int) -> Node:
        last = self.items[-1].end if self.items else self.start
        return Sequence(tuple(self.items), self.lines, self.start, end or last)


class _OpenMapping:
    __slots__ = ("_broken", "_end", "_has_key", "_index", "_key", "_lines", "_mistakes", "_start")

    def __init__(self, lines: Lines, start: int, mistakes: Mistakes) -> None:
        self._lines = lines
        self._start = start
        self._mistakes = mistakes
        self._index: dict[str, Entry] = {}
        self._key: Scalar | None = None
        self._has_key = False
        self._broken = False
        self._end = start

    def add(self, node: Node) -> None:
        if self._has_key:
            self._has_key = False
            self._end = node.end
            if self._key is not None:
                self._index[self._key.text] = Entry(self._key, node)
        else:
            self._has_key = True
            self._key = self._usable(node)

    def _usable(self, node: Node) -> Scalar | None:
        """The key, or None where it has got a finding and its entry is dropped."""
        if isinstance(node, Scalar) and type(node.value) is str and node.text not in self._index and node.text != "<<":
            return node
        key = self._plain_key(node)
        if key is None:
            self._broken = True
            return None
        if not isinstance(key.value, str):
            self._refuse_value(key)
        first = self._index.get(key.text)
        if first is not None:
            self._refuse_second(key, first.key)
            return None
        return key

    def _plain_key(self, node: Node) -> Scalar | None:
        if not isinstance(node, Scalar):
            message = "a key must be a name, not a list or a mapping"
            self._mistakes.add("yaml-syntax", message, node.start, node.start + 1, help="put a text in quotes")
            return None
        if node.broken:
            return None
        if node.text == "<<" and not node.style:
            message = "merge keys (`<<`) are not part of the language"
            self._mistakes.add("forbidden-yaml", message, node.start, node.end, help="write the entries out")
            return None
        return node

    def _refuse_value(self, key: Scalar) -> None:
        kind = "nothing" if key.value is None else "a truth value" if isinstance(key.value, bool) else "a number"
        message = (
            f"a key must be a name, and `{key.text[:40]}` is {kind}" if key.text else "a key is missing before `:`"
        )
        self._mistakes.add("yaml-syntax", message, key.start, key.end, help="put it in quotes to make it a name")

    def _refuse_second(self, key: Scalar, first: Scalar) -> None:
        self._mistakes.add(
            "duplicate-key",
            f"the key `{key.text[:80]}` is given twice",
            key.start,
            key.end,
            mark="second",
            label=(first.start, first.end, "first"),
            help="keep one of the two",
        )

    def close(self, end: int) -> Node:
        made = Mapping(self._index, self._lines, self._start, end or self._end)
        made.broken = self._broken
        return made


class _Builder:
    """Takes the events one by one and keeps the collections that are open."""

    def __init__(self, lines: Lines, mistakes: Mistakes) -> None:
        self._lines = lines
        self._mistakes = mistakes
        self._documents = _OpenSequence(lines, 0)
        self._stack: list[_Open] = [self._documents]
        self._nodes = 0

    def root(self) -> Node | None:
        """The first document, None if there is none or nothing in it."""
        for document in self._documents.items:
            if isinstance(document, Scalar) and not document.style and not document.text and not document.broken:
                return None
            return document
        return None

    def take(self, event: yaml_events.Event, start: int, end: int) -> None:
        """Takes the next event. Raises _StopReadingError where reading must end."""
        match event:
            case yaml_events.ScalarEvent():
                self._place(self._scalar(event, start, end), start)
            case yaml_events.MappingEndEvent() | yaml_events.SequenceEndEvent():
                node = self._stack.pop().close(end if end > start else 0)
                self._place(node, start)
            case yaml_events.MappingStartEvent():
                self._push(_OpenMapping(self._lines, self._started(event, start, end), self._mistakes), start)
            case yaml_events.SequenceStartEvent():
                self._push(_OpenSequence(self._lines, self._started(event, start, end)), start)
            case yaml_events.AliasEvent():
                self._place(self._alias(start, end), start)
            case yaml_events.DocumentStartEvent():
                self._document(event, start, end)
            case _:
                pass

    def _place(self, node: Node, start: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._stop("too-large", f"the file holds more than {MOST_NODES:,} values", start)
        self._stack[-1].add(node)

    def _push(self, opened: _Open, start: int) -> None:
        if len(self._stack) > DEEPEST:
            self._stop("too-deep", f"more than {DEEPEST} levels stand inside one another", start)
        self._stack.append(opened)

    def _stop(self, rule: str, message: str, start: int) -> NoReturn:
        self._mistakes.add_last(rule, message, start, _one_character(self._lines, start))
        raise _StopReadingError

    def _scalar(self, event: yaml_events.ScalarEvent, start: int, end: int) -> Scalar:
        text, style = event.value, event.style or ""
        if event.anchor is not None or event.tag is not None:
            start = self._started(event, start, end)
        value = text if style or event.tag in _TEXT_TAGS else resolve(text)
        node = Scalar(value, text, style, self._lines, start, end)
        if len(text) > LONGEST_SCALAR:
            self._break(node, "too-large", f"a text is longer than {LONGEST_SCALAR:,} characters")
        elif style == '"' and not text.isascii() and any(_SURROGATES[0] <= char <= _SURROGATES[1] for char in text):
            self._break(node, "yaml-syntax", "an escape in this text is not a character")
        return node

    def _break(self, node: Scalar, rule: str, message: str) -> None:
        self._mistakes.add(rule, message, node.start, node.start + 1)
        node.broken = True
        node.value = None

    def _alias(self, start: int, end: int) -> Scalar:
        message = f"aliases (`*`) are not part of the language: `{self._lines.text[start : min(end, start + 40)]}`"
        help_text = "write the value out; put a text beginning with `*` in quotes"
        self._mistakes.add("forbidden-yaml", message, start, end, help=help_text)
        node = Scalar(None, "", "", self._lines, start, end)
        node.broken = True
        return node

    def _started(self, event: yaml_events.NodeEvent, start: int, end: int) -> int:
        """Where the node itself begins, after its anchor and tag, which get their findings."""
        if event.anchor is None and event.tag is None:
            return start
        text = self._lines.text
        for kind, first, after in properties(text, start, end):
            name, help_text = _WRITE_OUT[kind]
            self._mistakes.add("forbidden-yaml", f"{name} are not part of the language", first, after, help=help_text)
        return content_start(text, start, end)

    def _document(self, event: yaml_events.DocumentStartEvent, start: int, end: int) -> None:
        for first, after in directives(self._lines.text, start, end):
            message = "directives (`%`) are not part of the language"
            self._mistakes.add("forbidden-yaml", message, first, after, help="remove the line")
        if self._documents.items:
            message = "a file holds one definition; a second document begins here"
            help_text = "remove the `---`, or move what follows to a file of its own"
            self._mistakes.add("forbidden-yaml", message, max(start, end - 3), end, help=help_text)
