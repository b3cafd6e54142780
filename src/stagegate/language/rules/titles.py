"""The rule about titles: who reads the process in the other language should not find gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from stagegate.language.rules.base import Draft, Rule, Told
from stagegate.language.tree import Mapping, Node
from stagegate.model import Definition, Text


class _Titled(NamedTuple):
    """A thing with the text that names it; `key` is its key in `where`, and `field` where the text stands."""

    words: str
    key: str
    text: Text
    expected: bool
    field: str = "title"
    bare: bool = False  # it stands beside its id, under no key


def missing_title(draft: Draft) -> Iterator[Told]:
    """A title in one language only where others have both, or none where others have one."""
    titled = list(_all(draft.definition))
    named = [thing for thing in titled if thing.text]
    expected = any(thing.expected for thing in named)
    both = sum(1 for thing in named if thing.text.en and thing.text.zh)
    for thing in titled:
        about: tuple[Node, ...] = (draft.record(thing.key) if thing.key else draft.root.get("title") or draft.root,)
        if not thing.text and thing.expected and expected:
            at = draft.id(thing.key)
            yield Told(at, f"{thing.words} has no title", about, help="give it `title`", severity="note")
        elif thing.text and both * 2 > len(named) and not (thing.text.en and thing.text.zh):
            lacking = "zh" if thing.text.en else "en"
            language = "Chinese" if lacking == "zh" else "English"
            message = f"{thing.words} has no {thing.field} in {language}"
            help_text = "write it as `{en: ..., zh: ...}`; most titles of this process have both"
            at = draft.value(thing.key, thing.field) if thing.key else draft.root.get("title") or draft.root
            if thing.bare:
                at = draft.id(thing.key)
                kinds = draft.root.get("end_kinds")
                written = kinds.get(thing.key.partition(":")[2]) if isinstance(kinds, Mapping) else None
                about = (at,) if written is None else (at, written)
            yield Told(at, message, about, help=help_text)


def _all(definition: Definition) -> Iterator[_Titled]:
    yield _Titled("the process", "", definition.title, False)
    yield from _declared(definition)
    for track in definition.tracks:
        yield _Titled(f"track `{track.id}`", f"track:{track.id}", track.title, False)
        for stage in track.stages:
            yield _Titled(f"stage `{stage.id}`", f"stage:{stage.id}", stage.title, True)
        for decision in track.decision_points:
            yield from _decision(decision.id, decision.title, decision.question)
            for o in decision.outcomes:
                yield _Titled(f"outcome `{o.id}`", f"outcome:{decision.id}.{o.id}", o.title, False)
    for item in definition.criteria():
        stands_for_itself = item.kind in {"relationship", "appraisal"}
        yield _Titled(f"criterion `{item.id}`", f"criterion:{item.id}", item.title, not stands_for_itself)
    for stage in definition.stages():
        for p in stage.prohibitions:
            yield _Titled(f"prohibition `{p.id}`", f"prohibition:{p.id}", p.title, True)


def _decision(name: str, title: Text, question: Text) -> Iterator[_Titled]:
    if title or not question:
        yield _Titled(f"decision point `{name}`", f"decision:{name}", title, not question)
    if question:
        yield _Titled(f"decision point `{name}`", f"decision:{name}", question, False, "question")


def _declared(definition: Definition) -> Iterator[_Titled]:
    for name, title in definition.end_kinds.items():
        yield _Titled(f"kind of end `{name}`", f"end_kind:{name}", title, False, bare=True)
    for activity in definition.activities:
        for result, title in activity.result_titles.items():
            yield _Titled(f"result `{result}`", f"result:{activity.id}.{result}", title, False)
    for kind, things in (
        ("fact", definition.facts),
        ("role", definition.roles),
        ("document", definition.documents),
        ("end", definition.ends),
        ("activity", definition.activities),
        ("scenario", definition.scenarios),
        ("invariant", definition.invariants),
    ):
        for thing in things:
            yield _Titled(f"{kind} `{thing.id}`", f"{kind}:{thing.id}", thing.title, False)


RULES: Final = (
    Rule("missing-title", "warning", "domain", "a title is missing, or missing in one language", missing_title),
)
