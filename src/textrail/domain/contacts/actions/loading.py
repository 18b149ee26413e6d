"""Contacts by the hundred thousand, from a list of a business: found or added, with their persons.

A list says which keys stand in one row. It opts nobody in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from django.db import connection, transaction

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions.grouping import regroup
from textrail.domain.contacts.actions.known import LIFE, split_lives
from textrail.domain.contacts.actions.revising import revise
from textrail.domain.contacts.keeping import kept
from textrail.domain.contacts.models import PersonMerge
from textrail.domain.contacts.rules import KeyKind
from textrail.vocabulary.ids import new_person_token
from textrail.vocabulary.phone import PhoneNumber

_Key = tuple[KeyKind, str]  # of which there are millions
_BY_PHONE = (
    "SELECT phone, id, person_id, {life}, name, email FROM contacts_contact"
    " WHERE business_id = %s AND phone IN ({values})"
).replace("{life}", LIFE)
_BY_KEY = (
    "SELECT value, {life}, id, standing FROM contacts_identity"
    " WHERE business_id = %s AND kind = %s AND value IN ({values})"
).replace("{life}", LIFE)


class Listed(NamedTuple):
    """A row of a list. The name is clean, and the address and customer id are normalised keys."""

    phone: PhoneNumber
    name: str = ""
    email: str = ""
    customer_id: str = ""


class _Known(NamedTuple):
    """A contact. `life` is the oldest of those who are one with their person."""

    contact_id: int
    person_id: int
    life: int
    name: str
    email: str


class _Holder(NamedTuple):
    """Who has a key: the oldest of those who are one with its person."""

    life: int
    key_id: int
    joins: bool


@dataclass(slots=True)
class _Plan:
    """Who each row is (None: somebody new), which keys are new, and who turns out to be one."""

    person_ids: list[int | None] = field(default_factory=list)
    keys: dict[_Key, int] = field(default_factory=dict)  # → place of the row
    merges: dict[int, list[_Holder]] = field(default_factory=lambda: defaultdict(list))


@transaction.atomic
def load_contacts(*, business: Business, listed: Sequence[Listed], at: datetime) -> list[int]:
    """The ids of the contacts with these phones, in order; who is missing is added.

    The phones differ from each other. A missing name and address are filled in. Keys that nobody
    has become theirs. Whoever has one of their keys becomes one with them, unless that person has a
    phone: an address that two households share makes nobody one. IntegrityError when somebody wrote
    in from one of the phones in the same moment: roll back and repeat.
    """
    if any(row.email or row.customer_id for row in listed):
        # Merges of one business take turns, as in resolve_person.
        take_turns(business)
    rows = sorted(listed, key=attrgetter("phone"))  # as the indexes are: a third of the time
    known = _known(business, [row.phone for row in rows])
    holders = _holders(business, [key for row in rows for key in _keys(row, known)])
    plan = _planned(rows, known, holders)
    person_ids = _add_persons(business, plan, at)
    _add_keys(business, plan, person_ids, at)
    _merge(business, plan, at)
    fresh = [place for place, row in enumerate(rows) if row.phone not in known]
    ids = {phone: contact.contact_id for phone, contact in known.items()}
    ids |= _add_contacts(business, [rows[n] for n in fresh], [person_ids[n] for n in fresh], at)
    if _fill_in([(row, known[row.phone]) for row in rows if row.phone in known]):
        revise(business)
    return [ids[row.phone] for row in listed]


def _known(business: Business, phones: Collection[str]) -> dict[str, _Known]:
    rows = bulk.found(_BY_PHONE, phones, business.pk)
    return {phone: _Known(*rest) for phone, *rest in rows}


def _keys(row: Listed, known: Collection[str]) -> list[_Key]:
    """The keys of a row that may be new or somebody else's: a contact has their phone already."""
    keys: list[_Key] = [] if row.phone in known else [("phone", row.phone)]
    if row.email:
        keys.append(("email", row.email))
    if row.customer_id:
        keys.append(("customer_id", row.customer_id))
    return keys


def _holders(business: Business, keys: Iterable[_Key]) -> dict[_Key, _Holder]:
    """Who has those of the keys that somebody has."""
    values: defaultdict[KeyKind, dict[str, str]] = defaultdict(dict)
    for kind, value in keys:
        values[kind][kept(business, kind, value)] = value
    return {
        (kind, wanted[value]): _Holder(life, key_id, standing in ("", "allowed"))
        for kind, wanted in values.items()
        for value, life, key_id, standing in bulk.found(_BY_KEY, wanted, business.pk, kind)
    }


def _planned(
    listed: Sequence[Listed], known: dict[str, _Known], holders: dict[_Key, _Holder]
) -> _Plan:
    plan = _Plan()
    free = _without_phone({holder.life for (kind, _), holder in holders.items() if kind != "phone"})
    for place, row in enumerate(listed):
        keys = _keys(row, known)
        named = (holders[key] for key in keys if key in holders and key[0] != "phone")
        theirs = {held.life: held for held in named if held.joins and held.life in free}
        others = list(theirs.values())
        free.difference_update(theirs)
        contact, held = known.get(row.phone), holders.get(("phone", row.phone))
        person_id = contact.person_id if contact else held.life if held else None
        life = contact.life if contact else person_id
        if person_id is None and others:
            person_id = life = others.pop(0).life
        if life is not None and others:
            plan.merges[life] += others
        plan.person_ids.append(person_id)
        for key in keys:
            if key not in holders:
                plan.keys.setdefault(key, place)
    return plan


def _without_phone(person_ids: Collection[int]) -> set[int]:
    """Those of the persons who are known by no phone."""
    statement = "SELECT id, merged_into_id FROM contacts_person WHERE merged_into_id IN ({values})"
    lives: dict[int, int] = dict(bulk.found(statement, person_ids))
    reached = bulk.found(
        "SELECT person_id FROM contacts_identity WHERE kind = 'phone' AND person_id IN ({values})",
        {*person_ids, *lives},
    )
    return set(person_ids) - {lives.get(person_id, person_id) for (person_id,) in reached}


def _add_persons(business: Business, plan: _Plan, at: datetime) -> list[int]:
    """The person of each row, with those who are new; these find their ids by their tokens.

    They are stored in the order of the tokens, and handed out in the random one of drawing them, so
    that a token says nothing about its row.
    """
    tokens = [new_person_token() for person_id in plan.person_ids if person_id is None]
    count = len(tokens)
    bulk.insert(
        "contacts_person",
        [
            bulk.Column("business_id", "int8", [business.pk] * count),
            bulk.Column("token", "int8", sorted(tokens)),
            bulk.Column("created_at", "timestamptz", [bulk.moment(at)] * count),
        ],
    )
    statement = "SELECT token, id FROM contacts_person WHERE token IN ({values})"
    ids = dict(bulk.found(statement, sorted(tokens)))
    strangers = (ids[token] for token in tokens)
    return [next(strangers) if person_id is None else person_id for person_id in plan.person_ids]


def _add_keys(business: Business, plan: _Plan, person_ids: Sequence[int], at: datetime) -> None:
    keys = sorted(
        (kind, kept(business, kind, value), place) for (kind, value), place in plan.keys.items()
    )
    bulk.insert(
        "contacts_identity",
        [
            bulk.Column("business_id", "int8", [business.pk] * len(keys)),
            bulk.Column("kind", "varchar", [kind for kind, _, _ in keys]),
            bulk.Column("value", "varchar", [value for _, value, _ in keys]),
            bulk.Column("person_id", "int8", [person_ids[place] for _, _, place in keys]),
            bulk.Column("first_seen_at", "timestamptz", [bulk.moment(at)] * len(keys)),
            bulk.Column("learnt", "varchar", ["a list"] * len(keys)),
        ],
    )


def _merge(business: Business, plan: _Plan, at: datetime) -> None:
    """Who turned out to be one becomes one: the oldest survives, as in resolve_person. Whom a
    member split stays apart."""
    apart = split_lives(business) if plan.merges else set()
    pairs = [
        (life, other)
        for life, others in plan.merges.items()
        for other in others
        if frozenset((life, other.life)) not in apart
    ]
    rows = [
        PersonMerge(
            business=business,
            survivor_id=min(life, other.life),
            absorbed_id=max(life, other.life),
            key_id=other.key_id,
            evidence="one row of a list",
            at=at,
        )
        for life, other in pairs
    ]
    PersonMerge.objects.bulk_create(rows)
    regroup(business, {life for life, _ in pairs})


def _add_contacts(
    business: Business, rows: Sequence[Listed], person_ids: Sequence[int], at: datetime
) -> dict[str, int]:
    """Add contacts; phone → id.

    SQLite gets the names behind the rows, in their own order: two indexes that grow in one order
    each cost half of what one costs that grows all over the place.
    """
    phones = [row.phone for row in rows]
    names_later = connection.vendor == "sqlite"
    bulk.insert(
        "contacts_contact",
        [
            bulk.Column("business_id", "int8", [business.pk] * len(rows)),
            bulk.Column("person_id", "int8", person_ids),
            bulk.Column("phone", "varchar", phones),
            bulk.Column("name", "varchar", ["" if names_later else row.name for row in rows]),
            bulk.Column("email", "varchar", [row.email for row in rows]),
            bulk.Column("created_at", "timestamptz", [bulk.moment(at)] * len(rows)),
        ],
    )
    statement = (
        "SELECT phone, id FROM contacts_contact WHERE business_id = %s AND phone IN ({values})"
    )
    ids: dict[str, int] = dict(bulk.found(statement, phones, business.pk))
    if names_later:
        names = sorted((row.name, ids[row.phone]) for row in rows if row.name)
        bulk.execute_each("UPDATE contacts_contact SET name = %s WHERE id = %s", names)
    return ids


def _fill_in(rows: Iterable[tuple[Listed, _Known]]) -> bool:
    """The names and addresses that were missing; whether any were."""
    wanted = [
        (known.name or row.name, known.email or row.email, known.contact_id)
        for row, known in rows
        if (row.name and not known.name) or (row.email and not known.email)
    ]
    bulk.execute_each("UPDATE contacts_contact SET name = %s, email = %s WHERE id = %s", wanted)
    return bool(wanted)
