"""Whether two processes answer alike for ever: every pair of states that the same commands lead both to, looked at once.

It only ends for small processes. What it leaves out of a state are times, texts, and counts beyond those that matter; where a
mutant changes a length of time it says nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

from stagegate.conditions.syntax import Literal, walk
from stagegate.engine.commands import Command
from stagegate.engine.snapshot import Snapshot
from stagegate.engine.tables import Tables
from stagegate.model import Definition
from stagegate.verify.moves import Move, commands_of
from stagegate.verify.mutants.edit import guards
from stagegate.verify.mutants.lockstep import answers_apart, difference, looks_apart, offers, opened, stepped
from stagegate.verify.mutants.menu import fact_groups, menu, openings
from stagegate.verify.mutants.mutant import Mutant
from stagegate.verify.mutants.of_conditions import places
from stagegate.verify.search import OPENED

MOST_CRITERIA: Final = 6  # more of them have too many states
MOST_STEPS: Final = 20_000


def never_apart(original: Tables, changed: Tables, mutant: Mutant) -> bool:
    """Whether it is known that no commands tell the two apart; False where it is not known."""
    one, other = original.definition, changed.definition
    groups = fact_groups(one, other)
    if mutant.operator == "double-time" or len(original.criteria) > MOST_CRITERIA or any(g.why for g in groups):
        return False
    found = {repr(move): move for definition in (one, other) for move in menu(definition, groups)}
    return Pairs(original, changed).all_alike(tuple(found.values()))


class Pairs:
    """The pairs of states of two processes."""

    def __init__(self, original: Tables, changed: Tables) -> None:
        self.original = original
        self.changed = changed
        counted = (counts_that_matter(original.definition), counts_that_matter(changed.definition))
        self.counted = {name: max(each.get(name, 0) for each in counted) for each in counted for name in each}
        self.known: set[Hashable] = set()
        self.waiting: list[tuple[Snapshot, Snapshot]] = []

    def all_alike(self, moves: tuple[Move, ...]) -> bool:
        """Whether every pair that can be reached answers alike; False also where there are too many to look at."""
        ways = {repr(args): args for tables in (self.original, self.changed) for args in openings(tables.definition)}
        for args in ways.values():
            command = Command("open", "", OPENED, args)
            one, other = opened(self.original, command), opened(self.changed, command)
            if difference((self.original, one), (self.changed, other)) is not None:
                return False
            self.add(one.snapshot, other.snapshot)
        steps = 0
        while self.waiting:
            one_now, other_now = self.waiting.pop()
            if looks_apart(offers(self.original, one_now), offers(self.changed, other_now)) is not None:
                return False
            for move in moves:
                steps += 1
                if steps > MOST_STEPS or not self.alike_after(one_now, other_now, move):
                    return False
        return True

    def alike_after(self, one: Snapshot, other: Snapshot, move: Move) -> bool:
        """Whether both answer alike to a command; the pair it leads to is looked at later."""
        command = next(commands_of((move,), one))
        done, also = stepped(self.original, one, command), stepped(self.changed, other, command)
        if answers_apart(done, also) is not None:
            return False
        if done.accepted:
            if difference((self.original, done), (self.changed, also)) is not None:
                return False
            self.add(done.snapshot, also.snapshot)
        return True

    def add(self, one: Snapshot | None, other: Snapshot | None) -> None:
        """Takes up a pair that is new."""
        if one is None or other is None:
            return
        visits = [
            {stage: a.visits.get(stage, 0) - b.visits.get(stage, 0) for stage in {*a.visits, *b.visits}}
            for a, b in zip(one.rest.tracks, other.rest.tracks, strict=True)
        ]
        state = (self.state(one), self.state(other), repr(visits))
        if state not in self.known:
            self.known.add(state)
            self.waiting.append((one, other))

    def state(self, snapshot: Snapshot) -> Hashable:
        """A snapshot without its times and texts."""
        rest = snapshot.rest
        return repr(
            (
                snapshot.done,
                [(p.stage, p.phase, p.pending, p.trail) for p in snapshot.places],
                [[plain(getattr(track, name)) for name in MEMORY] for track in rest.tracks],
                [plain(getattr(rest, name)) for name in REST],
                sorted((i, sorted(documents)) for i, documents in rest.documents.items()),
                sorted((i, waiver.until is not None) for i, waiver in rest.waivers.items()),
                [min(rest.counts.get(name, 0), most) for name, most in self.counted.items()],
                None if rest.held is None else (rest.held.until is not None, rest.held.reminded),
            )
        )


MEMORY: Final = ("start", "placed", "landed", "marked", "skipped", "overdue", "exits", "taken", "defaults", "stage")
REST: Final = ("facts", "stale", "latched", "lapsed", "waived", "active", "won", "ended", "end_reason")


def plain(value: Any) -> Any:
    """A value whose text is the same whatever the order in which it was made."""
    return sorted(value.items()) if isinstance(value, Mapping) else value


def counts_that_matter(definition: Definition) -> Mapping[str, int]:
    """The counts that something looks at, and up to how many."""
    found: dict[str, int] = {}
    for key, guarded, _ in guards(definition):
        if guarded.max is not None:
            found[key.partition(":")[2]] = guarded.max + 1
    for _, _, condition, _ in places(definition):
        numbers = [node.value for node in walk(condition.tree.root) if isinstance(node, Literal)]
        most = max((int(abs(n)) for n in numbers if isinstance(n, int | float)), default=0) + 2
        for name in condition.reads.outcomes:
            for point in definition.decision_points():
                for outcome in point.outcomes:
                    if name in (outcome.id, f"{point.id}.{outcome.id}"):
                        key = f"{point.id}.{outcome.id}"
                        found[key] = max(found.get(key, 0), most)
    return found
