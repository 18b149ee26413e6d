"""How the people behind a conversion became one: their keys, and what joined them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts import rules
from textrail.domain.contacts.models import Identity, Person, PersonMerge, Standing


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
    numbers in the explanation, 0 for one who did nothing that stands in it, and `who` says it in
    words, in the same order. A split of `merge` makes them two again."""

    at: datetime
    evidence: str
    keys: Sequence[str]
    people: tuple[int, int]
    who: tuple[str, str]
    merge: int


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
    keys = contacts.identities(business, person)
    ids = {row.survivor_id for row in rows} | {row.absorbed_id for row in rows}
    known = Person.objects.filter(business=business, id__in=ids).values_list("id", "token")
    by_id = {id_: numbers[token] for id_, token in known if token in numbers}
    return Stitch(
        numbers=numbers,
        keys=[_known_by(row) for row in keys],
        joins=[_joined(each, by_id, keys) for each in _by_report(rows)],
        splits=[Split(row.at, row.why) for row in contacts.splits(business, person)],
    )


def _by_report(rows: Iterable[PersonMerge]) -> Collection[Sequence[PersonMerge]]:
    """Together what made the same two one for the same reason, by one key or by several."""
    found = defaultdict[tuple[int, int, str], list[PersonMerge]](list)
    for row in rows:
        found[row.survivor_id, row.absorbed_id, row.evidence].append(row)
    return found.values()


def _joined(
    rows: Sequence[PersonMerge], numbers: Mapping[int, int], keys: Sequence[Identity]
) -> Joined:
    first = rows[0]
    kinds = {key.kind for row in rows for key in (row.key, row.other_key) if key is not None}
    pair = (first.survivor_id, first.absorbed_id)
    one, two = sorted(pair, key=lambda person: numbers.get(person, len(numbers) + 1))
    return Joined(
        at=first.at,
        evidence=rules.joined_in_words(kinds, first.evidence),
        keys=[name for kind, name in rules.KEY_NAMES.items() if kind in kinds],
        people=(numbers.get(one, 0), numbers.get(two, 0)),
        who=(_who(one, numbers, keys), _who(two, numbers, keys)),
        merge=first.pk,
    )


def _who(person: int, numbers: Mapping[int, int], keys: Sequence[Identity]) -> str:
    if person in numbers:
        return f"person {numbers[person]}" if len(numbers) > 1 else "this person"
    kinds = rules.kinds_in_words({key.kind for key in keys if key.person_id == person})
    return f"somebody known by {kinds}" if kinds else "somebody else"


def _known_by(row: Identity) -> KnownBy:
    return KnownBy(
        kind=rules.KEY_NAMES[row.kind],
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
