"""The short ways of `step` and `start` give what the long way gives, step for step."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.strategies import case_from_seed

import stagegate
from stagegate import engine
from stagegate.engine import commands as c
from stagegate.engine.step import full_step
from stagegate.model import Criterion, Definition, End, Stage, Track

EXAMPLES = int(os.environ.get("STAGEGATE_EXAMPLES", "0"))
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def definition(manual: bool) -> Definition:
    """Three stages of two gates with two criteria each, nothing else."""
    stages = []
    for k in range(3):
        gates = {
            kind: tuple(Criterion(f"{kind}_{k}_{i}", kind, "t", f"s{k}") for i in range(2))
            for kind in ("milestone", "exit")
        }
        stages.append(Stage(f"s{k}", "t", entry_milestone=gates["milestone"], exit_criteria=gates["exit"]))
    return Definition("plain", "1.0.0", (Track("t", tuple(stages), manual=manual),), ends=(End("won", "won"),))


def commands_of(process: Definition) -> list[engine.Command]:
    """Every criterion in order, and a try to advance before and after each."""
    found = []
    at = NOW
    for criterion in process.criteria():
        for command in (c.advance(at), c.meet(criterion.id, at), c.advance(at)):
            found.append(command)
            at += timedelta(hours=1)
    return found


@pytest.mark.parametrize("manual", [True, False])
def test_the_short_way_is_the_long_way(manual: bool) -> None:
    process = definition(manual)
    tables = engine.compile_tables(process)
    short = engine.start(tables, c.open_case(NOW)).snapshot
    for command in commands_of(process):
        if short.rest.ended:
            break
        quick = engine.step(tables, short, command)
        slow = full_step(tables, short, command)
        assert quick.accepted == slow.accepted
        assert quick.events == slow.events
        assert quick.reasons == slow.reasons
        assert engine.to_dict(tables, quick.snapshot) == engine.to_dict(tables, slow.snapshot)
        assert engine.statuses(tables, quick.snapshot) == engine.statuses(tables, slow.snapshot)
        short = quick.snapshot
    assert short.rest.ended == "won"


def test_a_second_opening_is_the_first() -> None:
    process = definition(manual=True)
    tables = engine.compile_tables(process)
    first, second = (engine.start(tables, c.open_case(NOW)) for _ in range(2))
    assert first.events == second.events
    assert engine.to_dict(tables, first.snapshot) == engine.to_dict(tables, second.snapshot)


def test_cases_that_share_do_not_touch_each_other() -> None:
    process = definition(manual=True)
    tables = engine.compile_tables(process)
    one, two = (engine.start(tables, c.open_case(NOW)).snapshot for _ in range(2))
    assert one.rest is two.rest
    held = engine.step(tables, one, c.hold(NOW)).snapshot
    assert held.rest.held is not None
    assert two.rest.held is None
    assert one.rest.held is None


def long_way(command: engine.Command) -> engine.Command:
    """The same command, told as having happened just then: that alone makes it go the long way."""
    return engine.Command(command.kind, command.subject, command.at, command.args, happened=command.at)


@pytest.mark.parametrize("seed", range(0, 4 * (EXAMPLES or 100), 4))
def test_on_random_processes_too(seed: int) -> None:
    """Reports of any criterion at any time, also those that decisions behind the case require."""
    dice = random.Random(seed)
    process, _ = case_from_seed(seed, 0)
    tables = engine.compile_tables(process)
    snapshot = engine.start(tables, c.open_case(NOW)).snapshot
    for step in range(40):
        at = NOW + timedelta(hours=step)
        criterion = dice.choice(list(tables.bit_of) or [""])
        if not criterion:
            return
        proofs = dict.fromkeys(tables.criteria[tables.bit_of[criterion]].documents(), "crm://1")
        activities = [a.id for a in process.activities]
        command = dice.choice(
            [
                c.meet(criterion, at, evidence=proofs),
                c.meet(criterion, at, evidence=proofs),
                c.retract(criterion, at),
                c.advance(at, track=dice.choice(process.tracks).id),
                c.begin(dice.choice(activities), at) if activities else c.tick(at),
            ]
        )
        quick, slow = engine.step(tables, snapshot, command), engine.step(tables, snapshot, long_way(command))
        assert (quick.accepted, quick.events, quick.reasons) == (slow.accepted, slow.events, slow.reasons), command
        assert engine.to_dict(tables, quick.snapshot) == engine.to_dict(tables, slow.snapshot), command
        snapshot = quick.snapshot


def loaded(tmp_path: Path, text: str) -> stagegate.Process:
    """The process of a text."""
    file = tmp_path / "p.yaml"
    file.write_text("stagegate: 1\nprocess: p\nversion: 1.0.0\n" + text, encoding="utf-8")
    return stagegate.load(file)


def test_a_criterion_that_a_decision_behind_requires_moves_the_case_at_once(tmp_path: Path) -> None:
    process = loaded(
        tmp_path,
        """
tracks:
  - id: t
    stages:
      - {id: a, exit_criteria: [{id: a_done}]}
      - {id: b, exit_criteria: [{id: b_done}]}
      - {id: e, exit_criteria: [{id: e_done}, {id: bonus, optional: true}]}
    decision_points:
      - id: d
        after: a
        automatic: true
        outcomes: [{id: fast, to: e, requires: [bonus]}, {id: slow, to: b, otherwise: true}]
""",
    )
    deal = process.open("x", at=NOW)
    deal.meet("a_done", at=NOW)
    assert deal.position.stage == "b"
    step = deal.meet("bonus", at=NOW)
    assert [e.kind for e in step.events] == ["moved_back", "decided", "entered"]
    assert deal.position.stage == "e"


def test_an_activity_ends_with_the_case(tmp_path: Path) -> None:
    process = loaded(
        tmp_path,
        """
tracks: [{id: t, advance: manual, stages: [{id: a, exit_criteria: [{id: a_done}]}]}]
activities: [{id: demo}]
""",
    )
    deal = process.open("x", at=NOW)
    deal.advance(at=NOW)
    deal.begin("demo", at=NOW)
    deal.meet("a_done", at=NOW)
    assert [e.kind for e in deal.advance(at=NOW).events] == ["completed", "ended"]
    deal.reopen("a", at=NOW)
    assert deal.begin("demo", at=NOW).accepted


def test_a_track_that_a_required_criterion_reads_walks_first(tmp_path: Path) -> None:
    process = loaded(
        tmp_path,
        """
tracks:
  - id: alpha
    side: other
    stages: [{id: a1, exit_criteria: []}, {id: a2, exit_criteria: [{id: a2_done}]}, {id: a3, exit_criteria: [{id: a3_done}]}]
    decision_points:
      - id: d
        after: a1
        automatic: true
        outcomes: [{id: go, to: a3, requires: [g_flag]}, {id: wait, to: a2, otherwise: true}]
  - id: beta
    side: seller
    stages: [{id: b1, exit_criteria: [{id: b1_done}]}, {id: b2, exit_criteria: [{id: b2_done}]}]
  - id: gamma
    side: other
    stages: [{id: g1, exit_criteria: [{id: g_flag, when: "stage('beta') == 'b2'"}, {id: g1_done}]}]
""",
    )
    deal = process.open("x", at=NOW)
    deal.meet("b1_done", at=NOW)
    assert deal.positions["alpha"].stage == "a3"


def test_what_the_host_changes_later_is_not_in_the_journal(tmp_path: Path) -> None:
    process = loaded(
        tmp_path,
        """
facts: {tags: {type: list}, n: {type: number}}
tracks: [{id: t, stages: [{id: a, exit_criteria: [{id: a_done, when: "size(tags) > 0 && n > 0"}]}]}]
""",
    )
    deal = process.open("x", at=NOW)
    tags = ["one"]
    deal.set_facts({"tags": tags}, at=NOW, key="k")
    tags.append("two")
    written = json.loads(json.dumps(deal.to_journal()))
    again, differences = process.replay(written)
    assert (again.facts, differences) == (deal.facts, ())
    restored = process.restore(json.loads(json.dumps(deal.to_dict())))
    assert restored.set_facts({"tags": ["one"]}, at=NOW, key="k").repeated


def test_a_redacted_journal_is_the_same_chain_after_a_replay(tmp_path: Path) -> None:
    process = loaded(tmp_path, "tracks: [{id: t, stages: [{id: a, exit_criteria: [{id: x}, {id: y}]}]}]\n")
    deal = process.open("x", at=NOW, by="li.wei")
    deal.meet("x", at=NOW, by="li.wei", note="a note")
    deal.meet("y", at=NOW, by="li.wei")
    redacted = process.redact(deal.to_journal(), [2])
    again, _ = process.replay(json.loads(json.dumps(redacted)))
    assert again.to_journal() == redacted
