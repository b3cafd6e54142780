"""Operators on stages and what stands around them: figures, pairs, ends, activities, sub-procedures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from stagegate.model import Chance, Definition, Procedure, Text
from stagegate.verify.mutants.edit import replaced, with_end, with_outcome, with_stage, without
from stagegate.verify.mutants.mutant import Draft, Operator


def optional_stage(definition: Definition) -> Iterator[Draft]:
    """A stage may be passed over by command, or may not."""
    for stage in definition.stages():
        what = (
            Text(f"`{stage.id}` cannot be skipped", f"`{stage.id}` 不可跳过")
            if stage.optional
            else Text(f"`{stage.id}` can be skipped", f"`{stage.id}` 可跳过")
        )
        observed = next(t for t in definition.tracks if t.id == stage.track).observed
        if not observed:
            yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, optional=not stage.optional))


def drop_start(definition: Definition) -> Iterator[Draft]:
    """A case cannot start there."""
    for track in definition.tracks:
        starts = [stage for stage in track.stages if stage.start]
        for stage in starts if len(starts) > 1 else ():
            what = Text(f"no case starts at `{stage.id}`", f"案件不可由 `{stage.id}` 开始")
            yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, start=False))


def drop_next(definition: Definition) -> Iterator[Draft]:
    """A stage leads to the one that follows."""
    for stage in definition.stages():
        if stage.next:
            what = Text(f"`{stage.id}` without `next: {stage.next}`", f"`{stage.id}` 去掉 `next: {stage.next}`")
            yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, next=""))


def other_end(definition: Definition) -> Iterator[Draft]:
    """Completing a stage brings no end, or another; it or an outcome wins nothing, or another end of that kind."""
    for stage in definition.stages():
        for field in ("wins", "completes"):
            end = getattr(stage, field)
            if not end:
                continue
            others = [e.id for e in definition.ends if e.id != end and (field == "completes" or e.kind == "won")]
            for new in ("", *others[:1]):
                en = f"`{field}: {new}`" if new else f"no `{field}`"
                what = Text(f"`{stage.id}`: {en}, not `{end}`", f"`{stage.id}`：`{field}` 由 `{end}` 改为 `{new}`")
                yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, **{field: new}))
    for point in definition.decision_points():
        for outcome in point.outcomes:
            others = [e.id for e in definition.ends if e.id != outcome.wins and e.kind == "won"]
            for new in ("", *others[:1]) if outcome.wins else ():
                name = f"{point.id}.{outcome.id}"
                en = f"`wins: {new}`" if new else "no `wins`"
                what = Text(
                    f"`{name}`: {en}, not `{outcome.wins}`", f"`{name}`：`wins` 由 `{outcome.wins}` 改为 `{new}`"
                )
                yield Draft(f"outcome:{name}", what, with_outcome(definition, point, outcome, wins=new))


def drop_pair(definition: Definition) -> Iterator[Draft]:
    """A stage is paired with none of the other side, or no longer with an end of its run."""
    for stage in definition.stages():
        run = stage.pairs_with
        for gone, left in ((run[:1], run[1:]), (run[-1:], run[:-1]))[: len(run)]:
            what = Text(f"`{stage.id}` not beside `{gone[0]}`", f"`{stage.id}` 不再对应 `{gone[0]}`")
            yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, pairs_with=left))


def change_chance(definition: Definition) -> Iterator[Draft]:
    """A chance of winning is a tenth higher, or lower where there is no higher."""
    for stage in definition.stages():
        if stage.chance is None:
            continue
        reached, completed = tenth(stage.chance.reached), tenth(stage.chance.completed)
        changes = [Chance(reached, stage.chance.completed), Chance(stage.chance.reached, completed)]
        for word, zh, old, new, chance in (
            ("reached", "进入时", stage.chance.reached, reached, changes[0]),
            ("completed", "完成时", stage.chance.completed, completed, changes[1]),
        ):
            what = Text(
                f"chance of `{stage.id}` when {word}: {old:g} became {new:g}",
                f"`{stage.id}` {zh}的成交概率：{old:g} 改为 {new:g}",
            )
            yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, chance=chance))


def tenth(value: float) -> float:
    """A tenth more, or less where that would be more than 1."""
    return round(value + 0.1 if value <= 0.9 else value - 0.1, 6)


def double_time(definition: Definition) -> Iterator[Draft]:
    """A time limit, or the time of a hold, is twice as long."""
    for stage in definition.stages():
        if stage.time_limit is not None:
            what = Text(f"time limit of `{stage.id}` doubled", f"`{stage.id}` 的时限加倍")
            yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, time_limit=2 * stage.time_limit))
    for point in definition.decision_points():
        for outcome in point.outcomes:
            if outcome.hold is not None:
                name = f"{point.id}.{outcome.id}"
                what = Text(f"`{name}` holds twice as long", f"`{name}` 的暂停时间加倍")
                yield Draft(f"outcome:{name}", what, with_outcome(definition, point, outcome, hold=2 * outcome.hold))


def drop_prohibition(definition: Definition) -> Iterator[Draft]:
    """Something is no longer forbidden."""
    for stage in definition.stages():
        for i, prohibition in enumerate(stage.prohibitions):
            what = Text(f"prohibition `{prohibition.id}` is gone", f"去掉禁止事项 `{prohibition.id}`")
            changed = with_stage(definition, stage, prohibitions=without(stage.prohibitions, i))
            yield Draft(f"prohibition:{prohibition.id}", what, changed)


def by_command(definition: Definition) -> Iterator[Draft]:
    """People may end the case so, or may not."""
    for end in definition.ends:
        what = (
            Text(f"`{end.id}` not by command", f"`{end.id}` 不可由人宣布")
            if end.by_command
            else Text(f"`{end.id}` by command", f"`{end.id}` 可由人宣布")
        )
        yield Draft(f"end:{end.id}", what, with_end(definition, end, by_command=not end.by_command))


def drop_reasons(definition: Definition) -> Iterator[Draft]:
    """An end asks for no reason."""
    for end in definition.ends:
        if end.reasons is not None:
            what = Text(f"`{end.id}` asks for no reason", f"`{end.id}` 不再要求原因")
            yield Draft(f"end:{end.id}", what, with_end(definition, end, reasons=None))


def drop_blocks(definition: Definition) -> Iterator[Draft]:
    """The case goes on while the activity is running."""
    for activity in definition.activities:
        if activity.blocks:
            what = Text(f"`{activity.id}` does not block", f"`{activity.id}` 不再阻止案件前进")
            changed = replaced(definition.activities, activity, evolve(activity, blocks=False))
            yield Draft(f"activity:{activity.id}", what, evolve(definition, activities=changed))


def activity_origin(definition: Definition) -> Iterator[Draft]:
    """An activity cannot be begun in one of its stages; the last one stays, since none at all means every stage."""
    for activity in definition.activities:
        for i, origin in enumerate(activity.origins if len(activity.origins) > 1 else ()):
            what = Text(f"`{activity.id}` not from `{origin}`", f"`{activity.id}` 不再可由 `{origin}` 开始")
            new = evolve(activity, origins=without(activity.origins, i))
            yield Draft(
                f"activity:{activity.id}",
                what,
                evolve(definition, activities=replaced(definition.activities, activity, new)),
            )


def drop_report(definition: Definition) -> Iterator[Draft]:
    """The end of a sub-procedure meets one criterion less."""
    for stage in definition.stages():
        for procedure in stage.procedures:
            for what, new in lesser(procedure):
                changed = with_stage(definition, stage, procedures=replaced(stage.procedures, procedure, new))
                yield Draft(f"stage:{stage.id}", what, changed)
    for activity in definition.activities:
        for procedure in activity.procedures:
            for what, new in lesser(procedure):
                other = evolve(activity, procedures=replaced(activity.procedures, procedure, new))
                changed = evolve(definition, activities=replaced(definition.activities, activity, other))
                yield Draft(f"activity:{activity.id}", what, changed)


def lesser(procedure: Procedure) -> Iterator[tuple[Text, Procedure]]:
    """The procedure with one criterion less, for each."""
    for end, criteria in procedure.on_end.items():
        for i, criterion in enumerate(criteria):
            what = Text(
                f"end `{end}` of `{procedure.process}` does not meet `{criterion}`",
                f"`{procedure.process}` 以 `{end}` 结束时不再满足 `{criterion}`",
            )
            yield what, evolve(procedure, on_end={**procedure.on_end, end: without(criteria, i)})


STAGES: Final = (
    Operator("optional-stage", Text("a stage can be skipped, or cannot", "阶段可否跳过"), optional_stage),
    Operator("drop-start", Text("no case starts at a stage", "案件不可由一个阶段开始"), drop_start),
    Operator("drop-next", Text("a stage leads to the one that follows", "阶段改为通向后一阶段"), drop_next),
    Operator(
        "other-end", Text("completing a stage brings no end, or another", "完成阶段不带来结局，或带来另一个"), other_end
    ),
    Operator("drop-pair", Text("a stage is paired with no other", "阶段不再对应另一方的阶段"), drop_pair),
    Operator("change-chance", Text("a chance of winning is a tenth more or less", "成交概率增减一成"), change_chance),
    Operator("double-time", Text("a time limit or hold is twice as long", "时限或暂停时间加倍"), double_time),
    Operator("drop-prohibition", Text("a prohibition is gone", "去掉一项禁止事项"), drop_prohibition),
    Operator("by-command", Text("an end is reached by command, or is not", "结局可否由人宣布"), by_command),
    Operator("drop-reasons", Text("an end asks for no reason", "结局不再要求原因"), drop_reasons),
    Operator("drop-blocks", Text("an activity does not block", "活动不再阻止案件前进"), drop_blocks),
    Operator("activity-origin", Text("an activity has one origin less", "活动少一个起点"), activity_origin),
    Operator(
        "drop-report",
        Text("the end of a sub-procedure meets a criterion less", "子流程的结局少满足一项标准"),
        drop_report,
    ),
)
