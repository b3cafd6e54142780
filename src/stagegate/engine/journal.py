"""The journal: the accepted commands of a case, in order, with what followed; its hash chain; replay.

Each entry is written as a plain JSON object that carries the hash of the one before, so that an entry
changed, moved or missing in the middle is found and named (a tail cut off is not: keep the last hash). What may be personal (who, notes, where documents are,
free reasons) stands apart under `personal` and enters the chain only as a salted digest: it can be
redacted later without breaking the chain, and cannot be guessed from what is left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from stagegate.engine.commands import MIGRATE
from stagegate.engine.identity import canonical, digest, digest_of_text
from stagegate.engine.plain import DAMAGE, Plain, command_of, command_to_plain, event_of, event_to_plain
from stagegate.engine.step import start, step
from stagegate.errors import CommandError, SnapshotError, UnknownNameError

if TYPE_CHECKING:
    from stagegate.engine.commands import Command
    from stagegate.engine.events import Event
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables

FORMAT: Final = "stagegate/journal"
FORMAT_VERSION: Final = 1
NOTHING_BEFORE: Final = "sha256:" + "0" * 64
REDACTED: Final = "(redacted)"
REDACTED_PART: Final[Plain] = {"redacted": True}
FREE_REASON: Final = ("waive",)  # the kinds of command whose `reason` is free text, not an id


class Entry:
    """One entry: its number from 1, the command, what followed, and the salt of its personal part."""

    __slots__ = ("command", "events", "redacted", "salt", "seq")

    def __init__(
        self, seq: int, command: Command, events: tuple[Event, ...], salt: str = "", redacted: str = ""
    ) -> None:
        self.redacted: Final = redacted  # the digest of a personal part that was redacted, "" otherwise
        self.seq: Final = seq
        self.command: Final = command
        self.events: Final = events
        self.salt: Final = salt

    def __repr__(self) -> str:
        return f"Entry({self.seq}, {self.command!r})"


class Difference:
    """Where a replay does not give what the journal says: the entry, what it tells, what follows now."""

    __slots__ = ("now", "seq", "told")

    def __init__(self, seq: int, told: tuple[Event, ...], now: tuple[Event, ...] | str) -> None:
        self.seq: Final = seq
        self.told: Final = told
        self.now: Final = now

    def __str__(self) -> str:
        now = self.now if isinstance(self.now, str) else list(self.now)
        return f"entry {self.seq}: the journal tells {list(self.told)}, now: {now}"


# -- writing ----------------------------------------------------------------------------------------------


class Line:
    """An entry as it is written: its hash, its JSON text, and the texts of its events."""

    __slots__ = ("events", "hash", "text")

    def __init__(self, hash: str, text: str, events: list[str]) -> None:
        self.hash: Final = hash
        self.text: Final = text
        self.events: Final = events


def write(
    tables: Tables,
    case: str,
    entries: Iterable[Entry],
    salt: Callable[[int], str],
    before: str = NOTHING_BEFORE,
) -> list[Plain]:
    """The entries as plain JSON, chained onto the hash `before`. `salt` gives the random salt of an entry without one."""
    return [json.loads(line.text) for line in lines(tables, case, entries, salt, before)]


def lines(
    tables: Tables,
    case: str,
    entries: Iterable[Entry],
    salt: Callable[[int], str],
    before: str = NOTHING_BEFORE,
) -> Iterator[Line]:
    """The entries as `write` gives them, each as a text. The text that is hashed is canonical: its keys stand in order."""
    whose = canonical(case)
    for entry in entries:
        public, personal = parted(command_to_plain(entry.command))
        personal["salt"] = entry.salt or salt(entry.seq)
        personal_text = canonical(personal)
        personal_digest = entry.redacted or digest_of_text(personal_text)
        events = [canonical(event_to_plain(event)) for event in entry.events]
        flow, process, version = origin(tables) if entry.seq == 1 else ("", "", "")
        core = (
            f'"case":{whose},"command":{canonical(public)},"events":[{",".join(events)}]{flow},"format":"{FORMAT}",'
            f'"format_version":{FORMAT_VERSION},"personal_digest":"{personal_digest}","previous":"{before}"{process},'
            f'"seq":{entry.seq}{version}'
        )
        before = digest_of_text(f"{{{core}}}")
        kept = canonical(REDACTED_PART) if entry.redacted else personal_text
        yield Line(before, f'{{{core},"hash":"{before}","personal":{kept}}}', events)


def origin(tables: Tables) -> tuple[str, str, str]:
    """What the first entry tells of the process, as pieces of JSON: flow, name, version."""
    definition = tables.definition
    told = {"flow": tables.flow, "process": definition.name, "version": definition.version}
    flow, process, version = (f',"{key}":{canonical(value)}' for key, value in told.items())
    return flow, process, version


def parted(command: Plain) -> tuple[Plain, Plain]:
    """A command taken apart: without what may be personal, and that part."""
    personal: Plain = {name: command.pop(name) for name in ("by", "note") if name in command}
    args = command.get("args")
    if args:
        if "evidence" in args:
            personal["evidence"] = args["evidence"]
            args["evidence"] = {d: None if where is None else REDACTED for d, where in args["evidence"].items()}
        if "source" in args:
            personal["source"], args["source"] = args["source"], REDACTED
        if "reason" in args and command["kind"] in FREE_REASON:
            personal["reason"], args["reason"] = args["reason"], REDACTED
    return command, personal


def joined(public: Plain, personal: Mapping[str, Any]) -> Plain:
    """The whole command again; what was redacted stays so."""
    command = dict(public)
    for name in ("by", "note"):
        if name in personal:
            command[name] = personal[name]
    args = dict(command.get("args", {}))
    for name in ("evidence", "source", "reason"):
        if name in personal:
            args[name] = personal[name]
    if args:
        command["args"] = args
    return command


def redact(written: Sequence[Plain], seqs: Iterable[int]) -> list[Plain]:
    """The journal without the personal part of these entries; the chain still holds. Raises `SnapshotError` for an
    entry it does not have.
    """
    check_chain(written)
    chosen = set(seqs)
    unknown = chosen - {p["seq"] for p in written}
    if unknown:
        raise SnapshotError(f"the journal has no entry {min(unknown)}")
    return [{**p, "personal": {"redacted": True}} if p["seq"] in chosen else dict(p) for p in written]


# -- reading ----------------------------------------------------------------------------------------------


def check_chain(written: Sequence[Any]) -> None:
    """Raises `SnapshotError` that names the first entry changed, missing, moved or of an unknown format."""
    if not isinstance(written, list | tuple):
        raise SnapshotError("a journal is a list of entries")
    before, case = NOTHING_BEFORE, None
    for number, plain in enumerate(written, start=1):
        check_entry(plain, number)
        if plain.get("seq") != number:
            raise SnapshotError(f"entry {number} is missing or out of order: entry {plain.get('seq')} stands there")
        if number > 1 and plain.get("case") != case:
            raise SnapshotError(f"entry {number} is of the case `{plain.get('case')!s:.80}`, not of `{case!s:.80}`")
        if plain.get("previous") != before:
            raise SnapshotError(
                f"entry {number} does not follow the entry before it: one of them was changed or replaced"
            )
        before, case = plain["hash"], plain.get("case")


def check_entry(plain: Any, number: int) -> None:
    """Raises `SnapshotError` unless this is an entry as it was written, its personal part there or redacted."""
    if not isinstance(plain, Mapping) or plain.get("format") != FORMAT:
        raise SnapshotError(f"entry {number} is not of a stagegate journal")
    if plain.get("format_version") != FORMAT_VERSION:
        raise SnapshotError(f"entry {number}: format {plain.get('format_version')!s:.40} is not known")
    core = {k: v for k, v in plain.items() if k not in ("personal", "hash")}
    if plain.get("hash") != digest_of(core):
        raise SnapshotError(f"entry {number} was changed")
    personal = plain.get("personal")
    if not isinstance(personal, Mapping):
        raise SnapshotError(f"entry {number} has lost its personal part")
    if dict(personal) != {"redacted": True} and digest_of(dict(personal)) != plain.get("personal_digest"):
        raise SnapshotError(f"entry {number}: its personal part was changed")


def digest_of(plain: Any) -> str:
    """The digest of something read; "" where it cannot have been written by us."""
    try:
        return digest(plain)
    except (TypeError, ValueError, RecursionError):
        return ""


def hash_to_follow(case: str, entry: Any) -> tuple[int, str]:
    """The number and the hash of the last entry a host has kept, checked to be an entry of this case."""
    check_entry(entry, entry.get("seq", 0) if isinstance(entry, Mapping) else 0)
    if entry.get("case") != case:
        raise SnapshotError(f"the entry is of the case `{entry.get('case')!s:.80}`, not of `{case}`")
    return int(entry["seq"]), str(entry["hash"])


def read(tables: Tables, written: Sequence[Any]) -> tuple[str, list[Entry]]:
    """The case id and the entries of a journal. Raises `SnapshotError` when it is damaged or of another process."""
    check_chain(written)
    if not written:
        raise SnapshotError("the journal is empty")
    head = written[0]
    if head.get("process") != tables.definition.name:
        raise SnapshotError(f"the journal is of `{head.get('process')}`, not of `{tables.definition.name}`")
    moved = next((p["seq"] for p in written if dict(p.get("command") or {}).get("kind") == MIGRATE), None)
    if moved is not None:
        raise SnapshotError(
            f"entry {moved} migrates to another version: `stagegate.versions.replay` reads such a journal"
        )
    try:
        entries = [entry_of(tables, plain) for plain in written]
    except DAMAGE as error:
        raise SnapshotError(f"the journal is damaged: {error!s:.200}") from error
    return str(head.get("case", "")), entries


def entry_of(tables: Tables, plain: Mapping[str, Any]) -> Entry:
    """One entry of plain JSON."""
    personal = plain["personal"]
    command = command_of(tables, joined(plain["command"], {} if personal.get("redacted") else personal))
    events = tuple(event_of(e) for e in plain["events"])
    redacted = plain["personal_digest"] if personal.get("redacted") else ""
    return Entry(plain["seq"], command, events, personal.get("salt", ""), redacted)


def replay(
    tables: Tables, entries: Sequence[Entry], after: Snapshot | None = None
) -> tuple[Snapshot, tuple[Difference, ...]]:
    """Does every command again: the snapshot it leads to, and where what follows differs from what was told.

    The first entry opens the case, unless these go on `after` a snapshot.

    An entry that is refused now, or names what the process no longer has, is a difference, and the replay goes
    on without it. Raises `SnapshotError` when not even the opening can be done.
    """
    differences: list[Difference] = []
    snapshot = first_of(tables, entries, differences) if after is None else after
    for entry in entries[1:] if after is None else entries:
        try:
            done = step(tables, snapshot, entry.command)
        except (CommandError, UnknownNameError) as error:
            differences.append(Difference(entry.seq, entry.events, f"refused: {error}"))
            continue
        if done.accepted:
            compare(entry, done.events, differences)
        else:
            why = "refused: " + "; ".join(str(r) for r in done.reasons)
            differences.append(Difference(entry.seq, entry.events, why))
        snapshot = done.snapshot
    return snapshot, tuple(differences)


def first_of(tables: Tables, entries: Sequence[Entry], differences: list[Difference]) -> Snapshot:
    """The snapshot after the opening."""
    if not entries:
        raise SnapshotError("the journal is empty")
    try:
        first = start(tables, entries[0].command)
    except (CommandError, UnknownNameError) as error:
        raise SnapshotError(f"entry 1: {error}") from error
    compare(entries[0], first.events, differences)
    return first.snapshot


def compare(entry: Entry, now: tuple[Event, ...], differences: list[Difference]) -> None:
    """Notes a difference between what an entry tells and what follows now."""
    if entry.events != now:
        differences.append(Difference(entry.seq, entry.events, now))
