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


class _Parser(Protocol):
    def get_event(self) -> Event | None: ...


def _open(text: str) -> _Parser:
    return yaml.CSafeLoader(text) if HAS_C_PARSER else cast(_Parser, yaml.SafeLoader(text))


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
