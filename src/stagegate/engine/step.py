"""`start` and `step`: a snapshot and a command give the next snapshot and what followed, or every reason against.

Pure: no clock, no storage, nothing printed. The two commonest steps, reporting a plain criterion and
crossing a plain gate of a manual track, have a short way; everything else opens a `Work`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from stagegate.engine import advance, back, casewide, decisions, evidence, manual, moves
from stagegate.engine.names import check_names
from stagegate.engine.parts import NOWHERE, TrackTable
from stagegate.engine.place import IN, NOT_STARTED, FastGate, Place
from stagegate.engine.reasons import lacking
from stagegate.engine.results import Reason, Refused, Repeated, Step
from stagegate.engine.snapshot import Rest, Snapshot
from stagegate.engine.walk import walk
from stagegate.engine.work import Work, blocking
from stagegate.errors import CommandError

if TYPE_CHECKING:
    from stagegate.engine.commands import Command
    from stagegate.engine.events import Event
    from stagegate.engine.tables import Tables

Handler = Callable[[Work, str, Mapping[str, Any]], list[Reason]]

EVIDENCE: Final[Mapping[str, Handler]] = {
    "meet": evidence.meet,
    "retract": evidence.retract,
    "attach": evidence.attach,
    "waive": evidence.waive,
    "set_facts": evidence.set_facts,
    "observe": evidence.observe,
    "report": evidence.report_end,
    "breach": evidence.breach,
    "begin": casewide.begin,
    "finish": casewide.finish,
}
MOVES: Final[Mapping[str, Handler]] = {
    "complete": moves.complete,
    "advance": advance.advance,
    "decide": decisions.decide,
    "jump": moves.jump,
    "loop_back": moves.loop_back,
    "skip": moves.skip,
    "hold": casewide.hold,
}
CASEWIDE: Final[Mapping[str, Handler]] = {
    "resume": casewide.resume,
    "end": casewide.end,
    "reopen": casewide.reopen,
    "tick": casewide.tick,
}
HANDLERS: Final[Mapping[str, Handler]] = {**EVIDENCE, **MOVES, **CASEWIDE}


def start(tables: Tables, command: Command) -> Step:
    """Opens a case with an `open` command; raises `CommandError` or `UnknownNameError` if it cannot be."""
    if command.kind != "open":
        raise CommandError(f"a case begins with `open`, not with `{command.kind}`")
    if command.plain and not command.args and tables.opening is not None:
        first, events = tables.opening
        return Step(Snapshot(1, command.at, 0, first.passes, first.places, first.rest), events)
    if command.happened is not None and command.happened > command.at:
        raise CommandError("`happened` is after `at`")
    rest = Rest(casewide.opening(tables, command.args))
    before = Snapshot(0, command.at, 0, 0, tuple(NOT_STARTED for _ in tables.tracks), rest)
    work = Work(tables, before, command)
    for table in tables.tracks:
        if table.manual:
            open_manual(work, table)
    settle(work)
    done = Step(work.close(before), tuple(work.events))
    if command.plain and not command.args and done.snapshot.rest.is_blank:
        tables.opening = (done.snapshot, done.events)
    return done


def open_manual(work: Work, table: TrackTable) -> None:
    """Puts a manual track at its start: before the first stage, or in the stage it is placed at."""
    work.look()
    memory = work.memory(table)
    if memory.placed:
        manual.enter(work, table, memory.start, ())
    else:
        manual.arrive(work, table, Place(NOWHERE, 0, memory.start, ()))
    work.trails[table.index] = work.places[table.index].trail


def step(tables: Tables, snapshot: Snapshot, command: Command) -> Step:
    """Does one command. Raises `UnknownNameError` for a name the process does not have, `CommandError` for
    a malformed command; everything else that speaks against it is a refusal, with every reason.
    """
    rest = snapshot.rest
    if rest.calm and command.plain and snapshot.at <= command.at:
        if command.kind == "advance" and not command.args:
            fast = snapshot.places[0].fast
            if fast is not None and not command.subject:
                return quick_advance(tables, snapshot, command, fast)
        elif command.kind == "meet" and not command.args:
            quick = quick_meet(tables, snapshot, command)
            if quick is not None:
                return quick
    check_names(tables, command)
    if command.key:
        known = rest.keys.get(command.key)
        if known is not None:
            return known_key(snapshot, command, known)
    reasons = untimely(snapshot, command) or out_of_place(tables, snapshot, command)
    if reasons:
        return Refused(snapshot, tuple(reasons))
    return full_step(tables, snapshot, command)


def quick_advance(tables: Tables, snapshot: Snapshot, command: Command, fast: FastGate) -> Step:
    """Crosses a plain gate of the one manual track, or says what it lacks."""
    if fast.need & ~snapshot.passes:
        return Refused(snapshot, partial(why_closed, tables, snapshot, command, fast.need))
    rest = tables.over(snapshot.rest) if fast.over else snapshot.rest
    return Step(Snapshot(snapshot.seq + 1, command.at, snapshot.done, snapshot.passes, fast.places, rest), fast.events)


def quick_meet(tables: Tables, snapshot: Snapshot, command: Command) -> Step | None:
    """Reports a criterion that only closes the gate in front and that nothing else reads; None for any other."""
    bit = tables.plain_bit.get(command.subject)
    rest = snapshot.rest
    if bit is None or rest.stale & bit:
        return None
    passes = snapshot.passes | bit
    for table in tables.automatic:
        if opens(table, snapshot.places[table.index], rest, passes):
            return None
    done = passes if snapshot.done == snapshot.passes else snapshot.done | bit  # one object where they are equal
    return Step(Snapshot(snapshot.seq + 1, command.at, done, passes, snapshot.places, rest))


def opens(table: TrackTable, place: Place, rest: Rest, passes: int) -> bool:
    """Whether more evidence could move an automatic track on; when in doubt it could."""
    if place.pending >= 0:
        if place.pending >= table.first_decision:
            return table.decisions[place.pending - table.first_decision].automatic
        need = table.stages[place.pending].entry
    elif place.phase == IN:
        stage = table.stages[place.stage]
        if stage.marked:
            return True
        landed = rest.tracks[table.index].landed >> place.stage & 1
        need = stage.exit | (stage.entry if landed else 0)
    else:
        return place.pending == NOWHERE and table.track.cycle
    return not need & ~passes


def why_closed(tables: Tables, snapshot: Snapshot, command: Command, need: int) -> tuple[Reason, ...]:
    """The reasons of a gate that is closed."""
    work = Work(tables, snapshot, command)
    work.look()
    return tuple(lacking(work, need))


def untimely(snapshot: Snapshot, command: Command) -> list[Reason]:
    """What is wrong with the times of a command."""
    found = []
    if command.at < snapshot.at:
        message = f"`at` {command.at.isoformat()} is before the last command, {snapshot.at.isoformat()}"
        found.append(Reason("too_early", "", message))
    if command.happened is not None and command.happened > command.at:
        found.append(Reason("happened_later", "", "`happened` is after `at`"))
    return found


def out_of_place(tables: Tables, snapshot: Snapshot, command: Command) -> list[Reason]:
    """Why a case that has ended, or is held still, does not take this kind of command."""
    rest = snapshot.rest
    if rest.ended:
        if command.kind in ("reopen", "tick"):
            return []
        return [Reason("ended", "", f"the case has ended (`{rest.ended}`); it can only be reopened")]
    if command.kind == "reopen":
        return [Reason("not_ended", "", "the case has not ended")]
    found = []
    if rest.held is not None and command.kind in MOVES:
        found.append(Reason("on_hold", "", "the case is on hold: resume it first"))
    activity = blocking(tables, rest)
    if activity and command.kind in MOVES and command.kind != "hold":
        where = tables.definition.place_of(f"activity:{activity}")
        message = f"`{activity}` is running and blocks the case: finish it first"
        found.append(Reason("blocked", activity, message, where=where))
    return found


def full_step(tables: Tables, snapshot: Snapshot, command: Command) -> Step:
    """The long way: everything looked at, the command done, everything settled."""
    work = Work(tables, snapshot, command)
    work.look()
    casewide.expire_waivers(work)
    if command.kind == "tick":
        return full_tick(work, snapshot, command)
    reasons = HANDLERS[command.kind](work, command.subject, command.args)
    if reasons:
        return Refused(snapshot, tuple(reasons))
    settle(work)
    return Step(work.close(snapshot), tuple(work.events))


def full_tick(work: Work, snapshot: Snapshot, command: Command) -> Step:
    """A tick that reports nothing changes nothing."""
    if snapshot.rest.ended:
        return Step(snapshot)
    casewide.tick(work, "", command.args)
    if not work.events:
        return Step(snapshot)
    settle(work)
    return Step(work.close(snapshot), tuple(work.events))


def settle(work: Work) -> None:
    """Lets every automatic track walk as far as it can, and automatic things happen, until all is at rest."""
    while not work.frozen and settle_once(work):
        pass


def settle_once(work: Work) -> bool:
    """Walks each automatic track; True when something happened by itself, so that all must walk again."""
    for table in work.tables.automatic:
        work.look()
        stop = walk(work, table)
        work.tell_trail(table, stop.place.trail)
        work.put(table, stop.place)
        if stop.take is not None and stop.take[0].id not in work.taken_now:
            decision, outcome = stop.take
            work.taken_now.add(decision.id)
            decisions.take(work, table, decision, outcome)
            return True
        if stop.over and come_to_its_end(work, table, stop.place):
            return True
    return False


def come_to_its_end(work: Work, table: TrackTable, place: Place) -> bool:
    """The way is over: the case ends, or the cycle begins a new round; False when it must wait."""
    if place.pending != NOWHERE:
        work.finish(work.tables.end_of[work.tables.name(table, place.pending)])
    elif not table.track.cycle:
        work.finish(work.last_end())
    elif table.index in work.cycled:
        return False
    else:
        work.cycled.add(table.index)
        back.close_cycle(work, table)
    return True


def known_key(snapshot: Snapshot, command: Command, known: tuple[Command, tuple[Event, ...]]) -> Step:
    """The original events for the same command, a refusal for another one."""
    original, events = known
    if same_but_time(original, command):
        return Repeated(snapshot, events)
    message = f"the key `{command.key}` was used for another command"
    return Refused(snapshot, (Reason("key_reused", command.key, message),))


def same_but_time(a: Command, b: Command) -> bool:
    """Whether two commands are the same, `at` apart."""
    names = ("kind", "subject", "args", "by", "role", "note", "happened")
    return all(comparable(getattr(a, name)) == comparable(getattr(b, name)) for name in names)


def comparable(value: Any) -> Any:
    """A value as it compares after a way through JSON: times by their instant, lists as tuples, no empty arguments."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, list | tuple):
        return tuple(comparable(v) for v in value)
    if isinstance(value, Mapping):
        return {k: comparable(v) for k, v in value.items() if v != "" and v != {}}
    return ("bool", value) if isinstance(value, bool) else value


def step_all(tables: Tables, snapshot: Snapshot, commands: Iterable[Command]) -> tuple[Step, ...]:
    """A batch, all or nothing: the steps, or only the refused one, on the snapshot from before the batch."""
    steps: list[Step] = []
    current = snapshot
    for command in commands:
        done = step(tables, current, command)
        if not done.accepted:
            return (Refused(snapshot, done.reasons),)
        steps.append(done)
        current = done.snapshot
    return tuple(steps)
