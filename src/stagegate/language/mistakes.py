"""The findings of one text, gathered: a bounded number, each at a piece of the text."""

from __future__ import annotations

from typing import TypeAlias

from stagegate.diagnostics import Finding, Fix, Label
from stagegate.language.lines import Lines
from stagegate.language.syntax import odd_mark

MOST_FINDINGS = 200

_Place: TypeAlias = tuple[int, int, str]


class TooManyMistakesError(Exception):
    """Raised inside `stagegate.language` to stop reading a text; what was found is kept."""


class Mistakes:
    """Gathers the findings of one text and stops the reading at `MOST_FINDINGS`."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._found: list[Finding] = []
        self._dropped = False

    def add(
        self,
        rule: str,
        message: str,
        start: int,
        end: int,
        *,
        mark: str = "",
        help: str = "",
        label: _Place | None = None,
        fix: tuple[str, str] | None = None,
    ) -> None:
        """Adds a finding about `text[start:end]`.

        `label` is a further piece with its words, `fix` a replacement of the piece with its title.
        Raises TooManyMistakesError instead when there are `MOST_FINDINGS` already.
        """
        if len(self._found) >= MOST_FINDINGS:
            self._dropped = True
            raise TooManyMistakesError
        span = self.lines.span(start, end)
        labels = self._labels(label)
        offered = None if fix is None else Fix(span, *fix)
        self._found.append(
            Finding(rule, "error", message, self.lines.name, span, mark=mark, labels=labels, help=help, fix=offered)
        )

    def add_last(
        self, rule: str, message: str, start: int, end: int, *, help: str = "", label: _Place | None = None
    ) -> None:
        """Adds the finding that ends the reading; it is never dropped.

        Where YAML stops because of a mark that only looks plain, the finding is about that mark.
        """
        mark = odd_mark(self.lines.text, start) if rule == "yaml-syntax" else None
        if mark is not None:
            message, help, label = mark.stands, mark.help, None
            start, end = mark.at, mark.at + 1
        span = self.lines.span(start, end)
        self._found.append(
            Finding(rule, "error", message, self.lines.name, span, labels=self._labels(label), help=help)
        )

    def _labels(self, label: _Place | None) -> tuple[Label, ...]:
        return () if label is None else (Label(self.lines.span(label[0], label[1]), label[2]),)

    def all(self) -> list[Finding]:
        """Everything found, with one note more if some was left out."""
        if self._dropped:
            note = f"reading ends here, after {MOST_FINDINGS} mistakes"
            last = self._found[-1].span
            return [*self._found, Finding("too-large", "note", note, self.lines.name, last)]
        return list(self._found)
