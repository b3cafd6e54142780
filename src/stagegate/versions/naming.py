"""What the names of one version are called in another, by a plan; and what has no name there and is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from stagegate.engine.parts import TrackTable
    from stagegate.engine.tables import Tables
    from stagegate.versions.plan import Kind, Plan


@frozen
class Loss:
    """Something of a case that the new version has no place for: its kind (`criterion`, `fact`, ...), its name, why."""

    kind: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`: {self.why}"


class Naming:
    """The names of two versions, and what of one case was found to be lost between them."""

    def __init__(self, old: Tables, new: Tables, plan: Plan) -> None:
        self.old, self.new, self.plan = old, new, plan
        self.losses: list[Loss] = []
        definition = new.definition
        self.known: Mapping[Kind, Collection[str]] = {
            "tracks": new.track_of,
            "stages": new.stage_of,
            "criteria": new.bit_of,
            "facts": new.fact_of,
            "documents": {d.id for d in definition.documents},
            "decisions": new.decision_of,
            "outcomes": {option.key for d in new.decision_of.values() for option in d.outcomes},
            "jumps": new.jump_of,
            "loops": new.loop_of,
            "ends": new.end_of,
            "activities": {a.id for a in definition.activities},
        }

    def lose(self, kind: str, name: str, why: str = "the new version has none") -> None:
        """Tells that something is lost, once."""
        loss = Loss(kind, name, why)
        if loss not in self.losses:
            self.losses.append(loss)

    def of(self, kind: Kind, old: str) -> tuple[str, ...]:
        """What an old name is called in the new version, none where it has no such thing."""
        return tuple(name for name in self.plan.new_names(kind, old) if name in self.known[kind])

    def each(self, kind: Kind, old: Iterable[str], word: str = "") -> Iterator[str]:
        """The new names of old ones, each once; what has none is lost, where `word` says what it is."""
        told = set[str]()
        for name in old:
            found = self.of(kind, name)
            if not found and word:
                self.lose(word, name)
            yield from (n for n in found if n not in told)
            told.update(found)

    def outcomes(self, decision: str, outcome: str) -> Iterator[tuple[str, str]]:
        """The decision points and outcomes that an old outcome has become; its own line in the plan goes before that of its decision point."""
        key = f"{decision}.{outcome}"
        listed = self.plan.new_names("outcomes", key)
        keys = [f"{d}.{outcome}" for d in self.plan.new_names("decisions", decision)] if listed == (key,) else listed
        for name in keys:
            if name in self.known["outcomes"]:
                point, _, way = name.partition(".")
                yield point, way

    def nodes(self, old: str) -> tuple[str, ...]:
        """What an old stage, decision point or end has become."""
        if old in self.old.stage_of:
            return self.of("stages", old)
        if old in self.old.decision_of:
            return self.of("decisions", old)
        return self.of("ends", old) if old else ()

    def loops(self, old: str) -> tuple[str, ...]:
        """What an old loop has become; a repeatable stage is a loop under its own name."""
        if old in self.old.stage_of:
            return tuple(name for name in self.of("stages", old) if name in self.new.loop_of)
        return self.of("loops", old)

    def counted(self, old: str) -> tuple[str, ...]:
        """The names under which an outcome, jump or loop is counted now."""
        if "." in old:
            return tuple(".".join(pair) for pair in self.outcomes(*old.split(".", 1)))
        return self.of("jumps", old) if old in self.old.jump_of else self.loops(old)

    def ahead(self, table: TrackTable, stage: str, node: str) -> bool:
        """Whether a node is on this track and lies ahead of a stage, as a recorded way must."""
        try:
            at = self.new.stage_of[stage].index if stage else -1
            target = self.new.node(table, node)
        except LookupError:
            return False
        if target < 0:
            return True
        index = self.new.place_index(table, target)
        return index > at or (index == at and target >= table.first_decision)
