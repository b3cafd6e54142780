"""Deals of a table that were brought into a store, as text: how many, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from stagegate.model import Definition, Text
from stagegate.render.words import Say
from stagegate.render.wrap import clean

WORDS: Final[Mapping[str, Text]] = {
    "opened": Text("{} brought in", "{}已导入"),
    "dry": Text("{} would be brought in; nothing was written", "{}可导入；未写入任何内容"),
    "deal": Text("1 deal", "1 个商机"),
    "deals": Text("{} deals", "{} 个商机"),
    "row": Text("row refused; the standard error names it", "行被拒绝；标准错误输出已列明"),
    "rows": Text("rows refused; the standard error names each", "行被拒绝；标准错误输出逐一列明"),
    "start": Text("at the start", "从起点开始"),
}


class ImportText:
    """Tells an import in one language."""

    def __init__(self, definition: Definition, *, language: str = "en") -> None:
        self.definition = definition
        self.language = language
        self.say = Say(language)

    def word(self, key: str) -> str:
        """One word or phrase."""
        return WORDS[key](self.language)

    def text(self, stages: Mapping[str, int], refused: int, *, dry: bool) -> Iterator[str]:
        """Lines for a terminal: how many deals, at which stages (in the order of the file; "" is the start), how many rows refused."""
        definition = self.definition
        name = f"{clean(definition.name)} {clean(definition.version)}"
        count = sum(stages.values())
        deals = self.word("deal" if count == 1 else "deals").format(f"{count:,}")
        yield f"{name}{self.say.colon}{self.word('dry' if dry else 'opened').format(deals)}"
        if "" in stages:
            yield f"{stages['']:>9,}  {self.word('start')}"
        for stage in definition.stages():
            if stage.id in stages:
                yield f"{stages[stage.id]:>9,}  {clean(stage.title(self.language) or stage.id)} [{stage.id}]"
        if refused:
            yield f"{refused:>9,}  {self.word('row' if refused == 1 else 'rows')}"
