"""What became of the cases of a store that went to another version, or would: as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from stagegate.model import Text
from stagegate.render.words import Say
from stagegate.render.wrap import bulleted, clean, indented
from stagegate.versions.report import FATES

if TYPE_CHECKING:
    from stagegate.versions.report import Became, Report

SHOWN: Final = 10  # cases named in each group
WORDS: Final[Mapping[str, Text]] = {
    "rehearsed": Text("rehearsed, nothing was changed", "演练，未作改动"),
    "applied": Text("applied", "已迁移"),
    "sum": Text("{} cases accounted for", "共 {} 个案例，逐一交代"),
    "kept": Text("kept their position", "位置不变"),
    "moved": Text("changed position", "位置改变"),
    "person": Text("need a person's decision; left as they are", "需由人决定；原样保留"),
    "conflict": Text("were written to again and again; left as they are", "不断被他人写入；原样保留"),
    "failed": Text("could not be carried over; left as they are", "无法迁移；原样保留"),
    "ended": Text("have ended; they stay on their version", "已结束；留在原版本"),
    "there": Text("were on the new version already", "已在新版本"),
    "lost": Text("lost something", "有所丢失"),
    "owing": Text("owe something new", "新欠项目"),
    "of_those": Text("of those carried over:", "其中："),
    "shifts": Text("changes of position", "位置变化"),
    "losses": Text("lost", "丢失"),
    "owed": Text("newly owed", "新欠"),
    "examples": Text("for example", "例如"),
    "more": Text("... and {} more", "……还有 {} 个"),
}


class MigrationText:
    """Tells a report in one language."""

    def __init__(self, report: Report, *, language: str = "en", columns: int = 100) -> None:
        self.report = report
        self.language = language
        self.columns = columns
        self.say = Say(language)

    def word(self, key: str, *values: object) -> str:
        """One word or phrase."""
        return WORDS[key](self.language).format(*values)

    def text(self) -> Iterator[str]:
        """Lines for a terminal: how many cases met which fate, what changed how often, and some by name."""
        report = self.report
        name = f"{clean(report.process)} {clean(report.old.version)} -> {clean(report.new.version)}"
        yield f"{name}{self.say.colon}{self.word('rehearsed' if report.rehearsed else 'applied')}"
        yield self.word("sum", f"{report.total:,}")
        for fate in FATES:
            if report.fates[fate] or fate in ("kept", "moved"):
                yield f"{report.fates[fate]:>9,}  {self.word(fate)}"
        if report.lost or report.owing:
            yield self.word("of_those")
            yield from (f"{n:>9,}  {self.word(k)}" for k, n in (("lost", report.lost), ("owing", report.owing)) if n)
        for key, counts in (("shifts", report.shifts), ("losses", report.losses), ("owed", report.owed)):
            if counts:
                yield ""
                yield self.word(key)
                for what, number in list(counts.items())[:SHOWN]:
                    yield from bulleted(f"{number:>9,}  ", clean(what), self.columns, 0)
                if len(counts) > SHOWN:
                    yield f"           {self.word('more', len(counts) - SHOWN)}"
        for group, found in report.examples.items():
            yield ""
            yield f"{self.word(group)}{self.say.then}{self.word('examples')}"
            for became in found[:SHOWN]:
                yield from indented(clean(f"{became.case}{self.say.colon}{self.of(became)}"), self.columns, 2, 4)

    def of(self, became: Became) -> str:
        """What became of one case, in a line."""
        parts = [became.reason, *map(str, became.shifts), *map(str, became.losses)]
        if became.owes:
            parts.append(f"{self.word('owed')} {self.say.comma.join(became.owes)}")
        return self.say.semicolon.join(p for p in parts if p)
