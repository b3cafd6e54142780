"""`stagegate test`: plays the scenarios of processes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import Misuse, colored, leave, say, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stagegate.loading import Suite
    from stagegate.verify.scenarios import Played


@click.command(
    "test",
    cls=Command,
    short_help="Play the scenarios of processes.",
    examples=("stagegate test", "stagegate test definitions --lang zh"),
)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "-k",
    "word",
    metavar="WORD",
    default="",
    help="Only scenarios with this in their id or title, or of such a process.",
)
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of titles and results.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
def command(paths: tuple[str, ...], word: str, lang: str, as_json: bool) -> None:
    """Play the scenarios of processes, and show for each that fails what was expected and what was found.

    PATH is a definition, a file `*.scenarios.yaml` beside one, a folder (every definition below it), or the name of a
    bundled process; without any, all bundled processes are tested. A definition brings the scenarios in it and in the files beside
    it; such a file by itself only its own.

    Exits with 0 when all have passed, 1 when one has failed or a file has mistakes, 2 when something cannot be read or
    no scenario has WORD.
    """
    from stagegate.cli.suites import suites_of

    suites = suites_of(paths)
    results = [(suite, played(suite, word)) for suite in suites]
    if word and not any(done for _, done in results) and not any(suite.report.has_errors for suite in suites):
        raise Misuse(f"no scenario has `{word}` in its id or title; `stagegate test` shows them all")
    if as_json:
        say(json.dumps(plain(results), indent=2))
    else:
        show(results, lang)
    failed = any(not each.passed for _, done in results for each in done)
    leave(int(failed or any(suite.report.has_errors for suite in suites)))


def played(suite: Suite, word: str) -> list[Played]:
    """The scenarios that are meant, played; none where the definition has errors."""
    from stagegate.cli.suites import is_meant
    from stagegate.verify.scenarios import play

    process = suite.process
    if process is None:
        return []
    meant = [each for each in suite.scenarios if is_meant(word, process.name, each.id, title=each.title)]
    return [play(process, scenario) for scenario in meant]


def show(results: Sequence[tuple[Suite, Sequence[Played]]], language: str) -> None:
    """Writes text for people: process by process, then the sum."""
    from stagegate.render.scenario_text import ScenarioText, summary
    from stagegate.render.words import Say

    for suite, done in results:
        if suite.process is None or not done:
            continue
        text = ScenarioText(
            suite.process.definition, suite.sources, language=language, columns=width(), color=colored(sys.stdout)
        )
        say("\n".join(text.head()))
        for each in done:
            say("\n".join([*text.line(each), *text.failures(each)]))
        say("")
    every = [each for _, done in results for each in done]
    passed = sum(each.passed for each in every)
    processes = [suite for suite, done in results if suite.process is not None and (done or not every)]
    broken = sum(suite.report.has_errors for suite, _ in results)
    say(summary(Say(language), passed, len(every) - passed, len(processes), broken))


def plain(results: Sequence[tuple[Suite, Sequence[Played]]]) -> dict[str, Any]:
    """The whole of it as plain values."""
    from stagegate.render.scenario_text import played_to_plain

    every = [each for _, done in results for each in done]
    passed = sum(each.passed for each in every)
    return {
        "passed": passed,
        "failed": len(every) - passed,
        "processes": [
            {
                "path": suite.path,
                "process": None if suite.process is None else suite.process.name,
                "version": None if suite.process is None else suite.process.version,
                "errors": suite.report.count("error"),
                "scenarios": []
                if suite.process is None
                else [played_to_plain(each, suite.process.definition) for each in done],
            }
            for suite, done in results
        ],
    }
