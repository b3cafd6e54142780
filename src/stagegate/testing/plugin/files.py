"""The file of a definition: whether it is one, what stands in it, and the items it gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

from stagegate.bundled import COMPANION
from stagegate.language import definition_beside, is_definition, process_in
from stagegate.loading import Suite, suites
from stagegate.model import Definition
from stagegate.process import Process
from stagegate.testing.plugin.items import (
    CheckItem,
    DefinitionItem,
    InvariantItem,
    ProofItem,
    PropertyItem,
    ScenarioItem,
)
from stagegate.testing.plugin.properties import PROPERTIES
from stagegate.testing.plugin.texts import from_here
from stagegate.verify.answers import Answer
from stagegate.verify.examine import examine, questions

_HEAD: Final = 64 * 1024
_SAYS_SO: Final = re.compile(r"^(?:\{\s*)?[\"']?stagegate[\"']?[ \t]*:[ \t]*[^\s#]", re.MULTILINE)
"""At the left edge, or in braces; with a value on its line, which a service or section called stagegate has not."""


def is_collected(path: Path, *, named: bool) -> bool:
    """Whether a file is tested by itself: a definition, or scenarios whose definition does not stand beside them.

    A file that is `named` is also tested when it cannot be read, and when it holds scenarios of a definition beside it.
    """
    try:
        head = head_of(path)
    except OSError:
        return named
    if stands_beside(path):
        process = process_in(head)
        return process != "" and (named or definition_beside(path, process) is None)
    return _SAYS_SO.search(head) is not None or (named and is_definition(head))


def head_of(path: Path) -> str:
    """The first part of a file, as far as ASCII goes whatever it is encoded in."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    plain = head.replace(b"\0", b"").replace(b"\r", b"\n").lstrip(b"\xef\xbb\xbf\xff\xfe")
    return plain.decode("utf-8", "replace")


class DefinitionFile(pytest.File):
    """A definition, with the scenarios and invariants that stand in it and beside it."""

    @cached_property
    def suite(self) -> Suite:
        """What stands in it; raises the OSError of a file that cannot be read."""
        (suite,) = suites([from_here(self.path)])
        return suite

    @cached_property
    def proofs(self) -> Mapping[tuple[str, str], Answer]:
        """The answers to what nobody has to ask, by kind and id: sought once, when the first is asked for."""
        assert self.suite.process is not None
        return {(answer.kind, answer.id): answer for answer in examine(self.suite.process)}

    def collect(self) -> Iterator[DefinitionItem]:
        """Its items. Nothing is searched, played or proved here."""
        yield CheckItem.from_parent(self, name="check")
        try:
            process = self.suite.process
        except OSError:
            return  # the item above says so
        if process is None:
            return
        for scenario in self.suite.scenarios:
            yield ScenarioItem.from_parent(self, name=f"scenario[{scenario.id}]", scenario=scenario)
        for invariant in self.suite.invariants:
            yield InvariantItem.from_parent(self, name=f"{invariant.kind}[{invariant.id}]", invariant=invariant)
        if not stands_beside(self.path):
            yield from self.of_every_process(process)

    def of_every_process(self, process: Process) -> Iterator[DefinitionItem]:
        """The proofs that nobody has to ask for, and the properties."""
        for kind, id in questions(process.definition):
            where = place_in(process.definition, id)
            yield ProofItem.from_parent(self, name=f"{kind}[{id}]", question=(kind, id), where=where)
        for name in PROPERTIES:
            yield PropertyItem.from_parent(self, name=f"property[{name}]", property=name)


def stands_beside(path: Path) -> bool:
    """Whether a file holds scenarios and invariants of a definition elsewhere."""
    return path.name.endswith(COMPANION)


def place_in(definition: Definition, id: str) -> tuple[int, int]:
    """Where what a question is about is written: a stage, outcome, jump, criterion, ...; the first line if nowhere."""
    kinds = ("stage", "outcome", "jump", "loop", "end", "decision", "criterion")
    name = id.removesuffix(".applies_when")
    return next((definition.where[key] for kind in kinds if (key := f"{kind}:{name}") in definition.where), (1, 1))
