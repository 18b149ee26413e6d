"""Which IP addresses may be called from here. Pure.

An address that carries another one (IPv4 in IPv6, NAT64, 6to4) is judged by the one it leads to.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_NAT64: Final = ip_network("64:ff9b::/96")
# What a trial on one machine, or inside one company's network, may lead to.
_PRIVATE: Final = tuple(
    map(
        ip_network,
        (
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "::1/128",
            "fc00::/7",
        ),
    )
)
# Where clouds hand out the keys of a machine: Alibaba, Amazon, Azure. The common 169.254.169.254 is
# link-local, which is never called; Oracle's is below 192.0.0.0, where nobody has a page.
_METADATA: Final = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254", "168.63.129.16")))
_PROTOCOLS: Final = ip_network("192.0.0.0/24")


def may_call(address: str, *, allow_private: bool) -> bool:
    """Whether an IP address may be called: a public one, and with `allow_private` this machine and
    private networks too. Never link-local, multicast, reserved or a cloud's metadata."""
    meant = _meant(address)
    if meant is None or meant in _METADATA or meant in _PROTOCOLS:
        return False
    if any(meant in network for network in _PRIVATE):
        return allow_private
    if meant.is_multicast or meant.is_reserved or getattr(meant, "is_site_local", False):
        return False
    return meant.is_global


def is_public(address: str) -> bool:
    """Whether an IP address is open to everybody on the internet."""
    return may_call(address, allow_private=False)


def _meant(address: str) -> IPv4Address | IPv6Address | None:
    """The address that a packet would reach in the end; None for what is no IP address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv4Address):
        return parsed
    if parsed in _NAT64:
        return IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.ipv4_mapped or parsed.sixtofour or parsed
