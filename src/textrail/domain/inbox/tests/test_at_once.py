"""Forms sent twice in one moment; members who decide while texts come in. On either database."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
from conftest import make_member
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from textrail.carriers.contract import InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Role
from textrail.domain.contacts.actions import add_tags
from textrail.domain.contacts.models import ConsentReview, Contact
from textrail.domain.contacts.queries import is_suppressed, tag_names, verify
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Message
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.inbox.tests.test_paying_at_once import together
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.ids import new_token

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_form_that_is_sent_twice_in_one_moment_sends_once(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    for turn in range(5):
        once, found = new_token(), list[int]()

        def send(once: str = once, found: list[int] = found) -> None:
            sent = actions.queue_text(
                business=business,
                contact=dana,
                number=number,
                body="Hi",
                once=once,
                at=clock.now(),
            )
            found.append(sent.pk)

        together(*[send] * 4)
        assert len(set(found)) == 1
        assert Message.objects.count() == turn + 1


def test_who_decides_while_texts_come_in_decides_all_the_same(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    """Texts come in several to a transaction: first somebody else's STOP, then one of Dana's, whose
    words are decided between the two. Each then waits for what the other holds."""
    actions.queue_text(business=business, contact=dana, number=number, body="Hi", at=clock.now())

    def say(turn: int, sender: str, words: str) -> None:
        text = InboundText(f"in-{turn}", sender, number.phone, words)
        actions.record_inbound_texts(
            incoming=[actions.Incoming(number.connection_id, "simulator", text, clock.now())]
        )

    say(1, DANA, "not interested")
    review = ConsentReview.objects.get()
    ada = make_member(business, "Ada", Role.OWNER)
    begun = threading.Event()

    def take_in() -> None:
        with transaction.atomic():
            say(2, "+14155550123", "STOP")
            begun.set()
            if connection.vendor == "postgresql":
                time.sleep(0.4)  # less than it takes PostgreSQL to look for a circle
            say(3, DANA, "Hello?")

    def decide() -> None:
        begun.wait()
        actions.decide_review(
            business=business, review=review, left=True, why="", actor=ada, at=clock.now()
        )

    together(take_in, decide)
    assert is_suppressed(business, DANA)
    assert Message.objects.filter(kind="compliance", contact=dana).count() == 1
    assert verify(business).broken is None


def test_tags_that_are_added_in_one_moment_are_all_kept(
    as_ada: Client, business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    talk = actions.open_conversation(business=business, contact=dana, number=number, at=clock.now())
    add_tags(business=business, contact=dana, names=["old"])
    where = reverse("inbox:tags", args=[business.slug, talk.pk])

    def ask(given: dict[str, str]) -> None:
        member = Client()
        member.cookies = as_ada.cookies
        assert member.post(where, given).status_code == 302

    wanted = [f"fast{turn}" for turn in range(5)]
    adding = [partial(ask, {"add": name}) for name in wanted]
    together(*adding, partial(ask, {"remove": "OLD"}), partial(ask, {"remove": "old"}))
    assert tag_names(dana) == wanted
