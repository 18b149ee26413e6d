"""Page calls become visits: once, one after the other, each with its person and its way in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from conftest import MONDAY
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Identity, Person
from textrail.domain.conversions.actions import (
    SentEvent,
    add_default_types,
    record_events,
    retry_all,
    retry_one,
)
from textrail.domain.conversions.models import Conversion, ParkedReport
from textrail.domain.links.models import Click, Link
from textrail.domain.visitors.actions import tidy_visits
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.columns import SESSIONS
from textrail.domain.visitors.models import AdClick, PageView, Session, Traffic
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.utm import Utm

SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SHOP = "https://shop.example"

pytestmark = pytest.mark.django_db


class Browser:
    """Somebody at pages, minute by minute."""

    def __init__(self, business: Business, start: datetime) -> None:
        self.business, self.start, self.count = business, start, 0

    def page(
        self,
        url: str,
        minute: float = 0,
        *,
        referrer: str = "",
        visitor: str = "visitor-1",
        agent: str = SAFARI,
        key: str = "",
        **more: object,
    ) -> SentEvent:
        self.count += 1
        event: dict[str, object] = {
            "anonymousId": visitor,
            "context": {"page": {"url": SHOP + url, "referrer": referrer}},
            **more,
        }
        at = self.start + timedelta(minutes=minute)
        return SentEvent("page", key or f"page-{self.count}", event, at, "script", 0, agent)

    def record(self, *events: SentEvent) -> list[Session]:
        record_events(business=self.business, events=events)
        rows = Session.objects.filter(business=self.business).select_related("traffic", "person")
        return list(rows.order_by("started_at", "id"))


@pytest.fixture
def browser(business: Business, clock: ManualClock) -> Browser:
    return Browser(business, clock.now())


def test_pages_without_half_an_hour_of_silence_are_one_visit(browser: Browser) -> None:
    (session,) = browser.record(
        browser.page("/?gclid=abc", 0),
        browser.page("/cart", 25, referrer=SHOP),
        browser.page("/pay", 50, referrer="https://paypal.com/"),
    )
    assert (session.pages, session.path, session.traffic.channel) == (3, "/", "paid_search")
    assert session.last_at - session.started_at == timedelta(minutes=50)
    assert (session.device, session.os) == ("iPhone", "iOS 17")
    assert AdClick.objects.get().value == "abc"


def test_silence_and_another_campaign_begin_a_new_visit(browser: Browser) -> None:
    sessions = browser.record(
        browser.page("/", 0),
        browser.page("/?utm_source=news&utm_medium=email", 5),
        browser.page("/?utm_source=news&utm_medium=email", 6),
        browser.page("/", 37),
    )
    assert [(each.traffic.channel, each.pages) for each in sessions] == [
        ("direct", 1),
        ("email", 2),
        ("direct", 1),
    ]
    assert len({each.person_id for each in sessions}) == 1


def test_arrivals_of_several_batches_make_the_same_visits(browser: Browser) -> None:
    pages = [browser.page("/", minute) for minute in (0, 10, 20, 55)]
    browser.record(pages[1])
    browser.record(pages[0], pages[3])
    sessions = browser.record(pages[2])
    assert [each.pages for each in sessions] == [3, 1]


def test_what_comes_twice_counts_once(browser: Browser) -> None:
    page = browser.page("/", key="the-same")
    browser.record(page, page)
    (session,) = browser.record(page)
    assert session.pages == 1
    assert PageView.objects.count() == 1


def test_machines_visits_are_nobodys(browser: Browser) -> None:
    people = Person.objects.count()
    sessions = browser.record(
        browser.page("/", agent=GOOGLEBOT), browser.page("/", agent="curl/8.5", visitor="v2")
    )
    assert [(each.verdict, each.person) for each in sessions] == [("machine", None)] * 2
    assert Person.objects.count() == people
    assert not Identity.objects.filter(value="visitor-1").exists()


def test_visit_of_a_known_customer_is_theirs(browser: Browser, business: Business) -> None:
    (session,) = browser.record(browser.page("/", userId="customer-7", agent=""))
    assert session.person is not None
    kinds = Identity.objects.filter(person=session.person).values_list("kind", flat=True)
    assert set(kinds) == {"customer_id", "visitor_id"}


def test_page_of_which_nothing_names_its_visitor_is_left_out(browser: Browser) -> None:
    assert browser.record(browser.page("/", visitor="undefined")) == []


def test_sale_that_a_page_reports_waits_for_somebody(
    browser: Browser, business: Business, clock: ManualClock
) -> None:
    add_default_types(business=business, at=clock.now())
    event = {
        "event": "Order Completed",
        "anonymousId": "visitor-1",
        "properties": {"revenue": 9999},
    }
    sale = SentEvent("track", "sale-1", event, clock.now(), "script", 1, SAFARI, public=True)
    record_events(business=business, events=[sale])
    assert not Conversion.objects.exists()
    parked = ParkedReport.objects.get()
    assert "pages may report leads" in parked.sentence
    retry_all(business=business, at=clock.now())
    assert not Conversion.objects.exists()  # nobody looked at it
    retry_one(business=business, parked=parked, at=clock.now())
    assert Conversion.objects.get().value_minor == 999900


def test_lead_that_a_page_reports_counts(
    browser: Browser, business: Business, clock: ManualClock
) -> None:
    add_default_types(business=business, at=clock.now())
    event = {"event": "Lead Submitted", "anonymousId": "visitor-1"}
    lead = SentEvent("track", "lead-1", event, clock.now(), "script", 1, SAFARI, public=True)
    record_events(business=business, events=[lead])
    assert Conversion.objects.get().type.kind == "lead"


def test_way_in_is_made_once_and_belongs_to_its_business(
    business: Business, other_business: Business
) -> None:
    way = Utm("  news\n", "email", "x" * 300)
    first = traffic_of(business=business, ways=[way, Utm("news", "email", "x" * 120)])
    again = traffic_of(business=business, ways=[way])
    theirs = traffic_of(business=other_business, ways=[way])
    assert first[way] == again[way] == first[Utm("news", "email", "x" * 120)]
    assert theirs[way].pk != first[way].pk
    assert Traffic.objects.count() == 2


def test_pages_make_so_many_ways_in_a_day_and_the_rest_are_other(
    browser: Browser,
    business: Business,
    other_business: Business,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever has the key of a page could fill the table with ways that nobody came."""
    monkeypatch.setattr("textrail.domain.visitors.actions.traffic.MOST_SEEN_A_DAY", 3)
    pages = [
        browser.page(f"/?utm_source=s{n}&utm_medium=email", n, visitor=f"v-{n}") for n in range(4)
    ]
    sources = [session.traffic.source for session in browser.record(*pages[:2])]
    assert sources == ["s0", "s1"]
    sources = [session.traffic.source for session in browser.record(*pages[2:])]
    assert sources == ["s0", "s1", "s2", "(other)"]
    late = browser.page("/?utm_source=s9&utm_medium=email", 5, visitor="v-9")
    again = browser.page("/?utm_source=s0&utm_medium=email", 6, visitor="v-8")
    sources = [session.traffic.source for session in browser.record(late, again)]
    assert sources[4:] == ["(other)", "s0"]
    # A file of the business's own makes as many as it names, and the next day there is room again.
    file = [Utm(f"file {n}") for n in range(9)]
    assert len({row.pk for row in traffic_of(business=business, ways=file).values()}) == 9
    tomorrow = browser.page("/?utm_source=s9&utm_medium=email", 60 * 24, visitor="v-7")
    assert browser.record(tomorrow)[-1].traffic.source == "s9"
    theirs = Browser(other_business, browser.start)
    (session,) = theirs.record(theirs.page("/?utm_source=s3&utm_medium=email"))
    assert session.traffic.source == "s3"


def click(business: Business, verdict: str, click_id: str = "the-click") -> Click:
    link = Link.objects.create(
        business=business, name="Spring", destination=SHOP, landing=SHOP, created_at=MONDAY
    )
    return Click.objects.create(
        business=business,
        link=link,
        code="abc",
        click_id=click_id,
        at=MONDAY,
        person=Person.objects.create(business=business, created_at=MONDAY),
        method="GET",
        address="203.0.113.7",
        verdict=verdict,
        ruleset=1,
    )


def tapped_in_columns() -> list[int]:
    names = [column.name for column in SESSIONS.columns]
    return [row[names.index("tapped")] for row in SESSIONS.rows()]


@pytest.mark.parametrize(
    ("verdict", "tapped"),
    [
        ("human", 1),
        ("duplicate", 1),
        ("preview", 1),
        ("scanner", 1),
        ("unknown", 0),
        ("prefetch", 0),
    ],
)
def test_visit_behind_a_tap_in_doubt_earns_by_itself(
    browser: Browser, business: Business, verdict: str, tapped: int
) -> None:
    tap = click(business, verdict)
    (session,) = browser.record(
        browser.page("/?trail_click=the-click"),
        browser.page("/?trail_click=the-click", 3),  # the page again
        browser.page("/cart", 5, referrer=SHOP),
    )
    assert tapped_in_columns() == [tapped]
    assert (session.pages, session.person, session.traffic.channel) == (3, tap.person, "sms")
    Click.objects.update(verdict="human")
    assert tapped_in_columns() == [tapped]  # what was recorded stays


def test_visit_that_is_recorded_before_its_tap_leaves_the_credit_to_it(
    browser: Browser, business: Business, other_business: Business
) -> None:
    click(other_business, "unknown", "their-click")
    click(business, "human")
    names = ("not-yet", "their-click", "the-click")
    browser.record(*(browser.page(f"/?trail_click={name}", visitor=f"of-{name}") for name in names))
    assert tapped_in_columns() == [1, 1, 1]


def test_taps_of_a_batch_are_looked_up_once(browser: Browser, business: Business) -> None:
    for number in range(9):
        click(business, "unknown", f"click-{number}")
    pages = [
        browser.page(f"/?trail_click=click-{number}", visitor=f"v-{number}") for number in range(9)
    ]
    with CaptureQueriesContext(connection) as asked:
        browser.record(*pages)
    verdicts = [each["sql"] for each in asked.captured_queries if "verdict, " in each["sql"]]
    assert len(verdicts) == 1


def test_old_page_views_go_and_visits_stay(browser: Browser, clock: ManualClock) -> None:
    browser.record(browser.page("/?gclid=abc"))
    later = clock.now() + timedelta(days=401)
    assert tidy_visits(at=later) == 2
    assert (PageView.objects.count(), Session.objects.count()) == (0, 1)
    assert AdClick.objects.count() == 0


def test_report_that_is_older_than_what_is_kept_is_left_out(browser: Browser) -> None:
    old = (browser.start - timedelta(days=500)).isoformat()
    assert browser.record(browser.page("/", timestamp=old)) == []
