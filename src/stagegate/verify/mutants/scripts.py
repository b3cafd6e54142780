"""What is worth doing to a case where a mutant is to be told from the original: a few commands about the thing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, product
from typing import Final

from stagegate.conditions import Condition
from stagegate.model import Criterion, Definition, End, Jump, Loop, Outcome
from stagegate.verify.facts import clusters
from stagegate.verify.moves import DAY, SECOND, Move, Moves
from stagegate.verify.mutants.edit import every_loop, guards
from stagegate.verify.mutants.mutant import Mutant

MOST_FACTS: Final = 16  # ways of giving the facts of some conditions that are tried at each place


def scripts(original: Definition, mutant: Mutant) -> tuple[Moves, ...]:
    """Lists of commands, the shortest first. Some of them will be refused."""
    kind, _, name = mutant.key.partition(":")
    found = {repr(moves): moves for moves in KINDS[kind](original, mutant, name)} if kind in KINDS else {}
    return tuple(sorted(found.values(), key=len))


# --- facts and criteria -------------------------------------------------------------------------------------


def facts_of(definition: Definition, conditions: Iterable[Condition | None]) -> list[Move]:
    """Commands that give the facts of conditions in every way that makes them come out otherwise."""
    read = [condition for condition in conditions if condition is not None and condition.reads.facts]
    facts = {fact.id: fact for fact in definition.facts}
    ways = product(*(cluster.choices for cluster in clusters(read, facts)))
    given = [
        {name: value for values in chosen for name, value in values.items()} for chosen in islice(ways, MOST_FACTS)
    ]
    return [Move("set_facts", "", {"facts": values}) for values in given if values]


def given(mutant: Mutant, *others: Condition | None) -> tuple[Condition | None, ...]:
    """The conditions to give facts for: before and after the change, and others."""
    return (*(mutant.conditions or ()), *others)


def reported(criterion: Criterion) -> Move:
    """A report with documents that prove it."""
    return next(reports_of(criterion))


def reports_of(criterion: Criterion) -> Iterator[Move]:
    """Reports with documents that prove it: one for each choice there is."""
    for way in criterion.ways_to_prove():
        yield Move("meet", criterion.id, {"evidence": dict.fromkeys(way, "file")} if way else None)


def of_criterion(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """Reported with and without documents, taken back, waived; its facts given, and given otherwise."""
    criterion = next(c for c in original.criteria() if c.id == name)
    facts = facts_of(original, given(mutant, criterion.when, criterion.applies_when))
    recorded = criterion.when is None and not criterion.of
    reports = [*((report,) for report in reports_of(criterion)), (Move("meet", name),)] if recorded else [()]
    ways = [dict.fromkeys(way, "file") for way in criterion.ways_to_prove() if way]
    attached = [Move("attach", name, {"evidence": documents}) for documents in ways]
    beside = [reported(c) for c in beside_in_gate(original, criterion)]
    for report in reports:
        yield report
        yield (*report, Move("retract", name))
        yield from ((*report, move) for move in (*facts, *attached))
        if criterion.applies_when is not None or criterion.optional:
            yield from ((*beside, *report, move) for move in facts)
            yield (*beside, *report)
    for read in criteria_read(original, given(mutant, criterion.when, criterion.applies_when), criterion.of):
        yield (reported(read),)
        yield (Move("meet", read.id),)
    if criterion.once:
        yield from ((one, other) for one in facts for other in facts if one is not other)
    for role in criterion.waivable:
        yield (Move("waive", name, {"reason": "asked for"}, role),)
        yield (Move("waive", name, {"reason": "asked for", "until": True}, role), Move("tick", wait=2 * DAY))


def beside_in_gate(original: Definition, criterion: Criterion) -> list[Criterion]:
    """The other recorded criteria of its gate."""
    stage = next(s for s in original.stages() if s.id == criterion.stage)
    gate = stage.entry_milestone if criterion.kind == "milestone" else stage.exit_criteria or ()
    return [c for c in gate if c.id != criterion.id and c.when is None]


def criteria_read(original: Definition, conditions: Iterable[Condition | None], of: str) -> list[Criterion]:
    """The recorded criteria that conditions read, and the one that is appraised."""
    read = {id for condition in conditions if condition is not None for id in condition.reads.criteria} | {of}
    return [c for c in original.criteria() if c.id in read and c.when is None and not c.of]


# --- moves ----------------------------------------------------------------------------------------------


def of_outcome(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """The outcomes of the decision point taken, with what they need and without."""
    point = next(d for d in original.decision_points() if d.id == name.partition(".")[0])
    wanted = name.partition(".")[2]
    conditions = given(mutant, *(o.when for o in point.outcomes if o.id == wanted or point.automatic))
    for facts in [(), *((move,) for move in facts_of(original, conditions))]:
        yield facts
        for outcome in point.outcomes if not point.automatic else ():
            if outcome.id == wanted or not facts:
                args = {"outcome": outcome.id, **reason_to(original, outcome.to)}
                yield from guarded(original, mutant, outcome, facts, Move("decide", point.id, args))


def of_decision(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """Every outcome taken by people."""
    point = next(d for d in original.decision_points() if d.id == name)
    for outcome in point.outcomes:
        yield from of_outcome(original, mutant, f"{name}.{outcome.id}")
        yield (Move("decide", name, {"outcome": outcome.id}),)


def of_jump(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """The jump made, with an answer and without."""
    jump = next(j for t in original.tracks for j in t.jumps if j.id == name)
    track = next(t for t in original.tracks if t.id == jump.track)
    for facts in [(), *((move,) for move in facts_of(original, given(mutant, jump.when)))]:
        for answer in ({"answer": "willing"}, {}) if jump.probe is not None else ({},):
            for to in [""] if jump.to else [s.id for s in track.stages]:
                args = {**answer, "to": to} if to else answer
                yield from guarded(original, mutant, jump, facts, Move("jump", name, args or None))


def of_loop(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """The loop made."""
    loop = next(loop for _, loop in every_loop(original) if loop.id == name)
    for facts in [(), *((move,) for move in facts_of(original, given(mutant, loop.when)))]:
        yield from guarded(original, mutant, loop, facts, Move("loop_back", name))


def guarded(
    original: Definition, mutant: Mutant, move: Outcome | Jump | Loop | End, facts: Moves, command: Move
) -> Iterator[Moves]:
    """A move by the first role that may make it and by nobody in particular, with what it requires and without."""
    required = tuple(reported(c) for c in original.criteria() if c.id in move.requires and c.when is None)
    roles = dict.fromkeys((move.roles[0] if move.roles else "", ""))
    kept = tuple(reported(c) for c in original.criteria() if c.id in kept_apart(move, mutant) and c.when is None)
    held = (Move("tick", wait=move.hold + SECOND),) if isinstance(move, Outcome) and move.hold is not None else ()
    for role in roles:
        made = command._replace(role=role)
        yield (*facts, made, *held)
        if kept:
            yield (*facts, *kept, made)
        if required:
            yield (*facts, *required, *kept, made)
            yield from ((*facts, *(r for r in required if r is not left_out), made) for left_out in required)


def kept_apart(move: Outcome | Jump | Loop | End, mutant: Mutant) -> set[str]:
    """The criteria that only one of original and mutant keeps on a way back."""
    if isinstance(move, Jump | End) or mutant.operator not in ("drop-keep", "add-keep"):
        return set()
    name = mutant.key.partition(":")[2]
    changed = next((m for key, m, _ in guards(mutant.definition) if key.partition(":")[2] == name), None)
    return set() if changed is None or isinstance(changed, Jump) else set(move.keep) ^ set(changed.keep)


def reason_to(original: Definition, end: str) -> dict[str, str]:
    """The reason that an end asks for."""
    found = next((e for e in original.ends if e.id == end), None)
    leaves = found.reasons.leaves() if found is not None and found.reasons is not None else ()
    return {"reason": leaves[0]} if leaves else {}


# --- stages and the rest ----------------------------------------------------------------------------------


def of_stage(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """Skipped, completed, observed, repeated; its time run out; its facts given."""
    stage = next(s for s in original.stages() if s.id == name)
    for kind in ("skip", "complete", "loop_back") if stage.repeatable is not None else ("skip", "complete"):
        yield (Move(kind, name),)
    if next(t for t in original.tracks if t.id == stage.track).observed:
        yield (Move("observe", name, {"source": "seen"}),)
    for other in original.stages():
        if other.id in stage.pairs_with:
            yield (Move("observe", other.id, {"source": "seen"}),)
    if stage.time_limit is not None:
        yield (Move("tick", wait=stage.time_limit + SECOND),)
    yield from ((move,) for move in facts_of(original, given(mutant, stage.applies_when)))
    if stage.repeatable is not None:
        yield from of_loop(original, mutant, stage.repeatable.id)
    for procedure in stage.procedures:
        yield from ((Move("report", procedure.process, {"end": end}),) for end in procedure.on_end)


def of_end(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """The case ended so, with a reason and without; the outcomes that lead there."""
    end = next(e for e in original.ends if e.id == name)
    for facts in [(), *((move,) for move in facts_of(original, given(mutant, end.when)))]:
        for command in ended(end):
            yield from guarded(original, mutant, end, facts, command)
    for point in original.decision_points():
        for outcome in point.outcomes:
            if outcome.to == name:
                yield (Move("decide", point.id, {"outcome": outcome.id}, outcome.roles[0] if outcome.roles else ""),)


def ended(end: End) -> Iterator[Move]:
    """The case ended by command."""
    yield Move("end", end.id)
    for reason in end.reasons.leaves()[:1] if end.reasons is not None else ():
        yield Move("end", end.id, {"reason": reason})


def of_activity(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """Begun, and a move tried meanwhile; the ends of its procedures."""
    activity = next(a for a in original.activities if a.id == name)
    begun = Move("begin", name)
    yield (begun,)
    for stage in original.stages():
        yield (begun, Move("skip", stage.id))
    for procedure in activity.procedures:
        yield from ((Move("report", procedure.process, {"end": end}),) for end in procedure.on_end)


def of_prohibition(original: Definition, mutant: Mutant, name: str) -> Iterator[Moves]:
    """Broken."""
    yield (Move("breach", name),)


KINDS: Final[Mapping[str, Callable[[Definition, Mutant, str], Iterator[Moves]]]] = {
    "criterion": of_criterion,
    "outcome": of_outcome,
    "decision": of_decision,
    "jump": of_jump,
    "loop": of_loop,
    "stage": of_stage,
    "end": of_end,
    "activity": of_activity,
    "prohibition": of_prohibition,
}
