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
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias

from stagegate.conditions import FactType
from stagegate.diagnostics import Finding, Report, Severity, Source, Span
from stagegate.engine import commands
from stagegate.engine.commands import Command
from stagegate.language.desk import MOST_FINDINGS, Desk, did_you_mean
from stagegate.language.rules import RULES
from stagegate.language.shape_check import (
    Mention,
    Scope,
    _Walk,  # pyright: ignore[reportPrivateUsage]  # the walk over a record, for another grammar than that of definitions
)
from stagegate.language.shapes import Field, ListOf, MapOf, OneOf, Record, Refers, Shape, Words
from stagegate.language.silence import silence
from stagegate.language.text import parse
from stagegate.language.tree import Mapping, Node, Scalar, Sequence, to_plain
from stagegate.model import Definition

__all__ = ["Line", "Script", "is_script", "read_script", "value_of"]


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

_ANY = Words("any value")
_TIME = Words("a time with a zone such as `2026-03-02T09:00:00+08:00`")
_STRING = Words()
_EVIDENCE = MapOf(_ANY, ">document", least=1)
_TOLD: Final = {
    "at": Field(_TIME, "when it is recorded", required=True),
    "by": Field(_STRING, "the person or system"),
    "role": Field(Words(), "in which role"),
    "note": Field(_STRING, "a remark"),
    "key": Field(_STRING, "an idempotency key"),
    "happened": Field(_TIME, "when it took place, if before `at`"),
}


def _record(kind: str, **fields: Field) -> Record:
    return Record(
        kind, f"the command `{kind}`", {"do": Field(_STRING, "the command", required=True), **fields, **_TOLD}
    )


def _id(kind: str, about: str, *, required: bool = True) -> Field:
    return Field(Refers(kind), about, required)


_CRITERION = _id("criterion", "the criterion")
_GIVEN = Field(_EVIDENCE, "document -> where it is")
_REASON = Field(_STRING, "the reason")
_UNTIL = Field(_TIME, "until when")

_COMMANDS: Final[dict[str, Record]] = {
    record.name: record
    for record in (
        _record("meet", criterion=_CRITERION, evidence=_GIVEN),
        _record("retract", criterion=_CRITERION),
        _record("attach", criterion=_CRITERION, evidence=Field(_EVIDENCE, "document -> where it is", required=True)),
        _record("waive", criterion=_CRITERION, reason=_REASON, until=_UNTIL),
        _record("set_facts", facts=Field(MapOf(_ANY, ">fact", least=1), "fact -> value", required=True)),
        _record("observe", stage=_id("observed", "where the buyer stands"), source=Field(_STRING, "how it is known")),
        _record("complete", stage=_id("earned", "the stage")),
        _record("advance", track=_id("track", "the track, where several are manual", required=False)),
        _record("decide", decision=_id("decision", "the decision point"), outcome=_id("outcome", "the outcome"), reason=_REASON),
        _record(
            "jump",
            jump=_id("jump", "the jump"),
            answer=Field(OneOf(("willing", "unwilling")), "the answer to its probe"),
            to=_id("target", "the target, where any later one may be named", required=False),
        ),
        _record("loop_back", loop=_id("loop", "the loop, or the stage to repeat")),
        _record("skip", stage=_id("earned", "the stage")),
        _record("begin", activity=_id("activity", "the activity")),
        _record("finish", activity=_id("activity", "the activity"), result=_id("result", "its result", required=False)),
        _record("report", process=Field(Refers("procedure", r"."), "the sub-procedure", required=True), end=Field(_STRING, "its end", required=True)),
        _record("breach", prohibition=_id("prohibition", "the prohibition")),
        _record("hold", until=_UNTIL),
        _record("resume"),
        _record("end", end=_id("end", "the end"), reason=_REASON),
        _record("reopen", stage=_id("primary", "the stage")),
        _record("tick"),
    )
}  # fmt: skip
_OPEN: Final = Record(
    "open",
    "`open`",
    {
        "start": _id("start", "the stage to start at", required=False),
        "at_stage": _id("earned", "the stage an existing deal is placed at", required=False),
        "skipped": Field(OneOf(("dropped", "owed")), "what becomes of what lies before that stage"),
        **_TOLD,
    },
)
_FILE: Final = Record(
    "commands file",
    "a commands file",
    {
        "process": Field(_STRING, "the name of the process"),
        "case": Field(_STRING, "the id of the case"),
        "open": Field(_ANY, "when and how the case is opened: `{at: 2026-03-02T09:00:00+08:00}`", required=True),
        "commands": Field(ListOf(_ANY), "what happened, in order", required=True),
    },
)
_TIMES: Final = ("at", "happened", "until")
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


class _Shapes(_Walk):
    """The walk that also knows values of any kind."""

    def value(self, node: Node, shape: Shape, scope: Scope, key: str) -> None:
        if shape is not _ANY:
            super().value(node, shape, scope, key)


class _Reader:
    """Reads one file; every method tells the desk what is wrong."""

    def __init__(self, desk: Desk, definition: Definition | None) -> None:
        self.desk = desk
        self.definition = definition
        self.full = False  # the desk takes no more findings: what is not told any more must not pass for right
        self.names = {} if definition is None else _names(definition)

    def file(self, root: Node) -> Script | None:
        """The whole file."""
        if not isinstance(root, Mapping):
            if not root.broken:
                self.desk.reject("wrong-type", root, "a commands file must be a mapping with `open` and `commands`")
            return None
        self.shape(root, _FILE)
        self.process(root.get("process"))
        opened = root.get("open")
        first = None if opened is None else self.opening(opened)
        lines = self.commands(root.get("commands"))
        if first is None or lines is None:
            return None
        return Script(_word(root, "process"), _word(root, "case"), first, lines)

    def shape(self, node: Mapping, record: Record) -> list[Mention]:
        """Holds a mapping against a record; the ids it mentions."""
        walk = _Shapes(self.desk)
        walk.record(node, record, None)
        return walk.mentions.referred

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
        self.resolve(self.shape(node, _OPEN), "open", node)
        times = self.times(node)
        if len(self.desk.findings) > before or "at" not in times:
            return None
        skipped: Any = _word(node, "skipped") or "dropped"
        at = times.pop("at")
        start, at_stage = _word(node, "start"), _word(node, "at_stage")
        command = commands.open_case(at, start=start, at_stage=at_stage, skipped=skipped, **_told(node, times))
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
        kind = node.get("do")
        if kind is None:
            self.desk.add("missing-key", node, "a command needs the key `do`", help=_kinds_help())
            return None
        if not isinstance(kind, Scalar) or kind.text not in _COMMANDS:
            self.wrong_kind(kind)
            return None
        before = len(self.desk.findings)
        self.resolve(self.shape(node, _COMMANDS[kind.text]), kind.text, node)
        times = self.times(node)
        self.evidence(node, kind.text)
        errors = [f for f in self.desk.findings[before:] if f.severity == "error"]
        self.full = len(self.desk.findings) >= MOST_FINDINGS
        broken = any(entry.value.broken for entry in node.entries)  # an alias, say: told before
        return None if errors or broken or self.full else Line(self.built(kind.text, node, times), *_place(node))

    def wrong_kind(self, node: Node) -> None:
        """`do` names no command."""
        if not node.broken:
            text = node.text if isinstance(node, Scalar) else "this"
            near = self.desk.suggester.near(text, _COMMANDS)
            self.desk.reject("bad-value", node, f"no command named `{text}`", help=did_you_mean(near) or _kinds_help())

    # --- values ------------------------------------------------------------------------------------------

    def times(self, node: Mapping) -> dict[str, Any]:
        """The times of a command; a mistake in one is told."""
        found: dict[str, Any] = {}
        for key in _TIMES:
            value = node.get(key)
            if not isinstance(value, Scalar) or self.desk.is_bad(value) or not isinstance(value.value, str):
                continue
            try:
                moment = datetime.fromisoformat(value.text)
            except ValueError:
                message = f"`{key}` takes a time, not `{value.text[:40]}`"
                self.desk.reject("bad-value", value, message, help="write it as `2026-03-02T09:00:00+08:00`")
                continue
            if moment.tzinfo is None:
                hint = f"write `{moment.isoformat()}Z`, or an offset such as `+08:00`"
                self.desk.reject("bad-value", value, f"`{key}` is a time without a zone", help=hint)
                continue
            found[key] = moment
        return found

    def evidence(self, node: Mapping, kind: str) -> None:
        """Where a document is, is a text; `attach` may take one away with an empty value."""
        given = node.get("evidence")
        if not isinstance(given, Mapping):
            return
        for entry in given.entries:
            value = entry.value
            if value.broken or (isinstance(value, Scalar) and isinstance(value.value, str)):
                continue
            if kind == "attach" and isinstance(value, Scalar) and value.value is None:
                continue
            self.desk.reject("wrong-type", value, f"`{entry.key.text}` takes a text that says where the document is")

    def built(self, kind: str, node: Mapping, times: dict[str, Any]) -> Command:
        """The command of a mapping without mistakes."""
        at = times.pop("at")
        until = times.pop("until", None)
        told = _told(node, times)
        subject = (
            next((_word(node, key) for key in _SUBJECTS if key in node), "") if kind not in ("report", "jump") else ""
        )
        given = node.get("evidence")
        evidence: Any = to_plain(given) if given is not None else None
        if kind == "jump":
            answer: Any = _word(node, "answer") or None
            return commands.jump(_word(node, "jump"), at, answer=answer, to=_word(node, "to"), **told)
        if kind == "report":
            return commands.report(_word(node, "process"), _word(node, "end"), at, **told)
        if kind == "set_facts":
            return commands.set_facts(self.facts(node.get("facts")), at, **told)
        args: dict[str, Any] = {
            "evidence": evidence,
            "until": until,
            "outcome": _word(node, "outcome"),
            "reason": _word(node, "reason"),
            "source": _word(node, "source"),
            "result": _word(node, "result"),
        }
        kept = {key: value for key, value in args.items() if value not in (None, "")}
        return Command(kind, subject, at, kept or None, **told)

    def facts(self, node: Node | None) -> dict[str, Any]:
        """The facts given, each as a value of its declared type where it can be one."""
        types = {} if self.definition is None else {fact.id: fact.type for fact in self.definition.facts}
        if not isinstance(node, Mapping):
            return {}
        return {e.key.text: value_of(types.get(e.key.text), to_plain(e.value)) for e in node.entries}

    # --- names -------------------------------------------------------------------------------------------

    def resolve(self, mentions: Iterable[Mention], kind: str, node: Mapping) -> None:
        """Every id must be one of the process."""
        definition = self.definition
        if definition is None:
            return
        for mention in mentions:
            if not self.desk.is_bad(mention.node):
                self.one(mention, definition, node)
        role = node.get("role")
        roles = [each.id for each in definition.roles]
        if isinstance(role, Scalar) and roles and role.text not in roles and not self.desk.is_bad(role):
            near = did_you_mean(self.desk.suggester.near(role.text, roles))
            message = f"no role named `{role.text}`"
            self.desk.add("unknown-role", role, message, help=near, severity="warning")

    def one(self, mention: Mention, definition: Definition, node: Mapping) -> None:
        """One id."""
        rule, word, known = self.known(mention.kind, definition, node)
        name = mention.node.text
        if name in known:
            return
        near = self.desk.suggester.near(name, known)
        line = definition.where.get(f"{_WHERE.get(mention.kind, mention.kind)}:{near}", (0, 0))[0]
        hint = did_you_mean(near)
        if hint and line:
            hint = f"did you mean `{near}` ({definition.file}:{line})?"
        self.desk.reject(rule, mention.node, f"no {word} named `{name}`", help=hint or _listed(known))

    def known(self, kind: str, definition: Definition, node: Mapping) -> tuple[str, str, tuple[str, ...]]:
        """The rule an unknown name breaks, the word for the thing, and the names there are."""
        if kind == "outcome":
            decision = _word(node, "decision")
            points = [p for p in definition.decision_points() if p.id == decision]
            every = tuple(o.id for p in points or definition.decision_points() for o in p.outcomes)
            return "unknown-outcome", f"outcome of `{decision}`" if points else "outcome", every
        if kind == "result":
            name = _word(node, "activity")
            results = next((a.results for a in definition.activities if a.id == name), ())
            return "bad-value", f"result of `{name}`", results
        return _RULES[kind][0], _RULES[kind][1], self.names[kind]


_SUBJECTS: Final = ("criterion", "stage", "track", "decision", "loop", "activity", "prohibition", "end")
_WHERE: Final = {"observed": "stage", "earned": "stage", "primary": "stage", "start": "stage", "target": "stage"}
_RULES: Final = {
    "criterion": ("unknown-criterion", "criterion"),
    "document": ("unknown-document", "document"),
    "fact": ("unknown-fact", "fact"),
    "observed": ("unknown-stage", "stage of an observed track"),
    "earned": ("unknown-stage", "stage of an earned track"),
    "primary": ("unknown-stage", "stage of the track that ends the case"),
    "start": ("unknown-stage", "stage to start at"),
    "track": ("unknown-track", "earned track"),
    "decision": ("bad-value", "decision point"),
    "jump": ("bad-value", "jump"),
    "target": ("unknown-target", "stage or decision point"),
    "loop": ("bad-value", "loop or repeatable stage"),
    "activity": ("bad-value", "activity"),
    "procedure": ("unknown-process", "sub-procedure"),
    "prohibition": ("bad-value", "prohibition"),
    "end": ("unknown-end", "end"),
}


def _names(definition: Definition) -> dict[str, tuple[str, ...]]:
    """The names there are, by the kind of thing a command may name."""
    earned = [track for track in definition.tracks if not track.observed]
    primary = definition.primary
    procedures = [p for stage in definition.stages() for p in stage.procedures]
    procedures += [p for activity in definition.activities for p in activity.procedures]
    return {
        "criterion": tuple(c.id for c in definition.criteria()),
        "document": tuple(d.id for d in definition.documents),
        "fact": tuple(f.id for f in definition.facts),
        "observed": tuple(s.id for track in definition.tracks if track.observed for s in track.stages),
        "earned": tuple(s.id for track in earned for s in track.stages),
        "primary": () if primary is None else tuple(s.id for s in primary.stages),
        "start": tuple(
            stage.id
            for track in definition.tracks
            for stage in [s for s in track.stages if s.start] or list(track.stages[:1])
        ),
        "track": tuple(track.id for track in earned),
        "decision": tuple(d.id for d in definition.decision_points()),
        "jump": tuple(j.id for track in earned for j in track.jumps),
        "target": (
            *(stage.id for track in earned for stage in track.stages),
            *(point.id for track in earned for point in track.decision_points),
        ),
        "loop": (
            *(each.id for track in earned for each in track.loops),
            *(stage.id for stage in definition.stages() if stage.repeatable is not None),
        ),
        "activity": tuple(a.id for a in definition.activities),
        "procedure": tuple(dict.fromkeys(p.process for p in procedures)),
        "prohibition": tuple(p.id for s in definition.stages() for p in s.prohibitions),
        "end": tuple(e.id for e in definition.ends),
    }


def _kinds_help() -> str:
    return "a command is one of " + ", ".join(f"`{name}`" for name in _COMMANDS)


def _listed(known: tuple[str, ...]) -> str:
    if not known:
        return "the process has none"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return "there are " + ", ".join(f"`{name}`" for name in known[:12]) + more


def _word(node: Mapping, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, Scalar) and value.value is not None else ""


def _told(node: Mapping, times: dict[str, Any]) -> Any:
    told: dict[str, Any] = {key: _word(node, key) for key in ("by", "role", "note", "key")}
    return {**told, "happened": times.get("happened")}


def _place(node: Mapping) -> tuple[int, int]:
    span = node.span
    return span.line, span.column


# --- single values -----------------------------------------------------------------------------------------

_DURATION: Final = re.compile(r"(-?)(\d{1,20})(ms|us|s|m|h|d|w)")
_UNITS: Final = {
    "us": timedelta(microseconds=1),
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def value_of(type: FactType | None, value: Any) -> Any:
    """A plain value as one of a fact's type: times and durations are written as text.

    What does not fit stays as it is; the engine says why it cannot be taken.
    """
    if type is None or not isinstance(value, str):
        return value
    convert: Callable[[str], Any] | None = {"timestamp": _moment, "duration": _duration}.get(type.kind)
    found = None if convert is None else convert(value)
    return value if found is None else found


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found


def _duration(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    try:
        length = int(found[2]) * _UNITS[found[3]]
    except OverflowError:
        return None
    return -length if found[1] else length


def finding_at(rule: str, source: Source, line: Line, message: str) -> Finding:
    """A finding about one command, for what only shows when it is played."""
    return Finding(rule, "error", message, source.name, Span.at(line.line, line.column))
