"""The house may not be there yet, and may go away for a moment; the door says so and goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection as database
from psycopg.conninfo import make_conninfo

from textrail.domain.accounts.models import Business
from textrail.edge.house import Found, House
from textrail.edge.postgresql import PostgresHouse
from textrail.edge.recent import Recent
from textrail.edge.sqlite import SqliteHouse
from textrail.edge.tests.conftest import database_url, make_link
from textrail.vocabulary.errors import Unavailable


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_a_house_that_is_built_later_is_found_then(runner: asyncio.Runner, tmp_path: Path) -> None:
    path = tmp_path / "house.db"
    house = SqliteHouse(path)
    with pytest.raises(Unavailable):
        runner.run(house.find("abc23456"))
    builder = sqlite3.connect(path)
    builder.execute("PRAGMA journal_mode=WAL")
    with pytest.raises(Unavailable):
        runner.run(house.find("abc23456"))
    builder.executescript(
        "CREATE TABLE links_link (id INTEGER PRIMARY KEY, landing TEXT, route TEXT, business_id);"
        "CREATE TABLE links_code (code TEXT PRIMARY KEY, link_id INTEGER, contact_id INTEGER);"
        "CREATE TABLE contacts_contact (id INTEGER PRIMARY KEY, business_id, country, region, city,"
        " latitude, longitude, time_zone, phone);"
        "INSERT INTO links_link VALUES (1, 'https://shop.example/', '', 7);"
        "INSERT INTO links_code VALUES ('abc23456', 1, NULL);"
    )
    assert runner.run(house.find("abc23456")) == Found(
        "abc23456", "https://shop.example/", "", 7, 1, None
    )
    assert runner.run(house.find("other")) is None
    house.close()
    builder.close()


def test_the_door_cannot_write_to_the_house(tmp_path: Path) -> None:
    path = tmp_path / "house.db"
    builder = sqlite3.connect(path)
    builder.execute("CREATE TABLE t (x)")
    house = SqliteHouse(path)
    with pytest.raises(sqlite3.OperationalError):
        house._connect().execute("INSERT INTO t VALUES (1)")
    house.close()
    builder.close()


@pytest.mark.skipif(database.vendor == "sqlite", reason="runs with TEST_DATABASE=postgresql")
def test_a_connection_that_was_cut_costs_no_answer(
    runner: asyncio.Runner, business: Business, transactional_db: None
) -> None:
    make_link(business, "https://shop.example/", "abc23456")
    house = PostgresHouse(make_conninfo(database_url(), application_name="house-to-be-cut"))
    house.open()
    runner.run(house.find("abc23456"))
    with psycopg.connect(database_url(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'house-to-be-cut'"
        )
    found = runner.run(house.find("abc23456"))
    assert found is not None
    assert found.landing == "https://shop.example/"
    house.close()


@pytest.mark.skipif(database.vendor == "sqlite", reason="runs with TEST_DATABASE=postgresql")
def test_a_database_without_the_tables_is_said_to_be_unavailable(
    runner: asyncio.Runner, transactional_db: None
) -> None:
    house = PostgresHouse(make_conninfo(database_url(), dbname="template1"))
    house.open()
    with pytest.raises(Unavailable):
        runner.run(house.find("abc23456"))
    house.close()


def test_what_was_looked_up_is_forgotten_by_age_and_by_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = 1000.0
    monkeypatch.setattr("textrail.edge.recent.time.monotonic", lambda: moment)
    recent: Recent[str, int] = Recent(seconds=5, most=2)
    for value, name in enumerate(("a", "b", "c")):
        recent.keep(name, value)
    assert [recent.get(name) for name in ("a", "b", "c")] == [None, 1, 2]
    moment += 5.1
    assert recent.get("c") is None
    recent.keep("d", 3)
    assert len(recent._kept) == 1  # what nobody can get any more takes no memory


def test_what_is_changed_is_seen_in_the_next_turn_of_the_loop(
    runner: asyncio.Runner, house: House, business: Business
) -> None:
    if isinstance(house, PostgresHouse):
        pytest.skip("on PostgreSQL a code is remembered for seconds")
    link = make_link(business, "https://shop.example/", "abc23456")

    async def landing() -> str:
        found = await house.find("abc23456")
        await asyncio.sleep(0)
        return "" if found is None else found.landing

    assert runner.run(landing()) == "https://shop.example/"
    type(link).objects.filter(pk=link.pk).update(landing="https://shop.example/new")
    assert runner.run(landing()) == "https://shop.example/new"
