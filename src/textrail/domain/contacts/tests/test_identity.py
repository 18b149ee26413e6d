from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from urllib.parse import urlencode

import pytest
from conftest import MONDAY, make_business, tries
from django.apps import apps
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django.asserts import assertRedirects

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.actions import Naming, resolve_people, resolve_person
from textrail.domain.contacts.columns import PEOPLE
from textrail.domain.contacts.keeping import kept
from textrail.domain.contacts.models import (
    Contradiction,
    Identity,
    KeyRuling,
    Person,
    PersonMerge,
    PersonSplit,
)
from textrail.domain.contacts.rules import Joint, Key, Limits, groups, normalise_key
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.phone import PhoneNumber

OFFICE = Key("email", "office@harbor.example")
LATER = MONDAY + timedelta(hours=1)
HOME = "/b/harbor-hvac/contacts/"


def customer(number: int) -> Key:
    return Key("customer_id", f"c{number}")


def life(business: Business, key: Key) -> int:
    value = kept(business, key.kind, key.value)
    row = Identity.objects.select_related("person").get(business=business, value=value)
    return queries.surviving_id(row.person)


def share_office(business: Business, people: int) -> None:
    for number in range(people):
        resolve_person(business=business, keys=[OFFICE, customer(number)], at=MONDAY)


def test_a_few_who_share_an_address_are_one(business: Business) -> None:
    share_office(business, 4)
    assert len({life(business, customer(number)) for number in range(4)}) == 1
    assert not KeyRuling.objects.exists()


def test_an_address_of_too_many_parts_whom_it_joined(business: Business) -> None:
    share_office(business, 5)
    assert len({life(business, customer(number)) for number in range(5)}) == 5
    ruling = KeyRuling.objects.get()
    assert (ruling.standing, ruling.people, ruling.actor) == ("shared", 5, None)
    share_office(business, 7)  # nobody is joined from now on either
    assert len({life(business, customer(number)) for number in range(7)}) == 7
    assert KeyRuling.objects.count() == 1


def test_who_has_nothing_but_a_shared_key_is_a_stranger(business: Business) -> None:
    share_office(business, 5)
    strangers = {resolve_person(business=business, keys=[OFFICE], at=LATER).pk for _ in range(2)}
    assert len(strangers) == 2
    assert not strangers & {life(business, customer(number)) for number in range(5)}


def test_what_another_key_joined_stays_when_a_shared_one_parts(business: Business) -> None:
    visitor = Key("visitor_id", "v-1")
    resolve_person(business=business, keys=[customer(0), visitor], at=MONDAY)
    share_office(business, 5)
    assert life(business, visitor) == life(business, customer(0))


def test_a_key_that_a_member_allows_joins_again(business: Business, max_: User) -> None:
    share_office(business, 5)
    row = queries.shared_keys(business)[0].identity
    before = PEOPLE.state()
    actions.decide_key(business=business, identity=row, allowed=True, at=LATER, actor=max_)
    assert len({life(business, customer(number)) for number in range(5)}) == 1
    assert PEOPLE.state() != before
    row.refresh_from_db()
    actions.decide_key(business=business, identity=row, allowed=False, at=LATER, actor=max_)
    assert len({life(business, customer(number)) for number in range(5)}) == 5
    audited = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"key.allowed", "key.kept_apart"} <= audited


def test_a_limit_of_the_business_decides(business: Business, ada: User) -> None:
    actions.set_limits(business=business, limits=Limits(email=1), at=MONDAY, actor=ada)
    share_office(business, 2)
    assert life(business, customer(0)) != life(business, customer(1))


def test_a_split_undoes_one_merge_and_keeps_it_undone(business: Business, max_: User) -> None:
    email = Key("email", "ann@shop.example")
    one, two, three = (
        resolve_person(business=business, keys=[customer(number)], at=MONDAY) for number in range(3)
    )
    resolve_person(business=business, keys=[customer(0), email], at=MONDAY, evidence="order 1")
    resolve_person(business=business, keys=[customer(1), email], at=MONDAY, evidence="order 2")
    resolve_person(business=business, keys=[customer(2), customer(1)], at=MONDAY)
    wrong = PersonMerge.objects.get(evidence="order 2")
    before = PEOPLE.state()
    actions.split_people(business=business, merge=wrong, why="a cousin", at=LATER, actor=max_)
    for person in (one, two, three):
        person.refresh_from_db()
    assert (one.merged_into, two.merged_into, three.merged_into) == (None, None, two)
    assert PEOPLE.state() != before
    split = PersonSplit.objects.get()
    assert (split.actor, split.why, split.at) == (max_, "a cousin", LATER)
    resolve_person(business=business, keys=[customer(1), email], at=LATER)
    assert life(business, customer(0)) != life(business, customer(1))
    with pytest.raises(Conflict):
        actions.split_people(business=business, merge=wrong, why="", at=LATER, actor=max_)
    assert PersonMerge.objects.filter(pk=wrong.pk).exists()


def test_a_report_of_two_who_are_apart_goes_by_the_stronger_key(
    business: Business, max_: User
) -> None:
    visitor, email = Key("visitor_id", "v-1"), Key("email", "ann@shop.example")
    ann = resolve_person(business=business, keys=[email], at=MONDAY)
    ben = resolve_person(business=business, keys=[visitor], at=MONDAY)
    resolve_person(business=business, keys=[email, visitor], at=MONDAY)
    merge = PersonMerge.objects.get()
    actions.split_people(business=business, merge=merge, why="", at=LATER, actor=max_)
    phone = Key("phone", "+14155550123")
    resolve_person(business=business, keys=[phone], at=LATER, known=ben)
    [whose] = resolve_people(business=business, namings=[Naming([phone, email], LATER)])
    assert whose == ann.pk
    assert Contradiction.objects.count() == 1


def test_a_batch_is_told_apart_like_one_after_the_other(
    business: Business, other_business: Business
) -> None:
    draw = random.Random(7)
    pool = [customer(n) for n in range(6)]
    pool += [Key("email", f"{n}@shop.example") for n in range(3)] + [OFFICE]
    told = [draw.sample(pool, draw.randint(1, 3)) for _ in range(40)]
    resolve_people(business=business, namings=[Naming(keys, MONDAY) for keys in told])
    for keys in told:
        resolve_people(business=other_business, namings=[Naming(keys, MONDAY)])
    assert partition(business, pool) == partition(other_business, pool)
    counts = [
        (
            Person.objects.filter(business=each).count(),
            PersonMerge.objects.filter(business=each).count(),
        )
        for each in (business, other_business)
    ]
    assert counts[0] == counts[1]


POOL = [customer(number) for number in range(5)]
POOL += [Key("email", f"p{number}@shop.example") for number in range(3)]
POOL += [Key("visitor_id", "v-1")]
facts = st.lists(st.lists(st.sampled_from(POOL), min_size=2, max_size=3, unique=True), max_size=9)


def partition(business: Business, pool: Sequence[Key]) -> set[tuple[bool, frozenset[str]]]:
    """The keys that belong together, and which join nobody."""
    names = {kept(business, key.kind, key.value): key.value for key in pool}
    found: dict[tuple[bool, int], set[str]] = {}
    for row in Identity.objects.filter(business=business).select_related("person"):
        shared = row.standing == "shared"
        place = (shared, row.pk if shared else queries.surviving_id(row.person))
        found.setdefault(place, set()).add(names[row.value])
    return {(shared, frozenset(keys)) for (shared, _), keys in found.items()}


def tell(slug: str, told: Sequence[Sequence[Key]]) -> Business:
    business = make_business("Any", slug)
    limits = Limits(customer_id=3, email=2, phone=2, visitor_id=3)
    actions.set_limits(business=business, limits=limits, at=MONDAY)
    for keys in told:
        resolve_person(business=business, keys=keys, at=MONDAY)
    return business


def test_a_merge_by_other_keys_does_not_hide_a_new_meeting(
    business: Business, other_business: Business
) -> None:
    """The email comes with three customers, one of them after their persons were one already."""
    c0, c1, c2 = (customer(number) for number in range(3))
    email = Key("email", "p0@shop.example")
    told = [[c0, c1], [c1, email, c2], [c0, c1, c2], [email, c0]]
    for each in (business, other_business):
        actions.set_limits(business=each, limits=Limits(customer_id=3, email=2), at=MONDAY)
    for keys in told:
        resolve_person(business=business, keys=keys, at=MONDAY)
    for keys in reversed(told):
        resolve_person(business=other_business, keys=keys, at=MONDAY)
    pool = [c0, c1, c2, email]
    assert partition(business, pool) == partition(other_business, pool)
    assert (True, frozenset({email.value})) in partition(business, pool)


class TestAnyOrder(TestCase):
    @settings(max_examples=tries(40), deadline=None)
    @given(told=facts, seed=st.integers(0, 2**16))
    def test_any_order_joins_and_parts_the_same_people(
        self, told: list[list[Key]], seed: int
    ) -> None:
        shuffled = random.Random(seed).sample(told, len(told))
        one, two = tell("in-order", told), tell("shuffled", shuffled)
        assert partition(one, POOL) == partition(two, POOL)

    @settings(max_examples=15, deadline=None)
    @given(told=facts)
    def test_what_comes_twice_changes_nothing(self, told: list[list[Key]]) -> None:
        business = tell("once", told)
        before = (partition(business, POOL), PersonMerge.objects.count(), Person.objects.count())
        for keys in told:
            if all(row.standing != "shared" for row in Identity.objects.filter(business=business)):
                resolve_person(business=business, keys=keys, at=LATER)
        after = (partition(business, POOL), PersonMerge.objects.count(), Person.objects.count())
        assert before == after


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] != pair[1])
    ),
    st.randoms(),
)
def test_groups_do_not_depend_on_the_order(
    pairs: list[tuple[int, int]], draw: random.Random
) -> None:
    joints = [Joint(*sorted(pair)) for pair in pairs]
    shuffled = draw.sample(joints, len(joints))
    assert groups(range(9), joints, ()) == groups(range(9), shuffled, ())


def test_a_pair_that_is_apart_stays_apart_over_others() -> None:
    joints = [Joint(1, 2), Joint(2, 3), Joint(3, 4)]
    assert groups([1, 2, 3, 4], joints, [frozenset((1, 4))]) == {1: 1, 2: 1, 3: 1, 4: 4}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "test@test.com"),
        ("email", "TEST@example.com"),
        ("email", "noemail@noemail.com"),
        ("phone", "+10000000000"),
        ("phone", "+14155555555"),
        ("customer_id", "0000"),
        ("customer_id", "N/A"),
        ("visitor_id", "undefined"),
    ],
)
def test_what_people_make_up_is_no_key(kind: str, text: str) -> None:
    with pytest.raises(Malformed):
        normalise_key(kind, text, country="US")  # type: ignore[arg-type]


def test_only_phones_are_kept_readable(business: Business, other_business: Business) -> None:
    keys = [OFFICE, customer(1), Key("visitor_id", "v-1"), Key("phone", "+14155550123")]
    resolve_person(business=business, keys=keys, at=MONDAY)
    stored = set(Identity.objects.values_list("value", flat=True))
    assert stored & {key.value for key in keys} == {"+14155550123"}
    assert kept(business, "email", OFFICE.value) != kept(other_business, "email", OFFICE.value)


def test_late_identities_are_told_and_new_people_are_not(business: Business, max_: User) -> None:
    resolve_person(business=business, keys=[customer(0)], at=MONDAY)
    resolve_person(business=business, keys=[customer(1)], at=MONDAY)
    resolve_person(business=business, keys=[customer(0), OFFICE], at=LATER)
    until = LATER + timedelta(minutes=1)
    assert queries.identity_changes(business, LATER, until).people == 0
    resolve_person(business=business, keys=[customer(0), customer(1)], at=LATER)
    changes = queries.identity_changes(business, LATER, until)
    assert (changes.joined, changes.split, changes.people) == (1, 0, 3)
    merge = PersonMerge.objects.latest("id")
    actions.split_people(business=business, merge=merge, why="", at=until, actor=max_)
    changes = queries.identity_changes(business, until, until + timedelta(minutes=1))
    assert (changes.split, changes.people) == (1, 3)


@contextmanager
def few_values_in_one_statement() -> Iterator[None]:
    """SQLite takes as many as it did in its oldest versions; PostgreSQL knows no such limit."""
    if connection.vendor != "sqlite":
        yield
        return
    raw, limit = connection.connection, sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
    before = raw.setlimit(limit, 999)
    try:
        yield
    finally:
        raw.setlimit(limit, before)


def test_changes_of_more_people_than_one_statement_takes_are_told(business: Business) -> None:
    count = 1_200
    older = Person.objects.bulk_create(
        Person(business=business, created_at=MONDAY) for _ in range(count)
    )
    younger = Person.objects.bulk_create(
        Person(business=business, created_at=MONDAY, merged_into=each) for each in older
    )
    PersonMerge.objects.bulk_create(
        PersonMerge(business=business, survivor=one, absorbed=two, evidence="a list", at=LATER)
        for one, two in zip(older, younger, strict=True)
    )
    with few_values_in_one_statement():
        changes = queries.identity_changes(business, LATER, LATER + timedelta(minutes=1))
    assert (changes.joined, changes.people) == (count, 2 * count)


def test_a_merge_and_its_split_leave_the_columns_as_they_were(
    business: Business, max_: User
) -> None:
    def people() -> list[tuple[int, int]]:
        return list(PEOPLE.select().values_list("token", "merged_into__token"))

    for number in range(2):
        keys = [customer(number), Key("visitor_id", f"v-{number}")]
        resolve_person(business=business, keys=keys[:1], at=MONDAY)
        resolve_person(business=business, keys=keys, at=MONDAY)
    before = people()
    resolve_person(business=business, keys=[customer(0), customer(1)], at=LATER)
    assert people() != before
    merge = PersonMerge.objects.latest("id")
    actions.split_people(business=business, merge=merge, why="", at=LATER, actor=max_)
    assert people() == before


def test_merges_of_somebody_with_themselves_are_deleted(business: Business) -> None:
    for keys in ([customer(0)], [customer(1)], [customer(0), customer(1)]):
        person = resolve_person(business=business, keys=keys, at=MONDAY)
    merge = PersonMerge.objects.get()
    itself = PersonMerge.objects.create(
        business=business, survivor=person, absorbed=person, evidence="email in track 1", at=MONDAY
    )
    PersonSplit.objects.create(business=business, merge=itself, at=MONDAY)
    import_module("textrail.domain.contacts.migrations.0007_nobody_merged_with_themselves").delete(
        apps, None
    )
    assert PersonMerge.objects.get() == merge
    assert not PersonSplit.objects.exists()


def test_an_admin_splits_on_the_page_and_others_may_not(
    client: Client, business: Business, max_: User, bo: User, cy: User
) -> None:
    ann = actions.find_or_add_contact(
        business=business, phone=PhoneNumber("+14155550123"), at=MONDAY
    )
    resolve_person(business=business, keys=[customer(0)], at=MONDAY)
    phone = Key("phone", ann.phone)
    resolve_person(business=business, keys=[phone, customer(0)], at=MONDAY, evidence="order 7")
    merge = PersonMerge.objects.get()
    here = f"{HOME}{ann.pk}/"
    address = f"/b/harbor-hvac/people/merges/{merge.pk}/split/?back={here}"
    for user, status in ((bo, 403), (cy, 404)):
        client.force_login(user)
        assert client.get(address).status_code == status
        assert client.post(address).status_code == status
    client.force_login(max_)
    page = client.get(here).content.decode()
    assert "order 7" in page
    assert f'href="{address}"' in page
    page = client.get(address).content.decode()
    assert "order 7" in page
    assert f'href="{here}"' in page
    assertRedirects(client.post(address, {"why": "<b>cousin</b>"}), here)
    page = client.get(here).content.decode()
    assert "&lt;b&gt;cousin&lt;/b&gt;" in page
    assert address not in page
    again = client.post(address)
    assert again.status_code == 409
    assert "taken back already" in again.content.decode()


@pytest.mark.parametrize("back", ["", "//evil.example/", "https://evil.example/", "/b/cys-cycles/"])
def test_a_split_leads_back_within_the_business_only(
    as_ada: Client, business: Business, back: str
) -> None:
    for keys in ([customer(0)], [customer(1)], [customer(0), customer(1)]):
        resolve_person(business=business, keys=keys, at=MONDAY)
    merge = PersonMerge.objects.get()
    address = f"/b/harbor-hvac/people/merges/{merge.pk}/split/?{urlencode({'back': back})}"
    assert f'<a href="{HOME}"' in as_ada.get(address).content.decode()
    assertRedirects(as_ada.post(address), HOME)


def test_the_page_of_shared_keys(client: Client, business: Business, max_: User, bo: User) -> None:
    client.force_login(max_)
    address = f"{HOME}shared-keys/"
    assert "No key is shared by too many" in client.get(address).content.decode()
    share_office(business, 5)
    page = client.get(address).content.decode()
    assert "Shared by too many" in page
    row = queries.shared_keys(business)[0].identity
    assert client.post(f"{address}{row.pk}/", {"allow": "1"}).status_code == 302
    assert "Keep apart" in client.get(address).content.decode()
    given = {"customer_id": "3", "email": "many", "phone": "5", "visitor_id": "6"}
    assert client.post(address, given).status_code == 422
    assert client.post(address, given | {"email": "9"}).status_code == 302
    assert queries.limits(business) == Limits(3, 9, 5, 6)
    client.force_login(bo)
    assert client.get(address).status_code == 200
    assert client.post(f"{address}{row.pk}/").status_code == 403
