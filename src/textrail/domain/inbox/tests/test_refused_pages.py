"""What a member sees of a refused text: one sentence, what to do next, and where."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from textrail.domain.accounts.models import Business, User
from textrail.domain.billing import actions as billing
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Conversation
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock) -> str:
    """The address to which a reply to Dana is posted."""
    actions.set_quiet_hours(business=business, kept=False, opens=0, closes=24, at=clock.now())
    row: Conversation = actions.open_conversation(
        business=business, contact=dana, number=number, at=clock.now()
    )
    return reverse("inbox:reply", args=[business.slug, row.pk])


def shown(client: Client, user: User, where: str) -> str:
    """The page that comes back when somebody sends a text from `where`. Of a choice whose options
    are all disabled, a browser sends nothing."""
    client.force_login(user)
    answer = client.post(where, {"body": "Hello", "recipient": DANA})
    assert answer.status_code == 409
    return unescape(answer.content.decode())


def test_who_may_is_led_to_add_funds_and_others_hear_whom_to_ask(
    client: Client,
    business: Business,
    talk: str,
    ada: User,
    max_: User,
    bo: User,
    clock: ManualClock,
) -> None:
    billing.set_prepaid(business=business, prepaid=True, at=clock.now())
    funds, overview = (
        reverse(f"billing:{name}", args=[business.slug]) for name in ("funds", "overview")
    )
    for user, step in (
        (ada, f'<a href="{funds}">Add funds</a>'),
        (max_, f'<a href="{overview}">See the balance</a>'),
        (bo, "Ask Ada."),
    ):
        assert f"Settings, Billing; then send it again. {step}" in shown(client, user, talk)


def test_a_number_that_waits_for_its_registration_leads_to_its_page(
    client: Client, business: Business, talk: str, number: TrackingNumber, bo: User
) -> None:
    TrackingNumber.objects.update(registration="pending")
    page = reverse("numbers:number", args=[business.slug, number.pk])
    for where in (talk, reverse("inbox:new", args=[business.slug])):
        said = shown(client, bo, where)
        assert "is not through yet, so networks would stop this text." in said
        assert f'<a href="{page}">What to register</a>' in said
        assert 'name="number" aria-invalid="true"' in said


def test_an_opt_out_leads_to_its_proof(
    client: Client, business: Business, talk: str, bo: User, clock: ManualClock
) -> None:
    contacts.record_consent(
        business=business,
        phone=PhoneNumber(DANA),
        kind=ConsentKind.OPT_OUT,
        source="text",
        words="STOP",
        at=clock.now(),
    )
    proof = reverse("contacts:consent_number", args=[business.slug, DANA])
    assert f'<a href="{proof}">See their words</a>' in shown(client, bo, talk)


def test_the_field_of_a_quick_reply_that_is_wrong_is_outlined(
    as_ada: Client, business: Business
) -> None:
    where = reverse("inbox:quick_replies", args=[business.slug])
    for given, wrong in (
        ({"name": "", "body": "Hello"}, "name"),
        ({"name": "Hello", "body": "Hi {surname}"}, "body"),
    ):
        shown = as_ada.post(where, given).content.decode()
        fields = re.findall(r'<(?:input|textarea)[^>]*name="(\w+)"[^>]*aria-invalid="true"', shown)
        assert fields == [wrong]
    assert "aria-invalid" not in as_ada.get(where).content.decode()
