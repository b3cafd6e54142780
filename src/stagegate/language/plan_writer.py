"""A plan as a plan file, with comments that say what each line decides: what `stagegate.language.plans` reads back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from stagegate.language.plans import FILE
from stagegate.language.script_writer import yaml_text

HEAD: Final = (
    "How running cases go from one version to another. Names that are the same in both need no line.",
    "Read every line: what is a guess says so. Then `stagegate migrate rehearse` tells what would become of each case.",
)
WIDTH: Final = 110


def written_plan(told: Mapping[str, Any], remarks: Mapping[str, str], notes: Mapping[str, tuple[str, ...]]) -> str:
    """The file of a plan told as plain values.

    `remarks` are put beside the line of `KEY.NAME`; `notes` as comments of their own below a key, which is written for them if need be.
    """
    lines = [f"# {line}" for line in HEAD]
    lines.append("")
    lines.append(f"migrate: {told['migrate']}")
    lines.append(f"process: {yaml_text(told['process'])}")
    for key in ("from", "to"):
        version = told[key]
        lines.append(f"{key}: {{version: {version['version']}, flow: {yaml_text(version['flow'])}}}")
    for key, field in FILE.fields.items():
        if key in ("migrate", "process", "from", "to") or (key not in told and key not in notes):
            continue
        lines += ["", *folded(field.about)]
        value = told.get(key, [])
        if key in told:
            lines.append(f"{key}:")
            lines += [line(key, item, None, remarks) for item in value] if isinstance(value, list) else []
            lines += (
                [line(key, name, (new,), remarks) for name, new in value.items()] if isinstance(value, Mapping) else []
            )
        for note in notes.get(key, ()):
            lines += folded(note, "  " if key in told else "")
    return "\n".join(lines) + "\n"


def line(key: str, name: str, value: tuple[Any] | None, remarks: Mapping[str, str]) -> str:
    """One line of a mapping or list, with its remark."""
    text = f"  - {yaml_text(name)}" if value is None else f"  {yaml_text(name)}: {plain(value[0])}"
    remark = remarks.get(f"{key}.{name}", "")
    return f"{text}  # {one_line(remark)}" if remark else text


def plain(value: Any) -> str:
    """A name, a list of names, or null."""
    if value is None:
        return "null"
    return yaml_text(value) if isinstance(value, str) else "[" + ", ".join(map(yaml_text, value)) + "]"


def folded(text: str, indent: str = "") -> list[str]:
    """A text as comments of a bearable width."""
    from textwrap import wrap

    return [f"{indent}# {each}" for each in wrap(one_line(text), WIDTH)]


def one_line(text: str) -> str:
    """A text that cannot leave its comment."""
    return "".join(char if char.isprintable() else " " for char in text)
