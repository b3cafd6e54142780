"""Where a single value comes from: on texts that stand alone, and on figures and lists of a stage."""

from stagegate.diagnostics import Source
from stagegate.engine.identity import figures_digest, flow_digest
from stagegate.language import check_source
from stagegate.model import NO_NOTES, Definition, Text

PROCESS = """\
stagegate: 1
process: small
version: 1.0.0
roles:
  boss: {{duties: [decides]}}
documents:
  plan: {{}}
tracks:
  - id: selling
    stages:
      - id: visit
        title: Visit
        exit_criteria: [{{id: known, title: Known}}]
        participants: [boss]
        tools: [plan]
{stage}
"""


def good(**stage: str) -> Definition:
    """The definition whose one stage says this as well."""
    lines = "\n".join(f"        {key}: {value}" for key, value in stage.items())
    definition, report = check_source(Source("small.yaml", PROCESS.format(stage=lines)))
    assert definition is not None, [finding.message for finding in report.findings]
    assert not report.findings
    return definition


def same(one: Definition, other: Definition) -> bool:
    """Whether cases of one may go on in the other, and its figures are the same, too."""
    return flow_digest(one) == flow_digest(other) and figures_digest(one) == figures_digest(other)


NOTED = "{en: Look, zh: 看, basis: proposed, source: Page one, aliases: [peek]}"


def test_a_text_in_a_list_says_where_it_comes_from() -> None:
    (text,) = next(good(tasks=f"[{NOTED}]").stages()).tasks
    assert (text.basis, text.source, text.aliases) == ("proposed", Text("Page one"), ("peek",))
    assert (text("en"), text("zh"), str(text)) == ("Look", "看", "Look")


def test_what_nobody_says_is_stated() -> None:
    (text,) = next(good(tasks="[Look]").stages()).tasks
    assert (text.basis, text.source, text.aliases) == ("stated", None, ())


def test_texts_are_equal_wherever_they_come_from() -> None:
    assert Text("a", basis="proposed", aliases=("b",)) == Text("a")
    assert hash(Text("a", source=Text("b"))) == hash(Text("a"))


def test_a_piece_of_guidance_says_where_it_comes_from() -> None:
    short, long = (
        good(guidance=f"[{NOTED}, {{text: Look, basis: field, source: Page two, aliases: [gaze]}}]")
        .tracks[0]
        .stages[0]
        .notes.guidance
    )
    assert (short.text.zh, short.basis, short.source, short.aliases) == ("看", "proposed", Text("Page one"), ("peek",))
    assert (long.text.en, long.basis, long.source, long.aliases) == ("Look", "field", Text("Page two"), ("gaze",))


def test_a_title_has_no_notes_of_its_own() -> None:
    text = PROCESS.format(stage="").replace("title: Visit", f"title: {NOTED}")
    _, report = check_source(Source("small.yaml", text))
    assert [finding.message for finding in report.findings] == [
        f"unknown key `{k}` in a text" for k in ("basis", "source", "aliases")
    ]


def test_notes_belong_neither_to_the_flow_nor_to_the_figures() -> None:
    assert same(good(tasks="[Look]", definition="Look"), good(tasks=f"[{NOTED}]", definition=NOTED))


FROM = "basis: proposed, source: Page one"


def test_figures_and_lists_of_a_stage_say_where_they_come_from() -> None:
    plain = good(chance="0.5", time_limit="14d").tracks[0].stages[0]
    noted = (
        good(chance=f"{{reached: 0.5, completed: 0.5, {FROM}}}", time_limit=f"{{limit: 14d, {FROM}}}")
        .tracks[0]
        .stages[0]
    )
    assert plain.chance is not None
    assert noted.chance is not None
    assert (noted.chance.reached, noted.chance.completed) == (plain.chance.reached, plain.chance.completed)
    assert noted.time_limit == plain.time_limit
    for notes in (noted.chance.notes, noted.limit_notes):
        assert (notes.basis, notes.source) == ("proposed", Text("Page one"))
    assert (plain.chance.notes, plain.limit_notes) == (NO_NOTES, NO_NOTES)


def test_participants_and_tools_say_where_they_come_from() -> None:
    text = (
        PROCESS.format(stage="")
        .replace("[boss]", f"[{{role: boss, {FROM}}}]")
        .replace("[plan]", f"[{{document: plan, {FROM}}}]")
    )
    definition, report = check_source(Source("small.yaml", text))
    assert definition is not None, report.findings
    stage = definition.tracks[0].stages[0]
    assert (stage.participants, stage.tools) == (("boss",), ("plan",))
    assert stage.participant_notes["boss"].basis == stage.tool_notes["plan"].basis == "proposed"
    assert same(definition, good())


def test_a_participant_stands_once() -> None:
    text = PROCESS.format(stage="").replace("[boss]", "[boss, {role: boss, basis: field}]")
    _, report = check_source(Source("small.yaml", text))
    assert [finding.message for finding in report.findings] == ["`boss` stands twice in `participants`"]


def test_a_participant_is_declared() -> None:
    text = PROCESS.format(stage="").replace("[boss]", "[{role: bos}]")
    _, report = check_source(Source("small.yaml", text))
    assert [finding.message for finding in report.findings] == ["no role named `bos`"]


def test_a_reason_has_notes() -> None:
    text = (
        PROCESS.format(stage="")
        + "ends:\n  - {id: lost, kind: lost, by_command: true, reasons: [{id: dear, basis: field}]}\n"
    )
    definition, report = check_source(Source("small.yaml", text))
    assert definition is not None, report.findings
    tree = definition.ends[0].reasons
    assert tree is not None
    assert tree.reasons[0].notes.basis == "field"
    assert tree.leaves() == ("dear",)


def messages(text: str) -> list[str]:
    """What is found in a definition that ends like this."""
    _, report = check_source(Source("small.yaml", PROCESS.format(stage="") + text))
    return [finding.message for finding in report.findings]


def made(text: str) -> Definition:
    """The definition that ends like this."""
    definition, report = check_source(Source("small.yaml", PROCESS.format(stage="") + text))
    assert definition is not None, [finding.message for finding in report.findings]
    return definition


def test_results_of_an_activity_have_titles() -> None:
    plain = made("activities:\n  - {id: talk, results: [solved, open]}\n")
    titled = made("activities:\n  - {id: talk, results: [{id: solved, title: Solved}, open]}\n")
    assert titled.activities[0].results == ("solved", "open")
    assert titled.activities[0].result_titles == {"solved": Text("Solved")}
    assert titled.where["result:talk.open"] == (plain.where["result:talk.solved"][0], 55)
    assert same(plain, titled)


def test_a_result_stands_once_in_its_activity() -> None:
    again = "activities:\n  - {id: talk, results: [open, {id: open}]}\n"
    assert messages(again) == ["the id `open` is used by two results"]
    assert messages("activities:\n  - {id: talk, results: [open]}\n  - {id: visit_again, results: [open]}\n") == []


def test_a_result_may_be_named_like_something_retired() -> None:
    assert messages("activities:\n  - {id: talk, results: [open]}\nretired: [open]\n") == []


ENDS = "ends:\n  - {id: agreed, kind: agreement}\n"


def test_a_kind_of_end_has_a_title() -> None:
    titled = made(ENDS + "end_kinds: {agreement: {en: an agreement, zh: 达成一致}}\n")
    assert titled.end_kinds == {"agreement": Text("an agreement", "达成一致")}
    assert same(titled, made(ENDS))


def test_a_kind_that_no_end_has_is_told_once() -> None:
    unused = "end_kinds: {agrement: an agreement}\n"
    assert messages(ENDS + unused) == ["no end is of the kind `agrement`"]
    assert messages(unused) == ["no end is of the kind `agrement`"]
    assert messages("end_kinds: {completed: finished}\n") == []
    assert messages("ends:\n  - {id: agreed, kind: Agreement}\n" + unused) == [
        "`kind` takes `won`, `lost`, `terminated`, `given_up` or another id, not `Agreement`"
    ]


def test_a_title_of_a_kind_or_result_in_one_language_is_told() -> None:
    text = (
        PROCESS.format(stage="")
        .replace("title: Visit", "title: {en: Visit, zh: 拜访}")
        .replace("title: Known", "title: {en: Known, zh: 已知}")
    )
    text += (
        ENDS + "end_kinds: {agreement: an agreement}\nactivities:\n  - {id: talk, results: [{id: open, title: Open}]}\n"
    )
    text = text.replace("version: 1.0.0", "version: 1.0.0\ntitle: {en: Small, zh: 小}")
    _, report = check_source(Source("small.yaml", text))
    assert [finding.message for finding in report.findings] == [
        "kind of end `agreement` has no title in Chinese",
        "result `open` has no title in Chinese",
    ]


def test_a_figure_may_be_a_series_with_a_unit_in_both_languages() -> None:
    definition = made("metrics:\n  calls: {unit: {en: a month, zh: 每月}, target: [3, 3, 4.5], baseline: 0}\n")
    metric = definition.metrics[0]
    assert (metric.unit, metric.target, metric.baseline) == (Text("a month", "每月"), (3, 3, 4.5), 0)


def test_what_is_missing_is_kept() -> None:
    text = PROCESS.format(stage="").replace("  - id: selling", "  - id: selling\n    incomplete: true")
    text += "catalogues:\n  ways: {incomplete: true, entries: [{id: third, undescribed: true}]}\n"
    definition, report = check_source(Source("small.yaml", text))
    assert definition is not None, report.findings
    assert definition.tracks[0].incomplete
    assert definition.catalogues[0].incomplete
    assert definition.catalogues[0].entries[0].undescribed
