"""Getting a process or its findings by a bundled name or a path.

The only module below the command line that finds files by a name. The language and the engine are only
imported by who needs them: `check` never pays for the engine.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from stagegate.bundled import COMPANION, bundled_names, bundled_path
from stagegate.diagnostics import Report
from stagegate.doors import demand
from stagegate.errors import DefinitionError, StagegateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from os import PathLike

    from stagegate.diagnostics import Source
    from stagegate.model import Definition, Invariant, Scenario
    from stagegate.process import Process


@frozen
class Suite:
    """A process with the scenarios and invariants to hold it against.

    `path` is the file it was made from. `process` is None where its definition has errors. `report` holds everything found
    in the definition and the files beside it; where one of those has errors, what stands in it is left out.
    """

    path: str
    process: Process | None
    scenarios: tuple[Scenario, ...]
    invariants: tuple[Invariant, ...]
    report: Report

    @property
    def sources(self) -> tuple[Source, ...]:
        """The texts that scenarios and invariants stand in."""
        return self.report.sources


def load(process: str | PathLike[str]) -> Process:
    """The process of a bundled name or of a file.

    A name without a folder and without `.yaml` is a bundled one. Raises `DefinitionError` that holds every finding when the
    definition has errors, `FileNotFoundError` and other OSErrors when it cannot be read, `StagegateError`
    for a name that is not bundled.
    """
    from stagegate import language
    from stagegate.process import Process

    definition, report = language.read(find(process), processes=bundled_names, find=bundled_path)
    if definition is None:
        raise DefinitionError(report)
    return Process(definition, text_of(definition, report))


def text_of(definition: Definition, report: Report) -> str:
    """The text a definition was made from, among those a report points into."""
    return next((source.text for source in report.sources if source.name == definition.file), "")


def check(process: str | PathLike[str]) -> Report:
    """Every finding of a definition, by bundled name or path; never raises on findings, OSError when unreadable."""
    from stagegate import language

    return language.read(find(process), processes=bundled_names, find=bundled_path)[1]


def find(process: str | PathLike[str]) -> Path:
    """The file of a bundled name or a path; raises `StagegateError` for a name that is neither, `FileNotFoundError` for a path where nothing is."""
    demand(isinstance(process, str | os.PathLike), "process", "the name of a bundled process, or a path", process)
    if (
        isinstance(process, str)
        and "/" not in process
        and "\\" not in process
        and not process.endswith((".yaml", ".yml"))
    ):
        found = bundled_path(process)
        if found is not None:
            return found
        if not Path(process).exists():
            raise unknown_process(process)
    path = Path(process)
    if not os.path.lexists(path):  # a link that leads nowhere is told by who reads it
        bundled = f"; the bundled `{path.stem}` is loaded by its name alone" if bundled_path(path.stem) else ""
        raise FileNotFoundError(errno.ENOENT, f"there is no file {path.absolute()}; check the path{bundled}", str(path))
    return path


def unknown_process(name: str) -> StagegateError:
    """The error for a name that is neither bundled nor a file, with the nearest bundled name."""
    from difflib import get_close_matches

    names = bundled_names()
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"bundled: {', '.join(names)}"
    return StagegateError(f"no bundled process is named `{name:.80}`, and there is no such file; {hint}")


# -- scenarios and invariants --------------------------------------------------------------------------------


def suites(paths: Iterable[str | PathLike[str]]) -> tuple[Suite, ...]:
    """The processes of these paths, each with its scenarios and invariants.

    A path is a bundled name, a definition, a file `*.scenarios.yaml` beside one, or a folder, in which every definition below
    is found, hidden folders and linked ones apart. A definition brings what stands in the files beside it; such a file by
    itself brings only its own. Raises `StagegateError` for a name that is neither, OSError for what cannot be read.
    """
    files = list(dict.fromkeys(file for path in paths for file in _files(find(path))))
    definitions = {file.resolve() for file in files if not _is_companion(file)}
    return tuple(
        _suite_beside(file) if _is_companion(file) else _suite(file)
        for file in files
        if not _is_companion(file) or _definition_of(file) not in definitions
    )


def yaml_below(folder: str | PathLike[str], failed: Callable[[OSError], object]) -> Iterator[str]:
    """Every `*.yaml` below a folder, hidden folders and folders that are links apart; `failed` is told of what cannot be read."""
    for where, inner, names in os.walk(folder, onerror=failed):
        inner[:] = [name for name in inner if not name.startswith(".")]
        paths = (os.path.join(where, name) for name in names if name.endswith(".yaml"))
        yield from (path for path in paths if Path(path).is_file())


def _files(path: Path) -> list[Path]:
    """The definitions and the files beside one that a path stands for."""
    from stagegate import language

    if not path.is_dir():
        return [path]
    found = sorted(map(Path, yaml_below(path, _raise)))
    return [file for file in found if _is_companion(file) or language.is_definition(_text(file))]


def _raise(error: OSError) -> None:
    raise error


def _text(file: Path) -> str:
    """The text of a file as far as it is one; who reads it in earnest tells what is wrong with it."""
    return file.read_text(encoding="utf-8", errors="replace")


def _is_companion(file: Path) -> bool:
    """Whether a file stands beside a definition and holds scenarios and invariants of it."""
    return file.name.endswith(COMPANION)


def _definition_of(companion: Path) -> Path | None:
    """The definition that a file says it stands beside, wherever that is."""
    from stagegate import language

    name = language.process_in(_text(companion))
    place = language.named_alike(companion) or language.definition_beside(companion, name) or bundled_path(name)
    return None if place is None else place.resolve()


def _suite(file: Path) -> Suite:
    """A definition, with what stands in the files beside it."""
    from stagegate import language
    from stagegate.process import Process

    definition, report = language.read(file, processes=bundled_names, find=bundled_path)
    if definition is None:
        return Suite(str(file), None, (), (), report)
    reports, scenarios, invariants = [report], list(definition.scenarios), list(definition.invariants)
    for companion in sorted(file.parent.glob(f"*{COMPANION}")):
        if language.process_in(_text(companion)) == definition.name or _is_named_like(companion, file):
            beside, found = language.read_companion(companion, {definition.name: definition}.get)
            reports.append(found)
            scenarios += () if beside is None else beside.scenarios
            invariants += () if beside is None else beside.invariants
    return Suite(
        str(file),
        Process(definition, text_of(definition, report)),
        tuple(scenarios),
        tuple(invariants),
        Report.merge(reports),
    )


def _is_named_like(companion: Path, file: Path) -> bool:
    """Whether a file is named like a definition beside it: it belongs there, and is told where it says another process."""
    return companion.name == f"{file.stem}{COMPANION}"


def _suite_beside(file: Path) -> Suite:
    """A file beside a definition by itself: its process, and only its own scenarios and invariants."""
    from stagegate import language
    from stagegate.process import Process

    definition: Definition | None = None
    reports: list[Report] = []

    def find_definition(name: str) -> Definition | None:
        nonlocal definition
        beside = language.definition_beside(file, name)
        place = bundled_path(name) if beside is None else file.with_name(beside.name)
        if place is not None:
            definition, report = language.read(place, processes=bundled_names, find=bundled_path)
            reports.append(report)
        return definition

    companion, report = language.read_companion(file, find_definition)
    process = None if definition is None else Process(definition)
    reports.append(report)
    if companion is None:
        return Suite(str(file), process, (), (), Report.merge(reports))
    return Suite(str(file), process, companion.scenarios, companion.invariants, Report.merge(reports))
