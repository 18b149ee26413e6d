"""The page of one conversion: what counts, what does not and why, and every cent of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import strip_tags

from textrail.analytics.attribution import DAY_MS
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact, Identity, Person, PersonMerge
from textrail.domain.conversions.actions import SentEvent, record_events
from textrail.domain.conversions.models import Conversion
from textrail.domain.links.models import Click
from textrail.domain.reports.tests.conftest import Story
from textrail.domain.reports.wording import apart, distance, too_early
from textrail.domain.visitors.tests.test_visits import SAFARI

HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]
database = pytest.mark.django_db


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(strip_tags(answer.content.decode()).split())


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (11 * DAY_MS, "11 days"),
        (DAY_MS + 3_600_000 * 4 + 60_000, "1 day 4 hours"),
        (DAY_MS + 60_000, "1 day"),
        (61_000, "1 minute 1 second"),
        (999, "less than a second"),
    ],
)
def test_lengths_of_time_in_two_units(ms: int, text: str) -> None:
    assert apart(ms) == text
    assert distance(0, ms) == f"{text} before"
    assert distance(ms, 0) == f"{text} after"


def test_an_early_touch_shows_both_lengths() -> None:
    assert distance(5, 5) == "at the same moment"
    said = too_early(0, 4 * DAY_MS, 11 * DAY_MS)
    assert said == "11 days before, and the window is 7 days."


@database
def test_odd_cents_are_shown_where_they_went(as_ada: Client, story: Story, feed: Feed) -> None:
    grace = story.contact("+14155550177", "Grace Hopper")
    for hours in (5, 4, 3):
        story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=hours))
    sale = story.sale(grace.person, 1_000)
    feed()
    address = f"{HOME}conversions/{sale.pk}/?model=linear"
    page = words(as_ada, address)
    assert "How even split came to these amounts" in page
    assert "1 × $0.01 is left over" in page
    opened = as_ada.get(address).context["opened"]
    assert [(part.exact, str(part.rounded), part.extra) for part in opened.parts] == [
        ("3.333333", "$3.33", True),
        ("3.333333", "$3.33", False),
        ("3.333333", "$3.33", False),
    ]
    assert [str(part.credit) for part in opened.parts] == ["$3.34", "$3.33", "$3.33"]


@database
def test_a_judged_tap_says_its_reasons(as_ada: Client, story: Story, feed: Feed) -> None:
    grace = story.contact("+14155550177")
    tap = story.tap(grace, verdict="scanner")
    Click.objects.filter(pk=tap.pk).update(reasons=["network:hosting"])
    sale = story.sale(grace.person, 1_000)
    feed()
    page = words(as_ada, f"{HOME}conversions/{sale.pk}/")
    assert "A scanner, not a person." in page
    assert "Came from a data centre." in page


@database
@pytest.mark.parametrize(
    ("verdict", "tap", "visit"),
    [
        ("human", "", "tapped"),
        ("unknown", "unknown", ""),
        ("scanner", "scanner", "tapped"),
    ],
)
def test_of_a_tap_and_its_visit_one_earns_unless_a_machine_tapped(
    as_ada: Client, story: Story, feed: Feed, verdict: str, tap: str, visit: str
) -> None:
    grace = story.contact("+14155550177", "Grace Hopper")
    at = MONDAY - timedelta(hours=1)
    click = story.tap(grace, at=at, verdict=verdict)
    page = {"url": f"https://shop.example/?trail_click={click.click_id}"}
    event = {"anonymousId": "visitor-1", "context": {"page": page}}
    seen = SentEvent("page", "page-1", event, at + timedelta(seconds=4), "script", 0, SAFARI)
    record_events(business=story.business, events=[seen])
    sale = story.sale(grace.person, 1_000)
    feed()
    steps = as_ada.get(f"{HOME}conversions/{sale.pk}/").context["path"].steps
    assert {step.kind: step.refused for step in steps} == {"tap": tap, "session": visit}
    said = {step.kind: step.reason for step in steps}["session"]
    assert said == (
        "It began with a tap on our link: only the tap itself earns, if a person's."
        if visit
        else ""
    )


@database
def test_whoever_became_one_is_told_with_the_key_that_joined_them(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace Hopper")
    story.tap(grace, variant=story.variants[0])
    laptop = Person.objects.create(business=story.business, created_at=MONDAY)
    email = Identity.objects.create(
        business=story.business,
        kind="email",
        value="grace@example.com",
        person=grace.person,
        learnt="track order-1001",
        first_seen_at=MONDAY,
    )
    sale = story.sale(laptop, 700)
    Person.objects.filter(pk=laptop.pk).update(merged_into=grace.person)
    PersonMerge.objects.create(
        business=story.business,
        survivor=grace.person,
        absorbed=laptop,
        key=email,
        evidence="email in track order-1001",
        at=MONDAY,
    )
    feed()
    page = words(as_ada, f"{HOME}conversions/{sale.pk}/")
    joined = "Person 1 and person 2 were found to be one person by email in the report order-1001."
    assert joined in page
    assert "g…@example.com" in page
    assert "grace@example.com" not in page
    Identity.objects.filter(pk=email.pk).update(standing="shared")
    assert "Joins nobody" in words(as_ada, f"{HOME}conversions/{sale.pk}/")


@pytest.fixture
def reported(story: Story, feed: Feed) -> Conversion:
    """A sale of somebody without a contact, whom a second report made one with the first."""
    traits = {"email": "m@shop.example", "phone": "+14155550188"}
    bought = {"revenue": 49.9, "order_id": "1"}
    for place, called in enumerate(("Signed up", "Order Completed")):
        told: dict[str, object] = {"context": {"traits": traits}, "userId": f"c{place}"}
        event = {**told, "event": called, "properties": bought}
        sent = SentEvent("track", f"fam{place}", event, MONDAY, "api")
        record_events(business=story.business, events=[sent])
    feed()
    return Conversion.objects.get()


def path_of(conversion: Conversion) -> str:
    return f"{HOME}conversions/{conversion.pk}/?model=linear"


@database
def test_two_whom_several_keys_of_a_report_joined_are_told_once(
    as_ada: Client, reported: Conversion
) -> None:
    page = words(as_ada, path_of(reported))
    assert page.count("found to be one person") == 1
    assert (
        "This person and somebody known by phone, email and customer id were found to be one person"
        " by phone and email in the report fam1." in page
    )
    assert "Phone+1…0188" in page
    assert "Not known by phone" not in page


@database
def test_a_buyer_without_a_contact_is_split_where_the_join_is_shown(
    client: Client, reported: Conversion, business: Business, max_: User, vi: User
) -> None:
    here = path_of(reported)
    link = re.compile(r'<a href="([^"]+)">Not the same person</a>')
    client.force_login(vi)
    assert not link.search(client.get(here).content.decode())
    client.force_login(max_)
    found = link.search(client.get(here).content.decode())
    assert found
    answer = client.post(found.group(1), {"why": "a cousin"}, follow=True)
    assert answer.redirect_chain == [(here, 302)]
    page = " ".join(strip_tags(answer.content.decode()).split())
    assert "Somebody else was split from this person: a cousin." in page
    assert "found to be one person" not in page
    assert not Contact.objects.exists()


@database
def test_whole_models_say_what_they_credit(as_ada: Client, story: Story, feed: Feed) -> None:
    grace = story.contact("+14155550177")
    story.tap(grace, at=MONDAY - timedelta(hours=2))
    story.call(grace, at=MONDAY - timedelta(hours=1))
    sale = story.sale(grace.person, 1_001)
    feed()
    shown: Any = as_ada.get(f"{HOME}conversions/{sale.pk}/?model=shapley").context
    assert shown["opened"] is None
    assert sum(row.part for row in shown["path"].wholes.rows) == 1_001
    assert sum(row.markov for row in shown["path"].wholes.rows) == 1_001
    assert "no single touch" in words(as_ada, f"{HOME}conversions/{sale.pk}/?model=markov")
    page = as_ada.get(f"{HOME}conversions/{sale.pk}/?model=linear")
    assert page.context["path"].wholes is None
    assert 'hx-get="?model=linear&amp;wholes=1"' in page.content.decode()
    asked = as_ada.get(f"{HOME}conversions/{sale.pk}/?model=linear&wholes=1").context["path"]
    assert sum(row.part for row in asked.wholes.rows) == 1_001


@database
def test_a_refund_and_a_converted_amount_say_where_they_come_from(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177")
    story.tap(grace, at=MONDAY - timedelta(days=2))
    sale = story.sale(grace.person, 1_001, at=MONDAY - timedelta(days=1))
    Conversion.objects.filter(pk=sale.pk).update(
        given_minor=900, given_currency="EUR", rate_day=MONDAY.date()
    )
    refund = story.sale(grace.person, -401)
    Conversion.objects.filter(pk=refund.pk).update(sale=sale)
    feed()
    page = words(as_ada, f"{HOME}conversions/{sale.pk}/")
    assert "reported as €9.00, at the rate of 2 Mar 2026" in page
    assert "Left of it$6.00" in page
    back = words(as_ada, f"{HOME}conversions/{refund.pk}/")
    assert "Takes backits sale, from the touches of that sale" in back
    assert "-$4.01" in back


@database
def test_statements_do_not_grow_with_the_steps(
    as_ada: Client, story: Story, feed: Feed, django_assert_max_num_queries: Any
) -> None:
    grace = story.contact("+14155550177")
    for hours in range(1, 13):
        story.tap(grace, variant=story.variants[hours % 2], at=MONDAY - timedelta(hours=hours))
        story.call(grace, at=MONDAY - timedelta(hours=hours, minutes=30))
    sale = story.sale(grace.person, 1_000)
    feed()
    with django_assert_max_num_queries(34):
        assert as_ada.get(f"{HOME}conversions/{sale.pk}/").status_code == 200


@database
def test_a_delivered_text_earns_within_its_own_window(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177")
    story.text(grace, variant=story.variants[0], at=MONDAY - timedelta(days=2))
    story.text(grace, variant=story.variants[1], at=MONDAY - timedelta(hours=2))
    sale = story.sale(grace.person, 1_000)
    feed()
    address = f"{HOME}conversions/{sale.pk}/"
    assert "credited to nobody" in words(as_ada, address)
    page = words(as_ada, f"{address}?views=1&all=1")
    assert "2 days before, and the window for delivered texts is 1 day." in page
    assert "Delivered texts1 day before it, as its type says" in page
    kept = as_ada.get(f"{address}?views=1").context["steps"]
    assert [(each.step.name, str(each.credit)) for each in kept] == [("Spring sale · B", "$10.00")]
