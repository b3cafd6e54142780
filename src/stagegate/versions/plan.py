"""A plan: how a case of one version of a process goes on in another, told by names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import field, frozen

from stagegate.engine.identity import digest

Kind = Literal[
    "tracks",
    "stages",
    "criteria",
    "facts",
    "documents",
    "decisions",
    "outcomes",
    "jumps",
    "loops",
    "ends",
    "activities",
]
KINDS: Final[tuple[Kind, ...]] = (
    "tracks", "stages", "criteria", "facts", "documents", "decisions", "outcomes", "jumps", "loops", "ends", "activities",
)  # fmt: skip
Passing = Literal["dropped", "owed"]


@frozen
class Version:
    """One version of a process, by its number and the digest of its flow."""

    version: str
    flow: str


@frozen
class Plan:
    """How cases go from one version to another. Names that are the same in both need not be told.

    `names` says, by kind, what becomes of an old name: one new name (renamed; several old ones may become one), several (split), none
    (removed). Outcomes are told as `decision.outcome`. `land` puts a case that stands in an old stage into a new one. `owed` are criteria of
    the new version that a case which has already crossed their gate shall owe, instead of going back for them; `stale` those that are to be
    confirmed again. `passed` are new stages, and `decided` new decision points, that a case already beyond them does not go back to. Cases that
    stand in a stage of `by_hand` wait for a person, who says in `decide` where a case goes on.
    """

    process: str
    old: Version
    new: Version
    names: Mapping[Kind, Mapping[str, tuple[str, ...]]] = field(factory=dict)
    land: Mapping[str, str] = field(factory=dict)
    owed: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    passed: Mapping[str, Passing] = field(factory=dict)
    decided: Mapping[str, str] = field(factory=dict)
    by_hand: tuple[str, ...] = ()
    decide: Mapping[str, str] = field(factory=dict)

    def new_names(self, kind: Kind, old: str) -> tuple[str, ...]:
        """What an old name has become: itself where the plan says nothing of it, none where it was removed."""
        return self.names.get(kind, {}).get(old, (old,))

    def to_plain(self) -> dict[str, Any]:
        """The plan as plain values, without what is empty, as a file and a journal tell it."""
        told: dict[str, Any] = {
            "migrate": 1,
            "process": self.process,
            "from": {"version": self.old.version, "flow": self.old.flow},
            "to": {"version": self.new.version, "flow": self.new.flow},
        }
        for kind in KINDS:
            if self.names.get(kind):
                told[kind] = {old: plain_names(new) for old, new in self.names[kind].items()}
        rest = {
            "land": dict(self.land),
            "owed": list(self.owed),
            "stale": list(self.stale),
            "passed": dict(self.passed),
            "decided": dict(self.decided),
            "by_hand": list(self.by_hand),
            "decide": dict(self.decide),
        }
        return {**told, **{name: value for name, value in rest.items() if value}}

    def for_one(self, case: str) -> Plan:
        """The plan as the journal of one case tells it: what a person decided of others is none of its business."""
        from attrs import evolve

        return evolve(self, decide={c: s for c, s in self.decide.items() if c == case})

    @property
    def digest(self) -> str:
        """`sha256:...` of the plan."""
        return digest(self.to_plain())


def plan_of(told: Mapping[str, Any]) -> Plan:
    """The plan of plain values that `Plan.to_plain` gave; raises KeyError, TypeError or ValueError for others."""
    if told["migrate"] != 1:
        raise ValueError(f"plans of the form {told['migrate']!r:.20} are not known")
    names: dict[Kind, dict[str, tuple[str, ...]]] = {
        kind: {old: names_of(new) for old, new in told[kind].items()} for kind in KINDS if kind in told
    }
    return Plan(
        told["process"],
        Version(**told["from"]),
        Version(**told["to"]),
        names,
        dict(told.get("land", {})),
        tuple(told.get("owed", ())),
        tuple(told.get("stale", ())),
        dict(told.get("passed", {})),
        dict(told.get("decided", {})),
        tuple(told.get("by_hand", ())),
        dict(told.get("decide", {})),
    )


def plain_names(new: tuple[str, ...]) -> str | list[str] | None:
    """New names as a plan tells them: one, a list, or null for none."""
    return None if not new else new[0] if len(new) == 1 else list(new)


def names_of(told: object) -> tuple[str, ...]:
    """The new names a plan tells; raises ValueError for anything else."""
    if told is None:
        return ()
    if isinstance(told, str):
        return (told,)
    if isinstance(told, list) and told and all(isinstance(name, str) for name in told):
        return tuple(told)
    raise ValueError(f"a new name, a list of them, or null; given: {told!r:.60}")
