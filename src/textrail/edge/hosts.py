"""Whose short links are at the host that was asked: a business's own domain, or everybody's."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from textrail.edge.house import Domain, House
from textrail.edge.recent import Recent

SECONDS_REMEMBERED: Final = 5
UNKNOWN: Final = Domain(0, 0)


class Hosts:
    """The domain behind a Host header; None for the installation's own host and for any other.

    A domain that is added or removed is noticed within five seconds.
    """

    def __init__(self, *, house: House, links_url: str) -> None:
        own = urlsplit(links_url)
        self._own = {own.netloc, own.hostname or ""}
        self._house = house
        self._recent: Recent[str, tuple[Domain | None]] = Recent(
            seconds=SECONDS_REMEMBERED, most=1_000
        )

    async def domain(self, host: str) -> Domain | None:
        domain = self.known(host)
        if domain is UNKNOWN:
            domain = await self._house.domain(plain_host(host))
            self._recent.keep(host, (domain,))
        return domain

    def known(self, host: str) -> Domain | None:
        """The same without a look at the house: UNKNOWN when that would be needed."""
        if host in self._own:
            return None
        known = self._recent.get(host)
        return UNKNOWN if known is None else known[0]


def plain_host(host: str) -> str:
    """A Host header as domains are written: lower case, no port, no dot at the end."""
    name = host.strip().lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    return name.rstrip(".")
