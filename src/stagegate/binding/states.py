"""The states of a machine: before the first stage, the stages of the track that ends the case, the ends.

A completed stage is no state of its own: the case is still in it (completing is not entering what follows, R11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stagegate.engine.parts import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stagegate.engine.events import Event
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables

NOT_STARTED: Final = "not_started"


class Stop(NamedTuple):
    """What a case came by: a state it entered, or one that was completed."""

    state: str
    entered: bool


class States:
    """The names of the states of one process, and which of them a case is in."""

    def __init__(self, tables: Tables) -> None:
        self.table: Final[TrackTable] = tables.primary or tables.tracks[0]
        self.stages: Final = tuple(s.stage.id for s in self.table.stages)
        taken = set(self.stages)
        self.end_of: Final = {end.id: unlike(end.id, taken) for end in tables.ends}
        self.ends: Final = tuple(self.end_of.values())
        self.start: Final = unlike(NOT_STARTED, taken | set(self.ends))
        declared = {end.id for end in tables.definition.ends}
        self.spare: Final = next((state for end, state in self.end_of.items() if end not in declared), "")
        """The end `completed` that nobody declared; most cases never come to it."""

    def __iter__(self) -> Iterator[str]:
        yield self.start
        yield from self.stages
        yield from self.ends

    @property
    def open(self) -> tuple[str, ...]:
        """The states of a case that has not ended."""
        return (self.start, *self.stages)

    def now(self, snapshot: Snapshot) -> str:
        """The state of a case."""
        if snapshot.rest.ended:
            return self.end_of[snapshot.rest.ended]
        index = self.table.index
        stage = snapshot.rest.tracks[index].stage if self.table.observed else snapshot.places[index].stage
        return self.start if stage == NOWHERE else self.stages[stage]

    def stops(self, before: str, events: Iterable[Event], after: str) -> tuple[Stop, ...]:
        """What a case came by on its way from one state to another, in order."""
        track, state = self.table.track.id, before
        found: list[Stop] = []
        for event in events:
            mine = event.data.get("track") == track
            if event.kind == "ended":
                state = self.end_of[event.subject]
            elif mine and (event.kind == "entered" or (event.kind == "observed" and event.subject != state)):
                state = event.subject
            elif mine and event.kind == "moved_back" and (event.subject or self.start) != state:
                state = event.subject or self.start
            elif mine and event.kind == "completed":
                found.append(Stop(event.subject, False))
                continue
            else:
                continue
            found.append(Stop(state, True))
        if state != after:  # a new round, or a stage skipped, that waits for its first milestone
            found.append(Stop(after, True))
        return tuple(found)


def unlike(name: str, taken: set[str]) -> str:
    """The name itself, or one made longer until it is not among those taken."""
    while name in taken:
        name += "_"
    return name
