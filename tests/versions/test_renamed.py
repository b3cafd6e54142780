"""Every name is another one in the new version: the case is the one that would have been played there from its beginning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.strategies import case_from_seed
from tests.versions.changed import process_of
from tests.versions.renaming import Renaming
from tests.versions.test_carry import idle, played

from stagegate.case import Case
from stagegate.engine import commands, plain
from stagegate.engine.commands import Command
from stagegate.engine.step import step
from stagegate.process import Process
from stagegate.versions.carry import Carried, carry
from stagegate.versions.plan import Plan, Version


def carried_and_played(definition: Any, given: list[Command]) -> tuple[Case, Carried, Case, Renaming]:
    """A case, how it came over, and the same case played in the new version from its beginning."""
    renaming = Renaming(definition)
    old, new = Process(definition), Process(renaming.definition)
    case = played(definition, given)
    done = carry(old, new, renaming.plan(old, new), "A", case.snapshot, at=case.at)
    return case, done, played(renaming.definition, [renaming.command(c) for c in given]), renaming


def told(case: Case, snapshot: Any) -> dict[str, Any]:
    """A snapshot, told plainly, but for what cannot be the same: a migration is one entry more, what followed once is told as it was."""
    told = plain.snapshot_to_plain(case.tables, snapshot)
    told["keys"] = {key: command for key, (command, _) in told.get("keys", {}).items()}
    return {**told, "seq": 0}


@pytest.mark.parametrize("seed", range(1_000, 1_200))
def test_the_case_is_the_one_played_in_the_new_names(seed: int) -> None:
    definition, given = case_from_seed(seed)
    case, done, there, _ = carried_and_played(definition, given)
    assert done.snapshot is not None
    assert not done.losses
    if done.moved:  # an automatic decision that is newly taken once a command: any other command moves the case as well
        there.do(idle(case.at + timedelta()))
    assert told(there, done.snapshot) == told(there, there.snapshot)


@pytest.mark.parametrize("seed", range(1_000, 1_200, 2))
def test_a_command_sent_again_with_its_key_gives_the_original_step(seed: int) -> None:
    definition, given = case_from_seed(seed)
    case, done, there, renaming = carried_and_played(definition, given)
    assert done.snapshot is not None
    for command, events in case.snapshot.rest.keys.values():
        if command.kind == "open":
            continue
        again = step(there.tables, done.snapshot, renaming.command(command))
        assert again.repeated
        assert again.events == events
        assert again.snapshot is done.snapshot


WORDS = """\
stagegate: 1
process: words
version: {version}
facts: {{amount: {{type: integer}}, {fact}: {{type: integer}}}}
documents: {{offer: {{}}}}
tracks:
  - id: way
    stages:
      - {{id: first, exit_criteria: [{criteria}]}}
      - {{id: second, exit_criteria: [{{id: done}}]}}
"""
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_only_what_cannot_be_said_is_lost_and_told() -> None:
    old = process_of(WORDS.format(version="1.0.0", fact="size", criteria="{id: seen}, {id: told}, {id: gone}"))
    new = process_of(
        WORDS.format(version="2.0.0", fact="length", criteria="{id: looked_at}, {id: told_once}, {id: told_twice}")
    )
    criteria = {"seen": ("looked_at",), "told": ("told_once", "told_twice"), "gone": ()}
    plan = Plan(
        "words",
        Version(old.version, old.flow),
        Version(new.version, new.flow),
        {"criteria": criteria, "facts": {"size": ("length",)}},
    )
    given = [
        commands.open_case(AT),
        commands.meet("seen", AT, key="seen"),
        commands.attach("told", AT, evidence={"offer": "crm:1"}, key="told"),
        commands.meet("gone", AT, key="gone"),
        commands.set_facts({"size": 3, "amount": 4}, AT, key="facts"),
        commands.tick(AT, key="tick"),
    ]
    case = played(old.definition, given)
    done = carry(old, new, plan, "A", case.snapshot, at=AT)
    assert done.snapshot is not None
    assert [f"{x.kind} {x.name}" for x in done.losses] == ["criterion gone", "key told", "key gone"]
    assert sorted(done.snapshot.rest.keys) == ["facts", "seen"]
    assert step(new.tables, done.snapshot, commands.meet("looked_at", AT, key="seen")).repeated
    facts = commands.set_facts({"length": 3, "amount": 4}, AT, key="facts")
    assert step(new.tables, done.snapshot, facts).repeated
    other = step(new.tables, done.snapshot, commands.meet("told_once", AT, key="seen"))
    assert [r.code for r in other.reasons] == ["key_reused"]
