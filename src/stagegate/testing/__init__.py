"""Testing a process: strategies for Hypothesis, a machine that looks for what is wrong, and a comparison with a host."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stagegate.testing.any_command import commands
    from stagegate.testing.conforming import EndingHost, Host, assert_conforms
    from stagegate.testing.deals import cases, journals
    from stagegate.testing.drawing import definitions, invariants, processes
    from stagegate.testing.making.definition import definition_from_seed
    from stagegate.testing.stateful import machine
    from stagegate.testing.values import fact_values, facts

__all__ = [
    "EndingHost",
    "Host",
    "assert_conforms",
    "cases",
    "commands",
    "definition_from_seed",
    "definitions",
    "fact_values",
    "facts",
    "invariants",
    "journals",
    "machine",
    "processes",
]

# Each name is fetched from its module when it is first asked for: seeded definitions do not need Hypothesis.
_HOME = {
    **dict.fromkeys(("EndingHost", "Host", "assert_conforms"), "conforming"),
    **dict.fromkeys(("cases", "journals"), "deals"),
    **dict.fromkeys(("definitions", "invariants", "processes"), "drawing"),
    **dict.fromkeys(("fact_values", "facts"), "values"),
    "commands": "any_command",
    "definition_from_seed": "making.definition",
    "machine": "stateful",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module

    try:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        message = f"`stagegate.testing.{name}` needs Hypothesis: pip install 'stagegate[testing]'"
        raise ModuleNotFoundError(message, name="hypothesis") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
