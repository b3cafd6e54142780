"""Every command that a process knows, with every argument that could matter: what never stands in a scenario, too.

Of facts one value is taken for each way that conditions can come out, of reasons and documents one each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stagegate.conditions import Condition
from stagegate.model import Definition, End
from stagegate.verify.facts import Cluster, clusters
from stagegate.verify.moves import DAY, Move
from stagegate.verify.mutants.edit import every_guard, every_loop
from stagegate.verify.mutants.of_conditions import places


def menu(definition: Definition, groups: Iterable[Cluster]) -> Iterator[Move]:
    """Every command of a process; the facts are given as the clusters say."""
    yield from of_criteria(definition)
    yield from of_facts(groups)
    yield from of_stages(definition)
    yield from of_moves(definition)
    yield from of_the_case(definition)


def openings(definition: Definition) -> Iterator[dict[str, Any] | None]:
    """The arguments of every way to open a case."""
    yield None
    for track in definition.tracks:
        for stage in track.stages:
            if stage.start:
                yield {"start": stage.id}
            if not track.observed:
                yield {"at_stage": stage.id, "skipped": "dropped"}
                yield {"at_stage": stage.id, "skipped": "owed"}


def fact_groups(*definitions: Definition) -> tuple[Cluster, ...]:
    """The facts that conditions of these definitions read, with the values worth giving."""
    facts = {fact.id: fact for definition in definitions for fact in definition.facts}
    read: list[Condition] = [condition for definition in definitions for _, _, condition, _ in places(definition)]
    return clusters(read, facts)


def of_criteria(definition: Definition) -> Iterator[Move]:
    """Reported, taken back, proved and waived."""
    for criterion in definition.criteria():
        yield Move("meet", criterion.id)
        yield Move("retract", criterion.id)
        for way in criterion.ways_to_prove() if criterion.evidence else ():
            yield Move("meet", criterion.id, {"evidence": dict.fromkeys(way, "file")})
        for document in criterion.documents():
            yield Move("attach", criterion.id, {"evidence": {document: "file"}})
            yield Move("attach", criterion.id, {"evidence": {document: None}})
        for role in ("", *criterion.waivable):
            yield Move("waive", criterion.id, {"reason": "asked for"}, role)
            yield Move("waive", criterion.id, {"reason": "asked for", "until": True}, role)


def of_facts(groups: Iterable[Cluster]) -> Iterator[Move]:
    """Facts given together, and one by one."""
    for group in groups:
        for values in group.choices:
            yield Move("set_facts", "", {"facts": dict(values)})
            for name, value in values.items():
                yield Move("set_facts", "", {"facts": {name: value}})


def of_stages(definition: Definition) -> Iterator[Move]:
    """Observed, completed, skipped, reopened."""
    for track in definition.tracks:
        for stage in track.stages:
            if track.observed:
                yield Move("observe", stage.id, {"source": "seen"})
            else:
                yield from (Move(kind, stage.id) for kind in ("complete", "skip", "reopen"))
            yield from (Move("breach", prohibition.id) for prohibition in stage.prohibitions)
        if track.manual:
            yield Move("advance", track.id)


def of_moves(definition: Definition) -> Iterator[Move]:
    """Decisions, jumps and loops, by every role that is named for one of them and by nobody in particular."""
    for role in every_role(definition):
        for point in definition.decision_points():
            for outcome in point.outcomes:
                for reason in reasons([e for e in definition.ends if e.id == outcome.to]):
                    yield Move("decide", point.id, {"outcome": outcome.id, **reason}, role)
        for track in definition.tracks:
            later = [s.id for s in track.stages] + [d.id for d in track.decision_points]
            for jump in track.jumps:
                for answer in ({}, {"answer": "willing"}, {"answer": "unwilling"}):
                    for to in [""] if jump.to else later:
                        args = {**answer, "to": to} if to else answer
                        yield Move("jump", jump.id, args or None, role)
        for _, loop in every_loop(definition):
            yield Move("loop_back", loop.id, None, role)


def every_role(definition: Definition) -> tuple[str, ...]:
    """Nobody in particular, and every role that is named for a move or an end."""
    return tuple(dict.fromkeys(["", *(role for _, guarded, _ in every_guard(definition) for role in guarded.roles)]))


def reasons(ends: Iterable[End]) -> list[dict[str, str]]:
    """No reason, and the first that an end declares."""
    return [{}, *({"reason": leaf} for end in ends if end.reasons is not None for leaf in end.reasons.leaves()[:1])]


def of_the_case(definition: Definition) -> Iterator[Move]:
    """Activities, sub-procedures, holds, ends, and time that passes."""
    for activity in definition.activities:
        yield Move("begin", activity.id)
        for result in (None, *({"result": each} for each in activity.results[:1])):
            yield Move("finish", activity.id, result)
    for owner, procedure in definition.procedures():
        for name in (*procedure.on_end, "another"):
            yield Move("report", procedure.process, {"end": name})
            yield Move("report", procedure.process, {"end": name, "stage": owner})
    yield Move("hold")
    yield Move("resume")
    for end in definition.ends:
        for role in every_role(definition) if end.roles else ("",):
            yield from (Move("end", end.id, reason or None, role) for reason in reasons([end]))
    yield Move("tick", wait=2 * DAY)
