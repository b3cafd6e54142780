"""A process as text for people: tracks, stages with their gates as checklists, decisions, jumps, loops, ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from stagegate.model import (
    Activity,
    Criterion,
    DecisionPoint,
    Definition,
    End,
    Fact,
    Jump,
    Loop,
    Outcome,
    ReasonTree,
    Stage,
    Text,
    Track,
)
from stagegate.render.words import Say, percent
from stagegate.render.wrap import bulleted, clean, indented, width

BOX = "[ ] "


def process_text(definition: Definition, *, language: str = "en", columns: int = 100) -> str:
    """The whole process, without a line break at the end; no control character of the file gets into it."""
    return "\n".join(line.rstrip() for line in _Page(definition, language, columns).lines())


class _Page:
    """One text on its way. Every method yields lines."""

    def __init__(self, definition: Definition, language: str, columns: int) -> None:
        self.definition = definition
        self.language = language
        self.columns = columns
        self.say = Say(language)
        self.titles: dict[str, Text] = {}
        for track in definition.tracks:
            self.titles |= {s.id: s.title for s in track.stages} | {d.id: d.title for d in track.decision_points}
        self.titles |= {end.id: end.title for end in definition.ends}
        self.documents = {d.id: d.title for d in definition.documents}
        self.roles = {r.id: r.title for r in definition.roles}
        self.criteria = {c.id: c.title for c in definition.criteria()}
        self.several_starts = {t.id for t in definition.tracks if sum(s.start for s in t.stages) > 1}

    # --- small pieces --------------------------------------------------------------------------------

    def title(self, thing: Text, id: str) -> str:
        """A title; the id where there is none."""
        return clean(thing(self.language)) or clean(id)

    def both(self, thing: Text, id: str) -> str:
        """A title with the id behind it."""
        title = clean(thing(self.language))
        return f"{title} [{clean(id)}]" if title else f"[{clean(id)}]"

    def place(self, id: str) -> str:
        """The title of a stage, decision point or end."""
        return self.title(self.titles.get(id, Text()), id)

    def named(self, ids: Iterable[str], titles: dict[str, Text]) -> str:
        """Titles in a row."""
        return self.say.comma.join(self.title(titles.get(id, Text()), id) for id in ids)

    def field(self, key: str, text: str, indent: int) -> Iterator[str]:
        """`Key: text`, wrapped; nothing where there is no text."""
        if text:
            yield from indented(self.say.labelled(key, text), self.columns, indent, indent + 2)

    def heading(self, text: str, mark: str) -> Iterator[str]:
        """A heading with a line under it."""
        yield ""
        yield text
        yield mark * min(width(text), self.columns)

    # --- the page ------------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """Every line."""
        definition = self.definition
        title = self.title(definition.title, definition.name)
        yield title
        yield "=" * min(width(title), self.columns)
        about = [f"{definition.name} {definition.version}"]
        if definition.family:
            about.append(self.say.labelled("family", clean(definition.family)))
        if definition.incomplete:
            about.append(self.say("incomplete"))
        yield from indented(self.say.semicolon.join(about), self.columns, 0)
        if definition.summary:
            yield ""
            yield from indented(definition.summary(self.language), self.columns, 0)
        for track in definition.tracks:
            yield from self.track(track)
        yield from self.activities()
        yield from self.ends()
        yield from self.facts()
        yield from self.things("documents", self.documents)
        yield from self.people()
        yield from self.metrics()
        yield from self.things("catalogues", {c.id: c.title for c in definition.catalogues})
        yield from self.things("checklists", {c.id: c.title for c in definition.checklists})

    def track(self, track: Track) -> Iterator[str]:
        """A track with all its stages and moves."""
        said = [self.say(track.side), self.say("observed" if track.observed else "earned")]
        if track.manual:
            said.append(self.say("manual"))
        if track.cycle:
            said.append(self.say("cycle"))
        yield from self.heading(self.both(track.title, track.id), "-")
        yield from indented(self.say.semicolon.join(said), self.columns, 0)
        after = {point.after: point for point in track.decision_points if point.after}
        for number, stage in enumerate(track.stages, start=1):
            yield ""
            yield from self.stage(stage, number, after.get(stage.id))
        for point in track.decision_points:
            if not point.after:
                yield ""
                yield from self.decision(point, 0)
        yield from self.moves("jumps", track, track.jumps)
        yield from self.moves("loops", track, track.loops)

    # --- stages --------------------------------------------------------------------------------------

    def stage(self, stage: Stage, number: int, decision: DecisionPoint | None) -> Iterator[str]:
        """One stage."""
        yield from bulleted(f"{number}. ", self.both(stage.title, stage.id), self.columns, 0)
        marks = [self.say(key) for key, on in self.marks(stage) if on]
        if marks:
            yield from indented(self.say.semicolon.join(marks), self.columns, 3)
        if stage.definition:
            yield from indented(stage.definition(self.language), self.columns, 3)
        yield from self.field("pairs_with", self.place(stage.pairs_with) if stage.pairs_with else "", 3)
        yield from self.texts("aims", stage.aims)
        yield from self.texts("tasks", stage.tasks)
        if stage.applies_when is not None:
            yield from self.field("applies_when", stage.applies_when.text, 3)
        if stage.entry_milestone:
            yield from self.checklist("milestone", stage.entry_milestone)
        observed = next(t.observed for t in self.definition.tracks if t.id == stage.track)
        if stage.exit_criteria:
            yield from self.checklist("exit", stage.exit_criteria)
        elif not observed:
            key = "exit_open" if stage.exit_criteria is not None else "exit_by_decision" if decision else "no_exit"
            yield from indented(self.say(key), self.columns, 3)
        yield from self.conditions(stage)
        if stage.appraisal:
            yield from self.checklist("appraisal", stage.appraisal)
        if stage.prohibitions:
            yield " " * 3 + self.say("prohibitions") + self.say.colon.rstrip()
            for each in stage.prohibitions:
                yield from bulleted("- ", self.both(each.title, each.id), self.columns, 5)
        yield from self.figures(stage)
        if decision is not None:
            yield from self.decision(decision, 3)

    def marks(self, stage: Stage) -> Iterator[tuple[str, bool]]:
        """What is special about a stage."""
        yield "undescribed", stage.undescribed
        yield "start", stage.start and stage.track in self.several_starts
        yield "optional_stage", stage.optional
        yield "repeatable", stage.repeatable is not None

    def figures(self, stage: Stage) -> Iterator[str]:
        """Chance, time, people, papers, and where completing it leads."""
        if stage.chance is not None:
            reached, completed = percent(stage.chance.reached), percent(stage.chance.completed)
            text = f"{reached} {self.say('reached')}{self.say.comma}{completed} {self.say('completed_at')}"
            yield from self.field("chance", reached if reached == completed else text, 3)
        if stage.time_limit is not None:
            yield from self.field("time_limit", self.say.duration(stage.time_limit), 3)
        yield from self.field("participants", self.named(stage.participants, self.roles), 3)
        yield from self.field("tools", self.named(stage.tools, self.documents), 3)
        checklists = {c.id: c.title for c in self.definition.checklists}
        yield from self.field("checklists", self.named(stage.checklists, checklists), 3)
        procedures = [self.title(p.title, p.process) for p in stage.procedures]
        yield from self.field("procedures", self.say.comma.join(procedures), 3)
        for key, target in (("next", stage.next), ("wins", stage.wins), ("completes", stage.completes)):
            yield from self.field(key, self.place(target) if target else "", 3)

    def texts(self, key: str, texts: tuple[Text, ...]) -> Iterator[str]:
        """A list of texts."""
        if texts:
            yield " " * 3 + self.say(key) + self.say.colon.rstrip()
        for text in texts:
            yield from bulleted("- ", text(self.language), self.columns, 5)

    def checklist(self, key: str, criteria: Iterable[Criterion], indent: int = 3) -> Iterator[str]:
        """Criteria as boxes to tick."""
        yield " " * indent + self.say(key)
        for criterion in criteria:
            yield from self.criterion(criterion, indent + 2)

    def criterion(self, criterion: Criterion, indent: int) -> Iterator[str]:
        """One criterion, with what it asks for."""
        actor = self.say.brackets(self.say(criterion.actor)) if criterion.actor else ""
        title = criterion.title or self.criteria.get(criterion.of, Text())
        yield from bulleted(BOX, self.both(title, criterion.id) + actor, self.columns, indent)
        told = list(self.demands(criterion))
        if told:
            yield from indented(self.say.semicolon.join(told), self.columns, indent + len(BOX))

    def demands(self, criterion: Criterion) -> Iterator[str]:
        """What a criterion asks for."""
        say = self.say
        if criterion.of:
            yield say.labelled("of", self.title(self.criteria.get(criterion.of, Text()), criterion.of))
        if criterion.when is not None:
            yield say.labelled("when", clean(criterion.when.text))
        if criterion.applies_when is not None:
            yield say.labelled("applies", clean(criterion.applies_when.text))
        if criterion.evidence:
            yield say.labelled("evidence", self.named(criterion.evidence, self.documents))
        if criterion.with_role:
            yield say.labelled("with", self.title(self.roles.get(criterion.with_role, Text()), criterion.with_role))
        if criterion.level is not None:
            yield f"{say('level')} {criterion.level}"
        if criterion.weight != 1:
            yield f"{say('weight')} {criterion.weight:g}"
        if criterion.optional:
            yield say("optional")
        if criterion.once:
            yield say("once")
        if criterion.waivable:
            yield say.labelled("waivable", self.named(criterion.waivable, self.roles))

    def conditions(self, stage: Stage) -> Iterator[str]:
        """The stage conditions by category."""
        if not stage.conditions:
            return
        yield " " * 3 + self.say("conditions")
        for kind, group in groupby(stage.conditions, key=lambda c: c.kind):
            yield from self.checklist(kind, group, 5)

    # --- moves ---------------------------------------------------------------------------------------

    def decision(self, point: DecisionPoint, indent: int) -> Iterator[str]:
        """A decision point with its outcomes."""
        automatic = self.say.brackets(self.say("automatic")) if point.automatic else ""
        question = point.question or point.title
        text = f"{self.title(question, point.id)} [{point.id}]{automatic}"
        yield from indented(self.say.labelled("decision", text), self.columns, indent, indent + 2)
        for outcome in point.outcomes:
            yield from bulleted("- ", self.outcome(outcome), self.columns, indent + 2)

    def outcome(self, outcome: Outcome) -> str:
        """One outcome: its name, where it leads, and under which conditions."""
        if outcome.kind == "hold":
            where = self.say("hold")
            if outcome.hold is not None:
                where += self.say.brackets(f"{self.say('remind')} {self.say.duration(outcome.hold)}")
        else:
            kinds = {
                "jump": "ahead",
                "loop_back": "loop_back",
                "repeat": "repeat",
                "new_round": "new_round",
                "end": "end",
            }
            kind = self.say.brackets(self.say(kinds[outcome.kind])) if outcome.kind in kinds else ""
            where = self.place(outcome.to) + kind
        told = [f"{self.both(outcome.title, outcome.id)} -> {where}", *self.guards(outcome)]
        if outcome.otherwise:
            told.append(self.say("otherwise"))
        return self.say.semicolon.join(told)

    def guards(self, move: Outcome | Jump | Loop) -> Iterator[str]:
        """Under which conditions a move may be taken, and what it leaves."""
        say = self.say
        if move.when is not None:
            yield say.labelled("when", clean(move.when.text))
        if move.requires:
            yield say.labelled("requires", self.named(move.requires, self.criteria))
        if move.roles:
            yield say.labelled("roles", self.named(move.roles, self.roles))
        if move.max is not None:
            yield say("max", move.max)
        if not isinstance(move, Jump) and move.keep:
            yield say.labelled("keep", self.named(move.keep, self.criteria))
        if not isinstance(move, Loop) and move.skipped == "owed":
            yield say("owed")

    def moves(self, key: str, track: Track, moves: tuple[Jump, ...] | tuple[Loop, ...]) -> Iterator[str]:
        """The jumps or the loops of a track."""
        if not moves:
            return
        yield ""
        yield self.say(key)
        for move in moves:
            target = self.place(move.to) if move.to else self.say("any_later")
            everywhere = len(move.origins) > 2 and len(move.origins) == len(track.stages)
            origins = self.say.comma.join(self.place(origin) for origin in move.origins)
            origins = self.say("all_stages") if everywhere else origins
            head = f"{self.both(move.title, move.id)}{self.say.colon}{origins} -> {target}"
            yield from bulleted("- ", self.say.semicolon.join([head, *self.guards(move)]), self.columns, 2)
            if isinstance(move, Jump) and move.probe is not None:
                yield from indented(self.title(move.probe.question, move.probe.id), self.columns, 4)

    # --- what stands beside the tracks ---------------------------------------------------------------

    def activities(self) -> Iterator[str]:
        """The activities."""
        if self.definition.activities:
            yield from self.heading(self.say("activities"), "-")
        for activity in self.definition.activities:
            yield from bulleted("- ", self.say.semicolon.join(self.activity(activity)), self.columns, 0)
            if activity.definition:
                yield from indented(activity.definition(self.language), self.columns, 2)

    def activity(self, activity: Activity) -> Iterator[str]:
        """One activity."""
        yield self.both(activity.title, activity.id)
        if activity.standing:
            yield self.say("standing")
        else:
            origins = self.say.comma.join(map(self.place, activity.origins)) or self.say("all_stages")
            yield self.say.labelled("from", origins)
        if activity.results:
            yield self.say.labelled("results", self.say.comma.join(activity.results))
        if activity.blocks:
            yield self.say("blocks")

    def ends(self) -> Iterator[str]:
        """The ends with their reasons."""
        if self.definition.ends:
            yield from self.heading(self.say("ends"), "-")
        for end in self.definition.ends:
            yield from bulleted("- ", self.say.semicolon.join(self.end(end)), self.columns, 0)

    def end(self, end: End) -> Iterator[str]:
        """One end."""
        kind = "" if end.kind == end.id else self.say.brackets(end.kind)
        yield self.both(end.title, end.id) + kind
        if end.by_command:
            yield self.say("by_command")
        if end.reasons is not None:
            yield self.say.labelled("reasons", self.say.comma.join(self.leaves(end.reasons)))

    def leaves(self, tree: ReasonTree) -> list[str]:
        """The titles of the reasons that may be given."""
        titles: dict[str, str] = {}
        waiting = list(tree.reasons)
        while waiting:
            entry = waiting.pop()
            titles[entry.id] = self.title(entry.title, entry.id)
            waiting += entry.entries
        return [titles[id] for id in tree.leaves()]

    def facts(self) -> Iterator[str]:
        """The facts with their types."""
        if self.definition.facts:
            yield from self.heading(self.say("facts"), "-")
        for fact in self.definition.facts:
            yield from bulleted("- ", self.fact(fact), self.columns, 0)

    def fact(self, fact: Fact) -> str:
        """One fact."""
        kind: str = fact.type.kind
        if fact.type.values:
            kind = self.say.comma.join(
                clean(title) if (title := fact.values.get(v, Text())(self.language)) else clean(v)
                for v in fact.type.values
            )
        unit = f" {clean(fact.unit)}" if fact.unit else ""
        return f"{self.both(fact.title, fact.id)}{self.say.colon}{kind}{unit}"

    def things(self, key: str, titles: dict[str, Text]) -> Iterator[str]:
        """A plain list."""
        if titles:
            yield from self.heading(self.say(key), "-")
        for id, title in titles.items():
            yield from bulleted("- ", self.both(title, id), self.columns, 0)

    def people(self) -> Iterator[str]:
        """The roles with their sides."""
        if self.definition.roles:
            yield from self.heading(self.say("people"), "-")
        for role in self.definition.roles:
            side = self.say.brackets(self.say(role.side))
            yield from bulleted("- ", self.both(role.title, role.id) + side, self.columns, 0)

    def metrics(self) -> Iterator[str]:
        """The metrics with their targets."""
        if self.definition.metrics:
            yield from self.heading(self.say("metrics"), "-")
        for metric in self.definition.metrics:
            target = (
                ""
                if metric.target is None
                else f"{self.say.semicolon}{self.say('target')} {metric.target:g} {metric.unit}"
            )
            yield from bulleted("- ", self.both(metric.title, metric.id) + target, self.columns, 0)
