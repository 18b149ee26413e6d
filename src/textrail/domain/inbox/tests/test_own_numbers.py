"""A number of the business's own is texted by nobody here, neither by hand nor by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.test import Client
from django.urls import reverse

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.actions import AnswerDraft
from textrail.domain.inbox.models import AnswerTrigger, Conversation, Message
from textrail.domain.inbox.tests.conftest import FakeCarrier, WorkOff
from textrail.domain.numbers.models import Source, TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]
FLYER = PhoneNumber("+14155550101")


@pytest.fixture
def flyer(business: Business, number: TrackingNumber) -> TrackingNumber:
    """A second number of Harbor HVAC's."""
    return TrackingNumber.objects.create(
        business=business,
        connection=number.connection,
        source=Source.objects.create(business=business, name="Flyer", channel="offline"),
        phone=FLYER,
        name="Flyer",
        created_at=MONDAY,
    )


def page(name: str, business: Business) -> str:
    return reverse(f"inbox:{name}", args=[business.slug])


def test_it_is_said_before_and_refused_when_sent(
    as_ada: Client, business: Business, number: TrackingNumber, flyer: TrackingNumber
) -> None:
    asked = as_ada.get(page("check", business), {"recipient": "415-555-0101"}).content.decode()
    assert "(415) 555-0101 is your own number Flyer." in asked
    typed = {"recipient": "415-555-0101", "number": number.pk, "body": "Hi"}
    answer = as_ada.post(page("new", business), typed)
    assert answer.status_code == 409
    assert answer.content.decode().count("is your own number Flyer.") == 1
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


def test_a_conversation_with_one_says_so_above_the_reply(
    as_ada: Client,
    business: Business,
    flyer: TrackingNumber,
    number: TrackingNumber,
    arrive: Arrive,
) -> None:
    arrive(number.connection_id, InboundText("SM1", FLYER, number.phone, "Hello"))
    thread = Conversation.objects.get()
    shown = as_ada.get(reverse("inbox:conversation", args=[business.slug, thread.pk]))
    assert "This is your own number Flyer" in shown.content.decode()


def test_one_that_was_given_back_or_is_anothers_may_be_texted(
    business: Business,
    other_business: Business,
    number: TrackingNumber,
    flyer: TrackingNumber,
    clock: ManualClock,
) -> None:
    contact = contacts.find_or_add_contact(business=business, phone=FLYER, at=clock.now())

    def send() -> Message:
        return actions.queue_text(
            business=business, contact=contact, number=number, body="Hi", at=clock.now()
        )

    with pytest.raises(Conflict) as refused:
        send()
    assert refused.value.name == "own_number"
    flyer.released_at = clock.now()
    flyer.save(update_fields=["released_at"])
    assert send().status == "queued"
    TrackingNumber.objects.filter(id=flyer.pk).update(business=other_business, released_at=None)
    assert send().status == "queued"


def test_two_numbers_of_ones_own_do_not_answer_each_other(
    business: Business, number: TrackingNumber, flyer: TrackingNumber, arrive: Arrive
) -> None:
    for trigger in (AnswerTrigger.ALWAYS, AnswerTrigger.MISSED_CALL):
        draft = AnswerDraft(trigger=trigger, body="We answer soon.")
        actions.save_answer(business=business, draft=draft, at=MONDAY)
    arrive(
        number.connection_id,
        InboundText("SM1", FLYER, number.phone, "Hello"),
        InboundText("SM2", FLYER, number.phone, "HELP"),
        InboundText("SM3", FLYER, number.phone, "STOP"),
        CallReport("CA1", FLYER, number.phone, "missed"),
    )
    assert Message.objects.filter(direction="inbound").count() == 3
    assert not Message.objects.filter(direction="outbound").exists()
    assert contact_queries.is_suppressed(business, FLYER)


def test_what_was_in_line_when_it_became_ones_own_does_not_leave(
    business: Business,
    number: TrackingNumber,
    work_off: WorkOff,
    carrier: FakeCarrier,
    clock: ManualClock,
) -> None:
    contact = contacts.find_or_add_contact(business=business, phone=FLYER, at=clock.now())
    scheduled = actions.queue_text(
        business=business,
        contact=contact,
        number=number,
        body="Tomorrow at 9.",
        at=clock.now(),
        leaves_at=clock.now() + timedelta(hours=2),
    )
    [sale] = actions.queue_campaign_texts(
        business=business,
        number=number,
        texts=[actions.CampaignText(contact.pk, contact.person_id, "Sale!", None)],
        campaign_id=1,
        at=clock.now(),
    )
    TrackingNumber.objects.create(
        business=business,
        connection=number.connection,
        source=number.source,
        phone=FLYER,
        name="Flyer",
        created_at=MONDAY,
    )
    clock.advance(timedelta(hours=3))
    work_off()
    texts = Message.objects.filter(id__in=[scheduled.pk, sale])
    assert set(texts.values_list("status", "error_code")) == {("refused", "own_number")}
    assert not carrier.received
