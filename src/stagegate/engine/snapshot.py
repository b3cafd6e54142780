"""A case at one moment: small, immutable, and all that a step needs beside the tables.

What changes with nearly every command stands in `Snapshot`; everything rarer in `Rest` and, by track,
in `TrackMemory`, shared between snapshots until it changes. Bits and nodes are those of the tables.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from stagegate.engine.place import Place

EMPTY: Final[Mapping[Any, Any]] = MappingProxyType({})


class TrackMemory:
    """What the walk of one track reads (semantics 2), the clocks, and an observed track's stage."""

    __slots__ = (
        "clocks",
        "defaults",
        "exits",
        "landed",
        "marked",
        "overdue",
        "placed",
        "round",
        "skipped",
        "source",
        "stage",
        "start",
        "taken",
        "ticking",
        "visits",
    )

    def __init__(self) -> None:
        self.start = 0  # the node the walk starts at
        self.placed = ""  # "dropped" or "owed" when the case was placed at `start`
        self.landed = 0  # masks of stages
        self.marked = 0
        self.skipped = 0
        self.overdue = 0
        self.exits: Mapping[int, tuple[str, int]] = EMPTY  # stage -> jump, target
        self.taken: Mapping[int, tuple[str, int]] = EMPTY  # decision node -> outcome, target
        self.defaults: Mapping[int, int] = EMPTY  # stage -> redirected default exit
        self.visits: Mapping[int, int] = EMPTY  # stage -> visits before this one
        self.round = 1
        self.clocks: Mapping[int, timedelta] = EMPTY  # stage -> time used in this visit
        self.ticking: datetime | None = None  # since when the clock of the current stage runs
        self.stage = -1  # observed tracks: where, and how that is known
        self.source = ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing was recorded that makes the way through the track another than the plain one."""
        recorded = self.landed or self.marked or self.skipped or self.placed
        return not (recorded or self.exits or self.taken or self.defaults or self.visits)

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing that is not so at the opening of every case."""
        return self.is_plain and self.round == 1 and not (self.clocks or self.ticking or self.stage >= 0 or self.start)

    def copy(self) -> TrackMemory:
        """One that may be changed before it is put into a snapshot."""
        new = TrackMemory.__new__(TrackMemory)  # spelled out: a loop over the slots takes ten times as long
        new.clocks = self.clocks
        new.defaults = self.defaults
        new.exits = self.exits
        new.landed = self.landed
        new.marked = self.marked
        new.overdue = self.overdue
        new.placed = self.placed
        new.round = self.round
        new.skipped = self.skipped
        new.source = self.source
        new.stage = self.stage
        new.start = self.start
        new.taken = self.taken
        new.ticking = self.ticking
        new.visits = self.visits
        return new


class Hold:
    """A hold: since when, until when it is to be reminded of, and whether it was."""

    __slots__ = ("reminded", "since", "until")

    def __init__(self, since: datetime, until: datetime | None, reminded: bool = False) -> None:
        self.since: Final = since
        self.until: Final = until
        self.reminded: Final = reminded


class Waiver:
    """A waiver in force: why, by whom, and until when."""

    __slots__ = ("by", "reason", "role", "until")

    def __init__(self, reason: str, until: datetime | None, by: str, role: str) -> None:
        self.reason: Final = reason
        self.until: Final = until
        self.by: Final = by
        self.role: Final = role


class Rest:
    """The rarer part of a snapshot. Masks are of criteria."""

    __slots__ = (
        "active",
        "attached",
        "calm",
        "counts",
        "documents",
        "end_reason",
        "ended",
        "facts",
        "gap_since",
        "gap_state",
        "held",
        "inapplicable",
        "keys",
        "lapsed",
        "latched",
        "stale",
        "tracks",
        "true",
        "unknown",
        "waived",
        "waivers",
        "won",
    )

    def __init__(self, tracks: tuple[TrackMemory, ...]) -> None:
        self.tracks = tracks
        self.facts: Mapping[str, Any] = EMPTY
        self.documents: Mapping[int, Mapping[str, str]] = EMPTY  # criterion -> document -> where it is
        self.attached = 0  # criteria whose documents are all there
        self.stale = 0
        self.latched = 0
        self.lapsed = 0
        self.waived = 0
        self.true = 0  # derived criteria that are true now
        self.unknown = 0
        self.inapplicable = 0
        self.waivers: Mapping[int, Waiver] = EMPTY
        self.counts: Mapping[str, int] = EMPTY  # outcome, loop or jump -> times taken in this round
        self.held: Hold | None = None
        self.active: tuple[str, ...] = ()
        self.won = ""
        self.ended = ""
        self.end_reason = ""
        self.keys: Mapping[str, tuple[Any, ...]] = EMPTY  # key -> the command told, the events that followed
        self.gap_state = ""
        self.gap_since: datetime | None = None
        self.calm = True  # neither ended, nor held, nor blocked, and no waiver that may expire

    @property
    def is_blank(self) -> bool:
        """Whether it holds nothing of a case's own, but for its end: such a one is shared by many cases."""
        masks = self.attached or self.stale or self.latched or self.lapsed or self.waived
        records = self.facts or self.documents or self.counts or self.active or self.keys
        own = masks or records or self.held or self.gap_state or self.end_reason
        return not own and all(t.is_blank for t in self.tracks)

    def copy(self) -> Rest:
        """One that may be changed before it is put into a snapshot."""
        new = Rest.__new__(Rest)  # spelled out: a loop over the slots takes ten times as long
        new.active = self.active
        new.attached = self.attached
        new.calm = self.calm
        new.counts = self.counts
        new.documents = self.documents
        new.end_reason = self.end_reason
        new.ended = self.ended
        new.facts = self.facts
        new.gap_since = self.gap_since
        new.gap_state = self.gap_state
        new.held = self.held
        new.inapplicable = self.inapplicable
        new.keys = self.keys
        new.lapsed = self.lapsed
        new.latched = self.latched
        new.stale = self.stale
        new.tracks = self.tracks
        new.true = self.true
        new.unknown = self.unknown
        new.waived = self.waived
        new.waivers = self.waivers
        new.won = self.won
        return new


class Snapshot:
    """A case at one moment: `seq` commands accepted, the last one `at`.

    `done` holds the criteria reported, `passes` those that close no gate now: met, waived, lapsed
    or not applying. `places` has one place for each track, in order.
    """

    __slots__ = ("at", "done", "passes", "places", "rest", "seq")

    def __init__(self, seq: int, at: datetime, done: int, passes: int, places: tuple[Place, ...], rest: Rest) -> None:
        self.seq = seq
        self.at = at
        self.done = done
        self.passes = passes
        self.places = places
        self.rest = rest
