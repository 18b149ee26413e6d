from __future__ import annotations

from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.conversions import actions, queries
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    ParkedReport,
    UnmatchedEvent,
    ValueRule,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("types")]
ORDER: dict[str, Any] = {
    "key": "order-1001",
    "event": "Order Completed",
    "value": 49.9,
    "order_id": "1001",
    "person": {"customer_id": "42", "email": "Ann@Example.com"},
}


class Api:
    """Calls with a key of Harbor HVAC that opens the API."""

    def __init__(self, client: Client, key: str) -> None:
        self._client, self._key = client, key

    def __call__(self, body: object, *, path: str = "") -> Any:
        return self._client.post(
            f"/api/v1/conversions{path}",
            body,
            "application/json",
            headers={"authorization": f"Bearer {self._key}"},
        )


@pytest.fixture
def api(client: Client, business: Business) -> Api:
    made = accounts.create_api_key(business=business, name="Shop", at=MONDAY, opens_api=True)
    return Api(client, made.plain)


def error(answer: Any) -> tuple[int, str, str]:
    said = answer.json()["error"]
    return answer.status_code, said["code"], said.get("field", "")


def test_a_conversion_is_recorded_once(api: Api) -> None:
    made = api(ORDER | {"at": "2026-03-01T10:00:00+01:00", "products": [{"name": "Filter"}]})
    assert made.status_code == 201, made.content
    row = Conversion.objects.get()
    assert made.json() == {
        "status": "recorded",
        "id": row.pk,
        "value_minor": 4990,
        "currency": "USD",
        "message": "",
        "hint": "",
    }
    assert (row.sender, row.sender_key, row.order_ref) == ("api", "order-1001", "1001")
    assert row.at.isoformat() == "2026-03-01T09:00:00+00:00"
    assert {key.kind for key in row.person.identities.all()} == {"customer_id", "email"}
    again = api(ORDER)
    assert (again.status_code, again.json()["status"], again.json()["id"]) == (
        200,
        "repeated",
        row.pk,
    )
    other_key = api(ORDER | {"key": "order-1001-again"})
    assert (other_key.status_code, other_key.json()["id"]) == (200, None)
    assert Conversion.objects.count() == 1


def test_a_key_names_one_conversion_for_ever(api: Api) -> None:
    api(ORDER)
    assert error(api(ORDER | {"order_id": "1002"})) == (409, "key_reused", "key")
    assert error(api(ORDER | {"refund": True})) == (409, "key_reused", "key")


@pytest.mark.parametrize(
    "sent",
    [
        {"order_id": "", "properties": {"order_id": "1001"}},
        {"order_id": "", "properties": {"order_id": 1001}},
        {"order_id": " 1001 "},
        {"event": " Order Completed"},
        {"value": "-0.001"},
        {"value": None, "properties": {"revenue": "49.90"}},
    ],
)
def test_a_sale_that_is_sent_again_as_it_was_counted(api: Api, sent: dict[str, Any]) -> None:
    told = [api(ORDER | sent) for _ in range(2)]
    assert [answer.status_code for answer in told] == [201, 200], told[1].content
    assert told[1].json()["message"] == "It counted before."
    assert error(api(ORDER | sent | {"order_id": "1002"})) == (409, "key_reused", "key")
    rows = [ORDER | sent | {"key": "2"}] * 2
    batch = api({"conversions": rows}, path="/batch").json()
    assert (batch["refused"], batch["repeated"]) == (0, 2)


@pytest.mark.parametrize("told", [{}, {"products": []}, {"properties": {"products": []}}])
def test_a_purchase_says_what_it_was_worth(api: Api, told: dict[str, Any]) -> None:
    silent = ORDER | {"value": None} | told
    assert error(api(silent)) == (422, "malformed", "value")
    batch = api({"conversions": [silent, ORDER | {"key": "2"}]}, path="/batch").json()
    assert [row["status"] for row in batch["results"]] == ["refused", "recorded"]
    assert api(ORDER | {"key": "3", "order_id": "3", "value": 0}).status_code == 201
    assert api(silent | {"key": "2"}).status_code == 200
    assert error(api(silent | {"key": "2", "order_id": "3"}))[:2] == (409, "key_reused")


def test_a_purchase_says_the_property_that_its_type_takes(api: Api) -> None:
    ConversionType.objects.filter(event="Order Completed").update(value_property="fee")
    filters = {"value": None, "products": [{"name": "Filter", "price": 5}]}
    assert error(api(ORDER | filters)) == (422, "malformed", "value")
    assert api(ORDER | filters | {"properties": {"fee": 3}}).json()["value_minor"] == 300


@pytest.mark.parametrize("change", [{"kind": "lead"}, {"value_rule": "none"}])
def test_what_need_not_be_worth_anything_says_no_value(api: Api, change: dict[str, str]) -> None:
    ConversionType.objects.filter(event="Order Completed").update(**change)
    assert [api(ORDER | {"value": None}).status_code for _ in range(2)] == [201, 200]


@pytest.mark.parametrize("sent", [{}, {"key": "2"}])
def test_a_sale_that_is_sent_again_says_with_which_value_it_counts(
    api: Api, sent: dict[str, Any]
) -> None:
    assert api(ORDER).status_code == 201
    told = [api(ORDER | sent | {"value": value}).json() for value in (49.9, 80)]
    assert [row["message"] for row in told] == [
        "It counted before.",
        "It counted before, with $49.90; now $80.00 was sent.",
    ]
    assert [bool(row["hint"]) for row in told] == [False, True]
    assert Conversion.objects.get().value_minor == 4990


def test_a_refund_of_nothing_says_what_can_be_done(api: Api) -> None:
    assert api(ORDER | {"value": 0}).status_code == 201
    back = {"key": "r-1", "event": "Order Completed", "order_id": "1001", "refund": True}
    said = api(back).json()["error"]
    assert said["code"] == "refund_refused"
    again = {"key": "1001-b", "order_id": "1001-b"}
    assert "under another order number" in said["hint"]
    assert [api(row).status_code for row in (ORDER | again, back | again | {"key": "r-2"})] == [
        201,
        201,
    ]


def test_a_value_that_its_type_leaves_aside_makes_no_refund(api: Api) -> None:
    ConversionType.objects.filter(event="Order Completed").update(
        value_rule=ValueRule.FIXED, fixed_minor=500, fixed_currency="USD"
    )
    assert [api(ORDER | {"value": -5}).status_code for _ in range(2)] == [201, 200]


def test_a_key_names_one_conversion_within_a_call_too(api: Api) -> None:
    rows = [ORDER, ORDER | {"order_id": "1002"}, ORDER, ORDER | {"refund": True}]
    told = api({"conversions": rows}, path="/batch").json()["results"]
    assert [row["status"] for row in told] == ["recorded", "refused", "repeated", "refused"]
    assert {row["error"]["code"] for row in told if row["error"]} == {"key_reused"}


def test_a_key_that_waits_names_one_conversion_too(api: Api) -> None:
    waits = ORDER | {"currency": "EUR"}
    assert [api(waits).status_code for _ in range(2)] == [202, 202]
    assert api(waits | {"event": " Order Completed", "order_id": "1001 "}).status_code == 202
    assert error(api(waits | {"order_id": "1002"})) == (409, "key_reused", "key")
    assert error(api(waits | {"refund": True})) == (409, "key_reused", "key")
    assert ParkedReport.objects.count() == 1


@pytest.mark.parametrize(
    "back",
    [
        {"refund": True},
        {"event": "Order Refunded"},
        {"event": "Order Refunded "},
        {"value": -10},
        {"value": "-10.00"},
        {"value": None, "properties": {"revenue": -10}},
        {"value": None, "products": [{"price": "-5", "quantity": 2}]},
    ],
)
def test_a_refund_that_is_sent_again_was_counted(api: Api, back: dict[str, Any]) -> None:
    api(ORDER)
    sent = ORDER | {"key": "r-1", "value": 10} | back
    assert [api(sent).status_code for _ in range(3)] == [201, 200, 200]
    assert sorted(Conversion.objects.values_list("value_minor", flat=True)) == [-1000, 4990]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ('"properties": {"x": NaN}', ""),
        ('"properties": {"x": -Infinity}', ""),
        ('"properties": {"x": {"y": [1e999]}}', ""),
        (f'"properties": {{"x": {"[" * 40}{"]" * 40}}}', ""),
        (f'"properties": {{"x": "{"y" * 33_000}"}}', "properties"),
        ('"key": "a\\u0000"', "key"),
        ('"key": "\\ud83d"', "key"),
    ],
)
def test_what_no_database_can_keep_is_refused_alone(api: Api, change: str, field: str) -> None:
    bad = f'{{"key": "1", "event": "Order Completed", "order_id": "1", {change}}}'
    status, code, named = error(api(bad))
    assert (status, code in {"malformed", "too_large"}, named) == (422, True, field)
    good = '{"key": "2", "event": "Order Completed", "order_id": "2", "value": 5}'
    told = api(f'{{"conversions": [{bad}, {good}]}}', path="/batch").json()
    assert (told["refused"], told["recorded"]) == (1, 1)
    assert Conversion.objects.get().order_ref == "2"


def test_half_a_character_loses_no_sale(api: Api) -> None:
    """As a text has at its end that was cut in the middle of an emoji."""
    cut = """{"key": "1", "event": "Order Completed", "order_id": "1\\ud83d", "value": 5,
        "click_id": "c\\ud83d", "properties": {"note": "Thanks \\ud83d", "\\ude00": 1}}"""
    assert [api(cut).status_code for _ in range(2)] == [201, 200]
    row = Conversion.objects.get()
    assert (row.order_ref, row.click_id, row.properties["note"]) == ("1", "c", "Thanks ")


def test_a_refund_takes_its_sale_back(api: Api) -> None:
    early = {"key": "r-1", "event": "Order Completed", "order_id": "1001", "refund": True}
    waits = api(early | {"value": "10.00"})
    assert (waits.status_code, waits.json()["status"]) == (202, "parked")
    assert waits.json()["message"] == "The sale of order 1001 has not come yet."
    api(ORDER)
    assert api(early | {"key": "r-2"}).json()["value_minor"] == -3990
    assert error(api(early | {"key": "r-3"}))[:2] == (409, "refund_refused")
    assert sorted(Conversion.objects.values_list("value_minor", flat=True)) == [-3990, -1000, 4990]


def test_a_refund_that_was_put_away_never_counts(api: Api, business: Business, ada: User) -> None:
    early = {"key": "r-1", "event": "Order Completed", "order_id": "1001", "refund": True}
    assert api(early).status_code == 202
    away = queries.waiting_reports(business)[0]
    actions.put_away(business=business, parked=away, at=MONDAY, actor=ada)
    again = api(early)
    assert (again.status_code, again.json()["status"], again.json()["id"]) == (
        200,
        "repeated",
        None,
    )
    assert again.json()["message"] == "Somebody put this report away, so it never counts."
    assert error(api(early | {"refund": False}))[:2] == (409, "key_reused")
    assert error(api(early | {"order_id": "1002"}))[:2] == (409, "key_reused")
    api(ORDER)
    assert api(early).status_code == 200
    assert Conversion.objects.get().value_minor == 4990


def test_a_value_is_the_value_wherever_the_type_looks(api: Api, business: Business) -> None:
    ConversionType.objects.filter(event="Order Completed").update(value_property="fee")
    assert api(ORDER).json()["value_minor"] == 4990
    with_fee = {"key": "2", "order_id": "2", "value": None, "properties": {"fee": 3}}
    assert api(ORDER | with_fee).json()["value_minor"] == 300


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"event": "Nothing"}, (422, "unknown_event", "event")),
        ({"event": ""}, (422, "malformed", "event")),
        ({"key": ""}, (422, "malformed", "key")),
        ({"key": "k" * 10_240}, (422, "malformed", "key")),
        ({"value": "much"}, (422, "malformed", "value")),
        ({"value": "NaN"}, (422, "malformed", "value")),
        ({"value": "5_0"}, (422, "malformed", "value")),
        ({"value": "１２"}, (422, "malformed", "value")),
        ({"value": None, "products": [{"price": "5_0"}]}, (422, "malformed", "products.0.price")),
        ({"value": 1e20}, (422, "amount_absurd", "value")),
        ({"value": "9e999999"}, (422, "amount_absurd", "value")),
        ({"value": 0, "refund": True}, (422, "malformed", "value")),
        ({"value": None, "products": [{"price": "-9e9999999"}]}, (422, "malformed", "products")),
        ({"value": 10**12}, (422, "amount_absurd", "value")),
        ({"value": -5, "order_id": ""}, (422, "refund_without_order", "order_id")),
        ({"currency": "XYZ"}, (422, "currency_unknown", "currency")),
        ({"currency": "dollars"}, (422, "malformed", "")),
        ({"at": "2026-03-02T15:00:00"}, (422, "malformed", "at")),
        ({"at": "1999-01-01T00:00:00Z"}, (422, "time_ancient", "at")),
        ({"at": "2999-01-01T00:00:00Z"}, (422, "time_in_future", "at")),
        ({"order_id": "x" * 121}, (422, "malformed", "order_id")),
        ({"person": {"email": "nobody"}}, (422, "malformed", "person.email")),
        ({"person": {"phone": "12"}}, (422, "malformed", "person.phone")),
        ({"person": {"customer_id": "null"}}, (422, "malformed", "person.customer_id")),
        ({"person": {"customer_id": "u" * 10_240}}, (422, "malformed", "person.customer_id")),
        ({"person": {"name": "Ann"}}, (422, "malformed", "person.name")),
        ({"click_id": "x" * 25}, (422, "malformed", "click_id")),
        ({"amount": 5}, (422, "malformed", "amount")),
        ({"value": None, "products": [{"name": "Filter"}]}, (422, "malformed", "products")),
    ],
)
def test_what_cannot_be_right_is_refused_by_its_field_and_not_kept(
    api: Api, change: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert error(api(ORDER | change)) == expected
    assert not Conversion.objects.exists()
    assert not ParkedReport.objects.exists()


@pytest.mark.parametrize("value", [True, [5], "much"])
def test_what_is_no_number_is_said_in_plain_words(api: Api, value: object) -> None:
    said = api(ORDER | {"value": value}).json()["error"]["message"]
    assert said == "“value” must be a number, such as 49.9."


def test_an_event_that_no_type_counts_is_offered_as_one(api: Api) -> None:
    api(ORDER | {"event": "Quote Asked"})
    assert UnmatchedEvent.objects.get().event == "Quote Asked"


def test_each_of_a_batch_is_taken_or_refused_by_itself(api: Api) -> None:
    rows = [
        ORDER,
        ORDER | {"key": "2", "order_id": "2", "value": "n/a"},
        ORDER | {"key": "3", "order_id": "3", "currency": "EUR"},
        ORDER | {"key": "4", "order_id": "4", "at": "1999-01-01T00:00:00Z"},
        ORDER,
        ORDER | {"key": "5", "order_id": "1001", "refund": True, "value": 9.9},
        "nothing",
    ]
    answer = api({"conversions": rows}, path="/batch")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    results = told.pop("results")
    assert told == {"recorded": 2, "repeated": 1, "parked": 1, "refused": 3}
    assert [row["index"] for row in results] == list(range(7))
    assert [row["status"] for row in results] == [
        *("recorded", "refused", "parked", "refused", "repeated", "recorded", "refused")
    ]
    assert results[1]["error"]["field"] == "value"
    assert results[3]["error"]["message"] == (
        "The time 1999-01-01 00:00 UTC is before the year 2000."
    )
    assert results[2]["message"].startswith("There is no rate between EUR and USD")
    again = api({"conversions": rows}, path="/batch").json()
    assert (again["recorded"], again["repeated"]) == (0, 3)
    assert Conversion.objects.count() == 2


def test_a_key_that_is_in_a_call_twice_is_the_one_that_was_recorded(api: Api) -> None:
    back = ORDER | {"key": "r-1", "refund": True, "value": 9.9}
    told = api({"conversions": [ORDER, ORDER, back, back]}, path="/batch").json()["results"]
    assert [row["status"] for row in told] == ["recorded", "repeated"] * 2
    sale, refund = Conversion.objects.order_by("id")
    named = [(row["id"], row["value_minor"], row["currency"]) for row in told]
    assert named == [(sale.pk, 4990, "USD")] * 2 + [(refund.pk, -990, "USD")] * 2


def test_a_batch_has_its_limit(api: Api) -> None:
    assert error(api({"conversions": [ORDER] * 1001}, path="/batch"))[0] == 413
    assert api({"conversions": []}, path="/batch").json()["results"] == []


def test_a_key_that_only_reports_is_not_enough(client: Client, business: Business) -> None:
    made = accounts.create_api_key(business=business, name="Page", at=MONDAY)
    assert error(Api(client, made.plain)(ORDER))[:2] == (403, "key_only_reports")
