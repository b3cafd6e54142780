"""Which findings a comment may silence, and the silencing of them."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from stagegate.diagnostics import Finding, Source
from stagegate.language.ignores import apply_ignores, ignores
from stagegate.language.rules import RULES

_KNOWN = frozenset(rule.name for rule in RULES)
# The machine cannot be built over these errors; what is wrong about figures alone may be meant.
_FIRM = frozenset(rule.name for rule in RULES if rule.severity == "error" and rule.group != "domain")


def silence(findings: Iterable[Finding], source: Source) -> list[Finding]:
    """The findings that no `# stagegate: ignore[rule]` silences, and one for each comment that silences nothing.

    Warnings and notes can be silenced, and errors of the domain group. Over other errors no machine can
    be built, so a comment does not make them go away.
    """
    comments = ignores(source)
    if not comments:
        return list(findings)
    told = list(findings)
    firm = [finding for finding in told if _is_firm(finding)]
    kept = apply_ignores([finding for finding in told if not _is_firm(finding)], comments, _KNOWN)
    stubborn = {(finding.span.line, finding.rule) for finding in firm}
    targets = {
        span: (each.applies_to_line, rule)
        for each in comments
        for rule, span in zip(each.rules, each.spans, strict=True)
    }
    return firm + [_explained(finding) if targets.get(finding.span) in stubborn else finding for finding in kept]


def _is_firm(finding: Finding) -> bool:
    return finding.severity == "error" and finding.rule in _FIRM


def _explained(finding: Finding) -> Finding:
    if finding.rule != "unused-ignore":
        return finding
    return evolve(finding, message="this error cannot be silenced", help="no process can be built before it is mended")
