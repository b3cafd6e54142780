"""The memory and the place of one track, told in the names of another version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from stagegate.engine.place import COMPLETED, CROSSINGS, ENTERED, IN, LEFT, NOT_STARTED_PHASE, PHASES
from stagegate.engine.plain import duration_of, duration_text

if TYPE_CHECKING:
    from stagegate.engine.parts import TrackTable
    from stagegate.versions.naming import Naming

Plain = dict[str, Any]
ONWARD: Final = ("advance", "jump", "end")  # the kinds of outcomes that a case remembers as taken


class TrackTelling:
    """One track: `old` is the one it was, None for a new track; `told` what the snapshot says of that one.

    `landing` is the stage that the case is put into here, "" where it stays; `at` is when it comes over.
    """

    def __init__(
        self, naming: Naming, table: TrackTable, old: TrackTable | None, told: Plain, landing: str, at: str
    ) -> None:
        self.naming, self.table, self.old, self.told = naming, table, old, told
        self.landing, self.at = landing, at
        self.index = {s.stage.id: s.index for s in table.stages}
        self.ways = dict(self.exits())
        self.trail = self.passed_by()

    @property
    def reached(self) -> int:
        """The index of the stage in which the case stands by the plan; -1 before the first."""
        here = self.landing or (self.trail[-1].split(" ", 1)[1] if self.trail else "")
        return self.index[here] if here else -1

    def plain(self) -> Plain:
        """All of it."""
        told = self.told
        if self.table.observed:
            return self.seen()
        stage = self.trail[-1].split(" ", 1)[1] if self.trail else ""
        phase = CROSSINGS.index(self.trail[-1].split(" ", 1)[0]) + 1 if self.trail else NOT_STARTED_PHASE
        ahead = (n for n in self.naming.nodes(told.get("pending", "")) if self.naming.ahead(self.table, stage, n))
        plain: Plain = {
            **{k: told[k] for k in ("placed", "round") if k in told},
            "stage": stage,
            "phase": PHASES[phase],
            "pending": "" if phase == IN else next(ahead, ""),
            "trail": self.trail,
            "start": self.start(),
            "ticking": self.ticking(stage),
            "landed": self.any_of(told.get("landed", ())),
            "marked": list(dict.fromkeys([*self.marked(), *self.passed("owed")])),
            "skipped": list(dict.fromkeys([*self.all_of(told.get("skipped", ())), *self.passed("dropped")])),
            "overdue": self.all_of(told.get("overdue", ())),
            "exits": self.ways,
            "taken": {**self.decided(), **dict(self.taken())},
            "redirected": dict(self.redirected()),
            "visits": self.visits(),
            "clocks": self.clocks(),
        }
        return {name: value for name, value in plain.items() if value}

    def seen(self) -> Plain:
        """Where an observed track was seen; of a stage that was split, in the first of what it has become."""
        old = self.told.get("stage", "")
        stage = next(iter(self.stages(old)), "")
        if old and not stage:
            self.naming.lose("observation", old)
        return {"stage": stage, "source": self.told.get("source", "")} if stage else {}

    # -- stages -----------------------------------------------------------------------------------------------

    def stages(self, old: str) -> list[str]:
        """The stages of this track that an old one has become, in order."""
        found = (n for n in self.naming.of("stages", old) if n in self.index)
        return sorted(found, key=lambda n: self.index[n])

    def any_of(self, old: Iterable[str]) -> list[str]:
        """What old stages have become; of merged ones, one is enough."""
        return list(dict.fromkeys(n for name in old for n in self.stages(name)))

    def all_of(self, old: Iterable[str]) -> list[str]:
        """What old stages have become; of merged ones all are needed."""
        said = set(old)
        known = [s.stage.id for s in self.old.stages] if self.old is not None else []
        rest = {n for name in known if name not in said for n in self.stages(name)}
        return [n for n in self.any_of(said) if n not in rest]

    def marked(self) -> list[str]:
        """Stages marked complete; one that was merged where the case is beyond it, or all of it was."""
        told = self.told.get("marked", ())
        whole = self.all_of(told)
        return [n for n in self.any_of(told) if n in whole or f"{CROSSINGS[COMPLETED]} {n}" in self.trail]

    # -- the place --------------------------------------------------------------------------------------------

    def passed_by(self) -> list[str]:
        """The trail, up to the stage in which the case stands.

        A stage that became several was completed if all of it was; else the case is in, or has left, the first of them. Several that became one
        were completed if the last of them was.
        """
        last: dict[str, int] = {}
        for entry in self.told.get("trail", ()):
            crossing, stage = entry.split(" ", 1)
            last[stage] = CROSSINGS.index(crossing)
        crossed: dict[str, int] = {}
        here = ""
        for stage, crossing in last.items():
            new = self.stages(stage)
            crossed |= dict.fromkeys(new if crossing == COMPLETED else new[:1], crossing)
            here = (new[-1] if crossing == COMPLETED else new[0]) if new else ""
        if here in self.stages(self.told.get("pending", "")):
            crossed[here] = ENTERED  # what is pending belongs to the stage in which the case stands
        if here:
            crossed = {n: crossing for n, crossing in crossed.items() if self.index[n] <= self.index[here]}
        trail = []
        for stage in sorted(crossed, key=lambda n: self.index[n]):
            trail.append(f"{CROSSINGS[ENTERED]} {stage}")
            if crossed[stage] != ENTERED:
                trail.append(f"{CROSSINGS[crossed[stage]]} {stage}")
        if trail and trail[-1].startswith(CROSSINGS[LEFT]) and trail[-1].split(" ", 1)[1] not in self.ways:
            trail.pop()  # the jump out of it is lost: the case is in it again
        return trail

    def start(self) -> str:
        """Where the way of the case begins, "" for the usual place: at the stage it began at, where that lands, or at the next that is left."""
        if self.old is None:
            return ""
        usual = self.table.stages[self.table.starts[0]].stage.id
        told = self.told.get("start", "")
        begun = told or self.old.stages[self.old.starts[0]].stage.id
        if not told and usual not in self.any_of(s.stage.id for s in self.old.stages):
            return ""  # a new stage comes first: cases pass by it too, unless the plan says otherwise
        landed = self.naming.plan.land.get(begun, "") if told else ""
        later = self.old.stages[self.naming.old.stage_of[begun].index + 1 :] if told else ()
        found = [
            *self.stages(begun),
            *([landed] if landed in self.index else ()),
            *self.any_of(s.stage.id for s in later),
        ]
        return next((n for n in found[:1] if n != usual), "")

    def ticking(self, stage: str) -> str:
        """Since when the clock runs: on in the same stage, anew in another."""
        since: str = self.told.get("ticking", "")
        return since if not since or stage in self.stages(self.told.get("stage", "")) else self.at

    def clocks(self) -> dict[str, str]:
        """The time used in the present visits; merged stages add up."""
        used: dict[str, timedelta] = {}
        for stage, told in self.told.get("clocks", {}).items():
            for name in self.stages(stage):
                used[name] = used.get(name, timedelta()) + duration_of(told)
        return {name: duration_text(time) for name, time in used.items()}

    def visits(self) -> dict[str, int]:
        """Visits before the present one; of merged stages the most."""
        found: dict[str, int] = {}
        for stage, number in self.told.get("visits", {}).items():
            for name in self.stages(stage):
                found[name] = max(number, found.get(name, 0))
        return found

    # -- ways -------------------------------------------------------------------------------------------------

    def exits(self) -> Iterator[tuple[str, list[str]]]:
        """The jumps recorded; out of a stage that became several, out of the first of them."""
        jump_of = self.naming.new.jump_of
        for stage, (jump, target) in self.told.get("exits", {}).items():
            jumps = [j for j in self.naming.of("jumps", jump) if jump_of[j][0] is self.table]
            origin = next(iter(self.stages(stage)), "")
            ways = [to for to in self.naming.nodes(target) if origin and self.naming.ahead(self.table, origin, to)]
            if jumps and ways:
                yield origin, [jumps[0], ways[0]]
            else:
                self.naming.lose("jump", jump, f"the jump out of `{stage}` has no place in the new version")

    def taken(self) -> Iterator[tuple[str, list[str]]]:
        """The outcomes taken, each leading where it leads now; a way that a loop-back has bent stays bent."""
        for decision, (outcome, target) in self.told.get("taken", {}).items():
            found = list(self.led(decision, outcome, target))
            yield from found
            if not found:
                why = "the new version has no such outcome, or it leads elsewhere"
                self.naming.lose("decision", f"{decision}.{outcome}", why)

    def led(self, decision: str, outcome: str, target: str) -> Iterator[tuple[str, list[str]]]:
        """Where an outcome leads that was taken. None is led to an end that it did not lead to."""
        former = self.naming.old.decision_of[decision].by_id[outcome].outcome
        for point, way in self.naming.outcomes(decision, outcome):
            here = self.naming.new.decision_of[point]
            option = here.by_id[way].outcome
            if here.track != self.table.index or option.kind not in ONWARD:
                continue
            if option.kind == "end" and former.kind != "end":
                continue
            place = self.table.stages[here.place].stage.id if here.place >= 0 else ""
            wanted = (option.to,) if target == former.to else self.naming.nodes(target)
            yield from ((point, [way, to]) for to in wanted[:1] if self.naming.ahead(self.table, place, to))

    def decided(self) -> dict[str, list[str]]:
        """New decision points that a case beyond them counts as having taken."""
        found = {}
        for decision, outcome in self.naming.plan.decided.items():
            here = self.naming.new.decision_of[decision]
            if here.track == self.table.index and here.place < self.reached:
                found[decision] = [outcome, here.by_id[outcome].outcome.to]
        return found

    def redirected(self) -> Iterator[tuple[str, str]]:
        """Default exits that a loop-back has bent."""
        told: Mapping[str, str] = self.told.get("redirected", {})
        for stage, target in told.items():
            for origin in self.stages(stage)[-1:]:
                ways = (to for to in self.naming.nodes(target) if self.naming.ahead(self.table, origin, to))
                yield from ((origin, to) for to in [*ways][:1])

    def passed(self, how: str) -> Iterator[str]:
        """New stages that the case is beyond, and does not go back to."""
        for stage, wanted in self.naming.plan.passed.items():
            if wanted == how and stage in self.index and self.index[stage] < self.reached:
                yield stage
