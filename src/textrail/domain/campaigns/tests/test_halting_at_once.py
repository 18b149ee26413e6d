"""Hands that send while others pause, go on and stop. On either database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import MONDAY

from textrail.carriers.contract import Outgoing
from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.billing import queries as billing_queries
from textrail.domain.billing.models import Balance
from textrail.domain.campaigns import actions
from textrail.domain.campaigns.models import Campaign, Recipient
from textrail.domain.campaigns.tests.conftest import WORK
from textrail.domain.contacts.models import Tag
from textrail.domain.inbox import tasks as inbox
from textrail.domain.inbox.models import Message
from textrail.domain.inbox.tests.conftest import FakeCarrier
from textrail.domain.inbox.tests.test_paying_at_once import together
from textrail.outbox import table, work
from textrail.outbox.contract import Context
from textrail.outbox.table import Wiring
from textrail.vocabulary.clock import ManualClock

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, HANDS = 60, 3


def send_some(context: Context) -> int:
    """What a hand does in one turn; how much."""
    claimed = work.claim(now=context.clock.now(), limit=4)
    for kind in sorted({each.kind for each in claimed}):
        work.run_together(context, [each for each in claimed if each.kind == kind])
    return len(claimed)


def rest() -> None:
    """Until what was claimed before has gone: nothing is being handed over for a while."""
    quiet = 0
    while quiet < 20:
        busy = Message.objects.filter(status="handing_over").exists()
        quiet = 0 if busy else quiet + 1
        time.sleep(0.02)


@pytest.mark.parametrize("ends", ["sent", "stopped"])
def test_hands_that_send_and_members_who_hold_never_send_twice_or_lose_anybody(
    ends: str,
    business: Business,
    people: Callable[[int], Tag],
    draft: Callable[..., Campaign],
    world: Context,
    clock: ManualClock,
) -> None:
    handlers = WORK | {"inbox.hand_over": inbox.hand_over}
    table.wire(Wiring(work=handlers, together={"inbox.hand_over": inbox.hand_over_all}))
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    billing.top_up(business=business, amount="10", key="first", at=MONDAY)
    carrier = FakeCarrier()
    context = replace(world, clients={"simulator": carrier})
    campaign = draft(people(PEOPLE))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    over = threading.Event()
    some_left = threading.Event()
    late: list[int] = []

    def note(outgoing: Outgoing) -> None:
        if len(carrier.received) >= 8:
            some_left.set()

    carrier.during = note

    def send() -> None:
        while send_some(context) or not over.wait(0.005):
            pass

    def hold() -> None:
        assert some_left.wait(30)
        for _ in range(3):
            actions.pause(business=business, campaign=campaign, at=clock.now())
            rest()
            before = len(carrier.received)
            time.sleep(0.1)
            late.append(len(carrier.received) - before)
            actions.go_on(business=business, campaign=campaign, at=clock.now())
        if ends == "stopped":
            actions.stop(business=business, campaign=campaign, at=clock.now())
        over.set()

    together(*[send] * HANDS, hold)
    for _ in range(4):
        clock.advance(timedelta(minutes=2))
        send()
    assert late == [0, 0, 0]
    sent = {each.recipient for each in carrier.received}
    assert len(carrier.received) == len(sent)
    campaign.refresh_from_db()
    assert campaign.status == ends
    rows = Recipient.objects.filter(campaign=campaign)
    assert rows.filter(status="queued").count() == len(sent)
    assert rows.filter(status="skipped").count() == PEOPLE - len(sent)
    assert Balance.objects.get().held_micros == len(sent) * 8300
    assert not billing_queries.verify()
