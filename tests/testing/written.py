"""A made definition as the text of a file. JSON is YAML, so it needs no more than plain values.

Only what made definitions consist of is written: no titles, notes, catalogues or scenarios.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from stagegate import model


def text_of(definition: model.Definition) -> str:
    """The text of a definition."""
    tree = {
        "stagegate": 1,
        "process": definition.name,
        "version": definition.version,
        "facts": {fact.id: _fact(fact) for fact in definition.facts},
        "roles": {role.id: {} for role in definition.roles},
        "documents": {document.id: {} for document in definition.documents},
        "gap": _kept(give_up_at=definition.gap.give_up_at),
        "tracks": [_track(track) for track in definition.tracks],
        "activities": [_activity(activity) for activity in definition.activities],
        "ends": [_end(end) for end in definition.ends],
    }
    return json.dumps({key: value for key, value in tree.items() if value not in ({}, [])}, indent=1)


def _kept(**values: Any) -> dict[str, Any]:
    """What is not left out."""
    return {key.rstrip("_"): value for key, value in values.items() if value not in (None, "", (), [], {}, False)}


def _hours(duration: timedelta | None) -> str | None:
    return None if duration is None else f"{int(duration.total_seconds() // 3600)}h"


def _text(condition: Any) -> str | None:
    return None if condition is None else str(condition.text)


def _fact(fact: model.Fact) -> Mapping[str, Any]:
    bounds = {"minimum": fact.minimum, "maximum": fact.maximum}
    return {
        **_kept(type=fact.type.kind, values=list(fact.type.values)),
        **{key: value for key, value in bounds.items() if value is not None},
    }


def _track(track: model.Track) -> Mapping[str, Any]:
    return _kept(
        id=track.id,
        side=track.side,
        position="observed" if track.observed else None,
        advance="manual" if track.manual else None,
        cycle=_kept(to=track.closing.to, forgets_win=track.closing.forgets_win) or track.cycle,
        stages=[_stage(stage, observed=track.observed) for stage in track.stages],
        decision_points=[_point(point) for point in track.decision_points],
        jumps=[_jump(jump) for jump in track.jumps],
        loops=[_loop(loop) for loop in track.loops],
    )


def _stage(stage: model.Stage, *, observed: bool) -> Mapping[str, Any]:
    found = _kept(
        id=stage.id,
        start=stage.start and not observed,
        pairs_with=list(stage.pairs_with),
        next=stage.next,
        entry_milestone=[_criterion(item) for item in stage.entry_milestone],
        stage_conditions=_kept(process=[_criterion(item) for item in stage.conditions]),
        appraisal=[_criterion(item) for item in stage.appraisal],
        prohibitions=[{"id": prohibition.id} for prohibition in stage.prohibitions],
        chance=stage.chance and {"reached": stage.chance.reached, "completed": stage.chance.completed},
        time_limit=_hours(stage.time_limit),
        wins=stage.wins,
        completes=stage.completes,
        optional=stage.optional,
        applies_when=_text(stage.applies_when),
        procedures=[_procedure(procedure) for procedure in stage.procedures],
    )
    if stage.repeatable is not None:
        found["repeatable"] = _kept(max=stage.repeatable.max, keep=list(stage.repeatable.keep)) or True
    if stage.exit_criteria is not None:
        found["exit_criteria"] = [_criterion(item) for item in stage.exit_criteria]
    return found


def _procedure(procedure: model.Procedure) -> Mapping[str, Any]:
    return _kept(process=procedure.process, on_end={end: list(met) for end, met in procedure.on_end.items()})


def _criterion(item: model.Criterion) -> Mapping[str, Any]:
    return _kept(
        id=item.id,
        evidence=[e if isinstance(e, str) else {"any_of": list(e.documents)} for e in item.evidence],
        when=_text(item.when),
        applies_when=_text(item.applies_when),
        optional=item.optional,
        once=item.once,
        waivable=list(item.waivable),
        of=item.of,
        weight=item.weight if item.kind == "appraisal" else None,
    )


def _guard(move: model.Outcome | model.Jump | model.Loop | model.End) -> dict[str, Any]:
    most = None if isinstance(move, model.End) else move.max
    return _kept(when=_text(move.when), requires=list(move.requires), roles=list(move.roles), max=most)


def _point(point: model.DecisionPoint) -> Mapping[str, Any]:
    outcomes = [_outcome(outcome) for outcome in point.outcomes]
    return _kept(id=point.id, after=point.after, automatic=point.automatic, outcomes=outcomes)


def _outcome(outcome: model.Outcome) -> Mapping[str, Any]:
    return {
        **_kept(
            id=outcome.id,
            to=outcome.to,
            hold=(_hours(outcome.hold) or True) if outcome.kind == "hold" else None,
            keep=list(outcome.keep),
            otherwise=outcome.otherwise,
            new_round=outcome.kind == "new_round",
            wins=outcome.wins,
            forgets_win=outcome.forgets_win,
            skipped=outcome.skipped if outcome.kind == "jump" else None,
        ),
        **_guard(outcome),
    }


def _jump(jump: model.Jump) -> Mapping[str, Any]:
    target = {"to": jump.to} if jump.to else {"to_any_later": True}
    probe = None if jump.probe is None else {"id": jump.probe.id, "question": "Now?"}
    return {
        **_kept(id=jump.id, from_=list(jump.origins), probe=probe, skipped=jump.skipped),
        **target,
        **_guard(jump),
    }


def _loop(loop: model.Loop) -> Mapping[str, Any]:
    return {**_kept(id=loop.id, from_=list(loop.origins), to=loop.to, keep=list(loop.keep)), **_guard(loop)}


def _activity(activity: model.Activity) -> Mapping[str, Any]:
    return _kept(
        id=activity.id,
        from_=list(activity.origins),
        results=list(activity.results),
        blocks=activity.blocks,
        standing=activity.standing,
        procedures=[_procedure(procedure) for procedure in activity.procedures],
    )


def _end(end: model.End) -> Mapping[str, Any]:
    reasons = [] if end.reasons is None else [_reason(entry) for entry in end.reasons.reasons]
    own = _kept(id=end.id, kind=end.kind, by_command=end.by_command, reasons=reasons, from_=list(end.origins))
    return {**own, **_guard(end)}


def _reason(entry: model.CatalogueEntry) -> Any:
    return {"id": entry.id, "reasons": [_reason(each) for each in entry.entries]} if entry.entries else entry.id
