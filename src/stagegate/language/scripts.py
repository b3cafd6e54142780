"""A commands file: what happened to one case, as YAML, for `stagegate run`.

    process: project-sales
    case: ACME-42
    open: {at: 2026-03-02T09:00:00+08:00, by: li.wei}
    commands:
      - {do: meet, criterion: interest_aroused, at: 2026-03-04T10:05:00+08:00, by: li.wei}

Read like a definition: every mistake is a finding with its place. What a case may not do is no mistake of the
file; the engine refuses it when the file is played.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from stagegate.diagnostics import Finding, Report, Severity, Source, Span
from stagegate.engine import commands
from stagegate.engine.commands import Command
from stagegate.language.command_shapes import COMMAND, MOMENT, TOLD
from stagegate.language.command_shapes import commands as commands_with
from stagegate.language.command_values import args_of, moment, subject_of, told, word
from stagegate.language.desk import MOST_FINDINGS, Desk, did_you_mean
from stagegate.language.process_names import ProcessNames
from stagegate.language.rules import RULES
from stagegate.language.shape_check import Scope, Walk
from stagegate.language.shapes import Anything, Field, ListOf, OneOf, Record, Refers, Words
from stagegate.language.silence import silence
from stagegate.language.text import parse
from stagegate.language.tree import Mapping, Node, Scalar, Sequence
from stagegate.model import Definition


class Line(NamedTuple):
    """One command, and the line and column at which it is written."""

    command: Command
    line: int
    column: int


class Script(NamedTuple):
    """A commands file that can be played: the process and case it names ("" if none), and what to do."""

    process: str
    case: str
    open: Line
    lines: tuple[Line, ...]


Lookup: TypeAlias = Callable[[str], Definition | None]

# --- what may stand in the file ------------------------------------------------------------------------

_AT: Final = Field(MOMENT, "When it is recorded.", required=True)
_RECORDS: Final = commands_with({"at": _AT, **TOLD})
_OPEN: Final = Record(
    "open",
    "`open`",
    {
        "start": Field(Refers("start"), "The stage to start at."),
        "at_stage": Field(Refers("earned"), "The stage an existing deal is placed at."),
        "skipped": Field(OneOf(("dropped", "owed")), "What becomes of what lies before that stage."),
        "at": _AT,
        **TOLD,
    },
)
_FILE: Final = Record(
    "commands file",
    "a commands file",
    {
        "process": Field(Words(), "The name of the process."),
        "case": Field(Words(), "The id of the case."),
        "open": Field(Anything(), "When and how the case is opened: `{at: 2026-03-02T09:00:00+08:00}`", required=True),
        "commands": Field(ListOf(Anything()), "What happened, in order.", required=True),
    },
)
_SEVERITIES: Final[dict[str, Severity]] = {rule.name: rule.severity for rule in RULES}
_HAS_COMMANDS = re.compile(r"^[\"']?commands[\"']?[ \t]*:", re.MULTILINE)
_IS_DEFINITION = re.compile(r"^[\"']?(?:stagegate|tracks)[\"']?[ \t]*:", re.MULTILINE)


def is_script(text: str) -> bool:
    """Whether a text says at its left edge that it is a commands file, and not that it is a definition."""
    return bool(_HAS_COMMANDS.search(text)) and not _IS_DEFINITION.search(text)


# --- reading ---------------------------------------------------------------------------------------------


def read_script(source: Source, definition: Definition | Lookup) -> tuple[Script | None, Report]:
    """The commands in a text, None if it has an error, and everything found.

    `definition` is the process to play them on, or gives it when asked with the name in the file, "" if it names
    none. Where it gives None only shapes and times are checked, and a note says so.
    """
    root, findings = parse(source)
    script = None
    if root is not None:
        desk = Desk(source.name, _SEVERITIES)
        known = definition if isinstance(definition, Definition) else _looked_up(root, definition, desk)
        script = _Reader(desk, known).file(root)
        findings = [*findings, *desk.findings]
    report = Report.of(silence(findings, source), (source,))
    return (None if report.has_errors else script), report


def _looked_up(root: Node, find: Lookup, desk: Desk) -> Definition | None:
    """The process the file names; a note where there is none."""
    node = root.get("process") if isinstance(root, Mapping) else None
    name = node.text if isinstance(node, Scalar) and isinstance(node.value, str) else ""
    found = find(name)
    if found is None:
        why = f"no process named `{name}` is known here" if name else "the file does not say for which `process:` it is"
        message = f"{why}, so the names in it are not checked"
        desk.add("unknown-process", node or Span.at(1, 1, 0), message, severity="note")
    return found


class _Reader:
    """Reads one file; every method tells the desk what is wrong."""

    def __init__(self, desk: Desk, definition: Definition | None) -> None:
        self.desk = desk
        self.definition = definition
        self.full = False  # the desk takes no more findings: what is not told any more must not pass for right
        self.names = None if definition is None else ProcessNames(definition, desk.file)
        self.types = {} if definition is None else {fact.id: fact.type for fact in definition.facts}

    def file(self, root: Node) -> Script | None:
        """The whole file."""
        if not isinstance(root, Mapping):
            if not root.broken:
                self.desk.reject("wrong-type", root, "a commands file must be a mapping with `open` and `commands`")
            return None
        Walk(self.desk).record(root, _FILE, None)
        self.process(root.get("process"))
        opened = root.get("open")
        first = None if opened is None else self.opening(opened)
        lines = self.commands(root.get("commands"))
        if first is None or lines is None:
            return None
        return Script(word(root, "process"), word(root, "case"), first, lines)

    def process(self, node: Node | None) -> None:
        """The file must be for the process it is played on."""
        if not isinstance(node, Scalar) or self.definition is None or self.desk.is_bad(node):
            return
        if node.text != self.definition.name:
            message = f"these commands are for `{node.text}`, not for `{self.definition.name}`"
            self.desk.reject("unknown-process", node, message, help="play them on the process they name")

    def opening(self, node: Node) -> Line | None:
        """How the case is opened."""
        if not isinstance(node, Mapping):
            self.desk.reject("wrong-type", node, "`open` takes a mapping with `at`")
            return None
        before = len(self.desk.findings)
        walk = Walk(self.desk)
        walk.record(node, _OPEN, None)
        self.resolve(walk, node)
        at = moment(node, "at")
        if len(self.desk.findings) > before or at is None:
            return None
        skipped: Any = word(node, "skipped") or "dropped"
        start, at_stage = word(node, "start"), word(node, "at_stage")
        command = commands.open_case(at, start=start, at_stage=at_stage, skipped=skipped, **told(node))
        return Line(command, *_place(node))

    def commands(self, node: Node | None) -> tuple[Line, ...] | None:
        """The list of commands, None if one of them cannot be read."""
        if not isinstance(node, Sequence):
            return None
        lines = [self.command(item) for item in node]
        return None if None in lines else tuple(line for line in lines if line is not None)

    def command(self, node: Node) -> Line | None:
        """One command."""
        if node.broken or self.full:
            return None
        if not isinstance(node, Mapping):
            self.desk.reject("wrong-type", node, "a command is a mapping such as `{do: meet, criterion: ..., at: ...}`")
            return None
        before = len(self.desk.findings)
        walk = Walk(self.desk, _RECORDS)
        walk.value(node, COMMAND, Scope("", node, None), "commands")
        self.resolve(walk, node)
        errors = [f for f in self.desk.findings[before:] if f.severity == "error"]
        self.full = len(self.desk.findings) >= MOST_FINDINGS
        broken = any(entry.value.broken for entry in node.entries)  # an alias, say: told before
        at = moment(node, "at")
        if errors or broken or self.full or at is None:
            return None
        kind = word(node, "do")
        command = Command(kind, subject_of(kind, node), at, args_of(kind, node, self.types), **told(node))
        return Line(command, *_place(node))

    def resolve(self, walk: Walk, node: Mapping) -> None:
        """Every id must be one of the process; a role that is none is told and taken."""
        if self.names is None:
            return
        self.names.resolve(walk.mentions.referred, self.desk)
        role, roles = node.get("role"), self.names.of("role")
        if isinstance(role, Scalar) and roles and role.text not in roles and not self.desk.is_bad(role):
            near = did_you_mean(self.desk.suggester.near(role.text, roles))
            self.desk.add("unknown-role", role, f"no role named `{role.text}`", help=near, severity="warning")


def _place(node: Mapping) -> tuple[int, int]:
    span = node.span
    return span.line, span.column


def finding_at(rule: str, source: Source, line: Line, message: str) -> Finding:
    """A finding about one command, for what only shows when it is played."""
    return Finding(rule, "error", message, source.name, Span.at(line.line, line.column))
