"""What is made from the code is as the code is now, and ARCHITECTURE.md names what there is."""

import importlib
import importlib.util
import math
import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from tests.docs.pages import links

import stagegate
import stagegate.store
import stagegate.testing.plugin
from stagegate.cli import main
from stagegate.conditions import FactType
from stagegate.engine.evidence import is_of_type
from stagegate.engine.gap import RESPONSES
from stagegate.engine.marks import Status
from stagegate.engine.place import PHASES
from stagegate.model import InvariantKind
from stagegate.testing.plugin.properties import PROPERTIES
from stagegate.verify.examine import questions

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
AGAIN = "run `PYTHONPATH=src python docs/generate.py`"


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(DOCS))  # as when it is run
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(DOCS))
    return module


def test_the_python_page_does_not_drift(generate):
    assert (DOCS / "reference" / "python.md").read_text(encoding="utf-8") == generate.python_page(), AGAIN


def test_the_python_page_names_everything_public(generate):
    page = generate.python_page()
    missing = [name for name in stagegate.__all__ if not name.startswith("__") and name not in page]
    assert missing == []
    told = [*stagegate.engine.EVENT_KINDS, *stagegate.engine.REASON_CODES, *stagegate.engine.__all__]
    assert [name for name in told if name not in page] == []


def test_every_attribute_of_a_value_is_explained(generate):
    for name, meant in generate.MEANING.items():
        kind = getattr(stagegate, name, None) or getattr(stagegate.diagnostics, name)
        there = {n for n in generate.types_of(kind) if not n.startswith("_") and f"{name}.{n}" not in generate.HIDDEN}
        assert there - set(meant) <= set(generate.remarks_of(kind)), name
        assert set(meant) <= there | {n for n, m in vars(kind).items() if isinstance(m, property)}, name
        assert all(generate.types_of(kind)[n] for n in there), name


def test_every_field_of_the_model_is_explained(generate):
    lines = generate.python_page().partition("## The model")[2].split("\n")
    assert [line for line in lines if re.fullmatch(r"- `\w+: [^`]*`", line)] == []


def test_the_page_on_testing_does_not_drift(generate):
    assert (DOCS / "reference" / "testing.md").read_text(encoding="utf-8") == generate.testing_page(), AGAIN


def test_the_page_on_stores_does_not_drift(generate):
    page = generate.store_page()
    assert (DOCS / "reference" / "store.md").read_text(encoding="utf-8") == page, AGAIN
    for name in stagegate.store.__all__:
        assert f"`{name}" in page or f"### {name}\n" in page, name


def test_the_page_on_testing_names_everything_public(generate):
    page = generate.testing_page()
    assert [name for name in stagegate.testing.__all__ if f"\n### {name}\n" not in page] == []
    asked = generate.Options()
    assert len(asked.options) >= 1 and len(asked.lines) >= 4
    markers = [marker.split(":")[0] for marker in stagegate.testing.plugin.MARKERS]
    assert [name for name in (*asked.options, *asked.lines, *markers) if f"| `{name}` |" not in page] == []


def test_the_page_on_testing_names_every_kind_of_item(generate):
    """Kinds of invariants, the questions asked of processes with everything in them, and the properties."""
    named = {name.partition("[")[0] for name in generate.ITEM_NAMES}
    processes = [stagegate.load(name).definition for name in stagegate.bundled_names()]
    processes += [stagegate.testing.definition_from_seed(seed) for seed in range(40)]
    asked = {kind for definition in processes for kind, _ in questions(definition)}
    assert named == asked | {"check", "scenario"} | set(get_args(InvariantKind))
    page = generate.testing_page()
    assert [name for name in PROPERTIES if f"| `property[{name}]` |" not in page] == []


def words(generate, name):
    return {word for word in generate.WORD_LISTS[name][1] if word}


def test_the_lists_of_words_are_those_of_the_code(generate):
    assert words(generate, "Position.phase") == set(PHASES)
    assert words(generate, "Item.status") == set(get_args(Status))
    assert words(generate, "Gap.state") == set(filter(None, RESPONSES))
    for name in ("stage_states", "decision_states"):
        told = (getattr(stagegate.engine, name).__doc__ or "").partition(":")[2]
        assert [word for word in words(generate, name) if word not in told] == []


def test_the_actions_have_a_command(generate):
    kinds = set(stagegate.engine.ACTION_KINDS)
    assert {kind for kind in kinds if not hasattr(stagegate.Case, kind)} == {"give_fact", "await"}


def test_facts_are_taken_as_the_page_says(generate):
    good = {
        "boolean": [True], "integer": [-(2**63), 2**63 - 1], "number": [1, 1.5], "string": ["x"], "enum": ["x"],
        "timestamp": [datetime.now(UTC)], "duration": [timedelta(days=1)], "list": [["x"], ("x",), []],
    }  # fmt: skip
    bad = {
        "boolean": [0, 1], "integer": [True, 3.0, 2**63], "number": [True, Decimal(1), math.inf, math.nan, "1"], "string": [1], "enum": [1],
        "timestamp": [datetime.now(), "2026-01-01"], "duration": [5, "5d"], "list": ["x", [1]],
    }  # fmt: skip
    assert set(good) == set(bad) == set(re.findall(r"^\| `(\w+)` \|", generate.FACT_VALUES, re.MULTILINE))
    for kind in good:
        type = FactType(kind, of=FactType("string")) if kind == "list" else FactType(kind)
        assert all(is_of_type(type, value) for value in good[kind]), kind
        assert not any(is_of_type(type, value) for value in bad[kind]), kind


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
    there = {p.name.removesuffix(".py") for p in (ROOT / "src" / "stagegate").iterdir() if p.name[0] not in "._"}
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


def test_the_pages_of_definitions_do_not_drift(generate):
    texts = {DOCS / name: text for name, text in generate.definition_pages().items()}
    assert [str(path.relative_to(ROOT)) for path in generate.stale(texts)] == [], AGAIN
