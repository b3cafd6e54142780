"""The language, version 1, as one table: every key with its shape, whether it is required, and what it means.

`docs/reference/language.md` says the same for people. Both the shape check and the JSON Schema are
made from this table.
"""

from __future__ import annotations

from typing import Final

from stagegate.language.command_shapes import COMMAND, FACTS, KINDS, MOMENT, TOLD, commands
from stagegate.language.shapes import (
    ID,
    ID_OR_NONE,
    NAME,
    REFERENCE,
    AtLeastOne,
    ByKey,
    Constraint,
    Declares,
    Either,
    ExactlyOne,
    Expression,
    Field,
    Flag,
    ListOf,
    MapOf,
    Named,
    NotBoth,
    Number,
    OneOf,
    OnlyBeside,
    OnlyWith,
    Record,
    Refers,
    Shape,
    Words,
)
from stagegate.language.vocabulary import ACTION, EVENT, PHASES, REFUSED, STATUSES

LANGUAGE_VERSION: Final = 1
MOST_TRACKS: Final = 8
MOST_STAGES: Final = 200
MOST_MOVES: Final = 200
MOST_SCENARIOS: Final = 1_000

# --- values -----------------------------------------------------------------------------------------

STRING = Words()
TEXT = Either((STRING, Named("text")))
NOTED_TEXT = Either((STRING, Named("noted_text")))
TEXTS = ListOf(NOTED_TEXT)
DURATION = Words("a duration such as `14d`", r"^([1-9][0-9]{0,4}[mhd]|[1-9][0-9]{0,3}w)$", "14d")
VERSION = Words(
    "a version such as `1.0.0`", r"^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$", "1.0.0"
)
PROCESS_NAME = Words("a kebab-case name such as `project-sales`", NAME, "project-sales")
PLAIN_ID = Words("a snake_case id", ID, "first_visit")
CHANCE = Number(least=0, most=1)
COUNT = Number(whole=True, least=1, most=1_000_000)
ANY_NUMBER = Number()
SERIES = Either((ANY_NUMBER, ListOf(ANY_NUMBER, least=1)))
FLAG = Flag()
TRUE = Flag(only_true=True)
SIDE = OneOf(("buyer", "seller", "other"))
BASIS = OneOf(("stated", "field", "proposed"))
SKIPPED = OneOf(("dropped", "owed"))
LEVEL = OneOf((1, 2, 3))
CONTENT = OneOf(("product", "company"))
SHAPES = (
    "circle", "double_circle", "diamond", "triangle", "rectangle", "rounded", "parallelogram", "arrow", "text_box", "bracket",
)  # fmt: skip
ELEMENTS = ("start", "end", "decision", "process", "link", "data_store", "annotation")
GAP_STATES = ("in_step", "behind", "ahead", "unknown")

CRITERIA_IDS = ListOf(Refers("criterion"), unique=True)
TOOLS = ListOf(Either((Refers("document"), Named("tool"))), unique=True)
PARTICIPANTS = ListOf(Either((Refers("role"), Named("participant"))), unique=True)
EVIDENCE = ListOf(Either((Refers("document"), Named("any_of"))), unique=True)
ROLE_IDS = ListOf(Refers("role"), unique=True)
CHECKLIST_IDS = ListOf(Refers("checklist"), unique=True)
OWN_STAGES = Either((ListOf(Refers("own_stage"), least=1, unique=True), OneOf(("all",))))
ANY_STAGES = Either((ListOf(Refers("any_stage"), least=1, unique=True), OneOf(("all",))))
PROCEDURES = ListOf(Named("procedure"))
REASONS = ListOf(Either((Declares("reason"), Named("reason"))), least=1)
GUIDANCE = Either(
    (STRING, ByKey((("use", Named("guidance_use")), ("text", Named("guidance_text"))), Named("noted_text")))
)
GUIDANCES = Either((STRING, *GUIDANCE.options[1:], ListOf(GUIDANCE)))


def _plain(name: str, title: str, /, *constraints: Constraint, **fields: Field) -> Record:
    """A record without notes; a `_` at the end of a key keeps it apart from words of Python."""
    return Record(name, title, {key.rstrip("_"): value for key, value in fields.items()}, constraints)


def _record(name: str, title: str, /, *constraints: Constraint, **fields: Field) -> Record:
    """A record on which notes may stand."""
    return _plain(name, title, *constraints, **fields, **NOTES)


def _from(*keys: str) -> dict[str, Field]:
    """The notes that say where a single value comes from."""
    return {key: NOTES[key] for key in keys}


def _need(shape: Shape, about: str) -> Field:
    return Field(shape, about, required=True)


def _title(about: str = "The name for people, as a text or `{en: ..., zh: ...}`.") -> Field:
    return Field(TEXT, about)


NOTES: Final[dict[str, Field]] = {
    "basis": Field(BASIS, "Whether the source states it, it comes from the field, or it is proposed. Default: stated."),
    "source": Field(TEXT, "Where it comes from."),
    "aliases": Field(ListOf(STRING), "Other names of it."),
    "keywords": Field(TEXTS, "Words that go with it."),
    "questions": Field(TEXTS, "Questions to ask."),
    "guidance": Field(
        GUIDANCES,
        "Advice: a text, `{text: ..., basis: ...}`, `{use: catalogue}`, `{use: catalogue.entry}` or a list of these.",
    ),
}

_INCOMPLETE: Final = Field(FLAG, "The source does not give all of it.")

# --- the parts of a gate ----------------------------------------------------------------------------

_ITEM: dict[str, Field] = {
    "title": _title(),
    "actor": Field(OneOf(("buyer", "seller", "both")), "Who does it."),
    "evidence": Field(
        EVIDENCE, "The documents that prove it, each a document or `{any_of: [...]}`; unmet until all are attached."
    ),
    "when": Field(Expression("when"), "A condition over facts; without it somebody records the criterion."),
    "applies_when": Field(Expression("applies_when"), "Does not count when this is definitely false."),
    "optional": Field(FLAG, "Never closes a gate."),
    "once": Field(FLAG, "With `when`: stays met once it was met."),
    "waivable": Field(ListOf(Refers("role"), least=1, unique=True), "The roles that may waive it."),
    "group": Field(Refers("group"), "The group of the stage under which it stands."),
}
_CRITERION_ID = _need(Declares("criterion"), "The id, unlike any other criterion's.")
_OF = Field(Refers("criterion"), "The criterion it appraises.")
_GUARD: dict[str, Field] = {
    "title": _title(),
    "when": Field(Expression("guard"), "A condition that must hold when the move is made."),
    "requires": Field(CRITERIA_IDS, "Criteria that must be met when the move is made."),
    "roles": Field(ROLE_IDS, "Who may make the move."),
    "max": Field(COUNT, "How often the move may be made."),
}
_MOVE_ID = _need(Declares("move"), "The id, unlike any other jump's or loop's.")

_CATALOGUE: dict[str, Field] = {
    "title": _title(),
    "incomplete": _INCOMPLETE,
    "entries": Field(ListOf(Named("entry")), "The entries, in order."),
    "from": Field(PROCESS_NAME, "The process in whose definition it is written."),
    "catalogue": Field(PLAIN_ID, "Its id there. Default: the same."),
}
_FROM_OR_ENTRIES: tuple[Constraint, ...] = (NotBoth(("from", "entries")), OnlyBeside("catalogue", ("from",)))

_TRACK = _record(
    "track",
    "a track",
    id=_need(Declares("track"), "The id of the track."),
    title=_title(),
    side=Field(SIDE, "Whose track it is. Default: seller."),
    position=Field(OneOf(("observed", "earned")), "Observed from outside, or earned by evidence. Default: earned."),
    advance=Field(
        OneOf(("automatic", "manual")), "Whether the case moves by itself when a gate opens. Default: automatic."
    ),
    cycle=Field(
        Either((FLAG, Named("cycle"))), "The last stage leads to the first, or to the stage said, as a new round."
    ),
    incomplete=Field(FLAG, "The source does not describe it wholly."),
    stages=_need(ListOf(Named("stage"), least=1, most=MOST_STAGES), "The stages, in order."),
    decision_points=Field(
        ListOf(Named("decision_point"), most=MOST_MOVES), "Where the buyer goes on, jumps ahead, loops back or ends."
    ),
    jumps=Field(ListOf(Named("jump"), most=MOST_MOVES), "Declared moves forward over stages."),
    loops=Field(ListOf(Named("loop"), most=MOST_MOVES), "Declared moves back to an earlier stage."),
)

_STAGE = _record(
    "stage",
    "a stage",
    id=_need(Declares("stage"), "The id, unlike that of any stage, decision point or end."),
    title=_title(),
    definition=Field(NOTED_TEXT, "What the stage is."),
    aims=Field(TEXTS, "What is to be reached in it."),
    tasks=Field(TEXTS, "What is to be done in it."),
    pairs_with=Field(
        Either((Refers("other_side_stage"), ListOf(Refers("other_side_stage"), least=1, unique=True))),
        "The stage of the other side's track that it stands beside, or a run of neighbouring ones.",
    ),
    start=Field(FLAG, "The process may start here. Default: the first stage only."),
    next=Field(Refers("own_target"), "A later stage, a decision point or an end. Default: what follows."),
    entry_milestone=Field(ListOf(Named("criterion")), "All of it must be done to have arrived."),
    exit_criteria=Field(
        ListOf(Named("criterion")), "All must be met to have completed. Missing: closed by `complete` or a decision; empty: open at once."
    ),
    stage_conditions=Field(Named("stage_conditions"), "The least to get through smoothly; they close no gate."),
    appraisal=Field(ListOf(Named("appraisal_item")), "What is appraised, with its proof."),
    prohibitions=Field(ListOf(Named("prohibition")), "What must not be done in the stage."),
    chance=Field(Either((CHANCE, Named("chance"))), "The chance of winning, from 0 to 1."),
    time_limit=Field(Either((DURATION, Named("time_limit"))), "How long the stage may take."),
    wins=Field(Refers("won_end"), "Completing the stage wins; the case goes on."),
    completes=Field(Refers("end"), "Completing the stage ends the case with this end."),
    optional=Field(FLAG, "`skip` may pass it over."),
    repeatable=Field(Either((TRUE, Named("repeatable"))), "The stage may be repeated."),
    applies_when=Field(Expression("stage"), "The stage is passed over when this is definitely false."),
    tools=Field(TOOLS, "Forms and tools; a tool is no proof."),
    participants=Field(PARTICIPANTS, "Who takes part."),
    budget=Field(Named("budget"), "What it may take."),
    procedures=Field(PROCEDURES, "Sub-procedures, each a process of its own."),
    checklists=Field(CHECKLIST_IDS, "Checklists to go through."),
    undescribed=Field(FLAG, "The source names it and no more."),
    groups=Field(MapOf(Named("group"), "group"), "Headings under which its criteria stand; no gate asks for them."),
)  # fmt: skip

_OUTCOME = _record(
    "outcome",
    "an outcome",
    ExactlyOne(("to", "hold")),
    id=_need(Declares("outcome"), "The id, unlike that of any other outcome of the decision point."),
    to=Field(Refers("own_target"), "The stage, decision point or end it leads to."),
    hold=Field(
        Either((TRUE, DURATION)), "Nothing is decided for now; with a duration, the time after which it reminds."
    ),
    **_GUARD,
    keep=Field(CRITERIA_IDS, "Criteria that a loop back leaves as they are."),
    otherwise=Field(TRUE, "Taken when all others are definitely not allowed (automatic decision points only)."),
    new_round=Field(TRUE, "Leads to a stage as a new round: all of the track starts afresh, and begins there."),
    forgets_win=Field(TRUE, "Beside `new_round`: a win so far belongs to the round that is over."),
    wins=Field(Refers("won_end"), "Taking it wins; the case goes on."),
    skipped=Field(SKIPPED, "What becomes of the stages passed over. Default: dropped."),
)

# --- scenarios and invariants -----------------------------------------------------------------------

_COMMANDS = ListOf(COMMAND)
_SCENARIOS = Field(ListOf(Named("scenario"), most=MOST_SCENARIOS), "Pieces of a deal, and what must come of them.")
_INVARIANTS = Field(
    ListOf(Named("invariant"), most=MOST_SCENARIOS), "What must, or must never, come about in any case."
)
TOLD_IN_SCENARIOS: Final = {
    "at": Field(MOMENT, "When it is recorded. Default: a minute after the command before."),
    "after": Field(DURATION, "How long to wait first."),
    **TOLD,
    "role": Field(Refers("role"), "In which role."),
}
_PLACES = Either((Refers("stage_or_end"), ListOf(Refers("stage_or_end"), least=1, unique=True)))
_CRITERIA = Either((Refers("criterion"), ListOf(Refers("criterion"), least=1, unique=True)))
_POSITION = Either((Refers("any_stage", ID_OR_NONE), Named("position")))
_ACTIONS = ListOf(ACTION, least=1, unique=True)
_INVARIANT = Expression("invariant")
_EXPECTED: Final = {
    "refused": Field(ListOf(REFUSED, least=1), "The last command is refused with exactly these reasons, in any order."),
    "events": Field(ListOf(EVENT), "Exactly these events follow from the last command, in this order."),
    "position": Field(Either((*_POSITION.options, ListOf(_POSITION, least=1))), "Where the case stands."),
    "ended": Field(Refers("any_end", ID_OR_NONE), "The end of the case; `''` where it has not ended."),
    "won": Field(Refers("end_of_win", ID_OR_NONE), "The win that was reached; `''` is none."),
    "chance": Field(Either((CHANCE, OneOf(("",)))), "The chance of winning; `''` is none."),
    "gap": Field(Either((Number(whole=True), OneOf((*GAP_STATES, "")))), "The gap, or its state; `''` is none."),
    "criteria": Field(MapOf(OneOf(STATUSES), ">criterion", least=1), "Criterion -> status."),
    "missing": Field(CRITERIA_IDS, "Exactly these are missing for the next gate, in any order."),
    "debts": Field(CRITERIA_IDS, "Exactly these are owed, in any order."),
    "actions": Field(_ACTIONS, "These are among the next actions, and allowed."),
    "no_actions": Field(_ACTIONS, "None of these is among the next actions that are allowed."),
}

SCENARIO_RECORDS: Final = (
    _record(
        "scenario",
        "a scenario",
        ExactlyOne(("when", "steps")),
        OnlyBeside("then", ("when",), needed=True),
        id=_need(Declares("scenario"), "The id, unlike any other scenario's."),
        title=_title(),
        given=Field(Named("given"), "How the case is opened, and what happened before."),
        when=Field(_COMMANDS, "What happens; `[]` is nothing."),
        then=Field(Named("expectation"), "What must hold after it."),
        steps=Field(ListOf(Named("scenario_step"), least=1), "Several pairs of `when` and `then`, one after the other."),
    ),
    _plain(
        "given",
        "what is given",
        NotBoth(("start", "at_stage")),
        OnlyBeside("skipped", ("at_stage",)),
        start=Field(Refers("start"), "The stage to start at."),
        at_stage=Field(Refers("earned"), "The stage an existing deal is placed at."),
        skipped=Field(SKIPPED, "What becomes of what lies before that stage. Default: dropped."),
        facts=Field(FACTS, "Fact -> value."),
        commands=Field(_COMMANDS, "What happened before; all of it must be accepted."),
    ),
    _plain(
        "scenario_step",
        "a step",
        when=_need(_COMMANDS, "What happens; `[]` is nothing."),
        then=_need(Named("expectation"), "What must hold after it."),
    ),
    Record("expectation", "what is expected", _EXPECTED, (AtLeastOne(tuple(_EXPECTED)),)),
    _plain(
        "position",
        "a position",
        AtLeastOne(("stage", "phase", "pending", "visit")),
        track=Field(Refers("track"), "The track. Default: that of the stage, else the one that ends the case."),
        stage=Field(Refers("any_stage", ID_OR_NONE), "The current stage; `''` before the first."),
        phase=Field(OneOf(PHASES), "How far the case is in it."),
        pending=Field(Refers("any_node", ID_OR_NONE), "The stage, decision point or end that waits next; `''` is none."),
        visit=Field(COUNT, "How often the stage has been entered."),
    ),
    *commands(TOLD_IN_SCENARIOS).values(),
    _record(
        "invariant",
        "an invariant",
        ExactlyOne(("never", "always", "possible", "from_everywhere", "before")),
        OnlyBeside("in", ("never", "always")),
        OnlyBeside("entering", ("before",), needed=True),
        OnlyBeside("or_waived", ("before",)),
        id=_need(Declares("invariant"), "The id, unlike any other invariant's."),
        title=_title(),
        never=Field(_INVARIANT, "Broken when it is true at any moment."),
        always=Field(_INVARIANT, "Broken when it is not true at some moment; unknown is not true."),
        in_=Field(ListOf(Refers("any_stage"), least=1, unique=True), "Only while one of these is the current stage."),
        possible=Field(_INVARIANT, "Proved when there is a moment at which it is true."),
        from_everywhere=Field(_PLACES, "From every open position some way leads to one of these."),
        before=Field(_CRITERIA, "These hold at the moment one of those is entered."),
        entering=Field(_PLACES, "The stages and ends that are entered."),
        or_waived=Field(TRUE, "A waiver will do."),
        without=Field(ListOf(OneOf(KINDS), least=1, unique=True), "Commands that nobody gives."),
    ),
)  # fmt: skip

RECORDS: Final[dict[str, Record]] = {
    record.name: record
    for record in (
        _record(
            "process",
            "a process",
            stagegate=_need(OneOf((LANGUAGE_VERSION,)), "The version of the language: 1."),
            process=_need(PROCESS_NAME, "The name of the process, in kebab-case."),
            version=_need(VERSION, "The semantic version of this definition: major.minor.patch."),
            title=_title(),
            summary=Field(TEXT, "The purpose, and where the process comes from."),
            family=Field(TEXT, "The group it is listed in."),
            incomplete=Field(FLAG, "The source does not describe it wholly."),
            facts=Field(MapOf(Named("fact"), "fact"), "Facts that conditions read."),
            roles=Field(MapOf(Named("role"), "role"), "Who takes part."),
            documents=Field(MapOf(Named("document"), "document"), "Forms, tools and documents."),
            metrics=Field(MapOf(Named("metric"), "metric"), "Figures to watch."),
            catalogues=Field(MapOf(Named("catalogue"), "catalogue"), "Strategies, methods, types."),
            checklists=Field(MapOf(Named("checklist"), "checklist"), "Checklists."),
            reason_trees=Field(MapOf(Named("reason_tree"), "reason_tree"), "Reasons for an end, as trees."),
            tracks=_need(ListOf(Named("track"), least=1, most=MOST_TRACKS), "The tracks, the buyer's and the seller's."),
            activities=Field(ListOf(Named("activity")), "What is entered from several stages and returns there."),
            ends=Field(ListOf(Named("end")), "How a case may end."),
            end_kinds=Field(MapOf(TEXT, "end_kind"), "What kinds of ends are called."),
            gap=Field(Named("gap"), "What to do about a gap between the buyer and us."),
            notation=Field(MapOf(OneOf(SHAPES), keys=ELEMENTS), "Shapes of pictures by element."),
            retired=Field(ListOf(Words("an id", r"^[a-z][a-z0-9_-]{0,63}$"), unique=True), "Ids that may not be used again."),
            scenarios=_SCENARIOS,
            invariants=_INVARIANTS,
        ),
        _plain(
            "text",
            "a text",
            AtLeastOne(("en", "zh")),
            en=Field(STRING, "In English."),
            zh=Field(STRING, "In simplified Chinese."),
        ),
        _plain(
            "noted_text",
            "a text",
            AtLeastOne(("en", "zh")),
            en=Field(STRING, "In English."),
            zh=Field(STRING, "In simplified Chinese."),
            **_from("basis", "source", "aliases"),
        ),
        _plain(
            "guidance_use",
            "a reference to a catalogue",
            use=_need(Refers("catalogue_entry", REFERENCE), "A whole `catalogue`, or one `catalogue.entry` of it."),
            basis=NOTES["basis"],
        ),
        _plain(
            "guidance_text",
            "a piece of guidance", text=_need(TEXT, "The advice."), **_from("basis", "source", "aliases")),
        _record(
            "fact",
            "a fact",
            OnlyWith("values", "type", ("enum",), needed=True),
            OnlyWith("of", "type", ("list",)),
            OnlyWith("minimum", "type", ("integer", "number")),
            OnlyWith("maximum", "type", ("integer", "number")),
            type=_need(
                OneOf(("boolean", "integer", "number", "string", "enum", "timestamp", "duration", "list")), "The type of its values."
            ),
            title=_title(),
            unit=Field(STRING, "The unit of its values."),
            minimum=Field(ANY_NUMBER, "The least value a case accepts."),
            maximum=Field(ANY_NUMBER, "The greatest value a case accepts."),
            values=Field(
                Either((ListOf(STRING, least=1, unique=True), MapOf(TEXT, pattern="", least=1))), "The values of an enumeration, in order."
            ),
            of=Field(OneOf(("integer", "number", "string", "boolean")), "What a list holds. Default: string."),
        ),
        _record(
            "role",
            "a role",
            side=Field(SIDE, "Whose side it is on. Default: other."),
            title=_title(),
            qualifications=Field(TEXTS, "What the person must be able to do."),
            duties=Field(TEXTS, "What the person does."),
            kpis=Field(ListOf(Either((Refers("metric"), Named("kpi")))), "What the person is measured by."),
            reviewers=Field(ROLE_IDS, "Who reviews."),
            period=Field(DURATION, "How often."),
        ),
        _record("document", "a document", title=_title()),
        *(
            _record(
                name,
                "a metric",
                **own,
                title=_title(),
                unit=Field(TEXT, "The unit."),
                target=Field(SERIES, "What is aimed at: a number, or several in a row."),
                baseline=Field(SERIES, "Where it started."),
                of=Field(TEXT, "What it is a share of."),
                formula=Field(TEXT, "How it is computed."),
            )
            for name, own in (("metric", {}), ("kpi", {"id": _need(PLAIN_ID, "The id of the figure.")}))
        ),
        _record("catalogue", "a catalogue", *_FROM_OR_ENTRIES, **_CATALOGUE),
        _record("checklist", "a checklist", *_FROM_OR_ENTRIES, **_CATALOGUE),
        _record(
            "entry",
            "an entry",
            id=_need(Declares("entry"), "The id, unlike any other in the catalogue."),
            title=_title(),
            text=Field(TEXT, "What it says."),
            optional=Field(FLAG, "It may be left out."),
            undescribed=Field(FLAG, "The source names it and no more."),
            entries=Field(ListOf(Named("entry")), "Entries under it."),
        ),
        _record(
            "reason_tree",
            "a reason tree", title=_title(), reasons=_need(REASONS, "The reasons, in order.")),
        _record(
            "reason",
            "a reason",
            id=_need(Declares("reason"), "The id of the reason."),
            title=_title(),
            reasons=Field(REASONS, "Finer reasons under it; then only those may be given."),
        ),
        _plain(
            "use_reasons",
            "a reference to a reason tree", use=_need(Refers("reason_tree"), "The reason tree.")),
        _TRACK,
        _record(
            "cycle",
            "the closing edge of a cycle",
            to=Field(Refers("own_stage"), "The stage at which the new round begins. Default: the first."),
            forgets_win=Field(TRUE, "A win so far belongs to the round that is over."),
        ),
        _STAGE,
        _record("criterion", "a criterion", id=_CRITERION_ID, **_ITEM),
        _record("group", "a group", title=_title()),
        _plain(
            "any_of",
            "a choice of documents",
            any_of=_need(ListOf(Refers("document"), least=1, unique=True), "The documents of which one is enough."),
        ),
        _record(
            "relationship_condition",
            "a relationship condition",
            id=_CRITERION_ID,
            **_ITEM,
            with_=Field(Either((Refers("role"), ListOf(Refers("role"), least=1, unique=True))), "With whom."),
            level=Field(
                Either((LEVEL, ListOf(LEVEL, least=1, unique=True))), "1 company need, 2 personal need, 3 personal feeling."
            ),
            content=Field(Either((CONTENT, ListOf(CONTENT, least=1, unique=True))), "What about."),
        ),
        _record(
            "appraisal_item",
            "an appraisal item",
            AtLeastOne(("id", "of")),
            id=Field(Declares("criterion"), "The id. Default: `appraise_` and the id in `of`."),
            **_ITEM,
            of=_OF,
            weight=Field(Number(above=0), "How much it counts. Default: 1."),
        ),
        _plain(
            "stage_conditions",
            "the stage conditions",
            process=Field(ListOf(Named("criterion")), "Of the sales process."),
            relationship=Field(ListOf(Named("relationship_condition")), "Of the relationship with the customer."),
            information=Field(ListOf(Named("criterion")), "Of information."),
        ),
        _record("prohibition", "a prohibition", id=_need(Declares("prohibition"), "The id."), title=_title()),
        _plain(
            "chance",
            "a chance",
            reached=_need(CHANCE, "On entering the stage."),
            completed=_need(CHANCE, "On completing it."),
            **_from("basis", "source"),
        ),
        _plain(
            "time_limit",
            "a time limit", limit=_need(DURATION, "How long the stage may take."), **_from("basis", "source")),
        _plain(
            "tool",
            "a tool", document=_need(Refers("document"), "The form or tool."), **_from("basis", "source")),
        _plain(
            "participant",
            "a participant", role=_need(Refers("role"), "Who takes part."), **_from("basis", "source")),
        _plain(
            "repeatable",
            "the repeating of a stage",
            max=Field(COUNT, "How often."),
            keep=Field(CRITERIA_IDS, "Criteria that stay as they are."),
        ),
        _record(
            "budget",
            "a budget",
            time=Field(DURATION, "How much time."),
            cost=Field(Number(least=0), "How much money."),
            unit=Field(STRING, "The unit of the cost."),
            effort=Field(OneOf(("low", "medium", "high")), "How much effort."),
            support=Field(TEXTS, "The support it can call on."),
        ),
        _record(
            "procedure",
            "a procedure",
            process=_need(Refers("process", NAME), "The name of the process that describes it."),
            title=_title(),
            on_end=Field(MapOf(CRITERIA_IDS, ">process_end"), "By end of that process, the criteria that its report meets."),
        ),
        _record(
            "decision_point",
            "a decision point",
            id=_need(Declares("decision"), "The id, unlike that of any stage, decision point or end."),
            after=Field(Refers("own_stage"), "The stage it stands after. Without it, it is reached as a target."),
            title=_title(),
            question=Field(NOTED_TEXT, "What is decided."),
            automatic=Field(FLAG, "Taken without asking when exactly one outcome is allowed."),
            outcomes=_need(ListOf(Named("outcome"), most=MOST_MOVES), "The ways out, two or more."),
        ),
        _OUTCOME,
        _record(
            "jump",
            "a jump",
            ExactlyOne(("to", "to_any_later")),
            id=_MOVE_ID,
            from_=_need(OWN_STAGES, "The stages it leaves from, or `all`."),
            to=Field(Refers("own_node"), "The stage or decision point it leads to."),
            to_any_later=Field(TRUE, "It may lead to any later stage or decision point."),
            probe=Field(Named("probe"), "The question that asks whether the buyer is willing."),
            skipped=Field(SKIPPED, "What becomes of the stages passed over. Default: dropped."),
            **_GUARD,
        ),
        _plain(
            "probe",
            "a probe", id=_need(PLAIN_ID, "The id."), question=Field(NOTED_TEXT, "The question.")),
        _record(
            "loop",
            "a loop",
            id=_MOVE_ID,
            from_=_need(OWN_STAGES, "The stages it leaves from, or `all`."),
            to=_need(Refers("own_stage"), "The stage it leads back to."),
            keep=Field(CRITERIA_IDS, "Criteria that stay as they are."),
            **_GUARD,
        ),
        _record(
            "end",
            "an end",
            id=_need(Declares("end"), "The id, unlike that of any stage, decision point or end."),
            kind=_need(Words("`won`, `lost`, `terminated`, `given_up` or another id", ID), "What kind of end it is."),
            title=_title(),
            by_command=Field(FLAG, "It may be brought about by command."),
            from_=Field(ANY_STAGES, "With `by_command`: the stages from which. Default: all, also before the first."),
            when=Field(Expression("guard"), "With `by_command`: a condition that must hold when the case is ended so."),
            requires=Field(CRITERIA_IDS, "With `by_command`: criteria that must be met when the case is ended so."),
            roles=Field(ROLE_IDS, "With `by_command`: who may end the case so."),
            reasons=Field(Either((REASONS, Named("use_reasons"))), "The reasons one of which must be given."),
            continues_in=Field(Refers("process", NAME), "The process that takes it up, in a case of its own."),
        ),
        _record(
            "activity",
            "an activity",
            id=_need(Declares("activity"), "The id."),
            title=_title(),
            definition=Field(NOTED_TEXT, "What it is."),
            from_=Field(ANY_STAGES, "The stages it may be begun in. Default: all."),
            results=Field(ListOf(Either((Declares("result"), Named("result")))), "How it may finish."),
            blocks=Field(FLAG, "The case stands still meanwhile."),
            standing=Field(FLAG, "Conduct that holds always; it is never begun."),
            procedures=Field(PROCEDURES, "Sub-procedures."),
            checklists=Field(CHECKLIST_IDS, "Checklists."),
        ),
        _plain(
            "result",
            "a result", id=_need(Declares("result"), "The id, unlike that of any other result of the activity."), title=_title()),
        _plain(
            "gap",
            "the policy for a gap",
            give_up_at=Field(Number(whole=True, least=1, most=1_000), "From how many stages on giving up is to be considered."),
            guidance=Field(MapOf(GUIDANCES, keys=GAP_STATES), "Advice by state of the gap."),
        ),
        *SCENARIO_RECORDS,
    )
}  # fmt: skip
ROOT: Final = RECORDS["process"]
COMPANION: Final = _plain(
    "companion",
    "a file of scenarios",
    AtLeastOne(("scenarios", "invariants")),
    process=_need(PROCESS_NAME, "The name of the process."),
    scenarios=_SCENARIOS,
    invariants=_INVARIANTS,
)
