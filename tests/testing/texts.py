"""A process with something for every kind of command, and one that is as small as can be."""

RICH = """
facts:
  budget: {type: number, minimum: 0}
  heads: {type: integer, minimum: 1, maximum: 40}
  size: {type: enum, values: [small, big]}
  urgent: {type: boolean}
  due: {type: timestamp}
  notice: {type: duration}
  tags: {type: list}
  town: {type: string}
roles: {manager: {side: seller}}
documents: {minutes: {}}
tracks:
  - id: buying
    side: buyer
    position: observed
    stages: [{id: looking}, {id: comparing}]
  - id: selling
    stages:
      - id: visit
        pairs_with: looking
        chance: {reached: 0.1, completed: 0.2}
        time_limit: 14d
        exit_criteria:
          - {id: budget_known, when: "budget >= 50000"}
          - {id: asked, actor: buyer, evidence: [minutes], waivable: [manager]}
        prohibitions: [{id: price_at_once}]
        procedures: [{process: after-sales-repair, on_end: {completed: [asked]}}]
      - id: check
        pairs_with: comparing
        optional: true
        exit_criteria:
          - {id: size_known, when: "size == 'big' || heads > 12"}
          - {id: in_reach, optional: true, when: "town == 'Oslo' || 'vip' in tags"}
      - {id: talk, pairs_with: comparing, repeatable: true}
      - id: bid
        pairs_with: comparing
        exit_criteria: [{id: signed, actor: buyer}]
    decision_points:
      - id: worth_it
        after: talk
        outcomes:
          - {id: go, to: bid, roles: [manager]}
          - {id: no_go, to: lost}
    jumps:
      - {id: at_once, from: [visit], to: bid, probe: {id: willing, question: "Now?"}}
    loops:
      - {id: start_over, from: all, to: visit}
ends:
  - {id: won, kind: won}
  - {id: lost, kind: lost, by_command: true, reasons: [price, rival]}
activities: [{id: objection, results: [solved, open]}]
"""

SMALL = """
tracks:
  - id: t
    stages:
      - {id: a, exit_criteria: [{id: a_done}]}
      - {id: b, exit_criteria: [{id: b_done}]}
"""
