"""Both stores keep the promises of the port, also when something breaks in the middle."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from textrail.journal import sqlite
from textrail.journal.opening import open_store
from textrail.journal.port import Arrival, Entry, Store
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
    with pytest.raises((TypeError, psycopg.Error)):
        store.write([Entry("click", 1, b""), Entry("click", None, b"")])  # type: ignore[arg-type]
    assert store.read(after=0, limit=10) == []
    store.write([Entry("click", 2, b"")])
    assert [a.at for a in store.read(after=0, limit=10)] == [2]


def test_trimming_forgets_only_what_is_both_read_and_old(store: Store) -> None:
    for at in (10, 20, 10, 20):
        store.write([Entry("click", at, b"")])
    arrivals = store.read(after=0, limit=10)
    assert store.trim(through=arrivals[2].position, before=15) == 2
    assert [a.at for a in store.read(after=0, limit=10)] == [20, 20]


def test_what_was_written_together_is_forgotten_when_all_of_it_is_read_and_old(
    store: Store,
) -> None:
    store.write([Entry("click", at, b"") for at in (10, 20)])
    store.write([Entry("click", 30, b"")])
    first, second, third = store.read(after=0, limit=10)
    store.trim(through=first.position, before=25)
    store.trim(through=second.position, before=15)
    assert {a.at for a in store.read(after=0, limit=10)} >= {20, 30}
    store.trim(through=third.position, before=25)
    assert [a.at for a in store.read(after=0, limit=10)] == [30]


@given(
    sizes=st.lists(st.integers(1, 9), max_size=8),
    limits=st.lists(st.integers(1, 12), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_any_batches_are_read_whole_and_in_order_in_pieces_of_any_size(
    sizes: list[int], limits: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "arrivals.db")
        written = [Entry("click", at, b"%d" % at) for at in range(sum(sizes))]
        rest = iter(written)
        for size in sizes:
            store.write(list(islice(rest, size)))
        read: list[Arrival] = []
        for limit in cycle(limits):
            piece = store.read(after=read[-1].position if read else 0, limit=limit)
            assert len(piece) <= limit
            read += piece
            if not piece:
                break
        assert [(a.kind, a.at, a.body) for a in read] == written
        assert [a.position for a in read] == list(range(1, len(written) + 1))
        assert store.newest() == len(written)
        store.close()


def test_a_journal_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "arrivals.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute(
            "CREATE TABLE arrivals (position INTEGER PRIMARY KEY AUTOINCREMENT,"
            " kind TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL)"
        )
        old.executemany(
            "INSERT INTO arrivals (kind, at, body) VALUES (?, ?, ?)",
            [("click", 1, b"a"), ("intake", 2, b"b")],
        )
        old.commit()
    stores = [SqliteStore(path), SqliteStore(path)]
    stores[0].write([Entry("click", 3, b"c"), Entry("click", 4, b"d")])
    stores[1].write([Entry("carrier", 5, b"e")])
    arrivals = stores[0].read(after=1, limit=10)
    assert [(a.position, a.kind, a.at, a.body) for a in arrivals] == [
        (2, "intake", 2, b"b"),
        (3, "click", 3, b"c"),
        (4, "click", 4, b"d"),
        (5, "carrier", 5, b"e"),
    ]
    assert stores[1].trim(through=4, before=100) == 4
    assert [a.position for a in stores[1].read(after=0, limit=10)] == [5]
    for store in stores:
        store.close()


def test_stores_that_write_at_once_give_no_position_twice(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "arrivals.db") for _ in range(3)]

    def work(store: SqliteStore) -> None:
        for _ in range(40):
            store.write([Entry("click", 1, b""), Entry("click", 2, b"")])

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work, stores))
    positions = [a.position for a in stores[0].read(after=0, limit=1_000)]
    assert positions == list(range(1, 241))
    for store in stores:
        store.close()


def test_the_log_is_emptied_beside_the_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PAGES_OF_LOG", 50)
    store = SqliteStore(tmp_path / "arrivals.db")
    log = tmp_path / "arrivals.db-wal"
    sizes = []
    for at in range(1_000):
        store.write([Entry("click", at, bytes(4_000))])
        if at % 100 == 0:
            store._beside.submit(int).result()
        sizes.append(log.stat().st_size)
    assert max(sizes) < 2_000_000  # of at least 4,000,000
    assert [a.at for a in store.read(after=0, limit=2_000)] == list(range(1_000))
    store.close()


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
