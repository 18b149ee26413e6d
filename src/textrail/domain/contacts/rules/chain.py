"""The chain of consent: each event carries a hash over itself and the hash before it. Pure.

Whoever changes, drops or slips in an event breaks every hash behind it. The canonical form is
frozen: another one needs another version number, or old chains could not be checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

VERSION: Final = 1
START: Final = ""  # what the first event of a business has before it


class Link(Protocol):
    """An event of the chain, as it is kept."""

    business_id: int
    sequence: int
    phone: str
    kind: str
    source: str
    words: str
    message_id: int | None
    verdict: str
    reason: str
    by: str
    proof: str
    at: datetime


def canonical(link: Link, previous: str) -> str:
    """The event as a line of JSON: names in order, no spaces, UTF-8 as it is, time in UTC with
    microseconds."""
    fields = {
        "at": link.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "business": link.business_id,
        "by": link.by,
        "kind": str(link.kind),
        "message": link.message_id,
        "phone": link.phone,
        "previous": previous,
        "proof": link.proof,
        "reason": link.reason,
        "sequence": link.sequence,
        "source": link.source,
        "verdict": link.verdict,
        "version": VERSION,
        "words": link.words,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def link_hash(link: Link, previous: str) -> str:
    """SHA-256 over the canonical form, in hex."""
    return hashlib.sha256(canonical(link, previous).encode()).hexdigest()


class Kept(Link, Protocol):
    """An event with what was kept of its place in the chain."""

    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold; `sequence` is the first event that does not fit."""

    sequence: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How many events were checked, and where it broke, if it did."""

    events: int
    broken: Break | None = None


def verify(links: Iterable[Kept], *, length: int, last: str) -> Verified:
    """Check a chain from its beginning, in order, against its length and its last hash."""
    previous, count = START, 0
    for link in links:
        count += 1
        broken = _broken(link, count, previous)
        if broken is not None:
            return Verified(count, broken)
        previous = link.hash
    if count != length:
        missing = f"{count:,} events are here, and {length:,} were written."
        return Verified(count, Break(count + 1, missing))
    if previous != last:
        return Verified(count, Break(count, "The last event is not the one that was written last."))
    return Verified(count)


def _broken(link: Kept, place: int, previous: str) -> Break | None:
    if link.sequence != place:
        return Break(place, f"Event {place:,} is missing.")
    if link.previous != previous:
        return Break(place, f"Event {place:,} does not follow from the one before it.")
    if link.hash != link_hash(link, previous):
        return Break(place, f"Event {place:,} was changed after it was written.")
    return None
