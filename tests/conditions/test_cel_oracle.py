"""The oracle: random conditions mean the same to us as to Google's CEL engine (`cel-expr-python`, C++).

Each round makes a condition of the type boolean over declared facts, leaves some facts out, and evaluates it twice:
with stagegate from its text, and with the engine from `to_cel` of it. Where the text needs no `.0` inserted the engine
is also asked about the text itself.

How unknown is decided. A missing fact is left out of the engine's data; the engine then has an error `No value with name`
for it, which, like any error of CEL, is absorbed by a decided `&&` or `||` and else becomes the result. `met`, `stage`,
`reached`, `completed` and `taken` are functions of the engine's environment, and raise where the scope has None. So: a result of type
ERROR is unknown, and anything else is known. The engine names one error, we name all: the one it names must be among ours.

Differences by design, which the generator keeps out of the way:

- Integer literals beside numbers: refused by the engine, numbers for us. `to_cel` writes the `.0`.
- Microseconds: CEL counts nanoseconds, Python microseconds. Finer literals are refused by `check`.
- Durations beyond 292 years (64 bits of nanoseconds): a literal is refused, a result is unknown. The C++ engine accepts
  such literals and facts and calculates with 292 years instead.
- `--x` is `-(-x)` to us, and overflows for the smallest integer; engines drop the two signs. `to_cel` writes the brackets.
- Ordering (`<`) the values of an enum or stages is refused by `check`; to CEL they are strings.
- `null`, maps, fields, positions, macros, bytes, unsigned integers, comments, raw and triple-quoted strings,
  `matches` and all conversions are not in the language.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from stagegate.conditions import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    EnumType,
    Environment,
    FactType,
    ListType,
    Unknown,
    check,
    compile,
    parse,
    to_cel,
)
from stagegate.conditions.parser import MAX_LENGTH, MAX_NODES

cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python, the oracle, is not installed")

ROUNDS = int(os.environ.get("STAGEGATE_ORACLE", "500"))
SEED = int(os.environ.get("STAGEGATE_ORACLE_SEED", "20260101"))

LEVELS = ("Low", "Mid", "High")
FACTS: dict[str, FactType] = {
    "b1": BOOL, "b2": BOOL, "i1": INT, "i2": INT, "d1": DOUBLE, "d2": DOUBLE, "s1": STRING, "s2": STRING,
    "e1": EnumType(*LEVELS), "e2": EnumType(*LEVELS), "t1": TIMESTAMP, "t2": TIMESTAMP, "u1": DURATION, "u2": DURATION,
    "li": ListType(INT), "ld": ListType(DOUBLE), "ls": ListType(STRING), "lb": ListType(BOOL), "lt": ListType(TIMESTAMP),
    "le": ListType(EnumType(*LEVELS)),
}  # fmt: skip
TRACKS = {"buying": ("problem_found", "budget_set"), "selling": ("plan", "visit")}
ENV = Environment(
    facts=FACTS,
    criteria=("need", "price"),
    tracks=TRACKS,
    outcomes=("solve", "d1.solve", "d1.later"),
    ends=("won", "lost"),
    invariant=True,
)

STRINGS = ("", "a", "ab", "b", "é", "😀", "預算", "a'b", 'q"', "back\\slash", "line\nbreak", "Mid", "\x07", "\u2028")
INTS = (0, 1, -1, 2, 3, -3, 7, 10, 1000, 2**31, 2**62, 2**63 - 1, -(2**63))
DOUBLES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e16, 1e300, -1e300, 1e-300, 3.0)
LENGTHS = ("0s", "36h", "1h30m", "1.5h", "-90m", "250ms", "10us", "+2h", "2562047h", "-2562047h", "-0.5s", "0")
MOMENTS = (
    "2026-01-31T00:00:00Z", "2026-01-31T08:00:00+08:00", "2024-02-29T23:59:59.5Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z", "1970-01-01T00:00:00-23:59", "1969-12-31T23:59:59.000001Z",
)  # fmt: skip


def quoted(rng: random.Random, text: str) -> str:
    mark = rng.choice("'\"")
    parts: list[str] = []
    for char in text:
        if char in (mark, "\\"):
            parts.append("\\" + char)
        elif char == "\n":
            parts.append(rng.choice(("\\n", "\\x0a", "\\012", "\\u000a")))
        elif char == "\x07":
            parts.append("\\a")
        elif rng.random() < 0.1:
            parts.append(f"\\U{ord(char):08x}" if ord(char) > 0xFFFF or rng.random() < 0.5 else f"\\u{ord(char):04X}")
        else:
            parts.append(char)
    return mark + "".join(parts) + mark


class Maker:
    """Makes texts of a wanted type. `mixed` allows integer literals where numbers are meant."""

    def __init__(self, rng: random.Random, mixed: bool) -> None:
        self.rng = rng
        self.mixed = mixed

    def one(self, *makers: Callable[[int], str], depth: int) -> str:
        return self.rng.choice(makers)(depth - 1)

    def bracket(self, text: str) -> str:
        return f"({text})"

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.rng.choice(("true", "false", "b1", "b2", "b1", "b2"))
        return self.one(
            self.junction, self.junction, self.junction, self.comparison, self.comparison, self.comparison, self.comparison,
            self.membership, self.negation, lambda deeper: self.choice(self.boolean, deeper), self.string_test, self.process,
            depth=depth,
        )  # fmt: skip

    def junction(self, depth: int) -> str:
        op = self.rng.choice((" && ", "||", " || ", "&&"))
        parts = [self.boolean(depth) for _ in range(self.rng.choice((2, 2, 2, 3, 4)))]
        return op.join(self.bracket(part) if self.rng.random() < 0.8 else self.tight(part) for part in parts)

    def tight(self, part: str) -> str:
        # A choice swallows everything on its right.
        return self.bracket(part) if "?" in part else part

    def negation(self, depth: int) -> str:
        return self.rng.choice(("!", "!!", "! ")) + self.bracket(self.boolean(depth))

    def choice(self, make: Callable[[int], str], depth: int) -> str:
        condition, then, otherwise = self.boolean(depth), make(depth), make(depth)
        return f"({self.bracket(condition)} ? {self.bracket(then)} : {otherwise})"

    def comparison(self, depth: int) -> str:
        make, ordered = self.rng.choice(
            ((self.integer, True), (self.integer, True), (self.number, True), (self.number, True), (self.string, True),
             (self.enum, False), (self.moment, True), (self.length, True), (self.boolean, True), (self.some_list, False),
             (self.stage, False))
        )  # fmt: skip
        op = self.rng.choice(("==", "!=", "<", "<=", ">", ">=") if ordered else ("==", "!="))
        if make == self.some_list:
            make = self.rng.choice(self.lists())
        return f"{self.bracket(make(depth))} {op} {self.bracket(make(depth))}"

    def membership(self, depth: int) -> str:
        make, many = self.rng.choice(
            ((self.integer, "li"), (self.number, "ld"), (self.string, "ls"), (self.boolean, "lb"), (self.moment, "lt"),
             (self.enum, "le"))
        )  # fmt: skip
        holder = many if self.rng.random() < 0.3 else self.list_of(make, depth)
        return f"{self.bracket(make(depth))} in {holder}"

    def lists(self) -> list[Callable[[int], str]]:
        def of(make: Callable[[int], str], fact: str) -> Callable[[int], str]:
            def some(depth: int) -> str:
                plain = fact if self.rng.random() < 0.4 else self.list_of(make, depth)
                return f"{plain} + {self.list_of(make, depth)}" if self.rng.random() < 0.2 else plain

            return some

        return [of(self.integer, "li"), of(self.string, "ls"), of(self.boolean, "lb"), of(self.moment, "lt")] + (
            [] if self.mixed else [of(self.number, "ld")]
        )

    def some_list(self, depth: int) -> str:
        return self.rng.choice(self.lists())(depth)

    def list_of(self, make: Callable[[int], str], depth: int) -> str:
        return "[" + ", ".join(make(depth - 1) for _ in range(self.rng.choice((0, 1, 2, 2, 3)))) + "]"

    def integer(self, depth: int) -> str:
        if depth <= 0 or self.rng.random() < 0.2:
            return self.rng.choice(("i1", "i2", "i1", "i2", str(self.rng.choice(INTS)), hex(self.rng.randrange(300))))
        return self.one(
            lambda d: self.operation(self.integer, "+-*/%", d), lambda d: self.operation(self.integer, "+-*/%", d),
            lambda d: "-" + self.bracket(self.integer(d)), lambda d: self.choice(self.integer, d), self.size,
            lambda d: self.rng.choice(("taken('solve')", "taken('d1.solve')", 'taken("d1.later")')),
            depth=depth,
        )  # fmt: skip

    def operation(self, make: Callable[[int], str], ops: str, depth: int) -> str:
        return f"{self.bracket(make(depth))} {self.rng.choice(ops)} {self.bracket(make(depth))}"

    def number(self, depth: int) -> str:
        if depth <= 0 or self.rng.random() < 0.2:
            literal = repr(self.rng.choice(DOUBLES))
            if self.mixed and self.rng.random() < 0.5:
                # Beside a number, so that it becomes one.
                literal = f"{self.rng.choice(('d1', 'd2', '0.5'))} {self.rng.choice('+-*/')} {self.rng.choice(INTS)}"
            return self.rng.choice(("d1", "d2", "d1", "d2", literal, literal))
        return self.one(
            lambda d: self.operation(self.number, "+-*/", d), lambda d: self.operation(self.number, "+-*/", d),
            lambda d: "-" + self.bracket(self.number(d)), lambda d: self.choice(self.number, d),
            depth=depth,
        )  # fmt: skip

    def string(self, depth: int) -> str:
        if depth <= 0 or self.rng.random() < 0.4:
            return self.rng.choice(("s1", "s2", "s1", "(e1 + '')", quoted(self.rng, self.rng.choice(STRINGS))))
        return self.one(
            lambda d: f"{self.string(0)} + {self.bracket(self.string(d))}",
            lambda d: self.choice(self.string, d),
            depth=depth,
        )

    def enum(self, depth: int) -> str:
        return self.rng.choice(("e1", "e2", *(quoted(self.rng, level) for level in LEVELS)))

    def stage(self, depth: int) -> str:
        track = "buying"
        return self.rng.choice((f"stage('{track}')", "''", *(f"'{stage}'" for stage in TRACKS[track])))

    def size(self, depth: int) -> str:
        inner = self.string(depth) if self.rng.random() < 0.5 else self.some_list(depth)
        return self.rng.choice((f"size({inner})", f"({inner}).size()"))

    def string_test(self, depth: int) -> str:
        method = self.rng.choice(("startsWith", "endsWith", "contains"))
        return f"{self.bracket(self.string(depth))}.{method}({self.string(depth)})"

    def process(self, depth: int) -> str:
        return self.rng.choice(
            (
                *("met('need')", "met('price')", "reached('buying', 'budget_set')", "reached('selling','visit')"),
                *("completed('buying', 'problem_found')", "completed('selling', 'plan')"),
                *("ended('won')", "ended('lost')", "waived('need')", "waived('price')"),
            )
        )

    def moment(self, depth: int) -> str:
        if depth <= 0 or self.rng.random() < 0.4:
            return self.rng.choice(("t1", "t2", f"timestamp('{self.rng.choice(MOMENTS)}')"))
        return self.one(
            lambda d: f"{self.bracket(self.moment(d))} {self.rng.choice('+-')} {self.bracket(self.length(d))}",
            lambda d: f"{self.bracket(self.length(d))} + {self.bracket(self.moment(d))}",
            lambda d: self.choice(self.moment, d), depth=depth,
        )  # fmt: skip

    def length(self, depth: int) -> str:
        if depth <= 0 or self.rng.random() < 0.4:
            return self.rng.choice(("u1", "u2", f"duration('{self.rng.choice(LENGTHS)}')"))
        return self.one(
            lambda d: self.operation(self.length, "+-", d), lambda d: self.operation(self.moment, "-", d),
            lambda d: self.choice(self.length, d), depth=depth,
        )  # fmt: skip


def a_value(rng: random.Random, kind: FactType) -> Any:
    zone = timezone(timedelta(hours=rng.choice((-5, 0, 8))))
    makers: dict[str, Callable[[], Any]] = {
        "boolean": lambda: rng.random() < 0.5,
        "integer": lambda: rng.choice(INTS),
        "number": lambda: rng.choice((*DOUBLES, float("nan"), float("inf"), float("-inf"))),
        "string": lambda: rng.choice(STRINGS),
        "enum": lambda: rng.choice(LEVELS),
        "timestamp": lambda: datetime(rng.randint(2, 9998), rng.randint(1, 12), 1, rng.randrange(24), tzinfo=zone),
        "duration": lambda: timedelta(
            seconds=rng.choice((0, 1, -1, 5400, 129600, 10**9)), microseconds=rng.choice((0, 5))
        ),
        "list": lambda: [a_value(rng, kind.of) for _ in range(rng.randrange(3))] if kind.of else [],
    }
    return makers[kind.kind]()


class Deal:
    """A scope: what the functions and facts give in one round."""

    def __init__(self, rng: random.Random) -> None:
        given = rng.choice((0.3, 0.7, 0.9, 1.0))
        self.facts = {name: a_value(rng, kind) for name, kind in FACTS.items() if rng.random() < given}
        self.answers: dict[tuple[str, ...], Any] = {
            ("met", "need"): rng.choice((True, False, None)),
            ("met", "price"): rng.choice((True, False, None)),
            ("stage", "buying"): rng.choice(("", "problem_found", "budget_set", None)),
            ("reached", "buying", "budget_set"): rng.choice((True, False, None)),
            ("reached", "selling", "visit"): rng.choice((True, False, None)),
            ("completed", "buying", "problem_found"): rng.choice((True, False, None)),
            ("completed", "selling", "plan"): rng.choice((True, False, None)),
        }

    def met(self, criterion: str) -> bool | None:
        return self.answers["met", criterion]

    def stage(self, track: str) -> str | None:
        return self.answers["stage", track]

    def reached(self, track: str, stage: str) -> bool | None:
        return self.answers["reached", track, stage]

    def completed(self, track: str, stage: str) -> bool | None:
        return self.answers["completed", track, stage]

    def taken(self, outcome: str) -> int:
        return len(outcome) - 4

    def ended(self, end: str) -> bool:
        return end == "won"

    def waived(self, criterion: str) -> bool:
        return criterion == "need"


class Engine:
    """Google's CEL with our facts and functions declared."""

    def __init__(self) -> None:
        self.deal: Deal | None = None
        kinds = {
            "boolean": cel.Type.BOOL, "integer": cel.Type.INT, "number": cel.Type.DOUBLE, "string": cel.Type.STRING,
            "enum": cel.Type.STRING, "timestamp": cel.Type.TIMESTAMP, "duration": cel.Type.DURATION,
        }  # fmt: skip

        def of(kind: FactType) -> Any:
            return cel.Type.List(of(kind.of)) if kind.of else kinds[kind.kind]

        text = cel.Type.STRING
        functions = [
            self.function("met", [text], cel.Type.BOOL),
            self.function("stage", [text], text),
            self.function("reached", [text, text], cel.Type.BOOL),
            self.function("completed", [text, text], cel.Type.BOOL),
            self.function("taken", [text], cel.Type.INT),
            self.function("ended", [text], cel.Type.BOOL),
            self.function("waived", [text], cel.Type.BOOL),
        ]
        self.env = cel.NewEnv(variables={name: of(kind) for name, kind in FACTS.items()}, functions=functions)

    def function(self, name: str, parameters: list[Any], result: Any) -> Any:
        def answer(*arguments: str) -> Any:
            found = getattr(self.deal, name)(*arguments)
            if found is None:
                raise LookupError("nothing is known")
            return found

        return cel.FunctionDecl(name, [cel.Overload(f"{name}_id", result, parameters, False, answer)])

    def compiles(self, text: str) -> bool:
        try:
            self.env.compile(text)
        except RuntimeError:
            return False
        return True

    def evaluate(self, text: str, deal: Deal) -> tuple[bool | None, str]:
        """The result, None for unknown, and the error the engine names."""
        self.deal = deal
        result = self.env.compile(text).eval(data=deal.facts)
        if result.type() == cel.Type.ERROR:
            return None, str(result.plain_value())
        found = result.plain_value()
        assert isinstance(found, bool), text
        return found, ""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


CAUSES = {
    "divide by zero": "division by zero",
    "modulus by zero": "division by zero",
    "integer overflow": ("integer overflow", "a duration of more than 292 years"),
    "timestamp overflow": "a moment outside the years 1 to 9999",
}


def assert_names(unknown: Unknown, error: str, text: str) -> None:
    """What the engine complains about is among what we say is lacking."""
    if "No value with name" in error:
        assert error.split('"')[1] in unknown.facts, (text, error, unknown)
        return
    for theirs, ours in CAUSES.items():
        if theirs in error:
            assert any(cause.startswith(ours) for cause in unknown.causes), (text, error, unknown)
            return
    assert unknown.causes, (text, error, unknown)


def test_random_conditions_mean_the_same_to_a_cel_engine(engine: Engine) -> None:
    rng = random.Random(SEED)
    compared = unknown = raw = 0
    while compared < ROUNDS:
        maker = Maker(rng, mixed=rng.random() < 0.4)
        text = maker.boolean(rng.choice((1, 2, 3, 4)))
        if len(text) > MAX_LENGTH // 2:
            continue
        parsed = parse(text)
        assert parsed.tree is not None and not parsed.problems, (text, parsed.problems)
        problems = check(parsed.tree, ENV)
        assert not problems, (text, problems)
        condition = compile(parsed.tree, ENV)
        exported = to_cel(parsed.tree, ENV)
        again = parse(exported).tree
        assert again is not None and to_cel(again, ENV) == exported, exported
        own_text_will_do = engine.compiles(text)
        for _ in range(2):
            deal = Deal(rng)
            ours = condition.evaluate(deal)
            theirs, error = engine.evaluate(exported, deal)
            shown = (text, exported, deal.facts, deal.answers, ours, theirs, error)
            if isinstance(ours, Unknown):
                assert theirs is None, shown
                assert_names(ours, error, exported)
                unknown += 1
            else:
                assert ours is theirs, shown
            if own_text_will_do:
                assert engine.evaluate(text, deal)[0] is theirs, shown
                raw += 1
            lacking = condition.reads.facts - deal.facts.keys()
            if isinstance(ours, Unknown):
                assert ours.facts <= lacking, shown
        compared += 1
    # The generator is only worth something while it finds all three values, and both forms of text.
    assert ROUNDS < 100 or (unknown > ROUNDS / 5 and unknown < 2 * ROUNDS * 0.8 and raw > ROUNDS / 5), (unknown, raw)


class Anything:
    """Makes texts of no type in particular, most of them wrong."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def one(self, depth: int) -> str:
        pick = self.rng.choice
        if depth <= 0 or self.rng.random() < 0.15:
            literals = (
                "1",
                "-2",
                "2.5",
                "true",
                "'Mid'",
                "''",
                "[]",
                "duration('1h')",
                "timestamp('2026-01-31T00:00:00Z')",
            )
            return pick((*FACTS, *literals, "1", "2", "3.0", "stage('buying')", "taken('solve')"))
        shape = self.rng.randrange(10)
        if shape < 5:
            op = pick(("==", "!=", "<", ">=", "in", "in", "&&", "||", "+", "-", "*", "/", "%", "+"))
            return f"({self.one(depth - 1)}) {op} ({self.one(depth - 1)})"
        if shape < 7:
            return "[" + ", ".join(self.one(depth - 1) for _ in range(self.rng.randrange(4))) + "]"
        if shape < 8:
            return f"({self.one(depth - 1)}) ? ({self.one(depth - 1)}) : ({self.one(depth - 1)})"
        if shape < 9:
            return pick(("!", "-")) + f"({self.one(depth - 1)})"
        return pick(("size({})", "({}).size()", "s1.contains({})", "({}).startsWith('a')")).format(self.one(depth - 1))


def test_what_we_accept_the_engine_accepts(engine: Engine) -> None:
    rng = random.Random(SEED)
    maker = Anything(rng)
    accepted = 0
    # Few texts are right, so this takes long.
    while accepted < ROUNDS // 5:
        text = f"({maker.one(2)}) {rng.choice(('==', 'in', '<'))} ({maker.one(2)})"
        tree = parse(text).tree
        assert tree is not None, text
        if check(tree, ENV):
            continue
        accepted += 1
        exported = to_cel(tree, ENV)
        assert engine.compiles(exported), (text, exported)
        deal = Deal(rng)
        ours = compile(tree, ENV).evaluate(deal)
        theirs, error = engine.evaluate(exported, deal)
        if isinstance(ours, Unknown):
            assert theirs is None, (text, exported, deal.facts)
            assert_names(ours, error, exported)
        else:
            assert ours is theirs, (text, exported, deal.facts, error)


def test_a_long_chain_is_accepted_by_the_engine_too(engine: Engine) -> None:
    text = " && ".join(["b1"] * (MAX_NODES // 2 - 1))
    tree = parse(text).tree
    assert tree is not None
    rng = random.Random(SEED)
    deal = Deal(rng)
    deal.facts["b1"] = True
    assert engine.evaluate(to_cel(tree, ENV), deal)[0] is True
    assert compile(tree, ENV).evaluate(deal) is True
