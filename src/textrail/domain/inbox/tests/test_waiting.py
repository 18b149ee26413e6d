"""Whom a keyword's answer has answered waits for nobody, unless the answer breaks; whoever asked
before that goes on waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from conftest import MONDAY

from textrail.carriers.contract import CallReport, CarrierReading, DeliveryReport, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.actions import AnswerDraft
from textrail.domain.inbox.models import AnswerTrigger, Conversation, Message
from textrail.domain.inbox.tests.conftest import DANA, FakeCarrier, WorkOff
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Permanent

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]
Waits = Callable[..., datetime | None]


@pytest.fixture
def waits(number: TrackingNumber, arrive: Arrive, clock: ManualClock, dana: Contact) -> Waits:
    """Have Dana text, a minute later than before, and say since when she waits."""

    def text(*bodies: str, read: CarrierReading = "") -> datetime | None:
        clock.advance(timedelta(minutes=1))
        ref = f"SM{clock.now().timestamp()}"
        came = [
            InboundText(f"{ref}-{place}", DANA, number.phone, body, carrier_read=read)
            for place, body in enumerate(bodies)
        ]
        arrive(number.connection_id, *came)
        return Conversation.objects.get().waiting_since

    return text


def keep(business: Business, trigger: AnswerTrigger, body: str, **more: object) -> None:
    draft = AnswerDraft(trigger=trigger, body=body, **more)  # type: ignore[arg-type]
    actions.save_answer(business=business, draft=draft, at=MONDAY)


def test_who_was_answered_by_a_keyword_does_not_wait(waits: Waits) -> None:
    assert waits("HELP") is None
    assert waits("STOP") is None
    assert waits("Start!") is None
    assert Conversation.objects.get().inbound == 3
    assert Message.objects.filter(kind="compliance").count() == 3


def test_who_waited_before_goes_on_waiting(waits: Waits, clock: ManualClock) -> None:
    asked_at = waits("Is Tuesday free?")
    assert asked_at == clock.now()
    assert waits("HELP") == asked_at
    assert waits("Hello?") == asked_at


def test_a_question_and_a_keyword_of_one_moment_leave_the_question(
    waits: Waits, clock: ManualClock
) -> None:
    assert waits("Is Tuesday free?", "HELP") == clock.now()


def test_who_asks_for_help_in_words_wants_a_person(waits: Waits, clock: ManualClock) -> None:
    assert waits("Help me please") == clock.now()
    assert Message.objects.filter(kind="compliance").exists()


def test_a_keyword_that_nobody_answered_waits(waits: Waits, clock: ManualClock) -> None:
    """START from who never left changes nothing, so nothing is said."""
    assert waits("START") == clock.now()


def test_four_answers_an_hour_and_the_next_waits(waits: Waits, clock: ManualClock) -> None:
    assert [waits("HELP") for _ in range(4)] == [None] * 4
    assert waits("HELP") == clock.now()


def test_who_is_in_again_does_not_wait_though_nothing_more_is_said(
    waits: Waits, clock: ManualClock
) -> None:
    for _ in range(3):
        waits("HELP")
    assert waits("STOP") is None
    assert waits("START") is None  # after four answers within the hour
    assert Message.objects.filter(kind="compliance").count() == 4


def test_what_the_carrier_or_the_network_answered_is_answered(
    number: TrackingNumber, waits: Waits
) -> None:
    assert waits("HELP", read="help") is None
    assert waits("START", read="opt_in") is None
    number.phone = "+18885550100"
    number.save(update_fields=["phone"])
    waits("STOP")
    assert waits("START") is None
    assert not Message.objects.filter(direction="outbound").exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"registration": "pending"},
        {"registration": "failed"},
        {"sms_capable": False},
        {"sms_enabled": False},
        {"released_at": MONDAY},
    ],
    ids=str,
)
def test_what_they_ask_counts_though_the_number_may_not_answer(
    business: Business,
    number: TrackingNumber,
    dana: Contact,
    changed: dict[str, object],
    clock: ManualClock,
) -> None:
    def text(words: str) -> Message | None:
        heard = InboundText(words, DANA, number.phone, words)
        return actions.record_inbound_texts(
            incoming=[actions.Incoming(number.connection_id, "simulator", heard, clock.now())]
        )[0]

    TrackingNumber.objects.filter(id=number.pk).update(**changed)
    assert (text("HELP") is None) == ("released_at" in changed)
    assert set(Conversation.objects.values_list("waiting_since", flat=True)) <= {clock.now()}
    text("STOP")
    assert contact_queries.is_suppressed(business, DANA)
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_keyword_of_ones_own_does_not_wait_while_its_answer_is_given(
    business: Business, waits: Waits, clock: ManualClock
) -> None:
    keep(business, AnswerTrigger.KEYWORD, "From $99.", keywords="price", period_hours=12)
    assert waits("Price") is None
    assert waits("Price") == clock.now()  # it was given today already, so nothing is said


def test_every_other_answer_only_bridges_the_wait(
    business: Business, waits: Waits, clock: ManualClock
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "We answer soon.")
    assert waits("Is Tuesday free?") == clock.now()
    assert Message.objects.filter(kind="auto").exists()


def waiting_since() -> datetime | None:
    return Conversation.objects.get().waiting_since


@pytest.fixture
def leaves(work_off: WorkOff, clock: ManualClock) -> Callable[[], None]:
    """Let what is in line leave, a minute later."""

    def work() -> None:
        clock.advance(timedelta(minutes=1))
        work_off()

    return work


@pytest.fixture
def price(business: Business) -> None:
    keep(business, AnswerTrigger.KEYWORD, "From $99.", keywords="price")


BROKEN = Permanent("Blocked by the network.", code="30007")


@pytest.mark.parametrize("word", ["Help", "Price"])
@pytest.mark.parametrize("how", ["refused", "failed", "undelivered"])
@pytest.mark.usefixtures("price")
def test_whose_answer_broke_waits_since_they_asked(
    number: TrackingNumber,
    waits: Waits,
    leaves: WorkOff,
    carrier: FakeCarrier,
    clock: ManualClock,
    word: str,
    how: str,
) -> None:
    asked_at = clock.now() + timedelta(minutes=1)
    assert waits(word) is None
    if how == "refused":
        TrackingNumber.objects.update(registration="pending")
    carrier.before = [BROKEN] if how == "failed" else []
    leaves()
    answer = Message.objects.get(direction="outbound")
    if how == "undelivered":
        assert waiting_since() is None
        report = DeliveryReport(
            answer.carrier_ref, answer.reference, "undelivered", "30007", "Spam."
        )
        actions.record_receipt(connection_id=number.connection_id, report=report, at=clock.now())
        answer.refresh_from_db()
    assert answer.status == how
    assert waiting_since() == asked_at


@pytest.mark.usefixtures("price")
def test_whose_answer_could_not_be_paid_waits(
    business: Business, waits: Waits, leaves: WorkOff, clock: ManualClock
) -> None:
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    assert waits("Price") is None
    asked_at = clock.now()
    leaves()
    assert Message.objects.get(direction="outbound").error_code == "balance_too_low"
    assert waiting_since() == asked_at


@pytest.mark.parametrize("how", ["text", "call"])
@pytest.mark.usefixtures("price")
def test_who_got_a_persons_answer_meanwhile_does_not_wait(
    business: Business,
    number: TrackingNumber,
    dana: Contact,
    arrive: Arrive,
    waits: Waits,
    leaves: WorkOff,
    carrier: FakeCarrier,
    clock: ManualClock,
    how: str,
) -> None:
    waits("Price")
    clock.advance(timedelta(minutes=1))
    if how == "text":
        actions.queue_text(
            business=business, contact=dana, number=number, body="$99.", at=clock.now()
        )
    else:
        arrive(number.connection_id, CallReport("CA1", DANA, number.phone, "answered", 60))
    carrier.before = [BROKEN]
    leaves()
    assert Message.objects.get(kind="auto").status == "failed"
    assert waiting_since() is None


def test_who_is_out_or_in_again_waits_for_no_confirmation(
    waits: Waits, leaves: WorkOff, carrier: FakeCarrier
) -> None:
    for word in ("STOP", "START"):
        waits(word)
        carrier.before = [BROKEN]
        leaves()
        assert waiting_since() is None
    assert set(Message.objects.filter(kind="compliance").values_list("status", flat=True)) == {
        "failed"
    }


def test_a_broken_answer_that_only_bridges_the_wait_brings_nobody_back(
    business: Business, waits: Waits, leaves: WorkOff, carrier: FakeCarrier
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "We answer soon.")
    waits("Thanks!")
    thread = Conversation.objects.get()
    assert actions.needs_no_answer(business=business, conversation_id=thread.pk)
    carrier.before = [BROKEN]
    leaves()
    assert Message.objects.get(kind="auto").status == "failed"
    assert waiting_since() is None
