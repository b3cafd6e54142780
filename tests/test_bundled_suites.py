"""The bundled definitions hold what their scenarios and invariants say, and little could change unnoticed."""

from __future__ import annotations

import pytest

from stagegate.bundled import bundled_names
from stagegate.loading import Suite, suites
from stagegate.verify.examine import examine
from stagegate.verify.mutation import mutation
from stagegate.verify.prove import prove
from stagegate.verify.scenarios import play

NAMES = bundled_names()
LEAST = 0.9  # of the mutants are noticed


def suite(name: str) -> Suite:
    (found,) = suites([name])
    assert found.process is not None and not len(found.report), list(found.report)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_passes(name: str) -> None:
    found = suite(name)
    assert found.process is not None and len(found.scenarios) >= 3
    played = [play(found.process, scenario) for scenario in found.scenarios]
    assert [each.scenario.id for each in played if not each.passed] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_invariant_is_proved_and_nothing_general_is_broken(name: str) -> None:
    found = suite(name)
    assert found.process is not None and len(found.invariants) >= 2
    answers = (*prove(found.process, found.invariants), *examine(found.process))
    assert [(answer.name, answer.verdict, answer.reason) for answer in answers if answer.verdict != "proved"] == []


@pytest.mark.parametrize("name", NAMES)
def test_hardly_a_mutant_goes_unnoticed(name: str) -> None:
    found = suite(name)
    assert found.process is not None
    report = mutation(found.process, found.scenarios, found.invariants)
    assert report.score is not None and report.score >= LEAST, [str(each) for each in report.survivors]


@pytest.mark.parametrize("name", NAMES)
def test_titles_are_in_both_languages(name: str) -> None:
    found = suite(name)
    bare = [each.id for each in (*found.scenarios, *found.invariants) if not (each.title.en and each.title.zh)]
    assert bare == []
