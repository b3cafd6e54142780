"""What a finding says and where, for mistakes whose first wording led astray."""

import pytest

from stagegate.diagnostics import Finding, Source
from stagegate.language import check_source

HEAD = "stagegate: 1\nprocess: example\n"
STAGE = HEAD + "version: 1.0.0\ntracks:\n  - id: selling\n    stages:\n"


def first(text: str, rule: str) -> Finding:
    return next(f for f in check_source(Source("x.yaml", text))[1] if f.rule == rule)


@pytest.mark.parametrize(
    ("text", "rule", "place", "said"),
    [
        (HEAD + "version： 1.0.0\ntracks: []\n", "yaml-syntax", (3, 8), "U+FF1A"),
        (STAGE + "      - {id: a， title: b, start: true}\n", "yaml-syntax", (7, 15), "U+FF0C"),
        (STAGE + "      - id: a\n　　　　　　　　title: b\n        start: true\n", "yaml-syntax", (8, 1), "U+3000"),
        (STAGE + "      - id: a\n        title:\u00a0b\n", "yaml-syntax", (8, 15), "U+00A0"),
        (STAGE + "      - {id: a, title: {zh：报价}}\n", "unknown-key", (7, 27), "U+FF1A"),
        (STAGE + "      - {id: a, aliases: 【b】}\n", "wrong-type", (7, 26), "U+3010"),
    ],
)
def test_a_mark_that_only_looks_plain_is_told_at_its_place(
    text: str, rule: str, place: tuple[int, int], said: str
) -> None:
    found = first(text, rule)
    assert (found.span.line, found.span.column) == place
    assert said in found.message
    assert found.help.startswith("write ")


@pytest.mark.parametrize(
    ("text", "rule", "help"),
    [
        (HEAD + "version: 0.1\n", "wrong-type", "write it like `0.1.0`"),
        (STAGE + "      - {id: a, time_limit: 30}\n", "wrong-type", "write it like `30d`"),
        (STAGE + "      - {id: a, aliases: b}\n", "wrong-type", "write `[b]`"),
        (
            STAGE + "      - {id: a, title: {en: b, in writing}}\n",
            "unknown-key",
            "put a text that holds a comma in quotes",
        ),
        (STAGE + "      - {id: a, titel: b}\n", "unknown-key", "did you mean `title`?"),
        (STAGE + "      - {id: a, title: {en: b: c}}\n", "yaml-syntax", "put a text that holds `: ` in quotes"),
    ],
)
def test_help_can_be_followed(text: str, rule: str, help: str) -> None:
    assert first(text, rule).help == help


def test_a_commands_file_is_told_once() -> None:
    found = list(check_source(Source("x.yaml", "open: {}\ncommands: []\n"))[1])
    assert [f.message for f in found] == ["this is a commands file, not a definition"]
