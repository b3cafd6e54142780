"""Builds the model of a whole process from a tree whose names have been resolved.

Also tells where each thing is written: as positions in `Definition.where`, and as nodes for the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from stagegate.language import build_things as things
from stagegate.language.build_moves import Order, decision_points, jumps, loops, origins
from stagegate.language.build_stages import procedures, stages
from stagegate.language.desk import text_of
from stagegate.language.names import Names
from stagegate.language.tree import Mapping as MappingNode
from stagegate.language.tree import Scalar
from stagegate.language.view import View
from stagegate.model import (
    NO_TEXT,
    TO_THE_FIRST,
    Activity,
    Closing,
    Definition,
    End,
    GapPolicy,
    ReasonTree,
    Side,
    Text,
    Track,
)


class Place(NamedTuple):
    """Where a thing is written: the scalar of its id, and the mapping it is."""

    id: Scalar
    record: MappingNode


def build(root: View, names: Names, file: str) -> tuple[Definition, dict[str, Place]]:
    """The model, and the place of each thing under the keys of `Definition.where`."""
    places = dict(_places(names))
    ends = names.of("end")
    metrics = tuple(things.all_metrics(root))
    trees = tuple(things.reason_trees(root))
    definition = Definition(
        name=root.word("process"),
        version=root.word("version"),
        tracks=tuple(_track(view, ends) for view in root.views("tracks")),
        title=root.text("title"),
        summary=root.text("summary"),
        family=root.text("family"),
        incomplete=root.flag("incomplete"),
        facts=tuple(things.facts(root)),
        roles=tuple(things.roles(root, {metric.id: metric for metric in metrics})),
        documents=tuple(things.documents(root)),
        metrics=metrics,
        catalogues=tuple(things.catalogues(root, "catalogues", names.borrowed)),
        checklists=tuple(things.catalogues(root, "checklists", names.borrowed)),
        reason_trees=trees,
        activities=tuple(_activities(root)),
        ends=tuple(_ends(root, {tree.id: tree for tree in trees})),
        end_kinds={kind: root.as_text(node) for kind, node in root.entries("end_kinds")},
        gap=_gap(root.view("gap")),
        notation={name: text_of(node) for name, node in root.entries("notation")},
        retired=root.words("retired"),
        notes=things.notes(root),
        file=file,
        where={key: (place.id.span.line, place.id.span.column) for key, place in places.items()},
    )
    return definition, places


def _track(view: View, ends: Mapping[str, object]) -> Track:
    name = view.word("id")
    own_stages = stages(view, name, ends)
    order = Order(view, own_stages)
    return Track(
        id=name,
        stages=own_stages,
        side=cast(Side, view.word("side", "seller")),
        observed=view.word("position") == "observed",
        manual=view.word("advance") == "manual",
        cycle=view.flag("cycle") or view.view("cycle") is not None,
        closing=_closing(view.view("cycle")),
        title=view.text("title"),
        decision_points=tuple(decision_points(view, name, order)),
        jumps=tuple(jumps(view, name, order)),
        loops=tuple(loops(view, name, order)),
        notes=things.notes(view),
        incomplete=view.flag("incomplete"),
    )


def _closing(view: View | None) -> Closing:
    if view is None:
        return TO_THE_FIRST
    return Closing(view.word("to"), view.flag("forgets_win"), things.notes(view))


def _activities(root: View) -> Iterator[Activity]:
    for view in root.views("activities"):
        results = _results(view)
        yield Activity(
            id=view.word("id"),
            origins=origins(view, ()),
            title=view.text("title"),
            definition=view.text("definition"),
            results=tuple(results),
            blocks=view.flag("blocks"),
            standing=view.flag("standing"),
            procedures=procedures(view),
            checklists=view.words("checklists"),
            notes=things.notes(view),
            result_titles={id: title for id, title in results.items() if title},
        )


def _results(activity: View) -> dict[str, Text]:
    """How it may finish, in order, each with its title."""
    found: dict[str, Text] = {}
    for item in activity.items("results"):
        if isinstance(item, MappingNode):
            found.setdefault(activity.of(item).word("id"), activity.of(item).text("title"))
        elif isinstance(item, Scalar):
            found.setdefault(item.text, NO_TEXT)
    return found


def _ends(root: View, trees: Mapping[str, ReasonTree]) -> Iterator[End]:
    for view in root.views("ends"):
        yield End(
            id=view.word("id"),
            kind=view.word("kind"),
            title=view.text("title"),
            by_command=view.flag("by_command"),
            reasons=_end_reasons(view, trees),
            continues_in=view.word("continues_in"),
            origins=origins(view, ()),
            when=view.condition("when"),
            requires=view.words("requires"),
            roles=view.words("roles"),
            notes=things.notes(view),
        )


def _end_reasons(view: View, trees: Mapping[str, ReasonTree]) -> ReasonTree | None:
    used = view.view("reasons")
    if used is not None:
        return trees.get(used.word("use"))
    own = things.reasons(view)
    return ReasonTree(view.word("id"), reasons=own) if own else None


def _gap(view: View | None) -> GapPolicy:
    if view is None:
        return GapPolicy()
    inside = view.view("guidance")
    advice = () if inside is None else view.entries("guidance")
    return GapPolicy(view.whole("give_up_at"), {state: things.guidance(view, node) for state, node in advice})


# --- places -----------------------------------------------------------------------------------------


def _places(names: Names) -> Iterator[tuple[str, Place]]:
    """Each declared thing under its key; of things with one key the first counts."""
    for declaration in reversed(names.all):
        name = declaration.name
        prefix = declaration.shape if declaration.kind == "move" else declaration.kind
        if declaration.kind in ("outcome", "result") and declaration.within is not None:
            name = f"{text_of(declaration.within.get('id'))}.{name}"
        yield f"{prefix}:{name}", Place(declaration.node, declaration.record)
        if declaration.kind == "stage" and "repeatable" in declaration.record:
            yield f"loop:{name}", Place(declaration.node, declaration.record)
