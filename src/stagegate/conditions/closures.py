"""The closures a condition is made of.

Every closure is called as `run(facts, scope)` and gives a value or an `Unknown`. The shapes that
conditions are mostly made of (a fact beside a constant, two operands of `&&`) have closures of their
own: they decide the speed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from stagegate.conditions.scope import Scope
from stagegate.conditions.unknown import Unknown, both, lacking

Facts: TypeAlias = Mapping[str, object]
Run: TypeAlias = Callable[[Facts, Scope], Any]


class Constant:
    """A piece whose value is known while compiling; it may be an Unknown, as in `1 / 0`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


Code: TypeAlias = "Run | Constant"


def as_run(code: Code) -> Run:
    """The closure of a piece; that of a constant gives the constant."""
    if isinstance(code, Constant):
        value = code.value
        return lambda facts, scope: value
    return code


# A fact beside a constant, the commonest condition: one call, no operator function.
FACT_AND_CONSTANT: dict[str, Callable[[str, Unknown, Any], Run]] = {
    "==": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v == c,
    "!=": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v != c,
    "<": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v < c,
    "<=": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v <= c,
    ">": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v > c,
    ">=": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v >= c,
    "in": lambda name, missing, c: lambda facts, scope: missing if (v := facts.get(name)) is None else v in c,
}  # fmt: skip


def strict(apply: Callable[..., Any], operands: list[Code]) -> Code:
    """An operator that needs all of its operands."""
    if len(operands) == 2:
        return strict_two(apply, *operands)
    if len(operands) == 1:
        return strict_one(apply, operands[0])
    if all(isinstance(operand, Constant) for operand in operands):
        values = [operand.value for operand in operands if isinstance(operand, Constant)]
        return Constant(lacking(values) if Unknown in map(type, values) else apply(*values))
    runs = [as_run(operand) for operand in operands]

    def run(facts: Facts, scope: Scope) -> Any:
        found = [one(facts, scope) for one in runs]
        if Unknown in map(type, found):
            return lacking(found)
        return apply(*found)

    return run


def strict_one(apply: Callable[..., Any], operand: Code) -> Code:
    """An operator that needs its operand."""
    if isinstance(operand, Constant):
        return operand if operand.value.__class__ is Unknown else Constant(apply(operand.value))
    one = operand

    def run(facts: Facts, scope: Scope) -> Any:
        value = one(facts, scope)
        return value if value.__class__ is Unknown else apply(value)

    return run


def strict_two(apply: Callable[..., Any], left: Code, right: Code) -> Code:
    """An operator that needs both of its operands, and names what both lack."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        a, b = left.value, right.value
        if a.__class__ is Unknown or b.__class__ is Unknown:
            return Constant(both(a, b))
        return Constant(apply(a, b))
    one, two = as_run(left), as_run(right)

    def run(facts: Facts, scope: Scope) -> Any:
        a = one(facts, scope)
        b = two(facts, scope)
        if a.__class__ is Unknown or b.__class__ is Unknown:
            return both(a, b)
        return apply(a, b)

    return run


def junction(deciding: bool, operands: list[Code]) -> Code:
    """`&&` (decided by false) or `||` (decided by true), in whichever operand the decision comes."""
    runs: list[Run] = []
    for operand in operands:
        if isinstance(operand, Constant):
            if operand.value is deciding:
                return operand
            if operand.value is (not deciding):
                continue
        runs.append(as_run(operand))
    if not runs:
        return Constant(not deciding)
    if len(runs) == 1:
        return runs[0]
    if len(runs) == 2:
        return junction_of_two(deciding, *runs)
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
        return neutral if unknown is None else lacking(unknown)

    return run


def junction_of_two(deciding: bool, left: Run, right: Run) -> Run:
    """`junction` for the commonest case."""

    def run(facts: Facts, scope: Scope) -> Any:
        a = left(facts, scope)
        if a is deciding:
            return a
        b = right(facts, scope)
        if b is deciding or a.__class__ is bool:
            return b
        return a if b.__class__ is bool else both(a, b)

    return run
