"""Where the findings about one file are gathered, each with the severity its rule has."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Final

from stagegate.diagnostics import Finding, Fix, Label, Severity, Span
from stagegate.language.near import Suggester
from stagegate.language.tree import Mapping as MappingNode
from stagegate.language.tree import Node, Scalar

MOST_FINDINGS: Final = 1_000


class Desk:
    """Gathers findings about one file, at most `MOST_FINDINGS`, and knows what was found where."""

    def __init__(self, file: str, severities: Mapping[str, Severity]) -> None:
        self.file = file
        self.suggester = Suggester()
        self._severities = severities
        self._findings: list[Finding] = []
        self._offsets: list[int] = []
        self._unsorted = False
        self.bad: set[int] = set()  # id() of nodes that later floors must not look at

    def add(
        self,
        rule: str,
        place: Node | Span,
        message: str,
        *,
        mark: str = "",
        labels: Iterable[Label] = (),
        help: str = "",
        fix: Fix | None = None,
        severity: Severity | None = None,
    ) -> None:
        """Adds a finding about `place`; `severity` only where it differs from the rule's own."""
        if self.full:
            return
        if not isinstance(place, Span):
            self._found_at(place.start)
        span = place if isinstance(place, Span) else place.span
        weight = severity or self._severities[rule]
        self._findings.append(
            Finding(rule, weight, message, self.file, span, mark=mark, labels=tuple(labels), help=help, fix=fix)
        )

    def add_at(self, rule: str, span: Span, offset: int, message: str, *, help: str = "") -> None:
        """Adds a finding about a piece of the scalar that begins at `offset`."""
        self._found_at(offset)
        self.add(rule, span, message, help=help)

    def _found_at(self, offset: int) -> None:
        self._offsets.append(offset)
        self._unsorted = True

    def reject(self, rule: str, node: Node, message: str, **more: str) -> None:
        """Adds a finding about `node`, and has later floors pass the node over."""
        self.add(rule, node, message, help=more.get("help", ""), mark=more.get("mark", ""))
        self.bad.add(id(node))

    def pass_over(self, node: Node) -> None:
        """Has later floors pass `node` over, and what is about it stay unsaid: it leans on what had its finding."""
        self._found_at(node.start)
        self.bad.add(id(node))

    def is_bad(self, node: Node) -> bool:
        """Whether the node already had its finding."""
        return node.broken or id(node) in self.bad

    def touched(self, node: Node) -> bool:
        """Whether something inside `node` already had a finding, so that what follows from it stays unsaid."""
        if self._unsorted:
            self._offsets.sort()
            self._unsorted = False
        following = bisect_left(self._offsets, node.start)
        return following < len(self._offsets) and self._offsets[following] < node.end

    @property
    def count(self) -> int:
        """How many findings there are."""
        return len(self._findings)

    @property
    def full(self) -> bool:
        """Whether no further finding is taken."""
        return len(self._findings) >= MOST_FINDINGS

    @property
    def findings(self) -> list[Finding]:
        """Everything found so far."""
        return list(self._findings)


def first_key(mapping: MappingNode) -> Node:
    """The first key of the mapping, which stands for the whole; the mapping itself where it has none."""
    for entry in mapping.entries:
        return entry.key
    return mapping


def did_you_mean(near: str, line: int | None = None) -> str:
    """``did you mean `x` (line 17)?``, or an empty string where nothing is near."""
    if not near:
        return ""
    return f"did you mean `{near}`" + (f" (line {line})?" if line else "?")


def line_of(node: Node) -> int:
    """The line the node begins on."""
    return node.span.line


def text_of(node: Node | None) -> str:
    """The characters of a scalar, an empty string for anything else."""
    return node.text if isinstance(node, Scalar) else ""
