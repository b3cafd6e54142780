"""The search: states in the order of how many commands it takes to reach them, each looked at once.

Two ways to the same state may differ in free evidence, in facts that are only asked, and in counts that only bar moves. A way
is passed over when another one, with as much or less used up, is at least as short even after making up the difference; so the first
way to what is sought is a shortest one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterator
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

OPENED: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Watcher(Protocol):
    """What is looked for. It is shown every command done, and each state when it is reached for the first time."""

    def happened(self, done: Done) -> str:
        """What a command that was done shows, "" if nothing is found."""
        ...

    def stands(self, snapshot: Snapshot) -> str:
        """What a state shows, "" if nothing is found."""
        ...


class Edge(NamedTuple):
    """A way from one state to another; `sure` where it is open to every case in that state; what it came by."""

    origin: Hashable
    target: Hashable
    sure: bool
    found: str


class Result(NamedTuple):
    """What a search found: the journal and the sentence of the first find, or none; whether all was searched."""

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


class Node(NamedTuple):
    """A state reached: the way there, and whether what is sought was found on its last command."""

    cost: int
    snapshot: Snapshot
    parent: int  # -1 for an opening
    commands: tuple[Command, ...]
    key: Hashable
    found: str
    way: Way


class Search:
    """One search. `effort` is the most steps of the engine it may take.

    An `eager` one goes ahead as far as it can before it looks left and right: it finds what lies far ahead in a large process,
    but no shortest way, and what it does not find is not said to be nowhere.
    """

    def __init__(
        self,
        tables: Tables,
        focus: Focus,
        watcher: Watcher,
        effort: int,
        *,
        keep_edges: bool = False,
        eager: bool = False,
    ) -> None:
        self.tables = tables
        self.focus = focus
        self.watcher = watcher
        self.effort = effort
        self.steps = 0
        self.alphabet = Alphabet(tables, focus, back=not eager)
        self.nodes: list[Node] = []
        self.ways: dict[Hashable, list[Way]] = {}
        self.edges: list[Edge] | None = [] if keep_edges else None
        self.eager = eager
        self.first: dict[Hashable, int] = {}  # state -> the first node expanded there
        self.barring = frozenset(name for name, _ in focus.barring)
        self._heap: list[tuple[int, int, int]] = []
        self._order = count()

    def run(self) -> Result:
        """Searches until something is found, everything was looked at, or the effort is spent."""
        self._open()
        while self._heap:
            _, _, number = heapq.heappop(self._heap)
            node = self.nodes[number]
            if node.found:
                return self._result(number, node.found, finished=True)
            if self._is_covered(node.key, node.way):
                continue
            self.ways.setdefault(node.key, []).append(node.way)
            self.first.setdefault(node.key, number)
            self._expand(number, node)
            if self.steps > self.effort:
                return self._result(-1, "", finished=False)
        return self._result(-1, "", finished=True)

    def journal(self, number: int) -> tuple[Command, ...]:
        """The commands that lead to a node, the opening first."""
        parts = []
        while number >= 0:
            node = self.nodes[number]
            parts.append(node.commands)
            number = node.parent
        return tuple(command for commands in reversed(parts) for command in commands)

    def _result(self, number: int, found: str, *, finished: bool) -> Result:
        return Result(self.journal(number), found, finished, len(self.ways), self.steps)

    def _open(self) -> None:
        for args in self.alphabet.openings():
            command = Command("open", "", OPENED, args)
            made = start(self.tables, command)
            self.steps += 1
            found = self.watcher.happened(Done(command, made.snapshot, made))
            self._push(0, made.snapshot, -1, (command,), "" if self.edges is not None else found)

    def _push(self, cost: int, snapshot: Snapshot, parent: int, commands: tuple[Command, ...], found: str) -> Hashable:
        """Takes up a way to a state, unless one is known that makes it superfluous; gives the state."""
        name = key(self.tables, self.focus, snapshot)
        way = self._way(cost, snapshot)
        if found or not self._is_covered(name, way):
            found = found or ("" if self.edges is not None else self.watcher.stands(snapshot))
            self.nodes.append(Node(cost, snapshot, parent, commands, name, found, way))
            rank = cost if not self.eager else ahead_first(snapshot, found)
            heapq.heappush(self._heap, (rank, next(self._order), len(self.nodes) - 1))
        return name

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
        before, commands, passed, name = node.snapshot, list[Command](), "", node.key
        for command in commands_of(moves, before):
            made = step(self.tables, before, command)
            self.steps += 1
            if not made.accepted:
                return None
            commands.append(command)
            found = self.watcher.happened(Done(command, before, made))
            passed = passed or found
            if found and self.edges is None:
                self._push(node.cost + len(commands), made.snapshot, number, tuple(commands), found)
                return None
            if len(commands) == len(moves) or not self._is_same(before, made.snapshot):
                name = self._push(node.cost + len(commands), made.snapshot, number, tuple(commands), "")
            before = made.snapshot
        if self.edges is not None:
            self.edges.append(Edge(node.key, name, self._is_sure(node.snapshot, before, commands), passed))
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


def ahead_first(snapshot: Snapshot, found: str) -> int:
    """The rank of a state in an eager search: what is found, then the furthest ahead, all tracks together; at last ended cases."""
    if found:
        return -(1 << 30)
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
