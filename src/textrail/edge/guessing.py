"""How often a client may ask for codes that do not exist, before it is asked to wait.

With the 10⁷ codes of a busy installation one random guess in five million finds one: at this pace a
client needs four months for it. Nothing is kept but a moment for each client that guessed lately.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

from textrail.vocabulary.errors import RateLimited

AT_ONCE: Final = 60
SECONDS_EACH: Final = 2
MOST_CLIENTS: Final = 50_000


class TooManyGuesses(RateLimited):
    """Too many codes that do not exist, from here."""

    code = "too_many_guesses"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "Too many links that lead nowhere were asked for from here.",
            hint="Wait a minute, then tap the link again.",
        )
        self.seconds = seconds


class Guesses:
    """A bucket of guesses for each client: 60 at once, and one more every 2 seconds.

    Of each client only the moment is kept at which its bucket is full again; the client that
    guessed longest ago is forgotten first. Time is monotonic: a clock that is set back locks
    nobody out.
    """

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def guessed(self, address: str) -> bool:
        """Whether the bucket of the client at `address` is not full."""
        if not self._full_at:
            return False
        return self._full_at.get(client_of(address), 0.0) > time.monotonic()

    def check(self, address: str) -> None:
        """TooManyGuesses while the bucket of the client at `address` is empty."""
        if not self._full_at:
            return
        full_at = self._full_at.get(client_of(address))
        if full_at is None:
            return
        wait = full_at - time.monotonic() - (AT_ONCE - 1) * SECONDS_EACH
        if wait > 0:
            raise TooManyGuesses(math.ceil(wait))

    def count(self, address: str) -> None:
        """One guess of the client at `address` is used up."""
        client, now = client_of(address), time.monotonic()
        self._full_at[client] = max(self._full_at.get(client, now), now) + SECONDS_EACH
        self._full_at.move_to_end(client)
        if len(self._full_at) > MOST_CLIENTS:
            self._full_at.popitem(last=False)


@lru_cache(maxsize=4096)
def client_of(address: str) -> str:
    """Who may be behind an address: one IPv4 address, or a /64 of IPv6, which is one connection."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return address
    return str(ip.ipv4_mapped) if ip.ipv4_mapped else ip.exploded[:19]
