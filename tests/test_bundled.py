"""Bundled definitions are found by name, in a checkout and in an installed package, and nothing else is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stagegate import bundled

ROOT = Path(__file__).resolve().parent.parent


def test_each_definition_of_the_repository_is_bundled() -> None:
    assert bundled.bundled_names() == sorted(
        path.stem for path in (ROOT / "definitions").glob("*.yaml") if "." not in path.stem
    )


def test_a_name_leads_to_its_file() -> None:
    for name in bundled.bundled_names():
        path = bundled.bundled_path(name)
        assert path is not None
        assert path.read_text(encoding="utf-8").find(f"process: {name}\n") >= 0


@pytest.mark.parametrize(
    "name", ["", ".", "..", "no-such-process", "../definitions/project-sales", "project-sales.yaml"]
)
def test_other_names_lead_nowhere(name: str) -> None:
    assert bundled.bundled_path(name) is None


def names_from(folder: Path) -> str:
    """What a fresh interpreter says that finds stagegate in `folder`."""
    program = "from stagegate.bundled import bundled_names, bundled_path as p; print(bundled_names(), p('a'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=folder, check=True)
    return done.stdout.strip()


def package_in(folder: Path) -> Path:
    """A package with nothing but this module."""
    package = folder / "stagegate"
    package.mkdir(parents=True)
    shutil.copy(bundled.__file__, package)
    (package / "__init__.py").touch()
    return package


def test_an_installed_package_has_them_inside(tmp_path: Path) -> None:
    definitions = package_in(tmp_path) / "definitions"
    definitions.mkdir()
    (definitions / "a.yaml").touch()
    (definitions / "notes.txt").touch()
    assert names_from(tmp_path) == f"['a'] {definitions / 'a.yaml'}"


def test_a_folder_beside_an_installed_package_is_not_taken_for_ours(tmp_path: Path) -> None:
    package_in(tmp_path / "site-packages")
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "a.yaml").touch()
    assert names_from(tmp_path / "site-packages") == "[] None"


def test_a_checkout_has_them_beside_src(tmp_path: Path) -> None:
    package_in(tmp_path / "src")
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "a.yaml").touch()
    assert names_from(tmp_path / "src") == f"['a'] {tmp_path / 'definitions' / 'a.yaml'}"


@pytest.mark.parametrize("name", bundled.bundled_names())
def test_an_editor_finds_the_schema(name: str) -> None:
    path = bundled.bundled_path(name)
    assert path is not None
    _, _, schema = path.read_text(encoding="utf-8").split("\n", 1)[0].partition("$schema=")
    assert (path.parent / schema).samefile(ROOT / "src/stagegate/language/stagegate-1.json")
