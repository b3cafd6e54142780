"""The condition language: a subset of CEL, parsed once, checked against declared facts, compiled to closures.

`parse` a text, `check` the tree against an `Environment`, `compile` it, and `evaluate` the `Condition`
as often as needed: it is true, false, or an `Unknown` that names everything lacking.
"""

from stagegate.conditions.cel import to_cel
from stagegate.conditions.checker import check
from stagegate.conditions.evaluator import Condition, compile
from stagegate.conditions.lexer import KEYWORDS, RESERVED_WORDS
from stagegate.conditions.parser import TYPE_NAMES, Parsed, parse
from stagegate.conditions.problems import Problem
from stagegate.conditions.reads import Reads, reads
from stagegate.conditions.scope import Scope
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

RESERVED_NAMES = KEYWORDS | RESERVED_WORDS | TYPE_NAMES
"""Ids that no fact may have, since no condition could name it."""

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
