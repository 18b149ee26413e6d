"""Texts of one conversation reach the carrier in the order in which they were written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Message
from textrail.domain.inbox.tests.conftest import FakeCarrier, WorkOff, later, status
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox import work
from textrail.outbox.contract import Context
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Permanent, Transient, Unknown

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(
    text: Message, business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> Message:
    return actions.queue_text(
        business=business, contact=dana, number=number, body="There in ten.", at=clock.now()
    )


def words(carrier: FakeCarrier) -> list[str]:
    return [taken.body for taken in carrier.received]


def test_a_second_worker_leaves_the_second_text_until_the_first_has_left(
    context: Context, clock: ManualClock, carrier: FakeCarrier, text: Message, second: Message
) -> None:
    (mine,) = work.claim(now=clock.now(), limit=10)
    assert work.claim(now=clock.now(), limit=10) == []
    work.run(context, mine)
    (next_one,) = work.claim(now=clock.now(), limit=10)
    work.run(context, next_one)
    assert words(carrier) == ["On our way.", "There in ten."]


@pytest.mark.parametrize("failure", [Transient("busy"), Unknown("no answer")])
def test_a_text_waits_while_the_one_before_it_is_tried_again(
    failure: Exception,
    carrier: FakeCarrier,
    text: Message,
    second: Message,
    clock: ManualClock,
    work_off: WorkOff,
) -> None:
    carrier.before = [failure]
    work_off()
    assert words(carrier) == []
    later(clock, work_off)
    assert words(carrier) == ["On our way.", "There in ten."]


def test_a_text_that_failed_for_good_holds_up_nobody(
    carrier: FakeCarrier, text: Message, second: Message, work_off: WorkOff
) -> None:
    carrier.before = [Permanent("no such number", code="21211")]
    work_off()
    assert status(text) == "failed"
    assert words(carrier) == ["There in ten."]


def test_a_text_that_cannot_leave_for_hours_is_given_up_and_the_next_goes(
    carrier: FakeCarrier, text: Message, second: Message, clock: ManualClock, work_off: WorkOff
) -> None:
    carrier.before = [Transient("busy") for _ in range(12)]
    for _ in range(40):
        clock.advance(timedelta(minutes=10))
        work_off()
    assert status(text) == "failed"
    assert words(carrier) == ["There in ten."]


def test_the_confirmation_of_a_goodbye_waits_behind_no_text(
    business: Business,
    dana: Contact,
    number: TrackingNumber,
    carrier: FakeCarrier,
    text: Message,
    clock: ManualClock,
    work_off: WorkOff,
) -> None:
    carrier.before = [Transient("busy")]
    work_off()
    actions.queue_text(
        business=business,
        contact=dana,
        number=number,
        body="You will get no more texts from us.",
        kind="compliance",
        at=clock.now(),
    )
    work_off()
    assert words(carrier) == ["You will get no more texts from us."]


def test_a_text_for_tomorrow_holds_up_no_text_of_today(
    business: Business,
    dana: Contact,
    number: TrackingNumber,
    carrier: FakeCarrier,
    clock: ManualClock,
    work_off: WorkOff,
) -> None:
    for body, leaves_at in (("Tomorrow.", clock.now() + timedelta(days=1)), ("Today.", None)):
        actions.queue_text(
            business=business,
            contact=dana,
            number=number,
            body=body,
            leaves_at=leaves_at,
            at=clock.now(),
        )
    work_off()
    assert words(carrier) == ["Today."]
    clock.advance(timedelta(days=1))
    work_off()
    assert words(carrier) == ["Today.", "Tomorrow."]
