"""The walk: where an automatic track stands, found from its start with what is true now (semantics 2)."""

from __future__ import annotations

from typing import Final

from stagegate.conditions import Unknown
from stagegate.engine.parts import NOWHERE, DecisionTable, OutcomeTable, StageTable, TrackTable
from stagegate.engine.place import COMPLETED, COMPLETED_PHASE, ENTERED, IN, LEFT, LEFT_PHASE, NOT_STARTED_PHASE, Place
from stagegate.engine.work import Work, is_end


class Stop:
    """Where a walk stopped, and what must happen there by itself, if anything.

    `take` is an automatic decision to be newly taken, `over` says that the way has come to its end:
    the case ends, or a new round begins.
    """

    __slots__ = ("over", "place", "take")

    def __init__(
        self, place: Place, take: tuple[DecisionTable, OutcomeTable] | None = None, over: bool = False
    ) -> None:
        self.place: Final = place
        self.take: Final = take
        self.over: Final = over


def walk(work: Work, table: TrackTable) -> Stop:
    """Walks a track from its start to the first thing lacking."""
    memory = work.memory(table)
    trail: list[int] = []
    stage, phase, node = NOWHERE, NOT_STARTED_PHASE, memory.start
    while node >= 0:
        if node >= table.first_decision:
            decision = table.decisions[node - table.first_decision]
            target, take = way_out(work, table, decision)
            if target is None:
                return Stop(Place(stage, phase, node, tuple(trail)), take)
            node = target
            continue
        here = table.stages[node]
        if work.passed_over(table, here):
            node = work.default_exit(table, here)
            continue
        landed = memory.landed >> node & 1
        if not landed and here.entry & ~work.passes:
            return Stop(Place(stage, phase, node, tuple(trail)))
        trail.append(3 * node + ENTERED)
        stage = node
        left = memory.exits.get(node)
        if left is not None:
            trail.append(3 * node + LEFT)
            phase, node = LEFT_PHASE, left[1]
            continue
        closed, take = is_completed(work, table, here)
        if not closed:
            return Stop(Place(stage, IN, NOWHERE, tuple(trail)), take)
        trail.append(3 * node + COMPLETED)
        phase, node = COMPLETED_PHASE, work.after_completion(table, here)
    over = phase == COMPLETED_PHASE and (table.primary or (node == NOWHERE and table.track.cycle))
    over = over or (is_end(node) and table.primary)
    return Stop(Place(stage, phase, node, tuple(trail)), over=over)


def is_completed(
    work: Work, table: TrackTable, stage: StageTable
) -> tuple[bool, tuple[DecisionTable, OutcomeTable] | None]:
    """Whether an entered stage is completed; with the automatic decision that would complete it."""
    memory = work.memory(table)
    if memory.landed >> stage.index & 1 and stage.entry & ~work.passes:
        return False, None
    if not stage.marked:
        return not stage.exit & ~work.passes, None
    if memory.marked >> stage.index & 1:
        return True, None
    if stage.decision is None:
        return False, None
    target, take = way_out(work, table, stage.decision)
    return target is not None, take


def way_out(
    work: Work, table: TrackTable, decision: DecisionTable
) -> tuple[int | None, tuple[DecisionTable, OutcomeTable] | None]:
    """Where a decision point leads now: its target, or None with the automatic decision to take."""
    taken = work.memory(table).taken.get(decision.node)
    if not decision.automatic:
        return (None if taken is None else taken[1]), None
    outcome = automatic_outcome(work, decision, taken[0] if taken is not None else "")
    if outcome is None:
        return None, None
    if taken is not None and taken[0] == outcome.outcome.id:
        return taken[1], None
    return None, (decision, outcome)


def automatic_outcome(work: Work, decision: DecisionTable, remembered: str) -> OutcomeTable | None:
    """The one outcome that is allowed while every other is definitely not, if there is one."""
    found: OutcomeTable | None = None
    for outcome, value in verdicts(work, decision, remembered):
        if value is None or (value and found is not None):
            return None
        if value:
            found = outcome
    return found


def verdicts(work: Work, decision: DecisionTable, remembered: str) -> list[tuple[OutcomeTable, bool | None]]:
    """Each outcome of an automatic decision with its verdict: allowed, not allowed, None for unknown."""
    told = {o.outcome.id: verdict(work, o, remembered) for o in decision.outcomes if not o.outcome.otherwise}
    others = list(told.values())
    rest = False if True in others else (None if None in others else True)
    return [(o, rest if o.outcome.otherwise else told[o.outcome.id]) for o in decision.outcomes]


def verdict(work: Work, outcome: OutcomeTable, remembered: str) -> bool | None:
    """Whether an outcome's condition, required criteria and `max` allow it; None when that is unknown."""
    most = outcome.outcome.max
    if most is not None and outcome.outcome.id != remembered and work.rest.counts.get(outcome.key, 0) >= most:
        return False
    value = work.holds(outcome.outcome.when)
    values: list[bool | None] = [None if isinstance(value, Unknown) else value]
    values += [work.met(c) for c in outcome.outcome.requires]
    return False if False in values else (None if None in values else True)
