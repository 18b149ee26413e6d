"""No text waits for ever: what cannot leave, and what nobody can tell of, fails with a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from textrail.carriers.contract import DeliveryReport, HandedOver
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Message
from textrail.domain.inbox.tests.conftest import FakeCarrier, WorkOff, later, status
from textrail.outbox import rules as outbox_rules
from textrail.outbox.models import Work, WorkState
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown
from textrail.vocabulary.sealing import Seal

pytestmark = pytest.mark.django_db


def to_the_last(clock: ManualClock, work_off: WorkOff) -> None:
    """Let the outbox come back until it has no attempt left."""
    for _ in range(outbox_rules.MOST_ATTEMPTS):
        work_off()
        clock.advance(timedelta(hours=1))


@pytest.mark.parametrize(("before", "code"), [(0, "carrier_unreachable"), (1, "outcome_unknown")])
def test_a_text_whose_carrier_is_gone_fails_at_once(
    before: int,
    code: str,
    text: Message,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    if before:
        carrier.before = [Unknown("The line went dead.")]
        work_off()
    text.number.connection.carrier = "gone"
    text.number.connection.save(update_fields=["carrier"])
    clock.advance(timedelta(minutes=2))
    work_off()
    assert (status(text), text.error_code) == ("failed", code)
    assert "does not speak to “gone”" in text.error
    assert not Work.objects.exists()


def test_a_sealed_secret_waits_for_its_key_and_then_the_text_leaves(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    connection = text.number.connection
    sealed, connection.secret = connection.secret, Seal(b"x" * 32).close("lost")
    connection.save(update_fields=["secret"])
    work_off()
    assert status(text) == "queued"
    connection.secret = sealed
    connection.save(update_fields=["secret"])
    later(clock, work_off)
    assert status(text) == "accepted"
    assert len(carrier.received) == 1


@pytest.mark.parametrize(("before", "code"), [(0, "carrier_unreachable"), (1, "outcome_unknown")])
def test_a_secret_that_stays_sealed_fails_the_text_at_last(
    before: int,
    code: str,
    text: Message,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    if before:
        carrier.before = [Unknown("The line went dead.")]
        work_off()
    connection = text.number.connection
    connection.secret = Seal(b"x" * 32).close("lost")
    connection.save(update_fields=["secret"])
    to_the_last(clock, work_off)
    assert (status(text), text.error_code) == ("failed", code)
    assert "cannot be opened" in text.error
    assert not Work.objects.exists()


def test_a_no_to_the_question_decides_nothing_about_the_text(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    carrier.after = [Unknown("The line went dead.")]
    work_off()
    carrier.finding = [Permanent("The secret is wrong.", code="20003")]
    clock.advance(timedelta(minutes=2))
    work_off()
    assert (status(text), Work.objects.get().state) == ("handing_over", WorkState.READY)
    later(clock, work_off)
    assert status(text) == "accepted"
    assert len(carrier.received) == 1


@pytest.mark.parametrize(
    "answer", [Permanent("The secret is wrong."), Transient("busy"), Unknown("cut off")]
)
def test_a_text_that_nobody_can_tell_of_fails_at_last_until_a_report_says_more(
    answer: CarryFailure,
    text: Message,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    carrier.before = [Unknown("The line went dead.")]
    carrier.finding = [answer] * 20
    to_the_last(clock, work_off)
    assert (status(text), text.error_code) == ("failed", "outcome_unknown")
    assert text.error == f"Nobody could say whether it left: {answer.sentence}"
    assert not Work.objects.exists()
    report = DeliveryReport("SM-late", text.reference, "delivered")
    actions.record_receipt(connection_id=text.number.connection_id, report=report, at=clock.now())
    assert (status(text), text.error) == ("delivered", "")


def test_a_lost_text_whose_twin_left_fails_at_last(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    work_off()
    text.refresh_from_db()
    twin = actions.queue_text(
        business=text.business,
        contact=text.contact,
        number=text.number,
        body=text.body,
        at=clock.now(),
    )
    carrier.before = [Unknown("The line went dead.")]
    carrier.find = lambda *args, **named: HandedOver(text.carrier_ref)  # type: ignore[method-assign]
    to_the_last(clock, work_off)
    assert (status(twin), twin.error_code) == ("failed", "outcome_unknown")
    assert len(carrier.received) == 1


def test_giving_up_does_not_take_back_what_was_reported_meanwhile(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    carrier.before = [Unknown("The line went dead.")]
    work_off()
    stale = Message.objects.get(id=text.id)
    report = DeliveryReport("SM1", text.reference, "sent")
    actions.record_receipt(connection_id=text.number.connection_id, report=report, at=clock.now())
    actions.give_up(message=stale, sentence="Nobody could say.", at=clock.now())
    assert status(text) == "sent"
