"""A slow and obvious interpreter of `docs/explanation/semantics.md`, to judge the engine by.

Nothing here is quick, clever or kept up to date step by step. Sets and dictionaries by id hold the
*memory* of a case; after each command every track is walked again from its start, and a status is
found by asking everything that may decide it. Where the page leaves something open, a comment that
begins with `reading:` says what was chosen.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from stagegate.conditions import Condition, FactType
from stagegate.engine.commands import Command
from stagegate.engine.events import Event
from stagegate.errors import CommandError, UnknownNameError
from stagegate.model import AnyOf, Criterion, DecisionPoint, Definition, End, Jump, Loop, Outcome, Stage, Track

MOVES = ("complete", "advance", "decide", "jump", "loop_back", "skip")
GATES = ("milestone", "exit")
REMEMBERED = ("advance", "jump", "end")  # the kinds of outcome whose target the walk goes on to
BEFORE = "(before the start)"  # the node from which the first step of a walk leads

Entry = tuple[str, str]  # ("entered" | "completed" | "left", stage)
Why = tuple[str, str]  # (code, subject)


@dataclass
class Result:
    """What a command led to. `reasons` are (code, subject) pairs."""

    accepted: bool
    events: list[Event] = field(default_factory=list)
    reasons: list[Why] = field(default_factory=list)
    repeated: bool = False


@dataclass
class Standing:
    """Where a walk came to: what it passed, by which steps, and why it stopped.

    `stop` is `pending` (a gate or decision, named in `pending`), `in` (inside a stage), `end` or
    `nothing` (ahead). `chosen` is the outcome an automatic decision gives there that is not the
    remembered one.
    """

    trail: list[Entry] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    stop: str = ""
    pending: str = ""
    chosen: str = ""
    end: str = ""

    @property
    def current(self) -> str:
        return current_stage(self.trail)

    @property
    def phase(self) -> str:
        words = {"entered": "in_progress", "completed": "completed", "left": "left"}
        return words[self.trail[-1][0]] if self.trail else "not_started"


@dataclass
class TrackMemory:
    """What the walk of one earned track reads."""

    start: str
    placed: str = ""  # `dropped` or `owed`: how the stages before the start were passed over
    landed: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    exits: dict[str, tuple[str, str]] = field(default_factory=dict)  # stage -> target, dropped | owed
    taken: dict[str, tuple[str, str]] = field(default_factory=dict)  # decision -> outcome, target
    redirects: dict[str, str] = field(default_factory=dict)  # stage -> where its default exit leads now
    crossed: set[Entry] = field(default_factory=set)  # manual: the gates crossed
    answers: dict[str, bool] = field(default_factory=dict)  # manual: does the stage apply? asked when reached
    visits: dict[str, int] = field(default_factory=dict)
    round: int = 1
    counts: dict[str, int] = field(default_factory=dict)  # `d.o`, jumps and loops, in this round
    clock: dict[str, timedelta] = field(default_factory=dict)  # how long each visit has run
    told: set[str] = field(default_factory=set)  # visits reported as overdue


@dataclass
class Memory:
    """All that is known of a case."""

    at: datetime
    tracks: dict[str, TrackMemory] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    observed: dict[str, str] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    waivers: dict[str, datetime | None] = field(default_factory=dict)
    lapsed: set[str] = field(default_factory=set)
    latched: set[str] = field(default_factory=set)
    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    held: bool = False
    remind: datetime | None = None
    won: str = ""
    ended: tuple[str, str] | None = None  # end, its kind
    gap_since: datetime | None = None
    keys: dict[str, tuple[Command, list[Event]]] = field(default_factory=dict)

    def copied(self) -> Memory:
        """A memory of its own; commands and events, which nobody changes, are shared."""
        found = copy.deepcopy(dataclasses.replace(self, keys={}))
        found.keys = dict(self.keys)
        return found


def current_stage(trail: Iterable[Entry]) -> str:
    """The last stage entered, "" if none."""
    last = ""
    for kind, stage in trail:
        if kind == "entered":
            last = stage
    return last


def same_command(one: Command, other: Command) -> bool:
    """Whether they are equal in all but `at`."""
    names = ("kind", "subject", "args", "by", "role", "note", "happened")
    return all(getattr(one, name) == getattr(other, name) for name in names)


class World:
    """One definition, one memory, and every question that can be asked of the two."""

    def __init__(self, definition: Definition, memory: Memory) -> None:
        self.definition = definition
        self.memory = memory
        self.events: list[Event] = []
        # What happens at most once within one command:
        self.newly_taken: set[str] = set()
        self.newly_rounded: set[str] = set()
        self.reason_given: tuple[str, str] = ("", "")  # end, reason

    # Names

    @cached_property
    def all_tracks(self) -> dict[str, Track]:
        return {t.id: t for t in self.definition.tracks}

    @cached_property
    def earned(self) -> list[Track]:
        return [t for t in self.definition.tracks if not t.observed]

    @cached_property
    def primary(self) -> Track | None:
        return self.definition.primary

    @cached_property
    def stages(self) -> dict[str, Stage]:
        return {s.id: s for s in self.definition.stages()}

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {s.id: n for t in self.definition.tracks for n, s in enumerate(t.stages, start=1)}

    @cached_property
    def criteria(self) -> dict[str, Criterion]:
        return {c.id: c for c in self.definition.criteria()}

    @cached_property
    def decisions(self) -> dict[str, DecisionPoint]:
        return {d.id: d for d in self.definition.decision_points()}

    @cached_property
    def ends(self) -> dict[str, End]:
        return {e.id: e for e in self.definition.ends}

    @cached_property
    def jumps(self) -> dict[str, Jump]:
        return {j.id: j for t in self.definition.tracks for j in t.jumps}

    @cached_property
    def loops(self) -> dict[str, Loop]:
        declared = {x.id: x for t in self.definition.tracks for x in t.loops}
        repeatable = {s.id: s.repeatable for s in self.definition.stages() if s.repeatable is not None}
        return {**repeatable, **declared}

    def outcome(self, decision: str, outcome: str) -> Outcome:
        found = self.decisions[decision].outcome(outcome)
        assert found is not None
        return found

    def index(self, stage: str) -> int:
        """The place of a stage in its track, from 1; 0 for "" (before the first)."""
        return self.numbers[stage] if stage else 0

    def place(self, node: str) -> float:
        """How far along its track a node is; a decision point comes after the stage it counts as standing after."""
        if node == BEFORE:
            return 0
        if node in self.stages:
            return self.index(node)
        if node in self.decisions:
            return self.index(self.decisions[node].place) + 0.5
        return 1_000_000  # an end

    def decision_after(self, stage: str) -> DecisionPoint | None:
        return next((d for d in self.decisions.values() if d.after == stage), None)

    # Conditions: this object is the scope they are evaluated against

    @property
    def facts(self) -> Mapping[str, object]:
        return self.memory.facts

    def met(self, criterion: str, /) -> bool | None:
        if self.status(criterion) in ("met", "waived"):
            return True
        c = self.criteria[criterion]
        if c.of:
            return None if self.met(c.of) is None else False
        return None if self.says(c) is None and criterion not in self.memory.stale else False

    def stage(self, track: str, /) -> str | None:
        if self.all_tracks[track].observed:
            return self.memory.observed.get(track)
        return self.memory.standing[track].current

    def reached(self, track: str, stage: str, /) -> bool | None:
        now = self.stage(track)
        return None if now is None else self.index(now) >= self.index(stage)

    def completed(self, track: str, stage: str, /) -> bool:
        return ("completed", stage) in self.memory.standing[track].trail

    def taken(self, outcome: str, /) -> int:
        decision, _, name = outcome.rpartition(".")
        for d in self.decisions.values():
            if d.outcome(name) is not None and decision in ("", d.id):
                return self.memory.tracks[d.track].counts.get(f"{d.id}.{name}", 0)
        raise AssertionError(outcome)

    def verdict(self, condition: Condition | None) -> bool | None:
        """True, False or None for unknown; no condition is true."""
        if condition is None:
            return True
        found = condition.evaluate(self)
        return found if isinstance(found, bool) else None

    # 1. Criteria

    def required(self, c: Criterion) -> bool:
        return not c.optional and self.verdict(c.applies_when) is not False

    def recorded(self, c: Criterion) -> bool:
        # reading: an appraisal item with `of` is derived, from that criterion.
        return c.when is None and not c.of

    def attached(self, c: Criterion, *holders: str) -> bool:
        found = [d for holder in (c.id, *holders) for d in self.memory.documents.get(holder, {})]
        return all(any(d in found for d in (e.documents if isinstance(e, AnyOf) else [e])) for e in c.evidence)

    def says(self, c: Criterion) -> bool | None:
        """What is reported of a criterion, or what its condition says: without documents and staleness."""
        if c.of:
            status = self.status(c.of)
            return None if status == "unknown" else status == "met"
        if c.when is None:
            return c.id in self.memory.reported
        return True if c.once and c.id in self.memory.latched else self.verdict(c.when)

    def status(self, criterion: str) -> str:
        c = self.criteria[criterion]
        says = self.says(c)
        stale = criterion in self.memory.stale
        if says is True and not stale and self.attached(c, *([c.of] if c.of else [])):
            return "met"
        if criterion in self.memory.waivers:
            return "waived"
        passed_over = self.passed_over(c)
        lapsed = criterion in self.memory.lapsed
        if ("owed" in passed_over or lapsed) and self.required(c):
            return "owed"
        if passed_over or lapsed:  # reading: lapsed and not required (any more) is `skipped`, not `owed`
            return "skipped"
        if stale:
            return "stale"
        if says is None:
            return "unknown"
        return "unmet"

    def passed_over(self, c: Criterion) -> set[str]:
        """The ways in which a criterion was passed over: `owed`, `dropped`."""
        found: set[str] = set()
        track = self.all_tracks[c.track]
        if track.observed:
            return found
        memory = self.memory.tracks[track.id]
        here = self.index(c.stage)

        def between(a: float, target: str) -> bool:
            return a < here < self.place(target)

        if c.kind in GATES:
            for k, (target, how) in memory.exits.items():
                if (k == c.stage and c.kind == "exit") or between(self.index(k), target):
                    found.add(how)
            for d, (name, target) in memory.taken.items():
                outcome = self.outcome(d, name)
                # reading: between the place of the decision point and the target.
                if outcome.kind == "jump" and between(self.index(self.decisions[d].place), target):
                    found.add(outcome.skipped)
            if memory.placed and here < self.index(memory.start):
                found.add(memory.placed)
        if self.counts_as_passed_over(track, c.stage):
            found.add("dropped")
        return found

    def counts_as_passed_over(self, track: Track, stage: str) -> bool:
        """Whether the items of a stage are `skipped`, because of `skip` or because it does not apply."""
        memory = self.memory.tracks[track.id]
        if not track.manual or stage in memory.skipped or stage in memory.landed:
            return self.passes_over(stage)
        if memory.answers.get(stage) is False:
            return True
        # reading: on a manual track, one that is entered or pending stays what it was found to be.
        standing = self.memory.standing[track.id]
        found_to_apply = ("entered", stage) in standing.trail or standing.pending == stage
        return not found_to_apply and self.verdict(self.stages[stage].applies_when) is False

    def open_criteria(self, gate: Iterable[Criterion]) -> list[str]:
        """The required criteria that keep a gate closed, in order."""
        return [
            c.id
            for c in gate
            if self.required(c) and self.status(c.id) not in ("met", "waived") and c.id not in self.memory.lapsed
        ]

    def statuses(self) -> dict[str, str]:
        return {c: self.status(c) for c in self.criteria}

    # 2. The walk

    def applies(self, stage: str) -> bool:
        """Whether a stage applies: not when its `applies_when` is definitely false."""
        track = self.all_tracks[self.stages[stage].track]
        if track.manual and stage in self.memory.tracks[track.id].answers:
            return self.memory.tracks[track.id].answers[stage]
        return self.verdict(self.stages[stage].applies_when) is not False

    def passes_over(self, stage: str) -> bool:
        memory = self.memory.tracks[self.stages[stage].track]
        # reading: `not landed` belongs to `does not apply` only.
        return stage in memory.skipped or (not self.applies(stage) and stage not in memory.landed)

    def default_exit(self, stage: str) -> str:
        """Where a completed or passed-over stage leads, "" when nothing more is ahead."""
        s = self.stages[stage]
        memory = self.memory.tracks[s.track]
        if stage in memory.redirects:
            return memory.redirects[stage]
        after = self.decision_after(stage)
        if after is not None:
            return after.id
        if s.next:
            return s.next
        stages = self.all_tracks[s.track].stages
        return stages[self.index(stage)].id if self.index(stage) < len(stages) else ""

    def is_entered(self, track: Track, stage: Stage) -> bool:
        memory = self.memory.tracks[track.id]
        if stage.id in memory.landed:
            return True
        if track.manual:
            return ("entered", stage.id) in memory.crossed
        return not self.open_criteria(stage.entry_milestone)

    def is_completed(self, track: Track, stage: Stage) -> bool:
        memory = self.memory.tracks[track.id]
        if track.manual and stage.exit_criteria is not None:
            return ("completed", stage.id) in memory.crossed
        if not track.manual and not self.landing_confirmed(stage):
            return False
        if stage.exit_criteria is None:
            return self.is_closed(stage)
        return not self.open_criteria(stage.exit_criteria)

    def is_closed(self, stage: Stage) -> bool:
        """Whether a stage without exit criteria is marked complete, or the decision after it taken."""
        memory, after = self.memory.tracks[stage.track], self.decision_after(stage.id)
        if stage.id in memory.marked:
            return True
        if after is None or after.id not in memory.taken:
            return False
        # reading: an automatic one counts while what it gives now is what was taken.
        watched = after.automatic and not self.all_tracks[stage.track].manual
        return not watched or self.chosen(after) == memory.taken[after.id][0]

    def landing_confirmed(self, stage: Stage) -> bool:
        """A stage that was landed on is completed only while its milestone is open."""
        landed = stage.id in self.memory.tracks[stage.track].landed
        return not landed or not self.open_criteria(stage.entry_milestone)

    def chosen_inside(self, track: Track, stage: Stage) -> str | None:
        """The outcome an automatic decision gives that stands after a stage without exit criteria."""
        after = self.decision_after(stage.id)
        if stage.exit_criteria is not None or after is None or not after.automatic or track.manual:
            return None
        return self.chosen(after) if self.landing_confirmed(stage) else None

    def walk(self, track: Track) -> Standing:
        """The walk of one track from its start, by what the memory says now."""
        memory = self.memory.tracks[track.id]
        found = Standing()
        where, node = BEFORE, memory.start
        while True:
            found.steps.append((where, node))
            assert where != node
            assert self.place(where) <= self.place(node)
            where = node
            if node in self.ends:
                # reading: an end reached is what is pending, where it does not end the case.
                found.stop, found.end, found.pending = "end", node, node
                return found
            if node in self.decisions:
                d = self.decisions[node]
                remembered = memory.taken.get(node)
                if d.automatic and not track.manual:
                    chosen = self.chosen(d)
                    if chosen is None:
                        found.stop, found.pending = "pending", node
                        return found
                    if remembered is None or remembered[0] != chosen:
                        found.stop, found.pending, found.chosen = "pending", node, chosen
                        return found
                if remembered is None:
                    found.stop, found.pending = "pending", node
                    return found
                node = remembered[1]
                continue
            stage = self.stages[node]
            if track.manual and node not in memory.landed and node not in memory.skipped:
                memory.answers.setdefault(node, self.verdict(stage.applies_when) is not False)
            if self.passes_over(node):
                node = self.default_exit(node)
            else:
                if not self.is_entered(track, stage):
                    found.stop, found.pending = "pending", node
                    return found
                found.trail.append(("entered", node))
                if node in memory.exits:
                    found.trail.append(("left", node))
                    node = memory.exits[node][0]
                elif not self.is_completed(track, stage):
                    found.stop = "in"
                    found.chosen = self.chosen_inside(track, stage) or ""
                    return found
                else:
                    found.trail.append(("completed", node))
                    node = stage.completes or self.default_exit(node)
            if not node:
                found.stop = "nothing"
                return found

    # 4. Decisions

    def outcome_verdict(self, d: DecisionPoint, o: Outcome) -> bool | None:
        """Of an automatic outcome: `when`, `requires` and `max` together, three-valued."""
        if o.otherwise:
            others = [self.outcome_verdict(d, x) for x in d.outcomes if not x.otherwise]
            if any(v is True for v in others):
                return False
            return True if all(v is False for v in others) else None
        parts = [self.verdict(o.when), *(self.met(c) for c in o.requires)]
        if o.max is not None:
            memory = self.memory.tracks[d.track]
            count = memory.counts.get(f"{d.id}.{o.id}", 0)
            if memory.taken.get(d.id, ("", ""))[0] == o.id:
                count -= 1
            parts.append(count < o.max)
        if any(v is False for v in parts):
            return False
        return True if all(v is True for v in parts) else None

    def chosen(self, d: DecisionPoint) -> str | None:
        """The outcome an automatic decision point gives, None when it waits."""
        verdicts = {o.id: self.outcome_verdict(d, o) for o in d.outcomes}
        true = [o for o, v in verdicts.items() if v is True]
        return true[0] if len(true) == 1 and all(v is False for o, v in verdicts.items() if o != true[0]) else None

    def guard(self, what: Outcome | Jump | Loop | End, track: str, subject: str, role: str) -> list[Why]:
        """Every reason against taking an outcome, jump, loop or end."""
        found: list[Why] = []
        verdict = self.verdict(what.when)
        if verdict is False:
            found.append(("condition_false", subject))
        if verdict is None:
            found.append(("condition_unknown", subject))
        found += [("criterion_open", c) for c in what.requires if self.status(c) not in ("met", "waived")]
        if what.roles and role not in what.roles:
            found.append(("role_not_allowed", subject))
        if (
            not isinstance(what, End)
            and what.max is not None
            and self.memory.tracks[track].counts.get(subject, 0) >= what.max
        ):
            found.append(("max_reached", subject))
        return found

    def end_reasons(self, end: str, reason: str) -> list[Why]:
        tree = self.ends[end].reasons
        if tree is None:
            return []
        if not reason:
            return [("reason_required", end)]
        return [] if reason in tree.leaves() else [("unknown_reason", reason)]

    def take(self, d: DecisionPoint, o: Outcome) -> None:
        """Take an outcome: remember it or do what it says."""
        memory = self.memory.tracks[d.track]
        name = f"{d.id}.{o.id}"
        memory.counts[name] = memory.counts.get(name, 0) + 1
        self.tell("decided", d.id, track=d.track, outcome=o.id)
        if o.wins:
            self.win(o.wins, d.track)
        if o.kind in REMEMBERED:
            memory.taken[d.id] = (o.id, o.to)
        elif o.kind == "hold":
            self.hold(None if o.hold is None else self.memory.at + o.hold)
        elif o.kind == "new_round":
            self.new_round(self.all_tracks[d.track], o.to, o.keep, forgets_win=o.forgets_win)
        else:
            self.tell("repeated" if o.kind == "repeat" else "looped_back", d.id, track=d.track, to=o.to)
            self.go_back(self.all_tracks[d.track], o.to, o.keep)

    def hold(self, until: datetime | None) -> None:
        self.memory.held, self.memory.remind = True, until
        if until is None:
            self.tell("held", "")
        else:
            self.tell("held", "", until=until)

    # 6. Back

    def clear(self, track: Track, first: int, last: int, keep: Iterable[str]) -> None:
        """What a backward move takes from the stages with index `first` to `last`."""
        memory = self.memory.tracks[track.id]
        for number, stage in enumerate(track.stages, start=1):
            if not first <= number <= last:
                continue
            for of_stages in (memory.landed, memory.marked, memory.skipped, memory.told):
                of_stages.discard(stage.id)
            for by_stage in (memory.exits, memory.redirects, memory.answers, memory.clock):
                by_stage.pop(stage.id, None)
            memory.crossed -= {("entered", stage.id), ("completed", stage.id)}
            memory.visits[stage.id] = self.visit(stage.id) + 1
            for d in track.decision_points:
                if d.place == stage.id:
                    memory.taken.pop(d.id, None)
            for c in (*stage.entry_milestone, *(stage.exit_criteria or ())):
                if c.id in keep:
                    continue
                self.memory.waivers.pop(c.id, None)
                self.memory.lapsed.discard(c.id)
                self.memory.latched.discard(c.id)
                if (c.when is None and c.id in self.memory.reported) or (c.when is not None and c.when.reads.facts):
                    self.memory.stale.add(c.id)

    def visit(self, stage: str) -> int:
        return self.memory.tracks[self.stages[stage].track].visits.get(stage, 1)

    def go_back(self, track: Track, to: str, keep: Iterable[str], furthest: str = "") -> None:
        """Loop-back, repeat or reopening: clear up to the current or a further stage, land, make the walk come by."""
        memory = self.memory.tracks[track.id]
        standing = self.memory.standing[track.id]
        if all(node != to for _, node in standing.steps):
            past = [a for a, b in standing.steps if self.place(a) < self.index(to) < self.place(b)]
            if past:
                self.redirect(memory, past[-1], to)
        self.clear(track, self.index(to), max(self.index(standing.current), self.index(furthest)), keep)
        memory.landed.add(to)
        memory.skipped.discard(to)  # reading: also where nothing is cleared, since nothing was entered
        self.cut(track, self.index(to))

    def redirect(self, memory: TrackMemory, node: str, to: str) -> None:
        """Make the step out of `node` lead to `to`."""
        if node == BEFORE:
            memory.start = to
        elif node in self.decisions:
            memory.taken[node] = (memory.taken[node][0], to)
        elif node in memory.exits:
            memory.exits[node] = (to, memory.exits[node][1])
        else:
            memory.redirects[node] = to

    def cut(self, track: Track, index: int) -> None:
        """Keep of the old trail what lies before `index`, so that the move itself is not told as `moved_back`."""
        standing = self.memory.standing[track.id]
        standing.trail = [(kind, stage) for kind, stage in standing.trail if self.index(stage) < index]

    def win(self, end: str, track: str) -> None:
        """A win before the end: recorded and told once."""
        if self.primary is not None and track == self.primary.id and not self.memory.won:
            self.memory.won = end
            self.tell("won", end)

    def close_cycle(self, track: Track) -> None:
        self.new_round(track, track.closing.to or track.stages[0].id, forgets_win=track.closing.forgets_win)

    def new_round(self, track: Track, to: str, keep: Iterable[str] = (), *, forgets_win: bool = False) -> None:
        memory = self.memory.tracks[track.id]
        self.clear(track, 1, len(track.stages), keep)
        memory.start, memory.placed = to, ""
        memory.round += 1
        memory.counts.clear()
        if forgets_win and self.primary is not None and track.id == self.primary.id:
            self.memory.won = ""
        self.cut(track, 0)
        self.tell("new_round", track.id, round=memory.round)

    # 7. Ends

    def end_case(self, end: str, kind: str, reason: str = "") -> None:
        self.memory.ended = (end, kind)
        if kind == "won":
            self.memory.won = self.memory.won or end
        self.memory.running.clear()  # reading: running activities end with the case
        self.memory.held, self.memory.remind = False, None
        data: dict[str, Any] = {"end_kind": kind}
        if reason:
            data["reason"] = reason
        self.tell("ended", end, **data)

    def end_by_walk(self, standing: Standing) -> None:
        standing.pending = ""
        if standing.stop == "end":
            end = self.ends[standing.end]
            self.end_case(end.id, end.kind, self.reason_given[1] if self.reason_given[0] == end.id else "")
            return
        won = [e.id for e in self.definition.ends if e.kind == "won"]
        if self.memory.won:
            self.end_case(self.memory.won, self.ends[self.memory.won].kind)
        elif len(won) == 1:
            self.end_case(won[0], "won")
        else:
            self.end_case("completed", "completed")

    # 9. Waivers

    def crossed(self, c: Criterion) -> bool:
        """Whether the gate of a criterion is crossed on the trail."""
        standing = self.memory.standing.get(c.track)
        if standing is None or c.kind not in GATES:
            return False
        return ("entered" if c.kind == "milestone" else "completed", c.stage) in standing.trail

    def expire(self) -> None:
        for c in self.criteria.values():
            until = self.memory.waivers.get(c.id)
            if until is None or until > self.memory.at:
                continue
            del self.memory.waivers[c.id]
            if self.crossed(c):
                self.memory.lapsed.add(c.id)
            self.tell("waiver_expired", c.id, owed=self.crossed(c))

    # 12. Time

    def pass_time(self, at: datetime) -> None:
        """Let the clock of each current stage run on to `at`."""
        if not self.memory.held and self.memory.ended is None:
            for track in self.earned:
                memory, now = self.memory.tracks[track.id], self.memory.standing[track.id].current
                if now:
                    memory.clock[now] = memory.clock.get(now, timedelta()) + (at - self.memory.at)
        self.memory.at = at

    def tell_overdue(self) -> None:
        if self.memory.held:
            return
        for track in self.earned:
            memory, now = self.memory.tracks[track.id], self.memory.standing[track.id].current
            limit = self.stages[now].time_limit if now else None
            if limit is not None and now not in memory.told and memory.clock.get(now, timedelta()) >= limit:
                memory.told.add(now)
                self.tell("overdue", now, track=track.id, visit=self.visit(now))

    def next_due(self) -> datetime | None:
        if self.memory.ended is not None:
            return None
        found = [until for until in self.memory.waivers.values() if until is not None]
        if self.memory.remind is not None:
            found.append(self.memory.remind)
        for track in self.earned:
            memory, now = self.memory.tracks[track.id], self.memory.standing[track.id].current
            limit = self.stages[now].time_limit if now else None
            if limit is not None and now not in memory.told and not self.memory.held:
                found.append(self.memory.at + limit - memory.clock.get(now, timedelta()))
        # reading: a tick cannot be earlier than the last command.
        return max(min(found), self.memory.at) if found else None

    # 10. The gap

    def gap(self) -> tuple[str, int | None]:
        primary = self.primary
        pairs = [s.pairs_with for s in primary.stages if s.pairs_with] if primary is not None else []
        if not pairs or self.memory.ended is not None or primary is None:
            return "", None  # reading: no state at all
        buyer = self.stages[pairs[0][0]].track
        where = self.stage(buyer)
        if where is None:
            return "unknown", None
        paired = [
            self.stages[stage].pairs_with
            for kind, stage in self.memory.standing[primary.id].trail
            if kind == "entered" and self.stages[stage].pairs_with
        ]
        here = self.index(where)
        run = [self.index(stage) for stage in paired[-1]] if paired else [0]
        gap = here - max(run) if here > max(run) else here - min(run) if here < min(run) else 0
        return "in_step" if gap == 0 else "behind" if gap > 0 else "ahead", gap

    def closing(self) -> list[str]:
        """What would close the gap when the seller is behind (R27)."""
        primary = self.primary
        if self.gap()[0] != "behind" or primary is None:
            return []
        standing = self.memory.standing[primary.id]
        buyers = self.stage(self.stages[next(s.pairs_with[0] for s in primary.stages if s.pairs_with)].track)
        found = []
        last = self.index(standing.current)  # the last stage that need not be worked on any more
        if standing.phase == "left":
            # reading: what the jump passed over closes nothing.
            last = max(last, math.ceil(self.place(self.memory.tracks[primary.id].exits[standing.current][0])) - 1)
        elif standing.phase == "in_progress":
            now = self.stages[standing.current]
            if now.id in self.memory.tracks[primary.id].landed:
                found += self.open_criteria(now.entry_milestone)
            found += self.open_criteria(now.exit_criteria or ())
        # reading: the first stage paired with the buyer's or a later one, else the last stage.
        enough = [s for s in primary.stages if any(self.index(b) >= self.index(buyers or "") for b in s.pairs_with)]
        target = self.index((enough or primary.stages[-1:])[0].id)
        for number, stage in enumerate(primary.stages, start=1):
            if last < number <= target:
                found += self.open_criteria(stage.entry_milestone)
            if last < number < target:
                found += self.open_criteria(stage.exit_criteria or ())
        return found

    # 11. The chance

    def chance(self) -> float | None:
        if self.memory.won:
            return 1.0
        if self.memory.ended is not None:
            return 0.0 if self.memory.ended[1] in ("lost", "terminated", "given_up") else None
        if self.primary is None:
            return None
        standing = self.memory.standing[self.primary.id]
        chance = self.stages[standing.current].chance if standing.current else None
        if chance is None:
            return None
        if standing.phase == "left":
            stage = self.stages[standing.current]
            if stage.exit_criteria is None:
                memory, after = self.memory.tracks[stage.track], self.decision_after(stage.id)
                done = stage.id in memory.marked or (after is not None and after.id in memory.taken)
            else:
                done = not self.open_criteria(stage.exit_criteria)
            return chance.completed if done else chance.reached
        return chance.completed if standing.phase == "completed" else chance.reached

    # 3. Ahead and behind

    def early(self) -> list[str]:
        found = []
        for track in self.earned:
            standing = self.memory.standing[track.id]
            for stage in track.stages:
                if self.index(stage.id) > self.index(standing.current):
                    # reading: the milestone that is pending is not early, it is what is being worked on.
                    milestone = () if stage.id == standing.pending else stage.entry_milestone
                    gates = (*milestone, *(stage.exit_criteria or ()))
                    found += [c.id for c in gates if self.status(c.id) == "met"]
        return found

    def broken_behind(self) -> list[str]:
        found = []
        for track in self.earned:
            if not track.manual:
                continue
            memory = self.memory.tracks[track.id]
            for kind, name in self.memory.standing[track.id].trail:
                stage = self.stages[name]
                if kind == "entered" and name not in memory.landed:
                    found += self.open_criteria(stage.entry_milestone)
                if kind == "completed":
                    if name in memory.landed:
                        found += self.open_criteria(stage.entry_milestone)
                    found += self.open_criteria(stage.exit_criteria or ())
        return found

    def missing(self, track: Track) -> list[str]:
        """What closes the gate in front of the case, on one track."""
        standing = self.memory.standing.get(track.id)
        if standing is None or self.memory.ended is not None:
            return []
        if standing.pending in self.stages:
            return self.open_criteria(self.stages[standing.pending].entry_milestone)
        if standing.phase != "in_progress":
            return []
        stage = self.stages[standing.current]
        landing = stage.entry_milestone if stage.id in self.memory.tracks[track.id].landed else ()
        return self.open_criteria(landing) + self.open_criteria(stage.exit_criteria or ())

    def credit(self) -> tuple[float, list[str]]:
        """The sum of weights of met appraisal items, and the items that no document can prove."""
        items = [c for c in self.criteria.values() if c.kind == "appraisal"]
        unprovable = [c.id for c in items if not c.evidence and not (c.of and self.criteria[c.of].evidence)]
        return sum(c.weight for c in items if self.status(c.id) == "met" and c.id not in unprovable), unprovable

    def open_conditions(self, stage: str) -> list[str]:
        conditions = self.stages[stage].conditions
        return [c.id for c in conditions if self.required(c) and self.status(c.id) not in ("met", "waived")]

    def debts(self) -> list[str]:
        return [c for c in self.criteria if self.status(c) == "owed"]

    # 14. What follows a command

    def tell(self, kind: str, subject: str, **data: Any) -> None:
        self.events.append(Event(kind, subject, data))

    def frozen(self) -> bool:
        blocking = {a.id for a in self.definition.activities if a.blocks}
        return self.memory.held or any(a in blocking for a in self.memory.running)

    def order(self) -> list[Track]:
        """The earned tracks in order of dependence: one that others read comes first, else file order."""
        waiting, found = self.earned, []
        while waiting:
            ready = [t for t in waiting if not any(u.id in self.read_by(t) for u in waiting if u is not t)]
            found.append((ready or waiting)[0])
            waiting = [t for t in waiting if t is not found[-1]]
        # reading: what a command does on a manual track is told before what follows on the others.
        return [t for t in found if t.manual] + [t for t in found if not t.manual]

    def read_by(self, track: Track) -> set[str]:
        """The tracks whose stage or counts the walk of `track` reads."""
        conditions: list[Condition | None] = []
        criteria: list[str] = []
        for stage in track.stages:
            conditions.append(stage.applies_when)
            criteria += [c.id for c in stage.criteria()]
        for d in track.decision_points:
            if d.automatic:
                conditions += [o.when for o in d.outcomes]
                criteria += [c for o in d.outcomes for c in o.requires]
        seen: set[str] = set()
        tracks: set[str] = set()
        while conditions or criteria:
            for condition in filter(None, conditions):
                tracks |= condition.reads.tracks
                tracks |= {self.track_of_outcome(o) for o in condition.reads.outcomes}
                criteria += condition.reads.criteria
            conditions = []
            for name in [c for c in criteria if c not in seen]:
                seen.add(name)
                c = self.criteria[name]
                conditions += [c.when, c.applies_when]
                criteria += [c.of] if c.of else []
            criteria = [c for c in criteria if c not in seen]
        return tracks - {track.id}

    def track_of_outcome(self, outcome: str) -> str:
        decision, _, name = outcome.rpartition(".")
        return next(d.track for d in self.decisions.values() if decision in ("", d.id) and d.outcome(name) is not None)

    def latch(self) -> None:
        for c in self.criteria.values():
            # reading: its condition alone latches, not its documents; nothing latches while stale.
            if c.once and c.when is not None and c.id not in self.memory.stale and self.verdict(c.when) is True:
                self.memory.latched.add(c.id)

    def follow(self) -> None:
        """Walk every track again, tell what it passed, and latch what is true now that the case is at rest."""
        before: list[Standing] | None = None
        while before != list(self.memory.standing.values()):
            # reading: again until all is at rest, since one track may change what another has read.
            before = list(self.memory.standing.values())
            for track in self.order():
                # reading: when the case has ended or is held meanwhile, the other tracks do not walk any more.
                if not self.frozen() and self.memory.ended is None:
                    self.follow_track(track)
        self.latch()

    def follow_track(self, track: Track) -> None:
        is_primary = self.primary is not None and track.id == self.primary.id
        while True:
            standing = self.walk(track)
            if track.manual and self.came_anew(track, standing):
                standing = self.walk(track)
            self.tell_moves(track, self.memory.standing[track.id].trail, standing.trail)
            self.memory.standing[track.id] = standing
            self.forget_answers(track, standing)
            finished = standing.stop == "nothing" and standing.phase == "completed"
            d = self.decisions.get(standing.pending) or self.decision_after(standing.current)
            if standing.chosen and d is not None and d.id not in self.newly_taken:
                self.newly_taken.add(d.id)
                self.take(d, self.outcome(d.id, standing.chosen))
                if self.memory.held:
                    return
            elif finished and track.cycle and not track.manual and track.id not in self.newly_rounded:
                self.newly_rounded.add(track.id)
                self.close_cycle(track)
            else:
                if is_primary and (standing.stop == "end" or (finished and not track.cycle)):
                    self.end_by_walk(standing)
                return

    def came_anew(self, track: Track, standing: Standing) -> bool:
        """Manual: forget what an automatic decision gave before when the track comes to it anew."""
        memory = self.memory.tracks[track.id]
        known = [node for _, node in self.memory.standing[track.id].steps]
        for _, node in standing.steps:
            if node in self.decisions and self.decisions[node].automatic and node in memory.taken and node not in known:
                del memory.taken[node]
                return True
        return False

    def forget_answers(self, track: Track, standing: Standing) -> None:
        """Manual: that a stage applies holds while it is entered or pending; a passing over holds for good."""
        memory = self.memory.tracks[track.id]
        for stage, applies in list(memory.answers.items()):
            if applies and stage != standing.pending and ("entered", stage) not in standing.trail:
                del memory.answers[stage]

    def tell_moves(self, track: Track, old: list[Entry], new: list[Entry]) -> None:
        common = 0
        while common < len(old) and common < len(new) and old[common] == new[common]:
            common += 1
        if common < len(old):
            self.tell("moved_back", current_stage(old[:common]), track=track.id)
        for kind, name in new[common:]:
            stage = self.stages[name]
            if kind == "entered":
                self.tell("entered", name, track=track.id, visit=self.visit(name))
            elif kind == "left":
                self.tell("left", name, track=track.id)
            else:
                conditions = self.open_conditions(name)
                if conditions:
                    self.tell("completed", name, track=track.id, open_conditions=tuple(conditions))
                else:
                    self.tell("completed", name, track=track.id)
                if stage.wins:
                    self.win(stage.wins, track.id)


class ReferenceCase:
    """One case: a definition, and all that was accepted."""

    def __init__(self, definition: Definition, open_command: Command) -> None:
        self.definition = definition
        self.memory = Memory(open_command.at)
        self._world: World | None = None
        world = World(definition, self.memory)
        args = open_command.args
        for track in world.earned:
            start = next((s.id for s in track.stages if s.start), track.stages[0].id)
            self.memory.tracks[track.id] = TrackMemory(start)
            self.memory.standing[track.id] = Standing()
        wanted = args.get("start") or args.get("at_stage")
        if wanted:
            if wanted not in world.stages:
                raise UnknownNameError("stage", wanted)
            stage = world.stages[wanted]
            if world.all_tracks[stage.track].observed or (args.get("start") and not stage.start):
                raise UnknownNameError("start stage", wanted)
            memory = self.memory.tracks[stage.track]
            memory.start = wanted
            if args.get("at_stage"):
                memory.placed = args.get("skipped") or "dropped"
                memory.landed.add(wanted)
        world.follow()
        if open_command.key:
            self.memory.keys[open_command.key] = (open_command, list(world.events))
        self.memory.gap_since = open_command.at if world.gap()[0] else None
        self.opened = Result(True, list(world.events))

    # What can be asked

    @property
    def world(self) -> World:
        if self._world is None or self._world.memory is not self.memory:
            self._world = World(self.definition, self.memory)
        return self._world

    def position(self, track: str) -> tuple[str, str, str]:
        """Phase, current stage, and what is pending."""
        if self.world.all_tracks[track].observed:
            where = self.memory.observed.get(track, "")
            return ("in_progress" if where else "not_started", where, "")
        standing = self.memory.standing[track]
        return standing.phase, standing.current, standing.pending

    def statuses(self) -> dict[str, str]:
        return self.world.statuses()

    def chance(self) -> float | None:
        return self.world.chance()

    def gap(self) -> tuple[str, int | None]:
        return self.world.gap()

    def debts(self) -> list[str]:
        return self.world.debts()

    def early(self) -> list[str]:
        return self.world.early()

    def broken_behind(self) -> list[str]:
        return self.world.broken_behind()

    def next_due(self) -> datetime | None:
        return self.world.next_due()

    # What can be done

    def step(self, command: Command) -> Result:
        self._check_names(command)
        known = self.memory.keys.get(command.key) if command.key else None
        if known is not None:
            if same_command(known[0], command):
                return Result(True, list(known[1]), repeated=True)
            return Result(False, reasons=[("key_reused", command.key)])
        refused = self._structural(command)
        if refused:
            return Result(False, reasons=refused)
        if self.memory.ended is not None and command.kind == "tick":
            return Result(True)
        draft = World(self.definition, self.memory.copied())
        draft.pass_time(command.at)
        draft.expire()
        before = self.gap()[0]
        reasons = Judge(draft, command).reasons()
        if reasons:
            return Result(False, reasons=reasons)
        Doer(draft, command).do()
        if command.kind == "tick" and not draft.events:
            return Result(True)
        draft.follow()
        state, gap = draft.gap()
        if before != state:
            draft.memory.gap_since = command.at if state else None
        # reading: only from one state to another, not to or from "no gap at all".
        if before and state and before != state:
            if gap is None:
                draft.tell("gap_changed", state)
            else:
                draft.tell("gap_changed", state, gap=gap)
        if command.key:
            draft.memory.keys[command.key] = (command, list(draft.events))
        self.memory = draft.memory
        return Result(True, list(draft.events))

    def _structural(self, command: Command) -> list[Why]:
        found: list[Why] = []
        if command.at < self.memory.at:
            found.append(("too_early", ""))
        if command.happened is not None and command.happened > command.at:
            found.append(("happened_later", ""))
        if found:
            return found
        if self.memory.ended is not None and command.kind not in ("reopen", "tick"):
            return [("ended", "")]
        if self.memory.ended is None and command.kind == "reopen":
            return [("not_ended", "")]
        if command.kind in MOVES:
            if self.memory.held:
                found.append(("on_hold", ""))
            blocking = {a.id for a in self.definition.activities if a.blocks}
            found += [("blocked", a) for a in self.memory.running if a in blocking]
        return found

    def _check_names(self, command: Command) -> None:
        """Raise for every name the process does not have: that is misuse, not a refusal."""
        world, args, subject = self.world, command.args, command.subject

        def known(kind: str, name: str, names: Iterable[str]) -> None:
            if name not in names:
                raise UnknownNameError(kind, name)

        match command.kind:
            case "meet" | "retract" | "attach" | "waive":
                known("criterion", subject, world.criteria)
                for document in args.get("evidence", {}):
                    known("document", document, [d.id for d in self.definition.documents])
            case "set_facts":
                for fact in args["facts"]:
                    known("fact", fact, [f.id for f in self.definition.facts])
            case "observe":
                known("stage", subject, world.stages)
            case "complete" | "skip":
                # reading: only stages of earned tracks can be completed or skipped at all.
                known("stage", subject, [s.id for t in world.earned for s in t.stages])
            case "advance":
                manual = [t.id for t in world.earned if t.manual]
                if subject:
                    known("track", subject, world.all_tracks)
                elif len(manual) > 1:
                    raise UnknownNameError("track", subject)
            case "decide":
                known("decision point", subject, world.decisions)
                known("outcome", args.get("outcome", ""), [o.id for o in world.decisions[subject].outcomes])
            case "jump":
                known("jump", subject, world.jumps)
                jump = world.jumps[subject]
                if not jump.to and args.get("to"):
                    track = world.all_tracks[jump.track]
                    nodes = [*(s.id for s in track.stages), *(d.id for d in track.decision_points)]
                    known("target", args["to"], nodes)
            case "loop_back":
                known("loop", subject, world.loops)
            case "begin" | "finish":
                activities = {a.id: a for a in self.definition.activities}
                known("activity", subject, activities)
                if args.get("result") and activities[subject].results:
                    known("result", args["result"], activities[subject].results)
            case "report":
                known("process", subject, {p.process for _, p in procedures(self.definition)})
                if args.get("stage"):
                    things = (*self.definition.stages(), *self.definition.activities)
                    known("stage or activity", args["stage"], {thing.id for thing in things})
                    if args["stage"] not in {o for o, p in procedures(self.definition) if p.process == subject}:
                        raise CommandError(args["stage"])
            case "breach":
                known("prohibition", subject, [p.id for s in world.stages.values() for p in s.prohibitions])
            case "end":
                known("end", subject, world.ends)
            case "reopen":
                # reading: a stage of another track than the primary one is misuse too.
                known("stage", subject, [s.id for s in world.primary.stages] if world.primary else [])
            case _:
                assert command.kind in ("hold", "resume", "tick"), command.kind


def procedures(definition: Definition) -> Iterator[tuple[str, Any]]:
    """Every sub-procedure with the stage or activity that has it."""
    owners = (*definition.stages(), *definition.activities)
    yield from ((owner.id, procedure) for owner in owners for procedure in owner.procedures)


class Judge:
    """The command's own reasons against it, all of them."""

    def __init__(self, world: World, command: Command) -> None:
        self.world = world
        self.memory = world.memory
        self.command = command
        self.subject = command.subject
        self.args = command.args

    def reasons(self) -> list[Why]:
        judged = getattr(self, "_" + self.command.kind, None)
        return [] if judged is None else list(judged())

    def _meet(self) -> list[Why]:
        return [] if self.world.recorded(self.world.criteria[self.subject]) else [("derived", self.subject)]

    def _retract(self) -> list[Why]:
        c = self.subject
        if c in self.memory.waivers:
            return []
        reported = c in self.memory.reported and c not in self.memory.stale
        return self._meet() or ([] if reported else [("not_met", c)])

    def _waive(self) -> list[Why]:
        c = self.world.criteria[self.subject]
        if not c.waivable:
            return [("not_waivable", c.id)]
        found: list[Why] = []
        if self.command.role not in c.waivable:
            found.append(("role_not_allowed", c.id))
        if not self.args.get("reason"):
            found.append(("reason_required", c.id))
        until = self.args.get("until")
        if until is not None and until <= self.command.at:
            found.append(("until_passed", c.id))
        return found

    def _set_facts(self) -> list[Why]:
        found: list[Why] = []
        facts = {f.id: f for f in self.world.definition.facts}
        for name, value in self.args["facts"].items():
            fact = facts[name]
            if value is None:
                continue
            if not fits(value, fact.type):
                found.append(("fact_type", name))
            elif (fact.minimum is not None and value < fact.minimum) or (
                fact.maximum is not None and value > fact.maximum
            ):
                found.append(("fact_range", name))
        return found

    def _observe(self) -> list[Why]:
        if not self.world.all_tracks[self.world.stages[self.subject].track].observed:
            return [("not_observed", self.subject)]
        return [] if self.args.get("source") else [("source_required", self.subject)]

    def _complete(self) -> list[Why]:
        stage = self.world.stages[self.subject]
        standing = self.memory.standing[stage.track]
        if standing.current != stage.id or standing.phase != "in_progress":
            # reading: a stage completed long ago is not the current one; only the current one is `already_completed`.
            again = standing.current == stage.id and standing.phase == "completed"
            return [("already_completed" if again else "not_current", stage.id)]
        if stage.exit_criteria is not None:
            # reading: with what its exit lacks.
            lacking = [("criterion_open", c) for c in self.world.open_criteria(stage.exit_criteria)]
            return [("has_exit_criteria", stage.id), *self._landing(stage), *lacking]
        return self._landing(stage)

    def _landing(self, stage: Stage) -> list[Why]:
        """The milestone of a stage that was landed on is asked when it is completed."""
        if stage.id not in self.memory.tracks[stage.track].landed:
            return []
        return [("criterion_open", c) for c in self.world.open_criteria(stage.entry_milestone)]

    def _advance(self) -> list[Why]:
        track = self.world.all_tracks.get(self.subject) or advance_track(self.world)
        if track is None or not track.manual or track.observed:
            return [("automatic", track.id if track is not None else "")]
        standing = self.memory.standing[track.id]
        pending = standing.pending
        if pending in self.world.stages:
            return [("criterion_open", c) for c in self.world.open_criteria(self.world.stages[pending].entry_milestone)]
        if pending in self.world.decisions:
            return self._advance_decision(self.world.decisions[pending])
        if standing.phase == "in_progress":
            stage = self.world.stages[standing.current]
            found = self._landing(stage)
            if stage.exit_criteria is None:
                return [*found, ("needs_complete", stage.id)]
            return found + [("criterion_open", c) for c in self.world.open_criteria(stage.exit_criteria)]
        if standing.stop == "nothing" and standing.phase == "completed" and track.cycle:
            return []
        return [("nothing_ahead", track.id)]

    def _advance_decision(self, d: DecisionPoint) -> list[Why]:
        if not d.automatic:
            return [("decision_pending", d.id)]
        if self.world.chosen(d) is not None:
            return []
        found: list[Why] = []
        for o in d.outcomes:
            verdict = self.world.outcome_verdict(d, o)
            if verdict is not True:
                found.append(("condition_unknown" if verdict is None else "condition_false", f"{d.id}.{o.id}"))
        return [*found, ("automatic", d.id)]

    def _decide(self) -> list[Why]:
        d = self.world.decisions[self.subject]
        if d.automatic:
            return [("automatic", d.id)]
        o = self.world.outcome(d.id, self.args["outcome"])
        found: list[Why] = []
        standing = self.memory.standing[d.track]
        if standing.pending != d.id:
            stage = self.world.stages.get(standing.current)
            inside = stage is not None and standing.phase == "in_progress"
            if inside and stage is not None and d.after == stage.id:
                # reading: where the decision is not asked because its stage is not completed, what lacks is named too.
                found += self._landing(stage)
                if stage.exit_criteria is not None:
                    found.append(("not_asked", d.id))
                    found += [("criterion_open", c) for c in self.world.open_criteria(stage.exit_criteria)]
            else:
                found.append(("not_asked", d.id))
        found += self.world.guard(o, d.track, f"{d.id}.{o.id}", self.command.role)
        if o.kind == "end":
            found += self.world.end_reasons(o.to, self.args.get("reason", ""))
        return found

    def _jump(self) -> list[Why]:
        jump = self.world.jumps[self.subject]
        current = self.memory.standing[jump.track].current
        found: list[Why] = [] if current in jump.origins else [("wrong_origin", jump.id)]
        answer = self.args.get("answer")
        if answer == "unwilling":
            return found
        if jump.probe is not None and not answer:
            found.append(("answer_required", jump.id))
        found += self.world.guard(jump, jump.track, jump.id, self.command.role)
        to = jump.to or self.args.get("to")
        if not to:
            found.append(("target_required", jump.id))
        elif not self.world.index(current) < self.world.place(to):
            found.append(("not_ahead", to))
        return found

    def _loop_back(self) -> list[Why]:
        loop = self.world.loops[self.subject]
        current = self.memory.standing[loop.track].current
        found: list[Why] = [] if current in loop.origins else [("wrong_origin", loop.id)]
        return found + self.world.guard(loop, loop.track, loop.id, self.command.role)

    def _skip(self) -> list[Why]:
        stage = self.world.stages[self.subject]
        found: list[Why] = [] if stage.optional else [("not_optional", stage.id)]
        memory = self.memory.tracks[stage.track]
        # reading: on a manual track, passed over since it did not apply is skipped as well.
        if stage.id in memory.skipped or memory.answers.get(stage.id) is False:
            found.append(("already_skipped", stage.id))
        standing = self.memory.standing[stage.track]
        gone = standing.current == stage.id and standing.phase != "in_progress"
        if gone or self.world.index(stage.id) < self.world.index(standing.current):
            found.append(("already_passed", stage.id))
        return found

    def _begin(self) -> list[Why]:
        activity = next(a for a in self.world.definition.activities if a.id == self.subject)
        if activity.standing:
            return [("standing", activity.id)]
        found: list[Why] = [("already_running", activity.id)] if activity.id in self.memory.running else []
        primary = self.world.primary
        current = self.memory.standing[primary.id].current if primary is not None else ""
        if activity.origins and current not in activity.origins:
            found.append(("wrong_origin", activity.id))
        return found

    def _finish(self) -> list[Why]:
        activity = next(a for a in self.world.definition.activities if a.id == self.subject)
        found: list[Why] = [] if activity.id in self.memory.running else [("not_running", activity.id)]
        if activity.results and not self.args.get("result"):
            found.append(("result_required", activity.id))
        return found

    def _hold(self) -> list[Why]:
        if self.memory.held:
            return [("on_hold", "")]
        until = self.args.get("until")
        return [("until_passed", "")] if until is not None and until <= self.command.at else []

    def _resume(self) -> list[Why]:
        return [] if self.memory.held else [("not_on_hold", "")]

    def _end(self) -> list[Why]:
        if not self.world.ends[self.subject].by_command:
            return [("not_by_command", self.subject)]
        end, found = self.world.ends[self.subject], list[Why]()
        primary = self.world.primary
        if end.origins and primary is not None and self.memory.standing[primary.id].current not in end.origins:
            found.append(("wrong_origin", end.id))
        found += self.world.guard(end, "", end.id, self.command.role)
        return found + self.world.end_reasons(end.id, self.args.get("reason", ""))

    def _reopen(self) -> list[Why]:
        assert self.world.primary is not None
        primary = self.world.primary.id
        # reading: before the first stage, one that lies not after the start stage.
        current = self.memory.standing[primary].current or self.memory.tracks[primary].start
        reached = self.world.index(self.subject) <= self.world.index(current)
        return [] if reached else [("not_reached", self.subject)]


def advance_track(world: World) -> Track | None:
    """The track meant by `advance` without one: the manual one, or the primary one to refuse it for."""
    return next((t for t in world.earned if t.manual), world.primary)


def fits(value: Any, type: FactType) -> bool:
    """Whether a value is of the declared type."""
    match type.kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "enum":
            return isinstance(value, str) and value in type.values
        case "timestamp":
            return isinstance(value, datetime) and value.tzinfo is not None
        case "duration":
            return isinstance(value, timedelta)
        case _:
            of = type.of or FactType("string")
            return isinstance(value, list | tuple) and all(fits(v, of) for v in value)


class Doer:
    """The effect of an accepted command on the memory, and its own event."""

    def __init__(self, world: World, command: Command) -> None:
        self.world = world
        self.memory = world.memory
        self.command = command
        self.subject = command.subject
        self.args = command.args

    def do(self) -> None:
        getattr(self, "_" + self.command.kind)()

    def _report_criterion(self, criterion: str) -> None:
        self.memory.reported.add(criterion)
        self.memory.stale.discard(criterion)

    def _meet(self) -> None:
        self._report_criterion(self.subject)
        self._attach()

    def _attach(self) -> None:
        held = self.memory.documents.setdefault(self.subject, {})
        for document, uri in self.args.get("evidence", {}).items():
            if uri is None:
                held.pop(document, None)
            else:
                held[document] = uri

    def _retract(self) -> None:
        self.memory.waivers.pop(self.subject, None)
        if self.subject not in self.memory.stale:  # reading: a stale report stays, to be confirmed
            self.memory.reported.discard(self.subject)

    def _waive(self) -> None:
        self.memory.waivers[self.subject] = self.args.get("until")
        self.memory.lapsed.discard(self.subject)

    def _set_facts(self) -> None:
        given = set()
        for name, value in self.args["facts"].items():
            if value is None:
                self.memory.facts.pop(name, None)
            else:
                self.memory.facts[name] = value
                given.add(name)
        for c in self.world.criteria.values():
            # reading: forgetting a fact confirms nothing.
            if c.when is not None and c.when.reads.facts & given:
                self.memory.stale.discard(c.id)

    def _observe(self) -> None:
        track = self.world.stages[self.subject].track
        self.memory.observed[track] = self.subject
        self.world.tell("observed", self.subject, track=track)

    def _complete(self) -> None:
        self.memory.tracks[self.world.stages[self.subject].track].marked.add(self.subject)

    def _advance(self) -> None:
        track = self.world.all_tracks.get(self.subject) or advance_track(self.world)
        assert track is not None
        memory, standing = self.memory.tracks[track.id], self.memory.standing[track.id]
        if standing.pending in self.world.stages:
            memory.crossed.add(("entered", standing.pending))
        elif standing.pending:
            d = self.world.decisions[standing.pending]
            chosen = self.world.chosen(d)
            assert chosen is not None
            self.world.take(d, self.world.outcome(d.id, chosen))
        elif standing.phase == "in_progress":
            memory.crossed.add(("completed", standing.current))
        else:
            self.world.close_cycle(track)

    def _decide(self) -> None:
        d = self.world.decisions[self.subject]
        o = self.world.outcome(d.id, self.args["outcome"])
        self.world.reason_given = (o.to, self.args.get("reason", ""))
        self.world.take(d, o)

    def _jump(self) -> None:
        jump = self.world.jumps[self.subject]
        if self.args.get("answer") == "unwilling":  # reading: also where no probe asks
            self.world.tell("unwilling", jump.id, track=jump.track)
            return
        memory, standing = self.memory.tracks[jump.track], self.memory.standing[jump.track]
        to, current = jump.to or self.args["to"], standing.current
        memory.counts[jump.id] = memory.counts.get(jump.id, 0) + 1
        memory.exits[current] = (to, jump.skipped)
        # What lies behind the current stage is come to anew.
        standing.steps = standing.steps[: [node for _, node in standing.steps].index(current) + 1]
        if memory.answers.get(to):  # reading: it is reached anew, so it is asked again
            del memory.answers[to]
        standing.trail = standing.trail[: standing.trail.index(("entered", current)) + 1] + [("left", current)]
        self.world.tell("jumped", jump.id, track=jump.track, to=to)

    def _loop_back(self) -> None:
        loop = self.world.loops[self.subject]
        memory, current = self.memory.tracks[loop.track], self.memory.standing[loop.track].current
        memory.counts[loop.id] = memory.counts.get(loop.id, 0) + 1
        self.world.tell("repeated" if loop.to == current else "looped_back", loop.id, track=loop.track, to=loop.to)
        self.world.go_back(self.world.all_tracks[loop.track], loop.to, loop.keep)

    def _skip(self) -> None:
        track = self.world.stages[self.subject].track
        self.memory.tracks[track].skipped.add(self.subject)
        trail = self.memory.standing[track].trail
        if trail and trail[-1] == ("entered", self.subject):
            del trail[-1]
        self.world.tell("skipped", self.subject, track=track)

    def _begin(self) -> None:
        self.memory.running.append(self.subject)
        self.world.tell("begun", self.subject)

    def _finish(self) -> None:
        self.memory.running.remove(self.subject)
        if self.args.get("result"):
            self.world.tell("finished", self.subject, result=self.args["result"])
        else:
            self.world.tell("finished", self.subject)

    def _report(self) -> None:
        end = self.args.get("end", "")
        stage = self.args.get("stage")
        for owner, procedure in procedures(self.world.definition):
            if procedure.process == self.subject and (not stage or owner == stage):
                for criterion in procedure.on_end.get(end, ()):
                    self._report_criterion(criterion)
        if stage:
            self.world.tell("reported", self.subject, end=end, stage=stage)
        else:
            self.world.tell("reported", self.subject, end=end)

    def _breach(self) -> None:
        self.world.tell("breached", self.subject)

    def _hold(self) -> None:
        self.world.hold(self.args.get("until"))

    def _resume(self) -> None:
        self.memory.held, self.memory.remind = False, None
        self.world.tell("resumed", "")

    def _end(self) -> None:
        end = self.world.ends[self.subject]
        self.world.end_case(end.id, end.kind, self.args.get("reason", ""))

    def _reopen(self) -> None:
        assert self.world.primary is not None
        self.memory.ended = None
        self.memory.won = ""
        self.world.tell("reopened", self.subject, track=self.world.primary.id)
        taken = self.memory.tracks[self.world.primary.id].taken
        places = [self.world.decisions[d].place for d in taken]
        self.world.go_back(self.world.primary, self.subject, (), max(places, key=self.world.index, default=""))

    def _tick(self) -> None:
        self.world.tell_overdue()
        if self.memory.remind is not None and self.memory.remind <= self.memory.at:
            self.memory.remind = None
            self.world.tell("reminder", "")
