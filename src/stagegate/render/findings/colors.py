"""Terminal colours, or none."""

from __future__ import annotations

from stagegate.diagnostics import Severity

_SEVERITY = {"error": "1;31", "warning": "1;33", "note": "1;36"}


class Paint:
    """Puts colours around pieces of text; without `color` it changes nothing."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def severity(self, text: str, severity: Severity) -> str:
        """`text` in the colour of `severity`."""
        return self._around(text, _SEVERITY[severity])

    def strong(self, text: str) -> str:
        """`text` in bold."""
        return self._around(text, "1")

    def quiet(self, text: str) -> str:
        """`text` in the colour of the frame around the source."""
        return self._around(text, "34")

    def _around(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and text else text
