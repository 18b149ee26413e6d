"""Writing conversions down, each once for ever, and telling whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.models import Person
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import queries, rules
from textrail.domain.conversions.models import (
    Conversion,
    ConversionKind,
    ConversionType,
    UnmatchedEvent,
)
from textrail.outbox.actions import tell
from textrail.vocabulary import reports
from textrail.vocabulary.arrivals import IntakeCall
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.events import Event, EventName

SEGMENT: Final = "segment"
MOST_UNMATCHED = 200
LONGEST_WINDOW = 365
_DEFAULT_TYPES = (
    ("Order Completed", ConversionKind.PURCHASE, 30),
    ("Lead Submitted", ConversionKind.LEAD, 14),
    ("Appointment Booked", ConversionKind.LEAD, 14),
)


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One Segment event as it came. `key` is the sender's name for it, unique for ever."""

    call: IntakeCall
    key: str
    event: Mapping[str, object]
    received_at: datetime


@dataclass(slots=True)
class _Known:
    """What one look at the database said about a whole batch; kept true while it is recorded."""

    types: dict[str, ConversionType]
    keys: set[str]
    orders: set[tuple[int, str]]
    clickers: dict[str, Person]
    unmatched: Counter[str] = field(default_factory=Counter)


def record_events(*, business: Business, events: Sequence[SentEvent]) -> int:
    """Record a batch of Segment events of one business; how many new conversions were in it.

    An event counts when a type is made for it; every event tells which keys are one person's.
    What came before, by its key or by its order, is not counted again. Malformed, with nothing
    written, when one of them cannot be read.
    """
    with transaction.atomic():
        cleaned = [(sent, reports.clean(sent.event)) for sent in events]
        known = _look_up(business, cleaned)
        recorded = sum(_record_event(business, sent, event, known) for sent, event in cleaned)
        if known.unmatched:
            last_at = max(sent.received_at for sent in events)
            _count_unmatched(business, known.unmatched, last_at)
    return recorded


def _look_up(
    business: Business, events: Sequence[tuple[SentEvent, Mapping[str, object]]]
) -> _Known:
    types = {row.event: row for row in ConversionType.objects.filter(business=business)}
    tracked = [(sent, event) for sent, event in events if sent.call == "track"]
    before = Conversion.objects.filter(business=business)
    keys = [sent.key for sent, _ in tracked]
    orders = {reports.read_order(event) for _, event in tracked} - {""}
    seen = before.filter(
        Q(sender=SEGMENT, sender_key__in=keys) | Q(type__in=types.values(), order_ref__in=orders)
    ).values_list("sender", "sender_key", "type_id", "order_ref")
    rows = list(seen) if tracked else []
    clicks = {rules.read_click_id(event) for _, event in events} - {""}
    return _Known(
        types=types,
        keys={key for sender, key, _, _ in rows if sender == SEGMENT},
        orders={(type_id, order) for _, _, type_id, order in rows if order},
        clickers=queries.people_of_clicks(business, clicks) if clicks else {},
    )


def _record_event(
    business: Business, sent: SentEvent, event: Mapping[str, object], known: _Known
) -> bool:
    if sent.key in known.keys:
        return False
    keys = rules.read_keys(event, country=business.country)
    clicker = known.clickers.get(rules.read_click_id(event))
    type_ = known.types.get(reports.read_event_name(event)) if sent.call == "track" else None
    if type_ is None:
        if sent.call == "track":
            known.unmatched[reports.read_event_name(event)] += 1
        if len(keys) + (clicker is not None) > 1:
            _identify(business, keys, clicker, sent)
        return False
    around = rules.Surroundings(business.country, business.currency, sent.received_at)
    reported = rules.read_conversion(event, around)
    person = _identify(business, keys, clicker, sent)
    if (type_.pk, reported.order_ref) in known.orders:
        return False
    _store(business, type_, person, SEGMENT, sent.key, reported, sent.received_at)
    known.keys.add(sent.key)
    if reported.order_ref:
        known.orders.add((type_.pk, reported.order_ref))
    return True


def _identify(
    business: Business, keys: Sequence[Key], clicker: Person | None, sent: SentEvent
) -> Person:
    shared = [*(["click"] if clicker else []), *dict.fromkeys(key.kind for key in keys)]
    return resolve_person(
        business=business,
        keys=keys,
        at=sent.received_at,
        known=clicker,
        evidence=f"{', '.join(shared)} in {sent.call} {sent.key[:80]}",
    )


def record_conversion(
    *,
    business: Business,
    type_: ConversionType,
    person: Person,
    sender: str,
    sender_key: str,
    reported: rules.Reported,
    at: datetime,
) -> Conversion | None:
    """Record one conversion, or nothing when this key or this order was counted before."""
    before = Q(sender=sender, sender_key=sender_key)
    if reported.order_ref:
        before |= Q(type=type_, order_ref=reported.order_ref)
    if Conversion.objects.filter(before, business=business).exists():
        return None
    try:
        with transaction.atomic():
            return _store(business, type_, person, sender, sender_key, reported, at)
    except IntegrityError:
        return None  # the same report came twice at once


def _store(
    business: Business,
    type_: ConversionType,
    person: Person,
    sender: str,
    sender_key: str,
    reported: rules.Reported,
    received_at: datetime,
) -> Conversion:
    conversion = Conversion.objects.create(
        business=business,
        type=type_,
        person=person,
        sender=sender,
        sender_key=sender_key,
        order_ref=reported.order_ref,
        value_minor=reported.value.minor,
        currency=reported.value.currency,
        click_id=reported.click_id,
        properties=reported.properties,
        at=reported.at,
        received_at=received_at,
    )
    subject: dict[str, int | str] = {"conversion_id": conversion.pk}
    tell(Event(EventName.CONVERSION_RECORDED, business.pk, received_at, subject))
    return conversion


def _count_unmatched(business: Business, counts: Counter[str], at: datetime) -> None:
    for event, count in counts.items():
        rows = UnmatchedEvent.objects.filter(business=business, event=event)
        if rows.update(count=F("count") + count, last_at=at):
            continue
        # A sender that makes up names must not fill the table: the first ones are enough to see it.
        if UnmatchedEvent.objects.filter(business=business).count() < MOST_UNMATCHED:
            UnmatchedEvent.objects.create(business=business, event=event, count=count, last_at=at)


def add_default_types(*, business: Business, at: datetime) -> None:
    """The types that a new business begins with; those that it has already stay as they are."""
    ConversionType.objects.bulk_create(
        (
            ConversionType(business=business, name=event, kind=kind, event=event, window_days=days)
            for event, kind, days in _DEFAULT_TYPES
        ),
        ignore_conflicts=True,
    )


@dataclass(frozen=True, slots=True)
class TypeForm:
    """What a type is made of: its name, kind, the event that counts, how many days look back."""

    name: str
    kind: str
    event: str
    window_days: int


def add_type(*, business: Business, form: TypeForm) -> ConversionType:
    """Let an event count from now on. Conflict when it counts already."""
    checked = _check_type(form)
    try:
        with transaction.atomic():
            UnmatchedEvent.objects.filter(business=business, event=checked.event).delete()
            return ConversionType.objects.create(
                business=business,
                name=checked.name,
                kind=checked.kind,
                event=checked.event,
                window_days=checked.window_days,
            )
    except IntegrityError as error:
        raise _event_taken(checked.event) from error


def change_type(*, business: Business, type_: ConversionType, form: TypeForm) -> None:
    """Change how a type is named, counted and looked back. Conflict when the event is taken."""
    checked = _check_type(form)
    try:
        with transaction.atomic():
            ConversionType.objects.filter(business=business, id=type_.pk).update(
                name=checked.name,
                kind=checked.kind,
                event=checked.event,
                window_days=checked.window_days,
            )
            UnmatchedEvent.objects.filter(business=business, event=checked.event).delete()
    except IntegrityError as error:
        raise _event_taken(checked.event) from error


def _event_taken(event: str) -> Conflict:
    return Conflict(
        f"“{event}” counts already.", hint="Change the type that counts it.", field="event"
    )


def _check_type(form: TypeForm) -> TypeForm:
    name, event = " ".join(form.name.split()), form.event.strip()
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Malformed("A type needs a name of 1 to 80 characters.", field="name")
    if not 1 <= len(event) <= reports.LONGEST_EVENT or not event.isprintable():
        raise Malformed(
            f"A type needs the name of an event, at most {reports.LONGEST_EVENT} characters.",
            hint="Write it exactly as your shop sends it, such as Order Completed.",
            field="event",
        )
    if form.kind not in ConversionKind.values:
        raise Malformed("Choose what kind of conversion it is.", field="kind")
    if not 1 <= form.window_days <= LONGEST_WINDOW:
        raise Malformed(
            f"The window is 1 to {LONGEST_WINDOW} days.",
            hint="30 days suit purchases, 7 to 14 days suit leads.",
            field="window_days",
        )
    return TypeForm(name, form.kind, event, form.window_days)
