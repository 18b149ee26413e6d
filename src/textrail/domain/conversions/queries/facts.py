"""Looking at one conversion: what was reported, by whom, and what was taken back of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions.models import Conversion
from textrail.domain.conversions.queries.conversions import conversion
from textrail.domain.conversions.queries.repeats import counted_instead
from textrail.domain.conversions.rules import Product, read_products
from textrail.vocabulary.money import Money

_LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """A conversion with everything that was said about it. `given` is what was reported, where that
    was in another currency; `left` what is left of it after its refunds; `counted` the one of the
    same person that counts instead, where this one counts nothing."""

    row: Conversion
    contact: Contact | None
    value: Money
    given: Money | None
    late: timedelta | None
    products: tuple[Product, ...]
    refunds: tuple[tuple[Conversion, Money], ...]
    left: Money
    counted: Conversion | None


def facts_of(business: Business, conversion_id: int) -> Facts:
    """The facts of a conversion, or NotFound."""
    row = conversion(business, conversion_id)
    refunds = Conversion.objects.filter(business=business, sale=row).order_by("at", "id")
    taken = tuple((each, Money(each.value_minor, each.currency)) for each in refunds)
    late = row.received_at - row.at
    instead = counted_instead(business, [row]).get(row.pk)
    return Facts(
        row=row,
        contact=contacts.contacts_of_persons(business, [row.person_id]).get(row.person_id),
        value=Money(row.value_minor, row.currency),
        given=None if row.given_minor is None else Money(row.given_minor, row.given_currency),
        late=late if late > _LATE else None,
        products=read_products(row.properties),
        refunds=taken,
        left=Money(row.value_minor + sum(money.minor for _, money in taken), row.currency),
        counted=None if instead is None else conversion(business, instead),
    )
