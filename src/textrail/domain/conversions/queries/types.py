"""Looking at the types of conversion, and at reported events that no type counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import (
    ConversionType,
    Repeats,
    Trigger,
    UnmatchedEvent,
    ValueRule,
)
from textrail.domain.conversions.queries.parked import kept_by_name
from textrail.domain.conversions.queries.repeats import count_once
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.conversions.rules.wording import in_whole_units
from textrail.domain.finding import the_one
from textrail.vocabulary.money import Money


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A type with how often it counts. `counted` says what of calls and texts; `value` is what
    each is worth, where that is fixed."""

    id: int
    name: str
    kind: str
    event: str
    counted: str
    refund_event: str
    value: Money | None
    valueless: bool
    window_days: int
    view_days: int
    repeats: str
    conversions: int
    ended: bool


def types(business: Business) -> list[TypeRow]:
    """The types of a business by name, those that ended behind the others."""
    own = ConversionType.objects.filter(business=business)
    no_refund = Q(conversions__sale=None)
    once = no_refund & Q(conversions__once_per=Repeats.PERSON)
    rows = own.annotate(
        size=Count("conversions", filter=no_refund), once=Count("conversions", filter=once)
    )
    ordered = sorted(rows, key=lambda row: (row.ended_at is not None, row.name, row.pk))
    counted = count_once(business, [row.pk for row in ordered if row.once])
    return [
        TypeRow(
            id=row.pk,
            name=row.name,
            kind=row.get_kind_display(),
            event=row.event,
            counted=_counted(row),
            refund_event=row.refund_event,
            value=_fixed(row),
            valueless=row.value_rule == ValueRule.NONE,
            window_days=row.window_days,
            view_days=row.view_days,
            repeats=row.get_repeats_display(),
            conversions=counted.get(row.pk, row.size),
            ended=row.ended_at is not None,
        )
        for row in ordered
    ]


def type_names(business: Business) -> list[tuple[int, str]]:
    """The ids and names of the types, in the order of `types`."""
    rows = ConversionType.objects.filter(business=business)
    known = rows.values_list("ended_at", "name", "id")
    ordered = sorted((ended is not None, name, pk) for ended, name, pk in known)
    return [(pk, name) for _, name, pk in ordered]


def counting_types(business: Business) -> dict[str, ConversionType]:
    """The types that count events now, by the event."""
    rows = ConversionType.objects.filter(business=business, ended_at=None, trigger=Trigger.EVENT)
    return {row.event: row for row in rows}


def valued_events(business: Business) -> frozenset[str]:
    """The events that must say a value."""
    return frozenset(event for event, row in counting_types(business).items() if row.is_valued)


def refund_events(business: Business) -> frozenset[str]:
    """The events that take back what a type counted."""
    rows = ConversionType.objects.filter(business=business, ended_at=None).exclude(refund_event="")
    return frozenset(rows.values_list("refund_event", flat=True))


def _counted(row: ConversionType) -> str:
    if row.trigger == Trigger.EVENT:
        return ""
    if row.trigger == Trigger.TEXT:
        return "Texts"
    which = "Answered calls" if row.answered_only else "Calls"
    return f"{which} of {row.least_seconds} s or more" if row.least_seconds else which


def _fixed(row: ConversionType) -> Money | None:
    if row.value_rule != ValueRule.FIXED:
        return None
    return Money(row.fixed_minor, row.fixed_currency)


def draft_of(business: Business, row: ConversionType) -> TypeDraft:
    """A type as its form shows it."""
    fixed = _fixed(row)
    return TypeDraft(
        name=row.name,
        kind=row.kind,
        event=row.event,
        window_days=row.window_days,
        trigger=row.trigger,
        refund_event=row.refund_event,
        value_rule=row.value_rule,
        value_property=row.value_property,
        fixed=in_whole_units(fixed) if fixed else "",
        view_days=row.view_days,
        repeats=row.repeats,
        least_seconds=row.least_seconds,
        answered_only=row.answered_only,
        is_touchpoint=row.is_touchpoint,
    )


def conversion_type(business: Business, type_id: int) -> ConversionType:
    rows = ConversionType.objects.filter(business=business, id=type_id)
    return the_one(rows, "There is no such type of conversion.", hint="Choose one from the list.")


@dataclass(frozen=True, slots=True)
class UnmatchedRow:
    """An event that came `count` times and that no type counts; `kept` of them count once one does.
    `alike` is the event of a type from which only capitals tell it, or empty."""

    event: str
    count: int
    kept: int
    last_at: datetime
    alike: str


def unmatched_events(business: Business) -> list[UnmatchedRow]:
    """Events that came and that no type counts, the most frequent first."""
    rows = UnmatchedEvent.objects.filter(business=business).order_by("-count", "event")
    kept = kept_by_name(business, [row.event for row in rows]) if rows else {}
    alike = {name.casefold(): name for name in _events(business)} if rows else {}
    return [
        UnmatchedRow(
            event=row.event,
            count=row.count,
            kept=kept.get(row.event, 0),
            last_at=row.last_at,
            alike=alike.get(row.event.casefold(), ""),
        )
        for row in rows
    ]


def _events(business: Business) -> set[str]:
    """The events that types count or take back."""
    rows = ConversionType.objects.filter(business=business, ended_at=None)
    return {name for names in rows.values_list("event", "refund_event") for name in names} - {""}
