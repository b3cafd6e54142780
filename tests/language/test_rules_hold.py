"""The reader never raises whatever stands in a file, and the rules over the graph agree with networkx."""

import random
from pathlib import Path

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagegate.bundled import bundled_names
from stagegate.diagnostics import Source
from stagegate.language import RULES, check_source
from stagegate.language.rules.graph import knots, reach, ring_through

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [(ROOT / "definitions" / f"{name}.yaml").read_text(encoding="utf-8") for name in bundled_names()[:4]]
KNOWN = {rule.name for rule in RULES}


def mangled(text: str, seed: int) -> str:
    """A text with a few lines dropped, doubled, moved, or cut short, and a few words exchanged."""
    chance = random.Random(seed)
    lines = text.split("\n")
    for _ in range(chance.randint(1, 6)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case 4:
                words, others = lines[at].split(" "), lines[other].split(" ")
                words[chance.randrange(len(words))] = chance.choice(others)
                lines[at] = " ".join(words)
            case _:
                key, _, _ = lines[at].partition(":")
                lines[at] = (
                    f"{key}: {chance.choice(['null', '7', 'true', '[]', '{}', 'x', '[x, x]', '{a: b}', '-1', 'all'])}"
                )
    return "\n".join(lines)


@given(st.sampled_from(FILES), st.integers(0, 2**32))
def test_a_mangled_definition_is_told_of_and_never_raises(text: str, seed: int) -> None:
    definition, report = check_source(Source("x.yaml", mangled(text, seed)), processes={"other"})
    assert (definition is None) == report.has_errors
    assert {finding.rule for finding in report} <= KNOWN
    for finding in report:
        assert finding.span.line >= 1
        assert finding.span.column >= 1


graphs = st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=8)


@given(graphs)
def test_knots_are_the_strong_components_that_hold_a_ring(edges: dict[str, list[str]]) -> None:
    graph = networkx.DiGraph((origin, target) for origin, targets in edges.items() for target in targets)
    components = networkx.strongly_connected_components(graph)
    wanted = [found for found in components if len(found) > 1 or any(graph.has_edge(node, node) for node in found)]
    assert sorted(map(sorted, knots(edges))) == sorted(map(sorted, wanted))
    for knot in knots(edges):
        ring = ring_through(edges, min(knot))
        assert ring[0] == min(knot)
        assert all(after in edges[node] for node, after in zip(ring, (*ring[1:], ring[0]), strict=True))


@given(graphs, st.sampled_from("abcdefgh"))
def test_reach_is_what_networkx_reaches(edges: dict[str, list[str]], start: str) -> None:
    graph = networkx.DiGraph((origin, target) for origin, targets in edges.items() for target in targets)
    graph.add_node(start)
    assert reach(edges, [start]) == {start, *networkx.descendants(graph, start)}


HEAD = "stagegate: 1\nprocess: example\nversion: 1.0.0\n"
TWO = "tracks:\n  - id: t\n    stages: [{id: a, exit_criteria: [{id: c}]}, {id: b}]\n"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("tracks: [{id: t, stages: [{id: a}, {id: b, next: a}]}]", "loop-not-backward"),
        ("tracks: [{id: t, stages: [{id: a}, {id: b, next: b}]}]", "loop-not-backward"),
        (TWO + "    loops: [{id: l, from: [b], to: b, keep: [c]}]", "loop-not-backward"),
        (TWO + "    jumps: [{id: j, from: all, to: a}]", "jump-not-forward"),
        (TWO + "    jumps: [{id: j, from: [b], to_any_later: true}]", "jump-not-forward"),
        ("tracks: [{id: t, cycle: true, stages: [{id: a, exit_criteria: []}]}]", "unbounded-loop"),
        ("tracks: [{id: t, stages: [{id: a, entry_milestone: [{id: c, when: false}]}]}]", "gate-never-opens"),
        ("tracks: [{id: t, stages: [{id: a, exit_criteria: [{id: c, when: met('c')}]}]}]", "circular-condition"),
        ("tracks: [{id: t, stages: [{id: a, exit_criteria: [{id: c, when: stage('t') == 'a'}]}]}]", "circular-condition"),
        ("tracks: [{id: t, stages: [{id: a}, {id: b, applies_when: stage('t') == 'a'}]}]", "circular-condition"),
        (
            "tracks: [{id: t, stages: [{id: a, stage_conditions: {process: [{id: c, when: \"reached('t', 'a')\"}]}}]}]",
            "circular-condition",
        ),
        ("tracks: [{id: t, position: observed, stages: [{id: a, exit_criteria: []}]}]", "misplaced-key"),
        ("tracks: [{id: t, stages: [{id: a, exit_criteria: [{id: c, once: true}]}]}]", "misplaced-key"),
        ("tracks: [{id: t, stages: [{id: a, chance: {reached: 0.5, completed: 0.4}}]}]", "chance-decreases"),
        ("tracks: [{id: t, stages: [{id: a, title: A}, {id: b}]}]", "missing-title"),
        ("tracks: [{id: t, stages: [{id: a, pairs_with: b}, {id: b}]}]", "unknown-stage"),
        (
            TWO + "    decision_points:\n"
            "      - {id: d, after: a, outcomes: [{id: x, to: e}, {id: y, to: b}]}\n"
            "      - {id: e, outcomes: [{id: x, to: d}, {id: y, to: b}]}\n",
            "loop-not-backward",
        ),
        (
            TWO + "    decision_points:\n"
            "      - {id: d, after: a, automatic: true, outcomes: [{id: x, to: b, when: taken('x') == 0},"
            " {id: y, to: b, otherwise: true}]}\n",
            "circular-condition",
        ),
        ("tracks: [{id: t, stages: [{id: a}]}]\nends: [{id: e, kind: won, by_command: true}]", "won-by-command"),
    ],
)  # fmt: skip
def test_other_ways_to_break_a_rule(text: str, rule: str) -> None:
    _, report = check_source(Source("x.yaml", HEAD + text + "\n"))
    assert [finding.rule for finding in report] == [rule]


@pytest.mark.parametrize(
    "kind", ["type: nubmer", "tpye: number", "type: [number]", "type: enum", "type: list, of: nothing"]
)
def test_a_fact_without_a_type_gives_no_findings_in_conditions(kind: str) -> None:
    text = (
        f"facts: {{n: {{{kind}}}, b: {{type: boolean}}}}\ntracks: [{{id: t, stages: [{{id: a, exit_criteria: ["
        "{id: c, when: n > 1 && b}, {id: d, when: n == 'x' || bb, once: true}, {id: e, when: size(n) == 1}]}]}]\n"
    )
    _, report = check_source(Source("x.yaml", HEAD + text))
    assert [(finding.rule, finding.span.line) for finding in report if finding.span.line > 4] == [("unknown-fact", 5)]
    assert len(report) == 2
