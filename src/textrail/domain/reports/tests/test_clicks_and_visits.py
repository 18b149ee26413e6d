"""A click that another service counted, and the visit that it led to, are one touch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.contacts.models import Person, PersonMerge
from textrail.domain.reports.tests.conftest import Story, outside
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import OutsideClick, Session
from textrail.vocabulary.utm import Utm

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]
EMAIL = Utm("klaviyo", "email", "march")
CLICKED = MONDAY - timedelta(hours=5)


def visit(
    story: Story,
    person: Person,
    *,
    at: datetime = CLICKED + timedelta(seconds=4),
    way: Utm = EMAIL,
    click_id: str = "",
) -> None:
    found = traffic_of(business=story.business, ways=[way])[way]
    Session.objects.create(
        business=story.business,
        person=person,
        traffic=found,
        visitor="f" * 32,
        started_at=at,
        last_at=at,
        click_id=click_id,
        verdict="human",
    )


def touches(client: Client) -> dict[str, int]:
    answer = client.get(f"{HOME}parts/channels/?period=7")
    return {each["row"].code: each["row"].touches for each in answer.context["rows"]}


def earned(client: Client, sale: int) -> dict[str, Any]:
    """What each step earned in equal parts, or why it did not."""
    path = client.get(f"{HOME}conversions/{sale}/?model=linear").context["path"]
    return {step.kind: step.refused or "earns" for step in path.steps}


def test_an_email_s_click_and_its_visit_earn_once(as_ada: Client, story: Story, feed: Feed) -> None:
    grace = story.contact("+14155550177", "Grace")
    outside(story, grace, EMAIL, CLICKED)
    visit(story, grace.person)
    story.tap(grace, at=MONDAY - timedelta(hours=1))
    sale = story.sale(grace.person, 1_000)
    feed()
    assert touches(as_ada) == {"email": 1, "sms": 1}
    assert earned(as_ada, sale.pk) == {
        "click_elsewhere": "visited",
        "session": "earns",
        "tap": "earns",
    }
    answer = as_ada.get(f"{HOME}parts/channels/?period=7&model=linear")
    credits_ = {each["row"].code: each["row"].credit for each in answer.context["rows"]}
    assert credits_ == {"email": 500, "sms": 500}


def test_it_is_seen_also_when_we_learn_late_that_both_are_one_person(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace")
    outside(story, grace, EMAIL, CLICKED)
    somebody = Person.objects.create(business=story.business, created_at=MONDAY)
    visit(story, somebody)
    sale = story.sale(grace.person, 1_000)
    feed()
    assert touches(as_ada) == {"email": 2}
    PersonMerge.objects.create(
        business=story.business,
        survivor=grace.person,
        absorbed=somebody,
        at=MONDAY,
        evidence="email",
    )
    Person.objects.filter(pk=somebody.pk).update(merged_into=grace.person)
    feed()
    assert touches(as_ada) == {"email": 1}
    assert earned(as_ada, sale.pk) == {"click_elsewhere": "visited", "session": "earns"}


def test_who_came_by_two_browsers_is_one_of_the_people_of_a_channel(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace").person
    other = Person.objects.create(business=story.business, created_at=MONDAY, merged_into=grace)
    PersonMerge.objects.create(
        business=story.business, survivor=grace, absorbed=other, at=MONDAY, evidence="email"
    )
    for hours, person in enumerate((grace, other), start=1):
        visit(story, person, at=MONDAY - timedelta(hours=hours))
    feed()
    rows = as_ada.get(f"{HOME}parts/channels/?period=7").context["rows"]
    assert [(each["row"].touches, each["row"].people) for each in rows] == [(2, 1)]


@pytest.mark.parametrize(
    ("ago", "way"),
    [
        (timedelta(minutes=5, milliseconds=1), EMAIL),
        (timedelta(minutes=-30, milliseconds=-1), EMAIL),
        (timedelta(seconds=4), Utm("google", "cpc", "march")),
        (timedelta(seconds=-1), Utm()),
        (timedelta(minutes=30, milliseconds=1), Utm()),
    ],
)
def test_another_visit_is_a_touch_of_its_own(
    ago: timedelta, way: Utm, as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace")
    outside(story, grace, EMAIL, CLICKED)
    visit(story, grace.person, at=CLICKED + ago, way=way)
    sale = story.sale(grace.person, 1_000)
    feed()
    assert earned(as_ada, sale.pk) == {"click_elsewhere": "earns", "session": "earns"}


@pytest.mark.parametrize("ago", [timedelta(minutes=5), timedelta(minutes=-30)])
def test_a_visit_that_goes_on_takes_the_click_in(
    ago: timedelta, as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace")
    outside(story, grace, EMAIL, CLICKED)
    visit(story, grace.person, at=CLICKED + ago)
    sale = story.sale(grace.person, 1_000)
    feed()
    assert earned(as_ada, sale.pk) == {"click_elsewhere": "visited", "session": "earns"}


def test_a_visit_of_somebody_else_takes_nothing(as_ada: Client, story: Story, feed: Feed) -> None:
    grace, tom = story.contact("+14155550177"), story.contact("+14155550178")
    outside(story, grace, EMAIL, CLICKED)
    visit(story, tom.person)
    sale = story.sale(grace.person, 1_000)
    feed()
    assert touches(as_ada) == {"email": 2}
    assert earned(as_ada, sale.pk) == {"click_elsewhere": "earns"}


@pytest.mark.parametrize("minutes", [0, 0.1, 17, 30])
def test_a_direct_visit_soon_after_a_click_belongs_to_it(
    minutes: float, as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace")
    outside(story, grace, EMAIL, CLICKED)
    visit(story, grace.person, at=CLICKED + timedelta(minutes=minutes), way=Utm())
    sale = story.sale(grace.person, 1_000)
    feed()
    assert touches(as_ada) == {"email": 1}
    assert earned(as_ada, sale.pk) == {"click_elsewhere": "earns", "session": "clicked"}
    page = as_ada.get(f"{HOME}conversions/{sale.pk}/").content.decode()
    assert "A direct visit within half an hour of a click elsewhere" in page


def test_where_the_click_has_a_visit_of_its_own_that_earns(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace")
    outside(story, grace, EMAIL, CLICKED)
    visit(story, grace.person)
    visit(story, grace.person, at=CLICKED + timedelta(minutes=9), way=Utm())
    sale = story.sale(grace.person, 1_000)
    feed()
    assert touches(as_ada) == {"email": 1}
    path = as_ada.get(f"{HOME}conversions/{sale.pk}/").context["path"]
    assert [step.refused for step in path.steps] == ["visited", "", "clicked"]


def test_a_direct_visit_belongs_to_the_click_also_when_we_learn_late_whose_it_was(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace")
    outside(story, grace, EMAIL, CLICKED)
    somebody = Person.objects.create(business=story.business, created_at=MONDAY)
    visit(story, somebody, way=Utm())
    story.sale(grace.person, 1_000)
    feed()
    assert touches(as_ada) == {"direct": 1, "email": 1}
    PersonMerge.objects.create(
        business=story.business,
        survivor=grace.person,
        absorbed=somebody,
        at=MONDAY,
        evidence="email",
    )
    Person.objects.filter(pk=somebody.pk).update(merged_into=grace.person)
    feed()
    assert touches(as_ada) == {"email": 1}


def test_a_click_that_says_no_more_than_the_visit_and_the_visit_of_its_ad_take_nothing(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    """Else neither the click nor its visit would earn."""
    grace, tom = story.contact("+14155550177"), story.contact("+14155550178")
    outside(story, grace, Utm(), CLICKED)
    visit(story, grace.person, way=Utm())
    outside(story, tom, EMAIL, CLICKED)
    visit(story, tom.person, way=Utm())
    OutsideClick.objects.filter(person=tom.person).update(
        visit_id=Session.objects.get(person=tom.person).pk
    )
    sales = [story.sale(each.person, 1_000) for each in (grace, tom)]
    feed()
    assert touches(as_ada) == {"direct": 2}
    for sale in sales:
        assert earned(as_ada, sale.pk) == {"click_elsewhere": "visited", "session": "earns"}
