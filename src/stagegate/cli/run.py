"""`stagegate run`: plays a list of commands through a process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from stagegate.cli.files import load_process, read_text, show_report, write_file
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import leave, say, width

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.diagnostics import Source
    from stagegate.engine import Action, Reason, Step
    from stagegate.language.scripts import Line, Script
    from stagegate.process import Process


@click.command(
    "run",
    cls=Command,
    short_help="Play commands through a process.",
    examples=(
        "stagegate run project-sales examples/project-sales.commands.yaml",
        "stagegate run after-sales-repair examples/after-sales-repair.commands.yaml --journal R-1001.jsonl",
    ),
)
@click.argument("process")
@click.argument("commands", metavar="COMMANDS.yaml")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
@click.option("--journal", metavar="FILE", help="Write the journal there, one JSON object a line.")
@click.option("--save", metavar="FILE", help="Write the snapshot of the case there, as JSON.")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of titles.")
def command(process: str, commands: str, as_json: bool, journal: str | None, save: str | None, lang: str) -> None:
    """Play the commands of a file through PROCESS, and print for each what followed or every reason against it.

    At the end stand the position on every track, the chance, the gap to the buyer, the decisions, everything that is missing,
    with the line of the definition that demands it, and what can be done next. The file looks like this; `do` is a command of the engine, `at` needs a time zone:

    \b
      process: project-sales
      case: ACME-42
      open: {at: 2026-03-02T09:00:00+08:00, by: li.wei}
      commands:
        - {do: meet, criterion: interest_aroused, at: 2026-03-04T10:05:00+08:00}

    Refusals are no mistakes: exits with 0; with 1 when the file or the process has mistakes, 2 when one cannot be read.
    """  # noqa: D301
    loaded = load_process(process)
    source = read_text(commands)
    script = script_of(source, loaded)
    played = Played(loaded, source, script)
    if journal is not None:
        entries = (json.dumps(entry, ensure_ascii=False) for entry in played.case.to_journal())
        write_file(journal, "".join(f"{entry}\n" for entry in entries))
    if save is not None:
        write_file(save, json.dumps(played.case.to_dict(), ensure_ascii=False, indent=2) + "\n")

    if as_json:
        say(json.dumps(played.plain(), indent=2))
    else:
        show(played, lang)


def script_of(source: Source, process: Process) -> Script:
    """The commands of a file; its mistakes are shown, and end the command with 1."""
    from stagegate.language.scripts import read_script

    script, report = read_script(source, process.definition)
    if len(report):
        show_report(report)
    if script is None:
        leave(1)
    return script


Done = TypeVar("Done")


class Played:
    """A commands file that was played: the case, and each command with its step."""

    def __init__(self, process: Process, source: Source, script: Script) -> None:
        from stagegate.render.case_text import step_to_plain, summary_to_plain

        self.process = process
        self.script = script
        self.automatic = any(point.automatic for point in process.definition.decision_points())
        opening = partial(process.opened, script.case or "case", script.open.command)
        self.case: Case = self.trying(source, script.open, opening)
        self.opening = self.case.events()
        self.opened = summary_to_plain(self.case)
        self.waiting = [self.awaiting()]  # the automatic decisions that wait, after the opening and after each command
        self.steps: list[tuple[Line, Step, dict[str, Any]]] = []
        for line in script.lines:
            step = self.trying(source, line, partial(self.case.do, line.command))
            self.steps.append((line, step, step_to_plain(line.command, step, self.case)))
            self.waiting.append(self.awaiting())

    def awaiting(self) -> tuple[Action, ...]:
        """The automatic decisions that wait now."""
        if not self.automatic:
            return ()
        return tuple(action for action in self.case.next_actions() if action.kind == "await")

    def trying(self, source: Source, line: Line, do: Callable[[], Done]) -> Done:
        """Does something that may raise for a command the process cannot know; that is a mistake of the file."""
        from stagegate.diagnostics import Report
        from stagegate.errors import CommandError, UnknownNameError
        from stagegate.language.scripts import finding_at

        try:
            return do()
        except (CommandError, UnknownNameError) as error:
            show_report(Report.of([finding_at("bad-value", source, line, str(error))], [source]))
            leave(1)

    def plain(self) -> dict[str, Any]:
        """The whole of it as plain values."""
        from stagegate.engine.plain import command_to_plain, event_to_plain
        from stagegate.render.case_text import state_to_plain

        opening = {
            "line": self.script.open.line,
            "command": command_to_plain(self.script.open.command),
            "accepted": True,
            "events": [event_to_plain(event) for event in self.opening],
            "reasons": [],
            **self.opened,
        }
        return {
            "process": self.process.name,
            "version": self.process.version,
            "case": self.case.id,
            "commands": [opening, *({"line": line.line, **plain} for line, _, plain in self.steps)],
            "state": state_to_plain(self.case),
        }


def show(played: Played, language: str) -> None:
    """Writes text for people."""
    from stagegate.render.case_text import CaseText
    from stagegate.render.wrap import clean, indented

    text = CaseText(played.process.definition, language=language, columns=width())
    case: Case = played.case
    head = f"{played.process.name} {played.process.version}{text.say.then}{text.say('case')} {clean(case.id)}"
    say("\n".join(indented(head, width(), 0, 2)))
    say("")
    lines = [*text.headline(played.script.open.command, ""), *text.events(played.opening)]
    before, waited = played.opened, reasons_of(played.waiting[0])
    say("\n".join([*lines, *(each for action in played.waiting[0] for each in text.waiting(action))]))
    for (line, step, plain), waiting in zip(played.steps, played.waiting[1:], strict=True):
        say("\n".join(text.step(line.command, step)))
        after = {key: plain[key] for key in before}
        if after != before:
            say("\n".join(text.summary(after)))
        for action in waiting:
            if list(action.reasons) not in waited:
                say("\n".join(text.waiting(action)))
        before, waited = after, reasons_of(waiting)
    say("")
    say("\n".join(text.state(case)))


def reasons_of(waiting: Iterable[Action]) -> list[list[Reason]]:
    """Why each of the decisions waits; what was said once is not said again."""
    return [list(action.reasons) for action in waiting]
