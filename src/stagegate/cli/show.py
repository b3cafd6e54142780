"""`stagegate show`: a process as text, or as a page of Markdown."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from stagegate.cli.files import load_process
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import Misuse, say, width

if TYPE_CHECKING:
    from stagegate.model import Activity, Definition, Stage

FORMATS: Final = ("text", "markdown")


@click.command(
    "show",
    cls=Command,
    short_help="Show a process as text.",
    examples=(
        "stagegate show project-sales --lang zh",
        "stagegate show b2b-qualification --brief",
        "stagegate show after-sales-repair --format markdown --picture after-sales-repair.svg",
    ),
)
@click.argument("process")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
@click.option("--brief", is_flag=True, help="Gates, decisions and ends only.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Text for a terminal, or a page of Markdown.",
)
@click.option("--picture", metavar="LINK", default="", help="The picture that a page of Markdown shows.")
def command(process: str, lang: str, brief: bool, form: str, picture: str) -> None:
    """Show PROCESS as text, with everything that its file says.

    Stages come first: their gates as checklists, conditions, appraisal, advice, and the decision after each. Then come
    jumps, loops, ends, activities, facts, roles and documents, at last checklists and catalogues. What the source does not
    state is marked `(proposed)` or `(field)`.

    A page of Markdown has the same, with links, and at its end how much the source states, what it leaves open, and the
    scenarios and invariants of the process. `stagegate draw` makes its picture.
    """
    if form == "markdown":
        if brief:
            raise Misuse("a page of Markdown is never brief; leave --brief out, or --format")
        say(page(process, lang, picture).rstrip("\n"))
        return
    if picture:
        raise Misuse("text shows no picture; leave --picture out, or give --format markdown")
    from stagegate.render.process_text import process_text

    say(process_text(load_process(process).definition, language=lang, columns=width(), brief=brief))


def page(process: str, language: str, picture: str) -> str:
    """The page, with the scenarios and invariants that stand in the definition and beside it."""
    from stagegate.cli.suites import suites_of
    from stagegate.render.process_page import process_page

    loaded = load_process(process)  # a definition with mistakes ends the command here
    found = [suite for suite in suites_of((process,)) if suite.process is not None]
    scenarios = [scenario for suite in found for scenario in suite.scenarios]
    invariants = [invariant for suite in found for invariant in suite.invariants]
    return process_page(
        loaded.definition,
        scenarios=scenarios,
        invariants=invariants,
        language=language,
        picture=picture,
        others=called(loaded.definition),
    )


def called(definition: Definition) -> dict[str, Definition]:
    """The processes that a definition calls, as far as they can be read."""
    from stagegate.bundled import bundled_path
    from stagegate.errors import DefinitionError
    from stagegate.language import definition_beside
    from stagegate.loading import load

    steps: tuple[Stage | Activity, ...] = (*definition.stages(), *definition.activities)
    found: dict[str, Definition] = {}
    for name in {procedure.process for step in steps for procedure in step.procedures} - {definition.name}:
        path = definition_beside(definition.file, name) or bundled_path(name)
        with suppress(DefinitionError, OSError):
            found |= {} if path is None else {name: load(path).definition}
    return found
