"""The rules that are told while a file is read: of text, shape, names and conditions."""

from __future__ import annotations

from typing import Final

from stagegate.language.rules.base import Rule

TEXT: Final = (
    Rule("yaml-syntax", "error", "text", "the file is not YAML"),
    Rule("duplicate-key", "error", "text", "a mapping has the same key twice"),
    Rule(
        "forbidden-yaml",
        "error",
        "text",
        "the file uses an anchor, alias, tag, merge key, directive or second document",
    ),
    Rule("too-deep", "error", "text", "the file is nested too deeply"),
    Rule("too-large", "error", "text", "the file is too large"),
    Rule("not-utf8", "error", "text", "the file is not UTF-8, or holds a character that may not stand in it"),
    Rule("empty-file", "error", "text", "the file holds no definition"),
    Rule("unused-ignore", "warning", "text", "a comment silences a rule that finds nothing there"),
    Rule("unknown-rule", "note", "text", "a comment silences a rule that does not exist"),
)
SHAPE: Final = (
    Rule("unknown-key", "error", "shape", "a key is not part of the language"),
    Rule("missing-key", "error", "shape", "a required key is missing"),
    Rule("wrong-type", "error", "shape", "a value is of the wrong type"),
    Rule("bad-value", "error", "shape", "a value is of the right type and may not stand there"),
    Rule(
        "unsupported-language-version",
        "error",
        "shape",
        "the file is written in a version of the language not known here",
    ),
)
NAMES: Final = (
    Rule("duplicate-id", "error", "names", "two things of one name space have the same id"),
    Rule("retired-id", "error", "names", "an id that is retired is used again"),
    Rule("unknown-stage", "error", "names", "a stage is named that is not there, or not of the track that is meant"),
    Rule("unknown-criterion", "error", "names", "a criterion is named that is not there"),
    Rule("unknown-fact", "error", "names", "a fact is named that is not declared"),
    Rule("unknown-role", "error", "names", "a role is named that is not declared"),
    Rule("unknown-document", "error", "names", "a document is named that is not declared"),
    Rule("unknown-end", "error", "names", "an end is named that is not there, or not of the kind that is meant"),
    Rule("unknown-track", "error", "names", "a track is named that is not there"),
    Rule("unknown-target", "error", "names", "a target is named that is nothing that can be gone to"),
    Rule("unknown-outcome", "error", "names", "an outcome is named that is not there, or that several have"),
    Rule("unknown-group", "error", "names", "a criterion stands in a group that its stage does not have"),
    Rule("unknown-process", "error", "names", "a process is named that is not there"),
    Rule("unknown-catalogue", "error", "names", "a catalogue, entry, checklist, metric or reason tree is not declared"),
    Rule("circular-catalogue", "error", "names", "a catalogue comes from itself, by way of other definitions"),
    Rule("recursive-procedure", "error", "names", "a process has itself as a procedure"),
)
CONDITIONS: Final = (
    Rule("condition-syntax", "error", "conditions", "a condition cannot be read"),
    Rule("condition-type", "error", "conditions", "a condition compares or combines values that do not fit"),
    Rule("condition-too-complex", "error", "conditions", "a condition is too long or nested too deeply"),
)
