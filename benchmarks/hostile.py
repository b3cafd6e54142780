"""Files of about a megabyte that nobody means well with. Each must be refused quickly, and never crash the process."""

from __future__ import annotations

from collections.abc import Callable

SIZE = 1_000_000

HEAD = """\
stagegate: 1
process: hostile
version: 1.0.0
title: Nobody means well with this
"""
TRACK = "tracks:\n  - id: selling\n    stages:\n      - {id: one, title: One}\n"
FACTS = "facts:\n  a: {type: boolean, title: A}\n  n: {type: number, title: N}\n  s: {type: string, title: S}\n"


def times(text: str) -> str:
    """As often as it takes to make a megabyte."""
    return text * (SIZE // len(text.encode()))


def numbered(line: str) -> str:
    """Lines that differ by a number, up to a megabyte."""
    lines: list[str] = []
    size = 0
    while size < SIZE:
        lines.append(line.format(n=len(lines)))
        size += len(lines[-1])
    return "".join(lines)


def indented(step: Callable[[int], str]) -> str:
    """Lines each further in than the last, up to a megabyte."""
    lines: list[str] = []
    size = 0
    while size < SIZE:
        lines.append(" " * len(lines) + step(len(lines)) + "\n")
        size += len(lines[-1])
    return "".join(lines)


def condition(text: str) -> str:
    """A file whose one criterion has this condition."""
    return (
        HEAD + FACTS + "tracks:\n  - id: selling\n    stages:\n      - id: one\n        title: One\n"
        "        exit_criteria:\n          - id: deep\n            title: Deep\n            when: >-\n              "
        + text
        + "\n"
    )


HOSTILE: dict[str, Callable[[], str]] = {
    # nesting
    "brackets, never closed": lambda: times("["),
    "braces, never closed": lambda: times("{a: "),
    "brackets, closed": lambda: HEAD + "summary: " + "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "dashes in a row": lambda: HEAD + "summary:\n  " + times("- "),
    "keys in keys": lambda: indented(lambda n: f"k{n}:"),
    "question marks": lambda: times("? "),
    # aliases, anchors, tags
    "a thousand laughs": lambda: (
        HEAD
        + "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 99))
    ),
    "aliases by the megabyte": lambda: HEAD + "a: &a x\nsummary: [" + times("*a, ") + "]\n",
    "anchors by the megabyte": lambda: HEAD + numbered("k{n}: &a{n} x\n"),
    "tags by the megabyte": lambda: HEAD + numbered("k{n}: !!python/object:os.system x\n"),
    "merge keys": lambda: HEAD + numbered("k{n}: {{<<: {{a: 1}}}}\n"),
    # scalars
    "one plain scalar": lambda: HEAD + "summary: " + times("x") + "\n" + TRACK,
    "one quoted scalar of escapes": lambda: HEAD + 'summary: "' + times("\\u4e2d") + '"\n' + TRACK,
    "one folded scalar": lambda: HEAD + "summary: >\n" + times("  word word word\n") + TRACK,
    "a quote, never closed": lambda: HEAD + 'summary: "' + times("x\n"),
    "a number of a million digits": lambda: HEAD + "gap: {give_up_at: " + times("9") + "}\n" + TRACK,
    "a float of a million digits": lambda: HEAD + "gap: {give_up_at: 0." + times("9") + "e9}\n" + TRACK,
    "a version of a million digits": lambda: HEAD.replace("1.0.0", times("1.")) + TRACK,
    "a name of a million letters": lambda: HEAD.replace("hostile", times("a-")) + TRACK,
    "a duration of a million digits": lambda: (
        HEAD + TRACK.replace("title: One", "title: One, time_limit: " + times("1"))
    ),
    "a key of a million letters": lambda: HEAD + "? " + times("k") + "\n: x\n",
    # very many mistakes
    "the same key again and again": lambda: HEAD + times("title: x\n"),
    "unknown keys, each another": lambda: HEAD + numbered("titel{n}: x\n"),
    "unknown stages, each another": lambda: (
        HEAD + "tracks:\n  - id: selling\n    stages:\n" + numbered("      - {{id: s{n}, title: S, next: t{n}}}\n")
    ),
    "the same id again and again": lambda: (
        HEAD + "tracks:\n  - id: selling\n    stages:\n" + times("      - {id: s, title: S}\n")
    ),
    "facts nobody reads": lambda: HEAD + "facts:\n" + numbered("  fact_{n}: {{type: boolean, title: F}}\n") + TRACK,
    "one line with mistakes from end to end": lambda: (
        HEAD + "facts: {" + numbered("f{n}: {{typo: boolean}}, ") + "}\n" + TRACK
    ),
    "comments that silence nothing": lambda: HEAD + numbered("# stagegate: ignore[rule-{n}]\n") + TRACK,
    # conditions
    "a condition of and": lambda: condition(times("a && ") + "a"),
    "a condition of brackets": lambda: condition("(" * (SIZE // 2) + "a" + ")" * (SIZE // 2)),
    "a condition of brackets, never closed": lambda: condition(times("(")),
    "a condition of nots": lambda: condition(times("!") + "a"),
    "a condition of minuses": lambda: condition(times("-") + "n > 0"),
    "a condition of choices": lambda: condition(times("a ? a : ") + "a"),
    "a condition with a long list": lambda: condition("n in [" + times("1, ") + "1]"),
    "a condition with a long string": lambda: condition("s == '" + times("x") + "'"),
    "a condition of dots": lambda: condition("s" + times(".s")),
    "conditions by the thousand": lambda: (
        HEAD
        + FACTS
        + "tracks:\n  - id: selling\n    stages:\n      - id: one\n        title: One\n        exit_criteria:\n"
        + numbered("          - {{id: c{n}, title: C, when: \"met('c{n}') && b{n} > 1\"}}\n")
    ),
    "a chain of criteria that read each other": lambda: (
        HEAD
        + "tracks:\n  - id: selling\n    stages:\n      - id: one\n        title: One\n        exit_criteria:\n"
        + "          - {id: c0, title: C, when: \"met('c1')\"}\n"
        + "".join(
            f"          - {{id: c{i}, title: C, when: \"met('c{i + 1}') || met('c{i - 1}')\"}}\n"
            for i in range(1, 14_000)
        )
    ),
    # bytes
    "zeros": lambda: times("\0"),
    "a byte order mark again and again": lambda: times("\ufeff"),
    "tabs": lambda: HEAD + times("\t"),
    "newlines": lambda: times("\n"),
    "colons": lambda: times(": "),
    "directives": lambda: times("%YAML 1.1\n"),
    "documents": lambda: HEAD + times("---\n"),
}

# These break no law; they only have to be quick.
HARMLESS = {"comments that silence nothing"}

# What is no text at all, as bytes.
HOSTILE_BYTES: dict[str, Callable[[], bytes]] = {
    "not UTF-8": lambda: HEAD.encode() + b"\xff\xfe" * (SIZE // 2),
    "UTF-16": lambda: (HEAD + times("xx")[: SIZE // 2]).encode("utf-16"),
    "half a character": lambda: HEAD.encode() + ("中" * (SIZE // 3)).encode()[:-1],
}
