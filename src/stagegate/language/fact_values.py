"""Whether the values that scenarios give to facts are of the types declared.

A scenario may mean a wrong one: where a refusal for `fact_type` is expected, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stagegate.conditions import FactType
from stagegate.language.command_values import value_of
from stagegate.language.desk import Desk, did_you_mean, text_of
from stagegate.language.shape_check import Mention
from stagegate.language.tree import Mapping as MappingNode
from stagegate.language.tree import Node, Scalar, Sequence

_EXAMPLES = {"timestamp": "`2026-03-02T09:00:00+08:00`", "duration": "`36h`"}
_PLAIN: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "enum": (str,),
}


def check_values(mentions: Iterable[Mention], types: Mapping[str, FactType], desk: Desk) -> None:
    """Has every value of a fact that is not of its type go to the desk; `mentions` are names of any kind."""
    for mention in mentions:
        type = types.get(mention.node.text) if mention.kind == "fact" else None
        if type is not None and mention.value is not None and not _is_meant(mention):
            _check(mention.node.text, type, mention.value, desk)


def _check(name: str, type: FactType, node: Node, desk: Desk) -> None:
    if node.broken or (isinstance(node, Scalar) and node.value is None):  # no value: the fact is forgotten
        return
    if type.kind == "list":
        if not isinstance(node, Sequence):
            desk.reject("wrong-type", node, f"`{name}` is {type.describe()}", help="write `[...]`")
        elif type.of is not None:
            for item in node:
                _check(name, type.of, item, desk)
    elif not isinstance(node, Scalar):
        desk.reject("wrong-type", node, f"`{name}` takes {type.describe()}")
    elif type.kind in _EXAMPLES:
        if value_of(type, node.value) is node.value:
            message = f"`{name}` takes {type.describe()}, not `{node.text[:40]}`"
            desk.reject("bad-value", node, message, help=f"write it as {_EXAMPLES[type.kind]}")
    elif not isinstance(node.value, _PLAIN[type.kind]) or (isinstance(node.value, bool) and type.kind != "boolean"):
        desk.reject("wrong-type", node, f"`{name}` takes {type.describe()}, not `{node.text[:40]}`")
    elif type.kind == "enum" and node.text not in type.values:
        near = desk.suggester.near(node.text, type.values)
        help_text = did_you_mean(near) or "its values are " + ", ".join(f"`{value}`" for value in type.values)
        desk.reject("bad-value", node, f"`{node.text[:40]}` is not a value of `{name}`", help=help_text)


def _is_meant(mention: Mention) -> bool:
    """Whether the command stands in a `when` whose `then` expects a refusal for a type."""
    around = mention.scope.outer
    then = around.node.get("then") if around is not None else None
    refused = then.get("refused") if isinstance(then, MappingNode) else None
    reasons = refused.items if isinstance(refused, Sequence) else ()
    return any(text_of(reason).split(" ")[0] == "fact_type" for reason in reasons)
