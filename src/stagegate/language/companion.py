"""A companion file: scenarios and invariants of a process, beside its definition.

    process: project-sales
    scenarios: [...]
    invariants: [...]

They are written as in the definition, and read against its model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from stagegate.diagnostics import Report, Severity, Source
from stagegate.language.beside import named_alike, process_at
from stagegate.language.desk import Desk, did_you_mean
from stagegate.language.expressions import Surroundings, compile_all, environment_of
from stagegate.language.grammar import COMPANION
from stagegate.language.names import Names, collect
from stagegate.language.process_names import ProcessNames
from stagegate.language.rules import RULES
from stagegate.language.shape_check import Walk
from stagegate.language.silence import silence
from stagegate.language.suites import suite
from stagegate.language.text import parse, read_source
from stagegate.language.tree import Mapping, Node, Scalar
from stagegate.language.view import View
from stagegate.model import Definition, Invariant, Scenario

Lookup: TypeAlias = Callable[[str], Definition | None]

_SEVERITIES: Final[dict[str, Severity]] = {rule.name: rule.severity for rule in RULES}
_HAS_SUITE: Final = re.compile(r"^[\"']?(?:scenarios|invariants)[\"']?[ \t]*:", re.MULTILINE)
_IS_ANOTHER: Final = re.compile(r"^[\"']?(?:stagegate|tracks|commands)[\"']?[ \t]*:", re.MULTILINE)


class Companion(NamedTuple):
    """Scenarios and invariants that stand beside a definition; each says the file it stands in."""

    process: str
    scenarios: tuple[Scenario, ...]
    invariants: tuple[Invariant, ...]


def is_companion(text: str) -> bool:
    """Whether a text says at its left edge that it holds scenarios or invariants, and not that it is another file."""
    return bool(_HAS_SUITE.search(text)) and not _IS_ANOTHER.search(text)


def read_companion(place: str | Path | Source, find: Lookup) -> tuple[Companion | None, Report]:
    """The scenarios and invariants of a file or text, None if it has an error, and everything found.

    A file that is named like a definition beside it belongs to that one: it has an error where it says another process.

    `find` gives the definition of a process by its name, None where there is none that can be used. A path that
    cannot be read raises the OSError as it comes.
    """
    source, findings = (place, []) if isinstance(place, Source) else read_source(place)
    if source is None:
        return None, Report.of(findings)
    root, findings = parse(source)
    companion = None
    if root is not None:
        desk = Desk(source.name, _SEVERITIES)
        companion = _read(root, find, desk)
        findings = silence([*findings, *desk.findings], source)
    report = Report.of(findings, (source,))
    return (None if report.has_errors else companion), report


def _read(root: Node, find: Lookup, desk: Desk) -> Companion | None:
    if not isinstance(root, Mapping):
        if not root.broken:
            desk.reject("wrong-type", root, "a file of scenarios must be a mapping with `process` and `scenarios`")
        return None
    walk = Walk(desk)
    walk.record(root, COMPANION, None)
    names = collect(walk.mentions, root, desk)
    definition = _definition(root.get("process"), find, desk)
    if definition is None:
        return None
    known = ProcessNames(definition, desk.file)
    env = environment_of(definition)
    expressions = compile_all(walk.mentions.conditions, Surroundings(env, known), desk)
    found = suite(View(root, desk, expressions), walk.mentions.referred, known, env.facts, desk.file)
    _tell_taken(names, definition, desk)
    return Companion(definition.name, found.scenarios, found.invariants)


def _tell_taken(names: Names, definition: Definition, desk: Desk) -> None:
    """The definition may have a scenario or invariant of the same id: both are played together."""
    for declaration in names.all:
        line, _ = definition.where.get(f"{declaration.kind}:{declaration.name}", (0, 0))
        if line:
            message = f"the id `{declaration.name}` is that of another {declaration.kind} of the process"
            desk.add("duplicate-id", declaration.node, message, help=f"it stands in {definition.file}:{line}")


def _definition(node: Node | None, find: Lookup, desk: Desk) -> Definition | None:
    if not isinstance(node, Scalar) or desk.is_bad(node):
        return None
    alike = named_alike(desk.file)
    name = node.text if alike is None else process_at(alike)
    if alike is not None and name not in ("", node.text):
        message = f"`{alike.name}` beside this file is `{name}`, and these are scenarios of `{node.text}`"
        other = " (scenarios of another process stand in a file that is named like its definition)"
        desk.reject("unknown-process", node, message, help=did_you_mean(name) + other)
        return None
    definition = find(node.text)
    if definition is None:
        message = f"no definition of `{node.text}` is there that can be used"
        desk.reject("unknown-process", node, message, help="it stands in the same folder, or is bundled")
    return definition
