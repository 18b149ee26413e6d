"""Telling whose a report is: one, or a whole batch in the order in which it came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions.known import Naming
from textrail.domain.contacts.actions.stitching import People
from textrail.domain.contacts.models import Person
from textrail.domain.contacts.rules import Key


def resolve_people(*, business: Business, namings: Sequence[Naming]) -> list[int]:
    """For each naming, in their order, the id of the person on whom its facts are written down.

    The result is that of one naming after the other. Facts go on this person and not on the oldest
    of their group, so that a merge can be taken back; `queries.surviving_id` and the snapshot of
    people in the columns say who they are today. IntegrityError when somebody else wrote one of
    the keys in the same moment: roll back and repeat.
    """
    with transaction.atomic(savepoint=False):
        people = People(business, namings)
        found = [people.resolve(naming) for naming in namings]
        people.flush()
    return [raw.id for raw in found if raw.id is not None]


def resolve_person(
    *,
    business: Business,
    keys: Sequence[Key],
    at: datetime,
    known: Person | None = None,
    evidence: str = "",
) -> Person:
    """The person whom all `keys`, and `known`, lead to; who were apart become one.

    The oldest person survives, so that the order in which facts arrive does not matter. Keys that
    nobody had are theirs from now on. Without keys and without `known` it is somebody new.
    `evidence` says, for who asks why two persons are one, which fact brought the keys together.
    """
    known_id = known.pk if known else None
    return _found(business, Naming(keys, at, known_id, evidence), as_written=False)


def person_of_fact(
    *, business: Business, keys: Sequence[Key], at: datetime, evidence: str = ""
) -> Person:
    """The person on whom something that `keys` tell of is written down; see `resolve_people`."""
    return _found(business, Naming(keys, at, None, evidence), as_written=True)


def _found(business: Business, naming: Naming, *, as_written: bool) -> Person:
    [person_id] = resolve_people(business=business, namings=[naming])
    person = Person.objects.select_related("merged_into").get(pk=person_id)
    return person if as_written else person.merged_into or person
