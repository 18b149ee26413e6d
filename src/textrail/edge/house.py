"""The narrow tables that rooms maintain for the door, read and never written.

The door has no models: these few statements are all it knows of the house.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import psycopg
from psycopg_pool import ConnectionPool

from textrail.edge.recent import Recent
from textrail.vocabulary.errors import Unavailable

log = logging.getLogger(__name__)

# An archived link still leads on: archiving tidies a list, and texts that were sent keep working.
_LANDING = """
SELECT links_link.landing FROM links_code
JOIN links_link ON links_link.id = links_code.link_id WHERE links_code.code = ?
"""
_CONNECTION = "SELECT id, carrier, secret FROM numbers_connection WHERE token = ?"
_API_KEY = "SELECT id, business_id FROM accounts_apikey WHERE key_hash = ? AND revoked_at IS NULL"
_THREADS = 4
SECONDS_REMEMBERED: Final = 3


class CarrierConnection(NamedTuple):
    """An account at a carrier, as the door needs it; `secret` is sealed."""

    id: int
    carrier: str
    secret: str


class ApiKey(NamedTuple):
    id: int
    business_id: int


class House(Protocol):
    """Every look raises Unavailable when the house cannot be read."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    async def landing(self, code: str) -> str | None:
        """Where a code leads, without a click id."""
        ...

    async def connection(self, token: str) -> CarrierConnection | None: ...

    async def api_key(self, key_hash: str) -> ApiKey | None:
        """The key with that SHA-256 in hex, unless it is revoked."""
        ...


class SqliteHouse:
    """house.db, opened read-only. A look takes microseconds, so it is taken on the loop itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Nothing yet: a house that is built later is found at the first look."""

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def landing(self, code: str) -> str | None:
        row = self._look(_LANDING, code)
        return None if row is None else str(row[0])

    async def connection(self, token: str) -> CarrierConnection | None:
        row = self._look(_CONNECTION, token)
        return None if row is None else CarrierConnection(*row)

    async def api_key(self, key_hash: str) -> ApiKey | None:
        row = self._look(_API_KEY, key_hash)
        return None if row is None else ApiKey(*row)

    def _look(self, sql: str, value: str) -> tuple[Any, ...] | None:
        try:
            connection = self._connection or self._connect()
            row: tuple[Any, ...] | None = connection.execute(sql, (value,)).fetchone()
        except sqlite3.Error as error:
            self.close()
            raise _unreadable(error) from error
        return row

    def _connect(self) -> sqlite3.Connection:
        self._connection = sqlite3.connect(
            f"{self._path.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=0.5,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.executescript(
            "PRAGMA query_only=ON; PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824;"
        )
        return self._connection


class PostgresHouse:
    """The house on PostgreSQL: looks go through a small pool, on threads beside the loop.

    Landings are remembered for some seconds: a text's preview and its reader come close together.
    """

    def __init__(self, dsn: str) -> None:
        self._recent: Recent[str, str] = Recent(seconds=SECONDS_REMEMBERED, most=20_000)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="house")
        self._pool = ConnectionPool(
            dsn,
            min_size=1,
            max_size=_THREADS,
            timeout=2,
            open=False,
            kwargs={"autocommit": True, "connect_timeout": 2},
        )

    def open(self) -> None:
        self._pool.open()

    def close(self) -> None:
        self._threads.shutdown()
        self._pool.close()

    async def landing(self, code: str) -> str | None:
        landing = self._recent.get(code)
        if landing is None:
            row = await self._look(_LANDING, code)
            if row is not None:
                landing = str(row[0])
                self._recent.keep(code, landing)
        return landing

    async def connection(self, token: str) -> CarrierConnection | None:
        row = await self._look(_CONNECTION, token)
        return None if row is None else CarrierConnection(*row)

    async def api_key(self, key_hash: str) -> ApiKey | None:
        row = await self._look(_API_KEY, key_hash)
        return None if row is None else ApiKey(*row)

    async def _look(self, sql: str, value: str) -> tuple[Any, ...] | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._look_twice, sql, value)

    def _look_twice(self, sql: str, value: str) -> tuple[Any, ...] | None:
        """A connection that was cut while it lay in the pool shows only when it is used."""
        try:
            try:
                return self._look_once(sql, value)
            except psycopg.OperationalError:
                self._pool.check()
                return self._look_once(sql, value)
        except psycopg.Error as error:
            raise _unreadable(error) from error

    def _look_once(self, sql: str, value: str) -> tuple[Any, ...] | None:
        with self._pool.connection() as connection:
            return connection.execute(sql.replace("?", "%s"), (value,)).fetchone()


def open_house(*, path: Path, database_url: str = "") -> House:
    """The house at `database_url` where there is one, else the SQLite file at `path`."""
    return PostgresHouse(database_url) if database_url else SqliteHouse(path)


def _unreadable(error: Exception) -> Unavailable:
    log.error("the house cannot be read (are its migrations applied?): %s", error)
    return Unavailable(
        "We cannot look this up right now.",
        hint="Try again in a few seconds.",
        code="house_unavailable",
    )
