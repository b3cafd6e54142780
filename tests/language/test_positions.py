"""Where a character of a value stands in the file, for every style, checked against texts built piece by piece."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from stagegate.diagnostics import Source
from stagegate.language import events
from stagegate.language.text import parse
from stagegate.language.tree import Mapping, Scalar, Sequence

BEFORE = "# 前言 😀\nfirst: 中😀\n"
LETTERS = "abcZ09中文é😀𝔘_"
BREAKS = st.sampled_from(["\n", "\r\n", "\r"])
BLANKS = st.text(" \t", max_size=2)


@dataclass
class Piece:
    """One character of the value (or none) and the source that it is written as."""

    value: str
    source: str


@pytest.fixture(params=["C", "pure"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pure":
        monkeypatch.setattr(events, "HAS_C_PARSER", False)
    elif not events.HAS_C_PARSER:
        pytest.skip("PyYAML has no C parser here")
    return str(request.param)


def place(source: str, offset: int) -> tuple[int, int]:
    """Line and column the slow way."""
    before = source[:offset].replace("\r\n", "\0\n").replace("\r", "\n").replace("\0\n", "\0\n")
    lines = before.split("\n")
    return len(lines), len(lines[-1]) + 1


def scalar_of(text: str) -> Scalar:
    tree, findings = parse(Source("f.yaml", text))
    assert not findings, findings
    assert isinstance(tree, Mapping)
    node = tree.get("key")
    if isinstance(node, Sequence):
        node = node.items[-1]
    assert isinstance(node, Scalar)
    return node


def assert_places(text: str, start: int, pieces: list[Piece]) -> None:
    """Each piece stands where it was put; `start` is the offset of the first one."""
    node = scalar_of(text)
    assert node.text == "".join(piece.value for piece in pieces)
    at, offset = start, 0
    for piece in pieces:
        if piece.value:
            assert node.position(offset) == place(text, at), (piece, offset)
            span = node.span_of(offset, offset + 1)
            assert (span.line, span.column) == place(text, at)
            assert (span.end_line, span.end_column) == place(text, at + len(piece.source)), piece
            offset += 1
        at += len(piece.source)


def folds(indent: str) -> st.SearchStrategy[list[Piece]]:
    """One line break that becomes a space, or several that become one less."""

    @st.composite
    def one(draw: st.DrawFn) -> list[Piece]:
        after, count = draw(BLANKS), draw(st.integers(0, 3))
        line_break = draw(BREAKS)
        last = draw(st.sampled_from(["", " ", "  "]))
        if not count:
            return [Piece(" ", after + line_break + indent + last)]
        blanks = [draw(st.sampled_from(["", " ", "      "])) for _ in range(count)]
        pieces = [Piece("", after + line_break + blanks[0])]
        pieces += [Piece("\n", line_break) for _ in range(1)]
        for blank in blanks[1:]:
            pieces += [Piece("", blank), Piece("\n", line_break)]
        return [*pieces, Piece("", indent + last)]

    return one()


def letters(extra: str = "") -> st.SearchStrategy[list[Piece]]:
    return st.text(LETTERS + extra, min_size=1, max_size=6).map(lambda text: [Piece(char, char) for char in text])


def spaces() -> st.SearchStrategy[list[Piece]]:
    return st.text(" ", min_size=1, max_size=3).map(lambda text: [Piece(char, char) for char in text])


def alternating(
    words: st.SearchStrategy[list[Piece]], gaps: st.SearchStrategy[list[Piece]]
) -> st.SearchStrategy[list[Piece]]:
    """A word, and then gaps and words in turn, so that no two gaps touch."""
    return st.tuples(words, st.lists(st.tuples(gaps, words), max_size=5)).map(
        lambda pair: [*pair[0], *(piece for gap, word in pair[1] for piece in (*gap, *word))]
    )


HEADS = st.sampled_from(["key: ", "key:   ", "key: [中😀, ", "key:\n  - 😀\n  - "])


def foot(head: str) -> str:
    return "]\n" if "[" in head else "\n"


@given(HEADS, alternating(letters("#'\":"), st.one_of(spaces(), folds("   "))))
def test_plain(head: str, pieces: list[Piece]) -> None:
    pieces = [Piece("x", "x"), *pieces, Piece("x", "x")]
    text = BEFORE + head + "".join(piece.source for piece in pieces) + foot(head)
    if "\t" in text and not events.HAS_C_PARSER:  # the pure parser takes no tab behind a plain scalar
        reject()
    if any(pair in text[len(BEFORE) + len(head) :] for pair in (" #", ": ", ":\n", ":\r", ":\t", "\t#", "\n#", "\r#")):
        reject()
    assert_places(text, len(BEFORE + head), pieces)


@given(
    HEADS, alternating(st.one_of(letters('#:"{&*!\\'), st.just([Piece("'", "''")])), st.one_of(spaces(), folds("   ")))
)
def test_single_quoted(head: str, pieces: list[Piece]) -> None:
    text = BEFORE + head + "'" + "".join(piece.source for piece in pieces) + "'" + foot(head)
    assert_places(text, len(BEFORE + head) + 1, pieces)


ESCAPES = st.sampled_from(
    [
        [Piece("\n", "\\n")],
        [Piece("\t", "\\t")],
        [Piece('"', '\\"')],
        [Piece("\\", "\\\\")],
        [Piece("/", "\\/")],
        [Piece("\0", "\\0")],
        [Piece("\x1b", "\\e")],
        [Piece("\xa0", "\\_")],
        [Piece("\u2028", "\\L")],
        [Piece("中", "\\u4E2d")],
        [Piece("😀", "\\U0001F600")],
        [Piece("A", "\\x41")],
        [Piece(" ", "\\ ")],
        [Piece("", "\\\n   ")],
        [Piece("", "\\\r\n   "), Piece("z", "z")],
        [Piece("", "\\\n"), Piece("\n", "\n"), Piece("", "   "), Piece("z", "z")],
    ]
)


@given(HEADS, alternating(st.one_of(letters("#:'{&*!"), ESCAPES), st.one_of(spaces(), folds("   "))))
def test_double_quoted(head: str, pieces: list[Piece]) -> None:
    sources = "".join(piece.source for piece in pieces)
    text = BEFORE + head + '"' + sources + '"' + foot(head)
    # White space behind an escaped line break belongs to the break: not built here.
    if "\\\n    " in text or "\\\r\n    " in text or "\\\n   \t" in text or "\\\r\n   \t" in text:
        reject()
    if any(f"\\\n   {each}" in text for each in "\r\n"):
        reject()
    assert_places(text, len(BEFORE + head) + 1, pieces)


WORDS = st.text(LETTERS + "#:'\"{&*!\\", min_size=1, max_size=5)
LINE = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """The head of a block, the indentation and the lines of it, blank ones among them."""
    indent = " " * draw(st.integers(1, 5))
    explicit = draw(st.booleans())
    comment = draw(st.sampled_from(["", " # a - comment + 2"]))
    digit = str(len(indent)) if explicit else ""
    head = digit + draw(st.sampled_from(["", "-", "+"])) + comment
    lines = draw(st.lists(st.one_of(LINE, st.just("")), min_size=1, max_size=6))
    return head, indent, lines


@given(blocks(), BREAKS, st.booleans())
def test_literal(block: tuple[str, str, list[str]], line_break: str, last: bool) -> None:
    head, indent, lines = block
    lines = [*lines, "end"]
    text = BEFORE + f"key: |{head}{line_break}"
    places: list[int] = []
    value = ""
    for index, line in enumerate(lines):
        text += indent if line else ""
        places += range(len(text), len(text) + len(line))
        text, value = text + line, value + line
        if index + 1 < len(lines) or last:
            places.append(len(text))
            text, value = text + line_break, value + "\n"
    text += "other: 1\n" if last else ""
    if "-" in head.split("#")[0]:
        value = value.rstrip("\n")
    node = scalar_of(text)
    assert node.text == value
    assert [node.position(offset) for offset in range(len(value))] == [place(text, at) for at in places[: len(value)]]


@given(blocks(), BREAKS)
def test_folded(block: tuple[str, str, list[str]], line_break: str) -> None:
    head, indent, lines = block
    lines = ["begin", *lines, "end"]
    text = BEFORE + f"key: >{head}{line_break}"
    value = ""
    places: list[int] = []
    since: list[int] = []
    for line in lines:
        if line:
            if since:
                value += " " if len(since) == 1 else "\n" * (len(since) - 1)
                places += since if len(since) == 1 else since[1:]
            text += indent
            places += range(len(text), len(text) + len(line))
            value += line
            text += line
            since = []
        since.append(len(text))
        text += line_break
    if "-" not in head.split("#")[0]:
        value += "\n"
        places += since
    node = scalar_of(text + "other: 1\n")
    assert node.text == value
    assert [node.position(offset) for offset in range(len(value))] == [place(text, at) for at in places]


ANY_LINES = st.lists(st.text("ab中😀 \t", max_size=6), min_size=1, max_size=7)


@given(ANY_LINES, st.sampled_from("|>"), st.sampled_from(["", "-", "+", "1", "2-", "1+"]), BREAKS)
def test_any_block_maps_ink_to_ink(lines: list[str], style: str, head: str, line_break: str) -> None:
    text = BEFORE + f"key: {style}{head}{line_break}" + "".join(f"  {line}{line_break}" for line in lines)
    tree, findings = parse(Source("f.yaml", text))
    if findings:  # a tab in the indentation, a text left of the block
        reject()
    assert isinstance(tree, Mapping)
    node = tree.get("key")
    assert isinstance(node, Scalar)
    last = -1
    for offset, char in enumerate(node.text):
        at = node.offsets.start(offset)
        assert at > last
        last = at
        assert text[at] == char or (text[at] in "\r\n" and char in " \n"), (offset, char)


@pytest.mark.parametrize("text", ["key: ''", 'key: ""', "key: |\n", "key: >-\n\nother: 1", "key:\n"])
def test_an_empty_scalar_has_a_place(text: str) -> None:
    tree, _ = parse(Source("f.yaml", text))
    assert isinstance(tree, Mapping)
    node = tree.get("key")
    assert isinstance(node, Scalar)
    assert node.text == ""
    line, column = node.position(0)
    assert (line, column) >= (1, 5)
    assert node.span_of(0, 0).line == line


def test_offsets_beyond_the_value_are_its_ends() -> None:
    node = scalar_of("key: 'ab'")
    assert node.position(2) == (1, 9)
    assert node.position(99) == (1, 9)
    assert node.position(-1) == (1, 7)
    assert node.span_of(1, 99).end_column == 9
    assert node.span.column == 6
    assert node.span.end_column == 10
