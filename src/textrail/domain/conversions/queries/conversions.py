"""Looking at conversions: lists, totals, and what a timeline tells of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions.models import Conversion
from textrail.domain.conversions.queries.repeats import counted_instead
from textrail.domain.finding import by_key, the_one
from textrail.domain.links.models import Click, Verdict
from textrail.vocabulary.money import Money
from textrail.vocabulary.page_ends import read_page_end, write_page_end

TIMELINE_LIMIT = 200
_IN_DOUBT = {Verdict.UNKNOWN, Verdict.PREFETCH}


def people_of_clicks(business: Business, click_ids: Collection[str]) -> dict[str, int]:
    """The ids of who tapped, by click id; ids that we never gave out are left out."""
    # By one key alone: with the business beside it, a database may read all of its clicks.
    statement = (
        "SELECT click_id, person_id, business_id FROM links_click WHERE click_id IN ({values})"
    )
    rows = bulk.found(statement, click_ids)
    return {click_id: person_id for click_id, person_id, owner in rows if owner == business.pk}


def doubtful_clicks(business: Business, click_ids: Collection[str]) -> set[str]:
    """Those of `click_ids` of which it is known, and in doubt, who tapped."""
    # By one key alone, as above.
    statement = (
        "SELECT click_id, verdict, business_id FROM links_click WHERE click_id IN ({values})"
    )
    rows = bulk.found(statement, click_ids)
    return {
        click_id
        for click_id, verdict, owner in rows
        if owner == business.pk and verdict in _IN_DOUBT
    }


def conversion(business: Business, conversion_id: int) -> Conversion:
    rows = Conversion.objects.filter(business=business, id=conversion_id)
    rows = rows.select_related("type", "person__merged_into")
    return the_one(rows, "There is no such conversion.", hint="Go back to the list of conversions.")


def reported_before(
    business: Business, sender: str, keys: Collection[str]
) -> dict[str, Conversion]:
    """What a sender reported by these keys before, with its type."""
    rows = Conversion.objects.filter(business=business, sender=sender, sender_key__in=keys)
    return {row.sender_key: row for row in rows.select_related("type")}


def sales_of_orders(
    business: Business, types: Collection[int], orders: Collection[str]
) -> dict[tuple[int, str], Conversion]:
    """The sales of these orders, by type and order; of several the first that came."""
    rows = Conversion.objects.filter(by_key(Q(business=business)), sale=None)
    rows = rows.filter(type__in=types, order_ref__in=orders)
    return {(row.type_id, row.order_ref): row for row in rows.order_by("-id")}


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """A line of the list. `contact_id` is empty for a person whom we do not know by phone;
    `link` names the link that was tapped, where the report carried a click. A refund takes a sale
    back, and has a negative value; one that failed `gives_back` what it took. What does not
    `counts` is one of a person of whom another counts."""

    id: int
    at: datetime
    type: str
    contact_id: int | None
    contact: str
    phone: str
    value: Money
    order_ref: str
    link: str
    is_refund: bool
    gives_back: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class ConversionPage:
    """Lines of a list, newest first; `after` asks for those behind them, empty at the end."""

    rows: tuple[ConversionRow, ...]
    after: str


def conversion_page(
    business: Business, *, type_id: int | None = None, after: str = "", limit: int = 50
) -> ConversionPage:
    """Conversions, newest first. `after` is what the page before gave; anything else is ignored.

    Nine statements at most, however many lines.
    """
    rows = Conversion.objects.filter(business=business).select_related("type")
    if type_id is not None:
        rows = rows.filter(type=type_id)
    if (key := read_page_end(after)) is not None:
        at, row_id = key
        rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=row_id))
    found = list(rows.order_by("-at", "-id").defer("properties")[: limit + 1])
    shown = found[:limit]
    people = contacts.contacts_of_persons(business, {row.person_id for row in shown})
    links = _links_of_clicks(business, {row.click_id for row in shown} - {""})
    uncounted = counted_instead(business, shown)
    lines = tuple(
        _line(row, people.get(row.person_id), links, counts=row.pk not in uncounted)
        for row in shown
    )
    last = write_page_end(shown[-1].at, shown[-1].pk) if len(found) > limit else ""
    return ConversionPage(lines, last)


def _line(
    row: Conversion, contact: Contact | None, links: dict[str, str], *, counts: bool
) -> ConversionRow:
    return ConversionRow(
        id=row.pk,
        at=row.at,
        type=row.type.name,
        contact_id=contact.pk if contact else None,
        contact=contact.name if contact else "",
        phone=contact.phone if contact else "",
        value=Money(row.value_minor, row.currency),
        order_ref=row.order_ref,
        link=links.get(row.click_id, ""),
        is_refund=row.sale_id is not None and row.value_minor <= 0,
        gives_back=row.sale_id is not None and row.value_minor > 0,
        counts=counts,
    )


def _links_of_clicks(business: Business, click_ids: Collection[str]) -> dict[str, str]:
    if not click_ids:
        return {}
    clicks = Click.objects.filter(by_key(Q(business=business)), click_id__in=click_ids)
    return dict(clicks.values_list("click_id", "link__name"))


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A conversion as one sentence of a conversation's timeline."""

    at: datetime
    key: str
    icon: str
    lead: str
    name: str
    detail: str
    money: Money | None


def timeline_entries(business: Business, person_ids: Sequence[int]) -> list[TimelineEntry]:
    """The newest conversions of the human being behind `person_ids`, in any order."""
    lives = set(contacts.surviving_ids(business, person_ids).values())
    people = contacts.ids_of_lives(business, lives)
    rows = Conversion.objects.filter(by_key(Q(business=business)), person__in=people)
    newest = rows.select_related("type").defer("properties").order_by("-at", "-id")
    shown = list(newest[:TIMELINE_LIMIT])
    uncounted = counted_instead(business, shown)
    return [_entry(row, counts=row.pk not in uncounted) for row in shown]


def _entry(row: Conversion, *, counts: bool) -> TimelineEntry:
    return TimelineEntry(
        at=row.at,
        key=f"conversion-{row.pk}",
        icon=_icon(row),
        lead=_lead(row, counts=counts),
        name=row.type.name,
        detail=f"order {row.order_ref}" if row.order_ref else "",
        money=Money(row.value_minor, row.currency) if row.value_minor else None,
    )


def _lead(row: Conversion, *, counts: bool) -> str:
    if row.sale_id is None:
        return "Converted:" if counts else "Reported again:"
    return "Refund failed:" if row.value_minor > 0 else "Refunded:"


def _icon(row: Conversion) -> str:
    if row.sale_id:
        return "undo-2"
    return "badge-check" if row.value_minor == 0 else "shopping-bag"
