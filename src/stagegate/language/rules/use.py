"""The rules about what has no effect: names nobody uses, and keys that change nothing where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from stagegate.diagnostics import Severity
from stagegate.language.desk import text_of
from stagegate.language.grammar import RECORDS
from stagegate.language.names import within_stage, word
from stagegate.language.rules.base import Draft, Rule, Told
from stagegate.language.tree import Mapping, Node
from stagegate.model import Criterion, DecisionPoint, End, Outcome, Stage, Track

# How much it matters that nothing refers to it: a catalogue may be there to be read by people.
_LOOKED_FOR: dict[str, Severity] = {
    "fact": "warning",
    "role": "warning",
    "document": "warning",
    "checklist": "warning",
    "reason_tree": "warning",
    "group": "warning",
    "catalogue": "note",
}
# A role with duties is there to be read, a fact with aliases is a column of somebody's table.
_DESCRIBING = {"role": ("qualifications", "duties", "kpis", "guidance"), "fact": ("aliases",)}


def unused_name(draft: Draft) -> Iterator[Told]:
    """A declared fact, role, document, checklist, catalogue or reason tree that nothing refers to, a group, a kind no end has."""
    kinds = {end.kind for end in draft.definition.every_end()}
    for declaration in draft.names.all:
        if declaration.kind == "end_kind" and declaration.name not in kinds:
            ends = draft.root.get("ends")
            about = (declaration.node,) if ends is None else (declaration.node, ends)
            message, help_text = (
                f"no end is of the kind `{declaration.name}`",
                "give it to an end as `kind`, or remove it",
            )
            yield Told(declaration.node, message, about, help=help_text)
        severity = _LOOKED_FOR.get(declaration.kind)
        name = declaration.name if declaration.kind != "group" else within_stage(declaration.name, declaration.within)
        is_used = any((declaration.kind, each) in draft.used for each in (name, declaration.name))
        if severity is None or is_used:
            continue
        if any(key in declaration.record for key in _DESCRIBING.get(declaration.kind, ())):
            continue
        message = f"{word(declaration.kind)} `{declaration.name}` is declared and never used"
        yield Told(declaration.node, message, help="use it or remove it", severity=severity)


# --- keys without effect ----------------------------------------------------------------------------

_NOT_OBSERVED = (
    "entry_milestone", "exit_criteria", "next", "wins", "completes", "optional", "repeatable", "applies_when",
)  # fmt: skip


def misplaced_key(draft: Draft) -> Iterator[Told]:
    """A key that has no meaning where it stands."""
    for track in draft.definition.tracks:
        if track.observed:
            yield from _of_observed(draft, track)
            continue
        for stage in track.stages:
            yield from _of_stage(draft, track, stage)
        yield from _of_cycle(draft, track)
        for decision in track.decision_points:
            for outcome in decision.outcomes:
                yield from _of_outcome(draft, track, decision, outcome)
    for item in draft.definition.criteria():
        yield from _of_criterion(draft, item)
    for end in draft.definition.ends:
        yield from _of_end(draft, end)


def _at(
    draft: Draft, key: str, field: str, why: str, help: str = "", about: Iterable[Node | None] = ()
) -> Iterator[Told]:
    """Says why `field` has no meaning in the thing under `key`, if it is there; nothing where `about` had a finding."""
    entry = draft.record(key).entry(field)
    if entry is not None:
        nodes = (entry.value, *(node for node in about if node is not None))
        yield Told(entry.key, f"`{field}` {why}", nodes, help=help)


def _strays(record: Mapping, name: str) -> tuple[Node, ...]:
    """The keys that are none of this record of the grammar: one of them may be meant for one that is missing."""
    return tuple(entry.key for entry in record.entries if entry.key.text not in RECORDS[name].fields)


def _of_observed(draft: Draft, track: Track) -> Iterator[Told]:
    help_text = "`position: earned` makes it a track that is moved by evidence"
    why = f"has no meaning in the observed track `{track.id}`, which is moved by observation only"
    for field in ("decision_points", "jumps", "loops", "cycle", "advance"):
        yield from _at(draft, f"track:{track.id}", field, why, help_text)
    for stage in track.stages:
        for field in _NOT_OBSERVED:
            yield from _at(draft, f"stage:{stage.id}", field, why, help_text)


def _of_stage(draft: Draft, track: Track, stage: Stage) -> Iterator[Told]:
    key = f"stage:{stage.id}"
    primary = draft.definition.primary
    if primary is not None and track.id != primary.id:
        for field in ("wins", "completes"):
            yield from _at(
                draft, key, field, f"has no meaning in track `{track.id}`: only `{primary.id}` ends the case"
            )
    decisions = [decision.id for decision in track.decision_points if decision.after == stage.id]
    written = text_of(draft.record(key).get("next"))
    if decisions and written and written not in decisions:
        yield from _at(draft, key, "next", f"is never followed: decision point `{decisions[0]}` stands after the stage")
    elif written and "completes" in draft.record(key):
        yield from _at(draft, key, "next", "is never followed: the stage says what it `completes` with")


def _of_outcome(draft: Draft, track: Track, decision: DecisionPoint, outcome: Outcome) -> Iterator[Told]:
    key = f"outcome:{decision.id}.{outcome.id}"
    own, point = draft.record(key), draft.record(f"decision:{decision.id}")
    if not decision.automatic:
        about = (point.get("automatic"), *_strays(point, "decision_point"))
        yield from _at(draft, key, "otherwise", "is for automatic decision points only", about=about)
    # The kind of an outcome follows from where it leads and where the decision point stands.
    about = (own.get("to"), point.get("after"), *_strays(own, "outcome"), *_strays(point, "decision_point"))
    if outcome.kind not in {"loop_back", "repeat"}:
        yield from _at(draft, key, "keep", "is for outcomes that lead back only", about=about)
    if outcome.kind != "jump":
        yield from _at(draft, key, "skipped", "is for outcomes that pass over stages only", about=about)
    if outcome.kind != "new_round":
        yield from _at(draft, key, "new_round", "is for outcomes that lead to a stage only", about=about)
        about = (*about, own.get("new_round"))
        yield from _at(draft, key, "forgets_win", "is for outcomes that begin a `new_round` only", about=about)
    if outcome.kind == "end":
        why = f"has no meaning on an outcome that ends the case with `{outcome.to}`"
        yield from _at(draft, key, "wins", why, about=about)
    primary = draft.definition.primary
    if primary is not None and track.id != primary.id:
        for field in ("wins", "forgets_win"):
            why = f"has no meaning in track `{track.id}`: only `{primary.id}` ends the case"
            yield from _at(draft, key, field, why)


def _of_cycle(draft: Draft, track: Track) -> Iterator[Told]:
    primary, closing = draft.definition.primary, draft.record(f"track:{track.id}").get("cycle")
    entry = closing.entry("forgets_win") if isinstance(closing, Mapping) else None
    if entry is not None and primary is not None and track.id != primary.id:
        message = f"`forgets_win` has no meaning in track `{track.id}`: only `{primary.id}` ends the case"
        yield Told(entry.key, message, (entry.value,))


def _of_end(draft: Draft, end: End) -> Iterator[Told]:
    key = f"end:{end.id}"
    if not end.by_command:
        own = draft.record(key)
        for field in ("from", "when", "requires", "roles"):
            why = "guards the command that brings an end about, and this one says no `by_command: true`"
            yield from _at(draft, key, field, why, about=(own.get("by_command"), *_strays(own, "end")))
        return
    primary = draft.definition.primary
    stages = {stage.id for stage in primary.stages} if primary is not None else set[str]()
    written = draft.items(key, "from") if end.origins else {}
    for stage in end.origins:
        if stage not in stages and stage in written:
            message = f"`from` names `{stage}`, which is no stage of the track that ends the case"
            yield Told(written[stage], message, (draft.record(key),))


def _of_criterion(draft: Draft, item: Criterion) -> Iterator[Told]:
    key = f"criterion:{item.id}"
    if item.when is None and "when" not in draft.record(key):
        yield from _at(draft, key, "once", "is for criteria with `when` only", "what somebody records stays anyway")
    if item.of:
        why = f"has no meaning beside `of`: the item is met when `{item.of}` is"
        yield from _at(draft, key, "when", why)


RULES: Final = (
    Rule("unused-name", "warning", "names", "something declared is never used", unused_name),
    Rule("misplaced-key", "error", "flow", "a key has no meaning where it stands", misplaced_key),
)
