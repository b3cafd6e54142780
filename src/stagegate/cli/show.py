"""`stagegate show`: a process as text."""

from __future__ import annotations

import click

from stagegate.cli.files import load_process
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import say, width


@click.command(
    "show",
    cls=Command,
    short_help="Show a process as text.",
    examples=("stagegate show b2b-qualification", "stagegate show project-sales --lang zh"),
)
@click.argument("process")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
def command(process: str, lang: str) -> None:
    """Show PROCESS as text: its stages with their gates as checklists, decisions, jumps, loops and ends."""
    from stagegate.render.process_text import process_text

    say(process_text(load_process(process).definition, language=lang, columns=width()))
