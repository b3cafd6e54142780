"""One step in the making: a snapshot opened up, changed by a command, settled, and closed again.

A `Work` lives as long as one step. It knows what is true now (criteria, conditions), tells events, and
changes memory; what each command means stands in `evidence`, `moves` and `casewide`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stagegate.engine.events import Event
from stagegate.engine.pairs import gap_of, gap_state
from stagegate.engine.parts import END_BASE, NOWHERE, StageTable, TrackTable
from stagegate.engine.place import COMPLETED, ENTERED, IN, Place, crossing_event, last_entered, shared
from stagegate.engine.results import Reason
from stagegate.engine.snapshot import Hold, Rest, Snapshot, TrackMemory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stagegate.conditions import Condition, Unknown
    from stagegate.engine.commands import Command
    from stagegate.engine.tables import Tables
    from stagegate.model import End


class Work:
    """A snapshot opened for one command. It is also the scope that conditions are evaluated in."""

    __slots__ = (
        "at",
        "before",
        "changed_tracks",
        "command",
        "cycled",
        "done",
        "end_reasons",
        "events",
        "facts",
        "met_mask",
        "passes",
        "places",
        "rest",
        "seq",
        "tables",
        "taken_now",
        "trails",
    )

    def __init__(self, tables: Tables, snapshot: Snapshot, command: Command) -> None:
        self.tables = tables
        self.command = command
        self.at: datetime = command.at
        self.seq = snapshot.seq
        self.done = snapshot.done
        self.passes = snapshot.passes
        self.before = snapshot.places
        self.places = list(snapshot.places)
        self.trails = [p.trail for p in snapshot.places]  # what events have been told of so far
        self.rest = snapshot.rest.copy()
        self.facts: Mapping[str, Any] = self.rest.facts
        self.events: list[Event] = []
        self.end_reasons: Mapping[str, str] = {}  # the reason given for an end
        self.taken_now: set[str] = set()  # automatic decision points newly taken in this command
        self.cycled: set[int] = set()  # tracks that began a new round by themselves
        self.changed_tracks: set[int] = set()
        self.met_mask = 0

    # -- memory -----------------------------------------------------------------------------------

    def memory(self, table: TrackTable) -> TrackMemory:
        """The memory of a track, to read."""
        return self.rest.tracks[table.index]

    def own(self, table: TrackTable) -> TrackMemory:
        """The memory of a track, to change: copied once in a step."""
        tracks = self.rest.tracks
        if table.index in self.changed_tracks:
            return tracks[table.index]
        self.changed_tracks.add(table.index)
        new = tracks[table.index].copy()
        self.rest.tracks = (*tracks[: table.index], new, *tracks[table.index + 1 :])
        return new

    @property
    def frozen(self) -> bool:
        """Whether nothing may move: on hold, blocked by an activity, or ended."""
        return bool(self.rest.held or self.rest.ended) or blocking(self.tables, self.rest) != ""

    # -- what is true now (the scope of conditions) --------------------------------------------------

    def look(self) -> None:
        """Evaluates every derived criterion and every `applies_when` (semantics 1)."""
        rest = self.rest
        self.facts = rest.facts
        rest.true = rest.unknown = 0
        for i, condition in self.tables.derived:
            value = condition.evaluate(self)
            if value is True:
                rest.true |= 1 << i
            elif value is not False:
                rest.unknown |= 1 << i
        inapplicable = 0
        for i, condition in self.tables.optional_applies:
            if condition.evaluate(self) is False:
                inapplicable |= 1 << i
        rest.inapplicable = inapplicable
        self.met_mask = met = met_mask(self.tables, self.done, rest)
        self.passes = met | rest.waived | rest.lapsed | inapplicable

    def met(self, criterion: str) -> bool | None:
        """`met('x')`: met or waived; None while a derived one is unknown."""
        tables, rest = self.tables, self.rest
        i = tables.bit_of[criterion]
        if met_mask(tables, self.done, rest) >> i & 1 or rest.waived >> i & 1:
            return True
        if i in tables.appraised:
            return None if self.met(tables.criteria[tables.appraised[i]].id) is None else False
        return None if (rest.unknown & ~rest.latched & ~rest.stale) >> i & 1 else False

    def stage(self, track: str) -> str | None:
        """`stage('t')`: "" before the first, None for an observed track never observed."""
        table = self.tables.track_of[track]
        index = self.stage_index(table)
        if index >= 0:
            return table.stages[index].stage.id
        return None if table.observed else ""

    def reached(self, track: str, stage: str) -> bool | None:
        """`reached('t', 's')`: whether the current stage is s or a later one."""
        table = self.tables.track_of[track]
        index = self.stage_index(table)
        if index < 0 and table.observed:
            return None
        return index >= self.tables.stage_of[stage].index

    def completed(self, track: str, stage: str) -> bool:
        """`completed('t', 's')`: whether the way of the track comes by the completion of s."""
        table = self.tables.track_of[track]
        return 3 * self.tables.stage_of[stage].index + COMPLETED in self.places[table.index].trail

    def taken(self, outcome: str) -> int:
        """`taken('d.o')`: how often in this round; a bare outcome id is unique when it compiles."""
        if "." in outcome:
            return self.rest.counts.get(outcome, 0)
        return sum(n for key, n in self.rest.counts.items() if key.endswith("." + outcome))

    def ended(self, end: str) -> bool:
        """`ended('e')`: whether the case has ended with e."""
        return self.rest.ended == end

    def waived(self, criterion: str) -> bool:
        """`waived('x')`: whether a waiver of x is in force."""
        return bool(self.rest.waived >> self.tables.bit_of[criterion] & 1)

    def stage_index(self, table: TrackTable) -> int:
        """The index of the current stage, negative before the first or when never observed."""
        return self.memory(table).stage if table.observed else self.places[table.index].stage

    def holds(self, condition: Condition | None) -> bool | Unknown:
        """What a condition says now; a missing one holds."""
        return True if condition is None else condition.evaluate(self)

    # -- stages -------------------------------------------------------------------------------------

    def passed_over(self, table: TrackTable, stage: StageTable) -> bool:
        """Whether the walk passes a stage over: skipped by command, or it does not apply."""
        memory = self.memory(table)
        if memory.landed >> stage.index & 1:
            return False
        if memory.skipped >> stage.index & 1:
            return True
        return stage.stage.applies_when is not None and stage.stage.applies_when.evaluate(self) is False

    def default_exit(self, table: TrackTable, stage: StageTable) -> int:
        """Where a stage leads by itself: a redirect, its decision point, `next:`, the following stage."""
        redirected = self.memory(table).defaults.get(stage.index)
        if redirected is not None:
            return redirected
        return stage.decision.node if stage.decision is not None else stage.next

    def after_completion(self, table: TrackTable, stage: StageTable) -> int:
        """Where a completed stage leads."""
        if stage.stage.completes:
            return self.tables.node(table, stage.stage.completes)
        return self.default_exit(table, stage)

    # -- telling ------------------------------------------------------------------------------------

    def tell(self, kind: str, subject: str = "", **data: Any) -> None:
        """Adds an event."""
        self.events.append(Event(kind, subject, data) if data else Event(kind, subject))

    def tell_trail(self, table: TrackTable, trail: tuple[int, ...]) -> None:
        """Tells what the new trail has that the told one has not, or that the case moved back."""
        told = self.trails[table.index]
        common = shared(told, trail)
        if common < len(told):
            stage = last_entered(told[:common])
            self.tell("moved_back", self.tables.name(table, stage), track=table.track.id)
        for code in trail[common:]:
            self.tell_crossing(table, code)
        self.trails[table.index] = trail

    def tell_crossing(self, table: TrackTable, code: int) -> None:
        """Tells one entry of a trail; completing a stage that wins latches the win (R44)."""
        stage = table.stages[code // 3]
        crossing = code % 3
        if crossing == ENTERED:
            visit = self.memory(table).visits.get(stage.index, 0) + 1
            self.events.append(crossing_event(table.track.id, stage.stage.id, ENTERED, visit))
            return
        event = crossing_event(table.track.id, stage.stage.id, crossing)
        if crossing == COMPLETED:
            open_conditions = self.open_conditions(stage)
            if open_conditions:
                event = Event(event.kind, event.subject, {**event.data, "open_conditions": open_conditions})
        self.events.append(event)
        if crossing == COMPLETED and stage.stage.wins and table.primary:
            self.win(stage.stage.wins)

    def win(self, end: str) -> None:
        """Latches a win and tells it, unless one is latched already (R44)."""
        if not self.rest.won:
            self.rest.won = end
            self.tell("won", end)

    def open_conditions(self, stage: StageTable) -> tuple[str, ...]:
        """The stage conditions that are not met (R46)."""
        if not stage.stage.conditions:
            return ()
        met = met_mask(self.tables, self.done, self.rest) | self.rest.waived | self.rest.inapplicable
        bit_of = self.tables.bit_of
        return tuple(c.id for c in stage.stage.conditions if not c.optional and not met >> bit_of[c.id] & 1)

    def count(self, key: str) -> None:
        """Counts an outcome, jump or loop as taken once more."""
        self.rest.counts = {**self.rest.counts, key: self.rest.counts.get(key, 0) + 1}

    # -- ends ---------------------------------------------------------------------------------------

    def finish(self, end: End) -> None:
        """Ends the case, with the reason that was given for this end."""
        reason = self.end_reasons.get(end.id, "")
        self.rest.ended = end.id
        self.rest.end_reason = reason
        self.rest.active = ()
        if end.kind == "won":
            self.rest.won = end.id
        data = {"end_kind": end.kind, **({"reason": reason} if reason else {})}
        self.events.append(Event("ended", end.id, data))

    def last_end(self) -> End:
        """The end that comes when the last stage is completed and nothing follows (R13)."""
        end_of = self.tables.end_of
        if self.rest.won:
            return end_of[self.rest.won]
        won = [e for e in self.tables.ends if e.kind == "won"]
        return won[0] if len(won) == 1 else end_of["completed"]

    def hold(self, until: datetime | None) -> None:
        """Holds the case."""
        self.rest.held = Hold(self.at, until)
        if until is None:
            self.tell("held")
        else:
            self.tell("held", until=until)

    # -- closing ------------------------------------------------------------------------------------

    def put(self, table: TrackTable, place: Place) -> None:
        """Puts a track at a place: the ready-made one where the plain way comes by it."""
        if self.memory(table).is_plain:
            place = table.ready.get((place.phase, place.pending, place.trail), place)
        self.places[table.index] = place

    def close(self, before: Snapshot) -> Snapshot:
        """Latches, runs the clocks on, tells a changed gap, and gives the snapshot after the step."""
        rest = self.rest
        self.look()
        rest.latched |= rest.true & self.tables.latching & ~rest.stale
        for table in self.tables.tracks:
            if table.timed:
                self._run_clock(table, before.places[table.index].stage)
        self._tell_gap()
        rest.calm = not (self.frozen or rest.waivers)
        if self.command.key:
            rest.keys = {**rest.keys, self.command.key: (self.command, tuple(self.events))}
        rest = self.tables.shared(rest)
        return Snapshot(self.seq + 1, self.at, self.done, self.passes, tuple(self.places), rest)

    def _run_clock(self, table: TrackTable, before: int) -> None:
        """Stops the clock of the stage before and starts that of the stage now, where they differ."""
        memory = self.memory(table)
        running = before if memory.ticking is not None else NOWHERE
        now = NOWHERE if self.rest.held or self.rest.ended else self.places[table.index].stage
        if running == now:
            return
        memory = self.own(table)
        if running != NOWHERE and memory.ticking is not None:
            used = memory.clocks.get(running, timedelta()) + (self.at - memory.ticking)
            memory.clocks = {**memory.clocks, running: used}
        memory.ticking = None if now == NOWHERE else self.at

    def _tell_gap(self) -> None:
        """Tells when the state of the gap is another than before (R24 to R29)."""
        if self.tables.gap_tracks is None:
            return
        rest = self.rest
        gap = gap_of(self.tables, self.places, rest)
        state = "" if rest.ended else gap_state(gap)
        if state == rest.gap_state:
            return
        if state and rest.gap_state:
            if gap is None:
                self.tell("gap_changed", state)
            else:
                self.tell("gap_changed", state, gap=gap)
        rest.gap_state = state
        rest.gap_since = self.at if state else None


def blocking(tables: Tables, rest: Rest) -> str:
    """The running activity that blocks the case, "" if none does."""
    if not rest.active:
        return ""
    return next((a.id for a in tables.definition.activities if a.blocks and a.id in rest.active), "")


def met_mask(tables: Tables, done: int, rest: Rest) -> int:
    """The criteria that are met, appraisal items of met criteria among them."""
    proven = ~tables.documented | rest.attached
    met = (done | rest.true | rest.latched) & proven & ~rest.stale
    for i, of in tables.appraised.items():
        if met >> of & 1 and proven >> i & 1:
            met |= 1 << i
    return met


def reason_of_end(end: End, reason: str, where: str) -> list[Reason]:
    """Why a reason given for an end is not enough: where reasons are declared a leaf is required (R43)."""
    if end.reasons is None:
        return []
    leaves = end.reasons.leaves()
    if not reason:
        message = f"`{end.id}` needs a reason: one of {', '.join(leaves)}"
        return [Reason("reason_required", end.id, message, where=where)]
    if reason not in leaves:
        message = f"`{reason}` is not a reason of `{end.id}`: one of {', '.join(leaves)}"
        return [Reason("unknown_reason", reason, message, where=where)]
    return []


def is_end(node: int) -> bool:
    """Whether a node is an end."""
    return node <= END_BASE


def in_stage(place: Place) -> bool:
    """Whether the case is in a stage that is neither completed nor left."""
    return place.phase == IN
