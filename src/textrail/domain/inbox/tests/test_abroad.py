"""People from abroad: on pages with their country code, and our number in their texts with ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from textrail.carriers.contract import InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Conversation, Message
from textrail.domain.inbox.rules import consent_answer
from textrail.domain.inbox.rules.answers import Filling, fill_answer
from textrail.domain.inbox.rules.quick import Filling as QuickFilling
from textrail.domain.inbox.rules.quick import fill_in
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]
LONDON = PhoneNumber("+442079460018")


def page(name: str, business: Business, *args: object) -> str:
    return reverse(f"inbox:{name}", args=[business.slug, *args])


@pytest.fixture
def talk(number: TrackingNumber, arrive: Arrive) -> Conversation:
    arrive(number.connection_id, InboundText("SM1", LONDON, number.phone, "Hello"))
    return Conversation.objects.get()


def test_a_number_from_abroad_is_shown_with_its_country_code(
    as_ada: Client,
    business: Business,
    number: TrackingNumber,
    talk: Conversation,
    arrive: Arrive,
) -> None:
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert '<span class="who">+44 20 7946 0018</span>' in shown
    assert f'title="{LONDON}" data-copy-as="{LONDON}">+44 20 7946 0018<' in shown
    assert "020 7946 0018" not in shown.replace("+44 20 7946 0018", "")
    assert "+44 20 7946 0018" in shown.partition("<title>")[2].partition("</title>")[0]
    arrive(number.connection_id, InboundText("SM2", LONDON, number.phone, "STOP"))
    refused = as_ada.post(page("reply", business, talk.pk), {"body": "Hi"}).content.decode()
    assert "+44 20 7946 0018 texted “STOP”" in refused


def test_who_lives_there_reads_it_as_it_is_dialled_there(
    as_ada: Client, business: Business, talk: Conversation
) -> None:
    Business.objects.filter(id=business.pk).update(country="GB")
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert '<span class="who">020 7946 0018</span>' in shown
    assert "Billboard I-80 · +1 415-555-0100" in shown


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (LONDON, "+1 415-555-0100"),
        ("+14155550199", "(415) 555-0100"),
        ("+16135550123", "(415) 555-0100"),
        ("", "(415) 555-0100"),
    ],
)
def test_our_number_in_a_text_is_written_as_they_dial_it(theirs: str, ours: str) -> None:
    quick = QuickFilling("", theirs, "Harbor", "+14155550100", "Bo")
    assert fill_in("{number}", quick) == ours
    answer = Filling("Harbor", "+14155550100", phone=theirs)
    assert fill_answer("{number}", answer) == ours
    helped = consent_answer("help", business="Harbor", phone="+14155550100", to=theirs)
    assert f"call {ours} to talk" in (helped or "")


def test_who_texts_from_abroad_gets_a_number_that_they_can_dial(
    business: Business, number: TrackingNumber, talk: Conversation, arrive: Arrive
) -> None:
    arrive(number.connection_id, InboundText("SM2", LONDON, number.phone, "HELP"))
    said = Message.objects.get(kind="compliance").body
    assert "call +1 415-555-0100 to talk" in said
