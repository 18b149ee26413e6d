"""A campaign room with work wired to it, and people to write to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from conftest import MONDAY

from textrail.domain.accounts.models import Business
from textrail.domain.campaigns import actions, tasks
from textrail.domain.campaigns.models import Campaign
from textrail.domain.contacts.actions import add_contacts
from textrail.domain.contacts.models import Tag
from textrail.domain.contacts.rules import NewContact
from textrail.domain.links import tasks as links
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox import table
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.outbox.table import Wiring
from textrail.outside.tests.web import Site, serve
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.events import EventName
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.sealing import Seal

WORK = {
    "links.check": links.check,
    "campaigns.check": tasks.check,
    "campaigns.after_check": tasks.after_check,
    "campaigns.plan": tasks.plan,
    "campaigns.queue_batch": tasks.queue_batch,
    "campaigns.settle": tasks.settle,
    "campaigns.wind_up": tasks.wind_up,
}


@pytest.fixture(autouse=True)
def wiring() -> Iterator[None]:
    before = table._wiring
    work = WORK | {"inbox.hand_over": lambda context, task: None}
    table.wire(Wiring(work=work, events={EventName.LINK_CHECKED: ("campaigns.after_check",)}))
    yield
    table.wire(before)


@pytest.fixture
def site() -> Iterator[Site]:
    """The shop at the end of the links; a test says what it answers."""
    with serve() as running:
        yield running


@pytest.fixture
def world(clock: ManualClock, seal: Seal, tmp_path: Path) -> Context:
    return Context(clock, {}, {}, seal, "http://go.example", "http://127.0.0.1:8000", tmp_path)


@pytest.fixture
def trial(world: Context) -> Context:
    """An installation on one machine, whose links may lead to pages on it."""
    return replace(world, links_url="http://127.0.0.1:8001")


@pytest.fixture
def people(business: Business) -> Callable[[int], Tag]:
    """So many contacts with the tag “spring”."""

    def add(count: int) -> Tag:
        rows = [
            NewContact(PhoneNumber(f"+1415556{n:04}"), f"Name{n} Lee", ("spring",))
            for n in range(count)
        ]
        add_contacts(business=business, rows=rows, at=MONDAY)
        return Tag.objects.get(business=business, name="spring")

    return add


@pytest.fixture
def draft(business: Business, number: TrackingNumber) -> Callable[..., Campaign]:
    def make(audience: Tag | None, *bodies: str) -> Campaign:
        return actions.create_draft(
            business=business,
            name="Spring sale",
            number=number,
            audience=audience,
            bodies=bodies or ("Hi {first_name}: {link}", "{first_name}, look: {link}"),
            destination="https://shop.example/spring?x=1",
            at=MONDAY,
        )

    return make


def worker(context: Context) -> Callable[[], None]:
    """Do the campaign's own work until none is left; the texts themselves stay in line."""

    def do() -> None:
        for _ in range(100):
            row = Work.objects.filter(kind__in=WORK).exclude(kind="campaigns.settle").first()
            if row is None:
                return
            WORK[row.kind](context, Task(row.pk, row.kind, row.payload, 1))
            row.delete()

    return do


@pytest.fixture
def work(world: Context) -> Callable[[], None]:
    return worker(world)


@pytest.fixture
def trial_work(trial: Context) -> Iterator[Callable[[], None]]:
    """The work of a trial, on the clock of the pages."""
    with time_machine.travel(trial.clock.now(), tick=False):
        yield worker(trial)
