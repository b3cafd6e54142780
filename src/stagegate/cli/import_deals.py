"""`stagegate import`: the deals of a table brought into a store, each at the stage where it already is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from stagegate.cli.files import load_process
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.stores import STORE, is_there
from stagegate.cli.stores import opened as opened_store
from stagegate.cli.tables import DELIMITER, ENCODING, STDIN, known, listed, opened, readable, separator
from stagegate.cli.terminal import Misuse, Progress, complain, leave, say, tell

if TYPE_CHECKING:
    from stagegate.portfolio import Misplaced, Placed, Placer, Table
    from stagegate.process import Process
    from stagegate.store import Opened, Opening, Store

Skipped = Literal["owed", "dropped"]


@click.command(
    "import",
    cls=Command,
    short_help="Bring a table of deals into a store.",
    examples=(
        "stagegate import examples/lead-intake-1.yaml examples/leads.csv --store sqlite:///leads.db --case-column Lead --stage-column Phase --at-column Since --dry-run",
        "stagegate import examples/lead-intake-1.yaml examples/leads.csv --store sqlite:///leads.db --case-column Lead --stage-column Phase --at-column Since --by li.wei",
    ),
)
@click.argument("process")
@click.argument("deals", metavar="DEALS.csv")
@STORE
@click.option(
    "--case-column", metavar="COLUMN", default="", help="The id of each deal. [default: table and row, deals-17]"
)
@click.option("--stage-column", metavar="COLUMN", default="", help="The stage a deal stands at. [default: the start]")
@click.option("--buyer-column", metavar="COLUMN", default="", help="The stage at which the buyer was seen.")
@click.option("--source", metavar="TEXT", help="How the buyer's stage is known. [default: the name of the table]")
@click.option("--at-column", metavar="COLUMN", default="", help="Since when a deal stands there.")
@click.option("--at", metavar="TIME", help="The time for deals that have none of their own. [default: now]")
@click.option(
    "--skipped",
    type=click.Choice(["owed", "dropped"]),
    default="owed",
    show_default=True,
    help="What lies before the stage and is not met: still owed, or forgotten.",
)
@click.option("--by", metavar="WHO", default="", help="Who brings them in; stands in the journal of each case.")
@click.option("--no-events", is_flag=True, help="Keep no events of the import in the outbox.")
@click.option(
    "--dry-run", is_flag=True, help="Try everything, and write nothing. PostgreSQL must hold the tables of a store."
)
@DELIMITER
@ENCODING
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
def command(
    process: str,
    deals: str,
    url: str,
    case_column: str,
    stage_column: str,
    buyer_column: str,
    source: str | None,
    at_column: str,
    at: str | None,
    skipped: Skipped,
    by: str,
    no_events: bool,
    dry_run: bool,
    delimiter: str | None,
    encoding: str,
    as_json: bool,
    lang: str,
) -> None:
    """Open a case of PROCESS in a store for every row of a table, at the stage where the deal already is.

    A stage goes by its id, an alias or its title in either language; case, spaces and underscores do not matter. What lies before it is
    owed, since a pipeline that comes in shall list its debts, each until it is done; a case opened in Python drops it by default, as jumps
    do. Columns that are facts give them, as in `stagegate assess`; columns that are criteria
    meet them where they say yes. Columns that are neither are named on the standard error and left aside. The store is made where there
    is none.

    A row comes in whole or not at all. Every row that is refused is named on the standard error with all that is wrong with it; the
    others come in, in one transaction. Mend the table and import it again: deals that are in are refused then, and stay as they are.

    Exits with 0 when every row is in, with 1 when some were refused or the definition has mistakes, 2 for misuse, a table that
    cannot be read to its end or a store that cannot be opened; nothing is written then.
    """
    loaded = load_process(process)
    moment = time_of(at)
    from stagegate.portfolio import Asked, Placer, Table

    with opened(deals, known(encoding)) as stream, readable(deals):
        table = Table(stream, separator(delimiter))
        asked = Asked(case_column, stage_column, buyer_column, at_column)
        name = "import" if deals == STDIN else Path(deals).name
        placer = Placer(
            loaded.definition,
            table.header,
            asked,
            at=moment,
            skipped=skipped,
            source=source or name,
            by=by,
            unnamed=f"{Path(name).stem}-",
        )
        remark(placer, loaded)
        import_ = Import(deals, table, placer)
        new = not is_there(url)
        with opened_store(
            "sqlite://" if dry_run and new else url, create=new or not dry_run, outbox=not no_events
        ) as store:
            import_.run(store, loaded, dry=dry_run)
    import_.tell_refused()
    if as_json:
        say(json.dumps(import_.to_plain(loaded, dry=dry_run), indent=2))
    else:
        from stagegate.render.import_text import ImportText

        say(
            "\n".join(
                ImportText(loaded.definition, language=lang).text(import_.stages, len(import_.refused), dry=dry_run)
            )
        )
    leave(int(bool(import_.refused)))


def time_of(text: str | None) -> datetime:
    """The time that was given, or now."""
    from stagegate.portfolio.values import NoValue, moment_of

    if text is None:
        return datetime.now(UTC)
    try:
        return moment_of(text)
    except NoValue as error:
        raise Misuse(f"--at `{text}`: {error}") from None


def remark(placer: Placer, process: Process) -> None:
    """Says what of the table is left aside, and what it does not say."""
    for name, first in placer.duplicates:
        complain(f"column `{name}` gives the same fact as column `{first}` and is left aside")
    if placer.unmatched:
        complain(f"columns that are neither facts nor criteria of {process.name}: {listed(placer.unmatched)}")
    if not placer.asked.stage:
        complain("without --stage-column every deal begins at the start")


class _Undone(Exception):
    """A dry run is over: what was written is taken back."""


class Import:
    """One import: the openings of a table, and what became of them."""

    def __init__(self, name: str, table: Table, placer: Placer) -> None:
        self.name = name
        self.placer = placer
        self.stages: Counter[str] = Counter()
        self.refused: list[Misplaced] = []
        self._table = table
        self._rows: dict[str, Placed] = {}

    def run(self, store: Store, process: Process, *, dry: bool) -> None:
        """Opens every deal, all of them in one transaction."""
        progress = Progress("deals brought in:")
        try:
            with store.begin() as unit:
                self.count(unit.open_many(process, self.openings(progress)))
                if dry:
                    raise _Undone
        except _Undone:
            pass
        finally:
            progress.over()

    def openings(self, progress: Progress) -> Iterator[Opening]:
        """The openings of the rows that can be placed; the others are kept to be told."""
        from stagegate.portfolio import Placed

        for row in self._table:
            made = self.placer.place(row)
            if row.number % 500 == 0:
                progress.at(row.number)
            if isinstance(made, Placed):
                self._rows[made.case] = made
                yield made.case, made.command, made.following
            else:
                self.refused.append(made)

    def count(self, result: Opened) -> None:
        """What became of the openings."""
        from stagegate.portfolio import Misplaced, Unfit

        self.stages.update(self._rows[case].command.args.get("at_stage", "") for case in result.opened)
        for turned in result.refused:
            row = self._rows[turned.case]
            unfit = tuple(Unfit(row.row, row.line, "", "", reason) for reason in turned.reasons)
            self.refused.append(Misplaced(row.row, row.line, turned.case, unfit))
        self.refused.sort(key=lambda each: each.row)

    def tell_refused(self) -> None:
        """Names every row that was refused, with all its reasons."""
        from stagegate.render.findings.display import clean

        for each in self.refused:
            deal = f", deal {each.case}" if each.case else ""
            for unfit in each.unfit:
                cell = f", column {unfit.column}: `{unfit.text}`" if unfit.column else ""
                tell(clean(f"{self.name}:{each.line}: row {each.row}{deal}{cell}: {unfit.why}"))

    def to_plain(self, process: Process, *, dry: bool) -> dict[str, Any]:
        """What became of every row, as JSON can hold it."""
        return {
            "process": process.name,
            "version": process.version,
            "dry_run": dry,
            "facts": self.placer.facts,
            "criteria": self.placer.criteria,
            "left_aside": [*self.placer.unmatched, *(name for name, _ in self.placer.duplicates)],
            "opened": sum(self.stages.values()),
            "stages": [{"stage": stage or None, "deals": count} for stage, count in self.stages.items()],
            "refused": [
                {
                    "row": each.row,
                    "line": each.line,
                    "case": each.case or None,
                    "reasons": [{"column": u.column or None, "value": u.text, "why": u.why} for u in each.unfit],
                }
                for each in self.refused
            ],
        }
