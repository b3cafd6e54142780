"""Coverage-guided bytes against the reader of texts and the renderers. By hand, needs atheris:

PYTHONPATH=src python tests/fuzz/fuzz_text.py -max_total_time=300 -max_len=4096 [CORPUS]
"""

from __future__ import annotations

import re
import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["stagegate", "yaml"]):
    from stagegate.diagnostics import Finding, Report
    from stagegate.language import events
    from stagegate.language.ignores import apply_ignores, ignores
    from stagegate.language.text import parse, source_of
    from stagegate.language.tree import Mapping, Node, Scalar, Sequence, to_plain
    from stagegate.render.findings import FORMATS, render

UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
HAS_C = events.HAS_C_PARSER


def scalars(root: Node) -> list[Scalar]:
    found: list[Scalar] = []
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        match node:
            case Mapping():
                waiting += [piece for entry in node.entries for piece in (entry.key, entry.value)]
            case Sequence():
                waiting += node.items
            case _:
                found.append(node)
    return found


def check_scalar(node: Scalar, text: str) -> None:
    """Each character of the value stands inside the scalar, in order, and the walk gave the value again."""
    if node.broken:
        return
    assert "".join(node.offsets.chars) == node.text
    before = node.start
    for offset in range(len(node.text)):
        start, end = node.offsets.start(offset), node.offsets.end(offset + 1)
        assert before <= start < end <= node.end, (node, node.style, offset, start, end, node.start, node.end)
        before = end
        assert node.style == '"' or text[start] in (node.text[offset], "\r", "\n", " ", "\t")


def check_text(data: bytes) -> None:
    source, findings = source_of(data, "f.yaml")
    tree: Node | None = None
    if source is not None:
        tree, findings = parse(source)
        findings = apply_ignores(findings, ignores(source), {"rule"})
    check_findings(findings)
    if tree is None:
        assert findings
    else:
        to_plain(tree)
        assert source is not None
        for node in scalars(tree):
            check_scalar(node, source.text)
            assert node.span <= node.span_of(len(node.text), len(node.text)) or node.broken
    report = Report.of(findings, [] if source is None else [source])
    for format in FORMATS:
        assert not UNSEEN.search(render(report, format))


def check_findings(findings: list[Finding]) -> None:
    for finding in findings:
        span = finding.span
        assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)


def check_both(data: bytes) -> None:
    """With the C parser and, by the last bit of the length, with the pure one."""
    events.HAS_C_PARSER = HAS_C and len(data) % 2 == 0
    check_text(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, check_both)
    atheris.Fuzz()
