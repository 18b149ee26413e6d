"""Clicks and costs of other channels over the API: each row by itself, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business
from textrail.domain.conversions import outside_schemas
from textrail.domain.visitors.models import Cost, CostEntry, OutsideClick

pytestmark = pytest.mark.django_db
CLICK = {
    "key": "k-1",
    "at": "2026-03-01T10:00:00Z",
    "source": "klaviyo",
    "medium": "email",
    "person": {"email": "ann@example.com"},
}
COST = {"day": "2026-03-01", "source": "google", "medium": "cpc", "cost": 49.9, "clicks": 3}


class Caller:
    """A program with a key of a business. What it sends arrives on Monday."""

    def __init__(self, client: Client, business: Business) -> None:
        self._client = client
        self._key = accounts.create_api_key(
            business=business, name="Ads", at=MONDAY, opens_api=True
        ).plain

    def __call__(self, name: str, *rows: object, status: int = 200) -> Any:
        answer = self._client.post(
            f"/api/v1/{name}",
            {name: list(rows)},
            content_type="application/json",
            headers={"authorization": f"Bearer {self._key}"},
        )
        assert answer.status_code == status, answer.content
        return answer.json()


@pytest.fixture
def call(client: Client, business: Business) -> Caller:
    return Caller(client, business)


def statuses(answer: Any) -> list[str]:
    return [result["status"] for result in answer["results"]]


def test_clicks_count_once_and_each_row_is_answered(call: Caller) -> None:
    nameless = {**CLICK, "key": "", "person": {}}
    strange = {**CLICK, "key": "k-3", "colour": "red"}
    unknown = {**nameless, "click_id": "gclid-1"}
    first = call("clicks", CLICK, CLICK, nameless, strange, unknown)
    assert statuses(first) == ["recorded", "repeated", "refused", "refused", "refused"]
    assert first["results"][2]["error"]["message"] == "Nothing says who clicked."
    assert "colour" in first["results"][3]["error"]["message"]
    assert "gclid-1" in first["results"][4]["error"]["message"]
    assert statuses(call("clicks", CLICK)) == ["repeated"]
    assert OutsideClick.objects.get().traffic.channel == "email"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"at": "2026-03-01T10:00:00"}, "has no time zone"),
        ({"at": "1999-03-01T10:00:00Z"}, "before the year 2000"),
        ({"at": "2999-03-01T10:00:00Z"}, "in the future"),
        ({"source": " "}, "Nothing says where it came from."),
        ({"person": {"email": "ann"}}, "is not an email address"),
        ({"person": {"customer_id": "null"}}, "cannot tell one person from another"),
        (
            {"person": {"customer_id": "z" * 300}},
            "This id has 300 characters, and the longest one 255.",
        ),
        ({"key": "k" * 256}, "at most 255 visible characters"),
        ({"key": "a\0b"}, "visible characters"),
        ({"campaign": "c" * 121}, "at most 120 characters"),
    ],
)
def test_a_click_that_cannot_be_is_refused_with_why(
    call: Caller, change: dict[str, object], sentence: str
) -> None:
    answer = call("clicks", {**CLICK, **change}, CLICK)
    assert statuses(answer) == ["refused", "recorded"]
    assert sentence in answer["results"][0]["error"]["message"]


def test_a_newer_figure_of_a_day_replaces_the_older_one(call: Caller) -> None:
    assert statuses(call("costs", COST)) == ["recorded"]
    assert statuses(call("costs", COST)) == ["repeated"]
    assert statuses(call("costs", {**COST, "cost": 60})) == ["replaced"]
    assert Cost.objects.get().minor == 6000
    assert [entry.minor for entry in CostEntry.objects.order_by("id")] == [4990, 1010]
    keyed = [{**COST, "key": "a", "cost": 1}, {**COST, "key": "b", "cost": 2}]
    assert statuses(call("costs", *keyed)) == ["recorded", "recorded"]
    assert statuses(call("costs", {**COST, "key": "b", "cost": 3})) == ["replaced"]
    assert sum(entry.minor for entry in CostEntry.objects.all()) == 6000 + 100 + 300


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"cost": -1}, "is not a cost"),
        ({"cost": "NaN"}, "cost"),
        ({"cost": 10**15}, "money"),
        ({"cost": "5_0"}, "“cost” must be a number, such as 49.9."),
        ({"cost": "9e999999"}, "“9E+999999” is more than an amount of money can be."),
        ({"currency": "ABC"}, "There is no currency “ABC”."),
        ({"clicks": -1}, "-1 clicks cannot be."),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "2999-01-01"}, "is yet to come"),
        ({"account": "a" * 61}, "at most 60 visible characters"),
    ],
)
def test_a_cost_that_cannot_be_is_refused_with_why(
    call: Caller, change: dict[str, object], sentence: str
) -> None:
    answer = call("costs", {**COST, **change}, COST)
    assert statuses(answer) == ["refused", "recorded"]
    assert sentence in answer["results"][0]["error"]["message"]


def test_a_cost_without_a_rate_waits(call: Caller) -> None:
    answer = call("costs", {**COST, "currency": "EUR"})
    assert (answer["waiting"], answer["recorded"]) == (1, 0)
    assert Cost.objects.get().minor is None


def test_too_many_rows_are_refused_whole(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_schemas, "MOST_IN_A_CALL", 1)
    assert "2 costs" in call("costs", COST, COST, status=413)["error"]["message"]
    assert not Cost.objects.exists()


def test_keys_of_two_businesses_are_apart(
    client: Client, call: Caller, other_business: Business
) -> None:
    call("costs", COST)
    call("clicks", CLICK)
    theirs = Caller(client, other_business)
    assert statuses(theirs("costs", COST)) == ["recorded"]
    assert statuses(theirs("clicks", CLICK)) == ["recorded"]
