"""What a clerk meets while writing: which number is offered, and words that must not be lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import MONDAY
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import Conversation, Message, QuickReply
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]


@pytest.fixture
def van(number: TrackingNumber) -> TrackingNumber:
    """A second number of Harbor HVAC's; by its name it stands behind the billboard's."""
    return TrackingNumber.objects.create(
        business=number.business,
        connection=number.connection,
        source=number.source,
        phone="+14155550101",
        name="Van",
        created_at=MONDAY,
    )


@pytest.fixture
def talk(van: TrackingNumber, arrive: Arrive, dana: Contact) -> Conversation:
    arrive(van.connection_id, InboundText("IN1", DANA, van.phone, "Is it ready?"))
    return Conversation.objects.get()


def page(name: str, business: Business, *args: object) -> str:
    return reverse(f"inbox:{name}", args=[business.slug, *args])


def in_days(days: int, business: Business) -> str:
    moment = timezone.now() + timedelta(days=days)
    local = moment.astimezone(ZoneInfo(business.time_zone))
    return f"{local.replace(hour=12):%Y-%m-%dT%H:%M}"


# Which number


def test_the_number_that_they_talk_with_is_offered(
    as_ada: Client,
    business: Business,
    number: TrackingNumber,
    van: TrackingNumber,
    talk: Conversation,
) -> None:
    new = page("new", business)
    assert f'value="{van.pk}" selected' in as_ada.get(new, {"to": DANA}).content.decode()
    assert " selected" not in as_ada.get(new, {"to": "+14155550177"}).content.decode()
    known = as_ada.get(page("check", business), {"recipient": DANA}).content.decode()
    assert f'data-sender="{van.pk}"' in known
    assert "talks with Van" in known
    stranger = as_ada.get(page("check", business), {"recipient": "+14155550177"}).content.decode()
    assert 'data-sender=""' in stranger


def test_what_was_chosen_by_hand_stays_and_what_was_given_back_is_not_offered(
    as_ada: Client,
    business: Business,
    number: TrackingNumber,
    van: TrackingNumber,
    talk: Conversation,
) -> None:
    chosen = as_ada.post(page("new", business), {"recipient": DANA, "number": number.pk})
    assert f'value="{number.pk}" selected' in chosen.content.decode()
    van.released_at = MONDAY
    van.save(update_fields=["released_at"])
    assert " selected" not in as_ada.get(page("new", business), {"to": DANA}).content.decode()


def test_a_refused_form_tells_a_number_chosen_by_hand_from_one_that_was_offered(
    as_ada: Client, business: Business, number: TrackingNumber
) -> None:
    refused = {"recipient": DANA, "number": number.pk}
    for given, kept in ((refused | {"chosen": "1"}, "1"), (refused | {"chosen": ""}, "")):
        shown = as_ada.post(page("new", business), given).content.decode()
        assert f'<input type="hidden" name="chosen" value="{kept}">' in shown


def test_enter_in_a_field_of_a_new_message_presses_send(
    as_ada: Client, business: Business, number: TrackingNumber
) -> None:
    """A browser presses the first of a form: neither Schedule nor an offer, which have names."""
    now = timezone.now()
    open_ = 15 if now.astimezone(ZoneInfo("America/New_York")).hour < 12 else 9
    actions.set_quiet_hours(business=business, kept=True, opens=open_, closes=open_ + 1, at=now)
    given = {"recipient": DANA, "number": number.pk, "body": "Hi"}
    offer = as_ada.post(page("new", business), given)
    assert b'name="offer"' in offer.content
    for shown in (as_ada.get(page("new", business)), offer):
        form = shown.content.decode().partition("data-composer")[2]
        first = re.search(r"<button[^>]*type=.submit.[^>]*>", form)
        assert first is not None
        assert "name=" not in first[0]


# Words that were written for what is gone


@pytest.fixture
def scheduled(business: Business, talk: Conversation, van: TrackingNumber) -> Message:
    now = timezone.now()
    return actions.queue_text(
        business=business,
        contact=talk.contact,
        number=van,
        body="See you at nine.",
        leaves_at=now + timedelta(days=1),
        at=now,
    )


def test_new_words_for_a_text_that_was_cancelled_stand_in_a_reply(
    as_ada: Client,
    business: Business,
    number: TrackingNumber,
    talk: Conversation,
    scheduled: Message,
) -> None:
    actions.cancel_scheduled(business=business, message_id=scheduled.pk, at=timezone.now())
    Conversation.objects.update(number=number)
    time = in_days(2, business)
    typed = {"body": "See you at <ten>.", "leaves_at": time, "later": "1"}
    answer = as_ada.post(page("edit_text", business, scheduled.pk), typed)
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "it left, or somebody cancelled it" in shown
    assert "Your words are kept here" in shown
    assert "See you at &lt;ten&gt;.</textarea>" in shown
    assert f'action="{page("reply", business, talk.pk)}"' in shown
    assert "hx-post" not in shown.partition('id="reply"')[2].partition(">")[0]
    assert f'value="{time}"' in shown
    assert f'value="{scheduled.number_id}" selected' in shown
    assert Message.objects.filter(direction="outbound").count() == 1


def test_a_time_that_is_over_does_not_take_the_words_along(
    as_ada: Client, business: Business, scheduled: Message
) -> None:
    """The text left while its page stood open, and the time in the form is over by now."""
    Message.objects.filter(id=scheduled.pk).update(status="queued")
    over = in_days(-1, business)
    typed = {"body": "See you at ten.", "leaves_at": over, "later": "1"}
    answer = as_ada.post(page("edit_text", business, scheduled.pk), typed)
    shown = answer.content.decode()
    assert (answer.status_code, "See you at ten.</textarea>" in shown) == (409, True)
    assert f'value="{over}"' not in shown


# Quick replies


def test_a_quick_reply_is_edited_in_its_place(as_ada: Client, business: Business) -> None:
    where = page("quick_replies", business)
    as_ada.post(where, {"name": "Hello", "body": "Hi."})
    kept = QuickReply.objects.get()
    listed = as_ada.get(where).content.decode()
    assert f'href="?change={kept.pk}#quick-form" aria-label="Edit Hello"' in listed
    form = as_ada.get(where, {"change": kept.pk}).content.decode()
    assert "Change “Hello”" in form
    assert f'action="?change={kept.pk}#quick-form"' in form
    as_ada.post(f"{where}?change={kept.pk}", {"name": "Hello", "body": "Good day."})
    assert [(row.pk, row.body) for row in QuickReply.objects.all()] == [(kept.pk, "Good day.")]
    removal = page("remove_quick_reply", business, kept.pk)
    assert removal not in listed  # not beside Edit, where a slip would take it away
    assert removal in form


def test_an_edited_quick_reply_that_was_removed_meanwhile_keeps_its_words(
    as_ada: Client, business: Business
) -> None:
    where = page("quick_replies", business)
    answer = as_ada.post(f"{where}?change=77", {"name": "Hello", "body": "Good day."})
    shown = answer.content.decode()
    assert answer.status_code == 404
    assert "removed meanwhile" in shown
    assert "Good day.</textarea>" in shown
    assert 'action="?#quick-form"' in shown
    assert as_ada.get(f"{where}?change=77").status_code == 404


# Who it is for


def test_a_number_with_an_extension_is_no_name_and_says_what_to_do(
    as_ada: Client, business: Business, number: TrackingNumber
) -> None:
    typed = "+81 3 5550 1770 ext 5"
    asked = as_ada.get(page("check", business), {"recipient": typed}).content.decode()
    assert "has an extension, and a text reaches none. Write the number without it." in asked
    answer = as_ada.post(page("new", business), {"recipient": typed, "body": "Hi"})
    assert answer.status_code == 422
    assert "contacts are called" not in answer.content.decode()


def test_a_conversation_that_was_ticked_twice_counts_once(
    as_ada: Client, business: Business, talk: Conversation
) -> None:
    """A search finds it by its name, and by a text."""
    chosen = {"do": "read", "id": [talk.pk, talk.pk]}
    shown = as_ada.post(page("several", business), chosen, follow=True).content.decode()
    assert "Done for 1 conversation." in shown


# The list


def test_the_list_tells_our_words_from_theirs(
    as_ada: Client,
    business: Business,
    van: TrackingNumber,
    talk: Conversation,
    arrive: Arrive,
    clock: ManualClock,
) -> None:
    def is_ours() -> bool:
        shown = as_ada.get(page("conversations", business)).content.decode()
        [row] = queries.threads(business, queries.ThreadFilter()).rows
        assert ("From us: " in shown) == row.is_ours
        clock.advance(timedelta(minutes=1))
        return row.is_ours

    def say() -> None:
        actions.queue_text(
            business=business, contact=talk.contact, number=van, body="At nine.", at=clock.now()
        )

    assert not is_ours()
    say()
    assert is_ours()
    arrive(van.connection_id, CallReport("CA1", DANA, van.phone, "missed"))
    assert not is_ours()
    say()
    arrive(van.connection_id, InboundText("IN2", DANA, van.phone, "Thanks!"))
    assert not is_ours()


def test_a_scheduled_text_is_ours_once_it_left(business: Business, scheduled: Message) -> None:
    assert scheduled.leaves_at is not None
    assert not Conversation.objects.get().last_ours
    assert actions.depart(message=scheduled, at=scheduled.leaves_at)
    assert Conversation.objects.get().last_ours
