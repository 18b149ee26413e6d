"""Segment's own library for Python, unmodified, reports to the door."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest
from segment.analytics.client import Client
from segment.analytics.request import APIError

from tests.contracts.conftest import kept
from textrail.domain.accounts.models import Business
from textrail.edge.tests.served import Served
from textrail.journal.port import Store

# As RudderStack's library for Python sends it: gzip, a channel, and no key in the body.
RUDDER: dict[str, Any] = {
    "batch": [
        {
            "integrations": {"All": True},
            "anonymousId": None,
            "properties": {"revenue": 1},
            "timestamp": "2026-03-02T15:00:00.792329+00:00",
            "context": {"library": {"name": "analytics-python", "version": "2.1.9"}},
            "userId": "u1",
            "type": "track",
            "event": "Order Completed",
            "messageId": "cfa45ab8-1a1b-439a-83b9-e7caf7a2d69f",
            "channel": "server",
        }
    ],
    "sentAt": "2026-03-02T15:00:01.292580+00:00",
}


def library(door: Served, write_key: str, errors: list[object], *, zipped: bool = False) -> Client:
    return Client(
        write_key,
        host=door.url,
        on_error=lambda error, batch: errors.append(error),
        gzip=zipped,
        upload_interval=0.05,
        max_retries=1,
    )


@pytest.mark.parametrize("zipped", [False, True])
def test_identify_and_track_arrive_and_a_repeat_keeps_its_message_id(
    door: Served, store: Store, key: str, business: Business, zipped: bool
) -> None:
    errors: list[object] = []
    client = library(door, key, errors, zipped=zipped)
    client.identify("u1", {"email": "ada@example.com", "phone": "+14155550123"})
    for _ in range(2):
        client.track("u1", "Order Completed", {"revenue": 49.9}, message_id="order-1")
    client.shutdown()
    assert errors == []
    events = kept(store)
    assert [event.call for event in events] == ["identify", "track", "track"]
    assert {event.business_id for event in events} == {business.id}
    assert [event.message_id for event in events[1:]] == ["order-1", "order-1"]
    assert events[1].event["properties"] == {"revenue": 49.9}
    assert events[0].event["traits"] == {"email": "ada@example.com", "phone": "+14155550123"}


def test_the_library_is_told_of_an_unknown_key_and_does_not_retry(
    door: Served, store: Store, key: str
) -> None:
    errors: list[object] = []
    client = library(door, "tr_not-a-key", errors)
    client.track("u1", "Order Completed")
    client.shutdown()
    [error] = errors
    assert isinstance(error, APIError)
    assert (error.status, error.code) == (401, "unknown_key")
    assert error.message.startswith("This write key is not known here.")
    assert kept(store) == []


def test_a_batch_as_rudderstack_sends_it_arrives(door: Served, store: Store, key: str) -> None:
    answer = httpx.post(
        f"{door.url}/v1/batch",
        content=gzip.compress(json.dumps(RUDDER).encode()),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        auth=(key, ""),
    )
    assert answer.json() == {"success": True, "accepted": 1, "rejected": []}
    [event] = kept(store)
    assert event.event == {**RUDDER["batch"][0], "sentAt": RUDDER["sentAt"]}
