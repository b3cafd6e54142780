"""Refusals and events in words: one for every code of the engine, in both languages."""

import re
from pathlib import Path

import pytest
from tests.cli.helpers import call
from tests.cli.test_show import EVERYTHING, flat, solid

from stagegate import load
from stagegate.engine import EVENT_KINDS, REASON_CODES, Command, Event, Reason
from stagegate.engine.actions import ACTION_KINDS
from stagegate.render.case_text import CaseText
from stagegate.render.findings.display import width
from stagegate.render.sentences import SENTENCES
from stagegate.render.words import ACTIONS, ENDS, EVENTS, FACTS

Capsys = pytest.CaptureFixture[str]


def chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    assert set(SENTENCES) == set(REASON_CODES)


def test_every_event_has_a_name_in_both_languages() -> None:
    assert set(EVENTS) == set(EVENT_KINDS)


def test_every_action_has_a_name_in_both_languages() -> None:
    assert set(ACTIONS) == set(ACTION_KINDS)


@pytest.mark.parametrize("table", [SENTENCES, EVENTS, ACTIONS, ENDS, FACTS])
def test_the_languages_are_what_they_should_be(table: dict[str, tuple[str, str]]) -> None:
    for english, translated in table.values():
        assert english.strip()
        assert not chinese(english)
        assert chinese(translated)
        assert english.count("{}") == translated.count("{}") or table is SENTENCES


@pytest.fixture(scope="module")
def texts() -> tuple[CaseText, CaseText]:
    definition = load(EVERYTHING).definition
    return CaseText(definition, language="en"), CaseText(definition, language="zh")


@pytest.mark.parametrize("code", REASON_CODES)
def test_english_keeps_the_sentence_of_the_engine(code: str, texts: tuple[CaseText, CaseText]) -> None:
    en, zh = texts
    assert en.sentences.sentence(Reason(code, "talk", "just so")) == "just so"
    assert en.sentences.sentence(Reason(code, "talk"))
    said = zh.sentences.sentence(Reason(code, "talk", "just so"))
    assert "just so" not in said
    assert chinese(said)


@pytest.mark.parametrize(
    ("reason", "command", "words"),
    [
        (
            Reason("criterion_open", "letter_sent", lacking=("document letter",), status="unmet"),
            None,
            "信已发出 [letter_sent]：未满足（缺 文件 信函 [letter]）",
        ),
        (
            Reason("criterion_open", "letter_sent", lacking=("document plan or letter_copy",), status="unmet"),
            None,
            "信已发出 [letter_sent]：未满足（缺 文件 计划书 [plan]或信函副本 [letter_copy]）",
        ),
        (
            Reason("criterion_open", "amount_known", status="unmet", lacking=("amount > 10",), seen=("amount = 7.0",)),
            None,
            "金额已知 [amount_known]：未满足（缺 amount > 10；已有 金额 [amount] = 7.0）",
        ),
        (
            Reason("condition_unknown", "go_on.ahead_of", lacking=("fact amount", "criterion `polite` is unknown")),
            None,
            "直接前进 [go_on.ahead_of]：条件尚不明确（amount > 30；缺 事实 金额 [amount]、条件项 态度友好 [polite] 未知）",
        ),
        (
            Reason("role_not_allowed", "skip_talk"),
            {"kind": "jump", "subject": "skip_talk", "role": "clerk"},
            "跳过洽谈 [skip_talk]：该角色无权进行（仅限：主管 [boss]；所给角色：职员 [clerk]）",
        ),
        (
            Reason("role_not_allowed", "invited"),
            {"kind": "waive", "subject": "invited"},
            "已受邀 [invited]：该角色无权进行（仅限：主管 [boss]；所给角色：未说明角色）",
        ),
        (Reason("max_reached", "talk_again"), None, "再谈 [talk_again] 已达到允许的次数（最多 1 次）"),
        (Reason("max_reached", "offer"), None, "报价 [offer] 已达到允许的次数（最多 2 次）"),
        (Reason("wrong_origin", "talk_again"), None, "再谈 [talk_again] 不能从当前阶段开始（起点：报价 [offer]）"),
        (
            Reason("fact_range", "amount"),
            {"kind": "set_facts", "args": {"facts": {"amount": 2}}},
            "金额 [amount] 的值超出范围（类型：数；不小于 5；不大于 2500000；所给值：2）",
        ),
        (
            Reason("fact_type", "colour"),
            {"kind": "set_facts", "args": {"facts": {"colour": "green"}}},
            "颜色 [colour] 的值与其类型不符（取值：red、blue；所给值：green）",
        ),
        (Reason("result_required", "lunch"), None, "午餐 [lunch] 须给出结果（结果：宾主尽欢 [pleasant]、awful）"),
        (Reason("reason_required", "lost"), None, "已失 [lost]：须说明原因（取值：太贵 [too_dear]）"),
        (
            Reason("unknown_reason", "money"),
            {"kind": "decide", "subject": "go_on", "args": {"outcome": "give_up"}},
            "资金 [money] 不是规定的原因（取值：太贵 [too_dear]）",
        ),
        (
            Reason("derived", "amount_known"),
            None,
            "金额已知 [amount_known] 由其他信息得出，不能直接报告（amount > 10）",
        ),
        (Reason("ended"), None, "案件已结束，只能重新打开"),
    ],
)
def test_chinese_says_what_was_demanded(
    reason: Reason, command: dict[str, object] | None, words: str, texts: tuple[CaseText, CaseText]
) -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    told = None
    if command is not None:
        args, role = command.get("args"), str(command.get("role", ""))
        told = Command(str(command["kind"]), str(command.get("subject", "")), at, args, role=role)  # type: ignore[arg-type]
    said = texts[1].sentences.sentence(reason, told)
    assert said == words


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_event_is_said(kind: str, texts: tuple[CaseText, CaseText]) -> None:
    subject = "behind" if kind == "gap_changed" else "talk"
    for text, language in zip(texts, ("en", "zh"), strict=True):
        said = text.event(Event(kind, subject, {"gap": 2} if kind == "gap_changed" else {"track": "selling"}))
        assert chinese(said) is (language == "zh")
        assert kind not in said or language == "en"


def test_the_result_of_an_activity_is_said_by_its_title(texts: tuple[CaseText, CaseText]) -> None:
    finished = Event("finished", "lunch", {"result": "pleasant"})
    assert [text.event(finished) for text in texts] == [
        "finished Lunch [lunch] -> All had fun [pleasant]",
        "结束 午餐 [lunch] -> 宾主尽欢 [pleasant]",
    ]
    assert texts[1].event(Event("finished", "lunch", {"result": "awful"})) == "结束 午餐 [lunch] -> awful"


# --- automatic decisions, and what can be done next ------------------------------------------------------

AUTO = """\
stagegate: 1
process: auto
version: 1.0.0
title: {en: Auto, zh: 自动}
facts:
  budget: {type: number, minimum: 0, title: {en: Budget, zh: 预算}}
  region: {type: enum, values: {n: {en: North, zh: 北}, s: {en: South, zh: 南}}, title: {en: Region, zh: 地区}}
tracks:
  - id: selling
    title: {en: Selling, zh: 销售}
    stages:
      - id: first
        title: {en: First, zh: 第一}
        exit_criteria: [{id: asked, actor: buyer, title: {en: They asked, zh: 已询问}}]
      - id: second
        title: {en: Second, zh: 第二}
        exit_criteria: [{id: agreed, actor: buyer, title: {en: It is agreed, zh: 已商定}}]
      - id: third
        title: {en: Third, zh: 第三}
        exit_criteria: [{id: signed, actor: buyer, title: {en: It is signed, zh: 已签署}}]
    decision_points:
      - id: way
        after: first
        title: {en: Which way, zh: 走哪条路}
        automatic: true
        outcomes:
          - {id: small, to: second, when: budget < 100, title: {en: Small, zh: 小额}}
          - {id: large, to: third, when: "budget > 50 && region == 'n'", title: {en: Large, zh: 大额}}
          - {id: stop, to: lost, otherwise: true, title: {en: Stop, zh: 停止}}
ends:
  - {id: won, kind: won, title: {en: Won, zh: 赢单}}
  - {id: lost, kind: lost, title: {en: Lost, zh: 丢单}}
"""
WAITING = """\
process: auto
open: {at: 2026-03-02T09:00:00Z}
commands:
  - {do: meet, criterion: asked, at: 2026-03-02T10:00:00Z}
  - {do: tick, at: 2026-03-02T10:10:00Z}
  - {do: set_facts, facts: {budget: -3}, at: 2026-03-02T10:20:00Z}
  - {do: set_facts, facts: {budget: 70, region: n}, at: 2026-03-02T11:00:00Z}
"""


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "auto.yaml").write_text(AUTO, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(WAITING, encoding="utf-8")
    return tmp_path


def test_an_automatic_decision_says_what_it_waits_for(waiting: Path, capsys: Capsys) -> None:
    out = flat(call(capsys, "run", "auto.yaml", "c.yaml").out)
    # Once, not again after the tick that changes nothing.
    assert out.count("- `way.small`: `budget < 100` is unknown (lacks fact budget) - auto.yaml:27:18") == 1
    assert "an automatic decision waits: Which way [way] - `way` is taken by itself: not clear yet" in out
    assert "- `way.stop`: waits for the others - auto.yaml:29:18" in out
    state = out[out.index("Position:") :]
    assert "Decisions: - Which way [way]: waits for what it decides from" in state
    assert "allowed at the same time: Small [way.small], Large [way.large]" in state
    assert "- `way.stop`: another outcome is allowed" in state


def test_and_so_in_chinese(waiting: Path, capsys: Capsys) -> None:
    out = solid(call(capsys, "run", "auto.yaml", "c.yaml", "--lang", "zh").out)
    assert (
        solid("自动决策在等待：走哪条路 [way] - 小额 [way.small]：条件尚不明确（budget < 100；缺 事实 预算 [budget]）")
        in out
    )
    assert solid("停止 [way.stop]：须等其他结果明确") in out
    assert solid("预算 [budget] 的值超出范围（类型：数；不小于 0；所给值：-3）") in out
    assert solid("同时成立：小额 [way.small]、大额 [way.large]") in out
    assert solid("停止 [way.stop]：另有结果成立") in out
    assert solid("决策点： - 走哪条路 [way]：等待条件明确") in out


GAP = """\
process: everything
open: {at: 2026-03-02T09:00:00Z}
commands:
  - {do: meet, criterion: invited, at: 2026-03-02T10:00:00Z}
  - {do: meet, criterion: offered, at: 2026-03-02T10:00:00Z}
  - {do: observe, stage: order, source: seen, at: 2026-03-02T10:10:00Z}
  - {do: decide, decision: go_on, outcome: forward, at: 2026-03-02T10:20:00Z}
"""


def played(waiting: Path, capsys: Capsys, *arguments: str) -> str:
    (waiting / "e.yaml").write_text(EVERYTHING.read_text(encoding="utf-8"), encoding="utf-8")
    (waiting / "g.yaml").write_text(GAP, encoding="utf-8")
    return call(capsys, "run", "e.yaml", "g.yaml", *arguments).out


def test_the_end_says_everything(waiting: Path, capsys: Capsys) -> None:
    out = flat(played(waiting, capsys))
    state = out[out.index("Position:") :]
    in_order = [
        "They buy [buying]: Order [order], in progress",
        "We sell [selling]: Talk [talk], in progress",
        "Chance: 10%",
        "Gap: we are behind the buyer by 2; the point at which giving up is to be considered is reached",
        "Advice: - Hurry. - Or stop. (proposed; also called: halt; source: Page ten)",
        "To catch up with the buyer (1): [ ] The amount is known [amount_known]: unknown (fact amount) - e.yaml:",
        "Decisions: - Go on or not [go_on]: ahead",
        "Missing (1): [ ] The amount is known",
        "Conditions still open (3): [ ] They are polite [polite]",
        "Met early (1): [x] It is offered [offered]: met",
        "Next due: 2026-03-16",
        "Next actions: - give the fact: Amount [amount]",
        "- jump: Skip the talk [skip_talk] - the probe of `skip_talk` must be answered",
        "- `skip_talk` is for `boss`, given: no role",
    ]
    places = [state.find(words) for words in in_order]
    assert -1 not in places, state
    assert places == sorted(places)


def test_the_end_in_chinese_has_no_english_sentence(waiting: Path, capsys: Capsys) -> None:
    out = played(waiting, capsys, "--lang", "zh")
    state = solid(out[out.index("位置：") :])
    assert solid("要领： - 快些。 - 或者停下。（建议；又称：halt；来源：第十页） 赶上买方尚须 (1)：") in state
    assert solid("金额已知 [amount_known]：未知（事实 金额 [amount]）") in state
    assert solid("提供事实 (set_facts)：金额 [amount]") in state
    assert solid("跳过洽谈 [skip_talk]：该角色无权进行（仅限：主管 [boss]；所给角色：未说明角色）") in state
    assert not re.search(r"\b(the|is|was|for|waits|not)\b", out)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits(columns: int, language: str, waiting: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = played(waiting, capsys, "--lang", language).splitlines()
    lines += call(capsys, "run", "auto.yaml", "c.yaml", "--lang", language).out.splitlines()
    lines += call(capsys, "list", "--lang", language).out.splitlines()
    assert [line for line in lines if width(line) > columns or line != line.rstrip()] == []
