"""Scenarios that were played, as text: their results, and what was expected beside what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, Final

from stagegate.diagnostics import Finding, Source, Span
from stagegate.model import Definition, Scenario
from stagegate.render.case_text import CaseText, described
from stagegate.render.findings.colors import Paint
from stagegate.render.findings.excerpt import split_lines
from stagegate.render.findings.full import cut_out
from stagegate.render.words import Say
from stagegate.render.wrap import bulleted, clean, indented, padded, width, wrap
from stagegate.verify.expectations import ACCEPTED, NO_COMMAND, NONE_OF, NOT_ALLOWED, Row
from stagegate.verify.scenarios import Failure, Played

INDENT: Final = 4
DIFFERS, SAME, NOTHING = "! ", "  ", "-"
BETWEEN: Final = 2


class ScenarioText:
    """Writes the scenarios of one process in one language; `sources` are the texts they stand in."""

    def __init__(
        self,
        definition: Definition,
        sources: Iterable[Source],
        *,
        language: str = "en",
        columns: int = 100,
        color: bool = False,
    ) -> None:
        self.definition = definition
        self.lines = {source.name: split_lines(source.text) for source in sources}
        self.columns = columns
        self.language = language
        self.say = Say(language)
        self.paint = Paint(color=color)
        self.case = CaseText(definition, language=language, columns=columns)

    def line(self, played: Played) -> list[str]:
        """The result, the id and the title of a scenario."""
        scenario = played.scenario
        words = [self.say("scenario_passed"), self.say("scenario_failed")]
        result = words[not played.passed]
        bullet = padded(result, max(map(width, words))) + "  "
        title = clean(scenario.title(self.language))
        name = f"{clean(scenario.id)}{self.say.colon}{title}" if title else clean(scenario.id)
        first, *rest = bulleted(bullet, name, self.columns, 2)
        painted = result if played.passed else self.paint.severity(result, "error")
        return [first.replace(result, painted, 1), *rest]

    def failures(self, played: Played) -> list[str]:
        """Everything that failed in a scenario, each with the line that says so; nothing when it passed."""
        return [line for failure in played.failures for line in self.failure(failure, played.scenario)]

    def failure(self, failure: Failure, scenario: Scenario) -> Iterator[str]:
        """One failure: its place, what it is, the line in the file, and the difference."""
        file = scenario.file or self.definition.file
        line, column = failure.where
        place = self.paint.strong(f"{clean(file)}:{line}:{column}")
        yield f"{' ' * INDENT}{place}: {self.headline(failure)}"
        for framed in self.excerpt(failure, file):
            yield f"{' ' * INDENT}{framed}".rstrip()
        if failure.command is not None:
            for reason in failure.reasons:
                yield from self.case.reason(reason, failure.command, INDENT + 2)
        elif failure.key not in ("given", "when"):
            yield from self.beside(failure.rows)

    def headline(self, failure: Failure) -> str:
        """What is not as it should be."""
        if failure.command is not None:
            return self.say("command_refused", described(failure.command, self.say))
        if failure.key in ("given", "when"):
            return self.say("command_unknown", clean(failure.message))
        return self.say("not_as_expected", failure.key)

    def excerpt(self, failure: Failure, file: str) -> list[str]:
        """The line of the file, with the expectation marked."""
        line, column = failure.where
        lines = self.lines.get(file, [])
        text = lines[line - 1][column - 1 :] if 0 < line <= len(lines) else ""
        length = len(failure.key) if text.startswith(failure.key) else 1
        return cut_out(Finding("", "error", "", file, Span.at(line, column, length)), lines, self.paint)[0]

    def beside(self, rows: Iterable[Row]) -> Iterator[str]:
        """What was expected and what was found in two columns; a mark before each line that differs."""
        head = (self.say("expected"), self.say("found"))
        cells = [(self.words(row.expected), self.words(row.found), row.holds) for row in rows]
        room = self.columns - INDENT - 2 - width(DIFFERS) - BETWEEN
        widest = max(width(clean(text)) for text in (head[0], *(left for left, _, _ in cells)))
        left = max(min(widest, room // 2), 1)
        yield self.two(SAME, head[0], head[1], left)
        for expected, found, holds in cells:
            mark = SAME if holds else DIFFERS
            for one, other in zip_longest(wrap(expected, left), wrap(found, room - left), fillvalue=""):
                yield self.two(mark, one, other, left)
                mark = SAME

    def words(self, text: str) -> str:
        """One side of a row; what is no id in the language."""
        if text == ACCEPTED:
            return self.say("nothing")
        if text == NO_COMMAND:
            return self.say("no_command")
        for prefix, key in ((NOT_ALLOWED, "not_allowed"), (NONE_OF, "none_of")):
            if text.startswith(prefix):
                return self.say(key, text.removeprefix(prefix))
        return text or NOTHING

    def two(self, mark: str, one: str, other: str, left: int) -> str:
        """One line of two columns."""
        line = f"{mark}{padded(one, left)}{' ' * BETWEEN}{other}".rstrip()
        return " " * (INDENT + 2) + (self.paint.severity(line, "error") if mark == DIFFERS else line)

    def head(self) -> list[str]:
        """The process, and where it stands."""
        text = f"{clean(self.definition.name)} {clean(self.definition.version)}{self.say.then}{clean(self.definition.file)}"
        return indented(text, self.columns, 0, 2)


def summary(say: Say, passed: int, failed: int, processes: int, broken: int = 0) -> str:
    """`12 passed, 1 failed in 5 processes`; how many definitions had mistakes, and that there is nothing to play."""
    there = counted_processes(say, processes)
    counts = [say(f"count_{word}", number) for word, number in (("passed", passed), ("failed", failed)) if number]
    if counts:
        return say("in_processes", say.listed(counts), there) + with_mistakes(say, broken)
    hint = "" if broken else say.semicolon + say("write_scenarios")
    return say("no_scenarios", there) + hint + with_mistakes(say, broken)


def counted_processes(say: Say, number: int) -> str:
    """`1 process`, `5 processes`."""
    return say("one_process") if number == 1 else say("processes", number)


def with_mistakes(say: Say, number: int) -> str:
    """That so many processes have mistakes, nothing where none has."""
    if not number:
        return ""
    return say.semicolon + (say("one_with_mistakes") if number == 1 else say("with_mistakes", number))


# --- plain values ------------------------------------------------------------------------------------------


def played_to_plain(played: Played, definition: Definition) -> dict[str, Any]:
    """A scenario that was played, as plain values."""
    scenario = played.scenario
    return {
        "id": scenario.id,
        "title": {"en": scenario.title("en"), "zh": scenario.title("zh")},
        "file": scenario.file or definition.file,
        "line": scenario.where[0],
        "column": scenario.where[1],
        "passed": played.passed,
        "failures": [failure_to_plain(failure) for failure in played.failures],
    }


def failure_to_plain(failure: Failure) -> dict[str, Any]:
    """One failure."""
    return {
        "key": failure.key,
        "line": failure.where[0],
        "column": failure.where[1],
        "message": failure.message,
        "expected": [row.expected for row in failure.rows if row.expected],
        "found": [row.found for row in failure.rows if row.found],
    }
