"""Reads an .mmdb file on trial, in a process of its own.

The library is C, and some damage ends the process that reads it: then it had better be that one.
All records are read where that takes two seconds at most; of a larger file the first of them, those
of addresses from everywhere, and as many more as there is time for. Run as a file, without the
package around it, which takes more time than all of a small file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import maxminddb

NO_MMDB: Final = 3
SECONDS: Final = 2.0
_LOOKS: Final = 10_000
_FIRST_IPV6: Final = 0x2000 << 112  # where all that is given to anybody begins
_ALL_IPV6: Final = 1 << 125


def read(path: str) -> None:
    """InvalidDatabaseError or ValueError for damage that the library finds itself; for something
    else than an .mmdb file the process ends with NO_MMDB."""
    try:
        reader = maxminddb.open_database(path)
    except (maxminddb.InvalidDatabaseError, ValueError):
        sys.exit(NO_MMDB)
    end = time.monotonic() + SECONDS
    for address in _addresses(reader.metadata().ip_version):
        reader.get(address)
    for _ in reader:
        if time.monotonic() > end:
            break


def _addresses(version: int) -> Iterator[IPv4Address | IPv6Address]:
    for number in range(_LOOKS):
        yield IPv4Address((number << 32) // _LOOKS)
        if version == 6:
            yield IPv6Address(_FIRST_IPV6 + _ALL_IPV6 * number // _LOOKS)


if __name__ == "__main__":
    read(sys.argv[1])
