"""The public list is held exactly: a name comes or goes only together with this file and the changelog."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import stagegate

ROOT = Path(__file__).resolve().parent.parent

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
    assert len(stagegate.__all__) == len(EXPECTED)


def test_every_public_name_is_there() -> None:
    for name in stagegate.__all__:
        assert getattr(stagegate, name) is not None, name


def test_dir_shows_the_public_names() -> None:
    assert set(stagegate.__all__) <= set(dir(stagegate))


def test_a_star_import_gives_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from stagegate import *", names)
    assert set(names) - {"__builtins__"} == EXPECTED


def test_what_is_public_has_a_docstring() -> None:
    for name in sorted(EXPECTED - {"__version__"}):
        assert getattr(stagegate, name).__doc__, name


def test_public_classes_and_errors_say_where_they_are_from() -> None:
    for name in EXPECTED:
        value = getattr(stagegate, name)
        if isinstance(value, type):
            assert value.__module__.split(".")[0] == "stagegate", name


def test_every_error_is_a_stagegate_error() -> None:
    errors = [n for n in EXPECTED if n.endswith("Error")]
    assert all(issubclass(getattr(stagegate, name), stagegate.StagegateError) for name in errors)


def test_the_types_of_the_package_are_announced() -> None:
    assert (ROOT / "src" / "stagegate" / "py.typed").exists()


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert stagegate.__version__ == project["version"]


def test_no_module_shadows_one_of_the_standard_library() -> None:
    """A file named like one of Python's own would be found first by who runs it in its folder."""
    ours = {path.stem for path in (ROOT / "src" / "stagegate").glob("*.py")}
    assert not ours & set(sys.stdlib_module_names) - {"__init__", "__main__"}


@pytest.mark.skipif(not (ROOT / "src/stagegate/cli/__init__.py").exists(), reason="there is no command line yet")
def test_python_dash_m_is_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stagegate", "--help"], capture_output=True, text=True, cwd=ROOT / "src", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "check" in done.stdout


@pytest.mark.parametrize("read", [stagegate.load, stagegate.check])
def test_a_definition_that_is_not_there_says_where_it_was_looked_for(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for given in ("zz.yaml", "folder/zz", Path("zz.yaml")):
        with pytest.raises(FileNotFoundError, match=r"there is no file /.*zz.*; check the path: "):
            read(given)
    for given in ("project-sales.yaml", Path("project-sales")):
        with pytest.raises(FileNotFoundError, match="the bundled `project-sales` is loaded by its name alone"):
            read(given)
    for nothing in (None, 42):
        with pytest.raises(stagegate.CommandError, match="`process` is the name of a bundled process, or a path"):
            read(nothing)
