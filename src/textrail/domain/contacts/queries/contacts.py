"""Looking at contacts. Business first, always."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Tag
from textrail.domain.contacts.queries.consent import suppressions
from textrail.domain.contacts.rules.people import PLACE_FIELDS, ContactPlace
from textrail.domain.finding import Page, the_one
from textrail.vocabulary.errors import NotFound

ConsentState = Literal["", "opted_out", "textable"]


def contact(business: Business, contact_id: int) -> Contact:
    """The contact with its person, or NotFound."""
    rows = Contact.objects.filter(business=business, id=contact_id).select_related("person")
    return the_one(rows, "There is no such contact.", hint="Go back to the list of contacts.")


def contact_by_phone(business: Business, phone: str) -> Contact | None:
    rows = Contact.objects.filter(business=business, phone=phone)
    return rows.select_related("person").first()


@dataclass(frozen=True, slots=True)
class TagCount:
    id: int
    name: str
    contacts: int


def tags(business: Business) -> list[Tag]:
    """The tags of the business by name."""
    return list(Tag.objects.filter(business=business).order_by("name"))


def tag_names(contact: Contact) -> list[str]:
    """The tags of one contact by name."""
    return list(contact.tags.order_by("name").values_list("name", flat=True))


def tag(business: Business, tag_id: int) -> Tag:
    rows = Tag.objects.filter(business=business, id=tag_id)
    return the_one(rows, "There is no such tag.", hint="Choose one of the tags in the list.")


def tag_by_name(business: Business, name: str) -> Tag:
    """The tag of that name, whatever its case, or NotFound."""
    wanted = name.strip().casefold()
    found = next((row for row in tags(business) if row.name.casefold() == wanted), None)
    if found is None:
        raise NotFound(
            "There is no such tag.",
            hint="GET /tags lists them.",
            field="tag",
            code="tag_unknown",
        )
    return found


def tag_counts(business: Business) -> list[TagCount]:
    """The tags by name, each with how many contacts have it; seeds are nobody."""
    people = Count("contacts", filter=Q(contacts__seed_network=""))
    rows = Tag.objects.filter(business=business).annotate(size=people)
    return [TagCount(row.pk, row.name, row.size) for row in rows.order_by("name")]


def contacts_with_tag(business: Business, tag: Tag | None) -> QuerySet[Contact]:
    """People who have `tag`, or everybody without one; in no order. Seeds are nobody."""
    rows = Contact.objects.filter(business=business).exclude(id__in=_seeds(business).values("id"))
    return rows if tag is None else rows.filter(tags=tag)


def seeds(business: Business) -> list[Contact]:
    """The numbers that no person clicks for, with their persons, by network and then by age."""
    rows = _seeds(business).select_related("person")
    return sorted(rows, key=lambda row: (row.seed_network.casefold(), row.pk))


def seed_ids(business: Business | int) -> set[int]:
    return set(_seeds(business).values_list("id", flat=True))


def _seeds(business: Business | int) -> QuerySet[Contact]:
    return Contact.objects.filter(~Q(seed_network=""), business=business)


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A line of the list of contacts."""

    id: int
    phone: str
    name: str
    tags: tuple[str, ...]
    opted_out: bool
    seed_network: str
    email: str
    place: ContactPlace
    created_at: datetime


def contact_page(
    business: Business,
    *,
    search: str = "",
    tag_id: int | None = None,
    consent: ConsentState = "",
    after: int | None = None,
    limit: int = 50,
) -> Page[ContactRow]:
    """Contacts newest first, by part of a name, phone or address, by tag and by consent."""
    out = suppressions(business).filter(phone=OuterRef("phone"))
    rows = Contact.objects.filter(business=business).annotate(opted_out=Exists(out))
    if search:
        rows = rows.filter(_matching(search))
    if tag_id is not None:
        rows = rows.filter(tags__id=tag_id)
    if consent:
        rows = rows.filter(opted_out=consent == "opted_out")
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id").prefetch_related("tags")[: limit + 1])
    shown = tuple(_row(row, opted_out=row.opted_out) for row in found[:limit])
    return Page(shown, shown[-1].id if len(found) > limit else None)


def contact_row(business: Business, contact_id: int) -> ContactRow:
    """One line of the list, or NotFound. Three statements."""
    found = contact(business, contact_id)
    out = suppressions(business).filter(phone=found.phone).exists()
    return _row(found, opted_out=out)


def _row(contact: Contact, *, opted_out: bool) -> ContactRow:
    return ContactRow(
        id=contact.pk,
        phone=contact.phone,
        name=contact.name,
        tags=tuple(sorted(tag.name for tag in contact.tags.all())),
        opted_out=opted_out,
        seed_network=contact.seed_network,
        email=contact.email,
        place=ContactPlace(**{name: getattr(contact, name) for name in PLACE_FIELDS}),
        created_at=contact.created_at,
    )


def _matching(search: str) -> Q:
    digits = "".join(character for character in search if character.isdecimal())
    matching = Q(name__icontains=search) | Q(email__icontains=search)
    return matching | Q(phone__contains=digits) if len(digits) > 2 else matching


def contact_count(business: Business) -> int:
    """How many people there are; seeds are nobody."""
    return contacts_with_tag(business, None).count()
