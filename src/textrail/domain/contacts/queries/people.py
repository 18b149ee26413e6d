"""Looking at who is whom: persons, their keys, and what joined or parted them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import (
    Contact,
    Contradiction,
    Identity,
    IdentityLimits,
    KeyRuling,
    Person,
    PersonMerge,
    PersonSplit,
    Standing,
)
from textrail.domain.contacts.rules import Limits
from textrail.domain.finding import by_key, the_one

_STOPPED = (Standing.SHARED, Standing.APART)
SHOWN = 100
# By one key alone: with the business beside it, a database may read everybody of the business.
_LIVES = (
    "SELECT id, COALESCE(merged_into_id, id), business_id FROM contacts_person"
    " WHERE id IN ({values})"
)
_ABSORBED = "SELECT id, business_id FROM contacts_person WHERE merged_into_id IN ({values})"


def surviving_id(person: Person) -> int:
    """The id of the person that `person` is by now, after every merge."""
    return person.merged_into_id or person.pk


def ids_of_person(business: Business, person: Person) -> list[int]:
    """Every person id that stands for the same human being, `person`'s own among them."""
    if person.business_id != business.pk:
        return []
    survivor = surviving_id(person)
    return [survivor, *_merged_into(business, {survivor})]


def surviving_ids(business: Business, person_ids: Collection[int]) -> dict[int, int]:
    """For each of `person_ids` the person that it is by now; strangers to the business are left
    out."""
    rows = bulk.found(_LIVES, person_ids)
    return {id_: life for id_, life, owner in rows if owner == business.pk}


def ids_of_lives(business: Business, survivors: Collection[int]) -> set[int]:
    """`survivors` with every person id that was merged into one of them."""
    return {*survivors, *_merged_into(business, survivors)}


def _merged_into(business: Business, survivors: Collection[int]) -> list[int]:
    """Who became one of these."""
    rows = bulk.found(_ABSORBED, survivors)
    return [person_id for person_id, owner in rows if owner == business.pk]


def contacts_of_persons(business: Business, person_ids: Iterable[int]) -> dict[int, Contact]:
    """For each of `person_ids` a contact of the same human being, where there is one."""
    wanted = set(person_ids)
    survivor = surviving_ids(business, wanted)
    lives = set(survivor.values())
    contacts = Contact.objects.filter(person__in=ids_of_lives(business, lives))
    by_life: dict[int, Contact] = {}
    for row in contacts.select_related("person").order_by("-id"):
        if row.business_id == business.pk:
            by_life[surviving_id(row.person)] = row
    return {pk: by_life[life] for pk, life in survivor.items() if life in by_life}


def identities(business: Business, person: Person) -> list[Identity]:
    """The keys that lead to this human being, oldest first."""
    ids = ids_of_person(business, person)
    rows = Identity.objects.filter(by_key(Q(business=business)), person__in=ids)
    return list(rows.order_by("first_seen_at", "id"))


def merges(business: Business, person: Person) -> list[PersonMerge]:
    """Why several persons became this one, oldest first: the merges that hold, the first 100."""
    ids = ids_of_person(business, person)
    theirs = by_key(Q(business=business, survivor__in=ids))
    rows = PersonMerge.objects.filter(theirs, absorbed__in=ids, split=None)
    rows = rows.exclude(key__standing__in=_STOPPED).exclude(other_key__standing__in=_STOPPED)
    return list(rows.select_related("key", "other_key").order_by("id")[:SHOWN])


def splits(business: Business, person: Person) -> list[PersonSplit]:
    """From whom this person was split, newest first."""
    ids = ids_of_person(business, person)
    either = Q(merge__survivor__in=ids) | Q(merge__absorbed__in=ids)
    rows = PersonSplit.objects.filter(either, business=business)
    rows = rows.select_related("actor", "merge__key", "merge__other_key")
    return list(rows.order_by("-id")[:SHOWN])


def persons(business: Business, person_ids: Collection[int]) -> dict[int, Person]:
    """These persons as they were known by themselves, by id, each with its own keys and contacts:
    three statements."""
    rows = Person.objects.filter(by_key(Q(business=business)), id__in=person_ids)
    return {row.pk: row for row in rows.prefetch_related("identities", "contacts")}


def merge(business: Business, merge_id: int) -> PersonMerge:
    """One merge with its keys, or NotFound."""
    rows = PersonMerge.objects.filter(business=business, id=merge_id)
    rows = rows.select_related("key", "other_key")
    return the_one(rows, "There is no such merge.", hint="Go back to where it was listed.")


def identity(business: Business, identity_id: int) -> Identity:
    """One key, or NotFound."""
    rows = Identity.objects.filter(business=business, id=identity_id)
    return the_one(rows, "There is no such key.", hint="Go back to the shared keys.")


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A key that is not like others: with its newest ruling and a contact who has it, if any."""

    identity: Identity
    ruling: KeyRuling
    contact: Contact | None


def shared_keys(business: Business) -> list[SharedKey]:
    """The keys that join nobody, and those that a member allowed to; newest first, 100 of them."""
    rulings = KeyRuling.objects.filter(
        business=business, standing=F("identity__standing")
    ).select_related("identity__person", "actor")
    newest: dict[int, KeyRuling] = {}
    for row in rulings.order_by("-id")[: 4 * SHOWN]:
        newest.setdefault(row.identity_id, row)
    rows = list(newest.values())[:SHOWN]
    people = contacts_of_persons(business, {row.identity.person_id for row in rows})
    return [SharedKey(row.identity, row, people.get(row.identity.person_id)) for row in rows]


def contradictions(business: Business) -> list[Contradiction]:
    """The reports that named people who are kept apart, newest first; 100 of them."""
    return list(Contradiction.objects.filter(business=business).order_by("-id")[:SHOWN])


def limits(business: Business) -> Limits:
    """With how many keys of one kind a key may come, as the business says or as is usual."""
    row = IdentityLimits.objects.filter(business=business).first()
    if row is None:
        return Limits()
    return Limits(row.customer_id, row.email, row.phone, row.visitor_id)


@dataclass(frozen=True, slots=True)
class IdentityChanges:
    """What was learnt of people after their first facts: merges of persons who were there before,
    merges taken back, and keys that stopped or began to join people. `person_ids` are all whose
    facts may be credited in another way than they were."""

    joined: int
    split: int
    ruled: int
    person_ids: frozenset[int]

    @property
    def people(self) -> int:
        return len(self.person_ids)


def identity_changes(business: Business, since: datetime, until: datetime) -> IdentityChanges:
    """What changed from `since` to before `until` about who is whom.

    A person who is new with a merge brings no past along and is no change.
    """
    when = {"at__gte": since, "at__lt": until}
    # Somebody who is new is as old as the merge that brings them.
    joined = PersonMerge.objects.filter(business=business, absorbed__created_at__lt=F("at"), **when)
    split = PersonSplit.objects.filter(business=business, **when)
    ruled = KeyRuling.objects.filter(business=business, **when)
    pairs = [
        *joined.values_list("survivor_id", "absorbed_id"),
        *split.values_list("merge__survivor_id", "merge__absorbed_id"),
    ]
    touched = {person_id for pair in pairs for person_id in pair}
    touched.update(ruled.values_list("identity__person_id", flat=True))
    keys = ruled.values("identity_id")
    named = PersonMerge.objects.filter(Q(key__in=keys) | Q(other_key__in=keys), business=business)
    for pair in named.values_list("survivor_id", "absorbed_id") if ruled.exists() else ():
        touched.update(pair)
    ids = frozenset(ids_of_lives(business, set(surviving_ids(business, touched).values())))
    return IdentityChanges(len(set(pairs)), split.count(), ruled.count(), ids)
