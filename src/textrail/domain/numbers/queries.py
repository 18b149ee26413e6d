"""Looking at numbers, sources and carrier connections. Business first, always."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.numbers.models import CarrierName, Connection, Source, TrackingNumber
from textrail.domain.numbers.rules import numbers_to_try
from textrail.vocabulary.errors import NotFound
from textrail.vocabulary.phone import PhoneNumber


def numbers(business: Business) -> list[TrackingNumber]:
    """The numbers the business holds, by name, each with its source and connection."""
    rows = TrackingNumber.objects.filter(business=business, released_at=None)
    return list(rows.select_related("source", "connection").order_by("name", "id"))


def number(business: Business, number_id: int) -> TrackingNumber:
    """A number the business holds or held, or NotFound."""
    rows = TrackingNumber.objects.filter(business=business, id=number_id)
    found = rows.select_related("source", "connection", "business").first()
    if found is None:
        raise NotFound("There is no such number.", hint="Go back to the list of numbers.")
    return found


def number_held(connection_id: int, phone: str) -> TrackingNumber | None:
    """Who holds `phone` on this connection now: the way in for what a carrier sends."""
    rows = TrackingNumber.objects.filter(connection_id=connection_id, phone=phone, released_at=None)
    return rows.select_related("business", "source").first()


def sources(business: Business) -> list[Source]:
    return list(Source.objects.filter(business=business).order_by("name"))


def connections(business: Business) -> list[Connection]:
    """The carrier accounts of the business, oldest first."""
    return list(Connection.objects.filter(business=business).order_by("id"))


def connection(business: Business, connection_id: int) -> Connection:
    found = Connection.objects.filter(business=business, id=connection_id).first()
    if found is None:
        raise NotFound("There is no such carrier account.", hint="Choose one from the list.")
    return found


def free_simulated_numbers(business: Business, *, count: int = 6) -> list[PhoneNumber]:
    """Made-up numbers that nobody on this installation holds, for the simulated carrier."""
    held = TrackingNumber.objects.filter(released_at=None, phone__contains="55501")
    taken = set(held.values_list("phone", flat=True))
    return numbers_to_try(taken, start=business.pk * 37, count=count)


def simulator(business: Business) -> Connection | None:
    """The connection of the business to the simulated carrier, if it has one."""
    rows = Connection.objects.filter(business=business, carrier=CarrierName.SIMULATOR)
    return rows.order_by("id").first()
