"""Tables, columns, values and the funnel, apart from the command line."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stagegate
from stagegate.conditions import FactType
from stagegate.model import Definition, Fact, Text
from stagegate.portfolio import Assessor, Funnel, Table, TableError, guess_delimiter, match
from stagegate.portfolio.values import NoValue, value_of

# The columns that the gates read, of 299 real deals: Salvirt B2B sales data set, M. Bohanec, CC BY 4.0.
DATA = Path(__file__).with_name("salvirt-b2b.csv")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def assess(process: stagegate.Process, text: str) -> Funnel:
    table = Table(io.StringIO(text))
    assessor = Assessor(process.tables, match(process.definition, table.header), table.header, AT)
    funnel = Funnel(process.definition)
    funnel.add_all(assessor.deal(row).standing for row in table)
    return funnel


def test_each_deal_stands_where_its_own_case_would() -> None:
    """What is known from one deal is used for the next; a case opened for each must agree."""
    process = stagegate.load("b2b-qualification")
    header = "Authority;Budgt_alloc;Scope;RFP;Needs_def\n"
    values = [
        (a, b, s, r, n)
        for a in ("Low", "Mid", "")
        for b in ("Yes", "Unknown")
        for s in ("Clear", "Low", "")
        for r in ("Yes", "No")
        for n in ("Yes", "Poor", "")
    ]
    table = Table(io.StringIO(header + "".join(";".join(row) + "\n" for row in values * 2)))
    assessor = Assessor(process.tables, match(process.definition, table.header), table.header, AT)
    for row in table:
        deal = assessor.deal(row)
        case = process.open("x", at=AT)
        case.set_facts(deal.facts, at=AT)
        assert deal.standing.positions == (case.position,)
        assert [item.id for item in deal.standing.missing] == [item.id for item in case.missing()]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b;c\n1;2;3\n", ";"),
        ("a,b\n1,2\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('a;"b,c,d"\n1;"x,y"\n', ";"),
        ('"a,x";b\n"1,5";"2,5"\n"1,5";"2,5"\n', ";"),
        ("only\n1\n", ","),
        ("a;b\n1,5;2,5\n1,7;2,1\n", ";"),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_rows_agree_on(text: str, delimiter: str) -> None:
    assert guess_delimiter(io.StringIO(text)) == delimiter


@given(st.text(alphabet=st.sampled_from(list('ab;,"\t|\n\r \0é预')), max_size=200))
def test_any_text_is_a_table_or_says_why_not(text: str) -> None:
    try:
        for row in Table(io.StringIO(text, newline="")):
            assert any(row.cells)
    except TableError:
        pass


@given(
    st.sampled_from(["boolean", "integer", "number", "enum", "timestamp", "duration", "list", "string"]),
    st.text(max_size=40),
)
def test_any_cell_is_a_value_the_engine_takes_or_says_why_not(kind: str, text: str) -> None:
    values = ("Yes", "No") if kind == "enum" else ()
    of = FactType("number") if kind == "list" else None
    fact = Fact("x", FactType(kind, values, of))  # type: ignore[arg-type]
    from stagegate.engine.evidence import is_of_type

    try:
        value = value_of(fact, text)
    except NoValue:
        return
    assert is_of_type(fact.type, value)


def test_bounds_are_kept() -> None:
    fact = Fact("x", FactType("number"), minimum=0, maximum=10)
    assert value_of(fact, " 10 ") == 10
    for text in ("-1", "10.5", "nan", "inf", "1_000", "1,000", "1e999", "٣"):
        with pytest.raises(NoValue):
            value_of(fact, text)


@pytest.mark.parametrize("text", ["2026-03-02", "2026/3/2", "2026-3-02", "2026-03-02T08:00+08:00", "2026-03-02T00:00Z"])
def test_a_date_is_its_midnight_in_utc(text: str) -> None:
    assert value_of(Fact("x", FactType("timestamp")), text) == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-02T09:00", "has no zone"),
        ("2026-13-02", "must be a date such as"),
        ("2026-3/2", "must be a date such as"),
        ("soon", "must be a date such as"),
    ],
)
def test_a_time_without_a_zone_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoValue, match=why):
        value_of(Fact("x", FactType("timestamp")), text)


def test_what_a_cell_may_hold() -> None:
    """What the help of `stagegate assess` says."""

    def values(kind: str, texts: str) -> list[object]:
        return [value_of(Fact("x", FactType(kind)), text) for text in texts.split()]  # type: ignore[arg-type]

    assert values("boolean", "true yes y 1 是 TRUE Yes") == [True] * 7
    assert values("boolean", "false no n 0 否 NO") == [False] * 6
    assert values("number", "1250000 0.5 1.5e3") == [1250000, 0.5, 1500]
    assert values("duration", "90m 36h 14d 2w 30s") == [
        timedelta(minutes=90), timedelta(hours=36), timedelta(days=14), timedelta(weeks=2), timedelta(seconds=30),
    ]  # fmt: skip
    colour = Fact("x", FactType("enum", ("Red",)), values={"Red": Text("Crimson", "红")})
    assert [value_of(colour, text) for text in ("Red", "RED", "Crimson", "红")] == ["Red"] * 4
    topics = Fact("x", FactType("list", of=FactType("string")))
    assert value_of(topics, "a; b|c\nd") == ("a", "b", "c", "d")


def test_a_title_is_a_name_unless_it_is_anothers() -> None:
    facts = (
        Fact("budget", FactType("number"), Text("Money", "预算")),
        Fact("size", FactType("number"), Text("Budget", "规模")),
        Fact("left", FactType("number"), Text("Same", "左")),
        Fact("right", FactType("number"), Text("Same", "右")),
    )
    definition = Definition("x", "1.0.0", (), facts=facts)

    def given(*header: str) -> list[str]:
        return [fact.id for _, fact in match(definition, header).facts]

    assert given("预算", "规模", "左") == ["budget", "size", "left"]
    assert given("money", "Budget", "Same") == ["budget"]
    assert given("Budget") == ["budget"]


def test_the_public_data_set() -> None:
    funnel = assess(stagegate.load("b2b-qualification"), DATA.read_text(encoding="utf-8"))
    assert funnel.deals == 299
    assert [step.completed for step in funnel.steps] == [271, 129, 127, 120, 0]
    assert [step.reached for step in funnel.steps] == [299, 271, 129, 127, 120]
