"""A small process and a clock for the tests of the binding."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import stagegate
from stagegate.process import Process

SMALL = """
stagegate: 1
process: small-project
version: 1.0.0
title: A small project
facts: {budget: {type: number, minimum: 0}}
roles: {manager: {side: seller}}
gap: {give_up_at: 3}
tracks:
  - id: buying
    side: buyer
    position: observed
    stages: [{id: need_raised}, {id: budget_set}, {id: bids_compared}]
  - id: selling
    stages:
      - id: visit
        pairs_with: need_raised
        exit_criteria: [{id: solution_asked_for, actor: buyer}, {id: budget_known, when: budget > 0}]
      - id: solution
        pairs_with: budget_set
        entry_milestone: [{id: survey_done}]
        exit_criteria: [{id: solution_accepted, actor: buyer, waivable: [manager]}]
      - id: bid
        pairs_with: bids_compared
        exit_criteria: [{id: contract_signed, actor: buyer}]
    decision_points:
      - id: worth_a_bid
        after: solution
        question: Is a bid worth its cost?
        outcomes:
          - {id: go, to: bid, when: budget >= 50000, roles: [manager]}
          - {id: improve, to: solution, max: 2}
          - {id: later, hold: 30d}
          - {id: no_go, to: given_up}
    jumps:
      - id: offer_at_once
        from: [visit]
        to: solution
        probe: {id: willing, question: Shall we?}
        skipped: owed
ends:
  - {id: won, kind: won}
  - {id: lost, kind: lost, by_command: true, reasons: [no_budget, rival]}
  - {id: given_up, kind: given_up}
"""


def loaded(folder: Path, text: str) -> Process:
    path = folder / "process.yaml"
    path.write_text(text, encoding="utf-8")
    return stagegate.load(path)


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Process:
    return loaded(tmp_path_factory.mktemp("small"), SMALL)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **how: float) -> None:
        self.now += timedelta(**how)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return Clock()
