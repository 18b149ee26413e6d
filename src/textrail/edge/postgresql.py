"""The house on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from sys import intern
from typing import Any, Final

import msgspec
import psycopg
from psycopg_pool import ConnectionPool

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
from textrail.edge.recent import Recent
from textrail.edge.statements import (
    API_KEY,
    CALL_FLOW,
    CLICKED,
    CONNECTION,
    DOMAIN,
    FOUND,
    OPENING,
    SHOP,
    SITE,
    TAPS,
)

_THREADS: Final = 4
SECONDS_REMEMBERED: Final = 3


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
            row = await self._look(FOUND, key)
            if row is not None:
                found = _found(row)
                # Thousands of codes lead by one plan, which may be long: it is remembered once.
                found = msgspec.structs.replace(
                    found, route=intern(found.route), landing=intern(found.landing)
                )
                self._recent.keep(key, found)
        return found

    def find_at_once(self, key: str) -> Found | None:
        """What was found a moment ago."""
        return self._recent.get(key)

    async def domain(self, host: str) -> Domain | None:
        row = await self._look(DOMAIN, host)
        return None if row is None else Domain(*row)

    async def taps(self, link_id: int, *, after: int) -> TapCount:
        row = await self._look(TAPS, link_id, after)
        assert row is not None
        return TapCount(*row)

    async def connection(self, token: str) -> CarrierConnection | None:
        row = await self._look(CONNECTION, token)
        return None if row is None else CarrierConnection(*row)

    async def call_flow(self, connection_id: int, phone: str) -> FlowRow | None:
        row = await self._look(CALL_FLOW, connection_id, phone)
        return None if row is None else FlowRow(*row)

    async def opening(self, hours_id: int, business_id: int) -> str | None:
        row = await self._look(OPENING, hours_id, business_id)
        return None if row is None else str(row[0])

    async def shop(self, token: str) -> ShopConnection | None:
        row = await self._look(SHOP, token, token)
        return None if row is None else ShopConnection(*row)

    async def site(self, key: str) -> PageSite | None:
        row = await self._look(SITE, key)
        return None if row is None else PageSite(*row)

    async def clicked(self, click_id: str, business_id: int) -> ClickedLink | None:
        row = await self._look(CLICKED, click_id, business_id)
        return None if row is None else ClickedLink(*row)

    async def api_key(self, key_hash: str) -> ApiKey | None:
        row = await self._look(API_KEY, key_hash)
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
            raise unreadable(error) from error

    def _look_once(self, sql: str, values: Sequence[str | int]) -> tuple[Any, ...] | None:
        with self._pool.connection() as connection:
            return connection.execute(sql.replace("?", "%s"), values).fetchone()


def _found(row: Sequence[Any]) -> Found:
    """A row of `FOUND`; a contact has a phone, so without one there is no contact."""
    code, landing, route, business_id, link_id, contact_id, *contact = row
    recipient = None if contact[-1] is None else Recipient(*contact)
    return Found(code, landing, route, business_id, link_id, contact_id, recipient)
