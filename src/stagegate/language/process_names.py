"""The names of a whole process, for what is said about it from outside: commands, scenarios and invariants.

What a definition names in itself is looked up by `names`, before there is a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Final

from stagegate.language.desk import Desk, did_you_mean, text_of
from stagegate.language.grammar import GAP_STATES
from stagegate.language.shape_check import Mention
from stagegate.language.tree import Scalar
from stagegate.language.vocabulary import ABOUT
from stagegate.model import Definition, Outcome

# By kind of reference: the rule that an unknown name breaks, and the word for the thing.
_RULES: Final = {
    "criterion": ("unknown-criterion", "criterion"),
    "document": ("unknown-document", "document"),
    "fact": ("unknown-fact", "fact"),
    "role": ("unknown-role", "role"),
    "observed": ("unknown-stage", "stage of an observed track"),
    "earned": ("unknown-stage", "stage of an earned track"),
    "primary": ("unknown-stage", "stage of the track that ends the case"),
    "start": ("unknown-stage", "stage to start at"),
    "any_stage": ("unknown-stage", "stage"),
    "stage_or_end": ("unknown-target", "stage or end"),
    "any_node": ("unknown-target", "stage, decision point or end"),
    "earned_track": ("unknown-track", "earned track"),
    "track": ("unknown-track", "track"),
    "decision": ("bad-value", "decision point"),
    "jump": ("bad-value", "jump"),
    "target": ("unknown-target", "stage or decision point"),
    "loop": ("bad-value", "loop or repeatable stage"),
    "activity": ("bad-value", "activity"),
    "procedure": ("unknown-process", "sub-procedure"),
    "prohibition": ("bad-value", "prohibition"),
    "end": ("unknown-end", "end"),
    "any_end": ("unknown-end", "end"),
    "end_of_win": ("unknown-end", "end of kind `won`"),
    "gap_state": ("bad-value", "state of the gap"),
    "subject": ("bad-value", "thing"),
    "catalogue_entry": ("unknown-catalogue", "catalogue or entry"),
}
# What a name must at least be where the rest follows from other keys; nothing where only those keys say it.
_FRAGILE: Final = {
    **dict.fromkeys(("observed", "earned", "primary", "start", "loop"), "any_stage"),
    "earned_track": "track",
    "end_of_win": "any_end",
    "target": "subject",
    "procedure": "",
    "result": "",
    "reporting": "",
}
_CODED: Final = ("refused", "event", "action")
# What a kind of reference stands under in `Definition.where`, if not under its own name.
_PLACES: Final = {
    **dict.fromkeys(("observed", "earned", "primary", "start", "any_stage"), ("stage",)),
    "target": ("stage", "decision"),
    "stage_or_end": ("stage", "end"),
    "any_node": ("stage", "decision", "end"),
    "earned_track": ("track",),
    "any_end": ("end",),
    "end_of_win": ("end",),
    "catalogue_entry": ("catalogue", "checklist"),
    "loop": ("loop", "stage"),
    "reporting": ("stage", "activity"),
    "subject": (
        *("stage", "criterion", "decision", "outcome", "jump", "loop", "end", "track", "activity", "fact"),
        *("prohibition", "role", "document"),
    ),
}


class ProcessNames:
    """The names of one definition by kind of reference; `file` is the file that speaks of it.

    A definition that is not `firm` has mistakes itself: a name may be missing because of one of them, and stays unsaid.
    """

    def __init__(self, definition: Definition, file: str, *, firm: bool = True) -> None:
        self.definition = definition
        self.file = file
        self.firm = firm
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, kind: str) -> tuple[str, ...]:
        """The names that a reference of this kind may say."""
        if kind not in self._known:
            self._known[kind] = tuple(dict.fromkeys(_NAMES[kind](self)))
        return self._known[kind]

    def resolve(self, mentions: Iterable[Mention], desk: Desk) -> None:
        """Has every name that leads nowhere go to the desk."""
        for mention in mentions:
            if desk.full:
                return
            if not desk.is_bad(mention.node):
                self.look_up(mention, desk)

    def look_up(self, mention: Mention, desk: Desk) -> None:
        """Looks one name up; a name that is not there goes to the desk."""
        if mention.kind in _CODED:
            self._subject(mention.node, desk)
            return
        name = mention.node.text
        rule, word, known = self._wanted(mention)
        if not name or name in known:
            return
        if not self.firm and self._may_be_lost(mention.kind, name):
            desk.pass_over(mention.node)
        else:
            desk.reject(
                rule, mention.node, f"no {word} named `{name}`", help=self.hint(mention.kind, name, known, desk)
            )

    def _may_be_lost(self, kind: str, name: str) -> bool:
        """Whether a name is not found where it should be, perhaps since what makes it one of that kind had a finding."""
        return kind in _FRAGILE and (not _FRAGILE[kind] or name in self.of(_FRAGILE[kind]))

    def _subject(self, node: Scalar, desk: Desk) -> None:
        """What a word of the engine is about, behind a blank in the same text."""
        code, _, name = node.text.partition(" ")
        kind = ABOUT.get(code, "subject")
        if not name or not kind or name in self.of(kind) or (not self.firm and self._may_be_lost(kind, name)):
            return
        rule, word = _RULES[kind]
        message = f"nothing is named `{name}`" if kind == "subject" else f"no {word} named `{name}`"
        place = node.span_of(len(code) + 1, len(node.text))
        hint = self.hint(kind, name, self.of(kind), desk)
        desk.add_at(rule, place, node.start, message, help=hint)
        desk.bad.add(id(node))

    def hint(self, kind: str, name: str, known: tuple[str, ...], desk: Desk) -> str:
        """What may have been meant by a wrong name, and where that is declared; else what there is."""
        near = desk.suggester.near(name, known)
        return self.meant(kind, near) if near else _listed(known)

    def meant(self, kind: str, near: str) -> str:
        """``did you mean `x` (line 17)?``, with the file where that is another one."""
        where = (self.definition.where.get(f"{place}:{near}") for place in _PLACES.get(kind, (kind,)))
        line = next((place[0] for place in where if place), 0)
        if not line or self.definition.file == self.file:
            return did_you_mean(near, line)
        return f"did you mean `{near}` ({self.definition.file}:{line})?"

    def _wanted(self, mention: Mention) -> tuple[str, str, tuple[str, ...]]:
        """The rule an unknown name breaks, the word for the thing, and the names there are."""
        if mention.kind == "outcome":
            decision = text_of(mention.scope.node.get("decision"))
            points = [p for p in self.definition.decision_points() if p.id == decision]
            if not points:  # the decision point had its finding
                return "unknown-outcome", "outcome", tuple(o.id for o in self._outcomes)
            return "unknown-outcome", f"outcome of `{decision}`", tuple(o.id for o in points[0].outcomes)
        if mention.kind == "reporting":
            process = text_of(mention.scope.node.get("process"))
            owners = tuple(owner for owner, called in self.definition.procedures() if called.process == process)
            owners = owners or (mention.node.text,)  # the sub-procedure had its finding
            return "unknown-stage", f"stage or activity with sub-procedure `{process}`", owners
        if mention.kind == "result":
            activity = text_of(mention.scope.node.get("activity"))
            results = next((a.results for a in self.definition.activities if a.id == activity), None)
            if results is None:  # the activity had its finding
                results = (mention.node.text,)
            return "bad-value", f"result of `{activity}`", results
        if mention.kind == "catalogue_entry" and mention.node.text.partition(".")[0] in self._closed:
            return (*_RULES[mention.kind], (mention.node.text,))
        return (*_RULES[mention.kind], self.of(mention.kind))

    @cached_property
    def _closed(self) -> frozenset[str]:
        """The catalogues that come from definitions nobody looked at: what they hold is not known."""
        every = (*self.definition.catalogues, *self.definition.checklists)
        return frozenset(each.id for each in every if each.origin and not each.entries)

    @cached_property
    def _outcomes(self) -> tuple[Outcome, ...]:
        return tuple(o for point in self.definition.decision_points() for o in point.outcomes)


def _earned(names: ProcessNames) -> Iterable[str]:
    yield from (stage.id for track in names.definition.tracks if not track.observed for stage in track.stages)


def _starts(names: ProcessNames) -> Iterable[str]:
    for track in names.definition.tracks:
        yield from (s.id for s in [s for s in track.stages if s.start] or track.stages[:1])


def _targets(names: ProcessNames) -> Iterable[str]:
    yield from names.of("earned")
    yield from (p.id for track in names.definition.tracks if not track.observed for p in track.decision_points)


def _loops(names: ProcessNames) -> Iterable[str]:
    yield from (loop.id for track in names.definition.tracks if not track.observed for loop in track.loops)
    yield from (stage.id for stage in names.definition.stages() if stage.repeatable is not None)


def _primary(names: ProcessNames) -> Iterable[str]:
    primary = names.definition.primary
    return () if primary is None else (stage.id for stage in primary.stages)


def _subjects(names: ProcessNames) -> Iterable[str]:
    """Whatever a refusal, an event or an action may be about."""
    for kind in ("any_stage", "criterion", "decision", "jump", "loop", "any_end", "track", "activity", "procedure"):
        yield from names.of(kind)
    for kind in ("prohibition", "fact", "document", "role"):
        yield from names.of(kind)
    for point in names.definition.decision_points():
        yield from (f"{point.id}.{outcome.id}" for outcome in point.outcomes)


def _advice(names: ProcessNames) -> Iterable[str]:
    """What advice may use: whole catalogues and checklists, and their entries."""
    for each in (*names.definition.catalogues, *names.definition.checklists):
        yield each.id
        yield from (f"{each.id}.{entry.id}" for entry in each.every_entry())


_NAMES: Final[dict[str, Callable[[ProcessNames], Iterable[str]]]] = {
    "criterion": lambda names: (c.id for c in names.definition.criteria()),
    "document": lambda names: (d.id for d in names.definition.documents),
    "fact": lambda names: (f.id for f in names.definition.facts),
    "role": lambda names: (r.id for r in names.definition.roles),
    "observed": lambda names: (s.id for track in names.definition.tracks if track.observed for s in track.stages),
    "earned": _earned,
    "primary": _primary,
    "start": _starts,
    "any_stage": lambda names: (s.id for s in names.definition.stages()),
    "stage": lambda names: names.of("any_stage"),
    "stage_or_end": lambda names: (*names.of("any_stage"), *names.of("any_end")),
    "any_node": lambda names: (*names.of("any_stage"), *names.of("decision"), *names.of("any_end")),
    "earned_track": lambda names: (track.id for track in names.definition.tracks if not track.observed),
    "track": lambda names: (track.id for track in names.definition.tracks),
    "decision": lambda names: (d.id for d in names.definition.decision_points()),
    "jump": lambda names: (j.id for track in names.definition.tracks if not track.observed for j in track.jumps),
    "target": _targets,
    "loop": _loops,
    "activity": lambda names: (a.id for a in names.definition.activities),
    "procedure": lambda names: (procedure.process for _, procedure in names.definition.procedures()),
    "prohibition": lambda names: (p.id for stage in names.definition.stages() for p in stage.prohibitions),
    "end": lambda names: (e.id for e in names.definition.ends),
    "any_end": lambda names: (e.id for e in names.definition.every_end()),
    "end_of_win": lambda names: (e.id for e in names.definition.ends if e.kind == "won"),
    "gap_state": lambda _: GAP_STATES,
    "subject": _subjects,
    "catalogue_entry": _advice,
}


def _listed(known: tuple[str, ...]) -> str:
    if not known:
        return "the process has none"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return "there are " + ", ".join(f"`{name}`" for name in known[:12]) + more
