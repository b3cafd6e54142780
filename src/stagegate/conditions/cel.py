"""Tree -> strict CEL: the text that gives the same answer in any CEL engine.

CEL does not mix integers and numbers, so integer literals that stand beside numbers are written with
their `.0`. The process functions `met`, `stage`, `reached`, `completed`, `taken`, and `ended` and `waived` of
invariants, stay calls: the engine's environment has to declare them.
"""

from __future__ import annotations

from collections.abc import Callable

from stagegate.conditions.checker import Typing
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
from stagegate.conditions.texts import quote
from stagegate.conditions.types import Environment

_TERNARY, _OR, _AND, _RELATION, _SUM, _PRODUCT, _SIGN, _ATOM = range(1, 9)
_POWER = {
    "==": _RELATION, "!=": _RELATION, "<": _RELATION, "<=": _RELATION, ">": _RELATION, ">=": _RELATION, "in": _RELATION,
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT,
}  # fmt: skip


def to_cel(tree: Tree, env: Environment) -> str:
    """Strict CEL for a condition that `check` finds no problem in; raises ValueError for another."""
    typing = Typing(tree, env)
    if typing.problems:
        first = typing.problems[0]
        raise ValueError(f"only a condition without problems can be exported: {first.message} in `{tree.text}`")
    return _Writer(typing).write(tree.root, _TERNARY)


class _Writer:
    __slots__ = ("types",)

    def __init__(self, typing: Typing) -> None:
        self.types = typing.types

    def write(self, node: Expr, floor: int) -> str:
        """The text of `node`, in brackets where it binds less than `floor`."""
        text, power = _WRITE[node.__class__](self, node)
        return f"({text})" if power < floor else text

    def on_literal(self, node: Literal) -> tuple[str, int]:
        value = node.value
        if isinstance(value, bool):
            return ("true" if value else "false"), _ATOM
        if isinstance(value, str):
            return quote(value), _ATOM
        text = repr(float(value)) if self.types[node].kind == "number" else str(value)
        return text, (_SIGN if text.startswith("-") else _ATOM)

    def on_name(self, node: Name) -> tuple[str, int]:
        return node.name, _ATOM

    def on_list(self, node: ListLiteral) -> tuple[str, int]:
        return f"[{self._all(node.items)}]", _ATOM

    def _all(self, nodes: tuple[Expr, ...]) -> str:
        return ", ".join(self.write(node, _TERNARY) for node in nodes)

    def on_unary(self, node: Unary) -> tuple[str, int]:
        operand = node.operand
        if node.op == "!" and isinstance(operand, Unary) and operand.op == "!":
            # Not for `--`: engines drop the pair while parsing, and with it the overflow of the smallest integer.
            floor = _SIGN
        elif node.op == "-" and isinstance(operand, Literal):
            # `-1` would be read as a literal, which differs for `-(-9223372036854775808)`.
            floor = _ATOM + 1
        else:
            floor = _ATOM
        return node.op + self.write(operand, floor), _SIGN

    def on_binary(self, node: Binary) -> tuple[str, int]:
        power = _POWER[node.op]
        return f"{self.write(node.left, power)} {node.op} {self.write(node.right, power + 1)}", power

    def on_logical(self, node: Logical) -> tuple[str, int]:
        power = _AND if node.op == "&&" else _OR
        return f" {node.op} ".join(self.write(operand, power + 1) for operand in node.operands), power

    def on_conditional(self, node: Conditional) -> tuple[str, int]:
        condition, then = self.write(node.condition, _OR), self.write(node.then, _OR)
        return f"{condition} ? {then} : {self.write(node.otherwise, _TERNARY)}", _TERNARY

    def on_call(self, node: Call) -> tuple[str, int]:
        if node.method:
            receiver = self.write(node.arguments[0], _ATOM)
            return f"{receiver}.{node.name}({self._all(node.arguments[1:])})", _ATOM
        return f"{node.name}({self._all(node.arguments)})", _ATOM

    def on_broken(self, node: Broken) -> tuple[str, int]:
        raise ValueError("a condition with mistakes cannot be exported")


_WRITE: dict[type, Callable[..., tuple[str, int]]] = {
    Literal: _Writer.on_literal,
    Name: _Writer.on_name,
    ListLiteral: _Writer.on_list,
    Unary: _Writer.on_unary,
    Binary: _Writer.on_binary,
    Logical: _Writer.on_logical,
    Conditional: _Writer.on_conditional,
    Call: _Writer.on_call,
    Broken: _Writer.on_broken,
}
