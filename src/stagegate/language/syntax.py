"""The YAML parser's complaints in plain words."""

from __future__ import annotations

from typing import NamedTuple

from stagegate.language.events import BrokenYamlError, Problem, events
from stagegate.language.near import CLOSING_MARKS, PLAIN_MARKS, Mark, marks_in

_QUOTE_IT = "put it in quotes"
_BACKSLASH = "write a backslash as `\\\\`, or use single quotes"
_CHECK_INDENTATION = "check the indentation"


class Explanation(NamedTuple):
    """What is wrong and what to do about it.

    `opening` is the remark at the place where the thing began; with `at_opening` the finding
    stands there and not where the parser gave up.
    """

    message: str
    help: str = ""
    opening: str = ""
    at_opening: bool = False


class _Case(NamedTuple):
    """An explanation for problems that hold `words`, met while reading what `context` says."""

    words: str
    context: str
    explanation: Explanation


_NO_ESCAPE = Explanation("an escape needs hexadecimal digits here", _BACKSLASH)
_NOT_CLOSED = Explanation(
    "a quote is opened here and never closed", "close it with the same kind of quote", at_opening=True
)
_NO_BANG = Explanation("a text cannot begin with `!`", _QUOTE_IT, at_opening=True)
_NO_TAB = Explanation("a tab stands where only spaces may indent", "indent with spaces")
_NO_DIRECTIVE = Explanation(
    "a line cannot begin with `%`", "remove the line, or put the text in quotes", at_opening=True
)

# The first that fits is taken. The words cover both parsers of PyYAML, the C one and the pure one.
_CASES = (
    _Case(
        "mapping values are not allowed",
        "",
        Explanation(
            "a second `key:` stands where only a value can be",
            f"put a text that holds `: ` in quotes, or {_CHECK_INDENTATION} of this line and the one before",
        ),
    ),
    _Case(
        "sequence entries are not allowed",
        "",
        Explanation("a list item `- ` cannot stand here", "begin the list on a line of its own, below its key"),
    ),
    _Case("mapping keys are not allowed", "", Explanation("a `? ` cannot stand here", _QUOTE_IT)),
    _Case(
        "could not find expected ':'",
        "",
        Explanation("this line is neither `key: value` nor a list item", "is a `:` missing after the key?", "", True),
    ),
    _Case("unexpected end of stream", "", _NOT_CLOSED),
    _Case("unexpected document separator", "", _NOT_CLOSED),
    _Case(
        "',' or ']'",
        "",
        Explanation("a `]` or a comma is missing", "close the list, or separate its items", "this list is open"),
    ),
    _Case(
        "',' or '}'",
        "",
        Explanation("a `}` or a comma is missing", "close it, or separate its entries", "this mapping is open"),
    ),
    _Case("unknown escape character", "", Explanation("this backslash escape does not exist", _BACKSLASH)),
    _Case("hexdecimal number", "", _NO_ESCAPE),
    _Case("hexadecimal", "", _NO_ESCAPE),
    _Case(
        "invalid Unicode character escape",
        "",
        Explanation("this escape is not a character", "characters beyond U+FFFF are written like `\\U0001F600`"),
    ),
    _Case("tab character", "", _NO_TAB),
    _Case("", "anchor", Explanation("a text cannot begin with `&`", _QUOTE_IT, at_opening=True)),
    _Case("", "alias", Explanation("a text cannot begin with `*`", _QUOTE_IT, at_opening=True)),
    _Case("undefined tag handle", "", _NO_BANG),
    _Case("", "tag", _NO_BANG),
    _Case("", "directive", _NO_DIRECTIVE),
    _Case("directive", "", _NO_DIRECTIVE),
    _Case("incompatible YAML document", "", _NO_DIRECTIVE),
    _Case("<document start>", "", Explanation("the file goes on after its end", "is this line indented too little?")),
    _Case(
        "",
        "block scalar",
        Explanation(
            "the header of a text block (`|` or `>`) is not understood",
            "write `|` or `>` and begin the text on the next line",
        ),
    ),
    _Case(
        "",
        "block mapping",
        Explanation(
            "this does not fit the lines above it",
            f"{_CHECK_INDENTATION}; put a text that holds quotes or brackets in quotes",
        ),
    ),
    _Case(
        "",
        "block collection",
        Explanation(
            "this does not fit the list above it",
            f"{_CHECK_INDENTATION}; each item begins with `- ` in the same column",
        ),
    ),
    _Case(
        "node content",
        "",
        Explanation(
            "a value is missing, or cannot begin like this", "put a text that begins with a special character in quotes"
        ),
    ),
)


def explain(problem: Problem, text: str) -> Explanation:
    """Plain words for `problem` in `text`; the parser's own where none are known."""
    if "cannot start any token" in problem.words:
        char = text[problem.at : problem.at + 1]
        return _NO_TAB if char == "\t" else Explanation(f"a text cannot begin with `{char}`", _QUOTE_IT)
    for case in _CASES:
        if case.words in problem.words and case.context in problem.context:
            return _cut_text(problem, text) or case.explanation
    return Explanation(f"this is not YAML: {problem.words}")


def _cut_text(problem: Problem, text: str) -> Explanation | None:
    """Plain words where a flow list or mapping stops because a text in it holds `: ` or a quote."""
    if "',' or '" not in problem.words or "\n" in text[problem.since or 0 : problem.at]:
        return None  # what was opened in an earlier line is more likely not closed
    before = text[max(0, problem.at - 80) : problem.at].rstrip(" ")
    if text[problem.at : problem.at + 1] == ":":
        return Explanation("a second `:` stands in one entry", "put a text that holds `: ` in quotes")
    if before.endswith("'"):
        doubled = "put a text that holds `'` in double quotes, or write `''` for `'`"
        return Explanation("a `'` ends the text here, and more follows", doubled)
    if before.endswith('"'):
        return Explanation('a `"` ends the text here, and more follows', 'write `\\"` for a quote inside a text')
    return None


# Whether a mark is to blame is found by reading the text without it; that costs a reading for each.
_LONGEST_TRIED = 100_000
_MOST_TRIED = 8
_ODD_BLANKS = "\u3000\u00a0"


def odd_mark(text: str, at: int) -> Mark | None:
    """The mark that only looks plain and is why YAML cannot be read at `at`, or None.

    It stands in the line of `at` or in the one before; with a plain one in its place the reading goes on.
    """
    this = text.rfind("\n", 0, at) + 1
    begin = text.rfind("\n", 0, max(this - 1, 0)) + 1
    ending = text.find("\n", at)
    end = len(text) if ending < 0 else ending
    for line in (begin, this):
        head = text[line:end].split("\n", 1)[0]
        indent = head[: len(head) - len(head.lstrip())]
        odd = [mark for mark in marks_in(indent) if mark.char in _ODD_BLANKS]
        if odd and indent != head:
            return odd[0]._replace(at=line + odd[0].at)
    marks = [mark._replace(at=begin + mark.at) for mark in marks_in(text[begin:end])] if end - begin < 4_000 else []
    if not marks or len(text) > _LONGEST_TRIED:
        return None
    for mark in marks[:_MOST_TRIED]:
        plain, grown = _with_plain(text, mark, end)
        if _reads_past(plain, at + grown + 1):
            return mark
    return None


def _with_plain(text: str, mark: Mark, end: int) -> tuple[str, int]:
    """The text with a plain mark, and with the one that closes it; and how much longer it is."""
    char = PLAIN_MARKS[mark.char]
    rest = text[mark.at + 1 : end]
    closing = CLOSING_MARKS.get(mark.char)
    if closing:
        rest = rest.replace(closing, PLAIN_MARKS[closing], 1)
    return text[: mark.at] + char + rest + text[end:], len(char) - 1


def _reads_past(text: str, at: int) -> bool:
    """Whether the parser can read on beyond an offset."""
    try:
        for _, start, _ in events(text):
            if start > at:
                return True
    except BrokenYamlError as error:
        return error.problem.at > at
    return True
