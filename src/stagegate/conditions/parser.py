"""Tokens -> syntax tree: precedence climbing after Pratt, with every mistake found in one go.

Where a value is missing the tree gets a `Broken` node and reading goes on at the next place that
means something, so that two mistakes on either side of an `&&` are both reported.
"""

from __future__ import annotations

from typing import NamedTuple

from stagegate.conditions import lexer
from stagegate.conditions.lexer import BAD, END, INTEGER, NAME, NOT, NUMBER, TEXT, Token
from stagegate.conditions.problems import Problem, Suggester
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
from stagegate.conditions.texts import BadText, unquote

MAX_LENGTH = 4_000
"""Characters of one condition."""
MAX_NESTING = 40
"""Brackets, calls, signs and branches inside each other."""
MAX_ITEMS = 200
"""Elements of one list."""
MAX_NODES = 1_000
"""Values and operators of one condition."""
MAX_HEIGHT = 100
"""Levels of the tree: this is what a long `a + b + c ...` runs into. Holds whoever walks a tree by recursion."""
_MAX_SYNTAX_PROBLEMS = 50

FUNCTIONS = ("completed", "duration", "met", "reached", "size", "stage", "taken", "timestamp")
OF_INVARIANTS = ("ended", "waived")
"""Functions that stand in the conditions of invariants only; elsewhere the checker refuses them."""
TYPE_NAMES = frozenset(("bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint"))
"""Constants of CEL's own: an engine refuses a variable of such a name."""
METHODS = ("contains", "endsWith", "size", "startsWith")

_TERNARY, _OR, _AND, _RELATION, _SUM, _PRODUCT, _SIGN = range(1, 8)
_POWER = {
    "?": _TERNARY, "||": _OR, "&&": _AND,
    "==": _RELATION, "!=": _RELATION, "<": _RELATION, "<=": _RELATION, ">": _RELATION, ">=": _RELATION, "in": _RELATION,
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT,
}  # fmt: skip
# Where reading can go on after a mistake.
_LANDMARKS = frozenset((END, "&&", "||", ")", "]", ",", ":", "?"))
_INT_MAX = 2**63 - 1


class Parsed(NamedTuple):
    """What came of a text.

    Without `problems`, `tree` is there and may be checked and compiled. With problems, `tree` is a
    best guess to `check` for further mistakes, or None when there was nothing to guess.
    """

    tree: Tree | None
    problems: tuple[Problem, ...]


class _TooComplex(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


def parse(text: str) -> Parsed:
    """Reads a condition. Never raises; the work is bounded by the limits above."""
    if len(text) > MAX_LENGTH:
        message = f"the condition has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed"
        return Parsed(None, (Problem("condition-too-complex", 0, len(text), message),))
    problems: list[Problem] = []
    parser = _Parser(text, lexer.tokens(text, problems), problems)
    try:
        root = parser.whole()
    except _TooComplex as stop:
        # The rest was not read, so what is known of it is noise beside the one thing that matters.
        return Parsed(None, (stop.problem,))
    if problems:
        problems.sort(key=lambda problem: (problem.start, problem.end))
        del problems[_MAX_SYNTAX_PROBLEMS:]
    if root.__class__ is Broken:
        return Parsed(None, tuple(problems))
    return Parsed(Tree(text, root), tuple(problems))


class _Parser:
    __slots__ = ("at", "depth", "nodes", "problems", "suggester", "text", "tokens", "unclosed")

    def __init__(self, text: str, tokens: list[Token], problems: list[Problem]) -> None:
        self.text = text
        self.tokens = tokens
        self.problems = problems
        self.suggester = Suggester()
        self.at = 0
        self.depth = 0
        self.nodes = 0
        self.unclosed = False

    def whole(self) -> Expr:
        if self.tokens[0][0] == END:
            if not self.problems:
                self.report(0, len(self.text), "the condition is empty", "leave the key out, or write `true`")
            return Broken(0, len(self.text))
        start = self.tokens[0][2]
        root = self.expression(0)
        while self.tokens[self.at][0] != END:
            self.junk()
            root = self.infix(root, 0, start)
        if self.nodes > MAX_HEIGHT and _height_exceeds(root, MAX_HEIGHT):
            raise _TooComplex(
                Problem(
                    "condition-too-complex", 0, len(self.text),
                    f"the condition is a chain of more than {MAX_HEIGHT} operators", "split it into several criteria",
                )
            )  # fmt: skip
        return root

    # Problems

    def report(self, start: int, end: int, message: str, help: str = "", name: str = "") -> None:
        if len(self.problems) < 4 * _MAX_SYNTAX_PROBLEMS:
            self.problems.append(Problem("condition-syntax", start, end, message, help, name))

    def junk(self) -> None:
        """Reports what follows a finished expression and skips to where reading can go on."""
        kind, text, start, end = self.tokens[self.at]
        if kind in (")", "]"):
            opening = "(" if kind == ")" else "["
            self.report(start, end, f"nothing opens this `{kind}`", f"leave it out, or write the `{opening}` it closes")
            self.at += 1
            return
        if kind == NOT:
            self.not_in(start)
        elif kind == ":":
            self.report(start, end, "this `:` has no `?` before it")
        elif kind == ",":
            self.report(start, end, "a `,` stands only in a list or between arguments", "join conditions with `&&`")
        elif kind == "[":
            self.report(start, end, "picking an element by its position is not part of the condition language")
        elif kind == ".":
            self.report(start, end, "this `.` leads nowhere")
        elif kind != BAD:
            what = "a text" if kind == TEXT else f"`{_short(text)}`"
            self.report(start, end, f"{what} follows without an operator", "join conditions with `&&` or `||`")
        self.skip()

    def not_in(self, start: int) -> None:
        if self.tokens[self.at + 1][0] == "in":
            end = self.tokens[self.at + 1][3]
            self.report(start, end, "`not in` is not an operator of the condition language", "write `!(x in [...])`")
        else:
            self.report(start, start + 3, "`not` is not an operator of the condition language", "write `!` or `!=`")

    def skip(self) -> None:
        """Goes to the next `&&` or `||`, or the closing bracket of where we are; at least one token on."""
        level = 0
        while True:
            kind = self.tokens[self.at][0]
            if kind == END:
                return
            if kind in ("(", "["):
                level += 1
            elif kind in (")", "]"):
                if level == 0 and self.depth > 0:
                    return
                level = max(level - 1, 0)
            self.at += 1
            if level == 0 and self.tokens[self.at][0] in ("&&", "||"):
                return

    def close(self, closing: str, opened: Token) -> None:
        """Takes the closing bracket, or says what is wrong with it."""
        kind, text, start, end = self.tokens[self.at]
        if kind == closing:
            self.at += 1
        elif kind == END:
            if not self.unclosed:
                self.report(opened[2], opened[3], f"this `{opened[1]}` is never closed", f"write a `{closing}`")
                self.unclosed = True
        elif kind in (")", "]"):
            self.report(start, end, f"`{text}` closes what `{opened[1]}` opened", f"write `{closing}`")
            self.at += 1
        else:
            self.junk()
            if self.tokens[self.at][0] == closing:
                self.at += 1

    # Expressions

    def count(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            message = f"the condition has more than {MAX_NODES:,} values and operators"
            help = "split it into several criteria"
            raise _TooComplex(Problem("condition-too-complex", 0, len(self.text), message, help))

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            start, end = self.tokens[self.at][2:]
            message = f"the condition is nested more than {MAX_NESTING} levels deep"
            help = "split it into several criteria"
            raise _TooComplex(Problem("condition-too-complex", start, end, message, help))

    def expression(self, floor: int) -> Expr:
        start = self.tokens[self.at][2]
        return self.infix(self.prefix(), floor, start)

    def inner(self, floor: int) -> Expr:
        self.deeper()
        found = self.expression(floor)
        self.depth -= 1
        return found

    def ended(self) -> int:
        """The offset behind the last token taken."""
        return self.tokens[self.at - 1][3]

    def infix(self, left: Expr, floor: int, start: int) -> Expr:
        """Goes on from `left`, which begins at `start`: brackets around it belong to what it is part of."""
        tokens = self.tokens
        while True:
            kind = tokens[self.at][0]
            power = _POWER.get(kind, 0)
            if power <= floor:
                return left
            if power > _AND:
                self.at += 1
                right = self.expression(power)
                self.count()
                left = Binary(kind, left, right, start, tokens[self.at - 1][3])
            elif power > _TERNARY:
                operands = [left]
                while tokens[self.at][0] == kind:
                    self.at += 1
                    operands.append(self.expression(power))
                self.count()
                left = Logical(kind, tuple(operands), start, tokens[self.at - 1][3])
            else:
                left = self.branches(left, start)

    def branches(self, condition: Expr, start: int) -> Expr:
        question = self.tokens[self.at]
        self.at += 1
        then_start = self.tokens[self.at][2]
        then = self.inner(_TERNARY)
        if self.tokens[self.at][0] == "?":
            self.report(*self.tokens[self.at][2:], "a choice between `?` and `:` needs brackets around it")
            self.deeper()
            then = self.branches(then, then_start)
            self.depth -= 1
        self.count()
        if self.tokens[self.at][0] != ":":
            self.report(question[2], question[3], "this `?` has no `:`", "write `condition ? value : other value`")
            end = self.ended()
            return Conditional(condition, then, Broken(end, end), start, end)
        self.at += 1
        otherwise = self.inner(0)
        return Conditional(condition, then, otherwise, start, self.ended())

    def prefix(self) -> Expr:
        """A value with its signs before it and its methods behind it."""
        kind, _, start, end = self.tokens[self.at]
        if kind == "!" or kind == "-":
            return self.sign(kind, start)
        if kind == NOT:
            return self.python_not(start, end)
        found = self.primary()
        while self.tokens[self.at][0] == ".":
            found = self.method(found, start)
        if self.tokens[self.at][0] == "[" and found.__class__ is not Broken:
            start, end = self.tokens[self.at][2:]
            self.report(start, end, "picking an element by its position is not part of the condition language")
            self.primary()
            return Broken(found.start, self.ended())
        return found

    def sign(self, op: str, start: int) -> Expr:
        self.at += 1
        kind, text, _, end = self.tokens[self.at]
        if op == "-" and (kind == INTEGER or kind == NUMBER):
            self.at += 1
            return self.number(kind, "-" + text, start, end)
        self.deeper()
        operand = self.prefix()
        self.depth -= 1
        self.count()
        return Unary(op, operand, start, self.ended())

    def python_not(self, start: int, end: int) -> Expr:
        self.report(start, end, f"`{self.text[start:end]}` is not an operator of the condition language",
                    "write `!`, with brackets around a comparison: `!(a == b)`")  # fmt: skip
        self.at += 1
        operand = self.inner(_AND)
        self.count()
        return Unary("!", operand, start, self.ended())

    def primary(self) -> Expr:
        self.count()
        token = self.tokens[self.at]
        kind, text, start, end = token
        self.at += 1
        if kind == NAME:
            if self.tokens[self.at][0] == "(":
                return self.call(token, None, start)
            if text in TYPE_NAMES:
                self.report(start, end, f"`{text}` is the name of a type in CEL", "give the fact another id")
                return Broken(start, end)
            return Name(text, start, end)
        if kind == TEXT:
            try:
                return Literal(unquote(text), start, end)
            except BadText as bad:
                self.report(start + bad.start, start + bad.end, bad.message, bad.help)
                return Broken(start, end)
        if kind == INTEGER or kind == NUMBER:
            return self.number(kind, text, start, end)
        if kind == "true" or kind == "false":
            return Literal(kind == "true", start, end)
        if kind == "(":
            found = self.inner(0)
            self.close(")", token)
            return found
        if kind == "[":
            items = self.items("]", token)
            return ListLiteral(items, start, self.ended())
        self.at -= 1
        return self.no_value(token)

    def number(self, kind: str, text: str, start: int, end: int) -> Expr:
        if kind == NUMBER:
            value = float(text)
            if value in (float("inf"), float("-inf")):
                self.report(start, end, "this number is too large")
                return Broken(start, end)
            return Literal(value, start, end)
        whole = 2**64
        if len(text) <= 40:
            whole = int(text, 16 if "x" in text else 10)
        if not -_INT_MAX - 1 <= whole <= _INT_MAX:
            help = f"write `{text}.0` for a number" if len(text) <= 40 and text.lstrip("-").isdecimal() else ""
            self.problems.append(
                Problem("condition-type", start, end, "this integer does not fit into 64 bits", help)
            )  # fmt: skip
            return Broken(start, end)
        return Literal(whole, start, end)

    def no_value(self, token: Token) -> Expr:
        """Stands where a value should; takes the token unless reading can go on from it."""
        kind, text, start, end = token
        before = self.tokens[self.at - 1] if self.at else None
        if kind == BAD:
            # The lexer has said what is wrong.
            self.at += 1
            while self.tokens[self.at][0] == BAD:
                self.at += 1
            return Broken(start, self.tokens[self.at - 1][3])
        if kind == END:
            if before is not None and before[0] in ("(", "["):
                self.report(
                    before[2], before[3], f"this `{before[1]}` is never closed", f"write a `{_CLOSING[before[0]]}`"
                )
                self.unclosed = True
            elif before is not None:
                self.report(before[2], before[3], f"nothing follows `{_short(before[1])}`", "write a value behind it")
            return Broken(start, start)
        if before is not None and before[0] == "(" and kind == ")":
            self.report(before[2], end, "these brackets are empty")
        else:
            help = ""
            if before is not None and before[0] in _POWER:
                help = f"`{before[1]}` needs a value on its right"
            elif kind in _POWER:
                help = f"`{text}` needs a value on its left"
            self.report(start, end, f"`{_short(text)}` stands where a value is expected", help)
        if kind in _LANDMARKS or (kind in _POWER and (before is None or before[0] not in _POWER)):
            return Broken(start, start)
        self.at += 1
        # An operator out of place: what follows it is read as if it were not there.
        return self.inner(_RELATION) if kind in _POWER else Broken(start, end)

    # Lists and calls

    def items(self, closing: str, opened: Token) -> tuple[Expr, ...]:
        """Comma-separated expressions up to and with the closing bracket, whose opening one is taken."""
        found: list[Expr] = []
        self.deeper()
        while self.tokens[self.at][0] != closing and self.tokens[self.at][0] != END:
            found.append(self.expression(0))
            if len(found) > MAX_ITEMS:
                message = f"a list has more than {MAX_ITEMS} elements"
                raise _TooComplex(Problem("condition-too-complex", opened[2], found[-1].end, message))
            if self.tokens[self.at][0] == ",":
                comma = self.tokens[self.at]
                self.at += 1
                if closing == ")" and self.tokens[self.at][0] == ")":
                    self.report(comma[2], comma[3], "nothing follows `,`", "leave the `,` out")
            else:
                break
        self.depth -= 1
        self.close(closing, opened)
        return tuple(found)

    def call(self, name: Token, receiver: Expr | None, start: int) -> Expr:
        opened = self.tokens[self.at]
        self.at += 1
        arguments = self.items(")", opened)
        end = self.ended()
        text = name[1]
        at = (name[2], name[3])
        if receiver is not None:
            if text not in METHODS:
                self.unknown_method(text, at)
            return Call(text, (receiver, *arguments), True, at, start, end)
        if text not in FUNCTIONS and text not in OF_INVARIANTS:
            self.unknown_function(text, at)
        return Call(text, arguments, False, at, start, end)

    def unknown_function(self, name: str, at: tuple[int, int]) -> None:
        if name in METHODS:
            message, help = f"`{name}` is written behind a value", f"write `fact.{name}('...')`"
        else:
            message = f"no function named `{_short(name)}`"
            near = self.suggester.help(name, (*FUNCTIONS, *OF_INVARIANTS))
            known = "the functions are " + ", ".join(f"`{known}`" for known in FUNCTIONS)
            known += ", in invariants also " + " and ".join(f"`{known}`" for known in OF_INVARIANTS)
            help = f"{near} {known}" if near else known
        self.report(*at, message, help, name)

    def unknown_method(self, name: str, at: tuple[int, int]) -> None:
        if name in FUNCTIONS or name in OF_INVARIANTS:
            message, help = f"`{name}` is not written behind a value", f"write `{name}('...')`"
        else:
            message = f"no method named `{_short(name)}`"
            near = self.suggester.help(name, METHODS)
            known = "the methods are " + ", ".join(f"`{known}`" for known in METHODS)
            help = f"{near} {known}" if near else known
        self.report(*at, message, help, name)

    def method(self, receiver: Expr, start: int) -> Expr:
        dot = self.tokens[self.at]
        self.at += 1
        name = self.tokens[self.at]
        if name[0] != NAME:
            if name[0] != BAD:
                self.report(dot[2], dot[3], "this `.` leads nowhere", "a method follows it: `fact.startsWith('a')`")
            return Broken(start, dot[3])
        self.at += 1
        if self.tokens[self.at][0] == "(":
            # A chain of methods is as deep as brackets are.
            self.count()
            return self.call(name, receiver, start)
        self.report(dot[2], name[3], f"`.{_short(name[1])}` picks a field, which is not part of the condition language",
                    f"call it if it is a method: `.{name[1]}(...)`" if name[1] in METHODS else
                    "a fact is written by its bare name")  # fmt: skip
        return Broken(start, name[3])


_CLOSING = {"(": ")", "[": "]"}


def _height_exceeds(root: Expr, limit: int) -> bool:
    level: list[Expr] = [root]
    for _ in range(limit):
        level = [child for node in level for child in node.children()]
        if not level:
            return False
    return True


def _short(word: str) -> str:
    return word if len(word) <= 40 else word[:37] + "..."
