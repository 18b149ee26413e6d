"""Texts handed over by many hands while their receipts come in: nobody waits in a circle, nothing
is spent that is not there."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from conftest import MONDAY
from django.db import connection

from textrail.carriers.contract import DeliveryReport, HandedOver, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.billing import queries as billing_queries
from textrail.domain.billing.models import Balance
from textrail.domain.contacts import actions as contacts
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Message
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 4
TEXTS = 24


def together(*works: Callable[[], None]) -> None:
    gate, failures = threading.Barrier(len(works)), []

    def run(work: Callable[[], None]) -> None:
        try:
            gate.wait()
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_is_there_is_spent_once(business: Business, number: TrackingNumber) -> None:
    """Money for ten of twenty-four texts; each that leaves is reported at once by another hand,
    and somebody writes in meanwhile."""
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    rows = [
        actions.queue_text(
            business=business,
            contact=contacts.find_or_add_contact(
                business=business, phone=PhoneNumber(f"+1415555{n:04}"), at=MONDAY
            ),
            number=number,
            body="Hello",
            kind="auto",
            at=MONDAY,
        )
        for n in range(200, 200 + TEXTS)
    ]
    billing.top_up(business=business, amount="0.083", key="first", at=MONDAY)

    def send(hand: int) -> Callable[[], None]:
        def work() -> None:
            mine = Message.objects.select_related("business", "contact", "number")
            for message in mine.filter(id__in=[row.id for row in rows[hand::HANDS]]):
                if actions.claim(messages=[message], at=MONDAY):
                    handed = HandedOver(f"SM-{message.reference}", segments=1)
                    actions.accept(taken=[(message, handed)], at=MONDAY)

        return work

    def report() -> None:
        handed = Message.objects.filter(status__in=("handing_over", "accepted"))
        for _ in range(6):
            for reference in list(handed.values_list("reference", flat=True)):
                said = DeliveryReport("", reference, "accepted", segments=1)
                actions.record_receipt(connection_id=number.connection_id, report=said, at=MONDAY)

    def write_in() -> None:
        for turn in range(3):
            actions.record_inbound_texts(
                incoming=[
                    actions.Incoming(
                        number.connection_id,
                        "simulator",
                        InboundText(f"in-{turn}", f"+1415555{200 + turn:04}", number.phone, "Hi"),
                        MONDAY,
                    )
                ]
            )

    together(*map(send, range(HANDS)), report, write_in)
    balance = Balance.objects.get()
    assert not billing_queries.verify()
    assert balance.available_micros == 0
    # Three texts came in and were paid, or are owed, beside what was held.
    assert balance.held_micros + 3 * 8300 - balance.owed_micros == 83_000
    sent = Message.objects.filter(status="accepted", direction="outbound").count()
    assert balance.held_micros == sent * 8300
    refused = Message.objects.filter(status="refused", error_code="balance_too_low").count()
    assert (sent + refused, sent < TEXTS) == (TEXTS, True)
