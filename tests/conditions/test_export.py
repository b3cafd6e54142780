"""`to_cel`: strict CEL text."""

from __future__ import annotations

import pytest

from stagegate.conditions import BOOL, DOUBLE, INT, STRING, Environment, ListType, parse, to_cel

ENV = Environment(
    facts={"a": BOOL, "b": BOOL, "c": BOOL, "n": INT, "x": DOUBLE, "y": DOUBLE, "s": STRING, "xs": ListType(DOUBLE)},
    criteria=("need",),
    ends=("won",),
    invariant=True,
)


@pytest.mark.parametrize(
    ("text", "exported"),
    [
        ("x > 10000", "x > 10000.0"),
        ("x > -3", "x > -3.0"),
        ("1+2*3 < x", "1.0 + 2.0 * 3.0 < x"),
        ("n > 3", "n > 3"),
        ("x in [1, 2.5]", "x in [1.0, 2.5]"),
        ("1 in xs", "1.0 in xs"),
        ("[[1]] == [xs]", "[[1.0]] == [xs]"),
        ("(a ? 1 : 2) > x", "(a ? 1.0 : 2.0) > x"),
        ("x * 2 > y", "x * 2.0 > y"),
        ("x > 1e20", "x > 1e+20"),
        ("x > 123456789012345678", "x > 1.2345678901234568e+17"),
        ("((a))&&((b||c))", "a && (b || c)"),
        ("(a && b) && c", "(a && b) && c"),
        ("a && b || c", "a && b || c"),
        ("!(a && b)", "!(a && b)"),
        ("!!a", "!!a"),
        ("n - (n - 1) > -n", "n - (n - 1) > -n"),
        ("-(-n) > -(1)", "-(-n) > -(1)"),
        ("n - -1 == 0", "n - -1 == 0"),
        ("(a ? b : c) ? b : a ? b : c", "(a ? b : c) ? b : a ? b : c"),
        ("a ? (b ? a : c) : b", "a ? (b ? a : c) : b"),
        ("(s + 'x').size() > 0x10", "(s + 'x').size() > 16"),
        ('s == "it\'s\\n"', r"s == 'it\'s\n'"),
        (r"s == '\u0007 é 預'", r"s == '\u0007 é 預'"),
        ("(a == b) == c", "a == b == c"),
        ("a == (b == c)", "a == (b == c)"),
        ('met("need")', "met('need')"),
        ('!ended("won")&&waived("need")', "!ended('won') && waived('need')"),
        ("[1,2,] == []", "[1, 2] == []"),
    ],
)
def test_exported_text(text: str, exported: str) -> None:
    tree = parse(text).tree
    assert tree is not None
    assert to_cel(tree, ENV) == exported
    again = parse(exported).tree
    assert again is not None
    assert to_cel(again, ENV) == exported
