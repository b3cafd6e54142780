"""What there is to draw: lanes of nodes, and the lines between them, before anything has a place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from stagegate.model import Activity, DecisionPoint, Definition, End, Outcome, Stage, Track
from stagegate.render.picture import columns
from stagegate.render.picture.words import at_most, duration, readable, word

NodeKind = Literal["stage", "decision", "start", "end", "link"]
NetKind = Literal["next", "jump", "loop", "cycle"]
WayKind = Literal["flow", "next", "jump", "loop", "cycle"]
_INLINE_END, _LINK_OUT, _LINK_IN, _START = 80, 90, -20, -10  # the rank of a node beside its stage's column


@dataclass(frozen=True, slots=True)
class Node:
    """Something that stands in a lane: `column` and `rank` order it, `last` is the column it reaches to."""

    id: str
    kind: NodeKind
    column: int
    rank: int
    last: int
    label: str = ""
    ref: str = ""  # the stage, decision point or end it stands for
    tip: str = ""
    number: int = 0
    stage: Stage | None = None
    end_kind: str = ""

    @property
    def key(self) -> tuple[int, int]:
        """The slot of the grid."""
        return (self.column, self.rank)


@dataclass(frozen=True, slots=True)
class Straight:
    """A line to the next node of the lane."""

    id: str
    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One way into a net, with what is written at it."""

    source: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Net:
    """Lines to one target that share a channel above or below the boxes."""

    id: str
    kind: NetKind
    target: str
    legs: tuple[Leg, ...]

    @property
    def up(self) -> bool:
        """Whether its channel is above the boxes."""
        return self.kind in ("next", "jump")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A small symbol at a node: an end, a hold, a start, or a link to another row."""

    id: str
    node: str
    kind: Literal["end", "hold", "start", "link"]
    label: str = ""  # how one gets there
    caption: str = ""  # what is there
    ref: str = ""
    end_kind: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One track, or the part of it that stands in one row."""

    track: Track
    title: str
    tags: str
    nodes: tuple[Node, ...]
    straights: tuple[Straight, ...] = ()
    nets: tuple[Net, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A box in the strip of activities, or an end that no line leads to."""

    id: str
    title: str
    under: str = ""
    tip: str = ""
    kind: str = ""  # of an end
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """All that is to be drawn."""

    title: str
    about: str
    summary: str
    lanes: tuple[Lane, ...]
    pairs: tuple[tuple[str, str], ...]
    activities: tuple[Card, ...]
    ends: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way from a node to another of the same lane."""

    id: str
    source: str
    target: str
    kind: WayKind
    label: str = ""


@dataclass(slots=True)
class _Builder:
    """Builds the lane of one track."""

    definition: Definition
    track: Track
    language: str
    spans: Mapping[str, columns.Span]
    nodes: list[Node] = field(default_factory=list[Node])
    ways: list[_Way] = field(default_factory=list[_Way])
    terminals: list[Terminal] = field(default_factory=list[Terminal])
    notes: list[str] = field(default_factory=list[str])
    inline: list[Straight] = field(default_factory=list[Straight])

    def lane(self) -> Lane:
        self._place_nodes()
        for index, stage in enumerate(self.track.stages):
            self._leave_stage(index, stage)
        for point in self.track.decision_points:
            for outcome in point.outcomes:
                self._outcome(point, outcome)
        self._moves()
        straights, rest = self._straight(self.ways)
        self._starts({s.target for s in straights})
        self.nodes.sort(key=lambda node: node.key)
        words = [word(self.track.side, self.language)]
        words += [word("observed", self.language)] if self.track.observed else []
        words += [word("manual", self.language)] if self.track.manual else []
        words += [word("proposed", self.language)] if self.track.notes.basis == "proposed" else []
        title = readable(self.track.title(self.language), self.track.id)
        return Lane(
            self.track, title, word("comma", self.language).join(words), tuple(self.nodes),
            (*self.inline, *straights), tuple(_nets(rest)), tuple(self.terminals), tuple(self.notes),
        )  # fmt: skip

    # -- nodes

    def _place_nodes(self) -> None:
        for number, stage in enumerate(self.track.stages, 1):
            first, last = self.spans[stage.id]
            label = readable(stage.title(self.language), stage.id)
            tip = stage.definition(self.language) or label
            self.nodes.append(Node(stage.id, "stage", first, 0, last, label, stage.id, tip, number, stage))
            for rank, point in enumerate(self._points(stage.id), 1):
                self.nodes.append(self._decision(point, last, rank))

    def _points(self, stage: str) -> list[DecisionPoint]:
        """The decision points that stand here, the one after the stage first."""
        known = {s.id for s in self.track.stages}
        final = self.track.stages[-1].id
        here = [p for p in self.track.decision_points if (p.place if p.place in known else final) == stage]
        return sorted(here, key=lambda point: point.after != stage)

    def _decision(self, point: DecisionPoint, column: int, rank: int) -> Node:
        question = point.question(self.language)
        label = readable(point.title(self.language) or question, point.id)
        return Node(point.id, "decision", column, rank, column, label, point.id, question or label)

    def _node(self, id: str) -> Node | None:
        return next((node for node in self.nodes if node.id == id), None)

    # -- ways out of stages

    def _leave_stage(self, index: int, stage: Stage) -> None:
        after = next((p for p in self.track.decision_points if p.after == stage.id), None)
        following = self.track.stages[index + 1].id if index + 1 < len(self.track.stages) else ""
        target = stage.completes or (after.id if after else "") or stage.next or following
        if self._end(target):
            self._to_end(f"{stage.id}-out", stage.id, target, "")
        elif self._node(target) is not None:
            kind: WayKind = "next" if stage.next and target == stage.next else "flow"
            self.ways.append(_Way(f"{stage.id}-out", stage.id, target, kind))
        elif self.track.cycle:
            first = self.track.closing.to or self.track.stages[0].id
            self.ways.append(_Way(f"{stage.id}-cycle", stage.id, first, "cycle", word("cycle", self.language)))
        elif not target and self.track is self.definition.primary:
            self._to_end(f"{stage.id}-out", stage.id, self._default_end(), "")

    def _default_end(self) -> str:
        wins = [stage.wins for stage in self.track.stages if stage.wins]
        wins += [o.wins for point in self.track.decision_points for o in point.outcomes if o.wins]
        won = [end.id for end in self.definition.ends if end.kind == "won"]
        return (wins or (won if len(won) == 1 else [""]))[0]

    def _end(self, id: str) -> End | None:
        return next((end for end in self.definition.ends if end.id == id), None)

    def _to_end(self, id: str, source: str, end_id: str, label: str) -> None:
        """To an end: in the line of the lane if it is its last node's first, else a symbol at the node."""
        end = self._end(end_id)
        caption = readable(end.title(self.language), end.id) if end else word("completed", self.language)
        kind = end.kind if end else "completed"
        last = max((node for node in self.nodes if node.rank < _INLINE_END), key=lambda node: node.key)
        if last.id == source and not self.inline and self._wants_line(source, end_id):
            node = Node(f"end-{id}", "end", last.last, _INLINE_END, last.last, caption, end_id, caption, end_kind=kind)
            self.nodes.append(node)
            self.inline.append(Straight(id, source, node.id, label))
        else:
            label = "" if label == caption else label
            self.terminals.append(Terminal(f"end-{id}", source, "end", label, caption, end_id, kind))

    def _wants_line(self, source: str, end_id: str) -> bool:
        """Of several ends of the last decision point the won one stands in the line, else the first."""
        point = next((p for p in self.track.decision_points if p.id == source), None)
        if point is None:
            return True
        ends = [end for outcome in point.outcomes if (end := self._end(outcome.to))]
        return next((end for end in ends if end.kind == "won"), ends[0]).id == end_id

    # -- ways out of decision points, jumps and loops

    def _outcome(self, point: DecisionPoint, outcome: Outcome) -> None:
        id = f"{point.id}-{outcome.id}"
        label = readable(outcome.title(self.language), outcome.id) + at_most(outcome.max, self.language)
        won = self._end(outcome.wins)
        if won is not None:
            label += f" ★ {readable(won.title(self.language), won.id)}"
        if self._end(outcome.to):
            self._to_end(id, point.id, outcome.to, label)
        elif self._node(outcome.to) is not None:
            back = outcome.kind in ("loop_back", "repeat") or self._index(outcome.to) <= self._index(point.id)
            kind: WayKind = (
                "cycle"
                if outcome.kind == "new_round"
                else "loop"
                if back
                else "jump"
                if outcome.kind == "jump"
                else "flow"
            )
            self.ways.append(_Way(id, point.id, outcome.to, kind, label))
        else:
            wait = duration(outcome.hold, self.language) if outcome.hold else word("hold", self.language)
            self.terminals.append(Terminal(f"hold-{id}", point.id, "hold", label, wait))

    def _moves(self) -> None:
        for jump in self.track.jumps:
            label = readable(jump.title(self.language), jump.id) + at_most(jump.max, self.language)
            if not jump.to:
                self.notes.append(self._any_later(jump.origins, label))
                continue
            self.ways += [
                _Way(jump.id, origin, jump.to, "jump", label) for origin in self._known(jump.origins, jump.to)
            ]
        for loop in self.track.loops:
            label = readable(loop.title(self.language), loop.id) + at_most(loop.max, self.language)
            self.ways += [
                _Way(loop.id, origin, loop.to, "loop", label) for origin in self._known(loop.origins, loop.to)
            ]

    def _known(self, origins: tuple[str, ...], target: str) -> list[str]:
        return [id for id in origins if self._node(id) and self._node(target)]

    def _any_later(self, origins: tuple[str, ...], label: str) -> str:
        numbers = {stage.id: number for number, stage in enumerate(self.track.stages, 1)}
        some = [str(numbers[id]) for id in origins if id in numbers]
        every = len(some) >= len(numbers) - 1
        where = word("any_stage", self.language) if every else ", ".join(some)
        return f"{label}: {where} → {word('any_later', self.language)}"

    # -- lines

    def _index(self, id: str) -> tuple[int, int]:
        node = self._node(id)
        return node.key if node else (-1, -1)

    def _straight(self, ways: list[_Way]) -> tuple[list[Straight], list[_Way]]:
        """The ways that run straight to the next node, and the others."""
        order = [node.id for node in self.nodes if node.kind in ("stage", "decision")]
        follows = dict(itertools.pairwise(order))
        straights: list[Straight] = []
        taken: set[str] = set()
        rest: list[_Way] = []
        for way in ways:
            if way.kind in ("flow", "next") and follows.get(way.source) == way.target and way.source not in taken:
                taken.add(way.source)
                straights.append(Straight(way.id, way.source, way.target, way.label))
            else:
                rest.append(self._directed(way))
        return straights, rest

    def _directed(self, way: _Way) -> _Way:
        """The way with the kind that its direction asks for."""
        ahead = self._index(way.target) > self._index(way.source)
        kind: WayKind = way.kind
        if ahead and kind in ("flow", "loop", "cycle"):
            kind = "next"
        elif not ahead and kind in ("flow", "next", "jump"):
            kind = "loop"
        return _Way(way.id, way.source, way.target, kind, way.label)

    def _starts(self, reached: set[str]) -> None:
        """A start symbol before each start stage: in the line where it is free, else at the stage."""
        starts = [stage.id for stage in self.track.stages if stage.start] or [self.track.stages[0].id]
        for stage in starts:
            if stage in reached:
                self.terminals.append(Terminal(f"start-{stage}", stage, "start"))
                continue
            at = self.spans[stage][0]
            self.nodes.append(Node(f"start-{stage}", "start", at, _START, at, ref=stage))
            self.inline.append(Straight(f"start-{stage}-out", f"start-{stage}", stage))


def _nets(ways: list[_Way]) -> Iterator[Net]:
    """The ways that share a channel: those of one loop or jump, and single ones with the same target."""
    count: dict[str, int] = {}
    for way in ways:
        count[way.id] = count.get(way.id, 0) + 1
    groups: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for way in ways:
        own = way.id if count[way.id] > 1 else ""
        labels = groups.setdefault((way.kind, way.target, own), {}).setdefault(way.source, [])
        labels += [way.label] if way.label else []
    for (kind, target, own), legs in groups.items():
        found = [Leg(source, tuple(labels)) for source, labels in legs.items()]
        if own:  # one label is enough for the many legs of one loop or jump
            found = [Leg(leg.source, leg.labels if i == 0 else ()) for i, leg in enumerate(found)]
        yield Net(f"{kind}-{own or target}", _NET[kind], target, tuple(found))


_NET: Mapping[str, NetKind] = {"next": "next", "jump": "jump", "loop": "loop", "cycle": "cycle", "flow": "next"}


def build(definition: Definition, language: str) -> Graph:
    """The graph of a process in one language."""
    tracks = [track for track in definition.tracks if track.stages]
    spans = columns.place(tracks)
    lanes = tuple(_Builder(definition, track, language, spans).lane() for track in tracks)
    return Graph(
        readable(definition.title(language), definition.name.replace("-", " ")),
        f"{definition.name} {definition.version}",
        definition.summary(language),
        lanes,
        tuple(_pairs(definition, spans)),
        tuple(_activity(a, definition, language) for a in definition.activities),
        tuple(_other_ends(definition, lanes, language)),
    )


def _pairs(definition: Definition, spans: Mapping[str, columns.Span]) -> Iterator[tuple[str, str]]:
    for stage in definition.stages():
        yield from ((stage.id, other) for other in stage.pairs_with if other in spans)


def _activity(activity: Activity, definition: Definition, language: str) -> Card:
    numbers = {s.id: str(i) for track in definition.tracks for i, s in enumerate(track.stages, 1)}
    some = [numbers[id] for id in activity.origins if id in numbers]
    where = ", ".join(some) if some and len(some) < len(numbers) else word("any_stage", language)
    under = [f"{word('from', language)} {where}" if language != "zh" or where == ", ".join(some) else where]
    under += [word("blocks", language)] if activity.blocks else []
    under = [word("standing", language)] if activity.standing else under
    title = readable(activity.title(language), activity.id)
    tip = activity.definition(language) or title
    return Card(f"activity-{activity.id}", title, word("comma", language).join(under), tip, standing=activity.standing)


def _other_ends(definition: Definition, lanes: tuple[Lane, ...], language: str) -> Iterator[Card]:
    """The ends that no line leads to, or that may be chosen at any time."""
    drawn = {t.ref for lane in lanes for t in lane.terminals if t.kind == "end"}
    drawn |= {node.ref for lane in lanes for node in lane.nodes if node.kind == "end"}
    for end in definition.ends:
        if end.by_command or end.id not in drawn:
            title = readable(end.title(language), end.id)
            under = word(_when(end), language) if end.by_command else ""
            yield Card(f"end-{end.id}", title, under, title, kind=end.kind)


def _when(end: End) -> str:
    """The words for when a person may declare an end."""
    if end.when is not None or end.requires or end.roles:
        return "guarded"
    return "in_stages" if end.origins else "by_command"


# -- rows


def in_rows(graph: Graph, breaks: tuple[int, ...], language: str) -> tuple[tuple[Lane, ...], ...]:
    """The lanes cut into rows: a new row begins at each column of `breaks`."""
    edges = (0, *breaks, 10**9)
    rows = itertools.pairwise(edges)
    cut = [tuple(_part(lane, low, high, language) for lane in graph.lanes) for low, high in rows]
    return tuple(tuple(lane for lane in row if lane.nodes) for row in cut)


def _part(lane: Lane, low: int, high: int, language: str) -> Lane:
    here = {node.id: node for node in lane.nodes if low <= node.column < high}
    known = {node.id: node for node in lane.nodes}
    nodes = [_clamped(node, high) for node in here.values()]
    straights: list[Straight] = []
    for s in lane.straights:
        if s.source in here and s.target in here:
            straights.append(s)
        elif s.source in here:
            node = here[s.source]
            link = Node(
                f"to-{s.id}",
                "link",
                min(node.last, high - 1),
                _LINK_OUT,
                min(node.last, high - 1),
                _short(known[s.target]),
            )
            nodes.append(link)
            straights.append(Straight(s.id, s.source, link.id, s.label))
        elif s.target in here:
            node = here[s.target]
            link = Node(f"from-{s.id}", "link", node.column, _LINK_IN, node.column, _short(known[s.source]))
            nodes.append(link)
            straights.append(Straight(f"{s.id}-in", link.id, s.target))
    nets, links = _cut_nets(lane, here, known)
    terminals = tuple(t for t in lane.terminals if t.node in here) + links
    nodes.sort(key=lambda node: node.key)
    notes = lane.notes if low <= min(node.column for node in lane.nodes) < high else ()
    return Lane(lane.track, lane.title, lane.tags, tuple(nodes), tuple(straights), nets, terminals, notes)


def _clamped(node: Node, high: int) -> Node:
    if node.last < high:
        return node
    return Node(
        node.id,
        node.kind,
        node.column,
        node.rank,
        high - 1,
        node.label,
        node.ref,
        node.tip,
        node.number,
        node.stage,
        node.end_kind,
    )


def _short(node: Node) -> str:
    return str(node.number) if node.number else node.label


def _cut_nets(
    lane: Lane, here: Mapping[str, Node], known: Mapping[str, Node]
) -> tuple[tuple[Net, ...], tuple[Terminal, ...]]:
    """The nets that lie in this row; ways to another row end in a link."""
    nets: list[Net] = []
    links: list[Terminal] = []
    for net in lane.nets:
        legs = tuple(leg for leg in net.legs if leg.source in here)
        if net.target in here and legs:
            nets.append(Net(net.id, net.kind, net.target, legs))
        elif legs:
            target = known[net.target]
            name = f"{target.number} {target.label}" if target.number else target.label
            labels = next((leg.labels for leg in net.legs if leg.labels), ())
            for leg in legs:
                text = "; ".join(leg.labels or labels)
                links.append(
                    Terminal(f"link-{net.id}-{leg.source}", leg.source, "link", text, name, net.target, net.kind)
                )
    return tuple(nets), tuple(links)
