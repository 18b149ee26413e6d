"""The worker: a thread for arrivals, a few for work, and one for each loop that is given."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import Error, close_old_connections, connections

from textrail.journal.port import Store
from textrail.outbox import intake, table, work
from textrail.outbox.catching_up import Reader
from textrail.outbox.contract import Context
from textrail.outbox.models import Lane, Work
from textrail.vocabulary.clock import to_ms

logger = logging.getLogger("textrail.worker")

# Hands that do only what somebody waits for, and hands for all the rest.
HANDS = {Lane.SOON: 4, Lane.USUAL: 6}
# The lanes in which texts leave: closed until the journal is read to where it ended at the start.
OF_TEXTS = (Lane.SOON, Lane.BULK)
# How much is claimed for each hand before it is done with what it has. Of what somebody waits for
# it is more, because a hand that has much to do does it together.
AHEAD = {Lane.SOON: 12, Lane.USUAL: 3}
# How long the other hands let what somebody waits for pass, before each piece of their own work.
PAUSE, MOST_PAUSES = 0.02, 10
# What came first is answered first: for so many times as long as the intake's last turn took, it
# waits before the next while there is something that somebody waits for.
LEFT_BY_INTAKE = 4
KEEP_ARRIVALS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Loop:
    """Something to do every `seconds`, or as soon as `wake` is set; it returns how much it did, and
    is called again at once while that is more than nothing."""

    name: str
    seconds: float
    turn: Callable[[], int]
    wake: threading.Event | None = None


class Crew:
    """Some hands, the lanes that they work on, and what waits for the next free one."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.lanes = lanes
        self.wake = threading.Event()
        self.hands = HANDS[lanes[0]]
        self._ahead = AHEAD[lanes[0]]
        self._in_hand = 0
        self._counting = threading.Lock()
        self._queue: deque[Work] = deque()
        self._brought = threading.Condition()
        self._done: deque[Work] = deque()

    def claim(self, now: datetime, *, closed: Collection[Lane] = ()) -> int:
        """Take away what is done and bring what is due, of no lane that is closed; how much was
        brought."""
        done = [self._done.popleft() for _ in range(len(self._done))]
        free = max(0, self._ahead * self.hands - len(self._queue))
        lanes = [lane for lane in self.lanes if lane not in closed]
        try:
            with self.at_work():
                claimed = work.claim(now=now, limit=free, lanes=lanes, done=done)
        except Exception:
            self._done.extend(done)
            raise
        with self._brought:
            self._queue.extend(claimed)
            self._brought.notify(len(claimed))
        return len(claimed)

    def forget(self) -> None:
        """Take away what is done and give back what waits, when no hand takes it any more."""
        work.claim(now=datetime.now(UTC), limit=0, done=list(self._done))
        work.give_back(self._queue)

    def take(self) -> list[Work]:
        """The next work for a free hand: one piece or, where several of its kind can be done
        together, its share of what waits; nothing when none comes. More is asked for before the
        last is taken."""
        with self._brought:
            if not self._queue:
                self._brought.wait(0.5)
            taken = self._share()
        if taken and len(self._queue) <= self.hands:
            self.wake.set()
        return taken

    def _share(self) -> list[Work]:
        if not self._queue:
            return []
        taken = [self._queue.popleft()]
        kind = taken[0].kind
        more = len(self._queue) // self.hands if kind in table.together() else 0
        while len(taken) <= more and self._queue[0].kind == kind:
            taken.append(self._queue.popleft())
        return taken

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Around a claim, and what a hand does with what it took."""
        with self._counting:
            self._in_hand += 1
        try:
            yield
        finally:
            with self._counting:
                self._in_hand -= 1

    def put_done(self, item: Work) -> None:
        self._done.append(item)

    def has_waiting(self) -> bool:
        return bool(self._queue)

    def is_busy(self) -> bool:
        """Whether something waits, is being claimed, or is in a hand."""
        return self._in_hand > 0 or self.has_waiting() or self.wake.is_set()

    def wait_for(self, *, most: float, stop: threading.Event) -> None:
        """Leave the processor and the database to this crew until it has nothing to do, for at
        most so many seconds, or until `stop`."""
        until = time.monotonic() + most
        while self.is_busy() and time.monotonic() < until and not stop.wait(0.005):
            pass


class Worker:
    """Runs until told to stop. Everything it does is safe to lose to a kill at any moment."""

    def __init__(self, context: Context, store: Store, loops: Sequence[Loop] = ()) -> None:
        self._context = context
        self._store = store
        self._reader = Reader(context, store)
        self._stop = threading.Event()
        soon, rest = Lane.SOON, (Lane.USUAL, Lane.BULK)
        self._urgent = Crew((soon,))
        self._crews = (self._urgent, Crew(rest))
        self._loops = (
            Loop("intake", 0.05, self._take),
            *(
                Loop(
                    f"claim-{crew.lanes[0].name.lower()}",
                    0.1,
                    partial(self._claim, crew),
                    crew.wake,
                )
                for crew in self._crews
            ),
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
        threads += [
            threading.Thread(target=self._hand, args=(crew,), name=f"hand-{crew.lanes[0]}-{n}")
            for crew in self._crews
            for n in range(crew.hands)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for crew in self._crews:
            crew.forget()

    def _repeat(self, loop: Loop) -> None:
        while not self._stop.is_set():
            if loop.wake is not None:
                loop.wake.clear()
            try:
                done = loop.turn()
            except Exception:
                logger.exception("%s failed; trying again", loop.name)
                done = 0
                close_old_connections()
                self._stop.wait(1)
            if not done:
                (loop.wake or self._stop).wait(loop.seconds)
        connections.close_all()

    def _take(self) -> int:
        began = time.monotonic()
        taken = self._reader.take()
        if taken and self._reader.has_caught_up:
            self._urgent.wake.set()
            took = time.monotonic() - began
            self._urgent.wait_for(most=LEFT_BY_INTAKE * took, stop=self._stop)
        return taken

    def _claim(self, crew: Crew) -> int:
        closed = () if self._reader.has_caught_up else OF_TEXTS
        return crew.claim(self._context.clock.now(), closed=closed)

    def _schedules(self) -> int:
        now = self._context.clock.now()
        work.enqueue_schedules(now=now)
        position = intake.position()
        if position <= self._store.newest():  # else the journal is another: take() will find out
            self._store.trim(through=position, before=to_ms(now - KEEP_ARRIVALS))
        return 0

    def _hand(self, crew: Crew) -> None:
        while not self._stop.is_set():
            taken = crew.take()
            if taken and crew is not self._urgent:
                self._let_pass()
            if taken:
                with crew.at_work():
                    self._do(crew, taken)
        connections.close_all()

    def _do(self, crew: Crew, taken: Sequence[Work]) -> None:
        try:
            work.run_together(self._context, taken, done=crew.put_done)
        except Error:
            logger.exception("work %s could not be settled", taken[0].kind)
            close_old_connections()

    def _let_pass(self) -> None:
        """All hands share a processor and a database: wait while somebody waits for something, but
        not for ever."""
        for _ in range(MOST_PAUSES):
            if not self._urgent.has_waiting() or self._stop.wait(PAUSE):
                return
