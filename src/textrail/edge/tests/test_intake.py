"""Reported events: good ones are on disk, each bad one is told what is wrong with it."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest

from textrail.domain.accounts.actions import create_api_key, revoke_api_key
from textrail.domain.accounts.models import Business, User
from textrail.edge import intake
from textrail.edge.tests.conftest import Caller, Disk, counted
from textrail.vocabulary import arrivals
from textrail.vocabulary.arrivals import IntakeArrival
from textrail.vocabulary.clock import ManualClock

ORDER = {
    "userId": "u1",
    "event": "Order Completed",
    "messageId": "m1",
    "properties": {"revenue": 12.5, "currency": "USD"},
}
BOMB = gzip.compress(bytes(200_000_000), 9)


@pytest.fixture
def key(transactional_db: None, business: Business, clock: ManualClock) -> str:
    return create_api_key(business=business, name="Shop", at=clock.now()).plain


def kept(disk: Disk) -> list[IntakeArrival]:
    return [arrivals.decode_intake(arrival.body) for arrival in disk.read(after=0, limit=1000)]


def test_a_track_call_is_kept_in_the_senders_words(
    call: Caller, disk: Disk, key: str, business: Business
) -> None:
    answer = call("POST", "/v1/track", json=ORDER, auth=(key, ""))
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "accepted": 1, "rejected": []}
    [event] = kept(disk)
    assert (event.business_id, event.call, event.message_id) == (business.id, "track", "m1")
    assert event.event == ORDER


@pytest.mark.parametrize("way", ["basic", "bearer", "body"])
def test_the_key_may_come_in_three_ways(call: Caller, disk: Disk, key: str, way: str) -> None:
    body = {"batch": [{**ORDER, "type": "track"}], **({"writeKey": key} if way == "body" else {})}
    headers = {"Authorization": f"Bearer {key}"} if way == "bearer" else {}
    auth = (key, "") if way == "basic" else None
    assert call("POST", "/v1/batch", json=body, headers=headers, auth=auth).status_code == 200
    assert len(kept(disk)) == 1


def test_good_events_of_a_batch_are_kept_beside_bad_ones(
    call: Caller, scraper: Caller, disk: Disk, key: str
) -> None:
    batch = [
        {**ORDER, "type": "track"},
        {**ORDER, "type": "track", "userId": None},
        {"type": "identify", "anonymousId": "a1", "traits": {"email": "a@b.example"}},
        {**ORDER, "type": "purchase"},
        "not an event",
        {**ORDER, "type": "track", "event": 5},
        {**ORDER, "type": "track", "properties": {"revenue": "9e999999"}},
    ]
    answer = call("POST", "/v1/batch", json={"batch": batch}, auth=(key, ""))
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2
    rejected = {each["index"]: each["code"] for each in answer.json()["rejected"]}
    assert rejected == {
        1: "no_identity",
        3: "unknown_type",
        4: "malformed",
        5: "wrong_type",
        6: "amount_absurd",
    }
    assert [event.call for event in kept(disk)] == ["track", "identify"]
    assert counted(scraper, 'textrail_intake_rejected_total{reason="no_identity"}') == 1
    assert counted(scraper, 'textrail_intake_accepted_total{call="track"}') == 1


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in ORDER.items() if key != name}


@pytest.mark.parametrize(
    ("call_name", "event", "code"),
    [
        ("track", without("userId"), "no_identity"),
        ("track", {**ORDER, "userId": ""}, "no_identity"),
        ("track", without("event"), "field_missing"),
        ("track", {**ORDER, "event": ""}, "field_missing"),
        ("track", {**ORDER, "userId": 7}, "wrong_type"),
        ("track", {**ORDER, "event": ["x"]}, "wrong_type"),
        ("track", {**ORDER, "properties": "x"}, "wrong_type"),
        ("track", {**ORDER, "timestamp": 1}, "wrong_type"),
        ("track", {**ORDER, "sentAt": 1}, "wrong_type"),
        ("track", {**ORDER, "messageId": "m" * 256}, "id_too_long"),
        ("track", {**ORDER, "userId": "u" * 10_000}, "id_too_long"),
        ("identify", {"anonymousId": "a" * 256}, "id_too_long"),
        ("identify", {"userId": "u1", "traits": {"email": "e" * 10_000}}, "id_too_long"),
        ("track", {**ORDER, "properties": {"revenue": "12,50"}}, "malformed"),
        ("track", {**ORDER, "properties": {"x": 2**70}}, "malformed"),
        ("track", {**ORDER, "properties": {"x": "a\x00b"}}, "malformed"),
        ("track", {**ORDER, "properties": {"revenue": "9e999999"}}, "amount_absurd"),
        ("track", {**ORDER, "properties": {"revenue": True}}, "malformed"),
        ("track", {**ORDER, "properties": {"order_id": 1001.5}}, "wrong_type"),
        ("track", {**ORDER, "properties": {"order_id": {}}}, "wrong_type"),
        ("identify", {"userId": "u1", "traits": {"email": {}}}, "wrong_type"),
        ("track", {**ORDER, "context": {"traits": {"phone": 1.5}}}, "wrong_type"),
        ("alias", {"userId": "u1"}, "field_missing"),
        ("group", {"userId": "u1"}, "field_missing"),
    ],
)
def test_a_refused_event_says_why_and_leaves_nothing(
    call: Caller, disk: Disk, key: str, call_name: str, event: dict[str, object], code: str
) -> None:
    answer = call("POST", f"/v1/{call_name}", json=event, auth=(key, ""))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert kept(disk) == []
    lenient = {"X-Strict-Mode": "0"}
    answer = call("POST", f"/v1/{call_name}", json=event, auth=(key, ""), headers=lenient)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 0)
    reason = answer.json()["rejected"][0]
    assert [(each.call, each.refused, each.hint) for each in kept(disk)] == [
        ("track", reason["message"], reason.get("hint", ""))
    ]
    assert len(kept(disk)[0].message_id) <= 255


@pytest.mark.parametrize(
    ("call_name", "body", "status", "code"),
    [
        ("track", b"", 400, "malformed_json"),
        ("track", b"{", 400, "malformed_json"),
        ("track", b"[]", 422, "not_a_report"),
        ("track", b"{} x", 400, "malformed_json"),
        ("track", b"[" * 20_000, 422, "not_a_report"),
        ("track", b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400, "malformed_json"),
        ("track", b'{"userId":"\xff","event":"x"}', 422, "malformed"),
        ("track", b'{"userId":"u","event":"x","n":1e999}', 422, "malformed"),
        ("batch", b"{}", 422, "not_a_report"),
        ("batch", b'{"batch":{}}', 422, "not_a_report"),
        ("batch", b'{"batch":[],"sentAt":1}', 422, "not_a_report"),
        ("batch", b'{"batch":[],"sentAt":"' + b"2" * 65 + b'"}', 422, "not_a_report"),
        ("batch", b'{"batch":[{"a":tru}]}', 400, "malformed_json"),
        ("batch", b'{"batch":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400, "malformed_json"),
        ("track", b" " * 33_000, 413, "too_large"),
        ("batch", b" " * 513_000, 413, "too_large"),
    ],
)
def test_a_body_that_is_no_report_gets_one_clear_error(
    call: Caller, disk: Disk, key: str, call_name: str, body: bytes, status: int, code: str
) -> None:
    answer = call("POST", f"/v1/{call_name}", content=body, auth=(key, ""))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert kept(disk) == []


def test_a_batch_of_nothing_but_bad_events_is_an_error_to_its_library(
    call: Caller, key: str
) -> None:
    body = {"batch": [{"type": "track"}, {"type": "identify"}]}
    answer = call("POST", "/v1/batch", json=body, auth=(key, ""))
    assert answer.status_code == 422
    assert [each["index"] for each in answer.json()["rejected"]] == [0, 1]


def test_half_a_character_loses_no_event(call: Caller, disk: Disk, key: str) -> None:
    """As a text has at its end that was cut in the middle of an emoji."""
    cut = (
        b'{"userId":"u1","event":"Seen",'
        b'"properties":{"note":"Thanks \\ud83d","emoji":"\\ud83d\\ude00"}}'
    )
    broken = b'{"type":"track","userId":"u1","event":"\\ud83d'
    assert call("POST", "/v1/track", content=cut, auth=(key, "")).status_code == 200
    assert call("POST", "/v1/track", content=broken, auth=(key, "")).status_code == 400
    many = b'{"batch":[' + cut.replace(b"{", b'{"type":"track",', 1) + b"]}"
    assert call("POST", "/v1/batch", content=many, auth=(key, "")).json()["accepted"] == 1
    assert [event.event["properties"] for event in kept(disk)] == [
        {"note": "Thanks ", "emoji": "😀"}
    ] * 2


def test_one_event_of_more_than_32_kb_does_not_hurt_the_others(
    call: Caller, disk: Disk, key: str
) -> None:
    batch = [{**ORDER, "type": "track", "context": {"x": "y" * 33_000}}, {**ORDER, "type": "track"}]
    answer = call("POST", "/v1/batch", json={"batch": batch}, auth=(key, ""))
    assert [each["code"] for each in answer.json()["rejected"]] == ["too_large"]
    assert len(kept(disk)) == 1


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (gzip.compress(json.dumps(ORDER).encode(), mtime=0), "gzip", 200),
        (BOMB, "gzip", 413),
        (gzip.compress(json.dumps(ORDER).encode(), mtime=0)[:-9], "gzip", 400),
        (b"not gzip", "gzip", 400),
        (json.dumps(ORDER).encode(), "br", 415),
    ],
)
def test_compressed_bodies_are_read_within_limits(
    call: Caller, key: str, content: bytes, encoding: str, status: int
) -> None:
    headers = {"Content-Encoding": encoding}
    answer = call("POST", "/v1/track", content=content, headers=headers, auth=(key, ""))
    assert answer.status_code == status


@pytest.mark.parametrize(
    "authorization", ["Basic ???", "Basic dW5rbm93bjo=", "Bearer unknown", "Basic /w==", "Other x"]
)
def test_an_unknown_key_is_refused(call: Caller, disk: Disk, key: str, authorization: str) -> None:
    answer = call("POST", "/v1/track", json=ORDER, headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["error"]["code"]) in [
        (401, "unknown_key"),
        (401, "unauthorized"),
    ]
    assert call("POST", "/v1/track", json=ORDER).status_code == 401
    assert kept(disk) == []


def test_a_revoked_key_is_refused_within_seconds(
    call: Caller,
    business: Business,
    ada: User,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = 1000.0
    monkeypatch.setattr("textrail.edge.recent.time.monotonic", lambda: moment)
    new = create_api_key(business=business, name="Shop", at=clock.now())
    assert call("POST", "/v1/track", json=ORDER, auth=(new.plain, "")).status_code == 200
    revoke_api_key(business=business, key_id=new.key.id, at=clock.now(), actor=ada)
    moment += intake.SECONDS_REMEMBERED + 0.1
    assert call("POST", "/v1/track", json=ORDER, auth=(new.plain, "")).status_code == 401


def test_an_event_without_an_id_gets_the_same_one_each_time_it_is_sent(
    call: Caller, disk: Disk, key: str
) -> None:
    for _ in range(2):
        call("POST", "/v1/track", json=without("messageId"), auth=(key, ""))
    call("POST", "/v1/track", json={**without("messageId"), "userId": "u2"}, auth=(key, ""))
    ids = [event.message_id for event in kept(disk)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("more", "times"),
    [
        ({}, 2),
        ({"properties": {"order_id": "A-1"}}, 1),
        ({"timestamp": "2026-03-02T15:00:00Z"}, 1),
    ],
)
def test_a_visit_each_month_is_one_each_month_and_an_order_stays_one(
    call: Caller, disk: Disk, key: str, clock: ManualClock, more: dict[str, object], times: int
) -> None:
    event = {"userId": "u1", "event": "Appointment Booked", **more}
    for day in (0, 0, 30):
        clock.advance(timedelta(days=day))
        call("POST", "/v1/track", json=event, auth=(key, ""))
    assert len({event.message_id for event in kept(disk)}) == times


def test_when_a_batch_was_sent_stands_in_its_events(call: Caller, disk: Disk, key: str) -> None:
    """A sender's clock is set right by it; the id must not change when the batch is sent again."""
    event = {**without("messageId"), "type": "track", "timestamp": "2026-03-02T14:50:00Z"}
    batch = [event, {**event, "sentAt": "2026-03-02T14:00:00Z"}]
    for sent in ("2026-03-02T14:50:01Z", "2026-03-02T14:55:00Z"):
        body = {"batch": batch, "sentAt": sent}
        assert call("POST", "/v1/batch", json=body, auth=(key, "")).status_code == 200
    first, own, again, _ = kept(disk)
    assert first.event["sentAt"] == "2026-03-02T14:50:01Z"
    assert own.event["sentAt"] == "2026-03-02T14:00:00Z"
    assert first.message_id == again.message_id


def test_pages_of_any_origin_may_report(call: Caller, key: str) -> None:
    asked = call("OPTIONS", "/v1/track", headers={"Origin": "https://shop.example"})
    assert asked.status_code == 204
    assert "authorization" in asked.headers["access-control-allow-headers"]
    for answer in (asked, call("POST", "/v1/track", json=ORDER), call("GET", "/v1/track")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_a_full_disk_makes_the_library_send_the_batch_again(
    call: Caller, disk: Disk, key: str
) -> None:
    disk.full = True
    answer = call("POST", "/v1/track", json=ORDER, auth=(key, ""))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    disk.full = False
    assert call("POST", "/v1/track", json=ORDER, auth=(key, "")).status_code == 200
    assert len(kept(disk)) == 1


def test_a_key_in_the_body_is_not_kept_with_the_event(call: Caller, disk: Disk, key: str) -> None:
    body = {"event": "Seen", "anonymousId": "a1", "writeKey": key}
    assert call("POST", "/v1/track", json=body).json()["accepted"] == 1
    refused = call("POST", "/v1/track", json={"writeKey": key}, headers={"X-Strict-Mode": "0"})
    assert refused.json()["accepted"] == 0
    assert [key in str(each.event) for each in kept(disk)] == [False, False]
