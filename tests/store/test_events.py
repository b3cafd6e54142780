"""What a host is given of an event: its id, and the envelope, read by the SDK of CloudEvents."""

from __future__ import annotations

import json
from datetime import UTC, timedelta, timezone

import pytest
from tests.store.conftest import AT
from tests.store.timed import small_deal

from stagegate.engine.events import Event
from stagegate.store import Happened, Store, Subscriber, cloud_event

HELD = Happened(
    "ACME/42",
    "small-deal",
    "1.0.0",
    7,
    2,
    AT.astimezone(timezone(timedelta(hours=8))),
    Event("held", "", {"until": AT}),
)


def test_the_envelope() -> None:
    assert cloud_event(HELD) == {
        "specversion": "1.0",
        "id": "ACME/42/7/2",
        "source": "/stagegate/small-deal",
        "type": "stagegate.case.held.v1",
        "subject": "ACME/42",
        "time": "2026-03-02T17:00:00+08:00",
        "datacontenttype": "application/json",
        "dataschema": "https://stagegate.dev/schema/stagegate-events-1.json#/$defs/held",
        "data": {
            "case": "ACME/42",
            "version": "1.0.0",
            "seq": 7,
            "n": 2,
            "subject": "",
            "until": "2026-03-02T09:00:00+00:00",
        },
    }


def test_the_sdk_of_cloudevents_reads_it() -> None:
    json_format = pytest.importorskip("cloudevents.core.formats.json").JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    written = cloud_event(HELD)
    read = json_format().read(CloudEvent, json.dumps(written))
    assert (read.get_id(), read.get_source(), read.get_type()) == (written["id"], written["source"], written["type"])
    assert (read.get_subject(), read.get_dataschema()) == (written["subject"], written["dataschema"])
    assert read.get_time() == AT
    assert read.get_data() == written["data"]


def test_a_subscriber_and_the_outbox_tell_the_same(url: str) -> None:
    at_once, later = list[Happened](), list[Happened]()
    with Store(url, subscribers=[Subscriber(at_once.append)]) as store:
        store.open("A", small_deal(), at=AT)
        store.load("A")
        case = store.load("A")
        case.meet("asked", at=AT)
        case.hold(until=AT + timedelta(days=3), at=AT)
        store.save(case)
        store.deliver(later.append, at=AT, worker="w")
    assert [cloud_event(each) for each in at_once] == [cloud_event(each) for each in later]
    assert {each.at.tzinfo for each in later} == {UTC}
    assert later[-1].data["until"] == AT + timedelta(days=3)
