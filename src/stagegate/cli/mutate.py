"""`stagegate mutate`: how much the scenarios and invariants of a process would notice."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import Misuse, Progress, colored, leave, say, width

if TYPE_CHECKING:
    from stagegate.loading import Suite
    from stagegate.process import Process
    from stagegate.verify.mutation import Judged, MutationReport


@click.command(
    "mutate",
    cls=Command,
    short_help="Show what scenarios and invariants do not notice.",
    examples=("stagegate mutate after-sales-repair", "stagegate mutate b2b-qualification --list --lang zh"),
)
@click.argument("process")
@click.option(
    "--at-least", metavar="PERCENT", type=click.FloatRange(0, 100), help="Exit with 1 when the score is lower."
)
@click.option("--list", "every", is_flag=True, help="Show every mutant, and who noticed it or why it is equivalent.")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of the text.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
def command(process: str, at_least: float | None, every: bool, lang: str, as_json: bool) -> None:
    """Change PROCESS in many small ways, and show which changes its scenarios and invariants do not notice.

    Each change makes a *mutant*: a criterion dropped, an outcome led elsewhere, a condition weakened, a cap lifted. It is noticed
    when a scenario fails on it, or an invariant that was proved is broken. Mutants that no case can tell from the process
    are equivalent and do not count. The score is the share of the others that is noticed. Survivors are shown at
    their lines, with commands that would tell them from the process: the beginning of the scenario that is missing.

    Exits with 0, with 1 when the score is lower than --at-least or the definition has mistakes, 2 when it cannot be read.
    """
    from stagegate.cli.suites import suites_of

    suites = suites_of((process,))
    if len(suites) != 1:
        raise Misuse(f"`{process}` holds {len(suites)} definitions; name one of them")
    (suite,) = suites
    if suite.process is None or suite.report.has_errors:
        leave(1)
    report = judged(suite, suite.process)
    if as_json:
        from stagegate.render.mutation_text import report_to_plain

        say(json.dumps(report_to_plain(report), indent=2))
    else:
        show(report, suite, every, lang)
    leave(int(at_least is not None and report.score * 100 < at_least))


def judged(suite: Suite, process: Process) -> MutationReport:
    """Every mutant judged, with a line that says how far it is."""
    from stagegate.verify.mutation import Judge

    judge = Judge(process, suite.scenarios, suite.invariants)
    progress = Progress("mutants")
    found: list[Judged] = []
    for number, mutant in enumerate(judge.mutants):
        if number % 5 == 0:
            progress.at(number, len(judge.mutants))
        each = judge.judged(mutant)
        if each is not None:
            found.append(each)
    progress.over()
    return judge.report(found)


def show(report: MutationReport, suite: Suite, every: bool, language: str) -> None:
    """Writes text for people."""
    from stagegate.render.mutation_text import MutationText

    text = MutationText(report, suite.sources, language=language, columns=width(), color=colored(sys.stdout))
    say("\n".join(text.head()))
    if not report.judged:
        return
    say("")
    say("\n".join(text.every() if every else text.table()))
    for survivor in report.survivors:
        say("")
        say("\n".join(text.survivor(survivor)))
