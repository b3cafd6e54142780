"""The things of a definition that have a name, each with where it belongs: what two versions are compared by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import frozen

if TYPE_CHECKING:
    from stagegate.model import Definition, Text

Sort = Literal[
    "process", "track", "stage", "criterion", "prohibition", "decision", "outcome", "jump", "loop", "end", "activity", "fact",
    "role", "document", "metric", "catalogue", "checklist", "reasons",
]  # fmt: skip
SORTS: Final[tuple[Sort, ...]] = (
    "process", "track", "stage", "criterion", "prohibition", "decision", "outcome", "jump", "loop", "end", "activity", "fact",
    "role", "document", "metric", "catalogue", "checklist", "reasons",
)  # fmt: skip


@frozen
class Thing:
    """One thing: its sort, its name (outcomes as `decision.outcome`), itself, what it belongs to, and its number there."""

    sort: Sort
    name: str
    value: Any
    parent: str = ""
    number: int = 0

    @property
    def title(self) -> Text:
        """Its title for people, or the question it asks."""
        found: Text = self.value.title or getattr(self.value, "question", self.value.title)
        return found

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of it."""
        notes = getattr(self.value, "notes", None)
        return () if notes is None else tuple(notes.aliases)


def things(definition: Definition) -> Iterator[Thing]:
    """Every thing of a definition in the order of the file."""
    yield Thing("process", definition.name, definition)
    yield from numbered("track", definition.tracks)
    for track in definition.tracks:
        yield from numbered("stage", track.stages, track.id)
        yield from numbered("decision", track.decision_points, track.id)
        for point in track.decision_points:
            for number, outcome in enumerate(point.outcomes):
                yield Thing("outcome", f"{point.id}.{outcome.id}", outcome, point.id, number)
        yield from numbered("jump", track.jumps, track.id)
        yield from numbered("loop", track.loops, track.id)
        for stage in track.stages:
            yield from numbered("criterion", stage.criteria(), stage.id)
            yield from numbered("prohibition", stage.prohibitions, stage.id)
    yield from numbered("end", definition.ends)
    yield from numbered("activity", definition.activities)
    yield from numbered("fact", definition.facts)
    yield from numbered("role", definition.roles)
    yield from numbered("document", definition.documents)
    yield from numbered("metric", definition.metrics)
    yield from numbered("catalogue", definition.catalogues)
    yield from numbered("checklist", definition.checklists)
    yield from numbered("reasons", definition.reason_trees)


def numbered(sort: Sort, values: Iterable[Any], parent: str = "") -> Iterator[Thing]:
    """Things of one sort, in order."""
    for number, value in enumerate(values):
        yield Thing(sort, value.id, value, parent, number)


def place(definition: Definition, thing: Thing) -> tuple[int, int] | None:
    """Line and column of a thing in its file, where they are known."""
    key = {"reasons": "reason_tree"}.get(thing.sort, thing.sort)
    found = definition.where.get(f"{key}:{thing.name}")
    if found is None and thing.sort == "criterion":  # a loop of a repeatable stage, an item without an id of its own
        found = definition.where.get(f"stage:{thing.parent}")
    return found
