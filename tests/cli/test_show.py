"""`stagegate show`: everything the file says is there, in both languages, and can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.cli.helpers import GOOD, call

from stagegate import bundled_names, load
from stagegate.conditions import Condition
from stagegate.model import Definition, Guidance, Notes, Text
from stagegate.render.findings.display import width
from stagegate.render.words import WORDS

Capsys = pytest.CaptureFixture[str]
EVERYTHING = Path(__file__).parent / "everything.yaml"
ALL = [*bundled_names(), str(EVERYTHING)]
languages = pytest.mark.parametrize("language", ["en", "zh"])


def told(thing: Any, language: str) -> Iterator[str]:
    """Every text, alias and condition within a value of the model."""
    if isinstance(thing, Text):
        yield thing(language)
        yield from (*thing.aliases, *told(thing.source, language))
    elif isinstance(thing, Condition):
        yield thing.text
    elif isinstance(thing, Mapping):
        for each in thing.values():
            yield from told(each, language)
    elif isinstance(thing, tuple):
        for each in thing:
            yield from told(each, language)
    elif attrs.has(type(thing)):
        if isinstance(thing, Notes | Guidance):
            yield from thing.aliases
        for field in attrs.fields(type(thing)):
            if field.name not in ("notation", "where"):
                yield from told(getattr(thing, field.name), language)


def solid(text: str) -> str:
    """A text without blanks and line breaks."""
    return "".join(text.split())


def flat(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", ALL)
@languages
def test_every_text_is_shown(name: str, language: str, capsys: Capsys) -> None:
    out = solid(call(capsys, "show", name, "--lang", language).out)
    texts = {text for text in told(load(name).definition, language) if text}
    assert len(texts) > 10
    assert [text for text in texts if solid(text) not in out] == []


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("brief", [(), ("--brief",)])
@languages
def test_it_fits(
    name: str, columns: int, brief: tuple[str, ...], language: str, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = call(capsys, "show", name, "--lang", language, *brief).out.splitlines()
    assert [line for line in lines if width(line) > columns and "://" not in line] == []  # an address is not broken
    assert [line for line in lines if line != line.rstrip()] == []


def shown(capsys: Capsys, *arguments: str) -> str:
    return flat(call(capsys, "show", EVERYTHING, *arguments).out)


@pytest.mark.parametrize(
    "words",
    [
        "everything 1.0.0; family: test-family; field; the source does not describe it wholly",
        "Entry milestone: all of it must be done to have arrived What is written [letters] (field): Advice: Group advice. [ ] They have invited us [invited] (buyer)",
        "We have won [won]; goes on in the process after-sales-repair",
        "Exit criteria: all must be met to have completed [ ] The amount is known [amount_known] (both sides)",
        "(seller) proved by: Letter, Plan or Copy of the letter; optional",
        "when: amount > 10; counts when: colour != 'blue'; stays met",
        "may be waived by: Boss Advice: By letter is best.",
        "with: Clerk; level 2; about: our product, our company",
        "The letter is sent [appraise_letter_sent] weight 2.5",
        "Not to be done: - Shouting [no_shouting] Advice: Not even once.",
        "Chance: when reached 10%, when completed 20% (proposed; source: Chance page) Time limit: 14 days (proposed; source: Limit page)",
        "Who: Boss, Clerk (proposed)",
        "We talk with them. (field) Beside: Need",
        "Tasks: Prepare (proposed; also called: get ready; source: Page eight)",
        "Tools: Plan (field; source: Tool page) Checklists: What to take along",
        "Sub-procedure: The inner talk [after-sales-repair] (proposed) - its end [archived] meets: They are polite",
        "Budget: time 3 days; cost 1200 EUR; effort medium; support: A driver (proposed) Source: Budget note",
        "Also called: talk alias Keywords: talk keyword (field) Source: Page seven Questions: - What hurts? - Since when? (proposed)",
        "Advice: - Listen first. (field) - Ways to ask [ways]: - Openly [openly] (proposed): Ask and wait. - Twice [twice]: Ask again later.",
        "Advice: - Ways to ask [ways] (proposed): - Openly [openly] (field): Ask and wait. - Twice [twice]: Ask again later. - The third way [the_third] (the source names it and no more) - What",
        "- What to take along [packing]: - A pen [pen]",
        "Do we go on? (proposed) - Forward [forward] -> Offer; needs: They are polite; only by: Boss",
        "Advice: Openly [ways.openly]: Ask and wait.",
        "Decision: Go on or not [go_on] Do we go on? (proposed) - Forward [forward] -> Offer; needs: They are polite; only by: Boss",
        "Straight on [ahead_of] -> The rest (ahead); when: amount > 30; what is passed over is owed",
        "Wait [wait] (proposed) -> hold (remind after 30 days) Advice: Not for long.",
        "may be passed over; may be repeated (at most 2 times; keeps: It is offered)",
        "Only when: amount > 20",
        "Exit criteria: none; completed at once",
        "Entry milestone: none; met at once",
        "Asks the buyer: Ready to sign? [ready] (source: Page nine) Advice: Jump advice.",
        "Talk again [talk_again] (field): Offer -> Talk; once at most; keeps: They have invited us",
        "Lunch [lunch]; from: Talk; results: All had fun [pleasant], awful; the case stands still meanwhile A meal together. (proposed)",
        "Gone [lost]; a person may end it so Reasons: Why not [why]",
        "Stopped [stopped] (terminated); a person may end it so Reasons: - Bored [bored] (field)",
        "Why not [why] Source: The lost deals - Money [money] - Too dear [too_dear] (proposed) Also called: costly",
        "Giving up is to be considered from a gap of: 2 Behind the buyer: - Hurry. - Or stop. (proposed; also called: halt; source: Page ten)",
        "Amount [amount] (proposed): number CNY, at least 5, at most 2500000 Also called: sum alias",
        "Colour [colour]: one of: red (Bright red), blue (Deep blue)",
        "Topics [topics]: list of: text",
        "Boss [boss] (seller) Qualifications: - Ten years (proposed) - A licence (also called: permit) Duties: Decides (source: Duty page) Measured by: Margin [margin]",
        "- Calls made [calls]; target 40, 45 per week Reviewed by: Clerk Every: 90 days",
        "Put aside [parked] (set aside); a person may end it so",
        "Ways to ask [ways] (the source does not give all of it) Advice: Catalogue advice.",
        "- The third way [the_third] (the source names it and no more)",
        "moved by what is seen of the buyer; the source does not describe it wholly Advice: Track advice.",
        "Margin [margin]; target 30 %; baseline 12.5 %; of: the turnover; formula: margin over turnover",
        "Letter [letter] (proposed) Also called: letter alias",
        "[ ] A pen [pen] (optional) Advice: A blue one.",
        "- Openly [openly] (field): Ask and wait. - Twice [twice]: Ask again later.",
        "[strategies] (from the process decision-point-buying-cycle; field)",
        "Ids not to be used again: old_stage",
    ],
)
def test_what_it_says(words: str, capsys: Capsys) -> None:
    assert words in shown(capsys)


@pytest.mark.parametrize(
    "words",
    [
        "书面内容 [letters]（业界）：要领：分组要领。[ ] 已受邀 [invited]（买方）",
        "我方胜出 [won]；转入流程 after-sales-repair",
        "完成标准：全部满足才算完成 [ ] 金额已知 [amount_known]（双方）",
        "洽谈 [talk]（建议）",
        "everything 1.0.0；类别：测试类；业界；来源描述不完整",
        "提问方式 [ways]：- 开放式 [openly]（建议）：问后等待。",
        "提问方式 [ways]（建议）：- 开放式 [openly]（业界）：问后等待。- 再问一次 [twice]：稍后再问。",
        "预算：时间 3 天；费用 1200 EUR；投入 中；支持：司机（建议）",
        "任务：准备（建议；又称：get ready；来源：第八页）",
        "已搁置 [parked]（搁置）",
        "结果：宾主尽欢 [pleasant]、awful",
        "目标 40、45 每周",
        "第三种 [the_third]（来源仅列名称）",
        "证明文件：信函、计划书或信函副本；可选",
        "[strategies]（取自流程 decision-point-buying-cycle；业界）",
        "对象：职员；第 2 层次；内容：我方产品、我方公司",
        "已停 [stopped]（终止）；可由人宣布",
        "金额 [amount]（建议）：数 CNY，不小于 5，不大于 2500000",
        "毛利 [margin]；目标 30 %；基准 12.5 %；对象：营业额；公式：毛利除以营业额",
    ],
)
def test_what_it_says_in_chinese(words: str, capsys: Capsys) -> None:
    out = call(capsys, "show", EVERYTHING, "--lang", "zh").out
    assert solid(words) in solid(out)


@languages
def test_chinese_pages_speak_chinese_and_english_ones_english(language: str) -> None:
    for key, pair in WORDS.items():
        chinese = [char for char in pair[0 if language == "en" else 1] if "\u4e00" <= char <= "\u9fff"]
        assert bool(chinese) is (language == "zh" and key != "of_weight"), key


def test_stages_come_first_and_catalogues_last(capsys: Capsys) -> None:
    lines = call(capsys, "show", EVERYTHING).out.splitlines()
    heads = [line for line, under in pairwise(lines) if under and set(under) == {"-"}]
    assert heads == [
        "They buy [buying]", "We sell [selling]", "Ends", "Activities", "The gap to the buyer", "Reasons for ends",
        "Facts", "Roles", "Metrics", "Documents", "Checklists", "Catalogues",
    ]  # fmt: skip


def test_in_brief_only_gates_decisions_and_ends(capsys: Capsys) -> None:
    out = shown(capsys, "--brief")
    assert "must be done to have arrived What is written [letters]: [ ] They have invited us [invited] (buyer)" in out
    assert "Decision: Go on or not [go_on] Do we go on? (proposed) - Forward [forward] -> Offer" in out
    assert "- Gone [lost]; a person may end it so" in out
    for left_out in (
        "advice",
        "Listen first",
        "polite [",
        "Talk again",
        "Lunch",
        "alias",
        "Tools",
        "Boss [",
        "Shouting",
    ):
        assert left_out not in out
    brief, whole = (len(call(capsys, "show", "project-sales", *more).out) for more in (["--brief"], []))
    assert brief < whole / 4


def test_advice_from_nowhere_is_named(capsys: Capsys) -> None:
    from stagegate.render.process_text import process_text

    notes = Notes(guidance=(Guidance(catalogue="ways", entry="gone"),))
    assert "Advice: [ways.gone]" in process_text(Definition("p", "1.0.0", (), notes=notes))
    notes = Notes(guidance=(Guidance(catalogue="ways"), Guidance(catalogue="ways", entry="gone")))
    assert "Advice: - [ways]: - [gone]" in flat(process_text(Definition("p", "1.0.0", (), notes=notes)))


def test_texts_of_several_lines_and_long_titles(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    title = "A title that is much longer than a narrow terminal is wide"
    text = GOOD.replace(
        "title: {en: Small, zh: 小}", f"title: {title}\nsummary: |\n  One.\n\n  Two.\nguidance: |\n  a\n  b"
    )
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    out = call(capsys, "show", tmp_path / "p.yaml").out
    assert flat(out).startswith(title)
    assert "\nOne. Two.\n" in out
    assert "Advice: a b" in out
    assert max(map(width, out.splitlines())) <= 40
