"""The strategies for facts, commands, journals and cases make what they say."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from tests.meaning.texts import load
from tests.testing.texts import RICH, SMALL

from stagegate import Case, Command, Process
from stagegate.engine.commands import KINDS
from stagegate.testing import cases, commands, definition_from_seed, fact_values, facts, journals
from stagegate.testing.likely import likely_values
from stagegate.testing.menu import Menu, key_of
from stagegate.testing.suggestions import Adviser
from stagegate.testing.times import moved

rich = load(RICH)
small = load(SMALL)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
looking = settings(max_examples=500, database=None, deadline=None, derandomize=True)
quick = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])


def everything(strategy: st.SearchStrategy[Any], examples: int) -> list[Any]:
    """What a strategy gives in so many examples, the same ones every time."""
    found: list[Any] = []
    only = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @only
    @given(strategy)
    def kept(value: Any) -> None:
        found.append(value)

    kept()
    return found


# --- facts --------------------------------------------------------------------------------------------------


@quick
@given(facts(rich))
def test_any_facts_drawn_are_taken(given_facts: dict[str, Any]) -> None:
    assert given_facts
    assert rich.open("x", at=NOW).set_facts(given_facts, at=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget", 50_000), ("budget", 49_999), ("budget", None), ("heads", 13), ("heads", 11), ("heads", 40),
        ("town", "Oslo"), ("tags", ("vip",)),
    ],
)  # fmt: skip
def test_values_on_which_conditions_turn_are_drawn(name: str, value: Any) -> None:
    find(facts(rich), lambda drawn: name in drawn and drawn[name] == value, settings=looking)


def test_values_far_from_any_condition_are_drawn_too() -> None:
    find(facts(rich), lambda drawn: drawn.get("budget", 0) not in (None, 0) and drawn["budget"] > 1e6, settings=looking)


def test_several_facts_are_given_at_once() -> None:
    assert find(facts(rich), lambda drawn: len(drawn) == 3, settings=looking).keys() <= {
        f.id for f in rich.definition.facts
    }


@pytest.mark.parametrize("fact", rich.definition.facts, ids=lambda fact: fact.id)
def test_the_values_of_a_fact_are_of_its_type(fact: Any) -> None:
    for value in everything(fact_values(fact), 30):
        assert value is not None
        assert rich.open("x", at=NOW).set_facts({fact.id: value}, at=NOW)


def test_a_process_without_facts_is_given_none() -> None:
    assert find(facts(small), lambda drawn: True) == {}


def test_values_worth_trying_are_those_next_to_constants_and_bounds() -> None:
    likely = likely_values(rich.tables)
    assert set(likely["heads"]) == {0, 1, 2, 11, 12, 13, 39, 40, 49_999, 50_000, 50_001} & set(range(1, 41))
    assert {0.0, 49_999.0, 50_000.0, 50_001.0} <= set(likely["budget"])
    assert likely["size"] == ("big", "small")
    assert likely["urgent"] == (False, True)
    assert None not in likely["tags"]


# --- commands -----------------------------------------------------------------------------------------------


def test_every_kind_of_command_is_drawn() -> None:
    kinds = Counter(command.kind for command in everything(commands(rich), 400))
    assert kinds.keys() == set(KINDS) - {"open"}


@quick
@given(commands(rich, at=NOW))
def test_no_command_drawn_raises(command: Command) -> None:
    assert command.at == NOW
    rich.open("x", at=NOW).do(command)


def test_only_the_kinds_wanted_are_drawn() -> None:
    assert {c.kind for c in everything(commands(rich, kinds=["meet", "tick"]), 30)} == {"meet", "tick"}
    with pytest.raises(ValueError, match="no command of these kinds: decide"):
        commands(small, kinds=["decide"])


def test_plain_commands_say_nothing_beside() -> None:
    assert any(command.key and command.happened for command in everything(commands(rich), 100))
    assert not any(c.key or c.happened or c.by or c.note for c in everything(commands(rich, plain=True), 50))


# --- journals -----------------------------------------------------------------------------------------------


@quick
@given(journals(rich, most=15))
def test_a_journal_is_a_deal(journal: list[Command]) -> None:
    assert 1 <= len(journal) <= 15
    assert [command.kind for command in journal].count("open") == 1
    assert journal[0].kind == "open"
    assert all(before.at <= after.at for before, after in pairwise(journal))


def test_deals_go_everywhere() -> None:
    """Nearly every kind of command, most of them accepted; every stage and every end."""
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    seen: set[str] = set()
    for journal in everything(journals(rich), 60):
        case = rich.opened("x", journal[0])
        for command in journal[1:]:
            (accepted if case.do(command).accepted else refused)[command.kind] += 1
            seen |= {position.stage for position in case.positions.values()} | {case.ended}
    assert len(accepted) >= 12
    assert {"meet", "set_facts", "jump", "end", "reopen"} <= accepted.keys()
    assert 0 < refused.total() * 3 < accepted.total()
    assert seen >= {stage.id for stage in rich.definition.stages()} | {"won", "lost"}


def suggested(case: Case) -> Counter[str]:
    """How many commands of each kind are suggested for a case; each of them can be done."""
    adviser = Adviser(rich.tables, likely_values(rich.tables))
    found = [command for suggest in adviser.groups for command in suggest(case)]
    for command in found:
        case.would(moved(command, case.at))
    return Counter(command.kind for command in found)


def test_whatever_can_be_done_is_suggested() -> None:
    deal = rich.open("x", at=NOW)
    at_first = suggested(deal)
    assert at_first.keys() == {
        "meet", "attach", "set_facts", "observe", "jump", "loop_back", "waive", "tick", "hold", "begin", "report", "breach",
        "skip", "end",
    }  # fmt: skip
    assert at_first["jump"] == 2  # willing and unwilling
    assert at_first["end"] == 2  # a reason each
    assert at_first["waive"] == 2  # for good, and until a date
    deal.begin("objection", at=NOW)
    deal.set_facts({"budget": 50_000}, at=NOW)
    deal.meet("asked", at=NOW, evidence={"minutes": "x"})
    assert {"finish": 2, "retract": 1}.items() <= suggested(deal).items()
    deal.skip("check", at=NOW)
    assert suggested(deal)["complete"] == 1
    assert {"decide": 3}.items() <= suggested(deal).items()  # go, and no_go for each reason
    deal.hold(at=NOW)
    assert suggested(deal)["resume"] >= 1
    assert not {"decide", "jump"} & suggested(deal).keys()
    deal.end("lost", at=NOW, reason="price")
    assert suggested(deal).keys() == {"reopen"}


def test_each_way_to_open_a_case_is_known() -> None:
    adviser = Adviser(rich.tables, likely_values(rich.tables))
    assert (
        len(adviser.openings()) == 1 + 1 + 2 * 4
    )  # as it comes, at the one start by name, and at each stage in two ways
    assert len(adviser.openings(placed=False)) == 2


def test_what_is_found_is_short() -> None:
    def went_back(journal: list[Command]) -> bool:
        case = small.opened("x", journal[0])
        return any(event.kind == "moved_back" for command in journal[1:] for event in case.do(command).events)

    found = find(journals(small, most=8), went_back, settings=looking)
    assert [command.kind for command in found][-1] == "retract"
    assert len(found) <= 5  # with fewer than three it cannot be done


def test_a_deal_is_made_of_the_kinds_wanted() -> None:
    for journal in everything(journals(rich, kinds=["meet", "retract"], plain=True), 20):
        assert {command.kind for command in journal} <= {"open", "meet", "retract"}


@quick
@given(cases(rich))
def test_a_case_has_its_journal(case: Case) -> None:
    again, differences = rich.replay(case.to_journal())
    assert again.to_dict() == case.to_dict()
    assert not differences


def test_cases_come_to_an_end() -> None:
    assert find(cases(small), lambda case: case.ended == "completed", settings=looking).seq <= 3


def test_everything_suggested_stands_on_the_menu() -> None:
    """Else it would never be drawn."""
    for seed in range(15):
        process = Process(definition_from_seed(seed))
        adviser = Adviser(process.tables, likely_values(process.tables))
        menu = Menu(adviser)
        case = process.open("x", at=NOW)
        for _ in range(8):
            some = [command for suggest in adviser.groups for command in suggest(case)]
            assert {key_of(command) for command in some} <= menu.keys
            case.do(moved(some[seed % len(some)], case.at))
