"""The JSON Schema and the reader say the same of every shape: jsonschema is the oracle of the shape check."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from stagegate.diagnostics import Source
from stagegate.language.desk import Desk
from stagegate.language.grammar import RECORDS
from stagegate.language.rules import RULES
from stagegate.language.schema import json_schema, schema_text, validator
from stagegate.language.shape_check import check_shape
from stagegate.language.text import parse

ROOT = Path(__file__).resolve().parent.parent.parent
SEVERITIES = {rule.name: rule.severity for rule in RULES}
SHAPE_RULES = {rule.name for rule in RULES if rule.group == "shape"}
VALIDATOR = validator()

TEXT = {"en": "Text", "zh": "文字"}
NOTED = {**TEXT, "basis": "proposed", "source": TEXT, "aliases": ["other text"]}
FROM = {"basis": "field", "source": TEXT}
NOTES: dict[str, Any] = {
    "basis": "field",
    "source": "somebody",
    "aliases": ["other name"],
    "keywords": [NOTED, "word"],
    "questions": ["why?"],
    "guidance": [
        "advice",
        NOTED,
        {"text": TEXT, "basis": "proposed", "source": "s", "aliases": ["x"]},
        {"use": "strategies.deeper"},
        {"use": "list"},
    ],
}
ITEM: dict[str, Any] = {
    "title": TEXT, "actor": "both", "evidence": ["record", {"any_of": ["letter"]}], "when": "budget > 0", "applies_when": True, "optional": True,
    "once": False, "waivable": ["boss"], "group": "one", **NOTES,
}  # fmt: skip
GUARD: dict[str, Any] = {"title": TEXT, "when": "budget > 0", "requires": ["known"], "roles": ["boss"], "max": 3}
PROCEDURE = {"process": "customer-visit", "title": TEXT, "on_end": {"done": ["known"]}, **NOTES}
STAGE: dict[str, Any] = {
    "id": "visit", "title": TEXT, "definition": NOTED, "aims": ["aim"], "tasks": [TEXT], "pairs_with": ["raised"],
    "start": True, "next": "offer", "entry_milestone": [{"id": "there"}], "exit_criteria": [{"id": "known", **ITEM}],
    "stage_conditions": {
        "process": [{"id": "a"}],
        "relationship": [{"id": "b", "with": "boss", "level": 2, "content": ["product", "company"], **ITEM}],
        "information": [{"id": "c"}],
    },
    "appraisal": [{"of": "known", "weight": 0.5, **ITEM}, {"id": "own"}],
    "prohibitions": [{"id": "never", "title": TEXT, **NOTES}],
    "chance": {"reached": 0.1, "completed": 1, **FROM}, "time_limit": {"limit": "14d", **FROM}, "wins": "won", "completes": "won", "optional": True,
    "repeatable": {"max": 3, "keep": ["known"]}, "applies_when": "budget > 0", "tools": ["record", {"document": "plan", **FROM}], "participants": ["boss", {"role": "clerk", **FROM}],
    "budget": {"time": "2w", "cost": 10.5, "unit": "CNY", "effort": "low", "support": ["help"], **NOTES},
    "procedures": [PROCEDURE], "checklists": ["list"], "undescribed": False, "groups": {"one": {"title": TEXT, **NOTES}}, **NOTES,
}  # fmt: skip
AT = "2026-03-02T09:00:00+08:00"
TOLD: dict[str, Any] = {
    "by": "li.wei",
    "role": "boss",
    "note": "note",
    "key": "k-1",
    "happened": "2026-03-01T09:00:00Z",
}
COMMANDS: list[dict[str, Any]] = [
    {"do": "meet", "criterion": "known", "evidence": {"record": "file"}, "at": AT, "after": "2d", **TOLD},
    {"do": "retract", "criterion": "known"},
    {"do": "attach", "criterion": "known", "evidence": {"record": None}},
    {"do": "waive", "criterion": "known", "reason": "why", "until": AT},
    {"do": "set_facts", "facts": {"budget": 3, "kind": None, "names": ["x"]}},
    {"do": "observe", "stage": "raised", "source": "call"},
    {"do": "complete", "stage": "visit"},
    {"do": "advance", "track": "selling"},
    {"do": "decide", "decision": "decision", "outcome": "go", "reason": "price"},
    {"do": "jump", "jump": "j", "answer": "willing", "to": "offer"},
    {"do": "loop_back", "loop": "l"},
    {"do": "skip", "stage": "visit"},
    {"do": "begin", "activity": "objection"},
    {"do": "finish", "activity": "objection", "result": "solved"},
    {"do": "report", "process": "customer-visit", "end": "done"},
    {"do": "breach", "prohibition": "never"},
    {"do": "hold", "until": AT},
    {"do": "resume"},
    {"do": "end", "end": "lost", "reason": "price"},
    {"do": "reopen", "stage": "visit"},
    {"do": "tick"},
]
THEN: dict[str, Any] = {
    "refused": ["criterion_open known", "on_hold"], "events": ["entered visit", "held"],
    "position": [
        "visit", {"track": "selling", "stage": "visit", "phase": "in_progress", "pending": "decision", "visit": 2},
        {"stage": "", "pending": ""},
    ],
    "ended": "lost", "won": "", "chance": 0.5, "gap": -1, "criteria": {"known": "met"}, "missing": ["known"], "debts": [],
    "actions": ["meet known", "decide decision.go"], "no_actions": ["advance"],
}  # fmt: skip
SCENARIOS: list[dict[str, Any]] = [
    {
        "id": "long", "title": TEXT, "given": {"at_stage": "offer", "skipped": "owed", "facts": {"budget": 3}, "commands": COMMANDS},
        "when": COMMANDS[:1], "then": THEN, **NOTES,
    },
    {
        "id": "steps", "given": {"start": "visit"},
        "steps": [{"when": [], "then": {"ended": ""}}, {"when": COMMANDS[-1:], "then": {"gap": "behind", "position": "", "chance": "", "ended": ""}}],
    },
]  # fmt: skip
INVARIANTS: list[dict[str, Any]] = [
    {"id": "i", "title": TEXT, "never": "ended('lost')", "in": ["visit"], **NOTES},
    {"id": "j", "always": True},
    {"id": "k", "possible": "waived('known')"},
    {"id": "l", "from_everywhere": "won"},
    {"id": "m", "before": ["known"], "entering": ["visit", "won"], "or_waived": True, "without": ["reopen"]},
]
WHOLE: dict[str, Any] = {
    "stagegate": 1, "process": "example-process", "version": "1.0.0", "title": TEXT, "summary": "text", "family": TEXT,
    "incomplete": True,
    "facts": {
        "budget": {"type": "number", "title": TEXT, "unit": "CNY", "minimum": 0, "maximum": 10.5, **NOTES},
        "kind": {"type": "enum", "values": ["a", "b"]},
        "other_kind": {"type": "enum", "values": {"A 1": TEXT, "b": "text"}},
        "names": {"type": "list", "of": "string"},
    },
    "roles": {
        "boss": {
            "side": "seller", "title": TEXT, "qualifications": ["q"], "duties": [TEXT], "reviewers": ["boss"], "period": "12w",
            "kpis": ["share", {"id": "own", "title": TEXT, "unit": TEXT, "target": [1, 2.5], "baseline": [0], "of": TEXT, "formula": "x"}],
            **NOTES,
        }
    },
    "documents": {"record": {"title": TEXT, **NOTES}},
    "metrics": {"share": {"title": TEXT, "unit": "%", "target": 1, "baseline": 0.5, "of": TEXT, "formula": "a / b", **NOTES}},
    "catalogues": {
        "strategies": {
            "title": TEXT, "incomplete": True,
            "entries": [{"id": "deeper", "title": TEXT, "text": TEXT, "optional": True, "undescribed": True, "entries": [{"id": "e"}], **NOTES}],
            **NOTES,
        },
        "borrowed": {"from": "other-process", "catalogue": "ways", "title": TEXT, **NOTES},
    },
    "checklists": {"list": {"title": TEXT, "incomplete": False, "entries": [{"id": "first"}]}},
    "reason_trees": {"why": {"title": TEXT, "reasons": ["price", {"id": "us", "title": TEXT, "reasons": ["late"], **NOTES}], **NOTES}},
    "tracks": [
        {
            "id": "selling", "title": TEXT, "side": "seller", "position": "earned", "advance": "manual", "incomplete": True, "cycle": {"to": "visit", "forgets_win": True, **NOTES},
            "stages": [STAGE, {"id": "offer", "chance": 0.5, "repeatable": True}],
            "decision_points": [
                {
                    "id": "decision", "after": "visit", "title": TEXT, "question": NOTED, "automatic": True,
                    "outcomes": [
                        {"id": "go", "to": "offer", "keep": ["known"], "skipped": "owed", **GUARD, **NOTES},
                        {"id": "wait", "hold": "30d"}, {"id": "hold", "hold": True, "otherwise": True},
                        {"id": "again", "to": "visit", "new_round": True, "forgets_win": True, "wins": "won"},
                    ],
                    **NOTES,
                }
            ],
            "jumps": [
                {"id": "j", "from": ["visit"], "to": "offer", "probe": {"id": "p", "question": TEXT}, "skipped": "owed", **GUARD},
                {"id": "k", "from": "all", "to_any_later": True, **NOTES},
            ],
            "loops": [{"id": "l", "from": "all", "to": "visit", "keep": ["known"], **GUARD, **NOTES}],
            **NOTES,
        }
    ],
    "activities": [
        {
            "id": "objection", "title": TEXT, "definition": TEXT, "from": ["visit"], "results": ["solved", {"id": "open", "title": TEXT}], "blocks": True,
            "standing": False, "procedures": [PROCEDURE], "checklists": ["list"], **NOTES,
        }
    ],
    "ends": [
        {"id": "won", "kind": "won", "title": TEXT, "by_command": True, "continues_in": "other-process", "reasons": ["price", {"id": "other"}], "from": ["visit"],
         "when": "x", "requires": ["known"], "roles": ["boss"], **NOTES},
        {"id": "lost", "kind": "lost", "reasons": {"use": "why"}},
    ],
    "end_kinds": {"done": TEXT, "closed": "closed"},
    "gap": {"give_up_at": 3, "guidance": {"behind": "hurry", "ahead": ["wait", {"use": "strategies.deeper"}]}},
    "notation": {"start": "circle", "decision": "diamond"},
    "retired": ["gone", "also-gone"], "scenarios": SCENARIOS, "invariants": INVARIANTS,
    **NOTES,
}  # fmt: skip

WHOLE = json.loads(json.dumps(WHOLE))  # no two places share one object
Path_ = tuple[str | int, ...]

# One value of each sort that YAML knows, and what is special somewhere.
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 4, 0.5, 1.5, 1.0, 35, 2_000_000, "", "x", "Not An Id", "snake_case", "kebab-case", "x" * 70,
    "14d", "0d", "1.0.0", "all", "won", "meet", "behind", "on_hold", "on_hold x", "on_hold x y", "entered", "decide d.o", "2026-03-02",
    "2026-03-02T09:00:00Z", {"do": "tick"}, {"do": "x"}, [{"do": "hold", "x": 1}], {"stage": ""}, {"gap": 3}, {"track": "x"}, "a.b", "buyer", "enum", "list", "number", [], [[]], ["x"], ["x", "x"], ["y", "Z"],
    [1], [1, 1.0], [True, 1], [None], {}, {"en": "x"}, {"use": "a.b"}, {"use": "x"}, {"text": "x"}, {"text": "x", "en": "x"}, {"en": "x", "basis": "field"}, {"basis": "field"}, ["x", {"role": "y"}], {"limit": "3d"}, {"text": "x", "basis": "x"},
    {"id": "x"}, {"id": "X"}, {"x": "x"}, {"x": {}}, [{}], [{"id": "x"}], [{"id": "x", "to": "y", "hold": True}],
]  # fmt: skip


def shape_findings(data: object) -> list[str]:
    """What the reader finds of the shape of `data`, written as JSON (which is YAML)."""
    root, mistakes = parse(Source("data.yaml", json.dumps(data, ensure_ascii=False)))
    assert root is not None
    assert not mistakes, mistakes
    desk = Desk("data.yaml", SEVERITIES)
    check_shape(root, desk)
    return [f"{finding.rule}: {finding.message}" for finding in desk.findings]


def agree(data: object) -> None:
    """Both find something, or neither does."""
    ours = shape_findings(data)
    theirs = VALIDATOR.is_valid(data)
    assert bool(ours) is not theirs, ours or [error.message for error in VALIDATOR.iter_errors(data)][:3]


def paths(data: object, at: Path_ = ()) -> Iterator[Path_]:
    yield at
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from paths(value, (*at, index))


# What a record of the whole definition cannot do without: the required keys, and one of those of which it needs one.
BONES = {key for record in RECORDS.values() for key, field in record.fields.items() if field.required} | {
    "en", "id", "of", "to", "to_any_later", "hold", "values", "never", "before", "entering", "steps", "at_stage"
}  # fmt: skip


def around(data: Any, at: Path_) -> tuple[Any, Path_]:
    """What stands around a place in `data`, cut down to what is needed for its shape, and where the place is in that."""
    if not at:
        return data, ()
    step = at[0]
    if isinstance(data, list) and not isinstance(data[int(step)], dict):
        return data, at
    inner, further = around(data[step], at[1:])
    if isinstance(data, list):
        return [inner], (0, *further)
    return {key: inner if key == step else data[key] for key in data if key == step or key in BONES}, (step, *further)


def changed(at: Path_, change: str, value: object = None) -> Any:
    """A copy of what stands around one place of the whole definition, with that place changed."""
    if not at:
        return value
    data, at = around(WHOLE, at)
    data = copy.deepcopy(data)
    parent: Any = data
    for step in at[:-1]:
        parent = parent[step]
    if change == "remove":
        del parent[at[-1]]
    elif change == "rename":
        parent["zzz_" + str(at[-1])] = parent.pop(at[-1])
    else:
        parent[at[-1]] = value
    return data


PATHS = list(paths(WHOLE))
KEYS = [path for path in PATHS if path and isinstance(path[-1], str)]
# Of places that are alike (the title of a stage, the title of a role) one of each sort.
PLACES = list({tuple(step for step in path if isinstance(step, str))[-2:]: path for path in reversed(PATHS)}.values())
KEYED = [path for path in PLACES if path and isinstance(path[-1], str)]


def test_the_whole_definition_is_valid_and_uses_every_key_of_every_record() -> None:
    assert not shape_findings(WHOLE)
    assert VALIDATOR.is_valid(WHOLE)
    used = {path[-1] for path in KEYS}
    assert {key for record in RECORDS.values() for key in record.fields} <= used


def test_what_stands_around_a_place_is_valid() -> None:
    """Otherwise nothing could be seen at that place. Two places of each record, as the one may be what the other lacks."""
    of_record: dict[Path_, list[Path_]] = {}
    for path in sorted(KEYED, key=lambda path: path[-1] in BONES):
        of_record.setdefault(path[:-1], []).append(path)
    for path in (path for places in of_record.values() for path in places[:2]):
        data, _ = around(WHOLE, path)
        assert VALIDATOR.is_valid(data), (path, shape_findings(data))


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(json_schema())


def test_the_schema_keeps_to_words_of_draft_07() -> None:
    later = {
        "$defs",
        "$anchor",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
        "prefixItems",
        "minContains",
    }
    assert not later & {path[-1] for path in paths(json_schema()) if path}
    assert json_schema()["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_key_is_described_for_editors() -> None:
    others = json_schema()["definitions"]
    for record in [json_schema(), *others.values()]:
        for key, value in record.get("properties", {}).items():
            assert (others[value["$ref"].rpartition("/")[2]] if "$ref" in value else value)["description"], key


def test_the_schema_in_the_package_is_the_one_of_the_grammar() -> None:
    shipped = ROOT / "src" / "stagegate" / "language" / "stagegate-1.json"
    assert shipped.read_text(encoding="utf-8") == schema_text()


def parts(count: int) -> pytest.MarkDecorator:
    """A share of the work that is done every time, and the rest, which is slow."""
    rest = [pytest.param(part, marks=pytest.mark.slow) for part in range(1, count)]
    return pytest.mark.parametrize("part", [0, *rest])


@parts(8)
@pytest.mark.parametrize("change", ["remove", "rename"])
def test_without_a_key_they_agree(change: str, part: int) -> None:
    for path in KEYED[part::8]:
        agree(changed(path, change))


@parts(192)
def test_with_any_value_in_any_place_they_agree(part: int) -> None:
    """Each key of each record once; a part of the pairs of place and value is tried every time."""
    pairs = [(path, value) for path in PLACES for value in VALUES]
    for path, value in pairs[part::192]:
        agree(changed(path, "set", value))


json_values = st.recursive(
    st.sampled_from(VALUES) | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text("abz_0.-é中", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([str(p[-1]) for p in KEYS]), inner, max_size=4),
    max_leaves=6,
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PATHS[1:]), json_values), min_size=1, max_size=3))
def test_with_several_changes_they_agree(changes: list[tuple[Path_, Any]]) -> None:
    data = copy.deepcopy(WHOLE)
    for path, value in changes:
        parent: Any = data
        try:
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    agree(data)


@pytest.mark.parametrize("path", KEYED, ids=lambda path: ".".join(map(str, path)))
def test_a_misspelt_key_gives_one_finding(path: Path_) -> None:
    """Also where the key is required, and where a record needs one of several keys."""
    data, at = around(WHOLE, path)
    parent: Any = (data := copy.deepcopy(data))
    for step in at[:-1]:
        parent = parent[step]
    key = str(path[-1])
    parent[key + "z" if len(key) > 2 else key * 2] = parent.pop(key)
    found = shape_findings(data)
    assert len(found) <= 1 or len(key) <= 2, found


@parts(16)
def test_one_wrong_value_gives_one_finding(part: int) -> None:
    for path in PLACES[part::16]:
        for value in (None, 7.5, "No Good Value!", [], {}, True):
            found = shape_findings(changed(path, "set", value))
            relevant = [finding for finding in found if "needs" not in finding and "only for" not in finding]
            assert len(relevant) <= 1, (path, value, found)
