"""From the text of a definition to the model, with every mistake on the way told.

The phases are text, shape, names, conditions, building, and the rules over the model. A phase goes
on after mistakes; only what a mistake touches is passed over by the later ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from attrs import evolve

from stagegate.diagnostics import Finding, Report, Severity, Source
from stagegate.language.build import build
from stagegate.language.desk import Desk
from stagegate.language.expressions import around, compile_all
from stagegate.language.names import Processes, collect, resolve, used_names
from stagegate.language.process_names import ProcessNames
from stagegate.language.rules import RULES, Draft, apply
from stagegate.language.shape_check import check_shape
from stagegate.language.silence import silence
from stagegate.language.suites import KEYS, apart, is_firm, suite
from stagegate.language.text import parse, read_source
from stagegate.language.tree import Mapping, Node
from stagegate.language.view import View
from stagegate.model import Definition

_MOST_SIBLINGS = 500
_HEAD = 16 * 1024
_PROCESS = re.compile(r"^process:[ \t]*[\"']?([a-z][a-z0-9-]*)", re.MULTILINE)
_DEFINITION = re.compile(r"^[\"']?(?:stagegate|tracks)[\"']?[ \t]*:", re.MULTILINE)
_SEVERITIES: dict[str, Severity] = {rule.name: rule.severity for rule in RULES}


def read(path: str | Path, *, processes: Processes | None = None) -> tuple[Definition | None, Report]:
    """The definition in the file at `path`, None if it has an error, and everything found.

    `processes` names the processes that procedures may call besides those in the same folder, or gives
    them when asked (it is asked only if the file has a procedure). Without it the names of procedures
    are not checked. An unreadable path raises the OSError as it comes.
    """
    source, findings = read_source(path)
    if source is None:
        return None, Report.of(findings)
    if processes is None:
        return check_source(source)

    def known() -> Collection[str]:
        given = processes() if callable(processes) else processes or ()
        return siblings(path) | frozenset(given)

    return check_source(source, processes=known)


def siblings(path: str | Path) -> frozenset[str]:
    """The names of the processes that the YAML files beside the one at `path` say they define."""
    return frozenset(name for _, head in _heads(path) for name in _PROCESS.findall(head))


def process_in(text: str) -> str:
    """The name of the process that a text says it is or belongs to, "" if it does not say."""
    found = _PROCESS.search(text)
    return "" if found is None else found[1]


def is_definition(text: str) -> bool:
    """Whether a text says at its left edge that it is a definition."""
    return bool(_DEFINITION.search(text))


def definition_beside(path: str | Path, process: str) -> Path | None:
    """The definition of this process among the YAML files beside the one at `path`, None if there is none."""
    heads = ((file, head) for file, head in _heads(path) if is_definition(head))
    return next((file for file, head in heads if process in _PROCESS.findall(head)), None)


def _heads(path: str | Path) -> Iterator[tuple[Path, str]]:
    """The YAML files beside the one at `path`, each with the beginning of its text."""
    for file in sorted(Path(path).resolve().parent.glob("*.yaml"))[:_MOST_SIBLINGS]:
        with file.open("rb") as opened:
            yield file, opened.read(_HEAD).decode("utf-8", "replace")


def check_source(source: Source, *, processes: Processes | None = None) -> tuple[Definition | None, Report]:
    """The definition in a text, None if it has an error, and everything found; see `read`."""
    root, findings = parse(source)
    definition: Definition | None = None
    if root is not None:
        definition, more = _check_tree(root, source.name, processes)
        findings = silence([*findings, *more], source)  # before that nothing can be silenced
    report = Report.of(findings, (source,))
    return (None if report.has_errors else definition), report


def _check_tree(root: Node, file: str, processes: Processes | None) -> tuple[Definition | None, list[Finding]]:
    desk = Desk(file, _SEVERITIES)
    mentions = check_shape(root, desk)
    if mentions is None or not isinstance(root, Mapping) or root.get("tracks") is None:
        return None, desk.findings
    mentions, said = apart(mentions, root)
    names = collect(mentions, root, desk)
    resolve(mentions, names, desk, processes)
    surroundings = around(names)
    expressions = compile_all(mentions.conditions, surroundings, desk)
    view = View(root, desk, expressions)
    definition, places = build(view, names, file)
    if any(key in root for key in KEYS):
        known = ProcessNames(definition, file, firm=is_firm(root, desk))
        found = suite(view, said, known, surroundings.env.facts)
        definition = evolve(definition, scenarios=found.scenarios, invariants=found.invariants)
    used = used_names(mentions, desk)
    apply(RULES, Draft(definition, places, names, root, used), desk)
    return definition, desk.findings
