"""A small process that scenarios and invariants of tests are about, and what is found in them."""

from __future__ import annotations

from stagegate.diagnostics import Finding, Source
from stagegate.language import check_source
from stagegate.model import Definition

PROCESS = """\
stagegate: 1
process: small
version: 1.0.0
title: {en: Small, zh: 小}
facts:
  budget: {type: number, minimum: 0}
  count: {type: integer}
  sure: {type: boolean}
  size: {type: enum, values: [small, large]}
  due: {type: timestamp}
  waiting: {type: duration}
  topics: {type: list, of: string}
roles:
  boss: {side: seller}
documents:
  minutes: {title: {en: Minutes, zh: 纪要}}
tracks:
  - id: buying
    side: buyer
    position: observed
    stages:
      - {id: need_felt}
      - {id: choosing}
  - id: selling
    stages:
      - id: visit
        pairs_with: need_felt
        exit_criteria:
          - {id: known, actor: buyer, evidence: [minutes], waivable: [boss]}
          - {id: asked, actor: buyer}
        prohibitions:
          - {id: no_price}
      - id: offer
        optional: true
        repeatable: true
        pairs_with: choosing
        exit_criteria:
          - {id: priced, when: budget > 0}
        procedures:
          - {process: customer-visit, on_end: {done: [asked]}}
      - id: contract
        exit_criteria:
          - {id: signed}
        completes: won
    decision_points:
      - id: worth_it
        after: offer
        outcomes:
          - {id: go, to: contract}
          - {id: stop, to: lost}
    jumps:
      - {id: ahead, from: [visit], to: contract}
    loops:
      - {id: again, from: [offer], to: visit}
activities:
  - {id: objection, from: [visit], results: [solved]}
ends:
  - {id: won, kind: won}
  - {id: lost, kind: lost, by_command: true}
"""


def read(more: str) -> tuple[Definition | None, list[Finding]]:
    """The process with more keys behind it, and what is wrong with it."""
    definition, report = check_source(Source("small.yaml", PROCESS + more), processes=("customer-visit",))
    return definition, [finding for finding in report if finding.severity == "error"]


def good(more: str) -> Definition:
    """The process with more keys behind it, which has no mistake."""
    definition, errors = read(more)
    assert definition is not None, [(f.span.line - PROCESS.count("\n"), f.message) for f in errors]
    return definition


def wrong(marked: str) -> tuple[list[Finding], list[tuple[int, int, int]]]:
    """What is wrong in keys where `<<` and `>>` stand around mistakes, and the places of those: line, column, end."""
    places: list[tuple[int, int, int]] = []
    lines = []
    for line, text in enumerate(marked.splitlines(), start=PROCESS.count("\n") + 1):
        while "<<" in text:
            before, _, rest = text.partition("<<")
            inside, _, after = rest.partition(">>")
            places.append((line, len(before) + 1, len(before) + len(inside) + 1))
            text = before + inside + after
        lines.append(text)
    return read("\n".join(lines) + "\n")[1], places


def place(finding: Finding) -> tuple[int, int, int]:
    """Where a finding points: line, column, end column."""
    return finding.span.line, finding.span.column, finding.span.end_column
