"""The status of a criterion, and what recorded moves passed over (semantics 1 and 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from stagegate.engine.parts import NOWHERE, StageTable, TrackTable
from stagegate.engine.place import ENTERED

if TYPE_CHECKING:
    from stagegate.engine.snapshot import TrackMemory
    from stagegate.engine.work import Work

Status = Literal["met", "waived", "owed", "skipped", "stale", "unknown", "unmet"]


def status_of(work: Work, i: int, owed: int, skipped: int) -> Status:
    """The status of one criterion: the first that fits."""
    rest = work.rest
    if work.met_mask >> i & 1:
        return "met"
    if rest.waived >> i & 1:
        return "waived"
    if owed >> i & 1:
        return "owed"
    if skipped >> i & 1:
        return "skipped"
    if rest.stale >> i & 1:
        return "stale"
    of = work.tables.appraised.get(i)
    if of is not None:
        return "unknown" if status_of(work, of, owed, skipped) == "unknown" else "unmet"
    return "unknown" if (rest.unknown & ~rest.latched) >> i & 1 else "unmet"


def passed_marks(work: Work) -> tuple[int, int]:
    """The criteria owed and skipped, as masks, whatever else they are (semantics 5, "Passed over")."""
    owed = skipped = 0
    for table in work.tables.tracks:
        if not table.observed:
            more_owed, more_skipped = marks_of_track(work, table)
            owed |= more_owed
            skipped |= more_skipped
    required = required_mask(work)
    lapsed = work.rest.lapsed
    skipped |= (owed | lapsed) & ~required
    return (owed | lapsed) & required, skipped


def required_mask(work: Work) -> int:
    """The criteria that are not optional and apply."""
    mask = 0
    for i, criterion in enumerate(work.tables.criteria):
        if not criterion.optional:
            mask |= 1 << i
    return mask & ~work.rest.inapplicable


def marks_of_track(work: Work, table: TrackTable) -> tuple[int, int]:
    """What the recorded moves of one track passed over."""
    memory = work.memory(table)
    marks = {"owed": 0, "dropped": 0}
    if memory.placed:
        marks[memory.placed] |= gates_between(table, NOWHERE, memory.start)
    for origin, (id, target) in memory.exits.items():
        _, jump = work.tables.jump_of[id]
        last = target if target < table.first_decision else work.tables.place_index(table, target) + 1
        passed = gates_between(table, origin, last)
        for criterion in table.stages[origin].stage.exit_criteria or ():
            passed |= 1 << work.tables.bit_of[criterion.id]
        marks[jump.skipped] |= passed
    for node, (outcome_id, target) in memory.taken.items():
        decision = table.decisions[node - table.first_decision]
        outcome = decision.by_id[outcome_id].outcome
        if outcome.kind == "jump":
            last = target if target < table.first_decision else work.tables.place_index(table, target) + 1
            marks[outcome.skipped] |= gates_between(table, decision.place, last)
    for stage in table.stages:
        if is_passed_over(work, table, memory, stage):
            for criterion in stage.stage.criteria():
                marks["dropped"] |= 1 << work.tables.bit_of[criterion.id]
    return marks["owed"], marks["dropped"]


def is_passed_over(work: Work, table: TrackTable, memory: TrackMemory, stage: StageTable) -> bool:
    """Whether a stage is skipped by command, or does not apply."""
    if memory.skipped >> stage.index & 1:
        return True
    if table.manual:
        place = work.places[table.index]
        if 3 * stage.index + ENTERED in place.trail or place.pending == stage.index:
            return False
    return work.passed_over(table, stage)


def gates_between(table: TrackTable, low: int, high: int) -> int:
    """The gate criteria of the stages strictly between two."""
    mask = 0
    for stage in table.stages[low + 1 : max(high, low + 1)]:
        mask |= stage.gates
    return mask
