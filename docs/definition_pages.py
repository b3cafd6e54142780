"""The pages of the bundled definitions, in both languages: `definitions/<name>.md`, their pictures, and the index of them.

Part of `generate.py`, which writes them. Everything comes from the definitions; of `definitions/subjects.yaml` come the ids of subjects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from stagegate.bundled import bundled_names
from stagegate.loading import Suite, suites
from stagegate.model import NO_TEXT, Definition, Text
from stagegate.render.markdown import code, escaped, link, table
from stagegate.render.picture import draw
from stagegate.render.process_page import process_page
from stagegate.render.words import Say

FOLDER = "definitions"
SUBJECTS = Path(__file__).resolve().parent / FOLDER / "subjects.yaml"
LANGUAGES = ("en", "zh")
MADE = "<!-- Made by docs/generate.py; change the definition instead. -->"

WORDS: Mapping[str, tuple[str, str]] = {
    "index": ("Bundled definitions", "内置流程定义"),
    "about": (
        ("Every process that comes with stagegate, by family. Each page is made from the definition: its stages with their gates, "
        "decisions, ends, documents and roles, what its source states and what is proposed, its scenarios and invariants."),
        ("stagegate 自带的全部流程，按类别排列。各页均由定义生成：阶段及其关口、决策、结局、文件与角色，"
        "哪些内容出自来源、哪些为建议，以及情景与不变式。"),
    ),
    "all": ("All definitions", "全部流程"),
    "other": ("中文", "English"),
    "source": ("The definition", "定义文件"),
    "process": ("process", "流程"),
    "stages": ("stages", "阶段数"),
    "purpose": ("purpose", "说明"),
    "subjects": ("Subjects", "主题"),
    "subjects_about": (
        "Where each subject stands that stagegate set out to express: a definition of its own, or something attached to one.",
        "stagegate 要表达的各个主题所在之处：单独的定义，或附在某个定义上的内容。",
    ),
    "reading": ("How to read a page", "怎样阅读这些页面"),
    "subject": ("subject", "主题"),
    "where": ("where", "所在之处"),
    "track": ("track", "轨道"),
    "in": ("{} (in {})", "{}（见{}）"),
    "catalogue": ("catalogue", "资料目录"),
    "checklist": ("checklist", "检查表"),
    "reason_tree": ("reasons", "原因分类"),
    "metrics": ("metric", "指标"),
    "roles": ("role", "角色"),
    "guidance": ("advice", "要领"),
    "notation": ("symbols", "图形符号"),
    "gap": ("the gap to the buyer", "与买方的落差"),
}  # fmt: skip


READING: Sequence[Sequence[str]] = (
    (
        "- **Marks.** What bears no mark is stated by the source; (field) is common in the field, (proposed) is ours. In a picture a dotted outline",
        "  stands for what is proposed or only named; the numbers beside flag and check mark count what must be met.",
        "- **Observed** is a track that shows where the buyer has been seen: it moves by what you see of the buyer, also back and past stages.",
        "- **Moved by evidence** is a track that must be earned: it stands where all gates up to there are met, and goes back when one is no longer",
        "  met ([where an earned track stands](../explanation/semantics.md#2-the-walk-where-an-earned-track-stands)). **Advanced by hand** means that",
        "  somebody must also say so.",
        "- **Entry milestone** is what must be done to have arrived in a stage; with none it is *met at once*. **Exit criteria** are what must be met to",
        "  have completed it. There is no partial credit.",
        "- **A new round** begins a track again from its first stage, or the stage named; what was met before no longer counts",
        "  ([back](../explanation/semantics.md#6-back-loop-back-repeat-new-round-reopen)).",
        "- **What is proved** holds for every order of commands that people may give ([how proofs work](../explanation/proofs.md),",
        "  [invariants](../reference/invariants.md)); what holds only *without* a command, such as `reopen`, stands apart.",
        "- To work with a process of your own: [start from a bundled process](../how-to/start-from-a-bundled-process.md).",
    ),
    (
        "- **标记**：未加标记的内容出自来源；（业界）为业界通行的内容，（建议）为我们的建议。图中点线框表示建议的或来源仅列名称的内容；旗形和对勾旁的数字为必须满足的项数。",
        "- **观察**：该轨道表示观察到买方处于何处，随所见的买方情况移动，可后退，也可越过阶段。",
        ("- **凭证据推进**：该轨道须逐步取得：此前各关口全部满足才到达某处，其中一项不再满足即退回"
        "（[说明，英文](../explanation/semantics.md#2-the-walk-where-an-earned-track-stands)）。**人工推进**：还须由人确认。"),
        "- **进入里程碑**：全部完成才算进入阶段；没有时为*直接进入*。**完成标准**：全部满足才算完成阶段。部分满足不计。",
        ("- **新一轮**：轨道从第一个阶段或所指定的阶段重新开始，此前满足的内容不再计算"
        "（[说明，英文](../explanation/semantics.md#6-back-loop-back-repeat-new-round-reopen)）。"),
        ("- **证明内容**：无论人以何种顺序发出命令都成立（[证明方法，英文](../explanation/proofs.md)、[不变式，英文](../reference/invariants.md)）；"
        "仅在*不使用*某个命令（如 `reopen` 重新打开）时成立的另列。"),
        "- 制作自己的流程：[从内置流程开始（英文）](../how-to/start-from-a-bundled-process.md)。",
    ),
)  # fmt: skip


def definition_pages() -> dict[str, str]:
    """Every page and picture, by its path below `docs/`."""
    found = bundled()
    others = {name: definition_of(suite) for name, suite in found.items()}
    files: dict[str, str] = {}
    for at, language in enumerate(LANGUAGES):
        for name, suite in found.items():
            files[f"{FOLDER}/{page_name(name, at)}"] = page(suite, at, others)
            files[f"{FOLDER}/pictures/{picture_name(name, at)}"] = draw(definition_of(suite), language=language)
        files[f"{FOLDER}/{page_name('README', at)}"] = index([definition_of(suite) for suite in found.values()], at)
    return files


def bundled() -> dict[str, Suite]:
    """The bundled definitions with their scenarios and invariants, by name; each is read once."""
    names = bundled_names()
    return dict(zip(names, suites(names), strict=True))


def definition_of(suite: Suite) -> Definition:
    assert suite.process is not None, f"{suite.path} has errors: run `stagegate check`"
    return suite.process.definition


def page_name(name: str, at: int) -> str:
    return f"{name}{('', '.zh')[at]}.md"


def picture_name(name: str, at: int) -> str:
    return f"{name}{('', '.zh')[at]}.svg"


def word(key: str, at: int, *values: str) -> str:
    return WORDS[key][at].format(*values)


# -- the page of a definition -------------------------------------------------------------------------------


def page(suite: Suite, at: int, others: Mapping[str, Definition]) -> str:
    """The page of one definition, below links to the index, the other language and the file."""
    definition = definition_of(suite)
    name = definition.name
    ways = [
        link(word("all", at), page_name("README", at)),
        link(word("other", at), page_name(name, 1 - at)),
        link(word("source", at), f"../../definitions/{name}.yaml"),
    ]
    text = process_page(
        definition,
        scenarios=suite.scenarios,
        invariants=suite.invariants,
        language=LANGUAGES[at],
        picture=f"pictures/{picture_name(name, at)}",
        others=others,
    )
    return f"{MADE}\n{' · '.join(ways)}\n\n{text}"


# -- the index ----------------------------------------------------------------------------------------------


def index(definitions: Sequence[Definition], at: int) -> str:
    """All definitions by family, and the table of subjects."""
    return "\n".join(index_lines(definitions, at)).rstrip("\n") + "\n"


def index_lines(definitions: Sequence[Definition], at: int) -> Iterator[str]:
    yield MADE
    yield from (link(word("other", at), page_name("README", 1 - at)), "")
    yield from (f"# {word('index', at)}", "", word("about", at), "")
    for family in sorted({definition.family.en for definition in definitions}, key=str.casefold):
        members = [definition for definition in definitions if definition.family.en == family]
        yield from (f"## {shown(members[0].family, at) or Say(LANGUAGES[at])('other')}", "")
        rows = [[linked(each, at), stage_counts(each), first_sentence(each.summary, at)] for each in members]
        yield from (*table([word(key, at) for key in ("process", "stages", "purpose")], rows), "")
    yield from (f"## {word('subjects', at)}", "", word("subjects_about", at), "")
    by_name = {definition.name: definition for definition in definitions}
    rows = [[code(id), where(row, by_name, at)] for id, row in subjects().items()]
    yield from table([word("subject", at), word("where", at)], rows)
    yield from ("", f"## {word('reading', at)}", "", *READING[at])


def shown(text: Text, at: int) -> str:
    """A text in one language, none of which means something to Markdown."""
    return escaped(" ".join(text(LANGUAGES[at]).split()))


def linked(definition: Definition, at: int) -> str:
    return link(shown(definition.title, at) or code(definition.name), page_name(definition.name, at))


def stage_counts(definition: Definition) -> str:
    return " + ".join(str(len(track.stages)) for track in definition.tracks)


def first_sentence(text: Text, at: int) -> str:
    whole = shown(text, at)
    found = re.match(r".*?(?:[。！？]|[.!?](?=\s|$))", whole)
    return found[0] if found else whole


# -- subjects -----------------------------------------------------------------------------------------------


def subjects() -> dict[str, Mapping[str, Any]]:
    """The rows of the table of subjects, by id."""
    rows: dict[str, Mapping[str, Any]] = yaml.safe_load(SUBJECTS.read_text(encoding="utf-8"))
    return rows


def where(row: Mapping[str, Any], by_name: Mapping[str, Definition], at: int) -> str:
    """Where a subject stands, with links."""
    if "definition" in row:
        definition = by_name[row["definition"]]
        track = next((shown(t.title, at) for t in definition.tracks if t.id == row.get("track")), "")
        says = Say(LANGUAGES[at])
        return linked(definition, at) + (f"{says.then}{word('track', at)}{says.colon}{track}" if track else "")
    told = groupby(row["attached"], key=lambda place: place["process"])
    return Say(LANGUAGES[at]).semicolon.join(attached(list(places), by_name[name], at) for name, places in told)


def attached(places: Sequence[Mapping[str, str]], definition: Definition, at: int) -> str:
    """What is attached to a definition, by kind."""
    says = Say(LANGUAGES[at])
    told = []
    for kind, group in groupby(places, key=lambda place: place["kind"]):
        titles = things_of(definition, kind)
        names = says.comma.join(filter(None, (shown(titles[place.get("id", "")], at) for place in group)))
        told.append(f"{word(kind, at)}{says.colon}{names}" if names else word(kind, at))
    return word("in", at, says.semicolon.join(told), linked(definition, at))


def things_of(definition: Definition, kind: str) -> dict[str, Text]:
    """The titles of everything of this kind that a definition has, by id; where the kind has no ids, under ""."""
    found: Iterable[Any]
    if kind == "gap":
        return {"": NO_TEXT} if definition.gap.give_up_at is not None and definition.gap.guidance else {}
    if kind == "notation":
        return {"": NO_TEXT} if definition.notation else {}
    if kind == "guidance":
        return {stage.id: stage.title for stage in definition.stages() if stage.notes.guidance}
    if kind == "reason_tree":
        found = [*definition.reason_trees, *(end.reasons for end in definition.ends if end.reasons is not None)]
    else:
        found = {
            "catalogue": definition.catalogues,
            "checklist": definition.checklists,
            "metrics": definition.metrics,
            "roles": [role for role in definition.roles if role.qualifications or role.duties or role.kpis],
        }[kind]
    return {thing.id: thing.title for thing in found}
