"""Flow: a campaign, from the draft to the handsets."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import MAYA, House
from tests.journeys.sending import TEXT, audience, send
from textrail.domain.campaigns.models import Recipient
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.models import Conversation, Message
from textrail.domain.links.models import Code

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_whoever_left_is_left_out_and_the_list_says_why(house: House) -> None:
    tag = audience(house, 3)
    house.stage.world.text(MAYA, house.number.phone, "unsubscribe")
    house.settle()
    campaign = send(house, tag)
    assert len(house.stage.world.inbox(MAYA)) == 1  # the confirmation of the opt-out
    left_out = Recipient.objects.get(campaign=campaign, contact=house.maya)
    assert left_out.status == "skipped"
    assert left_out.reason != ""
