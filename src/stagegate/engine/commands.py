"""What may happen to a case: commands, as plain values.

One class holds every command, so that a journal, a file and a program all carry the same thing;
the functions below build them with the right arguments. Every command has `at`, an aware datetime:
when it is recorded. `happened` may say that it took place before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final, Literal, TypedDict, Unpack

from stagegate.errors import CommandError

Answer = Literal["willing", "unwilling"]
FactValue = Any  # bool, int, float, str, aware datetime, timedelta, a list of these, or None to forget

KINDS: Final = (
    "open",
    "meet",
    "retract",
    "attach",
    "waive",
    "set_facts",
    "observe",
    "complete",
    "advance",
    "decide",
    "jump",
    "loop_back",
    "skip",
    "begin",
    "finish",
    "report",
    "breach",
    "hold",
    "resume",
    "end",
    "reopen",
    "tick",
)  # fmt: skip
MIGRATE: Final = "migrate"  # told in journals only, by `stagegate.versions`: no `step` does it


class Told(TypedDict, total=False):
    """Who told it and how: may stand on every command."""

    by: str  # the person or system
    role: str  # in which role; waivers and outcomes may ask for one
    note: str
    key: str  # an idempotency key: the same key and command again changes nothing
    happened: datetime | None  # when it took place, if before `at`


class Command:
    """One command: a kind, what it is about, further arguments, and when, by whom and why.

    `subject` is the id the command is about ("" where it has none), `args` the rest by name.
    Equality compares everything. Raises `CommandError` for a time without a time zone.
    """

    __slots__ = ("args", "at", "by", "happened", "key", "kind", "note", "plain", "role", "subject")

    kind: str
    subject: str
    args: Mapping[str, Any]
    at: datetime
    by: str
    role: str
    note: str
    key: str
    happened: datetime | None
    plain: bool  # no key, no earlier time, nothing to look up first

    def __init__(
        self,
        kind: str,
        subject: str,
        at: datetime,
        args: Mapping[str, Any] | None = None,
        by: str = "",
        role: str = "",
        note: str = "",
        key: str = "",
        happened: datetime | None = None,
    ) -> None:
        if type(at) is not datetime or type(at.tzinfo) is not timezone:
            at = fixed(at, "at", kind)
        if happened is not None:
            happened = fixed(happened, "happened", kind)
        if not isinstance(subject, str):
            raise CommandError(f"what `{kind!s:.40}` is about is a name, not {subject!r:.60}")
        if args is not None and not isinstance(args, Mapping):
            raise CommandError(f"the arguments of `{kind!s:.40}` are a mapping, not {args!r:.60}")
        if by or role or note or key:
            check_texts(kind, by=by, role=role, note=note, key=key)
        self.kind = kind
        self.subject = subject
        self.at = at
        self.args = NO_ARGS if not args else {name: copied(value) for name, value in args.items()}
        self.by = by
        self.role = role
        self.note = note
        self.key = key
        self.happened = happened
        self.plain = happened is None and not key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Command):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Command.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        extra = "".join(f", {k}={v!r}" for k, v in self.args.items())
        told = "".join(f", {k}={getattr(self, k)!r}" for k in ("by", "role", "note", "key") if getattr(self, k))
        subject = repr(self.subject) if self.subject else ""
        return f"{self.kind}({(subject + extra + told).removeprefix(', ')}{', ' if subject or extra or told else ''}at={self.at.isoformat()})"


NO_ARGS: Final[Mapping[str, Any]] = {}


def fixed(at: datetime, name: str, kind: str) -> datetime:
    """A time with its offset fixed, so that differences are true across a change of the clocks.

    Raises `CommandError` for anything that is not a datetime with a time zone.
    """
    if not isinstance(at, datetime):
        raise CommandError(f"`{name}` of `{kind!s:.40}` is a datetime, not {at!r:.60}")
    offset = at.utcoffset()
    if offset is None:
        raise CommandError(f"`{kind!s:.40}` needs a time with a time zone, such as datetime.now(timezone.utc)")
    return at.replace(tzinfo=timezone(offset), fold=0)


def check_texts(kind: str, **texts: object) -> None:
    """Raises `CommandError` when who told it, or how, is not a text."""
    for name, value in texts.items():
        if not isinstance(value, str):
            raise CommandError(f"`{name}` of `{kind}` is a text, not {value!r:.60}")


def _args(**values: Any) -> Mapping[str, Any]:
    """The arguments that were given, without the empty ones."""
    return {name: value for name, value in values.items() if value not in (None, "", {}, ())} or NO_ARGS


def with_evidence(evidence: Mapping[str, str | None] | None) -> Mapping[str, Any] | None:
    """The arguments of a command that carries evidence; a copy, so that nobody changes it later."""
    if not evidence:
        return None
    return {"evidence": copied(evidence)}


def copied(value: object) -> Any:
    """A copy of a mapping, lists in it as tuples; anything else as it is, for the step to tell that it is not one."""
    if not isinstance(value, Mapping):
        return value
    return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}


def open_case(
    at: datetime,
    *,
    start: str = "",
    at_stage: str = "",
    skipped: Literal["dropped", "owed"] = "dropped",
    **told: Unpack[Told],
) -> Command:
    """Open a case: at the start, at the start stage `start`, or placed at `at_stage` (semantics 13)."""
    return Command("open", "", at, _args(start=start, at_stage=at_stage, skipped=skipped if at_stage else ""), **told)


def meet(criterion: str, at: datetime, *, evidence: Mapping[str, str] | None = None, **told: Unpack[Told]) -> Command:
    """Report a criterion as done, with what proves it: document id -> where it is."""
    return Command("meet", criterion, at, with_evidence(evidence), **told)


def retract(criterion: str, at: datetime, **told: Unpack[Told]) -> Command:
    """Take a report, or a waiver, back (R18)."""
    return Command("retract", criterion, at, **told)


def attach(criterion: str, at: datetime, *, evidence: Mapping[str, str | None], **told: Unpack[Told]) -> Command:
    """Attach documents to a criterion or appraisal item; None takes one away."""
    return Command("attach", criterion, at, with_evidence(evidence) or {"evidence": {}}, **told)


def waive(
    criterion: str, at: datetime, *, reason: str = "", until: datetime | None = None, **told: Unpack[Told]
) -> Command:
    """Do without a criterion, for a reason, optionally until a date (semantics 9)."""
    return Command("waive", criterion, at, _args(reason=reason, until=until), **told)


def set_facts(facts: Mapping[str, FactValue], at: datetime, **told: Unpack[Told]) -> Command:
    """Give facts; None forgets one."""
    return Command("set_facts", "", at, {"facts": copied(facts)}, **told)


def observe(stage: str, at: datetime, *, source: str = "", **told: Unpack[Told]) -> Command:
    """Record where the buyer stands, and how that is known (R28)."""
    return Command("observe", stage, at, _args(source=source), **told)


def complete(stage: str, at: datetime, **told: Unpack[Told]) -> Command:
    """Mark a stage that has no exit criteria as completed (R4)."""
    return Command("complete", stage, at, **told)


def advance(at: datetime, *, track: str = "", **told: Unpack[Told]) -> Command:
    """Try the next step of a manual track; `track` is needed where several are manual."""
    return Command("advance", track, at, **told)


def decide(decision: str, outcome: str, at: datetime, *, reason: str = "", **told: Unpack[Told]) -> Command:
    """Take an outcome of a decision point; `reason` where it leads to an end that asks for one."""
    return Command("decide", decision, at, _args(outcome=outcome, reason=reason), **told)


def jump(jump: str, at: datetime, *, answer: Answer | None = None, to: str = "", **told: Unpack[Told]) -> Command:
    """Jump ahead, with the buyer's answer to the probe, and the target where any later one may be named (R31)."""
    return Command("jump", jump, at, _args(answer=answer, to=to), **told)


def loop_back(loop: str, at: datetime, **told: Unpack[Told]) -> Command:
    """Go back by a declared loop, or repeat the repeatable stage named (R32, R35)."""
    return Command("loop_back", loop, at, **told)


def skip(stage: str, at: datetime, **told: Unpack[Told]) -> Command:
    """Pass an optional stage over."""
    return Command("skip", stage, at, **told)


def begin(activity: str, at: datetime, **told: Unpack[Told]) -> Command:
    """Begin an activity (R39)."""
    return Command("begin", activity, at, **told)


def finish(activity: str, at: datetime, *, result: str = "", **told: Unpack[Told]) -> Command:
    """Finish an activity, with its result."""
    return Command("finish", activity, at, _args(result=result), **told)


def report(process: str, end: str, at: datetime, *, stage: str = "", **told: Unpack[Told]) -> Command:
    """Report the end of a sub-procedure; it may meet criteria. `stage` is the stage or activity it was done for, "" for all."""
    return Command("report", process, at, _args(end=end, stage=stage), **told)


def breach(prohibition: str, at: datetime, **told: Unpack[Told]) -> Command:
    """Record that a prohibition was broken: a warning, never a move (R48)."""
    return Command("breach", prohibition, at, **told)


def hold(at: datetime, *, until: datetime | None = None, **told: Unpack[Told]) -> Command:
    """Hold the case; `until` only reminds."""
    return Command("hold", "", at, _args(until=until), **told)


def resume(at: datetime, **told: Unpack[Told]) -> Command:
    """Go on after a hold."""
    return Command("resume", "", at, **told)


def end(end: str, at: datetime, *, reason: str = "", **told: Unpack[Told]) -> Command:
    """End the case by command, where the end allows it (R41)."""
    return Command("end", end, at, _args(reason=reason), **told)


def reopen(stage: str, at: datetime, **told: Unpack[Told]) -> Command:
    """Open an ended case again at a named stage (R42)."""
    return Command("reopen", stage, at, **told)


def tick(at: datetime, **told: Unpack[Told]) -> Command:
    """Ask what has become due; journalled only when it reports something."""
    return Command("tick", "", at, **told)
