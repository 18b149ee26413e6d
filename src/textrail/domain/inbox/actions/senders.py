"""Which numbers may send, and to whom: what is refused here could not leave, or would be lost on
its way."""

from __future__ import annotations

from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.numbers.rules import keeps_from_sending, registration_guidance
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.phone import WITHHELD


def check_sender(number: TrackingNumber, *, pictures: bool = False) -> None:
    """Conflict, with what to do, for a number that cannot text, whose texts are off, or whose
    registration is missing."""
    if not number.sms_capable:
        raise Conflict(
            f"{number.name} takes calls only; its carrier carries no texts for it.",
            hint="Choose another number, or get one that can text on the Numbers page.",
            field="number",
            code="number_without_sms",
            about=str(number.pk),
        )
    if not number.sms_enabled:
        raise Conflict(
            f"{number.name} takes calls only.",
            hint="Switch texting on for it on the Numbers page, or choose another number.",
            field="number",
            code="number_without_sms",
            about=str(number.pk),
        )
    if keeps_from_sending(number.registration):
        raise _unregistered(number)
    if pictures and not number.mms_capable:
        raise Conflict(
            f"{number.name} sends no pictures or files.",
            hint="Send the text without them, or choose a number that carries pictures.",
            field="media",
            code="number_without_mms",
        )


def check_reachable(phone: str) -> None:
    """Conflict for who can only write and call: names of senders, and hidden numbers."""
    if phone.removeprefix("+").isdecimal():
        return
    hidden = phone == WITHHELD
    who = "Whoever hides their number" if hidden else f"“{phone}” is a name and no number, so it"
    raise Conflict(
        f"{who} cannot be texted.",
        hint="Write to a phone number of theirs, if you know one.",
        field="recipient",
        code="not_a_number",
    )


def _unregistered(number: TrackingNumber) -> Conflict:
    guidance = registration_guidance(
        number.phone, carrier=number.connection.carrier, registration=number.registration
    )
    how = "was turned down" if number.registration == "failed" else "is not through yet"
    return Conflict(
        f"{guidance.title} of {number.name} {how}, so networks would stop this text.",
        hint="The number’s page under Numbers says what to do next. Until then choose another"
        " number.",
        field="number",
        code="registration_pending",
        about=str(number.pk),
    )
