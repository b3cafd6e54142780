"""YAML events, from the C parser where PyYAML has it. The only module that imports yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, TypeAlias, cast

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.scanner import ScannerError
from yaml.tokens import ScalarToken

__all__ = [
    "AliasEvent",
    "HAS_C_PARSER",
    "BrokenYamlError",
    "CollectionStartEvent",
    "DocumentStartEvent",
    "Event",
    "MappingEndEvent",
    "MappingStartEvent",
    "NodeEvent",
    "Problem",
    "PureLoader",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "events",
]

HAS_C_PARSER: bool = yaml.__with_libyaml__

NodeEvent: TypeAlias = ScalarEvent | CollectionStartEvent


class Problem(NamedTuple):
    """Why the YAML parser gave up: its words, the offset, and what it was reading since where."""

    words: str
    at: int
    context: str
    since: int | None


class BrokenYamlError(Exception):
    """The text is not YAML. Only the builder sees this; it turns `problem` into a finding."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.words)


_BLANKS = "\0 \t\r\n"
_ENDS_IN_FLOW = ",[]{}"


class PureLoader(yaml.SafeLoader):
    """The parser written in Python, reading plain texts between brackets as libyaml does.

    PyYAML's own ends such a text at every `?`, so that `{en: Why?, zh: x}` is no YAML to it, and takes `[a:]` for a mapping.
    """

    def scan_plain(self) -> ScalarToken:
        """The plain text that begins here, up to what ends it."""
        if not self.flow_level:
            return super().scan_plain()
        chunks: list[str] = []
        spaces: list[str] = []
        start = end = self.get_mark()
        while self.peek() != "#":
            length = self._length_in_flow(start)
            if not length:
                break
            self.allow_simple_key = False
            chunks += [*spaces, self.prefix(length)]
            self.forward(length)
            end = self.get_mark()
            spaces = self.scan_plain_spaces(0, start) or []
            if not spaces:
                break
        return ScalarToken("".join(chunks), True, start, end)

    def _length_in_flow(self, start: yaml.Mark) -> int:
        """How many characters of a plain text between brackets stand here without a blank."""
        length = 0
        while (char := self.peek(length)) not in _BLANKS and char not in _ENDS_IN_FLOW:
            if char == ":":
                after = self.peek(length + 1)
                if after in _BLANKS:
                    break
                if after in _ENDS_IN_FLOW or after == "?":
                    raise ScannerError("while scanning a plain scalar", start, "found unexpected ':'", self.get_mark())
            length += 1
        return length


class _Parser(Protocol):
    def get_event(self) -> Event | None: ...


def _open(text: str) -> _Parser:
    return yaml.CSafeLoader(text) if HAS_C_PARSER else cast(_Parser, PureLoader(text))


def events(text: str) -> Iterator[tuple[Event, int, int]]:
    """The events of `text` in order, each with the offsets at which it starts and ends.

    Raises BrokenYamlError where the text stops being YAML.
    """
    try:
        next_event = _open(text).get_event
        while (event := next_event()) is not None:
            start, end = event.start_mark, event.end_mark
            assert start is not None
            assert end is not None
            yield event, start.index, end.index
    except yaml.MarkedYAMLError as error:
        raise BrokenYamlError(_problem(error)) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The pure parser lets `chr` fail on "\U00110000"; neither error has a place to tell.
        raise BrokenYamlError(Problem(str(error), 0, "", None)) from None


def _problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    since = error.context_mark
    return Problem(
        error.problem or error.context or "not YAML",
        0 if mark is None else mark.index,
        error.context or "",
        None if since is None else since.index,
    )
