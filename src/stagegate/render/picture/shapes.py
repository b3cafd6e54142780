"""The shapes of elements: how big one is around its content, where lines meet it, and its outline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

# Element -> shape where neither the process nor the caller says otherwise.
DEFAULTS: Mapping[str, str] = {
    "start": "circle",
    "end": "double_circle",
    "decision": "diamond",
    "process": "rectangle",
    "link": "arrow",
    "data_store": "parallelogram",
    "annotation": "text_box",
}
SHAPES = (
    "circle", "double_circle", "diamond", "triangle", "rectangle", "rounded", "parallelogram", "arrow", "text_box",
    "bracket",
)  # fmt: skip
RING = 5.0  # from a shape to the ring around it while it is pending
_SLANT = 12.0  # of a parallelogram and of an arrow's head
_RING = 3.5  # between the two circles of a double circle


@dataclass(frozen=True, slots=True)
class Outline:
    """A shape of a size, its centre at (0, 0)."""

    shape: str
    width: float
    height: float

    def rise(self, dx: float, *, up: bool) -> float:
        """How far above (or below) the centre line the outline is at dx."""
        half, tall = self.width / 2, self.height / 2
        share = min(1.0, abs(dx) / half) if half else 0.0
        if self.shape == "diamond":
            return tall * (1 - share)
        if self.shape in ("circle", "double_circle"):
            return tall * math.sqrt(1 - share * share)
        if self.shape == "triangle" and up:
            return tall - self.height * share
        return tall

    @property
    def left(self) -> float:
        """How far left of the centre the outline is on the centre line."""
        if self.shape == "triangle":
            return self.width / 4
        return self.width / 2 - (_SLANT / 2 if self.shape == "parallelogram" else 0)

    @property
    def right(self) -> float:
        """How far right of the centre the outline is on the centre line."""
        return self.left

    @property
    def usable(self) -> float:
        """How far from the centre a vertical line may still meet the shape."""
        if self.shape in ("parallelogram", "arrow"):
            return self.width / 2 - _SLANT - 4
        if self.shape == "triangle":
            return self.width / 2 * 0.6
        return self.width / 2 - (6 if self.shape in ("rectangle", "rounded", "text_box", "bracket") else 10)

    @property
    def drop(self) -> float:
        """How far below the centre of the shape the centre of its content is."""
        return self.height * 0.2 if self.shape == "triangle" else 0.0

    def widened(self, usable: float) -> Outline:
        """The same shape, wide enough for lines that far from the centre."""
        if usable <= self.usable:
            return self
        if self.shape == "triangle":
            return Outline(self.shape, usable / 0.3, self.height)
        return Outline(self.shape, self.width + 2 * (usable - self.usable), self.height)

    def grown(self, by: float) -> Outline:
        """The same shape, larger all round."""
        if self.shape in ("diamond", "triangle"):
            slope = math.hypot(self.width, self.height)
            return Outline(
                self.shape, self.width + 2 * by * slope / self.height, self.height + 2 * by * slope / self.width
            )
        return Outline(self.shape, self.width + 2 * by, self.height + 2 * by)


def around(shape: str, width: float, height: float) -> Outline:
    """The shape around a rectangle of content."""
    if shape == "diamond":
        return Outline(shape, width * 2, height * 2)
    if shape == "triangle":
        return Outline(shape, width * 1.75, height * 2.35)
    if shape in ("circle", "double_circle"):
        ring = _RING * 2 if shape == "double_circle" else 0
        return Outline(shape, width * 1.42 + ring, height * 1.42 + ring)
    if shape in ("parallelogram", "arrow"):
        return Outline(shape, width + 2 * _SLANT, height)
    return Outline(shape, width, height)


def paths(outline: Outline, x: float, y: float) -> tuple[str, ...]:
    """The outline about (x, y) as SVG path data: first what is filled, then lines within."""
    a, b = outline.width / 2, outline.height / 2
    if outline.shape in ("circle", "double_circle"):
        rings = [(a, b)] + ([(a - _RING, b - _RING)] if outline.shape == "double_circle" else [])
        return tuple(_ellipse(x, y, *ring) for ring in rings)
    if outline.shape in ("rectangle", "rounded"):
        return (_rounded(x - a, y - b, 2 * a, 2 * b, min(b, 3.0 if outline.shape == "rectangle" else 12.0)),)
    if outline.shape == "bracket":
        side = f"M{n(x - a + 8)} {n(y - b)}H{n(x - a)}V{n(y + b)}H{n(x - a + 8)}"
        return (_polygon([(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)]), side)
    return (_polygon([(x + dx, y + dy) for dx, dy in _corners(outline.shape, a, b)]),)


def _corners(shape: str, a: float, b: float) -> list[tuple[float, float]]:
    if shape == "diamond":
        return [(-a, 0), (0, -b), (a, 0), (0, b)]
    if shape == "triangle":
        return [(-a, b), (0, -b), (a, b)]
    if shape == "parallelogram":
        return [(-a + _SLANT, -b), (a, -b), (a - _SLANT, b), (-a, b)]
    if shape == "arrow":
        return [(-a, -b), (a - _SLANT, -b), (a, 0), (a - _SLANT, b), (-a, b)]
    return [(-a, -b), (a, -b), (a, b), (-a, b)]


def n(value: float) -> str:
    """A coordinate: two decimals at most."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _polygon(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points) + "Z"


def _ellipse(x: float, y: float, a: float, b: float) -> str:
    a, b = max(a, 0.5), max(b, 0.5)
    return f"M{n(x - a)} {n(y)}A{n(a)} {n(b)} 0 1 1 {n(x + a)} {n(y)}A{n(a)} {n(b)} 0 1 1 {n(x - a)} {n(y)}Z"


def _rounded(x: float, y: float, w: float, h: float, r: float) -> str:
    return (
        f"M{n(x + r)} {n(y)}H{n(x + w - r)}a{n(r)} {n(r)} 0 0 1 {n(r)} {n(r)}V{n(y + h - r)}"
        f"a{n(r)} {n(r)} 0 0 1 {n(-r)} {n(r)}H{n(x + r)}a{n(r)} {n(r)} 0 0 1 {n(-r)} {n(-r)}V{n(y + r)}"
        f"a{n(r)} {n(r)} 0 0 1 {n(r)} {n(-r)}Z"
    )
