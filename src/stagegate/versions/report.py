"""What became of cases that went to another version, or would: of one, and of all, counted and with some examples named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import field, frozen

from stagegate.engine import questions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stagegate.engine.questions import Position
    from stagegate.engine.snapshot import Snapshot
    from stagegate.process import Process
    from stagegate.versions.carry import Carried
    from stagegate.versions.naming import Loss
    from stagegate.versions.plan import Plan, Version

Fate = Literal["kept", "moved", "person", "conflict", "failed", "ended", "there"]
FATES: Final[tuple[Fate, ...]] = ("kept", "moved", "person", "conflict", "failed", "ended", "there")
Group = Literal["moved", "person", "conflict", "failed", "lost", "owing"]
GROUPS: Final[tuple[Group, ...]] = ("failed", "conflict", "person", "lost", "moved", "owing")
EXAMPLES: Final = 200  # cases named in each group
MOST_KINDS: Final = 1_000  # different moves, losses and debts that are counted apart
OTHERS: Final = "(others)"


@frozen
class Shift:
    """A change of position on one track: where the plan's names say the case stood, and where it stands now."""

    track: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.track}: {self.before} -> {self.after}"


@frozen
class Became:
    """What became of one case.

    `fate`: `kept` its position or `moved` in the new version; else it stays on the old one: a `person` must decide, `conflict` (others kept
    writing to it), `failed`, or it has `ended`. `shifts` are its changes of position, `losses` what has no place any more, `owes` the criteria
    it newly owes, `reason` why it was not carried over.
    """

    case: str
    fate: Fate
    shifts: tuple[Shift, ...] = ()
    losses: tuple[Loss, ...] = ()
    owes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def groups(self) -> Iterator[Group]:
        """The groups of a report in which this case is to be named."""
        if self.fate in ("moved", "person", "conflict", "failed"):
            yield self.fate
        if self.losses:
            yield "lost"
        if self.owes:
            yield "owing"

    def to_plain(self) -> dict[str, Any]:
        """As plain JSON."""
        rest = {
            "shifts": [{"track": s.track, "from": s.before, "to": s.after} for s in self.shifts],
            "losses": [{"kind": x.kind, "name": x.name, "why": x.why} for x in self.losses],
            "owes": list(self.owes),
            "reason": self.reason,
        }
        return {"case": self.case, "fate": self.fate, **{k: v for k, v in rest.items() if v}}


@frozen
class Report:
    """All cases of the old version, each counted under one fate, and how many of those carried over lost or newly owe something.

    `shifts`, `losses` and `owed` count cases by what changed; `examples` name the first cases of each group. `there` counts the cases that
    were on the new version without this migration: opened there, or carried over before.
    """

    process: str
    old: Version
    new: Version
    rehearsed: bool
    fates: Mapping[Fate, int]
    lost: int
    owing: int
    shifts: Mapping[str, int] = field(factory=dict, repr=False)
    losses: Mapping[str, int] = field(factory=dict, repr=False)
    owed: Mapping[str, int] = field(factory=dict, repr=False)
    examples: Mapping[Group, tuple[Became, ...]] = field(factory=dict, repr=False)

    @property
    def total(self) -> int:
        """How many cases are accounted for."""
        return sum(self.fates.values())

    @property
    def carried(self) -> int:
        """How many cases were carried over, or would be."""
        return self.fates["kept"] + self.fates["moved"]

    @property
    def fine(self) -> bool:
        """Whether nobody needs to look: nothing was lost, nothing failed, no case waits for a person."""
        return not (self.lost or self.fates["person"] or self.fates["conflict"] or self.fates["failed"])

    def to_plain(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "process": self.process,
            "from": {"version": self.old.version, "flow": self.old.flow},
            "to": {"version": self.new.version, "flow": self.new.flow},
            "rehearsed": self.rehearsed,
            "total": self.total,
            "fates": dict(self.fates),
            "lost": self.lost,
            "owing": self.owing,
            "shifts": dict(self.shifts),
            "losses": dict(self.losses),
            "owed": dict(self.owed),
            "examples": {group: [b.to_plain() for b in found] for group, found in self.examples.items()},
        }


class Tally:
    """Gathers a report, case by case; holds counts and the examples only."""

    def __init__(self, examples: int = EXAMPLES) -> None:
        self.most = examples
        self.fates: dict[Fate, int] = dict.fromkeys(FATES, 0)
        self.lost = self.owing = 0
        self.shifts, self.losses, self.owed = Counter[str](), Counter[str](), Counter[str]()
        self.examples: dict[Group, list[Became]] = {}

    def add(self, became: Became) -> None:
        """Counts one case."""
        self.fates[became.fate] += 1
        self.lost += bool(became.losses)
        self.owing += bool(became.owes)
        for counted, names in (
            (self.shifts, {str(s) for s in became.shifts}),
            (self.losses, {f"{x.kind} {x.name}" for x in became.losses}),
            (self.owed, set(became.owes)),
        ):
            for name in names:
                counted[name if name in counted or len(counted) < MOST_KINDS else OTHERS] += 1
        for group in became.groups:
            named = self.examples.setdefault(group, [])
            if len(named) < self.most:
                named.append(became)

    def report(self, plan: Plan, *, there: int, rehearsed: bool) -> Report:
        """The report so far; `there` is how many cases are on the new version without this migration."""
        told = (dict(counted.most_common()) for counted in (self.shifts, self.losses, self.owed))
        shifts, losses, owed = told
        examples: dict[Group, tuple[Became, ...]] = {
            group: tuple(self.examples[group]) for group in GROUPS if group in self.examples
        }
        return Report(
            plan.process, plan.old, plan.new, rehearsed, {**self.fates, "there": there}, self.lost, self.owing,
            shifts, losses, owed, examples,
        )  # fmt: skip


def became(old: Process, new: Process, plan: Plan, case: str, snapshot: Snapshot, carried: Carried) -> Became:
    """What became of a case that was carried over, or that a person has to decide about."""
    if carried.snapshot is None:
        return Became(case, "person", reason=carried.person)
    moves = tuple(shifts(plan, carried.before, carried.after))
    owes = newly_owed(old, new, plan, snapshot, carried.snapshot)
    return Became(case, "moved" if moves else "kept", moves, carried.losses, owes)


def shifts(plan: Plan, before: tuple[Position, ...], after: tuple[Position, ...]) -> Iterator[Shift]:
    """The changes of position, track by track; another name for the same stage is none."""
    now = {p.track: p for p in after}
    for old in before:
        tracks = [t for t in plan.new_names("tracks", old.track) if t in now]
        for track in tracks:
            new = now[track]
            if new.phase != old.phase or new.stage not in named(plan, old.stage):
                yield Shift(track, place(old), place(new))
        if not tracks:
            yield Shift(old.track, place(old), "(no such track)")


def named(plan: Plan, stage: str) -> tuple[str, ...]:
    """What a stage is called in the new version; before the first stage stays before the first."""
    return plan.new_names("stages", stage) if stage else ("",)


def place(position: Position) -> str:
    """A position without its track, as one word or two."""
    return f"{position.stage} ({position.phase})" if position.stage else position.phase


def newly_owed(old: Process, new: Process, plan: Plan, before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The criteria that a case owes now and did not owe before."""
    owed = [item.id for item in questions.debts(new.tables, after)]
    if not owed:
        return ()
    known = {n for item in questions.debts(old.tables, before) for n in plan.new_names("criteria", item.id)}
    return tuple(c for c in owed if c not in known)
