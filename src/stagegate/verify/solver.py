"""Conditions that relate several facts, handed to z3 (extra `verify`): values for every way they can come out.

Each part of a condition becomes a value and whether it is known; a condition becomes two questions, whether it is true and whether it is
false. Integers are those of 64 bits, enumerations are numbered, times count in microseconds; numbers are real numbers, and every answer is
held against the real evaluator before it counts. Texts, lists and divisions by what may be nothing are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stagegate.conditions import Condition, FactsOnly, Unknown
from stagegate.conditions.syntax import Binary, Call, Conditional, Expr, ListLiteral, Literal, Logical, Name, Unary
from stagegate.verify.facts import moment

if TYPE_CHECKING:
    from stagegate.model import Fact

MOST_WAYS: Final = 2_000
EFFORT: Final = 20_000_000  # z3's own measure; the same on every machine
INT64: Final = 1 << 63
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


class Beyond(Exception):  # no mistake: a condition that is not for the solver
    """A part of a condition that is left alone."""


class Value(NamedTuple):
    """A number, and whether it is known."""

    is_: Any
    known: Any


class Truth(NamedTuple):
    """Whether a condition is true, and whether it is false."""

    true: Any
    false: Any


def is_installed() -> bool:
    """Whether z3 can be imported."""
    try:
        return bool(import_module("z3"))
    except ImportError:
        return False


def solutions(
    names: Sequence[str], conditions: Sequence[Condition], facts: Mapping[str, Fact]
) -> list[dict[str, Any]] | None:
    """Values of the facts (None where not given) for every way in which these conditions can come out together.

    None where that cannot be said: without z3, for conditions that are left alone, or when it takes too long.
    """
    try:
        import z3
    except ImportError:
        return None
    try:
        return _Problem(z3, names, conditions, facts).ways()
    except Beyond:
        return None


class _Problem:
    """The conditions of one cluster as a problem for the solver."""

    def __init__(
        self, z3: Any, names: Sequence[str], conditions: Sequence[Condition], facts: Mapping[str, Fact]
    ) -> None:
        self.z3 = z3
        self.facts = {name: facts[name] for name in names}
        self.conditions = conditions
        self.given = {name: z3.Bool(f"given {name}") for name in names}
        self.values = {name: self._variable(fact) for name, fact in self.facts.items()}
        self.truths = [self._truth(condition, condition.tree.root) for condition in conditions]

    def ways(self) -> list[dict[str, Any]] | None:
        """One choice of values for each way, as few facts given as the solver happens to give."""
        z3 = self.z3
        solver = z3.Solver()
        solver.set("rlimit", EFFORT)
        for name, fact in self.facts.items():
            solver.add(*self._bounds(fact, self.values[name]))
        found: list[dict[str, Any]] = []
        while len(found) <= MOST_WAYS:
            verdict = solver.check()
            if verdict == z3.unsat:
                return found
            if verdict != z3.sat:
                return None
            model = solver.model()
            way = [(z3.is_true(model.eval(t.true, True)), z3.is_true(model.eval(t.false, True))) for t in self.truths]
            choice = {name: self._read(model, name) for name in self.facts}
            if self._comes_out(choice) != way:
                return None  # rounded away: a double is no real number
            found.append(choice)
            same = [
                z3.And(t.true == is_true, t.false == is_false)
                for t, (is_true, is_false) in zip(self.truths, way, strict=True)
            ]
            solver.add(z3.Not(z3.And(*same)))
        return None

    def _comes_out(self, choice: Mapping[str, Any]) -> list[tuple[bool, bool]]:
        given = FactsOnly({name: value for name, value in choice.items() if value is not None})
        told = [condition.evaluate(given) for condition in self.conditions]
        return [(False, False) if isinstance(value, Unknown) else (value is True, value is False) for value in told]

    # -- facts ------------------------------------------------------------------------------------

    def _variable(self, fact: Fact) -> Any:
        z3 = self.z3
        match fact.type.kind:
            case "boolean":
                return z3.Bool(fact.id)
            case "number":
                return z3.Real(fact.id)
            case "integer" | "enum" | "timestamp" | "duration":
                return z3.Int(fact.id)
            case _:
                raise Beyond

    def _bounds(self, fact: Fact, variable: Any) -> list[Any]:
        kind, found = fact.type.kind, []
        if kind == "enum":
            return [variable >= 0, variable < len(fact.type.values)]
        if kind == "integer":
            found += [variable >= -INT64, variable < INT64]
        if kind == "timestamp":
            found += [variable >= -(10**15), variable <= 10**16]  # some decades before 1970 to some centuries after
        if kind == "duration":
            found += [variable >= -(10**15), variable <= 10**15]
        if kind in ("integer", "number"):
            found += [variable >= self._number(fact.minimum)] if fact.minimum is not None else []
            found += [variable <= self._number(fact.maximum)] if fact.maximum is not None else []
        return found

    def _number(self, value: float) -> Any:
        return value if isinstance(value, int) else self.z3.RealVal(str(value))

    def _read(self, model: Any, name: str) -> Any:
        """The value of a fact in a solution."""
        z3 = self.z3
        if not z3.is_true(model.eval(self.given[name], True)):
            return None
        value, kind = model.eval(self.values[name], True), self.facts[name].type.kind
        match kind:
            case "boolean":
                return bool(z3.is_true(value))
            case "number":
                exact = value if z3.is_rational_value(value) else value.approx(20)
                return float(exact.as_fraction())
            case "enum":
                return self.facts[name].type.values[value.as_long()]
            case "timestamp":
                return EPOCH + value.as_long() * MICROSECOND
            case "duration":
                return value.as_long() * MICROSECOND
            case _:
                return int(value.as_long())

    # -- conditions ---------------------------------------------------------------------------------

    def _truth(self, condition: Condition, node: Expr) -> Truth:
        z3 = self.z3
        match node:
            case Logical():
                parts = [self._truth(condition, part) for part in node.operands]
                true, false = [p.true for p in parts], [p.false for p in parts]
                if node.op == "&&":
                    return Truth(z3.And(*true), z3.Or(*false))
                return Truth(z3.Or(*true), z3.And(*false))
            case Unary(op="!"):
                inner = self._truth(condition, node.operand)
                return Truth(inner.false, inner.true)
            case Conditional():
                asked = self._truth(condition, node.condition)
                then, other = self._truth(condition, node.then), self._truth(condition, node.otherwise)
                return Truth(
                    z3.Or(z3.And(asked.true, then.true), z3.And(asked.false, other.true)),
                    z3.Or(z3.And(asked.true, then.false), z3.And(asked.false, other.false)),
                )
            case Literal() if isinstance(node.value, bool):
                return Truth(z3.BoolVal(node.value), z3.BoolVal(not node.value))
            case Name() if self.facts[node.name].type.kind == "boolean":
                given, value = self.given[node.name], self.values[node.name]
                return Truth(z3.And(given, value), z3.And(given, z3.Not(value)))
            case Binary():
                return self._compared(condition, node)
            case _:
                raise Beyond

    def _compared(self, condition: Condition, node: Binary) -> Truth:
        z3 = self.z3
        if node.op == "in":
            if not isinstance(node.right, ListLiteral):
                raise Beyond
            parts = [self._equal(condition, node.left, item) for item in node.right.items]
            known = self._value(condition, node.left, node.right).known
            any_of = z3.Or(*(p.true for p in parts))
            return Truth(z3.And(known, any_of), z3.And(known, z3.Not(any_of)))
        if node.op in ("==", "!="):
            same = self._equal(condition, node.left, node.right)
            return same if node.op == "==" else Truth(same.false, same.true)
        left, right = self._value(condition, node.left, node.right), self._value(condition, node.right, node.left)
        known = z3.And(left.known, right.known)
        holds = {
            "<": left.is_ < right.is_,
            "<=": left.is_ <= right.is_,
            ">": left.is_ > right.is_,
            ">=": left.is_ >= right.is_,
        }[node.op]
        return Truth(z3.And(known, holds), z3.And(known, z3.Not(holds)))

    def _equal(self, condition: Condition, a: Expr, b: Expr) -> Truth:
        z3 = self.z3
        if self._is_truth(a) and self._is_truth(b):
            one, other = self._truth(condition, a), self._truth(condition, b)
            same = z3.Or(z3.And(one.true, other.true), z3.And(one.false, other.false))
            apart = z3.Or(z3.And(one.true, other.false), z3.And(one.false, other.true))
            return Truth(same, apart)
        left, right = self._value(condition, a, b), self._value(condition, b, a)
        known = z3.And(left.known, right.known)
        return Truth(z3.And(known, left.is_ == right.is_), z3.And(known, left.is_ != right.is_))

    def _is_truth(self, node: Expr) -> bool:
        if isinstance(node, Name):
            return self.facts[node.name].type.kind == "boolean"
        if isinstance(node, Literal):
            return isinstance(node.value, bool)
        if isinstance(node, Conditional):
            return self._is_truth(node.then)
        if isinstance(node, Binary):
            return node.op not in ("+", "-", "*", "/", "%")
        return isinstance(node, Logical) or (isinstance(node, Unary) and node.op == "!")

    # -- values -------------------------------------------------------------------------------------

    def _value(self, condition: Condition, node: Expr, beside: Expr) -> Value:
        """A value; `beside` is what it is compared with, which tells the enumeration a text is of."""
        z3 = self.z3
        match node:
            case Name():
                return Value(self.values[node.name], self.given[node.name])
            case Literal():
                return Value(self._constant(node, beside), z3.BoolVal(True))
            case Call() if node.name in ("timestamp", "duration"):
                return Value(self._ticks(moment(node)), z3.BoolVal(True))
            case Unary(op="-"):
                inner = self._value(condition, node.operand, beside)
                return Value(-inner.is_, z3.And(inner.known, self._fits(-inner.is_)))
            case Conditional():
                asked = self._truth(condition, node.condition)
                then, other = self._value(condition, node.then, beside), self._value(condition, node.otherwise, beside)
                known = z3.Or(z3.And(asked.true, then.known), z3.And(asked.false, other.known))
                return Value(z3.If(asked.true, then.is_, other.is_), known)
            case Binary() if node.op in ("+", "-", "*", "/", "%"):
                return self._calculated(condition, node)
            case _:
                raise Beyond

    def _calculated(self, condition: Condition, node: Binary) -> Value:
        z3 = self.z3
        left, right = self._value(condition, node.left, node.right), self._value(condition, node.right, node.left)
        known = z3.And(left.known, right.known)
        a, b = left.is_, right.is_
        if node.op in ("+", "-", "*"):
            result = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b}[node.op]()
            return Value(result, z3.And(known, self._fits(result)))
        if not (z3.is_int(a) and z3.is_int(b)):
            if node.op == "/" and isinstance(node.right, Literal) and node.right.value:
                return Value(a / b, known)
            raise Beyond  # by what may be nothing: an infinity
        size = z3.If(a >= 0, a, -a) / z3.If(b >= 0, b, -b)
        quotient = z3.If((a >= 0) == (b > 0), size, -size)
        result = quotient if node.op == "/" else a - b * quotient
        return Value(result, z3.And(known, b != 0, self._fits(result)))

    def _fits(self, value: Any) -> Any:
        z3 = self.z3
        return z3.And(value >= -INT64, value < INT64) if z3.is_int(value) else z3.BoolVal(True)

    def _constant(self, node: Literal, beside: Expr) -> Any:
        value = node.value
        if isinstance(value, str):
            kind = self.facts[beside.name].type if isinstance(beside, Name) else None
            if kind is None or kind.kind != "enum" or value not in kind.values:
                raise Beyond
            return self.z3.IntVal(kind.values.index(value))
        if isinstance(value, bool):
            raise Beyond
        return self.z3.IntVal(value) if isinstance(value, int) else self.z3.RealVal(str(value))

    def _ticks(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return self.z3.IntVal((value - EPOCH) // MICROSECOND)
        if isinstance(value, timedelta):
            return self.z3.IntVal(value // MICROSECOND)
        raise Beyond
