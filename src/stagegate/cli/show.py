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
    examples=("stagegate show project-sales --lang zh", "stagegate show b2b-qualification --brief"),
)
@click.argument("process")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
@click.option("--brief", is_flag=True, help="Gates, decisions and ends only.")
def command(process: str, lang: str, brief: bool) -> None:
    """Show PROCESS as text, with everything that its file says.

    Stages come first: their gates as checklists, conditions, appraisal, advice, and the decision after each. Then come
    jumps, loops, ends, activities, facts, roles and documents, at last checklists and catalogues. What the source does not
    state is marked `(proposed)` or `(field)`.
    """
    from stagegate.render.process_text import process_text

    say(process_text(load_process(process).definition, language=lang, columns=width(), brief=brief))
