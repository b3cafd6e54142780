"""Where the definitions that come with stagegate are: in the installed package, or beside `src/` in a checkout.

Knows files and their names, not what is in them. Part of `import stagegate`, hence without `pathlib` and
`importlib.resources`, which cost more than all else here (docs/decisions/0002).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMPANION = ".scenarios.yaml"
"""How the names of files end that hold scenarios and invariants beside a definition."""
_SUFFIX = ".yaml"


def _folder() -> str:
    """The folder of bundled definitions, "" if there is none."""
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "definitions")
    if os.path.isdir(installed):
        return installed
    above, name = os.path.split(os.path.dirname(package))
    checkout = os.path.join(above, "definitions")
    return checkout if name == "src" and os.path.isdir(checkout) else ""


def bundled_names() -> list[str]:
    """The names of the bundled processes, in alphabetical order."""
    folder = _folder()
    files = os.listdir(folder) if folder else []
    return sorted(
        name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX) and not name.endswith(COMPANION)
    )


def bundled_path(name: str) -> Path | None:
    """The file of the bundled process of this name; None if there is none."""
    if name not in bundled_names():
        return None
    from pathlib import Path

    return Path(_folder(), name + _SUFFIX)
