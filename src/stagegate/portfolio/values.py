"""The text of a cell as a value of a fact's type. The help of `stagegate assess` says what a cell may hold."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from stagegate.conditions import FactType
from stagegate.model import Fact

_TRUE: Final = frozenset(("true", "yes", "y", "1", "是"))
_FALSE: Final = frozenset(("false", "no", "n", "0", "否"))
_NUMBER: Final = re.compile(r"[-+]?(?:\d{1,100}(?:\.\d{0,100})?|\.\d{1,100})(?:[eE][-+]?\d{1,4})?\Z", re.ASCII)
_DURATION: Final = re.compile(r"(-?)(\d{1,9})(m|h|d|w|s)\Z", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})\Z", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_INT64: Final = 1 << 63
_SEPARATORS: Final = re.compile(r"[;|\n]")


class NoValue(ValueError):
    """A cell does not hold a value of the fact; the message says what would."""


def value_of(fact: Fact, text: str) -> Any:
    """The value of a cell that is not empty. Raises `NoValue`."""
    value = _typed(fact, fact.type, text.strip())
    low, high = fact.minimum, fact.maximum
    if low is not None and value < low:
        raise NoValue(f"it must be at least {low:g}")
    if high is not None and value > high:
        raise NoValue(f"it must be at most {high:g}")
    return value


def _typed(fact: Fact, type: FactType, text: str) -> Any:
    match type.kind:
        case "boolean":
            return truth_of(text)
        case "integer":
            return _integer(text)
        case "number":
            return _number(text)
        case "string":
            return text
        case "enum":
            return _choice(fact, text)
        case "timestamp":
            return moment_of(text)
        case "duration":
            return _duration(text)
        case "list":
            parts = (part.strip() for part in _SEPARATORS.split(text))
            return tuple(_typed(fact, type.of or FactType("string"), part) for part in parts if part)


def truth_of(text: str) -> bool:
    """Whether a cell says yes. Raises `NoValue`."""
    word = text.casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise NoValue("it must be true or false (or yes, no, y, n, 1, 0, 是, 否)")


def _number(text: str) -> float:
    if _NUMBER.match(text):
        value = float(text)
        if math.isfinite(value):
            return value
    raise NoValue("it must be a number such as 1250000 or 0.5, without separators of thousands")


def _integer(text: str) -> int:
    value = _number(text) if "." in text or "e" in text.lower() else None
    if value is None and _NUMBER.match(text):
        whole = int(text)
    elif value is not None and value.is_integer():
        whole = int(value)
    else:
        raise NoValue("it must be a whole number")
    if not -_INT64 <= whole < _INT64:
        raise NoValue("it must be a whole number of at most 64 bits")
    return whole


def _choice(fact: Fact, text: str) -> str:
    """A value as declared; else the one value that differs in case only, or has this title."""
    values = fact.type.values
    if text in values:
        return text
    found = [value for value in values if value.casefold() == text.casefold()]
    found = found or [v for v in values if v in fact.values and text in (fact.values[v].en, fact.values[v].zh)]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(f"`{value}`" for value in values[:8]) + (", ..." if len(values) > 8 else "")
    raise NoValue(f"it must be one of {shown}{near(text, values)}")


def near(text: str, values: tuple[str, ...]) -> str:
    """A question whether one of these values was meant; "" if none is near."""
    from difflib import get_close_matches  # only for a mistake

    found = get_close_matches(text[:80], values, 1)
    return f"; did you mean `{found[0]}`?" if found else ""


def moment_of(text: str) -> datetime:
    """A time with its zone; a date alone is its midnight in UTC. Raises `NoValue`."""
    date = _DATE.match(text)
    try:
        if date is not None:
            return datetime(int(date[1]), int(date[3]), int(date[4]), tzinfo=UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NoValue("it must be a date such as 2026-03-02, or a time such as 2026-03-02T09:00+08:00") from None
    if found.tzinfo is None:
        raise NoValue("the time has no zone; add one, as in 2026-03-02T09:00+08:00 or 2026-03-02T01:00Z")
    return found


def _duration(text: str) -> timedelta:
    found = _DURATION.match(text)
    if found is None:
        raise NoValue("it must be a duration such as 90m, 36h, 14d or 2w")
    try:
        length = timedelta(**{_UNITS[found[3]]: int(found[2])})
    except OverflowError:
        raise NoValue("the duration is too long") from None
    return -length if found[1] else length
