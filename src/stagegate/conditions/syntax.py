"""The syntax tree of a condition.

Plain classes with slots: thousands of nodes are made when files are read, and nobody compares them.
A node knows where it stands (`start`, `end`: character offsets in the text of the condition) and
nothing about types or facts. Treat a tree as frozen once the parser has handed it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias


class Node:
    """What every piece of a condition has: its place, `text[start:end]`."""

    __slots__ = ("end", "start")

    start: int
    end: int

    def children(self) -> tuple[Expr, ...]:
        """The pieces directly inside this one, in the order they are written."""
        return ()

    def __repr__(self) -> str:
        fields = ", ".join(repr(getattr(self, name)) for name in type(self).__slots__ if not name.startswith("name_"))
        return f"{type(self).__name__}({fields})"


class Literal(Node):
    """A value written in the condition: `true`, `3`, `0.5`, `'Mid'`."""

    __slots__ = ("value",)

    def __init__(self, value: bool | float | str, start: int, end: int) -> None:
        self.value = value
        self.start = start
        self.end = end


class Name(Node):
    """A fact, by its id."""

    __slots__ = ("name",)

    def __init__(self, name: str, start: int, end: int) -> None:
        self.name = name
        self.start = start
        self.end = end


class ListLiteral(Node):
    """`['Mid', 'High']`."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Expr, ...], start: int, end: int) -> None:
        self.items = items
        self.start = start
        self.end = end

    def children(self) -> tuple[Expr, ...]:
        return self.items


class Unary(Node):
    """`!x` or `-x`. A minus directly before a number belongs to the literal."""

    __slots__ = ("op", "operand")

    def __init__(self, op: str, operand: Expr, start: int, end: int) -> None:
        self.op = op
        self.operand = operand
        self.start = start
        self.end = end

    def children(self) -> tuple[Expr, ...]:
        return (self.operand,)


class Binary(Node):
    """A comparison, `in`, or arithmetic: `== != < <= > >= in + - * / %`."""

    __slots__ = ("left", "op", "right")

    def __init__(self, op: str, left: Expr, right: Expr, start: int, end: int) -> None:
        self.op = op
        self.left = left
        self.right = right
        self.start = start
        self.end = end

    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


class Logical(Node):
    """`a && b && c` or `a || b || c`: one node with two or more operands, however long the chain."""

    __slots__ = ("op", "operands")

    def __init__(self, op: str, operands: tuple[Expr, ...], start: int, end: int) -> None:
        self.op = op
        self.operands = operands
        self.start = start
        self.end = end

    def children(self) -> tuple[Expr, ...]:
        return self.operands


class Conditional(Node):
    """`condition ? then : otherwise`."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, condition: Expr, then: Expr, otherwise: Expr, start: int, end: int) -> None:
        self.condition = condition
        self.then = then
        self.otherwise = otherwise
        self.start = start
        self.end = end

    def children(self) -> tuple[Expr, ...]:
        return (self.condition, self.then, self.otherwise)


class Call(Node):
    """`met('id')`, or `x.startsWith('a')` with `method` true and the receiver as first argument.

    `name_start`, `name_end` are the place of the function's name alone.
    """

    __slots__ = ("arguments", "method", "name", "name_end", "name_start")

    def __init__(
        self, name: str, arguments: tuple[Expr, ...], method: bool, name_at: tuple[int, int], start: int, end: int
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.method = method
        self.name_start, self.name_end = name_at
        self.start = start
        self.end = end

    def children(self) -> tuple[Expr, ...]:
        return self.arguments


class Broken(Node):
    """Where the parser found no value. Only in trees that came with problems. Cannot be compiled."""

    __slots__ = ()

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end


Expr: TypeAlias = Literal | Name | ListLiteral | Unary | Binary | Logical | Conditional | Call | Broken


class Tree:
    """A parsed condition: its text and the node at the top. Two trees are equal when their texts are."""

    __slots__ = ("root", "text")

    def __init__(self, text: str, root: Expr) -> None:
        self.text = text
        self.root = root

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Tree) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Tree({self.text!r})"

    def source(self, node: Expr) -> str:
        """The text of one node, as written."""
        return self.text[node.start : node.end]


def walk(root: Expr) -> Iterator[Expr]:
    """Every node under `root`, itself first, in the order they are written. Does not recurse."""
    waiting: list[Expr] = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children()))
