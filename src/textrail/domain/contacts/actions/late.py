"""Taps that come behind the reports which name them: two persons become one, as if the tap had come
first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions.grouping import regroup, rule_key
from textrail.domain.contacts.actions.known import Naming
from textrail.domain.contacts.actions.stitching import MOST_MET, People
from textrail.domain.contacts.models import (
    Contradiction,
    Identity,
    Person,
    PersonMerge,
    Standing,
)
from textrail.domain.contacts.queries import limits

_MERGES: Final = (
    "SELECT {side}, {other}, key_id, other_key_id FROM contacts_personmerge"
    " WHERE {side} IN ({{values}})"
)
_SIDES: Final = (("survivor_id", "absorbed_id"), ("absorbed_id", "survivor_id"))
_KEYS: Final = "SELECT person_id, id, kind FROM contacts_identity WHERE person_id IN ({values})"


class LateTap(NamedTuple):
    """A tap: the person who was written down for it before, and who tapped, by their ids. The
    evidence is the report that named it."""

    awaited: int
    tapped: int
    evidence: str


class _Merge(NamedTuple):
    """A merge with another person; without a key it is of all keys that first came with them."""

    other: int
    key: int | None
    other_key: int | None


class _Key(NamedTuple):
    id: int
    kind: str


def join_taps(*, business: Business, taps: Sequence[LateTap], at: datetime) -> None:
    """Make each two one, save those who are kept apart, and write down of who tapped what was
    written down of who stood in for them. Keys that came with a tap have met the phone of who
    tapped, and join nobody when they met too many. The caller has the business's turn.
    """
    namings = [Naming((), at, one) for tap in taps for one in (tap.awaited, tap.tapped)]
    people = People(business, namings, in_turn=True)
    refused = [
        tap
        for tap in taps
        if not people.join_tap(tap.awaited, tap.tapped, at=at, evidence=tap.evidence)
    ]
    people.flush()
    if refused:
        _join_first(business, refused, at)
    _count_phones(business, _write_merges(business, taps, at), at)


def _join_first(business: Business, taps: Sequence[LateTap], at: datetime) -> None:
    """A tap says more of who somebody is than a key by which whoever stood in for them came to
    others, so it goes before. Two who were split themselves stay apart."""
    ids = {id_ for tap in taps for id_ in (tap.awaited, tap.tapped)}
    regroup(business, ids)
    rows = Person.objects.filter(business=business, pk__in=ids).values_list("pk", "merged_into_id")
    lives = {pk: merged or pk for pk, merged in rows}
    for awaited, tapped, evidence in taps:
        one, two = sorted((lives[awaited], lives[tapped]))
        if one != two:
            Contradiction.objects.create(
                business=business, person_id=one, other_id=two, evidence=evidence[:200], at=at
            )


def _write_merges(
    business: Business, taps: Sequence[LateTap], at: datetime
) -> list[tuple[LateTap, int]]:
    """Write the merges of who stood in as those of who tapped, where they are new; and which keys
    met the phone of who tapped thereby, by their ids."""
    brought = _merges_of({tap.awaited for tap in taps})
    had = _merges_of({tap.tapped for tap in taps})
    others = {merge.other for merges in brought.values() for merge in merges}
    keys = _keys_of(others | {tap.tapped for tap in taps})
    made, met = [], []
    for tap in taps:
        mine = had[tap.tapped]
        # What the tapper had already is theirs, and joins nobody.
        merges = {each for each in brought[tap.awaited] if each.other != tap.tapped}
        fresh = [each for each in merges if not {each, each._replace(key=None)} & mine]
        phones = {key.id for key in keys[tap.tapped] if key.kind == "phone"}
        came = {each: _came_with(each, keys[each.other]) for each in merges}
        # A report that names a phone has met this one instead.
        names_phone = any(key.kind == "phone" for found in came.values() for key in found)
        if phones and not names_phone:
            met += [
                (tap, key.id)
                for each in fresh
                for key in came[each]
                if not _met_before(mine, each.other, key.id, phones)
            ]
        mine.update(fresh)
        made += [
            PersonMerge(
                business=business,
                survivor_id=min(tap.tapped, each.other),
                absorbed_id=max(tap.tapped, each.other),
                key_id=each.key,
                evidence=tap.evidence[:200],
                at=at,
            )
            for each in fresh
        ]
    PersonMerge.objects.bulk_create(made)
    return met


def _merges_of(people: Iterable[int]) -> defaultdict[int, set[_Merge]]:
    wanted, found = set(people), defaultdict[int, set[_Merge]](set)
    for side, other_side in _SIDES:
        statement = _MERGES.format(side=side, other=other_side)
        for person, *merge in bulk.found(statement, wanted):
            found[person].add(_Merge(*merge))
    return found


def _keys_of(people: Iterable[int]) -> defaultdict[int, list[_Key]]:
    found = defaultdict[int, list[_Key]](list)
    for person, id_, kind in bulk.found(_KEYS, set(people)):
        found[person].append(_Key(id_, kind))
    return found


def _came_with(merge: _Merge, keys: Sequence[_Key]) -> list[_Key]:
    """The keys of the other person that a merge is about."""
    return [key for key in keys if merge.key is None or key.id == merge.key]


def _met_before(merges: set[_Merge], other: int, key: int, phones: set[int]) -> bool:
    """Whether a key came with a tap of theirs, or a report named it together with their phone."""
    if _Merge(other, key, None) in merges:
        return True
    for merge in merges:
        named = {merge.key, merge.other_key}
        if merge.other == other and named & phones and (key in named or None in named):
            return True
    return False


def _count_phones(business: Business, met: Sequence[tuple[LateTap, int]], at: datetime) -> None:
    rows = Identity.objects.in_bulk({key for _, key in met})
    for _, key in met:
        rows[key].phones = min(rows[key].phones + 1, MOST_MET)
    bulk.execute_each(
        "UPDATE contacts_identity SET phones = %s WHERE id = %s",
        [(row.phones, row.pk) for row in rows.values()],
    )
    last = {key: tap for tap, key in met}
    _part(business, list(rows.values()), last, at)


def _part(
    business: Business, rows: Sequence[Identity], met: Mapping[int, LateTap], at: datetime
) -> None:
    """Take back what keys joined that turn out to be shared by too many."""
    most = limits(business)
    joining = [row for row in rows if row.standing == Standing.JOINS]
    shared = [row for row in joining if row.phones > max(1, getattr(most, row.kind))]
    for row in shared:
        why = met[row.pk].evidence
        rule_key(identity=row, standing=Standing.SHARED, people=row.phones, why=why, at=at)
    if shared:
        regroup(business, {row.person_id for row in shared})
