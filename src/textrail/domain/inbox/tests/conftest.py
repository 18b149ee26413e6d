"""A carrier that fails as told and remembers what it got, and a worker that runs in the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from textrail.carriers.contract import (
    POST_ONLY,
    Answer,
    CarrierEvent,
    Credentials,
    HandedOver,
    Outgoing,
    Webhook,
)
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, tasks
from textrail.domain.inbox.models import Message
from textrail.domain.numbers.models import TrackingNumber
from textrail.journal.port import Arrival
from textrail.outbox import table, work
from textrail.outbox.contract import Context
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import ManualClock, to_ms
from textrail.vocabulary.errors import CarryFailure
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.sealing import Seal

DANA = PhoneNumber("+14155550199")

WorkOff = Callable[[], None]


class Died(BaseException):
    """The process was killed at this point."""


@dataclass
class FakeCarrier:
    """Does what `plan` says, one entry per call; with an empty plan it takes everything.

    `before` happens instead of taking the text, `after` once it was taken.
    """

    received: list[Outgoing] = field(default_factory=list)
    before: list[BaseException | None] = field(default_factory=list)
    after: list[BaseException | None] = field(default_factory=list)
    during: Callable[[Outgoing], None] = lambda message: None
    finding: list[CarryFailure] = field(default_factory=list)
    media: dict[str, bytes | CarryFailure] = field(default_factory=dict)
    can_find: bool = True

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        assert credentials.secret == "simulator-secret"
        self._fail(self.before)
        self.received.append(message)
        self.during(message)
        self._fail(self.after)
        return self._handed(message)

    def find(
        self, message: Outgoing, credentials: Credentials, *, since: datetime
    ) -> HandedOver | None:
        if self.finding:
            raise self.finding.pop(0)
        known = [taken for taken in self.received if taken.reference == message.reference]
        return self._handed(known[0]) if known else None

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        raise NotImplementedError

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        data = self.media[url]
        if isinstance(data, CarryFailure):
            raise data
        return data

    def _handed(self, message: Outgoing) -> HandedOver:
        return HandedOver(f"SM-{message.reference}", segments=1, price_micros=7900, currency="USD")

    def _fail(self, plan: list[BaseException | None]) -> None:
        failure = plan.pop(0) if plan else None
        if failure is not None:
            raise failure


class FakeDoor:
    """Parses a webhook's body as the name of the events that a test put under it."""

    methods = POST_ONLY

    def __init__(self) -> None:
        self.events: dict[bytes, Sequence[CarrierEvent]] = {}

    def verify(self, webhook: Webhook, secret: str) -> bool:
        raise NotImplementedError

    def check(self, webhook: Webhook) -> None:
        raise NotImplementedError

    def answer(self, webhook: Webhook) -> Answer:
        raise NotImplementedError

    def parse(
        self, what: str, content_type: str, query: str, body: bytes
    ) -> Sequence[CarrierEvent]:
        return self.events[body]


@pytest.fixture
def carrier() -> FakeCarrier:
    return FakeCarrier()


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


@pytest.fixture
def context(
    carrier: FakeCarrier, door: FakeDoor, clock: ManualClock, seal: Seal, tmp_path: Path
) -> Context:
    return Context(
        clock=clock,
        doors={"simulator": door},
        clients={"simulator": carrier},
        seal=seal,
        links_url="https://go.example.com",
        pages_url="https://house.example.com",
        media_folder=tmp_path,
    )


@pytest.fixture(autouse=True)
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = {
        "inbox.hand_over": tasks.hand_over,
        "inbox.fetch_media": tasks.fetch_media,
        "inbox.look_up_call": tasks.look_up_call,
    }
    together = {"inbox.hand_over": tasks.hand_over_all}
    monkeypatch.setattr(table, "_wiring", table.Wiring(work=handlers, together=together))


@pytest.fixture
def work_off(context: Context, clock: ManualClock) -> Callable[[], None]:
    """Run all work that is due now, as the worker would; a death rises to the test."""

    def run() -> None:
        while claimed := work.claim(now=clock.now(), limit=100):
            for kind in sorted({item.kind for item in claimed}):
                items = [item for item in claimed if item.kind == kind]
                work.run_together(context, items, chance=lambda: 0.5)

    return run


@pytest.fixture
def arrive(
    context: Context, door: FakeDoor, clock: ManualClock, request: pytest.FixtureRequest
) -> Callable[..., None]:
    """Have the carrier report events on a connection, as the intake hands them to the room."""

    def send(connection_id: int, *events: CarrierEvent, at: datetime | None = None) -> None:
        door.events[b"body"] = events
        webhook = arrivals.CarrierArrival("simulator", connection_id, "message", "", "", b"body")
        came = to_ms(at or clock.now())
        arrival = Arrival(1, arrivals.CARRIER, came, arrivals.encode(webhook))
        tasks.record_carrier(context, [arrival])

    return send


@pytest.fixture
def dana(business: Business, clock: ManualClock) -> Contact:
    return contacts.find_or_add_contact(business=business, phone=DANA, at=clock.now(), name="Dana")


@pytest.fixture
def text(business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock) -> Message:
    return actions.queue_text(
        business=business, contact=dana, number=number, body="On our way.", at=clock.now()
    )


def status(text: Message) -> str:
    text.refresh_from_db()
    return text.status


def later(clock: ManualClock, work_off: WorkOff, *, turns: int = 6) -> None:
    """Let the outbox come back to what failed, a few times."""
    for _ in range(turns):
        clock.advance(timedelta(minutes=2))
        work_off()
