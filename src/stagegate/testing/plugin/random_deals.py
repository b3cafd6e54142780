"""Looking for a deal that breaks a property, with Hypothesis."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import frozen
from hypothesis import HealthCheck, given, settings

from stagegate.engine.commands import Command
from stagegate.process import Process
from stagegate.testing import journals
from stagegate.testing.plugin.properties import PROPERTIES
from stagegate.verify.coverage import Coverage


@frozen
class Breach:
    """How a property is broken: a sentence, and the shortest journal found, the opening first."""

    reason: str
    journal: tuple[Command, ...]


class Broken(Exception):
    """A journal has broken the property."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach.reason)
        self.breach = breach


def broken(process: Process, property: str, name: str, coverage: Coverage) -> Breach | None:
    """How a property of `PROPERTIES` is broken, None when no deal is found that breaks it.

    What the deals show is added to `coverage`. `name` is the name that Hypothesis keeps failing examples under. How many
    deals are tried, and whether always the same, is what the Hypothesis profile says.
    """
    check = PROPERTIES[property]

    def holds(told: Sequence[Command]) -> None:
        coverage.see_all(told)
        try:
            check(process, told)
        except AssertionError as wrong:  # its first line: pytest may have added how the assertion was written
            raise Broken(Breach(str(wrong).partition("\n")[0], tuple(told))) from None

    holds.__name__ = "holds_" + re.sub(r"\W", "_", name)
    looking = settings(
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
    )
    try:
        looking(given(journals(process))(holds))()
    except Broken as found:
        return found.breach
    return None
