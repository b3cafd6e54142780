"""Proofs as text: proved in short, broken with its place, its journal and the reason."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.meaning.texts import load
from tests.verify.test_scenarios import PROJECT

from stagegate.diagnostics import Source
from stagegate.engine import commands
from stagegate.model import Text
from stagegate.render.findings.display import width
from stagegate.render.proof_text import FREE, ProofText, answer_to_plain, place_of, summary
from stagegate.render.words import Say
from stagegate.verify.answers import Answer

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JOURNAL = (
    commands.open_case(AT),
    commands.set_facts({"budget": 1}, AT + MINUTE),
    commands.jump("show_it_now", AT + timedelta(days=2), answer="willing", role="manager"),
)
FILE = "\ninvariants:\n  - {id: no_show, before: survey_done, entering: demonstration}\n"
PROVED = Answer(
    "never", "lost_and_won", "proved", "it holds in every state", title=Text("Lost is not won", "丢单非赢单")
)
BROKEN = Answer("before", "no_show", "broken", "`survey_done` is unmet when `demonstration` is entered", JOURNAL, Text("Survey first", "先勘察"), "example.yaml:3:10", 12)  # fmt: skip
UNDECIDED = Answer("always", "x", "undecided", "undecided after 10 states", states=10)
FREE_ONES = [
    Answer("reaches", "visit", "proved"),
    Answer("reaches", "won", "proved"),
    Answer("takes", "worth_a_bid.go", "proved"),
    Answer("way_out", "example", "proved"),
    Answer("takes", "worth_a_bid.improve", "broken", "no case ever takes it", title=Text("Improve it")),
]


def text(**how: Any) -> ProofText:
    return ProofText(load(PROJECT).definition, [Source("example.yaml", FILE)], **how)


def test_what_is_proved_is_one_line() -> None:
    assert list(text().answer(PROVED)) == ["  proved     never[lost_and_won]: Lost is not won"]
    assert list(text(language="zh").answer(PROVED)) == ["  成立    never[lost_and_won]：丢单非赢单"]


def test_what_is_undecided_says_how_far_it_came() -> None:
    assert list(text().answer(UNDECIDED)) == ["  undecided  always[x]", "    undecided after 10 states"]


def test_what_is_broken_shows_how() -> None:
    lines = list(text().answer(BROKEN))
    assert lines[:9] == [
        "  BROKEN     before[no_show]: Survey first",
        "    example.yaml:3:10: `no_show` is broken",
        "      |",
        "    3 |   - {id: no_show, before: survey_done, entering: demonstration}",
        "      |          ^^^^^^^",
        "    1. open",
        "       -> entered visit",
        "    2. set_facts budget=1",
        "    3. jump show_it_now -> willing (manager; 2026-01-07 09:00Z)",
    ]
    assert lines[9] == "       -> jumped ahead: show_it_now -> demonstration"
    assert lines[10].startswith("       now: ")
    assert lines[-1] == "    why: `survey_done` is unmet when `demonstration` is entered"


def test_free_questions_are_counted() -> None:
    lines = list(text().answers([PROVED], FREE_ONES))
    assert lines[0] == "  proved     never[lost_and_won]: Lost is not won"
    assert " ".join(" ".join(lines[1:3]).split()) == (
        "proved 4 general questions: stages and ends can be reached (2), "
        "outcomes can be taken (1), an end can be reached from everywhere"
    )
    assert lines[3] == "  BROKEN     takes[worth_a_bid.improve]: Improve it can be taken"
    assert lines[4] == "    why: no case ever takes it"


def test_every_free_question_has_its_words() -> None:
    about = {"reaches", "completes", "takes", "makes", "way_out", "rests", "one_outcome", "some_outcome"}
    assert set(FREE) == about | {"can_hold", "can_fail"}


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_lines_are_wrapped(columns: int, language: str) -> None:
    for line in text(columns=columns, language=language).answers([PROVED, BROKEN, UNDECIDED], FREE_ONES):
        assert width(line) <= columns or " | " in line, line


def test_colours_only_where_they_are_wanted() -> None:
    plain = list(text().answers([BROKEN], FREE_ONES))
    painted = list(text(color=True).answers([BROKEN], FREE_ONES))
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in painted] == plain
    assert plain != painted
    assert "\x1b" not in "".join(plain)


def test_a_journal_of_another_process_is_no_traceback() -> None:
    other = Answer("never", "x", "broken", "r", (commands.open_case(AT), commands.meet("other", AT)))
    assert "    1. open" in list(text().answer(other))


def test_a_command_that_is_refused_after_all_says_why() -> None:
    journal = (commands.open_case(AT), commands.resume(AT))
    assert "       - the case is not on hold" in list(text().answer(Answer("never", "x", "broken", "r", journal)))


def test_places() -> None:
    assert place_of("C:/x.yaml:3:10") == ("C:/x.yaml", 3, 10)
    assert place_of("") == ("", 0, 0)


def test_the_summary() -> None:
    answers = [PROVED, BROKEN, UNDECIDED, *FREE_ONES]
    assert summary(Say("en"), answers, 1) == "5 proved, 2 broken, 1 undecided in 1 process"
    assert summary(Say("zh"), answers, 5) == "5 个流程中 5 个成立、2 个不成立、1 个未定"
    assert summary(Say("en"), [PROVED], 1, 2) == "1 proved in 1 process; 2 processes have mistakes"
    assert summary(Say("en"), [], 1) == "nothing to prove in 1 process"


def test_plain_values() -> None:
    plain = answer_to_plain(BROKEN, load(PROJECT).definition)
    assert plain["name"] == "before[no_show]"
    assert [entry["command"]["kind"] for entry in plain["journal"]] == ["open", "set_facts", "jump"]
    assert plain["journal"][0]["events"][0]["kind"] == "entered"


def test_an_invariant_without_a_title_has_no_other_words() -> None:
    text = ProofText(load(PROJECT).definition, ())
    assert [text.meaning(Answer(kind, "x", "broken")) for kind in ("never", "always", "possible", "before")] == [""] * 4
    assert text.meaning(Answer("reaches", "x", "broken")) == "x can be reached"
