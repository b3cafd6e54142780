"""What the picture consists of once everything has its place; the tests look at this, the writer writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stagegate.render.picture.shapes import Outline
from stagegate.render.picture.text import Block

Anchor = Literal["start", "middle", "end"]
State = Literal["", "passed", "current", "skipped"]
_ASCENT = 0.86  # of a line of text over its size, for boxes around it


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rect, slack: float = 0.0) -> bool:
        """Whether the two share more than the slack."""
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.bottom - slack
            and other.top < self.bottom - slack
        )

    def holds(self, other: Rect, slack: float = 0.5) -> bool:
        """Whether the other lies within."""
        return (
            self.left <= other.left + slack
            and self.top <= other.top + slack
            and self.right >= other.right - slack
            and self.bottom >= other.bottom - slack
        )


@dataclass(frozen=True, slots=True)
class Words:
    """Lines of text: `x` is where they start, their middle or their end, `top` the top of the first."""

    block: Block
    x: float
    top: float
    anchor: Anchor = "middle"
    tone: str = "ink"

    @property
    def rect(self) -> Rect:
        """What they cover."""
        wide = self.block.width
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return Rect(left, self.top, left + wide, self.top + self.block.height)

    def baseline(self, line: int) -> float:
        """Where a line stands."""
        spare = self.block.pitch - self.block.size
        return self.top + line * self.block.pitch + spare / 2 + _ASCENT * self.block.size

    def moved(self, dx: float, dy: float) -> Words:
        """The same elsewhere."""
        return Words(self.block, self.x + dx, self.top + dy, self.anchor, self.tone)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A small mark about (x, y); `band` and `chip` are as wide and high as they say."""

    name: str
    x: float
    y: float
    width: float = 10.0
    height: float = 10.0
    tone: str = "muted"

    def moved(self, dx: float, dy: float) -> Glyph:
        """The same elsewhere."""
        return Glyph(self.name, self.x + dx, self.y + dy, self.width, self.height, self.tone)


@dataclass(frozen=True, slots=True)
class Box:
    """A node, a symbol or a card with all that is written in or at it."""

    id: str
    kind: str  # stage, decision, start, end, hold, link, activity, note
    outline: Outline
    x: float
    y: float
    tone: str
    words: tuple[Words, ...] = ()
    glyphs: tuple[Glyph, ...] = ()
    tip: str = ""
    ref: str = ""
    dashed: bool = False
    proposed: bool = False
    state: State = ""
    pending: bool = False
    reached: bool = False

    @property
    def rect(self) -> Rect:
        """The rectangle around the shape, without text beside it."""
        a, b = self.outline.width / 2, self.outline.height / 2
        return Rect(self.x - a, self.y - b, self.x + a, self.y + b)


@dataclass(frozen=True, slots=True)
class Wire:
    """A line with rounded corners. Wires of one net may run together."""

    id: str
    net: str
    kind: str
    points: tuple[tuple[float, float], ...]
    arrow: bool = True
    source: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What is written at a wire."""

    id: str
    words: Words


@dataclass(frozen=True, slots=True)
class Band:
    """A lane or strip: the whole and, at the left, the cell of its title."""

    id: str
    tone: str
    rect: Rect
    head: float
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """The whole picture."""

    width: float
    height: float
    title: str
    summary: str
    headings: tuple[Words, ...]
    bands: tuple[Band, ...]
    pairs: tuple[Rect, ...]
    wires: tuple[Wire, ...]
    boxes: tuple[Box, ...]
    labels: tuple[Label, ...]
    glyphs: tuple[Glyph, ...] = ()
    words: tuple[Words, ...] = ()
