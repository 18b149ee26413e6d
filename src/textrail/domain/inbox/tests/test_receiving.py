"""What comes in: kept once, answered once, never lost, never another tenant's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from textrail.carriers.contract import CallReport, DeliveryReport, InboundText, Media
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import ConsentEvent, Contact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.actions.receipts import strangers
from textrail.domain.inbox.models import (
    AnswerTrigger,
    Attachment,
    AutoAnswer,
    Call,
    Conversation,
    Message,
    Receipt,
    Unclaimed,
)
from textrail.domain.inbox.tests.conftest import DANA, FakeCarrier
from textrail.domain.numbers.actions import release_number
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.outbox.contract import Context
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Permanent, Transient

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]
WorkOff = Callable[[], None]

OURS = "+14155550100"


def inbound(ref: str, body: str = "Hello", *, sender: str = DANA, **more: object) -> InboundText:
    return InboundText(carrier_ref=ref, sender=sender, recipient=OURS, body=body, **more)  # type: ignore[arg-type]


def called(ref: str, outcome: str, **more: object) -> CallReport:
    return CallReport(carrier_ref=ref, caller=DANA, called=OURS, outcome=outcome, **more)  # type: ignore[arg-type]


def answer(number: TrackingNumber, trigger: AnswerTrigger, body: str = "Thanks!") -> None:
    AutoAnswer.objects.create(business=number.business, number=number, trigger=trigger, body=body)


def outbound_kinds() -> list[str]:
    return list(
        Message.objects.filter(direction="outbound").order_by("id").values_list("kind", flat=True)
    )


def test_a_text_becomes_a_conversation(number: TrackingNumber, arrive: Arrive) -> None:
    arrive(number.connection_id, inbound("SM1", "Is it\nstill cold?"))
    message = Message.objects.get()
    assert (message.direction, message.status, message.source) == (
        "inbound",
        "received",
        number.source,
    )
    thread = Conversation.objects.get()
    assert (thread.unread, thread.last_line, thread.contact.phone) == (1, "Is it still cold?", DANA)
    assert thread.opened_at == message.at


def test_a_text_that_comes_twice_counts_once(number: TrackingNumber, arrive: Arrive) -> None:
    answer(number, AnswerTrigger.FIRST_TEXT)
    for _ in range(3):
        arrive(number.connection_id, inbound("SM1"), inbound("SM1"))
    assert Message.objects.filter(direction="inbound").count() == 1
    assert outbound_kinds() == ["auto"]
    assert Conversation.objects.get().unread == 1


def test_an_older_text_that_comes_late_does_not_take_over_the_line(
    number: TrackingNumber, arrive: Arrive, clock: ManualClock
) -> None:
    now = clock.now()
    arrive(number.connection_id, inbound("SM2", "newer"))
    actions.record_inbound_texts(
        incoming=[
            actions.Incoming(
                number.connection_id,
                "simulator",
                inbound("SM1", "older"),
                now - timedelta(minutes=5),
            )
        ]
    )
    thread = Conversation.objects.get()
    assert (thread.last_line, thread.last_at, thread.unread) == ("newer", now, 2)


def test_a_text_to_nobody_is_kept_once_as_unclaimed(number: TrackingNumber, arrive: Arrive) -> None:
    stray = InboundText("SM9", DANA, "+14155550777", "Anybody there?")
    call = CallReport("CA9", DANA, "+14155550777", "missed")
    arrive(number.connection_id, stray, stray, call, call)
    assert list(Unclaimed.objects.order_by("id").values_list("kind", "body")) == [
        ("text", "Anybody there?"),
        ("call", ""),
    ]
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


def test_a_number_on_another_connection_is_not_reached(
    number: TrackingNumber, other_business: Business, arrive: Arrive, clock: ManualClock
) -> None:
    theirs = Connection.objects.create(
        business=other_business, carrier="simulator", secret="", created_at=clock.now()
    )
    arrive(theirs.id, inbound("SM1"))
    assert Unclaimed.objects.count() == 1
    assert not Conversation.objects.exists()


def test_stop_is_kept_with_its_proof_confirmed_once_and_then_nothing_may_be_sent(
    number: TrackingNumber,
    business: Business,
    arrive: Arrive,
    work_off: WorkOff,
    carrier: FakeCarrier,
    clock: ManualClock,
) -> None:
    arrive(number.connection_id, inbound("SM1", " Stop! "))
    arrive(number.connection_id, inbound("SM2", "STOP"))
    assert contact_queries.is_suppressed(business, DANA)
    assert ConsentEvent.objects.count() == 2
    assert outbound_kinds() == ["compliance"]
    clock.advance(timedelta(seconds=1))
    work_off()
    assert [sent.body for sent in carrier.received] == [
        "Harbor HVAC: you will get no more texts from us. Reply START to get them again."
    ]
    with pytest.raises(Conflict) as refused:
        actions.queue_text(
            business=business,
            contact=Contact.objects.get(),
            number=number,
            body="Hi",
            at=clock.now(),
        )
    assert "texted “STOP” on 2 March 2026" in refused.value.sentence
    assert "START to (415) 555-0100" in refused.value.hint


def test_the_day_of_an_opt_out_is_the_businesss_own(
    number: TrackingNumber, business: Business, arrive: Arrive, clock: ManualClock
) -> None:
    evening = datetime(2026, 11, 20, 21, 30, tzinfo=ZoneInfo(business.time_zone))
    clock.advance(evening - clock.now())
    assert clock.now().astimezone(UTC).day == 21
    arrive(number.connection_id, inbound("SM1", "STOP"))
    with pytest.raises(Conflict) as refused:
        actions.queue_text(
            business=business,
            contact=Contact.objects.get(),
            number=number,
            body="Hi",
            at=clock.now(),
        )
    assert "texted “STOP” on 20 November 2026" in refused.value.sentence


def test_start_opens_the_line_again_and_help_is_always_answered(
    number: TrackingNumber, business: Business, arrive: Arrive
) -> None:
    arrive(number.connection_id, inbound("SM1", "STOP"), inbound("SM2", "HELP"))
    assert outbound_kinds() == ["compliance", "compliance"]
    arrive(number.connection_id, inbound("SM3", "START"), inbound("SM4", "yes"))
    assert not contact_queries.is_suppressed(business, DANA)
    assert len(outbound_kinds()) == 3


def test_a_yes_among_friends_is_no_opt_in_to_confirm(
    number: TrackingNumber, arrive: Arrive
) -> None:
    arrive(number.connection_id, inbound("SM1", "Yes"))
    assert outbound_kinds() == []


def test_the_first_text_is_answered_once_in_a_life(number: TrackingNumber, arrive: Arrive) -> None:
    answer(number, AnswerTrigger.FIRST_TEXT, "We answer within an hour.")
    for ref in ("SM1", "SM2"):
        arrive(number.connection_id, inbound(ref))
    assert outbound_kinds() == ["auto"]


def test_two_machines_do_not_talk_for_ever(number: TrackingNumber, arrive: Arrive) -> None:
    for turn in range(20):
        arrive(number.connection_id, inbound(f"SM{turn}", "HELP"))
    assert len(outbound_kinds()) == 4


def test_a_short_code_is_kept_and_not_answered(number: TrackingNumber, arrive: Arrive) -> None:
    answer(number, AnswerTrigger.FIRST_TEXT)
    arrive(number.connection_id, inbound("SM1", "Your code is 1", sender="72345"))
    arrive(number.connection_id, inbound("SM2", "HELP", sender="ACME"))
    assert outbound_kinds() == []
    assert Conversation.objects.count() == 2


def test_a_missed_call_is_told_and_answered_by_a_text_once(
    number: TrackingNumber, arrive: Arrive
) -> None:
    answer(number, AnswerTrigger.MISSED_CALL, "Sorry we missed you.")
    arrive(number.connection_id, called("CA1", "ringing"))
    assert Conversation.objects.get().unread == 0
    arrive(number.connection_id, called("CA1", "missed"), called("CA1", "missed"))
    arrive(
        number.connection_id, called("CA1", "voicemail", voicemail="Call me.", duration_seconds=9)
    )
    arrive(number.connection_id, called("CA1", "missed"), called("CA1", "ringing"))
    call = Call.objects.get()
    assert (call.status, call.voicemail, call.duration_seconds) == ("voicemail", "Call me.", 9)
    assert outbound_kinds() == ["auto"]
    assert Conversation.objects.get().unread == 1


def test_a_final_call_that_comes_first_is_not_rung_again(
    number: TrackingNumber, arrive: Arrive
) -> None:
    arrive(number.connection_id, called("CA1", "answered", duration_seconds=61))
    arrive(number.connection_id, called("CA1", "ringing"))
    assert Call.objects.get().status == "answered"
    assert Conversation.objects.get().last_line == "Call, answered"


def sent(number: TrackingNumber, contact: Contact, clock: ManualClock) -> Message:
    return actions.queue_text(
        business=number.business, contact=contact, number=number, body="Hi", at=clock.now()
    )


def test_receipts_in_any_order_and_twice_end_at_the_highest(
    number: TrackingNumber, dana: Contact, clock: ManualClock, arrive: Arrive, work_off: WorkOff
) -> None:
    message = sent(number, dana, clock)
    work_off()
    ref = f"SM-{message.reference}"
    for status in ("delivered", "sent", "delivered", "accepted", "failed"):
        arrive(number.connection_id, DeliveryReport(ref, "", status, error_code="30003"))
    message.refresh_from_db()
    assert (message.status, message.carrier_ref) == ("delivered", ref)
    assert sorted(Receipt.objects.values_list("status", flat=True)) == [
        "accepted",
        "delivered",
        "failed",
        "sent",
    ]


def test_delivery_after_a_failure_clears_the_error(
    number: TrackingNumber, dana: Contact, clock: ManualClock, arrive: Arrive
) -> None:
    message = sent(number, dana, clock)
    reference = message.reference
    arrive(
        number.connection_id,
        DeliveryReport("SM1", reference, "undelivered", "30003", "The phone was off."),
    )
    message.refresh_from_db()
    assert (message.status, message.error) == ("undelivered", "The phone was off.")
    arrive(number.connection_id, DeliveryReport("SM1", reference, "delivered"))
    message.refresh_from_db()
    assert (message.status, message.error, message.error_code) == ("delivered", "", "")


def test_receipts_from_another_connection_touch_nothing(
    number: TrackingNumber,
    dana: Contact,
    other_business: Business,
    clock: ManualClock,
    arrive: Arrive,
) -> None:
    message = sent(number, dana, clock)
    theirs = Connection.objects.create(
        business=other_business, carrier="simulator", secret="", created_at=clock.now()
    )
    arrive(theirs.id, DeliveryReport("SM1", message.reference, "delivered"))
    message.refresh_from_db()
    assert message.status == "queued"


def test_a_receipt_for_no_text_of_ours_is_counted_and_harmless(
    number: TrackingNumber, arrive: Arrive
) -> None:
    before = strangers._value.get()
    arrive(number.connection_id, DeliveryReport("SM404", "nobody", "delivered"))
    assert strangers._value.get() == before + 1


def test_media_is_fetched_and_named_by_its_bytes(
    number: TrackingNumber,
    arrive: Arrive,
    carrier: FakeCarrier,
    work_off: WorkOff,
    context: Context,
    clock: ManualClock,
) -> None:
    carrier.media = {
        "https://c/1": b"\xff\xd8\xff photo",
        "https://c/2": b"<script>alert(1)</script>",
        "https://c/3": b"\x89PNG\r\n\x1a\n" + bytes(5 * 1024 * 1024),
        "https://c/4": Permanent("The file is gone."),
        "https://c/5": Transient("busy"),
    }
    media = [Media(url, "image/jpeg") for url in carrier.media]
    arrive(number.connection_id, inbound("SM1", "", media=media))
    assert Conversation.objects.get().last_line == "5 attachments"
    work_off()
    photo, script, large, gone, busy = Attachment.objects.order_by("id")
    assert (context.media_folder / photo.path).read_bytes() == b"\xff\xd8\xff photo"
    assert (photo.content_type, photo.path[-4:]) == ("image/jpeg", ".jpg")
    assert script.problem.startswith("This kind of file")
    assert large.problem == "The file is larger than 5 MB."
    assert gone.problem == "The file is gone."
    assert (busy.path, busy.problem) == ("", "")
    carrier.media["https://c/5"] = b"GIF89a"
    clock.advance(timedelta(minutes=1))
    work_off()
    busy.refresh_from_db()
    assert busy.content_type == "image/gif"


def test_text_that_no_database_holds_is_made_storable(
    number: TrackingNumber, arrive: Arrive
) -> None:
    arrive(number.connection_id, inbound("SM1", "a\0b\ud83d"))
    assert Message.objects.get().body == "ab\ufffd"


def test_stop_to_a_number_that_was_given_back_is_heeded_once(
    number: TrackingNumber,
    business: Business,
    other_business: Business,
    arrive: Arrive,
    clock: ManualClock,
) -> None:
    release_number(number=number, at=clock.now())
    arrive(number.connection_id, inbound("SM1", "STOP"), inbound("SM1", "STOP"))
    assert contact_queries.is_suppressed(business, DANA)
    assert not contact_queries.is_suppressed(other_business, DANA)
    proof = ConsentEvent.objects.get()
    assert (proof.phone, proof.source, proof.words) == (DANA, "text", "STOP")
    assert Unclaimed.objects.count() == 1
    arrive(number.connection_id, inbound("SM2", "START"))
    assert contact_queries.is_suppressed(business, DANA)


def test_a_goodbye_is_kept_as_one(number: TrackingNumber, arrive: Arrive) -> None:
    arrive(
        number.connection_id,
        inbound("SM1"),
        inbound("SM2", "Stop."),
        inbound("SM3", "Stop by at 6"),
    )
    texts = Message.objects.filter(direction="inbound").order_by("id")
    assert list(texts.values_list("kind", flat=True)) == ["chat", "opt_out", "chat"]
    shown = queries.timeline(number.business, Conversation.objects.get()).entries
    theirs = [entry for entry in shown if isinstance(entry, queries.TextEntry) and not entry.ours]
    assert [entry.by for entry in theirs] == ["", "Opted out", ""]


def test_our_own_number_as_the_caller_is_kept_and_not_answered(
    number: TrackingNumber, arrive: Arrive
) -> None:
    answer(number, AnswerTrigger.MISSED_CALL)
    answer(number, AnswerTrigger.FIRST_TEXT)
    arrive(number.connection_id, CallReport("CA1", OURS, OURS, "missed"))
    arrive(number.connection_id, inbound("SM1", sender=OURS), inbound("SM2", "HELP", sender=OURS))
    assert Call.objects.count() == 1
    assert outbound_kinds() == []


def test_an_opt_out_that_only_a_receipt_tells_is_one_here_once(
    number: TrackingNumber, dana: Contact, clock: ManualClock, arrive: Arrive
) -> None:
    message = sent(number, dana, clock)
    report = DeliveryReport("SM1", message.reference, "failed", "21610", "They opted out.")
    arrive(number.connection_id, report, report)
    assert contact_queries.is_suppressed(number.business, DANA)
    proof = ConsentEvent.objects.get()
    assert (proof.source, proof.words, proof.message_id) == (
        "carrier",
        "They opted out.",
        message.id,
    )


@pytest.mark.parametrize("shown", ["anonymous", "Anonymous", "Restricted", "", "+266696687"])
def test_who_hides_their_number_is_kept_and_not_texted_back(
    number: TrackingNumber, arrive: Arrive, shown: str
) -> None:
    answer(number, AnswerTrigger.MISSED_CALL, "Sorry that we missed you.")
    arrive(number.connection_id, CallReport("CA1", caller=shown, called=OURS, outcome="missed"))
    assert Contact.objects.get().phone == "anonymous"
    assert Call.objects.get().status == "missed"
    assert outbound_kinds() == []


def test_stop_by_another_channel_counts_for_the_number_behind_it(
    number: TrackingNumber, arrive: Arrive
) -> None:
    for ref, sender in (("SM1", f"whatsapp:{DANA}"), ("SM2", "whatsapp:+14155550198")):
        text = InboundText(ref, sender=sender, recipient=f"whatsapp:{OURS}", body="STOP")
        arrive(number.connection_id, text)
    assert contact_queries.is_suppressed(number.business, DANA)
    suppressed = ConsentEvent.objects.order_by("id").values_list("phone", flat=True)
    assert list(suppressed) == [DANA, "+14155550198"]
