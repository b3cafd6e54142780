"""A list of objects for programs."""

from __future__ import annotations

import json

from stagegate.diagnostics import Finding, Report


def render(report: Report) -> str:
    """A JSON list, in ASCII, of `{file, line, column, end_line, end_column, rule, severity, message, help}`."""
    return json.dumps([_plain(finding) for finding in report], indent=2)


def _plain(finding: Finding) -> dict[str, str | int]:
    span = finding.span
    return {
        "file": finding.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
    }
