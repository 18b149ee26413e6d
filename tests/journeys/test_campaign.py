"""Flows: a campaign, the click on its link, the sale, and the question that finds them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.journeys.conftest import MAYA, House
from textrail.carriers.simulator.shop import Shopper
from textrail.domain.campaigns import actions as campaigns
from textrail.domain.campaigns.models import Campaign, Recipient
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact, Tag
from textrail.domain.contacts.rules import NewContact
from textrail.domain.conversions.models import Conversion
from textrail.domain.inbox.models import Conversation, Message
from textrail.domain.links.models import Click, Code
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db(transaction=True)
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


def test_everybody_gets_one_text_with_a_link_of_their_own(house: House) -> None:
    campaign = send(house, audience(house, 40), [TEXT, "{first_name}: $89 {link}"])
    assert campaign.status == "sent"
    phones = list(Contact.objects.values_list("phone", flat=True))
    sent = {phone: house.stage.world.inbox(phone) for phone in phones}
    failed = Message.objects.exclude(status="delivered").count()
    assert all(len(texts) <= 1 for texts in sent.values())
    assert sum(len(texts) for texts in sent.values()) == 40 - failed
    assert Code.objects.exclude(message_id=None).count() == 40
    assert set(Message.objects.values_list("variant_id", flat=True)) == {
        variant.pk for variant in campaign.variants.all()
    }
    assert not Conversation.objects.exclude(opened_at=None).exists()


def test_the_link_says_nothing_about_who_got_it(house: House) -> None:
    send(house, audience(house, 2))
    code = urlsplit(link_of(house)).path.strip("/")
    assert re.fullmatch(r"[2-9A-HJ-NP-Za-km-z]{8}", code)
    landing = house.stage.world.tap(MAYA, link_of(house))
    for secret in (MAYA.lstrip("+"), MAYA[2:], "Maya", "Alvarez", "contact", "recipient"):
        assert secret not in link_of(house)
        assert secret not in landing


def test_a_tap_arrives_with_every_parameter_and_counts_as_a_person(house: House) -> None:
    campaign = send(house, audience(house, 2), [TEXT, TEXT + " "])
    landing = urlsplit(house.stage.world.tap(MAYA, link_of(house)))
    query = parse_qs(landing.query)
    assert landing.query.startswith("ref=a%2Fb&")
    assert landing.fragment == "book"
    assert (query["utm_source"], query["utm_medium"]) == (["sms"], ["text"])
    assert query["utm_campaign"] == ["spring_tune_up"]
    house.settle()
    click = Click.objects.get(click_id=query["trail_click"][0])
    assert click.verdict == "human"
    assert click.contact == house.maya
    assert click.campaign_id == campaign.pk
    assert click.message_id == Message.objects.get(contact=house.maya).pk


def test_whoever_left_is_left_out_and_the_list_says_why(house: House) -> None:
    tag = audience(house, 3)
    house.stage.world.text(MAYA, house.number.phone, "unsubscribe")
    house.settle()
    campaign = send(house, tag)
    assert len(house.stage.world.inbox(MAYA)) == 1  # the confirmation of the opt-out
    left_out = Recipient.objects.get(campaign=campaign, contact=house.maya)
    assert left_out.status == "skipped"
    assert left_out.reason != ""


def test_a_sale_elsewhere_is_the_persons_once_they_say_who_they_are(house: House) -> None:
    """A tap on the phone, an order on a laptop with an e-mail that an earlier order named."""
    send(house, audience(house, 2))
    landing = house.stage.world.tap(MAYA, link_of(house))
    shopper = Shopper(name="Maya", email="maya@example.com", landing=urlsplit(landing).query)
    house.stage.world.buy("spring-tune-up", shopper)
    house.stage.world.buy("furnace-filters", Shopper(name="M.", email="Maya@example.com"))
    house.settle()
    sales = list(Conversion.objects.order_by("id"))
    assert [sale.value_minor for sale in sales] == [8900, 5400]
    assert {sale.person.merged_into_id or sale.person_id for sale in sales} == {
        house.maya.person_id
    }
