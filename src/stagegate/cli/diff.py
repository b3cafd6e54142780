"""`stagegate diff`: what has changed between two versions of a process, and what it means for running cases."""

from __future__ import annotations

import json
import sys

import click

from stagegate.cli.files import versions
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import colored, leave, say, width


@click.command(
    "diff",
    cls=Command,
    short_help="Grade what has changed between two versions.",
    examples=(
        "stagegate diff examples/lead-intake-1.yaml examples/lead-intake-2.yaml",
        "stagegate diff examples/lead-intake-1.yaml examples/lead-intake-2.yaml --format markdown --lang zh",
    ),
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    show_default=True,
    help="Text for a terminal, one JSON object, or a page of Markdown.",
)
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
def command(old: str, new: str, form: str, lang: str) -> None:
    """Show what has changed from the definition OLD to the definition NEW, graded for cases that run.

    A change has no effect on cases (a text), is compatible (cases go on as they are), needs a plan (without a line in a plan a case
    would lose something or go elsewhere), or is breaking (a plan alone does not make it whole, or a person has to say where cases go
    on). Each is told with its lines in the two files. What seems to be renamed is told as a guess.

    Exits with 0 when nothing needs a plan, with 1 when something does or a definition has mistakes, 2 when it cannot be read.
    """
    from stagegate.render.diff_text import DiffText, diff_to_plain
    from stagegate.versions.diff import diff, gravest

    before, after = (process.definition for process in versions(old, new))
    changes = diff(before, after)
    if form == "json":
        say(json.dumps(diff_to_plain(before, after, changes), indent=2))
    else:
        text = DiffText(before, after, changes, language=lang, columns=width(), color=colored(sys.stdout))
        say("\n".join(text.text() if form == "text" else text.markdown()))
    leave(int(gravest(changes) in ("plan", "breaking")))
