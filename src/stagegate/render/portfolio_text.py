"""Many deals as text: a line for each, the funnel with its bars, and one deal in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from stagegate.engine import Item, Position
from stagegate.model import Definition, Text
from stagegate.render.case_text import CaseText
from stagegate.render.wrap import bulleted, clean, indented, padded, width

BAR = 30


class PortfolioText:
    """Writes the deals of one process in one language."""

    def __init__(self, definition: Definition, *, language: str = "en", columns: int = 100) -> None:
        self.case = CaseText(definition, language=language, columns=columns)
        self.say = self.case.say
        self.columns = columns

    def line(self, id: str, where: str) -> str:
        """A deal in one line."""
        return f"{padded(clean(id), 6)}  {where}"

    def where(self, positions: Sequence[Position], lacking: Sequence[Item]) -> str:
        """Where a deal stands, and the first thing it lacks."""
        where = self.say.semicolon.join(self._place(position) for position in positions)
        more = self.say.brackets(self.say("and_more", len(lacking) - 1)) if len(lacking) > 1 else ""
        lacks = f"{self.say.semicolon}{self.say('lacks')} {self.short(lacking[0].id)}{more}" if lacking else ""
        return where + lacks

    def _place(self, position: Position) -> str:
        phase = self.say(position.phase)
        return f"{self.short(position.stage)}{self.say.then}{phase}" if position.stage else phase

    def short(self, id: str) -> str:
        """What a stage or criterion is called in a line: its id, in Chinese its title."""
        return (self.say.language == "zh" and clean(self.case.titles.get(id, Text())("zh"))) or clean(id)

    def recorded(self, count: int, stages: Sequence[str]) -> list[str]:
        """That people record some criteria, so that no deal of a table gets past the first of each track."""
        places = self.say.listed(self.case.name(stage) for stage in stages)
        if self.say.language == "zh":
            text = f"有 {count} 项标准由人记录，不由事实推导：表格无法满足；商机最远停在第一个这样的阶段：{places}"
        else:
            some = "1 criterion is" if count == 1 else f"{count} criteria are"
            text = (
                f"{some} recorded, not derived from facts: a table cannot meet {'it' if count == 1 else 'them'}; "
                f"deals stop at the first such gate: {places}"
            )
        return indented(text, self.columns, 0, 2)

    def funnel(self, deals: int, steps: Iterable[tuple[str, int, int]], ends: Iterable[tuple[str, int]]) -> list[str]:
        """How many deals have reached and completed each stage, with a bar for those that reached it."""
        rows = [(self.case.name(stage), reached, completed) for stage, reached, completed in steps]
        wide = max((width(title) for title, _, _ in rows), default=0)
        heads = (self.say("reached_column"), self.say("completed_column"))
        cells = [max(width(head), len(f"{deals:,}"), 7) for head in heads]
        title = f"{self.say('funnel')}{self.say.brackets(f'{deals:,} ' + self.say('deal' if deals == 1 else 'deals'))}"
        lines = [padded(title, wide + 2) + "".join("  " + right(h, c) for h, c in zip(heads, cells, strict=True))]
        for name, reached, completed in rows:
            numbers = "".join("  " + right(f"{n:,}", c) for n, c in zip((reached, completed), cells, strict=True))
            bar = (
                "#" * round(BAR * completed / deals)
                + "-" * (round(BAR * reached / deals) - round(BAR * completed / deals))
                if deals
                else ""
            )
            lines.append(f"  {padded(name, wide)}{numbers}  {bar}".rstrip())
        lines += [f"  {self.say.labelled('ended', self.case.name(end))}: {count:,}" for end, count in ends]
        return lines

    def full(
        self, id: str, facts: Iterable[tuple[str, Any]], positions: Sequence[Position], lacking: Sequence[Item]
    ) -> list[str]:
        """One deal: its facts, where it stands, and everything it lacks."""
        lines = [f"{self.say('deal')} {clean(id)}", f"{self.say('given')}{self.say.colon.rstrip()}"]
        for name, value in facts:
            lines += bulleted("- ", f"{clean(name)}: {clean(self.value(value))}", self.columns, 2)
        lines.append(f"{self.say('position')}{self.say.colon.rstrip()}")
        for position in positions:
            lines += indented(self.case.position(position), self.columns, 2, 4)
        return [*lines, *self.case.items("missing", lacking, always=True)]

    def value(self, value: Any) -> str:
        """A fact's value as a cell would hold it."""
        match value:
            case bool():
                return ("否", "是")[value] if self.say.language == "zh" else ("no", "yes")[value]
            case float():
                return f"{value:.15g}" if abs(value) < 1e15 else repr(value)
            case timedelta():
                return self.say.duration(value)
            case datetime():
                return value.isoformat()
            case tuple():
                return "; ".join(self.value(each) for each in value)
            case _:
                return str(value)


def right(text: str, columns: int) -> str:
    """`text` at the right of so many columns."""
    return " " * max(0, columns - width(text)) + text
