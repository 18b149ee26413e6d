"""Telling whose reports are, one after the other, and writing down together what they taught.

Keys that nobody had make a new person, who is joined with those whom the other keys name: a person
is whoever first came with a set of keys, so that whatever joined people can be taken back. Keys
that too many people share join nobody. docs/decisions/0008 has the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Final

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions.grouping import regroup, rule_key
from textrail.domain.contacts.actions.known import Joined, KeyRow, Known, Naming, Raw
from textrail.domain.contacts.models import Contradiction, Identity, Standing
from textrail.domain.contacts.rules import Key
from textrail.vocabulary.ids import new_person_token

MOST_MET: Final = 32_767  # a small integer: no limit is as high
_NEW = 1 << 62  # persons without an id are younger than all who have one


@dataclass(slots=True)
class _Waiting:
    """What is not written yet, in the order of its making."""

    raws: list[Raw] = field(default_factory=list)
    keys: list[KeyRow] = field(default_factory=list)
    merges: list[tuple[Joined, str, datetime]] = field(default_factory=list)
    absorbed: list[Raw] = field(default_factory=list)
    met: dict[KeyRow, None] = field(default_factory=dict)
    contradictions: list[tuple[Raw, Raw, str, datetime]] = field(default_factory=list)


class People:
    """The people of one business, for one transaction. `flush` before anybody looks for them."""

    def __init__(
        self, business: Business, namings: Sequence[Naming] = (), *, in_turn: bool = False
    ) -> None:
        """`namings` are read ahead, all at once; others are read when they come. `in_turn` says
        that the transaction has taken the business's turn already."""
        self._business = business
        self._known = Known(business, locked=in_turn)
        self._ahead = list(namings)
        self._waiting = _Waiting()
        self._made = 0
        self._is_read = False

    @property
    def known(self) -> Mapping[int, Raw]:
        """Everybody stored who was read or made here, by their id."""
        return self._known.raws

    @property
    def readings(self) -> int:
        """How often all was read again, and `known` began anew: before it everything is flushed."""
        return self._known.readings

    def resolve(self, naming: Naming) -> Raw:
        """The person whose report this is: who tapped, else who has its strongest key that joins
        people; somebody new without either. All whom it names are one from now on, save those who
        are kept apart. The person has an id after the next flush."""
        if not naming.keys:
            return self._somebody(naming)
        self._read(naming)
        found = {key: self._known.keys[key] for key in naming.keys}
        rows = sorted((row for row in found.values() if row is not None), key=_order)
        missing = [key for key, row in found.items() if row is None]
        tapped = None if naming.known is None else self._known.raws[naming.known]
        homes = {row.raw for row in rows} | ({tapped} if tapped else set())
        fresh = self._add_keys(missing, naming) if missing else []
        if fresh or len(homes) > 1:
            self._learn(naming, rows, fresh, tapped)
        if tapped is not None:
            return tapped
        usable = [row for row in (*rows, *fresh) if row.joins]
        return min(usable, key=_order).raw if usable else self._stranger([*rows, *fresh], naming)

    def _stranger(self, rows: Sequence[KeyRow], naming: Naming) -> Raw:
        """Somebody new, because none of their keys joins people; the merges that are written down
        hold when a member allows one."""
        raw = self._new_raw(naming.at)
        for row in rows:
            self._join(self._joint(row.raw, raw, row, None), naming)
        return raw

    def join_tap(self, awaited: int, tapped: int, *, at: datetime, evidence: str) -> bool:
        """Make who was written down for a tap one with who tapped. False, and only written down,
        where their groups are kept apart."""
        one, two = (self._somebody(Naming((), at, known)) for known in (awaited, tapped))
        if one is two:
            return True
        joint, naming = self._joint(one, two, None, None), Naming((), at, None, evidence)
        if self._known.kept_apart(one, two):
            self._write_down(joint, naming)
            return False
        self._join(joint, naming)
        return True

    def _somebody(self, naming: Naming) -> Raw:
        if naming.known is None:
            return self._new_raw(naming.at)
        self._read(naming)
        return self._known.raws[naming.known]

    def _read(self, naming: Naming) -> None:
        if not self._is_read:
            self._is_read = True
            self._known.read(self._ahead or [naming])
        unread = any(key not in self._known.keys for key in naming.keys)
        if unread or (naming.known is not None and naming.known not in self._known.raws):
            self.flush()
            self._known.read([naming])

    def _new_raw(self, at: datetime) -> Raw:
        self._made += 1
        raw = Raw(None, place=_NEW + self._made, token=new_person_token(), at=at)
        self._waiting.raws.append(raw)
        return raw

    def _add_keys(self, missing: Iterable[Key], naming: Naming) -> list[KeyRow]:
        raw = self._new_raw(naming.at)
        fresh = []
        for key in missing:
            row = KeyRow(
                key.kind, self._known.kept(key), raw, learnt=naming.evidence[:120], at=naming.at
            )
            self._known.keys[key] = row
            fresh.append(row)
        self._waiting.keys += fresh
        return sorted(fresh, key=_order)

    def _learn(
        self, naming: Naming, rows: list[KeyRow], fresh: list[KeyRow], tapped: Raw | None
    ) -> None:
        """Write down what came together for the first time, and join whom it joins."""
        new = [pair for pair in combinations(rows, 2) if self._is_new(*pair)]
        pairs = [*new, *((row, one) for row in rows for one in fresh), *combinations(fresh, 2)]
        for one, two in pairs:
            for row, other in ((one, two), (two, one)):
                if other.kind != "phone" or not self._came_with(other.raw, row):
                    self._meet(row, other.kind)
        by_tap = [row for row in rows if tapped and self._is_first(tapped, row)]
        made = [self._joint(tapped, row.raw, row, None) for row in by_tap if tapped]
        if tapped is not None and tapped.has_phone and all(k.kind != "phone" for k in naming.keys):
            met = self._known.met
            known = [row for row in by_tap if not {(tapped, row), (tapped, row.raw)} & met]
            for row in (*fresh, *known):
                self._meet(row, "phone")
        if fresh and tapped:
            made.append(self._joint(tapped, fresh[0].raw, None, None))
        made += [self._joint(row.raw, fresh[0].raw, row, None) for row in rows if fresh]
        made += [self._joint(one.raw, two.raw, one, two) for one, two in new]
        shared = [row for row in (*rows, *fresh) if self._is_shared(row)]
        for row in shared:
            row.standing = Standing.SHARED
        for joint in made:
            self._join(joint, naming)
        if shared:
            self._part(shared, naming)

    def _joint(self, one: Raw, two: Raw, key: KeyRow | None, other_key: KeyRow | None) -> Joined:
        older, younger = (one, two) if one.place <= two.place else (two, one)
        return Joined(older, younger, key, other_key)

    def _is_first(self, tapped: Raw, row: KeyRow) -> bool:
        """Whether a key of somebody else comes with a tap of this person for the first time."""
        return tapped is not row.raw and not self._came_with(tapped, row)

    def _came_with(self, tapped: Raw, row: KeyRow) -> bool:
        """Whether a key came before with a tap of this person, and so met their phone."""
        joint = self._joint(tapped, row.raw, row, None)
        return bool({joint, joint._replace(key=None)} & self._known.joined)

    def _is_new(self, one: KeyRow, two: KeyRow) -> bool:
        """Whether two keys of different persons come together for the first time."""
        if one.raw is two.raw:
            return False
        older, younger = (one, two) if one.raw.place < two.raw.place else (two, one)
        by_birth = Joined(older.raw, younger.raw, older, None)
        together = self._joint(one.raw, two.raw, one, two)
        return by_birth not in self._known.joined and together not in self._known.joined

    def _meet(self, row: KeyRow, kind: str) -> None:
        if kind == "visitor_id":
            return  # one person has many browsers
        row.met[kind] = row.met.get(kind, 0) + 1
        if row.id is not None:
            self._waiting.met[row] = None

    def _is_shared(self, row: KeyRow) -> bool:
        most = max(row.met.values(), default=0)
        if most <= 1 or row.standing != Standing.JOINS:  # no limit is below one
            return False
        return most > self._known.limits().of(row.kind)

    def _join(self, joint: Joined, naming: Naming) -> None:
        why = self._write_down(joint, naming)
        if all(row.joins for row in (joint.key, joint.other_key) if row is not None):
            self._unite(joint, why, naming.at)

    def _write_down(self, joint: Joined, naming: Naming) -> str:
        """Why, as it is written down."""
        self._known.joined.add(joint)
        for row, other in ((joint.key, joint.other_key), (joint.other_key, joint.key)):
            if row is not None and row.kind == "phone":
                self._known.note_met(row.raw, joint[:2], other)
        shared = dict.fromkeys(row.kind for row in (joint.key, joint.other_key) if row)
        why = (naming.evidence or f"shared {', '.join(shared) or 'tap'}")[:200]
        self._waiting.merges.append((joint, why, naming.at))
        return why

    def _unite(self, joint: Joined, why: str, at: datetime) -> None:
        one, two = joint.older.life(), joint.younger.life()
        if one is two:
            return
        older, younger = (one, two) if one.place < two.place else (two, one)
        if younger.id is not None:
            if self._known.kept_apart(older, younger):
                self._waiting.contradictions.append((older, younger, why, at))
                return
            self._waiting.absorbed.append(younger)
        younger.into = older

    def _part(self, shared: Sequence[KeyRow], naming: Naming) -> None:
        """Take back what keys joined that turn out to be shared by too many."""
        self.flush()
        for row in shared:
            rule_key(
                identity=Identity.objects.get(pk=row.id or 0),
                standing=Standing.SHARED,
                people=max(row.met.values()),
                why=naming.evidence,
                at=naming.at,
            )
        regroup(self._business, {row.raw.id for row in shared if row.raw.id is not None})
        self._known.forget()
        self._known.read(self._ahead or [naming])

    def forget(self) -> None:
        """Read everything again, because somebody else wrote in our transaction."""
        self.flush()
        self._known.forget()
        self._is_read = False

    def flush(self) -> None:
        """Write what waits. An IntegrityError when somebody else wrote one of the keys first."""
        waiting, self._waiting = self._waiting, _Waiting()
        self._write_persons(waiting.raws)
        self._write_keys(waiting.keys)
        self._write_merges(waiting)
        bulk.execute_each(
            "UPDATE contacts_identity SET customers = %s, emails = %s, phones = %s WHERE id = %s",
            [(*_counts(row), row.id) for row in waiting.met],
        )
        Contradiction.objects.bulk_create(
            Contradiction(
                business=self._business,
                person_id=one.id or 0,
                other_id=two.id or 0,
                evidence=why,
                at=at,
            )
            for one, two, why, at in waiting.contradictions
        )

    def _write_persons(self, raws: Sequence[Raw]) -> None:
        if not raws:
            return
        ids = bulk.draw_ids("contacts_person", len(raws))
        for raw, id_ in zip(raws, ids, strict=True):
            raw.id = raw.place = id_
            self._known.raws[id_] = raw
        lives = [None if raw.into is None else raw.life().id for raw in raws]
        bulk.insert(
            "contacts_person",
            [
                bulk.Column("id", "int8", ids),
                bulk.Column("business_id", "int8", [self._business.pk] * len(raws)),
                bulk.Column("token", "int8", [raw.token for raw in raws]),
                bulk.Column("merged_into_id", "int8", lives),
                bulk.Column("created_at", "timestamptz", bulk.moments([raw.at for raw in raws])),
            ],
        )

    def _write_keys(self, rows: Sequence[KeyRow]) -> None:
        if not rows:
            return
        ids = bulk.draw_ids("contacts_identity", len(rows))
        for row, id_ in zip(rows, ids, strict=True):
            self._known.note_id(row, id_)
        counts = [_counts(row) for row in rows]
        bulk.insert(
            "contacts_identity",
            [
                bulk.Column("id", "int8", ids),
                bulk.Column("business_id", "int8", [self._business.pk] * len(rows)),
                bulk.Column("kind", "varchar", [row.kind for row in rows]),
                bulk.Column("value", "varchar", [row.value for row in rows]),
                bulk.Column("person_id", "int8", [row.raw.id for row in rows]),
                bulk.Column("first_seen_at", "timestamptz", bulk.moments([row.at for row in rows])),
                bulk.Column("learnt", "varchar", [row.learnt for row in rows]),
                bulk.Column("standing", "varchar", [""] * len(rows)),
                bulk.Column("customers", "int2", [count[0] for count in counts]),
                bulk.Column("emails", "int2", [count[1] for count in counts]),
                bulk.Column("phones", "int2", [count[2] for count in counts]),
            ],
        )

    def _write_merges(self, waiting: _Waiting) -> None:
        bulk.execute_each(
            "UPDATE contacts_person SET merged_into_id = %s WHERE id = %s OR merged_into_id = %s",
            [(raw.life().id, raw.id, raw.id) for raw in waiting.absorbed],
        )
        joints = [joint for joint, _, _ in waiting.merges]
        if not joints:
            return
        keys = [joint.key.id if joint.key else None for joint in joints]
        others = [joint.other_key.id if joint.other_key else None for joint in joints]
        bulk.insert(
            "contacts_personmerge",
            [
                bulk.Column("business_id", "int8", [self._business.pk] * len(joints)),
                bulk.Column("survivor_id", "int8", [joint.older.id for joint in joints]),
                bulk.Column("absorbed_id", "int8", [joint.younger.id for joint in joints]),
                bulk.Column("key_id", "int8", keys),
                bulk.Column("other_key_id", "int8", others),
                bulk.Column("evidence", "varchar", [why for _, why, _ in waiting.merges]),
                bulk.Column("at", "timestamptz", bulk.moments([at for _, _, at in waiting.merges])),
            ],
        )


def _order(row: KeyRow) -> tuple[int, str]:
    return row.order


def _counts(row: KeyRow) -> tuple[int, int, int]:
    met = row.met
    return (
        min(met.get("customer_id", 0), MOST_MET),
        min(met.get("email", 0), MOST_MET),
        min(met.get("phone", 0), MOST_MET),
    )
