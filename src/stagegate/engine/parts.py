"""The parts of compiled tables: outcomes, decision points, stages and tracks.

Inside a track a *node* is an integer: stages count from 0, decision points follow (`first_decision + i`),
ends are negative (`END_BASE - i`), and NOWHERE is the node of nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stagegate.engine.place import Place
    from stagegate.model import DecisionPoint, Outcome, Stage, Track

NOWHERE: Final = -1
END_BASE: Final = -2


class OutcomeTable:
    """One outcome: its guard as compiled values and its target as a node."""

    __slots__ = ("key", "outcome", "requires", "target")

    def __init__(self, outcome: Outcome, key: str, requires: tuple[int, ...], target: int) -> None:
        self.outcome: Final = outcome
        self.key: Final = key  # `decision.outcome`, the name it is counted under
        self.requires: Final = requires
        self.target: Final = target


class DecisionTable:
    """One decision point: the stages it stands after and is placed at, and its outcomes."""

    __slots__ = ("after", "automatic", "by_id", "id", "node", "outcomes", "place", "track")

    def __init__(self, point: DecisionPoint, track: int, node: int, after: int, place: int) -> None:
        self.id: Final = point.id
        self.automatic: Final = point.automatic
        self.track: Final = track
        self.node: Final = node
        self.after: Final = after  # NOWHERE when only reached as a target
        self.place: Final = place
        self.outcomes: tuple[OutcomeTable, ...] = ()
        self.by_id: Mapping[str, OutcomeTable] = {}


class StageTable:
    """One stage: its two gates as masks of the criteria that close them."""

    __slots__ = ("decision", "entry", "exit", "gates", "index", "marked", "next", "stage", "track")

    def __init__(self, stage: Stage, track: int, index: int, entry: int, exit: int, gates: int) -> None:
        self.stage: Final = stage
        self.track: Final = track
        self.index: Final = index
        self.entry: Final = entry  # the criteria that close the milestone: not optional
        self.exit: Final = exit
        self.marked: Final = stage.exit_criteria is None  # completed by a mark or a decision (R4)
        self.gates: Final = gates  # all gate criteria, optional ones too
        self.decision: DecisionTable | None = None  # the decision point that stands after it
        self.next: int = NOWHERE  # where it goes by default, decision points apart


class TrackTable:
    """One track: its stages in order and what may move on it."""

    __slots__ = (
        "counted",
        "decisions",
        "first_decision",
        "index",
        "manual",
        "observed",
        "pairs",
        "primary",
        "ready",
        "round_start",
        "stages",
        "starts",
        "timed",
        "track",
    )

    def __init__(self, track: Track, index: int, primary: bool) -> None:
        self.track: Final = track
        self.index: Final = index
        self.primary: Final = primary
        self.observed: Final = track.observed
        self.manual: Final = track.manual
        self.first_decision: Final = len(track.stages)
        self.stages: tuple[StageTable, ...] = ()
        self.decisions: tuple[DecisionTable, ...] = ()
        self.counted: frozenset[str] = frozenset()  # the outcomes, jumps and loops counted by round
        self.starts: tuple[int, ...] = (0,)
        # By stage: the first and last index of the stages it is paired with, NOWHERE where it has no pair.
        self.pairs: tuple[tuple[int, int], ...] = ()
        self.ready: dict[tuple[int, int, tuple[int, ...]], Place] = {}  # the places of the plain way
        self.round_start: Final = next((i for i, s in enumerate(track.stages) if s.id == track.closing.to), 0)
        self.timed: Final = any(s.time_limit is not None for s in track.stages)
