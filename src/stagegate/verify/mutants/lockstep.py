"""Two processes side by side: the same commands given to both, until one of them answers otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from stagegate.engine.actions import actions_now
from stagegate.engine.commands import Command
from stagegate.engine.pairs import gap_of, gap_state
from stagegate.engine.questions import chance, debts, missing, position, statuses
from stagegate.engine.results import Step
from stagegate.engine.snapshot import Snapshot
from stagegate.engine.step import start, step
from stagegate.engine.tables import Tables
from stagegate.errors import CommandError, UnknownNameError


class Difference(NamedTuple):
    """The first thing that differs: what it is, how it is in the original, and in the mutant."""

    what: str
    original: str
    mutant: str


class Done(NamedTuple):
    """What came of one command: the snapshot and the step, None where the process does not know a name in it."""

    command: Command
    snapshot: Snapshot | None
    step: Step | None

    @property
    def accepted(self) -> bool:
        """Whether it was accepted."""
        return self.step is not None and self.step.accepted


Looks = tuple[tuple[str, Any], ...]  # what can be asked of a case: what it is called, and the answer


def opened(tables: Tables, command: Command) -> Done:
    """A case opened with a command."""
    try:
        made = start(tables, command)
    except (CommandError, UnknownNameError):
        return Done(command, None, None)
    return Done(command, made.snapshot, made)


def stepped(tables: Tables, snapshot: Snapshot, command: Command) -> Done:
    """One command done on a case."""
    try:
        made = step(tables, snapshot, command)
    except (CommandError, UnknownNameError):
        return Done(command, snapshot, None)
    return Done(command, made.snapshot, made)


def difference(original: tuple[Tables, Done], mutant: tuple[Tables, Done]) -> Difference | None:
    """What a scenario could tell apart after the same command done on both, None if nothing.

    After an opening it is where the case stands, since scenarios tell the events of later commands only.
    """
    (one, done), (other, also) = original, mutant
    answered = answers_apart(done, also)
    opens = done.command.kind == "open" and also.accepted
    if not done.accepted or done.snapshot is None or also.snapshot is None or (answered is not None and not opens):
        return answered
    return looks_apart(looks(one, done.snapshot), looks(other, also.snapshot)) or answered


def answers_apart(done: Done, also: Done) -> Difference | None:
    """How the answers of two processes to one command differ, None if they do not."""
    return looks_apart(answer(done), answer(also))


def looks_apart(one: Looks, other: Looks) -> Difference | None:
    """The first of two rows of named values that differs."""
    if one == other:
        return None
    what, a, b = next((what, a, b) for (what, a), (_, b) in zip(one, other, strict=True) if a != b)
    if isinstance(a, dict) and isinstance(b, dict):
        name = next(name for name in (*a, *b) if a.get(name) != b.get(name))
        return Difference(f"{what} {name}", shown(a.get(name)), shown(b.get(name)))
    return Difference(what, shown(a), shown(b))


def shown(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def answer(done: Done) -> Looks:
    """What a process answers to a command."""
    if done.step is None:
        return (("the last command", "no such name"), ("events", ()))
    reasons = sorted({f"{r.code} {r.subject}".strip() for r in done.step.reasons})
    return (
        ("the last command", "accepted" if done.step.accepted else f"refused, {', '.join(reasons)}"),
        ("events", tuple(f"{e.kind} {e.subject}".strip() for e in done.step.events)),
    )


def looks(tables: Tables, snapshot: Snapshot) -> Looks:
    """What can be asked of a case."""
    return (*stands(tables, snapshot), ("criterion", statuses(tables, snapshot)))


def stands(tables: Tables, snapshot: Snapshot) -> Looks:
    """What can be asked of a case without looking at its criteria."""
    rest = snapshot.rest
    return (
        *(("position", where(tables, snapshot, table.track.id)) for table in tables.tracks),
        ("ended", rest.ended),
        ("won", rest.won),
        ("chance", chance(tables, snapshot)),
        ("gap", gap_told(tables, snapshot)),
        ("taken", dict(rest.counts)),
    )


def gap_told(tables: Tables, snapshot: Snapshot) -> int | str:
    """The gap as a number, else its state, "" where there is none."""
    if tables.gap_tracks is None or snapshot.rest.ended:
        return ""
    gap = gap_of(tables, snapshot.places, snapshot.rest)
    return gap_state(gap) if gap is None else gap


def where(tables: Tables, snapshot: Snapshot, track: str) -> str:
    """Where a case stands on a track, with the visit from the second on."""
    now = position(tables, snapshot, track)
    return f"{now}, visit {now.visit}" if now.visit > 1 else str(now)


def offers(tables: Tables, snapshot: Snapshot) -> Looks:
    """What a case offers and lacks: the next actions that are allowed, what is missing, what is owed."""
    allowed = [action for action in actions_now(tables, snapshot) if action.allowed]
    return (
        ("action", {".".join(filter(None, (f"{a.kind} {a.subject}", a.option))): "offered" for a in allowed}),
        ("missing", {item.id: "missing" for item in missing(tables, snapshot)}),
        ("debt", {item.id: "owed" for item in debts(tables, snapshot)}),
    )


def told_apart(original: Tables, mutant: Tables, journal: Sequence[Command]) -> tuple[int, Difference] | None:
    """At which command of a journal the two answer otherwise, and what; None if they never do."""
    for number in range(len(journal)):
        found = apart_at_last(original, mutant, journal[: number + 1], weakly=number + 1 == len(journal))
        if found is not None:
            return number, found
    return None


def apart_at_last(
    original: Tables, mutant: Tables, journal: Sequence[Command], *, weakly: bool = True
) -> Difference | None:
    """What the last command of a journal tells apart, None if nothing, or if an earlier one is answered otherwise.

    `weakly` looks also at what is only offered or missing afterwards.
    """
    one, other = opened(original, journal[0]), opened(mutant, journal[0])
    for command in journal[1:]:
        if one.snapshot is None or other.snapshot is None or answers_apart(one, other) is not None:
            return None
        one, other = stepped(original, one.snapshot, command), stepped(mutant, other.snapshot, command)
    found = difference((original, one), (mutant, other))
    if found is None and weakly and one.snapshot is not None and other.snapshot is not None:
        found = looks_apart(offers(original, one.snapshot), offers(mutant, other.snapshot))
    return found


def shortened(original: Tables, mutant: Tables, journal: Sequence[Command]) -> tuple[tuple[Command, ...], Difference]:
    """A journal that tells two processes apart without what it does not need for that; it must tell them apart."""
    best, found = tuple(journal), apart_at_last(original, mutant, journal)
    assert found is not None, "the journal tells them apart"
    weakly = apart_at_last(original, mutant, journal, weakly=False) is None
    size = len(best) // 2
    while size >= 1:
        end = len(best)
        while end > size:  # the opening stays
            shorter = (*best[: end - size], *best[end:])
            tried = apart_at_last(original, mutant, shorter, weakly=weakly)
            if tried is not None:
                best, found = shorter, tried
            end -= size
        size //= 2
    return best, found
