"""A file that the carrier of a number would not take is refused while the sender is still there."""

from __future__ import annotations

import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.actions import queue_text
from textrail.domain.inbox.actions.media import KeptMedia
from textrail.domain.inbox.models import Message
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Refusal

PICTURE = KeptMedia("image/png", "ab/cd.png", 900_000)


@pytest.mark.parametrize(
    ("carrier", "pictures", "code"),
    [
        ("kannel", 1, "mms_unsupported"),
        ("telnyx", 2, "too_large"),
        ("telnyx", 1, ""),
        ("twilio", 2, ""),
    ],
)
def test_pictures_beyond_the_carrier_are_refused_and_nothing_is_in_line(
    business: Business,
    number: TrackingNumber,
    dana: Contact,
    clock: ManualClock,
    carrier: str,
    pictures: int,
    code: str,
) -> None:
    number.connection.carrier = carrier
    number.connection.save(update_fields=["carrier"])
    refused = ""
    try:
        queue_text(
            business=business,
            contact=dana,
            number=number,
            body="Look",
            at=clock.now(),
            media=[PICTURE] * pictures,
        )
    except Refusal as refusal:
        refused = refusal.name
    assert refused == code
    assert Message.objects.exists() == (not code)
