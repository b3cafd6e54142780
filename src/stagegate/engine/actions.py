"""What can be done next, and what a case looks like from all sides: next actions and the explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stagegate.engine.casewide import end_barred
from stagegate.engine.commands import Command
from stagegate.engine.decisions import decide, not_asked
from stagegate.engine.gap import Gap, gap
from stagegate.engine.moves import jump, loop_back
from stagegate.engine.place import IN
from stagegate.engine.questions import (
    Item,
    Position,
    broken_behind,
    chance,
    credit,
    debts,
    decision_states,
    early,
    facts_lacking,
    gate_in_front,
    items,
    missing,
    next_due,
    open_conditions,
    position,
    stage_states,
    statuses,
    viewing,
)
from stagegate.engine.reasons import landed_lacking, why_waiting, wrong_origin
from stagegate.engine.work import Work, blocking, reason_of_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from stagegate.engine.parts import DecisionTable, TrackTable
    from stagegate.engine.results import Reason
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.model import Definition, Jump, Text

ASKER_ONLY: Final = ("role_not_allowed", "reason_required", "answer_required", "target_required")


ACTION_KINDS: Final[Mapping[str, str]] = {
    "meet": "report a criterion; `item` is the criterion with its status",
    "attach": "attach the documents a reported criterion still lacks; `item` as above",
    "give_fact": "give a fact with `set_facts`; subject: the fact",
    "observe": "say where the buyer stands; subject: the observed track",
    "complete": "mark a stage without exit criteria as completed; subject: the stage",
    "advance": "cross the next gate of a manual track; subject: the track",
    "decide": "take an outcome; subject: the decision point, option: the outcome",
    "await": "an automatic decision point that waits; `reasons` say for what",
    "jump": "jump ahead; subject: the jump",
    "loop_back": "go back; subject: the loop, or the repeatable stage",
    "skip": "pass an optional stage over; subject: the stage",
    "end": "end the case; subject: the end. Only ends with a guard are told: the others may be brought about at any time",
    "finish": "finish the activity that blocks; subject: the activity",
    "resume": "go on after a hold",
    "reopen": "open an ended case again; subject: the stage",
}


class Action:
    """One thing that can be done next.

    `kind` is a key of `ACTION_KINDS`, `subject` what it is about, `option` the outcome where it is a decision,
    `title` the title of that for people, `allowed` whether it would be accepted now and `reasons` why not.
    Reasons that only concern who asks (a role, a reason, an answer) leave it allowed and are listed.
    """

    __slots__ = ("allowed", "item", "kind", "option", "reasons", "subject", "title")

    def __init__(
        self,
        kind: str,
        subject: str,
        option: str = "",
        reasons: tuple[Reason, ...] = (),
        item: Item | None = None,
    ) -> None:
        self.kind: Final = kind
        self.subject: Final = subject
        self.option: Final = option
        self.reasons: Final = reasons
        self.item: Final = item
        self.title: Text | None = None
        self.allowed: Final = all(r.code in ASKER_ONLY for r in reasons)

    def __repr__(self) -> str:
        what = ".".join(part for part in (self.subject, self.option) if part)
        return f"Action({self.kind} {what}{'' if self.allowed else ', not allowed'})"


def next_actions(tables: Tables, snapshot: Snapshot) -> tuple[Action, ...]:
    """Everything that would bring the case on, in the order in which one would do it."""
    found = actions_now(tables, snapshot)
    titles = titles_of(tables.definition)
    for action in found:
        key = f"{action.subject}.{action.option}" if action.option else action.subject
        action.title = titles.get((GROUPS.get(action.kind, action.kind), key))
    return found


GROUPS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("meet", "attach"), "criterion"),
    **dict.fromkeys(("complete", "skip", "reopen"), "stage"),
    **dict.fromkeys(("observe", "advance"), "track"),
    **dict.fromkeys(("decide", "await"), "decision"),
    "give_fact": "fact",
    "finish": "activity",
}


def titles_of(definition: Definition) -> dict[tuple[str, str], Text]:
    """The titles of everything an action may be about, by group and id."""
    titles: dict[tuple[str, str], Text] = {}
    for track in definition.tracks:
        titles["track", track.id] = track.title
        titles |= {("stage", s.id): s.title for s in track.stages}
        titles |= {("loop_back", s.id): s.title for s in track.stages}
        titles |= {("loop_back", loop.id): loop.title for loop in track.loops}
        titles |= {("jump", j.id): j.title for j in track.jumps}
        for point in track.decision_points:
            titles["decision", point.id] = point.question or point.title
            titles |= {("decision", f"{point.id}.{o.id}"): o.title for o in point.outcomes}
    titles |= {("criterion", c.id): c.title for c in definition.criteria()}
    titles |= {("fact", f.id): f.title for f in definition.facts}
    titles |= {("end", e.id): e.title for e in definition.ends}
    return titles | {("activity", a.id): a.title for a in definition.activities}


def actions_now(tables: Tables, snapshot: Snapshot) -> tuple[Action, ...]:
    """The actions, without their titles."""
    if snapshot.rest.ended:
        return reopenings(tables, snapshot)
    work = viewing(tables, snapshot)
    if snapshot.rest.held is not None:
        return (Action("resume", ""), *evidence_actions(work), *guarded_ends(work))
    activity = blocking(tables, snapshot.rest)
    if activity:
        return (Action("finish", activity), *evidence_actions(work), *guarded_ends(work))
    found = list(evidence_actions(work))
    for table in tables.tracks:
        if table.observed:
            found += observations(work, table)
        else:
            found += moves_of(tables, snapshot, work, table)
    return (*found, *guarded_ends(work))


def guarded_ends(work: Work) -> Iterator[Action]:
    """The ends by command that ask for something, where they may be brought about, with what speaks against them."""
    for end in work.tables.definition.ends:
        if end.by_command and end.guarded:
            reasons = [
                *end_barred(work, end),
                *reason_of_end(end, "", work.tables.definition.place_of(f"end:{end.id}")),
            ]
            if all(reason.code != "wrong_origin" for reason in reasons):
                yield Action("end", end.id, reasons=tuple(reasons))


def reopenings(tables: Tables, snapshot: Snapshot) -> tuple[Action, ...]:
    """The stages an ended case may be reopened at."""
    table = tables.primary
    if table is None:
        return ()
    place = snapshot.places[table.index]
    furthest = place.stage if place.stage >= 0 else snapshot.rest.tracks[table.index].start
    return tuple(Action("reopen", s.stage.id) for s in table.stages[: furthest + 1])


def evidence_actions(work: Work) -> Iterator[Action]:
    """What evidence the gates in front of the case wait for."""
    mask = 0
    for table in work.tables.tracks:
        if not table.observed:
            mask |= gate_in_front(work, table)
    facts: set[str] = set()
    for item in items(work, mask & ~work.passes):
        i = work.tables.bit_of[item.id]
        when = work.tables.criteria[i].when
        if when is not None:
            facts |= when.reads.facts if work.rest.stale >> i & 1 else facts_lacking(work, i)
            if any(lack.startswith("document ") for lack in item.lacking):
                yield Action("attach", item.id, item=item)
            continue
        reported = work.done >> i & 1
        yield Action("attach" if reported else "meet", item.id, item=item)
    for fact in sorted(facts):
        yield Action("give_fact", fact)


def observations(work: Work, table: TrackTable) -> list[Action]:
    """A buyer never observed is to be observed (R29)."""
    return [Action("observe", table.track.id)] if work.memory(table).stage < 0 else []


def moves_of(tables: Tables, snapshot: Snapshot, work: Work, table: TrackTable) -> list[Action]:
    """The moves that one earned track offers from where it stands."""
    place = work.places[table.index]
    found: list[Action] = []
    stage = table.stages[place.stage] if place.stage >= 0 else None
    if stage is not None and place.phase == IN and stage.marked:
        found.append(Action("complete", stage.stage.id, reasons=tuple(landed_lacking(work, table, stage))))
    if table.manual and may_advance(work, table):
        found.append(Action("advance", table.track.id))
    for decision in table.decisions:
        if not not_asked(work, table, decision, ""):
            found += outcomes_of(tables, snapshot, decision)
    for move in table.track.jumps:
        if not wrong_origin(work, table, move.id, move.origins, "") and leads_somewhere(table, move, place.stage):
            found.append(tried(tables, snapshot, "jump", move.id))
    for id, (owner, loop) in tables.loop_of.items():
        if owner is table and not wrong_origin(work, table, id, loop.origins, ""):
            found.append(tried(tables, snapshot, "loop_back", id))
    ahead = place.pending if 0 <= place.pending < table.first_decision else place.stage if place.phase == IN else -1
    if ahead >= 0 and table.stages[ahead].stage.optional:
        found.append(Action("skip", table.stages[ahead].stage.id))
    return found


def leads_somewhere(table: TrackTable, jump: Jump, stage: int) -> bool:
    """Whether anything lies ahead for a jump to any later place."""
    return bool(jump.to) or stage + 1 < len(table.stages) or any(d.place >= stage for d in table.decisions)


def may_advance(work: Work, table: TrackTable) -> bool:
    """Whether the gate in front of a manual track is open."""
    place = work.places[table.index]
    if place.phase == IN:
        return not table.stages[place.stage].marked and not gate_in_front(work, table) & ~work.passes
    return 0 <= place.pending < table.first_decision and not gate_in_front(work, table) & ~work.passes


def outcomes_of(tables: Tables, snapshot: Snapshot, decision: DecisionTable) -> list[Action]:
    """The outcomes of a decision point that is asked; an automatic one tells what it waits for."""
    if not decision.automatic:
        return [tried(tables, snapshot, "decide", decision.id, o.outcome.id) for o in decision.outcomes]
    reasons = why_waiting(viewing(tables, snapshot), decision)
    facts = {name.removeprefix("fact ") for r in reasons for name in r.lacking if name.startswith("fact ")}
    return [Action("await", decision.id, reasons=reasons), *(Action("give_fact", f) for f in sorted(facts))]


def tried(tables: Tables, snapshot: Snapshot, kind: str, subject: str, outcome: str = "") -> Action:
    """A move, with the reasons that would speak against it now. Only its guard is asked, nothing moves."""
    command = Command(kind, subject, snapshot.at, {"outcome": outcome} if outcome else None)
    work = Work(tables, snapshot, command)
    work.look()
    handler = {"decide": decide, "jump": jump, "loop_back": loop_back}[kind]
    return Action(kind, subject, outcome, tuple(handler(work, subject, command.args)))


class Explanation:
    """A case seen from all sides at one moment; every part is also a question of its own."""

    __slots__ = (
        "actions",
        "broken_behind",
        "chance",
        "credit",
        "debts",
        "decisions",
        "early",
        "end",
        "end_reason",
        "gap",
        "held_since",
        "missing",
        "next_due",
        "open_conditions",
        "positions",
        "stages",
        "statuses",
        "won",
    )

    def __init__(self, tables: Tables, snapshot: Snapshot) -> None:
        tracks = [t.track.id for t in tables.tracks]
        rest = snapshot.rest
        self.positions: Final[tuple[Position, ...]] = tuple(position(tables, snapshot, t) for t in tracks)
        self.stages: Final[dict[str, dict[str, str]]] = {t: stage_states(tables, snapshot, t) for t in tracks}
        self.decisions: Final[dict[str, dict[str, str]]] = {t: decision_states(tables, snapshot, t) for t in tracks}
        self.statuses: Final = statuses(tables, snapshot)
        self.missing: Final = missing(tables, snapshot)
        self.open_conditions: Final[tuple[Item, ...]] = tuple(
            item
            for t in tables.tracks
            if not t.observed and snapshot.places[t.index].stage >= 0
            for item in open_conditions(tables, snapshot, t.stages[snapshot.places[t.index].stage].stage.id)
        )
        self.debts: Final = debts(tables, snapshot)
        self.early: Final = early(tables, snapshot)
        self.broken_behind: Final = broken_behind(tables, snapshot)
        self.gap: Final[Gap] = gap(tables, snapshot)
        self.chance: Final = chance(tables, snapshot)
        self.credit: Final = credit(tables, snapshot)
        self.actions: Final = next_actions(tables, snapshot)
        self.next_due: Final[datetime | None] = next_due(tables, snapshot)
        self.won: Final = rest.won
        self.end: Final = rest.ended
        self.end_reason: Final = rest.end_reason
        self.held_since: Final[datetime | None] = None if rest.held is None else rest.held.since
