"""Proofs as text: what is proved in short, and what is broken with the journal that breaks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from stagegate.case import Case
from stagegate.diagnostics import Finding, Source, Span
from stagegate.engine import Command, Event, Step
from stagegate.engine.plain import command_to_plain, event_to_plain
from stagegate.errors import CommandError, UnknownNameError
from stagegate.model import Definition
from stagegate.process import Process
from stagegate.render.case_text import CaseText, described, moment, summary_to_plain
from stagegate.render.findings.colors import Paint
from stagegate.render.findings.excerpt import split_lines
from stagegate.render.findings.full import cut_out
from stagegate.render.scenario_text import counted_processes, with_mistakes
from stagegate.render.words import Say
from stagegate.render.wrap import bulleted, clean, indented, padded, width
from stagegate.verify.answers import Answer, Verdict

INDENT: Final = 4
LONG: Final = timedelta(hours=1)
"""A command that comes so long after the one before is written with its time."""

_WAY_OUT: Final = ("an end can be reached from everywhere", "处处可到达某个结局")
_RESTS: Final = ("automatic decisions come to rest", "自动决策会停下")
# What is asked of every process: about one thing, and when all of them are proved. `{}` is the thing, or how many.
FREE: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "reaches": (
        ("{} can be reached", "{} 可以到达"),
        ("stages and ends can be reached ({})", "阶段和结局可到达（{}）"),
    ),
    "completes": (("{} can be completed", "{} 可以完成"), ("stages can be completed ({})", "阶段可完成（{}）")),
    "takes": (("{} can be taken", "{} 可以选择"), ("outcomes can be taken ({})", "决策结果可选择（{}）")),
    "makes": (("{} can be made", "{} 可以进行"), ("jumps and loops can be made ({})", "跳转和返回可进行（{}）")),
    "way_out": (_WAY_OUT, _WAY_OUT),
    "rests": (_RESTS, _RESTS),
    "one_outcome": (
        ("{}: never two outcomes at once", "{}：不会同时有两个结果成立"),
        ("automatic decisions never have two outcomes at once ({})", "自动决策不会同时有两个结果（{}）"),
    ),
    "some_outcome": (
        ("{}: always an outcome that may come", "{}：总有结果可能成立"),
        ("automatic decisions always have an outcome ({})", "自动决策总有结果（{}）"),
    ),
    "can_hold": (
        ("the condition of {} can hold", "{} 的条件可能成立"),
        ("conditions can hold ({})", "条件可能成立（{}）"),
    ),
    "can_fail": (
        ("the condition of {} can fail", "{} 的条件可能不成立"),
        ("conditions can fail ({})", "条件可能不成立（{}）"),
    ),
}
NONE_SAVED: Final[Mapping[str, tuple[str, str]]] = {}
VERDICTS: Final[tuple[Verdict, ...]] = ("proved", "broken", "undecided")


class ProofText:
    """Writes the answers about one process in one language; `sources` are the texts its invariants stand in."""

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
        self.case = CaseText(definition, language=language, columns=columns - INDENT)

    def head(self) -> list[str]:
        """The process, and where it stands."""
        text = f"{clean(self.definition.name)} {clean(self.definition.version)}{self.say.then}{clean(self.definition.file)}"
        return indented(text, self.columns, 0, 2)

    def answers(
        self, invariants: Sequence[Answer], free: Sequence[Answer], saved: Mapping[str, tuple[str, str]] = NONE_SAVED
    ) -> Iterator[str]:
        """Everything there is to say: invariants one a line, of the free questions only what is not proved.

        `saved` gives by the name of an answer the process and the commands file that play its journal.
        """
        for answer in invariants:
            yield from self.answer(answer, saved.get(answer.name))
        proved = [answer for answer in free if answer.verdict == "proved"]
        if proved:
            yield from self.labelled("proved", self.counted(proved))
        for answer in free:
            if answer.verdict != "proved":
                yield from self.answer(answer, saved.get(answer.name))

    def answer(self, answer: Answer, saved: tuple[str, str] | None = None) -> Iterator[str]:
        """One answer; what is not proved is explained."""
        yield from self.line(answer)
        if answer.verdict == "broken":
            yield from self.broken(answer)
            if saved is not None:
                run = f"stagegate run {clean(saved[0])} {clean(saved[1])}"
                yield " " * INDENT + self.say.labelled("play_it", run)  # one line, however long: it is copied
        elif answer.verdict == "undecided":
            yield from indented(clean(answer.reason), self.columns, INDENT)

    def line(self, answer: Answer) -> list[str]:
        """The verdict and what was asked."""
        title = self.meaning(answer) if answer.kind in FREE else clean(answer.title(self.language))
        return self.labelled(answer.verdict, clean(answer.name) + (f"{self.say.colon}{title}" if title else ""))

    def labelled(self, verdict: Verdict, text: str) -> list[str]:
        """A verdict, and a text behind it."""
        words = {each: self.say(f"proof_{each}") for each in VERDICTS}
        word = words[verdict]
        first, *rest = bulleted(padded(word, max(map(width, words.values()))) + "  ", text, self.columns, 2)
        painted = self.paint.severity(word, "error") if verdict == "broken" else word
        painted = self.paint.severity(word, "warning") if verdict == "undecided" else painted
        return [first.replace(word, painted, 1), *rest]

    def meaning(self, answer: Answer) -> str:
        """What a question that nobody has to ask asks, "" for an invariant: that says it by its title."""
        title = clean(answer.title(self.language)) or clean(answer.id)
        if answer.kind not in FREE:
            return ""
        return FREE[answer.kind][0][self.say.at].format(title)

    def counted(self, proved: Sequence[Answer]) -> str:
        """How many questions are proved, and what they cover."""
        kinds = Counter(answer.kind for answer in proved)
        covered = [
            FREE[kind][1][self.say.at].format(number) if kind in FREE else f"{kind} {number}"
            for kind, number in kinds.items()
        ]
        head = self.say("one_free_question") if len(proved) == 1 else self.say("free_questions", len(proved))
        return f"{head}{self.say.colon}{self.say.listed(covered)}"

    # --- what is broken ---------------------------------------------------------------------------------

    def broken(self, answer: Answer) -> Iterator[str]:
        """Where it is written, the journal that breaks it, and why."""
        yield from self.excerpt(answer)
        lines = list(self.journal(answer.journal)) if answer.journal else []
        lines += indented(self.say.labelled("why_broken", clean(answer.reason)), self.columns - INDENT, 0, 2)
        yield from (" " * INDENT + line for line in lines)

    def excerpt(self, answer: Answer) -> Iterator[str]:
        """The line of the file, with the id marked."""
        file, line, column = place_of(answer.where)
        if not line:
            return
        place = self.paint.strong(f"{clean(file)}:{line}:{column}")
        yield f"{' ' * INDENT}{place}: {self.say('is_broken', clean(answer.id))}"
        lines = self.lines.get(file, [])
        text = lines[line - 1][column - 1 :] if 0 < line <= len(lines) else ""
        name = answer.id.rpartition(".")[2]  # of an outcome the file has only the last part
        length = len(name) if text.startswith(name) else 1
        finding = Finding("", "error", "", file, Span.at(line, column, length))
        yield from (f"{' ' * INDENT}{framed}".rstrip() for framed in cut_out(finding, lines, self.paint)[0])

    def journal(self, journal: Sequence[Command]) -> Iterator[str]:
        """Each command with its number, what followed from it, and where the case stands at the end."""
        before = journal[0].at
        wide = len(str(len(journal)))
        for number, (command, case, events, step) in enumerate(replayed(self.definition, journal), start=1):
            yield from bulleted(f"{number:>{wide}}. ", self.command(command, before), self.case.columns, 0)
            against = () if step is None else step.reasons
            lines = [line for reason in against for line in self.case.reason(reason, command, 2)]
            yield from (" " * wide + line for line in (*self.case.events(events), *lines))
            if number == len(journal):
                yield from (" " * wide + line for line in self.case.summary(summary_to_plain(case)))
            before = command.at

    def command(self, command: Command, before: datetime) -> str:
        """A command as one would say it, with who told it, and when if time has passed."""
        told = [self.case.name(command.role, "role") if command.role else "", clean(command.by)]
        if command.at - before >= LONG:
            told.append(moment(command.at))
        return described(command, self.say) + self.say.brackets_of(*told)


def replayed(
    definition: Definition, journal: Sequence[Command]
) -> Iterator[tuple[Command, Case, Sequence[Event], Step | None]]:
    """Each command of a journal with the case after it and what followed; the opening has no step."""
    case: Case | None = None
    for command in journal:
        try:
            if case is None:
                case = Process(definition).opened("counterexample", command)
                yield command, case, case.events(), None
            else:
                step = case.do(command)
                yield command, case, step.events, step
        except (CommandError, UnknownNameError):  # not a journal of this process
            return


def place_of(where: str) -> tuple[str, int, int]:
    """File, line and column of `file:line:column`; line 0 where there is none."""
    file, _, rest = where.rpartition(":")
    file, _, line = file.rpartition(":")
    return (file, int(line), int(rest)) if line.isdigit() and rest.isdigit() else ("", 0, 0)


def counted(answers: Iterable[Answer]) -> dict[str, int]:
    """How many answers there are of each verdict."""
    counts = Counter(answer.verdict for answer in answers)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def summary(say: Say, answers: Iterable[Answer], processes: int, wrong: int = 0) -> str:
    """`12 proved, 1 broken, 2 undecided in 5 processes`; how many processes had mistakes."""
    counts = counted(answers)
    told = [say(f"count_{verdict}", number) for verdict, number in counts.items() if number]
    there = counted_processes(say, processes)
    text = say("in_processes", say.listed(told), there) if told else say("nothing_to_prove", there)
    return text + with_mistakes(say, wrong)


# --- plain values ------------------------------------------------------------------------------------------


def answer_to_plain(answer: Answer, definition: Definition) -> dict[str, Any]:
    """An answer as plain values; the journal with what followed from each command."""
    return {
        "name": answer.name,
        "kind": answer.kind,
        "id": answer.id,
        "title": {"en": answer.title("en"), "zh": answer.title("zh")},
        "verdict": answer.verdict,
        "reason": answer.reason,
        "where": answer.where,
        "states": answer.states,
        "journal": [
            {"command": command_to_plain(command), "events": [event_to_plain(event) for event in events]}
            for command, _, events, _ in replayed(definition, answer.journal)
        ],
    }
