"""Random processes and random deals: Hypothesis strategies.

`definitions()` gives processes built directly as model values, within the static rules of the language
(targets of moves ahead, of loops behind, no condition in a circle). `journals(definition)` gives lists
of commands with rising times: mostly what somebody might do next in that case, found by asking the
reference interpreter, some of it nonsense. `cases()` gives both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from tests.reference.interpreter import ReferenceCase, World

from stagegate import model
from stagegate.conditions import Condition, Environment, FactType, compile, parse
from stagegate.engine import commands as c
from stagegate.engine.commands import Command

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]

EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FACTS = {
    "flag": FactType("boolean"),
    "ready": FactType("boolean"),
    "amount": FactType("integer"),
    "parts": FactType("integer"),
    "rate": FactType("number"),
    "size": FactType("enum", ("small", "big")),
}
FACT_VALUES: dict[str, list[Any]] = {
    "flag": [True, False],
    "ready": [True, False],
    "amount": [4, 1, 9],
    "parts": [1, 0, 2],
    "rate": [0.5, 0.1, 1],
    "size": ["big", "small"],
}
BOUNDS = {"amount": (0, 9), "rate": (0.0, 1.0)}
FACT_CONDITIONS = (
    "flag",
    "!flag",
    "ready",
    "amount > 3",
    "amount <= 5 && flag",
    "amount / parts > 1",
    "size == 'big'",
    "size in ['small'] || ready",
    "rate >= 0.5",
    "flag || ready",
)
ROLES = ("boss", "clerk")
DOCUMENTS = ("minutes", "offer")


class Dice:
    """Short words for drawing; everything shrinks towards "no" and the first choice."""

    def __init__(self, number: Callable[[int, int], int]) -> None:
        self.number = number  # a whole number from the first to the second

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) >= 100 - percent

    def pick(self, items: Sequence[T]) -> T:
        return items[0] if len(items) == 1 else items[self.number(0, len(items) - 1)]

    def some(self, items: Sequence[T], percent: int = 40) -> tuple[T, ...]:
        return tuple(x for x in items if self.chance(percent))


# Definitions


class Maker:
    """One random definition. Ids first, then everything that names them."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.tracks: list[dict[str, Any]] = []
        self.gates: dict[str, tuple[list[str], list[str] | None]] = {}  # stage -> milestone, exit criteria
        self.extras: dict[str, tuple[list[str], list[str]]] = {}  # stage -> conditions, appraisal
        self.decisions: dict[str, list[tuple[str, str, str]]] = {}  # track -> (id, after, place)
        self.outcome_ids: dict[str, list[str]] = {}
        self.read_order: list[str] = []  # a track may read the stages of those before it
        self.recorded: list[str] = []
        self.ends: list[model.End] = []
        self.rich = True

    def make(self) -> model.Definition:
        dice = self.dice
        self.layout()
        for track in self.tracks:
            for stage in track["stages"]:
                self.plan_stage(stage, track["observed"])
            self.plan_decisions(track)
        self.plan_ends()
        outcomes = [o for d in self.outcome_ids for o in self.outcome_ids[d]]
        self.env = Environment(
            facts=FACTS,
            criteria=[x for s in self.gates for x in self.items_of(s)],
            tracks={t["id"]: t["stages"] for t in self.tracks},
            outcomes=[f"{d}.{o}" for d in self.outcome_ids for o in self.outcome_ids[d]] + outcomes,
            ambiguous_outcomes=[o for o in outcomes if outcomes.count(o) > 1],
        )
        tracks = tuple(self.track(t) for t in self.tracks)
        return model.Definition(
            name="random",
            version="1.0.0",
            tracks=tracks,
            facts=tuple(
                model.Fact(
                    f,
                    type,
                    minimum=BOUNDS.get(f, (None, None))[0],
                    maximum=BOUNDS.get(f, (None, None))[1],
                    values=dict.fromkeys(type.values, model.NO_TEXT),
                )
                for f, type in FACTS.items()
            ),
            roles=tuple(model.Role(r) for r in ROLES),
            documents=tuple(model.Document(d) for d in DOCUMENTS),
            activities=self.activities(),
            ends=tuple(self.ends),
            gap=model.GapPolicy(give_up_at=2 if dice.chance(30) else None),
        )

    def layout(self) -> None:
        dice = self.dice
        kind = dice.pick(["one", "one", "observed", "observed", "two", "two", "manual", "observed_only_before"])
        many = dice.number(1, 5)
        if kind in ("observed", "observed_only_before"):
            self.add_track("buying", "buyer", dice.number(1, 4), observed=True)
        if kind == "two":
            self.add_track("buying", "buyer" if dice.chance(70) else "other", dice.number(1, 3), manual=dice.chance(15))
        self.add_track("selling", "seller", many, manual=kind == "manual" or (kind != "one" and dice.chance(15)))
        self.read_order = [t["id"] for t in self.tracks]
        if dice.chance(40):
            self.read_order.reverse()

    def add_track(self, id: str, side: str, many: int, observed: bool = False, manual: bool = False) -> None:
        letter = id[0]
        stages = [f"{letter}{n}" for n in range(1, many + 1)]
        self.tracks.append({"id": id, "side": side, "stages": stages, "observed": observed, "manual": manual})

    def plan_stage(self, stage: str, observed: bool) -> None:
        dice = self.dice
        if observed:
            self.gates[stage], self.extras[stage] = ([], None), ([], [])
            return
        milestone = [f"{stage}_m{n}" for n in range(1, dice.pick([0, 0, 1, 1, 2]) + 1)]
        exits = None if dice.chance(25) else [f"{stage}_e{n}" for n in range(1, dice.pick([1, 0, 1, 2]) + 1)]
        conditions = [f"{stage}_c1"] if dice.chance(15) else []
        appraisal = [f"{stage}_a1"] if dice.chance(8) else []
        self.gates[stage], self.extras[stage] = (milestone, exits), (conditions, appraisal)

    def items_of(self, stage: str) -> list[str]:
        (milestone, exits), (conditions, appraisal) = self.gates[stage], self.extras[stage]
        return [*milestone, *(exits or []), *conditions, *appraisal]

    def gates_of(self, stages: Sequence[str]) -> list[str]:
        return [x for s in stages for x in (*self.gates[s][0], *(self.gates[s][1] or []))]

    def plan_decisions(self, track: dict[str, Any]) -> None:
        dice, found = self.dice, []
        if not track["observed"]:
            for stage in track["stages"]:
                if dice.chance(35):
                    found.append((f"d_{stage}", stage, stage))
                elif dice.chance(6):
                    found.append((f"f_{stage}", "", stage))  # reached by `next` of that stage
            if found and dice.chance(12):
                # Reached only by outcomes and jumps; it counts as standing where the first of these does.
                place = found[0][2]
                found.append((f"g_{place}", "", place))
        self.decisions[track["id"]] = found
        names = ["yes", "no", "back", "later"]
        for d, _, _ in found:
            self.outcome_ids[d] = names[: dice.pick([2, 2, 3, 4])]

    def plan_ends(self) -> None:
        dice = self.dice
        tree = model.ReasonTree(
            "why",
            reasons=(
                model.CatalogueEntry("price"),
                model.CatalogueEntry("rival", entries=(model.CatalogueEntry("close"), model.CatalogueEntry("far"))),
            ),
        )
        self.ends = [
            model.End("won", "won"),
            model.End("lost", "lost", by_command=True, reasons=tree if dice.chance(40) else None),
            model.End("parked", "parked", by_command=dice.chance(50)),
        ]
        if dice.chance(15):
            del self.ends[0]
        elif dice.chance(10):
            self.ends.append(model.End("won_more", "won"))

    # Conditions

    def compiled(self, text: str) -> Condition:
        parsed = parse(text)
        assert parsed.tree is not None
        return compile(parsed.tree, self.env)

    def condition(self, criteria: Sequence[str], tracks: Sequence[str], outcomes: Sequence[str]) -> Condition:
        """A condition over facts, and over the criteria, tracks and outcomes that may be read here."""
        dice = self.dice
        text = self.atom(criteria, tracks, outcomes)
        if dice.chance(20):
            text = f"{text} {dice.pick(['&&', '||'])} {self.atom(criteria, tracks, outcomes)}"
        return self.compiled(text)

    def atom(self, criteria: Sequence[str], tracks: Sequence[str], outcomes: Sequence[str]) -> str:
        dice = self.dice
        kinds = ["fact", "fact", "fact"]
        kinds += ["met"] if criteria else []
        kinds += ["stage", "reached"] if tracks else []
        kinds += ["taken"] if outcomes else []
        kind = dice.pick(kinds)
        no = "!" if dice.chance(25) else ""
        if kind == "met":
            return f"{no}met('{dice.pick(criteria)}')"
        if kind == "stage":
            track = dice.pick(tracks)
            return f"stage('{track}') == '{dice.pick(['', *self.stages_of(track)])}'"
        if kind == "reached":
            track = dice.pick(tracks)
            return f"{no}reached('{track}', '{dice.pick(self.stages_of(track))}')"
        if kind == "taken":
            return f"taken('{dice.pick(outcomes)}') {dice.pick(['> 0', '< 1', '== 1', '< 2'])}"
        return f"({dice.pick(FACT_CONDITIONS)})"

    def stages_of(self, track: str) -> list[str]:
        return next(list(t["stages"]) for t in self.tracks if t["id"] == track)

    def outcomes_of(self, tracks: Sequence[str]) -> list[str]:
        return [f"{d}.{o}" for t in tracks for d, _, _ in self.decisions[t] for o in self.outcome_ids[d]]

    def lower(self, track: str) -> list[str]:
        """The tracks that the conditions of this one may read."""
        return self.read_order[: self.read_order.index(track)]

    def readable(self, track: str) -> list[str]:
        """The criteria that a walk of this track may look at."""
        return [x for t in (*self.lower(track), track) for s in self.stages_of(t) for x in self.items_of(s)]

    def watched(self, track: str, before: Sequence[str]) -> Condition:
        """A condition that is looked at by every walk: never in a circle."""
        lower = self.lower(track)
        criteria = [x for t in lower for s in self.stages_of(t) for x in self.items_of(s)]
        outcomes = self.outcomes_of([*lower, track] if self.dice.chance(10) else lower)
        return self.condition([*criteria, *before], lower, outcomes)

    def asked(self) -> Condition:
        """A condition asked once, when a command comes: it may read everything."""
        names = [t["id"] for t in self.tracks]
        criteria = [x for s in self.gates for x in self.items_of(s)]
        return self.condition(criteria, names, self.outcomes_of(names))

    # Pieces

    def track(self, plan: dict[str, Any]) -> model.Track:
        dice, id, stages = self.dice, plan["id"], plan["stages"]
        if plan["observed"]:
            return model.Track(id, tuple(model.Stage(s, id) for s in stages), side=plan["side"], observed=True)
        ready = tuple(self.stage(id, stages, n) for n in range(len(stages)))
        decision_points = tuple(self.decision(id, stages, *d) for d in self.decisions[id])
        return model.Track(
            id,
            ready,
            side=plan["side"],
            manual=plan["manual"],
            cycle=dice.chance(15),
            decision_points=decision_points,
            jumps=tuple(self.jump(id, stages, n) for n in range(dice.pick([0, 1, 1, 2]))),
            loops=tuple(self.loop(id, stages, n) for n in range(dice.pick([0, 1, 1, 2]))),
        )

    def stage(self, track: str, stages: Sequence[str], number: int) -> model.Stage:
        dice, id = self.dice, stages[number]
        before = [x for s in stages[:number] for x in self.items_of(s)]
        applies = self.watched(track, before) if number and dice.chance(12) else None
        (milestone, exits), (conditions, appraisal) = self.gates[id], self.extras[id]
        made: dict[str, list[model.Criterion]] = {}
        kinds = {"milestone": milestone, "exit": exits or [], "process": conditions, "appraisal": appraisal}
        for kind, ids in kinds.items():
            made[kind] = []
            for x in ids:
                made[kind].append(self.criterion(x, kind, track, id, before))
                before = [*before, x]
        repeatable = None
        if dice.chance(12):
            keep = dice.some(self.gates_of([id]), 20)
            repeatable = model.Loop(id, track, (id,), id, keep=keep, max=dice.pick([None, 1, 2]))
        reached = dice.pick([0.1, 0.2, 0.4])
        buyers = [t for t in self.tracks if t["side"] == "buyer"]
        pairs = buyers[0]["stages"] if buyers and track == "selling" else []
        ends = [e.id for e in self.ends]
        floating = next((d for d, after, place in self.decisions[track] if place == id and d == f"f_{id}"), "")
        next_node = floating
        if not next_node and not any(after == id for _, after, _ in self.decisions[track]) and dice.chance(12):
            next_node = dice.pick([*stages[number + 1 :], dice.pick(ends)])
        wins = [e.id for e in self.ends if e.kind == "won"]
        return model.Stage(
            id,
            track,
            pairs_with=pairs[min(number, len(pairs) - 1)] if pairs and dice.chance(70) else "",
            start=number > 0 and dice.chance(10),
            next=next_node,
            entry_milestone=tuple(made["milestone"]),
            exit_criteria=None if exits is None else tuple(made["exit"]),
            conditions=tuple(made["process"]),
            appraisal=tuple(made["appraisal"]),
            prohibitions=(model.Prohibition(f"never_{id}"),) if dice.chance(8) else (),
            chance=model.Chance(reached, reached + 0.05) if dice.chance(70) else None,
            time_limit=timedelta(hours=dice.pick([4, 24, 50])) if dice.chance(40) else None,
            wins=wins[0] if wins and dice.chance(15) else "",
            completes=dice.pick(ends) if dice.chance(8) else "",
            optional=dice.chance(25),
            repeatable=repeatable,
            applies_when=applies,
            procedures=self.procedures(),
        )

    def procedures(self) -> tuple[model.Procedure, ...]:
        if not self.dice.chance(10) or not self.recorded:
            return ()
        met = self.dice.some(self.recorded[-4:], 50)
        return (model.Procedure("side-job", on_end={"done": met}),)

    def criterion(self, id: str, kind: str, track: str, stage: str, before: Sequence[str]) -> model.Criterion:
        dice = self.dice
        if kind == "appraisal" and (criteria := [x for x in before if "_a" not in x]) and dice.chance(60):
            evidence = dice.some(DOCUMENTS, 40)
            weight = dice.pick([1.0, 2.0])
            return model.Criterion(
                id, "appraisal", track, stage, of=dice.pick(criteria), evidence=evidence, weight=weight
            )
        derived = dice.chance(40)
        if not derived:
            self.recorded.append(id)
        return model.Criterion(
            id,
            kind,  # type: ignore[arg-type]
            track,
            stage,
            evidence=dice.some(DOCUMENTS, 12),
            when=self.watched(track, before) if derived else None,
            applies_when=self.watched(track, before) if dice.chance(10) else None,
            optional=dice.chance(10),
            once=derived and dice.chance(25),
            waivable=("boss",) if dice.chance(40) else (),
        )

    def guard(self) -> dict[str, Any]:
        dice, criteria = self.dice, [x for s in self.gates for x in self.items_of(s)]
        return {
            "when": self.asked() if dice.chance(20) else None,
            "requires": (dice.pick(criteria),) if criteria and dice.chance(12) else (),
            "roles": ("boss",) if dice.chance(10) else (),
            "max": dice.number(1, 2) if dice.chance(25) else None,
        }

    def decision(self, track: str, stages: Sequence[str], id: str, after: str, place: str) -> model.DecisionPoint:
        dice, at = self.dice, stages.index(place)
        automatic = dice.chance(35)
        targets: list[tuple[str, str]] = []  # kind, to
        if at + 1 < len(stages):
            targets += [("advance", stages[at + 1])] * 3
        targets += [("jump", s) for s in stages[at + 2 :]]
        numbers = {d: n for n, (d, _, _) in enumerate(self.decisions[track])}
        for d, _, other in self.decisions[track]:
            ahead = stages.index(other) > at or (d.startswith("g_") and not id.startswith("g_") and other == place)
            if ahead and numbers[d] > numbers[id]:
                targets.append(("advance" if other == place else "jump", d))
        targets += [("loop_back", s) for s in stages[:at]]
        targets += [("repeat", place), ("new_round", stages[0]), ("hold", "")]
        targets += [("end", e.id) for e in self.ends]
        outcomes = []
        names = self.outcome_ids[id]
        for n, name in enumerate(names):
            kind, to = dice.pick(targets)
            if automatic and kind in ("hold", "end") and dice.chance(60):
                kind, to = targets[0]
            last = automatic and n == len(names) - 1 and dice.chance(70)
            guard = self.guard()
            if automatic:
                requires = tuple(x for x in guard["requires"] if x in self.readable(track))
                own = self.gates_of(stages[: at + 1])
                guard |= {"roles": (), "requires": requires, "when": self.watched(track, own)}
                if last:
                    guard = {}
            back = kind in ("loop_back", "repeat", "new_round")
            keep = dice.some(self.gates_of(stages[: at + 1]), 15) if back else ()
            hold = timedelta(hours=dice.pick([3, 30])) if kind == "hold" and dice.chance(60) else None
            outcomes.append(
                model.Outcome(
                    name,
                    kind,  # type: ignore[arg-type]
                    to,
                    hold=hold,
                    keep=keep,
                    otherwise=last,
                    skipped="owed" if kind == "jump" and dice.chance(50) else "dropped",
                    **guard,
                )
            )
        return model.DecisionPoint(id, track, after, place, tuple(outcomes), automatic=automatic)

    def jump(self, track: str, stages: Sequence[str], number: int) -> model.Jump:
        dice = self.dice
        points = [(d, stages.index(place) + 0.5) for d, _, place in self.decisions[track]]
        nodes = [(s, float(n)) for n, s in enumerate(stages)][1:] + points
        to, origins = "", tuple(stages)
        if nodes and not dice.chance(30):
            to, where = dice.pick(nodes)
            origins = tuple(s for n, s in enumerate(stages) if n < where)
        if len(origins) > 1 and dice.chance(40):
            origins = (dice.pick(origins),)
        return model.Jump(
            f"jump_{track}_{number}",
            track,
            origins,
            to,
            probe=model.Probe("willing") if dice.chance(40) else None,
            skipped="owed" if dice.chance(50) else "dropped",
            **self.guard(),
        )

    def loop(self, track: str, stages: Sequence[str], number: int) -> model.Loop:
        dice = self.dice
        at = dice.number(0, len(stages) - 1)
        origins = tuple(stages[at:])
        if len(origins) > 1 and dice.chance(40):
            origins = dice.some(origins, 60) or origins
        keep = dice.some(self.gates_of(stages[at:]), 15)
        return model.Loop(f"loop_{track}_{number}", track, origins, stages[at], keep=keep, **self.guard())

    def activities(self) -> tuple[model.Activity, ...]:
        dice = self.dice
        own = self.stages_of("selling")
        found = []
        if dice.chance(40):
            found.append(model.Activity("objection", results=("solved", "open") if dice.chance(50) else ()))
        if dice.chance(30):
            found.append(model.Activity("check", origins=dice.some(own, 60), blocks=True, procedures=self.procedures()))
        if dice.chance(10):
            found.append(model.Activity("manners", standing=True))
        return tuple(found)


# Journals


class Player:
    """Plays one random deal: commands that somebody might give now, and some that nobody should."""

    def __init__(self, dice: Dice, definition: model.Definition) -> None:
        self.dice = dice
        self.definition = definition
        self.at = EPOCH
        self.journal: list[Command] = []
        self.keys = 0

    def play(self, most: int) -> list[Command]:
        dice = self.dice
        opening = self.opening()
        self.journal.append(opening)
        self.case = ReferenceCase(self.definition, opening)
        if dice.chance(50):
            facts = {fact: dice.pick(values) for fact, values in FACT_VALUES.items() if dice.chance(80)}
            self.journal.append(c.set_facts(facts, self.at))
            self.case.step(self.journal[-1])
        for _ in range(dice.number(most // 2 if dice.chance(85) else 0, most)):
            self.world = World(self.definition, self.case.memory)
            self.pass_time()
            command = self.nonsense() if dice.chance(12) else self.sense()
            self.journal.append(command)
            self.case.step(command)
            self.at = max(self.at, self.case.memory.at)
        return self.journal

    def opening(self) -> Command:
        dice = self.dice
        told: dict[str, Any] = {"key": "k0"} if dice.chance(10) else {}
        earned = [t for t in self.definition.tracks if not t.observed]
        track = dice.pick(earned)
        starts = [s.id for s in track.stages if s.start]
        if starts and dice.chance(50):
            return c.open_case(self.at, start=dice.pick(starts), **told)
        if dice.chance(15):
            how: Any = "owed" if dice.chance(50) else "dropped"
            place = dice.pick([s.id for s in track.stages])
            return c.open_case(self.at, at_stage=place, skipped=how, **told)
        return c.open_case(self.at, **told)

    def pass_time(self) -> None:
        due = self.case.next_due()
        if due is not None and self.dice.chance(15):
            self.at = max(self.at, due)
        else:
            self.at += timedelta(hours=self.dice.pick([0, 1, 1, 5, 30]))

    def told(self, role: str = "") -> dict[str, Any]:
        dice = self.dice
        found: dict[str, Any] = {}
        if role or dice.chance(10):
            found["role"] = role or dice.pick(ROLES)
        if dice.chance(10):
            self.keys += 1
            found["key"] = f"k{self.keys}"
        if dice.chance(5):
            found["happened"] = self.at - timedelta(hours=dice.number(0, 40))
        if dice.chance(3):
            found["by"], found["note"] = "li.wei", "as agreed"
        return found

    def facts(self, wanted: Sequence[str] = ()) -> dict[str, Any]:
        dice = self.dice
        found = {}
        for _ in range(dice.pick([1, 1, 2, 3])):
            fact = dice.pick(wanted or list(FACT_VALUES))
            found[fact] = None if dice.chance(8) else dice.pick(FACT_VALUES[fact])
        return found

    def sense(self) -> Command:
        """What somebody might do next."""
        world, memory, dice = self.world, self.case.memory, self.dice
        if memory.ended is not None:
            if dice.chance(60):
                return self.reopen()
            return self.nonsense()
        if memory.held and dice.chance(30):
            return c.resume(self.at, **self.told())
        wanted: list[Command] = []
        moves: list[Command] = []
        others: list[Command] = []
        for track in world.earned:
            standing = memory.standing[track.id]
            stage = world.stages.get(standing.current)
            gates: list[model.Criterion] = []
            if standing.pending in world.stages:
                gates += world.stages[standing.pending].entry_milestone
            elif stage is not None and standing.phase == "in_progress":
                gates += (*stage.entry_milestone, *(stage.exit_criteria or ()))
                if stage.exit_criteria is None:
                    wanted.append(c.complete(stage.id, self.at, **self.told()))
            for name in world.open_criteria(gates):
                wanted += self.satisfy(world.criteria[name])
            if track.manual:
                wanted += [c.advance(self.at, track=track.id, **self.told())] * 2
            d = world.decisions.get(standing.pending) or world.decision_after(standing.current)
            if d is not None and d.track == track.id:
                wanted += self.decide(d) * 3
            moves += [self.jump(j) for j in track.jumps if standing.current in j.origins]
            moves += [
                c.loop_back(x.id, self.at, **self.told("boss" if x.roles else ""))
                for x in world.loops.values()
                if standing.current in x.origins
            ]
            others += [c.skip(s.id, self.at, **self.told()) for s in track.stages if s.optional]
        taking_back = [c.retract(x, self.at, **self.told()) for x in sorted(memory.reported)]
        others += [
            c.waive(x.id, self.at, reason="urgent", until=self.until(), **self.told("boss"))
            for x in world.criteria.values()
            if x.waivable
        ][:6]
        others += [c.attach(x, self.at, evidence=self.evidence(True), **self.told()) for x in list(world.criteria)[:2]]
        for track in self.definition.tracks:
            if track.observed:
                place = dice.pick([s.id for s in track.stages])
                others += [c.observe(place, self.at, source="call", **self.told())] * 3
        for a in self.definition.activities:
            if a.id in memory.running:
                result = dice.pick(a.results) if a.results else ""
                others += [c.finish(a.id, self.at, result=result, **self.told())] * 3
            else:
                others.append(c.begin(a.id, self.at, **self.told()))
        rare = [c.hold(self.at, until=self.until(), **self.told())] * 3
        rare += [c.end(e.id, self.at, reason="price", **self.told()) for e in self.definition.ends if e.by_command]
        if any(s.procedures for s in self.definition.stages()):
            others.append(c.report("side-job", "done", self.at, **self.told()))
        facts = c.set_facts(self.facts(), self.at, **self.told())
        tick = c.tick(self.at, **self.told())
        lists = [wanted] * 8 + [moves, others, others, taking_back, [facts], [tick, facts]]
        return dice.pick(rare if dice.chance(3) else dice.pick([x for x in lists if x]))

    def satisfy(self, criterion: model.Criterion) -> list[Command]:
        """What may make a criterion met."""
        found: list[Command] = []
        if criterion.when is None and not criterion.of:
            evidence = dict.fromkeys(criterion.evidence, "crm:1") if self.dice.chance(80) else {}
            found.append(c.meet(criterion.id, self.at, evidence=evidence, **self.told()))
        elif criterion.when is not None:
            found += [c.set_facts(self.facts(sorted(criterion.when.reads.facts)), self.at, **self.told())] * 2
            if criterion.evidence:
                found.append(c.attach(criterion.id, self.at, evidence=dict.fromkeys(criterion.evidence, "x")))
        if criterion.waivable and self.dice.chance(30):
            found.append(c.waive(criterion.id, self.at, reason="urgent", until=self.until(), **self.told("boss")))
        return found

    def decide(self, d: model.DecisionPoint) -> list[Command]:
        outcomes = [o for o in d.outcomes if not self.world.guard(o, d.track, f"{d.id}.{o.id}", "boss")]
        outcome = self.dice.pick(outcomes or d.outcomes)
        reason = "price" if outcome.kind == "end" else ""
        told = self.told("boss" if outcome.roles else "")
        return [c.decide(d.id, outcome.id, self.at, reason=reason, **told)]

    def jump(self, jump: model.Jump) -> Command:
        dice, world = self.dice, self.world
        answer: Any = None
        if jump.probe is not None:
            answer = "unwilling" if dice.chance(20) else "willing"
        to = ""
        if not jump.to:
            track = world.all_tracks[jump.track]
            current = world.index(self.case.memory.standing[track.id].current)
            nodes = [s.id for s in track.stages] + [d.id for d in track.decision_points]
            to = dice.pick([n for n in nodes if world.place(n) > current] or nodes)
        return c.jump(jump.id, self.at, answer=answer, to=to, **self.told("boss" if jump.roles else ""))

    def reopen(self) -> Command:
        primary = self.world.primary
        assert primary is not None
        current = self.world.index(self.case.memory.standing[primary.id].current)
        stages = [s.id for s in primary.stages]
        return c.reopen(self.dice.pick(stages[:current] or stages), self.at, **self.told())

    def until(self) -> datetime | None:
        hours = self.dice.pick([None, 2, 24])
        return None if hours is None else self.at + timedelta(hours=hours)

    def evidence(self, taking_away: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = dict.fromkeys(self.dice.some(DOCUMENTS, 50), "crm:7")
        if taking_away and found and self.dice.chance(30):
            found[next(iter(found))] = None
        return found

    def nonsense(self) -> Command:
        """Anything, about anything; names that exist, but hardly the right ones."""
        dice, world, definition = self.dice, self.world, self.definition
        at = self.at - timedelta(hours=3) if dice.chance(8) else self.at
        told = self.told()
        if dice.chance(10):
            told["happened"] = at + timedelta(hours=dice.pick([-1, 0, 1]))
        with_keys = [x for x in self.journal if x.key]
        if with_keys and dice.chance(50):
            old = dice.pick(with_keys)
            if old.kind != "open" and dice.chance(60):
                return Command(old.kind, old.subject, at, old.args, old.by, old.role, old.note, old.key, old.happened)
            told["key"] = old.key
        stages, criteria = list(world.stages), list(world.criteria)
        earned = [s.id for t in world.earned for s in t.stages]
        kinds: list[Callable[[], Command]] = [
            lambda: c.tick(at, **told),
            lambda: c.hold(at, until=dice.pick([None, at, at + timedelta(hours=1)]), **told),
            lambda: c.resume(at, **told),
            lambda: c.set_facts(dice.pick(WRONG_FACTS), at, **told),
            lambda: c.observe(dice.pick(stages), at, source=dice.pick(["", "call"]), **told),
            lambda: c.complete(dice.pick(earned), at, **told),
            lambda: c.advance(at, track=dice.pick([t.id for t in definition.tracks]), **told),
            lambda: c.skip(dice.pick(earned), at, **told),
            lambda: c.end(dice.pick(definition.ends).id, at, reason=dice.pick(["", "rival", "close"]), **told),
        ]
        primary = world.primary
        if primary is not None:
            kinds.append(lambda: c.reopen(dice.pick(primary.stages).id, at, **told))
        if len([t for t in world.earned if t.manual]) < 2:
            kinds.append(lambda: c.advance(at, **told))
        if criteria:
            kinds += [
                lambda: c.meet(dice.pick(criteria), at, **told),
                lambda: c.retract(dice.pick(criteria), at, **told),
                lambda: c.attach(dice.pick(criteria), at, evidence=self.evidence(True), **told),
                lambda: c.waive(
                    dice.pick(criteria),
                    at,
                    reason=dice.pick(["", "x"]),
                    until=dice.pick([None, at, self.until()]),
                    **told,
                ),
            ]
        if world.decisions:
            d = dice.pick(list(world.decisions.values()))
            kinds.append(
                lambda: c.decide(d.id, dice.pick(d.outcomes).id, at, reason=dice.pick(["", "rival", "far"]), **told)
            )
        if world.jumps:
            jump = dice.pick(list(world.jumps))
            nodes = [s.id for s in world.all_tracks[world.jumps[jump].track].stages]
            kinds.append(
                lambda: c.jump(jump, at, answer=dice.pick([None, "willing", "unwilling"]), to=dice.pick(nodes), **told)
            )
        if world.loops:
            kinds.append(lambda: c.loop_back(dice.pick(list(world.loops)), at, **told))
        if definition.activities:
            a = dice.pick(definition.activities)
            kinds += [
                lambda: c.begin(a.id, at, **told),
                lambda: c.finish(a.id, at, result=dice.pick(["", *a.results]), **told),
            ]
        prohibitions = [p.id for s in world.stages.values() for p in s.prohibitions]
        if prohibitions:
            kinds.append(lambda: c.breach(dice.pick(prohibitions), at, **told))
        if any(s.procedures for s in world.stages.values()):
            kinds.append(lambda: c.report("side-job", dice.pick(["done", "failed"]), at, **told))
        return dice.pick(kinds)()


WRONG_FACTS: list[dict[str, Any]] = [
    {"flag": 1},
    {"amount": True, "size": "huge"},
    {"amount": 10},
    {"rate": -0.5, "flag": "yes"},
    {"rate": "0.5"},
    {"amount": 2.5, "parts": 2},
    {"size": 3},
    {"flag": None, "amount": 9},
    {"rate": 1, "flag": True},
]


# Strategies


def drawn(draw: Draw) -> Dice:
    """Dice that Hypothesis throws, so that it can shrink what comes of them."""
    return Dice(lambda low, high: int(draw(st.integers(low, high))))


@st.composite
def definitions(draw: Draw) -> model.Definition:
    """Random processes."""
    return Maker(drawn(draw)).make()


@st.composite
def journals(draw: Draw, definition: model.Definition, most: int = 25) -> list[Command]:
    """Random deals of one process; the first command is `open`."""
    return Player(drawn(draw), definition).play(most)


@st.composite
def cases(draw: Draw, most: int = 25) -> tuple[model.Definition, list[Command]]:
    """A random process and a random deal of it."""
    dice = drawn(draw)
    definition = Maker(dice).make()
    return definition, Player(dice, definition).play(most)


def case_from_seed(seed: int, most: int = 40) -> tuple[model.Definition, list[Command]]:
    """The same without Hypothesis: quicker and more evenly spread, for long runs."""
    dice = Dice(Random(seed).randint)
    definition = Maker(dice).make()
    return definition, Player(dice, definition).play(most)
