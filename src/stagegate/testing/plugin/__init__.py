"""The pytest plugin: every definition a file of items, each of which runs alone by its id.

Off unless asked for: by naming a YAML file on the command line, by `--stagegate`, or in the configuration by
`stagegate = true` or `stagegate_definitions`. Every pytest run imports this module, so it imports nothing but pytest; what it
does for definitions stands in the modules beside it.

PYTEST_DONT_REWRITE: nothing is asserted here, and a test of the plugin may have imported it before pytest does.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from stagegate.testing.plugin.files import DefinitionFile

MARKERS: Final = (
    "stagegate: made from a stagegate definition",
    "stagegate_check: the findings of a definition",
    "stagegate_scenario: a scenario of a definition, played",
    "stagegate_invariant: an invariant of a definition, proved or broken",
    "stagegate_proof: a proof that nobody has to ask for",
    "stagegate_property: a property held against random deals; needs Hypothesis",
)
SEEN: Final = "stagegate_seen"
"""The attribute of a report that says of which file its item has seen what. Not a user property: these would end up in
JUnit XML, where they break the schema."""

asked_for = pytest.StashKey[frozenset[Path]]()
place = pytest.StashKey[tuple[str, int]]()
shown = pytest.StashKey[str]()  # as written by `Coverage.written`


class StagegateWarning(pytest.PytestWarning):
    """A warning that `stagegate check` gives for a definition."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option and the lines of configuration."""
    group = parser.getgroup("stagegate", "definitions of buying cycles and sales stages")
    group.addoption(
        "--stagegate", action="store_true", default=False, help="test every stagegate definition below the paths"
    )
    parser.addini("stagegate", "test every stagegate definition below the paths", type="bool", default=False)
    parser.addini(
        "stagegate_definitions",
        "test the definitions that fit one of these patterns, from the root folder (definitions/*.yaml)",
        type="args",
        default=[],
    )
    parser.addini("stagegate_strict", "warnings of `stagegate check` fail, too", type="bool", default=False)
    parser.addini(
        "stagegate_undecided", "what becomes of an invariant that stays undecided: skip or fail", default="skip"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The markers; what is asked for is only looked up when files are collected."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if config.getini("stagegate_undecided") not in ("skip", "fail"):
        raise pytest.UsageError("stagegate_undecided is `skip` or `fail`")
    config.pluginmanager.register(Footer(config), "stagegate-footer")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DefinitionFile | None:
    """A definition, or a file of scenarios, that is asked for."""
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    named = parent.session.isinitpath(file_path)
    if not (named or wanted(parent.config, file_path)):
        return None
    from stagegate.testing.plugin.files import DefinitionFile, is_collected

    if not is_collected(file_path, named=named):
        return None
    return DefinitionFile.from_parent(parent, path=file_path)


def wanted(config: pytest.Config, path: Path) -> bool:
    """Whether a file that is not named on the command line is asked for by option or configuration."""
    if config.getoption("stagegate") or config.getini("stagegate"):
        return True
    patterns = config.getini("stagegate_definitions")
    if not patterns:
        return False
    if asked_for not in config.stash:
        config.stash[asked_for] = frozenset(matching(config.rootpath, patterns))
    return path in config.stash[asked_for]


def matching(root: Path, patterns: list[str]) -> Generator[Path]:
    """The files that fit the patterns; raises `UsageError` for one that is none."""
    for pattern in patterns:
        try:
            yield from root.glob(pattern)
        except (NotImplementedError, ValueError) as error:
            raise pytest.UsageError(
                f"stagegate_definitions: `{pattern}` is no pattern from the root folder: {error}"
            ) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped item of a definition is told at its place there; what an item has seen goes with its report."""
    report = yield
    if shown in item.stash:
        setattr(report, SEEN, (str(item.path), item.stash[shown]))
    if report.skipped and place in item.stash and isinstance(report.longrepr, tuple):
        report.longrepr = (*item.stash[place], report.longrepr[2])
    return report


class Footer:
    """Gathers what items have seen, wherever they ran, and tells it at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seen: dict[str, set[str]] = {}  # by file, as written by `Coverage.written`

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes over what an item has seen."""
        if report.when == "call" and hasattr(report, SEEN):
            file, written = getattr(report, SEEN)
            self.seen.setdefault(file, set()).add(written)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tells what of each process was seen, and what never was."""
        if self.seen:
            from stagegate.testing.plugin.footer import lines

            terminalreporter.section("stagegate: what was seen")
            for line in lines(self.config, self.seen):
                terminalreporter.line(line)
