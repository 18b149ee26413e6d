"""Looking at numbers, sources and carrier connections. Business first, always."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from textrail.domain.accounts.models import Business
from textrail.domain.finding import Page, newest_page, the_one
from textrail.domain.numbers.models import (
    CallFlow,
    Connection,
    Hours,
    NumberOrder,
    OrderState,
    Sound,
    Source,
    TrackingNumber,
)
from textrail.domain.numbers.rules import numbers_to_try
from textrail.outbox.turn import once_a_turn
from textrail.vocabulary import opening
from textrail.vocabulary.phone import PhoneNumber


def numbers(business: Business) -> list[TrackingNumber]:
    """The numbers the business holds, by name, each with its source and connection."""
    rows = TrackingNumber.objects.filter(business=business, released_at=None)
    return list(rows.select_related("source", "connection").order_by("name", "id"))


def number_page(
    business: Business,
    *,
    search: str = "",
    released: bool = False,
    after: int | None = None,
    limit: int = 50,
) -> Page[TrackingNumber]:
    """Numbers that are held, or were given up, newest first, by part of a name or of the number.
    One statement."""
    rows = TrackingNumber.objects.filter(business=business, released_at__isnull=not released)
    if search:
        digits = "".join(c for c in search if c.isascii() and c.isdecimal())
        matching = Q(name__icontains=search)
        rows = rows.filter(matching | Q(phone__contains=digits) if len(digits) > 2 else matching)
    return newest_page(rows.select_related("source", "connection"), after=after, limit=limit)


def number(business: Business, number_id: int) -> TrackingNumber:
    """A number the business holds or held, or NotFound."""
    rows = TrackingNumber.objects.filter(business=business, id=number_id)
    rows = rows.select_related("source", "connection", "business")
    return the_one(rows, "There is no such number.", hint="Go back to the list of numbers.")


def held_number(business: Business, phone: str) -> TrackingNumber | None:
    """The number with this phone (E.164) that the business holds now."""
    rows = TrackingNumber.objects.filter(business=business, phone=phone, released_at=None)
    return rows.select_related("source", "connection", "business").first()


def phones_held(business: Business, phones: Collection[str]) -> set[str]:
    """Those of the phones (E.164) that are numbers which the business holds now. One statement."""
    rows = TrackingNumber.objects.filter(business=business, phone__in=phones, released_at=None)
    return set(rows.values_list("phone", flat=True))


def number_held(connection_id: int, phone: str) -> TrackingNumber | None:
    """Who holds `phone` on this connection now: the way in for what a carrier sends."""

    def look() -> TrackingNumber | None:
        rows = TrackingNumber.objects.filter(
            connection_id=connection_id, phone=phone, released_at=None
        )
        return rows.select_related("business", "source").first()

    return once_a_turn(("number", connection_id, phone), look)


def sources(business: Business) -> list[Source]:
    return list(Source.objects.filter(business=business).order_by("name"))


def connections(business: Business) -> list[Connection]:
    """The carrier accounts of the business, oldest first."""
    rows = Connection.objects.filter(business=business, removed_at=None)
    return list(rows.annotate(held=Count("numbers", Q(numbers__released_at=None))).order_by("id"))


def connection(business: Business, connection_id: int) -> Connection:
    rows = Connection.objects.filter(business=business, id=connection_id, removed_at=None)
    rows = rows.select_related("business")
    return the_one(rows, "There is no such carrier account.", hint="Choose one from the list.")


def order(business: Business, order_id: int) -> NumberOrder:
    """A number that was ordered, or NotFound."""
    rows = NumberOrder.objects.filter(business=business, id=order_id)
    rows = rows.select_related("connection", "business", "number")
    return the_one(rows, "There is no such order.", hint="Go back to the list of numbers.")


def open_orders(business: Business, *, most: int = 20) -> list[NumberOrder]:
    """Numbers that are being bought or could not be, newest first. What was bought since, by a
    later order or by hand, is left out."""
    held = TrackingNumber.objects.filter(phone=OuterRef("phone"), released_at=None)
    rows = NumberOrder.objects.filter(business=business).exclude(state=OrderState.BOUGHT)
    return list(rows.exclude(Exists(held)).order_by("-id")[:most])


def held_of(business: Business, phones: Iterable[str]) -> dict[str, bool]:
    """Which of these numbers somebody on this installation holds now: phone → whether this business
    does."""
    rows = TrackingNumber.objects.filter(phone__in=list(phones), released_at=None)
    held = rows.values_list("phone", "business_id")
    return {phone: holder == business.pk for phone, holder in held}


def free_simulated_numbers(business: Business, *, count: int = 6) -> list[PhoneNumber]:
    """Made-up numbers that nobody on this installation holds, for the simulated carrier."""
    held = TrackingNumber.objects.filter(released_at=None, phone__contains="55501")
    taken = set(held.values_list("phone", flat=True))
    return numbers_to_try(taken, start=business.pk * 37, count=count)


def all_hours(business: Business) -> list[Hours]:
    """The opening hours of the business, the standard ones first."""
    return list(Hours.objects.filter(business=business).order_by("id"))


def hours(business: Business, hours_id: int) -> Hours:
    """Opening hours of the business, or NotFound."""
    rows = Hours.objects.filter(business=business, id=hours_id)
    return the_one(rows, "There are no such opening hours.", hint="Go back to the list of hours.")


def opening_of(number: TrackingNumber) -> opening.Hours | None:
    """The hours that hold for a number: its own, else the standard ones; None when there are none.

    One statement.
    """
    rows = Hours.objects.filter(business_id=number.business_id)
    if number.hours_id is not None:
        rows = rows.filter(id=number.hours_id)
    kept = rows.order_by("id").values_list("opening", flat=True).first()
    return None if kept is None else opening.decode_hours(kept)


def call_flows(business: Business) -> list[CallFlow]:
    """The call flows in use, by name, each with its held numbers under `numbers`."""
    held = Prefetch("numbers", TrackingNumber.objects.filter(released_at=None).order_by("name"))
    rows = CallFlow.objects.filter(business=business, archived_at=None)
    return list(rows.prefetch_related(held).order_by("name", "id"))


def call_flow(business: Business, flow_id: int) -> CallFlow:
    """A call flow that was not taken away, or NotFound."""
    rows = CallFlow.objects.filter(business=business, id=flow_id, archived_at=None)
    return the_one(rows, "There is no such call flow.", hint="Choose one from the list.")


_NO_SOUND = "There is no such sound file."


def sounds(business: Business) -> list[Sound]:
    return list(Sound.objects.filter(business=business).order_by("name", "id"))


def sound(business: Business, sound_id: int) -> Sound:
    return the_one(Sound.objects.filter(business=business, id=sound_id), _NO_SOUND)


def public_sound(token: str) -> Sound:
    """The sound file at an address that cannot be guessed, for the carrier that plays it."""
    return the_one(Sound.objects.filter(token=token), _NO_SOUND)
