"""Calls and texts on tracking numbers, from the carrier's report to the conversion."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import MONDAY

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import actions, queries, tasks
from textrail.domain.conversions.models import Conversion
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.inbox.actions import Incoming, record_call, record_inbound_texts
from textrail.domain.inbox.models import Call
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work

pytestmark = pytest.mark.django_db
CALLS = TypeDraft(
    "Call answered",
    "call",
    trigger="call",
    value_rule="fixed",
    fixed="20",
    repeats="person",
    least_seconds=30,
    answered_only=True,
)
TEXTS = TypeDraft("A text", "lead", trigger="text", value_rule="none", repeats="always")


def call(number: TrackingNumber, outcome: str, seconds: int = 0, ref: str = "c-1") -> Call:
    report = CallReport(
        caller="+17275550142",
        called=number.phone,
        carrier_ref=ref,
        outcome=outcome,  # type: ignore[arg-type]
        duration_seconds=seconds,
        voicemail="",
    )
    row = record_call(
        connection_id=number.connection_id, carrier="simulator", call=report, at=MONDAY
    )
    assert row is not None
    return row


def text(number: TrackingNumber, body: str, ref: str) -> None:
    told = InboundText(
        sender="+17275550142", recipient=number.phone, body=body, carrier_ref=ref, media=()
    )
    record_inbound_texts(incoming=[Incoming(number.connection_id, "simulator", told, MONDAY)])


def work(context: Context) -> None:
    """Do what was written down, as the worker does."""
    handlers = {
        "conversions.count_call": tasks.count_call,
        "conversions.count_text": tasks.count_text,
    }
    for row in Work.objects.filter(kind__in=handlers).order_by("id"):
        handlers[row.kind](context, Task(row.pk, row.kind, row.payload, 1))
        row.delete()


def test_a_call_counts_once_when_it_was_answered_for_long_enough(
    business: Business, number: TrackingNumber, context: Context
) -> None:
    actions.add_type(business=business, form=CALLS, at=MONDAY)
    call(number, "missed")
    call(number, "answered", 29, ref="c-2")
    work(context)
    assert not Conversion.objects.exists()
    answered = call(number, "answered", 30, ref="c-3")
    call(number, "answered", 300, ref="c-4")  # the same person again
    work(context)
    row, again = Conversion.objects.order_by("id")
    assert queries.counted_instead(business, [row, again]) == {again.pk: row.pk}
    assert (row.sender, row.origin_id, row.person_id) == ("call", answered.pk, answered.person_id)
    assert (row.value_minor, row.currency, row.at) == (2000, "USD", answered.at)


def test_texts_count_but_a_goodbye_does_not(
    business: Business, number: TrackingNumber, context: Context
) -> None:
    actions.add_type(business=business, form=TEXTS, at=MONDAY)
    for ref, body in (("m-1", "Hello"), ("m-2", "Are you open?"), ("m-3", "STOP"), ("m-1", "x")):
        text(number, body, ref)
    work(context)
    assert Conversion.objects.filter(sender="text", value_minor=0).count() == 2


def test_nothing_is_written_down_where_no_type_counts_calls(
    business: Business, other_business: Business, number: TrackingNumber
) -> None:
    actions.add_type(business=other_business, form=CALLS, at=MONDAY)
    ended = actions.add_type(business=business, form=TEXTS, at=MONDAY)
    Conversion.objects.create(
        business=business,
        type=ended,
        person=resolve_person(business=business, keys=[], at=MONDAY),
        sender="text",
        sender_key="1",
        value_minor=0,
        currency="USD",
        at=MONDAY,
        received_at=MONDAY,
    )
    actions.end_type(business=business, type_=ended, at=MONDAY)
    call(number, "answered", 90)
    text(number, "Hello", "m-1")
    assert not Work.objects.filter(kind__startswith="conversions.").exists()


def test_a_call_of_a_person_who_was_merged_counts_once(
    business: Business, number: TrackingNumber, context: Context
) -> None:
    actions.add_type(business=business, form=CALLS, at=MONDAY)
    known = resolve_person(business=business, keys=[Key("customer_id", "42")], at=MONDAY)
    first = call(number, "answered", 60)
    both = [Key("customer_id", "42"), Key("phone", "+17275550142")]
    resolve_person(business=business, keys=both, at=MONDAY + timedelta(hours=1))
    work(context)
    assert Conversion.objects.get().person_id in {known.pk, first.person_id}
    call(number, "answered", 60, ref="c-9")
    work(context)
    one, other = Conversion.objects.order_by("id")
    assert queries.counted_instead(business, [one, other]) == {other.pk: one.pk}


def test_a_call_stays_with_its_caller_when_people_are_split(
    business: Business, number: TrackingNumber, context: Context
) -> None:
    actions.add_type(business=business, form=CALLS, at=MONDAY)
    email = Key("email", "ann@shop.example")
    resolve_person(business=business, keys=[email], at=MONDAY)
    answered = call(number, "answered", 60)
    both = [email, Key("phone", "+17275550142")]
    survivor = resolve_person(business=business, keys=both, at=MONDAY)
    assert survivor.pk != answered.person_id
    work(context)
    assert Conversion.objects.get().person_id == answered.person_id


def test_the_connection_of_another_business_counts_nothing(
    business: Business, other_business: Business, connection: Connection, context: Context
) -> None:
    actions.add_type(business=other_business, form=CALLS, at=MONDAY)
    tasks.count_call(
        context, Task(1, "x", {"business_id": other_business.pk, "call_id": connection.pk}, 1)
    )
    assert not Conversion.objects.exists()
