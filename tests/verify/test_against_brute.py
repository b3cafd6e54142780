"""Proofs beside the slow judge, on random tiny processes with random invariants.

`STAGEGATE_BRUTE=2000 pytest tests/verify/test_against_brute.py` looks much longer; `STAGEGATE_BRUTE_SEED` says where
to begin, `STAGEGATE_BRUTE_STATES` how many states a process may have that is tried.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.verify import brute, tiny

from stagegate.engine.commands import Command
from stagegate.model import Definition, Invariant
from stagegate.process import Process
from stagegate.verify.answers import Answer
from stagegate.verify.examine import examine, questions
from stagegate.verify.inquiries import LONGER
from stagegate.verify.prove import prove

SEEDS = int(os.environ.get("STAGEGATE_BRUTE", "0"))
FIRST = int(os.environ.get("STAGEGATE_BRUTE_SEED", "1"))
MOST_STATES = int(os.environ.get("STAGEGATE_BRUTE_STATES", "600"))
UNDECIDED = 0.02  # of all answers at most


def compared(seed: int, most: int, counts: Counter[str]) -> Iterator[str]:
    """Where the answers to one random process differ; counts what was looked at."""
    definition = tiny.tiny(seed)
    try:
        graph = brute.explore(definition, tiny.values_of(definition), most)
    except brute.TooBig:
        counts["too big"] += 1
        return
    counts["processes"] += 1
    counts["states"] += len(graph.snapshots)
    process = Process(definition)
    for invariant, answer in zip(definition.invariants, prove(process, effort=400_000), strict=True):
        wanted = brute.judge(graph, invariant)
        said = difference(graph, answer, wanted, counts, invariant)
        if said:
            yield f"seed {seed}: {answer.name}: {said}\n{about(definition, invariant, wanted, answer)}"
    answers = examine(process)
    if sorted((a.kind, a.id) for a in answers) != sorted(questions(definition)):
        yield f"seed {seed}: examine: other names than its questions\n{answers}"
    for answer in answers:
        wanted = brute.question(graph, answer.kind, answer.id, tiny.values_of(definition))
        said = difference(graph, answer, wanted, counts, None)
        if said:
            yield f"seed {seed}: {answer.name}: {said}\n{about(definition, None, wanted, answer)}"


def difference(
    graph: brute.Graph, answer: Answer, wanted: brute.Verdict, counts: Counter[str], invariant: Invariant | None
) -> str:
    """What is wrong about an answer; "" when nothing is."""
    counts["answers"] += 1
    counts[f"{answer.kind} {answer.verdict}"] += 1
    if answer.verdict == "undecided":
        counts["undecided"] += 1
        return ""
    if (answer.verdict == "proved") != wanted.holds:
        return f"{answer.verdict}, but it {'holds' if wanted.holds else 'does not hold'}"
    shown = {"possible": "proved"}.get(answer.kind, "broken")
    if invariant is not None and answer.verdict == shown and not answer.journal:
        return "no journal"
    if not answer.journal:
        return ""
    try:
        if invariant is None:
            good = brute.shows_free(graph, answer.kind, answer.id, answer.journal)
        else:
            good = brute.shows(graph, invariant, answer.journal)
    except AssertionError as error:
        return f"the journal cannot be played: {error}"
    if not good:
        return "the journal does not show it"
    if len(answer.journal) - 1 != wanted.length and LONGER not in answer.reason:
        return f"a journal of {len(answer.journal) - 1} commands, the shortest has {wanted.length}"
    return ""


# -- telling --------------------------------------------------------------------------------------------------------


def about(definition: Definition, invariant: Invariant | None, wanted: brute.Verdict, answer: Answer) -> str:
    """A difference as a person wants to see it."""
    lines = list(shown(definition))
    if invariant is not None:
        lines.append(f"invariant {compact(invariant)}")
    lines.append(f"slow judge: {'holds' if wanted.holds else 'does not hold'}; {told(wanted.journal)}")
    lines.append(f"proof: {answer.verdict} ({answer.reason}); {told(answer.journal)}")
    return "\n".join(f"  {line}" for line in lines)


def told(journal: Sequence[Command]) -> str:
    """A journal on one line."""
    return ", ".join(one(command) for command in journal) or "no journal"


def one(command: Command) -> str:
    """A command in few words."""
    args = {
        k: (True if k == "until" else v) for k, v in command.args.items() if k not in ("reason", "source", "answer")
    }
    words = [command.kind, command.subject, *(f"{k}={v}" for k, v in args.items())]
    return " ".join(word for word in words if word)


def shown(definition: Definition) -> Iterator[str]:
    """A definition in few lines."""
    for track in definition.tracks:
        yield f"track {compact(track, ('stages', 'decision_points', 'jumps', 'loops'))}"
        for stage in track.stages:
            yield f"  stage {compact(stage, ('entry_milestone', 'exit_criteria', 'repeatable', 'chance'))}"
            for criterion in stage.criteria():
                yield f"    {compact(criterion)}"
            if stage.exit_criteria is None:
                yield "    (no key exit_criteria)"
            if stage.repeatable:
                yield f"    repeatable {compact(stage.repeatable)}"
        for point in track.decision_points:
            yield f"  decision {compact(point, ('outcomes',))}"
            for outcome in point.outcomes:
                yield f"    {compact(outcome)}"
        for move in (*track.jumps, *track.loops):
            yield f"  {type(move).__name__} {compact(move)}"
    for thing in (*definition.ends, *definition.activities):
        yield f"{type(thing).__name__} {compact(thing)}"


DULL = ("track", "stage", "title", "notes", "definition", "time_limit", "file", "where", "pairs_with", "weight")


def compact(thing: Any, without: Sequence[str] = ()) -> str:
    """What is said of a thing, without what is empty."""
    said = []
    for attribute in type(thing).__attrs_attrs__:
        value = getattr(thing, attribute.name)
        if attribute.name in (*DULL, *without) or not value or value == "dropped":
            continue
        text = getattr(value, "text", None)
        said.append(f"{attribute.name}={text if isinstance(text, str) else value}")
    return " ".join(said)


def test_proofs_agree_with_the_slow_judge() -> None:
    counts: Counter[str] = Counter()
    found: list[str] = []
    for seed in range(FIRST, FIRST + (SEEDS or 30)):
        found += compared(seed, MOST_STATES, counts)
    print(dict(sorted(counts.items())))
    assert not found, "\n\n".join([f"{len(found)} differences", *found[:5]])
    assert counts["processes"] > 0
    assert counts["undecided"] <= UNDECIDED * counts["answers"]
