"""What a proof says: proved, broken with the shortest journal, or undecided with the reason."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from stagegate.engine.commands import Command
from stagegate.model import NO_TEXT, Text

Verdict = Literal["proved", "broken", "undecided"]


@frozen
class Answer:
    """The answer to one invariant, or to one of the questions that nobody has to ask.

    `name` is `kind[id]`, such as `never[no_price_in_visit]` or `reaches[won]`. `journal` begins with the `open`
    command: it breaks the invariant with its last command, or for what is possible shows how; () where there is
    none. `reason` is a sentence: what was found, or why it stays undecided and how far the search came. `where` is
    `file:line:column`. `states` counts the different states of the process that were looked at.
    """

    kind: str
    id: str
    verdict: Verdict
    reason: str = ""
    journal: tuple[Command, ...] = ()
    title: Text = NO_TEXT
    where: str = ""
    states: int = 0
    steps: int = 0  # steps of the engine that the search for it took; those who share one each tell all of them

    @property
    def name(self) -> str:
        """`kind[id]`."""
        return f"{self.kind}[{self.id}]"
