"""Files that the operator exchanges while we run, and what is read from them."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_network,
)
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Generic, NamedTuple, TypeVar

import maxminddb

from textrail.atlas import trial

log = logging.getLogger(__name__)

Value = TypeVar("Value")
SECONDS_BETWEEN_LOOKS: Final = 20.0
SECONDS_ON_TRIAL: Final = 60


class Unreadable(Exception):
    """A file that cannot be used; the text is one sentence that names it."""


class Watched(Generic[Value]):
    """What `read` makes of a file: looked for at the first question, and again when it changed.

    A change is noticed at a question, at most every 20 seconds, and read by a thread of its own;
    until it is read, and when it cannot be, the answer is what was read before.
    """

    def __init__(self, path: Path, read: Callable[[Path], Value]) -> None:
        self._path = path
        self._read = read
        self._turn = threading.Lock()
        self._value: Value | None = None
        self._seen: object = self  # no file looks like this one
        self._look_again = 0.0

    def current(self) -> Value | None:
        """The newest value that could be read, or None."""
        if time.monotonic() >= self._look_again:
            self._look()
        return self._value

    def _look(self) -> None:
        first = self._seen is self
        if not self._turn.acquire(blocking=first):
            return  # somebody else is reading
        self._look_again = time.monotonic() + SECONDS_BETWEEN_LOOKS
        state = _state(self._path)
        if state == self._seen:
            self._turn.release()
            return
        self._seen = state
        if first:
            self._take()
        else:
            threading.Thread(target=self._take, name="atlas", daemon=True).start()

    def _take(self) -> None:
        try:
            self._value = self._read(self._path)
        except Unreadable as problem:
            log.error("%s", problem)
        finally:
            self._turn.release()


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def read_mmdb(path: Path) -> maxminddb.Reader:
    """A reader of a private copy of the file, which was read on trial: one that is overwritten
    while it is mapped into memory would take the process with it, and so would some damage."""
    try:
        with (
            path.open("rb") as source,
            NamedTemporaryFile(prefix="textrail-", suffix=".mmdb") as copy,
        ):
            shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            problem = _try(copy.name)
            if problem:
                raise Unreadable(f"{path} {problem}.")
            return maxminddb.open_database(copy.name)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise Unreadable(f"{path} is not an .mmdb file.") from error


def _try(path: str) -> str:
    """What is wrong with the file, as a process finds that reads it; empty when it is sound."""
    command = [sys.executable, trial.__file__, path]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, check=False, timeout=SECONDS_ON_TRIAL
        )
    except subprocess.TimeoutExpired:
        return "is damaged"
    if done.returncode == trial.NO_MMDB:
        return "is not an .mmdb file"
    return "is damaged" if done.returncode else ""


class Hosting:
    """Networks and AS numbers of data centres."""

    def __init__(
        self, ipv4: Iterable[IPv4Network], ipv6: Iterable[IPv6Network], asns: Iterable[int]
    ) -> None:
        self._ranges = {
            4: _Ranges((int(n[0]), int(n[-1])) for n in collapse_addresses(ipv4)),
            6: _Ranges((int(n[0]), int(n[-1])) for n in collapse_addresses(ipv6)),
        }
        self._asns = frozenset(asns)

    def holds(self, ip: IPv4Address | IPv6Address, asn: int | None) -> bool:
        return asn in self._asns or self._ranges[ip.version].hold(int(ip))


class _Ranges:
    """First and last numbers of ranges that do not overlap."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(ranges)
        self._first = [first for first, _ in ordered]
        self._last = [last for _, last in ordered]

    def hold(self, number: int) -> bool:
        position = bisect_right(self._first, number) - 1
        return position >= 0 and number <= self._last[position]


class BadLine(NamedTuple):
    number: int
    text: str


class Listing(NamedTuple):
    hosting: Hosting
    bad: list[BadLine]


def read_hosting(path: Path) -> Hosting:
    """What the file lists; the first of its bad lines is logged, and all of them are left out."""
    listing = read_listing(path)
    if listing.bad:
        log.error("%s", bad_lines(path, listing.bad))
    return listing.hosting


def read_listing(path: Path) -> Listing:
    """One network (`192.0.2.0/24`, `2001:db8::/32`) or AS number (`AS64496`) per line; `#` begins a
    comment. Unreadable when the file is missing or no text."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not a text file.") from error
    ipv4: list[IPv4Network] = []
    ipv6: list[IPv6Network] = []
    asns: list[int] = []
    bad: list[BadLine] = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        digits = text[2:] if text[:2].upper() == "AS" else text
        if digits.isascii() and digits.isdecimal():
            asns.append(int(digits))
        elif text:
            try:
                network = ip_network(text, strict=False)
            except ValueError:
                bad.append(BadLine(number, text))
                continue
            if isinstance(network, IPv4Network):
                ipv4.append(network)
            else:
                ipv6.append(network)
    return Listing(Hosting(ipv4, ipv6, asns), bad)


def bad_lines(path: Path, bad: list[BadLine]) -> str:
    """One sentence about lines that are neither a network nor an AS number."""
    number, text = bad[0]
    more = len(bad) - 1
    others = f" (and {more} more)" if more else ""
    return f"{path}, line {number}: “{text[:40]}” is no network and no AS number{others}."
