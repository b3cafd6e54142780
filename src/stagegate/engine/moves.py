"""What moves do: complete, advance, decide, jump, loop_back, skip, and going back in general.

Each command's function changes the work and gives the reasons against, none when it is accepted.
Automatic tracks only have their memory changed, the walk does the rest; manual ones are put in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from stagegate.engine.evidence import end_waivers
from stagegate.engine.place import (
    COMPLETED,
    COMPLETED_PHASE,
    ENTERED,
    IN,
    LEFT,
    LEFT_PHASE,
    NOT_STARTED_PHASE,
    Place,
    last_entered,
)
from stagegate.engine.reasons import guard, lacking, not_current
from stagegate.engine.results import Reason
from stagegate.engine.tables import NOWHERE, DecisionTable, OutcomeTable, StageTable, Tables, TrackTable
from stagegate.engine.walk import automatic_outcome, verdicts
from stagegate.engine.work import Work, in_stage, is_end, reason_of_end
from stagegate.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stagegate.engine.snapshot import TrackMemory
    from stagegate.model import Jump, Loop


def complete(work: Work, stage: str, _: Mapping[str, Any]) -> list[Reason]:
    """Marks a stage without exit criteria as completed (R4)."""
    here = work.tables.stage_of[stage]
    table = work.tables.tracks[here.track]
    place = work.places[table.index]
    where = work.tables.definition.place_of(f"stage:{stage}")
    if place.stage != here.index or not in_stage(place):
        if place.stage == here.index and place.phase == COMPLETED_PHASE:
            return [Reason("already_completed", stage, f"`{stage}` is already completed", where=where)]
        message = f"`{stage}` is not the present stage: {not_current(work, table, stage)}"
        return [Reason("not_current", stage, message, where=where)]
    if not here.marked:
        message = f"`{stage}` is completed by its exit criteria, not by a mark"
        return [Reason("has_exit_criteria", stage, message, where=where), *way_barred(work, table)]
    found = landed_lacking(work, table, here)
    if not found:
        work.own(table).marked |= 1 << here.index
        if table.manual:
            finish_stage(work, table, here)
    return found


def landed_lacking(work: Work, table: TrackTable, stage: StageTable) -> list[Reason]:
    """What a landed stage's milestone lacks: it must hold again before the stage is completed."""
    return lacking(work, stage.entry) if work.memory(table).landed >> stage.index & 1 else []


# -- manual tracks ------------------------------------------------------------------------------------


def advance(work: Work, track: str, _: Mapping[str, Any]) -> list[Reason]:
    """Tries the next step of a manual track."""
    table = manual_track(work.tables, track)
    place = work.places[table.index]
    track = table.track.id
    if not table.manual:
        return [Reason("automatic", track, f"`{track}` advances by itself when its gates are open")]
    if in_stage(place):
        return advance_out(work, table, table.stages[place.stage])
    if 0 <= place.pending < table.first_decision:
        return advance_into(work, table, table.stages[place.pending])
    if place.pending >= table.first_decision:
        return advance_past(work, table, table.decisions[place.pending - table.first_decision])
    if place.pending == NOWHERE and table.track.cycle and place.phase == COMPLETED_PHASE:
        new_round(work, table, 0, ())
        return []
    return [Reason("nothing_ahead", track, "there is nothing to advance to")]


def manual_track(tables: Tables, track: str) -> TrackTable:
    """The track that `advance` means: the one named, else the only manual one, else the primary."""
    if track:
        return tables.track_of[track]
    manual = [t for t in tables.tracks if t.manual]
    if len(manual) > 1 or (not manual and tables.primary is None):
        raise UnknownNameError("track", "")
    return manual[0] if manual else cast(TrackTable, tables.primary)


def advance_into(work: Work, table: TrackTable, stage: StageTable) -> list[Reason]:
    """Enters the stage that is pending."""
    found = lacking(work, stage.entry)
    if not found:
        enter(work, table, stage.index, work.places[table.index].trail)
    return found


def advance_out(work: Work, table: TrackTable, stage: StageTable) -> list[Reason]:
    """Completes the stage the case is in."""
    found = landed_lacking(work, table, stage)
    if stage.marked:
        message = f"`{stage.stage.id}` has no exit criteria: complete it, or take the decision after it"
        where = work.tables.definition.place_of(f"stage:{stage.stage.id}")
        return [*found, Reason("needs_complete", stage.stage.id, message, where=where)]
    found += lacking(work, stage.exit)
    if not found:
        finish_stage(work, table, stage)
    return found


def advance_past(work: Work, table: TrackTable, decision: DecisionTable) -> list[Reason]:
    """Takes the automatic decision that is pending, if it is clear."""
    where = work.tables.definition.place_of(f"decision:{decision.id}")
    if not decision.automatic:
        return [Reason("decision_pending", decision.id, f"`{decision.id}` is to be decided first", where=where)]
    outcome = automatic_outcome(work, decision, "")
    if outcome is not None:
        take(work, table, decision, outcome)
        return []
    found = [Reason("automatic", decision.id, f"`{decision.id}` is taken by itself, and is not clear yet", where=where)]
    for option, value in verdicts(work, decision, ""):
        if value is not True:
            code = "condition_unknown" if value is None else "condition_false"
            what = "is unknown" if value is None else "is not allowed"
            place = work.tables.definition.place_of(f"outcome:{option.key}")
            found.append(Reason(code, option.key, f"`{option.key}` {what}", where=place))
    return found


def enter(work: Work, table: TrackTable, stage: int, trail: tuple[int, ...]) -> None:
    """Puts a manual track into a stage and tells it."""
    code = 3 * stage + ENTERED
    work.tell_crossing(table, code)
    work.put(table, Place(stage, IN, NOWHERE, (*trail, code)))


def finish_stage(work: Work, table: TrackTable, stage: StageTable) -> None:
    """Completes the stage a manual track is in, and arrives at what follows."""
    code = 3 * stage.index + COMPLETED
    trail = (*work.places[table.index].trail, code)
    work.tell_crossing(table, code)
    arrive(work, table, Place(stage.index, COMPLETED_PHASE, work.after_completion(table, stage), trail))


def arrive(work: Work, table: TrackTable, place: Place) -> None:
    """Puts a manual track before a node: stages that do not apply are passed over for good, an end ends."""
    node = place.pending
    while 0 <= node:
        further = beyond(work, table, node)
        if further is None:
            break
        node = further
    work.put(table, Place(place.stage, place.phase, node, place.trail))
    if not table.primary:
        return
    if is_end(node):
        work.finish(work.tables.end_of[work.tables.name(table, node)], work.end_reason)
    elif node == NOWHERE and place.phase == COMPLETED_PHASE and not table.track.cycle:
        work.finish(work.last_end())


def beyond(work: Work, table: TrackTable, node: int) -> int | None:
    """Where a manual track goes on at once from a node it has come to; None where it must stop."""
    if node >= table.first_decision:
        taken = work.memory(table).taken.get(node)
        return None if taken is None or table.decisions[node - table.first_decision].automatic else taken[1]
    stage = table.stages[node]
    if not work.passed_over(table, stage):
        return None
    work.own(table).skipped |= 1 << node
    return work.default_exit(table, stage)


# -- decisions ----------------------------------------------------------------------------------------


def decide(work: Work, point: str, args: Mapping[str, Any]) -> list[Reason]:
    """Takes an outcome of a decision point (semantics 4)."""
    decision = work.tables.decision_of[point]
    table = work.tables.tracks[decision.track]
    where = work.tables.definition.place_of(f"decision:{point}")
    if decision.automatic:
        return [Reason("automatic", point, f"`{point}` is taken by itself, from its conditions", where=where)]
    option = decision.by_id[args["outcome"]]
    outcome = option.outcome
    found = not_asked(work, table, decision, where)
    place = work.tables.definition.place_of(f"outcome:{option.key}")
    found += guard(work, option.key, place, outcome.when, outcome.requires, outcome.roles, outcome.max)
    if outcome.kind == "end":
        found += reason_of_end(work.tables.end_of[outcome.to], args.get("reason", ""), place)
    if not found:
        work.end_reason = args.get("reason", "") if outcome.kind == "end" else ""
        take(work, table, decision, option)
    return found


def not_asked(work: Work, table: TrackTable, decision: DecisionTable, where: str) -> list[Reason]:
    """Why a decision point is not asked now; nothing when it is."""
    place = work.places[table.index]
    if place.pending == decision.node and not in_stage(place):
        return []
    if in_stage(place) and place.stage == decision.after and table.stages[place.stage].marked:
        return landed_lacking(work, table, table.stages[place.stage])
    message = f"`{decision.id}` is not asked now: {not_current(work, table, '')}"
    barred = way_barred(work, table) if in_stage(place) and place.stage == decision.after else []
    return [Reason("not_asked", decision.id, message, where=where), *barred]


def way_barred(work: Work, table: TrackTable) -> list[Reason]:
    """What the stage the case is in still lacks to be completed."""
    stage = table.stages[work.places[table.index].stage]
    return [*landed_lacking(work, table, stage), *lacking(work, stage.exit)]


def take(work: Work, table: TrackTable, decision: DecisionTable, option: OutcomeTable) -> None:
    """Takes an outcome, by hand or automatically."""
    outcome = option.outcome
    work.count(option.key)
    work.tell("decided", decision.id, track=table.track.id, outcome=outcome.id)
    match outcome.kind:
        case "hold":
            work.hold(None if outcome.hold is None else work.at + outcome.hold)
        case "loop_back" | "repeat":
            go_back(work, table, option.target, outcome.keep, decision.id, outcome.kind)
        case "new_round":
            new_round(work, table, option.target, outcome.keep)
        case _:
            memory = work.own(table)
            memory.taken = {**memory.taken, decision.node: (outcome.id, option.target)}
            if table.manual:
                leave_decision(work, table, decision, option.target)


def leave_decision(work: Work, table: TrackTable, decision: DecisionTable, target: int) -> None:
    """Leads a manual track on from a decision, completing the stage it closes."""
    place = work.places[table.index]
    if in_stage(place):
        code = 3 * place.stage + COMPLETED
        work.tell_crossing(table, code)
        place = Place(place.stage, COMPLETED_PHASE, decision.node, (*place.trail, code))
    arrive(work, table, Place(place.stage, place.phase, target, place.trail))


# -- jumps and loops ----------------------------------------------------------------------------------


def jump(work: Work, id: str, args: Mapping[str, Any]) -> list[Reason]:
    """Jumps ahead, or records that the buyer is not willing (semantics 5)."""
    table, move = work.tables.jump_of[id]
    where = work.tables.definition.place_of(f"jump:{id}")
    place = work.places[table.index]
    answer = args.get("answer")
    found = wrong_origin(work, table, id, move.origins, where)
    if move.probe is not None and answer is None:
        message = f"the probe of `{id}` must be answered: willing or unwilling"
        found.append(Reason("answer_required", id, message, where=where))
    if answer == "unwilling":
        if not found:
            work.tell("unwilling", id, track=table.track.id)
        return found
    found += guard(work, id, where, move.when, move.requires, move.roles, move.max)
    target, problems = jump_target(work, table, move, args.get("to", ""), where)
    found += problems
    if found or target is None:
        return found
    work.count(id)
    work.tell("jumped", id, track=table.track.id, to=work.tables.name(table, target))
    memory = work.own(table)
    memory.exits = {**memory.exits, place.stage: (id, target)}
    trail = (*trail_before(place.trail, place.stage), 3 * place.stage + ENTERED, 3 * place.stage + LEFT)
    work.trails[table.index] = trail
    if table.manual:
        arrive(work, table, Place(place.stage, LEFT_PHASE, target, trail))
    return []


def jump_target(work: Work, table: TrackTable, move: Jump, to: str, where: str) -> tuple[int | None, list[Reason]]:
    """The node a jump leads to, with what is wrong about it."""
    if not (move.to or to):
        return None, [
            Reason("target_required", move.id, f"`{move.id}` may lead to any later place: name it", where=where)
        ]
    target = work.tables.node(table, move.to or to)
    here = work.places[table.index].stage
    index = work.tables.place_index(table, target)
    ahead = index > here if target < table.first_decision else index >= here
    if not ahead:
        return target, [Reason("not_ahead", move.to or to, f"`{move.to or to}` does not lie ahead", where=where)]
    return target, []


def wrong_origin(work: Work, table: TrackTable, id: str, origins: tuple[str, ...], where: str) -> list[Reason]:
    """Why a jump or loop is not possible from here."""
    here = work.tables.name(table, work.places[table.index].stage)
    if here and here in origins:
        return []
    message = f"`{id}` starts from {', '.join(f'`{o}`' for o in origins)}: {not_current(work, table, here)}"
    return [Reason("wrong_origin", id, message, where=where)]


def loop_back(work: Work, id: str, _: Mapping[str, Any]) -> list[Reason]:
    """Goes back by a declared loop, or repeats a repeatable stage (semantics 6)."""
    table, loop = work.tables.loop_of[id]
    where = work.tables.definition.place_of(f"loop:{id}") or work.tables.definition.place_of(f"stage:{id}")
    found = wrong_origin(work, table, id, loop.origins, where)
    found += guard(work, id, where, loop.when, loop.requires, loop.roles, loop.max)
    if not found:
        work.count(id)
        go_back(work, table, work.tables.stage_of[loop.to].index, loop.keep, id, kind_of_loop(work, table, loop))
    return found


def kind_of_loop(work: Work, table: TrackTable, loop: Loop) -> str:
    """A loop to the present stage is a repeat (R35)."""
    here = work.tables.name(table, work.places[table.index].stage)
    return "repeat" if here == loop.to else "loop_back"


def go_back(work: Work, table: TrackTable, target: int, keep: Iterable[str], subject: str, kind: str) -> None:
    """Goes back to a stage: clears from it to the present one, and lands on it (R33)."""
    work.tell(
        "repeated" if kind == "repeat" else "looped_back",
        subject,
        track=table.track.id,
        to=table.stages[target].stage.id,
    )
    land(work, table, target, work.places[table.index].stage, keep)


def land(work: Work, table: TrackTable, target: int, origin: int, keep: Iterable[str]) -> None:
    """Clears the stages from target to origin and puts the case into the target, however it is reached."""
    clear(work, table, target, origin, keep)
    memory = work.own(table)
    memory.landed |= 1 << target
    memory.skipped &= ~(1 << target)
    lead_to(work, table, memory, target)
    trail = trail_before(work.places[table.index].trail, target)
    work.trails[table.index] = trail
    if table.manual:
        enter(work, table, target, trail)
        work.trails[table.index] = work.places[table.index].trail


def clear(work: Work, table: TrackTable, target: int, origin: int, keep: Iterable[str]) -> None:
    """Ends what was recorded from target to origin, and makes its evidence stale (semantics 6)."""
    memory = work.own(table)
    span = range(target, origin + 1)
    mask = 0
    for index in span:
        mask |= 1 << index
    for name in ("landed", "marked", "skipped", "overdue"):
        setattr(memory, name, getattr(memory, name) & ~mask)
    memory.exits = {k: v for k, v in memory.exits.items() if k not in span}
    memory.defaults = {k: v for k, v in memory.defaults.items() if k not in span}
    memory.clocks = {k: v for k, v in memory.clocks.items() if k not in span}
    first = table.first_decision
    memory.taken = {d: v for d, v in memory.taken.items() if table.decisions[d - first].place not in span}
    memory.visits = {**memory.visits, **{k: memory.visits.get(k, 0) + 1 for k in span}}
    if work.places[table.index].stage in span:
        memory.ticking = None
    make_stale(work, table, span, keep)


def make_stale(work: Work, table: TrackTable, span: range, keep: Iterable[str]) -> None:
    """Makes the gate criteria of these stages stale, except those kept."""
    gates = 0
    for index in span:
        gates |= table.stages[index].gates
    for id in keep:
        gates &= ~(1 << work.tables.bit_of[id])
    rest = work.rest
    rest.stale |= gates & (work.done | work.tables.fact_reading)
    work.done &= ~gates
    rest.latched &= ~gates
    rest.lapsed &= ~gates
    end_waivers(work, gates)


def lead_to(work: Work, table: TrackTable, memory: TrackMemory, target: int) -> None:
    """Makes the way come by `target`: the last step that led past it is redirected to it."""
    node, kind, at = memory.start, "start", NOWHERE
    while node >= 0 and node != target:
        if work.tables.place_index(table, node) >= target:
            break
        if node >= table.first_decision:
            taken = memory.taken.get(node)
            if taken is None:
                return
            kind, at, node = "taken", node, taken[1]
        elif node in memory.exits:
            kind, at, node = "exit", node, memory.exits[node][1]
        else:
            kind, at, node = "default", node, work.default_exit(table, table.stages[node])
    if node == target:
        return
    match kind:
        case "start":
            memory.start = target
        case "taken":
            memory.taken = {**memory.taken, at: (memory.taken[at][0], target)}
        case "exit":
            memory.exits = {**memory.exits, at: (memory.exits[at][0], target)}
        case _:
            memory.defaults = {**memory.defaults, at: target}


def trail_before(trail: tuple[int, ...], stage: int) -> tuple[int, ...]:
    """The part of a trail that comes before a stage."""
    return tuple(code for code in trail if code // 3 < stage)


def new_round(work: Work, table: TrackTable, target: int, keep: Iterable[str]) -> None:
    """Begins a new round: everything of the track starts afresh (R38)."""
    clear(work, table, 0, len(table.stages) - 1, keep)
    memory = work.own(table)
    memory.start = target
    memory.placed = ""
    memory.round += 1
    work.rest.counts = {k: n for k, n in work.rest.counts.items() if k not in table.counted}
    work.tell("new_round", table.track.id, round=memory.round)
    work.trails[table.index] = ()
    if table.manual:
        arrive(work, table, Place(NOWHERE, NOT_STARTED_PHASE, target, ()))


def skip(work: Work, stage: str, _: Mapping[str, Any]) -> list[Reason]:
    """Passes an optional stage over."""
    here = work.tables.stage_of[stage]
    table = work.tables.tracks[here.track]
    place = work.places[table.index]
    where = work.tables.definition.place_of(f"stage:{stage}")
    found = []
    if not here.stage.optional:
        found.append(Reason("not_optional", stage, f"`{stage}` is not optional", where=where))
    if work.memory(table).skipped >> here.index & 1:
        found.append(Reason("already_skipped", stage, f"`{stage}` is already skipped", where=where))
    if here.index < place.stage or (here.index == place.stage and not in_stage(place)):
        found.append(Reason("already_passed", stage, f"the case has already passed `{stage}`", where=where))
    if not found:
        work.tell("skipped", stage, track=table.track.id)
        pass_over(work, table, here)
    return found


def pass_over(work: Work, table: TrackTable, stage: StageTable) -> None:
    """Marks a stage as skipped; a case that is in it, or before it, moves on."""
    memory = work.own(table)
    memory.skipped |= 1 << stage.index
    memory.landed &= ~(1 << stage.index)
    place = work.places[table.index]
    trail = trail_before(place.trail, stage.index) if place.stage == stage.index else place.trail
    work.trails[table.index] = trail
    if not table.manual:
        return
    before = last_entered(trail)
    phase = (IN, COMPLETED_PHASE, LEFT_PHASE)[trail[-1] % 3] if trail else NOT_STARTED_PHASE
    if stage.index in (place.stage, place.pending):
        arrive(work, table, Place(before, phase, work.default_exit(table, stage), trail))
    else:
        work.put(table, Place(place.stage, place.phase, place.pending, place.trail))
