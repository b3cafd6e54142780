"""Whether a command names things that the process has; anything else is a mistake of the host."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from stagegate.engine.commands import KINDS, Command
from stagegate.errors import CommandError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stagegate.engine.tables import Tables


def check_names(tables: Tables, command: Command) -> None:
    """Raises `UnknownNameError` for a name the process does not have, `CommandError` for a malformed command."""
    if command.kind not in KINDS or command.kind == "open":
        raise CommandError(f"`{command.kind}` is not a command of a running case")
    subject, args = command.subject, command.args
    definition = tables.definition
    check_args(args, command.kind)
    if subject and command.kind in NO_SUBJECT:
        raise CommandError(f"`{command.kind}` is about the whole case, not about `{subject:.60}`")
    match command.kind:
        case "meet" | "retract" | "attach" | "waive":
            known("criterion", subject, tables.bit_of)
            check_documents(tables, args.get("evidence") or {})
        case "set_facts":
            for name in args.get("facts", {}):
                known("fact", name, tables.fact_of)
        case "observe" | "complete" | "skip":
            known("stage", subject, tables.stage_of)
            if command.kind != "observe" and tables.tracks[tables.stage_of[subject].track].observed:
                raise CommandError(f"`{subject}` is a stage of an observed track: it can only be observed")
        case "reopen":
            primary = () if tables.primary is None else [s.stage.id for s in tables.primary.stages]
            known("stage of the track that ends the case", subject, primary)
        case "advance":
            if subject:
                known("track", subject, tables.track_of)
        case "decide":
            known("decision point", subject, tables.decision_of)
            known("outcome", args.get("outcome", ""), tables.decision_of[subject].by_id)
        case "jump":
            known("jump", subject, tables.jump_of)
            check_jump(tables, command)
        case "loop_back":
            known("loop", subject, tables.loop_of)
        case "begin" | "finish":
            known("activity", subject, [a.id for a in definition.activities])
            check_result(tables, command)
        case "report":
            known("sub-procedure", subject, tables.procedures)
            if not args.get("end"):
                raise CommandError("`report` needs the end of the sub-procedure")
            check_owner(tables, subject, args.get("stage", ""))
        case "breach":
            known("prohibition", subject, [p.id for s in definition.stages() for p in s.prohibitions])
        case "end":
            known("end", subject, tables.end_of)
        case _:
            pass


ARGUMENTS: Final[Mapping[str, type]] = {
    "evidence": Mapping,
    "facts": Mapping,
    "until": datetime,
    **dict.fromkeys(
        ("reason", "source", "outcome", "answer", "to", "result", "end", "stage", "start", "at_stage", "skipped"), str
    ),
}
TAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("start", "at_stage", "skipped"),
    "meet": ("evidence",),
    "attach": ("evidence",),
    "waive": ("reason", "until"),
    "set_facts": ("facts",),
    "observe": ("source",),
    "decide": ("outcome", "reason"),
    "jump": ("answer", "to"),
    "finish": ("result",),
    "report": ("end", "stage"),
    "hold": ("until",),
    "end": ("reason",),
}
NEEDED: Final[Mapping[str, str]] = {"set_facts": "facts", "attach": "evidence"}
NO_SUBJECT: Final = ("set_facts", "hold", "resume", "tick", "open")


def check_args(args: Mapping[Any, Any], kind: str) -> None:
    """Raises `CommandError` for an argument that the command does not have, of the wrong kind, or missing."""
    for name, value in args.items():
        if name not in TAKES.get(kind, ()):
            taken = ", ".join(TAKES.get(kind, ())) or "none"
            raise CommandError(f"`{kind}` has no argument `{name!s:.60}`; it takes {taken}")
        if not isinstance(value, ARGUMENTS[name]):
            wanted = "a text" if ARGUMENTS[name] is str else "a datetime" if name == "until" else "a mapping"
            raise CommandError(f"`{name}` of `{kind}` is {wanted}, not {value!r:.60}")
    until = args.get("until")
    if until is not None and until.tzinfo is None:
        raise CommandError(f"`until` of `{kind}` needs a time zone")
    if kind in NEEDED and NEEDED[kind] not in args:
        raise CommandError(f"`{kind}` needs `{NEEDED[kind]}`")


def known(kind: str, name: object, names: Iterable[str]) -> None:
    """Raises `UnknownNameError`, with the nearest name, when `name` is not among `names`."""
    if not isinstance(name, str) or name not in names:
        refuse(kind, name, names)


def refuse(kind: str, name: object, names: Iterable[str]) -> NoReturn:
    """Raises `UnknownNameError` with the nearest of the names there are."""
    from difflib import get_close_matches  # only needed for a mistake

    near = get_close_matches(str(name)[:80], list(names), n=1)
    raise UnknownNameError(kind, str(name)[:80], near[0] if near else None)


def check_documents(tables: Tables, evidence: Any) -> None:
    """Every document attached must be one of the process."""
    documents = [d.id for d in tables.definition.documents]
    for document, where in evidence.items():
        known("document", document, documents)
        if where is not None and not isinstance(where, str):
            raise CommandError(f"where `{document}` is must be a text, not {where!r:.60}")


def check_jump(tables: Tables, command: Command) -> None:
    """The answer is one of two words; a target is a stage or decision point of the jump's track."""
    answer, to = command.args.get("answer"), command.args.get("to", "")
    if answer not in (None, "willing", "unwilling"):
        raise CommandError(f"the answer to a probe is `willing` or `unwilling`, not `{answer}`")
    table, _ = tables.jump_of[command.subject]
    if to:
        nodes = [s.stage.id for s in table.stages] + [d.id for d in table.decisions]
        known("stage or decision point of this track", to, nodes)


def check_owner(tables: Tables, process: str, name: str) -> None:
    """A stage or activity for which a sub-procedure is reported is one that has it."""
    if not name:
        return
    known("stage or activity", name, [*tables.stage_of, *(a.id for a in tables.definition.activities)])
    if name not in tables.owners(process):
        at = tables.definition.place_of(f"stage:{name}") or tables.definition.place_of(f"activity:{name}")
        raise CommandError(f"`{name}` ({at}) has no sub-procedure `{process}`: " + has_it(tables.owners(process)))


def has_it(owners: Iterable[str]) -> str:
    """Which stages and activities have a sub-procedure."""
    names = [f"`{owner}`" for owner in owners]
    return f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} it"


def check_result(tables: Tables, command: Command) -> None:
    """A result is one of those the activity declares."""
    result = command.args.get("result", "")
    activity = next(a for a in tables.definition.activities if a.id == command.subject)
    if result:
        known("result of this activity", result, activity.results)
