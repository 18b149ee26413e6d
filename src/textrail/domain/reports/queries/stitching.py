"""How the people behind a conversion became one: their keys, and what joined them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts import rules
from textrail.domain.contacts.models import Identity, Person, PersonMerge, Standing

_CALLED: Final = {
    "phone": "Phone",
    "email": "Email",
    "customer_id": "Customer id",
    "visitor_id": "Browser",
}


@dataclass(frozen=True, slots=True)
class KnownBy:
    """A key of the person. `value` is masked, or empty where it is kept only for matching; `learnt`
    says where it came from. A key that does not `joins` is one that too many share, or that was
    told to keep people apart."""

    kind: str
    value: str
    learnt: str
    joins: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """Two of the people turned out to be one, by `keys` that they shared. `people` are their
    numbers in the explanation, 0 for one who did nothing that stands in it."""

    at: datetime
    evidence: str
    keys: Sequence[str]
    people: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Split:
    """Somebody who was taken for this person and no longer is."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Stitch:
    """`numbers` are the people as they were known when they acted, by token, counted from 1 in the
    order in which they first appear. Only joins that hold are listed."""

    numbers: Mapping[int, int]
    keys: Sequence[KnownBy]
    joins: Sequence[Joined]
    splits: Sequence[Split]


def stitch_of(business: Business, person: Person, tokens: Iterable[int]) -> Stitch:
    """How those who acted (`tokens`, oldest first) became one with `person`."""
    numbers = {token: place for place, token in enumerate(dict.fromkeys(tokens), start=1)}
    rows = contacts.merges(business, person)
    ids = {row.survivor_id for row in rows} | {row.absorbed_id for row in rows}
    known = Person.objects.filter(business=business, id__in=ids).values_list("id", "token")
    by_id = {id_: numbers.get(token, 0) for id_, token in known}
    return Stitch(
        numbers=numbers,
        keys=[_known_by(row) for row in contacts.identities(business, person)],
        joins=[_joined(row, by_id) for row in rows],
        splits=[Split(row.at, row.why) for row in contacts.splits(business, person)],
    )


def _joined(row: PersonMerge, numbers: Mapping[int, int]) -> Joined:
    shared = [key for key in (row.key, row.other_key) if key is not None]
    kinds = dict.fromkeys(_CALLED.get(key.kind, key.kind) for key in shared)
    people = (numbers.get(row.survivor_id, 0), numbers.get(row.absorbed_id, 0))
    return Joined(row.at, rules.evidence_in_words(row.evidence), list(kinds), people)


def _known_by(row: Identity) -> KnownBy:
    return KnownBy(
        kind=_CALLED.get(row.kind, row.kind),
        value=_masked(row.kind, row.value),
        learnt=rules.evidence_in_words(row.learnt),
        joins=row.standing not in {Standing.SHARED, Standing.APART},
        since=row.first_seen_at,
    )


def _masked(kind: str, value: str) -> str:
    """Enough to recognise a key by, and not enough to use it."""
    if kind == "phone" and value.startswith("+"):
        return f"{value[:2]}…{value[-4:]}"
    if kind == "email" and "@" in value:
        name, _, host = value.partition("@")
        return f"{name[:1]}…@{host}"
    return ""
