"""Changing contacts, and adding people from a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions.people import person_of_fact, resolve_person
from textrail.domain.contacts.actions.revising import revise
from textrail.domain.contacts.models import (
    Contact,
    Person,
    Tag,
    Tagging,
    Untagging,
)
from textrail.domain.contacts.queries import contact_by_phone
from textrail.domain.contacts.rules import (
    NOWHERE,
    ContactPlace,
    Key,
    NewContact,
    clean_name,
    clean_tags,
    is_placeholder_email,
    normalise_email,
)
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.phone import PhoneNumber, format_phone

_CHUNK = 900  # contacts per statement: SQLite's oldest limit is 999 parameters
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A contact, and whether it was made just now."""

    contact: Contact
    created: bool


def find_or_add_contact(
    *, business: Business, phone: PhoneNumber, at: datetime, name: str = ""
) -> Contact:
    """The contact with this phone, made with its person when there is none. Safe in a race."""
    return _find_or_add(business, phone, at, name).contact


def _find_or_add(business: Business, phone: PhoneNumber, at: datetime, name: str) -> Found:
    found = contact_by_phone(business, phone)
    if found is not None:
        return Found(found, created=False)
    try:
        with transaction.atomic():
            keys = [Key("phone", phone)]
            person = person_of_fact(business=business, keys=keys, at=at, evidence="a first contact")
            made = Contact.objects.create(
                business=business, person=person, phone=phone, name=clean_name(name), created_at=at
            )
            return Found(made, created=True)
    except IntegrityError:
        # Somebody else was first; their row is committed, or we would still be waiting for it.
        known = Contact.objects.select_related("person").get(business=business, phone=phone)
        return Found(known, created=False)


@dataclass(frozen=True, slots=True)
class ContactChanges:
    """What is to change about a contact; None leaves it as it is."""

    name: str | None = None
    email: str | None = None
    tags: Sequence[str] | None = None
    place: ContactPlace | None = None


@transaction.atomic
def put_contact(
    *,
    business: Business,
    phone: PhoneNumber,
    changes: ContactChanges,
    at: datetime,
    only_new: bool = False,
) -> Found:
    """The contact with this phone, made when there is none, with these changes; all of it or
    nothing. Conflict (`contact_known`) when it is there and must be new."""
    found = _find_or_add(business, phone, at, "")
    if only_new and not found.created:
        raise Conflict(
            f"{format_phone(phone, home=business.country)} is a contact already.",
            hint="Change it with PATCH, or put it under its number.",
            field="phone",
            code="contact_known",
        )
    change_contact(business=business, contact=found.contact, changes=changes, at=at)
    return found


@transaction.atomic
def change_contact(
    *, business: Business, contact: Contact, changes: ContactChanges, at: datetime
) -> None:
    """Change what `changes` names, all of it or nothing."""
    if changes.name is not None:
        rename(business=business, contact=contact, name=changes.name)
    if changes.email is not None:
        set_email(business=business, contact=contact, email=changes.email, at=at)
    if changes.tags is not None:
        set_tags(business=business, contact=contact, names=changes.tags)
    if changes.place is not None:
        set_place(business=business, contact=contact, place=changes.place)
    revise(business)


def rename(*, business: Business, contact: Contact, name: str) -> None:
    """Give a contact another name, or none."""
    contact.name = clean_name(name)
    Contact.objects.filter(business=business, id=contact.pk).update(name=contact.name)


def set_email(*, business: Business, contact: Contact, email: str, at: datetime) -> None:
    """Keep a contact's address; who was known by it becomes the same person as the contact."""
    contact.email = normalise_email(email) if email.strip() else ""
    with transaction.atomic():
        Contact.objects.filter(business=business, id=contact.pk).update(email=contact.email)
        if contact.email and not is_placeholder_email(contact.email):
            keys = [Key("email", contact.email), Key("phone", contact.phone)]
            resolve_person(business=business, keys=keys, at=at, evidence="an address typed in")


def set_place(*, business: Business, contact: Contact, place: ContactPlace) -> None:
    """Where somebody is, as they said; it decides before what their address says."""
    Contact.objects.filter(business=business, id=contact.pk).update(**asdict(place))


def set_tags(*, business: Business, contact: Contact, names: Sequence[str]) -> None:
    """Make these the contact's only tags; names that the business does not have yet are added."""
    with transaction.atomic():
        wanted = list(_tags(business, clean_tags(names)).values())
        joined = Tagging.objects.filter(contact_id=contact.pk)
        _untag(business, joined.exclude(tag_id__in=[tag.pk for tag in wanted]))
        contact.tags.add(*wanted)


def add_tags(*, business: Business, contact: Contact, names: Sequence[str]) -> None:
    """Give a contact these tags beside its others; names that are new to the business are added."""
    with transaction.atomic():
        contact.tags.add(*_tags(business, clean_tags(names)).values())


def remove_tags(*, business: Business, contact: Contact, names: Sequence[str]) -> None:
    """Take these tags from a contact, whatever their case, and leave its others."""
    folded = {name.casefold() for name in names}
    with transaction.atomic():
        rows = Tag.objects.filter(business=business, contacts=contact.pk)
        gone = [tag.pk for tag in rows if tag.name.casefold() in folded]
        joined = Tagging.objects.filter(contact_id=contact.pk)
        _untag(business, joined.filter(tag_id__in=gone))


def _untag(business: Business, joined: QuerySet[Any]) -> None:
    """Delete these rows between contacts and tags, and keep for the columns that they are gone;
    somebody else may be deleting the same."""
    ids = list(joined.values_list("id", flat=True))
    Untagging.objects.bulk_create(
        [Untagging(business=business, tagging_id=id_) for id_ in ids], ignore_conflicts=True
    )
    Tagging.objects.filter(id__in=ids).delete()


def edit_contact(
    *,
    business: Business,
    contact: Contact,
    name: str,
    email: str,
    tags: Sequence[str],
    at: datetime,
) -> None:
    """Change name, address and tags together, or nothing."""
    with transaction.atomic():
        rename(business=business, contact=contact, name=name)
        set_email(business=business, contact=contact, email=email, at=at)
        set_tags(business=business, contact=contact, names=tags)
        revise(business)


def _tags(business: Business, names: Iterable[str]) -> dict[str, Tag]:
    """The tags by their name in small letters; a name keeps the spelling that came first."""
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(name.casefold(), name)
    known = _known_tags(business)
    missing = [name for folded, name in wanted.items() if folded not in known]
    if missing:
        Tag.objects.bulk_create(
            [Tag(business=business, name=name) for name in missing], ignore_conflicts=True
        )
        known = _known_tags(business)
    return {folded: known[folded] for folded in wanted}


def _known_tags(business: Business) -> dict[str, Tag]:
    rows = Tag.objects.filter(business=business).order_by("-id")
    return {tag.name.casefold(): tag for tag in rows}


@dataclass(frozen=True, slots=True)
class Added:
    """How many contacts a list added, and how many it found already there."""

    added: int
    known: int


def add_contacts(*, business: Business, rows: Sequence[NewContact], at: datetime) -> Added:
    """Add a list of people, all or none. Who is there already gets the tags, a missing name, and
    the place where the list has one.

    Nobody who opted out is opted in by this: a list is no proof of consent.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                tags = _tags(business, (name for row in rows for name in row.tags))
                added = sum(
                    _add_chunk(business, rows[start : start + _CHUNK], tags, at)
                    for start in range(0, len(rows), _CHUNK)
                )
                revise(business)
        except IntegrityError:
            # A text from one of these phones came in the meantime; it is known the next time.
            if attempt == _ATTEMPTS:
                raise
        else:
            break
    return Added(added, len(rows) - added)


def _add_chunk(
    business: Business, rows: Sequence[NewContact], tags: dict[str, Tag], at: datetime
) -> int:
    phones = [row.phone for row in rows]
    stored = Contact.objects.filter(business=business, phone__in=phones)
    known = {contact.phone: contact for contact in stored}
    fresh = [row for row in rows if row.phone not in known]
    people = _people_of_phones(business, [row.phone for row in fresh], at)
    Contact.objects.bulk_create(
        Contact(
            business=business,
            person_id=people[row.phone],
            phone=row.phone,
            name=row.name,
            created_at=at,
            **asdict(row.place),
        )
        for row in fresh
    )
    placed = [row for row in rows if row.place != NOWHERE and row.phone in known]
    for row in placed:
        set_place(business=business, contact=known[row.phone], place=row.place)
    unnamed = [row for row in rows if row.name and row.phone in known and not known[row.phone].name]
    for row in unnamed:
        rename(business=business, contact=known[row.phone], name=row.name)
    ids = (
        dict(stored.values_list("phone", "id"))
        if fresh
        else {phone: contact.pk for phone, contact in known.items()}
    )
    Tagging.objects.bulk_create(
        (
            Tagging(contact_id=ids[row.phone], tag_id=tags[name.casefold()].pk)
            for row in rows
            for name in row.tags
        ),
        ignore_conflicts=True,
        batch_size=_CHUNK,
    )
    return len(fresh)


def _people_of_phones(business: Business, phones: Sequence[str], at: datetime) -> dict[str, int]:
    """The id of a person for each phone: who is known by it already, else somebody new."""
    statement = (
        "SELECT value, person_id FROM contacts_identity"
        " WHERE business_id = %s AND kind = 'phone' AND value IN ({values})"
    )
    people: dict[str, int] = dict(bulk.found(statement, phones, business.pk))
    strangers = [phone for phone in phones if phone not in people]
    created = Person.objects.bulk_create(
        Person(business=business, created_at=at) for _ in strangers
    )
    fresh = {phone: person.pk for phone, person in zip(strangers, created, strict=True)}
    bulk.insert(
        "contacts_identity",
        [
            bulk.Column("business_id", "int8", [business.pk] * len(fresh)),
            bulk.Column("kind", "varchar", ["phone"] * len(fresh)),
            bulk.Column("value", "varchar", list(fresh)),
            bulk.Column("person_id", "int8", list(fresh.values())),
            bulk.Column("first_seen_at", "timestamptz", [bulk.moment(at)] * len(fresh)),
            bulk.Column("learnt", "varchar", ["a list"] * len(fresh)),
        ],
    )
    return people | fresh
