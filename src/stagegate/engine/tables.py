"""A definition compiled: criteria become bits, gates masks, stages and targets small integers.

Built once for a definition and shared by all its cases; afterwards only what they share is kept here, never changed. Names appear
only at the edge: inside a track a *node* is an integer: stages count from 0, decision points follow
(`first_decision + i`), ends are negative (`END_BASE - i`), and NOWHERE is the node of nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stagegate.engine.events import Event
from stagegate.engine.identity import figures_digest, flow_digest
from stagegate.engine.parts import END_BASE, NOWHERE, DecisionTable, OutcomeTable, StageTable, TrackTable
from stagegate.engine.place import (
    COMPLETED,
    COMPLETED_PHASE,
    ENTERED,
    IN,
    NOT_STARTED_PHASE,
    FastGate,
    Place,
    crossing_event,
)
from stagegate.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stagegate.conditions import Condition
    from stagegate.engine.snapshot import Rest, Snapshot
    from stagegate.model import (
        Criterion,
        DecisionPoint,
        Definition,
        End,
        Fact,
        Jump,
        Loop,
        Outcome,
        Procedure,
    )


MOST_SHARED: Final = 1000  # shared parts of cases that are kept; what facts make different is not worth more


class Tables:
    """A compiled definition. `definition` is what it was compiled from."""

    __slots__ = (
        "appraised",
        "automatic",
        "bit_of",
        "blank",
        "criteria",
        "decision_of",
        "definition",
        "derived",
        "documented",
        "end_of",
        "ends",
        "fact_of",
        "figures",
        "flow",
        "fact_reading",
        "gap_tracks",
        "jump_of",
        "latching",
        "loop_of",
        "opening",
        "optional_applies",
        "plain",
        "plain_bit",
        "plain_end",
        "plain_won",
        "primary",
        "procedures",
        "readers",
        "recorded",
        "stage_of",
        "track_of",
        "tracks",
    )

    def __init__(self, definition: Definition) -> None:
        self.definition: Final = definition
        self.flow: Final = flow_digest(definition)
        self.figures: Final = figures_digest(definition)
        self._number_criteria()
        self._compile_conditions()
        self._compile_tracks()
        self._compile_moves()
        self._order_tracks()
        self._pair_tracks()
        self._mark_plain()
        self._lay_fast_paths()

    # -- criteria ---------------------------------------------------------------------------------

    def _number_criteria(self) -> None:
        """Numbers the criteria in the order of the gates, then conditions and appraisal."""
        stages = tuple(self.definition.stages())
        gates = [c for s in stages for c in (*s.entry_milestone, *(s.exit_criteria or ()))]
        rest = [c for s in stages for c in (*s.conditions, *s.appraisal)]
        self.criteria: tuple[Criterion, ...] = (*gates, *rest)
        self.bit_of: Mapping[str, int] = {c.id: i for i, c in enumerate(self.criteria)}
        self.fact_of: Mapping[str, Fact] = {f.id: f for f in self.definition.facts}
        self.appraised: Mapping[int, int] = {
            i: self.bit_of[c.of] for i, c in enumerate(self.criteria) if c.of and c.of in self.bit_of
        }
        self.documented: int = self._mask(c.id for c in self.criteria if c.evidence)
        self.recorded: int = self._mask(c.id for c in self.criteria if c.when is None and not c.of)
        self.latching: int = self._mask(c.id for c in self.criteria if c.once)

    def _mask(self, ids: Iterable[str]) -> int:
        mask = 0
        for id in ids:
            mask |= 1 << self.bit_of[id]
        return mask

    def _compile_conditions(self) -> None:
        """Orders the derived criteria so that each comes after those it reads."""
        derived = {i: c.when for i, c in enumerate(self.criteria) if c.when is not None}
        ordered: list[tuple[int, Condition]] = []
        done: set[int] = set()

        def place(i: int) -> None:
            if i in done or i not in derived:
                return
            done.add(i)
            for read in sorted(derived[i].reads.criteria):
                place(self.appraised.get(self.bit_of[read], self.bit_of[read]))
            ordered.append((i, derived[i]))

        for i in derived:
            place(i)
        self.derived: tuple[tuple[int, Condition], ...] = tuple(ordered)
        self.optional_applies: tuple[tuple[int, Condition], ...] = tuple(
            (i, c.applies_when) for i, c in enumerate(self.criteria) if c.applies_when is not None
        )
        readers: dict[str, int] = {}
        for i, condition in self.derived:
            for fact in condition.reads.facts:
                readers[fact] = readers.get(fact, 0) | 1 << i
        self.readers: Mapping[str, int] = readers  # fact -> the derived criteria that read it directly
        self.fact_reading: int = self._mask(self.criteria[i].id for i, c in self.derived if c.reads.facts)

    # -- tracks -----------------------------------------------------------------------------------

    def _compile_tracks(self) -> None:
        primary = self.definition.primary
        self.tracks: tuple[TrackTable, ...] = tuple(
            TrackTable(t, i, t is primary) for i, t in enumerate(self.definition.tracks)
        )
        self.track_of: Mapping[str, TrackTable] = {t.track.id: t for t in self.tracks}
        self.primary: TrackTable | None = next((t for t in self.tracks if t.primary), None)
        self.ends: tuple[End, ...] = self.definition.every_end()
        self.end_of: Mapping[str, End] = {e.id: e for e in self.ends}
        self.stage_of: dict[str, StageTable] = {}
        self.decision_of: dict[str, DecisionTable] = {}
        for table in self.tracks:
            self._compile_stages(table)
            self._compile_decisions(table)

    def _compile_stages(self, table: TrackTable) -> None:
        stages = []
        for index, stage in enumerate(table.track.stages):
            exits = stage.exit_criteria or ()
            entry = self._mask(c.id for c in stage.entry_milestone if not c.optional)
            exit = self._mask(c.id for c in exits if not c.optional)
            gates = self._mask(c.id for c in (*stage.entry_milestone, *exits))
            stages.append(StageTable(stage, table.index, index, entry, exit, gates))
            self.stage_of[stage.id] = stages[-1]
        table.stages = tuple(stages)
        table.starts = tuple(s.index for s in stages if s.stage.start) or (0,)

    def _compile_decisions(self, table: TrackTable) -> None:
        decisions = []
        for i, point in enumerate(table.track.decision_points):
            after = self.stage_of[point.after].index if point.after else NOWHERE
            place = self.stage_of[point.place].index
            decision = DecisionTable(point, table.index, table.first_decision + i, after, place)
            decisions.append(decision)
            self.decision_of[point.id] = decision
            if after != NOWHERE:
                table.stages[after].decision = decision
        table.decisions = tuple(decisions)

    def _compile_moves(self) -> None:
        self.jump_of: Mapping[str, tuple[TrackTable, Jump]] = {j.id: (t, j) for t in self.tracks for j in t.track.jumps}
        loops = {loop.id: (t, loop) for t in self.tracks for loop in t.track.loops}
        repeats = {s.stage.id: (t, s.stage.repeatable) for t in self.tracks for s in t.stages if s.stage.repeatable}
        self.loop_of: Mapping[str, tuple[TrackTable, Loop]] = {**repeats, **loops}
        for table in self.tracks:
            for stage in table.stages:
                following = stage.index + 1 if stage.index + 1 < len(table.stages) else NOWHERE
                stage.next = self.node(table, stage.stage.next) if stage.stage.next else following
            for decision, point in zip(table.decisions, table.track.decision_points, strict=True):
                decision.outcomes = tuple(self._outcome(table, point, o) for o in point.outcomes)
                decision.by_id = {o.outcome.id: o for o in decision.outcomes}
            table.counted = frozenset(
                [o.key for d in table.decisions for o in d.outcomes]
                + [id for moves in (self.jump_of, self.loop_of) for id, (owner, _) in moves.items() if owner is table]
            )
        procedures: dict[str, list[tuple[str, Procedure]]] = {}
        for owner, procedure in self.definition.procedures():
            procedures.setdefault(procedure.process, []).append((owner, procedure))
        self.procedures: Mapping[str, list[tuple[str, Procedure]]] = (
            procedures  # with the stage or activity that has it
        )

    def owners(self, process: str) -> tuple[str, ...]:
        """The stages and activities that have a sub-procedure."""
        return tuple(dict.fromkeys(owner for owner, _ in self.procedures[process]))

    def _outcome(self, table: TrackTable, point: DecisionPoint, outcome: Outcome) -> OutcomeTable:
        requires = tuple(self.bit_of[c] for c in outcome.requires)
        target = self.node(table, outcome.to) if outcome.to else NOWHERE
        return OutcomeTable(outcome, f"{point.id}.{outcome.id}", requires, target)

    def node(self, table: TrackTable, name: str) -> int:
        """The node of a stage, decision point or end; raises `UnknownNameError` for any other name."""
        stage = self.stage_of.get(name)
        if stage is not None and stage.track == table.index:
            return stage.index
        decision = self.decision_of.get(name)
        if decision is not None and decision.track == table.index:
            return decision.node
        if name in self.end_of:
            return END_BASE - self.ends.index(self.end_of[name])
        raise UnknownNameError("stage, decision point or end", name)

    def name(self, table: TrackTable, node: int) -> str:
        """The name of a node, "" for NOWHERE."""
        if node == NOWHERE:
            return ""
        if node <= END_BASE:
            return self.ends[END_BASE - node].id
        if node < table.first_decision:
            return table.stages[node].stage.id
        return table.decisions[node - table.first_decision].id

    def place_index(self, table: TrackTable, node: int) -> int:
        """The index of the stage that a stage or decision point counts as standing at."""
        if node < table.first_decision:
            return node
        return table.decisions[node - table.first_decision].place

    # -- what depends on what ---------------------------------------------------------------------

    def _order_tracks(self) -> None:
        """A track that others read comes before them; otherwise file order."""
        reads: dict[int, set[int]] = {t.index: set() for t in self.tracks}
        for table in self.tracks:
            for condition in self._conditions_of(table):
                reads[table.index] |= self._tracks_read(condition, set()) - {table.index}
            required = [c for d in table.decisions if d.automatic for o in d.outcomes for c in o.outcome.requires]
            reads[table.index] |= self._tracks_behind(required, set()) - {table.index}
        ordered: list[TrackTable] = []
        while len(ordered) < len(self.tracks):
            settled = {t.index for t in ordered}
            ready = [t for t in self.tracks if t.index not in settled and reads[t.index] <= settled]
            ordered.append(ready[0] if ready else next(t for t in self.tracks if t.index not in settled))
        self.automatic: tuple[TrackTable, ...] = tuple(t for t in ordered if not (t.observed or t.manual))

    def _conditions_of(self, table: TrackTable) -> Iterable[Condition]:
        for stage in table.track.stages:
            if stage.applies_when is not None:
                yield stage.applies_when
            for criterion in stage.criteria():
                yield from (c for c in (criterion.when, criterion.applies_when) if c is not None)
        for point in table.track.decision_points:
            if point.automatic:
                yield from (o.when for o in point.outcomes if o.when is not None)

    def _tracks_read(self, condition: Condition, seen: set[str]) -> set[int]:
        """The tracks whose stage or taken outcomes a condition reads, through others too."""
        found = {self.track_of[t].index for t in condition.reads.tracks}
        found |= {d.track for d in self.decision_of.values() for o in d.outcomes if names(condition.reads.outcomes, o)}
        return found | self._tracks_behind(condition.reads.criteria, seen)

    def _tracks_behind(self, ids: Iterable[str], seen: set[str]) -> set[int]:
        """The tracks that criteria read, through appraisal items and other criteria too."""
        found: set[int] = set()
        for id in set(ids) - seen:
            seen.add(id)
            criterion = self.criteria[self.bit_of[id]]
            if criterion.of:
                found |= self._tracks_behind((criterion.of,), seen)
            if criterion.when is not None:
                found |= self._tracks_read(criterion.when, seen)
        return found

    def _pair_tracks(self) -> None:
        """Finds the two tracks whose stages are paired, buyer's and seller's (R25)."""
        self.gap_tracks: tuple[TrackTable, TrackTable] | None = None
        for table in self.tracks:
            runs = [[self.stage_of[id].index for id in s.stage.pairs_with] or [NOWHERE] for s in table.stages]
            table.pairs = tuple((min(run), max(run)) for run in runs)
            partners = {self.stage_of[id].track for s in table.stages for id in s.stage.pairs_with}
            if table.track.side != "buyer" and not table.observed and len(partners) == 1 and self.gap_tracks is None:
                self.gap_tracks = (self.tracks[partners.pop()], table)

    def _mark_plain(self) -> None:
        """Criteria whose report changes one bit and nothing else; tracks whose conditions need a look each time."""
        read = {id for condition in self._all_conditions() for id in condition.reads.criteria}
        automatic = [o for d in self.decision_of.values() if d.automatic for o in d.outcomes]
        read |= {id for option in automatic for id in option.outcome.requires}
        self.plain: int = self.recorded & ~self.documented & ~self._mask(read)
        for i, of in self.appraised.items():
            if self.criteria[i].id in read:
                self.plain &= ~(1 << of)
        self.plain_bit: Mapping[str, int] = {c.id: 1 << i for i, c in enumerate(self.criteria) if self.plain >> i & 1}

    def _all_conditions(self) -> Iterable[Condition]:
        for criterion in self.criteria:
            yield from (c for c in (criterion.when, criterion.applies_when) if c is not None)
        for table in self.tracks:
            yield from (s.stage.applies_when for s in table.stages if s.stage.applies_when is not None)
            for decision in table.decisions:
                yield from (o.outcome.when for o in decision.outcomes if o.outcome.when is not None)
            yield from (j.when for j in table.track.jumps if j.when is not None)
            yield from (loop.when for loop in table.track.loops if loop.when is not None)
        yield from (end.when for end in self.ends if end.when is not None)

    # -- the plain way -------------------------------------------------------------------------------

    def shared(self, rest: Rest) -> Rest:
        """One object for all the cases that have nothing of their own there (most of a portfolio's memory)."""
        if not rest.is_blank:
            return rest
        key = (rest.ended, rest.won, rest.true, rest.unknown, rest.inapplicable)
        return self.blank.setdefault(key, rest) if len(self.blank) < MOST_SHARED else self.blank.get(key, rest)

    def over(self, rest: Rest) -> Rest:
        """The rest of a case that ends on the plain way."""
        blank = self.blank.get((self.plain_end.id, self.plain_won, rest.true, rest.unknown, rest.inapplicable))
        if blank is not None and rest.is_blank:
            return blank
        new = rest.copy()
        new.ended, new.won, new.active, new.calm = self.plain_end.id, self.plain_won, (), False
        return self.shared(new)

    def _lay_fast_paths(self) -> None:
        """Lays the plain way through the one track of a manual process as ready-made places, gate by gate."""
        self.blank: dict[tuple[str, str, int, int, int], Rest] = {}
        self.opening: tuple[Snapshot, tuple[Event, ...]] | None = None  # filled by the first plain opening
        won = [e for e in self.ends if e.kind == "won"]
        self.plain_end: End = won[0] if len(won) == 1 else self.end_of["completed"]
        self.plain_won: str = self.plain_end.id if len(won) == 1 else ""
        table = self.tracks[0]
        if len(self.tracks) > 1 or not table.manual or any(c.reads.tracks for c in self._all_conditions()):
            return
        if any(s.stage.applies_when or s.stage.time_limit for s in table.stages):
            return
        self._lay_fast_path(table)

    def _lay_fast_path(self, table: TrackTable) -> None:
        """The places from the start to the last stage that the plain way reaches."""
        name = table.track.id
        stages = table.stages[table.starts[0] :]
        place = self._ready(table, Place(NOWHERE, NOT_STARTED_PHASE, stages[0].index, ()))
        for stage in stages:
            if place.pending != stage.index:
                break
            inside = self._ready(table, Place(stage.index, IN, NOWHERE, (*place.trail, ENTERED + 3 * stage.index)))
            place.fast = FastGate(stage.entry, (inside,), (crossing_event(name, stage.stage.id, ENTERED),))
            if not is_plain_exit(table, stage):
                break
            over = stage.next == NOWHERE
            trail = (*inside.trail, COMPLETED + 3 * stage.index)
            out = self._ready(table, Place(stage.index, COMPLETED_PHASE, stage.next, trail))
            events: tuple[Event, ...] = (crossing_event(name, stage.stage.id, COMPLETED),)
            if over:
                events = (*events, Event("ended", self.plain_end.id, {"end_kind": self.plain_end.kind}))
            inside.fast = FastGate(stage.exit, (out,), events, over)
            place = out

    def _ready(self, table: TrackTable, place: Place) -> Place:
        table.ready[place.phase, place.pending, place.trail] = place
        return place


def names(outcomes: Iterable[str], option: OutcomeTable) -> bool:
    """Whether one of these names, bare or with its decision point, is this outcome."""
    return option.key in outcomes or option.outcome.id in outcomes


def is_plain_exit(table: TrackTable, stage: StageTable) -> bool:
    """Whether completing a stage does nothing but lead to a later stage, or end the case."""
    special = stage.marked or stage.stage.conditions or stage.stage.wins or stage.stage.completes
    if special or stage.decision is not None:
        return False
    return 0 <= stage.next < table.first_decision or (stage.next == NOWHERE and not table.track.cycle)
