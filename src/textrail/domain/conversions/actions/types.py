"""Saying what counts: types of conversion, one by one or as a business's whole first set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor, record_audit, take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.conversions import rules
from textrail.domain.conversions.actions.unmatched import count_from_now
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    Trigger,
)
from textrail.domain.conversions.rules.presets import ORDER
from textrail.domain.conversions.rules.types import check_type
from textrail.vocabulary.errors import Conflict

_FIRST = (
    ORDER,
    rules.TypeDraft("Lead Submitted", "lead", "Lead Submitted", 14),
    rules.TypeDraft("Appointment Booked", "lead", "Appointment Booked", 14),
)


def add_default_types(*, business: Business, at: datetime) -> None:
    """The types that a new business begins with; those that it has already stay as they are."""
    _add_missing(business, _FIRST, at)


def add_preset(
    *, business: Business, preset: rules.PresetName, at: datetime, actor: Actor
) -> list[ConversionType]:
    """The types of a preset that the business has not; those that it has stay as they are."""
    with transaction.atomic():
        made = _add_missing(business, rules.PRESETS[preset].types, at)
        for row in made:
            _audit(business, row, "conversion_type.added", at, actor)
    return made


def _add_missing(
    business: Business, drafts: Iterable[rules.TypeDraft], at: datetime
) -> list[ConversionType]:
    """A call or text has one type at most here, and each event one."""
    held = set(ConversionType.objects.filter(business=business).values_list("trigger", "event"))
    refunds = set(ConversionType.objects.filter(business=business).values_list("refund_event"))
    missing = [draft for draft in drafts if (draft.trigger, draft.event) not in held]
    rows = [ConversionType(business=business, **_fields(business, draft)) for draft in missing]
    for row in rows:
        if (row.refund_event,) in refunds:
            row.refund_event = ""
    if not rows:
        return []
    with transaction.atomic():
        take_turns(business)
        ConversionType.objects.bulk_create(rows, ignore_conflicts=True)
        names = [row.name for row in rows]
        made = list(ConversionType.objects.filter(business=business, name__in=names))
        count_from_now(made, at=at)
    return made


def _fields(business: Business, draft: rules.TypeDraft) -> dict[str, object]:
    """The columns of a type that is checked."""
    checked = check_type(draft, currency=business.currency)
    return {
        "name": checked.name,
        "kind": checked.kind,
        "trigger": checked.trigger,
        "event": checked.event,
        "refund_event": checked.refund_event,
        "value_rule": checked.value_rule,
        "value_property": checked.value_property,
        "fixed_minor": checked.fixed.minor,
        "fixed_currency": checked.fixed.currency if checked.value_rule == "fixed" else "",
        "window_days": checked.window_days,
        "view_days": checked.view_days,
        "repeats": checked.repeats,
        "least_seconds": checked.least_seconds,
        "answered_only": checked.answered_only,
        "is_touchpoint": checked.is_touchpoint,
    }


def add_type(
    *, business: Business, form: rules.TypeDraft, at: datetime, actor: Actor = None
) -> ConversionType:
    """Let an event, a call or a text count from now on. Conflict when the event counts already."""
    fields = _fields(business, form)
    try:
        with transaction.atomic():
            take_turns(business)
            row = ConversionType.objects.create(business=business, **fields)
            count_from_now([row], at=at)
            _audit(business, row, "conversion_type.added", at, actor)
            return row
    except IntegrityError as error:
        raise _event_taken(business, fields) from error


def change_type(
    *,
    business: Business,
    type_: ConversionType,
    form: rules.TypeDraft,
    at: datetime,
    actor: Actor = None,
) -> None:
    """Change what counts and how. Windows say at once how history is credited; what was counted
    before stays counted as it was. Conflict when the event is taken."""
    fields = _fields(business, form)
    changed = [name for name, value in fields.items() if getattr(type_, name) != value]
    if not changed:
        return
    try:
        with transaction.atomic():
            take_turns(business)
            ConversionType.objects.filter(business=business, id=type_.pk).update(**fields)
            type_.refresh_from_db()
            count_from_now([type_], at=at)
            _audit(business, type_, "conversion_type.changed", at, actor, f": {', '.join(changed)}")
    except IntegrityError as error:
        raise _event_taken(business, fields, besides=type_) from error


@transaction.atomic
def end_type(
    *, business: Business, type_: ConversionType, at: datetime, actor: Actor = None
) -> None:
    """Count nothing more for a type; what it counted stays. One that never counted goes."""
    if Conversion.objects.filter(type=type_).exists():
        ended = ConversionType.objects.filter(business=business, id=type_.pk, ended_at=None)
        action = "conversion_type.ended" if ended.update(ended_at=at) else ""
    else:
        ConversionType.objects.filter(business=business, id=type_.pk).delete()
        action = "conversion_type.removed"
    if action:
        _audit(business, type_, action, at, actor)


@transaction.atomic
def resume_type(
    *, business: Business, type_: ConversionType, at: datetime, actor: Actor = None
) -> None:
    """Count for a type again, from now on, and what is kept of its events."""
    take_turns(business)
    rows = ConversionType.objects.filter(business=business, id=type_.pk, ended_at__isnull=False)
    if rows.update(ended_at=None):
        type_.ended_at = None
        count_from_now([type_], at=at)
        _audit(business, type_, "conversion_type.resumed", at, actor)


def _audit(
    business: Business, row: ConversionType, action: str, at: datetime, actor: Actor, what: str = ""
) -> None:
    record_audit(business=business, actor=actor, action=action, subject=row.name + what, at=at)


def _event_taken(
    business: Business, fields: dict[str, object], *, besides: ConversionType | None = None
) -> Conflict:
    others = ConversionType.objects.filter(business=business)
    if besides is not None:
        others = others.exclude(id=besides.pk)
    if fields["trigger"] == Trigger.EVENT and others.filter(event=fields["event"]).exists():
        return Conflict(
            f"“{fields['event']}” counts already.",
            hint="Change the type that counts it.",
            field="event",
        )
    return Conflict(
        f"“{fields['refund_event']}” takes back conversions of another type already.",
        hint="Leave it empty here, or take it out there.",
        field="refund_event",
    )
