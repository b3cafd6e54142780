"""The engine beside the slow and obvious interpreter, on random processes and random deals.

`STAGEGATE_EXAMPLES=20000 pytest tests/engine/test_against_reference.py` looks much longer.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.reference.interpreter import ReferenceCase, Result
from tests.strategies import case_from_seed, cases

from stagegate import engine
from stagegate.engine.commands import Command
from stagegate.engine.events import Event
from stagegate.model import Definition

EXAMPLES = int(os.environ.get("STAGEGATE_EXAMPLES", "0"))
FIRST_SEED = int(os.environ.get("STAGEGATE_FIRST_SEED", "0"))
BATCH = 50

patient = settings(
    deadline=None,
    max_examples=min(EXAMPLES, 2_000) or 100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def plain(value: Any) -> Any:
    """Tuples and lists alike, so that the data of events can be compared."""
    if isinstance(value, tuple | list):
        return [plain(x) for x in value]
    return value


def told(events: Any) -> list[tuple[str, str, dict[str, Any]]]:
    return [(e.kind, e.subject, {k: plain(v) for k, v in e.data.items()}) for e in events]


def not_left(definition: Definition, found: dict[str, Any]) -> bool:
    """The page does not say what closes the gap while a jump is under way: not compared."""
    primary = definition.primary
    return primary is not None and found[f"position of {primary.id}"][0] != "left"


def views_of_engine(tables: engine.Tables, snapshot: engine.Snapshot, definition: Definition) -> dict[str, Any]:
    found: dict[str, Any] = {}
    stages = list(definition.stages())
    for track in definition.tracks:
        position = engine.position(tables, snapshot, track.id)
        found[f"position of {track.id}"] = (position.phase, position.stage, position.pending)
        if not track.observed:
            found[f"round of {track.id}"] = position.round
            found[f"visit of {track.id}"] = position.visit if position.stage else None
        found[f"missing of {track.id}"] = [x.id for x in engine.missing(tables, snapshot, track.id)]
    gap = engine.gap(tables, snapshot)
    earned, _, unprovable = engine.credit(tables, snapshot)
    return found | {
        "statuses": dict(engine.statuses(tables, snapshot)),
        "chance": engine.chance(tables, snapshot),
        "gap": (gap.state, gap.gap),
        "gap since": gap.since,
        "gap closed by": [x.id for x in gap.closing] if not_left(definition, found) else None,
        "giving up": gap.give_up_reached,
        "credit": (earned, list(unprovable)),
        "open conditions": {s.id: [x.id for x in engine.open_conditions(tables, snapshot, s.id)] for s in stages},
        "debts": [x.id for x in engine.debts(tables, snapshot)],
        "early": sorted(x.id for x in engine.early(tables, snapshot)),
        "broken behind": sorted(x.id for x in engine.broken_behind(tables, snapshot)),
        "next due": engine.next_due(tables, snapshot),
    }


def views_of_reference(case: ReferenceCase) -> dict[str, Any]:
    world, memory, definition = case.world, case.memory, case.definition
    found: dict[str, Any] = {}
    for track in definition.tracks:
        found[f"position of {track.id}"] = case.position(track.id)
        if not track.observed:
            current = case.position(track.id)[1]
            found[f"round of {track.id}"] = memory.tracks[track.id].round
            found[f"visit of {track.id}"] = world.visit(current) if current else None
        found[f"missing of {track.id}"] = world.missing(track)
    state, gap = case.gap()
    limit = definition.gap.give_up_at
    return found | {
        "statuses": case.statuses(),
        "chance": case.chance(),
        "gap": (state, gap),
        "gap since": memory.gap_since,
        "gap closed by": world.closing() if not_left(definition, found) else None,
        "giving up": state == "behind" and gap is not None and limit is not None and gap >= limit,
        "credit": world.credit(),
        "open conditions": {s.id: world.open_conditions(s.id) for s in definition.stages()},
        "debts": case.debts(),
        "early": sorted(case.early()),
        "broken behind": sorted(case.broken_behind()),
        "next due": case.next_due(),
    }


def same(what: str, of_engine: Any, of_reference: Any) -> None:
    assert of_engine == of_reference, f"{what}\n   engine:    {of_engine}\n   reference: {of_reference}"


def same_views(when: str, tables: engine.Tables, snapshot: engine.Snapshot, case: ReferenceCase) -> None:
    of_engine, of_reference = views_of_engine(tables, snapshot, case.definition), views_of_reference(case)
    for name, value in of_reference.items():
        if name == "statuses":
            differing = {c for c in value if value[c] != of_engine[name].get(c)} | (of_engine[name].keys() - value)
            ours, theirs = {c: of_engine[name].get(c) for c in differing}, {c: value.get(c) for c in differing}
            same(f"{when}: statuses", ours, theirs)
        else:
            same(f"{when}: {name}", of_engine[name], value)


def same_answer(when: str, step: engine.Step, result: Result) -> None:
    whys = {(r.code, r.subject) for r in step.reasons}
    same(f"{when}: reasons", whys, set(result.reasons))
    same(f"{when}: accepted", step.accepted, result.accepted)
    same(f"{when}: repeated", step.repeated, result.repeated)
    same(f"{when}: events", told(step.events), told(result.events))


def compare(definition: Definition, journal: list[Command]) -> None:
    """Play a deal on both sides and compare everything after each command."""
    tables = engine.compile_tables(definition)
    first = engine.start(tables, journal[0])
    case = ReferenceCase(definition, journal[0])
    same_answer("0", first, case.opened)
    snapshot = first.snapshot
    same_views("0", tables, snapshot, case)
    kept = [journal[0]]
    for number, command in enumerate(journal[1:], start=1):
        when = f"{number}: {command!r}"
        before = engine.to_dict(tables, snapshot)
        step = engine.step(tables, snapshot, command)
        result = case.step(command)
        same_answer(when, step, result)
        same(f"{when}: the snapshot it was tried on", engine.to_dict(tables, snapshot), before)
        same_views(when, tables, step.snapshot, case)
        after = json.loads(json.dumps(engine.to_dict(tables, step.snapshot)))
        if not step.accepted or step.repeated or (command.kind == "tick" and not step.events):
            same(f"{when}: nothing changes", after, before)
        else:
            kept.append(command)
        restored = engine.from_dict(tables, after)
        same(f"{when}: round trip", engine.to_dict(tables, restored), after)
        snapshot = restored if number % 2 else step.snapshot
        if command.key and step.accepted and not step.repeated and step.events:
            again = engine.step(tables, snapshot, command)
            assert again.repeated, when
            same(f"{when}: again", told(again.events), told(step.events))
            same(f"{when}: again, nothing changes", engine.to_dict(tables, again.snapshot), after)
    replayed = engine.start(tables, kept[0]).snapshot
    for command in kept[1:]:
        replayed = engine.step(tables, replayed, command).snapshot
    same("replay", engine.to_dict(tables, replayed), engine.to_dict(tables, snapshot))


@patient
@given(cases())
def test_the_engine_does_what_the_page_says(case: tuple[Definition, list[Command]]) -> None:
    compare(*case)


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + (EXAMPLES or 200), BATCH))
def test_the_engine_does_what_the_page_says_on_numbered_deals(first: int) -> None:
    for seed in range(first, first + BATCH):
        definition, journal = case_from_seed(seed)
        try:
            compare(definition, journal)
        except AssertionError as difference:
            raise AssertionError(f"seed {seed}: {difference}") from None


def test_events_compare_by_value() -> None:
    assert Event("entered", "s1", {"track": "t"}) == Event("entered", "s1", {"track": "t"})
    assert told([Event("completed", "s1", {"x": ("a",)})]) == told([Event("completed", "s1", {"x": ["a"]})])
