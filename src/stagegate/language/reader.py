"""From the text of a definition to the model, with every mistake on the way told.

The phases are text, shape, names, conditions, building, and the rules over the model. A phase goes
on after mistakes; only what a mistake touches is passed over by the later ones.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from attrs import evolve

from stagegate.diagnostics import Finding, Report, Severity, Source
from stagegate.language.beside import siblings
from stagegate.language.build import build
from stagegate.language.desk import Desk
from stagegate.language.elsewhere import Find, borrow
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

_SEVERITIES: dict[str, Severity] = {rule.name: rule.severity for rule in RULES}


def read(
    path: str | Path, *, processes: Processes | None = None, find: Find | None = None
) -> tuple[Definition | None, Report]:
    """The definition in the file at `path`, None if it has an error, and everything found.

    `processes` names the processes that procedures may call besides those in the same folder, or gives
    them when asked (it is asked only if the file has a procedure). Without it the names of procedures
    are not checked, and no catalogue is fetched from another definition. `find` gives the file of a process that does not
    stand in the same folder, None where there is none. An unreadable path raises the OSError as it comes.
    """
    source, findings = read_source(path)
    if source is None:
        return None, Report.of(findings)
    if processes is None:
        return check_source(source)

    def known() -> Collection[str]:
        given = processes() if callable(processes) else processes or ()
        return siblings(path) | frozenset(given)

    return check_source(source, processes=known, find=find or _nowhere)


def _nowhere(process: str) -> None:
    """No definition stands anywhere but in the same folder."""


def check_source(
    source: Source, *, processes: Processes | None = None, find: Find | None = None
) -> tuple[Definition | None, Report]:
    """The definition in a text, None if it has an error, and everything found; see `read`.

    Without `find` no other file is looked at: what catalogues of other definitions hold is not known then, and not checked.
    """
    root, findings = parse(source)
    definition: Definition | None = None
    if root is not None:
        definition, more = _check_tree(root, source.name, processes, find)
        findings = silence([*findings, *more], source)  # before that nothing can be silenced
    report = Report.of(findings, (source,))
    return (None if report.has_errors else definition), report


def _check_tree(
    root: Node, file: str, processes: Processes | None, find: Find | None
) -> tuple[Definition | None, list[Finding]]:
    desk = Desk(file, _SEVERITIES)
    mentions = check_shape(root, desk)
    if mentions is None or not isinstance(root, Mapping) or root.get("tracks") is None:
        return None, desk.findings
    mentions, said = apart(mentions, root)
    names = collect(mentions, root, desk)
    borrow(names, root, desk, find, processes)
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
