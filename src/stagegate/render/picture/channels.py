"""The channels above and below the boxes of a lane: which line runs in which, and where its labels stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stagegate.render.picture import text
from stagegate.render.picture.faces import PLAIN
from stagegate.render.picture.graph import Leg, Net
from stagegate.render.picture.text import Block

_CLEAR = 5.0  # between a label and a line that passes it
_LIMITS = (132.0, 104.0, 84.0, 60.0)  # the widths a label is tried at


def depths(nets: Sequence[Net], order: Sequence[str]) -> dict[str, int]:
    """The channel of each net, from 1 next to the boxes; the shorter of two that overlap is nearer to them."""
    index = {id: at for at, id in enumerate(order)}
    spans: list[tuple[int, int, int, str]] = []
    for net in nets:
        ends = [index[net.target], *(index[leg.source] for leg in net.legs)]
        spans.append((max(ends) - min(ends), min(ends), max(ends), net.id))
    found: dict[str, int] = {}
    placed: list[tuple[int, int, str]] = []
    for _, low, high, id in sorted(spans):
        crossed = [found[other] for a, b, other in placed if _overlap(low, high, a, b)]
        found[id] = 1 + max(crossed, default=0)
        placed.append((low, high, id))
    return found


def _overlap(low: int, high: int, a: int, b: int) -> bool:
    if low == high or a == b:
        return a <= high and low <= b
    return max(low, a) < min(high, b)


@dataclass(frozen=True, slots=True)
class Placed:
    """A label over the channel of its net."""

    net: str
    leg: str
    block: Block
    left: float
    many: bool = False

    @property
    def right(self) -> float:
        return self.left + self.block.width


@dataclass(frozen=True, slots=True)
class Crowded:
    """There is no room for a label at this node; a gap of this width beside it would give it."""

    node: str
    width: float
    east: bool


@dataclass(slots=True)
class Side:
    """The nets of one side of a lane, with the x of their vertical lines."""

    nets: Sequence[Net]
    depths: Mapping[str, int]
    sources: Mapping[tuple[str, str], float]  # (net, node) -> x
    targets: Mapping[str, float]
    low: float
    high: float

    def xs(self, net: Net) -> list[float]:
        """The vertical lines of a net."""
        return [self.targets[net.id], *(self.sources[net.id, leg.source] for leg in net.legs)]

    def labels(self) -> tuple[list[Placed], list[Crowded]]:
        """A place for every label, and those that have none yet."""
        done: list[Placed] = []
        crowded: list[Crowded] = []
        for net in sorted(self.nets, key=lambda net: self.depths[net.id]):
            for leg in net.legs:
                if leg.labels:
                    found = self._label(net, leg, done)
                    if isinstance(found, Crowded):
                        crowded.append(found)
                    else:
                        done.append(found)
        return done, crowded

    def _label(self, net: Net, leg: Leg, done: Sequence[Placed]) -> Placed | Crowded:
        x = self.sources[net.id, leg.source]
        back = self.targets[net.id] < x
        room = self._room(net, x, back=back)
        least = max(text.longest(label, PLAIN) for label in leg.labels)
        narrowest = None
        for limit in _LIMITS:
            block = label_block(leg.labels, max(limit, min(least, 200.0)))
            left = self._place(block.width, room, self._obstacles(net, done), from_right=back)
            if left is not None:
                return Placed(net.id, leg.source, block, left, len(leg.labels) > 1)
            narrowest = block
        assert narrowest is not None
        return Crowded(leg.source, narrowest.width + 4 * _CLEAR, east=not back or net.target == leg.source)

    def _room(self, net: Net, x: float, *, back: bool) -> tuple[float, float]:
        """Between the line itself and the next one of its net; beside it where it goes back to its own node."""
        target = self.targets[net.id]
        if any(leg.source == net.target for leg in net.legs) and abs(target - x) < 60:
            return max(x, target), self.high
        others = [other for other in self.xs(net) if (other < x if back else other > x)]
        other = max(others) if back else min(others)
        return min(x, other), max(x, other)

    def _obstacles(self, net: Net, done: Sequence[Placed]) -> list[tuple[float, float]]:
        """What a label in the channel of this net must keep clear of."""
        depth = self.depths[net.id]
        found = [
            (x, x) for other in self.nets if other is not net and self.depths[other.id] >= depth for x in self.xs(other)
        ]
        found += [(x, x) for x in self.xs(net)]
        for other in self.nets:
            if other is not net and self.depths[other.id] == depth:
                found.append((min(self.xs(other)), max(self.xs(other))))
        return found + [(p.left, p.right) for p in done if self.depths[p.net] == depth]

    def _place(
        self, width: float, room: tuple[float, float], obstacles: Sequence[tuple[float, float]], *, from_right: bool
    ) -> float | None:
        """The left edge nearest to where the line begins, None when there is no room."""
        low, high = room[0] + _CLEAR, room[1] - _CLEAR - width
        tries = [high if from_right else low]
        tries += [a - _CLEAR - width for a, _ in obstacles] + [b + _CLEAR for _, b in obstacles]
        fits = [
            left
            for left in tries
            if low - 0.01 <= left <= high + 0.01
            and all(b + _CLEAR <= left + 0.01 or left + width <= a - _CLEAR + 0.01 for a, b in obstacles)
        ]
        return (max(fits) if from_right else min(fits)) if fits else None


def label_block(labels: Sequence[str], limit: float) -> Block:
    """The labels of one leg, one under the other."""
    blocks = [text.wrap(f"– {label}" if len(labels) > 1 else label, limit, PLAIN) for label in labels]
    return text.stack(*blocks)


def levels(nets: Sequence[Net], depths: Mapping[str, int], labels: Sequence[Placed]) -> dict[int, float]:
    """How far from the boxes each channel's line is, for labels that stand over it (below the boxes)."""
    return _levels(nets, depths, labels, above=False)


def levels_above(nets: Sequence[Net], depths: Mapping[str, int], labels: Sequence[Placed]) -> dict[int, float]:
    """The same above the boxes, where the label of a channel lies on the far side of its line."""
    return _levels(nets, depths, labels, above=True)


def _levels(
    nets: Sequence[Net], depths: Mapping[str, int], labels: Sequence[Placed], *, above: bool
) -> dict[int, float]:
    tallest: dict[int, float] = {}
    for placed in labels:
        depth = depths[placed.net]
        tallest[depth] = max(tallest.get(depth, 0.0), placed.block.height + 3)
    found: dict[int, float] = {}
    at = 6.0
    for depth in range(1, max((depths[net.id] for net in nets), default=0) + 1):
        text_height = tallest.get(depth, 0.0)
        if above:
            found[depth] = at + 8
            at = found[depth] + text_height
        else:
            found[depth] = at + max(text_height + 2, 8)
            at = found[depth] + 1
    return found


def depth_of_side(
    nets: Sequence[Net], found: Mapping[int, float], labels: Sequence[Placed], depths: Mapping[str, int]
) -> float:
    """How much room the channels above the boxes take, labels included."""
    if not nets:
        return 0.0
    far = max(found.values())
    over = [found[depths[p.net]] + p.block.height + 3 for p in labels]
    return max([far, *over]) + 4
