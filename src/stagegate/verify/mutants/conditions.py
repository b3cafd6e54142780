"""A condition changed in small ways: its text is rewritten at one place, parsed and compiled anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagegate.conditions import Condition, FactType, compile, parse
from stagegate.conditions.syntax import Binary, Conditional, Expr, ListLiteral, Literal, Logical, Name, walk

BOUNDARY: Final = {">": ">=", ">=": ">", "<": "<=", "<=": "<", "==": "!=", "!=": "=="}
JUNCTION: Final = {"&&": "||", "||": "&&"}


def boundaries(condition: Condition) -> Iterator[Condition]:
    """`>` for `>=` and the like, `==` for `!=`."""
    for node in walk(condition.tree.root):
        if isinstance(node, Binary) and node.op in BOUNDARY:
            between = condition.text[node.left.end : node.right.start]
            there = node.left.end + between.index(node.op)
            yield from written(condition, there, there + len(node.op), BOUNDARY[node.op])


def constants(condition: Condition) -> Iterator[Condition]:
    """Each number one larger and one smaller."""
    for node in walk(condition.tree.root):
        if isinstance(node, Literal) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            for value in (node.value + 1, node.value - 1):
                yield from written(condition, node.start, node.end, repr(value))


def junctions(condition: Condition) -> Iterator[Condition]:
    """`&&` for `||` and the other way round."""
    for node in walk(condition.tree.root):
        if isinstance(node, Logical):
            operands = [grouped(condition, operand) for operand in node.operands]
            joined = f" {JUNCTION[node.op]} ".join(operands)
            yield from written(condition, node.start, node.end, around(condition, node, joined))


def negated(condition: Condition) -> Iterator[Condition]:
    """The whole condition turned round."""
    yield from written(condition, 0, len(condition.text), f"!({condition.text})")


def shortened(condition: Condition) -> Iterator[Condition]:
    """One operand of `&&` or `||` left out."""
    for node in walk(condition.tree.root):
        if isinstance(node, Logical):
            for left_out in node.operands:
                kept = [grouped(condition, operand) for operand in node.operands if operand is not left_out]
                joined = f" {node.op} ".join(kept)
                yield from written(condition, node.start, node.end, around(condition, node, joined))


def other_values(condition: Condition) -> Iterator[Condition]:
    """Each value of an enumeration replaced by the one declared after it."""
    for node in walk(condition.tree.root):
        if isinstance(node, Binary) and node.op in ("==", "!=", "in"):
            for name, other in ((node.left, node.right), (node.right, node.left)):
                values = values_of(condition, name)
                for literal in literals(other):
                    if literal.value in values:
                        after = values[(values.index(str(literal.value)) + 1) % len(values)]
                        yield from written(condition, literal.start, literal.end, quoted(after))


def values_of(condition: Condition, node: Expr) -> tuple[str, ...]:
    """The values of the enumeration that a fact is of, or is a list of."""
    type = condition.env.facts.get(node.name) if isinstance(node, Name) else None
    of: FactType | None = type.of if type is not None and type.of is not None else type
    return of.values if of is not None else ()


def literals(node: Expr) -> Iterator[Literal]:
    """A literal, or those of a list."""
    for each in node.items if isinstance(node, ListLiteral) else (node,):
        if isinstance(each, Literal):
            yield each


def grouped(condition: Condition, node: Expr) -> str:
    """The text of a node, in parentheses where it would else fall apart."""
    source = condition.tree.source(node)
    return f"({source})" if isinstance(node, Logical | Conditional) else source


def around(condition: Condition, node: Expr, text: str) -> str:
    """A text that stands for a node, in parentheses unless the node is all there is."""
    return text if node is condition.tree.root else f"({text})"


def quoted(value: str) -> str:
    """A value as a literal of the language."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def written(condition: Condition, start: int, end: int, text: str) -> Iterator[Condition]:
    """The condition with another text from start to end; nothing where that is no sound condition."""
    parsed = parse(condition.text[:start] + text + condition.text[end:])
    if parsed.problems or parsed.tree is None:
        return
    try:
        changed = compile(parsed.tree, condition.env)
    except ValueError:
        return
    if changed.text != condition.text:
        yield changed
