"""Builds the moves of a track: decision points with the places they stand at, jumps and loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from stagegate.language.build_things import notes
from stagegate.language.tree import Scalar
from stagegate.language.view import View
from stagegate.model import DecisionPoint, Jump, Loop, Outcome, OutcomeKind, Probe, Skipped, Stage


class Order:
    """The order of a track: the index of each stage, and the place of each decision point."""

    def __init__(self, track: View, stages: tuple[Stage, ...]) -> None:
        self.stages = tuple(stage.id for stage in stages)
        self.index: Mapping[str, int] = {stage: index for index, stage in reversed(list(enumerate(self.stages)))}
        self._decisions = {view.word("id"): view for view in track.views("decision_points")}
        self._jumps = [view.word("to") for view in track.views("jumps")]
        self._next = {stage.next: stage.id for stage in reversed(stages) if stage.next}
        self.places = self._find_places()

    def place(self, decision: str) -> int:
        """The index of the stage the decision point counts as standing after."""
        return self.index.get(self.places.get(decision, ""), 0)

    def _find_places(self) -> dict[str, str]:
        places = {name: after for name, view in self._decisions.items() if (after := view.word("after"))}
        leading = self._leading()
        waiting = [name for name in self._decisions if name not in places]
        before = len(waiting) + 1
        while len(waiting) < before:
            before = len(waiting)
            for name in waiting:
                place = self._led_to(name, leading.get(name, ()), places)
                if place:
                    places[name] = place
            waiting = [name for name in waiting if name not in places]
        for name, view in self._decisions.items():
            places.setdefault(name, self._before_targets(view))
        return places

    def _leading(self) -> dict[str, list[str]]:
        """For each target the decision points that have an outcome leading there, in the order of the file."""
        found: dict[str, list[str]] = {}
        for name, view in self._decisions.items():
            for target in dict.fromkeys(outcome.word("to") for outcome in view.views("outcomes")):
                found.setdefault(target, []).append(name)
        return found

    def _led_to(self, decision: str, leading: Iterable[str], places: Mapping[str, str]) -> str:
        """The place of the first thing that leads there: a stage by `next`, else an outcome."""
        if decision in self._next:
            return self._next[decision]
        return next((places[name] for name in leading if name in places), "")

    def _before_targets(self, view: View) -> str:
        """Reached by jumps only: the last stage before the earliest one its outcomes lead forward to."""
        targets = [self.index[to] for outcome in view.views("outcomes") if (to := outcome.word("to")) in self.index]
        forward = [index for index in targets if index > 0]
        if forward:
            return self.stages[min(forward) - 1]
        return self.stages[0] if self.stages else ""

    def before(self, target: str) -> tuple[str, ...]:
        """All stages before a stage or decision point, as `from: all` means for a jump."""
        if target in self.places:
            return self.stages[: self.place(target) + 1]
        return self.stages[: self.index.get(target, 0)]

    def from_on(self, target: str) -> tuple[str, ...]:
        """The stage and all after it, as `from: all` means for a loop."""
        return self.stages[self.index.get(target, 0) :]


def decision_points(track: View, track_id: str, order: Order) -> Iterator[DecisionPoint]:
    """The decision points of a track."""
    for view in track.views("decision_points"):
        name = view.word("id")
        yield DecisionPoint(
            id=name,
            track=track_id,
            after=view.word("after"),
            place=order.places.get(name, ""),
            outcomes=tuple(_outcome(outcome, order, order.place(name)) for outcome in view.views("outcomes")),
            title=view.text("title"),
            question=view.text("question"),
            automatic=view.flag("automatic"),
            notes=notes(view),
        )


def _outcome(view: View, order: Order, place: int) -> Outcome:
    return Outcome(
        id=view.word("id"),
        kind=_kind(view, order, place),
        to=view.word("to"),
        title=view.text("title"),
        hold=view.duration("hold"),
        when=view.condition("when"),
        requires=view.words("requires"),
        roles=view.words("roles"),
        keep=view.words("keep"),
        max=view.whole("max"),
        otherwise=view.flag("otherwise"),
        skipped=_skipped(view),
        wins=view.word("wins"),
        forgets_win=view.flag("forgets_win"),
        notes=notes(view),
    )


def _kind(view: View, order: Order, place: int) -> OutcomeKind:
    to = view.word("to")
    if "hold" in view.mapping or not to:
        return "hold"
    if to in order.index:
        return _kind_of_stage(order.index[to], place, new_round=view.flag("new_round"))
    if to in order.places:
        there = order.place(to)
        return "advance" if there == place else "jump" if there > place else "loop_back"
    return "end"


def _kind_of_stage(target: int, place: int, *, new_round: bool) -> OutcomeKind:
    if new_round:
        return "new_round"
    if target > place:
        return "advance" if target == place + 1 else "jump"
    return "repeat" if target == place else "loop_back"


def jumps(track: View, track_id: str, order: Order) -> Iterator[Jump]:
    """The declared jumps of a track."""
    for view in track.views("jumps"):
        to = view.word("to")
        everything = order.before(to) if to else order.stages
        yield Jump(
            id=view.word("id"),
            track=track_id,
            origins=origins(view, everything),
            to=to,
            title=view.text("title"),
            probe=_probe(view.view("probe")),
            skipped=_skipped(view),
            when=view.condition("when"),
            requires=view.words("requires"),
            roles=view.words("roles"),
            max=view.whole("max"),
            notes=notes(view),
        )


def loops(track: View, track_id: str, order: Order) -> Iterator[Loop]:
    """The declared loops of a track."""
    for view in track.views("loops"):
        to = view.word("to")
        yield Loop(
            id=view.word("id"),
            track=track_id,
            origins=origins(view, order.from_on(to)),
            to=to,
            title=view.text("title"),
            keep=view.words("keep"),
            when=view.condition("when"),
            requires=view.words("requires"),
            roles=view.words("roles"),
            max=view.whole("max"),
            notes=notes(view),
        )


def origins(view: View, everything: tuple[str, ...]) -> tuple[str, ...]:
    """The stages that `from` names; `all` stands for `everything`."""
    return everything if isinstance(view.node("from"), Scalar) else view.words("from")


def _probe(view: View | None) -> Probe | None:
    return None if view is None else Probe(view.word("id"), view.text("question"))


def _skipped(view: View) -> Skipped:
    return cast(Skipped, view.word("skipped", "dropped"))
