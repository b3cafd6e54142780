"""Types of a condition, and everything that is wrong with its names and types.

One pass finds the type of every node. A node whose type cannot be told, since something in it is
wrong already, has none, and whatever stands around it stays silent: one mistake is reported once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from stagegate.conditions import advice
from stagegate.conditions.advice import cut
from stagegate.conditions.literals import TEXT_KINDS, adapt, fits, texts_in, without_enum
from stagegate.conditions.parser import FUNCTIONS, METHODS, OF_INVARIANTS
from stagegate.conditions.problems import Problem, Rule, Suggester
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
    Node,
    Tree,
    Unary,
)
from stagegate.conditions.texts import BadText, to_duration, to_timestamp
from stagegate.conditions.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    Environment,
    FactType,
    ListType,
)

_EMPTY_LIST = FactType("list")
_ORDERED = frozenset(("boolean", "integer", "number", "string", "timestamp", "duration"))
_SUMS: dict[tuple[str, str, str], FactType] = {
    ("+", "timestamp", "duration"): TIMESTAMP,
    ("+", "duration", "timestamp"): TIMESTAMP,
    ("+", "duration", "duration"): DURATION,
    ("-", "timestamp", "timestamp"): DURATION,
    ("-", "timestamp", "duration"): TIMESTAMP,
    ("-", "duration", "duration"): DURATION,
}
_ID_ARGUMENTS = {
    "met": ("criterion_id",),
    "stage": ("track",),
    "reached": ("track", "stage"),
    "completed": ("track", "stage"),
    "taken": ("outcome",),
    "ended": ("end",),
    "waived": ("criterion_id",),
}


def check(tree: Tree, env: Environment) -> tuple[Problem, ...]:
    """All problems of a parsed condition in the order they are written; none means it may be compiled."""
    return Typing(tree, env).problems


class Typing:
    """What the checker knows of one tree: `types` of the nodes it could tell, and `problems`."""

    __slots__ = ("_found", "_suggester", "env", "tree", "types")

    def __init__(self, tree: Tree, env: Environment) -> None:
        self.tree = tree
        self.env = env
        self.types: dict[Node, FactType] = {}
        self._found: list[Problem] = []
        self._suggester = Suggester()
        whole = self.of(tree.root)
        if whole is not None and whole.kind != "boolean":
            self.problem(tree.root, f"the condition is {whole.describe()}, not true or false", advice.compare(whole))

    @property
    def problems(self) -> tuple[Problem, ...]:
        found = self._found
        if len(found) > 1:
            found.sort(key=lambda problem: (problem.start, problem.end))
        return tuple(found)

    def of(self, node: Expr) -> FactType | None:
        found = _VISIT[node.__class__](self, node)
        if found is not None:
            self.types[node] = found
        return found

    def problem(self, node: Node, message: str, help: str = "") -> None:
        self._found.append(Problem("condition-type", node.start, node.end, message, help))

    def unknown(self, rule: Rule, at: tuple[int, int], message: str, name: str, near: Collection[str]) -> None:
        self._found.append(Problem(rule, *at, message, self._suggester.help(name, near), name))

    # Leaves

    def on_literal(self, node: Literal) -> FactType:
        return _LITERALS[node.value.__class__]

    def on_name(self, node: Name) -> FactType | None:
        name = node.name
        found = self.env.facts.get(name)
        if found is None:
            help = ""
            if name in FUNCTIONS or (name in OF_INVARIANTS and self.env.invariant):
                help = f"`{name}` is a function: write `{name}('...')`"
            elif any(name in fact.values for fact in self.env.facts.values()):
                help = f"put a text in quotes: `'{name}'`"
            help = help or self._suggester.help(name, self.env.facts)
            shown = name if len(name) <= 80 else name[:77] + "..."
            self._found.append(Problem("unknown-fact", node.start, node.end, f"no fact named `{shown}`", help, name))
        return found

    def on_list(self, node: ListLiteral) -> FactType | None:
        types = [self.of(item) for item in node.items]
        common: FactType | None = _EMPTY_LIST
        holder: Expr = node
        for item, found in zip(node.items, types, strict=True):
            if found is None:
                common = None
            elif common is _EMPTY_LIST:
                common, holder = found, item
            elif common is not None:
                joined = self.join(holder, common, item, found)
                if joined is None:
                    self.problem(item, f"a list holds {common.plural()} and {found.describe()}",
                                 "all elements of a list are of one type")  # fmt: skip
                    return None
                common = joined
                if found.kind == "number":
                    holder = item
        if common is None:
            return None
        if not node.items:
            return _EMPTY_LIST
        for item in node.items:
            # An item from before the first number may be an integer that is no literal.
            if not adapt(self.types, item, common):
                self.problem(
                    item,
                    f"a list holds {common.plural()} and {self.types[item].describe()}",
                    "all elements of a list are of one type",
                )
                return None
        return ListType(common)

    def on_broken(self, node: Broken) -> None:
        return None

    # Integer literals beside numbers

    def join(self, left: Expr, left_type: FactType, right: Expr, right_type: FactType) -> FactType | None:
        """The common type of two values side by side, after turning integer literals into numbers; None if none."""
        if left_type == right_type:
            return left_type
        one, other = left_type.kind, right_type.kind
        if one in TEXT_KINDS and other in TEXT_KINDS:
            return STRING
        if one == "list" and other == "list":
            return self._join_lists(left, left_type, right, right_type)
        if one == "integer" and other == "number" and adapt(self.types, left, DOUBLE):
            return DOUBLE
        if one == "number" and other == "integer" and adapt(self.types, right, DOUBLE):
            return DOUBLE
        return None

    def _join_lists(self, left: Expr, left_type: FactType, right: Expr, right_type: FactType) -> FactType | None:
        if left_type.of is None:
            return right_type
        if right_type.of is None:
            return left_type
        if fits(left_type, right_type):
            # They differ in an enum somewhere: what is true of its values need not be true of the other's.
            return without_enum(left_type)
        if adapt(self.types, left, right_type):
            return right_type
        if adapt(self.types, right, left_type):
            return left_type
        return None

    # Operators

    def on_unary(self, node: Unary) -> FactType | None:
        found = self.of(node.operand)
        if node.op == "!":
            if found is not None and found.kind != "boolean":
                help = f"put brackets around a comparison: `!({cut(self.tree.source(node.operand))} ...)`"
                self.problem(node, f"`!` needs a boolean, not {found.describe()}", help)
                return None
            return BOOL
        if found is not None and found.kind not in ("integer", "number"):
            self.problem(node, f"`-` needs a number, not {found.describe()}")
            return None
        return found

    def on_logical(self, node: Logical) -> FactType:
        for operand in node.operands:
            found = self.of(operand)
            if found is not None and found.kind != "boolean":
                self.problem(operand, f"`{node.op}` joins booleans, not {found.describe()}", advice.compare(found))
        return BOOL

    def on_conditional(self, node: Conditional) -> FactType | None:
        condition = self.of(node.condition)
        if condition is not None and condition.kind != "boolean":
            self.problem(node.condition, f"`?` needs a boolean before it, not {condition.describe()}")
        then, otherwise = self.of(node.then), self.of(node.otherwise)
        if then is None or otherwise is None:
            return None
        joined = self.join(node.then, then, node.otherwise, otherwise)
        if joined is None:
            message = f"`?` chooses between {then.describe()} and {otherwise.describe()}"
            self.problem(node, message, advice.mixed(self.tree, node.then, then, node.otherwise, otherwise)
                         or "both values are of one type")  # fmt: skip
        return joined

    def on_binary(self, node: Binary) -> FactType | None:
        left, right = self.of(node.left), self.of(node.right)
        op = node.op
        if op in ("+", "-", "*", "/", "%"):
            return self._arithmetic(node, left, right) if left is not None and right is not None else None
        if left is not None and right is not None:
            if op == "in":
                self._membership(node, left, right)
            else:
                self._comparison(node, left, right)
        return BOOL

    def _arithmetic(self, node: Binary, left: FactType, right: FactType) -> FactType | None:
        op = node.op
        joined: FactType | None
        if op in "+-" and (left.kind, right.kind) != ("list", "list"):
            joined = _SUMS.get((op, left.kind, right.kind))
            if joined is not None:
                return joined
        joined = self.join(node.left, left, node.right, right)
        if joined is not None:
            kind = joined.kind
            if kind == "integer" or (kind == "number" and op != "%"):
                return joined
            if op == "+" and kind in TEXT_KINDS:
                return STRING
            if op == "+" and kind == "list":
                return joined
            if kind == "number":
                self.problem(node, "`%` needs two integers, not numbers")
                return None
        message = f"`{op}` cannot take {left.describe()} and {right.describe()}"
        self.problem(node, message, advice.mixed(self.tree, node.left, left, node.right, right))
        return None

    def _comparison(self, node: Binary, left: FactType, right: FactType) -> None:
        op = node.op
        joined = self.join(node.left, left, node.right, right)
        if joined is None:
            message = f"`{op}` cannot compare {left.describe()} with {right.describe()}"
            self.problem(node, message, advice.mixed(self.tree, node.left, left, node.right, right))
        elif op == "==" or op == "!=":
            self._values(node.left, left, node.right)
            self._values(node.right, right, node.left)
        elif joined.kind not in _ORDERED or left.kind == "enum" or right.kind == "enum":
            enum = "enum" in (left.kind, right.kind, joined.kind)
            message = f"`{op}` cannot order {'the values of an enum' if enum else joined.plural()}"
            help = "name the values: `fact in ['a', 'b']`" if enum else ""
            if _is_stage(node.left) or _is_stage(node.right):
                message, help = f"`{op}` cannot order stages", "write `reached('track', 'stage')`"
            self.problem(node, message, help)

    def _membership(self, node: Binary, left: FactType, right: FactType) -> None:
        if right.kind != "list":
            help = ""
            if right.kind in TEXT_KINDS and left.kind in TEXT_KINDS:
                inside, around = cut(self.tree.source(node.left)), cut(self.tree.source(node.right))
                help = f"write `{around}.contains({inside})`"
            elif isinstance(node.right, Literal) and right == left:
                help = f"write `[{cut(self.tree.source(node.right))}]`"
            self.problem(node, f"`in` needs a list on its right, not {right.describe()}", help)
            return
        element = right.of
        if element is None:
            return
        if not (
            fits(left, element)
            or adapt(self.types, node.left, element)
            or (isinstance(node.right, ListLiteral) and adapt(self.types, node.right, ListType(left)))
        ):
            message = f"`in` cannot look for {left.describe()} in {right.describe()}"
            self.problem(node, message, advice.mixed(self.tree, node.left, left, node.right, element))
            return
        self._values(node.left, left, node.right)
        self._values(node.right, right, node.left)

    def _values(self, owner: Expr, owner_type: FactType, other: Expr) -> None:
        """Reports the texts in `other` that the enum `owner` can never be."""
        while owner_type.of is not None:
            owner_type = owner_type.of
        if owner_type.kind != "enum":
            return
        for text in texts_in(other):
            value = text.value
            if not isinstance(value, str) or value in owner_type.values:
                continue
            at = (text.start, text.end)
            shown = cut(value)
            if isinstance(owner, Call) and _is_stage(owner):
                track = _id(owner.arguments[0])
                stages = [stage for stage in owner_type.values if stage]
                self.unknown("unknown-stage", at, f"no stage named `{shown}` in track `{track}`", value, stages)
            else:
                what = f"`{owner.name}`" if isinstance(owner, Name) else "the enum"
                help = self._suggester.help(value, owner_type.values)
                if not help and len(owner_type.values) <= 12:
                    help = "its values are " + ", ".join(f"`{known}`" for known in owner_type.values)
                self._found.append(Problem("condition-type", *at, f"`{shown}` is not a value of {what}", help, value))

    # Calls

    def on_call(self, node: Call) -> FactType | None:
        name = node.name
        if name in _ID_ARGUMENTS and not node.method:
            if name in OF_INVARIANTS and not self.env.invariant:
                self._outside_invariants(node)
                return BOOL
            return self._ids(node)
        if (name == "timestamp" or name == "duration") and not node.method:
            self._moment(node)
            return TIMESTAMP if name == "timestamp" else DURATION
        types = [self.of(argument) for argument in node.arguments]
        if name not in (METHODS if node.method else FUNCTIONS):
            return None
        wanted = 1 if name == "size" else 2
        given = len(types)
        if given != wanted:
            form = "size(x)" if name == "size" else f"x.{name}('...')"
            self.problem(
                node, f"`{name}` takes {_amount(wanted - node.method)}, not {given - node.method}", f"write `{form}`"
            )
        elif name == "size":
            found = types[0]
            if found is not None and found.kind not in ("string", "enum", "list"):
                self.problem(node, f"`size` needs a string or a list, not {found.describe()}")
        else:
            for argument, found in zip(node.arguments, types, strict=True):
                if found is not None and found.kind not in TEXT_KINDS:
                    help = ""
                    if found.kind == "list" and argument is node.arguments[0]:
                        help = (
                            f"write `{cut(self.tree.source(node.arguments[1]))} in {cut(self.tree.source(argument))}`"
                        )
                    self.problem(argument, f"`{name}` needs a string, not {found.describe()}", help)
        return INT if name == "size" else BOOL

    def _outside_invariants(self, node: Call) -> None:
        help = "`met('criterion_id')` is true for a waived criterion too" if node.name == "waived" else ""
        message = f"`{node.name}` stands in the conditions of invariants only"
        self._found.append(Problem("condition-syntax", node.name_start, node.name_end, message, help))

    def _moment(self, node: Call) -> None:
        example = "2026-01-31T00:00:00Z" if node.name == "timestamp" else "36h"
        argument = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            if argument.__class__ is not Broken:
                self.problem(node, f"`{node.name}` takes one text in quotes", f"write `{node.name}('{example}')`")
            return
        try:
            (to_timestamp if node.name == "timestamp" else to_duration)(argument.value)
        except BadText as bad:
            self.problem(argument, bad.message, bad.help)

    def _ids(self, node: Call) -> FactType | None:
        name = node.name
        wanted = _ID_ARGUMENTS[name]
        result = {"stage": STRING, "taken": INT}.get(name, BOOL)
        if len(node.arguments) != len(wanted) or any(
            not isinstance(argument, Literal) or not isinstance(argument.value, str) for argument in node.arguments
        ):
            if not any(argument.__class__ is Broken for argument in node.arguments):
                given = [argument.name for argument in node.arguments if isinstance(argument, Name)]
                form = ", ".join(f"'{part}'" for part in (given if len(given) == len(wanted) else wanted))
                count = "an id" if len(wanted) == 1 else "two ids"
                self.problem(node, f"`{name}` takes {count} in quotes", f"write `{name}({form})`")
            return result
        first = node.arguments[0]
        at = (first.start, first.end)
        wrong = _id(first)
        if name == "met" or name == "waived":
            if wrong not in self.env.criteria:
                self.unknown("unknown-criterion", at, f"no criterion named `{cut(wrong)}`", wrong, self.env.criteria)
        elif name == "taken":
            self._outcome(wrong, at)
        elif name == "ended":
            if wrong not in self.env.ends:
                self.unknown("unknown-end", at, f"no end named `{cut(wrong)}`", wrong, self.env.ends)
        elif wrong not in self.env.tracks:
            self.unknown("unknown-track", at, f"no track named `{cut(wrong)}`", wrong, self.env.tracks)
        elif name == "stage":
            return FactType("enum", (*self.env.tracks[wrong], ""))
        elif name == "completed" and wrong in self.env.observed:
            message = f"track `{cut(wrong)}` is observed: its stages are not completed"
            self.problem(node, message, f"write `reached('{cut(wrong)}', 'stage')`")
        else:
            self._stage_of(node, wrong)
        return result

    def _stage_of(self, node: Call, track: str) -> None:
        stages = self.env.tracks[track]
        second = node.arguments[1]
        stage = _id(second)
        if stage not in stages:
            message = f"no stage named `{cut(stage)}` in track `{track}`"
            self.unknown("unknown-stage", (second.start, second.end), message, stage, stages)

    def _outcome(self, outcome: str, at: tuple[int, int]) -> None:
        if outcome in self.env.ambiguous_outcomes:
            forms = [f"`{form}`" for form in self.env.outcomes if form.endswith(f".{outcome}")]
            help = "write " + " or ".join(forms[:4]) if forms else f"write `decision_point.{outcome}`"
            message = f"several decision points have an outcome `{outcome}`"
            self._found.append(Problem("unknown-outcome", *at, message, help, outcome))
        elif outcome not in self.env.outcomes:
            self.unknown("unknown-outcome", at, f"no outcome named `{cut(outcome)}`", outcome, self.env.outcomes)


_LITERALS: dict[type, FactType] = {bool: BOOL, int: INT, float: DOUBLE, str: STRING}
_VISIT: dict[type, Callable[..., FactType | None]] = {
    Literal: Typing.on_literal,
    Name: Typing.on_name,
    ListLiteral: Typing.on_list,
    Unary: Typing.on_unary,
    Binary: Typing.on_binary,
    Logical: Typing.on_logical,
    Conditional: Typing.on_conditional,
    Call: Typing.on_call,
    Broken: Typing.on_broken,
}


def _is_stage(node: Expr) -> bool:
    return isinstance(node, Call) and node.name == "stage" and not node.method


def _id(node: Expr) -> str:
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else ""


def _amount(count: int) -> str:
    return ("no arguments", "one argument", "two arguments")[count]
