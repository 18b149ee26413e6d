"""The stage of the demo: the real door, worker, feed and carrier on one clock moved by hand."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType

import httpx

from textrail.carriers.simulator.app import create_app as create_world_app
from textrail.carriers.simulator.world import World
from textrail.journal.opening import open_store
from textrail.outbox import intake, queries, work
from textrail.project import door
from textrail.project.config import Config
from textrail.project.demo.inprocess import InProcess
from textrail.project.runtime import open_context
from textrail.vocabulary.clock import ManualClock, from_ms

TICK = timedelta(seconds=20)
# When, which of those at the same time, what.
Entry = tuple[datetime, int, Callable[[], object]]


class Stage:
    """Deeds are done at their time; between them everything that is due runs until it is quiet.

    The database need not survive a power cut while it is filled: a demo that broke off is begun
    anew. Everything else is what runs in production.
    """

    def __init__(self, config: Config, start: datetime) -> None:
        self.clock = ManualClock(start)
        self.random = random.Random(config.simulator_seed)  # noqa: S311 -- a story, not a secret
        self._deeds: list[Entry] = []
        self._order = itertools.count()
        self._resources = ExitStack()
        self.config = config
        self.http = httpx.Client(transport=_Later(self), timeout=60)
        self.world = World(
            config.simulator_db, self.clock, config.simulator_seed, self.http, config.phone_url
        )
        self.context = open_context(config, clock=self.clock, http=self.http)
        self.store = open_store(path=config.arrivals_db, database_url=config.database_url)

    def __enter__(self) -> Stage:
        applications = {
            self.config.links_url: door.open_door(self.config, clock=self.clock),
            self.config.phone_url: create_world_app(self.world),
        }
        self.transport = self._resources.enter_context(InProcess(applications))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._resources.close()
        self.store.close()
        self.world.close()

    def plan(self, at: datetime, deed: Callable[..., object], *arguments: object) -> None:
        """Do something at its time."""
        entry: Entry = (at, next(self._order), partial(deed, *arguments))
        heapq.heappush(self._deeds, entry)

    def later(self, wait: timedelta, deed: Callable[..., object], *arguments: object) -> None:
        self.plan(self.clock.now() + wait, deed, *arguments)

    def play(self, until: datetime, progress: Callable[[datetime], None]) -> None:
        """Do everything that is planned or falls due before `until`, in order."""
        while (moment := self._next()) is not None and moment < until:
            self.clock.move_to(moment)
            progress(self.clock.now())
            while self._deeds and self._deeds[0][0] <= self.clock.now():
                heapq.heappop(self._deeds)[2]()
            self.settle()
        self.clock.move_to(until)
        self.settle()

    def settle(self) -> None:
        """Run carrier, intake and work until nothing is due any more."""
        busy = True
        while busy:
            busy = bool(self.world.pump())
            busy |= bool(intake.take(self.context, self.store))
            for item in work.claim(now=self.clock.now(), limit=100):
                work.run(self.context, item, chance=self.random.random)
                busy = True

    def _next(self) -> datetime | None:
        """When something happens next; what is close together happens in one tick."""
        due_in_world = self.world.next_due_at()
        moments = [
            self._deeds[0][0] if self._deeds else None,
            from_ms(due_in_world) if due_in_world is not None else None,
            queries.next_due(),
        ]
        known = [moment for moment in moments if moment is not None]
        return max(min(known), self.clock.now() + TICK) if known else None


class _Later(httpx.BaseTransport):
    """The stage's transport, which exists only once the applications do."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._stage.transport.handle_request(request)
