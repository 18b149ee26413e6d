"""The house in its SQLite file."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from textrail.edge.house import (
    ApiKey,
    CarrierConnection,
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
    CODE,
    CONNECTION,
    DOMAIN,
    LINK,
    OPENING,
    RECIPIENT,
    SHOP,
    SITE,
    TAPS,
)

log = logging.getLogger(__name__)


class SqliteHouse:
    """house.db, opened read-only. A look takes microseconds, so it is taken on the loop itself.

    All looks of one turn of the loop share one transaction, for half of a look's time is the lock
    that each transaction takes, and a link that several of them lead to is read once for all.
    Counting may take longer, and has a thread and a connection.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._links: dict[int, tuple[str, str, int]] = {}  # of this turn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="house")

    def open(self) -> None:
        """Nothing yet: a house that is built later is found at the first look."""

    def close(self) -> None:
        self._thread.shutdown()
        self._forget()

    async def find(self, key: str) -> Found | None:
        code = self._look(CODE, key)
        link = None if code is None else self._link(code[0])
        if code is None or link is None:
            return None
        (link_id, contact_id), (landing, route, business_id) = code, link
        known = None
        if route and contact_id is not None:
            known = self._look(RECIPIENT, contact_id, business_id)
        recipient = None if known is None else Recipient(*known)
        return Found(key, landing, route, business_id, link_id, contact_id, recipient)

    def _link(self, link_id: int) -> tuple[str, str, int] | None:
        """Landing, route and business."""
        link = self._links.get(link_id)
        if link is None:
            link = self._look(LINK, link_id)
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

    async def api_key(self, key_hash: str) -> ApiKey | None:
        row = self._look(API_KEY, key_hash)
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
            raise unreadable(error) from error
        return row

    def _end_turn(self) -> None:
        self._links.clear()
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            log.error("the house could not be let go of: %s", error)
            self._forget()

    def _forget(self) -> None:
        """The next look opens the file anew."""
        self._links.clear()
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
