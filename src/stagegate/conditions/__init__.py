"""The condition language: a subset of CEL, parsed once, checked against declared facts, compiled to closures.

`parse` a text, `check` the tree against an `Environment`, `compile` it, and `evaluate` the `Condition`
as often as needed: it is true, false, or an `Unknown` that names everything lacking.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stagegate.conditions.cel import to_cel
    from stagegate.conditions.checker import check
    from stagegate.conditions.evaluator import Condition, compile
    from stagegate.conditions.parser import Parsed, parse
    from stagegate.conditions.problems import Problem
    from stagegate.conditions.reading import Reads, reads
    from stagegate.conditions.scope import FactsOnly, Scope
    from stagegate.conditions.syntax import Tree
    from stagegate.conditions.types import (
        BOOL,
        DOUBLE,
        DURATION,
        INT,
        STRING,
        TIMESTAMP,
        EnumType,
        Environment,
        FactType,
        ListType,
    )
    from stagegate.conditions.unknown import Unknown
    from stagegate.conditions.words import RESERVED_NAMES

__all__ = [
    "BOOL",
    "DOUBLE",
    "DURATION",
    "INT",
    "RESERVED_NAMES",
    "STRING",
    "TIMESTAMP",
    "Condition",
    "EnumType",
    "Environment",
    "FactType",
    "FactsOnly",
    "ListType",
    "Parsed",
    "Problem",
    "Reads",
    "Scope",
    "Tree",
    "Unknown",
    "check",
    "compile",
    "parse",
    "reads",
    "to_cel",
]

# Each name is fetched from its module when it is first asked for: a running case needs only `Unknown`,
# and does not pay for the parser, the checker and the export.
_HOME = {
    "RESERVED_NAMES": "words",
    "BOOL": "types",
    "Condition": "evaluator",
    "DOUBLE": "types",
    "DURATION": "types",
    "EnumType": "types",
    "Environment": "types",
    "FactType": "types",
    "FactsOnly": "scope",
    "INT": "types",
    "ListType": "types",
    "Parsed": "parser",
    "Problem": "problems",
    "Reads": "reading",
    "STRING": "types",
    "Scope": "scope",
    "TIMESTAMP": "types",
    "Tree": "syntax",
    "Unknown": "unknown",
    "check": "checker",
    "compile": "evaluator",
    "parse": "parser",
    "reads": "reading",
    "to_cel": "cel",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
