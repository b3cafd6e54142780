"""What the commands look like in YAML, one record for each: in commands files and in scenarios.

`do` tells which command it is. The two kinds of file differ in what is told of every command: its time must stand
in a commands file and may be left out in a scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stagegate.language.shapes import (
    Anything,
    ByValue,
    Either,
    Field,
    MapOf,
    Moment,
    Named,
    Nothing,
    OneOf,
    Record,
    Refers,
    Shape,
    Words,
)

_STRING: Final = Words()
_PLACE: Final = Words("a text that says where the document is")
MOMENT: Final = Moment()
FACTS: Final = MapOf(Anything(), ">fact", least=1)
EVIDENCE: Final = MapOf(_PLACE, ">document", least=1)
_EVIDENCE_OR_NOT: Final = MapOf(Either((_PLACE, Nothing())), ">document", least=1)
TOLD: Final[Mapping[str, Field]] = {
    "by": Field(_STRING, "The person or system."),
    "role": Field(_STRING, "In which role."),
    "note": Field(_STRING, "A remark."),
    "key": Field(_STRING, "An idempotency key."),
    "happened": Field(MOMENT, "When it took place, if before `at`."),
}


def _id(kind: str, about: str) -> Field:
    return Field(Refers(kind), about, required=True)


def _may(shape: Shape, about: str) -> Field:
    return Field(shape, about)


_CRITERION: Final = _id("criterion", "The criterion.")
_REASON: Final = _may(_STRING, "The reason.")
_UNTIL: Final = _may(MOMENT, "Until when.")
_ACTIVITY: Final = _id("activity", "The activity.")
_DOCUMENTS: Final = "Document -> where it is."

_OWN: Final[Mapping[str, Mapping[str, Field]]] = {
    "meet": {"criterion": _CRITERION, "evidence": _may(EVIDENCE, _DOCUMENTS)},
    "retract": {"criterion": _CRITERION},
    "attach": {"criterion": _CRITERION, "evidence": Field(_EVIDENCE_OR_NOT, _DOCUMENTS, required=True)},
    "waive": {"criterion": _CRITERION, "reason": _REASON, "until": _UNTIL},
    "set_facts": {"facts": Field(FACTS, "Fact -> value.", required=True)},
    "observe": {
        "stage": _id("observed", "Where the buyer stands."),
        "source": _may(_STRING, "How it is known."),
    },
    "complete": {"stage": _id("earned", "The stage.")},
    "advance": {"track": _may(Refers("earned_track"), "The track, where several are manual.")},
    "decide": {
        "decision": _id("decision", "The decision point."),
        "outcome": _id("outcome", "The outcome."),
        "reason": _REASON,
    },
    "jump": {
        "jump": _id("jump", "The jump."),
        "answer": _may(OneOf(("willing", "unwilling")), "The answer to its probe."),
        "to": _may(Refers("target"), "The target, where any later one may be named."),
    },
    "loop_back": {"loop": _id("loop", "The loop, or the stage to repeat.")},
    "skip": {"stage": _id("earned", "The stage.")},
    "begin": {"activity": _ACTIVITY},
    "finish": {"activity": _ACTIVITY, "result": _may(Refers("result"), "Its result.")},
    "report": {
        "process": Field(Refers("procedure", r"."), "The sub-procedure.", required=True),
        "end": Field(_STRING, "Its end.", required=True),
        "stage": _may(Refers("reporting"), "The stage or activity it was done for, where several have it."),
    },
    "breach": {"prohibition": _id("prohibition", "The prohibition.")},
    "hold": {"until": _UNTIL},
    "resume": {},
    "end": {"end": _id("end", "The end."), "reason": _REASON},
    "reopen": {"stage": _id("primary", "The stage.")},
    "tick": {},
}
KINDS: Final = tuple(_OWN)

COMMAND: Final = ByValue("command", "do", tuple((kind, Named(f"do_{kind}")) for kind in KINDS))
"""A command of any kind; `commands` gives the records it names."""


def commands(told: Mapping[str, Field]) -> dict[str, Record]:
    """The record of each command, by name, where `told` are the keys that may stand on every one."""
    return {f"do_{kind}": _record(kind, told) for kind in KINDS}


def _record(kind: str, told: Mapping[str, Field]) -> Record:
    do = Field(OneOf((kind,)), "The command.", required=True)
    return Record(f"do_{kind}", f"the command `{kind}`", {"do": do, **_OWN[kind], **told})
