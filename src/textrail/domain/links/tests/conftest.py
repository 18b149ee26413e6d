"""A link, the code of one recipient, and a door that writes arrivals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links import actions
from textrail.domain.links.actions import NewCode
from textrail.domain.links.models import Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.tests.test_judging import HTML, PEOPLE
from textrail.journal.port import Arrival
from textrail.outbox import table
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import ManualClock, to_ms
from textrail.vocabulary.ids import new_click_ids
from textrail.vocabulary.routing import Decision

IPHONE, PIXEL = PEOPLE["iphone_safari"], PEOPLE["pixel_9"]


@pytest.fixture
def wiring() -> Iterator[None]:
    """Nobody listens, so that a test sees what this room does alone."""
    before = table._wiring
    table.wire(table.Wiring())
    yield
    table.wire(before)


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/",
        utm=Utm("sms", "text"),
        at=clock.now(),
        campaign_id=5,
        variant_id=6,
        shared=True,
    )


@pytest.fixture
def contact(business: Business, clock: ManualClock) -> Contact:
    person = Person.objects.create(business=business, created_at=clock.now())
    return Contact.objects.create(
        business=business, person=person, phone="+14155550111", created_at=clock.now()
    )


@pytest.fixture
def code(link: Link, contact: Contact) -> str:
    actions.store_codes([NewCode("abcd2345", link.pk, contact.pk, 77)])
    return "abcd2345"


def sent_by(agent: str) -> list[tuple[str, str]]:
    """What a phone sends over http, where it says least."""
    return [
        ("Accept", HTML),
        ("User-Agent", agent),
        ("Accept-Language", "en-US"),
        ("Accept-Encoding", "gzip, deflate"),
    ]


class Door:
    """Writes click arrivals as the door does."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.position = 0

    def click(
        self,
        code: str,
        *,
        agent: str = IPHONE,
        address: str = "203.0.113.9",
        method: str = "GET",
        click_id: str = "",
        seconds: float = 0,
        headers: Sequence[tuple[str, str]] | None = None,
        decision: Decision | None = None,
    ) -> Arrival:
        self.position += 1
        body = arrivals.ClickArrival(
            code=code,
            click_id=click_id or new_click_ids(1)[0],
            method=method,
            address=address,
            headers=list(sent_by(agent) if headers is None else headers),
            decision=decision,
        )
        at = to_ms(self.clock.now() + timedelta(seconds=seconds))
        return Arrival(self.position, arrivals.CLICK, at, arrivals.encode(body))


@pytest.fixture
def door(clock: ManualClock) -> Door:
    return Door(clock)
