"""Texts to trees, and every slip of the pen at its place."""

from __future__ import annotations

import pytest

from stagegate.conditions import Problem, parse
from stagegate.conditions.syntax import Call, Literal, Logical, walk


def shape(text: str) -> str:
    """The tree of a text that parses, fully bracketed."""
    parsed = parse(text)
    assert parsed.tree is not None, parsed.problems
    assert not parsed.problems
    return repr(parsed.tree.root)


def the_problem(text: str) -> Problem:
    problems = parse(text).problems
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a || b && c", "a || (b && c)"),
        ("a && b || c && d", "(a && b) || (c && d)"),
        ("!a && b", "(!a) && b"),
        ("!a == b", "(!a) == b"),
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b % c", "(a / b) % c"),
        ("-a * b", "(-a) * b"),
        ("a - -b", "a - (-b)"),
        ("a + 1 > b - 1", "(a + 1) > (b - 1)"),
        ("a < b == c", "(a < b) == c"),
        ("a in b == c", "(a in b) == c"),
        ("a && b == c", "a && (b == c)"),
        ("a ? b : c ? d : e", "a ? b : (c ? d : e)"),
        ("a || b ? c : d", "(a || b) ? c : d"),
        ("-a.size()", "-(a.size())"),
        ("a + b.size() * 2", "a + ((b.size()) * 2)"),
        ("a.contains('x') == b", "(a.contains('x')) == b"),
        ("\n a\t&& \r\n b ", "a && b"),
        ("[1, 2,]", "[1, 2]"),
        ("'a'", '"a"'),
        ("0x1F", "31"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("- 5", "-5"),
        (r"'\x41\101\u0041\U00000041'", "'AAAA'"),
        (r"'\a\b\f\n\r\t\v\\\?\'\"\`'", "'\\x07\\x08\\x0c\\x0a\\x0d\\x09\\x0b\\x5c?\\x27\\x22`'"),
        ("-9223372036854775808", "-0x8000000000000000"),
    ],
)
def test_precedence_and_literals(text: str, same: str) -> None:
    assert shape(text) == shape(same)


def test_chains_of_and_and_or_are_one_node() -> None:
    tree = parse("a && b && c && d").tree
    assert tree is not None
    assert isinstance(tree.root, Logical)
    assert len(tree.root.operands) == 4


def test_a_minus_before_a_number_is_part_of_the_literal() -> None:
    tree = parse("-3").tree
    assert tree is not None
    assert isinstance(tree.root, Literal)
    assert tree.root.value == -3


def test_nodes_know_their_place() -> None:
    text = "(a + b) * c > size( (d) ) && ('x' in e)"
    tree = parse(text).tree
    assert tree is not None
    places = [tree.source(node) for node in walk(tree.root)]
    assert places == [
        text, "(a + b) * c > size( (d) )", "(a + b) * c", "a + b", "a", "b", "c", "size( (d) )", "d", "'x' in e", "'x'", "e",
    ]  # fmt: skip


def test_a_call_knows_the_place_of_its_name() -> None:
    text = "stage ( 'x' )"
    tree = parse(text).tree
    assert tree is not None
    call = tree.root
    assert isinstance(call, Call)
    assert text[call.name_start : call.name_end] == "stage"
    assert not call.method


SLIPS = [
    ("a and b", "and", "`and` is not an operator of the condition language", "write `&&`"),
    ("a OR b", "OR", "`OR` is not an operator of the condition language", "write `||`"),
    ("not a", "not", "`not` is not an operator of the condition language",
     "write `!`, with brackets around a comparison: `!(a == b)`"),
    ("a not in [1]", "not in", "`not in` is not an operator of the condition language", "write `!(x in [...])`"),
    ("a = b", "=", "`=` is not an operator of the condition language", "write `==`"),
    ("a === b", "===", "`===` is not an operator of the condition language", "write `==`"),
    ("a <> b", "<>", "`<>` is not an operator of the condition language", "write `!=`"),
    ("a => b", "=>", "`=>` is not an operator of the condition language", "write `>=`"),
    ("a & b", "&", "`&` is not an operator of the condition language", "write `&&`"),
    ("a | b", "|", "`|` is not an operator of the condition language", "write `||`"),
    ("a ≥ b", "≥", "`≥` is not an operator of the condition language", "write `>=`"),
    ("a ＝＝ b", "＝＝", "`＝＝` is not an operator of the condition language", "write `==`"),
    ("a == True", "True", "`True` is not a value of the condition language", "write `true`"),
    ("a == 'x", "'x", "this text is never closed", "put a `'` at its end"),
    ('a == "x\n && b', '"x', "this text is never closed", 'put a `"` at its end'),
    ("a == “x”", "“", "`“` is not a quotation mark of the condition language", "put texts in `'`"),
    ("a == `x`", "`", "a backtick is not a quotation mark of the condition language", "put texts in `'`"),
    ("a == '''x'''", "'''", "text in three quotes is not part of the condition language", "write it in single quotes"),
    ("a == r'x'", "r", "`r` before a quotation mark is not part of the condition language", "write the text in plain quotes"),
    ("a == null", "null", "`null` is not part of the condition language",
     "a fact nobody has given makes the condition unknown; there is nothing to compare it with"),
    ("a && (b || c", "(", "this `(` is never closed", "write a `)`"),
    ("(a && (b || c)", "(", "this `(` is never closed", "write a `)`"),
    ("a in ['x'", "[", "this `[` is never closed", "write a `]`"),
    ("size(a", "(", "this `(` is never closed", "write a `)`"),
    ("a && (", "(", "this `(` is never closed", "write a `)`"),
    ("a) && b", ")", "nothing opens this `)`", "leave it out, or write the `(` it closes"),
    ("(a] && b", "]", "`]` closes what `(` opened", "write `)`"),
    ("a &&", "&&", "nothing follows `&&`", "write a value behind it"),
    ("a > ", ">", "nothing follows `>`", "write a value behind it"),
    ("> a", ">", "`>` stands where a value is expected", "`>` needs a value on its left"),
    ("a && && b", "&& b", "`&&` stands where a value is expected", "`&&` needs a value on its right"),
    ("a b", "b", "`b` follows without an operator", "join conditions with `&&` or `||`"),
    ("a 'b'", "'b'", "a text follows without an operator", "join conditions with `&&` or `||`"),
    ("a, b", ",", "a `,` stands only in a list or between arguments", "join conditions with `&&`"),
    ("()", "()", "these brackets are empty", ""),
    ("a ? b", "?", "this `?` has no `:`", "write `condition ? value : other value`"),
    ("a ? b ? c : d : e", "? c", "a choice between `?` and `:` needs brackets around it", ""),
    ("a.b == c", ".b", "`.b` picks a field, which is not part of the condition language", "a fact is written by its bare name"),
    ("a.size == c", ".size", "`.size` picks a field, which is not part of the condition language",
     "call it if it is a method: `.size(...)`"),
    ("a[0] == c", "[", "picking an element by its position is not part of the condition language", ""),
    ("a // b", "//", "`//` begins a comment in CEL, which a condition cannot hold", "use `/` to divide, or a comment of YAML"),
    ("a > 10_000", "10_000", "`10_000` is not a number", "write `10000`"),
    ("a > 5k", "5k", "`5k` is not a number", "leave out the letters, or put quotes around a text"),
    ("a > 5u", "5u", "`5u` is not a number", "write `5`; all integers have a sign here"),
    ("a > 1e999", "1e999", "this number is too large", ""),
    ("预算 > 0", "预算", "`预算` is not a name: names are plain letters, digits and `_`",
     "use the id of the fact, or put quotes around a text"),
    ("a@ > 0", "@", "`@` is not part of the condition language", "a fact is written by its bare name"),
    ("import > 0", "import", "`import` is a reserved word of CEL", ""),
    ("type > 0", "type", "`type` is the name of a type in CEL", "give the fact another id"),
    (r"a == 'x\q'", r"\q", r"`\q` does not begin an escape of CEL",
     r"the escapes are `\n`, `\t`, `\\`, `\'`, `\"`, `\x41`, `\u00e9` and a few more"),
    (r"a == '\ud800'", r"\ud800", r"`\ud800` is not a character", ""),
    ("stge('x') == 'y'", "stge", "no function named `stge`",
     ("did you mean `stage`? the functions are `completed`, `duration`, `met`, `reached`, `size`, `stage`, `taken`, `timestamp`,"
      " in invariants also `ended` and `waived`")),
    ("a.startswith('x')", "startswith", "no method named `startswith`",
     "did you mean `startsWith`? the methods are `contains`, `endsWith`, `size`, `startsWith`"),
    ("contains(a, 'x')", "contains", "`contains` is written behind a value", "write `fact.contains('...')`"),
    ("a.met('x')", "met", "`met` is not written behind a value", "write `met('...')`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "message", "help"), SLIPS, ids=[slip[0] for slip in SLIPS])
def test_slips(text: str, at: str, message: str, help: str) -> None:
    found = the_problem(text)
    assert (found.message, found.help) == (message, help)
    assert found.rule == "condition-syntax"
    assert text.startswith(at, found.start)
    assert at.startswith(text[found.start : found.end])


def test_an_unclosed_bracket_is_shown_where_it_opens() -> None:
    assert the_problem("(a && (b || c)").start == 0
    assert the_problem("(a) && (b || c").start == 7


def test_an_empty_condition() -> None:
    for text in ("", "  \n"):
        found = the_problem(text)
        assert found.message == "the condition is empty"
        assert (found.start, found.end) == (0, len(text))
        assert parse(text).tree is None


def test_an_integer_of_more_than_64_bits() -> None:
    found = the_problem("a > 9223372036854775808")
    assert found.rule == "condition-type"
    assert (found.start, found.message) == (4, "this integer does not fit into 64 bits")
    assert found.help == "write `9223372036854775808.0` for a number"
    assert not parse("a > 9223372036854775807").problems
    assert the_problem("a > " + "9" * 3000).help == ""


def test_several_mistakes_are_all_found() -> None:
    text = "a and (b > ) || stge('x') = 'y' && c d && “e”"
    found = [(text[problem.start : problem.end], problem.rule) for problem in parse(text).problems]
    assert [where for where, _ in found] == ["and", ")", "stge", "=", "d", "“"]


def test_a_guess_is_left_for_further_checks() -> None:
    parsed = parse("a and b = 3")
    assert len(parsed.problems) == 2
    assert parsed.tree is not None
    meant = parse("a && b == 3").tree
    assert meant is not None
    assert repr(parsed.tree.root) == repr(meant.root)


@pytest.mark.parametrize("text", ["a", "(a && b) || !c", "x in ['a', 'b']", "a ? 1 : 2", "met('a').size()"])
def test_places_are_inside_the_text_and_inside_each_other(text: str) -> None:
    tree = parse(text).tree
    assert tree is not None
    for node in walk(tree.root):
        assert 0 <= node.start < node.end <= len(text)
        for child in node.children():
            assert node.start <= child.start
            assert child.end <= node.end
