"""Automatic answers in a business: kept, given once, traced, and never where they may not go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import MONDAY

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.actions import AnswerDraft
from textrail.domain.inbox.models import AnswerTrigger, AutoAnswer, Conversation, Message
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.actions import save_hours, switch_sms
from textrail.domain.numbers.models import Source, TrackingNumber
from textrail.vocabulary import opening
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Malformed, NotFound
from textrail.vocabulary.opening import Span

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]
OURS = "+14155550100"


def inbound(ref: str, body: str = "Hello", *, sender: str = DANA) -> InboundText:
    return InboundText(carrier_ref=ref, sender=sender, recipient=OURS, body=body)


def keep(business: Business, trigger: AnswerTrigger, body: str, **more: object) -> AutoAnswer:
    draft = AnswerDraft(trigger=trigger, body=body, **more)  # type: ignore[arg-type]
    return actions.save_answer(business=business, draft=draft, at=MONDAY)


@pytest.fixture
def office(business: Business) -> None:
    week = ((Span(540, 1020),),) * 5 + ((), ())
    hours = opening.Hours(time_zone="America/New_York", week=week, country="US")
    save_hours(business=business, hours_id=None, name="Office", wanted=hours, at=MONDAY)


def said() -> list[str]:
    rows = Message.objects.filter(direction="outbound", kind="auto").order_by("id")
    return list(rows.values_list("body", flat=True))


def test_by_night_the_answer_says_when_we_open_and_which_rule_said_it(
    business: Business, number: TrackingNumber, office: None, arrive: Arrive, clock: ManualClock
) -> None:
    answer = keep(business, AnswerTrigger.AFTER_HOURS, "We are {hours}.")
    arrive(number.connection_id, inbound("SM1"))
    assert said() == []
    clock.advance(timedelta(hours=10))
    arrive(number.connection_id, inbound("SM2"))
    assert said() == ["We are closed until tomorrow at 9 AM."]
    row = Message.objects.get(kind="auto")
    assert (row.answer_id, row.answered_on) == (answer.id, "after_hours")
    assert row.because == "After hours · all numbers: You were closed until tomorrow at 9 AM"


def test_the_list_shows_what_they_wrote_and_not_what_answered(
    business: Business, number: TrackingNumber, arrive: Arrive
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Thanks!")
    keep(business, AnswerTrigger.MISSED_CALL, "Sorry that we missed you.")
    arrive(number.connection_id, inbound("SM1", "Boiler leaks"))
    assert said() == ["Thanks!"]
    assert Conversation.objects.get().last_line == "Boiler leaks"
    arrive(number.connection_id, inbound("SM2", "STOP"))
    assert Message.objects.filter(kind="compliance").exists()
    assert Conversation.objects.get().last_line == "STOP"


def test_once_in_its_period_for_each_contact(
    business: Business, number: TrackingNumber, arrive: Arrive, clock: ManualClock
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Thanks!")
    arrive(number.connection_id, inbound("SM1"), inbound("SM2", "you there?"))
    assert said() == ["Thanks!"]
    arrive(number.connection_id, inbound("SM3", sender="+17275550143"))
    assert said() == ["Thanks!"] * 2
    clock.advance(timedelta(hours=12, seconds=1))
    arrive(number.connection_id, inbound("SM4"))
    assert said() == ["Thanks!"] * 3


def test_a_long_conversation_is_remembered_beyond_what_is_read_at_once(
    business: Business, number: TrackingNumber, arrive: Arrive, clock: ManualClock
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Thanks!")
    keep(business, AnswerTrigger.FIRST_TEXT, "Welcome!")
    for turn in range(60):
        clock.advance(timedelta(minutes=2))
        arrive(number.connection_id, inbound(f"SM{turn}", f"line {turn}"))
    assert said() == ["Welcome!", "Thanks!"]


def test_a_machine_that_floods_us_does_not_bury_our_answers(
    business: Business, number: TrackingNumber, arrive: Arrive, clock: ManualClock
) -> None:
    """Two hundred texts within the hour, no two alike: the answers lie far behind the newest."""
    keep(business, AnswerTrigger.ALWAYS, "Thanks!", period_hours=0, quiet_minutes=0)
    for turn in range(200):
        clock.advance(timedelta(seconds=15))
        arrive(number.connection_id, inbound(f"SM{turn}", f"offer {turn}"))
    assert said() == ["Thanks!"] * 4


def test_a_keyword_is_answered_every_time_and_tags(
    business: Business, number: TrackingNumber, arrive: Arrive, clock: ManualClock
) -> None:
    keep(
        business,
        AnswerTrigger.KEYWORD,
        "From $99.",
        keywords="Price, precio",
        period_hours=0,
        tag="Asked price",
    )
    arrive(number.connection_id, inbound("SM1", "PRÉCIO!"))
    clock.advance(timedelta(minutes=5))
    arrive(number.connection_id, inbound("SM2", "price"))
    assert said() == ["From $99."] * 2
    assert [tag.name for tag in Contact.objects.get().tags.all()] == ["Asked price"]


def test_a_sources_answer_holds_for_its_numbers_and_the_numbers_own_wins(
    business: Business, number: TrackingNumber, arrive: Arrive
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Of the business")
    keep(business, AnswerTrigger.ALWAYS, "Of the source", source=number.source)
    other = Source.objects.create(business=business, name="Flyer")
    keep(business, AnswerTrigger.ALWAYS, "Of another source", source=other)
    arrive(number.connection_id, inbound("SM1"))
    keep(business, AnswerTrigger.ALWAYS, "Of the number", number=number)
    arrive(number.connection_id, inbound("SM2", sender="+17275550143"))
    assert said() == ["Of the source", "Of the number"]


def test_who_opted_out_hears_nothing(
    business: Business, number: TrackingNumber, arrive: Arrive
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Thanks!")
    keep(business, AnswerTrigger.MISSED_CALL, "Sorry!")
    arrive(number.connection_id, inbound("SM1", "STOP"), inbound("SM2", "hello?"))
    arrive(number.connection_id, CallReport("CA1", DANA, OURS, "missed"))
    assert said() == []
    assert Message.objects.get(carrier_ref="SM2").because == "They opted out"


def test_a_text_that_cannot_be_answered_is_kept_with_the_reason(
    business: Business, number: TrackingNumber, arrive: Arrive
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Thanks!")
    switch_sms(number=number, enabled=False, at=MONDAY)
    arrive(number.connection_id, inbound("SM1"))
    text = Message.objects.get()
    assert (text.answered_on, text.because) == ("refused", "Billboard I-80 takes calls only.")


def test_two_machines_stop_and_it_is_shown(
    business: Business, number: TrackingNumber, arrive: Arrive, clock: ManualClock
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Thanks for your text!", period_hours=0)
    for turn in range(10):
        arrive(number.connection_id, inbound(f"SM{turn}", "We got your message and will answer."))
        clock.advance(timedelta(seconds=20))
    assert len(said()) == 2
    stopped = queries.stopped_texts(business)
    assert len(stopped) == 8
    assert stopped[-1].because == "The same text came 3 times within an hour"


def test_a_missed_call_is_texted_back_once_in_a_period(
    business: Business, number: TrackingNumber, arrive: Arrive, clock: ManualClock
) -> None:
    keep(business, AnswerTrigger.MISSED_CALL, "Sorry, text us here.")
    arrive(number.connection_id, CallReport("CA1", DANA, OURS, "missed"))
    arrive(number.connection_id, CallReport("CA2", DANA, OURS, "missed"))
    assert said() == ["Sorry, text us here."]
    assert Message.objects.get(kind="auto").answered_on == "missed_call"


def test_answers_of_others_are_out_of_reach(
    business: Business, other_business: Business, number: TrackingNumber, arrive: Arrive
) -> None:
    row = keep(other_business, AnswerTrigger.ALWAYS, "Not yours")
    arrive(number.connection_id, inbound("SM1"))
    assert said() == []
    with pytest.raises(NotFound):
        actions.switch_answer(business=business, answer_id=row.id, enabled=False, at=MONDAY)
    with pytest.raises(NotFound):
        keep(other_business, AnswerTrigger.IN_HOURS, "x", number=number, enabled=False)


@pytest.mark.parametrize(
    ("trigger", "more", "field"),
    [
        (AnswerTrigger.ALWAYS, {"body": " "}, "body"),
        (AnswerTrigger.ALWAYS, {"body": "x" * 641}, "body"),
        (AnswerTrigger.ALWAYS, {"body": "Hi {nobody}"}, "body"),
        (AnswerTrigger.ALWAYS, {"body": "Hi {first name"}, "body"),
        (AnswerTrigger.ALWAYS, {"body": "We are {hours}"}, "body"),
        (AnswerTrigger.AFTER_HOURS, {}, "trigger"),
        (AnswerTrigger.KEYWORD, {"keywords": " ?, "}, "keywords"),
        (AnswerTrigger.ALWAYS, {"period_hours": -1}, "period_hours"),
        (AnswerTrigger.ALWAYS, {"quiet_minutes": 100_000}, "quiet_minutes"),
    ],
)
def test_what_cannot_be_said_is_refused(
    business: Business, trigger: AnswerTrigger, more: dict[str, object], field: str
) -> None:
    with pytest.raises(Malformed) as refusal:
        keep(business, trigger, **{"body": "Hi", **more})  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert refusal.value.sentence


def test_one_answer_for_each_trigger_and_one_for_each_keyword(
    business: Business, number: TrackingNumber
) -> None:
    keep(business, AnswerTrigger.ALWAYS, "Hi")
    keep(business, AnswerTrigger.ALWAYS, "Hi", number=number)
    keep(business, AnswerTrigger.KEYWORD, "Hi", keywords="price, cost")
    keep(business, AnswerTrigger.KEYWORD, "Hi", keywords="menu")
    with pytest.raises(Conflict):
        keep(business, AnswerTrigger.ALWAYS, "Hello")
    with pytest.raises(Conflict) as refusal:
        keep(business, AnswerTrigger.KEYWORD, "Hi", keywords="COST!")
    assert "“cost”" in refusal.value.sentence
