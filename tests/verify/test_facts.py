"""The values of facts that are worth trying: every way conditions can come out is among them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from stagegate.conditions import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    Condition,
    EnumType,
    Environment,
    FactsOnly,
    FactType,
    ListType,
    Unknown,
    compile,
    parse,
)
from stagegate.model import Fact
from stagegate.verify.facts import clusters

FACTS = {
    "hot": BOOL,
    "budget": DOUBLE,
    "price": DOUBLE,
    "days": INT,
    "seats": INT,
    "size": EnumType("small", "middle", "large"),
    "name": STRING,
    "due": TIMESTAMP,
    "rest": DURATION,
    "topics": ListType(STRING),
}
BOUNDS = {"days": (0, 30), "price": (1.0, None)}


def condition(text: str) -> Condition:
    parsed = parse(text)
    assert parsed.tree is not None and not parsed.problems
    return compile(parsed.tree, Environment(facts=FACTS, criteria=("known",), tracks={"selling": ("visit",)}))


def facts() -> dict[str, Fact]:
    return {name: Fact(name, type, minimum=BOUNDS.get(name, (None, None))[0], maximum=BOUNDS.get(name, (None, None))[1],
                       values=dict.fromkeys(type.values)) for name, type in FACTS.items()}  # fmt: skip


def ways(conditions: Iterable[Condition], choices: Iterable[dict[str, Any]]) -> set[tuple[str, ...]]:
    """How the conditions come out together, over these values."""
    return {tuple(told(c, given) for c in conditions) for given in choices}


def told(condition: Condition, given: dict[str, Any]) -> str:
    value = condition.evaluate(FactsOnly({name: value for name, value in given.items() if value is not None}))
    return "unknown" if isinstance(value, Unknown) else str(value)


EXACT = [
    ["budget >= 50000.0"],
    ["budget > 5", "budget < 3", "budget == 4.0"],
    ["budget > 5 && size == 'small'", "size in ['large', 'middle']"],
    ["days > 0 ? hot : budget == 2.5"],
    ["days > 29", "days <= 0", "days == 7 || hot"],
    ["days > 30", "days < 0"],
    ["price > 0.0", "price <= 1.0"],
    ["name == 'x'", "name != 'y' && !hot"],
    ["name in ['a', 'b']"],
    ["due < timestamp('2026-01-01T00:00:00Z')", "due >= timestamp('2026-06-01T00:00:00Z')"],
    ["rest > duration('36h')", "rest == duration('48h')"],
    ["'price' in topics", "'time' in topics || hot"],
    ["10 <= days"],
    ["!(budget > 5) || hot"],
]
MANY: dict[str, list[Any]] = {
    "hot": [None, True, False],
    "budget": [None, *(x / 2 for x in range(-2, 14)), 49999.99, 50000.0, 60000.0],
    "price": [None, 1.0, 1.5, 9.0],
    "days": [None, *range(31)],
    "seats": [None, *range(-3, 30)],
    "size": [None, "small", "middle", "large"],
    "name": [None, "", "a", "b", "x", "y", "z"],
    "due": [None, *(datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 9)), datetime(2025, 1, 1, tzinfo=UTC)],
    "rest": [None, *(timedelta(hours=hours) for hours in (1, 36, 37, 48, 60))],
    "topics": [None, (), ("price",), ("time",), ("price", "time"), ("other",)],
}


@pytest.mark.parametrize("texts", EXACT, ids=" , ".join)
def test_comparisons_with_constants_are_exact(texts: list[str]) -> None:
    every_way_is_tried(texts)


def every_way_is_tried(texts: list[str]) -> None:
    """Whatever the facts of a wide choice make of the conditions, some chosen values make of them too."""
    conditions = [condition(text) for text in texts]
    found = clusters(conditions, facts())
    assert [cluster.why for cluster in found] == [""] * len(found)
    choices = [{k: v for part in parts for k, v in part.items()} for parts in product(*(c.choices for c in found))]
    names = sorted({name for c in conditions for name in c.reads.facts})
    every = [dict(zip(names, values, strict=True)) for values in product(*(MANY[name] for name in names))]
    assert ways(conditions, choices) >= ways(conditions, every)
    assert all(within(name, value) for choice in choices for name, value in choice.items())


def within(name: str, value: Any) -> bool:
    low, high = BOUNDS.get(name, (None, None))
    return value is None or ((low is None or value >= low) and (high is None or value <= high))


def test_facts_that_never_stand_together_are_tried_apart() -> None:
    found = clusters([condition("budget > 5"), condition("hot"), condition("days > 3 && size == 'small'")], facts())
    assert [cluster.facts for cluster in found] == [("budget",), ("days", "size"), ("hot",)]


def test_what_asks_the_process_is_cut_out() -> None:
    found = clusters([condition("met('known') && budget > 5 || stage('selling') == 'visit' && hot")], facts())
    assert [cluster.facts for cluster in found] == [("budget",), ("hot",)]


def test_the_first_choice_gives_nothing_and_each_way_stands_once() -> None:
    (cluster,) = clusters([condition("budget > 5 && hot")], facts())
    assert cluster.choices[0] == {"budget": None, "hot": None}
    assert len(cluster.choices) == len(ways([condition("budget > 5 && hot")], map(dict, cluster.choices))) == 3


@pytest.mark.parametrize(
    "text", ["name.contains('x')", "size(topics) > 2", "'a' < name", "budget / price > 2.0", "name + 'x' == 'yx'"]
)
def test_what_has_no_known_regions_says_so(text: str) -> None:
    (cluster,) = clusters([condition(text)], facts())
    assert cluster.why.startswith(f"`{text}` is more than comparisons of one fact with constants")


def test_too_many_combinations_say_so() -> None:
    names = [f"n{i}" for i in range(9)]
    type = FactType("integer")
    environment = Environment(facts=dict.fromkeys(names, type))
    text = " && ".join(f"{name} > {i}" for i, name in enumerate(names))
    parsed = parse(text)
    assert parsed.tree is not None
    (cluster,) = clusters([compile(parsed.tree, environment)], {name: Fact(name, type) for name in names})
    assert cluster.why.startswith("there are too many combinations of `n0`")


# --- with the solver ------------------------------------------------------------------------------------

RELATED = [
    ["budget > price"],
    ["days + seats > 40", "days > seats"],
    ["days * 3 == seats + 1", "seats % 4 == 3"],
    ["seats / days > 2", "days == 0"],
    ["budget * 0.5 <= price && hot", "budget == price"],
    ["(hot ? days : seats) >= 7", "size == 'large' || days < seats"],
    ["hot == (days > 3)"],
    ["-seats > 3", "seats - days in [1, 2]"],
    ["due + rest > timestamp('2026-03-01T00:00:00Z')"],
]


@pytest.mark.parametrize("texts", RELATED, ids=" , ".join)
def test_facts_that_are_related_are_solved(texts: list[str]) -> None:
    pytest.importorskip("z3", reason="z3-solver is not installed (extra `verify`)")
    every_way_is_tried(texts)


def test_without_the_solver_related_facts_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "z3", None)
    (cluster,) = clusters([condition("budget > price")], facts())
    assert cluster.why.startswith("`budget > price` is more than comparisons of one fact with constants: `pip install ")
