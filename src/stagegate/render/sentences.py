"""Why a command is refused, as a sentence for people: one for each code of the engine, in English and Chinese.

English keeps the sentence of the engine, which says more; the table serves where it has none. In Chinese the sentence is
made here, with what the definition and the command know: titles, the roles allowed, the bounds of a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from stagegate.conditions import Condition
from stagegate.engine import Command, Reason
from stagegate.model import NO_TEXT, Definition, Jump, Loop, Outcome, ReasonTree
from stagegate.render.words import Say
from stagegate.render.wrap import clean

# By the code of the reason; `{}` is what it is about, with its title.
SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "ended": ("the case has ended; it can only be reopened", "案件已结束，只能重新打开"),
    "not_ended": ("the case has not ended", "案件尚未结束，不能重新打开"),
    "too_early": ("`at` is before the last command", "记录时间早于上一条命令"),
    "happened_later": ("`happened` is after `at`", "发生时间晚于记录时间"),
    "key_reused": ("the key {} was used for another command", "键值 {} 已用于另一条命令"),
    "on_hold": ("the case is on hold: resume it first", "案件已暂停，须先恢复"),
    "not_on_hold": ("the case is not on hold", "案件并未暂停"),
    "blocked": ("{} is running and blocks the case: finish it first", "{} 正在进行，案件停留，须先结束该活动"),
    "derived": ("{} is derived, it is not reported", "{} 由其他信息得出，不能直接报告"),
    "not_met": ("{} is not met, there is nothing to take back", "{} 并未满足，无可撤回"),
    "not_waivable": ("{} cannot be waived", "{} 不可豁免"),
    "role_not_allowed": ("{} is not for this role", "{}：该角色无权进行"),
    "reason_required": ("{} needs a reason", "{}：须说明原因"),
    "unknown_reason": ("{} is not one of the reasons", "{} 不是规定的原因"),
    "until_passed": ("the date is not ahead", "所给日期已过"),
    "fact_type": ("{} is not of its type", "{} 的值与其类型不符"),
    "fact_range": ("{} is outside its range", "{} 的值超出范围"),
    "source_required": ("an observation needs a source: how is it known?", "观察 {} 须说明来源：从何得知？"),
    "not_observed": ("the track of {} is earned by evidence, not observed", "{} 所在轨道凭证据推进，不能由观察得出"),
    "criterion_open": ("{} is not met", "{}：未满足"),
    "not_current": ("{} is not the present stage", "{} 不是当前阶段"),
    "has_exit_criteria": (
        "{} is completed by its exit criteria, not by a mark",
        "{} 由完成标准决定是否完成，不能人工标记",
    ),
    "already_completed": ("{} is already completed", "{} 已经完成"),
    "needs_complete": (
        "{} has no exit criteria: complete it, or take the decision after it",
        "{} 没有完成标准：须标记完成，或作出其后的决策",
    ),
    "decision_pending": ("{} is to be decided first", "须先作出决策：{}"),
    "nothing_ahead": ("there is nothing to advance to", "前面已无可推进之处"),
    "automatic": ("{} is taken by itself", "{} 由条件自动决定，不由人操作"),
    "not_asked": ("{} is not asked now", "{} 现在还不到决策的时候"),
    "condition_false": ("{}: the condition is false", "{}：条件不成立"),
    "condition_unknown": ("{}: the condition is unknown", "{}：条件尚不明确"),
    "max_reached": ("{} was taken as often as allowed", "{} 已达到允许的次数"),
    "wrong_origin": ("{} does not start from here", "{} 不能从当前阶段开始"),
    "answer_required": ("the probe of {} must be answered: willing or unwilling", "{} 须回答试探问题：愿意或不愿意"),
    "target_required": ("{} may lead to any later place: name it", "{} 可通往任一后续位置，须指明目标"),
    "not_ahead": ("{} does not lie ahead", "{} 不在前方"),
    "not_optional": ("{} is not optional", "{} 不是可选阶段，不能跳过"),
    "already_passed": ("the case has already passed {}", "案件已经过 {}"),
    "already_skipped": ("{} is already skipped", "{} 已经跳过"),
    "already_running": ("{} is already running", "{} 已在进行"),
    "not_running": ("{} is not running", "{} 并未进行"),
    "standing": ("{} is standing conduct, it is never begun", "{} 属常设行为，不需要开始"),
    "result_required": ("{} needs a result", "{} 须给出结果"),
    "not_by_command": ("{} is not reached by command but by the process", "{} 由流程到达，不能由命令宣布"),
    "not_reached": ("{} was never reached", "{} 从未到达"),
}

# What an unknown condition lacks besides facts, as the evaluator says it.
CAUSES: Final = (
    (re.compile(r"criterion `(\w+)` is unknown"), "条件项 {} 未知"),
    (re.compile(r"track `(\w+)` has not been observed"), "轨道 {} 尚未观察"),
    (re.compile(r"`(\w+)` is outside the years 1 to 9999"), "{} 超出公元 1 至 9999 年"),
)
# An outcome of an automatic decision that has no condition of its own.
OTHERWISE: Final[Mapping[str, str]] = {"condition_unknown": "waits_for_others", "condition_false": "other_allowed"}
Move = tuple[Condition | None, tuple[str, ...], int | None]
NOTHING: Final[Move] = (None, (), None)


class Name(Protocol):
    """Gives a thing its title; facts, documents and roles are asked for by their kind."""

    def __call__(self, id: str, kind: str = "") -> str: ...


class Sentences:
    """Writes the reasons of one process in one language; `name(id, kind)` gives anything its title."""

    def __init__(self, definition: Definition, say: Say, name: Name) -> None:
        self.definition = definition
        self.say = say
        self.name = name
        self.facts = {fact.id: fact for fact in definition.facts}
        self.criteria = {criterion.id: criterion for criterion in definition.criteria()}
        self.activities = {activity.id: activity for activity in definition.activities}
        self.origins: dict[str, tuple[str, ...]] = {}
        self.moves: dict[str, Move] = {}
        outcomes = {f"{d.id}.{o.id}": o for d in definition.decision_points() for o in d.outcomes}
        self.reasons = {end.id: end.reasons for end in definition.ends}
        self.reasons |= {key: self.reasons.get(outcome.to) for key, outcome in outcomes.items()}
        repeats = {s.id: s.repeatable for s in definition.stages() if s.repeatable is not None}
        for track in definition.tracks:
            moves: tuple[Jump | Loop, ...] = (*track.jumps, *track.loops)
            self.origins |= {move.id: move.origins for move in moves}
            self.moves |= {move.id: guards_of(move) for move in moves}
        self.moves |= {id: guards_of(outcome) for id, outcome in outcomes.items()}
        self.moves |= {id: guards_of(repeat) for id, repeat in repeats.items()}

    def sentence(self, reason: Reason, command: Command | None = None) -> str:
        """One reason against; `command` is the one refused."""
        if self.say.language != "zh":
            return clean(reason.message) or self.short(reason)
        return self.short(reason) + self.say.brackets_of(*self.details(reason, command))

    def short(self, reason: Reason) -> str:
        """What stands in the table."""
        kind = "fact" if reason.code in ("fact_type", "fact_range") else ""
        subject = self.name(reason.subject, kind) if reason.subject else ""
        if reason.code == "criterion_open" and reason.status:
            return f"{subject}{self.say.colon}{self.say(reason.status)}"
        if reason.code in OTHERWISE and self.moves.get(reason.subject, NOTHING)[0] is None:
            return f"{subject}{self.say.colon}{self.say(OTHERWISE[reason.code])}"
        pair = SENTENCES.get(reason.code)
        return clean(reason.message) if pair is None else pair[self.say.at].format(subject)

    def details(self, reason: Reason, command: Command | None) -> Iterable[str]:
        """What else is to be said: what was demanded, what is lacking, what was seen."""
        say, subject = self.say, reason.subject
        when, roles, most = self.moves.get(subject, NOTHING)
        args = {} if command is None else command.args
        match reason.code:
            case "role_not_allowed":
                criterion = self.criteria.get(subject)
                allowed = roles or (criterion.waivable if criterion is not None else ())
                given = command.role if command is not None else ""
                yield say.labelled("roles", say.listed(self.name(role, "role") for role in allowed))
                yield say.labelled("given_role", self.name(given, "role") if given else say("no_role"))
            case "condition_false" | "condition_unknown" if when is not None:
                yield clean(when.text)
            case "max_reached" if most is not None:
                yield say("max", most)
            case "wrong_origin":
                yield say.labelled("from", say.listed(map(self.name, self.origins.get(subject, ()))))
            case "fact_type" | "fact_range":
                yield from self.bounds(subject)
                given_value = args.get("facts", {}).get(subject) if command is not None else None
                if given_value is not None:
                    yield say.labelled("given_value", clean(str(given_value))[:60])
            case "result_required" if subject in self.activities:
                yield say.labelled(
                    "results", say.listed(self.result(subject, each) for each in self.activities[subject].results)
                )
            case "reason_required" | "unknown_reason":
                yield from self.leaves(subject, command)
            case "derived" if subject in self.criteria:
                derived = self.criteria[subject]
                yield clean(derived.when.text) if derived.when is not None else self.name(derived.of)
            case _:
                pass
        if reason.lacking:
            yield f"{say('lacking')} {say.listed(map(self.thing, reason.lacking))}"
        if reason.seen:
            yield f"{say('seen')} {say.listed(map(self.thing, reason.seen))}"

    def bounds(self, id: str) -> Iterable[str]:
        """What a fact must be."""
        fact = self.facts.get(id)
        if fact is None:
            return
        if fact.type.values:
            yield self.say.labelled("one_of", self.say.listed(map(clean, fact.type.values)))
        else:
            yield self.say.labelled("type", self.say.fact_kind(fact.type.kind))
        if fact.minimum is not None:
            yield self.say("at_least", f"{fact.minimum:.12g}")
        if fact.maximum is not None:
            yield self.say("at_most", f"{fact.maximum:.12g}")

    def result(self, activity: str, id: str) -> str:
        """How an activity finishes: its title with its id, the id where it has none."""
        titles = self.activities[activity].result_titles if activity in self.activities else {}
        title = clean(titles.get(id, NO_TEXT)(self.say.language))
        return f"{title} [{clean(id)}]" if title else clean(id)

    def leaves(self, subject: str, command: Command | None) -> Iterable[str]:
        """The reasons that may be given for an end."""
        tree: ReasonTree | None = self.reasons.get(subject)
        if tree is None and command is not None:
            outcome = command.args.get("outcome")
            tree = self.reasons.get(f"{command.subject}.{outcome}" if outcome else command.subject)
        if tree is not None:
            yield self.say.labelled("one_of", self.say.listed(map(self.name, tree.leaves())))

    def thing(self, text: str) -> str:
        """A document, fact or cause that is lacking or was seen, as the engine says it; with its title in Chinese."""
        if self.say.language != "zh":
            return clean(text)
        for word in ("document", "fact"):
            if text.startswith(f"{word} "):
                names = text.removeprefix(f"{word} ").split(" or ")  # of several documents one is enough
                return f"{self.say(word)} {self.say('or').join(self.name(name, word) for name in names)}"
        fact, equals, value = text.partition(" = ")
        if equals and fact in self.facts:
            return f"{self.name(fact, 'fact')} = {clean(value)}"
        for pattern, words in CAUSES:
            found = pattern.fullmatch(text)
            if found is not None:
                return words.format(self.name(found[1]))
        return clean(text)


def guards_of(move: Outcome | Jump | Loop) -> Move:
    """What a move asks for besides criteria."""
    return move.when, move.roles, move.max
