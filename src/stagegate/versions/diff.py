"""Every change from one version of a process to another, and what it means for cases that run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import attrs
from attrs import frozen

from stagegate.conditions import Condition, FactType
from stagegate.doors import demand
from stagegate.model import Definition, Text
from stagegate.versions import grades
from stagegate.versions.grades import Grade
from stagegate.versions.guess import Clue, Renaming, renamings
from stagegate.versions.things import SORTS, Sort, Thing, place, things

if TYPE_CHECKING:
    from stagegate.model import Criterion

What = Literal["added", "removed", "renamed", "moved", "changed"]
Place = tuple[int, int]
_WORD = re.compile(r"[a-z][a-z0-9_]*")


@frozen
class Change:
    """One change: what it is, of which thing, its grade, and the word of the reason why.

    `name` is the old name, or the new one of a thing that was added; `new_name` another name it goes by now, and `clue` what speaks for that
    guess. `field`, `old` and `new` tell what of a thing has changed; of one that moved, where it stood and stands. `of` is what it belongs to.
    `old_place` and `new_place` are line and column in the two files, None where it is not there.
    """

    what: What
    sort: Sort
    name: str
    grade: Grade
    why: str
    of: str = ""
    new_name: str = ""
    clue: Clue | None = None
    field: str = ""
    old: str = ""
    new: str = ""
    old_place: Place | None = None
    new_place: Place | None = None


@frozen
class Matched:
    """The things of two versions that are the same, by name or by guess, and those that one version alone has."""

    pairs: tuple[tuple[Thing, Thing, Clue | None], ...]
    gone: tuple[Thing, ...]
    come: tuple[Thing, ...]
    renamed: Mapping[Sort, Mapping[str, str]]


def diff(old: Definition, new: Definition) -> tuple[Change, ...]:
    """Every change, the gravest first, and in the order of the files."""
    for name, definition in (("old", old), ("new", new)):
        demand(
            isinstance(definition, Definition),
            name,
            "a Definition, as `stagegate.load(...).definition` is one",
            definition,
        )
    matched = match(old, new)
    found = [*changes(old, new, matched)]
    found.sort(key=lambda c: (-grades.GRADES.index(c.grade), c.new_place or c.old_place or (0, 0), SORTS.index(c.sort)))
    return tuple(found)


def gravest(changes: Iterable[Change]) -> Grade:
    """The gravest grade among changes, `none` where there are none."""
    numbers = (grades.GRADES.index(c.grade) for c in changes)
    return grades.GRADES[max(numbers, default=0)]


# -- which is which -------------------------------------------------------------------------------------------


def match(old: Definition, new: Definition) -> Matched:
    """Which thing of the new version is which of the old one; renames are guesses."""
    before, after = by_sort(old), by_sort(new)
    pairs: list[tuple[Thing, Thing, Clue | None]] = []
    gone: list[Thing] = []
    come: list[Thing] = []
    renamed: dict[Sort, dict[str, str]] = {}
    for sort in SORTS:
        mine, yours = before[sort], after[sort]
        if sort == "process":
            pairs.extend((a, b, None) for a in mine.values() for b in yours.values())
            continue
        parents = {o: n for names in renamed.values() for o, n in names.items()}
        lost, won = [t for n, t in mine.items() if n not in yours], [t for n, t in yours.items() if n not in mine]
        guesses: list[Renaming] = renamings(lost, won, parents)
        renamed[sort] = {g.old.name: g.new.name for g in guesses}
        pairs.extend((t, yours[n], None) for n, t in mine.items() if n in yours)
        pairs.extend((g.old, g.new, g.clue) for g in guesses)
        taken = {g.old.name for g in guesses}, {g.new.name for g in guesses}
        gone += [t for t in lost if t.name not in taken[0]]
        come += [t for t in won if t.name not in taken[1]]
    return Matched(tuple(pairs), tuple(gone), tuple(come), renamed)


def by_sort(definition: Definition) -> dict[Sort, dict[str, Thing]]:
    """The things of a definition by sort and name."""
    found: dict[Sort, dict[str, Thing]] = {sort: {} for sort in SORTS}
    for thing in things(definition):
        found[thing.sort][thing.name] = thing
    return found


# -- what has changed -----------------------------------------------------------------------------------------


def changes(old: Definition, new: Definition, matched: Matched) -> Iterator[Change]:
    """Every change, in no order."""
    flat: dict[str, str] = {}
    for names in matched.renamed.values():
        flat |= {o.rpartition(".")[2]: n.rpartition(".")[2] for o, n in names.items()}
    parents = {
        o: n
        for sort, names in matched.renamed.items()
        if sort in ("track", "stage", "decision")
        for o, n in names.items()
    }
    for thing in matched.gone:
        yield removed(thing, place(old, thing))
    for thing in matched.come:
        yield added(thing, place(new, thing))
    for before, after, clue in matched.pairs:
        places = place(old, before), place(new, after)
        if clue is not None and before.name.rpartition(".")[2] != after.name.rpartition(".")[2]:
            grade, why = grades.RENAMED.get(before.sort, grades.ONLY_TOLD)
            yield Change(
                "renamed", before.sort, before.name, grade, why, before.parent, after.name, clue,
                old_place=places[0], new_place=places[1],
            )  # fmt: skip
        if before.sort != "process" and parents.get(before.parent, before.parent) != after.parent:
            verdict: grades.Verdict = grades.SHAPE
            if before.sort == "criterion":
                verdict = grades.GATE if closes_gate(before.value) or closes_gate(after.value) else grades.AN_OFFER
            if before.sort == "prohibition":
                verdict = grades.ONLY_TOLD
            yield Change(
                "moved", before.sort, before.name, *verdict, before.parent, new_name=after.name, old=before.parent,
                new=after.parent, old_place=places[0], new_place=places[1],
            )  # fmt: skip
        yield from of_fields(before, after, flat, places)
    yield from reordered(old, new, matched)


def added(thing: Thing, where: Place | None) -> Change:
    """A thing that is new."""
    grade, why = grades.ADDED.get(thing.sort, grades.AN_OFFER)
    if thing.sort == "criterion" and closes_gate(thing.value):
        grade, why = "plan", "new_gate"
    if thing.sort in ("role", "metric", "catalogue", "checklist", "prohibition", "document"):
        grade, why = grades.ONLY_TOLD
    return Change("added", thing.sort, thing.name, grade, why, thing.parent, new_place=where)


def removed(thing: Thing, where: Place | None) -> Change:
    """A thing that is there no more."""
    grade, why = grades.REMOVED.get(thing.sort, grades.ONLY_TOLD)
    return Change("removed", thing.sort, thing.name, grade, why, thing.parent, old_place=where)


def closes_gate(criterion: Criterion) -> bool:
    """Whether a criterion closes a gate."""
    return criterion.kind in ("milestone", "exit") and not criterion.optional


def of_fields(
    old: Thing, new: Thing, renamed: Mapping[str, str], places: tuple[Place | None, Place | None]
) -> Iterator[Change]:
    """The fields of a thing that say something else now; another name for the same thing is nothing else."""
    for name in (f.name for f in attrs.fields(type(old.value)) if f.name not in grades.APART):
        if (old.sort, name) == ("process", "checklists"):
            continue  # each is a thing of its own
        before, after = getattr(old.value, name), getattr(new.value, name)
        if (old.sort, name) == ("outcome", "kind") and old.value.to != new.value.to:
            continue  # it follows from where the outcome leads
        texts = plain(before, renamed), plain(after, {})
        if texts[0] != texts[1]:
            grade, why = grades.of_field(old.sort, name, before, after)
            told = shown(before), shown(after)
            yield Change(
                "changed", old.sort, old.name, grade, why, old.parent, "" if old.name == new.name else new.name, None, name,
                *told, *places,
            )  # fmt: skip
    if old.sort == "stage" and (old.value.exit_criteria is None) != (new.value.exit_criteria is None):
        yield Change(
            "changed", "stage", old.name, "plan", "completing", old.parent, field="exit_criteria",
            old=shown_exit(old), new=shown_exit(new), old_place=places[0], new_place=places[1],
        )  # fmt: skip


def shown_exit(thing: Thing) -> str:
    """Whether a stage has exit criteria."""
    return "" if thing.value.exit_criteria is None else "[...]"


def reordered(old: Definition, new: Definition, matched: Matched) -> Iterator[Change]:
    """Stages that stand in another order than before: the fewest that were moved to get there."""
    by_track: dict[str, list[tuple[Thing, Thing]]] = defaultdict(list)
    for before, after, _ in matched.pairs:
        if before.sort == "stage":
            by_track[after.parent].append((before, after))
    for pairs in by_track.values():
        pairs.sort(key=lambda pair: pair[1].number)
        kept = rising([before.number for before, _ in pairs])
        for at, (before, after) in enumerate(pairs):
            if at in kept:
                continue
            ahead = pairs[at - 1][1].name if at else ""
            yield Change(
                "moved", "stage", before.name, "breaking", "order", before.parent, new_name=after.name, new=ahead,
                old_place=place(old, before), new_place=place(new, after),
            )  # fmt: skip


def rising(numbers: list[int]) -> set[int]:
    """The places of a longest run of numbers that rise."""
    best: list[
        tuple[int, int]
    ] = []  # for each place: the length of the longest run that ends there, and the place before
    for at, number in enumerate(numbers):
        length, before = max(
            ((best[k][0] + 1, k) for k in range(at) if numbers[k] < number), default=(1, -1), key=lambda each: each[0]
        )
        best.append((length, before))
    found = set[int]()
    at = max(range(len(best)), key=lambda k: best[k][0], default=-1)
    while at >= 0:
        found.add(at)
        at = best[at][1]
    return found


# -- values ---------------------------------------------------------------------------------------------------


def plain(value: Any, renamed: Mapping[str, str]) -> Any:
    """A value of the model as plain values that can be compared, old names told by their new ones."""
    match value:
        case Condition():
            return _WORD.sub(lambda word: renamed.get(word[0], word[0]), value.text)
        case FactType():
            return [value.kind, *value.values, plain(value.of, renamed)]
        case str():
            return renamed.get(value, value)
        case Text():
            return attrs.astuple(value)
        case Mapping():
            return {renamed.get(k, k): plain(v, renamed) for k, v in value.items()}
        case tuple() | list():
            return [plain(v, renamed) for v in value]
        case _ if attrs.has(type(value)):
            names = (f.name for f in attrs.fields(type(value)) if f.name != "track")
            return {name: plain(getattr(value, name), renamed) for name in names}
        case _:
            return value


def shown(value: Any) -> str:
    """A value as a short text for people; "" for nothing."""
    match value:
        case None | () | "":
            return ""
        case bool():
            return "true" if value else "false"
        case Condition():
            return value.text
        case FactType():
            return f"{value.kind}{list(value.values) if value.values else ''}"
        case timedelta():
            return f"{value.days}d" if not value.seconds else str(value)
        case Text():
            return value()
        case float():
            return f"{value:g}"
        case tuple() | list():
            return ", ".join(filter(None, map(shown, value)))
        case Mapping():
            return ", ".join(f"{k}: {shown(v)}" for k, v in value.items())
        case _ if attrs.has(type(value)):
            told = (
                (f.name, getattr(value, f.name)) for f in attrs.fields(type(value)) if f.name not in ("notes", "track")
            )
            return ", ".join(f"{name} {shown(v)}" for name, v in told if shown(v))
        case _:
            return str(value)
