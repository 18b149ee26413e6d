from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import MONDAY
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business
from textrail.domain.campaigns import actions, queries
from textrail.domain.campaigns.models import Campaign
from textrail.domain.campaigns.rules import SegmentPrice
from textrail.domain.campaigns.tests.test_sending import opt_out
from textrail.domain.contacts.models import Contact, Tag
from textrail.domain.inbox.models import Direction, Message, MessageStatus, Receipt
from textrail.domain.links.models import Click
from textrail.domain.numbers.models import TrackingNumber

People = Callable[[int], Tag]
Draft = Callable[..., Campaign]
Do = Callable[[], None]


def test_what_came_of_it_is_counted_per_wording(
    business: Business,
    people: People,
    draft: Draft,
    work: Do,
    number: TrackingNumber,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    campaign = draft(people(40))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    campaign.refresh_from_db()
    first = queries.variants(campaign)[0]
    assert first.link is not None
    ours = list(Message.objects.filter(variant_id=first.pk))
    Message.objects.filter(id__in=[m.pk for m in ours]).update(status=MessageStatus.DELIVERED)
    Message.objects.filter(id=ours[0].pk).update(status=MessageStatus.FAILED)
    for verdict in ("human", "preview"):
        Click.objects.create(
            business=business,
            link=first.link,
            code="x",
            click_id=verdict,
            at=MONDAY,
            contact_id=ours[1].contact_id,
            person_id=ours[1].person_id,
            campaign_id=campaign.pk,
            variant_id=first.pk,
            method="GET",
            address="203.0.113.7",
            verdict=verdict,
            ruleset=1,
        )
    reply(business, number, ours[1].contact, timedelta(hours=1))
    reply(business, number, ours[1].contact, timedelta(hours=2))
    reply(business, number, ours[2].contact, timedelta(days=8))
    with django_assert_max_num_queries(6):
        result, other = queries.results(business, campaign)
    assert result.recipients == len(ours)
    assert (result.delivered, result.failed) == (len(ours) - 1, 1)
    assert (result.taps.human, result.taps.raw, result.replies) == (1, 2, 1)
    assert (other.delivered, other.taps.human, other.replies, other.tap_rate) == (0, 0, 0, None)
    with django_assert_max_num_queries(3):
        progress = queries.progress(campaign)
    assert progress.delivered + progress.failed == len(ours)
    with django_assert_max_num_queries(4):
        row = queries.campaign_page(business).rows[0]
    assert (row.recipients, row.delivered) == (40, len(ours) - 1)


def reply(business: Business, number: TrackingNumber, contact: Contact, after: timedelta) -> None:
    sent = Message.objects.filter(contact=contact, direction=Direction.OUTBOUND)[0]
    Message.objects.create(
        business=business,
        conversation=sent.conversation,
        contact=contact,
        person=contact.person,
        number=number,
        direction=Direction.INBOUND,
        body="ok",
        segments=1,
        status=MessageStatus.RECEIVED,
        at=MONDAY + after,
    )


def test_the_preview_fills_in_real_people(business: Business, people: People) -> None:
    tag = people(5)
    shown = queries.preview(business, ["Hi {first_name}", "Ho"], tag, links_url="http://g.example")
    assert [(row.label, row.body) for row in shown] == [
        *(("A", f"Hi Name{n}") for n in range(3)),
        *(("B", "Ho") for _ in range(3)),
    ]
    empty = Tag.objects.create(business=business, name="empty")
    nobody = queries.preview(business, ["Hi {first_name}"], empty, links_url="http://g.example")
    assert [row.body for row in nobody] == ["Hi Sam"]


def test_the_estimate_leaves_out_who_opted_out(business: Business, people: People) -> None:
    tag = people(5)
    opt_out(business, "+14155560002")
    found = queries.estimate(business, ["Hi", "x" * 200], tag, links_url="http://g.example")
    assert (found.recipients, found.least, found.most, found.total) == (4, 1, 2, 6)
    assert found.cost is None
    assert queries.audience(business, tag) == queries.Audience(5, 1)


def test_the_price_of_a_segment_is_read_from_lately_only(
    business: Business,
    people: People,
    draft: Draft,
    work: Do,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actions.start(business=business, campaign=draft(people(3)), at=MONDAY, unchecked=True)
    work()
    prices = (9000, 7000, 0)
    for message, micros in zip(Message.objects.order_by("id"), prices, strict=True):
        Receipt.objects.create(
            business=business,
            message=message,
            status="accepted",
            segments=2,
            price_micros=micros,
            currency="USD",
            at=MONDAY,
        )
    assert queries.segment_price(business) == SegmentPrice(4000, "USD")
    monkeypatch.setattr(queries, "RECEIPTS_LOOKED_AT", 2)
    assert queries.segment_price(business) == SegmentPrice(3500, "USD")
    monkeypatch.setattr(queries, "RECEIPTS_LOOKED_AT", 1)
    assert queries.segment_price(business) is None
