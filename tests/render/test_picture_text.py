"""Measuring and breaking texts."""

from __future__ import annotations

import pytest

from stagegate.render.picture.text import clean, longest, width, wrap


def test_a_chinese_sign_is_as_wide_as_it_is_high() -> None:
    assert width("客户规划", 10) == 40
    assert width("iii", 10) < width("mmm", 10)
    assert width("mmm", 10) < width("mmm", 10, bold=True)
    assert width("e\u0301", 10) == width("e", 10)


@pytest.mark.parametrize("limit", range(20, 120, 7))
def test_no_line_is_too_wide_and_nothing_is_lost(limit: int) -> None:
    for text in (
        "The customer's internal procurement-process/step",
        "客户规划与电话邀约（含：拜访）",
        "B2B 商机 qualification",
    ):
        block = wrap(text, limit, 10)
        assert all(width(line, 10) <= limit for line in block.lines)
        assert "".join(block.lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("limit", range(30, 120, 3))
def test_no_line_begins_with_closing_punctuation(limit: int) -> None:
    block = wrap("客户规划，电话邀约；初步调研（含拜访）。提交“初步方案”！", limit, 10)
    assert not any(line[0] in "，；。）！”" for line in block.lines)
    assert not any(line[-1] in "（“" for line in block.lines)


def test_latin_words_are_kept_whole() -> None:
    assert wrap("Evaluates sellers", 60, 10).lines == ("Evaluates", "sellers")
    assert wrap("Evaluates a", longest("Evaluates", 10), 10).lines == ("Evaluates", "a")


def test_chinese_breaks_at_punctuation_where_that_costs_no_line() -> None:
    assert wrap("项目立项、组建采购小组", 80, 10).lines == ("项目立项、", "组建采购小组")
    assert wrap("签订协议（交付、安装）", 80, 10).lines == ("签订协议", "（交付、安装）")


def test_lines_are_balanced() -> None:
    assert wrap("one two three four", 70, 10).lines == ("one two", "three four")


def test_clean() -> None:
    assert clean(" a\x00\x1b\n b\u202e ") == "a b"
