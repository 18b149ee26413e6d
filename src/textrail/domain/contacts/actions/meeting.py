"""Those who write in: found or added many at a time, because texts come in by the hundred."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions.contacts import find_or_add_contact
from textrail.domain.contacts.actions.known import Naming
from textrail.domain.contacts.actions.people import resolve_people
from textrail.domain.contacts.models import Contact
from textrail.domain.contacts.rules import Key
from textrail.vocabulary.phone import PhoneNumber


def find_or_add_contacts(
    *, business: Business, heard: Mapping[PhoneNumber, datetime]
) -> dict[str, Contact]:
    """The contacts with these phones, by phone. Who is missing is made with their person, at the
    time beside the phone. Safe in a race; one statement when nobody is missing."""
    rows = Contact.objects.filter(business=business, phone__in=list(heard))
    found = {row.phone: row for row in rows}
    missing = {phone: heard[phone] for phone in sorted(heard) if phone not in found}
    if not missing:
        return found
    try:
        with transaction.atomic():
            return found | _add(business, missing)
    except IntegrityError:
        # Somebody else added one of them in this moment: one after the other finds out who.
        return found | {
            phone: find_or_add_contact(business=business, phone=phone, at=at)
            for phone, at in missing.items()
        }


def _add(business: Business, missing: Mapping[PhoneNumber, datetime]) -> dict[str, Contact]:
    namings = [
        Naming([Key("phone", phone)], at, None, "a first contact") for phone, at in missing.items()
    ]
    person_ids = resolve_people(business=business, namings=namings)
    made = Contact.objects.bulk_create(
        Contact(business=business, person_id=person_id, phone=phone, created_at=at)
        for person_id, (phone, at) in zip(person_ids, missing.items(), strict=True)
    )
    return {contact.phone: contact for contact in made}
