"""The search: states in the order of how many commands it takes to reach them, each looked at once.

Two ways to the same state may differ in free evidence, in facts that are only asked, and in counts that only bar moves. A way
is passed over when another one, with as much or less used up, is at least as short even after making up the difference; so the first
way to what is sought is a shortest one. One search may look for several things: it goes on until each is found, or everything was looked at.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from stagegate.engine.commands import Command
from stagegate.engine.place import ENTERED, IN, shared
from stagegate.engine.reasons import bits
from stagegate.engine.step import start, step
from stagegate.verify.answers import Answer, Verdict
from stagegate.verify.keys import key
from stagegate.verify.moves import Alphabet, Done, Moves, commands_of

if TYPE_CHECKING:
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.verify.focus import Focus
    from stagegate.verify.moments import Arrives

OPENED: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FIRST_OF_ALL: Final = -(1 << 30)  # the rank of a find in an eager search


class Watcher(Protocol):
    """What is looked for. It is shown every command done, and each state when it is reached for the first time."""

    def happened(self, done: Done) -> str:
        """What a command that was done shows, "" if nothing is found."""
        ...

    def stands(self, snapshot: Snapshot) -> str:
        """What a state shows, "" if nothing is found."""
        ...


class Edge(NamedTuple):
    """A way from one state to another; `sure` where it is open to every case in that state; whether it came by a target."""

    origin: Hashable
    target: Hashable
    sure: bool
    arrived: bool


class Result(NamedTuple):
    """What a search says to one who looks: the journal and the sentence of the first find, or none; whether all was searched."""

    journal: tuple[Command, ...]
    found: str
    finished: bool
    states: int
    steps: int

    def answer(self, verdict: Verdict, reason: str) -> Answer:
        """What it says, as an answer to a question still to be named."""
        return Answer("", "", verdict, reason, self.journal, states=self.states, steps=self.steps)

    def how_far(self, why: str) -> str:
        """Why a search that found nothing decides nothing: it was ended, or `why` not everything was tried."""
        if not self.finished:
            return f"the search was ended after {counted(self.states, 'state')} and {counted(self.steps, 'step')}"
        return f"nothing was found in {counted(self.states, 'state')}, but {why}"


class Way(NamedTuple):
    """One way to a state, as far as it can differ from another: its length, and what it left behind."""

    cost: int
    free: int
    facts: tuple[object, ...]
    counts: tuple[int, ...]
    landed: tuple[int, ...]  # by track: folded stages the case landed in
    entries: int  # the milestones of these stages


NO_WAY: Final = Way(0, 0, (), (), (), 0)


class Find(NamedTuple):
    """The first find for one who looks: where, what it shows, and how far the search had come."""

    number: int
    said: str
    states: int
    steps: int


class Node(NamedTuple):
    """A state reached and the way there; or a find: who found what on its last command or in that state."""

    cost: int
    snapshot: Snapshot
    parent: int  # -1 for an opening
    commands: tuple[Command, ...]
    key: Hashable
    way: Way
    finder: int = -1
    said: str = ""


class Search:
    """One search for all that its watchers look for. `arrives` has every edge kept, with whether it came by a target.

    An `eager` one goes ahead as far as it can before it looks left and right: it finds what lies far ahead in a large process,
    but no shortest way, and what it does not find is not said to be nowhere.
    """

    def __init__(
        self,
        tables: Tables,
        focus: Focus,
        watchers: Sequence[Watcher],
        *,
        arrives: Arrives | None = None,
        eager: bool = False,
    ) -> None:
        self.tables = tables
        self.focus = focus
        self.watchers = watchers
        self.sought = list(range(len(watchers)))  # the watchers that have found nothing yet
        self.finds: dict[int, Find] = {}
        self.steps = 0
        self.alphabet = Alphabet(tables, focus, back=not eager)
        self.nodes: list[Node] = []
        self.ways: dict[Hashable, list[Way]] = {}
        self.arrives = arrives
        self.edges: list[Edge] = []
        self.eager = eager
        self.first: dict[Hashable, int] = {}  # state -> the first node expanded there
        self.barring = frozenset(name for name, _ in focus.barring)
        self._nearest: dict[int, int] = {}  # watcher -> the rank of the first of its finds that wait
        self._heap: list[tuple[int, int, int]] = []
        self._order = count()

    @property
    def finished(self) -> bool:
        """Whether everything was looked at, or everything found."""
        return bool(self.nodes) and not (self._heap and (self.sought or self.arrives is not None))

    def run(self, effort: int) -> None:
        """Searches, or goes on searching, until it is finished or has taken more than so many steps of the engine now."""
        most = self.steps + effort
        if not self.nodes:
            self._open()
        while not self.finished and self.steps <= most:
            _, _, number = heapq.heappop(self._heap)
            node = self.nodes[number]
            if node.finder >= 0:
                self._find(number, node)
            elif not self._is_covered(node.key, node.way):
                self.ways.setdefault(node.key, []).append(node.way)
                self.first.setdefault(node.key, number)
                self._expand(number, node)

    def result(self, watcher: int = 0) -> Result:
        """What it says to one of its watchers so far."""
        find = self.finds.get(watcher)
        if find is not None:
            return Result(self.journal(find.number), find.said, True, find.states, find.steps)
        return Result((), "", self.finished, len(self.ways), self.steps)

    def journal(self, number: int) -> tuple[Command, ...]:
        """The commands that lead to a node, the opening first."""
        parts = []
        while number >= 0:
            node = self.nodes[number]
            parts.append(node.commands)
            number = node.parent
        return tuple(command for commands in reversed(parts) for command in commands)

    def _find(self, number: int, node: Node) -> None:
        """Notes the first find of a watcher, who looks no further."""
        if node.finder in self.sought:
            self.sought.remove(node.finder)
            self.finds[node.finder] = Find(number, node.said, len(self.ways), self.steps)

    def _open(self) -> None:
        for args in self.alphabet.openings():
            command = Command("open", "", OPENED, args)
            made = start(self.tables, command)
            self.steps += 1
            self._look(0, Done(command, made.snapshot, made), -1, (command,))
            self._push(0, made.snapshot, -1, (command,))

    def _look(self, cost: int, done: Done, parent: int, commands: tuple[Command, ...]) -> bool:
        """Shows a command to all who look; whether all of them have found what they look for now."""
        found = 0
        for watcher in self.sought:
            said = self.watchers[watcher].happened(done)
            if said:
                found += 1
                self._note(watcher, said, Node(cost, done.step.snapshot, parent, commands, None, NO_WAY))
        return 0 < found == len(self.sought)

    def _push(self, cost: int, snapshot: Snapshot, parent: int, commands: tuple[Command, ...]) -> Hashable:
        """Takes up a way to a state, unless one is known that makes it superfluous; gives the state."""
        name = key(self.tables, self.focus, snapshot)
        way = self._way(cost, snapshot)
        if not self._is_covered(name, way):
            node = Node(cost, snapshot, parent, commands, name, way)
            for watcher in self.sought:
                said = self.watchers[watcher].stands(snapshot)
                if said:
                    self._note(watcher, said, node)
            rank = cost if not self.eager else ahead_first(snapshot)
            self._queue(rank, node)
        return name

    def _note(self, watcher: int, said: str, node: Node) -> None:
        """Takes up a find, unless one is known that comes no later."""
        rank = node.cost if not self.eager else FIRST_OF_ALL
        if watcher not in self._nearest or rank < self._nearest[watcher]:
            self._nearest[watcher] = rank
            self._queue(rank, node._replace(finder=watcher, said=said))

    def _queue(self, rank: int, node: Node) -> None:
        self.nodes.append(node)
        heapq.heappush(self._heap, (rank, next(self._order), len(self.nodes) - 1))

    def _is_covered(self, name: Hashable, way: Way) -> bool:
        """Whether another way makes this one superfluous."""
        return any(covers(other, way) for other in self.ways.get(name, ()))

    def _way(self, cost: int, snapshot: Snapshot) -> Way:
        rest, focus = snapshot.rest, self.focus
        asked = tuple(tuple(rest.facts.get(name) for name in cluster.facts) for cluster in focus.asked)
        counts = tuple(min(rest.counts.get(name, 0), most) for name, most in focus.barring)
        landed = tuple(m.landed & folded for m, folded in zip(rest.tracks, focus.folded, strict=True))
        entries = 0
        for table, stages in zip(self.tables.tracks, landed, strict=True):
            for index in bits(stages):
                entries |= table.stages[index].entry
        return Way(cost, snapshot.passes & focus.free, asked, counts, landed, entries)

    def _expand(self, number: int, node: Node) -> None:
        for moves in self.alphabet.after(node.snapshot):
            after = self._try(number, node, moves)
            if after is not None:
                for earlier in self.alphabet.stopping_earlier(node.snapshot, after, moves):
                    self._try(number, node, earlier)

    def _try(self, number: int, node: Node, moves: Moves) -> Snapshot | None:
        """Does a list of moves: each state on the way is taken up; the last, None where a move is refused."""
        before, commands, arrived, name = node.snapshot, list[Command](), False, node.key
        for command in commands_of(moves, before):
            made = step(self.tables, before, command)
            self.steps += 1
            if not made.accepted:
                return None
            commands.append(command)
            cost, done = node.cost + len(commands), Done(command, before, made)
            if self._look(cost, done, number, tuple(commands)):
                return None
            if self.arrives is not None:
                arrived = arrived or self.arrives.at(done)
            if len(commands) == len(moves) or not self._is_same(before, made.snapshot):
                name = self._push(cost, made.snapshot, number, tuple(commands))
            before = made.snapshot
        if self.arrives is not None:
            self.edges.append(Edge(node.key, name, self._is_sure(node.snapshot, before, commands), arrived))
        return before

    def _is_same(self, before: Snapshot, after: Snapshot) -> bool:
        """Whether only a free criterion was reported between two snapshots."""
        if before.places is not after.places or before.rest is not after.rest:
            return False
        return not (before.done ^ after.done) & self.focus.watched

    def _is_sure(self, before: Snapshot, after: Snapshot, commands: list[Command]) -> bool:
        """Whether a way is open to every case in a state: with whatever counts, however it came to its stages."""
        if any(counted_name(c) in self.barring or self._is_passing(before, c) for c in commands):
            return False
        return not any(self._un_enters(before, after, table) for table in self.alphabet.automatic)

    def _un_enters(self, before: Snapshot, after: Snapshot, table: TrackTable) -> bool:
        """Whether a folded stage is no longer entered, since its milestone was closed: one landed in does not ask for it."""
        old, new = before.places[table.index].trail, after.places[table.index].trail
        first = shared(old, new)
        if new is old or first == len(old) or old[first] % 3 != ENTERED:
            return False
        return bool(self.focus.folded[table.index] >> old[first] // 3 & 1)

    def _is_passing(self, snapshot: Snapshot, command: Command) -> bool:
        """Whether a command moves from before a folded stage: a case that landed in it never rests there."""
        moves = {"jump": self.tables.jump_of, "loop_back": self.tables.loop_of}.get(command.kind)
        if moves is None:
            return False
        table = moves[command.subject][0]
        place = snapshot.places[table.index]
        return place.phase != IN and place.pending >= 0 and bool(self.focus.folded[table.index] >> place.pending & 1)

    def shortest(self, wanted: Callable[[Hashable], bool]) -> int:
        """The node of the first state that is wanted, in the order they were reached; -1 if there is none."""
        known = [number for name, number in self.first.items() if wanted(name)]
        return min(known, key=lambda number: (self.nodes[number].cost, number), default=-1)

    def reached(self) -> Iterator[tuple[Hashable, Node]]:
        """Every state with the first node that reached it."""
        for name, number in self.first.items():
            yield name, self.nodes[number]


def counted(number: int, what: str) -> str:
    """So many of something, in words."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def ahead_first(snapshot: Snapshot) -> int:
    """The rank of a state in an eager search: the furthest ahead, all tracks together; at last ended cases."""
    return 0 if snapshot.rest.ended else -1 - sum(3 * place.stage + place.phase for place in snapshot.places)


def covers(one: Way, other: Way) -> bool:
    """Whether all that `other` allows, `one` allows too with no more commands."""
    room = other.cost - one.cost
    if room < 0:
        return False
    if any(a > b for a, b in zip(one.counts, other.counts, strict=True)):
        return False
    if any(a & ~b for a, b in zip(one.landed, other.landed, strict=True)):
        return False
    if one.free != other.free:
        room -= ((one.free ^ other.free) & ~(other.entries & ~one.entries)).bit_count()
        if room < 0:
            return False
    if one.facts != other.facts:
        room -= sum(a != b for a, b in zip(one.facts, other.facts, strict=True))
    return room >= 0


def counted_name(command: Command) -> str:
    """The name under which a command is counted, "" for one that is not."""
    if command.kind == "decide":
        return f"{command.subject}.{command.args['outcome']}"
    return command.subject if command.kind in ("jump", "loop_back") else ""
