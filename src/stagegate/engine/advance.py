"""The command `advance`: the next step of a manual track (semantics 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from stagegate.engine.back import close_cycle
from stagegate.engine.decisions import take
from stagegate.engine.manual import enter, finish_stage
from stagegate.engine.parts import NOWHERE, DecisionTable, StageTable, TrackTable
from stagegate.engine.place import (
    COMPLETED_PHASE,
)
from stagegate.engine.reasons import lacking, landed_lacking
from stagegate.engine.results import Reason
from stagegate.engine.walk import automatic_outcome, verdicts
from stagegate.engine.work import Work, in_stage
from stagegate.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stagegate.engine.tables import Tables


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
        close_cycle(work, table)
        return []
    return [Reason("nothing_ahead", track, "there is nothing to advance to")]


def manual_track(tables: Tables, track: str) -> TrackTable:
    """The track that `advance` means: the one named, else the only manual one, else the primary."""
    if track:
        return tables.track_of[track]
    manual = [t for t in tables.tracks if t.manual]
    if len(manual) > 1 or (not manual and tables.primary is None):
        raise UnknownNameError("track", "")
    return manual[0] if manual else cast("TrackTable", tables.primary)


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
