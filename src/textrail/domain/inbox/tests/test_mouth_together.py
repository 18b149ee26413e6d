"""Texts that are handed over together: each goes its own way, at most once, with few statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import MONDAY
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textrail.carriers.contract import DeliveryReport, Outgoing
from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.billing import queries as billing_queries
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind
from textrail.domain.inbox import actions, tasks
from textrail.domain.inbox.models import Message, Receipt
from textrail.domain.inbox.tests.conftest import Died, FakeCarrier, WorkOff, later, status
from textrail.domain.inbox.tests.test_many_at_once import house
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.outbox import work
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Permanent, Transient, Unknown
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db


def line_up(number: TrackingNumber, count: int, *, first: int = 0) -> list[Message]:
    texts = []
    for n in range(first, first + count):
        phone = PhoneNumber(f"+1415555{3000 + n}")
        contact = contacts.find_or_add_contact(business=number.business, phone=phone, at=MONDAY)
        texts.append(
            actions.queue_text(
                business=number.business, contact=contact, number=number, body=f"No. {n}", at=MONDAY
            )
        )
    return texts


@pytest.fixture
def texts(number: TrackingNumber) -> list[Message]:
    return line_up(number, 5)


def statuses(texts: list[Message]) -> list[str]:
    return [status(text) for text in texts]


def test_each_of_many_goes_its_own_way(
    texts: list[Message], carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    carrier.before = [
        None,
        Transient("busy"),
        Permanent("no such phone", code="21211"),
        Unknown("no answer"),
    ]
    work_off()
    assert statuses(texts) == ["accepted", "queued", "failed", "handing_over", "accepted"]
    assert Work.objects.count() == 2
    later(clock, work_off)
    assert statuses(texts) == ["accepted", "accepted", "failed", "accepted", "accepted"]
    assert len({sent.reference for sent in carrier.received}) == len(carrier.received) == 4


def test_who_leaves_while_others_are_called_gets_nothing(
    texts: list[Message], business: Business, carrier: FakeCarrier, work_off: WorkOff
) -> None:
    """All five are claimed by then, and the fourth is still to come."""

    def leave(outgoing: Outgoing) -> None:
        if outgoing.body == "No. 0":
            contacts.record_consent(
                business=business,
                phone=PhoneNumber(texts[3].contact.phone),
                kind=ConsentKind.OPT_OUT,
                source="text",
                at=MONDAY,
            )

    carrier.during = leave
    work_off()
    assert [sent.body for sent in carrier.received] == ["No. 0", "No. 1", "No. 2", "No. 4"]
    assert status(texts[3]) == "refused"
    assert Receipt.objects.get(message=texts[3]).error_code == "opted_out"


def test_a_slow_carrier_takes_each_text_once_and_none_waits_for_another_attempt(
    texts: list[Message], carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    """What was claimed too long before its turn is claimed anew."""

    def dawdle(outgoing: Outgoing) -> None:
        clock.advance(timedelta(seconds=4))

    carrier.during = dawdle
    work_off()
    assert [sent.body for sent in carrier.received] == [f"No. {n}" for n in range(5)]
    assert statuses(texts) == ["accepted"] * 5
    assert not Work.objects.exists()


def test_behind_a_slow_call_nobody_waits_in_the_same_hand(
    texts: list[Message], carrier: FakeCarrier, context: Context, clock: ManualClock
) -> None:
    """Another hand may have them at once, and what was taken is noted."""

    def dawdle(outgoing: Outgoing) -> None:
        clock.advance(timedelta(seconds=2))

    carrier.during = dawdle
    claimed = work.claim(now=clock.now(), limit=9)
    work.run_together(context, claimed)
    assert statuses(texts) == ["accepted", *["queued"] * 4]
    rest = work.claim(now=clock.now(), limit=9)
    assert [item.id for item in rest] == [item.id for item in claimed[1:]]
    assert {item.attempts for item in rest} == {1}


def test_of_a_carrier_that_cannot_be_asked_one_text_is_claimed_at_a_time(
    texts: list[Message], carrier: FakeCarrier, work_off: WorkOff
) -> None:
    """Whoever dies leaves one text of which nobody knows whether it left, and not all of them."""
    carrier.can_find = False
    carrier.after = [None, None, Died()]
    with pytest.raises(Died):
        work_off()
    assert statuses(texts) == ["accepted", "accepted", "handing_over", "queued", "queued"]


def test_what_was_claimed_and_left_behind_is_asked_for_after_what_is_fresh_has_left(
    texts: list[Message], carrier: FakeCarrier, context: Context, clock: ManualClock
) -> None:
    actions.claim(messages=texts[:2], at=MONDAY)
    clock.advance(timedelta(minutes=2))
    sent: list[str] = []
    carrier.during = lambda outgoing: sent.append(outgoing.body)
    work.run_together(context, work.claim(now=clock.now(), limit=9))
    assert sent[:3] == ["No. 2", "No. 3", "No. 4"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="The row is broken by SQLite's trigger")
def test_a_text_that_breaks_the_claim_of_all_leaves_the_others_theirs(
    texts: list[Message], carrier: FakeCarrier, context: Context, clock: ManualClock
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER broken BEFORE UPDATE OF status ON inbox_message"
            f" WHEN NEW.id = {texts[2].pk} BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    work.run_together(context, work.claim(now=clock.now(), limit=9), chance=lambda: 0.5)
    assert statuses(texts) == ["accepted", "accepted", "queued", "accepted", "accepted"]


def test_a_slow_carriers_first_texts_are_noted_before_its_last(
    texts: list[Message], carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    seen: list[str] = []

    def look(outgoing: Outgoing) -> None:
        seen.append(status(texts[0]))
        clock.advance(timedelta(seconds=1))

    carrier.during = look
    work_off()
    assert seen == ["handing_over", *["accepted"] * 4]


def test_a_report_that_outruns_one_of_many_is_not_lowered(
    texts: list[Message], number: TrackingNumber, carrier: FakeCarrier, work_off: WorkOff
) -> None:
    def deliver(outgoing: Outgoing) -> None:
        if outgoing.body in ("No. 1", "No. 3"):
            report = DeliveryReport("SM-early" + outgoing.body, outgoing.reference, "delivered")
            actions.record_receipt(connection_id=number.connection_id, report=report, at=MONDAY)

    carrier.during = deliver
    work_off()
    assert statuses(texts) == ["accepted", "delivered", "accepted", "delivered", "accepted"]
    told = Receipt.objects.filter(status="accepted").values_list("message_id", flat=True)
    assert set(told) == {text.pk for text in texts}


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_death_among_many_sends_each_once(
    place: int, texts: list[Message], carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    carrier.after = [*[None] * place, Died()]
    with pytest.raises(Died):
        work_off()
    assert set(statuses(texts)) == {"handing_over"}
    later(clock, work_off)
    assert statuses(texts) == ["accepted"] * 5
    assert sorted(sent.body for sent in carrier.received) == [f"No. {n}" for n in range(5)]


def test_texts_of_two_businesses_are_claimed_one_business_after_the_other(
    texts: list[Message], carrier: FakeCarrier, work_off: WorkOff
) -> None:
    """Who held both balances could wait for who holds one of them and waits for the other."""
    other = house("other", "+14155550142")
    actions.set_quiet_hours(business=other.business, kept=False, opens=0, closes=24, at=MONDAY)
    Connection.objects.filter(id=other.connection_id).update(
        secret=texts[0].number.connection.secret
    )
    [theirs] = line_up(other, 1, first=10)
    seen: list[tuple[str, str]] = []

    def look(outgoing: Outgoing) -> None:
        seen.append((status(texts[0]), status(theirs)))

    carrier.during = look
    work_off()
    assert seen == [("handing_over", "queued")] * 5 + [("accepted", "handing_over")]
    assert statuses([*texts, theirs]) == ["accepted"] * 6


def test_another_worker_that_has_one_of_them_keeps_it(
    texts: list[Message], carrier: FakeCarrier, context: Context
) -> None:
    assert actions.claim(messages=[texts[1]], at=MONDAY) == [texts[1]]
    rest = [Task(n, "inbox.hand_over", {"message_id": text.pk}, 1) for n, text in enumerate(texts)]
    failures = tasks.hand_over_all(context, rest)
    assert [type(failure) for failure in failures] == [
        type(None),
        Transient,  # the carrier does not know it yet: it is asked again
        type(None),
        type(None),
        type(None),
    ]
    assert len(carrier.received) == 4


def test_what_one_text_costs_is_not_taken_twice_and_the_last_may_be_too_much(
    number: TrackingNumber, carrier: FakeCarrier, work_off: WorkOff
) -> None:
    """Money for four of five: what is held for the first is not there for the last."""
    business = number.business
    texts = line_up(number, 5)
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    price = billing_queries.price_of(
        business, phone=texts[0].contact.phone, direction="outbound", kind="sms", segments=1
    )
    amount = f"{price.micros * 4 / 1_000_000:.6f}"
    billing.top_up(business=business, amount=amount, key="first", at=MONDAY)
    work_off()
    assert statuses(texts) == [*["accepted"] * 4, "refused"]
    assert not billing_queries.verify()


def test_twelve_texts_take_few_more_statements_than_two(
    number: TrackingNumber, carrier: FakeCarrier, context: Context, clock: ManualClock
) -> None:
    counts: list[int] = []
    for first, count in ((0, 2), (2, 12)):
        line_up(number, count, first=first)
        # Answers, which no quiet hours hold back, ask nothing that is not asked for all of them.
        Message.objects.filter(kind="chat").update(kind="auto")
        claimed = work.claim(now=clock.now(), limit=20)
        with CaptureQueriesContext(connection) as asked:
            work.run_together(context, claimed, done=lambda item: None)
        counts.append(len(asked))
    # The last look before each call asks twice.
    assert counts[1] - counts[0] <= 2 * 10
    assert counts[0] < 2 * 2 + 20
    assert len(carrier.received) == 14
