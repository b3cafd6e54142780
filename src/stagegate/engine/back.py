"""Going back: loop-back, repeat, new round and reopening clear a range of stages and land (semantics 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.engine.evidence import end_waivers
from stagegate.engine.manual import arrive, enter
from stagegate.engine.parts import NOWHERE, TrackTable
from stagegate.engine.place import (
    NOT_STARTED_PHASE,
    Place,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stagegate.engine.snapshot import TrackMemory
    from stagegate.engine.work import Work


def go_back(work: Work, table: TrackTable, target: int, keep: Iterable[str], subject: str, kind: str) -> None:
    """Goes back to a stage: clears from it to the present one, and lands on it (R33)."""
    work.tell(
        "repeated" if kind == "repeat" else "looped_back",
        subject,
        track=table.track.id,
        to=table.stages[target].stage.id,
    )
    land(work, table, target, work.places[table.index].stage, keep)


def land(work: Work, table: TrackTable, target: int, origin: int, keep: Iterable[str]) -> None:
    """Clears the stages from target to origin and puts the case into the target, however it is reached."""
    clear(work, table, target, origin, keep)
    memory = work.own(table)
    memory.landed |= 1 << target
    memory.skipped &= ~(1 << target)
    lead_to(work, table, memory, target)
    trail = trail_before(work.places[table.index].trail, target)
    work.trails[table.index] = trail
    if table.manual:
        enter(work, table, target, trail)
        work.trails[table.index] = work.places[table.index].trail


def clear(work: Work, table: TrackTable, target: int, origin: int, keep: Iterable[str]) -> None:
    """Ends what was recorded from target to origin, and makes its evidence stale (semantics 6)."""
    memory = work.own(table)
    span = range(target, origin + 1)
    mask = 0
    for index in span:
        mask |= 1 << index
    for name in ("landed", "marked", "skipped", "overdue"):
        setattr(memory, name, getattr(memory, name) & ~mask)
    memory.exits = {k: v for k, v in memory.exits.items() if k not in span}
    memory.defaults = {k: v for k, v in memory.defaults.items() if k not in span}
    memory.clocks = {k: v for k, v in memory.clocks.items() if k not in span}
    first = table.first_decision
    memory.taken = {d: v for d, v in memory.taken.items() if table.decisions[d - first].place not in span}
    memory.visits = {**memory.visits, **{k: memory.visits.get(k, 0) + 1 for k in span}}
    if work.before[table.index].stage in span:  # the clock that runs is that of the stage before this command
        memory.ticking = None
    make_stale(work, table, span, keep)


def make_stale(work: Work, table: TrackTable, span: range, keep: Iterable[str]) -> None:
    """Makes the gate criteria of these stages stale, except those kept."""
    gates = 0
    for index in span:
        gates |= table.stages[index].gates
    for id in keep:
        gates &= ~(1 << work.tables.bit_of[id])
    rest = work.rest
    rest.stale |= gates & (work.done | work.tables.fact_reading)
    work.done &= ~gates
    rest.latched &= ~gates
    rest.lapsed &= ~gates
    end_waivers(work, gates)


def lead_to(work: Work, table: TrackTable, memory: TrackMemory, target: int) -> None:
    """Makes the way come by `target`: the last step that led past it is redirected to it."""
    node, kind, at = memory.start, "start", NOWHERE
    while node >= 0 and node != target:
        if work.tables.place_index(table, node) >= target:
            break
        if node >= table.first_decision:
            taken = memory.taken.get(node)
            if taken is None:
                return
            kind, at, node = "taken", node, taken[1]
        elif node in memory.exits:
            kind, at, node = "exit", node, memory.exits[node][1]
        else:
            kind, at, node = "default", node, work.default_exit(table, table.stages[node])
    if node == target:
        return
    match kind:
        case "start":
            memory.start = target
        case "taken":
            memory.taken = {**memory.taken, at: (memory.taken[at][0], target)}
        case "exit":
            memory.exits = {**memory.exits, at: (memory.exits[at][0], target)}
        case _:
            memory.defaults = {**memory.defaults, at: target}


def trail_before(trail: tuple[int, ...], stage: int) -> tuple[int, ...]:
    """The part of a trail that comes before a stage."""
    return tuple(code for code in trail if code // 3 < stage)


def close_cycle(work: Work, table: TrackTable) -> None:
    """Begins the new round that the closing edge of a cycle leads to."""
    new_round(work, table, table.round_start, (), forgets_win=table.track.closing.forgets_win)


def new_round(work: Work, table: TrackTable, target: int, keep: Iterable[str], *, forgets_win: bool) -> None:
    """Begins a new round: everything of the track starts afresh (R38), a win too where it is forgotten."""
    clear(work, table, 0, len(table.stages) - 1, keep)
    memory = work.own(table)
    memory.start = target
    memory.placed = ""
    memory.round += 1
    work.rest.counts = {k: n for k, n in work.rest.counts.items() if k not in table.counted}
    if forgets_win and table.primary:
        work.rest.won = ""
    work.tell("new_round", table.track.id, round=memory.round)
    work.trails[table.index] = ()
    if table.manual:
        arrive(work, table, Place(NOWHERE, NOT_STARTED_PHASE, target, ()))
