"""Known-bad processes, one trap each, with counterexamples that were written by hand before there was a prover.

Each `<trap>.yaml` stands beside `<trap>.commands.yaml`, the shortest journal that shows the fault, where there is one.
`expected.yaml` says which answer must be broken, how long that journal is, what else breaks with it, and what must be
proved. `mended.yaml` says how some are mended.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.quality.judge import CLAIMED, RefusedError, is_broken, moments

import stagegate
from stagegate.diagnostics import Source
from stagegate.engine.commands import Command
from stagegate.language import check_source
from stagegate.language.scripts import read_script
from stagegate.process import Process
from stagegate.verify.answers import Answer
from stagegate.verify.examine import examine
from stagegate.verify.prove import prove

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "expected.yaml").read_text(encoding="utf-8"))
MENDED: dict[str, dict[str, str]] = yaml.safe_load((HERE / "mended.yaml").read_text(encoding="utf-8"))
TRAPS = sorted(EXPECTED)
SHOWN = [trap for trap in TRAPS if EXPECTED[trap]["length"] != "none"]
NOT_SHOWN = [trap for trap in TRAPS if trap not in SHOWN]
UNREACHABLE = ("reaches", "completes", "takes", "makes", "possible")


@cache
def process_of(trap: str) -> Process:
    """The known-bad process."""
    return stagegate.load(HERE / f"{trap}.yaml")


def mended_process(trap: str) -> Process:
    """The same process without its fault."""
    text = (HERE / f"{trap}.yaml").read_text(encoding="utf-8")
    for old, new in MENDED[trap].items():
        assert text.count(old) == 1, f"`{old}` should stand there once"
        text = text.replace(old, new)
    definition, report = check_source(Source(f"{trap}.yaml", text))
    assert definition is not None, report
    return Process(definition)


def written_journal(trap: str) -> tuple[Command, ...]:
    """The counterexample written by hand."""
    path = HERE / f"{trap}.commands.yaml"
    script, report = read_script(Source(path.name, path.read_text(encoding="utf-8")), process_of(trap).definition)
    assert script is not None, report
    return (script.open.command, *(line.command for line in script.lines))


@cache
def answers(trap: str) -> dict[str, Answer]:
    """Every answer of the prover, by name: to the invariants, and to the questions that nobody has to ask."""
    return {answer.name: answer for answer in (*prove(process_of(trap)), *examine(process_of(trap)))}


def shown_at(process: Process, name: str, journal: tuple[Command, ...]) -> list[int]:
    """After how many commands of the journal the fault shows."""
    return [number for number, moment in enumerate(moments(process, journal)) if is_broken(name, moment)]


# --- the set ----------------------------------------------------------------------------------------------


def test_there_are_enough_traps_and_each_has_its_files() -> None:
    definitions = {path.stem for path in HERE.glob("*.yaml") if "." not in path.stem} - {"expected", "mended"}
    journals = {path.name.removesuffix(".commands.yaml") for path in HERE.glob("*.commands.yaml")}
    assert len(TRAPS) >= 32
    assert definitions == set(TRAPS)
    assert journals == set(SHOWN)


@pytest.mark.parametrize("trap", TRAPS)
def test_a_known_bad_process_reads_without_errors(trap: str) -> None:
    report = stagegate.check(HERE / f"{trap}.yaml")
    assert not report.has_errors, report
    definition = process_of(trap).definition
    assert definition.name == trap
    asked = {f"{invariant.kind}[{invariant.id}]" for invariant in definition.invariants}
    named = {EXPECTED[trap]["broken"], *EXPECTED[trap]["proved"]}
    assert asked <= named, "every invariant is either the broken one or must be proved"
    assert EXPECTED[trap]["broken"] not in EXPECTED[trap]["proved"]
    assert EXPECTED[trap]["proved"], "a prover that calls everything broken must be caught"


@pytest.mark.parametrize("trap", NOT_SHOWN)
def test_what_has_no_journal_is_something_out_of_reach(trap: str) -> None:
    assert EXPECTED[trap]["broken"].partition("[")[0] in UNREACHABLE


# --- the journals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("trap", SHOWN)
def test_the_written_journal_breaks_it_with_its_last_command(trap: str) -> None:
    name, length = EXPECTED[trap]["broken"], EXPECTED[trap]["length"]
    shown = shown_at(process_of(trap), name, written_journal(trap))
    assert len(written_journal(trap)) == length + 1
    if name.startswith(CLAIMED):
        assert length in shown
    else:
        assert shown == [length]


@pytest.mark.parametrize("trap", SHOWN)
def test_the_written_journal_leaves_the_rest_whole(trap: str) -> None:
    for name in EXPECTED[trap]["proved"]:
        if name.startswith((*CLAIMED, *UNREACHABLE)):
            continue
        assert shown_at(process_of(trap), name, written_journal(trap)) == [], name


def test_the_judge_tells_a_refused_command() -> None:
    journal = written_journal("loop-that-never-ends")
    with pytest.raises(RefusedError, match="agreed"):
        list(moments(process_of("loop-that-never-ends"), (journal[0], journal[2])))


# --- the prover -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trap", TRAPS)
def test_the_prover_finds_the_trap(trap: str) -> None:
    name, length = EXPECTED[trap]["broken"], EXPECTED[trap]["length"]
    answer = answers(trap)[name]
    assert answer.verdict == "broken", answer
    if length == "none":
        assert answer.journal == ()
        return
    assert len(answer.journal) == length + 1, answer.journal
    shown = shown_at(process_of(trap), name, answer.journal)
    if name.startswith(CLAIMED):
        assert length in shown
    else:
        assert shown == [length]


@pytest.mark.parametrize("trap", TRAPS)
def test_the_prover_proves_what_holds(trap: str) -> None:
    told = {name: answers(trap)[name].verdict for name in EXPECTED[trap]["proved"]}
    assert told == dict.fromkeys(EXPECTED[trap]["proved"], "proved"), [answers(trap)[name] for name in told]


@pytest.mark.parametrize("trap", TRAPS)
def test_nothing_else_is_broken(trap: str) -> None:
    broken = {name for name, answer in answers(trap).items() if answer.verdict == "broken"}
    assert broken - {EXPECTED[trap]["broken"]} == set(EXPECTED[trap].get("also", ()))


@pytest.mark.parametrize("trap", TRAPS)
def test_nothing_stays_undecided(trap: str) -> None:
    assert [answer for answer in answers(trap).values() if answer.verdict == "undecided"] == []


@pytest.mark.parametrize("trap", sorted(MENDED))
def test_the_prover_proves_what_was_broken_once_it_is_mended(trap: str) -> None:
    name = EXPECTED[trap]["broken"]
    process = mended_process(trap)
    asked = prove(process, (i for i in process.definition.invariants if f"{i.kind}[{i.id}]" == name)) or examine(
        process
    )
    answer = next(answer for answer in asked if answer.name == name)
    assert answer.verdict == "proved", answer
