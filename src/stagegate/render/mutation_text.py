"""A mutation score as text: what became of the mutants, and each survivor at its line with what would have told it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from stagegate.diagnostics import Finding, Source, Span
from stagegate.engine.plain import command_to_plain
from stagegate.model import Text
from stagegate.render.command_yaml import scenario_lines
from stagegate.render.findings.colors import Paint
from stagegate.render.findings.excerpt import split_lines
from stagegate.render.findings.full import cut_out
from stagegate.render.words import Say
from stagegate.render.wrap import bulleted, clean, indented, padded, width
from stagegate.verify.mutants import OPERATORS
from stagegate.verify.mutation import Fate, Judged, MutationReport

INDENT: Final = 4
WORDS: Final[Mapping[str, Text]] = {
    "operator": Text("operator", "算子"),
    "all": Text("mutants", "变体"),
    "noticed": Text("noticed", "发现"),
    "equivalent": Text("equivalent", "等价"),
    "survived": Text("survived", "存活"),
    "score": Text("score", "得分"),
    "none": Text("there is nothing to change", "没有可改之处"),
    "apart": Text("would be told by", "可由此区分"),
    "found": Text("{}: {}; in the mutant {}", "{}：{}；变体中为 {}"),
    "not_found": Text("no commands were found that tell it from the original", "未找到能与原流程区分的命令"),
    "unusable": Text("of no use, not so on the original itself: {}", "在原流程上即不成立，不起作用：{}"),
    "by": Text("by {}", "由 {} 发现"),
}
# What differs, as `verify.mutants.lockstep` names it: the first word, and answers that are no ids.
DIFFERS: Final[Mapping[str, str]] = {
    "the last command": "最后的命令",
    "events": "事件",
    "position": "位置",
    "ended": "结局",
    "won": "赢单",
    "chance": "成交概率",
    "gap": "落差",
    "taken": "次数",
    "criterion": "标准",
    "action": "行动",
    "missing": "尚缺",
    "debt": "待补",
    "accepted": "接受",
    "refused": "拒绝",
    "offered": "可行",
    "owed": "待补",
    "no such name": "没有这个名称",
    "none": "无",
}
FATES: Final[tuple[Fate, ...]] = ("noticed", "equivalent", "survived")


class MutationText:
    """Writes the mutants of one process in one language; `sources` are the texts it stands in."""

    def __init__(
        self,
        report: MutationReport,
        sources: Iterable[Source],
        *,
        language: str = "en",
        columns: int = 100,
        color: bool = False,
    ) -> None:
        self.report = report
        self.definition = report.process.definition
        self.lines = {source.name: split_lines(source.text) for source in sources}
        self.language = language
        self.columns = columns
        self.say = Say(language)
        self.paint = Paint(color=color)

    def word(self, key: str, *values: object) -> str:
        """One word or phrase."""
        return WORDS[key](self.language).format(*values)

    def head(self) -> Iterator[str]:
        """The process, the score, and what is of no use."""
        name = f"{clean(self.definition.name)} {clean(self.definition.version)}"
        yield from indented(f"{name}{self.say.then}{clean(self.definition.file)}", self.columns, 0, 2)
        yield from indented(self.sum(), self.columns, 0, 2)
        if self.report.unusable:
            names = self.say.listed(map(clean, self.report.unusable))
            yield from indented(self.word("unusable", names), self.columns, 0, 2)

    def sum(self) -> str:
        """`202 mutants: 180 noticed, 6 equivalent, 16 survived; score 91.8 %`."""
        if not self.report.judged:
            return self.word("none")
        counts = self.say.listed(f"{len(self.report.of(fate))} {self.word(fate)}" for fate in FATES)
        all = f"{len(self.report.judged)} {self.word('all')}"
        return f"{all}{self.say.colon}{counts}{self.say.semicolon}{self.word('score')} {percent(self.report.score)} %"

    def table(self) -> Iterator[str]:
        """How many mutants each operator made, and what became of them."""
        counts = self.report.counts()
        wide = max([width(self.word("operator")), *(len(count.operator) for count in counts)])
        heads = [self.word(key) for key in ("all", *FATES)]
        cells = [max(width(head), 5) for head in heads]
        yield padded(self.word("operator"), wide) + "".join(
            "  " + right(h, c) for h, c in zip(heads, cells, strict=True)
        )
        for count in counts:
            numbers = (count.all, count.noticed, count.equivalent, count.survived)
            row = "".join("  " + right(str(n), c) for n, c in zip(numbers, cells, strict=True))
            yield padded(count.operator, wide) + row

    def every(self) -> Iterator[str]:
        """Every mutant in a line: what became of it, where, what was changed, and who noticed or why it is the same."""
        wide = max(width(self.word(fate)) for fate in FATES)
        for each in self.report.judged:
            bullet = padded(self.word(each.fate), wide) + "  "
            about = self.word("by", clean(each.by)) if each.by else clean(each.why(self.language))
            line = f"{self.place(each)}{self.say.colon}{self.changed(each)}"
            yield from bulleted(bullet, f"{line}{self.say.then}{about}" if about else line, self.columns, 0)

    def survivor(self, each: Judged) -> Iterator[str]:
        """A survivor: its line, what was changed there, and commands that tell it from the original."""
        word = self.paint.severity(self.word("survived"), "warning")
        yield f"{self.paint.strong(self.place(each))}: {word}: {self.changed(each)}"
        yield from self.excerpt(each)
        if each.hint is None:
            yield from indented(self.word("not_found"), self.columns, INDENT)
            return
        yield from indented(f"{self.word('apart')}{self.say.colon}{self.difference(each)}", self.columns, INDENT)
        for line in scenario_lines(each.hint.journal):
            yield " " * (INDENT + 2) + clean(line)

    def difference(self, each: Judged) -> str:
        """What differs after the last command of the hint."""
        assert each.hint is not None
        return clean(self.word("found", *map(self.differs, each.hint.difference)))

    def differs(self, text: str) -> str:
        """What differs, or an answer, in the language: the word that it begins with."""
        if self.language != "zh":
            return text
        if text in DIFFERS:
            return DIFFERS[text]
        first, blank, rest = text.partition(" ")
        word = first.rstrip(",")
        return f"{DIFFERS[word]}{first[len(word) :]}{blank}{rest}" if word in DIFFERS else text

    def changed(self, each: Judged) -> str:
        """What was changed, and by which operator."""
        return clean(each.mutant.what(self.language)) + self.say.brackets(each.mutant.operator)

    def place(self, each: Judged) -> str:
        """`file:line:column`, the file alone where the line is not known."""
        line, column = each.mutant.where
        return clean(f"{self.definition.file}:{line}:{column}" if line else self.definition.file)

    def excerpt(self, each: Judged) -> list[str]:
        """The line of the file, with the thing marked."""
        line, column = each.mutant.where
        lines = self.lines.get(self.definition.file, [])
        text = lines[line - 1][column - 1 :] if 0 < line <= len(lines) else ""
        name = each.mutant.key.rpartition(":")[2].rpartition(".")[2]
        finding = Finding(
            "", "warning", "", self.definition.file, Span.at(line, column, len(name) if text.startswith(name) else 1)
        )
        framed = cut_out(finding, lines, self.paint)[0] if text else []
        return [f"{' ' * INDENT}{row}".rstrip() for row in framed]


def percent(score: float) -> str:
    """A score in percent; only a whole one is 100."""
    return "100" if score == 1 else f"{min(score * 100, 99.9):.1f}"


def right(text: str, columns: int) -> str:
    """`text` at the right of so many columns."""
    return " " * max(0, columns - width(text)) + text


# --- plain values ------------------------------------------------------------------------------------------


def report_to_plain(report: MutationReport) -> dict[str, Any]:
    """The whole of it as plain values."""
    fates: dict[str, Any] = {fate: len(report.of(fate)) for fate in FATES}
    meanings = {operator.name: operator.meaning for operator in OPERATORS}
    return {
        "process": report.process.name,
        "version": report.process.version,
        "file": report.process.definition.file,
        "score": round(report.score, 4),
        "mutants": len(report.judged),
        **fates,
        "unusable": list(report.unusable),
        "operators": [
            {
                "operator": count.operator,
                "meaning": meanings[count.operator].en,
                "mutants": count.all,
                "noticed": count.noticed,
                "equivalent": count.equivalent,
                "survived": count.survived,
            }
            for count in report.counts()
        ],
        "all": [judged_to_plain(each) for each in report.judged],
    }


def judged_to_plain(each: Judged) -> dict[str, Any]:
    """One mutant and what became of it."""
    mutant = each.mutant
    return {
        "operator": mutant.operator,
        "changed": mutant.what.en,
        "line": mutant.where[0],
        "column": mutant.where[1],
        "fate": each.fate,
        "by": each.by,
        "why": each.why.en,
        "hint": None
        if each.hint is None
        else {
            "what": each.hint.difference.what,
            "original": each.hint.difference.original,
            "mutant": each.hint.difference.mutant,
            "commands": [command_to_plain(command) for command in each.hint.journal],
        },
    }
