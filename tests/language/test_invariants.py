"""Invariants as docs/reference/invariants.md has them: what is read, and what is wrong with them where."""

from __future__ import annotations

import pytest
from tests.language.said import PROCESS, good, place, wrong

from stagegate.diagnostics import Source
from stagegate.language import check_source
from stagegate.model import Invariant, Text

FIRST = PROCESS.count("\n")


def invariant(text: str) -> Invariant:
    """The one invariant of a text that has no mistake."""
    (found,) = good(f"invariants:\n  - {text}\n").invariants
    return found


@pytest.mark.parametrize(
    ("written", "kind", "values"),
    [
        ("never: \"ended('lost') && met('signed')\"", "never", {}),
        ("always: budget > 0, in: [visit, choosing]", "always", {"inside": ("visit", "choosing")}),
        ("never: true, in: [visit]", "never", {"inside": ("visit",)}),
        ("possible: \"ended('completed') || waived('known')\"", "possible", {}),
        ("from_everywhere: won", "from_everywhere", {"targets": ("won",)}),
        ("from_everywhere: [won, lost, completed, visit]", "from_everywhere", {"targets": ("won", "lost", "completed", "visit")}),
        ("before: known, entering: contract", "before", {"criteria": ("known",), "entering": ("contract",)}),
        (
            "before: [known, asked], entering: [won, offer], or_waived: true, without: [reopen, hold]",
            "before",
            {
                "criteria": ("known", "asked"),
                "entering": ("won", "offer"),
                "or_waived": True,
                "without": ("reopen", "hold"),
            },
        ),
    ],
)  # fmt: skip
def test_each_kind_is_read(written: str, kind: str, values: dict[str, object]) -> None:
    found = invariant(f"{{id: i, {written}}}")
    empty = {"inside": (), "criteria": (), "entering": (), "or_waived": False, "targets": (), "without": ()}
    assert found.kind == kind
    assert {key: getattr(found, key) for key in empty} == {**empty, **values}
    assert (found.condition is not None) == (kind in ("never", "always", "possible"))


def test_title_notes_and_place_are_read() -> None:
    found = invariant("{title: {en: Safe, zh: 安全}, source: rules, id: i, always: 'true'}")
    assert (found.title, found.notes.source.en) == (Text("Safe", "安全"), "rules")
    assert (found.where, found.file) == ((FIRST + 2, 52), "")


def test_the_definition_says_where_it_stands() -> None:
    assert good("invariants:\n  - {id: i, always: 'true'}\n").where["invariant:i"] == (FIRST + 2, 10)


def test_a_condition_reads_ends_and_waivers() -> None:
    condition = invariant(
        "{id: i, never: \"ended('lost') && waived('known') && met('asked') && budget > 1\"}"
    ).condition
    assert condition is not None
    reads = condition.reads
    assert (reads.ends, reads.waived, reads.criteria, reads.facts) == ({"lost"}, {"known"}, {"asked"}, {"budget"})


WRONG = [
    # names
    ("{id: i, never: \"ended(<<'los'>>)\"}", "unknown-end", "did you mean `lost` (line 59)?"),
    ("{id: i, never: \"waived(<<'knwn'>>)\"}", "unknown-criterion", "did you mean `known` (line 29)?"),
    ("{id: i, never: \"met(<<'knwn'>>)\"}", "unknown-criterion", "did you mean `known` (line 29)?"),
    ("{id: i, never: <<bugdet>> > 1}", "unknown-fact", "did you mean `budget` (line 6)?"),
    ("{id: i, never: <<bugdet>>, in: [visit]}", "unknown-fact", "did you mean `budget` (line 6)?"),
    ("{id: i, always: <<budget>>}", "condition-type", ""),
    ("{id: i, always: \"<<endd>>('lost')\"}", "condition-syntax", "did you mean `ended`?"),
    ("{id: i, never: budget > 1, in: [<<vist>>]}", "unknown-stage", "did you mean `visit` (line 26)?"),
    ("{id: i, never: budget > 1, in: [<<won>>]}", "unknown-stage", "there are"),
    ("{id: i, from_everywhere: [won, <<los>>]}", "unknown-target", "did you mean `lost` (line 59)?"),
    ("{id: i, from_everywhere: <<worth_it>>}", "unknown-target", ""),
    ("{id: i, before: <<knwn>>, entering: visit}", "unknown-criterion", "did you mean `known` (line 29)?"),
    ("{id: i, before: known, entering: <<vist>>}", "unknown-target", "did you mean `visit` (line 26)?"),
    # what stands together
    ("{<<id>>: i}", "missing-key", ""),
    ("{<<never>>: budget > 1}", "missing-key", ""),
    ("{id: i, never: budget > 1, <<always>>: budget < 9}", "bad-value", ""),
    ("{id: i, possible: budget > 1, <<in>>: [visit]}", "bad-value", ""),
    ("{id: i, never: budget > 1, <<entering>>: visit}", "bad-value", ""),
    ("{id: i, never: budget > 1, <<or_waived>>: true}", "bad-value", ""),
    ("{<<id>>: i, before: known}", "missing-key", "the stages and ends that are entered"),
    ("{<<id>>: i, entering: visit}", "missing-key", ""),
    ("{id: i, <<befor>>: known, entering: visit}", "unknown-key", "did you mean `before`?"),
    ("{id: i, before: known, entering: visit, or_waived: <<false>>}", "bad-value", "leave the key out"),
    ("{id: i, never: budget > 1, in: <<[]>>}", "bad-value", ""),
    ("{id: i, from_everywhere: <<[]>>}", "bad-value", ""),
    ("{id: i, never: <<7>>}", "wrong-type", ""),
    ("{id: i, never: budget > 1, without: [<<reopn>>]}", "bad-value", "did you mean `reopen`?"),
    ("{id: i, never: budget > 1, without: [<<open>>]}", "bad-value", ""),
]


@pytest.mark.parametrize(("marked", "rule", "help"), WRONG)
def test_a_mistake_is_told_where_it_is_and_nothing_else(marked: str, rule: str, help: str) -> None:
    errors, places = wrong(f"invariants:\n  - {marked}\n")
    assert [(error.rule, place(error)) for error in errors] == [(rule, places[0])], errors
    assert help in errors[0].help


def test_two_invariants_have_two_ids() -> None:
    errors, places = wrong("invariants:\n  - {id: i, always: 'true'}\n  - {id: <<i>>, never: 'true'}\n")
    assert [(error.rule, place(error)) for error in errors] == [("duplicate-id", places[0])]


@pytest.mark.parametrize(
    ("condition", "help"),
    [
        ("<<ended>>('lost')", ""),
        ("budget > 1 && <<waived>>('known')", "`met('criterion_id')` is true for a waived criterion too"),
    ],
)
def test_ended_and_waived_stand_in_invariants_only(condition: str, help: str) -> None:
    text = PROCESS.replace("{id: signed}", f'{{id: signed, when: "{condition}"}}')
    line = text[: text.index("id: signed")].count("\n") + 1
    column = text.splitlines()[line - 1].index("<<") + 1
    source = Source("small.yaml", text.replace("<<", "").replace(">>", ""))
    definition, report = check_source(source, processes=("customer-visit",))
    assert definition is None
    (found,) = [finding for finding in report if finding.severity == "error"]
    assert (found.rule, found.span.line, found.span.column) == ("condition-syntax", line, column)
    assert "stands in the conditions of invariants only" in found.message
    assert found.help == help


def test_a_fact_that_only_an_invariant_reads_is_unused() -> None:
    text = PROCESS.replace("  count:", "  lonely: {type: integer}\n  count:")
    said = "invariants:\n  - {id: i, never: lonely > 1}\n"
    _, report = check_source(Source("small.yaml", text + said), processes=("customer-visit",))
    assert [f.span.line for f in report if f.rule == "unused-name" and "lonely" in f.message] == [7]
