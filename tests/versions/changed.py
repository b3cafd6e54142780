"""A new version of project-sales, as a host might write it, and the plan that leads there."""

from __future__ import annotations

import re
from pathlib import Path

import stagegate
from stagegate import language
from stagegate.bundled import bundled_path
from stagegate.diagnostics import Source
from stagegate.process import Process
from stagegate.versions.plan import Plan, Version

NEW_CRITERION = """          - id: budget_range_known
            actor: buyer
            title: {en: The customer has named a range for the budget, zh: 客户已给出预算范围}
          - id: exchange_promised
"""


def process_of(text: str, name: str = "changed.yaml") -> Process:
    """The process of a text; fails with its findings."""
    definition, report = language.check_source(Source(name, text))
    assert definition is not None, [str(f.message) for f in report.findings]
    return Process(definition, text)


def new_text() -> str:
    """Two stages renamed or removed, criteria renamed, removed and added."""
    path = bundled_path("project-sales")
    assert path is not None
    text = re.sub(r"(?m)^version: .*$", "version: 2.0.0", Path(path).read_text("utf-8"), count=1)
    text = re.sub(r"\bformal_solution\b", "full_solution", text)
    text = re.sub(r"\bterms_agreed\b", "all_terms_agreed", text)
    text = text.replace("          - id: exchange_promised\n", NEW_CRITERION, 1)
    head, rest = text.split("      - id: project_evaluation\n", 1)
    return head + "      - id: negotiation\n" + rest.split("      - id: negotiation\n", 1)[1]


def versions() -> tuple[Process, Process]:
    """The bundled process and its new version."""
    return stagegate.load("project-sales"), process_of(new_text())


def plan_between(old: Process, new: Process) -> Plan:
    """How cases go from one to the other."""
    return Plan(
        old.name,
        Version(old.version, old.flow),
        Version(new.version, new.flow),
        {
            "stages": {"formal_solution": ("full_solution",), "project_evaluation": ()},
            "criteria": {"terms_agreed": ("all_terms_agreed",)},
        },
        land={"project_evaluation": "negotiation"},
        owed=("budget_range_known",),
    )
