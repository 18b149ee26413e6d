from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from conftest import MONDAY
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import rules
from textrail.vocabulary import reports
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money

AROUND = rules.Surroundings(country="US", currency="USD", received_at=MONDAY)
ORDER = {
    "event": "Order Completed",
    "userId": "42",
    "anonymousId": "v-1",
    "timestamp": "2026-03-02T14:59:00Z",
    "context": {"traits": {"email": "Ann@Example.com", "phone": "(415) 555-0123"}},
    "properties": {"order_id": 1001, "revenue": "49.90", "currency": "usd", "trail_click": "abc"},
}


def order(**properties: object) -> dict[str, object]:
    return {"event": "Order Completed", "userId": "42", "properties": properties}


def test_an_order_is_read_whole() -> None:
    reported = rules.read_conversion(ORDER, AROUND)
    assert reported.value == Money(4990, "USD")
    assert reported.order_ref == "1001"
    assert rules.read_click_id(ORDER) == "abc"
    assert reported.at == datetime(2026, 3, 2, 14, 59, tzinfo=UTC)
    assert rules.read_keys(ORDER, country="US") == (
        Key("customer_id", "42"),
        Key("email", "ann@example.com"),
        Key("phone", "+14155550123"),
        Key("visitor_id", "v-1"),
    )


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ({"revenue": 10, "total": 12, "value": 13}, Money(1000, "USD")),
        ({"total": 12.345, "value": 13}, Money(1234, "USD")),
        ({"value": "13"}, Money(1300, "USD")),
        ({"revenue": 500, "currency": "JPY"}, Money(500, "JPY")),
        ({"revenue": 0, "total": 5}, Money(0, "USD")),
        ({"revenue": None, "total": 5}, Money(500, "USD")),
        ({"revenue": -4.5}, Money(-450, "USD")),
        ({}, Money(0, "USD")),
        ({"products": [{"price": "2.50", "quantity": 2}, {"price": 1}]}, Money(600, "USD")),
        ({"products": [{"price": 5, "quantity": None}]}, Money(500, "USD")),
        ({"products": '[{"price": 10, "quantity": 2}]'}, Money(2000, "USD")),
        ({"products": ""}, Money(0, "USD")),
        ({"products": "[]"}, Money(0, "USD")),
        ({"revenue": 3, "products": "a filter"}, Money(300, "USD")),
    ],
)
def test_the_value_is_the_revenue_else_the_total_else_the_value(
    properties: dict[str, object], value: Money
) -> None:
    assert rules.read_conversion(order(**properties), AROUND).value == value


@pytest.mark.parametrize(
    "properties",
    [
        {"revenue": "a lot"},
        {"revenue": True},
        {"revenue": [1]},
        {"revenue": "NaN"},
        {"revenue": 1e300},
        {"revenue": 1, "currency": "dollars"},
        {"order_id": "x" * 121},
    ],
)
def test_an_amount_that_cannot_be_right_is_refused(properties: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        rules.read_conversion(order(**properties), AROUND)


def test_a_senders_wrong_clock_does_no_harm() -> None:
    """The sender's clock is three hours ahead; the order was made five minutes before sending."""
    event = {"timestamp": "2026-03-02T17:55:00Z", "sentAt": "2026-03-02T18:00:00Z"}
    assert reports.read_time(event, received_at=MONDAY) == MONDAY - timedelta(minutes=5)


def test_an_old_order_sent_now_stays_old() -> None:
    event = {"timestamp": "2025-03-02T15:00:00+00:00", "sentAt": "2026-03-02T15:00:00.000Z"}
    assert reports.read_time(event, received_at=MONDAY) == datetime(2025, 3, 2, 15, tzinfo=UTC)


def test_without_a_time_it_happened_when_it_came() -> None:
    assert reports.read_time({}, received_at=MONDAY) == MONDAY


@pytest.mark.parametrize(
    "timestamp",
    [
        *("2026-03-04T15:00:00Z", "1999-12-31T23:59:59Z", "yesterday", 1_700_000_000, ["now"]),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_time_that_cannot_be_right_is_refused(timestamp: object) -> None:
    with pytest.raises(Malformed):
        reports.read_time({"timestamp": timestamp}, received_at=MONDAY)


@pytest.mark.parametrize(
    "event",
    [
        {"properties": {"trail_click": "abc"}},
        {"context": {"page": {"url": "https://shop.example/a?x=1&trail_click=abc#top"}}},
        {"context": {"page": {"search": "?trail_click=abc"}}},
        {"properties": {"url": "https://shop.example/?utm_source=sms&trail_click=abc"}},
    ],
)
def test_the_click_is_found_wherever_a_sender_carries_it(event: dict[str, object]) -> None:
    assert rules.read_click_id(event) == "abc"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"properties": {"trail_click": "x" * 25}},
        {"properties": {"trail_click": "añb"}},
        {"properties": {"url": "http://[broken?trail_click=abc"}},
        {"properties": "none", "context": []},
    ],
)
def test_what_is_no_click_is_left_out(event: dict[str, object]) -> None:
    assert rules.read_click_id(event) == ""


@pytest.mark.parametrize(
    ("order_id", "ref"), [(1001.0, "1001"), (1001, "1001"), (" 1001 ", "1001"), (None, "")]
)
def test_an_order_is_a_text_or_a_whole_number(order_id: object, ref: str) -> None:
    assert rules.read_conversion(order(order_id=order_id), AROUND).order_ref == ref


def test_of_lines_that_cannot_be_read_nothing_is_shown() -> None:
    lines = [{"name": "Filter", "price": "2,50", "quantity": "2 pcs"}, "a filter"]
    assert rules.read_products({"products": lines}) == (rules.Product("Filter", None, None),)
    assert rules.read_products({"products": {"0": lines[0]}}) == ()
    assert rules.read_products({"products": '[{"price": NaN}]'}) == ()


def test_half_a_character_in_products_that_are_a_text_is_left_out() -> None:
    told = {"products": r'[{"name": "Filter \ud83d", "price": 1}]'}
    assert rules.read_products(told) == (rules.Product("Filter", Decimal(1), Decimal(1)),)


def test_keys_that_name_nobody_are_left_out() -> None:
    event = {"userId": "null", "anonymousId": "v", "traits": {"email": "no", "phone": "12"}}
    assert rules.read_keys(event, country="US") == (Key("visitor_id", "v"),)


@pytest.mark.parametrize("name", [None, "", "  ", 7.5, "x" * 121])
def test_a_track_call_names_its_event(name: object) -> None:
    with pytest.raises(Malformed):
        reports.read_event_name({"event": name})


def test_nul_characters_are_taken_out() -> None:
    assert reports.clean({"a\0": ["b\0", {"c": "\0"}], "d": 1}) == {"a": ["b", {"c": ""}], "d": 1}


def test_a_bottomless_event_is_refused() -> None:
    nested: object = "x"
    for _ in range(5000):
        nested = [nested]
    with pytest.raises(Malformed):
        reports.clean({"properties": {"deep": nested}})


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3)
    ),
    max_leaves=12,
)
events = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("event", "userId", "anonymousId", "timestamp", "sentAt", "traits", "context"), json
    )
    | {
        "properties": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("revenue", "currency", "order_id", "trail_click"), json)
        )
    },
)


@given(events)
def test_any_event_is_read_or_refused(event: dict[str, object]) -> None:
    try:
        reported = rules.read_conversion(reports.clean(event), AROUND)
    except Malformed:
        return
    assert reports.EARLIEST <= reported.at <= MONDAY + reports.FUTURE_ALLOWED
