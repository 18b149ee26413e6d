"""A code, its click on disk, and the way to its destination: the busiest lines of the door."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Final

from textrail.edge.asgi import NO_STORE, Receive, Response, Scope, require_method
from textrail.edge.evidence import client_address, read_evidence
from textrail.edge.house import House
from textrail.edge.metrics import Metrics
from textrail.journal.group import GroupCommit
from textrail.vocabulary.arrivals import CLICK, ClickArrival, encode
from textrail.vocabulary.clock import Clock, to_ms
from textrail.vocabulary.errors import NotFound
from textrail.vocabulary.ids import new_click_id
from textrail.vocabulary.landing import split_landing

log = logging.getLogger(__name__)

_FIXED: Final = (
    NO_STORE,
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
)
_is_code = re.compile(r"[0-9A-Za-z_-]{1,32}\Z").match
_has_controls = re.compile(r"[\x00-\x20\x7f]").search

# A landing cut in two where the click id goes, ready for the Location header.
Route = tuple[bytes, bytes]


class Redirects:
    """GET and HEAD of `/{code}`. Nothing of the answer but the click id differs between clicks."""

    def __init__(
        self,
        *,
        house: House,
        journal: GroupCommit,
        clock: Clock,
        metrics: Metrics,
        forwarded_hops: int,
    ) -> None:
        self._house = house
        self._journal = journal
        self._clock = clock
        self._metrics = metrics
        self._hops = forwarded_hops

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        method = scope["method"]
        if method != "GET":
            require_method(scope, "GET", "HEAD")
        code = scope["path"][1:]
        prefix, suffix = await self._find(code)
        click_id = new_click_id()
        headers, host, forwarded = read_evidence(scope["headers"])
        peer = scope["client"][0] if scope["client"] else ""
        address = client_address(peer, forwarded, hops=self._hops)
        arrival = ClickArrival(code, click_id, method, address, headers, host)
        await self._journal.append(CLICK, to_ms(self._clock.now()), encode(arrival))
        self._metrics.redirects.inc()
        return Response(302, [(b"location", prefix + click_id.encode() + suffix), *_FIXED])

    async def _find(self, code: str) -> Route:
        landing = await self._house.landing(code) if _is_code(code) else None
        route = None if landing is None else _route(landing)
        if route is None:
            self._metrics.unknown_codes.inc()
            raise NotFound(
                "This link leads nowhere.",
                hint="It may have been cut short on its way to you. Ask whoever sent it.",
            )
        return route


@lru_cache(maxsize=4096)
def _route(landing: str) -> Route | None:
    """Nothing for an address that cannot stand in a header; rooms refuse those, so say it loud."""
    if _has_controls(landing):
        log.error("a landing holds spaces or control characters and is not followed: %r", landing)
        return None
    prefix, suffix = split_landing(landing)
    return prefix.encode(), suffix.encode()
