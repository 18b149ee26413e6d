"""What came before a worker started, perhaps while none ran, is read before a text leaves.

In it somebody may have opted out. So the journal is read first to where it ended at the start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from textrail.journal.port import Store
from textrail.outbox import intake
from textrail.outbox.contract import Context

logger = logging.getLogger("textrail.worker")

# The journal may end before the highest position that was given, where what had it was never
# committed. Nothing to read for so long, longer than PostgreSQL lets a writer keep what was written
# from its readers, is its end, too.
QUIET_SECONDS = 15.0
SAY_EVERY_SECONDS = 10.0


class Reader:
    """The intake of one worker, which knows when it has come to the end that the journal had when
    it first looked. With several workers it does not matter which of them reads."""

    def __init__(
        self, context: Context, store: Store, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.has_caught_up = False
        self._context = context
        self._store = store
        self._seconds = seconds
        self._end: int | None = None
        self._say_at: float | None = None
        self._quiet_since: float | None = None

    def take(self) -> int:
        """One turn of `intake.take`, told in the log while it is behind; how much was taken."""
        if self.has_caught_up:
            return intake.take(self._context, self._store)
        if self._end is None:
            self._end = self._store.newest()
        self._say_how_far(self._end)
        taken = intake.take(self._context, self._store)
        # Asked after a turn: it may have found another journal, and begun that from the start.
        self.has_caught_up = intake.position() >= self._end or self._is_quiet(taken)
        if self.has_caught_up and self._say_at is not None:
            logger.info("caught up with the journal; texts leave again")
        return taken

    def _say_how_far(self, end: int) -> None:
        now, position = self._seconds(), intake.position()
        if position < end and (self._say_at is None or now >= self._say_at):
            self._say_at = now + SAY_EVERY_SECONDS
            logger.info(
                "catching up with the journal: read up to %d of %d; no text leaves before its end",
                position,
                end,
            )

    def _is_quiet(self, taken: int) -> bool:
        """Whether there has been nothing to read for long."""
        now = self._seconds()
        if taken or self._quiet_since is None:
            self._quiet_since = now
        return now - self._quiet_since >= QUIET_SECONDS
