"""One row of the picture: the x of every column, and a finished lane with everything at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stagegate.model import Definition
from stagegate.render.picture import cells as sizes
from stagegate.render.picture import channels, text
from stagegate.render.picture.cells import STEM, Cell, Shapes, Symbol
from stagegate.render.picture.channels import Crowded, Placed, Side
from stagegate.render.picture.faces import PLAIN, StageFace
from stagegate.render.picture.graph import Lane, Net, Node, Straight
from stagegate.render.picture.highlight import Highlight, TrackHighlight
from stagegate.render.picture.scene import Box, Glyph, Label, State, Wire, Words
from stagegate.render.picture.shapes import RING, around
from stagegate.render.picture.text import Block

GAP = 30.0  # between two nodes in a line
PAD = 14.0  # of a lane
_LABEL = 70.0  # the width of a label on a straight line
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Style:
    """What holds for the whole picture."""

    definition: Definition
    language: str
    shapes: Shapes
    position: Highlight | None


@dataclass(slots=True)
class Plan:
    """A lane of a row before its y is known."""

    lane: Lane
    cells: dict[str, Cell]
    symbols_up: bool
    depths: dict[str, int]
    extra: dict[tuple[str, bool], float] = field(default_factory=dict[tuple[str, bool], float])  # (node, east)
    xs: dict[str, float] = field(default_factory=dict[str, float])
    labels: dict[bool, list[Placed]] = field(default_factory=dict[bool, list[Placed]])

    def nets(self, *, up: bool) -> list[Net]:
        """The nets of one side."""
        return [net for net in self.lane.nets if net.up == up]


def plan(lane: Lane, shown: Mapping[str, StageFace], width: float, style: Style) -> Plan:
    """Sizes and channels of a lane."""
    order = [node.id for node in lane.nodes]
    cells = sizes.cells_of(lane, shown, width, style.shapes)
    up = sizes.terminals_up(lane)
    depths = {**channels.depths([n for n in lane.nets if n.up], order)}
    depths |= channels.depths([n for n in lane.nets if not n.up], order)
    sizes.attach(cells, lane, depths, style.shapes, style.language, symbols_up=up)
    return Plan(lane, cells, up, depths)


# -- x


def arrange(plans: Sequence[Plan], left: float) -> float:
    """Give every node of a row its x; the right edge."""
    right = _columns(plans, left)
    for _ in range(60):
        crowded = [(p, found) for p in plans for found in _labels(p, left, right)]
        if not crowded:
            break
        for p, found in crowded:
            key = (found.node, found.east)
            p.extra[key] = max(p.extra.get(key, 0.0) + 12, found.width)
        right = _columns(plans, left)
    return right


def _columns(plans: Sequence[Plan], left: float) -> float:
    keys = sorted({node.key for p in plans for node in p.lane.nodes})
    widths = dict.fromkeys(keys, 0.0)
    before = dict.fromkeys(keys, 0.0)
    after = dict.fromkeys(keys, 0.0)
    for p in plans:
        for node in p.lane.nodes:
            if node.column == node.last:
                widths[node.key] = max(widths[node.key], 2 * p.cells[node.id].half)
            after[node.key] = max(after[node.key], p.extra.get((node.id, True), 0.0))
            before[node.key] = max(before[node.key], p.extra.get((node.id, False), 0.0))
        for straight in p.lane.straights:
            if straight.label:
                key = _key(p, straight.source)
                after[key] = max(after[key], label_of(straight).width + 26)
    spans, right = _lay(keys, widths, before, after, left)
    for node, cell in [(node, p.cells[node.id]) for p in plans for node in p.lane.nodes if node.column != node.last]:
        inner = [key for key in keys if node.column <= key[0] <= node.last and key[1] == 0]
        short = 2 * cell.half - (spans[inner[-1]][1] - spans[inner[0]][0])
        if short > 0:  # a stage over several columns that are narrower together
            widths[inner[-1]] += short
            spans, right = _lay(keys, widths, before, after, left)
    for p in plans:
        for node in p.lane.nodes:
            ends = [spans[key] for key in keys if node.column <= key[0] <= node.last and key[1] == 0] or [
                spans[node.key]
            ]
            own = [spans[node.key]] if node.column == node.last else ends
            _stretch(p, node.id, own[0][0], own[-1][1])
    return right


def _lay(
    keys: Sequence[Key],
    widths: Mapping[Key, float],
    before: Mapping[Key, float],
    after: Mapping[Key, float],
    left: float,
) -> tuple[dict[Key, tuple[float, float]], float]:
    spans: dict[Key, tuple[float, float]] = {}
    at = left
    for i, key in enumerate(keys):
        gap = max(GAP, after[keys[i - 1]], before[key]) if i else before[key]
        at += gap
        spans[key] = (at, at + widths[key])
        at += widths[key]
    return spans, at + (after[keys[-1]] if keys else 0.0)


def _key(p: Plan, id: str) -> Key:
    return p.cells[id].node.key


def _stretch(p: Plan, id: str, left: float, right: float) -> None:
    cell = p.cells[id]
    p.xs[id] = (left + right) / 2
    if cell.node.column != cell.node.last:
        cell.stretch(right - left)


def label_of(straight: Straight) -> Block:
    """The label of a straight line, wrapped."""
    return text.wrap(straight.label, max(_LABEL, min(text.longest(straight.label, PLAIN), 180.0)), PLAIN)


def _labels(p: Plan, left: float, right: float) -> list[Crowded]:
    found: list[Crowded] = []
    for up in (True, False):
        p.labels[up], crowded = side_of(p, left, right, up=up).labels()
        found += crowded
    return found


def side_of(p: Plan, left: float, right: float, *, up: bool) -> Side:
    """One side of the lane with the x of all lines."""
    nets = p.nets(up=up)
    sources = {
        (n.id, leg.source): p.xs[leg.source] + p.cells[leg.source].ports[n.id, "out"] for n in nets for leg in n.legs
    }
    targets = {n.id: p.xs[n.target] + p.cells[n.target].ports[n.id, "in"] for n in nets}
    return Side(nets, p.depths, sources, targets, left, right)


# -- y and the finished parts


@dataclass(slots=True)
class Parts:
    """What one lane adds to the picture."""

    boxes: list[Box] = field(default_factory=list[Box])
    wires: list[Wire] = field(default_factory=list[Wire])
    labels: list[Label] = field(default_factory=list[Label])
    bottom: float = 0.0
    middle: float = 0.0


def finish(p: Plan, style: Style, left: float, right: float, top: float) -> Parts:
    """Everything of a lane whose top is at this y."""
    parts = Parts()
    at = _notes(p, style, left, right, top + PAD, parts)
    sides = {up: side_of(p, left, right, up=up) for up in (True, False)}
    high, low = (_levels(p, up=up) for up in (True, False))
    above = channels.depth_of_side(p.nets(up=True), high, p.labels[True], p.depths)
    symbols = max((s.height for cell in p.cells.values() for s, _ in cell.symbols), default=0.0)
    at += above + (symbols + 4 if p.symbols_up and symbols else 0)
    at += max(_label_room(p, straight) for straight in p.lane.straights) if p.lane.straights else 0
    middle = at + max(cell.up for cell in p.cells.values())
    edge = {True: at - _extra_room(p, at, middle), False: middle + max(cell.down for cell in p.cells.values())}
    base = {True: edge[True] - (symbols + 4 if p.symbols_up and symbols else 0)}
    base[False] = edge[False] + (symbols + 4 if not p.symbols_up and symbols else 0)
    at_track = style.position.tracks.get(p.lane.track.id) if style.position else None
    _nodes(p, style, at_track, middle, parts)
    _symbols(p, style, middle, edge, parts)
    _straights(p, middle, parts)
    for up, levels in ((True, high), (False, low)):
        _nets(p, sides[up], {d: base[up] + (-y if up else y) for d, y in levels.items()}, middle, parts, up=up)
    parts.middle = middle
    parts.bottom = base[False] + (max(low.values()) if low else 0) + PAD
    return parts


def _label_room(p: Plan, straight: Straight) -> float:
    """How far a label on a straight line rises above the highest node."""
    if not straight.label:
        return 0.0
    tallest = max(cell.up for cell in p.cells.values())
    return max(0.0, label_of(straight).height + 6 - tallest)


def _extra_room(p: Plan, at: float, middle: float) -> float:
    return max((_label_room(p, straight) for straight in p.lane.straights), default=0.0)


def _levels(p: Plan, *, up: bool) -> dict[int, float]:
    nets = p.nets(up=up)
    return (channels.levels_above if up else channels.levels)(nets, p.depths, p.labels[up])


def _notes(p: Plan, style: Style, left: float, right: float, top: float, parts: Parts) -> float:
    """The annotations of a lane in rows at its top; where they end."""
    at, row = left, 0.0
    for number, note in enumerate(p.lane.notes, 1):
        block = text.wrap(note, max(right - left - 60, 200), PLAIN)
        outline = around(style.shapes["annotation"], block.width + 20, block.height + 8)
        if at > left and at + outline.width > right:
            at, top, row = left, top + row + 6, 0.0
        x, y = at + outline.width / 2, top + outline.height / 2
        words = (Words(block, x, y + outline.drop - block.height / 2, "middle", "jump"),)
        parts.boxes.append(
            Box(f"note-{p.lane.track.id}-{number}", "note", outline, x, y, "jump", words, dashed=True, tip=note)
        )
        at += outline.width + 12
        row = max(row, outline.height)
    return top + row + (8 if p.lane.notes else 0)


def _nodes(p: Plan, style: Style, at: TrackHighlight | None, middle: float, parts: Parts) -> None:
    for node in p.lane.nodes:
        cell, x = p.cells[node.id], p.xs[node.id]
        words = [w.moved(x, middle) for w in cell.face.words]
        below = middle + cell.outline.height / 2 + 4
        for block, tone in cell.below:
            words.append(Words(block, x, below, "middle", tone))
            below += block.height
        tone = p.lane.track.side if node.kind == "stage" else node.kind
        parts.boxes.append(
            Box(
                node.id, node.kind, cell.outline, x, middle, sizes.tone_of_end(node.end_kind) if node.kind == "end" else tone,
                tuple(words), tuple(g.moved(x, middle) for g in cell.face.glyphs), node.tip, node.ref,
                dashed=node.stage is not None and node.stage.optional,
                proposed=_is_proposed(p, node),
                state=_state(node.ref, at) if node.kind in ("stage", "decision") else "",
                pending=at is not None and at.pending == node.ref != "" and node.kind != "start",
                reached=node.kind == "end" and style.position is not None and _reached(p, style, node.ref, node.id, ""),
            )
        )  # fmt: skip


def _is_proposed(p: Plan, node: Node) -> bool:
    """Whether a stage or decision is not described by the source: proposed, or only named there."""
    if node.stage is not None:
        return node.stage.undescribed or node.stage.notes.basis == "proposed"
    return any(d.id == node.ref and d.notes.basis == "proposed" for d in p.lane.track.decision_points)


def _state(id: str, at: TrackHighlight | None) -> State:
    if at is None:
        return ""
    if id == at.current:
        return "current"
    return "skipped" if id in at.skipped else "passed" if id in at.passed else ""


def _reached(p: Plan, style: Style, end: str, id: str, node: str) -> bool:
    """Whether this symbol is the end that was reached: of several the one where the case stood."""
    position = style.position
    if position is None or not position.end or position.end != end:
        return False
    at = position.tracks.get(p.lane.track.id)
    here = {at.current, *(d.id for d in p.lane.track.decision_points if d.place == at.current)} if at else set[str]()
    sources = {s.source for s in p.lane.straights if s.target == id} | ({node} if node else set())
    own = [t for t in p.lane.terminals if t.ref == end and t.node in here]
    inline = [s for s in p.lane.straights if s.source in here and p.cells[s.target].node.ref == end]
    if own or inline:
        return bool(sources & here)
    return not any(e.id == end and e.by_command for e in style.definition.ends)  # those are shown in their strip


def _symbols(p: Plan, style: Style, middle: float, edge: Mapping[bool, float], parts: Parts) -> None:
    up = p.symbols_up
    for id, cell in p.cells.items():
        for symbol, dx in cell.symbols:
            x = p.xs[id] + dx
            start = middle + cell.outline.rise(dx, up=up) * (-1 if up else 1)
            far = edge[up] + (-STEM if up else STEM)
            parts.boxes.append(_symbol_box(p, style, symbol, x, far, up=up))
            points = ((x, start), (x, far))
            inward = symbol.terminal.kind == "start"
            kind = symbol.terminal.end_kind if symbol.terminal.kind == "link" else "flow"
            name = symbol.terminal.id
            ends = (name, id) if inward else (id, name)
            parts.wires.append(Wire(f"{name}-line", name, kind, points[::-1] if inward else points, True, *ends))


def _symbol_box(p: Plan, style: Style, symbol: Symbol, x: float, near: float, *, up: bool) -> Box:
    """The symbol, its edge towards the node at `near`, and its texts beyond it."""
    t = symbol.terminal
    tall = symbol.outline.height
    y = near - tall / 2 if up else near + tall / 2
    words: list[Words] = []
    glyphs: list[Glyph] = []
    if symbol.inside is not None:
        shift = 7 if t.kind == "hold" else 0
        tone = "link" if t.kind == "link" else "ink"
        words.append(Words(symbol.inside, x + shift, y - symbol.inside.height / 2, "middle", tone))
    if t.kind == "hold" and symbol.inside is not None:
        glyphs.append(Glyph("pause", x - symbol.inside.width / 2 - 3, y))
    at = near - tall - 3 - sum(b.height for b, _ in symbol.texts) if up else near + tall + 3
    for block, tone in symbol.texts:
        words.append(Words(block, x, at, "middle", tone))
        at += block.height
    tone = sizes.tone_of_end(t.end_kind) if t.kind == "end" else t.kind
    reached = t.kind == "end" and _reached(p, style, t.ref, t.id, t.node)
    return Box(t.id, t.kind, symbol.outline, x, y, tone, tuple(words), tuple(glyphs), t.caption, t.ref, reached=reached)


def _straights(p: Plan, middle: float, parts: Parts) -> None:
    for s in p.lane.straights:
        a, b = p.cells[s.source], p.cells[s.target]
        left, right = p.xs[s.source] + a.outline.right, p.xs[s.target] - b.outline.left
        parts.wires.append(Wire(s.id, s.id, "flow", ((left, middle), (right, middle)), True, s.source, s.target))
        if s.label:
            block = label_of(s)
            reach = p.xs[s.source] + a.half, p.xs[s.target] - b.half
            x = sum(_beside(p, s)) / 2 if reach[1] - reach[0] > 0 else (left + right) / 2
            parts.labels.append(Label(s.id, Words(block, x - 3, middle - block.height - 3, "middle", "flow")))


def _beside(p: Plan, s: Straight) -> tuple[float, float]:
    """The room of a label: next to the node it leaves."""
    left = p.xs[s.source] + p.cells[s.source].outline.right
    right = p.xs[s.target] - p.cells[s.target].outline.left
    return left, min(right, left + label_of(s).width + 60)


def _nets(p: Plan, side: Side, y: Mapping[int, float], middle: float, parts: Parts, *, up: bool) -> None:
    for net in side.nets:
        level = y[p.depths[net.id]]
        target = side.targets[net.id]
        end = middle + p.cells[net.target].outline.rise(p.cells[net.target].ports[net.id, "in"], up=up) * (
            -1 if up else 1
        )
        legs = sorted(net.legs, key=lambda leg: -abs(side.sources[net.id, leg.source] - target))
        for number, leg in enumerate(legs):
            x = side.sources[net.id, leg.source]
            offset = p.cells[leg.source].ports[net.id, "out"]
            start = middle + p.cells[leg.source].outline.rise(offset, up=up) * (-1 if up else 1)
            towards = 9 if target > x else -9
            points = (
                ((x, start), (x, level), (target, level), (target, end))
                if number == 0
                else ((x, start), (x, level), (x + towards, level))
            )
            parts.wires.append(
                Wire(f"{net.id}-{leg.source}", net.id, net.kind, points, number == 0, leg.source, net.target)
            )
    for placed in p.labels[up]:
        kind = next(net.kind for net in side.nets if net.id == placed.net)
        top = y[p.depths[placed.net]] - placed.block.height - 2
        words = Words(placed.block, placed.left + placed.block.width / 2, top, "middle", kind)
        if placed.many:
            words = Words(placed.block, placed.left, top, "start", kind)
        parts.labels.append(Label(f"{placed.net}-{placed.leg}", words))


# -- lines to what is pending


def held_off(parts: Parts) -> tuple[Wire, ...]:
    """The lines, those with an arrow to a pending shape ending outside the ring around it."""
    pending = {box.id: box for box in parts.boxes if box.pending}
    return tuple(
        _shorter(wire, pending[wire.target]) if wire.arrow and wire.target in pending else wire for wire in parts.wires
    )


def _shorter(wire: Wire, box: Box) -> Wire:
    (ax, ay), (x, y) = wire.points[-2:]
    ring = box.outline.grown(RING)
    if ax == x:
        up = y < box.y
        by = ring.rise(x - box.x, up=up) - box.outline.rise(x - box.x, up=up)
    else:
        by = ring.left - box.outline.left
    by = min(by + 1.5, max(0.0, abs(ax - x) + abs(ay - y) - 9))
    end = (x, y + by if ay > y else y - by) if ax == x else (x + by if ax > x else x - by, y)
    return replace(wire, points=(*wire.points[:-1], end))
