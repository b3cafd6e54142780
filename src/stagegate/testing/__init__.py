"""Testing a process: strategies for Hypothesis, a machine that looks for what is wrong, and a comparison with a host."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stagegate.testing.making.definition import definition_from_seed

__all__ = ["definition_from_seed"]

# Each name is fetched from its module when it is first asked for: seeded definitions do not need Hypothesis.
_HOME = {"definition_from_seed": "making.definition"}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
