"""Where the definitions that come with stagegate are: in the installed package, or beside `src/` in a checkout.

Knows files and their names, not what is in them. The path is worked out from this module's own, since
`importlib.resources` would cost every command some 20 milliseconds for archives that no installer leaves packed.
"""

from __future__ import annotations

from pathlib import Path

_SUFFIX = ".yaml"


def _folder() -> Path | None:
    """The folder of bundled definitions, if there is one."""
    package = Path(__file__).resolve().parent
    installed = package / "definitions"
    if installed.is_dir():
        return installed
    checkout = package.parent.parent / "definitions"
    return checkout if package.parent.name == "src" and checkout.is_dir() else None


def bundled_names() -> list[str]:
    """The names of the bundled processes, in alphabetical order."""
    folder = _folder()
    return sorted(path.stem for path in folder.iterdir() if path.suffix == _SUFFIX) if folder else []


def bundled_path(name: str) -> Path | None:
    """The file of the bundled process of this name; None if there is none."""
    folder = _folder()
    return folder / f"{name}{_SUFFIX}" if folder and name in bundled_names() else None
