"""The atlas: an address in, its place and its network out; what is not known is None."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final, TypeAlias

import maxminddb
import msgspec

from textrail.atlas import shapes
from textrail.atlas.files import Watched, read_hosting, read_mmdb
from textrail.vocabulary.routing import Place

log = logging.getLogger(__name__)

Address: TypeAlias = IPv4Address | IPv6Address
# A setting that is not set is an empty path.
NOT_SET: Final = Path()


class Located(msgspec.Struct, frozen=True):
    """The place of an address; `time_zone` is an IANA name, or empty."""

    place: Place
    time_zone: str


class Network(msgspec.Struct, frozen=True):
    """The network of an address. `hosting` means machines in a data centre, which may still carry
    people: a private relay, a VPN."""

    asn: int | None
    name: str
    hosting: bool


class Atlas:
    """Up to three files, each read when it is first needed and again within a minute of a change.

    `places` and `networks` are .mmdb files of any publisher, `hosting` a text of networks and AS
    numbers. A file that is missing or broken is logged; the one read before it stays in use. Any
    number of threads may ask.
    """

    def __init__(
        self, places: Path = NOT_SET, networks: Path = NOT_SET, hosting: Path = NOT_SET
    ) -> None:
        self._places = None if places == NOT_SET else Watched(places, _Places)
        self._networks = None if networks == NOT_SET else Watched(networks, _Records)
        self._hosting = None if hosting == NOT_SET else Watched(hosting, read_hosting)

    def open(self) -> None:
        """Read what is not read yet, so that the first question need not wait for it."""
        for file in (self._places, self._networks, self._hosting):
            if file is not None:
                file.current()

    def place(self, address: str) -> Located | None:
        """Where `address` is, as far as the file of places knows."""
        places = None if self._places is None else self._places.current()
        return None if places is None else places.of(address)

    def network(self, address: str) -> Network | None:
        """Whose `address` is, as far as the file of networks and the list of hosting know."""
        ip = _read_address(address)
        if ip is None:
            return None
        networks = None if self._networks is None else self._networks.current()
        record = None if networks is None else networks.of(ip)
        listed = None if self._hosting is None else self._hosting.current()
        asn = None if record is None else shapes.asn(record)
        hosting = listed is not None and listed.holds(ip, asn)
        if record is None:
            return Network(None, "", hosting) if hosting else None
        return Network(asn, shapes.network_name(record), hosting or shapes.is_hosting(record))


class _Records:
    """What an .mmdb file says of addresses; the first sign of damage in it is logged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = read_mmdb(path)
        self._is_damaged = False

    def of(self, ip: Address) -> Mapping[str, Any] | None:
        try:
            record = self._reader.get(ip)
        except ValueError:  # an IPv6 address, and a file of IPv4 alone
            return None
        except maxminddb.InvalidDatabaseError as error:
            if not self._is_damaged:
                self._is_damaged = True
                log.error("%s is damaged: %s", self._path, error)
            return None
        return record if isinstance(record, dict) else None


class _Places:
    """The places of a file. The last addresses are remembered: a text's preview and its reader, and
    everybody behind one gateway, ask from the same."""

    def __init__(self, path: Path) -> None:
        self._records = _Records(path)
        self.of = lru_cache(maxsize=4096)(self._read)

    def _read(self, address: str) -> Located | None:
        ip = _read_address(address)
        record = None if ip is None else self._records.of(ip)
        if record is None:
            return None
        place, time_zone = shapes.place(record), shapes.time_zone(record)
        return Located(place, time_zone) if time_zone or place != Place() else None


def _read_address(address: str) -> Address | None:
    """The address in `address`; an IPv4 address that is written as IPv6 is the IPv4 address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, IPv6Address):
        # A zone (`fe80::1%eth0`) is a matter of the machine, and no file knows it.
        return ip.ipv4_mapped or IPv6Address(int(ip))
    return ip
