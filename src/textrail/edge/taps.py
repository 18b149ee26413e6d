"""How many people have tapped a link so far, for links that have a limit."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from textrail.edge.house import House

SECONDS_REMEMBERED: Final = 1.0
# A click may be judged again, and on PostgreSQL one with a lower id may appear late.
SECONDS_TO_COUNT_ANEW: Final = 60.0
MOST_LINKS: Final = 2_000


@dataclass(slots=True)
class _Count:
    """Taps by people up to the click `newest`; moments are monotonic."""

    people: int
    newest: int
    at: float
    anew_at: float


class Taps:
    """Counts that are at most a second old when they are asked for.

    A count goes on from where the one before ended, so that a link with a million clicks costs no
    more than a new one. Clicks count when they are judged: while no worker runs, no limit is
    reached.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._counts: OrderedDict[int, _Count] = OrderedDict()
        self._turns: dict[int, asyncio.Lock] = {}

    async def of(self, link_id: int) -> int:
        """Taps by people on the link, as they were within the last second."""
        count = self.recent(link_id)
        if count is not None:
            return count
        turn = self._turns.setdefault(link_id, asyncio.Lock())
        try:
            async with turn:
                count = self.recent(link_id)
                return await self._count(link_id) if count is None else count
        finally:
            if not turn.locked():
                self._turns.pop(link_id, None)

    def recent(self, link_id: int) -> int | None:
        """The count of the last second, where there is one."""
        count = self._counts.get(link_id)
        if count is None or time.monotonic() >= count.at + SECONDS_REMEMBERED:
            return None
        return count.people

    async def _count(self, link_id: int) -> int:
        now = time.monotonic()
        before = self._counts.get(link_id)
        if before is None or now >= before.anew_at:
            before = _Count(0, 0, now, now + SECONDS_TO_COUNT_ANEW)
        people, newest = await self._house.taps(link_id, after=before.newest)
        people += before.people
        self._counts[link_id] = _Count(people, max(newest, before.newest), now, before.anew_at)
        self._counts.move_to_end(link_id)
        if len(self._counts) > MOST_LINKS:
            self._counts.popitem(last=False)
        return people
