"""The words the grammar is written in: what a value may look like, apart from what it means.

A shape is plain data. `grammar` spells the language in shapes, `shape_check` holds a tree against
them, and `schema` turns them into a JSON Schema: one table, so that the three cannot disagree.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

ID = r"^[a-z][a-z0-9_]{0,63}$"
NAME = r"^(?=.{1,64}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$"
ID_OR_NONE = r"^([a-z][a-z0-9_]{0,63})?$"
REFERENCE = r"^[a-z][a-z0-9_]{0,63}(\.[a-z][a-z0-9_]{0,63})?$"


def fits(pattern: str, text: str) -> bool:
    """Whether a text has this pattern; for Python `$` fits before a last line break too, for JSON Schema it does not."""
    return text[-1:] != "\n" and re.search(pattern, text) is not None


class Words(NamedTuple):
    """A string; `pattern` narrows it, `what` says in words what is wanted."""

    what: str = "text"
    pattern: str = ""
    example: str = ""
    least: int = 0


class Declares(NamedTuple):
    """The id of the thing in which it stands: declared here, in the name space of `kind`."""

    kind: str


class Refers(NamedTuple):
    """The id of a thing declared elsewhere; `kind` says which things it may name."""

    kind: str
    pattern: str = ID


class Expression(NamedTuple):
    """A condition. `role` says whose: `when` of a criterion, `applies_when` of a stage, `guard` of a move, `invariant`."""

    role: str


class OneOf(NamedTuple):
    """One of a few words or numbers."""

    values: tuple[str | int, ...]


class Moment(NamedTuple):
    """A time with a zone, as ISO 8601 writes it."""


class Coded(NamedTuple):
    """A word of the engine, alone or with what it is about behind a blank: `criterion_open need_known`.

    `kind` says which words: those of `vocabulary`.
    """

    kind: str


class Anything(NamedTuple):
    """A value of any kind; what it must be is only known where the names are."""


class Nothing(NamedTuple):
    """No value: the key stands there alone."""


class Number(NamedTuple):
    """A number, whole if `whole`, within the bounds given."""

    whole: bool = False
    least: float | None = None
    above: float | None = None
    most: float | None = None


class Flag(NamedTuple):
    """A boolean; with `only_true` the one value that makes sense is `true`."""

    only_true: bool = False


class ListOf(NamedTuple):
    """A list of one shape, of at least `least` and at most `most` items, all different if `unique`."""

    item: Shape
    least: int = 0
    most: int = 0
    unique: bool = False


class MapOf(NamedTuple):
    """A mapping from ids (or, without `pattern`, any strings) of `kind` to one shape.

    `kind` is declared by the keys, or referred to where it begins with `>`, or neither if it is empty.
    """

    value: Shape
    kind: str = ""
    pattern: str = ID
    keys: tuple[str, ...] = ()
    least: int = 0


class Named(NamedTuple):
    """The record of this name in the grammar."""

    record: str


class Either(NamedTuple):
    """One of several shapes that the kind of the YAML node (string, number, list ...) tells apart."""

    options: tuple[Shape, ...]


class ByKey(NamedTuple):
    """Records told apart by a key that only one of them has; the last is for a mapping without any."""

    options: tuple[tuple[str, Named], ...]
    otherwise: Named


class ByValue(NamedTuple):
    """Records told apart by the value of `key`, which all of them have. `name` is one for any of them, in messages too."""

    name: str
    key: str
    options: tuple[tuple[str, Named], ...]


class Field(NamedTuple):
    """A key of a record."""

    shape: Shape
    about: str
    required: bool = False


class ExactlyOne(NamedTuple):
    """Of these keys exactly one must stand in the record."""

    keys: tuple[str, ...]


class AtLeastOne(NamedTuple):
    """Of these keys at least one must stand in the record."""

    keys: tuple[str, ...]


class OnlyWith(NamedTuple):
    """`key` makes sense only where `other` is one of `values`; `needed` there if so said."""

    key: str
    other: str
    values: tuple[str, ...]
    needed: bool = False


class NotBoth(NamedTuple):
    """Of these two keys at most one may stand in the record."""

    keys: tuple[str, str]


class OnlyBeside(NamedTuple):
    """`key` makes sense only where one of `others` stands too; `needed` there if so said."""

    key: str
    others: tuple[str, ...]
    needed: bool = False


Constraint: TypeAlias = ExactlyOne | AtLeastOne | OnlyWith | NotBoth | OnlyBeside


class Record(NamedTuple):
    """A mapping with a fixed set of keys. `title` is its name in messages, with an article."""

    name: str
    title: str
    fields: dict[str, Field]
    constraints: tuple[Constraint, ...] = ()


Shape: TypeAlias = (
    Words
    | Declares
    | Refers
    | Expression
    | OneOf
    | Moment
    | Coded
    | Anything
    | Nothing
    | Number
    | Flag
    | ListOf
    | MapOf
    | Named
    | Either
    | ByKey
    | ByValue
)

EVERY_KIND = ("string", "number", "boolean", "nothing", "list", "mapping")
KINDS: dict[type, str] = {
    Words: "string",
    Moment: "string",
    Coded: "string",
    Nothing: "nothing",
    Declares: "string",
    Refers: "string",
    Flag: "boolean",
    Number: "number",
    ListOf: "list",
    MapOf: "mapping",
    Named: "mapping",
    ByKey: "mapping",
    ByValue: "mapping",
}


def kinds(shape: Shape) -> tuple[str, ...]:
    """The kinds of YAML node that can have this shape."""
    if isinstance(shape, Either):
        return tuple(kind for option in shape.options for kind in kinds(option))
    if isinstance(shape, Anything):
        return EVERY_KIND
    if isinstance(shape, Expression):
        return ("string", "boolean")
    if isinstance(shape, OneOf):
        return ("string",) if isinstance(shape.values[0], str) else ("number",)
    return (KINDS[type(shape)],)
