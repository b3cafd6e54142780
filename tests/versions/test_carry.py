"""A case goes from one version to another: nothing is lost that has a name in the new one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from tests.strategies import case_from_seed

from stagegate import model
from stagegate.case import Case
from stagegate.engine import plain
from stagegate.engine.commands import Command
from stagegate.process import Process
from stagegate.versions.carry import carry
from stagegate.versions.plan import Plan, Version, plan_of
from stagegate.versions.replay import replay


def played(definition: model.Definition, commands: list) -> Case:
    case = Process(definition).opened("A", commands[0])
    for command in commands[1:]:
        case.do(command)
    return case


def staying(process: Process, other: Process | None = None) -> Plan:
    other = other or process
    return Plan(process.name, Version(process.version, process.flow), Version(other.version, other.flow))


def idle(at: datetime) -> Command:
    return Command("set_facts", "", at, {"facts": {}})


@pytest.mark.parametrize("seed", range(300))
def test_to_the_same_version_nothing_changes(seed: int) -> None:
    definition, commands = case_from_seed(seed)
    case = played(definition, commands)
    process = Process(definition)
    at = case.at + timedelta(minutes=1)
    carried = carry(process, process, staying(process), "A", case.snapshot, at=at)
    assert carried.snapshot is not None
    assert not carried.losses
    if (
        carried.moved
    ):  # an automatic decision that is newly taken once a command: any other command moves the case as well
        assert [e.kind for e in case.would(idle(at)).events] == [e.kind for e in carried.events[1:]]
        return
    assert [e.kind for e in carried.events] == ["migrated"]
    before = plain.snapshot_to_plain(process.tables, case.snapshot)
    after = plain.snapshot_to_plain(process.tables, carried.snapshot)
    assert {**before, "seq": case.seq + 1, "at": at.isoformat()} == after


def renamed(definition: model.Definition) -> model.Definition:
    return evolve(definition, version="99.0.0")


@pytest.mark.parametrize("seed", range(300, 340))
def test_the_plan_goes_through_plain_values(seed: int) -> None:
    definition, _ = case_from_seed(seed)
    plan = staying(Process(definition))
    plan = evolve(
        plan, names={"stages": {"a": ("b",), "c": (), "d": ("e", "f")}}, land={"c": "b"}, owed=("x",), decide={"A": "b"}
    )
    assert plan_of(plan.to_plain()) == plan


@pytest.mark.parametrize("seed", range(340, 380))
def test_a_journal_that_migrates_is_replayed(seed: int) -> None:
    definition, commands = case_from_seed(seed)
    case = played(definition, commands)
    process = Process(definition)
    carried = carry(process, process, staying(process), "A", case.snapshot, at=case.at)
    assert carried.snapshot is not None
    assert carried.command is not None
    whole = Case(process.tables, "A", carried.snapshot, [*case.journal, (carried.command, carried.events)])
    again, found, differences = replay(lambda flow: process, whole.to_journal())
    assert found is process
    assert not differences
    assert again.to_dict() == whole.to_dict()
