"""One snapshot told again in the names of another version, with what is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stagegate.engine import plain
from stagegate.engine.place import COMPLETED, CROSSINGS, ENTERED
from stagegate.engine.questions import viewing
from stagegate.engine.reasons import bits, lacks
from stagegate.versions.kept_commands import retold
from stagegate.versions.naming import Loss, Naming
from stagegate.versions.track_telling import TrackTelling

if TYPE_CHECKING:
    from stagegate.engine.commands import Command
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.versions.plan import Plan

Plain = dict[str, Any]


class Telling:
    """The snapshot of one case on its way; `losses` grows while it is told."""

    def __init__(self, old: Tables, new: Tables, plan: Plan, case: str, snapshot: Snapshot, command: Command) -> None:
        self.naming = Naming(old, new, plan)
        self.old, self.new, self.plan, self.case = old, new, plan, case
        self.before = viewing(old, snapshot)
        self.told = plain.snapshot_to_plain(old, snapshot)
        self.recorded = {c.id for i, c in enumerate(new.criteria) if new.recorded >> i & 1}
        self.tracks = [self.track(table, command.at.isoformat()) for table in new.tracks]

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What was found to be lost so far."""
        return tuple(self.naming.losses)

    @property
    def landing(self) -> dict[str, str]:
        """By track, the new stage that the case is put into, because its old one is no more, or a person has said so."""
        return {t.table.track.id: t.landing for t in self.tracks if t.landing}

    def track(self, table: TrackTable, at: str) -> TrackTelling:
        """One track of the new version."""
        told: dict[str, Plain] = self.told.get("tracks", {})
        name = next((t for t in told if table.track.id in self.naming.of("tracks", t)), "")
        old = self.old.track_of.get(name)
        mine = told.get(name, {})
        landing = ""
        if not table.observed and not self.told.get("ended"):
            own = {s.stage.id for s in table.stages}
            wanted = (self.plan.decide.get(self.case, ""), self.plan.land.get(mine.get("stage", ""), ""))
            landing = next((stage for stage in wanted if stage in own), "")
        return TrackTelling(self.naming, table, old, mine, landing, at)

    def snapshot(self) -> Plain:
        """The whole snapshot in new names."""
        told, definition = dict(self.told), self.new.definition
        each = self.naming.each
        told.update(version=definition.version, flow=self.new.flow, figures=self.new.figures)
        told.update(self.records())
        told["facts"] = self.facts()
        told["documents"] = self.documents()
        told["waivers"] = dict(self.waivers())
        told["counts"] = self.counts()
        told["active"] = list(each("activities", told.get("active", ()), "activity"))
        for name in ("won", "ended"):
            told[name] = next(each("ends", filter(None, [told.get(name)]), "end"), "")
        told["keys"] = dict(self.keys())
        told["tracks"] = {t.table.track.id: t.plain() for t in self.tracks}
        told["lapsed"] = list(dict.fromkeys([*told["lapsed"], *self.owed(set(told["met"]))]))
        return {k: v for k, v in told.items() if v not in (None, "", [], {})}

    # -- criteria ---------------------------------------------------------------------------------------------

    def records(self) -> dict[str, list[str]]:
        """What is reported, to be confirmed again, latched and lapsed. Of merged criteria it is enough that one was met."""
        told, each = self.told, self.naming.each
        old_met = bits((self.before.rest.true | self.before.rest.latched) & ~self.before.rest.stale)
        from_facts = each("criteria", (self.old.criteria[i].id for i in old_met))
        reported = [*each("criteria", told.get("met", ()), "criterion"), *from_facts]
        met = [c for c in dict.fromkeys(reported) if c in self.recorded]
        latched = [
            c for c in each("criteria", told.get("latched", ()), "criterion") if self.is_in(self.new.latching, c)
        ]
        stale = [c for c in each("criteria", told.get("stale", ())) if c not in met and self.may_be_stale(c)]
        again = [c for c in self.plan.stale if c in met or self.is_in(self.new.fact_reading, c)]
        return {
            "met": [c for c in met if c not in again],
            "latched": [c for c in latched if c not in again],
            "stale": list(dict.fromkeys([*stale, *again])),
            "lapsed": list(each("criteria", told.get("lapsed", ()), "criterion")),
        }

    def is_in(self, mask: int, criterion: str) -> bool:
        """Whether a criterion of the new version is in a mask."""
        return bool(mask >> self.new.bit_of[criterion] & 1)

    def may_be_stale(self, criterion: str) -> bool:
        """Whether a criterion can be confirmed: by a report, or by facts given again."""
        return criterion in self.recorded or self.is_in(self.new.fact_reading, criterion)

    def owed(self, met: set[str]) -> Iterator[str]:
        """Criteria that the case owes instead of going back for them."""
        stages = {s for s, how in self.plan.passed.items() if how == "owed"}
        for track in self.tracks:
            for stage in () if track.table.observed else track.table.stages:
                id = stage.stage.id
                gates = ((ENTERED, stage.stage.entry_milestone), (COMPLETED, stage.stage.exit_criteria or ()))
                for crossing, gate in gates:
                    crossed = f"{CROSSINGS[crossing]} {id}" in track.trail or stage.index < track.reached
                    wanted = (c.id for c in gate if c.id in self.plan.owed or id in stages)
                    yield from (c for c in wanted if crossed and c not in met)

    def compare(self, renamed: Snapshot, settled: Snapshot) -> None:
        """Tells as lost what was met, has a name in the new version, and is not met there, though the plan does not say so.

        What is derived is looked at before the case settles: what changes because the case moves is told by its position. What a loop-back on the
        way has made stale is not lost.
        """
        before, after = viewing(self.new, renamed), viewing(self.new, settled)
        for i in bits(self.before.met_mask):
            criterion = self.old.criteria[i].id
            now = after if self.old.recorded >> i & 1 else before
            holds = now.met_mask | now.rest.waived | now.rest.lapsed | (now.rest.stale & ~before.rest.stale)
            for name in self.naming.of("criteria", criterion):
                bit = self.new.bit_of[name]
                if not holds >> bit & 1 and name not in self.plan.stale:
                    lacking = ", ".join(lacks(now, bit))
                    why = f"`{name}` is not met any more" + (f": {lacking}" if lacking else "")
                    self.naming.lose("criterion", criterion, why)

    # -- what else a case holds -------------------------------------------------------------------------------

    def facts(self) -> Plain:
        """The facts whose values the new version takes."""
        found: Plain = {}
        for old, value in self.told.get("facts", {}).items():
            for name in self.naming.each("facts", (old,), "fact"):
                try:
                    plain.facts_of(self.new, {name: value})
                except plain.DAMAGE as error:
                    self.naming.lose("fact", old, f"its value is not taken: {error!s:.100}")
                else:
                    if found.setdefault(name, value) != value:
                        self.naming.lose("fact", old, f"`{name}` has the value of another fact that it was merged with")
        return found

    def documents(self) -> dict[str, dict[str, str]]:
        """The documents attached, by criterion; merged criteria have those of both."""
        found: dict[str, dict[str, str]] = {}
        for old, attached in self.told.get("documents", {}).items():
            named = {
                new: where for d, where in attached.items() for new in self.naming.each("documents", (d,), "document")
            }
            for name in self.naming.each("criteria", (old,), "criterion") if named or not attached else ():
                found[name] = {**named, **found.get(name, {})}
        return found

    def waivers(self) -> Iterator[tuple[str, Any]]:
        """The waivers of criteria that may still be waived."""
        for old, waiver in self.told.get("waivers", {}).items():
            for name in self.naming.each("criteria", (old,), "waiver"):
                if self.new.criteria[self.new.bit_of[name]].waivable:
                    yield name, waiver
                else:
                    self.naming.lose("waiver", old, "the criterion may not be waived any more")

    def counts(self) -> dict[str, int]:
        """How often outcomes, jumps and loops were taken; merged ones add up."""
        sums: dict[str, int] = {}
        for old, number in self.told.get("counts", {}).items():
            for name in self.naming.counted(old):
                sums[name] = sums.get(name, 0) + number
        return sums

    def keys(self) -> Iterator[tuple[str, Any]]:
        """The commands kept under keys; where one cannot be said in the new version the key may be used anew, which is told.

        What followed from it once is kept as it was told then.
        """
        for key, (command, events) in self.told.get("keys", {}).items():
            try:
                said = retold(self.naming, command)
                plain.kept_key(self.new, said, events)
            except (*plain.DAMAGE, LookupError):
                self.naming.lose("key", key, f"its command `{command['kind']}` cannot be said in the new version")
            else:
                yield key, [said, events]
