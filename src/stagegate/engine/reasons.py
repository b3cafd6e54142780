"""The sentences of refusals: one small function for each kind of reason that names something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.conditions import Unknown
from stagegate.engine.results import Reason
from stagegate.engine.walk import verdicts
from stagegate.engine.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stagegate.conditions import Condition
    from stagegate.engine.parts import DecisionTable, StageTable, TrackTable
    from stagegate.engine.tables import Tables


def lacking(work: Work, mask: int) -> list[Reason]:
    """One reason for each criterion of `mask` that closes its gate."""
    return [criterion_open(work, i) for i in bits(mask & ~work.passes)]


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def criterion_open(work: Work, i: int) -> Reason:
    """Why a criterion is not met: its status, what it lacks, and the evidence seen."""
    criterion = work.tables.criteria[i]
    status, missing, seen = plain_status(work, i), lacks(work, i), seen_of(work, i)
    told = {
        "stale": "must be confirmed again",
        "unknown": "is unknown",
        "unmet": "is not met",
    }[status]
    detail = "; ".join(part for part in (listed("lacks", missing), listed("seen", seen)) if part)
    title = f" {criterion.title}" if criterion.title else ""
    message = f"`{criterion.id}`{title}: {told}{f' ({detail})' if detail else ''}"
    return Reason("criterion_open", criterion.id, message, missing, status, where_criterion(work.tables, i), seen)


def listed(word: str, things: tuple[str, ...]) -> str:
    """`word a, b`, "" for nothing."""
    return f"{word} {', '.join(things)}" if things else ""


def seen_of(work: Work, i: int) -> tuple[str, ...]:
    """The evidence there is for a criterion: documents attached, and the facts its condition reads."""
    criterion = work.tables.criteria[i]
    there = work.rest.documents.get(i, {})
    documents = tuple(f"document {d}" for d in criterion.documents() if d in there)
    return (*documents, *facts_seen(work, criterion.when))


def facts_seen(work: Work, when: Condition | None) -> tuple[str, ...]:
    """The facts given that a condition reads, with their values."""
    if when is None:
        return ()
    return tuple(f"{f} = {work.facts[f]}" for f in sorted(when.reads.facts) if f in work.facts)


def plain_status(work: Work, i: int) -> str:
    """The status of a criterion that is neither met, waived nor passed over."""
    if work.rest.stale >> i & 1:
        return "stale"
    return "unknown" if work.rest.unknown >> i & 1 else "unmet"


def lacks(work: Work, i: int) -> tuple[str, ...]:
    """The documents not attached, and the facts and causes an unknown condition lacks."""
    criterion = work.tables.criteria[i]
    there = work.rest.documents.get(i, {})
    missing = [f"document {' or '.join(entry)}" for entry in criterion.proofs() if there.keys().isdisjoint(entry)]
    if criterion.when is not None:
        value = criterion.when.evaluate(work)
        if isinstance(value, Unknown):
            missing += [*(f"fact {f}" for f in sorted(value.facts)), *value.causes]
        elif value is False:
            missing.append(criterion.when.text)
    return tuple(missing)


def where_criterion(tables: Tables, i: int) -> str:
    """The place in the file that demands the criterion."""
    return tables.definition.place_of(f"criterion:{tables.criteria[i].id}")


def guard(
    work: Work,
    subject: str,
    where: str,
    when: Condition | None,
    requires: Iterable[str],
    roles: tuple[str, ...],
    most: int | None,
) -> list[Reason]:
    """Every reason against taking an outcome, jump, loop or end (semantics 4)."""
    found = condition_reasons(work, subject, where, when)
    for id in requires:
        if not work.met(id):
            found.append(criterion_open(work, work.tables.bit_of[id]))
    if roles and work.command.role not in roles:
        found.append(role_not_allowed(subject, roles, work.command.role, where))
    if most is not None and work.rest.counts.get(subject, 0) >= most:
        found.append(
            Reason("max_reached", subject, f"`{subject}` was taken {most} times, as often as allowed", where=where)
        )
    return found


def condition_reasons(work: Work, subject: str, where: str, when: Condition | None) -> list[Reason]:
    """Why a condition does not hold."""
    value = work.holds(when)
    if value is True or when is None:
        return []
    if isinstance(value, Unknown):
        missing = (*(f"fact {f}" for f in sorted(value.facts)), *value.causes)
        message = f"`{subject}`: `{when.text}` is unknown (lacks {', '.join(missing)})"
        return [Reason("condition_unknown", subject, message, missing, where=where, seen=facts_seen(work, when))]
    seen = facts_seen(work, when)
    detail = f" ({listed('seen', seen)})" if seen else ""
    message = f"`{subject}`: `{when.text}` is false{detail}"
    return [Reason("condition_false", subject, message, where=where, seen=seen)]


def role_not_allowed(subject: str, roles: tuple[str, ...], role: str, where: str) -> Reason:
    """The role may not do this."""
    given = f"`{role}`" if role else "no role"
    message = f"`{subject}` is for {' or '.join(f'`{r}`' for r in roles)}, given: {given}"
    return Reason("role_not_allowed", subject, message, where=where)


def not_current(work: Work, table: TrackTable, stage: str) -> str:
    """A few words on where the track is instead."""
    place = work.places[table.index]
    here = work.tables.name(table, place.stage)
    return f"the case is in `{here}`" if here else "no stage was entered yet"


def landed_lacking(work: Work, table: TrackTable, stage: StageTable) -> list[Reason]:
    """What a landed stage's milestone lacks: it must hold again before the stage is completed."""
    return lacking(work, stage.entry) if work.memory(table).landed >> stage.index & 1 else []


def wrong_origin(work: Work, table: TrackTable, id: str, origins: tuple[str, ...], where: str) -> list[Reason]:
    """Why a jump, loop, activity or end is not possible from here."""
    here = work.tables.name(table, work.places[table.index].stage)
    if here and here in origins:
        return []
    message = f"`{id}` starts from {', '.join(f'`{o}`' for o in origins)}: {not_current(work, table, here)}"
    return [Reason("wrong_origin", id, message, where=where)]


def why_waiting(work: Work, decision: DecisionTable) -> tuple[Reason, ...]:
    """Why an automatic decision is not taken: what is unknown, not allowed, or that several are allowed."""
    definition = work.tables.definition
    remembered = work.memory(work.tables.tracks[decision.track]).taken.get(decision.node, ("", 0))[0]
    told = verdicts(work, decision, remembered)
    allowed = [o.key for o, value in told if value]
    where = definition.place_of(f"decision:{decision.id}")
    words = f"{' and '.join(f'`{k}`' for k in allowed)} are both allowed" if len(allowed) > 1 else "not clear yet"
    found = [Reason("automatic", decision.id, f"`{decision.id}` is taken by itself: {words}", where=where)]
    for option, value in told:
        if value:
            continue
        outcome, place = option.outcome, definition.place_of(f"outcome:{option.key}")
        most = None if outcome.id == remembered else outcome.max
        against = guard(work, option.key, place, outcome.when, outcome.requires, (), most)
        code = "condition_unknown" if value is None else "condition_false"
        said = "waits for the others" if value is None else "another outcome is allowed"
        found += against or [Reason(code, option.key, f"`{option.key}`: {said}", where=place)]
    return tuple(found)
