"""What a batch of reports needs to know of the people whom it names, read in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.keeping import kept
from textrail.domain.contacts.models import PersonSplit, Standing
from textrail.domain.contacts.queries import limits
from textrail.domain.contacts.rules import STRENGTH, Key, KeyKind, Limits

_JOINING = frozenset((Standing.JOINS.value, Standing.ALLOWED.value))

# The oldest of those who are one with the person of a row. Not a JOIN: PostgreSQL may begin with
# the people, and look for what each of them has.
LIFE = "(SELECT COALESCE(p.merged_into_id, p.id) FROM contacts_person AS p WHERE p.id = person_id)"
_OF_KINDS = (
    "SELECT kind, value, id, standing, customers, emails, phones, person_id, {life}"
    " FROM contacts_identity WHERE business_id = %s AND kind IN ({kinds}) AND value IN ({values})"
).replace("{life}", LIFE)


class Naming(NamedTuple):
    """Whom a report names: keys of theirs, and the person behind its tap, by their id, where it
    has one. `evidence` says, for who asks why two persons are one, which report it was.
    """

    keys: Sequence[Key]
    at: datetime
    known: int | None = None
    evidence: str = ""


class Raw:
    """A person as they were written down; without an id until they are stored."""

    __slots__ = ("at", "has_phone", "id", "into", "place", "token")

    def __init__(self, id_: int | None, *, place: int, token: int = 0, at: datetime | None = None):
        self.id = id_
        self.place = place  # the order of their making: of two, the lower survives
        self.token = token
        self.at = at
        self.into: Raw | None = None
        self.has_phone = False

    def life(self) -> Raw:
        """The oldest person of the group."""
        found = self
        while found.into is not None:
            found = found.into
        return found


@dataclass(slots=True, eq=False)
class KeyRow:
    """A key, stored or about to be; `met` counts the different keys that came with it, by kind."""

    kind: KeyKind
    value: str
    raw: Raw
    id: int | None = None
    standing: str = ""
    learnt: str = ""
    at: datetime | None = None
    met: dict[str, int] = field(default_factory=dict)

    @property
    def joins(self) -> bool:
        return self.standing in _JOINING

    @property
    def order(self) -> tuple[int, str]:
        return STRENGTH[self.kind], self.value


class Joined(NamedTuple):
    """A merge without its evidence; by this it is told whether it was written before."""

    older: Raw
    younger: Raw
    key: KeyRow | None
    other_key: KeyRow | None


@dataclass(slots=True)
class Known:
    """The state of the keys and persons that were asked for; kept true by who changes it."""

    business: Business
    keys: dict[Key, KeyRow | None] = field(default_factory=dict)
    raws: dict[int, Raw] = field(default_factory=dict)
    joined: set[Joined] = field(default_factory=set)
    met: set[tuple[Raw, Raw | KeyRow]] = field(default_factory=set)
    """Whose phone was named together with a key, or with all that first came with a person."""
    locked: bool = False
    readings: int = 0
    _by_id: dict[int, KeyRow] = field(default_factory=dict)
    _kept: dict[Key, str] = field(default_factory=dict)
    _apart: list[tuple[Raw, Raw]] | None = None
    _limits: Limits | None = None

    def read(self, namings: Sequence[Naming]) -> None:
        """Read what these need. Where they will write, whoever else writes for this business waits
        until our transaction ends, so that nobody is merged into who is just being merged. Many
        nearly always do, so they are read behind the lock at once."""
        if len(namings) > 1:
            self._lock()
        self._read(namings)
        writing = [naming for naming in namings if self._writes(naming)]
        if not writing:
            return
        if self._lock():
            self.forget()
            self._read(namings)
            writing = [naming for naming in namings if self._writes(naming)]
        self._read_joined(writing)

    def _lock(self) -> bool:
        """Whether somebody else may have written before we held the lock that we hold now."""
        if self.locked or not connection.features.has_select_for_update:
            return False
        take_turns(self.business)
        self.locked = True
        return True

    def forget(self) -> None:
        """Know nothing, so that all is read again."""
        self.readings += 1
        self.keys.clear()
        self.raws.clear()
        self.joined.clear()
        self.met.clear()
        self._by_id.clear()
        self._apart = None

    def raw(self, id_: int, life: int) -> Raw:
        found = self.raws.get(id_)
        if found is None:
            found = self.raws[id_] = Raw(id_, place=id_)
            if life != id_:
                found.into = self.raw(life, life)
        return found

    def _read(self, namings: Sequence[Naming]) -> None:
        wanted = {key for naming in namings for key in naming.keys} - self.keys.keys()
        values = {(key.kind, self.kept(key)): key for key in wanted}
        self.keys.update(dict.fromkeys(wanted))
        kinds = {kind for kind, _ in values}
        statement = _OF_KINDS.replace("{kinds}", ",".join(["%s"] * len(kinds)))
        places = {value for _, value in values}
        for row in bulk.found(statement, places, self.business.pk, *kinds) if places else ():
            kind, value, id_, standing, customers, emails, phones, person_id, life = row
            key = values.get((kind, value))
            if key is not None:
                met = {"customer_id": customers, "email": emails, "phone": phones}
                raw = self.raw(person_id, life)
                found = KeyRow(kind, value, raw, id_, standing, met=met)
                self.keys[key] = self._by_id[id_] = found
        self._read_known(namings)

    def _read_known(self, namings: Sequence[Naming]) -> None:
        ids = {naming.known for naming in namings if naming.known is not None}
        statement = (
            "SELECT id, COALESCE(merged_into_id, id) FROM contacts_person WHERE id IN ({values})"
        )
        for id_, life in bulk.found(statement, ids - self.raws.keys()):
            self.raw(id_, life)

    def _homes(self, naming: Naming) -> set[Raw]:
        rows = (self.keys[key] for key in naming.keys)
        homes = {row.raw for row in rows if row is not None}
        if naming.known is not None and naming.keys:
            homes.add(self.raws[naming.known])
        return homes

    def _writes(self, naming: Naming) -> bool:
        rows = [self.keys[key] for key in naming.keys]
        if None in rows or len(self._homes(naming)) > 1:
            return True
        is_stranger = naming.known is None and not any(row.joins for row in rows if row)
        return is_stranger and bool(rows)

    def _read_joined(self, namings: Sequence[Naming]) -> None:
        """The merges between the persons of each naming, and which of those who tapped have a
        phone."""
        phones = self._read_phones(namings)
        younger: set[int] = set()
        for naming in namings:
            homes = sorted(self._homes(naming), key=lambda raw: raw.place)
            younger.update(raw.id for raw in homes[1:] if raw.id is not None)
        statement = (
            "SELECT survivor_id, absorbed_id, key_id, other_key_id FROM contacts_personmerge"
            " WHERE absorbed_id IN ({values})"
        )
        for older_id, younger_id, key_id, other_id in bulk.found(statement, younger):
            if older_id not in self.raws or younger_id not in self.raws:
                continue
            pair = (self.raws[older_id], self.raws[younger_id])
            # By keys that nobody named here it says nothing about those that are.
            unnamed = {key_id, other_id} - self._by_id.keys() - {None}
            if not unnamed:
                self.joined.add(Joined(*pair, self._key(key_id), self._key(other_id)))
            by_phone = {key_id, other_id} & phones.keys()
            if by_phone and unnamed <= by_phone:
                phone = by_phone.pop()
                rest = self._key(other_id if phone == key_id else key_id)
                self.note_met(phones[phone], pair, rest)

    def _read_phones(self, namings: Sequence[Naming]) -> dict[int, Raw]:
        """The phones of those who tapped: the ids of their keys, and whose they are."""
        tapped = {naming.known for naming in namings if naming.known is not None}
        statement = (
            "SELECT id, person_id FROM contacts_identity"
            " WHERE kind = 'phone' AND person_id IN ({values})"
        )
        phones = {id_: self.raws[person_id] for id_, person_id in bulk.found(statement, tapped)}
        for raw in phones.values():
            raw.has_phone = True
        return phones

    def note_met(self, owner: Raw, pair: tuple[Raw, Raw], row: KeyRow | None) -> None:
        """Two came together by the phone of one of them, and this key of the other if it is one."""
        older, younger = pair
        self.met.add((owner, row or (younger if owner is older else older)))

    def _key(self, id_: int | None) -> KeyRow | None:
        return None if id_ is None else self._by_id.get(id_)

    def kept(self, key: Key) -> str:
        """A key as the table has it."""
        value = self._kept.get(key)
        if value is None:
            value = self._kept[key] = kept(self.business, key.kind, key.value)
        return value

    def note_id(self, row: KeyRow, id_: int) -> None:
        row.id = id_
        self._by_id[id_] = row

    def kept_apart(self, one: Raw, two: Raw) -> bool:
        """Whether a member split somebody of the one group from somebody of the other."""
        if self._apart is None:
            self._apart = [(self.raw(*a), self.raw(*b)) for a, b in _split_pairs(self.business)]
        lives = {one.life(), two.life()}
        return any({a.life(), b.life()} == lives for a, b in self._apart)

    def limits(self) -> Limits:
        if self._limits is None:
            self._limits = limits(self.business)
        return self._limits


def split_lives(business: Business) -> set[frozenset[int]]:
    """Of each split the oldest of either group: these two become one no more."""
    return {frozenset((a[1], b[1])) for a, b in _split_pairs(business)}


_Pair = tuple[tuple[int, int], tuple[int, int]]


def _split_pairs(business: Business) -> Collection[_Pair]:
    """The persons of each split, each with the oldest of their group."""
    rows = PersonSplit.objects.filter(business=business).values_list(
        "merge__survivor_id",
        "merge__survivor__merged_into_id",
        "merge__absorbed_id",
        "merge__absorbed__merged_into_id",
    )
    return [((a, a_into or a), (b, b_into or b)) for a, a_into, b, b_into in rows]
