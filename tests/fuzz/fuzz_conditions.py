"""Fuzzes the condition language: whatever the text, no exception, places inside the text, and a stable export.

Runs by hand (needs `atheris`, which is not among the project's dependencies):

    PYTHONPATH=src python tests/fuzz/fuzz_conditions.py -max_total_time=180

Any argument of libFuzzer is understood. Stops at the first text that breaks something and writes it to a file.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import atheris

with atheris.instrument_imports(include=["stagegate"]):
    from stagegate.conditions import (
        BOOL,
        DOUBLE,
        DURATION,
        INT,
        STRING,
        TIMESTAMP,
        EnumType,
        Environment,
        ListType,
        Unknown,
        check,
        compile,
        parse,
        to_cel,
    )

ENV = Environment(
    facts={
        "a": BOOL, "b": BOOL, "i": INT, "x": DOUBLE, "s": STRING, "e": EnumType("Low", "High"), "t": TIMESTAMP, "d": DURATION,
        "ss": ListType(STRING), "xs": ListType(DOUBLE),
    },
    criteria=("need",),
    tracks={"buying": ("found", "budget")},
    outcomes=("solve", "d1.later", "d2.later"),
    ambiguous_outcomes=("later",),
)  # fmt: skip

WORDS = (
    *ENV.facts, "zz", "true", "false", "and", "or", "not", "in", "null", "if", "type", "met('need')", "stage('buying')",
    "reached('buying','found')", "taken('solve')", "taken('later')", "timestamp('2026-01-31T00:00:00Z')", "duration('1h30m')",
    "duration('", "timestamp('", ".size()", "size(", ".contains(", ".startsWith('", "'Low'", "'", '"', "'''", "\\", "\\u00e9", "\\x",
    "&&", "||", "==", "!=", "<", "<=", ">", ">=", "=", "!", "-", "+", "*", "/", "%", "?", ":", "(", ")", "[", "]", ",", ".", "//",
    "0", "1", "2.5", "1e9", "9223372036854775807", "9223372036854775808", "0x1f", ".5", "1.", "5k", "≥", "“", "预", "\n", "\0",
    "\ud800", "&", "|", "{", "@", " ", " ",
)  # fmt: skip


class Deal:
    """A scope that knows something, and one that knows nothing."""

    def __init__(self, known: bool) -> None:
        self.known = known
        self.facts = {
            "a": True, "b": False, "i": 3, "x": 2.5, "s": "text", "e": "Low", "t": datetime(2026, 1, 31, tzinfo=UTC),
            "d": timedelta(hours=1), "ss": ["a", "b"], "xs": (1.0, float("nan")),
        } if known else {}  # fmt: skip

    def met(self, criterion: str) -> bool | None:
        return True if self.known else None

    def stage(self, track: str) -> str | None:
        return "" if self.known else None

    def reached(self, track: str, stage: str) -> bool | None:
        return False if self.known else None

    def completed(self, track: str, stage: str) -> bool | None:
        return False if self.known else None

    def taken(self, outcome: str) -> int:
        return 1


DEALS = (Deal(True), Deal(False))


def one_text(data: bytes) -> None:
    """What must hold of every text."""
    provider = atheris.FuzzedDataProvider(data)
    if provider.ConsumeBool():
        words = [WORDS[provider.ConsumeIntInRange(0, len(WORDS) - 1)] for _ in range(provider.ConsumeIntInRange(0, 60))]
        text = " ".join(words) if provider.ConsumeBool() else "".join(words)
    else:
        text = provider.ConsumeUnicode(5000)
    parsed = parse(text)
    problems = parsed.problems
    if parsed.tree is not None:
        problems += check(parsed.tree, ENV)
    else:
        assert problems
    for problem in problems:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert problem.message
    if problems:
        return
    assert parsed.tree is not None
    condition = compile(parsed.tree, ENV)
    known, unknown = (condition.evaluate(deal) for deal in DEALS)
    for result in (known, unknown):
        assert isinstance(result, (bool, Unknown))
    if isinstance(known, Unknown):
        assert not known.facts
    elif not isinstance(unknown, Unknown) and not condition.reads.outcomes:
        # What is decided without any fact stays decided with them.
        assert known is unknown
    exported = to_cel(parsed.tree, ENV)
    if len(exported) > 4000:
        return
    again = parse(exported).tree
    if again is None:
        # Brackets between signs nest deeper than the signs alone.
        assert "-(-" in exported
        return
    assert to_cel(again, ENV) == exported
    assert compile(again, ENV).evaluate(DEALS[0]).__class__ is known.__class__


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_text)
    atheris.Fuzz()
