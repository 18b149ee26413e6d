"""The narrow tables that rooms maintain for the door, read and never written.

The door has no models: these few statements are all it knows of the house.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from sys import intern
from typing import Any, Final, NamedTuple, Protocol

import psycopg
from psycopg_pool import ConnectionPool

from textrail.edge.recent import Recent
from textrail.vocabulary.errors import Unavailable

log = logging.getLogger(__name__)

# An archived link still leads on: archiving tidies a list, and texts that were sent keep working.
# The recipient is read for links with a plan alone, for nobody else asks where they are.
_FOUND = """
SELECT code.code, link.landing, link.route, link.business_id, link.id, code.contact_id,
    contact.country, contact.region, contact.city, contact.latitude, contact.longitude,
    contact.time_zone, contact.phone
FROM links_code code JOIN links_link link ON link.id = code.link_id
LEFT JOIN contacts_contact contact ON link.route <> ''
    AND contact.id = code.contact_id AND contact.business_id = link.business_id
WHERE code.code = ?
"""
_DOMAIN = "SELECT id, business_id FROM links_domain WHERE host = ?"
_TAPS = """
SELECT COUNT(CASE WHEN verdict = 'human' THEN 1 END), COALESCE(MAX(id), 0) FROM links_click
WHERE link_id = ? AND id > ?
"""
_CONNECTION = "SELECT id, carrier, secret FROM numbers_connection WHERE token = ?"
_CALL_FLOW = """
SELECT flow.id, flow.business_id, flow.flow FROM numbers_trackingnumber number
JOIN numbers_callflow flow ON flow.id = number.call_flow_id
    AND flow.business_id = number.business_id
WHERE number.connection_id = ? AND number.phone = ? AND number.released_at IS NULL
"""
_OPENING = "SELECT opening FROM numbers_hours WHERE id = ? AND business_id = ?"
_API_KEY = (
    "SELECT id, business_id, lenient FROM accounts_apikey WHERE key_hash = ? AND revoked_at IS NULL"
)
# Payments for an account's balance come as a shop's webhooks do.
_SHOP = """
SELECT id, business_id, kind, secret FROM conversions_shop WHERE token = ? AND ended_at IS NULL
UNION ALL
SELECT id, account_id, 'funds', secret FROM billing_fundssource
WHERE token = ? AND ended_at IS NULL
"""
_SITE = (
    "SELECT id, business_id, hosts, takes_purchases FROM visitors_site"
    " WHERE key = ? AND ended_at IS NULL"
)
_THREADS = 4
SECONDS_REMEMBERED: Final = 3


class Recipient(NamedTuple):
    """The place on record of the one a code was made for; the phone tells the area alone."""

    country: str
    region: str
    city: str
    latitude: float | None
    longitude: float | None
    time_zone: str
    phone: str


class Found(NamedTuple):
    """A code as it is stored, and its link: where it leads without a click id, by which plan (JSON;
    empty: always there), whose it is, and whom the code was made for, if for anybody."""

    code: str
    landing: str
    route: str
    business_id: int
    link_id: int
    contact_id: int | None
    recipient: Recipient | None = None


class Domain(NamedTuple):
    """A host that a business has for its short links."""

    id: int
    business_id: int


class TapCount(NamedTuple):
    """Taps by people, and the id of the newest click of any kind (0: none)."""

    people: int
    newest: int


class CarrierConnection(NamedTuple):
    """An account at a carrier, as the door needs it; `secret` is sealed."""

    id: int
    carrier: str
    secret: str


class FlowRow(NamedTuple):
    """What callers of a number hear: a `vocabulary.flows.Flow` as JSON."""

    id: int
    business_id: int
    flow: str


class ApiKey(NamedTuple):
    """`lenient` when its library wants 200 for all that parses."""

    id: int
    business_id: int
    lenient: bool = False


class ShopConnection(NamedTuple):
    """A shop or a source of funds (kind “funds”, the id of an account); `secret` is sealed."""

    id: int
    business_id: int
    kind: str
    secret: str


class PageSite(NamedTuple):
    """A website that carries our script, unless it was ended; `hosts` are separated by lines, and
    none means any. Without `takes_purchases` its pages report no sales."""

    id: int
    business_id: int
    hosts: str
    takes_purchases: bool


class House(Protocol):
    """Every look raises Unavailable when the house cannot be read."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    async def find(self, key: str) -> Found | None:
        """What a random code, or the key of a back-half, leads to."""
        ...

    async def domain(self, host: str) -> Domain | None:
        """The domain with that host (lower case, without a port)."""
        ...

    async def taps(self, link_id: int, *, after: int) -> TapCount:
        """Those of the link's clicks whose id is above `after`."""
        ...

    async def connection(self, token: str) -> CarrierConnection | None: ...

    async def call_flow(self, connection_id: int, phone: str) -> FlowRow | None:
        """The flow of the number with that phone (E.164), if it is held and has one."""
        ...

    async def opening(self, hours_id: int, business_id: int) -> str | None:
        """Opening hours of a business: a `vocabulary.opening.Hours` as JSON."""
        ...

    async def shop(self, token: str) -> ShopConnection | None: ...

    async def site(self, key: str) -> PageSite | None: ...

    async def api_key(self, key_hash: str) -> ApiKey | None:
        """The key with that SHA-256 in hex, unless it is revoked."""
        ...


class SqliteHouse:
    """house.db, opened read-only. A look takes microseconds, so it is taken on the loop itself.

    All looks of one turn of the loop share one transaction, for half of a look's time is the lock
    that each transaction takes. Counting may take longer, and has a thread and a connection.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="house")

    def open(self) -> None:
        """Nothing yet: a house that is built later is found at the first look."""

    def close(self) -> None:
        self._thread.shutdown()
        self._forget()

    async def find(self, key: str) -> Found | None:
        row = self._look(_FOUND, key)
        return None if row is None else _found(row)

    async def domain(self, host: str) -> Domain | None:
        row = self._look(_DOMAIN, host)
        return None if row is None else Domain(*row)

    async def taps(self, link_id: int, *, after: int) -> TapCount:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._count, link_id, after)

    async def connection(self, token: str) -> CarrierConnection | None:
        row = self._look(_CONNECTION, token)
        return None if row is None else CarrierConnection(*row)

    async def call_flow(self, connection_id: int, phone: str) -> FlowRow | None:
        row = self._look(_CALL_FLOW, connection_id, phone)
        return None if row is None else FlowRow(*row)

    async def opening(self, hours_id: int, business_id: int) -> str | None:
        row = self._look(_OPENING, hours_id, business_id)
        return None if row is None else str(row[0])

    async def shop(self, token: str) -> ShopConnection | None:
        row = self._look(_SHOP, token, token)
        return None if row is None else ShopConnection(*row)

    async def site(self, key: str) -> PageSite | None:
        row = self._look(_SITE, key)
        return None if row is None else PageSite(*row)

    async def api_key(self, key_hash: str) -> ApiKey | None:
        row = self._look(_API_KEY, key_hash)
        return None if row is None else ApiKey(*row)

    def _look(self, sql: str, *values: str | int) -> tuple[Any, ...] | None:
        try:
            connection = self._connection
            if connection is None:
                connection = self._connection = self._connect()
            if not connection.in_transaction:
                connection.execute("BEGIN")
                asyncio.get_running_loop().call_soon(self._end_turn)
            row: tuple[Any, ...] | None = connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            self._forget()
            raise _unreadable(error) from error
        return row

    def _end_turn(self) -> None:
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            log.error("the house could not be let go of: %s", error)
            self._forget()

    def _forget(self) -> None:
        """The next look opens the file anew."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _count(self, link_id: int, after: int) -> TapCount:
        """In the thread, where nobody waits for it."""
        try:
            with closing(self._connect()) as connection:
                return TapCount(*connection.execute(_TAPS, (link_id, after)).fetchone())
        except sqlite3.Error as error:
            raise _unreadable(error) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=0.5,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.executescript(
            "PRAGMA query_only=ON; PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824;"
        )
        return connection


class PostgresHouse:
    """The house on PostgreSQL: looks go through a small pool, on threads beside the loop.

    Codes are remembered for some seconds: a text's preview and its reader come close together.
    """

    def __init__(self, dsn: str) -> None:
        self._recent: Recent[str, Found] = Recent(seconds=SECONDS_REMEMBERED, most=20_000)
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

    async def find(self, key: str) -> Found | None:
        found = self._recent.get(key)
        if found is None:
            row = await self._look(_FOUND, key)
            if row is not None:
                found = _found(row)
                # Thousands of codes lead by one plan, which may be long: it is remembered once.
                found = found._replace(route=intern(found.route), landing=intern(found.landing))
                self._recent.keep(key, found)
        return found

    async def domain(self, host: str) -> Domain | None:
        row = await self._look(_DOMAIN, host)
        return None if row is None else Domain(*row)

    async def taps(self, link_id: int, *, after: int) -> TapCount:
        row = await self._look(_TAPS, link_id, after)
        assert row is not None
        return TapCount(*row)

    async def connection(self, token: str) -> CarrierConnection | None:
        row = await self._look(_CONNECTION, token)
        return None if row is None else CarrierConnection(*row)

    async def call_flow(self, connection_id: int, phone: str) -> FlowRow | None:
        row = await self._look(_CALL_FLOW, connection_id, phone)
        return None if row is None else FlowRow(*row)

    async def opening(self, hours_id: int, business_id: int) -> str | None:
        row = await self._look(_OPENING, hours_id, business_id)
        return None if row is None else str(row[0])

    async def shop(self, token: str) -> ShopConnection | None:
        row = await self._look(_SHOP, token, token)
        return None if row is None else ShopConnection(*row)

    async def site(self, key: str) -> PageSite | None:
        row = await self._look(_SITE, key)
        return None if row is None else PageSite(*row)

    async def api_key(self, key_hash: str) -> ApiKey | None:
        row = await self._look(_API_KEY, key_hash)
        return None if row is None else ApiKey(*row)

    async def _look(self, sql: str, *values: str | int) -> tuple[Any, ...] | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._look_twice, sql, values)

    def _look_twice(self, sql: str, values: Sequence[str | int]) -> tuple[Any, ...] | None:
        """A connection that was cut while it lay in the pool shows only when it is used."""
        try:
            try:
                return self._look_once(sql, values)
            except psycopg.OperationalError:
                self._pool.check()
                return self._look_once(sql, values)
        except psycopg.Error as error:
            raise _unreadable(error) from error

    def _look_once(self, sql: str, values: Sequence[str | int]) -> tuple[Any, ...] | None:
        with self._pool.connection() as connection:
            return connection.execute(sql.replace("?", "%s"), values).fetchone()


def _found(row: Sequence[Any]) -> Found:
    """A row of `_FOUND`; a contact has a phone, so without one there is no contact."""
    code, landing, route, business_id, link_id, contact_id, *contact = row
    recipient = None if contact[-1] is None else Recipient(*contact)
    return Found(code, landing, route, business_id, link_id, contact_id, recipient)


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
