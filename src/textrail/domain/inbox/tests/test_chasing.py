"""Receipts that never come: the carrier is asked, less and less often, and in the end no more."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from textrail.carriers.contract import CallStanding, Credentials, DeliveryReport
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, tasks
from textrail.domain.inbox.models import Message, Receipt
from textrail.domain.inbox.queries.entries import text_entry
from textrail.domain.inbox.rules import chasing
from textrail.domain.inbox.tests.conftest import FakeCarrier, WorkOff, status
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import CarryFailure, Conflict, Permanent, Transient

pytestmark = pytest.mark.django_db

TASK = Task(1, "inbox.look_up_receipts", {}, 1)


@dataclass
class Reporter:
    """The world's edge: says what stands in `answers`, then nothing."""

    answers: deque[DeliveryReport | CarryFailure | None] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)

    def look_up(self, carrier_ref: str, credentials: Credentials) -> DeliveryReport | None:
        assert credentials.secret == "simulator-secret"
        self.asked.append(carrier_ref)
        answer = self.answers.popleft() if self.answers else None
        if isinstance(answer, CarryFailure):
            raise answer
        return answer

    def look_up_call(self, carrier_ref: str, credentials: Credentials) -> CallStanding | None:
        raise NotImplementedError


@pytest.fixture
def reporter() -> Reporter:
    return Reporter()


@pytest.fixture
def context(context: Context, reporter: Reporter) -> Context:
    return replace(context, reporters={"simulator": reporter})


@pytest.fixture
def sent(text: Message, work_off: WorkOff) -> Message:
    """A text that the carrier has, and that nobody has heard of since."""
    work_off()
    text.refresh_from_db()
    return text


def report(text: Message, said: str, code: str = "") -> DeliveryReport:
    return DeliveryReport(text.carrier_ref, "", said, code, "Why." if code else "")  # type: ignore[arg-type]


def look(context: Context, clock: ManualClock, after: timedelta) -> None:
    clock.advance(after)
    tasks.look_up_receipts(context, TASK)


def test_a_text_is_asked_for_when_its_receipt_is_late(
    sent: Message, reporter: Reporter, context: Context, clock: ManualClock
) -> None:
    reporter.answers.append(report(sent, "delivered"))
    look(context, clock, timedelta(minutes=9))
    assert reporter.asked == []
    look(context, clock, timedelta(minutes=2))
    assert reporter.asked == [sent.carrier_ref]
    assert status(sent) == "delivered"
    assert sent.look_up_at is None
    look(context, clock, timedelta(days=5))
    assert len(reporter.asked) == 1


def test_a_text_whose_receipt_came_is_not_asked_for(
    sent: Message, reporter: Reporter, context: Context, clock: ManualClock
) -> None:
    actions.record_receipt(
        connection_id=sent.number.connection_id, report=report(sent, "delivered"), at=clock.now()
    )
    look(context, clock, timedelta(days=5))
    assert reporter.asked == []


def test_looks_grow_rare_and_end_with_a_sentence(
    sent: Message, reporter: Reporter, context: Context, clock: ManualClock
) -> None:
    for _ in range(5 * 24 * 12):
        look(context, clock, timedelta(minutes=5))
    assert 6 <= len(reporter.asked) <= 12
    sent.refresh_from_db()
    assert (sent.status, sent.error) == ("accepted", chasing.MISSING)
    assert sent.look_up_at is None
    assert text_entry(sent).state == f"Accepted: {chasing.MISSING}"


def test_a_receipt_that_comes_after_all_is_heard(
    sent: Message, reporter: Reporter, context: Context, clock: ManualClock
) -> None:
    look(context, clock, timedelta(days=4))
    sent.refresh_from_db()
    assert sent.error == chasing.MISSING
    actions.record_receipt(
        connection_id=sent.number.connection_id, report=report(sent, "delivered"), at=clock.now()
    )
    sent.refresh_from_db()
    assert (sent.status, sent.error, sent.error_code) == ("delivered", "", "")


def test_what_is_still_on_its_way_is_asked_for_again(
    sent: Message, reporter: Reporter, context: Context, clock: ManualClock
) -> None:
    reporter.answers.extend([report(sent, "sent"), report(sent, "undelivered", "30003")])
    look(context, clock, timedelta(minutes=11))
    assert status(sent) == "sent"
    look(context, clock, timedelta(minutes=12))
    assert status(sent) == "undelivered"
    assert sent.error == "Why."
    assert Receipt.objects.filter(message=sent).count() == 3


@pytest.mark.parametrize("failure", [Transient("Busy."), Permanent("No.")])
def test_a_carrier_that_fails_is_left_alone_for_this_run(
    failure: CarryFailure,
    sent: Message,
    business: Business,
    dana: Contact,
    number: TrackingNumber,
    reporter: Reporter,
    carrier: FakeCarrier,
    work_off: WorkOff,
    context: Context,
    clock: ManualClock,
) -> None:
    actions.queue_text(
        business=business, contact=dana, number=number, body="And another.", at=clock.now()
    )
    work_off()
    reporter.answers.append(failure)
    look(context, clock, timedelta(minutes=11))
    assert len(reporter.asked) == 1
    assert status(sent) == "accepted"
    look(context, clock, timedelta(minutes=11))
    assert len(reporter.asked) == 3


def test_a_run_asks_for_no_more_than_its_share(
    sent: Message,
    reporter: Reporter,
    context: Context,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chasing, "MOST_LOOKS", 0)
    look(context, clock, timedelta(minutes=11))
    assert reporter.asked == []


def test_where_nobody_can_be_asked_the_text_says_so_in_the_end(
    sent: Message, context: Context, clock: ManualClock
) -> None:
    unable = replace(context, reporters={})
    look(unable, clock, timedelta(minutes=11))
    assert status(sent) == "accepted"
    look(unable, clock, timedelta(days=4))
    sent.refresh_from_db()
    assert sent.error == chasing.MISSING


@pytest.mark.parametrize("code", ["30034", "30032"])
def test_a_number_that_the_carrier_calls_unregistered_waits_from_now_on(
    code: str,
    text: Message,
    dana: Contact,
    business: Business,
    number: TrackingNumber,
    carrier: FakeCarrier,
    work_off: WorkOff,
    context: Context,
    clock: ManualClock,
) -> None:
    """The same at the hand-over and in a receipt. What waits is refused before it leaves."""
    number.connection.carrier = "twilio"
    number.connection.save(update_fields=["carrier"])
    waiting = actions.queue_text(
        business=business, contact=dana, number=number, body="And another.", at=clock.now()
    )
    object.__setattr__(context, "clients", {"twilio": carrier})
    carrier.before.append(Permanent("The number is not registered.", code=code))
    work_off()
    number.refresh_from_db()
    assert (number.registration, number.registration_note) == (
        "pending",
        "The number is not registered.",
    )
    assert (status(text), status(waiting)) == ("failed", "refused")
    assert waiting.error_code == "registration_pending"
    assert carrier.received == []
    with pytest.raises(Conflict) as refused:
        actions.queue_text(
            business=business, contact=dana, number=number, body="A third.", at=clock.now()
        )
    assert refused.value.name == "registration_pending"
    assert "10DLC registration of Billboard I-80" in refused.value.sentence
    assert refused.value.hint


def test_a_receipt_that_says_unregistered_marks_the_number(
    sent: Message, number: TrackingNumber, clock: ManualClock
) -> None:
    number.connection.carrier = "twilio"
    number.connection.save(update_fields=["carrier"])
    actions.record_receipt(
        connection_id=number.connection_id,
        report=report(sent, "undelivered", "30034"),
        at=clock.now(),
    )
    number.refresh_from_db()
    assert number.registration == "pending"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sms_capable": False}, "number_without_sms"),
        ({"sms_enabled": False}, "number_without_sms"),
        ({"registration": "failed"}, "registration_pending"),
        ({"registration": "pending"}, "registration_pending"),
        ({"registration": "approved"}, ""),
        ({"registration": "not_needed"}, ""),
    ],
)
def test_which_numbers_may_send(
    changed: dict[str, object], code: str, number: TrackingNumber, business: Business
) -> None:
    for name, value in changed.items():
        setattr(number, name, value)
    refusal = actions.why_not_from(business=business, number=number)
    assert (refusal.name if refusal else "") == code
    if refusal is not None:
        assert refusal.hint
