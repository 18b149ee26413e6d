"""What is known of a number's registration with the networks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.models import User
from textrail.domain.numbers.actions.editing import change_number
from textrail.domain.numbers.models import Registration, TrackingNumber
from textrail.domain.numbers.rules import is_unregistered
from textrail.vocabulary.errors import Malformed


def set_registration(
    *, number: TrackingNumber, registration: str, at: datetime, actor: User | None
) -> None:
    """What the owner knows of the registration. Approved lets texts leave; a carrier that says
    otherwise is believed again."""
    if registration not in Registration.values:
        raise Malformed("There is no such state of a registration.", field="registration")
    number.registration, number.registration_note = registration, ""
    fields = ["registration", "registration_note"]
    with transaction.atomic():
        change_number(number, fields, "number.registration_changed", at, actor)


def heed_unregistered(*, number_id: int, carrier: str, code: str, sentence: str) -> bool:
    """When a carrier's error says that the registration is missing, the number waits from now on;
    whether it was such an error. Runs inside the caller's transaction."""
    if not is_unregistered(carrier, code):
        return False
    TrackingNumber.objects.filter(id=number_id).update(
        registration=Registration.PENDING, registration_note=sentence[:200]
    )
    return True
