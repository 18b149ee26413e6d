"""Keeping opening hours. What reads them, answers and call flows, asks anew each time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import available_timezones

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers import queries
from textrail.domain.numbers.models import Hours, TrackingNumber
from textrail.domain.numbers.rules import clean_name
from textrail.vocabulary import opening
from textrail.vocabulary.errors import Conflict, Malformed

MOST_SPECIAL_DAYS = 200


@transaction.atomic
def save_hours(
    *,
    business: Business,
    hours_id: int | None,
    name: str,
    wanted: opening.Hours,
    number_ids: Collection[int] = (),
    at: datetime,
    actor: User | None = None,
) -> Hours:
    """Make opening hours (`hours_id` None) or change them, and have them hold for these numbers.

    Refuses a zone that there is not, a country whose holidays nobody knows, and a name that other
    hours have. A region that the country does not have is left out.
    """
    kept = opening.encode_hours(_checked(wanted)).decode()
    values = {"name": clean_name(name), "opening": kept}
    try:
        with transaction.atomic():
            if hours_id is None:
                row = Hours.objects.create(business=business, created_at=at, **values)
            else:
                row = queries.hours(business, hours_id)
                Hours.objects.filter(id=row.id).update(**values)
    except IntegrityError as error:
        raise Conflict(
            "Other hours have this name already.", hint="Choose another.", field="name"
        ) from error
    numbers = TrackingNumber.objects.filter(business=business)
    numbers.filter(hours=row).exclude(id__in=number_ids).update(hours=None)
    numbers.filter(id__in=number_ids).update(hours=row)
    _note(business, actor, "hours.saved", values["name"], at)
    row.refresh_from_db()
    return row


@transaction.atomic
def set_special_day(
    *,
    business: Business,
    hours_id: int,
    day: date,
    special: opening.SpecialDay | None,
    at: datetime,
    actor: User | None = None,
) -> None:
    """Have `day` be special, in place of what it was; None makes it an ordinary day again."""
    row = _locked(business, hours_id)
    hours = opening.decode_hours(row.opening)
    others = [each for each in hours.special if each.day != day.isoformat()]
    if special is not None:
        others.append(special)
    if len(others) > MOST_SPECIAL_DAYS:
        raise Malformed(
            f"Hours have at most {MOST_SPECIAL_DAYS} special days.",
            hint="Remove those that are over.",
            field="day",
        )
    days = tuple(sorted(others, key=lambda each: each.day))
    changed = msgspec.structs.replace(hours, special=days)
    Hours.objects.filter(id=row.id).update(opening=opening.encode_hours(changed).decode())
    _note(business, actor, "hours.special_day", f"{row.name}: {day.isoformat()}", at)


@transaction.atomic
def remove_hours(
    *, business: Business, hours_id: int, at: datetime, actor: User | None = None
) -> None:
    """Take opening hours away; Conflict while a call flow goes by them."""
    row = _locked(business, hours_id)
    try:
        row.delete()
    except ProtectedError as error:
        raise Conflict(
            f"{row.name} are in use.", hint="Choose other hours in the call flow first."
        ) from error
    _note(business, actor, "hours.removed", row.name, at)


def _locked(business: Business, hours_id: int) -> Hours:
    """The row, which nobody else changes until the transaction ends."""
    Hours.objects.select_for_update().filter(business=business, id=hours_id).first()
    return queries.hours(business, hours_id)


def _checked(wanted: opening.Hours) -> opening.Hours:
    if wanted.time_zone not in available_timezones():
        raise Malformed(
            f"“{wanted.time_zone[:60]}” is not a time zone.",
            hint="Choose one from the list, such as America/New_York.",
            field="time_zone",
        )
    if wanted.country and wanted.country not in opening.holiday_regions():
        raise Malformed(
            "The holidays of this country are not known.",
            hint="Choose another, or none, and add its holidays as special days.",
            field="country",
        )
    if wanted.region not in opening.region_names(wanted.country):
        return msgspec.structs.replace(wanted, region="")
    return wanted


def _note(business: Business, actor: User | None, action: str, subject: str, at: datetime) -> None:
    record_audit(business=business, actor=actor, action=action, subject=subject, at=at)
