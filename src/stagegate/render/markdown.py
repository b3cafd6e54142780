"""Markdown as text of any kind: what means something to it is escaped, code stands as code, tables stay tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

# GitHub also reads `~` and `$`; `&` begins an entity.
_MEANS_SOMETHING: Final = re.compile(r"[\\`*_\[\]{}<>|~#&$]")
_BEGINS_A_LIST: Final = re.compile(r"^(?:[-+=]|\d+(?=[.)](?:\s|$)))")


def escaped(text: str) -> str:
    """A text on one line that Markdown shows as it is, wherever it stands."""
    text = _MEANS_SOMETHING.sub(r"\\\g<0>", text)
    first = _BEGINS_A_LIST.match(text)
    if first is None:
        return text
    return f"\\{text}" if first[0] in "-+=" else f"{first[0]}\\{text[first.end() :]}"


def code(text: str) -> str:
    """A text on one line as code."""
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * (max(runs, default=0) + 1)
    room = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{fence}{room}{text}{room}{fence}" if text else ""


def link(words: str, target: str) -> str:
    """Words, escaped already, that lead to a page or to an anchor."""
    return f"[{words}](<{target}>)" if re.search(r"[\s()<>]", target) else f"[{words}]({target})"


def anchor(id: str) -> str:
    """What a link to `#id` leads to."""
    return f'<a id="{id}"></a>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are escaped already; nothing where there are no rows."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if lines:
        yield "| " + " | ".join(head) + " |"
        yield "| " + " | ".join(["---"] * len(head)) + " |"
        yield from lines


def code_cell(text: str) -> str:
    """Code in a cell, where a bar would end the cell."""
    return code(text).replace("|", "\\|")


def tidied(lines: Iterable[str]) -> Iterator[str]:
    """Lines of a page: what stands under a heading begins at the margin, and never two empty lines follow each other."""
    block: list[str] = []
    for line in lines:
        if line.startswith("#"):
            yield from _block(block)
            yield from (line, "")
            block = []
        else:
            block.append(line.rstrip())
    yield from _block(block)


def _block(lines: Sequence[str]) -> Iterator[str]:
    """The lines between two headings, with an empty one at the end."""
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line), default=0)
    empty = True
    for line in lines:
        if line or not empty:
            yield line[margin:]
        empty = not line
    if not empty:
        yield ""
