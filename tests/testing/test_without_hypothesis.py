"""Where Hypothesis is not installed, what needs it says so."""

import sys

import pytest

import stagegate.testing


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    for module in [name for name in sys.modules if name.startswith("stagegate.testing.")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(
        ModuleNotFoundError, match=r"`stagegate.testing.machine` needs Hypothesis: pip install 'stagegate\[testing\]'"
    ):
        _ = stagegate.testing.machine
