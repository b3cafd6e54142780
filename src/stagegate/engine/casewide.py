"""What commands about the whole case do: open, begin, finish, hold, resume, end, reopen, tick; waivers that expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stagegate.engine.back import land
from stagegate.engine.commands import fixed
from stagegate.engine.names import check_args, known
from stagegate.engine.parts import NOWHERE, TrackTable
from stagegate.engine.place import COMPLETED, ENTERED
from stagegate.engine.reasons import guard, wrong_origin
from stagegate.engine.results import Reason
from stagegate.engine.snapshot import EMPTY, Hold, Rest, TrackMemory
from stagegate.engine.work import Work, reason_of_end
from stagegate.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stagegate.engine.tables import Tables
    from stagegate.model import End


def opening(tables: Tables, args: Mapping[str, Any]) -> tuple[TrackMemory, ...]:
    """The memory of the tracks of a new case (semantics 13)."""
    check_args(args, "open")
    memories = []
    for table in tables.tracks:
        memory = TrackMemory()
        memory.start = table.starts[0]
        memories.append(memory)
    start, at_stage, skipped = args.get("start", ""), args.get("at_stage", ""), args.get("skipped", "dropped")
    for name in (start, at_stage):
        if name:
            known("stage", name, tables.stage_of)
    if skipped not in ("dropped", "owed"):
        raise CommandError(f"what a placed case has skipped is `dropped` or `owed`, not {skipped!r:.60}")
    if start:
        stage = tables.stage_of[start]
        if stage.index not in tables.tracks[stage.track].starts:
            raise CommandError(f"a case cannot start at `{start}`: it does not say `start: true`")
        memories[stage.track].start = stage.index
    if at_stage:
        stage = tables.stage_of[at_stage]
        if tables.tracks[stage.track].observed:
            raise CommandError(f"a case cannot be placed at `{at_stage}`: its track is observed")
        memory = memories[stage.track]
        memory.start = stage.index
        memory.landed = 1 << stage.index
        memory.placed = skipped
    return tuple(memories)


def begin(work: Work, activity: str, _: Mapping[str, Any]) -> list[Reason]:
    """Begins an activity (R39)."""
    found = next(a for a in work.tables.definition.activities if a.id == activity)
    where = work.tables.definition.place_of(f"activity:{activity}")
    if found.standing:
        return [Reason("standing", activity, f"`{activity}` is standing conduct, it is never begun", where=where)]
    reasons = []
    if activity in work.rest.active:
        reasons.append(Reason("already_running", activity, f"`{activity}` is already running", where=where))
    if found.origins and work.tables.primary is not None:
        reasons += wrong_origin(work, work.tables.primary, activity, found.origins, where)
    if not reasons:
        work.rest.active = (*work.rest.active, activity)
        work.tell("begun", activity)
    return reasons


def finish(work: Work, activity: str, args: Mapping[str, Any]) -> list[Reason]:
    """Finishes an activity, with one of its results."""
    found = next(a for a in work.tables.definition.activities if a.id == activity)
    where = work.tables.definition.place_of(f"activity:{activity}")
    result = args.get("result", "")
    reasons = []
    if activity not in work.rest.active:
        reasons.append(Reason("not_running", activity, f"`{activity}` is not running", where=where))
    if found.results and not result:
        message = f"`{activity}` needs a result: one of {', '.join(found.results)}"
        reasons.append(Reason("result_required", activity, message, where=where))
    if not reasons:
        work.rest.active = tuple(a for a in work.rest.active if a != activity)
        if result:
            work.tell("finished", activity, result=result)
        else:
            work.tell("finished", activity)
    return reasons


def hold(work: Work, _: str, args: Mapping[str, Any]) -> list[Reason]:
    """Holds the case; the date only reminds (semantics 8)."""
    until = None if args.get("until") is None else fixed(args["until"], "until", "hold")
    if until is not None and until <= work.at:
        return [Reason("until_passed", "", "the date of the hold is not ahead")]
    work.hold(until)
    return []


def resume(work: Work, _: str, __: Mapping[str, Any]) -> list[Reason]:
    """Goes on after a hold."""
    if work.rest.held is None:
        return [Reason("not_on_hold", "", "the case is not on hold")]
    work.rest.held = None
    work.tell("resumed")
    return []


def end(work: Work, id: str, args: Mapping[str, Any]) -> list[Reason]:
    """Ends the case where the end allows it (R41)."""
    found = work.tables.end_of[id]
    where = work.tables.definition.place_of(f"end:{id}")
    if not found.by_command:
        message = f"`{id}` is not reached by command but by the process"
        return [Reason("not_by_command", id, message, where=where)]
    reasons = end_barred(work, found)
    reasons += reason_of_end(found, args.get("reason", ""), where)
    if not reasons:
        work.end_reasons = {id: args.get("reason", "")}
        work.finish(found)
    return reasons


def end_barred(work: Work, end: End) -> list[Reason]:
    """What the guard of an end by command has against it now: the stage, the condition, criteria, the role."""
    where = work.tables.definition.place_of(f"end:{end.id}")
    reasons = []
    if end.origins and work.tables.primary is not None:
        reasons += wrong_origin(work, work.tables.primary, end.id, end.origins, where)
    return reasons + guard(work, end.id, where, end.when, end.requires, end.roles, None)


def reopen(work: Work, stage: str, _: Mapping[str, Any]) -> list[Reason]:
    """Opens an ended case again at a stage it had reached (R42)."""
    here = work.tables.stage_of[stage]
    table = work.tables.tracks[here.track]
    present = work.places[table.index].stage
    furthest = present if present != NOWHERE else work.memory(table).start
    if here.index > furthest:
        where = work.tables.definition.place_of(f"stage:{stage}")
        return [Reason("not_reached", stage, f"`{stage}` was never reached", where=where)]
    work.rest.ended = work.rest.end_reason = work.rest.won = ""
    work.rest.held = None
    work.tell("reopened", stage, track=table.track.id)
    decided = [table.decisions[d - table.first_decision].place for d in work.memory(table).taken]
    land(work, table, here.index, max([present, *decided]), ())
    return []


# -- time -------------------------------------------------------------------------------------------------


def expire_waivers(work: Work) -> None:
    """Ends the waivers whose date has come; a crossed gate leaves a debt (semantics 9)."""
    rest = work.rest
    due = [i for i, w in rest.waivers.items() if w.until is not None and w.until <= work.at]
    if not due or (rest.ended and work.command.kind != "reopen"):
        return
    in_file = {c.id: n for n, c in enumerate(work.tables.definition.criteria())}
    for i in sorted(due, key=lambda i: in_file[work.tables.criteria[i].id]):
        rest.waived &= ~(1 << i)
        crossed = gate_crossed(work, i)
        if crossed:
            rest.lapsed |= 1 << i
        work.tell("waiver_expired", work.tables.criteria[i].id, owed=crossed)
    rest.waivers = {i: w for i, w in rest.waivers.items() if i not in due} or EMPTY
    work.look()


def gate_crossed(work: Work, i: int) -> bool:
    """Whether the gate that a criterion belongs to is crossed on the trail."""
    criterion = work.tables.criteria[i]
    stage = work.tables.stage_of[criterion.stage]
    crossing = {"milestone": ENTERED, "exit": COMPLETED}.get(criterion.kind)
    return crossing is not None and 3 * stage.index + crossing in work.places[stage.track].trail


def tick(work: Work, _: str, __: Mapping[str, Any]) -> list[Reason]:
    """Tells what has become due (semantics 12)."""
    for table in work.tables.tracks:
        due = limit_reached(table, work.memory(table), work.places[table.index].stage)
        if due is not None and due <= work.at:
            stage = work.places[table.index].stage
            memory = work.own(table)
            memory.overdue |= 1 << stage
            visit = memory.visits.get(stage, 0) + 1
            work.tell("overdue", table.stages[stage].stage.id, track=table.track.id, visit=visit)
    held = work.rest.held
    if held is not None and held.until is not None and held.until <= work.at and not held.reminded:
        work.rest.held = Hold(held.since, held.until, True)
        work.tell("reminder")
    return []


def limit_reached(table: TrackTable, memory: TrackMemory, stage: int) -> datetime | None:
    """When the running time limit of the current stage is reached; None if none runs or it was reported."""
    if memory.ticking is None or stage < 0 or memory.overdue >> stage & 1:
        return None
    limit = table.stages[stage].stage.time_limit
    if limit is None:
        return None
    try:
        return memory.ticking + (limit - memory.clocks.get(stage, timedelta()))
    except OverflowError:
        return None


def next_due(tables: Tables, rest: Rest, stages: Sequence[int], at: datetime) -> datetime | None:
    """The earliest time at which a tick would report something, None when nothing is to come."""
    if rest.ended:
        return None
    due = [limit_reached(t, rest.tracks[t.index], stages[t.index]) for t in tables.tracks if t.timed]
    if rest.waivers:
        due += [w.until for w in rest.waivers.values()]
    if rest.held is not None and not rest.held.reminded:
        due.append(rest.held.until)
    known = [d for d in due if d is not None]
    return max(at, min(known)) if known else None
