"""`# stagegate: ignore[rule]` comments: which findings they silence, and which silence nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from attrs import frozen

from stagegate.diagnostics import Finding, Source, Span
from stagegate.language import events as yaml_events
from stagegate.language.lines import LINE_BREAK, Lines
from stagegate.language.text import TEXT_RULES

_MENTION = re.compile(r"(?<![^ \t\r\n])#[ \t]*stagegate:[ \t]*ignore\b(?:[ \t]*\[(?P<rules>[^\]\r\n]*)\]?)?")
_NAME = re.compile(r"[^\s,]+")
_SILENT_LINE = re.compile(r"[ \t]*(?:#.*)?\Z")
# More comments than this are not read; a file with so many has other troubles.
_MOST_COMMENTS = 1000
_MOST_NAMES = 100
_OWN_RULES = frozenset(("unused-ignore", "unknown-rule"))


@frozen
class Ignore:
    """One comment. Each of `rules` has its place in `spans`; `span` is the whole comment.

    It silences findings that begin on `applies_to_line`: its own line, or for a comment on a line
    of its own the next line that holds more than a comment.
    """

    file: str
    line: int
    rules: tuple[str, ...]
    spans: tuple[Span, ...]
    span: Span
    applies_to_line: int


def ignores(source: Source) -> list[Ignore]:
    """All ignore comments of `source`, in order.

    What only looks like one inside a quoted text or a block is none. A text that is not YAML has
    none, since nobody can tell there what is a comment.
    """
    text = source.text.removeprefix("\ufeff")
    if "stagegate:" not in text:
        return []
    mentions = list(islice(_MENTION.finditer(text), _MOST_COMMENTS))
    if not mentions:
        return []
    lines = Lines(text, source.name)
    try:
        taken = _inside_scalars(text, [mention.start() for mention in mentions])
    except yaml_events.BrokenYamlError:
        return []
    next_line = _NextLines(lines)
    return [_read(mention, lines, next_line) for mention in mentions if mention.start() not in taken]


def _inside_scalars(text: str, offsets: list[int]) -> set[int]:
    """Those of `offsets` (ascending) that stand inside a scalar."""
    taken: set[int] = set()
    at = 0
    for event, start, end in yaml_events.events(text):
        if not isinstance(event, yaml_events.ScalarEvent):
            continue
        begin = _content_start(text, start, end) if event.style in ("|", ">") else start
        while at < len(offsets) and offsets[at] < end:
            if offsets[at] >= begin:
                taken.add(offsets[at])
            at += 1
    return taken


def _content_start(text: str, start: int, end: int) -> int:
    """Where the lines of a block begin: a comment may stand behind its header."""
    header = LINE_BREAK.search(text, start, end)
    return end if header is None else header.end()


def _read(mention: re.Match[str], lines: Lines, next_lines: _NextLines) -> Ignore:
    inside = mention.span("rules") if mention["rules"] else (0, 0)
    names = list(islice(_NAME.finditer(mention.string, *inside), _MOST_NAMES))
    span = lines.span(*mention.span())
    alone = not mention.string[lines.starts[span.line - 1] : mention.start()].strip()
    return Ignore(
        lines.name,
        span.line,
        tuple(name.group() for name in names),
        tuple(lines.span(*name.span()) for name in names),
        span,
        next_lines.after(span.line) if alone else span.line,
    )


class _NextLines:
    """For a line the next one that holds more than a comment."""

    def __init__(self, lines: Lines) -> None:
        self._lines = LINE_BREAK.split(lines.text)
        self._known = (0, 0)

    def after(self, line: int) -> int:
        """The next such line after `line`, or `line` itself; to be asked in ascending order."""
        asked, answer = self._known
        if not asked <= line < answer:
            below = range(line, len(self._lines))
            answer = next(
                (number + 1 for number in below if not _SILENT_LINE.match(self._lines[number])), len(self._lines) + 1
            )
            self._known = (line, answer)
        return answer if answer <= len(self._lines) else line


def apply_ignores(
    findings: Iterable[Finding], ignores: Sequence[Ignore], known_rules: Collection[str]
) -> list[Finding]:
    """The findings that no comment silences, and a finding for each name that silences nothing.

    Mistakes in the text itself (`TEXT_RULES`) cannot be silenced. A name that is in a comment but
    not in `known_rules` gets the note `unknown-rule`, any other unused one the warning
    `unused-ignore`. `findings` may be of several files.
    """
    if not ignores:
        return list(findings)
    wanted = {(each.file, each.applies_to_line, rule) for each in ignores for rule in each.rules}
    kept: list[Finding] = []
    used: set[tuple[str, int, str]] = set()
    for finding in findings:
        key = (finding.file, finding.span.line, finding.rule)
        if key in wanted and finding.rule not in TEXT_RULES:
            used.add(key)
        else:
            kept.append(finding)
    for each in ignores:
        kept.extend(_unused(each, used, known_rules))
    return kept


def _unused(ignore: Ignore, used: set[tuple[str, int, str]], known_rules: Collection[str]) -> Iterator[Finding]:
    if not ignore.rules:
        message = "this comment names no rule, so it silences nothing"
        help_text = "write `# stagegate: ignore[rule]`"
        yield Finding("unused-ignore", "warning", message, ignore.file, ignore.span, help=help_text)
    for index, (rule, span) in enumerate(zip(ignore.rules, ignore.spans, strict=True)):
        if rule in ignore.rules[:index]:
            message = f"`{rule}` is named twice in one comment"
            yield Finding("unused-ignore", "warning", message, ignore.file, span, help="name it once")
        elif (ignore.file, ignore.applies_to_line, rule) not in used:
            yield _nothing_silenced(ignore, rule, span, known_rules)


def _nothing_silenced(ignore: Ignore, rule: str, span: Span, known_rules: Collection[str]) -> Finding:
    if rule in TEXT_RULES:
        message, help_text = f"`{rule}` cannot be silenced", "remove the name"
    elif rule in known_rules or rule in _OWN_RULES:
        message = f"`{rule}` finds nothing on line {ignore.applies_to_line}, so there is nothing to silence"
        help_text = "remove the name"
    else:
        message, help_text = f"no rule named `{rule}`", "`stagegate rules` lists them"
        return Finding("unknown-rule", "note", message, ignore.file, span, help=help_text)
    return Finding("unused-ignore", "warning", message, ignore.file, span, help=help_text)
