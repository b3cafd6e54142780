"""Operators on moves: outcomes, jumps and loops that lead elsewhere, begin elsewhere, or are gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from stagegate.model import DecisionPoint, Definition, Outcome, Text, Track
from stagegate.verify.mutants.edit import (
    every_loop,
    replaced,
    swapped,
    with_decision,
    with_end,
    with_jump,
    with_loop,
    with_outcome,
    with_stage,
    with_track,
    without,
)
from stagegate.verify.mutants.mutant import Draft, Operator
from stagegate.verify.mutants.order import indexes, led


def decisions(definition: Definition) -> Iterator[tuple[Track, DecisionPoint]]:
    """The decision points with their tracks."""
    for track in definition.tracks:
        for point in track.decision_points:
            yield track, point


def beside(names: list[str], name: str) -> Iterator[str]:
    """The names before and after one of a list."""
    here = names.index(name)
    yield from names[max(0, here - 1) : here]
    yield from names[here + 1 : here + 2]


def retarget_outcome(definition: Definition) -> Iterator[Draft]:
    """An outcome leads to the stage or end before or after its own; from a decision point to the stage after it."""
    for track, point in decisions(definition):
        names = [*(s.id for s in track.stages), *(e.id for e in definition.ends)]
        for outcome in point.outcomes:
            if not outcome.to:
                continue
            if outcome.to in names:
                targets = list(beside(names, outcome.to))
            else:
                targets = names[indexes(track)[outcome.to] + 1 :][:1]
            for to in targets:
                new = led(track, point, outcome, to)
                what = leads(f"{point.id}.{outcome.id}", outcome.to, to)
                changed = with_decision(definition, point, outcomes=replaced(point.outcomes, outcome, new))
                yield Draft(f"outcome:{point.id}.{outcome.id}", what, changed)


def leads(name: str, old: str, new: str) -> Text:
    """That something leads elsewhere."""
    return Text(f"`{name}` leads to `{new}`, not to `{old}`", f"`{name}` 改为到 `{new}`，原为 `{old}`")


def drop_outcome(definition: Definition) -> Iterator[Draft]:
    """An outcome is gone; one at least is left."""
    for _, point in decisions(definition):
        for i, outcome in enumerate(point.outcomes):
            if len(point.outcomes) > 1:
                name = f"{point.id}.{outcome.id}"
                what = Text(f"`{name}` is gone", f"去掉 `{name}`")
                yield Draft(
                    f"outcome:{name}", what, with_decision(definition, point, outcomes=without(point.outcomes, i))
                )


def swap_outcomes(definition: Definition) -> Iterator[Draft]:
    """Two outcomes that stand after one another lead where the other did."""
    for track, point in decisions(definition):
        for i, (one, other) in enumerate(zip(point.outcomes, point.outcomes[1:], strict=False)):
            if one.to == other.to:
                continue
            new = (*point.outcomes[:i], going(track, point, one, other), going(track, point, other, one))
            what = Text(
                f"`{point.id}`: `{one.id}` and `{other.id}` lead where the other did",
                f"`{point.id}`：`{one.id}` 与 `{other.id}` 目标互换",
            )
            changed = with_decision(definition, point, outcomes=(*new, *point.outcomes[i + 2 :]))
            yield Draft(f"outcome:{point.id}.{one.id}", what, changed)


def going(track: Track, point: DecisionPoint, outcome: Outcome, as_other: Outcome) -> Outcome:
    """The outcome leading where another leads, a hold if that is one."""
    if as_other.to:
        return led(track, point, outcome, as_other.to)
    return evolve(outcome, to="", kind="hold", hold=as_other.hold, keep=(), forgets_win=False)


def drop_automatic(definition: Definition) -> Iterator[Draft]:
    """A decision that took itself is taken by people."""
    for _, point in decisions(definition):
        if point.automatic:
            what = Text(f"`{point.id}` is not automatic", f"`{point.id}` 不再自动")
            yield Draft(f"decision:{point.id}", what, with_decision(definition, point, automatic=False))


def drop_otherwise(definition: Definition) -> Iterator[Draft]:
    """An outcome is no longer for all other cases."""
    for _, point in decisions(definition):
        for outcome in point.outcomes:
            if outcome.otherwise:
                name = f"{point.id}.{outcome.id}"
                what = Text(f"`{name}` without `otherwise`", f"`{name}` 去掉 `otherwise`")
                yield Draft(f"outcome:{name}", what, with_outcome(definition, point, outcome, otherwise=False))


def drop_move(definition: Definition) -> Iterator[Draft]:
    """A jump or loop is gone."""
    for track in definition.tracks:
        for i, jump in enumerate(track.jumps):
            changed = with_track(definition, track, jumps=without(track.jumps, i))
            yield Draft(f"jump:{jump.id}", Text(f"jump `{jump.id}` is gone", f"去掉跳转 `{jump.id}`"), changed)
        for i, loop in enumerate(track.loops):
            changed = with_track(definition, track, loops=without(track.loops, i))
            yield Draft(f"loop:{loop.id}", Text(f"loop `{loop.id}` is gone", f"去掉返回 `{loop.id}`"), changed)
        for stage in track.stages:
            if stage.repeatable is not None:
                what = Text(f"`{stage.id}` cannot be repeated", f"`{stage.id}` 不可重复")
                yield Draft(f"stage:{stage.id}", what, with_stage(definition, stage, repeatable=None))


def retarget_jump(definition: Definition) -> Iterator[Draft]:
    """A jump leads one stage less far, or one further."""
    for track in definition.tracks:
        stages = [stage.id for stage in track.stages]
        for jump in track.jumps:
            for to in beside(stages, jump.to) if jump.to in stages else ():
                yield Draft(f"jump:{jump.id}", leads(jump.id, jump.to, to), with_jump(definition, jump, to=to))


def retarget_loop(definition: Definition) -> Iterator[Draft]:
    """A loop leads one stage less far back, or one further."""
    for track in definition.tracks:
        stages = [stage.id for stage in track.stages]
        for loop in track.loops:
            for to in beside(stages, loop.to):
                yield Draft(f"loop:{loop.id}", leads(loop.id, loop.to, to), with_loop(definition, loop, to=to))


def drop_origin(definition: Definition) -> Iterator[Draft]:
    """A jump or loop cannot be made, or an end brought about, from one of its stages."""
    for track in definition.tracks:
        for jump in track.jumps:
            for i, origin in enumerate(jump.origins):
                changed = with_jump(definition, jump, origins=without(jump.origins, i))
                yield Draft(f"jump:{jump.id}", not_from(jump.id, origin), changed)
    for key, loop in every_loop(definition):
        for i, origin in enumerate(loop.origins if key.startswith("loop:") else ()):
            changed = with_loop(definition, loop, origins=without(loop.origins, i))
            yield Draft(key, not_from(loop.id, origin), changed)
    for end in definition.ends:
        for i, origin in enumerate(end.origins if len(end.origins) > 1 else ()):  # none at all means every stage
            yield Draft(
                f"end:{end.id}", not_from(end.id, origin), with_end(definition, end, origins=without(end.origins, i))
            )


def not_from(name: str, origin: str) -> Text:
    """That something cannot begin somewhere."""
    return Text(f"`{name}` not from `{origin}`", f"`{name}` 不再可由 `{origin}` 开始")


def add_origin(definition: Definition) -> Iterator[Draft]:
    """A jump or loop can be made, or an end brought about, from one stage more: the first that it can be made from and is not."""
    for track in definition.tracks:
        stages, index = [stage.id for stage in track.stages], indexes(track)
        for jump in track.jumps:
            there = index[jump.to] + (jump.to not in stages) if jump.to else len(stages)
            for origin in [s for s in stages[:there] if s not in jump.origins][:1]:
                changed = with_jump(definition, jump, origins=(*jump.origins, origin))
                yield Draft(f"jump:{jump.id}", also_from(jump.id, origin), changed)
        for loop in track.loops:
            for origin in [s for s in stages[index[loop.to] :] if s not in loop.origins][:1]:
                changed = with_loop(definition, loop, origins=(*loop.origins, origin))
                yield Draft(f"loop:{loop.id}", also_from(loop.id, origin), changed)
    stages = [stage.id for stage in definition.primary.stages] if definition.primary is not None else []
    for end in definition.ends:
        for origin in [s for s in stages if s not in end.origins][:1] if end.origins else ():
            changed = with_end(definition, end, origins=(*end.origins, origin))
            yield Draft(f"end:{end.id}", also_from(end.id, origin), changed)


def also_from(name: str, origin: str) -> Text:
    """That something can begin in one stage more."""
    return Text(f"`{name}` also from `{origin}`", f"`{name}` 也可由 `{origin}` 开始")


def drop_probe(definition: Definition) -> Iterator[Draft]:
    """A jump is made without asking the buyer."""
    for track in definition.tracks:
        for jump in track.jumps:
            if jump.probe is not None:
                what = Text(f"`{jump.id}` without its probe", f"`{jump.id}` 去掉试探问题")
                yield Draft(f"jump:{jump.id}", what, with_jump(definition, jump, probe=None))


def other_round(definition: Definition) -> Iterator[Draft]:
    """A new round keeps the win it forgets; a cycle begins its rounds at the stage before or after."""
    for _, point in decisions(definition):
        for outcome in point.outcomes:
            if outcome.forgets_win:
                name = f"{point.id}.{outcome.id}"
                yield Draft(
                    f"outcome:{name}", keeps_win(name), with_outcome(definition, point, outcome, forgets_win=False)
                )
    for track in definition.tracks:
        closing, key = track.closing, f"track:{track.id}"
        if closing.forgets_win:
            changed = with_track(definition, track, closing=evolve(closing, forgets_win=False))
            yield Draft(key, keeps_win(track.id), changed)
        for to in beside([stage.id for stage in track.stages], closing.to) if closing.to else ():
            changed = with_track(definition, track, closing=evolve(closing, to=to))
            yield Draft(key, leads(track.id, closing.to, to), changed)


def keeps_win(name: str) -> Text:
    """That a new round does not forget the win."""
    return Text(f"`{name}` without `forgets_win`", f"`{name}` 去掉 `forgets_win`")


def swap_stages(definition: Definition) -> Iterator[Draft]:
    """Two stages that follow one another change places."""
    for track in definition.tracks:
        for i, (one, other) in enumerate(zip(track.stages, track.stages[1:], strict=False)):
            what = Text(f"`{one.id}` and `{other.id}` changed places", f"`{one.id}` 与 `{other.id}` 互换位置")
            yield Draft(f"stage:{one.id}", what, with_track(definition, track, stages=swapped(track.stages, i)))


MOVES: Final = (
    Operator("retarget-outcome", Text("an outcome leads beside its target", "决策结果改到相邻目标"), retarget_outcome),
    Operator("drop-outcome", Text("an outcome is gone", "去掉一个决策结果"), drop_outcome),
    Operator("swap-outcomes", Text("two outcomes lead where the other did", "两个决策结果目标互换"), swap_outcomes),
    Operator("drop-automatic", Text("an automatic decision is taken by people", "自动决策改为人工"), drop_automatic),
    Operator(
        "drop-otherwise", Text("an outcome is not for all other cases", "决策结果去掉 `otherwise`"), drop_otherwise
    ),
    Operator("drop-move", Text("a jump or loop is gone", "去掉一个跳转或返回"), drop_move),
    Operator(
        "retarget-jump",
        Text("a jump leads one stage less far, or further", "跳转目标前移或后移一个阶段"),
        retarget_jump,
    ),
    Operator(
        "retarget-loop",
        Text("a loop leads one stage less far, or further", "返回目标前移或后移一个阶段"),
        retarget_loop,
    ),
    Operator("drop-origin", Text("a jump, loop or end has one origin less", "跳转、返回或结局少一个起点"), drop_origin),
    Operator("add-origin", Text("a jump, loop or end has one origin more", "跳转、返回或结局多一个起点"), add_origin),
    Operator("drop-probe", Text("a jump is made without its question", "跳转不再询问买方"), drop_probe),
    Operator(
        "other-round",
        Text("a new round keeps the win, or begins elsewhere", "新一轮保留赢单，或改由别处开始"),
        other_round,
    ),
    Operator("swap-stages", Text("two stages change places", "两个阶段互换位置"), swap_stages),
)
