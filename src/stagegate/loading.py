"""Getting a process or its findings by a bundled name or a path.

The only module below the command line that finds files by a name. The language and the engine are only
imported by who needs them: `check` never pays for the engine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stagegate.bundled import bundled_names, bundled_path
from stagegate.errors import DefinitionError, StagegateError

if TYPE_CHECKING:
    from os import PathLike

    from stagegate.diagnostics import Report
    from stagegate.process import Process


def load(process: str | PathLike[str]) -> Process:
    """The process of a bundled name or of a file.

    A name without a folder and without `.yaml` is a bundled one. Raises `DefinitionError` that holds every finding when the
    definition has errors, `FileNotFoundError` and other OSErrors when it cannot be read, `StagegateError`
    for a name that is not bundled.
    """
    from stagegate import language
    from stagegate.process import Process

    definition, report = language.read(find(process), processes=bundled_names)
    if definition is None:
        raise DefinitionError(report)
    return Process(definition)


def check(process: str | PathLike[str]) -> Report:
    """Every finding of a definition, by bundled name or path; never raises on findings, OSError when unreadable."""
    from stagegate import language

    return language.read(find(process), processes=bundled_names)[1]


def find(process: str | PathLike[str]) -> Path:
    """The file of a bundled name or a path; raises `StagegateError` for a name that is neither."""
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
    return Path(process)


def unknown_process(name: str) -> StagegateError:
    """The error for a name that is neither bundled nor a file, with the nearest bundled name."""
    from difflib import get_close_matches

    names = bundled_names()
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"bundled: {', '.join(names)}"
    return StagegateError(f"no bundled process is named `{name:.80}`, and there is no such file; {hint}")
