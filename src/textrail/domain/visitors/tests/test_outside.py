"""Clicks and costs of other channels: nothing twice in any order, and true in the columns."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import MONDAY, make_business, tries
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import Grain, Model, Scope, credits_query
from textrail.analytics.engine import Query
from textrail.analytics.feed import feed_once
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.models import Person
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.reports.columns import TABLES
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.visitors.actions.costs import Priced, record_costs, settle_costs
from textrail.domain.visitors.actions.outside import record_clicks
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import AdClick, Cost, CostEntry, OutsideClick, Session
from textrail.domain.visitors.queries.outside import Visit, visits_of_ad_clicks
from textrail.domain.visitors.rules.outside import (
    Fate,
    PricedCost,
    ToldClick,
    ToldCost,
)
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.money import Money
from textrail.vocabulary.utm import Utm

SUNDAY = date(2026, 3, 1)
NEWS = Utm("newsletter", "email", "Spring")
ADS = Utm("google", "cpc", "Spring")
ANN = Key("email", "ann@example.com")


def cost(minor: int | None, *, day: date = SUNDAY, way: Utm = ADS, part: str = "") -> PricedCost:
    given = Money(minor if minor is not None else 999, "USD" if minor is not None else "EUR")
    return PricedCost(ToldCost(day, way, given, clicks=1, impressions=10, part=part), minor)


def tell(business: Business, origin: str, *costs: PricedCost) -> list[Fate]:
    outcomes = record_costs(business=business, costs=costs, origin=origin, at=MONDAY)
    return [outcome.fate for outcome in outcomes]


def click(key: str = "", *, at: datetime = MONDAY, way: Utm = NEWS, who: Key = ANN) -> ToldClick:
    return ToldClick(at - timedelta(hours=1), way, (who,), key)


def take(business: Business, *clicks: ToldClick) -> list[Fate]:
    outcomes = record_clicks(business=business, clicks=clicks, sender="t", at=MONDAY, visits={})
    return [outcome.fate for outcome in outcomes]


FIGURES = st.tuples(
    st.sampled_from([0, 1]),  # the day
    st.sampled_from([ADS, NEWS]),
    st.sampled_from(["", "a", "b"]),  # the part
    st.one_of(st.none(), st.integers(0, 500)),
)
FILES = st.lists(
    st.tuples(st.sampled_from(["file 1", "file 2", "api"]), st.lists(FIGURES, max_size=5)),
    max_size=6,
)


@pytest.mark.django_db
@settings(
    max_examples=tries(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(files=FILES)
def test_the_changes_always_sum_to_what_counts_now(
    files: list[tuple[str, list[tuple[int, Utm, str, int | None]]]],
) -> None:
    business = make_business("Costs", f"costs-{Business.objects.count()}")
    for origin, figures in files:
        costs = [
            cost(minor, day=SUNDAY - timedelta(days=day), way=way, part=part)
            for day, way, part, minor in figures
        ]
        tell(business, origin, *costs)
        count = CostEntry.objects.filter(business=business).count()
        again = tell(business, origin, *costs)
        last = {(c.told.day, c.told.way, c.told.part): c for c in costs}
        if len(last) == len(costs):  # nothing contradicts itself, so nothing changes
            assert set(again) <= {Fate.REPEATED, Fate.WAITING}
            assert CostEntry.objects.filter(business=business).count() == count
    now: defaultdict[tuple[date, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    changes: defaultdict[tuple[date, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in Cost.objects.filter(business=business, set_aside_by=""):
        told = now[row.day, row.traffic_id]
        told[:] = [told[0] + (row.minor or 0), told[1] + row.clicks, told[2] + row.impressions]
    for entry in CostEntry.objects.filter(business=business):
        told = changes[entry.day_at.astimezone(UTC).date(), entry.traffic_id]
        told[:] = [told[0] + entry.minor, told[1] + entry.clicks, told[2] + entry.impressions]
    assert {key: sums for key, sums in changes.items() if any(sums)} == {
        key: sums for key, sums in now.items() if any(sums)
    }
    # Of a day and way in, only what one origin told stands.
    for day, way in now:
        rows = Cost.objects.filter(business=business, day=day, traffic=way, set_aside_by="")
        assert rows.values("origin").distinct().count() == 1


@pytest.mark.django_db
def test_a_newer_origin_takes_the_place_of_all_that_an_older_one_told(business: Business) -> None:
    assert tell(business, "file 1", cost(100, part="a"), cost(200, part="b")) == [
        Fate.RECORDED,
        Fate.RECORDED,
    ]
    assert tell(business, "file 2", cost(300, part="whole")) == [Fate.REPLACED]
    assert [entry.minor for entry in CostEntry.objects.order_by("id")] == [300, 0]  # a click less
    assert tell(business, "file 3", cost(250, part="whole")) == [Fate.REPLACED]
    assert [entry.minor for entry in CostEntry.objects.order_by("id")] == [300, 0, -50]
    standing = Cost.objects.filter(set_aside_by="")
    assert list(standing.values_list("day", "minor")) == [(SUNDAY, 250)]


@pytest.mark.django_db
def test_what_waited_counts_once(business: Business) -> None:
    assert tell(business, "file 1", cost(None)) == [Fate.WAITING]
    priced = {Cost.objects.get().pk: Priced(1080, SUNDAY)}
    assert settle_costs(business=business, priced=priced, at=MONDAY) == 1
    assert settle_costs(business=business, priced=priced, at=MONDAY) == 0
    assert sum(entry.minor for entry in CostEntry.objects.all()) == 1080
    # The same file again, before or after the rate.
    assert tell(business, "file 2", cost(None)) == [Fate.REPEATED]
    assert Cost.objects.get().minor == 1080


@pytest.mark.django_db
def test_clicks_of_one_person_moment_and_campaign_are_one(business: Business) -> None:
    later = click(at=MONDAY + timedelta(seconds=1))
    other = click(way=Utm("newsletter", "email", "Summer"))
    assert take(business, click(), click(), later, other) == [
        Fate.RECORDED,
        Fate.REPEATED,
        Fate.RECORDED,
        Fate.RECORDED,
    ]
    assert take(business, click(way=Utm("Newsletter", "mail", "spring"))) == [Fate.REPEATED]
    assert take(business, click("k"), click("k")) == [Fate.RECORDED, Fate.REPEATED]


@pytest.mark.django_db
def test_clicks_of_two_businesses_are_apart(business: Business, other_business: Business) -> None:
    assert take(business, click()) == take(other_business, click()) == [Fate.RECORDED]
    mine = OutsideClick.objects.get(business=business)
    assert mine.person.business == mine.traffic.business == business


@pytest.mark.django_db
def test_a_click_stays_with_its_visitor_when_people_are_split(business: Business) -> None:
    resolve_person(business=business, keys=[ANN], at=MONDAY)
    visitor = Key("visitor_id", "v-1")
    browser = resolve_person(business=business, keys=[visitor], at=MONDAY)
    session = Session.objects.create(
        business=business,
        person=browser,
        traffic=traffic_of(business=business, ways=[ADS])[ADS],
        visitor="v-1",
        started_at=MONDAY,
        last_at=MONDAY,
        verdict="human",
    )
    AdClick.objects.create(
        business=business, session=session, kind="gclid", value="gclid-1", at=MONDAY
    )
    resolve_person(business=business, keys=[ANN, visitor], at=MONDAY)
    record_clicks(
        business=business,
        clicks=[ToldClick(MONDAY, ADS, (), "k", "gclid-1")],
        sender="t",
        at=MONDAY,
        visits=visits_of_ad_clicks(business, {"gclid-1"}),
    )
    assert OutsideClick.objects.get().person_id == browser.pk


@pytest.fixture
def sale(business: Business) -> Conversion:
    type_ = ConversionType.objects.create(business=business, name="Sale", kind="purchase")
    return Conversion.objects.create(
        business=business,
        type=type_,
        person=resolve_person(business=business, keys=[ANN], at=MONDAY),
        sender="test",
        sender_key="1",
        value_minor=5000,
        currency="USD",
        at=MONDAY,
        received_at=MONDAY,
    )


def ask(business: Business, sql: str) -> list[dict[str, object]]:
    feed_once(django_settings.CONFIG.columns_folder, TABLES, MONDAY)
    return Reading().ask(Query(sql, {"business_id": business.pk})).records()


@pytest.mark.django_db
def test_an_email_click_earns_under_its_channel(business: Business, sale: Conversion) -> None:
    take(business, click())
    scope = Scope(business_id=business.pk, from_ms=0, until_ms=2**60, grain=Grain.CHANNEL)
    feed_once(django_settings.CONFIG.columns_folder, TABLES, MONDAY)
    select = "SELECT channel, SUM(credit_last) AS credit FROM credits GROUP BY channel"
    rows = Reading().ask(credits_query((Model.LAST,), scope, select)).records()
    assert rows == [{"channel": "email", "credit": 5000}]


@pytest.mark.django_db
def test_a_click_whose_visit_is_known_leaves_the_credit_to_the_visit(
    business: Business, sale: Conversion
) -> None:
    visit = Visit(7, Person.objects.get(id=sale.person_id))
    told = ToldClick(MONDAY, ADS, (), "k", "gclid-1")
    record_clicks(
        business=business, clicks=[told], sender="t", at=MONDAY, visits={"gclid-1": visit}
    )
    rows = ask(
        business,
        "SELECT kind, touch, refused FROM signals"
        " WHERE business_id = $business_id AND kind = 'click_elsewhere'",
    )
    expected = OutsideClick.objects.get().pk * 8 + 5
    assert rows == [{"kind": "click_elsewhere", "touch": expected, "refused": "visited"}]


@pytest.mark.django_db
def test_the_columns_hold_each_change_of_a_cost_at_the_businesss_midnight(
    business: Business,
) -> None:
    tell(business, "file 1", cost(100), cost(50, way=NEWS))
    tell(business, "file 2", cost(70))
    rows = ask(
        business,
        "SELECT w.channel, MIN(c.day_ms) AS day_ms, SUM(c.cost_minor) AS minor,"
        " SUM(c.clicks) AS clicks FROM costs AS c JOIN traffic AS w ON w.id = c.traffic_id"
        " WHERE c.business_id = $business_id GROUP BY w.channel ORDER BY w.channel",
    )
    midnight = to_ms(datetime(2026, 3, 1, 5, tzinfo=UTC))  # in New York
    assert rows == [
        {"channel": "email", "day_ms": midnight, "minor": 50, "clicks": 1},
        {"channel": "paid_search", "day_ms": midnight, "minor": 70, "clicks": 1},
    ]
