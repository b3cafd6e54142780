"""Findings as plain data: where something stands, what is wrong with it, and a report of it all.

The ground floor of stagegate. Nothing here reads a file, knows YAML or prints: renderers of the
formats (`full`, `concise`, `json`, `github`, `sarif`) live in `stagegate.render.findings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from attrs import field, frozen

Severity = Literal["error", "warning", "note"]

_SEVERITY_ORDER: dict[str, int] = {"error": 0, "warning": 1, "note": 2}


@frozen(order=True)
class Span:
    """A piece of a text: lines and columns count from 1, columns in characters (not bytes).

    `end_line`, `end_column` name the first character *after* the piece, so an empty piece has an
    end equal to its start.
    """

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def at(cls, line: int, column: int, length: int = 1) -> Span:
        """The piece of `length` characters on one line."""
        return cls(line, column, line, column + length)


@frozen
class Label:
    """A further place that belongs to a finding, with a few words (`first declared here`)."""

    span: Span
    text: str


@frozen
class Fix:
    """A replacement of one span by other text; only ever offered where it is safe to apply."""

    span: Span
    replacement: str
    title: str


@frozen
class Finding:
    """One thing that is wrong with a file.

    `message` stands alone: lower case, no full stop, names in backticks. `mark` is the short
    remark beside the caret, `help` says what to do. `file` is the path as the user gave it.
    """

    rule: str
    severity: Severity
    message: str
    file: str
    span: Span
    mark: str = ""
    labels: tuple[Label, ...] = ()
    help: str = ""
    fix: Fix | None = None

    @property
    def order(self) -> tuple[str, Span, int, str, str]:
        """Sorts findings by file, place, severity, rule and message."""
        return (self.file, self.span, _SEVERITY_ORDER[self.severity], self.rule, self.message)


@frozen
class Source:
    """A text with the name it goes by; renderers cut the shown lines out of it."""

    name: str
    text: str = field(repr=False)


@frozen
class Report:
    """All the findings of one or more files, sorted, with the texts they point into."""

    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, findings: Iterable[Finding], sources: Iterable[Source] = ()) -> Report:
        """A report of `findings`, sorted, each told once."""
        unique = dict.fromkeys(findings)
        return cls(tuple(sorted(unique, key=lambda f: f.order)), tuple(sources))

    @classmethod
    def merge(cls, reports: Iterable[Report]) -> Report:
        """One report of many."""
        found: list[Finding] = []
        sources: list[Source] = []
        for report in reports:
            found.extend(report.findings)
            sources.extend(report.sources)
        return cls.of(found, sources)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(1 for f in self.findings if f.severity == severity)

    @property
    def has_errors(self) -> bool:
        """Whether anything stops the file from being compiled."""
        return any(f.severity == "error" for f in self.findings)

    def source(self, name: str) -> Source | None:
        """The text that goes by `name`, if the report carries it."""
        return next((s for s in self.sources if s.name == name), None)
