"""The journal as one table in PostgreSQL, for doors and workers on several machines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import psycopg
from psycopg.errors import LockNotAvailable

from textrail.journal.port import Arrival, Entry

Answer = TypeVar("Answer")

# Every writer holds the gate's shared side until its commit; a reader takes the exclusive side for
# a moment and so knows that no position up to the highest is still open. An advisory lock, because
# a lock on the table would also wait for each autovacuum of it.
GATE: Final = 0x74_72_61_69_6C_6A_72_6E
_CREATE = """
CREATE TABLE IF NOT EXISTS journal_arrival (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    at bigint NOT NULL,
    body bytea NOT NULL
)
"""
_INSERT = """
INSERT INTO journal_arrival (kind, at, body)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bytea[])
"""
_NEWEST = """
SELECT coalesce(pg_sequence_last_value(
    pg_get_serial_sequence('journal_arrival', 'position')::regclass), 0)
"""
_TRIM = """
DELETE FROM journal_arrival WHERE position IN (
    SELECT position FROM journal_arrival WHERE position <= %s AND at < %s
    ORDER BY position LIMIT %s)
"""
_TRIMMED_AT_ONCE = 5_000
# A commit is on disk before it answers, and a writer that hangs cannot keep the gate for long.
_SETTINGS = "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '10s'"


def insert(connection: psycopg.Connection, entries: Sequence[Entry]) -> None:
    """Write `entries` behind the gate in the transaction that is open on `connection`."""
    kinds, moments, bodies = (list(column) for column in zip(*entries, strict=True))
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))
    connection.execute(_INSERT, (kinds, moments, bodies))


class PostgresStore:
    """A store on one connection, opened when first needed and again after it broke."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._turn = threading.Lock()
        self._connection: psycopg.Connection | None = None

    def write(self, entries: Sequence[Entry]) -> None:
        def work(connection: psycopg.Connection) -> None:
            with connection.pipeline(), connection.transaction():
                insert(connection, entries)

        if entries:
            self._with_connection(work)

    def read(self, *, after: int, limit: int) -> list[Arrival]:
        """Arrivals behind `after`; none while a writer keeps the gate beyond the lock timeout."""

        def work(connection: psycopg.Connection) -> list[Arrival]:
            settled = _settled_position(connection)
            rows = connection.execute(
                "SELECT position, kind, at, body FROM journal_arrival"
                " WHERE position > %s AND position <= %s ORDER BY position LIMIT %s",
                (after, settled, limit),
                binary=True,
            )
            return [Arrival(*row) for row in rows]

        try:
            return self._with_connection(work)
        except LockNotAvailable:
            return []

    def newest(self) -> int:
        """What the sequence gave last: it stays where it is when rows are trimmed."""

        def work(connection: psycopg.Connection) -> int:
            row = connection.execute(_NEWEST).fetchone()
            assert row is not None
            return int(row[0])

        return self._with_connection(work)

    def trim(self, *, through: int, before: int) -> int:
        """Forget what was read and is old, a few thousand rows in a transaction."""

        def work(connection: psycopg.Connection) -> int:
            return connection.execute(_TRIM, (through, before, _TRIMMED_AT_ONCE)).rowcount

        forgotten = count = self._with_connection(work)
        while count == _TRIMMED_AT_ONCE:
            count = self._with_connection(work)
            forgotten += count
        return forgotten

    def close(self) -> None:
        with self._turn:
            self._drop()

    def _with_connection(self, work: Callable[[psycopg.Connection], Answer]) -> Answer:
        with self._turn:
            try:
                return work(self._connection or self._connect())
            except psycopg.OperationalError as error:
                if not isinstance(error, LockNotAvailable):
                    self._drop()  # the next call begins with a new connection
                raise

    def _connect(self) -> psycopg.Connection:
        connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=5)
        connection.execute(_SETTINGS)
        with connection.transaction():
            # Two that create the same table at once would fail, in spite of IF NOT EXISTS.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (GATE + 1,))
            connection.execute(_CREATE)
        self._connection = connection
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _settled_position(connection: psycopg.Connection) -> int:
    """The highest position; nothing up to it can still appear."""
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '200ms'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (GATE,))
        row = connection.execute(
            "SELECT coalesce(max(position), 0) FROM journal_arrival"
        ).fetchone()
    assert row is not None
    return int(row[0])
