"""Flow: a tap, from the door to the program that wants to hear of it; and `kill -9` in between."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest
import time_machine

from tests.journeys.conftest import MAYA, House
from tests.journeys.sending import TEXT, audience, link_of, send
from tests.journeys.test_kill import PATIENCE, Machine, machine
from textrail.domain.hooks import actions
from textrail.domain.hooks.models import Delivery
from textrail.domain.hooks.tests.receiver import Receiver, listen
from textrail.vocabulary.events import EventName

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["machine"]  # a fixture, shared with the journey that kills everything


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listen() as listening:
        yield listening


def add(house: House, url: str, **chosen: object) -> actions.NewEndpoint:
    given: dict[str, object] = {
        "business": house.business,
        "url": url,
        "events": [name.value for name in EventName],
        "links_url": house.config.links_url,
        "seal": house.stage.context.seal,
        "at": house.stage.clock.now(),
    }
    return actions.add_endpoint(**(given | chosen))  # type: ignore[arg-type]


def test_everything_that_a_campaign_does_is_told_in_the_words_of_the_business(
    house: House, receiver: Receiver
) -> None:
    made = add(house, receiver.url)
    campaign = send(house, audience(house, 3), [TEXT, TEXT + " "])
    house.stage.world.tap(MAYA, link_of(house))
    house.stage.world.text(MAYA, house.number.phone, "stop")
    house.settle()
    told: dict[str, list[dict[str, object]]] = {}
    for call in receiver.calls:
        told.setdefault(str(call.event["type"]), []).append(call.event["data"])
    assert {"message.sent", "message.delivered", "link.checked", "contact.opted_out"} <= set(told)
    (tapped,) = told["link.clicked"]
    variant = campaign.variants.get(id=house.maya.recipient_set.get().variant_id)
    assert tapped["campaign"] == {"id": campaign.pk, "name": "Spring tune-up"}
    assert tapped["variant"] == {"id": variant.pk, "name": variant.label}
    assert tapped["contact"] == {
        "id": house.maya.pk,
        "phone": MAYA,
        "name": "Maya Alvarez",
    }
    assert tapped["verdict"] == "human"
    (sent,) = told["campaign.sent"]
    assert (sent["campaign"], sent["texts"]) == (tapped["campaign"], 3)
    assert told["message.received"][0]["body"] == "stop"
    assert len({call.id for call in receiver.calls}) == len(receiver.calls)
    last = receiver.calls[-1]
    with time_machine.travel(int(last.headers["webhook-timestamp"])):
        last.verify(made.secret)


def test_a_campaign_arrives_while_a_receiver_hangs(house: House, receiver: Receiver) -> None:
    """Texts do not wait for somebody's program."""
    add(house, receiver.url, events=["message.sent", "message.delivered"])
    add(house, "http://127.0.0.1:9/", events=["message.sent", "message.delivered"])
    receiver.answers = [500] * 1000
    send(house, audience(house, 10))
    assert len(house.stage.world.inbox(MAYA)) == 1
    assert Delivery.objects.filter(delivered_at=None).count() == Delivery.objects.count() > 20
    assert len(receiver.calls) < Delivery.objects.count() * 4


SEED = """
import json
import django
django.setup()
from textrail.domain.hooks import actions
from textrail.outbox.actions import tell_all
from textrail.domain.contacts.actions import record_consent
from textrail.domain.contacts.models import ConsentKind
from textrail.project import settings, start
from textrail.vocabulary.clock import SystemClock
from textrail.vocabulary.sealing import Seal

config, now = settings.CONFIG, SystemClock().now()
business = start.add_owner(config, email="ada@x.example", business="Load", password="a-long-one")
made = actions.add_endpoint(business=business, url="URL", events=["contact.opted_out"],
    links_url=config.links_url, seal=Seal(config.secret_key()), at=now)
for number in range(EVENTS):
    record_consent(business=business, phone=f"+1352555{number:04d}", kind=ConsentKind.OPT_OUT,
        source="text", at=now)
print(json.dumps({"secret": made.secret}))
"""
EVENTS = 30


def test_a_kill_between_commit_and_call_loses_nothing_and_repeats_can_be_told(
    machine: Machine, receiver: Receiver
) -> None:
    """The worker dies while it calls, three times over; then it is left in peace."""
    machine.set_up()
    program = SEED.replace("URL", receiver.url).replace("EVENTS", str(EVENTS))
    secret = json.loads(machine.command("-c", program))["secret"]
    assert receiver.calls == []  # all is committed, nothing is called yet
    for turn in range(1, 4):
        receiver.then = lambda: time.sleep(60)  # it has heard, and never comes to answer
        machine.start("worker")
        wait_until(lambda calls=turn: len(receiver.calls) >= calls)  # type: ignore[misc]
        receiver.then = lambda: None
        os.killpg(machine.processes["worker"].pid, signal.SIGKILL)
        machine.processes["worker"].wait()
        let_leases_run_out(machine)
    machine.start("worker")
    wait_until(lambda: not machine.rows("SELECT 1 FROM hooks_delivery WHERE delivered_at IS NULL"))
    assert machine.rows("SELECT COUNT(*) FROM hooks_delivery") == [(EVENTS,)]
    heard = {call.id: call.event["data"]["phone"] for call in receiver.calls}
    assert sorted(heard.values()) == [f"+1352555{number:04d}" for number in range(EVENTS)]
    assert len(receiver.calls) > EVENTS  # what was called when it died came again, by its id
    bodies = {(call.id, call.body) for call in receiver.calls}
    assert len(bodies) == EVENTS
    receiver.calls[-1].verify(secret)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def let_leases_run_out(machine: Machine) -> None:
    """As if 45 seconds had passed since the worker died."""
    sql = "UPDATE outbox_work SET run_at = created_at WHERE state = 'leased'"
    if machine.database_url:
        with psycopg.connect(machine.database_url) as connection:
            connection.execute(sql)
        return
    with closing(sqlite3.connect(machine.folder / "house.db", timeout=20)) as connection:
        connection.execute(sql)
        connection.commit()
