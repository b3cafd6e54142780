"""Rows of a table as openings: every name a column may have, and everything that may not fit."""

import io
from datetime import UTC, datetime

import pytest

import stagegate
from stagegate.engine import commands
from stagegate.portfolio import Asked, Misplaced, Placed, Placer, Table, TableError

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PROCESS = """\
stagegate: 1
process: pipeline
version: 1.0.0
title: {en: Pipeline, zh: 管道}
facts:
  budget: {type: number, minimum: 0, aliases: [Amount]}
  size: {type: enum, values: [small, large]}
tracks:
  - id: buying
    side: buyer
    position: observed
    title: {en: Buying, zh: 购买}
    stages:
      - {id: looking, title: {en: Looking around, zh: 了解}}
      - {id: choosing, title: {en: Choosing, zh: 选择}}
  - id: selling
    title: {en: Selling, zh: 销售}
    stages:
      - id: first
        pairs_with: looking
        title: {en: First talk, zh: 初谈}
        aliases: [Prospecting]
        exit_criteria:
          - {id: talked, actor: buyer, title: {en: The buyer has talked, zh: 已交谈}}
      - id: second
        pairs_with: choosing
        title: {en: Second talk, zh: 再谈}
        exit_criteria:
          - {id: rich, actor: buyer, when: budget > 0, title: {en: There is a budget, zh: 有预算}}
          - {id: agreed, actor: buyer, title: {en: It is agreed, zh: 已商定}}
        completes: won
ends:
  - {id: won, kind: won, title: {en: Won, zh: 赢单}}
"""
ASKED = Asked("Deal", "Phase", "Buyer", "Since")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> stagegate.Process:
    path = tmp_path_factory.mktemp("process") / "pipeline.yaml"
    path.write_text(PROCESS, encoding="utf-8")
    return stagegate.load(path)


def placed(process: stagegate.Process, text: str, asked: Asked = ASKED, **more) -> list[Placed | Misplaced]:
    table = Table(io.StringIO(text))
    placer = Placer(process.definition, table.header, asked, at=AT, **more)
    return [placer.place(row) for row in table]


def test_a_row_is_an_opening_and_what_follows(process: stagegate.Process) -> None:
    text = "Deal;Phase;Buyer;Since;Amount;The buyer has talked;rich\nA-1;Second Talk;选择;2026-02-01;10;yes;no\n"
    (row,) = placed(process, text, source="crm", by="li.wei")
    since = datetime(2026, 2, 1, tzinfo=UTC)
    assert row == Placed(
        1,
        2,
        "A-1",
        commands.open_case(since, at_stage="second", skipped="owed", by="li.wei"),
        (
            commands.observe("choosing", since, source="crm", by="li.wei"),
            commands.set_facts({"budget": 10}, since, by="li.wei"),
            commands.meet("talked", since, by="li.wei"),
        ),
    )


@pytest.mark.parametrize("name", ["first", "FIRST", "Prospecting", "prospecting", "First talk", "first_talk", "初谈"])
def test_a_stage_goes_by_every_name_it_has(process: stagegate.Process, name: str) -> None:
    (row,) = placed(process, f"Deal;Phase;Buyer;Since\nA-1;{name};;\n")
    assert isinstance(row, Placed)
    assert row.command == commands.open_case(AT, at_stage="first", skipped="owed")
    assert row.following == ()


def test_what_was_skipped_is_owed_unless_it_is_dropped(process: stagegate.Process) -> None:
    text = "Deal;Phase\nA-1;second\n"
    for skipped, debts in (("owed", ["talked"]), ("dropped", [])):
        (row,) = placed(process, text, Asked("Deal", "Phase"), skipped=skipped)
        assert isinstance(row, Placed)
        case = process.opened(row.case, row.command)
        assert (case.position.stage, [item.id for item in case.debts()]) == ("second", debts)


def test_all_that_is_wrong_with_a_row_is_told_at_once(process: stagegate.Process) -> None:
    text = "Deal;Phase;Buyer;Since;Amount;size;agreed\n;secnd;third;yesterday;-1;huge;perhaps\n"
    (row,) = placed(process, text)
    assert isinstance(row, Misplaced)
    assert (row.row, row.line, row.case) == (1, 2, "")
    assert [(u.column, u.text) for u in row.unfit] == [
        ("Deal", ""),
        ("Phase", "secnd"),
        ("Buyer", "third"),
        ("Since", "yesterday"),
        ("Amount", "-1"),
        ("size", "huge"),
        ("agreed", "perhaps"),
    ]
    assert row.unfit[1].why == "it must be one of `first`, `second`; did you mean `second`?"


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("A;;;", "it must name the stage the deal stands at"),
        ("A;Won;;", "it is the end `won`, not a stage: what is over is not brought in"),
        ("A;looking;;", "it is a stage of the buyer, who is observed: it belongs into a column of its own"),
        ("A;first;second;", "it must be one of `looking`, `choosing`"),
        ("A;first;;2026-03-03", "it lies after 2026-03-02T09:00:00+00:00"),
        ("A;first;;2026-02-01T09:00", "the time has no zone"),
        ("A;first", "it has 2 cells, the header 4"),
        ("A;first;;;;", "it has 6 cells, the header 4"),
    ],
)
def test_what_does_not_fit(process: stagegate.Process, cells: str, why: str) -> None:
    (row,) = placed(process, f"Deal;Phase;Buyer;Since\n{cells}\n")
    assert isinstance(row, Misplaced)
    assert row.case == "A"
    assert row.unfit[0].why.startswith(why)


def test_an_id_is_given_once(process: stagegate.Process) -> None:
    first, second, third = placed(process, "Deal;Phase\nA;first\nA;second\nB;first\n", Asked("Deal", "Phase"))
    assert isinstance(first, Placed) and isinstance(third, Placed)
    assert isinstance(second, Misplaced)
    assert second.unfit[0].why == "the row of line 2 has the same id"


def test_without_columns_deals_go_by_their_row_and_begin_at_the_start(process: stagegate.Process) -> None:
    rows = placed(process, "Amount;Colour\n1;red\n2;blue\n", Asked(), unnamed="deals-")
    assert [row.case for row in rows] == ["deals-1", "deals-2"]
    assert [row.command for row in rows if isinstance(row, Placed)] == [commands.open_case(AT)] * 2


def test_columns_that_are_not_used_are_known(process: stagegate.Process) -> None:
    header = ["Deal", "Phase", "Amount", "budget", "Colour", "rich", "agreed", "Buyer"]
    placer = Placer(process.definition, header, Asked("Deal", "Phase", "Buyer"), at=AT)
    assert placer.facts == {"Amount": "budget"}
    assert placer.criteria == {"agreed": "agreed"}
    assert placer.unmatched == ("Colour", "rich")  # `rich` follows from a fact and is not reported
    assert placer.duplicates == (("budget", "Amount"),)


def test_a_column_that_cannot_be_used(process: stagegate.Process) -> None:
    with pytest.raises(TableError, match="there is no column `Stage`; there are `Deal`, `Phase`"):
        Placer(process.definition, ["Deal", "Phase"], Asked("Deal", "Stage"), at=AT)
    single = stagegate.load("b2b-qualification")
    with pytest.raises(TableError, match="has no observed track"):
        Placer(single.definition, ["Deal", "Buyer"], Asked("Deal", buyer="Buyer"), at=AT)
