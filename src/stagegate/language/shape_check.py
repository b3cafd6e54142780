"""Holds a tree against the grammar: the five shape rules, and everything the names rules need.

One walk finds every mistake of shape and notes, on the way, each id declared, each id referred to
and each condition, with the records it stands in. A node that had a finding is marked bad, so that
later floors say nothing more about it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping as Mapping_
from datetime import datetime
from typing import NamedTuple

from stagegate.language import vocabulary
from stagegate.language.desk import Desk, did_you_mean, first_key
from stagegate.language.grammar import LANGUAGE_VERSION, RECORDS, ROOT
from stagegate.language.near import Mark, marks_in
from stagegate.language.shapes import (
    ID,
    Anything,
    AtLeastOne,
    ByKey,
    ByValue,
    Coded,
    Constraint,
    Declares,
    Either,
    Expression,
    Flag,
    ListOf,
    MapOf,
    Moment,
    Named,
    NotBoth,
    Nothing,
    Number,
    OneOf,
    OnlyBeside,
    OnlyWith,
    Record,
    Refers,
    Shape,
    Words,
    fits,
    kinds,
)
from stagegate.language.tree import Entry, Mapping, Node, Scalar, Sequence


class Scope(NamedTuple):
    """The records a value stands in: the name of the innermost, its mapping, and the scope around it."""

    record: str
    node: Mapping
    outer: Scope | None

    def enclosing(self, *records: str) -> Mapping | None:
        """The innermost enclosing mapping that is one of `records`, or None."""
        scope: Scope | None = self
        while scope is not None:
            if scope.record in records:
                return scope.node
            scope = scope.outer
        return None


class Mention(NamedTuple):
    """An id written somewhere: declared or referred to, as `kind`; or a condition, with its role as `kind`."""

    kind: str
    node: Scalar
    scope: Scope
    key: str
    value: Node | None = None  # what the id is the key of, if it is the key of a mapping


class Mentions(NamedTuple):
    """All ids declared, ids referred to and conditions of a file, in the order of the file."""

    declared: list[Mention]
    referred: list[Mention]
    conditions: list[Mention]


def check_shape(root: Node, desk: Desk) -> Mentions | None:
    """Holds the tree of a whole file against the grammar; what it lacks goes to the desk.

    None where the tree cannot be held against it at all, and nobody should look at it any further.
    """
    if not isinstance(root, Mapping):
        if not root.broken:
            desk.reject("wrong-type", root, f"a definition must be a mapping, not {_kind_words(root)}")
        return None
    if root.get("commands") is not None and "tracks" not in root and "stagegate" not in root:
        message = "this is a commands file, not a definition"
        entry = root.entry("commands")
        place = first_key(root) if entry is None else entry.key
        desk.add("wrong-type", place, message, help="`stagegate run PROCESS COMMANDS` plays it")
        return None
    if any(key in root for key in ("scenarios", "invariants")) and "tracks" not in root and "stagegate" not in root:
        message = "this is a file of scenarios and invariants, not a definition"
        desk.add("wrong-type", first_key(root), message, help="name the definition that its `process:` says")
        return None
    if not _version_is_known(root, desk):
        return None
    walk = Walk(desk)
    walk.record(root, ROOT, None)
    return walk.mentions


def _version_is_known(root: Mapping, desk: Desk) -> bool:
    node = root.get("stagegate")
    if not isinstance(node, Scalar) or node.broken or isinstance(node.value, bool):
        return True
    if not isinstance(node.value, int | float) or node.value == LANGUAGE_VERSION:
        return True
    message = f"version {node.text} of the language is not supported"
    desk.reject("unsupported-language-version", node, message, help=f"this stagegate reads version {LANGUAGE_VERSION}")
    return False


class Walk:
    """One walk over a tree: what is wrong goes to the desk, and `mentions` gathers the ids and conditions.

    `records` are those that shapes name: the grammar of definitions, or that of another kind of file.
    """

    def __init__(self, desk: Desk, records: Mapping_[str, Record] = RECORDS) -> None:
        self.desk = desk
        self.records = records
        self.mentions = Mentions([], [], [])

    def value(self, node: Node, shape: Shape, scope: Scope, key: str) -> None:
        """Checks one value of any shape; `key` is the key it stands under."""
        if (node.broken and isinstance(node, Scalar)) or isinstance(shape, Anything):
            return
        if isinstance(shape, Either):
            kind = kind_of(node)
            option = next((o for o in shape.options if kind in kinds(o)), None)
            if option is None or _one_for_list(node, option, shape):
                self._wrong_type(node, shape, key)
            else:
                self.value(node, option, scope, key)
        elif kind_of(node) not in kinds(shape):
            self._wrong_type(node, shape, key)
        elif isinstance(node, Scalar):
            self._scalar(node, shape, scope, key)
        elif isinstance(node, Sequence):
            assert isinstance(shape, ListOf)
            self._list(node, shape, scope, key)
        elif isinstance(shape, MapOf):
            self._map(node, shape, scope, key)
        elif isinstance(shape, ByValue):
            self._by_value(node, shape, scope)
        else:
            self.record(node, self._record_of(node, shape), scope)

    # --- scalars ------------------------------------------------------------------------------------

    def _scalar(self, node: Scalar, shape: Shape, scope: Scope, key: str) -> None:
        wrong = _wrong_value(node, shape, key)
        if wrong:
            rule, message, help_text = wrong
            self._reject(rule, node, message, help_text or self._near_word(node, shape))
            return
        match shape:
            case Declares(kind):
                self.mentions.declared.append(Mention(kind, node, scope, key))
            case Refers(kind, _):
                self.mentions.referred.append(Mention(kind, node, scope, key))
            case Expression(role):
                self.mentions.conditions.append(Mention(role, node, scope, key))
            case Coded():
                self._coded(node, shape, scope, key)
            case _:
                pass

    def _coded(self, node: Scalar, shape: Coded, scope: Scope, key: str) -> None:
        """A word of the engine; what stands behind it is looked up where the names are."""
        code = node.text.split(" ")[0]
        codes = vocabulary.codes(shape)
        if code not in codes:
            near = self.desk.suggester.near(code, codes)
            message = f"no {vocabulary.WORD[shape.kind]} is named `{code}`" if code else f"`{key}` takes a word here"
            help_text = did_you_mean(near) or "they are listed in docs/reference/python.md"
            self.desk.add_at("bad-value", node.span_of(0, len(code)), node.start, message, help=help_text)
            self.desk.bad.add(id(node))
        elif not fits(vocabulary.pattern(shape), node.text):
            message = f"`{code}` is followed by the id of what it is about, not by `{_short(node)[len(code) + 1 :]}`"
            self.desk.reject("bad-value", node, message)
        else:
            self.mentions.referred.append(Mention(shape.kind, node, scope, key))

    def _near_word(self, node: Scalar, shape: Shape) -> str:
        if not isinstance(shape, OneOf) or not isinstance(node.value, str):
            return ""
        words = [str(value) for value in shape.values]
        return did_you_mean(self.desk.suggester.near(node.value, words))

    def _wrong_type(self, node: Node, shape: Shape, key: str) -> None:
        if isinstance(node, Scalar) and node.value is None:
            message = f"`{key}` is empty" if key else "an item is empty"
            self.desk.reject("wrong-type", node, message, help=f"it takes {wanted(shape)}")
            return
        written = (
            f"`{_short(node)}`" if _one_for_list(node, None, shape) and isinstance(node, Scalar) else _kind_words(node)
        )
        message = f"`{key}` takes {wanted(shape)}, not {written}"
        self._reject("wrong-type", node, message, _as_wanted(node, shape))

    def _reject(self, rule: str, node: Node, message: str, help_text: str) -> None:
        """Rejects a node; where a mark in it only looks plain, that mark is what the finding points at."""
        mark = _odd_mark(node)
        if mark is None:
            self.desk.reject(rule, node, message, help=help_text)
            return
        assert isinstance(node, Scalar)
        place = node.span_of(mark.at, mark.at + 1)
        self.desk.add_at(rule, place, node.start, f"{message}: {mark.stands}", help=mark.help)
        self.desk.bad.add(id(node))

    # --- collections --------------------------------------------------------------------------------

    def _list(self, node: Sequence, shape: ListOf, scope: Scope, key: str) -> None:
        if len(node) < shape.least:
            self.desk.reject("bad-value", node, f"`{key}` is an empty list", help="it needs at least one item")
        if shape.most and len(node) > shape.most:
            message = f"`{key}` has {len(node)} items, more than {shape.most}"
            self.desk.add("bad-value", node.items[shape.most], message)
            self.desk.bad.add(id(node))
        seen: dict[tuple[bool, object], Scalar] = {}
        for item in node:
            self.value(item, shape.item, scope, key)
            named = self._named_by(item, shape.item) if shape.unique else None
            if named is not None and not named.broken:
                self._unique(named, seen, key)

    def _named_by(self, item: Node, shape: Shape) -> Scalar | None:
        """What must not stand twice in a list: the item, or where it is a mapping the id that its first key has."""
        if isinstance(item, Mapping) and isinstance(shape, Either):
            records = [self.records[option.record] for option in shape.options if isinstance(option, Named)]
            found = item.get(next(iter(records[0].fields))) if records else None
        else:
            found = item
        return found if isinstance(found, Scalar) else None

    def _unique(self, item: Scalar, seen: dict[tuple[bool, object], Scalar], key: str) -> None:
        first = seen.setdefault((isinstance(item.value, bool), item.value), item)
        if first is not item and not self.desk.is_bad(item):
            message = f"`{item.text}` stands twice in `{key}`"
            self.desk.add("bad-value", item, message, help=f"it stands in line {first.span.line} already")

    def _map(self, node: Mapping, shape: MapOf, scope: Scope, key: str) -> None:
        if len(node) < shape.least:
            self.desk.reject("bad-value", node, f"`{key}` is an empty mapping", help="it needs at least one key")
        for entry in node.entries:
            if self._map_key(entry, shape, scope, key):
                self.value(entry.value, shape.value, scope, entry.key.text)
            else:
                self.desk.bad.add(id(entry.value))

    def _map_key(self, entry: Entry, shape: MapOf, scope: Scope, key: str) -> bool:
        name = entry.key
        if name.broken:
            return False
        if shape.keys and name.text not in shape.keys:
            near = did_you_mean(self.desk.suggester.near(name.text, shape.keys))
            message = f"unknown key `{name.text}` in `{key}`"
            help_text = _comma_in_text(entry) or near or _expected(f"`{key}`", shape.keys)
            self._reject("unknown-key", name, message, help_text)
            return False
        if not shape.keys and shape.pattern and not fits(shape.pattern, name.text):
            message = f"`{name.text}` is not an id that `{key}` can hold"
            self.desk.reject("bad-value", name, message, help=_ID_HELP)
            return False
        if shape.kind.startswith(">"):
            self.mentions.referred.append(Mention(shape.kind[1:], name, scope, key, entry.value))
        elif shape.kind:
            self.mentions.declared.append(Mention(shape.kind, name, scope, key, entry.value))
        return True

    def _record_of(self, node: Mapping, shape: Shape) -> Record:
        """The record a mapping is meant to be; a misspelt key tells it as well as the right one."""
        if isinstance(shape, Named):
            return self.records[shape.record]
        assert isinstance(shape, ByKey)
        keys = [key for key, _ in shape.options]
        written = [key for key in keys if key in node]
        shared = {key for _, named in shape.options for key in self.records[named.record].fields}
        if not written and not any(key in node for key in {*self.records[shape.otherwise.record].fields} - shared):
            written = [near for key in tuple(node.keys()) if (near := self.desk.suggester.near(key, keys))]
        name = dict(shape.options)[written[0]] if written else shape.otherwise
        return self.records[name.record]

    def _by_value(self, node: Mapping, shape: ByValue, scope: Scope) -> None:
        """Checks a mapping whose record the value of one key tells; that key misspelt tells it as well."""
        entry = node.entry(shape.key)
        if entry is None:
            entry = next((e for e in node.entries if self.desk.suggester.near(e.key.text, (shape.key,))), None)
        named = dict(shape.options)
        if entry is None:
            if not node.broken:
                message = f"a {shape.name} needs the key `{shape.key}`"
                self.desk.add("missing-key", first_key(node), message, help=_one_of(shape))
        elif isinstance(entry.value, Scalar) and entry.value.text in named:
            self.record(node, self.records[named[entry.value.text].record], scope)
        elif not entry.value.broken:
            text = _short(entry.value) if isinstance(entry.value, Scalar) else "this"
            message = f"no {shape.name} named `{text}`"
            near = self.desk.suggester.near(text, named)
            self._reject("bad-value", entry.value, message, did_you_mean(near) or _one_of(shape))

    def record(self, node: Mapping, record: Record, outer: Scope | None) -> None:
        """Checks a mapping with a fixed set of keys."""
        scope = Scope(record.name, node, outer)
        unknown = [entry for entry in node.entries if entry.key.text not in record.fields]
        meant = {self._unknown_key(entry, record, node) for entry in unknown if not entry.key.broken}
        for entry in node.entries:
            field = record.fields.get(entry.key.text)
            if field is not None:
                self.value(entry.value, field.shape, scope, entry.key.text)
        if node.broken:  # it lost a key to a finding, and nobody knows which
            return
        missing = [key for key, field in record.fields.items() if field.required and key not in node]
        self._missing(node, record, [key for key in missing if key not in meant])
        for constraint in record.constraints:
            self._constraint(node, record, constraint, meant)

    def _unknown_key(self, entry: Entry, record: Record, node: Mapping) -> str:
        key = entry.key
        free = [name for name in record.fields if name not in node]
        near = self.desk.suggester.near(key.text, free)
        message = f"unknown key `{key.text}` in {record.title}"
        there = "" if near else self.desk.suggester.near(key.text, record.fields)
        written = node.entry(there) if there else None
        help_text = _comma_in_text(entry) or did_you_mean(near)
        if not help_text and written is not None:
            help_text = f"`{there}` stands in line {written.key.span.line} already"
        self._reject("unknown-key", key, message, help_text or _expected(record.title, record.fields))
        return near

    def _missing(self, node: Mapping, record: Record, keys: list[str]) -> None:
        for key in keys:
            self.desk.add(
                "missing-key",
                first_key(node),
                f"{record.title} needs the key `{key}`",
                help=_as_help(record.fields[key].about),
            )

    def _constraint(self, node: Mapping, record: Record, constraint: Constraint, meant: set[str]) -> None:
        """`meant` are the keys that misspelt ones were meant to be, and those already said to be missing."""
        if isinstance(constraint, OnlyWith):
            self._only_with(node, record, constraint, meant)
            return
        if isinstance(constraint, OnlyBeside):
            self._only_beside(node, record, constraint, meant)
            return
        given = [key for key in constraint.keys if key in node]
        either = " or ".join(f"`{key}`" for key in constraint.keys)
        if not given and not isinstance(constraint, NotBoth) and not meant.intersection(constraint.keys):
            self.desk.add("missing-key", first_key(node), f"{record.title} needs {either}")
            meant.update(constraint.keys)
        elif len(given) > 1 and not isinstance(constraint, AtLeastOne):
            entry = node.entry(given[1])
            assert entry is not None
            two = len(constraint.keys) == 2
            message = f"takes either {either}, not both" if two else f"takes only one of {either.replace(' or ', ', ')}"
            self.desk.reject("bad-value", entry.key, f"{record.title} {message}")
            self.desk.bad.add(id(entry.value))

    def _only_beside(self, node: Mapping, record: Record, rule: OnlyBeside, meant: set[str]) -> None:
        entry, given = node.entry(rule.key), [key for key in rule.others if key in node]
        if entry is not None and not given and not meant.intersection(rule.others):
            others = " or ".join(f"`{key}`" for key in rule.others)
            message = f"in {record.title} `{rule.key}` stands only beside {others}"
            self.desk.reject("bad-value", entry.key, message)
            self.desk.bad.add(id(entry.value))
        elif entry is None and given and rule.needed and rule.key not in meant:
            message = f"{record.title} with `{given[0]}` needs the key `{rule.key}`"
            self.desk.add("missing-key", first_key(node), message, help=_as_help(record.fields[rule.key].about))

    def _only_with(self, node: Mapping, record: Record, rule: OnlyWith, meant: set[str]) -> None:
        other = node.get(rule.other)
        if not isinstance(other, Scalar) or self.desk.is_bad(other):
            return
        entry, fits = node.entry(rule.key), other.value in rule.values
        where = " or ".join(f"`{value}`" for value in rule.values)
        if entry is not None and not fits:
            message = f"`{rule.key}` is only for {record.title} whose `{rule.other}` is {where}"
            self.desk.reject("bad-value", entry.key, message, help=f"its `{rule.other}` is `{other.text}`")
            self.desk.bad.add(id(entry.value))
        elif entry is None and fits and rule.needed and rule.key not in meant:
            message = f"{record.title} whose `{rule.other}` is {where} needs the key `{rule.key}`"
            self.desk.add("missing-key", first_key(node), message)


_ID_HELP = "ids are snake_case: a small letter, then small letters, digits and `_`, at most 64"


def kind_of(node: Node) -> str:
    """The kind of a YAML node: string, number, boolean, nothing, list or mapping."""
    if isinstance(node, Mapping):
        return "mapping"
    if isinstance(node, Sequence):
        return "list"
    match node.value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case None:
            return "nothing"
        case _:
            return "string"


def _kind_words(node: Node) -> str:
    kind = kind_of(node)
    if kind in {"boolean", "number"} and isinstance(node, Scalar):
        return f"the {kind} `{node.text[:40]}`"
    return kind if kind == "nothing" else f"a {kind}"


def wanted(shape: Shape) -> str:
    """What a shape takes, in words with an article."""
    match shape:
        case Words(what=what):
            return what
        case Declares():
            return "a snake_case id"
        case Refers():
            return "an id"
        case Expression():
            return "a condition"
        case OneOf(values):
            shown = ", ".join(f"`{value}`" if value != "" else "`''`" for value in values)
            return shown if len(values) == 1 else f"one of {shown}"
        case Number(whole):
            return "a whole number" if whole else "a number"
        case Flag(only_true):
            return "`true`" if only_true else "`true` or `false`"
        case ListOf():
            return "a list"
        case MapOf() | ByKey() | ByValue():
            return "a mapping"
        case Moment():
            return "a time with a zone such as `2026-03-02T09:00:00+08:00`"
        case Coded(kind):
            return f"a {vocabulary.WORD[kind]}, alone or with a subject"
        case Anything():
            return "any value"
        case Nothing():
            return "nothing"
        case Named(name):
            return "a mapping with " + ", ".join(f"`{key}`" for key in list(RECORDS[name].fields)[:2])
        case Either(options):
            return " or ".join(dict.fromkeys(wanted(option) for option in options))


def _wrong_value(node: Scalar, shape: Shape, key: str) -> tuple[str, str, str] | None:
    """The rule, message and help for a scalar of the right kind whose value is wrong, or None."""
    value = node.value
    match shape:
        case Words(what, pattern, _) if pattern and not fits(pattern, node.text):
            return "bad-value", f"`{key}` takes {what}, not `{_short(node)}`", ""
        case Declares() if not fits(ID, node.text):
            return "bad-value", f"`{_short(node)}` is not an id", _ID_HELP
        case Refers(pattern=pattern) if not fits(pattern, node.text):
            form = "`catalogue` or `catalogue.entry`" if "." in pattern else "an id"
            return "bad-value", f"`{_short(node)}` in `{key}` is not {form}", "" if "." in pattern else _ID_HELP
        case OneOf(values) if not _among(value, values):
            return "bad-value", f"`{key}` takes {wanted(shape)}, not `{_short(node)}`", ""
        case Moment():
            return _wrong_moment(node, key)
        case Flag(True) if value is not True:
            return "bad-value", f"`{key}` takes only `true`", "leave the key out"
        case Number():
            return _wrong_number(node, shape, key)
        case _:
            return None


def _wrong_moment(node: Scalar, key: str) -> tuple[str, str, str] | None:
    try:
        moment = datetime.fromisoformat(node.text)
    except ValueError:
        return "bad-value", f"`{key}` takes a time, not `{_short(node)}`", "write it as `2026-03-02T09:00:00+08:00`"
    if moment.tzinfo is None:
        help_text = f"write `{moment.isoformat()}Z`, or an offset such as `+08:00`"
        return "bad-value", f"`{key}` is a time without a zone", help_text
    return None


def _one_of(shape: ByValue) -> str:
    return f"a {shape.name} is one of " + ", ".join(f"`{value}`" for value, _ in shape.options)


def _among(value: object, values: tuple[str | int, ...]) -> bool:
    return not isinstance(value, bool) and value in values


def _wrong_number(node: Scalar, shape: Number, key: str) -> tuple[str, str, str] | None:
    value = node.value
    assert isinstance(value, int | float)
    if not math.isfinite(value):
        return "bad-value", f"`{key}` takes a finite number", ""
    if shape.whole and value != int(value):
        return "wrong-type", f"`{key}` takes a whole number, not `{node.text}`", ""
    if shape.least is not None and value < shape.least:
        return "bad-value", f"`{key}` is {node.text}, less than {shape.least:g}", ""
    if shape.above is not None and value <= shape.above:
        return "bad-value", f"`{key}` is {node.text}, and must be more than {shape.above:g}", ""
    if shape.most is not None and value > shape.most:
        help_text = f"{value:g} percent is {value / 100:g}" if shape.most == 1 and value <= 100 else ""
        return "bad-value", f"`{key}` is {node.text}, more than {shape.most:g}", help_text
    return None


def _short(node: Scalar) -> str:
    text = " ".join(node.text.split())
    return text if len(text) <= 40 else text[:37] + "..."


def _expected(title: str, keys: object) -> str:
    assert isinstance(keys, dict | tuple)
    return f"{title} may have " + ", ".join(f"`{key}`" for key in keys)


def _as_help(about: str) -> str:
    """The description of a key as a help: it goes on from a colon, and has no full stop."""
    return (about[0].lower() + about[1:]).rstrip(".")


def _one_for_list(node: Node, option: Shape | None, shape: Shape) -> bool:
    """Whether a single value was written where a list, or one of a few words of its own, is taken."""
    if not isinstance(node, Scalar) or not isinstance(shape, Either):
        return False
    items = [o.item for o in shape.options if isinstance(o, ListOf)]
    words = [o for o in shape.options if isinstance(o, OneOf) and o not in items]
    if not items or not words:
        return False
    return option in (None, *words) and not any(_among(node.value, o.values) for o in words)


def _as_wanted(node: Node, shape: Shape) -> str:
    """How to write a value whose kind is wrong, an empty string where nobody can tell."""
    if not isinstance(node, Scalar):
        return ""
    options = shape.options if isinstance(shape, Either) else (shape,)
    kind = kind_of(node)
    text = _short(node)
    if "string" in kinds(shape) and kind != "string":
        return _as_text(text, options)
    if kind == "string" and any(isinstance(o, Flag) for o in options) and node.text.lower() in {"true", "yes", "on"}:
        return "write `true`, without quotes"
    percent = node.text.removesuffix("%").strip()
    if kind == "string" and percent != node.text and percent.isdecimal() and percent.isascii() and len(percent) <= 3:
        if any(isinstance(o, Number) and o.most == 1 for o in options):
            return f"{percent} percent is {int(percent) / 100:g}"
    if any(isinstance(o, ListOf) and kind in kinds(o.item) for o in options):
        return f"write `[{node.lines.text[node.start : node.end].strip() if len(node.text) <= 40 else text}]`"
    return ""


def _as_text(text: str, options: tuple[Shape, ...]) -> str:
    """How to write a number or boolean where a text is taken; never a text that is wrong again."""
    for option in options:
        if isinstance(option, Words) and option.pattern:
            better = next((text + end for end in ("d", ".0", ".0.0") if fits(option.pattern, text + end)), "")
            if fits(option.pattern, text):
                break
            return f"write it like `{better or option.example}`" if better or option.example else ""
        if isinstance(option, Declares | Refers):
            return _ID_HELP
        if isinstance(option, Words):
            break
    else:
        return ""
    return f'write it in quotes: "{text}"'


def _odd_mark(node: Node) -> Mark | None:
    """The first mark in an unquoted value that only looks plain."""
    if not isinstance(node, Scalar) or node.style:
        return None
    return next(iter(marks_in(node.text)), None)


def _comma_in_text(entry: Entry) -> str:
    """What to do where a key has neither colon nor value: it is the rest of a text that a comma cut off."""
    key, value = entry.key, entry.value
    bare = isinstance(value, Scalar) and value.value is None and value.start == value.end
    if not bare or ":" in key.lines.text[key.end : value.end + 1].split("#")[0]:
        return ""
    return "put a text that holds a comma in quotes"
