"""Every state of a small process, found by trying every command in every state: the slow judge of the proofs.

A state is a whole snapshot without what cannot matter later: times, clocks, names and reasons. Nothing is left out because it seems not to matter, and nothing is searched cleverly.
What an invariant means is written here a second time, from docs/reference/invariants.md.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any

from stagegate import engine
from stagegate.conditions import Condition
from stagegate.engine import casewide
from stagegate.engine import commands as c
from stagegate.engine.commands import Command
from stagegate.engine.parts import NOWHERE, DecisionTable, TrackTable
from stagegate.engine.place import ENTERED, IN, NOT_STARTED, Place
from stagegate.engine.questions import viewing
from stagegate.engine.results import Step
from stagegate.engine.snapshot import Rest, Snapshot, TrackMemory
from stagegate.engine.step import HANDLERS, open_manual, settle
from stagegate.engine.tables import Tables
from stagegate.engine.walk import verdicts
from stagegate.engine.work import Work
from stagegate.model import AnyOf, Definition, End, Invariant

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)

Key = Any
Values = Mapping[str, Sequence[Any]]


class TooBig(Exception):
    """More states than are allowed, or endlessly many."""


# -- states ------------------------------------------------------------------------------------------------------


def conditions_of(definition: Definition) -> Iterator[Condition]:
    """Every condition of a definition, its invariants included."""
    things: list[Any] = [*definition.criteria(), *definition.stages(), *definition.invariants]
    for track in definition.tracks:
        things += [*track.jumps, *track.loops, *(o for d in track.decision_points for o in d.outcomes)]
    things += [s.repeatable for s in definition.stages() if s.repeatable]
    things += definition.ends
    for thing in things:
        for name in ("when", "applies_when", "condition"):
            condition = getattr(thing, name, None)
            if condition is not None:
                yield condition


def highest_counts(definition: Definition, asked: Sequence[Invariant] = ()) -> dict[str, int]:
    """For each outcome, jump and loop the count from which on counting further changes nothing."""
    highest: dict[str, int] = {}
    for track in definition.tracks:
        moves = [(j.id, j.max) for j in track.jumps] + [(x.id, x.max) for x in track.loops]
        moves += [(s.id, s.repeatable.max) for s in track.stages if s.repeatable]
        moves += [(f"{d.id}.{o.id}", o.max) for d in track.decision_points for o in d.outcomes]
        highest |= {key: most or 0 for key, most in moves}
    read = [*conditions_of(definition), *(i.condition for i in asked if i.condition is not None)]
    for condition in read:
        names = condition.reads.outcomes
        if not names:
            continue
        plain = re.findall(r"taken\('[^']*'\) *(?:[<>]=?|[!=]=) *(\d+)", condition.text)
        if len(plain) != condition.text.count("taken("):
            raise TooBig(f"counts are not only compared with numbers: {condition.text}")
        for key in highest:
            if key in names or key.split(".")[-1] in names:
                highest[key] = max(highest[key], max(map(int, plain)) + 1)
    return highest


def key_of(tables: Tables, snapshot: Snapshot, highest: Mapping[str, int]) -> Key:
    """What a state is: all of the snapshot that may matter later.

    Left out are `seq`, times and clocks, overdue and reminded, keys, visits and rounds, the state of the gap, the reason
    of an end, where documents are, and what is computed anew in each step (`passes`, `true`, `unknown` ...).
    """
    rest = snapshot.rest
    facts = frozenset((name, type(value), value) for name, value in rest.facts.items())
    documents = frozenset((i, frozenset(there)) for i, there in rest.documents.items() if there)
    waivers = frozenset((i, waiver.until is not None) for i, waiver in rest.waivers.items())
    counts = frozenset((k, min(n, highest[k])) for k, n in rest.counts.items() if min(n, highest[k]))
    case = (snapshot.done, rest.stale, rest.latched, rest.lapsed, facts, documents, waivers, counts)
    how = (rest.held is not None, frozenset(rest.active), rest.won, rest.ended)
    return (case, how, *(track_key(m, p) for m, p in zip(rest.tracks, snapshot.places, strict=True)))


def track_key(memory: TrackMemory, place: Place) -> Key:
    """The part of a state that is one track's."""
    moves = (frozenset(memory.exits.items()), frozenset(memory.taken.items()), frozenset(memory.defaults.items()))
    marks = (memory.start, memory.placed, memory.landed, memory.marked, memory.skipped, memory.stage)
    return (moves, marks, place.stage, place.phase, place.pending, place.trail)


# -- the adversary ---------------------------------------------------------------------------------------------------


def openings(definition: Definition) -> list[Command]:
    """Every way to open a case, placing it excepted."""
    starts = [s.id for s in definition.stages() if s.start]
    return [c.open_case(BEGIN), *(c.open_case(BEGIN, start=s) for s in starts)]


@dataclass(frozen=True)
class Menu:
    """Everything that people may try. Each entry makes a command from the time of the last one."""

    entries: tuple[Callable[[datetime], Command], ...]

    @staticmethod
    def of(definition: Definition, values: Values) -> Menu:
        """The menu of a process, with these values of its facts."""
        return Menu((*menu_entries(definition, values), c.tick))

    def commands(self, before: Snapshot) -> Iterator[Command]:
        """Everything a second after the last command; and a day after, where the date of a waiver then has come.

        Time matters to nothing else that a case does.
        """
        dated = any(waiver.until is not None for waiver in before.rest.waivers.values())
        for later in (SECOND, DAY) if dated else (SECOND,):
            for make in self.entries:
                yield make(before.at + later)


def menu_entries(definition: Definition, values: Values) -> Iterator[Callable[[datetime], Command]]:
    """One function from a time to a command for everything that can be tried."""
    for criterion in definition.criteria():
        x, every = criterion.id, list(criterion.documents())
        documents = dict.fromkeys((e.documents[0] if isinstance(e, AnyOf) else e for e in criterion.evidence), "file")
        gone: dict[str, str | None] = dict.fromkeys(every)
        if criterion.when is None and not criterion.of:
            yield lambda at, x=x, documents=documents: c.meet(x, at, evidence=documents)
            if len(every) > len(documents):
                yield lambda at, x=x: c.meet(x, at)
        elif every:
            yield lambda at, x=x, documents=documents: c.attach(x, at, evidence=documents)
            yield lambda at, x=x, gone=gone: c.attach(x, at, evidence=gone)
        for document in every if any(isinstance(entry, AnyOf) for entry in criterion.evidence) else ():
            for where in ("file", None):
                one = {document: where}
                yield lambda at, x=x, one=one: c.attach(x, at, evidence=one)
        if criterion.waivable:
            role = criterion.waivable[0]
            yield lambda at, x=x, role=role: c.waive(x, at, reason="why", role=role)
            yield lambda at, x=x, role=role: c.waive(x, at, reason="why", role=role, until=at + DAY)
        yield lambda at, x=x: c.retract(x, at)
    for given in fact_sets(values):
        yield lambda at, given=given: c.set_facts(given, at)
    for track in definition.tracks:
        yield from moves_of(definition, track)
    for activity in definition.activities:
        if not activity.standing:
            result = activity.results[0] if activity.results else ""
            yield lambda at, a=activity.id: c.begin(a, at)
            yield lambda at, a=activity.id, result=result: c.finish(a, at, result=result)
    told = {
        (p.process, end, stage)
        for s in (*definition.stages(), *definition.activities)
        for p in s.procedures
        for end in p.on_end
        for stage in ("", s.id)
    }
    for process, end, stage in sorted(told):
        yield lambda at, process=process, end=end, stage=stage: c.report(process, end, at, stage=stage)
    for end in definition.ends:
        if end.by_command:
            role = end.roles[0] if end.roles else ""
            yield lambda at, end=end, role=role: c.end(end.id, at, reason=a_reason(end), role=role)
    if definition.primary is not None:
        for stage in definition.primary.stages:
            yield lambda at, s=stage.id: c.reopen(s, at)
    yield c.hold
    yield c.resume


def moves_of(definition: Definition, track: Any) -> Iterator[Callable[[datetime], Command]]:
    """The moves of one track; of an observed one, the observations."""
    if track.observed:
        for stage in track.stages:
            yield lambda at, s=stage.id: c.observe(s, at, source="seen")
        return
    for stage in track.stages:
        yield lambda at, s=stage.id: c.complete(s, at)
        yield lambda at, s=stage.id: c.skip(s, at)
    if track.manual:
        yield lambda at: c.advance(at, track=track.id)
    ends = {e.id: e for e in definition.every_end()}
    for point in track.decision_points:
        for o in point.outcomes:
            reason, role = a_reason(ends.get(o.to)), o.roles[0] if o.roles else ""
            yield lambda at, d=point.id, o=o.id, reason=reason, role=role: c.decide(d, o, at, reason=reason, role=role)
    later = [s.id for s in track.stages] + [d.id for d in track.decision_points]
    for jump in track.jumps:
        role = jump.roles[0] if jump.roles else ""
        for to in [""] if jump.to else later:
            yield lambda at, j=jump.id, to=to, role=role: c.jump(j, at, answer="willing", to=to, role=role)
    for loop in (*track.loops, *(s.repeatable for s in track.stages if s.repeatable)):
        role = loop.roles[0] if loop.roles else ""
        yield lambda at, x=loop.id, role=role: c.loop_back(x, at, role=role)


def a_reason(end: End | None) -> str:
    """A reason that an end accepts."""
    return end.reasons.leaves()[0] if end is not None and end.reasons is not None else ""


def fact_sets(values: Values) -> Iterator[dict[str, Any]]:
    """Every giving and forgetting of facts, one or several at once."""
    for many in range(1, len(values) + 1):
        for names in combinations(values, many):
            for given in product(*((*values[n], None) for n in names)):
                yield dict(zip(names, given, strict=True))


# -- what happens on the way --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passed:
    """A stage entered, or an end reached, with the statuses of that very moment: the met and the waived criteria."""

    name: str
    met: frozenset[str]
    waived: frozenset[str]


class Watched(Work):
    """A step that writes down how the criteria stood whenever a stage was entered and when the case ended."""

    __slots__ = ("passed",)

    def __init__(self, tables: Tables, snapshot: Snapshot, command: Command) -> None:
        super().__init__(tables, snapshot, command)
        self.passed: list[Passed] = []

    def tell_crossing(self, table: TrackTable, code: int) -> None:
        if code % 3 == ENTERED:
            place = Place(code // 3, IN, NOWHERE, (code,))
            self.write_down(table.stages[code // 3].stage.id, {table.index: place})
        super().tell_crossing(table, code)

    def tell(self, kind: str, subject: str = "", **data: Any) -> None:
        if kind == "observed":
            self.write_down(subject, {})
        super().tell(kind, subject, **data)

    def finish(self, end: End) -> None:
        self.write_down(end.id, {})
        super().finish(end)

    def write_down(self, name: str, places: Mapping[int, Place]) -> None:
        """How the criteria stand now, the case being in these places; a copy looks, so that looking changes nothing."""
        copy = Work.__new__(Work)
        for slot in Work.__slots__:
            setattr(copy, slot, getattr(self, slot))
        copy.rest = self.rest.copy()
        copy.places = [places.get(i, place) for i, place in enumerate(self.places)]
        copy.look()
        ids = [criterion.id for criterion in self.tables.criteria]
        met = frozenset(x for i, x in enumerate(ids) if copy.met_mask >> i & 1)
        waived = frozenset(x for i, x in enumerate(ids) if copy.rest.waived >> i & 1)
        self.passed.append(Passed(name, met, waived - met))


def passed_in(tables: Tables, before: Snapshot | None, command: Command) -> tuple[tuple[Passed, ...], Snapshot]:
    """What an accepted command passed: the long way of the engine, watched."""
    if before is None:
        rest = Rest(casewide.opening(tables, command.args))
        before = Snapshot(0, command.at, 0, 0, tuple(NOT_STARTED for _ in tables.tracks), rest)
        work = Watched(tables, before, command)
        for table in tables.tracks:
            if table.manual:
                open_manual(work, table)
    else:
        work = Watched(tables, before, command)
        work.look()
        casewide.expire_waivers(work)
        reasons = HANDLERS[command.kind](work, command.subject, command.args)
        assert not reasons
    settle(work)
    return tuple(work.passed), work.close(before)


# -- the graph --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edge:
    """An accepted command that led from one state to another, and what it passed."""

    source: int  # -1: the opening
    target: int
    command: Command
    passed: tuple[Passed, ...]
    events: tuple[tuple[str, str, str], ...]  # kind, subject, outcome


@dataclass
class Graph:
    """Every state of a process with every way between them; states are numbered in the order they were found."""

    tables: Tables
    highest: Mapping[str, int]
    snapshots: list[Snapshot] = field(default_factory=list)
    number: dict[Key, int] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    first: list[Edge] = field(default_factory=list)  # by state: the way by which it was found
    depth: list[int] = field(default_factory=list)  # by state: the commands after `open`

    def journal(self, state: int) -> list[Command]:
        """A shortest journal that leads to a state."""
        found: list[Command] = []
        while state >= 0:
            found.append(self.first[state].command)
            state = self.first[state].source
        return found[::-1]

    def journal_by(self, edge: Edge) -> list[Command]:
        """A shortest journal that ends with this way."""
        return [*(self.journal(edge.source) if edge.source >= 0 else []), edge.command]

    def length(self, edge: Edge) -> int:
        """How many commands after `open` such a journal has."""
        return 0 if edge.source < 0 else self.depth[edge.source] + 1


def explore(
    definition: Definition,
    values: Values,
    most: int = 5_000,
    asked: Sequence[Invariant] = (),
) -> Graph:
    """Every reachable state, breadth first; raises `TooBig` beyond `most` states."""
    tables = engine.compile_tables(definition)
    graph = Graph(tables, highest_counts(definition, asked))
    menu = Menu.of(definition, values)
    waiting: deque[int] = deque()

    def arrive(source: int, before: Snapshot | None, command: Command, done: Step) -> None:
        key = key_of(tables, done.snapshot, graph.highest)
        number = graph.number.get(key)
        passed: tuple[Passed, ...] = ()
        if before is None or any(e.kind in ("entered", "ended", "observed") for e in done.events):
            passed, after = passed_in(tables, before, command)
            assert key_of(tables, after, graph.highest) == key
        if number is not None and number == source and not done.events:
            return  # nothing happened
        new = number is None
        if number is None:
            number = graph.number[key] = len(graph.snapshots)
            graph.snapshots.append(done.snapshot)
        events = tuple((e.kind, e.subject, str(e.data.get("outcome", ""))) for e in done.events)
        edge = Edge(source, number, command, passed, events)
        graph.edges.append(edge)
        if new:
            if number >= most:
                raise TooBig(f"more than {most} states")
            graph.first.append(edge)
            graph.depth.append(graph.length(edge))
            waiting.append(number)

    for command in openings(definition):
        arrive(-1, None, command, engine.start(tables, command))
    while waiting:
        here = waiting.popleft()
        before = graph.snapshots[here]
        for command in menu.commands(before):
            done = engine.step(tables, before, command)
            if done.accepted and done.snapshot is not before:
                arrive(here, before, command, done)
    return graph


def restricted(graph: Graph, without: Sequence[str]) -> Graph:
    """The part of a graph that is come to where nobody gives these kinds of commands."""
    if not without:
        return graph
    leaving: dict[int, list[Edge]] = {}
    for edge in graph.edges:
        if edge.command.kind not in without:
            leaving.setdefault(edge.source, []).append(edge)
    part = Graph(graph.tables, graph.highest)
    renumbered: dict[int, int] = {-1: -1}
    keys = {number: key for key, number in graph.number.items()}
    waiting = deque([-1])
    while waiting:
        here = waiting.popleft()
        for edge in leaving.get(here, ()):
            new = edge.target not in renumbered
            if new:
                number = renumbered[edge.target] = part.number[keys[edge.target]] = len(part.snapshots)
                part.snapshots.append(graph.snapshots[edge.target])
                waiting.append(edge.target)
            number = renumbered[edge.target]
            moved = Edge(renumbered[here], number, edge.command, edge.passed, edge.events)
            part.edges.append(moved)
            if new:
                part.first.append(moved)
                part.depth.append(part.length(moved))
    return part


# -- answers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """True when it holds; `length` and `journal` of the shortest that shows the contrary, or shows what is possible."""

    holds: bool
    journal: tuple[Command, ...] = ()

    @property
    def length(self) -> int | None:
        """Commands after `open`; None where there is no journal."""
        return len(self.journal) - 1 if self.journal else None


class Moment:
    """A moment as conditions look at it, `ended` and `waived` among what they may ask."""

    def __init__(self, tables: Tables, snapshot: Snapshot) -> None:
        self.tables, self.snapshot = tables, snapshot
        self.work = viewing(tables, snapshot)

    @property
    def facts(self) -> Mapping[str, object]:
        return self.work.facts

    def met(self, criterion: str) -> bool | None:
        return self.work.met(criterion)

    def stage(self, track: str) -> str | None:
        return self.work.stage(track)

    def reached(self, track: str, stage: str) -> bool | None:
        return self.work.reached(track, stage)

    def completed(self, track: str, stage: str) -> bool:
        return self.work.completed(track, stage)

    def taken(self, outcome: str) -> int:
        return self.work.taken(outcome)

    def ended(self, end: str) -> bool:
        return self.snapshot.rest.ended == end

    def waived(self, criterion: str) -> bool:
        return bool(self.snapshot.rest.waived >> self.tables.bit_of[criterion] & 1)


def current_stages(tables: Tables, snapshot: Snapshot) -> set[str]:
    """The current stage of every track."""
    indexes = [
        snapshot.rest.tracks[t.index].stage if t.observed else snapshot.places[t.index].stage for t in tables.tracks
    ]
    return {t.stages[n].stage.id for t, n in zip(tables.tracks, indexes, strict=True) if n >= 0}


def breaks_at(tables: Tables, snapshot: Snapshot, invariant: Invariant) -> bool:
    """Whether never or always is broken at this moment."""
    if invariant.inside and not current_stages(tables, snapshot) & set(invariant.inside):
        return False
    assert invariant.condition is not None
    value = invariant.condition.evaluate(Moment(tables, snapshot))  # type: ignore[arg-type]
    return value is True if invariant.kind == "never" else value is not True


def possible_at(tables: Tables, snapshot: Snapshot, invariant: Invariant) -> bool:
    """Whether what should be possible is so at this moment."""
    assert invariant.condition is not None
    return invariant.condition.evaluate(Moment(tables, snapshot)) is True  # type: ignore[arg-type]


def breaks_by(passed: Sequence[Passed], invariant: Invariant) -> bool:
    """Whether a `before` is broken by what a command passed."""
    for moment in passed:
        if moment.name in invariant.entering:
            enough = moment.met | (moment.waived if invariant.or_waived else frozenset())
            if not set(invariant.criteria) <= enough:
                return True
    return False


def stuck(graph: Graph, targets: set[str]) -> list[int]:
    """The open states from which no way, without reopening, comes by one of these stages and ends."""
    back: dict[int, list[int]] = {}
    good: set[int] = set()
    for number, snapshot in enumerate(graph.snapshots):
        if not snapshot.rest.ended and current_stages(graph.tables, snapshot) & targets:
            good.add(number)
    for edge in graph.edges:
        if edge.source < 0 or graph.snapshots[edge.source].rest.ended:
            continue
        back.setdefault(edge.target, []).append(edge.source)
        there = current_stages(graph.tables, graph.snapshots[edge.target]) & targets  # also of a case that has ended
        if there or any(p.name in targets for p in edge.passed):
            good.add(edge.source)
    waiting = deque(good)
    while waiting:
        for source in back.get(waiting.popleft(), ()):
            if source not in good:
                good.add(source)
                waiting.append(source)
    return [n for n, s in enumerate(graph.snapshots) if not s.rest.ended and n not in good]


def shortest_state(graph: Graph, fits: Callable[[Snapshot], bool]) -> int | None:
    """The first state found that fits: the nearest, since they are found breadth first."""
    return next((n for n, s in enumerate(graph.snapshots) if fits(s)), None)


def shortest_edge(graph: Graph, fits: Callable[[Edge], bool]) -> Edge | None:
    """The way that fits with the shortest journal."""
    return min((e for e in graph.edges if fits(e)), key=graph.length, default=None)


def judge(graph: Graph, invariant: Invariant) -> Verdict:
    """The answer to one invariant."""
    graph, tables = restricted(graph, invariant.without), graph.tables
    state: int | None = None
    match invariant.kind:
        case "never" | "always":
            state = shortest_state(graph, lambda s: breaks_at(tables, s, invariant))
        case "possible":
            state = shortest_state(graph, lambda s: possible_at(tables, s, invariant))
            return Verdict(state is not None, () if state is None else tuple(graph.journal(state)))
        case "from_everywhere":
            state = min(stuck(graph, set(invariant.targets)), default=None)
        case "before":
            edge = shortest_edge(graph, lambda e: breaks_by(e.passed, invariant))
            return Verdict(edge is None, () if edge is None else tuple(graph.journal_by(edge)))
    return Verdict(state is None, () if state is None else tuple(graph.journal(state)))


# -- the questions nobody has to ask -----------------------------------------------------------------------------------


def question(graph: Graph, kind: str, id: str, values: Values | None = None) -> Verdict:
    """The answer to one of the questions nobody has to ask."""
    tables = graph.tables
    match kind:
        case "can_hold" | "can_fail":
            return Verdict(comes_out(tables.definition, values or {}, id, kind == "can_hold"))
        case "reaches":
            return comes(graph, lambda e: reached(e, id))
        case "completes":
            return comes(graph, lambda e: any(k == "completed" and s == id for k, s, _ in e.events))
        case "takes":
            return comes(graph, lambda e: any(k == "decided" and f"{s}.{o}" == id for k, s, o in e.events))
        case "makes":
            return comes(graph, lambda e: e.command.kind in ("jump", "loop_back") and e.command.subject == id)
        case "way_out":
            state = min(stuck(graph, {e.id for e in tables.ends}), default=None)
        case "rests":
            state = shortest_state(graph, lambda s: moves_again(tables, s))
        case "one_outcome":
            state = shortest_state(graph, lambda s: two_outcomes(tables, s, id))
        case "some_outcome":
            state = shortest_state(graph, lambda s: no_outcome(tables, s, id))
        case _:
            raise ValueError(kind)
    return Verdict(state is None, () if state is None else tuple(graph.journal(state)))


def reached(edge: Edge, id: str) -> bool:
    """Whether a stage is entered by it, the case ends there, or an end is won that the case may come to later."""
    return any(p.name == id for p in edge.passed) or ("won", id, "") in edge.events


def comes(graph: Graph, fits: Callable[[Edge], bool]) -> Verdict:
    """Whether some case comes by it, with the shortest journal that does."""
    edge = shortest_edge(graph, fits)
    return Verdict(edge is not None, () if edge is None else tuple(graph.journal_by(edge)))


def moves_again(tables: Tables, snapshot: Snapshot) -> bool:
    """Whether a command that changes nothing would newly take an automatic decision."""
    work = Work(tables, snapshot, c.tick(snapshot.at))
    work.look()
    settle(work)
    return any(e.kind == "decided" for e in work.events)


def asked(work: Work, decision: DecisionTable) -> bool:
    """Whether a track stands at this decision point, and may go on."""
    if work.frozen:
        return False
    table = work.tables.tracks[decision.track]
    place = work.places[table.index]
    if place.pending == decision.node:
        return True
    stage = table.stages[place.stage] if place.stage != NOWHERE else None
    if stage is None or place.phase != IN or not stage.marked or stage.decision is not decision:
        return False
    landed = work.memory(table).landed >> stage.index & 1
    return not (landed and stage.entry & ~work.passes)


def told_verdicts(work: Work, decision: DecisionTable) -> list[bool | None]:
    """The verdict of each outcome of an automatic decision point."""
    table = work.tables.tracks[decision.track]
    taken = work.memory(table).taken.get(decision.node)
    remembered = "" if taken is None or table.manual else taken[0]
    return [value for _, value in verdicts(work, decision, remembered)]


def two_outcomes(tables: Tables, snapshot: Snapshot, id: str) -> bool:
    """Whether a decision is asked and two of its outcomes are allowed."""
    work, decision = viewing(tables, snapshot), tables.decision_of[id]
    return asked(work, decision) and told_verdicts(work, decision).count(True) > 1


class Hopeful(Work):
    """A case in which every criterion that is not met may still be: not met is unknown."""

    __slots__ = ()

    def met(self, criterion: str) -> bool | None:
        return super().met(criterion) or None


def no_outcome(tables: Tables, snapshot: Snapshot, id: str) -> bool:
    """Whether a decision is asked and every outcome is ruled out, whatever is still met."""
    work, decision = viewing(tables, snapshot), tables.decision_of[id]
    if not asked(work, decision):
        return False
    hopeful = Hopeful(tables, snapshot, c.tick(snapshot.at))
    hopeful.rest, hopeful.places = work.rest, work.places
    hopeful.facts = work.facts
    return all(value is False for value in told_verdicts(hopeful, decision))


def conditions_by_name(definition: Definition) -> Iterator[tuple[str, Condition | None]]:
    """The conditions as the questions about them name them."""
    for stage in definition.stages():
        yield f"{stage.id}.applies_when", stage.applies_when
        for criterion in stage.criteria():
            yield criterion.id, criterion.when
            yield f"{criterion.id}.applies_when", criterion.applies_when
    for track in definition.tracks:
        yield from ((f"{d.id}.{o.id}", o.when) for d in track.decision_points for o in d.outcomes)
        yield from ((move.id, move.when) for move in (*track.jumps, *track.loops))
    yield from ((end.id, end.when) for end in definition.ends)


@dataclass(frozen=True)
class Supposed:
    """A moment that is only supposed: whatever a condition asks has the answer given here."""

    facts: Mapping[str, object]
    criteria: Mapping[str, bool | None]
    stages: Mapping[str, str]
    order: Mapping[str, Sequence[str]]
    counts: Mapping[str, int]
    behind: Mapping[str, bool]

    def met(self, criterion: str) -> bool | None:
        return self.criteria[criterion]

    def stage(self, track: str) -> str:
        return self.stages[track]

    def reached(self, track: str, stage: str) -> bool:
        order = ("", *self.order[track])
        return order.index(self.stages[track]) >= order.index(stage)

    def completed(self, track: str, stage: str) -> bool:
        return self.behind[stage]

    def taken(self, outcome: str) -> int:
        return self.counts[outcome]


def comes_out(definition: Definition, values: Values, name: str, wanted: bool) -> bool:
    """Whether a condition can have this value, whatever the process answers; found by supposing everything."""
    condition = dict(conditions_by_name(definition))[name]
    assert condition is not None
    order = {t.id: [s.id for s in t.stages] for t in definition.tracks}
    reads = condition.reads
    asked = [
        *(("facts", f, values[f]) for f in sorted(reads.facts)),
        *(("criteria", x, (True, False, None)) for x in sorted(reads.criteria)),
        *(("stages", t, ("", *order[t])) for t in sorted(reads.tracks)),
        *(("counts", o, (0, 1, 2, 3)) for o in sorted(reads.outcomes)),
        *(("behind", s, (True, False)) for s in sorted(reads.completed)),
    ]
    for answers in product(*(choices for _, _, choices in asked)):
        told: dict[str, dict[str, Any]] = {"facts": {}, "criteria": {}, "stages": {}, "counts": {}, "behind": {}}
        for (kind, name, _), given in zip(asked, answers, strict=True):
            told[kind][name] = given
        if condition.evaluate(Supposed(order=order, **told)) is wanted:  # type: ignore[arg-type]
            return True
    return False


# -- holding the journals of others against it ---------------------------------------------------------------------------


def replayed(graph: Graph, journal: Sequence[Command]) -> tuple[Edge, Snapshot]:
    """The last step of a journal, every command of which must be accepted; its edge has no numbers."""
    tables = graph.tables
    assert journal[0].kind == "open"
    snapshot: Snapshot | None = None
    edge: Edge | None = None
    for command in journal:
        done = engine.start(tables, command) if snapshot is None else engine.step(tables, snapshot, command)
        assert done.accepted, f"{command} is refused: {done.reasons}"
        passed = passed_in(tables, snapshot, command)[0] if done.snapshot is not snapshot else ()
        events = tuple((e.kind, e.subject, str(e.data.get("outcome", ""))) for e in done.events)
        edge = Edge(-1, -1, command, passed, events)
        snapshot = done.snapshot
    assert edge is not None
    assert snapshot is not None
    return edge, snapshot


def shows(graph: Graph, invariant: Invariant, journal: Sequence[Command]) -> bool:
    """Whether a journal breaks an invariant with its last command, or shows what is possible."""
    edge, snapshot = replayed(graph, journal)
    assert not {command.kind for command in journal} & set(invariant.without), "a command that nobody gives"
    match invariant.kind:
        case "never" | "always":
            return breaks_at(graph.tables, snapshot, invariant)
        case "possible":
            return possible_at(graph.tables, snapshot, invariant)
        case "before":
            return breaks_by(edge.passed, invariant)
        case "from_everywhere":
            part = restricted(graph, invariant.without)
            number = part.number.get(key_of(graph.tables, snapshot, graph.highest))
            return number in stuck(part, set(invariant.targets))


def shows_free(graph: Graph, kind: str, id: str, journal: Sequence[Command]) -> bool:
    """The same for the questions nobody has to ask."""
    tables = graph.tables
    edge, snapshot = replayed(graph, journal)
    match kind:
        case "reaches":
            return reached(edge, id)
        case "completes":
            return any(k == "completed" and s == id for k, s, _ in edge.events)
        case "takes":
            return any(k == "decided" and f"{s}.{o}" == id for k, s, o in edge.events)
        case "makes":
            return edge.command.kind in ("jump", "loop_back") and edge.command.subject == id
        case "way_out":
            number = graph.number.get(key_of(tables, snapshot, graph.highest))
            return number in stuck(graph, {e.id for e in tables.ends})
        case "rests":
            return moves_again(tables, snapshot)
        case "one_outcome":
            return two_outcomes(tables, snapshot, id)
        case "some_outcome":
            return no_outcome(tables, snapshot, id)
    raise ValueError(kind)
