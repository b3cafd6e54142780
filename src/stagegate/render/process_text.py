"""A process as text for people: tracks, stages with their gates as checklists, decisions, then all that stands beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from stagegate.model import (
    NO_TEXT,
    Budget,
    Closing,
    Criterion,
    DecisionPoint,
    Definition,
    Group,
    Jump,
    Loop,
    Outcome,
    Stage,
    Track,
)
from stagegate.render.process_rest import ProcessRest
from stagegate.render.words import percent
from stagegate.render.writer import number

BOX = "[ ] "
KINDS = {"jump": "ahead", "loop_back": "loop_back", "repeat": "repeat", "new_round": "new_round", "end": "end"}


def process_text(definition: Definition, *, language: str = "en", columns: int = 100, brief: bool = False) -> str:
    """The whole process, in brief only gates, decisions and ends; without a line break at the end.

    No control character of the file gets into it.
    """
    page = ProcessText(definition, language, columns)
    return "\n".join(line.rstrip() for line in (page.brief() if brief else page.lines()))


class ProcessText(ProcessRest):
    """One text on its way. Every method yields lines."""

    def __init__(self, definition: Definition, language: str, columns: int) -> None:
        super().__init__(definition, language, columns)
        self.groups = {f"{stage.id}.{group.id}": group for stage in definition.stages() for group in stage.groups}
        self.several_starts = {t.id for t in definition.tracks if sum(s.start for s in t.stages) > 1}

    # --- the page ------------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """Every line."""
        definition = self.definition
        yield from self.head()
        if definition.summary:
            yield ""
            yield from self.paragraph(self.text(definition.summary), 0)
        notes = list(self.notes(definition.notes, 0))
        if notes:
            yield from ("", *notes)
        for track in definition.tracks:
            yield from self.track(track)
        yield from self.rest()

    def brief(self) -> Iterator[str]:
        """Gates, decisions and ends only."""
        yield from self.head()
        for track in self.definition.tracks:
            yield from self.heading(self.both(track.title, track.id), "-")
            after = {point.after: point for point in track.decision_points if point.after}
            for place, stage in enumerate(track.stages, start=1):
                yield from self.bullet(f"{place}. ", self.both(stage.title, stage.id), 0)
                yield from self.gates(track, stage, after.get(stage.id), notes=False)
                if stage.id in after:
                    yield from self.decision(after[stage.id], 3, notes=False)
            for point in track.decision_points:
                if not point.after:
                    yield from self.decision(point, 0, notes=False)
        if self.definition.ends:
            yield from self.heading(self.say("ends"), "-")
        for end in self.definition.ends:
            yield from self.bullet("- ", self.end_line(end), 0)

    def head(self) -> Iterator[str]:
        """The title, the name and the version."""
        definition = self.definition
        yield from list(self.heading(self.title(definition.title, definition.name), "="))[1:]
        about = [f"{definition.name} {definition.version}"]
        if definition.family:
            about.append(self.say.labelled("family", self.text(definition.family)))
        if definition.notes.basis != "stated":
            about.append(self.say(definition.notes.basis))
        if definition.incomplete:
            about.append(self.say("incomplete"))
        yield from self.paragraph(self.say.semicolon.join(about), 0)

    def track(self, track: Track) -> Iterator[str]:
        """A track with all its stages and moves."""
        said = [self.say(track.side), self.say("observed" if track.observed else "earned")]
        if track.manual:
            said.append(self.say("manual"))
        if track.cycle:
            said.append(self.cycle(track.closing))
        if track.incomplete:
            said.append(self.say("incomplete"))
        yield from self.heading(self.both(track.title, track.id) + self.mark(track.notes.basis), "-")
        yield from self.paragraph(self.say.semicolon.join(said), 0)
        yield from self.notes(track.notes, 0)
        yield from self.notes(track.closing.notes, 0)
        after = {point.after: point for point in track.decision_points if point.after}
        for place, stage in enumerate(track.stages, start=1):
            yield ""
            yield from self.stage(track, stage, place, after.get(stage.id))
        for point in track.decision_points:
            if not point.after:
                yield from self.loose(point)
        yield from self.moves("jumps", track, track.jumps)
        yield from self.moves("loops", track, track.loops)

    def cycle(self, closing: Closing) -> str:
        """Where the last stage of a cycle leads."""
        told = [self.say("cycle_to", self.place(closing.to)) if closing.to else self.say("cycle")]
        if closing.forgets_win:
            told.append(self.say("forgets_win"))
        return self.say.listed(told) + self.mark(closing.notes.basis)

    # --- stages --------------------------------------------------------------------------------------

    def stage(self, track: Track, stage: Stage, place: int, decision: DecisionPoint | None) -> Iterator[str]:
        """One stage: what it is, its gates, what belongs to it, advice, and the decision after it."""
        head = self.spot(stage.title, stage.id) + self.mark(stage.notes.basis)
        yield from self.stage_head(stage, place, head)
        marks = list(self.marks(stage))
        if marks:
            yield from self.paragraph(self.say.semicolon.join(marks), 3)
        if stage.definition:
            yield from self.paragraph(self.noted(stage.definition), 3)
        yield from self.field("pairs_with", self.say.listed(map(self.place, stage.pairs_with)), 3)
        yield from self.texts("aims", stage.aims, 3)
        yield from self.texts("tasks", stage.tasks, 3)
        yield from self.gates(track, stage, decision)
        yield from self.conditions(stage)
        if stage.appraisal:
            yield from self.checklist("appraisal", stage.appraisal)
        if stage.prohibitions:
            yield from self.label(self.say("prohibitions") + self.say.colon.rstrip(), 3)
        for each in stage.prohibitions:
            text = self.both(each.title, each.id) + self.mark(each.notes.basis)
            yield from self.bullet("- ", text, 5)
            yield from self.notes(each.notes, 7)
        yield from self.figures(stage)
        yield from self.notes(stage.notes, 3)
        if decision is not None:
            yield from self.decision(decision, 3)

    def stage_head(self, stage: Stage, place: int, text: str) -> Iterator[str]:
        """The line that begins a stage."""
        yield from self.bullet(f"{place}. ", text, 0)

    def marks(self, stage: Stage) -> Iterator[str]:
        """What is special about a stage."""
        if stage.undescribed:
            yield self.say("undescribed")
        if stage.start and stage.track in self.several_starts:
            yield self.say("start")
        if stage.optional:
            yield self.say("optional_stage")
        if stage.repeatable is not None:
            guards = list(self.guards(stage.repeatable))
            yield self.say("repeatable") + (self.say.brackets(self.say.semicolon.join(guards)) if guards else "")

    def gates(self, track: Track, stage: Stage, decision: DecisionPoint | None, *, notes: bool = True) -> Iterator[str]:
        """When the stage applies, what must be done to have arrived and to have completed, and where that leads."""
        if stage.applies_when is not None:
            yield from self.field("applies_when", self.code(stage.applies_when.text), 3)
        if stage.entry_milestone:
            yield from self.checklist("milestone", stage.entry_milestone, notes=notes)
        elif not track.observed:
            yield from self.line(self.say("no_milestone"), 3)
        if stage.exit_criteria:
            yield from self.checklist("exit", stage.exit_criteria, notes=notes)
        elif not track.observed:
            key = "exit_open" if stage.exit_criteria is not None else "exit_by_decision" if decision else "no_exit"
            yield from self.line(self.say(key), 3)
        for key, target in (("next", stage.next), ("wins", stage.wins), ("completes", stage.completes)):
            yield from self.field(key, self.place(target) if target else "", 3)

    def figures(self, stage: Stage) -> Iterator[str]:
        """Chance, time, people, papers and what it may take."""
        if stage.chance is not None:
            reached, completed = percent(stage.chance.reached), percent(stage.chance.completed)
            both = f"{self.say('reached')} {reached}{self.say.comma}{self.say('completed_at')} {completed}"
            text = reached if reached == completed else both
            yield from self.field("chance", text + self.remarks(stage.chance.notes), 3)
        if stage.time_limit is not None:
            yield from self.field(
                "time_limit", self.say.duration(stage.time_limit) + self.remarks(stage.limit_notes), 3
            )
        yield from self.field("participants", self.named(stage.participants, self.roles, stage.participant_notes), 3)
        yield from self.field("tools", self.named(stage.tools, self.documents, stage.tool_notes), 3)
        yield from self.field("checklists", self.named(stage.checklists, self.checklists), 3)
        yield from self.procedures(stage.procedures, 3)
        if stage.budget is not None:
            yield from self.field("budget", self.budget(stage.budget), 3)
            yield from self.notes(stage.budget.notes, 5)

    def budget(self, budget: Budget) -> str:
        """What a stage may take."""
        told = []
        if budget.time is not None:
            told.append(f"{self.say('time')} {self.say.duration(budget.time)}")
        if budget.cost is not None:
            told.append(f"{self.say('cost')} {number(budget.cost)} {self.plain(budget.unit)}".rstrip())
        if budget.effort is not None:
            told.append(f"{self.say('effort')} {self.say(budget.effort)}")
        if budget.support:
            told.append(self.say.labelled("support", self.say.listed(map(self.noted, budget.support))))
        return self.say.semicolon.join(told) + self.mark(budget.notes.basis)

    def checklist(
        self, key: str, criteria: Iterable[Criterion], indent: int = 3, *, notes: bool = True
    ) -> Iterator[str]:
        """Criteria as boxes to tick."""
        yield from self.label(self.say(key), indent)
        for (stage, group), items in groupby(criteria, key=lambda each: (each.stage, each.group)):
            within = indent + 2
            if group:
                yield from self.group(self.groups.get(f"{stage}.{group}", Group(group)), within, notes=notes)
                within += 2
            for criterion in items:
                yield from self.criterion(criterion, within, notes=notes)

    def group(self, group: Group, indent: int, *, notes: bool) -> Iterator[str]:
        """The heading over the criteria of a group."""
        mark = self.mark(group.notes.basis if notes else "stated")
        yield from self.label(self.both(group.title, group.id) + mark + self.say.colon.rstrip(), indent)
        if notes:
            yield from self.notes(group.notes, indent + 2)

    def criterion(self, criterion: Criterion, indent: int, *, notes: bool = True) -> Iterator[str]:
        """One criterion, with what it asks for."""
        title = criterion.title or self.criteria.get(criterion.of, NO_TEXT)
        actor = self.say(criterion.actor) if criterion.actor else ""
        mark = self.mark(criterion.notes.basis if notes else "stated", actor)
        yield from self.bullet(BOX, self.both(title, criterion.id) + mark, indent)
        told = list(self.demands(criterion))
        if told:
            yield from self.line(self.say.semicolon.join(told), indent + len(BOX), 0)
        if notes:
            yield from self.notes(criterion.notes, indent + len(BOX))

    def demands(self, criterion: Criterion) -> Iterator[str]:
        """What a criterion asks for."""
        say = self.say
        if criterion.of and criterion.title:  # without a title of its own it has the one of the criterion
            yield say.labelled("of", self.title(self.criteria.get(criterion.of, NO_TEXT), criterion.of))
        if criterion.when is not None:
            yield say.labelled("when", self.code(criterion.when.text))
        if criterion.applies_when is not None:
            yield say.labelled("applies", self.code(criterion.applies_when.text))
        if criterion.evidence:
            yield say.labelled("evidence", say.listed(map(self.proof, criterion.proofs())))
        if criterion.with_roles:
            people = (self.title(self.roles.get(role, NO_TEXT), role) for role in criterion.with_roles)
            yield say.labelled("with", say.listed(people))
        if criterion.levels:
            yield say("level", say.listed(map(str, criterion.levels)))
        if criterion.content:
            yield say.labelled("content", say.listed(say(each) for each in criterion.content))
        if criterion.weight != 1:
            yield f"{say('weight')} {number(criterion.weight)}"
        if criterion.optional:
            yield say("optional")
        if criterion.once:
            yield say("once")
        if criterion.waivable:
            yield say.labelled("waivable", self.named(criterion.waivable, self.roles))

    def proof(self, documents: Iterable[str]) -> str:
        """The documents of which one is enough."""
        return self.say("or").join(self.title(self.documents.get(id, NO_TEXT), id) for id in documents)

    def conditions(self, stage: Stage) -> Iterator[str]:
        """The stage conditions by category."""
        if stage.conditions:
            yield from self.label(self.say("conditions"), 3)
        for kind, group in groupby(stage.conditions, key=lambda c: c.kind):
            yield from self.checklist(kind, group, 5)

    # --- moves ---------------------------------------------------------------------------------------

    def loose(self, point: DecisionPoint) -> Iterator[str]:
        """A decision point that stands after no stage."""
        yield ""
        yield from self.decision(point, 0)

    def decision(self, point: DecisionPoint, indent: int, *, notes: bool = True) -> Iterator[str]:
        """A decision point with its outcomes."""
        mark = self.mark(point.notes.basis if notes else "stated", self.say("automatic") if point.automatic else "")
        text = self.spot(point.title, point.id) + mark
        yield from self.field("decision", text, indent)
        if point.question:
            yield from self.line(self.noted(point.question), indent + 2, 0)
        for outcome in point.outcomes:
            yield from self.bullet("- ", self.outcome(outcome, notes=notes), indent + 2)
            if notes:
                yield from self.notes(outcome.notes, indent + 4)
        if notes:
            yield from self.notes(point.notes, indent + 2)

    def outcome(self, outcome: Outcome, *, notes: bool = True) -> str:
        """One outcome: its name, where it leads, and under which conditions."""
        if outcome.kind == "hold":
            where = self.say("hold")
            if outcome.hold is not None:
                where += self.say.brackets(f"{self.say('remind')} {self.say.duration(outcome.hold)}")
        else:
            kind = self.say.brackets(self.say(KINDS[outcome.kind])) if outcome.kind in KINDS else ""
            where = self.place(outcome.to) + kind
        name = self.both(outcome.title, outcome.id) + self.mark(outcome.notes.basis if notes else "stated")
        told = [f"{name} -> {where}", *self.guards(outcome)]
        if outcome.otherwise:
            told.append(self.say("otherwise"))
        if outcome.wins:
            told.append(self.say.labelled("outcome_wins", self.place(outcome.wins)))
        if outcome.forgets_win:
            told.append(self.say("forgets_win"))
        return self.say.semicolon.join(told)

    def moves(self, key: str, track: Track, moves: tuple[Jump, ...] | tuple[Loop, ...]) -> Iterator[str]:
        """The jumps or the loops of a track."""
        if not moves:
            return
        yield from self.subheading(self.say(key))
        for move in moves:
            target = self.place(move.to) if move.to else self.say("any_later")
            everywhere = len(move.origins) > 2 and len(move.origins) == len(track.stages)
            origins = self.say.listed(self.place(origin) for origin in move.origins)
            origins = self.say("all_stages") if everywhere else origins
            name = self.both(move.title, move.id) + self.mark(move.notes.basis)
            head = f"{name}{self.say.colon}{origins} -> {target}"
            yield from self.bullet("- ", self.say.semicolon.join([head, *self.guards(move)]), 2)
            if isinstance(move, Jump) and move.probe is not None:
                yield from self.field(
                    "probe", self.both(move.probe.question, move.probe.id) + self.remarks(move.probe.question), 4
                )
            yield from self.notes(move.notes, 4)
