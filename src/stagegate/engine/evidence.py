"""What commands of evidence do: meet, retract, attach, waive, set_facts, observe, report, breach.

Each function changes the work and gives the reasons against, none when it is accepted.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stagegate.engine.commands import fixed
from stagegate.engine.reasons import role_not_allowed, where_criterion
from stagegate.engine.results import Reason
from stagegate.engine.snapshot import Waiver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stagegate.conditions import FactType
    from stagegate.engine.tables import Tables
    from stagegate.engine.work import Work
    from stagegate.model import Fact

INT64 = 1 << 63


def meet(work: Work, criterion: str, args: Mapping[str, Any]) -> list[Reason]:
    """Reports a criterion (semantics 1)."""
    tables = work.tables
    i = tables.bit_of[criterion]
    if not tables.recorded >> i & 1:
        return [derived(tables, i)]
    report(work, i)
    if args.get("evidence"):
        attach(work, criterion, args)
    return []


def report(work: Work, i: int) -> None:
    """Counts a recorded criterion as reported; a stale one is confirmed by it."""
    work.done |= 1 << i
    work.rest.stale &= ~(1 << i)


def derived(tables: Tables, i: int) -> Reason:
    """The criterion is not recorded."""
    criterion = tables.criteria[i]
    how = f"from `{criterion.when.text}`" if criterion.when is not None else f"from `{criterion.of}`"
    message = f"`{criterion.id}` is derived {how}, it is not reported"
    return Reason("derived", criterion.id, message, where=where_criterion(tables, i))


def retract(work: Work, criterion: str, args: Mapping[str, Any]) -> list[Reason]:
    """Takes a report or a waiver back (R18)."""
    i = work.tables.bit_of[criterion]
    bit = 1 << i
    waived = work.rest.waived & bit
    if not work.tables.recorded & bit and not waived:
        return [derived(work.tables, i)]
    if not work.done & bit and not waived:
        message = f"`{criterion}` is not met, there is nothing to take back"
        return [Reason("not_met", criterion, message, where=where_criterion(work.tables, i))]
    work.done &= ~bit
    end_waivers(work, bit)
    return []


def end_waivers(work: Work, mask: int) -> None:
    """Ends the waivers of these criteria."""
    rest = work.rest
    if rest.waived & mask:
        rest.waived &= ~mask
        rest.waivers = {i: w for i, w in rest.waivers.items() if not mask >> i & 1}


def attach(work: Work, criterion: str, args: Mapping[str, Any]) -> list[Reason]:
    """Attaches documents to a criterion, or takes them away."""
    i = work.tables.bit_of[criterion]
    rest = work.rest
    there = {**rest.documents.get(i, {}), **args["evidence"]}
    rest.documents = {**rest.documents, i: {d: where for d, where in there.items() if where is not None}}
    prove(work, i)
    for item, of in work.tables.appraised.items():
        if of == i:
            prove(work, item)
    return []


def prove(work: Work, i: int) -> None:
    """Notes whether every document a criterion asks for is attached (R50)."""
    criterion = work.tables.criteria[i]
    there = set(work.rest.documents.get(i, ()))
    if i in work.tables.appraised:
        there |= set(work.rest.documents.get(work.tables.appraised[i], ()))
    if criterion.evidence and all(not there.isdisjoint(entry) for entry in criterion.proofs()):
        work.rest.attached |= 1 << i
    else:
        work.rest.attached &= ~(1 << i)


def waive(work: Work, criterion: str, args: Mapping[str, Any]) -> list[Reason]:
    """Does without a criterion for a reason (semantics 9)."""
    i = work.tables.bit_of[criterion]
    roles = work.tables.criteria[i].waivable
    where = where_criterion(work.tables, i)
    if not roles:
        return [Reason("not_waivable", criterion, f"`{criterion}` cannot be waived", where=where)]
    found = []
    if work.command.role not in roles:
        found.append(role_not_allowed(criterion, roles, work.command.role, where))
    if not args.get("reason"):
        found.append(Reason("reason_required", criterion, f"waiving `{criterion}` needs a reason", where=where))
    until = None if args.get("until") is None else fixed(args["until"], "until", "waive")
    if until is not None and until <= work.at:
        found.append(Reason("until_passed", criterion, "the waiver's date is not ahead", where=where))
    if not found:
        waiver = Waiver(args["reason"], until, work.command.by, work.command.role)
        work.rest.waivers = {**work.rest.waivers, i: waiver}
        work.rest.waived |= 1 << i
        work.rest.lapsed &= ~(1 << i)
    return found


def set_facts(work: Work, _: str, args: Mapping[str, Any]) -> list[Reason]:
    """Takes facts in; a fact given again confirms the stale criteria that read it (semantics 6)."""
    found = []
    taken: dict[str, Any] = dict(work.rest.facts)
    stale = work.rest.stale
    for name, value in args["facts"].items():
        fact = work.tables.fact_of[name]
        problem = wrong_value(fact, value, work.tables)
        if problem is not None:
            found.append(problem)
        elif value is None:
            taken.pop(name, None)
        else:
            taken[name] = kept(fact, value)
            stale &= ~work.tables.readers.get(name, 0)
    if not found:
        work.rest.facts = taken
        work.rest.stale = stale
    return found


def kept(fact: Fact, value: Any) -> Any:
    """A value as it is kept: numbers as doubles, times with a fixed offset, lists so that nobody can change them."""
    if fact.type.kind == "number":
        return float(value)
    if fact.type.kind == "timestamp":
        return fixed(value, fact.id, "set_facts")
    return tuple(value) if fact.type.kind == "list" else value


def wrong_value(fact: Fact, value: Any, tables: Tables) -> Reason | None:
    """Why a value cannot be taken for a fact; None forgets a fact and is always fine."""
    where = tables.definition.place_of(f"fact:{fact.id}")
    if value is None:
        return None
    if not is_of_type(fact.type, value):
        message = f"`{fact.id}` must be {a_type(fact.type)}, given: {shown(value)}"
        return Reason("fact_type", fact.id, message, where=where)
    if fact.type.kind == "enum" and value not in fact.type.values:
        message = f"`{fact.id}` is one of {', '.join(fact.type.values)}, given: {shown(value)}"
        return Reason("fact_type", fact.id, message, where=where)
    low, high = fact.minimum, fact.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = " and ".join(
            b for b in (low is not None and f"at least {low}", high is not None and f"at most {high}") if b
        )
        return Reason("fact_range", fact.id, f"`{fact.id}` must be {bounds}, given: {shown(value)}", where=where)
    return None


def is_of_type(type: FactType, value: Any) -> bool:
    """Whether a Python value is of a fact's declared type (enumerations: any text)."""
    match type.kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and -INT64 <= value < INT64
        case "number":
            return is_number(value)
        case "string" | "enum":
            return isinstance(value, str)
        case "timestamp":
            return isinstance(value, datetime) and value.tzinfo is not None
        case "duration":
            return isinstance(value, timedelta)
        case "list":
            of = type.of
            return isinstance(value, (list, tuple)) and all(of is None or is_of_type(of, v) for v in value)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number that fits a double."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def a_type(type: FactType) -> str:
    """A type in words."""
    words = {
        "boolean": "true or false",
        "integer": "a whole number",
        "number": "a finite number",
        "string": "a text",
        "enum": "a text",
        "timestamp": "a time with a time zone",
        "duration": "a duration",
        "list": "a list",
    }
    return words[type.kind]


def shown(value: Any) -> str:
    """A value for a message, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def observe(work: Work, stage: str, args: Mapping[str, Any]) -> list[Reason]:
    """Records where an observed track stands (R28)."""
    table = work.tables.tracks[work.tables.stage_of[stage].track]
    where = work.tables.definition.place_of(f"stage:{stage}")
    if not table.observed:
        message = f"`{table.track.id}` is earned by evidence, not observed"
        return [Reason("not_observed", stage, message, where=where)]
    if not args.get("source"):
        return [Reason("source_required", stage, "an observation needs a source: how is it known?", where=where)]
    memory = work.own(table)
    memory.stage = work.tables.stage_of[stage].index
    memory.source = args["source"]
    work.tell("observed", stage, track=table.track.id)
    return []


def report_end(work: Work, process: str, args: Mapping[str, Any]) -> list[Reason]:
    """Takes in the end of a sub-procedure: it meets the criteria declared for it, by one stage or by all (semantics 8)."""
    stage = args.get("stage", "")
    for owner, procedure in work.tables.procedures[process]:
        if stage in ("", owner):
            for id in procedure.on_end.get(args["end"], ()):
                report(work, work.tables.bit_of[id])
    if stage:
        work.tell("reported", process, end=args["end"], stage=stage)
    else:
        work.tell("reported", process, end=args["end"])
    return []


def breach(work: Work, prohibition: str, _: Mapping[str, Any]) -> list[Reason]:
    """Records that a prohibition was broken (R48)."""
    work.tell("breached", prohibition)
    return []
