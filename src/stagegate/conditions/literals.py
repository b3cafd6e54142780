"""Whether types fit, and integer literals that stand beside numbers."""

from __future__ import annotations

from collections.abc import Iterator

from stagegate.conditions.syntax import Binary, Conditional, Expr, ListLiteral, Literal, Node, Unary
from stagegate.conditions.types import FactType

TEXT_KINDS = frozenset(("string", "enum"))


def fits(found: FactType, wanted: FactType) -> bool:
    """Whether two types are one for CEL, enums counting as strings."""
    if found == wanted or (found.kind in TEXT_KINDS and wanted.kind in TEXT_KINDS):
        return True
    if found.kind == "list" and wanted.kind == "list":
        return found.of is None or wanted.of is None or fits(found.of, wanted.of)
    return False


def without_enum(found: FactType) -> FactType:
    """The same type with strings for enums."""
    if found.of is not None:
        return FactType(found.kind, of=without_enum(found.of))
    return FactType("string") if found.kind == "enum" else found


def adapt(types: dict[Node, FactType], node: Expr, wanted: FactType) -> bool:
    """Makes the integer literals in `node` numbers where `wanted` asks for it; False if that does not do."""
    if not _adaptable(types, node, wanted):
        return False
    _retype(types, node, wanted)
    return True


def _adaptable(types: dict[Node, FactType], node: Expr, wanted: FactType) -> bool:
    found = types.get(node)
    if found is None:
        return False
    if fits(found, wanted):
        return True
    if wanted.kind == "list":
        element = wanted.of
        return (
            isinstance(node, ListLiteral)
            and element is not None
            and all(_adaptable(types, item, element) for item in node.items)
        )
    # Not `/` and `%`: they mean something else for integers.
    return wanted.kind == "number" and found.kind == "integer" and _only_integer_literals(node)


def _retype(types: dict[Node, FactType], node: Expr, wanted: FactType) -> None:
    if fits(types[node], wanted):
        return
    types[node] = wanted
    if isinstance(node, ListLiteral):
        if wanted.of is not None:
            for item in node.items:
                _retype(types, item, wanted.of)
    elif isinstance(node, Conditional):
        _retype(types, node.then, wanted)
        _retype(types, node.otherwise, wanted)
    else:
        for child in node.children():
            _retype(types, child, wanted)


def _only_integer_literals(root: Expr) -> bool:
    """Whether `root` is made of integer literals with `-`, `+`, `*` and choices, as good for numbers as for integers."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Literal):
            if node.value.__class__ is not int:
                return False
        elif isinstance(node, Binary):
            if node.op not in ("+", "-", "*"):
                return False
            waiting += (node.left, node.right)
        elif isinstance(node, Unary):
            if node.op != "-":
                return False
            waiting.append(node.operand)
        elif isinstance(node, Conditional):
            waiting += (node.then, node.otherwise)
        else:
            return False
    return True


def texts_in(root: Expr) -> Iterator[Literal]:
    """The literals `root` may turn out to be, or to hold as a list."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Literal):
            yield node
        elif isinstance(node, ListLiteral):
            waiting.extend(node.items)
        elif isinstance(node, Conditional):
            waiting += (node.then, node.otherwise)
