"""The worker: a thread for arrivals, a few for work, and one for each loop that is given."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, Queue

from django.db import Error, close_old_connections, connections

from textrail.journal.port import Store
from textrail.outbox import intake, work
from textrail.outbox.contract import Context
from textrail.outbox.models import Work
from textrail.vocabulary.clock import to_ms

logger = logging.getLogger("textrail.worker")

HANDS = 6
KEEP_ARRIVALS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Loop:
    """Something to do every `seconds`; it returns how much it did, and is called again at once
    while that is more than nothing."""

    name: str
    seconds: float
    turn: Callable[[], int]


class Worker:
    """Runs until told to stop. Everything it does is safe to lose to a kill at any moment."""

    def __init__(self, context: Context, store: Store, loops: Sequence[Loop] = ()) -> None:
        self._context = context
        self._store = store
        self._stop = threading.Event()
        self._queue: Queue[Work] = Queue(maxsize=HANDS)
        self._loops = (
            Loop("intake", 0.05, lambda: intake.take(context, store)),
            Loop("claim", 0.1, self._claim),
            Loop("schedules", 5, self._schedules),
            *loops,
        )

    def run(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self._stop.set())
        threads = [
            threading.Thread(target=self._repeat, args=(loop,), name=loop.name)
            for loop in self._loops
        ]
        threads += [threading.Thread(target=self._hand, name=f"hand-{n}") for n in range(HANDS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _repeat(self, loop: Loop) -> None:
        while not self._stop.is_set():
            try:
                done = loop.turn()
            except Exception:
                logger.exception("%s failed; trying again", loop.name)
                done = 0
                close_old_connections()
                self._stop.wait(1)
            if not done:
                self._stop.wait(loop.seconds)
        connections.close_all()

    def _claim(self) -> int:
        free = self._queue.maxsize - self._queue.qsize()
        claimed = work.claim(now=self._context.clock.now(), limit=free) if free > 0 else []
        for item in claimed:
            self._queue.put(item)
        return len(claimed)

    def _schedules(self) -> int:
        now = self._context.clock.now()
        work.enqueue_schedules(now=now)
        position = intake.position()
        if position <= self._store.newest():  # else the journal is another: take() will find out
            self._store.trim(through=position, before=to_ms(now - KEEP_ARRIVALS))
        return 0

    def _hand(self) -> None:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=0.5)
            except Empty:
                continue
            try:
                work.run(self._context, item)
            except Error:
                logger.exception("work %s #%d could not be settled", item.kind, item.id)
                close_old_connections()
        connections.close_all()
