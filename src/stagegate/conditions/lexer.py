"""Text of a condition -> tokens.

A token is a tuple `(kind, text, start, end)`. The kind of an operator or keyword is the operator
itself, so that the parser looks at one thing only. Slips with one obvious meaning (`and`, `=`, `≥`)
are reported and read as what was meant, so that the rest of the condition is still checked.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from stagegate.conditions.problems import Problem

Token: TypeAlias = tuple[str, str, int, int]

END = "end"
NAME = "name"
INTEGER = "integer"
NUMBER = "number"
TEXT = "text"
NOT = "not"
BAD = "bad"

# The patterns stay text until they are used: `re` keeps what it has compiled, and an import costs nothing.
# Every alternative begins with a different character and repeats only disjoint sets: matching is linear.
_PATTERN = (
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>(?:0x[0-9A-Fa-f]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?))"
    r"|(?P<text>'(?:[^'\\\r\n]|\\[^\r\n])*'|\"(?:[^\"\\\r\n]|\\[^\r\n])*\")"
    r"|(?P<comment>//)"
    r"|(?P<op>===|!==|<>|=>|=<|==|!=|<=|>=|&&|\|\||[<>!+\-*/%?:()\[\],.=&|])"
)
_TAIL = r"[A-Za-z0-9_]+"
_WORD = r"\w+"
_REST_OF_LINE = r"[^\r\n]*"

KEYWORDS = frozenset(("in", "true", "false"))
"""Names with a meaning of their own."""
RESERVED_WORDS = frozenset(
    (
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
    )
)  # fmt: skip
"""What CEL keeps for itself: a fact of such a name could not be exported."""
_WORD_SLIPS = {"and": "&&", "or": "||", "true": "true", "false": "false", "in": "in", "not": NOT}
_OP_SLIPS = {"=": "==", "===": "==", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<=", "&": "&&", "|": "||"}
_NULLS = frozenset(("null", "none", "nil"))
_NULL_HELP = "a fact nobody has given makes the condition unknown; there is nothing to compare it with"
_STRING_PREFIXES = frozenset(("r", "R", "b", "B", "rb", "br", "RB", "BR", "Rb", "rB", "Br", "bR", "f", "F"))

# What keyboards and word processors put in place of the plain characters.
_FOREIGN = str.maketrans(
    {
        "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "∧": "&&", "∨": "||", "¬": "!",
        "（": "(", "）": ")", "，": ",", "、": ",", "！": "!", "＝": "=", "＞": ">", "＜": "<", "：": ":", "？": "?",
        "＆": "&", "｜": "|", "＋": "+", "－": "-", "＊": "*", "／": "/", "％": "%", "［": "[", "］": "]", "．": ".", "。": ".",
    }
)  # fmt: skip
_QUOTES = {"‘": "’", "’": "’", "“": "”", "”": "”", "「": "」", "『": "』", "`": "`", "＇": "＇", "＂": "＂", "´": "´"}
_SPACES = "\u00a0\u3000\u2009\u202f\ufeff\u200b\v\f"


def tokens(text: str, problems: list[Problem]) -> list[Token]:
    """The tokens of `text`, the last of kind `END`; what is wrong is added to `problems`. Never raises."""
    found: list[Token] = []
    match = re.compile(_PATTERN).match
    at, length = 0, len(text)
    while at < length:
        hit = match(text, at)
        if hit is None:
            at = _strange(text, at, found, problems)
            continue
        end = hit.end()
        group = hit.lastgroup
        if group == "op":
            op = hit.group()
            if op in _OP_SLIPS:
                problems.append(_slip(op, at, end, _OP_SLIPS[op]))
                op = _OP_SLIPS[op]
            found.append((op, op, at, end))
        elif group == "name":
            end = _name(text, hit.group(), at, end, found, problems)
        elif group == "number":
            end = _number(text, hit.group(), at, end, found, problems)
        elif group == "text":
            if end - at == 2 and text.startswith(text[at], end):
                problems.append(_syntax(at, end + 1, "text in three quotes is not part of the condition language",
                                        "write it in single quotes"))  # fmt: skip
                # What follows belongs to the text and means nothing.
                close = text.find(text[at] * 3, end + 1)
                end = close + 3 if close >= 0 else length
                found.append((BAD, "", at, end))
            else:
                found.append((TEXT, hit.group(), at, end))
        elif group == "comment":
            problems.append(_syntax(at, end, "`//` begins a comment in CEL, which a condition cannot hold",
                                    "use `/` to divide, or a comment of YAML"))  # fmt: skip
            found.append(("/", "/", at, end))
        at = end
    found.append((END, "", length, length))
    return found


def _syntax(start: int, end: int, message: str, help: str = "", name: str = "") -> Problem:
    return Problem("condition-syntax", start, end, message, help, name)


def _slip(written: str, start: int, end: int, meant: str) -> Problem:
    return _syntax(start, end, f"`{written}` is not an operator of the condition language", f"write `{meant}`")


def _name(text: str, name: str, at: int, end: int, found: list[Token], problems: list[Problem]) -> int:
    if name in KEYWORDS:
        found.append((name, name, at, end))
        return end
    if end < len(text) and text[end] > "\x7f" and text[end].isalnum():
        return _foreign_word(text, at, found, problems)
    if end < len(text) and text[end] in "'\"" and name in _STRING_PREFIXES:
        problems.append(_syntax(at, end, f"`{name}` before a quotation mark is not part of the condition language",
                                "write the text in plain quotes"))  # fmt: skip
        return end
    lower = name.lower()
    if lower in _WORD_SLIPS:
        meant = _WORD_SLIPS[lower]
        if meant is NOT:
            # The parser reports it: what to write depends on what follows.
            found.append((NOT, name, at, end))
        else:
            found.append((meant, meant, at, end))
            what = "a value" if meant in KEYWORDS and meant != "in" else "an operator"
            problems.append(_syntax(at, end, f"`{name}` is not {what} of the condition language", f"write `{meant}`"))
    elif lower in _NULLS:
        problems.append(_syntax(at, end, f"`{name}` is not part of the condition language", _NULL_HELP))
        found.append((BAD, name, at, end))
    elif name in RESERVED_WORDS:
        help = "write `condition ? value : other value`" if name in ("if", "else") else ""
        problems.append(_syntax(at, end, f"`{name}` is a reserved word of CEL", help))
        found.append((BAD, name, at, end))
    else:
        found.append((NAME, name, at, end))
    return end


def _number(text: str, number: str, at: int, end: int, found: list[Token], problems: list[Problem]) -> int:
    tail = re.compile(_TAIL).match(text, end)
    if tail is not None:
        end = tail.end()
        whole = text[at:end]
        plain = whole.replace("_", "")
        if plain.isdecimal():
            help = f"write `{plain}`"
        elif tail.group() in ("u", "U"):
            help = f"write `{number}`; all integers have a sign here"
        else:
            help = "leave out the letters, or put quotes around a text"
        problems.append(_syntax(at, end, f"`{_short(whole)}` is not a number", help))
        found.append((BAD, whole, at, end))
    elif number.startswith("0x") or number.isdecimal():
        found.append((INTEGER, number, at, end))
    else:
        found.append((NUMBER, number, at, end))
    return end


def _strange(text: str, at: int, found: list[Token], problems: list[Problem]) -> int:
    """Deals with a character no token begins with; returns where to go on."""
    char = text[at]
    if char in "'\"":
        end = _end_of(_REST_OF_LINE, text, at)
        problems.append(_syntax(at, end, "this text is never closed", f"put a `{char}` at its end"))
        found.append((BAD, text[at:end], at, end))
        return end
    if char in _QUOTES:
        close = text.find(_QUOTES[char], at + 1)
        end = close + 1 if close >= 0 else at + 1
        problems.append(_syntax(at, at + 1, f"`{char}` is not a quotation mark of the condition language" if char != "`"
                                else "a backtick is not a quotation mark of the condition language",
                                "put texts in `'`"))  # fmt: skip
        found.append((BAD, text[at:end], at, end))
        return end
    if char in _SPACES:
        return at + 1
    if char.isalnum():
        return _foreign_word(text, at, found, problems)
    end = at
    # No operator is longer than three characters.
    while end < min(len(text), at + 3) and ord(text[end]) in _FOREIGN:
        end += 1
    if end > at:
        meant = text[at:end].translate(_FOREIGN)
        hit = re.fullmatch(_PATTERN, meant)
        if hit is None or hit.lastgroup != "op":
            end = at + 1
            meant = char.translate(_FOREIGN)
        kind = _OP_SLIPS.get(meant, meant)
        problems.append(_slip(text[at:end], at, end, kind))
        found.append((kind, kind, at, end))
        return end
    while end < len(text) and text[end] == char:
        end += 1
    shown = char if char.isprintable() else f"\\u{ord(char):04x}"
    helps = {
        "{": "maps are not part of it",
        "}": "maps are not part of it",
        "\\": "escapes belong inside quotes",
        "^": "powers are not part of it",
        "#": "a comment of YAML needs a space before the `#`",
        ";": "a condition is one expression; join two with `&&`",
        "$": "a fact is written by its bare name",
        "@": "a fact is written by its bare name",
    }
    problems.append(_syntax(at, end, f"`{shown}` is not part of the condition language", helps.get(char, "")))
    return end


def _foreign_word(text: str, at: int, found: list[Token], problems: list[Problem]) -> int:
    end = max(_end_of(_WORD, text, at), at + 1)
    word = text[at:end]
    problems.append(_syntax(at, end, f"`{_short(word)}` is not a name: names are plain letters, digits and `_`",
                            "use the id of the fact, or put quotes around a text"))  # fmt: skip
    found.append((BAD, word, at, end))
    return end


def _end_of(pattern: str, text: str, at: int) -> int:
    hit = re.compile(pattern).match(text, at)
    return hit.end() if hit is not None else at


def _short(word: str) -> str:
    return word if len(word) <= 40 else word[:37] + "..."
