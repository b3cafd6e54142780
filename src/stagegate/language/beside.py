"""The files that stand beside a definition, told apart by the beginning of their text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MOST_SIBLINGS: Final = 500
_HEAD: Final = 16 * 1024
_PROCESS: Final = re.compile(r"^process:[ \t]*[\"']?([a-z][a-z0-9-]*)", re.MULTILINE)
_DEFINITION: Final = re.compile(r"^[\"']?(?:stagegate|tracks)[\"']?[ \t]*:", re.MULTILINE)


def siblings(path: str | Path) -> frozenset[str]:
    """The names of the processes that the YAML files beside the one at `path` say they define."""
    return frozenset(name for _, head in _heads(path) for name in _PROCESS.findall(head))


def process_in(text: str) -> str:
    """The name of the process that a text says it is or belongs to, "" if it does not say."""
    found = _PROCESS.search(text)
    return "" if found is None else found[1]


def is_definition(text: str) -> bool:
    """Whether a text says at its left edge that it is a definition."""
    return bool(_DEFINITION.search(text))


def definition_beside(path: str | Path, process: str) -> Path | None:
    """The definition of this process among the YAML files beside the one at `path`, None if there is none."""
    return definitions_beside(path).get(process)


def definitions_beside(path: str | Path) -> dict[str, Path]:
    """The definitions among the YAML files beside the one at `path`, by the name of the process; of two the first counts."""
    found: dict[str, Path] = {}
    for file, head in _heads(path):
        for name in _PROCESS.findall(head) if is_definition(head) else ():
            found.setdefault(name, file)
    return found


def named_alike(path: str | Path) -> Path | None:
    """The definition `x.yaml` in the same folder as a file `x.scenarios.yaml`, None where there is none."""
    file = Path(path)
    alike = file.with_name(Path(file.stem).stem + file.suffix)
    return alike if alike != file and alike.is_file() and is_definition(_head(alike)) else None


def process_at(path: str | Path) -> str:
    """The name of the process that a file says it is or belongs to, "" if it does not say."""
    return process_in(_head(Path(path)))


def _heads(path: str | Path) -> Iterator[tuple[Path, str]]:
    """The YAML files beside the one at `path`, each with the beginning of its text; what is no file is passed over."""
    for file in sorted(Path(path).resolve().parent.glob("*.yaml"))[:_MOST_SIBLINGS]:
        if file.is_file():
            yield file, _head(file)


def _head(file: Path) -> str:
    """The beginning of a file, "" where it may not be read: whoever asks for it by name is told."""
    try:
        with file.open("rb") as opened:
            return opened.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return ""
