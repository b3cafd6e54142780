"""The public list is held exactly: a name comes or goes only together with this file and the changelog."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

if not (ROOT / "src" / "stagegate" / "__init__.py").exists():
    pytest.skip("there is no public face yet", allow_module_level=True)

stagegate = importlib.import_module("stagegate")

EXPECTED = {
    "Action",
    "Case",
    "Command",
    "CommandError",
    "Definition",
    "DefinitionError",
    "Difference",
    "Entry",
    "Event",
    "Explanation",
    "Finding",
    "Gap",
    "Item",
    "Position",
    "Process",
    "Reason",
    "Report",
    "Snapshot",
    "SnapshotError",
    "Span",
    "StagegateError",
    "Step",
    "UnknownNameError",
    "__version__",
    "bundled_names",
    "check",
    "commands",
    "engine",
    "load",
}


def test_the_public_names_are_these() -> None:
    assert set(stagegate.__all__) == EXPECTED


def test_every_public_name_is_there() -> None:
    for name in stagegate.__all__:
        assert getattr(stagegate, name) is not None, name


def test_dir_shows_the_public_names() -> None:
    assert set(stagegate.__all__) <= set(dir(stagegate))


def test_the_types_of_the_package_are_announced() -> None:
    assert (ROOT / "src" / "stagegate" / "py.typed").exists()


def test_the_version_is_that_of_the_project() -> None:
    project = importlib.import_module("tomllib").loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert stagegate.__version__ == project["version"]
