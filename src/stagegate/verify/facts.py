"""The values of facts that are worth trying: enough that every way conditions can come out is among them.

A condition is cut into *pieces*: its largest parts that read facts only. Facts that stand in one piece belong together,
as a `Cluster`. For each way the pieces of a cluster can come out (true, false, unknown) one set of values is kept. Where each
comparison is of one fact with constants, the constants, their neighbours and the values between them are all there is to try: the
cluster is exact. Else a solver completes it (extra `verify`), or the cluster says why it is not exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise, product
from typing import Any, Final, TypeAlias

from attrs import frozen

from stagegate.conditions import Condition, FactsOnly, FactType, Unknown, compile
from stagegate.conditions.syntax import (
    Binary,
    Call,
    Conditional,
    Expr,
    Literal,
    Logical,
    Name,
    Tree,
    Unary,
)
from stagegate.conditions.syntax import walk as nodes
from stagegate.model import Fact

PROCESS_FUNCTIONS: Final = ("met", "stage", "reached", "completed", "taken", "ended", "waived")
MOST_COMBINATIONS: Final = 20_000
COMPARISONS: Final = ("==", "!=", "<", "<=", ">", ">=")
MICROSECOND: Final = timedelta(microseconds=1)

Values: TypeAlias = Mapping[str, Any]


@frozen
class Cluster:
    """Facts that stand in conditions together, and the values worth giving them.

    Each of `choices` maps every fact of `facts` to a value, None for one not given; the first gives none. `why` says
    why the choices may not be all there is, "" when they are.
    """

    facts: tuple[str, ...]
    choices: tuple[Values, ...]
    why: str = ""


@frozen
class Piece:
    """A largest part of a condition that reads facts only."""

    condition: Condition

    @property
    def facts(self) -> frozenset[str]:
        """The facts it reads."""
        return self.condition.reads.facts


# --- pieces ---------------------------------------------------------------------------------------------


def pieces(condition: Condition) -> tuple[list[Piece], frozenset[str]]:
    """The pieces of a condition, and the facts that stand in none because they are mixed with something else."""
    found: list[Piece] = []
    raw: set[str] = set()
    for part in _largest(condition.tree.root):
        names = {node.name for node in nodes(part) if isinstance(node, Name)}
        if asks_process(part):
            raw |= names
        elif names:
            # Spaces keep the places of the nodes, so that the text of the condition stays that of the tree.
            text = " " * part.start + condition.tree.text[part.start : part.end]
            found.append(Piece(compile(Tree(text, part), condition.env)))
    return found, frozenset(raw)


def _largest(node: Expr) -> Iterator[Expr]:
    if asks_process(node) and isinstance(node, Logical | Conditional | Unary):
        for child in node.children():
            yield from _largest(child)
    else:
        yield node


def asks_process(node: Expr) -> bool:
    """Whether a part of a condition asks for more than facts."""
    return any(isinstance(part, Call) and part.name in PROCESS_FUNCTIONS for part in nodes(node))


# --- clusters -------------------------------------------------------------------------------------------


def clusters(conditions: Iterable[Condition], facts: Mapping[str, Fact]) -> tuple[Cluster, ...]:
    """The clusters of all facts that these conditions read."""
    all_pieces: list[Piece] = []
    raw: set[str] = set()
    for condition in conditions:
        some, mixed = pieces(condition)
        all_pieces += some
        raw |= mixed
    groups = joined([sorted(piece.facts) for piece in all_pieces] + [[name] for name in sorted(raw)])
    return tuple(_cluster(group, all_pieces, raw, facts) for group in groups)


def joined(sets: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """The sets joined wherever they share a name, in the order of their first names."""
    groups: list[set[str]] = []
    for names in sets:
        new = set(names)
        apart = []
        for group in groups:
            if group & new:
                new |= group
            else:
                apart.append(group)
        groups = [*apart, new]
    return sorted(tuple(sorted(group)) for group in groups)


def _cluster(names: tuple[str, ...], every: Iterable[Piece], raw: set[str], facts: Mapping[str, Fact]) -> Cluster:
    own = [piece for piece in every if piece.facts & set(names)]
    why = "" if not raw & set(names) else f"`{min(raw & set(names))}` is compared with what is no fact"
    trees = [piece.condition.tree.root for piece in own]
    complete = [_is_plain(tree, facts) for tree in trees]
    inexact = next((piece.condition.text.strip() for piece, plain in zip(own, complete, strict=True) if not plain), "")
    candidates = {name: [None, *_candidates(facts[name], trees)] for name in names}
    found, all_tried = _different(names, candidates, own, raw)
    if inexact:
        more = _solved(names, own, facts)
        if more is None:
            why = why or f"`{inexact}` is more than comparisons of one fact with constants{_advice()}"
        else:
            found = _distinct([*found, *more], own, raw & set(names))
            all_tried = True
    if not all_tried:
        why = why or f"there are too many combinations of {', '.join(f'`{name}`' for name in names)}"
    return Cluster(names, tuple(found), why)


def _advice() -> str:
    """What helps where the solver is not installed."""
    from stagegate.verify.solver import is_installed

    return "" if is_installed() else ": `pip install 'stagegate[verify]'` may decide it"


def _solved(names: Sequence[str], own: Sequence[Piece], facts: Mapping[str, Fact]) -> Sequence[Values] | None:
    from stagegate.verify.solver import solutions

    return solutions(names, [piece.condition for piece in own], facts)


def _different(
    names: Sequence[str], candidates: Mapping[str, Sequence[Any]], own: Sequence[Piece], raw: set[str]
) -> tuple[list[Values], bool]:
    """One choice of values for each way the pieces can come out, the fewest facts first; whether all were tried."""
    count = math.prod(len(candidates[name]) for name in names)
    if count <= MOST_COMBINATIONS:
        tried: Iterable[tuple[Any, ...]] = product(*(candidates[name] for name in names))
    else:
        tried = _some(names, candidates)
    ordered = sorted((dict(zip(names, values, strict=True)) for values in tried), key=_given)
    return _distinct(ordered, own, raw & set(names)), count <= MOST_COMBINATIONS


def _given(values: Values) -> int:
    return sum(value is not None for value in values.values())


def _some(names: Sequence[str], candidates: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Some of too many combinations: none, all alike, and every two beside the first values of the others."""
    first = {name: candidates[name][min(1, len(candidates[name]) - 1)] for name in names}
    yield tuple(None for _ in names)
    for at, name in enumerate(names):
        for other in names[at:]:
            for value, beside in product(candidates[name][:40], candidates[other][:40]):
                chosen = {**first, name: value, other: beside}
                yield tuple(chosen[each] for each in names)


def _distinct(choices: Iterable[Values], own: Sequence[Piece], raw: set[str]) -> list[Values]:
    seen: dict[tuple[Any, ...], Values] = {}
    for values in choices:
        given = FactsOnly({name: value for name, value in values.items() if value is not None})
        told = tuple(_verdict(piece, given) for piece in own)
        mixed = tuple((name, repr(values[name])) for name in sorted(raw))
        seen.setdefault((told, mixed), values)
    return list(seen.values())


def _verdict(piece: Piece, given: FactsOnly) -> bool | str | None:
    value: Any = piece.condition.evaluate(given)
    if isinstance(value, Unknown):
        return None
    return value if isinstance(value, bool) else repr(value)


# --- what to try for one fact -------------------------------------------------------------------------------


def _is_plain(root: Expr, facts: Mapping[str, Fact]) -> bool:
    """Whether a piece is made of comparisons of one fact with constants, and nothing else."""
    match root:
        case Logical() | Conditional():
            return all(_is_plain(child, facts) for child in root.children())
        case Unary(op="!"):
            return _is_plain(root.operand, facts)
        case Name():
            return facts[root.name].type.kind == "boolean"
        case Literal():
            return True
        case Binary() if root.op in COMPARISONS:
            left, right = root.left, root.right
            if isinstance(right, Name):
                left, right = right, left
            if not isinstance(left, Name) or not is_constant(right):
                return False
            kind = facts[left.name].type.kind
            return kind != "list" and (kind != "string" or root.op in ("==", "!="))
        case Binary(op="in"):
            if isinstance(root.left, Name) and is_constant(root.right):
                return facts[root.left.name].type.kind != "list"
            few = len(constants(root)) <= 6
            return is_constant(root.left) and isinstance(root.right, Name) and few
        case _:
            return False


def is_constant(node: Expr) -> bool:
    """Whether a part of a condition reads nothing."""
    return not any(isinstance(part, Name) for part in nodes(node)) and not asks_process(node)


def constants(root: Expr) -> list[Any]:
    """The constants written in a part of a condition, moments and durations as such."""
    found: list[Any] = []
    for node in nodes(root):
        if isinstance(node, Literal) and not isinstance(node.value, bool):
            found.append(node.value)
        elif isinstance(node, Unary) and isinstance(node.operand, Literal):
            if isinstance(node.operand.value, int | float):
                found.append(-node.operand.value)
        elif isinstance(node, Call) and node.name in ("timestamp", "duration"):
            found.append(moment(node))
    return [each for each in found if each is not None]


def moment(node: Call) -> Any:
    """What `timestamp('...')` or `duration('...')` says, None if nothing."""
    from stagegate.conditions.texts import to_duration, to_timestamp

    argument = node.arguments[0]
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        return None
    try:
        return to_timestamp(argument.value) if node.name == "timestamp" else to_duration(argument.value)
    except (ValueError, OverflowError):
        return None


def _candidates(fact: Fact, trees: Iterable[Expr]) -> list[Any]:
    """The values of one fact worth trying, those a person would give first."""
    reading = [tree for tree in trees if any(isinstance(n, Name) and n.name == fact.id for n in nodes(tree))]
    written = [value for tree in reading for value in constants(tree)]
    found = _TRY[fact.type.kind](fact.type, fact, written)
    return [value for value in dict.fromkeys(found) if _within(fact, value)]


def _within(fact: Fact, value: Any) -> bool:
    low, high = fact.minimum, fact.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _try_boolean(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    return [True, False]


def _try_enum(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    return list(type.values)


def _try_integer(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    numbers = sorted({int(v) for v in written if isinstance(v, int | float) and math.isfinite(v)})
    found = [n + d for n in numbers for d in (0, 1, -1)]
    edges = [int(e) for e in (fact.minimum, fact.maximum) if e is not None and math.isfinite(e)]
    return [*found, *(math.ceil(e) for e in edges), *(e + d for e in edges for d in (0, 1, -1)), 0, 1]


def _try_number(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    edges = [float(e) for e in (fact.minimum, fact.maximum) if e is not None]
    numbers = sorted({float(v) for v in written if isinstance(v, int | float)} | set(edges))
    if not numbers:
        return [0.0, 1.0]
    between = [a + (b - a) / 2 for a, b in pairwise(numbers)]
    outside = [
        numbers[-1] + 1.0,
        numbers[0] - 1.0,
        math.nextafter(numbers[-1], math.inf),
        math.nextafter(numbers[0], -math.inf),
    ]
    return [n for n in (*numbers, *between, *outside) if math.isfinite(n)]


def _try_string(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    texts = [v for v in written if isinstance(v, str)]
    other = "another"
    while other in texts:
        other += "_"
    return [*texts, other, "", *(text + "_" for text in texts)]


def _try_timestamp(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    times = sorted(v for v in written if isinstance(v, datetime)) or [datetime(2026, 1, 1, tzinfo=UTC)]
    return _around(times, lambda a, b: a + (b - a) / 2)


def _try_duration(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    lengths = sorted(v for v in written if isinstance(v, timedelta)) or [timedelta(days=1)]
    return _around(lengths, lambda a, b: a + (b - a) / 2)


def _around(values: Sequence[Any], middle: Callable[[Any, Any], Any]) -> list[Any]:
    between = [middle(a, b) for a, b in pairwise(values)]
    return [*values, *between, *(v + MICROSECOND for v in values), *(v - MICROSECOND for v in values)]


def _try_list(type: FactType, fact: Fact, written: Sequence[Any]) -> list[Any]:
    items = [v for v in dict.fromkeys(written) if type.of is None or _fits(type.of, v)][:6]
    return [chosen for size in range(len(items) + 1) for chosen in combinations(items, size)]


def _fits(of: FactType, value: Any) -> bool:
    kinds: dict[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float), "string": (str,), "enum": (str,)}
    return isinstance(value, kinds.get(of.kind, (bool,)))


_TRY: Final[Mapping[str, Callable[[FactType, Fact, Sequence[Any]], list[Any]]]] = {
    "boolean": _try_boolean,
    "enum": _try_enum,
    "integer": _try_integer,
    "number": _try_number,
    "string": _try_string,
    "timestamp": _try_timestamp,
    "duration": _try_duration,
    "list": _try_list,
}
