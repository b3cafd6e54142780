"""Builds the stages of a track with their gates, conditions and appraisal items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal, cast

from stagegate.language.build_things import notes
from stagegate.language.tree import Mapping, Scalar, Sequence
from stagegate.language.view import View
from stagegate.model import (
    NO_NOTES,
    Actor,
    AnyOf,
    Budget,
    Chance,
    Criterion,
    Group,
    ItemKind,
    Loop,
    Notes,
    Procedure,
    Prohibition,
    Stage,
)

_CONDITIONS: tuple[ItemKind, ...] = ("process", "relationship", "information")


def stages(track: View, track_id: str, ends: Iterable[str]) -> tuple[Stage, ...]:
    """The stages of a track; the first starts it where none says `start`."""
    views = track.views("stages")
    any_start = any(view.flag("start") for view in views)
    known_ends = frozenset(ends)
    return tuple(
        _stage(view, track_id, start=view.flag("start") if any_start else index == 0, ends=known_ends)
        for index, view in enumerate(views)
    )


def _stage(view: View, track: str, *, start: bool, ends: frozenset[str]) -> Stage:
    stage, following = view.word("id"), view.word("next")
    limit, tools, participants = (
        view.view("time_limit"),
        _noted(view, "tools", "document"),
        _noted(view, "participants", "role"),
    )
    return Stage(
        id=stage,
        track=track,
        title=view.text("title"),
        definition=view.text("definition"),
        aims=view.texts("aims"),
        tasks=view.texts("tasks"),
        pairs_with=_one_or_more(view, "pairs_with"),
        start=start,
        next="" if following in ends else following,
        entry_milestone=_criteria(view, "entry_milestone", "milestone", track, stage),
        exit_criteria=_exit_criteria(view, track, stage),
        conditions=tuple(_conditions(view, track, stage)),
        appraisal=_criteria(view, "appraisal", "appraisal", track, stage),
        prohibitions=tuple(Prohibition(p.word("id"), p.text("title"), notes(p)) for p in view.views("prohibitions")),
        chance=_chance(view),
        time_limit=_limit(view),
        wins=view.word("wins"),
        completes=following if following in ends else view.word("completes"),
        optional=view.flag("optional"),
        repeatable=_repeatable(view, track, stage),
        applies_when=view.condition("applies_when"),
        tools=tuple(tools),
        participants=tuple(participants),
        budget=_budget(view.view("budget")),
        procedures=procedures(view),
        checklists=view.words("checklists"),
        undescribed=view.flag("undescribed"),
        notes=notes(view),
        groups=tuple(_groups(view)),
        limit_notes=NO_NOTES if limit is None else notes(limit),
        tool_notes=_saying(tools),
        participant_notes=_saying(participants),
    )


def _limit(view: View) -> timedelta | None:
    inside = view.view("time_limit")
    return view.duration("time_limit") if inside is None else inside.duration("limit")


def _noted(view: View, key: str, named: str) -> dict[str, Notes]:
    """The ids in a list in order, each with the notes it has there; one with notes has its id under `named`."""
    found: dict[str, Notes] = {}
    for item in view.items(key):
        if isinstance(item, Mapping):
            found.setdefault(view.of(item).word(named), notes(view.of(item)))
        elif isinstance(item, Scalar):
            found.setdefault(item.text, NO_NOTES)
    return found


def _saying(found: dict[str, Notes]) -> dict[str, Notes]:
    return {id: noted for id, noted in found.items() if noted is not NO_NOTES}


def _exit_criteria(view: View, track: str, stage: str) -> tuple[Criterion, ...] | None:
    if not isinstance(view.node("exit_criteria"), Sequence):
        return None
    return _criteria(view, "exit_criteria", "exit", track, stage)


def _conditions(view: View, track: str, stage: str) -> Iterator[Criterion]:
    inside = view.view("stage_conditions")
    if inside is not None:
        for kind in _CONDITIONS:
            yield from _criteria(inside, kind, kind, track, stage)


def _criteria(view: View, key: str, kind: ItemKind, track: str, stage: str) -> tuple[Criterion, ...]:
    return tuple(_criterion(item, kind, track, stage) for item in view.views(key))


def _criterion(view: View, kind: ItemKind, track: str, stage: str) -> Criterion:
    of = view.word("of")
    weight = view.number("weight")
    return Criterion(
        id=view.word("id") or (f"appraise_{of}" if of else ""),
        kind=kind,
        track=track,
        stage=stage,
        title=view.text("title"),
        actor=cast("Actor | None", view.word("actor") or None),
        evidence=tuple(_evidence(view)),
        when=view.condition("when"),
        applies_when=view.condition("applies_when"),
        optional=view.flag("optional"),
        once=view.flag("once"),
        waivable=view.words("waivable"),
        with_roles=_one_or_more(view, "with"),
        levels=tuple(int(level) for level in _one_or_more(view, "level") if level.isdigit()),
        content=_one_or_more(view, "content"),
        of=of,
        weight=1.0 if weight is None else float(weight),
        notes=notes(view),
        group=view.word("group"),
    )


def _evidence(view: View) -> Iterator[str | AnyOf]:
    for item in view.items("evidence"):
        if isinstance(item, Scalar):
            yield item.text
        elif isinstance(item, Mapping) and (documents := view.of(item).words("any_of")):
            yield AnyOf(documents)


def _one_or_more(view: View, key: str) -> tuple[str, ...]:
    """The ids or words of a list; a single one may stand there alone."""
    if isinstance(view.node(key), Scalar):
        return (view.word(key),) if view.word(key) else ()
    return view.words(key)


def _groups(stage: View) -> Iterator[Group]:
    for name, node in stage.entries("groups"):
        if isinstance(node, Mapping):
            view = stage.of(node)
            yield Group(name, view.text("title"), notes(view))


def _chance(view: View) -> Chance | None:
    node = view.node("chance")
    if isinstance(node, Mapping):
        both = view.of(node)
        reached, completed = both.number("reached"), both.number("completed")
        if reached is None or completed is None:
            return None
        return Chance(float(reached), float(completed), notes(both))
    one = view.number("chance")
    return None if one is None else Chance(float(one), float(one))


def _repeatable(view: View, track: str, stage: str) -> Loop | None:
    if view.flag("repeatable"):
        return Loop(stage, track, (stage,), stage)
    inside = view.view("repeatable")
    if inside is None:
        return None
    return Loop(stage, track, (stage,), stage, keep=inside.words("keep"), max=inside.whole("max"))


def _budget(view: View | None) -> Budget | None:
    if view is None:
        return None
    return Budget(
        time=view.duration("time"),
        cost=view.number("cost"),
        unit=view.word("unit"),
        effort=cast("Literal['low', 'medium', 'high'] | None", view.word("effort") or None),
        support=view.texts("support"),
        notes=notes(view),
    )


def procedures(view: View) -> tuple[Procedure, ...]:
    """The sub-procedures of a stage or an activity."""
    return tuple(
        Procedure(found.word("process"), found.text("title"), _on_end(found), notes(found))
        for found in view.views("procedures")
    )


def _on_end(procedure: View) -> dict[str, tuple[str, ...]]:
    inside = procedure.view("on_end")
    if inside is None:
        return {}
    return {end: inside.words(end) for end, _ in procedure.entries("on_end")}
