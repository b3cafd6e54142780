"""Moves by command: complete, jump, loop_back, skip.

Each command's function changes the work and gives the reasons against, none when it is accepted.
Automatic tracks only have their memory changed, the walk does the rest; manual ones are put in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stagegate.engine.back import go_back, trail_before
from stagegate.engine.decisions import way_barred
from stagegate.engine.manual import arrive, finish_stage
from stagegate.engine.place import (
    COMPLETED_PHASE,
    ENTERED,
    IN,
    LEFT,
    LEFT_PHASE,
    NOT_STARTED_PHASE,
    Place,
    last_entered,
)
from stagegate.engine.reasons import guard, landed_lacking, not_current, wrong_origin
from stagegate.engine.results import Reason
from stagegate.engine.work import Work, in_stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stagegate.engine.parts import StageTable, TrackTable
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
