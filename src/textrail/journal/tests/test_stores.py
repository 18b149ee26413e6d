"""Both stores keep the promises of the port, also when something breaks in the middle."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from textrail.journal.opening import open_store
from textrail.journal.port import Entry, Store
from textrail.journal.postgresql import PostgresStore, insert
from textrail.journal.sqlite import SqliteStore
from textrail.project.settings import CONFIG

needs_postgresql = pytest.mark.skipif(
    not CONFIG.on_postgresql, reason="runs with TEST_DATABASE=postgresql"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store of the database that this run is on, empty."""
    store = open_store(path=tmp_path / "arrivals.db", database_url=CONFIG.database_url)
    last = store.read(after=0, limit=100_000)
    store.trim(through=last[-1].position if last else 0, before=2**60)
    yield store
    store.close()


def test_arrivals_come_back_in_the_order_of_their_commit(store: Store) -> None:
    store.write([Entry("click", 1, b"a"), Entry("intake", 2, b"\x00\xff")])
    store.write([Entry("carrier", 3, b"")])
    arrivals = store.read(after=0, limit=10)
    assert [(a.kind, a.at, a.body) for a in arrivals] == [
        ("click", 1, b"a"),
        ("intake", 2, b"\x00\xff"),
        ("carrier", 3, b""),
    ]
    assert [a.position for a in arrivals] == sorted(a.position for a in arrivals)


def test_reading_goes_on_behind_the_cursor_and_stops_at_the_limit(store: Store) -> None:
    store.write([Entry("click", n, b"") for n in range(5)])
    first = store.read(after=0, limit=2)
    rest = store.read(after=first[-1].position, limit=10)
    assert [a.at for a in first + rest] == [0, 1, 2, 3, 4]


def test_a_batch_with_an_impossible_entry_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        store.write([Entry("click", 1, b""), Entry("click", None, b"")])  # type: ignore[arg-type]
    assert store.read(after=0, limit=10) == []
    store.write([Entry("click", 2, b"")])
    assert [a.at for a in store.read(after=0, limit=10)] == [2]


def test_trimming_forgets_only_what_is_both_read_and_old(store: Store) -> None:
    store.write([Entry("click", at, b"") for at in (10, 20, 10, 20)])
    arrivals = store.read(after=0, limit=10)
    assert store.trim(through=arrivals[2].position, before=15) == 2
    assert [a.at for a in store.read(after=0, limit=10)] == [20, 20]


def test_positions_are_not_given_twice_after_everything_was_trimmed(store: Store) -> None:
    store.write([Entry("click", 1, b"")])
    last = store.read(after=0, limit=1)[0].position
    store.trim(through=last, before=100)
    store.write([Entry("click", 2, b"")])
    assert [a.at for a in store.read(after=last, limit=10)] == [2]


def test_the_newest_position_stays_when_its_arrival_is_trimmed(store: Store) -> None:
    """A cursor that stands at it would else look as if it came from another journal."""
    store.write([Entry("click", 1, b""), Entry("click", 1, b"")])
    last = store.read(after=0, limit=10)[-1].position
    store.trim(through=last, before=100)
    assert store.newest() == last


def test_a_new_journal_has_given_no_position(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "new.db")
    assert store.newest() == 0
    store.close()


@needs_postgresql
def test_a_new_journal_on_postgresql_has_given_no_position(store: Store) -> None:
    with psycopg.connect(CONFIG.database_url, autocommit=True) as admin:
        admin.execute("DROP TABLE journal_arrival")
    store.close()
    assert store.newest() == 0
    store.write([Entry("click", 1, b"")])
    assert store.newest() == 1


def test_sqlite_commits_reach_the_disk_before_they_return(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "arrivals.db")
    settings = [
        store._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    store.close()
    assert settings == ["wal", 2]


@needs_postgresql
def test_reading_never_passes_a_row_that_is_still_committing(store: Store) -> None:
    with psycopg.connect(CONFIG.database_url) as slow, psycopg.connect(CONFIG.database_url) as fast:
        insert(slow, [Entry("click", 1, b"slow")])
        insert(fast, [Entry("click", 2, b"fast")])
        fast.commit()
        assert store.read(after=0, limit=10) == []
        slow.commit()
    assert [a.body for a in store.read(after=0, limit=10)] == [b"slow", b"fast"]


@needs_postgresql
def test_a_reader_that_waits_does_not_make_writers_fail(store: Store) -> None:
    other = PostgresStore(CONFIG.database_url)
    with psycopg.connect(CONFIG.database_url) as slow:
        insert(slow, [Entry("click", 1, b"slow")])
        reader = threading.Thread(target=store.read, kwargs={"after": 0, "limit": 10})
        reader.start()
        other.write([Entry("click", 2, b"other")])
        reader.join()
    other.close()
    assert [a.body for a in store.read(after=0, limit=10)] == [b"slow", b"other"]


@needs_postgresql
def test_a_store_comes_back_after_its_connection_was_cut(store: Store) -> None:
    named = PostgresStore(make_conninfo(CONFIG.database_url, application_name="to-be-cut"))
    named.write([Entry("click", 1, b"")])
    with psycopg.connect(CONFIG.database_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'to-be-cut'"
        )
    with pytest.raises(psycopg.OperationalError):
        named.write([Entry("click", 2, b"")])
    named.write([Entry("click", 3, b"")])
    named.close()
    assert [a.at for a in store.read(after=0, limit=10)] == [1, 3]
