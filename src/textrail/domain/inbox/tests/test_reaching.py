"""Who can only write and call: kept in the inbox, and told so before anything would be sent."""

from __future__ import annotations

import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Message
from textrail.domain.inbox.tests.conftest import FakeCarrier, WorkOff
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.phone import WITHHELD, PhoneNumber

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        (WITHHELD, "Whoever hides their number cannot be texted."),
        ("ACME", "“ACME” is a name and no number, so it cannot be texted."),
    ],
)
def test_a_text_to_nobody_who_has_a_number_is_refused(
    business: Business, number: TrackingNumber, clock: ManualClock, phone: str, sentence: str
) -> None:
    who = contacts.find_or_add_contact(business=business, phone=PhoneNumber(phone), at=clock.now())
    with pytest.raises(Conflict) as refusal:
        actions.queue_text(
            business=business, contact=who, number=number, body="Hello?", at=clock.now()
        )
    assert (refusal.value.sentence, refusal.value.field) == (sentence, "recipient")
    assert not Message.objects.exists()


def test_a_text_in_line_to_a_name_never_reaches_the_carrier(
    text: Message, carrier: FakeCarrier, work_off: WorkOff
) -> None:
    type(text.contact).objects.filter(id=text.contact_id).update(phone="ACME")
    work_off()
    text.refresh_from_db()
    assert (text.status, text.error_code) == ("refused", "not_a_number")
    assert carrier.received == []
