"""Writes what is made from the code: `reference/python.md` and the pictures.

PYTHONPATH=src python docs/generate.py            # writes
PYTHONPATH=src python docs/generate.py --check    # tells what would change; the tests do the same
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import stagegate
from stagegate.engine.commands import Told
from stagegate.render.picture import draw

DOCS = Path(__file__).resolve().parent

HEAD = """\
# The Python face

Every public name, made from the code by `docs/generate.py`. What a command does to a case is in
[what a running case means](../explanation/semantics.md); how the names work together in the
[tutorial for developers](../tutorials/developer.md). `import stagegate` gives all of this; what is not named here is not public.
"""

TOLD = """\
`**told` stands for {names}: who told it, in which role, a note, an idempotency key, and when it took place if before `at`.
`at` and `happened` are datetimes with a time zone.
"""

VALUES = (
    "Step", "Event", "Reason", "Position", "Item", "Gap", "Action", "Explanation", "Entry", "Difference", "Snapshot",
    "Command", "Report", "Finding", "Span", "Definition",
)  # fmt: skip
FUNCTIONS = ("load", "check", "bundled_names")
MODULES = ("commands", "engine")
HANDLES = ("Process", "Case")


def python_page() -> str:
    """The page `reference/python.md`."""
    text = "\n".join(page_lines())
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip() + "\n"


def page_lines() -> Iterator[str]:
    yield HEAD
    yield "## Functions\n"
    yield from (entry(name, getattr(stagegate, name)) for name in FUNCTIONS)
    yield "\n" + TOLD.format(names=", ".join(f"`{name}`" for name in Told.__annotations__))
    for name in HANDLES:
        yield f"## {name}\n"
        kind = getattr(stagegate, name)
        yield paragraph(kind) + "\n"
        fields = [n for n, member in public(kind) if inspect.ismemberdescriptor(member)]
        yield f"Attributes: `{'`, `'.join(fields)}`.\n"
        yield from members(kind)
        yield ""
    yield "## Values\n"
    yield from (value(name) for name in VALUES)
    yield "\n## Errors\n"
    for name in errors():
        kind = getattr(stagegate, name)
        bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
        yield f"- `{name}` ({bases}): {summary(kind)}"
    yield "\n## stagegate.commands\n"
    yield "Commands as values, for batches, queues and `engine.step`.\n"
    yield from functions(stagegate.commands)
    yield "\n## stagegate.engine\n"
    yield "The pure form: functions of tables and snapshots. It has the values above, the two tables below, and:\n"
    yield from (f"- `{name}`: {summary(getattr(stagegate.engine, name))}" for name in ("Tables", "Refused"))
    yield from functions(stagegate.engine)
    yield "\n## Event kinds\n"
    yield "What `step.events` tells. Unless the table says otherwise, `subject` is the id of what the event is about.\n"
    yield from table("kind", stagegate.engine.EVENT_KINDS)
    yield "\n## Reason codes\n"
    yield "Why a step is refused: the `code` of each of `step.reasons`.\n"
    yield from table("code", stagegate.engine.REASON_CODES)


def errors() -> list[str]:
    """The public exceptions, the base first."""
    found = [name for name in stagegate.__all__ if name.endswith("Error")]
    return sorted(found, key=lambda name: (name != "StagegateError", name))


def table(head: str, rows: object) -> Iterator[str]:
    yield f"| {head} | |"
    yield "| --- | --- |"
    assert hasattr(rows, "items")
    for key, text in rows.items():
        yield f"| `{key}` | {text} |"


def members(kind: type) -> Iterator[str]:
    """The public methods and properties of a class, in the order of the source."""
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            assert member.fget is not None
            told = member.fget.__annotations__.get("return", "")
            yield f"- `{name}: {told}`: {summary(member)}"
        elif inspect.isfunction(member):
            yield entry(name, member)


def functions(module: ModuleType) -> Iterator[str]:
    """The public functions of a module."""
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    for name in names:
        function = getattr(module, name)
        if inspect.isfunction(function) and function.__module__.startswith(stagegate.engine.__name__):
            yield entry(name, function)


def value(name: str) -> str:
    """A class of values: its attributes, its methods, and what it is."""
    kind = getattr(stagegate, name)
    fields = [n for n in attributes(kind) if not n.startswith("_")]
    methods = [n for n, member in public(kind) if inspect.isfunction(member) or isinstance(member, classmethod)]
    rest = "".join(
        f" {word}: `{'`, `'.join(names)}`." for word, names in (("Attributes", fields), ("Methods", methods)) if names
    )
    return f"- **`{name}`**: {summary(kind)}{rest}"


def attributes(kind: type) -> Iterator[str]:
    """Fields, slots and properties."""
    attrs = getattr(kind, "__attrs_attrs__", None)
    if attrs is not None:
        yield from (a.name for a in attrs)
    else:
        yield from (n for n in getattr(kind, "__annotations__", ()) if n in vars(kind))
        slots = [n for n in getattr(kind, "__slots__", ()) if n != "__weakref__"]
        yield from (n for n in slots if n not in getattr(kind, "__annotations__", ()))
    yield from (n for n, member in public(kind) if isinstance(member, property))


def public(kind: type) -> Iterator[tuple[str, object]]:
    return ((name, member) for name, member in vars(kind).items() if not name.startswith("_"))


def entry(name: str, function: object) -> str:
    assert callable(function)
    return f"- `{name}{signature(function)}`: {summary(function)}"


def signature(function: object) -> str:
    """The signature as it is written in the source, without `self`."""
    assert callable(function)
    found = inspect.signature(function)
    given = [p for p in found.parameters.values() if p.name != "self"]
    parts: list[str] = []
    for at, one in enumerate(given):
        if one.kind is one.KEYWORD_ONLY and not any(p.kind is p.KEYWORD_ONLY for p in given[:at]):
            parts.append("*")
        if one.kind is one.VAR_KEYWORD:
            parts.append(f"**{one.name}")
            continue
        assert isinstance(one.annotation, str), (name_of(function), one.name)
        default = "" if one.default is one.empty else f" = {one.default!r}".replace("'", '"')
        parts.append(f"{one.name}: {one.annotation}{default}")
    return f"({', '.join(parts)}) -> {found.return_annotation}"


def name_of(function: object) -> str:
    return str(getattr(function, "__qualname__", function))


def paragraph(thing: object) -> str:
    """The whole docstring as Markdown."""
    return inspect.getdoc(thing) or ""


def summary(thing: object) -> str:
    """The first sentence of a docstring."""
    first = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    found = re.match(r".*?\.(?=\s+[A-Z`]|$)", first)
    return found[0] if found else first


def pictures() -> dict[str, str]:
    """The pictures of the pages: what `stagegate draw` gives."""
    definition = stagegate.load("project-sales").definition
    return {
        "pictures/project-sales.svg": draw(definition),
        "pictures/project-sales.zh.svg": draw(definition, language="zh"),
    }


def generated() -> dict[Path, str]:
    """Every file made from the code, with its text."""
    texts = {"reference/python.md": python_page(), **pictures()}
    return {DOCS / name: text for name, text in texts.items()}


def main() -> int:
    """Writes the files, or tells which are not up to date."""
    stale = [p for p, text in generated().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    for path in stale:
        print(path.relative_to(DOCS.parent))
    if "--check" in sys.argv[1:]:
        return int(bool(stale))
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(generated()[path], encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
