"""Holding a number, and having its carrier point it at us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.numbers.actions.sources import find_or_add_source
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.domain.numbers.rules import SourceFields, clean_name, clean_source
from textrail.outbox.actions import enqueue, tell
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.phone import format_phone, require_e164

CONNECT = "numbers.connect_number"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a number can, as its carrier says."""

    sms: bool = True
    mms: bool = True
    voice: bool = True


@dataclass(frozen=True, slots=True)
class NewNumber:
    """A number that the business is to hold, with what it is called and credited to."""

    phone: str
    name: str
    source: SourceFields
    sms_enabled: bool = True
    abilities: Abilities = Abilities()
    registration: str = ""


def add_number(
    *,
    business: Business,
    connection: Connection,
    phone: str,
    name: str,
    source_name: str,
    channel: str = "offline",
    at: datetime,
    actor: Actor = None,
    sms_enabled: bool = True,
    abilities: Abilities = Abilities(),
) -> TrackingNumber:
    """Hold a number (E.164) that the account has, and have the carrier point it at us.

    The source is found by its name or made. Conflict when anybody holds the number already, or
    when texts are to be on and the number cannot text.
    """
    new = NewNumber(
        phone,
        clean_name(name),
        clean_source(SourceFields(source_name, channel)),
        sms_enabled=sms_enabled,
        abilities=abilities,
    )
    with transaction.atomic():
        number = hold_number(business=business, connection=connection, new=new, at=at, actor=actor)
        enqueue(CONNECT, {"number_id": number.pk}, at=at)
    return number


def hold_number(
    *,
    business: Business,
    connection: Connection,
    new: NewNumber,
    at: datetime,
    actor: Actor,
    connected_at: datetime | None = None,
) -> TrackingNumber:
    """The row of a number with its source, its audit and its event. Runs inside the caller's
    transaction; Conflict when the number is held already."""
    require_e164(new.phone)
    if connection.business_id != business.pk:
        raise Conflict("This carrier account belongs to another business.")
    check_texts(can=new.abilities.sms, wanted=new.sms_enabled)
    try:
        with transaction.atomic():
            number = TrackingNumber.objects.create(
                business=business,
                connection=connection,
                source=find_or_add_source(business, new.source),
                phone=new.phone,
                name=new.name,
                sms_enabled=new.sms_enabled,
                sms_capable=new.abilities.sms,
                mms_capable=new.abilities.mms,
                voice_capable=new.abilities.voice,
                registration=new.registration,
                created_at=at,
                connected_at=connected_at,
            )
    except IntegrityError as error:
        raise held_already(business, new.phone) from error
    record_audit(business=business, actor=actor, action="number.added", subject=new.phone, at=at)
    tell(Event(EventName.NUMBER_ADDED, business.pk, at, {"number_id": number.pk}))
    return number


def check_texts(*, can: bool, wanted: bool) -> None:
    """Conflict when texts are to be on for a number that carries none."""
    if wanted and not can:
        raise Conflict(
            "The carrier says that this number takes calls only.",
            hint="Leave its texts off, or choose a number that can text.",
            field="sms",
            code="number_without_sms",
        )


def held_already(business: Business, phone: str) -> Conflict:
    ours = TrackingNumber.objects.filter(business=business, phone=phone, released_at=None).exists()
    who = "one of your numbers already" if ours else "held by another business here"
    return Conflict(
        f"{format_phone(phone, home=business.country)} is {who}.",
        hint="Open it in the list of numbers." if ours else "Choose another number.",
        field="phone",
        code="number_held",
    )
