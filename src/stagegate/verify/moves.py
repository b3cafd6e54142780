"""What the adversary may do next: short lists of commands that lead from one state to another.

Every list is made of commands of the process; nothing is done that a host could not do. A list may be longer
than one command where the steps between lead to no other state: all that a gate lacks is reported at once, and what
must not open is taken back first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stagegate.engine.commands import Command
from stagegate.engine.place import COMPLETED, ENTERED, IN, shared
from stagegate.engine.reasons import bits
from stagegate.engine.step import step
from stagegate.engine.work import blocking, met_mask
from stagegate.verify.keys import stop_gate

if TYPE_CHECKING:
    from stagegate.conditions import Condition
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.results import Step
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.model import DecisionPoint, End, Outcome
    from stagegate.verify.facts import Cluster, Values
    from stagegate.verify.focus import Focus

SECOND: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)
MOST_TOGETHER: Final = 24  # combinations of facts given in one command


class Move(NamedTuple):
    """One command without its time; `wait` is how long after the command before it comes."""

    kind: str
    subject: str = ""
    args: Mapping[str, Any] | None = None
    role: str = ""
    wait: timedelta = SECOND


Moves = tuple[Move, ...]


class Done(NamedTuple):
    """One command done."""

    command: Command
    before: Snapshot
    step: Step


def commands_of(moves: Moves, snapshot: Snapshot) -> Iterator[Command]:
    """The moves as commands, one after the other."""
    at = snapshot.at
    for move in moves:
        at = at + move.wait
        args = dict(move.args) if move.args else None
        if move.kind == "waive" and args is not None and args.get("until") is True:
            args["until"] = at + DAY
        yield Command(move.kind, move.subject, at, args, role=move.role)


def done(tables: Tables, snapshot: Snapshot, moves: Moves) -> list[Done] | None:
    """The moves done one after the other; None when one of them is refused."""
    found: list[Done] = []
    current = snapshot
    for command in commands_of(moves, snapshot):
        made = step(tables, current, command)
        if not made.accepted:
            return None
        found.append(Done(command, current, made))
        current = made.snapshot
    return found


class Alphabet:
    """The moves of one process as far as a focus asks for them; `back` says whether gates behind are closed again, too."""

    def __init__(self, tables: Tables, focus: Focus, *, back: bool = True) -> None:
        self.tables = tables
        self.back = back
        self.focus = focus
        self.automatic = tuple(t for t in tables.tracks if not (t.observed or t.manual))
        self.manual = tuple(t for t in tables.tracks if t.manual)
        self.ends = [tables.end_of[id] for id in focus.by_command]
        blocking_ones = [a for a in tables.definition.activities if a.blocks and not a.standing]
        self.blocking = blocking_ones if focus.hold else []
        self.reports = tuple(reports(tables))
        self.given_together = list(together(focus.kept))
        self.asked_facts = {fact for cluster in focus.asked for fact in cluster.facts}

    def openings(self) -> Iterator[Mapping[str, Any] | None]:
        """The arguments of every way to open a case."""
        yield None
        for table in self.tables.tracks:
            for index in table.starts:
                if index != table.starts[0]:
                    yield {"start": table.stages[index].stage.id}

    def after(self, snapshot: Snapshot) -> Iterator[Moves]:
        """Every list of commands worth trying; some will be refused. See `stopping_earlier` too."""
        late = any(waiver.until is not None for waiver in snapshot.rest.waivers.values())
        without = self.focus.without
        for moves in self._reopenings(snapshot) if snapshot.rest.ended else self._moves(snapshot):
            if without and any(move.kind in without for move in moves):
                continue
            yield moves
            if late:  # waivers that expire do so before the command is looked at
                yield (moves[0]._replace(wait=DAY), *moves[1:])

    def _moves(self, snapshot: Snapshot) -> Iterator[Moves]:
        rest = snapshot.rest
        yield from self._evidence(snapshot)
        yield from self._facts(snapshot)
        for index in self.focus.observed:
            for stage in self.tables.tracks[index].stages:
                if stage.index != rest.tracks[index].stage:
                    yield (Move("observe", stage.stage.id, {"source": "seen"}),)
        for end in self.ends:
            yield from self._asked(snapshot, end.when, Move("end", end.id, reason_for(end), role(end.roles)))
        for activity in self.blocking:
            if activity.id not in rest.active:
                yield (Move("begin", activity.id),)
            else:
                yield (Move("finish", activity.id, {"result": activity.results[0]} if activity.results else None),)
        if rest.held is not None:
            yield (Move("resume"),)
            return
        if blocking(self.tables, rest):
            yield (Move("hold"),)
            return
        for table in self.automatic:
            yield from self._gates(snapshot, table)
        for table in self.manual:
            yield from self._advance(snapshot, table)
        for table in (*self.automatic, *self.manual):
            yield from self._track(snapshot, table)
        if self.focus.hold:
            yield (Move("hold"),)

    # -- evidence ---------------------------------------------------------------------------------

    def meet(self, i: int) -> Move:
        """A report of a recorded criterion, with documents that prove it."""
        evidence = self.proof(i)
        return Move("meet", self.tables.criteria[i].id, {"evidence": evidence} if evidence else None)

    def proof(self, i: int) -> dict[str, str]:
        """Documents that prove a criterion; which of a choice matters only for the `choices` of the focus."""
        return dict.fromkeys(next(self.tables.criteria[i].ways_to_prove()), "file")

    def _evidence(self, snapshot: Snapshot) -> Iterator[Moves]:
        """Watched criteria reported, taken back, waived; documents of watched appraisal items."""
        rest, tables = snapshot.rest, self.tables
        met = met_mask(tables, snapshot.done, rest)
        for i in bits(self.focus.watched):
            criterion = tables.criteria[i]
            if self.focus.choices >> i & 1:
                there = rest.documents.get(i, {})
                for document in criterion.documents():
                    if document not in there:
                        yield (Move("attach", criterion.id, {"evidence": {document: "file"}}),)
            if tables.recorded >> i & 1:
                if not met >> i & 1:
                    proven = self.focus.choices & rest.attached
                    yield (Move("meet", criterion.id) if proven >> i & 1 else self.meet(i),)
            elif criterion.evidence:
                if rest.attached >> i & 1:
                    yield (Move("attach", criterion.id, {"evidence": dict.fromkeys(criterion.documents())}),)
                else:
                    yield (Move("attach", criterion.id, {"evidence": self.proof(i)}),)
            if snapshot.done >> i & 1 or rest.waived >> i & 1:
                yield (Move("retract", criterion.id),)
            if criterion.waivable:
                waiver = rest.waivers.get(i)
                role = criterion.waivable[0]
                if waiver is None or waiver.until is not None:
                    yield (Move("waive", criterion.id, {"reason": "asked for"}, role),)
                if waiver is None or waiver.until is None:
                    yield (Move("waive", criterion.id, {"reason": "asked for", "until": True}, role),)
        if any(waiver.until is not None for waiver in rest.waivers.values()):
            yield (Move("tick", wait=DAY),)
        yield from self._reports(snapshot, met)

    def _reports(self, snapshot: Snapshot, met: int) -> Iterator[Moves]:
        """The reports of sub-procedures that meet what is watched, or something of a gate in front.

        One that meets only free criteria of later gates may wait until one of these is in front: nothing else looks at them.
        """
        asked = self.focus.watched
        for table in (*self.automatic, *self.manual):
            asked |= stop_gate(table, snapshot.places[table.index], snapshot.rest.tracks[table.index])
        looked_at = self.focus.watched | self.focus.free
        told = set[int]()
        for move, mask in self.reports:
            new = mask & ~met & looked_at
            if new & asked and new not in told:
                told.add(new)
                yield (move,)

    def _facts(self, snapshot: Snapshot) -> Iterator[Moves]:
        """Other values for the facts that belong to the state; the same again where that confirms something stale."""
        rest = snapshot.rest
        now = {name: rest.facts.get(name) for cluster in self.focus.kept for name in cluster.facts}
        for values in self.given_together:
            changed = {n: v for n, v in values.items() if v != now[n] or kind_differs(v, now[n])}
            if changed:
                yield (Move("set_facts", "", {"facts": changed}),)
                if self._confirms(rest.stale, values, changed):
                    yield (Move("set_facts", "", {"facts": {**now, **values}}),)
        for name, value in now.items():
            if value is not None and rest.stale & self.tables.readers.get(name, 0):
                yield (Move("set_facts", "", {"facts": {name: value}}),)

    def _confirms(self, stale: int, values: Values, changed: Values) -> bool:
        readers = self.tables.readers
        return any(stale & readers.get(n, 0) for n, v in values.items() if v is not None and n not in changed)

    def opening_of(self, mask: int, snapshot: Snapshot) -> Moves:
        """What opens these free criteria."""
        facts: dict[str, Any] = {}
        moves = []
        for i in bits(mask & ~snapshot.passes):
            wanted = self.focus.wanted.get(i)
            if wanted is None:
                moves.append(self.meet(i))
            else:
                facts.update(wanted.met)
        return (*moves, Move("set_facts", "", {"facts": facts})) if facts else tuple(moves)

    def closing_of(self, mask: int, snapshot: Snapshot) -> Moves:
        """What closes a gate by one of its free criteria, () where none can be taken back."""
        rest = snapshot.rest
        for i in bits(mask & self.focus.free):
            wanted = self.focus.wanted.get(i)
            if wanted is not None:
                if rest.true >> i & 1:
                    return (Move("set_facts", "", {"facts": dict(wanted.unmet)}),)
            elif snapshot.done >> i & 1:
                return (Move("retract", self.tables.criteria[i].id),)
        return ()

    # -- automatic tracks ---------------------------------------------------------------------------

    def _gates(self, snapshot: Snapshot, table: TrackTable) -> Iterator[Moves]:
        """The gate in front opened, or its free part closed; each gate behind closed again."""
        rest, free = snapshot.rest, self.focus.free
        memory = rest.tracks[table.index]
        need = stop_gate(table, snapshot.places[table.index], memory)
        missing = need & free & ~snapshot.passes
        if missing:
            yield self.opening_of(missing, snapshot)
        elif need & free:
            closing = self.closing_of(need, snapshot)
            if closing:
                yield closing
        for code in snapshot.places[table.index].trail if self.back else ():
            crossed = self._crossed(table, code, memory.landed, memory.exits)
            closing = self.closing_of(crossed, snapshot) if crossed & free else ()
            if closing:
                yield closing

    def _crossed(self, table: TrackTable, code: int, landed: int, exits: Mapping[int, Any]) -> int:
        """The gate that one entry of a trail stands for."""
        stage = table.stages[code // 3]
        if code % 3 == ENTERED:
            return 0 if landed >> stage.index & 1 else stage.entry
        if code % 3 == COMPLETED:
            return (0 if stage.marked else stage.exit) | (stage.entry if landed >> stage.index & 1 else 0)
        return 0

    def stopping_earlier(self, before: Snapshot, after: Snapshot, moves: Moves) -> Iterator[Moves]:
        """The moves that led from `before` to `after`, with a gate closed first that the case has passed on its way."""
        if before.rest.ended:
            return
        given = {m.subject for m in moves if m.kind == "meet"}
        for table in self.automatic:
            old, new = before.places[table.index].trail, after.places[table.index].trail
            if new is old:
                continue
            memory = after.rest.tracks[table.index]
            for code in new[shared(old, new) :]:
                crossed = self._crossed(table, code, memory.landed, memory.exits) & self.focus.free
                if crossed and not any(self.tables.criteria[i].id in given for i in bits(crossed)):
                    closing = self.closing_of(crossed, before)
                    if closing and not self._undone(closing, moves):
                        yield (*closing, *moves)

    def _undone(self, closing: Moves, moves: Moves) -> bool:
        """Whether the moves give what the closing takes away."""
        facts = {name for m in closing if m.kind == "set_facts" and m.args for name in m.args["facts"]}
        given = {name for m in moves if m.kind == "set_facts" and m.args for name in m.args["facts"]}
        return bool(facts & given)

    # -- moves ------------------------------------------------------------------------------------

    def _advance(self, snapshot: Snapshot, table: TrackTable) -> Iterator[Moves]:
        """The next step of a manual track, with what its gate lacks."""
        place, memory = snapshot.places[table.index], snapshot.rest.tracks[table.index]
        need = stop_gate(table, place, memory) & self.focus.free
        yield (*self.opening_of(need, snapshot), Move("advance", table.track.id))

    def _track(self, snapshot: Snapshot, table: TrackTable) -> Iterator[Moves]:
        """Completing, deciding, jumping, looping and skipping on one track."""
        place, memory = snapshot.places[table.index], snapshot.rest.tracks[table.index]
        here = table.stages[place.stage] if place.stage >= 0 else None
        ready: Moves = ()
        if here is not None and place.phase == IN and here.marked:
            if table.manual and memory.landed >> here.index & 1:
                ready = self.opening_of(here.entry & self.focus.free, snapshot)
            yield (*ready, Move("complete", here.stage.id))
        for decision in table.decisions:
            if decision.automatic:
                continue
            if place.pending == decision.node or (here is not None and here.decision is decision):
                point = table.track.decision_points[decision.node - table.first_decision]
                for outcome in point.outcomes:
                    yield from self._decide(snapshot, point, outcome, ready)
        origin = here.stage.id if here is not None else ""
        for jump in table.track.jumps:
            if origin in jump.origins:
                answer = {"answer": "willing"} if jump.probe is not None else {}
                for to in [""] if jump.to else self._later(table, place.stage):
                    args = {**answer, "to": to} if to else answer
                    yield from self._asked(snapshot, jump.when, Move("jump", jump.id, args or None, role(jump.roles)))
        for id, (owner, loop) in self.tables.loop_of.items():
            if owner is table and origin in loop.origins:
                yield from self._asked(snapshot, loop.when, Move("loop_back", id, None, role(loop.roles)))
        for stage in table.stages[max(place.stage, 0) :]:
            if stage.stage.optional and not memory.skipped >> stage.index & 1:
                yield (Move("skip", stage.stage.id),)

    def _later(self, table: TrackTable, stage: int) -> list[str]:
        """The stages and decision points that lie ahead."""
        later = [s.stage.id for s in table.stages if s.index > stage]
        return [*later, *(d.id for d in table.decisions if d.place >= stage)]

    def _decide(self, snapshot: Snapshot, point: DecisionPoint, outcome: Outcome, ready: Moves) -> Iterator[Moves]:
        args: dict[str, Any] = {"outcome": outcome.id}
        if outcome.kind == "end":
            args.update(reason_for(self.tables.end_of[outcome.to]) or {})
        for moves in self._asked(snapshot, outcome.when, Move("decide", point.id, args, role(outcome.roles))):
            yield (*ready, *moves)

    def _asked(self, snapshot: Snapshot, when: Condition | None, move: Move) -> Iterator[Moves]:
        """A guarded move, with the facts its guard asks for where they have to be given first."""
        yield (move,)
        if when is None or not when.reads.facts & self.asked_facts:
            return
        if step(self.tables, snapshot, next(commands_of((move,), snapshot))).accepted:
            return
        groups = [c for c in self.focus.asked if when.reads.facts & set(c.facts)]
        for chosen in product(*(c.choices for c in groups)):
            facts = {name: value for values in chosen for name, value in values.items()}
            changed = {n: v for n, v in facts.items() if v != snapshot.rest.facts.get(n)}
            if changed and done(self.tables, snapshot, (Move("set_facts", "", {"facts": changed}), move)):
                yield (Move("set_facts", "", {"facts": changed}), move)
                return

    def _reopenings(self, snapshot: Snapshot) -> Iterator[Moves]:
        """Reopening at every stage up to the one reached."""
        primary = self.tables.primary
        if primary is not None:
            reached = max(snapshot.places[primary.index].stage, snapshot.rest.tracks[primary.index].start, 0)
            for stage in primary.stages[: reached + 1]:
                yield (Move("reopen", stage.stage.id),)


def together(clusters: tuple[Cluster, ...]) -> Iterator[Values]:
    """What facts may be given in one command: of all clusters where that is not too much, else of one or two."""
    if prod(len(c.choices) for c in clusters) <= MOST_TOGETHER:
        groups: list[tuple[Cluster, ...]] = [clusters] if clusters else []
    elif sum(len(a.choices) * len(b.choices) for a, b in combinations(clusters, 2)) <= 2 * MOST_TOGETHER:
        groups = list(combinations(clusters, 2))
    else:
        groups = [(cluster,) for cluster in clusters]
    for group in groups:
        for chosen in product(*(c.choices for c in group)):
            yield {name: value for values in chosen for name, value in values.items()}


def reports(tables: Tables) -> Iterator[tuple[Move, int]]:
    """The reports of sub-procedures with the criteria they meet: for all that have one, and for each of several."""
    for name, procedures in tables.procedures.items():
        for end in dict.fromkeys(e for _, p in procedures for e in p.on_end):
            met: dict[str, int] = {}
            for owner, procedure in procedures:
                for criterion in procedure.on_end.get(end, ()):
                    met[owner] = met.get(owner, 0) | 1 << tables.bit_of[criterion]
            every = sum(1 << i for i in {i for mask in met.values() for i in bits(mask)})
            yield Move("report", name, {"end": end}), every
            for owner, mask in met.items():
                if mask != every:
                    yield Move("report", name, {"end": end, "stage": owner}), mask


def reason_for(end: End) -> dict[str, str] | None:
    """The arguments with a reason where an end asks for one."""
    return {"reason": end.reasons.leaves()[0]} if end.reasons is not None and end.reasons.leaves() else None


def role(roles: tuple[str, ...]) -> str:
    """The first of the roles that may do something, "" where anybody may."""
    return roles[0] if roles else ""


def kind_differs(a: Any, b: Any) -> bool:
    """Whether equal values are of different kinds: 1 and true."""
    return isinstance(a, bool) != isinstance(b, bool)
