"""Every rule, worked example and decision has a test that bears its number."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent


def numbers(letter: str) -> set[int]:
    """The numbers in the names of the tests: `test_r05_...` gives 5 for `r`."""
    names = [
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    return {int(m[1]) for name in names if (m := re.match(rf"test_{letter}(\d\d)_", name))}


def test_every_rule_has_a_test():
    assert numbers("r") == set(range(1, 54))


def test_every_worked_example_has_a_test():
    assert numbers("w") == set(range(1, 11))


def test_every_decision_has_a_test():
    assert numbers("d") == set(range(1, 20))
