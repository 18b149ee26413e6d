"""The narrow tables that rooms maintain for the door, read and never written: what it asks them.

The door has no models: the statements are all it knows of the house, which is on SQLite
(`edge.sqlite`) or on PostgreSQL (`edge.postgresql`).
"""

from __future__ import annotations

import logging
from typing import NamedTuple, Protocol

import msgspec

from textrail.vocabulary.errors import Unavailable

log = logging.getLogger(__name__)


class Recipient(msgspec.Struct, frozen=True, gc=False):
    """The place on record of the one a code was made for; the phone tells the area alone."""

    country: str
    region: str
    city: str
    latitude: float | None
    longitude: float | None
    time_zone: str
    phone: str


class Found(msgspec.Struct, frozen=True, gc=False):
    """A code as it is stored, and its link: where it leads without a click id, by which plan (JSON;
    empty: always there), whose it is, and whom the code was made for, if for anybody."""

    code: str
    landing: str
    route: str
    business_id: int
    link_id: int
    contact_id: int | None
    recipient: Recipient | None = None


class Domain(NamedTuple):
    """A host that a business has for its short links."""

    id: int
    business_id: int


class TapCount(NamedTuple):
    """Taps by people, and the id of the newest click of any kind (0: none)."""

    people: int
    newest: int


class CarrierConnection(NamedTuple):
    """An account at a carrier, as the door needs it; `secret` is sealed."""

    id: int
    carrier: str
    secret: str


class FlowRow(NamedTuple):
    """What callers of a number hear: a `vocabulary.flows.Flow` as JSON."""

    id: int
    business_id: int
    flow: str


class ApiKey(NamedTuple):
    """`lenient` when its library wants 200 for all that parses."""

    id: int
    business_id: int
    lenient: bool = False


class ShopConnection(NamedTuple):
    """A shop or a source of funds (kind “funds”, the id of an account); `secret` is sealed."""

    id: int
    business_id: int
    kind: str
    secret: str


class ClickedLink(NamedTuple):
    """The link of a recorded click, the code that was tapped, its domain's host (None: the
    installation's own), where it leads, and the caller's own name of it, or empty."""

    id: int
    code: str
    host: str | None
    destination: str
    external_key: str


class PageSite(NamedTuple):
    """A website that carries our script, unless it was ended; `hosts` are separated by lines, and
    none means any. Without `takes_purchases` its pages report no sales."""

    id: int
    business_id: int
    hosts: str
    takes_purchases: bool


class House(Protocol):
    """Every look raises Unavailable when the house cannot be read."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    async def find(self, key: str) -> Found | None:
        """What a random code, or the key of a back-half, leads to."""
        ...

    def find_at_once(self, key: str) -> Found | None:
        """What `find` says, when that needs no waiting; else None."""
        ...

    async def domain(self, host: str) -> Domain | None:
        """The domain with that host (lower case, without a port)."""
        ...

    async def taps(self, link_id: int, *, after: int) -> TapCount:
        """Those of the link's clicks whose id is above `after`."""
        ...

    async def connection(self, token: str) -> CarrierConnection | None: ...

    async def call_flow(self, connection_id: int, phone: str) -> FlowRow | None:
        """The flow of the number with that phone (E.164), if it is held and has one."""
        ...

    async def opening(self, hours_id: int, business_id: int) -> str | None:
        """Opening hours of a business: a `vocabulary.opening.Hours` as JSON."""
        ...

    async def shop(self, token: str) -> ShopConnection | None: ...

    async def site(self, key: str) -> PageSite | None: ...

    async def clicked(self, click_id: str, business_id: int) -> ClickedLink | None:
        """The link of a click of the business, once the worker has recorded the click."""
        ...

    async def api_key(self, key_hash: str) -> ApiKey | None:
        """The key with that SHA-256 in hex, unless it is revoked."""
        ...


def unreadable(error: Exception) -> Unavailable:
    """What is said of a look that failed, which is also logged."""
    log.error("the house cannot be read (are its migrations applied?): %s", error)
    return Unavailable(
        "We cannot look this up right now.",
        hint="Try again in a few seconds.",
        code="house_unavailable",
    )
