"""The language of process definitions: YAML text -> located tree -> model, with findings on the way.

`read` and `check_source` give a `model.Definition` and a `Report`; `RULES` are the rules they hold a
definition against.
"""

from stagegate.language.reader import check_source, read, siblings
from stagegate.language.rules import RULES, Rule

__all__ = ["RULES", "Rule", "check_source", "read", "siblings"]
