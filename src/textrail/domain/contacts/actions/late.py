"""Taps that come behind the reports which name them: two persons become one, as if the tap had come
first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions.grouping import regroup, rule_key
from textrail.domain.contacts.actions.known import Naming
from textrail.domain.contacts.actions.stitching import People
from textrail.domain.contacts.models import Identity, Standing
from textrail.domain.contacts.queries import limits

_MOST: Final = 32_767  # a small integer: no limit is as high
_MERGES: Final = (
    "SELECT {side}, {other}, key_id FROM contacts_personmerge WHERE {side} IN ({{values}})"
)
_SIDES: Final = (("survivor_id", "absorbed_id"), ("absorbed_id", "survivor_id"))
_KEYS: Final = "SELECT person_id, id FROM contacts_identity WHERE person_id IN ({values})"
_PHONED: Final = (
    "SELECT person_id FROM contacts_identity WHERE kind = 'phone' AND person_id IN ({values})"
)


class LateTap(NamedTuple):
    """A tap: the person who was written down for it before, and who tapped, by their ids. The
    evidence is the report that named it."""

    awaited: int
    tapped: int
    evidence: str


def join_taps(*, business: Business, taps: Sequence[LateTap], at: datetime) -> None:
    """Make each two one, save those who are kept apart. Keys that came with a tap have met the
    phone of who tapped, and join nobody when they met too many. The caller has the business's turn.
    """
    namings = [Naming((), at, one) for tap in taps for one in (tap.awaited, tap.tapped)]
    people = People(business, namings, in_turn=True)
    joined = [
        tap
        for tap in taps
        if people.join_tap(tap.awaited, tap.tapped, at=at, evidence=tap.evidence)
    ]
    people.flush()
    phoned = {row[0] for row in bulk.found(_PHONED, {tap.tapped for tap in joined})}
    _meet_phones(business, [tap for tap in joined if tap.tapped in phoned], at)


def _meet_phones(business: Business, taps: Sequence[LateTap], at: datetime) -> None:
    brought = _brought(taps)
    rows = Identity.objects.in_bulk({key for keys in brought.values() for key in keys})
    met: dict[int, LateTap] = {}
    for tap in taps:
        keys = [rows[key] for key in brought[tap.awaited]]
        if any(key.kind == "phone" for key in keys):
            continue  # a report that names a phone has met this one instead
        for key in keys:
            key.phones = min(key.phones + 1, _MOST)
            met[key.pk] = tap
    bulk.execute_each(
        "UPDATE contacts_identity SET phones = %s WHERE id = %s",
        [(rows[key].phones, key) for key in met],
    )
    _part(business, [rows[key] for key in met], met, at)


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


def _brought(taps: Collection[LateTap]) -> dict[int, set[int]]:
    """The ids of the keys that came with each tap, by the person who was written down for it."""
    tapped = {tap.awaited: tap.tapped for tap in taps}
    brought: dict[int, set[int]] = defaultdict(set)
    made: dict[int, set[int]] = defaultdict(set)
    for side, other_side in _SIDES:
        statement = _MERGES.format(side=side, other=other_side)
        for awaited, other, key in bulk.found(statement, tapped):
            if key is not None:
                brought[awaited].add(key)
            elif other != tapped[awaited]:
                made[other].add(awaited)
    for person, key in bulk.found(_KEYS, made):
        for awaited in made[person]:
            brought[awaited].add(key)
    return brought
