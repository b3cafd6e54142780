"""The YAML parser's complaints in plain words."""

from __future__ import annotations

from typing import NamedTuple

from stagegate.language.events import Problem


class Explanation(NamedTuple):
    """What is wrong, what to do about it, and whether the place is where the thing began."""

    message: str
    help: str = ""
    at_beginning: bool = False


# Looked up in order: words of the parser (C or pure), words of what it was reading, the explanation.
_KNOWN: tuple[tuple[str, str, Explanation], ...] = (
    (
        "mapping values are not allowed",
        "",
        Explanation(
            "a second `key:` stands where only a value can be",
            "put a text that holds `: ` in quotes, or check the indentation of this line and the one before",
        ),
    ),
    (
        "sequence entries are not allowed",
        "",
        Explanation("a list item `- ` cannot stand here", "begin the list on a line of its own, below its key"),
    ),
    ("mapping keys are not allowed", "", Explanation("a `? ` cannot stand here", "put a text beginning with `? ` in quotes")),
    (
        "could not find expected ':'",
        "",
        Explanation("this line is neither `key: value` nor a list item", "is a `:` missing after the key?", True),
    ),
    (
        "unexpected end of stream",
        "quoted scalar",
        Explanation("a quote is opened here and never closed", "close it with the same kind of quote", True),
    ),
    (
        "unexpected document separator",
        "",
        Explanation("a quote is opened here and never closed", "close it with the same kind of quote", True),
    ),
    (
        "',' or ']'",
        "",
        Explanation("a `]` or a comma is missing in the list that begins with `[`", "close the list, or separate its items"),
    ),
    (
        "',' or '}'",
        "",
        Explanation("a `}` or a comma is missing in the mapping that begins with `{`", "close it, or separate its entries"),
    ),
    ("unknown escape character", "", Explanation("this backslash escape does not exist", "write a backslash as `\\\\`, or use single quotes")),
    ("hexdecimal number", "", Explanation("an escape needs hexadecimal digits here", "write a backslash as `\\\\`, or use single quotes")),
    ("hexadecimal", "", Explanation("an escape needs hexadecimal digits here", "write a backslash as `\\\\`, or use single quotes")),
    ("invalid Unicode character escape", "", Explanation("this escape is not a character", "characters beyond U+FFFF are written `\\U0001F600`")),
    ("tab character", "", Explanation("a tab stands where only spaces may indent", "indent with spaces")),
    ("alphabetic or numeric", "anchor", Explanation("a text cannot begin with `&`", "put it in quotes")),
    ("alphabetic or numeric", "alias", Explanation("a text cannot begin with `*`", "put it in quotes")),
    ("undefined tag handle", "", Explanation("a text cannot begin with `!`", "put it in quotes")),
    ("", "tag", Explanation("a text cannot begin with `!`", "put it in quotes")),
    ("", "directive", Explanation("a line cannot begin with `%`", "put it in quotes, or indent it")),
    ("<document start>", "", Explanation("the file goes on after its end", "is this line indented too little?")),
    ("directive", "", Explanation("this `%` line does not belong in a definition", "remove it")),
    ("incompatible YAML document", "", Explanation("this `%` line does not belong in a definition", "remove it")),
    (
        "",
        "block scalar",
        Explanation("the header of a text block (`|` or `>`) is not understood", "write `|` or `>` and begin the text on the next line"),
    ),
    (
        "",
        "block mapping",
        Explanation("this does not fit the lines above it", "check the indentation; put a text with quotes or brackets in it in quotes"),
    ),
    (
        "",
        "block collection",
        Explanation("this does not fit the list above it", "check the indentation; each item begins with `- ` in the same column"),
    ),
    ("node content", "", Explanation("a value is missing or cannot begin like this", "put a text beginning with a special character in quotes")),
)  # fmt: skip


def explain(problem: Problem, text: str) -> Explanation:
    """Plain words for `problem`; the parser's own where none are known."""
    if "cannot start any token" in problem.words:
        return _bad_start(text[problem.at : problem.at + 1])
    for words, context, explanation in _KNOWN:
        if words in problem.words and context in problem.context:
            return explanation
    return Explanation(f"this is not YAML: {problem.words}")


def _bad_start(char: str) -> Explanation:
    if char == "\t":
        return Explanation("a tab stands where only spaces may indent", "indent with spaces")
    return Explanation(f"a text cannot begin with `{char}`", "put it in quotes")
