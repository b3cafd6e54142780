"""The replay of a journal that tells of migrations: each part of it by the version it was written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stagegate.case import Case
from stagegate.engine import journal
from stagegate.engine.commands import MIGRATE
from stagegate.engine.journal import Difference, Entry
from stagegate.errors import SnapshotError
from stagegate.versions.carry import carried_by
from stagegate.versions.plan import plan_of

if TYPE_CHECKING:
    from stagegate.process import Process


def replay(
    find: Callable[[str], Process], written: Sequence[dict[str, Any]]
) -> tuple[Case, Process, tuple[Difference, ...]]:
    """The case of a journal, the version it stands in, and where what follows now differs from what the journal tells.

    `find` gives the process of a flow digest. Raises `SnapshotError` that names the entry when the chain does not hold, or a migration
    cannot be done again; whatever `find` raises.
    """
    journal.check_chain(written)
    if not written:
        raise SnapshotError("the journal is empty")
    process = find(str(written[0].get("flow")))
    entries: list[Entry] = []
    differences: list[Difference] = []
    snapshot = None
    begin = 0
    for end in [n for n, told in enumerate(written) if told["command"]["kind"] == MIGRATE] + [len(written)]:
        part = [journal.entry_of(process.tables, told) for told in written[begin:end]]
        snapshot, more = journal.replay(process.tables, part, snapshot)
        entries += part
        differences += more
        if end < len(written):
            process, entry, snapshot, changed = migrated(find, process, written, end, snapshot)
            entries.append(entry)
            differences += changed
        begin = end + 1
    if snapshot is None:
        raise SnapshotError("the journal does not begin with an opening")
    return Case(process.tables, str(written[0]["case"]), snapshot, entries), process, tuple(differences)


def migrated(
    find: Callable[[str], Process], old: Process, written: Sequence[dict[str, Any]], number: int, snapshot: Any
) -> tuple[Process, Entry, Any, list[Difference]]:
    """The version an entry migrates to, the entry, the snapshot after it, and whether what follows differs."""
    told = written[number]
    try:
        plan = plan_of(told["command"]["args"]["plan"])
        entry = journal.entry_of(old.tables, told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(f"entry {number + 1}: the migration is damaged: {error!s:.100}") from error
    new = find(plan.new.flow)
    if old.flow != plan.old.flow:
        raise SnapshotError(f"entry {number + 1}: it migrates from another version than the case stands in")
    done = carried_by(old, new, plan, str(told["case"]), snapshot, entry.command)
    differences: list[Difference] = []
    journal.compare(entry, done.events, differences)
    return new, entry, done.snapshot, differences
