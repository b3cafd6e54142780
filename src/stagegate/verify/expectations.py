"""What a scenario expects, held against what is seen: one function for each key of `then`.

Each gives rows of what was expected beside what was found. The expectation holds when every row does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from stagegate.case import Case
from stagegate.engine.actions import ASKER_ONLY, Action
from stagegate.engine.events import Event
from stagegate.engine.results import Reason
from stagegate.model import Expectation


@frozen
class Row:
    """One thing expected beside the one found, as short texts; "" where there is none."""

    expected: str
    found: str
    holds: bool


@frozen
class Seen:
    """A case after its last command, with what followed from that command or what spoke against it.

    `reasons` is None where nothing has happened that could be refused.
    """

    case: Case
    events: Sequence[Event]
    reasons: Sequence[Reason] | None


Rows = tuple[Row, ...]
# The words in rows that are no ids, for who writes them in another language.
ACCEPTED: Final = "accepted"
NO_COMMAND: Final = "without a command"
NOT_ALLOWED: Final = "not allowed: "
NONE_OF: Final = "no "


def rows_of(expectation: Expectation, seen: Seen) -> Rows:
    """What one line of `then` expects, beside what is seen."""
    return CHECKS[expectation.key](expectation.value, seen)


def of_reason(reason: Reason) -> str:
    """A reason as a scenario writes it: `code subject`."""
    return f"{reason.code} {reason.subject}".strip()


def of_event(event: Event) -> str:
    """An event as a scenario writes it: `kind subject`."""
    return f"{event.kind} {event.subject}".strip()


def of_action(action: Action) -> str:
    """An action as a scenario writes it: `kind subject` or `decide point.outcome`."""
    about = ".".join(part for part in (action.subject, action.option) if part)
    return f"{action.kind} {about}".strip()


def fits(expected: str, found: str) -> bool:
    """Whether `code subject` is what is meant; a code alone stands for any subject."""
    return found == expected or (" " not in expected and found.split(" ", 1)[0] == expected)


# --- lists ---------------------------------------------------------------------------------------------


def in_any_order(expected: Iterable[str], found: Iterable[str]) -> Rows:
    """Each expected beside one found, exact words first so that a code alone takes what is left."""
    left = list(found)
    partner: dict[int, str] = {}
    wanted = list(expected)
    for index in sorted(range(len(wanted)), key=lambda i: " " not in wanted[i]):
        match = next((each for each in left if fits(wanted[index], each)), None)
        if match is not None:
            left.remove(match)
            partner[index] = match
    rows = [Row(each, partner.get(i, ""), i in partner) for i, each in enumerate(wanted)]
    return (*rows, *(Row("", each, False) for each in left))


def in_this_order(expected: Sequence[str], found: Sequence[str]) -> Rows:
    """Two lists beside each other with as many partners as possible; order counts."""
    # most[i][j]: how many of expected[i:] can stand beside one of found[j:]
    most = [[0] * (len(found) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(found))):
            together = 1 + most[i + 1][j + 1] if fits(expected[i], found[j]) else 0
            most[i][j] = max(together, most[i + 1][j], most[i][j + 1])
    rows: list[Row] = []
    i = j = 0
    while i < len(expected) or j < len(found):
        if i < len(expected) and j < len(found) and fits(expected[i], found[j]):
            rows.append(Row(expected[i], found[j], True))
            i, j = i + 1, j + 1
        elif j == len(found) or (i < len(expected) and most[i + 1][j] >= most[i][j + 1]):
            rows.append(Row(expected[i], "", False))
            i += 1
        else:
            rows.append(Row("", found[j], False))
            j += 1
    return tuple(rows)


def refused(expected: Sequence[str], seen: Seen) -> Rows:
    """The reasons against the last command, in any order."""
    if expected and not seen.reasons:
        instead = NO_COMMAND if seen.reasons is None else ACCEPTED
        return tuple(Row(each, "" if i else instead, False) for i, each in enumerate(expected))
    return in_any_order(expected, map(of_reason, seen.reasons or ()))


def events(expected: Sequence[str], seen: Seen) -> Rows:
    """The events of the last command, in this order."""
    return in_this_order(expected, [of_event(event) for event in seen.events])


def missing(expected: Sequence[str], seen: Seen) -> Rows:
    """What is missing for the next gate, in any order."""
    return in_any_order(expected, [item.id for item in seen.case.missing()])


def debts(expected: Sequence[str], seen: Seen) -> Rows:
    """What is owed, in any order."""
    return in_any_order(expected, [item.id for item in seen.case.debts()])


# --- what can be done next -----------------------------------------------------------------------------


def is_action(expected: str, action: Action) -> bool:
    """Whether an action is the one meant by `kind`, `kind subject` or `decide point.outcome`."""
    return expected in (action.kind, f"{action.kind} {action.subject}", of_action(action))


def allowed(expected: Sequence[str], seen: Seen) -> Rows:
    """Each is among the next actions, and allowed."""
    there = seen.case.next_actions()
    return tuple(_offered(each, [a for a in there if is_action(each, a)]) for each in expected)


def _offered(expected: str, there: Sequence[Action]) -> Row:
    open_ = next((a for a in there if a.allowed), None)
    if open_ is not None:
        return Row(expected, of_action(open_), True)
    if not there:
        return Row(expected, "", False)
    against = [reason for action in there for reason in action.reasons if reason.code not in ASKER_ONLY]
    return Row(expected, NOT_ALLOWED + ", ".join(dict.fromkeys(map(of_reason, against))), False)


def not_allowed(expected: Sequence[str], seen: Seen) -> Rows:
    """None of these is among the next actions that are allowed."""
    open_ = [action for action in seen.case.next_actions() if action.allowed]
    rows: list[Row] = []
    for each in expected:
        there = [of_action(action) for action in open_ if is_action(each, action)]
        rows.append(Row(f"{NONE_OF}{each}", ", ".join(there), not there))
    return tuple(rows)


# --- where the case stands -----------------------------------------------------------------------------


def position(expected: Sequence[Mapping[str, Any]], seen: Seen) -> Rows:
    """The case stands there; what is not said is not looked at."""
    rows: list[Row] = []
    for wanted in expected:
        track = wanted.get("track") or _track_of(seen.case, wanted.get("stage", ""))
        place = seen.case.positions.get(track)
        if place is None:
            rows.append(Row(f"track {track}", "", False))
            continue
        several = f"{track}: " if len(expected) > 1 else ""
        for key, value in wanted.items():
            found = getattr(place, key)
            rows.append(Row(f"{several}{key} {_word(value)}", f"{several}{key} {_word(found)}", found == value))
    return tuple(rows)


def _track_of(case: Case, stage: str) -> str:
    """The track of a stage, the one that ends the case where there is none."""
    of = next((each.track for each in case.definition.stages() if each.id == stage), "")
    return of or case.position.track


def _word(value: object) -> str:
    return "''" if value == "" else str(value)


# --- single values ---------------------------------------------------------------------------------------


def ended(expected: str, seen: Seen) -> Rows:
    """The end it has come to."""
    return (Row(_word(expected), _word(seen.case.ended), seen.case.ended == expected),)


def won(expected: str, seen: Seen) -> Rows:
    """The win that was reached."""
    return (Row(_word(expected), _word(seen.case.won), seen.case.won == expected),)


def chance(expected: float | str, seen: Seen) -> Rows:
    """The chance of winning; a number is the same where no digit that anybody writes differs."""
    found = seen.case.chance
    if found is None or isinstance(expected, str):
        return (Row(_number(expected), _number("" if found is None else found), found is None and expected == ""),)
    return (Row(_number(expected), _number(found), math.isclose(expected, found, abs_tol=1e-9)),)


def _number(value: float | str) -> str:
    return _word(value) if isinstance(value, str) else f"{value:.12g}"


def gap(expected: int | str, seen: Seen) -> Rows:
    """The gap in stages, or its state."""
    there = seen.case.gap
    number = isinstance(expected, int)
    known = there.state and there.gap is not None
    words = f"{there.gap} ({there.state})" if known else _word(there.state)
    return (Row(_word(expected), words, there.gap == expected if number else there.state == expected),)


def criteria(expected: Mapping[str, str], seen: Seen) -> Rows:
    """The statuses of these criteria."""
    found = seen.case.statuses()
    return tuple(
        Row(f"{id} {status}", f"{id} {found[id]}" if id in found else "", found.get(id) == status)
        for id, status in expected.items()
    )


CHECKS: Final[Mapping[str, Callable[[Any, Seen], Rows]]] = {
    "refused": refused,
    "events": events,
    "position": position,
    "ended": ended,
    "won": won,
    "chance": chance,
    "gap": gap,
    "criteria": criteria,
    "missing": missing,
    "debts": debts,
    "actions": allowed,
    "no_actions": not_allowed,
}
