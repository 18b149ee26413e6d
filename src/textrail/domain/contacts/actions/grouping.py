"""Working out who is one from the merges that hold, and taking merges back. Rows are only added:
what a merge or a ruling said stays readable for ever."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from django.db import transaction

from textrail.domain import bulk
from textrail.domain.accounts.actions import record_audit, take_turns
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import (
    Identity,
    IdentityLimits,
    KeyRuling,
    PersonMerge,
    PersonSplit,
    Standing,
)
from textrail.domain.contacts.rules import STRENGTH, Joint, KeyKind, Limits, groups
from textrail.vocabulary.errors import Conflict

LONGEST_WHY = 200
_STOPPED = frozenset((Standing.SHARED.value, Standing.APART.value))
_MERGES = (
    "SELECT id, survivor_id, absorbed_id, key_id, other_key_id FROM contacts_personmerge"
    " WHERE {side} IN ({{values}})"
)
_STANDINGS = "SELECT id, standing FROM contacts_identity WHERE id IN ({values})"
_SPLITS = "SELECT merge_id, id FROM contacts_personsplit WHERE merge_id IN ({values})"


def rule_key(
    *,
    identity: Identity,
    standing: Standing,
    people: int,
    at: datetime,
    why: str = "",
    actor: User | None = None,
) -> None:
    """Say whether a key joins people. Whoever calls groups the people anew."""
    Identity.objects.filter(pk=identity.pk).update(standing=standing)
    KeyRuling.objects.create(
        business_id=identity.business_id,
        identity=identity,
        standing=standing,
        people=people,
        actor=actor,
        why=why[:LONGEST_WHY],
        at=at,
    )


@transaction.atomic
def split_people(
    *, business: Business, merge: PersonMerge, why: str, at: datetime, actor: User | None
) -> None:
    """Take a merge back: its two persons stay apart from now on, and the weaker key that joined
    them joins nobody. A customer id goes on joining others. Conflict when it was taken back."""
    take_turns(business)
    if PersonSplit.objects.filter(business=business, merge=merge).exists():
        raise Conflict("This merge was taken back already.", hint="They are two people now.")
    PersonSplit.objects.create(
        business=business, merge=merge, actor=actor, why=why.strip()[:LONGEST_WHY], at=at
    )
    key = _weaker_key(merge)
    if key is not None and key.standing not in _STOPPED:
        people = _people_at(key)
        rule_key(identity=key, standing=Standing.APART, people=people, at=at, why=why, actor=actor)
    regroup(business, [merge.survivor_id, merge.absorbed_id])
    record_audit(
        business=business, actor=actor, action="person.split", subject=merge.evidence[:120], at=at
    )


def _weaker_key(merge: PersonMerge) -> Identity | None:
    """Of the keys that joined two persons the one that says less about who somebody is."""
    if merge.key is None:
        return None
    other = merge.other_key
    if other is None:
        there = merge.absorbed_id if merge.key.person_id == merge.survivor_id else merge.survivor_id
        other = min(Identity.objects.filter(person=there), key=_strength, default=None)
    weaker = max((merge.key, other), key=_strength) if other else merge.key
    return None if weaker.kind == "customer_id" else weaker


def _strength(row: Identity) -> tuple[int, int]:
    return STRENGTH[row.kind], row.pk


def _people_at(key: Identity) -> int:
    return max(key.customers, key.emails, key.phones, 1)


@transaction.atomic
def decide_key(
    *,
    business: Business,
    identity: Identity,
    allowed: bool,
    at: datetime,
    actor: User | None,
    why: str = "",
) -> None:
    """Let a key join people, however many share it, or nobody; past merges follow."""
    take_turns(business)
    standing = Standing.ALLOWED if allowed else Standing.APART
    people = _people_at(identity)
    rule_key(identity=identity, standing=standing, people=people, at=at, why=why, actor=actor)
    regroup(business, [identity.person_id])
    action = "key.allowed" if allowed else "key.kept_apart"
    record_audit(business=business, actor=actor, action=action, subject=identity.kind, at=at)


@transaction.atomic
def set_limits(
    *, business: Business, limits: Limits, at: datetime, actor: User | None = None
) -> None:
    """With how many keys of one kind a key may come before it joins nobody. Keys that joined people
    before stay as they are until they come with one more."""
    IdentityLimits.objects.update_or_create(
        business=business,
        defaults={kind: limits.of(kind) for kind in _KINDS},
    )
    subject = ", ".join(f"{kind} {limits.of(kind)}" for kind in _KINDS)
    record_audit(business=business, actor=actor, action="identity.limits", subject=subject, at=at)


_KINDS: tuple[KeyKind, ...] = ("customer_id", "email", "phone", "visitor_id")


class _Merge(NamedTuple):
    id: int
    survivor: int
    absorbed: int
    key: str | None
    other_key: str | None
    split: int | None

    @property
    def holds(self) -> bool:
        return self.split is None and not {self.key, self.other_key} & _STOPPED


def regroup(business: Business, people: Iterable[int]) -> int:
    """Work out anew who is one with `people`, by the merges that hold; how many changed."""
    before: dict[int, int] = {}
    merges: dict[int, _Merge] = {}
    reached = set(people)
    while reached:
        fresh = _with_their_groups(reached)
        before |= fresh
        found = [row for row in _merges_of(fresh) if row.id not in merges]
        merges |= {row.id: row for row in found}
        ends = chain.from_iterable((row.survivor, row.absorbed) for row in found if row.holds)
        reached = set(ends) - before.keys()
    # By taps first: who tapped is surer than any key.
    holding = sorted((row for row in merges.values() if row.holds), key=_surest)
    joints = [Joint(row.survivor, row.absorbed) for row in holding]
    after = groups(before, joints, _pairs_apart(business))
    changed = [(pk, leader) for pk, leader in after.items() if before[pk] != leader]
    bulk.execute_each(
        "UPDATE contacts_person SET merged_into_id = %s WHERE id = %s",
        [(None if pk == leader else leader, pk) for pk, leader in changed],
    )
    return len(changed)


def _surest(merge: _Merge) -> tuple[bool, int]:
    return merge.key is not None, merge.id


def _with_their_groups(people: Collection[int]) -> dict[int, int]:
    """These persons and all who are one with them, each with the oldest of their group."""
    statement = "SELECT COALESCE(merged_into_id, id) FROM contacts_person WHERE id IN ({values})"
    lives = {row[0] for row in bulk.found(statement, people)}
    statement = "SELECT id, merged_into_id FROM contacts_person WHERE merged_into_id IN ({values})"
    return dict(bulk.found(statement, lives)) | {life: life for life in lives}


def _merges_of(people: Collection[int]) -> Iterable[_Merge]:
    rows = {
        row[0]: row
        for side in ("survivor_id", "absorbed_id")
        for row in bulk.found(_MERGES.format(side=side), people)
    }
    keys = {key for row in rows.values() for key in row[3:] if key is not None}
    standings: dict[int, str] = dict(bulk.found(_STANDINGS, keys))
    splits: dict[int, int] = dict(bulk.found(_SPLITS, rows.keys()))
    return [
        _Merge(id_, one, two, standings.get(key), standings.get(other_key), splits.get(id_))
        for id_, one, two, key, other_key in rows.values()
    ]


def _pairs_apart(business: Business) -> list[frozenset[int]]:
    rows = PersonSplit.objects.filter(business=business)
    return [
        frozenset(pair) for pair in rows.values_list("merge__survivor_id", "merge__absorbed_id")
    ]
