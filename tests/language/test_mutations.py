"""The acceptance test of `check`: one thing at a time is broken in the text of every bundled definition.

Each mutation must give its one finding, with the right rule, at the exact place; what else is found must be one of
the consequences declared here. Where things stand is taken from PyYAML's own nodes and from offsets in the text, not
from this project's reader. A sample runs each time, all of them (some minutes) with `STAGEGATE_ALL_MUTATIONS=1`.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from tests.language.said import PROCESS

from stagegate.bundled import bundled_names, bundled_path
from stagegate.diagnostics import Finding, Source
from stagegate.language import check_source

ROOT = Path(__file__).resolve().parent.parent.parent
TEXTS = {name: (ROOT / "definitions" / f"{name}.yaml").read_text(encoding="utf-8") for name in bundled_names()}
SUITE = """\
scenarios:
  - id: no_bid_below_the_limit
    title: {en: No bid, zh: 不投标}
    given:
      at_stage: offer
      skipped: owed
      facts: {budget: 20000, size: large}
      commands:
        - {do: meet, criterion: known, evidence: {minutes: file}, at: 2026-03-02T09:00:00+08:00, by: li, role: boss}
        - {do: waive, criterion: known, role: boss, reason: none, until: 2026-04-02T09:00:00Z}
        - {do: set_facts, facts: {count: 3}}
        - {do: observe, stage: choosing, source: call}
        - {do: advance, track: selling}
        - {do: finish, activity: objection, result: solved}
        - do: report
          process: customer-visit
          end: done
        - {do: breach, prohibition: no_price}
    when:
      - {do: decide, decision: worth_it, outcome: go, after: 14d}
    then:
      refused: [condition_false worth_it.go]
      events: [entered visit]
      position: {track: selling, stage: visit, phase: completed, pending: worth_it}
      ended: lost
      won: won
      chance: 0.5
      gap: behind
      criteria: {known: met}
      missing: [known, asked]
      actions: [meet known]
  - id: longer
    given: {start: visit}
    steps:
      - when: [{do: jump, jump: ahead, to: contract, answer: willing}]
        then: {position: contract, debts: [known]}
      - when: [{do: loop_back, loop: again}, {do: end, end: lost}]
        then: {position: [visit, {stage: choosing}]}
invariants:
  - {id: safe, never: ended('lost') && waived('known'), in: [visit]}
  - {id: dear, always: "budget > 0 || reached('selling', 'offer')", title: {en: Dear, zh: 贵}}
  - {id: early, before: [known], entering: won, or_waived: true}
  - id: open
    from_everywhere: [won, lost]
  - id: can
    possible: taken('worth_it.go') > 0
"""
TEXTS["small"] = PROCESS + SUITE
# Large enough that ten mistakes rarely stand within each other.
WELL_FILLED = ("small", "b2b-qualification", "decision-point-buying-cycle", "key-account-development", "project-sales")
ALL = bool(os.environ.get("STAGEGATE_ALL_MUTATIONS"))
CHARACTERS = 2_000_000  # of text checked in the sample, for each definition
TENS = 40 if ALL else 3

# Consequences: what may be found besides, since it follows from the mutation.
UNUSED = frozenset(("unused-name",))


class Mutation(NamedTuple):
    """A piece of the text replaced, and what must be found: a rule at an offset of the new text, so many characters wide."""

    what: str
    start: int
    end: int
    new: str
    rule: str
    at: int
    width: int
    consequences: frozenset[str] = frozenset()
    ten: bool = True  # may be one of ten in a file

    def on(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


class Site(NamedTuple):
    """An entry of a mapping: the keys above it, its key and value, and the mapping it is in."""

    path: tuple[str, ...]
    key: yaml.ScalarNode
    value: yaml.Node
    mapping: yaml.MappingNode


# --- where things stand -----------------------------------------------------------------------------------


def sites(node: yaml.Node, path: tuple[str, ...] = ()) -> Iterator[Site]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield Site(path, key, value, node)
            yield from sites(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from sites(item, path)


def place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def names_of(node: yaml.Node) -> list[yaml.ScalarNode]:
    """The names that a value holds: itself, or the items of the list it is."""
    if isinstance(node, yaml.ScalarNode):
        return [node]
    return (
        [item for item in node.value if isinstance(item, yaml.ScalarNode)]
        if isinstance(node, yaml.SequenceNode)
        else []
    )


# --- names ------------------------------------------------------------------------------------------------

ONE_NAME = {
    "pairs_with": "unknown-stage", "next": "unknown-target", "after": "unknown-stage", "of": "unknown-criterion",
    "with": "unknown-role", "wins": "unknown-end", "completes": "unknown-end", "use": "unknown-catalogue",
    "process": "unknown-process", "continues_in": "unknown-process",
}  # fmt: skip
MANY_NAMES = {
    "from": "unknown-stage", "keep": "unknown-criterion", "requires": "unknown-criterion", "roles": "unknown-role",
    "waivable": "unknown-role", "participants": "unknown-role", "reviewers": "unknown-role", "evidence": "unknown-document",
    "tools": "unknown-document", "checklists": "unknown-catalogue", "kpis": "unknown-catalogue",
}  # fmt: skip
# In scenarios and invariants the same keys name other things.
SUITES = ("scenarios", "invariants")
SAID_NAMES = {
    "criterion": "unknown-criterion", "missing": "unknown-criterion", "debts": "unknown-criterion", "before": "unknown-criterion",
    "at_stage": "unknown-stage", "start": "unknown-stage", "stage": "unknown-stage", "position": "unknown-stage",
    "in": "unknown-stage", "to": "unknown-target", "entering": "unknown-target", "from_everywhere": "unknown-target",
    "end": "unknown-end", "ended": "unknown-end", "won": "unknown-end", "role": "unknown-role", "track": "unknown-track",
    "process": "unknown-process", "outcome": "unknown-outcome", "decision": "bad-value", "pending": "unknown-target",
    "jump": "bad-value", "loop": "bad-value", "activity": "bad-value", "result": "bad-value", "prohibition": "bad-value",
}  # fmt: skip
SAID_MAPS = {"facts": "unknown-fact", "evidence": "unknown-document", "criteria": "unknown-criterion"}
DECLARING = (
    "facts",
    "roles",
    "documents",
    "metrics",
    "catalogues",
    "checklists",
    "reason_trees",
    "end_kinds",
    "groups",
)


def rule_of(site: Site) -> str:
    """The rule that a wrong name in the value of this entry breaks, "" where it holds no names."""
    if site.path and site.path[0] in SUITES:
        reported = site.key.value == "end" and any(value.value == "report" for _, value in site.mapping.value)
        inside = site.path[-1] in SAID_MAPS or reported
        return "" if inside else SAID_NAMES.get(site.key.value, "")
    key, above = site.key.value, site.path[-1] if site.path else ""
    if not site.path or (key in ("of", "with") and "facts" in site.path) or "metrics" in site.path:
        return ""
    if key == "to":
        return "unknown-stage" if above in ("loops", "cycle") else "unknown-target"
    if above == "on_end":
        return "unknown-criterion"
    if key == "process" and above != "procedures":
        return ""
    if key == "from" and len(site.path) == 2 and site.path[0] in ("catalogues", "checklists"):
        return "unknown-process"
    return ONE_NAME.get(key, "") or MANY_NAMES.get(key, "")


def wrong_names(text: str, site: Site) -> Iterator[Mutation]:
    rule = rule_of(site)
    for node in names_of(site.value) if rule else ():
        start, end, name = node.start_mark.index, node.end_mark.index, node.value
        if name == "all" or text[start:end] != name:
            continue
        joint = "-" if rule == "unknown-process" else "_"
        for new, consequences in (
            (name + "z", frozenset[str]()),
            (f"qq{joint}7{joint}q" + ".x" * ("." in name), UNUSED),
        ):
            what = f"{site.key.value}: {name} -> {new}"
            yield Mutation(what, start, end, new, rule, start, len(new), consequences, not unsaid(site))
            if site.mapping.flow_style and site.mapping.start_mark.line == node.start_mark.line and has_notes(site):
                brace = site.mapping.start_mark.index + 1
                shown = "source: 出处：来自中文资料, "
                put = shown + text[brace:start] + new
                yield Mutation(
                    f"中文, {what}", brace, end, put, rule, brace + len(put) - len(new), len(new), consequences, False
                )
        for quote in "'\"":
            new = f"{quote}{name}z{quote}"
            what = f"{site.key.value}: {name} -> {new}"
            yield Mutation(what, start, end, new, rule, start, len(new), ten=not unsaid(site))


def unsaid(site: Site) -> bool:
    """Whether a wrong name is not told where the definition has mistakes that may be why it is not found."""
    return site.path[0] in SUITES and site.key.value in ("process", "result")


def has_notes(site: Site) -> bool:
    """Whether `source` may be put into this mapping, and is not in it yet."""
    keys = {key.value for key, _ in site.mapping.value}
    return bool(keys & {"id", "of"}) and "source" not in keys and site.path[-1] not in ("probe", "reasons")


# --- values -----------------------------------------------------------------------------------------------

IDS = frozenset(ONE_NAME) | {"to"}
FLAGS = frozenset(
    ("optional", "once", "automatic", "by_command", "cycle", "undescribed", "blocks", "standing", "start", "otherwise",
     "to_any_later", "incomplete", "new_round")
)  # fmt: skip
WORDS = frozenset(("side", "position", "advance", "actor", "basis", "skipped", "type"))
NUMBERS = frozenset(("level", "weight", "max", "give_up_at", "minimum", "maximum", "reached", "completed", "chance"))
DURATIONS = frozenset(("time_limit", "period"))
TEXT_KEYS = frozenset(("title", "question", "definition", "text", "summary"))
LISTS = frozenset(MANY_NAMES) - {"from"}
# What a wrong value lets appear that the value had held back.
HELD_BACK = {
    "position": ("misplaced-key", "no-way-out", "unpaired-stage"),
    "by_command": (),
    "basis": (),
}


def wrong_values(text: str, site: Site) -> Iterator[Mutation]:
    key, value = site.key.value, site.value
    if site.path[:1] == ("notation",) or (site.path and site.path[-1] in (*DECLARING, "values", "on_end")):
        return
    start, end = value.start_mark.index, value.end_mark.index
    if not isinstance(value, yaml.ScalarNode) and not value.flow_style:
        return
    for new, rule in tries(key, value, site):
        what = f"{key}: {text[start:end][:30]} -> {new}"
        yield Mutation(what, start, end, new, rule, start, len(new), UNUSED, key != "do")


def tries(key: str, value: yaml.Node, site: Site) -> Iterator[tuple[str, str]]:
    """What may be written instead, and the rule it breaks."""
    one = isinstance(value, yaml.ScalarNode)
    if site.path and site.path[0] in SUITES:
        yield from said_tries(key, one, site)
    elif one and rule_of(site) and key in ("pairs_with", "with"):
        yield from (("7", "wrong-type"), ("{a: b}", "wrong-type"), ("true", "wrong-type"))
    elif one and rule_of(site) and key in IDS:
        yield from (("[x]", "wrong-type"), ("7", "wrong-type"), ("{a: b}", "wrong-type"), ("true", "wrong-type"))
        yield "Not An Id", "bad-value"
    elif key in FLAGS and one:
        yield from (("maybe", "wrong-type"), ("7", "wrong-type"), ("[true]", "wrong-type"), ("yes", "wrong-type"))
    elif key in WORDS and one:
        yield from (("qqq", "bad-value"), ("[x]", "wrong-type"), ("7", "wrong-type"))
    elif key in NUMBERS and one:
        yield from (("many", "wrong-type"), ('"1"', "wrong-type"), ("[1]", "wrong-type"))
        if key not in ("minimum", "maximum"):
            yield "-3", "bad-value"
    elif key in DURATIONS and one:
        yield from (("two weeks", "bad-value"), ("14", "wrong-type"), ("[14d]", "wrong-type"))
    elif key in TEXT_KEYS:
        yield from (("[x]", "wrong-type"), ("7", "wrong-type"))
    elif key in LISTS and not one and rule_of(site):
        yield from (("x", "wrong-type"), ("7", "wrong-type"), ("{a: b}", "wrong-type"))


def said_tries(key: str, one: bool, site: Site) -> Iterator[tuple[str, str]]:
    """The same in scenarios and invariants."""
    if site.path[-1] in SAID_MAPS:
        return
    if (
        one
        and rule_of(site)
        and key in ("criterion", "at_stage", "decision", "outcome", "role", "track", "pending", "ended")
    ):
        yield from (("[x]", "wrong-type"), ("7", "wrong-type"), ("{a: b}", "wrong-type"), ("Not An Id", "bad-value"))
    elif key in ("at", "until"):
        yield from (
            ("soon", "bad-value"),
            ("2026-03-02T09:00:00", "bad-value"),
            ("7", "wrong-type"),
            ("[x]", "wrong-type"),
        )
    elif key == "after":
        yield from (("two weeks", "bad-value"), ("14", "wrong-type"), ("[14d]", "wrong-type"))
    elif key in ("do", "phase", "skipped", "answer"):
        yield "qqq", "bad-value"
    elif key in ("refused", "events", "actions"):
        yield from (("x", "wrong-type"), ("7", "wrong-type"), ("{a: b}", "wrong-type"))
    elif key == "chance":
        yield from (("many", "bad-value"), ("-3", "bad-value"), ("[1]", "wrong-type"))


# --- keys -------------------------------------------------------------------------------------------------

# Without these the things in them are gone, and with them the names that others refer to.
HOLDING = frozenset(
    (*DECLARING, "stages", "tracks", "ends", "entries", "reasons", "decision_points", "outcomes", "jumps", "loops", "activities",
     "entry_milestone", "exit_criteria", "stage_conditions", "process", "relationship", "information", "appraisal", "id",
     "stagegate", "version", "values", "type", "retired", "prohibitions", "from", *SUITES)
)  # fmt: skip
# In scenarios what stands under them is not looked at then, and nothing else follows.
SAID_HOLDING = frozenset(("given", "when", "then", "steps", "commands", "do", *SAID_MAPS))
FOLLOWING = {
    "when": ("missing-key",),
}


def wrong_keys(text: str, site: Site) -> Iterator[Mutation]:
    key, node = site.key.value, site.key
    named = len(site.path) == 1 and site.path[0] in DECLARING and site.mapping.start_mark.index == 0
    top_map = site.path in {(name,) for name in DECLARING}
    if named or top_map or (site.path and site.path[-1] in ("values", "on_end")):
        return
    start, end = node.start_mark.index, node.end_mark.index
    if text[start:end] != key:
        return
    new = key + "q"
    if site.path and site.path[0] in SUITES and site.path[-1] in SAID_MAPS:
        yield Mutation(f"key {key} -> {new}", start, end, new, SAID_MAPS[site.path[-1]], start, len(new))
        return
    gone = frozenset(("*",)) if key in HOLDING else UNUSED
    yield Mutation(
        f"key {key} -> {new}",
        start,
        end,
        new,
        "unknown-key",
        start,
        len(new),
        gone,
        key not in HOLDING and key not in SAID_HOLDING,
    )


# --- conditions -------------------------------------------------------------------------------------------

PIECES = re.compile(
    r"(?P<call>met|stage|reached|taken|ended|waived)\((?P<args>[^)]*)\)|''?[^']*''?|\"[^\"]*\"|(?P<fact>(?<![\w.])[a-z_][a-z0-9_]*(?![\w(.]))"
)
NOT_FACTS = frozenset(("true", "false", "null", "in"))
CALLS = {
    "met": "unknown-criterion",
    "stage": "unknown-track",
    "taken": "unknown-outcome",
    "ended": "unknown-end",
    "waived": "unknown-criterion",
}


def wrong_conditions(text: str, site: Site) -> Iterator[Mutation]:
    if site.key.value not in ("when", "applies_when", "never", "always", "possible") or not isinstance(
        site.value, yaml.ScalarNode
    ):
        return
    yield from wrong_in_place(text, site)
    yield from wrong_in_style(text, site)


def wrong_in_place(text: str, site: Site) -> Iterator[Mutation]:
    """A wrong name in a condition as it is written."""
    start, end = site.value.start_mark.index, site.value.end_mark.index
    for found in PIECES.finditer(text[:end], start):
        if found["call"] == "reached":
            at = text.rindex(",", found.start(), found.end()) + 1
            at += len(text[at:]) - len(text[at:].lstrip())
            rule, at, stop = "unknown-stage", at, found.end("args")
        elif found["call"]:
            rule, at, stop = CALLS[found["call"]], found.start("args"), found.end("args")
        elif found["fact"] and found["fact"] not in NOT_FACTS:
            rule, at, stop = "unknown-fact", found.start(), found.end()
            yield Mutation(f"in a condition: {found[0]}z", stop, stop, "z", rule, at, stop - at + 1)
            continue
        else:
            continue
        inside = stop - 1 - (text[stop - 2 : stop] == "''")
        yield Mutation(f"in a condition: {text[at:stop]} + z", inside, inside, "z", rule, at, stop - at + 1)


class Broken(NamedTuple):
    """What is put behind a condition, the piece of it that is wrong, and the rule."""

    tail: str
    wrong: str
    rule: str


TAILS = (
    Broken(" && zz_qq > 1", "zz_qq", "unknown-fact"),
    Broken(" && met('zz_qq')", "'zz_qq'", "unknown-criterion"),
    Broken(" && 'text'", "'text'", "condition-type"),
    Broken(" && )", ")", "condition-syntax"),
)
CJK = "'预算，已知' != '中' && "


def wrong_in_style(text: str, site: Site) -> Iterator[Mutation]:
    """A condition with a mistake behind it, written in every style that can stand there."""
    start, end = site.value.start_mark.index, site.value.end_mark.index
    value = " ".join(site.value.value.split())
    if "||" in value or "?" in value or '"' in value or "\\" in value:
        value = f"({value})"
    if text[start:end].endswith("\n"):
        end -= len(text[start:end]) - len(text[start:end].rstrip())
    block = not site.mapping.flow_style
    indent = "\n" + " " * (site.key.start_mark.column + 2)
    for broken in TAILS:
        for head in ("", CJK):
            lead = head + value + broken.tail[: broken.tail.index(broken.wrong)]
            whole = head + value + broken.tail
            for style, before, after in styles(whole, lead, indent, block):
                at = start + len(before)
                width = len(broken.wrong) + (broken.wrong.count("'") if style == "single" else 0)
                what = f"{style}{' 中文' * bool(head)}: {broken.tail}"
                yield Mutation(what, start, end, before + after, broken.rule, at, width, frozenset(), not head)


def styles(whole: str, lead: str, indent: str, block: bool) -> Iterator[tuple[str, str, str]]:
    """The condition in each style, in two pieces: before the mistake, and from it on."""
    rest = whole[len(lead) :]
    if not re.search(r"[\[\]{},#]|: |^['\"!&*|>%@?-]", whole):
        yield "plain", lead, rest
    if '"' not in whole and "\\" not in whole:
        yield "double", f'"{lead}', f'{rest}"'
        yield "double, two lines", f'"{lead.rstrip()}{indent}', f'{rest}"'
    doubled = rest.replace("'", "''")
    yield "single", "'" + lead.replace("'", "''"), doubled + "'"
    if block:
        yield "folded", f">-{indent}{lead}", rest
        yield "folded, two lines", f">-{indent}{lead.rstrip()}{indent}", rest
        yield "literal", f"|-{indent}{lead}", rest


# --- the tests --------------------------------------------------------------------------------------------


@cache
def mutations(name: str) -> list[Mutation]:
    text = TEXTS[name]
    every = list(sites(yaml.compose(text, yaml.CSafeLoader)))
    kinds = (wrong_names, wrong_values, wrong_keys, wrong_conditions)
    return [mutation for kind in kinds for site in every for mutation in kind(text, site)]


def sample(name: str) -> list[Mutation]:
    """A bounded number, some of every key."""
    every = mutations(name)
    if ALL:
        return every
    random.Random(name).shuffle(every := list(every))
    seen: dict[str, int] = {}
    for index, mutation in enumerate(every):
        kind = re.split(r"[ :]", mutation.what.removeprefix("key "))[0] + mutation.rule
        seen[kind] = seen.get(kind, -1) + 1
        every[index] = mutation._replace(what=f"{seen[kind]:05} {mutation.what}")
    return sorted(every, key=lambda mutation: mutation.what[:5])[: max(60, CHARACTERS // len(TEXTS[name]) // 2)]


@cache
def usual(name: str) -> frozenset[tuple[str, str]]:
    """What is found in the definition as it is."""
    return frozenset((finding.rule, finding.message) for finding in found_in(TEXTS[name]))


def found_in(text: str) -> list[Finding]:
    return list(check_source(Source("x.yaml", text), processes=(*TEXTS, "customer-visit"), find=bundled_path)[1])


def spans(text: str, at: int, width: int) -> tuple[int, int, int, int]:
    return (*place(text, at), *place(text, at + width))


def told(finding: Finding) -> tuple[str, int, int, int, int]:
    span = finding.span
    return finding.rule, span.line, span.column, span.end_line, span.end_column


def problem_of(name: str, mutation: Mutation) -> str:
    """What is wrong with what is found, "" if nothing is."""
    text = mutation.on(TEXTS[name])
    found = [finding for finding in found_in(text) if (finding.rule, finding.message) not in usual(name)]
    wanted = (mutation.rule, *spans(text, mutation.at, mutation.width))
    if [told(finding) for finding in found].count(wanted) != 1:
        return f"{mutation.what}: wanted {wanted}, found {[told(finding) for finding in found]}"
    others = [finding for finding in found if told(finding) != wanted]
    if "*" in mutation.consequences:
        return ""
    more = [finding for finding in others if finding.rule not in mutation.consequences]
    return f"{mutation.what} {wanted}: also found {[(told(f), f.message) for f in more]}" if more else ""


@pytest.mark.parametrize("name", TEXTS)
def test_each_mistake_is_told_where_it_is_and_nothing_else(name: str) -> None:
    problems = [problem for mutation in sample(name) if (problem := problem_of(name, mutation))]
    assert not problems, f"{len(problems)} of {len(sample(name))}\n" + "\n".join(problems[:20])


@pytest.mark.parametrize("name", TEXTS)
def test_there_are_mutations_of_every_kind(name: str) -> None:
    rules = {mutation.rule for mutation in mutations(name)}
    assert {"unknown-key", "wrong-type", "bad-value"} <= rules
    assert len(mutations(name)) > 100


@pytest.mark.parametrize("seed", range(TENS))
@pytest.mark.parametrize("name", WELL_FILLED)
def test_ten_mistakes_give_ten_findings_in_one_run(name: str, seed: int) -> None:
    chance = random.Random(f"{name} {seed}")
    chosen: list[Mutation] = []
    possible = [mutation for mutation in mutations(name) if mutation.ten and "\n" not in mutation.new]
    for mutation in chance.sample(possible, len(possible)):
        apart = all(abs(place_of(name, mutation) - place_of(name, other)) > 1 for other in chosen)
        if apart:
            chosen.append(mutation)
        if len(chosen) == 10:
            break
    chosen.sort(key=lambda mutation: mutation.start)
    assert len(chosen) == 10
    text, by, wanted = TEXTS[name], 0, []
    for mutation in chosen:
        text = text[: mutation.start + by] + mutation.new + text[mutation.end + by :]
        wanted.append((mutation.rule, mutation.at + by, mutation.width))
        by += len(mutation.new) - (mutation.end - mutation.start)
    places = [(rule, *spans(text, at, width)) for rule, at, width in wanted]
    allowed = frozenset[str]().union(*(mutation.consequences for mutation in chosen))
    found = [f for f in found_in(text) if (f.rule, f.message) not in usual(name) and f.rule not in allowed]
    assert [told(finding) for finding in found] == places, [mutation.what for mutation in chosen]


def place_of(name: str, mutation: Mutation) -> int:
    return place(TEXTS[name], mutation.start)[0]
