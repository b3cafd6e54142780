"""What makes two definitions the same: a digest of the flow and one of the figures.

The flow is all that can move a case; a snapshot is only restored where it is the same. The figures
(chances, limits, weights, titles) may change between two versions without touching a running case.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from stagegate.model import AnyOf

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from stagegate.conditions import Condition
    from stagegate.model import Criterion, DecisionPoint, Definition, End, Jump, Loop, Stage, Text, Track


_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)


def flow_digest(definition: Definition) -> str:
    """`sha256:...` of everything that can move a case."""
    return digest(flow(definition))


def figures_digest(definition: Definition) -> str:
    """`sha256:...` of chances, limits, weights and titles."""
    return digest(figures(definition))


def digest(value: Any) -> str:
    """The SHA-256 of a plain value in canonical JSON."""
    return digest_of_text(canonical(value))


def digest_of_text(text: str) -> str:
    """The SHA-256 of a canonical text, as UTF-8."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces."""
    return _CANONICAL.encode(value)


def flow(definition: Definition) -> Any:
    """Everything that can move a case, as plain lists."""
    return [
        definition.name,
        [
            [f.id, f.type.kind, list(f.type.values), f.type.of and f.type.of.kind, f.minimum, f.maximum]
            for f in definition.facts
        ],
        [flow_of_track(t) for t in definition.tracks],
        [flow_of_end(e) for e in definition.ends],
        [
            [a.id, list(a.origins), list(a.results), a.blocks, a.standing, procedures(a.procedures)]
            for a in definition.activities
        ],
    ]


def flow_of_track(track: Track) -> Any:
    """What can move a case on one track."""
    head: list[Any] = [track.id, track.side, track.observed, track.manual, track.cycle]
    if track.closing.to or track.closing.forgets_win:
        head.append([track.closing.to, track.closing.forgets_win])
    return [
        head,
        [flow_of_stage(s) for s in track.stages],
        [flow_of_decision(d) for d in track.decision_points],
        [flow_of_jump(j) for j in track.jumps],
        [flow_of_loop(loop) for loop in track.loops],
    ]


def flow_of_stage(stage: Stage) -> Any:
    """What one stage says about moving."""
    pairs: Any = list(stage.pairs_with) if len(stage.pairs_with) > 1 else "".join(stage.pairs_with)
    return [
        [stage.id, pairs, stage.start, stage.next, stage.wins, stage.completes, stage.optional],
        text_of(stage.applies_when),
        [flow_of_criterion(c) for c in stage.entry_milestone],
        None if stage.exit_criteria is None else [flow_of_criterion(c) for c in stage.exit_criteria],
        [flow_of_criterion(c) for c in (*stage.conditions, *stage.appraisal)],
        stage.repeatable and flow_of_loop(stage.repeatable),
        procedures(stage.procedures),
        [p.id for p in stage.prohibitions],
    ]


def flow_of_criterion(c: Criterion) -> Any:
    """What one criterion says about moving."""
    conditions = [text_of(c.when), text_of(c.applies_when)]
    evidence = [list(e.documents) if isinstance(e, AnyOf) else e for e in c.evidence]
    return [c.id, c.kind, evidence, *conditions, c.optional, c.once, list(c.waivable), c.of]


def flow_of_decision(d: DecisionPoint) -> Any:
    """What one decision point says about moving."""
    outcomes = [
        [o.id, o.kind, o.to, o.hold and o.hold.total_seconds(), text_of(o.when), list(o.requires), list(o.roles)]
        + [list(o.keep), o.max, o.otherwise, o.skipped]
        + ([[o.wins, o.forgets_win]] if o.wins or o.forgets_win else [])
        for o in d.outcomes
    ]
    return [d.id, d.after, d.place, d.automatic, outcomes]


def flow_of_jump(j: Jump) -> Any:
    """What one jump says about moving."""
    guard = [text_of(j.when), list(j.requires), list(j.roles), j.max]
    return [j.id, list(j.origins), j.to, j.probe and j.probe.id, j.skipped, guard]


def flow_of_loop(loop: Loop) -> Any:
    """What one loop says about moving."""
    guard = [text_of(loop.when), list(loop.requires), list(loop.roles), loop.max]
    return [loop.id, list(loop.origins), loop.to, list(loop.keep), guard]


def flow_of_end(end: End) -> Any:
    """What one end says about moving; a guard is only written where there is one, as digests were before there was any."""
    guard = [[list(end.origins), text_of(end.when), list(end.requires), list(end.roles)]] if end.guarded else []
    return [end.id, end.kind, end.by_command, list(end.reasons.leaves()) if end.reasons else None, *guard]


def procedures(found: Iterable[Any]) -> Any:
    """What the ends of sub-procedures meet."""
    return [[p.process, {end: list(ids) for end, ids in p.on_end.items()}] for p in found]


def text_of(condition: Condition | None) -> str | None:
    """A condition as it is written."""
    return None if condition is None else condition.text


def figures(definition: Definition) -> Any:
    """Chances, limits, weights and titles, as plain lists."""
    stages = [
        [s.id, titled(s.title), s.chance and [s.chance.reached, s.chance.completed], seconds(s.time_limit)]
        for s in definition.stages()
    ]
    criteria = [[c.id, titled(c.title), c.weight, level_of(c)] for c in definition.criteria()]
    decisions = [[d.id, titled(d.title), titled(d.question)] for d in definition.decision_points()]
    ends = [[e.id, titled(e.title)] for e in definition.ends]
    return [titled(definition.title), stages, criteria, decisions, ends, definition.gap.give_up_at]


def level_of(c: Criterion) -> int | list[int] | None:
    """The level of a relationship condition, a list where it names several."""
    return None if not c.levels else c.levels[0] if len(c.levels) == 1 else list(c.levels)


def titled(text: Text) -> list[str]:
    """Both languages of a text."""
    return [text.en, text.zh]


def seconds(value: timedelta | None) -> float | None:
    """A duration in seconds."""
    return None if value is None else value.total_seconds()
