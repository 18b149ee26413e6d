"""A type that counts each person once, in every report: by who is who when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import strip_tags

from textrail.domain.accounts.models import User
from textrail.domain.contacts.actions import find_or_add_contact, resolve_person, split_people
from textrail.domain.contacts.models import PersonMerge
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import actions, queries
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.inbox.models import Conversation
from textrail.domain.reports import queries as reports
from textrail.domain.reports.earners import Earner
from textrail.domain.reports.queries.long_lists import every_credit
from textrail.domain.reports.rules import read_choice
from textrail.domain.reports.tests.conftest import Story
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]
PHONES = ("+14155550177", "+14155550178")


@pytest.fixture
def told(story: Story) -> Story:
    """Two strangers tap one campaign each, with a wording of its own, and each asks for a visit."""
    ConversionType.objects.create(
        business=story.business, name="Lead", kind="lead", event="Lead", repeats="person"
    )
    for phone, variant in zip(PHONES, story.variants, strict=True):
        contact = find_or_add_contact(business=story.business, phone=PhoneNumber(phone), at=MONDAY)
        Conversation.objects.create(
            business=story.business, contact=contact, number=story.number, last_at=MONDAY
        )
        story.text(contact, variant=variant, at=MONDAY - timedelta(days=2))
        story.tap(contact, variant=variant, at=MONDAY - timedelta(days=1))
    return story


def lead(story: Story, phone: str, at: datetime, value: int) -> Conversion:
    properties = {"phone": phone, "revenue": value}
    event = {"event": "Lead", "timestamp": at.isoformat(), "properties": properties}
    sent = actions.SentEvent("track", f"{phone} {at}", event, MONDAY)
    [outcome] = actions.record_reports(business=story.business, events=[sent], listening=True)
    assert outcome.conversion is not None
    return Conversion.objects.get(pk=outcome.conversion.id)


def merge(story: Story) -> PersonMerge:
    keys = [Key("phone", phone) for phone in PHONES]
    resolve_person(business=story.business, keys=keys, at=MONDAY)
    return PersonMerge.objects.latest("id")


def everything(client: Client, story: Story) -> dict[str, Any]:
    """What the reports say of the leads, each in its own way."""
    overview = client.get(HOME).context["overview"].now
    listed = client.get(f"{HOME}credits/?origin=all").context["page"].rows
    channels = client.get(f"{HOME}parts/channels/?model=linear").context["rows"]
    choice, reading = read_choice({}, MONDAY.date()), reports.Reading()
    file = every_credit(story.business, reading, choice, Earner(origin="all"))
    kept = queries.conversion_page(story.business).rows
    return {
        "revenue": overview.revenue,
        "conversions": overview.conversions,
        "credited": overview.credited,
        "listed": sorted(row.value for row in listed),
        "channels": [each["row"].credit for each in channels],
        "exported": sorted(row.value for row in file),
        "kept": sorted(row.value.minor for row in kept if row.counts),
        "of the type": {row.name: row.conversions for row in queries.types(story.business)}["Lead"],
    }


@pytest.mark.parametrize("earlier_comes_first", [True, False])
def test_a_merge_counts_them_once_and_a_split_restores_the_report(
    as_ada: Client, told: Story, feed: Feed, ada: User, earlier_comes_first: bool
) -> None:
    reports = [(PHONES[0], MONDAY - timedelta(hours=3), 40), (PHONES[1], MONDAY, 20)]
    rows = {
        value: lead(told, phone, at, value)
        for phone, at, value in (reports if earlier_comes_first else reversed(reports))
    }
    feed()
    apart = everything(as_ada, told)
    assert apart == {
        "revenue": 6_000,
        "conversions": 2,
        "credited": 6_000,
        "listed": [2_000, 4_000],
        "channels": [6_000],
        "exported": [2_000, 4_000],
        "kept": [2_000, 4_000],
        "of the type": 2,
    }
    joint = merge(told)
    feed()
    assert everything(as_ada, told) == {
        "revenue": 4_000,
        "conversions": 1,
        "credited": 4_000,
        "listed": [4_000],
        "channels": [4_000],
        "exported": [4_000],
        "kept": [4_000],
        "of the type": 1,
    }
    page = as_ada.get(f"{HOME}conversions/{rows[20].pk}/")
    steps = page.context["path"].steps
    assert {step.refused for step in steps if step.kind == "tap"} == {"uncounted"}
    words = " ".join(strip_tags(page.content.decode()).split())
    assert "It counts nothing, so nobody earns of it: this type counts each person once" in words
    assert "No touchpoint of this person" not in words
    assert f'href="{HOME}conversions/{rows[40].pk}/' in page.content.decode()
    split_people(business=told.business, merge=joint, why="", at=MONDAY, actor=ada)
    feed()
    assert everything(as_ada, told) == apart


def test_what_comes_while_two_are_one_counts_when_they_are_split(
    as_ada: Client, told: Story, feed: Feed, ada: User
) -> None:
    joint = merge(told)
    lead(told, PHONES[0], MONDAY - timedelta(hours=3), 40)
    lead(told, PHONES[1], MONDAY, 20)
    feed()
    assert everything(as_ada, told)["conversions"] == 1
    split_people(business=told.business, merge=joint, why="", at=MONDAY, actor=ada)
    feed()
    after = everything(as_ada, told)
    assert (after["conversions"], after["revenue"], after["kept"]) == (2, 6_000, [2_000, 4_000])


def test_a_refund_of_what_counts_nothing_takes_nothing_back(
    as_ada: Client, told: Story, feed: Feed
) -> None:
    lead(told, PHONES[0], MONDAY - timedelta(hours=3), 40)
    other = lead(told, PHONES[1], MONDAY - timedelta(hours=1), 20)
    Conversion.objects.create(
        business=told.business,
        type=other.type,
        person=other.person,
        sale=other,
        sender="api",
        sender_key="back",
        once_per="always",
        value_minor=-2_000,
        currency="USD",
        at=MONDAY,
        received_at=MONDAY,
    )
    feed()
    assert everything(as_ada, told)["revenue"] == 4_000
    merge(told)
    feed()
    assert everything(as_ada, told)["revenue"] == 4_000
