"""Catalogues that are written in another definition (`from: process`), followed to where they stand.

Of the other file only that catalogue is looked at: whatever else is wrong there is told where that file is checked.
The file is read each time, so a change in it is seen at once; a text that was parsed just before is not parsed again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from attrs import evolve

from stagegate.diagnostics import Finding, Severity, Source
from stagegate.language.beside import definitions_beside
from stagegate.language.build_things import catalogue as built
from stagegate.language.build_things import completed
from stagegate.language.desk import Desk, did_you_mean, text_of
from stagegate.language.expressions import Expressions
from stagegate.language.grammar import RECORDS
from stagegate.language.names import Declaration, Names, Processes, declared_are
from stagegate.language.rules import RULES
from stagegate.language.shape_check import Walk
from stagegate.language.text import parse, read_source
from stagegate.language.tree import Mapping, Node, Scalar
from stagegate.language.view import View
from stagegate.model import Catalogue, CatalogueEntry, Guidance, Notes

Find: TypeAlias = Callable[[str], Path | None]

MOST_OTHERS: Final = 20
_SECTIONS: Final = {"catalogue": ("catalogues", "checklists"), "checklist": ("checklists", "catalogues")}
_SEVERITIES: dict[str, Severity] = {rule.name: rule.severity for rule in RULES}


class NowhereError(Exception):
    """Raised inside this module where a catalogue cannot be had; it is told at the `from` that asks for it."""

    def __init__(self, rule: str, message: str, help: str = "", *, at: str = "from", name: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.help = help
        self.at = at  # the key whose value is to be mended
        self.name = name  # what is not there,
        self.there: Collection[str] = ()  # and what is


class Wanted(NamedTuple):
    """A catalogue of a process, or a checklist; `kind` says which is looked for first."""

    process: str
    kind: str
    id: str


def borrow(names: Names, root: Mapping, desk: Desk, find: Find | None, processes: Processes | None) -> None:
    """Has the catalogues that come from other definitions taken up among the names; what is wrong with them goes to the desk.

    `find` gives the file of a process that does not stand beside this one. Without it no other file is read: nobody knows
    what these catalogues hold, and only the names of the processes are held against `processes`.
    """
    own = text_of(root.get("process"))
    library = None if find is None else Library(find)
    for declaration in (*names.of("catalogue").values(), *names.of("checklist").values()):
        if "from" in declaration.record:
            try:
                names.borrowed[id(declaration.record)] = _borrowed(declaration, own, desk, library, processes)
            except NowhereError as error:
                names.borrowed[id(declaration.record)] = None
                node = declaration.record.get(error.at) or declaration.record.get("from") or declaration.node
                there = _known(processes) if error.rule == "unknown-process" else error.there
                near = desk.suggester.near(error.name, sorted(there)) if error.name else ""
                desk.reject(error.rule, node, error.message, help=did_you_mean(near) or error.help)


def _borrowed(
    declaration: Declaration, own: str, desk: Desk, library: Library | None, processes: Processes | None
) -> Catalogue | None:
    """The catalogue that a declaration takes from elsewhere, None where that cannot be known. Raises NowhereError."""
    wanted = wanted_by(declaration.record, declaration.kind, declaration.name, desk)
    if wanted is None:
        return None
    if wanted.process == own:
        message = f"{declaration.kind} `{declaration.name}` comes from the process it stands in"
        raise NowhereError("circular-catalogue", message, "write its `entries` here, or name another process")
    if library is not None:
        return library.fetch(wanted, Path(desk.file), (Wanted(own, declaration.kind, declaration.name),))
    if processes is not None and wanted.process not in _known(processes):
        raise _no_process(wanted.process)
    return None


def _known(processes: Processes | None) -> Collection[str]:
    return processes() if callable(processes) else processes or ()


def wanted_by(record: Mapping, kind: str, name: str, desk: Desk) -> Wanted | None:
    """What the `from` and `catalogue` of a record ask for, None where one of them had a finding."""
    process, there = record.get("from"), record.get("catalogue")
    if not isinstance(process, Scalar) or desk.is_bad(process):
        return None
    if there is not None and (not isinstance(there, Scalar) or desk.is_bad(there)):
        return None
    return Wanted(process.text, kind, name if there is None else text_of(there))


def _no_process(name: str) -> NowhereError:
    help_text = "a definition stands in the same folder, or is bundled"
    return NowhereError("unknown-process", f"no process named `{name}`", help_text, name=name)


class Library:
    """The definitions that catalogues are taken from: each file is read once, and at most `MOST_OTHERS` of them."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._roots: dict[Path, Mapping] = {}
        self._folders: dict[Path, dict[str, Path]] = {}

    def fetch(self, wanted: Wanted, beside: Path, way: tuple[Wanted, ...]) -> Catalogue:
        """The catalogue that is wanted, by a file `beside` which others stand; `way` leads there. Raises NowhereError."""
        if wanted.process in {each.process for each in way if each.id == wanted.id}:
            steps = " -> ".join(f"`{each.process}.{each.id}`" for each in (*way, wanted))
            message = f"{way[0].kind} `{way[0].id}` comes from itself: {steps}"
            raise NowhereError("circular-catalogue", message, "write its `entries` in one of these definitions")
        path = self._beside(beside).get(wanted.process) or self._find(wanted.process)
        if path is None:
            raise self._missing(wanted, way)
        root = self._root(wanted.process, path)
        return self._taken(wanted, root, path, (*way, wanted))

    def _beside(self, file: Path) -> dict[str, Path]:
        if file.parent not in self._folders:
            self._folders[file.parent] = definitions_beside(file)
        return self._folders[file.parent]

    def _missing(self, wanted: Wanted, way: tuple[Wanted, ...]) -> NowhereError:
        if len(way) == 1:
            return _no_process(wanted.process)
        message = (
            f"{way[-1].kind} `{way[-1].id}` of process `{way[-1].process}` comes from a process that is not there: "
        )
        return NowhereError("unknown-process", message + f"`{wanted.process}`")

    def _root(self, process: str, path: Path) -> Mapping:
        """The tree of the file at `path`."""
        if path not in self._roots:
            if len(self._roots) == MOST_OTHERS:
                raise NowhereError("bad-value", f"catalogues come from more than {MOST_OTHERS} other definitions")
            self._roots[path] = _read(process, path)
        return self._roots[path]

    def _taken(self, wanted: Wanted, root: Mapping, path: Path, way: tuple[Wanted, ...]) -> Catalogue:
        kind, record = _record(wanted, root, is_first=len(way) == 2)
        desk = Desk(path.name, _SEVERITIES)
        here = _built(wanted.id, kind, record, desk)
        if desk.findings:
            message = f"{kind} `{wanted.id}` of process `{wanted.process}` has a mistake: {desk.findings[0].message}"
            raise NowhereError("unknown-catalogue", message, _mend(desk.findings[0], path))
        further = wanted_by(record, kind, wanted.id, desk)
        if further is not None:
            return completed(_by_itself(here, root), record, self.fetch(further, path, way))
        return _by_itself(here, root)


def _read(process: str, path: Path) -> Mapping:
    """The tree of a definition, as far as its text is sound."""
    try:
        source, findings = read_source(path)
    except OSError as error:
        message = f"the definition of `{process}` cannot be read: {error.strerror or 'it is no file'}"
        raise NowhereError("unknown-process", message) from None
    root: Node | None = None
    if source is not None:
        root, findings = _parsed(source)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        message = f"the definition of `{process}` cannot be read: {errors[0].message}"
        raise NowhereError("unknown-process", message, _mend(errors[0], path))
    if not isinstance(root, Mapping):
        raise NowhereError("unknown-process", f"the definition of `{process}` cannot be read: it is no mapping")
    return root


@functools.lru_cache(maxsize=8)
def _parsed(source: Source) -> tuple[Node | None, list[Finding]]:
    """The tree of a text. Many definitions take from the same few, and a tree is not changed once it is made."""
    return parse(source)


def _mend(finding: Finding, path: Path) -> str:
    return f"mend {path.name}:{finding.span.line}:{finding.span.column}"


def _record(wanted: Wanted, root: Mapping, *, is_first: bool) -> tuple[str, Mapping]:
    """What is wanted as it is written in a tree, and whether it is a catalogue or a checklist."""
    there: list[str] = []
    for section in _SECTIONS[wanted.kind]:
        found = root.get(section)
        if isinstance(found, Mapping):
            there += [entry.key.text for entry in found.entries if isinstance(entry.value, Mapping)]
            record = found.get(wanted.id)
            if isinstance(record, Mapping):
                return section[:-1], record
    message = f"process `{wanted.process}` has no {wanted.kind} `{wanted.id}`"
    at = "catalogue" if is_first else "from"
    error = NowhereError("unknown-catalogue", message, declared_are(there), at=at, name=wanted.id)
    error.there = there
    raise error


def _built(id: str, kind: str, record: Mapping, desk: Desk) -> Catalogue:
    walk = Walk(desk)
    walk.record(record, RECORDS[kind], None)
    return built(id, View(record, desk, Expressions()))


# --- advice within it ------------------------------------------------------------------------------


def _by_itself(catalogue: Catalogue, root: Mapping) -> Catalogue:
    """The catalogue with what its advice takes from others of its file written out: they are not here."""

    def out(notes: Notes) -> Notes:
        pieces = (_written_out(piece, catalogue, root) for piece in notes.guidance)
        return (
            evolve(notes, guidance=tuple(piece for piece in pieces if piece is not None)) if notes.guidance else notes
        )

    def entries(within: tuple[CatalogueEntry, ...]) -> tuple[CatalogueEntry, ...]:
        return tuple(evolve(entry, notes=out(entry.notes), entries=entries(entry.entries)) for entry in within)

    return evolve(catalogue, notes=out(catalogue.notes), entries=entries(catalogue.entries))


def _written_out(piece: Guidance, catalogue: Catalogue, root: Mapping) -> Guidance | None:
    """A piece of advice without the name of a catalogue; None where it says nothing."""
    used = catalogue if piece.catalogue == catalogue.id else _of_same_file(piece.catalogue, root)
    if not piece.catalogue or used is None:
        return None if piece.catalogue else piece
    entry = next((each for each in used.every_entry() if each.id == piece.entry), None)
    text = used.title if not piece.entry else entry.text or entry.title if entry is not None else None
    return evolve(piece, text=text, catalogue="", entry="") if text else None


def _of_same_file(id: str, root: Mapping) -> Catalogue | None:
    try:
        kind, record = _record(Wanted("", "catalogue", id), root, is_first=False)
    except NowhereError:
        return None
    desk = Desk("", _SEVERITIES)
    used = _built(id, kind, record, desk)
    return None if desk.findings else used
