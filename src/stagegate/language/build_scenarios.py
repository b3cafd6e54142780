"""Builds scenarios and invariants of the model from mappings whose shapes and names have been checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from stagegate.conditions import FactType
from stagegate.language import command_values as values
from stagegate.language.build_things import notes
from stagegate.language.tree import Entry, Node, Scalar, Sequence, to_plain
from stagegate.language.tree import Mapping as MappingNode
from stagegate.language.view import View
from stagegate.model import (
    Expectation,
    Instruction,
    Invariant,
    InvariantKind,
    Scenario,
    ScenarioStep,
    Skipped,
)

Types = Mapping[str, FactType]
_KINDS: Final = ("never", "always", "possible", "from_everywhere", "before")


def scenarios(root: View, types: Types, file: str) -> Iterator[Scenario]:
    """The scenarios of a file, whose facts are of these types."""
    for view in root.views("scenarios"):
        given = view.view("given")
        yield Scenario(
            id=view.word("id"),
            title=view.text("title"),
            start="" if given is None else given.word("start"),
            at_stage="" if given is None else given.word("at_stage"),
            skipped=cast(Skipped, "dropped" if given is None else given.word("skipped", "dropped")),
            given=() if given is None else tuple(_given(given, types)),
            steps=tuple(_steps(view, types)),
            notes=notes(view),
            where=_place(view.scalar("id") or view.mapping),
            file=file,
        )


def _given(view: View, types: Types) -> Iterator[Instruction]:
    """What happened before: the facts first, in one command."""
    facts = view.mapping.entry("facts")
    if facts is not None:
        args = {"facts": values.facts(facts.value, types)}
        yield Instruction("set_facts", args=args, where=_place(facts.key))
    yield from _instructions(view, "commands", types)


def _steps(view: View, types: Types) -> Iterator[ScenarioStep]:
    if "when" in view.mapping:
        yield _step(view, types)
    for step in view.views("steps"):
        yield _step(step, types)


def _step(view: View, types: Types) -> ScenarioStep:
    then = view.view("then")
    return ScenarioStep(tuple(_instructions(view, "when", types)), () if then is None else tuple(_expectations(then)))


def _instructions(view: View, key: str, types: Types) -> Iterator[Instruction]:
    for command in view.views(key):
        kind, node = command.word("do"), command.mapping
        yield Instruction(
            kind=kind,
            subject=values.subject_of(kind, node),
            args=values.args_of(kind, node, types),
            told=values.told(node),
            at=values.moment(node, "at"),
            after=command.duration("after"),
            where=_place(node),
        )


def _expectations(view: View) -> Iterator[Expectation]:
    for entry in view.mapping.entries:
        if entry.key.text in _VALUES and not view.desk.is_bad(entry.value):
            yield Expectation(entry.key.text, _VALUES[entry.key.text](entry), _place(entry.key))


def _word(entry: Entry) -> str:
    return entry.value.text if isinstance(entry.value, Scalar) else ""


def _words(entry: Entry) -> tuple[str, ...]:
    return tuple(item.text for item in _items(entry.value) if isinstance(item, Scalar))


def _value(entry: Entry) -> Any:
    return to_plain(entry.value)


def _chance(entry: Entry) -> float | str:
    value = to_plain(entry.value)
    return float(value) if isinstance(value, int | float) else ""


def _gap(entry: Entry) -> int | str:
    value = to_plain(entry.value)
    return int(value) if isinstance(value, int | float) else _word(entry)


def _positions(entry: Entry) -> tuple[Mapping[str, Any], ...]:
    """Each position as a mapping; one that is written as a stage alone says the stage."""
    return tuple(
        cast("Mapping[str, Any]", to_plain(item)) if isinstance(item, MappingNode) else {"stage": item.text}
        for item in _items(entry.value)
        if isinstance(item, MappingNode | Scalar)
    )


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else (node,)


_VALUES: Final[Mapping[str, Callable[[Entry], Any]]] = {
    "refused": _words,
    "events": _words,
    "position": _positions,
    "ended": _word,
    "won": _word,
    "chance": _chance,
    "gap": _gap,
    "criteria": _value,
    "missing": _words,
    "debts": _words,
    "actions": _words,
    "no_actions": _words,
}


# --- invariants -------------------------------------------------------------------------------------------


def invariants(root: View, file: str) -> Iterator[Invariant]:
    """The invariants of a file."""
    for view in root.views("invariants"):
        kind = next((kind for kind in _KINDS if kind in view.mapping), "never")
        yield Invariant(
            id=view.word("id"),
            kind=cast(InvariantKind, kind),
            title=view.text("title"),
            condition=view.condition(kind) if kind in ("never", "always", "possible") else None,
            inside=view.words("in"),
            criteria=_one_or_more(view, "before"),
            entering=_one_or_more(view, "entering"),
            or_waived=view.flag("or_waived"),
            targets=_one_or_more(view, "from_everywhere"),
            without=view.words("without"),
            notes=notes(view),
            where=_place(view.scalar("id") or view.mapping),
            file=file,
        )


def _one_or_more(view: View, key: str) -> tuple[str, ...]:
    entry = view.mapping.entry(key)
    return () if entry is None else _words(entry)


def _place(node: Node) -> tuple[int, int]:
    span = node.span
    return span.line, span.column
