"""Costs of other channels in the reports: on their days, in their currency, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.conversions.models import ParkedReport
from textrail.domain.inbox.models import Receipt
from textrail.domain.reports.tests.conftest import Story
from textrail.domain.reports.tests.files import download, read_workbook
from textrail.domain.visitors.actions.cost_days import move_costs
from textrail.domain.visitors.actions.costs import Priced, record_costs, settle_costs
from textrail.domain.visitors.models import Cost, CostEntry
from textrail.domain.visitors.rules.outside import PricedCost, ToldCost
from textrail.vocabulary.money import Money
from textrail.vocabulary.utm import Utm

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
SUNDAY = date(2026, 3, 1)
Feed = Callable[[], int]


def tell(
    business: Business,
    given: Money,
    minor: int | None,
    *,
    day: date = SUNDAY,
    source: str = "google",
    origin: str = "api",
) -> str:
    told = ToldCost(day, Utm(source, "cpc", "Spring"), given, clicks=3, impressions=9)
    costs = [PricedCost(told, minor)]
    (outcome,) = record_costs(business=business, costs=costs, origin=origin, at=MONDAY)
    return outcome.fate.value


def dollars(business: Business, minor: int, *, day: date = SUNDAY) -> str:
    return tell(business, Money(minor, "USD"), minor, day=day)


def change(business: Business, user: User, *, zone: str = "", currency: str = "") -> None:
    accounts.update_business(
        business=business,
        name=business.name,
        time_zone=zone or business.time_zone,
        currency=currency or business.currency,
        at=MONDAY,
        actor=user,
    )


def asked(client: Client, address: str) -> Any:
    answer = client.get(HOME + address)
    assert answer.status_code == 200
    return answer.context


def days(client: Client) -> list[tuple[date, int, int]]:
    """Day, cost and clicks of what others cost, as the list shows it."""
    rows = asked(client, "cost/?period=28")["rows"]
    return [(row.day, cost, row.clicks) for row, cost in rows if not row.texts]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland", "America/Havana"])
def test_a_day_of_cost_stays_its_day_when_the_business_moves(
    zone: str, business: Business, ada: User, as_ada: Client, feed: Feed
) -> None:
    assert dollars(business, 1000) == "recorded"
    feed()
    assert days(as_ada) == [(SUNDAY, 1000, 3)]
    change(business, ada, zone=zone)
    feed()
    assert days(as_ada) == [(SUNDAY, 1000, 3)]
    assert dollars(business, 1000) == "repeated"
    assert dollars(business, 1200) == "replaced"
    feed()
    assert days(as_ada) == [(SUNDAY, 1200, 3)]
    change(business, ada, zone="America/New_York")
    feed()
    assert days(as_ada) == [(SUNDAY, 1200, 3)]
    channels = asked(as_ada, "parts/channels/?period=dates&from=2026-03-01&to=2026-03-01")
    assert [row["row"].cost for row in channels["rows"] if row["row"].cost] == [1200]
    for day in ("2026-02-28", "2026-03-02"):
        ways = asked(as_ada, f"parts/ways/?period=dates&from={day}&to={day}")
        assert not ways["rows"]


def test_a_move_changes_nothing_twice_and_nothing_of_others(
    business: Business, other_business: Business, ada: User
) -> None:
    dollars(business, 1000)
    dollars(other_business, 700)
    change(business, ada, zone="America/Los_Angeles")
    assert CostEntry.objects.filter(business=business).count() == 3
    assert CostEntry.objects.filter(business=other_business).count() == 1
    assert move_costs(business=business, at=MONDAY) == 0
    change(business, ada)
    assert CostEntry.objects.filter(business=business).count() == 3


def test_a_file_that_began_before_the_move_tells_of_days_where_the_business_is_now(
    business: Business, ada: User, as_ada: Client, feed: Feed
) -> None:
    before = Business.objects.get(pk=business.pk)
    change(business, ada, zone="America/Los_Angeles")
    dollars(before, 1000)
    feed()
    assert days(as_ada) == [(SUNDAY, 1000, 3)]


@pytest.fixture
def key(business: Business) -> dict[str, str]:
    """The headers of a program that asks the API."""
    made = accounts.create_api_key(business=business, name="Key", at=MONDAY, opens_api=True)
    return {"authorization": f"Bearer {made.plain}"}


def test_costs_in_another_currency_are_named(
    story: Story, as_ada: Client, ada: User, key: dict[str, str], feed: Feed
) -> None:
    business = story.business
    story.sale(story.contact("+14155550170").person, 100)
    assert dollars(business, 500) == "recorded"
    assert tell(business, Money(400, "EUR"), None, source="meta") == "waiting"
    # The day after the period, and the day before it.
    tell(business, Money(400, "JPY"), None, source="meta", day=date(2026, 3, 3))
    tell(business, Money(400, "JPY"), None, source="meta", day=date(2026, 2, 2))
    feed()
    sentence = "Costs in EUR are not part of these sums, which are in USD."
    for address in ("", "cost/"):
        assert sentence in as_ada.get(HOME + address).text
    overview = as_ada.get("/api/v1/reports/overview", headers=key).json()
    assert overview["other_currencies_of_costs"] == ["EUR"]
    waiting = Cost.objects.get(given_currency="EUR")
    priced = {waiting.pk: Priced(432, SUNDAY)}
    settle_costs(business=business, priced=priced, at=MONDAY)
    feed()
    assert "Costs in" not in as_ada.get(HOME).text
    # What a text cost was told in dollars, too.
    story.text(story.contact("+14155550171"), variant=story.variants[0])
    change(business, ada, currency="GBP")
    feed()
    for address in ("", "cost/"):
        assert "Costs in USD are not part of these sums, which are in GBP." in (
            as_ada.get(HOME + address).text
        )


def test_a_figure_that_is_told_again_counts_in_the_currency_of_now(
    business: Business, ada: User, as_ada: Client, feed: Feed
) -> None:
    tell(business, Money(1000, "USD"), 1000)
    change(business, ada, currency="EUR")
    assert tell(business, Money(1000, "USD"), 920) == "replaced"
    assert tell(business, Money(1000, "USD"), 920) == "repeated"
    feed()
    assert days(as_ada) == [(SUNDAY, 920, 3)]
    assert "Costs in" not in as_ada.get(HOME + "cost/").text


def told(tables: list[dict[str, Any]], key: str) -> Iterator[tuple[str, Any, Any]]:
    """Each cell of the first row of a table, by its column: kind, currency and value."""
    (table,) = [table for table in tables if table["key"] == key]
    for column, cell in zip(table["columns"], table["rows"][0], strict=True):
        yield column["key"], (column["kind"], column.get("currency")), cell


@pytest.mark.django_db(transaction=True)
def test_files_say_what_their_money_is(story: Story, ada: User, feed: Feed) -> None:
    """Three texts cost 2.37 cents."""
    grace = story.contact("+14155550177")
    for _ in range(3):
        story.text(grace, variant=story.variants[0])
    dollars(story.business, 4990)
    feed()
    content, _ = download(ada, f"{HOME}export/?format=json")
    cells = {key: rest for key, *rest in told(json.loads(content)["tables"], "figures")}
    assert cells["cost_of_texts"] == [("amount", "USD"), 0.0237]
    assert cells["spend"] == [("money", "USD"), 4990]
    content, _ = download(ada, f"{HOME}cost/export/?format=json")
    rows = json.loads(content)["tables"][0]["rows"]
    assert [row[-1] for row in rows] == [49.9, 0.0237]
    assert b"0.0237]" in content
    content, _ = download(ada, f"{HOME}cost/export/?mark=0")
    lines = content.decode().splitlines()
    assert lines[0].endswith(",Texts sent,Cost,Currency")
    assert [line.split(",")[-2:] for line in lines[1:]] == [["49.9", "USD"], ["0.0237", "USD"]]
    content, _ = download(ada, f"{HOME}cost/export/?format=xlsx")
    sheet = read_workbook(content)["Cost"]
    assert [row[-2:] for row in sheet] == [["Cost", "Currency"], [49.9, "USD"], [0.0237, "USD"]]


def test_a_price_that_comes_after_midnight_is_of_the_day_of_its_text(
    story: Story, key: dict[str, str], client: Client, feed: Feed
) -> None:
    story.text(story.contact("+14155550170"), variant=story.variants[0])
    Receipt.objects.filter(status="accepted").update(price_micros=0)
    Receipt.objects.filter(status="delivered").update(at=MONDAY)
    feed()
    day = SUNDAY.isoformat()
    for last in (day, MONDAY.date().isoformat()):
        asked = {"period": "dates", "from": day, "to": last}
        found = client.get("/api/v1/reports/overview", asked, headers=key).json()
        by_day = {each["day"]: each for each in found["days"]}
        assert by_day[day]["cost_micros"] == found["now"]["cost_micros"] == 7900
        assert found["now"]["sent"] == 1


def test_what_waits_for_an_exchange_rate_is_said_and_led_to(
    business: Business, as_ada: Client, key: dict[str, str], client: Client
) -> None:
    for number in range(3):
        ParkedReport.objects.create(
            business=business,
            sender="api",
            sender_key=str(number),
            event={},
            reason="rate_missing" if number else "put_away",
            sentence="There is no exchange rate for CHF.",
            received_at=MONDAY,
            tried_at=MONDAY,
        )
    page = as_ada.get(HOME).text
    assert "2 reported conversions or refunds of any day wait for an exchange rate" in page
    assert "/conversions/parked/?reason=rate_missing" in page
    found = client.get("/api/v1/reports/overview", headers=key).json()
    assert found["waiting_for_rates"] == 2
