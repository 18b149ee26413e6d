"""The journal in one SQLite file of its own, so that an arrival never waits for the house."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from textrail.journal.port import Arrival, Entry

log = logging.getLogger(__name__)

# The log is emptied into the file beside the writing when it holds this many pages (32 MB). Should
# that not keep up, a commit does it and takes as long.
PAGES_OF_LOG: Final = 8_000
_PAGE: Final = 4_096
# A commit writes its last page, the one above it and the counter of positions anew.
_PAGES_OF_A_COMMIT: Final = 3
_EMPTY_LOG: Final = "PRAGMA wal_checkpoint(PASSIVE)"

# FULL syncs the log at every commit: without it WAL could lose answered arrivals with the power.
# What is committed together is one row, for most of the time of a commit goes by for each row: its
# position is that of the last of `count` entries, which `body` holds as MessagePack. A row without
# `count` is a single arrival, as earlier versions wrote them.
_OPEN: Final = f"""
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
PRAGMA wal_autocheckpoint={4 * PAGES_OF_LOG};
CREATE TABLE IF NOT EXISTS arrivals (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    count INTEGER
);
"""
_NEWEST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'arrivals'"
_WRITE: Final = """
INSERT INTO arrivals (position, kind, at, body, count)
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'arrivals'), 0) + ?1, '', ?2, ?3, ?1
"""
_READ: Final = "SELECT position, kind, at, body, count FROM arrivals WHERE position > ? ORDER BY 1"
_TRIM: Final = """
DELETE FROM arrivals WHERE position IN (
    SELECT position FROM arrivals WHERE position <= ? AND at < ? ORDER BY position LIMIT ?)
RETURNING coalesce(count, 1)
"""
_TRIMMED_AT_ONCE: Final = 1_000

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Entry]).decode


class SqliteStore:
    """A store that any number of threads and processes may share; writers take turns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._connection = self._connect()
        self._connection.executescript(_OPEN)
        _count_entries(self._connection)
        self._pages = 0  # in the log, about
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="journal-log")

    def write(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        body = _pack(entries)
        newest = max([entry.at for entry in entries])
        with self._turn:
            self._connection.execute(_WRITE, (len(entries), newest, body))
        self._pages += _PAGES_OF_A_COMMIT + len(body) // _PAGE
        if self._pages >= PAGES_OF_LOG:
            self._pages = 0
            self._beside.submit(self._empty_log)

    def read(self, *, after: int, limit: int) -> list[Arrival]:
        """Arrivals behind `after`. Writers take turns, so positions are committed in order."""
        with self._turn, closing(self._connection.execute(_READ, (after,))) as rows:
            arrivals = (arrival for row in rows for arrival in _arrivals_of(*row))
            return list(islice((each for each in arrivals if each.position > after), limit))

    def newest(self) -> int:
        with self._turn:
            row = self._connection.execute(_NEWEST).fetchone()
        return int(row[0]) if row else 0

    def trim(self, *, through: int, before: int) -> int:
        """Forget what was read and is old, in short transactions: the door waits for none long.
        What was written together goes together."""
        forgotten: int = 0
        while True:
            with self._turn:
                rows = self._connection.execute(
                    _TRIM, (through, before, _TRIMMED_AT_ONCE)
                ).fetchall()
            forgotten += sum([int(count) for (count,) in rows])
            if len(rows) < _TRIMMED_AT_ONCE:
                return forgotten

    def close(self) -> None:
        self._beside.shutdown()
        with self._turn:
            self._connection.close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path, timeout=10, isolation_level=None, check_same_thread=False
        )

    def _empty_log(self) -> None:
        """Nearly all of the log while writers go on, and while they wait what they wrote meanwhile:
        only an empty log begins anew, and else it would grow."""
        try:
            with closing(self._connect()) as connection:
                connection.execute(_EMPTY_LOG).fetchone()
                with self._turn:
                    connection.execute(_EMPTY_LOG).fetchone()
        except sqlite3.Error as error:
            log.warning("the log of the journal could not be emptied: %s", error)


def _count_entries(connection: sqlite3.Connection) -> None:
    """A journal of an earlier version has no column for it, and may be opened twice at once."""
    connection.execute("BEGIN IMMEDIATE")
    columns = {row[1] for row in connection.execute("PRAGMA table_info(arrivals)")}
    if "count" not in columns:
        connection.execute("ALTER TABLE arrivals ADD COLUMN count INTEGER")
    connection.execute("COMMIT")


def _arrivals_of(
    position: int, kind: str, at: int, body: bytes, count: int | None
) -> Iterator[Arrival]:
    if count is None:
        yield Arrival(position, kind, at, body)
        return
    for place, entry in enumerate(_unpack(body), position - count + 1):
        yield Arrival(place, *entry)
