"""What of a process was seen while cases of it ran: stages, gates, outcomes, moves, ends, and both sides of what may be true.

A `Coverage` is told of every step; those of several runs can be merged, and written as one short text. What counts:

- a stage when the case is in it, a gate that asks for something when it is open, an end when the case ends there;
- an outcome, jump or loop when it is taken;
- a criterion that people report when it is met, and when it is not;
- a condition when it is true, and when it is false (unknown is neither). That of a derived criterion, or of what
  applies, is looked at after every command; that of an outcome, jump, loop or end when somebody tries to take it; those of an
  automatic decision point whenever the case is in the stage it stands after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from attrs import frozen

from stagegate.conditions import Condition
from stagegate.engine.commands import Command
from stagegate.engine.parts import DecisionTable
from stagegate.engine.questions import viewing
from stagegate.engine.results import Step
from stagegate.engine.snapshot import Snapshot
from stagegate.engine.step import start, step
from stagegate.engine.tables import Tables
from stagegate.engine.work import Work

CoverageKind = Literal["stage", "gate", "outcome", "jump", "loop", "end", "criterion", "condition"]
KINDS: Final[tuple[CoverageKind, ...]] = (
    "stage",
    "gate",
    "outcome",
    "jump",
    "loop",
    "end",
    "criterion",
    "condition",
)
SIDES: Final[Mapping[str, tuple[str, str]]] = {"criterion": ("met", "not met"), "condition": ("true", "false")}
GUARDED: Final = ("decide", "jump", "loop_back", "end")


class Thing(NamedTuple):
    """One thing that can be seen: its kind, its id, and for a criterion or condition which side of it."""

    kind: CoverageKind
    id: str
    side: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.id, self.side) if part)


@frozen
class Count:
    """How many things of a kind were seen, of how many; a criterion or condition only when both sides were."""

    kind: CoverageKind
    seen: int
    total: int


class Coverage:
    """What was seen of one process. `things` is all there is to see, in the order of the definition."""

    __slots__ = ("_all", "_conditions", "_seen", "_tables", "things")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._conditions = dict(standing_conditions(tables))
        self._seen: set[Thing] = set()
        self.things: tuple[Thing, ...] = tuple(things_of(tables))
        self._all = frozenset(self.things)

    def see(self, before: Snapshot | None, command: Command, done: Step) -> None:
        """Takes one step into account; `before` is the snapshot the command was told to, None for the opening."""
        if before is not None:
            self._guard(before, command, done)
        if not done.accepted or done.repeated:
            return
        self._events(done)
        self._moment(before, done)

    def see_all(self, told: Iterable[Command]) -> None:
        """Takes the commands of a whole case into account, the opening first. Raises what doing them raises."""
        snapshot: Snapshot | None = None
        for command in told:
            done = start(self._tables, command) if snapshot is None else step(self._tables, snapshot, command)
            self.see(snapshot, command, done)
            snapshot = done.snapshot

    def merge(self, other: Coverage) -> None:
        """Takes over what another one of the same process has seen."""
        self._seen |= other._seen

    def seen(self, thing: Thing) -> bool:
        """Whether it was seen."""
        return thing in self._seen

    def counts(self) -> tuple[Count, ...]:
        """How much was seen, by kind; kinds of which the process has nothing are left out."""
        found = []
        for kind in KINDS:
            sides: dict[str, bool] = {}
            for thing in self.things:
                if thing.kind == kind:
                    sides[thing.id] = sides.get(thing.id, True) and thing in self._seen
            if sides:
                found.append(Count(kind, sum(sides.values()), len(sides)))
        return tuple(found)

    def never(self) -> tuple[Thing, ...]:
        """What was never seen, in the order of the definition."""
        return tuple(thing for thing in self.things if thing not in self._seen)

    def written(self) -> str:
        """What was seen as a short text of hexadecimal digits, for `read` of the same definition."""
        return f"{sum(1 << i for i, thing in enumerate(self.things) if thing in self._seen):x}"

    def read(self, written: str) -> None:
        """Takes over what `written` gave; raises ValueError for a text that is none of this definition."""
        mask = int(written, 16)
        if mask < 0 or mask >> len(self.things):
            raise ValueError("this was not written for the same definition")
        self._seen.update(thing for i, thing in enumerate(self.things) if mask >> i & 1)

    # -- what a step shows --------------------------------------------------------------------------------

    def _add(self, kind: CoverageKind, id: str, side: str = "") -> None:
        thing = Thing(kind, id, side)
        if thing in self._all:
            self._seen.add(thing)

    def _condition(self, id: str, condition: Condition | None, work: Work) -> None:
        value = True if condition is None else condition.evaluate(work)
        if isinstance(value, bool):
            self._add("condition", id, "true" if value else "false")

    def _guard(self, before: Snapshot, command: Command, done: Step) -> None:
        """The condition of an outcome, jump, loop or end that is tried: it was true if the step is accepted."""
        if command.kind not in GUARDED or command.args.get("answer") == "unwilling" or done.repeated:
            return
        outcome = command.args.get("outcome")
        key = f"{command.subject}.{outcome}" if outcome else command.subject
        if done.accepted:
            self._add("condition", key, "true")
        elif any(r.code == "condition_false" and r.subject == key for r in done.reasons):
            self._add("condition", key, "false")

    def _events(self, done: Step) -> None:
        """What the events tell of."""
        for event in done.events:
            match event.kind:
                case "entered" | "observed":
                    self._add("stage", event.subject)
                case "decided":
                    self._add("outcome", f"{event.subject}.{event.data['outcome']}")
                case "jumped":
                    self._add("jump", event.subject)
                case "looped_back" | "repeated":
                    self._add("loop", event.subject)
                case "ended":
                    self._add("end", event.subject)
                case _:
                    pass

    def _moment(self, before: Snapshot | None, done: Step) -> None:
        """What is so when the command has come to rest."""
        tables, snapshot = self._tables, done.snapshot
        work = viewing(tables, snapshot)
        for i, criterion in enumerate(tables.criteria):
            if criterion.when is None:
                self._add("criterion", criterion.id, "met" if work.met_mask >> i & 1 else "not met")
        for table in tables.tracks:
            if table.observed:
                continue
            place = snapshot.places[table.index]
            if place.stage >= 0:
                self._add("stage", table.stages[place.stage].stage.id)
            for stage in table.stages:
                for name, mask in (("entry_milestone", stage.entry), ("exit_criteria", stage.exit)):
                    if mask and not mask & ~work.passes:
                        self._add("gate", f"{stage.stage.id}.{name}")
        for id, condition in self._conditions.items():
            self._condition(id, condition, work)
        for decision in self._automatic(before, done):
            for option in decision.outcomes:
                if option.outcome.when is not None:
                    self._condition(option.key, option.outcome.when, work)

    def _automatic(self, before: Snapshot | None, done: Step) -> Iterator[DecisionTable]:
        """The automatic decision points that were looked at: where the case is or was, and those just taken."""
        decided = {event.subject for event in done.events if event.kind == "decided"}
        for decision in self._tables.decision_of.values():
            if decision.automatic:
                moments = [done.snapshot] if before is None else [before, done.snapshot]
                here = any(snapshot.places[decision.track].stage == decision.place for snapshot in moments)
                if here or decision.id in decided:
                    yield decision


def things_of(tables: Tables) -> Iterator[Thing]:
    """All there is to see of a process."""
    for table in tables.tracks:
        yield from (Thing("stage", s.stage.id) for s in table.stages)
    for table in tables.tracks:
        for stage in table.stages:
            gates = (("entry_milestone", stage.entry), ("exit_criteria", stage.exit))
            yield from (
                Thing("gate", f"{stage.stage.id}.{name}") for name, mask in gates if mask and not table.observed
            )
    yield from (Thing("outcome", option.key) for d in tables.decision_of.values() for option in d.outcomes)
    yield from (Thing("jump", id) for id in tables.jump_of)
    yield from (Thing("loop", id) for id in tables.loop_of)
    yield from (Thing("end", end.id) for end in tables.definition.ends)
    recorded = [criterion.id for criterion in tables.criteria if criterion.when is None]
    yield from both_sides("criterion", recorded)
    yield from both_sides("condition", (id for id, _ in (*standing_conditions(tables), *guards(tables))))


def both_sides(kind: CoverageKind, ids: Iterable[str]) -> Iterator[Thing]:
    """A criterion met and not met, a condition true and false."""
    for id in ids:
        yield from (Thing(kind, id, side) for side in SIDES[kind])


def standing_conditions(tables: Tables) -> Iterator[tuple[str, Condition]]:
    """The conditions that are looked at all the time: derived criteria, and what applies."""
    for criterion in tables.criteria:
        if criterion.when is not None:
            yield criterion.id, criterion.when
        if criterion.applies_when is not None:
            yield f"{criterion.id}.applies_when", criterion.applies_when
    for stage in tables.definition.stages():
        if stage.applies_when is not None:
            yield f"{stage.id}.applies_when", stage.applies_when


def guards(tables: Tables) -> Iterator[tuple[str, Condition]]:
    """The conditions that are looked at when a move is tried."""
    for decision in tables.decision_of.values():
        yield from ((o.key, o.outcome.when) for o in decision.outcomes if o.outcome.when is not None)
    yield from ((id, move.when) for id, (_, move) in tables.jump_of.items() if move.when is not None)
    yield from ((id, move.when) for id, (_, move) in tables.loop_of.items() if move.when is not None)
    yield from ((end.id, end.when) for end in tables.ends if end.when is not None)
