"""The words that no fact may be named by."""

from stagegate.conditions.lexer import KEYWORDS, RESERVED_WORDS
from stagegate.conditions.parser import TYPE_NAMES

RESERVED_NAMES = KEYWORDS | RESERVED_WORDS | TYPE_NAMES
"""Ids that no fact may have, since no condition could name it."""
