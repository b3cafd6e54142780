"""What is made from the code is as the code is now, and ARCHITECTURE.md names what there is."""

import importlib
import importlib.util
import re
from pathlib import Path

import pytest
from tests.docs.pages import links

import stagegate
from stagegate.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
AGAIN = "run `PYTHONPATH=src python docs/generate.py`"


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_python_page_does_not_drift(generate):
    assert (DOCS / "reference" / "python.md").read_text(encoding="utf-8") == generate.python_page(), AGAIN


def test_the_python_page_names_everything_public(generate):
    page = generate.python_page()
    missing = [name for name in stagegate.__all__ if not name.startswith("__") and name not in page]
    assert missing == []
    told = [*stagegate.engine.EVENT_KINDS, *stagegate.engine.REASON_CODES, *stagegate.engine.__all__]
    assert [name for name in told if name not in page] == []


@pytest.mark.parametrize(("name", "lang"), [("project-sales.svg", "en"), ("project-sales.zh.svg", "zh")])
def test_the_pictures_are_what_draw_gives(name, lang, tmp_path):
    assert main(["draw", "project-sales", "--lang", lang, "-o", str(tmp_path / name)]) == 0
    now = (tmp_path / name).read_text(encoding="utf-8")
    assert (DOCS / "pictures" / name).read_text(encoding="utf-8") == now, AGAIN


# -- ARCHITECTURE.md ----------------------------------------------------------------------------------------

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:[a-z_]+\.)+[A-Za-z_]+)(?:\(\))?`", ARCHITECTURE)))
SUFFIXES = (".md", ".py", ".yaml", ".toml", ".json", ".csv", ".lock")


@pytest.mark.parametrize("name", [n for n in NAMED if not n.endswith(SUFFIXES)])
def test_what_the_architecture_names_is_there(name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(("stagegate", *parts[:length])))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return
    pytest.fail(f"no module stagegate.{parts[0]}")


def test_the_architecture_names_enough():
    assert len(NAMED) > 30


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", ARCHITECTURE))))
def test_the_paths_of_the_architecture_are_there(path):
    assert (ROOT / path).exists() or (ROOT / "src" / "stagegate" / path).exists(), path


def test_every_package_has_its_line():
    table = ARCHITECTURE[ARCHITECTURE.index("| floor |") : ARCHITECTURE.index("## One walk of a definition")]
    there = {p.name.removesuffix(".py") for p in (ROOT / "src" / "stagegate").iterdir() if not p.name.startswith("_")}
    missing = {name for name in there - {"py.typed"} if f"`{name}`" not in table and f"`{name}/`" not in table}
    assert missing == set()


# -- ways -----------------------------------------------------------------------------------------------------


def linked(page: Path) -> set[Path]:
    """The files of this repository that a page links to."""
    targets = {link.partition("#")[0] for link in links(page.read_text(encoding="utf-8")) if ":" not in link}
    return {(page.parent / target).resolve() for target in targets if target}


def test_every_page_is_at_most_two_hops_from_the_readme():
    pages = {ROOT / "README.md"}
    for _ in range(2):
        pages |= {target for page in pages for target in linked(page) if target.suffix == ".md"}
    everything = {*ROOT.glob("*.md"), *DOCS.rglob("*.md")}
    assert sorted(str(page.relative_to(ROOT)) for page in everything - pages) == []
