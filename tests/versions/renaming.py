"""A definition and its commands with every name another one, and the plan that says so: what carrying over is held against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import attrs

from stagegate import model
from stagegate.conditions import Condition, Environment, compile, parse
from stagegate.engine.commands import Command
from stagegate.process import Process
from stagegate.versions.draft import KIND_OF
from stagegate.versions.plan import Kind, Plan, Version
from stagegate.versions.things import things

_WORDS = ("kind", "side", "type", "actor", "basis", "skipped", "file", "where")  # fields that hold no names
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def other(name: str) -> str:
    """The other name: it sorts like the old one, and no thing of the old version has it."""
    return ".".join(f"{part}_now" for part in name.split("."))


class Renaming:
    """Every name of a definition that a plan can tell, and what it is called now."""

    def __init__(self, definition: model.Definition) -> None:
        self.kinds: dict[Kind, dict[str, tuple[str, ...]]] = {}
        for thing in things(definition):
            if thing.sort in KIND_OF:
                self.kinds.setdefault(KIND_OF[thing.sort], {})[thing.name] = (other(thing.name),)
        names = [name for kind in self.kinds.values() for name in kind]
        self.names = {n: other(n) for name in names for n in (name, name.rpartition(".")[2])}
        self.definition = cast("model.Definition", self.value(definition))

    def plan(self, old: Process, new: Process) -> Plan:
        """The plan that tells every name."""
        return Plan(old.name, Version(old.version, old.flow), Version(new.version, new.flow), self.kinds)

    def text(self, text: str) -> str:
        """A text with every name in it the other one."""
        return _NAME.sub(lambda word: self.names.get(word[0], word[0]), text)

    def value(self, value: Any) -> Any:
        """A value of the model, or of a command, with the other names."""
        match value:
            case str():
                return self.names.get(value, value)
            case Condition():
                tree = parse(self.text(value.text)).tree
                assert tree is not None
                return compile(tree, self.environment(value.env))
            case Mapping():
                return {self.value(k): self.value(v) for k, v in value.items()}
            case tuple():
                return tuple(map(self.value, value))
            case model.Text() | model.Notes() | Environment():
                return value
            case _ if attrs.has(type(value)):
                fields = [f.name for f in attrs.fields(type(value)) if f.init and f.name not in _WORDS]
                return attrs.evolve(value, **{name: self.value(getattr(value, name)) for name in fields})
            case _:
                return value

    def environment(self, env: Environment) -> Environment:
        """What conditions may name."""
        listed = ("criteria", "outcomes", "ambiguous_outcomes", "ends", "observed")
        return attrs.evolve(
            env,
            facts={self.text(name): type for name, type in env.facts.items()},
            tracks={self.text(name): list(map(self.text, stages)) for name, stages in env.tracks.items()},
            **{name: list(map(self.text, getattr(env, name))) for name in listed},
        )

    def command(self, command: Command) -> Command:
        """A command that says the same with the other names."""
        args = {name: value if name == "reason" else self.value(value) for name, value in command.args.items()}
        return Command(
            command.kind, self.value(command.subject), command.at, args, command.by, command.role, command.note,
            command.key, command.happened,
        )  # fmt: skip
