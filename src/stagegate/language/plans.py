"""A plan file: how cases go from one version of a process to another, as YAML, for `stagegate migrate`.

    migrate: 1
    process: project-sales
    from: {version: 1.0.0, flow: "sha256:..."}
    to: {version: 2.0.0, flow: "sha256:..."}
    stages: {formal_solution: full_solution}
    owed: [budget_range_known]

Read like a definition: every mistake is a finding with its place. Names on the left are of the old version, names on the right of the new.
"""

from __future__ import annotations

import re
from typing import Any, Final

from stagegate.diagnostics import Report, Severity, Source
from stagegate.engine.identity import flow_digest
from stagegate.language.desk import Desk, did_you_mean
from stagegate.language.grammar import PROCESS_NAME, VERSION
from stagegate.language.process_names import ProcessNames
from stagegate.language.rules import RULES
from stagegate.language.shape_check import Mention, Walk
from stagegate.language.shapes import (
    REFERENCE,
    Either,
    Field,
    ListOf,
    MapOf,
    Named,
    Nothing,
    OneOf,
    Record,
    Refers,
    Shape,
    Words,
)
from stagegate.language.silence import silence
from stagegate.language.text import parse
from stagegate.language.tree import Mapping, Node, Scalar, Sequence, to_plain
from stagegate.model import Definition

FORM: Final = 1
_SEVERITIES: Final[dict[str, Severity]] = {rule.name: rule.severity for rule in RULES}
_IS_PLAN: Final = re.compile(r"^[\"']?migrate[\"']?[ \t]*:", re.MULTILINE)
_OUTCOME: Final = Words("an outcome such as `decision.outcome`", REFERENCE, "go_on.yes")
_FLOW: Final = Words("a digest such as `sha256:...`", r"^sha256:[0-9a-f]{64}$")


def _names(kind: str) -> Shape:
    """Old names and what becomes of them."""
    new = Refers(f"new {kind}")
    return MapOf(Either((new, ListOf(new, least=1, unique=True), Nothing())), f">old {kind}")


# By key: the kind of reference, as `ProcessNames` calls it, and what the key says.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "tracks": ("track", "Tracks"),
    "stages": ("any_stage", "Stages"),
    "criteria": ("criterion", "Criteria, stage conditions and appraisal items"),
    "facts": ("fact", "Facts"),
    "documents": ("document", "Documents"),
    "decisions": ("decision", "Decision points"),
    "jumps": ("jump", "Jumps"),
    "loops": ("loop", "Loops"),
    "ends": ("any_end", "Ends"),
    "activities": ("activity", "Activities"),
}
_BECOME: Final = "that are called otherwise now: `old: new`, `old: [new, new]` for one that was split, `old: null` for one that is gone."
FILE: Final = Record(
    "plan",
    "a plan",
    {
        "migrate": Field(OneOf((FORM,)), "The form of plans: 1.", required=True),
        "process": Field(PROCESS_NAME, "The name of the process.", required=True),
        "from": Field(Named("version"), "The version that cases come from.", required=True),
        "to": Field(Named("version"), "The version that cases go to.", required=True),
        **{key: Field(_names(kind), f"{title} {_BECOME}") for key, (kind, title) in KINDS.items()},
        "outcomes": Field(
            MapOf(Either((_OUTCOME, ListOf(_OUTCOME, least=1, unique=True), Nothing())), "", REFERENCE),
            "Outcomes, as `decision.outcome`, that are called otherwise now, or are gone.",
        ),
        "land": Field(
            MapOf(Refers("new earned"), ">old any_stage"),
            "Old stage -> the new stage its cases are put into, as by a loop back.",
        ),
        "owed": Field(
            ListOf(Refers("new criterion"), unique=True),
            "New criteria that cases already beyond their gate shall owe, instead of going back for them.",
        ),
        "stale": Field(ListOf(Refers("new criterion"), unique=True), "Criteria that are to be confirmed again."),
        "passed": Field(
            MapOf(OneOf(("dropped", "owed")), ">new earned"),
            "New stages that cases beyond them do not go back to; what they lack is dropped or owed.",
        ),
        "decided": Field(
            MapOf(Words("an id"), ">new decision"),
            "New decision point -> the outcome that cases beyond it count as having taken.",
        ),
        "by_hand": Field(
            ListOf(Refers("old any_stage"), unique=True),
            "Old stages whose cases wait until a person has decided about each.",
        ),
        "decide": Field(
            MapOf(Refers("new earned"), "", ""), "Case -> the new stage it is put into, as a person has decided."
        ),
    },
)
_VERSION_RECORD: Final = Record(
    "version",
    "a version",
    {
        "version": Field(VERSION, "Its number.", required=True),
        "flow": Field(_FLOW, "The digest of its flow, as `stagegate migrate plan` writes it.", required=True),
    },
)
_RECORDS: Final = {"version": _VERSION_RECORD}


def is_plan(text: str) -> bool:
    """Whether a text says at its left edge that it is a plan."""
    return bool(_IS_PLAN.search(text))


def read_plan(source: Source, old: Definition, new: Definition) -> tuple[dict[str, Any] | None, Report]:
    """A plan as plain values, None if it has an error, and everything found; `stagegate.versions.plan.plan_of` makes it a `Plan`."""
    root, findings = parse(source)
    desk = Desk(source.name, _SEVERITIES)
    if root is not None:
        _Reader(desk, old, new).file(root)
        findings = silence([*findings, *desk.findings], source)
    report = Report.of(findings, (source,))
    if root is None or report.has_errors:
        return None, report
    told: Any = to_plain(root)
    return {key: value for key, value in told.items() if value not in (None, {}, [])}, report


class _Reader:
    """Reads one file; every method tells the desk what is wrong."""

    def __init__(self, desk: Desk, old: Definition, new: Definition) -> None:
        self.desk = desk
        self.old, self.new = old, new
        self.names = {"old": ProcessNames(old, desk.file), "new": ProcessNames(new, desk.file)}

    def file(self, root: Node) -> None:
        """The whole file."""
        if not isinstance(root, Mapping):
            if not root.broken:
                self.desk.reject(
                    "wrong-type", root, "a plan must be a mapping with `migrate`, `process`, `from` and `to`"
                )
            return
        walk = Walk(self.desk, _RECORDS)
        walk.record(root, FILE, None)
        self.process(root.get("process"))
        self.version(root.get("from"), self.old)
        self.version(root.get("to"), self.new)
        for mention in walk.mentions.referred:
            self.name(mention)
        self.outcomes(root.get("outcomes"))
        self.decided(root.get("decided"))
        self.complete(root)

    def process(self, node: Node | None) -> None:
        """The plan must be for the process whose versions are given."""
        for definition in (self.old, self.new):
            if self.says(node) and isinstance(node, Scalar) and node.text != definition.name:
                self.desk.reject(
                    "unknown-process", node, f"this plan is for `{node.text}`, not for `{definition.name}`"
                )

    def version(self, node: Node | None, definition: Definition) -> None:
        """A version must be the one that is given, number and flow."""
        if not isinstance(node, Mapping):
            return
        number, flow = node.get("version"), node.get("flow")
        if self.says(number) and isinstance(number, Scalar) and number.text != definition.version:
            message = f"the plan says version `{number.text}`, {definition.file or 'the definition'} is `{definition.version}`"
            self.desk.reject("bad-value", number, message, help="give the versions that the plan was made for")
        elif self.says(flow) and isinstance(flow, Scalar) and flow.text != flow_digest(definition):
            message = f"version {definition.version} has changed since the plan was made: its flow has another digest"
            self.desk.reject("bad-value", flow, message, help="make the plan anew with `stagegate migrate plan`")

    def says(self, node: Node | None) -> bool:
        """Whether a value is there and was not found wrong."""
        return node is not None and not node.broken and not self.desk.is_bad(node)

    def name(self, mention: Mention) -> None:
        """A name must be one of its version."""
        version, _, kind = mention.kind.partition(" ")
        if self.desk.is_bad(mention.node):
            return
        self.names[version].look_up(mention._replace(kind=kind), self.desk)

    def outcomes(self, node: Node | None) -> None:
        """Outcomes on the left are of the old version, on the right of the new."""
        if not isinstance(node, Mapping):
            return
        for entry in node.entries:
            values = tuple(entry.value) if isinstance(entry.value, Sequence) else (entry.value,)
            self.outcome(entry.key, self.old)
            for value in values:
                if isinstance(value, Scalar) and value.value is not None:
                    self.outcome(value, self.new)

    def outcome(self, node: Scalar, definition: Definition) -> None:
        """One outcome as `decision.outcome`."""
        known = [f"{point.id}.{outcome.id}" for point in definition.decision_points() for outcome in point.outcomes]
        if self.says(node) and node.text not in known:
            near = did_you_mean(self.desk.suggester.near(node.text, known))
            self.desk.reject("unknown-outcome", node, f"no outcome named `{node.text}`", help=near)

    def decided(self, node: Node | None) -> None:
        """The outcome taken must be one of its decision point."""
        if not isinstance(node, Mapping):
            return
        points = {point.id: point for point in self.new.decision_points()}
        for entry in node.entries:
            point, value = points.get(entry.key.text), entry.value
            if point is None or not isinstance(value, Scalar) or not self.says(value) or point.outcome(value.text):
                continue
            known = [outcome.id for outcome in point.outcomes]
            help_text = did_you_mean(self.desk.suggester.near(value.text, known)) or "there are " + ", ".join(
                f"`{each}`" for each in known
            )
            self.desk.reject(
                "unknown-outcome", value, f"no outcome of `{point.id}` named `{value.text}`", help=help_text
            )

    def complete(self, root: Mapping) -> None:
        """A warning for each old stage that is gone without a word on where its cases go."""
        known = set(self.names["new"].of("any_stage"))
        stages, land, by_hand = (root.get(key) for key in ("stages", "land", "by_hand"))
        told = set(land.keys()) if isinstance(land, Mapping) else set()
        if isinstance(by_hand, Sequence):
            told |= {item.text for item in by_hand if isinstance(item, Scalar)}
        for stage in self.names["old"].of("earned"):
            entry = stages.entry(stage) if isinstance(stages, Mapping) else None
            gone = (
                stage not in known if entry is None else isinstance(entry.value, Scalar) and entry.value.value is None
            )
            if gone and stage not in told:
                message = f"nothing says where cases go that stand in `{stage}`, which is gone"
                place = entry.key if entry is not None else root.entries[0].key
                help_text = f"write `land: {{{stage}: ...}}`, or `by_hand: [{stage}]`"
                self.desk.add("missing-key", place, message, help=help_text, severity="warning")
