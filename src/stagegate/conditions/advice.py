"""Help for messages: what to write instead."""

from __future__ import annotations

from stagegate.conditions.syntax import Binary, Expr, Literal, Name, Tree
from stagegate.conditions.types import FactType


def cut(text: str) -> str:
    """`text`, short enough for a message."""
    return text if len(text) <= 40 else text[:37] + "..."


def mixed(tree: Tree, left: Expr, left_type: FactType, right: Expr, right_type: FactType) -> str:
    """What to do about two values of types that do not go together, or an empty string."""
    kinds = {left_type.kind, right_type.kind}
    if kinds == {"integer", "number"}:
        integer, number = (left, right) if left_type.kind == "integer" else (right, left)
        if isinstance(number, Literal) and isinstance(number.value, float) and number.value.is_integer():
            return f"write `{int(number.value)}`" if abs(number.value) < 1e15 else ""
        if isinstance(integer, Name):
            return f"integers and numbers do not mix: declare `{integer.name}` as a number"
        return "integers and numbers do not mix"
    for node, other in ((left, right_type), (right, left_type)):
        if isinstance(node, Literal) and isinstance(node.value, str):
            if other.kind in ("integer", "number") and _looks_like_number(node.value):
                return f"write `{node.value}` without quotes"
            if other.kind == "boolean" and node.value in ("true", "false"):
                return f"write `{node.value}` without quotes"
            if other.kind in ("timestamp", "duration"):
                return f"write `{other.kind}({cut(tree.source(node))})`"
    if "boolean" in kinds and any(_is_comparison(side) for side in (left, right)):
        return "comparisons do not chain: write `a < b && b < c`"
    return ""


def compare(found: FactType) -> str:
    """How to make a truth of a value that is none."""
    if found.kind == "list":
        return "ask for an element, `'x' in the_list`, or for `size(the_list) > 0`"
    example = {
        "string": "== '...'", "enum": f"== '{(found.values or ('...',))[0]}'",
        "timestamp": "> timestamp('2026-01-31T00:00:00Z')", "duration": "> duration('36h')",
    }.get(found.kind, "> 0")  # fmt: skip
    return f"compare it, as in `... {example}`"


def _is_comparison(node: Expr) -> bool:
    return isinstance(node, Binary) and node.op in ("<", "<=", ">", ">=", "==", "!=")


def _looks_like_number(text: str) -> bool:
    return len(text) <= 40 and text.isascii() and text.lstrip("-").replace(".", "", 1).isdecimal()
