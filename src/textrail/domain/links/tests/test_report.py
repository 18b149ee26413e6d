"""What a link's page says of its taps, from rows to columns to the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from conftest import MONDAY
from django.conf import settings
from django.test import Client

from textrail.analytics.feed import feed_once
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links import actions, queries
from textrail.domain.links.columns import TABLES
from textrail.domain.links.models import Click, Link
from textrail.domain.links.queries import Taps
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.spans import first_moment
from textrail.vocabulary.ids import new_click_ids

BASE = "/b/harbor-hvac/links/"
HTMX = {"HX-Request": "true"}
Tap = Callable[..., Click]


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/",
        utm=Utm("sms", "text"),
        at=MONDAY,
        shared=True,
    )


@pytest.fixture
def tap(link: Link) -> Tap:
    def make(*, on: Link = link, at: datetime = MONDAY, **facts: Any) -> Click:
        person = Person.objects.create(business=on.business, created_at=at)
        values: dict[str, Any] = {
            "method": "GET",
            "address": "203.0.113.9",
            "device": "iPhone",
            "os": "iOS 18",
            "browser": "Safari",
            "verdict": "human",
            "reasons": ["phone_browser"],
            "ruleset": 1,
        }
        return Click.objects.create(
            business=on.business,
            link=on,
            code=on.share_code,
            click_id=new_click_ids(1)[0],
            at=at,
            person=person,
            **(values | facts),
        )

    return make


def feed() -> None:
    feed_once(settings.CONFIG.columns_folder, TABLES, MONDAY)


def test_people_stand_first_and_everything_beside_them(
    business: Business, link: Link, tap: Tap
) -> None:
    tap(city="Tampa", region="FL", country="US", network="T-Mobile")
    tap(
        device="Pixel 9", os="Android 15", browser="Chrome", city="Tampa", region="FL", country="US"
    )
    tap(verdict="preview", reasons=["preview:imessage"], device="", os="", browser="")
    tap(verdict="scanner", reasons=["hosting", "no_language"], device="Pixel 9", os="")
    feed()
    report = queries.link_report(business, link)
    assert report.taps == Taps(2, 4)
    assert report.last_human_at == MONDAY
    devices = [(share.name, share.people, share.requests) for share in report.devices]
    assert devices == [(("Pixel 9",), 1, 2), (("iPhone",), 1, 1), (("",), 0, 1)]
    assert (report.places[0].name, report.places[0].people) == (("Tampa", "FL", "US"), 2)
    assert report.places[0].part == 1
    assert {share.name for share in report.networks} == {("",), ("T-Mobile",)}
    found = {each.verdict.value: (each.count, dict(each.reasons)) for each in report.verdicts}
    assert found["scanner"] == (1, {"hosting": 1, "no_language": 1})
    assert found["human"] == (2, {"phone_browser": 2})


def test_days_and_hours_are_those_of_the_business(business: Business, link: Link, tap: Tap) -> None:
    # 04:30 UTC on Tuesday is still half past eleven on Monday evening in New York.
    tap(at=datetime(2026, 3, 3, 4, 30, tzinfo=UTC))
    tap(at=MONDAY, verdict="preview")
    # Clocks go forward on Sunday, 8 March: 06:30 UTC is 01:30, 07:30 UTC is 03:30.
    tap(at=datetime(2026, 3, 8, 7, 30, tzinfo=UTC))
    feed()
    report = queries.link_report(business, link)
    assert report.days == ((date(2026, 3, 2), Taps(1, 2)), (date(2026, 3, 8), Taps(1, 1)))
    assert (report.hours[0][23], report.hours[6][3]) == (1, 1)
    assert sum(map(sum, report.hours)) == 2


def test_a_zone_with_half_hours_has_its_own_midnight(link: Link, tap: Tap) -> None:
    business = link.business
    business.time_zone = "Asia/Kathmandu"  # 5 h 45 min ahead
    tap(at=datetime(2026, 3, 2, 18, 14, tzinfo=UTC))
    tap(at=datetime(2026, 3, 2, 18, 15, tzinfo=UTC))
    feed()
    assert [day for day, _ in queries.link_report(business, link).days] == [
        date(2026, 3, 2),
        date(2026, 3, 3),
    ]


def test_where_rules_led_is_told_by_rule_and_side(business: Business, link: Link, tap: Tap) -> None:
    tap(routed={"outcome": "rule", "landing": "x", "rule": "Half", "arm": "B"})
    tap(routed={"outcome": "rule", "landing": "x", "rule": "Half", "arm": "B"})
    tap(routed={"outcome": "rule", "landing": "x", "rule": "Near", "spot": "Tampa"})
    tap(routed={"outcome": "landing", "landing": "x"}, verdict="scanner")
    tap()
    feed()
    routes = queries.link_report(business, link).routes
    assert [(r.outcome, r.rule, r.arm, r.spot, r.people, r.requests) for r in routes] == [
        ("rule", "Half", "B", "", 2, 2),
        ("rule", "Near", "", "Tampa", 1, 1),
        ("landing", "", "", "", 0, 1),
    ]


def test_only_the_link_and_the_period_are_counted(
    business: Business, other_business: Business, link: Link, tap: Tap
) -> None:
    other = actions.create_link(
        business=other_business, name="x", destination="https://x.example/", utm=Utm(), at=MONDAY
    )
    tap(on=other)
    tap(at=MONDAY - timedelta(days=8))
    newest = tap()
    feed()
    since = first_moment("7", now=MONDAY, zone=ZoneInfo(business.time_zone))
    assert queries.link_report(business, link, since=since).taps == Taps(1, 1)
    assert queries.link_figures(business, link).taps == Taps(2, 2)
    assert queries.link_report(business, link).newest == newest.pk
    assert queries.link_report(other_business, link).taps == Taps()
    assert queries.taps_of_links(business, [link.pk, other.pk]) == {link.pk: Taps(2, 2)}
    assert queries.taps_of_links(business, []) == {}


def test_a_period_begins_at_the_midnight_of_the_business() -> None:
    zone = ZoneInfo("America/New_York")
    late = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)  # still Sunday, when the clocks went forward
    assert first_moment("7", now=late, zone=zone) == datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert first_moment("all", now=late, zone=zone) is None
    assert first_moment("nonsense", now=late, zone=zone) is None


def test_the_page_shows_people_and_everything_on_demand(
    as_ada: Client, link: Link, tap: Tap
) -> None:
    tap(city="Tampa", region="FL", country="US")
    tap(verdict="preview", reasons=["preview:imessage"])
    feed()
    people = as_ada.get(f"{BASE}{link.pk}/").content.decode()
    assert "iPhone · iOS 18" in people
    assert people.count("Fetched for a preview (iMessage)") == 1
    assert "Tampa, Florida, United States" in people
    assert "TEXTRAIL_PLACES points to no file" not in people
    everything = as_ada.get(f"{BASE}{link.pk}/?show=all").content.decode()
    assert everything.count("Fetched for a preview (iMessage)") == 2
    for click in Click.objects.all():
        assert f"{BASE}{link.pk}/clicks/{click.pk}/" in everything


def test_without_a_file_of_places_the_page_says_so(as_ada: Client, link: Link, tap: Tap) -> None:
    tap()
    feed()
    page = as_ada.get(f"{BASE}{link.pk}/").content.decode()
    assert "Places are not known here: TEXTRAIL_PLACES points to no file" in page
    assert ">Where</th>" not in page  # a column of dashes says nothing
    tap(city="Tampa", region="FL", country="US")
    assert ">Where</th>" in as_ada.get(f"{BASE}{link.pk}/").content.decode()


def test_a_link_without_taps_says_what_to_do(as_ada: Client, link: Link) -> None:
    page = as_ada.get(f"{BASE}{link.pk}/").content.decode()
    assert "No taps yet" in page
    assert "When people tap" not in page


def test_the_period_filters_the_numbers_and_stays_in_every_address(
    as_ada: Client, link: Link, tap: Tap
) -> None:
    tap(at=MONDAY - timedelta(days=20))
    feed()
    with time_machine.travel(MONDAY, tick=False):
        week = as_ada.get(f"{BASE}{link.pk}/?period=7")
        month = as_ada.get(f"{BASE}{link.pk}/?period=30")
        odd = as_ada.get(f"{BASE}{link.pk}/?period=';--&after=x&show=%00")
    assert week.context["report"].taps == Taps()
    assert month.context["report"].taps == Taps(1, 1)
    assert "taps.csv?period=30" in month.content.decode()
    assert "&amp;period=30" in month.content.decode()
    assert odd.context["report"].taps == Taps(1, 1)


def test_the_live_part_is_drawn_when_something_came_and_again_when_it_is_counted(
    as_ada: Client, link: Link, tap: Tap
) -> None:
    live = f"{BASE}{link.pk}/taps/"
    feed()
    assert as_ada.get(f"{live}?newest=0&counted=0", headers=HTMX).status_code == 204
    newest = tap()
    came = as_ada.get(f"{live}?newest=0&counted=0", headers=HTMX)
    assert came.status_code == 200
    assert f"newest={newest.pk}&amp;counted=0" in came.content.decode()
    feed()
    counted = as_ada.get(f"{live}?newest={newest.pk}&counted=0", headers=HTMX)
    assert f"newest={newest.pk}&amp;counted={newest.pk}" in counted.content.decode()
    assert 'id="figures"' in counted.content.decode()
    same = f"{live}?newest={newest.pk}&counted={newest.pk}"
    assert as_ada.get(same, headers=HTMX).status_code == 204
    numbers = f"{BASE}{link.pk}/numbers/"
    assert as_ada.get(f"{numbers}?counted=0", headers=HTMX).status_code == 200
    assert as_ada.get(f"{numbers}?counted={newest.pk}", headers=HTMX).status_code == 204


def test_a_tap_of_somebody_known_leads_to_them(
    as_ada: Client, business: Business, link: Link, tap: Tap
) -> None:
    person = Person.objects.create(business=business, created_at=MONDAY)
    contact = Contact.objects.create(
        business=business, phone="+17275550142", name="<b>Maya", person=person, created_at=MONDAY
    )
    tap(contact=contact)
    page = as_ada.get(f"{BASE}{link.pk}/").content.decode()
    assert "&lt;b&gt;Maya" in page
    assert "<b>Maya" not in page


def test_the_list_says_what_state_each_link_is_in(
    as_ada: Client, business: Business, link: Link, tap: Tap
) -> None:
    tap()
    tap(verdict="scanner")
    feed()
    with time_machine.travel(MONDAY, tick=False):
        row = as_ada.get(BASE).context["lines"][0]
        assert (row.taps, row.state.word) == (Taps(1, 2), "In use")
        assert row.short.endswith(f"/{link.share_code}")
        Link.objects.update(click_limit=1)
        assert as_ada.get(BASE).context["lines"][0].state.word == "Used up"
        Link.objects.update(click_limit=None, expires_at=MONDAY)
        page = as_ada.get(BASE).content.decode()
        assert "Expired" in page
        # On a phone both stand beneath the name, because their columns are left out there.
        beneath = page.partition('<span class="beneath">')[2]
        assert beneath.index(row.shown) < beneath.index("Expired")


def test_an_archived_link_is_put_back(as_ada: Client, client: Client, link: Link, vi: User) -> None:
    as_ada.post(f"{BASE}{link.pk}/archive/")
    assert "Put back on the list" in as_ada.get(f"{BASE}{link.pk}/").content.decode()
    client.force_login(vi)
    assert client.post(f"{BASE}{link.pk}/unarchive/").status_code == 403
    assert "Put back" not in client.get(f"{BASE}{link.pk}/").content.decode()
    link.refresh_from_db()
    assert link.archived_at is not None


def test_putting_back_works_once(as_ada: Client, link: Link) -> None:
    as_ada.post(f"{BASE}{link.pk}/archive/")
    assert as_ada.post(f"{BASE}{link.pk}/unarchive/")["Location"] == f"{BASE}{link.pk}/"
    link.refresh_from_db()
    assert link.archived_at is None
    assert as_ada.post(f"{BASE}{link.pk}/unarchive/").status_code == 302


def test_the_page_takes_the_same_statements_for_many_taps(
    as_ada: Client, link: Link, tap: Tap, django_assert_max_num_queries: object
) -> None:
    for _ in range(30):
        tap()
    feed()
    as_ada.get(f"{BASE}{link.pk}/")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        as_ada.get(f"{BASE}{link.pk}/?show=all")
