"""Random deals of random processes, played on the reference interpreter.

The processes are those of `stagegate.testing`. The deals are not: what somebody might do next is asked of the
interpreter here, so that the engine is compared with it on journals that the engine had no part in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st
from tests.reference.interpreter import ReferenceCase, World

from stagegate import model
from stagegate.engine import commands as c
from stagegate.engine.commands import Command
from stagegate.testing.making.definition import make_definition
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.size import SizeName
from stagegate.testing.making.vocabulary import DOCUMENTS, ROLES, SIDE_JOB, SIDE_JOB_ENDS

Draw = Callable[[st.SearchStrategy[Any]], Any]

EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FACT_VALUES: dict[str, list[Any]] = {
    "flag": [True, False],
    "ready": [True, False],
    "amount": [4, 1, 9],
    "parts": [1, 0, 2],
    "rate": [0.5, 0.1, 1],
    "size": ["big", "small"],
}

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
            facts = {fact.id: dice.pick(FACT_VALUES[fact.id]) for fact in self.definition.facts if dice.chance(80)}
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
            fact = dice.pick(wanted or [fact.id for fact in self.definition.facts])
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
        rare += [self.end(e) for e in self.definition.ends if e.by_command]
        others += [self.end(e) for e in self.definition.ends if e.by_command and e.guarded and dice.chance(30)]
        stages = [s.id for s in self.definition.stages() if s.procedures]
        if stages:
            others.append(c.report(SIDE_JOB, "done", self.at, stage=dice.pick(["", *stages]), **self.told()))
        facts = c.set_facts(self.facts(), self.at, **self.told())
        tick = c.tick(self.at, **self.told())
        lists = [wanted] * 8 + [moves, others, others, taking_back, [facts], [tick, facts]]
        return dice.pick(rare if dice.chance(3) else dice.pick([x for x in lists if x]))

    def satisfy(self, criterion: model.Criterion) -> list[Command]:
        """What may make a criterion met."""
        found: list[Command] = []
        if criterion.when is None and not criterion.of:
            way = self.dice.pick(tuple(criterion.ways_to_prove()))
            evidence = dict.fromkeys(way, "crm:1") if self.dice.chance(80) else {}
            found.append(c.meet(criterion.id, self.at, evidence=evidence, **self.told()))
        elif criterion.when is not None:
            found += [c.set_facts(self.facts(sorted(criterion.when.reads.facts)), self.at, **self.told())] * 2
            if criterion.evidence:
                way = self.dice.pick(tuple(criterion.ways_to_prove()))
                found.append(c.attach(criterion.id, self.at, evidence=dict.fromkeys(way, "x")))
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

    def end(self, end: model.End) -> Command:
        return c.end(end.id, self.at, reason="price", **self.told("boss" if end.roles and self.dice.chance(70) else ""))

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

    def wrong_facts(self) -> dict[str, Any]:
        """Facts of the process, some of a wrong type or out of their range."""
        there = {fact.id for fact in self.definition.facts}
        return {fact: value for fact, value in self.dice.pick(WRONG_FACTS).items() if fact in there}

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
            lambda: c.set_facts(self.wrong_facts(), at, **told),
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
        some = ["", *(s.id for s in world.stages.values() if s.procedures)]
        if len(some) > 1:
            kinds.append(lambda: c.report(SIDE_JOB, dice.pick(SIDE_JOB_ENDS), at, stage=dice.pick(some), **told))
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
def cases(draw: Draw, most: int = 25) -> tuple[model.Definition, list[Command]]:
    """A random process and a random deal of it; the first command is `open`."""
    dice = drawn(draw)
    definition = make_definition(dice)
    return definition, Player(dice, definition).play(most)


def case_from_seed(seed: int, most: int = 40, size: SizeName = "medium") -> tuple[model.Definition, list[Command]]:
    """The same without Hypothesis: quicker and more evenly spread, for long runs."""
    dice = Dice(Random(seed).randint)
    definition = make_definition(dice, size)
    return definition, Player(dice, definition).play(most)
