"""Who is whom: which keys tell people apart, how many may share one, what merges come to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, NamedTuple

from textrail.domain.contacts.rules.keys import KeyKind
from textrail.vocabulary.errors import Malformed

# Strongest first, behind a tap of a personal link. Where the keys of one report name people who are
# kept apart, it is the strongest one's report.
STRENGTH: Final[Mapping[str, int]] = {"customer_id": 0, "email": 1, "phone": 2, "visitor_id": 3}
MOST_SHARED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """With how many different keys of one kind a key of each kind may have come.

    A household has a phone and an address between them, a customer id belongs to an account with
    the addresses of its people, and a browser stands in a family's kitchen.
    """

    customer_id: int = 10
    email: int = 4
    phone: int = 5
    visitor_id: int = 6

    def of(self, kind: KeyKind) -> int:
        most: int = getattr(self, kind)
        return most


def check_limits(given: Mapping[str, str]) -> Limits:
    """The limits from what was typed under the kinds of keys, or Malformed."""
    found = {field.name: _limit(field.name, given.get(field.name, "")) for field in fields(Limits)}
    return Limits(**found)


def _limit(kind: str, text: str) -> int:
    typed = text.strip()
    if typed.isascii() and typed.isdecimal() and 1 <= int(typed[:9]) <= MOST_SHARED:
        return int(typed)
    raise Malformed(
        f"“{typed[:20]}” is not how many may share a key.",
        hint=f"Write a whole number from 1 to {MOST_SHARED:,}.",
        field=kind,
    )


def limits_as_typed(limits: Limits) -> dict[str, str]:
    return {kind: str(most) for kind, most in asdict(limits).items()}


class Joint(NamedTuple):
    """A merge that holds: two persons, by their ids."""

    older: int
    younger: int


def groups(
    people: Iterable[int], joints: Iterable[Joint], apart: Collection[frozenset[int]]
) -> dict[int, int]:
    """For each person the oldest one of their group, who may be themselves.

    The joints are taken in their order; one that would bring together two people of `apart` is
    passed over. Without such pairs the order does not matter.
    """
    leader = {person: person for person in people}
    members = {person: {person} for person in leader}
    for older, younger in joints:
        one, two = sorted((leader[older], leader[younger]))
        if one == two or _forbidden(members[one], members[two], apart):
            continue
        for person in members[two]:
            leader[person] = one
        members[one] |= members.pop(two)
    return leader


def _forbidden(one: set[int], two: set[int], apart: Collection[frozenset[int]]) -> bool:
    return any(len(pair & one) == 1 and len(pair & two) == 1 for pair in apart)
