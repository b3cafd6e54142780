"""Writes what is made from the code and the definitions: pages of `reference/`, the pictures, all of `definitions/`.

PYTHONPATH=src python docs/generate.py            # writes
PYTHONPATH=src python docs/generate.py --check    # tells what would change; the tests do the same
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

from definition_pages import FOLDER, SUBJECTS, definition_pages
from store_tables import table_lines

import stagegate
from stagegate import binding, diagnostics, model, store, testing
from stagegate.engine import event_data
from stagegate.engine.commands import Told
from stagegate.language.grammar import NOTES, RECORDS
from stagegate.render.picture import draw
from stagegate.store import AsyncStore, Store, Unit
from stagegate.testing import plugin
from stagegate.testing.making.size import SizeName
from stagegate.testing.plugin.footer import WORDS
from stagegate.testing.plugin.properties import PROPERTIES
from stagegate.versions import carry, diff, draft, plan, replay, report

DOCS = Path(__file__).resolve().parent

HEAD = """\
# The Python face

Every public name, made from the code by `docs/generate.py`. What a command does to a case is in
[what a running case means](../explanation/semantics.md), whose rules R1 to R53 are named here; how the names work together in the
[tutorial for developers](../tutorials/developer.md). `import stagegate` gives all of this; what is not named here or in
[store, versions, binding](store.md) is not public.

Here: [functions](#functions), [Process](#process), [Case](#case), [values](#values), [values of facts](#values-of-facts),
[words](#words), [action kinds](#action-kinds), [event kinds](#event-kinds), [reason codes](#reason-codes), [errors](#errors),
[commands](#stagegatecommands), [the pure engine](#stagegateengine), [findings](#findings), [the model](#the-model).
"""

TOLD = """\
### What every command takes

`at` and `happened` are datetimes with a time zone; others raise `CommandError`.
`**told` stands for these, all optional:
"""
ROLE = """
`role` is free text and need not be declared: it is kept in the journal. Only where an outcome, jump or loop names `roles:`, or a criterion
roles that may waive it, it must be one of those, else the command is refused with `role_not_allowed`.
"""

RAISES = """
A verb never raises for what a deal may not do: it gives a refused `Step`. It raises `UnknownNameError` for a name that the process does
not have and `CommandError` for a malformed command (no time zone, an argument of the wrong kind).
Questions about a track, stage or criterion that is not there raise `UnknownNameError`.
"""

FACT_VALUES = """\
What `set_facts` takes for a fact, by its declared type. None forgets the fact. Anything else is refused with `fact_type`, a number beyond
`minimum` or `maximum` with `fact_range`.

| type | Python | |
| --- | --- | --- |
| `boolean` | `bool` | 0 and 1 are refused |
| `integer` | `int` | within 64 bits, with a sign; `True` and `3.0` are refused |
| `number` | `int` or `float` | finite; `Decimal`, `inf` and `nan` are refused: convert with `float()` |
| `string` | `str` | |
| `enum` | `str` | one of the declared values, case and all |
| `timestamp` | `datetime` | with a time zone |
| `duration` | `timedelta` | |
| `list` | `list` or `tuple` | each element of the declared type |
"""

WORD_LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Position.phase": (
        "The phase of a track.",
        {
            "not_started": "before the first stage",
            "in_progress": "in `stage`, which is not completed",
            "completed": "`stage` is completed; `pending` is what comes next",
            "left": "`stage` was left by a jump before it was completed; `pending` is its target",
        },
    ),
    "Gap.state": (
        "Where the buyer is, seen from the seller (R26).",
        {
            "in_step": "they are no stages apart",
            "behind": "the seller is behind: the buyer is ahead by `gap` stages",
            "ahead": "the seller is ahead: `gap` is negative",
            "unknown": "the buyer was never observed; `gap` is None",
            "": "nothing is paired, or the case has ended",
        },
    ),
    "Item.status": (
        "The status of a criterion: the first of these that fits. `statuses()`, `status()` and `Reason.status` use it too.",
        {
            "met": "it was reported, with all its documents, or its condition is true",
            "waived": "somebody did without it, and the waiver has not ended",
            "owed": "it was passed over by a move or placement that owes it, or its waiver ended: a debt",
            "skipped": "it was passed over and is not owed",
            "stale": "it was met in an earlier pass and must be met again",
            "unknown": "its condition lacks facts; an appraisal item: what it appraises is unknown",
            "unmet": "none of these",
        },
    ),
    "stage_states": (
        "The state of a stage, in `Explanation.stages` and `engine.stage_states`.",
        {
            "completed": "its exit gate was passed",
            "current": "the case is in it",
            "left": "the case was in it and left it by a jump",
            "skipped": "the case passed it over",
            "passed": "on an observed track: it lies before the one observed",
            "ahead": "the case has not come to it",
        },
    ),
    "decision_states": (
        "The state of a decision point, in `Explanation.decisions` and `engine.decision_states` (R34).",
        {
            "taken": "an outcome was taken",
            "asked": "it can be decided now",
            "skipped": "it lies behind and was passed over by a jump",
            "ahead": "the case has not come to it",
        },
    ),
}

# What an attribute holds, where neither a remark beside it nor a docstring of its own says so.
MEANING: Mapping[str, Mapping[str, str]] = {
    "Process": {
        "definition": "what it is, for people and programs: see [the model](#the-model)",
        "tables": "what the pure engine works with; opaque",
        "text": "the YAML it was made from, \"\" where that is not known; a store keeps it",
    },
    "Case": {
        "id": "the id it was opened with",
        "kept": "number and hash of the last entry that a store has written down; None for a case that is in none",
    },
    "Step": {
        "snapshot": "the snapshot after it; when refused, the one it was tried on",
        "events": "what followed, in order; none when refused",
        "repeated": "whether the key was known: the events are the original ones",
    },
    "Event": {
        "kind": "one of the [event kinds](#event-kinds)",
        "subject": "the id of what it is about",
        "data": "more, by name: see the table",
    },
    "Reason": {
        "code": "one of the [reason codes](#reason-codes)",
        "subject": "the id of what it is about, often that of the criterion, outcome or activity",
        "message": "a sentence in English, for a person who knows the ids",
        "lacking": "what is lacking: `document visit_record`, `fact budget`, the text of a condition that is false, or a cause in words",
        "status": "the status of the criterion, where it is about one",
        "where": "`file:line:column` of the demand",
        "seen": "what was there: `document visit_record`, or a fact with its value, `budget = 5`",
    },
    "Position": {
        "track": "the id of the track",
        "stage": "the id of the current stage, \"\" before the first",
        "phase": "one of [these](#positionphase)",
        "pending": "the stage, decision point or end that comes next, \"\" if none",
        "visit": "how often the stage was entered, this time included",
        "round": "the round of a cycle, from 1",
    },
    "Item": {
        "criterion": "what it is: `title`, `actor`, `evidence`, `kind`, `stage` ...; see [Criterion](#criterion)",
        "status": "one of [these](#itemstatus)",
        "lacking": "what is lacking: `document visit_record`, `fact budget`, the text of a condition that is false, or a cause in words",
        "where": "`file:line:column` where it is demanded",
    },
    "Gap": {
        "state": "one of [these](#gapstate)",
        "gap": "stages the buyer is ahead, below 0 when the seller is; None when unknown",
        "since": "when this state began",
        "closing": "the open criteria that would close it, in order",
        "responses": "`carry_on` in step; `catch_up` and `give_up` when behind",
        "give_up_reached": "whether the gap has come to the declared `give_up_at`",
    },
    "Action": {
        "kind": "one of the [action kinds](#action-kinds)",
        "subject": "the id of what it is about",
        "option": "the id of the outcome of a decision",
        "reasons": "what speaks against it now",
        "item": "the criterion, where it is about one",
        "title": "the title of what it is about, for people: `action.title(\"zh\")`; None where it has none",
        "allowed": "whether it would be accepted now; it may be true with reasons, when they only ask for a role, a reason, an answer or a target",
    },
    "Explanation": {
        "positions": "where the case stands on each track, in order",
        "stages": "track -> stage -> [its state](#stage_states)",
        "decisions": "track -> decision point -> [its state](#decision_states)",
        "statuses": "criterion -> its status",
        "missing": "what closes the gate in front, on every track",
        "open_conditions": "the stage conditions not met of the present stages",
        "debts": "passed over as owed and still to be done",
        "early": "met before its stage was reached",
        "broken_behind": "crossed on a manual track and no longer true",
        "gap": "how far the buyer is ahead",
        "chance": "of winning, from 0 to 1; None where the process gives none",
        "credit": "weights earned, weights there are, items that no document can prove",
        "actions": "what would bring the case on",
        "next_due": "when a tick would report something",
        "won": "the end of kind won that was reached, \"\" if none",
        "end": "the end the case has come to, \"\" while it is open",
        "end_reason": "the reason given for it",
        "held_since": "since when it is on hold",
    },
    "Entry": {
        "seq": "its number, from 1",
        "command": "what was told",
        "events": "what followed",
        "salt": "a random text that hides what is personal from guesses",
    },
    "Difference": {
        "seq": "the number of the entry",
        "told": "the events of the journal",
        "now": "the events that follow now, or a text `refused: ...` with the reasons",
    },
    "Snapshot": {
        "seq": "how many commands were accepted",
        "at": "when the last of them was recorded",
        "done": "a mask of criteria; opaque",
        "passes": "a mask of criteria; opaque",
        "places": "one place for each track; opaque",
        "rest": "all that is rarer; opaque",
    },
    "Command": {
        "kind": "the name of the function of `stagegate.commands` that builds it; `open` for `open_case`",
        "subject": "the id of what it is about, \"\" where it has none",
        "args": "the further arguments, by name",
        "at": "when it is recorded",
        "by": "who told it",
        "role": "in which role; free text unless the definition asks for one",
        "note": "a remark",
        "key": "the idempotency key",
        "happened": "when it took place, if before `at`",
    },
    "Report": {"findings": "sorted by file and place", "sources": "the texts they point into"},
    "Finding": {
        "rule": "one of [the rules](rules/README.md)",
        "severity": "error, warning or note",
        "message": "one line, no full stop",
        "file": "the path as it was given",
        "span": "where it stands",
        "mark": "the remark beside the caret",
        "labels": "further places that belong to it",
        "help": "what to do",
        "fix": "a replacement that is safe to apply",
    },
    "Span": {
        "line": "from 1",
        "column": "from 1, in characters",
        "end_line": "the line of the first character after it",
        "end_column": "the column of the first character after it",
    },
    "Label": {"span": "the place", "text": "what is said of it"},
    "Fix": {"span": "what is replaced", "replacement": "by what", "title": "what that does"},
    "Source": {"name": "the name it goes by", "text": "the whole of it"},
    "DefinitionError": {"report": "every finding"},
    "UnknownNameError": {
        "kind": "the kind of thing: `criterion`, `stage` ...",
        "name": "what was given",
        "suggestion": "the nearest name there is",
    },
}  # fmt: skip

# The attributes whose type cannot be read off the source.
TYPES: Mapping[str, str] = {
    "Action.allowed": "bool",
    "Explanation.won": "str",
    "Explanation.end": "str",
    "Explanation.end_reason": "str",
    "Step.accepted": "bool",
    "Step.repeated": "bool",
}
HIDDEN = frozenset({"Command.plain"})  # for the engine only

# Where a class of the model is described in the language, and what that does not say.
RECORD_OF: Mapping[str, str] = {
    "Definition": "process", "Track": "track", "Stage": "stage", "Criterion": "criterion", "DecisionPoint": "decision_point",
    "Outcome": "outcome", "Jump": "jump", "Loop": "loop", "End": "end", "Activity": "activity", "Prohibition": "prohibition",
    "Fact": "fact", "Role": "role", "Document": "document", "Metric": "metric", "Catalogue": "catalogue", "GapPolicy": "gap",
    "Procedure": "procedure", "Budget": "budget", "Chance": "chance", "Closing": "cycle", "Group": "group", "Probe": "probe", "CatalogueEntry": "entry",
    "Text": "noted_text", "Guidance": "guidance_text",
}  # fmt: skip
OF_MODEL: Mapping[str, str] = {
    "id": "Its id.",
    "title": "The name for people.",
    "notes": "Where it comes from, other names, questions, advice.",
    "track": "The id of its track.",
    "stage": "The id of its stage.",
    "origins": "The ids of the stages it may be made from.",
    "End.origins": "The ids of the stages from which it may be brought about; none stands for all.",
    "Track.closing": "Where the new round of a cycle begins, and whether it forgets a win.",
    "Activity.origins": "The ids of the stages it may be begun in; none stands for all.",
    "Definition.name": "The name of the process.",
    "Definition.file": "The file it was read from, as it was given.",
    "Definition.where": "Places in the file: key -> (line, column); `place_of` reads it.",
    "Definition.gap": "The policy for a gap.",
    "Track.observed": "Whether it is observed from outside; earned by evidence otherwise.",
    "Track.manual": "Whether the case moves only when `advance` is told.",
    "Stage.conditions": "The stage conditions; they close no gate.",
    "Criterion.kind": "`milestone` or `exit`, an item of a gate; `process`, `relationship` or `information`, a stage condition; `appraisal`.",
    "Criterion.stage": "The id of the stage it stands in.",
    "DecisionPoint.after": "The stage it stands after, \"\" when it is only reached as a target.",
    "DecisionPoint.place": "The stage it counts as standing after.",
    "Outcome.kind": "What it does, which follows from its target.",
    "Jump.to": "The stage or decision point it leads to, \"\" when any later one may be named.",
    "Text.en": "The English text.",
    "Text.zh": "The Chinese text.",
    "Catalogue.origin": "The process it comes from (`from:`), \"\" where it is written in this one.",
    "Guidance.text": "The advice, where it is no entry of a catalogue.",
    "Guidance.catalogue": "The catalogue or checklist, where it stands in one.",
    "Guidance.entry": "The entry of that catalogue; \"\" is the whole of it.",
    "Guidance.basis": "Whether the source states it, it comes from the field, or it is proposed.",
    "Invariant.kind": "Which of the five it is.",
    "Invariant.condition": "The condition of `never`, `always` and `possible`.",
    "Invariant.inside": "The stages of `in`.",
    "Invariant.criteria": "The criteria of `before`.",
    "Invariant.entering": "The stages and ends that `before` looks at.",
    "Invariant.or_waived": "Whether a waiver will do.",
    "Invariant.targets": "The stages and ends of `from_everywhere`.",
    "Scenario.start": "The stage it is opened at, \"\" for the first.",
    "Scenario.at_stage": "The stage it is placed at, \"\" where it is opened.",
    "Scenario.skipped": "What becomes of what lies before that stage.",
    "Scenario.given": "What happened before, the facts first.",
    "Scenario.steps": "What happens then, and what must come of it.",
    "Instruction.kind": "The kind of command.",
    "Instruction.subject": "The id of what it is about, \"\" where it has none.",
    "Instruction.args": "The further arguments, by name.",
    "Instruction.at": "When it is told; None is a minute after the one before.",
    "Instruction.after": "How long is waited first.",
    "Expectation.key": "The key of `then`.",
    "Expectation.value": "What is expected, as plain values.",
    "ScenarioStep.when": "The commands.",
    "ScenarioStep.then": "What must hold after the last of them.",
    "where": "Line and column in its file.",
    "ReasonTree.reasons": "The reasons; entries may hold entries, and only a leaf may be given.",
}  # fmt: skip

FINDINGS = ("Report", "Finding", "Span", "Label", "Fix", "Source")
VALUES = (
    "Step", "Event", "Reason", "Position", "Item", "Gap", "Action", "Explanation", "Entry", "Difference", "Snapshot",
    "Command",
)  # fmt: skip
FUNCTIONS = ("load", "check", "bundled_names")
HANDLES = ("Process", "Case")


def python_page() -> str:
    """The page `reference/python.md`."""
    text = "\n".join(page_lines())
    text = re.sub(r"\n{3,}", "\n\n", text)
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip() + "\n"


def page_lines() -> Iterator[str]:
    """The parts of the page, in order."""
    yield HEAD
    yield "## Functions\n"
    yield from (entry(name, getattr(stagegate, name)) for name in FUNCTIONS)
    yield "\n" + TOLD
    remarks = remarks_of(Told)
    for name, told in Told.__annotations__.items():
        kind = getattr(told, "__forward_arg__", told)
        yield f"- `{name}: {kind}`" + (f": {remarks[name]}" if name in remarks else "")
    yield ROLE
    for name in HANDLES:
        yield from described(f"## {name}", getattr(stagegate, name))
        if name == "Case":
            yield RAISES
    yield "\n## Values\n"
    yield "What commands and questions give. None of them ever changes.\n"
    for name in VALUES:
        yield from described(f"### {name}", getattr(stagegate, name))
    yield "\n## Values of facts\n"
    yield FACT_VALUES
    yield from words_and_codes()
    yield from error_lines()
    yield "\n## stagegate.commands\n"
    yield "Commands as values, for batches, queues and `engine.step`. The verbs of `Case` take `at` by name, these by place.\n"
    yield from functions(stagegate.commands)
    yield "\n## stagegate.engine\n"
    yield "The pure form: functions of tables and snapshots. It has the values above, the tables of kinds and codes, and:\n"
    yield from (f"- `{name}`: {whole(getattr(stagegate.engine, name))}" for name in ("Tables", "Refused"))
    yield from functions(stagegate.engine)
    yield "\n## Findings\n"
    yield "What `check` gives, and `DefinitionError.report` holds. A `Report` is also iterated over, and has a length.\n"
    for name in FINDINGS:
        yield from described(f"### {name}", getattr(diagnostics, name))
    yield from model_lines()


def words_and_codes() -> Iterator[str]:
    """The tables of words that attributes hold."""
    yield "\n## Words\n"
    for name, (about, rows) in WORD_LISTS.items():
        yield f"### {name}\n"
        yield about + "\n"
        yield from table("word", {key or '""': text for key, text in rows.items()})
        yield ""
    yield "\n## Action kinds\n"
    yield (
        "`engine.ACTION_KINDS`: what `action.kind` is. A verb of `Case` has the same name, but for two: `give_fact` is done with "
        "`set_facts`, and nothing is to be told for `await`.\n"
    )
    yield from table("kind", stagegate.engine.ACTION_KINDS)
    yield "\n## Event kinds\n"
    yield "`engine.EVENT_KINDS`: what `step.events` tells. Unless the table says otherwise, `subject` is the id of what the event is about.\n"
    yield from table("kind", stagegate.engine.EVENT_KINDS)
    yield "\n## Reason codes\n"
    yield "`engine.REASON_CODES`: why a step is refused, the `code` of each of `step.reasons`.\n"
    yield from table("code", stagegate.engine.REASON_CODES)


def error_lines() -> Iterator[str]:
    """The exceptions, with what they carry."""
    yield "\n## Errors\n"
    yield "A file that cannot be read raises an `OSError` (`FileNotFoundError` ...), which is none of these.\n"
    for name in errors():
        kind = getattr(stagegate, name)
        bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
        yield f"- `{name}` ({bases}): {whole(kind)}"
        types = types_of(kind)
        yield from (f"  - `{one}: {types[one]}`: {text}" for one, text in MEANING.get(name, {}).items())


def described(heading: str, kind: type) -> Iterator[str]:
    """A class: its docstring, its attributes with their types, its properties and methods."""
    yield f"\n{heading}\n"
    yield paragraph(kind) + "\n"
    types, remarks, meaning = types_of(kind), remarks_of(kind), MEANING.get(kind.__name__, {})
    own = [n for n in types if not n.startswith("_") and f"{kind.__name__}.{n}" not in HIDDEN]
    for name in own:
        text = meaning.get(name) or remarks.get(name, "")
        yield f"- `{name}: {types[name]}`" + (f": {text}" if text else "")
    yield from members(kind)


def model_lines() -> Iterator[str]:
    """The classes of the model, with their fields."""
    yield "\n## The model\n"
    yield (
        "`process.definition` and `case.definition` are a `Definition`; its parts are classes of `stagegate.model`, to be read, not made. "
        'A field means what the key of the same name means in [the language](language.md). Titles are a `Text`: call it with `"en"` or `"zh"`.\n'
    )
    for name, kind in vars(model).items():
        if get_origin(kind) is Literal:
            yield f"- `{name}` is one of `{'`, `'.join(get_args(kind))}`."
    yield "- `FactType` has `kind`, the word behind `type:`; `values` of an enumeration; `of`, the type of a list's elements."
    yield "- `Condition` is compiled; `text` is what the file says."
    kinds = [k for k in vars(model).values() if inspect.isclass(k) and k.__module__ == model.__name__]
    for kind in sorted(kinds, key=lambda k: k is not model.Definition):
        yield f"\n### {kind.__name__}\n"
        yield paragraph(kind) + "\n"
        types, remarks = types_of(kind), remarks_of(kind)
        for name in types:
            text = remarks.get(name) or of_model(kind.__name__, name)
            yield f"- `{name}: {types[name]}`" + (f": {text}" if text else "")
        yield from members(kind)


def of_model(kind: str, name: str) -> str:
    """What a field of the model means: said above, or by the key of the language."""
    record = RECORDS.get(RECORD_OF.get(kind, ""))
    keys = NOTES if kind == "Notes" else record.fields if record is not None else {}
    key = keys.get(name)
    if f"{kind}.{name}" in OF_MODEL:
        return OF_MODEL[f"{kind}.{name}"]
    if name in OF_MODEL:
        return OF_MODEL[name]
    return key.about if key is not None else ""


# -- reading the source -------------------------------------------------------------------------------------


def tree_of(kind: type) -> tuple[ast.ClassDef, list[str]]:
    """The source of a class, as a tree and as lines."""
    text = textwrap.dedent(inspect.getsource(kind))
    found = ast.parse(text).body[0]
    assert isinstance(found, ast.ClassDef)
    return found, text.split("\n")


def types_of(kind: type) -> dict[str, str]:
    """The attributes of a class and their types, as the source writes them: in the class, or in `__init__`."""
    tree, _ = tree_of(kind)
    found: dict[str, str] = {}
    for line in tree.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            found[line.target.id] = bare(ast.unparse(line.annotation))
    init = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if init is None or hasattr(kind, "__attrs_attrs__"):
        return {n: TYPES.get(f"{kind.__name__}.{n}", t) for n, t in found.items()}
    given = {a.arg: ast.unparse(a.annotation) for a in (*init.args.args, *init.args.kwonlyargs) if a.annotation}
    for line in init.body:
        if not isinstance(line, ast.AnnAssign | ast.Assign):
            continue
        target = line.target if isinstance(line, ast.AnnAssign) else line.targets[0]
        if isinstance(target, ast.Attribute) and target.attr not in found:
            said = bare(ast.unparse(line.annotation)) if isinstance(line, ast.AnnAssign) else ""
            found[target.attr] = said or made(kind, line.value, given)
    return {n: TYPES.get(f"{kind.__name__}.{n}", t) for n, t in found.items()}


def bare(annotation: str) -> str:
    """A type without `Final` and `ClassVar` around it, "" when nothing is left."""
    inside = re.fullmatch(r"(?:Final|ClassVar)(?:\[(.*)\])?", annotation)
    return (inside[1] or "") if inside else annotation


def made(kind: type, value: ast.expr | None, given: Mapping[str, str]) -> str:
    """The type of a value in `__init__`: that of a parameter, or what a function or class gives; "" for any other."""
    if isinstance(value, ast.Name):
        return given.get(value.id, "")
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        maker = vars(sys.modules[kind.__module__]).get(value.func.id)
        if inspect.isclass(maker):
            return maker.__name__
        if inspect.isfunction(maker):
            return str(maker.__annotations__.get("return", ""))
    return ""


def remarks_of(kind: type) -> dict[str, str]:
    """The remarks beside the attributes of a class."""
    tree, lines = tree_of(kind)
    found: dict[str, str] = {}
    for line in ast.walk(tree):
        said = re.search(r"  # (.*)$", lines[line.lineno - 1]) if isinstance(line, ast.AnnAssign) else None
        if isinstance(line, ast.AnnAssign) and said is not None:
            target = line.target
            found[target.attr if isinstance(target, ast.Attribute) else ast.unparse(target)] = said[1]
    return found


# -- parts of the page --------------------------------------------------------------------------------------


def errors() -> list[str]:
    """The public exceptions, the base first."""
    found = [name for name in stagegate.__all__ if name.endswith("Error")]
    return sorted(found, key=lambda name: (name != "StagegateError", name))


def table(head: str, rows: object) -> Iterator[str]:
    yield f"| {head} | |"
    yield "| --- | --- |"
    assert hasattr(rows, "items")
    for key, text in rows.items():
        yield f"| `{key}` | {text} |"


def members(kind: type) -> Iterator[str]:
    """The public methods and properties of a class, in the order of the source."""
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            assert member.fget is not None
            told = member.fget.__annotations__.get("return", "")
            meant = MEANING.get(kind.__name__, {}).get(name) or whole(member)
            yield f"- `{name}: {told}`: {meant}"
        elif isinstance(member, classmethod):
            yield entry(f"{kind.__name__}.{name}", getattr(kind, name))
        elif inspect.isfunction(member):
            yield entry(name, member)


def functions(module: ModuleType) -> Iterator[str]:
    """The public functions of a module."""
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    for name in names:
        function = getattr(module, name)
        if not inspect.isfunction(function) or not function.__module__.startswith(stagegate.engine.__name__):
            continue
        if module is not stagegate.commands or function.__annotations__.get("return") == "Command":
            yield entry(name, function)


def entry(name: str, function: object) -> str:
    """One function: its signature and its whole docstring."""
    assert callable(function)
    return f"- `{name}{signature(function)}`: {whole(function)}"


def signature(function: object) -> str:
    """The signature as it is written in the source, without `self`."""
    assert callable(function)
    found = inspect.signature(function)
    given = [p for p in found.parameters.values() if p.name not in ("self", "cls")]
    parts: list[str] = []
    for at, one in enumerate(given):
        if one.kind is one.KEYWORD_ONLY and not any(p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL) for p in given[:at]):
            parts.append("*")
        if one.kind is one.VAR_KEYWORD:
            parts.append(f"**{one.name}")
            continue
        assert isinstance(one.annotation, str), (name_of(function), one.name)
        said = one.default.__name__ if inspect.isroutine(one.default) else repr(one.default).replace("datetime.", "")
        default = "" if one.default is one.empty else f" = {said}".replace("'", '"')
        stars = "*" if one.kind is one.VAR_POSITIONAL else ""
        parts.append(f"{stars}{one.name}: {one.annotation}{default}")
    return f"({', '.join(parts)}) -> {found.return_annotation}"


def name_of(function: object) -> str:
    return str(getattr(function, "__qualname__", function))


def paragraph(thing: object) -> str:
    """The whole docstring as Markdown."""
    return inspect.getdoc(thing) or ""


def whole(thing: object) -> str:
    """The whole docstring on one line."""
    return " ".join((inspect.getdoc(thing) or "").split())


# -- testing ------------------------------------------------------------------------------------------------

TESTING_HEAD = """\
# Testing

`stagegate.testing` and the pytest plugin, made from the code by `docs/generate.py`. Both come with `stagegate[testing]`. How they work together:
[tutorial for testers](../tutorials/tester.md). On a build server: [test definitions in CI](../how-to/test-in-ci.md).

Here: [stagegate.testing](#stagegatetesting), [items](#items), [markers](#markers), [options](#options), [configuration](#configuration),
[the footer](#the-footer).
"""

TESTING_FUNCTIONS = """\
`process` is a `Process`, as `stagegate.load` gives it. A strategy is one of Hypothesis; `st` is `hypothesis.strategies`. Seeded definitions need no
Hypothesis. Kinds of command are those of [the Python face](python.md), such as `meet` and `set_facts`.
"""

ITEMS = """\
The plugin makes of each definition a file of items. An item runs alone by its id, `path/to/file.yaml::name`. `p` stands for the name of the process,
`d` for a decision point, `o` for an outcome.
"""

# What an item is about; those of invariants and general questions are held against the code by a test.
ITEM_NAMES: Mapping[str, tuple[str, str]] = {
    "check": ("stagegate_check", "`stagegate check` finds errors in the file, or in a file of scenarios beside it. Warnings are shown among those of pytest"),
    "scenario[id]": ("stagegate_scenario", "the scenario does not come out as it says"),
    "never[id]": ("stagegate_invariant", "its condition can come true"),
    "always[id]": ("stagegate_invariant", "its condition can fail to be true"),
    "possible[id]": ("stagegate_invariant", "its condition can never be true"),
    "from_everywhere[id]": ("stagegate_invariant", "there is an open state from which no way leads there"),
    "before[id]": ("stagegate_invariant", "the stage or end can be entered while the criterion does not hold"),
    "reaches[stage or end]": ("stagegate_proof", "no case ever comes there"),
    "completes[stage]": ("stagegate_proof", "no case ever completes it"),
    "takes[d.o]": ("stagegate_proof", "no case ever takes the outcome"),
    "makes[jump, loop or stage]": ("stagegate_proof", "no case ever makes the move, or repeats the stage"),
    "way_out[p]": ("stagegate_proof", "there is an open state from which no way leads to any end"),
    "rests[p]": ("stagegate_proof", "an automatic decision leads back to itself with every command"),
    "one_outcome[d]": ("stagegate_proof", "two outcomes of an automatic decision can be allowed at once"),
    "some_outcome[d]": ("stagegate_proof", "an automatic decision can be left without any outcome"),
    "can_hold[x]": ("stagegate_proof", "the condition of x is true for no values of its facts"),
    "can_fail[x]": ("stagegate_proof", "the condition of x is true for all values of its facts"),
}  # fmt: skip

ANSWERS = """
What stays undecided is skipped with the reason, or fails with `stagegate_undecided = fail`. A failure shows the stage, the last command, the facts, and the
lines of the definition that decided.
"""


class Options:
    """What the plugin asks pytest for: the names of options and of lines of configuration, each with its help."""

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self.lines: dict[str, str] = {}
        plugin.pytest_addoption(self)  # type: ignore[arg-type]

    def getgroup(self, name: str, description: str) -> Options:
        return self

    def addoption(self, name: str, *, help: str, **rest: object) -> None:
        self.options[name] = help

    def addini(self, name: str, help: str, *, type: str = "string", default: object = None) -> None:
        self.lines[name] = help + (f" (by default `{str(default).lower()}`)" if default not in (None, []) else "")


def testing_page() -> str:
    """The page `reference/testing.md`."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(testing_lines()))
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip() + "\n"


def testing_lines() -> Iterator[str]:
    """The parts of the page, in order."""
    yield TESTING_HEAD
    yield "## stagegate.testing\n"
    yield TESTING_FUNCTIONS
    yield f"A size is one of `{'`, `'.join(get_args(SizeName))}`."
    for name in testing.__all__:
        thing = getattr(testing, name)
        if inspect.isclass(thing):
            yield f"\n### {name}\n"
            yield paragraph(thing) + "\n"
            yield from members(thing)
        else:
            yield f"\n### {name}\n"
            yield f"`{name}{at_as_text(signature(thing))}`\n"
            yield paragraph(thing)
    yield "\n## Items\n"
    yield ITEMS
    yield "| item | marker | fails when |"
    yield "| --- | --- | --- |"
    yield from (f"| `{name}` | `{marker}` | {text} |" for name, (marker, text) in ITEM_NAMES.items())
    for name, check in PROPERTIES.items():
        yield f"| `property[{name}]` | `stagegate_property` | a random deal is found for which this is not so: {lower(whole(check)).rstrip('.')} |"
    yield ANSWERS
    yield "## Markers\n"
    yield "For `-m`. All items bear the first.\n"
    yield from table("marker", dict(marker.split(": ", 1) for marker in plugin.MARKERS))
    asked = Options()
    yield "\n## Options\n"
    yield "Nothing is collected unless it is asked for: by this option, by a line of configuration, or by naming a YAML file on the command line.\n"
    yield from table("option", asked.options)
    yield "\n## Configuration\n"
    yield "Under `[pytest]` in `pytest.ini`, or `[tool.pytest.ini_options]` in `pyproject.toml`.\n"
    yield from table("line", asked.lines)
    yield "\n## The footer\n"
    yield (
        "The end of a run counts for each process what the scenarios and random deals have seen, and names what they never did; "
        "`-v` names all of it. Proofs are not counted. It counts:\n"
    )
    yield from (f"- {words}" for words in WORDS.values())


def lower(text: str) -> str:
    """A sentence as part of another."""
    return text[:1].lower() + text[1:]


def at_as_text(text: str) -> str:
    """A signature in which a time is written as one."""

    def at_text(found: re.Match[str]) -> str:
        year, month, day, hour, minute = map(int, found.groups())
        return f"{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC"

    return re.sub(
        r"datetime\.datetime\((\d+), (\d+), (\d+), (\d+), (\d+), tzinfo=datetime\.timezone\.utc\)", at_text, text
    )


EVENTS_HEAD = """\
# Events

What followed from a command is told as events: by `step.events` at once, to subscribers after the commit, and through the outbox of a
[store](../how-to/subscribe.md). This page is made from the code by `docs/generate.py`, from the table that the JSON Schema is made of.

## The envelope

`stagegate.store.cloud_event(happened)` gives a [CloudEvent](https://cloudevents.io) 1.0 as JSON can hold it:

| attribute | |
| --- | --- |
| `specversion` | `1.0` |
| `id` | `CASE/SEQ/N`: the case, the number of the entry in its journal, which event of that entry. The same however often it is delivered: deduplicate by it |
| `source` | `/stagegate/PROCESS` |
| `type` | `stagegate.case.KIND.v1`; the number is raised when a field is taken away or changes, not when one is added |
| `subject` | the case |
| `time` | when the command was recorded |
| `datacontenttype` | `application/json` |
| `dataschema` | the name of the JSON Schema of `data` |
| `data` | see below |

## Data of every event

"""

EVENTS_SCHEMA = """
`stagegate schema --events` prints the JSON Schema of all of them; it lies in the package as `engine/stagegate-events-1.json`. Readers
should ignore fields they do not know.
"""


def events_page() -> str:
    """`reference/events.md`."""
    return EVENTS_HEAD + "\n".join(event_lines()) + "\n"


def event_lines() -> Iterator[str]:
    """What stands in the data of events."""
    yield from table("field", {name: meaning_of(schema) for name, schema in event_data.ENVELOPE.items()})
    yield "\n## Kinds\n"
    yield "Beside those, by kind. `?` stands behind what may be missing.\n"
    yield "| kind | | data |"
    yield "| --- | --- | --- |"
    for kind, names in event_data.EVENT_DATA.items():
        about = stagegate.engine.EVENT_KINDS[kind].partition("data: ")[0].rstrip("; ")
        yield f"| `{kind}` | {about} | {', '.join(f'`{name}`' for name in names)} |"
    yield "\n## Fields\n"
    yield from table("field", {name: meaning_of(schema) for name, schema in event_data.FIELDS.items()})
    yield EVENTS_SCHEMA.rstrip()


def meaning_of(schema: Mapping[str, Any]) -> str:
    """What a field holds, with its type."""
    kind = "a list of strings" if schema["type"] == "array" else f"{schema['type']}"
    return f"{kind}: {schema['description']}"


# -- stores, versions, bindings -------------------------------------------------------------------------------

STORE_HEAD = """\
# Store, versions, binding

The packages a host adds to [the Python face](python.md), made from the code by `docs/generate.py`: `stagegate.store` (extra `store`,
for PostgreSQL `postgres`, for asyncio `async`), `stagegate.versions`, `stagegate.binding` (extra `transitions`), and the tables of a store.
How they are used: [store](../how-to/store.md), [several workers](../how-to/several-workers.md), [subscribe](../how-to/subscribe.md),
[migrate](../how-to/migrate-running-cases.md), [come from transitions](../how-to/come-from-transitions.md).

## Store
"""
STORE_VALUES = ("CaseRow", "Sought", "Opened", "Turned", "Ticked", "Damage", "Subscriber", "Happened")
VERSIONS = (
    (diff, ("diff",)), (draft, ("draft",)), (plan, ("plan_of",)), (carry, ("carry",)), (replay, ("replay",)),
)  # fmt: skip
VERSION_VALUES = (diff.Change, draft.Draft, plan.Plan, carry.Carried, report.Report, report.Became)


def store_page() -> str:
    """`reference/store.md`."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(store_lines()))
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip() + "\n"


def store_lines() -> Iterator[str]:
    """The parts of the page, in order."""
    yield STORE_HEAD
    yield paragraph(Store) + "\n"
    yield f"- `Store{signature(Store.__init__).removesuffix(' -> None')}`"
    for name, verb in verbs(Store):
        told = getattr(Unit, name, verb) if whole(verb).startswith("See ") else verb
        more = whole(verb).partition(";")[2].strip()
        added = f" Of a `Store`: {more}" if told is not verb and more else ""
        yield f"- `{name}{signature(verb)}`: {whole(told)}{added}"
    yield "\n### Unit\n"
    yield paragraph(Unit) + "\n"
    yield "It has the verbs above but for `begin`, `on`, `close`, `deliver` and `migrate`, each in the transaction of the host, and:\n"
    there = {name for name, _ in verbs(Store)}
    yield from (f"- `{name}{signature(verb)}`: {whole(verb)}" for name, verb in verbs(Unit) if name not in there)
    yield "\n### AsyncStore\n"
    yield paragraph(AsyncStore) + "\n"
    own = {name: verb for name, verb in verbs(AsyncStore) if name not in there or name in ("on", "verify")}
    yield from (f"- `{name}{signature(verb)}`: {whole(verb)}" for name, verb in own.items())
    for name in STORE_VALUES:
        yield from described(f"### {name}", getattr(store, name))
    yield "\n### Opening\n"
    yield "What `open_many` takes: `tuple[str, Command, Sequence[Command]]`, the id of a case, the `open` command, and what follows it."
    yield "\n### cloud_event\n"
    yield entry("cloud_event", store.cloud_event) + " See [events](events.md)."
    yield "\n### A worker's loop\n"
    yield "In `stagegate.store.due`:\n"
    yield from (entry(name, getattr(store.due, name)) for name in ("run", "run_async"))
    yield "\n## The tables\n"
    yield f"Version {store.SCHEMA_VERSION} of the tables (`SCHEMA_VERSION`). Times are whole microseconds since 1970 in UTC. `/` parts SQLite from PostgreSQL."
    yield "Read them as you like; write through the verbs only: what is written by hand is found by `verify`."
    yield from table_lines()
    yield "\n## Versions\n"
    yield "Pure: no file and no database. Each function is in the module of `stagegate.versions` named with it.\n"
    yield from (
        entry(f"{module.__name__.rpartition('.')[2]}.{name}", getattr(module, name))
        for module, names in VERSIONS
        for name in names
    )
    for kind in VERSION_VALUES:
        yield from described(f"### {kind.__name__}", kind)
    yield "\n## Binding\n"
    yield "`process.bind` and `process.bind_async` make it; see [the Python face](python.md#process).\n"
    for kind in (binding.Binding, binding.AsyncBinding, binding.RefusedError):
        yield f"\n### {kind.__name__}\n"
        yield paragraph(kind) + "\n"
        yield from members(kind)


def verbs(kind: type) -> list[tuple[str, Any]]:
    """The public methods of a class, in the order of the source."""
    return [
        (name, getattr(kind, name))
        for name, member in vars(kind).items()
        if name[0] != "_" and callable(getattr(kind, name))
    ]


def pictures() -> dict[str, str]:
    """The pictures of the pages: what `stagegate draw` gives."""
    definition = stagegate.load("project-sales").definition
    return {
        "pictures/project-sales.svg": draw(definition),
        "pictures/project-sales.zh.svg": draw(definition, language="zh"),
    }


def generated() -> dict[Path, str]:
    """Every file made from the code and the definitions, with its text."""
    texts = {
        "reference/python.md": python_page(),
        "reference/testing.md": testing_page(),
        **pictures(),
        **definition_pages(),
    }
    texts["reference/events.md"] = events_page()
    texts["reference/store.md"] = store_page()
    return {DOCS / name: text for name, text in texts.items()}


def stale(texts: Mapping[Path, str]) -> list[Path]:
    """The files that are not as they would be written now, and those about definitions that are no more."""
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    there = {path for path in (DOCS / FOLDER).rglob("*") if path.is_file()}
    return changed + sorted(there - {SUBJECTS} - set(texts))


def main() -> int:
    """Writes the files, or tells which are not up to date."""
    texts = generated()
    found = stale(texts)
    for path in found:
        print(path.relative_to(DOCS.parent))
    if "--check" in sys.argv[1:]:
        return int(bool(found))
    for path in found:
        if path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
