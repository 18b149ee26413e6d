"""What may be put in line, and what is refused with guidance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Conversation, Message
from textrail.domain.inbox.tests.conftest import FakeCarrier
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Malformed, NotFound, Refusal, TooLarge
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("body", ["", "   ", "😀" * 2000])
def test_no_text_and_too_much_text_leave_nothing_behind(
    body: str, business: Business, number: TrackingNumber, clock: ManualClock
) -> None:
    with pytest.raises(Malformed) as refused:
        actions.start_conversation(
            business=business,
            phone=PhoneNumber("+14155550123"),
            number=number,
            body=body,
            at=clock.now(),
        )
    assert refused.value.field == "body"
    assert refused.value.hint
    assert not Contact.objects.exists()
    assert not Conversation.objects.exists()
    assert not Work.objects.exists()


def test_numbers_that_cannot_send_are_refused(
    business: Business,
    other_business: Business,
    dana: Contact,
    number: TrackingNumber,
    clock: ManualClock,
) -> None:
    def refused(as_business: Business = business) -> Refusal:
        number.refresh_from_db()
        with pytest.raises(Refusal) as caught:
            actions.queue_text(
                business=as_business, contact=dana, number=number, body="Hi", at=clock.now()
            )
        return caught.value

    assert isinstance(refused(other_business), NotFound)
    TrackingNumber.objects.update(sms_enabled=False)
    assert refused().name == "number_without_sms"
    TrackingNumber.objects.update(sms_enabled=True, released_at=clock.now())
    assert refused().name == "number_released"
    assert not Message.objects.exists()


def test_a_contact_of_another_business_is_not_reached(
    business: Business, other_business: Business, number: TrackingNumber, clock: ManualClock
) -> None:
    theirs = contacts.find_or_add_contact(
        business=other_business, phone=PhoneNumber("+14155550123"), at=clock.now()
    )
    with pytest.raises(NotFound):
        actions.queue_text(
            business=business, contact=theirs, number=number, body="Hi", at=clock.now()
        )


def test_segments_are_those_of_the_text(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    for body, segments in (("a" * 160, 1), ("a" * 161, 2), ("😀" * 36, 2)):
        message = actions.queue_text(
            business=business, contact=dana, number=number, body=body, at=clock.now()
        )
        assert message.segments == segments


def test_a_picture_alone_is_a_text_and_leaves_by_its_public_address(
    business: Business,
    dana: Contact,
    number: TrackingNumber,
    clock: ManualClock,
    carrier: FakeCarrier,
    work_off: Callable[[], None],
    tmp_path: Path,
) -> None:
    kept = actions.keep_media(folder=tmp_path, data=b"\x89PNG\r\n\x1a\n picture")
    message = actions.queue_text(
        business=business, contact=dana, number=number, body="", media=[kept], at=clock.now()
    )
    work_off()
    token = message.attachments.get().token
    assert list(carrier.received[0].media_urls) == [f"https://house.example.com/media/{token}"]


def test_files_that_texts_cannot_carry_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        actions.keep_media(folder=tmp_path, data=b"<svg onload=alert(1)>")
    with pytest.raises(TooLarge):
        actions.keep_media(folder=tmp_path, data=b"GIF89a" + bytes(5 * 1024 * 1024))
    assert list(tmp_path.iterdir()) == []


def campaign_texts(
    business: Business, clock: ManualClock, count: int
) -> list[actions.CampaignText]:
    texts = []
    for index in range(count):
        phone = PhoneNumber(f"+1415555{1000 + index}")
        contact = contacts.find_or_add_contact(business=business, phone=phone, at=clock.now())
        texts.append(
            actions.CampaignText(contact.id, contact.person_id, f"Spring sale, {index}", None)
        )
    return texts


def test_a_batch_is_queued_in_order_with_few_statements(
    business: Business, number: TrackingNumber, clock: ManualClock
) -> None:
    texts = campaign_texts(business, clock, 60)
    with CaptureQueriesContext(database) as few:
        ids = actions.queue_campaign_texts(
            business=business, number=number, texts=texts, campaign_id=7, at=clock.now()
        )
    bodies = dict(Message.objects.values_list("id", "body"))
    assert [bodies[message_id] for message_id in ids] == [text.body for text in texts]
    assert Work.objects.count() == len(texts)
    assert len(few) <= 14
    with CaptureQueriesContext(database) as again:
        actions.queue_campaign_texts(
            business=business, number=number, texts=texts, campaign_id=8, at=clock.now()
        )
    assert len(again) <= 11
    assert Conversation.objects.count() == len(texts)


def test_a_campaign_stays_out_of_the_list_and_keeps_what_cannot_leave(
    business: Business, number: TrackingNumber, clock: ManualClock
) -> None:
    (text,) = campaign_texts(business, clock, 1)
    empty = actions.CampaignText(text.contact_id, text.person_id, " ", None)
    ids = actions.queue_campaign_texts(
        business=business, number=number, texts=[text, empty], campaign_id=7, at=clock.now()
    )
    assert [Message.objects.get(id=row_id).status for row_id in ids] == ["queued", "refused"]
    assert Work.objects.count() == 1
    assert Conversation.objects.get().opened_at is None


def test_a_released_number_sends_no_campaign(
    business: Business, number: TrackingNumber, clock: ManualClock
) -> None:
    number.released_at = clock.now()
    with pytest.raises(Conflict):
        actions.queue_campaign_texts(
            business=business, number=number, texts=[], campaign_id=7, at=clock.now()
        )
