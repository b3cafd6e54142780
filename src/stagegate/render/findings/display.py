"""Characters as a terminal shows them: nothing that steers it, and how wide each one is."""

from __future__ import annotations

import re
import unicodedata

_TAB = "    "
_JOINERS = "\u200c\u200d"
_PRINTABLE_ASCII = re.compile(r"[ -~]*")


def clean(text: str) -> str:
    """`text` on one line, with everything that is not to be seen written as an escape."""
    if _PRINTABLE_ASCII.fullmatch(text):
        return text
    return "".join(map(shown, text))


def shown(char: str) -> str:
    """What stands for `char` on a terminal: an escape for controls, also for those that turn text."""
    if " " <= char <= "~":
        return char
    if char == "\t":
        return _TAB
    if char == "\n":
        return r"\n"
    category = unicodedata.category(char)
    if category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and char not in _JOINERS):
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char


def width(text: str) -> int:
    """How many columns `text`, already cleaned, takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
