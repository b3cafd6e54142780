"""Many deals as text: a line for each, the funnel with its bars, and one deal in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stagegate.engine import Item, Position
from stagegate.model import Definition
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
        lacks = f"{self.say.semicolon}{self.say('lacks')} {clean(lacking[0].id)}{more}" if lacking else ""
        return where + lacks

    def _place(self, position: Position) -> str:
        phase = self.say(position.phase)
        return f"{clean(position.stage)}{self.say.then}{phase}" if position.stage else phase

    def funnel(self, deals: int, steps: Iterable[tuple[str, int, int]], ends: Iterable[tuple[str, int]]) -> list[str]:
        """How many deals have reached and completed each stage, with a bar for those that reached it."""
        rows = [(self.case.name(stage), reached, completed) for stage, reached, completed in steps]
        wide = max((width(title) for title, _, _ in rows), default=0)
        heads = (self.say("reached_column"), self.say("completed_column"))
        cells = [max(width(head), len(f"{deals:,}"), 7) for head in heads]
        title = f"{self.say('funnel')}{self.say.brackets(f'{deals:,} ' + self.say('deals'))}"
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
        self, id: str, facts: Iterable[tuple[str, str]], positions: Sequence[Position], lacking: Sequence[Item]
    ) -> list[str]:
        """One deal: its facts, where it stands, and everything it lacks."""
        lines = [f"{self.say('deal')} {clean(id)}", f"{self.say('given')}{self.say.colon.rstrip()}"]
        for name, value in facts:
            lines += bulleted("- ", f"{clean(name)}: {clean(value)}", self.columns, 2)
        lines.append(f"{self.say('position')}{self.say.colon.rstrip()}")
        for position in positions:
            lines += indented(self.case.position(position), self.columns, 2, 4)
        return [*lines, *self.case.items("missing", lacking, always=True)]


def right(text: str, columns: int) -> str:
    """`text` at the right of so many columns."""
    return " " * max(0, columns - width(text)) + text
