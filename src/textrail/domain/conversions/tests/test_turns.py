"""Batches of one business that come at once through two doors."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from conftest import MONDAY, make_business
from django.db import connection

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.conversions import actions
from textrail.domain.conversions.actions import SentEvent, parking, recording
from textrail.domain.conversions.actions.refunding import record_refund
from textrail.domain.conversions.models import Conversion, ParkedReport

pytestmark = pytest.mark.django_db(transaction=True)
SOLD, REFUNDED = "Order Completed", "Order Refunded"


def told(key: str, event: str, user: str, order: str) -> SentEvent:
    revenue = 5 if event == REFUNDED else 50
    properties = {"email": f"{user}@shop.example", "revenue": revenue, "order_id": order}
    report: dict[str, object] = {"event": event, "userId": user, "properties": properties}
    return SentEvent("track", key, report, MONDAY)


def fates(business: Business, *events: SentEvent) -> list[str]:
    told = actions.record_reports(business=business, events=events, listening=False)
    return [outcome.fate for outcome in told]


def test_refunds_of_one_sale_in_two_batches_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first has locked the sale and not yet asked whose it is when the second begins."""
    business = make_business("Harbor", "harbor")
    actions.add_default_types(business=business, at=MONDAY)
    fates(business, told("s-7", SOLD, "ann", "7"), told("s-8", SOLD, "bea", "8"))
    holds, first = threading.Event(), threading.current_thread()

    def slowly(*arguments: object) -> object:
        found = record_refund(*arguments)  # type: ignore[arg-type]
        if threading.current_thread() is not first and not holds.is_set():
            holds.set()
            time.sleep(0.5)  # the second batch comes as far as it can
        return found

    monkeypatch.setattr(recording, "record_refund", slowly)
    found: list[list[str]] = []

    def refund_both() -> None:
        try:
            ours = (told("r-1", REFUNDED, "ann", "7"), told("r-2", REFUNDED, "bea", "8"))
            found.append(fates(business, *ours))
        finally:
            connection.close()

    thread = threading.Thread(target=refund_both)
    thread.start()
    assert holds.wait(10)
    second = fates(business, told("s-9", SOLD, "ann", "9"), told("r-3", REFUNDED, "ann", "7"))
    thread.join(30)
    assert [*found, second] == [["recorded", "recorded"]] * 2


def sale(key: str, order: str) -> SentEvent:
    return told(key, SOLD, "ann", order)


def back(key: str, amount: int, **properties: object) -> SentEvent:
    taken: dict[str, object] = {"order_id": "7", "revenue": amount, **properties}
    return SentEvent("track", key, {"event": REFUNDED, "properties": taken}, MONDAY)


@pytest.mark.parametrize(
    ("before", "one", "other", "value"),
    [
        pytest.param([], back("r-1", 10), sale("s-7", "7"), 40, id="its_sale"),
        pytest.param(
            [sale("s-7", "7"), back("r-1", 50)],
            back("r-2", 50),
            back("f-1", 50, undoes="r-1"),
            0,
            id="the_failure_that_leaves_room_for_it",
        ),
    ],
)
@pytest.mark.parametrize("first_comes_first", [True, False])
def test_what_comes_at_once_through_two_doors_leaves_no_refund_waiting(
    monkeypatch: pytest.MonkeyPatch,
    before: list[SentEvent],
    one: SentEvent,
    other: SentEvent,
    value: int,
    first_comes_first: bool,
) -> None:
    """Either is done and not yet committed when the other begins."""
    business = make_business("Harbor", "harbor")
    actions.add_default_types(business=business, at=MONDAY)
    fates(business, *before)
    early, late = (one, other) if first_comes_first else (other, one)
    holds, first = threading.Event(), threading.current_thread()
    record_all = recording._record_all

    def slowly(*arguments: Any, listening: bool) -> list[recording.Outcome]:
        outcomes = record_all(*arguments, listening=listening)
        if threading.current_thread() is not first:
            holds.set()
            time.sleep(0.5)  # the other comes as far as it can
        return outcomes

    monkeypatch.setattr(recording, "_record_all", slowly)

    def report() -> None:
        try:
            fates(business, early)
        finally:
            connection.close()

    thread = threading.Thread(target=report)
    thread.start()
    assert holds.wait(10)
    fates(business, late)
    thread.join(30)
    assert not ParkedReport.objects.exists()
    assert sum(Conversion.objects.values_list("value_minor", flat=True)) == value * 100


def test_a_refund_that_is_put_away_while_its_sale_comes_counts_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is put away and that is not yet committed when the sale begins."""
    business = make_business("Harbor", "harbor")
    actions.add_default_types(business=business, at=MONDAY)
    fates(business, back("r-1", 10))
    waits = ParkedReport.objects.get()
    holds = threading.Event()

    def slowly(**told: Any) -> None:
        record_audit(**told)
        holds.set()
        time.sleep(0.5)  # the sale comes as far as it can

    monkeypatch.setattr(parking, "record_audit", slowly)

    def put_away() -> None:
        try:
            actions.put_away(business=business, parked=waits, at=MONDAY, actor=None)
        finally:
            connection.close()

    thread = threading.Thread(target=put_away)
    thread.start()
    assert holds.wait(10)
    fates(business, sale("s-7", "7"))
    thread.join(30)
    assert ParkedReport.objects.get().reason == "put_away"
    assert Conversion.objects.get().value_minor == 5000
