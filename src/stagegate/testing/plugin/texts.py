"""What a failed item shows: the stage, the command, the facts, and the lines of the definition that decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stagegate.case import Case
from stagegate.diagnostics import Finding, Report, Span
from stagegate.engine.commands import Command
from stagegate.engine.results import Step
from stagegate.process import Process
from stagegate.render.case_text import CaseText, described, shown
from stagegate.render.findings import render
from stagegate.render.findings.colors import Paint
from stagegate.render.findings.excerpt import split_lines
from stagegate.render.findings.full import cut_out
from stagegate.render.proof_text import ProofText
from stagegate.render.scenario_text import ScenarioText
from stagegate.render.wrap import clean
from stagegate.verify.answers import Answer
from stagegate.verify.scenarios import Played

if TYPE_CHECKING:
    from stagegate.loading import Suite
    from stagegate.testing.plugin.random_deals import Breach

FEW_PLACES: Final = 5
"""How many lines of the definition are shown as those that decided."""


def from_here(path: Path) -> Path:
    """A path as it is said from the present folder, if it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def unreadable(path: Path, error: OSError) -> str:
    """A file that cannot be read."""
    return f"cannot read `{clean(str(from_here(path)))}`: {clean((error.strerror or str(error)).lower())}"


def check_lines(report: Report) -> list[str]:
    """Every finding, with its lines."""
    return [render(report, "full")]


def scenario_lines(suite: Suite, played: Played) -> list[str]:
    """What was expected beside what was found, and where the case stands."""
    process = of(suite)
    text = ScenarioText(process.definition, suite.sources)
    scenario = played.scenario
    lines = [clean(scenario.title()) or scenario.id, *text.failures(played)]
    if played.case is not None:
        command, step = played.steps[-1] if played.steps else (played.case.journal[0].command, None)
        lines += ["", *stand_lines(suite, played.case, command, step)]
    return lines


def answer_lines(suite: Suite, answer: Answer) -> list[str]:
    """The shortest journal that breaks an invariant, numbered, with what follows, and where it leads."""
    process = of(suite)
    text = ProofText(process.definition, suite.sources)
    title = clean(answer.title()) or text.meaning(answer) or answer.name
    if answer.verdict == "undecided":
        return [f"undecided: {title}", clean(answer.reason)]
    lines = [f"broken: {title}", *text.broken(answer)]
    if answer.journal:
        lines += ["", *stand_lines(suite, *done(process, answer.journal))]
    return lines


def property_lines(suite: Suite, property: str, breach: Breach) -> list[str]:
    """The shortest journal found that breaks a property, numbered, with what follows, and where it leads."""
    process = of(suite)
    return [
        f"{property}: {clean(breach.reason)}",
        *ProofText(process.definition, suite.sources).journal(breach.journal),
        "",
        *stand_lines(suite, *done(process, breach.journal)),
        "",
        "no definition should make this happen: please report it to stagegate, with the definition",
    ]


def of(suite: Suite) -> Process:
    """The process of a definition without errors."""
    assert suite.process is not None
    return suite.process


def done(process: Process, journal: Iterable[Command]) -> tuple[Case, Command, Step | None]:
    """The case after a journal, with the last command and what it did; None where that is the opening."""
    opening, *rest = journal
    case, command, step = process.opened("case", opening), opening, None
    for command in rest:
        step = case.do(command)
    return case, command, step


def stand_lines(suite: Suite, case: Case, command: Command, step: Step | None) -> Iterator[str]:
    """Where a case stands: its stages, the last command, its facts, and the lines that decided."""
    text = CaseText(case.definition)
    for position in case.positions.values():
        yield f"stage    {text.position(position)}"
    if case.ended:
        yield f"ended    {text.name(case.ended)}"
    refused = step is not None and not step.accepted
    yield f"command  {described(command, text.say)}{' (refused)' if refused else ''}"
    facts = ", ".join(f"{clean(name)} = {clean(shown(value, text.say))}" for name, value in case.facts.items())
    yield f"facts    {facts or 'none given'}"
    places = deciding(case, step)
    if places:
        yield "refused by" if refused else "waiting for"
        for place in places[:FEW_PLACES]:
            yield from excerpt(suite.report, place)


def deciding(case: Case, step: Step | None) -> list[str]:
    """The places, `file:line:column`, that decided: those that refused the last command, else those still lacking."""
    if step is not None and not step.accepted:
        found = [reason.where for reason in step.reasons]
    else:
        found = [item.where for item in case.missing()]
        found += [reason.where for action in case.next_actions() for reason in action.reasons if action.kind == "await"]
    return [place for place in dict.fromkeys(found) if place]


def excerpt(report: Report, place: str) -> Iterator[str]:
    """A place, and the line that stands there."""
    yield f"  {clean(place)}"
    file, line, column = place.rsplit(":", 2)
    source = report.source(file)
    if source is not None:
        at = Span.at(int(line), int(column))
        lines, _ = cut_out(Finding("", "error", "", file, at), split_lines(source.text), Paint(color=False))
        yield from (f"  {line}" for line in lines)
