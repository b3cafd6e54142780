"""Results: operators, numbers, time, and the three values."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

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
    ListType,
    Reads,
    Unknown,
    check,
    compile,
    parse,
)

ENV = Environment(
    facts={
        "a": BOOL, "b": BOOL, "c": BOOL, "i": INT, "j": INT, "x": DOUBLE, "y": DOUBLE, "s": STRING, "e": EnumType("Low", "High"),
        "t": TIMESTAMP, "u": TIMESTAMP, "d": DURATION, "is": INT, "ints": ListType(INT), "xs": ListType(DOUBLE),
        "ss": ListType(STRING), "ts": ListType(TIMESTAMP),
    },
    criteria=("need", "price"),
    tracks={"buying": ("found", "budget"), "selling": ("plan",)},
    outcomes=("solve", "d1.later"),
    ends=("won", "lost"),
    invariant=True,
)  # fmt: skip


class Deal:
    def __init__(self, facts: Mapping[str, object] | None = None, **answers: object) -> None:
        self.facts: Mapping[str, object] = facts or {}
        self.answers = answers

    def met(self, criterion: str) -> bool | None:
        return {"need": True, "price": False}.get(criterion) if "blind" not in self.answers else None

    def stage(self, track: str) -> str | None:
        return {"buying": "budget", "selling": ""}[track] if "blind" not in self.answers else None

    def reached(self, track: str, stage: str) -> bool | None:
        return track == "buying" if "blind" not in self.answers else None

    def completed(self, track: str, stage: str) -> bool | None:
        return stage == "plan" if "blind" not in self.answers else None

    def taken(self, outcome: str) -> int:
        return {"solve": 2}.get(outcome, 0)

    def ended(self, end: str) -> bool:
        return end == "lost"

    def waived(self, criterion: str) -> bool:
        return criterion == "price"


def condition(text: str) -> Condition:
    parsed = parse(text)
    assert parsed.tree is not None
    assert not parsed.problems
    assert check(parsed.tree, ENV) == ()
    return compile(parsed.tree, ENV)


def value(text: str, **facts: object) -> bool | Unknown:
    return condition(text).evaluate(Deal(facts))


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 * 3 == 7", "7 / 2 == 3", "-7 / 2 == -3", "7 / -2 == -3", "7 % 2 == 1", "-7 % 2 == -1", "7 % -2 == 1",
        "-(3) == 0 - 3", "2 - 3 - 4 == -5", "1.0 / 0.0 > 1e308", "-1.0 / 0.0 < -1e308", "1.0 / -0.0 < 0.0", "0.0 == -0.0",
        "!(0.0 / 0.0 == 0.0 / 0.0)", "0.0 / 0.0 != 0.0 / 0.0", "!(0.0 / 0.0 in [0.0 / 0.0])", "[0.0 / 0.0] != [0.0 / 0.0]",
        "1e308 * 10.0 > 1e308", "'a' + 'b' == 'ab'", "'a' < 'b'", "'Z' < 'a'", "'\U0001f600' > '\uffff'", "'' < 'a'",
        "size('😀é') == 2", "'abc'.startsWith('ab')", "'abc'.endsWith('bc')", "'abc'.contains('b')", "!'abc'.contains('x')",
        "'abc'.contains('')", "[1] + [2] == [1, 2]", "[1, 2] != [2, 1]", "[] == []", "[[1], []] != [[1]]", "2 in [1, 2]",
        "!(3 in [1, 2])", "'a' in ['a']", "[1] in [[1], [2]]", "false < true", "true != false", "true ? true : false",
        "!(false ? true : false)", "duration('1h30m') == duration('90m')", "duration('1.5h') == duration('90m')",
        "duration('-1h') < duration('0')", "duration('250ms') + duration('750ms') == duration('1s')",
        "timestamp('2026-01-31T00:00:00Z') == timestamp('2026-01-31T08:00:00+08:00')",
        "timestamp('2026-03-01T00:00:00Z') - timestamp('2026-02-28T00:00:00Z') == duration('24h')",
        "timestamp('2026-01-01T00:00:00Z') + duration('1h') > timestamp('2026-01-01T00:59:59.999999Z')",
        "duration('1h') + timestamp('2026-01-01T00:00:00Z') == timestamp('2026-01-01T01:00:00Z')",
        "9223372036854775807 > -9223372036854775808", "met('need') && !met('price')", "stage('buying') == 'budget'",
        "stage('selling') == ''", "reached('buying', 'found') && !reached('selling', 'plan')", "taken('solve') == 2",
        "completed('selling', 'plan') && !completed('buying', 'found')",
        "taken('d1.later') == 0", "ended('lost') && !ended('won')", "waived('price') && !waived('need')",
    ],
)  # fmt: skip
def test_true(text: str) -> None:
    assert value(text) is True


def test_comparisons_of_a_fact_with_a_constant() -> None:
    for op, expected in {"==": 0, "!=": 1, "<": 1, "<=": 1, ">": 0, ">=": 0}.items():
        assert value(f"i {op} 3", i=2) is bool(expected)
        assert value(f"3 {op} i", i=2) is value(f"3 {op} 2")
        assert value(f"x {op} 3", x=2.0) is bool(expected)
        assert value(f"x {op} y", x=2.0, y=3.0) is bool(expected)
        assert value(f"s {op} 'b'", s="a") is bool(expected)


def test_nan_and_negative_zero_in_facts() -> None:
    nan = float("nan")
    assert value("x == y", x=nan, y=nan) is False
    assert value("x != x", x=nan) is True
    assert value("x in xs", x=nan, xs=[nan]) is False
    assert value("xs == xs", xs=[nan]) is False
    assert value("x in [1, 2]", x=nan) is False
    assert value("x in [0]", x=-0.0) is True


def test_lists_and_tuples_are_the_same() -> None:
    assert value("ints == [1, 2]", ints=(1, 2)) is True
    assert value("ints == [1, 2]", ints=[1, 2]) is True
    assert value("ints + [3] == [1, 2, 3]", ints=[1, 2]) is True
    assert value("[3] + ints == [3, 1]", ints=(1,)) is True
    assert value("ss == []", ss=[]) is True
    assert value("2 in ints", ints=[1, 2]) is True
    assert value("i in ints + [7]", i=7, ints=[1, 2]) is True


def test_moments_are_compared_and_calculated_in_utc() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before, after = datetime(2026, 3, 28, 12, tzinfo=berlin), datetime(2026, 3, 29, 12, tzinfo=berlin)
    assert value("u - t == duration('23h')", t=before, u=after) is True
    assert value("t + duration('24h') > u", t=before, u=after) is True
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)
    assert value("u - t == duration('1h')", t=twice, u=twice.replace(fold=1)) is True
    assert value("t < u", t=twice, u=twice.replace(fold=1)) is True
    assert value("t in ts", t=twice, ts=[twice.astimezone(UTC)]) is True
    assert value("t == timestamp('2026-10-25T00:30:00Z')", t=twice) is True
    with pytest.raises(TypeError, match="needs a time zone"):
        value("t < u", t=datetime(2026, 1, 1), u=before)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("i / j > 1", "division by zero in `i / j`"),
        ("1 + (i % j) > 1", "division by zero in `i % j`"),
        ("1 / 0 > 1", "division by zero in `1 / 0`"),
        ("is + 1 > 1", "integer overflow in `is + 1`"),
        ("is * is > 1", "integer overflow in `is * is`"),
        ("-2 - is > 1", "integer overflow in `-2 - is`"),
        ("-(-9223372036854775808) > 1", "integer overflow in `-(-9223372036854775808)`"),
        ("-9223372036854775808 / -1 > 1", "integer overflow in `-9223372036854775808 / -1`"),
        ("-9223372036854775808 % -1 == 0", "integer overflow in `-9223372036854775808 % -1`"),
        ("t + duration('1h') > t", "a moment outside the years 1 to 9999 in `t + duration('1h')`"),
        ("t - u > d", "a duration of more than 292 years in `t - u`"),
        ("d + d > d", "a duration of more than 292 years in `d + d`"),
    ],
)
def test_what_cannot_be_calculated_is_unknown_with_its_cause(text: str, cause: str) -> None:
    facts = {
        "i": 1, "j": 0, "is": 2**63 - 1, "t": datetime(9999, 12, 31, 23, 30, tzinfo=UTC), "u": datetime(1, 1, 1, tzinfo=UTC),
        "d": timedelta(days=365 * 200),
    }  # fmt: skip
    assert value(text, **facts) == Unknown((), (cause,))
    assert value(f"({text}) && false", **facts) is False
    assert value(f"true || ({text})", **facts) is True


def test_a_moment_that_has_no_place_in_utc() -> None:
    early = datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert value("t == t", t=early) == Unknown((), ("`t` is outside the years 1 to 9999",))


def test_a_long_cause_is_cut() -> None:
    found = value("(i + " + "0 + " * 50 + "0) / 0 > 1", i=1)
    assert isinstance(found, Unknown)
    assert len(found.causes[0]) < 120


def test_what_the_process_does_not_know() -> None:
    deal = Deal(blind=True)
    assert condition("met('need')").evaluate(deal) == Unknown((), ("criterion `need` is unknown",))
    assert condition("stage('buying') == ''").evaluate(deal) == Unknown((), ("track `buying` has not been observed",))
    assert condition("reached('buying', 'found')").evaluate(deal) == Unknown(
        (), ("track `buying` has not been observed",)
    )
    both = condition("reached('buying', 'found') && stage('buying') == '' && met('price') && i > 0").evaluate(deal)
    assert both == Unknown(("i",), ("track `buying` has not been observed", "criterion `price` is unknown"))


U = "unknown"


def given(**facts: object) -> dict[str, object]:
    return {name: fact for name, fact in facts.items() if fact != U}


@pytest.mark.parametrize(("a", "b"), list(product((True, False, U), repeat=2)))
def test_the_three_values_of_and_and_or(a: object, b: object) -> None:
    facts = given(a=a, b=b)
    lacking = Unknown({"a", "b"} - facts.keys())
    expected_and = False if False in (a, b) else lacking if U in (a, b) else True
    expected_or = True if True in (a, b) else lacking if U in (a, b) else False
    for text, expected in {
        "a && b": expected_and,
        "b && a": expected_and,
        "a || b": expected_or,
        "b || a": expected_or,
    }.items():
        assert value(text, **facts) == expected, text
    # Longer chains go another way through the code.
    assert value("a && b && a", **facts) == expected_and
    assert value("a || b || a", **facts) == expected_or
    assert value("true && a && b", **facts) == expected_and
    assert value("false || a || b", **facts) == expected_or


@pytest.mark.parametrize("a", [True, False, U])
def test_not_equal_and_choice_with_three_values(a: object) -> None:
    facts = given(a=a)
    unknown = Unknown({"a"})
    assert value("!a", **facts) == (unknown if a is U else not a)
    assert value("a == true", **facts) == (unknown if a is U else a)
    assert value("a in [true, false]", **facts) == (unknown if a is U else True)
    # Even where both branches are the same.
    assert value("a ? true : true", **facts) == (unknown if a is U else True)
    assert value("a ? b : c", **facts) == (unknown if a is U else Unknown({"b"} if a else {"c"}))


@pytest.mark.parametrize(("a", "b", "c"), list(product((True, False, U), repeat=3)))
def test_de_morgan_holds_with_three_values(a: object, b: object, c: object) -> None:
    facts = given(a=a, b=b, c=c)
    assert value("!(a && b && c)", **facts) == value("!a || !b || !c", **facts)
    assert value("!(a || b)", **facts) == value("!a && !b", **facts)
    assert value("(a && b) && c", **facts) == value("a && (b && c)", **facts)
    assert value("a || b || c", **facts) == value("c || b || a", **facts)


def test_an_unknown_result_names_everything_lacking() -> None:
    assert value("i + j > 3 && s == 'x' && x in [1, y]", a=True) == Unknown({"i", "j", "s", "x", "y"})
    assert value("i / j > 3 && x > 1", i=1, j=0) == Unknown({"x"}, ("division by zero in `i / j`",))
    assert value("i > 3 && s == 'x'", i=4) == Unknown({"s"})
    # What a decided operand has absorbed is not lacking.
    assert value("(i > 3 || true) && s == 'x'") == Unknown({"s"})
    assert value("1 in [1, i]") == Unknown({"i"})
    assert value("s.startsWith(e)") == Unknown({"s", "e"})
    assert value("i / 0 > 1 && j / 0 > 1 && i / 0 > 2", i=1, j=1) == Unknown(
        (), ("division by zero in `i / 0`", "division by zero in `j / 0`")
    )


def test_none_is_a_fact_not_given() -> None:
    assert value("i > 3", i=None) == Unknown({"i"})
    assert value("t == t && i + 1 > 0", t=None, i=None) == Unknown({"t", "i"})


def test_unknown_is_no_truth_value() -> None:
    found = value("a")
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(found)
    assert repr(found) == "Unknown(facts=['a'], causes=[])"
    assert {found: 1}[Unknown({"a"})] == 1
    assert found != "a"


def test_what_a_condition_reads() -> None:
    text = (
        "a && met('need') || stage('buying') == s || reached('selling', 'plan') && taken('d1.later') > i || false && b"
        " || ended('won') || waived('price')"
    )
    found = condition(text)
    assert found.text == text
    assert found.reads == Reads(
        facts=frozenset("asib"),
        criteria=frozenset({"need"}),
        tracks=frozenset({"buying", "selling"}),
        outcomes=frozenset({"d1.later"}),
        ends=frozenset({"won"}),
        waived=frozenset({"price"}),
    )
    assert condition("true").reads == Reads()


def test_conditions_are_values() -> None:
    one, other = condition("i > 3"), condition("i > 3")
    assert one == other
    assert hash(one) == hash(other)
    assert one != condition("i > 4")
    assert one != "i > 3"
    assert repr(one) == "Condition('i > 3')"
    for twin in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert twin == one
        assert twin.evaluate(Deal({"i": 4})) is True
    deep = condition("!" * 40 + "a")
    assert pickle.loads(pickle.dumps(deep)) == deep
    tree = parse("+".join(["1"] * 95) + " > 1").tree
    assert pickle.loads(pickle.dumps(tree)) == tree
