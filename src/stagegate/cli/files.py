"""Reading and writing files for commands: what goes wrong becomes one line that says what to do."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from stagegate.cli.terminal import Misuse, complain, leave, tell

if TYPE_CHECKING:
    from stagegate.diagnostics import Report, Source
    from stagegate.process import Process

_WHY = {
    errno.ENOENT: "there is no such file; check the path",
    errno.EISDIR: "it is a folder; name a file in it",
    errno.ENOTDIR: "a part of the path is not a folder; check the path",
    errno.EACCES: "permission denied; check its permissions",
    errno.EPERM: "permission denied; check its permissions",
    errno.ELOOP: "its symbolic links go round in a circle; name the file itself",
    errno.ENAMETOOLONG: "the name is too long for a file; check the path",
    errno.EEXIST: "it is there already; choose another name",
    errno.ENOSPC: "the disk is full; make room",
}


def why(error: OSError) -> str:
    """The reason of an OSError, and what to do about it."""
    return _WHY.get(error.errno or 0) or (error.strerror or str(error)).lower()


def cannot_read(path: object, error: OSError) -> str:
    """The line for a file that cannot be read."""
    return f"cannot read `{path}`: {why(error)}"


def load_process(name: str) -> Process:
    """The process of a path or bundled name. A definition with mistakes shows them and ends the command with 1."""
    from stagegate.errors import DefinitionError, StagegateError
    from stagegate.loading import find, load

    try:
        return load(from_here(find(name)))
    except DefinitionError as error:
        show_report(error.report)
        complain(f"`{name}` has mistakes and cannot be used; mend them first")
        leave(1)
    except StagegateError as error:
        raise Misuse(str(error)) from None
    except OSError as error:
        raise Misuse(cannot_read(name, error)) from None


def versions(old: str, new: str) -> tuple[Process, Process]:
    """The two versions, of one process."""
    before, after = load_process(old), load_process(new)
    if before.name != after.name:
        raise Misuse(f"`{old}` is of `{before.name}`, `{new}` of `{after.name}`; give two versions of one process")
    return before, after


def from_here(path: Path) -> Path:
    """A path as it is said from the present folder, if it lies below."""
    try:
        return path.relative_to(Path.cwd()) if path.is_absolute() else path
    except (OSError, ValueError):
        return path


def show_report(report: Report) -> None:
    """Findings in full on the standard error."""
    import sys

    from stagegate.cli.terminal import colored
    from stagegate.render.findings import render

    tell(render(report, "full", color=colored(sys.stderr)))


def read_text(path: str) -> Source:
    """The text of a file that must be one; findings about its text end the command with 1."""
    from stagegate.diagnostics import Report
    from stagegate.language.text import read_source

    try:
        source, findings = read_source(path)
    except OSError as error:
        raise Misuse(cannot_read(path, error)) from None
    if source is None:
        show_report(Report.of(findings))
        leave(1)
    return source


def write_file(path: str, content: str | bytes, *, fresh: bool = False) -> None:
    """Writes a file whole; with `fresh` only where there is none yet."""
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        with Path(path).open("xb" if fresh else "wb") as file:
            file.write(data)
    except OSError as error:
        raise Misuse(f"cannot write `{path}`: {why(error)}") from None
