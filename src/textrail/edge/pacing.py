"""How fast one client may report from pages, before it is asked to wait."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from typing import Final

from textrail.edge.guessing import client_of
from textrail.vocabulary.errors import RateLimited

AT_ONCE: Final = 600
EACH_SECOND: Final = 10
MOST_CLIENTS: Final = 50_000


class TooFast(RateLimited):
    """Too many reports of pages, from here."""

    code = "too_many_reports"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "Too many reports came from here.", hint=f"Send them again in {seconds} seconds."
        )
        self.seconds = seconds


class Pace:
    """A bucket of calls for each client: 600 at once, and ten more every second, which is enough
    for an office behind one address. Of each only the moment is kept at which it is full again."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def step(self, address: str) -> None:
        """One call of the client at `address`; TooFast while its bucket is empty."""
        client, now = client_of(address), time.monotonic()
        full_at = max(self._full_at.get(client, now), now)
        wait = full_at - now - (AT_ONCE - 1) / EACH_SECOND
        if wait > 0:
            raise TooFast(math.ceil(wait))
        self._full_at[client] = full_at + 1 / EACH_SECOND
        self._full_at.move_to_end(client)
        if len(self._full_at) > MOST_CLIENTS:
            self._full_at.popitem(last=False)
