"""Tree -> closures, evaluated with three values.

Every closure is called as `run(facts, scope)` and gives a value or an `Unknown`. What does not depend
on facts is computed once, while compiling. The shapes that conditions are mostly made of (a fact
beside a constant, two operands of `&&`) have closures of their own: they decide the speed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import copysign, inf, isnan, nan
from typing import Any, Protocol, TypeAlias

from stagegate.conditions.checker import Typing
from stagegate.conditions.reads import Reads, reads
from stagegate.conditions.syntax import (
    Binary,
    Broken,
    Call,
    Conditional,
    Expr,
    ListLiteral,
    Literal,
    Logical,
    Name,
    Tree,
    Unary,
)
from stagegate.conditions.texts import LONGEST_DURATION, to_duration, to_timestamp
from stagegate.conditions.types import Environment, FactType


class Scope(Protocol):
    """What a condition is evaluated against.

    `facts` holds values of the declared types: bool, int, float, str, aware datetime, timedelta, and
    lists or tuples of them. A fact that is absent or None has not been given.
    """

    @property
    def facts(self) -> Mapping[str, object]: ...

    def met(self, criterion: str, /) -> bool | None:
        """Whether the criterion is met or waived; None when that is unknown."""
        ...

    def stage(self, track: str, /) -> str | None:
        """The stage the track is in, `''` before its first; None when nothing has been observed."""
        ...

    def reached(self, track: str, stage: str, /) -> bool | None:
        """Whether the track has reached the stage; None when nothing has been observed."""
        ...

    def taken(self, outcome: str, /) -> int:
        """How often the outcome has been taken."""
        ...


class Unknown:
    """Neither true nor false, and everything that is lacking for an answer.

    `facts` are the facts nobody has given. `causes` are sentences about all else: a division by zero,
    an overflow, a criterion or a track of which nothing is known. Using it as a truth value raises
    TypeError: compare a result with `is True`, `is False`.
    """

    __slots__ = ("causes", "facts")

    facts: frozenset[str]
    causes: tuple[str, ...]

    def __init__(self, facts: Iterable[str] = (), causes: Iterable[str] = ()) -> None:
        self.facts = frozenset(facts)
        self.causes = tuple(causes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unknown):
            return NotImplemented
        return self.facts == other.facts and self.causes == other.causes

    def __hash__(self) -> int:
        return hash((self.facts, self.causes))

    def __repr__(self) -> str:
        return f"Unknown(facts={sorted(self.facts)}, causes={list(self.causes)})"

    def __bool__(self) -> bool:
        raise TypeError("an unknown result is neither true nor false; compare it with `is True` or `is False`")


Facts: TypeAlias = Mapping[str, object]
Run: TypeAlias = Callable[[Facts, Scope], Any]


class Condition:
    """A compiled condition: safe to share between threads, pickled as its text and environment."""

    __slots__ = ("_run", "env", "reads", "tree")

    tree: Tree
    env: Environment
    reads: Reads

    def __init__(self, tree: Tree, env: Environment) -> None:
        typing = Typing(tree, env)
        if typing.problems:
            first = typing.problems[0]
            raise ValueError(f"only a condition without problems can be compiled: {first.message} in `{tree.text}`")
        self.tree = tree
        self.env = env
        self.reads = reads(tree)
        self._run = _as_run(_Compiler(typing).build(tree.root))

    @property
    def text(self) -> str:
        """The condition as written."""
        return self.tree.text

    def evaluate(self, scope: Scope) -> bool | Unknown:
        """True, False, or an Unknown that names everything lacking.

        Raises what a value of another type than declared leads to, and what `scope` raises.
        """
        found: bool | Unknown = self._run(scope.facts, scope)
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Condition):
            return NotImplemented
        return self.tree == other.tree and self.env == other.env

    def __hash__(self) -> int:
        return hash(self.tree)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def __reduce__(self) -> tuple[Callable[[Tree, Environment], Condition], tuple[Tree, Environment]]:
        return Condition, (self.tree, self.env)


def compile(tree: Tree, env: Environment) -> Condition:
    """Compiles a condition that `check` finds no problem in; raises ValueError for another."""
    return Condition(tree, env)


class _Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


_Code: TypeAlias = "Run | _Constant"


def _as_run(code: _Code) -> Run:
    if isinstance(code, _Constant):
        value = code.value
        return lambda facts, scope: value
    return code


def _lacking(found: Iterable[Any]) -> Unknown:
    """Everything that the unknown ones among the values lack; at least one is unknown."""
    unknown: list[Unknown] = [value for value in found if value.__class__ is Unknown]
    if len(unknown) == 1:
        return unknown[0]
    return Unknown(
        frozenset().union(*[one.facts for one in unknown]),
        dict.fromkeys(cause for one in unknown for cause in one.causes),
    )


def _both(left: Any, right: Any) -> Any:
    """What two values lack of which at least one is unknown."""
    if left.__class__ is not Unknown:
        return right
    if right.__class__ is not Unknown or left is right:
        return left
    if left.causes or right.causes:
        return _lacking((left, right))
    return Unknown(left.facts | right.facts)


# Values

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


def _same(left: Any, right: Any) -> bool:
    """Equality as in CEL. Python's own takes a list to hold a NaN equal to itself, and no list equal to a tuple."""
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _different(left: Any, right: Any) -> bool:
    return not _same(left, right)


def _among(value: Any, elements: Any) -> bool:
    return any(_same(value, element) for element in elements)


def _within(value: Any, elements: Any) -> bool:
    return value in elements


def _is_nan(value: Any) -> bool:
    return value.__class__ is float and isnan(value)


def _divide_numbers(left: float, right: float) -> float:
    if right != 0.0:
        return left / right
    if left == 0.0 or isnan(left):
        return nan
    return copysign(inf, left) * copysign(1.0, right)


def _in_utc(value: Any) -> Any:
    """A timestamp in UTC: Python's arithmetic between moments of one zone goes by its wall clock."""
    if value.__class__ is list or value.__class__ is tuple:
        return tuple(map(_in_utc, value))
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise TypeError(f"a timestamp needs a time zone: {value!r}")
    return value.astimezone(UTC)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip

# A fact beside a constant, the commonest condition: one call, no operator function.
_FACT_AND_CONSTANT: dict[str, Callable[[str, Unknown, Any], Run]] = {
    "==": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v == c,
    "!=": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v != c,
    "<": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v < c,
    "<=": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v <= c,
    ">": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v > c,
    ">=": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v >= c,
    "in": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v in c,
}  # fmt: skip


def _strict(apply: Callable[..., Any], operands: list[_Code]) -> _Code:
    """An operator that needs all of its operands."""
    if len(operands) == 2:
        return _strict_two(apply, *operands)
    if len(operands) == 1:
        return _strict_one(apply, operands[0])
    if all(isinstance(operand, _Constant) for operand in operands):
        values = [operand.value for operand in operands if isinstance(operand, _Constant)]
        return _Constant(_lacking(values) if Unknown in map(type, values) else apply(*values))
    runs = [_as_run(operand) for operand in operands]

    def run(facts: Facts, scope: Scope) -> Any:
        found = [one(facts, scope) for one in runs]
        if Unknown in map(type, found):
            return _lacking(found)
        return apply(*found)

    return run


def _strict_one(apply: Callable[..., Any], operand: _Code) -> _Code:
    if isinstance(operand, _Constant):
        return operand if operand.value.__class__ is Unknown else _Constant(apply(operand.value))
    one = operand

    def run(facts: Facts, scope: Scope) -> Any:
        value = one(facts, scope)
        return value if value.__class__ is Unknown else apply(value)

    return run


def _strict_two(apply: Callable[..., Any], left: _Code, right: _Code) -> _Code:
    if isinstance(left, _Constant) and isinstance(right, _Constant):
        a, b = left.value, right.value
        if a.__class__ is Unknown or b.__class__ is Unknown:
            return _Constant(_both(a, b))
        return _Constant(apply(a, b))
    one, two = _as_run(left), _as_run(right)

    def run(facts: Facts, scope: Scope) -> Any:
        a = one(facts, scope)
        b = two(facts, scope)
        if a.__class__ is Unknown or b.__class__ is Unknown:
            return _both(a, b)
        return apply(a, b)

    return run


def _junction(deciding: bool, operands: list[_Code]) -> _Code:
    """`&&` (decided by false) or `||` (decided by true), in whichever operand the decision comes."""
    runs: list[Run] = []
    for operand in operands:
        if isinstance(operand, _Constant):
            if operand.value is deciding:
                return operand
            if operand.value is (not deciding):
                continue
        runs.append(_as_run(operand))
    if not runs:
        return _Constant(not deciding)
    if len(runs) == 1:
        return runs[0]
    if len(runs) == 2:
        return _junction_of_two(deciding, *runs)
    rest = tuple(runs)
    neutral = not deciding

    def run(facts: Facts, scope: Scope) -> Any:
        unknown: list[Any] | None = None
        for one in rest:
            value = one(facts, scope)
            if value is deciding:
                return value
            if value is not neutral:
                if unknown is None:
                    unknown = [value]
                else:
                    unknown.append(value)
        return neutral if unknown is None else _lacking(unknown)

    return run


def _junction_of_two(deciding: bool, left: Run, right: Run) -> Run:
    def run(facts: Facts, scope: Scope) -> Any:
        a = left(facts, scope)
        if a is deciding:
            return a
        b = right(facts, scope)
        if b is deciding or a.__class__ is bool:
            return b
        return a if b.__class__ is bool else _both(a, b)

    return run


class _Compiler:
    __slots__ = ("tree", "types")

    def __init__(self, typing: Typing) -> None:
        self.tree = typing.tree
        self.types = typing.types

    def build(self, node: Expr) -> _Code:
        return _BUILD[node.__class__](self, node)

    def _literal(self, node: Literal) -> _Code:
        return _Constant(float(node.value) if self.types[node].kind == "number" else node.value)

    def _name(self, node: Name) -> _Code:
        name = node.name
        missing = Unknown((name,))
        if _innermost(self.types[node]).kind == "timestamp":
            return self._moment_fact(name, missing)
        return lambda facts, scope: missing if (value := facts.get(name)) is None else value

    def _moment_fact(self, name: str, missing: Unknown) -> Run:
        outside = Unknown((), (f"`{name}` is outside the years 1 to 9999",))

        def run(facts: Facts, scope: Scope) -> Any:
            value = facts.get(name)
            if value is None:
                return missing
            try:
                return _in_utc(value)
            except OverflowError:
                return outside

        return run

    def _list(self, node: ListLiteral) -> _Code:
        return _strict(lambda *items: items, [self.build(item) for item in node.items])

    def _unary(self, node: Unary) -> _Code:
        operand = self.build(node.operand)
        if node.op == "!":
            return _strict_one(operator.not_, operand)
        if self.types[node].kind == "number":
            return _strict_one(operator.neg, operand)
        overflow = self._cause("integer overflow", node)
        return _strict_one(lambda value: -value if value != _INT_MIN else overflow, operand)

    def _logical(self, node: Logical) -> _Code:
        return _junction(node.op == "||", [self.build(operand) for operand in node.operands])

    def _conditional(self, node: Conditional) -> _Code:
        condition, then, otherwise = self.build(node.condition), self.build(node.then), self.build(node.otherwise)
        if isinstance(condition, _Constant):
            if condition.value.__class__ is Unknown:
                return condition
            return then if condition.value else otherwise
        asked, if_true, if_false = condition, _as_run(then), _as_run(otherwise)

        def run(facts: Facts, scope: Scope) -> Any:
            value = asked(facts, scope)
            if value is True:
                return if_true(facts, scope)
            if value is False:
                return if_false(facts, scope)
            return value

        return run

    def _binary(self, node: Binary) -> _Code:
        left, right = self.build(node.left), self.build(node.right)
        op = node.op
        if op in ("+", "-", "*", "/", "%"):
            return _strict_two(self._arithmetic(node), left, right)
        by_element = _compares_by_element(self.types[node.left])
        if op == "in":
            return self._membership(node, left, right, by_element)
        apply = _COMPARE[op]
        if by_element and self.types[node.left].kind == "list":
            apply = _same if op == "==" else _different
        elif isinstance(node.left, Name) and isinstance(right, _Constant) and self._plain(node.left, right):
            return _FACT_AND_CONSTANT[op](node.left.name, Unknown((node.left.name,)), right.value)
        return _strict_two(apply, left, right)

    def _membership(self, node: Binary, left: _Code, right: _Code, by_element: bool) -> _Code:
        if isinstance(right, _Constant) and right.value.__class__ is tuple and self.types[node.left].kind != "list":
            # A NaN is equal to nothing, but a set finds the very same one.
            right = _Constant(frozenset(value for value in right.value if not _is_nan(value)))
            if isinstance(node.left, Name) and self._plain(node.left, right):
                return _FACT_AND_CONSTANT["in"](node.left.name, Unknown((node.left.name,)), right.value)
            return _strict_two(_within, left, right)
        return _strict_two(_among if by_element else _within, left, right)

    def _plain(self, fact: Name, constant: _Constant) -> bool:
        return self.types[fact].kind != "timestamp" and constant.value.__class__ is not Unknown

    def _arithmetic(self, node: Binary) -> Callable[[Any, Any], Any]:
        op, kind = node.op, self.types[node].kind
        if kind == "integer":
            return self._integers(node)
        if kind == "timestamp" or kind == "duration":
            return self._moments(node, operator.add if op == "+" else operator.sub)
        if kind == "list":
            return lambda left, right: (*left, *right)
        if op == "/":
            return _divide_numbers
        return {"+": operator.add, "-": operator.sub, "*": operator.mul}[op]

    def _integers(self, node: Binary) -> Callable[[int, int], int | Unknown]:
        overflow = self._cause("integer overflow", node)
        if node.op in ("/", "%"):
            zero = self._cause("division by zero", node)
            remainder = node.op == "%"

            def divide(left: int, right: int) -> int | Unknown:
                if right == 0:
                    return zero
                # Python rounds down, CEL towards zero. The overflow is the same for both operators.
                quotient = abs(left) // abs(right)
                if (left < 0) != (right < 0):
                    quotient = -quotient
                if quotient > _INT_MAX:
                    return overflow
                return left - quotient * right if remainder else quotient

            return divide
        apply = {"+": operator.add, "-": operator.sub, "*": operator.mul}[node.op]

        def calculate(left: int, right: int) -> int | Unknown:
            found = apply(left, right)
            return found if _INT_MIN <= found <= _INT_MAX else overflow

        return calculate

    def _moments(self, node: Binary, apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        if self.types[node].kind == "timestamp":
            outside = self._cause("a moment outside the years 1 to 9999", node)

            def shift(left: Any, right: Any) -> datetime | Unknown:
                try:
                    moment: datetime = apply(left, right)
                except OverflowError:
                    return outside
                return moment

            return shift
        too_long = self._cause("a duration of more than 292 years", node)

        def calculate(left: Any, right: Any) -> timedelta | Unknown:
            try:
                length: timedelta = apply(left, right)
            except OverflowError:
                return too_long
            return length if -LONGEST_DURATION <= length <= LONGEST_DURATION else too_long

        return calculate

    def _cause(self, what: str, node: Expr) -> Unknown:
        source = self.tree.source(node)
        return Unknown((), (f"{what} in `{source if len(source) <= 80 else source[:77] + '...'}`",))

    def _call(self, node: Call) -> _Code:
        name = node.name
        if name in ("met", "stage", "reached", "taken", "timestamp", "duration"):
            texts = [argument.value for argument in node.arguments if isinstance(argument, Literal)]
            return _CALLS[name](*texts)
        operands = [self.build(argument) for argument in node.arguments]
        return _strict(_STRINGS[name], operands)

    def _broken(self, node: Broken) -> _Code:
        raise ValueError("a condition with mistakes cannot be compiled")


def _innermost(found: FactType) -> FactType:
    while found.of is not None:
        found = found.of
    return found


def _compares_by_element(found: FactType) -> bool:
    return found.kind in ("list", "number")


def _met(criterion: str) -> Run:
    unknown = Unknown((), (f"criterion `{criterion}` is unknown",))
    return lambda facts, scope: unknown if (found := scope.met(criterion)) is None else found


def _not_observed(track: str) -> Unknown:
    return Unknown((), (f"track `{track}` has not been observed",))


def _stage(track: str) -> Run:
    unknown = _not_observed(track)
    return lambda facts, scope: unknown if (found := scope.stage(track)) is None else found


def _reached(track: str, stage: str) -> Run:
    unknown = _not_observed(track)
    return lambda facts, scope: unknown if (found := scope.reached(track, stage)) is None else found


def _taken(outcome: str) -> Run:
    return lambda facts, scope: scope.taken(outcome)


_CALLS: dict[str, Callable[..., _Code]] = {
    "met": _met,
    "stage": _stage,
    "reached": _reached,
    "taken": _taken,
    "timestamp": lambda text: _Constant(to_timestamp(text)),
    "duration": lambda text: _Constant(to_duration(text)),
}
_STRINGS: dict[str, Callable[..., Any]] = {
    "size": len,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}
_BUILD: dict[type, Callable[..., _Code]] = {
    Literal: _Compiler._literal,
    Name: _Compiler._name,
    ListLiteral: _Compiler._list,
    Unary: _Compiler._unary,
    Binary: _Compiler._binary,
    Logical: _Compiler._logical,
    Conditional: _Compiler._conditional,
    Call: _Compiler._call,
    Broken: _Compiler._broken,
}
