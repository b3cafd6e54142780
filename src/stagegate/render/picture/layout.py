"""Where everything goes: the rows of lanes, the strips under them, and the size of the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stagegate.render.picture import cells as sizes
from stagegate.render.picture import legend, rows, text
from stagegate.render.picture.faces import PLAIN, SMALL, TITLE, StageFace
from stagegate.render.picture.graph import Card, Graph, Lane, in_rows
from stagegate.render.picture.rows import Parts, Plan, Style
from stagegate.render.picture.scene import Band, Box, Glyph, Rect, Scene, Words
from stagegate.render.picture.shapes import around
from stagegate.render.picture.text import Block
from stagegate.render.picture.words import word

MARGIN = 16.0
HEAD = 112.0  # the cell of a lane's title
MOST_COLUMNS = 8  # stages side by side
MOST_WIDTH = 2150.0
_GAP_STRIP = 34.0


@dataclass(slots=True)
class _Sheet:
    """The picture as it grows downwards."""

    style: Style
    width: float
    at: float
    headings: list[Words] = field(default_factory=list[Words])
    bands: list[Band] = field(default_factory=list[Band])
    pairs: list[Rect] = field(default_factory=list[Rect])
    parts: Parts = field(default_factory=Parts)
    glyphs: list[Glyph] = field(default_factory=list[Glyph])
    words: list[Words] = field(default_factory=list[Words])

    def add(self, parts: Parts) -> None:
        self.parts.boxes += parts.boxes
        self.parts.wires += parts.wires
        self.parts.labels += parts.labels


def compose(graph: Graph, style: Style, *, title: bool) -> Scene:
    """The finished picture."""
    won = {end.id: f"★ {end.title(style.language) or end.id}" for end in style.definition.ends}
    shown = sizes.shown_stages(graph.lanes, won, style.position, style.language)
    width = sizes.stage_width(graph.lanes, shown)
    planned, right = _planned_rows(graph, shown, width, style)
    sheet = _Sheet(style, max(right + MARGIN + 14, 560.0), MARGIN)
    if title:
        _headings(sheet, graph)
    gap_row, gap_lane = _gap_lane(sheet, planned)
    for number, row in enumerate(planned):
        _row(sheet, row, graph, gap_lane if number == gap_row else -1)
    _activities(sheet, graph.activities)
    _other_ends(sheet, graph.ends)
    _legend(sheet)
    return Scene(
        math.ceil(sheet.width), math.ceil(sheet.at + 4), _named(style, graph.title), graph.summary, tuple(sheet.headings),
        tuple(sheet.bands), tuple(sheet.pairs), rows.held_off(sheet.parts), tuple(sheet.parts.boxes),
        tuple(sheet.parts.labels), tuple(sheet.glyphs), tuple(sheet.words),
    )  # fmt: skip


# -- rows


def _left() -> float:
    return MARGIN + HEAD + 18


def _planned_rows(
    graph: Graph, shown: Mapping[str, StageFace], width: float, style: Style
) -> tuple[list[list[Plan]], float]:
    """The rows with their x, and the right edge of the widest; as few as make it narrow enough."""
    columns = 1 + max((node.last for lane in graph.lanes for node in lane.nodes), default=0)
    least = math.ceil(columns / MOST_COLUMNS)
    count = least
    while True:
        cut = in_rows(graph, _breaks(graph, columns, count), style.language)
        planned = [[rows.plan(lane, shown, width, style) for lane in row] for row in cut]
        right = max((rows.arrange(row, _left()) for row in planned), default=_left())
        if right <= MOST_WIDTH or count >= columns:
            return planned, right
        count = min(columns, max(count + 1, int(count * right / MOST_WIDTH)))


def _breaks(graph: Graph, columns: int, count: int) -> tuple[int, ...]:
    """Where new rows begin, so that the rows are about equally full."""
    weights = [1.0] * columns
    for column in range(columns):
        slots = {
            node.rank for lane in graph.lanes for node in lane.nodes if node.last == column and node.kind == "decision"
        }
        weights[column] += len(slots)
    least = min(_limits(weights, count))
    breaks: list[int] = []
    full = 0.0
    for column, weight in enumerate(weights):
        begun = column - (breaks[-1] if breaks else 0)
        if column and (full + weight > least + 0.01 or begun >= MOST_COLUMNS):
            breaks.append(column)
            full = 0.0
        full += weight
    return tuple(breaks)


def _limits(weights: Sequence[float], count: int) -> Iterator[float]:
    """The fullness of rows that cuts the columns into at most that many of them."""
    limit = max(weights)
    while True:
        used, full, length = 1, 0.0, 0
        for weight in weights:
            if full + weight > limit + 0.01 or length >= MOST_COLUMNS:
                used, full, length = used + 1, 0.0, 0
            full += weight
            length += 1
        if used <= max(count, math.ceil(len(weights) / MOST_COLUMNS)):
            yield limit
            return
        limit += 1


def _row(sheet: _Sheet, row: Sequence[Plan], graph: Graph, gap_after: int) -> None:
    middles: dict[str, tuple[float, Rect]] = {}
    for number, p in enumerate(row):
        top = sheet.at
        parts = rows.finish(p, sheet.style, _left(), sheet.width - MARGIN - 10, top)
        bottom = max(parts.bottom, top + _head_height(p.lane) + 16)
        sheet.add(parts)
        sheet.bands.append(_band(p.lane, sheet.width, top, bottom, f"lane-{p.lane.track.id}"))
        middles |= {box.id: (top, box.rect) for box in parts.boxes if box.kind == "stage"}
        sheet.at = bottom
        if number == gap_after:
            _gap(sheet, row)
    for a, b in graph.pairs:
        if a in middles and b in middles:
            sheet.pairs.append(_pair(middles[a][1], middles[b][1]))
    sheet.at += 14


def _head_blocks(lane: Lane) -> tuple[Block, Block]:
    return text.wrap(lane.title, HEAD - 16, TITLE, bold=True), text.wrap(lane.tags, HEAD - 16, SMALL)


def _head_height(lane: Lane) -> float:
    return sum(block.height for block in _head_blocks(lane)) + 4


def _band(lane: Lane, width: float, top: float, bottom: float, id: str) -> Band:
    title, tags = _head_blocks(lane)
    at = (top + bottom - _head_height(lane)) / 2
    x = MARGIN + HEAD / 2
    words = (Words(title, x, at), Words(tags, x, at + title.height + 4, "middle", "muted"))
    return Band(id, lane.track.side, Rect(MARGIN, top, width - MARGIN, bottom), MARGIN + HEAD, words)


def _pair(a: Rect, b: Rect) -> Rect:
    left, right = max(a.left, b.left), min(a.right, b.right)
    if left >= right:
        left, right = min(a.left, b.left), max(a.right, b.right)
    upper, lower = (a, b) if a.top < b.top else (b, a)
    return Rect(left + 14, upper.bottom, right - 14, lower.top)


# -- the gap


def _gap_lane(sheet: _Sheet, planned: Sequence[Sequence[Plan]]) -> tuple[int, int]:
    """Row and lane after which the gap is shown: the row of the current stages, (-1, -1) for none."""
    position = sheet.style.position
    shared = [number for number, row in enumerate(planned) if len(row) > 1]
    if position is None or not position.gap or not shared:
        return (-1, -1)
    here = max(shared, key=lambda number: (sum(_current(sheet, p) in p.xs for p in planned[number]), -number))
    primary = sheet.style.definition.primary
    ids = [p.lane.track.id for p in planned[here]]
    own = ids.index(primary.id) if primary is not None and primary.id in ids else 1
    return (here, max(0, own - 1))


def _current(sheet: _Sheet, p: Plan) -> str:
    at = sheet.style.position.tracks.get(p.lane.track.id) if sheet.style.position else None
    return at.current if at else ""


def _gap(sheet: _Sheet, row: Sequence[Plan]) -> None:
    """A strip between two lanes: how far one current stage is from the other, and what is said of it."""
    position = sheet.style.position
    assert position is not None
    xs = [p.xs[_current(sheet, p)] for p in row if _current(sheet, p) in p.xs]
    block = text.wrap(position.gap, 420, PLAIN, bold=True)
    tall = max(_GAP_STRIP, block.height + 16)
    top, middle = sheet.at, sheet.at + tall / 2
    sheet.bands.append(Band("gap", "gap", Rect(MARGIN, top, sheet.width - MARGIN, top + tall), MARGIN, ()))
    centre = (min(xs) + max(xs)) / 2 if xs else _left() + block.width / 2 + 12
    low, high = MARGIN + block.width / 2 + 16, sheet.width - MARGIN - block.width / 2 - 16
    centre = min(max(centre, low), max(low, high))
    half = block.width / 2 + 10
    if len(xs) > 1 and max(xs) - min(xs) > 2:
        sheet.glyphs.append(Glyph("span", (min(xs) + max(xs)) / 2, middle, max(xs) - min(xs), tall - 12, "current"))
    sheet.glyphs.append(Glyph("pill", centre, middle, 2 * half, block.height + 8, "current"))
    sheet.words.append(Words(block, centre, middle - block.height / 2, "middle", "current"))
    sheet.at += tall


# -- strips


def _headings(sheet: _Sheet, graph: Graph) -> None:
    wide = sheet.width - 2 * MARGIN
    for block, tone in (
        (text.wrap(graph.title, wide, 20, bold=True), "ink"),
        (text.wrap(_named(sheet.style, graph.about), wide, PLAIN), "muted"),
    ):
        sheet.headings.append(Words(block, MARGIN, sheet.at, "start", tone))
        sheet.at += block.height
    sheet.at += 10


def _named(style: Style, words: str) -> str:
    """The words and the name of the case that is shown."""
    case = text.clean(style.position.case) if style.position else ""
    return f"{words} · {case}" if case else words


def _strip(sheet: _Sheet, id: str, name: str, cards: Sequence[Card], shape: str) -> None:
    """A strip of cards with its title at the left."""
    if not cards:
        return
    top = sheet.at
    boxes, bottom = _cards(sheet, cards, shape, _left(), top + 12)
    title = text.wrap(name, HEAD - 16, TITLE, bold=True)
    bottom = max(bottom + 12, top + title.height + 16)
    words = (Words(title, MARGIN + HEAD / 2, (top + bottom - title.height) / 2),)
    sheet.bands.append(Band(id, "strip", Rect(MARGIN, top, sheet.width - MARGIN, bottom), MARGIN + HEAD, words))
    sheet.parts.boxes += boxes
    sheet.at = bottom + 14


def _cards(sheet: _Sheet, cards: Sequence[Card], shape: str, left: float, top: float) -> tuple[list[Box], float]:
    make = _end_card if shape else _activity_card
    right = sheet.width - MARGIN - 12
    rows_: list[list[tuple[Box, float, float]]] = [[]]
    at = left
    for made in (make(sheet, card, shape) for card in cards):
        if rows_[-1] and at + made[1] > right:
            rows_.append([])
            at = left
        rows_[-1].append(made)
        at += made[1] + 20
    boxes: list[Box] = []
    for row in rows_:
        at, tallest = left, max(tall for _, _, tall in row)
        for box, wide, tall in row:
            boxes.append(_shifted(box, at, top + (tallest - tall) / 2))
            at += wide + 20
        top += tallest + 10
    return boxes, top - 10


def _shifted(box: Box, dx: float, dy: float) -> Box:
    words = tuple(w.moved(dx, dy) for w in box.words)
    return Box(
        box.id, box.kind, box.outline, box.x + dx, box.y + dy, box.tone, words, box.glyphs, box.tip, box.ref, box.dashed,
        reached=box.reached,
    )  # fmt: skip


def _activity_card(sheet: _Sheet, card: Card, shape: str) -> tuple[Box, float, float]:
    title = text.wrap(card.title, 150, TITLE, bold=True)
    under = text.wrap(card.under, 150, SMALL)
    outline = around("rounded", max(title.width, under.width) + 24, title.height + under.height + 14)
    x, y = outline.width / 2, outline.height / 2
    words = (Words(title, x, 7), Words(under, x, 7 + title.height, "middle", "muted"))
    return (
        Box(card.id, "activity", outline, x, y, "activity", words, (), card.tip, dashed=card.standing),
        outline.width,
        outline.height,
    )


def _end_card(sheet: _Sheet, card: Card, shape: str) -> tuple[Box, float, float]:
    symbol = sizes.symbol_outline(shape)
    title = text.wrap(card.title, 190, PLAIN + 0.5, bold=True)
    under = text.wrap(card.under, 190, SMALL)
    tall = max(symbol.height, title.height + under.height)
    at = symbol.width + 8
    top = (tall - title.height - under.height) / 2
    tone = sizes.tone_of_end(card.kind)
    words = (Words(title, at, top, "start", tone), Words(under, at, top + title.height, "start", "muted"))
    position = sheet.style.position
    id = card.id.removeprefix("end-")
    box = Box(
        card.id, "end", symbol, symbol.width / 2, tall / 2, tone, words, (), card.tip, id,
        reached=position is not None and position.end == id and not _filled(sheet, id),
    )  # fmt: skip
    return box, at + max(title.width, under.width), tall


def _filled(sheet: _Sheet, end: str) -> bool:
    """Whether a symbol in a lane already shows that this end was reached."""
    return any(box.reached and box.ref == end for box in sheet.parts.boxes)


def _activities(sheet: _Sheet, cards: Sequence[Card]) -> None:
    _strip(sheet, "activities", word("activities", sheet.style.language), cards, "")


def _other_ends(sheet: _Sheet, cards: Sequence[Card]) -> None:
    _strip(sheet, "ends", word("other_ends", sheet.style.language), cards, sheet.style.shapes["end"])


def _legend(sheet: _Sheet) -> None:
    at = MARGIN
    for name, glyph, said, tone in legend.entries(sheet.style, sheet.parts, bool(sheet.pairs)):
        block = Block((said,), SMALL)
        wide = glyph + 7 + block.width + 18
        if at > MARGIN and at + wide > sheet.width - MARGIN:
            at, sheet.at = MARGIN, sheet.at + 19
        sheet.glyphs.append(Glyph(name, at + glyph / 2, sheet.at + 8, glyph, 10, tone))
        sheet.words.append(Words(block, at + glyph + 7, sheet.at + 8 - block.height / 2, "start", "muted"))
        at += wide
    sheet.at += 20
