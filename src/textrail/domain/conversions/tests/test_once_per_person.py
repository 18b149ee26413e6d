"""A type that counts each person once keeps what everybody reports, and says which of it counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from conftest import MONDAY
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.actions import resolve_person, split_people
from textrail.domain.contacts.models import PersonMerge
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import actions, queries, rules
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.conversions.tests.conftest import Send, order, refund
from textrail.domain.hooks.actions import add_endpoint
from textrail.outbox.models import Work
from textrail.vocabulary.sealing import Seal

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/conversions/"
HOUR = timedelta(hours=1)


@pytest.fixture
def booked(business: Business) -> ConversionType:
    draft = rules.TypeDraft("Booked", "lead", "Booked", refund_event="Cancelled", repeats="person")
    return actions.add_type(business=business, form=draft, at=MONDAY)


@pytest.fixture
def hook(business: Business, seal: Seal) -> None:
    """Somebody who is told of conversions."""
    add_endpoint(
        business=business,
        url="https://hooks.example/",
        events=["conversion.recorded"],
        links_url="http://127.0.0.1:8001",
        seal=seal,
        at=MONDAY,
    )


def book(
    send: Send, who: str, *, at: datetime = MONDAY, order_id: str = "", value: int = 10
) -> Conversion:
    told = order(order_id or f"{who} {at}", value, event="Booked") | {"userId": who}
    row = send(told | {"timestamp": at.isoformat()}, at=at + HOUR).conversion
    assert row is not None
    return Conversion.objects.get(pk=row.id)


def merge(business: Business, *people: str, at: datetime = MONDAY) -> PersonMerge:
    """Customers who turn out to have one phone."""
    phone = Key("phone", "+17275550142")
    for who in people:
        resolve_person(business=business, keys=[Key("customer_id", who), phone], at=at)
    newest = PersonMerge.objects.order_by("-id").first()
    assert newest is not None
    return newest


def counted(business: Business) -> set[int]:
    return {row.id for row in queries.conversion_page(business).rows if row.counts}


def test_strangers_who_are_one_later_count_once_until_they_are_split(
    business: Business, booked: ConversionType, send: Send, ada: User
) -> None:
    late, early = book(send, "1", at=MONDAY), book(send, "2", at=MONDAY - HOUR)
    assert counted(business) == {late.pk, early.pk}
    assert queries.types(business)[0].conversions == 2
    joint = merge(business, "1", "2")
    assert counted(business) == {early.pk}
    assert queries.types(business)[0].conversions == 1
    facts = queries.facts_of(business, late.pk)
    assert facts.counted == early
    assert queries.facts_of(business, early.pk).counted is None
    leads = [line.lead for line in queries.timeline_entries(business, [late.person_id])]
    assert leads == ["Reported again:", "Converted:"]
    split_people(business=business, merge=joint, why="", at=MONDAY, actor=ada)
    assert counted(business) == {late.pk, early.pk}
    assert queries.types(business)[0].conversions == 2


def test_a_repeat_is_kept_and_counts_for_its_own_person_after_a_split(
    business: Business, booked: ConversionType, send: Send, ada: User
) -> None:
    book(send, "1")
    merge(business, "1", "2")
    joint = PersonMerge.objects.order_by("-id")[0]
    first = Conversion.objects.get()
    again = book(send, "2", at=MONDAY + HOUR)
    assert counted(business) == {first.pk}
    split_people(business=business, merge=joint, why="", at=MONDAY, actor=ada)
    assert counted(business) == {first.pk, again.pk}


def test_the_first_in_time_counts_whichever_arrives_first(
    business: Business, booked: ConversionType, send: Send
) -> None:
    rows = [book(send, "1", at=MONDAY - hours * HOUR) for hours in (2, 5, 1, 9, 8)]
    assert counted(business) == {rows[3].pk}


def test_of_one_moment_the_one_that_is_worth_most_counts(
    business: Business, booked: ConversionType, send: Send
) -> None:
    rows = [book(send, "1", order_id=str(value), value=value) for value in (10, 30, 20)]
    assert counted(business) == {rows[1].pk}


def test_a_repeat_is_answered_as_one_and_told_to_nobody(
    booked: ConversionType, send: Send, hook: None
) -> None:
    told = {"event": "Booked", "userId": "1"}
    fates = [send(told, key=key).fate for key in ("a", "b", "b")]
    assert fates == ["recorded", "repeated", "repeated"]
    first, _ = Conversion.objects.order_by("id")
    told_of = Work.objects.filter(kind="hooks.record").get()
    assert told_of.payload["conversion_id"] == first.pk


def test_a_refund_counts_as_its_sale_does(
    business: Business, booked: ConversionType, send: Send
) -> None:
    first, again = book(send, "1", order_id="7"), book(send, "1", at=MONDAY + HOUR, order_id="8")
    back = [
        send(refund(number) | {"event": "Cancelled", "userId": "1"}).conversion
        for number in ("7", "8")
    ]
    rows = list(Conversion.objects.filter(sale=None).order_by("id"))
    assert rows == [first, again]
    kept, lost = (each.id for each in back if each is not None)
    assert counted(business) == {first.pk, kept}
    assert queries.counted_instead(business, [Conversion.objects.get(pk=lost)]) == {lost: first.pk}


def test_a_refund_is_told_of_where_its_sale_was(
    business: Business, booked: ConversionType, send: Send, hook: None
) -> None:
    """Also of somebody who is one with who counted before, if that was known when they came."""
    for order_id, who in (("1", "1"), ("2", "1"), ("3", "2")):
        book(send, who, order_id=order_id)
    merge(business, "1", "2", at=MONDAY + 2 * HOUR)
    book(send, "2", at=MONDAY + 2 * HOUR, order_id="4")
    for order_id in "1234":
        send(refund(order_id) | {"event": "Cancelled", "userId": "1"})
    told = Work.objects.filter(kind="hooks.record").order_by("id")
    rows = Conversion.objects.in_bulk()
    orders = [rows[work.payload["conversion_id"]].order_ref for work in told]
    assert orders == ["1", "3"] * 2


def test_what_was_recorded_while_every_one_counted_counts(
    business: Business, booked: ConversionType, send: Send
) -> None:
    rows = [book(send, "1", at=MONDAY - hours * HOUR) for hours in (4, 3)]
    Conversion.objects.filter(pk=rows[0].pk).update(once_per="always")
    assert counted(business) == {rows[0].pk}
    Conversion.objects.filter(pk=rows[1].pk).update(once_per="always")
    assert counted(business) == {row.pk for row in rows}
    assert queries.types(business)[0].conversions == 2


def test_the_pages_say_what_counts_nothing_and_what_counts_instead(
    as_ada: Client, business: Business, booked: ConversionType, send: Send
) -> None:
    first, again = book(send, "1"), book(send, "1", at=MONDAY + HOUR)
    listed = as_ada.get(HOME).content.decode()
    assert listed.count("Counts nothing") == 1
    shown = as_ada.get(f"{HOME}{again.pk}/").content.decode()
    assert f'href="{HOME}{first.pk}/">theirs of' in shown
    assert "Counts" not in as_ada.get(f"{HOME}{first.pk}/").content.decode()


def test_a_page_of_repeats_takes_no_more_statements_than_a_page_of_two(
    business: Business,
    booked: ConversionType,
    send: Send,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for who in range(6):
        for hours in range(4):
            book(send, f"u-{who}", at=MONDAY - hours * HOUR)
    with django_assert_max_num_queries(8):
        assert len(counted(business)) == 6
    send(refund(f"u-0 {MONDAY}") | {"event": "Cancelled", "userId": "u-0"})
    Conversion.objects.update(click_id="click-1")
    with django_assert_max_num_queries(9):
        assert len(counted(business)) == 6


def test_persons_of_another_business_have_no_part_in_it(
    business: Business, other_business: Business, booked: ConversionType, send: Send
) -> None:
    row = book(send, "1")
    assert queries.counted_instead(other_business, [row]) == {}
