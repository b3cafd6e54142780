"""A first plan from what has changed: guesses, and what only a person can know is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from stagegate.doors import demand
from stagegate.process import Process
from stagegate.versions.diff import Change, Matched, closes_gate, diff, match
from stagegate.versions.guess import Clue
from stagegate.versions.plan import Kind, Passing, Plan, Version

if TYPE_CHECKING:
    from stagegate.model import DecisionPoint, Definition
    from stagegate.versions.things import Sort, Thing

KIND_OF: Final[Mapping[Sort, Kind]] = {
    "track": "tracks",
    "stage": "stages",
    "criterion": "criteria",
    "fact": "facts",
    "document": "documents",
    "decision": "decisions",
    "outcome": "outcomes",
    "jump": "jumps",
    "loop": "loops",
    "end": "ends",
    "activity": "activities",
}
CLUES: Final[Mapping[Clue, str]] = {
    "title": "a guess: the title is the same",
    "alias": "a guess: one is an alias of the other",
    "criteria": "a guess: most of its criteria are there",
    "likeness": "a guess: the names are alike",
    "place": "it belongs to what was renamed",
}


@frozen
class Draft:
    """A first plan. `remarks` say of the line `KEY.NAME` what it rests on; `notes` say under a key what nobody can guess.

    `asks` tells whether a person has to decide something before the plan does what it should.
    """

    plan: Plan
    remarks: Mapping[str, str] = field(factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(factory=dict)

    @property
    def asks(self) -> bool:
        """Whether there are notes to be read."""
        return bool(self.notes)


def draft(old: Process, new: Process) -> Draft:
    """A plan from one version to another, as far as it can be guessed."""
    for name, process in (("old", old), ("new", new)):
        demand(isinstance(process, Process), name, "a Process, as `stagegate.load` gives one", process)
    drafting = Drafting(old.definition, new.definition)
    drafting.names()
    drafting.splits()
    drafting.mergers()
    drafting.landings()
    drafting.additions()
    drafting.changes(diff(old.definition, new.definition))
    notes = {key: tuple(found) for key, found in drafting.notes.items()}
    plan = Plan(
        new.name,
        Version(old.version, old.flow),
        Version(new.version, new.flow),
        {kind: dict(found) for kind, found in drafting.found.items() if found},
        drafting.land,
        tuple(drafting.owed),
        (),
        drafting.passed,
        drafting.decided,
    )
    return Draft(plan, drafting.remarks, notes)


class Drafting:
    """What has been found so far."""

    def __init__(self, old: Definition, new: Definition) -> None:
        self.old, self.new = old, new
        self.matched: Matched = match(old, new)
        self.found: dict[Kind, dict[str, tuple[str, ...]]] = defaultdict(dict)
        self.land: dict[str, str] = {}
        self.owed: list[str] = []
        self.passed: dict[str, Passing] = {}
        self.decided: dict[str, str] = {}
        self.remarks: dict[str, str] = {}
        self.notes: dict[str, list[str]] = defaultdict(list)

    def names(self) -> None:
        """What is called otherwise, and what is gone."""
        for before, after, clue in self.matched.pairs:
            kind = KIND_OF.get(before.sort)
            if kind is None or clue is None or (kind == "outcomes" and last(before) == last(after)):
                continue
            self.found[kind][before.name] = (after.name,)
            self.remarks[f"{kind}.{before.name}"] = CLUES[clue]
        decisions = {t.name for t in self.matched.gone if t.sort == "decision"}
        for thing in self.matched.gone:
            kind = KIND_OF.get(thing.sort)
            if kind is not None and not (kind == "outcomes" and thing.parent in decisions):
                self.found[kind][thing.name] = ()

    def splits(self) -> None:
        """Stages whose criteria are in several stages now that stand side by side, all but one of them new."""
        come = {t.name for t in self.matched.come if t.sort == "stage"}
        for old, own in stages_with_criteria(self.old):
            heirs = [new for new, has in stages_with_criteria(self.new) if 2 * len(own & has) >= len(has) > 0]
            known = [new for new in heirs if new not in come]
            if (
                len(heirs) < 2
                or known not in ([], [self.now(old)])
                or not side_by_side(heirs, earned_in_order(self.new))
            ):
                continue
            self.found["stages"][old] = tuple(heirs)
            self.remarks[f"stages.{old}"] = "a guess: split, its criteria are in these stages"

    def mergers(self) -> None:
        """Stages that are gone, and most of whose criteria are in a stage that is new or that a neighbour has become."""
        order = earned_in_order(self.old)
        here = dict(stages_with_criteria(self.new))
        heirs: dict[str, list[str]] = defaultdict(list)
        for old, own in stages_with_criteria(self.old):
            gone = self.found["stages"].get(old) == ()
            heir = (
                next((new for new, has in here.items() if 2 * len(own & has) > len(own)), "") if gone else self.now(old)
            )
            heirs[heir].append(old)
        for heir, stages in heirs.items():
            if heir not in here or len(stages) < 2 or not side_by_side(stages, order):
                continue
            for old in stages:
                if self.found["stages"].get(old) == ():
                    self.found["stages"][old] = (heir,)
                if old not in here:
                    self.remarks[f"stages.{old}"] = "a guess: merged, most of its criteria are there"

    def now(self, stage: str) -> str:
        """The one stage that a stage of the old version is now, "" where it is none or several."""
        new = self.found["stages"].get(stage, (stage,))
        return new[0] if len(new) == 1 else ""

    def landings(self) -> None:
        """Where cases go whose stage is gone: to the next stage that is still there, else to the one before."""
        now = {before.name: after for before, after, _ in self.matched.pairs if before.sort == "stage"}
        observed = {s.id for track in self.new.tracks if track.observed for s in track.stages}
        for track in self.old.tracks:
            if track.observed:
                continue
            for at, stage in enumerate(track.stages):
                if stage.id in now or self.found["stages"].get(stage.id):
                    continue
                later = (*track.stages[at + 1 :], *reversed(track.stages[:at]))
                target = next((now[s.id].name for s in later if s.id in now and now[s.id].name not in observed), "")
                if target:
                    self.land[stage.id] = target
                    self.remarks[f"land.{stage.id}"] = "a guess: the nearest stage that is still there"
                else:
                    self.notes["land"].append(
                        f"`{stage.id}` is gone, and nothing near it is left: say where its cases go."
                    )

    def additions(self) -> None:
        """What is new and stands in the way of cases that are beyond it."""
        fresh = {t.name for t in self.matched.come if t.sort == "stage"}
        earned = {s.id for track in self.new.tracks if not track.observed for s in track.stages}
        tracks = {t.name for t in self.matched.come if t.sort == "track"}
        parts = {new for names in self.found["stages"].values() if len(names) > 1 for new in names}
        for thing in self.matched.come:
            if thing.sort == "stage" and thing.name in earned - parts and thing.parent not in tracks:
                self.passed[thing.name] = "owed"
                self.remarks[f"passed.{thing.name}"] = "cases beyond it stay, and owe what it asks for"
            if thing.sort == "criterion" and thing.parent in earned - fresh and closes_gate(thing.value):
                self.owed.append(thing.name)
                self.remarks[f"owed.{thing.name}"] = f"new in `{thing.parent}`"
            if thing.sort == "decision":
                self.decision(thing.value)

    def decision(self, point: DecisionPoint) -> None:
        """What cases count as having taken at a new decision point."""
        onward = [o.id for o in point.outcomes if o.kind == "advance" and not point.automatic]
        ways = ", ".join(f"`{o.id}`" for o in point.outcomes)
        if len(onward) == 1:
            self.decided[point.id] = onward[0]
            self.remarks[f"decided.{point.id}"] = f"a guess: the one way that only goes on, of {ways}"
        else:
            self.notes["decided"].append(
                f"`{point.id}` is new: cases beyond it go back to it, unless a line says `{point.id}: OUTCOME`, one of {ways}."
            )

    def changes(self, changes: Iterable[Change]) -> None:
        """What has changed in a way that no plan can guess: whether evidence still counts, whether a place still makes sense."""
        for change in changes:
            name = change.new_name or change.name
            if (change.sort, change.field) in (
                ("criterion", "when"),
                ("criterion", "applies_when"),
                ("criterion", "evidence"),
            ):
                self.notes["stale"].append(
                    f"`{change.field}` of `{name}` was `{change.old or 'nothing'}`, is `{change.new or 'nothing'}`: "
                    f"add `- {name}` where what was met must be confirmed again."
                )
            if change.what == "moved" and change.sort == "stage":
                self.notes["by_hand"].append(
                    f"`{change.name}` stands elsewhere in the order: add `- {change.name}` where a person shall look at its cases."
                )


def stages_with_criteria(definition: Definition) -> list[tuple[str, frozenset[str]]]:
    """The earned stages of a definition, each with the names of its criteria."""
    earned = (stage for track in definition.tracks if not track.observed for stage in track.stages)
    return [(stage.id, frozenset(criterion.id for criterion in stage.criteria())) for stage in earned]


def earned_in_order(definition: Definition) -> list[str]:
    """The earned stages in their order, with "" after the last of each track."""
    return [name for track in definition.tracks if not track.observed for name in (*(s.id for s in track.stages), "")]


def side_by_side(names: Sequence[str], order: Sequence[str]) -> bool:
    """Whether these names stand one after another in an order."""
    at = order.index(names[0])
    return list(order[at : at + len(names)]) == list(names)


def last(thing: Thing) -> str:
    """The name of an outcome without that of its decision point."""
    return thing.name.rpartition(".")[2]
