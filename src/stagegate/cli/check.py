"""`stagegate check`: every mistake of definitions, commands files, and scenarios beside a definition."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stagegate.cli.files import cannot_read
from stagegate.cli.frame import Command
from stagegate.cli.terminal import Misuse, Progress, colored, complain, leave, say

if TYPE_CHECKING:
    from stagegate.diagnostics import Finding, Report, Source
    from stagegate.model import Definition
    from stagegate.render.findings import Format

STDIN: Final = "-"
STDIN_NAME: Final = "<stdin>"
MANY: Final = 20
FORMATS: Final = ("full", "concise", "json", "github", "sarif")


@click.command(
    "check",
    cls=Command,
    short_help="Show every mistake of definitions.",
    examples=("stagegate check definitions", "stagegate check --format concise --strict project-sales"),
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="full", show_default=True, help="How findings are written."
)
@click.option("--strict", is_flag=True, help="Count warnings as mistakes.")
def command(paths: tuple[str, ...], form: Format, strict: bool) -> None:
    """Show every mistake of definitions, with file, line and column.

    PATH is a file, a folder (every `*.yaml` below it, hidden folders and linked folders apart), the name of a bundled
    process, or `-` for the standard input. A file with `commands:` is checked as a commands file of `stagegate run`:
    against the process it names, if that is bundled or checked in the same call; one with `scenarios:` or `invariants:`
    and no `tracks:` against the definition in the same folder that it names, else the bundled one. `x.scenarios.yaml`
    beside `x.yaml` belongs to that one, and it is a mistake where it says another process.

    Exits with 0 when nothing is wrong, 1 with errors (or warnings, with --strict; notes never count), 2 when
    something cannot be read.
    """
    folders = Folders()
    files = list(dict.fromkeys(file for path in paths for file in folders.files(path)))
    checker = Checker()
    progress = Progress("checking")
    for done, file in enumerate(files):
        if len(files) > MANY and done % 5 == 0:
            progress.at(done, len(files))
        checker.file(file)
    if len(files) > MANY:
        progress.over()
    report = checker.report()
    show(report, form)
    leave(2 if checker.unreadable or folders.unreadable else exit_code(report, strict))


def show(report: Report, form: Format) -> None:
    """Writes the findings."""
    from stagegate.render.findings import render

    text = render(report, form, color=colored(sys.stdout))
    if text:
        say(text)


def exit_code(report: Report, strict: bool) -> int:
    """1 when something is wrong."""
    return int(report.has_errors or (strict and report.count("warning") > 0))


class Folders:
    """Finds the files that paths stand for, and remembers whether a folder could not be read."""

    def __init__(self) -> None:
        self.unreadable = False

    def files(self, path: str) -> Iterator[str]:
        """The files that a PATH stands for."""
        from stagegate.loading import yaml_below

        if path != STDIN and Path(path).is_dir():
            found = sorted(yaml_below(path, self.failed))
            if not found and not self.unreadable:
                raise Misuse(f"there is no .yaml file below `{path}`; name another folder, or a file")
            yield from found
        else:
            yield path

    def failed(self, error: OSError) -> None:
        """A folder cannot be read."""
        self.unreadable = True
        complain(cannot_read(error.filename, error))


class Checker:
    """Checks file after file, definitions at once and what leans on them when all definitions are known."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.unreadable = False
        self.definitions: dict[str, Definition] = {}
        self.scripts: list[Source] = []
        self.companions: dict[str, Source] = {}

    def file(self, path: str) -> None:
        """Checks one file, or says why it cannot be read."""
        from stagegate.errors import StagegateError

        try:
            source, findings = read(path)
        except OSError as error:
            self.unreadable = True
            complain(cannot_read(path, error))
            return
        except StagegateError as error:
            self.unreadable = True
            complain(str(error))
            return
        if source is None:
            self.findings(findings)
        else:
            self.text(source)

    def findings(self, findings: list[Finding]) -> None:
        """Keeps findings of a file that is no text."""
        from stagegate.diagnostics import Report

        self.reports.append(Report.of(findings))

    def text(self, source: Source) -> None:
        """Checks the text of a definition; a commands file, or one of scenarios, waits."""
        from stagegate.bundled import bundled_names, bundled_path
        from stagegate.language import check_source, is_companion, siblings

        if "commands" in source.text and is_script(source):
            self.scripts.append(source)
            return
        if is_companion(source.text):
            self.companions[source.name] = source
            return
        if "migrate" in source.text and is_plan_file(source):
            return  # what it says is held against two versions: `stagegate migrate` does
        definition, report = check_source(
            source, processes=lambda: siblings(source.name).union(bundled_names()), find=bundled_path
        )
        if definition is not None:
            self.definitions.setdefault(definition.name, definition)
            self.left_behind(source, definition.name)
        self.reports.append(report)

    def left_behind(self, source: Source, name: str) -> None:
        """Scenarios that are named like a definition and say another process are told with the definition."""
        from stagegate.bundled import COMPANION
        from stagegate.language import process_at
        from stagegate.language.text import read_source

        beside = Path(source.name).with_suffix(COMPANION)
        if source.name == STDIN_NAME or not beside.is_file() or process_at(beside) in ("", name):
            return
        companion, findings = read_source(beside)
        if companion is None:
            self.findings(findings)
        else:
            self.companions.setdefault(companion.name, companion)

    def report(self) -> Report:
        """Everything found."""
        from stagegate.diagnostics import Report

        self.reports.extend(self.script(source) for source in self.scripts)
        self.reports.extend(self.companion(source) for source in self.companions.values())
        self.scripts, self.companions = [], {}
        return Report.merge(self.reports)

    def script(self, source: Source) -> Report:
        """Checks a commands file against its process."""
        from stagegate.language.scripts import read_script

        return read_script(source, self.definition)[1]

    def companion(self, source: Source) -> Report:
        """Checks scenarios and invariants against the definition beside them, else the bundled one."""
        from stagegate.bundled import bundled_names, bundled_path
        from stagegate.language import definition_beside, read_companion
        from stagegate.language import read as read_definition

        def find(name: str) -> Definition | None:
            if source.name == STDIN_NAME:
                return self.definition(name)
            path = definition_beside(source.name, name) or bundled_path(name)
            return None if path is None else read_definition(path, processes=bundled_names, find=bundled_path)[0]

        return read_companion(source, find)[1]

    def definition(self, name: str) -> Definition | None:
        """The definition of a process checked in this call, or bundled."""
        from stagegate.bundled import bundled_names, bundled_path
        from stagegate.language import read as read_definition

        path = None if name in self.definitions or not name else bundled_path(name)
        if path is not None:
            definition = read_definition(path, processes=bundled_names, find=bundled_path)[0]
            if definition is not None:
                self.definitions[name] = definition
        return self.definitions.get(name)


def is_script(source: Source) -> bool:
    """Whether a text is a commands file; what reads those brings the engine along, so it is asked late."""
    from stagegate.language import scripts

    return scripts.is_script(source.text)


def is_plan_file(source: Source) -> bool:
    """Whether a text is the plan of a migration."""
    from stagegate.language.plans import is_plan

    return is_plan(source.text)


def read(path: str) -> tuple[Source | None, list[Finding]]:
    """The text of a path, bundled name or the standard input."""
    from stagegate.language.text import LARGEST_FILE, read_source, source_of
    from stagegate.loading import find

    if path == STDIN:
        return source_of(sys.stdin.buffer.read(LARGEST_FILE + 1), STDIN_NAME)
    return read_source(find(path))
