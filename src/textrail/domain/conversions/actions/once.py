"""Whom the types that count a person once counted before, asked for a whole batch at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Set

from textrail.domain import bulk
from textrail.domain.contacts.actions import People, Raw

# The first of theirs is enough, of however many they have. The sum is that of the index; and what
# has an `OFFSET` is looked for each time, and not joined.
_WHO_COUNTED = (
    "SELECT id FROM contacts_person WHERE EXISTS (SELECT 1 FROM conversions_conversion"
    " WHERE person_id = contacts_person.id AND type_id + 0 = %s AND sale_id IS NULL"
    " LIMIT 1 OFFSET 0) AND id IN ({values})"
)
_WHO_ARE_ONE_WITH_THEM = (
    "SELECT id, merged_into_id FROM contacts_person WHERE merged_into_id IN ({values})"
)


class OncePerPerson:
    """`types` are those that count each person once. Whatever was counted before `people` were read
    must be stored before anybody is looked for, and what is counted since be noted."""

    def __init__(self, people: People, types: Collection[int]) -> None:
        self._people = people
        self._types = frozenset(types)
        self._readings = people.readings
        self._counted: defaultdict[int, set[Raw]] = defaultdict(set)
        self._asked: set[int] = set()

    @property
    def is_stale(self) -> bool:
        """Whether people were read again, so that all that waits must be stored first."""
        return self._readings != self._people.readings

    def note(self, type_id: int, raw: Raw) -> None:
        """Somebody was counted just now."""
        if type_id in self._types:
            self._counted[type_id].add(self._as_known(raw))

    def has(self, type_id: int, raw: Raw) -> bool:
        """Whether the human being behind `raw` was counted."""
        if self.is_stale:
            self._readings = self._people.readings
            self._counted.clear()
            self._asked.clear()
        known = self._people.known
        if len(known) != len(self._asked):
            self._look_up(known.keys() - self._asked)
        life = self._as_known(raw).life()
        return any(each.life() is life for each in self._counted[type_id])

    def _as_known(self, raw: Raw) -> Raw:
        """The person as they were read last: their own report may have had all read again."""
        return raw if raw.id is None else self._people.known.get(raw.id, raw)

    def _look_up(self, people: Set[int]) -> None:
        known = self._people.known
        lives: dict[int, int] = dict(bulk.found(_WHO_ARE_ONE_WITH_THEM, people))
        for type_id in self._types:
            for (person_id,) in bulk.found(_WHO_COUNTED, {*people, *lives}, type_id):
                life = person_id if person_id in known else lives[person_id]
                self._counted[type_id].add(known[life])
        self._asked |= people
