"""What a process *is*: frozen values, every name resolved, no text of YAML and no file.

A `Definition` is what the reader of the language builds and what the engine compiles to tables.
The only trace of the file is `Definition.where`, one table of positions. Lists keep their order,
since order is meaning. Durations are `timedelta`, chances are fractions from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from attrs import field, frozen

from stagegate.conditions import Condition, FactType

Language = Literal["en", "zh"]
Side = Literal["buyer", "seller", "other"]
Actor = Literal["buyer", "seller", "both"]
Basis = Literal["stated", "field", "proposed"]
Skipped = Literal["dropped", "owed"]
ItemKind = Literal["milestone", "exit", "process", "relationship", "information", "appraisal"]
OutcomeKind = Literal["advance", "jump", "loop_back", "repeat", "new_round", "end", "hold"]


@frozen
class Text:
    """A text for people in English and simplified Chinese; calling it gives one language.

    A language that is missing falls back to the other. Where it stands alone, without a thing that has notes,
    it says itself where it comes from; two texts are equal whatever that is.
    """

    en: str = ""
    zh: str = ""
    basis: Basis = field(default="stated", eq=False, repr=False)
    source: Text | None = field(default=None, eq=False, repr=False)
    aliases: tuple[str, ...] = field(default=(), eq=False, repr=False)

    def __call__(self, language: str = "en") -> str:
        """The text in one language, `en` or `zh`."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)

    def __str__(self) -> str:
        return self()

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)


NO_TEXT = Text()
COMPLETED = "completed"  # the end that every process has, declared or not


@frozen
class Guidance:
    """One piece of advice: a text, or what says it: a catalogue (`use: catalogue`) or an entry of one (`use: catalogue.entry`)."""

    text: Text = NO_TEXT
    catalogue: str = ""
    entry: str = ""  # "" is the whole catalogue
    basis: Basis = "stated"
    source: Text = NO_TEXT
    aliases: tuple[str, ...] = ()


@frozen
class Notes:
    """What may be said of anything: where it comes from, other names, keywords, questions, advice."""

    basis: Basis = "stated"
    source: Text = NO_TEXT
    aliases: tuple[str, ...] = ()
    keywords: tuple[Text, ...] = ()
    questions: tuple[Text, ...] = ()
    guidance: tuple[Guidance, ...] = ()


NO_NOTES = Notes()


@frozen
class Fact:
    """A fact that conditions may read; `minimum` and `maximum` bound the numbers a case accepts."""

    id: str
    type: FactType
    title: Text = NO_TEXT
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    values: Mapping[str, Text] = field(factory=dict)  # titles of an enumeration's values
    notes: Notes = NO_NOTES


@frozen
class Metric:
    """A figure to watch, with its target; `of` says of what it is a share, or what it counts."""

    id: str
    title: Text = NO_TEXT
    unit: Text = NO_TEXT
    target: float | tuple[float, ...] | None = None  # a tuple is a series
    baseline: float | tuple[float, ...] | None = None
    of: Text = NO_TEXT
    formula: Text = NO_TEXT
    notes: Notes = NO_NOTES


@frozen
class Role:
    """Somebody who takes part, on the buyer's or the seller's side (R52: reviewers and period)."""

    id: str
    title: Text = NO_TEXT
    side: Side = "other"
    qualifications: tuple[Text, ...] = ()
    duties: tuple[Text, ...] = ()
    kpis: tuple[Metric, ...] = ()
    reviewers: tuple[str, ...] = ()
    period: timedelta | None = None
    notes: Notes = NO_NOTES


@frozen
class Document:
    """A document, form or tool that stages use and criteria name as their evidence (R50, R53)."""

    id: str
    title: Text = NO_TEXT
    notes: Notes = NO_NOTES


@frozen
class CatalogueEntry:
    """One entry of a catalogue or checklist; entries may hold entries."""

    id: str
    title: Text = NO_TEXT
    text: Text = NO_TEXT
    optional: bool = False
    entries: tuple[CatalogueEntry, ...] = ()
    notes: Notes = NO_NOTES
    undescribed: bool = False  # the source names it and no more


@frozen
class Catalogue:
    """Knowledge that is no machine: strategies, methods, types, checklists.

    `origin` is the process that it comes from, "" where it is written in this one.
    """

    id: str
    title: Text = NO_TEXT
    entries: tuple[CatalogueEntry, ...] = ()
    notes: Notes = NO_NOTES
    incomplete: bool = False  # the source does not give all of it
    origin: str = ""

    def every_entry(self) -> Iterator[CatalogueEntry]:
        """The entries, each followed by those within it."""

        def walk(entries: tuple[CatalogueEntry, ...]) -> Iterator[CatalogueEntry]:
            for entry in entries:
                yield entry
                yield from walk(entry.entries)

        return walk(self.entries)


@frozen
class ReasonTree:
    """Why a case ended (R43); only a leaf may be given as the reason."""

    id: str
    title: Text = NO_TEXT
    reasons: tuple[CatalogueEntry, ...] = ()
    notes: Notes = NO_NOTES

    def leaves(self) -> tuple[str, ...]:
        """The ids that may be given as a reason, in order."""

        def walk(entries: tuple[CatalogueEntry, ...]) -> Iterator[str]:
            for entry in entries:
                if entry.entries:
                    yield from walk(entry.entries)
                else:
                    yield entry.id

        return tuple(walk(self.reasons))


@frozen
class AnyOf:
    """Documents of which one is enough."""

    documents: tuple[str, ...]  # their ids


@frozen
class Group:
    """Items of a stage's lists that belong together, under a heading; no gate asks for it."""

    id: str
    title: Text = NO_TEXT
    notes: Notes = NO_NOTES


@frozen
class Criterion:
    """One thing that must be true: an item of a gate, a stage condition or an appraisal item.

    `kind` says which. Only `milestone` and `exit` items close gates (R5, R9, R46). Recorded when
    `when` is None, otherwise derived from facts. `evidence` says what must be attached: each document, and one of
    the documents of each `AnyOf`.
    """

    id: str
    kind: ItemKind
    track: str
    stage: str
    title: Text = NO_TEXT
    actor: Actor | None = None
    evidence: tuple[str | AnyOf, ...] = ()
    when: Condition | None = None
    applies_when: Condition | None = None
    optional: bool = False
    once: bool = False
    waivable: tuple[str, ...] = ()  # the roles that may waive it
    with_roles: tuple[str, ...] = ()  # relationship conditions (R47): with whom,
    levels: tuple[int, ...] = ()  # at which levels of 1 to 3,
    content: tuple[str, ...] = ()  # and about `product`, `company` or both
    of: str = ""  # appraisal: the criterion it appraises
    weight: float = 1.0  # appraisal
    notes: Notes = NO_NOTES
    group: str = ""  # the group of the stage under which it stands

    def proofs(self) -> tuple[tuple[str, ...], ...]:
        """For each entry of `evidence` the documents that serve it, one of which is enough."""
        return tuple(e.documents if isinstance(e, AnyOf) else (e,) for e in self.evidence)

    def documents(self) -> tuple[str, ...]:
        """Every document that `evidence` names, each once."""
        return tuple(dict.fromkeys(document for entry in self.proofs() for document in entry))

    def ways_to_prove(self) -> Iterator[tuple[str, ...]]:
        """Choices of documents that are enough: the first of each entry, then in turn another for one of them."""
        entries = self.proofs()
        first = [entry[0] for entry in entries]
        yield tuple(dict.fromkeys(first))
        for place, entry in enumerate(entries):
            for other in entry[1:]:
                yield tuple(dict.fromkeys((*first[:place], other, *first[place + 1 :])))


@frozen
class Chance:
    """The chance of winning on entering a stage and on completing it (R19 to R21)."""

    reached: float
    completed: float
    notes: Notes = NO_NOTES


@frozen
class Budget:
    """What a stage may take: time, cost and effort, and the support it can call on."""

    time: timedelta | None = None
    cost: float | None = None
    unit: str = ""
    effort: Literal["low", "medium", "high"] | None = None
    support: tuple[Text, ...] = ()
    notes: Notes = NO_NOTES


@frozen
class Prohibition:
    """What must not be done in a stage (R48); a breach is a warning, never a move."""

    id: str
    title: Text = NO_TEXT
    notes: Notes = NO_NOTES


@frozen
class Procedure:
    """A sub-procedure of a stage or activity: another process, a case of its own.

    `on_end` says which criteria the report of an end meets; keys are end ids of that process.
    """

    process: str
    title: Text = NO_TEXT
    on_end: Mapping[str, tuple[str, ...]] = field(factory=dict)
    notes: Notes = NO_NOTES


def _run(stages: str | Iterable[str]) -> tuple[str, ...]:
    """A run of stages; a single one may be given as its id."""
    return ((stages,) if stages else ()) if isinstance(stages, str) else tuple(stages)


@frozen
class Stage:
    """One stage. `exit_criteria` is None where the key is missing (R4), () where it is an empty list."""

    id: str
    track: str
    title: Text = NO_TEXT
    definition: Text = NO_TEXT
    aims: tuple[Text, ...] = ()
    tasks: tuple[Text, ...] = ()
    pairs_with: tuple[str, ...] = field(default=(), converter=_run)  # one stage of the other side, or a run of them
    start: bool = False
    next: str = ""  # a later stage or a decision point; "" is the following stage
    entry_milestone: tuple[Criterion, ...] = ()
    exit_criteria: tuple[Criterion, ...] | None = None
    conditions: tuple[Criterion, ...] = ()  # process, relationship and information, in this order
    appraisal: tuple[Criterion, ...] = ()
    prohibitions: tuple[Prohibition, ...] = ()
    chance: Chance | None = None
    time_limit: timedelta | None = None
    wins: str = ""  # the end of kind `won` that completing this stage records (R44)
    completes: str = ""  # the end that completing this stage brings
    optional: bool = False
    repeatable: Loop | None = None
    applies_when: Condition | None = None
    tools: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    budget: Budget | None = None
    procedures: tuple[Procedure, ...] = ()
    checklists: tuple[str, ...] = ()
    undescribed: bool = False
    notes: Notes = NO_NOTES
    limit_notes: Notes = NO_NOTES  # where the time limit comes from
    tool_notes: Mapping[str, Notes] = field(factory=dict)  # by document, for those that say it themselves
    participant_notes: Mapping[str, Notes] = field(factory=dict)  # by role
    groups: tuple[Group, ...] = ()

    def criteria(self) -> Iterator[Criterion]:
        """Every item of the stage: milestone, exit criteria, conditions, appraisal."""
        yield from self.entry_milestone
        yield from self.exit_criteria or ()
        yield from self.conditions
        yield from self.appraisal


@frozen
class Outcome:
    """One way out of a decision point. `kind` follows from the target.

    `to` is a stage, decision point or end, "" for a hold. `hold` is the time after which a hold
    reminds; a hold without one has `kind` "hold" and `hold` None.
    """

    id: str
    kind: OutcomeKind
    to: str = ""
    title: Text = NO_TEXT
    hold: timedelta | None = None
    when: Condition | None = None
    requires: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    max: int | None = None
    otherwise: bool = False
    skipped: Skipped = "dropped"
    wins: str = ""  # the end of kind `won` that taking it records; the case goes on (R44)
    forgets_win: bool = False  # a new round in which a win so far is over and done with
    notes: Notes = NO_NOTES


@frozen
class DecisionPoint:
    """Where the buyer goes on, jumps ahead, loops back or ends (R30).

    `after` is the stage it stands after, "" when it is only reached as a target; `place` is the
    stage it counts as standing after either way (semantics, "The place of a decision point").
    """

    id: str
    track: str
    after: str
    place: str
    outcomes: tuple[Outcome, ...]
    title: Text = NO_TEXT
    question: Text = NO_TEXT
    automatic: bool = False
    notes: Notes = NO_NOTES

    def outcome(self, id: str) -> Outcome | None:
        """The outcome of this name, if there is one."""
        return next((o for o in self.outcomes if o.id == id), None)


@frozen
class Probe:
    """The special question that asks whether the buyer is willing to move forward (R31)."""

    id: str
    question: Text = NO_TEXT


@frozen
class Jump:
    """A declared move forward. `origins` are stages; `to` is "" when it may lead to any later node."""

    id: str
    track: str
    origins: tuple[str, ...]
    to: str = ""
    title: Text = NO_TEXT
    probe: Probe | None = None
    skipped: Skipped = "dropped"
    when: Condition | None = None
    requires: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    max: int | None = None
    notes: Notes = NO_NOTES


@frozen
class Loop:
    """A declared move back to an earlier stage, or a repeat of the same one (R32, R35)."""

    id: str
    track: str
    origins: tuple[str, ...]
    to: str
    title: Text = NO_TEXT
    keep: tuple[str, ...] = ()
    when: Condition | None = None
    requires: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    max: int | None = None
    notes: Notes = NO_NOTES


@frozen
class End:
    """How a case may end (R43). `kind` is won, lost, terminated, given_up or a free word.

    What guards the command that brings it about: `origins` are stages of the track that ends the case, empty for all;
    `when`, `requires` and `roles` are those of a jump.
    """

    id: str
    kind: str
    title: Text = NO_TEXT
    by_command: bool = False
    reasons: ReasonTree | None = None
    origins: tuple[str, ...] = ()
    when: Condition | None = None
    requires: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    notes: Notes = NO_NOTES

    @property
    def guarded(self) -> bool:
        """Whether the command that brings it about is not open to everybody at any time."""
        return bool(self.origins or self.when is not None or self.requires or self.roles)

    continues_in: str = ""  # the process that takes it up


@frozen
class Activity:
    """Something entered from several stages that returns where it came from (R39).

    `origins` are stages, empty for all. `blocks` holds the case still meanwhile. `standing`
    conduct is described only: it is never begun.
    """

    id: str
    origins: tuple[str, ...] = ()
    title: Text = NO_TEXT
    definition: Text = NO_TEXT
    results: tuple[str, ...] = ()
    blocks: bool = False
    standing: bool = False
    procedures: tuple[Procedure, ...] = ()
    checklists: tuple[str, ...] = ()
    notes: Notes = NO_NOTES
    result_titles: Mapping[str, Text] = field(factory=dict)  # of the results that have one


@frozen
class GapPolicy:
    """What the vendor does about a gap (R26, R27): where giving up is to be considered, and advice."""

    give_up_at: int | None = None
    guidance: Mapping[str, tuple[Guidance, ...]] = field(factory=dict)  # by gap state


@frozen
class Closing:
    """The edge that closes a cycle: where the new round begins, "" for the first stage, and whether it forgets a win."""

    to: str = ""
    forgets_win: bool = False
    notes: Notes = NO_NOTES


TO_THE_FIRST: Final = Closing()


@frozen
class Track:
    """An ordered list of stages: the buyer's, observed or earned, or the seller's."""

    id: str
    stages: tuple[Stage, ...]
    side: Side = "seller"
    observed: bool = False
    manual: bool = False
    cycle: bool = False
    title: Text = NO_TEXT
    decision_points: tuple[DecisionPoint, ...] = ()
    jumps: tuple[Jump, ...] = ()
    loops: tuple[Loop, ...] = ()  # the declared ones; `repeatable` stages carry their own
    closing: Closing = TO_THE_FIRST  # of a cycle
    notes: Notes = NO_NOTES
    incomplete: bool = False  # the source does not describe it wholly


InvariantKind = Literal["never", "always", "possible", "from_everywhere", "before"]


@frozen
class Invariant:
    """What must, or must never, come about in any case, whatever people do (docs/reference/invariants.md).

    `condition` belongs to never, always and possible; `inside` (the stages of `in:`) to never and always;
    `criteria`, `entering` (stages and ends) and `or_waived` to before; `targets` (stages and ends) to
    from_everywhere.
    """

    id: str
    kind: InvariantKind
    title: Text = NO_TEXT
    condition: Condition | None = None
    inside: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    entering: tuple[str, ...] = ()
    or_waived: bool = False
    targets: tuple[str, ...] = ()
    without: tuple[str, ...] = ()  # kinds of commands that nobody gives
    notes: Notes = NO_NOTES
    where: tuple[int, int] = (0, 0)  # line and column of its id
    file: str = ""  # "" is the definition's own file


@frozen
class Instruction:
    """One command of a scenario: what a `Command` is made of, with its time left open.

    `at` is the time given, None where the minute after the command before is meant; `after` is waited first.
    """

    kind: str
    subject: str = ""
    args: Mapping[str, Any] = field(factory=dict)
    told: Mapping[str, Any] = field(factory=dict)  # by, role, note, key, happened
    at: datetime | None = None
    after: timedelta | None = None
    where: tuple[int, int] = (0, 0)


@frozen
class Expectation:
    """One line of `then`: `key` is the key there, `value` what is expected, as plain values.

    The values: refused, events, missing, debts, actions, no_actions: tuple of str; position: tuple of mappings
    with some of track, stage, phase, pending, visit; ended, won: str; chance: float or "" for none; gap: int or str;
    criteria: mapping of criterion to status.
    """

    key: str
    value: Any
    where: tuple[int, int] = (0, 0)


@frozen
class ScenarioStep:
    """Commands, and what must hold after the last of them."""

    when: tuple[Instruction, ...]
    then: tuple[Expectation, ...]


@frozen
class Scenario:
    """A piece of a deal and what must come of it (docs/reference/scenarios.md).

    `start`, `at_stage` and `skipped` say how the case is opened; `given` is what happened before, the facts given first.
    """

    id: str
    title: Text = NO_TEXT
    start: str = ""
    at_stage: str = ""
    skipped: Skipped = "dropped"
    given: tuple[Instruction, ...] = ()
    steps: tuple[ScenarioStep, ...] = ()
    notes: Notes = NO_NOTES
    where: tuple[int, int] = (0, 0)
    file: str = ""  # "" is the definition's own file


@frozen
class Definition:
    """A whole process, resolved and checked.

    `where` gives the place in the file of each thing that can be pointed at, as (line, column),
    under keys such as `stage:visit`, `criterion:budget_known`, `decision:d1`, `outcome:d1.solve`,
    `jump:look`, `loop:price`, `end:won`, `activity:x`, `fact:budget`, `prohibition:x`, `track:t`.
    """

    name: str
    version: str
    tracks: tuple[Track, ...] = field(repr=False)
    title: Text = NO_TEXT
    summary: Text = field(default=NO_TEXT, repr=False)
    family: Text = field(default=NO_TEXT, repr=False)
    incomplete: bool = False
    facts: tuple[Fact, ...] = field(default=(), repr=False)
    roles: tuple[Role, ...] = field(default=(), repr=False)
    documents: tuple[Document, ...] = field(default=(), repr=False)
    metrics: tuple[Metric, ...] = field(default=(), repr=False)
    catalogues: tuple[Catalogue, ...] = field(default=(), repr=False)
    checklists: tuple[Catalogue, ...] = field(default=(), repr=False)
    reason_trees: tuple[ReasonTree, ...] = field(default=(), repr=False)
    activities: tuple[Activity, ...] = field(default=(), repr=False)
    ends: tuple[End, ...] = field(default=(), repr=False)
    end_kinds: Mapping[str, Text] = field(factory=dict, repr=False)  # titles of kinds of ends
    gap: GapPolicy = field(default=GapPolicy(), repr=False)
    notation: Mapping[str, str] = field(factory=dict, repr=False)  # element -> shape, for pictures
    retired: tuple[str, ...] = field(default=(), repr=False)
    notes: Notes = field(default=NO_NOTES, repr=False)
    scenarios: tuple[Scenario, ...] = field(default=(), repr=False)
    invariants: tuple[Invariant, ...] = field(default=(), repr=False)
    file: str = ""
    where: Mapping[str, tuple[int, int]] = field(factory=dict, repr=False, eq=False)

    def stages(self) -> Iterator[Stage]:
        """Every stage of every track, in order."""
        for track in self.tracks:
            yield from track.stages

    def criteria(self) -> Iterator[Criterion]:
        """Every criterion, condition and appraisal item, in order."""
        for stage in self.stages():
            yield from stage.criteria()

    def decision_points(self) -> Iterator[DecisionPoint]:
        """Every decision point of every track, in order."""
        for track in self.tracks:
            yield from track.decision_points

    def procedures(self) -> Iterator[tuple[str, Procedure]]:
        """Every sub-procedure with the id of the stage or activity that has it, in order."""
        for stage in self.stages():
            yield from ((stage.id, procedure) for procedure in stage.procedures)
        for activity in self.activities:
            yield from ((activity.id, procedure) for procedure in activity.procedures)

    def every_end(self) -> tuple[End, ...]:
        """The declared ends, and `completed`, to which a process without a won end comes (R13)."""
        declared = any(e.id == COMPLETED for e in self.ends)
        return self.ends if declared else (*self.ends, End(id=COMPLETED, kind=COMPLETED))

    @property
    def primary(self) -> Track | None:
        """The track that ends the case: the seller's earned one, else the first earned one."""
        earned = [t for t in self.tracks if not t.observed]
        return next((t for t in earned if t.side == "seller"), earned[0] if earned else None)

    def place_of(self, key: str) -> str:
        """`file:line:column` of the thing under `key` of `where`, "" when it is not known."""
        at = self.where.get(key)
        return f"{self.file}:{at[0]}:{at[1]}" if at else ""
