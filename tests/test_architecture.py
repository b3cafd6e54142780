"""The house keeps its shape: which floor may import what, what stays pure, what an import costs."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "stagegate"

# Floors 1 to 4: nothing there opens a file, reads a clock, prints or draws a random number.
PURE = ("diagnostics", "errors", "conditions", "model", "engine")
IMPURE_MODULES = {
    "asyncio", "glob", "importlib.resources", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "breakpoint"}
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}
MODULE_NAME = re.compile(r"stagegate(\.\w+)+")
NEVER = {"eval", "exec", "__import__"}

# `import stagegate` alone pays for none of these.
LEFT_FOR_LATER = {
    "asyncio", "click", "cattrs", "hypothesis", "jsonschema", "numpy", "polars", "pytest", "referencing", "resvg_py",
    "rich", "sqlalchemy", "transitions", "yaml", "z3",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def floor(path: Path) -> str:
    """The package or module directly under `stagegate` that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module imported anywhere in a file, in functions and for type hints too.

    `from stagegate import engine` is an import of the module `stagegate.engine`, not of the public face.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "stagegate":
            inner = (f"stagegate.{alias.name}" for alias in node.names)
            yield from (name if is_module(name) else "stagegate" for name in inner)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def is_module(name: str) -> bool:
    """Whether this is a module or package of ours."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def calls(tree: ast.AST) -> Iterator[tuple[str, bool, int]]:
    """Every call as (last name, whether it is a method's, line)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, False, node.lineno
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, True, node.lineno


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def test_a_floor_imports_only_from_floors_below_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    failed = lint_imports(no_cache=True)
    assert not failed, capsys.readouterr().out


def test_what_is_imported_by_a_string_lies_below_too() -> None:
    """An import put off with `import_module("stagegate...")` is invisible to the contract."""
    order = [*PURE, "language", "bundled", "case", "process"]
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in modules()
        if floor(path) in order
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULE_NAME.fullmatch(node.value)
        if node.value.split(".")[1] not in order[: order.index(floor(path)) + 1]
    ]
    assert not found


def test_only_the_language_imports_yaml() -> None:
    users = {floor(path) for path in modules() if any(name.split(".")[0] == "yaml" for name in imports(parse(path)))}
    assert users <= {"language"}


def test_nothing_inside_imports_the_public_face() -> None:
    """`stagegate/__init__.py` stands on top of the house; who imports it from below makes a ring."""
    inner = {*PURE, "language", "bundled", "case", "process"}
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        if floor(path) in inner and "stagegate" in imports(parse(path))
    }
    assert not users


@pytest.mark.parametrize("path", [p for p in modules() if floor(p) in PURE], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_lower_floors_are_pure(path: Path) -> None:
    tree = parse(path)
    assert not {part for name in imports(tree) for part in (name, name.split(".")[0])} & IMPURE_MODULES
    found = [
        f"{path.name}:{line}: {name}"
        for name, method, line in calls(tree)
        if (name in CLOCKS if method else name in IMPURE_CALLS)
    ]
    assert not found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_text_is_ever_run_as_code(path: Path) -> None:
    found = [f"{path.name}:{line}: {name}" for name, method, line in calls(parse(path)) if not method and name in NEVER]
    assert not found


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    """What a fresh interpreter has loaded after `import stagegate`: modules, and classes of ours that attrs made."""
    program = (
        "import json, sys; before = set(sys.modules); import stagegate\n"
        "new = sorted(set(sys.modules) - before)\n"
        "ours = [m for m in new if m.split('.')[0] == 'stagegate']\n"
        "made = sorted({f'{c.__module__}.{c.__qualname__}' for m in ours for c in vars(sys.modules[m]).values()\n"
        "    if isinstance(c, type) and c.__module__ in ours and hasattr(c, '__attrs_attrs__')})\n"
        "print(json.dumps({'modules': new, 'ours': ours, 'made': made}))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True)
    return json.loads(done.stdout)


def test_import_stagegate_is_light(imported: dict[str, list[str]]) -> None:
    assert not {name.split(".")[0] for name in imported["modules"]} & LEFT_FOR_LATER


def test_import_stagegate_makes_few_classes(imported: dict[str, list[str]]) -> None:
    """A class that attrs makes costs half a millisecond of the 60 that an import may take (benchmarks/)."""
    assert len(imported["made"]) <= 40, imported["made"]


def test_import_stagegate_loads_few_modules(imported: dict[str, list[str]]) -> None:
    """Each file that is opened costs too. Raise these only with a look at `benchmarks/run.py --only import`."""
    assert len(imported["ours"]) <= 50, imported["ours"]
    assert len(imported["modules"]) <= 120, imported["modules"]
