"""`stagegate prove`: holds the invariants of processes against everything that can be done."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import Misuse, Progress, colored, leave, say, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stagegate.loading import Suite
    from stagegate.process import Process
    from stagegate.verify.answers import Answer


@frozen
class Proofs:
    """The answers about one process: to its invariants, and to what is asked of every process."""

    suite: Suite
    process: Process
    invariants: tuple[Answer, ...]
    free: tuple[Answer, ...]

    @property
    def all(self) -> tuple[Answer, ...]:
        """Every answer."""
        return (*self.invariants, *self.free)


@click.command(
    "prove",
    cls=Command,
    short_help="Prove or break the invariants of processes.",
    examples=("stagegate prove after-sales-repair", "stagegate prove project-sales --only-invariants --save broken"),
)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "-k",
    "word",
    metavar="WORD",
    default="",
    help="Only what has this in its name or title, or is about such a process.",
)
@click.option("--only-invariants", is_flag=True, help="Leave out the general questions.")
@click.option(
    "--effort",
    type=click.IntRange(min=1),
    help="The most steps that all invariants of a process share; the general questions have as many again.",
)
@click.option("--save", metavar="FOLDER", help="Write each journal that breaks something there, for `stagegate run`.")
@click.option("--strict", is_flag=True, help="Count what is undecided as broken.")
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of titles and results.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
def command(
    paths: tuple[str, ...],
    word: str,
    only_invariants: bool,
    effort: int | None,
    save: str | None,
    strict: bool,
    lang: str,
    as_json: bool,
) -> None:
    """Prove the invariants of processes, or break each with the shortest journal that does.

    PATH is a definition, a file `*.scenarios.yaml` beside one, a folder (every definition below it), or the name of a
    bundled process; without any, all bundled processes are looked at.

    Besides its invariants every process is asked the general questions: whether all stages and ends are reached, all outcomes
    taken, all jumps and loops made, whether there is always a way to an end, whether its automatic decisions come to
    rest with one outcome, and whether each condition can come out true, and false where it says more than comparisons that
    must all hold.

    Exits with 0 when nothing is broken, 1 when something is (or undecided, with --strict) or a file has mistakes, 2 when
    something cannot be read or nothing has WORD.
    """
    from stagegate.cli.suites import suites_of

    suites = suites_of(paths)
    wrong = sum(suite.report.has_errors for suite in suites)
    found = list(proofs(suites, word, only_invariants, effort))
    if word and not wrong and not any(each.all for each in found):
        raise Misuse(f"nothing to prove has `{word}` in its name or title; `stagegate prove` shows all there is")
    saved = {} if save is None else saved_journals(found, Path(save))
    if as_json:
        say(json.dumps({**plain(found, saved), "with_mistakes": wrong}, indent=2))
    else:
        show(found, saved, lang, wrong)
    bad = ("broken", "undecided") if strict else ("broken",)
    leave(int(wrong > 0 or any(answer.verdict in bad for each in found for answer in each.all)))


def proofs(suites: Sequence[Suite], word: str, only_invariants: bool, effort: int | None) -> Iterable[Proofs]:
    """The answers about every process without errors."""
    progress = Progress("proving")
    for done, suite in enumerate(suites):
        progress.at(done, len(suites))
        if suite.process is not None:
            yield proved(suite, suite.process, word, only_invariants, effort)
    progress.over()


def proved(suite: Suite, process: Process, word: str, only_invariants: bool, effort: int | None) -> Proofs:
    """The answers about one process."""
    from stagegate.cli.suites import is_meant
    from stagegate.model import NO_TEXT
    from stagegate.verify.examine import examine, questions
    from stagegate.verify.prove import EFFORT, prove

    effort = effort or EFFORT
    invariants = [
        each for each in suite.invariants if is_meant(word, process.name, f"{each.kind}[{each.id}]", title=each.title)
    ]
    answers = prove(process, invariants, effort=effort)
    meant = {
        (kind, id)
        for kind, id in questions(process.definition)
        if is_meant(word, process.name, f"{kind}[{id}]", title=NO_TEXT)
    }
    if only_invariants or not meant:
        return Proofs(suite, process, answers, ())
    free = examine(process, effort=effort)
    return Proofs(suite, process, answers, tuple(each for each in free if (each.kind, each.id) in meant))


def saved_journals(found: Iterable[Proofs], folder: Path) -> dict[tuple[str, str], str]:
    """Writes a commands file for each answer that is broken by a journal; the path of each by process and name."""
    from stagegate.cli.files import write_file
    from stagegate.language.script_writer import written

    saved: dict[tuple[str, str], str] = {}
    for each in found:
        for answer in each.all:
            if answer.verdict != "broken" or not answer.journal:
                continue
            make_folder(folder)
            path = str(folder / f"{each.process.name}.{answer.kind}.{answer.id}.commands.yaml")
            remark = "\n".join(text for text in (str(answer.title), answer.reason) if text)
            write_file(path, written(each.process.name, answer.id, answer.journal, remark=remark))
            saved[each.suite.path, answer.name] = path
    return saved


def make_folder(folder: Path) -> None:
    """Makes the folder where there is none."""
    from stagegate.cli.files import why

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misuse(f"cannot write to `{folder}`: {why(error)}") from None


def show(found: Sequence[Proofs], saved: dict[tuple[str, str], str], language: str, wrong: int) -> None:
    """Writes text for people: process by process, then the sum."""
    from stagegate.render.proof_text import ProofText, summary
    from stagegate.render.words import Say

    told = [each for each in found if each.all]
    for each in told:
        definition = each.process.definition
        text = ProofText(definition, each.suite.sources, language=language, columns=width(), color=colored(sys.stdout))
        played = {name: (definition.file, path) for (where, name), path in saved.items() if where == each.suite.path}
        say("\n".join([*text.head(), *text.answers(each.invariants, each.free, played), ""]))
    answers = [answer for each in told for answer in each.all]
    say(summary(Say(language), answers, len(told) or len(found), wrong))


def plain(found: Iterable[Proofs], saved: dict[tuple[str, str], str]) -> dict[str, Any]:
    """The whole of it as plain values."""
    from stagegate.render.proof_text import answer_to_plain, counted

    def answers(each: Proofs, given: Iterable[Answer]) -> list[dict[str, Any]]:
        path = each.suite.path
        return [{**answer_to_plain(a, each.process.definition), "saved": saved.get((path, a.name))} for a in given]

    every = list(found)
    return {
        **counted(answer for each in every for answer in each.all),
        "processes": [
            {
                "path": each.suite.path,
                "process": each.process.name,
                "version": each.process.version,
                "invariants": answers(each, each.invariants),
                "questions": answers(each, each.free),
            }
            for each in every
        ],
    }
