"""The door on bad days: it leads on where it can, says so where it cannot, and loses nothing."""

from __future__ import annotations

import http.client
import random
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection as database

from textrail.domain.accounts.models import Business
from textrail.domain.links import tasks
from textrail.domain.links.models import Click
from textrail.edge.app import create_app
from textrail.edge.house import House
from textrail.edge.sqlite import SqliteHouse
from textrail.edge.tests.conftest import (
    LINKS_URL,
    Caller,
    Disk,
    counted,
    database_url,
    make_link,
)
from textrail.edge.tests.served import serving
from textrail.journal.port import Store
from textrail.journal.sqlite import SqliteStore
from textrail.outbox import intake, table
from textrail.outbox.contract import Context
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import Clock, ManualClock, to_ms
from textrail.vocabulary.routing import Plan
from textrail.vocabulary.sealing import Seal

LANDING = "https://shop.example/sale?a=%2F&b=<x>&c=1"
on_sqlite = pytest.mark.skipif(
    database.vendor != "sqlite", reason="a house and a journal that are files: SQLite"
)


def click_id(location: str) -> str:
    return parse_qs(urlsplit(location).query)["trail_click"][0]


def kept(disk: Disk | SqliteStore) -> list[str]:
    return [arrivals.decode_click(each.body).click_id for each in disk.read(after=0, limit=100_000)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SqliteStore]:
    """A journal whose disk is full after some pages: SQLite's own “database or disk is full”."""
    store = SqliteStore(tmp_path / "small.db")
    store._connection.execute("PRAGMA max_page_count = 12")
    yield store
    store.close()


class Doors:
    """Doors that a test puts together itself; they are closed at its end."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._callers: list[Caller] = []

    def open(self, house: House, store: Store, clock: Clock) -> tuple[Caller, Caller]:
        """Somebody who taps, and somebody who reads the metrics."""
        app = create_app(
            house=house, store=store, doors={}, seal=self._seal, links_url=LINKS_URL, clock=clock
        )
        pair = Caller(app), Caller(app, peer=("127.0.0.1", 40001))
        self._callers += pair
        return pair

    def close(self) -> None:
        for caller in self._callers:
            caller.close()


@pytest.fixture
def doors(seal: Seal) -> Iterator[Doors]:
    doors = Doors(seal)
    yield doors
    doors.close()


def test_who_cannot_be_noted_is_told_so_and_shown_the_way(
    business: Business, house: House, doors: Doors, clock: ManualClock, small_disk: SqliteStore
) -> None:
    make_link(business, LANDING, "abc23456")
    landing = "https://shop.example/{country}?id={click_id}"
    make_link(business, "", "def23456", plan=Plan(landing=landing, salt="s"))
    make_link(business, "tel:+14155550100", "ghk23456")
    call, scraper = doors.open(house, small_disk, clock)
    answered = []
    while (answer := call("GET", "/abc23456")).status_code == 302:
        answered.append(click_id(answer.headers["location"]))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "location" not in answer.headers
    assert "could not be noted" in answer.text
    assert f'href="{LANDING.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}"' in (
        answer.text
    )
    assert "trail_click" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert 'href="https://shop.example/?id="' in call("GET", "/def23456").text
    assert "href" not in call("GET", "/ghk23456").text
    assert call("GET", "/unknown2").status_code == 404
    assert counted(scraper, "textrail_clicks_refused_total") == 3
    assert len(answered) > 5
    assert set(answered) <= set(kept(small_disk))
    small_disk._connection.execute("PRAGMA max_page_count = 100000")
    answered.append(click_id(call("GET", "/abc23456").headers["location"]))
    assert sorted(answered) == sorted(kept(small_disk))


@on_sqlite
def test_a_disk_that_fills_up_and_is_freed_costs_no_answered_click(
    business: Business, disk: Disk, tmp_path: Path
) -> None:
    """The real thing: the operating system refuses to write, and allows it again."""
    make_link(business, "https://shop.example/", "abc23456")
    house = Path(str(database.settings_dict["NAME"]))
    answered: list[str] = []
    with serving(
        house=house,
        arrivals=tmp_path / "arrivals.db",
        database_url=database_url(),
        largest_file=600_000,
    ) as served:
        tap = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)

        def status() -> int:
            tap.request("GET", "/abc23456", headers={"user-agent": "x" * 500})
            answer = tap.getresponse()
            text = answer.read().decode()
            if answer.status == 302:
                answered.append(click_id(answer.headers["location"]))
            else:
                assert 'href="https://shop.example/"' in text
            return answer.status

        while status() == 302:
            assert len(answered) < 5_000
        full_at = len(answered)
        assert full_at > 20
        assert {status() for _ in range(5)} == {503}
        served.free_the_disk()
        assert {status() for _ in range(20)} == {302}
        tap.close()
    found = kept(disk)
    assert len(answered) == full_at + 20
    assert sorted(answered) == sorted(found)


@on_sqlite
def test_a_house_that_cannot_be_read_is_said_and_got_over(
    business: Business, doors: Doors, clock: ManualClock, disk: Disk, tmp_path: Path
) -> None:
    make_link(business, "https://shop.example/", "abc23456")
    path = tmp_path / "copy.db"
    with sqlite3.connect(str(database.settings_dict["NAME"])) as source:
        source.execute(f"VACUUM INTO '{path}'")
    house = SqliteHouse(path)
    call, _ = doors.open(house, disk, clock)
    assert call("GET", "/abc23456").status_code == 302
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.write(random.Random(1).randbytes(len(whole)))
    for _ in range(2):
        refused = call("GET", "/abc23456")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert "cannot look this up" in refused.text
        assert call("GET", "/unknown2").status_code == 503
    assert call("GET", "/healthz").status_code == 200
    with path.open("r+b") as file:
        file.write(whole)
    assert call("GET", "/abc23456").status_code == 302
    assert len(kept(disk)) == 2
    house.close()


def test_taps_of_an_hour_without_a_worker_are_all_recorded_once(
    call: Caller,
    disk: Disk,
    business: Business,
    clock: ManualClock,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wiring = table.Wiring(arrivals={arrivals.CLICK: tasks.record_clicks})
    monkeypatch.setattr(table, "_wiring", wiring)
    make_link(business, "https://shop.example/", "abc23456")
    answered = {}
    for _ in range(60):
        clock.advance(timedelta(minutes=1))
        answer = call("GET", "/abc23456")
        answered[click_id(answer.headers["location"])] = clock.now()
    assert not Click.objects.exists()
    while intake.take(context, disk, limit=25):
        pass
    assert intake.take(context, disk) == 0
    assert {click.click_id: click.at for click in Click.objects.all()} == answered


class SteppingClock:
    """A clock that somebody sets back."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def now(self) -> datetime:
        return self.moment

    def now_ms(self) -> int:
        return to_ms(self.moment)


def test_a_clock_that_steps_back_an_hour_stops_nothing(
    house: House,
    disk: Disk,
    business: Business,
    doors: Doors,
    clock: ManualClock,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wiring = table.Wiring(arrivals={arrivals.CLICK: tasks.record_clicks})
    monkeypatch.setattr(table, "_wiring", wiring)
    start = clock.now()
    make_link(business, "https://shop.example/", "abc23456")
    ends = Plan(
        landing="https://shop.example/", salt="s", expires_at=to_ms(start + timedelta(minutes=30))
    )
    make_link(business, "https://shop.example/", "def23456", plan=ends)
    stepping = SteppingClock(start)
    call, _ = doors.open(house, disk, stepping)
    moments, answered = [], []
    for minutes, over in ((0, False), (40, True), (-20, False), (41, True)):
        stepping.moment = start + timedelta(minutes=minutes)
        for code in ("abc23456", "def23456"):
            answer = call("GET", f"/{code}")
            ended = over and code == "def23456"
            assert answer.status_code == (410 if ended else 302)
            answered += [] if ended else [click_id(answer.headers["location"])]
            moments.append(stepping.moment)
    assert len(set(answered)) == len(answered) == 6
    while intake.take(context, disk, limit=3):
        pass
    clicks = list(Click.objects.order_by("id"))
    assert [click.at for click in clicks] == moments
    assert set(answered) <= {click.click_id for click in clicks}
    for number in range(60):
        assert call("GET", f"/guess{number}").status_code == 404
    stepping.moment = start - timedelta(hours=1)
    assert call("GET", "/abc23456").status_code == 429  # who guesses waits by another clock
