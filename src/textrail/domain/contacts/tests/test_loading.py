from __future__ import annotations

import pytest
from conftest import MONDAY
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.actions import Listed, load_contacts, resolve_person
from textrail.domain.contacts.models import Contact, Identity, Person, PersonMerge
from textrail.domain.contacts.rules import Key
from textrail.vocabulary.phone import PhoneNumber

ANN, BEN, CAL = (PhoneNumber(f"+1415555012{n}") for n in (3, 4, 5))


def load(business: Business, *rows: Listed) -> list[int]:
    return load_contacts(business=business, listed=rows, at=MONDAY)


def person_of(business: Business, key: Key) -> Person:
    """Who a key leads to now."""
    return resolve_person(business=business, keys=[key], at=MONDAY)


def test_who_is_missing_is_added_and_ids_come_in_the_order_of_the_list(business: Business) -> None:
    known = actions.find_or_add_contact(business=business, phone=BEN, at=MONDAY)
    ids = load(business, Listed(CAL, "Cal"), Listed(BEN, "Ben"), Listed(ANN))
    assert [Contact.objects.get(id=id_).phone for id_ in ids] == [CAL, BEN, ANN]
    assert ids[1] == known.pk
    assert load(business, Listed(ANN), Listed(CAL)) == [ids[2], ids[0]]
    assert Contact.objects.count() == Person.objects.count() == Identity.objects.count() == 3


def test_a_person_whom_a_conversion_named_by_phone_is_who_the_contact_is(
    business: Business,
) -> None:
    known = person_of(business, Key("phone", ANN))
    load(business, Listed(ANN))
    assert Contact.objects.get().person == known


def test_a_name_and_an_address_are_filled_in_and_never_replaced(business: Business) -> None:
    load(business, Listed(ANN, "Ann"), Listed(BEN))
    load(business, Listed(ANN, "Anna", "ann@x.example"), Listed(BEN, "Ben", "ben@x.example"))
    load(business, Listed(ANN, "", "other@x.example"))
    kept = set(Contact.objects.values_list("phone", "name", "email"))
    assert kept == {(ANN, "Ann", "ann@x.example"), (BEN, "Ben", "ben@x.example")}


@pytest.mark.parametrize("contact_first", [True, False])
def test_who_was_known_by_a_key_of_the_row_alone_becomes_one_with_the_phone(
    business: Business, contact_first: bool
) -> None:
    """Somebody bought by email, and somebody texted: the list says that they are one."""
    if contact_first:
        load(business, Listed(ANN))
    buyer = person_of(business, Key("email", "ann@x.example"))
    visitor = person_of(business, Key("customer_id", "c-1"))
    load(business, Listed(ANN, email="ann@x.example", customer_id="c-1"), Listed(BEN))
    assert buyer != visitor
    keys = [Key("phone", ANN), Key("email", "ann@x.example"), Key("customer_id", "c-1")]
    people = {person_of(business, key).pk for key in keys}
    assert len(people) == 1
    assert person_of(business, Key("phone", BEN)).pk not in people
    assert PersonMerge.objects.count() == (2 if contact_first else 1)
    survivor = Person.objects.get(merged_into=None, pk__in=people)
    assert survivor.pk == min(row.survivor_id for row in PersonMerge.objects.all())
    contact = queries.contact_by_phone(business, ANN)
    assert contact is not None
    assert (contact.person.merged_into or contact.person) == survivor


def test_an_address_that_two_phones_share_makes_nobody_one(business: Business) -> None:
    shared = "family@x.example"
    load(business, Listed(ANN, email=shared), Listed(BEN, email=shared))
    load(business, Listed(CAL, email=shared))
    people = {person_of(business, Key("phone", phone)).pk for phone in (ANN, BEN, CAL)}
    assert len(people) == 3
    assert person_of(business, Key("email", shared)) == person_of(business, Key("phone", ANN))
    assert not PersonMerge.objects.exists()


def test_one_who_is_known_by_email_alone_goes_to_one_phone_only(business: Business) -> None:
    person_of(business, Key("email", "none@none.example"))
    load(business, Listed(ANN, email="none@none.example"), Listed(BEN, email="none@none.example"))
    assert person_of(business, Key("phone", ANN)) != person_of(business, Key("phone", BEN))


def test_a_person_whose_phone_came_by_a_merge_has_a_phone(business: Business) -> None:
    load(business, Listed(ANN))
    person_of(business, Key("email", "ann@x.example"))
    merged = [Key("email", "ann@x.example"), Key("phone", ANN)]
    resolve_person(business=business, keys=merged, at=MONDAY)
    merges = PersonMerge.objects.count()
    load(business, Listed(BEN, email="ann@x.example"))
    assert PersonMerge.objects.count() == merges
    assert person_of(business, Key("phone", BEN)) != person_of(business, Key("phone", ANN))


def test_lists_of_two_businesses_know_nothing_of_each_other(
    business: Business, other_business: Business
) -> None:
    load(other_business, Listed(ANN, "Ann", "ann@x.example", "c-1"))
    load(business, Listed(ANN, "", "ann@x.example", "c-1"))
    mine = Contact.objects.get(business=business)
    theirs = Contact.objects.get(business=other_business)
    assert mine.person != theirs.person
    assert mine.name == ""
    assert Identity.objects.filter(business=business).count() == 3


def test_many_contacts_take_few_statements(
    business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [
        Listed(PhoneNumber(f"+1415555{n:04}"), f"Name {n}", f"{n}@x.example") for n in range(800)
    ]
    with django_assert_max_num_queries(20):
        load(business, *rows)
    assert len(set(Person.objects.values_list("token", flat=True))) == 800


def test_the_tokens_of_persons_say_nothing_about_the_order_of_the_list(business: Business) -> None:
    phones = [PhoneNumber(f"+1415555{n:04}") for n in range(200)]
    load(business, *map(Listed, phones))
    rows = Contact.objects.order_by("phone").values_list("person__token", flat=True)
    assert list(rows) not in (sorted(rows), sorted(rows, reverse=True))
