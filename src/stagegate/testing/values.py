"""Strategies for facts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from stagegate.testing.likely import likely_values

if TYPE_CHECKING:
    from stagegate.conditions import FactType
    from stagegate.model import Fact
    from stagegate.process import Process


def facts(process: Process) -> st.SearchStrategy[dict[str, Any]]:
    """Facts as `set_facts` takes them: some facts of the process, each with a value that a case accepts, or None.

    Values lean to the constants that the conditions of the process compare with, and to their neighbours, since that is where
    conditions turn; None forgets a fact. A process without facts gives `{}`.

        @given(facts(process))
        def test_any_facts_are_taken(given):
            deal = process.open("x", at=now)
            assert deal.set_facts(given, at=now)
    """
    likely = likely_values(process.tables)
    declared = process.definition.facts
    if not declared:
        return st.just({})
    values = {fact.id: st.one_of(fact_values(fact, likely=likely[fact.id]), st.none()) for fact in declared}
    some = st.lists(st.sampled_from(declared), min_size=1, max_size=4, unique_by=lambda fact: fact.id)
    return some.flatmap(lambda chosen: st.fixed_dictionaries({fact.id: values[fact.id] for fact in chosen}))


def fact_values(fact: Fact, *, likely: Sequence[Any] = ()) -> st.SearchStrategy[Any]:
    """Values of one fact within its type and range, every other one of `likely` where some are given; never None.

    `fact_values(process.definition.facts[0])` draws values of the first fact of a process.
    """
    anything = _of_type(fact.type, fact.minimum, fact.maximum)
    return st.one_of(st.sampled_from(likely), anything) if likely else anything


def _of_type(type: FactType, least: float | None, most: float | None) -> st.SearchStrategy[Any]:
    match type.kind:
        case "boolean":
            return st.booleans()
        case "integer":
            low = -(2**63) if least is None else math.ceil(least)
            high = 2**63 - 1 if most is None else math.floor(most)
            return st.integers(low, high)
        case "number":
            return st.floats(least, most, allow_nan=False, allow_infinity=False)
        case "enum":
            return st.sampled_from(type.values)
        case "string":
            return st.text(max_size=20)
        case "timestamp":
            years = datetime(2000, 1, 1), datetime(2050, 1, 1)  # noqa: DTZ001 - Hypothesis wants them without a zone
            return st.datetimes(*years, timezones=st.just(UTC))
        case "duration":
            return st.timedeltas(timedelta(0), timedelta(days=1000))
        case "list":
            inner = st.text(max_size=10) if type.of is None else _of_type(type.of, None, None)
            return st.lists(inner, max_size=3).map(tuple)
