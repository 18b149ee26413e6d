"""Texts and calls pay their way: held at the hand-over, charged by reports, else refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import MONDAY

from textrail.carriers.contract import CallOutcome, CallReport, DeliveryReport, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.billing import queries as billing_queries
from textrail.domain.billing.models import Balance, Usage
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.actions.calls import climb
from textrail.domain.inbox.models import Call, Message
from textrail.domain.inbox.tests.conftest import DANA, FakeCarrier, WorkOff, later, status
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Permanent, Transient

pytestmark = pytest.mark.django_db


@pytest.fixture
def prepaid(business: Business) -> Business:
    """Money for six segments."""
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    billing.top_up(business=business, amount="0.05", key="first", at=MONDAY)
    return business


def has() -> tuple[int, int, int]:
    assert not billing_queries.verify()
    balance = Balance.objects.get()
    return balance.available_micros, balance.held_micros, balance.owed_micros


def report(text: Message, said: str, *, segments: int | None = None) -> DeliveryReport:
    return DeliveryReport(
        f"SM-{text.reference}",
        text.reference,
        said,  # type: ignore[arg-type]
        segments=segments,
        price_micros=7900,
        currency="USD",
    )


def test_a_text_is_held_when_it_is_handed_over_and_charged_when_it_left(
    prepaid: Business, text: Message, work_off: WorkOff, number: TrackingNumber
) -> None:
    assert has() == (50_000, 0, 0)
    work_off()
    assert has() == (41_700, 8_300, 0)
    for said, segments in (("sent", None), ("delivered", 2), ("sent", None), ("delivered", 2)):
        actions.record_receipt(
            connection_id=number.connection_id,
            report=report(text, said, segments=segments),
            at=MONDAY,
        )
    assert has() == (33_400, 0, 0)
    usage = Usage.objects.get()
    assert (usage.counted, usage.units, usage.cost_micros) == (2, 1, 7900)
    assert (usage.number, usage.country) == ("+14155550100", "US")


def test_a_text_that_the_carrier_refuses_costs_nothing(
    prepaid: Business, text: Message, carrier: FakeCarrier, work_off: WorkOff
) -> None:
    carrier.before.append(Permanent("No such number.", code="21211"))
    work_off()
    assert status(text) == "failed"
    assert has() == (50_000, 0, 0)


def test_a_text_that_goes_back_in_line_gives_back_what_was_held(
    prepaid: Business,
    text: Message,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    held: list[tuple[int, int, int]] = []
    carrier.before.append(Transient("Busy."))
    carrier.during = lambda message: held.append(has())
    work_off()
    assert has() == (50_000, 0, 0)
    later(clock, work_off)
    assert held == [(41_700, 8_300, 0)]
    assert has() == (41_700, 8_300, 0)
    assert Usage.objects.get().moves == 3  # held, given back, held


def test_a_text_that_cannot_be_paid_is_refused_before_it_is_written(
    prepaid: Business, number: TrackingNumber, dana: Contact, clock: ManualClock
) -> None:
    with pytest.raises(Conflict) as refused:
        actions.queue_text(
            business=prepaid, contact=dana, number=number, body="x" * 1500, at=clock.now()
        )
    assert refused.value.name == "balance_too_low"
    assert "$0.083" in refused.value.sentence
    assert not Message.objects.exists()


def test_money_that_went_in_the_meantime_refuses_the_text_with_the_reason(
    prepaid: Business, text: Message, carrier: FakeCarrier, work_off: WorkOff
) -> None:
    billing.correct(business=prepaid, amount="-0.045", note="Spent", key="c", at=MONDAY)
    work_off()
    text.refresh_from_db()
    assert (text.status, text.error_code) == ("refused", "balance_too_low")
    assert text.error == "This costs $0.0083, and the balance has $0.005."
    assert carrier.received == []


def test_an_opt_out_is_confirmed_without_money(
    prepaid: Business,
    number: TrackingNumber,
    dana: Contact,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    billing.correct(business=prepaid, amount="-0.05", note="Spent", key="c", at=MONDAY)
    actions.queue_text(
        business=prepaid,
        contact=dana,
        number=number,
        body="You get no more texts.",
        kind="compliance",
        at=clock.now(),
    )
    work_off()
    assert len(carrier.received) == 1
    assert has() == (0, 8_300, 8_300)


def test_what_comes_in_is_charged_and_never_stopped(
    prepaid: Business, number: TrackingNumber, work_off: WorkOff
) -> None:
    billing.correct(business=prepaid, amount="-0.045", note="Spent", key="c", at=MONDAY)
    for _ in range(2):
        actions.record_inbound_texts(
            incoming=[
                actions.Incoming(
                    number.connection_id,
                    "simulator",
                    InboundText("in-1", DANA, number.phone, "Hello"),
                    MONDAY,
                )
            ]
        )
    assert Message.objects.filter(direction="inbound").count() == 1
    assert has() == (0, 0, 3_300)


def test_a_call_is_charged_by_its_begun_minutes(prepaid: Business, number: TrackingNumber) -> None:
    told: list[tuple[CallOutcome, int]] = [("ringing", 0), ("answered", 61), ("answered", 61)]
    for outcome, seconds in told:
        actions.record_call(
            connection_id=number.connection_id,
            carrier="simulator",
            call=CallReport("call-1", DANA, number.phone, outcome, seconds),
            at=MONDAY + timedelta(minutes=1),
        )
    assert has() == (33_000, 0, 0)
    missed = CallReport("call-2", DANA, number.phone, "missed", 0)
    actions.record_call(
        connection_id=number.connection_id, carrier="simulator", call=missed, at=MONDAY
    )
    assert has() == (33_000, 0, 0)


@pytest.mark.parametrize(
    ("by", "left"), [("+14155550171", 5_000), ("", 33_000), ("client:ada", 33_000)]
)
def test_a_call_that_was_put_through_is_charged_there_too(
    prepaid: Business, number: TrackingNumber, by: str, left: int
) -> None:
    """Two begun minutes in at 0.0085 dollars each, and two out to the phone at 0.014 each."""
    ringing = CallReport("call-1", DANA, number.phone, "ringing", 0)
    actions.record_call(
        connection_id=number.connection_id, carrier="simulator", call=ringing, at=MONDAY
    )
    for _ in range(2):
        climb(Call.objects.get(), "answered", at=MONDAY, seconds=61, by=by)
    assert has() == (left, 0, 0)
