"""Each finding with the lines it is about, carets under the place, and what to do."""

from __future__ import annotations

from stagegate.diagnostics import Finding, Report
from stagegate.render.findings.colors import Paint
from stagegate.render.findings.concise import head, summary
from stagegate.render.findings.display import clean
from stagegate.render.findings.excerpt import Row, excerpt, split_lines


def render(report: Report, *, color: bool = False) -> str:
    """All findings, an empty line after each, then the summary."""
    paint = Paint(color=color)
    lines = {source.name: split_lines(source.text) for source in report.sources}
    blocks = [_block(finding, lines.get(finding.file, []), paint) for finding in report]
    return "\n\n".join([*blocks, summary(report)])


def cut_out(finding: Finding, lines: list[str], paint: Paint) -> tuple[list[str], int]:
    """The lines of the source that a finding is about in their frame, none without a source, and the width of the numbers."""
    rows = excerpt(finding, lines)
    gutter = max((len(row.number) for row in rows), default=0)
    above = [paint.quiet(f"{'':{gutter}} |")] if rows else []
    return [*above, *(_row(row, gutter, finding, paint) for row in rows)], gutter


def _block(finding: Finding, lines: list[str], paint: Paint) -> str:
    framed, gutter = cut_out(finding, lines, paint)
    told = [head(finding, paint), *framed]
    told.extend(_remark("help", finding.help, gutter, paint))
    told.extend(_remark("more", f"stagegate rules {finding.rule}", gutter, paint))
    return "\n".join(told)


def _row(row: Row, gutter: int, finding: Finding, paint: Paint) -> str:
    if row.gap:
        return paint.quiet("...")
    frame = paint.quiet(f"{row.number:>{gutter}} |")
    marked = " ".join(filter(None, (row.marker, row.remark)))
    if row.primary:
        marked = paint.severity(marked, finding.severity)
    content = row.text + " " * row.indent + marked
    return f"{frame} {content}" if content else frame


def _remark(title: str, text: str, gutter: int, paint: Paint) -> list[str]:
    if not text:
        return []
    first, *rest = text.split("\n")
    frame = f"{'':{gutter}} ="
    indent = " " * (gutter + 3 + len(title) + 2)
    return [f"{paint.quiet(frame)} {title}: {clean(first)}", *(indent + clean(line) for line in rest)]
