"""Text to tree: values, findings and their places."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from stagegate.diagnostics import Finding, Source, Span
from stagegate.language import events
from stagegate.language.mistakes import MOST_FINDINGS
from stagegate.language.text import LARGEST_FILE, parse, read_source, source_of
from stagegate.language.tree import Mapping, Node, Scalar, Sequence, entry_at, node_at, to_plain


@pytest.fixture(params=["C", "pure"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure":
        monkeypatch.setattr(events, "HAS_C_PARSER", False)
    elif not events.HAS_C_PARSER:
        pytest.skip("PyYAML has no C parser here")


def read(text: str) -> tuple[Node | None, list[Finding]]:
    return parse(Source("f.yaml", text))


def tree_of(text: str) -> Node:
    tree, findings = read(text)
    assert not findings, findings
    assert tree is not None
    return tree


def brief(findings: list[Finding]) -> list[tuple[str, int, int]]:
    return [(finding.rule, finding.span.line, finding.span.column) for finding in findings]


def plain(text: str) -> object:
    return to_plain(tree_of(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", None),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("tRUE", "tRUE"),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1e3", -1000.0),
        ("1.0.0", "1.0.0"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("9" * 100, int("9" * 100)),
        ("9" * 101, "9" * 101),
        ("١٢", "١٢"),
        ("'10'", "10"),
        ('"true"', "true"),
        ("'~'", "~"),
        ("|-\n  10", "10"),
    ],
)
def test_values_are_those_of_the_core_schema(text: str, value: object) -> None:
    found = plain(f"key: {text}\n")
    assert found == {"key": value}
    assert isinstance(found, dict)
    assert type(found["key"]) is type(value)


def test_not_a_number_is_a_float() -> None:
    found = node_at(tree_of("key: .nan"), ["key"])
    assert isinstance(found, Scalar)
    assert isinstance(found.value, float)
    assert math.isnan(found.value)


def test_places_of_nodes() -> None:
    root = tree_of("a: 中😀\nb:\n  - {c: 1, d: [x, 'y']}\n  - |\n    text\n\n\ne: f\n")
    assert isinstance(root, Mapping)
    assert root.span == Span(1, 1, 8, 5)
    assert node_at(root, ["a"]).span == Span(1, 4, 1, 6)
    assert node_at(root, ["b"]).span == Span(3, 3, 5, 9)
    assert node_at(root, ["b", 0]).span == Span(3, 5, 3, 24)
    assert node_at(root, ["b", 0, "d", 1]).span == Span(3, 19, 3, 22)
    assert node_at(root, ["b", 1]).span == Span(4, 5, 5, 9)
    entry = entry_at(root, ["b", 0, "d"])
    assert entry is not None
    assert entry.key.span == Span(3, 12, 3, 13)


def test_columns_count_characters_behind_wide_ones() -> None:
    root = tree_of("{中😀: 1, '𝔘': x}")
    assert isinstance(root, Mapping)
    assert [entry.key.span.column for entry in root.entries] == [2, 9]


def test_lines_of_every_kind() -> None:
    root = tree_of("a: 1\r\nb: 2\rc: 3\nd: 4")
    assert isinstance(root, Mapping)
    assert [entry.key.span.line for entry in root.entries] == [1, 2, 3, 4]


def test_a_path_that_leads_out_ends_at_the_last_node() -> None:
    root = tree_of("a: [1, {b: 2}]")
    assert node_at(root, ["a", 1, "zz", 3]) is node_at(root, ["a", 1])
    assert node_at(root, ["a", 7]) is node_at(root, ["a"])
    assert entry_at(root, ["a", 1]) is None
    assert entry_at(root, []) is None
    assert entry_at(root, ["a", 1, "b"]) is not None
    assert entry_at(root, ["x", "y"]) is None


def test_nodes_answer_as_containers() -> None:
    root = tree_of("{a: 1, b: [2, 3]}")
    assert isinstance(root, Mapping)
    assert len(root) == 2
    assert "a" in root
    assert root.keys() == ("a", "b")
    assert root.get("c") is None
    assert root.entry("c") is None
    items = root.get("b")
    assert isinstance(items, Sequence)
    assert len(items) == 2
    assert [to_plain(item) for item in items] == [2, 3]
    assert repr(root) == "Mapping([Entry('a', Scalar(1)), Entry('b', Sequence([Scalar(2), Scalar(3)]))])"


def test_of_two_equal_keys_the_first_stays() -> None:
    tree, findings = read("a: 1\nb: 2\na: {c: 3, c: 4}\n")
    assert tree is not None
    assert to_plain(tree) == {"a": 1, "b": 2}
    assert brief(findings) == [("duplicate-key", 3, 1), ("duplicate-key", 3, 11)]
    assert findings[0].labels[0].span == Span(1, 1, 1, 2)


def test_every_forbidden_thing_is_told_and_the_tree_goes_on() -> None:
    tree, findings = read("a: &x 1\nb: *x\n<<: *x\nc: !!str 5\nd: &y !foo\n  e: f\ng: !<t> [h]\n")
    assert tree is not None
    assert brief(findings) == [
        ("forbidden-yaml", 1, 4),
        ("forbidden-yaml", 2, 4),
        ("forbidden-yaml", 3, 1),
        ("forbidden-yaml", 3, 5),
        ("forbidden-yaml", 4, 4),
        ("forbidden-yaml", 5, 4),
        ("forbidden-yaml", 5, 7),
        ("forbidden-yaml", 7, 4),
    ]
    assert to_plain(tree) == {"a": 1, "b": None, "c": "5", "d": {"e": "f"}, "g": ["h"]}
    assert tree.broken  # a key may come from what was to be merged
    assert node_at(tree, ["b"]).broken
    assert not node_at(tree, ["a"]).broken
    assert node_at(tree, ["a"]).span == Span(1, 7, 1, 8)


@pytest.mark.parametrize(
    ("text", "value", "column"),
    [
        ("&a b", "b", 4),
        ("&a:; b", ":; b", 3),
        ("!a.b c", "c", 6),
        ("!t &a # c\n  'd'", "d", 3),
        ("! x", "x", 3),
    ],
)
def test_a_value_begins_after_its_anchor_and_tag(text: str, value: str, column: int) -> None:
    tree, findings = read(text)
    assert {finding.rule for finding in findings} == {"forbidden-yaml"}
    assert isinstance(tree, Scalar)
    assert tree.text == value
    assert tree.span.column == column


def test_properties_in_a_flow_collection() -> None:
    tree, findings = read("[!a ,&b,!c [d], &e {f: !g }]")
    assert tree is not None
    assert to_plain(tree) == [None, None, ["d"], {"f": None}]
    assert [finding.span.column for finding in findings] == [2, 6, 9, 17, 24]


def test_directives_and_documents() -> None:
    tree, findings = read("# c\n%YAML 1.2\n%TAG !a! !b\n---\na: 1\n---\nb: 2\n...\n---\nc: &d 3\n")
    assert tree is not None
    assert to_plain(tree) == {"a": 1}
    assert brief(findings) == [
        ("forbidden-yaml", line, column) for line, column in [(2, 1), (3, 1), (6, 1), (9, 1), (10, 4)]
    ]


@pytest.mark.parametrize("text", ["---\na: 1\n", "a: 1\n...\n", "\n# c\na: 1 # d\n", "\ufeffa: 1\n"])
def test_one_document_may_be_marked(text: str) -> None:
    assert plain(text) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "place", "words", "kept"),
    [
        ("a: 1\n5: x\n", (2, 1), "`5` is a number", {"a": 1, "5": "x"}),
        ("true: x\n", (1, 1), "`true` is a truth value", {"true": "x"}),
        ("~: x\n", (1, 1), "`~` is nothing", {"~": "x"}),
        ("? [a]\n: x\nb: 1\n", (1, 3), "not a list or a mapping", {"b": 1}),
        ("? {a: b}\n: x\nb: 1\n", (1, 3), "not a list or a mapping", {"b": 1}),
    ],
)
def test_keys_are_names(text: str, place: tuple[int, int], words: str, kept: object) -> None:
    tree, findings = read(text)
    assert tree is not None
    assert brief(findings) == [("yaml-syntax", *place)]
    assert words in findings[0].message
    assert to_plain(tree) == kept


@pytest.mark.parametrize("text", ["yes: 1\non: 2\n2026-01-01: 3\n"])
def test_keys_that_yaml_1_1_took_for_something_else(text: str) -> None:
    assert plain(text) == {"yes": 1, "on": 2, "2026-01-01": 3}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c\n", (1, 5), "a second `key:`"),
        ("a: 1\n b: 2\n", (2, 3), "a second `key:`"),
        ("a: 'x\nb: 1\n", (1, 4), "never closed"),
        ('a: "x\n', (1, 4), "never closed"),
        ("a: [1, 2\nb: 3\n", (2, 2), "`]` or a comma"),
        ("a: {b: 1\nc: 2\n", (2, 2), "`}` or a comma"),
        ("a: @x\n", (1, 4), "cannot begin with `@`"),
        ("a: %x\n", (1, 4), "cannot begin with `%`"),
        ("a: &\n", (1, 4), "cannot begin with `&`"),
        ("a: *\n", (1, 4), "cannot begin with `*`"),
        ("a:\n\t- b\n", (2, 1), "a tab"),
        ("\ta: b\n", (1, 1), "a tab"),
        ("a:\n  - b\n -c\n", (3, 2), "does not fit the lines above"),
        ("- a\nb: c\n", (2, 1), "does not fit the list above"),
        ("a: - b\n", (1, 4), "list item"),
        ("a: ? b\n", (1, 4), "`? `"),
        ("a: ]\n", (1, 4), "a value is missing"),
        ("a: |x\n", (1, 5), "header of a text block"),
        ("a: 1\nb\nc: 2\n", (2, 1), "neither `key: value`"),
        ("a: 1\n%TAG ! x\n", None, "goes on after its end"),
        ("a: !b!c d\n", None, "cannot begin with `!`"),
    ],
)
def test_syntax_errors_in_plain_words(text: str, place: tuple[int, int] | None, words: str) -> None:
    tree, findings = read(text)
    assert tree is None
    assert [finding.rule for finding in findings] == ["yaml-syntax"]
    assert words in findings[0].message
    if place is not None:
        assert (findings[0].span.line, findings[0].span.column) == place


@pytest.mark.parametrize("escape", ["\\q", "\\xZZ", "\\ud83d\\ude00", "\\ud800", "\\U00110000", "\\UFFFFFFFF"])
def test_bad_escapes(escape: str) -> None:
    _, findings = read(f'a: 1\nb: "{escape}"\n')
    assert [finding.rule for finding in findings] == ["yaml-syntax"]


def test_mistakes_before_a_syntax_error_are_told_too() -> None:
    _, findings = read("a: 1\na: 2\nb: [\n")
    assert [finding.rule for finding in findings] == ["duplicate-key", "yaml-syntax"]
    assert findings[1].labels == () or findings[1].labels[0].span.line == 3


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment", "\n  # a\n\n#b\r\n", "---\n", "---\n...\n", "--- # c\n", "\ufeff"]
)
def test_empty(text: str) -> None:
    tree, findings = read(text)
    assert tree is None
    assert [finding.rule for finding in findings] == ["empty-file"]


@pytest.mark.parametrize("text", ["''", "[]", "{}", "x", "|\n"])
def test_small_but_not_empty(text: str) -> None:
    tree_of(text)


def test_thirty_levels_and_no_more() -> None:
    tree_of("[" * 30 + "]" * 30)
    tree, findings = read("[" * 31 + "]" * 31)
    assert tree is None
    assert brief(findings) == [("too-deep", 1, 31)]


def test_a_long_text_is_refused_and_the_rest_is_read() -> None:
    tree, findings = read(f"a: {'x' * 65537}\nb: 1\nb: 2\n")
    assert tree is not None
    assert brief(findings) == [("too-large", 1, 4), ("duplicate-key", 3, 1)]
    assert node_at(tree, ["a"]).broken
    assert tree_of(f"a: {'x' * 65536}\n")


def test_the_number_of_findings_is_bounded() -> None:
    tree, findings = read("a: 1\n" * 1000)
    assert tree is None
    assert len(findings) == MOST_FINDINGS + 1
    assert findings[-1].severity == "note"


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
def test_line_separators_are_told_and_count_as_characters(char: str) -> None:
    tree, findings = read(f"a: x{char}y\nb: 1\nb: 2\n")
    assert tree is not None
    assert brief(findings) == [("yaml-syntax", 1, 5), ("duplicate-key", 3, 1)]
    assert findings[0].fix is not None


@pytest.mark.parametrize("char", ["\0", "\x07", "\x1b", "\x7f", "\x9b", "\ud800", "\ufffe", "\ufeff"])
def test_characters_that_may_not_stand_in_a_text(char: str) -> None:
    _, findings = read(f"中: 😀\nb: {char}\n")
    assert brief(findings) == [("not-utf8", 2, 4)]


def test_escapes_may_give_any_character() -> None:
    assert plain(r'a: "\0\e\x9b"') == {"a": "\0\x1b\x9b"}


def test_bytes_become_text() -> None:
    source, findings = source_of("a: 中\r\n".encode(), "f.yaml")
    assert findings == []
    assert source == Source("f.yaml", "a: 中\r\n")


def test_a_byte_order_mark_takes_no_column() -> None:
    source, _ = source_of(b"\xef\xbb\xbfa: 1\na: 2", "f.yaml")
    assert source is not None
    assert source.text == "a: 1\na: 2"


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        ("a: 1".encode("utf-16"), (1, 1), "UTF-16"),
        ("a: 1".encode("utf-32"), (1, 1), "UTF-32"),
        ("a: 1".encode("utf-16-le"), (1, 2), "U+0000"),
        ("a: é\nb: é".encode("latin-1"), (1, 4), "0xE9"),
        ("项目".encode() + b"\n\xb4\xf3", (2, 1), "0xB4"),
        (b"\xef\xbb\xbfa: \xff", (1, 4), "0xFF"),
        (b"a: \x00", (1, 4), "U+0000"),
        (b"a: \xed\xa0\x80", (1, 4), "0xED"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, place: tuple[int, int], words: str) -> None:
    source, findings = source_of(data, "f.yaml")
    assert source is None
    assert brief(findings) == [("not-utf8", *place)]
    assert words in findings[0].message


def test_reading_files(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"a: 1\r\n")
    assert read_source(file) == (Source(str(file), "a: 1\r\n"), [])
    file.write_bytes(b"#" * LARGEST_FILE)
    assert [finding.rule for finding in read_source(file)[1]] == ["empty-file"]
    file.write_bytes(b"#" * (LARGEST_FILE + 1))
    assert [finding.rule for finding in read_source(str(file))[1]] == ["too-large"]
    with pytest.raises(FileNotFoundError):
        read_source(tmp_path / "none.yaml")
    with pytest.raises(OSError):
        read_source(tmp_path)
