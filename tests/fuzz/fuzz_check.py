"""Fuzzes `stagegate check`: bytes -> text -> definition, commands or scenarios -> findings -> what is shown. By hand:

    PYTHONPATH=src python tests/fuzz/fuzz_check.py --seconds 300 [--seed 1] [--atheris]

Starts from the definitions, the commands files and the good and bad files of every rule; swaps, drops and replaces
nodes of their trees, and changes lines, words, blocks and bytes of their texts. With `--atheris` (which must be installed) the changes are guided by coverage. What
breaks something is written to `crash-*.yaml`; the figures of the run are printed at its end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
LARGE = [path.read_bytes() for name in ("definitions", "examples") for path in sorted((ROOT / name).glob("*.yaml"))]
SMALL = [path.read_bytes() for path in sorted((ROOT / "tests" / "rules").glob("*/*.yaml"))]
SEEDS = LARGE + SMALL
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
SLOW = 3.0  # seconds of the processor for one text; the largest seed takes a tenth
LONGEST = 200_000

VALUES = (
    "null", "~", "7", "-1", "0.5", "1e400", ".nan", "010", "true", "yes", "[]", "{}", "x", "[x, x]", "{a: b}", "all", "''", '""',
    "{en: x}", "{zh: 中}", "[[x]]", "[{id: x}]", "{use: x.y}", "14d", "99999w", "met('x')", "taken('x') > 1", "x > ", "|\n", ">-\n",
    "&a x", "*a", "!t x", "'x", '"\\u0041"', '"\\ud800"', "{<<: {a: b}}", "? x", "- x", "# stagegate: ignore[unused-name]",
    "2026-03-02T09:00:00+08:00", "2026-03-02", "\u2028", "\u202e", "\t", "9" * 300, "a" * 300, "{" * 40, "[" * 40, "(" * 80,
)  # fmt: skip
WORD = re.compile(r"[a-z][a-z0-9_]*")


# --- changes ----------------------------------------------------------------------------------------------


def start(chance: random.Random) -> bytes:
    """A seed, every other time with nodes of its tree changed."""
    seed = chance.choice(LARGE if chance.randrange(3) == 0 else SMALL)
    return nodes_changed(seed, chance) if chance.randrange(2) else seed


def changed(data: bytes, chance: random.Random) -> bytes:
    """A text with up to eight changes, of lines, words, blocks or bytes."""
    changes = (
        lines_changed,
        lines_changed,
        words_changed,
        words_changed,
        words_changed,
        blocks_changed,
        blocks_changed,
    )
    for _ in range(chance.choice((0, 1, 1, 2, 2, 4))):
        data = chance.choice(changes)(data, chance)[:LONGEST]
    if chance.randrange(6) == 0:
        data = chance.choice((spliced, bytes_changed))(data, chance)[:LONGEST]
    return data


PLAIN = (None, True, False, 0, 7, -1, 0.5, 1e9, "", "x", "all", "won", "14d", "中", [], {}, ["x"], {"en": "x"}, [[]], {"id": "x"},
         "met('x')", "x > 1 &&", "taken('x') == 0", "true", "reached('selling', 'x')")  # fmt: skip


def nodes_changed(data: bytes, chance: random.Random) -> bytes:
    """The tree of a text with one to six nodes changed, written in block or flow style."""
    try:
        tree = json.loads(json.dumps(yaml.load(data, yaml.CSafeLoader), default=str))
        other = tree if chance.randrange(2) else yaml.load(chance.choice(SEEDS), yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return data
    places, others = list(all_places(tree)), list(all_places(other))
    for _ in range(chance.choice((1, 1, 2, 3, 6)) if places and others else 0):
        (holder, key), (source, name) = chance.choice(places), chance.choice(others)
        if key not in (range(len(holder)) if isinstance(holder, list) else holder) or name not in (
            range(len(source)) if isinstance(source, list) else source
        ):
            continue
        match chance.randrange(6):
            case 0:
                del holder[key]
            case 1:
                holder[key] = chance.choice(PLAIN)
            case 2 if isinstance(holder, dict):
                holder[chance.choice((f"{key}s", str(key)[1:], str(name)))] = holder.pop(key)
            case 3 if isinstance(holder, list):
                holder.append(source[name])
            case _:
                holder[key] = source[name]
    try:
        return written(tree, chance)
    except (ValueError, RecursionError, yaml.YAMLError):  # a node that was put into itself
        return data


def written(tree: Any, chance: random.Random) -> bytes:
    """The tree as a text."""
    text = json.dumps(tree, ensure_ascii=False, indent=chance.choice((None, 1)), default=str)
    if chance.randrange(3):
        plain = json.loads(text)
        text = yaml.dump(
            plain, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=chance.choice((40, 9999))
        )
    return text.encode()


def all_places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every list and mapping in a tree, with each of its indexes and keys."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            yield node, key
            waiting.append(node[key])


def lines_changed(data: bytes, chance: random.Random) -> bytes:
    """A line dropped, doubled, moved, indented, cut or given another value."""
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(7):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
        case 4:
            lines[at] = b" " * chance.randrange(1, 4) + lines[at]
        case 5:
            lines[at] = lines[at][chance.randrange(1, 4) :]
        case _:
            lines[at] = lines[at].partition(b":")[0] + b": " + chance.choice(VALUES).encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def words_changed(data: bytes, chance: random.Random) -> bytes:
    """A word replaced by another word of the text, misspelt, or by a value; a value taken for a word."""
    text = data.decode("utf-8", "replace")
    words = list(WORD.finditer(text))
    if not words:
        return data + chance.choice(VALUES).encode("utf-8", "surrogatepass")
    at, other = chance.choice(words), chance.choice(words)
    new = chance.choice((other.group(), at.group() + "x", at.group()[1:], chance.choice(VALUES)))
    found = text[: at.start()] + new + text[at.end() :]
    return found.encode("utf-8", "surrogatepass")


def blocks(lines: list[bytes]) -> list[tuple[int, int]]:
    """The blocks of a text, by indentation: a line and all that stands further in below it."""
    depths = [len(line) - len(line.lstrip(b" ")) if line.strip() else 99 for line in lines]
    found: list[tuple[int, int]] = []
    for start, depth in enumerate(depths):
        end = start + 1
        while end < len(lines) and depths[end] > depth and end - start < 200:
            end += 1
        found.append((start, end))
    return found


def blocks_changed(data: bytes, chance: random.Random) -> bytes:
    """A block of lines dropped, doubled, or swapped with another, at the depth of that."""
    lines = data.split(b"\n")[:1500]
    pieces = blocks(lines)
    begin, end = chance.choice(pieces)
    here = lines[begin:end]
    match chance.randrange(4):
        case 0:
            lines[begin:end] = []
        case 1:
            lines[end:end] = here
        case 2:
            other, after = chance.choice(pieces)
            lines[other:after] = indented(here, depth(lines[other]))
        case _:
            other, after = chance.choice(pieces)
            if end <= other:
                there = lines[other:after]
                lines[other:after] = indented(here, depth(there[0]))
                lines[begin:end] = indented(there, depth(here[0]))
    return b"\n".join(lines)


def depth(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" "))


def indented(lines: list[bytes], at: int) -> list[bytes]:
    by = at - depth(lines[0])
    return [
        b" " * (depth(line) + by) + line.lstrip(b" ") if depth(line) + by > 0 else line.lstrip(b" ") for line in lines
    ]


def spliced(data: bytes, chance: random.Random) -> bytes:
    """The beginning of one text and the end of another, or a piece of another put in."""
    other = chance.choice(SEEDS)
    start, end = sorted((chance.randrange(len(other) + 1), chance.randrange(len(other) + 1)))
    at = chance.randrange(len(data) + 1)
    if chance.randrange(2):
        return data[:at] + other[start:]
    return data[:at] + other[start : min(end, start + 400)] + data[at:]


def bytes_changed(data: bytes, chance: random.Random) -> bytes:
    """A few bytes dropped, put in or exchanged."""
    found = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(found) + 1)
        new = chance.choice(
            (bytes([chance.randrange(256)]), b"\r", b":", b"'", b'"', b"- ", b"\xe4\xb8\xad", b"\xef\xbb\xbf", b"")
        )
        found[at : at + chance.randrange(3)] = new
    return bytes(found)


# --- what must hold ---------------------------------------------------------------------------------------


def one_text(data: bytes) -> None:
    """What must hold of every text: no exception, findings inside it, known rules, and something to show."""
    from stagegate.diagnostics import Report
    from stagegate.language import RULES, check_source, is_companion, read_companion
    from stagegate.language.scripts import is_script, read_script
    from stagegate.language.text import source_of

    source, findings = source_of(data, "x.yaml")
    if source is None:
        assert findings
        shown(Report.of(findings), 0)
        return
    if is_script(source.text) or (len(data) % 16 == 0):
        script, report = read_script(source, DEFINITIONS.get)  # type: ignore[arg-type]
        assert (script is None) >= report.has_errors
    elif is_companion(source.text):
        companion, report = read_companion(source, DEFINITIONS.get)  # type: ignore[arg-type]
        assert (companion is None) >= report.has_errors
    else:
        definition, report = check_source(source, processes={"other", "customer-visit"})
        assert (definition is None) == report.has_errors
    lines = re.split("\r\n|\r|\n", source.text)
    for finding in report:
        span = finding.span
        assert finding.rule in {rule.name for rule in RULES}, finding
        assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column), finding
        assert span.end_line <= len(lines) and span.column <= len(lines[span.line - 1]) + 1, finding
        assert span.end_column <= len(lines[span.end_line - 1]) + 1, finding
        assert finding.message and "\n" not in finding.message, finding
    shown(report, len(data))


def shown(report: object, size: int) -> None:
    """The report in the formats for people and for programs."""
    from stagegate.render.findings import render

    full = render(report, "full")  # type: ignore[arg-type]
    assert not UNSEEN.search(full)
    assert len(full) < 2_000_000
    assert len(json.loads(render(report, "json"))) == len(report)  # type: ignore[arg-type]


def definitions() -> dict[str, object]:
    from stagegate.bundled import bundled_names
    from stagegate.language import read

    read_ones = [read(ROOT / "definitions" / f"{name}.yaml")[0] for name in bundled_names()]
    return {found.name: found for found in read_ones if found is not None}


# --- runs -------------------------------------------------------------------------------------------------


def by_chance(seconds: float, seed: int) -> int:
    """Changes seeds at random until the time is over; the number of texts that broke something."""
    chance = random.Random(seed)
    began, done, slowest = time.monotonic(), 0, 0.0
    broken: dict[str, str] = {}
    while time.monotonic() - began < seconds:
        data = changed(start(chance), chance)
        done += 1
        before = time.process_time()
        try:
            one_text(data)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            keep(f"{type(error).__name__} at {where.filename}:{where.lineno}", data, broken)
        slowest = max(slowest, took := time.process_time() - before)
        if took > SLOW:
            keep(f"slow, {took:.0f} s", data, broken)
    print(f"{done} executions in {seconds:.0f} s, seed {seed}, {len(broken)} crashes, slowest {slowest:.2f} s")
    for why, name in broken.items():
        print(f"  {why}: {name}")
    return len(broken)


def keep(why: str, data: bytes, broken: dict[str, str]) -> None:
    """Writes the first text that breaks in this way to a file."""
    if why not in broken:
        broken[why] = f"crash-{hashlib.sha256(data).hexdigest()[:10]}.yaml"
        Path(broken[why]).write_bytes(data)
        print(f"{why}: {broken[why]}", flush=True)


def guided(seconds: int, seed: int) -> None:
    """The same changes, guided by the coverage of the library."""
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["stagegate.language", "stagegate.conditions"]):
        DEFINITIONS.update(definitions())

    def mutate(data: bytes, most: int, number: int) -> bytes:
        chance = random.Random(number)
        base = data if len(data) > 20 and chance.randrange(4) else start(chance)
        found: bytes = changed(base, chance) if chance.randrange(8) else atheris.Mutate(base, most)
        return found[:most]

    options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}", "-timeout=20"]
    atheris.Setup([sys.argv[0], *options], one_text, custom_mutator=mutate)
    atheris.Fuzz()


DEFINITIONS: dict[str, object] = {}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true")
    parser.add_argument("files", nargs="*", help="texts to try again instead")
    given = parser.parse_args()
    if given.atheris:
        guided(given.seconds, given.seed)
    DEFINITIONS.update(definitions())
    for file in given.files:
        one_text(Path(file).read_bytes())
    sys.exit(0 if given.files else by_chance(given.seconds, given.seed) > 0)
