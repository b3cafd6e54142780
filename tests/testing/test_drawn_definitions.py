"""Definitions that nobody wrote are whole, varied and within the rules of the language."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.testing.written import text_of

from stagegate import Process, language
from stagegate.engine import flow_digest
from stagegate.model import Definition
from stagegate.testing import definition_from_seed, definitions, invariants, processes
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.invariants import make_invariants
from stagegate.testing.making.size import SizeName
from stagegate.testing.making.vocabulary import SIDE_JOB

few = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
MANY = [definition_from_seed(seed) for seed in range(300)]


def test_a_number_gives_the_same_definition_every_time() -> None:
    assert definition_from_seed(7) == definition_from_seed(7)
    assert definition_from_seed(7) != definition_from_seed(8)


def test_small_ones_are_small() -> None:
    for seed in range(200):
        definition = definition_from_seed(seed, "small")
        assert len(definition.tracks) <= 2
        assert all(len(track.stages) <= 3 for track in definition.tracks)
        assert len(list(definition.criteria())) <= 10


def kinds_of_outcomes(definition: Definition) -> set[str]:
    return {outcome.kind for point in definition.decision_points() for outcome in point.outcomes}


def test_everything_the_language_knows_comes_about() -> None:
    tracks = [track for definition in MANY for track in definition.tracks]
    stages = [stage for track in tracks for stage in track.stages]
    criteria = [item for stage in stages for item in stage.criteria()]
    points = [point for track in tracks for point in track.decision_points]
    assert {len(definition.tracks) for definition in MANY} == {1, 2, 3}
    assert any(track.cycle and track.decision_points for track in tracks)
    assert any(track.manual for track in tracks)
    assert any(track.observed for track in tracks)
    assert any(definition.activities and any(t.manual for t in definition.tracks) for definition in MANY)
    assert any(not point.after for point in points)
    assert any(point.automatic for point in points)
    assert {item.kind for item in criteria} == {"milestone", "exit", "process", "appraisal"}
    assert any(item.once for item in criteria)
    assert any(stage.wins for stage in stages)
    outcomes = [outcome for point in points for outcome in point.outcomes]
    assert any(o.wins for o in outcomes) and any(o.forgets_win for o in outcomes)
    assert any(track.closing.to for track in tracks) and any(track.closing.forgets_win for track in tracks)
    assert all(any(getattr(e, key) for d in MANY for e in d.ends) for key in ("origins", "when", "requires", "roles"))
    assert any(stage.completes for stage in stages)
    assert any(stage.applies_when for stage in stages)
    assert set.union(*map(kinds_of_outcomes, MANY)) == {
        "advance", "jump", "loop_back", "repeat", "new_round", "end", "hold",
    }  # fmt: skip


def test_decisions_require_what_follows_facts_further_on() -> None:
    """A fact that changes then moves a case back to a decision behind it."""
    found = 0
    for definition in MANY:
        derived = {item.id: item.stage for item in definition.criteria() if item.when}
        for track in definition.tracks:
            index = {stage.id: number for number, stage in enumerate(track.stages)}
            found += any(
                point.automatic
                and any(index.get(derived.get(name, ""), -1) > index[point.place] for name in o.requires)
                for point in track.decision_points
                for o in point.outcomes
            )
    assert found >= 10


def test_some_decision_points_are_reached_only_as_targets() -> None:
    led_to = [
        point.id
        for definition in MANY
        for point in definition.decision_points()
        if not point.after and any(o.to == point.id for p in definition.decision_points() for o in p.outcomes)
    ]
    assert len(led_to) >= 20


@few
@given(st.data(), definitions("small"))
def test_invariants_name_what_there_is(data: st.DataObject, definition: Definition) -> None:
    drawn = data.draw(invariants(definition))
    assert len({invariant.id for invariant in drawn}) == len(drawn)
    stages = {stage.id for stage in definition.stages()}
    for invariant in drawn:
        assert {*invariant.entering, *invariant.targets} <= stages | {end.id for end in definition.every_end()}
        assert {*invariant.criteria} <= {item.id for item in definition.criteria()}
        assert {*invariant.inside} <= stages
        assert (invariant.condition is not None) == (invariant.kind in ("never", "always", "possible"))


def test_invariants_are_of_all_kinds() -> None:
    kinds = Counter(
        invariant.kind
        for seed, definition in enumerate(MANY[:50])
        for invariant in make_invariants(Dice(Random(seed).randint), definition)
    )
    assert kinds.keys() == {"never", "always", "possible", "from_everywhere", "before"}


@few
@given(processes())
def test_processes_are_compiled(process: Process) -> None:
    assert process.tables.definition is process.definition


@pytest.mark.parametrize("size", ["small", "medium"])
def test_what_is_made_stands_the_rules_and_says_the_same_when_written(size: SizeName, tmp_path: Path) -> None:
    file = tmp_path / "random.yaml"
    for seed in range(40):
        made = definition_from_seed(seed, size)
        file.write_text(text_of(made), encoding="utf-8")
        read, report = language.read(file, processes=lambda: (SIDE_JOB,))
        assert read is not None, f"seed {seed}: {[str(finding.message) for finding in report.findings]}"
        assert flow_digest(read) == flow_digest(made), seed
