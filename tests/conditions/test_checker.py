"""Types and names: what `check` finds, where, and what it says."""

from __future__ import annotations

import pytest
from attrs import evolve

from stagegate.conditions import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    EnumType,
    Environment,
    ListType,
    Problem,
    check,
    compile,
    parse,
    to_cel,
)

ENV = Environment(
    facts={
        "budget": DOUBLE, "ratio": DOUBLE, "count": INT, "visits": INT, "name": STRING, "ready": BOOL, "urgent": BOOL,
        "authority": EnumType("Low", "Mid", "High"), "backup": EnumType("Low", "Mid", "High"),
        "since": TIMESTAMP, "until": TIMESTAMP, "wait": DURATION,
        "tags": ListType(STRING), "scores": ListType(DOUBLE), "counts": ListType(INT),
        "levels": ListType(EnumType("Low", "Mid", "High")),
    },
    criteria=("need_known", "budget_known"),
    tracks={"buying": ("problem_found", "budget_set"), "selling": ("plan",)},
    outcomes=("solve", "d1.solve", "d1.later", "d2.later"),
    ambiguous_outcomes=("later",),
    observed=("selling",),
)  # fmt: skip


def problems(text: str, env: Environment = ENV) -> tuple[Problem, ...]:
    tree = parse(text).tree
    assert tree is not None
    return check(tree, env)


GOOD = [
    "ready", "true", "!ready", "!(budget > 0)", "budget > 0", "0 < budget", "budget > 1000", "budget in [1, 2.5, -3]",
    "1 in scores", "scores == [1, 2]", "[1, 2] == scores", "1 + 2 * 3 < budget", "-(1) < budget", "(ready ? 1 : 2) < budget",
    "budget * 2 > ratio / 3", "count / 2 > 1", "count % 2 == 0", "count in counts", "2 in counts", "counts == []",
    "[] == []", "count in []", "[] + [1] == counts", "tags + ['x'] != tags", "name + 'x' == name", "name < 'b'",
    "authority == 'Mid'", "'Mid' != authority", "authority in ['Mid', 'High']", "authority == backup", "authority == name",
    "'Low' in levels", "authority in levels", "authority in tags", "name in levels", "levels == ['Low']",
    "authority.startsWith('M')", "size(authority) == 3", "size(tags) > 0", "tags.size() > 0", "name.size() > 0",
    "name.contains('a') && name.endsWith(name)", "ready == urgent", "ready < urgent", "ready in [true]",
    "since < until", "since - until > wait", "since + wait > until", "wait + since > until", "since - wait > until",
    "wait + wait > wait - wait", "since > timestamp('2026-01-31T00:00:00+08:00')", "wait == duration('1h30m')",
    "since in [until, timestamp('2026-01-31T00:00:00.123456Z')]", "met('need_known')", "taken('solve') > 1",
    "taken('d1.later') == taken('d2.later')", "stage('buying') == 'budget_set'", "stage('buying') == ''",
    "stage('buying') in ['problem_found', '']", "stage('selling') == name", "reached('buying', 'budget_set')",
    "completed('buying', 'budget_set') && !completed('buying', 'problem_found')",
    "ready ? met('need_known') : budget > 1", "(ready ? 1.5 : 2) > budget", "[[1], [2.5]] == [scores]",
    "(ready ? authority : 'Mid') == 'Mid'", "size([ready, true]) == 2",
    "'x' in levels + tags", "[levels, tags] == [['x']]", "[1, 2.5, 3] == scores",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_what_is_right(text: str) -> None:
    assert problems(text) == ()


OF_INVARIANTS = evolve(ENV, ends=("won", "lost"), invariant=True)


@pytest.mark.parametrize("text", ["ended('won')", "waived('need_known') && ready", "!ended('lost')", *GOOD])
def test_what_is_right_in_an_invariant(text: str) -> None:
    assert problems(text, OF_INVARIANTS) == ()


@pytest.mark.parametrize(
    ("text", "rule", "wrong", "message", "help"),
    [
        ("ended('wn')", "unknown-end", "'wn'", "no end named `wn`", "did you mean `won`?"),
        ("waived('need_knwn')", "unknown-criterion", "'need_knwn'", "no criterion named `need_knwn`", "did you mean `need_known`?"),
        ("ended(won)", "condition-type", "ended(won)", "`ended` takes an id in quotes", "write `ended('won')`"),
        ("waived()", "condition-type", "waived()", "`waived` takes an id in quotes", "write `waived('criterion_id')`"),
        ("ended('won') == 1", "condition-type", "ended('won') == 1", "`==` cannot compare a boolean with an integer", ""),
        ("ended", "unknown-fact", "ended", "no fact named `ended`", "`ended` is a function: write `ended('...')`"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_invariant(text: str, rule: str, wrong: str, message: str, help: str) -> None:
    (found,) = problems(text, OF_INVARIANTS)
    assert (found.rule, text[found.start : found.end], found.message, found.help) == (rule, wrong, message, help)


@pytest.mark.parametrize("name", ["ended", "waived"])
def test_elsewhere_both_functions_are_refused_whatever_they_ask(name: str) -> None:
    (found,) = problems(f"ready && {name}('zzz')")
    assert (found.rule, found.start, found.end) == ("condition-syntax", 9, 9 + len(name))
    assert found.message == f"`{name}` stands in the conditions of invariants only"


TYPE = "condition-type"
BAD = [
    # Names
    ("budgt > 0", "unknown-fact", "budgt", "no fact named `budgt`", "did you mean `budget`?"),
    ("zzz > 0", "unknown-fact", "zzz", "no fact named `zzz`", ""),
    ("authority == High", "unknown-fact", "High", "no fact named `High`", "put a text in quotes: `'High'`"),
    ("met", "unknown-fact", "met", "no fact named `met`", "`met` is a function: write `met('...')`"),
    ("met('need_knwon')", "unknown-criterion", "'need_knwon'", "no criterion named `need_knwon`", "did you mean `need_known`?"),
    ("stage('buyng') == ''", "unknown-track", "'buyng'", "no track named `buyng`", "did you mean `buying`?"),
    ("reached('buyng', 'x')", "unknown-track", "'buyng'", "no track named `buyng`", "did you mean `buying`?"),
    ("reached('buying', 'budget')", "unknown-stage", "'budget'", "no stage named `budget` in track `buying`",
     "did you mean `budget_set`?"),
    ("completed('buyng', 'x')", "unknown-track", "'buyng'", "no track named `buyng`", "did you mean `buying`?"),
    ("completed('buying', 'budget')", "unknown-stage", "'budget'", "no stage named `budget` in track `buying`",
     "did you mean `budget_set`?"),
    ("completed('selling', 'plan')", TYPE, "completed('selling', 'plan')",
     "track `selling` is observed: its stages are not completed", "write `reached('selling', 'stage')`"),
    ("completed('buying')", TYPE, "completed('buying')", "`completed` takes two ids in quotes", "write `completed('track', 'stage')`"),
    ("stage('buying') == 'budgetset'", "unknown-stage", "'budgetset'", "no stage named `budgetset` in track `buying`",
     "did you mean `budget_set`?"),
    ("stage('buying') in ['', 'plan']", "unknown-stage", "'plan'", "no stage named `plan` in track `buying`", ""),
    ("taken('solv') > 0", "unknown-outcome", "'solv'", "no outcome named `solv`", "did you mean `solve`?"),
    ("taken('later') > 0", "unknown-outcome", "'later'", "several decision points have an outcome `later`",
     "write `d1.later` or `d2.later`"),
    # Enums
    ("authority == 'Hihg'", TYPE, "'Hihg'", "`Hihg` is not a value of `authority`", "did you mean `High`?"),
    ("'xyz' != authority", TYPE, "'xyz'", "`xyz` is not a value of `authority`", "its values are `Low`, `Mid`, `High`"),
    ("authority in ['Mid', 'hgh']", TYPE, "'hgh'", "`hgh` is not a value of `authority`", "did you mean `High`?"),
    ("'Hgh' in levels", TYPE, "'Hgh'", "`Hgh` is not a value of `levels`", "did you mean `High`?"),
    ("authority == (ready ? 'Mid' : 'Hgh')", TYPE, "'Hgh'", "`Hgh` is not a value of `authority`", "did you mean `High`?"),
    ("authority > 'Mid'", TYPE, "authority > 'Mid'", "`>` cannot order the values of an enum",
     "name the values: `fact in ['a', 'b']`"),
    ("stage('buying') >= 'budget_set'", TYPE, "stage('buying') >= 'budget_set'", "`>=` cannot order stages",
     "write `reached('track', 'stage')`"),
    # Integers and numbers
    ("count > 1.5", TYPE, "count > 1.5", "`>` cannot compare an integer with a number",
     "integers and numbers do not mix: declare `count` as a number"),
    ("count > 1.0", TYPE, "count > 1.0", "`>` cannot compare an integer with a number", "write `1`"),
    ("count > budget", TYPE, "count > budget", "`>` cannot compare an integer with a number",
     "integers and numbers do not mix: declare `count` as a number"),
    ("budget * count > 1", TYPE, "budget * count", "`*` cannot take a number and an integer",
     "integers and numbers do not mix: declare `count` as a number"),
    ("budget > 1 / 2", TYPE, "budget > 1 / 2", "`>` cannot compare a number with an integer", "integers and numbers do not mix"),
    ("count in scores", TYPE, "count in scores", "`in` cannot look for an integer in a list of numbers",
     "integers and numbers do not mix: declare `count` as a number"),
    ("budget % 2 > 0", TYPE, "budget % 2", "`%` needs two integers, not numbers", ""),
    # Everything else that does not go together
    ("budget > '3'", TYPE, "budget > '3'", "`>` cannot compare a number with a string", "write `3` without quotes"),
    ("ready == 'true'", TYPE, "ready == 'true'", "`==` cannot compare a boolean with a string", "write `true` without quotes"),
    ("ready == 1", TYPE, "ready == 1", "`==` cannot compare a boolean with an integer", ""),
    ("name == 3", TYPE, "name == 3", "`==` cannot compare a string with an integer", ""),
    ("since > '2026-01-31T00:00:00Z'", TYPE, "since > '2026-01-31T00:00:00Z'", "`>` cannot compare a timestamp with a string",
     "write `timestamp('2026-01-31T00:00:00Z')`"),
    ("1 < budget < 3", TYPE, "1 < budget < 3", "`<` cannot compare a boolean with an integer",
     "comparisons do not chain: write `a < b && b < c`"),
    ("tags < tags", TYPE, "tags < tags", "`<` cannot order lists of strings", ""),
    ("tags == scores", TYPE, "tags == scores", "`==` cannot compare a list of strings with a list of numbers", ""),
    ("budget", TYPE, "budget", "the condition is a number, not true or false", "compare it, as in `... > 0`"),
    ("authority", TYPE, "authority", "the condition is an enum, not true or false", "compare it, as in `... == 'Low'`"),
    ("tags", TYPE, "tags", "the condition is a list of strings, not true or false",
     "ask for an element, `'x' in the_list`, or for `size(the_list) > 0`"),
    ("budget && ready", TYPE, "budget", "`&&` joins booleans, not a number", "compare it, as in `... > 0`"),
    ("!budget > 0", TYPE, "!budget", "`!` needs a boolean, not a number", "put brackets around a comparison: `!(budget ...)`"),
    ("-name == 'x'", TYPE, "-name", "`-` needs a number, not a string", ""),
    ("-wait > wait", TYPE, "-wait", "`-` needs a number, not a duration", ""),
    ("budget ? ready : urgent", TYPE, "budget", "`?` needs a boolean before it, not a number", ""),
    ("(ready ? 1 : 'a') == 1", TYPE, "ready ? 1 : 'a'", "`?` chooses between an integer and a string",
     "both values are of one type"),
    ("since + until > since", TYPE, "since + until", "`+` cannot take a timestamp and a timestamp", ""),
    ("wait - since > wait", TYPE, "wait - since", "`-` cannot take a duration and a timestamp", ""),
    ("wait * 2 > wait", TYPE, "wait * 2", "`*` cannot take a duration and an integer", ""),
    ("name - 'a' == name", TYPE, "name - 'a'", "`-` cannot take a string and a string", ""),
    ("'a' in name", TYPE, "'a' in name", "`in` needs a list on its right, not a string", "write `name.contains('a')`"),
    ("count in 3", TYPE, "count in 3", "`in` needs a list on its right, not an integer", "write `[3]`"),
    ("count in tags", TYPE, "count in tags", "`in` cannot look for an integer in a list of strings", ""),
    ("[1, count, 2.5] == scores", TYPE, "count", "a list holds numbers and an integer",
     "all elements of a list are of one type"),
    ("[1, 'a'] == counts", TYPE, "'a'", "a list holds integers and a string", "all elements of a list are of one type"),
    # Calls
    ("tags.contains('a')", TYPE, "tags", "`contains` needs a string, not a list of strings", "write `'a' in tags`"),
    ("name.contains(3)", TYPE, "3", "`contains` needs a string, not an integer", ""),
    ("name.contains()", TYPE, "name.contains()", "`contains` takes one argument, not 0", "write `x.contains('...')`"),
    ("size(name, name) > 1", TYPE, "size(name, name)", "`size` takes one argument, not 2", "write `size(x)`"),
    ("size(count) > 1", TYPE, "size(count)", "`size` needs a string or a list, not an integer", ""),
    ("met(need_known)", TYPE, "met(need_known)", "`met` takes an id in quotes", "write `met('need_known')`"),
    ("met('a', 'b')", TYPE, "met('a', 'b')", "`met` takes an id in quotes", "write `met('criterion_id')`"),
    ("reached('buying')", TYPE, "reached('buying')", "`reached` takes two ids in quotes", "write `reached('track', 'stage')`"),
    ("timestamp(name) > since", TYPE, "timestamp(name)", "`timestamp` takes one text in quotes",
     "write `timestamp('2026-01-31T00:00:00Z')`"),
    ("since > timestamp('2026-01-31')", TYPE, "'2026-01-31'", "a timestamp is written in the form of RFC 3339",
     "a time and a zone are needed: write `2026-01-31T00:00:00Z`"),
    ("since > timestamp('2026-02-30T00:00:00Z')", TYPE, "'2026-02-30T00:00:00Z'", "there is no such day or time", ""),
    ("since > timestamp('2026-01-31T00:00:00.1234567Z')", TYPE, "'2026-01-31T00:00:00.1234567Z'",
     "timestamps are exact to a microsecond here", "leave out the digits after the sixth"),
    ("wait > duration('90d')", TYPE, "'90d'", "CEL durations know no days or weeks", "write `2160h`"),
    ("wait > duration('2 weeks')", TYPE, "'2 weeks'", "CEL durations know no days or weeks", "write `336h`"),
    ("wait > duration('90')", TYPE, "'90'", "a duration is a number with a unit out of `h`, `m`, `s`, `ms`",
     "write it as `36h` or `1h30m`"),
    ("wait > duration('3000000h')", TYPE, "'3000000h'", "this duration is longer than 292 years", ""),
    ("wait > duration('1ns')", TYPE, "'1ns'", "durations are exact to a microsecond here", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "at", "message", "help"), BAD, ids=[bad[0] for bad in BAD])
def test_what_is_wrong(text: str, rule: str, at: str, message: str, help: str) -> None:
    found = problems(text)
    assert len(found) == 1, found
    problem = found[0]
    assert (problem.rule, text[problem.start : problem.end]) == (rule, at)
    assert (problem.message, problem.help) == (message, help)


def test_all_problems_are_found_in_the_order_they_are_written() -> None:
    text = "budgt > 0 && authority == 'Hihg' && (count > 1.5 || met('need')) && stage('x') == '' && size(count) == nme"
    found = [text[problem.start : problem.end] for problem in problems(text)]
    assert found == ["budgt", "'Hihg'", "count > 1.5", "'need'", "'x'", "size(count)", "nme"]


def test_one_mistake_is_reported_once() -> None:
    assert len(problems("(budgt + 1) * 2 > 3 && -budgt in [budgt]")) == 3
    assert len(problems("size(nme) + 1 == budget")) == 2
    assert len(problems("!(budget + name)")) == 1


def test_messages_are_sentences_without_a_full_stop_and_carry_the_wrong_name() -> None:
    for text, *_ in BAD:
        for problem in problems(text):
            assert not problem.message.endswith(".")
            assert problem.message[0].islower() or problem.message[0] in "`C"
            if problem.rule.startswith("unknown-"):
                assert problem.name in text


@pytest.mark.parametrize("text", ["budgt > 0", "budget > 'x'", "budget", "a > "])
def test_only_what_is_right_can_be_compiled_or_exported(text: str) -> None:
    tree = parse(text).tree
    assert tree is not None
    with pytest.raises(ValueError, match="only a condition without problems"):
        compile(tree, ENV)
    with pytest.raises(ValueError, match="only a condition without problems"):
        to_cel(tree, ENV)


def test_suggestions_are_bounded_but_problems_are_not() -> None:
    found = problems("||".join(f"budge{number} > 0" for number in range(60)))
    assert len(found) == 60
    assert 0 < sum(bool(problem.help) for problem in found) <= 20
