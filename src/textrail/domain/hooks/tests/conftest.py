"""A receiver that listens, an endpoint that leads to it, and the outbox in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Min

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.hooks import actions
from textrail.domain.hooks.tests.receiver import Receiver, listen
from textrail.domain.links import actions as links
from textrail.domain.links.models import Click, Link
from textrail.domain.links.rules import Utm
from textrail.outbox import work
from textrail.outbox.actions import tell
from textrail.outbox.contract import Context
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.ids import new_click_ids
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.sealing import Seal

MAYA = PhoneNumber("+17275550142")
AddEndpoint = Callable[..., actions.NewEndpoint]


@pytest.fixture
def clock() -> ManualClock:
    """It begins now: a receiver refuses a delivery that is signed at another time."""
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listen() as listening:
        yield listening


@pytest.fixture
def add(business: Business, receiver: Receiver, seal: Seal, clock: ManualClock) -> AddEndpoint:
    """An endpoint of Harbor HVAC's that hears of every event, unless a test says otherwise."""

    def add(**chosen: object) -> actions.NewEndpoint:
        given: dict[str, object] = {
            "business": business,
            "url": receiver.url,
            "events": [name.value for name in EventName],
            "links_url": "http://127.0.0.1:8001",
            "seal": seal,
            "at": clock.now(),
        }
        return actions.add_endpoint(**(given | chosen))  # type: ignore[arg-type]

    return add


@pytest.fixture
def maya(business: Business, clock: ManualClock) -> Contact:
    return contacts.find_or_add_contact(
        business=business, phone=MAYA, name="Maya Alvarez", at=clock.now()
    )


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return links.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/spring",
        utm=Utm(),
        at=clock.now(),
    )


@pytest.fixture
def tap(link: Link, maya: Contact, clock: ManualClock) -> Callable[..., Click]:
    """Maya taps, and the room of links tells of it."""

    def tap(verdict: str = "human") -> Click:
        click = Click.objects.create(
            business_id=link.business_id,
            link=link,
            code="abcdefgh",
            click_id=new_click_ids(1)[0],
            at=clock.now(),
            contact=maya,
            person=maya.person,
            method="GET",
            address="203.0.113.9",
            headers=[["user-agent", "Safari"]],
            device="iPhone",
            os="iOS 18",
            browser="Safari",
            country="US",
            region="US-FL",
            city="Tampa",
            verdict=verdict,
            reasons=["phone_browser"],
            ruleset=1,
        )
        subject: dict[str, int | str] = {
            "click_id": click.click_id,
            "link_id": link.pk,
            "verdict": verdict,
        }
        tell(Event(EventName.LINK_CLICKED, link.business_id, click.at, subject))
        return click

    return tap


@pytest.fixture
def run(context: Context, clock: ManualClock) -> Callable[..., None]:
    """Let time pass, and the outbox do everything that falls due."""

    def run(wait: timedelta = timedelta(0)) -> None:
        until = clock.now() + wait
        while True:
            while claimed := work.claim(now=clock.now(), limit=20):
                for item in claimed:
                    work.run(context, item, chance=lambda: 0.5)
            if clock.now() >= until:
                return
            later = Work.objects.exclude(state="parked").filter(run_at__gt=clock.now())
            next_at = later.aggregate(next_at=Min("run_at"))["next_at"] or until
            clock.advance(min(next_at, until) - clock.now())

    return run


@pytest.fixture
def cys(other_business: Business, cy: User) -> Business:
    return other_business
