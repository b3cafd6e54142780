"""Pages of Markdown as programs: their blocks are found here, run, and compared with what they show.

For who writes a page (each page is run from top to bottom in an empty folder of its own, in which
`examples/` and `definitions/` of the repository lie):

- ```python        is run; all blocks of a page share one namespace. `value  # => text` compares str() or repr() of
                   the value with the text; the comment may stand on the next line. A ```text block with nothing in between is what the block has printed.
- ```yaml          a whole definition (it has a line `stagegate: 1`) must be without errors and warnings; it is
                   written as `<process>.yaml`, so that later blocks can load it. Any other block is written only
                   if its first line is a comment with a file name: `# acme.commands.yaml`. A whole definition
                   may be named like that, too. So may blocks in other languages (csv, json, text ...).
- ```yaml broken   is a whole definition with mistakes: it is written, and must have some.
- ```console       `$ stagegate ...` is run and its output compared, errors included; `$ echo $?` is the exit code of
                   the command before. Also run: python, cat, echo, head, ls, sed, wc. Other commands are only shown.
- ```python file   is only written, under the name that its first line gives: for commands to run.
- ```python no-run is only shown; so is any other block that says `no-run`.

In an output `...` stands for anything on its line; on a line of its own, for any number of lines.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import stagegate

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^(?P<indent>[ ]*)(?P<ticks>`{3,}|~{3,})(?P<info>[^`]*)$")
FILE_NAME = re.compile(r"^(?:#|//)\s*(?P<name>[\w./-]+\.\w+)\s*$")
PROCESS = re.compile(r"^process:\s*(?P<name>[\w-]+)", re.MULTILINE)
EXPECTED = re.compile(r"#\s*=>\s?(?P<text>.*)$")
RUN = frozenset({"stagegate", "python", "cat", "echo", "head", "ls", "sed", "wc"})


@dataclass(frozen=True)
class Block:
    """A fenced block: the language, the words after it, its text, the line of its first line of text, and
    whether nothing but empty lines stands between it and the block before.
    """

    language: str
    words: tuple[str, ...]
    text: str
    line: int
    follows: bool

    @property
    def file_name(self) -> str:
        """The name that a comment on the first line gives, "" if none."""
        first = self.text.split("\n", 1)[0]
        found = FILE_NAME.match(first)
        return found["name"] if found else ""

    @property
    def is_definition(self) -> bool:
        """Whether it is a whole process definition."""
        version = re.search(r"^stagegate: *(\w+)", self.text, re.MULTILINE)
        return self.language == "yaml" and version is not None and (version[1] == "1" or "broken" in self.words)


class Wrong(AssertionError):
    """A page shows something that is not so."""


def pages() -> list[Path]:
    """The pages that are run."""
    return sorted(p for p in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")) if p.exists())


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = text.split("\n")
    number, last = 0, -1
    while number < len(lines):
        opened = FENCE.match(lines[number])
        number += 1
        if opened is None:
            continue
        first, indent, ticks = number, len(opened["indent"]), opened["ticks"]
        while number < len(lines) and not lines[number].strip().startswith(ticks):
            number += 1
        language, *words = opened["info"].split() or [""]
        inside = [line[indent:] if not line[:indent].strip() else line for line in lines[first:number]]
        follows = last > 0 and not "".join(lines[last : first - 1]).strip()
        yield Block(language, tuple(words), "".join(f"{line}\n" for line in inside), first + 1, follows)
        number += 1
        last = number


class Page:
    """A page that is being run, in the current folder."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.blocks = tuple(blocks(text))
        self.module = ModuleType("page")
        self.printed = ""  # by the last block of Python, if what comes next may show it
        self.code = 0  # of the last command of the console

    def run(self) -> None:
        """Runs every block; raises `Wrong` at the first that shows what is not so."""
        prepare()
        sys.modules[self.module.__name__] = self.module
        try:
            for block in self.blocks:
                if "no-run" not in block.words:
                    self.run_block(block)
        finally:
            del sys.modules[self.module.__name__]

    def run_block(self, block: Block) -> None:
        """Runs one block."""
        printed, self.printed = self.printed, ""
        if block.language == "python" and "file" not in block.words:
            self.run_python(block)
        elif block.language == "console":
            self.run_console(block)
        elif block.is_definition:
            self.check_definition(block)
        elif block.file_name:
            write(block.file_name, block.text)
        elif block.language == "text" and block.follows and printed:
            self.compare(block.text, printed, block.line, "the block above prints")

    # -- Python -----------------------------------------------------------------------------------------

    def run_python(self, block: Block) -> None:
        """Runs a block of Python and compares the values it shows."""
        if block.file_name:
            write(block.file_name, block.text)
        code = compiled(block, self.name)
        vars(self.module)["__shown__"] = self.shown
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(code, vars(self.module))
        self.printed = output.getvalue()

    def shown(self, value: Any, text: str, line: int) -> None:
        """Compares a value with the comment beside it."""
        if not any(fits(text, now) for now in (str(value), repr(value))):
            raise Wrong(f"{self.name}:{line}: the page shows {text}\nthe value is {value!r}, in words: {value}")

    # -- definitions ------------------------------------------------------------------------------------

    def check_definition(self, block: Block) -> None:
        """Writes a whole definition and checks it."""
        name = PROCESS.search(block.text)
        path = write(block.file_name or f"{name['name'] if name else 'process'}.yaml", block.text)
        found = [f for f in stagegate.check(path) if f.severity != "note"]
        if "broken" in block.words:
            if not found:
                raise Wrong(f"{self.name}:{block.line}: this definition is to be broken, and is not")
        elif found:
            told = "\n".join(f"{self.name}:{block.line + f.span.line - 1}: {f.rule}: {f.message}" for f in found)
            raise Wrong(f"{self.name}:{block.line}: this definition has mistakes\n{told}")

    # -- the console ------------------------------------------------------------------------------------

    def run_console(self, block: Block) -> None:
        """Runs the commands of a block and compares what they print."""
        for command, expected, line in commands(block):
            if command.split()[0] not in RUN:
                continue
            done = subprocess.run(
                ["sh", "-c", f"(exit {self.code}); {command}"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment(),
                encoding="utf-8",
                timeout=60,
                check=False,
            )
            self.code = done.returncode
            self.compare(expected, done.stdout, line, f"`{command}` prints")

    def compare(self, expected: str, now: str, line: int, what: str) -> None:
        """Compares an output with the one shown."""
        if not fits(trimmed(expected), trimmed(now)):
            raise Wrong(f"{self.name}:{line}: {what}\n{now.rstrip()}\n-- the page shows\n{expected.rstrip()}")


def prepare() -> None:
    """Fills the current folder with what every page finds there."""
    for folder in ("examples", "definitions"):
        shutil.copytree(ROOT / folder, folder, dirs_exist_ok=True)
    tools = Path(".tools")
    tools.mkdir(exist_ok=True)
    for name, command in (("stagegate", f'"{sys.executable}" -m stagegate'), ("python", f'"{sys.executable}"')):
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)


def environment() -> dict[str, str]:
    """What the commands of a console see: no colours, a wide terminal, this working copy."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("STAGEGATE", "PYTEST", "_STAGEGATE")) and k != "CI"
    }
    path = os.pathsep.join((str(Path(".tools").resolve()), os.environ.get("PATH", os.defpath)))
    given = {"PATH": path, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", "COLUMNS": "120", "PYTHONUTF8": "1"}
    # A working copy that is on the path and not installed has no entry point for the plugin of pytest.
    plugin = {} if entry_points(group="pytest11", name="stagegate") else {"PYTEST_PLUGINS": "stagegate.testing.plugin"}
    return kept | given | plugin | {"TZ": "UTC"}


def write(name: str, text: str) -> Path:
    """Writes a file below the current folder."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise Wrong(f"`{name}` is not a file below the folder of the page")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def compiled(block: Block, name: str) -> CodeType:
    """A block of Python in which every `value  # => text` compares the two; its lines are those of the page."""
    text = "\n" * (block.line - 1) + block.text
    tree = ast.parse(text, name)
    lines = text.split("\n")
    expectations = {n: m["text"].strip() for n, line in enumerate(lines, start=1) if (m := EXPECTED.search(line))}
    for node in tree.body:
        assert node.end_lineno is not None
        at = node.end_lineno
        if at not in expectations and lines[at].lstrip().startswith("# =>"):
            at += 1
        expected = expectations.pop(at, None)
        if expected is None:
            continue
        if not isinstance(node, ast.Expr):
            raise Wrong(f"{name}:{node.lineno}: `# =>` stands beside a value, not beside another statement")
        arguments = [node.value, ast.Constant(expected), ast.Constant(node.lineno)]
        call = ast.Call(ast.Name("__shown__", ast.Load()), arguments, [])
        node.value = ast.copy_location(call, node.value)
    for line in expectations:
        raise Wrong(f"{name}:{line}: `# =>` stands beside or right below a value at the left edge")
    return compile(ast.fix_missing_locations(tree), name, "exec", dont_inherit=True)


def commands(block: Block) -> Iterator[tuple[str, str, int]]:
    """The commands of a console block, with the output shown after each and the line it stands on."""
    command, output, at = "", [""], 0
    for number, line in enumerate(block.text.split("\n"), start=block.line):
        if command.endswith("\\"):
            command = command[:-1].rstrip() + " " + line.strip().removeprefix("> ")
        elif line.startswith("$ "):
            if command:
                yield command, "\n".join(output), at
            command, output, at = line[2:].strip(), [], number
        else:
            output.append(line)
    if command:
        yield command, "\n".join(output), at


def trimmed(text: str) -> str:
    """A text without spaces at the ends of lines and empty lines at its ends."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def fits(pattern: str, text: str) -> bool:
    """Whether a text is what is shown; `...` stands for anything on a line, alone for any number of lines."""
    parts = []
    for line in pattern.split("\n"):
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(re.escape(part) for part in line.split("...")) + r"\n")
    return re.fullmatch("".join(parts), text + "\n") is not None


# -- links --------------------------------------------------------------------------------------------------


def links(text: str) -> Iterator[str]:
    """The targets of the links of a page, those in code left out."""
    inside = False
    for line in text.split("\n"):
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            yield from re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`]*`", "", line))


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a page give, and those written as such."""
    found = set(re.findall(r'<a id="([^"]*)"></a>', text))
    inside = False
    for line in text.split("\n"):
        if FENCE.match(line):
            inside = not inside
        elif not inside and (heading := re.match(r"#+\s+(.*)", line)):
            words = re.sub(r"[^\w\s-]", "", heading[1].strip().lower())
            found.add(re.sub(r"\s", "-", words))
    return found


def broken_links(page: Path) -> list[str]:
    """The links of a page that lead nowhere; those to other sites are not followed."""
    wrong = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        leads = path.exists() and (
            not anchor or path.suffix != ".md" or anchor in anchors(path.read_text(encoding="utf-8"))
        )
        if not leads:
            wrong.append(link)
    return wrong
