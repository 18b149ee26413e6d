"""An address of a link for each of many recipients, whose texts somebody else sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import add_contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.contacts.queries import suppressed_phones
from textrail.domain.contacts.rules import NewContact
from textrail.domain.links.actions.codes import NewCode, store_codes
from textrail.domain.links.actions.making import reserve_codes_for
from textrail.domain.links.models import Link
from textrail.vocabulary.errors import Conflict, Malformed, RowRefused, RowsRefused
from textrail.vocabulary.phone import PhoneNumber, parse_phone

_ATTEMPTS = 5
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class HandedOut:
    """`phone` is in E.164; `code` is empty for somebody who opted out of the business's texts."""

    phone: PhoneNumber
    code: str


def hand_out_codes(
    *,
    business: Business,
    link: Link,
    phones: Sequence[str],
    at: datetime,
    actor: Actor = None,
) -> list[HandedOut]:
    """A new code of `link` for each of `phones`, in order; RowsRefused naming each bad phone.

    Phones that are not known yet become contacts, who are not opted in by this. Whoever opted out
    gets no code.
    """
    numbers = _numbers(business, phones)
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return _hand_out(business, link, numbers, at, actor)
        except IntegrityError:  # a code was taken in the same moment
            continue
    raise Conflict("Others took the same codes again and again.", hint="Try again.")


def _numbers(business: Business, phones: Sequence[str]) -> list[PhoneNumber]:
    numbers: list[PhoneNumber] = []
    rejected: list[RowRefused] = []
    for index, phone in enumerate(phones):
        try:
            numbers.append(parse_phone(phone, country=business.country))
        except Malformed as refusal:
            rejected.append(RowRefused(index, refusal))
    if rejected:
        raise RowsRefused(rejected, total=len(phones))
    return numbers


def _hand_out(
    business: Business, link: Link, numbers: Sequence[PhoneNumber], at: datetime, actor: Actor
) -> list[HandedOut]:
    out = suppressed_phones(business, set(numbers))
    willing = [phone for phone in numbers if phone not in out]
    unique = list(dict.fromkeys(willing))
    add_contacts(business=business, rows=[NewContact(phone=phone) for phone in unique], at=at)
    contacts = _contact_ids(business, unique)
    codes = reserve_codes_for([link] * len(willing))
    store_codes(
        NewCode(code, link.pk, contacts[phone]) for code, phone in zip(codes, willing, strict=True)
    )
    record_audit(
        business=business,
        actor=actor,
        action="link.codes_made",
        subject=f"{len(willing):,} for {link.name}",
        at=at,
    )
    given = iter(codes)
    return [HandedOut(phone, "" if phone in out else next(given)) for phone in numbers]


def _contact_ids(business: Business, phones: Sequence[PhoneNumber]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for start in range(0, len(phones), _CHUNK):
        chunk = phones[start : start + _CHUNK]
        rows = Contact.objects.filter(business=business, phone__in=chunk)
        ids.update(rows.values_list("phone", "id"))
    return ids
