"""Any process, any small change of it, any case: it comes over, and its journal leads where its snapshot stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from tests.strategies import case_from_seed

from stagegate import model
from stagegate.case import Case
from stagegate.engine import commands, journal, plain, questions
from stagegate.process import Process
from stagegate.verify.mutants import mutants
from stagegate.versions.carry import Carried, carry
from stagegate.versions.diff import diff
from stagegate.versions.draft import draft
from stagegate.versions.plan import Plan, Version, plan_of
from stagegate.versions.replay import replay
from stagegate.versions.report import became

EACH = 4  # changes tried on each case


def played(definition: model.Definition, given: list[commands.Command]) -> Case:
    case = Process(definition).opened("A", given[0])
    for command in given[1:]:
        case.do(command)
    return case


def plans(old: Process, new: Process) -> Iterator[Plan]:
    """The plan that says nothing, and the one drafted."""
    yield Plan(new.name, Version(old.version, old.flow), Version(new.version, new.flow))
    yield draft(old, new).plan


def others(definition: model.Definition, seed: int) -> list[model.Definition]:
    """Some small changes of a process, and another process altogether."""
    changed = [m.definition for m in mutants(definition)]
    return [*Random(seed).sample(changed, min(EACH, len(changed))), case_from_seed(seed + 10_000)[0]]


@pytest.mark.parametrize("seed", range(24))
def test_any_case_comes_over(seed: int) -> None:
    definition, given = case_from_seed(seed)
    case, old = played(definition, given), Process(definition)
    if case.ended:
        pytest.skip("cases that have ended stay where they are")
    for other in others(definition, seed):
        new = Process(other)
        if new.flow == old.flow:
            continue
        for plan in plans(old, new):
            assert plan_of(plan.to_plain()) == plan
            done = carry(old, new, plan, "A", case.snapshot, at=case.at)
            assert done.snapshot is not None
            assert done.command is not None
            assert became(old, new, plan, "A", case.snapshot, done).fate in ("kept", "moved")
            nothing_is_lost_in_silence(old, new, plan, case, done)
            again_and_on(old, new, case, done)


def nothing_is_lost_in_silence(old: Process, new: Process, plan: Plan, case: Case, done: Carried) -> None:
    """What was met is met, waived or owed, or told as lost; a clock that ran on in the same stage has lost no time."""
    assert done.snapshot is not None
    now = questions.statuses(new.tables, done.snapshot)
    went_back = any(e.kind in ("looped_back", "repeated", "new_round") for e in done.events)
    lost = {x.name for x in done.losses if x.kind == "criterion"}
    for criterion, status in questions.statuses(old.tables, case.snapshot).items():
        recorded = old.tables.recorded >> old.tables.bit_of[criterion] & 1
        names = [n for n in plan.new_names("criteria", criterion) if n in now]
        if status != "met" or criterion in lost or went_back or not (names or recorded):
            continue
        if not recorded and len(done.events) > 1:
            continue  # what is derived may have changed because the case has moved
        assert names
        assert all(now[n] in ("met", "waived", "owed") or n in plan.stale for n in names), (criterion, names)
    for table in () if done.snapshot.rest.ended else new.tables.tracks:
        before = next((t for t in old.tables.tracks if table.track.id in plan.new_names("tracks", t.track.id)), None)
        if before is None or not (before.timed and table.timed) or table.observed or before.observed:
            continue
        places = case.snapshot.places[before.index].stage, done.snapshot.places[table.index].stage
        if min(places) < 0 or plan.land:
            continue
        names = before.stages[places[0]].stage.id, table.stages[places[1]].stage.id
        moved = [e for e in done.events if e.data.get("track") == table.track.id]
        if not moved and plan.new_names("stages", names[0]) == (names[1],):
            memories = case.snapshot.rest.tracks[before.index], done.snapshot.rest.tracks[table.index]
            assert memories[1].ticking == memories[0].ticking
            assert memories[1].clocks.get(places[1]) == memories[0].clocks.get(places[0])


def again_and_on(old: Process, new: Process, case: Case, done: Carried) -> None:
    """The journal with the migration in it, and what is done afterwards, leads to the same snapshot."""
    assert done.snapshot is not None
    assert done.command is not None
    told = plain.snapshot_to_plain(new.tables, done.snapshot)
    assert plain.snapshot_to_plain(new.tables, plain.snapshot_of(new.tables, told)) == told
    questions.debts(new.tables, done.snapshot)
    moved = Case(new.tables, "A", done.snapshot, [*case.journal, (done.command, done.events)])
    moved.do(commands.tick(case.at + timedelta(days=3)))
    before = case.to_journal()
    later = moved.journal_after(case.seq)
    written = [*before, *journal.write(new.tables, "A", later, lambda _: "salt", before[-1]["hash"])]
    found, process, differences = replay({old.flow: old, new.flow: new}.__getitem__, written)
    assert not differences
    assert process.flow == new.flow
    assert found.to_dict() == moved.to_dict()


@pytest.mark.parametrize("seed", range(100, 112))
def test_any_change_is_told(seed: int) -> None:
    definition, _ = case_from_seed(seed)
    assert diff(definition, definition) == ()
    for other in others(definition, seed):
        assert diff(definition, other)
