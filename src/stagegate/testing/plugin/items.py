"""The items of a definition: its findings, its scenarios, the answers about it, and the properties of its cases."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stagegate.diagnostics import Finding
from stagegate.model import Invariant, Scenario
from stagegate.process import Process
from stagegate.render.wrap import clean
from stagegate.testing.plugin import StagegateWarning, place, shown
from stagegate.testing.plugin.texts import (
    answer_lines,
    check_lines,
    property_lines,
    scenario_lines,
    unreadable,
)
from stagegate.verify.answers import Answer
from stagegate.verify.coverage import Coverage
from stagegate.verify.prove import prove
from stagegate.verify.scenarios import play

if TYPE_CHECKING:
    from stagegate.loading import Suite
    from stagegate.testing.plugin.files import DefinitionFile


class Wrong(Exception):
    """An item has failed; its text is the whole of what is shown."""


class DefinitionItem(pytest.Item):
    """One thing that is tested about a definition. `where` is line and column, of `file` or else of the definition."""

    kind: ClassVar[str]
    parent: DefinitionFile

    def __init__(
        self, *, name: str, parent: DefinitionFile, where: tuple[int, int] = (1, 1), file: str = "", **given: Any
    ) -> None:
        # The id as a whole, so that pytest takes the brackets in it as it does in those of other tests.
        super().__init__(name=name, parent=parent, nodeid=f"{parent.nodeid}::{name}", **given)
        self.where = (Path(file).absolute() if file else self.path, where[0])
        self.add_marker("stagegate")
        self.add_marker(f"stagegate_{self.kind}")
        self.stash[place] = (str(self.where[0]), self.where[1])

    @property
    def suite(self) -> Suite:
        """What stands in the file."""
        return self.parent.suite

    @property
    def process(self) -> Process:
        """The process; only items of definitions without errors ask for it."""
        process = self.suite.process
        assert process is not None
        return process

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        path, line = self.where
        return path, max(0, line - 1), self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is wrong, in words; how Python came to it only where that was not foreseen."""
        if isinstance(excinfo.value, Wrong):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def saw(self, coverage: Coverage) -> None:
        """Reports what of the process was seen."""
        self.stash[shown] = coverage.written()


class CheckItem(DefinitionItem):
    """The findings of `stagegate check`: errors fail, warnings warn."""

    kind = "check"

    def runtest(self) -> None:
        """Checks the definition, and the files of scenarios beside it."""
        try:
            report = self.suite.report
        except OSError as error:
            raise Wrong(unreadable(self.path, error)) from None
        strict = bool(self.config.getini("stagegate_strict"))
        if report.has_errors or (strict and report.count("warning")):
            raise Wrong("\n".join(check_lines(report)))
        for finding in report:
            if finding.severity == "warning":
                warn(finding)


def warn(finding: Finding) -> None:
    """Tells a warning at its place in the definition."""
    message = StagegateWarning(f"{finding.rule}: {clean(finding.message)} (column {finding.span.column})")
    warnings.warn_explicit(message, StagegateWarning, finding.file, finding.span.line)


class ScenarioItem(DefinitionItem):
    """A scenario, played."""

    kind = "scenario"

    def __init__(self, *, scenario: Scenario, **given: Any) -> None:
        super().__init__(where=scenario.where, file=scenario.file, **given)
        self.scenario = scenario

    def runtest(self) -> None:
        """Plays it."""
        played = play(self.process, self.scenario)
        if played.case is not None:
            coverage = Coverage(self.process.tables)
            coverage.see_all([played.case.journal[0].command, *(command for command, _ in played.steps)])
            self.saw(coverage)
        if not played.passed:
            raise Wrong("\n".join(scenario_lines(self.suite, played)))


class AnswerItem(DefinitionItem):
    """The answer to one question about a process."""

    def answer(self) -> Answer:
        """The answer."""
        raise NotImplementedError

    def runtest(self) -> None:
        """Fails when the answer is `broken`; what is undecided is skipped, or fails where that is configured."""
        answer = self.answer()
        strict = self.config.getini("stagegate_undecided") == "fail"
        if answer.verdict == "broken" or (answer.verdict == "undecided" and strict):
            raise Wrong("\n".join(answer_lines(self.suite, answer)))
        if answer.verdict == "undecided":
            pytest.skip(f"undecided: {clean(answer.reason)}")


class InvariantItem(AnswerItem):
    """An invariant."""

    kind = "invariant"

    def __init__(self, *, invariant: Invariant, **given: Any) -> None:
        super().__init__(where=invariant.where, file=invariant.file, **given)
        self.invariant = invariant

    def answer(self) -> Answer:
        """Proves this one alone."""
        (answer,) = prove(self.process, [self.invariant])
        return answer


class ProofItem(AnswerItem):
    """A proof that nobody has to ask for."""

    kind = "proof"

    def __init__(self, *, question: tuple[str, str], **given: Any) -> None:
        super().__init__(**given)
        self.question = question

    def answer(self) -> Answer:
        """One of those that are sought together."""
        return self.parent.proofs[self.question]


class PropertyItem(DefinitionItem):
    """A property that holds whatever happens to a case."""

    kind = "property"

    def __init__(self, *, property: str, **given: Any) -> None:
        super().__init__(**given)
        self.property = property
        if find_spec("hypothesis") is None:
            reason = "it needs Hypothesis: pip install 'stagegate[testing]'"
            self.add_marker(pytest.mark.skip(reason=reason))

    def runtest(self) -> None:
        """Looks for a deal that breaks it."""
        from stagegate.testing.plugin.random_deals import broken

        coverage = Coverage(self.process.tables)
        try:
            found = broken(self.process, self.property, self.nodeid, coverage)
        finally:
            self.saw(coverage)
        if found is not None:
            raise Wrong("\n".join(property_lines(self.suite, self.property, found)))
