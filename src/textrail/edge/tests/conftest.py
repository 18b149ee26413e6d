"""A real door over rows that Django wrote, called in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from django.db import connection as database
from psycopg.conninfo import make_conninfo

from textrail.atlas import Atlas
from textrail.carriers.kannel.door import KannelDoor
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.carriers.telnyx.door import TelnyxDoor
from textrail.carriers.twilio.door import TwilioDoor
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links.models import Code, Link
from textrail.edge import sqlite
from textrail.edge.app import create_app
from textrail.edge.asgi import Application
from textrail.edge.house import House
from textrail.edge.opening import open_house
from textrail.journal.opening import open_store
from textrail.journal.port import Arrival, Entry, Store
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.ids import new_person_token
from textrail.vocabulary.routing import Plan, encode_plan
from textrail.vocabulary.sealing import Seal

LINKS_URL = "https://go.harbor.example"
PEER = ("203.0.113.9", 40000)


class Disk:
    """A journal whose disk can be full."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.full = False

    def write(self, entries: Sequence[Entry]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self._store.write(entries)

    def read(self, *, after: int, limit: int) -> list[Arrival]:
        return self._store.read(after=after, limit=limit)

    def newest(self) -> int:
        return self._store.newest()

    def trim(self, *, through: int, before: int) -> int:
        return self._store.trim(through=through, before=before)

    def close(self) -> None:
        self._store.close()


class Caller:
    """Somebody outside who sends requests to a door and waits for each answer."""

    def __init__(self, app: Application, *, peer: tuple[str, int] = PEER) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, client=peer)
        self._client = httpx.AsyncClient(transport=transport, base_url=LINKS_URL)

    def __call__(self, method: str, url: str, **rest: object) -> httpx.Response:
        return self._runner.run(self._client.request(method, url, **rest))  # type: ignore[arg-type]

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


def database_url() -> str:
    """The address of the test database, or nothing on SQLite."""
    if database.vendor == "sqlite":
        return ""
    settings = database.settings_dict
    return make_conninfo(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"] or None,
    )


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Every look sees what a test has just written."""
    monkeypatch.setattr(sqlite, "SECONDS_TOGETHER", 0)
    house = open_house(path=Path(str(database.settings_dict["NAME"])), database_url=database_url())
    house.open()
    yield house
    house.close()


@pytest.fixture
def disk(tmp_path: Path, transactional_db: None) -> Iterator[Disk]:
    store = open_store(path=tmp_path / "arrivals.db", database_url=database_url())
    store.trim(through=2**60, before=2**60)
    yield Disk(store)
    store.close()


@pytest.fixture
def atlas() -> Atlas:
    """Nothing is known of places; a file of tests that needs one has its own."""
    return Atlas()


@pytest.fixture
def app(house: House, disk: Disk, seal: Seal, clock: ManualClock, atlas: Atlas) -> Application:
    return create_app(
        house=house,
        store=disk,
        doors={
            "simulator": SimulatorDoor(),
            "twilio": TwilioDoor(),
            "telnyx": TelnyxDoor(),
            "kannel": KannelDoor(),
        },
        seal=seal,
        links_url=LINKS_URL,
        clock=clock,
        atlas=atlas,
    )


@pytest.fixture
def call(app: Application) -> Iterator[Caller]:
    caller = Caller(app)
    yield caller
    caller.close()


@pytest.fixture
def scraper(app: Application) -> Iterator[Caller]:
    """Prometheus, on the door's own machine."""
    caller = Caller(app, peer=("127.0.0.1", 40001))
    yield caller
    caller.close()


def make_link(
    business: Business,
    landing: str,
    code: str,
    *,
    plan: Plan | None = None,
    contact: Contact | None = None,
) -> Link:
    link = Link.objects.create(
        business=business,
        name="Spring",
        destination=landing,
        landing=landing,
        route="" if plan is None else encode_plan(plan).decode(),
        created_at=business.created_at,
    )
    add_code(link, code, contact=contact)
    return link


def add_code(link: Link, code: str, *, contact: Contact | None = None) -> None:
    Code.objects.create(code=code, link=link, contact_id=None if contact is None else contact.pk)


def make_contact(business: Business, phone: str, **place: object) -> Contact:
    person = Person.objects.create(
        business=business, token=new_person_token(), created_at=business.created_at
    )
    return Contact.objects.create(
        business=business,
        person=person,
        phone=phone,
        name="Ada Lovelace",
        created_at=business.created_at,
        **place,
    )


def counted(scraper: Caller, sample: str) -> float:
    """The value of a sample, such as 'textrail_redirects_total', in what the door reports."""
    for line in scraper("GET", "/metrics").text.splitlines():
        name, _, value = line.rpartition(" ")
        if name == sample:
            return float(value)
    return 0.0
