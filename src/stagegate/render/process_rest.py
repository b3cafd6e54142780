"""What stands beside the tracks of a process: ends, activities, the gap, then people, papers, figures and catalogues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stagegate.model import (
    NO_TEXT,
    Activity,
    Catalogue,
    CatalogueEntry,
    End,
    Fact,
    Jump,
    Loop,
    Metric,
    Outcome,
    Procedure,
    Role,
)
from stagegate.render.writer import Writer, number


class ProcessRest(Writer):
    """Everything after the tracks. Every method yields lines."""

    def rest(self) -> Iterator[str]:
        """All of it: what belongs to the machine first, what is only looked up at the end."""
        definition = self.definition
        yield from self.section("ends", map(self.end, definition.ends))
        yield from self.section("activities", map(self.activity, definition.activities))
        yield from self.gap()
        trees = (self.catalogue(Catalogue(t.id, t.title, t.reasons, t.notes), "- ") for t in definition.reason_trees)
        yield from self.section("reason_trees", trees)
        yield from self.section("facts", map(self.fact, definition.facts))
        yield from self.section("people", map(self.role, definition.roles))
        yield from self.section("metrics", (self.metric(metric, 0) for metric in definition.metrics))
        documents = (CatalogueEntry(d.id, d.title, notes=d.notes) for d in definition.documents)
        yield from self.section("documents", (self.entry(each, "- ", 0) for each in documents))
        yield from self.section("checklists", (self.catalogue(c, "[ ] ") for c in definition.checklists))
        yield from self.section("catalogues", (self.catalogue(c, "- ") for c in definition.catalogues))
        if definition.retired:
            yield ""
            yield from self.field("retired", self.say.listed(definition.retired), 0)

    def section(self, key: str, things: Iterable[Iterator[str]]) -> Iterator[str]:
        """Things under a heading; nothing where there are none."""
        lines = [line for thing in things for line in thing]
        if lines:
            yield from self.heading(self.say(key), "-")
            yield from lines

    # --- ends, activities, gap ------------------------------------------------------------------------

    def end(self, end: End) -> Iterator[str]:
        """One end with its reasons."""
        yield from self.bullet("- ", self.end_line(end), 0)
        tree = end.reasons
        if tree is not None and tree in self.definition.reason_trees:
            yield from self.field("reasons", self.both(tree.title, tree.id), 2)
        elif tree is not None:
            yield from self.label(self.say("reasons") + self.say.colon.rstrip(), 2)
            for reason in tree.reasons:
                yield from self.entry(reason, "- ", 4)
        yield from self.notes(end.notes, 2)

    def end_line(self, end: End) -> str:
        """What an end is, in one line."""
        kind = "" if end.kind == end.id and end.kind not in self.definition.end_kinds else self.kind(end.kind)
        told = [self.spot(end.title, end.id) + self.mark(end.notes.basis, kind)]
        if end.by_command:
            told.append(self.say("by_command"))
            if end.origins:
                told.append(self.say.labelled("from_stages", self.say.listed(map(self.place, end.origins))))
            told += self.guards(end)
        if end.continues_in:
            told.append(self.say("continues_in", self.process(end.continues_in)))
        return self.say.semicolon.join(told)

    def kind(self, kind: str) -> str:
        """What a kind of end is called: as the process says, else in the words of stagegate, else by itself."""
        return self.text(self.definition.end_kinds.get(kind, NO_TEXT)) or self.plain(self.say.end_kind(kind))

    def guards(self, move: Outcome | Jump | Loop | End) -> Iterator[str]:
        """Under which conditions a move may be taken or the case ended so, and what that leaves."""
        say = self.say
        if move.when is not None:
            yield say.labelled("when", self.code(move.when.text))
        if move.requires:
            yield say.labelled("requires", self.named(move.requires, self.criteria))
        if move.roles:
            yield say.labelled("roles", self.named(move.roles, self.roles))
        if isinstance(move, End):
            return
        if move.max is not None:
            yield say("once_only") if move.max == 1 else say("max", move.max)
        if not isinstance(move, Jump) and move.keep:
            yield say.labelled("keep", self.named(move.keep, self.criteria))
        if not isinstance(move, Loop) and move.skipped == "owed":
            yield say("owed")

    def activity(self, activity: Activity) -> Iterator[str]:
        """One activity."""
        told = [self.both(activity.title, activity.id) + self.mark(activity.notes.basis)]
        if activity.standing:
            told.append(self.say("standing"))
        else:
            origins = self.say.listed(map(self.place, activity.origins)) or self.say("all_stages")
            told.append(self.say.labelled("from_stages", origins))
        titles = activity.result_titles
        if activity.results:
            told.append(
                self.say.labelled(
                    "results",
                    self.say.listed(self.both(titles[id], id) if id in titles else id for id in activity.results),
                )
            )
        if activity.blocks:
            told.append(self.say("blocks"))
        yield from self.bullet("- ", self.say.semicolon.join(told), 0)
        if activity.definition:
            yield from self.line(self.noted(activity.definition), 2, 0)
        yield from self.field("checklists", self.named(activity.checklists, self.checklists), 2)
        yield from self.procedures(activity.procedures, 2)
        yield from self.notes(activity.notes, 2)

    def procedures(self, procedures: Iterable[Procedure], indent: int) -> Iterator[str]:
        """Sub-procedures, with what the report of each of their ends meets."""
        for procedure in procedures:
            text = self.other(procedure.title, procedure.process) + self.mark(procedure.notes.basis)
            yield from self.field("procedure", text, indent)
            for end, criteria in procedure.on_end.items():
                met = self.say("meets", self.end_of(procedure.process, end), self.named(criteria, self.criteria))
                yield from self.bullet("- ", met, indent + 2)
            yield from self.notes(procedure.notes, indent + 2)

    def end_of(self, process: str, end: str) -> str:
        """An end of another process."""
        return f"[{self.plain(end)}]"

    def gap(self) -> Iterator[str]:
        """What is done about a gap between buyer and seller."""
        policy = self.definition.gap
        if policy.give_up_at is None and not policy.guidance:
            return
        yield from self.heading(self.say("gap_policy"), "-")
        if policy.give_up_at is not None:
            yield from self.field("give_up_at", str(policy.give_up_at), 0)
        for state in ("in_step", "behind", "ahead", "unknown"):
            yield from self.guidance(f"when_{state}", policy.guidance.get(state, ()), 0)

    # --- what is looked up ----------------------------------------------------------------------------

    def fact(self, fact: Fact) -> Iterator[str]:
        """One fact with its type and bounds."""
        say = self.say
        kind = say.fact_kind(fact.type.kind)
        if fact.type.of is not None:
            kind = say.labelled("list_of", say.fact_kind(fact.type.of.kind))
        if fact.type.values:
            values = []
            for value in fact.type.values:
                title = self.text(fact.values.get(value, NO_TEXT))
                values.append(self.plain(value) + (say.brackets(title) if title and title != value else ""))
            kind = say.labelled("one_of", say.listed(values))
        told = [f"{kind} {self.plain(fact.unit)}".rstrip()]
        if fact.minimum is not None:
            told.append(say("at_least", number(fact.minimum)))
        if fact.maximum is not None:
            told.append(say("at_most", number(fact.maximum)))
        head = self.both(fact.title, fact.id) + self.mark(fact.notes.basis)
        yield from self.bullet("- ", f"{head}{say.colon}{say.then.join(told)}", 0)
        yield from self.notes(fact.notes, 2)

    def role(self, role: Role) -> Iterator[str]:
        """One role: what it asks for, what it does and by what it is measured."""
        head = self.both(role.title, role.id) + self.mark(role.notes.basis, self.say(role.side))
        yield from self.bullet("- ", head, 0)
        yield from self.texts("qualifications", role.qualifications, 2)
        yield from self.texts("duties", role.duties, 2)
        declared = [metric for metric in role.kpis if metric in self.definition.metrics]
        yield from self.field("kpis", self.say.listed(self.both(m.title, m.id) for m in declared), 2)
        own = [metric for metric in role.kpis if metric not in declared]
        if own:
            yield from self.label(self.say("kpis") + self.say.colon.rstrip(), 2)
        for metric in own:
            yield from self.metric(metric, 4)
        yield from self.field("reviewers", self.named(role.reviewers, self.roles), 2)
        yield from self.field("period", "" if role.period is None else self.say.duration(role.period), 2)
        yield from self.notes(role.notes, 2)

    def metric(self, metric: Metric, indent: int) -> Iterator[str]:
        """One metric with its figures."""
        unit = f" {self.text(metric.unit)}" if metric.unit else ""
        told = [self.both(metric.title, metric.id) + self.mark(metric.notes.basis)]
        if metric.target is not None:
            told.append(f"{self.say('target')} {self.series(metric.target)}{unit}")
        if metric.baseline is not None:
            told.append(f"{self.say('baseline')} {self.series(metric.baseline)}{unit}")
        if unit and metric.target is None and metric.baseline is None:
            told.append(self.say.labelled("unit", unit.strip()))
        if metric.of:
            told.append(self.say.labelled("share_of", self.text(metric.of)))
        if metric.formula:
            told.append(self.say.labelled("formula", self.text(metric.formula)))
        yield from self.bullet("- ", self.say.semicolon.join(told), indent)
        yield from self.notes(metric.notes, indent + 2)

    def series(self, figures: float | tuple[float, ...]) -> str:
        """A number, or several in a row."""
        return self.say.listed(map(number, figures)) if isinstance(figures, tuple) else number(figures)

    def catalogue(self, catalogue: Catalogue, bullet: str) -> Iterator[str]:
        """A catalogue, checklist or reason tree with its entries."""
        origin = self.say("taken_from", self.process(catalogue.origin)) if catalogue.origin else ""
        head = self.both(catalogue.title, catalogue.id) + self.mark(
            catalogue.notes.basis, origin, self.say("not_whole") if catalogue.incomplete else ""
        )
        yield from self.label(head, 0)
        yield from self.notes(catalogue.notes, 2)
        for entry in catalogue.entries:
            yield from self.entry(entry, bullet, 2)

    def entry(self, entry: CatalogueEntry, bullet: str, indent: int) -> Iterator[str]:
        """One entry and those within it."""
        said = (self.say(key) for key in ("optional", "undescribed") if getattr(entry, key))
        mark = self.mark(entry.notes.basis, *said)
        words = self.text(entry.text)
        text = self.both(entry.title, entry.id) + mark + (self.say.colon + words if words else "")
        yield from self.bullet(bullet, text, indent)
        yield from self.notes(entry.notes, indent + len(bullet))
        for each in entry.entries:
            yield from self.entry(each, bullet, indent + 2)
