"""Near misses: what a wrong name, or a mark that only looks plain, was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

# A hostile file may hold a hundred thousand wrong names, and looking for a near miss costs a millisecond.
_MOST_SUGGESTIONS = 200
_LONGEST_NAME = 80
_MOST_CANDIDATES = 500
# Comparing two names costs their lengths multiplied; all of it together is a fraction of a second.
_MOST_WORK = 8_000_000

# Marks of a Chinese keyboard, and blanks that only look plain -> what YAML reads.
PLAIN_MARKS: Final = {
    "：": ": ",
    "，": ", ",
    "、": ", ",
    "【": "[",
    "】": "]",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "“": '"',
    "”": '"',
    "＂": '"',
    "‘": "'",
    "’": "'",
    "＇": "'",
    "－": "- ",
    "＃": "#",
    "\u3000": " ",
    "\u00a0": " ",
}
# The marks that come in pairs -> the one that closes what it opens.
CLOSING_MARKS: Final = {"【": "】", "［": "］", "｛": "｝", "“": "”", "‘": "’"}
_BLANKS: Final = {"\u3000": "a full-width space (U+3000)", "\u00a0": "a no-break space (U+00A0)"}


class Mark(NamedTuple):
    """A mark that only looks plain: where it stands in a text, and what to say of it."""

    at: int
    char: str

    @property
    def stands(self) -> str:
        """What is wrong, as a clause."""
        if self.char in _BLANKS:
            return f"{_BLANKS[self.char]} stands where a plain space must"
        plain = PLAIN_MARKS[self.char].strip()
        kind = "curly" if self.char in "“”‘’" else "full-width"
        return f"the {kind} `{self.char}` (U+{ord(self.char):04X}) stands where `{plain}` must"

    @property
    def help(self) -> str:
        """What to write instead."""
        if self.char in _BLANKS:
            return "write plain spaces"
        closing = CLOSING_MARKS.get(self.char)
        plain = PLAIN_MARKS[self.char]
        if closing:
            return f"write `{plain}`, and `{PLAIN_MARKS[closing]}` for `{closing}`"
        return f"write `{plain.strip()}`" + (" and a space" if plain.endswith(" ") else "")


def marks_in(text: str) -> list[Mark]:
    """Every mark in a text that only looks plain."""
    return [Mark(at, char) for at, char in enumerate(text) if char in PLAIN_MARKS]


class Suggester:
    """Finds near misses for the names of one file, a bounded number of times."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}
        self._others: set[str] = set()
        self._work = 0

    def near(self, name: str, candidates: Iterable[str]) -> str:
        """The one of `candidates` that `name` was probably meant to be, or an empty string."""
        pool = tuple(islice((c for c in candidates if c), _MOST_CANDIDATES))
        key = (name, hash(pool))
        if key in self._known:
            return self._known[key]
        if len(self._known) >= _MOST_SUGGESTIONS or len(name) > _LONGEST_NAME or self._work > _MOST_WORK:
            return ""
        self._work += len(name) * sum(map(len, pool))
        self._known[key] = found = nearest(name, pool)
        return found

    def note(self, name: str) -> None:
        """Takes note of a name that somebody else suggested."""
        self._others.add(name)

    @property
    def suggested(self) -> frozenset[str]:
        """Every name suggested so far: somebody meant to use it."""
        return frozenset(self._known.values()) | self._others


def nearest(name: str, candidates: tuple[str, ...]) -> str:
    """The nearest of `candidates` to `name`, or an empty string where none is near."""
    # Imported here because only files with mistakes pay for it.
    from difflib import get_close_matches

    plain = name.lower().replace("-", "_").replace(" ", "_")
    for written in (name, plain):
        found = get_close_matches(written, candidates, 1, 0.6)
        if found:
            return found[0]
    return ""
