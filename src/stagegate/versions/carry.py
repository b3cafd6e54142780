"""One case, carried from one version of its process to another by a plan.

The snapshot is told by names (decision 0011), so carrying it is renaming it: evidence, facts, documents, decisions, jumps, visits, rounds and clocks
go by their new names, what has none is listed as lost, and then the case settles in the new process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from stagegate.engine import plain, questions
from stagegate.engine.carry import carried
from stagegate.engine.commands import MIGRATE, Command
from stagegate.engine.place import COMPLETED_PHASE, CROSSINGS, LEFT_PHASE, PHASES
from stagegate.errors import SnapshotError

if TYPE_CHECKING:
    from datetime import datetime

    from stagegate.engine.events import Event
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.questions import Position
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.process import Process
    from stagegate.versions.plan import Kind, Plan

Plain = dict[str, Any]
_ENTERED, _COMPLETED, _LEFT = (CROSSINGS[n] for n in range(3))


@frozen
class Loss:
    """Something of a case that the new version has no place for: its kind (`criterion`, `fact`, ...), its name, why."""

    kind: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`: {self.why}"


@frozen
class Carried:
    """A case after it was carried over: its snapshot, the command for its journal, what followed, where it stood and stands, what is lost.

    `person` says why a person has to decide; then nothing else is there.
    """

    snapshot: Snapshot | None = field(default=None, repr=False)
    command: Command | None = field(default=None, repr=False)
    events: tuple[Event, ...] = field(default=(), repr=False)
    before: tuple[Position, ...] = ()
    after: tuple[Position, ...] = ()
    losses: tuple[Loss, ...] = ()
    person: str = ""

    @property
    def moved(self) -> bool:
        """Whether the case stands elsewhere than the plan's names say it stood."""
        return any(event.kind != "migrated" for event in self.events)


def carry(
    old: Process, new: Process, plan: Plan, case: str, snapshot: Snapshot, *, at: datetime, by: str = "", note: str = ""
) -> Carried:
    """Carries a case over. Raises `SnapshotError` where the plan does not fit the two versions."""
    if (old.flow, new.flow) != (plan.old.flow, plan.new.flow):
        raise SnapshotError(
            f"the plan leads from {plan.old.version} to {plan.new.version}, whose flows are others than those given"
        )
    before = positions(old.tables, snapshot)
    person = person_for(old, plan, case, before)
    if person:
        return Carried(before=before, person=person)
    command = Command(
        MIGRATE, plan.new.version, max(at, snapshot.at), {"plan": plan.for_one(case).to_plain()}, by=by, note=note
    )
    return carried_by(old, new, plan, case, snapshot, command)


def carried_by(old: Process, new: Process, plan: Plan, case: str, snapshot: Snapshot, command: Command) -> Carried:
    """Carries a case over with the command that its journal tells."""
    before = positions(old.tables, snapshot)
    told = Telling(old.tables, new.tables, plan, plain.snapshot_to_plain(old.tables, snapshot), before)
    renamed = plain.snapshot_of(new.tables, told.snapshot())
    done = carried(new.tables, renamed, command, told.landing(case))
    return Carried(
        done.snapshot, command, done.events, before, positions(new.tables, done.snapshot), tuple(told.losses)
    )


def positions(tables: Tables, snapshot: Snapshot) -> tuple[Position, ...]:
    """Where a case stands on each track."""
    return tuple(questions.position(tables, snapshot, table.track.id) for table in tables.tracks)


def person_for(old: Process, plan: Plan, case: str, before: tuple[Position, ...]) -> str:
    """Why a person has to decide where this case goes on; "" when nobody needs to."""
    here = next((p.stage for p in before if p.stage in plan.by_hand), "")
    return f"it stands in `{here}`" if here and case not in plan.decide else ""


class Telling:
    """One snapshot told again in new names, with what is lost on the way."""

    def __init__(self, old: Tables, new: Tables, plan: Plan, told: Plain, before: tuple[Position, ...]) -> None:
        self.old, self.new, self.plan, self.told, self.before = old, new, plan, told, before
        self.losses: list[Loss] = []
        self.criteria = set(new.bit_of)
        self.where = {p.track: p for p in before}

    def names(self, kind: Kind, old: Iterable[str], there: Iterable[str], word: str = "") -> Iterator[str]:
        """The new names of old ones; one that is in the new version no more is lost, where `word` says what it is."""
        known = set(there)
        for name in old:
            found = [n for n in self.plan.new_names(kind, name) if n in known]
            if not found and word:
                self.losses.append(Loss(word, name, "the new version has none"))
            yield from found

    def snapshot(self) -> Plain:
        """The whole snapshot in new names."""
        told, definition = dict(self.told), self.new.definition
        told.update(version=definition.version, flow=self.new.flow, figures=self.new.figures)
        told["facts"] = dict(self.facts())
        for name in ("met", "stale", "latched", "lapsed"):
            word = "criterion" if name in ("met", "lapsed") else ""
            told[name] = list(dict.fromkeys(self.names("criteria", told.get(name, ()), self.criteria, word)))
        told["documents"] = dict(self.documents())
        told["waivers"] = dict(self.waivers())
        told["counts"] = self.counts()
        told["active"] = list(
            self.names("activities", told.get("active", ()), (a.id for a in definition.activities), "activity")
        )
        for name in ("won", "ended"):
            if told.get(name):
                told[name] = next(self.names("ends", (told[name],), self.new.end_of, "end"), "")
        told["keys"] = {k: v for k, v in told.get("keys", {}).items() if self.key_is_known(k, v)}
        told["tracks"] = {t.track.id: self.track(t) for t in self.new.tracks}
        again = [c for c in self.plan.stale if c in told["met"]]
        told["stale"] = list(dict.fromkeys([*told["stale"], *again]))
        told["met"] = [c for c in told["met"] if c not in again]
        told["lapsed"] = list(dict.fromkeys([*told["lapsed"], *self.owed(told)]))
        return {k: v for k, v in told.items() if v not in (None, "", [], {})}

    def key_is_known(self, key: str, kept: Any) -> bool:
        """Whether the command kept under a key can be told in the new version; else the key may be used anew, which is told."""
        try:
            plain.kept_key(self.new, *kept)
        except (*plain.DAMAGE, LookupError):
            self.losses.append(Loss("key", key, "its command names what the new version has not"))
            return False
        return True

    def facts(self) -> Iterator[tuple[str, Any]]:
        """The facts whose values the new version takes."""
        for old, value in self.told.get("facts", {}).items():
            for name in self.names("facts", (old,), self.new.fact_of, "fact"):
                try:
                    plain.facts_of(self.new, {name: value})
                except plain.DAMAGE as error:
                    self.losses.append(Loss("fact", old, f"its value is not taken: {error!s:.100}"))
                else:
                    yield name, value

    def documents(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The documents attached, by criterion."""
        for old, attached in self.told.get("documents", {}).items():
            renamed = {new: where for d, where in attached.items() for new in self.plan.new_names("documents", d)}
            for name in self.names("criteria", (old,), self.criteria, "criterion"):
                yield name, renamed

    def waivers(self) -> Iterator[tuple[str, Any]]:
        """The waivers of criteria that may still be waived."""
        for old, waiver in self.told.get("waivers", {}).items():
            for name in self.names("criteria", (old,), self.criteria, "waiver"):
                if self.new.criteria[self.new.bit_of[name]].waivable:
                    yield name, waiver
                else:
                    self.losses.append(Loss("waiver", old, "the criterion may not be waived any more"))

    def counts(self) -> dict[str, int]:
        """How often outcomes, jumps and loops were taken; merged ones add up."""
        known = {key for table in self.new.tracks for key in table.counted}
        sums: dict[str, int] = {}
        for old, number in self.told.get("counts", {}).items():
            for name in self.counted(old):
                if name in known:
                    sums[name] = sums.get(name, 0) + number
        return sums

    def counted(self, old: str) -> tuple[str, ...]:
        """The new names under which an outcome, jump or loop is counted."""
        if "." in old:
            return tuple(".".join(pair) for pair in self.outcomes(*old.split(".", 1)))
        jump = old in self.old.jump_of
        found = self.plan.new_names("jumps" if jump else "loops", old)
        # a repeatable stage is counted under its own name
        return self.plan.new_names("stages", old) if not jump and old in self.old.stage_of else found

    def outcomes(self, decision: str, outcome: str) -> Iterator[tuple[str, str]]:
        """The new decision points and outcomes of an old outcome."""
        for name in self.plan.new_names("outcomes", f"{decision}.{outcome}"):
            if name != f"{decision}.{outcome}":
                point, _, way = name.partition(".")
                yield point, way
                continue
            for point in self.plan.new_names("decisions", decision):
                yield point, outcome

    # -- tracks ---------------------------------------------------------------------------------------------

    def track(self, table: TrackTable) -> Plain:
        """The memory and the place of one track in new names."""
        told = self.old_track(table)
        if table.observed:
            stage = self.stage_now(table, told.get("stage", "")) if told else ""
            return {"stage": stage, "source": told.get("source", "")} if stage else {}
        trail = self.trail(table, told.get("trail", ()))
        last = trail[-1].split(" ", 1) if trail else ["", ""]
        stage = next((e.split(" ", 1)[1] for e in reversed(trail) if e.startswith(_ENTERED)), "")
        phase = PHASES[CROSSINGS.index(last[0]) + 1] if trail else PHASES[0]
        pending = next((n for n in self.nodes(told.get("pending", "")) if self.ahead(table, stage, n)), "")
        skipped = [*self.stages(table, told.get("skipped", ())), *self.passed(table, "dropped")]
        marked = [*self.stages(table, told.get("marked", ())), *self.passed(table, "owed")]
        return {
            **{k: told[k] for k in ("placed", "round", "ticking") if k in told},
            "stage": stage,
            "phase": phase,
            "pending": pending if phase in (PHASES[COMPLETED_PHASE], PHASES[LEFT_PHASE], PHASES[0]) else "",
            "trail": trail,
            "start": self.start(table, told.get("start", "")),
            "landed": list(dict.fromkeys(self.stages(table, told.get("landed", ())))),
            "marked": list(dict.fromkeys(marked)),
            "skipped": list(dict.fromkeys(skipped)),
            "overdue": list(self.stages(table, told.get("overdue", ()))),
            "exits": dict(self.exits(table, told.get("exits", {}))),
            "taken": {**dict(self.taken(table, told.get("taken", {}))), **self.decided(table)},
            "redirected": dict(self.redirected(table, told.get("redirected", {}))),
            "visits": self.visits(table, told.get("visits", {})),
            "clocks": {n: used for s, used in told.get("clocks", {}).items() for n in self.stages(table, (s,))},
        }

    def old_track(self, table: TrackTable) -> Plain:
        """What the old snapshot tells of the track that has become this one."""
        tracks: Mapping[str, Plain] = self.told.get("tracks", {})
        found = (t for t in tracks if table.track.id in self.plan.new_names("tracks", t))
        return tracks.get(next(found, ""), {})

    def stages(self, table: TrackTable, old: Iterable[str]) -> Iterator[str]:
        """The new stages of this track that old ones have become."""
        own = {s.stage.id for s in table.stages}
        for name in old:
            yield from (n for n in self.plan.new_names("stages", name) if n in own)

    def stage_now(self, table: TrackTable, old: str) -> str:
        """Where a case that stands in an old stage stands now, "" when that is nowhere."""
        landed = self.plan.land.get(old)
        own = {s.stage.id for s in table.stages}
        return landed if landed in own else next(self.stages(table, (old,)), "")

    def start(self, table: TrackTable, old: str) -> str:
        """Where a case that was opened or placed at an old stage began: there, else where it lands, else at the next stage that is still there."""
        if old not in self.old.stage_of:
            return ""
        former = self.old.tracks[self.old.stage_of[old].track]
        after = (s.stage.id for s in former.stages[self.old.stage_of[old].index + 1 :])
        return self.stage_now(table, old) or next(self.stages(table, after), "")

    def nodes(self, old: str) -> tuple[str, ...]:
        """What an old stage, decision point or end has become."""
        if old in self.old.stage_of:
            return self.plan.new_names("stages", old)
        if old in self.old.decision_of:
            return self.plan.new_names("decisions", old)
        return self.plan.new_names("ends", old) if old else ()

    def trail(self, table: TrackTable, old: Iterable[str]) -> list[str]:
        """The trail in new names, in the new order; a stage that became several was entered and completed in all but the last."""
        own = {s.stage.id: s.index for s in table.stages}
        codes: set[int] = set()
        for entry in old:
            crossing, stage = entry.split(" ", 1)
            new = [own[n] for n in self.plan.new_names("stages", stage) if n in own]
            codes |= {3 * n + CROSSINGS.index(crossing) for n in new[-1:]}
            codes |= {3 * n + CROSSINGS.index(c) for n in new[:-1] for c in (_ENTERED, _COMPLETED)}
        if not codes:
            return []
        furthest = max(codes) // 3
        kept = sorted(
            c for c in codes if not (c % 3 == CROSSINGS.index(_LEFT) and c - 1 in codes and c // 3 != furthest)
        )
        names = {index: name for name, index in own.items()}
        return [f"{CROSSINGS[c % 3]} {names[c // 3]}" for c in kept]

    def ahead(self, table: TrackTable, stage: str, node: str) -> bool:
        """Whether a node is on this track and lies ahead of a stage, as a recorded way must."""
        try:
            at = self.new.stage_of[stage].index if stage else -1
            target = self.new.node(table, node)
        except LookupError:
            return False
        if target < 0:
            return True
        index = self.new.place_index(table, target)
        return index > at or (index == at and target >= table.first_decision)

    def exits(self, table: TrackTable, old: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        """The jumps recorded."""
        for stage, (jump, target) in old.items():
            jumps = [j for j in self.plan.new_names("jumps", jump) if j in self.new.jump_of]
            origins = list(self.stages(table, (stage,)))[-1:]
            ways = [
                [jumps[0], to] for to in self.nodes(target) if origins and jumps and self.ahead(table, origins[0], to)
            ]
            if ways:
                yield origins[0], ways[0]
            else:
                self.losses.append(Loss("jump", jump, f"the jump out of `{stage}` has no place in the new version"))

    def taken(self, table: TrackTable, old: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        """The outcomes taken, each leading where it leads now; a way that a loop-back has bent stays bent."""
        for decision, (outcome, target) in old.items():
            option = self.old.decision_of[decision].by_id[outcome].outcome
            bent = target != option.to
            found = [
                (d, o)
                for d, o in self.outcomes(decision, outcome)
                if d in self.new.decision_of and o in self.new.decision_of[d].by_id
            ]
            for point, way in found:
                here = self.new.decision_of[point]
                place = table.stages[here.place].stage.id if here.track == table.index and here.place >= 0 else ""
                wanted = self.nodes(target) if bent else (here.by_id[way].outcome.to,)
                ahead = [to for to in wanted if here.track == table.index and self.ahead(table, place, to)]
                if ahead:
                    yield point, [way, ahead[0]]
            if not found:
                self.losses.append(Loss("decision", f"{decision}.{outcome}", "the new version has no such outcome"))

    def decided(self, table: TrackTable) -> dict[str, list[str]]:
        """New decision points that a case beyond them counts as having taken."""
        found = {}
        for decision, outcome in self.plan.decided.items():
            here = self.new.decision_of[decision]
            if here.track == table.index and here.place < self.reached(table):
                found[decision] = [outcome, here.by_id[outcome].outcome.to]
        return found

    def redirected(self, table: TrackTable, old: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Default exits that a loop-back has bent."""
        for stage, target in old.items():
            for origin in list(self.stages(table, (stage,)))[-1:]:
                yield from ((origin, to) for to in self.nodes(target)[:1] if self.ahead(table, origin, to))

    def visits(self, table: TrackTable, old: Mapping[str, int]) -> dict[str, int]:
        """Visits before the present one; of merged stages the most."""
        found: dict[str, int] = {}
        for stage, number in old.items():
            for name in self.stages(table, (stage,)):
                found[name] = max(number, found.get(name, 0))
        return found

    def reached(self, table: TrackTable) -> int:
        """The index of the stage in which the case stands now, by the plan's names; -1 before the first."""
        told = self.old_track(table)
        landed = self.stage_now(table, told.get("stage", ""))
        if landed:
            return self.new.stage_of[landed].index
        trail = self.trail(table, told.get("trail", ()))
        return self.new.stage_of[trail[-1].split(" ", 1)[1]].index if trail else -1

    def passed(self, table: TrackTable, how: str) -> Iterator[str]:
        """New stages that the case is beyond, and does not go back to."""
        for stage, wanted in self.plan.passed.items():
            here = self.new.stage_of[stage]
            if wanted == how and here.track == table.index and here.index < self.reached(table):
                yield stage

    def owed(self, told: Plain) -> Iterator[str]:
        """Criteria that the case owes instead of going back for them."""
        owed_stages = {s for s, how in self.plan.passed.items() if how == "owed"}
        for table in self.new.tracks:
            if table.observed:
                continue
            track = told["tracks"][table.track.id]
            beyond = self.reached(table)
            trail = set(track.get("trail", ()))
            for stage in table.stages:
                id = stage.stage.id
                for crossing, gate in (
                    (_ENTERED, stage.stage.entry_milestone),
                    (_COMPLETED, stage.stage.exit_criteria or ()),
                ):
                    crossed = f"{crossing} {id}" in trail or stage.index < beyond
                    wanted = (c.id for c in gate if c.id in self.plan.owed or id in owed_stages)
                    yield from (c for c in wanted if crossed and c not in told["met"])

    def landing(self, case: str) -> dict[str, str]:
        """By track, the new stage to put the case into where its old one is no more, or a person has said so."""
        found = {}
        for table in self.new.tracks:
            if table.observed:
                continue
            old = self.old_track(table).get("stage", "")
            own = {s.stage.id for s in table.stages}
            to = (
                self.plan.decide.get(case, "") if self.plan.decide.get(case, "") in own else self.plan.land.get(old, "")
            )
            if to in own:
                found[table.track.id] = to
        return found
