"""What the tests of the meaning are written with: definitions as short texts, and deals that keep their own time.

deal = opened('''
    tracks:
      - id: selling
        stages:
          - {id: visit, exit_criteria: [{id: budget_known}]}
    ''')
deal.meet("budget_known")
assert deal.stands == "visit, completed"
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import stagegate
from stagegate import Case, Event, Process, Report, Step
from stagegate.engine.commands import KINDS

HEAD = "stagegate: 1\nprocess: example\nversion: 1.0.0\n"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def whole(text: str) -> str:
    """The text of a definition; a text without the three first keys is given them."""
    text = dedent(text).lstrip("\n")
    return text if text.startswith("stagegate:") else HEAD + text


def line_of(text: str, wanted: str) -> int:
    """The line, from 1, on which something stands in the whole text of a definition."""
    return next(n for n, line in enumerate(whole(text).splitlines(), start=1) if wanted in line)


@cache
def load(text: str) -> Process:
    """The process of a text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "example.yaml")
        path.write_text(whole(text), encoding="utf-8")
        return stagegate.load(path)


def check(text: str) -> Report:
    """What `stagegate.check` finds in a text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "example.yaml")
        path.write_text(whole(text), encoding="utf-8")
        return stagegate.check(path)


def rules(text: str) -> dict[str, str]:
    """The rules a text breaks, with the severity of each."""
    return {f.rule: f.severity for f in check(text)}


def day(number: float) -> datetime:
    """So many days after the case was opened."""
    return START + number * DAY


class Deal:
    """A case; a command without `at` comes an hour after the last one. Everything else is the case's own."""

    def __init__(self, process: Process, case: Case) -> None:
        self.process = process
        self.case = case
        self.now = case.at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.case, name)
        return partial(self._tell, found) if name in KINDS else found

    def _tell(self, verb: Any, *args: Any, at: datetime | None = None, **told: Any) -> Step:
        when = self.now + HOUR if at is None else at
        step: Step = verb(*args, at=when, **told)
        self.now = max(self.now, when)
        return step

    def meet_all(self, *criteria: str) -> list[Event]:
        """Reports each of these, which must be accepted; everything that followed."""
        events: list[Event] = []
        for criterion in criteria:
            step = self.meet(criterion)
            assert step.accepted, step
            events += step.events
        return events

    @property
    def stands(self) -> str:
        """Where it stands on the main track, in words: `visit, in progress`."""
        return str(self.position).split(": ", 1)[1]

    def stands_on(self, track: str) -> str:
        """Where it stands on a track."""
        return str(self.positions[track]).split(": ", 1)[1]


def opened(text: str, **how: Any) -> Deal:
    """A case of the process of a text, opened on day 0."""
    process = load(text)
    return Deal(process, process.open("ACME-42", at=START, **how))


def told(step: Step | Iterable[Event]) -> list[str]:
    """What followed, each event in two words: `entered visit`."""
    events = step.events if isinstance(step, Step) else step
    return [f"{e.kind} {e.subject}".strip() for e in events]


def codes(step: Step) -> list[str]:
    """The codes of the reasons of a refusal, in order; an accepted step is a mistake of the test."""
    assert not step.accepted, step
    return [r.code for r in step.reasons]


def ids(items: Iterable[Any]) -> list[str]:
    """The ids of items."""
    return [item.id for item in items]
