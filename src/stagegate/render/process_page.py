"""A process as a page of Markdown: what `show` tells, in its order, then what is stated, left open, tested and proved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from stagegate.model import DecisionPoint, Definition, Invariant, Scenario, Stage, Text
from stagegate.render.markdown import anchor, code, code_cell, escaped, link, table, tidied
from stagegate.render.origins import BASES, counted, kind_of, left_open
from stagegate.render.process_text import BOX, ProcessText
from stagegate.render.wrap import clean

PAGE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "origins": ("What the source states", "哪些内容出自来源"),
    "origins_about": (
        "What bears no mark is stated by the source; (field) is common in the field, (proposed) is ours.",
        "未加标记的内容出自来源；（业界）为业界通行的内容，（建议）为我们的建议。",
    ),
    "stated": ("stated", "来源载明"),
    "field": ("field", "业界"),
    "proposed": ("proposed", "建议"),
    "left_open": ("What the source leaves open", "来源未说明的内容"),
    "incomplete": ("the source does not tell all of it", "来源未写全"),
    "undescribed": ("the source names it and no more", "来源仅列名称"),
    "tested": ("What is tested", "测试内容"),
    "tested_about": (
        "Scenarios that are played whenever the definition or stagegate changes (`stagegate test {}`).",
        "定义或 stagegate 每次改动时都会重演这些情景（`stagegate test {}`）。",
    ),
    "scenario": ("scenario", "情景"),
    "commands": ("commands", "命令数"),
    "comes_to": ("comes to", "结局"),
    "proved": ("What is proved", "证明内容"),
    "proved_about": (
        "Invariants: they hold in any case, whatever people do (`stagegate prove {}`).",
        "不变式：无论人怎样操作，任何案件都成立（`stagegate prove {}`）。",
    ),
    "proved_without": (
        "These hold as long as nobody uses the command named (`stagegate prove {}`).",
        "以下各条在不使用所列命令时成立（`stagegate prove {}`）。",
    ),
    "proved_possible": (
        "These can come about: a way to each was found (`stagegate prove {}`).",
        "以下情况可以出现：均已找到途径（`stagegate prove {}`）。",
    ),
    "invariant": ("invariant", "不变式"),
    "rule": ("rule", "规则"),
    "never": ("never", "绝不"),
    "always": ("always", "始终"),
    "possible": ("possible", "可以做到"),
    "before": ("{} before {}", "先 {} 后 {}"),
    "or_waived": ("or waived", "或已豁免"),
    "from_everywhere": ("from everywhere there is a way to {}", "处处可到达 {}"),
    "in": ("in {}", "处于 {} 时"),
    "without": ("without {}", "不使用 {}"),
}
# What is counted, in the order of the table.
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "track": ("tracks", "轨道"),
    "stage": ("stages", "阶段"),
    "group": ("groups within gates", "关口内的分组"),
    "milestone": ("items of entry milestones", "进入里程碑条目"),
    "exit": ("exit criteria", "完成标准"),
    "condition": ("stage conditions", "阶段条件"),
    "appraisal": ("appraisal items", "考核项"),
    "prohibition": ("prohibitions", "禁止事项"),
    "chance": ("chances", "成交概率"),
    "time_limit": ("time limits", "时限"),
    "participant": ("who takes part", "参与者"),
    "tool": ("tools of stages", "阶段工具"),
    "budget": ("budgets", "预算"),
    "decisionpoint": ("decisions", "决策"),
    "outcome": ("outcomes", "决策结果"),
    "jump": ("jumps", "向前跳转"),
    "loop": ("loops back and repeats", "返回与重复"),
    "closing": ("edges that close a cycle", "循环回边"),
    "end": ("ends", "结局"),
    "activity": ("activities", "活动"),
    "procedure": ("sub-procedures", "子流程"),
    "fact": ("facts", "事实"),
    "document": ("documents", "文件"),
    "role": ("roles", "角色"),
    "metric": ("metrics", "指标"),
    "catalogue": ("catalogues and checklists", "资料目录与检查表"),
    "reasontree": ("trees of reasons", "原因分类"),
    "catalogueentry": ("their entries, and reasons", "其条目及原因"),
    "guidance": ("pieces of advice", "要领"),
    "text": ("definitions, tasks, aims, questions and the like", "定义、任务、目标、提问等"),
}


NO_OTHERS: Final[Mapping[str, Definition]] = {}


def claim(invariant: Invariant) -> str:
    """Under which words an invariant stands: what holds always, as long as nobody does something, or is possible."""
    if invariant.kind == "possible":
        return "proved_possible"
    return "proved_without" if invariant.without else "proved_about"


def process_page(
    definition: Definition,
    *,
    scenarios: Iterable[Scenario] = (),
    invariants: Iterable[Invariant] = (),
    language: str = "en",
    picture: str = "",
    others: Mapping[str, Definition] = NO_OTHERS,
) -> str:
    """The whole process as Markdown, ending in a line break.

    `others` are the processes that it calls, as far as they are known: their ends are told with their titles. `picture` is what its picture is linked as; without one there is none. No text of the file is taken for Markdown,
    and no control character of it gets into the page.
    """
    page = ProcessPage(definition, language, picture, others)
    lines = (*page.lines(), *page.tested(scenarios), *page.proved(invariants))
    return "\n".join(tidied(lines)).rstrip("\n") + "\n"


class ProcessPage(ProcessText):
    """The walk of the text, with lines of Markdown. Every method yields lines."""

    def __init__(
        self, definition: Definition, language: str, picture: str, others: Mapping[str, Definition] = NO_OTHERS
    ) -> None:
        super().__init__(definition, language, 0)
        self.picture = picture
        self.others = others

    def word(self, key: str, *values: str) -> str:
        """One word of the page itself."""
        return PAGE_WORDS[key][self.say.at].format(*values)

    # --- small pieces --------------------------------------------------------------------------------

    def plain(self, text: str) -> str:
        """Characters of the file, none of which means something to Markdown."""
        return escaped(clean(text))

    def code(self, text: str) -> str:
        """A condition as code."""
        return code(" ".join(clean(text).split()))

    def both(self, title: Text, id: str) -> str:
        """A title with the id behind it as code."""
        return f"{self.text(title)} {self.code(id)}".lstrip()

    def spot(self, title: Text, id: str) -> str:
        """A stage, decision point or end, which links lead to."""
        return anchor(id) + self.both(title, id)

    def process(self, name: str) -> str:
        """Another process, with a link to its page."""
        return link(self.plain(name), self.page_of(name))

    def other(self, title: Text, process: str) -> str:
        """Another process with its title, which leads to its page."""
        return (
            f"{link(self.text(title), self.page_of(process))} {self.code(process)}" if title else self.process(process)
        )

    def end_of(self, process: str, end: str) -> str:
        """An end of another process with its title, which leads to its page."""
        known = (each for each in (self.others[process].ends if process in self.others else ()) if each.id == end)
        title = next((self.text(each.title) for each in known), "")
        return link(title, f"{self.page_of(process)}#{end}") if title else self.code(end)

    def page_of(self, process: str) -> str:
        """Where the page of a process is, beside this one."""
        return f"{process}.zh.md" if self.language == "zh" else f"{process}.md"

    def place(self, id: str) -> str:
        """The title of a stage, decision point or end, with a link to it."""
        words = super().place(id)
        return link(words, f"#{id}") if id in self.places else words

    # --- lines ---------------------------------------------------------------------------------------

    def line(self, text: str, indent: int, hanging: int = 2) -> Iterator[str]:
        yield f"{' ' * indent}- {text}"

    def paragraph(self, text: str, indent: int) -> Iterator[str]:
        yield from ("", " " * indent + text, "")

    def label(self, text: str, indent: int) -> Iterator[str]:
        yield from self.line(f"**{text}**", indent)

    def bullet(self, mark: str, text: str, indent: int) -> Iterator[str]:
        yield from self.line(f"{mark}{text}" if mark == BOX else text, indent)

    def field(self, key: str, text: str, indent: int) -> Iterator[str]:
        if text:
            yield from self.line(f"**{self.say(key)}**{self.say.colon}{text}", indent)

    def subheading(self, text: str) -> Iterator[str]:
        yield f"### {text}"

    def heading(self, text: str, mark: str) -> Iterator[str]:
        yield from ("", f"{'#' if mark == '=' else '##'} {text}")

    def stage_head(self, stage: Stage, place: int, text: str) -> Iterator[str]:
        yield f"### {place}. {text}"

    def loose(self, point: DecisionPoint) -> Iterator[str]:
        yield from self.subheading(self.say("decision"))
        yield from self.decision(point, 0)

    # --- what only the page tells --------------------------------------------------------------------

    def head(self) -> Iterator[str]:
        """The title, the name, and the picture."""
        yield from super().head()
        if self.picture:
            words = self.title(self.definition.title, self.definition.name)
            yield from self.paragraph(link(f"!{link(words, self.picture)}", self.picture), 0)

    def rest(self) -> Iterator[str]:
        """What stands beside the tracks, and how far the source goes."""
        yield from super().rest()
        yield from self.origins()
        yield from self.left_open()

    def origins(self) -> Iterator[str]:
        """How much of it the source states."""
        counts = counted(self.definition)
        rows = [
            [words[self.say.at], *(str(counts[kind][basis] or "") for basis in BASES)]
            for kind, words in KINDS.items()
            if kind in counts
        ]
        if rows:
            yield from self.heading(self.word("origins"), "-")
            yield from self.paragraph(self.word("origins_about"), 0)
            yield from table(["", *map(self.word, BASES)], rows)

    def left_open(self) -> Iterator[str]:
        """What the source names and does not describe."""
        told = [
            f"{self.named_thing(thing)}{self.say.colon}{self.word(mark)}" for thing, mark in left_open(self.definition)
        ]
        if told:
            yield from self.heading(self.word("left_open"), "-")
        for text in told:
            yield from self.line(text, 0)

    def named_thing(self, thing: Any) -> str:
        """A thing with its title, whatever it is; the process by its name."""
        id = thing.name if isinstance(thing, Definition) else thing.id
        return (
            link(self.text(thing.title) or self.plain(id), f"#{id}")
            if kind_of(thing) == "stage"
            else self.both(thing.title, id)
        )

    def tested(self, scenarios: Iterable[Scenario]) -> Iterator[str]:
        """The scenarios, in short."""
        rows = [
            [code_cell(s.id), self.text(s.title), str(sum(len(step.when) for step in s.steps)), self.comes_to(s)]
            for s in scenarios
        ]
        if rows:
            yield from self.heading(self.word("tested"), "-")
            yield from self.paragraph(self.word("tested_about", self.definition.name), 0)
            yield from table(["", *map(self.word, ("scenario", "commands", "comes_to"))], rows)

    def comes_to(self, scenario: Scenario) -> str:
        """The end that a scenario expects last, "" if it expects none."""
        ends = [e.value for step in scenario.steps for e in step.then if e.key == "ended"]
        return self.place(str(ends[-1])) if ends and ends[-1] else ""

    def proved(self, invariants: Iterable[Invariant]) -> Iterator[str]:
        """The invariants, in short."""
        told = list(invariants)
        if told:
            yield from self.heading(self.word("proved"), "-")
        for key in ("proved_about", "proved_without", "proved_possible"):
            rows = [[code_cell(i.id), self.text(i.title), self.rule(i)] for i in told if claim(i) == key]
            if rows:
                yield from self.paragraph(self.word(key, self.definition.name), 0)
                yield from table(["", *map(self.word, ("invariant", "rule"))], rows)

    def rule(self, invariant: Invariant) -> str:
        """What an invariant says, as it is written."""
        told = []
        if invariant.kind == "before":
            told.append(self.word("before", self.codes(invariant.criteria), self.codes(invariant.entering)))
        elif invariant.kind == "from_everywhere":
            told.append(self.word("from_everywhere", self.codes(invariant.targets)))
        elif invariant.condition is not None:
            told.append(f"{self.word(invariant.kind)} {code_cell(' '.join(clean(invariant.condition.text).split()))}")
        if invariant.or_waived:
            told.append(self.word("or_waived"))
        if invariant.inside:
            told.append(self.word("in", self.codes(invariant.inside)))
        if invariant.without:
            told.append(self.word("without", self.codes(invariant.without)))
        return self.say.then.join(told)

    def codes(self, ids: Iterable[str]) -> str:
        """Ids in a row."""
        return self.say.listed(map(code_cell, ids))
