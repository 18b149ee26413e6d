"""The house in its SQLite file."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from textrail.edge.house import (
    ApiKey,
    CarrierConnection,
    ClickedLink,
    Domain,
    FlowRow,
    Found,
    PageSite,
    Recipient,
    ShopConnection,
    TapCount,
    unreadable,
)
from textrail.edge.statements import (
    API_KEY,
    CALL_FLOW,
    CLICKED,
    CODE,
    CONNECTION,
    DOMAIN,
    LINK,
    OPENING,
    SHOP,
    SITE,
    TAPS,
)

log = logging.getLogger(__name__)

SECONDS_TOGETHER: Final = 0.005
# Without a moment in which nobody reads, the log of the house would only grow.
SECONDS_BETWEEN_RESTS: Final = 1.0
SECONDS_OF_REST: Final = 0.01


class SqliteHouse:
    """house.db, opened read-only. A look takes microseconds, so it is taken on the loop itself.

    Looks for codes that come within 5 ms share one transaction, for half of a look's time is the
    lock that each transaction takes, and a link that several of them lead to is read once for all.
    Counting may take longer, and has a thread and a connection.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._links: dict[int, tuple[str, str, int]] = {}  # of this transaction
        # Monotonic: when the transaction ends, when there is to be none for a while, until when.
        self._until = self._rest_at = self._rested_at = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="house")

    def open(self) -> None:
        """Nothing yet: a house that is built later is found at the first look."""

    def close(self) -> None:
        self._thread.shutdown()
        self._forget()

    async def find(self, key: str) -> Found | None:
        return self.find_at_once(key)

    def find_at_once(self, key: str) -> Found | None:
        """The same; nothing has to be waited for."""
        row = self._look_together(CODE, key)
        if row is None:
            return None
        link_id, contact_id = row[:2]
        link = self._links.get(link_id) or self._link(link_id)
        if link is None:
            return None
        landing, route, business_id = link
        recipient = None
        if route and row[2] == business_id:
            recipient = Recipient(*row[3:])
        return Found(key, landing, route, business_id, link_id, contact_id, recipient)

    def _link(self, link_id: int) -> tuple[str, str, int] | None:
        """Landing, route and business, kept for those that come together."""
        link = self._look_together(LINK, link_id)
        if link is not None:
            self._links[link_id] = link
        return link

    async def domain(self, host: str) -> Domain | None:
        row = self._look(DOMAIN, host)
        return None if row is None else Domain(*row)

    async def taps(self, link_id: int, *, after: int) -> TapCount:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._count, link_id, after)

    async def connection(self, token: str) -> CarrierConnection | None:
        row = self._look(CONNECTION, token)
        return None if row is None else CarrierConnection(*row)

    async def call_flow(self, connection_id: int, phone: str) -> FlowRow | None:
        row = self._look(CALL_FLOW, connection_id, phone)
        return None if row is None else FlowRow(*row)

    async def opening(self, hours_id: int, business_id: int) -> str | None:
        row = self._look(OPENING, hours_id, business_id)
        return None if row is None else str(row[0])

    async def shop(self, token: str) -> ShopConnection | None:
        row = self._look(SHOP, token, token)
        return None if row is None else ShopConnection(*row)

    async def site(self, key: str) -> PageSite | None:
        row = self._look(SITE, key)
        return None if row is None else PageSite(*row)

    async def clicked(self, click_id: str, business_id: int) -> ClickedLink | None:
        row = self._look(CLICKED, click_id, business_id)
        return None if row is None else ClickedLink(*row)

    async def api_key(self, key_hash: str) -> ApiKey | None:
        row = self._look(API_KEY, key_hash)
        return None if row is None else ApiKey(*row)

    def _look(self, sql: str, *values: str | int) -> tuple[Any, ...] | None:
        """A row of the house as it is now."""
        self._end()
        return self._fetch(sql, *values)

    def _look_together(self, sql: str, *values: str | int) -> tuple[Any, ...] | None:
        """A row of the house as it was when the first of those that came together was looked up."""
        if time.monotonic() >= self._until:
            self._begin()
        return self._fetch(sql, *values)

    def _begin(self) -> None:
        self._end()
        now = time.monotonic()
        if now >= self._rest_at:
            self._rest_at, self._rested_at = now + SECONDS_BETWEEN_RESTS, now + SECONDS_OF_REST
        if now < self._rested_at:
            return  # each look by itself
        self._fetch("BEGIN")
        self._until = now + SECONDS_TOGETHER
        asyncio.get_running_loop().call_later(SECONDS_TOGETHER, self._end)

    def _fetch(self, sql: str, *values: str | int) -> tuple[Any, ...] | None:
        try:
            connection = self._connection
            if connection is None:
                connection = self._connection = self._connect()
            row: tuple[Any, ...] | None = connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            self._forget()
            raise unreadable(error) from error
        return row

    def _end(self) -> None:
        self._links.clear()
        self._until = 0.0
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            log.error("the house could not be let go of: %s", error)
            self._forget()

    def _forget(self) -> None:
        """The next look opens the file anew."""
        self._links.clear()
        self._until = 0.0
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _count(self, link_id: int, after: int) -> TapCount:
        """In the thread, where nobody waits for it."""
        try:
            with closing(self._connect()) as connection:
                return TapCount(*connection.execute(TAPS, (link_id, after)).fetchone())
        except sqlite3.Error as error:
            raise unreadable(error) from error

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
