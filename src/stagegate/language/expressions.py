"""Conditions: every condition of a file parsed, checked against the names, and compiled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import NamedTuple, Protocol, TypeVar, cast

from attrs import evolve

from stagegate.conditions import Condition, Environment, FactType, Problem, check, compile, parse
from stagegate.conditions.types import Kind
from stagegate.language.desk import Desk, text_of
from stagegate.language.names import Names
from stagegate.language.shape_check import Mention
from stagegate.language.tree import Mapping as MappingNode
from stagegate.language.tree import Scalar, Sequence
from stagegate.model import COMPLETED, Definition

# The name a wrong name of a condition had been declared under, to tell the line of the near miss.
_KIND_OF = {
    "unknown-fact": "fact",
    "unknown-criterion": "criterion",
    "unknown-track": "track",
    "unknown-stage": "stage",
    "unknown-end": "end",
}
_MOST_CONDITIONS = 3_000
_MOST_CHARACTERS = 100_000
_MOST_PROBLEMS = 300  # of conditions; the rest of a file with so many is not looked at
_MOST_OUTCOMES = 200  # that are listed
_V = TypeVar("_V")
_PLAIN_KINDS = frozenset(("boolean", "integer", "number", "string"))
_KINDS = _PLAIN_KINDS | {"timestamp", "duration"}
_SUGGESTED = re.compile(r"did you mean `(?P<name>\w+)`\?")


class Expressions:
    """The compiled conditions of a file, by the scalar they are written in."""

    def __init__(self) -> None:
        self._compiled: dict[int, Condition] = {}

    def at(self, node: Scalar) -> Condition | None:
        """The condition written in this scalar, None where it has a mistake."""
        return self._compiled.get(id(node))

    def add(self, node: Scalar, condition: Condition) -> None:
        """Keeps the condition of a scalar."""
        self._compiled[id(node)] = condition


class Known(Protocol):
    """The names that conditions may have meant where they say a wrong one."""

    def of(self, kind: str, /) -> Collection[str]:
        """The names of a kind of thing: fact, criterion, track, stage or end."""
        ...

    def meant(self, kind: str, name: str, /) -> str:
        """The question whether this one was meant, with its place."""
        ...


class Surroundings(NamedTuple):
    """What the conditions of a file may refer to: `untyped` are facts whose declaration had a finding."""

    env: Environment
    known: Known
    untyped: Set[str] = frozenset()


def around(names: Names) -> Surroundings:
    """What the conditions of a definition may refer to."""
    env = environment(names)
    return Surroundings(env, names, names.of("fact").keys() - env.facts.keys())


def compile_all(mentions: Iterable[Mention], place: Surroundings, desk: Desk) -> Expressions:
    """Compiles every condition; what is wrong with one goes to the desk, at its place in the file."""
    plain = place._replace(env=_without_lists(place.env))
    of_invariants = plain._replace(env=evolve(plain.env, invariant=True))
    expressions = Expressions()
    before, length = desk.count, 0
    waiting = iter(enumerate(mentions, start=1))
    for number, mention in waiting:
        length += len(mention.node.text)
        too_many = number > _MOST_CONDITIONS or length > _MOST_CHARACTERS
        if too_many:
            _tell_too_many(mention.node, desk)
        if too_many or desk.full or desk.count - before > _MOST_PROBLEMS:
            desk.pass_over(mention.node)
            for _, rest in waiting:
                desk.pass_over(rest.node)
            break
        condition = _compile(mention.node, of_invariants if mention.kind == "invariant" else plain, desk)
        if condition is not None:
            expressions.add(mention.node, condition)
    return expressions


def _compile(node: Scalar, place: Surroundings, desk: Desk) -> Condition | None:
    parsed = parse(node.text if isinstance(node.value, str) else node.text.lower())
    problems = list(parsed.problems)
    if parsed.tree is not None:
        problems += check(parsed.tree, place.env)
    if place.untyped and any(_is_about(problem, place.untyped) for problem in problems):
        # The fact had its finding, and around a name without a type the checker says nothing.
        problems = [problem for problem in problems if not _is_about(problem, place.untyped)]
        desk.pass_over(node)
    for problem in {(found.rule, found.start, found.end): found for found in reversed(problems)}.values():
        _report(problem, node, place.known, desk)
    if problems or parsed.tree is None or id(node) in desk.bad:
        desk.bad.add(id(node))
        return None
    return compile(parsed.tree, place.env)


def _tell_too_many(node: Scalar, desk: Desk) -> None:
    message = (
        f"the file has more than {_MOST_CONDITIONS:,} conditions, or more than {_MOST_CHARACTERS:,} characters of them"
    )
    desk.reject("condition-too-complex", node, message, help="split the definition")


class _Unlisted(dict[str, _V]):
    """Names that can be looked up and are not listed: near misses are looked for by the desk, which bounds them."""

    def __iter__(self) -> Iterator[str]:
        return iter(())


def _without_lists(env: Environment) -> Environment:
    return Environment(
        facts=_Unlisted(env.facts),
        criteria=_Unlisted(dict.fromkeys(env.criteria)),
        tracks=_Unlisted(env.tracks),
        outcomes=env.outcomes if len(env.outcomes) <= _MOST_OUTCOMES else _Unlisted(dict.fromkeys(env.outcomes)),
        ambiguous_outcomes=env.ambiguous_outcomes,
        ends=_Unlisted(dict.fromkeys(env.ends)),
        observed=env.observed,
    )


def _is_about(problem: Problem, names: Set[str]) -> bool:
    return problem.rule == "unknown-fact" and problem.name in names


def _report(problem: Problem, node: Scalar, known: Known, desk: Desk) -> None:
    help_text, kind = problem.help, _KIND_OF.get(problem.rule)
    suggested = _SUGGESTED.fullmatch(help_text)
    name = suggested["name"] if suggested else ""
    if kind and problem.name and not help_text:
        name = desk.suggester.near(problem.name, known.of(kind))
    if kind and name:
        desk.suggester.note(name)
        help_text = known.meant(kind, name)
    span = node.span_of(problem.start, problem.end)
    desk.add_at(problem.rule, span, node.start, problem.message, help=help_text)


# --- the environment --------------------------------------------------------------------------------


def environment(names: Names) -> Environment:
    """What conditions of this file may refer to; facts whose type cannot be told are left out."""
    outcomes = [d for d in names.all if d.kind == "outcome" and d.within is not None]
    counted = Counter(d.name for d in outcomes)
    long = [f"{text_of(d.within.get('id'))}.{d.name}" for d in outcomes if d.within is not None]
    return Environment(
        facts={name: fact_type(d.record) for name, d in names.of("fact").items() if has_type(d.record)},
        criteria=frozenset(names.of("criterion")),
        tracks=_stages_by_track(names),
        outcomes=frozenset((*long, *(name for name, count in counted.items() if count == 1))),
        ambiguous_outcomes=frozenset(name for name, count in counted.items() if count > 1),
        ends=frozenset((*names.of("end"), COMPLETED)),
        observed=frozenset(
            name for name, d in names.of("track").items() if text_of(d.record.get("position")) == "observed"
        ),
    )


def environment_of(definition: Definition) -> Environment:
    """What conditions that stand outside a definition may refer to in it."""
    points = tuple(definition.decision_points())
    counted = Counter(outcome.id for point in points for outcome in point.outcomes)
    long = (f"{point.id}.{outcome.id}" for point in points for outcome in point.outcomes)
    return Environment(
        facts={fact.id: fact.type for fact in definition.facts},
        criteria=frozenset(criterion.id for criterion in definition.criteria()),
        tracks={track.id: tuple(stage.id for stage in track.stages) for track in definition.tracks},
        outcomes=frozenset((*long, *(name for name, count in counted.items() if count == 1))),
        ambiguous_outcomes=frozenset(name for name, count in counted.items() if count > 1),
        ends=frozenset(end.id for end in definition.every_end()),
        observed=frozenset(track.id for track in definition.tracks if track.observed),
    )


def _stages_by_track(names: Names) -> Mapping[str, tuple[str, ...]]:
    stages = names.of("stage").values()
    return {name: tuple(d.name for d in stages if d.track is track.record) for name, track in names.of("track").items()}


def has_type(record: MappingNode) -> bool:
    """Whether the type of a fact can be told from its declaration."""
    kind = text_of(record.get("type"))
    if kind == "list":
        of = record.get("of")
        return of is None or text_of(of) in _PLAIN_KINDS
    return bool(enum_values(record)) if kind == "enum" else kind in _KINDS


def fact_type(record: MappingNode) -> FactType:
    """The type of a fact; one whose declaration has a mistake is taken for a string."""
    kind = text_of(record.get("type"))
    if kind == "list":
        return FactType("list", of=FactType(cast(Kind, text_of(record.get("of")) or "string")))
    if kind == "enum":
        return FactType("enum", enum_values(record))
    return FactType(cast(Kind, kind if kind in _KINDS else "string"))


def enum_values(record: MappingNode) -> tuple[str, ...]:
    """The values of an enumeration, in order."""
    values = record.get("values")
    if isinstance(values, Sequence):
        return tuple(item.text for item in values if isinstance(item, Scalar))
    return values.keys() if isinstance(values, MappingNode) else ()
