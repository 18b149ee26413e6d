"""The one mouth: whatever dies or fails, a carrier gets each text at most once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import MONDAY

from textrail.carriers.calling import TIMEOUT
from textrail.carriers.contract import DeliveryReport, HandedOver
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import ConsentEvent, ConsentKind
from textrail.domain.inbox import actions, rules, tasks
from textrail.domain.inbox.actions import mouth
from textrail.domain.inbox.models import Message, Receipt
from textrail.domain.inbox.tests.conftest import DANA, Died, FakeCarrier, WorkOff, later, status
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox import rules as outbox_rules
from textrail.outbox import table
from textrail.outbox import work as outbox_work
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Permanent, Transient, Unknown
from textrail.vocabulary.events import EventName
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the events that were told, in order."""
    names: list[str] = []

    def note(context: Context, task: Task) -> None:
        names.append(str(task.payload["event"]))

    wiring = table.Wiring(
        work={**table.handlers(), "test.note": note},
        events=dict.fromkeys(EventName, ("test.note",)),
    )
    monkeypatch.setattr(table, "_wiring", wiring)
    return names


def test_a_text_is_handed_over_and_accepted(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, told: list[str]
) -> None:
    work_off()
    assert status(text) == "accepted"
    (sent,) = carrier.received
    assert (sent.reference, sent.sender, sent.recipient) == (
        text.reference,
        "+14155550100",
        DANA,
    )
    token = text.number.connection.token
    assert sent.status_url == f"https://go.example.com/in/simulator/{token}/status"
    receipt = Receipt.objects.get(message=text)
    assert (receipt.status, receipt.price_micros, receipt.currency) == ("accepted", 7900, "USD")
    assert told == ["message.sent"]
    assert not Work.objects.exists()


def test_work_that_comes_twice_sends_once(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, context: Context
) -> None:
    work_off()
    tasks.hand_over(context, Task(1, "inbox.hand_over", {"message_id": text.id}, 1))
    assert len(carrier.received) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_death_around_the_call_sends_once(
    moment: str, text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    getattr(carrier, moment).append(Died())
    with pytest.raises(Died):
        work_off()
    assert status(text) == "handing_over"
    later(clock, work_off)
    assert status(text) == "accepted"
    assert len(carrier.received) == 1


@pytest.mark.parametrize("action", ["claim", "accept", "append_accepted"])
def test_a_death_inside_an_action_sends_once(
    action: str,
    text: Message,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed before a commit: the claim is undone, or what the carrier said is forgotten."""
    real = getattr(mouth, action)

    def die(*args: object, **named: object) -> None:
        if action != "append_accepted":
            raise Died
        real(*args, **named)
        raise Died

    place = mouth if action == "append_accepted" else actions
    with monkeypatch.context() as patched:
        patched.setattr(place, action, die)
        with pytest.raises(Died):
            work_off()
    assert status(text) == ("queued" if action == "claim" else "handing_over")
    later(clock, work_off)
    assert status(text) == "accepted"
    assert len(carrier.received) == 1
    assert Receipt.objects.filter(message=text).count() == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_unknown_outcome_is_asked_about_before_anything_is_sent_again(
    moment: str, text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    getattr(carrier, moment).append(Unknown("The line went dead."))
    carrier.finding = [Transient("busy"), Transient("still busy")]
    work_off()
    assert status(text) == "handing_over"
    later(clock, work_off)
    assert status(text) == "accepted"
    assert len(carrier.received) == 1
    assert not Work.objects.exists()


def test_not_found_counts_only_after_the_grace(
    text: Message, carrier: FakeCarrier, context: Context, clock: ManualClock
) -> None:
    task = Task(1, "inbox.hand_over", {"message_id": text.id}, 1)
    carrier.before = [Unknown("The line went dead.")]
    for wait, pause in ((0, 90), (30, 60), (59, 1)):
        clock.advance(timedelta(seconds=wait))
        with pytest.raises(Transient) as asked:
            tasks.hand_over(context, task)
        assert asked.value.retry_after_seconds == pause
    assert carrier.received == []
    clock.advance(timedelta(seconds=1))
    tasks.hand_over(context, task)
    assert len(carrier.received) == 1


def test_a_twin_that_the_carrier_shows_instead_is_not_taken_for_this_text(
    text: Message,
    carrier: FakeCarrier,
    context: Context,
    clock: ManualClock,
    work_off: WorkOff,
) -> None:
    """Some carriers find by wording: “Ok” sent twice must not become one text, nor three."""
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
    work_off()
    carrier.find = lambda *args, **named: HandedOver(text.carrier_ref)  # type: ignore[method-assign]
    later(clock, work_off)
    assert status(twin) == "handing_over"
    report = DeliveryReport("SM-twin", twin.reference, "delivered")
    actions.record_receipt(connection_id=text.number.connection_id, report=report, at=clock.now())
    later(clock, work_off, turns=20)
    assert status(twin) == "delivered"
    assert len(carrier.received) == 1
    assert not Work.objects.exists()


def test_a_transient_failure_goes_back_in_line_and_is_sent_later(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    carrier.before = [Transient("Too many at once."), Transient("Too many at once.")]
    work_off()
    assert status(text) == "queued"
    later(clock, work_off)
    assert status(text) == "accepted"
    assert len(carrier.received) == 1


def test_a_text_that_was_tried_for_too_long_fails_with_a_sentence(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    carrier.before = [Transient("Too many at once.") for _ in range(outbox_rules.MOST_ATTEMPTS)]
    for _ in range(outbox_rules.MOST_ATTEMPTS):
        clock.advance(timedelta(hours=1))
        work_off()
    assert status(text) == "failed"
    assert "Too many at once." in text.error
    assert carrier.received == []


def test_a_permanent_failure_says_why(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, told: list[str]
) -> None:
    carrier.before = [Permanent("That phone cannot get texts.", code="30006")]
    work_off()
    assert (status(text), text.error_code) == ("failed", "30006")
    assert text.error == "That phone cannot get texts."
    assert Receipt.objects.get(message=text).status == "failed"
    assert told == ["message.failed"]


def test_an_opt_out_at_the_carrier_is_one_here(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, business: Business
) -> None:
    carrier.before = [Permanent("They opted out at the carrier.", code="21610")]
    work_off()
    assert contact_queries.is_suppressed(business, DANA)
    proof = ConsentEvent.objects.get(phone=DANA)
    assert (proof.source, proof.message_id) == ("carrier", text.id)


def test_an_opt_out_at_the_last_moment_is_honoured(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, business: Business, clock: ManualClock
) -> None:
    contacts.record_consent(
        business=business, phone=DANA, kind=ConsentKind.OPT_OUT, source="text", at=clock.now()
    )
    work_off()
    assert (status(text), text.error_code) == ("refused", "opted_out")
    assert carrier.received == []
    assert not Work.objects.exists()


@pytest.mark.parametrize("change", [{"released_at": MONDAY}, {"sms_enabled": False}])
def test_a_text_that_was_claimed_before_its_number_was_given_back_stays_here(
    text: Message, clock: ManualClock, change: dict[str, object]
) -> None:
    assert actions.claim(messages=[text], at=clock.now())
    TrackingNumber.objects.filter(id=text.number_id).update(**change)
    text.refresh_from_db()
    assert actions.recall(message=text, claimed_at=clock.now(), at=clock.now())
    assert (status(text), text.error_code) == ("refused", "number_without_sms")


def test_an_opt_out_while_the_outcome_is_unknown_stops_the_second_try(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, business: Business, clock: ManualClock
) -> None:
    carrier.before = [Unknown("The line went dead.")]
    work_off()
    contacts.record_consent(
        business=business, phone=DANA, kind=ConsentKind.OPT_OUT, source="text", at=clock.now()
    )
    later(clock, work_off)
    assert status(text) == "refused"
    assert carrier.received == []


def test_a_number_given_back_sends_nothing(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    TrackingNumber.objects.update(released_at=clock.now())
    work_off()
    assert status(text) == "refused"
    assert carrier.received == []


def test_a_text_whose_account_was_removed_says_so_at_once(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    numbers.release_number(number=text.number, at=clock.now())
    numbers.remove_connection(connection=text.number.connection, at=clock.now())
    work_off()
    text.refresh_from_db()
    assert (text.status, text.error) == (
        "failed",
        "The carrier account of this number was removed.",
    )
    assert carrier.received == []


def test_a_receipt_that_outruns_the_hand_over_is_not_lowered(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock, told: list[str]
) -> None:
    def deliver(message: object) -> None:
        report = DeliveryReport("SM-early", text.reference, "delivered")
        actions.record_receipt(
            connection_id=text.number.connection_id, report=report, at=clock.now()
        )

    carrier.during = deliver
    work_off()
    assert status(text) == "delivered"
    assert text.carrier_ref == "SM-early"
    assert told == ["message.sent", "message.delivered"]


def test_a_claim_that_was_held_up_does_not_call(
    text: Message,
    carrier: FakeCarrier,
    context: Context,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that slept between claim and call may overlap one that reconciled meanwhile."""
    real = actions.claim

    def slow(**named: object) -> list[Message]:
        claimed = real(**named)  # type: ignore[arg-type]
        clock.advance(timedelta(minutes=3))
        return claimed

    monkeypatch.setattr(actions, "claim", slow)
    with pytest.raises(Transient):
        tasks.hand_over(context, Task(1, "inbox.hand_over", {"message_id": text.id}, 1))
    assert carrier.received == []
    assert status(text) == "queued"


def test_the_grace_outlasts_a_claim_and_the_slowest_call() -> None:
    call = sum((TIMEOUT.pool or 0, TIMEOUT.connect or 0, TIMEOUT.write or 0, TIMEOUT.read or 0))
    assert timedelta(seconds=call) + rules.CLAIM_LIFE < rules.FIND_GRACE


def test_two_workers_send_once(
    text: Message, carrier: FakeCarrier, context: Context, clock: ManualClock
) -> None:
    """The lease ran out while the first was calling: the second asks, and finds it."""
    (first,) = outbox_work.claim(now=clock.now(), limit=1)

    def second_worker(message: object) -> None:
        clock.advance(outbox_work.LEASE)
        (second,) = outbox_work.claim(now=clock.now(), limit=1)
        outbox_work.run(context, second)

    carrier.during = second_worker
    outbox_work.run(context, first)
    assert status(text) == "accepted"
    assert len(carrier.received) == 1


def test_a_carrier_that_asks_for_patience_is_left_alone_for_so_long(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    """Retry-After: 300, longer than any pause of ours would be after the first attempt."""
    carrier.before.append(Transient("Too many requests.", code="429", retry_after_seconds=300))
    work_off()
    clock.advance(timedelta(seconds=299))
    work_off()
    assert (status(text), carrier.received) == ("queued", [])
    clock.advance(timedelta(seconds=1))
    work_off()
    assert (status(text), len(carrier.received)) == ("accepted", 1)


def test_a_carrier_that_fails_after_accepting_is_asked_and_not_sent_to_again(
    text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    """A 500 or a timeout, and the carrier cannot say at first what became of it."""
    carrier.after.append(Unknown("It answered 500.", code="500"))
    carrier.finding.extend([Transient("It answered 500 again.", code="500")] * 3)
    work_off()
    assert status(text) == "handing_over"
    later(clock, work_off)
    assert (status(text), len(carrier.received)) == ("accepted", 1)


def test_many_texts_through_a_failing_carrier_are_neither_lost_nor_doubled(
    business: Business,
    number: TrackingNumber,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    """Each third call fails before the text is taken, each fifth after that."""
    carrier.before.extend(Transient("Down.", code="503") if n % 3 == 0 else None for n in range(60))
    carrier.after.extend(Unknown("Timed out.") if n % 5 == 0 else None for n in range(40))
    for n in range(30):
        contact = contacts.find_or_add_contact(
            business=business, phone=PhoneNumber(f"+1415555{2000 + n}"), at=clock.now()
        )
        actions.queue_text(
            business=business, contact=contact, number=number, body=f"No. {n}", at=clock.now()
        )
    work_off()
    later(clock, work_off, turns=12)
    assert sorted(sent.body for sent in carrier.received) == sorted(f"No. {n}" for n in range(30))
    assert set(Message.objects.values_list("status", flat=True)) == {"accepted"}
    assert not Work.objects.exists()
