"""Calls with one key that come at once: one text, whichever of them is first."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MONDAY
from django.db import connection
from pytest_django import Settings

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.models import Attachment, Message
from textrail.domain.inbox.tests.test_api_messages import HELLO, PNG, files_in
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.models import Work
from textrail.web.tests.caller import Caller

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 6


def together(work: Callable[[int], object], count: int = HANDS) -> list[object]:
    gate = threading.Barrier(count)
    answers: list[object] = [None] * count

    def run(hand: int) -> None:
        try:
            gate.wait()
            answers[hand] = work(hand)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(hand,)) for hand in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_text_leaves_when_a_call_comes_many_times_at_once(
    business: Business, number: TrackingNumber, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    shop = Caller(business)
    given = HELLO | {"media": [{"data": b64encode(PNG).decode()}]}

    def send(_: int) -> tuple[int, int]:
        answer = shop.post("/messages", given, Idempotency_Key="once")
        return answer.status_code, answer.json()["id"]

    answers = together(send)
    message = Message.objects.get()
    assert sorted(answers) == [(200, message.pk)] * (HANDS - 1) + [(201, message.pk)]  # type: ignore[type-var]
    assert (Contact.objects.count(), Attachment.objects.count()) == (1, 1)
    assert Work.objects.filter(kind="inbox.hand_over").count() == 1
    assert files_in(tmp_path / "media") == 1  # those who came second left no file behind


def test_one_key_is_one_call_also_when_two_different_ones_race(
    business: Business, number: TrackingNumber
) -> None:
    shop = Caller(business)

    def send(hand: int) -> int:
        given = HELLO | {"body": f"Text {hand % 2}"}
        return int(shop.post("/messages", given, Idempotency_Key="k").status_code)

    answers = together(send)
    assert Message.objects.count() == 1
    assert answers.count(201) == 1
    assert answers.count(409) == HANDS // 2
    assert answers.count(200) == HANDS // 2 - 1


def test_refused_together_and_sent_together(business: Business, number: TrackingNumber) -> None:
    """While a call is refused, another with its key waits, and is not told of the refused one."""
    TrackingNumber.objects.update(released_at=MONDAY)
    shop = Caller(business)
    given = HELLO | {"from": number.pk}

    def send(_: int) -> int:
        return int(shop.post("/messages", given, Idempotency_Key="k").status_code)

    assert together(send) == [409] * HANDS
    assert not Contact.objects.exists()
    TrackingNumber.objects.update(released_at=None)
    assert sorted(together(send)) == [200] * (HANDS - 1) + [201]  # type: ignore[type-var]
    assert Message.objects.count() == 1
