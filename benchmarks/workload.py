"""The process that everybody runs, and what it costs to write it down for stagegate.

8 stages; to enter one takes 3 criteria, to complete it 3 more: 16 gates in a row, 48 criteria. Gate g
leads from STATES[g] to STATES[g + 1] and wants the three names of `gate(g)`. Nothing here belongs to
one library, apart from the YAML at the end.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

STAGES = 8
GATES = 2 * STAGES
CRITERIA = [f"c{i:02d}" for i in range(3 * GATES)]
STATES = [*(f"{kind}_{i}" for i in range(STAGES) for kind in ("before", "in")), "won"]

# Each command of a deal bears its own time: open, then for each gate a try, three reports, a second try.
STEPS_OF_A_DEAL = 1 + 5 * GATES
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TIMES = [START + timedelta(minutes=i) for i in range(STEPS_OF_A_DEAL + GATES)]


def gate(g: int) -> list[str]:
    """The criteria of gate g."""
    return CRITERIA[3 * g : 3 * g + 3]


def as_yaml(advance: str = "manual") -> str:
    """The workload as a definition; `advance` is `manual` (a trigger crosses a gate) or `automatic`."""
    lines = [
        "stagegate: 1",
        "process: workload",
        "version: 1.0.0",
        "title: The workload of the benchmark",
        "tracks:",
        "  - id: selling",
        "    side: seller",
        f"    advance: {advance}",
        "    stages:",
    ]
    for i in range(STAGES):
        lines.append(f"      - id: stage_{i}")
        lines.append(f"        title: Stage {i}")
        for key, g in (("entry_milestone", 2 * i), ("exit_criteria", 2 * i + 1)):
            lines.append(f"        {key}:")
            lines.extend(f"          - {{id: {c}, title: Criterion {c}}}" for c in gate(g))
    lines += ["ends:", "  - {id: won, kind: won, title: Won}"]
    return "\n".join(lines) + "\n"


def long_yaml(lines_wanted: int = 350) -> str:
    """A definition such as an analyst writes: two tracks, facts, conditions, evidence, chances, advice."""
    head = """\
stagegate: 1
process: of-some-length
version: 1.0.0
title: {en: A process of some length, zh: 一个较长的流程}
summary: Written by the benchmark, in the manner of a person.
facts:
  budget: {type: number, unit: CNY, minimum: 0, title: {en: Budget, zh: 预算}}
  rivals: {type: integer, minimum: 0, title: {en: Rivals in the deal, zh: 竞争对手}}
  sponsor: {type: boolean, title: {en: A sponsor inside, zh: 内部支持者}}
  urgency: {type: enum, values: [low, medium, high], title: {en: Urgency, zh: 紧迫程度}}
roles:
  handler: {side: buyer, title: {en: Handler, zh: 经手人}}
  seller: {side: seller, title: {en: Seller, zh: 销售员}}
documents:
  visit_record: {title: {en: Visit record, zh: 拜访记录}}
  proposal: {title: {en: Proposal, zh: 方案}}
ends:
  - {id: won, kind: won, title: {en: Won, zh: 成交}}
  - {id: given_up, kind: given_up, by_command: true, title: {en: Given up, zh: 放弃}, reasons: [no_budget, rival_too_close]}
tracks:
  - id: buying
    side: buyer
    position: observed
    stages:
"""
    stage = """\
      - id: stage_{i}
        title: {{en: "Stage {i}, as the seller sees it", zh: 第{i}阶段}}
        pairs_with: buyer_{i}
        entry_milestone:
          - {{id: interest_{i}, actor: buyer, title: {{en: The customer is interested, zh: 客户有兴趣}}}}
          - {{id: budget_{i}, actor: buyer, when: "budget > {i}000 && (sponsor || rivals < {i} + 2)", title: {{en: There is a budget, zh: 有预算}}}}
        exit_criteria:
          - id: met_{i}
            actor: buyer
            evidence: [visit_record]
            title: {{en: "Met, and the visit is on record", zh: 已拜访并记录}}
            guidance: {{en: "Ask what changes when nothing is done.", zh: 问:如果什么都不做会怎样?}}
          - {{id: urgent_{i}, actor: buyer, when: "urgency in ['medium', 'high']", waivable: [seller], title: {{en: It is urgent, zh: 紧迫}}}}
          - {{id: shown_{i}, actor: seller, evidence: [proposal], optional: true, title: {{en: The proposal was shown, zh: 已展示方案}}}}
        stage_conditions:
          relationship:
            - {{id: known_{i}, with: handler, level: 1, content: product, title: {{en: Known to the handler, zh: 经手人认识}}}}
        prohibitions:
          - {{id: discount_{i}, title: {{en: A discount before it is asked for, zh: 提前让价}}}}
        chance: {{reached: {reached}, completed: {completed}}}
        time_limit: 14d
"""
    count = (lines_wanted - head.count("\n") - 4) // (stage.count("\n") + 1)
    text = head
    for i in range(1, count + 1):
        text += f"      - {{id: buyer_{i}, title: {{en: Stage {i} of the buyer, zh: 买方第{i}阶段}}}}\n"
    text += "  - id: selling\n    side: seller\n    title: {en: Selling, zh: 销售}\n    stages:\n"
    for i in range(1, count + 1):
        text += stage.format(i=i, reached=round(0.9 * i / count, 2), completed=round(0.9 * i / count + 0.02, 2))
    return text + "# the end\n" * (lines_wanted - text.count("\n"))
