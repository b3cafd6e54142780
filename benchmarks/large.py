"""A process too large to try everything: 60 stages, 300 criteria, jumps, loops and decisions, and what is asked of it."""

from __future__ import annotations

from random import Random

STAGES = 60
CRITERIA = 5  # of each stage


def as_yaml(seed: int) -> str:
    """One such process, another for each seed."""
    dice = Random(seed)  # the same every time is what is wanted
    lines = ["stagegate: 1", "process: large", "version: 1.0.0", "title: A large process"]
    lines += ["tracks:", "  - id: selling", "    stages:"]
    for stage in range(STAGES):
        first = dice.choice([0, 1, 2])  # as many criteria stand in the entry milestone
        entry = ", ".join(f"{{id: c{stage}_{n}}}" for n in range(first))
        leave = ", ".join(f"{{id: c{stage}_{n}, actor: buyer}}" for n in range(first, CRITERIA))
        lines.append(f"      - {{id: s{stage}, entry_milestone: [{entry}], exit_criteria: [{leave}]}}")
    lines.append("    decision_points:")
    for stage in sorted(dice.sample(range(2, STAGES - 2), 12)):
        far = min(STAGES - 1, stage + dice.randint(2, 6))
        back = f"{{id: back, to: s{dice.randint(0, stage - 1)}, max: {dice.randint(1, 3)}}}"
        ways = f"{{id: go, to: s{stage + 1}}}, {{id: far, to: s{far}}}, {back}, {{id: stop, to: lost}}"
        lines.append(f"      - {{id: d{stage}, after: s{stage}, outcomes: [{ways}]}}")
    lines.append("    jumps:")
    for number in range(12):
        stage = dice.randint(0, STAGES - 8)
        to = dice.randint(stage + 2, min(STAGES - 1, stage + 9))
        lines.append(f"      - {{id: j{number}, from: [s{stage}], to: s{to}}}")
    lines.append("    loops:")
    for number in range(12):
        stage = dice.randint(2, STAGES - 1)
        to = dice.randint(0, stage - 1)
        lines.append(f"      - {{id: l{number}, from: [s{stage}], to: s{to}, max: {dice.randint(1, 3)}}}")
    lines += ["ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]", "invariants:"]
    last = STAGES - 1
    lines += [
        f"  - {{id: jumped_over, before: c10_0, entering: s{last - 4}}}",
        f"  - {{id: signed_first, before: c{last}_4, entering: won}}",
        f"  - {{id: stale, never: \"stage('selling') == 's{last - 2}' && !met('c5_0')\"}}",
        f"  - {{id: won_and_signed, never: \"ended('won') && !met('c{last}_4')\"}}",
        "  - {id: can_be_won, possible: \"ended('won')\"}",
        "  - {id: never_trapped, from_everywhere: won}",
    ]
    return "\n".join(lines) + "\n"
