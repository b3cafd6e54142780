"""`stagegate assess`: the position of every deal of a table, and their funnel."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from stagegate.cli.files import load_process
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.tables import DELIMITER, ENCODING, known, listed, opened, readable, separator
from stagegate.cli.terminal import Misuse, Progress, complain, leave, say, tell, width

if TYPE_CHECKING:
    from stagegate.model import Definition
    from stagegate.portfolio import Columns, Deal, Funnel, Standing, Unfit
    from stagegate.process import Process

MOST_TOLD: Final = 20
MOST_LINES: Final = 20_000


@click.command(
    "assess",
    cls=Command,
    short_help="Assess a table of deals.",
    examples=(
        "stagegate assess b2b-qualification examples/b2b-deals.csv --id Deal",
        "stagegate assess b2b-qualification examples/b2b-deals.csv --id Deal --deal D-104 --lang zh",
    ),
)
@click.argument("process")
@click.argument("deals", metavar="DEALS.csv")
@click.option("--id", "id_column", metavar="COLUMN", help="The column that names the deals. [default: the row number]")
@click.option("--deal", metavar="ID", help="Show this one deal in full, instead of all.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="List at most so many deals; the funnel counts all.")
@DELIMITER
@ENCODING
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of titles.")
def command(
    process: str,
    deals: str,
    id_column: str | None,
    deal: str | None,
    limit: int | None,
    delimiter: str | None,
    encoding: str,
    as_json: bool,
    lang: str,
) -> None:
    """Fill the facts of PROCESS from the columns of a table, and print where each deal stands, and a funnel.

    A column gives the fact of its id, its alias or its title in either language; case, spaces and underscores do not
    matter. The table is UTF-8 text, or what --encoding says, with a header; `-` is the standard input. Columns that
    give no fact, and facts that conditions read and no column gives, are named on the standard error.

    An empty cell is a fact nobody has given; `Unknown` is a value of its own where the fact declares it. A cell that
    does not fit is named on the standard error and its fact stays unknown.

    What a cell may hold: true or false is `true`, `yes`, `y`, `1`, `是` or `false`, `no`, `n`, `0`, `否`, in any case. A
    number is `1250000`, `0.5` or `1.5e3`, without separators of thousands, with a point. One of several values is the
    value in any case, or its title in either language. A time is `2026-03-02T09:00+08:00`, with its zone; a date alone,
    `2026-03-02` or `2026/3/2`, is its midnight in UTC. A length of time is a whole number and its unit: `90m`, `36h`,
    `14d`, `2w`, `30s`. The entries of a list stand between `;`, `|` or line breaks. Text is taken as it is.

    A table gives facts only. Criteria that people record cannot be met by one; where gates ask for such, a line under
    the funnel says so.

    Exits with 1 when some cells did not fit, 2 when the table cannot be read.
    """
    loaded = load_process(process)
    with opened(deals, known(encoding)) as stream:
        reading = Reading(loaded, stream, deals, separator(delimiter), id_column or "")
        output: Output = Json(reading) if as_json else Text(reading, lang)
        if deal is not None:
            one(reading, output, deal)
        else:
            everything(reading, output, limit)
    reading.problems.sum_up()
    leave(int(reading.problems.count > 0))


def everything(reading: Reading, output: Output, limit: int | None) -> None:
    """All deals, one after the other, and the funnel."""
    from stagegate.portfolio import Funnel

    funnel = Funnel(reading.process.definition)
    progress = Progress("deals assessed:")
    output.begin()
    for deal in reading.deals():
        funnel.add(deal.standing)
        if limit is None or funnel.deals <= limit:
            output.deal(deal)
        if funnel.deals % 5000 == 0:
            progress.at(funnel.deals)
    progress.over()
    output.end(funnel, funnel.deals if limit is None else min(limit, funnel.deals))


def one(reading: Reading, output: Output, id: str) -> None:
    """One deal in full."""
    for deal in reading.deals(quiet=True):
        if deal.id == id:
            reading.problems.add(deal.unfit)
            output.full(deal)
            return
    raise Misuse(f"`{reading.name}` has no deal `{id}`; deals go by {reading.goes_by()}")


class Problems:
    """Cells that did not fit: the first are told in full, the others counted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0

    def add(self, unfit: tuple[Unfit, ...]) -> None:
        """Tells of some."""
        for each in unfit:
            self.count += 1
            if self.count <= MOST_TOLD:
                tell(self.line(each))

    def line(self, unfit: Unfit) -> str:
        """`deals.csv: row 17, column Authority: ...`."""
        from stagegate.render.findings.display import clean

        column = f", column {unfit.column}: `{unfit.text}` does not fit, {unfit.why}; the fact stays unknown"
        return clean(f"{self.name}:{unfit.line}: row {unfit.row}{column if unfit.column else f': {unfit.why}'}")

    def sum_up(self) -> None:
        """Says how many there were, if not all were told."""
        if self.count > MOST_TOLD:
            tell(f"... and {self.count - MOST_TOLD:,} more that do not fit")


class Reading:
    """A table on its way through a process."""

    def __init__(self, process: Process, stream: TextIO, name: str, delimiter: str, id_column: str) -> None:
        from stagegate.portfolio import Assessor, Table

        self.process = process
        self.name = name
        self.problems = Problems(name)
        with readable(self.name):
            self.table = Table(stream, delimiter)
        self.columns = self.matched(process.definition, id_column)
        self.assessor = Assessor(process.tables, self.columns, self.table.header, datetime.now(UTC))

    def matched(self, definition: Definition, id_column: str) -> Columns:
        """Which column gives which fact; what is left aside is told."""
        from stagegate.portfolio import match

        header = self.table.header
        try:
            columns = match(definition, header, id_column)
        except KeyError:
            raise Misuse(f"`{self.name}` has no column `{id_column}`; it has {listed(header)}") from None
        if not columns.facts:
            facts = listed([fact.id for fact in definition.facts]) or "no facts"
            raise Misuse(
                f"no column of `{self.name}` is a fact of {definition.name}: it has {listed(header)}, the process {facts};"
                " check --delimiter, or give the facts `aliases:`"
            )
        for name, first in columns.duplicates:
            complain(f"column `{name}` gives the same fact as column `{first}` and is left aside")
        if columns.unmatched:
            complain(f"columns that are no facts of {definition.name}: {listed(columns.unmatched)}")
        if columns.absent:
            complain(f"facts that conditions read and no column gives: {listed(columns.absent)}; they stay unknown")
        return columns

    def deals(self, *, quiet: bool = False) -> Iterator[Deal]:
        """Every deal; what does not fit is told, unless `quiet`."""
        with readable(self.name):
            for row in self.table:
                deal = self.assessor.deal(row)
                if deal.unfit and not quiet:
                    self.problems.add(deal.unfit)
                yield deal

    def goes_by(self) -> str:
        """How deals are named."""
        return "their row number" if self.columns.id < 0 else f"column `{self.table.header[self.columns.id]}`"


class Text:
    """Output for people."""

    def __init__(self, reading: Reading, language: str) -> None:
        from stagegate.portfolio import recorded
        from stagegate.render.portfolio_text import PortfolioText

        self.recorded = recorded(reading.process.definition)
        self.text = PortfolioText(reading.process.definition, language=language, columns=width())
        self.lines: dict[int, tuple[Standing, str]] = {}

    def begin(self) -> None:
        """Nothing goes before the deals."""

    def deal(self, deal: Deal) -> None:
        """One line."""
        standing = deal.standing
        found = self.lines.get(id(standing))
        if found is None:
            if len(self.lines) >= MOST_LINES:
                self.lines.clear()
            # The standing is kept beside its line, so that nothing else can come to have its id.
            found = self.lines[id(standing)] = (standing, self.text.where(standing.positions, standing.missing))
        say(self.text.line(deal.id, found[1]))

    def end(self, funnel: Funnel, listed: int) -> None:
        """The funnel."""
        if listed < funnel.deals:
            say(self.text.say("more_deals", f"{funnel.deals - listed:,}"))
        if listed or funnel.deals == 0:
            say("")
        steps = [(step.stage, step.reached, step.completed) for step in funnel.steps]
        say("\n".join(self.text.funnel(funnel.deals, steps, sorted(funnel.ends.items()))))
        if self.recorded:
            count = sum(len(each.criteria) for each in self.recorded)
            firsts = {each.track: each.stage for each in reversed(self.recorded)}
            say("\n".join(self.text.recorded(count, list(reversed(firsts.values())))))

    def full(self, deal: Deal) -> None:
        """One deal."""
        say("\n".join(self.text.full(deal.id, deal.facts.items(), deal.standing.positions, deal.standing.missing)))


class Json:
    """Output for programs: one object, written deal by deal."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.first = True

    def begin(self) -> None:
        """The head of the object."""
        from stagegate.portfolio import recorded

        columns = {self.reading.table.header[index]: fact.id for index, fact in self.reading.columns.facts}
        process = self.reading.process
        head = {
            "process": process.name,
            "version": process.version,
            "columns": columns,
            "absent": self.reading.columns.absent,
            "recorded": [each._asdict() for each in recorded(process.definition)],
        }
        sys.stdout.write(json.dumps(head)[:-1] + ', "deals": [')

    def deal(self, deal: Deal) -> None:
        """One deal on a line."""
        sys.stdout.write(("\n" if self.first else ",\n") + json.dumps(self.plain(deal, full=False)))
        self.first = False

    def end(self, funnel: Funnel, listed: int) -> None:
        """The funnel, and the end of the object."""
        steps = [step._asdict() for step in funnel.steps]
        tail = {
            "total": funnel.deals,
            "listed": listed,
            "ended": dict(funnel.ends),
            "unfit": self.reading.problems.count,
        }
        say("\n], " + json.dumps({"funnel": steps, **tail})[1:])

    def full(self, deal: Deal) -> None:
        """One deal with all it lacks."""
        say(json.dumps(self.plain(deal, full=True), indent=2))

    def plain(self, deal: Deal, *, full: bool) -> dict[str, Any]:
        """A deal as plain values."""
        from stagegate.engine.plain import value_to_plain
        from stagegate.render.case_text import items_to_plain, position_to_plain

        standing = deal.standing
        lacking: Any = items_to_plain(standing.missing) if full else [item.id for item in standing.missing]
        plain: dict[str, Any] = {
            "id": deal.id,
            "row": deal.row,
            "positions": {position.track: position_to_plain(position) for position in standing.positions},
            "chance": standing.chance,
            "ended": standing.ended or None,
            "missing": lacking,
        }
        if full:
            plain["facts"] = value_to_plain(deal.facts)
        if deal.unfit:
            plain["unfit"] = [{"column": u.column or None, "value": u.text, "why": u.why} for u in deal.unfit]
        return plain


Output = Text | Json
