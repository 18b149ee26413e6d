"""What is kept of a request for a code, so that its click can be judged now and re-judged later."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from ipaddress import ip_address
from typing import Final

import msgspec

from textrail.edge.asgi import Headers
from textrail.edge.device import Device, read_device, read_languages
from textrail.vocabulary.arrivals import encode

LONGEST_VALUE: Final = 512
MOST_HEADERS: Final = 40
KEPT: Final = {
    name.encode(): name
    for name in (
        "user-agent",
        "accept",
        "accept-language",
        "accept-encoding",
        "connection",
        "dnt",
        "from",
        "priority",
        "purpose",
        "range",
        "save-data",
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "sec-fetch-user",
        "sec-gpc",
        "sec-purpose",
        "signature-agent",
        "upgrade-insecure-requests",
        "via",
        "x-moz",
        "x-purpose",
        "x-requested-with",
    )
}


class Evidence(msgspec.Struct, frozen=True, dict=True):
    """`headers` in their order of arrival, of a referrer the host alone; `packed` is the same in
    MessagePack, and `named` the first of each name. What is read from them is read once."""

    headers: list[tuple[str, str]]
    host: str
    forwarded: list[bytes]
    packed: msgspec.Raw
    named: dict[str, str]

    @cached_property
    def device(self) -> Device:
        named = self.named
        return read_device(
            named.get("user-agent", ""),
            named.get("sec-ch-ua-platform", ""),
            named.get("sec-ch-ua-mobile", ""),
        )

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Tags, the preferred first."""
        return read_languages(self.named.get("accept-language", ""))


def read_evidence(headers: Headers) -> Evidence:
    """Sort the headers of a request. Cookies and whatever else may name a person are left out."""
    kept: list[tuple[str, str]] = []
    host, forwarded = "", []
    for name, value in headers:
        label = KEPT.get(name)
        if label is not None:
            if len(value) > LONGEST_VALUE:
                value = value[:LONGEST_VALUE]
            kept.append((label, value.decode("latin-1")))
        elif name == b"host":
            host = value[:255].decode("latin-1")
        elif name.startswith(b"sec-"):
            kept.append((name[:64].decode("latin-1"), value[:LONGEST_VALUE].decode("latin-1")))
        elif name == b"referer":
            kept.append(("referer", _host_of(value)))
        elif name == b"x-forwarded-for":
            forwarded.append(value)
    kept = kept[:MOST_HEADERS]
    return Evidence(kept, host, forwarded, msgspec.Raw(encode(kept)), dict(reversed(kept)))


def client_address(peer: str, forwarded: Sequence[bytes], *, hops: int) -> str:
    """The address of who asked, seen through `hops` proxies of ours.

    Each proxy appends the address that it saw; what stands before was sent by the client and
    proves nothing. Without proxies, or when the entry is no address, it is the peer's. An IPv4
    address that is written as IPv6, as by a listener for both, is the IPv4 address.
    """
    peer = peer.removeprefix("::ffff:")
    if not hops or not forwarded:
        return peer
    entries = b",".join(forwarded).decode("latin-1").split(",")
    entry = entries[-min(hops, len(entries))].strip()
    try:
        return str(ip_address(_without_port(entry)))
    except ValueError:
        return peer


@lru_cache(maxsize=1024)
def is_near(peer: str) -> bool:
    """Whether an address is on this machine or in a private network, as a proxy of ours is."""
    try:
        return ip_address(peer).is_private
    except ValueError:
        return False


def _without_port(entry: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711`, as some proxies write them."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _host_of(referrer: bytes) -> str:
    authority = referrer.decode("latin-1").partition("//")[2]
    for mark in "/?#":
        authority = authority.partition(mark)[0]
    return authority.rpartition("@")[2][:255]
