"""The processes that `test` and `prove` are asked for: with their scenarios and invariants, mistakes told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stagegate.cli.files import cannot_read, from_here, show_report
from stagegate.cli.terminal import Misuse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from stagegate.loading import Suite
    from stagegate.model import Text


def suites_of(paths: tuple[str, ...]) -> tuple[Suite, ...]:
    """What the paths stand for, without any all bundled processes; definitions and files with errors are shown."""
    from stagegate.bundled import bundled_names
    from stagegate.errors import StagegateError
    from stagegate.loading import suites

    try:
        found = suites([place(path) for path in paths or bundled_names()])
    except StagegateError as error:
        raise Misuse(str(error)) from None
    except OSError as error:
        raise Misuse(cannot_read(error.filename, error)) from None
    if not found:
        raise Misuse(f"there is no definition below {' or '.join(f'`{path}`' for path in paths)}; name another folder")
    show_errors(found)
    return found


def place(path: str) -> Path:
    """A path as it is said from here."""
    from stagegate.loading import find

    return from_here(find(path))


def show_errors(suites: Iterable[Suite]) -> None:
    """The errors of definitions and of files beside them, on the standard error; warnings are for `check`."""
    from stagegate.diagnostics import Report

    wrong = [suite.report for suite in suites if suite.report.has_errors]
    if wrong:
        report = Report.merge(wrong)
        show_report(Report.of((finding for finding in report if finding.severity == "error"), report.sources))


def is_meant(word: str, name: str, *ids: str, title: Text) -> bool:
    """Whether the word of `-k` is in a process name, an id or a title; big and small letters are the same."""
    return not word or any(word.casefold() in text.casefold() for text in (name, *ids, title("en"), title("zh")))
