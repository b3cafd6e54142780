"""The language of process definitions: YAML text -> located tree -> model, with findings on the way.

`read` and `check_source` give a `model.Definition` and a `Report`, `read_companion` the scenarios and invariants
of a file beside a definition; `RULES` are the rules they hold a
definition against.
"""

from stagegate.language.beside import definition_beside, is_definition, named_alike, process_at, process_in, siblings
from stagegate.language.companion import Companion, is_companion, read_companion
from stagegate.language.reader import check_source, read
from stagegate.language.rules import RULES, Rule

__all__ = [
    "RULES",
    "Companion",
    "Rule",
    "check_source",
    "definition_beside",
    "is_companion",
    "is_definition",
    "named_alike",
    "process_at",
    "process_in",
    "read",
    "read_companion",
    "siblings",
]
