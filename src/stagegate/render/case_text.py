"""A case as text and as plain values: what followed from each command, every reason against, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from stagegate.case import Case
from stagegate.engine import Action, Command, Event, Gap, Item, Position, Reason, Step
from stagegate.engine.plain import command_to_plain, event_to_plain
from stagegate.model import Definition, Text
from stagegate.render.sentences import Sentences
from stagegate.render.words import Say, percent
from stagegate.render.wrap import bulleted, clean, indented
from stagegate.render.writer import Writer

EVENT, REFUSED = "-> ", "xx "


class CaseText:
    """Writes the cases of one process in one language."""

    def __init__(self, definition: Definition, *, language: str = "en", columns: int = 100) -> None:
        self.definition = definition
        self.language = language
        self.columns = columns
        self.say = Say(language)
        self.titles = _titles(definition)
        self.kinds = {
            "": self.titles,
            "fact": {fact.id: fact.title for fact in definition.facts},
            "document": {document.id: document.title for document in definition.documents},
            "role": {role.id: role.title for role in definition.roles},
        }
        self.sentences = Sentences(definition, self.say, self.name)
        self.decisions = {point.id: point for point in definition.decision_points()}

    def name(self, id: str, kind: str = "") -> str:
        """The title of anything that has one, with its id. Facts, documents and roles have names of their own."""
        title = clean(self.kinds[kind].get(id, Text())(self.language))
        return f"{title} [{clean(id)}]" if title and title != id else clean(id)

    # --- commands --------------------------------------------------------------------------------------

    def step(self, command: Command, step: Step | None, where: str = "") -> list[str]:
        """A command with what followed or why it was refused; `step` is None for the opening."""
        lines = self.headline(command, where)
        if step is not None and not step.accepted:
            lines.append(f"  {self.say('refused')}{self.say.colon.rstrip()}")
            return [*lines, *(line for reason in step.reasons for line in self.reason(reason, command))]
        if step is not None and step.repeated:
            return [*lines, f"  {self.say('repeated')}"]
        events = [] if step is None else self.events(step.events)
        return [*lines, *events]

    def headline(self, command: Command, where: str) -> list[str]:
        """When, what, by whom."""
        told = [self.say.listed(clean(each) for each in (command.by, command.role) if each)]
        if command.happened is not None:
            told.append(self.say("happened", moment(command.happened)))
        if command.note:
            told.append(clean(command.note))
        remark = self.say.semicolon.join(each for each in told if each)
        text = f"{moment(command.at)}  {described(command, self.say)}" + (self.say.brackets(remark) if remark else "")
        return indented(where + text, self.columns, 0, 4)

    def events(self, events: Iterable[Event]) -> list[str]:
        """What followed."""
        return [line for event in events for line in bulleted(EVENT, self.event(event), self.columns, 2)]

    def event(self, event: Event) -> str:
        """One event."""
        data = event.data
        subject = self.name(event.subject) if event.subject else ""
        if event.kind == "migrated":
            subject = event.subject
        if event.kind == "gap_changed":
            subject = gap_words(self.say, event.subject, data.get("gap"))
        for key in ("outcome", "to", "result", "end", "reason"):
            if key == "result" and data.get(key):
                subject += f" -> {self.sentences.result(event.subject, str(data[key]))}"
            elif data.get(key):
                subject += f" -> {self.name(f'{event.subject}.{data[key]}' if key == 'outcome' else str(data[key]))}"
        if event.kind == "reported" and data.get("stage"):
            subject += self.say.brackets(self.name(data["stage"]))
        if data.get("until"):
            subject += self.say.brackets(self.say("until", moment(data["until"])))
        if data.get("open_conditions"):
            subject += self.say.brackets(self.say("still_open", len(data["open_conditions"])))
        return self.say.event(event.kind, subject)

    def reason(self, reason: Reason, command: Command | None = None, indent: int = 4) -> list[str]:
        """One reason against, and the place in the definition that demands it."""
        where = f" - {clean(reason.where)}" if reason.where else ""
        return bulleted("- ", f"{self.sentences.sentence(reason, command)}{where}", self.columns, indent)

    def waiting(self, action: Action, bullet: str = "") -> Iterator[str]:
        """An automatic decision that waits, and what for."""
        yield from bulleted(bullet, self.say.labelled("waits", self.name(action.subject)), self.columns, 2)
        indent = 2
        head, rest = action.reasons[:1], action.reasons[1:]
        allowed = self.allowed(action)
        if len(allowed) > 1:
            names = self.say.listed(self.name(f"{action.subject}.{outcome}") for outcome in allowed)
            yield from bulleted("- ", self.say("several_allowed", names), self.columns, indent + 2)
        elif self.say.language != "zh":
            yield from (line for reason in head for line in self.reason(reason, None, indent + 2))
        for reason in rest:
            yield from self.reason(reason, None, indent + 2)

    def allowed(self, action: Action) -> list[str]:
        """The outcomes of a decision that waits against which nothing speaks."""
        against = {reason.subject for reason in action.reasons}
        point = self.decisions[action.subject]
        open_ = [o for o in point.outcomes if f"{point.id}.{o.id}" not in against and not against & set(o.requires)]
        return [outcome.id for outcome in open_]

    def summary(self, plain: Mapping[str, Any]) -> list[str]:
        """In one line where the case stands now, as `summary_to_plain` gave it."""
        told: list[str] = []
        for track, position in plain["positions"].items():
            told.append(self.position(Position(track, **position), short=True))
        if plain["chance"] is not None:
            told.append(f"{self.say('chance').lower()} {percent(plain['chance'])}")
        if plain["gap"]:
            told.append(gap_words(self.say, plain["gap"]["state"], plain["gap"]["gap"]))
        return indented(self.say.labelled("now", self.say.semicolon.join(told)), self.columns, 2, 4)

    # --- the case --------------------------------------------------------------------------------------

    def state(self, case: Case) -> list[str]:
        """Where a case stands: position, chance, gap, and everything that is missing."""
        return [line.rstrip() for line in self._state(case)]

    def _state(self, case: Case) -> Iterator[str]:
        explained = case.explain()
        yield f"{self.say('position')}{self.say.colon.rstrip()}"
        for position in explained.positions:
            yield from indented(self.position(position), self.columns, 2, 4)
        if explained.end:
            reason = self.say.brackets(self.name(explained.end_reason)) if explained.end_reason else ""
            yield self.say.labelled("ended", self.name(explained.end) + reason)
            ends = {end.id: end for end in self.definition.ends}
            if explained.end in ends and ends[explained.end].continues_in:
                yield self.say("continues_in", clean(ends[explained.end].continues_in))
        elif explained.won:
            yield self.say.labelled("won", self.name(explained.won))
        if explained.held_since is not None:
            yield f"{self.say('held')} {moment(explained.held_since)}"
        chance = self.say("none") if explained.chance is None else percent(explained.chance)
        yield self.say.labelled("chance", chance)
        yield from self.gap(explained.gap)
        earned, total, _ = explained.credit
        if earned:
            yield self.say.labelled("proved", self.say("of_weight", f"{earned:.12g}", f"{total:.12g}"))
        yield from self.decision_states(explained.decisions)
        yield from self.items("missing", explained.missing, always=not explained.end)
        yield from self.items("debts", explained.debts)
        yield from self.items("open_conditions", explained.open_conditions if not explained.end else ())
        yield from self.items("broken_behind", explained.broken_behind)
        yield from self.items("early", explained.early)
        if explained.next_due is not None:
            yield self.say.labelled("due", moment(explained.next_due))
        yield from self.actions(explained.actions)

    def decision_states(self, states: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
        """The decision points of every track: taken, asked, passed over or ahead."""
        words = {"skipped": "decision_skipped", "ahead": "decision_ahead"}
        told = [(point, words.get(state, state)) for each in states.values() for point, state in each.items()]
        if told:
            yield self.say("decisions") + self.say.colon.rstrip()
        for point, state in told:
            if state == "asked" and self.decisions[point].automatic:
                state = "asked_automatic"
            yield from bulleted("- ", f"{self.name(point)}{self.say.colon}{self.say(state)}", self.columns, 2)

    # --- what can be done next -------------------------------------------------------------------------

    def actions(self, actions: Sequence[Action]) -> Iterator[str]:
        """Everything that would bring the case on; what cannot be done now says why."""
        if not actions:
            return
        yield self.say("next_actions") + self.say.colon.rstrip()
        together: dict[str, list[str]] = {}
        for action in actions:
            if not action.reasons and not action.option:
                kind = "fact" if action.kind == "give_fact" else ""
                names = together.setdefault(action.kind, [])
                name = self.name(action.subject, kind) if action.subject else ""
                if name not in names:
                    names.append(name)
        for kind, names in together.items():
            text = self.say.action(kind)
            if any(names):
                text = f"{text}{self.say.colon}{self.say.listed(names)}"
            yield from bulleted("- ", text, self.columns, 2)
        asked = ""
        for action in actions:
            if action.kind == "await":
                yield from self.waiting(action, "- ")
            elif action.reasons or action.option:
                if action.option and action.subject != asked:
                    asked = action.subject
                    text = f"{self.say.action(action.kind)}{self.say.colon}{self.name(asked)}"
                    yield from bulleted("- ", text, self.columns, 2)
                yield from self.action(action)

    def action(self, action: Action) -> Iterator[str]:
        """A move, with what it still asks for or what speaks against it."""
        not_now = "" if action.allowed else self.say.brackets(self.say("not_now"))
        if action.option:
            title = clean(self.titles[f"{action.subject}.{action.option}"](self.language))
            yield from bulleted("-> ", f"{title} [{clean(action.option)}]{not_now}", self.columns, 4)
        else:
            text = f"{self.say.action(action.kind)}{self.say.colon}{self.name(action.subject)}"
            yield from bulleted("- ", text + not_now, self.columns, 2)
        for reason in action.reasons:
            yield from self.reason(reason, None, 7 if action.option else 4)

    def position(self, position: Position, *, short: bool = False) -> str:
        """Where a case stands on one track; in short by ids only."""
        name = clean if short else self.name
        phase = self.say(position.phase)
        text = f"{name(position.stage)}{self.say.then}{phase}" if position.stage else phase
        if position.pending:
            text += f"{self.say.then}{self.say('waits_for')} {name(position.pending)}"
        if position.visit > 1:
            text += self.say.brackets(self.say("visit", position.visit))
        if position.round > 1:
            text += self.say.brackets(self.say("round", position.round))
        return f"{name(position.track)}{self.say.colon if not short else ' '}{text}"

    def gap(self, gap: Gap) -> Iterator[str]:
        """The gap to the buyer, and what would close it."""
        words = gap_words(self.say, gap.state, gap.gap)
        if not words:
            return
        if gap.give_up_reached:
            words += f"{self.say.semicolon}{self.say('give_up')}"
        yield from indented(self.say.labelled("gap", words), self.columns, 0, 2)
        writer = Writer(self.definition, self.language, self.columns)
        yield from writer.guidance("guidance", self.definition.gap.guidance.get(gap.state, ()), 2)
        yield from self.items("closing", gap.closing)

    def items(self, key: str, items: Sequence[Item], *, always: bool = False) -> Iterator[str]:
        """Criteria with their status, what they lack, and where the definition demands them."""
        if not items:
            if always:
                yield self.say("nothing_missing")
            return
        yield f"{self.say(key)} ({len(items)}){self.say.colon.rstrip()}"
        for item in items:
            yield from self.item(item)

    def item(self, item: Item, indent: int = 2) -> list[str]:
        """One criterion."""
        box = "[x] " if item.status == "met" else "[ ] "
        lacking = self.say.brackets(self.say.listed(map(self.sentences.thing, item.lacking))) if item.lacking else ""
        text = f"{self.name(item.id)}{self.say.colon}{self.say(item.status)}{lacking}"
        where = f" - {clean(item.where)}" if item.where else ""
        return bulleted(box, text + where, self.columns, indent)


def _titles(definition: Definition) -> dict[str, Text]:
    """The title of everything an event or position can name; outcomes under `decision.outcome`."""
    titles: dict[str, Text] = {}
    for end in definition.ends:
        waiting = [] if end.reasons is None else list(end.reasons.reasons)
        while waiting:
            entry = waiting.pop()
            titles[entry.id] = entry.title
            waiting += entry.entries
    titles |= {c.id: c.title for c in definition.criteria()}
    titles |= {p.id: p.title for s in definition.stages() for p in s.prohibitions}
    titles |= {a.id: a.title for a in definition.activities}
    for track in definition.tracks:
        titles[track.id] = track.title
        titles |= {jump.id: jump.title for jump in track.jumps} | {loop.id: loop.title for loop in track.loops}
        titles |= {point.id: point.title for point in track.decision_points}
        titles |= {f"{d.id}.{o.id}": o.title or Text(en=o.id) for d in track.decision_points for o in d.outcomes}
    titles |= {end.id: end.title for end in definition.ends}
    return titles | {stage.id: stage.title for stage in definition.stages()}


def gap_words(say: Say, state: str, gap: int | None) -> str:
    """The state of the gap in words, "" where there is none."""
    match state:
        case "behind":
            return say("behind", gap)
        case "ahead":
            return say("gap_ahead", -(gap or 0))
        case "in_step":
            return say("in_step")
        case "unknown":
            return say("unknown_gap")
        case _:
            return ""


def moment(at: datetime) -> str:
    """A time for people, with its offset."""
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M}{'Z' if offset == '+0000' else f'{offset[:3]}:{offset[3:]}'}"


def described(command: Command, say: Say) -> str:
    """A command as one would say it: its kind, its subject, and what else it says."""
    parts = [command.kind]
    if command.subject:
        parts.append(command.subject)
    for key, value in command.args.items():
        if key == "evidence":
            parts += [
                f"{document}={say('taken_away') if where is None else where}" for document, where in value.items()
            ]
        elif key == "facts":
            parts += [f"{name}={shown(each, say)}" for name, each in value.items()]
        elif key in ("outcome", "to", "answer", "result", "end"):
            parts.append(f"-> {value}")
        else:
            parts.append(f"{key}: {shown(value, say)}")
    return clean(" ".join(parts))


def shown(value: Any, say: Say) -> str:
    """A value for people."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, timedelta):
        return say.duration(value)
    if value == "":
        return "''"
    return say("forgotten") if value is None else str(value)


# --- plain values -----------------------------------------------------------------------------------------


def step_to_plain(command: Command, step: Step | None, case: Case) -> dict[str, Any]:
    """A command, what followed or why it was refused, and where the case stands then."""
    plain: dict[str, Any] = {
        "command": command_to_plain(command),
        "accepted": step is None or step.accepted,
        "events": [] if step is None else [event_to_plain(event) for event in step.events],
        "reasons": [] if step is None else [reason_to_plain(reason) for reason in step.reasons],
    }
    if step is not None and step.repeated:
        plain["repeated"] = True
    return {**plain, **summary_to_plain(case)}


def summary_to_plain(case: Case) -> dict[str, Any]:
    """Position, chance and gap of a case."""
    gap = case.gap
    return {
        "positions": {id: position_to_plain(position) for id, position in case.positions.items()},
        "chance": case.chance,
        "gap": {"state": gap.state, "gap": gap.gap} if gap.state else None,
    }


def state_to_plain(case: Case) -> dict[str, Any]:
    """Everything there is to say of a case."""
    explained = case.explain()
    gap = explained.gap
    closing = {"closing": items_to_plain(gap.closing), "give_up_reached": gap.give_up_reached}
    since = {"since": None if gap.since is None else gap.since.isoformat()}
    summary = summary_to_plain(case)
    return {
        **summary,
        "gap": {**summary["gap"], **since, **closing} if gap.state else None,
        "ended": explained.end or None,
        "end_reason": explained.end_reason or None,
        "won": explained.won or None,
        "on_hold_since": None if explained.held_since is None else explained.held_since.isoformat(),
        "missing": items_to_plain(explained.missing),
        "debts": items_to_plain(explained.debts),
        "open_conditions": items_to_plain(explained.open_conditions),
        "decisions": explained.decisions,
        "next_actions": [action_to_plain(action) for action in explained.actions],
        "broken_behind": items_to_plain(explained.broken_behind),
        "early": items_to_plain(explained.early),
        "next_due": None if explained.next_due is None else explained.next_due.isoformat(),
    }


def position_to_plain(position: Position) -> dict[str, Any]:
    """A position."""
    return {name: getattr(position, name) for name in ("stage", "phase", "pending", "visit", "round")}


def items_to_plain(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Criteria with their statuses."""
    return [
        {
            "id": item.id,
            "title": {"en": item.criterion.title("en"), "zh": item.criterion.title("zh")},
            "status": item.status,
            "lacking": list(item.lacking),
            "where": item.where,
        }
        for item in items
    ]


def action_to_plain(action: Action) -> dict[str, Any]:
    """One thing that can be done next."""
    return {
        "kind": action.kind,
        "subject": action.subject,
        "option": action.option or None,
        "allowed": action.allowed,
        "reasons": [reason_to_plain(reason) for reason in action.reasons],
    }


def reason_to_plain(reason: Reason) -> dict[str, Any]:
    """One reason against."""
    return {
        "code": reason.code,
        "subject": reason.subject,
        "message": reason.message,
        "status": reason.status,
        "lacking": list(reason.lacking),
        "seen": list(reason.seen),
        "where": reason.where,
    }
