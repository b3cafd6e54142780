"""Operators on what guards a move, and on what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagegate.model import Definition, Jump, Loop, Outcome, Text, Track
from stagegate.verify.mutants.edit import every_guard, guards, without
from stagegate.verify.mutants.mutant import Draft, Operator
from stagegate.verify.mutants.order import indexes


def drop_requires(definition: Definition) -> Iterator[Draft]:
    """One of the criteria that a move requires is not asked."""
    for key, guarded, change in every_guard(definition):
        for i, criterion in enumerate(guarded.requires):
            name = key.partition(":")[2]
            what = Text(f"`{name}` does not require `{criterion}`", f"`{name}` 不再要求 `{criterion}`")
            yield Draft(key, what, change(requires=without(guarded.requires, i)))


def drop_roles(definition: Definition) -> Iterator[Draft]:
    """Anybody may make the move."""
    for key, guarded, change in every_guard(definition):
        if guarded.roles:
            name = key.partition(":")[2]
            yield Draft(key, Text(f"`{name}` open to every role", f"`{name}` 不限角色"), change(roles=()))


def lift_cap(definition: Definition) -> Iterator[Draft]:
    """A move may be made as often as one likes."""
    for key, guarded, change in guards(definition):
        if guarded.max is not None:
            name = key.partition(":")[2]
            what = Text(f"`{name}` without `max: {guarded.max}`", f"`{name}` 去掉 `max: {guarded.max}`")
            yield Draft(key, what, change(max=None))


def other_cap(definition: Definition) -> Iterator[Draft]:
    """A move may be made once more, or once less."""
    for key, guarded, change in guards(definition):
        for cap in (guarded.max + 1, guarded.max - 1) if guarded.max is not None else ():
            if cap > 0:
                name = key.partition(":")[2]
                what = Text(
                    f"`{name}`: `max: {guarded.max}` became {cap}", f"`{name}`：`max: {guarded.max}` 改为 {cap}"
                )
                yield Draft(key, what, change(max=cap))


def drop_keep(definition: Definition) -> Iterator[Draft]:
    """One of the criteria kept on a way back goes stale."""
    for key, guarded, change in guards(definition):
        if not isinstance(guarded, Jump):
            for i, criterion in enumerate(guarded.keep):
                name = key.partition(":")[2]
                what = Text(f"`{name}` does not keep `{criterion}`", f"`{name}` 不再保留 `{criterion}`")
                yield Draft(key, what, change(keep=without(guarded.keep, i)))


def add_keep(definition: Definition) -> Iterator[Draft]:
    """The first criterion that would go stale on a way back is kept."""
    for key, guarded, change in guards(definition):
        if isinstance(guarded, Jump):
            continue
        for criterion in cleared(definition, key, guarded)[:1]:
            name = key.partition(":")[2]
            what = Text(f"`{name}` keeps `{criterion}`", f"`{name}` 保留 `{criterion}`")
            yield Draft(key, what, change(keep=(*guarded.keep, criterion)))


def cleared(definition: Definition, key: str, move: Outcome | Loop) -> list[str]:
    """The gate criteria that a way back may make stale."""
    for track in definition.tracks:
        index = indexes(track)
        if isinstance(move, Outcome):
            if move.kind not in ("loop_back", "repeat", "new_round") or not any(
                o is move for d in track.decision_points for o in d.outcomes
            ):
                continue
            last = index[key.partition(":")[2].partition(".")[0]]
        elif move.to in index:
            last = max((index[origin] for origin in move.origins), default=0)
        else:
            continue
        return [c for c in gate_ids(track, index[move.to], last) if c not in move.keep]
    return []


def gate_ids(track: Track, first: int, last: int) -> list[str]:
    """The criteria of the gates of some stages."""
    stages = track.stages[first : last + 1]
    return [c.id for s in stages for c in (*s.entry_milestone, *(s.exit_criteria or ()))]


def skipped_mode(definition: Definition) -> Iterator[Draft]:
    """What a move passes over is owed instead of dropped, or the other way round."""
    for key, guarded, change in guards(definition):
        if isinstance(guarded, Jump) or (isinstance(guarded, Outcome) and guarded.kind == "jump"):
            other = "owed" if guarded.skipped == "dropped" else "dropped"
            name = key.partition(":")[2]
            what = Text(f"`{name}`: `skipped: {other}`", f"`{name}`：`skipped: {other}`")
            yield Draft(key, what, change(skipped=other))


GUARDS: Final = (
    Operator("drop-requires", Text("a move does not require a criterion", "移动不再要求一项标准"), drop_requires),
    Operator("drop-roles", Text("a move is open to every role", "移动不限角色"), drop_roles),
    Operator("lift-cap", Text("a move may be made as often as one likes", "移动不限次数"), lift_cap),
    Operator("other-cap", Text("a move may be made once more or once less", "移动次数上限加一或减一"), other_cap),
    Operator("drop-keep", Text("a criterion is not kept on a way back", "返回时不再保留一项标准"), drop_keep),
    Operator("add-keep", Text("one more criterion is kept on a way back", "返回时多保留一项标准"), add_keep),
    Operator("skipped-mode", Text("what is passed over is owed, or dropped", "跳过的内容改为待补或放弃"), skipped_mode),
)
