"""Whether what a store holds of a case is sound: every damage is named, nothing is repaired."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import select, union

from stagegate.engine import plain
from stagegate.engine.journal import check_chain
from stagegate.errors import SnapshotError, StoreError, UnknownCaseError
from stagegate.store.rows import named_columns
from stagegate.store.schema import CASES, JOURNAL, stamp
from stagegate.versions.replay import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.store.definitions import Library

PAGE: Final = 200
_KEPT_APART: Final = ("snapshot", "figures")  # the snapshot is compared by itself; figures may have changed since
_BY_FIGURES: Final = ("version", "chance", "limit_due", "next_due")  # may differ in a row written with other figures


@frozen
class Damage:
    """Something wrong with what is stored of a case.

    `kind`: `journal` (an entry missing, changed, moved or not of this case), `process` (no definition for its flow), `replay` (what
    followed is not what follows now), `snapshot` (it is not where the journal leads, or not of this case), `row` (a column is not what
    the snapshot says), `missing` (a journal without a case, or a case without a journal).
    """

    case: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.case}: {self.kind}: {self.message}"


def every_case(connection: Connection) -> Iterator[str]:
    """Every case of which there is a row or an entry, in pages."""
    last = ""
    ids = union(select(CASES.c.case), select(JOURNAL.c.case).distinct()).subquery()
    while True:
        page = (
            connection.execute(select(ids.c.case).where(ids.c.case > last).order_by(ids.c.case).limit(PAGE))
            .scalars()
            .all()
        )
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1]


def damages(connection: Connection, library: Library, case: str) -> Iterator[Damage]:
    """Everything wrong with one case. Raises `UnknownCaseError`."""
    row = connection.execute(select(CASES).where(CASES.c.case == case)).first()
    stored = connection.execute(select(JOURNAL).where(JOURNAL.c.case == case).order_by(JOURNAL.c.seq)).all()
    if row is None and not stored:
        raise UnknownCaseError(case)
    if row is None or not stored:
        what = "there are entries of it, and no case" if row is None else "there is a case, and no entry of it"
        yield Damage(case, "missing", what)
        return
    try:
        written = entries_of(case, stored)
        check_chain(written)
    except (SnapshotError, StoreError) as error:
        yield Damage(case, "journal", str(error))
        return
    if written[0].get("case") != case:
        yield Damage(case, "journal", f"the entries are of the case `{written[0].get('case')!s:.80}`")
        return
    if row.seq != len(written):
        yield Damage(
            case,
            "journal",
            f"it ends at entry {len(written)}, the case stands at {row.seq}: entries are missing or too many",
        )
        return
    if row.hash != written[-1]["hash"]:
        yield Damage(case, "journal", f"its entry {row.seq} is another than the one the case stands at")
        return
    try:
        tables, snapshot, differences = replayed(connection, library, written)
    except StoreError as error:
        yield Damage(case, "process", str(error))
        return
    except SnapshotError as error:
        yield Damage(case, "replay", str(error))
        return
    for difference in differences:
        yield Damage(case, "replay", difference)
    if not differences:
        yield from against_snapshot(case, row, stored[0].at, tables, snapshot)


def entries_of(case: str, stored: Any) -> list[dict[str, Any]]:
    """The entries as plain JSON; raises `StoreError` for one that is none, or whose columns say something else."""
    written = []
    for row in stored:
        try:
            entry = json.loads(row.entry)
            at = stamp(plain.time_of(entry["command"]["at"]))
            said = (entry["seq"], entry["hash"], entry["command"]["kind"], at)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise StoreError(f"entry {row.seq} cannot be read: {error!s:.100}") from error
        if said != (row.seq, row.hash, row.kind, row.at):
            raise StoreError(f"entry {row.seq} was changed or moved: its columns say something else")
        written.append(entry)
    return written


def replayed(
    connection: Connection, library: Library, written: list[dict[str, Any]]
) -> tuple[Tables, Snapshot, list[str]]:
    """Where a sound journal leads, through every version it tells of, and what follows now that did not follow then."""
    case, process, differences = replay(lambda flow: library.process(connection, flow), written)
    return process.tables, case.snapshot, [str(d) for d in differences]


def against_snapshot(case: str, row: Row[Any], opened: int, tables: Tables, snapshot: Snapshot) -> Iterator[Damage]:
    """What of the row and the stored snapshot is not as the journal says."""
    should = {**named_columns(tables, snapshot, case), "opened_at": opened}
    try:
        found = json.loads(row.snapshot)
    except (ValueError, RecursionError):
        found = None
    if without_figures(found) != without_figures(json.loads(str(should["snapshot"]))):
        yield Damage(case, "snapshot", "it is not where the journal leads")
    apart = _KEPT_APART if row.figures == should["figures"] else (*_KEPT_APART, *_BY_FIGURES)
    for name, value in should.items():
        if name not in apart and getattr(row, name) != value:
            yield Damage(case, "row", f"`{name}` is {getattr(row, name)!r:.80}, the journal gives {value!r:.80}")


def without_figures(found: Any) -> Any:
    """A snapshot without the figures it was made with, which may have changed since."""
    return {k: v for k, v in found.items() if k not in ("figures", "version")} if isinstance(found, dict) else found
