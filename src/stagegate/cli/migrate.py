"""`stagegate migrate`: a plan drafted, rehearsed on a copy of the store, and applied."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stagegate.cli.files import read_text, show_report, versions, why, write_file
from stagegate.cli.frame import LANGUAGE, Command, Group
from stagegate.cli.stores import STORE, opened
from stagegate.cli.terminal import Misuse, Progress, complain, leave, say, tell, width

if TYPE_CHECKING:
    from stagegate.process import Process
    from stagegate.versions.plan import Plan
    from stagegate.versions.report import Became

_COLUMNS = ("case", "fate", "shifts", "losses", "owes", "reason")


@click.group("migrate", cls=Group, short_help="Carry the cases of a store to another version.")
def command() -> None:
    """Carry the running cases of a store from one version of a process to another.

    `plan` drafts a plan from what has changed, `rehearse` tells what it would do to every case and changes nothing, `apply` does it.
    """


@command.command(
    "plan",
    cls=Command,
    short_help="Draft a plan from what has changed.",
    examples=("stagegate migrate plan examples/lead-intake-1.yaml examples/lead-intake-2.yaml -o plan.yaml",),
)
@click.argument("old")
@click.argument("new")
@click.option("-o", "--output", metavar="PLAN.yaml", help="Write it there. [default: the standard output]")
def plan(old: str, new: str, output: str | None) -> None:
    """Draft a plan for cases that go from the definition OLD to the definition NEW.

    Renames are guessed, and each line says so. Criteria that are new in a gate are to be owed by cases beyond it, new stages are passed,
    cases of a stage that is gone go to the nearest one left. What nobody can guess stands in comments: read the file before you use it.

    Exits with 0, with 1 when a definition has mistakes, 2 when it cannot be read.
    """
    from stagegate.language.plan_writer import written_plan
    from stagegate.versions.draft import draft

    before, after = versions(old, new)
    drafted = draft(before, after)
    text = written_plan(drafted.plan.to_plain(), drafted.remarks, drafted.notes)
    if output is None:
        say(text.rstrip("\n"))
        return
    write_file(output, text)
    if drafted.asks:
        tell(f"{output}: some of it only you can know; read its comments")


_PLAN = click.argument("plan", metavar="PLAN.yaml")
_OLD = click.argument("old")
_NEW = click.argument("new")
_BATCH = click.option(
    "--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Cases in one transaction."
)
_REPORT = click.option(
    "--report", metavar="FILE", help="Write what became of every case there: a table for .csv, else JSON lines."
)
_LANG = click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")


@command.command(
    "rehearse",
    cls=Command,
    short_help="Tell what a plan would do, and change nothing.",
    examples=(
        "stagegate migrate rehearse examples/lead-intake.plan.yaml examples/lead-intake-1.yaml examples/lead-intake-2.yaml --store sqlite:///leads.db",
    ),
)
@_PLAN
@_OLD
@_NEW
@STORE
@_BATCH
@_REPORT
@_LANG
@_JSON
def rehearse(plan: str, old: str, new: str, url: str, batch: int, report: str | None, lang: str, as_json: bool) -> None:
    """Carry every open case over as PLAN says, on a copy of the store (SQLite) or in transactions that are rolled back (PostgreSQL).

    Tells how many cases would keep their position, change it, lose something, owe something new or need a person, and names some of each.

    Exits with 0 when every case would come over whole, with 1 when some need a person, lose something or cannot be carried over, or when
    the plan or a definition has mistakes, 2 for misuse or a store that cannot be opened.
    """
    run(plan, old, new, url, batch, report, lang, as_json, by="", rehearsing=True)


@command.command(
    "apply",
    cls=Command,
    short_help="Carry the cases over.",
    examples=(
        "stagegate migrate apply examples/lead-intake.plan.yaml examples/lead-intake-1.yaml examples/lead-intake-2.yaml --store sqlite:///leads.db --by li.wei",
    ),
)
@_PLAN
@_OLD
@_NEW
@STORE
@click.option("--by", metavar="WHO", default="", help="Who does it; stands in the journal of each case.")
@_BATCH
@_REPORT
@_LANG
@_JSON
def apply(
    plan: str, old: str, new: str, url: str, by: str, batch: int, report: str | None, lang: str, as_json: bool
) -> None:
    """Carry every open case over as PLAN says, in batches with a transaction each, and write it into each journal.

    Stopped half way, it goes on where it was when it is started again. Others may work with the store meanwhile; a case that somebody
    writes to is taken as it stands then. Cases that have ended stay on their version.

    Exits with 0 when every case has come over whole, with 1 when some need a person, lost something or could not be carried over, or when
    the plan or a definition has mistakes, 2 for misuse or a store that cannot be opened.
    """
    run(plan, old, new, url, batch, report, lang, as_json, by=by, rehearsing=False)


def run(
    name: str,
    old: str,
    new: str,
    url: str,
    batch: int,
    rows: str | None,
    lang: str,
    as_json: bool,
    *,
    by: str,
    rehearsing: bool,
) -> None:
    """Rehearses or applies, and tells the report."""
    from stagegate.errors import StoreError
    from stagegate.render.migration_text import MigrationText

    before, after = versions(old, new)
    plan = plan_in(name, before, after)
    progress = Progress("cases rehearsed:" if rehearsing else "cases carried over:")
    with opened(url) as store, writing(rows) as each:
        try:
            report = store.migrate(
                plan, before, after, at=datetime.now(UTC), by=by, rehearse=rehearsing, batch=batch, progress=progress.at, each=each
            )  # fmt: skip
        except StoreError as error:
            raise Misuse(str(error)) from None
        finally:
            progress.over()
    if as_json:
        say(json.dumps(report.to_plain(), indent=2))
    else:
        say("\n".join(MigrationText(report, language=lang, columns=width()).text()))
    leave(int(not report.fine))


def plan_in(name: str, before: Process, after: Process) -> Plan:
    """The plan of a file; mistakes are shown and end the command with 1."""
    from stagegate.language.plans import read_plan
    from stagegate.versions.plan import plan_of

    told, report = read_plan(read_text(name), before.definition, after.definition)
    if report.findings:
        show_report(report)
    if told is None:
        complain(f"`{name}` has mistakes and cannot be used; mend them first")
        leave(1)
    return plan_of(told)


@contextlib.contextmanager
def writing(path: str | None) -> Generator[Callable[[Became], object] | None]:
    """What writes a row for each case into a file as it goes; None where nobody asked for one."""
    if path is None:
        yield None
        return
    try:
        file = Path(path).open("w", encoding="utf-8", newline="")  # noqa: SIM115
    except OSError as error:
        raise Misuse(f"cannot write `{path}`: {why(error)}") from None
    with file:
        if not path.endswith(".csv"):
            yield lambda became: file.write(json.dumps(became.to_plain()) + "\n")
            return
        import csv

        table = csv.writer(file)
        table.writerow(_COLUMNS)

        def row(became: Became) -> None:
            told = (
                became.case,
                became.fate,
                joined(became.shifts),
                joined(became.losses),
                joined(became.owes),
                became.reason,
            )
            table.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in told])

        yield row


def joined(values: tuple[object, ...]) -> str:
    """Several things in one cell."""
    return "; ".join(map(str, values))
