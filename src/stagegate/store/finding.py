"""The questions that a host asks of all its cases at once: by process, stage, end, what is due, what has changed."""

from __future__ import annotations

from datetime import datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, Unpack

from sqlalchemy import Select, and_, func, or_, select

from stagegate.doors import aware, demand, whole
from stagegate.errors import CommandError
from stagegate.language.grammar import GAP_STATES
from stagegate.store.rows import CaseRow, row_of
from stagegate.store.schema import CASES, stamp

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

Order = Literal["case", "changed"]
MOST: Final = 1_000  # rows in one page


class Sought(TypedDict, total=False):
    """What a host may ask of its cases; all that is given must be so.

    `process`, `version`, `flow`, `stage` (of the track that ends the case), `gap_state`: as they are. `ended`: whether the case has
    ended, or with which end. `won`, `on_hold`: whether. `overdue_at`: open, and the time limit of its stage reached at that time or told
    before. `due_by`: a tick at that time would report something. `changed_since`: written to at that time or later.
    """

    process: str
    version: str
    flow: str
    stage: str
    gap_state: str
    ended: bool | str
    won: bool
    on_hold: bool
    overdue_at: datetime
    due_by: datetime
    changed_since: datetime


_KINDS: Final = {
    **dict.fromkeys(("process", "version", "flow", "stage", "gap_state"), (str, "a text")),
    "ended": (bool | str, "True, False or the id of an end"),
    **dict.fromkeys(("won", "on_hold"), (bool, "True or False")),
}


def conditions(**sought: Unpack[Sought]) -> list[ColumnElement[bool]]:
    """What a case must fulfil; the values are bound, never part of the text. Raises `CommandError` for what cannot be asked."""
    c = CASES.c
    unknown = set(sought) - set(Sought.__annotations__)
    if unknown:
        raise CommandError(f"cases are not looked for by `{min(unknown)}`: only by {', '.join(Sought.__annotations__)}")
    for name, (kind, what) in _KINDS.items():
        demand(isinstance(sought.get(name), (kind, NoneType)), name, what, sought.get(name))
    among = f"one of {', '.join(GAP_STATES)}, or '' for none"
    demand(sought.get("gap_state") in (None, "", *GAP_STATES), "gap_state", among, sought.get("gap_state"))
    for name, value in sought.items():
        if isinstance(value, str) and not value.isprintable():
            raise CommandError(f"`{name}` is a text of printable characters; given: {value!r:.60}")
    plain = ("process", "version", "flow", "stage", "gap_state")
    wanted: list[ColumnElement[bool]] = [c[n] == value for n in plain if (value := sought.get(n)) is not None]
    ended, won, on_hold = sought.get("ended"), sought.get("won"), sought.get("on_hold")
    if ended is not None:
        wanted.append(c.ended == ended if isinstance(ended, str) else (c.ended != "") if ended else (c.ended == ""))
    if won is not None:
        wanted.append(c.won != "" if won else c.won == "")
    if on_hold is not None:
        wanted.append(c.on_hold == int(on_hold))
    if (at := sought.get("overdue_at")) is not None:
        wanted.append(and_(c.ended == "", or_(c.overdue_told == 1, c.limit_due <= stamp(aware(at, "overdue_at")))))
    if (at := sought.get("due_by")) is not None:
        wanted.append(c.next_due <= stamp(aware(at, "due_by")))
    if (at := sought.get("changed_since")) is not None:
        wanted.append(c.changed_at >= stamp(aware(at, "changed_since")))
    return wanted


def find(
    connection: Connection, wanted: list[ColumnElement[bool]], *, order: Order, limit: int, after: CaseRow | None
) -> tuple[CaseRow, ...]:
    """One page of the cases, by id or by the time of the last change, those after the row `after`."""
    whole(limit, "limit", MOST)
    demand(order in ("case", "changed"), "order", "`case` or `changed`", order)
    demand(after is None or isinstance(after, CaseRow), "after", "the last row of the page before", after)
    c = CASES.c
    query: Select[Any] = (
        select(*(column for column in CASES.columns if column.name != "snapshot")).where(*wanted).limit(limit)
    )
    if order == "changed":
        query = query.order_by(c.changed_at, c.case)
        if after is not None:
            at = stamp(after.changed_at)
            query = query.where(or_(c.changed_at > at, and_(c.changed_at == at, c.case > after.case)))
    else:
        query = query.order_by(c.case)
        if after is not None:
            query = query.where(c.case > after.case)
    return tuple(row_of(row) for row in connection.execute(query).mappings())


def count(connection: Connection, wanted: list[ColumnElement[bool]]) -> int:
    """How many cases there are."""
    return int(connection.execute(select(func.count()).select_from(CASES).where(*wanted)).scalar_one())
