"""Names: what a file declares, whether every name it uses is declared, and what nobody uses.

`collect` finds ids used twice and retired ids, `resolve` names that lead nowhere, `report_unused`
declarations that nothing refers to. All three work on the mentions that the shape check gathered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Mapping as Mapping_
from itertools import islice
from typing import NamedTuple, TypeAlias

from stagegate.diagnostics import Label
from stagegate.language.desk import Desk, did_you_mean, line_of, text_of
from stagegate.language.shape_check import Mention, Mentions
from stagegate.language.tree import Mapping, Scalar, Sequence
from stagegate.model import Catalogue

NODE_KINDS = ("stage", "decision", "end")
# What one name space holds; every other kind has a space of its own.
_SPACES = {"stage": "node", "decision": "node", "end": "node"}
_WORDS = {
    "decision": "decision point",
    "move": "jump or loop",
    "reason_tree": "reason tree",
    "won_end": "end",
    "end_kind": "kind of end",
    "any_stage": "stage",
    "own_stage": "stage",
    "other_side_stage": "stage",
}
_PLURALS = {
    "kind of end": "kinds of ends",
    "criterion": "criteria",
    "entry": "entries",
    "activity": "activities",
    "jump or loop": "jumps or loops",
}
# Kinds whose ids are unique only within one enclosing record.
_WITHIN = {
    "outcome": ("decision_point",),
    "result": ("activity",),
    "entry": ("catalogue", "checklist"),
    "group": ("stage",),
    "reason": ("reason_tree", "end"),
}

# What speaks of the process from outside: its ids stand in no journal, and what it names is not used by that.
_OUTSIDE = ("scenario", "invariant")
# What has no id of its own in a journal, and may be named like something that is retired.
_NOT_RETIRED = (*_OUTSIDE, "result", "end_kind")

Processes: TypeAlias = Collection[str] | Callable[[], Collection[str]]


class Declaration(NamedTuple):
    """One declared id: its kind, where it is written, its record, and the track, decision or catalogue around it."""

    kind: str
    name: str
    node: Scalar
    record: Mapping
    track: Mapping | None
    within: Mapping | None
    shape: str = ""  # the name of the record in the grammar


class Names:
    """All the names a file declares, by kind."""

    def __init__(self) -> None:
        self.all: list[Declaration] = []
        self._by_kind: dict[str, dict[str, Declaration]] = {}
        self._asked: dict[tuple[str, ...], dict[str, Declaration]] = {}
        self._entries: dict[int, dict[str, Scalar | None]] = {}
        # What comes from other definitions, by the record that asks for it; None where nobody knows what it holds.
        self.borrowed: dict[int, Catalogue | None] = {}

    def add(self, declaration: Declaration) -> None:
        """Takes up a declaration; of equal names the first counts."""
        self.all.append(declaration)
        self._by_kind.setdefault(declaration.kind, {}).setdefault(declaration.name, declaration)

    def of(self, *kinds: str) -> Mapping_[str, Declaration]:
        """The declarations of these kinds by name; to be asked when all are taken up."""
        if kinds not in self._asked:
            self._asked[kinds] = {name: d for kind in kinds for name, d in self._by_kind.get(kind, {}).items()}
        return self._asked[kinds]

    def meant(self, kind: str, name: str) -> str:
        """``did you mean `x` (line 17)?``"""
        found = self.of(kind).get(name)
        return did_you_mean(name, found.node.span.line if found else None)

    def in_track(self, track: Mapping | None, *kinds: str) -> Mapping_[str, Declaration]:
        """The declarations of these kinds that are in `track`; ends are in all of them."""
        key = (str(id(track)), *kinds)
        if key not in self._asked:
            self._asked[key] = {n: d for n, d in self.of(*kinds).items() if d.kind == "end" or d.track is track}
        return self._asked[key]

    def on_other_side(self, side: str) -> Mapping_[str, Declaration]:
        """The stages of the tracks that are not on this side."""
        key = ("other side", side)
        if key not in self._asked:
            self._asked[key] = {n: d for n, d in self.of("stage").items() if side_of(d.track) != side}
        return self._asked[key]

    def groups_of(self, stage: Mapping | None) -> Mapping_[str, Declaration]:
        """The groups of a stage."""
        key = ("group", str(id(stage)))
        if key not in self._asked:
            self._asked[key] = {d.name: d for d in self.all if d.kind == "group" and d.within is stage}
        return self._asked[key]

    def entries_of(self, catalogue: Mapping) -> Mapping_[str, Scalar | None] | None:
        """The entries anywhere in a catalogue or checklist, each with its id in this file; None where nobody knows them."""
        if id(catalogue) in self.borrowed:
            there = self.borrowed[id(catalogue)]
            return None if there is None else dict.fromkeys(entry.id for entry in there.every_entry())
        if not self._entries:
            for declaration in self.all:
                if declaration.kind == "entry":
                    entries = self._entries.setdefault(id(declaration.within), {})
                    entries.setdefault(declaration.name, declaration.node)
        return self._entries.get(id(catalogue), {})


# --- declarations -----------------------------------------------------------------------------------


def collect(mentions: Mentions, root: Mapping, desk: Desk) -> Names:
    """The names the file declares; ids used twice and retired ids go to the desk."""
    names = Names()
    first: dict[tuple[str, int, str], Declaration] = {}
    for declaration in _declarations(mentions):
        space = _SPACES.get(declaration.kind, declaration.kind)
        within = id(declaration.within) if declaration.within is not None else 0
        earlier = first.setdefault((space, within, declaration.name), declaration)
        if earlier is not declaration:
            _report_duplicate(declaration, earlier, desk)
        names.add(declaration)
    _report_retired(names, root, desk)
    return names


def _declarations(mentions: Mentions) -> Iterator[Declaration]:
    for mention in sorted((*mentions.declared, *_default_ids(mentions.referred)), key=lambda m: m.node.start):
        within = mention.scope.enclosing(*_WITHIN[mention.kind]) if mention.kind in _WITHIN else None
        name = mention.node.text if mention.key != "of" else f"appraise_{mention.node.text}"
        record = mention.value if isinstance(mention.value, Mapping) else mention.scope.node
        track = mention.scope.enclosing("track")
        yield Declaration(mention.kind, name, mention.node, record, track, within, mention.scope.record)


def _default_ids(referred: Iterable[Mention]) -> Iterator[Mention]:
    """The ids that appraisal items without an `id` have by default."""
    for mention in referred:
        if mention.key == "of" and mention.scope.record == "appraisal_item" and "id" not in mention.scope.node:
            yield mention._replace(kind="criterion")


def _report_duplicate(again: Declaration, first: Declaration, desk: Desk) -> None:
    kind, other = word(again.kind), word(first.kind)
    message = (
        f"the id `{again.name}` is used by two {_PLURALS.get(kind, kind + 's')}"
        if kind == other
        else _across(again.name, kind, other)
    )
    label = Label(first.node.span, "first declared here")
    desk.add(
        "duplicate-id", again.node, message, mark="used again", labels=(label,), help="give one of them another id"
    )


def _across(name: str, kind: str, other: str) -> str:
    return f"the id `{name}` of this {kind} is already that of a {other}"


def _report_retired(names: Names, root: Mapping, desk: Desk) -> None:
    retired = root.get("retired")
    if not isinstance(retired, Sequence):
        return
    places = {item.text: item for item in retired if isinstance(item, Scalar)}
    for declaration in names.all:
        place = places.get(declaration.name)
        if place is not None and declaration.kind not in _NOT_RETIRED:
            message = f"the id `{declaration.name}` is retired and may not be used again"
            label = Label(place.span, "retired here")
            desk.add("retired-id", declaration.node, message, labels=(label,), help="choose a new id for the new thing")


def word(kind: str) -> str:
    """The kind of a declaration as messages say it."""
    return _WORDS.get(kind, kind)


# --- references -------------------------------------------------------------------------------------

_SIMPLE = {
    "criterion": "unknown-criterion",
    "role": "unknown-role",
    "document": "unknown-document",
    "end": "unknown-end",
    "won_end": "unknown-end",
    "any_stage": "unknown-stage",
    "checklist": "unknown-catalogue",
    "metric": "unknown-catalogue",
    "reason_tree": "unknown-catalogue",
}
_DECLARED_AS = {"won_end": "end", "any_stage": "stage"}


def resolve(mentions: Mentions, names: Names, desk: Desk, processes: Processes | None) -> None:
    """Has every name that leads nowhere, or to a thing of the wrong kind, go to the desk."""
    resolver = _Resolver(names, desk, processes)
    for mention in mentions.referred:
        if desk.full:
            return
        resolver.resolve(mention)


class _Resolver:
    def __init__(self, names: Names, desk: Desk, processes: Processes | None) -> None:
        self.names = names
        self.desk = desk
        self._processes = processes
        self._known_processes: Collection[str] | None = None

    def resolve(self, mention: Mention) -> None:
        """Checks one reference."""
        kind = mention.kind
        if kind in _SIMPLE:
            self._simple(mention, _SIMPLE[kind])
        elif kind == "own_stage":
            self._in_track(mention, "unknown-stage", "stage")
        elif kind == "own_node":
            self._in_track(mention, "unknown-target", "stage", "decision")
        elif kind == "own_target":
            self._in_track(mention, "unknown-target", "stage", "decision", "end")
        elif kind == "other_side_stage":
            self._other_side(mention)
        elif kind == "catalogue_entry":
            self._catalogue_entry(mention)
        elif kind == "group":
            self._group(mention)
        elif kind == "process":
            self._process(mention)

    def _unknown(self, mention: Mention, rule: str, message: str, candidates: Mapping_[str, Declaration]) -> None:
        near = self.desk.suggester.near(mention.node.text, candidates)
        help_text = did_you_mean(near, line_of(candidates[near].node)) if near else declared_are(candidates)
        self.desk.reject(rule, mention.node, message, mark="not declared", help=help_text)

    def _simple(self, mention: Mention, rule: str) -> None:
        declared_as = _DECLARED_AS.get(mention.kind, mention.kind)
        candidates, name = self.names.of(declared_as), mention.node.text
        found = candidates.get(name)
        if found is None:
            self._unknown(mention, rule, f"no {word(declared_as)} named `{name}`", candidates)
        elif mention.kind == "won_end" and (kind := text_of(found.record.get("kind"))) not in ("won", ""):
            message = f"`{mention.key}` takes an end of kind `won`, and `{name}` is of kind `{kind}`"
            self.desk.reject(rule, mention.node, message, help="`completes` takes an end of any kind")

    def _in_track(self, mention: Mention, rule: str, *kinds: str) -> None:
        track, name = mention.scope.enclosing("track"), mention.node.text
        candidates = self.names.in_track(track, *kinds)
        if name in candidates:
            return
        things = _or([word(kind) for kind in kinds])
        track_name = _track_name(track)
        elsewhere = self.names.of(*kinds).get(name)
        if elsewhere is not None:
            message = (
                f"{word(elsewhere.kind)} `{name}` is in track `{_track_name(elsewhere.track)}`, not in `{track_name}`"
            )
            label = Label(elsewhere.node.span, "declared here")
            self.desk.add(rule, mention.node, message, labels=(label,), help=f"name a {things} of the same track")
            self.desk.bad.add(id(mention.node))
        else:
            self._unknown(mention, rule, f"no {things} named `{name}` in track `{track_name}`", candidates)

    def _other_side(self, mention: Mention) -> None:
        own, name = mention.scope.enclosing("track"), mention.node.text
        stages = self.names.of("stage")
        others = self.names.on_other_side(side_of(own))
        if name in others:
            return
        if name in stages and not (self._side_is_told(own) and self._side_is_told(stages[name].track)):
            self.desk.bad.add(id(mention.node))  # the side had its finding, and nobody knows which was meant
        elif name in stages:
            message = (
                f"stage `{name}` is on the {side_of(own)}'s side too, and `pairs_with` takes one of the other side"
            )
            self.desk.reject("unknown-stage", mention.node, message, help=declared_are(others))
        else:
            tracks = dict.fromkeys(_track_name(d.track) for d in others.values())
            where = f" in track {_or([f'`{track}`' for track in tracks])}" if tracks else ""
            self._unknown(mention, "unknown-stage", f"no stage named `{name}`{where}", others)

    def _side_is_told(self, track: Mapping | None) -> bool:
        """Whether `side` of a track is neither wrong nor missing beside a misspelt key."""
        if track is None:
            return True
        side = track.get("side")
        if side is None:
            return not any(self.desk.is_bad(entry.key) for entry in track.entries)
        return not self.desk.is_bad(side)

    def _catalogue_entry(self, mention: Mention) -> None:
        catalogue, _, entry = mention.node.text.partition(".")
        catalogues = self.names.of("catalogue", "checklist")
        if catalogue not in catalogues:
            self._unknown(mention, "unknown-catalogue", f"no catalogue named `{catalogue}`", catalogues)
            return
        entries = self.names.entries_of(catalogues[catalogue].record)
        if entry and entries is not None and entry not in entries:
            near = self.desk.suggester.near(entry, entries)
            node = entries.get(near)
            line = None if node is None else line_of(node)
            help_text = did_you_mean(f"{catalogue}.{near}", line) if near else declared_are(entries)
            message = f"catalogue `{catalogue}` has no entry `{entry}`"
            self.desk.reject("unknown-catalogue", mention.node, message, mark="not declared", help=help_text)

    def _group(self, mention: Mention) -> None:
        stage, name = mention.scope.enclosing("stage"), mention.node.text
        groups = self.names.groups_of(stage)
        if name not in groups:
            whose = text_of(stage.get("id")) if stage is not None else ""
            self._unknown(mention, "unknown-group", f"stage `{whose}` has no group named `{name}`", groups)

    def _process(self, mention: Mention) -> None:
        name = mention.node.text
        own = mention.scope
        while own.outer is not None:
            own = own.outer
        if name == text_of(own.node.get("process")):
            if mention.key == "continues_in":  # a new case of the same process
                return
            message = f"process `{name}` calls itself as a procedure"
            self.desk.reject("recursive-procedure", mention.node, message, help="a procedure is another process")
        elif self._processes is not None and name not in (known := self._known()):
            near = self.desk.suggester.near(name, sorted(known))
            self.desk.reject("unknown-process", mention.node, f"no process named `{name}`", help=did_you_mean(near))

    def _known(self) -> Collection[str]:
        if self._known_processes is None:
            given = self._processes
            self._known_processes = given() if callable(given) else given or ()
        return self._known_processes


def _track_name(track: Mapping | None) -> str:
    return text_of(track.get("id")) if track is not None else ""


def side_of(track: Mapping | None) -> str:
    """The side a track is on."""
    return (text_of(track.get("side")) if track is not None else "") or "seller"


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def declared_are(candidates: Collection[str]) -> str:
    """What there is, where nothing there is near to a wrong name."""
    if not candidates:
        return "none is declared"
    shown = ", ".join(f"`{name}`" for name in islice(candidates, 12))
    return f"declared are {shown}" + (f" and {len(candidates) - 12} more" if len(candidates) > 12 else "")


# --- use --------------------------------------------------------------------------------------------

_IDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def within_stage(name: str, stage: Mapping | None) -> str:
    """The name of what is unlike others only in its stage, with the stage."""
    return f"{text_of(stage.get('id')) if stage is not None else ''}.{name}"


def used_names(mentions: Mentions, desk: Desk) -> frozenset[tuple[str, str]]:
    """What is referred to, as kind and name. A name that a wrong one was meant to be counts as used."""
    used: set[tuple[str, str]] = set()
    for mention in mentions.referred:
        kind, name = _DECLARED_AS.get(mention.kind, mention.kind), mention.node.text
        if kind == "catalogue_entry":
            name = name.partition(".")[0]
            used |= {("catalogue", name), ("checklist", name)}
        if kind == "group":
            name = within_stage(name, mention.scope.enclosing("stage"))
        used.add((kind, name))
    for condition in mentions.conditions:
        if condition.kind in _OUTSIDE:
            continue
        used |= {("fact", name) for name in _IDS.findall(condition.node.text)}
    kinds = {kind for kind, _ in used}
    return frozenset(used | {(kind, name) for kind in kinds for name in desk.suggester.suggested})
