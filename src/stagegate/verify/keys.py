"""The state of a case as far as a question is concerned: two snapshots with the same key have the same future.

Left out are times, texts, visits and rounds, free evidence (see `focus`), and what lies *settled* behind: the part of the way
that nothing but going back can undo, and that going back clears or leads past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stagegate.engine.parts import NOWHERE
from stagegate.engine.place import COMPLETED, IN, LEFT
from stagegate.engine.reasons import bits
from stagegate.engine.work import met_mask

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stagegate.engine.parts import StageTable, TrackTable
    from stagegate.engine.place import Place
    from stagegate.engine.snapshot import Rest, Snapshot, TrackMemory
    from stagegate.engine.tables import Tables
    from stagegate.verify.focus import Focus


def key(tables: Tables, focus: Focus, snapshot: Snapshot) -> Hashable:
    """The state a snapshot is in."""
    rest = snapshot.rest
    watched = focus.watched
    met = met_mask(tables, snapshot.done, rest) & watched if watched else 0
    dated = tuple(sorted(i for i, w in rest.waivers.items() if w.until is not None and watched >> i & 1))
    facts = tuple(rest.facts.get(name) for cluster in focus.kept for name in cluster.facts)
    counts = tuple(min(rest.counts.get(name, 0), most) for name, most in focus.counted.items())
    observed = tuple(rest.tracks[index].stage for index in focus.observed)
    tracks = tuple(track_key(tables, focus, snapshot, table) for table in tables.tracks if not table.observed)
    return (
        met, rest.waived & watched, dated, rest.lapsed & watched, rest.attached & watched,
        rest.stale & focus.stale, rest.latched & focus.stale, facts, counts, observed,
        rest.held is not None, blocking_ones(tables, rest), rest.won, which_end(focus, rest.ended), tracks,
        tuple(frozenset(rest.documents.get(i, ())) for i in bits(focus.choices)) if focus.choices else (),
    )  # fmt: skip


def blocking_ones(tables: Tables, rest: Rest) -> tuple[str, ...]:
    """The running activities that hold the case still."""
    if not rest.active:
        return ()
    return tuple(a.id for a in tables.definition.activities if a.blocks and a.id in rest.active)


def which_end(focus: Focus, end: str) -> str:
    """The end of an ended case as far as it matters."""
    return end if not end or end in focus.ends else "ended"


def track_key(tables: Tables, focus: Focus, snapshot: Snapshot, table: TrackTable) -> Hashable:
    """What matters of one earned track."""
    rest = snapshot.rest
    place, memory = snapshot.places[table.index], rest.tracks[table.index]
    if table.manual:
        return (
            place.stage,
            place.phase,
            place.pending,
            place.trail,
            *memory_from(tables, table, memory, 0, 0),
            memory.start,
        )
    folded = focus.folded[table.index]
    begin, index, behind = settled(tables, table, memory, folded)
    index = min(index, max(place.stage, 0))  # a jump may lead from the current stage to what it had led past
    is_frozen = rest.held is not None or rest.ended or blocking_ones(tables, rest)
    frozen = place.trail if is_frozen else ()
    open_part = free_part_open(focus, snapshot, table, place)
    if not focus.passable[table.index]:
        behind = behind[-1:]  # only the last stage behind can become the current one again
    over = tuple(code for code in place.trail if code in focus.completed[table.index])
    return (place.stage, place.phase, place.pending, begin, behind, open_part, over, tuple(c for c in frozen if c >= 3 * index),
            *memory_from(tables, table, memory, index, folded | focus.blind[table.index]))  # fmt: skip


def memory_from(tables: Tables, table: TrackTable, memory: TrackMemory, index: int, alike: int) -> tuple[Any, ...]:
    """The memory of a track from a stage on; of the stages `alike` it is left out whether the case landed there."""
    below = (1 << index) - 1
    places = tables.place_index
    return (
        memory.landed & ~below & ~alike,
        memory.marked & ~below,
        memory.skipped & ~below,
        tuple(sorted((k, v[1]) for k, v in memory.exits.items() if k >= index)),
        tuple(sorted((k, v) for k, v in memory.taken.items() if places(table, k) >= index)),
        tuple(sorted((k, v) for k, v in memory.defaults.items() if k >= index)),
    )


def settled(tables: Tables, table: TrackTable, memory: TrackMemory, folded: int) -> tuple[int, int, tuple[int, ...]]:
    """The first node on the way that is not settled, the index from which on the memory matters, and the trail up to there."""
    node, index, behind = memory.start, 0, list[int]()
    while node >= 0:
        if node >= table.first_decision:
            decision = table.decisions[node - table.first_decision]
            taken = memory.taken.get(node)
            if decision.automatic or taken is None:
                return node, decision.place, tuple(behind)
            index, node = decision.place + 1, taken[1]
            continue
        following = after_settled(tables, table, memory, folded, table.stages[node])
        if following is None:
            return node, node, tuple(behind)
        if not (memory.skipped & ~memory.landed) >> node & 1:
            behind.append(3 * node + (LEFT if node in memory.exits else COMPLETED))
        index, node = node + 1, following
    return node, index, tuple(behind)


def after_settled(tables: Tables, table: TrackTable, memory: TrackMemory, folded: int, stage: StageTable) -> int | None:
    """Where the way goes on from a stage that only going back can undo; None if it is another."""
    node = stage.index
    landed = (memory.landed & ~folded) >> node & 1
    if stage.stage.applies_when is not None and not landed:
        return None
    default = memory.defaults.get(node, stage.decision.node if stage.decision is not None else stage.next)
    if memory.skipped >> node & 1 and not landed:
        return default
    if stage.entry and not landed:
        return None
    left = memory.exits.get(node)
    if left is not None:
        return left[1]
    if landed and stage.entry:
        return None
    if not stage.marked:
        if stage.exit:
            return None
    elif not memory.marked >> node & 1:
        decision = stage.decision
        if decision is None or decision.automatic or decision.node not in memory.taken:
            return None
    if stage.stage.completes:
        return tables.node(table, stage.stage.completes)
    return default


def stop_gate(table: TrackTable, place: Place, memory: TrackMemory) -> int:
    """The criteria of the gate that an automatic track stands before, 0 if it stands before none."""
    if place.phase == IN:
        stage = table.stages[place.stage]
        need = 0 if stage.marked else stage.exit
        return need | (stage.entry if memory.landed >> stage.index & 1 else 0)
    if NOWHERE < place.pending < table.first_decision:
        return table.stages[place.pending].entry
    return 0


def free_part_open(focus: Focus, snapshot: Snapshot, table: TrackTable, place: Place) -> bool:
    """Whether the free criteria of the gate a track stands before are all open: then watched ones close it."""
    rest: Rest = snapshot.rest
    need = stop_gate(table, place, rest.tracks[table.index])
    return not need & focus.free & ~snapshot.passes
