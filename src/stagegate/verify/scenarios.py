"""Playing scenarios: a piece of a deal done on a process, and held against what must come of it.

What a scenario means is in docs/reference/scenarios.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import evolve, frozen

from stagegate.case import Case
from stagegate.engine import commands
from stagegate.engine.commands import Command
from stagegate.engine.results import Reason, Step
from stagegate.errors import CommandError, UnknownNameError
from stagegate.model import Instruction, Scenario, ScenarioStep
from stagegate.process import Process
from stagegate.verify.expectations import ACCEPTED, Row, Rows, Seen, of_reason, rows_of

OPENED: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When the case of a scenario is opened."""
PACE: Final = timedelta(minutes=1)
"""How long after the command before each command comes."""


@frozen
class Failure:
    """One thing that is not as a scenario says.

    `key` is the key of `then`, or `given` or `when` where a command was not accepted; then `command` is that command
    and `reasons` say why, none where it could not be understood at all. `rows` put what was expected beside what was
    found. `where` is line and column in the scenario's file, `message` the whole of it as a sentence in English.
    """

    key: str
    rows: Rows
    message: str
    where: tuple[int, int] = (0, 0)
    command: Command | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def expected(self) -> str:
        """What was expected, as a short text."""
        return ", ".join(row.expected for row in self.rows if row.expected) or "nothing"

    @property
    def actual(self) -> str:
        """What was found instead, as a short text."""
        return ", ".join(row.found for row in self.rows if row.found) or "nothing"


@frozen(eq=False)
class Played:
    """A scenario that was played: what failed, the commands with their steps, and the case as it stands then.

    `case` is None where the case could not be opened. `steps` holds what was done after the opening, up to the first command
    that should have been accepted and was not.
    """

    scenario: Scenario
    failures: tuple[Failure, ...]
    case: Case | None
    steps: tuple[tuple[Command, Step], ...]

    @property
    def passed(self) -> bool:
        """Whether everything came as the scenario says."""
        return not self.failures


def play(process: Process, scenario: Scenario) -> Played:
    """Plays a scenario on a process. Never raises for what stands in the scenario; every failed expectation is told."""
    player = _Player(process, scenario)
    player.play()
    return Played(scenario, tuple(player.failures), player.case, tuple(player.steps))


def command_of(instruction: Instruction, at: datetime) -> Command:
    """The command an instruction stands for, told at a time; raises `CommandError` for one that cannot be built."""
    told: dict[str, Any] = dict(instruction.told)
    return Command(instruction.kind, instruction.subject, at, instruction.args, **told)


def time_of(instruction: Instruction, before: datetime) -> datetime:
    """When a command is told: at its own time, or a minute after the one before, having waited as long as it says."""
    return instruction.at or before + (instruction.after or timedelta()) + PACE


class _Player:
    """Plays one scenario once."""

    def __init__(self, process: Process, scenario: Scenario) -> None:
        self.process = process
        self.scenario = scenario
        self.case: Case | None = None
        self.now = OPENED
        self.steps: list[tuple[Command, Step]] = []
        self.failures: list[Failure] = []

    def play(self) -> None:
        case = self.opened()
        if case is None:
            return
        self.case = case
        seen = self.told(case, self.scenario.given, "given", Seen(case, case.events(), None))
        for step in self.scenario.steps:
            if seen is None:
                return
            seen = self.told(case, step.when, "when", evolve(seen, reasons=None), may_refuse=expects_refusal(step))
            if seen is not None:
                self.compare(step, seen)

    def opened(self) -> Case | None:
        """The case, opened as the scenario says."""
        told = self.scenario
        try:
            opening = commands.open_case(OPENED, start=told.start, at_stage=told.at_stage, skipped=told.skipped)
            return self.process.opened(told.id or "scenario", opening)
        except (CommandError, UnknownNameError) as error:
            self.broken("given", told.where, error)
            return None

    def told(
        self, case: Case, instructions: Iterable[Instruction], key: str, seen: Seen, *, may_refuse: bool = False
    ) -> Seen | None:
        """Does commands; what is seen after the last, None where one was not accepted that should have been."""
        wanted = list(instructions)
        for number, instruction in enumerate(wanted, start=1):
            try:
                self.now = time_of(instruction, self.now)
                command = command_of(instruction, self.now)
                step = case.do(command)
            except (CommandError, UnknownNameError) as error:
                self.broken(key, instruction.where, error)
                return None
            except OverflowError:
                self.broken(key, instruction.where, CommandError("it comes after the year 9999"))
                return None
            self.steps.append((command, step))
            if not step.accepted and not (may_refuse and number == len(wanted)):
                self.refused(key, instruction, command, step)
                return None
            seen = Seen(case, step.events, step.reasons)
        return seen

    def compare(self, step: ScenarioStep, seen: Seen) -> None:
        """Holds every expectation of a step against what is seen."""
        for expectation in step.then:
            rows = rows_of(expectation, seen)
            if all(row.holds for row in rows):
                continue
            failure = Failure(expectation.key, rows, "", expectation.where)
            message = f"`{failure.key}` should be {failure.expected}, and is {failure.actual}"
            self.failures.append(Failure(expectation.key, rows, message, expectation.where))

    def refused(self, key: str, instruction: Instruction, command: Command, step: Step) -> None:
        """A command should have been accepted."""
        against = [of_reason(reason) for reason in step.reasons]
        rows = tuple(Row("" if i else ACCEPTED, each, False) for i, each in enumerate(against))
        message = f"`{named(command)}` is refused: {'; '.join(reason.message for reason in step.reasons)}"
        self.failures.append(Failure(key, rows, message, instruction.where, command, step.reasons))

    def broken(self, key: str, where: tuple[int, int], error: Exception) -> None:
        """A command cannot be understood by this process."""
        self.failures.append(Failure(key, (Row(ACCEPTED, "", False),), str(error), where))


def expects_refusal(step: ScenarioStep) -> bool:
    """Whether the last command of a step may be refused."""
    return any(each.key == "refused" for each in step.then)


def named(command: Command) -> str:
    """A command in two words, `meet survey_done`."""
    return f"{command.kind} {command.subject}".strip()
