"""Stages with their criteria."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from stagegate.model import AnyOf, Chance, Criterion, ItemKind, Loop, Procedure, Prohibition, Stage
from stagegate.testing.making.conditions import watched
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.plan import Plan, StagePlan, TrackPlan
from stagegate.testing.making.size import Size
from stagegate.testing.making.vocabulary import DOCUMENTS, SIDE_JOB


class StageMaker:
    """Makes the stages of all tracks, in order; remembers which criteria came to be recorded, for procedures."""

    def __init__(self, dice: Dice, size: Size, plan: Plan) -> None:
        self.dice = dice
        self.size = size
        self.plan = plan
        self.recorded: list[str] = []

    def stages(self, track: TrackPlan) -> tuple[Stage, ...]:
        """Every stage of a track."""
        if track.observed:
            return tuple(Stage(stage.id, track.id, start=not number) for number, stage in enumerate(track.stages))
        return tuple(self.stage(track, number) for number in range(len(track.stages)))

    def stage(self, track: TrackPlan, number: int) -> Stage:
        """One stage of an earned track. Where the track ends the case, the stage may."""
        dice, planned = self.dice, track.stages[number]
        before = track.items(beyond=number)
        applies = watched(dice, self.plan, track.id, before) if number and dice.chance(12) else None
        made = self.criteria(track, planned, before)
        repeatable = self.repeatable(track, planned) if dice.chance(12) else None
        following = self.following(track, number)
        return Stage(
            planned.id,
            track.id,
            pairs_with=self.pair(track, number),
            start=dice.chance(10 if number else 70),
            next=following,
            entry_milestone=made["milestone"],
            exit_criteria=None if planned.exits is None else made["exit"],
            conditions=made["process"],
            appraisal=made["appraisal"],
            prohibitions=(Prohibition(f"never_{planned.id}"),) if dice.chance(self.size.extra_chance) else (),
            chance=self.rising_chance(number) if dice.chance(70) else None,
            time_limit=timedelta(hours=dice.pick([4, 24, 50])) if dice.chance(40) else None,
            wins=self.win(track, number),
            completes=self.completion(track, number) if not following else "",
            optional=dice.chance(25),
            repeatable=repeatable,
            applies_when=applies,
            procedures=self.procedures(),
        )

    def repeatable(self, track: TrackPlan, stage: StagePlan) -> Loop:
        """How a stage may be repeated."""
        keep = self.dice.some(stage.gates, 20)
        return Loop(stage.id, track.id, (stage.id,), stage.id, keep=keep, max=self.dice.pick([None, 1, 2]))

    def pair(self, track: TrackPlan, number: int) -> tuple[str, ...]:
        """The stage of the buyer's that this one of the seller's faces, or, of the last, a run of two."""
        buyers = [other for other in self.plan.tracks if other.side == "buyer"]
        if not buyers or track.side != "seller" or not self.dice.chance(70):
            return ()
        first = min(number, len(buyers[0].stages) - 1)
        last = number == len(track.stages) - 1  # no later one can face the same
        return tuple(buyers[0].stage_ids[first : first + (2 if last and self.dice.chance(50) else 1)])

    def following(self, track: TrackPlan, number: int) -> str:
        """What `next` names, "" for what follows anyway."""
        here = [point for point in track.points if point.place == number]
        reached = next((point.id for point in here if point.by_next), "")
        if reached or any(point.after for point in here) or not self.dice.chance(12):
            return reached
        later = track.stage_ids[number + 1 :]
        return self.dice.pick(later) if later else ""

    def win(self, track: TrackPlan, number: int) -> str:
        """The end of kind won that completing the stage latches; where there are two, the last stage says which."""
        won = [end.id for end in self.plan.ends if end.kind == "won"]
        if not won or track is not self.plan.primary:
            return ""
        last = number == len(track.stages) - 1
        return won[0] if self.dice.chance(15) or (last and len(won) > 1) else ""

    def completion(self, track: TrackPlan, number: int) -> str:
        """The end that completing the stage brings; none where a decision point stands after it."""
        if track is not self.plan.primary or any(point.after == track.stages[number].id for point in track.points):
            return ""
        return self.dice.pick(self.end_ids) if self.dice.chance(10) else ""

    @property
    def end_ids(self) -> list[str]:
        """The ends there are."""
        return [end.id for end in self.plan.ends]

    def rising_chance(self, number: int) -> Chance:
        """A chance not below those of the stages before."""
        reached = 0.1 * (number + 1) + self.dice.pick([0.0, 0.02])
        return Chance(round(reached, 2), round(reached + 0.05, 2))

    def procedures(self) -> tuple[Procedure, ...]:
        """Perhaps a sub-procedure, which may meet criteria recorded on the way here."""
        if not self.recorded or not self.dice.chance(self.size.extra_chance):
            return ()
        return (Procedure(SIDE_JOB, on_end={"done": self.dice.some(self.recorded[-4:], 50)}),)

    # --- criteria -----------------------------------------------------------------------------------

    def criteria(self, track: TrackPlan, stage: StagePlan, before: Sequence[str]) -> dict[str, tuple[Criterion, ...]]:
        """All criteria of a stage by kind; each may read those before it."""
        kinds: dict[ItemKind, tuple[str, ...]] = {
            "milestone": stage.milestone,
            "exit": stage.exits or (),
            "process": stage.conditions,
            "appraisal": stage.appraisal,
        }
        found: dict[str, tuple[Criterion, ...]] = {}
        for kind, ids in kinds.items():
            made: list[Criterion] = []
            for id in ids:
                made.append(self.criterion(id, kind, track.id, stage.id, before))
                before = [*before, id]
            found[kind] = tuple(made)
        return found

    def criterion(self, id: str, kind: ItemKind, track: str, stage: str, before: Sequence[str]) -> Criterion:
        """One criterion: recorded, derived or, of appraisal, saying of another that it was done."""
        dice, plan = self.dice, self.plan
        appraised = [item for item in before if "_a" not in item]
        if kind == "appraisal" and appraised and dice.chance(60):
            evidence = self.evidence(40)
            weight = dice.pick([1.0, 2.0])
            return Criterion(id, kind, track, stage, of=dice.pick(appraised), evidence=evidence, weight=weight)
        derived = dice.chance(40)
        if not derived:
            self.recorded.append(id)
        return Criterion(
            id,
            kind,
            track,
            stage,
            evidence=self.evidence(12),
            when=watched(dice, plan, track, before) if derived else None,
            applies_when=watched(dice, plan, track, before) if dice.chance(10) else None,
            optional=dice.chance(10),
            once=derived and dice.chance(25),
            waivable=("boss",) if dice.chance(40) else (),
        )

    def evidence(self, percent: int) -> tuple[str | AnyOf, ...]:
        """The documents that prove a criterion: none, some, or one of those there are."""
        documents = self.dice.some(DOCUMENTS, percent)
        return (AnyOf(DOCUMENTS),) if documents and self.dice.chance(25) else documents
