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
from functools import partial
from typing import TypeAlias

from textrail.journal.port import Entry, Store
from textrail.vocabulary.errors import Unavailable

log = logging.getLogger(__name__)

# Called after each commit with the number of entries in it and the seconds that it took.
Observer: TypeAlias = Callable[[int, float], None]
# Called on the loop when the fate of what was kept is known: None, for it is on disk, or why not.
Done: TypeAlias = Callable[[Unavailable | None], None]


@dataclass(slots=True)
class _Batch:
    entries: list[Entry] = field(default_factory=list)
    waiting: list[Done] = field(default_factory=list)
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
        return self.append_many([Entry(kind, at, body)])

    def append_many(self, entries: Sequence[Entry]) -> asyncio.Future[None]:
        """Keep several arrivals in one transaction: all are on disk, or none."""
        promise: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.keep(entries, partial(_fulfil, promise))
        return promise

    def keep(self, entries: Sequence[Entry], done: Done) -> None:
        """Keep several arrivals in one transaction and say so to `done`. Raises
        Unavailable when the journal is closed."""
        if self._closed:
            raise _unavailable()
        self._gathering.entries.extend(entries)
        self._gathering.waiting.append(done)
        if self._idle.is_set():
            self._idle.clear()
            loop = asyncio.get_running_loop()
            # Behind the other requests that this turn of the loop brought: they share the commit.
            loop.call_soon(self._hand_over, loop)

    async def close(self) -> None:
        """Refuse what comes from now on and finish what came before; the store stays open."""
        self._closed = True
        await self._idle.wait()
        self._thread.shutdown()

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
        if self._gathering.waiting:
            # Behind what asks meanwhile, for who is answered now is soon back: larger batches cost
            # each of them less, and nobody waits for a clock.
            loop.call_soon(self._hand_over, loop)
        else:
            self._idle.set()
        if batch.failure is not None:
            log.error(
                "the journal could not keep %d arrivals: %s", len(batch.entries), batch.failure
            )
        elif self._observe is not None:
            self._observe(len(batch.entries), batch.seconds)
        for done in batch.waiting:
            try:
                done(None if batch.failure is None else _unavailable())
            except Exception:
                log.exception("somebody could not be told what became of an arrival")


def _fulfil(promise: asyncio.Future[None], failure: Unavailable | None) -> None:
    if promise.done():
        return  # who asked has gone; the arrival is kept all the same
    if failure is None:
        promise.set_result(None)
    else:
        promise.set_exception(failure)


def _unavailable() -> Unavailable:
    return Unavailable(
        "We could not write this down, so we did not accept it.",
        hint="Send it again in a few seconds.",
        code="journal_unavailable",
    )
