"""The triggers of a machine: one for each move that the process declares, and the verbs that report something.

A trigger makes a command: `decide_worth_a_bid_go(role="manager")` is `decide("worth_a_bid", "go", role="manager")`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stagegate.engine import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from stagegate.engine.commands import Command
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.tables import Tables

Key = tuple[str, str, str]  # kind of command, subject, outcome

VERBS: Final[Mapping[str, Callable[..., Command]]] = {
    "meet": commands.meet,
    "retract": commands.retract,
    "attach": commands.attach,
    "waive": commands.waive,
    "set_facts": commands.set_facts,
    "observe": commands.observe,
    "begin": commands.begin,
    "finish": commands.finish,
    "report": commands.report,
    "breach": commands.breach,
    "advance": commands.advance,
    "hold": commands.hold,
    "resume": commands.resume,
    "tick": commands.tick,
}
MOVES: Final[Mapping[str, Callable[..., Command]]] = {
    "complete": commands.complete,
    "decide": commands.decide,
    "jump": commands.jump,
    "loop_back": commands.loop_back,
    "skip": commands.skip,
    "end": commands.end,
    "reopen": commands.reopen,
}


class Trigger:
    """One trigger: its name, the command it makes, and the track it moves on (None: it moves none by itself)."""

    __slots__ = ("fixed", "kind", "make", "name", "track")

    def __init__(self, name: str, kind: str, fixed: Sequence[str] = (), track: TrackTable | None = None) -> None:
        self.name: Final = name
        self.kind: Final = kind
        self.fixed: Final = tuple(fixed)
        self.track: Final = track
        self.make: Final[Callable[..., Command]] = MOVES[kind] if kind in MOVES else VERBS[kind]

    def command(self, at: datetime, args: Sequence[Any], told: Mapping[str, Any]) -> Command:
        """The command; `told` may have an `at` of its own. Raises TypeError for arguments it does not take."""
        given: tuple[Any, ...] = (*self.fixed, *args)
        return self.make(*given, **{"at": at, **told})


class Triggers:
    """The triggers of a process, by name; `told_by` finds the one that gives a command."""

    def __init__(self, tables: Tables) -> None:
        self.by_name: dict[str, Trigger] = {}
        self._name_of: dict[Key, str] = {}
        for verb in VERBS:
            if sensible(tables, verb):
                self.by_name[verb] = Trigger(verb, verb)
        for (kind, subject, outcome), track in declared(tables):
            fixed = [part for part in (subject, outcome) if part]
            name = "_".join([kind, *fixed])
            if name in self.by_name:  # `a_b`.`c` beside `a`.`b_c`
                name = f"{kind}_{'__'.join(fixed)}"
            while name in self.by_name:
                name += "_"
            self.by_name[name] = Trigger(name, kind, fixed, track)
            self._name_of[kind, subject, outcome] = name

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def of(self, kind: str, subject: str = "", outcome: str = "") -> str:
        """The name of the trigger that gives such a command, "" where the process declares no such move."""
        if kind in VERBS:
            return kind if kind in self.by_name else ""
        return self._name_of.get((kind, subject, outcome), "")

    def call(self, command: Command) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """The trigger that gives this command, with its arguments; "" as above."""
        rest = dict(command.args)
        told = {name: getattr(command, name) for name in ("by", "role", "note", "key", "happened")}
        told = {"at": command.at, **{name: value for name, value in told.items() if value}}
        args: tuple[Any, ...] = ()
        name = self.of(command.kind, command.subject, rest.get("outcome", ""))
        match command.kind:
            case "decide":
                del rest["outcome"]
            case "set_facts":
                args = (rest.pop("facts"),)
            case "report":
                args = (command.subject, rest.pop("end"))
            case "advance":
                rest["track"] = command.subject
            case "hold" | "resume" | "tick":
                pass
            case _:
                args = () if command.kind in MOVES else (command.subject,)
        return name, args, {**rest, **told}


def sensible(tables: Tables, verb: str) -> bool:
    """Whether a process has anything that this verb could be about."""
    definition = tables.definition
    match verb:
        case "meet":
            return bool(tables.recorded)
        case "retract" | "attach":
            return bool(tables.criteria)
        case "waive":
            return any(c.waivable for c in tables.criteria)
        case "observe":
            return any(t.observed for t in tables.tracks)
        case "begin" | "finish":
            return bool(definition.activities)
        case "report":
            return bool(tables.procedures)
        case "breach":
            return any(s.prohibitions for s in definition.stages())
        case "advance":
            return any(t.manual for t in tables.tracks)
        case _:
            return True


def declared(tables: Tables) -> Iterator[tuple[Key, TrackTable | None]]:
    """Every move that somebody may make by command, as the process declares it, with its track."""
    for table in tables.tracks:
        if table.observed:
            continue
        for stage in table.stages:
            if stage.marked:
                yield ("complete", stage.stage.id, ""), table
        for decision in table.decisions:
            if not decision.automatic:
                for option in decision.outcomes:
                    yield ("decide", decision.id, option.outcome.id), table
        for jump in table.track.jumps:
            yield ("jump", jump.id, ""), table
        for id, (owner, _) in tables.loop_of.items():
            if owner is table:
                yield ("loop_back", id, ""), table
        for stage in table.stages:
            if stage.stage.optional:
                yield ("skip", stage.stage.id, ""), table
    for end in tables.ends:
        if end.by_command:
            yield ("end", end.id, ""), tables.primary
    if tables.primary is not None:
        for stage in tables.primary.stages:
            yield ("reopen", stage.stage.id, ""), tables.primary
