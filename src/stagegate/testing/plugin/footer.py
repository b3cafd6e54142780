"""The end of a test run: how much of each process was seen, and what never was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from stagegate.errors import StagegateError
from stagegate.loading import suites
from stagegate.render.wrap import clean, indented
from stagegate.testing.plugin.texts import from_here
from stagegate.verify.coverage import Coverage, CoverageKind, Thing

WORDS: Final[Mapping[CoverageKind, str]] = {
    "stage": "stages entered",
    "gate": "gates opened",
    "outcome": "outcomes taken",
    "jump": "jumps made",
    "loop": "loops made",
    "end": "ends reached",
    "criterion": "criteria seen met and not met",
    "condition": "conditions seen true and false",
}
COLUMNS: Final = 100
FEW: Final = 3
"""How many things of a kind that were never seen are named without `-v`."""


def lines(config: pytest.Config, seen: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """What was seen of each file; `seen` gives by file what `Coverage.written` gave."""
    for file, written in seen.items():
        path = from_here(Path(file))
        coverage = coverage_of(path, written)
        if coverage is not None:
            yield clean(str(path))
            yield from (f"  {line}" for line in told(coverage, every=config.get_verbosity() > 0))


def coverage_of(path: Path, written: Iterable[str]) -> Coverage | None:
    """What was seen of the process of a file; None where the file is no longer what it was when its items ran."""
    try:
        (suite,) = suites([path])
        if suite.process is None:
            return None
        coverage = Coverage(suite.process.tables)
        for text in written:
            coverage.read(text)
    except (OSError, StagegateError, ValueError):
        return None
    return coverage


def told(coverage: Coverage, *, every: bool) -> Iterator[str]:
    """What was seen, and what never was: all of it, or the first few things of each kind."""
    counts = ", ".join(f"{WORDS[count.kind]} {count.seen}/{count.total}" for count in coverage.counts())
    yield from indented(counts, COLUMNS, 0, 2)
    never = list(coverage.never())
    if not never:
        yield "everything was seen"
        return
    yield "never seen:"
    kinds = dict.fromkeys(thing.kind for thing in never)
    for kind in kinds:
        yield f"  {listed([thing for thing in never if thing.kind == kind], every=every)}"
    if not every and any(sum(thing.kind == kind for thing in never) > FEW for kind in kinds):
        yield "  (-v names all)"


def listed(things: list[Thing], *, every: bool) -> str:
    """Things of one kind, after each other."""
    shown = things if every else things[:FEW]
    names = ", ".join(" ".join(part for part in (thing.id, thing.side) if part) for thing in shown)
    more = len(things) - len(shown)
    return f"{things[0].kind}: {names}" + (f" and {more} more" if more else "")
