"""The scene written as SVG: presentation attributes only, so that it looks the same wherever it is put."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from stagegate.render.picture import glyphs
from stagegate.render.picture.scene import Band, Box, Label, Rect, Scene, Wire, Words
from stagegate.render.picture.shapes import RING, n, paths
from stagegate.render.picture.text import FONTS, clean
from stagegate.render.picture.theme import BANDS, INK, LINES, PAPER, TEXT, dashes_of, fill_of, stroke_of

_RADIUS = 7.0
_ARROW = 8.0


@dataclass(slots=True)
class _Names:
    """Ids, each used once."""

    used: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, name: str) -> str:
        name = "sg-" + re.sub(r"[^A-Za-z0-9_.-]", "_", name)
        count = self.used.get(name, 0)
        self.used[name] = count + 1
        return name if count == 0 else f"{name}-{count + 1}"


def write(scene: Scene, *, language: str) -> str:
    """The scene as a whole SVG document."""
    names = _Names()
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{n(scene.width)}" height="{n(scene.height)}" '
            f'viewBox="0 0 {n(scene.width)} {n(scene.height)}" role="img" aria-labelledby="sg-title sg-desc" '
            f'lang="{"zh-CN" if language == "zh" else "en"}" font-family="{escape(FONTS)}">'
        ),
        f'<title id="sg-title">{_text(scene.title)}</title>',
        f'<desc id="sg-desc">{_text(scene.summary or scene.title)}</desc>',
        _HATCH,
        f'<rect width="{n(scene.width)}" height="{n(scene.height)}" fill="{PAPER}"/>',
        *(part for words in scene.headings for part in _words(words)),
        *(part for band in scene.bands for part in _band(band, names)),
        *(_pair(rect) for rect in scene.pairs),
        *(part for wire in scene.wires for part in _wire(wire, names)),
        *(part for box in scene.boxes for part in _box(box, names)),
        *(part for label in scene.labels for part in _label(label, names)),
        *(glyphs.draw(glyph) for glyph in scene.glyphs),
        *(part for words in scene.words for part in _words(words)),
        "</svg>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


_HATCH = (
    '<defs><pattern id="sg-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="7" height="7" fill="#f3f4f5"/><line x1="0" y1="0" x2="0" y2="7" stroke="#c3c9d0" stroke-width="2"/>'
    "</pattern></defs>"
)


def _text(text: str) -> str:
    return escape(clean(text), quote=False)


def _words(words: Words, *, halo: bool = False) -> Iterator[str]:
    block = words.block
    colour = TEXT.get(words.tone, INK)
    weight = ' font-weight="600"' if block.bold else ""
    edge = ' stroke="#ffffff" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    anchor = "" if words.anchor == "start" else f' text-anchor="{words.anchor}"'
    for number, line in enumerate(block.lines):
        yield (
            f'<text x="{n(words.x)}" y="{n(words.baseline(number))}" font-size="{n(block.size)}" fill="{colour}"'
            f"{weight}{anchor}{edge}>{_text(line)}</text>"
        )


def _band(band: Band, names: _Names) -> Iterator[str]:
    fill, head, edge = BANDS.get(band.tone, BANDS["other"])
    r = band.rect
    yield f'<g id="{names.take(band.id)}" class="sg-band">'
    yield (
        f'<rect x="{n(r.left)}" y="{n(r.top)}" width="{n(r.right - r.left)}" height="{n(r.bottom - r.top)}" '
        f'fill="{fill}" stroke="{edge}"/>'
    )
    if band.head > r.left:
        yield (
            f'<rect x="{n(r.left)}" y="{n(r.top)}" width="{n(band.head - r.left)}" height="{n(r.bottom - r.top)}" '
            f'fill="{head}" stroke="{edge}"/>'
        )
    for words in band.words:
        yield from _words(words)
    yield "</g>"


def _pair(rect: Rect) -> str:
    return (
        f'<rect class="sg-pair" x="{n(rect.left)}" y="{n(rect.top)}" width="{n(rect.right - rect.left)}" '
        f'height="{n(rect.bottom - rect.top)}" fill="#8795a6" fill-opacity="0.16"/>'
    )


def _box(box: Box, names: _Names) -> Iterator[str]:
    yield f'<g id="{names.take(box.id)}" class="{_classes(box)}">'
    if box.tip:
        yield f"<title>{_text(box.tip)}</title>"
    if box.pending:
        ring = paths(box.outline.grown(RING), box.x, box.y)[0]
        yield f'<path d="{ring}" fill="none" stroke="#b45309" stroke-width="2.6" stroke-dasharray="7 4"/>'
    stroke, width = stroke_of(box)
    dash = dashes_of(box)
    first, *more = paths(box.outline, box.x, box.y)
    open_bracket = box.outline.shape == "bracket"
    line = ' stroke="none"' if open_bracket else f' stroke="{stroke}" stroke-width="{n(width)}"{dash}'
    yield f'<path d="{first}" fill="{fill_of(box)}"{line} stroke-linejoin="round"/>'
    inner = stroke if box.reached else "none"
    for path in more:
        yield f'<path d="{path}" fill="{inner}" stroke="{stroke}" stroke-width="{n(width)}"{dash}/>'
    for glyph in box.glyphs:
        yield glyphs.draw(glyph)
    for words in box.words:
        yield from _words(words, halo=box.state == "skipped")
    yield "</g>"


def _classes(box: Box) -> str:
    names = [f"sg-{box.kind}"]
    names += [f"sg-{box.state}"] if box.state else []
    names += [f"sg-{flag}" for flag in ("pending", "reached") if getattr(box, flag)]
    return " ".join(names)


def _label(label: Label, names: _Names) -> Iterator[str]:
    yield f'<g id="{names.take("label-" + label.id)}" class="sg-label">'
    yield from _words(label.words)
    yield "</g>"


def _wire(wire: Wire, names: _Names) -> Iterator[str]:
    colour, width, dash = LINES.get(wire.kind, LINES["flow"])
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    points = _shortened(wire.points) if wire.arrow else wire.points
    yield f'<g id="{names.take("line-" + wire.id)}" class="sg-line sg-{wire.kind}">'
    yield f'<path d="{rounded(points)}" fill="none" stroke="{colour}" stroke-width="{n(width)}"{dashes}/>'
    if wire.arrow:
        yield f'<path d="{_arrow(wire.points)}" fill="{colour}"/>'
    yield "</g>"


def _towards(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = abs(dx) + abs(dy)
    return (dx / length, dy / length) if length else (0.0, 0.0)


def _shortened(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The line without the room of its arrow."""
    (x, y), (dx, dy) = points[-1], _towards(points[-2], points[-1])
    return [*points[:-1], (x - dx * (_ARROW - 1), y - dy * (_ARROW - 1))]


def _arrow(points: Sequence[tuple[float, float]]) -> str:
    (x, y), (dx, dy) = points[-1], _towards(points[-2], points[-1])
    bx, by = x - dx * _ARROW, y - dy * _ARROW
    side = _ARROW * 0.46
    return f"M{n(x)} {n(y)}L{n(bx - dy * side)} {n(by + dx * side)}L{n(bx + dy * side)} {n(by - dx * side)}Z"


def rounded(points: Sequence[tuple[float, float]]) -> str:
    """A path through right-angled points with rounded corners."""
    path = f"M{n(points[0][0])} {n(points[0][1])}"
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        (ax, ay), (bx, by) = _towards(before, at), _towards(at, after)
        near = abs(at[0] - before[0]) + abs(at[1] - before[1])
        far = abs(after[0] - at[0]) + abs(after[1] - at[1])
        r = min(_RADIUS, near / 2, far / 2)
        path += (
            f"L{n(at[0] - ax * r)} {n(at[1] - ay * r)}Q{n(at[0])} {n(at[1])} {n(at[0] + bx * r)} {n(at[1] + by * r)}"
        )
    return path + f"L{n(points[-1][0])} {n(points[-1][1])}"
