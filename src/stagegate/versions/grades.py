"""What a change means for cases that run: one table of the fields that move nothing, some, or much.

- `none`: no case can tell.
- `compatible`: cases go on as they are; an empty plan, or none where the flow is the same, carries them over.
- `plan`: without a line in a plan a case loses something, or goes elsewhere by itself.
- `breaking`: a plan alone does not make it whole: something is lost for good, or a person has to say where cases go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from stagegate.versions.things import Sort

Grade = Literal["none", "compatible", "plan", "breaking"]
GRADES: Final[tuple[Grade, ...]] = ("none", "compatible", "plan", "breaking")
Verdict = tuple[Grade, str]  # the grade, and the word of the reason that render tells as a sentence

TEXT: Final[Verdict] = ("none", "text")
FIGURE: Final[Verdict] = ("compatible", "figure")
GUARD: Final[Verdict] = ("compatible", "guard")
GAP: Final[Verdict] = ("compatible", "gap")
LATER: Final[Verdict] = ("compatible", "later")
WAY: Final[Verdict] = ("plan", "way")
GATE: Final[Verdict] = ("plan", "gate")
END: Final[Verdict] = ("plan", "end")
SHAPE: Final[Verdict] = ("breaking", "shape")

# Fields whose things are compared one by one, or that only the reader needs.
APART: Final = frozenset({
    "id", "name", "file", "where", "tracks", "stages", "facts", "roles", "documents", "metrics", "catalogues", "checklists_declared",
    "reason_trees", "activities", "ends", "scenarios", "invariants", "decision_points", "jumps", "loops", "outcomes",
    "version", "entry_milestone", "exit_criteria", "conditions", "appraisal", "prohibitions", "place", "track", "stage",
})  # fmt: skip
# Texts and notes on anything, wherever they stand.
TOLD: Final = frozenset({
    "title", "notes", "definition", "aims", "tasks", "question", "summary", "family", "incomplete", "undescribed", "notation",
    "retired", "tools", "participants", "budget", "guidance", "actor", "content", "qualifications", "duties", "kpis",
    "reviewers", "period", "unit", "target", "baseline", "formula", "entries", "group", "groups", "limit_notes", "tool_notes",
    "participant_notes", "result_titles", "end_kinds", "continues_in", "origin", "with_role", "with_roles", "checklists",
})  # fmt: skip

FIELDS: Final[Mapping[tuple[Sort, str], Verdict]] = {
    ("process", "gap"): GAP,
    ("track", "side"): ("plan", "sides"),
    ("track", "observed"): SHAPE,
    ("track", "manual"): SHAPE,
    ("track", "cycle"): LATER,
    ("track", "closing"): LATER,
    ("stage", "pairs_with"): GAP,
    ("stage", "start"): LATER,
    ("stage", "next"): WAY,
    ("stage", "chance"): FIGURE,
    ("stage", "time_limit"): FIGURE,
    ("stage", "wins"): END,
    ("stage", "completes"): END,
    ("stage", "optional"): GUARD,
    ("stage", "repeatable"): GUARD,
    ("stage", "applies_when"): WAY,
    ("stage", "procedures"): LATER,
    ("criterion", "kind"): GATE,
    ("criterion", "when"): ("plan", "condition"),
    ("criterion", "applies_when"): ("plan", "condition"),
    ("criterion", "optional"): GATE,
    ("criterion", "once"): LATER,
    ("criterion", "evidence"): ("plan", "evidence"),
    ("criterion", "waivable"): ("plan", "waivable"),
    ("criterion", "level"): FIGURE,
    ("criterion", "levels"): FIGURE,
    ("criterion", "weight"): FIGURE,
    ("criterion", "of"): FIGURE,
    ("decision", "after"): SHAPE,
    ("decision", "automatic"): WAY,
    ("outcome", "kind"): WAY,
    ("outcome", "to"): WAY,
    ("outcome", "hold"): LATER,
    ("outcome", "when"): GUARD,
    ("outcome", "requires"): GUARD,
    ("outcome", "roles"): GUARD,
    ("outcome", "max"): GUARD,
    ("outcome", "keep"): GUARD,
    ("outcome", "otherwise"): GUARD,
    ("outcome", "skipped"): LATER,
    ("outcome", "wins"): LATER,
    ("outcome", "forgets_win"): LATER,
    **{
        (sort, name): GUARD
        for sort in ("jump", "loop")
        for name in ("origins", "to", "when", "requires", "roles", "max", "keep", "probe")
    },
    ("jump", "skipped"): LATER,
    ("end", "kind"): END,
    ("end", "by_command"): GUARD,
    ("end", "reasons"): GUARD,
    **{("end", name): GUARD for name in ("origins", "when", "requires", "roles")},
    **{("activity", name): GUARD for name in ("origins", "results", "blocks", "standing")},
    ("activity", "procedures"): LATER,
    ("fact", "type"): ("breaking", "values"),
    ("fact", "minimum"): ("plan", "bounds"),
    ("fact", "maximum"): ("plan", "bounds"),
    ("fact", "values"): TEXT,
    ("role", "side"): TEXT,
    ("metric", "of"): TEXT,
    ("reasons", "reasons"): GUARD,
}

ADDED: Final[Mapping[Sort, Verdict]] = {
    "track": ("plan", "new_track"),
    "stage": ("plan", "new_stage"),
    "decision": ("breaking", "new_decision"),
}
REMOVED: Final[Mapping[Sort, Verdict]] = {
    "track": ("breaking", "lost_track"),
    "stage": ("breaking", "lost_stage"),
    "criterion": ("plan", "lost_record"),
    "decision": ("plan", "lost_way"),
    "outcome": ("plan", "lost_way"),
    "jump": ("plan", "lost_way"),
    "loop": ("compatible", "lost_count"),
    "end": ("plan", "lost_end"),
    "activity": ("plan", "lost_activity"),
    "fact": ("plan", "lost_value"),
    "document": ("plan", "lost_proof"),
}
RENAMED: Final[Mapping[Sort, Verdict]] = dict.fromkeys(
    ("track", "stage", "criterion", "decision", "outcome", "jump", "loop", "end", "activity", "fact", "document"),
    ("plan", "name"),
)
# What a case keeps nothing of.
ONLY_TOLD: Final[Verdict] = ("none", "kept_nowhere")
AN_OFFER: Final[Verdict] = ("compatible", "offer")


def of_field(sort: Sort, name: str, old: Any, new: Any) -> Verdict:
    """What it means that one field of a thing has changed. A field nobody has judged needs a plan."""
    narrower = NARROWER.get((sort, name))
    if narrower is not None and not narrower(old, new):
        return GUARD if sort == "criterion" else LATER
    if (sort, name) in FIELDS:
        return FIELDS[sort, name]
    return TEXT if name in TOLD else ("plan", "unjudged")


def less_waivable(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether a criterion that could be waived can be no more."""
    return bool(old) and not new


def wants_more(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    """Whether a document is wanted that was not."""
    return not set(new) <= set(old)


def takes_less(old: Any, new: Any) -> bool:
    """Whether a fact's type no longer takes some value that it took."""
    if (old.kind, new.kind) == ("integer", "number"):
        return False
    same = old.kind == new.kind and set(old.values) <= set(new.values)
    return not (same and (old.of == new.of or (old.of and new.of and not takes_less(old.of, new.of))))


NARROWER: Final[Mapping[tuple[Sort, str], Callable[[Any, Any], bool]]] = {
    ("criterion", "optional"): lambda old, new: bool(old and not new),
    ("criterion", "waivable"): less_waivable,
    ("criterion", "evidence"): wants_more,
    ("fact", "type"): takes_less,
    ("fact", "minimum"): lambda old, new: new is not None and (old is None or new > old),
    ("fact", "maximum"): lambda old, new: new is not None and (old is None or new < old),
}
