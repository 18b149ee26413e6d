"""Changing a number that is held: its name, its switch, its source."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.numbers.actions.adding import check_texts
from textrail.domain.numbers.actions.sources import find_or_add_source, source_fields
from textrail.domain.numbers.models import Source, TrackingNumber
from textrail.domain.numbers.rules import SourceFields, clean_name, clean_source
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.phone import format_phone


def update_number(
    *,
    number: TrackingNumber,
    name: str,
    sms_enabled: bool,
    fields: SourceFields,
    at: datetime,
    actor: Actor = None,
) -> None:
    """Name, SMS and source together: all of it, or nothing when a part is refused."""
    with transaction.atomic():
        if name != number.name:
            rename_number(number=number, name=name, at=at, actor=actor)
        if sms_enabled != number.sms_enabled:
            switch_sms(number=number, enabled=sms_enabled, at=at, actor=actor)
        if fields != source_fields(number.source):
            change_source(number=number, fields=fields, at=at, actor=actor)


def rename_number(*, number: TrackingNumber, name: str, at: datetime, actor: Actor = None) -> None:
    number.name = clean_name(name)
    change_number(number, ["name"], "number.renamed", at, actor)


def switch_sms(*, number: TrackingNumber, enabled: bool, at: datetime, actor: Actor = None) -> None:
    """Whether texts may be sent from this number; Conflict when it cannot carry any."""
    check_texts(can=number.sms_capable, wanted=enabled)
    number.sms_enabled = enabled
    change_number(
        number, ["sms_enabled"], "number.sms_on" if enabled else "number.sms_off", at, actor
    )


def change_source(
    *, number: TrackingNumber, fields: SourceFields, at: datetime, actor: Actor = None
) -> Source:
    """Credit the number, from now on, to the source of this name, made or brought up to date.

    What came in before keeps the source that it was recorded with.
    """
    fields = clean_source(fields)
    with transaction.atomic():
        source = find_or_add_source(number.business, fields)
        Source.objects.filter(id=source.pk).update(**asdict(fields))
        number.source = source
        change_number(number, ["source"], "number.source_changed", at, actor)
    return source


def change_number(
    number: TrackingNumber, fields: list[str], action: str, at: datetime, actor: Actor
) -> None:
    """Write the named fields of a number that is still held; Conflict when it is not."""
    with transaction.atomic():
        values = {field: getattr(number, field) for field in fields}
        held = TrackingNumber.objects.filter(id=number.pk, released_at=None)
        if held.update(**values) != 1:
            raise Conflict(
                f"{format_phone(number.phone, home=number.business.country)} was given up.",
                hint="Add it again to use it.",
            )
        record_audit(
            business=number.business, actor=actor, action=action, subject=number.phone, at=at
        )
