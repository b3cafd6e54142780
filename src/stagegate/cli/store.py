"""`stagegate store`: what stands in a store, and whether it is sound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs
import click

from stagegate.cli.frame import LANGUAGE, Command, Group
from stagegate.cli.stores import opened
from stagegate.cli.terminal import Misuse, complain, leave, say
from stagegate.render.findings.display import clean

if TYPE_CHECKING:
    from stagegate.store import CaseRow, Damage, Store
    from stagegate.store.finding import Sought

_URL = click.argument("url")
_JSON = click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
_LANG = click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
PAGE = 1_000


@click.group("store", cls=Group, short_help="Look into a store of cases.")
def command() -> None:
    """Look into a store: sqlite:///deals.db, postgresql://user@host/database. Nothing is changed."""


@command.command(
    "verify",
    cls=Command,
    short_help="Prove that a store is sound.",
    examples=("stagegate store verify sqlite:///leads.db", "stagegate store verify sqlite:///leads.db qualified"),
)
@_URL
@click.argument("cases", nargs=-1, metavar="[CASE]...")
@_JSON
def verify(url: str, cases: tuple[str, ...], as_json: bool) -> None:
    """Replay the journal of every case of a store, or of those named, and hold the snapshot and the row of the case against it.

    Every damage is named: an entry missing, changed or moved, a definition that is not kept, a snapshot or a row that is not where the
    journal leads. Nothing is repaired.

    Exits with 0 when all is sound, with 1 when something is not, 2 for misuse or a store that cannot be opened.
    """
    found: list[Damage] = []
    with opened(url) as store:
        for damage in damages(store, cases):
            found.append(damage)
            if not as_json:
                say(clean(str(damage)))
        total = len(cases) or store.count()
    damaged = len({damage.case for damage in found})
    if as_json:
        told = [{"case": d.case, "kind": d.kind, "message": d.message} for d in found]
        say(json.dumps({"cases": total, "damaged": damaged, "damages": told}, indent=2))
    else:
        say(f"{told_cases(total)}, {f'{damaged:,} damaged' if damaged else 'nothing damaged'}")
    leave(int(bool(found)))


def damages(store: Store, cases: tuple[str, ...]) -> Iterator[Damage]:
    """Everything wrong with these cases, or with all."""
    if not cases:
        yield from store.verify()
    for case in cases:
        yield from store.verify(case)


def told_cases(number: int) -> str:
    """So many cases."""
    return "1 case" if number == 1 else f"{number:,} cases"


@command.command(
    "list",
    cls=Command,
    short_help="List cases: by stage, behind, overdue, changed since.",
    examples=(
        "stagegate store list sqlite:///leads.db",
        "stagegate store list sqlite:///leads.db --stage qualify --overdue --json",
    ),
)
@_URL
@click.option("--process", metavar="NAME", help="Cases of this process.")
@click.option("--version", metavar="VERSION", help="Cases of this version.")
@click.option("--stage", metavar="ID", help="Cases at this stage of the track that ends them.")
@click.option("--open/--ended", "is_open", default=None, help="Cases that are open, or that have ended.")
@click.option("--overdue", is_flag=True, help="Open cases that are overdue now.")
@click.option("--behind", is_flag=True, help="Cases that are behind the buyer.")
@click.option("--changed-since", metavar="TIME", help="Cases written to at that time or later.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, metavar="N", help="At most so many.")
@_JSON
@_LANG
def list_cases(
    url: str,
    process: str | None,
    version: str | None,
    stage: str | None,
    is_open: bool | None,
    overdue: bool,
    behind: bool,
    changed_since: str | None,
    limit: int,
    as_json: bool,
    lang: str,
) -> None:
    """List the cases of a store that fulfil every option given, by their ids: where each stands, its chance, its gap.

    A case is overdue when it is open and the time limit of its stage has been reached by now, or a tick has told so.

    Exits with 0, or with 2 for misuse or a store that cannot be opened.
    """
    now = datetime.now(UTC)
    sought: Sought = {}
    if process is not None:
        sought["process"] = process
    if version is not None:
        sought["version"] = version
    if stage is not None:
        sought["stage"] = stage
    if is_open is not None:
        sought["ended"] = not is_open
    if overdue:
        sought["overdue_at"] = now
    if behind:
        sought["gap_state"] = "behind"
    if changed_since is not None:
        sought["changed_since"] = moment(changed_since)
    with opened(url) as store:
        rows = list(islice(pages(store, sought), limit))
        total = store.count(**sought)
    if as_json:
        say(json.dumps({"total": total, "cases": [to_plain(row, now) for row in rows]}, indent=2))
        return
    from stagegate.render.store_text import StoreText

    say("\n".join(StoreText(lang, now).table(rows)) if rows else told_cases(0))
    if total > len(rows):
        complain(f"{total - len(rows):,} more; --limit shows them")


def pages(store: Store, sought: Sought) -> Iterator[CaseRow]:
    """Every row, a page at a time."""
    last: CaseRow | None = None
    while page := store.find(limit=PAGE, after=last, **sought):
        yield from page
        last = page[-1]


def moment(text: str) -> datetime:
    """The time an option gives."""
    from stagegate.portfolio.values import NoValue, moment_of

    try:
        return moment_of(text)
    except NoValue as error:
        raise Misuse(f"`{text}`: {error}") from None


def to_plain(row: CaseRow, now: datetime) -> dict[str, Any]:
    """A row as JSON can hold it, and whether it is overdue now."""
    told = attrs.asdict(row, value_serializer=lambda _, __, v: v.isoformat() if isinstance(v, datetime) else v)
    return {**told, "overdue": row.overdue_at(now)}


@command.command(
    "journal",
    cls=Command,
    short_help="Write the journal of a case as JSON.",
    examples=("stagegate store journal sqlite:///leads.db qualified",),
)
@_URL
@click.argument("case")
def journal(url: str, case: str) -> None:
    """Write the journal of CASE, every accepted command with what followed, as a JSON list that `Process.replay` reads.

    Exits with 0, or with 2 for misuse, a case that is not there or a store that cannot be opened.
    """
    with opened(url) as store:
        say(json.dumps(store.journal(case), indent=2))
