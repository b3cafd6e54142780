"""What of a process matters to a question: the rest may be left out of its states without changing the answer.

Evidence that only opens its own gate is *free*: it can be given and taken back at any time and nothing else looks at
it. So of a gate made of free criteria it only matters whether it is open, and where the case stands says that already. What else is
looked at, by a condition, a requirement or the question itself, is *watched* and belongs to the state.

How a stage with a free milestone was entered, through it or by landing, matters little: having landed never allows more, since
the milestone is asked for before the stage is completed. Such stages are *folded*.

Ends by command only stop a case. Unless the question names them, one that is always open stands for all, and the guards of the
others are not looked at; none is needed where the case may not be reopened.

Facts that only guards of moves by command read are *asked*: they can be given just before the move. Counts that only bar
moves by command are *barring*: having used up less never allows less. Both stay out of the states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from stagegate.conditions import Condition, FactsOnly
from stagegate.conditions.syntax import Binary, Call, Expr, Literal
from stagegate.conditions.syntax import walk as nodes
from stagegate.engine.place import COMPLETED
from stagegate.engine.reasons import bits
from stagegate.model import AnyOf
from stagegate.verify.facts import COMPARISONS, Cluster, clusters

if TYPE_CHECKING:
    from stagegate.engine.parts import OutcomeTable, StageTable, TrackTable
    from stagegate.engine.tables import Tables
    from stagegate.model import Criterion, End


@frozen
class Question:
    """What a question looks at besides the process's own doing."""

    conditions: tuple[Condition, ...] = ()
    criteria: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()  # the stages and ends it matters that they are entered
    tracks: frozenset[str] = frozenset()  # the tracks whose position it asks about
    without: frozenset[str] = frozenset()  # the commands nobody gives
    exact: bool = False  # whether what only bars moves belongs to the states all the same


@frozen
class Wanted:
    """How a free derived criterion is met and how it is not: the facts to give."""

    met: Mapping[str, Any]
    unmet: Mapping[str, Any]


@frozen
class Focus:
    """What belongs to a state. Masks are of criteria; `why` says why not everything may have been tried, "" if it was."""

    watched: int
    free: int
    wanted: Mapping[int, Wanted]  # free derived criterion -> its facts
    kept: tuple[Cluster, ...]  # clusters of facts that belong to the state
    asked: tuple[Cluster, ...]  # those that are given just before a move
    observed: tuple[int, ...]  # observed tracks something looks at
    counted: Mapping[str, int]  # counts that belong to the state -> up to how many
    barring: tuple[tuple[str, int], ...]  # counts that only bar moves, with their max
    stale: int  # derived criteria that may be stale or latched
    folded: tuple[int, ...]  # by track: the stages of which it does not matter how they were entered
    blind: tuple[int, ...]  # by track: the stages of which landing there changes nothing at all
    completed: tuple[frozenset[int], ...]  # by track: the entries of trails that `completed(...)` asks for
    passable: tuple[bool, ...]  # by track: whether it has stages that may be passed over
    ends: frozenset[str]  # the ends it matters which of them is reached
    by_command: tuple[str, ...]  # the ends by command worth trying
    hold: bool  # whether it matters that a case may be held
    choices: int  # criteria of which it matters which of several documents proved them
    without: frozenset[str]  # the commands nobody gives
    why: str


def focus_on(tables: Tables, question: Question) -> Focus:
    """What matters to a question about a process."""
    parts = _Parts(tables, question, ends_shown(tables, question))
    watched = parts.watched_mask()
    if ended_matters(tables, question, watched):
        parts = _Parts(tables, question, ends_tried(tables, question))
        watched = parts.watched_mask()
    free, wanted = parts.free_mask(watched)
    left_out = {fact for each in wanted.values() for fact in each.met}
    kept, asked = parts.clusters(left_out, free)
    counted, barring = parts.counts()
    observed = tuple(t.index for t in tables.tracks if t.observed and t.track.id in parts.tracks_read)
    derived = sum(1 << i for i, _ in tables.derived if not free >> i & 1 and i in parts.relevant)
    return Focus(
        watched=watched,
        free=free,
        wanted=wanted,
        kept=kept,
        asked=asked,
        observed=observed,
        counted=counted,
        barring=barring,
        stale=derived,
        folded=tuple(0 if question.exact else parts.folded(t, free) for t in tables.tracks),
        blind=tuple(parts.blind(t) for t in tables.tracks),
        completed=tuple(parts.completed(t) for t in tables.tracks),
        passable=tuple(any(_may_be_passed(s) for s in t.stages) for t in tables.tracks),
        ends=ends_named(tables, question),
        by_command=tuple(end.id for end in parts.ends),
        hold=bool(watched or kept or observed) and parts.hold_matters(),
        choices=parts.choices(watched),
        without=question.without,
        why=next((c.why for c in (*kept, *asked) if c.why), "") or why_uncounted((*parts.looking, *parts.guards)),
    )


def ends_named(tables: Tables, question: Question) -> frozenset[str]:
    """The ends that a question names."""
    named = {end for condition in question.conditions for end in condition.reads.ends}
    return frozenset(end.id for end in tables.ends if end.id in named | question.targets)


def ends_shown(tables: Tables, question: Question) -> tuple[End, ...]:
    """The ends by command that a question names, if anybody gives that command."""
    if "end" in question.without:
        return ()
    named = ends_named(tables, question)
    return tuple(end for end in tables.ends if end.by_command and end.id in named)


def ended_matters(tables: Tables, question: Question, watched: int) -> bool:
    """Whether a case that was ended may show what it did not show before.

    It may be reopened; and a waiver may expire at the end, the position staying as it is.
    """
    waived = "waive" not in question.without and any(tables.criteria[i].waivable for i in bits(watched))
    return "end" not in question.without and ("reopen" not in question.without or waived)


def ends_tried(tables: Tables, question: Question) -> tuple[End, ...]:
    """The ends by command worth trying: those named, and of the others one that is always open, where there is one."""
    named = ends_shown(tables, question)
    others = [end for end in tables.ends if end.by_command and end not in named]
    always_open = [end for end in others if not end.guarded]
    return (*named, *(always_open[:1] or others))


class _Parts:
    """The conditions of a process, sorted by who asks them and when; of the ends by command only these are tried."""

    def __init__(self, tables: Tables, question: Question, ends: tuple[End, ...]) -> None:
        self.tables = tables
        self.question = question
        self.ends = ends
        self.relevant = self._relevant()
        self.looking = list(self._looking())  # conditions that are looked at all the time
        self.guards = list(self._guards())  # those asked once, when a command comes
        every = [*self.looking, *self.guards]
        self.tracks_read = {track for condition in every for track in condition.reads.tracks} | question.tracks
        # A track whose position other conditions of the process look at: how it got there matters.
        inner = [c for c in every if c not in question.conditions]
        self.tracks_followed = {track for condition in inner for track in condition.reads.tracks}

    def _relevant(self) -> set[int]:
        """The criteria that close a gate or that something reads."""
        tables = self.tables
        found: set[int] = set()
        waiting = [i for i, c in enumerate(tables.criteria) if c.kind in ("milestone", "exit") and not c.optional]
        waiting += [tables.bit_of[c] for c in self.question.criteria]
        for condition in (*self.question.conditions, *self._moves_conditions(), *self._stage_conditions()):
            waiting += [tables.bit_of[c] for c in read_criteria(tables, condition)]
        waiting += [i for required in self._requirements() for i in required]
        while waiting:
            i = waiting.pop()
            if i in found:
                continue
            found.add(i)
            criterion = tables.criteria[i]
            for condition in (c for c in (criterion.when, criterion.applies_when) if c is not None):
                waiting += [tables.bit_of[c] for c in read_criteria(tables, condition)]
            if criterion.of:
                waiting.append(tables.bit_of[criterion.of])
        return found

    def _outcomes(self) -> Iterator[tuple[bool, OutcomeTable]]:
        for table in self.tables.tracks:
            for decision in table.decisions:
                for outcome in decision.outcomes:
                    yield decision.automatic, outcome

    def _moves_conditions(self) -> Iterator[Condition]:
        every = [o.outcome.when for _, o in self._outcomes()]
        every += [jump.when for _, jump in self.tables.jump_of.values()]
        every += [loop.when for _, loop in self.tables.loop_of.values()]
        every += [end.when for end in self.ends]
        yield from (condition for condition in every if condition is not None)

    def _stage_conditions(self) -> Iterator[Condition]:
        for table in self.tables.tracks:
            for stage in table.stages:
                if stage.stage.applies_when is not None:
                    yield stage.stage.applies_when

    def _requirements(self) -> Iterator[tuple[int, ...]]:
        yield from (o.requires for _, o in self._outcomes())
        for moves in (self.tables.jump_of, self.tables.loop_of):
            for _, move in moves.values():
                yield tuple(self.tables.bit_of[c] for c in move.requires)
        yield from (tuple(self.tables.bit_of[c] for c in end.requires) for end in self.ends)

    def _looking(self) -> Iterator[Condition]:
        yield from self.question.conditions
        yield from self._stage_conditions()
        for i in self.relevant:
            criterion = self.tables.criteria[i]
            yield from (c for c in (criterion.when, criterion.applies_when) if c is not None)
        yield from (o.outcome.when for automatic, o in self._outcomes() if automatic and o.outcome.when is not None)

    def _guards(self) -> Iterator[Condition]:
        yield from (o.outcome.when for automatic, o in self._outcomes() if not automatic and o.outcome.when is not None)
        for moves in (self.tables.jump_of, self.tables.loop_of):
            yield from (move.when for _, move in moves.values() if move.when is not None)
        yield from (end.when for end in self.ends if end.when is not None)

    # -- criteria ---------------------------------------------------------------------------------

    def watched_mask(self) -> int:
        """The criteria that something other than their own gate looks at."""
        tables = self.tables
        found = {tables.bit_of[c] for c in self.question.criteria}
        found |= {
            tables.bit_of[c] for condition in (*self.looking, *self.guards) for c in read_criteria(tables, condition)
        }
        found |= {i for required in self._requirements() for i in required}
        found |= {i for i in self.relevant if not _simple(tables.criteria[i])}
        followed = [t for t in tables.tracks if t.track.id in self.tracks_followed]
        found |= {i for t in followed for s in t.stages for i in bits(s.gates) if i in self.relevant}
        for i in list(found):
            of = tables.criteria[i].of
            if of:
                found.add(tables.bit_of[of])
        return sum(1 << i for i in found)

    def free_mask(self, watched: int) -> tuple[int, dict[int, Wanted]]:
        """The criteria that nothing but their gate looks at; derived ones with the facts that make them true or not."""
        free, wanted = 0, {}
        for i in self.relevant:
            criterion = self.tables.criteria[i]
            if watched >> i & 1 or criterion.kind not in ("milestone", "exit"):
                continue
            if criterion.when is None:
                free |= 1 << i
                continue
            found = self._wanted(criterion)
            if found is not None:
                free |= 1 << i
                wanted[i] = found
        return free, wanted

    def _wanted(self, criterion: Criterion) -> Wanted | None:
        """How to meet a derived criterion whose facts nobody else reads; None if there is such a one, or no way is known."""
        condition = criterion.when
        if condition is None or criterion.once or _asks_more(condition) or not condition.reads.facts:
            return None
        others = [
            c for c in (*self.looking, *self.guards) if c is not condition and c.reads.facts & condition.reads.facts
        ]
        if others:
            return None
        true: Mapping[str, Any] | None = None
        false: Mapping[str, Any] | None = None
        for cluster in clusters([condition], self.tables.fact_of):
            if len(cluster.facts) != len(condition.reads.facts):
                return None  # several clusters: they stay in the state, one by one
            for values in cluster.choices:
                value = condition.evaluate(FactsOnly({k: v for k, v in values.items() if v is not None}))
                if value is True and true is None:
                    true = values
                elif value is False and (false is None or None in false.values()):
                    false = values
        if true is None:
            return None
        return Wanted(_given(true), _given(false) if false is not None else dict.fromkeys(condition.reads.facts))

    def choices(self, watched: int) -> int:
        """The criteria proved by any of several documents, where an appraisal item asks for a document as well."""
        criteria = self.tables.criteria
        items = [(i, of) for i, of in self.tables.appraised.items() if watched >> i & 1 and criteria[i].evidence]
        return sum({1 << of for _, of in items if any(isinstance(e, AnyOf) for e in criteria[of].evidence)})

    # -- stages -----------------------------------------------------------------------------------

    def folded(self, table: TrackTable, free: int) -> int:
        """The stages whose milestone is free: landing there, instead of entering through it, allows nothing more."""
        if table.manual or table.observed or table.track.id in self.tracks_followed:
            return 0
        return sum(1 << s.index for s in table.stages if s.entry and not s.entry & ~free and not _may_be_passed(s))

    def blind(self, table: TrackTable) -> int:
        """The stages that have no milestone and are never passed over."""
        return sum(1 << s.index for s in table.stages if not s.entry and not _may_be_passed(s))

    def completed(self, table: TrackTable) -> frozenset[int]:
        """The entries of the trail of a track that say that stages some condition asks about are completed."""
        asked = {name for condition in (*self.looking, *self.guards) for name in condition.reads.completed}
        return frozenset(3 * s.index + COMPLETED for s in table.stages if s.stage.id in asked)

    def hold_matters(self) -> bool:
        """Whether a case on hold may come to what another does not.

        On hold evidence changes while the position stays: that shows to conditions over both. Afterwards the case walks with the
        evidence there is, as it would have without the hold, unless something that happened in between cannot be undone.
        A criterion that stays met once it was (`once`) is such a thing. A case on hold may be ended, and a guard of an end looks at both.
        """
        by_itself = any(automatic for automatic, _ in self._outcomes()) or any(self._stage_conditions())
        ends = any(end.guarded for end in self.ends)
        latches = self.tables.latching != 0
        return bool(self.question.conditions or self.tracks_followed or by_itself or ends or latches)

    # -- facts and counts ----------------------------------------------------------------------------

    def clusters(self, left_out: set[str], free: int) -> tuple[tuple[Cluster, ...], tuple[Cluster, ...]]:
        """The clusters that belong to the state, and those only asked by guards."""
        private = [self.tables.criteria[i].when for i in bits(free)]
        every = [c for c in (*self.looking, *self.guards) if c not in private]
        looked_at = {fact for c in self.looking if c not in private for fact in c.reads.facts}
        made = [c for c in clusters(every, self.tables.fact_of) if not left_out & set(c.facts)]
        kept = tuple(c for c in made if looked_at & set(c.facts))
        return kept, tuple(c for c in made if not looked_at & set(c.facts))

    def counts(self) -> tuple[dict[str, int], tuple[tuple[str, int], ...]]:
        """The counts that belong to the state with their bounds, and those that only bar moves."""
        counted: dict[str, int] = {}
        barring: dict[str, int] = {}
        for automatic, outcome in self._outcomes():
            most = outcome.outcome.max
            if most is not None:
                (counted if automatic or self.question.exact else barring)[outcome.key] = most
        for moves in (self.tables.jump_of, self.tables.loop_of):
            for id, (_, move) in moves.items():
                if move.max is not None:
                    (counted if self.question.exact else barring)[id] = move.max
        for condition in (*self.looking, *self.guards):
            for name in condition.reads.outcomes:
                bound = counts_to_try(condition)[-1]
                for _, outcome in self._outcomes():
                    if outcome.key == name or outcome.key.endswith(f".{name}"):
                        most = max(bound, counted.get(outcome.key, 0), barring.pop(outcome.key, 0))
                        counted[outcome.key] = most
        return counted, tuple(barring.items())


def _may_be_passed(stage: StageTable) -> bool:
    return stage.stage.optional or stage.stage.applies_when is not None


def read_criteria(tables: Tables, condition: Condition) -> frozenset[str]:
    """The criteria a condition asks about; whether one is waived that nobody may waive is no question."""
    waived = (c for c in condition.reads.waived if tables.criteria[tables.bit_of[c]].waivable)
    return condition.reads.criteria | frozenset(waived)


def _simple(criterion: Criterion) -> bool:
    """Whether a criterion is met by its report or its own facts alone, and always applies."""
    if criterion.applies_when is not None or criterion.of:
        return False
    if criterion.when is None:
        return True
    return not (criterion.once or _asks_more(criterion.when) or criterion.evidence)


def _asks_more(condition: Condition) -> bool:
    reads = condition.reads
    return bool(reads.criteria or reads.tracks or reads.outcomes)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def counts_to_try(condition: Condition) -> range:
    """How often outcomes may have been taken before more makes no difference: beyond the largest number it is compared with."""
    numbers = [number for number in compared_counts(condition) if number is not None]
    return range(max(numbers, default=0) + 2)


def compared_counts(condition: Condition) -> Iterator[int | None]:
    """The numbers that `taken(...)` is compared with; None where it is compared with what is no whole number."""
    calls = [node for node in nodes(condition.tree.root) if isinstance(node, Call) and node.name == "taken"]
    compared = 0
    for node in nodes(condition.tree.root):
        if isinstance(node, Binary) and node.op in COMPARISONS:
            for side, other in ((node.left, node.right), (node.right, node.left)):
                added = list(summands(side))
                if all(part in calls for part in added):  # a sum is beyond a number when one of its parts is
                    compared += len(added)
                    yield other.value if isinstance(other, Literal) and isinstance(other.value, int) else None
    if compared < len(calls):
        yield None


def summands(node: Expr) -> Iterator[Expr]:
    """The parts of a sum; a node that is none is its only part."""
    if isinstance(node, Binary) and node.op == "+":
        yield from summands(node.left)
        yield from summands(node.right)
    else:
        yield node


def why_uncounted(conditions: Iterable[Condition]) -> str:
    """Why not every count that matters may be tried, "" where it is."""
    for condition in conditions:
        if condition.reads.outcomes and None in compared_counts(condition):
            return f"`{condition.text}` compares `taken` with more than a number"
    return ""
