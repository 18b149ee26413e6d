"""Reports with nothing but a key that too many share: strangers', until a member allows the key."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

import pytest
from conftest import MONDAY, make_business, tries
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries
from tests.overlapping import overlap

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.actions import Naming, resolve_people, resolve_person
from textrail.domain.contacts.columns import PEOPLE
from textrail.domain.contacts.models import Identity, Person, PersonMerge
from textrail.domain.contacts.rules import Key, Limits
from textrail.domain.contacts.tests.test_identity import (
    HOME,
    LATER,
    OFFICE,
    POOL,
    customer,
    life,
    partition,
    share_office,
)
from textrail.vocabulary.phone import PhoneNumber


def strangers(business: Business, count: int, *keys: Key) -> list[int]:
    """Who reported with `keys` alone, or with the address of the office."""
    namings = [Naming(keys or [OFFICE], LATER)] * count
    return resolve_people(business=business, namings=namings)


def rule(business: Business, *, allowed: bool) -> None:
    """Allow every key that joins nobody, or keep those apart that are allowed."""
    stopped = ("shared", "apart") if allowed else ("allowed",)
    for row in Identity.objects.filter(business=business, standing__in=stopped).order_by("id"):
        actions.decide_key(business=business, identity=row, allowed=allowed, at=LATER, actor=None)


def lives(people: Iterable[int]) -> list[int]:
    rows = Person.objects.in_bulk(list(people))
    return [queries.surviving_id(rows[person]) for person in people]


def canonical() -> set[tuple[int, int]]:
    return set(PEOPLE.select().values_list("token", "merged_into__token"))


def test_strangers_are_one_with_the_others_while_their_key_is_allowed(business: Business) -> None:
    share_office(business, 5)
    early = strangers(business, 3)
    before, state = canonical(), PEOPLE.state()
    rule(business, allowed=True)
    office = life(business, OFFICE)
    assert {*lives(early), life(business, customer(4))} == {office}
    assert PEOPLE.state() != state
    assert strangers(business, 1) == [office]
    rule(business, allowed=False)
    assert lives(early) == early
    assert canonical() == before
    late = strangers(business, 2)
    assert lives(late) == late
    rule(business, allowed=True)
    assert set(lives([*early, *late])) == {office}


def test_a_stranger_who_was_split_stays_apart(business: Business, max_: User) -> None:
    share_office(business, 5)
    wrong, right = strangers(business, 2)
    rule(business, allowed=True)
    merge = PersonMerge.objects.get(absorbed=wrong)
    actions.split_people(business=business, merge=merge, why="", at=LATER, actor=max_)
    rule(business, allowed=True)
    assert lives([wrong, right]) == [wrong, life(business, OFFICE)]


def test_one_of_two_shared_keys_is_enough(business: Business) -> None:
    phone = Key("phone", "+14155550123")
    share_office(business, 5)
    for number in range(6):
        resolve_person(business=business, keys=[phone, customer(number)], at=MONDAY)
    [stranger] = strangers(business, 1, OFFICE, phone)
    row = Identity.objects.get(kind="phone")
    actions.decide_key(business=business, identity=row, allowed=True, at=LATER, actor=None)
    assert lives([stranger]) == [life(business, phone)]


def test_a_contact_shows_strangers_only_while_their_key_is_allowed(
    client: Client, business: Business, max_: User
) -> None:
    phone = Key("phone", "+14155550123")
    contact = actions.find_or_add_contact(
        business=business, phone=PhoneNumber(phone.value), at=MONDAY
    )
    for number in range(6):
        resolve_person(business=business, keys=[phone, customer(number)], at=MONDAY)
    resolve_people(business=business, namings=[Naming([phone], LATER, None, "order 7")])
    client.force_login(max_)
    page = f"{HOME}{contact.pk}/"
    assert "order 7" not in client.get(page).content.decode()
    rule(business, allowed=True)
    assert "order 7" in client.get(page).content.decode()


def test_the_hundredth_stranger_takes_as_few_statements_as_the_first(
    business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    share_office(business, 5)
    for count in (1, 98, 1):
        # PostgreSQL reads again behind a lock.
        with django_assert_max_num_queries(6):
            strangers(business, count)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_late", [False, True])
def test_a_stranger_who_comes_while_their_key_is_being_allowed_is_joined(
    business: Business, is_late: bool
) -> None:
    """Either is done and not yet committed when the other begins."""
    share_office(business, 5)
    came: list[int] = []
    works: list[Callable[[], None]] = [
        lambda: came.extend(strangers(business, 1)),
        lambda: rule(business, allowed=True),
    ]
    overlap(*(reversed(works) if is_late else works))
    assert lives(came) == [life(business, OFFICE)]


facts = st.lists(st.lists(st.sampled_from(POOL), min_size=1, max_size=3, unique=True), max_size=10)


def tell(slug: str, told: Sequence[Sequence[Key]], order: Sequence[int]) -> list[int]:
    """Who each of the reports is of, when they come in this order and every shared key is allowed
    at the end."""
    business = make_business("Any", slug)
    limits = Limits(customer_id=2, email=1, phone=1, visitor_id=2)
    actions.set_limits(business=business, limits=limits, at=MONDAY)
    found = {
        place: resolve_person(business=business, keys=told[place], at=MONDAY).pk for place in order
    }
    rule(business, allowed=True)
    return lives([found[place] for place in range(len(told))])


class TestAnyOrder(TestCase):
    @settings(max_examples=tries(40), deadline=None)
    @given(told=facts, seed=st.integers(0, 2**16))
    def test_allowed_keys_make_the_same_people_of_any_order_of_reports(
        self, told: list[list[Key]], seed: int
    ) -> None:
        order = list(range(len(told)))
        one = tell("in-order", told, order)
        two = tell("shuffled", told, random.Random(seed).sample(order, len(order)))
        assert _together(one) == _together(two) == _connected(told)
        businesses = [Business.objects.get(slug=slug) for slug in ("in-order", "shuffled")]
        assert partition(businesses[0], POOL) == partition(businesses[1], POOL)


def _together(people: Sequence[int]) -> list[int]:
    """For each report the first one of the same person."""
    return [people.index(person) for person in people]


def _connected(told: Sequence[Sequence[Key]]) -> list[int]:
    """For each report the first one that it hangs together with, over any keys."""
    groups: list[tuple[set[Key], set[int]]] = []
    for place, keys in enumerate(told):
        keys_, places = set(keys), {place}
        for group in [each for each in groups if each[0] & keys_]:
            groups.remove(group)
            keys_ |= group[0]
            places |= group[1]
        groups.append((keys_, places))
    return [min(places) for place in range(len(told)) for _, places in groups if place in places]
