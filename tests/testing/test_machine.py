"""The machine is quiet about what is right, and finds what is wrong."""

from __future__ import annotations

import unittest
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.meaning.texts import load
from tests.testing.texts import RICH

from stagegate import Case, Process
from stagegate.testing import definition_from_seed, machine
from stagegate.testing.stateful import CaseMachine

BROKEN = """
facts: {price: {type: number, minimum: 0}}
tracks:
  - id: t
    stages:
      - {id: a, exit_criteria: [{id: a_done}]}
      - {id: b, exit_criteria: [{id: b_done, when: price > 100}]}
ends: [{id: won, kind: won}]
invariants:
  - {id: no_cheap_win, never: "ended('won') && price < 200"}
  - {id: price_known_in_b, always: price > 0, in: [b]}
  - {id: can_be_won, possible: "ended('won')"}
"""


def run(found: type[CaseMachine], examples: int = 60, steps: int = 12, shrink: bool = False) -> None:
    run_state_machine_as_test(
        found,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        ),
    )


def test_a_machine_is_a_test_case_for_any_runner() -> None:
    found = machine(load(RICH))
    assert found.__name__ == "ExampleMachine"
    assert issubclass(found.TestCase, unittest.TestCase)


def test_a_sound_process_passes() -> None:
    run(machine(load(RICH)), examples=8)


@pytest.mark.parametrize("seed", range(6))
def test_so_does_any_other(seed: int) -> None:
    run(machine(Process(definition_from_seed(seed))), examples=5)


def test_a_broken_invariant_is_found_with_its_journal() -> None:
    process = load(BROKEN)
    first, second, third = process.definition.invariants
    with pytest.raises(AssertionError, match=r"`price_known_in_b` is broken: always price > 0\n  1\. open\(") as caught:
        run(machine(process, invariants=[second]), shrink=True)
    assert str(caught.value).splitlines()[-1] == "now: t: b, in progress"
    assert len(str(caught.value).splitlines()) <= 4  # open, and one command, where it is not opened in b at once
    with pytest.raises(AssertionError, match="no_cheap_win"):
        run(machine(process, invariants=[first, third]), examples=200)


def test_the_definition_says_which_invariants_hold() -> None:
    with pytest.raises(AssertionError, match="is broken"):
        run(machine(load(BROKEN)))
    run(machine(load(BROKEN), invariants=()), examples=5)


class Forgetful(Process):
    """Loses what was attached when a snapshot is restored."""

    def restore(self, saved: dict[str, Any]) -> Case:
        case = super().restore(saved)
        if not case.snapshot.rest.documents:
            return case
        return super().restore({key: value for key, value in saved.items() if key != "documents"})


def test_a_process_that_forgets_is_found() -> None:
    with pytest.raises(AssertionError, match="kept and restored is another one"):
        run(machine(Forgetful(load(RICH).definition)))
