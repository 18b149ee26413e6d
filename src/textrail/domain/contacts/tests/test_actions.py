from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.db import connection as database
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.models import (
    ConsentEvent,
    ConsentKind,
    Contact,
    Person,
    Tag,
    Tagging,
    Untagging,
)
from textrail.domain.contacts.rules import Key, NewContact
from textrail.vocabulary.errors import Malformed, NotFound
from textrail.vocabulary.phone import PhoneNumber

ANN = PhoneNumber("+14155550123")
BEN = PhoneNumber("+14155550124")


def test_a_contact_is_found_by_phone_or_added_once(business: Business) -> None:
    ann = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY, name="Ann")
    again = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY, name="Another")
    assert again == ann
    assert again.name == "Ann"


def test_who_bought_before_writing_is_the_same_person(business: Business) -> None:
    buyer = actions.resolve_person(business=business, keys=[Key("phone", ANN)], at=MONDAY)
    assert actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY).person == buyer


@pytest.mark.django_db(transaction=True)
def test_two_texts_at_once_make_one_contact(business: Business) -> None:
    barrier = threading.Barrier(2, timeout=10)
    found: list[int] = []

    def add() -> None:
        try:
            barrier.wait()
            row = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
            found.append(row.pk)
        finally:
            database.close()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert Contact.objects.count() == 1
    assert Person.objects.filter(merged_into=None).count() == 1


def test_stop_suppresses_at_once_and_start_lifts_it(business: Business) -> None:
    def consent(kind: ConsentKind, words: str) -> bool:
        return actions.record_consent(
            business=business, phone=ANN, kind=kind, source="text", words=words, at=MONDAY
        )

    assert consent(ConsentKind.OPT_OUT, "STOP") is True
    assert queries.is_suppressed(business, ANN)
    assert queries.suppressed_phones(business, [ANN, BEN]) == {ANN}
    assert consent(ConsentKind.OPT_OUT, "stop!") is False
    assert consent(ConsentKind.OPT_IN, "START") is True
    assert not queries.is_suppressed(business, ANN)
    assert consent(ConsentKind.OPT_IN, "yes") is False
    words = [proof.words for proof in queries.consent_history(business, ANN)]
    assert words == ["yes", "START", "stop!", "STOP"]


def test_consent_of_one_business_is_not_another_ones(
    business: Business, other_business: Business
) -> None:
    actions.record_consent(
        business=business, phone=ANN, kind=ConsentKind.OPT_OUT, source="text", at=MONDAY
    )
    assert not queries.is_suppressed(other_business, ANN)


def test_a_list_adds_who_is_new_and_keeps_who_is_known(business: Business) -> None:
    known = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    rows = [NewContact(ANN, "Ann", ("VIP",)), NewContact(BEN, "Ben", ("vip", "spring"))]
    added = actions.add_contacts(business=business, rows=rows, at=MONDAY)
    assert (added.added, added.known) == (1, 1)
    known.refresh_from_db()
    assert known.name == "Ann"
    assert [tag.name for tag in queries.tags(business)] == ["VIP", "spring"]
    again = actions.add_contacts(business=business, rows=rows, at=MONDAY)
    assert (again.added, again.known) == (0, 2)
    assert [tag.contacts for tag in queries.tag_counts(business)] == [2, 1]
    ben = queries.contact_by_phone(business, BEN)
    assert ben is not None
    assert [key.value for key in queries.identities(business, ben.person)] == [BEN]


def test_a_list_opts_nobody_in_again(business: Business) -> None:
    actions.record_consent(
        business=business, phone=ANN, kind=ConsentKind.OPT_OUT, source="text", at=MONDAY
    )
    actions.add_contacts(business=business, rows=[NewContact(ANN)], at=MONDAY)
    assert queries.is_suppressed(business, ANN)
    assert ConsentEvent.objects.count() == 1


def test_a_long_list_takes_few_statements(
    business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [NewContact(PhoneNumber(f"+1415556{index:04}"), "", ("all",)) for index in range(800)]
    with django_assert_max_num_queries(33):
        actions.add_contacts(business=business, rows=rows, at=MONDAY)
    assert queries.contact_count(business) == 800


def test_tags_and_name_of_a_contact_change(business: Business) -> None:
    ann = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    actions.set_tags(business=business, contact=ann, names=["VIP", "spring"])
    actions.set_tags(business=business, contact=ann, names=["vip"])
    assert [tag.name for tag in ann.tags.all()] == ["VIP"]
    assert Tag.objects.count() == 2
    actions.rename(business=business, contact=ann, name="  Ann\n Lee ")
    assert queries.contact(business, ann.pk).name == "Ann Lee"
    with pytest.raises(Malformed):
        actions.rename(business=business, contact=ann, name="x" * 200)


def test_an_address_joins_the_contact_with_who_bought_by_it(business: Business) -> None:
    ann = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    buyer = actions.resolve_person(
        business=business, keys=[Key("email", "ann@example.com")], at=MONDAY
    )
    actions.set_email(business=business, contact=ann, email="Ann@Example.com", at=MONDAY)
    buyer.refresh_from_db()
    assert sorted(queries.ids_of_person(business, buyer)) == [ann.person.pk, buyer.pk]
    by_person = queries.contacts_of_persons(business, [buyer.pk, ann.person.pk])
    assert by_person == {buyer.pk: ann, ann.person.pk: ann}


def test_a_page_of_contacts_is_searched_and_paged(
    business: Business,
    other_business: Business,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    rows = [NewContact(PhoneNumber(f"+1415555{n:04}"), f"Name {n}", ("t",)) for n in range(7)]
    actions.add_contacts(business=business, rows=rows, at=MONDAY)
    actions.add_contacts(business=other_business, rows=rows, at=MONDAY)
    actions.record_consent(
        business=business, phone=rows[3].phone, kind=ConsentKind.OPT_OUT, source="text", at=MONDAY
    )
    with django_assert_max_num_queries(2):
        first = queries.contact_page(business, limit=4)
    rest = queries.contact_page(business, limit=4, after=first.after)
    names = [row.name for row in (*first.rows, *rest.rows)]
    assert names == [f"Name {n}" for n in range(6, -1, -1)]
    assert rest.after is None

    def found(*, search: str = "", consent: queries.ConsentState = "") -> list[str]:
        page = queries.contact_page(business, search=search, consent=consent)
        return [row.name for row in page.rows]

    assert found(consent="opted_out") == ["Name 3"]
    assert len(found(consent="textable")) == 6
    assert found(search="name 5") == ["Name 5"]
    assert found(search="555-0002") == ["Name 2"]
    tag = queries.tags(business)[0]
    assert len(queries.contact_page(business, tag_id=tag.pk).rows) == 7
    assert queries.contacts_with_tag(business, tag).count() == 7


def test_a_contact_of_another_business_is_not_found(
    business: Business, other_business: Business
) -> None:
    ann = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    with pytest.raises(NotFound):
        queries.contact(other_business, ann.pk)


def test_a_start_that_comes_late_does_not_undo_a_newer_stop(business: Business) -> None:
    def consent(kind: ConsentKind, hour: int) -> bool:
        return actions.record_consent(
            business=business,
            phone=ANN,
            kind=kind,
            source="text",
            at=MONDAY + timedelta(hours=hour),
        )

    consent(ConsentKind.OPT_OUT, 0)
    consent(ConsentKind.OPT_OUT, 2)
    assert consent(ConsentKind.OPT_IN, 1) is False
    assert queries.is_suppressed(business, ANN)
    assert ConsentEvent.objects.count() == 3
    assert consent(ConsentKind.OPT_IN, 3) is True
    assert not queries.is_suppressed(business, ANN)


def test_single_tags_come_and_go_and_leave_the_others(business: Business) -> None:
    ann = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    actions.set_tags(business=business, contact=ann, names=["VIP", "spring", "old"])
    joined = set(Tagging.objects.filter(tag__name__in=["VIP", "old"]).values_list("id"))
    actions.remove_tags(business=business, contact=ann, names=["vip", "never"])
    actions.add_tags(business=business, contact=ann, names=["SPRING", "new"])
    actions.set_tags(business=business, contact=ann, names=["spring", "new"])
    assert queries.tag_names(ann) == ["new", "spring"]
    assert set(Untagging.objects.values_list("tagging_id")) == joined


def test_no_business_takes_a_tag_from_a_contact_of_another(
    business: Business, other_business: Business
) -> None:
    ann = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    actions.add_tags(business=business, contact=ann, names=["VIP"])
    actions.remove_tags(business=other_business, contact=ann, names=["VIP"])
    assert queries.tag_names(ann) == ["VIP"]
