"""Every small change of what a definition means: what its scenarios and invariants should notice.

A text, a note or a title is no change of meaning; a chance or a time limit is. The table of operators is in
docs/explanation/mutation.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagegate.engine.identity import figures_digest, flow_digest
from stagegate.model import Definition
from stagegate.verify.mutants.mutant import Draft, Mutant, Operator
from stagegate.verify.mutants.of_conditions import CONDITIONS
from stagegate.verify.mutants.of_gates import GATES
from stagegate.verify.mutants.of_guards import GUARDS
from stagegate.verify.mutants.of_moves import MOVES
from stagegate.verify.mutants.of_stages import STAGES
from stagegate.verify.mutants.order import is_ordered, reordered

__all__ = ["OPERATORS", "Mutant", "Operator", "mutants"]

OPERATORS: Final[tuple[Operator, ...]] = (*GATES, *CONDITIONS, *GUARDS, *MOVES, *STAGES)


def mutants(definition: Definition) -> tuple[Mutant, ...]:
    """Every mutant of a definition, operator by operator in the order of `OPERATORS`, each in the order of the file.

    No two of them are the same process, none is the original, and in each of them steps and jumps lead ahead and loops
    back.
    """
    return tuple(each_mutant(definition))


def each_mutant(definition: Definition) -> Iterator[Mutant]:
    """The mutants one by one."""
    seen = {identity(definition)}
    for operator in OPERATORS:
        for draft in operator.drafts(definition):
            mutant = grown(operator, draft, definition)
            if mutant is not None and (known := identity(mutant.definition)) not in seen:
                seen.add(known)
                yield mutant


def grown(operator: Operator, draft: Draft, original: Definition) -> Mutant | None:
    """The mutant of a draft; None where that would not be a sound definition."""
    changed = reordered(draft.definition)
    if not is_ordered(changed):
        return None
    where = original.where.get(draft.key, (0, 0))
    return Mutant(operator.name, draft.what, draft.key, where, changed, draft.conditions)


def identity(definition: Definition) -> tuple[str, str]:
    """What makes two definitions the same for a case: the digests of flow and figures."""
    return flow_digest(definition), figures_digest(definition)
