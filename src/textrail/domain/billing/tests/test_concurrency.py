"""Many hands at once, on either database: what is there is spent once and never below zero."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from conftest import MONDAY, make_business
from django.db import connection

from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions, queries
from textrail.domain.billing.actions import Used
from textrail.domain.billing.models import Balance, Direction, FundsSource, Kind, Transaction
from textrail.domain.billing.rules import PaymentTold
from textrail.vocabulary.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 8


def text(reference: str) -> Used:
    return Used(
        reference=reference,
        direction=Direction.OUTBOUND,
        kind=Kind.SMS,
        phone="+17275550142",
        number="+14155550100",
        units=1,
    )


def at_once(work: Callable[[int], None]) -> None:
    """Run `work` in many threads that begin together; a failure in any of them fails the test."""
    gate, failures = threading.Barrier(HANDS), []

    def run(hand: int) -> None:
        try:
            gate.wait()
            work(hand)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(hand,)) for hand in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.fixture
def prepaid() -> Business:
    business = make_business("Harbor", "harbor")
    actions.set_prepaid(business=business, prepaid=True, at=MONDAY)
    return business


def test_concurrent_sends_never_spend_what_is_not_there(prepaid: Business) -> None:
    """Money for ten texts, and eight hands that each try to send five."""
    actions.top_up(business=prepaid, amount="0.083", key="first", at=MONDAY)
    sent, refused = [], []

    def send(hand: int) -> None:
        for turn in range(5):
            reference = f"{hand}-{turn}"
            try:
                actions.hold(business=prepaid, used=text(reference), at=MONDAY)
            except Conflict:
                refused.append(reference)
            else:
                sent.append(reference)

    at_once(send)
    assert (len(sent), len(refused)) == (10, 30)
    balance = Balance.objects.get()
    assert (balance.available_micros, balance.held_micros) == (0, 83_000)
    assert not queries.verify()


def test_the_same_report_from_many_hands_counts_once(prepaid: Business) -> None:
    actions.top_up(business=prepaid, amount="1", key="first", at=MONDAY)
    source = FundsSource.objects.create(account=prepaid.account, secret="s", created_at=MONDAY)

    def tell(hand: int) -> None:
        actions.hold(business=prepaid, used=text("same"), at=MONDAY)
        actions.settle(business=prepaid, reference="same", outcome="left", at=MONDAY)
        told = PaymentTold("pi_1", "USD", paid=5_000_000)
        actions.record_payment(source=source, told=told, at=MONDAY)
        actions.top_up(business=prepaid, amount="2", key="one form", at=MONDAY)

    at_once(tell)
    assert Balance.objects.get().available_micros == 1_000_000 - 8300 + 5_000_000 + 2_000_000
    assert Transaction.objects.filter(kind="charge").count() == 1
    assert not queries.verify()
