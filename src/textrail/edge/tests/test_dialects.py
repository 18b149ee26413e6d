"""Leads, sales and events in the words of Dub and PostHog: kept in one form, answered in theirs."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from textrail.domain.accounts.actions import create_api_key
from textrail.domain.accounts.models import ApiKey, Business
from textrail.edge.tests.conftest import Caller, Disk, counted
from textrail.vocabulary import arrivals
from textrail.vocabulary.arrivals import IntakeArrival
from textrail.vocabulary.clock import ManualClock

LEAD = {"clickId": "c1", "eventName": "Sign up", "customerExternalId": "e1", "metadata": {"a": 1}}
SALE = {"customerExternalId": "e1", "amount": 4990, "currency": "usd", "invoiceId": "i1"}
ORDER: dict[str, Any] = {
    "event": "order completed",
    "distinct_id": "u1",
    "uuid": "8ccf68c9-f5af-49db-a554-5426fa732868",
    "timestamp": "2026-03-02T14:59:00+00:00",
    "properties": {"revenue": 1, "$lib": "posthog-python"},
}


@pytest.fixture
def key(transactional_db: None, business: Business, clock: ManualClock) -> str:
    return create_api_key(business=business, name="Shop", at=clock.now()).plain


class Reporter:
    """Sends with a key, and reads what the journal keeps."""

    def __init__(self, call: Caller, disk: Disk, key: str) -> None:
        self._call, self._disk, self._key = call, disk, key

    def dub(self, path: str, body: object) -> Any:
        return self._call("POST", path, json=body, headers={"Authorization": f"Bearer {self._key}"})

    def posthog(self, *events: object, path: str = "/batch/") -> Any:
        body = {"batch": list(events), "api_key": self._key}
        return self._call("POST", path, json=body)

    def kept(self) -> list[IntakeArrival]:
        return [arrivals.decode_intake(row.body) for row in self._disk.read(after=0, limit=1000)]


@pytest.fixture
def reporter(call: Caller, disk: Disk, key: str) -> Reporter:
    return Reporter(call, disk, key)


def test_a_lead_is_kept_with_its_click_and_answered_as_dub_does(reporter: Reporter) -> None:
    body = {**LEAD, "customerEmail": "ann@example.com", "customerName": "Ann"}
    answer = reporter.dub("/track/lead", body)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "click": {"id": "c1"},
            "link": None,
            "customer": {
                "name": "Ann",
                "email": "ann@example.com",
                "avatar": None,
                "externalId": "e1",
            },
        },
    )
    [kept] = reporter.kept()
    assert (kept.sender, kept.call) == ("dub", "track")
    assert kept.message_id.startswith("track:")
    assert {name: value for name, value in kept.event.items() if name != "messageId"} == {
        "event": "Sign up",
        "userId": "e1",
        "context": {"traits": {"email": "ann@example.com", "name": "Ann"}},
        "properties": {"trail_click": "c1", "metadata": {"a": 1}},
    }


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"metadata": {"a": 2}}, True),
        ({"eventName": "SIGN UP"}, True),
        ({"clickId": "c2"}, False),
        ({"eventName": "Trial"}, False),
        ({"customerExternalId": "e2"}, False),
    ],
)
def test_a_lead_is_one_by_its_customer_event_and_click(
    reporter: Reporter, clock: ManualClock, change: dict[str, object], again: bool
) -> None:
    reporter.dub("/track/lead", LEAD)
    clock.advance(timedelta(days=400))
    reporter.dub("/track/lead", LEAD | change)
    first, second = reporter.kept()
    assert (first.message_id == second.message_id) == again


def test_a_lead_of_five_seats_is_five_and_a_deferred_one_only_tells_whose_click_it_was(
    reporter: Reporter,
) -> None:
    reporter.dub("/track/lead", LEAD | {"eventQuantity": 5})
    assert len({row.message_id for row in reporter.kept()}) == 5
    reporter.dub("/track/lead", LEAD | {"mode": "deferred"})
    assert [row.call for row in reporter.kept()] == ["track"] * 5 + ["identify"]


def test_a_sale_is_known_by_its_invoice_and_counts_in_whole_units(reporter: Reporter) -> None:
    answer = reporter.dub("/track/sale", SALE)
    assert answer.json() == {
        "eventName": "Purchase",
        "customer": {"id": "e1", "name": "e1", "email": None, "avatar": None, "externalId": "e1"},
        "sale": {
            "amount": 4990,
            "currency": "usd",
            "paymentProcessor": "custom",
            "invoiceId": "i1",
            "metadata": None,
        },
    }
    [kept] = reporter.kept()
    assert (kept.message_id, kept.event["event"], kept.event["otherwise"]) == (
        "sale:i1",
        "Purchase",
        "Order Completed",
    )
    assert kept.event["properties"] == {
        "order_id": "i1",
        "revenue": "49.90",
        "currency": "USD",
        "payment_processor": "custom",
    }


@pytest.mark.parametrize(
    ("amount", "currency", "revenue"),
    [(500, "jpy", "500"), (1500, "KWD", "1.500"), (1, "eur", "0.01"), (0, None, "0.00")],
)
def test_amounts_are_in_the_smallest_unit(
    reporter: Reporter, amount: int, currency: str | None, revenue: str
) -> None:
    reporter.dub("/track/sale", SALE | {"amount": amount, "currency": currency})
    assert reporter.kept()[0].event["properties"]["revenue"] == revenue  # type: ignore[index]


def test_a_sale_without_an_invoice_is_one_on_its_day(
    reporter: Reporter, clock: ManualClock
) -> None:
    for hours in (0, 1, 24):
        clock.advance(timedelta(hours=hours))
        reporter.dub("/track/sale", SALE | {"invoiceId": None})
    assert len({row.message_id for row in reporter.kept()}) == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "reason", "field"),
    [
        (
            "/track/lead",
            LEAD | {"customerExternalId": ""},
            422,
            "no_identity",
            "customerExternalId",
        ),
        ("/track/lead", LEAD | {"customerExternalId": "e" * 256}, 422, "no_identity", None),
        ("/track/lead", LEAD | {"customerExternalId": 7}, 422, "wrong_type", None),
        ("/track/lead", LEAD | {"eventName": " "}, 422, "field_missing", "eventName"),
        ("/track/lead", LEAD | {"eventName": "x" * 121}, 422, "field_missing", "eventName"),
        ("/track/lead", LEAD | {"eventQuantity": 0}, 422, "wrong_type", None),
        ("/track/lead", LEAD | {"eventQuantity": 101}, 422, "wrong_type", None),
        ("/track/sale", SALE | {"amount": -1}, 422, "wrong_type", None),
        ("/track/sale", SALE | {"amount": 49.9}, 422, "wrong_type", None),
        ("/track/sale", SALE | {"amount": 10**14}, 422, "wrong_type", None),
        ("/track/sale", SALE | {"currency": "dollars"}, 422, "malformed", "currency"),
        ("/track/sale", SALE | {"invoiceId": "i" * 121}, 422, "malformed", "invoiceId"),
        ("/track/sale", {"customerExternalId": "e1"}, 422, "field_missing", "amount"),
        ("/track/sale", [], 422, "malformed", None),
        ("/track/open", SALE, 404, "not_found", None),
        ("/track/sale", SALE | {"metadata": {"a": "x" * 33_000}}, 413, "too_large", None),
    ],
)
def test_dub_is_told_in_its_own_shape_what_is_wrong(
    reporter: Reporter, path: str, body: object, status: int, reason: str, field: str | None
) -> None:
    answer = reporter.dub(path, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["reason"]) == (status, reason), answer.text
    words = {422: "unprocessable_entity", 404: "not_found", 413: "bad_request"}
    assert (error["code"], bool(error["message"])) == (words[status], True)
    assert error.get("field") == field or field is None
    assert reporter.kept() == []


def test_a_key_that_is_not_known_is_dubs_unauthorized(call: Caller, key: str) -> None:
    for headers in ({}, {"Authorization": "Bearer dub_x"}):
        answer = call("POST", "/track/lead", json=LEAD, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_an_event_of_posthog_is_kept_by_its_uuid(reporter: Reporter) -> None:
    answer = reporter.posthog(ORDER)
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": 1, "accepted": 1, "rejected": []},
    )
    [kept] = reporter.kept()
    assert (kept.sender, kept.call, kept.message_id) == ("posthog", "track", ORDER["uuid"])
    assert kept.event == {
        "event": "order completed",
        "userId": "u1",
        "messageId": ORDER["uuid"],
        "timestamp": ORDER["timestamp"],
        "context": {"library": {"name": "posthog-python"}},
        "properties": ORDER["properties"],
    }


def named(name: str, **more: object) -> dict[str, Any]:
    return {"event": name, "distinct_id": "u1", "properties": {}, **more}


WHO: list[tuple[dict[str, Any], str, dict[str, object]]] = [
    (named("$identify", **{"$set": {"email": "a@b.example"}}), "identify", {"userId": "u1"}),
    (
        named("$identify", properties={"$anon_distinct_id": "d1"}),
        "identify",
        {"userId": "u1", "anonymousId": "d1"},
    ),
    (named("$set", properties={"$set": {"phone": "+1"}}), "identify", {"userId": "u1"}),
    (
        named("$create_alias", distinct_id="anon", properties={"alias": "u1"}),
        "alias",
        {"userId": "u1", "previousId": "anon"},
    ),
    (
        named("$groupidentify", properties={"$group_key": "g1"}),
        "group",
        {"userId": "u1", "groupId": "g1"},
    ),
    (named("seen", properties={"$is_identified": False}), "track", {"anonymousId": "u1"}),
    (named("seen", properties={"$process_person_profile": False}), "track", {"anonymousId": "u1"}),
    (named("seen", options={"process_person_profile": False}), "track", {"anonymousId": "u1"}),
    (named("seen", properties={"$device_id": "u1"}), "track", {"anonymousId": "u1"}),
    (
        named("seen", properties={"$device_id": "d1"}),
        "track",
        {"userId": "u1", "anonymousId": "d1"},
    ),
    (named("seen", distinct_id=7), "track", {"userId": "7"}),
    ({"event": "seen", "properties": {"distinct_id": "u2"}}, "track", {"userId": "u2"}),
    (named("$autocapture"), "identify", {"userId": "u1"}),
    (named("$pageview", properties={"$current_url": "https://x.example/"}), "page", {}),
    (named("$screen"), "screen", {}),
]


@pytest.mark.parametrize(("event", "kind", "who"), WHO)
def test_posthogs_own_events_tell_who_is_who(
    reporter: Reporter, event: dict[str, Any], kind: str, who: dict[str, object]
) -> None:
    reporter.posthog(event)
    [kept] = reporter.kept()
    assert kept.call == kind
    told = {name: kept.event.get(name) for name in ("userId", "anonymousId", "previousId")}
    expected = dict.fromkeys(told) | {name: v for name, v in who.items() if name != "groupId"}
    if who:
        assert told == expected
    assert kept.event.get("groupId") == who.get("groupId")


def test_a_page_view_carries_its_address_campaign_and_traits(reporter: Reporter) -> None:
    address = "https://x.example/?trail_click=c1&utm_source=sms"
    properties = {"$current_url": address, "$referrer": "https://y.example/", "utm_source": "sms"}
    reporter.posthog(
        named(
            "$pageview",
            properties={**properties, "$set_once": {"email": "old@x.example", "plan": "a"}},
            **{"$set": {"email": "ann@x.example"}},
        )
    )
    [kept] = reporter.kept()
    assert kept.event["context"] == {
        "traits": {"email": "ann@x.example", "plan": "a"},
        "page": {"url": address, "referrer": "https://y.example/"},
        "campaign": {"source": "sms"},
    }


def test_good_events_are_kept_beside_bad_ones_and_the_sentence_is_the_detail(
    reporter: Reporter, scraper: Caller
) -> None:
    bad = [{"event": "seen"}, {"distinct_id": "u1"}, named("seen", properties=[]), "x"]
    large = named("seen", properties={"x": "y" * 33_000})
    absurd = named("order completed", properties={"revenue": "9e999999"})
    wrong = [
        named("order completed", properties={"order_id": True}),
        named("seen", uuid=["u"]),
        named("seen", properties={"$set": {"email": ["ann@example.com"]}}),
    ]
    answer = reporter.posthog(ORDER, *bad, large, absurd, *wrong)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert [each["code"] for each in answer.json()["rejected"]] == [
        *("no_identity", "field_missing", "wrong_type", "malformed", "too_large", "amount_absurd"),
        *("wrong_type", "wrong_type", "wrong_type"),
    ]
    assert counted(scraper, 'textrail_intake_rejected_total{reason="too_large"}') == 1
    answer = reporter.posthog(*bad)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "The event does not say whose it is. Send “distinct_id”."
    assert len(answer.json()["rejected"]) == 4
    assert len(reporter.kept()) == 1


@pytest.mark.parametrize("path", ["/capture/", "/e/", "/i/v0/e/"])
@pytest.mark.parametrize("way", ["one", "list", "token", "gzip"])
def test_an_event_alone_or_in_a_list_is_taken_with_its_key(
    call: Caller, disk: Disk, key: str, path: str, way: str
) -> None:
    body: Any = {**ORDER, "api_key": key}
    if way == "list":
        body = [{**ORDER, "properties": {"token": key}}]
    if way == "token":
        body = {**ORDER, "token": key}
    content = json.dumps(body).encode()
    headers = {"Content-Encoding": "gzip"} if way == "gzip" else {}
    sent = gzip.compress(content) if way == "gzip" else content
    answer = call("POST", path, content=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    assert len(disk.read(after=0, limit=10)) == 1


def test_the_newer_address_tells_the_fate_of_each_by_its_uuid(
    call: Caller, disk: Disk, key: str
) -> None:
    path = "/i/v1/analytics/events"
    body = {"created_at": "2026-03-02T15:00:00Z", "batch": [ORDER, {"uuid": "2", "event": "x"}]}
    headers = {"Authorization": f"Bearer {key}"}
    answer = call("POST", path, json=body, headers=headers)
    assert answer.json() == {
        "results": {
            ORDER["uuid"]: {"result": "ok"},
            "2": {
                "result": "drop",
                "details": "The event does not say whose it is. Send “distinct_id”.",
            },
        }
    }
    assert len(disk.read(after=0, limit=10)) == 1


@pytest.mark.parametrize("kept_first", [True, False])
def test_a_uuid_of_which_one_event_was_kept_is_not_dropped(
    call: Caller, disk: Disk, key: str, kept_first: bool
) -> None:
    again = {"uuid": ORDER["uuid"], "event": "x"}
    batch = [ORDER, again] if kept_first else [again, ORDER]
    headers = {"Authorization": f"Bearer {key}"}
    answer = call("POST", "/i/v1/analytics/events", json={"batch": batch}, headers=headers)
    assert answer.json() == {"results": {ORDER["uuid"]: {"result": "ok"}}}
    assert len(disk.read(after=0, limit=10)) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{}", 401, "unknown_key"),
        (b'{"batch":{},"api_key":"KEY"}', 422, "not_a_report"),
        (
            b'{"batch":[],"api_key":"KEY","sent_at":"' + b"2" * 65 + b'"}',
            422,
            "not_a_report",
        ),
        (b'{"batch":[],"api_key":"phc_x"}', 401, "unknown_key"),
        (b'{"batch":[' + b"1," * 10_001 + b'1],"api_key":"KEY"}', 422, "malformed"),
        (b" " * (6 * 1024 * 1024 + 1), 413, "too_large"),
    ],
)
def test_a_body_that_is_no_report_of_posthogs_gets_one_clear_error(
    call: Caller, disk: Disk, key: str, body: bytes, status: int, code: str
) -> None:
    answer = call("POST", "/batch/", content=body.replace(b"KEY", key.encode()))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["detail"]
    assert disk.read(after=0, limit=10) == []


def test_segments_library_for_browsers_calls_by_the_first_letter(
    call: Caller, disk: Disk, key: str
) -> None:
    body = {"event": "Seen", "anonymousId": "a1", "messageId": "m1", "writeKey": key}
    headers = {"Content-Type": "text/plain"}
    answer = call("POST", "/v1/t", content=json.dumps(body).encode(), headers=headers)
    assert answer.status_code == 200
    assert arrivals.decode_intake(disk.read(after=0, limit=1)[0].body).call == "track"
    assert call("POST", "/v1/x", json=body).status_code == 404


@pytest.mark.parametrize(
    ("lenient", "header", "strict"),
    [(False, "", True), (True, "", False), (True, "1", True), (False, "0", False)],
)
def test_a_lenient_key_answers_200_to_all_that_parses(
    call: Caller, disk: Disk, key: str, lenient: bool, header: str, strict: bool
) -> None:
    ApiKey.objects.update(lenient=lenient)
    headers = {"X-Strict-Mode": header} if header else {}

    def status(content: bytes, path: str = "/v1/track") -> int:
        answer = call("POST", path, content=content, headers=headers, auth=(key, ""))
        assert strict or answer.status_code == 400 or answer.json()["rejected"]
        return answer.status_code

    assert status(b'{"userId":"u1"}') == (422 if strict else 200)
    assert status(b'{"batch":[{"type":"track"}]}', "/v1/batch") == (422 if strict else 200)
    assert status(b"[]") == (422 if strict else 400)
    assert status(b"{") == 400
    assert status(b" " * 33_000) == (413 if strict else 400)
    assert len(disk.read(after=0, limit=10)) == (0 if strict else 2)
    unknown = call("POST", "/v1/track", content=b"{}", headers=headers, auth=("tr_no", ""))
    assert unknown.status_code == 401
