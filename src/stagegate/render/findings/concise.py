"""One line per finding, and a line that sums up."""

from __future__ import annotations

from stagegate.diagnostics import Finding, Report, Severity
from stagegate.render.findings.colors import Paint
from stagegate.render.findings.display import clean

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def render(report: Report, *, color: bool = False) -> str:
    """`file:line:col: severity[rule]: message` for each finding, then the summary."""
    paint = Paint(color=color)
    return "\n".join([*(head(finding, paint) for finding in report), summary(report)])


def head(finding: Finding, paint: Paint) -> str:
    """The line of one finding."""
    place = f"{clean(finding.file)}:{finding.span.line}:{finding.span.column}"
    kind = paint.severity(f"{finding.severity}[{clean(finding.rule)}]", finding.severity)
    return f"{paint.strong(place)}: {kind}: {clean(finding.message)}"


def summary(report: Report) -> str:
    """`3 errors, 1 warning in 2 files`."""
    counts = [(report.count(severity), severity) for severity in _SEVERITIES]
    told = ", ".join(_counted(count, severity) for count, severity in counts if count)
    if not told:
        return "no findings"
    return f"{told} in {_counted(len({finding.file for finding in report}), 'file')}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
