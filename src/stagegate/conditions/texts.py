"""String, timestamp and duration literals: text <-> value."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_HEX_DIGITS = {"x": 2, "X": 2, "u": 4, "U": 8}

# Patterns stay text until they are used: `re` keeps what it has compiled, and an import costs nothing.
_TIMESTAMP = r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DURATION_PART = r"([0-9]+)(?:\.([0-9]*))?(h|ms|us|ns|m|s)"
_DAYS = r"([0-9]{1,6}) ?(?:d|days?|w|weeks?)"
_NANOSECONDS = {"h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

# CEL engines calculate durations in nanoseconds of 64 bits, some 292 years.
LONGEST_DURATION = timedelta(microseconds=(2**63 - 1) // 1000)


class BadText(Exception):
    """A literal that says nothing; `help` tells what to write, `start` and `end` where inside it."""

    def __init__(self, message: str, help: str = "", start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.start = start
        self.end = end


def unquote(raw: str) -> str:
    """The value of a string literal `raw`, quotes included; raises BadText for an escape CEL does not have."""
    body = raw[1:-1]
    if "\\" not in body:
        return body
    parts: list[str] = []
    at = 0
    while True:
        slash = body.find("\\", at)
        if slash < 0:
            parts.append(body[at:])
            return "".join(parts)
        parts.append(body[at:slash])
        char, at = _escape(body, slash)
        parts.append(char)


def _escape(body: str, slash: int) -> tuple[str, int]:
    letter = body[slash + 1]
    if letter in _SIMPLE:
        return _SIMPLE[letter], slash + 2
    if letter in _HEX_DIGITS:
        base, digits, end = 16, body[slash + 2 : slash + 2 + _HEX_DIGITS[letter]], slash + 2 + _HEX_DIGITS[letter]
        complete = len(digits) == _HEX_DIGITS[letter] and all(digit in "0123456789abcdefABCDEF" for digit in digits)
    else:
        base, digits, end = 8, body[slash + 1 : slash + 4], slash + 4
        complete = len(digits) == 3 and digits[0] in "0123" and all(digit in "01234567" for digit in digits)
    # One for the opening quote.
    where = (slash + 1, min(end, len(body)) + 1)
    if not complete:
        known = r"`\n`, `\t`, `\\`, `\'`, `\"`, `\x41`, `\u00e9` and a few more"
        raise BadText(
            f"`\\{letter}` does not begin an escape of CEL", f"the escapes are {known}", where[0], where[0] + 2
        )
    code = int(digits, base)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise BadText(f"`{body[slash:end]}` is not a character", "", *where)
    return chr(code), end


def quote(value: str) -> str:
    """A string literal of strict CEL for `value`, in single quotes."""
    parts = ["'"]
    for char in value:
        if char in "'\\":
            parts.append("\\" + char)
        elif char == "\n":
            parts.append("\\n")
        elif char.isprintable():
            parts.append(char)
        else:
            parts.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    parts.append("'")
    return "".join(parts)


def to_timestamp(text: str) -> datetime:
    """The moment `text` names, in UTC; raises BadText."""
    hit = re.fullmatch(_TIMESTAMP, text)
    if hit is None:
        help = "write it as `2026-01-31T00:00:00Z`"
        if re.fullmatch(_DATE, text):
            help = f"a time and a zone are needed: write `{text}T00:00:00Z`"
        raise BadText("a timestamp is written in the form of RFC 3339", help)
    year, month, day, hour, minute, second, fraction, sign, off_hours, off_minutes = hit.groups()
    if fraction is not None and fraction[6:].strip("0"):
        raise BadText("timestamps are exact to a microsecond here", "leave out the digits after the sixth")
    micro = int((fraction or "")[:6].ljust(6, "0"))
    offset = timedelta()
    if sign is not None:
        if int(off_hours) > 23 or int(off_minutes) > 59:
            raise BadText("there is no such time zone")
        offset = timedelta(hours=int(off_hours), minutes=int(off_minutes)) * (-1 if sign == "-" else 1)
    try:
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micro, UTC) - offset
    except (ValueError, OverflowError):
        raise BadText("there is no such day or time") from None


def to_duration(text: str) -> timedelta:
    """The length of time `text` names; raises BadText."""
    if text in ("0", "-0", "+0"):
        return timedelta()
    part_at = re.compile(_DURATION_PART).match
    at = 1 if text[:1] in ("-", "+") else 0
    total = 0
    first = at
    while at < len(text):
        hit = part_at(text, at)
        if hit is None:
            break
        whole, fraction, unit = hit.groups()
        if len(whole) > 15 or len(fraction or "") > 15:
            raise BadText("this duration has too many digits")
        scale = _NANOSECONDS[unit]
        total += int(whole) * scale
        if fraction:
            part, rest = divmod(int(fraction) * scale, 10 ** len(fraction))
            total += part
            if rest:
                raise BadText("durations are exact to a microsecond here")
        at = hit.end()
    if at < len(text) or at == first:
        days = re.fullmatch(_DAYS, text)
        if days is not None:
            hours = int(days.group(1)) * (168 if "w" in text else 24)
            raise BadText("CEL durations know no days or weeks", f"write `{hours}h`")
        raise BadText("a duration is a number with a unit out of `h`, `m`, `s`, `ms`", "write it as `36h` or `1h30m`")
    micro, rest = divmod(total, 1000)
    if rest:
        raise BadText("durations are exact to a microsecond here")
    if micro > (2**63 - 1) // 1000:
        raise BadText("this duration is longer than 292 years")
    length = timedelta(microseconds=micro)
    return -length if text[0] == "-" else length
