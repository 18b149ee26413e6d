"""Texts through a real Kannel, with the configuration that our guide prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_plus

import httpx
import pytest

from textrail.carriers.contract import (
    CarrierEvent,
    Credentials,
    DeliveryReport,
    InboundText,
    Outgoing,
)
from textrail.carriers.kannel.account import Account, write_account
from textrail.carriers.kannel.client import KannelClient
from textrail.carriers.kannel.door import KannelDoor
from textrail.domain.accounts.models import Business
from textrail.domain.inbox import tasks as inbox
from textrail.domain.inbox.actions.sending import HAND_OVER, queue_text
from textrail.domain.inbox.models import Message
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.edge.tests.served import Served
from textrail.journal.port import Store
from textrail.outbox.contract import Context, Task
from textrail.vocabulary import arrivals
from textrail.vocabulary.errors import Permanent
from textrail.vocabulary.sealing import Seal

from . import kannel as boxes
from .kannel import Kannel

pytestmark = pytest.mark.skipif(not boxes.installed(), reason="Kannel is not installed")

PHONE, OURS = "+12125550123", "+14155550100"
Events = Callable[[int], list[CarrierEvent]]


@pytest.fixture
def seal() -> Seal:
    """The key of the door under test."""
    return Seal(bytes(32))


@pytest.fixture
def connection(business: Business, seal: Seal) -> Connection:
    return Connection.objects.create(
        business=business,
        carrier="kannel",
        account_ref="textrail@127.0.0.1",
        secret=seal.close(write_account(Account("", boxes.USER, boxes.PASSWORD))),
        created_at=business.created_at,
    )


@pytest.fixture
def door_url(transactional_db: None, connection: Connection, door: Served) -> str:
    return f"{door.url}/in/kannel/{connection.token}"


@pytest.fixture
def kannel(tmp_path: Path, door_url: str) -> Iterator[Kannel]:
    with boxes.kannel(tmp_path, door=door_url) as running:
        yield running


@pytest.fixture
def events(store: Store) -> Events:
    """What the journal holds, once as many arrivals are in it."""

    def events(count: int) -> list[CarrierEvent]:
        boxes.wait_until(lambda: len(store.read(after=0, limit=100)) >= count)
        found: list[CarrierEvent] = []
        for row in store.read(after=0, limit=100):
            kept = arrivals.decode_carrier(row.body)
            found += KannelDoor().parse(kept.what, kept.content_type, kept.query, kept.body)
        return found

    return events


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as http:
        yield http


@pytest.fixture
def through(http: httpx.Client, kannel: Kannel) -> KannelClient:
    return KannelClient(http, frozenset({kannel.address}))


def credentials(kannel: Kannel, password: str = boxes.PASSWORD) -> Credentials:
    return Credentials("", write_account(Account(kannel.address, boxes.USER, password)))


def test_texts_of_phones_reach_the_door_as_they_were_written(
    kannel: Kannel, events: Events
) -> None:
    kannel.bring("12125550123 14155550100 text Need help? £ & co")
    kannel.bring("12125550123 14155550100 ucs2 %04%1F%04%40%D8%3D%DE%42")
    texts = [event for event in events(2) if isinstance(event, InboundText)]
    assert {text.body for text in texts} == {"Need help? £ & co", "Пр🙂"}
    assert {(text.sender, text.recipient) for text in texts} == {(PHONE, OURS)}
    assert len({text.carrier_ref for text in texts}) == 2


def test_texts_go_out_and_their_receipts_come_back(
    kannel: Kannel, through: KannelClient, events: Events, door_url: str
) -> None:
    with kannel.listening():
        for reference, body in (("one", "Hello {é} €"), ("two/+", "Привет 🙂 " + "x" * 70)):
            message = Outgoing(reference, OURS, PHONE, body, (), f"{door_url}/status")
            assert through.hand_over(message, credentials(kannel)).carrier_ref == reference
        short, *long = kannel.arrived(3)
        assert short == f"{OURS} {PHONE} text Hello {{é}} €"
        assert all(f"{OURS} {PHONE} udh %05%00%03" in part for part in long)
        words = b"".join(_bytes(part) for part in long).decode("utf-16-be")
        assert words == "Привет 🙂 " + "x" * 70
        reports = [event for event in events(4) if isinstance(event, DeliveryReport)]
    assert {(report.reference, report.status) for report in reports} == {
        ("one", "sent"),
        ("one", "delivered"),
        ("two/+", "sent"),
        ("two/+", "delivered"),
    }


def test_a_conversation_is_held_through_kannel(
    kannel: Kannel,
    through: KannelClient,
    events: Events,
    store: Store,
    door: Served,
    context: Context,
    number: TrackingNumber,
) -> None:
    """From a phone into the inbox, back by the one mouth, and delivered."""
    sealed = context.seal.close(credentials(kannel).secret)
    Connection.objects.filter(id=number.connection_id).update(secret=sealed)
    context = replace(
        context, doors={"kannel": KannelDoor()}, clients={"kannel": through}, links_url=door.url
    )
    kannel.bring("12125550123 14155550100 text Is anybody there?")
    events(1)
    inbox.record_carrier(context, store.read(after=0, limit=100))
    asked = Message.objects.get(direction="inbound")
    assert (asked.body, asked.contact.phone) == ("Is anybody there?", PHONE)
    answer = queue_text(
        business=number.business,
        contact=asked.contact,
        number=number,
        body="We are 🙂",
        at=context.clock.now(),
    )
    with kannel.listening():
        inbox.hand_over(context, Task(1, HAND_OVER, {"message_id": answer.id}, 1))
        assert Message.objects.get(id=answer.id).status == "accepted"
        kannel.arrived(1)
        events(3)
    inbox.record_carrier(context, store.read(after=0, limit=100)[1:])
    assert Message.objects.get(id=answer.id).status == "delivered"


def test_an_account_is_tried_without_a_text(
    kannel: Kannel, through: KannelClient, door_url: str
) -> None:
    through.connect(OURS, door_url, credentials(kannel))
    with pytest.raises(Permanent, match="does not accept"):
        through.connect(OURS, door_url, credentials(kannel, "another-password"))


def _bytes(part: str) -> bytes:
    """The words of a part as the fake SMSC prints them."""
    return unquote_plus(part.partition(" data ")[2], encoding="latin-1").encode("latin-1")
