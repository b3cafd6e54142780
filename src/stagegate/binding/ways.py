"""The moves of a process as edges between states: what a machine lists and draws.

Only what the process declares is an edge. Where a case goes is decided by the case; that it may get elsewhere (evidence
withdrawn, stages that do not apply, several stages at once) makes no edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stagegate.binding.states import States
from stagegate.engine.parts import END_BASE, NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stagegate.binding.triggers import Triggers
    from stagegate.engine.parts import DecisionTable, StageTable, TrackTable
    from stagegate.engine.tables import Tables
    from stagegate.model import End, Jump, Loop, Outcome

AFTER_THE_END: Final = ("reopen", "tick")


class Way(NamedTuple):
    """An edge: by which trigger, from where, to where (None: the state stays), under what conditions.

    `drawn` is false for what is possible from everywhere, and would hide the rest of a picture.
    """

    trigger: str
    source: str
    target: str | None = None
    criteria: tuple[str, ...] = ()
    when: str = ""
    label: str = ""
    drawn: bool = True


class Ways:
    """Finds the ways of one process."""

    def __init__(self, tables: Tables, states: States, triggers: Triggers) -> None:
        self.tables = tables
        self.states = states
        self.triggers = triggers
        self.table: TrackTable = states.table
        self.asked = self._asked()

    def all(self) -> tuple[Way, ...]:
        """Every way once; each trigger has one at least."""
        found = dict.fromkeys(self._observed() if self.table.observed else self._declared())
        for trigger in self.triggers.by_name.values():
            mine = [way for way in found if way.trigger == trigger.name]
            others = self.states.open
            if trigger.kind in AFTER_THE_END:
                others = tuple(self.states) if trigger.kind == "tick" else ()
            elif trigger.track is self.table and trigger.kind != "skip" and mine:
                others = ()
            stays = {way.source for way in mine if way.target is None}
            found |= dict.fromkeys(Way(trigger.name, state) for state in others if state not in stays)
        return tuple(found)

    def _observed(self) -> Iterator[Way]:
        """A track that is only observed: somebody tells where the buyer stands, any stage at any time."""
        for source, target in zip((self.states.start, *self.states.stages), self.states.stages, strict=False):
            yield Way("observe", source, target)

    def _declared(self) -> Iterator[Way]:
        for index in self.table.starts:
            yield from self._onward(self.states.start, None, index)
        for stage in self.table.stages:
            node = self._exit(stage)
            if node >= self.table.first_decision:
                yield from self._computed(stage, self._decision(node))
            else:
                yield from self._onward(self.states.stages[stage.index], stage, node)
        for decision in self.table.decisions:
            yield from self._outcomes(decision)
        yield from self._jumps_and_loops()
        yield from self._skips()
        yield from self._ends()

    # -- going on -----------------------------------------------------------------------------------

    def _onward(self, source: str, stage: StageTable | None, node: int) -> Iterator[Way]:
        """From a stage to what follows it."""
        criteria = (*self._exit_gate(stage), *self._entry_gate(node))
        for trigger in self._verbs(stage, criteria):
            yield Way(trigger, source, self._state(node), criteria)

    def _computed(self, stage: StageTable, decision: DecisionTable) -> Iterator[Way]:
        """From a stage through the automatic decision point after it."""
        if not decision.automatic:
            return
        for option in decision.outcomes:
            outcome, state = option.outcome, self._state(option.target)
            if state is None:
                continue
            criteria = (*self._exit_gate(stage), *outcome.requires)
            verbs = self._verbs(stage, (*criteria, *self._entry_gate(option.target)))
            reads = outcome.when.reads.facts if outcome.when is not None else ()
            if reads and "advance" not in verbs and "set_facts" not in verbs:
                verbs = (*verbs, "set_facts")
            for trigger in verbs:
                when = outcome.when.text if outcome.when is not None else ""
                yield Way(trigger, self.states.stages[stage.index], state, criteria, when, f"{option.key} ({trigger})")

    def _verbs(self, stage: StageTable | None, criteria: Sequence[str]) -> tuple[str, ...]:
        """The triggers that bring a case on: `advance`, or what reports the criteria it waits for."""
        if self.table.manual:
            return ("advance",)
        found = []
        if stage is not None and stage.marked and stage.decision is None:
            found.append(self.triggers.of("complete", stage.stage.id))
        waiting = [self.tables.criteria[self.tables.bit_of[c]] for c in criteria]
        if any(c.when is None for c in waiting):
            found.append("meet")
        if any(c.when is not None and c.when.reads.facts for c in waiting):
            found.append("set_facts")
        return tuple(found or [verb for verb in ("meet", "set_facts", "tick") if verb in self.triggers][:1])

    def _exit(self, stage: StageTable) -> int:
        """The node that a completed stage leads to (semantics 2)."""
        if stage.decision is not None:
            return stage.decision.node
        if stage.stage.completes:
            return self._end(stage.stage.completes)
        if stage.next != NOWHERE:
            return stage.next
        if self.table.track.cycle:
            return self.table.round_start
        won = [end.id for end in self.tables.ends if end.kind == "won"]
        return self._end(stage.stage.wins or (won[0] if len(won) == 1 else "completed"))

    def _end(self, end: str) -> int:
        return END_BASE - self.tables.ends.index(self.tables.end_of[end])

    def _exit_gate(self, stage: StageTable | None) -> tuple[str, ...]:
        exits = () if stage is None else stage.stage.exit_criteria or ()
        return tuple(c.id for c in exits if not c.optional)

    def _entry_gate(self, node: int) -> tuple[str, ...]:
        if not 0 <= node < self.table.first_decision:
            return ()
        return tuple(c.id for c in self.table.stages[node].stage.entry_milestone if not c.optional)

    def _state(self, node: int) -> str | None:
        """The state of a stage or an end; None for a decision point and for a hold."""
        if node <= END_BASE:
            return self.states.end_of[self.tables.ends[END_BASE - node].id]
        return self.states.stages[node] if 0 <= node < self.table.first_decision else None

    # -- moves --------------------------------------------------------------------------------------

    def _decision(self, node: int) -> DecisionTable:
        return self.table.decisions[node - self.table.first_decision]

    def _asked(self) -> dict[str, tuple[str, ...]]:
        """For each decision point the states in which it may be asked, through other decision points too."""
        found: dict[str, dict[str, None]] = {d.id: {} for d in self.table.decisions}
        edges: list[tuple[str, str]] = []
        for stage in self.table.stages:
            node = self._exit(stage)
            if node >= self.table.first_decision:
                found[self._decision(node).id][self.states.stages[stage.index]] = None
        for jump in self.table.track.jumps:
            if jump.to in found:
                found[jump.to] |= dict.fromkeys(jump.origins)
        for decision in self.table.decisions:
            edges += [(decision.id, o.outcome.to) for o in decision.outcomes if o.outcome.to in found]
        for _ in found:  # as often as a chain can be long
            for first, then in edges:
                found[then] |= found[first]
        return {decision: tuple(states) for decision, states in found.items()}

    def _outcomes(self, decision: DecisionTable) -> Iterator[Way]:
        for option in () if decision.automatic else decision.outcomes:
            trigger = self.triggers.of("decide", decision.id, option.outcome.id)
            for source in self.asked[decision.id]:
                yield guarded(trigger, source, self._state(option.target), option.outcome)

    def _jumps_and_loops(self) -> Iterator[Way]:
        for jump in self.table.track.jumps:
            target = jump.to if jump.to in self.states.stages else None
            for origin in jump.origins:
                yield guarded(self.triggers.of("jump", jump.id), origin, target, jump)
        for id, (owner, loop) in self.tables.loop_of.items():
            for origin in loop.origins if owner is self.table else ():
                yield guarded(self.triggers.of("loop_back", id), origin, loop.to, loop)

    def _skips(self) -> Iterator[Way]:
        for stage in self.table.stages:
            if stage.stage.optional:
                target = self._state(self._exit(stage))
                yield Way(self.triggers.of("skip", stage.stage.id), self.states.stages[stage.index], target)

    def _ends(self) -> Iterator[Way]:
        for end, state in self.states.end_of.items():
            trigger, guard = self.triggers.of("end", end), self.tables.end_of[end]
            for source in (guard.origins or self.states.open) if trigger else ():
                yield guarded(trigger, source, state, guard)._replace(drawn=bool(guard.origins))
            for stage in self.states.stages:
                yield Way(self.triggers.of("reopen", stage), state, stage, drawn=False)


def guarded(trigger: str, source: str, target: str | None, guard: Outcome | Jump | Loop | End) -> Way:
    """A move with its guard."""
    return Way(trigger, source, target, tuple(guard.requires), guard.when.text if guard.when is not None else "")
