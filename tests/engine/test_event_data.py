"""The table of what events carry, and the schema made of it, against the events of random deals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import stagegate
from stagegate import testing
from stagegate.engine import EVENT_KINDS
from stagegate.engine.event_data import EVENT_DATA, FIELDS, data_schema, events_schema, schema_id, schema_text
from stagegate.process import Process

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = ("project-sales", "dialogue-guided", "pdca", "telephone-selling", "customer-satisfaction-selling")
VALIDATORS = {kind: Draft202012Validator(data_schema(kind)) for kind in EVENT_DATA}


def test_every_kind_has_its_data_and_every_field_its_meaning() -> None:
    assert EVENT_DATA.keys() == EVENT_KINDS.keys()
    assert {name.removesuffix("?") for names in EVENT_DATA.values() for name in names} == FIELDS.keys()
    for kind, text in EVENT_KINDS.items():
        told = text.partition("data: ")[2]
        assert all(name.removesuffix("?") in told for name in EVENT_DATA[kind]), kind


def test_the_schema_is_one_and_the_package_has_it() -> None:
    Draft202012Validator.check_schema(events_schema())
    shipped = ROOT / "src" / "stagegate" / "engine" / "stagegate-events-1.json"
    assert shipped.read_text(encoding="utf-8") == schema_text()
    assert schema_id("entered").partition("#")[0] == events_schema()["$id"]


@pytest.fixture(scope="module")
def processes() -> list[Process]:
    return [stagegate.load(name) for name in PROCESSES]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_events_of_random_deals_fit(processes: list[Process], data: st.DataObject) -> None:
    pytest.importorskip("sqlalchemy")
    from stagegate.store.events import cloud_event, happenings

    process = data.draw(st.sampled_from(processes))
    case = data.draw(testing.cases(process))
    for happened in happenings(process.tables, case.id, case.journal):
        envelope = json.loads(json.dumps(cloud_event(happened)))
        VALIDATORS[happened.kind].validate(envelope["data"])
        named = {name.removesuffix("?") for name in EVENT_DATA[happened.kind]}
        assert happened.data.keys() <= named
