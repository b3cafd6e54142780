"""Tree -> closures, evaluated with three values.

What does not depend on facts is computed once, while compiling.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from stagegate.conditions.arithmetic import (
    INT_MIN,
    among,
    concatenate,
    different,
    divide_numbers,
    division,
    in_utc,
    integers,
    is_nan,
    lengths,
    moments,
    same,
    within,
)
from stagegate.conditions.checker import Typing
from stagegate.conditions.closures import (
    FACT_AND_CONSTANT,
    Code,
    Constant,
    Facts,
    Run,
    as_run,
    junction,
    strict,
    strict_one,
    strict_two,
)
from stagegate.conditions.parser import parse
from stagegate.conditions.reading import Reads, reads
from stagegate.conditions.scope import Scope
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
from stagegate.conditions.texts import to_duration, to_timestamp
from stagegate.conditions.types import Environment, FactType
from stagegate.conditions.unknown import Unknown

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


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
        self._run = as_run(_Compiler(typing).build(tree.root))

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

    def __reduce__(self) -> tuple[Callable[[str, Environment], Condition], tuple[str, Environment]]:
        return _restored, (self.tree.text, self.env)


def compile(tree: Tree, env: Environment) -> Condition:
    """Compiles a condition that `check` finds no problem in; raises ValueError for another."""
    return Condition(tree, env)


def _restored(text: str, env: Environment) -> Condition:
    tree = parse(text).tree
    if tree is None:
        raise ValueError(f"not a condition: `{text}`")
    return Condition(tree, env)


class _Compiler:
    __slots__ = ("tree", "types")

    def __init__(self, typing: Typing) -> None:
        self.tree = typing.tree
        self.types = typing.types

    def build(self, node: Expr) -> Code:
        return _BUILD[node.__class__](self, node)

    def on_literal(self, node: Literal) -> Code:
        return Constant(float(node.value) if self.types[node].kind == "number" else node.value)

    def on_name(self, node: Name) -> Code:
        name = node.name
        missing = Unknown((name,))
        if _innermost(self.types[node]).kind == "timestamp":
            return self.moment_fact(name, missing)
        return lambda facts, scope: missing if (value := facts.get(name)) is None else value

    def moment_fact(self, name: str, missing: Unknown) -> Run:
        outside = Unknown((), (f"`{name}` is outside the years 1 to 9999",))

        def run(facts: Facts, scope: Scope) -> Any:
            value = facts.get(name)
            if value is None:
                return missing
            try:
                return in_utc(value)
            except OverflowError:
                return outside

        return run

    def on_list(self, node: ListLiteral) -> Code:
        return strict(_together, [self.build(item) for item in node.items])

    def on_unary(self, node: Unary) -> Code:
        operand = self.build(node.operand)
        if node.op == "!":
            return strict_one(operator.not_, operand)
        if self.types[node].kind == "number":
            return strict_one(operator.neg, operand)
        overflow = self.cause("integer overflow", node)
        return strict_one(_negative(overflow), operand)

    def on_logical(self, node: Logical) -> Code:
        return junction(node.op == "||", [self.build(operand) for operand in node.operands])

    def on_conditional(self, node: Conditional) -> Code:
        condition, then, otherwise = self.build(node.condition), self.build(node.then), self.build(node.otherwise)
        if isinstance(condition, Constant):
            if condition.value.__class__ is Unknown:
                return condition
            return then if condition.value else otherwise
        asked, if_true, if_false = condition, as_run(then), as_run(otherwise)

        def run(facts: Facts, scope: Scope) -> Any:
            value = asked(facts, scope)
            if value is True:
                return if_true(facts, scope)
            if value is False:
                return if_false(facts, scope)
            return value

        return run

    def on_binary(self, node: Binary) -> Code:
        left, right = self.build(node.left), self.build(node.right)
        op = node.op
        if op in ("+", "-", "*", "/", "%"):
            return strict_two(self.arithmetic(node), left, right)
        by_element = _compares_by_element(self.types[node.left])
        if op == "in":
            return self.membership(node, left, right, by_element)
        apply = _COMPARE[op]
        if by_element and self.types[node.left].kind == "list":
            apply = same if op == "==" else different
        elif isinstance(node.left, Name) and isinstance(right, Constant) and self.plain(node.left, right):
            return FACT_AND_CONSTANT[op](node.left.name, Unknown((node.left.name,)), right.value)
        return strict_two(apply, left, right)

    def membership(self, node: Binary, left: Code, right: Code, by_element: bool) -> Code:
        if isinstance(right, Constant) and right.value.__class__ is tuple and self.types[node.left].kind != "list":
            # A NaN is equal to nothing, but a set finds the very same one.
            right = Constant(frozenset(value for value in right.value if not is_nan(value)))
            if isinstance(node.left, Name) and self.plain(node.left, right):
                return FACT_AND_CONSTANT["in"](node.left.name, Unknown((node.left.name,)), right.value)
            return strict_two(within, left, right)
        return strict_two(among if by_element else within, left, right)

    def plain(self, fact: Name, constant: Constant) -> bool:
        return self.types[fact].kind != "timestamp" and constant.value.__class__ is not Unknown

    def arithmetic(self, node: Binary) -> Callable[[Any, Any], Any]:
        op, kind = node.op, self.types[node].kind
        if kind == "integer":
            overflow = self.cause("integer overflow", node)
            if op in "/%":
                return division(op, self.cause("division by zero", node), overflow)
            return integers(op, overflow)
        if kind == "timestamp":
            return moments(op, self.cause("a moment outside the years 1 to 9999", node))
        if kind == "duration":
            return lengths(op, self.cause("a duration of more than 292 years", node))
        if kind == "list":
            return concatenate
        if op == "/":
            return divide_numbers
        return {"+": operator.add, "-": operator.sub, "*": operator.mul}[op]

    def cause(self, what: str, node: Expr) -> Unknown:
        source = self.tree.source(node)
        return Unknown((), (f"{what} in `{source if len(source) <= 80 else source[:77] + '...'}`",))

    def on_call(self, node: Call) -> Code:
        name = node.name
        if name in _CALLS:
            texts = [argument.value for argument in node.arguments if isinstance(argument, Literal)]
            return _CALLS[name](*texts)
        operands = [self.build(argument) for argument in node.arguments]
        return strict(_STRINGS[name], operands)

    def on_broken(self, node: Broken) -> Code:
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


def _not_known(track: str) -> Unknown:
    return Unknown((), (f"where track `{track}` stands is not known",))


def _stage(track: str) -> Run:
    unknown = _not_observed(track)
    return lambda facts, scope: unknown if (found := scope.stage(track)) is None else found


def _reached(track: str, stage: str) -> Run:
    unknown = _not_observed(track)
    return lambda facts, scope: unknown if (found := scope.reached(track, stage)) is None else found


def _completed(track: str, stage: str) -> Run:
    unknown = _not_known(track)
    return lambda facts, scope: unknown if (found := scope.completed(track, stage)) is None else found


def _taken(outcome: str) -> Run:
    return lambda facts, scope: scope.taken(outcome)


def _ended(end: str) -> Run:
    return lambda facts, scope: scope.ended(end)


def _waived(criterion: str) -> Run:
    return lambda facts, scope: scope.waived(criterion)


def _timestamp(text: str) -> Constant:
    return Constant(to_timestamp(text))


def _duration(text: str) -> Constant:
    return Constant(to_duration(text))


def _together(*items: Any) -> tuple[Any, ...]:
    return items


def _negative(overflow: Unknown) -> Callable[[int], int | Unknown]:
    return lambda value: -value if value != INT_MIN else overflow


_CALLS: dict[str, Callable[..., Code]] = {
    "met": _met,
    "stage": _stage,
    "reached": _reached,
    "completed": _completed,
    "taken": _taken,
    "ended": _ended,
    "waived": _waived,
    "timestamp": _timestamp,
    "duration": _duration,
}
_STRINGS: dict[str, Callable[..., Any]] = {
    "size": len,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}
_BUILD: dict[type, Callable[..., Code]] = {
    Literal: _Compiler.on_literal,
    Name: _Compiler.on_name,
    ListLiteral: _Compiler.on_list,
    Unary: _Compiler.on_unary,
    Binary: _Compiler.on_binary,
    Logical: _Compiler.on_logical,
    Conditional: _Compiler.on_conditional,
    Call: _Compiler.on_call,
    Broken: _Compiler.on_broken,
}
