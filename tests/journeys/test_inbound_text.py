"""Flow: an inbound text, from the handset to the thread, and the answer back to the handset."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import House
from textrail.carriers.simulator.handset import Photo
from textrail.domain.contacts.models import Contact, Suppression
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox.models import (
    AnswerTrigger,
    Attachment,
    Call,
    Conversation,
    Message,
    Unclaimed,
)
from textrail.domain.numbers.models import TrackingNumber
from textrail.project.demo.story import thermostat_picture
from textrail.vocabulary.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = "+13055550177"


def test_a_text_opens_a_thread_credited_to_the_number(house: House) -> None:
    house.stage.world.text(STRANGER, house.number.phone, "Is the office open?")
    house.settle()
    message = Message.objects.get()
    assert message.body == "Is the office open?"
    assert message.source == house.number.source
    assert message.conversation.unread == 1
    assert Contact.objects.get(id=message.contact_id).phone == STRANGER


def test_the_first_text_is_answered_once(house: House) -> None:
    inbox.set_answer(
        business=house.business,
        number=house.number,
        trigger=AnswerTrigger.FIRST_TEXT,
        body="Thanks, we are on it.",
        enabled=True,
        at=house.stage.clock.now(),
    )
    for words in ("Hello?", "Anybody there?"):
        house.stage.world.text(STRANGER, house.number.phone, words)
        house.settle()
    heard = [text.body for text in house.stage.world.inbox(STRANGER)]
    assert heard == ["Thanks, we are on it."]


def test_a_picture_is_fetched_and_kept_on_our_side(house: House) -> None:
    photo = Photo("image/png", thermostat_picture())
    house.stage.world.text(STRANGER, house.number.phone, "Look", [photo])
    house.settle()
    attachment = Attachment.objects.get()
    assert attachment.problem == ""
    kept = house.stage.context.media_folder / attachment.path
    assert kept.read_bytes() == photo.content


def test_a_reply_reaches_the_handset_and_its_receipts_come_back(house: House) -> None:
    house.stage.world.text(STRANGER, house.number.phone, "Price?")
    house.settle()
    thread = Conversation.objects.get(contact__phone=STRANGER)
    reply = inbox.queue_text(
        business=house.business,
        contact=thread.contact,
        number=house.number,
        body="$89, about an hour.",
        at=house.stage.clock.now(),
        sent_by=house.owner,
    )
    house.settle()
    assert [text.body for text in house.stage.world.inbox(STRANGER)] == ["$89, about an hour."]
    reply.refresh_from_db()
    assert reply.status == "delivered"
    statuses = set(reply.receipts.values_list("status", flat=True))
    assert statuses >= {"accepted", "sent", "delivered"}


def test_stop_ends_it_everywhere_and_is_confirmed_once(house: House) -> None:
    house.stage.world.text(STRANGER, house.number.phone, "Stop!")
    house.settle()
    assert Suppression.objects.filter(phone=STRANGER).count() == 1
    assert len(house.stage.world.inbox(STRANGER)) == 1
    with pytest.raises(Conflict):
        inbox.queue_text(
            business=house.business,
            contact=Contact.objects.get(phone=STRANGER),
            number=house.number,
            body="One more thing",
            at=house.stage.clock.now(),
        )
    house.stage.world.text(STRANGER, house.number.phone, "START")
    house.settle()
    assert not Suppression.objects.filter(phone=STRANGER).exists()


def test_a_call_is_on_the_timeline_and_a_missed_one_is_texted_back(house: House) -> None:
    inbox.set_answer(
        business=house.business,
        number=house.number,
        trigger=AnswerTrigger.MISSED_CALL,
        body="Sorry we missed you.",
        enabled=True,
        at=house.stage.clock.now(),
    )
    house.stage.world.call(STRANGER, house.number.phone, "answered", seconds=95)
    house.settle()
    house.stage.world.call(STRANGER, house.number.phone, "missed")
    house.settle()
    calls = Call.objects.order_by("id").values_list("status", "duration_seconds")
    assert list(calls) == [("answered", 95), ("missed", 0)]
    assert [text.body for text in house.stage.world.inbox(STRANGER)] == ["Sorry we missed you."]


def test_a_text_to_a_number_that_nobody_holds_is_kept(house: House) -> None:
    TrackingNumber.objects.filter(id=house.number.id).update(released_at=house.stage.clock.now())
    house.stage.world.text(STRANGER, house.number.phone, "Are you still there?")
    house.settle()
    assert not Message.objects.exists()
    assert Unclaimed.objects.get().body == "Are you still there?"
