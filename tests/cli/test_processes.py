"""The command line as a process of its own: pipes, encodings, interruption, and what an import costs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.helpers import EXAMPLES, GOOD, ROOT, process

ENV = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("stagegate: 1\n", encoding="utf-8")
    assert process("check", "project-sales").returncode == 0
    assert process("check", "bad.yaml", cwd=tmp_path).returncode == 1
    assert process("check", "nowhere.yaml", cwd=tmp_path).returncode == 2
    assert process("run", "after-sales-repair", EXAMPLES / "after-sales-repair.commands.yaml").returncode == 0


@pytest.mark.parametrize("arguments", [["show", "project-sales"], ["list"], ["--help"], ["schema"]])
def test_a_closed_pipe_ends_it_quietly(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "stagegate", *arguments], stdout=writing, stderr=subprocess.PIPE, env=ENV, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "stagegate", "list"], stdout=full, stderr=subprocess.PIPE, env=ENV, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"stagegate: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "project-sales", "--lang", "zh"],
        ["list", "--lang", "zh"],
        ["schema"],
        ["draw", "after-sales-repair", "-o", "-", "--lang", "zh"],
        ["run", "after-sales-repair", str(EXAMPLES / "after-sales-repair.commands.yaml"), "--lang", "zh"],
    ],
)
def test_an_output_that_cannot_take_every_character(arguments: list[str], encoding: str) -> None:
    done = process(*arguments, LANG="C", LC_ALL="C", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0
    assert done.stderr == b""
    done.stdout.decode(encoding)


def test_json_is_json_whatever_the_output_takes() -> None:
    commands = EXAMPLES / "project-sales.commands.yaml"
    done = process("run", "project-sales", commands, "--json", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["case"] == "ACME-42"


def test_paths_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.yaml"
    Path(os.fsdecode(name)).write_text(GOOD.replace("stagegate: 1", "stagegate: one"), encoding="utf-8")
    done = process("check", tmp_path)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_interruption_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(GOOD, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "stagegate", "assess", "small.yaml", "-"],
        cwd=tmp_path, env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(b"budget,state\n" + b"1,Yes\n" * 1_400)
    running.stdin.flush()
    running.stdout.read(1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err == b"stagegate: interrupted\n"


def test_help_imports_neither_yaml_nor_the_language() -> None:
    heavy = {"yaml", "stagegate.language", "jsonschema", "rich", "resvg_py", "csv"}
    program = f"import sys; from stagegate.cli import main; main(['--help']); print({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], env=ENV, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "set()"
