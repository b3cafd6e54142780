"""Two processes side by side: the same commands given to both, until one of them answers otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from stagegate.engine.actions import actions_now
from stagegate.engine.commands import Command
from stagegate.engine.gap import gap
from stagegate.engine.questions import chance, position, statuses
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
    """What a scenario could tell apart after the same command done on both, None if nothing."""
    (one, done), (other, also) = original, mutant
    found = answers_apart(done, also)
    if found is not None or done.snapshot is None or also.snapshot is None or not done.accepted:
        return found
    return looks_apart(looks(one, done.snapshot), looks(other, also.snapshot))


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
        return (("accepted", "no such name"), ("refused", ()), ("events", ()))
    return (
        ("accepted", "accepted" if done.step.accepted else "refused"),
        ("refused", tuple(sorted({f"{r.code} {r.subject}".strip() for r in done.step.reasons}))),
        ("events", tuple(f"{e.kind} {e.subject}".strip() for e in done.step.events)),
    )


def looks(tables: Tables, snapshot: Snapshot) -> Looks:
    """What can be asked of a case."""
    rest = snapshot.rest
    between = gap(tables, snapshot)
    return (
        *(("position", where(tables, snapshot, table.track.id)) for table in tables.tracks),
        ("ended", rest.ended),
        ("won", rest.won),
        ("chance", chance(tables, snapshot)),
        ("gap", between.gap if between.gap is not None else between.state),
        ("taken", dict(rest.counts)),
        ("criterion", statuses(tables, snapshot)),
    )


def where(tables: Tables, snapshot: Snapshot, track: str) -> str:
    """Where a case stands on a track, with the visit from the second on."""
    now = position(tables, snapshot, track)
    return f"{now}, visit {now.visit}" if now.visit > 1 else str(now)


def acts(tables: Tables, snapshot: Snapshot) -> tuple[str, ...]:
    """The next actions that are allowed."""
    return tuple(
        sorted(
            f"{a.kind} {a.subject}{'.' if a.option else ''}{a.option}" for a in actions_now(tables, snapshot) if a.allowed
        )
    )


def acts_apart(one: tuple[str, ...], other: tuple[str, ...]) -> Difference | None:
    """The first of the next actions that only one of two processes offers."""
    apart = sorted(set(one) ^ set(other))
    if not apart:
        return None
    return Difference(f"action {apart[0]}", *("offered" if apart[0] in each else "not offered" for each in (one, other)))


def told_apart(original: Tables, mutant: Tables, journal: Sequence[Command]) -> tuple[int, Difference] | None:
    """At which command of a journal the two answer otherwise, and what; None if they never do."""
    one, other = opened(original, journal[0]), opened(mutant, journal[0])
    found = difference((original, one), (mutant, other))
    number = 0
    while found is None and one.snapshot is not None and other.snapshot is not None and number + 1 < len(journal):
        number += 1
        one = stepped(original, one.snapshot, journal[number])
        other = stepped(mutant, other.snapshot, journal[number])
        found = difference((original, one), (mutant, other))
    if found is None and one.snapshot is not None and other.snapshot is not None:
        found = acts_apart(acts(original, one.snapshot), acts(mutant, other.snapshot))
    return None if found is None else (number, found)


def shortened(original: Tables, mutant: Tables, journal: Sequence[Command]) -> tuple[tuple[Command, ...], Difference]:
    """A journal that tells two processes apart without what it does not need for that; it must tell them apart."""
    found = told_apart(original, mutant, journal)
    assert found is not None, "the journal tells them apart"
    best, difference = tuple(journal[: found[0] + 1]), found[1]
    size = len(best) // 2
    while size >= 1:
        end = len(best)
        while end > size:  # the opening stays
            shorter = (*best[: end - size], *best[end:])
            tried = told_apart(original, mutant, shorter)
            if tried is not None:
                best, difference = shorter[: tried[0] + 1], tried[1]
                end = min(end - size, len(best))
            else:
                end -= size
        size //= 2
    return best, difference
