"""Ways through a process, and what tells a mutant from it on them: the hint for a scenario that is missing."""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from stagegate.engine.commands import Command
from stagegate.engine.tables import Tables
from stagegate.verify.focus import Question, focus_on
from stagegate.verify.keys import key
from stagegate.verify.moves import Alphabet, Move, commands_of, done
from stagegate.verify.mutants.lockstep import (
    Difference,
    Done,
    Looks,
    answers_apart,
    apart_at_last,
    looks,
    looks_apart,
    offers,
    opened,
    shortened,
    stands,
    stepped,
    told_apart,
)
from stagegate.verify.mutants.mutant import Mutant
from stagegate.verify.mutants.scripts import scripts
from stagegate.verify.search import OPENED

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stagegate.engine.snapshot import Snapshot

LONGEST: Final = 400  # places of a tour that are visited
MOST_TRIES: Final = 4_000  # scripts that are tried at places
LAST: Final = 8  # commands that follow at most on the placing of a case
SPARED: Final = 3  # commands that placing a case must spare


@frozen
class Hint:
    """A journal, with its opening, after whose last command original and mutant answer otherwise, and in what."""

    journal: tuple[Command, ...]
    difference: Difference


class Place:
    """A place of a tour: how to get there from the one before, and how the original answers on the way."""

    __slots__ = ("all", "answers", "commands", "parent", "seen", "snapshot")

    def __init__(self, parent: int, commands: tuple[Command, ...], answers: tuple[Done, ...]) -> None:
        self.parent = parent
        self.commands = commands
        self.answers = answers
        self.seen: tuple[Looks, ...] = ()  # what can be asked after each of the commands
        self.all: Looks | None = None
        after = answers[-1].snapshot
        assert after is not None
        self.snapshot: Snapshot = after


def all_of(tables: Tables, snapshot: Snapshot) -> Looks:
    """Everything that can be asked of a case."""
    return (*looks(tables, snapshot), *offers(tables, snapshot))


class Tour:
    """Journals that lead all over a process, the places first where it has been least, the shortest first.

    `effort` is the most steps of the engine taken to find them. `counted` is a move with `max` that is to be made as
    often as it may.
    """

    def __init__(self, tables: Tables, effort: int, counted: str = "") -> None:
        self.tables = tables
        focus = focus_on(tables, Question())
        most = dict(focus.barring).get(counted)
        if most is not None:
            others = tuple(each for each in focus.barring if each[0] != counted)
            focus = evolve(focus, counted={**focus.counted, counted: most}, barring=others)
        self.focus = focus
        self.counted = counted
        self.places: list[Place] = []
        self._alphabet = Alphabet(tables, focus)
        self._explore(effort)

    def _explore(self, effort: int) -> None:
        """Goes on from the place that was reached least often, then by the fewest commands."""
        been: Counter[Hashable] = Counter()
        known: set[Hashable] = set()
        waiting: list[tuple[int, int, int]] = []
        for args in self._alphabet.openings():
            self._arrive(-1, (opened(self.tables, Command("open", "", OPENED, args)),), 0, been, known, waiting)
        while waiting and effort > 0 and len(self.places) < LONGEST:
            _, length, number = heappop(waiting)
            for moves in self._alphabet.after(self.places[number].snapshot):
                steps = done(self.tables, self.places[number].snapshot, moves)
                effort -= len(moves)
                if steps is not None and len(self.places) < LONGEST:
                    answers = tuple(Done(each.command, each.step.snapshot, each.step) for each in steps)
                    self._arrive(number, answers, length, been, known, waiting)

    def _arrive(
        self,
        parent: int,
        answers: tuple[Done, ...],
        length: int,
        been: Counter[Hashable],
        known: set[Hashable],
        waiting: list[tuple[int, int, int]],
    ) -> None:
        """Keeps a place that is new."""
        after = answers[-1].snapshot
        assert after is not None
        state = key(self.tables, self.focus, after)
        if state in known:
            return
        known.add(state)
        where = self._where(after)
        been[where] += 1
        heappush(waiting, (been[where], length + len(answers), len(self.places)))
        self.places.append(Place(parent, tuple(each.command for each in answers), answers))

    def _where(self, snapshot: Snapshot) -> Hashable:
        """Where a case stands: what is worth having seen once."""
        rest = snapshot.rest
        positions = tuple((place.stage, place.phase, place.pending) for place in snapshot.places)
        return positions, rest.held is not None, rest.ended, rest.counts.get(self.counted, 0)

    def journal(self, number: int) -> tuple[Command, ...]:
        """The commands that lead to a place, the opening first."""
        parts: list[tuple[Command, ...]] = []
        while number >= 0:
            parts.append(self.places[number].commands)
            number = self.places[number].parent
        return tuple(command for commands in reversed(parts) for command in commands)

    def all_of(self, place: Place) -> Looks:
        """Everything that can be asked of the original at a place."""
        if place.all is None:
            place.all = all_of(self.tables, place.snapshot)
        return place.all

    def seen(self, place: Place) -> tuple[Looks, ...]:
        """What the original shows after each command on the way to a place."""
        if not place.seen:
            place.seen = tuple(
                stands(self.tables, each.snapshot) for each in place.answers if each.snapshot is not None
            )
        return place.seen


def hint(tour: Tour, mutant: Mutant, tables: Tables) -> Hint | None:
    """Commands that tell a mutant (with its tables) from the original, as few as were found; None if none were."""
    journal = opening_apart(tour, mutant, tables) or apart(tour, mutant, tables)
    if journal is None:
        return None
    short, difference = shortened(tour.tables, tables, journal)
    return Hint(*(placed(tour.tables, tables, short) or (short, difference)))


def placed(
    original: Tables, mutant: Tables, journal: tuple[Command, ...]
) -> tuple[tuple[Command, ...], Difference] | None:
    """A much shorter journal whose case is placed at a stage instead of being led there; None if there is none."""
    stages = [stage.id for track in original.definition.tracks if not track.observed for stage in track.stages]
    for length in range(1, min(LAST, len(journal) - SPARED) + 1):
        for stage in stages:
            opening = Command("open", "", journal[0].at, {"at_stage": stage})
            tried = (opening, *journal[len(journal) - length :])
            found = apart_at_last(original, mutant, tried, weakly=False)
            if found is not None:
                return tried, found
    return None


def opening_apart(tour: Tour, mutant: Mutant, tables: Tables) -> tuple[Command, ...] | None:
    """The opening at a stage that only one of the two knows as a start."""
    if mutant.operator != "drop-start":
        return None
    journal = (Command("open", "", OPENED, {"start": mutant.key.partition(":")[2]}),)
    return journal if told_apart(tour.tables, tables, journal) is not None else None


def apart(tour: Tour, mutant: Mutant, tables: Tables) -> tuple[Command, ...] | None:
    """The journal to the first difference: on the tour, or a few commands about the thing changed after one of its places.

    What the criteria are, and what is offered and missing, is only looked at where all else is the same: a scenario that
    does something says more.
    """
    reached: list[Snapshot] = []
    for place in tour.places:
        before = reached[place.parent] if place.parent >= 0 else None
        found, after = way_apart(tour, place, tables, before)
        if found is not None:
            way = tour.journal(place.parent) if place.parent >= 0 else ()
            return (*way, *place.commands[:found])
        assert after is not None, "both know the commands, else they are told apart"
        reached.append(after)
    tries = ((script, n) for script in scripts(tour.tables.definition, mutant) for n in range(len(reached)))
    for script, number in islice(tries, MOST_TRIES):
        told = script_apart(tour.tables, tables, tour.places[number].snapshot, reached[number], script)
        if told is not None:
            return (*tour.journal(number), *told)
    for number, (place, now) in enumerate(zip(tour.places, reached, strict=True)):
        if tour.all_of(place) != all_of(tables, now):
            return tour.journal(number)
    return None


def way_apart(tour: Tour, place: Place, tables: Tables, before: Snapshot | None) -> tuple[int | None, Snapshot | None]:
    """How many commands of the way to a place tell the mutant from the original, None if not all do; where it is then."""
    for count, (original, seen) in enumerate(zip(place.answers, tour.seen(place), strict=True), start=1):
        now = opened(tables, original.command) if before is None else stepped(tables, before, original.command)
        before = now.snapshot
        if answers_apart(original, now) is not None or before is None or seen != stands(tables, before):
            return count, None
    return None, before


def script_apart(
    original: Tables, mutant: Tables, one: Snapshot, other: Snapshot, script: tuple[Move, ...]
) -> tuple[Command, ...] | None:
    """The commands of a script up to the first that is answered otherwise, None if none is."""
    commands = tuple(commands_of(script, one))
    for count, command in enumerate(commands, start=1):
        done, also = stepped(original, one, command), stepped(mutant, other, command)
        if answers_apart(done, also) is not None:
            return commands[:count]
        if done.snapshot is None or also.snapshot is None or not done.accepted:
            return None
        if looks_apart(looks(original, done.snapshot), looks(mutant, also.snapshot)) is not None:
            return commands[:count]
        one, other = done.snapshot, also.snapshot
    return None
