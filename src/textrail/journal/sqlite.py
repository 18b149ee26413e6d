"""The journal in one SQLite file of its own, so that an arrival never waits for the house."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from textrail.journal.port import Arrival, Entry

# FULL syncs the log at every commit: without it WAL could lose answered arrivals with the power.
# The log is carried over often, so that no commit waits for more than a few megabytes of it.
_OPEN = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
PRAGMA wal_autocheckpoint=4000;
CREATE TABLE IF NOT EXISTS arrivals (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
);
"""
_TRIMMED_AT_ONCE = 5_000
_ROWS_IN_A_STATEMENT = 64


@cache
def _insert_of(rows: int) -> str:
    return "INSERT INTO arrivals (kind, at, body) VALUES (?, ?, ?)" + ", (?, ?, ?)" * (rows - 1)


class SqliteStore:
    """A store that any number of threads and processes may share; writers take turns."""

    def __init__(self, path: Path) -> None:
        self._turn = threading.Lock()
        self._connection = sqlite3.connect(
            path,
            timeout=10,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=2 * _ROWS_IN_A_STATEMENT,
        )
        self._connection.executescript(_OPEN)

    def write(self, entries: Sequence[Entry]) -> None:
        with self._turn:
            if len(entries) <= _ROWS_IN_A_STATEMENT:
                self._insert(entries)
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for first in range(0, len(entries), _ROWS_IN_A_STATEMENT):
                    self._insert(entries[first : first + _ROWS_IN_A_STATEMENT])
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _insert(self, entries: Sequence[Entry]) -> None:
        """One statement, which alone is a transaction: Python's lock is let go of once for all
        rows and the commit, and not for each, so that the loop beside this thread runs on."""
        if entries:
            self._connection.execute(_insert_of(len(entries)), list(chain.from_iterable(entries)))

    def read(self, *, after: int, limit: int) -> list[Arrival]:
        """Arrivals behind `after`. Writers take turns, so positions are committed in order."""
        with self._turn:
            rows = self._connection.execute(
                "SELECT position, kind, at, body FROM arrivals"
                " WHERE position > ? ORDER BY position LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Arrival(*row) for row in rows]

    def newest(self) -> int:
        with self._turn:
            row = self._connection.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = 'arrivals'"
            ).fetchone()
        return int(row[0]) if row else 0

    def trim(self, *, through: int, before: int) -> int:
        """Forget what was read and is old, in short transactions: the door waits for none long."""
        forgotten = 0
        while True:
            with self._turn:
                count = self._connection.execute(
                    "DELETE FROM arrivals WHERE position IN (SELECT position FROM arrivals"
                    " WHERE position <= ? AND at < ? ORDER BY position LIMIT ?)",
                    (through, before, _TRIMMED_AT_ONCE),
                ).rowcount
            forgotten += count
            if count < _TRIMMED_AT_ONCE:
                return forgotten

    def close(self) -> None:
        with self._turn:
            self._connection.close()
