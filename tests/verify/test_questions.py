"""The questions that nobody has to ask: each is answered once, whatever shares a name."""

import pytest
from tests.meaning.texts import load

import stagegate
from stagegate.verify.examine import examine, questions

# A criterion and a jump are called `go`, a stage and a criterion `first`: of each the condition of one can never hold.
ONE_NAME = """\
facts: {budget: {type: number, minimum: 0}}
tracks:
  - id: selling
    stages:
      - id: first
        applies_when: budget < 5
        exit_criteria: [{id: go, when: budget < 0}, {id: first, applies_when: budget < 0}]
      - {id: second, exit_criteria: [{id: agreed}]}
      - {id: third, exit_criteria: [{id: signed}]}
    jumps: [{id: go, from: [first], to: third, when: budget > 1}]
ends: [{id: won, kind: won}]
"""


@pytest.mark.parametrize("name", stagegate.bundled_names())
def test_every_question_has_one_answer(name: str) -> None:
    process = stagegate.load(name)
    asked = questions(process.definition)
    assert len(set(asked)) == len(asked)
    assert tuple((each.kind, each.id) for each in examine(process, effort=1)) == asked


def test_what_shares_a_name_is_asked_about_once_and_the_worse_is_told() -> None:
    process = load(ONE_NAME)
    asked = [name for name in questions(process.definition) if name[0] == "can_hold"]
    assert sorted(asked) == [("can_hold", "first.applies_when"), ("can_hold", "go")]
    found = {each.id: each for each in examine(process) if each.kind == "can_hold"}
    assert {id: each.verdict for id, each in found.items()} == {"first.applies_when": "broken", "go": "broken"}
    assert "`budget < 0` is never true" in found["go"].reason
