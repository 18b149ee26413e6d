from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from conftest import MONDAY, make_business, tries
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.keeping import kept
from textrail.domain.contacts.models import Identity, Person, PersonMerge
from textrail.domain.contacts.rules import Key

PHONE = Key("phone", "+14155550123")
EMAIL = Key("email", "ann@example.com")
CUSTOMER = Key("customer_id", "42")
VISITOR = Key("visitor_id", "v-1")


def test_keys_that_come_together_lead_to_one_person(business: Business) -> None:
    person = resolve_person(business=business, keys=[PHONE, EMAIL], at=MONDAY)
    assert resolve_person(business=business, keys=[EMAIL], at=MONDAY) == person
    assert person.identities.count() == 2


def test_a_late_key_joins_two_persons_and_the_older_survives(business: Business) -> None:
    older = resolve_person(business=business, keys=[PHONE], at=MONDAY)
    younger = resolve_person(business=business, keys=[CUSTOMER], at=MONDAY)
    joined = resolve_person(business=business, keys=[CUSTOMER, PHONE], at=MONDAY)
    younger.refresh_from_db()
    assert joined == older
    assert younger.merged_into == older
    merge = PersonMerge.objects.get()
    assert (merge.survivor, merge.absorbed) == (older, younger)
    assert merge.evidence == "shared customer_id, phone"


def test_merged_into_never_points_to_a_merged_person(business: Business) -> None:
    first, second, third = (
        resolve_person(business=business, keys=[key], at=MONDAY) for key in (PHONE, EMAIL, VISITOR)
    )
    resolve_person(business=business, keys=[EMAIL, VISITOR], at=MONDAY)
    resolve_person(business=business, keys=[PHONE, VISITOR], at=MONDAY)
    assert set(Person.objects.exclude(id=first.pk).values_list("merged_into", flat=True)) == {
        first.pk
    }
    third.refresh_from_db()
    assert sorted(queries.ids_of_person(business, third)) == [first.pk, second.pk, third.pk]


def test_a_known_person_is_joined_with_who_has_the_keys(business: Business) -> None:
    clicker = resolve_person(business=business, keys=[], at=MONDAY)
    buyer = resolve_person(business=business, keys=[CUSTOMER], at=MONDAY)
    joined = resolve_person(
        business=business, keys=[CUSTOMER], at=MONDAY, known=clicker, evidence="order 7"
    )
    assert joined == clicker
    assert [merge.evidence for merge in queries.merges(business, buyer)] == []
    assert [merge.evidence for merge in queries.merges(business, clicker)] == ["order 7"]


def test_the_same_key_in_two_businesses_is_two_persons(
    business: Business, other_business: Business
) -> None:
    ours = resolve_person(business=business, keys=[EMAIL], at=MONDAY)
    theirs = resolve_person(business=other_business, keys=[EMAIL], at=MONDAY)
    assert ours != theirs


def test_a_merge_writes_few_statements(
    business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    resolve_person(business=business, keys=[PHONE], at=MONDAY)
    # PostgreSQL reads again behind a lock, and counts what SQLite is told in one go.
    with django_assert_max_num_queries(12):
        resolve_person(business=business, keys=[CUSTOMER, VISITOR], at=MONDAY)
    with django_assert_max_num_queries(18):
        resolve_person(business=business, keys=[CUSTOMER, PHONE], at=MONDAY)
    with django_assert_max_num_queries(2):
        resolve_person(business=business, keys=[CUSTOMER, VISITOR], at=MONDAY)


KEYS = [Key("visitor_id", f"v{index}") for index in range(6)]
KEYS += [Key("email", f"p{index}@shop.example") for index in range(3)]
facts = st.lists(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3), max_size=7)


def partition(business: Business) -> set[frozenset[str]]:
    groups: dict[int, set[str]] = {}
    names = {kept(business, key.kind, key.value): key.value for key in KEYS}
    for identity in Identity.objects.filter(business=business).select_related("person"):
        if identity.standing != "shared":
            life = queries.surviving_id(identity.person)
            groups.setdefault(life, set()).add(names[identity.value])
    return {frozenset(group) for group in groups.values()}


def tell_facts(slug: str, told: Sequence[Sequence[Key]]) -> set[frozenset[str]]:
    business = make_business("Any", slug)
    for keys in told:
        resolve_person(business=business, keys=keys, at=MONDAY)
    survivors = Person.objects.filter(merged_into=None).values("id")
    assert not Person.objects.exclude(merged_into=None).exclude(merged_into__in=survivors).exists()
    return partition(business)


class TestAnyOrder(TestCase):
    @settings(max_examples=tries(25), deadline=None)
    @given(told=facts, seed=st.integers(0, 2**16))
    def test_any_order_of_facts_makes_the_same_persons(
        self, told: list[list[Key]], seed: int
    ) -> None:
        shuffled = random.Random(seed).sample(told, len(told))
        assert tell_facts("in-order", told) == tell_facts("shuffled", shuffled)


@pytest.mark.parametrize("keys", [[], [PHONE]])
def test_a_person_can_be_named_by_nothing_but_a_click(business: Business, keys: list[Key]) -> None:
    clicker = resolve_person(business=business, keys=[], at=MONDAY)
    assert resolve_person(business=business, keys=keys, at=MONDAY, known=clicker) == clicker
