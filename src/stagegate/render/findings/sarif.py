"""SARIF 2.1.0, for code scanning services.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from stagegate.diagnostics import Finding, Fix, Label, Report, Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_DRIVE = re.compile(r"[A-Za-z]:/")


def render(report: Report) -> str:
    """One run with the rules that found something, and their results, in ASCII."""
    rules = sorted({finding.rule for finding in report})
    driver = {"name": "stagegate", "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules.index(finding.rule)) for finding in report],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": _message(f"{finding.message}; {finding.help}" if finding.help else finding.message),
        "locations": [{"physicalLocation": _place(finding.file, finding.span)}],
    }
    if finding.labels:
        result["relatedLocations"] = [_related(finding.file, label) for label in finding.labels]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.file, finding.fix)]
    return result


def _message(text: str) -> dict[str, str]:
    return {"text": text}


def _related(file: str, label: Label) -> dict[str, Any]:
    return {"physicalLocation": _place(file, label.span), "message": _message(label.text)}


def _fix(file: str, fix: Fix) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.replacement}}
    change = {"artifactLocation": {"uri": _uri(file)}, "replacements": [replacement]}
    return {"description": _message(fix.title), "artifactChanges": [change]}


def _place(file: str, span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(file)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(file: str) -> str:
    """A relative path stays relative; what is not plain ASCII is percent-encoded."""
    path = file.replace("\\", "/")
    if path.startswith("/"):
        return f"file://{quote(path, errors='replace')}"
    if _DRIVE.match(path):
        return f"file:///{path[:2]}{quote(path[2:], errors='replace')}"
    return quote(path, errors="replace")
