"""The JSON Schema of the language, made from the grammar, for editors and for other programs.

It keeps to the words of draft-07, where the YAML language servers of many editors stop. The reader
does not use it: it holds trees against the grammar itself, and a test holds the two together.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from stagegate.language.command_shapes import COMMAND
from stagegate.language.grammar import LANGUAGE_VERSION, NOTES, RECORDS, ROOT, TOLD_IN_SCENARIOS
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
    ExactlyOne,
    Expression,
    Field,
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
)
from stagegate.language.vocabulary import pattern as pattern_of

if TYPE_CHECKING:
    from jsonschema import Draft7Validator

Schema: TypeAlias = dict[str, Any]

# What may stand in many records: it is written once, and referred to.
_SHARED: Final = {"note": NOTES, "told": TOLD_IN_SCENARIOS}
# What every time with a zone looks like; the reader looks closer.
_MOMENT: Final = r"^[0-9]{4}.{4,6}[^0-9][0-9]{2}.*([Zz]|[+-][0-9:.]{2,})$"  # a date alone ends like a zone
DRAFT: Final = "http://json-schema.org/draft-07/schema#"


def json_schema() -> Schema:
    """The schema as plain JSON values."""
    others = {name: record_schema(record) for name, record in RECORDS.items() if record is not ROOT}
    others[COMMAND.name] = by_value_schema(COMMAND)
    others |= {
        f"{group}_{key}": _described(field) for group, fields in _SHARED.items() for key, field in fields.items()
    }
    return {
        "$schema": DRAFT,
        "$id": f"https://stagegate.dev/schema/stagegate-{LANGUAGE_VERSION}.json",
        "title": "stagegate process definition",
        "description": "A buying cycle or sales process with its stages, entry milestones and exit criteria.",
        **record_schema(ROOT),
        "definitions": others,
    }


def schema_text() -> str:
    """The schema as the text of a file."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def validator() -> Draft7Validator:
    """A validator of the whole schema, for programs that want to hold plain data against it.

    Importing jsonschema takes some 80 milliseconds, so it is imported here and nowhere else.
    """
    from jsonschema import Draft7Validator

    return Draft7Validator(json_schema())


def record_schema(record: Record) -> Schema:
    """The schema of one record of the grammar."""
    made: Schema = {
        "type": "object",
        "properties": {key: _field_schema(key, field) for key, field in record.fields.items()},
        "additionalProperties": False,
    }
    required = [key for key, field in record.fields.items() if field.required]
    if required:
        made["required"] = required
    if record.constraints:
        made["allOf"] = [constraint_schema(constraint) for constraint in record.constraints]
    return made


def _field_schema(key: str, field: Field) -> Schema:
    """A key of a record; what may stand nearly everywhere is said once and referred to."""
    group = next((group for group, fields in _SHARED.items() if fields.get(key) is field), "")
    return {"$ref": f"#/definitions/{group}_{key}"} if group else _described(field)


def _described(field: Field) -> Schema:
    return {**shape_schema(field.shape), "description": field.about}


def shape_schema(shape: Shape) -> Schema:
    """The schema of one shape. A reference is wrapped, since draft-07 ignores what stands beside one."""
    match shape:
        case Words(pattern=pattern):
            return {"type": "string", "pattern": pattern} if pattern else {"type": "string"}
        case Declares():
            return {"type": "string", "pattern": ID}
        case Refers(pattern=pattern):
            return {"type": "string", "pattern": pattern}
        case Expression():
            return {"type": ["string", "boolean"]}
        case OneOf(values):
            return {"enum": list(values)}
        case Flag(only_true):
            return {"const": True} if only_true else {"type": "boolean"}
        case Number():
            return _number_schema(shape)
        case ListOf():
            return _list_schema(shape)
        case MapOf():
            return _map_schema(shape)
        case Named(name):
            return {"allOf": [{"$ref": f"#/definitions/{name}"}]}
        case Either(options):
            return {"anyOf": [shape_schema(option) for option in options]}
        case ByKey():
            return _by_key_schema(shape)
        case ByValue():
            return {"$ref": f"#/definitions/{shape.name}"}
        case Moment():
            return {"type": "string", "format": "date-time", "pattern": _MOMENT}
        case Coded():
            return {"type": "string", "pattern": pattern_of(shape)}
        case Anything():
            return {}
        case Nothing():
            return {"type": "null"}


def _number_schema(shape: Number) -> Schema:
    bounds = {"minimum": shape.least, "exclusiveMinimum": shape.above, "maximum": shape.most}
    given = {word: bound for word, bound in bounds.items() if bound is not None}
    return {"type": "integer" if shape.whole else "number", **given}


def _list_schema(shape: ListOf) -> Schema:
    made: Schema = {"type": "array", "items": shape_schema(shape.item)}
    if shape.least:
        made["minItems"] = shape.least
    if shape.most:
        made["maxItems"] = shape.most
    if shape.unique:
        made["uniqueItems"] = True
    return made


def _map_schema(shape: MapOf) -> Schema:
    made: Schema = {"type": "object"}
    value = shape_schema(shape.value)
    if shape.keys:
        made |= {"properties": dict.fromkeys(shape.keys, value), "additionalProperties": False}
    elif shape.pattern:
        made |= {"patternProperties": {shape.pattern: value}, "additionalProperties": False}
    else:
        made["additionalProperties"] = value
    if shape.least:
        made["minProperties"] = shape.least
    return made


def _by_key_schema(shape: ByKey) -> Schema:
    made = shape_schema(shape.otherwise)
    for key, named in reversed(shape.options):
        made = {"if": {"required": [key]}, "then": shape_schema(named), "else": made}
    # An `if` says nothing of other types, and each option is for a mapping.
    return {"type": "object", **made}


def by_value_schema(shape: ByValue) -> Schema:
    """The schema of records told apart by a value; it is written once, and referred to."""
    told = {"enum": [value for value, _ in shape.options], "description": f"Which {shape.name} it is."}
    each = [
        {"if": {"properties": {shape.key: {"const": value}}}, "then": {"$ref": f"#/definitions/{named.record}"}}
        for value, named in shape.options
    ]
    return {"type": "object", "required": [shape.key], "properties": {shape.key: told}, "allOf": each}


def constraint_schema(constraint: Constraint) -> Schema:
    """The schema of a rule about which keys may stand together."""
    match constraint:
        case ExactlyOne(keys):
            return {"oneOf": [{"required": [key]} for key in keys]}
        case AtLeastOne(keys):
            return {"anyOf": [{"required": [key]} for key in keys]}
        case OnlyWith(key, other, values, needed):
            there = {"properties": {other: {"enum": list(values)}}, "required": [other]}
            made: Schema = {"if": there, "else": {"not": {"required": [key]}}}
            return {**made, "then": {"required": [key]}} if needed else made
        case OnlyBeside(key, others, needed):
            beside: Schema = {"anyOf": [{"required": [other]} for other in others]}
            made = {"if": beside, "else": {"not": {"required": [key]}}}
            return {**made, "then": {"required": [key]}} if needed else made
        case NotBoth(keys):
            return {"not": {"required": list(keys)}}
