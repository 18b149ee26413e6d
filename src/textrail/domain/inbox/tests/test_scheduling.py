"""Texts that leave later, that are said once more, that are put in line once, and quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from textrail.carriers.contract import InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.inbox import actions, queries, tasks
from textrail.domain.inbox.models import Conversation, Message, QuietRule, Receipt
from textrail.domain.inbox.rules.quieting import QuietNow
from textrail.domain.inbox.tests.conftest import DANA, FakeCarrier, WorkOff, status
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Malformed, NotFound, Permanent
from textrail.vocabulary.ids import new_token
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def later(business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock) -> Message:
    """A text that leaves in two hours."""
    return actions.queue_text(
        business=business,
        contact=dana,
        number=number,
        body="See you at 9.",
        leaves_at=clock.now() + 2 * HOUR,
        at=clock.now(),
    )


@pytest.fixture
def quiet(business: Business, clock: ManualClock) -> None:
    """The business keeps quiet hours; it is 15:00 UTC, 7:00 for Dana in California."""
    QuietRule.objects.all().delete()


def test_a_scheduled_text_leaves_when_its_time_comes(
    later: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    clock.advance(2 * HOUR - timedelta(seconds=1))
    work_off()
    assert (status(later), carrier.received) == ("scheduled", [])
    clock.advance(timedelta(seconds=1))
    work_off()
    assert status(later) == "accepted"
    assert [sent.body for sent in carrier.received] == ["See you at 9."]
    assert later.at == clock.now()
    assert later.conversation.last_line == "See you at 9."


def test_a_scheduled_text_waits_outside_the_timeline(
    business: Business, later: Message, clock: ManualClock
) -> None:
    shown = queries.timeline(business, later.conversation)
    assert [entry.body for entry in shown.scheduled] == ["See you at 9."]
    assert not [entry for entry in shown.entries if entry.is_text]
    assert later.conversation.last_line == ""


def test_a_cancelled_text_never_leaves(
    business: Business, later: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    actions.cancel_scheduled(business=business, message_id=later.pk, at=clock.now())
    clock.advance(3 * HOUR)
    work_off()
    assert (status(later), carrier.received) == ("cancelled", [])
    assert Receipt.objects.get(message=later).status == "cancelled"
    with pytest.raises(Conflict, match="not waiting any more"):
        actions.cancel_scheduled(business=business, message_id=later.pk, at=clock.now())


def test_a_text_that_was_put_off_leaves_once_and_at_its_new_time(
    business: Business, later: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    put_off = clock.now() + 5 * HOUR
    actions.change_scheduled(
        business=business, message_id=later.pk, body="At 10.", leaves_at=put_off, at=clock.now()
    )
    clock.advance(2 * HOUR)
    work_off()
    assert (status(later), carrier.received) == ("scheduled", [])
    clock.advance(3 * HOUR)
    work_off()
    clock.advance(HOUR)
    work_off()
    assert [sent.body for sent in carrier.received] == ["At 10."]


def test_a_text_that_is_brought_forward_leaves_once(
    business: Business, later: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    actions.change_scheduled(
        business=business, message_id=later.pk, body="Now.", leaves_at=None, at=clock.now()
    )
    work_off()
    clock.advance(3 * HOUR)
    work_off()
    assert [sent.body for sent in carrier.received] == ["Now."]


class LateClock(ManualClock):
    """Somebody does something just before the clock is looked at for the first time."""

    def __init__(self, clock: ManualClock, then: Callable[[], object]) -> None:
        super().__init__(clock.now())
        self.then: Callable[[], object] | None = then

    def now(self) -> datetime:
        due, self.then = self.then, None
        if due is not None:
            due()
        return super().now()


def test_words_that_are_changed_as_it_leaves_are_the_ones_that_leave(
    business: Business, later: Message, carrier: FakeCarrier, context: Context, clock: ManualClock
) -> None:
    clock.advance(2 * HOUR)

    def change() -> None:
        actions.change_scheduled(
            business=business, message_id=later.pk, body="At 10.", leaves_at=None, at=clock.now()
        )

    task = Task(id=1, kind="inbox.hand_over", payload={"message_id": later.pk}, attempt=1)
    tasks.hand_over(replace(context, clock=LateClock(clock, change)), task)
    assert [sent.body for sent in carrier.received] == ["At 10."]


def test_a_text_that_is_sent_at_once_waits_no_longer_than_others(
    business: Business, later: Message, clock: ManualClock
) -> None:
    actions.change_scheduled(
        business=business, message_id=later.pk, body="Now.", leaves_at=None, at=clock.now()
    )
    first, second = Work.objects.order_by("id")
    assert (first.lane, first.payload) == (second.lane, second.payload)


def test_who_opts_out_before_the_time_gets_nothing_and_it_is_shown(
    business: Business, later: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    contacts.record_consent(
        business=business,
        phone=DANA,
        kind=ConsentKind.OPT_OUT,
        source="text",
        words="STOP",
        at=clock.now(),
    )
    clock.advance(2 * HOUR)
    work_off()
    assert (status(later), later.error_code, carrier.received) == ("refused", "opted_out", [])
    conversation = Conversation.objects.get()
    assert conversation.last_line.startswith("Not sent: They opted out")


def test_a_number_given_back_before_the_time_sends_nothing(
    number: TrackingNumber,
    later: Message,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    TrackingNumber.objects.update(released_at=clock.now())
    clock.advance(2 * HOUR)
    work_off()
    assert (status(later), carrier.received) == ("refused", [])


@pytest.mark.parametrize(
    ("ahead", "code"), [(-HOUR, "schedule_past"), (timedelta(days=366), "schedule_too_far")]
)
def test_a_time_that_cannot_be_is_refused(
    ahead: timedelta, code: str, business: Business, later: Message, clock: ManualClock
) -> None:
    moment = clock.now() + ahead
    with pytest.raises(Malformed) as refused:
        actions.change_scheduled(
            business=business, message_id=later.pk, body="Hi", leaves_at=moment, at=clock.now()
        )
    assert (refused.value.name, refused.value.field) == (code, "leaves_at")


def test_a_scheduled_text_of_another_business_is_not_found(
    other_business: Business, later: Message, clock: ManualClock
) -> None:
    with pytest.raises(NotFound):
        actions.cancel_scheduled(business=other_business, message_id=later.pk, at=clock.now())
    with pytest.raises(NotFound):
        queries.scheduled_text(other_business, later.pk)


def test_one_form_puts_one_text_in_line(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    once = new_token()
    first, second = (
        actions.queue_text(
            business=business, contact=dana, number=number, body="Hi", once=once, at=clock.now()
        )
        for _ in range(2)
    )
    assert first == second
    assert Work.objects.count() == 1
    with pytest.raises(Malformed):
        actions.queue_text(
            business=business, contact=dana, number=number, body="Hi", once="x", at=clock.now()
        )


def test_a_form_that_was_sent_says_nothing_else(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    """Somebody goes back to it in the browser, and changes whom or what it was for."""
    once, now = new_token(), clock.now()
    someone = contacts.find_or_add_contact(
        business=business, phone=PhoneNumber("+14155550123"), at=now
    )
    actions.queue_text(business=business, contact=dana, number=number, body="Hi", once=once, at=now)
    for contact, body, leaves_at in (
        (someone, "Hi", None),
        (dana, "Are you there?", None),
        (dana, "Hi", now + HOUR),
    ):
        with pytest.raises(Conflict, match="this one was not sent") as refusal:
            actions.queue_text(
                business=business,
                contact=contact,
                number=number,
                body=body,
                leaves_at=leaves_at,
                once=once,
                at=now,
            )
        assert refusal.value.name == "form_stale"
    assert Message.objects.count() == 1


# Once more


def failed(text: Message, code: str) -> Message:
    Message.objects.filter(pk=text.pk).update(status="failed", error_code=code, error="It failed.")
    return text


def test_a_failed_text_is_said_again_as_a_new_one_and_only_once(
    business: Business, text: Message, carrier: FakeCarrier, work_off: WorkOff, clock: ManualClock
) -> None:
    carrier.before.append(Permanent("The phone was off.", code="30003"))
    work_off()
    again = actions.say_again(business=business, message_id=text.pk, actor=None, at=clock.now())
    same = actions.say_again(business=business, message_id=text.pk, actor=None, at=clock.now())
    work_off()
    assert again == same != text
    assert again.reference != text.reference
    assert [sent.reference for sent in carrier.received] == [again.reference]
    assert status(text) == "failed"


@pytest.mark.parametrize("code", ["outcome_unknown"])
def test_a_text_that_may_have_arrived_is_not_said_again(
    code: str, business: Business, text: Message, clock: ManualClock
) -> None:
    failed(text, code)
    with pytest.raises(Conflict, match="Nobody could say"):
        actions.say_again(business=business, message_id=text.pk, actor=None, at=clock.now())


def test_a_text_that_did_not_fail_is_not_said_again(
    business: Business, other_business: Business, text: Message, clock: ManualClock
) -> None:
    with pytest.raises(Conflict, match="did not fail"):
        actions.say_again(business=business, message_id=text.pk, actor=None, at=clock.now())
    failed(text, "30003")
    with pytest.raises(NotFound):
        actions.say_again(business=other_business, message_id=text.pk, actor=None, at=clock.now())


# Quiet hours


@pytest.mark.usefixtures("quiet")
def test_a_text_at_night_is_refused_with_the_time_at_which_it_may_go(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    with pytest.raises(QuietNow) as refused:
        actions.queue_text(
            business=business, contact=dana, number=number, body="Hi", at=clock.now()
        )
    assert refused.value.name == "quiet_hours"
    assert refused.value.sentence == (
        "It is 7:00 for Dana, and the United States allows texts from 8:00 to 21:00."
    )
    assert refused.value.offer == "Send at 8:00 their time"
    assert refused.value.opens_at == datetime(2026, 3, 2, 16, tzinfo=UTC)
    clock.advance(14 * HOUR)
    with pytest.raises(QuietNow) as late:
        actions.queue_text(
            business=business, contact=dana, number=number, body="Hi", at=clock.now()
        )
    assert late.value.offer == "Send at 8:00 on Tuesday their time"
    taken = actions.queue_text(
        business=business,
        contact=dana,
        number=number,
        body="Hi",
        leaves_at=refused.value.opens_at,
        at=clock.now(),
    )
    assert taken.status == "scheduled"


@pytest.mark.usefixtures("quiet")
def test_an_answer_of_the_next_24_hours_may_go_at_any_time(
    business: Business,
    dana: Contact,
    number: TrackingNumber,
    clock: ManualClock,
    arrive: object,
) -> None:
    arrive(number.connection_id, InboundText("IN1", DANA, number.phone, "Hello?"))  # type: ignore[operator]
    clock.advance(23 * HOUR)
    actions.queue_text(business=business, contact=dana, number=number, body="Hi", at=clock.now())
    clock.advance(HOUR)
    with pytest.raises(QuietNow):
        actions.queue_text(
            business=business, contact=dana, number=number, body="Hi", at=clock.now()
        )


@pytest.mark.usefixtures("quiet")
def test_a_text_that_comes_to_leave_at_night_is_refused_then(
    business: Business,
    dana: Contact,
    number: TrackingNumber,
    carrier: FakeCarrier,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    """Put in line by day, held up until the night: it is asked again when it leaves."""
    day = clock.now() + 4 * HOUR
    text = actions.queue_text(business=business, contact=dana, number=number, body="Hi", at=day)
    clock.advance(16 * HOUR)
    work_off()
    assert (status(text), text.error_code, carrier.received) == ("refused", "quiet_hours", [])


@pytest.mark.usefixtures("quiet")
def test_automatic_and_compliance_texts_know_no_night(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    for kind in ("auto", "compliance"):
        actions.queue_text(
            business=business, contact=dana, number=number, body="Hi", kind=kind, at=clock.now()
        )


def test_quiet_hours_are_set_by_the_business(
    business: Business, dana: Contact, ada: User, clock: ManualClock
) -> None:
    noon = clock.now() + 5 * HOUR
    actions.set_quiet_hours(
        business=business, kept=True, opens=13, closes=17, at=clock.now(), actor=ada
    )
    found = queries.quiet_for(business, dana, at=noon)
    assert found is not None
    assert found.allowed == ("13:00", "17:00")
    with pytest.raises(Malformed):
        actions.set_quiet_hours(business=business, kept=True, opens=9, closes=9, at=clock.now())


# Quick replies


def test_quick_replies_have_one_name_each_and_belong_to_one_business(
    business: Business, other_business: Business, clock: ManualClock
) -> None:
    kept = actions.set_quick_reply(business=business, name="Hello", body="Hi", at=clock.now())
    with pytest.raises(Conflict) as refused:
        actions.set_quick_reply(business=business, name=" Hello ", body="Hey", at=clock.now())
    assert refused.value.field == "name"
    with pytest.raises(NotFound):
        actions.set_quick_reply(
            business=other_business, reply_id=kept.pk, name="X", body="Y", at=clock.now()
        )
    with pytest.raises(NotFound):
        actions.remove_quick_reply(business=other_business, reply_id=kept.pk, at=clock.now())
    assert queries.quick_replies(other_business) == []
    actions.remove_quick_reply(business=business, reply_id=kept.pk, at=clock.now())
    assert queries.quick_replies(business) == []


# In the list


def test_a_thread_with_nothing_but_a_scheduled_text_is_listed(
    as_ada: Client, business: Business, later: Message, clock: ManualClock
) -> None:
    [row] = queries.threads(business, queries.ThreadFilter()).rows
    assert (row.last_line, row.is_ours, row.is_scheduled) == ("See you at 9.", True, True)
    where = reverse("inbox:conversations", args=[business.slug])
    shown = as_ada.get(where).content.decode()
    assert "See you at 9." in shown
    assert "Scheduled" in shown
    assert "No conversations yet" not in shown
    actions.cancel_scheduled(business=business, message_id=later.pk, at=clock.now())
    [row] = queries.threads(business, queries.ThreadFilter()).rows
    assert (row.last_line, row.is_scheduled) == ("", False)


def test_a_scheduled_text_changes_no_line_of_what_was_said(
    business: Business, later: Message, number: TrackingNumber, dana: Contact, clock: ManualClock
) -> None:
    actions.queue_text(
        business=business, contact=dana, number=number, body="Hello.", at=clock.now()
    )
    [row] = queries.threads(business, queries.ThreadFilter()).rows
    assert (row.last_line, row.is_scheduled) == ("Hello.", False)


def test_of_several_the_list_shows_what_leaves_first(
    business: Business, later: Message, number: TrackingNumber, dana: Contact, clock: ManualClock
) -> None:
    for hours, body in ((1, "Sooner."), (3, "Later.")):
        actions.queue_text(
            business=business,
            contact=dana,
            number=number,
            body=body,
            leaves_at=clock.now() + hours * HOUR,
            at=clock.now(),
        )
    [row] = queries.threads(business, queries.ThreadFilter()).rows
    assert row.last_line == "Sooner."


def test_only_a_person_opens_the_thread_of_a_campaign(
    business: Business, number: TrackingNumber, dana: Contact, clock: ManualClock
) -> None:
    began = clock.now()
    actions.open_conversation(business=business, contact=dana, number=number, at=began)
    assert queries.threads(business, queries.ThreadFilter()).rows == ()
    clock.advance(HOUR)
    actions.queue_text(
        business=business,
        contact=dana,
        number=number,
        body="At noon.",
        leaves_at=clock.now() + HOUR,
        at=clock.now(),
    )
    [row] = queries.threads(business, queries.ThreadFilter()).rows
    assert row.last_at == clock.now()


def test_threads_of_before_say_whose_their_line_is_and_where_a_text_waits(
    business: Business, number: TrackingNumber, dana: Contact, later: Message, clock: ManualClock
) -> None:
    migration = import_module("textrail.domain.inbox.migrations.0014_lines_of_ours")
    thread = Conversation.objects.filter(pk=later.conversation_id)
    thread.update(opened_at=None)
    migration.mark_ours(apps, None)
    migration.open_scheduled(apps, None)
    kept = thread.get()
    assert (kept.opened_at, kept.last_ours) == (clock.now(), False)

    clock.advance(HOUR)
    actions.queue_text(
        business=business, contact=dana, number=number, body="Hello.", at=clock.now()
    )
    for line, ours in (("Not sent: it is night.", False), ("Hello.", True)):
        thread.update(last_ours=False, last_line=line)
        migration.mark_ours(apps, None)
        assert thread.get().last_ours is ours
    thread.update(last_ours=False, last_at=clock.now() + HOUR)  # a call, since
    migration.mark_ours(apps, None)
    assert not thread.get().last_ours


def test_ids_that_lie_far_apart_do_not_make_the_upgrade_long(later: Message) -> None:
    thread = Conversation.objects.get(pk=later.conversation_id)
    later.delete()
    Conversation.objects.all().delete()
    thread.id = 10**15
    thread.save(force_insert=True)
    import_module("textrail.domain.inbox.migrations.0014_lines_of_ours").mark_ours(apps, None)
    thread.refresh_from_db()
    assert not thread.last_ours
