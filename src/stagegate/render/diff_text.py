"""What has changed between two versions of a process: as text, as a page of Markdown, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from stagegate.model import Text
from stagegate.render.findings.colors import Paint
from stagegate.render.words import Say
from stagegate.render.wrap import bulleted, clean, indented
from stagegate.versions.diff import Change, gravest
from stagegate.versions.grades import GRADES

if TYPE_CHECKING:
    from stagegate.model import Definition
    from stagegate.versions.grades import Grade

INDENT: Final = 4
LONGEST: Final = 120  # characters of a value that has changed

GRADE: Final[Mapping[str, Text]] = {
    "none": Text("no effect on cases", "对案例无影响"),
    "compatible": Text("compatible", "兼容"),
    "plan": Text("needs a plan", "需要迁移方案"),
    "breaking": Text("breaking", "不兼容"),
}
SORT: Final[Mapping[str, Text]] = {
    "process": Text("process", "流程"),
    "track": Text("track", "轨道"),
    "stage": Text("stage", "阶段"),
    "criterion": Text("criterion", "标准"),
    "prohibition": Text("prohibition", "禁止事项"),
    "decision": Text("decision point", "决策点"),
    "outcome": Text("outcome", "决策结果"),
    "jump": Text("jump", "跳转"),
    "loop": Text("loop", "回退"),
    "end": Text("end", "结局"),
    "activity": Text("activity", "活动"),
    "fact": Text("fact", "事实"),
    "role": Text("role", "角色"),
    "document": Text("document", "文件"),
    "metric": Text("metric", "指标"),
    "catalogue": Text("catalogue", "目录"),
    "checklist": Text("checklist", "检查表"),
    "reasons": Text("list of reasons", "原因表"),
}
SAID: Final[Mapping[str, Text]] = {
    "added": Text("{sort} `{name}`{of} is new", "新增{sort} `{name}`{of}"),
    "removed": Text("{sort} `{name}`{of} is gone", "删除{sort} `{name}`{of}"),
    "renamed": Text(
        "{sort} `{name}`{of} seems to be `{new_name}` now ({clue})",
        "{sort} `{name}`{of} 现在似乎叫 `{new_name}`（{clue}）",
    ),
    "moved": Text(
        "{sort} `{name}` belongs to `{new}` now, not to `{old}`", "{sort} `{name}` 原属 `{old}`，现属 `{new}`"
    ),
    "order": Text(
        "{sort} `{name}`{of} stands elsewhere now: after `{new}`", "{sort} `{name}`{of} 的位置变了：现在在 `{new}` 之后"
    ),
    "first": Text("{sort} `{name}`{of} stands elsewhere now: first", "{sort} `{name}`{of} 的位置变了：现在排在最前"),
    "changed": Text(
        "`{field}` of {sort} `{name}`{of}: {old} -> {new}", "{sort} `{name}`{of} 的 `{field}`：{old} -> {new}"
    ),
    "retold": Text("`{field}` of {sort} `{name}`{of} reads otherwise", "{sort} `{name}`{of} 的 `{field}` 改了说法"),
    "of": Text(" of `{}`", "（属于 `{}`）"),
    "n_none": Text("{} without effect on cases", "{} 处对案例无影响"),
    "n_compatible": Text("{} compatible", "{} 处兼容"),
    "n_plan": Text("{} in need of a plan", "{} 处需要迁移方案"),
    "n_breaking": Text("{} breaking", "{} 处不兼容"),
    "nothing": Text("nothing", "无"),
    "one": Text("1 change", "1 处变化"),
    "sum": Text("{} changes", "{} 处变化"),
    "same": Text("nothing has changed", "没有变化"),
    "change": Text("change", "变化"),
    "why": Text("why", "原因"),
    "old": Text("old", "旧版"),
    "new": Text("new", "新版"),
    "grade": Text("for running cases", "对进行中的案例"),
}
CLUE: Final[Mapping[str, Text]] = {
    "title": Text("a guess: the same title", "推测：标题相同"),
    "alias": Text("a guess: one is an alias of the other", "推测：一个是另一个的别名"),
    "criteria": Text("a guess: most of its criteria are there", "推测：它的大部分标准都在那里"),
    "likeness": Text("a guess: the names are alike", "推测：名称相近"),
    "place": Text("a guess: it belongs to what was renamed", "推测：它属于已改名者"),
}
WHY: Final[Mapping[str, Text]] = {
    "text": Text("texts move no case", "文字不影响案例走向"),
    "figure": Text("a figure: cases are reckoned with the new one", "数字：案例按新数字计算"),
    "guard": Text("it is asked when the next move is made; what was done stays", "只在下一次动作时检查；已完成的不变"),
    "gap": Text("the gap of cases may be told otherwise", "案例的落差可能变化"),
    "later": Text("it matters only to what is done from now on", "只影响今后的动作"),
    "way": Text("cases that went this way may find themselves elsewhere", "走过这条路的案例可能换了位置"),
    "gate": Text("the gate asks for something else: cases beyond it may go back, others may go on", "门槛要求变了：已过的案例可能退回，其他案例可能前进"),
    "end": Text("cases there may end, win or go on otherwise", "那里的案例可能结束、赢单或另有走向"),
    "shape": Text("the track works otherwise: what is known of a case on it does not carry over as it is", "轨道的运作方式变了：案例在其上的记录不能原样沿用"),
    "sides": Text("another track may be the one that ends the case", "决定案例结局的轨道可能变了"),
    "condition": Text("the criterion may hold where it did not, or no more", "标准可能由不满足变为满足，或相反"),
    "evidence": Text("what was met without these documents is met no more", "缺少这些文件时，原先满足的不再算满足"),
    "waivable": Text("waivers of it are lost", "对它的豁免将失效"),
    "values": Text("values that do not fit any more are lost", "不再适用的值会丢失"),
    "bounds": Text("values out of bounds are lost", "超出范围的值会丢失"),
    "completing": Text("the stage is completed in another way", "阶段的完成方式变了"),
    "new_track": Text("cases begin on it before its first stage", "案例在其上从最前开始"),
    "new_stage": Text("cases beyond it go back to it, unless a plan says `passed`", "已越过的案例会退回此处，除非方案写明 `passed`"),
    "new_decision": Text("cases beyond it go back to it, unless a person says in `decided` how it was decided", "已越过的案例会退回此处，除非有人在 `decided` 中说明当时的决定"),
    "new_gate": Text("cases beyond its gate go back for it, unless a plan says `owed`", "已过此门槛的案例会退回，除非方案写明 `owed`"),
    "lost_track": Text("all that is known of cases on it is lost", "案例在其上的全部记录会丢失"),
    "lost_stage": Text("cases that stand in it need another place: `land`, or a person (`by_hand`)", "停在此处的案例需要去处：`land`，或由人决定（`by_hand`）"),
    "lost_record": Text("what was recorded of it is lost, and the gate opens without it", "它的记录会丢失，门槛不再要求它"),
    "lost_way": Text("cases that took it go the plain way instead", "走过它的案例改走默认路径"),
    "lost_count": Text("how often it was taken is forgotten", "走过的次数不再记得"),
    "lost_end": Text("a win that was recorded with it is lost", "以它记录的赢单会丢失"),
    "lost_activity": Text("cases in the midst of it are out of it", "正在其中的案例会退出"),
    "lost_value": Text("the values given are lost", "已给出的值会丢失"),
    "lost_proof": Text("what was attached as it is not asked for any more", "已附上的该文件不再需要"),
    "name": Text("without a line in a plan it is lost", "方案中不写明就会丢失"),
    "kept_nowhere": Text("a case keeps nothing of it", "案例不保存它的任何内容"),
    "offer": Text("it is there for what is done from now on", "供今后使用"),
    "order": Text("a case may have passed what lies ahead of it now, or not what lies behind", "案例可能已走过现在在前面的，或没走过现在在后面的"),
    "unjudged": Text("nobody has said what this means for cases: rehearse it", "尚无人判断其影响：请先演练"),
}  # fmt: skip


class DiffText:
    """Tells the changes between two versions in one language."""

    def __init__(
        self,
        old: Definition,
        new: Definition,
        changes: Sequence[Change],
        *,
        language: str = "en",
        columns: int = 100,
        color: bool = False,
    ) -> None:
        self.old, self.new, self.changes = old, new, changes
        self.language = language
        self.columns = columns
        self.say = Say(language)
        self.paint = Paint(color=color)

    def word(self, key: str, *values: object) -> str:
        """One word or phrase."""
        return SAID[key](self.language).format(*values)

    def text(self) -> Iterator[str]:
        """Lines for a terminal: the gravest first."""
        yield from indented(self.head(), self.columns, 0, 2)
        for grade in reversed(GRADES):
            found = [c for c in self.changes if c.grade == grade]
            if not found:
                continue
            yield ""
            yield self.paint.strong(GRADE[grade](self.language))
            for change in found:
                yield from bulleted("  ", clean(self.sentence(change)), self.columns, 2)
                yield from indented(WHY[change.why](self.language), self.columns, INDENT + 2)
                if change.old_place or change.new_place:
                    yield from indented(" -> ".join(self.places(change)), self.columns, INDENT + 2)

    def head(self) -> str:
        """`project-sales 1.0.0 -> 2.0.0: 16 changes: 1 breaking, 15 in need of a plan`."""
        name = f"{clean(self.new.name)} {clean(self.old.version)} -> {clean(self.new.version)}"
        if not self.changes:
            return f"{name}{self.say.colon}{self.word('same')}"
        counts = {grade: sum(c.grade == grade for c in self.changes) for grade in reversed(GRADES)}
        told = self.say.comma.join(self.word(f"n_{g}", n) for g, n in counts.items() if n)
        total = self.word("one") if len(self.changes) == 1 else self.word("sum", len(self.changes))
        return f"{name}{self.say.colon}{total}{self.say.colon}{told}"

    def sentence(self, change: Change) -> str:
        """One change in one sentence."""
        key: str = change.what
        if change.why == "order":
            key = "order" if change.new else "first"
        if key == "changed" and short(change.old) == short(change.new):
            key = "retold"
        told = SAID[key](self.language).format(
            sort=SORT[change.sort](self.language),
            name=change.name,
            of=self.word("of", change.of) if change.of and change.sort != "outcome" else "",
            new_name=change.new_name,
            clue="" if change.clue is None else CLUE[change.clue](self.language),
            field=change.field,
            old=self.value(change.old, change),
            new=self.value(change.new, change),
        )
        return told.replace("） ", "）")  # no blank behind a full-width bracket

    def value(self, text: str, change: Change) -> str:
        """A value that has changed; of something that moved it is a name."""
        if change.what == "moved":
            return text
        return f"`{short(text)}`" if text else self.word("nothing")

    def places(self, change: Change) -> Iterator[str]:
        """Where it stands in the old file and in the new."""
        for definition, place in ((self.old, change.old_place), (self.new, change.new_place)):
            yield clean(f"{definition.file}:{place[0]}:{place[1]}") if place else "-"

    def markdown(self) -> Iterator[str]:
        """A page."""
        yield f"# {escaped(self.head())}"
        yield ""
        if not self.changes:
            return
        heads = [self.word(key) for key in ("grade", "change", "why", "old", "new")]
        yield f"| {' | '.join(heads)} |"
        yield "| --- | --- | --- | --- | --- |"
        for change in self.changes:
            lines = [str(p[0]) if p else "-" for p in (change.old_place, change.new_place)]
            cells = [GRADE[change.grade](self.language), self.sentence(change), WHY[change.why](self.language), *lines]
            yield f"| {' | '.join(map(escaped, cells))} |"


def short(text: str) -> str:
    """A value on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."


def escaped(text: str) -> str:
    """A text that stays in its cell."""
    return clean(text).replace("|", "\\|")


def diff_to_plain(old: Definition, new: Definition, changes: Sequence[Change]) -> dict[str, Any]:
    """The changes as plain values, sentences in both languages among them."""
    english, chinese = (DiffText(old, new, changes, language=language) for language in ("en", "zh"))

    def plain(change: Change) -> dict[str, Any]:
        told = {
            "grade": change.grade,
            "what": change.what,
            "sort": change.sort,
            "name": change.name,
            "of": change.of,
            "new_name": change.new_name,
            "clue": change.clue,
            "field": change.field,
            "old": change.old,
            "new": change.new,
            "old_place": change.old_place and list(change.old_place),
            "new_place": change.new_place and list(change.new_place),
            "why": change.why,
            "message": {"en": english.sentence(change), "zh": chinese.sentence(change)},
            "reason": {"en": WHY[change.why].en, "zh": WHY[change.why].zh},
        }
        return {key: value for key, value in told.items() if value not in (None, "")}

    grade: Grade = gravest(changes)
    return {
        "process": new.name,
        "old": {"version": old.version, "file": old.file},
        "new": {"version": new.version, "file": new.file},
        "grade": grade,
        "changes": [plain(c) for c in changes],
    }
