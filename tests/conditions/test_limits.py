"""Hostile texts: a problem in milliseconds, never an exception."""

from __future__ import annotations

import pytest

from stagegate.conditions import BOOL, Environment, check, compile, parse, to_cel
from stagegate.conditions.parser import MAX_ITEMS, MAX_LENGTH, MAX_NESTING, MAX_NODES

ENV = Environment(facts={"a": BOOL, "b": BOOL})

HOSTILE = {
    "100,000 brackets": "(" * 100_000,
    "1 MB": "a" * 1_000_000,
    "brackets": "(" * MAX_LENGTH,
    "closed brackets": "(" * 2000 + ")" * 2000,
    "closing brackets": ")" * MAX_LENGTH,
    "mixed brackets": "([)]" * 1000,
    "lists": "[" * MAX_LENGTH,
    "calls": "size(" * 800,
    "huge integer": "9" * 10_000,
    "huge integer within the limit": "a > " + "9" * 3990,
    "huge hex": "0x" + "f" * 3000,
    "nots": "!" * MAX_LENGTH,
    "minuses": "-" * MAX_LENGTH,
    "python nots": "not " * 1000,
    "deep choice": "a?b:" * 999 + "b",
    "deep choice in the middle": "a?" * 2000,
    "colons": "?:" * 2000,
    "chain of and": "&&".join(["a"] * 1300),
    "chain of sums": "+".join(["1"] * 900) + ">1",
    "chain of equals": "==".join(["a"] * 800),
    "chain of methods": "a" + ".size()" * 500,
    "long list": "1 in [" + ",".join(["1"] * 1900) + "]",
    "operators": "== " * 1300,
    "equals signs": "=" * MAX_LENGTH,
    "foreign operators": "≥" * MAX_LENGTH,
    "foreign words": "预 " * 2000,
    "quotes": "'" * MAX_LENGTH,
    "backslashes": "'" + "\\" * 3000 + "'",
    "dots": "." * MAX_LENGTH,
    "commas": "," * MAX_LENGTH,
    "words": "b " * 2000,
    "numbers": ".5" * 2000,
    "exponents": "1e" * 2000,
    "unknown names": "&&".join(f"x{number}y" for number in range(480)),
    "nul": "\0" * MAX_LENGTH,
    "surrogates": "\ud800" * MAX_LENGTH,
    "a long name": "a" * 3999,
    "a long text": "'" + "x" * 3900 + "' == a",
    "a long duration": "duration('" + "1h" * 1900 + "') > duration('1x')",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_refused_with_a_place(text: str) -> None:
    parsed = parse(text)
    problems = parsed.problems + (check(parsed.tree, ENV) if parsed.tree is not None else ())
    assert problems
    for problem in problems:
        assert 0 <= problem.start <= problem.end <= len(text)


def rules(text: str) -> list[str]:
    return [problem.rule for problem in parse(text).problems]


def test_the_length_is_looked_at_before_anything_else() -> None:
    assert rules("a" + " " * (MAX_LENGTH - 1)) == []
    assert rules("'" + " " * MAX_LENGTH) == ["condition-too-complex"]


@pytest.mark.parametrize(
    "nested",
    [
        lambda depth: "(" * depth + "a" + ")" * depth,
        lambda depth: "!" * depth + "a",
        lambda depth: "[" * depth + "a" + "]" * depth + " == []",
        lambda depth: "a ? b : " * depth + "b",
        lambda depth: "size(" * depth + "a" + ")" * depth + " > 0",
    ],
)
def test_nesting(nested: object) -> None:
    assert callable(nested)
    assert rules(nested(MAX_NESTING)) == []
    assert rules(nested(MAX_NESTING + 1)) == ["condition-too-complex"]


def test_list_size() -> None:
    assert rules("1 in [" + ",".join(["1"] * MAX_ITEMS) + "]") == []
    assert rules("1 in [" + ",".join(["1"] * (MAX_ITEMS + 1)) + "]") == ["condition-too-complex"]


def test_number_of_nodes() -> None:
    assert rules("&&".join(["a"] * (MAX_NODES - 1))) == []
    assert rules("&&".join(["a"] * MAX_NODES)) == ["condition-too-complex"]


def test_a_long_chain_of_sums_is_too_deep_for_whoever_walks_the_tree() -> None:
    assert rules("+".join(["1"] * 90) + " > 1") == []
    assert rules("+".join(["1"] * 110) + " > 1") == ["condition-too-complex"]


class Nobody:
    facts: dict[str, object] = {}

    def met(self, criterion: str) -> None: ...
    def stage(self, track: str) -> None: ...
    def reached(self, track: str, stage: str) -> None: ...
    def completed(self, track: str, stage: str) -> None: ...
    def taken(self, outcome: str) -> int:
        return 0


@pytest.mark.parametrize(
    "text",
    [
        "!" * MAX_NESTING + "a",
        "(" * MAX_NESTING + "a" + ")" * MAX_NESTING,
        "a ? b : " * MAX_NESTING + "b",
        "&&".join(["a"] * (MAX_NODES - 1)),
        "+".join(["1"] * 95) + " > 1",
        " != ".join(["a"] * 95),
    ],
)
def test_what_is_within_the_limits_works_to_the_end(text: str) -> None:
    tree = parse(text).tree
    assert tree is not None
    assert check(tree, ENV) == ()
    compile(tree, ENV).evaluate(Nobody())
    exported = to_cel(tree, ENV)
    if len(exported) <= MAX_LENGTH:
        again = parse(exported).tree
        assert again is not None
        assert check(again, ENV) == ()


def test_many_problems_in_one_text_are_bounded() -> None:
    assert len(parse("and " * 990).problems) <= 50
