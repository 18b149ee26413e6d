"""Counting calls and texts on tracking numbers, where a type says that they are conversions."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Person
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    Repeats,
    ValueRule,
)
from textrail.domain.conversions.reached import Kind, Reached
from textrail.domain.finding import by_key
from textrail.outbox.actions import tell
from textrail.vocabulary.events import Event, EventName


@transaction.atomic
def record_reached(
    *, business: Business, kind: Kind, reached: Reached, at: datetime
) -> list[Conversion]:
    """Count a call or a text for each type that it fulfils, once for ever; what was recorded.

    A call is told of whenever its outcome climbs, and counts when it first fulfils a type. Of a
    person who counted before and counts once it is kept, and nobody hears of it.
    """
    types = ConversionType.objects.filter(business=business, trigger=kind, ended_at=None)
    made = (
        _count(business, kind, reached, type_, at)
        for type_ in types.order_by("id")
        if _fulfils(reached, type_)
    )
    return [conversion for conversion in made if conversion is not None]


def _fulfils(reached: Reached, type_: ConversionType) -> bool:
    heard = reached.answered or not type_.answered_only
    return reached.counts and heard and reached.seconds >= type_.least_seconds


def _count(
    business: Business, kind: Kind, reached: Reached, type_: ConversionType, at: datetime
) -> Conversion | None:
    key = f"{reached.id}/{type_.pk}"
    known = Conversion.objects.filter(business=business)
    if known.filter(sender=kind, sender_key=key).exists():
        return None
    is_new = True
    if type_.repeats == Repeats.PERSON:
        # Of two who are one and call at once, one is new.
        take_turns(business)
        people = contacts.ids_of_person(business, Person.objects.get(id=reached.person_id))
        same = by_key(Q(business=business, type=type_, sale=None))
        is_new = not Conversion.objects.filter(same, person__in=people).exists()
    fixed = type_.value_rule == ValueRule.FIXED
    try:
        with transaction.atomic():
            conversion = Conversion.objects.create(
                business=business,
                type=type_,
                person_id=reached.person_id,
                sender=kind,
                sender_key=key,
                once_per=type_.repeats,
                value_minor=type_.fixed_minor if fixed else 0,
                currency=type_.fixed_currency if fixed else business.currency,
                origin_id=reached.id,
                at=reached.at,
                received_at=at,
            )
            subject: dict[str, int | str] = {"conversion_id": conversion.pk}
            if is_new:
                tell(Event(EventName.CONVERSION_RECORDED, business.pk, at, subject))
    except IntegrityError:
        return None  # the same call was told of twice at once
    return conversion
