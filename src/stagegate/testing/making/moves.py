"""Decision points, jumps and loops over stages that are made already."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from attrs import evolve

from stagegate.model import Closing, DecisionPoint, End, Jump, Loop, Outcome, OutcomeKind, Probe, Stage
from stagegate.testing.making.conditions import asked, watched
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.plan import Plan, PointPlan, TrackPlan


class Target(NamedTuple):
    """Where an outcome leads, and what that makes of it."""

    kind: OutcomeKind
    to: str


def guarded_end(dice: Dice, plan: Plan, end: End) -> End:
    """An end, sometimes with what guards the command that brings it about."""
    if not end.by_command or not dice.chance(25):
        return end
    criteria = plan.criteria
    return evolve(
        end,
        origins=dice.some(plan.primary.stage_ids, 50),
        when=asked(dice, plan) if dice.chance(30) else None,
        requires=(dice.pick(criteria),) if criteria and dice.chance(25) else (),
        roles=("boss",) if dice.chance(20) else (),
    )


class MoveMaker:
    """Makes the moves of one track. `derived` are the criteria of all tracks that follow facts."""

    def __init__(self, dice: Dice, plan: Plan, track: TrackPlan, derived: frozenset[str]) -> None:
        self.dice = dice
        self.plan = plan
        self.track = track
        self.derived = derived

    def guard(self) -> dict[str, Any]:
        """What must hold for a move that people make."""
        dice, criteria = self.dice, self.plan.criteria
        return {
            "when": asked(dice, self.plan) if dice.chance(20) else None,
            "requires": (dice.pick(criteria),) if criteria and dice.chance(12) else (),
            "roles": ("boss",) if dice.chance(10) else (),
            "max": dice.number(1, 2) if dice.chance(25) else None,
        }

    # --- decision points ----------------------------------------------------------------------------

    def decision(self, point: PointPlan) -> DecisionPoint:
        """A decision point: one outcome leads on, one to the decision point it owns, the others anywhere."""
        names = point.outcomes
        way_out = self.dice.number(0, len(names) - 1)
        owned = next((p for p in self.track.points if p.owner == point.id), None)
        outcomes: list[Outcome] = []
        for number, name in enumerate(names):
            if owned is not None and number == (way_out + 1) % len(names):
                target = Target("advance", owned.id)
            elif number == way_out:
                target = self.dice.pick(self.ahead(point) or self.ends())
            else:
                target = self.dice.pick(self.anywhere(point))
            outcomes.append(self.outcome(point, name, target, last=number == len(names) - 1))
        place = self.track.stages[point.place].id
        return DecisionPoint(point.id, self.track.id, point.after, place, tuple(outcomes), automatic=point.automatic)

    def ahead(self, point: PointPlan) -> list[Target]:
        """The stages and decision points further on; other than the next stage they are jumps."""
        stages, here = self.track.stage_ids, point.place
        found = [Target("advance", stage) for stage in stages[here + 1 : here + 2]] * 3
        found += [Target("jump", stage) for stage in stages[here + 2 :]]
        return found + [Target("jump", p.id) for p in self.track.points if p.place > here and not p.owner]

    def anywhere(self, point: PointPlan) -> list[Target]:
        """Everything an outcome may lead to; on and back oftener than not when it is taken by itself."""
        stages, here = self.track.stage_ids, point.place
        found = self.ahead(point)
        back = [Target("loop_back", stage) for stage in stages[:here]]
        back += [Target("repeat", stages[here]), Target("new_round", self.round_start(stages))]
        if point.automatic and self.dice.chance(60):
            return [*found, *back]
        return [*found, *back, Target("hold", ""), *self.ends()]

    def round_start(self, stages: tuple[str, ...]) -> str:
        """Where a new round begins: mostly at the first stage."""
        return self.dice.pick(stages) if self.dice.chance(40) else stages[0]

    def of_winning(self, kind: OutcomeKind) -> dict[str, Any]:
        """Whether an outcome wins, or a new round forgets a win: in the track that ends the case only."""
        if self.track.id != self.plan.primary.id:
            return {}
        won = [end.id for end in self.plan.ends if end.kind == "won"]
        wins = self.dice.pick(won) if won and kind != "end" and self.dice.chance(15) else ""
        return {"wins": wins, "forgets_win": kind == "new_round" and self.dice.chance(50)}

    def closing(self, stages: tuple[Stage, ...]) -> Closing:
        """The closing edge of a cycle: mostly to the first stage."""
        forgets = self.track.id == self.plan.primary.id and self.dice.chance(40)
        return Closing(self.dice.pick(stages).id if self.dice.chance(40) else "", forgets)

    def ends(self) -> list[Target]:
        """The ends an outcome may lead to."""
        return [Target("end", end.id) for end in self.plan.ends]

    def outcome(self, point: PointPlan, name: str, target: Target, *, last: bool) -> Outcome:
        """One outcome. The last one of an automatic decision point is mostly the one for all other cases."""
        dice, (kind, to) = self.dice, target
        otherwise = point.automatic and last and dice.chance(70)
        guard = {} if otherwise else self.automatic_guard(point) if point.automatic else self.guard()
        keep: tuple[str, ...] = ()
        if kind in ("loop_back", "repeat"):
            first = self.track.stage_ids.index(to)
            keep = dice.some(self.track.gates(first, point.place + 1), 15)
        return Outcome(
            name,
            kind,
            to,
            hold=timedelta(hours=dice.pick([3, 30])) if kind == "hold" and dice.chance(60) else None,
            keep=keep,
            otherwise=otherwise,
            skipped="owed" if kind == "jump" and dice.chance(50) else "dropped",
            **self.of_winning(kind),
            **guard,
        )

    def automatic_guard(self, point: PointPlan) -> dict[str, Any]:
        """What is watched: a condition, or criteria that may lie further on and may follow facts."""
        dice = self.dice
        later = self.track.items(point.place + 1)
        lower = tuple(item for track in self.plan.lower(self.track.id) for item in track.items())
        follow_facts = [item for item in later if item in self.derived]
        requires: tuple[str, ...] = ()
        if follow_facts and dice.chance(25):
            requires = (dice.pick(follow_facts),)
        elif dice.chance(15) and (*lower, *self.track.items()):
            requires = (dice.pick((*lower, *self.track.items())),)
        when = None
        if not requires or dice.chance(60):
            when = watched(dice, self.plan, self.track.id, self.track.gates(beyond=point.place + 1))
        return {"when": when, "requires": requires, "max": dice.number(1, 2) if dice.chance(25) else None}

    # --- jumps and loops ----------------------------------------------------------------------------

    def jumps(self, many: int) -> tuple[Jump, ...]:
        """Jumps to a node ahead, or to any later one; none where nothing lies ahead of the first stage."""
        stages = self.track.stage_ids
        nodes = [(stage, float(number)) for number, stage in enumerate(stages)][1:]
        nodes += [(point.id, point.place + 0.5) for point in self.track.points]
        return tuple(self.jump(f"jump_{self.track.id}_{n}", nodes) for n in range(many)) if nodes else ()

    def jump(self, id: str, nodes: list[tuple[str, float]]) -> Jump:
        """One jump to one of the nodes, given with their places."""
        dice, stages = self.dice, self.track.stage_ids
        to, furthest = "", max(place for _, place in nodes)
        if not dice.chance(30):
            to, furthest = dice.pick(nodes)
        origins = tuple(stage for number, stage in enumerate(stages) if number < furthest)
        if len(origins) > 1 and dice.chance(40):
            origins = (dice.pick(origins),)
        elif not to:
            origins = stages
        return Jump(
            id,
            self.track.id,
            origins,
            to,
            probe=Probe("willing") if dice.chance(40) else None,
            skipped="owed" if dice.chance(50) else "dropped",
            **self.guard(),
        )

    def loops(self, many: int) -> tuple[Loop, ...]:
        """Loops back to a stage, from it and those behind it."""
        return tuple(self.loop(f"loop_{self.track.id}_{number}") for number in range(many))

    def loop(self, id: str) -> Loop:
        """One loop."""
        dice, stages = self.dice, self.track.stage_ids
        at = dice.number(0, len(stages) - 1)
        origins = stages[at:]
        if len(origins) > 1 and dice.chance(40):
            origins = dice.some(origins, 60) or origins
        furthest = max(stages.index(origin) for origin in origins)
        keep = dice.some(self.track.gates(at, furthest + 1), 15)
        loop = Loop(id, self.track.id, origins, stages[at], keep=keep)
        return evolve(loop, **self.guard())
