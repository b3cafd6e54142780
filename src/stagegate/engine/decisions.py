"""Decision points: whether one is asked, what speaks against an outcome, and what taking it does (semantics 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stagegate.engine.back import go_back, new_round
from stagegate.engine.manual import arrive
from stagegate.engine.place import (
    COMPLETED,
    COMPLETED_PHASE,
    Place,
)
from stagegate.engine.reasons import guard, lacking, landed_lacking, not_current
from stagegate.engine.results import Reason
from stagegate.engine.work import Work, in_stage, reason_of_end

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from stagegate.engine.parts import DecisionTable, OutcomeTable, TrackTable


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
        if outcome.kind == "end":
            work.end_reasons = {outcome.to: args.get("reason", "")}
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
    if outcome.wins and table.primary:
        work.win(outcome.wins)
    match outcome.kind:
        case "hold":
            work.hold(reminder(work.at, outcome.hold))
        case "loop_back" | "repeat":
            go_back(work, table, option.target, outcome.keep, decision.id, outcome.kind)
        case "new_round":
            new_round(work, table, option.target, outcome.keep, forgets_win=outcome.forgets_win)
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
        if table.stages[place.stage].stage.completes:
            target = work.after_completion(table, table.stages[place.stage])
    arrive(work, table, Place(place.stage, place.phase, target, place.trail))


def reminder(at: datetime, hold: timedelta | None) -> datetime | None:
    """When a hold is to be reminded of; never for one without a time, or beyond the end of the calendar."""
    try:
        return None if hold is None else at + hold
    except OverflowError:
        return None
