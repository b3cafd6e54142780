"""The pictures that transitions draws of a bound machine: the declared moves, and where the case stands."""

from pathlib import Path
from typing import Any

import pytest
from tests.binding.conftest import Clock, loaded

import stagegate
from stagegate.process import Process

transitions = pytest.importorskip("transitions")

EDGES = [
    "not_started --> visit: meet",
    "visit --> solution: meet | set_facts | jump_offer_at_once",
    "solution --> bid: decide_worth_a_bid_go",
    "solution --> solution: decide_worth_a_bid_improve",
    "solution --> given_up: decide_worth_a_bid_no_go",
    "bid --> won: meet",
    "[*] --> not_started",
]


class Deal:
    state: str


def bound(process: Process, clock: Clock, **options: Any) -> tuple[Any, Any]:
    deal = Deal()
    return deal, process.bind(deal, case_id="ACME-42", clock=clock, **options)


def lines(deal: Any, **how: Any) -> list[str]:
    return [line.strip() for line in deal.get_graph(**how).source.splitlines()]


def edges(deal: Any, **how: Any) -> list[str]:
    return [line for line in lines(deal, **how) if "-->" in line]


def test_mermaid_shows_the_declared_moves(process: Process, clock: Clock) -> None:
    deal, _ = bound(process, clock)
    assert sorted(edges(deal)) == sorted(EDGES)
    assert "stateDiagram-v2" in lines(deal)
    assert 'state "completed" as completed' not in lines(deal), "nothing leads to an end that nobody declared"
    assert 'state "lost" as lost' in lines(deal)


def test_what_is_possible_everywhere_is_drawn_when_asked_for(process: Process, clock: Clock) -> None:
    deal, _ = bound(process, clock, show_auto_transitions=True)
    assert "bid --> lost: end_lost" in edges(deal)
    assert "won --> visit: reopen_visit" in edges(deal)


def test_guards_are_shown_when_asked_for(process: Process, clock: Clock) -> None:
    deal, _ = bound(process, clock, show_conditions=True)
    assert "solution --> bid: decide_worth_a_bid_go [budget >= 50000]" in edges(deal)
    assert "bid --> won: meet [contract_signed]" in edges(deal)


def test_the_present_state_is_marked_also_after_a_command_to_the_case(process: Process, clock: Clock) -> None:
    deal, binding = bound(process, clock)
    assert "Class visit s_active" in lines(deal)
    binding.case.end("lost", at=clock(), reason="rival")
    assert "Class lost s_active" in lines(deal)
    assert "Class visit s_previous" in lines(deal)
    assert "Class lost s_active" in lines(deal, force_new=True)


def test_the_neighbourhood_of_the_present_state(process: Process, clock: Clock) -> None:
    deal, _ = bound(process, clock)
    assert edges(deal, show_roi=True) == ["visit --> solution: meet | set_facts | jump_offer_at_once"]


def test_graphviz_shows_the_same(process: Process, clock: Clock) -> None:
    pytest.importorskip("graphviz")
    deal, _ = bound(process, clock, graph_engine="graphviz")
    text = deal.get_graph().source
    assert "solution -> bid [label=decide_worth_a_bid_go]" in text
    assert text.count("->") == len(EDGES) - 1


def test_the_picture_of_an_async_machine(process: Process, clock: Clock) -> None:
    deal: Any = Deal()
    process.bind_async(deal, case_id="ACME-42", clock=clock)
    assert sorted(edges(deal)) == sorted(EDGES)


CYCLE = """
stagegate: 1
process: cycle
version: 1.0.0
title: A cycle
facts: {score: {type: number}}
tracks:
  - id: only
    cycle: {to: second}
    stages:
      - {id: first, exit_criteria: [{id: one}]}
      - {id: second, exit_criteria: [{id: two, when: score > 1}]}
      - {id: third, optional: true}
      - {id: last, exit_criteria: [{id: three}]}
    decision_points:
      - id: enough
        after: second
        question: Enough?
        automatic: true
        outcomes: [{id: yes_it_is, to: stop, when: score > 8}, {id: not_yet, to: third, otherwise: true}]
ends:
  - {id: stop, kind: done}
  - {id: broken_off, kind: lost, by_command: true, from: [third], requires: [one]}
"""


def test_cycles_automatic_decisions_marks_and_guarded_ends(tmp_path: Path, clock: Clock) -> None:
    process = loaded(tmp_path, CYCLE)
    deal, binding = bound(process, clock, show_conditions=True)
    assert sorted(edges(deal)) == sorted(
        [
            "not_started --> first: meet",
            "first --> second: meet [one]",
            "second --> stop: enough.yes_it_is (set_facts) [two & score > 8]",
            "second --> third: enough.not_yet (set_facts) [two]",
            "third --> last: complete_third | skip_third",
            "third --> broken_off: end_broken_off [one]",
            "last --> second: meet [three]",
            "[*] --> not_started",
        ]
    )
    for told in ({"meet": "one"}, {"set_facts": {"score": 2}}, {"complete_third": None}, {"meet": "three"}):
        for trigger, what in told.items():
            assert deal.trigger(trigger, *[what] * (what is not None))
    assert (deal.state, binding.case.position.round) == ("second", 2)


@pytest.mark.parametrize("name", stagegate.bundled_names())
def test_no_picture_has_an_edge_from_everywhere_to_everywhere(name: str, clock: Clock) -> None:
    deal, binding = bound(stagegate.load(name), clock)
    states = len(binding.machine.states)
    drawn = edges(deal)
    assert states // 2 <= len(drawn) <= 3 * states
    reached = {edge.split(" --> ")[1].split(":")[0] for edge in drawn}
    assert set(binding.machine.case_states.stages) <= reached, "every stage is led to"
