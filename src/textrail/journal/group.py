"""Group commit: arrivals of many requests in one transaction, each answered after its commit.

One event loop appends; one thread writes. While a batch is on its way to disk, the next gathers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from textrail.journal.port import Entry, Store
from textrail.vocabulary.errors import Unavailable

log = logging.getLogger(__name__)

# While arrivals come all the time, a batch waits this long for company behind the one before it,
# unless it has enough: half as many commits cost a third less of each arrival's time. The first
# arrival after a pause never waits.
SECONDS_FOR_COMPANY: Final = 0.001
ENOUGH_COMPANY: Final = 40

# Called after each commit with the number of entries in it and the seconds that it took.
Observer = Callable[[int, float], None]


@dataclass(slots=True)
class _Batch:
    entries: list[Entry] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    seconds: float = 0.0
    failure: Exception | None = None


class GroupCommit:
    """All state belongs to the loop: the thread is lent one batch and gives it back written."""

    def __init__(self, store: Store, *, observe: Observer | None = None) -> None:
        self._store = store
        self._observe = observe
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._gathering = _Batch()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    def append(self, kind: str, at: int, body: bytes) -> asyncio.Future[None]:
        """Keep one arrival (`at` in ms UTC). Await the result: it is on disk, or Unavailable."""
        promise = self._promise()
        self._gathering.entries.append(Entry(kind, at, body))
        return promise

    def append_many(self, entries: Sequence[Entry]) -> asyncio.Future[None]:
        """Keep several arrivals in one transaction: all are on disk, or none."""
        promise = self._promise()
        self._gathering.entries.extend(entries)
        return promise

    async def close(self) -> None:
        """Refuse what comes from now on and finish what came before; the store stays open."""
        self._closed = True
        await self._idle.wait()
        self._thread.shutdown()

    def _promise(self) -> asyncio.Future[None]:
        if self._closed:
            raise _unavailable()
        loop = asyncio.get_running_loop()
        promise = loop.create_future()
        self._gathering.waiting.append(promise)
        if self._idle.is_set():
            self._idle.clear()
            # Behind the other requests that this turn of the loop brought: they share the commit.
            loop.call_soon(self._hand_over, loop)
        return promise

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._gathering = self._gathering, _Batch()
        self._thread.submit(self._write, loop, batch)

    def _write(self, loop: asyncio.AbstractEventLoop, batch: _Batch) -> None:
        """In the thread: one batch, one transaction, one outcome for everybody in it."""
        started = time.perf_counter()
        try:
            self._store.write(batch.entries)
        except Exception as error:
            batch.failure = error
        batch.seconds = time.perf_counter() - started
        loop.call_soon_threadsafe(self._settle, loop, batch)

    def _settle(self, loop: asyncio.AbstractEventLoop, batch: _Batch) -> None:
        gathered = len(self._gathering.waiting)
        if gathered >= ENOUGH_COMPANY:
            self._hand_over(loop)
        elif gathered:
            loop.call_later(SECONDS_FOR_COMPANY, self._hand_over, loop)
        else:
            self._idle.set()
        if batch.failure is not None:
            log.error(
                "the journal could not keep %d arrivals: %s", len(batch.entries), batch.failure
            )
        elif self._observe is not None:
            self._observe(len(batch.entries), batch.seconds)
        for promise in batch.waiting:
            if promise.done():
                continue  # who asked has gone; the arrival is kept all the same
            if batch.failure is None:
                promise.set_result(None)
            else:
                promise.set_exception(_unavailable())


def _unavailable() -> Unavailable:
    return Unavailable(
        "We could not write this down, so we did not accept it.",
        hint="Send it again in a few seconds.",
        code="journal_unavailable",
    )
