"""Comparison and arithmetic as CEL has them, where Python does otherwise.

What cannot be calculated gives an `Unknown` made beforehand, with its cause.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import copysign, inf, isnan, nan
from typing import Any

from stagegate.conditions.texts import LONGEST_DURATION
from stagegate.conditions.unknown import Unknown

INT_MIN, INT_MAX = -(2**63), 2**63 - 1


def same(left: Any, right: Any) -> bool:
    """Equality as in CEL. Python's own takes a list to hold a NaN equal to itself, and no list equal to a tuple."""
    if left.__class__ is list or left.__class__ is tuple:
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def different(left: Any, right: Any) -> bool:
    """`!=` where `same` is `==`."""
    return not same(left, right)


def among(value: Any, elements: Any) -> bool:
    """`in` where `same` is `==`."""
    return any(same(value, element) for element in elements)


def within(value: Any, elements: Any) -> bool:
    """`in` where Python's is right."""
    return value in elements


def concatenate(left: Any, right: Any) -> tuple[Any, ...]:
    """`+` on lists."""
    return (*left, *right)


def is_nan(value: Any) -> bool:
    """Whether the value is the number that equals nothing."""
    return value.__class__ is float and isnan(value)


def divide_numbers(left: float, right: float) -> float:
    """`/` on numbers: by zero gives an infinity or NaN, as in CEL, and no error."""
    if right != 0.0:
        return left / right
    if left == 0.0 or isnan(left):
        return nan
    return copysign(inf, left) * copysign(1.0, right)


def in_utc(value: Any) -> Any:
    """A timestamp in UTC: Python's arithmetic between moments of one zone goes by its wall clock."""
    if value.__class__ is list or value.__class__ is tuple:
        return tuple(map(in_utc, value))
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise TypeError(f"a timestamp needs a time zone: {value!r}")
    return value.astimezone(UTC)


def integers(op: str, overflow: Unknown) -> Callable[[int, int], int | Unknown]:
    """`+`, `-` or `*` on integers of 64 bits."""
    apply: Callable[[int, int], int] = {"+": operator.add, "-": operator.sub, "*": operator.mul}[op]

    def calculate(left: int, right: int) -> int | Unknown:
        found = apply(left, right)
        return found if INT_MIN <= found <= INT_MAX else overflow

    return calculate


def division(op: str, zero: Unknown, overflow: Unknown) -> Callable[[int, int], int | Unknown]:
    """`/` or `%` on integers: towards zero, while Python rounds down."""
    remainder = op == "%"

    def divide(left: int, right: int) -> int | Unknown:
        if right == 0:
            return zero
        quotient = abs(left) // abs(right)
        if (left < 0) != (right < 0):
            quotient = -quotient
        # In CEL the smallest integer by -1 overflows for both operators.
        if quotient > INT_MAX:
            return overflow
        return left - quotient * right if remainder else quotient

    return divide


def moments(op: str, outside: Unknown) -> Callable[[Any, Any], datetime | Unknown]:
    """A timestamp and a duration, in the years 1 to 9999."""
    apply: Callable[[Any, Any], datetime] = operator.add if op == "+" else operator.sub

    def shift(left: Any, right: Any) -> datetime | Unknown:
        try:
            return apply(left, right)
        except OverflowError:
            return outside

    return shift


def lengths(op: str, too_long: Unknown) -> Callable[[Any, Any], timedelta | Unknown]:
    """Two durations, or two timestamps; as long as CEL can count."""
    apply: Callable[[Any, Any], timedelta] = operator.add if op == "+" else operator.sub

    def calculate(left: Any, right: Any) -> timedelta | Unknown:
        try:
            length = apply(left, right)
        except OverflowError:
            return too_long
        return length if -LONGEST_DURATION <= length <= LONGEST_DURATION else too_long

    return calculate
