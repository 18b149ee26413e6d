"""A campaign to Maya and others, as several journeys begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from tests.journeys.conftest import MAYA, House
from textrail.domain.campaigns import actions as campaigns
from textrail.domain.campaigns.models import Campaign
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Tag
from textrail.domain.contacts.rules import NewContact
from textrail.vocabulary.phone import PhoneNumber

LINK = re.compile(r"https?://\S+")
TEXT = "Hi {first_name}, tune-ups are $89: {link}"


def audience(house: House, people: int) -> Tag:
    """Maya and others, all with one tag."""
    rows = [
        NewContact(phone=PhoneNumber(f"+1352555{index:04d}"), name=f"Person {index}", tags=("all",))
        for index in range(100, 100 + people - 1)
    ]
    contacts.add_contacts(business=house.business, rows=rows, at=house.stage.clock.now())
    contacts.set_tags(business=house.business, contact=house.maya, names=["all"])
    return Tag.objects.get(business=house.business, name="all")


def send(house: House, tag: Tag, bodies: Sequence[str] = (TEXT,)) -> Campaign:
    now = house.stage.clock.now()
    campaign = campaigns.create_draft(
        business=house.business,
        name="Spring tune-up",
        number=house.number,
        audience=tag,
        destination=f"{house.config.phone_url}/shop/spring-tune-up?ref=a%2Fb#book",
        bodies=bodies,
        at=now,
        actor=house.owner,
    )
    campaigns.start(business=house.business, campaign=campaign, at=now, actor=house.owner)
    house.settle(timedelta(minutes=10))
    campaign.refresh_from_db()
    return campaign


def link_of(house: House, phone: str = MAYA) -> str:
    found = LINK.search(house.stage.world.inbox(phone)[-1].body)
    assert found is not None
    return found.group()
