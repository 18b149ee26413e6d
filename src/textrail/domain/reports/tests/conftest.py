"""A small true story: one campaign of two wordings, a billboard number, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import time_machine
from conftest import MONDAY
from django.conf import settings

from textrail.analytics.feed import feed_once
from textrail.domain.accounts.models import Business
from textrail.domain.campaigns.models import Campaign, Variant
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.inbox.models import Call, Conversation, Message, Receipt
from textrail.domain.links.models import Click, Link
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.reports.columns import TABLES
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import OutsideClick
from textrail.vocabulary.ids import new_click_ids, new_token
from textrail.vocabulary.utm import Utm

SUNDAY = MONDAY - timedelta(days=1)


@pytest.fixture
def feed() -> Callable[[], int]:
    return lambda: feed_once(settings.CONFIG.columns_folder, TABLES, MONDAY)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@dataclass
class Story:
    """Hands out facts of one business; times default to the Sunday before."""

    business: Business
    number: TrackingNumber
    campaign: Campaign
    variants: list[Variant]
    link: Link
    purchase: ConversionType

    def contact(self, phone: str, name: str = "") -> Contact:
        person = Person.objects.create(business=self.business, created_at=SUNDAY)
        contact = Contact.objects.create(
            business=self.business, person=person, phone=phone, name=name, created_at=SUNDAY
        )
        Conversation.objects.create(
            business=self.business, contact=contact, number=self.number, last_at=SUNDAY
        )
        return contact

    def text(
        self,
        contact: Contact,
        *,
        variant: Variant | None = None,
        at: datetime = SUNDAY,
    ) -> Message:
        """A text of the campaign that was delivered for 0.79 cents, or a text that came in."""
        message = Message.objects.create(
            business=self.business,
            conversation=contact.conversation,
            contact=contact,
            person_id=contact.person_id,
            number=self.number,
            direction="outbound" if variant else "inbound",
            source=None if variant else self.number.source,
            kind="campaign" if variant else "chat",
            campaign_id=variant.campaign_id if variant else None,
            variant_id=variant.pk if variant else None,
            segments=1,
            body="See you in spring, Grace!",
            status="delivered" if variant else "received",
            at=at,
        )
        if variant:
            for status in ("accepted", "delivered"):
                Receipt.objects.create(
                    business=self.business,
                    message=message,
                    status=status,
                    price_micros=7900,
                    currency="USD",
                    at=at,
                )
        return message

    def tap(
        self,
        contact: Contact,
        *,
        variant: Variant | None = None,
        at: datetime = SUNDAY,
        verdict: str = "human",
    ) -> Click:
        return Click.objects.create(
            business=self.business,
            link=self.link,
            code="abcd2345",
            click_id=new_click_ids(1)[0],
            at=at,
            contact=contact,
            person_id=contact.person_id,
            campaign_id=variant.campaign_id if variant else None,
            variant_id=variant.pk if variant else None,
            method="GET",
            address="203.0.113.9",
            device="iPhone",
            os="iOS",
            verdict=verdict,
            ruleset=1,
        )

    def call(self, contact: Contact, *, at: datetime = SUNDAY) -> Call:
        return Call.objects.create(
            business=self.business,
            conversation=contact.conversation,
            contact=contact,
            person_id=contact.person_id,
            number=self.number,
            source=self.number.source,
            carrier_ref=new_token(),
            status="answered",
            at=at,
        )

    def sale(
        self,
        person: Person,
        value: int,
        *,
        at: datetime = MONDAY,
        of: Conversion | None = None,
    ) -> Conversion:
        """A purchase, or what a refund takes back `of` one."""
        return Conversion.objects.create(
            business=self.business,
            type=self.purchase,
            person=person,
            sale=of,
            sender="api",
            sender_key=new_token(),
            value_minor=value,
            currency="USD",
            at=at,
            received_at=at,
        )


@pytest.fixture
def story(business: Business, number: TrackingNumber) -> Story:
    campaign = Campaign.objects.create(
        business=business, name="Spring sale", number=number, status="sent", created_at=SUNDAY
    )
    return Story(
        business=business,
        number=number,
        campaign=campaign,
        variants=[
            Variant.objects.create(campaign=campaign, label=label, body="…") for label in "AB"
        ],
        link=Link.objects.create(
            business=business,
            name="Spring page",
            destination="https://shop.example/",
            landing="https://shop.example/",
            created_at=SUNDAY,
        ),
        purchase=ConversionType.objects.create(
            business=business, name="Purchase", kind="purchase", event="Order Completed"
        ),
    )


def outside(story: Story, contact: Contact, utm: Utm, at: datetime) -> None:
    """A tap that another service counted."""
    way = traffic_of(business=story.business, ways=[utm])[utm]
    OutsideClick.objects.create(
        business=story.business,
        person=contact.person,
        traffic=way,
        sender_key=f"{contact.pk}-{at}",
        at=at,
        received_at=at,
    )


@pytest.fixture
def two_channels(story: Story) -> Story:
    """Grace taps an email, then a text, and buys; Tom taps an email only, and buys."""
    grace, tom = (
        story.contact("+14155550177", "Grace"),
        story.contact("+14155550178", "Tom"),
    )
    email = Utm("newsletter", "email", "march")
    outside(story, grace, email, MONDAY - timedelta(days=2))
    story.text(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=5))
    story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=4))
    outside(story, tom, email, MONDAY - timedelta(days=3))
    story.sale(grace.person, 1_001)
    story.sale(tom.person, 500)
    return story
