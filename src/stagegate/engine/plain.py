"""Commands, events and snapshots as plain JSON values, and back.

Times are ISO 8601 with their offset, durations a count of seconds with an `s` (`129600s`), criteria and
places stand under their names: a snapshot says nothing of bits. Reading raises `SnapshotError` for
anything that is not what was written for this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from stagegate.engine.commands import KINDS, MIGRATE, NO_ARGS, Command
from stagegate.engine.events import Event
from stagegate.engine.evidence import kept, prove, wrong_value
from stagegate.engine.names import check_args, check_names, known
from stagegate.engine.parts import NOWHERE
from stagegate.engine.place import CROSSINGS, PHASES, Place, last_entered
from stagegate.engine.reasons import bits
from stagegate.engine.snapshot import EMPTY, Hold, Rest, Snapshot, TrackMemory, Waiver
from stagegate.engine.work import Work
from stagegate.errors import CommandError, SnapshotError, UnknownNameError

if TYPE_CHECKING:
    from stagegate.conditions import FactType
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.tables import Tables

FORMAT: Final = "stagegate/snapshot"
FORMAT_VERSION: Final = 1
MOST_COUNTED: Final = 1 << 53  # what JSON carries exactly everywhere
LONGEST_USED: Final = timedelta(days=366_000)

_AS_IT_IS: Final = frozenset((str, int, float, bool, type(None)))

Plain = dict[str, Any]


# -- single values --------------------------------------------------------------------------------------


def duration_text(value: timedelta) -> str:
    """A duration as a count of seconds, exact to the microsecond."""
    micro = value // timedelta(microseconds=1)
    sign, micro = ("-", -micro) if micro < 0 else ("", micro)
    seconds, rest = divmod(micro, 1_000_000)
    return f"{sign}{seconds}.{rest:06d}s" if rest else f"{sign}{seconds}s"


def duration_of(text: str) -> timedelta:
    """The duration of such a text; raises ValueError."""
    if not text.endswith("s"):
        raise ValueError(f"not a duration: {text!r}")
    whole, _, part = text[:-1].removeprefix("-").partition(".")
    value = timedelta(seconds=int(whole), microseconds=int((part or "0").ljust(6, "0")[:6]))
    return -value if text.startswith("-") else value


@lru_cache(maxsize=1024)
def iso(at: datetime, offset: timedelta | None) -> str:
    """A time with this offset as ISO 8601. Kept for a while: the time of a command stands in its entry, its snapshot and the clocks."""
    return at.isoformat()


def time_text(at: datetime) -> str:
    """A time as ISO 8601 with its offset. Times that are equal, but for their offset, have texts of their own: those of other zones, and
    both hours of one zone when its clocks are put back.
    """
    return iso(at, at.utcoffset())


def time_of(text: object) -> datetime:
    """The time of an ISO text with an offset; raises ValueError."""
    try:
        value = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"not a time such as 2026-03-02T09:00:00+08:00: {text!r:.60}") from None
    if value.tzinfo is None:
        raise ValueError(f"a time without a time zone: {text}")
    return value


def value_to_plain(value: Any) -> Any:
    """A fact's value, or another argument, as plain JSON."""
    if value.__class__ in _AS_IT_IS:
        return value
    if value.__class__ is dict:
        return {k: v if v.__class__ in _AS_IT_IS else value_to_plain(v) for k, v in value.items()}
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, Mapping):
        return {k: value_to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [value_to_plain(v) for v in value]
    return value


def value_of_fact(type: FactType, plain: Any) -> Any:
    """The value of a fact from plain JSON; what does not fit is left as it is, for the engine to refuse."""
    try:
        if type.kind == "timestamp" and isinstance(plain, str):
            return time_of(plain)
        if type.kind == "duration" and isinstance(plain, str):
            return duration_of(plain)
        if type.kind == "list" and isinstance(plain, list):
            return tuple(plain)
    except (ValueError, OverflowError):
        return plain
    return plain


# -- commands and events --------------------------------------------------------------------------------


def command_to_plain(command: Command) -> Plain:
    """A command as plain JSON."""
    plain: Plain = {"kind": command.kind, "at": time_text(command.at)}
    if command.subject:
        plain["subject"] = command.subject
    if command.by:
        plain["by"] = command.by
    if command.role:
        plain["role"] = command.role
    if command.note:
        plain["note"] = command.note
    if command.key:
        plain["key"] = command.key
    if command.args:
        plain["args"] = value_to_plain(command.args)
    if command.happened is not None:
        plain["happened"] = time_text(command.happened)
    return plain


_KEYS: Final = dict.fromkeys(("kind", "subject", "at", "args", "by", "role", "note", "key", "happened"))


def command_of(tables: Tables, plain: Any) -> Command:
    """The command of plain JSON; raises `CommandError` when it is not one."""
    try:
        for key in ("kind", "at"):
            if key not in plain:
                raise ValueError(f"it has no `{key}`")
        kind = plain["kind"]
        if kind not in KINDS and kind != MIGRATE:
            raise ValueError(f"no command `{kind!s:.40}`; there are {', '.join(KINDS)}")
        unknown = sorted(set(plain) - _KEYS.keys())
        if unknown:
            raise ValueError(f"unknown key `{unknown[0]!s:.40}`; there are {', '.join(_KEYS)}")
        args = plain.get("args") or {}
        if not isinstance(args, Mapping):
            raise ValueError(f"`args` is a mapping, not {args!r:.60}")
        args = dict(args)
        if args.get("until") is not None:
            args["until"] = time_of(args["until"])
        if kind == "set_facts" and isinstance(args.get("facts"), Mapping):
            args["facts"] = {n: fact_value(tables, n, v) for n, v in args["facts"].items()}
        by, role, note, key = (text(plain.get(n, "")) for n in ("by", "role", "note", "key"))
        happened = optional_time(plain.get("happened"))
        subject = text(plain.get("subject", ""))
        return Command(kind, subject, time_of(plain["at"]), args or NO_ARGS, by, role, note, key, happened)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CommandError(f"not a command: {error!s:.300}") from error


def fact_value(tables: Tables, name: str, plain: Any) -> Any:
    """The value of the named fact from plain JSON."""
    fact = tables.fact_of.get(name)
    return plain if fact is None else value_of_fact(fact.type, plain)


def event_to_plain(event: Event) -> Plain:
    """An event as plain JSON."""
    plain: Plain = {"kind": event.kind}
    if event.subject:
        plain["subject"] = event.subject
    if event.data:
        plain["data"] = value_to_plain(event.data)
    return plain


def event_of(plain: Any) -> Event:
    """The event of plain JSON; raises KeyError, TypeError or ValueError when it is not one."""
    data = dict(plain.get("data", {}))
    if "until" in data:
        data["until"] = time_of(data["until"])
    if "open_conditions" in data:
        data["open_conditions"] = tuple(data["open_conditions"])
    return Event(plain["kind"], plain.get("subject", ""), data)


# -- snapshots: writing -----------------------------------------------------------------------------------


def snapshot_to_plain(tables: Tables, snapshot: Snapshot) -> Plain:
    """A snapshot as plain JSON; what is empty is left out."""
    return {**head_to_plain(tables), **body_to_plain(tables, snapshot)}


def head_to_plain(tables: Tables) -> Plain:
    """The first part of every snapshot of a process: what it is of."""
    definition = tables.definition
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "process": definition.name,
        "version": definition.version,
        "flow": tables.flow,
        "figures": tables.figures,
    }


def body_to_plain(tables: Tables, snapshot: Snapshot) -> Plain:
    """A snapshot without what it is of."""
    plain: Plain = {"seq": snapshot.seq, "at": time_text(snapshot.at)}
    rest_to_plain(tables, snapshot.rest, plain)
    if snapshot.done:
        plain["met"] = ids(tables, snapshot.done)
    plain["tracks"] = {t.track.id: track_to_plain(tables, t, snapshot) for t in tables.tracks}
    return plain


def rest_to_plain(tables: Tables, rest: Rest, plain: Plain) -> None:
    """Adds the rarer part of a snapshot, the tracks apart. Asked one by one: in most cases nearly all of it is empty."""
    if rest.facts:
        plain["facts"] = value_to_plain(rest.facts)
    if rest.documents:
        plain["documents"] = {tables.criteria[i].id: dict(d) for i, d in rest.documents.items()}
    if rest.waivers:
        plain["waivers"] = {tables.criteria[i].id: waiver_to_plain(w) for i, w in rest.waivers.items()}
    if rest.counts:
        plain["counts"] = dict(rest.counts)
    if rest.active:
        plain["active"] = list(rest.active)
    if rest.keys:
        plain["keys"] = {
            k: [command_to_plain(c), [event_to_plain(e) for e in events]] for k, (c, events) in rest.keys.items()
        }
    if rest.won:
        plain["won"] = rest.won
    if rest.ended:
        plain["ended"] = rest.ended
    if rest.end_reason:
        plain["end_reason"] = rest.end_reason
    if rest.gap_state:
        plain["gap_state"] = rest.gap_state
    if rest.gap_since is not None:
        plain["gap_since"] = time_text(rest.gap_since)
    if rest.held is not None:
        plain["hold"] = hold_to_plain(rest.held)
    if rest.stale:
        plain["stale"] = ids(tables, rest.stale)
    if rest.latched:
        plain["latched"] = ids(tables, rest.latched)
    if rest.lapsed:
        plain["lapsed"] = ids(tables, rest.lapsed)


def ids(tables: Tables, mask: int) -> list[str]:
    """The names of the criteria of a mask."""
    return [tables.criteria[i].id for i in bits(mask)]


def waiver_to_plain(waiver: Waiver) -> Plain:
    """A waiver as plain JSON."""
    until = None if waiver.until is None else time_text(waiver.until)
    return {"reason": waiver.reason, "until": until, "by": waiver.by, "role": waiver.role}


def hold_to_plain(hold: Hold) -> Plain:
    """A hold as plain JSON."""
    until = None if hold.until is None else time_text(hold.until)
    return {"since": time_text(hold.since), "until": until, "reminded": hold.reminded}


def track_to_plain(tables: Tables, table: TrackTable, snapshot: Snapshot) -> Plain:
    """The memory and the place of one track as plain JSON."""
    memory = snapshot.rest.tracks[table.index]
    if table.observed:
        if memory.stage < 0:
            return {}
        seen = {"stage": tables.name(table, memory.stage)}
        return {**seen, "source": memory.source} if memory.source else seen
    place = snapshot.places[table.index]
    plain: Plain = {} if place.stage == NOWHERE else {"stage": tables.name(table, place.stage)}
    plain["phase"] = PHASES[place.phase]
    if place.pending != NOWHERE:
        plain["pending"] = tables.name(table, place.pending)
    if place.trail:
        plain["trail"] = [f"{CROSSINGS[code % 3]} {tables.name(table, code // 3)}" for code in place.trail]
    if memory.start != table.starts[0]:
        plain["start"] = tables.name(table, memory.start)
    if memory.placed:
        plain["placed"] = memory.placed
    if memory.round > 1:
        plain["round"] = memory.round
    if memory.ticking is not None:
        plain["ticking"] = time_text(memory.ticking)
    if not memory.is_plain:
        plain.update(recorded_to_plain(tables, table, memory))
    if memory.overdue:
        plain["overdue"] = [tables.name(table, i) for i in bits(memory.overdue)]
    if memory.clocks:
        plain["clocks"] = {tables.name(table, k): duration_text(used) for k, used in memory.clocks.items()}
    return plain


def recorded_to_plain(tables: Tables, table: TrackTable, memory: TrackMemory) -> Plain:
    """What was recorded of the way through a track, as plain JSON."""

    def named(node: int) -> str:
        return tables.name(table, node)

    def stages(mask: int) -> list[str]:
        return [named(i) for i in bits(mask)]

    plain: Plain = {
        "landed": stages(memory.landed),
        "marked": stages(memory.marked),
        "skipped": stages(memory.skipped),
        "exits": {named(k): [jump, named(target)] for k, (jump, target) in memory.exits.items()},
        "taken": {named(d): [outcome, named(target)] for d, (outcome, target) in memory.taken.items()},
        "redirected": {named(k): named(target) for k, target in memory.defaults.items()},
        "visits": {named(k): n for k, n in memory.visits.items()},
    }
    return {k: v for k, v in plain.items() if v}


# -- snapshots: reading -----------------------------------------------------------------------------------


DAMAGE: Final = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    CommandError,
)


def snapshot_of(tables: Tables, plain: Any) -> Snapshot:
    """The snapshot of plain JSON. Raises `SnapshotError` when it is of another process, another flow, an
    unknown format, or damaged. Changed figures (chances, limits, titles) do not matter here.
    """
    check_head(tables, plain)
    try:
        return read_snapshot(tables, plain)
    except UnknownNameError as error:
        raise SnapshotError(f"the snapshot is damaged: {error}") from error
    except DAMAGE as error:
        raise SnapshotError(f"the snapshot is damaged: {type(error).__name__}: {error!s:.200}") from error


def check_head(tables: Tables, plain: Any) -> None:
    """Whether this is a snapshot of this very process."""
    if not isinstance(plain, Mapping) or plain.get("format") != FORMAT:
        raise SnapshotError("this is not a snapshot of stagegate")
    if plain.get("format_version") != FORMAT_VERSION:
        raise SnapshotError(f"snapshot format {plain.get('format_version')} is not known, only {FORMAT_VERSION}")
    definition = tables.definition
    if plain.get("process") != definition.name:
        raise SnapshotError(f"the snapshot is of `{plain.get('process')}`, not of `{definition.name}`")
    if plain.get("flow") != tables.flow:
        raise SnapshotError(
            f"the snapshot is of version {plain.get('version')} of `{definition.name}`, whose flow differs from that of "
            f"{definition.version}: load the version it was made with"
        )


def read_snapshot(tables: Tables, plain: Mapping[str, Any]) -> Snapshot:
    """The snapshot of checked plain JSON."""

    def mask(name: str) -> int:
        return mask_of(tables.bit_of[id] for id in plain.get(name, ()))

    tracks = plain.get("tracks", {})
    rest = Rest(tuple(memory_of(tables, t, tracks.get(t.track.id, {})) for t in tables.tracks))
    rest.facts = facts_of(tables, plain.get("facts", {})) or EMPTY
    rest.documents = {tables.bit_of[c]: documents_of(d) for c, d in plain.get("documents", {}).items()} or EMPTY
    rest.waivers = {tables.bit_of[c]: waiver_of(w) for c, w in plain.get("waivers", {}).items()} or EMPTY
    rest.waived = mask_of(rest.waivers)
    rest.stale, rest.latched, rest.lapsed = mask("stale"), mask("latched"), mask("lapsed")
    rest.counts = {counted(tables, k): count_of(n) for k, n in plain.get("counts", {}).items()} or EMPTY
    rest.active = tuple(plain.get("active", ()))
    for activity in rest.active:
        known("activity", activity, [a.id for a in tables.definition.activities])
    rest.won, rest.ended = plain.get("won", ""), plain.get("ended", "")
    for end in (rest.won, rest.ended):
        if end:
            tables.end_of[end]
    rest.end_reason = text(plain.get("end_reason", ""))
    rest.held = hold_of(plain["hold"]) if plain.get("hold") else None
    rest.keys = {text(k): kept_key(tables, *pair) for k, pair in plain.get("keys", {}).items()} or EMPTY
    rest.gap_state = text(plain.get("gap_state", ""))
    rest.gap_since = optional_time(plain.get("gap_since"))
    places = tuple(place_of(tables, t, tracks.get(t.track.id, {})) for t in tables.tracks)
    at = time_of(plain["at"])
    for table, place in zip(tables.tracks, places, strict=True):
        fit_clocks(table, rest, place, at)
    return refreshed(tables, Snapshot(count_of(plain["seq"]), at, mask("met"), 0, places, rest))


def fit_clocks(table: TrackTable, rest: Rest, place: Place, at: datetime) -> None:
    """Limits may come and go between versions of one flow: a clock that was not kept runs from the last command."""
    memory = rest.tracks[table.index]
    if not table.timed:
        memory.clocks, memory.ticking = EMPTY, None
    elif memory.ticking is None and place.stage >= 0 and not (rest.held or rest.ended):
        memory.ticking = at


def mask_of(numbers: Iterable[int]) -> int:
    """The mask with these bits."""
    mask = 0
    for i in numbers:
        mask |= 1 << i
    return mask


def text(value: object) -> str:
    """A text; raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(f"not a text: {value!r:.60}")
    return value


def count_of(value: object) -> int:
    """A count from 0 on; raises ValueError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST_COUNTED:
        raise ValueError(f"not a count: {value!r:.60}")
    return value


def counted(tables: Tables, key: str) -> str:
    """An outcome, jump or loop that is counted."""
    if not any(key in t.counted for t in tables.tracks):
        raise ValueError(f"nothing named {key!r:.60} is counted")
    return key


def facts_of(tables: Tables, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of plain JSON, each of its declared type."""
    facts: dict[str, Any] = {}
    for name, value in plain.items():
        fact = tables.fact_of[name]
        facts[name] = value_of_fact(fact.type, value)
        problem = wrong_value(fact, facts[name], tables)
        if problem is not None or value is None:
            raise ValueError(problem.message if problem else f"`{name}` has no value")
        facts[name] = kept(fact, facts[name])
    return facts


def documents_of(plain: Mapping[str, str]) -> dict[str, str]:
    """The documents attached to one criterion; one the process no longer has proves nothing, and is kept."""
    return {text(document): text(where) for document, where in plain.items()}


def kept_key(tables: Tables, command: Any, events: Any) -> tuple[Command, tuple[Event, ...]]:
    """The command told under a key, and what followed."""
    told = command_of(tables, command)
    if told.kind == "open":
        check_args(told.args, told.kind)
    else:
        check_names(tables, told)
    if told.kind == "set_facts":
        facts_of(tables, {n: v for n, v in command["args"]["facts"].items() if v is not None})
    return told, tuple(event_of(e) for e in events)


def refreshed(tables: Tables, snapshot: Snapshot) -> Snapshot:
    """The snapshot with everything derived computed again."""
    work = Work(tables, snapshot, Command("tick", "", snapshot.at))
    for i, criterion in enumerate(tables.criteria):
        if criterion.evidence:
            prove(work, i)
    for table in tables.tracks:
        if not table.observed:
            work.put(table, work.places[table.index])
    work.look()
    work.rest.calm = not (work.frozen or work.rest.waivers)
    rest = tables.shared(work.rest)
    return Snapshot(snapshot.seq, snapshot.at, work.done, work.passes, tuple(work.places), rest)


def optional_time(text: object) -> datetime | None:
    """A time, if there is one."""
    return None if text is None else time_of(text)


def waiver_of(plain: Any) -> Waiver:
    """The waiver of plain JSON."""
    by, role = text(plain.get("by", "")), text(plain.get("role", ""))
    return Waiver(text(plain["reason"]), optional_time(plain.get("until")), by, role)


def hold_of(plain: Any) -> Hold:
    """The hold of plain JSON."""
    return Hold(time_of(plain["since"]), optional_time(plain.get("until")), bool(plain.get("reminded")))


def memory_of(tables: Tables, table: TrackTable, plain: Mapping[str, Any]) -> TrackMemory:
    """The memory of one track."""
    memory = TrackMemory()
    memory.start = table.starts[0]
    if table.observed:
        memory.stage = stage_index(tables, table, plain["stage"]) if plain.get("stage") else -1
        memory.source = text(plain.get("source", ""))
        return memory

    def node(name: str) -> int:
        return tables.node(table, name)

    def stage(name: str) -> int:
        return stage_index(tables, table, name)

    def mask(name: str) -> int:
        return mask_of(stage(s) for s in plain.get(name, ()))

    memory.start = stage(plain["start"]) if plain.get("start") else memory.start
    memory.placed = text(plain.get("placed", ""))
    if memory.placed not in ("", "dropped", "owed"):
        raise ValueError(f"placed {memory.placed!r:.60}")
    for name in ("landed", "marked", "skipped", "overdue"):
        setattr(memory, name, mask(name))
    memory.exits = {stage(k): (text(jump), node(to)) for k, (jump, to) in plain.get("exits", {}).items()} or EMPTY
    memory.taken = {node(d): (text(o), node(to)) for d, (o, to) in plain.get("taken", {}).items()} or EMPTY
    memory.defaults = {stage(k): node(to) for k, to in plain.get("redirected", {}).items()} or EMPTY
    check_ways(tables, table, memory)
    memory.visits = {stage(k): count_of(n) for k, n in plain.get("visits", {}).items()} or EMPTY
    memory.round = count_of(plain.get("round", 1))
    memory.clocks = {stage(k): used_of(used) for k, used in plain.get("clocks", {}).items()} or EMPTY
    memory.ticking = optional_time(plain.get("ticking"))
    return memory


def used_of(plain: Any) -> timedelta:
    """The time used in a stage, from nothing to a thousand years."""
    used = duration_of(plain)
    if not timedelta() <= used <= LONGEST_USED:
        raise ValueError(f"not a time used: {plain!r:.60}")
    return used


def check_ways(tables: Tables, table: TrackTable, memory: TrackMemory) -> None:
    """Raises ValueError unless every recorded way leads ahead, along a jump or outcome there is (semantics 2)."""
    for origin, (jump, target) in memory.exits.items():
        if tables.jump_of[jump][0] is not table:
            raise ValueError(f"no jump {jump} on this track")
        check_ahead(tables, table, origin, target)
    for d, (outcome, target) in memory.taken.items():
        if d < table.first_decision:
            raise ValueError(f"{tables.name(table, d)} is not a decision point")
        decision = table.decisions[d - table.first_decision]
        option = decision.by_id[outcome]
        if target != option.target and not 0 <= target < table.first_decision:  # a redirect leads to a stage
            raise ValueError(f"{option.key} does not lead to {tables.name(table, target)}")
        check_ahead(tables, table, decision.place, target)
    for origin, target in memory.defaults.items():
        check_ahead(tables, table, origin, target)


def check_ahead(tables: Tables, table: TrackTable, place: int, target: int) -> None:
    """Raises ValueError unless a node lies ahead of a stage; ends do, and decisions at the same stage."""
    if target < 0:
        return
    index = tables.place_index(table, target)
    if index < place or (index == place and target < table.first_decision):
        raise ValueError(f"{tables.name(table, target)} does not lie ahead")


def stage_index(tables: Tables, table: TrackTable, name: str) -> int:
    """The index of a stage of this track; raises KeyError for any other name."""
    stage = tables.stage_of[name]
    if stage.track != table.index:
        raise KeyError(name)
    return stage.index


def place_of(tables: Tables, table: TrackTable, plain: Mapping[str, Any]) -> Place:
    """The place on one track."""
    if table.observed:
        return Place(-1, 0, -1, ())
    name: Callable[[str], int] = lambda s: stage_index(tables, table, s)  # noqa: E731
    trail: Sequence[str] = plain.get("trail", ())
    codes = tuple(3 * name(entry.split(" ", 1)[1]) + CROSSINGS.index(entry.split(" ", 1)[0]) for entry in trail)
    stage = name(plain["stage"]) if plain.get("stage") else -1
    pending = tables.node(table, plain["pending"]) if plain.get("pending") else -1
    phase = PHASES.index(plain["phase"])
    last = codes[-1] if codes else -1
    if last_entered(codes) != stage or phase != (last % 3 + 1 if codes else 0) or list(codes) != sorted(set(codes)):
        raise ValueError("the trail does not lead to the place")
    return Place(stage, phase, pending, codes)
