"""How much room each node takes: its shape, the symbols at it, and where vertical lines leave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stagegate.render.picture import faces, text
from stagegate.render.picture.faces import PLAIN, SMALL, Face
from stagegate.render.picture.graph import Lane, Net, Node, Terminal
from stagegate.render.picture.highlight import Highlight, TrackHighlight
from stagegate.render.picture.scene import Words
from stagegate.render.picture.shapes import Outline, around
from stagegate.render.picture.text import Block
from stagegate.render.picture.words import word

PITCH = 15.0  # between vertical lines at one node
STEM = 16.0  # from a node to a symbol at it
_SYMBOL = 24.0
_LONGEST_END = 96.0  # of the title of an end on a stage
Shapes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A terminal with its size: symbol and text, stacked away from the node."""

    terminal: Terminal
    outline: Outline
    inside: Block | None
    texts: tuple[tuple[Block, str], ...]

    @property
    def width(self) -> float:
        """The widest part."""
        return max(self.outline.width, *(block.width for block, _ in self.texts), 0.0)

    @property
    def height(self) -> float:
        """From the node to the far end."""
        return STEM + self.outline.height + sum(block.height for block, _ in self.texts) + (4 if self.texts else 0)


@dataclass(slots=True)
class Cell:
    """A node with its size, and the offsets of everything that leaves it upwards or downwards."""

    node: Node
    face: Face
    below: tuple[tuple[Block, str], ...] = ()  # text under a symbol
    ports: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])  # (net, in or out)
    symbols: list[tuple[Symbol, float]] = field(default_factory=list[tuple[Symbol, float]])
    half: float = 0.0
    shown: faces.StageFace | None = None
    content: tuple[float, float] = (0.0, 0.0)  # of a stage: width and height inside

    def stretch(self, width: float) -> None:
        """Make a stage at least this wide."""
        more = width - self.outline.width
        if self.shown is not None and more > 0.5:
            self.content = (self.content[0] + more, self.content[1])
            self.face = self.shown.face(self.outline.shape, *self.content)
            self.half = max(self.half, self.outline.width / 2)

    @property
    def outline(self) -> Outline:
        return self.face.outline

    @property
    def up(self) -> float:
        """From the centre to the top."""
        return self.outline.height / 2

    @property
    def down(self) -> float:
        """From the centre to the bottom, text below included."""
        return self.outline.height / 2 + (4 + sum(b.height for b, _ in self.below) if self.below else 0)


def symbol_outline(shape: str) -> Outline:
    """A small symbol without text in it."""
    if shape in ("circle", "double_circle", "diamond", "triangle"):
        return Outline(shape, _SYMBOL, _SYMBOL)
    return Outline(shape, _SYMBOL * 1.5, _SYMBOL * 0.9)


def stage_width(lanes: Iterable[Lane], shown: Mapping[str, faces.StageFace]) -> float:
    """One width for the content of all stages: the least at which few titles take more than three lines."""
    many = max((sum(n.kind == "stage" for n in lane.nodes) for lane in lanes), default=0)
    least = 124.0 if many <= 5 else 108.0
    faces_ = list(shown.values())
    for wide in range(int(least), 173, 8):
        if all(face.least <= wide and face.lines(wide) <= 3 for face in faces_):
            return float(wide)
    return 140.0


def cells_of(lane: Lane, shown: Mapping[str, faces.StageFace], width: float, shapes: Shapes) -> dict[str, Cell]:
    """The nodes of a lane with their sizes; its stages are all equally high."""
    stages = [node for node in lane.nodes if node.kind == "stage"]
    widths = {node.id: max(width, shown[node.id].least) for node in stages}
    height = max((shown[node.id].height(widths[node.id]) for node in stages), default=0.0)
    cells: dict[str, Cell] = {}
    for node in lane.nodes:
        if node.kind == "stage":
            face = shown[node.id].face(shapes["process"], widths[node.id], height)
            cells[node.id] = Cell(node, face, shown=shown[node.id], content=(widths[node.id], height))
        elif node.kind == "decision":
            cells[node.id] = Cell(node, faces.decision(node.label, shapes["decision"]))
        else:
            cells[node.id] = _small(node, shapes)
    return cells


def _small(node: Node, shapes: Shapes) -> Cell:
    if node.kind == "link":
        block = text.wrap(node.label, 60, SMALL, bold=True)
        outline = around(shapes["link"], max(block.width + 6, 20), block.height + 8)
        return Cell(node, Face(outline, (Words(block, 0, outline.drop - block.height / 2, "middle", "link"),)))
    if node.kind == "start":
        return Cell(node, Face(_scaled(symbol_outline(shapes["start"]), 0.8)))
    caption = text.wrap(node.label, 92, PLAIN, bold=True)
    return Cell(node, Face(_scaled(symbol_outline(shapes["end"]), 1.15)), ((caption, tone_of_end(node.end_kind)),))


def _scaled(outline: Outline, by: float) -> Outline:
    return Outline(outline.shape, outline.width * by, outline.height * by)


def tone_of_end(kind: str) -> str:
    """The colour of an end."""
    return kind if kind in ("won", "lost") else "ended"


def symbol_of(terminal: Terminal, shapes: Shapes, language: str) -> Symbol:
    """A terminal with its size."""
    label = text.wrap(terminal.label, 96, PLAIN) if terminal.label else None
    texts: list[tuple[Block, str]] = [(label, "flow")] if label else []
    if terminal.kind == "start":
        return Symbol(terminal, _scaled(symbol_outline(shapes["start"]), 0.8), None, ())
    if terminal.kind == "hold":
        inside = Block((terminal.caption,), SMALL)
        return Symbol(terminal, Outline("rounded", inside.width + 32, 20), inside, tuple(texts))
    if terminal.kind == "link":
        inside = text.wrap(terminal.caption, 96, SMALL)
        outline = around(shapes["link"], inside.width + 10, inside.height + 8)
        return Symbol(terminal, outline, inside, tuple((block, terminal.end_kind) for block, _ in texts))
    texts.append((text.wrap(terminal.caption, 96, PLAIN, bold=True), tone_of_end(terminal.end_kind)))
    return Symbol(terminal, symbol_outline(shapes["end"]), None, tuple(texts))


def terminals_up(lane: Lane) -> bool:
    """Whether the symbols of a lane stand above its nodes: where fewer lines leave the nodes that have any."""
    with_symbols = {t.node for t in lane.terminals}

    def busy(*, up: bool) -> int:
        ends = [{net.target, *(leg.source for leg in net.legs)} for net in lane.nets if net.up == up]
        return sum(len(nodes & with_symbols) for nodes in ends)

    return busy(up=True) < busy(up=False)


def attach(
    cells: Mapping[str, Cell], lane: Lane, depths: Mapping[str, int], shapes: Shapes, language: str, *, symbols_up: bool
) -> None:
    """Give every line and symbol at every node its offset, and widen the nodes that need it."""
    for cell in cells.values():
        need = 0.0
        for up in (True, False):
            nets = [net for net in lane.nets if net.up == up]
            west, east = _ports(cell.node.id, nets, depths)
            own = [t for t in lane.terminals if t.node == cell.node.id] if up == symbols_up else []
            sized = [symbol_of(t, shapes, language) for t in own]
            need = max(need, _spread(cell, sized, west, east))
        wider = cell.outline.widened(need)
        if cell.shown is not None:
            cell.stretch(wider.width)
        else:
            cell.face = Face(wider, cell.face.words, cell.face.glyphs)
        text_half = max((block.width / 2 for block, _ in cell.below), default=0.0)
        symbol_half = max((abs(dx) + s.width / 2 for s, dx in cell.symbols), default=0.0)
        cell.half = max(cell.outline.width / 2, text_half, symbol_half)


Port = tuple[str, str]


def _ports(node: str, nets: Sequence[Net], depths: Mapping[str, int]) -> tuple[list[Port], list[Port]]:
    """The lines at a node on one side: those that run off to the left and those to the right, in order."""
    west: list[tuple[int, list[Port]]] = []
    east: list[tuple[int, list[Port]]] = []
    for net in nets:
        depth, out = depths[net.id], any(leg.source == node for leg in net.legs)
        into, away = (west, east) if net.up else (east, west)
        if net.target == node:  # a line back to its own node leaves it just beside its arrow
            into.append((depth, [(net.id, "out"), (net.id, "in")] if out else [(net.id, "in")]))
        elif out:
            away.append((depth, [(net.id, "out")]))
    west.sort()
    east.sort(reverse=True)
    return [port for _, ports in west for port in ports], [port for _, ports in east for port in ports]


def _spread(cell: Cell, symbols: Sequence[Symbol], west: Sequence[Port], east: Sequence[Port]) -> float:
    """Lines to the left, symbols in the middle, lines to the right; the farthest offset of a line."""
    middle = sum(s.width + 12 for s in symbols)
    if not symbols:  # the lines stand about the centre
        all_ports = [*west, *east]
        for i, port in enumerate(all_ports):
            cell.ports[port] = (i - (len(all_ports) - 1) / 2) * PITCH
        return max((abs(cell.ports[port]) for port in all_ports), default=0.0)
    for i, port in enumerate(reversed(west)):
        cell.ports[port] = -middle / 2 - (i + 0.5) * PITCH
    for i, port in enumerate(east):
        cell.ports[port] = middle / 2 + (i + 0.5) * PITCH
    at = -middle / 2
    for s in symbols:
        cell.symbols.append((s, at + (s.width + 12) / 2))
        at += s.width + 12
    lines = [abs(cell.ports[port]) for port in (*west, *east)]
    return max([*lines, *(abs(dx) for _, dx in cell.symbols)])


def phase_of(node: Node, at: TrackHighlight | None, end: str, language: str) -> str:
    """The words on the current stage; `end` is the title of the end that was reached."""
    if at is None or node.ref != at.current or not at.current:
        return ""
    if at.phase == "ended" and end and text.width(end, faces.SMALL, bold=True) <= _LONGEST_END:
        return end
    return word(at.phase, language)


def shown_stages(
    lanes: Iterable[Lane], won: Mapping[str, str], position: Highlight | None, language: str
) -> dict[str, faces.StageFace]:
    """What each stage shows."""
    found: dict[str, faces.StageFace] = {}
    end = text.clean(won.get(position.end, "").removeprefix("★ ")) if position else ""
    for lane in lanes:
        at = position.tracks.get(lane.track.id) if position else None
        for node in lane.nodes:
            if node.stage is not None:
                title = won.get(node.stage.wins, "")
                found[node.id] = faces.stage(
                    node.number, node.label, node.stage, title, phase_of(node, at, end, language), language
                )
    return found
